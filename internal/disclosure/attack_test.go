package disclosure_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize/convex/lp"

	"strengthen/internal/disclosure"
)

const least = int(disclosure.Inside)

func small(n int) bool { return n > 0 && n < least }

// rows lists all rows of k cells whose total is at most most.
func rows(k, most int) [][]int {
	if k == 0 {
		return [][]int{nil}
	}
	var all [][]int
	for v := range most + 1 {
		for _, rest := range rows(k-1, most-v) {
			all = append(all, append([]int{v}, rest...))
		}
	}
	return all
}

func total(n []int) int {
	t := 0
	for _, v := range n {
		t += v
	}
	return t
}

// told is what a reader sees of a row: the cells that are told, and the total.
func told(n []int, hide []bool) string {
	seen := slices.Clone(n)
	for i, h := range hide {
		if h {
			seen[i] = -1
		}
	}
	return fmt.Sprint(seen, total(n))
}

// derive is the attacker who knows the rule: he lists every row that would have been told in the same way, and counts those
// small cells which are the same in all of them.
func derive(k, most int, rule func([]int) []bool) (tables, derived int) {
	same := map[string][][]int{}
	for _, n := range rows(k, most) {
		if small(total(n)) {
			continue // not told at all
		}
		key := told(n, rule(n))
		same[key] = append(same[key], n)
	}
	for _, group := range same {
		tables += len(group)
		for i := range k {
			v := group[0][i]
			if small(v) && !slices.ContainsFunc(group, func(n []int) bool { return n[i] != v }) {
				derived++
			}
		}
	}
	return tables, derived
}

// leaky are rules that people write first.
var leaky = map[string]func([]int) []bool{
	"nothing is hidden": func(n []int) []bool { return make([]bool, len(n)) },
	"only small ones are hidden": func(n []int) []bool {
		hide := make([]bool, len(n))
		for i, v := range n {
			hide[i] = small(v)
		}
		return hide
	},
	"the first of the next smallest is hidden too": func(n []int) []bool {
		hide, cells, people := make([]bool, len(n)), 0, 0
		for i, v := range n {
			if hide[i] = small(v); hide[i] {
				cells, people = cells+1, people+v
			}
		}
		for cells > 0 && (cells < 2 || people < least) {
			next := -1
			for i, v := range n {
				if !hide[i] && v > 0 && (next < 0 || v < n[next]) {
					next = i
				}
			}
			if next < 0 {
				break
			}
			hide[next] = true
			cells, people = cells+1, people+n[next]
		}
		return hide
	},
}

func TestNobodyWorksOutACellOfARow(t *testing.T) {
	for name, rule := range leaky {
		if _, derived := derive(3, 30, rule); derived == 0 {
			t.Errorf("%s: the attack finds nothing, so it proves nothing", name)
		} else {
			t.Logf("%s: %d cells derived", name, derived)
		}
	}
	for _, tc := range []struct{ cells, most int }{{2, 60}, {3, 40}, {4, 26}, {5, 18}, {6, 14}} {
		tables, derived := derive(tc.cells, tc.most, func(n []int) []bool { return disclosure.Inside.Row(n) })
		t.Logf("%d cells: %d rows told, %d cells derived", tc.cells, tables, derived)
		if derived > 0 {
			t.Errorf("%d cells of rows of %d were derived", derived, tc.cells)
		}
	}
}

// TestNobodyWorksOutWhoCameSince: two releases of a row are told. The attacker knows that people only come, lists all pairs of
// rows that agree with what was told, and looks for cells and blocks of cells that he then knows to have grown by few.
func TestNobodyWorksOutWhoCameSince(t *testing.T) {
	careless := func(now []int, _ []disclosure.Told) ([]bool, bool) { return disclosure.Inside.Row(now), true }
	careful := func(now []int, e []disclosure.Told) ([]bool, bool) { return disclosure.Inside.RowSince(now, e) }
	if _, derived := since(3, 12, careless); derived == 0 {
		t.Error("the attack on careless releases finds nothing, so it proves nothing")
	} else {
		t.Logf("careless releases: %d differences derived", derived)
	}
	for _, tc := range []struct{ cells, most int }{{2, 22}, {3, 16}, {4, 11}} {
		pairs, derived := since(tc.cells, tc.most, careful)
		t.Logf("%d cells: %d pairs of releases, %d differences derived", tc.cells, pairs, derived)
		if derived > 0 {
			t.Errorf("%d differences of few people were derived", derived)
		}
	}
}

type pair struct{ then, now []int }

func since(k, most int, rule func([]int, []disclosure.Told) ([]bool, bool)) (pairs, derived int) {
	var all []pair
	masks := map[string][2][]bool{}
	seen := map[string][]pair{} // the pairs that were told, by their masks
	for _, then := range rows(k, most) {
		hide := disclosure.Inside.Row(then)
		e := disclosure.Told{N: slices.Clone(then), Total: total(then)}
		for i, h := range hide {
			if h {
				e.N[i] = disclosure.Hidden
			}
		}
		for _, more := range rows(k, most-total(then)) {
			p := pair{then, slices.Clone(then)}
			for i := range p.now {
				p.now[i] += more[i]
			}
			all = append(all, p)
			if small(total(then)) {
				continue // the first release told nothing
			}
			if mask, ok := rule(p.now, []disclosure.Told{e}); ok {
				key := fmt.Sprint(hide, mask)
				masks[key] = [2][]bool{hide, mask}
				seen[key] = append(seen[key], p)
			}
		}
	}
	for key, mask := range masks {
		same := map[string][]pair{}
		for _, p := range all {
			view := told(p.then, mask[0]) + told(p.now, mask[1])
			same[view] = append(same[view], p)
		}
		for _, p := range seen[key] {
			pairs++
			group := same[told(p.then, mask[0])+told(p.now, mask[1])]
			for set := 1; set < 1<<k; set++ { // every block of cells
				d := grew(p, set)
				if small(d) && !slices.ContainsFunc(group, func(q pair) bool { return grew(q, set) != d }) {
					derived++
				}
			}
		}
	}
	return pairs, derived
}

func grew(p pair, set int) int {
	d := 0
	for i := range p.now {
		if set&(1<<i) != 0 {
			d += p.now[i] - p.then[i]
		}
	}
	return d
}

// TestNobodyWorksOutACellOfATable attacks tables with totals by linear programming: every cell that is told is an equation,
// every hidden one holds somebody, and a small cell is derived when its least value is its largest.
func TestNobodyWorksOutACellOfATable(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 1))
	attacked, careless, derived, hidden, cells := 0, 0, 0, 0, 0
	for range 600 {
		n := randomTable(rnd, 2+rnd.IntN(5), 2+rnd.IntN(5))
		full := withTotals(n)
		if small(full[len(n)][len(n[0])]) {
			continue
		}
		naive := make([][]bool, len(full))
		for i := range full {
			naive[i] = make([]bool, len(full[i]))
			for j := range full[i] {
				naive[i][j] = small(full[i][j])
			}
		}
		careless += derivedCells(t, full, naive)
		mask := disclosure.Inside.Grid(n)
		derived += derivedCells(t, full, mask)
		for i := range full {
			for j := range full[i] {
				cells++
				if mask[i][j] {
					hidden++
				}
				if small(full[i][j]) && !mask[i][j] {
					t.Fatalf("%v: cell %d, %d is told", n, i, j)
				}
			}
		}
		attacked++
	}
	t.Logf("%d tables: %d cells derived when only small ones are hidden, %d with the rule, which hides %d of %d", attacked, careless, derived, hidden, cells)
	if careless == 0 {
		t.Error("the attack finds nothing, so it proves nothing")
	}
	if derived > 0 {
		t.Errorf("%d cells were derived", derived)
	}
}

// TestFiguresByOblastAndMonth is the table of casework: 28 oblasts, twelve months, counts mostly small.
func TestFiguresByOblastAndMonth(t *testing.T) {
	rnd := rand.New(rand.NewPCG(28, 12))
	n := make([][]int, 28)
	for i := range n {
		n[i] = make([]int, 12)
		for j := range n[i] {
			n[i][j] = int(rnd.ExpFloat64() * float64(2+i))
		}
	}
	full, mask := withTotals(n), disclosure.Inside.Grid(n)
	if d := derivedCells(t, full, mask); d > 0 {
		t.Errorf("%d cells were derived", d)
	}
	if mask[28][12] {
		t.Error("the total of all is hidden without need")
	}
}

// TestNobodyWorksOutAMonthFromItsQuarter attacks tables that are told by small periods, by large ones and in all, at once: what
// one of them hides must not be the difference of what others tell.
func TestNobodyWorksOutAMonthFromItsQuarter(t *testing.T) {
	rnd := rand.New(rand.NewPCG(4, 3))
	attacked, apart, derived, hidden, cells := 0, 0, 0, 0, 0
	for range 250 {
		size, groups := 2+rnd.IntN(2), 2+rnd.IntN(3)
		n := randomTable(rnd, 2+rnd.IntN(4), size*groups)
		sums := make([][]int, len(n)) // of the groups
		for i, row := range n {
			sums[i] = make([]int, groups)
			for j, v := range row {
				sums[i][j/size] += v
			}
		}
		full, large := withTotals(n), withTotals(sums)
		if small(large[len(n)][groups]) {
			continue
		}
		told := func(fine, coarse [][]bool) int { // the total of a row is in both tables, and one number
			var all []int
			var hide []bool
			var lines [][]int
			width := size*groups + 1
			for i := range full {
				all, hide = append(append(all, full[i]...), large[i][:groups]...), append(append(hide, fine[i]...), coarse[i][:groups]...)
			}
			at := func(i, j int) int { return i*(width+groups) + j }
			for i := range full {
				var year []int
				for g := range groups {
					quarter := []int{}
					for j := range size {
						quarter = append(quarter, at(i, g*size+j))
					}
					lines, year = append(lines, append(quarter, at(i, width+g))), append(year, at(i, width+g))
				}
				lines = append(lines, append(year, at(i, width-1)))
			}
			lines = append(lines, linesOf(len(n), width+groups-1, at)[len(full):]...)
			return derivedOf(t, all, hide, lines)
		}
		fine, coarse := disclosure.Inside.Nested(n, size)
		derived += told(fine, coarse)
		for i := range full {
			for j, v := range append(slices.Clone(full[i]), large[i][:groups]...) {
				h := append(slices.Clone(fine[i]), coarse[i]...)[j]
				if cells++; h {
					hidden++
				}
				if small(v) && !h {
					t.Fatalf("%v: cell %d, %d is told", n, i, j)
				}
			}
		}
		one, other := disclosure.Inside.Grid(n), disclosure.Inside.Grid(sums)
		for i := range one {
			one[i][size*groups] = one[i][size*groups] && other[i][groups] // told by either
		}
		apart += told(one, other)
		attacked++
	}
	t.Logf("%d tables: %d cells derived when each is masked by itself, %d together, which hides %d of %d", attacked, apart, derived, hidden, cells)
	if apart == 0 {
		t.Error("the attack finds nothing, so it proves nothing")
	}
	if derived > 0 {
		t.Errorf("%d cells were derived", derived)
	}
}

func randomTable(rnd *rand.Rand, r, c int) [][]int {
	n := make([][]int, r)
	for i := range n {
		n[i] = make([]int, c)
		for j := range n[i] {
			switch rnd.IntN(4) {
			case 0:
				n[i][j] = rnd.IntN(3)
			case 1:
				n[i][j] = rnd.IntN(8)
			default:
				n[i][j] = rnd.IntN(30)
			}
		}
	}
	return n
}

func withTotals(n [][]int) [][]int {
	r, c := len(n), len(n[0])
	full := make([][]int, r+1)
	for i := range full {
		full[i] = make([]int, c+1)
	}
	for i := range n {
		for j, v := range n[i] {
			full[i][j] = v
			full[i][c] += v
			full[r][j] += v
			full[r][c] += v
		}
	}
	return full
}

// derivedCells counts the small cells of a table with its totals that linear programming pins down.
func derivedCells(t *testing.T, full [][]int, mask [][]bool) int {
	t.Helper()
	r, c := len(full)-1, len(full[0])-1
	return derivedOf(t, slices.Concat(full...), slices.Concat(mask...), linesOf(r, c, func(i, j int) int { return i*(c+1) + j }))
}

// linesOf lists the rows and columns of a table with totals; the cells but the last of each add up to the last.
func linesOf(r, c int, at func(i, j int) int) [][]int {
	var all [][]int
	for i := range r + 1 {
		var line []int
		for j := range c + 1 {
			line = append(line, at(i, j))
		}
		all = append(all, line)
	}
	for j := range c + 1 {
		var line []int
		for i := range r + 1 {
			line = append(line, at(i, j))
		}
		all = append(all, line)
	}
	return all
}

// derivedOf counts the small numbers among those hidden that linear programming pins down, when of each line all numbers but the
// last add up to the last.
func derivedOf(t *testing.T, n []int, hide []bool, lines [][]int) int {
	t.Helper()
	of := map[int]int{}
	for i, h := range hide {
		if h {
			of[i] = len(of)
		}
	}
	if len(of) == 0 {
		return 0
	}
	var rows [][]float64
	var right []float64
	for _, line := range lines {
		row, rest, any := make([]float64, len(of)), 0.0, false
		for k, i := range line {
			sign := 1.0
			if k == len(line)-1 {
				sign = -1
			}
			if p, ok := of[i]; ok {
				row[p], any = sign, true
				rest -= sign * base(n[i])
				continue
			}
			rest -= sign * float64(n[i])
		}
		if any {
			rows, right = append(rows, row), append(right, rest)
		}
	}
	rows, right = independent(rows, right)
	a := mat.NewDense(len(rows), len(of), nil)
	for i, row := range rows {
		a.SetRow(i, row)
	}
	derived := 0
	for i, p := range of {
		if small(n[i]) && pinned(t, a, right, p, float64(n[i])-base(n[i])) {
			derived++
		}
	}
	return derived
}

// base is what the attacker knows to be in a hidden cell at least: somebody, where there is somebody.
func base(n int) float64 { return float64(min(n, 1)) }

// pinned reports whether variable p has the value v in every solution.
func pinned(t *testing.T, a *mat.Dense, right []float64, p int, v float64) bool {
	t.Helper()
	_, vars := a.Dims()
	if rows, _ := a.Dims(); rows == vars {
		return true
	}
	for _, sign := range []float64{1, -1} {
		c := make([]float64, vars)
		c[p] = sign
		f, _, err := lp.Simplex(c, a, right, 1e-9, nil)
		if err == lp.ErrUnbounded {
			return false
		}
		if err != nil {
			t.Fatalf("simplex: %v", err)
		}
		if d := sign*f - v; d > 1e-6 || d < -1e-6 {
			return false
		}
	}
	return true
}

// independent drops equations that follow from others.
func independent(rows [][]float64, right []float64) ([][]float64, []float64) {
	var keep [][]float64
	var out []float64
	var basis [][]float64
	for i, row := range rows {
		x := slices.Clone(row)
		for _, b := range basis {
			lead := slices.IndexFunc(b, func(v float64) bool { return v != 0 })
			if f := x[lead] / b[lead]; f != 0 {
				for k := range x {
					x[k] -= f * b[k]
				}
			}
		}
		zero := true
		for k, v := range x {
			if v < 1e-9 && v > -1e-9 {
				x[k] = 0
			} else {
				zero = false
			}
		}
		if !zero {
			basis, keep, out = append(basis, x), append(keep, row), append(out, right[i])
		}
	}
	return keep, out
}
