package demo

import (
	"context"
	"math"
	"math/rand/v2"
	"strconv"

	"strengthen/internal/survey"
	"strengthen/internal/training"
)

// model says how answers to one outcome come about. Everybody has a level of their own, the same at every wave, and a change
// of their own and of their group, which come after the training; to each answer chance adds its part. What is said is the
// sum, rounded to the steps of the item. In a test of knowledge the sum decides whether somebody knows: above zero they do,
// below they guess. Answers to the items of one outcome therefore hang together, as those of real people do.
type model struct {
	Mean      map[survey.Wave]float64 // of everybody, by wave
	Level     float64                 // standard deviation between people
	Own       float64                 // of the change between people
	Group     float64                 // of the change between trainings
	Chance    float64                 // of a single answer
	Items     float64                 // the easiest item lies so far above the mean, the hardest so far below
	Low, High float64
	Step      float64
}

// models are the truth that the report should recover, by outcome.
var models = map[string]model{
	"knowledge":   {Mean: map[survey.Wave]float64{survey.Pre: -.10, survey.Post: .80, survey.M6: .52}, Level: .95, Own: .35, Group: .12, Chance: 1, Items: .7},
	"confidence":  {Mean: map[survey.Wave]float64{survey.Pre: 47, survey.Post: 68, survey.RetroPre: 40, survey.M6: 61}, Level: 12, Own: 9, Group: 3, Chance: 20, Items: 6, High: 100, Step: 10},
	"cooperation": {Mean: map[survey.Wave]float64{survey.Pre: 1.30, survey.M6: 1.75}, Level: .55, Own: .35, Group: .12, Chance: .95, Items: .5, High: 4, Step: 1},
	"attitudes":   {Mean: map[survey.Wave]float64{survey.Pre: 3.65, survey.Post: 3.95, survey.M6: 3.85}, Level: .55, Own: .2, Group: .06, Chance: .8, Items: .2, Low: 1, High: 5, Step: 1},
}

// outcomeOf names the outcome that an instrument measures; forms of one outcome share a model.
var outcomeOf = map[string]string{
	"knowledge_a": "knowledge", "knowledge_b": "knowledge", "confidence": "confidence", "confidence_then": "confidence",
	"cooperation": "cooperation", "attitudes": "attitudes",
}

// Truth is the mean score of an outcome in a wave over everybody, not only over those who answer: what an endless number of
// people would score. It is computed from the model by the normal distribution and not from any answer.
func Truth(outcome string, w survey.Wave) float64 {
	for id, of := range outcomeOf {
		if of == outcome {
			return models[outcome].expected(w, len(survey.Instruments()[id].Items))
		}
	}
	return math.NaN()
}

func (m model) expected(w survey.Wave, items int) float64 {
	sd := math.Sqrt(m.Level*m.Level + m.Chance*m.Chance)
	if after(w) {
		sd = math.Sqrt(sd*sd + m.Own*m.Own + m.Group*m.Group)
	}
	sum := 0.0
	for i := range items {
		mean := m.Mean[w] + m.place(i, items)
		if m.Step == 0 {
			knows := below(mean / sd)
			sum += 100 * (knows + (1-knows)/4) // four options
			continue
		}
		for v := m.Low; v < m.High; v += m.Step { // the mean is the lowest value and a step for each border that is passed
			sum += m.Step * below((mean-v-m.Step/2)/sd)
		}
		sum += m.Low
	}
	return sum / float64(items)
}

// below is the standard normal distribution.
func below(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }

func after(w survey.Wave) bool { return w == survey.Post || w == survey.M6 }

// place is where an item lies around the mean: items are spread evenly.
func (m model) place(i, items int) float64 {
	return m.Items * (1 - 2*float64(i)/float64(items-1))
}

// latent is what is true of one person in one outcome, in standard deviations.
type latent struct{ level, own float64 }

// traits draws what is true of one person: levels have a part in common, which general is.
func traits(r *rand.Rand, general float64) map[string]latent {
	all := map[string]latent{}
	for _, o := range survey.Outcomes() {
		all[o.ID] = latent{level: .6*general + .8*r.NormFloat64(), own: r.NormFloat64()}
	}
	return all
}

func (w *World) fill(ctx context.Context, token string, wave survey.Wave, p *person, event training.EventID) error {
	v, err := w.Survey.Open(ctx, token)
	if err != nil {
		return quiet(err)
	}
	if v.Invitation.Done {
		return nil
	}
	all := map[survey.Wave]map[string]string{}
	for _, part := range v.Parts {
		if all[part.Wave] == nil {
			all[part.Wave] = map[string]string{}
		}
		for i, it := range part.Instrument.Items {
			if a := w.say(part, i, it, p, w.cohort[event]); a != "" {
				all[part.Wave][it.ID] = a
			}
		}
	}
	return quiet(w.Survey.Finish(ctx, token, "demo", all))
}

// say is one answer of one person.
func (w *World) say(part survey.Part, i int, it survey.Item, p *person, group float64) string {
	outcome := outcomeOf[part.Instrument.ID]
	switch {
	case part.Instrument.ID == "cooperation" && it.ID == ownSector[p.sector]:
		return "x"
	case outcome != "":
		return w.answer(models[outcome], part, i, it, p.traits[outcome], group)
	case it.Kind == "text" && part.Instrument.ID == "reaction":
		return w.remark(wishes)
	case it.Kind == "text":
		return w.remark(helps)
	case part.Instrument.ID == "reaction":
		return whole(4.3+.7*w.rnd.NormFloat64(), 1, 5, 1)
	case it.Kind == "number":
		return whole(1.2+1.5*w.rnd.ExpFloat64()*.8, 0, 20, 1)
	}
	return whole(1.6+.6*p.skill+.8*w.rnd.NormFloat64(), 0, 4, 1) // use in practice
}

func (w *World) answer(m model, part survey.Part, i int, it survey.Item, l latent, group float64) string {
	x := m.Mean[part.Wave] + m.place(i, len(part.Instrument.Items)) + m.Level*l.level + m.Chance*w.rnd.NormFloat64()
	if after(part.Wave) {
		x += m.Own*l.own + m.Group*group
	}
	switch {
	case m.Step > 0 && it.Reverse:
		return whole(m.Low+m.High-x, m.Low, m.High, m.Step)
	case m.Step > 0:
		return whole(x, m.Low, m.High, m.Step)
	case x > 0:
		return it.Key
	}
	return pick(w.rnd, it.Options).Code
}

// ownSector is the question about working with one's own sector, which does not apply.
var ownSector = map[string]string{"social": "co11", "police": "co12", "education": "co13", "health": "co14", "ngo": "co15", "municipality": "co17"}

// remark is what one person in eight writes.
func (w *World) remark(from []string) string {
	if w.rnd.Float64() > .12 {
		return ""
	}
	return pick(w.rnd, from)
}

// whole rounds x to a step between low and high.
func whole(x, low, high, step float64) string {
	x = low + step*math.Round((x-low)/step)
	return strconv.Itoa(int(math.Min(math.Max(x, low), high)))
}
