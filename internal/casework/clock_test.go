package casework_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/casework"
	"strengthen/internal/fault"
	"strengthen/internal/org"
	"strengthen/internal/store"
	"strengthen/internal/testkit"
)

func TestEveryShippedRuleQuotesItsSource(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range casework.ShippedRules() {
		if r.Article == "" || !strings.Contains("ABC", r.Confidence) || r.NameBG == "" || r.NameEN == "" || seen[r.Ref] {
			t.Errorf("rule %s: article %q, confidence %q", r.Ref, r.Article, r.Confidence)
		}
		if r.Confidence == "C" && !r.Practice && !r.RollBySetting {
			t.Errorf("rule %s is to be confirmed and yet a term of the law without a setting", r.Ref)
		}
		if !slices.Contains(casework.Conditions(), r.When) {
			t.Errorf("rule %s has the condition %q", r.Ref, r.When)
		}
		if got, err := casework.ParseLadder(casework.LadderText(r.Ladder)); err != nil || !slices.Equal(got, r.Ladder) {
			t.Errorf("ladder of %s: %v, %v", r.Ref, got, err)
		}
		seen[r.Ref] = true
	}
	// The terms of the domain page that a clock can run for; D01 to D03, D06, D07 and D34 are duties without a term of their own.
	for _, ref := range strings.Fields("D04 D05 D08 D09 D10 D11 D12 D13 D14 D15 D16 D17 D18 D19 D20 D21 D22 D23 D24 D25 D26 D27 D28 D29 D30 D31 D32 D33 D35") {
		if !seen[ref] {
			t.Errorf("%s has no rule", ref)
		}
	}
}

// The terms are those of the Act, told as moments: signal on Monday 2 March 2026 at 09:00.
func TestTheClocksOfASignalAndItsCase(t *testing.T) {
	each(t, func(w *world) {
		at := func(s string) time.Time {
			m, err := time.ParseInLocation(time.DateTime, s, calendar.Sofia)
			w.must(err)
			return m
		}
		g := w.give("worker", violence())
		clocks := w.clocks(g.ID, "")
		for ref, due := range map[string]string{"D08": "2026-03-02 10:00:00", "D09": "2026-03-03 09:00:00", "D16": "2026-03-16 23:59:59"} {
			if k := clocks[ref]; !k.Due.Equal(at(due)) || k.State != casework.Running || k.Agency != w.agency["ozd"] {
				t.Errorf("%s is due %s (%s), want %s", ref, k.Due.In(calendar.Sofia), k.State, due)
			}
		}
		if len(clocks) != 3 {
			t.Errorf("%d clocks run, want 3", len(clocks))
		}
		other := violence()
		other.Track, other.Kinds = casework.Other, []casework.Kind{"at_risk_development"}
		o := w.give("worker", other)
		if k := w.clocks(o.ID, "")["D12"]; !k.Due.Equal(at("2026-03-12 23:59:59")) {
			t.Errorf("D12 is due %s, want 12 March", k.Due.In(calendar.Sofia))
		}

		w.clock.Set(at("2026-03-02 15:30:00"))
		w.must(w.s.Screen(w.Context(), w.person["worker"], g.ID, g.Version))
		w.must(w.s.Assess(w.Context(), w.person["worker"], g.ID, g.Version+1, casework.Confirmed, time.Time{}))
		if k := w.clocks(g.ID, "")["D09"]; k.State != casework.Met || k.Late || !k.Ended.Equal(w.clock.Now()) {
			t.Errorf("D09 after the assessment: %s, late %v", k.State, k.Late)
		}
		w.clock.Move(24 * time.Hour)
		w.must(w.s.Happened(w.Context(), w.person["worker"], o.ID, o.Version, casework.SignalTold, time.Time{}))
		late := w.give("worker", func() casework.Signal { g := violence(); g.Received = at("2026-03-02 09:00:00"); return g }())
		w.must(w.s.Screen(w.Context(), w.person["worker"], late.ID, late.Version))
		w.must(w.s.Assess(w.Context(), w.person["worker"], late.ID, late.Version+1, casework.AtRisk, time.Time{}))
		for what, want := range map[string]int{"sum(n)": 2, "sum(in_time)": 1, "sum(CASE WHEN hours = 6 THEN n END)": 1, "sum(CASE WHEN hours = 30 THEN n END)": 1} {
			if n := testkit.Count(w, w.db, "SELECT "+what+" FROM figure_cell WHERE what = 'assessed.violence' AND month = '2026-03' AND region_id = 'PER'"); n != want {
				t.Errorf("%s of what was assessed: %d, want %d", what, n, want)
			}
		}
		w.clock.Set(at("2026-03-02 15:30:00"))
		id, err := w.s.Open(w.Context(), w.person["worker"], w.key(), g.ID, g.Version+2, "")
		w.must(err)
		clocks = w.clocks("", id)
		if k := clocks["D13"]; !k.Due.Equal(at("2026-03-30 23:59:59")) || k.Person != w.person["worker"].Person {
			t.Errorf("D13 is due %s, want four weeks from the receipt of the signal", k.Due.In(calendar.Sofia))
		}
		if k := clocks["D10"]; k.State != casework.Running || !k.Start.Equal(w.clock.Now()) || !k.Due.Equal(w.clock.Now().Add(time.Hour)) {
			t.Errorf("D10 begins with the confirmation: %s, %s to %s", k.State, k.Start, k.Due)
		}
		if k := clocks["D08"]; k.Case != id {
			t.Error("the clocks of the signal are not seen on the case")
		}
	})
}

func TestARoundNoonOfAnotherTown(t *testing.T) {
	each(t, func(w *world) { // forwarded: the 24 hours begin when the directorate has it
		school := violence()
		school.Unit = w.agency["police"]
		g := w.give("inspector", school)
		if k := w.clocks(g.ID, ""); k["D05"].State != casework.Running || k["D09"].ID != "" {
			t.Errorf("at the police: %v", k)
		}
		w.clock.Move(3 * time.Hour)
		w.must(w.s.Forward(w.Context(), w.person["inspector"], g.ID, g.Version, w.agency["ozd"], "PER32", ""))
		k := w.clocks(g.ID, "")
		if k["D05"].State != casework.Met || !k["D05"].Late || !k["D09"].Due.Equal(w.clock.Now().Add(24*time.Hour)) {
			t.Errorf("after forwarding: D05 %s late %v, D09 due %s", k["D05"].State, k["D05"].Late, k["D09"].Due)
		}
	})
}

// Whoever gets a signal that is not theirs has to forward it, though somebody forwarded it to them.
func TestASignalForwardedToTheWrongOneIsForwardedAgain(t *testing.T) {
	each(t, func(w *world) {
		g := w.give("worker", violence())
		w.clock.Move(time.Hour)
		w.must(w.s.Forward(w.Context(), w.person["worker"], g.ID, g.Version, w.agency["police"], "", ""))
		if k := w.clocks(g.ID, "")["D05"]; k.State != casework.Running || !k.Start.Equal(w.clock.Now()) {
			t.Errorf("at the police: %s from %s", k.State, k.Start)
		}
	})
}

// An urgent signal opens a case before it is assessed. What the assessment confirms then calls the team, once.
func TestViolenceConfirmedAfterTheCaseIsOpen(t *testing.T) {
	each(t, func(w *world) {
		ctx, worker := w.Context(), w.person["worker"]
		for found, want := range map[casework.Outcome]int{casework.Confirmed: 1, casework.AtRisk: 0} {
			g := w.give("worker", violence())
			id, err := w.s.Open(ctx, worker, w.key(), g.ID, g.Version, "")
			w.must(err)
			confirmed := w.clock.Now().Add(20 * time.Minute)
			w.clock.Move(30 * time.Minute)
			for range 2 {
				w.must(w.s.Assess(ctx, worker, g.ID, w.signal(g.ID).Version, found, confirmed))
			}
			n := 0
			for _, k := range w.allClocks(id) {
				if k.Rule == "D10" {
					if n++; !k.Start.Equal(confirmed) || k.State != casework.Running {
						t.Errorf("%s: the team is to be called from %s, %s", found, k.Start, k.State)
					}
				}
			}
			if n != want {
				t.Errorf("%s: the team is to be called %d times, want %d", found, n, want)
			}
		}
	})
}

// Violence that was confirmed calls the team of the case to which its signal is linked, whatever the case was about; taken out
// again, the signal leaves the case as it was.
func TestConfirmedViolenceIsLinked(t *testing.T) {
	each(t, func(w *world) {
		ctx, worker, neglect := w.Context(), w.person["worker"], violence()
		neglect.Track, neglect.Kinds = casework.Other, []casework.Kind{"no_care"}
		c := w.openedAs(neglect).ID
		found := func() (casework.SignalID, casework.ClockState) {
			for _, k := range w.allClocks(c) {
				if k.Rule == "D10" {
					return k.Signal, k.State
				}
			}
			return "", ""
		}
		g := w.give("worker", violence())
		w.must(w.s.Screen(ctx, worker, g.ID, g.Version))
		w.must(w.s.Assess(ctx, worker, g.ID, w.signal(g.ID).Version, casework.Confirmed, w.clock.Now()))
		w.must(w.s.Link(ctx, worker, g.ID, w.signal(g.ID).Version, c))
		if of, state := found(); of != g.ID || state != casework.Running {
			t.Errorf("linked: the team is to be called for %q, %s", of, state)
		}
		w.must(w.s.Unlink(ctx, worker, g.ID, w.signal(g.ID).Version))
		if _, state := found(); state != "" {
			t.Errorf("taken out: the team of the case is to be called, %s", state)
		}
		if k := w.clocks(g.ID, "")["D10"]; k.State != casework.Cancelled {
			t.Errorf("of the signal: %s", k.State)
		}
		w.must(w.s.Link(ctx, worker, g.ID, w.signal(g.ID).Version, c))
		if of, state := found(); of != g.ID || state == "" {
			t.Errorf("linked again: %q, %s", of, state)
		}
	})
}

// What has to be done at once has no length: it is in time until its first reminder, and late from then on.
func TestAtOnceIsLateFromItsFirstReminder(t *testing.T) {
	for name, tc := range map[string]struct {
		after time.Duration
		state casework.ClockState // before it is done
		late  bool
	}{
		"within the hour":      {59 * time.Minute, casework.Running, false},
		"after the hour":       {time.Hour + time.Minute, casework.Breached, true},
		"long after the hour":  {30 * time.Hour, casework.Breached, true},
		"at the very end":      {time.Hour - time.Second, casework.Running, false},
		"at the moment itself": {0, casework.Running, false},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(w *world) {
				school := violence()
				school.Unit = w.agency["police"]
				g := w.give("inspector", school)
				w.clock.Move(tc.after)
				w.sweep()
				if k := w.clocks(g.ID, "")["D05"]; k.State != tc.state {
					t.Errorf("D05 %v after the receipt is %s, want %s", tc.after, k.State, tc.state)
				}
				w.must(w.s.Forward(w.Context(), w.person["inspector"], g.ID, g.Version, w.agency["ozd"], "PER32", ""))
				if k := w.clocks(g.ID, "")["D05"]; k.State != casework.Met || k.Late != tc.late {
					t.Errorf("D05 done %v after the receipt: %s, late %v, want %v", tc.after, k.State, k.Late, tc.late)
				}
			})
		})
	}
}

// A share of nothing is no moment.
func TestAtOnceHasNoShares(t *testing.T) {
	each(t, func(w *world) {
		for ladder, refused := range map[string]bool{"50% +1h": true, "100%": true, "+30m +2h": false} {
			rungs, err := casework.ParseLadder(ladder)
			w.must(err)
			r := casework.ShippedRules()[0]
			for _, x := range casework.ShippedRules() {
				if x.Ref == "D05" {
					r = x
				}
			}
			r.Ladder, r.VerifiedBy, r.VerifiedOn = rungs, "Юрист", calendar.On(w.clock.Now())
			err = w.s.SaveRule(w.Context(), administrator, r)
			if all := fault.All(err); refused != (len(all) == 1 && all[0].Field == "ladder") {
				t.Errorf("%s: %v", ladder, err)
			}
		}
	})
}

// told hands out the mail about clocks and returns who was told at which level.
func (w *world) told() []string {
	w.Helper()
	names := map[access.PersonID]string{}
	for name, a := range w.person {
		names[a.Person] = name
	}
	var all []string
	_, err := w.org.SendDue(w.Context(), func(_ context.Context, m org.Message) error {
		if m.Kind == "clock" {
			all = append(all, names[m.Person]+"/"+m.Vars["rule"]+"/"+m.Vars["level"])
			if strings.Contains(strings.ToLower(m.Vars["ref"]+m.Vars["path"]), "момиче") || m.Vars["ref"] == "" {
				w.Errorf("the mail says %v", m.Vars)
			}
		}
		return nil
	})
	w.must(err)
	slices.Sort(all)
	return all
}

func TestTheLadderGoesUpToSomebodyOnDuty(t *testing.T) {
	each(t, func(w *world) {
		w.must(w.s.PlanDuty(w.Context(), w.person["head"], w.key(), casework.Duty{Agency: w.agency["ozd"], Person: w.person["worker2"].Person,
			From: w.clock.Now(), Until: w.clock.Now().Add(20 * time.Hour), Rung: 1}))
		g := w.give("worker", violence())
		w.must(w.s.Happened(w.Context(), w.person["worker"], g.ID, g.Version, casework.SignalTold, time.Time{}))
		step := func(d time.Duration, want ...string) {
			t.Helper()
			w.clock.Move(d)
			if _, err := w.s.SweepClocks(w.Context()); err != nil {
				t.Fatal(err)
			}
			if got := w.told(); !slices.Equal(got, want) {
				t.Errorf("after %s: %v, want %v", d, got, want)
			}
		}
		step(11 * time.Hour)                                  // not half yet
		step(time.Hour, "worker2/D09/0")                      // half: nobody is named, so the one on duty
		step(time.Minute)                                     // told once
		step(6*time.Hour, "worker2/D09/0")                    // three quarters
		step(6*time.Hour, "head/D09/1")                       // over; the turn has ended, so the head
		step(4*time.Hour, "head/D09/2")                       // four hours later
		step(20*time.Hour, "coordinator/D09/3", "head/D09/3") // a day later
		if k := w.clocks(g.ID, "")["D09"]; k.State != casework.Breached || !k.Next.IsZero() {
			t.Errorf("state %s, next %s", k.State, k.Next)
		}
		g = w.signal(g.ID)
		w.must(w.s.Screen(w.Context(), w.person["worker"], g.ID, g.Version))
		w.must(w.s.Assess(w.Context(), w.person["worker"], g.ID, g.Version+1, casework.AtRisk, time.Time{}))
		if k := w.clocks(g.ID, "")["D09"]; k.State != casework.Met || !k.Late {
			t.Errorf("met late: %s, late %v", k.State, k.Late)
		}
	})
}

// letters hands out the mail about the clocks of a rule, by whom it is for.
func (w *world) letters(rule string) map[string]map[string]string {
	w.Helper()
	all := map[string]map[string]string{}
	_, err := w.org.SendDue(w.Context(), func(_ context.Context, m org.Message) error {
		for name, a := range w.person {
			if m.Kind == "clock" && m.Vars["rule"] == rule && a.Person == m.Person {
				all[name] = m.Vars
			}
		}
		return nil
	})
	w.must(err)
	return all
}

func (w *world) onDuty(keeper, agency, who string) {
	w.Helper()
	w.must(w.s.PlanDuty(w.Context(), w.person[keeper], w.key(), casework.Duty{Agency: w.agency[agency], Person: w.person[who].Person,
		From: w.clock.Now(), Until: w.clock.Now().Add(20 * time.Hour), Rung: 1}))
}

// What has to be done at once is told to those who can do it, then above as well, and the one on duty is never left out. What is
// said is whom it reached, and why them; a page is named only to those to whom it opens.
func TestAtOnceReachesWhoeverIsOnDuty(t *testing.T) {
	each(t, func(w *world) {
		ctx := w.Context()
		expect := func(what, rule string, want map[string]string) {
			t.Helper()
			w.sweep()
			got := w.letters(rule)
			for name, vars := range got {
				if why, ok := want[name]; !ok || vars["why"] != why {
					t.Errorf("%s: %s is told because of %q, want %q", what, name, vars["why"], why)
				}
			}
			if len(got) != len(want) {
				t.Errorf("%s: %d people are told, want %d", what, len(got), len(want))
			}
			for name, vars := range got {
				if opens := name == "worker" || name == "worker2" || name == "head"; opens != (vars["path"] != "") && name != "inspector" {
					t.Errorf("%s: %s is sent to %q", what, name, vars["path"])
				}
			}
		}
		c := w.opened()
		w.must(w.s.Invite(ctx, w.person["worker"], w.key(), c.ID, casework.Seat{Agency: w.agency["police"], Person: w.person["inspector"].Person, Function: "inspector"}, 30))
		w.must(w.s.Protect(ctx, w.person["inspector"], w.key(), casework.Protection{Case: c.ID, Agency: w.agency["police"], AskedBy: "directorate", Ground: "danger",
			OrderedBy: "head", Granted: w.clock.Now().Add(-3 * time.Hour), Option: "residential"}))
		expect("the police have no rota", "D27", map[string]string{"inspector": "over staff", "inspector2": "over staff"})
		w.onDuty("inspector", "police", "inspector2")
		w.clock.Move(time.Hour)
		expect("the rota of the police", "D27", map[string]string{"inspector2": "over duty above.coordinator", "coordinator": "over duty above.coordinator"})
		w.want(fault.Denied, w.s.PlanDuty(ctx, w.person["inspector"], w.key(), casework.Duty{Agency: w.agency["school"], Person: w.person["teacher"].Person,
			From: w.clock.Now(), Until: w.clock.Now().Add(time.Hour), Rung: 1}), "the rota of somebody else")

		w.onDuty("head", "ozd", "worker")
		w.must(w.s.CaseHappened(ctx, w.person["worker"], c.ID, "placement.needed", w.clock.Now().Add(-90*time.Minute), ""))
		w.must(w.s.Assign(ctx, w.person["head"], c.ID, w.cas(c.ID).Version, w.person["worker2"].Person))
		expect("given to somebody who is not on duty", "D19", map[string]string{"worker2": "over person duty", "worker": "over person duty"})
		w.clock.Move(30 * time.Minute)
		expect("an hour later", "D19", map[string]string{"worker2": "over person duty above.head", "worker": "over person duty above.head", "head": "over person duty above.head"})
	})
}

// The warnings of a signal go to whoever took it; those of a call to the helpline to the unit that has it.
func TestWarningsReachWhoeverTookTheSignal(t *testing.T) {
	each(t, func(w *world) {
		g := w.give("worker", violence())
		w.must(w.s.Acknowledge(w.Context(), w.person["worker2"], g.ID, g.Version))
		w.clock.Move(12 * time.Hour)
		w.sweep()
		if got := w.letters("D09"); len(got) != 1 || got["worker2"]["why"] != "near person" {
			t.Errorf("half of the day: %v", got)
		}
		call := violence()
		call.Channel = "helpline"
		call = w.give("worker", call)
		w.must(w.s.Acknowledge(w.Context(), w.person["worker2"], call.ID, call.Version))
		w.clock.Move(52 * time.Hour)
		w.sweep()
		got := w.letters("D32")
		if got["worker2"]["path"] == "" || got["head"]["path"] == "" || got["manager"] != nil || got["coordinator"] != nil {
			t.Errorf("the report of the helpline: %v", got)
		}
	})
}

func TestASweepTouchesOnlyWhatIsNear(t *testing.T) {
	each(t, func(w *world) {
		for range 5 {
			w.give("worker", violence())
		}
		if n, err := w.s.SweepClocks(w.Context()); err != nil || n != 0 {
			t.Errorf("%d clocks moved at once, %v", n, err)
		}
		w.clock.Move(61 * time.Minute) // the hour of D08 is over
		if n, err := w.s.SweepClocks(w.Context()); err != nil || n != 5 {
			t.Errorf("%d clocks moved after an hour, want the five of D08 (%v)", n, err)
		}
	})
}

// A start that is corrected backwards over an escalation: the old start and end stay, the breach stands at its new moment, and
// what was told stays told.
func TestACorrectionKeepsWhatWas(t *testing.T) {
	each(t, func(w *world) {
		g := w.give("worker", violence())
		k := w.clocks(g.ID, "")["D09"]
		w.clock.Move(13 * time.Hour)
		if _, err := w.s.SweepClocks(w.Context()); err != nil {
			t.Fatal(err)
		}
		w.told()
		earlier := k.Start.Add(-20 * time.Hour)
		w.want(fault.Invalid, w.s.Correct(w.Context(), w.person["worker"], k.ID, w.clock.Now().Add(time.Hour), "late_entry"), "a start in the future")
		w.want(fault.Invalid, w.s.Correct(w.Context(), w.person["worker"], k.ID, earlier, "because"), "without a reason of the list")
		w.want(fault.Denied, w.s.Correct(w.Context(), w.person["stranger"], k.ID, earlier, "late_entry"), "by somebody else")
		w.must(w.s.Correct(w.Context(), w.person["worker"], k.ID, earlier, "late_entry"))
		if _, err := w.s.SweepClocks(w.Context()); err != nil {
			t.Fatal(err)
		}
		now := w.clocks(g.ID, "")["D09"]
		if now.State != casework.Breached || !now.Due.Equal(earlier.Add(24*time.Hour)) {
			t.Errorf("state %s, due %s", now.State, now.Due)
		}
		var history []casework.ClockChange
		w.must(store.For[casework.Tx]{DB: w.db}.View(w.Context(), access.TheSystem(), func(tx casework.Tx) (err error) {
			history, err = tx.ClockChanges(w.Context(), k.ID)
			return err
		}))
		var what []string
		for _, h := range history {
			what = append(what, h.What)
			if h.What == "corrected" && (!h.OldStart.Equal(k.Start) || !h.OldDue.Equal(k.Due) || h.Reason != "late_entry") {
				t.Errorf("the correction keeps %+v", h)
			}
		}
		if got := strings.Join(what, " "); !strings.HasPrefix(got, "started escalated corrected") || !strings.Contains(got, "breached") {
			t.Errorf("history %s", got)
		}
		if told := w.told(); !slices.ContainsFunc(told, func(s string) bool { return strings.HasSuffix(s, "/D09/3") || strings.HasSuffix(s, "/D09/2") }) {
			t.Errorf("after the correction: %v", told)
		}
		// and forwards again: it runs
		w.must(w.s.Correct(w.Context(), w.person["worker"], k.ID, w.clock.Now().Add(-time.Hour), "wrong_entry"))
		if now := w.clocks(g.ID, "")["D09"]; now.State != casework.Running || now.Overdue(w.clock.Now()) {
			t.Errorf("corrected forwards: %s", now.State)
		}
	})
}

func TestTermsOfDaysMayStandStillAndHoursMayNot(t *testing.T) {
	each(t, func(w *world) {
		c := w.opened()
		clocks := w.clocks("", c.ID)
		w.want(fault.Invalid, w.s.Pause(w.Context(), w.person["worker"], clocks["D10"].ID, "court"), "a term of hours")
		w.want(fault.Invalid, w.s.Pause(w.Context(), w.person["worker"], clocks["D13"].ID, "holiday"), "a reason of one's own")
		w.must(w.s.Pause(w.Context(), w.person["worker"], clocks["D13"].ID, "abroad"))
		w.clock.Move(60 * 24 * time.Hour)
		if _, err := w.s.SweepClocks(w.Context()); err != nil {
			t.Fatal(err)
		}
		if k := w.clocks("", c.ID)["D13"]; k.State != casework.Paused {
			t.Errorf("while it stands still: %s", k.State)
		}
		w.must(w.s.Resume(w.Context(), w.person["worker"], clocks["D13"].ID))
		if k := w.clocks("", c.ID)["D13"]; k.State != casework.Running || calendar.On(clocks["D13"].Due).DaysUntil(calendar.On(k.Due)) != 60 {
			t.Errorf("after 60 days: %s, due %s, was %s", k.State, k.Due, clocks["D13"].Due)
		}
	})
}

// For which reasons a term may stand still is part of its rule, and a change holds for the terms that begin after it.
func TestWhyATermStandsStillIsPartOfItsRule(t *testing.T) {
	each(t, func(w *world) {
		ctx, worker, admin := w.Context(), w.person["worker"], w.person["admin"]
		before := w.clocks("", w.opened().ID)["D13"]
		rules, err := w.s.Rules(ctx, admin)
		w.must(err)
		rule := func(ref string) casework.ClockRule {
			return rules[slices.IndexFunc(rules, func(r casework.ClockRule) bool { return r.Ref == ref })]
		}
		r := rule("D13")
		r.Pauses, r.VerifiedBy, r.VerifiedOn = []string{"missing", "court"}, "правен отдел", calendar.On(w.clock.Now())
		w.must(w.s.SaveRule(ctx, admin, r))
		after := w.clocks("", w.opened().ID)["D13"]
		w.at("reason", w.s.Pause(ctx, worker, after.ID, "abroad"), "a reason that was taken away")
		w.must(w.s.Pause(ctx, worker, after.ID, "court"))
		w.must(w.s.Pause(ctx, worker, before.ID, "abroad"))
		r.Pauses = []string{"holiday"}
		w.at("pauses", w.s.SaveRule(ctx, admin, r), "a reason of one's own")
		hours := rule("D09")
		hours.Pauses, hours.VerifiedBy, hours.VerifiedOn = []string{"court"}, "правен отдел", calendar.On(w.clock.Now())
		w.at("pauses", w.s.SaveRule(ctx, admin, hours), "a term of hours")
	})
}

// A change of the law, or of the house's practice, adds a version and does not move clocks that run.
func TestANewVersionOfARuleLeavesOldClocks(t *testing.T) {
	each(t, func(w *world) {
		g := w.give("worker", violence())
		rules, err := w.s.Rules(w.Context(), w.person["admin"])
		w.must(err)
		i := slices.IndexFunc(rules, func(r casework.ClockRule) bool { return r.Ref == "D08" })
		r := rules[i]
		r.Term.N = 2
		w.want(fault.Denied, w.s.SaveRule(w.Context(), w.person["head"], r), "a head of a unit")
		r.Article = ""
		w.want(fault.Invalid, w.s.SaveRule(w.Context(), w.person["admin"], r), "a rule without its source")
		r.Article = "Споразумение от 2010 г., местна практика"
		w.must(w.s.SaveRule(w.Context(), w.person["admin"], r))
		if k := w.clocks(g.ID, "")["D08"]; k.Due.Sub(k.Start) != time.Hour {
			t.Errorf("a running clock was moved to %s", k.Due.Sub(k.Start))
		}
		if k := w.clocks(w.give("worker", violence()).ID, "")["D08"]; k.Due.Sub(k.Start) != 2*time.Hour || k.Version != 2 {
			t.Errorf("a new clock runs %s under version %d", k.Due.Sub(k.Start), k.Version)
		}
	})
}

// Whatever is missing in an institution, there is somebody whom an escalation reaches.
func TestEveryEscalationReachesSomebody(t *testing.T) {
	each(t, func(w *world) {
		for name, end := range map[string][]string{
			"as it is": nil, "no head": {"head"}, "nobody at the unit": {"worker", "worker2"}, "no coordinator": {"coordinator"},
		} {
			for _, who := range end {
				w.must(w.org.Suspend(w.Context(), administrator, w.person[who].Person))
			}
			for level := range 4 {
				var to casework.Told
				w.must(store.For[casework.Tx]{DB: w.db}.View(w.Context(), access.TheSystem(), func(tx casework.Tx) (err error) {
					to, err = casework.Reach(w.Context(), tx, casework.Clock{Agency: w.agency["ozd"], Region: "PER", Person: w.person["worker"].Person}, level)
					return err
				}))
				if len(to.To) == 0 || len(to.Why) == 0 {
					t.Errorf("%s: level %d reaches nobody: %v", name, level, to)
				}
			}
		}
	})
}

// history is what became of a clock, by its words.
func (w *world) history(id casework.ClockID) []string {
	w.Helper()
	var what []string
	w.must(store.For[casework.Tx]{DB: w.db}.View(w.Context(), access.TheSystem(), func(tx casework.Tx) error {
		all, err := tx.ClockChanges(w.Context(), id)
		for _, h := range all {
			what = append(what, h.What)
		}
		return err
	}))
	return what
}

// A term that was met late, and whose start was entered wrongly, was met in time after all; a start after the end is none.
func TestACorrectionOfAClockThatEnded(t *testing.T) {
	each(t, func(w *world) {
		ctx, worker := w.Context(), w.person["worker"]
		g := w.give("worker", violence())
		start := w.clock.Now()
		w.clock.Move(25 * time.Hour)
		w.must(w.s.Screen(ctx, worker, g.ID, g.Version))
		w.must(w.s.Assess(ctx, worker, g.ID, g.Version+1, casework.Unfounded, time.Time{}))
		ended := w.clock.Now()
		k := w.clocks(g.ID, "")["D09"]
		if !k.Late {
			t.Fatal("25 hours are not late")
		}
		w.clock.Move(time.Hour)
		w.at("start", w.s.Correct(ctx, worker, k.ID, ended.Add(time.Second), "wrong_entry"), "a start after the end")
		w.must(w.s.Correct(ctx, worker, k.ID, start.Add(2*time.Hour), "wrong_entry"))
		if k = w.clocks(g.ID, "")["D09"]; k.Late || k.State != casework.Met || !k.Ended.Equal(ended) {
			t.Errorf("23 hours: %s, late %v", k.State, k.Late)
		}
		w.must(w.s.Correct(ctx, worker, k.ID, start, "wrong_entry"))
		if k = w.clocks(g.ID, "")["D09"]; !k.Late {
			t.Error("25 hours again, and not late")
		}
		w.must(w.s.ProposeEnd(ctx, worker, g.ID, g.Version+2, "Проверено с училището и семейството."))
		w.must(w.s.DecideEnd(ctx, w.person["head"], g.ID, g.Version+3, true, ""))
		w.want(fault.Conflict, w.s.Correct(ctx, worker, w.clocks(g.ID, "")["D16"].ID, start, "wrong_entry"), "a clock that was cancelled")
	})
}

// Of a clock that stood still, and of one whose end is told by a request or a task, a correction of the start leaves what is
// not about the start: the days it stood still, the day that was agreed.
func TestACorrectionKeepsStandingDays(t *testing.T) {
	each(t, func(w *world) {
		ctx, worker := w.Context(), w.person["worker"]
		c := w.opened()
		k := w.clocks("", c.ID)["D13"]
		w.must(w.s.Pause(ctx, worker, k.ID, "abroad"))
		w.want(fault.Conflict, w.s.Correct(ctx, worker, k.ID, k.Start, "late_entry"), "while it stands still")
		w.want(fault.Conflict, w.s.Pause(ctx, worker, k.ID, "court"), "paused twice")
		w.clock.Move(10 * 24 * time.Hour)
		w.must(w.s.Resume(ctx, worker, k.ID))
		w.want(fault.Conflict, w.s.Resume(ctx, worker, k.ID), "resumed twice")
		due := calendar.On(w.clocks("", c.ID)["D13"].Due)
		w.must(w.s.Correct(ctx, worker, k.ID, k.Start.AddDate(0, 0, -1), "late_entry"))
		// Four weeks from Sunday 1 March end on Sunday the 29th, which moves to Monday the 30th as before; the ten days stay.
		if got := calendar.On(w.clocks("", c.ID)["D13"].Due); got != due {
			t.Errorf("due %s, was %s", got, due)
		}
		if got := w.history(k.ID); !slices.Equal(got, []string{"started", "paused", "resumed", "corrected"}) {
			t.Errorf("history %v", got)
		}

		w.must(w.s.Correct(ctx, worker, k.ID, w.clock.Now(), "wrong_entry"))
		// Four weeks from Thursday 12 March, after it stood still.
		if got := calendar.On(w.clocks("", c.ID)["D13"].Due); got != calendar.Of(2026, 4, 9) {
			t.Errorf("begun after it stood still: due %s", got)
		}

	})
}

// The terms of a request begin with its steps, whose moments nobody enters, and end on its day.
func TestTheStartOfARequestIsNotCorrected(t *testing.T) {
	each(t, func(w *world) {
		ctx, worker := w.Context(), w.person["worker"]
		c := w.opened()
		r := w.ask(c)
		k := w.clocks("", c.ID)["R01"]
		w.want(fault.Conflict, w.s.Correct(ctx, worker, k.ID, k.Start.Add(-time.Hour), "late_entry"), "the answer")
		w.must(w.step("teacher", r.ID, casework.Accept, ""))
		k = w.clocks("", c.ID)["R04"]
		w.want(fault.Conflict, w.s.Correct(ctx, worker, k.ID, k.Start.Add(-time.Hour), "late_entry"), "carrying it out")
	})
}

// Whose clock it is: the sender's, the court's, or nobody's whom the program knows.
func TestWhoseClockItIs(t *testing.T) {
	each(t, func(w *world) {
		ctx, worker := w.Context(), w.person["worker"]
		g := violence()
		g.Track, g.Kinds, g.Source, g.SourceAgency = casework.Other, []casework.Kind{"abandonment"}, casework.FromAgency, w.agency["hospital"]
		g.Words.Sender, g.Learned, g.Received = "", w.clock.Now().Add(-25*time.Hour), w.clock.Now()
		left := w.give("doctor", g)
		if k := w.clocks(left.ID, "")["D04"]; k.State != casework.Met || !k.Late || k.Agency != w.agency["hospital"] {
			t.Errorf("the hospital's day: %s, late %v, of %s", k.State, k.Late, k.Agency)
		}
		g.Kinds = []casework.Kind{"no_care"}
		if k, ok := w.clocks(w.give("doctor", g).ID, "")["D04"]; ok {
			t.Errorf("a hospital's day without abandonment: %+v", k)
		}
		g.Kinds, g.SourceAgency = []casework.Kind{"abandonment"}, w.agency["school"]
		if k, ok := w.clocks(w.give("teacher", g).ID, "")["D04"]; ok {
			t.Errorf("a hospital's day of a school: %+v", k)
		}
		for municipality, rules := range map[string][2]string{"PER32": {"D32", "D33"}, "": {"D33", "D32"}} {
			call := violence()
			call.Channel, call.Municipality = "helpline", municipality
			clocks := w.clocks(w.give("worker", call).ID, "")
			if _, ok := clocks[rules[0]]; !ok || clocks[rules[1]].ID != "" {
				t.Errorf("a call about a child of %q starts %v", municipality, clocks)
			}
		}
		for channel, helpline := range map[string]bool{"phone": false, "helpline": true} {
			call := violence()
			call.Channel, call.Municipality, call.Learned = channel, "", w.clock.Now().Add(-time.Minute)
			clocks := w.clocks(w.give("worker", call).ID, "")
			if clocks["D31"].ID != "" != helpline || clocks["D32"].ID != "" || clocks["D33"].ID != "" != helpline {
				t.Errorf("a signal by %s: %v", channel, clocks)
			}
		}

		c := w.opened()
		for _, step := range []struct {
			e             casework.Event
			placed, court bool
		}{{casework.PlacementOrdered, true, false}, {"court.asked", true, false}, {"court.decided", false, true}, {casework.PlacementOrdered, true, true}, {"placement.ended", false, true}} {
			w.clock.Move(time.Minute)
			w.must(w.s.CaseHappened(ctx, worker, c.ID, step.e, time.Time{}, ""))
			if x := w.cas(c.ID); x.Placed != step.placed || x.Court != step.court {
				t.Errorf("after %s: placed %v, court %v", step.e, x.Placed, x.Court)
			}
		}
		clocks := w.clocks("", c.ID)
		if k := clocks["D21"]; k.Agency != w.agency["ozd"] || k.Person != worker.Person {
			t.Errorf("the request to the court is of %s, %s", k.Agency, k.Person)
		}
		for _, ref := range []string{"D22", "D23"} {
			if k, ok := clocks[ref]; !ok || k.Agency != "" || k.Person != "" {
				t.Errorf("%s is of %q, %q", ref, k.Agency, k.Person)
			}
		}
	})
}

// A decree moves the ends of the terms that run, and so does the setting; taken back, they are where they were. What stood there
// before stays in the history.
func TestDecreedDaysMoveTheEndsOfTerms(t *testing.T) {
	each(t, func(w *world) {
		ctx, admin := w.Context(), w.person["admin"]
		g := violence()
		g.Track, g.Kinds = casework.Other, []casework.Kind{"at_risk_development"}
		id := w.give("worker", g).ID // ten days from Monday 2 March 2026 end on Thursday the 12th
		due := func(what string, want calendar.Date) {
			t.Helper()
			if k := w.clocks(id, "")["D12"]; calendar.On(k.Due) != want {
				t.Errorf("%s: due %s, want %s", what, calendar.On(k.Due), want)
			}
		}
		day := func(d int, off bool) casework.DayOff {
			return casework.DayOff{Day: calendar.Of(2026, 3, d), Off: off, Source: "ПМС № 40 от 2026 г."}
		}
		due("without a decree", calendar.Of(2026, 3, 12))
		w.must(w.s.SetDayOff(ctx, admin, day(12, true)))
		due("Thursday is free", calendar.Of(2026, 3, 13))
		w.must(w.s.SetDayOff(ctx, admin, day(13, true)))
		w.must(w.s.SetDayOff(ctx, admin, day(14, false)))
		due("Friday is free and Saturday works", calendar.Of(2026, 3, 14))
		if k := w.clocks(w.give("worker", g).ID, "")["D12"]; calendar.On(k.Due) != calendar.Of(2026, 3, 14) {
			t.Errorf("begun now: due %s", calendar.On(k.Due))
		}
		w.must(w.s.SetRoll(ctx, admin, false))
		due("ends do not move", calendar.Of(2026, 3, 12))
		w.must(w.s.SetRoll(ctx, admin, true))
		for _, d := range []int{12, 13, 14} {
			w.must(w.s.DropDayOff(ctx, admin, calendar.Of(2026, 3, d)))
		}
		due("all taken back", calendar.Of(2026, 3, 12))
		if got := w.history(w.clocks(id, "")["D12"].ID); got[1] != "recalculated" || len(got) < 5 {
			t.Errorf("history %v", got)
		}
		w.at("day", w.s.SetDayOff(ctx, admin, day(8, true)), "a Sunday made free")
		w.at("day", w.s.SetDayOff(ctx, admin, day(10, false)), "a Tuesday made working")
		w.at("source", w.s.SetDayOff(ctx, admin, casework.DayOff{Day: calendar.Of(2026, 3, 10), Off: true}), "no decree")
		w.must(w.s.SetDayOff(ctx, admin, day(10, true)))
		w.at("day", w.s.SetDayOff(ctx, admin, day(10, true)), "the same day again")
		w.want(fault.Denied, w.s.SetDayOff(ctx, w.person["head"], day(11, true)), "a head of a unit")
		w.want(fault.NotFound, w.s.DropDayOff(ctx, admin, calendar.Of(2026, 3, 11)), "a day that is not entered")

		w.clock.Set(calendar.Of(2026, 3, 13).At(9, 0)) // a breach that a decree undoes
		w.sweep()
		w.must(w.s.SetDayOff(ctx, admin, day(12, true)))
		if k := w.clocks(id, "")["D12"]; k.State != casework.Running || calendar.On(k.Due) != calendar.Of(2026, 3, 13) {
			t.Errorf("its last day was free after all: %s, due %s", k.State, calendar.On(k.Due))
		}
	})
}

func TestWhatARuleOfClocksNeeds(t *testing.T) {
	each(t, func(w *world) {
		rules, err := w.s.Rules(w.Context(), w.person["admin"])
		w.must(err)
		rule := func(ref string) casework.ClockRule {
			return rules[slices.IndexFunc(rules, func(r casework.ClockRule) bool { return r.Ref == ref })]
		}
		on := calendar.On(w.clock.Now())
		for name, tc := range map[string]struct {
			ref    string
			change func(*casework.ClockRule)
			fields []string
		}{
			"no hours, at once":              {"D10", func(r *casework.ClockRule) { r.Term.N = 0 }, nil},
			"no hours, and a share of them":  {"D08", func(r *casework.ClockRule) { r.Term.N = 0 }, []string{"ladder"}},
			"sixty days of hours":            {"D08", func(r *casework.ClockRule) { r.Term.N = 1440 }, nil},
			"more than sixty":                {"D08", func(r *casework.ClockRule) { r.Term.N = 1441 }, []string{"n"}},
			"fewer than none":                {"D08", func(r *casework.ClockRule) { r.Term.N = -1 }, []string{"n"}},
			"no days":                        {"D12", func(r *casework.ClockRule) { r.Term.N = 0 }, []string{"n"}},
			"a source of two letters":        {"D12", func(r *casework.ClockRule) { r.Article = "чл" }, []string{"article"}},
			"a source of three":              {"D12", func(r *casework.ClockRule) { r.Article = "чл." }, nil},
			"a source without end":           {"D12", func(r *casework.ClockRule) { r.Article = strings.Repeat("ч", 201) }, []string{"article"}},
			"surer than sure":                {"D12", func(r *casework.ClockRule) { r.Confidence = "AA" }, []string{"confidence"}},
			"sure, and nobody verified it":   {"D12", func(r *casework.ClockRule) { r.Confidence = "A" }, []string{"verified_by", "verified_on"}},
			"sure, and verified on no day":   {"D12", func(r *casework.ClockRule) { r.Confidence, r.VerifiedBy = "A", "юрист" }, []string{"verified_on"}},
			"sure, and verified by nobody":   {"D12", func(r *casework.ClockRule) { r.Confidence, r.VerifiedOn = "A", on }, []string{"verified_by"}},
			"sure, verified by whom, when":   {"D12", func(r *casework.ClockRule) { r.Confidence, r.VerifiedBy, r.VerifiedOn = "A", "юрист", on }, nil},
			"unsure, and verified by nobody": {"D12", func(r *casework.ClockRule) { r.Confidence = "C" }, nil},
		} {
			r := rule(tc.ref)
			r.Confidence = "C"
			tc.change(&r)
			var fields []string
			for _, f := range fault.All(w.s.SaveRule(w.Context(), w.person["admin"], r)) {
				fields = append(fields, f.Field)
			}
			if !slices.Equal(fields, tc.fields) {
				t.Errorf("%s: faults at %v, want %v", name, fields, tc.fields)
			}
		}
	})
}

func TestWhatATurnOfDutyNeeds(t *testing.T) {
	each(t, func(w *world) {
		now := w.clock.Now()
		for name, tc := range map[string]struct {
			change func(*casework.Duty)
			fields []string
		}{
			"as it should be":              {func(d *casework.Duty) {}, nil},
			"a deputy, for 92 days":        {func(d *casework.Duty) { d.Rung, d.Until = 2, d.From.Add(92*24*time.Hour) }, nil},
			"a second longer":              {func(d *casework.Duty) { d.Until = d.From.Add(92*24*time.Hour + time.Second) }, []string{"until"}},
			"no rung":                      {func(d *casework.Duty) { d.Rung = 3 }, []string{"rung"}},
			"somebody of another unit":     {func(d *casework.Duty) { d.Person = w.person["stranger"].Person }, []string{"person"}},
			"an end that is the beginning": {func(d *casework.Duty) { d.Until = d.From }, []string{"until"}},
			"over before it is entered":    {func(d *casework.Duty) { d.From, d.Until = now.Add(-2*time.Hour), now.Add(-time.Second) }, []string{"until"}},
		} {
			d := casework.Duty{Agency: w.agency["ozd"], Person: w.person["worker"].Person, From: now, Until: now.Add(time.Hour), Rung: 1}
			tc.change(&d)
			var fields []string
			for _, f := range fault.All(w.s.PlanDuty(w.Context(), w.person["head"], w.key(), d)) {
				fields = append(fields, f.Field)
			}
			if !slices.Equal(fields, tc.fields) {
				t.Errorf("%s: faults at %v, want %v", name, fields, tc.fields)
			}
		}
	})
}

// A term is over when its last moment has passed and what it waits for has not come; a clock that stands still, or ended, is not.
func TestWhenATermIsOver(t *testing.T) {
	due := time.Date(2026, 3, 3, 9, 0, 0, 0, time.UTC)
	for state, want := range map[casework.ClockState][3]bool{
		casework.Running: {false, false, true}, casework.Breached: {false, false, true}, casework.Paused: {}, casework.Met: {}, casework.Cancelled: {},
	} {
		for i, now := range []time.Time{due.Add(-time.Second), due, due.Add(time.Second)} {
			if got := (casework.Clock{State: state, Due: due}).Overdue(now); got != want[i] {
				t.Errorf("%s at %v: %v", state, now, got)
			}
		}
	}
}

// A rule that tells nobody still says when its term is over, at its last moment.
func TestATermWithoutALadderIsOverToo(t *testing.T) {
	each(t, func(w *world) {
		rules, err := w.s.Rules(w.Context(), w.person["admin"])
		w.must(err)
		r := rules[slices.IndexFunc(rules, func(r casework.ClockRule) bool { return r.Ref == "D08" })]
		r.Ladder = nil
		w.must(w.s.SaveRule(w.Context(), w.person["admin"], r))
		g := w.give("worker", violence())
		w.clock.Move(time.Hour - time.Second)
		w.sweep()
		if k := w.clocks(g.ID, "")["D08"]; k.State != casework.Running {
			t.Errorf("a second before: %s", k.State)
		}
		w.clock.Move(time.Second)
		w.sweep()
		if k := w.clocks(g.ID, "")["D08"]; k.State != casework.Breached || len(w.told()) != 0 {
			t.Errorf("at its end: %s", k.State)
		}
	})
}

// Mail about a term leads to what it belongs to.
func TestMailAboutATermLeadsToItsRecord(t *testing.T) {
	each(t, func(w *world) {
		c := w.opened()
		waits := w.give("worker", violence())
		w.clock.Move(40 * 24 * time.Hour)
		w.sweep()
		paths := map[string]bool{}
		_, err := w.org.SendDue(w.Context(), func(_ context.Context, m org.Message) error {
			if m.Kind == "clock" {
				paths[m.Vars["ref"]+" "+m.Vars["path"]] = true
			}
			return nil
		})
		w.must(err)
		for _, want := range []string{c.Ref + " /cases/" + string(c.ID), waits.Ref + " /signals/" + string(waits.ID)} {
			if !paths[want] {
				t.Errorf("no mail leads to %s: %v", want, paths)
			}
		}
	})
}

func TestLaddersThatAreNone(t *testing.T) {
	for text, ok := range map[string]bool{
		"": true, "1%": true, "100%": true, "0%": false, "101%": false, "50% 75% 100% +4h": true, "75% 50%": false, "+4h 50%": false, "+4h +1h": false, "+1h +4h": true,
		"4h": false, "+-4h": false, "половината": false, "50": false, "+0s": true,
	} {
		if _, err := casework.ParseLadder(text); (err == nil) != ok {
			t.Errorf("%q: %v", text, err)
		}
	}
}
