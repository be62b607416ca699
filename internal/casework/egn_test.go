package casework_test

import (
	"testing"
	"time"

	"strengthen/internal/calendar"
	"strengthen/internal/casework"
	"strengthen/internal/sealed"
)

// No free text of casework takes a personal number, whether or not the house keeps identities; only the part of the identity does.
func TestNoTextTakesAPersonalNumber(t *testing.T) {
	each(t, func(w *world) {
		ctx, worker, text := w.Context(), w.person["worker"], sealed.Text("Детето е с ЕГН 1545120008 и живее с баба си.")
		c := w.team()
		r := w.ask(c)
		meeting := w.call(c, time.Hour)
		w.clock.Move(time.Hour)
		w.must(w.s.Hold(ctx, worker, c.ID, meeting, w.clock.Now(), w.came()))
		plan, err := w.s.DraftPlan(ctx, worker, w.key(), c.ID)
		w.must(err)
		refuse := func() {
			w.Helper()
			said := violence()
			said.Words.Narrative = text
			_, err := w.s.Give(ctx, worker, w.key(), said)
			w.at("narrative", err, "a signal")
			_, err = w.s.AddNote(ctx, worker, w.key(), casework.Note{Case: c.ID, Part: casework.Core, Nature: casework.Fact, Source: "посещение", Text: text})
			w.at("text", err, "a note")
			_, err = w.s.AddNote(ctx, worker, w.key(), casework.Note{Case: c.ID, Part: casework.Core, Nature: casework.Fact, Source: text, Text: "Детето е спокойно."})
			w.at("source", err, "who says so")
			w.at("text", w.s.Send(ctx, worker, w.key(), c.ID, casework.Request{To: w.agency["school"], Kind: "information", Text: text, Due: calendar.On(w.clock.Now()).AddDays(3)}), "a request")
			w.at("text", w.step("teacher", r.ID, casework.Accept, string(text)), "a step of a request")
			x := task(w, meeting)
			x.Text = text
			w.at("text", w.s.AddTask(ctx, worker, w.key(), c.ID, x), "a task")
			w.at("risk", w.s.WriteMinutes(ctx, worker, c.ID, meeting, casework.Form{}, casework.Form{"risk": text}), "the minutes")
			w.at("text", w.s.Decide(ctx, worker, w.key(), c.ID, meeting, text), "a decision")
			w.at("text", w.s.Bring(ctx, worker, w.key(), c.ID, meeting, casework.Item{Kind: casework.BringsFact, Part: casework.Core, Source: "докладна", Text: text}), "what is brought")
			w.at("text", w.s.CaseHappened(ctx, worker, c.ID, "court.asked", w.clock.Now(), text), "an event")
			w.at("why", w.s.ReferRestorative(ctx, worker, w.key(), c.ID, "conference", text), "a restorative process")
			w.at("long_term", w.s.WritePlan(ctx, worker, c.ID, plan, casework.PlanEdit{Saw: casework.Form{}, Mine: casework.Form{"long_term": text}}), "the plan")
		}
		refuse()
		w.named()
		refuse()
		_, err = w.s.AddNote(ctx, worker, w.key(), casework.Note{Case: c.ID, Part: casework.Identity, Nature: casework.Fact, Source: "лична карта", Text: text})
		w.must(err)
	})
}
