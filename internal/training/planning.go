package training

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/fold"
	"strengthen/internal/org"
)

// Plan adds a training (no identifier yet) under an idempotency key, or changes one and gives out seats again.
func (s *Service) Plan(ctx context.Context, by access.Actor, key string, e Event) (EventID, error) {
	var planned Event
	err := s.store.Update(ctx, by, func(tx Tx) (err error) {
		planned, err = plan(ctx, tx, by, key, e)
		return err
	})
	return planned.ID, err
}

func plan(ctx context.Context, tx Tx, by access.Actor, key string, e Event) (Event, error) {
	if e.ID != "" {
		return change(ctx, tx, by, e)
	}
	if err := tx.Allow(ctx, access.PlanTraining, e.Resource()); err != nil {
		return e, err
	}
	e, err := ready(ctx, tx, e)
	if err == nil && e.Begun(tx.Now()) {
		err = fault.Field("half_days", "training.past")
	}
	if err != nil {
		return e, err
	}
	id, err := tx.Once(ctx, key, func() (string, error) {
		n := e
		n.ID, n.State, n.Version = EventID(access.NewID()), Planned, 0
		return string(n.ID), tx.PutEvent(ctx, n)
	})
	e.ID = EventID(id)
	return e, err
}

// ready checks a training and puts its half-days in order.
func ready(ctx context.Context, tx Tx, e Event) (Event, error) {
	tables, err := org.ReadTables(ctx, tx)
	if err != nil {
		return e, err
	}
	p, err := tx.Programme(ctx)
	if fault.Is(err, fault.NotFound) {
		return e, fault.New(fault.Conflict, "programme.none")
	}
	if err != nil {
		return e, err
	}
	e.Programme = p.ID
	e.VenueBG, e.VenueEN = strings.TrimSpace(e.VenueBG), strings.TrimSpace(e.VenueEN)
	if e.VenueEN == "" {
		e.VenueEN = fold.Latin(strings.NewReplacer("„", "“", "“", "”").Replace(e.VenueBG))
	}
	e.HalfDays = slices.Clone(e.HalfDays)
	slices.SortFunc(e.HalfDays, func(a, b HalfDay) int {
		return cmp.Or(a.On.Compare(b.On), strings.Compare(a.Starts, b.Starts))
	})
	return e, e.check(tables, p).Err()
}

// ToChange alters a training: it keeps half-days that have marks, never goes below the seats given, raises the sequence when
// calendar entries change, lets links and completions follow, tells people, and gives out seats again.
func ToChange(e Event) Act {
	return Act{What: e, do: func(ctx context.Context, tx Tx, by access.Actor) error {
		_, err := change(ctx, tx, by, e)
		return err
	}}
}

func change(ctx context.Context, tx Tx, by access.Actor, e Event) (Event, error) {
	old, err := readEvent(ctx, tx, by, access.PlanTraining, e.ID)
	if err != nil {
		return e, err
	}
	if e.Region != old.Region {
		if err := tx.Allow(ctx, access.PlanTraining, e.Resource()); err != nil {
			return e, err
		}
	}
	if e, err = ready(ctx, tx, e); err != nil {
		return e, err
	}
	e.State, e.Sequence = old.State, old.Sequence
	seats, err := tx.Enrolments(ctx, e.ID)
	if err != nil {
		return e, err
	}
	if err := changeable(old, e, seats, tx.Now()); err != nil {
		return e, err
	}
	if e, err = keepHalfDays(ctx, tx, old, e); err != nil {
		return e, err
	}
	newDays := !slices.Equal(e.HalfDays, old.HalfDays)
	moved := newDays || e.VenueBG != old.VenueBG || e.VenueEN != old.VenueEN
	if moved {
		e.Sequence++
	}
	if err := tx.PutEvent(ctx, e); err != nil {
		return e, err
	}
	if newDays {
		if err := moveLinks(ctx, tx, e, seats); err != nil {
			return e, err
		}
	}
	if moved && !Held(e, tx.Now()) {
		if err := tellMoved(ctx, tx, e, seats); err != nil {
			return e, err
		}
	}
	if newDays || e.NeedShare != old.NeedShare {
		if err := completeAll(ctx, tx, by, e, seats); err != nil {
			return e, err
		}
	}
	e.Version++
	return e, settle(ctx, tx, by, e)
}

// changeable refuses changes that would take something from people, or move a training into the past.
func changeable(old, e Event, seats []Enrolment, now time.Time) error {
	n := taken(seats)
	switch {
	case old.State != Planned:
		return fault.New(fault.Conflict, "training.calledoff")
	case e.Capacity < n:
		return fault.Field("capacity", "training.capacity", fault.Vars{"n": n})
	case e.Begun(now) && !old.Begun(now):
		return fault.Field("half_days", "training.past")
	case !e.Begun(now) && old.Begun(now):
		return fault.Field("half_days", "training.begun")
	}
	return nil
}

func sameTime(a, b HalfDay) bool { return a.On == b.On && a.Starts == b.Starts && a.Ends == b.Ends }

// keepHalfDays gives the half-days of e the identifiers of those of old that they go on: first those at which presence was
// marked, which must stay at their time; then each that the form names; then those at the same time.
func keepHalfDays(ctx context.Context, tx Tx, old, e Event) (Event, error) {
	withMarks, err := tx.MarkedHalfDays(ctx, e.ID)
	if err != nil {
		return e, err
	}
	marked, used := map[string]bool{}, map[string]bool{}
	for _, id := range withMarks {
		marked[id] = true
	}
	named := make([]string, len(e.HalfDays))
	for i := range e.HalfDays {
		named[i], e.HalfDays[i].ID = e.HalfDays[i].ID, ""
	}
	give := func(goesOn func(i int, h HalfDay) bool) {
		for i := range e.HalfDays {
			for _, h := range old.HalfDays {
				if e.HalfDays[i].ID == "" && !used[h.ID] && goesOn(i, h) {
					e.HalfDays[i].ID, used[h.ID] = h.ID, true
				}
			}
		}
	}
	give(func(i int, h HalfDay) bool { return marked[h.ID] && sameTime(e.HalfDays[i], h) })
	give(func(i int, h HalfDay) bool { return !marked[h.ID] && named[i] == h.ID })
	give(func(i int, h HalfDay) bool { return sameTime(e.HalfDays[i], h) })
	for _, h := range old.HalfDays {
		if marked[h.ID] && !used[h.ID] {
			return e, fault.Field("half_days", "training.marked", fault.Vars{"date": h.On})
		}
	}
	return e, nil
}

// Cancel calls a training off; everybody with a seat or on the list is told.
func (s *Service) Cancel(ctx context.Context, by access.Actor, id EventID, version int) error {
	return s.Do(ctx, by, ToCallOff(id, version))
}

// ToCallOff calls a training off that has not begun.
func ToCallOff(id EventID, version int) Act {
	return Act{What: []any{"calloff", id, version}, do: func(ctx context.Context, tx Tx, by access.Actor) error {
		e, err := readEvent(ctx, tx, by, access.PlanTraining, id)
		switch {
		case err != nil:
			return err
		case e.State != Planned || e.Version != version:
			return fault.New(fault.Conflict, "fault.changed")
		case e.Begun(tx.Now()):
			return fault.New(fault.Conflict, "training.begun")
		}
		e.State = CalledOff
		e.Sequence++
		if err := tx.PutEvent(ctx, e); err != nil {
			return err
		}
		seats, err := tx.Enrolments(ctx, id)
		if err != nil {
			return err
		}
		for _, n := range seats {
			if !CallOff.From(n.State) {
				continue
			}
			if _, err := take(ctx, tx, by, e, n, CallOff, Why{Key: "seat.calledoff"}); err != nil {
				return err
			}
		}
		return nil
	}}
}

func taken(seats []Enrolment) int {
	n := 0
	for _, s := range seats {
		if s.State == Confirmed || s.State == Offered {
			n++
		}
	}
	return n
}
