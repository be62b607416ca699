package survey_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"strengthen/internal/fault"
	"strengthen/internal/store"
	"strengthen/internal/survey"
	"strengthen/internal/testkit"
)

// rated is a study in which a rating was given so and so often, from the lowest option on.
func rated(counts ...int) survey.Data {
	var d survey.Data
	for option, n := range counts {
		for range n {
			d.Respondents = append(d.Respondents, survey.Respondent{Code: fmt.Sprint(len(d.Respondents)),
				Answers: map[survey.Wave]map[string]string{survey.Post: {"re11": fmt.Sprint(option + 1)}}})
		}
	}
	return d
}

func rating(d survey.Data) survey.Distribution { return d.Described()[0].Items[0] }

func TestRatings(t *testing.T) {
	x := rating(rated(0, 5, 10, 25, 60))
	if x.N != 100 || !x.Rated || x.Top != 0.85 || x.Shares[1].N != 5 || x.Hidden {
		t.Errorf("%+v", x)
	}
	if x := rating(rated(0, 1, 1, 1, 1)); !x.Hidden || x.N != 0 || x.Shares != nil {
		t.Errorf("four answers are told: %+v", x)
	}
}

// TestRatingsTellNothingOfFewPeople attacks distributions with everything that is shown: the total, the counts, and the share
// of the two highest.
func TestRatingsTellNothingOfFewPeople(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.SliceOfN(rapid.IntRange(0, 12), 5, 5).Draw(t, "counts")
		x := rating(rated(n...))
		if x.Hidden {
			return
		}
		for _, part := range [][]int{{0, 1, 2}, {3, 4}} {
			hidden, sum, populated := 0, 0, 0
			for _, i := range part {
				if n[i] > 0 {
					populated++
				}
				if x.Shares[i].Hidden {
					hidden++
					sum += n[i]
				} else if n[i] > 0 && n[i] < 5 {
					t.Fatalf("%v shows %d", n, n[i])
				}
			}
			// With the share of the two highest, each part has a known sum of its own.
			all := slices.ContainsFunc(x.Shares, func(s survey.Share) bool { return !s.Hidden && s.N > 0 })
			if x.Rated && hidden > 0 && all && sum < 5 {
				t.Fatalf("%v: %d people follow from what is shown: %+v", n, sum, x)
			}
		}
	})
}

func TestWhatPeopleWrote(t *testing.T) {
	var d survey.Data
	for i := range 5 {
		d.Respondents = append(d.Respondents, survey.Respondent{Code: fmt.Sprint(i), Answers: map[survey.Wave]map[string]string{
			survey.Post: {"re05": fmt.Sprint("текст ", i)}, survey.M6: {"pr07": map[bool]string{true: "друг", false: " "}[i < 4]}}})
	}
	all := d.Remarks()
	if len(all) != 2 || len(all[0].Texts) != 5 || all[0].Hidden || len(all[1].Texts) != 0 || !all[1].Hidden {
		t.Errorf("five texts and four: %+v", all)
	}
	orders := map[string]bool{}
	for range 50 {
		orders[fmt.Sprint(d.Remarks()[0].Texts)] = true
	}
	if len(orders) < 2 {
		t.Error("the texts always stand in the same order")
	}
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		w := newWorld(t, db, clock)
		if _, err := w.s.Remarks(t.Context(), manager); !fault.Is(err, fault.Denied) {
			t.Errorf("the manager reads free texts: %v", err)
		}
		if _, err := w.s.Remarks(t.Context(), evaluator); err != nil {
			t.Errorf("the evaluator does not: %v", err)
		}
	})
}
