package disclosure

import "math"

// Grid says what must be hidden of a table of two directions with its totals, such as figures by oblast and month: Hide has
// one row and one column more than the numbers, for the totals; its last cell is the total of all.
//
//	hide := disclosure.Inside.Grid(counts)
//	hide[i][j]         // a cell
//	hide[i][columns]   // the total of row i
//	hide[rows][j]      // the total of column j
//	hide[rows][columns]
//
// Small cells and small totals are hidden, those named in also (by row and column, totals included), and then others, as few
// people as possible, until nobody who knows all that is told, and that nobody is told as nobody, can work one of the hidden
// cells out. The proof is made for every hidden cell: its least and its largest possible value are flows in a network of rows
// and columns, and must differ.
func (l Level) Grid(n [][]int, also ...[2]int) [][]bool {
	g := newGrid(n)
	for i := range g.n {
		for j, v := range g.n[i] {
			g.hide[i][j] = l.Small(v)
		}
	}
	for _, c := range also {
		g.hide[c[0]][c[1]] = true
	}
	for {
		c, ok := g.exposed(l)
		if !ok || !g.protect(c) {
			return g.hide
		}
	}
}

// grid is a table with its totals in the last row and column.
type grid struct {
	n          [][]int
	hide       [][]bool
	rows, cols int // with the totals
}

func newGrid(n [][]int) grid {
	g := grid{rows: len(n) + 1}
	if len(n) > 0 {
		g.cols = len(n[0])
	}
	g.cols++
	for range g.rows {
		g.n, g.hide = append(g.n, make([]int, g.cols)), append(g.hide, make([]bool, g.cols))
	}
	for i := range n {
		for j, v := range n[i] {
			g.n[i][j] = v
			g.n[i][g.cols-1] += v
			g.n[g.rows-1][j] += v
			g.n[g.rows-1][g.cols-1] += v
		}
	}
	return g
}

// exposed finds a hidden cell that can be worked out, or one in a line whose hidden cells are too few people together.
func (g grid) exposed(l Level) ([2]int, bool) {
	for i := range g.n {
		for j := range g.n[i] {
			if !g.hide[i][j] {
				continue
			}
			if low, high := g.bounds(i, j); low == high || g.few(i, j, l) {
				return [2]int{i, j}, true
			}
		}
	}
	return [2]int{}, false
}

// few reports whether the hidden cells of the row or the column of a cell, whose total is told, are fewer than l people.
func (g grid) few(i, j int, l Level) bool {
	row, col := 0, 0
	for k := range g.cols - 1 {
		if g.hide[i][k] {
			row += g.n[i][k]
		}
	}
	for k := range g.rows - 1 {
		if g.hide[k][j] {
			col += g.n[k][j]
		}
	}
	return j < g.cols-1 && !g.hide[i][g.cols-1] && l.Small(row) || i < g.rows-1 && !g.hide[g.rows-1][j] && l.Small(col)
}

// protect hides what makes a cell uncertain: the three other corners of a rectangle, so that something can be moved around it;
// the rectangle in which the fewest people are hidden anew. Without one it hides the cell's whole row and column. It reports
// false when nothing was left to hide.
func (g grid) protect(c [2]int) bool {
	best, bi, bj := math.MaxInt, -1, -1
	for i := range g.rows {
		for j := range g.cols {
			if i == c[0] || j == c[1] {
				continue
			}
			cost, grows := 0, false
			for _, x := range [][2]int{{i, j}, {c[0], j}, {i, c[1]}} {
				if !g.hide[x[0]][x[1]] {
					cost, grows = cost+g.cost(x[0], x[1]), true
				}
			}
			if grows && cost < best {
				best, bi, bj = cost, i, j
			}
		}
	}
	if bi >= 0 {
		g.hide[bi][bj], g.hide[c[0]][bj], g.hide[bi][c[1]] = true, true, true
		return true
	}
	grew := false
	for i := range g.rows {
		grew = grew || !g.hide[i][c[1]]
		g.hide[i][c[1]] = true
	}
	for j := range g.cols {
		grew = grew || !g.hide[c[0]][j]
		g.hide[c[0]][j] = true
	}
	return grew
}

// cost is how much is lost by hiding a cell: people, totals last; a cell of nobody protects badly and costs more.
func (g grid) cost(i, j int) int {
	switch {
	case i == g.rows-1 || j == g.cols-1:
		return 1_000_000 + g.n[i][j]
	case g.n[i][j] == 0:
		return 10_000
	}
	return 10 + g.n[i][j]
}

// bounds are the least and the largest value that a hidden cell can have, given everything that is told, and that hidden
// cells hold somebody where they do.
//
// Every cell stands in one row and one column, whose cells add up to their total; a total counts against its line, so that
// every line adds up to nothing. To raise a cell, others of its row and column must give way, and so on around: the most by
// which it can rise is the largest flow from its column back to its row over the other hidden cells.
func (g grid) bounds(i, j int) (low, high int) {
	up, down := g.flow(i, j, false), g.flow(i, j, true)
	if g.negative(i, j) {
		up, down = down, up
	}
	v := g.n[i][j]
	return max(v-down, 0), v + min(up, unlimited-v)
}

const unlimited = 1 << 40

// negative cells count against their lines: the totals of rows and of columns. The total of all counts with the sums again.
func (g grid) negative(i, j int) bool { return (i == g.rows-1) != (j == g.cols-1) }

// room is by how much a hidden cell can rise or fall, in the direction that it counts.
func (g grid) room(i, j int, rise bool) int {
	if rise != g.negative(i, j) {
		return unlimited
	}
	return g.n[i][j] - min(g.n[i][j], 1) // somebody is there, and the reader may know it
}

// flow is the largest flow between the row and the column of a cell over the other hidden cells, up to unlimited. A cell is
// an arc from its row to its column by which it can rise, and one back by which it can fall.
func (g grid) flow(i, j int, fall bool) int {
	nodes := g.rows + g.cols
	capacity := make([][]int, nodes)
	for a := range capacity {
		capacity[a] = make([]int, nodes)
	}
	for a := range g.rows {
		for b := range g.cols {
			if g.hide[a][b] && (a != i || b != j) {
				capacity[a][g.rows+b], capacity[g.rows+b][a] = g.room(a, b, true), g.room(a, b, false)
			}
		}
	}
	from, to, own := g.rows+j, i, g.room(i, j, true)
	if fall {
		from, to, own = i, g.rows+j, g.room(i, j, false)
	}
	total := 0
	for total < own {
		path, most := widest(capacity, from, to)
		if most == 0 {
			break
		}
		most = min(most, own-total)
		for k := 1; k < len(path); k++ {
			capacity[path[k-1]][path[k]] -= most
			capacity[path[k]][path[k-1]] += most
		}
		total += most
	}
	return min(total, own, unlimited)
}

// widest finds a shortest path with room, and how much goes along it.
func widest(capacity [][]int, from, to int) ([]int, int) {
	before := make([]int, len(capacity))
	for a := range before {
		before[a] = -1
	}
	before[from] = from
	for queue := []int{from}; len(queue) > 0 && before[to] < 0; queue = queue[1:] {
		for b, room := range capacity[queue[0]] {
			if room > 0 && before[b] < 0 {
				before[b] = queue[0]
				queue = append(queue, b)
			}
		}
	}
	if before[to] < 0 {
		return nil, 0
	}
	path, most := []int{to}, unlimited
	for a := to; a != from; a = before[a] {
		most = min(most, capacity[before[a]][a])
		path = append([]int{before[a]}, path...)
	}
	return path, most
}
