package casework_test

import (
	"slices"
	"testing"
	"time"

	"strengthen/internal/casework"
	"strengthen/internal/fault"
)

func (w *world) process(id casework.CaseID) (casework.Restorative, []string) {
	w.Helper()
	v, err := w.s.OpenRestorative(w.Context(), w.person["worker"], id)
	w.must(err)
	return v.Processes[0], v.Missing[v.Processes[0].ID]
}

// safe is a screening that leaves nothing to wish for.
func safe() casework.Restorative {
	return casework.Restorative{
		Reasons: "Разговори поотделно; детето иска среща с баба си и майка си.", Facilitator: "координатор от сдружение", Independent: true, Support: "училищният психолог", Unbound: true,
		People: []casework.Participant{{Role: "child", Informed: "2026-03-01", Consent: "yes", By: "майката"}, {Role: "relative", Informed: "2026-03-01", Consent: "yes"}},
	}
}

// A process does not go on until every safeguard holds, and stops when one falls away.
func TestTheGateOfRestorativeWork(t *testing.T) {
	each(t, func(w *world) {
		c := w.team()
		p := w.drafted(c)
		w.must(w.s.AdoptPlan(w.Context(), w.person["worker"], c.ID, p.ID, p.Version))
		w.must(w.s.ReferRestorative(w.Context(), w.person["teacher"], w.key(), c.ID, "conference", "Баба му иска да се събере семейството."))
		x, missing := w.process(c.ID)
		for _, code := range []string{"screening", "consent", "child", "support", "facilitator"} {
			if !slices.Contains(missing, code) {
				t.Errorf("%s is not missed: %v", code, missing)
			}
		}
		w.want(fault.Conflict, w.s.StepRestorative(w.Context(), w.person["worker"], c.ID, x.ID, x.Version, casework.Prepare), "without a screening")
		w.want(fault.Denied, w.s.ScreenRestorative(w.Context(), w.person["teacher"], c.ID, x.ID, x.Version, safe()), "screened by a member who does not lead")
		for code, change := range map[string]func(*casework.Restorative){
			"consent":     func(x *casework.Restorative) { x.People[1].Consent = "" },
			"child":       func(x *casework.Restorative) { x.People[0].Role = "parent" },
			"guardian":    func(x *casework.Restorative) { x.People[0].By = "" },
			"support":     func(x *casework.Restorative) { x.Unbound = false },
			"facilitator": func(x *casework.Restorative) { x.Independent = false },
			"proceedings": func(x *casework.Restorative) { x.Proceedings = true },
		} {
			found := safe()
			change(&found)
			x, _ := w.process(c.ID)
			w.must(w.s.ScreenRestorative(w.Context(), w.person["worker"], c.ID, x.ID, x.Version, found))
			x, missing := w.process(c.ID)
			if !slices.Contains(missing, code) {
				t.Errorf("%s is not missed: %v", code, missing)
			}
			w.want(fault.Conflict, w.s.StepRestorative(w.Context(), w.person["worker"], c.ID, x.ID, x.Version, casework.Prepare), "without "+code)
		}
		x, _ = w.process(c.ID)
		w.must(w.s.ScreenRestorative(w.Context(), w.person["worker"], c.ID, x.ID, x.Version, safe()))
		x, missing = w.process(c.ID)
		if len(missing) > 0 {
			t.Fatalf("still missing: %v", missing)
		}
		w.must(w.s.StepRestorative(w.Context(), w.person["worker"], c.ID, x.ID, x.Version, casework.Prepare))
		w.clock.Move(31 * 24 * time.Hour) // the screening is too old by now
		x, _ = w.process(c.ID)
		w.want(fault.Conflict, w.s.StepRestorative(w.Context(), w.person["worker"], c.ID, x.ID, x.Version, casework.ConveneIt), "with a screening of last month")
		w.must(w.s.StopRestorative(w.Context(), w.person["teacher"], c.ID, x.ID))
		if x, _ = w.process(c.ID); x.State != casework.Stopped {
			t.Errorf("after somebody left: %s", x.State)
		}
	})
}

// A baby agrees to nothing: its legal representative does. Before ten a child is heard as far as it can be, its own "no" counts, and
// it is represented when it cannot say yet; from ten it answers itself; from fourteen its own consent is enough.
func TestAChildAnswersByItsAge(t *testing.T) {
	type answer struct{ consent, by string }
	for band, tc := range map[string]struct{ goesOn, waits, refused []answer }{
		"0-2":   {[]answer{{"represented", "майката"}}, []answer{{"represented", ""}, {"represented", " "}, {"", "майката"}, {"no", "майката"}}, []answer{{"yes", "майката"}}},
		"3-6":   {[]answer{{"represented", "майката"}, {"yes", "майката"}}, []answer{{"represented", ""}, {"yes", ""}, {"", "майката"}, {"no", "майката"}}, nil},
		"7-9":   {[]answer{{"represented", "майката"}, {"yes", "майката"}}, []answer{{"represented", ""}, {"withdrawn", "майката"}}, nil},
		"10-13": {[]answer{{"yes", "майката"}}, []answer{{"yes", ""}, {"", "майката"}, {"no", "майката"}}, []answer{{"represented", "майката"}}},
		"14-17": {[]answer{{"yes", ""}}, []answer{{"no", "майката"}, {"", "майката"}}, []answer{{"represented", "майката"}}},
	} {
		t.Run(band, func(t *testing.T) {
			each(t, func(w *world) {
				ctx, lead := w.Context(), w.person["worker"]
				g := violence()
				g.Band = band
				c := w.openedAs(g)
				w.must(w.s.ReferRestorative(ctx, lead, w.key(), c.ID, "conference", "Баба му иска да се събере семейството."))
				screen := func(a answer) error {
					found := safe()
					found.People[0].Consent, found.People[0].By = a.consent, a.by
					x, _ := w.process(c.ID)
					return w.s.ScreenRestorative(ctx, lead, c.ID, x.ID, x.Version, found)
				}
				lacks := func() bool {
					_, missing := w.process(c.ID)
					return slices.Contains(missing, "consent") || slices.Contains(missing, "guardian")
				}
				for _, a := range tc.goesOn {
					w.must(screen(a))
					if lacks() {
						t.Errorf("%v does not go on", a)
					}
				}
				for _, a := range tc.waits {
					w.must(screen(a))
					if !lacks() {
						t.Errorf("%v goes on", a)
					}
				}
				for _, a := range tc.refused {
					w.at("consent", screen(a), a.consent)
				}
			})
		})
	}
	each(t, func(w *world) {
		c := w.opened()
		w.must(w.s.ReferRestorative(w.Context(), w.person["worker"], w.key(), c.ID, "conference", "Баба му иска да се събере семейството."))
		x, _ := w.process(c.ID)
		found := safe()
		found.People[1].Consent = "represented"
		w.at("consent", w.s.ScreenRestorative(w.Context(), w.person["worker"], c.ID, x.ID, x.Version, found), "a grandmother who is represented")
	})
}

// Sexual violence, exploitation and fear are hard stops: nothing that anybody writes lets the process go on.
func TestTheHardStops(t *testing.T) {
	for name, tc := range map[string]struct {
		kinds []casework.Kind
		fear  bool
	}{"sexual": {[]casework.Kind{"physical", "sexual"}, false}, "exploitation": {[]casework.Kind{"exploitation"}, false}, "fear": {[]casework.Kind{"physical"}, true}} {
		t.Run(name, func(t *testing.T) {
			each(t, func(w *world) {
				g := violence()
				g.Kinds = tc.kinds
				c := w.openedAs(g)
				w.must(w.s.ReferRestorative(w.Context(), w.person["worker"], w.key(), c.ID, "mediation", "Семейството поиска среща."))
				found := safe()
				found.Fear = tc.fear
				x, _ := w.process(c.ID)
				w.must(w.s.ScreenRestorative(w.Context(), w.person["worker"], c.ID, x.ID, x.Version, found))
				x, _ = w.process(c.ID)
				if x.State != casework.Refused {
					t.Errorf("state %s", x.State)
				}
				w.want(fault.Conflict, w.s.StepRestorative(w.Context(), w.person["worker"], c.ID, x.ID, x.Version, casework.Prepare), "going on")
			})
		})
	}
}

// A process waits for the assessment of every signal, for what an emergency placement and a police protection ask, and for a
// plan in force; a screening says nothing of a day to come, and comes before the process does.
func TestWhatARestorativeProcessWaitsFor(t *testing.T) {
	each(t, func(w *world) {
		ctx, lead := w.Context(), w.person["worker"]
		c := w.team()
		waits := func(after string, want ...string) {
			t.Helper()
			_, missing := w.process(c.ID)
			if !slices.Equal(missing, want) {
				t.Errorf("%s: %v, want %v", after, missing, want)
			}
		}
		w.at("method", w.s.ReferRestorative(ctx, lead, w.key(), c.ID, "duel", "Баба му иска да се събере семейството."), "a method of one's own")
		w.must(w.s.ReferRestorative(ctx, lead, w.key(), c.ID, "conference", "Баба му иска да се събере семейството."))
		x, _ := w.process(c.ID)
		for name, tc := range map[string]struct {
			change func(*casework.Restorative)
			field  string
		}{
			"informed tomorrow":         {func(x *casework.Restorative) { x.People[0].Informed = "2026-03-03" }, "informed"},
			"informed on no day":        {func(x *casework.Restorative) { x.People[0].Informed = "вчера" }, "informed"},
			"in a role of one's own":    {func(x *casework.Restorative) { x.People[0].Role = "judge" }, "role"},
			"with half a consent":       {func(x *casework.Restorative) { x.People[0].Consent = "half" }, "consent"},
			"for no reason to speak of": {func(x *casework.Restorative) { x.Reasons = "кратко" }, "reasons"},
		} {
			found := safe()
			tc.change(&found)
			w.at(tc.field, w.s.ScreenRestorative(ctx, lead, c.ID, x.ID, x.Version, found), name)
		}
		w.must(w.s.ScreenRestorative(ctx, lead, c.ID, x.ID, x.Version, safe()))
		waits("screened", "plan")
		p := w.drafted(c)
		w.must(w.s.AdoptPlan(ctx, lead, c.ID, p.ID, p.Version))
		waits("with a plan in force")
		g := w.give("worker", violence())
		w.must(w.s.Link(ctx, lead, g.ID, g.Version, c.ID))
		waits("with a signal that waits for its assessment", "open.D09")
		w.must(w.s.Assess(ctx, lead, g.ID, g.Version+1, casework.Confirmed, time.Time{}))
		w.must(w.s.CaseHappened(ctx, lead, c.ID, casework.PlacementOrdered, time.Time{}, ""))
		waits("with a child placed in an emergency", "open.D20")
		w.must(w.s.CaseHappened(ctx, lead, c.ID, "placement.inquired", time.Time{}, ""))
		w.must(w.s.Protect(ctx, lead, w.key(), casework.Protection{Case: c.ID, Agency: w.agency["police"], AskedBy: "police", Ground: "lost", OrderedBy: "head", Granted: w.clock.Now(), Option: "residential"}))
		waits("with a child under protection", "open.D26")
		q := w.protection(c.ID)
		w.must(w.s.EndProtection(ctx, lead, q.ID, q.Version, w.clock.Now(), "parent", "Приема майката, подписан протокол."))
		waits("when all that is over")
		for code, change := range map[string]func(*casework.Restorative){
			"support": func(x *casework.Restorative) { x.Support = "" }, "facilitator": func(x *casework.Restorative) { x.Facilitator = "" },
		} {
			found := safe()
			change(&found)
			x, _ = w.process(c.ID)
			w.must(w.s.ScreenRestorative(ctx, lead, c.ID, x.ID, x.Version, found))
			waits("without "+code, code)
		}
		agreed := safe()
		agreed.Proceedings, agreed.LeadAgrees = true, true
		x, _ = w.process(c.ID)
		w.must(w.s.ScreenRestorative(ctx, lead, c.ID, x.ID, x.Version, agreed))
		waits("with proceedings, and the lead agrees in writing")
		found := safe()
		found.People[1].Informed = ""
		x, _ = w.process(c.ID)
		w.must(w.s.ScreenRestorative(ctx, lead, c.ID, x.ID, x.Version, found))
		waits("with somebody who was not told what it is", "consent")
		x, _ = w.process(c.ID)
		w.must(w.s.ScreenRestorative(ctx, lead, c.ID, x.ID, x.Version, safe()))
		other := w.team()
		x, _ = w.process(c.ID)
		w.want(fault.NotFound, w.s.StepRestorative(ctx, lead, other.ID, x.ID, x.Version, casework.Prepare), "through another case")
		w.clock.Move(30 * 24 * time.Hour) // the screening holds for thirty days
		w.must(w.s.StepRestorative(ctx, lead, c.ID, x.ID, x.Version, casework.Prepare))
		w.must(w.s.ScreenRestorative(ctx, lead, c.ID, x.ID, x.Version+1, safe())) // once more, before it is convened
		x.Version++
		w.must(w.s.StepRestorative(ctx, lead, c.ID, x.ID, x.Version+1, casework.ConveneIt))
		w.want(fault.Conflict, w.s.ScreenRestorative(ctx, lead, c.ID, x.ID, x.Version+2, safe()), "a screening of what is convened")
		w.want(fault.Invalid, w.s.StepRestorative(ctx, lead, c.ID, x.ID, x.Version+2, casework.Stop), "a stop is nobody's step; whoever wants it stops it")
		w.must(w.s.AgreeRestorative(ctx, lead, c.ID, x.ID, x.Version+2, promised()))
		w.want(fault.Conflict, w.s.StopRestorative(ctx, lead, c.ID, x.ID), "stopping what is concluded")
	})
}

// met is a case in which a restorative meeting was held.
func (w *world) met() casework.CaseID {
	w.Helper()
	c := w.team()
	p := w.drafted(c)
	w.must(w.s.AdoptPlan(w.Context(), w.person["worker"], c.ID, p.ID, p.Version))
	w.must(w.s.ReferRestorative(w.Context(), w.person["worker"], w.key(), c.ID, "mediation", "Родителите искат да се разберат за срещите."))
	x, _ := w.process(c.ID)
	w.must(w.s.ScreenRestorative(w.Context(), w.person["worker"], c.ID, x.ID, x.Version, safe()))
	for _, step := range []casework.RestorativeStep{casework.Prepare, casework.ConveneIt} {
		x, _ = w.process(c.ID)
		w.must(w.s.StepRestorative(w.Context(), w.person["worker"], c.ID, x.ID, x.Version, step))
	}
	return c.ID
}

// promised is an agreement that says who does what, and when somebody asks how it goes.
func promised() casework.Agreement {
	return casework.Agreement{Text: "Бащата вижда детето всяка събота при бабата; ако не дойде, се обажда предния ден.", FollowOn: "2026-04-20"}
}

// What was agreed to is kept and followed until nobody asks any more.
func TestWhatWasAgreedToIsFollowed(t *testing.T) {
	each(t, func(w *world) {
		id, said := w.met(), promised()
		agree := func(a casework.Agreement) error {
			x, _ := w.process(id)
			return w.s.AgreeRestorative(w.Context(), w.person["worker"], id, x.ID, x.Version, a)
		}
		follow := func(f casework.FollowUp, next string) error {
			x, _ := w.process(id)
			return w.s.FollowRestorative(w.Context(), w.person["worker"], id, x.ID, x.Version, f, next)
		}
		w.want(fault.Invalid, agree(casework.Agreement{Text: "Ще се разбират.", FollowOn: said.FollowOn}), "an agreement of three words")
		w.want(fault.Invalid, agree(casework.Agreement{Text: said.Text}), "an agreement that nobody follows")
		w.want(fault.Invalid, agree(casework.Agreement{Text: said.Text, FollowOn: "2027-04-20"}), "followed after a year")
		w.must(agree(said))
		w.want(fault.Invalid, follow(casework.FollowUp{Kept: "perhaps", Text: "Бащата идва."}, ""), "kept in a way that is not of the list")
		w.must(follow(casework.FollowUp{Kept: "partly", Text: "Бащата идва, но закъснява."}, "2026-06-01"))
		w.must(follow(casework.FollowUp{Kept: "yes", Text: "Детето казва, че е спокойно."}, ""))
		w.want(fault.Conflict, follow(casework.FollowUp{Kept: "yes", Text: "Детето казва, че е спокойно."}, ""), "after the end")
		x, _ := w.process(id)
		if x.State != casework.Followed || x.Agreement.Text != said.Text || len(x.Agreement.Followed) != 2 || x.Agreement.Followed[0].Kept != "partly" || x.Agreement.FollowOn != "" {
			t.Errorf("it ends as %s with %+v", x.State, x.Agreement)
		}
	})
}

// After a new signal about the child there is no agreement: the process can only be stopped.
func TestANewSignalStandsInTheWayOfAnAgreement(t *testing.T) {
	each(t, func(w *world) {
		id := w.met()
		w.clock.Move(time.Hour)
		g := w.give("worker", violence())
		w.must(w.s.Link(w.Context(), w.person["worker"], g.ID, g.Version, id))
		x, missing := w.process(id)
		if !slices.Contains(missing, "newsignal") {
			t.Errorf("a new signal is not missed: %v", missing)
		}
		w.want(fault.Conflict, w.s.AgreeRestorative(w.Context(), w.person["worker"], id, x.ID, x.Version, promised()), "after a new signal")
		w.must(w.s.StopRestorative(w.Context(), w.person["worker"], id, x.ID))
	})
}
