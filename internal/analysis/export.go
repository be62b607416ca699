package analysis

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"strengthen/internal/study"
	"strengthen/internal/survey"
)

// Export writes the people of a study as CSV, and returns the plan with the columns of that file: what is analysed from the
// two is what is analysed from the database, ratings and use in practice aside. Codes are numbered anew, so that the file ties
// nothing to the codes that questionnaires carry.
func Export(to io.Writer, p study.Plan, d Data) (study.Plan, error) {
	x := exporter{plan: p, people: d.People}
	x.text("code", func(i int) string { return fmt.Sprintf("K%05d", i+1) })
	groups := numbered(d.People, func(p Person) string { return p.Group })
	x.text("group", func(i int) string { return fmt.Sprintf("G%03d", groups[d.People[i].Group]) })
	x.plan.Data = study.Columns{Code: "code", Group: "group", Standing: map[survey.Wave]string{}}
	for by, column := range map[study.By]*string{study.Sector: &x.plan.Data.Sector, study.Region: &x.plan.Data.Region, study.Experience: &x.plan.Data.Experience} {
		if slices.ContainsFunc(d.People, func(p Person) bool { return p.by(by) != "" }) {
			*column = string(by)
		}
	}
	for _, by := range []study.By{study.Sector, study.Region, study.Experience} {
		if c := x.plan.Data; slices.Contains([]string{c.Sector, c.Region, c.Experience}, string(by)) {
			x.text(string(by), func(i int) string { return d.People[i].by(by) })
		}
	}
	x.outcomes()
	for k, w := range survey.Waves() {
		if p.Has(w) && w != survey.RetroPre {
			name := "standing_" + string(w)
			x.plan.Data.Standing[w] = name
			x.text(name, func(i int) string { return string(d.People[i].Standing[k]) })
		}
	}
	x.partners()
	return x.plan, x.write(to)
}

// exporter collects columns.
type exporter struct {
	plan    study.Plan
	people  []Person
	head    []string
	columns []func(i int) string
}

func (x *exporter) text(name string, value func(i int) string) {
	x.head, x.columns = append(x.head, name), append(x.columns, value)
}

func (x *exporter) number(name string, value func(p Person) float64) {
	x.text(name, func(i int) string { return exact(value(x.people[i])) })
}

// numbered gives every value its place, from 1 on, in the order of values.
func numbered(people []Person, value func(Person) string) map[string]int {
	var all []string
	for _, p := range people {
		all = append(all, value(p))
	}
	slices.Sort(all)
	at := map[string]int{}
	for i, v := range slices.Compact(all) {
		at[v] = i + 1
	}
	return at
}

// outcomes writes the scores of every wave, and the items of the wave in which reliability is told.
func (x *exporter) outcomes() {
	first := x.plan.Primary.From
	x.plan.Outcomes = slices.Clone(x.plan.Outcomes)
	for i := range x.plan.Outcomes {
		o := &x.plan.Outcomes[i]
		o.Columns, o.Items = map[survey.Wave]string{}, map[survey.Wave][]string{}
		for k, w := range survey.Waves() {
			if !slices.ContainsFunc(x.people, func(p Person) bool { return !math.IsNaN(p.Scores[i][k]) }) {
				continue
			}
			name := o.ID + "_" + string(w)
			o.Columns[w] = name
			x.number(name, func(p Person) float64 { return p.Scores[i][k] })
			if w == first {
				o.Items[w] = x.items(name, i, k)
			}
		}
	}
}

func (x *exporter) items(name string, outcome, wave int) []string {
	n := 0
	for _, p := range x.people {
		n = max(n, len(p.Items[outcome][wave]))
	}
	var all []string
	for j := range n {
		item := name + "_" + strconv.Itoa(j+1)
		all = append(all, item)
		x.number(item, func(p Person) float64 {
			if v := p.Items[outcome][wave]; j < len(v) {
				return v[j]
			}
			return math.NaN()
		})
	}
	return all
}

func (x *exporter) partners() {
	if x.plan.Partners == nil {
		return
	}
	q := *x.plan.Partners
	q.Of = slices.Clone(q.Of)
	for j := range q.Of {
		q.Of[j].Item, q.Of[j].Columns = "", map[survey.Wave]string{}
		for _, w := range []survey.Wave{q.From, q.To} {
			name := "works_with_" + q.Of[j].Sector + "_" + string(w)
			q.Of[j].Columns[w] = name
			x.number(name, func(p Person) float64 {
				if v := p.Partners[at(w)]; j < len(v) {
					return v[j]
				}
				return math.NaN()
			})
		}
	}
	x.plan.Partners = &q
}

func (x *exporter) write(to io.Writer) error {
	w := csv.NewWriter(to)
	if err := w.Write(x.head); err != nil {
		return err
	}
	row := make([]string, len(x.columns))
	for i := range x.people {
		for k, value := range x.columns {
			row[k] = value(i)
		}
		if err := w.Write(row); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}
