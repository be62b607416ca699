package analysis_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"strings"
	"testing"

	"strengthen/internal/analysis"
	"strengthen/internal/sheet"
	"strengthen/internal/study"
	"strengthen/internal/survey"
)

const reference = "../stats/testdata/reference/"

// published reads a published data set.
func published(t testing.TB, name string) sheet.Table {
	t.Helper()
	b, err := os.ReadFile(reference + "input/" + name)
	if err != nil {
		t.Fatal(err)
	}
	table, err := sheet.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// expected reads what R computed.
func expected(t testing.TB, id string) map[string]any {
	t.Helper()
	b, err := os.ReadFile(reference + "expected/" + id + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var c struct{ Expected map[string]any }
	if err := json.Unmarshal(b, &c); err != nil {
		t.Fatal(err)
	}
	return c.Expected
}

func near(t testing.TB, what string, got analysis.Number, want any) {
	t.Helper()
	w, ok := want.(float64)
	if !ok || !(math.Abs(float64(got)-w) <= 1e-6*math.Max(1, math.Abs(w))) {
		t.Errorf("%s: got %v, R says %v", what, got, want)
	}
}

// plan is a plan of one outcome in columns named by waves.
func plan(scale study.Scale, low, high float64, columns map[survey.Wave]string) study.Plan {
	text := survey.Text{BG: "Резултат", EN: "Outcome"}
	p := study.Default(survey.Study{ID: "sample", Title: text, Outcomes: []survey.Outcome{{ID: "y", Title: text, Low: low, High: high, Decimals: 2, HigherBetter: true, Primary: true}}})
	for _, w := range survey.Waves() {
		if columns[w] != "" {
			p.Waves = append(p.Waves, study.Wave{Wave: w})
		}
	}
	p.Primary = study.Contrast{From: survey.Pre, To: survey.M6}
	if columns[survey.M6] == "" {
		p.Primary.To = survey.Post
	}
	p.Outcomes[0].Scale, p.Outcomes[0].Columns = scale, columns
	p.Data = study.Columns{Code: "id", Group: "cohort"}
	p.Methods.Replicates = 999
	return p
}

func analyse(t testing.TB, p study.Plan, table sheet.Table) analysis.Result {
	t.Helper()
	if err := p.Check(); err != nil {
		t.Fatal(err)
	}
	r, err := analysis.Analyse(t.Context(), study.Record{Plan: p}, analysis.FromTable(table), analysis.Options{Level: 5})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func main(t testing.TB, r analysis.Result) analysis.Change {
	t.Helper()
	for _, c := range r.Changes {
		if c.Main {
			return c
		}
	}
	t.Fatal("no primary change")
	return analysis.Change{}
}

// TestTheEngineSaysWhatRSays: published data through plan, reader and engine, against R.
func TestTheEngineSaysWhatRSays(t *testing.T) {
	t.Run("three waves in 57 schools", func(t *testing.T) {
		p := plan(study.Score, -6, 6, map[survey.Wave]string{survey.Pre: "pre", survey.Post: "post", survey.M6: "fup"})
		r := analyse(t, p, published(t, "pupils_three_wave.csv"))
		c, want := main(t, r), expected(t, "pupils_paired_cluster_fup")
		near(t, "n", analysis.Number(c.N), want["n"])
		near(t, "groups", analysis.Number(c.Groups), want["clusters"])
		near(t, "change", c.Headline.Value, want["mean_change"])
		near(t, "se", c.Headline.SE, want["se_CR2"])
		near(t, "df", c.Headline.DF, want["df_satterthwaite"])
		near(t, "low", c.Headline.Low, want["ci_low_CR2"])
		near(t, "high", c.Headline.High, want["ci_high_CR2"])
		lost := expected(t, "pupils_attrition_fup")
		near(t, "difference", c.Missing.Difference, lost["smd_baseline_followed_minus_lost"])
		near(t, "low bound", c.Missing.Bounds.Low, lost["bound_low"])
		near(t, "tipping", c.Missing.Tipping, lost["tipping_delta_lower0"])
		near(t, "no change", c.Missing.NoChange, lost["no_change_if_lost"])
		if !c.SizeBoot {
			t.Error("57 groups are enough for the cluster bootstrap")
		}
	})
	t.Run("mixed model of twelve schools", func(t *testing.T) {
		p := plan(study.Score, -6, 6, map[survey.Wave]string{survey.Pre: "pre", survey.Post: "post", survey.M6: "fup"})
		p.Methods.Headline = study.Mixed
		r := analyse(t, p, twelve(t))
		want := expected(t, "pupils_lmm_cohort_wave")["contrasts"].(map[string]any)["fup_pre"].(map[string]any)
		h := main(t, r).Headline
		near(t, "change", h.Value, want["estimate"])
		near(t, "se", h.SE, want["se_kr"])
		near(t, "df", h.DF, want["df_kr"])
		near(t, "low", h.Low, want["ci_low_kr"])
		if f := main(t, r).Flip; f == nil || f.Vectors != 4096 {
			t.Errorf("twelve groups ask for sign flips: %+v", f)
		}
	})
	t.Run("two waves in fifteen schools", func(t *testing.T) {
		p := plan(study.Score, 0, 0, map[survey.Wave]string{survey.Pre: "pre", survey.Post: "post"})
		c := main(t, analyse(t, p, published(t, "schools_two_wave.csv")))
		flips, sizes := expected(t, "schools_sign_flip"), expected(t, "schools_effects")
		near(t, "p of sign flips", c.Flip.P, flips["p_sign_flip"])
		near(t, "p of the wild t", c.Flip.PWild, flips["p_wild_t_restricted"])
		near(t, "g_av", c.Size.Value, sizes["g_av"])
		near(t, "d_z", c.DZ, sizes["d_z"])
		near(t, "d_rm", c.DRm, sizes["d_rm"])
		if c.SizeBoot {
			t.Error("fifteen groups are too few for the cluster bootstrap")
		}
	})
	t.Run("yes or no of independent persons", func(t *testing.T) {
		p := plan(study.Binary, 0, 1, map[survey.Wave]string{survey.Pre: "w1", survey.M6: "w4"})
		p.Data.Group = ""
		c, want := main(t, analyse(t, p, published(t, "binary_four_wave.csv"))), expected(t, "binary_mcnemar")
		near(t, "difference", c.Headline.Value, want["difference"])
		near(t, "exact p", c.Binary.PExact, want["p_exact"])
		near(t, "mid p", c.Binary.PMid, want["p_mid"])
		near(t, "Newcombe", c.Binary.Newcombe.Low, want["newcombe10_low"])
		near(t, "Tango", c.Binary.Tango.High, want["tango_high"])
	})
	t.Run("a scale of five items", func(t *testing.T) {
		p := plan(study.Score, 1, 6, map[survey.Wave]string{survey.Pre: "A1", survey.M6: "A2"})
		p.Data.Group = ""
		p.Outcomes[0].Items = map[survey.Wave][]string{survey.Pre: {"A1", "A2", "A3", "A4", "A5"}}
		s, want := analyse(t, p, published(t, "scale_5_items.csv")).Reliability[0], expected(t, "scale_reliability")
		near(t, "alpha", s.Alpha, want["alpha_raw"])
		near(t, "alpha low", s.AlphaCI.Low, want["feldt_ci_low"])
		near(t, "omega", s.Omega, want["omega_congeneric"])
	})
	t.Run("a test of five questions", func(t *testing.T) {
		p := plan(study.Test, 0, 100, nil)
		p.Waves, p.Primary = []study.Wave{{Wave: survey.Pre}, {Wave: survey.M6}}, study.Contrast{From: survey.Pre, To: survey.M6}
		p.Data.Group = ""
		q := []string{"q1", "q2", "q3", "q4", "q5"}
		p.Outcomes[0].Items = map[survey.Wave][]string{survey.Pre: q, survey.M6: q}
		s, want := analyse(t, p, published(t, "test_5_items.csv")).Reliability[0], expected(t, "test_items")
		near(t, "KR-20", s.KR20, want["kr20"])
		near(t, "ceiling", s.Ceiling, want["ceiling_share"])
		near(t, "discrimination", s.Question[1].Discrimination, want["discrimination_27"].([]any)[1])
	})
}

// twelve are the pupils of the twelve schools, a row for each, from the long table that R read.
func twelve(t testing.TB) sheet.Table {
	long := published(t, "pupils_12_schools_long.csv")
	rows := map[string]int{}
	out := sheet.Table{Head: []string{"id", "cohort", "pre", "post", "fup"}}
	for _, r := range long.Rows {
		k, ok := rows[r[0]]
		if !ok {
			k = len(out.Rows)
			rows[r[0]] = k
			out.Rows, out.Lines = append(out.Rows, []string{r[0], r[1], "", "", ""}), append(out.Lines, k+2)
		}
		out.Rows[k][2+map[string]int{"pre": 0, "post": 1, "fup": 2}[r[2]]] = r[3]
	}
	return out
}

// TestNothingUndefinedIsWritten: results travel as JSON and come back the same.
func TestResultsTravelAsJSON(t *testing.T) {
	p := plan(study.Score, -6, 6, map[survey.Wave]string{survey.Pre: "pre", survey.Post: "post", survey.M6: "fup"})
	r := analyse(t, p, published(t, "pupils_three_wave.csv"))
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var back analysis.Result
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(back)
	if err != nil || string(again) != string(b) {
		t.Errorf("results change on their way: %v", err)
	}
	if strings.Contains(string(b), "NaN") {
		t.Error("NaN in JSON")
	}
}

// TestAnAnalysisCanBeStopped: it tells how far it is, and ends with the error of its context.
func TestAnAnalysisCanBeStopped(t *testing.T) {
	p := plan(study.Score, -6, 6, map[survey.Wave]string{survey.Pre: "pre", survey.Post: "post", survey.M6: "fup"})
	ctx, stop := context.WithCancel(t.Context())
	last := 0
	_, err := analysis.Analyse(ctx, study.Record{Plan: p}, analysis.FromTable(published(t, "pupils_three_wave.csv")), analysis.Options{Level: 5, Progress: func(done, all int) {
		if done < last || done > all {
			t.Errorf("%d of %d after %d", done, all, last)
		}
		if last = done; 2*done > all {
			stop()
		}
	}})
	if !errors.Is(err, context.Canceled) || last == 0 {
		t.Errorf("stopped half way: %v, after %d", err, last)
	}
}
