package analysis

import (
	"math"
	"slices"
	"strconv"

	"strengthen/internal/stats"
	"strengthen/internal/study"
	"strengthen/internal/survey"
)

// scale is the reliability of an outcome at the first wave of the primary contrast.
func (e *engine) scale(outcome int) (Scale, bool) {
	o, w := e.plan.Outcomes[outcome], e.plan.Primary.From
	s := Scale{Outcome: o.ID, Wave: w, Alpha: None(), AlphaCI: Span{None(), None()}, Omega: None(), KR20: None(), SEM: None(), Floor: None(), Ceiling: None()}
	if o.Scale == study.Item || o.Scale == study.Binary {
		return s, false
	}
	var rows [][]float64
	for _, p := range e.data.People {
		if x := p.Items[outcome][at(w)]; len(x) > 0 {
			rows = append(rows, x)
			s.Items = max(s.Items, len(x))
		}
	}
	e.ends(&s, o, outcome, w)
	if len(rows) == 0 || o.Index {
		return s, false
	}
	if s.Items == 1 {
		s.N, s.Why = len(rows), OneItem
		return s, true
	}
	x, err := stats.ScaleReliability(rows)
	if s.Why = whyOf(err); err != nil {
		return s, true
	}
	s.N, s.Items, s.Alpha, s.AlphaCI, s.Omega = x.N, x.Items, Number(x.Alpha), span(x.AlphaCI), Number(x.Omega)
	unit := 1 / float64(x.Items) // the score is the mean of the items
	if o.Scale == study.Test {
		unit *= o.High - o.Low
	}
	s.SEM = Number(x.SEM * unit)
	for i := range x.ItemMean {
		s.Question = append(s.Question, Question{Number(x.ItemMean[i]), Number(x.ItemRestR[i]), None(), None()})
		if x.AlphaIfDeleted != nil {
			s.Question[i].AlphaWithout = Number(x.AlphaIfDeleted[i])
		}
	}
	if o.Scale != study.Test {
		return s, true
	}
	if a, err := stats.AnalyseItems(rows); err == nil {
		s.KR20 = Number(a.KR20)
		for i := range s.Question {
			s.Question[i].Discrimination = Number(a.Discrimination[i])
		}
	}
	return s, true
}

// ends says how many stood at the ends of the scale before.
func (e *engine) ends(s *Scale, o study.Outcome, outcome int, w survey.Wave) {
	n, low, high := 0, 0, 0
	for _, p := range e.data.People {
		v := p.Scores[outcome][at(w)]
		if math.IsNaN(v) {
			continue
		}
		n++
		if v == o.Low {
			low++
		}
		if v == o.High {
			high++
		}
	}
	if n > 0 && o.Bounded() {
		s.Floor, s.Ceiling = Number(float64(low)/float64(n)), Number(float64(high)/float64(n))
	}
}

// item is how often each answer was given to one question, wave by wave.
func (e *engine) item(outcome int) Item {
	o := e.plan.Outcomes[outcome]
	x := Item{ID: o.ID, Title: o.Title}
	for v := o.Low; v <= o.High; v++ {
		s := strconv.Itoa(int(v))
		text := survey.Text{BG: s, EN: s}
		if o.Scale == study.Binary {
			text = map[string]survey.Text{"0": {BG: "не", EN: "no"}, "1": {BG: "да", EN: "yes"}}[s]
		}
		if t, ok := e.plan.Labels[study.By(o.ID)][s]; ok {
			text = t
		}
		x.Levels = append(x.Levels, text)
	}
	for _, w := range e.nowWaves() {
		c := ItemWave{Wave: w, Counts: make([]int, len(x.Levels)), Top: None()}
		for _, p := range e.data.People {
			if v := p.Scores[outcome][at(w)]; !math.IsNaN(v) {
				if k := int(v - o.Low); k >= 0 && k < len(c.Counts) {
					c.Counts[k]++
					c.N++
				}
			}
		}
		if n := len(c.Counts); c.N > 0 && n > 2 {
			c.Top = Number(float64(c.Counts[n-1]+c.Counts[n-2]) / float64(c.N))
		}
		x.Waves = append(x.Waves, c)
	}
	return x
}

// described are the ratings and the use in practice, as the questionnaires count them.
func (e *engine) described() []Item {
	var all []Item
	for _, d := range e.data.Described {
		for _, q := range d.Items {
			x := Item{ID: q.Item.ID, Title: q.Item.Text, Part: d.Instrument.ID}
			c := ItemWave{Wave: d.Wave, N: q.N, Hidden: q.Hidden, Top: None()}
			if q.Rated {
				c.Top = Number(q.Top)
			}
			for _, s := range q.Shares {
				x.Levels, c.Counts = append(x.Levels, s.Text), append(c.Counts, s.N)
			}
			x.Waves = []ItemWave{c}
			all = append(all, x)
		}
	}
	return slices.Clip(all)
}
