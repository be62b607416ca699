package stats

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// WedgeOrder is the permutation test of a stepped wedge.
type WedgeOrder struct {
	Clusters int
	Orders   int  // arrangements of the dates that were tried, the actual one among them
	Exact    bool // all there are
	Estimate float64
	P        float64  // of no effect at all
	CI       Interval // of an effect that is the same at all times; NaN where the orders are too few for 95 %
}

// maxOrders is the largest number of arrangements that are all tried.
const maxOrders = 20000

// WedgePermutation gives the dates of training to the clusters in every other order, or in draws-1 random ones where there
// are more than 20,000, and asks how often the effect comes out as far from nothing as it did. It holds whatever the
// variances and the course of the outcome over time, when the order of the clusters was drawn by lot or is as good as that.
// The statistic is that of least squares with a level for each cluster and period, weighted by cases: with Q the
// projection off those levels and z the rows that are trained,
//
//	estimate z'Qy / z'Qz,  statistic |z'Qy| / sqrt(z'Qz)
//
// The interval holds every effect that the test does not reject when it is taken from the trained rows: for one order the
// effects at which it beats the actual one lie between two roots, so that the ends are order statistics of roots. It needs
// what SteppedWedge needs. Sources: Wang & De Gruttola (2017), Statistics in Medicine 36; Thompson et al. (2018),
// Statistics in Medicine 37.
func WedgePermutation(rows []WedgeRow, draws int, seed uint64) (WedgeOrder, error) {
	return Work{}.WedgePermutation(rows, draws, seed)
}

// WedgePermutation is the function of that name, watched.
func (w Work) WedgePermutation(rows []WedgeRow, draws int, seed uint64) (WedgeOrder, error) {
	d, err := newWedge(rows)
	if err != nil {
		return WedgeOrder{}, err
	}
	t, err := d.projection()
	if err != nil {
		return WedgeOrder{}, err
	}
	actual := t.start
	q := t.norm(actual)
	if !(q > 1e-12*t.total) {
		return WedgeOrder{}, ErrNoFit
	}
	r := WedgeOrder{Clusters: len(d.clusters), Estimate: t.along(t.ofY, actual) / q}
	orders := arrangements(actual)
	r.Exact = orders <= maxOrders
	next := everyOrder(actual)
	r.Orders = int(min(orders, maxOrders))
	if !r.Exact {
		if err := need(draws, 2, "draws"); err != nil {
			return WedgeOrder{}, err
		}
		r.Orders, next = draws, someOrders(actual, seed)
	}
	return r, r.count(w, t, next)
}

// count tries the orders.
func (r *WedgeOrder) count(w Work, t *wedgeProjection, next func() []int) error {
	root := math.Sqrt(t.norm(t.start))
	a0 := t.along(t.ofY, t.start) / root
	var low, high []float64
	hits := 0
	for k := range r.Orders {
		if err := w.step(k, r.Orders); err != nil {
			return err
		}
		at := next()
		q := t.norm(at)
		a, b := 0.0, 0.0 // an order that trains no one at another time than the rest says nothing
		if q > 1e-12*t.total {
			a, b = t.along(t.ofY, at)/math.Sqrt(q), t.along(t.ofZ, at)/math.Sqrt(q)
		}
		hits += count(math.Abs(a) >= math.Abs(a0)*(1-1e-10))
		l, h := beats(a0, root, a, b)
		low, high = append(low, l), append(high, h)
	}
	r.P = float64(hits) / float64(r.Orders)
	r.CI = notRejected(low, high)
	return nil
}

// arrangements is the number of different orders of the dates.
func arrangements(start []int) float64 {
	same := map[int]int{}
	for _, s := range start {
		same[s]++
	}
	log := lgamma(float64(len(start)) + 1)
	for _, n := range same {
		log -= lgamma(float64(n) + 1)
	}
	return math.Round(math.Exp(log))
}

// everyOrder gives all different orders, one a call.
func everyOrder(start []int) func() []int {
	at := slices.Sorted(slices.Values(start))
	first := true
	return func() []int {
		if first {
			first = false
			return at
		}
		i := len(at) - 2
		for i >= 0 && at[i] >= at[i+1] {
			i--
		}
		if i < 0 {
			return at
		}
		j := len(at) - 1
		for at[j] <= at[i] {
			j--
		}
		at[i], at[j] = at[j], at[i]
		slices.Reverse(at[i+1:])
		return at
	}
}

// someOrders gives the actual order first and then random ones.
func someOrders(start []int, seed uint64) func() []int {
	src := rand.NewPCG(seed, 0x9e3779b97f4a7c15)
	at, first := slices.Clone(start), true
	return func() []int {
		if !first {
			for i := len(at) - 1; i > 0; i-- {
				k := below(src, uint64(i+1))
				at[i], at[k] = at[k], at[i]
			}
		}
		first = false
		return at
	}
}

// wedgeProjection is what the test needs of the data: sums over the periods from a date on, per cluster and date. Dates
// are numbered; the last number is never.
type wedgeProjection struct {
	start    []int       // date of every cluster
	ofY, ofZ [][]float64 // of WQy and WQz per cluster and date
	weight   [][]float64 // of the weights
	byPeriod [][]float64 // weight of cluster and period
	from     []int       // index of the period of every date
	inverse  []float64   // of the normal equations of clusters and periods
	total    float64     // all weights
	mass     []float64   // work space of norm
}

func (d *wedge) projection() (*wedgeProjection, error) {
	j, p := len(d.clusters), len(d.periods)
	y, w := make([]float64, j*p), make([]float64, j*p)
	for _, c := range d.cells() {
		k := slices.Index(d.clusters, c.row.Cluster)*p + slices.Index(d.periods, c.row.Period)
		y[k], w[k] = c.row.Outcome, c.row.Weight
	}
	t := &wedgeProjection{total: sum(w), mass: make([]float64, j+p-1)}
	var dates []int
	for _, c := range d.clusters {
		dates = append(dates, d.start[c])
	}
	different := slices.Compact(slices.Sorted(slices.Values(dates)))
	for _, s := range different {
		at, _ := slices.BinarySearchFunc(d.periods, s, cmp.Compare)
		t.from = append(t.from, at)
	}
	for _, s := range dates {
		t.start = append(t.start, slices.Index(different, s))
	}
	if err := t.normal(w, j, p); err != nil {
		return nil, err
	}
	for g := range j {
		t.byPeriod = append(t.byPeriod, w[g*p:(g+1)*p])
	}
	z := make([]float64, j*p)
	for g := range j {
		for k := t.from[t.start[g]]; k < p; k++ {
			z[g*p+k] = 1
		}
	}
	t.ofY, t.ofZ, t.weight = t.tails(t.off(y, w, j, p), j, p), t.tails(t.off(z, w, j, p), j, p), t.tails(w, j, p)
	return t, nil
}

// normal decomposes the weighted normal equations of a level for each cluster and each period but the first.
func (t *wedgeProjection) normal(w []float64, j, p int) error {
	n := j + p - 1
	a := make([]float64, n*n)
	for g := range j {
		for k := range p {
			v := w[g*p+k]
			a[g*n+g] += v
			if k > 0 {
				h := j + k - 1
				a[h*n+h] += v
				a[g*n+h] += v
				a[h*n+g] += v
			}
		}
	}
	var ok bool
	if t.inverse, ok = inverseOf(a, n); !ok {
		return ErrNoFit
	}
	return nil
}

// off is W times the residual of x from the levels.
func (t *wedgeProjection) off(x, w []float64, j, p int) []float64 {
	n := j + p - 1
	right, level := make([]float64, n), make([]float64, n)
	for g := range j {
		for k := range p {
			v := w[g*p+k] * x[g*p+k]
			right[g] += v
			if k > 0 {
				right[j+k-1] += v
			}
		}
	}
	times(level, t.inverse, right)
	out := make([]float64, j*p)
	for g := range j {
		for k := range p {
			e := x[g*p+k] - level[g]
			if k > 0 {
				e -= level[j+k-1]
			}
			out[g*p+k] = w[g*p+k] * e
		}
	}
	return out
}

// tails sums over the periods from every date on.
func (t *wedgeProjection) tails(x []float64, j, p int) [][]float64 {
	out := make([][]float64, j)
	for g := range j {
		for _, from := range t.from {
			out[g] = append(out[g], sum(x[g*p+min(from, p):(g+1)*p]))
		}
	}
	return out
}

// along is z'x for the clusters trained at the dates at.
func (t *wedgeProjection) along(x [][]float64, at []int) float64 {
	s := 0.0
	for g, d := range at {
		s += x[g][d]
	}
	return s
}

// norm is z'Qz = z'Wz - b'N⁻¹b, with b the sums of Wz over clusters and periods.
func (t *wedgeProjection) norm(at []int) float64 {
	j := len(at)
	clear(t.mass)
	s := 0.0
	for g, d := range at {
		v := t.weight[g][d]
		s += v
		t.mass[g] = v
		for k := max(t.from[d], 1); k < len(t.byPeriod[g]); k++ {
			t.mass[j+k-1] += t.byPeriod[g][k]
		}
	}
	return s - quadratic(t.mass, t.inverse, t.mass)
}
