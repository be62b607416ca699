// Package analysis is the engine of the impact report: a plan and data in, results out. It decides from the plan and the design
// what is computed, asks package stats for it, and says of everything that cannot be computed why not. It is pure: the same
// plan and data give the same results, on a page, in a file and on the command line. It hides small cells (Protect) and chooses
// no words; those are the business of package impact.
package analysis

import (
	"encoding/json"
	"errors"
	"math"

	"strengthen/internal/stats"
)

// Number is a figure that may be undefined: NaN, written as null.
type Number float64

// None is a figure that is not defined.
func None() Number { return Number(math.NaN()) }

// OK reports whether the figure is defined and finite.
func (n Number) OK() bool { return !math.IsNaN(float64(n)) && !math.IsInf(float64(n), 0) }

// MarshalJSON writes null for what is not defined.
func (n Number) MarshalJSON() ([]byte, error) {
	if !n.OK() {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

// UnmarshalJSON reads null as not defined.
func (n *Number) UnmarshalJSON(b []byte) error {
	var v *float64
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	*n = None()
	if v != nil {
		*n = Number(*v)
	}
	return nil
}

// Why says why something cannot be estimated; the catalogue has the sentence under "why." and this.
type Why string

// The reasons.
const (
	Estimated   Why = ""
	FewPeople   Why = "few"       // fewer than two people with both measurements
	FewGroups   Why = "groups"    // fewer than four groups: an interval would say nothing
	OneGroup    Why = "onegroup"  // everybody is in one group
	NoSpread    Why = "constant"  // the values do not vary
	NoFit       Why = "nofit"     // the model has no finite fit, as when one answer separates the groups completely
	AllLost     Why = "lost"      // nobody was measured again
	NobodyLost  Why = "followed"  // nobody was lost, so there is nothing to weigh
	OneItem     Why = "oneitem"   // a scale of one question has no reliability that could be seen
	OutOfRange  Why = "range"     // a number that the method does not take
	Contradicts Why = "rows"      // rows that cannot be true together
	TooMany     Why = "many"      // more than can be enumerated
	NoneTrained Why = "untrained" // everybody, or nobody, was trained: there is no comparison
	Hidden      Why = "hidden"    // too few people to tell
)

// whyOf puts an error of the statistics into a reason.
func whyOf(err error) Why {
	switch {
	case err == nil:
		return Estimated
	case errors.Is(err, stats.ErrConstant):
		return NoSpread
	case errors.Is(err, stats.ErrNoFit):
		return NoFit
	case errors.Is(err, stats.ErrTooMany):
		return TooMany
	case errors.Is(err, stats.ErrRange):
		return OutOfRange
	case errors.Is(err, stats.ErrContradiction):
		return Contradicts
	}
	return FewPeople
}

// Estimate is a figure with its uncertainty, or the reason why there is none.
type Estimate struct {
	Value Number `json:"value"`
	SE    Number `json:"se"`
	DF    Number `json:"df"`
	Low   Number `json:"ci_low"` // 95 %
	High  Number `json:"ci_high"`
	P     Number `json:"p"`
	Why   Why    `json:"why,omitempty"`
}

// cannot is an estimate that there is not.
func cannot(w Why) Estimate { return Estimate{None(), None(), None(), None(), None(), None(), w} }

// only is an estimate of which nothing but the value can be said.
func only(value float64, w Why) Estimate {
	e := cannot(w)
	e.Value = Number(value)
	return e
}

// OK reports whether there is an interval.
func (e Estimate) OK() bool { return e.Low.OK() && e.High.OK() }

// Clear reports whether the interval leaves zero out.
func (e Estimate) Clear() bool { return e.OK() && (e.Low > 0 || e.High < 0) }

func ofMean(m stats.ClusteredMean) Estimate {
	return Estimate{Number(m.Mean), Number(m.SE), Number(m.DF), Number(m.CI.Low), Number(m.CI.High), Number(m.P), Estimated}.finite()
}

// finite gives a reason to an estimate whose error is not defined.
func (e Estimate) finite() Estimate {
	if e.Why == Estimated && (!e.SE.OK() || !e.Low.OK() || !e.High.OK()) {
		return only(float64(e.Value), NoSpread)
	}
	return e
}

// Span is an interval without a test.
type Span struct {
	Low  Number `json:"low"`
	High Number `json:"high"`
}

func span(i stats.Interval) Span { return Span{Number(i.Low), Number(i.High)} }

// OK reports whether both ends are defined.
func (s Span) OK() bool { return s.Low.OK() && s.High.OK() }

func mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

// sd is the standard deviation, dividing by n - 1.
func sd(x []float64) float64 {
	m, sum := mean(x), 0.0
	for _, v := range x {
		sum += (v - m) * (v - m)
	}
	return math.Sqrt(sum / float64(len(x)-1))
}
