package stats

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// The sizes are those of the speed that the design asks for: 10,000 persons, 28 cohorts, three waves with drop-out.

// waves is the long table of 10,000 persons: about 27,000 rows.
func waves() (y []float64, x [][]float64, cohort, person, cohortWave []string) {
	r := rand.New(rand.NewPCG(1, 2))
	var atCohort [28]float64
	var atWave [28][3]float64
	for g := range atCohort {
		atCohort[g] = 4 * r.NormFloat64()
		for w := range 3 {
			atWave[g][w] = 2 * r.NormFloat64()
		}
	}
	for i := range 10000 {
		g, own := i%28, 8*r.NormFloat64()
		for w := range 3 {
			if w > 0 && r.Float64() < .15 {
				continue
			}
			y = append(y, 50+5*float64(w)+atCohort[g]+atWave[g][w]+own+6*r.NormFloat64())
			x = append(x, []float64{1, float64(count(w == 1)), float64(count(w == 2))})
			cohort, person = append(cohort, fmt.Sprint("cohort ", g)), append(person, fmt.Sprint("person ", i))
			cohortWave = append(cohortWave, fmt.Sprint("cohort ", g, " wave ", w))
		}
	}
	return y, x, cohort, person, cohortWave
}

func benchmarkMixed(b *testing.B, third bool, contrasts [][]float64) {
	y, x, cohort, person, both := waves()
	groupings := [][]string{cohort, person}
	if third {
		groupings = append(groupings, both)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := MixedModel(y, x, groupings, contrasts); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMixedTwoIntercepts(b *testing.B) { benchmarkMixed(b, false, nil) }

func BenchmarkMixedCohortWave(b *testing.B) { benchmarkMixed(b, true, nil) }

// With the fit: what a report asks for.
func BenchmarkMixedSummary(b *testing.B) {
	benchmarkMixed(b, true, [][]float64{{0, 1, 0}, {0, 0, 1}, {0, -1, 1}})
}

func pairs10000() (x, y []float64, g []string) {
	x, y, g = cohorts(28, 358, 1)
	return x[:10000], y[:10000], g[:10000]
}

func BenchmarkCR2(b *testing.B) {
	x, y, g := pairs10000()
	b.ReportAllocs()
	for b.Loop() {
		_, _ = PairedClusteredChange(x, y, g)
	}
}

func BenchmarkRegressionCR2(b *testing.B) {
	x, y, g := pairs10000()
	design := make([][]float64, len(x))
	for i := range design {
		design[i] = []float64{1, x[i], float64(i / 357 % 3)}
	}
	b.ReportAllocs()
	for b.Loop() {
		_, _ = RegressionCR2(y, design, g, nil)
	}
}

// Drawing the resamples is part of the work.
func BenchmarkClusterBootstrap(b *testing.B) {
	x, y, g := pairs10000()
	b.ReportAllocs()
	for b.Loop() {
		_, _ = ClusterBootstrap(x, y, g, Moments.GAv, Resamples(28, 10000, 1))
	}
}

// Ties are one in ten, as in a network of services; the permutations are drawn anew.
func BenchmarkQAP(b *testing.B) {
	r := rand.New(rand.NewPCG(3, 4))
	var m [2][][]float64
	for k := range m {
		for i := range 73 {
			m[k] = append(m[k], make([]float64, 73))
			for j := range 73 {
				m[k][i][j] = float64(count(i != j && r.Float64() < .1))
			}
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		_, _ = QAPCorrelation(m[0], m[1], Permutations(73, 10000, 1))
	}
}
