package casework

import (
	"cmp"
	"context"
	"slices"
	"time"

	"strengthen/internal/access"
)

// ClockView is a clock with its rule, as pages show it.
type ClockView struct {
	Clock
	Of ClockRule
}

// urgency orders clocks as pages do: overdue, nearly due, running, then what is done.
func (v ClockView) urgency(now time.Time) int {
	switch {
	case v.Overdue(now):
		return 0
	case v.State == Running:
		return 1
	case v.State == Paused:
		return 2
	}
	return 3
}

func clockViews(ctx context.Context, tx Tx, all []Clock) ([]ClockView, error) {
	views := make([]ClockView, len(all))
	for i, c := range all {
		r, err := tx.ClockRule(ctx, c.Rule, c.Version)
		if err != nil {
			return nil, err
		}
		views[i] = ClockView{c, r}
	}
	now := tx.Now()
	slices.SortStableFunc(views, func(a, b ClockView) int {
		return cmp.Or(a.urgency(now)-b.urgency(now), a.Due.Compare(b.Due))
	})
	return views, nil
}

// Key names the record to which a clock belongs: "case/ID" or "signal/ID".
func (c Clock) Key() string {
	if c.Case != "" {
		return "case/" + string(c.Case)
	}
	return "signal/" + string(c.Signal)
}

// seen returns the reference of what a clock belongs to, if the reader may open it.
func seen(ctx context.Context, tx Tx, c Clock) (ref string, may bool, err error) {
	if c.Case != "" {
		x, err := tx.Case(ctx, c.Case)
		if err != nil {
			return "", false, err
		}
		may, err = canCase(ctx, tx, x, access.SeeCase)
		return x.Ref, may, err
	}
	g, err := tx.Signal(ctx, c.Signal)
	if err != nil {
		return "", false, err
	}
	may, err = canSignal(ctx, tx, g, access.SeeSignal)
	return g.Ref, may, err
}

// ClockPage is one term with everything that became of it.
type ClockPage struct {
	ClockView
	Ref     string // of the signal or case to which it belongs
	History []ClockChange
	Names   map[access.PersonID]string
}

// OpenClock opens a term with its history, for whoever may change it.
func (s *Service) OpenClock(ctx context.Context, by access.Actor, id ClockID) (ClockPage, error) {
	v := ClockPage{Names: map[access.PersonID]string{}}
	err := s.onClock(ctx, by, id, func(ctx context.Context, tx Tx, c Clock, r ClockRule) error {
		v.ClockView = ClockView{c, r}
		var err error
		if v.Ref, _, err = c.about(ctx, tx); err != nil {
			return err
		}
		if v.History, err = tx.ClockChanges(ctx, id); err != nil {
			return err
		}
		var people []access.PersonID
		for _, h := range v.History {
			people = append(people, h.Actor)
		}
		return nameAll(ctx, tx, v.Names, people)
	})
	return v, err
}
