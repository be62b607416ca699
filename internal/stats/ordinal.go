package stats

import (
	"fmt"
	"math"
	"slices"
)

// ProportionalOdds is an ordinal regression. Coefficients are log odds of a higher answer per unit of a column.
type ProportionalOdds struct {
	N, Clusters  int
	Levels       []float64 // the answers there are, ascending
	Thresholds   []float64 // log odds of an answer up to each level but the last, where all columns are 0
	Coefficients []float64
	SE           []float64 // by the inverse information: persons as independent
	SECluster    []float64 // sandwich over clusters, times J/(J-1)
	DF           float64   // Clusters - 1
	T, P         []float64 // with SECluster
	CI           []Interval
	Deviance     float64
}

// OrdinalRegression fits P(y <= level k) = 1/(1 + exp(-(threshold_k - x'b))) by maximum likelihood with Newton's steps. It
// stands beside the analysis of single items by dominance and ranks: if both agree, the result does not hang on the spacing
// of the answers. x has no column of ones. Rows with anything missing are left out. It needs two levels, two clusters and
// more clusters than columns for the errors to mean much; columns that separate the answers have no fit. Source: McCullagh
// (1980), Journal of the Royal Statistical Society B 42; Liang & Zeger (1986), Biometrika 73.
func OrdinalRegression(y []float64, x [][]float64, cluster []string) (ProportionalOdds, error) {
	if err := bounded(y); err != nil {
		return ProportionalOdds{}, err
	}
	if err := bounded(x...); err != nil {
		return ProportionalOdds{}, err
	}
	mustMatch(len(y), len(x), len(cluster))
	value := slices.Clone(y)
	var rows [][]float64
	for i := range y {
		mustMatch(len(x[0]), len(x[i]))
		if math.IsNaN(sum(x[i])) {
			value[i] = math.NaN()
		}
		if !math.IsNaN(value[i]) && cluster[i] != "" {
			rows = append(rows, x[i])
		}
	}
	o := oddsModel{clusters: group(value, cluster), x: rows}
	if err := need(o.count(), 2, "clusters"); err != nil {
		return ProportionalOdds{}, err
	}
	o.levels = slices.Compact(sorted(o.value))
	if len(o.levels) < 2 {
		return ProportionalOdds{}, ErrConstant
	}
	if err := need(len(rows), len(o.levels)+len(x[0])+1, "complete rows"); err != nil {
		return ProportionalOdds{}, err
	}
	if len(o.levels) > 50 {
		return ProportionalOdds{}, fmt.Errorf("%d levels: %w", len(o.levels), ErrTooMany)
	}
	if err := o.fit(); err != nil {
		return ProportionalOdds{}, err
	}
	return o.result()
}

// oddsModel is a proportional-odds model on its way; its parameters are the thresholds and then the coefficients.
type oddsModel struct {
	clusters
	x      [][]float64
	levels []float64
	at     []float64
	log    float64
	score  [][]float64 // per cluster
	info   []float64
}

func (o *oddsModel) fit() error {
	k, p := len(o.levels)-1, len(o.x[0])
	o.at = make([]float64, k+p)
	below := 0.0
	for j, l := range o.levels[:k] {
		for _, v := range o.value {
			below += float64(count(v == l))
		}
		share := below / float64(len(o.value))
		o.at[j] = math.Log(share / (1 - share))
	}
	o.evaluate()
	for range 100 {
		inverse, ok := inverseOf(slices.Clone(o.info), len(o.at))
		if !ok {
			return ErrNoFit
		}
		total, step := make([]float64, len(o.at)), make([]float64, len(o.at))
		for _, s := range o.score {
			addScaled(total, 1, s)
		}
		times(step, inverse, total)
		if largest(step) < 1e-11 {
			return nil
		}
		if !o.move(step) || largest(o.at[k:]) > 1e6 {
			return ErrNoFit
		}
	}
	return ErrNoFit
}

// move takes as much of the step as raises the likelihood.
func (o *oddsModel) move(step []float64) bool {
	from, log := slices.Clone(o.at), o.log
	for size := 1.0; size > 1e-8; size /= 2 {
		copy(o.at, from)
		addScaled(o.at, size, step)
		if o.evaluate(); o.log >= log-1e-10*(1+math.Abs(log)) {
			return true
		}
	}
	return false
}

// evaluate computes the likelihood and its derivatives. An answer has P = F(u) - F(v), with u and v the thresholds above and
// below it minus x'b, F the logistic distribution and g the gradient of P, so that
// -d²log P = gg'/P² - (F"(u) uu' - F"(v) vv')/P.
func (o *oddsModel) evaluate() {
	k, n := len(o.levels)-1, len(o.at)
	o.log, o.info, o.score = 0, make([]float64, n*n), make([][]float64, o.count())
	for g := range o.score {
		o.score[g] = make([]float64, n)
	}
	grad, side := make([]float64, n), make([]float64, n)
	for i, row := range o.x {
		eta := dot(row, o.at[k:])
		level, _ := slices.BinarySearch(o.levels, o.value[i])
		p := float64(count(level == k))
		clear(grad)
		type end struct {
			threshold int
			sign      float64
		}
		ends := []end{{level, 1}, {level - 1, -1}}
		var bend [2]float64
		for e, t := range ends {
			if t.threshold < 0 || t.threshold >= k {
				continue
			}
			f := 1 / (1 + math.Exp(eta-o.at[t.threshold]))
			p += t.sign * f
			d := t.sign * f * (1 - f)
			bend[e] = d * (1 - 2*f)
			direction(side, t.threshold, row, k)
			addScaled(grad, d, side)
		}
		o.log += math.Log(p)
		addScaled(o.score[o.of[i]], 1/p, grad)
		addOuter(o.info, 1/p/p, grad, grad)
		for e, t := range ends {
			if bend[e] != 0 {
				direction(side, t.threshold, row, k)
				addOuter(o.info, -bend[e]/p, side, side)
			}
		}
	}
	if math.IsNaN(o.log) {
		o.log = math.Inf(-1)
	}
}

// direction is the gradient of a threshold minus x'b.
func direction(out []float64, threshold int, row []float64, k int) {
	clear(out)
	out[threshold] = 1
	for j, v := range row {
		out[k+j] = -v
	}
}

func (o *oddsModel) result() (ProportionalOdds, error) {
	k, n := len(o.levels)-1, len(o.at)
	inverse, ok := inverseOf(slices.Clone(o.info), n)
	if !ok {
		return ProportionalOdds{}, ErrNoFit
	}
	j := float64(o.count())
	r := ProportionalOdds{
		N: len(o.x), Clusters: o.count(), Levels: o.levels, Thresholds: o.at[:k], Coefficients: o.at[k:], DF: j - 1, Deviance: -2 * o.log,
	}
	robust := sandwich(inverse, o.score)
	for c, b := range r.Coefficients {
		se := math.Sqrt(robust[k+c] * j / (j - 1))
		t, p, ci := studentTest(b, se, r.DF)
		r.SE, r.SECluster = append(r.SE, math.Sqrt(inverse[(k+c)*n+k+c])), append(r.SECluster, se)
		r.T, r.P, r.CI = append(r.T, t), append(r.P, p), append(r.CI, ci)
	}
	return r, nil
}
