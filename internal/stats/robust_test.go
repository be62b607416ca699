package stats

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// figure is a number that a report would print, by name.
type figure struct {
	name  string
	value float64
}

// everything runs every method on one table of persons, gives the numbers that must be finite wherever there is no error,
// and the errors. Columns are pre, post, a third wave and a covariate; what a method allows to be undefined is left out.
func everything(pre, post, third, covariate []float64, cluster []string) (out []figure, errs []error) {
	add := func(method string, err error, values ...float64) {
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", method, err))
			return
		}
		for i, v := range values {
			out = append(out, figure{fmt.Sprint(method, " ", i), v})
		}
	}
	n := len(pre)
	d := minus(post, pre)
	or0 := func(x []float64) []float64 { // where one cluster alone decides, nothing is said
		x = slices.Clone(x)
		for i, v := range x {
			if math.IsNaN(v) {
				x[i] = 0
			}
		}
		return x
	}
	person, half := make([]string, n), make([]string, n)
	rows, design, ones := make([][]float64, n), make([][]float64, n), make([][]float64, n)
	yes, w, bits := make([]bool, n), make([]float64, n), make([][]float64, n)
	for i := range n {
		person[i], half[i] = fmt.Sprint("p", i/2), []string{"a", "b"}[i%2]
		rows[i], design[i], ones[i] = []float64{pre[i], post[i], third[i]}, []float64{1, covariate[i]}, []float64{covariate[i]}
		yes[i], w[i] = post[i] > pre[i], 1+float64(i%3)
		for _, v := range rows[i] {
			bits[i] = append(bits[i], float64(count(v > 1)))
		}
	}
	c, err := PairedChange(pre, post)
	add("PairedChange", err, c.Mean, c.SD, c.SE, c.T, c.P, c.CI.Low, c.CI.High)
	k, err := PairedClusteredChange(pre, post, cluster)
	add("PairedClusteredChange", err, k.Mean, k.SE, k.DF, k.T, k.P, k.CI.Low, k.CI.High, k.SECR0, k.SECR1, k.PCR1)
	m, err := MeanCR2(d, cluster, w)
	add("MeanCR2", err, m.Mean, m.SE, m.DF, m.P, m.CI.Low, m.CI.High)
	l, err := CohortLevelChange(pre, post, cluster)
	add("CohortLevelChange", err, l.Mean, l.SD, l.P, l.CI.Low)
	f, err := SignFlipExact(pre, post, cluster)
	add("SignFlipExact", err, f.P, f.PWild, f.Sum, f.TCR1)
	e, err := PairedEffects(pre, post)
	add("PairedEffects", err, e.DZ, e.GAv, e.DAvCI.Low, e.DAvCI.High, e.DZCI.Low, e.DZCI.High, e.GPre)
	g, err := PairedClusteredEffect(pre, post, cluster)
	add("PairedClusteredEffect", err, g.Mean, g.SE, g.P, g.CI.Low)
	i2, err := IndependentEffects(pre, post)
	add("IndependentEffects", err, i2.D, i2.G, i2.DCI.Low, i2.DCI.High)
	dom, err := PairedDominance(pre, post)
	add("PairedDominance", err, dom.D, dom.SE, dom.CI.Low, dom.CI.High)
	cl, err := CliffDelta(pre, post)
	add("CliffDelta", err, cl.Delta, cl.SE)
	wx, err := WilcoxonSignedRank(pre, post)
	add("WilcoxonSignedRank", err, wx.Pratt.P, wx.Pratt.Z, wx.SignP, wx.HodgesLehmann)
	cw, err := ClusteredWilcoxon(pre, post, cluster)
	add("ClusteredWilcoxon", err, cw.Z, cw.P)
	fr, err := FriedmanTest(rows)
	add("FriedmanTest", err, fr.ChiSquare, fr.P, fr.KendallW)
	co, err := CochranQ(bits)
	add("CochranQ", err, co.Q, co.P)
	mc, err := McNemarTest(column(bits, 0), column(bits, 1))
	add("McNemarTest", err, mc.Difference, mc.PExact, mc.PMid, mc.Newcombe.Low, mc.BonettPrice.Low, mc.Tango.Low, mc.Tango.High)
	re, err := ScaleReliability(rows)
	add("ScaleReliability", err, re.Alpha, re.SEM, re.AlphaCI.Low, re.AlphaCI.High, re.TotalSD)
	ia, err := AnalyseItems(bits)
	add("AnalyseItems", err, ia.KR20, ia.KR21, ia.SD)
	rc, err := ReliableChangeIndex(pre, post, .8, nan)
	add("ReliableChangeIndex", err, rc.SEM, rc.Threshold)
	ic, err := IntraclassCorrelation(d, cluster)
	add("IntraclassCorrelation", err, ic.ICC1, ic.F, ic.P, ic.ICC1CI.Low, ic.ICC1CI.High, ic.DesignEffect)
	at, err := CompareAttrition(AttritionData{Pre: pre, Post: third, Covariates: ones, Cluster: cluster, Scale: Interval{0, 5}})
	add("CompareAttrition", err, at.MeanChange, at.WeightedChange, at.WeightedChangeTruncated, at.KishN, at.Bounds.Low, at.NoChange)
	if err == nil {
		add("CompareAttrition clustered", nil, at.Weighted.SE, at.Weighted.CI.Low, at.TippingDelta)
	}
	lr, err := LeastSquares(d, design)
	add("LeastSquares", err, slices.Concat(lr.Coefficients, lr.SE, lr.P)...)
	r2, err := RegressionCR2(d, design, cluster, nil)
	add("RegressionCR2", err, slices.Concat(r2.Coefficients, or0(r2.SE), or0(r2.DF), or0(r2.P))...)
	for name, model := range map[string]GEEModel{"points": {}, "exchangeable": {Exchangeable: true}} {
		ge, err := GeneralisedEstimating(d, design, cluster, model)
		add("GeneralisedEstimating "+name, err, slices.Concat(ge.Coefficients, ge.SE, []float64{ge.Scale})...)
	}
	gb, err := GeneralisedEstimating(column(bits, 1), design, cluster, GEEModel{Binomial: true, Exchangeable: true})
	add("GeneralisedEstimating binomial", err, slices.Concat(gb.Coefficients, gb.SE)...)
	lo, err := LogisticRegression(yes, filled(design))
	add("LogisticRegression", err, slices.Concat(lo.Coefficients, lo.SE, []float64{lo.Deviance})...)
	or, err := OrdinalRegression(post, ones, cluster)
	add("OrdinalRegression", err, slices.Concat(or.Thresholds, or.Coefficients, or.SE, or.SECluster)...)
	mm, err := MixedModel(post, design, [][]string{cluster, person}, [][]float64{{0, 1}})
	if err == nil {
		q := mm.Contrasts[0]
		add("MixedModel", nil, q.Estimate, q.SE, q.P, q.CI.Low, q.DF, q.KR.SE, q.KR.DF, mm.Residual, mm.REMLCriterion, mm.Variances[0])
	} else {
		add("MixedModel", err)
	}
	cb, err := ClusterBootstrap(pre, post, cluster, Moments.MeanChange, Resamples(max(1, groupChange(pre, post, cluster).count()), 20, 1))
	add("ClusterBootstrap", err, cb.Estimate, cb.SE, cb.Percentile.Low, cb.Percentile.High)
	sh, err := ShrinkGroups(d, cluster)
	add("ShrinkGroups", err, sh.Mean, sh.Between)
	for _, one := range sh.Groups {
		add("ShrinkGroups", err, one.Estimate, one.SE)
	}
	var wedge []WedgeRow
	for i := range n {
		wedge = append(wedge, WedgeRow{cluster[i], i % 5, max(0, i%5-len(cluster[i])%4), post[i], w[i]})
	}
	sw, err := SteppedWedge(wedge)
	add("SteppedWedge", err, sw.Constant.Mixed.Estimate, sw.Constant.Mixed.SE, or0([]float64{sw.Constant.Robust.SE})[0], sw.Average.Mixed.Estimate, sw.Average.Mixed.SE)
	wp, err := WedgePermutation(wedge, 50, 1)
	add("WedgePermutation", err, wp.Estimate, wp.P)
	gt, err := GroupTimeEffects(wedge)
	add("GroupTimeEffects", err, gt.All.Mean)
	return out, errs
}

// filled has 0 where nothing was said.
func filled(x [][]float64) [][]float64 {
	out := make([][]float64, len(x))
	for i, r := range x {
		for _, v := range r {
			if math.IsNaN(v) {
				v = 0
			}
			out[i] = append(out[i], v)
		}
	}
	return out
}

var known = []error{ErrTooFew, ErrTooMany, ErrConstant, ErrNoFit, ErrRange, ErrContradiction}

// odd values: ties, gaps, the largest and the smallest numbers, what cannot be written exactly.
var odd = []float64{0, 1, 2, 3, 4, 5, nan, 0.1, 0.3, 1e300, -1e300, 5e-324, 1e-310, 1e-160, 1e-45, 1e49, -1e30, 1e15, 1e15 + 1, math.Inf(1)}

// table turns bytes into a table: the first says which values there are, the second how many clusters.
func oddTable(b []byte) (columns [4][]float64, cluster []string) {
	from := int(b[0]/16) % len(odd)
	values := slices.Concat(odd, odd)[from : from+2+int(b[0]%16)%6]
	for i := 2; i+4 < len(b); i += 5 {
		for c := range columns {
			columns[c] = append(columns[c], values[int(b[i+c])%len(values)])
		}
		name := fmt.Sprint("c", int(b[i+4])%(1+int(b[1])%9))
		if b[i+4] == 255 {
			name = ""
		}
		cluster = append(cluster, name)
	}
	return columns, cluster
}

func checkTable(t *testing.T, b []byte) {
	columns, cluster := oddTable(b)
	if len(cluster) == 0 {
		return
	}
	figures, errs := everything(columns[0], columns[1], columns[2], columns[3], cluster)
	for _, f := range figures {
		if math.IsNaN(f.value) || math.IsInf(f.value, 0) {
			t.Fatalf("%s is %v for %v in %v", f.name, f.value, columns, cluster)
		}
	}
	for _, err := range errs {
		if !slices.ContainsFunc(known, func(k error) bool { return errors.Is(err, k) }) {
			t.Errorf("an error of no kind: %v", err)
		}
	}
}

// Whatever the data, a method gives finite numbers or says why it gives none.
func TestNothingUndefinedIsPassedOff(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 400 {
		b := make([]byte, 2+5*(1+r.IntN(30)))
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		checkTable(t, b)
		if t.Failed() {
			return
		}
	}
}

func FuzzEverything(f *testing.F) {
	f.Add([]byte{1, 3, 0, 1, 2, 3, 0, 1, 2, 3, 4, 1, 2, 2, 5, 0, 2, 3, 4, 1, 1, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) < 7 || len(b) > 300 {
			return
		}
		checkTable(t, b)
	})
}

// Names of cohorts and persons are only names, and points may be counted in tenths: tests and standardised sizes stay.
func TestNamesAndUnitsDoNotMatter(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 9))
	for range 30 {
		x, y, g := study(r, 3+r.IntN(8), 6, .6, .1, false)
		tenth, renamed := [2][]float64{slices.Clone(x), slices.Clone(y)}, make([]string, len(g))
		for i := range x {
			tenth[0][i], tenth[1][i] = 10*x[i], 10*y[i]
			renamed[i] = "z" + g[i][1:] + "é"
		}
		a, b := unitFree(x, y, g), unitFree(tenth[0], tenth[1], renamed)
		if !alike(a, b) {
			t.Fatalf("as it is %v, in tenths under other names %v", a, b)
		}
		order := r.Perm(len(x))
		shuffled := make([]string, len(g))
		for k, i := range order {
			shuffled[k] = g[i]
		}
		if c := unitFree(pick(x, order), pick(y, order), shuffled); !alike(a, c) {
			t.Fatalf("in order %v, shuffled %v", a, c)
		}
	}
}

// unitFree is what does not depend on the unit: tests, degrees of freedom, standardised sizes.
func unitFree(x, y []float64, g []string) (out []float64) {
	k := must(PairedClusteredChange(x, y, g))
	e := must(PairedEffects(x, y))
	c := must(PairedClusteredEffect(x, y, g))
	w := must(ClusteredWilcoxon(x, y, g))
	s := must(SignFlipExact(x, y, g))
	out = append(out, k.T, k.DF, k.P, e.GAv, e.DZCI.Low, e.GAvCI.High, c.Mean, c.SE, c.DF, w.Z, w.PExact, s.P, s.PWild)
	var long []float64
	var design [][]float64
	var cohort, person, both []string
	for i := range x {
		for wave, v := range []float64{x[i], y[i]} {
			long, design = append(long, v), append(design, []float64{1, float64(wave)})
			cohort, person, both = append(cohort, g[i]), append(person, fmt.Sprint("p", i)), append(both, fmt.Sprint(g[i], wave))
		}
	}
	m := must(MixedModel(long, design, [][]string{cohort, person, both}, [][]float64{{0, 1}}))
	q := m.Contrasts[0]
	return append(out, q.T, q.DF, q.KR.T, q.KR.DF, m.Variances[0]/m.Residual, m.Variances[1]/m.Residual)
}

func TestStoppedWorkSaysSo(t *testing.T) {
	x, y, g := cohorts(12, 5, 2)
	ctx, cancel := context.WithCancel(t.Context())
	seen := 0
	w := Work{Context: ctx, Progress: func(done, total int) {
		if seen = done; done >= 512 {
			cancel()
		}
		if total != 5000 {
			t.Errorf("total %d", total)
		}
	}}
	_, err := w.ClusterBootstrap(x, y, g, Moments.GAv, Resamples(12, 5000, 1))
	if !errors.Is(err, context.Canceled) || seen != 512 {
		t.Errorf("stopped at %d with %v", seen, err)
	}
	if _, err := w.SimulateDetectable(Plan{N: 60, Clusters: 6}, 5000, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestAStudyThatCannotBeIsRefused(t *testing.T) {
	wedge := func(rows ...WedgeRow) error { _, err := SteppedWedge(rows); return err }
	row := func(c string, period, exposure int, y float64) WedgeRow { return WedgeRow{c, period, exposure, y, 1} }
	for name, tc := range map[string]struct{ got, want error }{
		"one oblast":                 {wedge(row("a", 1, 0, 3), row("a", 2, 1, 4)), ErrTooFew},
		"one period":                 {wedge(row("a", 1, 0, 3), row("b", 1, 1, 4)), ErrTooFew},
		"all trained":                {wedge(row("a", 1, 1, 3), row("a", 2, 2, 4), row("b", 1, 1, 5), row("b", 2, 2, 6)), ErrTooFew},
		"none trained":               {wedge(row("a", 1, 0, 3), row("a", 2, 0, 4), row("b", 1, 0, 5), row("b", 2, 0, 6)), ErrTooFew},
		"all trained on one day":     {wedge(row("a", 1, 0, 3), row("a", 2, 1, 4), row("b", 1, 0, 5), row("b", 2, 1, 6)), ErrTooFew},
		"a constant outcome":         {wedge(row("a", 1, 0, 3), row("a", 2, 1, 3), row("b", 1, 0, 3), row("b", 2, 0, 3)), ErrConstant},
		"trained and untrained":      {wedge(row("a", 1, 1, 3), row("a", 2, 0, 4), row("b", 1, 0, 5), row("b", 2, 0, 6)), ErrContradiction},
		"two dates in one oblast":    {wedge(row("a", 1, 0, 3), row("a", 2, 1, 4), row("a", 3, 1, 4), row("b", 1, 0, 6)), ErrContradiction},
		"a plan with half a cohort":  {second(MinimalDetectable(Plan{N: 5, Clusters: 9})), ErrRange},
		"a plan that loses everyone": {second(MinimalDetectable(Plan{N: 50, Loss: 1})), ErrRange},
		"a correlation of 2":         {second(MinimalDetectable(Plan{N: 50, Correlation: 2})), ErrRange},
		"three groups to shrink":     {second(Shrink([]string{"a", "b", "c"}, []float64{1, 2, 3}, []float64{1, 1, 1})), ErrTooFew},
	} {
		if !errors.Is(tc.got, tc.want) {
			t.Errorf("%s: got %v, want %v", name, tc.got, tc.want)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// With equal variances the estimates are those of James and Stein: B = (k-3)V/S.
func TestShrinkageIsJamesAndStein(t *testing.T) {
	y := []float64{1, 3, 6, 10, 2}
	s := must(Shrink([]string{"a", "b", "c", "d", "e"}, y, []float64{2, 2, 2, 2, 2}))
	m, ss := 4.4, variance(y)*4
	for i, g := range s.Groups {
		if want := m + (1-2*2/ss)*(y[i]-m); !near(g.Estimate, want, 1e-9) {
			t.Errorf("%s: got %v, want %v", g.Group, g.Estimate, want)
		}
	}
}

func TestFormulaAndSimulationOfAPlanAgree(t *testing.T) {
	for _, p := range []Plan{
		{N: 560, Clusters: 28, ICC: .05, CV: .3}, {N: 560, Clusters: 28, ICC: .1, Loss: .3, Power: .9}, {N: 40}, {N: 90, Clusters: 6, ICC: .02},
	} {
		d, s := must(MinimalDetectable(p)), must(SimulateDetectable(p, 6000, 3))
		if math.Abs(s.SDs-d.SDs) > .05*d.SDs || s.Around.Low > s.SDs || s.Around.High < s.SDs {
			t.Errorf("%+v: formula %.4f, simulation %.4f %v", p, d.SDs, s.SDs, s.Around)
		}
	}
	curve := must(DetectableCurve(Plan{ICC: .05}, []int{14, 28}, []int{10, 20, 40}))
	for i, p := range curve {
		if i%3 > 0 && p.SDs >= curve[i-1].SDs || i >= 3 && p.SDs >= curve[i-3].SDs {
			t.Errorf("more buys nothing: %+v", curve)
		}
	}
}
