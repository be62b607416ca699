package impact_test

import (
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"strengthen/internal/access"
	"strengthen/internal/analysis"
	"strengthen/internal/calendar"
	"strengthen/internal/i18n"
	"strengthen/internal/impact"
	"strengthen/internal/org"
	"strengthen/internal/render"
	"strengthen/internal/sealed"
	"strengthen/internal/sheet"
	"strengthen/internal/store"
	"strengthen/internal/study"
	"strengthen/internal/survey"
	"strengthen/internal/testkit"
)

var (
	evaluator = access.Actor{Via: access.ViaCommand, Grants: []access.Grant{{Role: access.Evaluator}}}
	funder    = access.Actor{Via: access.ViaCommand, Grants: []access.Grant{{Role: access.Funder}}}
)

// expected reads a value that R computed.
func expected(t *testing.T, id string) map[string]any {
	t.Helper()
	b, err := os.ReadFile("../stats/testdata/reference/expected/" + id + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var c struct{ Expected map[string]any }
	if err := json.Unmarshal(b, &c); err != nil {
		t.Fatal(err)
	}
	return c.Expected
}

func load(t *testing.T, s *survey.Service, name, file string) {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	m, err := survey.ParseMapping(b)
	if err != nil {
		t.Fatal(err)
	}
	if b, err = os.ReadFile(file); err != nil {
		t.Fatal(err)
	}
	table, err := sheet.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	records, err := table.Records(m.Columns()...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Import(t.Context(), evaluator, name, m, sheet.As[survey.Record](records), false); err != nil {
		t.Fatal(err)
	}
}

// TestFromPublishedFileToPaper brings two published data sets in through the import and reads the headline from the PDF.
func TestFromPublishedFileToPaper(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		o := org.New(store.For[org.Tx]{DB: db}, clock.Now, sealed.Root{1}.Box("totp"))
		if err := o.Seed(t.Context()); err != nil {
			t.Fatal(err)
		}
		s := survey.New(store.For[survey.Tx]{DB: db}, clock.Now)
		reports := impact.New(s, o, study.New(store.For[study.Tx]{DB: db}, clock.Now), clock.Now)
		for _, tc := range []struct {
			study, file, change string
			decimals            int
		}{
			{"schools", "testdata/schools_two_wave.csv", "schools_paired_cluster", 2},
			{"pupils", "../../docs/examples/pupils/pupils_three_wave.csv", "pupils_paired_cluster_fup", 3},
		} {
			load(t, s, tc.study, tc.file)
			r, err := reports.Compute(t.Context(), funder, tc.study)
			if err != nil {
				t.Fatal(err)
			}
			want := expected(t, tc.change)
			for _, c := range r.Changes {
				if c.Main && (math.Abs(float64(c.Headline.Low)-want["ci_low_CR2"].(float64)) > 1e-9 || float64(c.N) != want["n"]) {
					t.Errorf("%s: %+v, R says %v", tc.study, c.Headline, want)
				}
			}
			for _, l := range []i18n.Lang{i18n.BG, i18n.EN} {
				d, err := reports.Document(t.Context(), funder, tc.study, l)
				if err != nil {
					t.Fatal(err)
				}
				text := paper(t, d)
				for _, x := range []any{want["mean_change"], want["ci_low_CR2"], want["ci_high_CR2"]} {
					if number := l.Decimal(x.(float64), tc.decimals); !strings.Contains(text, number) {
						t.Errorf("%s, %s: the PDF does not say %s", tc.study, l, number)
					}
				}
			}
		}
	})
}

// paper is the text of the PDF of a document, which must come out the same twice.
func paper(t *testing.T, d render.Document) string {
	t.Helper()
	b, err := render.PDF(d)
	if err != nil {
		t.Fatal(err)
	}
	again, err := render.PDF(d)
	if err != nil || string(again) != string(b) {
		t.Error("the same document gave other bytes")
	}
	file := filepath.Join(t.TempDir(), "report.pdf")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("pdftotext", "-layout", file, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// people makes a study of n people of six groups, with one outcome before and after six months; -1 is no answer.
func people(n int, person func(i int) (sector string, pre, m6 int)) survey.Data {
	o := survey.Outcome{ID: "x", Title: survey.Text{BG: "Показател", EN: "Figure"}, High: 100, Decimals: 1, HigherBetter: true, Primary: true}
	d := survey.Data{Study: survey.Study{ID: "sample", Title: survey.Text{BG: "Проба", EN: "Sample"}, Outcomes: []survey.Outcome{o}}}
	for i := range n {
		sector, pre, m6 := person(i)
		x := survey.Respondent{Code: strconv.Itoa(1000 + i), Cohort: strconv.Itoa(i % 6), Sector: sector,
			Standing: map[survey.Wave]survey.Standing{survey.Pre: survey.Answered, survey.M6: survey.Answered},
			Answers:  map[survey.Wave]map[string]string{survey.Pre: {"outcome:x": strconv.Itoa(pre)}, survey.M6: {"outcome:x": strconv.Itoa(m6)}}}
		if m6 < 0 {
			x.Standing[survey.M6] = survey.Silent
			delete(x.Answers, survey.M6)
		}
		d.Respondents = append(d.Respondents, x)
	}
	return d
}

func analyse(t *testing.T, d survey.Data, edit func(*study.Plan)) analysis.Result {
	t.Helper()
	p := impact.Proposed(d)
	if edit != nil {
		edit(&p)
	}
	if err := p.Check(); err != nil {
		t.Fatal(err)
	}
	r, err := analysis.Analyse(t.Context(), study.Record{Plan: p}, analysis.FromAnswers(d), analysis.Options{Level: 5})
	if err != nil {
		t.Fatal(err)
	}
	r.AsOf = "2026-03-02"
	return r
}

func words(r analysis.Result, l i18n.Lang) string {
	return strings.ToLower(render.HTML(impact.Write(r, impact.NamesOf(org.Tables{}, r.Record.Plan), l, testkit.NewClock().Now())))
}

// TestTheReportNeverClaimsCause reads every sentence that a wide range of results leads to where there is nobody to compare with.
func TestTheReportNeverClaimsCause(t *testing.T) {
	forbidden := []string{"причини", "доведе до", "благодарение", "ефект", "доказва", "caused", "led to", "thanks to", "effective", "proves", "no effect", "няма ефект"}
	allowed := strings.NewReplacer("не доказано действие", "", "not a proven effect", "", "мери се промяна, не действие", "", "what is measured is change, not effect", "")
	for _, change := range []int{-20, -1, 0, 1, 20} {
		for _, spread := range []int{1, 40} {
			for _, lost := range []int{0, 3} {
				r := analyse(t, people(120, func(i int) (string, int, int) {
					if i%5 < lost {
						return "social", 50, -1
					}
					return "social", 50, max(50+change+(i*7)%spread-spread/2, 0)
				}), nil)
				for _, l := range []i18n.Lang{i18n.BG, i18n.EN} {
					text := allowed.Replace(words(r, l))
					for _, f := range forbidden {
						if strings.Contains(text, f) {
							t.Errorf("change %v: the report says %q", change, f)
						}
					}
					if lost == 3 && !strings.Contains(text, l.Pick("без втори отговор", "gave no second answer")) {
						t.Error("more than 40 % lost, and the sentence does not begin with it")
					}
				}
			}
		}
	}
}

// TestOnlyAComparisonSpeaksOfWhatTheProgrammeDid: the same figures are read otherwise by another design.
func TestOnlyAComparisonSpeaksOfWhatTheProgrammeDid(t *testing.T) {
	d := people(240, func(i int) (string, int, int) {
		if i%6 < 3 {
			return "social", 50 + i%7, 50 + i%11
		}
		return "social", 50 + i%7, 62 + i%11
	})
	says := func(edit func(*study.Plan)) string { return words(analyse(t, d, edit), i18n.EN) }
	wait := func(lot bool) func(*study.Plan) {
		return func(p *study.Plan) {
			p.Estimand = study.IsEffect
			p.Comparison = study.Comparison{Design: study.WaitList, Waiting: []string{"0", "1", "2"}, Lot: lot}
		}
	}
	for name, tc := range map[string]struct {
		edit         func(*study.Plan)
		says, silent string
	}{
		"nobody waited":     {nil, "there is no comparison group", "compared with those who waited"},
		"drawn by lot":      {wait(true), "was drawn by lot, so the difference", "there is no comparison group"},
		"not drawn by lot":  {wait(false), "only if without it both groups would have changed alike", "may be read as what the programme did in these places"},
		"a locked plan":     {nil, "the plan is not locked", "was locked on"},
		"a waiting outcome": {wait(true), "compared with those who waited the difference is", "p is not the probability that the result is false"},
	} {
		text := says(tc.edit)
		if !strings.Contains(text, tc.says) || strings.Contains(text, tc.silent) {
			t.Errorf("%s: the report does not say %q, or says %q", name, tc.says, tc.silent)
		}
	}
}

// TestNoIntervalFromFewerThanFourGroups keeps the report from what the design forbids: an interval, or a p, from three groups.
func TestNoIntervalFromFewerThanFourGroups(t *testing.T) {
	for groups, want := range map[int]bool{1: false, 3: false, 4: true} {
		d := people(40, func(i int) (string, int, int) { return "", 10 + i%7, 15 + i%11 })
		for i := range d.Respondents {
			d.Respondents[i].Cohort = strconv.Itoa(i % groups)
		}
		c := analyse(t, d, nil).Changes[0]
		if got := c.Headline.OK() && c.Headline.P.OK(); got != want || c.N != 40 || !want && (c.Size.OK() || c.RankP.OK() || c.Cohort.OK()) {
			t.Errorf("%d groups: %+v", groups, c.Headline)
		}
	}
}

// TestOnlyWhoWasAskedIsLost counts who has no second answer by the reason.
func TestOnlyWhoWasAskedIsLost(t *testing.T) {
	standings := []survey.Standing{survey.Silent, survey.Undelivered, survey.Partly, survey.Open, survey.NotDue, survey.Never, survey.Gone}
	d := people(100, func(i int) (string, int, int) {
		if i < 70 {
			return "social", 50, -1
		}
		return "social", 50, 60 + i%5
	})
	for i := range 70 {
		d.Respondents[i].Standing[survey.M6] = standings[i%len(standings)]
	}
	c := analyse(t, d, nil).Changes[0]
	if c.N != 30 || c.Lost != 30 || c.Measured != 60 || c.Open != 20 || c.Tally["never"] != 10 || c.Tally["gone"] != 10 {
		t.Errorf("n %d, lost %d of %d, %d may still answer, reasons %v", c.N, c.Lost, c.Measured, c.Open, c.Tally)
	}
}

// TestADeviationStandsBesideTheLockedPlan: both figures are told, and which came later.
func TestADeviationStandsBesideTheLockedPlan(t *testing.T) {
	d := people(120, func(i int) (string, int, int) { return "social", 50 + i%7, 55 + i%6*3 + i%5 })
	for i := range d.Respondents {
		d.Respondents[i].Cohort = strconv.Itoa(min(i/10, 5)) // one large group
	}
	p := impact.Proposed(d)
	changed := p
	changed.Methods.Headline = study.Cohort
	r, err := analysis.Analyse(t.Context(), study.Record{Plan: p, Locked: &study.Lock{Hash: p.Hash(), On: "2026-01-02"},
		Deviations: []study.Deviation{{On: "2026-02-03", Reason: survey.Text{BG: "Малко групи", EN: "Few groups"}, Plan: changed}}}, analysis.FromAnswers(d), analysis.Options{Level: 5})
	if err != nil {
		t.Fatal(err)
	}
	r.AsOf = "2026-03-02"
	text := words(r, i18n.EN)
	locked, late := r.Changes[0].CR2, r.Deviations[0].Changes[0].Headline
	if locked.Low == late.Low {
		t.Fatal("the two methods give the same interval, so nothing is shown")
	}
	for _, want := range []string{"deviation of " + strings.ToLower(i18n.EN.Date(calendar.MustDate("2026-02-03"))), "few groups", "was locked on " + strings.ToLower(i18n.EN.Date(calendar.MustDate("2026-01-02"))) + ", before there were data", p.Hash(), changed.Hash(), i18n.EN.Decimal(float64(locked.Low), 1), i18n.EN.Decimal(float64(late.Low), 1)} {
		if !strings.Contains(text, want) {
			t.Errorf("the report does not say %q", want)
		}
	}
}

// TestTheMinisterReadsOnePage: whatever the study, in both languages.
func TestTheMinisterReadsOnePage(t *testing.T) {
	r := analyse(t, people(120, func(i int) (string, int, int) { return "social", 50 + i%7, 60 + i%9 }), nil)
	for _, l := range []i18n.Lang{i18n.BG, i18n.EN} {
		text := paper(t, impact.OnePage(r, nil, l, testkit.NewClock().Now()))
		if n := strings.Count(text, "\f"); n != 1 {
			t.Errorf("%s: %d pages", l, n)
		}
		if !strings.Contains(text, l.Pick("Няма група за сравнение", "There is no comparison group")) {
			t.Errorf("%s: the page does not say what it may not say", l)
		}
	}
}
