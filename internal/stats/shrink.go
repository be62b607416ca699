package stats

import (
	"fmt"
	"math"
)

// Shrunken is a group drawn towards the mean of all groups by as much as its own figure is uncertain.
type Shrunken struct {
	Group    string
	N        int     // values; 0 where only estimates were given
	Own      float64 // the group's own estimate
	Factor   float64 // how far it was drawn: 0 not at all, 1 onto the mean
	Estimate float64
	SE       float64
	CI       Interval
}

// Shrinkage is a set of groups that are taken as draws from one population of groups.
type Shrinkage struct {
	Groups  []Shrunken
	Mean    float64 // of the population
	Between float64 // variance between groups beyond their uncertainty; 0 when there is none to see
}

// Shrink draws k estimates y_i with known variances V_i towards their mean by empirical Bayes. With A the variance between
// groups, W_i = 1/(V_i + A), m the mean weighted by W, and V̄ the mean of V weighted by W,
//
//	A solves sum W_i² (k/(k-1) (y_i - m)² - V_i - A) = 0, or is 0
//	B_i = (k-3)/(k-1) V_i/(V_i + A),  estimate_i = (1 - B_i) y_i + B_i m
//	se_i² = V_i (1 - (k-1)/k B_i) + 2/(k-3) B_i² (V̄ + A)/(V_i + A) (y_i - m)²
//
// The second part of the error stands for what is not known of A, so that groups are never drawn all the way. The intervals
// hold on average over the groups, not for a group picked because it stands out; a ranking of groups is mostly noise. It
// needs four groups and variances above zero. Source: Morris (1983), Journal of the American Statistical Association 78.
func Shrink(groups []string, estimates, variances []float64) (Shrinkage, error) {
	if err := bounded(estimates, variances); err != nil {
		return Shrinkage{}, err
	}
	mustMatch(len(groups), len(estimates), len(variances))
	var s Shrinkage
	var y, v []float64
	for i, e := range estimates {
		if math.IsNaN(e + variances[i]) {
			continue
		}
		if variances[i] < 1e-100 {
			return Shrinkage{}, fmt.Errorf("variance of a group: %w", ErrConstant)
		}
		s.Groups = append(s.Groups, Shrunken{Group: groups[i], Own: e})
		y, v = append(y, e), append(v, variances[i])
	}
	if err := need(len(y), 4, "groups"); err != nil {
		return Shrinkage{}, err
	}
	s.Between = betweenGroups(y, v)
	k := float64(len(y))
	w, total, vbar := make([]float64, len(y)), 0.0, 0.0
	for i := range y {
		w[i] = 1 / (v[i] + s.Between)
		total += w[i]
		vbar += w[i] * v[i]
	}
	s.Mean, vbar = dot(w, y)/total, vbar/total
	for i := range s.Groups {
		g := &s.Groups[i]
		g.Factor = (k - 3) / (k - 1) * v[i] * w[i]
		g.Estimate = (1-g.Factor)*y[i] + g.Factor*s.Mean
		off := y[i] - s.Mean
		g.SE = math.Sqrt(v[i]*(1-(k-1)/k*g.Factor) + 2/(k-3)*g.Factor*g.Factor*(vbar+s.Between)*w[i]*off*off)
		g.CI = around(g.Estimate, z975*g.SE)
	}
	return s, nil
}

// betweenGroups is A of Shrink.
func betweenGroups(y, v []float64) float64 {
	k := float64(len(y))
	excess := func(a float64) float64 {
		total, m, s := 0.0, 0.0, 0.0
		for i := range y {
			w := 1 / (v[i] + a)
			total += w
			m += w * y[i]
		}
		m /= total
		for i := range y {
			w := 1 / (v[i] + a)
			s += w * w * (k/(k-1)*(y[i]-m)*(y[i]-m) - v[i] - a)
		}
		return s
	}
	if excess(0) <= 0 {
		return 0
	}
	return root(excess, 0, k*variance(y)) // all there is between them is less than this
}

// ShrinkGroups is Shrink for the mean of value (usually the change) in each group, such as a region. The variance of a mean
// is the variance within groups, pooled over all, over the number of values. It takes persons within a group as
// independent; where a group holds several trainings, give Shrink the estimates and variances of MeanCR2 instead. It needs
// four groups and a value more than groups.
func ShrinkGroups(value []float64, of []string) (Shrinkage, error) {
	if err := bounded(value); err != nil {
		return Shrinkage{}, err
	}
	c := group(value, of)
	if err := need(c.count(), 4, "groups"); err != nil {
		return Shrinkage{}, err
	}
	if err := need(len(c.value), c.count()+1, "values"); err != nil {
		return Shrinkage{}, err
	}
	size, m := c.sizes(), c.sums(c.value)
	for g := range m {
		m[g] /= size[g]
	}
	within := 0.0
	for i, g := range c.of {
		within += (c.value[i] - m[g]) * (c.value[i] - m[g])
	}
	within /= float64(len(c.value) - c.count())
	if vanishes(within, c.scale) {
		return Shrinkage{}, fmt.Errorf("within groups: %w", ErrConstant)
	}
	v := make([]float64, len(m))
	for g := range v {
		v[g] = within / size[g]
	}
	s, err := Shrink(c.names, m, v)
	for i := range s.Groups {
		s.Groups[i].N = int(size[i])
	}
	return s, err
}
