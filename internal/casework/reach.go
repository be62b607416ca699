package casework

import (
	"context"
	"slices"
	"strings"

	"strengthen/internal/access"
	"strengthen/internal/fault"
)

// shell is the resource of a case without its team, for actions that are not about its parts.
func (c Case) shell() access.Resource {
	return access.Resource{Kind: "case", ID: string(c.ID), Region: c.Region, Agency: c.Agency}
}

// reach is who reaches which part of a case at this moment: by living shares, unless barred.
type reach struct {
	of     Case
	shares []Share
	barred []access.PersonID
}

func reachOf(ctx context.Context, tx Tx, c Case) (reach, error) {
	x := reach{of: c}
	var err error
	if x.shares, err = tx.LiveShares(ctx, c.ID); err != nil {
		return x, err
	}
	x.barred, err = tx.Barred(ctx, c.ID)
	return x, err
}

// to is what the policy asks about the case for an action: who holds a share of the part that the action is about, who is
// barred, and whether only the team reaches it.
func (x reach) to(action access.Action) access.Resource {
	part, write := partOf(action)
	r := x.of.shell()
	r.Restricted, r.Barred = x.of.Restricted && !overseeing(action), x.barred
	x.admit(&r, write, part)
	return r
}

// overseeing reports whether an action is about how a case is led and who reads it, not about what stands in it: restricting a case
// to its team takes it from nobody who answers for that.
func overseeing(action access.Action) bool {
	return action == access.AssignCase || action == access.ApproveCase || action == access.SeeWho
}

// outside is what those see of a case who oversee it and are not of its team.
func (c Case) outside() Case {
	return Case{ID: c.ID, Ref: c.Ref, Agency: c.Agency, Lead: c.Lead, State: c.State, Since: c.Since, Opened: c.Opened, Closed: c.Closed, ClosedFor: c.ClosedFor,
		ProposedBy: c.ProposedBy, Restricted: c.Restricted, Version: c.Version}
}

// May reports whether the actor may do action to a case.
func (s *Service) May(ctx context.Context, by access.Actor, id CaseID, action access.Action) (bool, error) {
	may := false
	err := s.store.View(ctx, by, func(tx Tx) error {
		c, err := tx.Case(ctx, id)
		if err == nil {
			may, err = canCase(ctx, tx, c, action)
		}
		return err
	})
	if fault.Is(err, fault.NotFound) {
		err = nil
	}
	return may, err
}

// admit makes the holders of each living share that opens all of some parts the team of a record.
func (x reach) admit(r *access.Resource, write bool, parts ...Compartment) {
	for _, h := range x.shares {
		switch {
		case slices.ContainsFunc(parts, func(p Compartment) bool { return !h.covers(p, write) }):
		case h.Person != "":
			r.Team = append(r.Team, h.Person)
		default:
			r.Units = append(r.Units, h.Agency)
		}
	}
}

func caseResource(ctx context.Context, tx Tx, c Case, action access.Action) (access.Resource, error) {
	x, err := reachOf(ctx, tx, c)
	return x.to(action), err
}

// openCase loads a case for whoever may do action to it.
func openCase(ctx context.Context, tx Tx, id CaseID, action access.Action) (Case, error) {
	c, err := tx.Case(ctx, id)
	if err != nil {
		return c, err
	}
	r, err := caseResource(ctx, tx, c, action)
	if err != nil {
		return c, err
	}
	return c, tx.Allow(ctx, action, r)
}

// openPart loads a case for whoever sees any part of it, by the first that opens.
func openPart(ctx context.Context, tx Tx, id CaseID) (Case, error) {
	c, err := tx.Case(ctx, id)
	if err != nil {
		return c, err
	}
	x, err := reachOf(ctx, tx, c)
	if err != nil {
		return c, err
	}
	action := Core.SeeAction()
	if seen := x.seen(tx); len(seen) > 0 {
		action = seen[0].SeeAction()
	}
	return c, tx.Allow(ctx, action, x.to(action))
}

// seen lists the parts that the reader may see.
func (x reach) seen(tx Tx) []Compartment {
	return slices.DeleteFunc(Compartments(), func(p Compartment) bool { return !tx.Can(p.SeeAction(), x.to(p.SeeAction())) })
}

// apart is what those see of a case who hold parts of it without the core: which it is, and how old the child is.
func (c Case) apart() Case { return Case{ID: c.ID, Ref: c.Ref, Band: c.Band} }

// canCase reports whether the reader may do action to a case, without leaving an entry.
func canCase(ctx context.Context, tx Tx, c Case, action access.Action) (bool, error) {
	r, err := caseResource(ctx, tx, c, action)
	return err == nil && tx.Can(action, r), err
}

// onCase runs fn for a case that the actor may act on, if it is still as the actor saw it. Version -1 asks for no check, for
// acts that change nothing which the actor saw.
func (s *Service) onCase(ctx context.Context, by access.Actor, id CaseID, version int, action access.Action, fn func(context.Context, Tx, Case) error) error {
	return s.store.Update(ctx, by, func(tx Tx) error {
		c, err := openCase(ctx, tx, id, action)
		if err != nil {
			return err
		}
		if version >= 0 && c.Version != version {
			return fault.New(fault.Conflict, "fault.changed")
		}
		if err := fn(ctx, tx, c); err != nil || by.Person == "" || by.Person != c.Lead {
			return err
		}
		return keepLead(ctx, tx, c)
	})
}

// partOf says which part of a case an action is about, and whether it writes.
func partOf(action access.Action) (Compartment, bool) {
	name, verb, _ := strings.Cut(string(action), ".")
	if part, ok := strings.CutPrefix(name, "case_"); ok && part != "access" {
		return Compartment(part), verb == "write"
	}
	return Core, action != access.SeeWho
}
