package stats

import "math"

// HedgesJ is the exact small-sample factor Gamma(df/2) / (sqrt(df/2) Gamma((df-1)/2)) that takes the bias out of a
// standardised difference; NaN below 2 degrees of freedom. Source: Hedges (1981), Journal of Educational Statistics 6.
func HedgesJ(df float64) float64 {
	if !(df > 1) {
		return math.NaN()
	}
	return math.Exp(lgamma(df/2)-lgamma((df-1)/2)) / math.Sqrt(df/2)
}

// PairedEffect holds the standardised sizes of a change. Each is in standard deviations, and they differ in which one; the
// headline is GAv. A g is J times its d.
type PairedEffect struct {
	N           int
	J, JApprox  float64  // HedgesJ(N-1), and its approximation 1 - 3/(4(N-1)-1)
	DZ, GZ      float64  // by the standard deviation of the change; grows with the correlation of the waves
	DZCI        Interval // noncentral t
	DAv, GAv    float64  // by the root of the mean variance of the two waves
	SEDAv       float64  // Bonett
	DAvCI       Interval // DAv ± z SEDAv
	GAvCI       Interval // J times DAvCI
	DAvMeanSD   float64  // by the mean of the two standard deviations
	GAvMeanSD   float64
	DRm, GRm    float64 // DZ sqrt(2(1-r))
	DPre, GPre  float64 // by the standard deviation of the first wave
	VarDPre     float64 // Becker: 2(1-r)/n + DPre²/(2n)
	DFAv, GAvDF float64 // 2(N-1)/(1+r²), and DAv times HedgesJ of it
}

// PairedEffects standardises the mean change m of post - pre. With s1, s2 the standard deviations of the waves, r their
// correlation, s12 their covariance, sd that of the change and v = N - 1:
//
//	d_z = m/sd   d_av = m/sqrt((s1²+s2²)/2)   d_rm = d_z sqrt(2(1-r))   d_pre = m/s1
//	var(d_av) = d_av² (s1⁴ + s2⁴ + 2 s12²) / (8 v S²) + sd²/(v S),  S = (s1²+s2²)/2
//
// The intervals take persons as independent; with cohorts use ClusterBootstrap. It needs three pairs whose changes and
// first wave vary. Sources: Lakens (2013), Frontiers in Psychology 4:863; Bonett (2008), Psychological Methods 13; Cumming
// (2012), Understanding the New Statistics; Becker (1988), British Journal of Mathematical and Statistical Psychology 41.
func PairedEffects(pre, post []float64) (PairedEffect, error) {
	if err := bounded(pre, post); err != nil {
		return PairedEffect{}, err
	}
	x, y := completePairs(pre, post)
	if err := need(len(x), 3, "pairs"); err != nil {
		return PairedEffect{}, err
	}
	d := minus(y, x)
	if constantAt(d, max(largest(x), largest(y))) || constant(x) {
		return PairedEffect{}, ErrConstant
	}
	n, v := float64(len(x)), float64(len(x)-1)
	m, s1, s2, sc := mean(d), sd(x), sd(y), sd(d)
	s12 := covariance(x, y)
	r, pooled := correlation(x, y), (s1*s1+s2*s2)/2
	e := PairedEffect{N: len(x), J: HedgesJ(v), JApprox: 1 - 3/(4*v-1), DFAv: 2 * v / (1 + r*r)}
	e.DZ, e.DAv, e.DAvMeanSD, e.DPre = m/sc, m/math.Sqrt(pooled), m/((s1+s2)/2), m/s1
	e.DRm = e.DZ * math.Sqrt(2*(1-r))
	e.GZ, e.GAv, e.GAvMeanSD, e.GRm, e.GPre = e.J*e.DZ, e.J*e.DAv, e.J*e.DAvMeanSD, e.J*e.DRm, e.J*e.DPre
	e.GAvDF = HedgesJ(e.DFAv) * e.DAv
	e.VarDPre = 2*(1-r)/n + e.DPre*e.DPre/(2*n)
	e.SEDAv = math.Sqrt(e.DAv*e.DAv*(s1*s1*s1*s1+s2*s2*s2*s2+2*s12*s12)/(8*v*pooled*pooled) + sc*sc/(v*pooled))
	e.DAvCI = around(e.DAv, z975*e.SEDAv)
	e.GAvCI = Interval{e.J * e.DAvCI.Low, e.J * e.DAvCI.High}
	e.DZCI = noncentralInterval(e.DZ, math.Sqrt(n), v)
	return e, nil
}

// PairedClusteredEffect is g_av of persons in cohorts, with CR2 and Satterthwaite's degrees of freedom for the values that g
// is in first order a mean of: with v the root S of PairedEffects and q_i = n/(n-1) ((x_i-x̄)² + (y_i-ȳ)²)/2,
//
//	u_i = g + J ((d_i - m)/v - m (q_i - v²)/(2v³))
//
// It keeps its level with far fewer cohorts than the bootstrap. It needs what PairedEffects and MeanCR2 need. Sources:
// Bonett (2008), Psychological Methods 13; Pustejovsky & Tipton (2018), Journal of Business & Economic Statistics 36.
func PairedClusteredEffect(pre, post []float64, cluster []string) (ClusteredMean, error) {
	if err := bounded(pre, post); err != nil {
		return ClusteredMean{}, err
	}
	mustMatch(len(pre), len(cluster))
	c := groupChange(pre, post, cluster)
	var x, y []float64
	var g []string
	for i := range pre {
		if !math.IsNaN(pre[i]+post[i]) && cluster[i] != "" {
			x, y, g = append(x, pre[i]), append(y, post[i]), append(g, cluster[i])
		}
	}
	if err := checkClusters(c); err != nil {
		return ClusteredMean{}, err
	}
	e, err := PairedEffects(x, y)
	if err != nil {
		return ClusteredMean{}, err
	}
	n, mx, my, m := float64(len(x)), mean(x), mean(y), mean(c.value)
	v := math.Sqrt((variance(x) + variance(y)) / 2)
	u := make([]float64, len(x))
	for i := range u {
		q := n / (n - 1) * ((x[i]-mx)*(x[i]-mx) + (y[i]-my)*(y[i]-my)) / 2
		u[i] = e.GAv + e.J*((c.value[i]-m)/v-m*(q-v*v)/(2*v*v*v))
	}
	return MeanCR2(u, g, nil)
}

// noncentralInterval is the interval of d = t/k whose ends put the observed t at the 97.5th and the 2.5th percentile.
func noncentralInterval(d, k, df float64) Interval {
	const tail = (1 - confidence) / 2
	return Interval{noncentrality(d*k, df, 1-tail) / k, noncentrality(d*k, df, tail) / k}
}

// IndependentEffect is the standardised difference between two groups of different persons, y minus x.
type IndependentEffect struct {
	NX, NY     int
	Difference float64 // of the means, in points
	SDPooled   float64
	D, G       float64
	DCI        Interval // noncentral t
}

// IndependentEffects is d = (mean(y) - mean(x))/s with s the pooled standard deviation on nx + ny - 2 degrees of freedom,
// and g = J d. It takes persons as independent and the two variances as equal. It needs two in each group and values that
// vary. Source: Hedges (1981), Journal of Educational Statistics 6.
func IndependentEffects(x, y []float64) (IndependentEffect, error) {
	if err := bounded(x, y); err != nil {
		return IndependentEffect{}, err
	}
	x, y = present(x), present(y)
	if err := need(min(len(x), len(y)), 2, "in the smaller group"); err != nil {
		return IndependentEffect{}, err
	}
	nx, ny := float64(len(x)), float64(len(y))
	v := nx + ny - 2
	e := IndependentEffect{NX: len(x), NY: len(y), Difference: mean(y) - mean(x)}
	e.SDPooled = math.Sqrt(((nx-1)*variance(x) + (ny-1)*variance(y)) / v)
	if constant(x) && constant(y) {
		return IndependentEffect{}, ErrConstant
	}
	e.D = e.Difference / e.SDPooled
	e.G = HedgesJ(v) * e.D
	e.DCI = noncentralInterval(e.D, math.Sqrt(nx*ny/(nx+ny)), v)
	return e, nil
}
