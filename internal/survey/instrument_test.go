package survey_test

import (
	"strings"
	"testing"
	"unicode"

	"strengthen/internal/survey"
)

func TestInstrumentsAreWhole(t *testing.T) {
	all := survey.Instruments()
	seen := map[string]string{}
	both := func(where string, x survey.Text) {
		t.Helper()
		if !strings.ContainsFunc(x.BG, func(r rune) bool { return unicode.Is(unicode.Cyrillic, r) || unicode.IsDigit(r) }) {
			t.Errorf("%s: no Bulgarian in %q", where, x.BG)
		}
		if x.EN == "" || strings.ContainsFunc(x.EN, func(r rune) bool { return unicode.Is(unicode.Cyrillic, r) }) {
			t.Errorf("%s: not English: %q", where, x.EN)
		}
	}
	for id, in := range all {
		both(id, in.Title)
		for _, it := range in.Items {
			if other, ok := seen[it.ID]; ok {
				t.Errorf("item %s is in %s and %s", it.ID, other, id)
			}
			seen[it.ID] = id
			both(it.ID, it.Text)
			for _, o := range it.Options {
				both(it.ID+"/"+o.Code, o.Text)
			}
			if it.Key != "" && !it.Valid(it.Key) {
				t.Errorf("%s: key %q is not an option", it.ID, it.Key)
			}
		}
	}
	if a, b := len(all["knowledge_a"].Items), len(all["knowledge_b"].Items); a != 15 || b != 15 {
		t.Errorf("forms have %d and %d items, want 15 each", a, b)
	}
	if n := len(all["confidence"].Items); n != 10 {
		t.Errorf("%d tasks, want 10", n)
	}
}

func TestScore(t *testing.T) {
	right := map[string]string{}
	for i, it := range survey.Instruments()["knowledge_a"].Items {
		if i < 12 {
			right[it.ID] = it.Key
		}
	}
	for name, tc := range map[string]struct {
		outcome string
		answers map[string]string
		want    float64
		ok      bool
	}{
		"12 of 15 right":                {"knowledge", right, 80, true},
		"nothing answered":              {"knowledge", nil, 0, false},
		"too little answered":           {"attitudes", map[string]string{"at01": "5"}, 0, false},
		"reversed items turn round":     {"attitudes", map[string]string{"at01": "5", "at02": "1", "at03": "5", "at04": "1", "at05": "5", "at06": "1"}, 5, true},
		"one's own sector is left out":  {"cooperation", map[string]string{"co01": "x", "co02": "4", "co03": "2", "co04": "0", "co05": "2"}, 2, true},
		"a score that was imported":     {"reading", map[string]string{"outcome:reading": "608"}, 608, true},
		"a then-rating counts as score": {"confidence", then("50"), 50, true},
	} {
		got, ok := survey.Score(tc.outcome, tc.answers)
		if got != tc.want || ok != tc.ok {
			t.Errorf("%s: got %v %v, want %v %v", name, got, ok, tc.want, tc.ok)
		}
	}
}

func then(v string) map[string]string {
	m := map[string]string{}
	for _, it := range survey.Instruments()["confidence_then"].Items {
		m[it.ID] = v
	}
	return m
}
