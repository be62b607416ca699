package casework

import (
	"context"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/fault"
)

// DayOff is a day that a decree of the Council of Ministers made free, or made working in exchange.
type DayOff struct {
	Day    calendar.Date
	Off    bool
	Source string // the decree
}

// DaysOff are the days that decrees changed, the newest first, and whether a last day that is a day off moves.
func (s *Service) DaysOff(ctx context.Context, by access.Actor) (all []DayOff, roll bool, err error) {
	err = s.store.View(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.EditRules, access.Resource{Kind: "day_off"}); err != nil {
			return err
		}
		if all, err = tx.DecreedDays(ctx); err != nil {
			return err
		}
		v, err := tx.Setting(ctx, rollSetting)
		roll = v != "no"
		return err
	})
	return all, roll, err
}

// SetDayOff enters a day that a decree changed. The ends of terms follow, of those that run as well.
func (s *Service) SetDayOff(ctx context.Context, by access.Actor, d DayOff) error {
	return s.onDays(ctx, by, func(tx Tx) error {
		var l fault.List
		if n := len([]rune(d.Source)); n < 3 || n > 200 {
			l.Add(fault.Field("source", "form.length", fault.Vars{"min": 3, "max": 200})) // no day without its decree
		}
		decreed, err := tx.DaysOff(ctx)
		if err != nil {
			return err
		}
		_, there := decreed[d.Day]
		switch {
		case !calendar.Known(d.Day.Start()):
			l.Add(fault.Field("day", "form.year"))
		case there:
			l.Add(fault.Field("day", "dayoff.there"))
		case plainDays.Working(d.Day) != d.Off:
			l.Add(fault.Field("day", "dayoff.same"))
		}
		if err := l.Err(); err != nil {
			return err
		}
		return tx.PutDayOff(ctx, d)
	})
}

// plainDays are the working days without any decree.
var plainDays = calendar.NewWorkCalendar(nil)

// DropDayOff takes back what was entered for a day.
func (s *Service) DropDayOff(ctx context.Context, by access.Actor, d calendar.Date) error {
	return s.onDays(ctx, by, func(tx Tx) error {
		decreed, err := tx.DaysOff(ctx)
		if err != nil {
			return err
		}
		if _, there := decreed[d]; !there {
			return fault.New(fault.NotFound, "fault.notfound")
		}
		return tx.DropDayOff(ctx, d)
	})
}

// SetRoll says whether a term of days or months that ends on a day off ends on the next working day instead, where its rule
// leaves that to the house.
func (s *Service) SetRoll(ctx context.Context, by access.Actor, roll bool) error {
	return s.onDays(ctx, by, func(tx Tx) error {
		return tx.PutSetting(ctx, rollSetting, map[bool]string{true: "yes", false: "no"}[roll])
	})
}

func (s *Service) onDays(ctx context.Context, by access.Actor, fn func(Tx) error) error {
	return s.store.Update(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.EditRules, access.Resource{Kind: "day_off"}); err != nil {
			return err
		}
		if err := fn(tx); err != nil {
			return err
		}
		return s.recalculate(ctx, tx)
	})
}

// recalculate brings the ends of the terms of days and months that run to the working days of now. What was told stays told, and
// where an end moves the old one stays in the history of its clock.
func (s *Service) recalculate(ctx context.Context, tx Tx) error {
	days, err := s.workCalendar(ctx, tx)
	if err != nil {
		return err
	}
	all, err := tx.LiveClocks(ctx)
	if err != nil {
		return err
	}
	for _, c := range all {
		r, err := tx.ClockRule(ctx, c.Rule, c.Version)
		if err != nil {
			return err
		}
		if r.Term.Unit == calendar.Hours || r.ownDay() {
			continue
		}
		due, err := s.dueOf(ctx, tx, days, r, c)
		if err != nil {
			return err
		}
		if due.Equal(c.Due) {
			continue
		}
		if err := change(ctx, tx, c, "recalculated", ""); err != nil {
			return err
		}
		c.Due = due
		if c.State != Paused {
			if c.State = Running; !due.After(tx.Now()) {
				c.State = Breached
			}
			c.arm(r, tx.Now())
		}
		if err := tx.PutClock(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// ownDay reports whether clocks of the rule end on a day of their own: of the task, of the request, or until which a case is on
// hold.
func (r ClockRule) ownDay() bool {
	return r.StartsOn("task.given") || r.StartsOn("request.accepted") || r.StartsOn(CaseHeld)
}

// dueOf is the end of a clock by its start: its term under the settings of the house, the days that it stood still, and no later
// than the day that was agreed in a plan or set in a request.
func (s *Service) dueOf(ctx context.Context, tx Tx, days *calendar.WorkCalendar, r ClockRule, c Clock) (time.Time, error) {
	if r.ownDay() {
		return c.Due, nil
	}
	t, err := s.term(ctx, tx, r)
	if err != nil {
		return time.Time{}, err
	}
	stood, err := stoodStill(ctx, tx, c.ID, c.Start)
	if err != nil {
		return time.Time{}, err
	}
	due := r.due(days, t, c.Start)
	if stood > 0 {
		due = calendar.On(due).AddDays(stood).End()
	}
	latest, err := c.agreedEnd(ctx, tx, r)
	if err != nil {
		return due, err
	}
	if r.StartsOn("request.sent") || r.StartsOn("request.returned") {
		x, err := tx.Request(ctx, c.Record)
		if err != nil {
			return due, err
		}
		if x.State != Answered { // whoever checks an answer may do so after the day of the request
			latest = x.Due.End()
		}
	}
	if latest.After(c.Start) && due.After(latest) {
		due = latest
	}
	return due, nil
}
