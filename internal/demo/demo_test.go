package demo_test

import (
	"flag"
	"math"
	"os"
	"slices"
	"testing"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/analysis"
	"strengthen/internal/calendar"
	"strengthen/internal/casework"
	"strengthen/internal/demo"
	"strengthen/internal/impact"
	"strengthen/internal/org"
	"strengthen/internal/sealed"
	"strengthen/internal/sheet"
	"strengthen/internal/store"
	"strengthen/internal/study"
	"strengthen/internal/survey"
	"strengthen/internal/testkit"
	"strengthen/internal/training"
)

var update = flag.Bool("update", false, "write the worked example anew")

// theSameFromAFile writes the answers and the plan out, reads them back, and asks for the same figures. With -update they
// become docs/examples/programme.
func theSameFromAFile(t *testing.T, s *survey.Service, reports *impact.Service) {
	t.Helper()
	d, err := s.Data(t.Context(), access.Actor{Grants: []access.Grant{{Role: access.Funder}}}, survey.OwnStudy)
	if err != nil {
		t.Fatal(err)
	}
	kept := study.Record{Plan: impact.Proposed(d)}
	plan, csv, err := reports.Take(t.Context(), access.Actor{Via: access.ViaCommand, Grants: []access.Grant{{Role: access.Evaluator}}}, survey.OwnStudy)
	if err != nil {
		t.Fatal(err)
	}
	record, err := study.Parse(plan)
	if err != nil {
		t.Fatal(err)
	}
	table, err := sheet.Read(csv)
	if err != nil {
		t.Fatal(err)
	}
	results := func(r study.Record, from analysis.Source) []analysis.Change {
		x, err := analysis.Analyse(t.Context(), r, from, analysis.Options{Level: 5})
		if err != nil {
			t.Fatal(err)
		}
		return x.Changes
	}
	a, b := results(kept, analysis.FromAnswers(d)), results(record, analysis.FromTable(table))
	if len(a) != len(b) {
		t.Fatalf("%d changes from the database, %d from the file", len(a), len(b))
	}
	for i := range a {
		x, y := a[i], b[i]
		if x.N != y.N || x.Lost != y.Lost || x.Open != y.Open || math.Abs(float64(x.Headline.Low-y.Headline.Low)) > 1e-9 {
			t.Errorf("%s: n %d lost %d %v from the database, n %d lost %d %v from the file", x.Outcome, x.N, x.Lost, x.Headline, y.N, y.Lost, y.Headline)
		}
	}
	if !*update {
		return
	}
	for name, b := range map[string][]byte{"answers.csv": csv, "plan.yaml": plan} {
		if err := os.WriteFile("../../docs/examples/programme/"+name, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func play(t *testing.T, end time.Time, size int) (*demo.World, *store.DB) {
	t.Helper()
	clock := &demo.Clock{}
	db := testkit.Open(t, store.Config{Dir: t.TempDir(), Policy: access.Standard(), Now: clock.Now})
	if _, _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := db.Hurry(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	w := &demo.World{
		Org:    org.New(store.For[org.Tx]{DB: db}, clock.Now, sealed.Root{1}.Box("totp")),
		Survey: survey.New(store.For[survey.Tx]{DB: db}, clock.Now), Training: training.New(store.For[training.Tx]{DB: db}, clock.Now),
		Study: study.New(store.For[study.Tx]{DB: db}, clock.Now), Casework: casework.New(store.For[casework.Tx]{DB: db}, clock.Now), Clock: clock, End: end, Size: size, Signals: 80,
	}
	if err := w.Play(t.Context()); err != nil {
		t.Fatalf("ending on %s: %v", end, err)
	}
	return w, db
}

// answersAreChecked asks that most of the requests that were answered are verified by the end.
func answersAreChecked(t *testing.T, db *store.DB) {
	t.Helper()
	count := func(state string) int {
		return testkit.Count(t, db, "SELECT count(*) FROM case_request WHERE state = $1", state)
	}
	if answered, verified := count("answered"), count("verified"); verified == 0 || verified < 4*answered {
		t.Errorf("%d answers are checked, and %d wait", verified, answered)
	}
}

// TestThePlayFitsAnyDay ends the play at the end of short and long months, at the turn of a year, at a weekend and at night:
// the first and the last training lie within the programme on all of them.
func TestThePlayFitsAnyDay(t *testing.T) {
	for _, end := range []string{"2026-10-31T22:30:00Z", "2027-02-28T00:10:00Z", "2028-02-29T12:00:00Z", "2027-01-01T03:00:00Z", "2026-08-01T09:00:00Z", "2027-05-30T09:00:00Z"} {
		at, err := time.Parse(time.RFC3339, end)
		if err != nil {
			t.Fatal(err)
		}
		_, db := play(t, at, 2)
		meetAtWork(t, db)
	}
}

// meetAtWork holds the meetings of teams against the hours at which offices are open, on working days.
func meetAtWork(t *testing.T, db *store.DB) {
	t.Helper()
	rows, err := testkit.Raw(t, db).QueryContext(t.Context(), "SELECT at FROM meeting")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		at = at.In(calendar.Sofia)
		n++
		if at.Weekday() == time.Saturday || at.Weekday() == time.Sunday || at.Hour() < 9 || at.Hour() > 16 || at.Minute()%15 != 0 || at.Format("01-02") == "12-25" || at.Format("01-02") == "03-03" {
			t.Errorf("a team meets on %s", at.Format("Monday 2 January 15:04"))
		}
	}
	if err := rows.Err(); err != nil || n < 5 {
		t.Errorf("%d meetings, %v", n, err)
	}
}

// TestTheReportRecoversTheTruth plays the whole programme and compares the report with the state of the world that the play
// was made from.
func TestTheReportRecoversTheTruth(t *testing.T) {
	w, db := play(t, time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC), 28)
	answersAreChecked(t, db)
	tr, clock := w.Training, w.Clock
	reports := impact.New(w.Survey, w.Org, w.Study, clock.Now)
	theSameFromAFile(t, w.Survey, reports)
	r, err := reports.Compute(t.Context(), access.Actor{Grants: []access.Grant{{Role: access.Funder}}}, survey.OwnStudy)
	if err != nil {
		t.Fatal(err)
	}
	if l := r.Record.Locked; l == nil || l.Late {
		t.Errorf("the plan was not locked before the data: %+v", l)
	}
	for _, o := range survey.Outcomes() {
		outcome, truth := o.ID, demo.Truth(o.ID, survey.M6)-demo.Truth(o.ID, survey.Pre)
		i := slices.IndexFunc(r.Changes, func(c analysis.Change) bool { return c.Outcome == outcome && c.Main })
		if i < 0 {
			t.Fatalf("%s: no primary contrast", outcome)
		}
		// Twice the interval: a fixed seed may lie outside one 95 % interval of four without anything being wrong.
		h := r.Changes[i].Headline
		if value, half := float64(h.Value), float64(h.High-h.Low); truth < value-half || truth > value+half {
			t.Errorf("%s: %.2f [%.2f; %.2f], true is %.2f", outcome, h.Value, h.Low, h.High, truth)
		}
		if h.Low <= 0 {
			t.Errorf("%s: the gain does not show", outcome)
		}
	}
	for _, x := range r.Reliability {
		if x.Alpha < .7 || x.Alpha > .85 {
			t.Errorf("%s: the answers hang together with alpha %.2f", x.Outcome, x.Alpha)
		}
	}
	manager := access.Actor{Grants: []access.Grant{{Role: access.Manager}}}
	events, counts, err := tr.Events(t.Context(), manager, training.EventFilter{})
	if err != nil {
		t.Fatal(err)
	}
	var got tally
	for _, e := range events {
		c := counts[e.ID]
		got.people += c.Taken()
		lacks := c.Sectors["police"] < e.Rule("police").Min
		switch s := training.StandingOf(e, c, clock.Now()); {
		case s.Held && lacks:
			got.short++
			fallthrough
		case s.Held:
			got.held++
		case e.Begun(clock.Now()):
			got.underWay++
			if s.NextStep.Kind != training.NextMark {
				t.Error("there is no presence to mark in the training under way")
			}
		default:
			got.open++
			got.waiting += c.Waiting
			if lacks {
				got.lacking++
			}
		}
	}
	if got.people < 800 || got.people > 880 || got.held != 24 || got.underWay != 1 || got.open != 3 || got.waiting < 5 || got.short == 0 || got.lacking == 0 {
		t.Errorf("the play is not what it should be: %+v", got)
	}
	m6 := r.Flow[len(r.Flow)-1].All
	if m6.Answered+m6.Open+m6.Lost < 350 || m6.Open < 1 || m6.NotAsked < 1 || m6.Lost < 1 {
		t.Errorf("after six months: %+v", m6)
	}
	guests, err := w.Org.DemoGuests(t.Context())
	if err != nil || len(guests) != len(access.Grantable())+1 {
		t.Errorf("guests %v, %v", guests, err)
	}
	links, err := w.Org.DemoLinks(t.Context())
	if err != nil || len(links) != 6 {
		t.Errorf("links %v, %v", links, err)
	}
}

// tally is what there is to look at in the demonstration.
type tally struct {
	people, waiting      int
	held, underWay, open int
	short                int // held without the police that its rule asks for
	lacking              int // to come, and lacks them still
}
