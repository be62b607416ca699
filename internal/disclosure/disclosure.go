// Package disclosure decides what a report must not tell, so that no figure points at few people: not by itself, not by way
// of the totals beside it, and not by way of what an earlier report told. It is the one place for this rule. It is pure, knows
// no subject, and works on numbers of people (or of children, or of cases); whoever hides a number hides everything that was
// computed from it, such as a mean or an interval.
//
// What is hidden is never labelled with its reason: a reader who knew which cells are small and which only protect another
// could work some of them out.
package disclosure

import "slices"

// Level is the smallest number of people that may be told.
type Level int

// The levels. Whatever is hidden Inside is hidden in Public too: give what Inside hides as also.
const (
	Inside Level = 5  // for people who sign in
	Public Level = 10 // for everybody
)

// Small reports whether a number of people is too small to be told. Nobody at all is not.
func (l Level) Small(n int) bool { return n > 0 && n < int(l) }

// Row says which cells of a row must be hidden when the total of the row is told: the small ones, those named in also, and
// then the smallest others until the hidden ones are at least two cells, together at least l people, and not all alike. Cells
// of the same number are hidden together, so that which of several was chosen tells nothing. Nobody is told as nobody, unless
// everybody else is hidden. A total that is small itself must not be told at all.
func (l Level) Row(n []int, also ...int) []bool {
	hide := make([]bool, len(n))
	for i, v := range n {
		hide[i] = v > 0 && (l.Small(v) || slices.Contains(also, i))
	}
	for l.weak(n, hide) && spread(n, hide) {
	}
	if slices.Contains(hide, true) && !slices.ContainsFunc(shown(n, hide), func(v int) bool { return v > 0 }) {
		for i := range hide {
			hide[i] = true
		}
	}
	return hide
}

// weak reports whether the hidden cells of a row can be worked out from their sum.
func (l Level) weak(n []int, hide []bool) bool {
	cells, people, low, high := 0, 0, 0, 0
	for i, v := range n {
		if !hide[i] || v == 0 {
			continue
		}
		if cells == 0 {
			low, high = v, v
		}
		cells, people, low, high = cells+1, people+v, min(low, v), max(high, v)
	}
	return cells > 0 && (cells < 2 || people < int(l) || low == high)
}

// spread hides the smallest cells that are still told; it reports whether there were any.
func spread(n []int, hide []bool) bool {
	least := 0
	for i, v := range n {
		if !hide[i] && v > 0 && (least == 0 || v < least) {
			least = v
		}
	}
	for i, v := range n {
		hide[i] = hide[i] || least > 0 && v == least
	}
	return least > 0
}

// shown are the numbers that are not hidden.
func shown(n []int, hide []bool) []int {
	var all []int
	for i, v := range n {
		if !hide[i] {
			all = append(all, v)
		}
	}
	return all
}

// Hidden stands in an earlier release for a cell that it did not tell.
const Hidden = -1

// Told is what an earlier release told of a row: a number for each cell, or Hidden, and the total.
type Told struct {
	N     []int
	Total int
}

// RowSince is Row for a row of which earlier releases told something. A cell, or a block of hidden cells, that moved by fewer
// than l people since one of them would tell what these few said; it is hidden with others until no difference is so small.
// It reports false where even the total moved by so few: then nothing of the row may be told anew.
func (l Level) RowSince(n []int, earlier []Told, also ...int) ([]bool, bool) {
	for _, e := range earlier {
		if l.Small(abs(sum(n, nil) - e.Total)) {
			return nil, false
		}
	}
	hide := l.Row(n, also...)
	for slices.Contains(hide, false) {
		bad := l.moved(n, hide, earlier)
		if len(bad) == 0 {
			break
		}
		grew := false
		for _, i := range bad {
			grew = grew || !hide[i]
			hide[i] = true
		}
		for (!grew || l.weak(n, hide)) && spread(n, hide) {
			grew = true
		}
		if !grew || !slices.ContainsFunc(shown(n, hide), func(v int) bool { return v > 0 }) {
			for i := range hide {
				hide[i] = true
			}
		}
	}
	return hide, true
}

// moved lists the cells that differ from an earlier release by few people, alone or as a block of hidden ones.
func (l Level) moved(n []int, hide []bool, earlier []Told) []int {
	var bad []int
	for _, e := range earlier {
		then := make([]bool, len(n))
		for i := range n {
			then[i] = e.N[i] == Hidden
			if !hide[i] && !then[i] && l.Small(abs(n[i]-e.N[i])) {
				bad = append(bad, i)
			}
		}
		for _, block := range blocks(hide, then) {
			if l.Small(abs(sum(n, block) - e.sum(block))) {
				for i, in := range block {
					if in {
						bad = append(bad, i)
					}
				}
			}
		}
	}
	return bad
}

// sum is what a release told of a block: the sum of its cells, or the total less those outside when it hid any of them.
func (t Told) sum(block []bool) int {
	within, rest, all := 0, t.Total, true
	for i, v := range t.N {
		switch {
		case !block[i]:
			rest -= v
		case v == Hidden:
			all = false
		default:
			within += v
		}
	}
	if all {
		return within
	}
	return rest
}

// blocks are the sets of cells whose sums are known at both times: what is hidden now and what was hidden then, joined where
// they overlap.
func blocks(now, then []bool) [][]bool {
	overlap, any1, any2 := false, false, false
	both := make([]bool, len(now))
	for i := range now {
		overlap = overlap || now[i] && then[i]
		any1, any2 = any1 || now[i], any2 || then[i]
		both[i] = now[i] || then[i]
	}
	switch {
	case overlap:
		return [][]bool{both}
	case any1 && any2:
		return [][]bool{now, then}
	case any1:
		return [][]bool{now}
	case any2:
		return [][]bool{then}
	}
	return nil
}

// sum adds the cells that are in a set, or all of them.
func sum(n []int, in []bool) int {
	total := 0
	for i, v := range n {
		if in == nil || in[i] {
			total += v
		}
	}
	return total
}

func abs(n int) int { return max(n, -n) }
