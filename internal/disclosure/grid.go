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
	for grew := true; grew; {
		grew = false
		for i := range g.n {
			for j := range g.n[i] {
				for g.hide[i][j] && g.exposed(i, j, l) && g.protect([2]int{i, j}) {
					grew = true
				}
			}
		}
	}
	return g.hide
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

// exposed reports whether a hidden cell can be worked out, or stands in a line whose hidden cells are too few people together.
func (g grid) exposed(i, j int, l Level) bool { return g.few(i, j, l) || !g.moves(i, j) }

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

// moves reports whether a hidden cell can have another value than its own, given everything that is told, and that hidden
// cells hold somebody where they do.
//
// Every cell stands in one row and one column, whose cells add up to their total; a total counts against its line, so that
// every line adds up to nothing. To raise a cell, others of its row and column must give way, and so on around: it can rise by
// as much as flows from its column back to its row over the other hidden cells, and it is enough that anything flows.
func (g grid) moves(i, j int) bool {
	column := g.rows + j
	return g.room(i, j, true) > 0 && g.reaches(column, i, i, j) || g.room(i, j, false) > 0 && g.reaches(i, column, i, j)
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

// reaches reports whether something can flow from one line to another over the hidden cells other than one. Lines are the rows,
// and after them the columns; a hidden cell leads from its row to its column where it can rise, and back where it can fall.
func (g grid) reaches(from, to, exceptRow, exceptCol int) bool {
	seen := make([]bool, g.rows+g.cols)
	seen[from] = true
	for queue := []int{from}; len(queue) > 0 && !seen[to]; queue = queue[1:] {
		at := queue[0]
		visit := func(row, col, next int, rise bool) {
			if !seen[next] && g.hide[row][col] && (row != exceptRow || col != exceptCol) && g.room(row, col, rise) > 0 {
				seen[next] = true
				queue = append(queue, next)
			}
		}
		if at < g.rows {
			for col := range g.cols {
				visit(at, col, g.rows+col, true)
			}
			continue
		}
		for row := range g.rows {
			visit(row, at-g.rows, row, false)
		}
	}
	return seen[to]
}
