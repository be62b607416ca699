package analysis

import (
	"math"

	"strengthen/internal/stats"
	"strengthen/internal/study"
	"strengthen/internal/survey"
)

// nowWaves are the waves of the plan in which people say how they are now.
func (e *engine) nowWaves() []survey.Wave {
	var all []survey.Wave
	for _, w := range []survey.Wave{survey.Pre, survey.Post, survey.M6} {
		if e.plan.Has(w) {
			all = append(all, w)
		}
	}
	return all
}

// model fits all waves at once: a level for each wave, and intercepts of the person, of the group, and of the group in the wave.
// It uses everybody with at least one measurement.
func (e *engine) model(outcome int) Model {
	o, waves := e.plan.Outcomes[outcome], e.nowWaves()
	m := Model{Outcome: o.ID, Person: None(), Group: None(), GroupWave: None(), Residual: None()}
	var y []float64
	var x [][]float64
	var person, group, groupWave []string
	people, groups := map[string]bool{}, map[string]bool{}
	seen := make([]int, len(waves))
	for _, p := range e.data.People {
		for k, w := range waves {
			v := p.Scores[outcome][at(w)]
			if math.IsNaN(v) {
				continue
			}
			row := make([]float64, len(waves))
			row[0] = 1
			if k > 0 {
				row[k] = 1
			}
			y, x = append(y, v), append(x, row)
			person, group, groupWave = append(person, p.Code), append(group, p.Group), append(groupWave, p.Group+"\x00"+string(w))
			people[p.Code], groups[p.Group] = true, true
			seen[k]++
		}
	}
	m.N, m.People, m.Groups = len(y), len(people), len(groups)
	for _, n := range seen {
		if n < 2 {
			m.Why = FewPeople
			return m
		}
	}
	grouping := [][]string{group, person, groupWave}
	if e.independent {
		grouping = [][]string{person}
	} else if m.Groups < fewestGroups {
		m.Why = FewGroups
		return m
	}
	e.fit(&m, y, x, grouping, waves)
	return m
}

func (e *engine) fit(m *Model, y []float64, x [][]float64, grouping [][]string, waves []survey.Wave) {
	var contrasts [][]float64
	var which []study.Contrast
	for i := range waves {
		for j := i + 1; j < len(waves); j++ {
			c := make([]float64, len(waves))
			c[j] = 1
			if i > 0 {
				c[i] = -1
			}
			contrasts, which = append(contrasts, c), append(which, study.Contrast{From: waves[i], To: waves[j]})
		}
	}
	fit, err := stats.MixedModel(y, x, grouping, contrasts)
	if m.Why = whyOf(err); err != nil {
		return
	}
	m.Residual = Number(fit.Residual)
	if e.independent {
		m.Person = Number(fit.Variances[0])
	} else {
		m.Group, m.Person, m.GroupWave = Number(fit.Variances[0]), Number(fit.Variances[1]), Number(fit.Variances[2])
		m.Boundary = fit.Variances[2] == 0
	}
	for i, c := range fit.Contrasts {
		k := c.KR
		m.Contrasts = append(m.Contrasts, ModelChange{which[i].From, which[i].To,
			Estimate{Number(c.Estimate), Number(k.SE), Number(k.DF), Number(k.CI.Low), Number(k.CI.High), Number(k.P), Estimated}.finite()})
	}
}

// shift asks whether people measure themselves by another standard afterwards: with everybody who gave all three.
func (e *engine) shift(outcome int) Shift {
	s := Shift{Outcome: e.plan.Outcomes[outcome].ID, Real: cannot(FewPeople), Then: cannot(FewPeople), Recalib: cannot(FewPeople)}
	var pre, then, post []float64
	var g []string
	for _, p := range e.data.People {
		v := p.Scores[outcome]
		if a, b, c := v[at(survey.Pre)], v[at(survey.RetroPre)], v[at(survey.Post)]; !math.IsNaN(a + b + c) {
			pre, then, post, g = append(pre, a), append(then, b), append(post, c), append(g, p.Group)
		}
	}
	if s.N = len(pre); s.N < 2 {
		s.Why = FewPeople
		return s
	}
	s.Real, _ = e.inference(pre, post, g)
	s.Then, _ = e.inference(then, post, g)
	s.Recalib, _ = e.inference(pre, then, g)
	return s
}
