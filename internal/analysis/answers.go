package analysis

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"strengthen/internal/fault"
	"strengthen/internal/study"
	"strengthen/internal/survey"
)

// FromAnswers reads the answers of a study that the program keeps.
func FromAnswers(d survey.Data) Source {
	return func(p study.Plan) (Data, error) {
		var out Data
		if p.Kind != study.Change {
			return out, fault.Field("kind", "plan.onlyfile")
		}
		var l fault.List
		for _, o := range p.Outcomes {
			if len(o.Columns)+len(o.Items) == 0 && !slices.ContainsFunc(d.Study.Outcomes, func(x survey.Outcome) bool { return x.ID == o.ID }) {
				l.Add(fault.Field(o.ID, "plan.nooutcomeof"))
			}
		}
		if p.Comparison.Column != "" {
			l.Add(fault.Field("comparison.column", "plan.nocolumn"))
		}
		if len(l) > 0 {
			return out, l.Err()
		}
		for _, r := range d.Respondents {
			out.People = append(out.People, fromRespondent(r, p))
		}
		slices.SortFunc(out.People, func(a, b Person) int { return strings.Compare(a.Code, b.Code) })
		if d.Study.ID == survey.OwnStudy {
			out.Described = d.Counted()
		}
		return out, nil
	}
}

func fromRespondent(r survey.Respondent, p study.Plan) Person {
	x := newPerson(p)
	x.Code, x.Group, x.Sector, x.Region, x.Experience = r.Code, r.Cohort, r.Sector, r.Region, r.Experience
	waits(&x, p)
	for k, w := range survey.Waves() {
		x.Standing[k] = r.Standing[w]
		answers := r.Answers[w]
		if len(answers) == 0 {
			continue
		}
		get := func(item string) float64 {
			v, err := strconv.ParseFloat(answers[item], 64)
			if err != nil {
				return math.NaN()
			}
			return v
		}
		for i, o := range p.Outcomes {
			if len(o.Items) > 0 {
				x.Scores[i][k], x.Items[i][k] = score(o, w, get)
				continue
			}
			if v, ok := survey.Score(o.ID, answers); ok {
				x.Scores[i][k] = v
			}
			x.Items[i][k] = survey.Items(o.ID, answers)
		}
		if p.Partners != nil {
			x.Partners[k] = partners(p, w, get)
		}
	}
	return x
}

// partners are how often a person worked with each; nothing when no question was answered.
func partners(p study.Plan, w survey.Wave, get cell) []float64 {
	var all []float64
	any := false
	for _, o := range p.Partners.Of {
		column := o.Columns[w]
		if column == "" {
			column = o.Item
		}
		v := get(column)
		any = any || !math.IsNaN(v)
		all = append(all, v)
	}
	if !any {
		return nil
	}
	return all
}

// waits says of a person of a wait-list study whether the group waited.
func waits(x *Person, p study.Plan) {
	if p.Comparison.Design == study.WaitList && len(p.Comparison.Waiting) > 0 {
		x.Trained = 1
		if slices.Contains(p.Comparison.Waiting, x.Group) {
			x.Trained = 0
		}
	}
}
