package i18n

import (
	"regexp"
	"strings"
)

var (
	article   = regexp.MustCompile(`чл\. (\d+)([а-я]?)`)
	paragraph = regexp.MustCompile(`, ал\. (\d+)(?: и (\d+))?`)

	// The acts by the names that the glossary of the program gives them, and the few words that stand beside them.
	acts = strings.NewReplacer(
		"ППЗЗДет", "CPA Rules", "ЗЗДет", "CPA", "АПК", "APC", "Н-5(2)", "Ordinance 5(2)", "Н-I-51", "Ordinance I-51", ", т. ", ", item ",
		"Споразумение от 2010 г.", "Agreement of 2010", "добра практика", "good practice",
		"срок: практика", "length: practice", "срок: в искането", "length: in the request", "срок: в плана", "length: in the plan",
	)
)

// Citation puts a citation of Bulgarian law into the language: "чл. 36г, ал. 2 ЗЗДет" is "art. 36d(2) CPA" in English. Letters of
// articles follow the order of the two alphabets, as in translations of the law; words that it does not know stay as they are.
func (l Lang) Citation(text string) string {
	if l != EN {
		return text
	}
	text = article.ReplaceAllStringFunc(text, func(s string) string {
		part := article.FindStringSubmatch(s)
		return "art. " + part[1] + latin(part[2])
	})
	text = paragraph.ReplaceAllStringFunc(text, func(s string) string {
		part := paragraph.FindStringSubmatch(s)
		if part[2] != "" {
			return "(" + part[1] + ") and (" + part[2] + ")"
		}
		return "(" + part[1] + ")"
	})
	return acts.Replace(text)
}

// latin is the letter of an article at the same place of the Latin alphabet.
func latin(letter string) string {
	for i, r := range []rune("абвгдежзий") {
		if string(r) == letter {
			return string(rune('a' + i))
		}
	}
	return letter
}
