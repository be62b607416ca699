package casework

import (
	"context"
	"slices"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/fault"
)

// Duplicate says that a case is of the same child as another, which is worked on; this one is closed and keeps what it holds.
type Duplicate struct {
	Case CaseID
	Of   CaseID
	At   time.Time
	By   access.PersonID
	Was  CaseStanding
}

// CaseStanding is where a case stood before it was found to be of the same child as another; undoing that leads back to it.
type CaseStanding struct {
	State      CaseState
	Since      time.Time
	ClosedFor  string
	ProposedBy access.PersonID
	Supported  time.Time // when it was counted as supported, if that count was taken back; otherwise zero
}

// Twin is another case of the same child.
type Twin struct {
	Case Case
	Seen bool // the reader may see it
	Undo bool // the reader may part the two again
}

// DuplicateTx is what cases of one child need of a transaction.
type DuplicateTx interface {
	Duplicate(ctx context.Context, c CaseID) (Duplicate, error)
	DuplicatesOf(ctx context.Context, c CaseID) ([]CaseID, error)
	PutDuplicate(ctx context.Context, d Duplicate) error
	DropDuplicate(ctx context.Context, c CaseID) error
	FirstSupport(ctx context.Context, c CaseID) (time.Time, error)
	TakeMilestone(ctx context.Context, m Milestone) error
}

// MarkDuplicate says that a case is of the same child as another, for whoever leads both. It is closed without what closing asks for:
// the work goes on in the other, where its signals show, and the child is counted once. UndoDuplicate undoes it.
func (s *Service) MarkDuplicate(ctx context.Context, by access.Actor, id CaseID, version int, ref string) error {
	of, err := s.leading(ctx, by, ref)
	if err != nil {
		return err
	}
	return s.onCase(ctx, by, id, version, access.LeadCase, func(ctx context.Context, tx Tx, c Case) error {
		main, err := openCase(ctx, tx, of, access.LeadCase)
		if err != nil {
			return err
		}
		if err := mayBeSame(ctx, tx, c, main); err != nil {
			return err
		}
		if err := note(ctx, tx, c, Core, "case.duplicate", string(main.ID), ""); err != nil {
			return err
		}
		if err := note(ctx, tx, main, Core, "case.same", string(c.ID), ""); err != nil {
			return err
		}
		d := Duplicate{Case: c.ID, Of: main.ID, At: tx.Now(), By: by.Person, Was: CaseStanding{State: c.State, Since: c.Since, ClosedFor: c.ClosedFor, ProposedBy: c.ProposedBy}}
		if d.Was.Supported, err = countOnce(ctx, tx, c, main); err != nil {
			return err
		}
		if err := tx.PutDuplicate(ctx, d); err != nil {
			return err
		}
		c.State, c.Since, c.Closed, c.ClosedFor, c.ProposedBy = Closed, tx.Now(), tx.Now(), "duplicate", ""
		if err := tx.PutCase(ctx, c); err != nil {
			return err
		}
		if err := tx.PutEpisode(ctx, c.ID, c.Episode, c.Opened, c.Closed, c.ClosedFor); err != nil {
			return err
		}
		return s.drop(ctx, tx, subject{cas: &c}, "duplicate")
	})
}

// mayBeSame refuses what cannot be two cases of one child, or could not be undone. The same people are kept from both, so that
// nobody reads in the one what was kept from them in the other.
func mayBeSame(ctx context.Context, tx Tx, c, main Case) error {
	if c.State == Closed {
		return fault.New(fault.Conflict, "case.closed")
	}
	if c.ID == main.ID || main.State == Closed {
		return fault.Field("ref", "case.nosame")
	}
	mine, err := tx.DuplicatesOf(ctx, c.ID)
	if err != nil {
		return err
	}
	if len(mine) > 0 {
		return fault.Field("ref", "case.samemain")
	}
	kept, err := tx.Barred(ctx, c.ID)
	if err != nil {
		return err
	}
	theirs, err := tx.Barred(ctx, main.ID)
	if err != nil {
		return err
	}
	if !slices.Equal(kept, theirs) {
		return fault.Field("ref", "case.samebarred")
	}
	if c.Restricted != main.Restricted {
		return fault.Field("ref", "case.samerestricted")
	}
	return nil
}

// ofOneChild returns the other cases of the same child as a case: what keeps people from one keeps them from each.
func ofOneChild(ctx context.Context, tx Tx, c Case) ([]Case, error) {
	main, err := worked(ctx, tx, c.ID)
	if err != nil {
		return nil, err
	}
	ids, err := tx.DuplicatesOf(ctx, main.ID)
	if err != nil {
		return nil, err
	}
	var all []Case
	for _, id := range append(ids, main.ID) {
		if id == c.ID {
			continue
		}
		x, err := tx.Case(ctx, id)
		if err != nil {
			return nil, err
		}
		all = append(all, x)
	}
	return all, nil
}

// countOnce takes the count of a supported child back where the other case of the child is counted already, and says when it was.
func countOnce(ctx context.Context, tx Tx, c, main Case) (time.Time, error) {
	other, err := tx.Supported(ctx, main.ID)
	if err != nil || !other {
		return time.Time{}, err
	}
	at, err := tx.FirstSupport(ctx, c.ID)
	if err != nil || at.IsZero() {
		return time.Time{}, err
	}
	return at, tx.TakeMilestone(ctx, Milestone{"supported", c.Region, at, at, true})
}

// UndoDuplicate parts two cases again that were taken for one child's; both are as they were.
func (s *Service) UndoDuplicate(ctx context.Context, by access.Actor, id CaseID, version int) error {
	return s.onCase(ctx, by, id, version, access.LeadCase, func(ctx context.Context, tx Tx, c Case) error {
		d, err := tx.Duplicate(ctx, c.ID)
		if err != nil {
			return err
		}
		if d.Of == "" {
			return fault.New(fault.Conflict, "case.notsame")
		}
		main, err := openCase(ctx, tx, d.Of, access.LeadCase)
		if err != nil {
			return err
		}
		if err := noteBoth(ctx, tx, c, main, "case.parted"); err != nil {
			return err
		}
		if err := tx.DropDuplicate(ctx, c.ID); err != nil {
			return err
		}
		if err := countTwice(ctx, tx, c, main, d.Was.Supported); err != nil {
			return err
		}
		c.State, c.Since, c.Closed, c.ClosedFor, c.ProposedBy = d.Was.State, d.Was.Since, time.Time{}, d.Was.ClosedFor, d.Was.ProposedBy
		if err := tx.PutCase(ctx, c); err != nil {
			return err
		}
		if err := tx.PutEpisode(ctx, c.ID, c.Episode, c.Opened, time.Time{}, ""); err != nil {
			return err
		}
		return s.revive(ctx, tx, subject{cas: &c}, "duplicate")
	})
}

// countTwice counts each of two children as supported that were counted as one.
func countTwice(ctx context.Context, tx Tx, c, main Case, taken time.Time) error {
	mine, err := tx.FirstSupport(ctx, c.ID)
	if err != nil || mine.IsZero() {
		return err
	}
	other, err := tx.Supported(ctx, main.ID)
	if err != nil || !other {
		return err
	}
	if taken.IsZero() { // the later of the two was not counted while they were one
		theirs, err := tx.FirstSupport(ctx, main.ID)
		if err != nil {
			return err
		}
		if taken = mine; theirs.After(mine) {
			c, taken = main, theirs
		}
	}
	return tx.PutMilestone(ctx, Milestone{"supported", c.Region, taken, taken, true})
}

// restrictOthers restricts the other cases of the same child to their teams as one is, or opens them.
func restrictOthers(ctx context.Context, tx Tx, c Case, what string) error {
	others, err := ofOneChild(ctx, tx, c)
	for _, x := range others {
		if err != nil {
			return err
		}
		x.Restricted = c.Restricted
		if err = tx.PutCase(ctx, x); err == nil {
			err = note(ctx, tx, x, Core, what, "", "")
		}
	}
	return err
}

// worked returns the case in which work on a child goes on: the case itself, or the one to which it points.
func worked(ctx context.Context, tx Tx, id CaseID) (Case, error) {
	d, err := tx.Duplicate(ctx, id)
	if err == nil && d.Of != "" {
		id = d.Of
	}
	if err != nil {
		return Case{}, err
	}
	return tx.Case(ctx, id)
}

// standsForItself refuses what would keep a case from being parted from the other of the same child as it was.
func standsForItself(ctx context.Context, tx Tx, c Case) error {
	d, err := tx.Duplicate(ctx, c.ID)
	if err == nil && d.Of != "" {
		err = fault.New(fault.Conflict, "case.partfirst")
	}
	return err
}

// twins reads the other cases of the same child, and shows their signals.
func (v *CaseView) twins(ctx context.Context, tx Tx) error {
	d, err := tx.Duplicate(ctx, v.Case.ID)
	if err != nil {
		return err
	}
	if d.Of != "" {
		x, _, err := v.twin(ctx, tx, d.Of)
		if err != nil {
			return err
		}
		v.Main, v.Steps = &x, nil // it is worked on in the other
	}
	all, err := tx.DuplicatesOf(ctx, v.Case.ID)
	if err != nil {
		return err
	}
	for _, id := range all {
		x, told, err := v.twin(ctx, tx, id)
		if err != nil {
			return err
		}
		v.Twins = append(v.Twins, x)
		if !told {
			continue
		}
		more, err := tx.SignalsOf(ctx, id)
		if err != nil {
			return err
		}
		v.Signals = append(v.Signals, more...)
	}
	return nil
}

// twin returns a case of the same child as the reader may see it, and whether its signals are told to whoever sees this one.
func (v *CaseView) twin(ctx context.Context, tx Tx, id CaseID) (x Twin, told bool, err error) {
	c, err := tx.Case(ctx, id)
	if err != nil {
		return x, false, err
	}
	r, err := reachOf(ctx, tx, c)
	if err != nil {
		return x, false, err
	}
	x.Seen = tx.Can(access.SeeCase, r.to(access.SeeCase))
	x.Undo = v.Lead && tx.Can(access.LeadCase, r.to(access.LeadCase))
	if x.Seen {
		x.Case = c
	}
	return x, x.Seen || !c.Restricted && !slices.Contains(r.barred, tx.By().Person), nil
}
