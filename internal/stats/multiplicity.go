package stats

import (
	"cmp"
	"math"
	"slices"
)

// Holm adjusts the p values of one family so that the chance of any false rejection stays below the level: the i-th
// smallest of m is multiplied by m-i+1, and never less than the one before. A NaN stays NaN and is not counted. Source:
// Holm (1979), Scandinavian Journal of Statistics 6.
func Holm(p []float64) []float64 {
	return stepDown(p, func(i, m int) float64 { return float64(m - i) })
}

// Hochberg is the step-up form of Holm, valid for independent or positively dependent tests. Source: Hochberg (1988),
// Biometrika 75.
func Hochberg(p []float64) []float64 {
	return stepUp(p, func(i, m int) float64 { return float64(m - i) })
}

// BenjaminiHochberg adjusts p values so that the expected share of false ones among the rejections stays below the level:
// the i-th smallest of m is multiplied by m/i, and never more than the next. A NaN stays NaN and is not counted. Source:
// Benjamini & Hochberg (1995), Journal of the Royal Statistical Society B 57.
func BenjaminiHochberg(p []float64) []float64 {
	return stepUp(p, func(i, m int) float64 { return float64(m) / float64(i+1) })
}

// BenjaminiYekutieli is BenjaminiHochberg times 1 + 1/2 + ... + 1/m, valid under any dependence. Source: Benjamini &
// Yekutieli (2001), Annals of Statistics 29.
func BenjaminiYekutieli(p []float64) []float64 {
	return stepUp(p, func(i, m int) float64 {
		h := 0.0
		for k := 1; k <= m; k++ {
			h += 1 / float64(k)
		}
		return h * float64(m) / float64(i+1)
	})
}

// Bonferroni multiplies every p value by the size of the family.
func Bonferroni(p []float64) []float64 {
	return stepDown(p, func(_, m int) float64 { return float64(m) })
}

// ascending is the order of the p values that are present.
func ascending(p []float64) []int {
	var order []int
	for i, v := range p {
		if !math.IsNaN(v) {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	return order
}

func stepDown(p []float64, factor func(i, m int) float64) []float64 {
	out, order, floor := slices.Clone(p), ascending(p), 0.0
	for i, k := range order {
		floor = max(floor, min(1, factor(i, len(order))*p[k]))
		out[k] = floor
	}
	return out
}

func stepUp(p []float64, factor func(i, m int) float64) []float64 {
	out, order, ceiling := slices.Clone(p), ascending(p), 1.0
	for i, k := range slices.Backward(order) {
		ceiling = min(ceiling, factor(i, len(order))*p[k])
		out[k] = ceiling
	}
	return out
}
