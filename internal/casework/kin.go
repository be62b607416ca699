package casework

import (
	"context"

	"strengthen/internal/access"
	"strengthen/internal/fault"
)

// KinKind says how the children of several cases belong together.
type KinKind string

// The kinds.
const (
	Siblings KinKind = "siblings"
	Incident KinKind = "incident" // the same incident
)

// KinKinds lists them in the order of pages.
func KinKinds() []KinKind { return []KinKind{Siblings, Incident} }

// Kin is the group of one kind in which a case stands; it stands in one of each kind at most.
type Kin struct {
	Kind  KinKind
	Group string
}

// KinView is a group as somebody who sees one of its cases sees it.
type KinView struct {
	Kind   KinKind
	Cases  []Case // the others, as far as the reader may see them
	Hidden int    // others that the reader may not see
}

// KinTx is what groups of cases need of a transaction.
type KinTx interface {
	Kin(ctx context.Context, c CaseID) ([]Kin, error)
	PutKin(ctx context.Context, c CaseID, k Kin) error
	DropKin(ctx context.Context, c CaseID, k Kin) error
	MergeKin(ctx context.Context, kind KinKind, from, into string) error
	CountKin(ctx context.Context, k Kin) (int, error)
	CasesOfKin(ctx context.Context, s access.Scope, k Kin) ([]Case, error)
}

// kinOf returns the group of a kind in which a case stands, without a name when it stands in none.
func kinOf(ctx context.Context, tx Tx, c CaseID, kind KinKind) (Kin, error) {
	all, err := tx.Kin(ctx, c)
	for _, k := range all {
		if k.Kind == kind {
			return k, err
		}
	}
	return Kin{Kind: kind}, err
}

// kinByRef finds a case by its reference, for whoever may say that it belongs together with another: one that they see, or one of
// their own unit that is not kept from them. Any other looks as if there were none.
func kinByRef(ctx context.Context, tx Tx, ref string) (Case, error) {
	c, err := tx.CaseByRef(ctx, ref)
	if fault.Is(err, fault.NotFound) {
		return c, fault.Field("ref", "case.nokin")
	}
	if err != nil {
		return c, err
	}
	x, err := reachOf(ctx, tx, c)
	if err != nil {
		return c, err
	}
	ours := x.of.shell()
	ours.Restricted, ours.Barred = c.Restricted, x.barred
	if !tx.Can(access.SeeCase, x.to(access.SeeCase)) && !tx.Can(access.OpenCase, ours) {
		return c, fault.Field("ref", "case.nokin")
	}
	return c, nil
}

// Group says that the child of a case and that of another belong together. Where both stand in groups of that kind already, the two
// groups become one; nobody leaves a group by it.
func (s *Service) Group(ctx context.Context, by access.Actor, id CaseID, kind KinKind, ref string) error {
	return s.onKin(ctx, by, id, kind, ref, func(ctx context.Context, tx Tx, c, other Case, mine, theirs Kin) error {
		switch {
		case c.ID == other.ID:
			return fault.Field("ref", "case.nokin")
		case mine.Group != "" && mine.Group == theirs.Group:
			return fault.Field("ref", "case.kinalready")
		case mine.Group != "" && theirs.Group != "":
			if err := tx.MergeKin(ctx, kind, theirs.Group, mine.Group); err != nil {
				return err
			}
		default:
			k := mine
			if k.Group == "" {
				k.Group = theirs.Group
			}
			if k.Group == "" {
				k.Group = access.NewID()
			}
			for _, x := range []CaseID{c.ID, other.ID} {
				if err := tx.PutKin(ctx, x, k); err != nil {
					return err
				}
			}
		}
		return noteBoth(ctx, tx, c, other, "case.grouped."+string(kind))
	})
}

// Ungroup takes a case out of the group in which it stands with the actor's case: the actor's own, or another of the group.
func (s *Service) Ungroup(ctx context.Context, by access.Actor, id CaseID, kind KinKind, ref string) error {
	return s.onKin(ctx, by, id, kind, ref, func(ctx context.Context, tx Tx, c, other Case, mine, theirs Kin) error {
		if mine.Group == "" || mine.Group != theirs.Group {
			return fault.Field("ref", "case.nokin")
		}
		if err := tx.DropKin(ctx, other.ID, theirs); err != nil {
			return err
		}
		return noteBoth(ctx, tx, c, other, "case.ungrouped."+string(kind))
	})
}

func (s *Service) onKin(ctx context.Context, by access.Actor, id CaseID, kind KinKind, ref string, fn func(ctx context.Context, tx Tx, c, other Case, mine, theirs Kin) error) error {
	return s.onCase(ctx, by, id, -1, access.LeadCase, func(ctx context.Context, tx Tx, c Case) error {
		if !known(KinKinds(), kind) {
			return fault.Field("kind", "form.choose")
		}
		other, err := kinByRef(ctx, tx, ref)
		if err != nil {
			return err
		}
		mine, err := kinOf(ctx, tx, c.ID, kind)
		if err != nil {
			return err
		}
		theirs, err := kinOf(ctx, tx, other.ID, kind)
		if err != nil {
			return err
		}
		return fn(ctx, tx, c, other, mine, theirs)
	})
}

// noteBoth keeps on the timelines of two cases what was said of them, once where they are the same.
func noteBoth(ctx context.Context, tx Tx, a, b Case, what string) error {
	if err := note(ctx, tx, a, Core, what, string(b.ID), ""); err != nil || a.ID == b.ID {
		return err
	}
	return note(ctx, tx, b, Core, what, string(a.ID), "")
}

// kin reads the groups of a case as far as the reader sees their cases. A group of one is none.
func (v *CaseView) kin(ctx context.Context, tx Tx) error {
	all, err := tx.Kin(ctx, v.Case.ID)
	if err != nil {
		return err
	}
	for _, k := range all {
		n, err := tx.CountKin(ctx, k)
		if err != nil {
			return err
		}
		x := KinView{Kind: k.Kind}
		cases, err := tx.CasesOfKin(ctx, tx.Scope(access.SeeCase), k)
		if err != nil {
			return err
		}
		for _, c := range cases {
			if c.ID != v.Case.ID {
				x.Cases = append(x.Cases, c)
			}
		}
		if x.Hidden = n - 1 - len(x.Cases); n > 1 {
			v.Kin = append(v.Kin, x)
		}
	}
	return nil
}
