package training

import (
	"cmp"
	"context"
	"slices"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
)

// NextKind names the one thing to do next about a region or a training.
type NextKind string

// The things to do, the most urgent first.
const (
	NextNone    NextKind = ""
	NextPlan    NextKind = "plan"    // the region has no training
	NextMark    NextKind = "mark"    // a half-day is over and presence is not marked
	NextCertify NextKind = "certify" // people completed and have no certificate
	NextMinimum NextKind = "minimum" // a sector lacks people for its minimum
	NextEndorse NextKind = "endorse" // heads have not answered
	NextFill    NextKind = "fill"    // seats are free and applications are open
)

// NextStep is the one thing to do next, with how many it concerns.
type NextStep struct {
	Kind   NextKind
	N      int
	Sector string
}

// Standing is how one training stands.
type Standing struct {
	Event    Event
	Counts   Counts
	Held     bool // its last half-day is over
	NextStep NextStep
}

// StandingOf derives how a training stands at moment now.
func StandingOf(e Event, c Counts, now time.Time) Standing {
	return Standing{e, c, Held(e, now), NextStepOf(e, c, now)}
}

// Tile is one region on the board. Its Standing is of the training in which something waits to be done, the most urgent
// first; or else of the next one to come, or of the last. A region without trainings has none.
type Tile struct {
	Standing
	Region access.RegionID
	All    []Standing // every training of the region that was not called off, by start
}

// Completed is how many people completed a training of the region.
func (t Tile) Completed() int {
	n := 0
	for _, s := range t.All {
		n += s.Counts.Completed
	}
	return n
}

// HeldCount is how many trainings of the region are over.
func (t Tile) HeldCount() int {
	n := 0
	for _, s := range t.All {
		if s.Held {
			n++
		}
	}
	return n
}

// NextStepOf derives the next thing to do about a training at moment now.
func NextStepOf(e Event, c Counts, now time.Time) NextStep {
	if e.State != Planned {
		return NextStep{Kind: NextPlan}
	}
	if n := unmarked(e, c, now); n > 0 {
		return NextStep{Kind: NextMark, N: n}
	}
	if c.ToCertify > 0 && Held(e, now) {
		return NextStep{Kind: NextCertify, N: c.ToCertify}
	}
	if e.Begun(now) {
		return NextStep{}
	}
	for _, r := range e.Rules {
		if n := r.Min - c.Sectors[r.Sector]; n > 0 && calendar.On(now).DaysUntil(e.Starts()) <= 60 {
			return NextStep{NextMinimum, n, r.Sector}
		}
	}
	if c.Applied > 0 {
		return NextStep{Kind: NextEndorse, N: c.Applied}
	}
	if n := e.Capacity - c.Taken(); n > 0 {
		return NextStep{Kind: NextFill, N: n}
	}
	return NextStep{}
}

// unmarked is how many marks of presence are missing for the half-days that are over.
func unmarked(e Event, c Counts, now time.Time) int {
	n := 0
	for _, h := range e.HalfDays {
		if !now.Before(h.End()) {
			n += c.Confirmed - c.Marked[h.ID]
		}
	}
	return n
}

// Held reports whether the last half-day is over at moment now.
func Held(e Event, now time.Time) bool {
	return len(e.HalfDays) > 0 && !now.Before(e.HalfDays[len(e.HalfDays)-1].End())
}

// urgency orders the things to do, the most urgent first; nothing to do comes last.
func urgency(k NextKind) int {
	i := slices.Index([]NextKind{NextPlan, NextMark, NextCertify, NextMinimum, NextEndorse, NextFill}, k)
	if i < 0 {
		return 100
	}
	return i
}

// ByUrgency orders trainings by what waits in them, and by their start.
func ByUrgency(a, b Standing) int {
	return cmp.Or(urgency(a.NextStep.Kind)-urgency(b.NextStep.Kind), a.Event.Starts().Compare(b.Event.Starts()))
}

// Finished is how many people of a training and a sector completed in a month.
type Finished struct {
	Event  EventID
	Region access.RegionID
	Sector string
	Month  calendar.Date // its first day
	N      int
}

// Overview is how the trainings of several regions stand, and who completed.
type Overview struct {
	Tiles    []Tile
	Finished []Finished
	People   int            // who completed: a person once, of however many trainings
	Sectors  map[string]int // the same, by the sector in which they had their seats
}

// Board returns a tile for each of regions, with all its trainings that the reader may see.
func (s *Service) Board(ctx context.Context, by access.Actor, regions []access.RegionID) (Overview, error) {
	var o Overview
	err := s.store.View(ctx, by, func(tx Tx) (err error) {
		o, err = s.overview(ctx, tx, regions, tx.Scope(access.SeeTraining), tx.Scope(access.SeeCompletion))
		return err
	})
	return o, err
}

// Progress returns the same for everybody who may see the programme, as numbers alone: a training has no identifier, no
// place but its region, and nothing that waits.
func (s *Service) Progress(ctx context.Context, by access.Actor, regions []access.RegionID) (Overview, error) {
	var o Overview
	err := s.store.View(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.SeeProgramme, access.Resource{Kind: "programme"}); err != nil {
			return err
		}
		all := access.Scope{All: true}
		var err error
		if o, err = s.overview(ctx, tx, regions, all, all); err != nil {
			return err
		}
		for i := range o.Tiles {
			o.Tiles[i] = o.Tiles[i].numbers()
		}
		for i := range o.Finished {
			o.Finished[i].Event = ""
		}
		return nil
	})
	return o, err
}

func (s *Service) overview(ctx context.Context, tx Tx, regions []access.RegionID, trainings, completions access.Scope) (Overview, error) {
	var o Overview
	events, err := tx.Events(ctx, trainings, EventFilter{})
	if err != nil {
		return o, err
	}
	counts, err := tx.EventCounts(ctx, trainings)
	if err != nil {
		return o, err
	}
	now := s.now()
	of := map[access.RegionID][]Standing{}
	for _, e := range events {
		if e.State == Planned {
			of[e.Region] = append(of[e.Region], StandingOf(e, counts[e.ID], now))
		}
	}
	o.Tiles = make([]Tile, len(regions))
	for i, id := range regions {
		o.Tiles[i] = Tile{Region: id, All: of[id], Standing: foremost(of[id])}
	}
	if o.Finished, err = tx.Finished(ctx, completions); err != nil {
		return o, err
	}
	o.People, o.Sectors, err = tx.FinishedPeople(ctx, completions)
	return o, err
}

// numbers is the tile without what names a training.
func (t Tile) numbers() Tile {
	out := Tile{Region: t.Region}
	for _, s := range t.All {
		out.All = append(out.All, s.numbers())
	}
	out.Standing = t.Standing.numbers()
	return out
}

func (s Standing) numbers() Standing {
	c := Counts{Confirmed: s.Counts.Confirmed, Offered: s.Counts.Offered, Completed: s.Counts.Completed}
	return Standing{Event: Event{Region: s.Event.Region, Capacity: s.Event.Capacity, HalfDays: s.Event.HalfDays, State: s.Event.State}, Counts: c, Held: s.Held}
}

// foremost chooses the training that a tile shows.
func foremost(all []Standing) Standing {
	if len(all) == 0 {
		return Standing{NextStep: NextStep{Kind: NextPlan}}
	}
	best := slices.MinFunc(all, ByUrgency)
	if best.NextStep.Kind != NextNone {
		return best
	}
	for _, s := range all {
		if !s.Held {
			return s
		}
	}
	return all[len(all)-1]
}
