package stats

import (
	"fmt"
	"math"
)

// Reliability describes a scale: how far its items measure one thing, and how each item stands to the rest. Slices have
// one value per item.
type Reliability struct {
	N, Items          int
	Alpha             float64  // Cronbach, raw
	AlphaCI           Interval // Feldt
	AlphaStandardized float64
	MeanInterItemR    float64
	SEM               float64 // TotalSD sqrt(1 - Alpha), in points of the total
	TotalMean         float64
	TotalSD           float64
	Loadings          []float64 // standardised, one factor by maximum likelihood; nil when that has no fit
	Omega             float64   // McDonald, from the loadings rescaled to the items' own spread; NaN without loadings
	OmegaStandardized float64
	AlphaIfDeleted    []float64
	ItemTotalR        []float64
	ItemRestR         []float64 // with the total of the other items
	ItemMean, ItemSD  []float64
	SplitHalf         float64 // odd against even items, stepped up by Spearman-Brown
}

// ScaleReliability takes rows of persons by items, all scored in the same direction; incomplete rows are left out.
//
//	alpha = k/(k-1) (1 - sum of item variances / variance of the total)
//	omega = (sum L)² / ((sum L)² + sum of unique variances),  L = loading times item sd
//
// The Feldt interval is 1 - (1-alpha) F with F quantiles on n-1 and (n-1)(k-1) degrees of freedom. It needs two items
// and a total that vary and three persons; loadings need three items. Sources: Cronbach (1951), Psychometrika 16; Feldt, Woodruff &
// Salih (1987), Applied Psychological Measurement 11; McDonald (1999), Test Theory.
func ScaleReliability(rows [][]float64) (Reliability, error) {
	if err := bounded(rows...); err != nil {
		return Reliability{}, err
	}
	rows = completeRows(rows)
	items, err := checkItems(rows)
	if err != nil {
		return Reliability{}, err
	}
	k, n := len(items), float64(len(rows))
	total := totals(rows)
	if constant(total) {
		return Reliability{}, fmt.Errorf("the total: %w", ErrConstant)
	}
	v := covarianceMatrix(items)
	r := Reliability{N: len(rows), Items: k, Alpha: alpha(v, -1), TotalMean: mean(total), TotalSD: sd(total)}
	r.SEM = r.TotalSD * math.Sqrt(1-r.Alpha)
	r.AlphaCI = feldt(r.Alpha, n, float64(k))
	cor := correlations(v)
	for i := range k {
		for j := range i {
			r.MeanInterItemR += cor[i][j] / float64(k*(k-1)/2)
		}
	}
	r.AlphaStandardized = steppedUp(r.MeanInterItemR, float64(k))
	for j, x := range items {
		r.AlphaIfDeleted = append(r.AlphaIfDeleted, alpha(v, j))
		r.ItemTotalR = append(r.ItemTotalR, correlation(x, total))
		r.ItemRestR = append(r.ItemRestR, correlation(x, minus(total, x)))
		r.ItemMean, r.ItemSD = append(r.ItemMean, mean(x)), append(r.ItemSD, sd(x))
	}
	r.SplitHalf = splitHalf(rows)
	r.Loadings = oneFactor(cor)
	r.Omega, r.OmegaStandardized = omega(r.Loadings, r.ItemSD)
	return r, nil
}

// feldt is the interval of alpha from n persons and k items.
func feldt(alpha, n, k float64) Interval {
	const tail = (1 - confidence) / 2
	df1, df2 := n-1, (n-1)*(k-1)
	return Interval{1 - (1-alpha)*fisherQuantile(1-tail, df1, df2), 1 - (1-alpha)*fisherQuantile(tail, df1, df2)}
}

// checkItems returns the columns of rows.
func checkItems(rows [][]float64) ([][]float64, error) {
	if err := need(len(rows), 3, "complete rows"); err != nil {
		return nil, err
	}
	if err := need(len(rows[0]), 2, "items"); err != nil {
		return nil, err
	}
	items := make([][]float64, len(rows[0]))
	for j := range items {
		if items[j] = column(rows, j); constant(items[j]) {
			return nil, ErrConstant
		}
	}
	return items, nil
}

func totals(rows [][]float64) []float64 {
	t := make([]float64, len(rows))
	for i, r := range rows {
		t[i] = sum(r)
	}
	return t
}

func covarianceMatrix(items [][]float64) [][]float64 {
	v := make([][]float64, len(items))
	for i := range items {
		v[i] = make([]float64, len(items))
	}
	for i := range items {
		for j := range i + 1 {
			v[i][j] = covariance(items[i], items[j])
			v[j][i] = v[i][j]
		}
	}
	return v
}

func correlations(v [][]float64) [][]float64 {
	r := make([][]float64, len(v))
	for i := range v {
		r[i] = make([]float64, len(v))
		for j := range v {
			r[i][j] = v[i][j] / math.Sqrt(v[i][i]*v[j][j])
		}
		r[i][i] = 1
	}
	return r
}

// alpha is Cronbach's from a covariance matrix, without item skip; NaN for one item.
func alpha(v [][]float64, skip int) float64 {
	var trace, all, k float64
	for i := range v {
		if i == skip {
			continue
		}
		k++
		trace += v[i][i]
		for j := range v {
			if j != skip {
				all += v[i][j]
			}
		}
	}
	if k < 2 || !(all > 1e-14*trace) { // nothing, or a sum that does not vary
		return math.NaN()
	}
	return k / (k - 1) * (1 - trace/all)
}

func splitHalf(rows [][]float64) float64 {
	odd, even := make([]float64, len(rows)), make([]float64, len(rows))
	for i, r := range rows {
		for j, v := range r {
			if j%2 == 0 {
				odd[i] += v
			} else {
				even[i] += v
			}
		}
	}
	return steppedUp(correlation(odd, even), 2)
}

// steppedUp is the Spearman-Brown reliability of k parts that correlate r with one another; NaN where they cancel out.
func steppedUp(r, k float64) float64 {
	below := 1 + (k-1)*r
	if !(below > 1e-12) {
		return math.NaN()
	}
	return k * r / below
}

// oneFactor gives the maximum-likelihood loadings of one factor on a correlation matrix, with a positive sum, by the EM
// algorithm run until nothing moves (Rubin & Thayer 1982, Psychometrika 47). Unique variances stay above 1e-6. It is nil
// below three items and where the iteration does not settle.
func oneFactor(r [][]float64) []float64 {
	k := len(r)
	if k < 3 {
		return nil
	}
	load, unique := make([]float64, k), make([]float64, k)
	for i := range k {
		for j := range k {
			load[i] += r[i][j] / float64(k) // the centroid, a fair start
		}
		load[i] = max(-0.95, min(0.95, load[i]))
		unique[i] = 1 - load[i]*load[i]
	}
	for range 200000 {
		if emStep(r, load, unique) < 1e-14 {
			if sum(load) < 0 {
				for i := range load {
					load[i] = -load[i]
				}
			}
			return load
		}
	}
	return nil
}

// emStep improves loadings and unique variances in place and returns the largest move of a loading.
func emStep(r [][]float64, load, unique []float64) float64 {
	k, h := len(load), 1.0
	for i := range load {
		h += load[i] * load[i] / unique[i]
	}
	beta, rb := make([]float64, k), make([]float64, k) // regression of the factor on the items, and R times it
	for i := range beta {
		beta[i] = load[i] / unique[i] / h
	}
	for i := range rb {
		rb[i] = dot(r[i], beta)
	}
	ezz := 1 - dot(beta, load) + dot(beta, rb)
	move := 0.0
	for i := range load {
		l := rb[i] / ezz
		move = max(move, math.Abs(l-load[i]))
		load[i], unique[i] = l, max(1-l*rb[i], 1e-6)
	}
	return move
}

func omega(load, sds []float64) (raw, standardized float64) {
	if load == nil {
		return math.NaN(), math.NaN()
	}
	var l, u, ls, us float64
	for i, v := range load {
		ls += v
		us += 1 - v*v
		l += v * sds[i]
		u += (1 - v*v) * sds[i] * sds[i]
	}
	return l * l / (l*l + u), ls * ls / (ls*ls + us)
}

// ItemAnalysis describes a knowledge test of items scored 0 and 1. Slices have one value per item.
type ItemAnalysis struct {
	N, Items           int
	Difficulty         []float64 // share who were right
	Discrimination     []float64 // share right in the upper group minus share right in the lower group
	NUpper, NLower     int
	PointBiserial      []float64 // correlation with the total
	CorrectedItemTotal []float64 // correlation with the total of the other items; NaN for an item everybody got right
	KR20, KR21         float64
	Mean, SD           float64 // of the number right
	Floor, Ceiling     float64 // share with nothing and with everything right
}

// AnalyseItems takes rows of persons by items; incomplete rows are left out. The upper
// group is everyone at or above the 73rd percentile of the total, the lower everyone at or below the 27th (type 7).
//
//	KR-20 = k/(k-1) (1 - sum p(1-p)/s²)   KR-21 = k/(k-1) (1 - m(k-m)/(k s²))
//
// with s² the variance of the total, dividing by n. It needs three persons, two items and totals that vary. Sources: Kuder
// & Richardson (1937), Psychometrika 2; Kelley (1939), Journal of Educational Psychology 30.
func AnalyseItems(rows [][]float64) (ItemAnalysis, error) {
	if err := yesNo(rows...); err != nil {
		return ItemAnalysis{}, err
	}
	rows = completeRows(rows)
	if err := need(len(rows), 3, "complete rows"); err != nil {
		return ItemAnalysis{}, err
	}
	k, n := len(rows[0]), float64(len(rows))
	if err := need(k, 2, "items"); err != nil {
		return ItemAnalysis{}, err
	}
	total := totals(rows)
	if constant(total) {
		return ItemAnalysis{}, ErrConstant
	}
	a := ItemAnalysis{N: len(rows), Items: k, Mean: mean(total), SD: sd(total)}
	high, low := quantile(total, .73), quantile(total, .27)
	for _, t := range total {
		a.NUpper += count(t >= high)
		a.NLower += count(t <= low)
		a.Floor += float64(count(t == 0)) / n
		a.Ceiling += float64(count(t == float64(k))) / n
	}
	spread := 0.0
	for j := range k {
		var up, down float64
		x := column(rows, j)
		for i, t := range total {
			right := bit(x[i])
			up += float64(right * count(t >= high))
			down += float64(right * count(t <= low))
		}
		p := mean(x)
		spread += p * (1 - p)
		a.Difficulty = append(a.Difficulty, p)
		a.Discrimination = append(a.Discrimination, up/float64(a.NUpper)-down/float64(a.NLower))
		a.PointBiserial = append(a.PointBiserial, correlation(x, total))
		a.CorrectedItemTotal = append(a.CorrectedItemTotal, correlation(x, minus(total, x)))
	}
	s2, kf := a.SD*a.SD*(n-1)/n, float64(k)
	a.KR20 = kf / (kf - 1) * (1 - spread/s2)
	a.KR21 = kf / (kf - 1) * (1 - a.Mean*(kf-a.Mean)/(kf*s2))
	return a, nil
}

func count(is bool) int {
	if is {
		return 1
	}
	return 0
}

// ReliableChange counts persons whose change exceeds what measurement error alone would make rare.
type ReliableChange struct {
	N                   int
	SEM, SDiff          float64 // standard errors of a score and of a difference, in points
	Threshold           float64 // 1.96 SDiff, in points
	Up, Unchanged, Down int
}

// ReliableChangeIndex compares (post - pre)/SDiff with 1.96, strictly; SDiff = sqrt(2) s sqrt(1 - reliability). s is
// sdPre, or the standard deviation of pre where sdPre is NaN. A reliability outside 0..1 is ErrRange, as alpha may
// come out below zero. It needs two pairs, and a
// spread above zero. Source: Jacobson & Truax (1991), Journal of Consulting and Clinical Psychology 59.
func ReliableChangeIndex(pre, post []float64, reliability, sdPre float64) (ReliableChange, error) {
	if err := bounded(pre, post); err != nil {
		return ReliableChange{}, err
	}
	if !(reliability >= 0 && reliability <= 1) {
		return ReliableChange{}, fmt.Errorf("reliability %v: %w", reliability, ErrRange)
	}
	x, y := completePairs(pre, post)
	if err := need(len(x), 2, "pairs"); err != nil {
		return ReliableChange{}, err
	}
	if math.IsNaN(sdPre) {
		sdPre = sd(x)
	}
	r := ReliableChange{N: len(x), SEM: sdPre * math.Sqrt(1-reliability)}
	if !(r.SEM > 0) {
		return ReliableChange{}, ErrConstant
	}
	r.SDiff = math.Sqrt2 * r.SEM
	r.Threshold = 1.96 * r.SDiff
	for _, d := range minus(y, x) {
		z := d / r.SDiff
		r.Up += count(z > 1.96)
		r.Down += count(z < -1.96)
	}
	r.Unchanged = r.N - r.Up - r.Down
	return r, nil
}

// ICC is the share of variance that lies between clusters, and what it costs.
type ICC struct {
	N, Clusters         int
	MSBetween, MSWithin float64
	N0                  float64 // the size of cluster that counts: (N - sum n²/N)/(J-1)
	ICC1                float64 // of one person; may be below zero
	ICC1CI              Interval
	ICC2                float64 // of a cluster mean
	F, P                float64
	MeanSize, CVSize    float64
	DesignEffect        float64 // 1 + ((1 + CVSize²) MeanSize - 1) ICC1
}

// IntraclassCorrelation is ICC1 = (MSB - MSW)/(MSB + (n0-1) MSW) from a one-way analysis of variance of value (usually
// the change) by cluster, with F on J-1 and N-J degrees of freedom. The interval is exact for clusters of one size and
// normal values, (F/q - 1)/(F/q + n0 - 1) with q the 97.5th and the 2.5th percentile of F. CVSize uses the standard
// deviation that divides by J.
// It needs two clusters, one of them with two values, and values that vary within clusters. Sources: Donner & Koval
// (1980), Biometrics 36; McGraw & Wong (1996), Psychological Methods 1; Eldridge, Ashby & Kerry (2006), International
// Journal of Epidemiology 35.
func IntraclassCorrelation(value []float64, cluster []string) (ICC, error) {
	if err := bounded(value); err != nil {
		return ICC{}, err
	}
	c := group(value, cluster)
	if err := need(c.count(), 2, "clusters"); err != nil {
		return ICC{}, err
	}
	n, j := float64(len(c.value)), float64(c.count())
	if err := need(len(c.value), c.count()+1, "values"); err != nil {
		return ICC{}, err
	}
	size, centre := c.sizes(), c.sums(c.value)
	for g := range centre {
		centre[g] /= size[g]
	}
	grand, between, within := mean(c.value), 0.0, 0.0
	for i, g := range c.of {
		between += (centre[g] - grand) * (centre[g] - grand)
		within += (c.value[i] - centre[g]) * (c.value[i] - centre[g])
	}
	if vanishes(within/(n-j), c.scale) {
		return ICC{}, ErrConstant
	}
	r := ICC{N: len(c.value), Clusters: c.count(), MSBetween: between / (j - 1), MSWithin: within / (n - j)}
	r.N0 = (n - sumSquares(size)/n) / (j - 1)
	r.ICC1 = (r.MSBetween - r.MSWithin) / (r.MSBetween + (r.N0-1)*r.MSWithin)
	r.ICC2 = (r.MSBetween - r.MSWithin) / r.MSBetween
	r.F = r.MSBetween / r.MSWithin
	r.P = fisherP(r.F, j-1, n-j)
	const tail = (1 - confidence) / 2
	end := func(p float64) float64 {
		f := r.F / fisherQuantile(p, j-1, n-j)
		return (f - 1) / (f + r.N0 - 1)
	}
	r.ICC1CI = Interval{end(1 - tail), end(tail)}
	r.MeanSize = n / j
	r.CVSize = math.Sqrt(variance(size)*(j-1)/j) / r.MeanSize
	r.DesignEffect = 1 + ((1+r.CVSize*r.CVSize)*r.MeanSize-1)*r.ICC1
	return r, nil
}
