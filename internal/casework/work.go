package casework

import (
	"context"

	"strengthen/internal/access"
)

// Work is what waits for a person: terms by urgency, tasks, meetings to come, and the inbox of the person's institution.
type Work struct {
	Clocks   []ClockView
	Signals  []Signal
	Requests []Request // that wait for the institution
	Returned []Request // that the institution sent, and that wait for it again
	Tasks    []Task
	Meetings []Meeting
	Refs     map[string]string // of clocks, tasks and meetings, by "case/ID" and "signal/ID"
	Firms    map[access.AgencyID]string
}

// MyWork collects what waits for the actor. Nothing is in it that the actor may not open.
func (s *Service) MyWork(ctx context.Context, by access.Actor) (Work, error) {
	w := Work{Refs: map[string]string{}, Firms: map[access.AgencyID]string{}}
	err := s.store.View(ctx, by, func(tx Tx) error {
		scope := tx.Scope(access.SeeSignal)
		if err := w.clocks(ctx, tx, scope.Agencies); err != nil {
			return err
		}
		var err error
		if w.Signals, err = tx.Signals(ctx, scope, SignalFilter{Open: true, Limit: 20}); err != nil {
			return err
		}
		if w.Requests, err = tx.Requests(ctx, tx.Scope(access.SeeRequest), RequestFilter{Open: true, Limit: 20}); err != nil {
			return err
		}
		if w.Returned, err = returned(ctx, tx, RequestFilter{Limit: 20}); err != nil {
			return err
		}
		if err := nameAgencies(ctx, tx, w.Firms, append(w.Requests[:len(w.Requests):len(w.Requests)], w.Returned...)); err != nil {
			return err
		}
		return w.dates(ctx, tx, scope.Agencies)
	})
	return w, err
}

func (w *Work) clocks(ctx context.Context, tx Tx, agencies []access.AgencyID) error {
	clocks, err := tx.MyClocks(ctx, tx.By().Person, agencies, 50)
	if err != nil {
		return err
	}
	var mine []Clock
	for _, c := range clocks {
		keep, err := w.sees(ctx, tx, c)
		if err != nil {
			return err
		}
		if keep {
			mine = append(mine, c)
		}
	}
	w.Clocks, err = clockViews(ctx, tx, mine)
	return err
}

// dates reads tasks and meetings.
func (w *Work) dates(ctx context.Context, tx Tx, agencies []access.AgencyID) error {
	tasks, err := tx.MyTasks(ctx, tx.By().Person, agencies, 50)
	if err != nil {
		return err
	}
	for _, t := range tasks {
		keep, err := w.sees(ctx, tx, Clock{Case: t.Case})
		if err != nil {
			return err
		}
		if keep {
			w.Tasks = append(w.Tasks, t)
		}
	}
	meetings, err := tx.MyMeetings(ctx, tx.By().Person)
	if err != nil {
		return err
	}
	for _, m := range meetings {
		keep, err := w.sees(ctx, tx, Clock{Case: m.Case})
		if err != nil {
			return err
		}
		if keep {
			w.Meetings = append(w.Meetings, m)
		}
	}
	return nil
}

// sees keeps the reference of what a clock belongs to, if the reader may open it.
func (w *Work) sees(ctx context.Context, tx Tx, c Clock) (bool, error) {
	if ref, seen := w.Refs[c.Key()]; seen {
		return ref != "", nil
	}
	ref, may, err := seen(ctx, tx, c)
	if err != nil || !may {
		w.Refs[c.Key()] = ""
		return false, err
	}
	w.Refs[c.Key()] = ref
	return true, nil
}
