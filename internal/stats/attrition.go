package stats

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// Attrition describes who was lost between two waves and what that may do to the mean change, in points.
type Attrition struct {
	N, Followed int     // measured at the start; of them measured again
	Lost        float64 // share lost
	// BaselineDifference is mean(pre) of those followed minus those lost, over the root of the mean of their variances.
	BaselineDifference float64
	// CovariateDifferences are the same for each covariate.
	CovariateDifferences []float64

	Response Logistic // being followed up, on an intercept and the covariates

	WeightMin, WeightMax, WeightMean float64 // 1/p of those followed
	KishN                            float64 // (sum w)²/sum w²: how many equally weighted persons the weighted ones are worth

	MeanChange              float64 // of those followed
	WeightedChange          float64
	WeightedChangeTruncated float64 // weights cut at their 99th percentile (type 7)

	Unweighted, Weighted *ClusteredMean // with CR2; nil without clusters
	// TippingDelta is -(lower limit)/(share lost): by how many points the lost must have changed differently from those
	// followed for the unweighted interval to reach zero. NaN without clusters.
	TippingDelta float64

	Bounds   Interval // mean change were all lost at the low, at the high end of the scale; NaN without a scale
	NoChange float64  // mean change had nobody who was lost changed
}

// AttritionData is one row per person measured at the start.
type AttritionData struct {
	Pre, Post  []float64   // Post is NaN for those lost
	Covariates [][]float64 // a row per person; what may explain being lost, usually with Pre among them
	Cluster    []string    // nil when there are no clusters
	Scale      Interval    // ends of the score; NaN when it has none
}

// CompareAttrition compares those followed with those lost, weights those followed by 1/p from a logistic response model
// and gives bounds. Rows without pre, a covariate or a cluster are left out. Weights are taken as known; to let the
// interval carry their uncertainty, fit them anew in each replicate of ClusterBootstrapRows. Stabilised weights give the
// same mean and KishN. It needs two followed and two lost whom the covariates do not separate. Sources: Robins, Rotnitzky
// & Zhao (1995), Journal of the American Statistical Association 90; Seaman & White (2013), Statistical Methods in Medical
// Research 22; Manski (1990), American Economic Review 80; Kish (1965), Survey Sampling.
func CompareAttrition(data AttritionData) (Attrition, error) {
	if err := bounded(data.Pre, data.Post, []float64{data.Scale.Low, data.Scale.High}); err != nil {
		return Attrition{}, err
	}
	if err := bounded(data.Covariates...); err != nil {
		return Attrition{}, err
	}
	d := data.complete()
	var in, out []int
	for i, y := range d.Post {
		if math.IsNaN(y) {
			out = append(out, i)
		} else {
			in = append(in, i)
		}
	}
	if err := need(len(in), 2, "followed up"); err != nil {
		return Attrition{}, err
	}
	if err := need(len(out), 2, "lost"); err != nil {
		return Attrition{}, err
	}
	a := Attrition{N: len(d.Pre), Followed: len(in), Lost: float64(len(out)) / float64(len(d.Pre)), TippingDelta: math.NaN()}
	a.compare(d, in, out)
	if err := a.weigh(d, in); err != nil {
		return Attrition{}, err
	}
	a.bound(d)
	return a, nil
}

func (d AttritionData) complete() AttritionData {
	mustMatch(len(d.Pre), len(d.Post), len(d.Covariates))
	if d.Cluster != nil {
		mustMatch(len(d.Pre), len(d.Cluster))
	}
	kept := AttritionData{Scale: d.Scale}
	for i, x := range d.Pre {
		mustMatch(len(d.Covariates[0]), len(d.Covariates[i]))
		if math.IsNaN(x+sum(d.Covariates[i])) || d.Cluster != nil && d.Cluster[i] == "" {
			continue
		}
		kept.Pre, kept.Post = append(kept.Pre, x), append(kept.Post, d.Post[i])
		kept.Covariates = append(kept.Covariates, d.Covariates[i])
		if d.Cluster != nil {
			kept.Cluster = append(kept.Cluster, d.Cluster[i])
		}
	}
	return kept
}

func pick(x []float64, at []int) []float64 {
	out := make([]float64, len(at))
	for k, i := range at {
		out[k] = x[i]
	}
	return out
}

// StandardizedDifference is (mean(x) - mean(y)) / sqrt((var(x)+var(y))/2), for describing how two groups differ at the
// start; NaN when neither varies or one has fewer than two. Source: Austin (2009), Statistics in Medicine 28.
func StandardizedDifference(x, y []float64) float64 {
	x, y = present(x), present(y)
	if min(len(x), len(y)) < 2 || constant(x) && constant(y) {
		return math.NaN()
	}
	return (mean(x) - mean(y)) / math.Sqrt((variance(x)+variance(y))/2)
}

func (a *Attrition) compare(d AttritionData, in, out []int) {
	a.BaselineDifference = StandardizedDifference(pick(d.Pre, in), pick(d.Pre, out))
	for j := range d.Covariates[0] {
		c := column(d.Covariates, j)
		a.CovariateDifferences = append(a.CovariateDifferences, StandardizedDifference(pick(c, in), pick(c, out)))
	}
}

func (a *Attrition) weigh(d AttritionData, in []int) (err error) {
	followed, design := make([]bool, len(d.Pre)), make([][]float64, len(d.Pre))
	for i, c := range d.Covariates {
		followed[i], design[i] = !math.IsNaN(d.Post[i]), append([]float64{1}, c...)
	}
	if a.Response, err = LogisticRegression(followed, design); err != nil {
		return err
	}
	change, w := pick(minus(d.Post, d.Pre), in), pick(a.Response.Fitted, in)
	for k, p := range w {
		w[k] = 1 / p
	}
	s := sorted(w)
	a.WeightMin, a.WeightMax, a.WeightMean = s[0], s[len(s)-1], mean(w)
	a.KishN = sum(w) * sum(w) / sumSquares(w)
	a.MeanChange, a.WeightedChange = mean(change), dot(w, change)/sum(w)
	cut := make([]float64, len(w))
	for k := range w {
		cut[k] = min(w[k], sortedQuantile(s, .99))
	}
	a.WeightedChangeTruncated = dot(cut, change) / sum(cut)
	if d.Cluster == nil {
		return nil
	}
	names := make([]string, len(in))
	for k, i := range in {
		names[k] = d.Cluster[i]
	}
	return a.cluster(change, names, w)
}

func (a *Attrition) cluster(change []float64, names []string, w []float64) error {
	plain, err := MeanCR2(change, names, nil)
	if err != nil {
		return err
	}
	weighted, err := MeanCR2(change, names, w)
	if err != nil {
		return err
	}
	a.Unweighted, a.Weighted = &plain, &weighted
	a.TippingDelta = -plain.CI.Low / a.Lost
	return nil
}

func (a *Attrition) bound(d AttritionData) {
	n := float64(a.N)
	for i, x := range d.Pre {
		low, high, same := d.Post[i], d.Post[i], d.Post[i]
		if math.IsNaN(same) {
			low, high, same = d.Scale.Low, d.Scale.High, x
		}
		a.Bounds.Low += (low - x) / n
		a.Bounds.High += (high - x) / n
		a.NoChange += (same - x) / n
	}
}

// Logistic is a logistic regression. Coefficients are log odds per unit of a column of the design.
type Logistic struct {
	N                int
	Coefficients, SE []float64
	Deviance         float64
	Fitted           []float64 // probability per row
}

// LogisticRegression fits P(yes) = 1/(1 + exp(-x'b)) by maximum likelihood with Newton's steps; standard errors are from
// the inverse information. The intercept is a column of ones in x. Nothing may be missing. It returns ErrNoFit when the
// columns separate the answers or are combinations of one another.
func LogisticRegression(yes []bool, x [][]float64) (Logistic, error) {
	if err := bounded(x...); err != nil {
		return Logistic{}, err
	}
	mustMatch(len(yes), len(x))
	if err := need(len(yes), 2, "rows"); err != nil {
		return Logistic{}, err
	}
	p := len(x[0])
	l := Logistic{N: len(yes), Coefficients: make([]float64, p), Fitted: make([]float64, len(yes))}
	for range 60 {
		step, chol, ok := l.newton(yes, x)
		if !ok {
			return Logistic{}, ErrNoFit
		}
		moved := 0.0
		for j, s := range step {
			l.Coefficients[j] += s
			moved = max(moved, math.Abs(s)/(1+math.Abs(l.Coefficients[j])))
		}
		if moved < 1e-12 {
			return l.finish(yes, x, chol), nil
		}
	}
	return Logistic{}, ErrNoFit
}

// newton sets the fitted probabilities and returns the next step and the decomposed information.
func (l *Logistic) newton(yes []bool, x [][]float64) ([]float64, *mat.Cholesky, bool) {
	p := len(l.Coefficients)
	score, info := mat.NewVecDense(p, nil), mat.NewSymDense(p, nil)
	for i, row := range x {
		mustMatch(p, len(row))
		f := 1 / (1 + math.Exp(-dot(row, l.Coefficients)))
		l.Fitted[i] = f
		for j, v := range row {
			score.SetVec(j, score.AtVec(j)+v*(float64(count(yes[i]))-f))
			for k := j; k < p; k++ {
				info.SetSym(j, k, info.At(j, k)+v*row[k]*f*(1-f))
			}
		}
	}
	var chol mat.Cholesky
	if !chol.Factorize(info) || chol.Cond() > 1e14 {
		return nil, nil, false
	}
	var step mat.VecDense
	if err := chol.SolveVecTo(&step, score); err != nil {
		return nil, nil, false
	}
	return mat.Col(nil, 0, &step), &chol, true
}

func (l *Logistic) finish(yes []bool, x [][]float64, chol *mat.Cholesky) Logistic {
	var inv mat.SymDense
	if err := chol.InverseTo(&inv); err == nil {
		for j := range l.Coefficients {
			l.SE = append(l.SE, math.Sqrt(inv.At(j, j)))
		}
	}
	for i, f := range l.Fitted {
		if !yes[i] {
			f = 1 - f
		}
		l.Deviance -= 2 * math.Log(f)
	}
	return *l
}
