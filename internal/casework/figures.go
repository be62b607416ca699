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
	Hours  int // unmet for what has not come
	N      int
	InTime int
}

// unmet stands for the hours of what should have come by now and has not: it counts, as not in time, and has no length.
const unmet = -1

// FigureTx is what figures need of a transaction.
type FigureTx interface {
	PutMilestone(ctx context.Context, m Milestone) error
	FigureCells(ctx context.Context, from, until calendar.Date) ([]FigureCell, error)
	Unassessed(ctx context.Context) ([]Milestone, error)
	Unplanned(ctx context.Context, from, until calendar.Date, within time.Duration) ([]FigureCell, error)
	FigureYears(ctx context.Context) (first, last int, err error)
	RegionsTrained(ctx context.Context) (map[access.RegionID]calendar.Date, error)
}

// Measures of the work on cases, in the order of pages: how soon signals of violence and other signals were assessed, whether
// the team met whole, whether each of the mandatory three came, whether the first plan was in force within its
// 28 days, and for how many children somebody who had completed a training did something for the first time.
func Figured() []string {
	all := []string{"assessed.violence", "assessed.other", "met"}
	for _, k := range MandatoryKinds() {
		all = append(all, "came."+k)
	}
	return append(all, "planned", "supported")
}

// Figure is one number of the work on cases. What is hidden holds nothing.
type Figure struct {
	N      int     // of signals, meetings or plans: of those that have a term, all that are done or due by now
	InTime int     // of them in time, whole, or come
	Median float64 // hours of those that are done, to the whole hour below; halves where two stand in the middle
	Hidden bool
}

// Share is the part in time, from 0 to 1.
func (f Figure) Share() float64 { return float64(f.InTime) / float64(max(f.N, 1)) }

// Period is the length of time by which figures are laid out.
type Period string

// The periods, from the finest.
const (
	ByMonth   Period = "month"
	ByQuarter Period = "quarter"
	ByYear    Period = "year"
)

// FigurePeriods lists the periods in the order of pages.
func FigurePeriods() []Period { return []Period{ByMonth, ByQuarter, ByYear} }

// FigureRow is the figures of a region, of a period, or of all, by what is measured.
type FigureRow struct {
	Region access.RegionID
	From   calendar.Date // first day of the period
	Of     map[string]Figure
}

// Figures is the work on cases of one year. Periods are those of the one region that was asked for, or of all regions: the
// months or quarters of the year, or all years.
type Figures struct {
	Year, First, Last int
	Region            access.RegionID
	Only              bool // the reader sees this region alone
	By                Period
	Whole             FigureRow
	Regions, Periods  []FigureRow
	Supported         int         // children in whose cases trained people worked, over all years; 0 for one region
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

// OpenFigures returns the figures of a year for whoever may see them: of all regions, or of the reader's own. Without a period
// those of one region are laid out by quarters, since its months are mostly too small to be told, and those of all by months.
// Small numbers are hidden by one rule for everybody and for all periods together, so that neither two readers nor two pages put
// together what none was told.
func (s *Service) OpenFigures(ctx context.Context, by access.Actor, year int, region access.RegionID, p Period) (Figures, error) {
	var f Figures
	if p != "" && !known(FigurePeriods(), p) {
		return f, fault.New(fault.NotFound, "fault.notfound")
	}
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
		f = Figures{Year: year, Region: region, Only: !scope.All, By: p}
		switch {
		case p == "" && region != "":
			f.By = ByQuarter
		case p == "":
			f.By = ByMonth
		}
		if f.First, f.Last, err = tx.FigureYears(ctx); err != nil {
			return err
		}
		if year == 0 {
			f.Year = cmp.Or(f.Last, tx.Now().In(calendar.Sofia).Year())
		}
		if err := f.read(ctx, tx, tables.Regions); err != nil {
			return err
		}
		if scope.All && region == "" {
			err = f.overall(ctx, tx)
		}
		return err
	})
	return f, err
}

// read lays out the year and the periods.
func (f *Figures) read(ctx context.Context, tx Tx, regions []org.Region) error {
	from, until := f.Year, f.Year
	if f.By == ByYear && f.First > 0 {
		from, until = min(f.First, f.Year), max(f.Last, f.Year)
	}
	first, last := calendar.Of(from, 1, 1), calendar.Of(until, 12, 31)
	cells, err := tx.FigureCells(ctx, first, last)
	if err != nil {
		return err
	}
	missing, err := unmetCells(ctx, tx, first, last)
	if err != nil {
		return err
	}
	cells = append(cells, missing...)
	of := map[int][]FigureCell{}
	for _, c := range cells {
		y, _, _ := c.Month.Parts()
		of[y] = append(of[y], c)
	}
	for y := from; y <= until; y++ {
		t := layOut(regions, f.Region, y, of[y])
		switch f.By {
		case ByMonth:
			f.Periods = t.months
		case ByQuarter:
			f.Periods = t.quarters
		case ByYear:
			f.Periods = append(f.Periods, t.whole)
		}
		if y == f.Year {
			f.Whole, f.Regions = t.whole, t.regions
		}
	}
	if f.Only {
		f.Regions = []FigureRow{f.Whole}
	}
	return nil
}

// planTime is how long the first plan of a case may take.
const planTime = 28 * 24 * time.Hour

// unmetCells counts what should have come by now and has not, of what began from one day to another: signals that were not
// assessed within their term, whether they still wait or were given up, and cases without a plan after its 28 days.
func unmetCells(ctx context.Context, tx Tx, first, last calendar.Date) ([]FigureCell, error) {
	cells, err := tx.Unplanned(ctx, first, last, planTime)
	if err != nil {
		return nil, err
	}
	for i := range cells {
		cells[i].What, cells[i].Hours = "planned", unmet
	}
	waiting, err := tx.Unassessed(ctx)
	if err != nil {
		return nil, err
	}
	for _, m := range waiting {
		y, month, _ := calendar.On(m.Start).Parts()
		cells = append(cells, FigureCell{Region: m.Region, Month: calendar.Of(y, month, 1), What: m.What, Hours: unmet, N: 1})
	}
	return cells, nil
}

// yearTable is the figures of one year: of all its regions, and of one of them, or of all, by months, by quarters and in all.
type yearTable struct {
	whole                     FigureRow
	regions, months, quarters []FigureRow
}

const inQuarter = 3 // months

// layOut counts the cells of a year. What is hidden is decided on the national table of regions by months and by quarters, one
// mask for all that any page shows of it.
func layOut(regions []org.Region, of access.RegionID, year int, cells []FigureCell) yearTable {
	row := map[access.RegionID]int{}
	for i, r := range regions {
		row[r.ID] = i
	}
	shown, ok := row[of]
	if !ok {
		shown = len(regions)
	}
	rows := func(n int, name func(i int, r *FigureRow)) []FigureRow {
		all := make([]FigureRow, n)
		for i := range all {
			all[i].Of = map[string]Figure{}
			name(i, &all[i])
		}
		return all
	}
	since := func(months int) func(int, *FigureRow) {
		return func(i int, r *FigureRow) { r.Region, r.From = of, calendar.Of(year, time.Month(months*i+1), 1) }
	}
	t := yearTable{
		whole: rows(1, since(12))[0], months: rows(12, since(1)), quarters: rows(12/inQuarter, since(inQuarter)),
		regions: rows(len(regions), func(i int, r *FigureRow) { r.Region = regions[i].ID }),
	}
	for _, what := range Figured() {
		g := newSums(len(regions))
		for _, c := range cells {
			if i, ok := row[c.Region]; ok && c.What == what {
				g.add(i, c)
			}
		}
		hide, hideQuarters := g.hidden()
		t.whole.Of[what] = g.year[shown].figure(hide[shown][12])
		for i := range regions {
			t.regions[i].Of[what] = g.year[i].figure(hide[i][12])
		}
		for m := range t.months {
			t.months[m].Of[what] = g.months[shown][m].figure(hide[shown][m])
		}
		for q := range t.quarters {
			t.quarters[q].Of[what] = g.quarters[shown][q].figure(hideQuarters[shown][q])
		}
	}
	return t
}

// sums is how long one thing took, by region and period; the last row is of all regions.
type sums struct {
	months   [][12]hours
	quarters [][12 / inQuarter]hours
	year     []hours
}

func newSums(regions int) sums {
	return sums{make([][12]hours, regions+1), make([][12 / inQuarter]hours, regions+1), make([]hours, regions+1)}
}

func (g sums) add(region int, c FigureCell) {
	_, m, _ := c.Month.Parts()
	for _, i := range []int{region, len(g.year) - 1} {
		g.months[i][m-1].add(c)
		g.quarters[i][(int(m)-1)/inQuarter].add(c)
		g.year[i].add(c)
	}
}

func (g sums) hidden() (months, quarters [][]bool) {
	counts := make([][]int, len(g.year)-1)
	for i := range counts {
		for _, h := range g.months[i] {
			counts[i] = append(counts[i], h.n)
		}
	}
	return disclosure.Inside.Nested(counts, inQuarter)
}

// hours is how often something took how many hours.
type hours struct {
	n, inTime int
	done      int // of n, those whose hours are known
	by        map[int]int
}

func (h *hours) add(c FigureCell) {
	if h.by == nil {
		h.by = map[int]int{}
	}
	h.n, h.inTime = h.n+c.N, h.inTime+c.InTime
	if c.Hours != unmet {
		h.done += c.N
		h.by[c.Hours] += c.N
	}
}

func (h hours) figure(hide bool) Figure {
	if hide {
		return Figure{Hidden: true}
	}
	return Figure{N: h.n, InTime: h.inTime, Median: h.median()}
}

func (h hours) median() float64 {
	if h.done == 0 {
		return 0
	}
	return float64(h.at((h.done-1)/2)+h.at(h.done/2)) / 2
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

// overall adds what is told over all years.
func (f *Figures) overall(ctx context.Context, tx Tx) error {
	trained, err := tx.RegionsTrained(ctx)
	if err != nil {
		return err
	}
	cells, err := tx.FigureCells(ctx, calendar.Of(1990, 1, 1), calendar.Of(2100, 1, 1))
	if err != nil {
		return err
	}
	for _, c := range cells {
		if c.What == "supported" {
			f.Supported += c.N
		}
	}
	if disclosure.Inside.Small(f.Supported) {
		f.Supported = 0
	}
	f.Effect = effect(cells, trained)
	return nil
}

// effect estimates what the trainings did to the time to assessment of signals of violence, with the stepped wedge of
// internal/stats on the mean logarithm of the hours of a region in a month. A month counts as after the training from the one
// that follows it.
func effect(cells []FigureCell, trained map[access.RegionID]calendar.Date) *PaceEffect {
	rows := wedge(cells, trained)
	w, err := stats.SteppedWedge(rows)
	if err != nil {
		return &PaceEffect{Cannot: "figures.effect.few"}
	}
	e := PaceEffect{Ratio: math.Exp(w.Average.Robust.Mean), Low: math.Exp(w.Average.Robust.CI.Low), High: math.Exp(w.Average.Robust.CI.High), Before: w.Before, After: w.After, Regions: w.Clusters}
	for _, v := range []float64{e.Ratio, e.Low, e.High} {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return &PaceEffect{Cannot: "figures.effect.few"}
		}
	}
	return &e
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
