package training

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/fault"
	"strengthen/internal/org"
)

// EventID names a training.
type EventID string

// EventState says whether a training will be held.
type EventState string

// The states of a training. Whether people can still apply, or whether it is over, follows from its dates.
const (
	Planned   EventState = "planned"
	CalledOff EventState = "cancelled"
)

// Event is one training.
type Event struct {
	ID         EventID
	Programme  string
	Region     access.RegionID
	VenueBG    string
	VenueEN    string // written in Latin letters when nobody gave it
	Capacity   int
	AgencyMax  int // most people from one institution; 0 for any number
	ApplyUntil calendar.Date
	Release    time.Time // when unused minimums are given to others
	NeedShare  float64   // share of half-days that makes completion
	State      EventState
	Sequence   int // raised whenever the calendar entry changes
	Version    int
	HalfDays   []HalfDay // in order
	Rules      []SectorRule
	Trainers   []access.PersonID
}

// Venue returns the venue in the language of code lang.
func (e Event) Venue(lang string) string {
	if lang == "en" {
		return e.VenueEN
	}
	return e.VenueBG
}

// HalfDay is a morning or an afternoon of a training.
type HalfDay struct {
	ID           string
	On           calendar.Date
	Starts, Ends string // HH:MM in Sofia
}

// Begin is the moment at which the half-day begins.
func (h HalfDay) Begin() time.Time { return h.at(h.Starts) }

// End is the moment at which the half-day ends.
func (h HalfDay) End() time.Time { return h.at(h.Ends) }

func (h HalfDay) at(clock string) time.Time {
	var hour, minute int
	fmt.Sscanf(clock, "%d:%d", &hour, &minute) //nolint:errcheck // checked when the training was saved
	return h.On.At(hour, minute)
}

// SectorRule is what the composition of a group asks of one sector.
type SectorRule struct {
	Sector string
	Min    int     // places kept for the sector until the release date
	Max    int     // most places; 0 for any number
	Share  float64 // of the capacity, that the group aims at
}

// Starts is the first day.
func (e Event) Starts() calendar.Date {
	if len(e.HalfDays) == 0 {
		return calendar.Date{}
	}
	return e.HalfDays[0].On
}

// Ends is the last day.
func (e Event) Ends() calendar.Date {
	if len(e.HalfDays) == 0 {
		return calendar.Date{}
	}
	return e.HalfDays[len(e.HalfDays)-1].On
}

// Begins is the first moment of the training.
func (e Event) Begins() time.Time {
	if len(e.HalfDays) == 0 {
		return time.Time{}
	}
	return e.HalfDays[0].Begin()
}

// Begun reports whether the training has begun at moment now.
func (e Event) Begun(now time.Time) bool { return len(e.HalfDays) > 0 && !now.Before(e.Begins()) }

// Need is how many half-days make completion.
func (e Event) Need() int { return int(math.Ceil(e.NeedShare*float64(len(e.HalfDays)) - 1e-9)) }

// Hours is the length of all half-days together.
func (e Event) Hours() float64 {
	var d time.Duration
	for _, h := range e.HalfDays {
		d += h.End().Sub(h.Begin())
	}
	return d.Hours()
}

// OpenAt reports whether people can apply at moment now.
func (e Event) OpenAt(now time.Time) bool {
	return e.State == Planned && !calendar.On(now).After(e.ApplyUntil) && !e.Begun(now)
}

// Rule returns the composition rule of a sector; a sector without one has no minimum, maximum or share.
func (e Event) Rule(sector string) SectorRule {
	for _, r := range e.Rules {
		if r.Sector == sector {
			return r
		}
	}
	return SectorRule{Sector: sector}
}

// HalfDay returns the half-day of an identifier.
func (e Event) HalfDay(id string) (HalfDay, bool) {
	i := slices.IndexFunc(e.HalfDays, func(h HalfDay) bool { return h.ID == id })
	if i < 0 {
		return HalfDay{}, false
	}
	return e.HalfDays[i], true
}

// Resource is what the policy asks about.
func (e Event) Resource() access.Resource {
	return access.Resource{Kind: "training", ID: string(e.ID), Region: e.Region, Team: e.Trainers}
}

// DefaultRules is the composition that a new training starts with: the three sectors of the project in balance, with room
// for those who work beside them. It is a starting point, shown in the form and changed there.
func DefaultRules() []SectorRule {
	return []SectorRule{
		{"social", 8, 14, 0.36}, {"education", 6, 10, 0.26}, {"police", 5, 9, 0.20},
		{"ngo", 0, 5, 0.08}, {"municipality", 0, 3, 0.04}, {"health", 0, 3, 0.03}, {"mediation", 0, 3, 0.03},
	}
}

// HalfDaysFrom returns n half-days from a first day on: mornings 09:00–12:30 and afternoons 13:30–17:00, weekends left out.
func HalfDaysFrom(first calendar.Date, n int) []HalfDay {
	var out []HalfDay
	for d := first; len(out) < n; d = d.AddDays(1) {
		if weekend(d) {
			continue
		}
		out = append(out, HalfDay{On: d, Starts: "09:00", Ends: "12:30"})
		if len(out) < n {
			out = append(out, HalfDay{On: d, Starts: "13:30", Ends: "17:00"})
		}
	}
	return out
}

// check reports what is wrong with a training, by form field.
func (e Event) check(t org.Tables, p Programme) fault.List {
	var l fault.List
	if _, ok := t.Region(e.Region); !ok {
		l.Add(fault.Field("region", "form.choose"))
	}
	if n := len([]rune(e.VenueBG)); n < 2 || n > 200 {
		l.Add(fault.Field("venue_bg", "form.length", fault.Vars{"min": 2, "max": 200}))
	} else if n := len([]rune(e.VenueEN)); n > 400 {
		l.Add(fault.Field("venue_en", "form.length", fault.Vars{"min": 0, "max": 400}))
	}
	if e.Capacity < 1 || e.Capacity > 500 {
		l.Add(fault.Field("capacity", "form.range", fault.Vars{"min": 1, "max": 500}))
	}
	if e.AgencyMax < 0 || e.AgencyMax > e.Capacity {
		l.Add(fault.Field("agency_max", "form.range", fault.Vars{"min": 0, "max": e.Capacity}))
	}
	if !(e.NeedShare > 0 && e.NeedShare <= 1) { // not a number is refused too
		l.Add(fault.Field("need_share", "training.share"))
	}
	l = append(l, e.checkDates(p)...)
	l = append(l, e.checkRules(t)...)
	return l
}

func (e Event) checkDates(p Programme) fault.List {
	var l fault.List
	if len(e.HalfDays) == 0 || len(e.HalfDays) > 40 {
		l.Add(fault.Field("half_days", "training.halfdays"))
		return l
	}
	for i, h := range e.HalfDays {
		if h.On.IsZero() || !clockLike(h.Starts) || !clockLike(h.Ends) || h.Starts >= h.Ends {
			l.Add(fault.Field("half_days", "training.halfday", fault.Vars{"n": i + 1}))
		}
		if i > 0 && h.Begin().Before(e.HalfDays[i-1].End()) {
			l.Add(fault.Field("half_days", "training.overlap", fault.Vars{"n": i + 1}))
		}
	}
	if e.Starts().Before(p.Starts) || e.Ends().After(p.Ends) {
		l.Add(fault.Field("half_days", "training.outside", fault.Vars{"from": p.Starts, "to": p.Ends}))
	}
	if e.ApplyUntil.IsZero() || e.ApplyUntil.After(e.Starts()) {
		l.Add(fault.Field("apply_until", "training.applyuntil"))
	}
	if e.Release.IsZero() || e.Release.After(e.HalfDays[0].Begin()) {
		l.Add(fault.Field("release", "training.release"))
	}
	return l
}

func clockLike(s string) bool {
	_, err := time.Parse("15:04", s)
	return err == nil && len(s) == 5
}

func (e Event) checkRules(t org.Tables) fault.List {
	var l fault.List
	minimums, shares := 0, 0.0
	for _, r := range e.Rules {
		field := "rule_" + r.Sector
		if _, ok := t.Term(org.Sectors, r.Sector); !ok {
			l.Add(fault.Field(field, "form.choose"))
		}
		switch {
		case r.Min < 0 || r.Max < 0 || !(r.Share >= 0 && r.Share <= 1):
			l.Add(fault.Field(field, "training.rule"))
		case r.Max > 0 && r.Min > r.Max:
			l.Add(fault.Field(field, "training.minmax"))
		case r.Min > e.Capacity:
			l.Add(fault.Field(field, "training.mincapacity", fault.Vars{"n": e.Capacity}))
		}
		minimums += r.Min
		shares += r.Share
	}
	if minimums > e.Capacity {
		l.Add(fault.Field("capacity", "training.minimums", fault.Vars{"n": minimums}))
	}
	if shares > 1.005 {
		l.Add(fault.Field("capacity", "training.shares"))
	}
	return l
}

// EventFilter narrows a list of trainings.
type EventFilter struct {
	Region access.RegionID
	From   calendar.Date // ends on or after
	Until  calendar.Date // starts on or before
}

// Counts is what a board shows of one training.
type Counts struct {
	Applied, Confirmed, Waiting, Offered int
	Sectors                              map[string]int // confirmed and offered, by sector
	Completed, Certified                 int
	ToCertify                            int            // completed, and a certificate would be issued now
	Marked                               map[string]int // people with a seat whose presence is marked, by half-day
}

// Taken is how many seats are given.
func (c Counts) Taken() int { return c.Confirmed + c.Offered }

// Events lists the trainings that the reader may see, by start.
func (s *Service) Events(ctx context.Context, by access.Actor, f EventFilter) ([]Event, map[EventID]Counts, error) {
	var all []Event
	var counts map[EventID]Counts
	err := s.store.View(ctx, by, func(tx Tx) (err error) {
		scope := tx.Scope(access.SeeTraining)
		if all, err = tx.Events(ctx, scope, f); err != nil {
			return err
		}
		counts, err = tx.EventCounts(ctx, scope)
		return err
	})
	return all, counts, err
}

// OpenEvents lists the trainings for which people can apply today; they are public.
func (s *Service) OpenEvents(ctx context.Context) ([]Event, error) {
	var all []Event
	err := s.store.View(ctx, access.Public(""), func(tx Tx) (err error) {
		all, err = tx.OpenEvents(ctx, s.now.Today())
		return err
	})
	return slices.DeleteFunc(all, func(e Event) bool { return !e.OpenAt(s.now()) }), err
}

// OpenEvent returns a training for which people can apply; its plan is public.
func (s *Service) OpenEvent(ctx context.Context, id EventID) (Event, error) {
	var e Event
	err := s.store.View(ctx, access.Public(""), func(tx Tx) (err error) {
		if e, err = tx.Event(ctx, id); err != nil {
			return err
		}
		if e.State != Planned {
			return fault.New(fault.NotFound, "fault.notfound")
		}
		return nil
	})
	return e, err
}

// Event returns one training.
func (s *Service) Event(ctx context.Context, by access.Actor, id EventID) (Event, error) {
	var e Event
	err := s.store.View(ctx, by, func(tx Tx) (err error) {
		e, err = readEvent(ctx, tx, by, access.SeeTraining, id)
		return err
	})
	return e, err
}

// readEvent loads a training and asks whether the actor may do action there.
func readEvent(ctx context.Context, tx Tx, by access.Actor, action access.Action, id EventID) (Event, error) {
	e, err := tx.Event(ctx, id)
	if err != nil {
		return e, err
	}
	r := e.Resource()
	if _, err := tx.EnrolmentOf(ctx, id, by.Person); err == nil && by.Person != "" {
		r.Own = by.Person
	} else if err != nil && !fault.Is(err, fault.NotFound) {
		return e, err
	}
	return e, tx.Allow(ctx, action, r)
}
