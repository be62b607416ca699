package casework_test

import (
	"testing"

	"strengthen/internal/calendar"
	"strengthen/internal/casework"
	"strengthen/internal/sealed"
)

// of opens a case of a child of an age band, with a team.
func (w *world) of(band string) casework.Case {
	w.Helper()
	said := violence()
	said.Band = band
	c := w.openedAs(said)
	w.must(w.s.Invite(w.Context(), w.person["worker"], w.key(), c.ID, casework.Seat{Agency: w.agency["school"], Person: w.person["teacher"].Person, Function: "teacher"}, 90))
	w.must(w.s.Step(w.Context(), w.person["worker"], c.ID, w.cas(c.ID).Version, casework.Assess, ""))
	return w.cas(c.ID)
}

// From ten a child agrees to its own words being shared, beside whoever represents it; from fourteen it agrees itself to everything.
func TestFromTenAChildAgreesToItsOwnWords(t *testing.T) {
	each(t, func(w *world) {
		ctx, lead := w.Context(), w.person["worker"]
		voice, school := []casework.Compartment{casework.Voice}, []casework.Compartment{casework.School}
		for band, want := range map[string][3]string{"7-9": {"capacity", "capacity", "capacity"}, "unknown": {"capacity", "capacity", "capacity"}, "10-13": {"", "parts", "parts"}, "14-17": {"", "", ""}} {
			c := w.of(band)
			for i, parts := range [][]casework.Compartment{voice, school, {casework.Voice, casework.School}} {
				err := w.s.RecordConsent(ctx, lead, w.key(), c.ID, casework.Consent{Capacity: "child", How: "oral", Parts: parts})
				if want[i] == "" {
					w.must(err)
					continue
				}
				w.at(want[i], err, band+" agrees to "+string(parts[0]))
			}
		}
		c := w.of("10-13")
		share := casework.Share{Agency: w.agency["hospital"], Parts: voice, Purpose: "service", Ground: "consent"}
		agree := func(who string) {
			w.Helper()
			w.must(w.s.RecordConsent(ctx, lead, w.key(), c.ID, casework.Consent{Capacity: who, How: "oral", Parts: voice}))
		}
		agree("mother")
		if err := w.s.GiveShare(ctx, lead, w.key(), c.ID, share, 30); err == nil {
			t.Error("the words of a child of ten are shared without its agreement")
		}
		agree("child")
		w.must(w.s.GiveShare(ctx, lead, w.key(), c.ID, share, 30))
	})
}

// Adopting a plan for a child of ten or more asks how the child was heard: when, by whom and how, or why not.
func TestAPlanSaysHowTheChildWasHeard(t *testing.T) {
	each(t, func(w *world) {
		ctx, lead := w.Context(), w.person["worker"]
		today := calendar.On(w.clock.Now())
		for band, must := range map[string]bool{"7-9": false, "10-13": true, "14-17": true} {
			c := w.of(band)
			p := w.drafted(c)
			write := func(mine casework.Form) error {
				old := w.plan(c.ID, p.ID)
				return w.s.WritePlan(ctx, lead, c.ID, p.ID, casework.PlanEdit{Saw: old.Texts, Mine: mine, Parents: true, Child: true, Review: old.Review})
			}
			with := func(more casework.Form) casework.Form {
				all := casework.Form{}
				for k, v := range p.Texts {
					all[k] = v
				}
				for k, v := range more {
					all[k] = v
				}
				return all
			}
			adopt := func() error { return w.s.AdoptPlan(ctx, lead, c.ID, p.ID, w.plan(c.ID, p.ID).Version) }
			if !must {
				w.must(adopt())
				continue
			}
			w.at("not_heard", adopt(), band+" was not heard")
			w.at("heard_on", write(with(casework.Form{"heard_on": sealed.Text(today.AddDays(1).String())})), "heard on a day to come")
			w.at("heard_on", write(with(casework.Form{"heard_on": "вчера"})), "heard on no day")
			w.must(write(with(casework.Form{"heard_on": sealed.Text(today.String()), "heard_by": "психолог"})))
			w.at("not_heard", adopt(), band+" was heard in no form")
			reason := casework.Form{"not_heard": "Изслушването би навредило: има писмено становище на психолога."}
			if band == "14-17" {
				reason = casework.Form{"heard_on": sealed.Text(today.String()), "heard_by": "психолог", "heard_how": "разговор"}
			}
			w.must(write(with(reason)))
			w.must(adopt())
			next, err := w.s.DraftPlan(ctx, lead, w.key(), c.ID)
			w.must(err)
			if w.plan(c.ID, next).Heard() {
				t.Errorf("%s: the next plan takes over that the child was heard", band)
			}
		}
	})
}
