package analysis

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"strengthen/internal/fault"
	"strengthen/internal/sheet"
	"strengthen/internal/study"
	"strengthen/internal/survey"
)

// FromTable reads a table that somebody collected, by the columns that the plan names. Every fault has its row and column.
func FromTable(t sheet.Table) Source {
	return func(p study.Plan) (Data, error) {
		r := reader{table: t, place: map[string]int{}}
		for i, h := range t.Head {
			r.place[strings.ToLower(h)] = i
		}
		r.columns(p)
		if len(r.faults) > 0 {
			return Data{}, r.faults.Err()
		}
		var d Data
		switch p.Kind {
		case study.Wedge:
			d.Places = r.places(p)
		case study.Network:
			d.Ties = r.ties(p)
		default:
			d.People = r.people(p)
		}
		return d, r.faults.Err()
	}
}

// maxFaults is how many faults are told at once.
const maxFaults = 100

// largest is the largest number that a table may hold, as in a plan.
const largest = 1e9

type reader struct {
	table  sheet.Table
	place  map[string]int // of a column, by its head in lower case
	faults fault.List
}

func (r *reader) fault(e *fault.Error) {
	if len(r.faults) < maxFaults {
		r.faults.Add(e)
	}
}

// columns reports every column that the plan names and the table lacks.
func (r *reader) columns(p study.Plan) {
	named := map[string]string{
		"data.code": p.Data.Code, "data.group": p.Data.Group, "data.sector": p.Data.Sector, "data.region": p.Data.Region,
		"data.experience": p.Data.Experience, "data.period": p.Data.Period, "data.exposure": p.Data.Exposure, "data.value": p.Data.Value,
		"data.weight": p.Data.Weight, "data.wave": p.Data.Wave, "data.from": p.Data.From, "data.to": p.Data.To,
		"data.from_group": p.Data.FromGroup, "data.to_group": p.Data.ToGroup, "comparison.column": p.Comparison.Column,
	}
	for w, c := range p.Data.Standing {
		named["data.standing."+string(w)] = c
	}
	if p.Kind == study.Change {
		for _, o := range p.Outcomes {
			if len(o.Columns)+len(o.Items) == 0 {
				r.fault(fault.Field("outcomes."+o.ID, "plan.needcolumns"))
			}
			for w, c := range o.Columns {
				named[fmt.Sprintf("outcomes.%s.columns.%s", o.ID, w)] = c
			}
			for w, all := range o.Items {
				for i, c := range all {
					named[fmt.Sprintf("outcomes.%s.items.%s[%d]", o.ID, w, i)] = c
				}
			}
		}
		if p.Partners != nil {
			for _, x := range p.Partners.Of {
				for w, c := range x.Columns {
					named[fmt.Sprintf("partners.%s.%s", x.Sector, w)] = c
				}
			}
		}
	}
	var places []string
	for place, column := range named {
		if _, there := r.place[strings.ToLower(column)]; column != "" && !there {
			places = append(places, place)
		}
	}
	slices.Sort(places)
	for _, place := range places {
		r.fault(fault.Field(named[place], "plan.column", fault.Vars{"place": place}))
	}
}

func (r *reader) text(row int, column string) string {
	i, ok := r.place[strings.ToLower(column)]
	if column == "" || !ok {
		return ""
	}
	return r.table.Rows[row][i]
}

// missing are the ways in which people write that there is no answer.
var missing = []string{"", "na", "n/a", ".", "-", "–"}

// number reads a number, with a decimal point or comma; NaN where there is none. What is not a number is a fault.
func (r *reader) number(row int, column string) float64 {
	v := r.text(row, column)
	if slices.Contains(missing, strings.ToLower(v)) {
		return math.NaN()
	}
	x, err := strconv.ParseFloat(strings.Replace(v, ",", ".", 1), 64)
	switch {
	case err != nil && !math.IsInf(x, 0) || math.IsNaN(x):
		r.fault(fault.Field(column, "mapping.number").InRow(r.table.Lines[row]))
		return math.NaN()
	case math.Abs(x) > largest:
		r.fault(fault.Field(column, "plan.large").InRow(r.table.Lines[row]))
		return math.NaN()
	}
	return x
}

// within reads a number that must lie between two ends.
func (r *reader) within(row int, column string, low, high float64) float64 {
	x := r.number(row, column)
	if high > low && (x < low || x > high) {
		r.fault(fault.Field(column, "answer.range").InRow(r.table.Lines[row]))
		return math.NaN()
	}
	return x
}

// whole reads a whole number that must be there.
func (r *reader) whole(row int, column string) int {
	x := r.number(row, column)
	if math.IsNaN(x) || x != math.Trunc(x) || math.Abs(x) > 1e6 {
		r.fault(fault.Field(column, "plan.whole").InRow(r.table.Lines[row]))
		return 0
	}
	return int(x)
}

// needed reads a text that must be there.
func (r *reader) needed(row int, column string) string {
	v := r.text(row, column)
	if v == "" && column != "" {
		r.fault(fault.Field(column, "form.required").InRow(r.table.Lines[row]))
	}
	return v
}

func (r *reader) people(p study.Plan) []Person {
	var all []Person
	seen := map[string]int{}
	for i := range r.table.Rows {
		x := newPerson(p)
		x.Line = r.table.Lines[i]
		x.Code, x.Group = r.needed(i, p.Data.Code), r.needed(i, p.Data.Group)
		if p.Data.Code == "" {
			x.Code = fmt.Sprintf("%06d", x.Line)
		}
		if p.Data.Group == "" {
			x.Group = x.Code // people are independent: each is a group
		}
		if first := seen[x.Code]; first > 0 && x.Code != "" {
			r.fault(fault.Field(p.Data.Code, "mapping.repeat", fault.Vars{"row": first}).InRow(x.Line))
		}
		seen[x.Code] = x.Line
		x.Sector, x.Region, x.Experience = r.text(i, p.Data.Sector), r.text(i, p.Data.Region), r.text(i, p.Data.Experience)
		if waits(&x, p); p.Comparison.Column != "" {
			x.Trained = r.trained(i, p.Comparison.Column)
		}
		r.answers(i, p, &x)
		all = append(all, x)
	}
	slices.SortStableFunc(all, func(a, b Person) int { return strings.Compare(a.Code, b.Code) })
	return all
}

func (r *reader) trained(row int, column string) float64 {
	x := r.number(row, column)
	if x != 0 && x != 1 {
		r.fault(fault.Field(column, "plan.trained").InRow(r.table.Lines[row]))
	}
	return x
}

// answers reads the scores of a row. Whoever has none in a wave that the table has columns for did not answer.
func (r *reader) answers(row int, p study.Plan, x *Person) {
	for k, w := range survey.Waves() {
		asked, answered := false, false
		for i, o := range p.Outcomes {
			if o.Columns[w] == "" && len(o.Items[w]) == 0 {
				continue
			}
			asked = true
			get := func(column string) float64 {
				if column == o.Columns[w] {
					return r.within(row, column, o.Low, o.High)
				}
				if o.Scale == study.Test {
					return r.within(row, column, 0, 1)
				}
				return r.within(row, column, o.ItemLow, o.ItemTop)
			}
			x.Scores[i][k], x.Items[i][k] = score(o, w, get)
			if v := x.Scores[i][k]; (o.Scale == study.Item || o.Scale == study.Binary) && v != math.Trunc(v) && !math.IsNaN(v) {
				r.fault(fault.Field(o.Columns[w], "plan.whole").InRow(x.Line))
			}
			answered = answered || !math.IsNaN(x.Scores[i][k])
		}
		if p.Partners != nil {
			x.Partners[k] = partners(p, w, func(c string) float64 { return r.within(row, c, 0, p.Partners.High) })
		}
		switch {
		case p.Data.Standing[w] != "":
			x.Standing[k] = r.standing(row, p.Data.Standing[w])
		case answered:
			x.Standing[k] = survey.Answered
		case asked:
			x.Standing[k] = survey.Silent
		}
	}
}

// standing reads how somebody stands in a wave.
func (r *reader) standing(row int, column string) survey.Standing {
	s := survey.Standing(r.text(row, column))
	if all := survey.Standings(); s != "" && !slices.Contains(all, s) {
		var of []string
		for _, x := range all {
			of = append(of, string(x))
		}
		r.fault(fault.Field(column, "plan.choice", fault.Vars{"of": strings.Join(of, ", ")}).InRow(r.table.Lines[row]))
	}
	return s
}

func (r *reader) places(p study.Plan) []Place {
	var all []Place
	for i := range r.table.Rows {
		x := Place{
			Name: r.needed(i, p.Data.Group), Period: r.whole(i, p.Data.Period), Exposure: r.whole(i, p.Data.Exposure),
			Value: r.within(i, p.Data.Value, p.Outcomes[0].Low, p.Outcomes[0].High), Weight: 1,
		}
		if p.Data.Weight != "" {
			if x.Weight = r.number(i, p.Data.Weight); !(x.Weight > 0) {
				r.fault(fault.Field(p.Data.Weight, "plan.weight").InRow(r.table.Lines[i]))
			}
		}
		all = append(all, x)
	}
	return all
}

func (r *reader) ties(p study.Plan) []Tie {
	var all []Tie
	for i := range r.table.Rows {
		x := Tie{
			Wave: survey.Wave(r.needed(i, p.Data.Wave)), From: r.needed(i, p.Data.From), To: r.text(i, p.Data.To),
			FromGroup: r.text(i, p.Data.FromGroup), ToGroup: r.text(i, p.Data.ToGroup),
		}
		if x.Wave != "" && x.Wave != survey.Pre && x.Wave != survey.Post && x.Wave != survey.M6 {
			r.fault(fault.Field(p.Data.Wave, "plan.wave").InRow(r.table.Lines[i]))
		}
		all = append(all, x)
	}
	return all
}
