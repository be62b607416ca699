package stats

import (
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
)

// Bootstrap is the result of resampling whole clusters. Figures are in the unit of the statistic.
type Bootstrap struct {
	N, Clusters, Replicates int
	Estimate                float64
	SE                      float64 // standard deviation of the replicates
	Percentile              Interval
	Z0, Acceleration        float64
	BCa                     Interval // NaN when the jackknife is constant or all replicates lie on one side: use Percentile
	SEJackknife             float64  // leave one cluster out
}

// Moments are sums over pairs, measured from the means of all pairs so that they stay exact.
type Moments struct {
	N                float64
	X, Y             float64 // sums of pre and post
	XX, YY, XY       float64 // sums of squares and products
	CentreX, CentreY float64
}

func (m *Moments) add(o Moments) {
	m.N += o.N
	m.X += o.X
	m.Y += o.Y
	m.XX += o.XX
	m.YY += o.YY
	m.XY += o.XY
}

// MeanChange is the mean of post - pre, in points.
func (m Moments) MeanChange() float64 { return m.CentreY - m.CentreX + (m.Y-m.X)/m.N }

// GAv is the change over the root of the mean variance of the two waves, with the small-sample factor; see PairedEffects.
func (m Moments) GAv() float64 {
	v := (m.XX - m.X*m.X/m.N + m.YY - m.Y*m.Y/m.N) / (2 * (m.N - 1))
	return HedgesJ(m.N-1) * m.MeanChange() / math.Sqrt(v)
}

// ClusterBootstrap resamples whole clusters of pairs and computes a statistic that depends on the moments only, such as
// Moments.MeanChange or Moments.GAv; the cost of a replicate is the number of clusters, not of persons. Every row of
// resamples is one replicate and names clusters by number, 1 being the first to appear among complete pairs; a number
// outside that range panics. With t the estimate, t* the replicates and t_j the estimate without cluster j:
//
//	percentile: the 2.5th and 97.5th percentile of t* (type 7)
//	BCa: percentiles Phi(z0 + (z0+z)/(1 - a(z0+z))), z0 = Phi⁻¹(share of t* < t),
//	     a = sum (t̄-t_j)³ / (6 (sum (t̄-t_j)²)^(3/2))
//
// It needs two clusters and two replicates; below 12 clusters prefer PairedClusteredChange. Sources: Efron (1987), Journal
// of the American Statistical Association 82; Davison & Hinkley (1997), Bootstrap Methods and Their Application.
func ClusterBootstrap(pre, post []float64, cluster []string, statistic func(Moments) float64, resamples [][]int) (Bootstrap, error) {
	return Work{}.ClusterBootstrap(pre, post, cluster, statistic, resamples)
}

// ClusterBootstrap is the function of that name, watched.
func (w Work) ClusterBootstrap(pre, post []float64, cluster []string, statistic func(Moments) float64, resamples [][]int) (Bootstrap, error) {
	if err := bounded(pre, post); err != nil {
		return Bootstrap{}, err
	}
	parts, n := clusterMoments(pre, post, cluster)
	if err := checkBootstrap(len(parts), len(resamples)); err != nil {
		return Bootstrap{}, err
	}
	of := func(numbers func(yield func(int) bool)) float64 {
		m := Moments{CentreX: parts[0].CentreX, CentreY: parts[0].CentreY}
		for g := range numbers {
			m.add(parts[g])
		}
		return statistic(m)
	}
	b, err := w.bootstrap(len(parts), resamples, of)
	b.N = n
	return b, err
}

// ClusterBootstrapRows is ClusterBootstrap for any statistic of the rows, such as a median or an estimate that is fitted
// anew in every replicate. The statistic gets the indices of the rows of a replicate, repeated as often as drawn. A row
// whose cluster is the empty string is left out.
func ClusterBootstrapRows(cluster []string, statistic func(rows []int) float64, resamples [][]int) (Bootstrap, error) {
	return Work{}.ClusterBootstrapRows(cluster, statistic, resamples)
}

// ClusterBootstrapRows is the function of that name, watched.
func (w Work) ClusterBootstrapRows(cluster []string, statistic func(rows []int) float64, resamples [][]int) (Bootstrap, error) {
	var parts [][]int
	number, n := map[string]int{}, 0
	for i, name := range cluster {
		if name == "" {
			continue
		}
		g, seen := number[name]
		if !seen {
			g = len(parts)
			number[name], parts = g, append(parts, nil)
		}
		parts[g] = append(parts[g], i)
		n++
	}
	if err := checkBootstrap(len(parts), len(resamples)); err != nil {
		return Bootstrap{}, err
	}
	var rows []int
	b, err := w.bootstrap(len(parts), resamples, func(numbers func(yield func(int) bool)) float64 {
		rows = rows[:0]
		for g := range numbers {
			rows = append(rows, parts[g]...)
		}
		return statistic(rows)
	})
	b.N = n
	return b, err
}

func checkBootstrap(clusters, replicates int) error {
	if err := need(clusters, 2, "clusters"); err != nil {
		return err
	}
	return need(replicates, 2, "replicates")
}

func clusterMoments(pre, post []float64, cluster []string) (parts []Moments, n int) {
	mustMatch(len(pre), len(post), len(cluster))
	d := groupChange(pre, post, cluster) // numbers the clusters of complete pairs
	x, y := make([]float64, 0, len(d.of)), make([]float64, 0, len(d.of))
	for i := range pre {
		if !math.IsNaN(pre[i]) && !math.IsNaN(post[i]) && cluster[i] != "" {
			x, y = append(x, pre[i]), append(y, post[i])
		}
	}
	parts = make([]Moments, d.count())
	cx, cy := 0.0, 0.0
	if len(x) > 0 {
		cx, cy = mean(x), mean(y)
	}
	for g := range parts {
		parts[g].CentreX, parts[g].CentreY = cx, cy
	}
	for i, g := range d.of {
		u, v := x[i]-cx, y[i]-cy
		parts[g].add(Moments{N: 1, X: u, Y: v, XX: u * u, YY: v * v, XY: u * v})
	}
	return parts, len(x)
}

// bootstrap applies of, which computes the statistic over numbered clusters, to all clusters, to every replicate and to
// all clusters but one.
func (w Work) bootstrap(clusters int, resamples [][]int, of func(func(yield func(int) bool)) float64) (Bootstrap, error) {
	without := func(j int) func(func(int) bool) {
		return func(yield func(int) bool) {
			for g := range clusters {
				if g != j && !yield(g) {
					return
				}
			}
		}
	}
	b := Bootstrap{Clusters: clusters, Replicates: len(resamples), Estimate: of(without(-1))}
	t := make([]float64, len(resamples))
	for i, row := range resamples {
		if err := w.step(i, len(resamples)); err != nil {
			return Bootstrap{}, err
		}
		t[i] = of(func(yield func(int) bool) {
			for _, k := range row {
				if k < 1 || k > clusters {
					panic(fmt.Sprintf("stats: resample names cluster %d of %d", k, clusters))
				}
				if !yield(k - 1) {
					return
				}
			}
		})
	}
	jack := make([]float64, clusters)
	for j := range jack {
		jack[j] = of(without(j))
	}
	b.intervals(t, jack)
	return b, nil
}

// intervals fills in everything that follows from the estimate, the replicates and the jackknife.
func (b *Bootstrap) intervals(t, jack []float64) {
	const low, high = (1 - confidence) / 2, 1 - (1-confidence)/2
	m, j := mean(jack), float64(len(jack))
	var s2, s3 float64
	for _, v := range jack {
		s2 += (m - v) * (m - v)
		s3 += (m - v) * (m - v) * (m - v)
	}
	below := 0
	for _, v := range t {
		if v < b.Estimate {
			below++
		}
	}
	b.SE, b.SEJackknife = sd(t), math.Sqrt((j-1)/j*s2)
	b.Acceleration, b.Z0 = s3/(6*math.Pow(s2, 1.5)), normalQuantile(float64(below)/float64(len(t)))
	b.Percentile, b.BCa = undefined(), undefined()
	if constant(jack) {
		b.Acceleration = math.NaN()
	}
	if slices.ContainsFunc(t, math.IsNaN) { // the statistic is not defined in some replicate
		return
	}
	slices.Sort(t)
	b.Percentile = Interval{sortedQuantile(t, low), sortedQuantile(t, high)}
	if math.IsInf(b.Z0, 0) {
		return
	}
	at := func(p float64) float64 {
		z := b.Z0 + normalQuantile(p)
		return sortedQuantile(t, normalCDF(b.Z0+z/(1-b.Acceleration*z)))
	}
	b.BCa = Interval{at(low), at(high)}
}

// Resamples draws replicates rows of clusters numbers from 1 to clusters, each equally likely, for ClusterBootstrap. The
// same seed gives the same rows on every machine and with every release, so a report that names its seed can be computed
// again.
func Resamples(clusters, replicates int, seed uint64) [][]int {
	src := rand.NewPCG(seed, 0x9e3779b97f4a7c15)
	all := make([]int, clusters*replicates)
	for i := range all {
		all[i] = 1 + below(src, uint64(clusters))
	}
	rows := make([][]int, replicates)
	for i := range rows {
		rows[i] = all[i*clusters : (i+1)*clusters : (i+1)*clusters]
	}
	return rows
}

// below draws from 0 to n-1 without bias; Lemire (2019), ACM Transactions on Modeling and Computer Simulation 29.
func below(src rand.Source, n uint64) int {
	for {
		high, low := bits.Mul64(src.Uint64(), n)
		if low >= n || low >= -n%n {
			return int(high)
		}
	}
}
