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

// TestTheKnowledgeFormsGiveNothingAway looks at what lets people find the right answer without knowing it: where it stands,
// whether the places repeat, and whether it is the longest; and whether the two forms are alike.
func TestTheKnowledgeFormsGiveNothingAway(t *testing.T) {
	length := func(s string) int { return len([]rune(s)) }
	for _, id := range []string{"knowledge_a", "knowledge_b"} {
		keys, places := "", map[string]int{}
		longest := map[string]int{}
		for _, it := range survey.Instruments()[id].Items {
			keys += it.Key
			places[it.Key]++
			if len(it.Options) != 4 {
				t.Errorf("%s has %d options", it.ID, len(it.Options))
			}
			if len([]rune(it.Source)) < 8 {
				t.Errorf("%s names no source", it.ID)
			}
			for lang, of := range map[string]func(survey.Option) string{"bg": func(o survey.Option) string { return o.Text.BG }, "en": func(o survey.Option) string { return o.Text.EN }} {
				shortest, most, right, others, seen := 1000, 0, 0, 0, map[string]bool{}
				for _, o := range it.Options {
					n := length(of(o))
					shortest, most = min(shortest, n), max(most, n)
					if o.Code == it.Key {
						right = n
					} else {
						others = max(others, n)
					}
					if seen[of(o)] {
						t.Errorf("%s says %q twice", it.ID, of(o))
					}
					seen[of(o)] = true
				}
				if most > shortest*8/5 {
					t.Errorf("%s, %s: options from %d to %d letters", it.ID, lang, shortest, most)
				}
				if right > others {
					longest[lang]++
				}
			}
		}
		for _, k := range []string{"a", "b", "c", "d"} {
			if places[k] < 3 || places[k] > 4 {
				t.Errorf("%s: the right answer is %s %d times of 15", id, k, places[k])
			}
		}
		for period := 1; period <= 6; period++ {
			same := 0
			for i := period; i < len(keys); i++ {
				if keys[i] == keys[i-period] {
					same++
				}
			}
			if same > 6 { // of at least nine; by lot about a quarter
				t.Errorf("%s: the keys %s repeat every %d", id, keys, period)
			}
		}
		for lang, n := range longest {
			if n > 5 { // about a quarter by lot
				t.Errorf("%s, %s: the right answer is the longest %d times of 15", id, lang, n)
			}
		}
	}
}

// TestWordingThatWasMended keeps clumsy texts from coming back.
func TestWordingThatWasMended(t *testing.T) {
	for _, in := range survey.Instruments() {
		for _, it := range in.Items {
			for _, bad := range []string{"Колко сигурно", "How surely", "използвахте: "} {
				if strings.Contains(it.Text.BG+it.Text.EN, bad) {
					t.Errorf("%s says %q again", it.ID, bad)
				}
			}
			if strings.Contains(it.Text.BG, "/а") || strings.Contains(it.Text.BG, "(а)") {
				t.Errorf("%s: a slash for gender in %q", it.ID, it.Text.BG)
			}
		}
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
		"too little answered":           {"attitudes", map[string]string{"at11": "5"}, 0, false},
		"reversed items turn round":     {"attitudes", map[string]string{"at11": "5", "at12": "1", "at13": "5", "at04": "1", "at15": "5", "at06": "1"}, 5, true},
		"one's own sector is left out":  {"cooperation", map[string]string{"co11": "x", "co12": "4", "co13": "2", "co14": "0", "co15": "2"}, 2, true},
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
