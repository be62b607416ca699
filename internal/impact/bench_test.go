package impact_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"strengthen/internal/analysis"
	"strengthen/internal/i18n"
	"strengthen/internal/impact"
	"strengthen/internal/render"
	"strengthen/internal/sheet"
	"strengthen/internal/study"
	"strengthen/internal/survey"
)

// large is a study of n people in 28 groups and regions, seven sectors, three waves with people lost, two scales of six items.
func large(b *testing.B, n int) (study.Plan, sheet.Table) {
	b.Helper()
	rnd := rand.New(rand.NewPCG(1, 2))
	var t strings.Builder
	t.WriteString("code,group,sector,region")
	for _, o := range []string{"a", "b"} {
		for _, w := range []string{"pre", "post", "m6"} {
			for i := range 6 {
				fmt.Fprintf(&t, ",%s_%s_%d", o, w, i)
			}
		}
	}
	t.WriteByte('\n')
	for i := range n {
		g := i % 28
		fmt.Fprintf(&t, "K%06d,G%02d,s%d,r%02d", i, g, rnd.IntN(7), g)
		self, group := rnd.NormFloat64(), float64(g%5)/10
		for range 2 {
			for w, gain := range []float64{0, 0.8, 0.5} {
				lost := w == 2 && rnd.Float64() < 0.35 || w == 1 && rnd.Float64() < 0.1
				for range 6 {
					if lost {
						t.WriteByte(',')
						continue
					}
					fmt.Fprintf(&t, ",%d", int(min(max(3+self+gain*(1+group)+rnd.NormFloat64(), 1), 5)+0.5))
				}
			}
		}
		t.WriteByte('\n')
	}
	table, err := sheet.Read([]byte(t.String()))
	if err != nil {
		b.Fatal(err)
	}
	outcomes := []survey.Outcome{}
	for _, id := range []string{"a", "b"} {
		outcomes = append(outcomes, survey.Outcome{ID: id, Title: survey.Text{BG: "Мярка " + id, EN: "Measure " + id}, Low: 1, High: 5, Decimals: 2, HigherBetter: true, Primary: true})
	}
	p := study.Default(survey.Study{ID: "large", Title: survey.Text{BG: "Голямо", EN: "Large"}, Outcomes: outcomes}, survey.Pre, survey.Post, survey.M6)
	p.Missing.Explain = []study.By{study.Sector}
	p.Data = study.Columns{Code: "code", Group: "group", Sector: "sector", Region: "region"}
	for i := range p.Outcomes {
		o := &p.Outcomes[i]
		o.ItemLow, o.ItemTop, o.Items = 1, 5, map[survey.Wave][]string{}
		for _, w := range []survey.Wave{survey.Pre, survey.Post, survey.M6} {
			for k := range 6 {
				o.Items[w] = append(o.Items[w], fmt.Sprintf("%s_%s_%d", o.ID, w, k))
			}
		}
	}
	return p, table
}

// BenchmarkReport is the whole way from a table of 10,000 people to a result, and from there to each form.
func BenchmarkReport(b *testing.B) {
	p, table := large(b, 10_000)
	if err := p.Check(); err != nil {
		b.Fatal(err)
	}
	var r analysis.Result
	b.Run("analyse", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var err error
			if r, err = analysis.Analyse(b.Context(), study.Record{Plan: p}, analysis.FromTable(table), analysis.Options{Level: 5}); err != nil {
				b.Fatal(err)
			}
		}
	})
	r.AsOf = "2026-11-24"
	d := impact.Write(r, nil, i18n.BG, time.Unix(0, 0))
	for name, write := range map[string]func() error{
		"html": func() error { render.Page(d); return nil },
		"pdf":  func() error { _, err := render.PDF(d); return err },
		"xlsx": func() error { _, err := render.XLSX(d); return err },
		"json": func() error { _, err := render.JSON(d); return err },
		"keep": func() error { _, err := json.Marshal(r); return err },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := write(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
