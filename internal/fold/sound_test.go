package fold

import (
	"slices"
	"strings"
	"testing"
	"unicode"
)

// Spellings of one name that people are known to use.
func TestNamesSoundAlikeHoweverTheyAreSpelt(t *testing.T) {
	for name, spellings := range map[string]string{
		"Живко":      "Zhivko Jivko ЖИВКО живко",
		"Цветан":     "Tsvetan Tzvetan Cvetan цветан",
		"Явор":       "Yavor Javor Iavor Qvor",
		"Чавдар":     "Chavdar 4avdar Tchavdar",
		"Христо":     "Hristo Christo Khristo Xristo",
		"Георги":     "Georgi Gueorgui Georghi",
		"Петков":     "Petkov Petkoff Petcov",
		"Йордан":     "Yordan Jordan Iordan Иордан",
		"Щерева":     "Shtereva 6tereva Щерева",
		"Мария":      "Maria Mariya Мариа Mария",
		"Димитър":    "Dimitar Dimiter Dimitur Димитар",
		"Стоян":      "Stoyan Stoian Cтоян Stojan",
		"Александър": "Aleksandar Alexander Александар",
		"Виктор":     "Viktor Victor Wiktor",
		"Юлия":       "Yulia Julia Iuliya Юлиа",
		"Шишманова":  "Shishmanova 6i6manova",
	} {
		want := Sounds(name)
		for _, s := range strings.Fields(spellings) {
			if !slices.ContainsFunc(Sounds(s), func(k string) bool { return slices.Contains(want, k) }) {
				t.Errorf("%s: %v, but %s: %v", name, want, s, Sounds(s))
			}
		}
	}
}

func TestDifferentNamesSoundDifferently(t *testing.T) {
	for _, pair := range [][2]string{{"Иван", "Петър"}, {"Мария", "Марта"}, {"Живко", "Явор"}, {"Стоянов", "Стефанов"}, {"Цветан", "Светлан"}} {
		for _, k := range Sounds(pair[0]) {
			if slices.Contains(Sounds(pair[1]), k) {
				t.Errorf("%s and %s share %s", pair[0], pair[1], k)
			}
		}
	}
}

// Every name is found by its official transliteration, in any case, and by the spelling with й, и and ъ changed for one another.
func FuzzSounds(f *testing.F) {
	for _, s := range []string{"Живко", "Мария-Елена", "Щерю", "Ёлкина", "Ъъъ", "O'Нийл", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if strings.ContainsFunc(s, func(r rune) bool { return !unicode.Is(unicode.Cyrillic, r) || latin[unicode.ToLower(r)] == "" }) {
			return
		}
		want := Sounds(s)
		for _, spelling := range []string{Latin(s), strings.ToUpper(s), strings.NewReplacer("й", "и", "ъ", "а").Replace(s)} {
			if got := Sounds(spelling); len(want) > 0 && !slices.ContainsFunc(got, func(k string) bool { return slices.Contains(want, k) }) {
				t.Errorf("%q: %v, but %q: %v", s, want, spelling, got)
			}
		}
	})
}
