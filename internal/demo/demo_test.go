package demo_test

import (
	"testing"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/casework"
	"strengthen/internal/demo"
	"strengthen/internal/impact"
	"strengthen/internal/org"
	"strengthen/internal/sealed"
	"strengthen/internal/store"
	"strengthen/internal/survey"
	"strengthen/internal/training"
)

func play(t *testing.T, end time.Time, size int) *demo.World {
	t.Helper()
	clock := &demo.Clock{}
	db, err := store.Open(t.Context(), store.Config{Dir: t.TempDir(), Policy: access.Standard(), Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if _, _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := db.Hurry(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	w := &demo.World{
		Org:    org.New(store.For[org.Tx]{DB: db}, clock.Now, sealed.Root{1}.Box("totp")),
		Survey: survey.New(store.For[survey.Tx]{DB: db}, clock.Now), Training: training.New(store.For[training.Tx]{DB: db}, clock.Now),
		Casework: casework.New(store.For[casework.Tx]{DB: db}, clock.Now), Clock: clock, End: end, Size: size, Signals: 80,
	}
	if err := w.Play(t.Context()); err != nil {
		t.Fatalf("ending on %s: %v", end, err)
	}
	return w
}

// TestThePlayFitsAnyDay ends the play at the end of short and long months, at the turn of a year, at a weekend and at night:
// the first and the last training lie within the programme on all of them.
func TestThePlayFitsAnyDay(t *testing.T) {
	for _, end := range []string{"2026-10-31T22:30:00Z", "2027-02-28T00:10:00Z", "2028-02-29T12:00:00Z", "2027-01-01T03:00:00Z", "2026-08-01T09:00:00Z", "2027-05-30T09:00:00Z"} {
		at, err := time.Parse(time.RFC3339, end)
		if err != nil {
			t.Fatal(err)
		}
		play(t, at, 2)
	}
}

// TestTheReportRecoversTheTruth plays the whole programme and compares the report with the state of the world that the play
// was made from.
func TestTheReportRecoversTheTruth(t *testing.T) {
	w := play(t, time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC), 28)
	o, s, tr, clock := w.Org, w.Survey, w.Training, w.Clock
	r, err := impact.New(s, o, clock.Now).Compute(t.Context(), access.Actor{Grants: []access.Grant{{Role: access.Funder}}}, survey.OwnStudy)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range survey.Outcomes() {
		outcome, truth := o.ID, demo.Truth(o.ID, survey.M6)-demo.Truth(o.ID, survey.Pre)
		e, ok := r.Main(outcome)
		if !ok || e.Contrast != impact.Headline {
			t.Fatalf("%s: no headline", outcome)
		}
		// Twice the interval: a fixed seed may lie outside one 95 % interval of four without anything being wrong.
		if half := e.High - e.Low; truth < e.Change-half || truth > e.Change+half {
			t.Errorf("%s: %.2f [%.2f; %.2f], true is %.2f", outcome, e.Change, e.Low, e.High, truth)
		}
		if e.Low <= 0 {
			t.Errorf("%s: the gain does not show", outcome)
		}
	}
	for _, x := range r.Reliability {
		if x.Alpha < .7 || x.Alpha > .85 {
			t.Errorf("%s: the answers hang together with alpha %.2f", x.Name, x.Alpha)
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
			if s.Todo.Kind != training.TodoMark {
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
	m6 := r.Flow[len(r.Flow)-1].Tally
	if m6.Asked() < 350 || m6[survey.Open] == 0 || m6[survey.NotDue] == 0 || m6.Lost() == 0 {
		t.Errorf("after six months: %v", m6)
	}
	guests, err := o.DemoGuests(t.Context())
	if err != nil || len(guests) != len(access.Grantable())+1 {
		t.Errorf("guests %v, %v", guests, err)
	}
	links, err := o.DemoLinks(t.Context())
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
