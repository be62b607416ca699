package impact_test

import (
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/i18n"
	"strengthen/internal/impact"
	"strengthen/internal/org"
	"strengthen/internal/render"
	"strengthen/internal/sealed"
	"strengthen/internal/sheet"
	"strengthen/internal/store"
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
	if b, err = os.ReadFile("testdata/" + file); err != nil {
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
		reports := impact.New(s, o, clock.Now)
		for _, tc := range []struct {
			study, file, change, effects string
			contrast                     impact.Contrast
			decimals                     int
		}{
			{"schools", "schools_two_wave.csv", "schools_paired_cluster", "schools_effects", impact.Immediate, 2},
			{"pupils", "pupils_three_wave.csv", "pupils_paired_cluster_fup", "", impact.Headline, 3},
		} {
			load(t, s, tc.study, tc.file)
			r, err := reports.Compute(t.Context(), funder, tc.study)
			if err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(r.Estimates, func(e impact.Estimate) bool { return e.Contrast == tc.contrast })
			e, want := r.Estimates[i], expected(t, tc.change)
			near(t, "n", float64(e.N), want["n"])
			near(t, "clusters", float64(e.Clusters), want["clusters"])
			near(t, "change", e.Change, want["mean_change"])
			near(t, "se", e.SE, want["se_CR2"])
			near(t, "df", e.DF, want["df_satterthwaite"])
			near(t, "low", e.Low, want["ci_low_CR2"])
			near(t, "high", e.High, want["ci_high_CR2"])
			if tc.effects != "" {
				near(t, "g_av", e.GAv, expected(t, tc.effects)["g_av"])
			}
			if tc.study == "pupils" { // 328 of 1,520 are lost at the last wave
				lost := expected(t, "pupils_attrition_fup")
				near(t, "lost", float64(e.Lost)/float64(e.Measured), lost["attrition"])
				near(t, "smd", e.LostDifference, lost["smd_baseline_followed_minus_lost"])
				near(t, "bound low", e.BoundLow, lost["bound_low"])
				near(t, "bound high", e.BoundHigh, lost["bound_high"])
				near(t, "tipping", e.Tipping, lost["tipping_delta_lower0"])
				near(t, "no change", e.NoChange, lost["no_change_if_lost"])
			}
			for _, l := range []i18n.Lang{i18n.BG, i18n.EN} {
				text := paper(t, reports, tc.study, l)
				for _, x := range []any{want["mean_change"], want["ci_low_CR2"], want["ci_high_CR2"]} {
					if number := l.Decimal(x.(float64), tc.decimals); !strings.Contains(text, number) {
						t.Errorf("%s, %s: the PDF does not say %s", tc.study, l, number)
					}
				}
			}
		}
	})
}

func near(t *testing.T, what string, got float64, want any) {
	t.Helper()
	w, ok := want.(float64)
	if !ok || math.Abs(got-w) > 1e-9*math.Max(1, math.Abs(w)) {
		t.Errorf("%s: got %v, R says %v", what, got, want)
	}
}

func paper(t *testing.T, s *impact.Service, study string, l i18n.Lang) string {
	t.Helper()
	d, err := s.Document(t.Context(), funder, study, l)
	if err != nil {
		t.Fatal(err)
	}
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

// TestTheReportNeverClaimsCause reads every sentence that a wide range of results leads to.
func TestTheReportNeverClaimsCause(t *testing.T) {
	forbidden := []string{"причини", "доведе до", "благодарение", "ефект", "доказва", "caused", "led to", "thanks to", "effective", "proves", "no effect", "няма ефект"}
	for _, change := range []float64{-20, -1, 0, 1, 20} {
		for _, low := range []float64{-5, 0.5} {
			for _, lost := range []int{0, 90} {
				o := survey.Outcomes()[0]
				e := impact.Estimate{Outcome: o, Name: o.ID, Contrast: impact.Headline, Measured: 100 + lost, N: 100, Lost: lost, Clusters: 20, DF: 15,
					Change: change, Low: change - math.Abs(low)*3, High: change + math.Abs(low)*3}
				r := impact.Result{Study: survey.Study{ID: "x", Outcomes: []survey.Outcome{o}}, People: 200, Estimates: []impact.Estimate{e}}
				for _, l := range []i18n.Lang{i18n.BG, i18n.EN} {
					text := strings.ToLower(render.HTML(impact.Write(r, org.Tables{}, l, testkit.NewClock().Now())))
					text = strings.NewReplacer("не доказано действие", "", "not a proven effect", "").Replace(text)
					for _, f := range forbidden {
						if strings.Contains(text, f) {
							t.Errorf("change %v: the report says %q", change, f)
						}
					}
					if lost == 90 && !strings.Contains(text, l.Pick("без втори отговор", "gave no second answer")) {
						t.Error("more than 40 % lost, and the sentence does not begin with it")
					}
				}
			}
		}
	}
}

// TestNoIntervalFromFewerThanFourGroups keeps the report from what the design forbids: an interval, or a p, from three groups.
func TestNoIntervalFromFewerThanFourGroups(t *testing.T) {
	o := survey.Outcome{ID: "x", Title: survey.Text{BG: "Х", EN: "X"}, High: 100}
	for groups, want := range map[int]bool{3: false, 4: true} {
		d := survey.Data{Study: survey.Study{ID: "s", Outcomes: []survey.Outcome{o}}}
		for i := range 40 {
			answer := func(v int) map[string]string { return map[string]string{"outcome:x": strconv.Itoa(v)} }
			d.Respondents = append(d.Respondents, survey.Respondent{Code: strconv.Itoa(i), Cohort: strconv.Itoa(i % groups), Standing: map[survey.Wave]survey.Standing{survey.Pre: survey.Answered, survey.Post: survey.Answered},
				Answers: map[survey.Wave]map[string]string{survey.Pre: answer(10 + i%7), survey.Post: answer(15 + i%11)}})
		}
		e := impact.Analyse(d, org.Tables{}, calendar.MustDate("2026-03-02")).Estimates[0]
		if got := !math.IsNaN(e.Low) && !math.IsNaN(e.P); got != want || e.N != 40 {
			t.Errorf("%d groups: interval [%v; %v], p %v", groups, e.Low, e.High, e.P)
		}
	}
}

// study makes a study of n people of six groups, with one outcome before and after six months; -1 is no answer.
func study(n int, person func(i int) (sector string, pre, m6 int)) survey.Data {
	o := survey.Outcome{ID: "x", Title: survey.Text{BG: "Х", EN: "X"}, High: 100, Decimals: 1}
	d := survey.Data{Study: survey.Study{ID: "s", Outcomes: []survey.Outcome{o}}}
	for i := range n {
		sector, pre, m6 := person(i)
		x := survey.Respondent{Code: strconv.Itoa(i), Cohort: strconv.Itoa(i % 6), Sector: sector,
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

// TestTheReportTellsNothingOfFewPeople takes everything that a report shows and looks for fewer than five people in it, also
// by taking the shown from the whole.
func TestTheReportTellsNothingOfFewPeople(t *testing.T) {
	today := calendar.MustDate("2026-03-02")
	t.Run("a study of two", func(t *testing.T) {
		r := impact.Analyse(study(2, func(i int) (string, int, int) { return "police", 40 + i, 60 + i }), org.Tables{}, today)
		b, err := render.JSON(impact.Write(r, org.Tables{}, i18n.EN, testkit.NewClock().Now()))
		if err != nil || strings.Contains(string(b), "mean_change") {
			t.Errorf("the file holds an estimate: %v %s", err, b)
		}
	})
	people := func(small string, n int, m6 int) survey.Data {
		return study(80+n, func(i int) (string, int, int) {
			switch {
			case i < 40:
				return "social", 50, 60 + i%3
			case i < 80:
				return "education", 55, 65 + i%3
			}
			return small, 5, m6
		})
	}
	for name, d := range map[string]survey.Data{
		"two of a sector who are lost":     people("police", 2, -1),
		"two of a sector who answered":     people("police", 2, 95),
		"two of no sector":                 people("", 2, 95),
		"two of no sector, and lost":       people("", 2, -1),
		"six of a sector, of whom all are": people("police", 6, 95),
	} {
		r := impact.Analyse(d, org.Tables{}, today)
		e, _ := r.Main("x")
		shown := 0
		for _, g := range r.BySector["x"] {
			if !g.Suppressed {
				shown += g.Estimate.N
			}
		}
		if rest := e.N - shown; rest > 0 && rest < 5 {
			t.Errorf("%s: the change of %d people follows from the whole and the sectors", name, rest)
		}
		for w := range r.Courses["x"][0].Points {
			rest := r.Courses["x"][0].Points[w].N
			for _, c := range r.Courses["x"][1:] {
				if !c.Points[w].Hidden {
					rest -= c.Points[w].N
				}
			}
			if rest > 0 && rest < 5 {
				t.Errorf("%s: the mean of %d people in wave %d follows from the whole and the sectors", name, rest, w)
			}
		}
	}
	r := impact.Analyse(study(60, func(i int) (string, int, int) {
		if i < 2 {
			return "social", 10, -1
		}
		return "social", 50 + i%5, 60 + i%3
	}), org.Tables{}, today)
	if e, _ := r.Main("x"); !math.IsNaN(e.LostDifference) || !math.IsNaN(e.Weighted) || !math.IsNaN(e.NoChange) {
		t.Errorf("two are lost, and their start follows from a difference of %v", e.LostDifference)
	}
}

// TestOnlyWhoWasAskedIsLost counts who has no second answer by the reason.
func TestOnlyWhoWasAskedIsLost(t *testing.T) {
	standings := []survey.Standing{survey.Silent, survey.Undelivered, survey.Partly, survey.Open, survey.NotDue, survey.Never, survey.Gone}
	d := study(100, func(i int) (string, int, int) {
		if i < 70 {
			return "social", 50, -1
		}
		return "social", 50, 60 + i%5
	})
	for i := range 70 {
		d.Respondents[i].Standing[survey.M6] = standings[i%len(standings)]
	}
	e, _ := impact.Analyse(d, org.Tables{}, calendar.MustDate("2026-03-02")).Main("x")
	if e.N != 30 || e.Lost != 30 || e.Measured != 60 || e.NotAsked != 20 || e.Why[survey.Never] != 10 || e.Why[survey.Gone] != 10 {
		t.Errorf("n %d, lost %d of %d, %d may still answer, reasons %v", e.N, e.Lost, e.Measured, e.NotAsked, e.Why)
	}
}
