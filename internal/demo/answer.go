package demo

import (
	"context"
	"math"
	"strconv"

	"strengthen/internal/survey"
	"strengthen/internal/training"
)

// The true state of the invented people, by wave: chance of knowing an item, confidence, working together, attitude. The
// report should recover these differences. Groups differ a little from each other (Spread), as real ones do.
var (
	Knowledge   = map[survey.Wave]float64{survey.Pre: .48, survey.Post: .70, survey.M6: .63}
	Confidence  = map[survey.Wave]float64{survey.Pre: 47, survey.Post: 69, survey.RetroPre: 41, survey.M6: 62}
	Cooperation = map[survey.Wave]float64{survey.Pre: 1.25, survey.M6: 1.75}
	Attitude    = map[survey.Wave]float64{survey.Pre: 3.7, survey.Post: 4.0, survey.M6: 3.9}
)

func (w *World) fill(ctx context.Context, token string, wave survey.Wave, p *person, event training.EventID) error {
	v, err := w.Survey.Open(ctx, token)
	if err != nil {
		return quiet(err)
	}
	if v.Invitation.Done {
		return nil
	}
	all := map[survey.Wave]map[string]string{}
	group := w.cohort[event]
	for _, part := range v.Parts {
		if all[part.Wave] == nil {
			all[part.Wave] = map[string]string{}
		}
		for _, it := range part.Instrument.Items {
			if a := w.say(part, it, p, group); a != "" {
				all[part.Wave][it.ID] = a
			}
		}
	}
	return quiet(w.Survey.Finish(ctx, token, "demo", all))
}

// say is one answer of one person.
func (w *World) say(part survey.Part, it survey.Item, p *person, group float64) string {
	later := 0.0
	if part.Wave == survey.Post || part.Wave == survey.M6 {
		later = group * .03 // groups learn a little differently
	}
	switch part.Instrument.ID {
	case "knowledge_a", "knowledge_b":
		if w.rnd.Float64() < clamp(Knowledge[part.Wave]+.10*p.skill+later, .05, .97) {
			return it.Key
		}
		return pick(w.rnd, it.Options).Code
	case "confidence", "confidence_then":
		x := Confidence[part.Wave] + 13*p.skill + 100*later + 14*w.rnd.NormFloat64()
		return strconv.Itoa(int(math.Round(clamp(x, 0, 100)/10)) * 10)
	case "cooperation":
		if w.rnd.Float64() < .1 {
			return "x"
		}
		return whole(Cooperation[part.Wave]+.5*p.skill+5*later+w.rnd.NormFloat64(), 0, 4)
	case "attitudes":
		x := Attitude[part.Wave] + .35*p.skill + .7*w.rnd.NormFloat64()
		if it.Reverse {
			x = 6 - x
		}
		return whole(x, 1, 5)
	case "reaction":
		if it.Kind == "text" {
			return w.remark(wishes)
		}
		return whole(4.3+.7*w.rnd.NormFloat64(), 1, 5)
	case "practice":
		switch it.Kind {
		case "number":
			return whole(1.2+1.5*w.rnd.ExpFloat64()*.8, 0, 20)
		case "text":
			return w.remark(helps)
		}
		return whole(1.6+.4*p.skill+w.rnd.NormFloat64(), 0, 4)
	}
	return ""
}

// remark is what one person in eight writes.
func (w *World) remark(from []string) string {
	if w.rnd.Float64() > .12 {
		return ""
	}
	return pick(w.rnd, from)
}

func clamp(x, low, high float64) float64 { return math.Min(math.Max(x, low), high) }

func whole(x, low, high float64) string { return strconv.Itoa(int(math.Round(clamp(x, low, high)))) }
