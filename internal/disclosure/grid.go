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
	cols := 0
	if len(n) > 0 {
		cols = len(n[0])
	}
	g := newGrid(n, max(cols, 1))
	for _, c := range also {
		g.cells[g.at[c[0]][c[1]]].hide = true
	}
	g.protect(l)
	return g.mask(0, cols+1)
}

// Nested is Grid for a table whose columns are told a second time in groups of size, such as months and quarters, beside the
// total of all: one mask for all of them, so that what one of them hides, the others do not tell by a difference. The number of
// columns is a multiple of size. Groups have one row more than the numbers too.
//
//	cells, groups := disclosure.Inside.Nested(counts, 3)
//	cells[i][columns]  // the total of row i, as in Grid
//	groups[i][k]       // of row i, the columns from k*size on
func (l Level) Nested(n [][]int, size int) (cells, groups [][]bool) {
	cols := 0
	if len(n) > 0 {
		cols = len(n[0])
	}
	g := newGrid(n, size)
	g.protect(l)
	return g.mask(0, cols+1), g.mask(cols+1, cols+1+cols/size)
}

// grid is a table with its totals as a network. Every number stands in exactly two sums when those that follow from others are
// left out, in one of them with plus and in the other with minus: it leads from one node to the other. Nodes are the groups of
// each row, the row itself, each column, and the sum of the rows.
type grid struct {
	cells []cell
	at    [][]int // by row and column; after the columns the total of the row, and after that its groups
	lines []line
	edges [][]int // the cells at each node
}

type cell struct {
	n        int
	hide     bool
	cost     int // of hiding it: people; the more it sums up the later; a cell of nobody protects badly
	from, to int // nodes
	in       []int
}

// line is parts and their sum.
type line struct {
	parts []int
	total int
}

const (
	costOfEmpty = 10_000
	costOfGroup = 100_000
	costOfTotal = 1_000_000
)

func newGrid(n [][]int, size int) *grid {
	rows, cols := len(n), 0
	if rows > 0 {
		cols = len(n[0])
	}
	groups := cols / size
	if groups <= 1 {
		groups = 0 // the one group is the row itself
	}
	g := &grid{}
	row := func(i, k int) int { return 1 + cols + i*(groups+1) + k } // node 0 is the sum of the rows
	for i := range rows + 1 {
		g.at = append(g.at, make([]int, cols+1+groups))
		inner := func(j int) int { return row(i, min(j/size, max(groups-1, 0))) }
		for j := range cols {
			g.put(i, j, rows, inner(j), 1+j, 0)
		}
		g.put(i, cols, rows, 0, row(i, groups), costOfTotal)
		for k := range groups {
			g.put(i, cols+1+k, rows, row(i, groups), row(i, k), costOfGroup)
		}
	}
	for i := range n {
		for j, v := range n[i] {
			for _, r := range []int{i, rows} {
				g.cells[g.at[r][j]].n += v
				g.cells[g.at[r][cols]].n += v
				if groups > 0 {
					g.cells[g.at[r][cols+1+j/size]].n += v
				}
			}
		}
	}
	g.sums(rows, cols, groups, size)
	g.edges = make([][]int, 1+cols+(rows+1)*(groups+1))
	for i := range g.cells {
		c := &g.cells[i]
		c.cost += 10 + c.n
		if c.n == 0 {
			c.cost += costOfEmpty
		}
		g.edges[c.from], g.edges[c.to] = append(g.edges[c.from], i), append(g.edges[c.to], i)
	}
	return g
}

// put adds a cell. The sums over all rows stand on the other side of their columns, and lead the other way.
func (g *grid) put(i, j, rows, from, to, cost int) {
	if i == rows {
		from, to, cost = to, from, max(cost, costOfTotal)
	}
	g.at[i][j] = len(g.cells)
	g.cells = append(g.cells, cell{from: from, to: to, cost: cost})
}

// sums lists what adds up to what.
func (g *grid) sums(rows, cols, groups, size int) {
	add := func(parts []int, total int) {
		for _, p := range parts {
			g.cells[p].in = append(g.cells[p].in, len(g.lines))
		}
		g.lines = append(g.lines, line{parts, total})
	}
	for _, row := range g.at {
		for k := range groups {
			add(row[k*size:(k+1)*size], row[cols+1+k])
		}
		if groups > 0 {
			add(row[cols+1:], row[cols])
		} else {
			add(row[:cols], row[cols])
		}
	}
	for j := range g.at[0] {
		var column []int
		for i := range rows {
			column = append(column, g.at[i][j])
		}
		add(column, g.at[rows][j])
	}
}

func (g *grid) mask(from, until int) [][]bool {
	hide := make([][]bool, len(g.at))
	for i, row := range g.at {
		for _, c := range row[from:min(until, len(row))] {
			hide[i] = append(hide[i], g.cells[c].hide)
		}
	}
	return hide
}

// protect hides the small cells, and then others until none that is hidden can be worked out.
func (g *grid) protect(l Level) {
	for i, c := range g.cells {
		g.cells[i].hide = c.hide || l.Small(c.n)
	}
	for grew := true; grew; {
		grew = false
		for c := range g.cells {
			for g.cells[c].hide && (g.crowd(c, l) || g.free(c)) {
				grew = true
			}
		}
	}
}

// crowd hides another cell of a line whose sum is told while those hidden in it are fewer than l people together. It reports
// whether it had to.
func (g *grid) crowd(c int, l Level) bool {
	for _, i := range g.cells[c].in {
		line, people, next := g.lines[i], 0, g.lines[i].total
		for _, p := range line.parts {
			switch x := g.cells[p]; {
			case x.hide:
				people += x.n
			case x.n > 0 && (next == line.total || x.cost < g.cells[next].cost):
				next = p
			}
		}
		if l.Small(people) && !g.cells[line.total].hide {
			g.cells[next].hide = true
			return true
		}
	}
	return false
}

// free hides what lets a hidden cell have another value than its own, given everything that is told, and that hidden cells hold
// somebody where they do. It reports whether it had to hide anything, and could.
//
// To raise a cell, others must give way around a circle of the network: it can rise by as much as flows from its one node back
// to the other over the other hidden cells, and it is enough that anything flows. Where nothing does, the circle in which the
// fewest people are hidden anew is hidden; where there is none, all lines of the cell.
func (g *grid) free(c int) bool {
	x := g.cells[c]
	if _, ok := g.path(x.to, x.from, c, true); ok {
		return false
	}
	rise, ok := g.path(x.to, x.from, c, false)
	if x.falls() {
		if _, ok := g.path(x.from, x.to, c, true); ok {
			return false
		}
		if fall, can := g.path(x.from, x.to, c, false); can && (!ok || g.price(fall) < g.price(rise)) {
			rise, ok = fall, true
		}
	}
	if !ok {
		for _, i := range x.in {
			rise = append(append(rise, g.lines[i].parts...), g.lines[i].total)
		}
	}
	grew := false
	for _, i := range rise {
		grew = grew || !g.cells[i].hide
		g.cells[i].hide = true
	}
	return grew
}

func (g *grid) price(cells []int) int {
	sum := 0
	for _, i := range cells {
		sum += g.cells[i].price()
	}
	return sum
}

// price is what is lost by hiding a cell anew.
func (c cell) price() int {
	if c.hide {
		return 0
	}
	return c.cost
}

// falls reports whether a hidden cell could hold less: somebody is there, and the reader may know it.
func (c cell) falls() bool { return c.n > 1 }

// path is the cheapest way from one node to another that does not use a cell, over the hidden cells only or over all: along a
// cell where it can rise, and back where it can fall.
func (g *grid) path(from, to, except int, hidden bool) ([]int, bool) {
	price, by := make([]int, len(g.edges)), make([]int, len(g.edges))
	for i := range price {
		price[i] = math.MaxInt
	}
	price[from] = 0
	for queue := []int{from}; len(queue) > 0 && price[to] > 0; queue = queue[1:] {
		at := queue[0]
		for _, i := range g.edges[at] {
			c := g.cells[i]
			next := c.to
			if at == c.to {
				next = c.from
			}
			if i == except || hidden && !c.hide || at == c.to && !c.falls() || price[at]+c.price() >= price[next] {
				continue
			}
			price[next], by[next], queue = price[at]+c.price(), i, append(queue, next)
		}
	}
	if price[to] == math.MaxInt {
		return nil, false
	}
	var cells []int
	for at := to; at != from; {
		c := g.cells[by[at]]
		cells = append(cells, by[at])
		at = c.from + c.to - at // the other end
	}
	return cells, true
}
