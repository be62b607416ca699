// Package i18n says things in Bulgarian and English. Texts that cross packages (faults, reasons, states, roles, actions,
// mail) stand in messages/*.json under a key, both languages side by side; texts of one page stand in its template, again
// both side by side. Numbers, dates and counts follow the habits of each language.
package i18n

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"strengthen/internal/calendar"
	"strengthen/internal/fault"
)

// Lang is a language: BG or EN.
type Lang string

// The languages.
const (
	BG Lang = "bg"
	EN Lang = "en"
)

// Parse returns the language of a code; everything but "en" is Bulgarian.
func Parse(code string) Lang {
	if code == "en" {
		return EN
	}
	return BG
}

// Other returns the language that l is not.
func (l Lang) Other() Lang {
	if l == EN {
		return BG
	}
	return EN
}

// Pick returns the text in language l.
func (l Lang) Pick(bg, en string) string {
	if l == EN {
		return en
	}
	return bg
}

//go:embed messages/*.json
var files embed.FS

// text is one message in one language: a sentence, or one for a count of one and one for every other count.
type text struct {
	One, Other string
}

// UnmarshalJSON reads a string or {"one": …, "other": …}.
func (t *text) UnmarshalJSON(b []byte) error {
	if b[0] == '"' {
		return json.Unmarshal(b, &t.Other)
	}
	var forms struct{ One, Other string }
	err := json.Unmarshal(b, &forms)
	t.One, t.Other = forms.One, forms.Other
	return err
}

// Catalogue holds the messages.
type Catalogue struct{ all map[string]map[Lang]text }

// Load reads the messages that the program ships. A broken file is a programmer's error and panics.
func Load() *Catalogue {
	c := &Catalogue{all: map[string]map[Lang]text{}}
	names, err := fs.Glob(files, "messages/*.json")
	if err != nil {
		panic(err)
	}
	for _, name := range names {
		b, err := files.ReadFile(name)
		if err != nil {
			panic(err)
		}
		part := map[string]map[Lang]text{}
		if err := json.Unmarshal(b, &part); err != nil {
			panic(fmt.Errorf("%s: %w", name, err))
		}
		maps.Copy(c.all, part)
	}
	return c
}

// Keys lists every key, sorted.
func (c *Catalogue) Keys() []string { return slices.Sorted(maps.Keys(c.all)) }

// Has reports whether key is in the catalogue.
func (c *Catalogue) Has(key string) bool { _, ok := c.all[key]; return ok }

// T returns the message of key in language l with its variables filled in. A variable "n" also chooses between one and
// many. An unknown key is returned as it is, so that it is seen.
func (c *Catalogue) T(l Lang, key string, vars fault.Vars) string {
	m, ok := c.all[key]
	if !ok {
		return key
	}
	t := m[l]
	s := t.Other
	if t.One != "" && isOne(vars["n"]) {
		s = t.One
	}
	return l.Fill(s, vars)
}

// Both returns the message of key in both languages, that of l first.
func (c *Catalogue) Both(l Lang, key string) []string {
	return []string{c.T(l, key, nil), c.T(l.Other(), key, nil)}
}

// Fill replaces {name} in s by the variable of that name, written as language l writes numbers and dates.
func (l Lang) Fill(s string, vars fault.Vars) string {
	if len(vars) == 0 || !strings.Contains(s, "{") {
		return s
	}
	var pairs []string
	for k, v := range vars {
		pairs = append(pairs, "{"+k+"}", l.Value(v))
	}
	return strings.NewReplacer(pairs...).Replace(s)
}

func isOne(v any) bool { return fmt.Sprint(v) == "1" }

// Value writes a variable of a message.
func (l Lang) Value(v any) string {
	switch v := v.(type) {
	case int:
		return l.Int(v)
	case float64:
		if v == float64(int(v)) { // numbers that went through JSON
			return l.Int(int(v))
		}
		return l.Decimal(v, 1)
	case fault.Size:
		return l.Size(int64(v))
	case calendar.Date:
		return l.Date(v)
	case time.Time:
		return l.Moment(v)
	}
	return fmt.Sprint(v)
}
