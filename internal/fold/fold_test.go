package fold

import (
	"slices"
	"testing"
)

// The pairs follow the examples of the Transliteration Act and of official road signs.
func TestLatin(t *testing.T) {
	for in, want := range map[string]string{
		"Щерева": "Shtereva", "Жълтуша": "Zhaltusha", "Мария Цветкова": "Maria Tsvetkova", "Юлиян": "Yuliyan",
		"Горна Оряховица": "Gorna Oryahovitsa", "София": "Sofia", "Чепеларе": "Chepelare", "Хисаря": "Hisarya",
	} {
		if got := Latin(in); got != want {
			t.Errorf("Latin(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestWordsFindANameInEitherScript(t *testing.T) {
	for _, pair := range [][2]string{
		{"Щерева", "shtereva"}, {"ИВАН Петров", "ivan  petrov"}, {"Мария-Елена", "Mariya Elena"}, {"Мария Илиева", "Maria Ilieva"}, {"София", "Sofia"}, {"Хисаря", "Hisarya"}, {"É", "e"},
	} {
		if a, b := Words(pair[0]), Words(pair[1]); a != b {
			t.Errorf("%q folds to %q but %q to %q", pair[0], a, pair[1], b)
		}
	}
}

func TestSortKeyIsBulgarianOrder(t *testing.T) {
	want := []string{"Ангелова", "Борисов", "Велев", "Йорданов", "Щерев", "Юлиева", "Янев"}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, func(a, b string) int {
		ka, kb := SortKey(a), SortKey(b)
		switch {
		case ka < kb:
			return -1
		case ka > kb:
			return 1
		}
		return 0
	})
	if !slices.Equal(got, want) {
		t.Errorf("order %v, want %v", got, want)
	}
}

func TestLikePatternEscapes(t *testing.T) {
	if got := LikePattern("a_b"); got != `%a\_b%` {
		t.Errorf("pattern %q", got)
	}
}
