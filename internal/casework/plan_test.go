package casework_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"strengthen/internal/calendar"
	"strengthen/internal/casework"
	"strengthen/internal/fault"
	"strengthen/internal/sealed"
	"strengthen/internal/testkit"
)

// drafted begins a plan that holds everything the law asks for.
func (w *world) drafted(c casework.Case) casework.Plan {
	w.Helper()
	id, err := w.s.DraftPlan(w.Context(), w.person["worker"], w.key(), c.ID)
	w.must(err)
	w.must(w.s.WritePlan(w.Context(), w.person["worker"], c.ID, id, casework.PlanEdit{Saw: casework.Form{}, Mine: casework.Form{
		"long_term": "Детето живее без страх у дома.", "no_health": "Няма нужда: прегледът е чист.", "no_education": "Учи редовно.", "child": "Чертая си план за безопасност.",
	}, Parents: true, Child: true, Review: calendar.On(w.clock.Now()).AddMonths(6)}))
	w.must(w.s.AddGoal(w.Context(), w.person["worker"], w.key(), c.ID, casework.Goal{Plan: id, For: "parents", Text: "Бащата минава програма."}))
	w.must(w.s.AddTask(w.Context(), w.person["worker"], w.key(), c.ID, casework.Task{Plan: id, Service: "social", Owner: "agency", Agency: w.agency["school"],
		Text: "Седмична среща с психолога", Indicator: "шест срещи", Due: calendar.On(w.clock.Now()).AddDays(40)}))
	return w.plan(c.ID, id)
}

func (w *world) plan(c casework.CaseID, id string) casework.Plan {
	w.Helper()
	v, err := w.s.OpenPlan(w.Context(), w.person["worker"], c)
	w.must(err)
	for _, p := range v.Plans {
		if p.ID == id {
			return p
		}
	}
	w.Fatal("the plan is not there")
	return casework.Plan{}
}

func (w *world) onlyTask(c casework.CaseID) casework.Task {
	w.Helper()
	v, err := w.s.OpenPlan(w.Context(), w.person["worker"], c)
	w.must(err)
	for _, t := range v.Tasks {
		if t.Waits() {
			return t
		}
	}
	w.Fatal("no task waits")
	return casework.Task{}
}

// Article 36д asks every plan for health, social and educational services; a plan says of each what is done, or why not.
func TestAPlanHoldsWhatTheLawAsks(t *testing.T) {
	each(t, func(w *world) {
		c := w.team()
		p := w.drafted(c)
		for field, without := range map[string]casework.Form{
			"no_health": {"no_health": ""}, "no_education": {"no_education": ""}, "long_term": {"long_term": ""},
		} {
			w.must(w.s.WritePlan(w.Context(), w.person["worker"], c.ID, p.ID, casework.PlanEdit{Saw: p.Texts, Mine: without, Parents: true, Child: true, Review: p.Review}))
			w.want(fault.Invalid, w.s.AdoptPlan(w.Context(), w.person["worker"], c.ID, p.ID, w.plan(c.ID, p.ID).Version), "without "+field)
			w.must(w.s.WritePlan(w.Context(), w.person["worker"], c.ID, p.ID, casework.PlanEdit{Saw: w.plan(c.ID, p.ID).Texts, Mine: casework.Form{field: p.Texts[field]}, Parents: true, Child: true, Review: p.Review}))
		}
		w.must(w.s.WritePlan(w.Context(), w.person["worker"], c.ID, p.ID, casework.PlanEdit{Parents: true, Child: false, Review: p.Review}))
		w.at("disagreement", w.s.AdoptPlan(w.Context(), w.person["worker"], c.ID, p.ID, w.plan(c.ID, p.ID).Version), "not agreed with the child, and no word why")
		w.must(w.s.WritePlan(w.Context(), w.person["worker"], c.ID, p.ID, casework.PlanEdit{Saw: casework.Form{}, Mine: casework.Form{}, Parents: false, Child: true, Review: p.Review}))
		w.want(fault.Invalid, w.s.AdoptPlan(w.Context(), w.person["worker"], c.ID, p.ID, w.plan(c.ID, p.ID).Version), "not agreed with the parents, and no word why")
		w.must(w.s.WritePlan(w.Context(), w.person["worker"], c.ID, p.ID, casework.PlanEdit{Saw: casework.Form{}, Mine: casework.Form{"disagreement": "Бащата отрича."}, Parents: false, Child: true, Review: p.Review}))
		w.must(w.s.AdoptPlan(w.Context(), w.person["worker"], c.ID, p.ID, w.plan(c.ID, p.ID).Version))
		if got := w.cas(c.ID).State; got != casework.PlanActive {
			t.Errorf("the case is in %s", got)
		}
		w.want(fault.Conflict, w.s.WritePlan(w.Context(), w.person["worker"], c.ID, p.ID, casework.PlanEdit{Saw: casework.Form{}, Mine: casework.Form{"child": "друго"}, Parents: true, Child: true, Review: p.Review}), "writing in a plan that is in force")
	})
}

// The assessment and the plan are reviewed every six months, every three when a child was in danger of being abandoned
// (Implementing Regulation, article 16а).
func TestTheReviewClockOfAPlan(t *testing.T) {
	for name, tc := range map[string]struct {
		kinds []casework.Kind
		rule  string
		due   string
	}{
		"standing":    {[]casework.Kind{"physical"}, "D14", "2026-09-02"},
		"abandonment": {[]casework.Kind{"abandonment"}, "D15", "2026-06-02"},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(w *world) {
				g := violence()
				g.Kinds = tc.kinds
				c := w.openedAs(g)
				for _, x := range [][2]string{{"school", "teacher"}} {
					w.must(w.s.Invite(w.Context(), w.person["worker"], w.key(), c.ID, casework.Seat{Agency: w.agency[x[0]], Person: w.person[x[1]].Person, Function: "member"}, 90))
				}
				w.must(w.s.Step(w.Context(), w.person["worker"], c.ID, w.cas(c.ID).Version, casework.Assess, ""))
				p := w.drafted(c)
				w.must(w.s.AdoptPlan(w.Context(), w.person["worker"], c.ID, p.ID, p.Version))
				if k := w.clocks("", c.ID)[tc.rule]; calendar.On(k.Due).String() != tc.due {
					t.Errorf("the review is due %v, want %s", k.Due, tc.due)
				}
			})
		})
	}
}

func TestATaskIsDoneShownAndConfirmed(t *testing.T) {
	each(t, func(w *world) {
		c := w.team()
		p := w.drafted(c)
		w.must(w.s.AdoptPlan(w.Context(), w.person["worker"], c.ID, p.ID, p.Version))
		x := w.onlyTask(c.ID)
		w.want(fault.Conflict, w.s.FinishTask(w.Context(), w.person["inspector"], c.ID, x.ID, x.Version, "готово е"), "a task of another institution")
		w.want(fault.Invalid, w.s.FinishTask(w.Context(), w.person["teacher"], c.ID, x.ID, x.Version, ""), "without evidence")
		w.must(w.s.FinishTask(w.Context(), w.person["teacher"], c.ID, x.ID, x.Version, "Шест срещи, последната днес."))
		if k := w.clocks("", c.ID)["R03"]; k.State != casework.Met {
			t.Errorf("the clock of the task: %s", k.State)
		}
		w.want(fault.Conflict, w.s.FinishTask(w.Context(), w.person["teacher"], c.ID, x.ID, x.Version, "Шест срещи."), "from an old page")
		w.must(w.s.JudgeTask(w.Context(), w.person["worker"], c.ID, x.ID, x.Version+1, false))
		if got := w.onlyTask(c.ID); got.State != casework.TaskReturned {
			t.Errorf("returned: %s", got.State)
		}
		if k := w.clocks("", c.ID)["R03"]; k.State != casework.Running {
			t.Errorf("the clock after the return: %s", k.State)
		}
	})
}

// A case is closed when its tasks are ended or handed over, and somebody else than the lead agrees.
func TestClosingNeedsTheTasksEnded(t *testing.T) {
	each(t, func(w *world) {
		c := w.team()
		p := w.drafted(c)
		w.must(w.s.AdoptPlan(w.Context(), w.person["worker"], c.ID, p.ID, p.Version))
		why := sealed.Text("Рискът отпадна след програмата.")
		w.want(fault.Conflict, w.s.ProposeClose(w.Context(), w.person["worker"], c.ID, w.cas(c.ID).Version, "goals_met", why), "with an open task")
		x := w.onlyTask(c.ID)
		w.want(fault.Invalid, w.s.MoveTask(w.Context(), w.person["worker"], w.key(), c.ID, x.ID, x.Version, w.agency["hospital"], "не е наша работа"), "to an institution without a seat")
		w.must(w.s.MoveTask(w.Context(), w.person["worker"], w.key(), c.ID, x.ID, x.Version, w.agency["municipality"], "общината има психолог"))
		w.want(fault.Conflict, w.s.ProposeClose(w.Context(), w.person["worker"], c.ID, w.cas(c.ID).Version, "goals_met", why), "the task waits at the other institution")
		x = w.onlyTask(c.ID)
		w.must(w.s.FinishTask(w.Context(), w.person["expert"], c.ID, x.ID, x.Version, "Срещите минаха."))
		w.must(w.s.JudgeTask(w.Context(), w.person["worker"], c.ID, x.ID, x.Version+1, true))
		w.must(w.s.ProposeClose(w.Context(), w.person["worker"], c.ID, w.cas(c.ID).Version, "goals_met", why))
		w.want(fault.Denied, w.s.DecideClose(w.Context(), w.person["worker"], c.ID, w.cas(c.ID).Version, true, ""), "by the lead")
		w.must(w.s.Step(w.Context(), w.person["worker"], c.ID, w.cas(c.ID).Version, casework.KeepOpen, "Дойде нов сигнал."))
		if got := w.cas(c.ID); got.State != casework.InReview || got.ProposedBy != "" || got.ClosedFor != "" {
			t.Errorf("the lead took the proposal back: %s, proposed by %q for %q", got.State, got.ProposedBy, got.ClosedFor)
		}
		w.want(fault.Conflict, w.s.DecideClose(w.Context(), w.person["head"], c.ID, w.cas(c.ID).Version, true, ""), "nothing is proposed")
		w.must(w.s.ProposeClose(w.Context(), w.person["worker"], c.ID, w.cas(c.ID).Version, "goals_met", why))
		w.must(w.s.DecideClose(w.Context(), w.person["head"], c.ID, w.cas(c.ID).Version, true, ""))
		if got := w.cas(c.ID); got.State != casework.Closed {
			t.Errorf("the case is in %s", got.State)
		}
	})
}

func TestAnInstitutionThatLeftGetsNoTask(t *testing.T) {
	each(t, func(w *world) {
		c := w.team()
		id := w.call(c, time.Hour)
		w.clock.Move(time.Hour)
		w.must(w.s.Hold(w.Context(), w.person["worker"], c.ID, id, w.clock.Now(), w.came()))
		v, err := w.s.OpenCase(w.Context(), w.person["worker"], c.ID)
		w.must(err)
		for _, x := range v.Seats {
			if x.Seat.Agency == w.agency["school"] {
				w.must(w.s.Leave(w.Context(), w.person["worker"], c.ID, x.ID))
			}
		}
		err = w.s.AddTask(w.Context(), w.person["worker"], w.key(), c.ID, task(w, id))
		w.want(fault.Invalid, err, "a task for a school that left")
		wrong := task(w, id)
		wrong.Agency, wrong.Person = w.agency["police"], w.person["prosecutor"].Person
		w.want(fault.Invalid, w.s.AddTask(w.Context(), w.person["worker"], w.key(), c.ID, wrong), "a person of another institution")
	})
}

// Two people at one draft: a mark that one sets and the other does not touch stands; one that both change differently is a clash.
func TestMarksOfAPlanAreMergedToo(t *testing.T) {
	each(t, func(w *world) {
		c := w.team()
		p := w.drafted(c)
		ctx, lead, head := w.Context(), w.person["worker"], w.person["head"]
		seen, later := p.Marks(), p.Review.AddDays(-7)
		w.must(w.s.WritePlan(ctx, lead, c.ID, p.ID, casework.PlanEdit{Parents: false, Child: true, Review: p.Review, Seen: seen}))
		w.must(w.s.WritePlan(ctx, head, c.ID, p.ID, casework.PlanEdit{Parents: true, Child: true, Review: later, Seen: seen}))
		if got := w.plan(c.ID, p.ID); got.Parents || !got.Child || got.Review != later {
			t.Errorf("the lead took the parents' mark back and the head moved the day: %v", got.Marks())
		}
		now := w.plan(c.ID, p.ID).Marks()
		w.must(w.s.WritePlan(ctx, lead, c.ID, p.ID, casework.PlanEdit{Parents: false, Child: false, Review: later, Seen: now}))
		w.must(w.s.WritePlan(ctx, head, c.ID, p.ID, casework.PlanEdit{Parents: true, Child: true, Review: later, Seen: now}))
		if got := w.plan(c.ID, p.ID); !got.Parents || got.Child || got.Review != later {
			t.Errorf("the lead took the child's mark back and the head set the parents': %v", got.Marks())
		}
		var clash *casework.ClashError
		err := w.s.WritePlan(ctx, lead, c.ID, p.ID, casework.PlanEdit{Parents: false, Child: true, Review: p.Review.AddDays(-1), Seen: seen})
		if !errors.As(err, &clash) || len(clash.Clashes) != 1 || clash.Clashes[0].Field != "review" {
			t.Errorf("a day against another: %v", err)
		}
	})
}

// A second plan begins with the texts and goals of the one in force, which it takes the place of; one draft at a time.
func TestASecondPlanBeginsWithTheFirst(t *testing.T) {
	each(t, func(w *world) {
		ctx, lead := w.Context(), w.person["worker"]
		c := w.team()
		first := w.drafted(c)
		again, err := w.s.DraftPlan(ctx, lead, w.key(), c.ID)
		w.must(err)
		if again != first.ID {
			t.Error("a second draft beside the first")
		}
		today := calendar.On(w.clock.Now())
		edit := casework.PlanEdit{Saw: first.Texts, Mine: first.Texts, Parents: true, Child: true, Review: first.Review}
		for name, on := range map[string]calendar.Date{"yesterday": today.AddDays(-1), "more than six months away": today.AddMonths(6).AddDays(1)} {
			e := edit
			e.Review = on
			w.at("review", w.s.WritePlan(ctx, lead, c.ID, first.ID, e), "a review "+name)
		}
		for name, on := range map[string]calendar.Date{"today": today, "in six months": today.AddMonths(6), "as before": first.Review} {
			e := edit
			e.Review = on
			if err := w.s.WritePlan(ctx, lead, c.ID, first.ID, e); err != nil {
				t.Errorf("a review %s: %v", name, err)
			}
		}
		if err := w.s.WritePlan(ctx, lead, c.ID, first.ID, casework.PlanEdit{Mine: casework.Form{"weather": "вали"}, Parents: true, Child: true, Review: first.Review}); !fault.Is(err, fault.Invalid) {
			t.Errorf("a text of one's own: %v", err)
		}
		first = w.plan(c.ID, first.ID)
		w.want(fault.Conflict, w.s.AdoptEdited(ctx, lead, c.ID, first.ID, first.Version-1, edit), "adopted from an old page")
		w.want(fault.Conflict, w.s.AdoptPlan(ctx, lead, c.ID, first.ID, first.Version-1), "adopted from an old page, unchanged")
		edit.Mine = casework.Form{"child": "Имам си място при баба."}
		w.must(w.s.AdoptEdited(ctx, lead, c.ID, first.ID, first.Version, edit))
		if p := w.plan(c.ID, first.ID); p.State != casework.InForce || p.Texts["child"] != "Имам си място при баба." {
			t.Errorf("adopted: %s, %q", p.State, p.Texts["child"])
		}
		w.must(w.s.Step(ctx, lead, c.ID, w.cas(c.ID).Version, casework.Review, ""))
		id, err := w.s.DraftPlan(ctx, lead, w.key(), c.ID)
		w.must(err)
		second := w.plan(c.ID, id)
		if second.N != 2 || second.Texts["child"] != "Имам си място при баба." || len(second.Goals) != 1 || second.Goals[0].Text != "Бащата минава програма." || second.Parents {
			t.Errorf("the second begins as %d with %d goals", second.N, len(second.Goals))
		}
		// what it lacks: the review, the marks or why not, and social services, whose task is the first plan's
		var fields []string
		for _, f := range fault.All(w.s.AdoptPlan(ctx, lead, c.ID, id, second.Version)) {
			fields = append(fields, f.Field)
		}
		if !slices.Equal(fields, []string{"disagreement", "review", "no_social"}) {
			t.Errorf("it lacks %v", fields)
		}
		w.must(w.s.DropGoal(ctx, lead, c.ID, id, second.Goals[0].ID))
		w.must(w.s.WritePlan(ctx, lead, c.ID, id, casework.PlanEdit{Saw: second.Texts, Mine: casework.Form{"no_social": "Срещите свършиха."}, Parents: true, Child: true, Review: today.AddMonths(3)}))
		w.at("goal", w.s.AdoptPlan(ctx, lead, c.ID, id, w.plan(c.ID, id).Version), "without a goal")
		w.must(w.s.AddGoal(ctx, lead, w.key(), c.ID, casework.Goal{Plan: id, For: "child", Text: "Детето тренира плуване."}))
		w.must(w.s.AdoptPlan(ctx, lead, c.ID, id, w.plan(c.ID, id).Version))
		if a, b := w.plan(c.ID, first.ID).State, w.plan(c.ID, id).State; a != casework.Superseded || b != casework.InForce {
			t.Errorf("the first is %s, the second %s", a, b)
		}
	})
}

// A case does not close over what it waits for, not when closing is proposed and not when what came up since is decided over; the
// page says all of it beforehand.
func TestACaseDoesNotCloseOverUnfinishedWork(t *testing.T) {
	each(t, func(w *world) {
		ctx, worker, head := w.Context(), w.person["worker"], w.person["head"]
		c := w.team()
		const why = "Рискът отпадна, целите са постигнати."
		expect := func(what string, err error, want ...string) {
			t.Helper()
			var got []string
			for _, f := range fault.All(err) {
				got = append(got, f.Key)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: %v, want %v", what, got, want)
			}
			v, err := w.s.OpenCase(ctx, head, c.ID)
			w.must(err)
			var shown []string
			for _, x := range v.Hinders {
				shown = append(shown, string(x.What))
			}
			if !slices.Equal(shown, want) {
				t.Errorf("%s: the page shows %v, want %v", what, shown, want)
			}
		}
		propose := func() error {
			return w.s.ProposeClose(ctx, worker, c.ID, w.cas(c.ID).Version, "goals_met", why)
		}
		g := w.give("worker", violence())
		w.must(w.s.Link(ctx, worker, g.ID, g.Version, c.ID))
		r := w.ask(c)
		w.must(w.s.CaseHappened(ctx, worker, c.ID, casework.PlacementOrdered, time.Time{}, ""))
		expect("all at once", propose(), "case.openrequests", "case.unassessed", "case.placed")
		w.must(w.step("teacher", r.ID, casework.Decline, "Детето вече не учи при нас."))
		w.must(w.s.Assess(ctx, worker, g.ID, w.signal(g.ID).Version, casework.Unfounded, time.Time{}))
		w.clock.Move(time.Minute)
		w.must(w.s.CaseHappened(ctx, worker, c.ID, "placement.ended", time.Time{}, ""))
		m := w.call(c, time.Hour)
		w.clock.Move(time.Hour)
		w.must(w.s.Hold(ctx, worker, c.ID, m, w.clock.Now(), w.came("school")))
		w.must(w.s.WriteMinutes(ctx, worker, c.ID, m, casework.Form{}, casework.Form{"risk": "Нисък."}))
		w.must(w.s.EndMinutes(ctx, worker, c.ID, m, time.Time{}))
		expect("minutes that wait", propose(), "case.unsigned")
		w.clock.Move(73 * time.Hour)
		w.must(w.s.SettleMinutes(ctx))
		expect("nothing is left", propose())
		second := w.ask(c)
		expect("a request since then", w.s.DecideClose(ctx, head, c.ID, w.cas(c.ID).Version, true, ""), "case.openrequests")
		w.must(w.step("teacher", second.ID, casework.Decline, "Детето вече не учи при нас."))
		third := w.ask(c)
		w.exec("UPDATE case_file SET state = 'closed', closed_at = opened_at") // as a case that closed under earlier rules
		w.want(fault.Conflict, w.step("teacher", third.ID, casework.Accept, ""), "a request of a closed case")
		if v, err := w.s.OpenRequest(ctx, w.person["teacher"], third.ID); err != nil || len(v.Steps) > 0 {
			t.Errorf("steps of a request of a closed case: %v, %v", v.Steps, err)
		}
	})
}

// A review is due on the day that the plan names, or at the end of its term, whichever comes first. Its clock runs while the
// review goes on, ends with the plan that comes out of it, and begins anew from there.
func TestAReviewAlwaysRunsWhileAPlanIsInForce(t *testing.T) {
	for name, tc := range map[string]struct {
		kind            casework.Kind
		rule            string
		agreed, due     calendar.Date
		reviewed, again calendar.Date
	}{
		// the plan is adopted on Monday 2 March 2026 and reviewed on Wednesday 1 April
		"the day that was agreed":             {"physical", "D14", calendar.Of(2026, 4, 20), calendar.Of(2026, 4, 20), calendar.Of(2026, 6, 1), calendar.Of(2026, 6, 1)},
		"the term of six months":              {"physical", "D14", calendar.Of(2026, 9, 2), calendar.Of(2026, 9, 2), calendar.Of(2026, 10, 1), calendar.Of(2026, 10, 1)},
		"the term of three, sooner than that": {"abandonment", "D15", calendar.Of(2026, 9, 2), calendar.Of(2026, 6, 2), calendar.Of(2026, 10, 1), calendar.Of(2026, 7, 1)},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(w *world) {
				ctx, lead := w.Context(), w.person["worker"]
				w.exec("UPDATE case_file SET kinds = $1", string(tc.kind))
				c := w.team()
				w.exec("UPDATE case_file SET kinds = $1", string(tc.kind))
				live := func() (all []casework.Clock) {
					for _, k := range w.allClocks(c.ID) {
						if (k.Rule == "D14" || k.Rule == "D15") && k.Live() {
							all = append(all, k)
						}
					}
					return all
				}
				adopt := func(p casework.Plan, on calendar.Date) {
					t.Helper()
					w.must(w.s.WritePlan(ctx, lead, c.ID, p.ID, casework.PlanEdit{Saw: p.Texts, Mine: casework.Form{"no_social": "Има ги."}, Parents: true, Child: true, Review: on}))
					w.must(w.s.AdoptPlan(ctx, lead, c.ID, p.ID, w.plan(c.ID, p.ID).Version))
				}
				expect := func(what string, from, due calendar.Date) {
					t.Helper()
					if all := live(); len(all) != 1 || all[0].Rule != tc.rule || calendar.On(all[0].Start) != from || calendar.On(all[0].Due) != due {
						t.Errorf("%s: %+v, want %s from %s to %s", what, all, tc.rule, from, due)
					}
				}
				adopt(w.drafted(c), tc.agreed)
				expect("adopted", calendar.Of(2026, 3, 2), tc.due)
				w.clock.Set(calendar.Of(2026, 3, 30).At(9, 0))
				w.must(w.s.Step(ctx, lead, c.ID, w.cas(c.ID).Version, casework.Review, ""))
				expect("while the review goes on", calendar.Of(2026, 3, 2), tc.due)
				w.must(w.s.Correct(ctx, lead, live()[0].ID, calendar.Of(2026, 3, 2).At(8, 0), "wrong_entry"))
				expect("corrected by an hour", calendar.Of(2026, 3, 2), tc.due)
				w.clock.Set(calendar.Of(2026, 4, 1).At(9, 0))
				id, err := w.s.DraftPlan(ctx, lead, w.key(), c.ID)
				w.must(err)
				adopt(w.plan(c.ID, id), tc.reviewed)
				expect("reviewed", calendar.Of(2026, 4, 1), tc.again)
			})
		})
	}
}

// A house that ran under the rule by which a review ended when it began gets the new shape of the rule as a version, keeps what
// it had set, and its plans are watched again.
func TestReviewsOfAnEarlierRuleAreWatchedAgain(t *testing.T) {
	each(t, func(w *world) {
		ctx, lead := w.Context(), w.person["worker"]
		w.exec("UPDATE clock_rule SET starts = 'plan.adopted', n = 5 WHERE ref = 'D14'")
		c := w.team()
		p := w.drafted(c)
		w.must(w.s.AdoptPlan(ctx, lead, c.ID, p.ID, p.Version))
		w.clock.Set(calendar.Of(2026, 4, 1).At(9, 0))
		w.must(w.s.Step(ctx, lead, c.ID, w.cas(c.ID).Version, casework.Review, ""))
		w.exec("UPDATE clock SET state = 'met', ended_at = start_at, next_at = NULL WHERE rule = 'D14'")
		for range 2 {
			w.must(w.s.Seed(ctx))
		}
		k := w.clocks("", c.ID)["D14"]
		if !k.Live() || k.Version != 2 || calendar.On(k.Due) != calendar.Of(2026, 8, 3) { // five months from 2 March end on a Sunday
			t.Errorf("version %d, %s, due %s", k.Version, k.State, k.Due)
		}
		if n := testkit.Count(w, w.db, "SELECT count(*) FROM clock WHERE rule = 'D14'"); n != 2 {
			t.Errorf("%d clocks, want the one that ended and one anew", n)
		}
	})
}

// The first plan within four weeks of the opening counts as in time, to the last second; later ones are no first plans.
func TestTheFirstPlanWithinFourWeeks(t *testing.T) {
	for name, tc := range map[string]struct {
		after  time.Duration
		inTime int
	}{"at the last second": {28 * 24 * time.Hour, 1}, "a second later": {28*24*time.Hour + time.Second, 0}} {
		t.Run(name, func(t *testing.T) {
			each(t, func(w *world) {
				c := w.team()
				w.clock.Move(tc.after)
				p := w.drafted(c)
				w.must(w.s.AdoptPlan(w.Context(), w.person["worker"], c.ID, p.ID, p.Version))
				if n := testkit.Count(w, w.db, "SELECT sum(n) FROM figure_cell WHERE what = 'planned'"); n != 1 {
					t.Errorf("%d first plans", n)
				}
				if n := testkit.Count(w, w.db, "SELECT sum(in_time) FROM figure_cell WHERE what = 'planned'"); n != tc.inTime {
					t.Errorf("%d in time", n)
				}
			})
		})
	}
}

// A task leads to a goal of its own plan, and outlives the goal in the draft.
func TestATaskStandsUnderAGoalOfItsPlan(t *testing.T) {
	each(t, func(w *world) {
		ctx, lead, c := w.Context(), w.person["worker"], w.team()
		p := w.drafted(c)
		other := w.opened()
		id, err := w.s.DraftPlan(ctx, lead, w.key(), other.ID)
		w.must(err)
		w.must(w.s.AddGoal(ctx, lead, w.key(), other.ID, casework.Goal{Plan: id, For: "child", Text: "Спи спокойно."}))
		x := casework.Task{Plan: p.ID, Goal: w.plan(other.ID, id).Goals[0].ID, Service: "social", Owner: "agency", Agency: w.agency["school"], Text: "Среща с класния", Indicator: "една среща", Due: calendar.On(w.clock.Now()).AddDays(9)}
		w.at("goal", w.s.AddTask(ctx, lead, w.key(), c.ID, x), "a goal of another plan")
		x.Goal = p.Goals[0].ID
		w.must(w.s.AddTask(ctx, lead, w.key(), c.ID, x))
		tied := func() (n int) {
			v, err := w.s.OpenPlan(ctx, lead, c.ID)
			w.must(err)
			for _, t := range v.Tasks {
				if t.Goal == p.Goals[0].ID {
					n++
				}
			}
			return n
		}
		if n := tied(); n != 1 {
			t.Errorf("%d tasks lead to the goal", n)
		}
		w.must(w.s.DropGoal(ctx, lead, c.ID, p.ID, p.Goals[0].ID))
		if v, err := w.s.OpenPlan(ctx, lead, c.ID); err != nil || tied() != 0 || len(v.Tasks) != 2 {
			t.Errorf("the goal is gone: %d tasks lead to it, %d stand in the plan (%v)", tied(), len(v.Tasks), err)
		}
		meeting := w.call(c, time.Hour)
		w.clock.Move(time.Hour)
		w.must(w.s.Hold(ctx, lead, c.ID, meeting, w.clock.Now(), w.came()))
		y := task(w, meeting)
		y.Goal = p.Goals[0].ID
		w.at("goal", w.s.AddTask(ctx, lead, w.key(), c.ID, y), "a goal in a meeting")
	})
}
