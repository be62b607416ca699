package stats

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"
	"testing"

	"pgregory.net/rapid"
)

var nan = math.NaN()

func TestTooLittleDataIsRefused(t *testing.T) {
	three := []float64{1, 2, 4}
	names := []string{"a", "b", "c"}
	for name, tc := range map[string]struct {
		run  func() error
		want error
	}{
		"no pair": {func() error { _, err := PairedChange(nil, nil); return err }, ErrTooFew},
		"one complete pair": {
			func() error { _, err := PairedChange([]float64{1, 2, nan}, []float64{2, nan, 3}); return err }, ErrTooFew},
		"everyone changes alike": {
			func() error { _, err := PairedChange(three, []float64{2, 3, 5}); return err }, ErrConstant},
		"changes alike but for rounding": {
			func() error { _, err := PairedEffects([]float64{1, 2, 4}, []float64{1.1, 2.1, 4.1}); return err }, ErrConstant},
		"a tenth for everyone, in two cohorts": {
			func() error {
				_, err := PairedClusteredChange([]float64{67.2, 1.3, 80}, []float64{67.3, 1.4, 80.1}, []string{"a", "b", "b"})
				return err
			}, ErrConstant},
		"two pairs have no standardised size": {
			func() error { _, err := PairedEffects(three[:2], []float64{5, 1}); return err }, ErrTooFew},
		"one cluster": {
			func() error {
				_, err := PairedClusteredChange(three, []float64{3, 3, 9}, []string{"a", "a", "a"})
				return err
			}, ErrTooFew},
		"clusters with no name are left out": {
			func() error {
				_, err := PairedClusteredChange(three, []float64{3, 3, 9}, []string{"a", "", ""})
				return err
			}, ErrTooFew},
		"cohort means alike": {
			func() error { _, err := CohortLevelChange(three, []float64{2, 3, 5}, names); return err }, ErrConstant},
		"seventeen cohorts are too many to enumerate": {
			func() error {
				x, y, g := cohorts(17, 2, 1)
				_, err := SignFlipExact(x, y, g)
				return err
			}, ErrTooMany},
		"nobody changed": {func() error { _, err := WilcoxonSignedRank(three, three); return err }, ErrTooFew},
		"nobody lost": {
			func() error {
				_, err := CompareAttrition(AttritionData{Pre: three, Post: three, Covariates: [][]float64{{1}, {2}, {4}}})
				return err
			}, ErrTooFew},
		"a covariate tells exactly who is lost": {
			func() error {
				_, err := CompareAttrition(AttritionData{
					Pre: []float64{1, 2, 3, 4, 5, 6}, Post: []float64{nan, nan, nan, 4, 5, 7},
					Covariates: [][]float64{{1}, {2}, {3}, {4}, {5}, {6}},
				})
				return err
			}, ErrNoFit},
		"one item is no scale": {
			func() error { _, err := ScaleReliability([][]float64{{1}, {2}, {3}}); return err }, ErrTooFew},
		"an item that everyone answers alike": {
			func() error { _, err := ScaleReliability([][]float64{{1, 2}, {1, 3}, {1, 4}}); return err }, ErrConstant},
		"no person": {func() error { _, err := ProportionCI(0, 0); return err }, ErrTooFew},
		"one replicate": {func() error {
			_, err := ClusterBootstrapRows(names, func([]int) float64 { return 0 }, [][]int{{1, 2, 3}})
			return err
		}, ErrTooFew},
		"an answer of 2 to yes or no": {func() error { _, err := McNemarTest([]float64{0, 2}, []float64{1, 1}); return err }, ErrRange},
		"a reliability above 1":       {func() error { _, err := ReliableChangeIndex(three, three, 1.2, nan); return err }, ErrRange},
		"a score of 1e300":            {func() error { _, err := PairedChange([]float64{1, 2, 1e300}, three); return err }, ErrRange},
		"a weight of nothing":         {func() error { _, err := MeanCR2(three, names, []float64{1, 0, 1}); return err }, ErrRange},
		"a column twice": {
			func() error {
				_, err := LeastSquares([]float64{1, 2, 4, 5}, [][]float64{{1, 2, 2}, {1, 3, 3}, {1, 5, 5}, {1, 6, 6}})
				return err
			}, ErrNoFit},
	} {
		t.Run(name, func(t *testing.T) {
			if err := tc.run(); !errors.Is(err, tc.want) {
				t.Errorf("got %v, want %v", err, tc.want)
			}
		})
	}
}

func TestSlicesOfDifferentLengthPanic(t *testing.T) {
	for name, run := range map[string]func(){
		"pairs":    func() { _, _ = PairedChange([]float64{1}, []float64{1, 2}) },
		"clusters": func() { _, _ = MeanCR2([]float64{1, 2}, []string{"a"}, nil) },
		"weights":  func() { _, _ = MeanCR2([]float64{1, 2}, []string{"a", "b"}, []float64{1}) },
		"rows":     func() { _, _ = ScaleReliability([][]float64{{1, 2}, {1}}) },
		"cluster 3 of 2": func() {
			_, _ = ClusterBootstrap([]float64{1, 2}, []float64{2, 4}, []string{"a", "b"}, Moments.MeanChange, [][]int{{1, 3}, {1, 2}})
		},
		"more than all": func() { _, _ = ProportionCI(3, 2) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("did not panic")
				}
			}()
			run()
		})
	}
}

func TestByHand(t *testing.T) {
	x, y := []float64{1, 2, 3, 4}, []float64{2, 2, 5, 7} // changes 1, 0, 2, 3
	change := must(PairedChange(x, y))
	dominance := must(PairedDominance(x, y))
	rank := must(WilcoxonSignedRank(x, y))
	two := must(PairedClusteredChange(x, y, []string{"a", "a", "b", "b"})) // cluster means 0.5 and 2.5
	flip := must(SignFlipExact(x, y, []string{"a", "a", "b", "b"}))
	mc := must(McNemarTest([]float64{0, 0, 0, 1}, []float64{1, 1, 0, 1}))
	quarter := must(ProportionCI(0, 10))
	for name, v := range map[string][2]float64{
		"mean change":                          {change.Mean, 1.5},
		"sd of the change":                     {change.SD, math.Sqrt(5.0 / 3)},
		"two of three moved up, one stayed":    {dominance.D, 0.75},
		"ranks of the rises":                   {rank.Dropped.WPlus, 6},
		"Pratt keeps the rank of the zero":     {rank.Pratt.WPlus, 9},
		"all three up: 2 of 8 sign vectors":    {rank.Dropped.PExact, 0.25},
		"median of 0,.5,1,1,1.5,1.5,2,2,2.5,3": {rank.HodgesLehmann, 1.5},
		"two equal clusters: df 1":             {two.DF, 1},
		"CR2 is the t of two cluster means":    {two.SE, 1},
		"two vectors of four reach the sum":    {flip.P, 0.5},
		"two gained, none lost":                {mc.PExact, 0.5},
		"mid p is half of it":                  {mc.PMid, 0.25},
		"odds without a loss":                  {mc.OddsRatio, math.Inf(1)},
		"none of ten, exact: 1-.025^(1/10)":    {quarter.ClopperPearson.High, 1 - math.Pow(.025, .1)},
		"no event: -log(.025)":                 {CountCI(0).CI.High, -math.Log(.025)},
		"t with 1 degree of freedom":           {studentQuantile(.975, 1), math.Tan(math.Pi * .475)},
		"t with 2 degrees of freedom":          {studentP(math.Sqrt2, 2), 1 - math.Sqrt2/math.Sqrt(4)},
		"noncentral t without noncentrality":   {noncentralT(1.3, 7, 0), 1 - studentP(1.3, 7)/2},
		"J of 2 degrees of freedom":            {HedgesJ(2), 1 / math.Sqrt(math.Pi)},
		"type 7 quantile":                      {quantile([]float64{4, 1, 3, 2}, .25), 1.75},
	} {
		if !near(v[0], v[1], 1e-12) {
			t.Errorf("%s: got %.15g, want %.15g", name, v[0], v[1])
		}
	}
}

func TestAdjustmentLeavesOutWhatIsMissing(t *testing.T) {
	got := Holm([]float64{.04, nan, .01, .03})
	want := []float64{.06, nan, .03, .06}
	for i := range want {
		if !near(got[i], want[i], 1e-12) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}

func TestSeedGivesTheSameDraws(t *testing.T) {
	got := fmt.Sprint(Resamples(5, 3, 2026))
	if want := "[[3 4 1 3 5] [3 3 3 2 4] [2 1 2 5 4]]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	seen := make([]int, 4)
	for _, row := range Resamples(4, 5000, 1) {
		for _, k := range row {
			seen[k-1]++
		}
	}
	for k, n := range seen {
		if math.Abs(float64(n)-5000) > 300 { // five standard deviations
			t.Errorf("cluster %d drawn %d times of 20,000", k+1, n)
		}
	}
}

func TestBCaIsUndefinedWhereTheJackknifeIsConstant(t *testing.T) {
	g := []string{"a", "b", "c", "d"}
	b := must(ClusterBootstrapRows(g, func([]int) float64 { return 3 }, Resamples(4, 50, 1)))
	if !math.IsNaN(b.BCa.Low) || !math.IsNaN(b.Acceleration) || b.Percentile != (Interval{3, 3}) {
		t.Errorf("got %+v", b)
	}
}

func TestOneFactorFindsKnownLoadings(t *testing.T) {
	want := []float64{.9, .7, .5, .3}
	r := make([][]float64, 4)
	for i := range r {
		r[i] = make([]float64, 4)
		for j := range r {
			r[i][j] = want[i] * want[j]
		}
		r[i][i] = 1
	}
	for i, l := range oneFactor(r) {
		if !near(l, want[i], 1e-9) {
			t.Errorf("loading %d: got %v, want %v", i, l, want[i])
		}
	}
}

func TestNetworkByHand(t *testing.T) {
	a := [][]bool{ // 0 -> 1 -> 2, 1 <- 2, and 3 alone
		{true, true, false, false},
		{false, false, true, false},
		{false, true, false, false},
		{false, false, false, false},
	}
	w := must(DescribeNetwork(a, []string{"school", "school", "police", "police"}))
	if w.Arcs != 3 || w.Mutual != 1 || w.Isolates != 1 || w.Components != 2 || w.Edges != 2 || w.Transitivity != 0 {
		t.Errorf("got %+v", w)
	}
	if want := []float64{0, 1, 0, 0}; !slices.Equal(w.Betweenness, want) {
		t.Errorf("betweenness %v, want %v", w.Betweenness, want)
	}
	if w.Internal != 1 || w.External != 2 || !near(w.EI, 1.0/3, 1e-12) {
		t.Errorf("internal %d, external %d, E-I %v", w.Internal, w.External, w.EI)
	}
}

func TestPermutationsHoldEveryActorOnce(t *testing.T) {
	for _, p := range Permutations(9, 40, 3) {
		if got := slices.Sorted(slices.Values(p)); !slices.Equal(got, []int{1, 2, 3, 4, 5, 6, 7, 8, 9}) {
			t.Fatalf("got %v", p)
		}
	}
}

// On balanced data the model has the answer of the analysis of variance, and a grouping that explains nothing is held at 0.
func TestMixedModelOnBalancedData(t *testing.T) {
	var y []float64
	var x [][]float64
	var person, coin []string
	for i, v := range []float64{3, 5, 2, 7, 4, 4, 9, 6} {
		for wave := range 2 {
			y = append(y, v+float64(wave)*(1+float64(i*i%3)))
			x = append(x, []float64{1, float64(wave)})
			person = append(person, fmt.Sprint("person ", i))
			coin = append(coin, fmt.Sprint("side ", i*i%2)) // means of 4.5 and 5.5
		}
	}
	m := must(MixedModel(y, x, [][]string{person}, [][]float64{{0, 1}}))
	c := must(PairedChange([]float64{y[0], y[2], y[4], y[6], y[8], y[10], y[12], y[14]}, []float64{y[1], y[3], y[5], y[7], y[9], y[11], y[13], y[15]}))
	k := m.Contrasts[0]
	if !near(k.Estimate, c.Mean, 1e-9) || !near(k.SE, c.SE, 1e-8) || !near(k.DF, 7, 1e-6) || !near(k.KR.SE, c.SE, 1e-8) || !near(k.KR.DF, 7, 1e-6) {
		t.Errorf("got %+v, want %+v", k, c)
	}
	b := must(MixedModel(y, x, [][]string{person, coin}, nil))
	if b.Variances[1] != 0 || !near(b.Variances[0], m.Variances[0], 1e-7) {
		t.Errorf("variances %v, want %v and 0", b.Variances, m.Variances)
	}
}

func TestMixedModelFindsTheLowestCriterion(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		pre, post, g := sample(rt)
		var y []float64
		var x [][]float64
		var cohort, person []string
		for i := range pre {
			for wave, v := range []float64{pre[i], post[i], pre[i] - post[i]/2} {
				if wave == 2 && i%3 == 0 {
					v = nan
				}
				y, x = append(y, v), append(x, []float64{1, float64(count(wave == 1)), float64(count(wave == 2))})
				cohort, person = append(cohort, g[i]), append(person, fmt.Sprint(i))
			}
		}
		both := [][]string{cohort, person}
		m, err := MixedModel(y, x, both, [][]float64{{0, 0, 1}})
		if errors.Is(err, ErrConstant) {
			rt.Skip(err)
		}
		if err != nil {
			rt.Fatalf("no fit: %v", err)
		}
		for _, f := range []float64{.9, 1.1} { // no better answer close by
			for k := range 3 {
				other := must(newMixed(y, x, nil, both))
				copy(other.sigma, m.Variances)
				other.residual = m.Residual
				if k == 2 {
					other.residual *= f
				} else {
					other.sigma[k] = f*other.sigma[k] + .01*(f-.9)*m.Residual
				}
				if s, ok := other.evaluate(); ok && s.criterion < m.REMLCriterion-1e-6 {
					rt.Errorf("criterion %v beside %v", s.criterion, m.REMLCriterion)
				}
			}
		}
	})
}

// sample draws between 8 and 40 pairs of Likert sums in three to six cohorts.
func sample(rt *rapid.T) (x, y []float64, g []string) {
	n := rapid.IntRange(8, 40).Draw(rt, "n")
	j := rapid.IntRange(3, 6).Draw(rt, "j")
	for i := range n {
		x = append(x, float64(rapid.IntRange(0, 20).Draw(rt, "x")))
		y = append(y, float64(rapid.IntRange(0, 20).Draw(rt, "y")))
		g = append(g, fmt.Sprint("cohort ", i%j))
	}
	return x, y, g
}

// headline is every number that must not depend on the order of persons.
func headline(x, y []float64, g []string) []float64 {
	var out []float64
	if c, err := PairedChange(x, y); err == nil {
		out = append(out, c.Mean, c.SD, c.SE, c.P, c.CI.Low, c.CI.High)
	}
	if c, err := PairedClusteredChange(x, y, g); err == nil {
		out = append(out, c.Mean, c.SE, c.DF, c.SECR0, c.SECR1, c.CI.Low)
	}
	if c, err := CohortLevelChange(x, y, g); err == nil {
		out = append(out, c.Mean, c.SD, c.P)
	}
	if c, err := SignFlipExact(x, y, g); err == nil {
		out = append(out, c.P, c.PWild)
	}
	if w, err := WilcoxonSignedRank(x, y); err == nil {
		out = append(out, w.HodgesLehmann, w.Pratt.PExact, w.Pratt.WPlus, w.Dropped.PExact, w.SignP)
	}
	if d, err := PairedDominance(x, y); err == nil {
		out = append(out, d.D, d.SE)
	}
	if i, err := IntraclassCorrelation(minus(y, x), g); err == nil {
		out = append(out, i.N0, i.MSWithin)
	}
	return out
}

func alike(a, b []float64) bool {
	return slices.EqualFunc(a, b, func(v, w float64) bool { return near(v, w, 1e-8) || math.Abs(v-w) < 1e-8 })
}

func TestOrderOfPersonsDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		x, y, g := sample(rt)
		order := make([]int, len(x))
		for i := range order {
			order[i] = i
		}
		order = rapid.Permutation(order).Draw(rt, "order")
		h := make([]string, len(g))
		for k, i := range order {
			h[k] = g[i]
		}
		a, b := headline(x, y, g), headline(pick(x, order), pick(y, order), h)
		if !alike(a, b) {
			rt.Errorf("in order %v, shuffled %v", a, b)
		}
	})
}

func TestAPointForEveryoneDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		x, y, g := sample(rt)
		by := float64(rapid.IntRange(-50, 50).Draw(rt, "shift"))
		up := func(v []float64) []float64 {
			out := slices.Clone(v)
			for i := range out {
				out[i] += by
			}
			return out
		}
		if a, b := headline(x, y, g), headline(up(x), up(y), g); !alike(a, b) {
			rt.Errorf("as it is %v, shifted %v", a, b)
		}
	})
}

func TestClosedFormIsTheRegressionOnAnIntercept(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		x, y, g := sample(rt)
		d := minus(y, x)
		if rapid.Bool().Draw(rt, "one alone") {
			g[0] = "alone"
		}
		ones, w := make([][]float64, len(d)), make([]float64, len(d))
		for i := range ones {
			ones[i], w[i] = []float64{1}, rapid.Float64Range(.5, 4).Draw(rt, "w")
		}
		if rapid.Bool().Draw(rt, "equal weights") {
			w = nil
		}
		a, err := MeanCR2(d, g, w)
		if err != nil {
			rt.Skip(err)
		}
		b := must(RegressionCR2(d, ones, g, w))
		if !near(a.SE, b.SE[0], 1e-8) || !near(a.DF, b.DF[0], 1e-8) || math.Abs(a.Mean-b.Coefficients[0]) > 1e-9 {
			rt.Errorf("closed %+v, regression %+v", a, b)
		}
	})
}

func TestEqualWeightsAreNoWeights(t *testing.T) {
	x, y, g := cohorts(6, 5, 3)
	w := make([]float64, len(x))
	for i := range w {
		w[i] = 2.5
	}
	a, b := must(MeanCR2(minus(y, x), g, nil)), must(MeanCR2(minus(y, x), g, w))
	if !near(a.SE, b.SE, 1e-12) || !near(a.DF, b.DF, 1e-12) {
		t.Errorf("without %+v, with %+v", a, b)
	}
}

func TestMomentsGiveWhatTheRowsGive(t *testing.T) {
	x, y, g := cohorts(9, 6, 5)
	rows := func(at []int) float64 {
		return must(PairedEffects(pick(x, at), pick(y, at))).GAv
	}
	draws := Resamples(9, 60, 4)
	a := must(ClusterBootstrap(x, y, g, Moments.GAv, draws))
	b := must(ClusterBootstrapRows(g, rows, draws))
	if !near(a.SE, b.SE, 1e-10) || !near(a.BCa.Low, b.BCa.Low, 1e-10) || !near(a.BCa.High, b.BCa.High, 1e-10) {
		t.Errorf("moments %+v, rows %+v", a, b)
	}
}

func TestWalshMedianIsTheMedianOfAllMeans(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := rapid.SliceOfN(rapid.Float64Range(-9, 9), 1, 30).Draw(rt, "d")
		var all []float64
		for i := range d {
			for j := range i + 1 {
				all = append(all, (d[i]+d[j])/2)
			}
		}
		sort.Float64s(all)
		want := (all[(len(all)-1)/2] + all[len(all)/2]) / 2
		if got := walshMedian(d); got != want {
			rt.Errorf("got %v, want %v", got, want)
		}
	})
}

func TestConvolutionIsTheEnumeration(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := rapid.SliceOfN(rapid.IntRange(-4, 4), 1, 10).Draw(rt, "d")
		var v []float64
		for _, k := range d {
			if k != 0 {
				v = append(v, float64(k))
			}
		}
		if len(v) == 0 {
			rt.Skip("no change")
		}
		s := signedRank(v)
		size := make([]float64, len(v))
		for i := range v {
			size[i] = math.Abs(v[i])
		}
		ranks, hits := midranks(size), 0
		for m := range 1 << len(v) {
			w := 0.0
			for i, r := range ranks {
				w += r * float64(m>>i&1)
			}
			hits += count(math.Abs(w-s.Mean) >= math.Abs(s.WPlus-s.Mean))
		}
		if want := float64(hits) / float64(int(1)<<len(v)); !near(s.PExact, want, 1e-12) {
			rt.Errorf("got %v, want %v", s.PExact, want)
		}
	})
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// cohorts makes n persons in each of j cohorts whose change differs by person and cohort.
func cohorts(j, n int, seed uint64) (x, y []float64, g []string) {
	draws := Resamples(1000, j+1, seed)
	for c := range j {
		for i := range n {
			v := draws[c][i%1000]
			x = append(x, float64(draws[j][(c*n+i)%1000])/10)
			y = append(y, x[len(x)-1]+5+float64(v)/200+float64(draws[c][999])/500)
			g = append(g, fmt.Sprint("cohort ", c))
		}
	}
	return x, y, g
}
