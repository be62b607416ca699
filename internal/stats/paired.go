package stats

import "math"

// Change is the change of the same persons between two waves, in points of the score.
type Change struct {
	N                int // complete pairs
	MeanPre, SDPre   float64
	MeanPost, SDPost float64
	R                float64 // correlation of the waves; NaN when one of them is constant
	Mean, SD, SE     float64 // of post - pre; SE = SD/sqrt(N)
	T, DF, P         float64
	CI               Interval
}

// PairedChange is the mean change with Student's t on N - 1 degrees of freedom: t = mean(d) / (sd(d)/sqrt(N)),
// d = post - pre. It takes persons as independent; with cohorts use PairedClusteredChange. It needs two pairs whose changes
// vary. Source: Student (1908), Biometrika 6.
func PairedChange(pre, post []float64) (Change, error) {
	if err := bounded(pre, post); err != nil {
		return Change{}, err
	}
	x, y := completePairs(pre, post)
	if err := need(len(x), 2, "pairs"); err != nil {
		return Change{}, err
	}
	d := minus(y, x)
	if constantAt(d, max(largest(x), largest(y))) {
		return Change{}, ErrConstant
	}
	c := Change{
		N: len(d), MeanPre: mean(x), SDPre: sd(x), MeanPost: mean(y), SDPost: sd(y), R: correlation(x, y),
		Mean: mean(d), SD: sd(d), DF: float64(len(d) - 1),
	}
	c.SE = c.SD / math.Sqrt(float64(c.N))
	c.T, c.P, c.CI = studentTest(c.Mean, c.SE, c.DF)
	return c, nil
}

// studentTest gives t, its two-sided p and the interval of an estimate with standard error se.
func studentTest(estimate, se, df float64) (t, p float64, ci Interval) {
	t = estimate / se
	return t, studentP(t, df), around(estimate, studentQuantile(1-(1-confidence)/2, df)*se)
}
