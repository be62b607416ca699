package org

import (
	"context"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/fault"
)

// TurnAway records that somebody asked for what they may do nowhere.
func (s *Service) TurnAway(ctx context.Context, by access.Actor, action access.Action) error {
	return s.store.Update(ctx, by, func(tx Tx) error {
		return tx.RecordRefusal(ctx, action, access.Resource{Kind: "route"})
	})
}

// Entries lists the record of what was done, newest first, for the data protection officer. Looking is on the record too.
func (s *Service) Entries(ctx context.Context, by access.Actor, f access.EntryFilter, n int) ([]access.Entry, error) {
	var all []access.Entry
	err := s.store.Update(ctx, by, func(tx Tx) (err error) {
		if err := tx.Allow(ctx, access.SeeAudit, access.Resource{Kind: "audit"}); err != nil {
			return err
		}
		all, err = tx.Entries(ctx, f, n)
		return err
	})
	return all, err
}

// Names returns the names of people, as far as the reader may see them; who is not among them is told by the identifier.
func (s *Service) Names(ctx context.Context, by access.Actor, ids []access.PersonID) (map[access.PersonID]string, error) {
	names := map[access.PersonID]string{}
	err := s.store.View(ctx, by, func(tx Tx) error {
		scope := tx.Scope(access.SeePerson)
		for _, id := range ids {
			if _, ok := names[id]; ok || id == "" {
				continue
			}
			p, err := tx.Person(ctx, id)
			if err != nil && !fault.Is(err, fault.NotFound) {
				return err
			}
			if err == nil && scope.Covers(p.Resource()) {
				names[id] = p.Name
			}
		}
		return nil
	})
	return names, err
}

// Activity is what people did over some days, in numbers, by the record of what was done. What the program did by itself is
// left out.
type Activity struct {
	Days    []DayActivity    // every day, the oldest first
	Actions []ActionActivity // the most frequent first
	Readers []ReaderActivity // who opened the most records of people, the most first
}

// DayActivity is how often something was done, and refused, on a day.
type DayActivity struct {
	On            calendar.Date
	Done, Refused int
}

// All is how often something was asked for on the day.
func (d DayActivity) All() int { return d.Done + d.Refused }

// ActionActivity is how often an action was done, and refused.
type ActionActivity struct {
	Action        access.Action
	Done, Refused int
}

// ReaderActivity is how many different records of people somebody opened.
type ReaderActivity struct {
	Person  access.PersonID
	Name    string // empty where the reader may not see it
	Records int
}

// opening are the actions that show the data of people.
var opening = []access.Action{access.SeePerson, access.SeeSeat, access.SeeCert, access.SeeMail, access.ReadAnswer, access.OpenCode}

// Moments counts entries of one hour; the store groups by it, so that days can be those of Sofia.
type Moments struct {
	Hour    time.Time
	Outcome access.Outcome
	N       int
}

// Activity sums up the record of the last days, today among them.
func (s *Service) Activity(ctx context.Context, by access.Actor, days int) (Activity, error) {
	var a Activity
	today := s.now.Today()
	since := today.AddDays(1 - days)
	for d := since; !d.After(today); d = d.AddDays(1) {
		a.Days = append(a.Days, DayActivity{On: d})
	}
	err := s.store.View(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.SeeAudit, access.Resource{Kind: "audit"}); err != nil {
			return err
		}
		hours, err := tx.EntryHours(ctx, since.Start())
		if err != nil {
			return err
		}
		for _, h := range hours {
			if i := since.DaysUntil(calendar.On(h.Hour)); i >= 0 && i < days {
				a.Days[i].add(h.Outcome, h.N)
			}
		}
		if a.Actions, err = tx.EntryActions(ctx, since.Start()); err != nil {
			return err
		}
		a.Readers, err = tx.EntryReaders(ctx, since.Start(), opening, 6)
		if err != nil {
			return err
		}
		scope := tx.Scope(access.SeePerson)
		for i, r := range a.Readers {
			p, err := tx.Person(ctx, r.Person)
			if err != nil && !fault.Is(err, fault.NotFound) {
				return err
			}
			if scope.Covers(p.Resource()) {
				a.Readers[i].Name = p.Name
			}
		}
		return nil
	})
	return a, err
}

func (d *DayActivity) add(o access.Outcome, n int) {
	if o == access.Refused {
		d.Refused += n
		return
	}
	d.Done += n
}

// Totals adds the days up.
func (a Activity) Totals() DayActivity {
	var t DayActivity
	for _, d := range a.Days {
		t.Done, t.Refused = t.Done+d.Done, t.Refused+d.Refused
	}
	return t
}

// Of is how often an action was done.
func (a Activity) Of(action access.Action) int {
	for _, x := range a.Actions {
		if x.Action == action {
			return x.Done
		}
	}
	return 0
}
