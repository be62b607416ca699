package demo_test

import (
	"testing"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/demo"
	"strengthen/internal/impact"
	"strengthen/internal/org"
	"strengthen/internal/sealed"
	"strengthen/internal/store"
	"strengthen/internal/survey"
	"strengthen/internal/training"
)

// TestTheReportRecoversTheTruth plays the whole programme and compares the report with the state of the world that the play
// was made from.
func TestTheReportRecoversTheTruth(t *testing.T) {
	clock := &demo.Clock{}
	db, err := store.Open(t.Context(), store.Config{Dir: t.TempDir(), Policy: access.Standard(), Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	o := org.New(store.For[org.Tx]{DB: db}, clock.Now, sealed.Root{1}.Box("totp"))
	s := survey.New(store.For[survey.Tx]{DB: db}, clock.Now)
	tr := training.New(store.For[training.Tx]{DB: db}, clock.Now)
	w := &demo.World{Org: o, Training: tr, Survey: s, Clock: clock, End: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC), Size: 28}
	if err := w.Play(t.Context()); err != nil {
		t.Fatal(err)
	}
	r, err := impact.New(s, o, clock.Now).Compute(t.Context(), access.Actor{Grants: []access.Grant{{Role: access.Funder}}}, survey.OwnStudy)
	if err != nil {
		t.Fatal(err)
	}
	// Who does not know an item guesses among four options, so that only three quarters of a gain in knowledge show.
	for outcome, truth := range map[string]float64{
		"knowledge":   75 * (demo.Knowledge[survey.M6] - demo.Knowledge[survey.Pre]),
		"confidence":  demo.Confidence[survey.M6] - demo.Confidence[survey.Pre],
		"cooperation": demo.Cooperation[survey.M6] - demo.Cooperation[survey.Pre],
		"attitudes":   demo.Attitude[survey.M6] - demo.Attitude[survey.Pre],
	} {
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
	manager := access.Actor{Grants: []access.Grant{{Role: access.Manager}}}
	events, counts, err := tr.Events(t.Context(), manager, training.EventFilter{})
	if err != nil {
		t.Fatal(err)
	}
	people, waiting, open, held, short := 0, 0, 0, 0, 0
	for _, e := range events {
		c := counts[e.ID]
		people += c.Taken()
		if training.Held(e, clock.Now()) {
			held++
			if c.Sectors["police"] < e.Rule("police").Min {
				short++
			}
		} else {
			open++
			waiting += c.Waiting
		}
	}
	if people < 700 || waiting == 0 || open == 0 || held < 20 || short == 0 {
		t.Errorf("%d people, %d waiting, %d trainings open, %d held, %d of them short of police", people, waiting, open, held, short)
	}
}
