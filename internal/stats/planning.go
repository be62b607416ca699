package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Plan says how many persons take part, how they are clustered and how much is asked of the test.
type Plan struct {
	N           int     // persons at the start
	Clusters    int     // 0 when persons are independent
	ICC         float64 // of the change
	CV          float64 // standard deviation of cluster size over its mean
	Loss        float64 // share of persons lost by the later wave, at random
	Correlation float64 // of the two waves, for Detectable.ScoreSDs; 0 stands for 0.5
	Alpha       float64 // two-sided; 0 stands for 0.05
	Power       float64 // 0 stands for 0.80
}

func (p Plan) filled() Plan {
	if p.Alpha == 0 {
		p.Alpha = 0.05
	}
	if p.Power == 0 {
		p.Power = 0.8
	}
	if p.Correlation == 0 {
		p.Correlation = 0.5
	}
	return p
}

// check refuses a plan that nothing can be computed for.
func (p Plan) check() error {
	if err := need(p.N, 2, "persons"); err != nil {
		return err
	}
	if p.Clusters != 0 {
		if err := need(p.Clusters, 2, "clusters"); err != nil {
			return err
		}
		if p.N < p.Clusters {
			return fmt.Errorf("%d clusters of %d persons: %w", p.Clusters, p.N, ErrRange)
		}
	}
	for _, in := range []struct{ v, low, high float64 }{
		{p.ICC, 0, 1}, {p.CV, 0, 10}, {p.Loss, 0, 0.999}, {p.Correlation, -1, 0.9999}, {p.Alpha, 1e-9, 0.5}, {p.Power, 0.5, 0.9999},
	} {
		if !(in.v >= in.low && in.v <= in.high) {
			return fmt.Errorf("%v is not between %v and %v: %w", in.v, in.low, in.high, ErrRange)
		}
	}
	return nil
}

// Detectable is the smallest change that a plan is likely to find.
type Detectable struct {
	N            int
	DesignEffect float64
	DF           float64
	SDs          float64 // standard deviations of the change
	ScoreSDs     float64 // standard deviations of the score: SDs sqrt(2 (1 - Correlation))
	Normal       float64 // SDs by the normal approximation
}

// MinimalDetectable is the mean change at which a two-sided t test rejects with the power of the plan. With n = N (1 - Loss)
// persons left in J clusters of mean size m = n/J, the design effect is 1 + ((1+C²) m - 1) ICC, where C² = CV² + Loss/m is
// the squared variation of size that losing persons at random leaves; the degrees of freedom are J - 1, or n - 1 without
// clusters, and the power counts both tails of the noncentral t. It needs two persons left, and two clusters if there are
// any. Source: Eldridge, Ashby & Kerry (2006), International Journal of Epidemiology 35.
func MinimalDetectable(p Plan) (Detectable, error) {
	p = p.filled()
	if err := p.check(); err != nil {
		return Detectable{}, err
	}
	n := float64(p.N) * (1 - p.Loss)
	if err := need(int(n+1e-9), max(2, p.Clusters), "persons left"); err != nil {
		return Detectable{}, err
	}
	d := Detectable{N: p.N, DesignEffect: 1, DF: n - 1}
	if p.Clusters != 0 {
		j := float64(p.Clusters)
		m := n / j
		d.DesignEffect, d.DF = 1+((1+p.CV*p.CV+p.Loss/m)*m-1)*p.ICC, j-1
	}
	scale := math.Sqrt(n / d.DesignEffect)
	cut := studentQuantile(1-p.Alpha/2, d.DF)
	d.Normal = (normalQuantile(1-p.Alpha/2) + normalQuantile(p.Power)) / scale
	high := d.Normal
	for power(cut, d.DF, high*scale, true) < p.Power {
		high *= 2
	}
	d.SDs = root(func(x float64) float64 { return power(cut, d.DF, x*scale, true) - p.Power }, 0, high)
	d.ScoreSDs = d.SDs * p.perScore()
	return d, nil
}

// perScore is the standard deviation of the change in standard deviations of the score.
func (p Plan) perScore() float64 { return math.Sqrt(2 * (1 - p.Correlation)) }

// PlanPoint is what a plan with other numbers would find.
type PlanPoint struct {
	Clusters, PerCluster int
	Detectable
}

// DetectableCurve is MinimalDetectable for every number of clusters with every number of persons in each, row by row: what
// more trainings, or more people in a training, would buy.
func DetectableCurve(p Plan, clusters, perCluster []int) ([]PlanPoint, error) {
	var out []PlanPoint
	for _, j := range clusters {
		for _, m := range perCluster {
			p.Clusters, p.N = j, j*m
			d, err := MinimalDetectable(p)
			if err != nil {
				return nil, fmt.Errorf("%d clusters of %d: %w", j, m, err)
			}
			out = append(out, PlanPoint{j, m, d})
		}
	}
	return out, nil
}

// SimulatedDetectable is the smallest change that the test of PairedClusteredChange finds with the power of the plan.
type SimulatedDetectable struct {
	Draws    int
	SDs      float64
	ScoreSDs float64
	Around   Interval // 95 % interval of SDs for having drawn only so often
	Unusable int      // draws that left fewer than two clusters, counted as not found
}

// SimulateDetectable draws trainings as the plan has them and finds the change at which the share Power of the draws rejects
// by CR2 with Satterthwaite's degrees of freedom. Sizes of clusters are gamma with the plan's CV, at least one; each person is
// lost with probability Loss; cluster means are normal. Because a shift of all changes moves the mean and neither its error
// nor its degrees of freedom, one draw rejects from its own critical change t se - mean on, and the answer is a quantile of
// those. The same seed gives the same answer. It needs what MinimalDetectable needs, and 100 draws.
func SimulateDetectable(p Plan, draws int, seed uint64) (SimulatedDetectable, error) {
	return Work{}.SimulateDetectable(p, draws, seed)
}

// SimulateDetectable is the function of that name, watched.
func (w Work) SimulateDetectable(p Plan, draws int, seed uint64) (SimulatedDetectable, error) {
	p = p.filled()
	if _, err := MinimalDetectable(p); err != nil {
		return SimulatedDetectable{}, err
	}
	if err := need(draws, 100, "draws"); err != nil {
		return SimulatedDetectable{}, err
	}
	r := SimulatedDetectable{Draws: draws}
	critical := make([]float64, draws)
	random := rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15))
	for k := range critical {
		if err := w.step(k, draws); err != nil {
			return SimulatedDetectable{}, err
		}
		c, ok := p.critical(random)
		if !ok {
			r.Unusable++
		}
		critical[k] = c
	}
	slices.Sort(critical)
	r.SDs = sortedQuantile(critical, p.Power)
	if math.IsInf(r.SDs, 1) || math.IsNaN(r.SDs) {
		return SimulatedDetectable{}, fmt.Errorf("too many draws left fewer than two clusters: %w", ErrTooFew)
	}
	half := z975 * math.Sqrt(p.Power*(1-p.Power)/float64(draws))
	r.Around = Interval{sortedQuantile(critical, max(0, p.Power-half)), sortedQuantile(critical, min(1, p.Power+half))}
	r.ScoreSDs = r.SDs * p.perScore()
	return r, nil
}

// critical draws one study without a change, and gives the change from which on it would have been found.
func (p Plan) critical(random *rand.Rand) (float64, bool) {
	if p.Clusters == 0 {
		n := binomial(random, p.N, 1-p.Loss)
		if n < 2 {
			return math.Inf(1), false
		}
		df := float64(n - 1)
		m, s := random.NormFloat64()/math.Sqrt(float64(n)), math.Sqrt(2*gamma(random, df/2)/df/float64(n))
		return studentQuantile(1-p.Alpha/2, df)*s - m, true
	}
	size, total := p.sizes(random), []float64(nil)
	var sizes []float64
	for _, n := range size {
		left := float64(binomial(random, n, 1-p.Loss))
		if left == 0 {
			continue
		}
		at := math.Sqrt(p.ICC)*random.NormFloat64() + math.Sqrt((1-p.ICC)/left)*random.NormFloat64()
		sizes, total = append(sizes, left), append(total, left*at)
	}
	if len(sizes) < 2 {
		return math.Inf(1), false
	}
	m := sum(total) / sum(sizes)
	for g := range total {
		total[g] -= sizes[g] * m
	}
	se, df := closedCR2(sizes, total)
	return studentQuantile(1-p.Alpha/2, df)*se - m, true
}

// sizes draws a size for every cluster; without variation persons are spread as evenly as they go.
func (p Plan) sizes(random *rand.Rand) []int {
	out := make([]int, p.Clusters)
	for g := range out {
		out[g] = p.N / p.Clusters
		if g < p.N%p.Clusters {
			out[g]++
		}
		if p.CV > 0 {
			shape := 1 / (p.CV * p.CV)
			out[g] = max(1, int(math.Round(gamma(random, shape)/shape*float64(p.N)/float64(p.Clusters))))
		}
	}
	return out
}

// gamma draws from the gamma distribution of scale 1; Marsaglia & Tsang (2000), ACM Transactions on Mathematical Software 26.
func gamma(random *rand.Rand, shape float64) float64 {
	if shape < 1 {
		return gamma(random, shape+1) * math.Pow(random.Float64(), 1/shape)
	}
	d := shape - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		x := random.NormFloat64()
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v = v * v * v
		if u := random.Float64(); math.Log(u) < x*x/2+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
}

func binomial(random *rand.Rand, n int, p float64) (hits int) {
	if p == 1 {
		return n
	}
	for range n {
		hits += count(random.Float64() < p)
	}
	return hits
}

// PairedPower is the chance that a two-sided paired t test at level alpha finds a mean change of delta where the change
// has standard deviation sd, in n independent persons. Rejections on the wrong side count only where both is true. It needs
// two persons.
func PairedPower(n int, delta, sd, alpha float64, both bool) (float64, error) {
	if err := need(n, 2, "persons"); err != nil {
		return 0, err
	}
	if !(sd > 0) || !(alpha > 0 && alpha < 1) || math.IsNaN(delta) {
		return 0, ErrRange
	}
	df := float64(n - 1)
	return power(studentQuantile(1-alpha/2, df), df, math.Abs(delta)/sd*math.Sqrt(float64(n)), both), nil
}

func power(cut, df, ncp float64, both bool) float64 {
	p := 1 - noncentralT(cut, df, ncp)
	if both {
		p += noncentralT(-cut, df, ncp)
	}
	return p
}
