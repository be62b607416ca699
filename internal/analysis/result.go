package analysis

import (
	"strengthen/internal/study"
	"strengthen/internal/survey"
)

// Result is everything that a report says, as numbers.
type Result struct {
	Record  study.Record `json:"plan"`
	Hash    string       `json:"plan_hash"`
	Data    string       `json:"data_hash"`
	AsOf    string       `json:"as_of"` // day
	Version string       `json:"version"`
	Level   int          `json:"smallest_cell"`

	People      int          `json:"people"`
	Groups      int          `json:"groups"`
	Independent bool         `json:"people_are_independent"`
	GroupOrder  []string     `json:"group_order,omitempty"` // as resamples number them, from 1
	Flow        []WaveFlow   `json:"flow,omitempty"`
	Reliability []Scale      `json:"reliability,omitempty"`
	Changes     []Change     `json:"changes,omitempty"`
	Models      []Model      `json:"models,omitempty"`
	Courses     []Course     `json:"courses,omitempty"`
	Items       []Item       `json:"items,omitempty"`
	Shifts      []Shift      `json:"response_shift,omitempty"`
	Compared    []Comparison `json:"comparisons,omitempty"`
	Partners    *Partners    `json:"partners,omitempty"`
	Network     *Network     `json:"network,omitempty"`
	Wedges      []Wedge      `json:"wedges,omitempty"`
	Described   []Item       `json:"described,omitempty"`
	Deviations  []Deviation  `json:"deviations,omitempty"`

	Hold   bool   `json:"-"` // too few people came since an earlier release: not to be told yet
	Ledger Ledger `json:"-"` // how many people each table tells of
}

// Deviation is a later change of the plan with the figures by it.
type Deviation struct {
	On      string      `json:"on"`
	Reason  survey.Text `json:"reason"`
	Hash    string      `json:"hash"`
	Fields  []string    `json:"changed"` // parts of the plan that differ
	Changes []Change    `json:"changes"`
}

// WaveFlow is how people stand in a wave, in all and by sector and region.
type WaveFlow struct {
	Wave survey.Wave     `json:"wave"`
	All  Tally           `json:"all"`
	By   map[string]Rows `json:"by,omitempty"` // by study.By
}

// Tally counts people by how they stand. A count that is not told is -1.
type Tally struct {
	Answered int `json:"answered"`
	Open     int `json:"open"`      // asked, and can still answer
	Lost     int `json:"lost"`      // asked, and will not answer any more
	NotAsked int `json:"not_asked"` // not yet, or not at all
}

// Rows is a table of tallies.
type Rows []TallyRow

// TallyRow is the tally of one group of people.
type TallyRow struct {
	Name string `json:"name"`
	Tally
}

// Change is the change of one outcome over one contrast.
type Change struct {
	Outcome string         `json:"outcome"`
	From    survey.Wave    `json:"from"`
	To      survey.Wave    `json:"to"`
	Main    bool           `json:"primary_contrast"`
	Family  study.Role     `json:"family"`
	Tally   map[string]int `json:"without_second_score,omitempty"` // how those stand who have a score in the first wave only

	Measured int `json:"measured"` // with a first score, and with a second one or no hope of it
	N        int `json:"n"`        // with both
	Lost     int `json:"lost"`
	Open     int `json:"open"` // with a first score, and may still give the second
	Groups   int `json:"groups"`

	MeanFrom    Number `json:"mean_from"`
	SDFrom      Number `json:"sd_from"`
	MeanTo      Number `json:"mean_to"`
	SDTo        Number `json:"sd_to"`
	Correlation Number `json:"correlation"`
	ICC         Number `json:"icc_of_change"`
	Design      Number `json:"design_effect"`

	Headline Estimate `json:"headline"` // by the method of the plan
	CR2      Estimate `json:"cr2"`
	Cohort   Estimate `json:"by_group"` // each group counts once
	Flip     *Flip    `json:"sign_flips,omitempty"`
	PFamily  Number   `json:"p_adjusted"`
	Smallest Verdict  `json:"smallest,omitempty"`

	Size     Estimate `json:"g_av"`
	SizeBoot bool     `json:"g_av_ci_by_bootstrap"`
	DZ       Number   `json:"d_z"`
	DRm      Number   `json:"d_rm"`
	DPre     Number   `json:"d_pre"`

	Better    Number   `json:"share_better"`
	Same      Number   `json:"share_same"`
	Worse     Number   `json:"share_worse"`
	Dominance Estimate `json:"better_minus_worse"`
	Median    Number   `json:"hodges_lehmann"`
	RankP     Number   `json:"rank_p"`
	RankBy    string   `json:"rank_by,omitempty"` // groups, persons

	Reliable *Reliable `json:"reliable_change,omitempty"`
	Binary   *Binary   `json:"binary,omitempty"`
	Odds     *Estimate `json:"log_odds,omitempty"` // proportional odds of a higher answer, clustered
	Missing  Missing   `json:"missing"`

	By     map[string][]Part `json:"by,omitempty"`
	Shrunk map[string]Shrunk `json:"shrunken,omitempty"`
	Differ *Differ           `json:"subgroup_test,omitempty"`
}

// Flip is the exact tests with few groups.
type Flip struct {
	Vectors int    `json:"vectors"`
	P       Number `json:"p"`
	PWild   Number `json:"p_wild"`
	CI      Span   `json:"ci"`
}

// Verdict is how an interval lies to the smallest change of interest.
type Verdict string

// The verdicts.
const (
	NoVerdict Verdict = ""
	Beyond    Verdict = "beyond"    // all of the interval is at least as large, in the good direction
	Within    Verdict = "within"    // all of it is smaller
	Undecided Verdict = "undecided" // it holds both
	Against   Verdict = "against"   // all of it is at least as large, in the bad direction
)

// Reliable is how many changed by more than measurement error alone would make rare.
type Reliable struct {
	Reliability Number `json:"reliability"`
	Threshold   Number `json:"threshold"`
	Up          int    `json:"up"`
	Unchanged   int    `json:"unchanged"`
	Down        int    `json:"down"`
}

// Binary is a yes or no at two times.
type Binary struct {
	From     Span   `json:"share_from_ci"`
	To       Span   `json:"share_to_ci"`
	Gained   int    `json:"gained"`
	Dropped  int    `json:"dropped"`
	Stayed   int    `json:"stayed"`
	Newcombe *Span  `json:"newcombe,omitempty"` // of the difference; only where people are independent and at least 50
	Tango    *Span  `json:"tango,omitempty"`
	PExact   Number `json:"mcnemar_exact"`
	PMid     Number `json:"mcnemar_mid"`
}

// Missing says what those who were lost may do to the change.
type Missing struct {
	Why        Why      `json:"why,omitempty"`
	Difference Number   `json:"baseline_difference"` // of those followed less those lost, in standard deviations
	Kish       Number   `json:"effective_n"`
	Weighted   Estimate `json:"weighted"`
	Truncated  Number   `json:"weighted_truncated"`
	By         []string `json:"explained_by,omitempty"`
	NoChange   Number   `json:"change_if_lost_unchanged"`
	Bounds     Span     `json:"bounds"`
	Tipping    Number   `json:"tipping"` // by how much the lost must have changed otherwise for the interval to reach zero
}

// Part is the change of a part of the people.
type Part struct {
	Name     string   `json:"name"`
	N        int      `json:"n"`
	Hidden   bool     `json:"hidden,omitempty"`
	MeanFrom Number   `json:"mean_from"`
	MeanTo   Number   `json:"mean_to"`
	Change   Estimate `json:"change"`
}

// Shrunk is the parts drawn towards their mean.
type Shrunk struct {
	Why    Why         `json:"why,omitempty"`
	Mean   Number      `json:"mean"`
	SD     Number      `json:"sd_between"`
	Groups []ShrunkOne `json:"groups,omitempty"`
}

// ShrunkOne is one part drawn towards the mean of all.
type ShrunkOne struct {
	Name  string   `json:"name"`
	N     int      `json:"n"`
	Own   Number   `json:"own"`
	Drawn Estimate `json:"drawn"`
	By    Number   `json:"factor"` // 0 not at all, 1 onto the mean
}

// Differ is the planned test whether parts changed differently: each against the largest, adjusted by Holm.
type Differ struct {
	By   string `json:"by"`
	Than string `json:"than"`
	P    Number `json:"p"` // the smallest adjusted one
	Why  Why    `json:"why,omitempty"`
}

// Model is the mixed model of all waves.
type Model struct {
	Outcome   string        `json:"outcome"`
	N         int           `json:"n"` // measurements
	People    int           `json:"people"`
	Groups    int           `json:"groups"`
	Contrasts []ModelChange `json:"contrasts,omitempty"`
	Person    Number        `json:"variance_person"`
	Group     Number        `json:"variance_group"`
	GroupWave Number        `json:"variance_group_wave"`
	Residual  Number        `json:"variance_residual"`
	Boundary  bool          `json:"at_boundary"` // a variance came out as zero
	Why       Why           `json:"why,omitempty"`
}

// ModelChange is a change by the mixed model, with Kenward and Roger's correction.
type ModelChange struct {
	From survey.Wave `json:"from"`
	To   survey.Wave `json:"to"`
	Estimate
}

// Course is how the mean went from wave to wave, for everybody or a part.
type Course struct {
	Outcome string      `json:"outcome"`
	By      string      `json:"by,omitempty"`
	Name    string      `json:"name,omitempty"`
	Points  []WavePoint `json:"points"`
}

// WavePoint is the mean of those who answered in one wave.
type WavePoint struct {
	Wave    survey.Wave `json:"wave"`
	N       int         `json:"n"`
	Mean    Number      `json:"mean"`
	CI      Span        `json:"ci"`
	Ceiling Number      `json:"share_at_top"`
	Hidden  bool        `json:"hidden,omitempty"`
}

// Scale is the reliability of an outcome at one wave.
type Scale struct {
	Outcome  string      `json:"outcome"`
	Wave     survey.Wave `json:"wave"`
	N        int         `json:"n"`
	Items    int         `json:"items"`
	Alpha    Number      `json:"alpha"`
	AlphaCI  Span        `json:"alpha_ci"`
	Omega    Number      `json:"omega"`
	KR20     Number      `json:"kr20"`
	SEM      Number      `json:"sem"` // in the unit of the score
	Floor    Number      `json:"floor"`
	Ceiling  Number      `json:"ceiling"`
	Question []Question  `json:"questions,omitempty"`
	Why      Why         `json:"why,omitempty"`
}

// Question is how one item stands to the others.
type Question struct {
	Mean           Number `json:"mean"` // of a test: the share right
	ItemRest       Number `json:"item_rest"`
	Discrimination Number `json:"discrimination"`
	AlphaWithout   Number `json:"alpha_without"`
}

// Item is how often each answer was given to one question, in one wave or several.
type Item struct {
	ID     string        `json:"id"`
	Title  survey.Text   `json:"title"`
	Levels []survey.Text `json:"levels"`
	Waves  []ItemWave    `json:"waves"`
	Part   string        `json:"part,omitempty"` // the questionnaire it belongs to
}

// ItemWave is the answers of one wave.
type ItemWave struct {
	Wave   survey.Wave `json:"wave"`
	N      int         `json:"n"`
	Counts []int       `json:"counts"` // -1: not told
	Top    Number      `json:"top_two"`
	Hidden bool        `json:"hidden,omitempty"`
}

// Shift is the three changes by which one sees whether people measure themselves by another standard afterwards.
type Shift struct {
	Outcome string   `json:"outcome"`
	N       int      `json:"n"`
	Real    Estimate `json:"pre_to_post"`
	Then    Estimate `json:"then_to_post"`
	Recalib Estimate `json:"then_minus_pre"`
	Why     Why      `json:"why,omitempty"`
}

// Comparison is what the programme did, by comparison with those who waited.
type Comparison struct {
	Outcome  string   `json:"outcome"`
	Trained  int      `json:"trained"`
	Waiting  int      `json:"waiting"`
	TGroups  int      `json:"trained_groups"`
	WGroups  int      `json:"waiting_groups"`
	Main     Estimate `json:"effect"` // by the method that the design asks for
	ByANCOVA bool     `json:"by_ancova"`
	DiD      Estimate `json:"difference_in_differences"`
	ANCOVA   Estimate `json:"ancova"`
	Model    Estimate `json:"constrained_longitudinal"`
	PPermute Number   `json:"p_permutation"`
	Orders   int      `json:"permutations"`
	Size     Estimate `json:"standardised"`
	Baseline Number   `json:"baseline_difference"`
	Why      Why      `json:"why,omitempty"`
}

// Partners is who works with whom by sector, at two times.
type Partners struct {
	From      survey.Wave `json:"from"`
	To        survey.Wave `json:"to"`
	Tie       float64     `json:"tie"`     // mean frequency from which on there is a tie
	Sectors   []string    `json:"sectors"` // those who were asked
	Of        []string    `json:"partners"`
	N         []int       `json:"n"`      // of each sector that answered both times; -1: not told
	Before    [][]Number  `json:"before"` // mean frequency
	After     [][]Number  `json:"after"`
	People    int         `json:"people"`
	Reach     Estimate    `json:"change_of_reach"` // share of partners with whom there is a tie, by person
	ReachFrom Number      `json:"reach_before"`
	ReachTo   Number      `json:"reach_after"`
	ByGroup   Estimate    `json:"change_of_reach_by_group"`
	Kept      int         `json:"kept"`
	New       int         `json:"new"`
	Gone      int         `json:"gone"`
	Jaccard   Number      `json:"jaccard"`
	Why       Why         `json:"why,omitempty"`
}

// Network is who names whom among actors, at two times.
type Network struct {
	Actors       int           `json:"actors"`
	Asked        int           `json:"asked"` // that answered at least once
	From         survey.Wave   `json:"from"`
	To           survey.Wave   `json:"to"`
	Before       NetworkWave   `json:"before"`
	After        NetworkWave   `json:"after"`
	Density      Estimate      `json:"change_of_density"`
	Kept         int           `json:"kept"`
	Gained       int           `json:"gained"`
	Dropped      int           `json:"dropped"`
	Jaccard      Number        `json:"jaccard"`
	QAP          Number        `json:"qap_correlation"`
	QAPP         Number        `json:"qap_p"`
	Regression   []Tied        `json:"regression,omitempty"` // of the ties afterwards
	Permutations int           `json:"permutations"`
	Names        []string      `json:"groups,omitempty"`
	Sizes        []int         `json:"group_sizes,omitempty"` // -1: not told
	Blocks       [2][][]Number `json:"blocks"`                // density from group to group, before and after
	Why          Why           `json:"why,omitempty"`
}

// NetworkWave describes the network at one time.
type NetworkWave struct {
	Arcs           int    `json:"arcs"`
	Density        Number `json:"density"`
	Reciprocity    Number `json:"reciprocity"`
	Isolates       int    `json:"isolates"`
	Components     int    `json:"components"`
	Centralisation Number `json:"in_centralisation"`
	Between        Number `json:"betweenness_centralisation"`
	EI             Number `json:"ei"`
	EIExpected     Number `json:"ei_expected"`
	EIP            Number `json:"ei_p"`
	External       Number `json:"density_between_groups"`
}

// Tied is a regressor of ties.
type Tied struct {
	Name  string `json:"name"`
	Value Number `json:"value"`
	P     Number `json:"p"`
}

// Wedge is the effect of trainings at different dates.
type Wedge struct {
	Outcome  string      `json:"outcome"`
	Rows     int         `json:"rows"`
	Places   int         `json:"places"`
	Periods  int         `json:"periods"`
	Before   int         `json:"rows_before"`
	After    int         `json:"rows_after"`
	Effect   Estimate    `json:"effect"` // average over the time since the training
	By       string      `json:"by"`     // kenward-roger or cr2
	Check    Estimate    `json:"check"`  // the other of the two
	ByTime   []WedgeTime `json:"by_time,omitempty"`
	NotYet   Estimate    `json:"against_not_yet_trained"`
	PPermute Number      `json:"p_permutation"`
	Orders   int         `json:"orders"`
	Exact    bool        `json:"all_orders"`
	Between  Number      `json:"variance_between"`
	Cell     Number      `json:"variance_cell"`
	Residual Number      `json:"variance_residual"`
	Cells    []WedgeCell `json:"cells,omitempty"`
	Why      Why         `json:"why,omitempty"`
}

// WedgeTime is the effect at one time since the training.
type WedgeTime struct {
	Exposure int `json:"exposure"`
	Places   int `json:"places"`
	Estimate
}

// WedgeCell is one place in one period, for the picture of the design.
type WedgeCell struct {
	Place   string `json:"place"`
	Period  int    `json:"period"`
	Trained bool   `json:"trained"`
}
