package fold

import (
	"slices"
	"strings"
	"unicode"
)

// Sounds returns the keys under which a name sounds: whoever spells it in Cyrillic or in Latin, by the official rules or as
// people write on a telephone ("Jivko", "Tzvetan", "Qvor", "4avdar"), with letters of the other script mixed in, with й for и or
// ъ for а, finds it by one of them. Vowels do not count but for whether the name begins with one. Most names have one key; what
// can be read in two ways has several. Different names may share a key: what is found is compared after.
func Sounds(name string) []string {
	var all []string
	for _, w := range strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) }) {
		for _, l := range readings(strings.ToLower(w)) {
			if k := skeleton(l); k != "" && !slices.Contains(all, k) {
				all = append(all, k)
			}
		}
	}
	return all
}

// Alike letters of the two scripts, as they are typed for one another.
var (
	toCyrillic = strings.NewReplacer("a", "а", "e", "е", "o", "о", "p", "р", "c", "с", "x", "х", "y", "у", "k", "к", "m", "м", "t", "т", "b", "в", "h", "н", "u", "и", "i", "и")
	toLatin    = strings.NewReplacer("а", "a", "е", "e", "о", "o", "р", "p", "с", "c", "х", "x", "у", "y", "к", "k", "м", "m", "т", "t", "в", "b", "н", "h")
)

// readings returns a word in Latin letters, in every way in which it can be read.
func readings(w string) []string {
	forms := []string{w}
	if mixed(w) {
		forms = []string{toCyrillic.Replace(w), toLatin.Replace(w)}
	}
	var all []string
	for _, f := range forms {
		f = strings.ReplaceAll(letters(f), " ", "")
		if strings.ContainsFunc(f, unicode.IsLetter) {
			f = strings.NewReplacer("4", "ch", "6", "sh", "w", "v", "tch", "ch", "tz", "ts", "ph", "f", "ck", "k", "kh", "h", "gh", "g", "gue", "ge", "gui", "gi", "ff", "f").Replace(f)
		}
		all = append(all, f)
	}
	for _, choice := range []struct {
		text     string
		readings []string
	}{{"j", []string{"zh", "y"}}, {"x", []string{"h", "ks"}}, {"q", []string{"ya", "k"}}} {
		all = expand(all, choice.text, choice.readings)
	}
	for _, f := range slices.Clone(all) {
		if rest, ok := strings.CutPrefix(f, "chr"); ok {
			all = append(all, "hr"+rest) // Christo
		}
		if alone := loneC(f, "ts"); alone != f {
			all = append(all, alone, loneC(f, "k"))
		}
	}
	return all
}

func mixed(w string) bool {
	latin := strings.ContainsFunc(w, func(r rune) bool { return unicode.Is(unicode.Latin, r) })
	return latin && strings.ContainsFunc(w, func(r rune) bool { return unicode.Is(unicode.Cyrillic, r) })
}

func expand(all []string, text string, readings []string) []string {
	var out []string
	for _, f := range all {
		if !strings.Contains(f, text) {
			out = append(out, f)
			continue
		}
		for _, r := range readings {
			out = append(out, strings.ReplaceAll(f, text, r))
		}
	}
	return out
}

// loneC writes every c that does not belong to ch as something else.
func loneC(f, as string) string {
	const keep = "\x00"
	return strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(f, "ch", keep), "c", as), keep, "ch")
}

// skeleton keeps the consonants of a word in Latin letters, each sound once in a row.
func skeleton(l string) string {
	l = strings.NewReplacer("sht", "St", "sh", "S", "zh", "Z", "ch", "C", "ts", "c").Replace(l)
	var b strings.Builder
	last := rune(0)
	for i, r := range l {
		if strings.ContainsRune("aeiouy", r) {
			if i == 0 {
				b.WriteByte('*')
			}
			last = 0
			continue
		}
		if r != last {
			b.WriteRune(r)
		}
		last = r
	}
	key := b.String()
	if head, ok := strings.CutSuffix(key, "f"); ok { // Petkoff
		key = head + "v"
	}
	return key
}
