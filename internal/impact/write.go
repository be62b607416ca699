package impact

import (
	"math"
	"strings"

	"strengthen/internal/analysis"
	"strengthen/internal/disclosure"
	"strengthen/internal/fault"
	"strengthen/internal/i18n"
	"strengthen/internal/org"
	"strengthen/internal/render"
	"strengthen/internal/study"
	"strengthen/internal/survey"
)

// Names are what the groups of a result are called in both languages, by study.By and code. A code without a name is shown
// as it is.
type Names map[study.By]map[string]survey.Text

// NamesOf are the names of the programme's own tables, and those that a plan gives.
func NamesOf(t org.Tables, p study.Plan) Names {
	n := Names{study.Sector: {}, study.Region: {}, study.Experience: {}}
	for _, x := range t.Of(org.Sectors) {
		n[study.Sector][x.Code] = survey.Text{BG: x.Name("bg"), EN: x.Name("en")}
	}
	for _, r := range t.Regions {
		n[study.Region][string(r.ID)] = survey.Text{BG: r.Name("bg"), EN: r.Name("en")}
		if len(r.NUTS3) >= 4 { // a closed study keeps the part of the country only
			n[study.Region][r.NUTS3[:4]] = survey.Text{BG: r.Planning("bg"), EN: r.Planning("en")}
		}
	}
	for by, all := range p.Labels {
		if n[by] == nil {
			n[by] = map[string]survey.Text{}
		}
		for code, text := range all {
			n[by][code] = text
		}
	}
	return n
}

// writer puts a result into one language.
type writer struct {
	analysis.Result
	plan  study.Plan
	l     i18n.Lang
	names Names
	words *i18n.Catalogue
}

func (w writer) T(bg, en string, vars ...any) string {
	v := fault.Vars{}
	for i := 0; i+1 < len(vars); i += 2 {
		v[vars[i].(string)] = vars[i+1]
	}
	return w.l.Fill(w.l.Pick(bg, en), v)
}

func (w writer) in(t survey.Text) string { return t.In(string(w.l)) }

// name is what a group is called.
func (w writer) name(by study.By, code string) string {
	if t, ok := w.names[by][code]; ok {
		return w.in(t)
	}
	if code == "" {
		return w.T("не е посочено", "not stated")
	}
	return code
}

func (w writer) num(x analysis.Number, decimals int) string {
	if !x.OK() {
		return "–"
	}
	return w.l.Decimal(float64(x), decimals)
}

// signed writes a change with its sign, unless it is zero as written.
func (w writer) signed(x analysis.Number, decimals int) string {
	s := w.num(x, decimals)
	if x > 0 && strings.Trim(s, "0.,") != "" {
		return "+" + s
	}
	return s
}

func (w writer) interval(low, high analysis.Number, decimals int) string {
	if !low.OK() || !high.OK() {
		return "–"
	}
	return "[" + w.num(low, decimals) + "; " + w.num(high, decimals) + "]"
}

// estimate writes a change with its interval, or why there is none.
func (w writer) estimate(e analysis.Estimate, decimals int) string {
	if e.OK() {
		return w.signed(e.Value, decimals) + " " + w.interval(e.Low, e.High, decimals)
	}
	if e.Value.OK() {
		return w.signed(e.Value, decimals) + " (" + w.why(e.Why) + ")"
	}
	return w.why(e.Why)
}

// row writes a value and its interval at the side of a plot; without an interval the value alone.
func (w writer) row(e analysis.Estimate, decimals int) string {
	if !e.OK() {
		return w.signed(e.Value, decimals)
	}
	return w.signed(e.Value, decimals) + " " + w.interval(e.Low, e.High, decimals)
}

func (w writer) p(x analysis.Number) string {
	switch {
	case !x.OK():
		return "–"
	case x < 0.001:
		return "< " + w.l.Decimal(0.001, 3)
	}
	return w.l.Decimal(float64(x), 3)
}

func (w writer) share(x analysis.Number) string {
	if !x.OK() {
		return "–"
	}
	return w.l.Percent(float64(x))
}

// why says why something cannot be estimated, as part of a sentence.
func (w writer) why(y analysis.Why) string {
	if y == analysis.Estimated {
		return "–"
	}
	return w.words.T(w.l, "why."+string(y), nil)
}

func (w writer) outcome(id string) study.Outcome {
	o, _ := w.plan.Outcome(id)
	return o
}

func (w writer) title(o study.Outcome) string { return w.in(o.Title) }

func (w writer) wave(v survey.Wave) string { return w.in(w.plan.WaveTitle(v)) }

func (w writer) short(v survey.Wave) string { return w.in(w.plan.WaveShort(v)) }

func (w writer) contrast(from, to survey.Wave) string { return w.short(from) + " → " + w.short(to) }

// count is a cell with a number of people, which may be hidden.
func (w writer) count(n int) render.Cell {
	if n == disclosure.Hidden {
		return render.Cell{Text: w.hidden(), Suppressed: true}
	}
	return render.Num(float64(n), w.l.Int(n))
}

func (w writer) hidden() string { return w.T("скрито", "hidden") }

func (w writer) people(n int) string { return w.count(n).Text }

// value is a cell with a figure.
func (w writer) value(x analysis.Number, text string) render.Cell {
	if !x.OK() {
		return render.Cell{Text: text}
	}
	return render.Num(float64(x), text)
}

func (w writer) decimal(x analysis.Number, decimals int) render.Cell {
	return w.value(x, w.num(x, decimals))
}

func (w writer) change(x analysis.Number, decimals int) render.Cell {
	return w.value(x, w.signed(x, decimals))
}

func text(s string) render.Cell { return render.Cell{Text: s} }

// head makes the heads of a table: those from the first number on are numbers.
func head(texts int, all ...string) []render.Column {
	var c []render.Column
	for i, s := range all {
		c = append(c, render.Column{Text: s, Number: i >= texts})
	}
	return c
}

func finite(x analysis.Number) float64 {
	if !x.OK() {
		return math.NaN()
	}
	return float64(x)
}

// main returns the primary contrast of an outcome, or, while people can still answer, the first other one that was estimated.
// When all are lost, that is the headline: another contrast would hide it.
func (w writer) main(outcome string) (analysis.Change, bool) {
	var best *analysis.Change
	for i := range w.Changes {
		c := &w.Changes[i]
		if c.Outcome != outcome || c.From == survey.RetroPre {
			continue
		}
		if c.Main && (c.N != 0 || c.Headline.Why == analysis.AllLost && c.Open == 0) {
			return *c, true
		}
		if best == nil || !c.Main && best.N == 0 {
			best = c
		}
	}
	if best == nil {
		return analysis.Change{}, false
	}
	return *best, true
}

// effect reports whether the design allows to speak of what the programme did.
func (w writer) effect() bool {
	return w.plan.Kind == study.Wedge || w.plan.Comparison.Design != study.NoComparison
}
