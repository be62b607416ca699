// Package impact says what changed, how sure that is, and what must not be concluded. It reads a study by its codes, asks
// package stats, hides small cells, and writes a Document whose sentences are chosen by the numbers and cannot say more than
// the design allows: without a comparison group the estimand is change, not effect.
package impact

import (
	"context"
	"encoding/json"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/disclosure"
	"strengthen/internal/org"
	"strengthen/internal/stats"
	"strengthen/internal/survey"
)

// Service composes reports.
type Service struct {
	survey *survey.Service
	org    *org.Service
	now    calendar.Clock
}

// New returns a service over the subjects that it reads.
func New(s *survey.Service, o *org.Service, now calendar.Clock) *Service { return &Service{s, o, now} }

// Contrast is a change from one wave to a later one.
type Contrast struct{ From, To survey.Wave }

// The contrasts. Headline is the primary one; the others say what was learnt at once, what was kept, and how the old self
// looks today.
var (
	Headline  = Contrast{survey.Pre, survey.M6}
	Immediate = Contrast{survey.Pre, survey.Post}
	Kept      = Contrast{survey.Post, survey.M6}
	Then      = Contrast{survey.RetroPre, survey.Post}
)

// Estimate is the change of one outcome over one contrast.
type Estimate struct {
	Outcome  survey.Outcome `json:"-"`
	Name     string         `json:"outcome"`
	Contrast Contrast       `json:"contrast"`

	Measured int          `json:"measured"`  // with a score in the first wave, and with a second one or without hope of it
	N        int          `json:"n"`         // with both
	Lost     int          `json:"lost"`      // were asked again, and gave no second score in time
	NotAsked int          `json:"not_asked"` // with a score in the first wave, and can still be asked or answer in the second
	Why      survey.Tally `json:"-"`         // how everybody stands who has a score in the first wave and none in the second
	Clusters int          `json:"clusters"`
	MeanFrom float64      `json:"mean_from"`
	MeanTo   float64      `json:"mean_to"`
	Change   float64      `json:"mean_change"`
	SE       float64      `json:"se_cr2"`
	DF       float64      `json:"df_satterthwaite"`
	Low      float64      `json:"ci_low"`
	High     float64      `json:"ci_high"`
	P        float64      `json:"p"`
	PHolm    float64      `json:"p_holm"`

	CohortChange float64 `json:"cohort_mean_change"`
	CohortLow    float64 `json:"cohort_ci_low"`
	CohortHigh   float64 `json:"cohort_ci_high"`

	GAv     float64 `json:"g_av"`
	GAvLow  float64 `json:"g_av_ci_low"`
	GAvHigh float64 `json:"g_av_ci_high"`
	GAvBoot bool    `json:"g_av_ci_by_cluster_bootstrap"`

	WilcoxonP float64 `json:"wilcoxon_pratt_p"`
	Median    float64 `json:"hodges_lehmann"`
	Better    float64 `json:"share_better"`
	Worse     float64 `json:"share_worse"`

	LostDifference float64 `json:"smd_followed_minus_lost"` // standardised difference at the first wave
	NoChange       float64 `json:"change_if_lost_unchanged"`

	Weighted     float64 `json:"change_weighted"` // those who answered weighted by 1/p of answering, from the score at the first wave
	WeightedLow  float64 `json:"change_weighted_ci_low"`
	WeightedHigh float64 `json:"change_weighted_ci_high"`
	BoundLow     float64 `json:"bound_low"` // were all the lost at the low end of the scale
	BoundHigh    float64 `json:"bound_high"`
	Tipping      float64 `json:"tipping_delta"` // how differently the lost must have changed for the interval to reach zero

	Problem string `json:"problem,omitempty"` // why there is no interval: few, constant
}

// Few reports whether the interval rests on too few groups to depend on.
func (e Estimate) Few() bool { return e.Problem == "" && (e.DF < 4 || e.Clusters < fewest) }

// Group is the change of a part of the people.
type Group struct {
	Name       string   `json:"name"`
	Estimate   Estimate `json:"estimate"`
	Suppressed bool     `json:"suppressed"`
}

// Course is how the mean of a group went from wave to wave. Not everybody answered in every wave: a change of the mean is
// not the mean of the changes.
type Course struct {
	Name   string // sector; "" for everybody
	Points []WaveMean
}

// WaveMean is the mean of those who answered in one wave, with its cluster-robust interval.
type WaveMean struct {
	Wave            survey.Wave
	N               int
	Mean, Low, High float64
	Hidden          bool // fewer than five answered, or it would tell of others who are fewer
}

// waves are those in which people are asked how they are now.
var waves = []survey.Wave{survey.Pre, survey.Post, survey.M6}

// courses follows everybody, and each sector that may be shown, over the waves. What is hidden in a wave is hidden together
// with enough others that the numbers of everybody do not tell it.
func courses(people []survey.Respondent, o survey.Outcome, shown []Group) []Course {
	all := []Course{course("", people, o)}
	of := map[string][]survey.Respondent{}
	for _, x := range people {
		of[x.Sector] = append(of[x.Sector], x)
	}
	visible := map[string]bool{}
	for _, g := range shown {
		visible[g.Name] = !g.Suppressed && g.Estimate.N > 0 && g.Name != ""
	}
	sectors := slices.Sorted(maps.Keys(of))
	var each []Course
	for _, s := range sectors {
		each = append(each, course(s, of[s], o))
	}
	for w := range waves {
		n := make([]int, len(each))
		var also []int
		for i, c := range each {
			if n[i] = c.Points[w].N; !visible[c.Name] {
				also = append(also, i)
			}
		}
		for i, hide := range disclosure.Inside.Row(n, also...) {
			each[i].Points[w].Hidden = each[i].Points[w].Hidden || hide
		}
	}
	for _, g := range shown {
		if i := slices.Index(sectors, g.Name); visible[g.Name] {
			all = append(all, each[i])
		}
	}
	return all
}

func course(name string, people []survey.Respondent, o survey.Outcome) Course {
	c := Course{Name: name}
	for _, w := range waves {
		var values []float64
		var cluster []string
		for _, x := range people {
			if v, ok := survey.Score(o.ID, x.Answers[w]); ok {
				values, cluster = append(values, v), append(cluster, x.Cohort)
			}
		}
		p := WaveMean{Wave: w, N: len(values), Hidden: len(values) < smallCell, Low: math.NaN(), High: math.NaN()}
		if !p.Hidden {
			p.Mean = mean(values)
			if m, err := stats.MeanCR2(values, cluster, nil); err == nil && m.Clusters >= fewest {
				p.Low, p.High = m.CI.Low, m.CI.High
			}
		}
		c.Points = append(c.Points, p)
	}
	return c
}

// Scale is the reliability of an outcome at the first wave.
type Scale struct {
	Name                       string
	N, Items                   int
	Alpha, AlphaLow, AlphaHigh float64
	Omega                      float64
}

// Result is everything that the report says, as numbers.
type Result struct {
	Study       survey.Study
	AsOf        calendar.Date
	People      int
	Cohorts     int
	Flow        []survey.Step
	Described   []survey.Description // ratings of the training and use in practice, question by question
	Estimates   []Estimate
	BySector    map[string][]Group // by outcome
	ByPlanning  map[string][]Group
	Courses     map[string][]Course // by outcome
	Reliability []Scale
}

// bootstrapSeed and replicates make every report give the same interval for the same data.
const (
	bootstrapSeed = 20260302
	replicates    = 1999
	smallCell     = 5
	fewest        = 4 // groups without which there is no interval
)

// Compute reads a study and computes every figure.
func (s *Service) Compute(ctx context.Context, by access.Actor, study string) (Result, error) {
	d, err := s.survey.Data(ctx, by, study)
	if err != nil {
		return Result{}, err
	}
	tables, err := s.org.Tables(ctx)
	if err != nil {
		return Result{}, err
	}
	return Analyse(d, tables, s.now.Today()), nil
}

// Analyse computes every figure of a study. It is pure.
func Analyse(d survey.Data, tables org.Tables, today calendar.Date) Result {
	r := Result{Study: d.Study, AsOf: today, People: len(d.Respondents), BySector: map[string][]Group{}, ByPlanning: map[string][]Group{}, Courses: map[string][]Course{}}
	cohorts := map[string]bool{}
	for _, x := range d.Respondents {
		cohorts[x.Cohort] = true
	}
	r.Cohorts = len(cohorts)
	r.Flow = d.Flow()
	if d.Study.ID == survey.OwnStudy {
		r.Described = d.Described()
	}
	for _, o := range d.Study.Outcomes {
		for _, c := range []Contrast{Headline, Immediate, Kept, Then} {
			if e, ok := estimate(d.Respondents, o, c); ok {
				r.Estimates = append(r.Estimates, e)
			}
		}
		best := contrastFor(r.Estimates, o)
		r.BySector[o.ID] = groups(d.Respondents, o, best, func(x survey.Respondent) string { return x.Sector })
		r.ByPlanning[o.ID] = groups(d.Respondents, o, best, func(x survey.Respondent) string {
			return planningOf(tables, x.Region)
		})
		r.Courses[o.ID] = courses(d.Respondents, o, r.BySector[o.ID])
		if sc, ok := scale(d.Respondents, o); ok {
			r.Reliability = append(r.Reliability, sc)
		}
	}
	adjust(r.Estimates)
	return r
}

// planningOf is the part of the country of a region, or of the NUTS 2 code that stays when a study is closed.
func planningOf(tables org.Tables, id string) string {
	for _, r := range tables.Regions {
		if string(r.ID) == id || len(id) == 4 && strings.HasPrefix(r.NUTS3, id) {
			return r.PlanningBG
		}
	}
	return ""
}

// contrastFor is the headline where the study has a third wave, and otherwise the immediate change.
func contrastFor(all []Estimate, o survey.Outcome) Contrast {
	for _, e := range all {
		if e.Name == o.ID && e.Contrast == Headline {
			return Headline
		}
	}
	return Immediate
}

// Main returns the estimate that the summary speaks of for an outcome.
func (r Result) Main(outcome string) (Estimate, bool) {
	for _, want := range []Contrast{Headline, Immediate} {
		for _, e := range r.Estimates {
			if e.Name == outcome && e.Contrast == want {
				return e, true
			}
		}
	}
	return Estimate{}, false
}

// pairs are the scores of everybody measured in the first wave who has a second score or is lost, NaN where the second is
// missing; and how those stand who have none. Whose turn has not come, who can still answer, and who is not asked at all is
// not lost.
func pairs(people []survey.Respondent, o survey.Outcome, c Contrast) (from, to []float64, cluster []string, why survey.Tally) {
	why = survey.Tally{}
	for _, x := range people {
		a, ok := survey.Score(o.ID, x.Answers[c.From])
		if !ok {
			continue
		}
		b, ok := survey.Score(o.ID, x.Answers[c.To])
		if !ok {
			s := x.Standing[c.To]
			switch s {
			case survey.Answered: // answered, and too little for this outcome
				s = survey.Partly
			case "":
				s = survey.Never
			}
			if why[s]++; !s.Lost() {
				continue
			}
			b = math.NaN()
		}
		from, to, cluster = append(from, a), append(to, b), append(cluster, x.Cohort)
	}
	return from, to, cluster, why
}

// estimate computes one change; it reports false where nobody has a score in both waves.
func estimate(people []survey.Respondent, o survey.Outcome, c Contrast) (Estimate, bool) {
	from, to, cluster, why := pairs(people, o, c)
	e := Estimate{Outcome: o, Name: o.ID, Contrast: c, Measured: len(from), NotAsked: why[survey.NotDue] + why[survey.Open], Why: why, PHolm: math.NaN()}
	var a, b []float64
	var g []string
	for i := range from {
		if !math.IsNaN(to[i]) {
			a, b, g = append(a, from[i]), append(b, to[i]), append(g, cluster[i])
		}
	}
	e.N, e.Lost = len(a), len(from)-len(a)
	if e.N == 0 {
		return e, false
	}
	e.MeanFrom, e.MeanTo = mean(a), mean(b)
	e.Change = e.MeanTo - e.MeanFrom
	e.Low, e.High, e.SE, e.P = math.NaN(), math.NaN(), math.NaN(), math.NaN()
	e.GAv, e.GAvLow, e.GAvHigh, e.WilcoxonP = math.NaN(), math.NaN(), math.NaN(), math.NaN()
	e.CohortLow, e.CohortHigh, e.LostDifference, e.NoChange = math.NaN(), math.NaN(), math.NaN(), math.NaN()
	e.Weighted, e.WeightedLow, e.WeightedHigh = math.NaN(), math.NaN(), math.NaN()
	e.BoundLow, e.BoundHigh, e.Tipping = math.NaN(), math.NaN(), math.NaN()
	cr, err := stats.PairedClusteredChange(a, b, g)
	if err != nil {
		e.Problem = "few"
		return e, true
	}
	e.Clusters, e.SE, e.DF, e.P = cr.Clusters, cr.SE, cr.DF, cr.P
	e.Change, e.Low, e.High = cr.Mean, cr.CI.Low, cr.CI.High
	if cr.Clusters < fewest { // an interval from so few groups would say nothing
		e.Low, e.High, e.SE, e.DF, e.P = math.NaN(), math.NaN(), math.NaN(), math.NaN(), math.NaN()
		e.sizes(a, b, g)
		e.GAvLow, e.GAvHigh, e.WilcoxonP = math.NaN(), math.NaN(), math.NaN()
		e.attrition(from, to, cluster)
		return e, true
	}
	if k, err := stats.CohortLevelChange(a, b, g); err == nil {
		e.CohortChange, e.CohortLow, e.CohortHigh = k.Mean, k.CI.Low, k.CI.High
	}
	e.sizes(a, b, g)
	e.attrition(from, to, cluster)
	return e, true
}

func (e *Estimate) sizes(a, b []float64, g []string) {
	if x, err := stats.PairedEffects(a, b); err == nil {
		e.GAv, e.GAvLow, e.GAvHigh = x.GAv, x.GAvCI.Low, x.GAvCI.High
	}
	if e.Clusters >= 12 {
		boot, err := stats.ClusterBootstrap(a, b, g, stats.Moments.GAv, stats.Resamples(e.Clusters, replicates, bootstrapSeed))
		if err == nil {
			ci := boot.BCa
			if math.IsNaN(ci.Low) {
				ci = boot.Percentile
			}
			e.GAvLow, e.GAvHigh, e.GAvBoot = ci.Low, ci.High, true
		}
	}
	if w, err := stats.WilcoxonSignedRank(a, b); err == nil {
		e.WilcoxonP, e.Median = w.Pratt.P, w.HodgesLehmann
	}
	for i := range a {
		switch d := b[i] - a[i]; {
		case d > 0:
			e.Better += 1 / float64(len(a))
		case d < 0:
			e.Worse += 1 / float64(len(a))
		}
	}
}

// attrition says what the lost may do to the change: how they differed at the start, the change weighted for answering, and
// how far they could move it.
func (e *Estimate) attrition(from, to []float64, cluster []string) {
	if e.Lost < smallCell {
		return // none, or so few that what is said of them would describe each
	}
	covariates := make([][]float64, len(from))
	for i, v := range from {
		covariates[i] = []float64{v}
	}
	e.NoChange = e.Change * float64(e.N) / float64(e.N+e.Lost)
	a, err := stats.CompareAttrition(stats.AttritionData{
		Pre: from, Post: to, Covariates: covariates, Cluster: cluster, Scale: stats.Interval{Low: e.Outcome.Low, High: e.Outcome.High},
	})
	if err != nil {
		return // too few were lost to say more
	}
	e.LostDifference, e.BoundLow, e.BoundHigh = a.BaselineDifference, a.Bounds.Low, a.Bounds.High
	e.Weighted = a.WeightedChange
	if e.Clusters >= fewest && a.Weighted != nil {
		e.WeightedLow, e.WeightedHigh, e.Tipping = a.Weighted.CI.Low, a.Weighted.CI.High, a.TippingDelta
	}
}

func mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

// adjust gives the headline of the primary outcomes their Holm-adjusted p.
func adjust(all []Estimate) {
	var at []int
	var p []float64
	for i, e := range all {
		if e.Outcome.Primary && e.Contrast == Headline && !math.IsNaN(e.P) {
			at, p = append(at, i), append(p, e.P)
		}
	}
	for i, v := range stats.Holm(p) {
		all[at[i]].PHolm = v
	}
}

// groups splits the people and hides groups under five, with one more where the total would give the hidden one away. People
// of no known group are one of their own, with an empty name: left out, the total would tell of them.
func groups(people []survey.Respondent, o survey.Outcome, c Contrast, key func(survey.Respondent) string) []Group {
	of := map[string][]survey.Respondent{}
	for _, x := range people {
		of[key(x)] = append(of[key(x)], x)
	}
	if len(of) == 1 && of[""] != nil {
		return nil // nothing to tell apart
	}
	var all []Group
	for k, part := range of {
		e, _ := estimate(part, o, c)
		all = append(all, Group{Name: k, Estimate: e})
	}
	slices.SortFunc(all, func(a, b Group) int {
		if a.Estimate.N != b.Estimate.N {
			return b.Estimate.N - a.Estimate.N
		}
		return strings.Compare(a.Name, b.Name)
	})
	n := make([]int, len(all))
	for i, g := range all {
		n[i] = g.Estimate.N
	}
	for i, hide := range disclosure.Inside.Row(n) {
		if hide {
			all[i] = Group{Name: all[i].Name, Suppressed: true}
		}
	}
	return all
}

func scale(people []survey.Respondent, o survey.Outcome) (Scale, bool) {
	var rows [][]float64
	for _, x := range people {
		if row := survey.Items(o.ID, x.Answers[survey.Pre]); len(row) > 1 {
			rows = append(rows, row)
		}
	}
	if len(rows) == 0 || o.ID == "cooperation" { // its items form an index, not a scale: they need not go together
		return Scale{}, false
	}
	x, err := stats.ScaleReliability(rows)
	if err != nil {
		return Scale{}, false
	}
	return Scale{o.ID, x.N, x.Items, x.Alpha, x.AlphaCI.Low, x.AlphaCI.High, x.Omega}, true
}

// MarshalJSON writes the numbers of an estimate; what is not defined is null.
func (e Estimate) MarshalJSON() ([]byte, error) {
	out := map[string]any{}
	v := reflect.ValueOf(e)
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		if name == "-" || name == "" {
			continue
		}
		out[name] = v.Field(i).Interface()
		if x, ok := out[name].(float64); ok && (math.IsNaN(x) || math.IsInf(x, 0)) {
			out[name] = nil
		}
	}
	return json.Marshal(out)
}
