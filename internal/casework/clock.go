package casework

import (
	"context"
	_ "embed"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/fault"
)

// Event is something that happens to a signal or a case; clocks start and end with events.
type Event string

// The events that more than one file names. The others stand in the table of rules only, and people choose them on the page of
// a case.
const (
	SignalLearned     Event = "signal.learned"
	SignalReceived    Event = "signal.received"
	SignalForwarded   Event = "signal.forwarded"
	SignalTold        Event = "signal.told"
	SignalAssessed    Event = "signal.assessed"
	SenderAnswered    Event = "sender.answered"
	CaseOpened        Event = "case.opened"
	CaseAssessed      Event = "case.assessed"
	ViolenceConfirmed Event = "violence.confirmed"
	TeamCalled        Event = "team.called"
	TeamMet           Event = "team.met"
	PlanAdopted       Event = "plan.adopted"
	PlanReviewed      Event = "plan.reviewed"
	ProtectionGranted Event = "protection.granted"
	ProtectionEnded   Event = "protection.ended"
	ProtectionTold    Event = "protection.notified"
	PlacementOrdered  Event = "placement.ordered"
	CaseHeld          Event = "case.held"
	CaseResumed       Event = "case.resumed"
	CaseUrgent        Event = "case.urgent"
)

// ClockRule says within which term one event has to follow another. Rules are data with a version: a change adds one and does
// not move clocks that run. Every rule quotes its article, and how sure it is that the article says so (A read in the act, B in
// a secondary source, C to be confirmed by a jurist).
type ClockRule struct {
	Ref            string // such as D09, of the list of deadlines
	Version        int
	NameBG, NameEN string
	Track          Track // "" for every track
	When           string
	Starts, Ends   string // events, several of them joined by "|"
	SinceReceipt   bool   // runs from the receipt of the first signal, whenever the event came
	Term           calendar.Term
	RollBySetting  bool     // whether a last day that is a day off moves is a setting of the house
	Practice       bool     // good practice, not a term of the law
	Pauses         []string // of PauseReasons, why its clocks may stand still; none for a term of hours
	Ladder         []Rung
	Responsible    string // sender, unit, lead, police, court or parties
	Article        string
	Confidence     string
	VerifiedBy     string
	VerifiedOn     calendar.Date
	Active         bool
}

// Name returns the name in the language of code lang.
func (r ClockRule) Name(lang string) string {
	if lang == "en" {
		return r.NameEN
	}
	return r.NameBG
}

// Rung is a moment at which somebody is told: a share of the term, or a time after it is over.
type Rung struct {
	Share float64
	After time.Duration
}

// rung is the moment of the rule's rung i for a clock. What has to be done at once has no end to count from: its rungs are times
// after the start.
func (c Clock) rung(r ClockRule, i int) time.Time {
	switch g := r.Ladder[i]; {
	case g.Share > 0:
		return c.Start.Add(time.Duration(float64(c.Due.Sub(c.Start)) * g.Share))
	case r.Immediate():
		return c.Start.Add(g.After)
	default:
		return c.Due.Add(g.After)
	}
}

// due is the moment at which a term t of the rule is over when it began at start. The law gives "at once" no length, and nobody
// acts in no time: such a term counts as over at its first rung, which the house sets.
func (r ClockRule) due(days *calendar.WorkCalendar, t calendar.Term, start time.Time) time.Time {
	if r.Immediate() && len(r.Ladder) > 0 {
		return start.Add(r.Ladder[0].After)
	}
	return days.Due(start, t)
}

// ParseLadder reads rungs as they are written: "50% 75% 100% +4h".
func ParseLadder(s string) ([]Rung, error) {
	var all []Rung
	for _, w := range strings.Fields(s) {
		if share, ok := strings.CutSuffix(w, "%"); ok {
			n, err := strconv.Atoi(share)
			if err != nil || n < 1 || n > 100 {
				return nil, fault.Field("ladder", "clock.ladder")
			}
			all = append(all, Rung{Share: float64(n) / 100})
			continue
		}
		d, err := time.ParseDuration(strings.TrimPrefix(w, "+"))
		if err != nil || d < 0 || !strings.HasPrefix(w, "+") {
			return nil, fault.Field("ladder", "clock.ladder")
		}
		all = append(all, Rung{After: d})
	}
	if !slices.IsSortedFunc(all, func(a, b Rung) int {
		if x := compareBool(a.Share == 0, b.Share == 0); x != 0 {
			return x
		}
		if a.Share != b.Share {
			return int(100 * (a.Share - b.Share))
		}
		return int((a.After - b.After) / time.Second)
	}) {
		return nil, fault.Field("ladder", "clock.ladder")
	}
	return all, nil
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// LadderText writes rungs as ParseLadder reads them.
func LadderText(all []Rung) string {
	words := make([]string, len(all))
	for i, g := range all {
		if g.Share > 0 {
			words[i] = fmt.Sprintf("%.0f%%", 100*g.Share)
			continue
		}
		words[i] = "+" + strings.TrimSuffix(strings.TrimSuffix(g.After.String(), "0s"), "0m")
	}
	return strings.Join(words, " ")
}

//go:embed data/clocks.csv
var shippedClocks string

// ShippedRules returns the rules that the program ships, from data/clocks.csv. A broken file panics.
func ShippedRules() []ClockRule {
	rows, err := csv.NewReader(strings.NewReader(shippedClocks)).ReadAll()
	if err != nil {
		panic(err)
	}
	at := map[string]int{}
	for i, h := range rows[0] {
		at[h] = i
	}
	var all []ClockRule
	for _, row := range rows[1:] {
		get := func(name string) string { return row[at[name]] }
		n, err := strconv.Atoi(get("n"))
		if err != nil {
			panic(err)
		}
		ladder, err := ParseLadder(get("ladder"))
		if err != nil {
			panic(fmt.Errorf("%s: %w", get("ref"), err))
		}
		r := ClockRule{
			Ref: get("ref"), Version: 1, NameBG: get("name_bg"), NameEN: get("name_en"), Track: Track(get("track")), When: get("when"),
			Starts: get("starts"), Ends: get("ends"), SinceReceipt: get("since") == "receipt", Term: calendar.Term{N: n, Unit: calendar.Unit(get("unit"))},
			RollBySetting: get("roll") == "setting", Practice: get("practice") == "yes", Ladder: ladder, Responsible: get("responsible"),
			Pauses: strings.Fields(get("pauses")), Article: get("article"), Confidence: get("confidence"), Active: true,
		}
		if r.Track == "any" {
			r.Track = ""
		}
		all = append(all, r)
	}
	return all
}

// StartsOn reports whether the rule starts a clock with event e, and EndsOn whether e is what its clocks wait for.
func (r ClockRule) StartsOn(e Event) bool {
	return slices.Contains(strings.Split(r.Starts, "|"), string(e))
}

// EndsOn reports whether e is what clocks of the rule wait for.
func (r ClockRule) EndsOn(e Event) bool {
	return slices.Contains(strings.Split(r.Ends, "|"), string(e))
}

// MayStand reports whether clocks of the rule may stand still, for any reason.
func (r ClockRule) MayStand() bool { return len(r.Pauses) > 0 }

// Immediate reports whether the law says "at once": a term without a length.
func (r ClockRule) Immediate() bool { return r.Term.Unit == calendar.Hours && r.Term.N == 0 }

// ClockState is where a clock stands.
type ClockState string

// The states of a clock. A breach stays on a clock that was met late: Breached says that it is over and not met yet.
const (
	Running   ClockState = "running"
	Paused    ClockState = "paused"
	Met       ClockState = "met"
	Breached  ClockState = "breached"
	Cancelled ClockState = "cancelled"
)

// ClockID names a clock.
type ClockID string

// Clock is one running, or ended, term.
type Clock struct {
	ID      ClockID
	Signal  SignalID
	Case    CaseID
	Record  string // a request, minutes, a task or a police protection that the clock is about
	Rule    string
	Version int // of the rule
	Start   time.Time
	Due     time.Time
	State   ClockState
	Stopped time.Time // when it was paused
	Ended   time.Time // when it was met or cancelled
	Late    bool      // it was over before it was met or given up
	Next    time.Time // the next rung of the ladder; zero when there is none
	Rung    int       // rungs passed
	Agency  access.AgencyID
	Person  access.PersonID // who is responsible, when named
	Region  access.RegionID
	Row     int // version of the row
}

// Minutes returns the meeting whose minutes a clock waits for an institution to sign, and whether the clock is about that.
func (c Clock) Minutes() (meeting string, of bool) {
	meeting, _, of = strings.Cut(c.Record, "/")
	return meeting, of
}

// Listed reports whether the clock is that of a task or a request, which stand in lists of their own.
func (c Clock) Listed() bool {
	_, minutes := c.Minutes()
	return c.Record != "" && !minutes && !strings.HasPrefix(c.Record, ofProtection)
}

// Correctable reports whether the start of the clock may be moved: not while it stands still or after it was given up, and not
// when it began with a step that the program keeps itself, of a task or a request.
func (c Clock) Correctable() bool { return c.State != Cancelled && c.State != Paused && !c.Listed() }

// Live reports whether the clock still waits for its event.
func (c Clock) Live() bool { return c.State == Running || c.State == Paused || c.State == Breached }

// Overdue reports whether the term is over at moment now and its event has not come.
func (c Clock) Overdue(now time.Time) bool {
	return (c.State == Running || c.State == Breached) && now.After(c.Due)
}

// ClockChange is one line of the history of a clock. Lines are added and never edited.
type ClockChange struct {
	ID       string
	Clock    ClockID
	At       time.Time
	Actor    access.PersonID
	What     string // started, met, paused, resumed, corrected, recalculated, breached, escalated, cancelled, revived
	OldStart time.Time
	OldDue   time.Time
	OldState ClockState
	Reason   string // a code; free words stay out of clocks
	Rung     int
}

// Happening is an event with its moment. Events are entered in any order; the moment says which came first.
type Happening struct {
	ID     string
	Signal SignalID
	Case   CaseID
	Record string
	Event  Event
	At     time.Time
}

// lasting are events after which something stands until one of the others comes: a child that is placed needs no second order.
var lasting = map[Event][]Event{PlacementOrdered: {"placement.ended", "court.decided"}}

// stands reports whether what an event brought about still stands at a moment, by all that happened.
func (h Happening) stands(all []Happening, at time.Time) bool {
	return !slices.ContainsFunc(all, func(x Happening) bool {
		return slices.Contains(lasting[h.Event], x.Event) && !x.At.Before(h.At) && !x.At.After(at)
	})
}

// ClockTx is what clocks need of a transaction.
type ClockTx interface {
	DaysOff(ctx context.Context) (calendar.Decreed, error)
	DecreedDays(ctx context.Context) ([]DayOff, error)
	PutDayOff(ctx context.Context, d DayOff) error
	DropDayOff(ctx context.Context, d calendar.Date) error
	LiveClocks(ctx context.Context) ([]Clock, error)
	ClockRules(ctx context.Context) ([]ClockRule, error)
	ClockRulesFrom(ctx context.Context, e Event) ([]ClockRule, error)
	ClockRule(ctx context.Context, ref string, version int) (ClockRule, error)
	PutClockRule(ctx context.Context, r ClockRule) error
	PutClock(ctx context.Context, c Clock) error
	PutClockChange(ctx context.Context, c ClockChange) error
	PutHappening(ctx context.Context, h Happening) error
	Happenings(ctx context.Context, s SignalID, c CaseID, record string) ([]Happening, error)
	Clock(ctx context.Context, id ClockID) (Clock, error)
	ClocksOf(ctx context.Context, s SignalID, c CaseID) ([]Clock, error)
	ClockChanges(ctx context.Context, id ClockID) ([]ClockChange, error)
	DueClocks(ctx context.Context, n int) ([]ClockID, error)
	MyClocks(ctx context.Context, person access.PersonID, agencies []access.AgencyID, n int) ([]Clock, error)
	OnDuty(ctx context.Context, agency access.AgencyID, at time.Time) ([]Duty, error)
	Rota(ctx context.Context, agency access.AgencyID) ([]Duty, error)
	Duty(ctx context.Context, id string) (Duty, error)
	PutDuty(ctx context.Context, d Duty) error
	DropDuty(ctx context.Context, id string) error
}
