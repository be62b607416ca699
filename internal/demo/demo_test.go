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
	"strengthen/internal/demo"
	"strengthen/internal/impact"
	"strengthen/internal/org"
	"strengthen/internal/sealed"
	"strengthen/internal/sheet"
	"strengthen/internal/store"
	"strengthen/internal/study"
	"strengthen/internal/survey"
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
		if x.N != y.N || x.Lost != y.Lost || x.Open != y.Open || math.Abs(float64(x.Headline.Low-y.Headline.Low)) > 1e-9 || math.Abs(float64(x.Missing.Weighted.Value-y.Missing.Weighted.Value)) > 1e-6 {
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
	st := study.New(store.For[study.Tx]{DB: db}, clock.Now)
	w := &demo.World{Org: o, Training: tr, Survey: s, Study: st, Clock: clock, End: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC), Size: 28}
	if err := w.Play(t.Context()); err != nil {
		t.Fatal(err)
	}
	reports := impact.New(s, o, st, clock.Now)
	theSameFromAFile(t, s, reports)
	r, err := reports.Compute(t.Context(), access.Actor{Grants: []access.Grant{{Role: access.Funder}}}, survey.OwnStudy)
	if err != nil {
		t.Fatal(err)
	}
	if l := r.Record.Locked; l == nil || l.Late {
		t.Errorf("the plan was not locked before the data: %+v", l)
	}
	// Who does not know an item guesses among four options, so that only three quarters of a gain in knowledge show.
	for outcome, truth := range map[string]float64{
		"knowledge":   75 * (demo.Knowledge[survey.M6] - demo.Knowledge[survey.Pre]),
		"confidence":  demo.Confidence[survey.M6] - demo.Confidence[survey.Pre],
		"cooperation": demo.Cooperation[survey.M6] - demo.Cooperation[survey.Pre],
		"attitudes":   demo.Attitude[survey.M6] - demo.Attitude[survey.Pre],
	} {
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
