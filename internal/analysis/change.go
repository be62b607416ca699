package analysis

import (
	"math"

	"strengthen/internal/stats"
	"strengthen/internal/study"
	"strengthen/internal/survey"
)

// What is printed when; docs/statistics.md says where each interval holds.
const (
	fewestGroups = 4  // below, nothing is inferred
	flipsUpTo    = 16 // groups for which all signs can be tried
	bootFrom     = 28 // groups from which the cluster bootstrap of g_av holds its level
	pairsFrom    = 50 // pairs from which Newcombe's and Tango's intervals hold
)

// pairs are the scores of everybody measured in the first wave who has a second score or is lost: NaN where the second is missing.
type pairs struct {
	people   []*Person
	from, to []float64
	group    []string
	tally    map[string]int // how those stand who have a first score and no second
	open     int
}

// pairsOf leaves out those whose turn has not come, who can still answer, and who are not asked at all: they are not lost.
func pairsOf(people []Person, outcome int, c study.Contrast) pairs {
	x := pairs{tally: map[string]int{}}
	i, j := at(c.From), at(c.To)
	for k := range people {
		p := &people[k]
		a, b := p.Scores[outcome][i], p.Scores[outcome][j]
		if math.IsNaN(a) {
			continue
		}
		if math.IsNaN(b) {
			s := standing(*p, j)
			x.tally[string(s)]++
			if s == survey.Open || s == survey.NotDue {
				x.open++
			}
			if !s.Lost() {
				continue
			}
		}
		x.people, x.from, x.to, x.group = append(x.people, p), append(x.from, a), append(x.to, b), append(x.group, p.Group)
	}
	return x
}

// standing says how somebody stands who has no score in a wave. Who answered gave too little for this outcome.
func standing(p Person, wave int) survey.Standing {
	if p.Standing[wave] == "" && survey.Waves()[wave] == survey.RetroPre {
		wave = at(survey.Post) // asked in the same sitting
	}
	return stands(p.Standing[wave])
}

// complete are the pairs with both scores.
func (x pairs) complete() (from, to []float64, group []string) {
	for i := range x.from {
		if !math.IsNaN(x.to[i]) {
			from, to, group = append(from, x.from[i]), append(to, x.to[i]), append(group, x.group[i])
		}
	}
	return from, to, group
}

func newChange(o study.Outcome, c study.Contrast) Change {
	nan, no := None(), cannot(FewPeople)
	return Change{
		Outcome: o.ID, From: c.From, To: c.To, MeanFrom: nan, SDFrom: nan, MeanTo: nan, SDTo: nan, Correlation: nan, ICC: nan, Design: nan,
		Headline: no, CR2: no, Cohort: no, PFamily: nan, Size: no, DZ: nan, DRm: nan, DPre: nan, Better: nan, Same: nan, Worse: nan,
		Dominance: no, Median: nan, RankP: nan, Missing: noMissing(NobodyLost), By: map[string][]Part{}, Shrunk: map[string]Shrunk{},
	}
}

// change computes everything about one outcome and one contrast.
func (e *engine) change(outcome int, c study.Contrast) Change {
	o := e.plan.Outcomes[outcome]
	r := newChange(o, c)
	r.Main = c == e.plan.Primary
	if r.Family = study.SecondaryRole; r.Main {
		r.Family = o.Role
	}
	x := pairsOf(e.data.People, outcome, c)
	a, b, g := x.complete()
	r.Measured, r.N, r.Lost, r.Open, r.Tally = len(x.from), len(a), len(x.from)-len(a), x.open, x.tally
	if r.Groups = count(g); r.N < 2 {
		if r.Lost > 0 && r.N == 0 {
			r.fail(AllLost)
		}
		return r
	}
	d := differences(a, b)
	r.MeanFrom, r.SDFrom, r.MeanTo, r.SDTo = Number(mean(a)), Number(sd(a)), Number(mean(b)), Number(sd(b))
	r.CR2, r.Cohort = e.inference(a, b, g)
	r.spread(a, b, d, g)
	e.sizes(&r, a, b, g)
	r.counts(d, g, e.independent)
	e.scaleSpecific(&r, o, a, b, g)
	r.Missing = e.missing(o, x, r)
	r.Headline = e.headline(r)
	r.Smallest = verdict(r.Headline, o)
	return r
}

// fail says of all estimates why there are none.
func (r *Change) fail(w Why) {
	r.Headline, r.CR2, r.Cohort, r.Size, r.Dominance = cannot(w), cannot(w), cannot(w), cannot(w), cannot(w)
}

func differences(a, b []float64) []float64 {
	d := make([]float64, len(a))
	for i := range a {
		d[i] = b[i] - a[i]
	}
	return d
}

func count(groups []string) int {
	seen := map[string]bool{}
	for _, g := range groups {
		seen[g] = true
	}
	return len(seen)
}

// inference is the mean change by persons with CR2, and by groups that count once each.
func (e *engine) inference(a, b []float64, g []string) (cr2, cohort Estimate) {
	value := mean(b) - mean(a)
	switch n := count(g); {
	case n == 1:
		return only(value, OneGroup), only(value, OneGroup)
	case n < fewestGroups:
		return only(value, FewGroups), only(value, FewGroups)
	}
	cr2, cohort = only(value, NoSpread), only(value, NoSpread)
	if x, err := stats.PairedClusteredChange(a, b, g); err == nil {
		cr2 = ofMean(x.ClusteredMean)
	} else {
		cr2 = only(value, whyOf(err))
	}
	if x, err := stats.CohortLevelChange(a, b, g); err == nil {
		cohort = Estimate{Number(x.Mean), Number(x.SE), Number(x.DF), Number(x.CI.Low), Number(x.CI.High), Number(x.P), Estimated}.finite()
	}
	return cr2, cohort
}

// spread describes how the waves go together, and how much people of one group resemble each other.
func (r *Change) spread(a, b, d []float64, g []string) {
	if x, err := stats.PairedChange(a, b); err == nil {
		r.Correlation = Number(x.R)
	}
	if x, err := stats.IntraclassCorrelation(d, g); err == nil {
		r.ICC, r.Design = Number(x.ICC1), Number(max(x.DesignEffect, 1))
	}
	if r.Groups < fewestGroups || r.Groups > flipsUpTo {
		return
	}
	if f, err := stats.SignFlipExact(a, b, g); err == nil {
		r.Flip = &Flip{f.Vectors, Number(f.P), Number(f.PWild), span(f.CI)}
	}
}

// sizes are the standardised ones. The interval of g_av is that by CR2, and from bootFrom groups on that of the cluster bootstrap.
func (e *engine) sizes(r *Change, a, b []float64, g []string) {
	x, err := stats.PairedEffects(a, b)
	if err != nil {
		r.Size = cannot(whyOf(err))
		return
	}
	r.Size, r.DZ, r.DRm, r.DPre = only(x.GAv, FewGroups), Number(x.DZ), Number(x.DRm), Number(x.DPre)
	if r.Groups < fewestGroups {
		return
	}
	if m, err := stats.PairedClusteredEffect(a, b, g); err == nil {
		r.Size = ofMean(m)
	}
	if r.Groups < bootFrom || e.independent {
		return
	}
	boot, err := e.work.ClusterBootstrap(a, b, g, stats.Moments.GAv, e.resamples(r.Groups))
	if err != nil {
		return
	}
	ci := boot.BCa
	if math.IsNaN(ci.Low) {
		ci = boot.Percentile
	}
	r.Size.Low, r.Size.High, r.SizeBoot = Number(ci.Low), Number(ci.High), true
}

// counts say how many moved which way.
func (r *Change) counts(d []float64, g []string, independent bool) {
	up, down := 0, 0
	signs := make([]float64, len(d))
	for i, v := range d {
		switch v = math.Round(v*1e10) / 1e10; {
		case v > 0:
			up, signs[i] = up+1, 1
		case v < 0:
			down, signs[i] = down+1, -1
		}
	}
	n := float64(len(d))
	r.Better, r.Worse, r.Same = Number(float64(up)/n), Number(float64(down)/n), Number(float64(len(d)-up-down)/n)
	switch {
	case independent:
		if x, err := stats.PairedDominance(make([]float64, len(d)), d); err == nil {
			r.Dominance = Estimate{Number(x.D), Number(x.SE), None(), Number(x.CI.Low), Number(x.CI.High), None(), Estimated}
		}
	case r.Groups < fewestGroups:
		r.Dominance = only(float64(up-down)/n, FewGroups)
	default:
		if x, err := stats.MeanCR2(signs, g, nil); err == nil {
			r.Dominance = ofMean(x)
		} else {
			r.Dominance = only(float64(up-down)/n, whyOf(err))
		}
	}
}

// scaleSpecific adds what belongs to the kind of scale.
func (e *engine) scaleSpecific(r *Change, o study.Outcome, a, b []float64, g []string) {
	e.ranks(r, a, b, g)
	switch o.Scale {
	case study.Binary:
		r.Binary = e.binary(a, b)
	case study.Item:
		r.Odds = e.odds(a, b, g)
	default:
		r.Reliable = e.reliable(o, r, a, b)
	}
}

// ranks tests by ranks: with whole groups turned round, or by persons where people are independent.
func (e *engine) ranks(r *Change, a, b []float64, g []string) {
	w, err := stats.WilcoxonSignedRank(a, b)
	if err != nil {
		return
	}
	if r.Median = Number(w.HodgesLehmann); e.independent {
		r.RankP, r.RankBy = Number(w.Pratt.PExact), "persons"
		if !r.RankP.OK() {
			r.RankP = Number(w.Pratt.P)
		}
		return
	}
	if r.Groups < fewestGroups {
		return
	}
	if c, err := stats.ClusteredWilcoxon(a, b, g); err == nil {
		r.RankP, r.RankBy = Number(c.PExact), "groups"
		if !r.RankP.OK() {
			r.RankP = Number(c.P)
		}
	}
}

// binary tells a yes or no. Everything that takes people as independent is left out where they are not.
func (e *engine) binary(a, b []float64) *Binary {
	m, err := stats.McNemarTest(a, b)
	if err != nil {
		return nil
	}
	x := &Binary{Gained: m.B, Dropped: m.C, Stayed: m.A + m.D, PExact: None(), PMid: None()}
	if p, err := stats.ProportionCI(m.A+m.C, m.N); err == nil {
		x.From = span(p.Wilson)
	}
	if p, err := stats.ProportionCI(m.A+m.B, m.N); err == nil {
		x.To = span(p.Wilson)
	}
	if !e.independent {
		return x
	}
	x.PExact, x.PMid = Number(m.PExact), Number(m.PMid)
	if m.N >= pairsFrom {
		n, t := span(m.Newcombe), span(m.Tango)
		x.Newcombe, x.Tango = &n, &t
	}
	return x
}

// odds is the proportional-odds check of one question with ordered answers.
func (e *engine) odds(a, b []float64, g []string) *Estimate {
	var y []float64
	var x [][]float64
	var cluster []string
	for i := range a {
		y = append(y, a[i], b[i])
		x = append(x, []float64{0}, []float64{1})
		cluster = append(cluster, g[i], g[i])
	}
	r := cannot(FewGroups)
	if count(g) >= fewestGroups {
		m, err := stats.OrdinalRegression(y, x, cluster)
		if r = cannot(whyOf(err)); err == nil {
			r = Estimate{Number(m.Coefficients[0]), Number(m.SECluster[0]), Number(m.DF), Number(m.CI[0].Low), Number(m.CI[0].High), Number(m.P[0]), Estimated}.finite()
		}
	}
	return &r
}

// reliable counts who changed by more than the error of the scale, by its reliability at the first wave.
func (e *engine) reliable(o study.Outcome, r *Change, a, b []float64) *Reliable {
	s, ok := e.scales[o.ID]
	if !ok || s.Why != Estimated {
		return nil
	}
	rel := s.Omega
	if !rel.OK() {
		rel = s.Alpha
	}
	x, err := stats.ReliableChangeIndex(a, b, float64(rel), math.NaN())
	if err != nil {
		return nil
	}
	up, down := x.Up, x.Down
	if o.Lower {
		up, down = down, up
	}
	return &Reliable{rel, Number(x.Threshold), up, x.Unchanged, down}
}

// headline is the figure of the method that the plan names. A mixed model at the boundary falls back on CR2.
func (e *engine) headline(r Change) Estimate {
	switch e.plan.Methods.Headline {
	case study.Cohort:
		return r.Cohort
	case study.Mixed:
		for _, m := range e.models {
			if m.Outcome != r.Outcome || m.Boundary {
				continue
			}
			for _, c := range m.Contrasts {
				if c.From == r.From && c.To == r.To {
					return c.Estimate
				}
			}
		}
	}
	return r.CR2
}

// verdict says how the interval lies to the smallest change of interest, in the good direction of the outcome.
func verdict(x Estimate, o study.Outcome) Verdict {
	if o.Smallest <= 0 || !x.OK() {
		return NoVerdict
	}
	low, high, s := float64(x.Low), float64(x.High), o.Smallest
	if o.Lower {
		low, high = -high, -low
	}
	switch {
	case low >= s:
		return Beyond
	case high <= -s:
		return Against
	case high < s && low > -s:
		return Within
	}
	return Undecided
}
