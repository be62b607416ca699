package analysis

import (
	"errors"
	"math"
	"slices"

	"strengthen/internal/stats"
	"strengthen/internal/study"
)

// fewestLost is how many must be lost before anything is said of them: of fewer, it would describe each.
const fewestLost = 5

func noMissing(w Why) Missing {
	return Missing{Why: w, Difference: None(), Kish: None(), Weighted: cannot(w), Truncated: None(), NoChange: None(), Bounds: Span{None(), None()}, Tipping: None()}
}

// missing says what those who were lost may do to a change.
func (e *engine) missing(o study.Outcome, x pairs, r Change) Missing {
	switch {
	case r.Lost == 0:
		return noMissing(NobodyLost)
	case r.Lost < fewestLost:
		return noMissing(Hidden)
	}
	m := noMissing(Estimated)
	m.NoChange = Number(float64(r.MeanTo-r.MeanFrom) * float64(r.N) / float64(r.N+r.Lost))
	a, by, err := e.attrition(o, x, r)
	if err != nil {
		m.Why = whyOf(err)
		m.Weighted = cannot(m.Why)
		return m
	}
	m.Difference = Number(a.BaselineDifference)
	if e.plan.Missing.Bounds && o.Bounded() {
		m.Bounds = span(a.Bounds)
	}
	if e.plan.Missing.Stance == study.Complete {
		return m
	}
	m.By, m.Kish, m.Truncated = by, Number(a.KishN), Number(a.WeightedChangeTruncated)
	if m.Weighted = only(a.WeightedChange, FewGroups); a.Weighted != nil && r.Groups >= fewestGroups {
		m.Weighted = ofMean(*a.Weighted)
		if r.CR2.OK() && r.CR2.Low > 0 {
			m.Tipping = Number(a.TippingDelta)
		} else if r.CR2.OK() && r.CR2.High < 0 {
			m.Tipping = Number(-float64(r.CR2.High) / a.Lost)
		}
	}
	return m
}

// attrition fits who answers again by the first score and what the plan names. Where these separate the lost from the others, it
// makes do with the first score alone.
func (e *engine) attrition(o study.Outcome, x pairs, r Change) (stats.Attrition, []string, error) {
	scale := stats.Interval{Low: math.NaN(), High: math.NaN()}
	if o.Bounded() {
		scale = stats.Interval{Low: o.Low, High: o.High}
	}
	d := stats.AttritionData{Pre: x.from, Post: x.to, Cluster: x.group, Scale: scale}
	if r.Groups < 2 {
		d.Cluster = nil
	}
	by := []string{"score"}
	first := make([][]float64, len(x.from))
	for i, v := range x.from {
		first[i] = []float64{v}
	}
	if e.plan.Missing.Stance != study.Complete && len(e.plan.Missing.Explain) > 0 {
		d.Covariates = e.covariates(x)
		a, err := stats.CompareAttrition(d)
		if err == nil {
			for _, b := range e.plan.Missing.Explain {
				by = append(by, string(b))
			}
			return a, by, nil
		}
	}
	d.Covariates = first
	a, err := stats.CompareAttrition(d)
	if errors.Is(err, stats.ErrConstant) && d.Cluster != nil { // changes that do not vary have no interval, and weights all the same
		d.Cluster = nil
		a, err = stats.CompareAttrition(d)
	}
	return a, by, err
}

// rare is how many people a value needs to have a column of its own.
const rare = 20

// covariates are the first score and a column for each value of what the plan names but the most frequent; rare values stand
// together.
func (e *engine) covariates(x pairs) [][]float64 {
	rows := make([][]float64, len(x.people))
	for i, v := range x.from {
		rows[i] = []float64{v}
	}
	for _, b := range e.plan.Missing.Explain {
		n := map[string]int{}
		for _, p := range x.people {
			n[p.by(b)]++
		}
		var values []string
		others := 0
		for v, k := range n {
			if k >= rare {
				values = append(values, v)
			} else {
				others += k
			}
		}
		slices.SortFunc(values, func(a, c string) int {
			if n[a] != n[c] {
				return n[c] - n[a]
			}
			return compare(a, c)
		})
		for i, p := range x.people {
			v := p.by(b)
			for k, name := range values {
				if k > 0 || others >= rare { // the most frequent is what the others are compared with, unless the rest is
					rows[i] = append(rows[i], one(v == name))
				}
			}
		}
	}
	return rows
}

func one(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
