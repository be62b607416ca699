package survey

import (
	"embed"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Text is a text in both languages.
type Text struct {
	BG string `json:"bg" yaml:"bg"`
	EN string `json:"en" yaml:"en"`
}

// In returns the text in the language of code lang.
func (t Text) In(lang string) string {
	if lang == "en" {
		return t.EN
	}
	return t.BG
}

// Option is one choice of an item.
type Option struct {
	Code string
	Text Text
}

// Item is one question. Its identifier never changes its meaning.
type Item struct {
	ID       string
	Kind     string // choice, scale, number or text
	Text     Text
	Options  []Option
	Min, Max int
	Step     int
	Low      Text // what the low end of a scale means
	High     Text
	Key      string // right option of a knowledge item
	Reverse  bool
	Optional bool
	Source   string // of a knowledge item: the article, or the page on which its answer rests
}

// Valid reports whether v answers the item.
func (it Item) Valid(v string) bool {
	switch it.Kind {
	case "choice":
		return slices.ContainsFunc(it.Options, func(o Option) bool { return o.Code == v })
	case "scale", "number":
		n, err := strconv.Atoi(v)
		return err == nil && n >= it.Min && n <= it.Max && (it.Step == 0 || (n-it.Min)%it.Step == 0)
	case "text":
		return len([]rune(v)) <= 2000 && !strings.ContainsRune(v, 0)
	}
	return false
}

// Steps lists the values of a scale.
func (it Item) Steps() []string {
	var all []string
	for n := it.Min; n <= it.Max; n += max(it.Step, 1) {
		all = append(all, strconv.Itoa(n))
	}
	return all
}

// Instrument is a questionnaire with a version.
type Instrument struct {
	ID      string
	Version int
	Title   Text
	Intro   Text
	Items   []Item
}

// Outcome is what is measured.
type Outcome struct {
	ID           string
	Title        Text
	Unit         Text
	Low, High    float64 // ends of the scale
	Decimals     int
	HigherBetter bool
	Primary      bool
}

// Part is an instrument as it is asked in one wave.
type Part struct {
	Wave       Wave
	Instrument Instrument
}

//go:embed instruments/*.json
var files embed.FS

// Instruments returns every instrument that the program ships, by identifier. They are our own; a broken file panics.
func Instruments() map[string]Instrument {
	names, err := files.ReadDir("instruments")
	if err != nil {
		panic(err)
	}
	all := map[string]Instrument{}
	for _, name := range names {
		b, err := files.ReadFile("instruments/" + name.Name())
		if err != nil {
			panic(err)
		}
		var in Instrument
		if err := json.Unmarshal(b, &in); err != nil {
			panic(fmt.Errorf("%s: %w", name.Name(), err))
		}
		all[in.ID] = in
	}
	return all
}

var shipped = Instruments() // read once; never changed

// sittings says what is asked when.
var sittings = map[Wave][]struct {
	wave Wave
	id   string
}{
	Pre:  {{Pre, "knowledge_a"}, {Pre, "confidence"}, {Pre, "cooperation"}, {Pre, "attitudes"}},
	Post: {{Post, "knowledge_b"}, {Post, "confidence"}, {Post, "attitudes"}, {RetroPre, "confidence_then"}, {Post, "reaction"}},
	M6:   {{M6, "knowledge_a"}, {M6, "confidence"}, {M6, "cooperation"}, {M6, "attitudes"}, {M6, "practice"}},
}

// Sitting returns what one person is asked by an invitation of wave w, in order.
func Sitting(w Wave) []Part {
	var all []Part
	for _, x := range sittings[w] {
		all = append(all, Part{x.wave, shipped[x.id]})
	}
	return all
}

// Outcomes are those of the programme's own study. Knowledge, confidence and cooperation are the primary ones, one for
// each construct; attitudes are secondary.
func Outcomes() []Outcome {
	return []Outcome{
		{ID: "knowledge", Title: Text{"Знания", "Knowledge"}, Unit: Text{"точки от 100", "points of 100"}, High: 100, Decimals: 1, HigherBetter: true, Primary: true},
		{ID: "confidence", Title: Text{"Увереност", "Confidence"}, Unit: Text{"точки от 100", "points of 100"}, High: 100, Decimals: 1, HigherBetter: true, Primary: true},
		{ID: "cooperation", Title: Text{"Съвместна работа", "Cooperation"}, Unit: Text{"от 0 до 4", "from 0 to 4"}, High: 4, Decimals: 2, HigherBetter: true, Primary: true},
		{ID: "attitudes", Title: Text{"Нагласи", "Attitudes"}, Unit: Text{"от 1 до 5", "from 1 to 5"}, Low: 1, High: 5, Decimals: 2, HigherBetter: true},
	}
}

// forms names the instruments that measure each outcome; the one that was answered counts.
var forms = map[string][]string{
	"knowledge": {"knowledge_a", "knowledge_b"}, "confidence": {"confidence", "confidence_then"},
	"cooperation": {"cooperation"}, "attitudes": {"attitudes"},
}

// importedItem is the item under which the value of an imported outcome is kept.
func importedItem(outcome string) string { return "outcome:" + outcome }

// Score returns the score of an outcome from the answers of one wave, and whether there are enough of them: knowledge is
// the share right of all items that were shown, in points of 100, for those who answered at least two thirds; the others
// are the mean of the items answered, reversed ones turned round, for those who answered at least two thirds of the items
// that apply to them.
func Score(outcome string, answers map[string]string) (float64, bool) {
	if v, ok := answers[importedItem(outcome)]; ok {
		x, err := strconv.ParseFloat(v, 64)
		return x, err == nil
	}
	values, apply := itemValues(outcome, answers)
	n, sum := 0, 0.0
	for _, v := range values {
		if !math.IsNaN(v) {
			n++
			sum += v
		}
	}
	if apply == 0 || 3*n < 2*apply {
		return 0, false
	}
	if outcome == "knowledge" {
		return 100 * sum / float64(apply), true
	}
	return sum / float64(n), true
}

// Items returns the item scores of an outcome in the order of its instrument, NaN where there is no answer, or nil when
// nothing of it was answered. They are what reliability is computed from.
func Items(outcome string, answers map[string]string) []float64 {
	values, _ := itemValues(outcome, answers)
	if !slices.ContainsFunc(values, func(v float64) bool { return !math.IsNaN(v) }) {
		return nil
	}
	return values
}

// itemValues returns the item scores, and how many items apply to the person.
func itemValues(outcome string, answers map[string]string) ([]float64, int) {
	for _, id := range forms[outcome] {
		in := shipped[id]
		if !slices.ContainsFunc(in.Items, func(it Item) bool { return answers[it.ID] != "" }) {
			continue
		}
		values, apply := make([]float64, len(in.Items)), len(in.Items)
		for i, it := range in.Items {
			values[i] = itemValue(it, answers[it.ID])
			if answers[it.ID] == notApplicable {
				apply--
			}
		}
		return values, apply
	}
	return nil, 0
}

// notApplicable is the option of an item that does not apply, such as cooperation with one's own sector.
const notApplicable = "x"

func itemValue(it Item, v string) float64 {
	if v == "" || v == notApplicable {
		return math.NaN()
	}
	if it.Key != "" {
		if v == it.Key {
			return 1
		}
		return 0
	}
	x, err := strconv.ParseFloat(v, 64)
	if err != nil {
		return math.NaN()
	}
	if it.Reverse { // only items from 1 to 5 are reversed
		x = 6 - x
	}
	return x
}
