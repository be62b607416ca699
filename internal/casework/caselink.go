package casework

import (
	"context"

	"strengthen/internal/access"
	"strengthen/internal/fault"
)

// link makes a signal belong to a case; the clocks of the signal go on and show on the case too.
func (s *Service) link(ctx context.Context, tx Tx, by access.Actor, g *Signal, c *Case) error {
	g.Case = c.ID
	moved, err := moveSignal(ctx, tx, by, *g, LinkIt, "")
	if err != nil {
		return err
	}
	*g = moved
	live, err := tx.ClocksOf(ctx, g.ID, "")
	if err != nil {
		return err
	}
	for _, k := range live {
		k.Case = c.ID
		if err := tx.PutClock(ctx, k); err != nil {
			return err
		}
	}
	if err := takeProtection(ctx, tx, *g, c); err != nil {
		return err
	}
	return note(ctx, tx, *c, Core, "signal.linked", string(g.ID), "")
}

// Link joins a signal to a case that is open already: the same child.
func (s *Service) Link(ctx context.Context, by access.Actor, id SignalID, version int, to CaseID) error {
	return s.onSignal(ctx, by, id, version, access.HandleSignal, func(ctx context.Context, tx Tx, g Signal) error {
		c, err := openCase(ctx, tx, to, access.LeadCase)
		if err != nil {
			return err
		}
		if c.State == Closed {
			return fault.Field("case", "case.closed")
		}
		if err := s.link(ctx, tx, by, &g, &c); err != nil || g.Outcome != Confirmed {
			return err
		}
		// Violence was found before: the team is called for it, too, unless somebody is to call it already.
		return s.happen(ctx, tx, subject{signal: &g, cas: &c}, ViolenceConfirmed, tx.Now())
	})
}

// LinkByRef is Link with the reference that people read to each other.
func (s *Service) LinkByRef(ctx context.Context, by access.Actor, id SignalID, version int, ref string) error {
	to, err := s.leading(ctx, by, ref)
	if err != nil {
		return err
	}
	return s.Link(ctx, by, id, version, to)
}

// leading finds a case that the actor leads by its reference. One that the actor does not lead looks as if there were none.
func (s *Service) leading(ctx context.Context, by access.Actor, ref string) (CaseID, error) {
	var id CaseID
	err := s.store.View(ctx, by, func(tx Tx) error {
		c, err := tx.CaseByRef(ctx, ref)
		if err == nil {
			var may bool
			if may, err = canCase(ctx, tx, c, access.LeadCase); err == nil && may {
				id = c.ID
				return nil
			}
		}
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		return fault.Field("ref", "case.noref")
	})
	return id, err
}

// Unlink takes a signal out of a case again; both are as they were before.
func (s *Service) Unlink(ctx context.Context, by access.Actor, id SignalID, version int) error {
	return s.onSignal(ctx, by, id, version, access.HandleSignal, func(ctx context.Context, tx Tx, g Signal) error {
		c, err := openCase(ctx, tx, g.Case, access.LeadCase)
		if err != nil {
			return err
		}
		if err := standsForItself(ctx, tx, c); err != nil {
			return err
		}
		all, err := tx.SignalsOf(ctx, c.ID)
		if err != nil {
			return err
		}
		if len(all) == 1 {
			return fault.New(fault.Conflict, "signal.only") // a case does not stand without a signal
		}
		clocks, err := tx.ClocksOf(ctx, g.ID, "")
		if err != nil {
			return err
		}
		for _, k := range clocks {
			r, err := tx.ClockRule(ctx, k.Rule, k.Version)
			if err != nil {
				return err
			}
			if k.Live() && r.StartsOn(ViolenceConfirmed) { // without a case there is no team to call
				if err := k.cancel(ctx, tx, "unlinked"); err != nil {
					return err
				}
			}
			k.Case = ""
			if err := tx.PutClock(ctx, k); err != nil {
				return err
			}
		}
		if err := leaveProtection(ctx, tx, g, &c); err != nil {
			return err
		}
		g.Case = ""
		if _, err := moveSignal(ctx, tx, by, g, UnlinkIt, ""); err != nil {
			return err
		}
		return note(ctx, tx, c, Core, "signal.unlinked", string(g.ID), "")
	})
}
