package analysis_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"strengthen/internal/analysis"
	"strengthen/internal/disclosure"
	"strengthen/internal/sheet"
	"strengthen/internal/study"
	"strengthen/internal/survey"
)

// A person belongs to a sector and answered in some of three waves: a kind. The attacker holds every table of a report, and
// looks for the numbers of people of each kind.
const patterns = 8 // answered in which of the three waves

// attacker collects what the tables tell: that some kinds together are so many people.
type attacker struct {
	sectors []string
	rows    [][]float64
	right   []float64
}

// which is the set of kinds that a table counts: of a sector, or of all when it is empty, with all waves in has and none in not.
func (a *attacker) which(sector string, has, not int) []float64 {
	row := make([]float64, len(a.sectors)*patterns)
	for i, s := range a.sectors {
		for p := range patterns {
			if (sector == "" || s == sector) && p&has == has && p&not == 0 {
				row[i*patterns+p] = 1
			}
		}
	}
	return row
}

func (a *attacker) told(n int, sector string, has, not int) {
	if n != disclosure.Hidden {
		a.rows, a.right = append(a.rows, a.which(sector, has, not)), append(a.right, float64(n))
	}
}

func bit(w survey.Wave) int {
	return map[survey.Wave]int{survey.Pre: 1, survey.Post: 2, survey.M6: 4}[w]
}

// reads takes in every table of a result.
func (a *attacker) reads(r analysis.Result) {
	a.told(r.People, "", 0, 0)
	tally := func(t analysis.Tally, sector string, w survey.Wave) {
		a.told(t.Answered, sector, bit(w), 0)
		a.told(t.Lost, sector, 0, bit(w))
	}
	for _, f := range r.Flow {
		tally(f.All, "", f.Wave)
		for _, row := range f.By["sector"] {
			tally(row.Tally, row.Name, f.Wave)
		}
	}
	for _, c := range r.Changes {
		both := bit(c.From) | bit(c.To)
		a.told(c.N, "", both, 0)
		a.told(c.Measured, "", bit(c.From), 0)
		a.told(c.Lost, "", bit(c.From), bit(c.To))
		for _, x := range c.By["sector"] {
			a.told(x.N, x.Name, both, 0)
		}
		for _, x := range c.Shrunk["sector"].Groups {
			a.told(x.N, x.Name, both, 0)
		}
	}
	for _, c := range r.Courses {
		for _, x := range c.Points {
			a.told(x.N, c.Name, bit(x.Wave), 0)
		}
	}
}

// knows reports whether a number of people follows from the tables: as a combination of what they tell, or because bounds meet.
func (a *attacker) knows(target []float64, truth int) bool {
	if combination(a.rows, target) {
		return true
	}
	low, high := a.bounds(target)
	return low == high && int(low) == truth
}

// combination reports whether a row is a linear combination of others.
func combination(rows [][]float64, target []float64) bool {
	x := slices.Clone(target)
	for _, b := range steps(rows) {
		lead := slices.IndexFunc(b, func(v float64) bool { return math.Abs(v) > 1e-9 })
		f := x[lead] / b[lead]
		for k := range x {
			x[k] -= f * b[k]
		}
	}
	return !slices.ContainsFunc(x, func(v float64) bool { return math.Abs(v) > 1e-7 })
}

func steps(rows [][]float64) [][]float64 {
	var basis [][]float64
	for _, row := range rows {
		x := slices.Clone(row)
		for _, b := range basis {
			lead := slices.IndexFunc(b, func(v float64) bool { return math.Abs(v) > 1e-9 })
			f := x[lead] / b[lead]
			for k := range x {
				x[k] -= f * b[k]
			}
		}
		if slices.ContainsFunc(x, func(v float64) bool { return math.Abs(v) > 1e-7 }) {
			basis = append(basis, x)
		}
	}
	return basis
}

// bounds narrows every kind by every table until nothing moves: no kind has fewer than nobody.
func (a *attacker) bounds(target []float64) (float64, float64) {
	n := len(a.sectors) * patterns
	low, high := make([]float64, n), make([]float64, n)
	for k := range high {
		high[k] = 1e6
	}
	for range 50 {
		for i, row := range a.rows {
			sumLow, sumHigh := 0.0, 0.0
			for k, v := range row {
				sumLow, sumHigh = sumLow+v*low[k], sumHigh+v*high[k]
			}
			for k, v := range row {
				if v != 0 {
					high[k] = min(high[k], a.right[i]-(sumLow-low[k]))
					low[k] = max(low[k], a.right[i]-(sumHigh-high[k]))
				}
			}
		}
	}
	sumLow, sumHigh := 0.0, 0.0
	for k, v := range target {
		sumLow, sumHigh = sumLow+v*low[k], sumHigh+v*high[k]
	}
	return sumLow, sumHigh
}

// TestWhoeverHoldsAllTablesDerivesNoSmallCell attacks whole reports of random studies with small sectors and few missing people.
func TestWhoeverHoldsAllTablesDerivesNoSmallCell(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 11))
	small, derived, told := 0, 0, 0
	for study := range 150 {
		sectors, count, r := attackedStudy(t, rnd)
		a := &attacker{sectors: sectors}
		a.reads(r)
		told += len(a.rows)
		for _, s := range sectors {
			for has := range patterns {
				for not := range patterns {
					if has&not != 0 || has != 0 && not != 0 || not&(not-1) != 0 {
						continue // a cell is who answered in some waves, or who did not in one
					}
					n := count(s, has, not)
					if !disclosure.Inside.Small(n) {
						continue
					}
					small++
					if a.knows(a.which(s, has, not), n) {
						derived++
						t.Errorf("study %d: that %d people of sector %q answered in %03b and not in %03b follows from the tables", study, n, s, has, not)
					}
				}
			}
		}
	}
	t.Logf("%d tables read, %d small cells attacked, %d derived", told, small, derived)
	if small < 1000 || told < 1000 {
		t.Errorf("an attack on %d cells with %d tables shows nothing", small, told)
	}
}

// attackedStudy makes a study of three to six sectors, one or two of them small, and analyses it.
func attackedStudy(t *testing.T, rnd *rand.Rand) (sectors []string, count func(sector string, has, not int) int, r analysis.Result) {
	t.Helper()
	n := map[string][patterns]int{}
	var b strings.Builder
	b.WriteString("id,cohort,sector,pre,post,m6\n")
	id := 0
	for i := range 3 + rnd.IntN(4) {
		s := fmt.Sprint("s", i)
		sectors = append(sectors, s)
		size := 12 + rnd.IntN(40)
		if i < 2 {
			size = 1 + rnd.IntN(9)
		}
		keep := 0.6 + 0.4*rnd.Float64()
		for range size {
			p := 0
			row := []string{fmt.Sprintf("P%04d", id), fmt.Sprint("c", id%7), s}
			for w := range 3 {
				if rnd.Float64() < keep {
					p |= 1 << w
					row = append(row, fmt.Sprint(20+rnd.IntN(50)))
				} else {
					row = append(row, "")
				}
			}
			id++
			x := n[s]
			x[p]++
			n[s] = x
			b.WriteString(strings.Join(row, ",") + "\n")
		}
	}
	table, err := sheet.Read([]byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	p := plan(study.Score, 0, 100, map[survey.Wave]string{survey.Pre: "pre", survey.Post: "post", survey.M6: "m6"})
	p.Data.Sector, p.Groups, p.Methods.Replicates = "sector", []study.By{study.Sector}, 99
	count = func(sector string, has, not int) int {
		sum := 0
		for q, k := range n[sector] {
			if q&has == has && q&not == 0 {
				sum += k
			}
		}
		return sum
	}
	return sectors, count, analyse(t, p, table)
}
