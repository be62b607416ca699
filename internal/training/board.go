package training

import (
	"context"
	"slices"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
)

// TodoKind names the one thing to do next about a region or a training.
type TodoKind string

// The things to do, the most urgent first.
const (
	TodoNone    TodoKind = ""
	TodoPlan    TodoKind = "plan"    // the region has no training
	TodoMark    TodoKind = "mark"    // a half-day is over and presence is not marked
	TodoCertify TodoKind = "certify" // people completed and have no certificate
	TodoMinimum TodoKind = "minimum" // a sector lacks people for its minimum
	TodoEndorse TodoKind = "endorse" // heads have not answered
	TodoFill    TodoKind = "fill"    // seats are free and applications are open
)

// Todo is the one thing to do next, with how many it concerns.
type Todo struct {
	Kind   TodoKind
	N      int
	Sector string
}

// Tile is one training on the board of regions; a region without one has a tile with no event.
type Tile struct {
	Region access.RegionID
	Event  Event
	Counts Counts
	Held   bool // its last half-day is over
	Todo   Todo
}

// TodoOf derives the next thing to do about a training at moment now.
func TodoOf(e Event, c Counts, now time.Time) Todo {
	if e.State != Planned {
		return Todo{Kind: TodoPlan}
	}
	if missing := c.Confirmed*pastHalfDays(e, now) - c.Marked; missing > 0 {
		return Todo{Kind: TodoMark, N: missing}
	}
	if n := c.Completed - c.Certified; n > 0 && Held(e, now) {
		return Todo{Kind: TodoCertify, N: n}
	}
	if len(e.HalfDays) == 0 || !now.Before(e.HalfDays[0].Begin()) {
		return Todo{}
	}
	for _, r := range e.Rules {
		if n := r.Min - c.Sectors[r.Sector]; n > 0 && calendar.On(now).DaysUntil(e.Starts()) <= 60 {
			return Todo{TodoMinimum, n, r.Sector}
		}
	}
	if c.Applied > 0 {
		return Todo{Kind: TodoEndorse, N: c.Applied}
	}
	if n := e.Capacity - c.Taken(); n > 0 {
		return Todo{Kind: TodoFill, N: n}
	}
	return Todo{}
}

func pastHalfDays(e Event, now time.Time) int {
	n := 0
	for _, h := range e.HalfDays {
		if !now.Before(h.End()) {
			n++
		}
	}
	return n
}

// Held reports whether the last half-day is over at moment now.
func Held(e Event, now time.Time) bool {
	return len(e.HalfDays) > 0 && pastHalfDays(e, now) == len(e.HalfDays)
}

// Board returns a tile for each training that the reader may see, and one for each region of regions without any. The tile
// of a region with several trainings is that of the last one.
func (s *Service) Board(ctx context.Context, by access.Actor, regions []access.RegionID) ([]Tile, error) {
	events, counts, err := s.Events(ctx, by, EventFilter{})
	if err != nil {
		return nil, err
	}
	now := s.now()
	of := map[access.RegionID]Tile{}
	for _, e := range events {
		if e.State != Planned {
			continue
		}
		c := counts[e.ID]
		of[e.Region] = Tile{e.Region, e, c, Held(e, now), TodoOf(e, c, now)}
	}
	var tiles []Tile
	for _, id := range regions {
		t, ok := of[id]
		if !ok {
			t = Tile{Region: id, Todo: Todo{Kind: TodoPlan}}
		}
		tiles = append(tiles, t)
	}
	return slices.Clip(tiles), nil
}
