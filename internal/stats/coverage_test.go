package stats

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"testing"
)

// Coverage of the intervals by simulation under a known truth. `make simulate` draws every setting thousands of times and
// prints the table of docs/statistics.md; the ordinary tests draw a few settings some hundred times. Seeds are fixed.

var simulate = flag.Int("simulate", 0, "draws per setting of the full table of coverage; 0 for the short form")

// covered is one interval of a draw with what it should hold.
type covered struct {
	ci              Interval
	truth, estimate float64
}

// setting is one way in which data come about, and the intervals that are computed from each draw.
type setting struct {
	group, name string
	methods     []string
	claimed     []bool // that 95 % means 94 to 96 % here
	share       int    // divides the number of draws; 0 for 1
	draw        func(*rand.Rand) []covered
}

// tally is what became of one interval over all draws.
type tally struct {
	draws, none, hits int
	bias, width       float64 // sums of errors and of widths
	square            float64 // sum of squared errors
}

func (t tally) coverage() float64 { return float64(t.hits) / float64(t.draws-t.none) }

func (s setting) run(draws int, seed uint64) []tally {
	out := make([]tally, len(s.methods))
	var mu sync.Mutex
	var wg sync.WaitGroup
	const workers = 2
	for w := range workers {
		wg.Go(func() {
			own := make([]tally, len(s.methods))
			for k := w; k < draws; k += workers {
				for m, c := range s.draw(rand.New(rand.NewPCG(seed, uint64(k)))) {
					own[m].add(c)
				}
			}
			mu.Lock()
			defer mu.Unlock()
			for m, t := range own {
				out[m].draws += t.draws
				out[m].none += t.none
				out[m].hits += t.hits
				out[m].bias += t.bias
				out[m].width += t.width
				out[m].square += t.square
			}
		})
	}
	wg.Wait()
	return out
}

func (t *tally) add(c covered) {
	t.draws++
	if math.IsNaN(c.ci.Low + c.ci.High) {
		t.none++
		return
	}
	t.hits += count(c.ci.Low <= c.truth && c.truth <= c.ci.High)
	t.bias += c.estimate - c.truth
	t.square += (c.estimate - c.truth) * (c.estimate - c.truth)
	t.width += c.ci.High - c.ci.Low
}

func TestIntervalsHoldTheTruth(t *testing.T) {
	if *simulate > 0 {
		printCoverage(*simulate)
		return
	}
	for _, s := range settings() {
		draws := 200 / max(1, s.share*s.share)
		for m, c := range s.run(draws, 1) {
			if !s.claimed[m] {
				continue
			}
			// Four standard errors of the draws below the band; the seed is fixed, so that a verdict stands.
			n := float64(c.draws - c.none)
			if p := c.coverage(); p < 0.94-4*math.Sqrt(.95*.05/n) {
				t.Errorf("%s, %s, %s: %.3f of %.0f intervals hold the truth", s.group, s.name, s.methods[m], p, n)
			}
			if s.group == "Stepped wedge" && math.Abs(c.bias) > 5*math.Sqrt(c.square) { // square estimates n times the variance
				t.Errorf("%s, %s, %s: off by %.3f on average", s.group, s.name, s.methods[m], c.bias/n)
			}
		}
	}
}

func printCoverage(draws int) {
	w := os.Stdout
	fmt.Fprintf(w, "<!-- coverage -->\n%d draws a setting, half of that where a draw is slow.\n", draws)
	group := ""
	for _, s := range settings() {
		if s.group != group {
			group = s.group
			fmt.Fprintf(w, "\n**%s**\n\n| setting | interval | claimed | coverage | bias | mean width | none |\n|---|---|---|---|---|---|---|\n", group)
		}
		for m, t := range s.run(draws/max(s.share, 1), 1) {
			n := float64(max(t.draws-t.none, 1))
			fmt.Fprintf(w, "| %s | %s | %s | %.3f | %+.3f | %.3f | %s |\n", s.name, s.methods[m], map[bool]string{true: "yes", false: "no"}[s.claimed[m]],
				t.coverage(), t.bias/n, t.width/n, fmt.Sprintf("%.1f %%", 100*float64(t.none)/float64(t.draws)))
		}
	}
	fmt.Fprintln(w, "<!-- end of coverage -->")
}

func settings() []setting {
	return slices.Concat(changes(), sizesOfEffect(), shares(), signs(), models(), marginal(), scales(), losses(), counts(), networks(), wedges(), shrunken())
}

func none() covered { return covered{ci: undefined()} }

// study draws pairs in cohorts: sizes are gamma with mean m and variation cv, the change has mean 0.3, variance 1 and the
// given share of it between cohorts, and is skewed to the right where skew is true.
func study(r *rand.Rand, j int, m, cv, icc float64, skew bool) (pre, post []float64, g []string) {
	plan := Plan{N: int(float64(j) * m), Clusters: j, CV: cv}
	noise := r.NormFloat64
	if skew {
		noise = func() float64 {
			return (math.Exp(r.NormFloat64()*0.8) - math.Exp(0.32)) / math.Sqrt((math.Exp(0.64)-1)*math.Exp(0.64))
		}
	}
	for c, n := range plan.sizes(r) {
		at := 0.3 + math.Sqrt(icc)*noise()
		for range n {
			x := r.NormFloat64()
			pre, post, g = append(pre, x), append(post, x+at+math.Sqrt(1-icc)*noise()), append(g, names[c])
		}
	}
	return pre, post, g
}

var names = func() (n []string) {
	for i := range 1000 {
		n = append(n, fmt.Sprint("c", i))
	}
	return n
}()

func changes() (out []setting) {
	for _, c := range []struct {
		j       int
		cv, icc float64
		skew    bool
	}{
		{4, .4, .05, false}, {6, .4, .05, false}, {6, .8, .05, false}, {10, .4, 0, false}, {10, .4, .05, false}, {10, .8, .10, false},
		{16, .4, .05, false}, {28, .4, 0, false}, {28, .4, .02, false}, {28, .4, .05, false}, {28, .4, .10, false}, {28, .8, .10, false},
		{28, .4, .10, true},
	} {
		s := setting{
			group: "Mean change of persons in cohorts of 20", name: fmt.Sprintf("%d cohorts, CV %.1f, ICC %.2f", c.j, c.cv, c.icc),
			methods: []string{"paired t", "CR2, Satterthwaite", "cohort level"}, claimed: []bool{c.icc == 0, c.j >= 6 && !c.skew, true},
		}
		if c.skew {
			s.name += ", skewed"
			s.claimed[2] = false
		}
		if c.j > 4 && c.j <= 10 {
			s.methods, s.claimed = append(s.methods, "sign flips"), append(s.claimed, c.j == 10)
		}
		s.draw = func(r *rand.Rand) []covered {
			x, y, g := study(r, c.j, 20, c.cv, c.icc, c.skew)
			o := []covered{none(), none(), none()}
			if t, err := PairedChange(x, y); err == nil {
				o[0] = covered{t.CI, .3, t.Mean}
			}
			if t, err := PairedClusteredChange(x, y, g); err == nil {
				o[1] = covered{t.CI, .3, t.Mean}
			}
			if t, err := CohortLevelChange(x, y, g); err == nil {
				o[2] = covered{t.CI, .3, t.Mean}
			}
			if len(s.methods) > 3 {
				o = append(o, none())
				if t, err := SignFlipExact(x, y, g); err == nil {
					o[3] = covered{t.CI, .3, t.Sum / float64(t.N)}
				}
			}
			return o
		}
		out = append(out, s)
	}
	return out
}

func sizesOfEffect() (out []setting) {
	for _, n := range []int{10, 20, 40, 100} {
		out = append(out, setting{
			group: "Standardised size, true d_av 0.5, r 0.6", name: fmt.Sprintf("%d independent persons", n),
			methods: []string{"g_av, Bonett", "d_av, Bonett", "d_z, noncentral t"}, claimed: []bool{n >= 40, true, true},
			draw: func(r *rand.Rand) []covered {
				var x, y []float64
				for range n {
					u := r.NormFloat64()
					x, y = append(x, u), append(y, .5+.6*u+.8*r.NormFloat64())
				}
				e := must(PairedEffects(x, y))
				return []covered{{e.GAvCI, .5, e.GAv}, {e.DAvCI, .5, e.DAv}, {e.DZCI, .5 / math.Sqrt(.8), e.DZ}}
			},
		})
	}
	for _, j := range []int{6, 12, 28, 60} {
		out = append(out, setting{
			group: "Standardised size, true d_av 0.5, r 0.6", name: fmt.Sprintf("%d cohorts of 20, ICC of change 0.05, 999 resamples", j),
			methods: []string{"g_av, percentile", "g_av, BCa", "g_av, Bonett", "g_av, CR2"}, claimed: []bool{false, false, false, true}, share: 2,
			draw: func(r *rand.Rand) []covered {
				var x, y []float64
				var g []string
				for c := range j {
					at := math.Sqrt(.8*.05) * r.NormFloat64()
					for range 20 {
						u := r.NormFloat64()
						x, y, g = append(x, u), append(y, .5+.6*u+at+math.Sqrt(.64-.04)*r.NormFloat64()), append(g, names[c])
					}
				}
				b := must(ClusterBootstrap(x, y, g, Moments.GAv, Resamples(j, 999, r.Uint64())))
				e := must(PairedEffects(x, y))
				k := must(PairedClusteredEffect(x, y, g))
				return []covered{{b.Percentile, .5, b.Estimate}, {b.BCa, .5, b.Estimate}, {e.GAvCI, .5, e.GAv}, {k.CI, .5, k.Mean}}
			},
		})
	}
	return out
}

func shares() (out []setting) {
	for _, c := range []struct {
		n int
		p float64
	}{{12, .1}, {28, .5}, {100, .05}, {560, .3}} {
		out = append(out, setting{
			group: "Shares", name: fmt.Sprintf("%d persons, share %.2f", c.n, c.p), methods: []string{"Wilson", "Clopper-Pearson"},
			claimed: []bool{c.n > 500, false},
			draw: func(r *rand.Rand) []covered {
				p := must(ProportionCI(binomial(r, c.n, c.p), c.n))
				return []covered{{p.Wilson, c.p, p.P}, {p.ClopperPearson, c.p, p.P}}
			},
		})
	}
	for _, n := range []int{20, 50, 200} {
		out = append(out, setting{
			group: "Shares", name: fmt.Sprintf("%d pairs, 0.30 to 0.45, a fifth change", n),
			methods: []string{"Newcombe 10", "Bonett-Price", "Tango", "odds ratio"}, claimed: []bool{n >= 50, n >= 200, n >= 50, false},
			draw: func(r *rand.Rand) []covered {
				var x, y []float64
				for range n {
					u := r.Float64() // gained .20, lost .05, yes in both .25
					x, y = append(x, float64(count(u >= .2 && u < .5))), append(y, float64(count(u < .45)))
				}
				m := must(McNemarTest(x, y))
				return []covered{{m.Newcombe, .15, m.Difference}, {m.BonettPrice, .15, m.Difference}, {m.Tango, .15, m.Difference}, {m.OddsRatioCI, 4, 4}}
			},
		})
	}
	return out
}

// likert is a five-point answer to a trait.
func likert(v float64) float64 {
	for k, cut := range []float64{-1.2, -.3, .5, 1.3} {
		if v < cut {
			return float64(k + 1)
		}
	}
	return 5
}

func signs() (out []setting) {
	for _, n := range []int{15, 40, 200} {
		out = append(out, setting{
			group: "Dominance on a five-point item", name: fmt.Sprintf("%d pairs", n), methods: []string{"paired, improved minus worsened"},
			claimed: []bool{true},
			draw: func(r *rand.Rand) []covered {
				var x, y []float64
				for range n {
					u := r.NormFloat64()
					x, y = append(x, likert(.8*u+.6*r.NormFloat64())), append(y, likert(.4+.8*u+.6*r.NormFloat64()))
				}
				d := must(PairedDominance(x, y))
				return []covered{{d.CI, pairedDominanceTruth(), d.D}}
			},
		}, setting{
			group: "Dominance on a five-point item", name: fmt.Sprintf("two groups of %d", n), methods: []string{"Cliff's delta"}, claimed: []bool{n >= 40},
			draw: func(r *rand.Rand) []covered {
				var x, y []float64
				for range n {
					x, y = append(x, likert(r.NormFloat64())), append(y, likert(.4+r.NormFloat64()))
				}
				d := must(CliffDelta(x, y))
				return []covered{{d.CI, cliffTruth(), d.Delta}}
			},
		})
	}
	return out
}

// shareOf is P(a five-point answer = k) for a normal trait with mean m and standard deviation s.
func shareOf(m, s float64) (p [5]float64) {
	below := 0.0
	for k, cut := range []float64{-1.2, -.3, .5, 1.3, math.Inf(1)} {
		up := normalCDF((cut - m) / s)
		p[k], below = up-below, up
	}
	return p
}

func dominanceOf(p, q [5]float64) (d float64) {
	for i := range p {
		for j := range q {
			d += p[i] * q[j] * sign(float64(j-i))
		}
	}
	return d
}

var cliffTruth = sync.OnceValue(func() float64 { return dominanceOf(shareOf(0, 1), shareOf(.4, 1)) })

// pairedDominanceTruth integrates over the common part of both answers.
var pairedDominanceTruth = sync.OnceValue(func() (d float64) {
	const step = 0.001
	for u := -8.0; u < 8; u += step {
		d += step * math.Exp(-u*u/2) / math.Sqrt(2*math.Pi) * dominanceOf(shareOf(.8*u, .6), shareOf(.4+.8*u, .6))
	}
	return d
})

// threeWaves draws a long table of cohorts of about 12 persons with drop-out that depends on the answer before.
func threeWaves(r *rand.Rand, j int, cohortWave float64) (y []float64, x [][]float64, cohort, person, both []string) {
	id := 0
	for c := range j {
		at := .4 * r.NormFloat64()
		var wave [3]float64
		for w := range wave {
			wave[w] = .3*float64(w) + cohortWave*r.NormFloat64()
		}
		for range 6 + r.IntN(13) {
			own, last := .8*r.NormFloat64(), 0.0
			id++
			for w := range 3 {
				if w > 0 && r.Float64() < .15+.15*normalCDF(-last) {
					break
				}
				last = at + own + wave[w] + .6*r.NormFloat64()
				y, x = append(y, last), append(x, []float64{1, float64(count(w == 1)), float64(count(w == 2))})
				cohort, person = append(cohort, names[c]), append(person, fmt.Sprint(id))
				both = append(both, names[3*c+w])
			}
		}
	}
	return y, x, cohort, person, both
}

func models() (out []setting) {
	for _, c := range []struct {
		j  int
		cw float64
	}{{6, .15}, {12, .15}, {28, .15}, {28, 0}} {
		out = append(out, setting{
			group: "Three waves, drop-out at random given the answers, change to the third wave 0.6", name: fmt.Sprintf("%d cohorts of 6 to 18, sd of cohort x wave %.2f", c.j, c.cw),
			methods: []string{"mixed, Satterthwaite", "mixed, Kenward-Roger", "mixed without cohort x wave"},
			claimed: []bool{c.cw > 0 && c.j >= 12, c.cw > 0 && c.j >= 12, c.cw == 0}, share: 2,
			draw: func(r *rand.Rand) []covered {
				y, x, cohort, person, both := threeWaves(r, c.j, c.cw)
				o := []covered{none(), none(), none()}
				if m, err := MixedModel(y, x, [][]string{cohort, person, both}, [][]float64{{0, 0, 1}}); err == nil {
					k := m.Contrasts[0]
					o[0], o[1] = covered{k.CI, .6, k.Estimate}, covered{k.KR.CI, .6, k.Estimate}
				}
				if m, err := MixedModel(y, x, [][]string{cohort, person}, [][]float64{{0, 0, 1}}); err == nil {
					o[2] = covered{m.Contrasts[0].CI, .6, m.Contrasts[0].Estimate}
				}
				return o
			},
		})
	}
	return out
}

func marginal() (out []setting) {
	for _, j := range []int{10, 28, 60} {
		out = append(out, setting{
			group: "Two waves, marginal model by cohort, change 0.3", name: fmt.Sprintf("%d cohorts of 8 to 22", j),
			methods: []string{"GEE, plain sandwich", "GEE, Mancl-DeRouen", "CR2 regression"}, claimed: []bool{false, true, true}, share: 2,
			draw: func(r *rand.Rand) []covered {
				var y []float64
				var x [][]float64
				var g []string
				for c := range j {
					a, b := .4*r.NormFloat64(), .2*r.NormFloat64()
					for range 8 + r.IntN(15) {
						own := r.NormFloat64()
						y = append(y, a+own+.6*r.NormFloat64(), a+b+.3+own+.6*r.NormFloat64())
						x, g = append(x, []float64{1, 0}, []float64{1, 1}), append(g, names[c], names[c])
					}
				}
				o := []covered{none(), none(), none()}
				if m, err := GeneralisedEstimating(y, x, g, GEEModel{Exchangeable: true}); err == nil {
					o[0] = covered{around(m.Coefficients[1], z975*m.SE[1]), .3, m.Coefficients[1]}
					o[1] = covered{m.Corrected[1].CI, .3, m.Coefficients[1]}
				}
				if m, err := RegressionCR2(y, x, g, nil); err == nil {
					o[2] = covered{m.CI[1], .3, m.Coefficients[1]}
				}
				return o
			},
		})
	}
	return out
}

func scales() (out []setting) {
	for _, c := range []struct {
		j   int
		cv  float64
		icc float64
	}{{10, 0, .1}, {28, 0, .05}, {28, .5, .05}} {
		out = append(out, setting{
			group: "Intraclass correlation and reliability", name: fmt.Sprintf("%d clusters of 20, CV %.1f, ICC %.2f", c.j, c.cv, c.icc), methods: []string{"ICC, F"},
			claimed: []bool{true},
			draw: func(r *rand.Rand) []covered {
				x, y, g := study(r, c.j, 20, c.cv, c.icc, false)
				i := must(IntraclassCorrelation(minus(y, x), g))
				return []covered{{i.ICC1CI, c.icc, i.ICC1}}
			},
		})
	}
	for _, n := range []int{30, 200} {
		out = append(out, setting{
			group: "Intraclass correlation and reliability", name: fmt.Sprintf("%d persons, 5 parallel items, alpha 0.83", n),
			methods: []string{"alpha, Feldt"}, claimed: []bool{true},
			draw: func(r *rand.Rand) []covered {
				var rows [][]float64
				for range n {
					t, row := r.NormFloat64(), make([]float64, 5)
					for k := range row {
						row[k] = t + r.NormFloat64()
					}
					rows = append(rows, row)
				}
				v := covarianceMatrix(columnsOf(rows))
				a := alpha(v, -1)
				return []covered{{feldt(a, float64(n), 5), 5.0 / 6, a}}
			},
		})
	}
	return out
}

func columnsOf(rows [][]float64) (out [][]float64) {
	for j := range rows[0] {
		out = append(out, column(rows, j))
	}
	return out
}

func losses() (out []setting) {
	for _, j := range []int{10, 28} {
		out = append(out, setting{
			group: "A third lost, more of those who scored low and changed more; true change 0.3", name: fmt.Sprintf("%d cohorts of 20, ICC 0.05", j),
			methods: []string{"weights 1/p, CR2", "those followed, CR2"}, claimed: []bool{true, false}, share: 2,
			draw: func(r *rand.Rand) []covered {
				x, y, g := study(r, j, 20, .3, .05, false)
				d := AttritionData{Pre: x, Post: y, Cluster: g, Scale: undefined()}
				for i := range x {
					y[i] -= .3 * x[i] // those who start low change more
					d.Covariates = append(d.Covariates, []float64{x[i]})
					if r.Float64() < 1/(1+math.Exp(.8+.8*x[i])) {
						y[i] = nan
					}
				}
				a, err := CompareAttrition(d)
				if err != nil {
					return []covered{none(), none()}
				}
				return []covered{{a.Weighted.CI, .3, a.Weighted.Mean}, {a.Unweighted.CI, .3, a.Unweighted.Mean}}
			},
		})
	}
	return out
}

func counts() (out []setting) {
	for _, m := range []float64{2, 10, 60} {
		out = append(out, setting{
			group: "Counts", name: fmt.Sprintf("Poisson, mean %.0f", m), methods: []string{"Garwood"}, claimed: []bool{false},
			draw: func(r *rand.Rand) []covered {
				k, left := 0, r.ExpFloat64()
				for left < m {
					k++
					left += r.ExpFloat64()
				}
				c := CountCI(k)
				return []covered{{c.CI, m, float64(k)}}
			},
		})
	}
	return out
}

func networks() (out []setting) {
	for _, n := range []int{12, 40, 80} {
		for _, returned := range []bool{false, true} {
			out = append(out, setting{
				group: "Change of density from 0.10, six tenths of ties kept", methods: []string{"vertex bootstrap", "actors"},
				name:    fmt.Sprintf("%d actors of unequal activity%s", n, map[bool]string{true: ", half of new ties returned"}[returned]),
				claimed: []bool{false, !returned}, share: 2,
				draw: func(r *rand.Rand) []covered {
					a, b := make([][]bool, n), make([][]bool, n)
					for i := range n {
						a[i], b[i] = make([]bool, n), make([]bool, n)
						act := .5 + r.Float64() // mean 1
						for j := range n {
							if i != j {
								a[i][j] = r.Float64() < .1*act
								b[i][j] = a[i][j] && r.Float64() < .6 || !a[i][j] && r.Float64() < .09*act/(1-.1*act)
							}
						}
					}
					truth := .05
					if returned { // a tie that is new and not yet returned is returned with probability a half
						truth = returnedChange()
						give(r, a, b)
					}
					d := must(NetworkDensityChange(a, b, Resamples(n, 99, r.Uint64())))
					return []covered{{d.Percentile, truth, d.Change}, {d.CI, truth, d.Change}}
				},
			})
		}
	}
	return out
}

// returnedChange is the expected change of density when give has been at work: an arc is there afterwards unless it was not
// there before giving and was not given, which needs a new arc the other way, p new with probability 0.09, and a coin.
func returnedChange() float64 {
	const there, fresh = .15, .09
	return there + (1-there)*fresh*.5 - .1
}

// give returns half of the new ties.
func give(r *rand.Rand, a, b [][]bool) {
	for i := range b {
		for j := range i {
			for _, p := range [][2]int{{i, j}, {j, i}} {
				if b[p[0]][p[1]] && !a[p[0]][p[1]] && r.Float64() < .5 {
					b[p[1]][p[0]] = true
				}
			}
		}
	}
}

// trainedOrder draws a stepped wedge: oblasts are trained one after the other from the third period on, cells have 1 to 20
// cases, the outcome drifts, oblasts differ, and so do their months.
func trainedOrder(r *rand.Rand, j, periods int, effect func(exposure int) float64) (rows []WedgeRow) {
	order := r.Perm(j)
	for g := range j {
		start := 2 + order[g]*(periods-3)/(j-1)
		at, cases := 2*r.NormFloat64(), 1+r.IntN(10)
		for t := range periods {
			n := float64(cases + r.IntN(11))
			e := max(0, t-start+1)
			y := 20 + .4*float64(t) + 1.5*math.Sin(float64(t)) + at + r.NormFloat64() + 3/math.Sqrt(n)*r.NormFloat64()
			if e > 0 {
				y += effect(e)
			}
			rows = append(rows, WedgeRow{names[g], t, e, y, n})
		}
	}
	return rows
}

func wedges() (out []setting) {
	for _, c := range []struct {
		j, periods int
		name       string
		effect     func(int) float64
	}{
		{28, 12, "no effect", func(int) float64 { return 0 }},
		{28, 12, "effect -2", func(int) float64 { return -2 }},
		{28, 12, "effect grows by -0.3 a month", func(e int) float64 { return -.3 * float64(e) }},
		{28, 12, "effect fades from -3 to nothing", func(e int) float64 { return -3 + .3*float64(e-1) }},
		{10, 8, "no effect", func(int) float64 { return 0 }},
		{10, 8, "effect -2", func(int) float64 { return -2 }},
		{10, 8, "effect grows by -0.3 a month", func(e int) float64 { return -.3 * float64(e) }},
	} {
		constant := c.effect(1) == c.effect(2)
		out = append(out, setting{
			group: "Stepped wedge", name: fmt.Sprintf("%d oblasts, %d months, %s", c.j, c.periods, c.name),
			methods: []string{
				"constant, Satterthwaite", "constant, Kenward-Roger", "constant, CR2", "average over time, Satterthwaite",
				"average over time, Kenward-Roger", "average over time, CR2", "group-time, jackknife", "permutation of dates",
			},
			claimed: []bool{constant, constant, constant, true, true, true, c.j > 10, constant}, share: 2,
			draw: func(r *rand.Rand) []covered {
				rows := trainedOrder(r, c.j, c.periods, c.effect)
				o := slices.Repeat([]covered{none()}, 8)
				w, err := SteppedWedge(rows)
				if err != nil {
					return o
				}
				truth := 0.0 // of the mean over the times since training that were estimated
				for _, e := range w.ByExposure {
					truth += c.effect(e.Exposure) / float64(len(w.ByExposure))
				}
				k, a := w.Constant, w.Average
				o[0], o[1], o[2] = covered{k.Mixed.CI, truth, k.Mixed.Estimate}, covered{k.Mixed.KR.CI, truth, k.Mixed.Estimate}, covered{k.Robust.CI, truth, k.Robust.Mean}
				o[3], o[4], o[5] = covered{a.Mixed.CI, truth, a.Mixed.Estimate}, covered{a.Mixed.KR.CI, truth, a.Mixed.Estimate}, covered{a.Robust.CI, truth, a.Robust.Mean}
				if g, err := GroupTimeEffects(rows); err == nil {
					own, n := 0.0, 0.0
					for _, e := range g.Comparisons {
						own += float64(e.Trained) * c.effect(e.Exposure)
						n += float64(e.Trained)
					}
					o[6] = covered{g.All.CI, own / n, g.All.Mean}
				}
				if p, err := WedgePermutation(rows, 500, r.Uint64()); err == nil {
					o[7] = covered{p.CI, truth, p.Estimate}
				}
				return o
			},
		})
	}
	return out
}

func shrunken() (out []setting) {
	for _, c := range []struct {
		groups  int
		between float64
	}{{6, .3}, {28, 0}, {28, .15}, {28, .4}} {
		out = append(out, setting{
			group: "Regions drawn towards their mean, one region of each draw", name: fmt.Sprintf("%d regions of 5 to 35, sd between %.2f", c.groups, c.between),
			methods: []string{"empirical Bayes, Morris", "its own mean"}, claimed: []bool{c.between >= .3, true},
			draw: func(r *rand.Rand) []covered {
				var v, truth []float64
				var g []string
				var size []float64
				for k := range c.groups {
					at := .3 + c.between*r.NormFloat64()
					truth = append(truth, at)
					n := 5 + r.IntN(31)
					size = append(size, float64(n))
					for range n {
						v, g = append(v, at+r.NormFloat64()), append(g, names[k])
					}
				}
				s := must(ShrinkGroups(v, g))
				one := s.Groups[r.IntN(c.groups)]
				k := slices.Index(names, one.Group)
				return []covered{{one.CI, truth[k], one.Estimate}, {around(one.Own, z975/math.Sqrt(size[k])), truth[k], one.Own}}
			},
		})
	}
	return out
}
