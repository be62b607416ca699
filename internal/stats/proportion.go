package stats

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mathext"
)

// Proportion is a share with two intervals; Wilson is the one to print.
type Proportion struct {
	X, N           int
	P              float64
	Wilson         Interval
	ClopperPearson Interval // never too short, often too long
}

// ProportionCI is x of n with Wilson's score interval, the p at which |x/n - p| = z sqrt(p(1-p)/n), and the exact one of
// Clopper and Pearson from quantiles of the beta distribution. It takes the n as independent. It needs one; x outside
// 0..n panics. Sources: Wilson (1927), Journal of the American Statistical Association 22; Clopper & Pearson (1934),
// Biometrika 26.
func ProportionCI(x, n int) (Proportion, error) {
	if x < 0 || x > max(n, 0) {
		panic(fmt.Sprintf("stats: share %d of %d", x, n))
	}
	if err := need(n, 1, "persons"); err != nil {
		return Proportion{}, err
	}
	p := float64(x) / float64(n)
	return Proportion{X: x, N: n, P: p, Wilson: wilson(p, float64(n)), ClopperPearson: clopperPearson(x, n)}, nil
}

func wilson(p, n float64) Interval {
	z2 := z975 * z975
	centre, half := 2*n*p+z2, z975*math.Sqrt(z2+4*n*p*(1-p))
	i := Interval{(centre - half) / (2 * (n + z2)), (centre + half) / (2 * (n + z2))}
	if p == 0 {
		i.Low = 0
	}
	if p == 1 {
		i.High = 1
	}
	return i
}

func clopperPearson(x, n int) Interval {
	const tail = (1 - confidence) / 2
	a, b, i := float64(x), float64(n-x), Interval{0, 1}
	if x > 0 {
		i.Low = betaQuantile(tail, a, b+1)
	}
	if x < n {
		i.High = betaQuantile(1-tail, a+1, b)
	}
	return i
}

// Count is a number of events with an interval.
type Count struct {
	X  int
	CI Interval
}

// CountCI is the exact interval of a Poisson mean from x events: the ends are gamma quantiles. It is for counts that are
// a sample of a process with independent events, never for a census. A negative x panics. Source: Garwood (1936),
// Biometrika 28.
func CountCI(x int) Count {
	if x < 0 {
		panic(fmt.Sprintf("stats: count %d", x))
	}
	const tail = (1 - confidence) / 2
	c := Count{X: x}
	if x > 0 {
		c.CI.Low = gammaQuantile(tail, float64(x))
	}
	c.CI.High = gammaQuantile(1-tail, float64(x)+1)
	return c
}

func gammaQuantile(p, shape float64) float64 {
	high := 2 * (shape + 1)
	for mathext.GammaIncReg(shape, high) < p {
		high *= 2
	}
	return root(func(x float64) float64 { return mathext.GammaIncReg(shape, x) - p }, 0, high)
}

// binomialHalf is P(X <= k) for m tosses of a fair coin; 1 for no toss.
func binomialHalf(k, m int) float64 {
	if k >= m {
		return 1
	}
	return mathext.RegIncBeta(float64(m-k), float64(k+1), 0.5)
}

// McNemar compares a yes/no answer of the same persons in two waves.
type McNemar struct {
	N            int
	A, B, C, D   int // yes in both, gained (no to yes), lost (yes to no), no in both
	PPre, PPost  float64
	Difference   float64 // PPost - PPre = (B - C)/N
	ChiSquare    float64
	P            float64 // of ChiSquare, 1 degree of freedom
	ChiSquareCC  float64 // with continuity correction
	PExact, PMid float64 // binomial of B against C; PMid counts half of the observed probability
	Newcombe     Interval
	BonettPrice  Interval
	Tango        Interval
	OddsRatio    float64 // B/C; Inf when nobody lost it, NaN when nobody changed
	OddsRatioCI  Interval
}

// McNemarTest compares answers coded 0 and 1. chi-square = (b-c)²/(b+c); the exact p is the
// two-sided binomial of b in b+c. The three intervals are of the difference: Newcombe's method 10 (Wilson intervals joined
// by phi without correction), Bonett & Price (a person added to each kind of change) and Tango's score interval. The odds
// ratio has the Clopper-Pearson interval of b/(b+c), transformed. It takes persons as independent; with cohorts apply
// MeanCR2 to the change. It needs one pair. Sources: McNemar (1947), Psychometrika 12; Fagerland, Lydersen & Laake (2013),
// BMC Medical Research Methodology 13:91; Newcombe (1998), Statistics in Medicine 17, 2635; Bonett & Price (2012), Journal
// of Educational and Behavioral Statistics 37; Tango (1998), Statistics in Medicine 17, 891.
func McNemarTest(pre, post []float64) (McNemar, error) {
	if err := yesNo(pre, post); err != nil {
		return McNemar{}, err
	}
	x, y := completePairs(pre, post)
	if err := need(len(x), 1, "pairs"); err != nil {
		return McNemar{}, err
	}
	var cell [2][2]int
	for i := range x {
		cell[bit(x[i])][bit(y[i])]++
	}
	m := McNemar{N: len(x), A: cell[1][1], B: cell[0][1], C: cell[1][0], D: cell[0][0]}
	n, b, c := float64(m.N), float64(m.B), float64(m.C)
	m.PPre, m.PPost = float64(m.A+m.C)/n, float64(m.A+m.B)/n
	m.Difference = m.PPost - m.PPre
	m.test(b, c)
	m.Newcombe = m.newcombe()
	m.BonettPrice = bonettPrice(n, b, c)
	m.Tango = tango(n, b, c)
	p := Interval{0, 1}
	if b+c > 0 {
		p = clopperPearson(m.B, m.B+m.C)
	}
	m.OddsRatio = b / c
	m.OddsRatioCI = Interval{p.Low / (1 - p.Low), p.High / (1 - p.High)}
	return m, nil
}

// bonettPrice is the interval of (b - c)/n with one person added to each of b and c. It may reach past the ends of the
// scale, as published.
func bonettPrice(n, b, c float64) Interval {
	b1, c1 := (b+1)/(n+2), (c+1)/(n+2)
	return around(b1-c1, z975*math.Sqrt((b1+c1-(b1-c1)*(b1-c1))/(n+2)))
}

// bit is an answer that yesNo has passed.
func bit(x float64) int { return count(x == 1) }

func (m *McNemar) test(b, c float64) {
	m.P, m.PExact, m.PMid = 1, signTest(m.B, m.C), 1
	if b+c == 0 {
		return
	}
	m.ChiSquare = (b - c) * (b - c) / (b + c)
	m.P = chiSquareP(m.ChiSquare, 1)
	corrected := max(0, math.Abs(b-c)-1)
	m.ChiSquareCC = corrected * corrected / (b + c)
	at := math.Exp(lgamma(b+c+1) - lgamma(b+1) - lgamma(c+1) - (b+c)*math.Ln2)
	m.PMid = min(1, 2*binomialHalf(min(m.B, m.C), m.B+m.C)-at)
}

func (m *McNemar) newcombe() Interval {
	n, a, b, c, d := float64(m.N), float64(m.A), float64(m.B), float64(m.C), float64(m.D)
	phi, den := 0.0, (a+b)*(c+d)*(a+c)*(b+d)
	if den > 0 {
		phi = (a*d - b*c) / math.Sqrt(den)
	}
	w1, w2 := wilson(m.PPre, n), wilson(m.PPost, n)
	l1, u1 := m.PPost-w2.Low, w2.High-m.PPost
	l2, u2 := m.PPre-w1.Low, w1.High-m.PPre
	return Interval{
		m.Difference - math.Sqrt(l1*l1-2*phi*l1*u2+u2*u2),
		m.Difference + math.Sqrt(u1*u1-2*phi*u1*l2+l2*l2),
	}
}

// tango is where the score statistic of a difference equals ±z; the ends of the scale where it never does.
func tango(n, b, c float64) Interval {
	score := func(del float64) float64 {
		q1 := -b - c + (2*n-b+c)*del
		q0 := -c * del * (1 - del)
		q := (math.Sqrt(q1*q1-8*n*q0) - q1) / (4 * n)
		if s := n * (2*q + del*(1-del)); s > 0 {
			return (b - c - n*del) / math.Sqrt(s)
		}
		return 0
	}
	d, i := (b-c)/n, Interval{-1, 1}
	if low := root(func(x float64) float64 { return score(x) - z975 }, -1+1e-9, d); !math.IsNaN(low) {
		i.Low = low
	}
	if high := root(func(x float64) float64 { return score(x) + z975 }, d, 1-1e-9); !math.IsNaN(high) {
		i.High = high
	}
	return i
}

// Cochran compares a yes/no answer of the same persons over several waves.
type Cochran struct {
	N, Waves int
	Q, DF, P float64
}

// CochranQ is (k-1)(k sum C² - T²)/(k T - sum R²) with C the number of yes per wave, R per person and T in all, against
// chi-square on k-1 degrees of freedom. Rows are persons, columns waves, values 0 and 1; incomplete rows are left out. It
// needs a person whose answers differ. Source: Cochran (1950), Biometrika 37.
func CochranQ(rows [][]float64) (Cochran, error) {
	if err := yesNo(rows...); err != nil {
		return Cochran{}, err
	}
	rows = completeRows(rows)
	if err := need(len(rows), 1, "complete rows"); err != nil {
		return Cochran{}, err
	}
	k := len(rows[0])
	if err := need(k, 2, "waves"); err != nil {
		return Cochran{}, err
	}
	yes, total, squares := make([]float64, k), 0.0, 0.0
	for _, r := range rows {
		of := 0.0
		for j, v := range r {
			yes[j] += float64(bit(v))
			of += v
		}
		total += of
		squares += of * of
	}
	q := Cochran{N: len(rows), Waves: k, DF: float64(k - 1)}
	below := float64(k)*total - squares
	if below == 0 {
		return Cochran{}, ErrConstant
	}
	q.Q = q.DF * (float64(k)*sumSquares(yes) - total*total) / below
	q.P = chiSquareP(q.Q, q.DF)
	return q, nil
}
