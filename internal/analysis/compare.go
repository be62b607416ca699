package analysis

import (
	"math"
	"slices"

	"strengthen/internal/stats"
	"strengthen/internal/study"
	"strengthen/internal/survey"
)

// compare estimates what the programme did from those who were not trained yet at the second measurement. When who came first
// was drawn by lot, the second measurement is compared given the first (ANCOVA); otherwise the changes are compared, as groups
// that differ at the start would be drawn together wrongly (Lord's paradox).
func (e *engine) compare(outcome int) Comparison {
	o := e.plan.Outcomes[outcome]
	no := cannot(NoneTrained)
	r := Comparison{Outcome: o.ID, Main: no, DiD: no, ANCOVA: no, Model: no, PPermute: None(), Size: no, Baseline: None(), ByANCOVA: e.plan.Comparison.Lot}
	x := pairsOf(e.data.People, outcome, e.plan.Primary)
	var pre, post, trained, d []float64
	var group []string
	arms := [2]map[string]bool{{}, {}}
	for i, p := range x.people {
		if math.IsNaN(x.to[i]) || math.IsNaN(p.Trained) {
			continue
		}
		pre, post, trained, group = append(pre, x.from[i]), append(post, x.to[i]), append(trained, p.Trained), append(group, p.Group)
		d = append(d, x.to[i]-x.from[i])
		if arms[int(p.Trained)][p.Group] = true; p.Trained == 1 {
			r.Trained++
		} else {
			r.Waiting++
		}
	}
	r.WGroups, r.TGroups = len(arms[0]), len(arms[1])
	switch {
	case r.Trained == 0 || r.Waiting == 0:
		r.Why = NoneTrained
		return r
	case r.WGroups+r.TGroups < fewestGroups || r.WGroups < 2 || r.TGroups < 2:
		r.Why = FewGroups
		r.Main, r.DiD, r.ANCOVA, r.Model, r.Size = cannot(FewGroups), cannot(FewGroups), cannot(FewGroups), cannot(FewGroups), cannot(FewGroups)
		return r
	}
	r.DiD = regression(d, trained, nil, group)
	r.ANCOVA = regression(post, trained, pre, group)
	r.Model = e.constrained(outcome)
	r.PPermute, r.Orders = e.permute(d, trained, group)
	r.sizes(pre, trained)
	if r.Main = r.DiD; r.ByANCOVA {
		r.Main = r.ANCOVA
	}
	return r
}

// regression is the coefficient of being trained, with errors by groups.
func regression(y, trained, covariate []float64, group []string) Estimate {
	rows := make([][]float64, len(y))
	centre := 0.0
	if covariate != nil {
		centre = mean(covariate)
	}
	for i := range y {
		if rows[i] = []float64{1, trained[i]}; covariate != nil {
			rows[i] = append(rows[i], covariate[i]-centre)
		}
	}
	m, err := stats.RegressionCR2(y, rows, group, nil)
	if err != nil {
		return cannot(whyOf(err))
	}
	return Estimate{Number(m.Coefficients[1]), Number(m.SE[1]), Number(m.DF[1]), Number(m.CI[1].Low), Number(m.CI[1].High), Number(m.P[1]), Estimated}.finite()
}

// constrained is the longitudinal model in which both arms start from one mean: everybody with one measurement counts.
func (e *engine) constrained(outcome int) Estimate {
	var y []float64
	var x [][]float64
	var person, group, groupWave []string
	for _, p := range e.data.People {
		if math.IsNaN(p.Trained) {
			continue
		}
		for later, w := range []survey.Wave{e.plan.Primary.From, e.plan.Primary.To} {
			v := p.Scores[outcome][at(w)]
			if math.IsNaN(v) {
				continue
			}
			y, x = append(y, v), append(x, []float64{1, float64(later), float64(later) * p.Trained})
			person, group, groupWave = append(person, p.Code), append(group, p.Group), append(groupWave, p.Group+"\x00"+string(w))
		}
	}
	groupings := [][]string{group, person, groupWave}
	if e.independent {
		groupings = [][]string{person}
	}
	m, err := stats.MixedModel(y, x, groupings, [][]float64{{0, 0, 1}})
	if err != nil {
		return cannot(whyOf(err))
	}
	k := m.Contrasts[0].KR
	return Estimate{Number(m.Contrasts[0].Estimate), Number(k.SE), Number(k.DF), Number(k.CI.Low), Number(k.CI.High), Number(k.P), Estimated}.finite()
}

// allOrders is how many ways to give out the trainings are all tried; beyond, orders are drawn.
const allOrders = 20_000

// permute gives the trainings to other groups, all at a time, and asks how often the difference of the mean changes of groups
// comes out as large. With few groups it is the test that holds.
func (e *engine) permute(d, trained []float64, group []string) (Number, int) {
	var names []string
	sum, n, arm := map[string]float64{}, map[string]float64{}, map[string]float64{}
	for i, g := range group {
		if n[g] == 0 {
			names = append(names, g)
		}
		sum[g], n[g] = sum[g]+d[i], n[g]+1
		if trained[i] != arm[g] && n[g] > 1 {
			return None(), 0 // both arms within a group: groups cannot be exchanged
		}
		arm[g] = trained[i]
	}
	means, k := make([]float64, len(names)), 0
	labels := make([]bool, len(names))
	for i, g := range names {
		means[i] = sum[g] / n[g]
		if labels[i] = arm[g] == 1; labels[i] {
			k++
		}
	}
	observed := math.Abs(difference(means, labels))
	extreme, orders := 0, 0
	try := func(l []bool) {
		if orders++; math.Abs(difference(means, l)) >= observed*(1-1e-12) {
			extreme++
		}
	}
	if choose(len(names), k) <= allOrders {
		combinations(len(names), k, try)
		return Number(float64(extreme) / float64(orders)), orders
	}
	try(labels)
	for _, row := range stats.Permutations(len(names), e.plan.Methods.Replicates, e.plan.Methods.Seed) {
		l := make([]bool, len(names))
		for i, from := range row {
			l[i] = labels[from-1]
		}
		try(l)
	}
	return Number(float64(extreme) / float64(orders)), orders
}

func difference(means []float64, in []bool) float64 {
	var sum, n [2]float64
	for i, m := range means {
		k := int(one(in[i]))
		sum[k], n[k] = sum[k]+m, n[k]+1
	}
	return sum[1]/n[1] - sum[0]/n[0]
}

func choose(n, k int) float64 {
	c := 1.0
	for i := range k {
		c *= float64(n-i) / float64(i+1)
	}
	return math.Round(c)
}

// combinations visits every choice of k from n.
func combinations(n, k int, visit func([]bool)) {
	l := make([]bool, n)
	var next func(from, left int)
	next = func(from, left int) {
		if left == 0 {
			visit(slices.Clone(l))
			return
		}
		for i := from; i <= n-left; i++ {
			l[i] = true
			next(i+1, left-1)
			l[i] = false
		}
	}
	next(0, k)
}

// sizes puts the effect into standard deviations of the first measurement, and says how far the arms lay apart there.
func (r *Comparison) sizes(pre, trained []float64) {
	var arms [2][]float64
	for i, v := range pre {
		k := int(trained[i])
		arms[k] = append(arms[k], v)
	}
	r.Baseline = Number(stats.StandardizedDifference(arms[1], arms[0]))
	main := r.DiD
	if r.ByANCOVA {
		main = r.ANCOVA
	}
	if s := sd(pre); main.OK() && s > 0 {
		r.Size = Estimate{main.Value / Number(s), main.SE / Number(s), main.DF, main.Low / Number(s), main.High / Number(s), main.P, Estimated}
	}
}

// staggered turns people measured at different dates into a stepped wedge: the mean of each group in each period.
func (e *engine) staggered(outcome int) []Place {
	type key struct {
		group  string
		period int
	}
	sum, n, exposure := map[key]float64{}, map[key]float64{}, map[key]int{}
	var keys []key
	for _, s := range e.plan.Comparison.Schedule {
		for _, w := range e.nowWaves() {
			t, ok := s.Measured[w]
			if !ok {
				continue
			}
			k := key{s.Group, t}
			for _, p := range e.data.People {
				if v := p.Scores[outcome][at(w)]; p.Group == s.Group && !math.IsNaN(v) {
					if n[k] == 0 {
						keys = append(keys, k)
					}
					sum[k], n[k], exposure[k] = sum[k]+v, n[k]+1, t-s.Trained+1
				}
			}
		}
	}
	var all []Place
	for _, k := range keys {
		all = append(all, Place{k.group, k.period, exposure[k], sum[k] / n[k], n[k]})
	}
	return all
}

// allWedge is from how many places on the model's own interval holds; below, that by CR2 is printed.
const allWedge = 20

// wedge estimates the effect of trainings at different dates. What is printed is the average over the time since the training:
// one constant effect would be wrong wherever the effect grows or fades.
func (e *engine) wedge(o study.Outcome, places []Place) Wedge {
	no := cannot(FewGroups)
	w := Wedge{Outcome: o.ID, Rows: len(places), Effect: no, Check: no, NotYet: no, PPermute: None(), Between: None(), Cell: None(), Residual: None()}
	var rows []stats.WedgeRow
	names := map[string]bool{}
	for _, p := range places {
		rows = append(rows, stats.WedgeRow{Cluster: p.Name, Period: p.Period, Exposure: p.Exposure, Outcome: p.Value, Weight: p.Weight})
		names[p.Name] = true
		if !math.IsNaN(p.Value) {
			w.Cells = append(w.Cells, WedgeCell{p.Name, p.Period, p.Exposure > 0})
		}
	}
	if w.Places = len(names); w.Places < fewestGroups {
		w.Why = FewGroups
		return w
	}
	s, err := stats.SteppedWedge(rows)
	if w.Why = whyOf(err); err != nil {
		w.Effect, w.Check, w.NotYet = cannot(w.Why), cannot(w.Why), cannot(w.Why)
		return w
	}
	w.Rows, w.Places, w.Periods, w.Before, w.After = s.Rows, s.Clusters, s.Periods, s.Before, s.After
	w.Between, w.Cell, w.Residual = Number(s.Between), Number(s.Cell), Number(s.Residual)
	w.Effect, w.Check, w.By = byModel(s.Average), ofMean(s.Average.Robust), "kenward-roger"
	if w.Places < allWedge {
		w.Effect, w.Check, w.By = w.Check, w.Effect, "cr2"
	}
	for _, x := range s.ByExposure {
		t := WedgeTime{x.Exposure, x.Clusters, byModel(x.WedgeEffect)}
		if w.Places < allWedge {
			t.Estimate = ofMean(x.Robust)
		}
		w.ByTime = append(w.ByTime, t)
	}
	if g, err := stats.GroupTimeEffects(rows); err == nil {
		w.NotYet = Estimate{Number(g.All.Mean), Number(g.All.SE), Number(g.All.DF), Number(g.All.CI.Low), Number(g.All.CI.High), Number(g.All.P), Estimated}.finite()
	} else {
		w.NotYet = cannot(whyOf(err))
	}
	if p, err := e.work.WedgePermutation(rows, e.plan.Methods.Replicates, e.plan.Methods.Seed); err == nil {
		w.PPermute, w.Orders, w.Exact = Number(p.P), p.Orders, p.Exact
	}
	return w
}

func byModel(x stats.WedgeEffect) Estimate {
	k := x.Mixed.KR
	return Estimate{Number(x.Mixed.Estimate), Number(k.SE), Number(k.DF), Number(k.CI.Low), Number(k.CI.High), Number(k.P), Estimated}.finite()
}
