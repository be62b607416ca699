package stats

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// clusters holds values with the cluster of each, numbered from 0 in order of first appearance.
type clusters struct {
	value []float64
	of    []int
	names []string
	scale float64 // largest number that a value came from
}

func (c clusters) count() int { return len(c.names) }

// sizes is the number of values per cluster.
func (c clusters) sizes() []float64 {
	n := make([]float64, c.count())
	for _, g := range c.of {
		n[g]++
	}
	return n
}

// sums adds v per cluster.
func (c clusters) sums(v []float64) []float64 {
	s := make([]float64, c.count())
	for i, g := range c.of {
		s[g] += v[i]
	}
	return s
}

// group keeps the values that are present and have a cluster.
func group(value []float64, cluster []string) clusters {
	mustMatch(len(value), len(cluster))
	c := clusters{scale: largest(value)}
	number := map[string]int{}
	for i, v := range value {
		if math.IsNaN(v) || cluster[i] == "" {
			continue
		}
		g, seen := number[cluster[i]]
		if !seen {
			g = len(c.names)
			number[cluster[i]] = g
			c.names = append(c.names, cluster[i])
		}
		c.value, c.of = append(c.value, v), append(c.of, g)
	}
	return c
}

func groupChange(pre, post []float64, cluster []string) clusters {
	mustMatch(len(pre), len(post))
	c := group(minus(post, pre), cluster)
	c.scale = max(largest(pre), largest(post))
	return c
}

// ClusteredMean is a mean with a bias-reduced cluster-robust variance.
type ClusteredMean struct {
	N, Clusters int
	Mean        float64
	SE          float64 // CR2
	DF          float64 // Satterthwaite; below 4 the interval is not dependable
	T, P        float64
	CI          Interval
}

// ClusteredChange is the mean change of persons in cohorts with the three usual cluster-robust standard errors. The
// embedded ClusteredMean is the one to print.
type ClusteredChange struct {
	ClusteredMean
	SECR0, SECR1 float64
	TCR1, PCR1   float64 // on Clusters - 1 degrees of freedom
}

// PairedClusteredChange regresses the change of each person on an intercept. With r_g the sum of residuals in cluster g,
// CR0 = sum r_g²/n², CR1 = CR0 J/(J-1), and CR2 and its Satterthwaite degrees of freedom as in MeanCR2. It needs two
// clusters and changes that vary between them. Sources: Bell & McCaffrey (2002), Survey Methodology 28; Pustejovsky &
// Tipton (2018), Journal of Business & Economic Statistics 36.
func PairedClusteredChange(pre, post []float64, cluster []string) (ClusteredChange, error) {
	return PairedClusteredChangeWeighted(pre, post, cluster, nil)
}

// PairedClusteredChangeWeighted is PairedClusteredChange with weights, such as those for loss to follow-up, taken as known:
// r_g is then a sum of weighted residuals, n the sum of the weights, and CR2 is MeanCR2.
func PairedClusteredChangeWeighted(pre, post []float64, cluster []string, weights []float64) (ClusteredChange, error) {
	mustMatch(len(pre), len(post))
	if err := cmp.Or(bounded(pre, post), positive(weights)); err != nil {
		return ClusteredChange{}, err
	}
	c, w := weighed(minus(post, pre), cluster, weights)
	c.scale = max(largest(pre), largest(post))
	m, err := meanCR2(c, w)
	if err != nil {
		return ClusteredChange{}, err
	}
	r := ClusteredChange{ClusteredMean: m}
	off, total, j := make([]float64, c.count()), 0.0, float64(m.Clusters)
	for i, g := range c.of {
		wi := 1.0
		if w != nil {
			wi = w[i]
		}
		off[g] += wi * (c.value[i] - m.Mean)
		total += wi
	}
	r.SECR0 = math.Sqrt(sumSquares(off)) / total
	r.SECR1 = r.SECR0 * math.Sqrt(j/(j-1))
	r.TCR1 = m.Mean / r.SECR1
	r.PCR1 = studentP(r.TCR1, j-1)
	return r, nil
}

func residualSums(c clusters, m float64) []float64 {
	s := make([]float64, c.count())
	for i, g := range c.of {
		s[g] += c.value[i] - m
	}
	return s
}

// MeanCR2 is the mean of value with CR2 variance (identity working model) and Satterthwaite degrees of freedom. For a
// mean both have a closed form: with n_g values in cluster g, n in all and r_g the sum of residuals,
//
//	V    = sum r_g²/(1 - n_g/n) / n²
//	P_gh = a_g a_h (n_g [g=h] - n_g n_h/n),  a_g = (1 - n_g/n)^(-1/2)
//	df   = tr(P)² / sum P_gh²
//
// Weights, when not nil, are positive and taken as known; a value whose weight is NaN is left out. Then the mean is
// weighted and the adjustment of cluster g is the inverse square root of its block of (I-H)(I-H)'. It needs two clusters.
// Sources: Bell & McCaffrey (2002); Imbens & Kolesar (2016), Review of Economics and Statistics 98; Pustejovsky & Tipton
// (2018).
func MeanCR2(value []float64, cluster []string, weights []float64) (ClusteredMean, error) {
	if err := bounded(value); err != nil {
		return ClusteredMean{}, err
	}
	if err := positive(weights); err != nil {
		return ClusteredMean{}, err
	}
	return meanCR2(weighed(value, cluster, weights))
}

// weighed is group for values with weights; w is nil where there are none.
func weighed(value []float64, cluster []string, weights []float64) (c clusters, w []float64) {
	if weights == nil {
		return group(value, cluster), nil
	}
	mustMatch(len(value), len(weights))
	kept := slices.Clone(value)
	for i, v := range value {
		switch {
		case math.IsNaN(weights[i]):
			kept[i] = math.NaN()
		case !math.IsNaN(v) && cluster[i] != "":
			w = append(w, weights[i])
		}
	}
	return group(kept, cluster), w
}

func meanCR2(c clusters, w []float64) (ClusteredMean, error) {
	if w == nil {
		return unweightedCR2(c)
	}
	return weightedCR2(c, w)
}

func unweightedCR2(c clusters) (ClusteredMean, error) {
	if err := checkClusters(c); err != nil {
		return ClusteredMean{}, err
	}
	m := mean(c.value)
	se, df := closedCR2(c.sizes(), residualSums(c, m))
	return clusteredMean(c, m, se, df)
}

// closedCR2 is the standard error of a mean and its degrees of freedom from the sizes and residual sums of the clusters.
func closedCR2(size, res []float64) (se, df float64) {
	n := sum(size)
	var v, trace, p2, q, q2 float64 // q = sum a²n², q2 = sum a⁴n⁴
	for g := range size {
		a2 := 1 / (1 - size[g]/n)
		v += res[g] * res[g] * a2
		d := a2 * (size[g] - size[g]*size[g]/n)
		trace += d
		p2 += d * d
		s := a2 * size[g] * size[g]
		q += s
		q2 += s * s
	}
	p2 += (q*q - q2) / (n * n) // the pairs g != h: a_g² a_h² n_g² n_h² / n²
	return math.Sqrt(v) / n, trace * trace / p2
}

func checkClusters(c clusters) error {
	if err := need(c.count(), 2, "clusters"); err != nil {
		return err
	}
	if constantAt(c.value, c.scale) {
		return ErrConstant
	}
	return nil
}

func clusteredMean(c clusters, m, se, df float64) (ClusteredMean, error) {
	if !(se > 1e-15*c.scale) {
		return ClusteredMean{}, fmt.Errorf("between clusters: %w", ErrConstant)
	}
	r := ClusteredMean{N: len(c.value), Clusters: c.count(), Mean: m, SE: se, DF: df}
	r.T, r.P, r.CI = studentTest(m, se, df)
	return r, nil
}

// weightedCR2 needs only two sums per cluster, because w_g'A_g lies in the plane of 1 and w_g.
func weightedCR2(c clusters, w []float64) (ClusteredMean, error) {
	if err := checkClusters(c); err != nil {
		return ClusteredMean{}, err
	}
	total, q := sum(w), sumSquares(w)
	m := dot(w, c.value) / total
	rows := make([][]int, c.count())
	for i, g := range c.of {
		rows[g] = append(rows[g], i)
	}
	var v float64
	uu, wu, ou := make([]float64, len(rows)), make([]float64, len(rows)), make([]float64, len(rows))
	for g, at := range rows {
		alpha, beta := adjustment(at, w, total, q)
		s := 0.0
		for _, i := range at {
			u := alpha + beta*w[i] // u = A_g w_g
			s += u * (c.value[i] - m)
			uu[g] += u * u
			wu[g] += u * w[i]
			ou[g] += u
		}
		v += s * s
	}
	var trace, p2 float64
	for g := range rows {
		for h := range rows {
			p := q*ou[g]*ou[h]/(total*total) - (wu[g]*ou[h]+wu[h]*ou[g])/total
			if g == h {
				p += uu[g]
				trace += p
			}
			p2 += p * p
		}
	}
	return clusteredMean(c, m, math.Sqrt(v)/total, trace*trace/p2)
}

// adjustment gives A w = alpha 1 + beta w for A = B^(-1/2), B = I - (1w' + w1')/W + (q/W²) 11' over the rows of one
// cluster, by the square root of a 2 x 2 matrix in an orthonormal basis e1 = 1/sqrt(n), e2 along w - mean(w).
func adjustment(at []int, w []float64, total, q float64) (alpha, beta float64) {
	n := float64(len(at))
	var m, s float64
	for _, i := range at {
		m += w[i] / n
	}
	for _, i := range at {
		s += (w[i] - m) * (w[i] - m)
	}
	s = math.Sqrt(s)
	b11 := 1 - 2*n*m/total + q*n/(total*total)
	if s <= 1e-12*m*math.Sqrt(n) { // equal weights: w itself is along 1
		return m / math.Sqrt(b11), 0
	}
	b12 := -math.Sqrt(n) * s / total
	i11, i12, i22 := inverseRoot(b11, b12, 1)
	w1, w2 := m*math.Sqrt(n), s
	c1, c2 := i11*w1+i12*w2, i12*w1+i22*w2
	return c1/math.Sqrt(n) - c2*m/s, c2 / s
}

// inverseRoot is the inverse square root of the symmetric positive matrix (a b; b d): for S = sqrt(M),
// S = (M + sqrt(det) I)/sqrt(tr + 2 sqrt(det)).
func inverseRoot(a, b, d float64) (ia, ib, id float64) {
	r := math.Sqrt(max(a*d-b*b, 0))
	t := math.Sqrt(a + d + 2*r)
	sa, sb, sd := (a+r)/t, b/t, (d+r)/t
	det := sa*sd - sb*sb
	return sd / det, -sb / det, sa / det
}

// CohortChange is the change with each cohort, not each person, counted once.
type CohortChange struct {
	N, Clusters  int
	Mean, SD, SE float64 // of the mean changes of the cohorts
	T, DF, P     float64
	CI           Interval
}

// CohortLevelChange takes the mean change of every cohort as one value and applies Student's t on Clusters - 1 degrees of
// freedom. It answers for the average cohort and stands beside PairedClusteredChange. It needs two cohorts. Source: Donald
// & Lang (2007), Review of Economics and Statistics 89.
func CohortLevelChange(pre, post []float64, cluster []string) (CohortChange, error) {
	if err := bounded(pre, post); err != nil {
		return CohortChange{}, err
	}
	c := groupChange(pre, post, cluster)
	if err := need(c.count(), 2, "clusters"); err != nil {
		return CohortChange{}, err
	}
	m, size := c.sums(c.value), c.sizes()
	for g := range m {
		m[g] /= size[g]
	}
	if constantAt(m, c.scale) {
		return CohortChange{}, ErrConstant
	}
	r := CohortChange{N: len(c.value), Clusters: len(m), Mean: mean(m), SD: sd(m), DF: float64(len(m) - 1)}
	r.SE = r.SD / math.Sqrt(float64(len(m)))
	r.T, r.P, r.CI = studentTest(r.Mean, r.SE, r.DF)
	return r, nil
}

// SignFlip holds the two exact tests by sign changes of whole cohorts.
type SignFlip struct {
	N, Clusters int
	Vectors     int     // sign vectors tried, 2^Clusters
	Sum         float64 // of all changes, in points
	P           float64 // share of vectors with |sum| at least as large
	TCR1        float64 // |mean| / CR1 standard error
	PWild       float64 // share of vectors with TCR1 at least as large, the null imposed
	// CI holds every mean change that the test of the sums does not reject. It is NaN below six cohorts, where the smallest
	// p is above 5 %.
	CI Interval
}

// maxFlip is the largest number of cohorts whose sign vectors are all tried.
const maxFlip = 16

// SignFlipExact tries all 2^J signs of the cohort sums of change, the observed one included. P compares |sum|; PWild is
// the restricted wild cluster bootstrap-t with Rademacher signs, fully enumerated. The smallest p possible is 2^(1-J). The
// tests and CI hold when the cohort sums are symmetric about their expectation. It needs between 2 and 16 cohorts. Sources: Canay, Romano & Shaikh (2017), Econometrica 85; Cameron, Gelbach & Miller
// (2008), Review of Economics and Statistics 90.
func SignFlipExact(pre, post []float64, cluster []string) (SignFlip, error) {
	if err := bounded(pre, post); err != nil {
		return SignFlip{}, err
	}
	c := groupChange(pre, post, cluster)
	j := c.count()
	if err := need(j, 2, "clusters"); err != nil {
		return SignFlip{}, err
	}
	if j > maxFlip {
		return SignFlip{}, fmt.Errorf("%d clusters, at most %d: %w", j, maxFlip, ErrTooMany)
	}
	const eps = 1 - 1e-12 // equal sums may differ by rounding
	sums, size := c.sums(c.value), c.sizes()
	r := SignFlip{N: len(c.value), Clusters: j, Vectors: 1 << j, Sum: sum(sums), TCR1: wildT(sums, size)}
	if constantAt(c.value, c.scale) || largest(residualSums(c, mean(c.value))) <= 1e-14*c.scale*float64(r.N) {
		return SignFlip{}, fmt.Errorf("between clusters: %w", ErrConstant)
	}
	var asFar, asLarge int
	flipped := make([]float64, j)
	low, high := make([]float64, r.Vectors), make([]float64, r.Vectors)
	for v := range r.Vectors {
		persons := 0.0
		for g, s := range sums {
			n := size[g]
			if v>>g&1 == 1 {
				s, n = -s, -n
			}
			flipped[g] = s
			persons += n
		}
		low[v], high[v] = beats(r.Sum, float64(r.N), sum(flipped), persons)
		if math.Abs(sum(flipped)) >= math.Abs(r.Sum)*eps {
			asFar++
		}
		if wildT(flipped, size) >= r.TCR1*eps {
			asLarge++
		}
	}
	r.P, r.PWild = float64(asFar)/float64(r.Vectors), float64(asLarge)/float64(r.Vectors)
	r.CI = notRejected(low, high)
	return r, nil
}

// beats gives the effects e between which |a - b e| >= |a0 - b0 e|, for |b| <= b0: where one arrangement of the data is at
// least as far from e as the actual one. Without an end, the arrangement is the actual one or its mirror image.
func beats(a0, b0, a, b float64) (low, high float64) {
	low, high = math.Inf(-1), math.Inf(1)
	apart, against := b0-b > 1e-10*b0, b0+b > 1e-10*b0
	e, f := (a0-a)/(b0-b), (a0+a)/(b0+b)
	if apart && against {
		return min(e, f), max(e, f)
	}
	return low, high
}

// notRejected is the interval of effects that more than 5 % of all arrangements beat, from the ends of beats, which it sorts.
func notRejected(low, high []float64) Interval {
	slices.Sort(low)
	slices.Sort(high)
	k := int(math.Floor((1-confidence)*float64(len(low)) + 1e-9))
	ci := Interval{low[k], high[len(high)-1-k]}
	if math.IsInf(ci.Low, 0) || math.IsInf(ci.High, 0) {
		return undefined()
	}
	return ci
}

// wildT is |mean| over its CR1 standard error, from the sums and sizes of the clusters; 0 for a mean of 0.
func wildT(sums, size []float64) float64 {
	n, j := sum(size), float64(len(sums))
	m, ss := sum(sums)/n, 0.0
	if m == 0 {
		return 0
	}
	for g, s := range sums {
		e := s - m*size[g]
		ss += e * e
	}
	return math.Abs(m) * n / math.Sqrt(ss*j/(j-1))
}
