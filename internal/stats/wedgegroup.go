package stats

import (
	"math"
	"slices"
)

// GroupTimeEffect compares the clusters that were trained at one date, in one later period, with those still untrained.
type GroupTimeEffect struct {
	Start, Period, Exposure int
	Base                    int // the period before the training that both are measured from
	Trained, Untrained      int // clusters
	Effect                  float64
}

// GroupTimeMean is a mean of comparisons over the trained clusters in them.
type GroupTimeMean struct {
	Exposure    int // 0 for all
	Comparisons int
	Mean        float64
	SE, DF      float64 // leave one cluster out; NaN where one cluster alone carries the mean
	T, P        float64
	CI          Interval
}

// GroupTime holds all comparisons of trained clusters with clusters not yet trained.
type GroupTime struct {
	Clusters    int
	Comparisons []GroupTimeEffect
	ByExposure  []GroupTimeMean
	All         GroupTimeMean
}

// GroupTimeEffects takes every date of training g and period t from g on in which some cluster is still untrained:
//
//	effect(g, t) = mean(y_t - y_b over clusters trained at g) - mean(y_t - y_b over clusters not trained by t)
//
// with b the last period before g. No trained cluster ever serves as comparison, so effects that grow or fade do no harm.
// A cluster takes part with its cell means, each counted once, where both periods were observed. The standard error leaves
// out one cluster at a time, on Clusters - 1 degrees of freedom. It uses one period before the training only, and less of
// the data than SteppedWedge. It needs what SteppedWedge needs, and a comparison. Sources: Callaway & Sant'Anna (2021),
// Journal of Econometrics 225; Goodman-Bacon (2021), Journal of Econometrics 225.
func GroupTimeEffects(rows []WedgeRow) (GroupTime, error) {
	d, err := newWedge(rows)
	if err != nil {
		return GroupTime{}, err
	}
	c := d.grid()
	r := GroupTime{Clusters: len(d.clusters), Comparisons: c.compare(-1)}
	if err := need(len(r.Comparisons), 1, "comparisons"); err != nil {
		return GroupTime{}, err
	}
	without := make([][]GroupTimeEffect, r.Clusters)
	for j := range without {
		without[j] = c.compare(j)
	}
	r.All = groupTimeMean(r.Comparisons, without, 0)
	var times []int
	for _, e := range r.Comparisons {
		times = append(times, e.Exposure)
	}
	slices.Sort(times)
	for _, e := range slices.Compact(times) {
		r.ByExposure = append(r.ByExposure, groupTimeMean(r.Comparisons, without, e))
	}
	return r, nil
}

// wedgeGrid holds cell means by cluster and period, NaN where there is none.
type wedgeGrid struct {
	y       [][]float64
	start   []int
	periods []int
}

func (d *wedge) grid() wedgeGrid {
	c := wedgeGrid{periods: d.periods}
	for _, name := range d.clusters {
		c.y, c.start = append(c.y, undefinedSlice(len(d.periods))), append(c.start, d.start[name])
	}
	for _, cell := range d.cells() {
		c.y[slices.Index(d.clusters, cell.row.Cluster)][slices.Index(d.periods, cell.row.Period)] = cell.row.Outcome
	}
	return c
}

// compare makes all comparisons without cluster skip.
func (c wedgeGrid) compare(skip int) (out []GroupTimeEffect) {
	dates := slices.Compact(slices.Sorted(slices.Values(c.start)))
	for _, g := range dates {
		b, _ := slices.BinarySearch(c.periods, g)
		if g == never || b == 0 {
			continue
		}
		for k := b; k < len(c.periods); k++ {
			e := GroupTimeEffect{Start: g, Period: c.periods[k], Exposure: c.periods[k] - g + 1, Base: c.periods[b-1]}
			trained, untrained := 0.0, 0.0
			for j, y := range c.y {
				change := y[k] - y[b-1]
				switch {
				case j == skip || math.IsNaN(change):
				case c.start[j] == g:
					trained += change
					e.Trained++
				case c.start[j] > c.periods[k]:
					untrained += change
					e.Untrained++
				}
			}
			if e.Trained > 0 && e.Untrained > 0 {
				e.Effect = trained/float64(e.Trained) - untrained/float64(e.Untrained)
				out = append(out, e)
			}
		}
	}
	return out
}

// groupTimeMean is the mean over comparisons of one exposure, or of all for 0, with the jackknife.
func groupTimeMean(of []GroupTimeEffect, without [][]GroupTimeEffect, exposure int) GroupTimeMean {
	over := func(list []GroupTimeEffect) (m float64, n int) {
		weight := 0
		for _, e := range list {
			if exposure == 0 || e.Exposure == exposure {
				m += float64(e.Trained) * e.Effect
				weight += e.Trained
				n++
			}
		}
		return m / float64(weight), n
	}
	r := GroupTimeMean{Exposure: exposure, DF: float64(len(without) - 1)}
	r.Mean, r.Comparisons = over(of)
	left := make([]float64, len(without))
	for j, list := range without {
		left[j], _ = over(list)
	}
	n := float64(len(left))
	r.SE = math.Sqrt((n - 1) * (n - 1) / n * variance(left))
	r.T, r.P, r.CI = studentTest(r.Mean, r.SE, r.DF)
	return r
}
