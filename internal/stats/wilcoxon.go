package stats

import (
	"math"
	"slices"
)

// SignedRank is a signed-rank test of changes under one treatment of zeros.
type SignedRank struct {
	WPlus, WMinus float64 // sums of the ranks of rises and of falls
	Mean, Var     float64 // of WPlus under the null: sum of ranks / 2, sum of squared ranks / 4
	Z, P          float64 // normal approximation
	ZCC, PCC      float64 // with continuity correction 1/2
	PExact        float64 // over all sign vectors on the midranks; NaN above 200 non-zero changes
	RankBiserial  float64 // (WPlus - WMinus) / (WPlus + WMinus)
}

// Wilcoxon is a rank comparison of two waves of the same persons.
type Wilcoxon struct {
	N, Zero, Positive, Negative int
	Dropped                     SignedRank // zeros dropped before ranking (Wilcoxon)
	Pratt                       SignedRank // zeros ranked, then dropped: the one to print
	SignP                       float64    // exact sign test
	HodgesLehmann               float64    // median of all pairwise means of changes, in points
	HodgesLehmannNonzero        float64    // the same over non-zero changes
}

// maxExact is the largest number of non-zero changes for the exact distribution.
const maxExact = 200

// WilcoxonSignedRank ranks the absolute changes, ties sharing midranks, and adds the ranks of the rises. Changes are
// rounded to 10 decimals first, so that 0.3-0.1 and 0.4-0.2 tie. The exact p is P(|T-mu| >= |t-mu|) over all sign vectors,
// by convolution, and holds with ties. It takes persons as independent; with cohorts use ClusteredWilcoxon. It needs a
// non-zero change. Sources: Wilcoxon (1945), Biometrics Bulletin 1; Pratt (1959), Journal of the American Statistical
// Association 54; Hodges & Lehmann (1963), Annals of Mathematical Statistics 34.
func WilcoxonSignedRank(pre, post []float64) (Wilcoxon, error) {
	if err := bounded(pre, post); err != nil {
		return Wilcoxon{}, err
	}
	x, y := completePairs(pre, post)
	d := roundedChanges(minus(y, x))
	nonzero := slices.DeleteFunc(slices.Clone(d), func(v float64) bool { return v == 0 })
	if err := need(len(nonzero), 1, "changes other than zero"); err != nil {
		return Wilcoxon{}, err
	}
	w := Wilcoxon{N: len(d), Zero: len(d) - len(nonzero)}
	for _, v := range nonzero {
		if v > 0 {
			w.Positive++
		}
	}
	w.Negative = len(nonzero) - w.Positive
	w.Dropped = signedRank(nonzero)
	w.Pratt = signedRank(d)
	w.SignP = signTest(w.Positive, w.Negative)
	w.HodgesLehmann, w.HodgesLehmannNonzero = walshMedian(d), walshMedian(nonzero)
	return w, nil
}

// ClusteredSignedRank is a signed-rank test of persons in cohorts.
type ClusteredSignedRank struct {
	N, Clusters int
	Sum         float64 // of the signed ranks, Pratt's
	Z, P        float64 // Sum over the root of the sum of squared cohort sums
	PExact      float64 // over all signs of the cohort sums; NaN above 16 cohorts
}

// ClusteredWilcoxon adds up Pratt's signed ranks (see WilcoxonSignedRank) within each cohort and flips the signs of whole
// cohorts, so that persons of one cohort need not be independent. With few cohorts PExact is the one to print. It needs two
// cohorts and a non-zero change. Source: Rosner, Glynn & Lee (2006), Biometrics 62.
func ClusteredWilcoxon(pre, post []float64, cluster []string) (ClusteredSignedRank, error) {
	if err := bounded(pre, post); err != nil {
		return ClusteredSignedRank{}, err
	}
	c := groupChange(pre, post, cluster)
	if err := need(c.count(), 2, "clusters"); err != nil {
		return ClusteredSignedRank{}, err
	}
	size := make([]float64, len(c.value))
	for i, v := range roundedChanges(c.value) {
		c.value[i], size[i] = v, math.Abs(v)
	}
	ranks := midranks(size)
	for i := range ranks {
		ranks[i] *= sign(c.value[i])
	}
	sums := c.sums(ranks)
	square := sumSquares(sums)
	if square == 0 {
		return ClusteredSignedRank{}, ErrConstant
	}
	r := ClusteredSignedRank{N: len(c.value), Clusters: c.count(), Sum: sum(sums), PExact: math.NaN()}
	r.Z = r.Sum / math.Sqrt(square)
	r.P = normalP(r.Z)
	if r.Clusters <= maxFlip {
		r.PExact = flipP(sums)
	}
	return r, nil
}

// flipP is the share of all signs of x whose sum is as far from zero as that of x.
func flipP(x []float64) float64 {
	hits, all := 0, 1<<len(x)
	observed := math.Abs(sum(x)) * (1 - 1e-12)
	for v := range all {
		s := 0.0
		for g, a := range x {
			if v>>g&1 == 1 {
				a = -a
			}
			s += a
		}
		hits += count(math.Abs(s) >= observed)
	}
	return ratio(hits, all)
}

// roundedChanges rounds to 10 decimals in place, so that 0.3-0.1 and 0.4-0.2 tie.
func roundedChanges(d []float64) []float64 {
	for i, v := range d {
		if r := math.Round(v*1e10) / 1e10; !math.IsInf(r, 0) {
			d[i] = r
		}
	}
	return d
}

// signedRank ranks all of d and leaves out the ranks of zeros.
func signedRank(d []float64) SignedRank {
	size := make([]float64, len(d))
	for i, v := range d {
		size[i] = math.Abs(v)
	}
	var s SignedRank
	var kept []float64
	for i, r := range midranks(size) {
		switch {
		case d[i] > 0:
			s.WPlus += r
		case d[i] < 0:
			s.WMinus += r
		default:
			continue
		}
		kept = append(kept, r)
	}
	s.Mean, s.Var = sum(kept)/2, sumSquares(kept)/4
	off, root := s.WPlus-s.Mean, math.Sqrt(s.Var)
	s.Z = off / root
	s.ZCC = (off - sign(off)/2) / root
	s.P, s.PCC = normalP(s.Z), normalP(s.ZCC)
	s.RankBiserial = (s.WPlus - s.WMinus) / (s.WPlus + s.WMinus)
	s.PExact = math.NaN()
	if len(kept) <= maxExact {
		s.PExact = signedExact(kept, s.WPlus)
	}
	return s
}

// signedExact is P(|T - mu| >= |w - mu|) for T the sum of a random half of the ranks, by convolution over doubled ranks.
func signedExact(ranks []float64, w float64) float64 {
	total := 0
	for _, r := range ranks {
		total += int(math.Round(2 * r))
	}
	f := make([]float64, total+1)
	f[0] = 1
	reach := 0
	for _, r := range ranks {
		k := int(math.Round(2 * r))
		reach += k
		for i := reach; i >= k; i-- {
			f[i] = (f[i] + f[i-k]) / 2
		}
		for i := range min(k, reach+1) {
			f[i] /= 2
		}
	}
	off, p := math.Abs(2*w-float64(total)/2), 0.0
	for i, v := range f {
		if math.Abs(float64(i)-float64(total)/2) >= off-1e-7 {
			p += v
		}
	}
	return min(p, 1)
}

// signTest is the exact two-sided binomial p of a rises against b falls.
func signTest(a, b int) float64 {
	return min(1, 2*binomialHalf(min(a, b), a+b))
}

// walshMedian is the median of (d_i + d_j)/2 over i <= j, without holding them all.
func walshMedian(d []float64) float64 {
	s := sorted(d)
	n := len(s)
	pairs := n * (n + 1) / 2
	upper := walshOrder(s, pairs/2+1)
	if pairs%2 == 1 {
		return upper
	}
	return (walshOrder(s, pairs/2) + upper) / 2
}

// walshOrder is the k-th smallest pairwise mean of an ascending slice, by halving over all floating-point numbers: the
// smallest number that at least k means do not exceed.
func walshOrder(s []float64, k int) float64 {
	low, high := ordinal(s[0]), ordinal(s[len(s)-1])
	for low < high {
		mid := low + (high-low)/2
		if meansUpTo(s, number(mid)) >= k {
			high = mid
		} else {
			low = mid + 1
		}
	}
	return number(low)
}

func meansUpTo(s []float64, v float64) int {
	count, j := 0, len(s)-1
	for i := range s {
		for j >= i && (s[i]+s[j])/2 > v {
			j--
		}
		if j < i {
			break
		}
		count += j - i + 1
	}
	return count
}

// ordinal numbers the floating-point numbers in their order; number is its inverse.
func ordinal(x float64) uint64 {
	b := math.Float64bits(x)
	if b>>63 == 1 {
		return ^b
	}
	return b | 1<<63
}

func number(k uint64) float64 {
	if k>>63 == 1 {
		return math.Float64frombits(k &^ (1 << 63))
	}
	return math.Float64frombits(^k)
}

func sign(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return 0
}

// Friedman compares two or more waves of the same persons by ranks.
type Friedman struct {
	N, Waves  int
	ChiSquare float64
	DF        float64
	P         float64
	KendallW  float64 // ChiSquare / (N (Waves-1)), from 0 to 1
}

// FriedmanTest ranks the waves within each person (rows are persons, columns waves; incomplete rows are left out), with
// the usual correction for ties. It needs two persons and two waves and a person whose waves differ. Source: Friedman
// (1937), Journal of the American Statistical Association 32.
func FriedmanTest(rows [][]float64) (Friedman, error) {
	rows = completeRows(rows)
	if err := need(len(rows), 2, "complete rows"); err != nil {
		return Friedman{}, err
	}
	k, n := len(rows[0]), float64(len(rows))
	if err := need(k, 2, "waves"); err != nil {
		return Friedman{}, err
	}
	total, squares := make([]float64, k), 0.0
	centre := float64(k+1) / 2
	for _, r := range rows {
		for j, v := range midranks(r) {
			total[j] += v - centre
			squares += (v - centre) * (v - centre)
		}
	}
	if squares == 0 {
		return Friedman{}, ErrConstant
	}
	f := Friedman{N: len(rows), Waves: k, DF: float64(k - 1)}
	f.ChiSquare = f.DF * sumSquares(total) / squares
	f.P = chiSquareP(f.ChiSquare, f.DF)
	f.KendallW = f.ChiSquare / (n * f.DF)
	return f, nil
}
