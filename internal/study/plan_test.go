package study_test

import (
	"strings"
	"testing"

	"strengthen/internal/fault"
	"strengthen/internal/study"
	"strengthen/internal/survey"
)

func own() study.Plan {
	return study.Own(survey.Study{ID: survey.OwnStudy, Title: survey.Text{BG: "Програма", EN: "Programme"}, Outcomes: survey.Outcomes()}, study.Period{From: 2025, To: 2026})
}

func TestThePlanThatIsProposedHolds(t *testing.T) {
	if err := own().Check(); err != nil {
		t.Fatal(err)
	}
}

// TestYAMLIsTheSameObject: a plan that went through its file has the same hash, however the file was laid out.
func TestYAMLIsTheSameObject(t *testing.T) {
	p := own()
	file := study.Record{Plan: p}.YAML()
	back, err := study.Parse(file)
	if err != nil {
		t.Fatal(err)
	}
	if back.Hash() != p.Hash() {
		t.Fatalf("another plan came back from\n%s", file)
	}
	again, err := study.Parse([]byte("# a remark\n" + strings.ReplaceAll(string(file), "kind: change", "kind:   \"change\"")))
	if err != nil || again.Hash() != p.Hash() {
		t.Fatalf("laid out otherwise: %v", err)
	}
	p.Outcomes[0].Smallest++
	if p.Hash() == back.Hash() {
		t.Fatal("another plan has the same hash")
	}
}

func TestALockedFileMustBeWhatWasLocked(t *testing.T) {
	r := study.Record{Plan: own(), Locked: &study.Lock{Hash: own().Hash(), On: "2026-01-02"}}
	if _, err := study.Parse(r.YAML()); err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(r.YAML()), "replicates: 9999", "replicates: 999", 1)
	_, err := study.Parse([]byte(changed))
	if all := fault.All(err); len(all) != 1 || all[0].Key != "plan.hash" {
		t.Fatalf("a changed plan under the old hash: %v", err)
	}
}

func TestADeviationChangesOnlyWhatItNames(t *testing.T) {
	r := study.Record{Plan: own()}
	file := string(r.YAML()) + `
deviations:
  - on: 2026-05-01
    reason: {bg: Малко групи, en: Few groups}
    change:
      methods: {headline: cohort}
`
	back, err := study.Parse([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	d := back.Deviations[0].Plan
	want := own()
	want.Methods.Headline = study.Cohort
	if d.Hash() != want.Hash() || back.Hash() != own().Hash() {
		t.Fatalf("deviation: %+v", d.Methods)
	}
	again, err := study.Parse(back.YAML())
	if err != nil || again.Deviations[0].Plan.Hash() != want.Hash() {
		t.Fatalf("a deviation does not survive its file: %v", err)
	}
}

func TestWhatCannotBeIsSaidWithItsPlace(t *testing.T) {
	base := string(study.Record{Plan: own()}.YAML())
	for name, tc := range map[string]struct{ old, new, place, key string }{
		"a field that there is not":     {"kind: change", "kind: change\ncolour: red", "plan", "plan.field"},
		"text where a number belongs":   {"replicates: 9999", "replicates: many", "plan", "plan.yaml"},
		"an unknown kind":               {"kind: change", "kind: survey", "kind", "plan.choice"},
		"an effect without comparison":  {"estimand: change", "estimand: effect", "estimand", "plan.effect"},
		"a contrast backwards":          {"from: pre\n  to: m6\nestimand", "from: m6\n  to: pre\nestimand", "primary_contrast", "plan.contrast"},
		"a scale upside down":           {"high: 100", "high: -1", "outcomes[0].high", "plan.ends"},
		"a number beyond all scales":    {"high: 100", "high: 1e300", "outcomes[0].high", "plan.number"},
		"no number at all":              {"high: 100", "high: .nan", "outcomes[0].high", "plan.number"},
		"an infinite one":               {"smallest: 5", "smallest: .inf", "outcomes[0].smallest", "plan.number"},
		"one outcome twice":             {"id: confidence", "id: knowledge", "outcomes[1].id", "plan.twice"},
		"a wave twice":                  {"wave: post", "wave: pre", "waves[1]", "plan.twice"},
		"a wait-list of nobody":         {"design: none", "design: wait-list", "comparison.column", "plan.waiting"},
		"one group":                     {"groups: 28", "groups: 1", "size.groups", "plan.onegroup"},
		"too many resamples":            {"replicates: 9999", "replicates: 1000000", "methods.replicates", "plan.number"},
		"a secondary family by nothing": {"secondary: benjamini-hochberg", "secondary: luck", "multiplicity.secondary", "plan.choice"},
	} {
		file := strings.Replace(base, tc.old, tc.new, 1)
		if file == base {
			t.Errorf("%s: nothing was replaced", name)
			continue
		}
		_, err := study.Parse([]byte(file))
		found := false
		for _, e := range fault.All(err) {
			found = found || e.Key == tc.key && e.Field == tc.place
		}
		if !found {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzParse: no file makes the reader panic, and whatever it takes has a plan that can be hashed and written.
func FuzzParse(f *testing.F) {
	f.Add(study.Record{Plan: own()}.YAML())
	f.Add([]byte("a: &a [x]\nb: *a"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := study.Parse(b)
		if err == nil {
			r.Hash()
			r.YAML()
		}
	})
}
