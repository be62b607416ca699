package survey_test

import (
	"database/sql"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/fault"
	"strengthen/internal/org"
	"strengthen/internal/sealed"
	"strengthen/internal/store"
	"strengthen/internal/survey"
	"strengthen/internal/testkit"
	"strengthen/internal/training"
)

var manager = access.Actor{Person: "manager", Via: access.ViaCommand, Grants: []access.Grant{{Role: access.Manager}}}

// world is one person with a confirmed seat in a training of May 2026.
type world struct {
	*testing.T
	clock    *testkit.Clock
	org      *org.Service
	training *training.Service
	s        *survey.Service
	event    training.Event
	seat     training.EnrolmentID
	mail     []org.Message
	fail     bool // mail comes back
}

func newWorld(t *testing.T, db *store.DB, clock *testkit.Clock) *world {
	t.Helper()
	w := &world{T: t, clock: clock, org: org.New(store.For[org.Tx]{DB: db}, clock.Now, sealed.Root{1}.Box("totp")),
		training: training.New(store.For[training.Tx]{DB: db}, clock.Now), s: survey.New(store.For[survey.Tx]{DB: db}, clock.Now)}
	w.must(w.org.Seed(t.Context()))
	w.must(w.training.SaveProgramme(t.Context(), manager, training.Programme{
		TitleBG: "Укрепване", TitleEN: "Strengthen", Starts: calendar.MustDate("2026-01-01"), Ends: calendar.MustDate("2027-12-31"), Trainings: 1, People: 1, Children: 1,
	}))
	first := calendar.MustDate("2026-05-11")
	id, err := w.training.Plan(t.Context(), manager, "plan", training.Event{
		Region: "PER", VenueBG: "Зала 1", Capacity: 4, NeedShare: 0.8, ApplyUntil: first.AddDays(-3), Release: first.AddDays(-8).At(12, 0), HalfDays: training.HalfDaysFrom(first, 5),
	})
	w.must(err)
	w.event, err = w.training.Event(t.Context(), manager, id)
	w.must(err)
	out, err := w.training.Apply(t.Context(), access.Public("r"), "a", training.Application{
		Event: id, AgencyName: "Училище", AgencyKind: "school", HeadEmail: "head@example.org", Agreed: true,
		Person: org.Person{Name: "Ана Илиева", Email: "ana@example.org", Lang: "bg", Sector: "education", Profession: "teacher", Region: "PER"},
	})
	w.must(err)
	w.seat = out.Seat
	w.must(w.training.EndorseFor(t.Context(), manager, w.seat))
	w.must(w.s.Sweep(t.Context()))
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) attend(n int) {
	w.Helper()
	for i, h := range w.event.HalfDays[:n] {
		w.clock.Set(h.End())
		w.must(w.training.Mark(w.Context(), manager, w.event.ID, []training.Presence{{Enrolment: w.seat, HalfDay: h.ID, Status: training.Present, Method: training.ByList, ClientKey: fmt.Sprint(i)}}))
	}
	w.must(w.s.Sweep(w.Context()))
}

func (w *world) deliver() {
	w.Helper()
	for {
		n, err := w.org.SendDue(w.Context(), w.s.Guard(w.send))
		w.must(err)
		if n == 0 {
			return
		}
	}
}

// asked counts the mails of a wave that left, and returns the last link.
func (w *world) asked(wave survey.Wave) (n int, link string) {
	for _, m := range w.mail {
		if m.Kind == "answer" && m.Vars["wave"] == string(wave) {
			n++
			link = strings.TrimPrefix(m.Vars["link"], "/l/")
		}
	}
	return n, link
}

// full answers every item of a sitting.
func full(wave survey.Wave) map[survey.Wave]map[string]string {
	all := map[survey.Wave]map[string]string{}
	for _, p := range survey.Sitting(wave) {
		if all[p.Wave] == nil {
			all[p.Wave] = map[string]string{}
		}
		for _, it := range p.Instrument.Items {
			switch it.Kind {
			case "choice":
				all[p.Wave][it.ID] = it.Options[1].Code
			case "scale":
				all[p.Wave][it.ID] = "50"
			}
		}
	}
	return all
}

func TestThreeWavesOfOnePerson(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		w := newWorld(t, db, clock)
		clock.Move(time.Hour)
		w.deliver()
		n, link := w.asked(survey.Pre)
		if n != 1 {
			t.Fatalf("asked %d times before, want once", n)
		}
		w.must(w.s.Save(t.Context(), link, "r", map[survey.Wave]map[string]string{survey.Pre: {"ka21": "a", "cf11": "70"}}))
		v, err := w.s.Open(t.Context(), link)
		w.must(err)
		if v.Answers[survey.Pre]["cf11"] != "70" {
			t.Error("what was saved is not there when the link is opened again")
		}
		err = w.s.Finish(t.Context(), link, "r", map[survey.Wave]map[string]string{survey.Pre: {"cf11": "75"}})
		if l := fault.All(err); len(l) < 2 || l[0].Key != "answer.missing" {
			t.Errorf("finishing with gaps: %v", err)
		}
		err = w.s.Save(t.Context(), link, "r", map[survey.Wave]map[string]string{survey.Pre: {"cf11": "75", "cf12": "20"}})
		if l := fault.All(err); len(l) != 1 || l[0].Field != "pre.cf11" || l[0].Key != "answer.range" {
			t.Errorf("an answer between the steps: %v", err)
		}
		if v, _ := w.s.Open(t.Context(), link); v.Answers[survey.Pre]["cf12"] != "" {
			t.Error("half of a refused form was written")
		}
		w.must(w.s.Finish(t.Context(), link, "r", full(survey.Pre)))
		if err := w.s.Finish(t.Context(), link, "r", full(survey.Pre)); !fault.Is(err, fault.Conflict) {
			t.Errorf("a second sending: %v", err)
		}
		clock.Move(8 * 24 * time.Hour)
		w.deliver()
		if n, _ := w.asked(survey.Pre); n != 1 {
			t.Errorf("reminded after the answer: %d mails", n)
		}

		w.attend(5)
		clock.Move(24 * time.Hour)
		w.deliver()
		_, link = w.asked(survey.Post)
		w.must(w.s.Finish(t.Context(), link, "r", full(survey.Post)))

		due := calendar.MustDate("2026-11-12") // completed with the fourth half-day, on 12 May
		clock.Set(due.AddDays(1).At(8, 0))
		w.must(w.s.Sweep(t.Context()))
		w.deliver()
		_, link = w.asked(survey.M6)
		w.must(w.s.Finish(t.Context(), link, "r", full(survey.M6)))

		d, err := w.s.Data(t.Context(), access.Actor{Grants: []access.Grant{{Role: access.Funder}}}, survey.OwnStudy)
		w.must(err)
		if len(d.Respondents) != 1 {
			t.Fatalf("%d respondents, want 1", len(d.Respondents))
		}
		for _, wave := range survey.Waves() {
			if got, ok := survey.Score("confidence", d.Respondents[0].Answers[wave]); !ok || got != 50 {
				t.Errorf("%s: confidence %v %v, want 50", wave, got, ok)
			}
		}
	})
}

func TestRemindersAtZeroSevenAndTwentyOneDays(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		w := newWorld(t, db, clock)
		w.attend(4) // completion on 12 May
		due := calendar.MustDate("2026-11-12")
		for _, tc := range []struct{ days, want int }{{-1, 0}, {0, 1}, {6, 1}, {7, 2}, {20, 2}, {21, 3}, {60, 3}} {
			clock.Set(due.AddDays(tc.days).At(9, 0))
			w.must(w.s.Sweep(t.Context()))
			w.deliver()
			if n, _ := w.asked(survey.M6); n != tc.want {
				t.Errorf("%d days after the due day: %d mails, want %d", tc.days, n, tc.want)
			}
		}
		_, link := w.asked(survey.M6)
		clock.Set(due.AddDays(61).At(9, 0))
		if _, err := w.s.Open(t.Context(), link); !fault.Is(err, fault.Conflict) {
			t.Errorf("a link past its window: %v", err)
		}
		if _, err := w.s.Open(t.Context(), link+"x"); !fault.Is(err, fault.NotFound) {
			t.Errorf("a link that was altered: %v", err)
		}
	})
}

func TestACorrectedCompletionMovesOnlyWhatIsUnsent(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		w := newWorld(t, db, clock)
		w.attend(5)
		// The first half-day was somebody else: completion moves from the fourth to the fifth half-day, 13 May.
		fix := training.Presence{Enrolment: w.seat, HalfDay: w.event.HalfDays[0].ID, Status: training.Absent, Method: training.ByList, ClientKey: "fix", Reason: "друг човек"}
		clock.Move(time.Hour)
		w.must(w.training.Mark(t.Context(), manager, w.event.ID, []training.Presence{fix}))
		w.must(w.s.Sweep(t.Context()))
		clock.Set(calendar.MustDate("2026-11-12").At(9, 0))
		w.deliver()
		if n, _ := w.asked(survey.M6); n != 0 {
			t.Error("asked on the old day")
		}
		clock.Set(calendar.MustDate("2026-11-13").At(9, 0))
		w.deliver()
		n, link := w.asked(survey.M6)
		if n != 1 {
			t.Error("not asked on the new day")
		}
		// Once a mail has left nothing moves any more: with the first half-day back, completion is of 12 May again.
		before, err := w.s.Open(t.Context(), link)
		w.must(err)
		fix.Status, fix.ClientKey = training.Present, "fix2"
		clock.Move(time.Hour)
		w.must(w.training.Mark(t.Context(), manager, w.event.ID, []training.Presence{fix}))
		w.must(w.s.Sweep(t.Context()))
		after, err := w.s.Open(t.Context(), link)
		w.must(err)
		if !before.Invitation.Closes.Equal(after.Invitation.Closes) || before.Invitation.Due != after.Invitation.Due {
			t.Errorf("what was sent moved from %s to %s", before.Invitation.Closes, after.Invitation.Closes)
		}
	})
}

func TestAnswersHoldNothingOfThePerson(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		w := newWorld(t, db, clock)
		clock.Move(time.Hour)
		w.deliver()
		_, link := w.asked(survey.Pre)
		w.must(w.s.Finish(t.Context(), link, "r", full(survey.Pre)))
		v, err := w.training.Seat(t.Context(), manager, w.seat)
		w.must(err)
		d, err := w.s.Answers(t.Context(), access.Actor{Grants: []access.Grant{{Role: access.Evaluator}}}, survey.OwnStudy)
		w.must(err)
		dump := fmt.Sprintf("%+v", d.Respondents)
		for what, secret := range map[string]string{"name": "Илиева", "address": "ana@", "seat": string(w.seat), "person": string(v.Seat.Person), "agency": string(v.Seat.Agency), "time": "2026-03-02T"} {
			if strings.Contains(dump, secret) {
				t.Errorf("the answers hold the %s", what)
			}
		}
		if _, err := w.s.Answers(t.Context(), manager, survey.OwnStudy); !fault.Is(err, fault.Denied) {
			t.Errorf("the manager reads answers by code: %v", err)
		}
	})
}

// TestSixMonthsAsPostgresCounts compares our months with PostgreSQL's own.
func TestSixMonthsAsPostgresCounts(t *testing.T) {
	address := os.Getenv("STRENGTHEN_TEST_POSTGRES")
	if address == "" {
		t.Fatal("no PostgreSQL: run make check")
	}
	db, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rapid.Check(t, func(t *rapid.T) {
		d := calendar.MustDate("2000-01-01").AddDays(rapid.IntRange(0, 36524).Draw(t, "days"))
		var want string
		if err := db.QueryRow(`SELECT to_char($1::date + interval '6 months', 'YYYY-MM-DD')`, d.String()).Scan(&want); err != nil {
			t.Fatal(err)
		}
		if got := survey.DueM6(d).String(); got != want {
			t.Fatalf("%s plus six months: %s, PostgreSQL says %s", d, got, want)
		}
	})
	if got := survey.DueM6(calendar.MustDate("2026-08-31")).String(); got != "2027-02-28" {
		t.Errorf("31 August leads to %s", got)
	}
}
