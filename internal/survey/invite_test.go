package survey_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/fault"
	"strengthen/internal/org"
	"strengthen/internal/store"
	"strengthen/internal/survey"
	"strengthen/internal/testkit"
	"strengthen/internal/training"
)

var (
	funder    = access.Actor{Grants: []access.Grant{{Role: access.Funder}}}
	evaluator = access.Actor{Grants: []access.Grant{{Role: access.Evaluator}}}
)

// days lets n days pass, with everything that happens by itself.
func (w *world) days(n int) {
	w.Helper()
	for range n {
		w.clock.Move(24 * time.Hour)
		w.work()
	}
}

func (w *world) work() {
	w.Helper()
	w.must(w.training.Sweep(w.Context()))
	w.must(w.s.Sweep(w.Context()))
	w.deliver()
}

// correct takes the presence at the first n half-days back.
func (w *world) correct(n int, status training.PresenceStatus, key string) {
	w.Helper()
	w.clock.Move(time.Hour)
	for i, h := range w.event.HalfDays[:n] {
		m := training.Presence{Enrolment: w.seat, HalfDay: h.ID, Status: status, Method: training.ByList, ClientKey: fmt.Sprint(key, i), Reason: "друг човек"}
		w.must(w.training.Mark(w.Context(), manager, w.event.ID, []training.Presence{m}))
	}
}

// standing is how the one person stands in a wave, for the report; the pages of the waves must say the same.
func (w *world) standing(wave survey.Wave) survey.Standing {
	w.Helper()
	d, err := w.s.Data(w.Context(), funder, survey.OwnStudy)
	w.must(err)
	if len(d.Respondents) != 1 {
		w.Fatalf("%d respondents, want 1", len(d.Respondents))
	}
	s := d.Respondents[0].Standing[wave]
	v, err := w.s.Waves(w.Context(), manager)
	w.must(err)
	if got := v.Totals()[wave]; s != "" && (got[s] != 1 || got.People() != 1) {
		w.Errorf("the report says %q, the page of the waves %v", s, got)
	}
	return s
}

func (w *world) opens(link, key string) {
	w.Helper()
	_, err := w.s.Open(w.Context(), link)
	l := fault.All(err)
	if key == "" && err != nil || key != "" && (len(l) != 1 || l[0].Key != key) {
		w.Errorf("on %s the link says %v, want %q", calendar.On(w.clock.Now()), err, key)
	}
}

func TestNobodyIsAskedWithoutAReason(t *testing.T) {
	for name, tc := range map[string]struct {
		lose  func(w *world)
		wave  survey.Wave
		until string // when to look
		want  survey.Standing
	}{
		"a seat given up":         {func(w *world) { w.must(w.training.Withdraw(w.Context(), manager, w.seat)) }, survey.Pre, "2026-04-30", survey.Gone},
		"a training called off":   {func(w *world) { w.must(w.training.Cancel(w.Context(), manager, w.event.ID, w.event.Version)) }, survey.Pre, "2026-04-30", survey.Gone},
		"a completion taken back": {func(w *world) { w.attend(4); w.correct(2, training.Absent, "back") }, survey.M6, "2026-12-20", survey.Never},
	} {
		t.Run(name, func(t *testing.T) {
			testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
				w := newWorld(t, db, clock)
				clock.Move(time.Hour)
				w.deliver()
				before, link := w.asked(survey.Pre)
				tc.lose(w)
				w.opens(link, map[survey.Wave]string{survey.Pre: "answer.ended", survey.M6: "answer.over"}[tc.wave])
				w.work()
				asked, _ := w.asked(tc.wave)
				for calendar.On(clock.Now()).Before(calendar.MustDate(tc.until)) {
					clock.Move(5 * 24 * time.Hour)
					w.work()
				}
				if n, _ := w.asked(tc.wave); n != asked {
					t.Errorf("%d mails after the reason had gone", n-asked)
				}
				if n, _ := w.asked(survey.Pre); n != before && tc.wave == survey.Pre {
					t.Errorf("reminded %d times more of the questionnaire before", n-before)
				}
				if got := w.standing(tc.wave); got != tc.want {
					t.Errorf("stands as %q, want %q", got, tc.want)
				}
				if tc.wave == survey.Pre {
					w.opens(link, "answer.ended")
				}
			})
		})
	}
}

// An invitation that was sent is closed when its reason goes, and opens again when the reason returns.
func TestACompletionGivenBackAsksAgain(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		w := newWorld(t, db, clock)
		w.attend(4)
		clock.Set(calendar.MustDate("2026-11-12").At(9, 0))
		w.work()
		_, link := w.asked(survey.M6)
		w.opens(link, "")
		w.correct(2, training.Absent, "back")
		w.days(10)
		w.opens(link, "answer.ended")
		if n, _ := w.asked(survey.M6); n != 1 {
			t.Errorf("%d mails, want the first only", n)
		}
		w.correct(2, training.Present, "again")
		w.days(20)
		w.opens(link, "")
		if n, _ := w.asked(survey.M6); n != 3 {
			t.Errorf("%d mails in all, want three", n)
		}
	})
}

func TestTheQuestionnaireBeforeFollowsTheTraining(t *testing.T) {
	for _, days := range []int{-14, 0, 28} {
		t.Run(fmt.Sprint(days, " days"), func(t *testing.T) {
			testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
				w := newWorld(t, db, clock)
				clock.Move(time.Hour)
				w.deliver()
				_, link := w.asked(survey.Pre)
				if days != 0 {
					clock.Set(calendar.MustDate("2026-04-01").At(9, 0))
					_, err := w.training.Plan(t.Context(), manager, "", w.event.Moved(days))
					w.must(err)
				}
				w.work()
				e, err := w.training.Event(t.Context(), manager, w.event.ID)
				w.must(err)
				first := e.HalfDays[0].Begin()
				clock.Set(first.Add(-time.Minute))
				w.opens(link, "")
				clock.Set(first)
				w.opens(link, "answer.over")
				w.work()
				n, _ := w.asked(survey.Pre)
				w.days(40)
				if m, _ := w.asked(survey.Pre); m != n {
					t.Error("reminded after the training had begun")
				}
			})
		})
	}
}

// A training that is moved after the link has left takes the link along before the next sweep, too.
func TestALinkClosesWithTheFirstHalfDayOfTheMoment(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		w := newWorld(t, db, clock)
		clock.Move(time.Hour)
		w.deliver()
		_, link := w.asked(survey.Pre)
		_, err := w.training.Plan(t.Context(), manager, "", w.event.Moved(-14))
		w.must(err)
		clock.Set(calendar.MustDate("2026-04-27").At(9, 0))
		w.opens(link, "answer.over")
	})
}

func TestTheQuestionnaireAfterOpensOnTheLastHalfDay(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		w := newWorld(t, db, clock)
		w.attend(4)
		last := w.event.HalfDays[4]
		me, err := w.training.Seat(t.Context(), manager, w.seat)
		w.must(err)
		mine := access.Actor{Person: me.Seat.Person, Grants: []access.Grant{{Role: access.Participant}, {Role: access.Member}}}
		open := func() int {
			all, err := w.s.MyInvitations(t.Context(), mine)
			w.must(err)
			return len(all)
		}
		clock.Set(last.Begin().Add(-time.Minute))
		w.work()
		if open() != 0 {
			t.Error("open before the last half-day began")
		}
		clock.Set(last.Begin())
		w.work()
		if open() != 1 {
			t.Error("not open when the last half-day has begun")
		}
		if n, _ := w.asked(survey.Post); n != 0 {
			t.Error("a mail left before the last half-day was over")
		}
		if got := w.standing(survey.Post); got != survey.NotDue {
			t.Errorf("counts as %q before the mail has left", got)
		}
		clock.Set(last.End())
		w.work()
		if n, _ := w.asked(survey.Post); n != 1 {
			t.Errorf("%d mails when the last half-day ended, want 1", n)
		}
		clock.Set(last.On.AddDays(21).At(23, 0))
		_, link := w.asked(survey.Post)
		w.opens(link, "")
		clock.Set(last.On.AddDays(22).At(1, 0))
		w.opens(link, "answer.over")
	})
}

func TestStandings(t *testing.T) {
	answer := func(w *world, wave survey.Wave, a map[string]string) {
		_, link := w.asked(wave)
		w.must(w.s.Save(w.Context(), link, "r", map[survey.Wave]map[string]string{wave: a}))
	}
	attended := func(at string) func(w *world) {
		return func(w *world) {
			w.attend(5)
			w.deliver()
			w.clock.Set(calendar.MustDate(at).At(9, 0))
			w.work()
		}
	}
	for name, tc := range map[string]struct {
		do   func(w *world)
		wave survey.Wave
		want survey.Standing
	}{
		"before the seat's first mail":       {func(*world) {}, survey.M6, survey.NotDue},
		"asked, and the training is to come": {func(w *world) { w.days(1) }, survey.Pre, survey.Open},
		"asked, and the training has begun":  {func(w *world) { w.days(1); w.clock.Set(w.event.HalfDays[0].Begin()); w.work() }, survey.Pre, survey.Silent},
		"seven days before the first mail":   {attended("2026-11-05"), survey.M6, survey.NotDue},
		"on the day of the first mail":       {attended("2026-11-12"), survey.M6, survey.Open},
		"61 days after it":                   {attended("2027-01-12"), survey.M6, survey.Silent},
		"absent too often":                   {func(w *world) { w.attend(2); w.clock.Set(calendar.MustDate("2026-05-20").At(9, 0)); w.work() }, survey.M6, survey.Never},
		"began, and the time is not over":    {func(w *world) { w.days(1); answer(w, survey.Pre, map[string]string{cf(1): "50"}); w.work() }, survey.Pre, survey.Open},
		"began, and gave too little": {func(w *world) {
			w.days(1)
			answer(w, survey.Pre, map[string]string{cf(1): "50"})
			w.clock.Set(w.event.HalfDays[0].Begin())
			w.work()
		}, survey.Pre, survey.Partly},
		"gave enough for one score":   {func(w *world) { w.days(1); answer(w, survey.Pre, confident(7)); w.work() }, survey.Pre, survey.Answered},
		"one answer less than enough": {func(w *world) { w.days(1); answer(w, survey.Pre, confident(6)); w.work() }, survey.Pre, survey.Open},
		"answered, and then gave the seat up": {func(w *world) {
			w.days(1)
			answer(w, survey.Pre, confident(10))
			w.must(w.training.Withdraw(w.Context(), manager, w.seat))
			w.work()
		}, survey.Pre, survey.Answered},
		"no mail could be delivered": {func(w *world) { w.fail = true; w.days(9) }, survey.Pre, survey.Undelivered},
	} {
		t.Run(name, func(t *testing.T) {
			testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
				w := newWorld(t, db, clock)
				tc.do(w)
				if got := w.standing(tc.wave); got != tc.want {
					t.Errorf("stands as %q, want %q", got, tc.want)
				}
			})
		})
	}
}

// confident answers the first n tasks of confidence.
func confident(n int) map[string]string {
	all := map[string]string{}
	for i := range n {
		all[cf(i+1)] = "50"
	}
	return all
}

// cf is the identifier of the n-th task of confidence.
func cf(n int) string { return survey.Instruments()["confidence"].Items[n-1].ID }

func TestNoReminderAfterTheAnswer(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		w := newWorld(t, db, clock)
		clock.Move(time.Hour)
		w.deliver()
		_, link := w.asked(survey.Pre)
		// The answer comes in the minute in which the reminder leaves: no sweep lies between.
		clock.Set(calendar.On(clock.Now()).AddDays(7).At(8, 0))
		w.must(w.s.Finish(t.Context(), link, "r", full(survey.Pre)))
		w.deliver()
		if n, _ := w.asked(survey.Pre); n != 1 {
			t.Errorf("%d mails, want 1", n)
		}
		all, err := w.s.Remind(t.Context(), manager, w.event.ID, survey.Pre)
		w.must(err)
		if all != (survey.Reminded{Answered: 1}) {
			t.Errorf("reminding by hand: %+v", all)
		}
	})
}

// A reminder does not leave in the minutes between the withdrawal and the next sweep either.
func TestNoReminderRightAfterTheWithdrawal(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		w := newWorld(t, db, clock)
		clock.Move(time.Hour)
		w.deliver()
		clock.Set(calendar.On(clock.Now()).AddDays(7).At(8, 0))
		w.must(w.training.Withdraw(t.Context(), manager, w.seat))
		w.deliver()
		if n, _ := w.asked(survey.Pre); n != 1 {
			t.Errorf("%d mails, want 1", n)
		}
	})
}

// Mail that waited, because there was no server, does not leave all at once.
func TestMailThatWaitedLeavesOnce(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		w := newWorld(t, db, clock)
		clock.Move(30 * 24 * time.Hour)
		w.deliver()
		if n, _ := w.asked(survey.Pre); n != 1 {
			t.Errorf("%d mails in one minute", n)
		}
	})
}

// An invitation that is made late, as when presence is entered late, counts its reminders from the first mail.
func TestALateInvitationKeepsItsDistances(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		w := newWorld(t, db, clock)
		clock.Set(w.event.Ends().AddDays(8).At(9, 0))
		for i, h := range w.event.HalfDays {
			w.must(w.training.Mark(t.Context(), manager, w.event.ID, []training.Presence{{Enrolment: w.seat, HalfDay: h.ID, Status: training.Present, Method: training.ByPaper, ClientKey: fmt.Sprint(i)}}))
		}
		w.work()
		for _, tc := range []struct{ days, want int }{{0, 1}, {6, 1}, {7, 2}, {30, 2}} {
			clock.Set(w.event.Ends().AddDays(8+tc.days).At(9, 1))
			w.work()
			if n, _ := w.asked(survey.Post); n != tc.want {
				t.Errorf("%d days after the first mail: %d mails, want %d", tc.days, n, tc.want)
			}
		}
	})
}

func TestRemindingByHandKeepsToThePlan(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		w := newWorld(t, db, clock)
		w.attend(4)
		due := calendar.MustDate("2026-11-12")
		for _, tc := range []struct {
			days, mails int
			want        survey.Reminded
		}{
			{-1, 0, survey.Reminded{Closed: 1}},
			{0, 1, survey.Reminded{Recent: 1}},
			{7, 2, survey.Reminded{Recent: 1}},
			{14, 3, survey.Reminded{Now: 1}},
			{22, 3, survey.Reminded{Spent: 1}},
			{61, 3, survey.Reminded{Closed: 1}},
		} {
			clock.Set(due.AddDays(tc.days).At(9, 0))
			w.work()
			got, err := w.s.Remind(t.Context(), manager, w.event.ID, survey.M6)
			w.must(err)
			if got != tc.want {
				t.Errorf("on day %d: %+v, want %+v", tc.days, got, tc.want)
			}
			w.deliver()
			if n, _ := w.asked(survey.M6); n != tc.mails {
				t.Errorf("on day %d: %d mails in all, want %d", tc.days, n, tc.mails)
			}
		}
		if _, err := w.s.Remind(t.Context(), evaluator, w.event.ID, survey.M6); !fault.Is(err, fault.Denied) {
			t.Errorf("the evaluator reminds: %v", err)
		}
	})
}

// TestTheMapIsDeletedOnce looks at everything a year after the programme: no code is made anew, no link opens, and what was
// answered is still counted.
func TestTheMapIsDeletedOnce(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		w := newWorld(t, db, clock)
		clock.Move(time.Hour)
		w.deliver()
		_, pre := w.asked(survey.Pre)
		w.must(w.s.Finish(t.Context(), pre, "r", full(survey.Pre)))
		w.attend(5)
		clock.Set(calendar.MustDate("2026-11-12").At(9, 0))
		w.work()
		_, m6 := w.asked(survey.M6)
		clock.Set(calendar.MustDate("2028-12-30").At(9, 0))
		w.work()
		before := w.standing(survey.Pre)
		clock.Set(calendar.MustDate("2028-12-31").At(9, 0))
		for range 5 {
			w.work()
			clock.Move(15 * time.Minute)
		}
		if day, err := w.s.Closed(t.Context()); err != nil || day.String() != "2028-12-31" {
			t.Errorf("closed on %s, %v", day, err)
		}
		if got := w.standing(survey.Pre); got != before || got != survey.Answered {
			t.Errorf("stands as %q, before as %q", got, before)
		}
		w.opens(pre, "answer.over")
		w.opens(m6, "answer.over")
		deletions := 0
		err := store.For[org.Tx]{DB: db}.View(t.Context(), access.TheSystem(), func(tx org.Tx) error {
			all, err := tx.Entries(t.Context(), access.EntryFilter{Action: access.OpenCode}, 100)
			deletions = len(all)
			return err
		})
		if err != nil || deletions != 1 {
			t.Errorf("%d deletions on the record, %v", deletions, err)
		}
		if v, err := w.s.Waves(t.Context(), manager); err != nil || len(v.Counts) == 0 || v.Counts[0].Event != "" {
			t.Errorf("after the end the waves are still told by training: %+v, %v", v.Counts, err)
		}
	})
}

var errNoMail = errors.New("no such mailbox")

// send takes a mail out of the ledger as a mail server would.
func (w *world) send(_ context.Context, m org.Message) error {
	if w.fail {
		return errNoMail
	}
	w.mail = append(w.mail, m)
	return nil
}
