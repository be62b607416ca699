package stats

import (
	"math"
	"sort"
)

// Dominance is the share who improved minus the share who got worse.
type Dominance struct {
	N, Improved, Same, Worsened int
	D                           float64 // (Improved - Worsened) / N, from -1 to 1
	SE                          float64
	CI                          Interval
}

// PairedDominance counts persons by the sign of post - pre. SE is the multinomial standard error sqrt(sum (s-D)²/((N-1) N)).
// The interval is that of a difference of paired proportions with a person added to those who improved and to those who got
// worse, which holds with few persons and near the ends of the scale. Both take persons as independent; with cohorts apply
// MeanCR2 to the signs. It needs two pairs. Sources: Cliff (1993), Psychological Bulletin 114; Bonett & Price (2012),
// Journal of Educational and Behavioral Statistics 37.
func PairedDominance(pre, post []float64) (Dominance, error) {
	x, y := completePairs(pre, post)
	if err := need(len(x), 2, "pairs"); err != nil {
		return Dominance{}, err
	}
	d := Dominance{N: len(x)}
	for i := range x {
		switch {
		case y[i] > x[i]:
			d.Improved++
		case y[i] < x[i]:
			d.Worsened++
		default:
			d.Same++
		}
	}
	n := float64(d.N)
	d.D = float64(d.Improved-d.Worsened) / n
	ss := float64(d.Improved+d.Worsened) - n*d.D*d.D
	d.SE = math.Sqrt(max(ss, 0) / (n - 1) / n)
	d.CI = bonettPrice(n, float64(d.Improved), float64(d.Worsened))
	return d, nil
}

// Cliff is the dominance of y over x in independent groups.
type Cliff struct {
	NX, NY      int
	Delta       float64 // P(y > x) - P(y < x)
	SE          float64
	CI          Interval
	Superiority float64 // P(y > x) + P(y = x)/2
}

// CliffDelta compares every y with every x. The variance is Cliff's unbiased estimate, never below (1-d²)/(mn-1); the
// interval is the asymmetric one, (d - d³ ± z s sqrt((1-d²)² + z² s²)) / (1 - d² + z² s²). It takes persons as
// independent. It needs two in each group. Sources: Cliff (1993), Psychological Bulletin 114; Feng & Cliff (2004), Journal
// of Modern Applied Statistical Methods 3.
func CliffDelta(x, y []float64) (Cliff, error) {
	x, y = sorted(present(x)), sorted(present(y))
	if err := need(min(len(x), len(y)), 2, "in the smaller group"); err != nil {
		return Cliff{}, err
	}
	m, n := float64(len(y)), float64(len(x))
	di, untied := dominates(y, x)
	dj, _ := dominates(x, y)
	c := Cliff{NX: len(x), NY: len(y), Delta: mean(di)}
	d := c.Delta
	var si, sj float64
	for _, v := range di {
		si += (v - d) * (v - d)
	}
	for _, v := range dj {
		sj += (v + d) * (v + d)
	}
	s2 := (n*n*si + m*m*sj - (untied - m*n*d*d)) / (m * n * (m - 1) * (n - 1))
	s2 = max(s2, (1-d*d)/(m*n-1))
	c.SE = math.Sqrt(s2)
	z2 := z975 * z975
	h := z975 * c.SE * math.Sqrt((1-d*d)*(1-d*d)+z2*s2)
	den := 1 - d*d + z2*s2
	c.CI = Interval{(d - d*d*d - h) / den, (d - d*d*d + h) / den}
	if den == 0 { // no overlap at all
		c.CI = undefined()
	}
	c.Superiority = (d + 1) / 2
	return c, nil
}

// dominates gives, for each of a, the share of b below it minus the share above it, and the number of pairs that differ.
// Both slices ascend.
func dominates(a, b []float64) (share []float64, untied float64) {
	share = make([]float64, len(a))
	for i, v := range a {
		below := sort.SearchFloat64s(b, v)
		above := len(b) - sort.Search(len(b), func(k int) bool { return b[k] > v })
		share[i] = float64(below-above) / float64(len(b))
		untied += float64(below + above)
	}
	return share, untied
}
