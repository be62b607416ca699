package i18n_test

import (
	"testing"

	"strengthen/internal/i18n"
)

func TestCitationsOfLaw(t *testing.T) {
	for bg, en := range map[string]string{
		"чл. 36г, ал. 2 ЗЗДет; чл. 16, ал. 1 ППЗЗДет":   "art. 36d(2) CPA; art. 16(1) CPA Rules",
		"чл. 16, ал. 2 и 4 ППЗЗДет":                     "art. 16(2) and (4) CPA Rules",
		"чл. 21, ал. 1, т. 11 ЗЗДет":                    "art. 21(1), item 11 CPA",
		"чл. 36б, ал. 1 ЗЗДет; чл. 9, ал. 1 Н-5(2)":     "art. 36b(1) CPA; art. 9(1) Ordinance 5(2)",
		"чл. 41 ЗЗДет; чл. 6, ал. 1 Н-I-51":             "art. 41 CPA; art. 6(1) Ordinance I-51",
		"чл. 10, ал. 6 ППЗЗДет; АПК":                    "art. 10(6) CPA Rules; APC",
		"чл. 36д, ал. 5 ЗЗДет (срок: практика)":         "art. 36e(5) CPA (length: practice)",
		"заповед на директора":                          "заповед на директора",
		"чл. 12, § 3 от ОРЗД, както го чете юристът ни": "art. 12, § 3 от ОРЗД, както го чете юристът ни",
	} {
		if got := i18n.EN.Citation(bg); got != en {
			t.Errorf("%s: %s, want %s", bg, got, en)
		}
		if got := i18n.BG.Citation(bg); got != bg {
			t.Errorf("in Bulgarian %s became %s", bg, got)
		}
	}
}
