package stats

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// ErrContradiction is the error of rows that cannot be true together.
var ErrContradiction = errors.New("the rows contradict one another")

// WedgeRow is what was observed in a cluster (an oblast) in a period: a mean over cases, or one case.
type WedgeRow struct {
	Cluster  string
	Period   int     // in the order of time, such as the month
	Exposure int     // periods since the cluster was trained, 1 in the first that counts; 0 or less before
	Outcome  float64 // NaN when missing
	Weight   float64 // number of cases behind Outcome; 0 stands for 1
}

// WedgeEffect is an effect in the unit of the outcome, with two kinds of inference about the same estimate.
type WedgeEffect struct {
	Mixed  MixedContrast // from the model
	Robust ClusteredMean // CR2 over clusters, so that the interval does not lean on the model's variances
}

// ExposureEffect is the effect at one time since the training.
type ExposureEffect struct {
	Exposure int
	Clusters int // that were observed so long after their training
	WedgeEffect
}

// Wedge is the analysis of a stepped wedge.
type Wedge struct {
	Rows, Clusters, Periods int
	Before, After           int // rows before and after the training
	// Between is the variance of clusters, Cell that of a cluster in a period, Residual that of a case. Cell is 0 where
	// every cell has one row of the same weight, because Residual then holds it.
	Between, Cell, Residual float64

	Constant   WedgeEffect // one effect from the first exposed period on
	ByExposure []ExposureEffect
	// Average is the mean of ByExposure. Where the effect grows or fades, Constant is not an average of anything, and may
	// even have the wrong sign; Average is the one to print.
	Average WedgeEffect
}

// SteppedWedge estimates what training did from clusters that were trained at different dates: y = period + effect +
// cluster + cluster x period + residual, with a level for every period and random intercepts, fitted by MixedModelWeighted.
// Constant has one effect, ByExposure one for each time since the training. Times since training that no chain of shared
// periods ties to untrained rows are left out. It supposes that what happened over time happened to all clusters alike.
//
// Robust is the bias-reduced variance of RegressionCR2 with the fitted model as working model: cell means and design are
// multiplied by V^(-1/2) of their cluster. It needs two clusters, two periods, a period with trained and untrained
// clusters, and outcomes that vary. Sources: Hussey & Hughes (2007), Contemporary Clinical Trials 28; Hooper et al. (2016),
// Statistics in Medicine 35; Girling & Hemming (2016), Statistics in Medicine 35; Kenny et al. (2022), Statistics in
// Medicine 41; Maleyeff et al. (2023), Statistics in Medicine 42.
func SteppedWedge(rows []WedgeRow) (Wedge, error) {
	d, err := newWedge(rows)
	if err != nil {
		return Wedge{}, err
	}
	w := Wedge{Rows: len(d.rows), Clusters: len(d.clusters), Periods: len(d.periods)}
	for _, r := range d.rows {
		w.After += count(r.Exposure > 0)
	}
	w.Before = w.Rows - w.After
	constant, fitted, err := d.estimate([][]int{nil}, func(r WedgeRow) []float64 { return []float64{float64(count(r.Exposure > 0))} })
	if err != nil {
		return Wedge{}, err
	}
	w.Constant = constant[0]
	w.Between, w.Cell, w.Residual = fitted.between, fitted.cell, fitted.residual
	if err := w.eventStudy(d); err != nil {
		return Wedge{}, err
	}
	return w, nil
}

// eventStudy fills in the effects by time since training and their mean.
func (w *Wedge) eventStudy(d *wedge) error {
	d = d.connected()
	at := map[int]map[string]bool{}
	for _, r := range d.rows {
		if r.Exposure > 0 {
			if at[r.Exposure] == nil {
				at[r.Exposure] = map[string]bool{}
			}
			at[r.Exposure][r.Cluster] = true
		}
	}
	var times []int
	for e := range at {
		times = append(times, e)
	}
	slices.Sort(times)
	// Columns are 1 for trained, whose coefficient is the mean effect, and for each time but the first its deviation from it.
	code := func(r WedgeRow) []float64 {
		x := make([]float64, len(times))
		if r.Exposure > 0 {
			x[0] = 1
			k := slices.Index(times, r.Exposure)
			for j := 1; j < len(x); j++ {
				x[j] = float64(count(j == k) - count(k == 0))
			}
		}
		return x
	}
	sums := [][]int{nil}
	for k := range times {
		plus := make([]int, len(times))
		plus[0] = 1
		for j := 1; j < len(times); j++ {
			plus[j] = count(j == k) - count(k == 0)
		}
		sums = append(sums, plus)
	}
	effects, _, err := d.estimate(sums, code)
	if err != nil {
		return err
	}
	w.Average = effects[0]
	for k, e := range times {
		w.ByExposure = append(w.ByExposure, ExposureEffect{Exposure: e, Clusters: len(at[e]), WedgeEffect: effects[k+1]})
	}
	return nil
}

// wedge is a stepped wedge with its rows checked.
type wedge struct {
	rows     []WedgeRow
	clusters []string // in the order of their first appearance
	periods  []int    // ascending
	start    map[string]int
}

// never is the start of a cluster that was not trained.
const never = math.MaxInt

func newWedge(rows []WedgeRow) (*wedge, error) {
	d := &wedge{start: map[string]int{}}
	for _, r := range rows {
		if r.Weight == 0 {
			r.Weight = 1
		}
		if r.Cluster == "" || math.IsNaN(r.Outcome+r.Weight) {
			continue
		}
		if err := cmp.Or(positive([]float64{r.Weight}), bounded([]float64{r.Outcome})); err != nil {
			return nil, err
		}
		d.rows = append(d.rows, r)
		start, seen := d.start[r.Cluster]
		if !seen {
			start = never
			d.clusters = append(d.clusters, r.Cluster)
		}
		if r.Exposure > 0 {
			if s := r.Period - r.Exposure + 1; start == never || s == start {
				start = s
			} else {
				return nil, fmt.Errorf("two dates of training in one cluster: %w", ErrContradiction)
			}
		}
		d.start[r.Cluster] = start
		if !slices.Contains(d.periods, r.Period) {
			d.periods = append(d.periods, r.Period)
		}
	}
	slices.Sort(d.periods)
	return d, d.check()
}

func (d *wedge) check() error {
	if err := need(len(d.clusters), 2, "clusters"); err != nil {
		return err
	}
	if err := need(len(d.periods), 2, "periods"); err != nil {
		return err
	}
	var y []float64
	state := map[int]int{} // of a period: 1 untrained, 2 trained, 3 both
	all := 0
	for _, r := range d.rows {
		if r.Exposure <= 0 && r.Period >= d.start[r.Cluster] {
			return fmt.Errorf("a cluster untrained after its training: %w", ErrContradiction)
		}
		y = append(y, r.Outcome)
		state[r.Period] |= 1 + count(r.Exposure > 0)
		all |= state[r.Period]
	}
	if constant(y) {
		return ErrConstant
	}
	if err := need(count(all&1 > 0), 1, "rows before a training"); err != nil {
		return err
	}
	if err := need(count(all&2 > 0), 1, "rows after a training"); err != nil {
		return err
	}
	both := 0
	for _, s := range state {
		both += count(s == 3)
	}
	return need(both, 1, "periods with trained and untrained clusters")
}

// connected leaves out rows whose time since training no chain of shared periods ties to untrained rows.
func (d *wedge) connected() *wedge {
	reached := map[int]bool{0: true} // times since training
	periods := map[int]bool{}
	for grown := true; grown; {
		grown = false
		for _, r := range d.rows {
			e := max(r.Exposure, 0)
			if reached[e] != periods[r.Period] {
				reached[e], periods[r.Period], grown = true, true, true
			}
		}
	}
	kept := *d
	kept.rows = slices.DeleteFunc(slices.Clone(d.rows), func(r WedgeRow) bool { return !periods[r.Period] })
	kept.periods = slices.DeleteFunc(slices.Clone(d.periods), func(p int) bool { return !periods[p] })
	return &kept
}

// variances are what a fitted model says of the rows.
type wedgeVariances struct {
	between, cell, residual float64
	equal                   bool // the weights were left aside
}

// estimate fits the model with the columns that code gives beside the periods. Every combination is a sum of those
// columns, nil standing for the first.
func (d *wedge) estimate(combinations [][]int, code func(WedgeRow) []float64) ([]WedgeEffect, wedgeVariances, error) {
	p := len(d.periods)
	row := func(r WedgeRow) []float64 {
		x := make([]float64, p)
		x[0] = 1
		if k := slices.Index(d.periods, r.Period); k > 0 {
			x[k] = 1
		}
		return append(x, code(r)...)
	}
	width := len(row(d.rows[0]))
	contrasts := make([][]float64, len(combinations))
	for k, c := range combinations {
		contrasts[k] = make([]float64, width)
		for j, v := range c {
			contrasts[k][p+j] = float64(v)
		}
		if c == nil {
			contrasts[k][p] = 1
		}
	}
	m, v, err := d.fit(row, contrasts)
	if err != nil {
		return nil, v, err
	}
	robust, err := d.robust(row, contrasts, v)
	if err != nil {
		return nil, v, err
	}
	effects := make([]WedgeEffect, len(contrasts))
	for k := range effects {
		effects[k] = WedgeEffect{m.Contrasts[k], robust[k]}
	}
	return effects, v, nil
}

// fit lets rows of one cell share an intercept where they are several, or of different weight. Where single rows cannot
// tell the cell from the case, it takes the better of weighted and equal rows.
func (d *wedge) fit(row func(WedgeRow) []float64, contrasts [][]float64) (Mixed, wedgeVariances, error) {
	var y, w []float64
	var x [][]float64
	var cluster, cell []string
	perCell := map[string]int{}
	single, even := true, true
	for _, r := range d.rows {
		name := fmt.Sprint(r.Cluster, "\x00", r.Period)
		perCell[name]++
		single, even = single && perCell[name] == 1, even && r.Weight == d.rows[0].Weight
		y, w, x = append(y, r.Outcome), append(w, r.Weight), append(x, row(r))
		cluster, cell = append(cluster, r.Cluster), append(cell, name)
	}
	if !single || !even {
		m, err := MixedModelWeighted(y, x, w, [][]string{cluster, cell}, contrasts)
		if err == nil || !single {
			return m, variancesOf(m, false), err
		}
	}
	m, err := MixedModelWeighted(y, x, w, [][]string{cluster}, contrasts)
	if even {
		return m, variancesOf(m, false), err
	}
	equal, err2 := MixedModel(y, x, [][]string{cluster}, contrasts)
	if err != nil || err2 == nil && equal.REMLCriterion < m.REMLCriterion {
		return equal, variancesOf(equal, true), err2
	}
	return m, variancesOf(m, false), nil
}

func variancesOf(m Mixed, equal bool) wedgeVariances {
	v := wedgeVariances{residual: m.Residual, equal: equal}
	if len(m.Variances) > 0 {
		v.between = m.Variances[0]
	}
	if len(m.Variances) > 1 {
		v.cell = m.Variances[1]
	}
	return v
}

// wedgeCell is the mean of the rows of a cluster in a period.
type wedgeCell struct {
	row    WedgeRow // Outcome is the weighted mean, Weight the sum
	equals float64  // weight where rows count alike
}

func (d *wedge) cells() []wedgeCell {
	index := map[string]int{}
	var out []wedgeCell
	for _, r := range d.rows {
		name := fmt.Sprint(r.Cluster, "\x00", r.Period)
		k, seen := index[name]
		if !seen {
			k = len(out)
			index[name] = k
			out = append(out, wedgeCell{row: r, equals: 1})
			continue
		}
		c := &out[k]
		c.row.Outcome += (r.Outcome - c.row.Outcome) * r.Weight / (c.row.Weight + r.Weight)
		c.row.Weight += r.Weight
		c.equals++
	}
	slices.SortStableFunc(out, func(a, b wedgeCell) int {
		return cmp.Or(slices.Index(d.clusters, a.row.Cluster)-slices.Index(d.clusters, b.row.Cluster), a.row.Period-b.row.Period)
	})
	return out
}

// robust is CR2 over clusters of contrasts of the generalised least-squares fit.
func (d *wedge) robust(row func(WedgeRow) []float64, contrasts [][]float64, v wedgeVariances) ([]ClusteredMean, error) {
	cells := d.cells()
	var y []float64
	var x [][]float64
	var cluster []string
	for from := 0; from < len(cells); {
		to := from
		for to < len(cells) && cells[to].row.Cluster == cells[from].row.Cluster {
			to++
		}
		root := whitening(cells[from:to], v)
		n := to - from
		for i := range n {
			white, out := make([]float64, len(contrasts[0])), 0.0
			for k, c := range cells[from:to] {
				out += root[i*n+k] * c.row.Outcome
				addScaled(white, root[i*n+k], row(c.row))
			}
			y, x, cluster = append(y, out), append(x, white), append(cluster, cells[from].row.Cluster)
		}
		from = to
	}
	return contrastsCR2(y, x, cluster, contrasts)
}

// whitening is the inverse square root of the variance of the cells of one cluster, between 11' + diagonal, by the
// eigenvectors of that matrix.
func whitening(cells []wedgeCell, v wedgeVariances) []float64 {
	n := len(cells)
	a := make([]float64, n*n)
	for i, c := range cells {
		for j := range cells {
			a[i*n+j] = v.between
		}
		w := c.row.Weight
		if v.equal {
			w = c.equals
		}
		a[i*n+i] += v.cell + v.residual/w
	}
	return inverseRootOf(a, n)
}

func inverseRootOf(a []float64, n int) []float64 {
	var eig mat.EigenSym
	eig.Factorize(mat.NewSymDense(n, a), true)
	var vec, root mat.Dense
	eig.VectorsTo(&vec)
	by := mat.NewDiagDense(n, nil)
	for i, v := range eig.Values(nil) {
		by.SetDiag(i, 1/math.Sqrt(v))
	}
	root.Product(&vec, by, vec.T())
	return root.RawMatrix().Data
}
