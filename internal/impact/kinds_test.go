package impact_test

import (
	"fmt"
	"strings"
	"testing"

	"strengthen/internal/i18n"
	"strengthen/internal/study"
	"strengthen/internal/survey"
)

// TestTrainingsAtDifferentDates: a table of places over time in which the training is worth 4 gives a report that finds it, and
// speaks of comparison.
func TestTrainingsAtDifferentDates(t *testing.T) {
	wedge := func(places int, effect float64) (study.Plan, []byte) {
		text := survey.Text{BG: "Дни до оценката", EN: "Days to the assessment"}
		p := study.Plan{Kind: study.Wedge, Study: "wedge", Title: text, Estimand: study.IsEffect, Comparison: study.Comparison{Design: study.NoComparison}, Methods: study.Methods{Headline: study.CR2, Replicates: 199, Seed: 1},
			Outcomes: []study.Outcome{{ID: "days", Title: text, Role: study.PrimaryRole, Scale: study.Score, Decimals: 1, Lower: true}},
			Data:     study.Columns{Group: "oblast", Period: "month", Exposure: "since", Value: "days", Weight: "cases"}}
		p.Estimand = study.IsChange
		var b strings.Builder
		b.WriteString("oblast,month,since,days,cases\n")
		for g := range places {
			start := 3 + g%8
			for m := range 14 {
				since := m - start + 1
				v := 30 + float64(g%5) + float64(m)/2 + float64((g*7+m*11)%13)/10
				if since > 0 {
					v -= effect
				}
				fmt.Fprintf(&b, "G%02d,%d,%d,%.2f,%d\n", g, m, since, v, 3+(g+m)%5)
			}
		}
		return p, []byte(b.String())
	}
	p, b := wedge(24, 4)
	if err := p.Check(); err != nil {
		t.Fatal(err)
	}
	r, err := fromFile(t, p, b)
	if err != nil {
		t.Fatal(err)
	}
	e := r.Wedges[0].Effect
	if !e.OK() || e.Value < -4.5 || e.Value > -3.5 || e.High > -3 {
		t.Errorf("the training was worth −4 days, the report says %+v", e)
	}
	survived(t, r, "")
	if text := words(r, i18n.EN); !strings.Contains(text, "which place was trained when") || !strings.Contains(text, "not drawn by lot") {
		t.Error("the report shows no design, or does not say what it rests on")
	}
	p, b = wedge(3, 4)
	r, err = fromFile(t, p, b)
	if err != nil {
		t.Fatal(err)
	}
	survived(t, r, "fewer than four groups")
}

// TestWhoNamesWhom: a network at two times, with ties between groups that only exist afterwards.
func TestWhoNamesWhom(t *testing.T) {
	p := study.Plan{Kind: study.Network, Study: "net", Title: survey.Text{BG: "Мрежа", EN: "Network"}, Estimand: study.IsChange, Comparison: study.Comparison{Design: study.NoComparison},
		Methods: study.Methods{Headline: study.CR2, Replicates: 199, Seed: 1}, Data: study.Columns{Wave: "wave", From: "a", To: "b", FromGroup: "ga", ToGroup: "gb"}}
	if err := p.Check(); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("wave,a,b,ga,gb\n")
	for _, wave := range []string{"pre", "m6"} {
		for i := range 18 {
			g := i % 3
			for _, j := range []int{(i + 3) % 18, (i + 6) % 18, (i + 1) % 18} {
				if wave == "m6" || j%3 == g {
					fmt.Fprintf(&b, "%s,A%02d,A%02d,g%d,g%d\n", wave, i, j, g, j%3)
				}
			}
		}
	}
	r, err := fromFile(t, p, []byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	if n := r.Network; n.Actors != 18 || n.Before.Arcs != 36 || n.After.Arcs != 54 || n.Kept != 36 || n.Gained != 18 || n.Dropped != 0 {
		t.Errorf("%+v", n)
	}
	survived(t, r, "")
	if text := words(r, i18n.EN); !strings.Contains(text, "there were 36 ties before and 54 after") {
		t.Error("the report does not tell of the ties")
	}
}
