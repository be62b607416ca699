// Package fold brings names and words into the forms in which they are compared, searched and sorted. Databases do not
// fold Cyrillic alike, so every searched or sorted column is folded here and stored.
package fold

import (
	"encoding/hex"
	"strings"
	"unicode"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"
)

// latin gives the official transliteration of each Bulgarian letter (Transliteration Act, State Gazette 19/2009).
var latin = map[rune]string{
	'а': "a", 'б': "b", 'в': "v", 'г': "g", 'д': "d", 'е': "e", 'ж': "zh", 'з': "z", 'и': "i", 'й': "y", 'к': "k",
	'л': "l", 'м': "m", 'н': "n", 'о': "o", 'п': "p", 'р': "r", 'с': "s", 'т': "t", 'у': "u", 'ф': "f", 'х': "h",
	'ц': "ts", 'ч': "ch", 'ш': "sh", 'щ': "sht", 'ъ': "a", 'ь': "y", 'ю': "yu", 'я': "ya",
	'ѝ': "i", 'ё': "yo", 'ы': "y", 'э': "e",
}

// Words returns s in lower case, without accents, hyphens or doubled spaces, and with Cyrillic letters written in Latin,
// so that a name is found in either script. A word ends in "ia" whether it was written so, as the Act asks, or as "iya".
func Words(s string) string {
	words := strings.Split(letters(s), " ")
	for i, w := range words {
		if stem, ok := strings.CutSuffix(w, "iya"); ok {
			words[i] = stem + "ia"
		}
	}
	return strings.Join(words, " ")
}

func letters(s string) string {
	var b strings.Builder
	space := true
	for _, r := range norm.NFC.String(strings.ToLower(s)) {
		switch l, ok := latin[r]; {
		case ok:
			b.WriteString(l)
			space = false
		case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '@' || r == '.' || r == '_' || r == '+':
			b.WriteRune(bare(r))
			space = false
		case !space:
			b.WriteByte(' ')
			space = true
		}
	}
	return strings.TrimRight(b.String(), " ")
}

// bare removes the accent of a Latin letter.
func bare(r rune) rune {
	for _, d := range norm.NFD.String(string(r)) {
		return d
	}
	return r
}

// Email returns an address as it is compared: trimmed, in lower case.
func Email(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// Latin returns s with Bulgarian letters written in Latin by the official rules, case kept at the start of each word:
// "Щерева" becomes "Shtereva". A word that ends in "ия" ends in "ia".
func Latin(s string) string {
	words := strings.Split(s, " ")
	for i, w := range words {
		words[i] = latinWord(w)
	}
	return strings.Join(words, " ")
}

func latinWord(w string) string {
	switch w {
	case "София":
		return "Sofia"
	case "България":
		return "Bulgaria"
	}
	tail := ""
	if t, ok := strings.CutSuffix(w, "ия"); ok {
		w, tail = t, "ia"
	}
	var b strings.Builder
	for _, r := range w {
		l, ok := latin[unicode.ToLower(r)]
		switch {
		case !ok:
			b.WriteRune(r)
		case unicode.IsUpper(r) && l != "":
			b.WriteString(strings.ToUpper(l[:1]) + l[1:])
		default:
			b.WriteString(l)
		}
	}
	return b.String() + tail
}

// SortKey returns a text whose byte order is the Bulgarian order of s, for a column to sort by.
func SortKey(s string) string {
	var buf collate.Buffer
	key := collate.New(language.Bulgarian, collate.IgnoreCase).KeyFromString(&buf, s)
	return hex.EncodeToString(key)
}

// LikePattern returns a LIKE pattern, to be used with ESCAPE '\', that finds needle anywhere in a folded column.
func LikePattern(needle string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(Words(needle)) + "%"
}
