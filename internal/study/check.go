package study

import (
	"fmt"
	"math"
	"regexp"
	"slices"

	"strengthen/internal/fault"
	"strengthen/internal/survey"
)

var name = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,39}$`)

// largest is the largest number that a plan may name: far beyond any scale, and far from where squares overflow.
const largest = 1e9

// checker collects what is wrong, by place in the plan.
type checker struct{ fault.List }

func (c *checker) must(ok bool, place, key string, vars ...fault.Vars) {
	if !ok {
		c.Add(fault.Field(place, key, vars...))
	}
}

// number reports a number that is not one, or outside of its range.
func (c *checker) number(x, low, high float64, place string) {
	c.must(!math.IsNaN(x) && x >= low && x <= high, place, "plan.number", fault.Vars{"low": low, "high": high})
}

func one[T comparable](c *checker, v T, place string, of ...T) {
	c.must(slices.Contains(of, v), place, "plan.choice", fault.Vars{"of": list(of)})
}

func list[T any](of []T) string {
	s := ""
	for i, v := range of {
		if i > 0 {
			s += ", "
		}
		s += fmt.Sprint(v)
	}
	return s
}

// Check reports everything in a plan that cannot be, by its place, such as outcomes[0].low.
func (p Plan) Check() error {
	var c checker
	one(&c, p.Kind, "kind", Change, Wedge, Network)
	c.must(name.MatchString(p.Study), "study", "plan.name")
	c.must(len([]rune(p.Title.BG))+len([]rune(p.Title.EN)) <= 400, "title", "plan.long")
	c.must(p.Period == Period{} || p.Period.From >= 1900 && p.Period.To <= 2200 && p.Period.From <= p.Period.To, "period", "plan.period")
	c.methods(p)
	c.size(p.Size)
	c.must(p.Kind == Change || p.Partners == nil, "partners", "plan.nopartners")
	switch p.Kind {
	case Change:
		c.waves(p)
		c.outcomes(p)
		c.comparison(p)
		c.partners(p)
	case Wedge:
		c.must(len(p.Outcomes) == 1, "outcomes", "plan.oneoutcome")
		c.outcomes(p)
		for place, column := range map[string]string{"data.group": p.Data.Group, "data.period": p.Data.Period, "data.exposure": p.Data.Exposure, "data.value": p.Data.Value} {
			c.must(column != "", place, "plan.needcolumn")
		}
	case Network:
		c.must(len(p.Outcomes) == 0, "outcomes", "plan.nooutcome")
		for place, column := range map[string]string{"data.wave": p.Data.Wave, "data.from": p.Data.From, "data.to": p.Data.To} {
			c.must(column != "", place, "plan.needcolumn")
		}
	}
	slices.SortStableFunc(c.List, func(a, b *fault.Error) int { return compare(a.Field, b.Field) })
	return c.Err()
}

func compare(a, b string) int {
	if a < b {
		return -1
	}
	if a > b {
		return 1
	}
	return 0
}

func (c *checker) waves(p Plan) {
	seen := map[survey.Wave]bool{}
	for i, w := range p.Waves {
		place := fmt.Sprintf("waves[%d]", i)
		one(c, w.Wave, place, survey.Waves()...)
		c.must(!seen[w.Wave], place, "plan.twice")
		seen[w.Wave] = true
	}
	c.must(len(seen) >= 2, "waves", "plan.twowaves")
	order := survey.Waves()
	from, to := slices.Index(order, p.Primary.From), slices.Index(order, p.Primary.To)
	c.must(seen[p.Primary.From] && seen[p.Primary.To] && p.Primary.From != survey.RetroPre && p.Primary.To != survey.RetroPre && from < to, "primary_contrast", "plan.contrast")
}

func (c *checker) outcomes(p Plan) {
	seen := map[string]bool{}
	for i, o := range p.Outcomes {
		at := fmt.Sprintf("outcomes[%d]", i)
		c.must(name.MatchString(o.ID), at+".id", "plan.name")
		c.must(!seen[o.ID], at+".id", "plan.twice")
		seen[o.ID] = true
		one(c, o.Role, at+".role", PrimaryRole, SecondaryRole)
		one(c, o.Scale, at+".scale", Score, Test, Item, Binary)
		c.number(o.Low, -largest, largest, at+".low")
		c.number(o.High, -largest, largest, at+".high")
		c.number(o.Smallest, 0, max(o.High-o.Low, largest*float64(b2i(!o.Bounded()))), at+".smallest")
		c.number(float64(o.Decimals), 0, 4, at+".decimals")
		c.must(o.High >= o.Low, at+".high", "plan.ends")
		switch o.Scale {
		case Binary:
			c.must(o.Low == 0 && o.High == 1, at+".low", "plan.binary")
		case Item:
			c.must(o.Bounded() && o.High-o.Low <= 20 && o.Low == math.Trunc(o.Low) && o.High == math.Trunc(o.High), at+".low", "plan.item")
		}
		c.columns(p, o, at)
	}
	c.must(slices.ContainsFunc(p.Outcomes, func(o Outcome) bool { return o.Role == PrimaryRole }), "outcomes", "plan.needprimary")
	c.must(len(p.Outcomes) <= 60, "outcomes", "plan.many", fault.Vars{"n": 60})
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (c *checker) columns(p Plan, o Outcome, at string) {
	items := -1
	for _, w := range survey.Waves() {
		for _, x := range []struct {
			place string
			there bool
		}{{at + ".columns." + string(w), o.Columns[w] != ""}, {at + ".items." + string(w), len(o.Items[w]) > 0}} {
			c.must(!x.there || p.Has(w), x.place, "plan.nowave")
		}
		if n := len(o.Items[w]); n > 0 {
			c.must(n <= 100, at+".items."+string(w), "plan.many", fault.Vars{"n": 100})
			if items >= 0 && n != items && o.Scale != Test {
				c.must(false, at+".items."+string(w), "plan.sameitems")
			}
			items = n
		}
	}
	for _, r := range o.Reverse {
		c.must(r >= 1 && r <= items && o.ItemTop > o.ItemLow, at+".reverse", "plan.reverse")
	}
	c.number(o.ItemLow, -largest, largest, at+".item_low")
	c.number(o.ItemTop, o.ItemLow, largest, at+".item_high")
}

func (c *checker) comparison(p Plan) {
	x := p.Comparison
	one(c, x.Design, "comparison.design", NoComparison, WaitList, Staggered)
	one(c, p.Estimand, "estimand", IsChange, IsEffect)
	c.must(p.Estimand != IsEffect || x.Design != NoComparison, "estimand", "plan.effect")
	switch x.Design {
	case WaitList:
		c.must((x.Column != "") != (len(x.Waiting) > 0), "comparison.column", "plan.waiting")
	case Staggered:
		c.must(len(x.Schedule) >= 2, "comparison.schedule", "plan.schedule")
		seen := map[string]bool{}
		for i, s := range x.Schedule {
			at := fmt.Sprintf("comparison.schedule[%d]", i)
			c.must(s.Group != "" && !seen[s.Group], at+".group", "plan.twice")
			seen[s.Group] = true
			for w, t := range s.Measured {
				c.must(p.Has(w), at+".measured."+string(w), "plan.nowave")
				c.must(t > -10_000 && t < 10_000, at+".measured."+string(w), "plan.periods")
			}
		}
	}
}

func (c *checker) methods(p Plan) {
	one(c, p.Methods.Headline, "methods.headline", CR2, Mixed, Cohort)
	c.number(float64(p.Methods.Replicates), 99, 99_999, "methods.replicates")
	one(c, p.Missing.Stance, "missing.stance", AtRandom, Complete, "")
	for _, by := range append(slices.Clone(p.Missing.Explain), p.Groups...) {
		one(c, by, "groups", Sector, Region, Experience)
	}
	one(c, p.Test, "subgroup_test", "", Sector, Region, Experience)
	for place, a := range map[string]Adjustment{"multiplicity.primary": p.Family.Primary, "multiplicity.secondary": p.Family.Secondary} {
		one(c, a, place, Holm, Hochberg, BH, BY, NoAdjust, "")
	}
}

func (c *checker) size(s Size) {
	if s == (Size{}) {
		return
	}
	c.number(float64(s.People), 2, 100_000, "size.people")
	c.number(float64(s.Groups), 0, float64(min(max(s.People, 0), 1000)), "size.groups")
	c.number(s.ICC, 0, 0.99, "size.icc")
	c.number(s.CV, 0, 5, "size.cv")
	c.number(s.Loss, 0, 0.95, "size.loss")
	c.number(s.Correlation, -0.99, 0.99, "size.correlation")
	c.number(s.Power, 0.1, 0.99, "size.power")
	c.must(s.Groups != 1, "size.groups", "plan.onegroup")
}

func (c *checker) partners(p Plan) {
	if p.Partners == nil {
		return
	}
	x := *p.Partners
	c.must(p.Has(x.From) && p.Has(x.To) && x.From != x.To, "partners.from", "plan.contrast")
	c.number(x.High, 1, 100, "partners.high")
	c.number(x.Tie, 0, x.High, "partners.tie")
	c.must(len(x.Of) >= 2 && len(x.Of) <= 30, "partners.of", "plan.partners")
	seen := map[string]bool{}
	for i, o := range x.Of {
		c.must(o.Sector != "" && !seen[o.Sector], fmt.Sprintf("partners.of[%d].sector", i), "plan.twice")
		seen[o.Sector] = true
	}
}
