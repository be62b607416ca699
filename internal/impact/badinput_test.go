package impact_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"strengthen/internal/analysis"
	"strengthen/internal/fault"
	"strengthen/internal/i18n"
	"strengthen/internal/impact"
	"strengthen/internal/render"
	"strengthen/internal/sheet"
	"strengthen/internal/study"
	"strengthen/internal/survey"
)

// table writes n rows of code, group, sector, two scores and four items; edit changes a row.
func table(n int, edit func(i int, row map[string]string)) []byte {
	head := []string{"code", "group", "sector", "pre", "m6", "i1", "i2", "i3", "i4", "trained"}
	var b strings.Builder
	b.WriteString(strings.Join(head, ",") + "\n")
	for i := range n {
		row := map[string]string{"code": fmt.Sprint("K", 10000+i), "group": fmt.Sprint("g", i%8), "sector": []string{"a", "b", "c"}[i%3], "pre": fmt.Sprint(20 + i*7%31), "m6": fmt.Sprint(25 + i*11%37),
			"i1": fmt.Sprint(1 + i%5), "i2": fmt.Sprint(1 + (i+i/7)%5), "i3": fmt.Sprint(1 + (i+i/3)%5), "i4": fmt.Sprint(1 + i*3%5), "trained": fmt.Sprint(i % 8 / 4)}
		if edit != nil {
			edit(i, row)
		}
		for k, h := range head {
			if k > 0 {
				b.WriteByte(',')
			}
			b.WriteString(row[h])
		}
		b.WriteByte('\n')
	}
	return []byte(b.String())
}

func filePlan() study.Plan {
	text := survey.Text{BG: "Показател", EN: "Figure"}
	p := study.Default(survey.Study{ID: "file", Title: text, Outcomes: []survey.Outcome{{ID: "y", Title: text, High: 100, Decimals: 1, HigherBetter: true, Primary: true}}}, survey.Pre, survey.M6)
	p.Outcomes[0].Columns = map[survey.Wave]string{survey.Pre: "pre", survey.M6: "m6"}
	p.Groups = []study.By{study.Sector}
	p.Data = study.Columns{Code: "code", Group: "group", Sector: "sector"}
	p.Methods.Replicates = 199
	return p
}

func scaled(items ...string) func(*study.Plan) {
	return func(p *study.Plan) {
		p.Outcomes[0].Columns = nil
		p.Outcomes[0].Low, p.Outcomes[0].High, p.Outcomes[0].ItemLow, p.Outcomes[0].ItemTop = 1, 5, 1, 5
		p.Outcomes[0].Items = map[survey.Wave][]string{survey.Pre: items, survey.M6: items}
	}
}

// undefined finds what must never be printed.
var undefined = regexp.MustCompile(`\bNaN\b|[+-]?\bInf\b|\+Inf|−Inf|%!`)

// TestBadInputIsSaidOrSurvived: each either names row and column, or gives a report that says what cannot be estimated and why,
// in every form and both languages, without an undefined number.
func TestBadInputIsSaidOrSurvived(t *testing.T) {
	set := func(column, value string, where func(i int) bool) func(int, map[string]string) {
		return func(i int, row map[string]string) {
			if where(i) {
				row[column] = value
			}
		}
	}
	all := func(int) bool { return true }
	one := func(k int) func(int) bool { return func(i int) bool { return i == k } }
	for name, tc := range map[string]struct {
		n    int
		edit func(int, map[string]string)
		raw  func([]byte) []byte
		plan func(*study.Plan)

		row        int    // of the fault that must be said, with its field and message
		field, key string // none: there is a report
		why        string // which the report must give
	}{
		"the same code twice":              {n: 80, edit: set("code", "K10003", one(40)), row: 42, field: "code", key: "mapping.repeat"},
		"a code is missing":                {n: 80, edit: set("code", "", one(40)), row: 42, field: "code", key: "form.required"},
		"a column twice":                   {n: 80, raw: func(b []byte) []byte { return []byte(strings.Replace(string(b), ",i4,", ",pre,", 1)) }, row: -1, key: "sheet.twice"},
		"text at row 4,012":                {n: 5000, edit: set("m6", "много", one(4010)), row: 4012, field: "m6", key: "mapping.number"},
		"1e300":                            {n: 80, edit: set("m6", "1e300", one(7)), row: 9, field: "m6", key: "plan.large"},
		"1e999":                            {n: 80, edit: set("m6", "1e999", one(7)), row: 9, field: "m6", key: "plan.large"},
		"NaN as a number":                  {n: 80, edit: set("m6", "NaN", one(7)), row: 9, field: "m6", key: "mapping.number"},
		"infinity as a number":             {n: 80, edit: set("m6", "inf", one(7)), row: 9, field: "m6", key: "plan.large"},
		"above the scale":                  {n: 80, edit: set("m6", "101", one(7)), row: 9, field: "m6", key: "answer.range"},
		"a column that is not there":       {n: 80, plan: func(p *study.Plan) { p.Outcomes[0].Columns[survey.M6] = "later" }, field: "later", key: "plan.column"},
		"a group column that is not there": {n: 80, plan: func(p *study.Plan) { p.Data.Group = "class" }, field: "class", key: "plan.column"},
		"trained neither yes nor no": {n: 80, edit: set("trained", "2", one(3)), plan: func(p *study.Plan) {
			p.Estimand, p.Comparison = study.IsEffect, study.Comparison{Design: study.WaitList, Column: "trained"}
		}, row: 5, field: "trained", key: "plan.trained"},

		"nobody":                     {n: 0, row: -1, key: "sheet.empty"},
		"one person":                 {n: 1, why: "too few people"},
		"a scale of one item":        {n: 80, plan: scaled("i1"), why: "the scale has a single item"},
		"a scale that does not vary": {n: 80, plan: scaled("i1", "i2"), edit: func(_ int, row map[string]string) { row["i1"], row["i2"] = "3", "3" }, why: "the values do not vary"},
		"a cluster of one person":    {n: 81, edit: set("group", "alone", one(80))},
		"one cluster only":           {n: 80, edit: set("group", "g", all), why: "everybody is in one group"},
		"two clusters":               {n: 80, edit: func(i int, row map[string]string) { row["group"] = fmt.Sprint("g", i%2) }, why: "fewer than four groups"},
		"a constant outcome":         {n: 80, edit: func(_ int, row map[string]string) { row["pre"], row["m6"] = "50", "50" }, why: "the values do not vary"},
		"a constant change":          {n: 80, edit: func(i int, row map[string]string) { row["m6"] = fmt.Sprint(25 + i*7%31) }, why: "the values do not vary"},
		"all lost at six months":     {n: 80, edit: set("m6", "", all), why: "nobody was measured a second time"},
		"all but one lost":           {n: 80, edit: set("m6", "", func(i int) bool { return i > 0 })},
		"nobody measured at first":   {n: 80, edit: set("pre", "", all)},
		"the first score tells who is lost": {n: 80, edit: func(i int, row map[string]string) {
			if row["pre"] = "20"; i < 40 {
				row["pre"], row["m6"] = "80", ""
			}
		}, why: "one answer separates the groups completely"},
		"a sector tells who is lost": {n: 90, plan: func(p *study.Plan) { p.Missing.Explain = []study.By{study.Sector} }, edit: set("m6", "", func(i int) bool { return i%3 == 0 })},
		"all are trained": {n: 80, edit: set("trained", "1", all), plan: func(p *study.Plan) {
			p.Estimand, p.Comparison = study.IsEffect, study.Comparison{Design: study.WaitList, Column: "trained"}
		}, why: "not both trained and waiting"},
		"a yes or no without change": {n: 80, edit: func(i int, row map[string]string) { row["pre"] = fmt.Sprint(i % 2); row["m6"] = row["pre"] }, plan: func(p *study.Plan) {
			p.Outcomes[0].Scale, p.Outcomes[0].High = study.Binary, 1
		}},
		"a single item answered alike":  {n: 80, edit: func(_ int, row map[string]string) { row["pre"], row["m6"] = "3", "3" }, plan: func(p *study.Plan) { p.Outcomes[0].Scale, p.Outcomes[0].Low, p.Outcomes[0].High = study.Item, 1, 5 }, why: "the values do not vary"},
		"numbers near the largest told": {n: 80, edit: func(i int, row map[string]string) { row["pre"], row["m6"] = "999999999", fmt.Sprint(-999999999+i) }, plan: func(p *study.Plan) { p.Outcomes[0].Low, p.Outcomes[0].High = 0, 0 }},
		"independent persons":           {n: 80, plan: func(p *study.Plan) { p.Data.Group = "" }},
		"a byte that is no letter":      {n: 80, raw: func(b []byte) []byte { b[len(b)/2] = 0; return b }, row: -1},
	} {
		t.Run(name, func(t *testing.T) {
			p := filePlan()
			if tc.plan != nil {
				tc.plan(&p)
			}
			if err := p.Check(); err != nil {
				t.Fatal(err)
			}
			b := table(tc.n, tc.edit)
			if tc.raw != nil {
				b = tc.raw(b)
			}
			r, err := fromFile(t, p, b)
			if tc.key != "" || tc.row != 0 {
				said(t, err, tc.row, tc.field, tc.key)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			survived(t, r, tc.why)
		})
	}
}

func fromFile(t *testing.T, p study.Plan, b []byte) (analysis.Result, error) {
	t.Helper()
	s, err := sheet.Read(b)
	if err != nil {
		return analysis.Result{}, err
	}
	r, err := analysis.Analyse(t.Context(), study.Record{Plan: p}, analysis.FromTable(s), analysis.Options{Level: 5})
	r.AsOf = "2026-11-24"
	return r, err
}

// said asks for a fault in a row and a field; a negative row asks for any fault.
func said(t *testing.T, err error, row int, field, key string) {
	t.Helper()
	if !fault.Is(err, fault.Invalid) {
		t.Fatalf("not refused: %v", err)
	}
	catalogue := i18n.Load()
	for _, f := range fault.All(err) {
		if !catalogue.Has(f.Key) {
			t.Errorf("no words for %s", f.Key)
		}
		if row < 0 || f.Row == row && f.Field == field && f.Key == key {
			return
		}
	}
	t.Errorf("%v; wanted row %d, %s, %s", err, row, field, key)
}

// survived writes the report in every form and looks for what must not be there, and for the reason that must.
// TestAnEarlierChangeDoesNotHideThatAllAreLost: people answered right after, and nobody at the time that the plan is about.
func TestAnEarlierChangeDoesNotHideThatAllAreLost(t *testing.T) {
	text := survey.Text{BG: "Показател", EN: "Figure"}
	p := study.Default(survey.Study{ID: "file", Title: text, Outcomes: []survey.Outcome{{ID: "y", Title: text, High: 100, Decimals: 1, HigherBetter: true, Primary: true}}}, survey.Pre, survey.Post, survey.M6)
	p.Outcomes[0].Columns = map[survey.Wave]string{survey.Pre: "pre", survey.Post: "i1", survey.M6: "m6"}
	p.Primary, p.Data, p.Methods.Replicates = study.Contrast{From: survey.Pre, To: survey.M6}, filePlan().Data, 199
	r, err := fromFile(t, p, table(80, func(_ int, row map[string]string) { row["m6"] = "" }))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []render.Document{impact.Write(r, nil, i18n.EN, time.Unix(0, 0)), impact.OnePage(r, nil, i18n.EN, time.Unix(0, 0))} {
		b, err := render.JSON(d)
		if err != nil {
			t.Fatal(err)
		}
		for _, says := range []string{"100% gave no second answer. Figure: the change", "cannot be estimated, because nobody was measured a second time"} {
			if !strings.Contains(string(b), says) {
				t.Errorf("the report does not say %q", says)
			}
		}
	}
	survived(t, r, "nobody was measured a second time")
}

func survived(t *testing.T, r analysis.Result, why string) {
	t.Helper()
	for _, l := range []i18n.Lang{i18n.BG, i18n.EN} {
		for _, d := range []render.Document{impact.Write(r, nil, l, time.Unix(0, 0)), impact.OnePage(r, nil, l, time.Unix(0, 0))} {
			page := render.Page(d)
			b, err := render.JSON(d)
			if err != nil || !json.Valid(b) {
				t.Fatalf("JSON: %v", err)
			}
			for _, text := range []string{page, string(b)} {
				if at := undefined.FindStringIndex(text); at != nil {
					t.Errorf("%s: … %s …", l, text[max(at[0]-80, 0):min(at[1]+40, len(text))])
				}
			}
			if _, err := render.XLSX(d); err != nil {
				t.Errorf("XLSX: %v", err)
			}
			if _, err := render.PDF(d); err != nil {
				t.Errorf("PDF: %v", err)
			}
			if l == i18n.EN && d.Title != "" && why != "" && len(d.Blocks) > 8 && !strings.Contains(page, why) {
				t.Errorf("the report does not say why: %s", why)
			}
		}
	}
}
