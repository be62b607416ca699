package survey_test

import (
	"testing"

	"pgregory.net/rapid"

	"strengthen/internal/survey"
)

// TestSuppressionGivesNothingAway attacks tables of counts with a known total.
func TestSuppressionGivesNothingAway(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.SliceOfN(rapid.IntRange(0, 30), 1, 12).Draw(t, "counts")
		hide := survey.Suppress(n)
		hidden, sum, populated := 0, 0, 0
		for i, v := range n {
			if v > 0 {
				populated++
			}
			if v > 0 && v < 5 && !hide[i] {
				t.Fatalf("%v shows a cell of %d", n, v)
			}
			if hide[i] {
				hidden++
				sum += v
			}
		}
		if hidden == 1 && populated > 1 {
			t.Fatalf("%v hides one cell, which the total gives away", n)
		}
		if hidden > 0 && hidden < populated && sum < 5 {
			t.Fatalf("%v hides %d people in all, which the total gives away", n, sum)
		}
	})
}
