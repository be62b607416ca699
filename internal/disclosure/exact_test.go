package disclosure_test

import (
	"slices"
	"testing"

	"strengthen/internal/disclosure"
)

// What must be hidden is, and nothing more: a report that hides too much is none.
func TestNoMoreIsHiddenThanMust(t *testing.T) {
	for n, small := range map[int][2]bool{0: {}, 1: {true, true}, 4: {true, true}, 5: {false, true}, 9: {false, true}, 10: {}} {
		if got := [2]bool{disclosure.Inside.Small(n), disclosure.Public.Small(n)}; got != small {
			t.Errorf("%d is small: %v, want %v", n, got, small)
		}
	}
	for name, tc := range map[string]struct {
		n    []int
		also []int
		hide []bool
	}{
		"nobody is few":                         {[]int{5, 6, 7}, nil, []bool{false, false, false}},
		"two that are few hide each other":      {[]int{3, 4, 20, 30}, nil, []bool{true, true, false, false}},
		"five together are enough":              {[]int{1, 4, 20, 30}, nil, []bool{true, true, false, false}},
		"three together are not":                {[]int{1, 2, 20, 30}, nil, []bool{true, true, true, false}},
		"alike, their sum tells each":           {[]int{4, 4, 20, 30}, nil, []bool{true, true, true, false}},
		"one alone takes the next":              {[]int{1, 20, 30, 40}, nil, []bool{true, true, false, false}},
		"the next are two of the same":          {[]int{1, 20, 20, 40}, nil, []bool{true, true, true, false}},
		"nobody is told as nobody":              {[]int{0, 3, 20, 30}, nil, []bool{false, true, true, false}},
		"unless everybody else is hidden":       {[]int{0, 3, 20}, nil, []bool{true, true, true}},
		"what another asks for, and its shield": {[]int{30, 20, 40}, []int{0}, []bool{true, true, false}},
	} {
		if got := disclosure.Inside.Row(tc.n, tc.also...); !slices.Equal(got, tc.hide) {
			t.Errorf("%s: of %v hidden %v, want %v", name, tc.n, got, tc.hide)
		}
	}
	for name, tc := range map[string]struct {
		n, before []int
		hide      []bool
		ok        bool
	}{
		"nothing moved":                         {[]int{10, 20, 30}, []int{10, 20, 30}, []bool{false, false, false}, true},
		"five came":                             {[]int{10, 20, 30}, []int{10, 20, 25}, []bool{false, false, false}, true},
		"four came: the total tells":            {[]int{10, 20, 30}, []int{10, 20, 26}, nil, false},
		"three came here, six there":            {[]int{13, 26, 30, 40}, []int{10, 20, 30, 33}, []bool{true, true, false, false}, true},
		"three here, and nobody near them came": {[]int{13, 20, 30}, []int{10, 20, 23}, []bool{true, true, true}, true},
	} {
		total := 0
		for _, v := range tc.before {
			total += v
		}
		got, ok := disclosure.Inside.RowSince(tc.n, []disclosure.Told{{N: tc.before, Total: total}})
		if ok != tc.ok || !slices.Equal(got, tc.hide) {
			t.Errorf("%s: hidden %v (%v), want %v", name, got, ok, tc.hide)
		}
	}
	n := [][]int{{50, 20, 60}, {30, 3, 70}, {80, 90, 40}}
	for i, row := range disclosure.Inside.Grid(n) { // the cheapest rectangle around the three
		for j, hidden := range row {
			if want := i < 2 && j < 2; hidden != want {
				t.Errorf("cell %d, %d hidden: %v", i, j, hidden)
			}
		}
	}
	for _, row := range disclosure.Inside.Grid([][]int{{5, 6}, {7, 8}}) {
		if slices.Contains(row, true) {
			t.Error("something is hidden of a table in which nobody is few")
		}
	}
}
