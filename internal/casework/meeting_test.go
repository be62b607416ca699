package casework_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/casework"
	"strengthen/internal/fault"
	"strengthen/internal/sealed"
	"strengthen/internal/testkit"
)

// team opens a case whose team has the three mandatory institutions and the school.
func (w *world) team() casework.Case {
	w.Helper()
	c := w.opened()
	for _, x := range [][2]string{{"police", "inspector"}, {"prosecution", "prosecutor"}, {"municipality", "expert"}, {"school", "teacher"}} {
		w.must(w.s.Invite(w.Context(), w.person["worker"], w.key(), c.ID, casework.Seat{Agency: w.agency[x[0]], Person: w.person[x[1]].Person, Function: "member"}, 90))
	}
	w.must(w.s.Step(w.Context(), w.person["worker"], c.ID, w.cas(c.ID).Version, casework.Assess, ""))
	return w.cas(c.ID)
}

func (w *world) call(c casework.Case, in time.Duration) string {
	w.Helper()
	id, err := w.s.Convoke(w.Context(), w.person["worker"], w.key(), c.ID, casework.Meeting{At: w.clock.Now().Add(in), Place: "ОЗД, стая 3"})
	w.must(err)
	return id
}

// came says of each institution of the team but the missing ones that it came.
func (w *world) came(missing ...string) []casework.Attended {
	var all []casework.Attended
	for _, name := range []string{"police", "prosecution", "municipality", "school"} {
		x := casework.Attended{Agency: w.agency[name], Came: "yes"}
		for _, m := range missing {
			if m == name {
				x.Came = "no"
			}
		}
		all = append(all, x)
	}
	return all
}

func (w *world) meeting(c casework.CaseID, id string) casework.MeetingView {
	w.Helper()
	v, err := w.s.OpenMeeting(w.Context(), w.person["worker"], c, id)
	w.must(err)
	return v
}

func task(w *world, m string) casework.Task {
	return casework.Task{Meeting: m, Service: "social", Measure: "4.1.1", Owner: "agency", Agency: w.agency["school"], Text: "Разговор с класния ръководител",
		Indicator: "детето идва на училище", Due: calendar.On(w.clock.Now()).AddDays(14)}
}

// The law asks that the team is called by telephone and in writing: the clock of the call ends when the three mandatory
// institutions have been called both ways, and the clock of the first meeting begins then.
func TestTheTeamIsCalledBothWays(t *testing.T) {
	each(t, func(w *world) {
		c := w.team()
		id := w.call(c, 20*time.Hour)
		for i, name := range []string{"police", "prosecution", "municipality"} {
			w.clock.Move(10 * time.Minute)
			call := casework.Call{Agency: w.agency[name], Phoned: w.clock.Now()}
			w.must(w.s.NoteCall(w.Context(), w.person["worker"], c.ID, id, call))
			if got := w.clocks("", c.ID)["D10"].State; got != casework.Running {
				t.Errorf("after %d calls by telephone only: %s", i+1, got)
			}
		}
		for _, name := range []string{"police", "prosecution", "municipality"} {
			k, _ := find(w.meeting(c.ID, id).Meeting.Calls, w.agency[name])
			k.Wrote, k.Channel = w.clock.Now(), "email"
			w.must(w.s.NoteCall(w.Context(), w.person["worker"], c.ID, id, k))
		}
		if got := w.clocks("", c.ID)["D10"].State; got != casework.Met {
			t.Errorf("after both ways: %s", got)
		}
		if k := w.clocks("", c.ID)["D11"]; k.State != casework.Running || k.Due.Sub(w.clock.Now()) != 24*time.Hour {
			t.Errorf("the first meeting: %s, due %v", k.State, k.Due)
		}
		w.want(fault.Invalid, w.s.NoteCall(w.Context(), w.person["worker"], c.ID, id, casework.Call{Agency: w.agency["police"], Phoned: w.clock.Now().Add(time.Hour)}), "a call to come")
	})
}

// Whoever is called besides them, or called again, does not call the team anew.
func TestTheTeamIsCalledOnceForAMeeting(t *testing.T) {
	each(t, func(w *world) {
		c := w.team()
		id := w.call(c, time.Hour)
		called := func(name string) {
			w.must(w.s.NoteCall(w.Context(), w.person["worker"], c.ID, id, casework.Call{Agency: w.agency[name], Phoned: w.clock.Now(), Wrote: w.clock.Now(), Channel: "email"}))
		}
		called("police")
		called("prosecution")
		called("municipality")
		w.clock.Move(time.Hour)
		w.must(w.s.Hold(w.Context(), w.person["worker"], c.ID, id, w.clock.Now(), w.came()))
		called("school")
		called("police")
		if k := w.clocks("", c.ID)["D11"]; k.State != casework.Met || !k.Ended.Equal(w.clock.Now()) {
			t.Errorf("the team has met: %s", k.State)
		}
	})
}

// The term is that of the first meeting. A further one is called for the day that suits the team, unless violence is confirmed
// anew: then the team is to meet at once again.
func TestAFurtherMeetingHasNoTerm(t *testing.T) {
	each(t, func(w *world) {
		ctx, worker, c := w.Context(), w.person["worker"], w.team()
		called := func(in time.Duration) string {
			id := w.call(c, in)
			for _, name := range []string{"police", "prosecution", "municipality"} {
				w.must(w.s.NoteCall(ctx, worker, c.ID, id, casework.Call{Agency: w.agency[name], Phoned: w.clock.Now(), Wrote: w.clock.Now(), Channel: "email"}))
			}
			return id
		}
		terms := func() (n int, last casework.ClockState) {
			for _, k := range w.allClocks(c.ID) {
				if k.Rule == "D11" {
					n, last = n+1, k.State
				}
			}
			return n, last
		}
		first := called(time.Hour)
		w.clock.Move(time.Hour)
		w.must(w.s.Hold(ctx, worker, c.ID, first, w.clock.Now(), w.came()))
		w.clock.Move(48 * time.Hour)
		further := called(7 * 24 * time.Hour)
		if n, state := terms(); n != 1 || state != casework.Met {
			t.Errorf("a further meeting is called: %d terms, the last %s", n, state)
		}
		w.clock.Move(time.Hour)
		w.must(w.s.CaseHappened(ctx, worker, c.ID, casework.ViolenceConfirmed, w.clock.Now(), ""))
		w.clock.Move(time.Hour)
		w.must(w.s.CallOff(ctx, worker, c.ID, further))
		called(time.Hour)
		if n, _ := terms(); n != 2 {
			t.Errorf("violence is confirmed anew, and the team called: %d terms", n)
		}
	})
}

func find(all []casework.Call, a access.AgencyID) (casework.Call, bool) {
	for _, x := range all {
		if x.Agency == a {
			return x, true
		}
	}
	return casework.Call{}, false
}

func TestAMeetingBeforeItsCaseIsRefused(t *testing.T) {
	each(t, func(w *world) {
		c := w.team()
		_, err := w.s.Convoke(w.Context(), w.person["worker"], w.key(), c.ID, casework.Meeting{At: c.Opened.Add(-time.Hour), Place: "ОЗД, стая 3"})
		w.want(fault.Invalid, err, "before the case was opened")
		_, err = w.s.Convoke(w.Context(), w.person["teacher"], w.key(), c.ID, casework.Meeting{At: c.Opened.Add(time.Hour), Place: "ОЗД, стая 3"})
		w.want(fault.Denied, err, "by a member who does not lead")
	})
}

// Without a mandatory institution a meeting is possible, and visibly not quorate.
func TestAMeetingWithoutAMandatoryInstitution(t *testing.T) {
	for name, tc := range map[string]struct {
		missing []string
		want    bool
	}{
		"everybody came": {nil, true}, "the school, which is invited, did not": {[]string{"school"}, true}, "the prosecution did not": {[]string{"prosecution"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(w *world) {
				c := w.team()
				id := w.call(c, 2*time.Hour)
				w.clock.Move(3 * time.Hour)
				w.must(w.s.Hold(w.Context(), w.person["worker"], c.ID, id, w.clock.Now(), w.came(tc.missing...)))
				if m := w.meeting(c.ID, id).Meeting; m.Quorate != tc.want || m.State != casework.MeetingHeld {
					t.Errorf("quorate %v, state %s", m.Quorate, m.State)
				}
				for what, want := range map[string]bool{"met": tc.want, "came.police_district": true, "came.prosecution": !slices.Contains(tc.missing, "prosecution")} {
					if n := testkit.Count(w, w.db, "SELECT sum(n) FROM figure_cell WHERE what = $1", what); n != 1 {
						t.Errorf("%s: counted %d times", what, n)
					}
					if n := testkit.Count(w, w.db, "SELECT sum(in_time) FROM figure_cell WHERE what = $1", what); n == 1 != want {
						t.Errorf("%s: %d", what, n)
					}
				}
				w.want(fault.Conflict, w.s.Hold(w.Context(), w.person["worker"], c.ID, id, w.clock.Now(), nil), "holding it twice")
			})
		})
	}
}

// A mandatory institution that nobody had called, and that came, counts.
func TestAnInstitutionThatCameUncalledCounts(t *testing.T) {
	each(t, func(w *world) {
		c := w.opened()
		id := w.call(c, 0)
		w.must(w.s.Hold(w.Context(), w.person["worker"], c.ID, id, w.clock.Now(), w.came()))
		if m := w.meeting(c.ID, id).Meeting; !m.Quorate || len(m.Calls) != 4 {
			t.Errorf("quorate %v with %d institutions", m.Quorate, len(m.Calls))
		}
	})
}

// Tasks begin when the minutes are in force: signed by every institution that came, with the dissent of those who do not agree.
func TestMinutesAreInForceWhenEverybodySigned(t *testing.T) {
	each(t, func(w *world) {
		c := w.team()
		id := w.call(c, time.Hour)
		w.clock.Move(time.Hour)
		w.must(w.s.Hold(w.Context(), w.person["worker"], c.ID, id, w.clock.Now(), w.came("school")))
		w.must(w.s.AddTask(w.Context(), w.person["worker"], w.key(), c.ID, task(w, id)))
		w.must(w.s.Decide(w.Context(), w.person["worker"], w.key(), c.ID, id, "Детето остава при бабата до прегледа."))
		w.want(fault.Invalid, w.s.EndMinutes(w.Context(), w.person["worker"], c.ID, id, time.Time{}), "minutes without a view of the risk")
		w.must(w.s.WriteMinutes(w.Context(), w.person["worker"], c.ID, id, casework.Form{}, casework.Form{"risk": "Висок, докато бащата е у дома."}))
		w.must(w.s.EndMinutes(w.Context(), w.person["worker"], c.ID, id, time.Time{}))

		w.must(w.s.Sign(w.Context(), w.person["inspector"], c.ID, id, true, ""))
		for _, k := range w.allClocks(c.ID) {
			if want := map[bool]casework.ClockState{true: casework.Met, false: casework.Running}[k.Agency == w.agency["police"]]; k.Rule == "R02" && k.State != want {
				t.Errorf("the police signed, and the term of %s is %s", k.Agency, k.State)
			}
		}
		w.want(fault.Conflict, w.s.Sign(w.Context(), w.person["inspector"], c.ID, id, true, ""), "signing twice")
		w.want(fault.Conflict, w.s.Sign(w.Context(), w.person["teacher"], c.ID, id, true, ""), "signing for an institution that did not come")
		w.want(fault.Invalid, w.s.Sign(w.Context(), w.person["prosecutor"], c.ID, id, false, ""), "dissent without a word")
		w.at("dissent", w.s.Sign(w.Context(), w.person["prosecutor"], c.ID, id, true, "Рискът е подценен."), "a dissent was written, and it signs without")
		w.must(w.s.Sign(w.Context(), w.person["prosecutor"], c.ID, id, false, "Рискът е подценен: нужна е забрана за доближаване."))
		if v := w.meeting(c.ID, id); v.Meeting.State != casework.Minuted || v.Tasks[0].State != casework.TaskPlanned {
			t.Errorf("before the last signature: %s, task %s", v.Meeting.State, v.Tasks[0].State)
		}
		w.must(w.s.Sign(w.Context(), w.person["expert"], c.ID, id, true, ""))
		v := w.meeting(c.ID, id)
		if v.Meeting.State != casework.MeetingAgreed || v.Tasks[0].State != casework.TaskOpen {
			t.Errorf("after the last signature: %s, task %s", v.Meeting.State, v.Tasks[0].State)
		}
		if k, _ := find(v.Meeting.Calls, w.agency["prosecution"]); k.Signed != "dissent" || k.Dissent == "" {
			t.Errorf("the dissent: %+v", k)
		}
		if k := w.clocks("", c.ID)["R03"]; k.State != casework.Running || !k.Due.Equal(task(w, id).Due.End()) {
			t.Errorf("the clock of the task: %+v", k)
		}
	})
}

// Whoever does not sign in time does not hold up the others.
func TestMinutesAreInForceWhenTheTimeIsOver(t *testing.T) {
	each(t, func(w *world) {
		c := w.team()
		id := w.call(c, time.Hour)
		w.clock.Move(time.Hour)
		w.must(w.s.Hold(w.Context(), w.person["worker"], c.ID, id, w.clock.Now(), w.came()))
		w.must(w.s.AddTask(w.Context(), w.person["worker"], w.key(), c.ID, task(w, id)))
		w.must(w.s.WriteMinutes(w.Context(), w.person["worker"], c.ID, id, casework.Form{}, casework.Form{"risk": "Висок."}))
		w.must(w.s.EndMinutes(w.Context(), w.person["worker"], c.ID, id, time.Time{}))
		w.clock.Move(72*time.Hour - time.Second)
		w.must(w.s.SettleMinutes(w.Context()))
		if m := w.meeting(c.ID, id).Meeting; m.State != casework.Minuted {
			t.Errorf("a second before the end: %s", m.State)
		}
		w.clock.Move(time.Second)
		w.must(w.s.SettleMinutes(w.Context()))
		if v := w.meeting(c.ID, id); v.Meeting.State != casework.MeetingAgreed || v.Tasks[0].State != casework.TaskOpen {
			t.Errorf("at the end: %s, %s", v.Meeting.State, v.Tasks[0].State)
		}
		w.clock.Move(time.Hour)
		if _, err := w.s.SweepClocks(w.Context()); err != nil {
			t.Fatal(err)
		}
		if k := w.clocks("", c.ID)["R02"]; k.Live() || !k.Late {
			t.Errorf("nobody can sign any more, and the term to sign is %s, late %v", k.State, k.Late)
		}
	})
}

// What is brought in a compartment is absent for whoever may not see the compartment.
func TestWhatIsBroughtToAMeetingKeepsItsCompartment(t *testing.T) {
	each(t, func(w *world) {
		c := w.team()
		id := w.call(c, time.Hour)
		item := casework.Item{Kind: casework.BringsFact, Part: casework.Police, Source: "докладна", Text: "Второ повикване за два месеца."}
		w.must(w.s.Bring(w.Context(), w.person["inspector"], w.key(), c.ID, id, item))
		w.want(fault.Invalid, w.s.Bring(w.Context(), w.person["teacher"], w.key(), c.ID, id, item), "police matters brought by the school")
		for who, n := range map[string]int{"inspector": 1, "worker": 1, "teacher": 0} {
			v, err := w.s.OpenMeeting(w.Context(), w.person[who], c.ID, id)
			w.must(err)
			if len(v.Meeting.Items) != n {
				t.Errorf("%s sees %d items, want %d", who, len(v.Meeting.Items), n)
			}
		}
		if n := testkit.Count(w, w.db, "SELECT count(*) FROM meeting_item WHERE text LIKE '%повикване%'"); n != 0 {
			t.Error("what was brought lies in the clear")
		}
	})
}

// A meeting is reached through its own case only.
func TestAMeetingOfAnotherCaseIsNotThere(t *testing.T) {
	each(t, func(w *world) {
		a, b := w.team(), w.opened()
		id := w.call(a, time.Hour)
		_, err := w.s.OpenMeeting(w.Context(), w.person["worker"], b.ID, id)
		w.want(fault.NotFound, err, "through another case")
		w.want(fault.NotFound, w.s.CallOff(w.Context(), w.person["worker"], b.ID, id), "calling it off through another case")
	})
}

// Two people who write in different fields both keep what they wrote; in one field they are shown both texts.
func TestMinutesWrittenByTwo(t *testing.T) {
	each(t, func(w *world) {
		c := w.team()
		id := w.call(c, time.Hour)
		w.clock.Move(time.Hour)
		w.must(w.s.Hold(w.Context(), w.person["worker"], c.ID, id, w.clock.Now(), w.came()))
		saw := casework.Form{}
		w.must(w.s.WriteMinutes(w.Context(), w.person["worker"], c.ID, id, saw, casework.Form{"risk": "Висок."}))
		w.must(w.s.WriteMinutes(w.Context(), w.person["inspector"], c.ID, id, saw, casework.Form{"worries": "Детето се бои да се прибере."}))
		err := w.s.WriteMinutes(w.Context(), w.person["teacher"], c.ID, id, saw, casework.Form{"risk": "Среден."})
		var clash *casework.ClashError
		if !errors.As(err, &clash) || len(clash.Clashes) != 1 || clash.Clashes[0].Theirs != "Висок." {
			t.Fatalf("one field written by two: %v", err)
		}
		m := w.meeting(c.ID, id).Meeting.Minutes
		if m["risk"] != "Висок." || m["worries"] == "" {
			t.Errorf("kept: %v", len(m))
		}
	})
}

// TestAFormTellsTheMinuteNotTheSecond: a case opened half a minute ago, its signal assessed and its meeting held "now", as a form
// tells it, without seconds.
func TestAFormTellsTheMinuteNotTheSecond(t *testing.T) {
	each(t, func(w *world) {
		w.clock.Move(30 * time.Second)
		now := w.clock.Now().Truncate(time.Minute)
		g := w.give("worker", violence())
		w.must(w.s.Happened(w.Context(), w.person["worker"], g.ID, w.signal(g.ID).Version, casework.SignalTold, now))
		w.must(w.s.Screen(w.Context(), w.person["worker"], g.ID, w.signal(g.ID).Version))
		w.must(w.s.Assess(w.Context(), w.person["worker"], g.ID, w.signal(g.ID).Version, casework.Confirmed, now))
		c := w.opened()
		m, err := w.s.Convoke(w.Context(), w.person["worker"], w.key(), c.ID, casework.Meeting{At: now, Place: "стая 2"})
		w.must(err)
		w.at("at", w.s.Hold(w.Context(), w.person["worker"], c.ID, m, now.Add(-time.Minute), nil), "a meeting a minute before its case")
		w.must(w.s.Hold(w.Context(), w.person["worker"], c.ID, m, now, nil))
		for _, k := range w.clocks(g.ID, "") {
			if k.State == casework.Met && k.Ended.Before(k.Start) {
				t.Errorf("a term ended %s, before it began %s", k.Ended, k.Start)
			}
		}
	})
}

func TestWhatAMeetingNeeds(t *testing.T) {
	each(t, func(w *world) {
		ctx, lead := w.Context(), w.person["worker"]
		c := w.team()
		now := w.clock.Now()
		for name, tc := range map[string]struct {
			m     casework.Meeting
			field string
		}{
			"no moment":                         {casework.Meeting{Place: "стая 3"}, "at"},
			"in six months and a second":        {casework.Meeting{At: now.AddDate(0, 6, 0).Add(time.Second), Place: "стая 3"}, "at"},
			"no place":                          {casework.Meeting{At: now}, "place"},
			"no place, which is what online is": {casework.Meeting{At: now, Online: true}, ""},
			"in six months":                     {casework.Meeting{At: now.AddDate(0, 6, 0), Place: "стая 3"}, ""},
		} {
			_, err := w.s.Convoke(ctx, lead, w.key(), c.ID, tc.m)
			if tc.field != "" {
				w.at(tc.field, err, name)
			} else if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if got := w.cas(c.ID).State; got != casework.Coordination {
			t.Errorf("the team is called, and the case is in %s", got)
		}
		id := w.call(c, time.Hour)
		bad := casework.Call{Agency: w.agency["police"], Phoned: now.Add(time.Second)}
		w.at("phoned", w.s.NoteCall(ctx, lead, c.ID, id, bad), "a call to come")
		w.at("phoned", w.s.NoteCall(ctx, lead, c.ID, id, casework.Call{Agency: w.agency["police"], Phoned: c.Received.AddDate(0, 0, -1).Add(-time.Second)}), "a call of two days before the signal")
		w.at("channel", w.s.NoteCall(ctx, lead, c.ID, id, casework.Call{Agency: w.agency["police"], Wrote: now}), "a letter by no means")
		w.at("agency", w.s.NoteCall(ctx, lead, c.ID, id, casework.Call{Agency: "nowhere", Phoned: now}), "a call to nobody")

		item := casework.Item{Kind: casework.BringsFact, Part: casework.Core, Source: "дневник", Text: "Седем отсъствия."}
		for range 2 {
			w.must(w.s.Bring(ctx, w.person["teacher"], w.key(), c.ID, id, item))
		}
		item.Agency = w.agency["police"]
		w.at("agency", w.s.Bring(ctx, w.person["teacher"], w.key(), c.ID, id, item), "the school speaks for the police")
		w.must(w.s.Bring(ctx, lead, w.key(), c.ID, id, item))
		w.want(fault.Conflict, w.s.Decide(ctx, lead, w.key(), c.ID, id, "Детето остава при бабата."), "a decision before the meeting")

		w.clock.Move(time.Hour)
		held := w.clock.Now()
		w.at("at", w.s.Hold(ctx, lead, c.ID, id, time.Time{}, w.came()), "held at no moment")
		w.at("at", w.s.Hold(ctx, lead, c.ID, id, held.Add(time.Second), w.came()), "held in a second")
		w.at("at", w.s.Hold(ctx, lead, c.ID, id, c.Opened.Add(-time.Hour), w.came()), "held before the case")
		w.at("agency", w.s.Hold(ctx, lead, c.ID, id, held, []casework.Attended{{Agency: "nowhere", Came: "yes"}}), "nobody came")
		w.at("came_"+string(w.agency["school"]), w.s.Hold(ctx, lead, c.ID, id, held, w.came()[:3]), "nobody said whether the school came")
		silent := append(w.came(), casework.Attended{Agency: w.agency["hospital"]})
		w.at("came_"+string(w.agency["hospital"]), w.s.Hold(ctx, lead, c.ID, id, held, silent), "a hospital of which nothing is said")
		all := fault.All(w.s.Hold(ctx, lead, c.ID, id, held, nil))
		if len(all) != 4 || all[0].Vars["agency"] == "" {
			t.Errorf("of nobody it was said whether they came: %v", all)
		}
		if got := w.meeting(c.ID, id).Meeting; got.State != casework.MeetingCalled || slices.ContainsFunc(got.Calls, func(k casework.Call) bool { return k.Came != "" }) {
			t.Errorf("what was refused left %s and %v", got.State, got.Calls)
		}
		perhaps := w.came()
		perhaps[0].Came = "perhaps"
		w.at("came_"+string(perhaps[0].Agency), w.s.Hold(ctx, lead, c.ID, id, held, perhaps), "perhaps")
		w.clock.Move(time.Hour)
		held = held.Add(10 * time.Minute) // later than planned
		w.must(w.s.Hold(ctx, lead, c.ID, id, held, append(w.came(), casework.Attended{Agency: w.agency["hospital"], Came: "stood_in"})))
		m := w.meeting(c.ID, id).Meeting
		if k, listed := find(m.Calls, w.agency["hospital"]); !listed || !k.Present() || !m.At.Equal(held) {
			t.Errorf("held %v; a hospital that came uncalled: %+v", m.At, k)
		}
		w.must(w.s.NoteCall(ctx, lead, c.ID, id, casework.Call{Agency: w.agency["school"], Phoned: held})) // noted after the meeting
		w.must(w.s.Bring(ctx, w.person["inspector"], w.key(), c.ID, id, item))                             // while it goes on
		w.must(w.s.WriteMinutes(ctx, lead, c.ID, id, casework.Form{}, casework.Form{"risk": "Висок."}))
		w.want(fault.Conflict, w.s.Sign(ctx, w.person["teacher"], c.ID, id, true, ""), "signed before the minutes are written")
		w.at("next", w.s.EndMinutes(ctx, lead, c.ID, id, held.Add(-time.Second)), "a next meeting before this one")
		next := held.AddDate(0, 0, 14)
		w.must(w.s.EndMinutes(ctx, lead, c.ID, id, next))
		if m = w.meeting(c.ID, id).Meeting; !m.Next.Equal(next) || !m.SignBy.Equal(w.clock.Now().Add(72*time.Hour)) {
			t.Errorf("next %v, signed by %v", m.Next, m.SignBy)
		}
		w.want(fault.Conflict, w.s.NoteCall(ctx, lead, c.ID, id, casework.Call{Agency: w.agency["police"], Phoned: held}), "a call to a meeting that is minuted")
		w.want(fault.Conflict, w.s.Bring(ctx, lead, w.key(), c.ID, id, item), "brought to a meeting that is minuted")
		w.want(fault.Conflict, w.s.Decide(ctx, lead, w.key(), c.ID, id, "Детето остава при бабата."), "a decision after the minutes")
		w.want(fault.Conflict, w.s.WriteMinutes(ctx, lead, c.ID, id, casework.Form{}, casework.Form{"worries": "Никакви."}), "minutes that were ended")
		v, err := w.s.Timeline(ctx, lead, c.ID, casework.EventFilter{Limit: 50})
		w.must(err)
		for _, what := range []string{"meeting.called", "meeting.held", "meeting.minuted"} {
			if !slices.ContainsFunc(v.Events, func(e casework.CaseEvent) bool { return e.What == what && e.Record == id }) {
				t.Errorf("%s is not on the timeline", what)
			}
		}
	})
}

// mailed counts the messages about a meeting that wait for a person.
func (w *world) mailed(meeting, name string) int {
	w.Helper()
	return testkit.Count(w, w.db, "SELECT count(*) FROM message WHERE kind = 'meeting' AND state = 'planned' AND record_id = $1 AND person_id = $2", meeting, string(w.person[name].Person))
}

// A meeting can be called before the team is complete: whoever joins is called too, as long as the meeting is still to come.
func TestWhoJoinsTheTeamIsCalledToTheMeetingsToCome(t *testing.T) {
	each(t, func(w *world) {
		ctx, worker := w.Context(), w.person["worker"]
		c := w.opened()
		id, off := w.call(c, 20*time.Hour), w.call(c, 30*time.Hour)
		w.must(w.s.CallOff(ctx, worker, c.ID, off))
		if n := len(w.meeting(c.ID, id).Meeting.Calls); n != 0 {
			t.Fatalf("nobody is on the team, and %d are called", n)
		}
		for _, x := range [][2]string{{"police", "inspector"}, {"prosecution", "prosecutor"}, {"municipality", ""}, {"school", "teacher"}} {
			w.must(w.s.Invite(ctx, worker, w.key(), c.ID, casework.Seat{Agency: w.agency[x[0]], Person: w.person[x[1]].Person, Function: "member"}, 90))
		}
		for _, name := range []string{"police", "prosecution", "municipality", "school"} {
			if _, ok := find(w.meeting(c.ID, id).Meeting.Calls, w.agency[name]); !ok {
				t.Errorf("%s joined, and is not called", name)
			}
			w.must(w.s.NoteCall(ctx, worker, c.ID, id, casework.Call{Agency: w.agency[name], Phoned: w.clock.Now(), Wrote: w.clock.Now(), Channel: "post"}))
		}
		if n := w.mailed(id, "inspector"); n != 1 {
			t.Errorf("the inspector joined, and has %d messages about the meeting", n)
		}
		if n := w.mailed(off, "inspector"); n != 0 {
			t.Errorf("the inspector joined, and has %d messages about a meeting that was called off", n)
		}
		if k := w.clocks("", c.ID)["D10"]; k.State != casework.Met {
			t.Errorf("all three were called both ways: %s", k.State)
		}
		w.must(w.s.Invite(ctx, worker, w.key(), c.ID, casework.Seat{Agency: w.agency["municipality"], Person: w.person["expert"].Person, Function: "member"}, 90))
		if k, _ := find(w.meeting(c.ID, id).Meeting.Calls, w.agency["municipality"]); !k.Called() {
			t.Error("the municipality named a person, and its call is forgotten")
		}
	})
}

// minuted holds a meeting to which a municipality without an account came, and ends its minutes.
func (w *world) minuted() (casework.Case, string) {
	w.Helper()
	ctx, worker, c := w.Context(), w.person["worker"], w.opened()
	for _, x := range [][2]string{{"police", "inspector"}, {"municipality", ""}} {
		w.must(w.s.Invite(ctx, worker, w.key(), c.ID, casework.Seat{Agency: w.agency[x[0]], Person: w.person[x[1]].Person, Function: "member"}, 90))
	}
	id := w.call(c, time.Hour)
	w.clock.Move(time.Hour)
	w.must(w.s.Hold(ctx, worker, c.ID, id, w.clock.Now(), []casework.Attended{{Agency: w.agency["police"], Came: "yes"}, {Agency: w.agency["municipality"], Came: "yes"}}))
	x := task(w, id)
	x.Agency = w.agency["police"]
	w.must(w.s.AddTask(ctx, worker, w.key(), c.ID, x))
	w.must(w.s.WriteMinutes(ctx, worker, c.ID, id, casework.Form{}, casework.Form{"risk": "Висок."}))
	w.must(w.s.EndMinutes(ctx, worker, c.ID, id, time.Time{}))
	w.must(w.s.Sign(ctx, w.person["inspector"], c.ID, id, true, ""))
	return c, id
}

func TestASignatureOnPaperPutsTheMinutesInForce(t *testing.T) {
	each(t, func(w *world) {
		ctx, worker := w.Context(), w.person["worker"]
		c, id := w.minuted()
		today := calendar.On(w.clock.Now())
		w.clock.Move(24 * time.Hour)
		paper := func(who access.Actor, of string, on calendar.Date, agree bool, dissent string) error {
			return w.s.SignOnPaper(ctx, who, c.ID, id, w.agency[of], on, agree, sealed.Text(dissent))
		}
		w.want(fault.Denied, paper(w.person["inspector"], "municipality", today, true, ""), "recorded by a member")
		w.at("on", paper(worker, "municipality", today.AddDays(-1), true, ""), "before the meeting")
		w.at("on", paper(worker, "municipality", today.AddDays(2), true, ""), "on a day to come")
		w.at("on", paper(worker, "municipality", calendar.Date{}, true, ""), "on no day")
		w.at("agency", paper(worker, "police", today, true, ""), "of an institution that has signed")
		w.at("agency", paper(worker, "school", today, true, ""), "of an institution that did not come")
		w.at("dissent", paper(worker, "municipality", today, false, ""), "a dissent without a word")
		w.must(paper(worker, "municipality", today, false, "Общината не може да осигури транспорт."))
		v := w.meeting(c.ID, id)
		if v.Meeting.State != casework.MeetingAgreed || v.Tasks[0].State != casework.TaskOpen {
			t.Errorf("the last signature came on paper: %s, task %s", v.Meeting.State, v.Tasks[0].State)
		}
		if k, _ := find(v.Meeting.Calls, w.agency["municipality"]); !k.OnPaper || k.Signed != "dissent" || k.Signer != worker.Person || calendar.On(k.SignAt) != today {
			t.Errorf("what is kept of it: %+v", k)
		}
		for _, k := range w.allClocks(c.ID) {
			if k.Rule == "R02" && (k.State != casework.Met || k.Late) {
				t.Errorf("the term of %s is %s, late %v", k.Agency, k.State, k.Late)
			}
		}
	})
}

// What comes by post after the time to sign is kept; the term stays late.
func TestASignatureOnPaperThatComesLateIsKept(t *testing.T) {
	each(t, func(w *world) {
		c, id := w.minuted()
		w.clock.Move(73 * time.Hour)
		w.must(w.s.SettleMinutes(w.Context()))
		w.must(w.s.SignOnPaper(w.Context(), w.person["worker"], c.ID, id, w.agency["municipality"], calendar.On(w.clock.Now()), true, ""))
		if k, _ := find(w.meeting(c.ID, id).Meeting.Calls, w.agency["municipality"]); k.Signed != "agreed" {
			t.Errorf("what is kept of it: %+v", k)
		}
		for _, k := range w.allClocks(c.ID) {
			if k.Rule == "R02" && k.Agency == w.agency["municipality"] && !k.Late {
				t.Errorf("the term that was missed: %s, late %v", k.State, k.Late)
			}
		}
	})
}

// The leading unit signs by ending the minutes: nothing waits for it, and it is told so.
func TestTheLeadingUnitSignsByEndingTheMinutes(t *testing.T) {
	each(t, func(w *world) {
		c, id := w.minuted()
		v := w.meeting(c.ID, id)
		if v.MaySign || !v.Meeting.Ended().Equal(w.clock.Now()) {
			t.Errorf("a signature is offered: %v; ended %v", v.MaySign, v.Meeting.Ended())
		}
		err := w.s.Sign(w.Context(), w.person["worker"], c.ID, id, true, "")
		if all := fault.All(err); len(all) != 1 || all[0].Key != "meeting.leadsigns" {
			t.Errorf("signing again: %v", err)
		}
	})
}
