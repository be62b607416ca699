package casework

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/disclosure"
	"strengthen/internal/fault"
	"strengthen/internal/org"
	"strengthen/internal/stats"
)

// FigureCell counts how often something took so many whole hours, in a region, for what began in a month. It names no case.
type FigureCell struct {
	Region access.RegionID
	Month  calendar.Date // its first day
	What   string
	Hours  int
	N      int
	InTime int
}

// FigureTx is what figures need of a transaction.
type FigureTx interface {
	PutMilestone(ctx context.Context, m Milestone) error
	FigureCells(ctx context.Context, from, until calendar.Date) ([]FigureCell, error)
	FigureYears(ctx context.Context) (first, last int, err error)
	RegionsTrained(ctx context.Context) (map[access.RegionID]calendar.Date, error)
}

// Measures of the work on cases, in the order of pages: how soon signals of violence and other signals were assessed, whether
// the team met whole, whether each of the mandatory three came, and whether the first plan was in force within its 28 days.
func Figured() []string {
	all := []string{"assessed.violence", "assessed.other", "met"}
	for _, k := range MandatoryKinds() {
		all = append(all, "came."+k)
	}
	return append(all, "planned")
}

// Figure is one number of the work on cases. What is hidden holds nothing.
type Figure struct {
	N      int     // of signals, meetings or plans
	InTime int     // of them in time, whole, or come
	Median float64 // hours, to the whole hour below; halves where two stand in the middle
	Hidden bool
}

// Share is the part in time, from 0 to 1.
func (f Figure) Share() float64 { return float64(f.InTime) / float64(max(f.N, 1)) }

// FigureRow is the figures of a region, of a month, or of all, by what is measured.
type FigureRow struct {
	Region access.RegionID
	Month  calendar.Date
	Of     map[string]Figure
}

// Figures is the work on cases of one year. Months are those of the one region that was asked for, or of all regions.
type Figures struct {
	Year, First, Last int
	Region            access.RegionID
	Only              bool // the reader sees this region alone
	Whole             FigureRow
	Regions, Months   []FigureRow
	Effect            *PaceEffect // of the trainings on the time to assessment, over all years; nil for one region
}

// PaceEffect is what the trainings did to the time from a signal of violence to its assessment, as a ratio: 0.8 means a fifth
// less than before. It is estimated from the different dates at which the regions were trained.
type PaceEffect struct {
	Ratio, Low, High float64 // with the bounds of a 95 % interval
	Before, After    int     // months of regions before and after their training
	Regions          int
	Cannot           string // why it cannot be estimated; the numbers are then void
}

// OpenFigures returns the figures of a year for whoever may see them: of all regions, or of the reader's own. Small numbers are
// hidden by one rule for everybody, so that two readers cannot put together what neither was told.
func (s *Service) OpenFigures(ctx context.Context, by access.Actor, year int, region access.RegionID) (Figures, error) {
	var f Figures
	err := s.store.View(ctx, by, func(tx Tx) error {
		scope := tx.Scope(access.SeeFigures)
		if !scope.All && region == "" && len(scope.Regions) > 0 {
			region = scope.Regions[0]
		}
		if err := tx.Allow(ctx, access.SeeFigures, access.Resource{Kind: "figures", Region: region}); err != nil {
			return err
		}
		tables, err := org.ReadTables(ctx, tx)
		if err != nil {
			return err
		}
		if _, ok := tables.Region(region); region != "" && !ok {
			return fault.New(fault.NotFound, "fault.notfound")
		}
		f = Figures{Year: year, Region: region, Only: !scope.All}
		if f.First, f.Last, err = tx.FigureYears(ctx); err != nil {
			return err
		}
		if year == 0 {
			f.Year = cmp.Or(f.Last, tx.Now().In(calendar.Sofia).Year())
		}
		cells, err := tx.FigureCells(ctx, calendar.Of(f.Year, 1, 1), calendar.Of(f.Year, 12, 31))
		if err != nil {
			return err
		}
		f.fill(tables.Regions, cells)
		if scope.All && region == "" {
			f.Effect, err = effect(ctx, tx)
		}
		return err
	})
	return f, err
}

// fill lays the cells of a year out, with the national table as the ground of what is hidden.
func (f *Figures) fill(regions []org.Region, cells []FigureCell) {
	f.Whole.Of = map[string]Figure{}
	f.Regions, f.Months = make([]FigureRow, len(regions)), make([]FigureRow, 12)
	row := map[access.RegionID]int{}
	for i, r := range regions {
		f.Regions[i], row[r.ID] = FigureRow{Region: r.ID, Of: map[string]Figure{}}, i
	}
	for m := range f.Months {
		f.Months[m] = FigureRow{Region: f.Region, Month: calendar.Of(f.Year, time.Month(m+1), 1), Of: map[string]Figure{}}
	}
	for _, what := range Figured() {
		grid := make([][]hours, len(regions)+1)
		for i := range grid {
			grid[i] = make([]hours, 13)
		}
		for _, c := range cells {
			if i, ok := row[c.Region]; ok && c.What == what {
				_, m, _ := c.Month.Parts()
				for _, x := range [][2]int{{i, int(m) - 1}, {i, 12}, {len(regions), int(m) - 1}, {len(regions), 12}} {
					grid[x[0]][x[1]].add(c)
				}
			}
		}
		f.take(what, grid, row)
	}
	if f.Region != "" {
		f.Whole = f.Regions[row[f.Region]]
	}
	if f.Only {
		f.Regions = []FigureRow{f.Whole}
	}
}

func (f *Figures) take(what string, grid [][]hours, row map[access.RegionID]int) {
	all := len(grid) - 1
	counts := make([][]int, all)
	for i := range counts {
		for _, h := range grid[i][:12] {
			counts[i] = append(counts[i], h.n)
		}
	}
	hide := disclosure.Inside.Grid(counts)
	f.Whole.Of[what] = grid[all][12].figure(hide[all][12])
	for i := range counts {
		f.Regions[i].Of[what] = grid[i][12].figure(hide[i][12])
	}
	of := all
	if f.Region != "" {
		of = row[f.Region]
	}
	for m := range f.Months {
		f.Months[m].Of[what] = grid[of][m].figure(hide[of][m])
	}
}

// hours is how often something took how many hours.
type hours struct {
	n, inTime int
	by        map[int]int
}

func (h *hours) add(c FigureCell) {
	if h.by == nil {
		h.by = map[int]int{}
	}
	h.n, h.inTime = h.n+c.N, h.inTime+c.InTime
	h.by[c.Hours] += c.N
}

func (h hours) figure(hide bool) Figure {
	if hide {
		return Figure{Hidden: true}
	}
	return Figure{N: h.n, InTime: h.inTime, Median: h.median()}
}

func (h hours) median() float64 {
	if h.n == 0 {
		return 0
	}
	return float64(h.at((h.n-1)/2)+h.at(h.n/2)) / 2
}

// at is the hours of the k-th in order, from 0.
func (h hours) at(k int) int {
	for _, v := range slices.Sorted(maps.Keys(h.by)) {
		if k -= h.by[v]; k < 0 {
			return v
		}
	}
	return 0
}

// effect estimates what the trainings did to the time to assessment of signals of violence, with the stepped wedge of
// internal/stats on the mean logarithm of the hours of a region in a month. A month counts as after the training from the one
// that follows it.
func effect(ctx context.Context, tx Tx) (*PaceEffect, error) {
	trained, err := tx.RegionsTrained(ctx)
	if err != nil {
		return nil, err
	}
	cells, err := tx.FigureCells(ctx, calendar.Of(1990, 1, 1), calendar.Of(2100, 1, 1))
	if err != nil {
		return nil, err
	}
	rows := wedge(cells, trained)
	w, err := stats.SteppedWedge(rows)
	if err != nil {
		return &PaceEffect{Cannot: "figures.effect.few"}, nil //nolint:nilerr // data that do not bear an estimate are no failure
	}
	e := PaceEffect{Ratio: math.Exp(w.Average.Robust.Mean), Low: math.Exp(w.Average.Robust.CI.Low), High: math.Exp(w.Average.Robust.CI.High), Before: w.Before, After: w.After, Regions: w.Clusters}
	for _, v := range []float64{e.Ratio, e.Low, e.High} {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return &PaceEffect{Cannot: "figures.effect.few"}, nil
		}
	}
	return &e, nil
}

func wedge(cells []FigureCell, trained map[access.RegionID]calendar.Date) []stats.WedgeRow {
	type key struct {
		region access.RegionID
		period int
	}
	sum := map[key]stats.WedgeRow{}
	for _, c := range cells {
		if c.What != "assessed.violence" {
			continue
		}
		k := key{c.Region, months(c.Month)}
		r := sum[k]
		r.Cluster, r.Period = string(c.Region), k.period
		if on, ok := trained[c.Region]; ok {
			r.Exposure = max(0, k.period-months(on))
		}
		r.Outcome += float64(c.N) * math.Log(float64(c.Hours)+.5)
		r.Weight += float64(c.N)
		sum[k] = r
	}
	rows := slices.SortedFunc(maps.Values(sum), func(a, b stats.WedgeRow) int {
		return cmp.Or(cmp.Compare(a.Cluster, b.Cluster), cmp.Compare(a.Period, b.Period))
	})
	for i := range rows {
		rows[i].Outcome /= rows[i].Weight
	}
	return rows
}

func months(d calendar.Date) int {
	y, m, _ := d.Parts()
	return 12*y + int(m)
}
