package i18n_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/fault"
	"strengthen/internal/i18n"
)

var variable = regexp.MustCompile(`\{[a-z]+\}`)

func variables(s string) []string {
	v := variable.FindAllString(s, -1)
	slices.Sort(v)
	return slices.Compact(v)
}

func TestBothLanguagesSayTheSameThings(t *testing.T) {
	c := i18n.Load()
	vars := fault.Vars{} // left empty: variables stay visible
	for _, key := range c.Keys() {
		bg, en := c.T(i18n.BG, key, vars), c.T(i18n.EN, key, vars)
		if bg == "" || en == "" || bg == en {
			t.Errorf("%s: %q and %q", key, bg, en)
		}
		if !slices.Equal(variables(bg), variables(en)) {
			t.Errorf("%s: variables %v and %v", key, variables(bg), variables(en))
		}
		if !strings.ContainsFunc(bg, func(r rune) bool { return unicode.Is(unicode.Cyrillic, r) }) {
			t.Errorf("%s: the Bulgarian text %q has no Cyrillic letter", key, bg)
		}
		if strings.ContainsFunc(en, func(r rune) bool { return unicode.Is(unicode.Cyrillic, r) }) {
			t.Errorf("%s: the English text %q has Cyrillic letters", key, en)
		}
	}
}

func TestEveryRowOfThePolicyHasItsWords(t *testing.T) {
	c := i18n.Load()
	for _, row := range access.Standard() {
		for _, key := range []string{"role." + string(row.Role), "action." + string(row.Action), "reach." + string(row.Reach)} {
			if !c.Has(key) {
				t.Errorf("no message %s", key)
			}
		}
	}
}

func TestNumbersAndDates(t *testing.T) {
	d := calendar.MustDate
	for name, tc := range map[string]struct{ got, want string }{
		"Bulgarian groups from five digits": {i18n.BG.Int(12840), "12\u00a0840"},
		"and not below":                     {i18n.BG.Int(1284), "1284"},
		"English groups from four":          {i18n.EN.Int(1284), "1,284"},
		"a true minus":                      {i18n.BG.Decimal(-1.25, 1), "\u22121,2"},
		"zero has no sign":                  {i18n.EN.Decimal(-0.001, 1), "0.0"},
		"percent":                           {i18n.BG.Percent(0.614), "61\u00a0%"},
		"date":                              {i18n.BG.Date(d("2021-11-09")), "9\u00a0ноември 2021\u00a0г."},
		"days of one month":                 {i18n.EN.Days(d("2021-11-23"), d("2021-11-25")), "23–25\u00a0November 2021"},
		"days of two months":                {i18n.EN.Days(d("2021-11-30"), d("2021-12-02")), "30\u00a0November – 2\u00a0December 2021"},
		"kilobytes":                         {i18n.BG.Value(fault.Size(64 << 10)), "64\u00a0КБ"},
		"megabytes":                         {i18n.EN.Value(fault.Size(20<<20 + 1)), "20\u00a0MB"},
		"one second":                        {i18n.Load().T(i18n.EN, "signin.wait", fault.Vars{"n": 1}), "Too many attempts. Wait 1 second."},
		"an unknown key is seen":            {i18n.Load().T(i18n.EN, "no.such", nil), "no.such"},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: got %q, want %q", name, tc.got, tc.want)
		}
	}
}
