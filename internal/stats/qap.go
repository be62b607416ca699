package stats

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Permuted is an observed statistic against its values under given permutations. A p counts the observed arrangement:
// (1 + how many are at least as extreme) / (1 + Permutations).
type Permuted struct {
	N            int // actors
	Permutations int
	Observed     float64
	Mean, SD     float64 // over the permutations
	PAtLeast     float64 // as large or larger
	PAtMost      float64 // as small or smaller
	PAbs         float64 // as far from zero
}

func permuted(n int, observed float64, values []float64) Permuted {
	p := Permuted{N: n, Permutations: len(values), Observed: observed, Mean: mean(values), SD: sd(values)}
	const eps = 1e-12
	more, less, far := 1, 1, 1
	for _, v := range values {
		more += count(v >= observed-eps)
		less += count(v <= observed+eps)
		far += count(math.Abs(v) >= math.Abs(observed)-eps)
	}
	all := len(values) + 1
	p.PAtLeast, p.PAtMost, p.PAbs = ratio(more, all), ratio(less, all), ratio(far, all)
	return p
}

// Permutations draws count orders of the numbers 1 to n, each equally likely; the same seed gives the same orders on every
// machine and with every release.
func Permutations(n, count int, seed uint64) [][]int {
	src := rand.NewPCG(seed, 0x9e3779b97f4a7c15)
	rows := make([][]int, count)
	for r := range rows {
		rows[r] = make([]int, n)
		for i := range n {
			k := below(src, uint64(i+1))
			rows[r][i] = rows[r][k]
			rows[r][k] = i + 1
		}
	}
	return rows
}

// cell is an off-diagonal entry that is not zero.
type cell struct {
	i, j  int
	value float64
}

func cells(a [][]float64) (c []cell) {
	for i := range a {
		mustMatch(len(a), len(a[i]))
		for j, v := range a[i] {
			if i != j && v != 0 {
				c = append(c, cell{i, j, v})
			}
		}
	}
	return c
}

// offDiagonal lists the entries row by row, without the diagonal.
func offDiagonal(a [][]float64) (out []float64) {
	for i := range a {
		mustMatch(len(a), len(a[i]))
		for j, v := range a[i] {
			if i != j {
				out = append(out, v)
			}
		}
	}
	return out
}

// QAPCorrelation is Pearson's correlation of two matrices over the same actors, without the diagonal, against the
// correlations when rows and columns of b are permuted together: b'[i][j] = b[p[i]][p[j]], actors counted from 1. It needs
// three actors, two permutations and matrices that vary. Source: Krackhardt (1988), Social Networks 10.
func QAPCorrelation(a, b [][]float64, permutations [][]int) (Permuted, error) {
	return Work{}.QAPCorrelation(a, b, permutations)
}

// QAPCorrelation is the function of that name, watched.
func (w Work) QAPCorrelation(a, b [][]float64, permutations [][]int) (Permuted, error) {
	if err := bounded(a...); err != nil {
		return Permuted{}, err
	}
	if err := bounded(b...); err != nil {
		return Permuted{}, err
	}
	mustMatch(len(a), len(b))
	if err := checkPermutations(len(a), permutations); err != nil {
		return Permuted{}, err
	}
	x, y := offDiagonal(a), offDiagonal(b)
	if constant(x) || constant(y) {
		return Permuted{}, ErrConstant
	}
	n := float64(len(x))
	mx, my, scale := mean(x), mean(y), sd(x)*sd(y)*(n-1)
	filled := cells(a)
	values := make([]float64, len(permutations))
	for r, p := range permutations {
		if err := w.step(r, len(permutations)); err != nil {
			return Permuted{}, err
		}
		s := 0.0
		for _, c := range filled {
			s += c.value * b[p[c.i]-1][p[c.j]-1]
		}
		values[r] = (s - n*mx*my) / scale
	}
	return permuted(len(a), correlation(x, y), values), nil
}

func checkPermutations(actors int, permutations [][]int) error {
	if err := need(actors, 3, "actors"); err != nil {
		return err
	}
	if err := need(len(permutations), 2, "permutations"); err != nil {
		return err
	}
	for _, p := range permutations {
		mustMatch(actors, len(p))
	}
	return nil
}

// EIPermutation is the E-I index against its values when the labels of the actors are permuted and the arcs stay: actor i
// gets the label of actor p[i], counted from 1. It needs three actors, an arc and two permutations. Source: Krackhardt &
// Stern (1988), Social Psychology Quarterly 51.
func EIPermutation(a [][]bool, group []string, permutations [][]int) (Permuted, error) {
	return Work{}.EIPermutation(a, group, permutations)
}

// EIPermutation is the function of that name, watched.
func (w Work) EIPermutation(a [][]bool, group []string, permutations [][]int) (Permuted, error) {
	mustMatch(len(a), len(group))
	if err := checkPermutations(len(a), permutations); err != nil {
		return Permuted{}, err
	}
	out, _ := neighbours(a)
	index := func(label func(int) string) float64 {
		internal, all := 0, 0
		for i, named := range out {
			all += len(named)
			for _, j := range named {
				internal += count(label(i) == label(j))
			}
		}
		return ratio(all-2*internal, all)
	}
	observed := index(func(i int) string { return group[i] })
	if math.IsNaN(observed) {
		return Permuted{}, need(0, 1, "arcs")
	}
	values := make([]float64, len(permutations))
	for r, p := range permutations {
		if err := w.step(r, len(permutations)); err != nil {
			return Permuted{}, err
		}
		values[r] = index(func(i int) string { return group[p[i]-1] })
	}
	return permuted(len(a), observed, values), nil
}

// NetworkRegression is a linear regression of one matrix on others. Slices start with the intercept.
type NetworkRegression struct {
	N, Permutations int
	Coefficients    []float64
	PAbs            []float64 // as far from zero, over permutations of the response
}

// NetworkRegressionQAP regresses y on the matrices x, all without the diagonal, and permutes rows and columns of y
// together, which asks about all regressors at once. With correlated regressors the p of one of them is that of
// NetworkRegressionDSP. It needs three actors, two permutations and matrices that are not combinations of one another.
// Source: Krackhardt (1988), Social Networks 10.
func NetworkRegressionQAP(y [][]float64, x [][][]float64, permutations [][]int) (NetworkRegression, error) {
	return Work{}.NetworkRegressionQAP(y, x, permutations)
}

// NetworkRegressionQAP is the function of that name, watched.
func (w Work) NetworkRegressionQAP(y [][]float64, x [][][]float64, permutations [][]int) (NetworkRegression, error) {
	d, err := newNetworkDesign(y, x, permutations)
	if err != nil {
		return NetworkRegression{}, err
	}
	n, k := d.actors, d.columns
	solve := make([]float64, len(d.y)*k) // a row per pair: what a unit of y there adds to the coefficients
	product(solve, d.x, d.inverse, len(d.y), k, k)
	filled := cells(y)
	at := func(place []int) []float64 { // actor i of y stands at place[i]
		b := make([]float64, k)
		for _, c := range filled {
			i, j := place[c.i], place[c.j]
			if j > i {
				j-- // the diagonal is not there
			}
			row := (i*(n-1) + j) * k
			addScaled(b, c.value, solve[row:row+k])
		}
		return b
	}
	place := make([]int, n)
	for i := range place {
		place[i] = i
	}
	r := NetworkRegression{N: n, Permutations: len(permutations), Coefficients: at(place), PAbs: make([]float64, k)}
	far := make([]int, k)
	for step, p := range permutations {
		if err := w.step(step, len(permutations)); err != nil {
			return NetworkRegression{}, err
		}
		for i, v := range p {
			place[v-1] = i
		}
		for t, v := range at(place) {
			far[t] += count(math.Abs(v) >= math.Abs(r.Coefficients[t])-1e-12)
		}
	}
	for t := range far {
		r.PAbs[t] = ratio(1+far[t], 1+len(permutations))
	}
	return r, nil
}

// NetworkRegressionDSP is the same regression with double semi-partialling: for each regressor its residual from the others
// is permuted and takes its place, and |t| is compared. That p holds for one regressor when the others matter. The
// intercept has NaN. Source: Dekker, Krackhardt & Snijders (2007), Psychometrika 72.
func NetworkRegressionDSP(y [][]float64, x [][][]float64, permutations [][]int) (NetworkRegression, error) {
	return Work{}.NetworkRegressionDSP(y, x, permutations)
}

// NetworkRegressionDSP is the function of that name, watched.
func (w Work) NetworkRegressionDSP(y [][]float64, x [][][]float64, permutations [][]int) (NetworkRegression, error) {
	d, err := newNetworkDesign(y, x, permutations)
	if err != nil {
		return NetworkRegression{}, err
	}
	n, k := d.actors, d.columns
	r := NetworkRegression{N: n, Permutations: len(permutations), Coefficients: make([]float64, k), PAbs: make([]float64, k)}
	xy := make([]float64, k)
	productT(xy, 1, d.x, d.y, len(d.y), k, 1)
	times(r.Coefficients, d.inverse, xy)
	r.PAbs[0] = math.NaN()
	for c := 1; c < k; c++ {
		rest := d.without(c)
		own, _ := rest.off(column(d.rows(), c))
		yOff, yy := rest.off(d.y)
		free := float64(len(d.y) - k)
		t := func(e []float64) float64 {
			left, ee := rest.off(e)
			if !(ee > 1e-12) {
				return 0
			}
			b := dot(left, yOff) / ee
			return b / math.Sqrt(max(yy-b*b*ee, 0)/free/ee)
		}
		observed, far := math.Abs(t(own)), 0
		moved := make([]float64, len(own))
		for s, p := range permutations {
			if err := w.step((c-1)*len(permutations)+s, (k-1)*len(permutations)); err != nil {
				return NetworkRegression{}, err
			}
			at := 0
			for i := range n {
				for j := range n {
					if i != j {
						a, b := p[i]-1, p[j]-1
						moved[at] = own[a*(n-1)+b-count(b > a)]
						at++
					}
				}
			}
			far += count(math.Abs(t(moved)) >= observed*(1-1e-12))
		}
		r.PAbs[c] = ratio(1+far, 1+len(permutations))
	}
	return r, nil
}

// networkDesign is a regression over pairs of actors, row by row without the diagonal.
type networkDesign struct {
	actors, columns int
	y, x            []float64 // x has columns values for each pair, the first of them 1
	inverse         []float64 // of x'x
}

func newNetworkDesign(y [][]float64, x [][][]float64, permutations [][]int) (networkDesign, error) {
	if err := checkPermutations(len(y), permutations); err != nil {
		return networkDesign{}, err
	}
	if err := bounded(slices.Concat(append([][][]float64{y}, x...)...)...); err != nil {
		return networkDesign{}, err
	}
	d := networkDesign{actors: len(y), columns: len(x) + 1, y: offDiagonal(y)}
	d.x = make([]float64, len(d.y)*d.columns)
	for i := range d.y {
		d.x[i*d.columns] = 1
	}
	for c, m := range x {
		mustMatch(len(y), len(m))
		for i, v := range offDiagonal(m) {
			d.x[i*d.columns+c+1] = v
		}
	}
	return d, d.solve()
}

func (d *networkDesign) solve() error {
	k := d.columns
	gram := make([]float64, k*k)
	productT(gram, 1, d.x, d.x, len(d.y), k, k)
	var ok bool
	if d.inverse, ok = inverseOf(gram, k); !ok {
		return ErrNoFit
	}
	return nil
}

func (d *networkDesign) rows() (out [][]float64) {
	for i := range d.y {
		out = append(out, d.x[i*d.columns:(i+1)*d.columns])
	}
	return out
}

// without is the design without a column.
func (d *networkDesign) without(c int) *networkDesign {
	r := &networkDesign{actors: d.actors, columns: d.columns - 1, y: d.y}
	for _, row := range d.rows() {
		r.x = append(append(r.x, row[:c]...), row[c+1:]...)
	}
	_ = r.solve() // part of a design that could be solved
	return r
}

// off is the residual of v from the columns, and its sum of squares.
func (d *networkDesign) off(v []float64) (left []float64, ss float64) {
	k := d.columns
	xv, b := make([]float64, k), make([]float64, k)
	productT(xv, 1, d.x, v, len(v), k, 1)
	times(b, d.inverse, xv)
	left = make([]float64, len(v))
	for i := range v {
		left[i] = v[i] - dot(d.x[i*k:(i+1)*k], b)
		ss += left[i] * left[i]
	}
	return left, ss
}
