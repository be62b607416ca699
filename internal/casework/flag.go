package casework

import (
	"context"
	"slices"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/fault"
	"strengthen/internal/sealed"
)

// SetFlag sets or takes back a flag of a case; PutOnHold is what sets the one that needs a reason and an end. Only the head of
// the unit restricts a case or opens it again. Urgent starts the day of the assessment where none runs.
func (s *Service) SetFlag(ctx context.Context, by access.Actor, id CaseID, version int, flag string, on bool) error {
	action := access.LeadCase
	if flag == "restricted" {
		action = access.AssignCase
	}
	return s.onCase(ctx, by, id, version, action, func(ctx context.Context, tx Tx, c Case) error {
		p := map[string]*bool{"urgent": &c.Urgent, "court": &c.Court, "on_hold": &c.OnHold, "restricted": &c.Restricted}[flag]
		switch {
		case p == nil:
			return fault.Field("flag", "form.choose")
		case *p == on:
			return nil
		case flag == "on_hold" && on:
			return fault.Field("until", "form.required")
		case c.State == Closed && flag != "restricted":
			return fault.New(fault.Conflict, "case.closed")
		}
		*p = on
		what := "flag." + flag + map[bool]string{true: ".on", false: ".off"}[on]
		if flag == "restricted" {
			if err := restrictOthers(ctx, tx, c, what); err != nil {
				return err
			}
		}
		if err := tx.PutCase(ctx, c); err != nil {
			return err
		}
		if err := note(ctx, tx, c, Core, what, "", ""); err != nil {
			return err
		}
		switch flag {
		case "on_hold":
			return s.happen(ctx, tx, subject{cas: &c}, CaseResumed, tx.Now())
		case "urgent":
			return s.urgent(ctx, tx, c)
		}
		return nil
	})
}

// urgent starts the day in which an urgent case is assessed, unless a term of hours waits for an assessment already, and gives
// it up when the case is not urgent any more.
func (s *Service) urgent(ctx context.Context, tx Tx, c Case) error {
	live, err := s.liveClocks(ctx, tx, subject{cas: &c})
	if err != nil {
		return err
	}
	waits := false
	for _, k := range live {
		r, err := tx.ClockRule(ctx, k.Rule, k.Version)
		if err != nil {
			return err
		}
		waits = waits || r.Term.Unit == calendar.Hours && (r.EndsOn(SignalAssessed) || r.EndsOn(CaseAssessed))
		if c.Urgent || !r.StartsOn(CaseUrgent) {
			continue
		}
		if err := k.cancel(ctx, tx, "lifted"); err != nil {
			return err
		}
		if err := tx.PutClock(ctx, k); err != nil {
			return err
		}
	}
	if !c.Urgent || waits {
		return nil
	}
	return s.happen(ctx, tx, subject{cas: &c}, CaseUrgent, tx.Now())
}

// PutOnHold lets a case wait until a day, for a reason; its clock reminds the lead of the day. How long at most is the term of
// the rule of that clock. A case that is on hold already waits until the new day.
func (s *Service) PutOnHold(ctx context.Context, by access.Actor, id CaseID, version int, why sealed.Text, until calendar.Date) error {
	return s.onCase(ctx, by, id, version, access.LeadCase, func(ctx context.Context, tx Tx, c Case) error {
		rules, err := tx.ClockRulesFrom(ctx, CaseHeld)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(rules, func(r ClockRule) bool { return r.StartsOn(CaseHeld) })
		if i < 0 {
			return fault.New(fault.NotFound, "fault.notfound")
		}
		most, today := rules[i].Term.N, calendar.On(tx.Now())
		var l fault.List
		worded(&l, "why", why, 10, 2000)
		if until.IsZero() || !until.After(today) || until.After(today.AddDays(most)) {
			l.Add(fault.Field("until", "flag.until", fault.Vars{"max": most}))
		}
		if c.State == Closed {
			l.Add(fault.New(fault.Conflict, "case.closed"))
		}
		if err := l.Err(); err != nil {
			return err
		}
		if c.OnHold {
			if err := s.happen(ctx, tx, subject{cas: &c}, CaseResumed, tx.Now()); err != nil {
				return err
			}
		}
		c.OnHold = true
		if err := tx.PutCase(ctx, c); err != nil {
			return err
		}
		if err := note(ctx, tx, c, Core, "flag.on_hold.on", "", why); err != nil {
			return err
		}
		return s.happen(ctx, tx, subject{cas: &c, due: until.End()}, CaseHeld, tx.Now())
	})
}
