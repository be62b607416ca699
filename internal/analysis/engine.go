package analysis

import (
	"context"
	"encoding/json"
	"math"
	"slices"

	"strengthen/internal/stats"
	"strengthen/internal/study"
	"strengthen/internal/survey"
)

// engine is one analysis under way.
type engine struct {
	plan        study.Plan
	data        Data
	independent bool
	work        stats.Work
	say         func(done, all int)
	done, all   int
	scales      map[string]Scale
	models      []Model
	drawn       map[int][][]int   // resamples by number of groups
	patterns    map[int][]pattern // by outcome
	split       map[study.By]split
}

// Analyse computes everything that a plan asks of its data, and for each deviation the primary contrast by the plan as changed.
// Small cells are hidden. A stopped context ends it with its error. A fault says what is wrong with the data.
func Analyse(ctx context.Context, r study.Record, source Source, o Options) (Result, error) {
	data, err := source(r.Plan)
	if err != nil {
		return Result{}, err
	}
	e := newEngine(ctx, r.Plan, data, o.Progress)
	e.all += len(r.Deviations) * (1 + len(r.Outcomes))
	out := Result{Record: r, Hash: r.Hash(), Data: data.Fingerprint(), People: len(data.People), Independent: e.independent}
	if err := e.run(&out); err != nil {
		return Result{}, err
	}
	for _, d := range r.Deviations {
		data, err := source(d.Plan)
		if err != nil {
			return Result{}, err
		}
		by := newEngine(ctx, d.Plan, data, nil)
		x := Deviation{On: d.On, Reason: d.Reason, Hash: d.Plan.Hash(), Fields: changed(r.Plan, d.Plan)}
		if x.Changes, err = by.primaries(); err != nil {
			return Result{}, err
		}
		out.Deviations = append(out.Deviations, x)
		if err := e.step(1 + len(r.Outcomes)); err != nil {
			return Result{}, err
		}
	}
	e.protect(&out, o)
	return out, nil
}

func newEngine(ctx context.Context, p study.Plan, d Data, say func(done, all int)) *engine {
	e := &engine{plan: p, data: d, say: say, scales: map[string]Scale{}, drawn: map[int][][]int{}, patterns: map[int][]pattern{}, split: map[study.By]split{}, work: stats.Work{Context: ctx}}
	groups := map[string]bool{}
	for _, x := range d.People {
		groups[x.Group] = true
	}
	e.independent = len(groups) > 1 && len(groups) == len(d.People)
	e.all = 4 + len(p.Outcomes)*(4+len(p.Contrasts()))
	return e
}

// step notes that something was done, and reports whether to go on.
func (e *engine) step(n int) error {
	e.done += n
	if e.say != nil {
		e.say(min(e.done, e.all), e.all)
	}
	return e.work.Context.Err()
}

func (e *engine) run(r *Result) error {
	switch e.plan.Kind {
	case study.Wedge:
		r.Wedges = []Wedge{e.wedge(e.plan.Outcomes[0], e.data.Places)}
		r.Groups = r.Wedges[0].Places
		return e.step(e.all)
	case study.Network:
		r.Network = e.network()
		return e.step(e.all)
	}
	r.GroupOrder = e.groupOrder()
	r.Groups = len(r.GroupOrder)
	r.Flow = e.flow()
	if err := e.outcomes(r); err != nil {
		return err
	}
	if r.Described = e.described(); e.plan.Partners != nil {
		r.Partners = e.partners()
	}
	return e.step(4)
}

func (e *engine) outcomes(r *Result) error {
	for i := range e.plan.Outcomes {
		if s, ok := e.scale(i); ok {
			r.Reliability = append(r.Reliability, s)
			e.scales[s.Outcome] = s
		}
		m := e.model(i)
		e.models = append(e.models, m)
		if err := e.step(2); err != nil {
			return err
		}
		if err := e.changes(r, i); err != nil {
			return err
		}
		r.Courses = append(r.Courses, e.course(i)...)
		if o := e.plan.Outcomes[i]; o.Scale == study.Item || o.Scale == study.Binary {
			r.Items = append(r.Items, e.item(i))
		}
		if e.plan.Has(survey.RetroPre) && e.plan.Has(survey.Pre) && e.plan.Has(survey.Post) && e.hasThen(i) {
			r.Shifts = append(r.Shifts, e.shift(i))
		}
		switch e.plan.Comparison.Design {
		case study.WaitList:
			r.Compared = append(r.Compared, e.compare(i))
		case study.Staggered:
			r.Wedges = append(r.Wedges, e.wedge(e.plan.Outcomes[i], e.staggered(i)))
		}
		if err := e.step(2); err != nil {
			return err
		}
	}
	r.Models = e.models
	adjust(r.Changes, e.plan.Family)
	return nil
}

// changes computes the contrasts of an outcome for which anybody has a first measurement.
func (e *engine) changes(r *Result, outcome int) error {
	for _, c := range e.plan.Contrasts() {
		x := e.change(outcome, c)
		if x.N > 0 || x.Main && x.Measured+x.Open > 0 {
			if x.Main || !slices.ContainsFunc(r.Changes, func(y Change) bool { return y.Outcome == x.Outcome && y.Main && y.N > 0 }) {
				e.describe(&x, outcome)
			}
			r.Changes = append(r.Changes, x)
		}
		if err := e.step(1); err != nil {
			return err
		}
	}
	return nil
}

// primaries computes the primary contrast of every outcome, for a deviation.
func (e *engine) primaries() ([]Change, error) {
	var all []Change
	for i := range e.plan.Outcomes {
		if s, ok := e.scale(i); ok {
			e.scales[s.Outcome] = s
		}
		if e.plan.Methods.Headline == study.Mixed {
			e.models = append(e.models, e.model(i))
		}
		all = append(all, e.change(i, e.plan.Primary))
		if err := e.work.Context.Err(); err != nil {
			return nil, err
		}
	}
	adjust(all, e.plan.Family)
	return all, nil
}

func (e *engine) hasThen(outcome int) bool {
	return slices.ContainsFunc(e.data.People, func(p Person) bool { return !math.IsNaN(p.Scores[outcome][at(survey.RetroPre)]) })
}

// groupOrder is the order of groups in which resamples number them: that of the codes of their people.
func (e *engine) groupOrder() []string {
	var all []string
	seen := map[string]bool{}
	for _, p := range e.data.People {
		if !seen[p.Group] {
			seen[p.Group] = true
			all = append(all, p.Group)
		}
	}
	return all
}

// resamples draws the rows of a bootstrap over so many groups, once.
func (e *engine) resamples(groups int) [][]int {
	if e.drawn[groups] == nil {
		e.drawn[groups] = stats.Resamples(groups, e.plan.Methods.Replicates, e.plan.Methods.Seed)
	}
	return e.drawn[groups]
}

// flow counts how people stand, wave by wave.
func (e *engine) flow() []WaveFlow {
	var all []WaveFlow
	for _, w := range e.nowWaves() {
		f := WaveFlow{Wave: w, By: map[string]Rows{}}
		for _, p := range e.data.People {
			f.All.add(p.Standing[at(w)])
		}
		if f.All.Answered+f.All.Open+f.All.Lost == 0 {
			continue
		}
		for _, b := range e.plan.Groups {
			names, of := e.parts(b)
			if len(names) < 2 {
				continue
			}
			for _, name := range names {
				row := TallyRow{Name: name}
				for _, p := range of[name] {
					row.add(p.Standing[at(w)])
				}
				f.By[string(b)] = append(f.By[string(b)], row)
			}
		}
		all = append(all, f)
	}
	return all
}

func (t *Tally) add(s survey.Standing) {
	switch {
	case s == survey.Answered:
		t.Answered++
	case s == survey.Open:
		t.Open++
	case s.Lost():
		t.Lost++
	case s != "":
		t.NotAsked++
	}
}

// adjust gives every change the p of its family: the primary outcomes over the primary contrast, and all others.
func adjust(all []Change, f study.Family) {
	for role, by := range map[study.Role]study.Adjustment{study.PrimaryRole: f.Primary, study.SecondaryRole: f.Secondary} {
		var at []int
		var p []float64
		for i, c := range all {
			if c.Family == role && c.Headline.P.OK() {
				at, p = append(at, i), append(p, float64(c.Headline.P))
			}
		}
		for i, v := range adjustment(by)(p) {
			all[at[i]].PFamily = Number(v)
		}
	}
}

func adjustment(a study.Adjustment) func([]float64) []float64 {
	switch a {
	case study.Holm:
		return stats.Holm
	case study.Hochberg:
		return stats.Hochberg
	case study.BH:
		return stats.BenjaminiHochberg
	case study.BY:
		return stats.BenjaminiYekutieli
	}
	return func(p []float64) []float64 { return p }
}

// changed lists the parts of a plan that differ between two.
func changed(a, b study.Plan) []string {
	parts := func(p study.Plan) map[string]json.RawMessage {
		raw, err := json.Marshal(p)
		if err != nil {
			panic(err) // plain values only
		}
		m := map[string]json.RawMessage{}
		if err := json.Unmarshal(raw, &m); err != nil {
			panic(err)
		}
		return m
	}
	x, y := parts(a), parts(b)
	var all []string
	for k := range y {
		if string(x[k]) != string(y[k]) {
			all = append(all, k)
		}
	}
	for k := range x {
		if _, ok := y[k]; !ok {
			all = append(all, k)
		}
	}
	slices.Sort(all)
	return all
}
