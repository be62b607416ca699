package stats

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// Why nothing can be said from the data. Errors of this package wrap one of them.
var (
	ErrTooFew   = errors.New("too few observations")
	ErrTooMany  = errors.New("too many for complete enumeration")
	ErrConstant = errors.New("values do not vary")
	ErrNoFit    = errors.New("the model has no finite fit")
	ErrRange    = errors.New("a number is out of its range")
)

const confidence = 0.95

// Interval is a two-sided 95 % interval, in the unit of its estimate.
type Interval struct{ Low, High float64 }

func around(x, half float64) Interval { return Interval{x - half, x + half} }

func undefined() Interval { return Interval{math.NaN(), math.NaN()} }

// need returns an error that wraps ErrTooFew unless there are at least least of what.
func need(have, least int, what string) error {
	if have >= least {
		return nil
	}
	return fmt.Errorf("%d %s, at least %d needed: %w", have, what, least, ErrTooFew)
}

// bounded returns ErrRange, with the place counted from 1, for a number so large that its squares cannot be added up.
func bounded(columns ...[]float64) error {
	const large = 1e50
	for _, x := range columns {
		for i, v := range x {
			if math.Abs(v) > large {
				return fmt.Errorf("value %d is too large: %w", i+1, ErrRange)
			}
		}
	}
	return nil
}

// positive returns ErrRange for a weight that is zero, negative or too large. A missing weight is none.
func positive(weights []float64) error {
	for i, w := range weights {
		if w <= 0 || w > 1e50 || w < 1e-50 {
			return fmt.Errorf("weight %d: %w", i+1, ErrRange)
		}
	}
	return nil
}

// yesNo returns ErrRange for an answer that is present and neither 0 nor 1.
func yesNo(answers ...[]float64) error {
	for _, x := range answers {
		for i, v := range x {
			if v != 0 && v != 1 && !math.IsNaN(v) {
				return fmt.Errorf("answer %d is neither 0 nor 1: %w", i+1, ErrRange)
			}
		}
	}
	return nil
}

func mustMatch(n int, others ...int) {
	for _, m := range others {
		if m != n {
			panic(fmt.Sprintf("stats: slices of length %d and %d", n, m))
		}
	}
}

// completePairs returns copies of the pairs that have both values.
func completePairs(x, y []float64) (a, b []float64) {
	mustMatch(len(x), len(y))
	for i := range x {
		if !math.IsNaN(x[i]) && !math.IsNaN(y[i]) {
			a, b = append(a, x[i]), append(b, y[i])
		}
	}
	return a, b
}

// completeRows returns the rows without a missing value; all rows have the same length.
func completeRows(rows [][]float64) [][]float64 {
	var out [][]float64
	for _, r := range rows {
		mustMatch(len(rows[0]), len(r))
		if !slices.ContainsFunc(r, math.IsNaN) {
			out = append(out, r)
		}
	}
	return out
}

func present(x []float64) []float64 {
	return slices.DeleteFunc(slices.Clone(x), math.IsNaN)
}

func column(rows [][]float64, j int) []float64 {
	c := make([]float64, len(rows))
	for i, r := range rows {
		c[i] = r[j]
	}
	return c
}

func minus(y, x []float64) []float64 {
	d := make([]float64, len(y))
	for i := range y {
		d[i] = y[i] - x[i]
	}
	return d
}

func sum(x []float64) float64 {
	s := 0.0
	for _, v := range x {
		s += v
	}
	return s
}

func sumSquares(x []float64) float64 { return dot(x, x) }

func dot(x, y []float64) float64 {
	s := 0.0
	for i := range x {
		s += x[i] * y[i]
	}
	return s
}

// mean is computed in two passes, so that the rounding of a long sum is taken back.
func mean(x []float64) float64 {
	m, rest := sum(x)/float64(len(x)), 0.0
	for _, v := range x {
		rest += v - m
	}
	return m + rest/float64(len(x))
}

func covariance(x, y []float64) float64 {
	mx, my, s := mean(x), mean(y), 0.0
	for i := range x {
		s += (x[i] - mx) * (y[i] - my)
	}
	return s / float64(len(x)-1)
}

func variance(x []float64) float64 { return covariance(x, x) }

func sd(x []float64) float64 { return math.Sqrt(variance(x)) }

// correlation is Pearson's, NaN when either does not vary.
func correlation(x, y []float64) float64 {
	if constant(x) || constant(y) {
		return math.NaN()
	}
	return covariance(x, y) / (sd(x) * sd(y))
}

// constant reports whether x varies by no more than the rounding of its values, or so little that squares vanish.
func constant(x []float64) bool { return constantAt(x, largest(x)) }

// constantAt is constant for values that came from numbers as large as scale.
func constantAt(x []float64, scale float64) bool {
	return len(x) == 0 || slices.Max(x)-slices.Min(x) <= max(1e-14*scale, 1e-50)
}

// vanishes reports whether a variance of values that came from numbers as large as scale is no more than their rounding.
func vanishes(variance, scale float64) bool { return !(variance > max(1e-28*scale*scale, 1e-100)) }

// largest is the largest absolute value that is present.
func largest(x []float64) float64 {
	m := 0.0
	for _, v := range x {
		if a := math.Abs(v); a > m {
			m = a
		}
	}
	return m
}

// sortedQuantile is the type 7 quantile (linear between order statistics (n-1)p+1) of an ascending slice; Hyndman & Fan
// (1996), American Statistician 50.
func sortedQuantile(x []float64, p float64) float64 {
	if math.IsNaN(p) || len(x) == 0 {
		return math.NaN()
	}
	h := float64(len(x)-1) * p
	i := int(math.Floor(h))
	if i >= len(x)-1 {
		return x[len(x)-1]
	}
	return x[i] + (h-float64(i))*(x[i+1]-x[i])
}

func quantile(x []float64, p float64) float64 { return sortedQuantile(sorted(x), p) }

func sorted(x []float64) []float64 {
	s := slices.Clone(x)
	slices.Sort(s)
	return s
}

// midranks gives each value its rank from 1, ties sharing the mean of their ranks.
func midranks(x []float64) []float64 {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		switch {
		case x[a] < x[b]:
			return -1
		case x[a] > x[b]:
			return 1
		}
		return 0
	})
	rank := make([]float64, len(x))
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && x[order[j]] == x[order[i]] {
			j++
		}
		for _, k := range order[i:j] {
			rank[k] = float64(i+j+1) / 2
		}
		i = j
	}
	return rank
}
