package stats

import (
	"math"
)

// DensityChange compares the arcs among the same actors in two waves.
type DensityChange struct {
	N             int
	Before, After float64 // densities
	Change        float64
	Gained, Lost  int // arcs
	Kept          int
	Jaccard       float64 // Kept over arcs in either wave
	SE            float64 // vertex bootstrap
	Percentile    Interval

	// SEActors is the standard error with what each actor says as one observation, and CI its interval on N - 1 degrees of
	// freedom: the one to print. The vertex bootstrap is far too wide when most ties stay.
	SEActors float64
	CI       Interval
}

// NetworkDensityChange resamples actors: each row of resamples draws as many as there are, counted from 1, and pairs of
// copies of one actor are left out of its density. SEActors is the standard error of the mean over actors of (arcs sent
// after - arcs sent before)/(N-1); it takes the answers of different actors as independent. It needs three actors and two
// resamples. Source: Snijders & Borgatti (1999), Connections 22.
func NetworkDensityChange(before, after [][]bool, resamples [][]int) (DensityChange, error) {
	return Work{}.NetworkDensityChange(before, after, resamples)
}

// NetworkDensityChange is the function of that name, watched.
func (w Work) NetworkDensityChange(before, after [][]bool, resamples [][]int) (DensityChange, error) {
	n := len(before)
	mustMatch(n, len(after))
	if err := checkPermutations(n, resamples); err != nil {
		return DensityChange{}, err
	}
	d := DensityChange{N: n}
	for i := range n {
		mustMatch(n, len(before[i]), len(after[i]))
		for j := range n {
			if i != j {
				d.Gained += count(!before[i][j] && after[i][j])
				d.Lost += count(before[i][j] && !after[i][j])
				d.Kept += count(before[i][j] && after[i][j])
			}
		}
	}
	pairs := n * (n - 1)
	d.Before, d.After = ratio(d.Kept+d.Lost, pairs), ratio(d.Kept+d.Gained, pairs)
	d.Change, d.Jaccard = ratio(d.Gained-d.Lost, pairs), ratio(d.Kept, d.Kept+d.Gained+d.Lost)
	values := make([]float64, len(resamples))
	for r, draw := range resamples {
		if err := w.step(r, len(resamples)); err != nil {
			return DensityChange{}, err
		}
		balance, drawn := 0, 0
		for _, i := range draw {
			for _, j := range draw {
				if i != j {
					drawn++
					balance += count(after[i-1][j-1]) - count(before[i-1][j-1])
				}
			}
		}
		values[r] = ratio(balance, drawn)
	}
	d.actors(before, after)
	d.SE = sd(values)
	d.Percentile = Interval{quantile(values, (1-confidence)/2), quantile(values, 1-(1-confidence)/2)}
	return d, nil
}

func (d *DensityChange) actors(before, after [][]bool) {
	sent := make([]float64, d.N)
	for i := range d.N {
		for j := range d.N {
			if i != j {
				sent[i] += float64(count(after[i][j])-count(before[i][j])) / float64(d.N-1)
			}
		}
	}
	d.SEActors = sd(sent) / math.Sqrt(float64(d.N))
	_, _, d.CI = studentTest(d.Change, d.SEActors, float64(d.N-1))
	if constant(sent) { // nothing to judge the change by
		d.CI = undefined()
	}
}
