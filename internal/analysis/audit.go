package analysis

import (
	"fmt"
	"math"
	"slices"

	"strengthen/internal/disclosure"
	"strengthen/internal/survey"
)

// audit reads the protected result as somebody does who holds all of its tables, and hides more until nothing small follows from
// several of them together. What one table hides, another may tell: of a sector, those who answered before, less those who
// answered both times, are those who were lost.
//
// For each part of the people and each outcome, what the tables tell are sums over patterns: who stands how in which wave, and
// has a score in which. A number follows when it is a linear combination of sums that are told: of the part alone, or of totals
// over all parts less what the other parts tell.
func (p *protector) audit(e *engine, r *Result) {
	for _, by := range e.plan.Groups {
		names, of := e.parts(by)
		if len(names) < 2 {
			continue
		}
		for again := true; again; {
			again = false
			for _, name := range names {
				for outcome := range e.plan.Outcomes {
					x := newView(e, r, of[name], outcome, string(by), name)
					for x.leaks(p.Level, nil) && p.withhold(r, x) {
						again = true
						x = newView(e, r, of[name], outcome, string(by), name)
					}
				}
			}
			for outcome := range e.plan.Outcomes {
				again = p.together(e, r, outcome, string(by), names, of) || again
			}
		}
	}
}

// together looks at all parts and the totals at once. Where something small of one part follows, the smallest other part that
// still tells anything tells less. It reports whether it hid anything.
func (p *protector) together(e *engine, r *Result, outcome int, by string, names []string, of map[string][]Person) bool {
	var views []*view
	for _, name := range names {
		views = append(views, newView(e, r, of[name], outcome, by, name))
	}
	totals := e.totals(r, outcome)
	rest := make([][][]float64, len(views)) // of each part: the totals over it, less what it tells
	for i, x := range views {
		basis := echelon(x.told)
		for _, t := range totals {
			rest[i] = append(rest[i], reduce(basis, x.sum(t.in)))
		}
	}
	for i, x := range views {
		if !x.leaks(p.Level, combined(rest, i)) {
			continue
		}
		order := slices.Clone(views)
		slices.SortStableFunc(order, func(a, b *view) int { return a.size() - b.size() })
		for _, y := range order {
			if y != x && p.withhold(r, y) {
				return true
			}
		}
	}
	return false
}

// total is a number that is told of everybody.
type total struct {
	n  int
	in func(pattern) bool
}

// totals are what is told of everybody.
func (e *engine) totals(r *Result, outcome int) []total {
	all := []total{{r.People, func(pattern) bool { return true }}}
	tell := func(n int, in func(pattern) bool) {
		if n != disclosure.Hidden {
			all = append(all, total{n, in})
		}
	}
	for _, f := range r.Flow {
		k := at(f.Wave)
		for j, in := range []func(survey.Standing) bool{isAnswered, isOpen, survey.Standing.Lost, isNotAsked} {
			tell(f.All.counts()[j], func(q pattern) bool { return in(q.standing[k]) })
		}
	}
	id := e.plan.Outcomes[outcome].ID
	for _, c := range r.Changes {
		if i, j := at(c.From), at(c.To); c.Outcome == id && c.From != survey.RetroPre {
			tell(c.N, func(q pattern) bool { return q.scores>>i&1 == 1 && q.scores>>j&1 == 1 })
			tell(c.Lost, func(q pattern) bool { return q.scores>>i&1 == 1 && q.scores>>j&1 == 0 && stands(q.standing[j]).Lost() })
		}
	}
	for _, c := range r.Courses {
		for _, q := range c.Points {
			if c.Outcome == id && c.By == "" {
				tell(q.N, func(z pattern) bool { return z.scores>>at(q.Wave)&1 == 1 })
			}
		}
	}
	return all
}

// stands is how somebody stands who has no score although he or she may have answered.
func stands(s survey.Standing) survey.Standing {
	switch s {
	case survey.Answered:
		return survey.Partly
	case "":
		return survey.Never
	}
	return s
}

// combined are the combinations of totals that fall away in all parts but one: what they leave over that one.
func combined(rest [][][]float64, part int) [][]float64 {
	n := len(rest[part])
	var rows [][]float64
	seen := map[string]bool{}
	for i, columns := range rest {
		if i == part || n == 0 {
			continue
		}
		for k := range columns[0] {
			row := make([]float64, n)
			for c := range columns {
				row[c] = columns[c][k]
			}
			if key := fmt.Sprintf("%.6f", row); !seen[key] { // patterns that no total tells apart
				seen[key], rows = true, append(rows, row)
			}
		}
	}
	var out [][]float64
	for _, weights := range null(rows, n) {
		sum := make([]float64, len(rest[part][0]))
		for c, v := range weights {
			for k := range sum {
				sum[k] += v * rest[part][c][k]
			}
		}
		out = append(out, sum)
	}
	return out
}

// null is a basis of the weights of n columns that bring all rows to zero.
func null(rows [][]float64, n int) [][]float64 {
	basis := echelon(rows)
	leads := map[int][]float64{}
	for i := len(basis) - 1; i >= 0; i-- { // each leading place is cleared in the rows above
		b := basis[i]
		k := lead(b)
		for _, above := range basis[:i] {
			f := above[k] / b[k]
			for j := range above {
				above[j] -= f * b[j]
			}
		}
		leads[k] = b
	}
	var out [][]float64
	for free := range n {
		if leads[free] != nil {
			continue
		}
		x := make([]float64, n)
		x[free] = 1
		for k, b := range leads {
			x[k] = -b[free] / b[k]
		}
		out = append(out, x)
	}
	return out
}

// view is what the tables tell of one part of the people about one outcome.
type view struct {
	outcome, by, name string
	waves             []int
	patterns          []pattern       // all that can be
	people            map[pattern]int // how many there are
	told              [][]float64
}

// pattern is how somebody stands in each wave in which people say how they are now, and in which there is a score.
type pattern struct {
	standing [4]survey.Standing
	scores   int
}

// kinds are the standings that a report tells apart; the first of each stands for all.
var kinds = []survey.Standing{survey.Answered, survey.Open, survey.Silent, survey.NotDue}

func kind(s survey.Standing) survey.Standing {
	switch {
	case isAnswered(s), isOpen(s):
		return s
	case s.Lost():
		return survey.Silent
	}
	return survey.NotDue
}

// patternsOf are all patterns of an outcome that can be, wave by wave from the ways in which anybody stands there: which ways
// there are, the totals tell.
func (e *engine) patternsOf(outcome int, waves []int) []pattern {
	if all := e.patterns[outcome]; all != nil {
		return all
	}
	there := map[pattern]bool{}
	for _, p := range e.data.People {
		for _, w := range waves {
			there[patternOf(p, outcome, []int{w})] = true
		}
	}
	all := []pattern{{}}
	for _, w := range waves {
		var next []pattern
		for _, q := range all {
			for _, s := range kinds {
				for score := range 2 {
					only := pattern{scores: score << w}
					only.standing[w] = s
					if there[only] {
						x := q
						x.standing[w] = s
						x.scores |= only.scores
						next = append(next, x)
					}
				}
			}
		}
		all = next
	}
	e.patterns[outcome] = all
	return all
}

func patternOf(p Person, outcome int, waves []int) pattern {
	var q pattern
	for _, w := range waves {
		q.standing[w] = kind(p.Standing[w])
		if !math.IsNaN(p.Scores[outcome][w]) {
			q.scores |= 1 << w
		}
	}
	return q
}

func newView(e *engine, r *Result, people []Person, outcome int, by, name string) *view {
	x := &view{outcome: e.plan.Outcomes[outcome].ID, by: by, name: name, people: map[pattern]int{}}
	for _, w := range e.nowWaves() {
		x.waves = append(x.waves, at(w))
	}
	x.patterns = e.patternsOf(outcome, x.waves)
	for _, p := range people {
		x.people[patternOf(p, outcome, x.waves)]++
	}
	tell := func(n int, in func(pattern) bool) {
		switch n {
		case disclosure.Hidden:
		case 0:
			x.nobody(in)
		default:
			x.told = append(x.told, x.sum(in))
		}
	}
	for _, t := range e.totals(r, outcome) {
		if t.n == 0 {
			x.nobody(t.in)
		}
	}
	for _, f := range r.Flow {
		k := at(f.Wave)
		for _, row := range f.By[by] {
			if row.Name != name {
				continue
			}
			for _, c := range []struct {
				n  int
				in func(survey.Standing) bool
			}{{row.Answered, isAnswered}, {row.Open, isOpen}, {row.Lost, survey.Standing.Lost}, {row.NotAsked, isNotAsked}} {
				tell(c.n, func(q pattern) bool { return c.in(q.standing[k]) })
			}
		}
	}
	for _, c := range r.Changes {
		both := 1<<at(c.From) | 1<<at(c.To)
		for _, part := range c.By[by] {
			if c.Outcome == x.outcome && part.Name == name && c.From != survey.RetroPre {
				tell(part.N, func(q pattern) bool { return q.scores&both == both })
			}
		}
	}
	for _, c := range r.Courses {
		for _, q := range c.Points {
			if c.Outcome == x.outcome && c.By == by && c.Name == name {
				tell(q.N, func(z pattern) bool { return z.scores>>at(q.Wave)&1 == 1 })
			}
		}
	}
	return x
}

// nobody notes that there is nobody of some patterns: each of them is known.
func (x *view) nobody(in func(pattern) bool) {
	for k, q := range x.patterns {
		if in(q) {
			row := make([]float64, len(x.patterns))
			row[k] = 1
			x.told = append(x.told, row)
		}
	}
}

func isAnswered(s survey.Standing) bool { return s == survey.Answered }
func isOpen(s survey.Standing) bool     { return s == survey.Open }
func isNotAsked(s survey.Standing) bool { return !isAnswered(s) && !isOpen(s) && !s.Lost() }

// sum marks the patterns that a number counts.
func (x *view) sum(in func(pattern) bool) []float64 {
	row := make([]float64, len(x.patterns))
	for k, q := range x.patterns {
		row[k] = one(in(q))
	}
	return row
}

// size is how many people the part has.
func (x *view) size() int { return x.count(func(pattern) bool { return true }) }

// count is how many people a number counts.
func (x *view) count(in func(pattern) bool) int {
	n := 0
	for q, k := range x.people {
		n += k * int(one(in(q)))
	}
	return n
}

// leaks reports whether a small number of people follows that the tables could have told and hid: of those with scores in some
// waves, or of those who stand in a way in a wave. That few people of a part answered in one wave and not in another may follow;
// what they answered may not, and is in the care of near and close.
func (x *view) leaks(l disclosure.Level, also [][]float64) bool {
	basis := echelon(slices.Concat(x.told, also))
	leak := func(in func(pattern) bool) bool { return l.Small(x.count(in)) && spans(basis, x.sum(in)) }
	for has := range 16 {
		if has != 0 && leak(func(q pattern) bool { return q.scores&has == has }) {
			return true
		}
	}
	for _, w := range x.waves {
		for _, in := range []func(survey.Standing) bool{isAnswered, isOpen, survey.Standing.Lost, isNotAsked} {
			if leak(func(q pattern) bool { return in(q.standing[w]) }) {
				return true
			}
		}
	}
	return false
}

// echelon brings rows into a form in which each has a leading place of its own.
func echelon(rows [][]float64) [][]float64 {
	var basis [][]float64
	for _, row := range rows {
		if x := reduce(basis, row); lead(x) >= 0 {
			basis = append(basis, x)
		}
	}
	return basis
}

// spans reports whether a row is a linear combination of the rows of a basis.
func spans(basis [][]float64, row []float64) bool { return lead(reduce(basis, row)) < 0 }

func reduce(basis [][]float64, row []float64) []float64 {
	x := slices.Clone(row)
	for _, b := range basis {
		k := lead(b)
		for f, j := x[k]/b[k], 0; j < len(x); j++ {
			x[j] -= f * b[j]
		}
	}
	return x
}

func lead(row []float64) int {
	return slices.IndexFunc(row, func(v float64) bool { return math.Abs(v) > 1e-7 })
}

// withhold hides the next of what is told of a part: its course, then how its people stand, then its change. It reports whether
// anything was left to hide.
func (p *protector) withhold(r *Result, x *view) bool {
	return p.hideCourse(r, x) || p.hideFlow(r, x) || p.hidePart(r, x)
}

// column hides the parts named in also and those that must be hidden with them, in one column of numbers.
func (p *protector) column(n []int, hidden func(i int) bool, hide func(i int)) {
	var also []int
	for i := range n {
		if hidden(i) {
			also = append(also, i)
		}
	}
	for i, h := range p.Level.Row(n, also...) {
		if h && !hidden(i) {
			hide(i)
		}
	}
}

func (p *protector) hideCourse(r *Result, x *view) bool {
	any := false
	for k := range r.Courses {
		c := &r.Courses[k]
		if c.Outcome != x.outcome || c.By != x.by || c.Name != x.name {
			continue
		}
		for j := range c.Points {
			if c.Points[j].N > 0 {
				c.Points[j], any = hiddenPoint(c.Points[j].Wave), true
			}
		}
	}
	if !any {
		return false
	}
	for _, w := range []survey.Wave{survey.Pre, survey.Post, survey.M6} {
		var points []*WavePoint
		var n []int
		for k := range r.Courses {
			c := &r.Courses[k]
			for j := range c.Points {
				if c.Outcome == x.outcome && c.By == x.by && c.Points[j].Wave == w {
					points = append(points, &c.Points[j])
					n = append(n, p.tables["course/"+x.outcome+"/"+string(w)+"/"+x.by][c.Name])
				}
			}
		}
		p.column(n, func(i int) bool { return points[i].N == disclosure.Hidden }, func(i int) { *points[i] = hiddenPoint(w) })
	}
	return true
}

func hiddenPoint(w survey.Wave) WavePoint {
	return WavePoint{Wave: w, N: disclosure.Hidden, Mean: None(), CI: Span{None(), None()}, Ceiling: None(), Hidden: true}
}

// hideFlow hides how the people of a part stand in one wave, the one that has the smallest number first.
func (p *protector) hideFlow(r *Result, x *view) bool {
	var best *TallyRow
	least := math.MaxInt
	for k := range r.Flow {
		rows := r.Flow[k].By[x.by]
		for i := range rows {
			for _, n := range rows[i].counts() {
				if rows[i].Name == x.name && n > 0 && n < least {
					best, least = &rows[i], n
				}
			}
		}
	}
	if best == nil {
		return false
	}
	for _, n := range []*int{&best.Answered, &best.Open, &best.Lost, &best.NotAsked} {
		if *n > 0 {
			*n = disclosure.Hidden
		}
	}
	p.flow(r)
	return true
}

func (p *protector) hidePart(r *Result, x *view) bool {
	any := false
	for k := range r.Changes {
		c := &r.Changes[k]
		all := c.By[x.by]
		i := slices.IndexFunc(all, func(q Part) bool { return q.Name == x.name })
		if c.Outcome != x.outcome || i < 0 || all[i].Hidden || all[i].N == 0 {
			continue
		}
		any = true
		all[i] = hiddenPart(x.name)
		var n []int
		for _, q := range all {
			n = append(n, p.tables["change/"+c.Outcome+"/"+string(c.From)+"/"+string(c.To)+"/"+x.by][q.Name])
		}
		p.column(n, func(i int) bool { return all[i].Hidden }, func(i int) { all[i] = hiddenPart(all[i].Name) })
	}
	return any
}

func hiddenPart(name string) Part {
	return Part{Name: name, N: disclosure.Hidden, Hidden: true, MeanFrom: None(), MeanTo: None(), Change: cannot(Hidden)}
}
