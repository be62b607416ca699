package casework_test

import (
	"slices"
	"testing"
	"time"

	"strengthen/internal/calendar"
	"strengthen/internal/casework"
	"strengthen/internal/fault"
	"strengthen/internal/testkit"
)

// ask sends a request from the lead of a case to the school and returns it.
func (w *world) ask(c casework.Case, parts ...casework.Compartment) casework.Request {
	w.Helper()
	w.must(w.s.Send(w.Context(), w.person["worker"], w.key(), c.ID, casework.Request{To: w.agency["school"], Kind: "information", Parts: parts,
		Text: "Моля за сведения за отсъствията от септември.", Due: calendar.On(w.clock.Now()).AddDays(10)}))
	_, all, err := w.s.RequestsOf(w.Context(), w.person["worker"], c.ID)
	w.must(err)
	return all[0]
}

func (w *world) request(id string) casework.Request {
	w.Helper()
	v, err := w.s.OpenRequest(w.Context(), w.person["worker"], id)
	w.must(err)
	return v.Request
}

func (w *world) step(who, id string, p casework.RequestStep, text string) error {
	return w.s.StepRequest(w.Context(), w.person[who], id, w.request(id).Version, p, sealedText(text))
}

// A request goes to the inbox of the institution: everybody there may take it, nobody elsewhere sees it, and the case itself
// stays closed to them but for the parts that were named.
func TestARequestLiesInTheInboxOfTheInstitution(t *testing.T) {
	each(t, func(w *world) {
		c := w.opened()
		r := w.ask(c)
		for who, n := range map[string]int{"teacher": 1, "inspector": 0, "doctor": 0, "stranger": 0, "manager": 0, "coordinator": 0} {
			list, _, err := w.s.Inbox(w.Context(), w.person[who], casework.RequestFilter{Open: true})
			w.must(err)
			if len(list) != n {
				t.Errorf("%s has %d requests, want %d", who, len(list), n)
			}
			_, err = w.s.OpenRequest(w.Context(), w.person[who], r.ID)
			w.want(map[int]fault.Kind{0: fault.Denied, 1: ""}[n], err, who+" opens it")
		}
		if got := w.opens("teacher", c.ID); got != nil {
			t.Errorf("the case opens to the school: %v", got)
		}
		shared := w.ask(c, casework.Core, casework.School)
		if got := w.opens("teacher", c.ID); !slices.Equal(got, []casework.Compartment{casework.Core, casework.School}) {
			t.Errorf("with parts named, the school sees %v", got)
		}
		w.must(w.step("worker", shared.ID, casework.WithdrawIt, "намерихме ги другаде"))
		if got := w.opens("teacher", c.ID); got != nil {
			t.Errorf("after the end of the request: %v", got)
		}
		if n := testkit.Count(w, w.db, "SELECT count(*) FROM case_request WHERE text LIKE '%отсъствия%'"); n != 0 {
			t.Error("its words lie in the clear")
		}
		if n := testkit.Count(w, w.db, "SELECT count(*) FROM message WHERE kind = 'request' AND state <> 'cancelled'"); n == 0 {
			t.Error("nobody was told")
		}
	})
}

// The whole way: taken, a question and its answer, accepted, answered, returned, answered again, verified. The loop is closed by
// the sender.
func TestARequestGoesRoundUntilTheSenderVerifies(t *testing.T) {
	each(t, func(w *world) {
		r := w.ask(w.opened())
		for _, x := range []struct {
			who   string
			step  casework.RequestStep
			text  string
			state casework.RequestState
			r01   casework.ClockState
		}{
			{"teacher", casework.Take, "", casework.Taken, casework.Running},
			{"teacher", casework.AskInfo, "За кой срок?", casework.NeedsInfo, casework.Met},
			{"worker", casework.GiveInfo, "От 15 септември.", casework.Asked, casework.Running},
			{"teacher", casework.Accept, "", casework.Accepted, casework.Met},
			{"teacher", casework.AnswerIt, "Седем отсъствия, всички в понеделник.", casework.Answered, casework.Met},
			{"worker", casework.ReturnIt, "Моля и за оценките.", casework.Accepted, casework.Met},
			{"teacher", casework.AnswerIt, "Оценките паднаха с единица.", casework.Answered, casework.Met},
			{"worker", casework.Verify, "", casework.Verified, casework.Met},
		} {
			w.clock.Move(time.Minute)
			other := map[string]string{"teacher": "worker", "worker": "teacher"}[x.who]
			w.want(fault.Invalid, w.s.StepRequest(w.Context(), w.person[other], r.ID, w.request(r.ID).Version, x.step, sealedText(x.text)), string(x.step)+" by the other side")
			w.must(w.step(x.who, r.ID, x.step, x.text))
			if got := w.request(r.ID).State; got != x.state {
				t.Fatalf("after %s: %s", x.step, got)
			}
			if k := w.clocks("", r.Case)["R01"]; k.State != x.r01 || k.Agency != w.agency["school"] || k.Person != "" {
				t.Errorf("after %s the clock of the answer is %s, want %s; it is of %s, %q", x.step, k.State, x.r01, k.Agency, k.Person)
			}
		}
		if k := w.clocks("", r.Case)["R04"]; k.State != casework.Met || !k.Due.Equal(r.Due.End()) {
			t.Errorf("the clock of the work: %+v", k)
		}
		w.want(fault.Conflict, w.step("worker", r.ID, casework.WithdrawIt, "не трябва"), "withdrawing what is done")
	})
}

// What pages show as the term of a request is what its clock counts to: three days for the answer (R01), though not more than the
// request itself leaves; and from the acceptance on the day that it names (R04).
func TestARequestHasOneTermAtATime(t *testing.T) {
	each(t, func(w *world) {
		day := func(s string) time.Time {
			m, err := time.ParseInLocation(time.DateTime, s+" 23:59:59", calendar.Sofia)
			w.must(err)
			return m
		}
		c := w.opened() // on Monday 2 March 2026
		r := w.ask(c)   // for the 12th
		shown := func(want time.Time, rule string) {
			w.Helper()
			x := w.request(r.ID)
			if k := w.clocks("", c.ID)[rule]; !x.Ends().Equal(want) || !k.Due.Equal(want) || x.Answering() != (rule == "R01") {
				t.Errorf("%s: the request shows %s, its clock %s, want %s", x.State, x.Ends(), k.Due, want)
			}
			list, _, err := w.s.Inbox(w.Context(), w.person["teacher"], casework.RequestFilter{Open: true})
			w.must(err)
			if len(list) == 0 || !list[0].Ends().Equal(want) {
				t.Errorf("%s: the inbox shows another term", x.State)
			}
		}
		shown(day("2026-03-05"), "R01")
		w.must(w.step("teacher", r.ID, casework.Take, ""))
		shown(day("2026-03-05"), "R01")
		w.must(w.step("teacher", r.ID, casework.Accept, ""))
		shown(day("2026-03-12"), "R04")

		w.must(w.s.Send(w.Context(), w.person["worker"], w.key(), c.ID, casework.Request{To: w.agency["hospital"], Kind: "examination", Text: "Преглед още утре, ако може.", Due: calendar.Of(2026, 3, 3)}))
		_, all, err := w.s.RequestsOf(w.Context(), w.person["worker"], c.ID)
		w.must(err)
		for _, x := range all {
			if x.ID != r.ID && !x.Ends().Equal(day("2026-03-03")) {
				t.Errorf("a request for tomorrow is to be answered by %s", x.Ends())
			}
		}
	})
}

func TestARequestOfWhichNothingCameExpires(t *testing.T) {
	each(t, func(w *world) {
		c := w.opened()
		r := w.ask(c, casework.Core)
		w.clock.Set(r.Until.Add(-time.Second))
		w.must(w.s.ExpireRequests(w.Context()))
		if got := w.request(r.ID).State; got != casework.Asked {
			t.Errorf("a second before: %s", got)
		}
		w.clock.Move(time.Second)
		if got := w.opens("teacher", c.ID); got != nil {
			t.Errorf("readable at its end, before any job ran: %v", got)
		}
		w.must(w.s.ExpireRequests(w.Context()))
		if got := w.request(r.ID).State; got != casework.Expired {
			t.Errorf("at its end: %s", got)
		}
	})
}

func TestSomebodyBarredGetsNoRequest(t *testing.T) {
	each(t, func(w *world) {
		c := w.opened()
		w.must(w.s.Exclude(w.Context(), w.person["worker"], c.ID, w.person["teacher"].Person, "сестра на майката"))
		r := w.ask(c)
		_, err := w.s.OpenRequest(w.Context(), w.person["teacher"], r.ID)
		w.want(fault.Denied, err, "opening it")
		list, _, err := w.s.Inbox(w.Context(), w.person["teacher"], casework.RequestFilter{})
		if err != nil || len(list) != 0 {
			t.Errorf("listed: %d, %v", len(list), err)
		}
		w.want(fault.Denied, w.s.StepRequest(w.Context(), w.person["teacher"], r.ID, r.Version, casework.Accept, ""), "accepting it")
	})
}

func TestWhatARequestNeeds(t *testing.T) {
	each(t, func(w *world) {
		ctx, worker := w.Context(), w.person["worker"]
		c := w.team()
		today := calendar.On(w.clock.Now())
		for name, tc := range map[string]struct {
			by     string
			change func(*casework.Request)
			fields []string
		}{
			"due today":                       {"worker", func(r *casework.Request) { r.Due = today }, nil},
			"due in 180 days":                 {"worker", func(r *casework.Request) { r.Due = today.AddDays(180) }, nil},
			"due in 181":                      {"worker", func(r *casework.Request) { r.Due = today.AddDays(181) }, []string{"due"}},
			"due yesterday":                   {"worker", func(r *casework.Request) { r.Due = today.AddDays(-1) }, []string{"due"}},
			"due on no day":                   {"worker", func(r *casework.Request) { r.Due = calendar.Date{} }, []string{"due"}},
			"of a kind of one's own":          {"worker", func(r *casework.Request) { r.Kind = "favour" }, []string{"ask"}},
			"without words":                   {"worker", func(r *casework.Request) { r.Text = "моля" }, []string{"text"}},
			"to nobody":                       {"worker", func(r *casework.Request) { r.To = "nowhere" }, []string{"agency"}},
			"to oneself":                      {"worker", func(r *casework.Request) { r.To = w.agency["ozd"] }, []string{"agency"}},
			"with parts one may not see":      {"head", func(r *casework.Request) { r.Parts = []casework.Compartment{casework.Health} }, []string{"parts"}},
			"with parts by who may not share": {"inspector", func(r *casework.Request) { r.Parts = []casework.Compartment{casework.Police} }, []string{"parts"}},
			"without parts by a member":       {"inspector", func(*casework.Request) {}, nil},
		} {
			r := casework.Request{To: w.agency["hospital"], Kind: "information", Text: "Моля за сведения за прегледа.", Due: today.AddDays(10)}
			tc.change(&r)
			var fields []string
			for _, f := range fault.All(w.s.Send(ctx, w.person[tc.by], w.key(), c.ID, r)) {
				fields = append(fields, f.Field)
			}
			if !slices.Equal(fields, tc.fields) {
				t.Errorf("%s: faults at %v, want %v", name, fields, tc.fields)
			}
		}
		r := w.ask(c)
		w.want(fault.Conflict, w.s.StepRequest(ctx, w.person["teacher"], r.ID, r.Version+1, casework.Take, ""), "from another page")
		w.want(fault.Invalid, w.s.StepRequest(ctx, w.person["inspector"], r.ID, r.Version, casework.WithdrawIt, "намерихме ги другаде"), "a member of another institution withdraws it")
		w.want(fault.Invalid, w.step("teacher", r.ID, casework.Decline, ""), "declined without a word")
		w.must(w.step("teacher", r.ID, casework.Take, ""))
		w.must(w.step("teacher", r.ID, casework.Decline, "не е наш ученик"))
		var steps []casework.RequestStep
		for _, e := range w.request(r.ID).History {
			steps = append(steps, e.Step)
		}
		if !slices.Equal(steps, []casework.RequestStep{casework.Ask, casework.Take, casework.Decline}) {
			t.Errorf("history %v", steps)
		}
		if w.request(r.ID).Taker != w.person["teacher"].Person || w.request(r.ID).Sender != worker.Person {
			t.Error("who asked and who has it")
		}
	})
}

// What came back to the sender stands in the sender's lists, with a term of its own, and not as late with whoever was asked.
func TestWhatComesBackWaitsForTheSender(t *testing.T) {
	each(t, func(w *world) {
		ctx, c := w.Context(), w.opened()
		r := w.ask(c) // for the tenth day from now
		waits := func(what string, sender, asked int, due time.Time) {
			w.Helper()
			work, err := w.s.MyWork(ctx, w.person["worker"])
			w.must(err)
			list, _, err := w.s.Returned(ctx, w.person["worker"], casework.RequestFilter{})
			w.must(err)
			inbox, _, err := w.s.Inbox(ctx, w.person["teacher"], casework.RequestFilter{Open: true})
			w.must(err)
			if len(work.Returned) != sender || len(list) != sender || len(inbox) != asked {
				t.Errorf("%s: %d at the sender's work and %d in the list, want %d; %d in the inbox, want %d", what, len(work.Returned), len(list), sender, len(inbox), asked)
			}
			if sender > 0 && len(list) > 0 && !list[0].Ends().Equal(due) {
				t.Errorf("%s: the sender's term ends %s, want %s", what, list[0].Ends(), due)
			}
			for _, who := range []string{"worker2", "teacher", "inspector", "stranger", "manager"} {
				if list, _, err := w.s.Returned(ctx, w.person[who], casework.RequestFilter{}); err != nil || len(list) > 0 {
					t.Errorf("%s: %s, who does not write in the case, has %d (%v)", what, who, len(list), err)
				}
			}
		}
		in := func(days int) time.Time { return calendar.On(w.clock.Now()).AddDays(days).End() }
		waits("sent", 0, 1, time.Time{})
		w.must(w.step("teacher", r.ID, casework.AskInfo, "За кой срок?"))
		waits("information needed", 1, 0, in(7))
		w.must(w.step("worker", r.ID, casework.GiveInfo, "От 15 септември."))
		waits("information given", 0, 1, time.Time{})
		w.must(w.step("teacher", r.ID, casework.Accept, ""))
		w.clock.Move(9 * 24 * time.Hour)
		w.must(w.step("teacher", r.ID, casework.AnswerIt, "Седем отсъствия."))
		waits("answered", 1, 0, in(7))
		if k := w.clocks("", c.ID)["R05"]; k.State != casework.Running || k.Person != w.person["worker"].Person || k.Agency != w.agency["ozd"] {
			t.Errorf("the term of the sender: %+v", k)
		}
		w.must(w.step("worker", r.ID, casework.ReturnIt, "Моля и за оценките."))
		waits("returned", 0, 1, time.Time{})
		w.must(w.step("teacher", r.ID, casework.AnswerIt, "Оценките паднаха."))
		w.must(w.step("worker", r.ID, casework.Verify, ""))
		waits("verified", 0, 0, time.Time{})
		if k := w.clocks("", c.ID)["R05"]; k.Live() {
			t.Errorf("verified, and the term of the sender is %s", k.State)
		}
	})
}

// A request that came back before such a term was kept has one that is counted from that day.
func TestARequestThatCameBackLongAgoHasATermToo(t *testing.T) {
	since := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	x := casework.Request{State: casework.Answered, Since: since, Due: calendar.Of(2026, 3, 1)}
	if want := calendar.Of(2026, 3, 9).End(); !x.Ends().Equal(want) {
		t.Errorf("it ends %s, want %s", x.Ends(), want)
	}
}
