package analysis

import (
	"maps"
	"math"
	"slices"

	"strengthen/internal/stats"
	"strengthen/internal/study"
)

// split is people told apart: the names in their order, and who is in each.
type split struct {
	names []string
	of    map[string][]Person
}

// parts splits the people by what tells them apart. People of no known group are one of their own.
func (e *engine) parts(b study.By) ([]string, map[string][]Person) {
	x, ok := e.split[b]
	if !ok {
		x.of = map[string][]Person{}
		for _, p := range e.data.People {
			x.of[p.by(b)] = append(x.of[p.by(b)], p)
		}
		x.names = slices.Sorted(maps.Keys(x.of))
		e.split[b] = x
	}
	return x.names, x.of
}

// describe adds to a change how it was in each part of the people.
func (e *engine) describe(r *Change, outcome int) {
	for _, b := range e.plan.Groups {
		names, of := e.parts(b)
		if len(names) < 2 {
			continue
		}
		var all []Part
		for _, name := range names {
			all = append(all, e.part(name, of[name], outcome, study.Contrast{From: r.From, To: r.To}))
		}
		r.By[string(b)] = all
	}
}

// part is the change of some people. Its interval needs four groups, or four people where people are independent.
func (e *engine) part(name string, people []Person, outcome int, c study.Contrast) Part {
	a, b, g := pairsOf(people, outcome, c).complete()
	p := Part{Name: name, N: len(a), MeanFrom: None(), MeanTo: None(), Change: cannot(FewPeople)}
	if len(a) == 0 {
		return p
	}
	p.MeanFrom, p.MeanTo = Number(mean(a)), Number(mean(b))
	p.Change = only(float64(p.MeanTo-p.MeanFrom), FewPeople)
	if len(a) > 1 {
		p.Change, _ = e.inference(a, b, g)
	}
	return p
}

// shrink draws the parts that may be told towards their mean. Where every part holds several groups its own error is that by
// CR2; where a part is one group, as an oblast with one training, people within it are taken as independent.
func (e *engine) shrink(r *Change, outcome int, b study.By, told map[string]bool) Shrunk {
	_, of := e.parts(b)
	var names, each []string
	var values, own, variances []float64
	n := map[string]int{}
	several := true
	for _, name := range slices.Sorted(maps.Keys(of)) {
		if !told[name] || name == "" {
			continue
		}
		x, y, g := pairsOf(of[name], outcome, study.Contrast{From: r.From, To: r.To}).complete()
		d := differences(x, y)
		n[name] = len(d)
		names, values = append(names, name), append(values, d...)
		for range d {
			each = append(each, name)
		}
		m, err := stats.MeanCR2(d, g, nil)
		several = several && err == nil && count(g) >= fewestGroups && m.SE > 0
		own, variances = append(own, m.Mean), append(variances, m.SE*m.SE)
	}
	var s stats.Shrinkage
	var err error
	if several {
		s, err = stats.Shrink(names, own, variances)
	} else {
		s, err = stats.ShrinkGroups(values, each)
	}
	if err != nil {
		return Shrunk{Why: whyOf(err), Mean: None(), SD: None()}
	}
	out := Shrunk{Mean: Number(s.Mean), SD: Number(math.Sqrt(s.Between))}
	for _, x := range s.Groups {
		out.Groups = append(out.Groups, ShrunkOne{
			Name: x.Group, N: n[x.Group], Own: Number(x.Own), By: Number(x.Factor),
			Drawn: Estimate{Number(x.Estimate), Number(x.SE), None(), Number(x.CI.Low), Number(x.CI.High), None(), Estimated},
		})
	}
	return out
}

// differ is the planned test whether parts changed differently: a regression of the change on the parts, each compared with the
// largest, errors by groups, p adjusted by Holm.
func (e *engine) differ(r *Change, outcome int, b study.By, told map[string]bool) *Differ {
	x := pairsOf(e.data.People, outcome, study.Contrast{From: r.From, To: r.To})
	n := map[string]int{}
	for i, p := range x.people {
		if !math.IsNaN(x.to[i]) && told[p.by(b)] {
			n[p.by(b)]++
		}
	}
	names := slices.SortedFunc(maps.Keys(n), func(a, c string) int {
		if n[a] != n[c] {
			return n[c] - n[a]
		}
		return compare(a, c)
	})
	out := &Differ{By: string(b), P: None(), Why: FewPeople}
	if len(names) < 2 {
		return out
	}
	out.Than = names[0]
	var y []float64
	var design [][]float64
	var group []string
	for i, p := range x.people {
		if math.IsNaN(x.to[i]) || n[p.by(b)] == 0 {
			continue
		}
		row := []float64{1}
		for _, name := range names[1:] {
			row = append(row, one(p.by(b) == name))
		}
		y, design, group = append(y, x.to[i]-x.from[i]), append(design, row), append(group, x.group[i])
	}
	if count(group) < fewestGroups {
		out.Why = FewGroups
		return out
	}
	m, err := stats.RegressionCR2(y, design, group, nil)
	if out.Why = whyOf(err); err != nil {
		return out
	}
	for _, p := range stats.Holm(m.P[1:]) {
		if !math.IsNaN(p) && !(float64(out.P) < p) {
			out.P = Number(p)
		}
	}
	if !out.P.OK() {
		out.Why = NoSpread
	}
	return out
}

// course follows everybody, and each sector, over the waves.
func (e *engine) course(outcome int) []Course {
	o := e.plan.Outcomes[outcome]
	all := []Course{e.courseOf(o, outcome, e.data.People)}
	for _, b := range e.plan.Groups {
		if b == study.Region {
			continue // 28 small panels would say nothing
		}
		names, of := e.parts(b)
		for _, name := range names {
			if len(names) < 2 {
				break
			}
			c := e.courseOf(o, outcome, of[name])
			c.By, c.Name = string(b), name
			all = append(all, c)
		}
	}
	return all
}

func (e *engine) courseOf(o study.Outcome, outcome int, people []Person) Course {
	c := Course{Outcome: o.ID}
	for _, w := range e.nowWaves() {
		p := WavePoint{Wave: w, Mean: None(), CI: Span{None(), None()}, Ceiling: None()}
		var values []float64
		var groups []string
		top := 0
		for _, x := range people {
			if v := x.Scores[outcome][at(w)]; !math.IsNaN(v) {
				values, groups = append(values, v), append(groups, x.Group)
				if o.Bounded() && v == o.High {
					top++
				}
			}
		}
		if p.N = len(values); p.N > 0 {
			p.Mean = Number(mean(values))
			if o.Bounded() {
				p.Ceiling = Number(float64(top) / float64(p.N))
			}
			if m, err := stats.MeanCR2(values, groups, nil); err == nil && m.Clusters >= fewestGroups {
				p.CI = span(m.CI)
			}
		}
		c.Points = append(c.Points, p)
	}
	return c
}
