package link

import (
	"math"
	"slices"
	"testing"
)

// The weight of a pair, worked out by hand from the table: log2(.9/.25) + log2(.98/.5) + log2(.85/.03) + log2(.7/.05).
func TestWeightIsTheSumOfLogarithms(t *testing.T) {
	got := Weight(Comparison{"band": "same", "sex": "same", "place": "same", "days": "week", "born": ""})
	if want := 11.4505; math.Abs(got-want) > .0005 {
		t.Errorf("weight %.4f, want %.4f", got, want)
	}
}

// What was seen with either kind of pair is sure to be seen: the levels of a field exhaust it.
func TestTheLevelsOfAFieldExhaustIt(t *testing.T) {
	for field, levels := range weights {
		if !slices.Contains(fields(), field) {
			t.Errorf("%s is not among the fields", field)
		}
		if len(levels) < 2 {
			t.Errorf("%s has one level only", field)
		}
	}
	for _, sums := range []func(m, u float64) float64{func(m, _ float64) float64 { return m }, func(_, u float64) float64 { return u }} {
		total := map[string]float64{}
		for _, r := range rows(table) {
			total[r.field] += sums(r.m, r.u)
		}
		for field, n := range total {
			if math.Abs(n-1) > 1e-9 {
				t.Errorf("the levels of %s add up to %v", field, n)
			}
		}
	}
}

func TestBetterAgreementNeverWeighsLess(t *testing.T) {
	for field, order := range map[string][]Level{
		"egn": {"same", "other"}, "born": {"same", "close", "other"}, "given": {"same", "alike", "other"}, "family": {"same", "alike", "other"}, "band": {"same", "next", "other"},
		"sex": {"same", "other"}, "place": {"same", "region", "other"}, "setting": {"same", "other"}, "kinds": {"same", "other"}, "days": {"week", "month", "longer"},
	} {
		for i := 1; i < len(order); i++ {
			if Weight(Comparison{field: order[i]}) >= Weight(Comparison{field: order[i-1]}) {
				t.Errorf("%s: %s weighs no less than %s", field, order[i], order[i-1])
			}
		}
	}
}

func TestAgreeingNamesWhatSpeaksForOneChild(t *testing.T) {
	got := Agreeing(Comparison{"days": "week", "sex": "other", "place": "same", "band": "next", "egn": ""})
	if !slices.Equal(got, []string{"place", "days"}) {
		t.Errorf("%v", got)
	}
}
