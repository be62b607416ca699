// Package study keeps what was decided about a study before its data came: the analysis plan, its lock, and later deviations
// with their reasons; and what reports told of it. A plan says everything that the engine (package analysis) needs besides the
// data, so that two people with the same plan and the same data get the same figures. The package computes nothing.
package study

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"strengthen/internal/survey"
)

// Kind is the kind of data that a plan is about.
type Kind string

// The kinds.
const (
	Change  Kind = "change"  // the same people at two or three times
	Wedge   Kind = "wedge"   // a figure of places over time, which were trained at different dates
	Network Kind = "network" // who names whom, at two times
)

// Plan is an analysis plan. Its form in YAML is described in docs/analysis-plan.md, field by field.
type Plan struct {
	Kind     Kind        `json:"kind" yaml:"kind"`
	Study    string      `json:"study" yaml:"study"`
	Title    survey.Text `json:"title" yaml:"title"`
	Question survey.Text `json:"question" yaml:"question"`
	Period   Period      `json:"period" yaml:"period,omitempty"`
	Cluster  survey.Text `json:"cluster" yaml:"cluster"` // what one group is called: training, school, oblast

	Waves      []Wave     `json:"waves" yaml:"waves,omitempty"`
	Outcomes   []Outcome  `json:"outcomes" yaml:"outcomes,omitempty"`
	Primary    Contrast   `json:"primary_contrast" yaml:"primary_contrast,omitempty"`
	Estimand   Estimand   `json:"estimand" yaml:"estimand"`
	Comparison Comparison `json:"comparison" yaml:"comparison"`
	Methods    Methods    `json:"methods" yaml:"methods"`
	Missing    Missing    `json:"missing" yaml:"missing,omitempty"`
	Family     Family     `json:"multiplicity" yaml:"multiplicity,omitempty"`
	Groups     []By       `json:"groups" yaml:"groups,omitempty"` // described with intervals, without p
	Test       By         `json:"subgroup_test" yaml:"subgroup_test,omitempty"`

	Partners *Partners `json:"partners,omitempty" yaml:"partners,omitempty"`
	Size     Size      `json:"size" yaml:"size,omitempty"`

	Data   Columns                       `json:"data" yaml:"data,omitempty"`
	Labels map[By]map[string]survey.Text `json:"labels,omitempty" yaml:"labels,omitempty"`
}

// Period is the years that a study is about.
type Period struct {
	From int `json:"from" yaml:"from"`
	To   int `json:"to" yaml:"to"`
}

// Wave is one time of asking, with its name in a sentence: "six months after the training".
type Wave struct {
	Wave  survey.Wave `json:"wave" yaml:"wave"`
	Title survey.Text `json:"title" yaml:"title"`
	Short survey.Text `json:"short,omitzero" yaml:"short,omitempty"` // for the axis of a plot; "after 6 months"
}

// Role is the part that an outcome plays.
type Role string

// The roles.
const (
	PrimaryRole   Role = "primary"
	SecondaryRole Role = "secondary"
)

// Scale says what the values of an outcome are.
type Scale string

// The scales.
const (
	Score  Scale = "score"  // a mean of items, or points
	Test   Scale = "test"   // the share right of questions that are right or wrong
	Item   Scale = "item"   // one question with ordered answers
	Binary Scale = "binary" // no or yes, 0 or 1
)

// Outcome is what is measured.
type Outcome struct {
	ID       string      `json:"id" yaml:"id"`
	Title    survey.Text `json:"title" yaml:"title"`
	Unit     survey.Text `json:"unit" yaml:"unit"`
	Role     Role        `json:"role" yaml:"role"`
	Scale    Scale       `json:"scale" yaml:"scale"`
	Low      float64     `json:"low" yaml:"low"` // ends of the scale; both 0 when it has none
	High     float64     `json:"high" yaml:"high"`
	Decimals int         `json:"decimals" yaml:"decimals"`
	Lower    bool        `json:"lower_is_better" yaml:"lower_is_better,omitempty"`
	Smallest float64     `json:"smallest" yaml:"smallest,omitempty"` // smallest change of interest; 0 when none was named
	Index    bool        `json:"index" yaml:"index,omitempty"`       // its items count and need not go together: no reliability

	Columns map[survey.Wave]string   `json:"columns,omitempty" yaml:"columns,omitempty"` // of the score in a file
	Items   map[survey.Wave][]string `json:"items,omitempty" yaml:"items,omitempty"`     // of the items; without columns they make the score
	Reverse []int                    `json:"reverse,omitempty" yaml:"reverse,omitempty"` // places of items to be turned round, from 1
	ItemLow float64                  `json:"item_low,omitempty" yaml:"item_low,omitempty"`
	ItemTop float64                  `json:"item_high,omitempty" yaml:"item_high,omitempty"`
}

// Bounded reports whether the scale has ends.
func (o Outcome) Bounded() bool { return o.High > o.Low }

// Contrast is a change from one wave to a later one.
type Contrast struct {
	From survey.Wave `json:"from" yaml:"from"`
	To   survey.Wave `json:"to" yaml:"to"`
}

// Estimand is what the figures may be said to be.
type Estimand string

// The estimands.
const (
	IsChange Estimand = "change" // what was different later
	IsEffect Estimand = "effect" // what the programme did; needs a comparison
)

// Design is where a comparison comes from.
type Design string

// The designs.
const (
	NoComparison Design = "none"
	WaitList     Design = "wait-list" // groups that were measured twice before their own training
	Staggered    Design = "staggered" // groups that were trained at different dates, measured over time
)

// Comparison says with what the change is compared.
type Comparison struct {
	Design   Design          `json:"design" yaml:"design"`
	Lot      bool            `json:"lot" yaml:"lot,omitempty"`           // who came first was drawn by lot
	Column   string          `json:"column" yaml:"column,omitempty"`     // 1: trained between the two measurements, 0: not yet
	Waiting  []string        `json:"waiting" yaml:"waiting,omitempty"`   // or the names of the groups that waited
	Schedule []ScheduledWave `json:"schedule" yaml:"schedule,omitempty"` // staggered: when each group was trained and measured
}

// ScheduledWave is the dates of one group, in periods such as months, counted from anywhere.
type ScheduledWave struct {
	Group    string              `json:"group" yaml:"group"`
	Trained  int                 `json:"trained" yaml:"trained"` // the first period that counts as after the training
	Measured map[survey.Wave]int `json:"measured" yaml:"measured"`
}

// Headline is the method of the headline figure.
type Headline string

// The methods that may be the headline.
const (
	CR2    Headline = "cr2"    // mean change, CR2 error, Satterthwaite's degrees of freedom
	Mixed  Headline = "mixed"  // mixed model of all waves, Kenward-Roger
	Cohort Headline = "cohort" // each group counts once
)

// Methods says how it is computed.
type Methods struct {
	Headline   Headline `json:"headline" yaml:"headline"`
	Replicates int      `json:"replicates" yaml:"replicates"` // resamples and permutations
	Seed       uint64   `json:"seed" yaml:"seed"`
}

// Stance is what is supposed of those who are missing.
type Stance string

// The stances.
const (
	AtRandom Stance = "at-random" // given what is known of them: weights and mixed model as checks
	Complete Stance = "complete"  // only people with both measurements, and nothing supposed of the others
)

// Missing says what is done about those who were lost.
type Missing struct {
	Stance  Stance `json:"stance" yaml:"stance"`
	Explain []By   `json:"explain" yaml:"explain,omitempty"` // beside the first score: what may go with being lost
	Bounds  bool   `json:"bounds" yaml:"bounds,omitempty"`
}

// Adjustment is how the p values of a family are adjusted.
type Adjustment string

// The adjustments.
const (
	Holm     Adjustment = "holm"
	Hochberg Adjustment = "hochberg"
	BH       Adjustment = "benjamini-hochberg"
	BY       Adjustment = "benjamini-yekutieli"
	NoAdjust Adjustment = "none"
)

// Family says how p values are adjusted: over the primary outcomes, and over everything else.
type Family struct {
	Primary   Adjustment `json:"primary" yaml:"primary"`
	Secondary Adjustment `json:"secondary" yaml:"secondary"`
}

// By is a way in which people are told apart.
type By string

// The ways.
const (
	Sector     By = "sector"
	Region     By = "region"
	Experience By = "experience"
)

// Partners says how cooperation is asked: for each partner, one column of how often.
type Partners struct {
	From survey.Wave `json:"from" yaml:"from"`
	To   survey.Wave `json:"to" yaml:"to"`
	High float64     `json:"high" yaml:"high"` // the most frequent answer; the least is 0
	Tie  float64     `json:"tie" yaml:"tie"`   // from which answer on there is a tie
	Of   []Partner   `json:"of" yaml:"of"`
}

// Partner is a sector that others say they work with.
type Partner struct {
	Sector  string                 `json:"sector" yaml:"sector"`
	Title   survey.Text            `json:"title" yaml:"title"`
	Item    string                 `json:"item,omitempty" yaml:"item,omitempty"` // of the programme's own questionnaire
	Columns map[survey.Wave]string `json:"columns,omitempty" yaml:"columns,omitempty"`
}

// Size is what is planned, for the smallest change that can be found.
type Size struct {
	People      int     `json:"people" yaml:"people"`
	Groups      int     `json:"groups" yaml:"groups"`           // 0 when people are independent
	ICC         float64 `json:"icc" yaml:"icc"`                 // of the change, within a group
	CV          float64 `json:"cv" yaml:"cv"`                   // of the size of groups
	Loss        float64 `json:"loss" yaml:"loss"`               // share lost
	Correlation float64 `json:"correlation" yaml:"correlation"` // of the two waves
	Power       float64 `json:"power" yaml:"power"`
}

// Columns are the heads of a file of data. A plan for the programme's own answers has none.
type Columns struct {
	Code       string `json:"code" yaml:"code,omitempty"`
	Group      string `json:"group" yaml:"group,omitempty"` // the training; without it people are independent
	Sector     string `json:"sector" yaml:"sector,omitempty"`
	Region     string `json:"region" yaml:"region,omitempty"`
	Experience string `json:"experience" yaml:"experience,omitempty"`

	Standing map[survey.Wave]string `json:"standing,omitempty" yaml:"standing,omitempty"` // answered, open, silent, never, …: without it who has no score did not answer

	Period   string `json:"period" yaml:"period,omitempty"` // wedge
	Exposure string `json:"exposure" yaml:"exposure,omitempty"`
	Value    string `json:"value" yaml:"value,omitempty"`
	Weight   string `json:"weight" yaml:"weight,omitempty"`

	Wave      string `json:"wave" yaml:"wave,omitempty"` // network
	From      string `json:"from" yaml:"from,omitempty"`
	To        string `json:"to" yaml:"to,omitempty"`
	FromGroup string `json:"from_group" yaml:"from_group,omitempty"`
	ToGroup   string `json:"to_group" yaml:"to_group,omitempty"`
}

// Hash is the SHA-256 of the plan, in hex. It does not depend on how the YAML was laid out.
func (p Plan) Hash() string {
	b, err := json.Marshal(p)
	if err != nil {
		panic(err) // plain values only; Check refuses numbers that JSON cannot hold
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Outcome returns the outcome of an identifier.
func (p Plan) Outcome(id string) (Outcome, bool) {
	for _, o := range p.Outcomes {
		if o.ID == id {
			return o, true
		}
	}
	return Outcome{}, false
}

// Has reports whether the plan has a wave.
func (p Plan) Has(w survey.Wave) bool {
	for _, x := range p.Waves {
		if x.Wave == w {
			return true
		}
	}
	return false
}

// WaveTitle is the name of a wave in a sentence.
func (p Plan) WaveTitle(w survey.Wave) survey.Text {
	for _, x := range p.Waves {
		if x.Wave == w && x.Title != (survey.Text{}) {
			return x.Title
		}
	}
	return waveTitles[w]
}

// WaveShort is the name of a wave on the axis of a plot and in the head of a table.
func (p Plan) WaveShort(w survey.Wave) survey.Text {
	for _, x := range p.Waves {
		if x.Wave == w && x.Short != (survey.Text{}) {
			return x.Short
		}
	}
	if t := p.WaveTitle(w); t != waveTitles[w] {
		return t
	}
	return waveShort[w]
}

// Contrasts lists the changes that the plan asks about: the primary one first, then the others from each wave to the next, and
// the one from the view back on the time before.
func (p Plan) Contrasts() []Contrast {
	all := []Contrast{p.Primary}
	for _, c := range []Contrast{{survey.Pre, survey.Post}, {survey.Pre, survey.M6}, {survey.Post, survey.M6}, {survey.RetroPre, survey.Post}} {
		if c != p.Primary && p.Has(c.From) && p.Has(c.To) {
			all = append(all, c)
		}
	}
	return all
}
