package casework

import (
	"context"
	"slices"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/fault"
)

// Consent is what somebody agreed to: who, in which capacity, to which parts being shared. It can be withdrawn at any time.
type Consent struct {
	ID        string
	Case      CaseID
	Capacity  string // one of Capacities, or "parent" where an older record does not say which
	Parts     []Compartment
	Given     time.Time
	Withdrawn time.Time
	By        access.PersonID // who recorded it
	How       string          // oral, written
}

// Capacities lists in which capacity a consent is given. Each is one person of a case, so that what the mother agreed to and what
// the father agreed to are told apart without a name.
func Capacities() []string {
	return []string{"child", "mother", "father", "guardian", "foster_mother", "foster_father", "carer"}
}

// RecordConsent keeps a consent. A child's own consent is asked from the age of fourteen (Child Protection Act, article 11а,
// paragraph 3), and from ten to what it said itself (article 16, paragraph 1); parents are never asked by the program itself
// (article 13).
func (s *Service) RecordConsent(ctx context.Context, by access.Actor, key string, id CaseID, x Consent) error {
	return s.onCase(ctx, by, id, -1, access.ShareCase, func(ctx context.Context, tx Tx, c Case) error {
		var l fault.List
		chosen(&l, "capacity", Capacities(), x.Capacity)
		chosen(&l, "how", []string{"oral", "written"}, x.How)
		if len(x.Parts) == 0 {
			l.Add(fault.Field("parts", "form.choose"))
		}
		for _, p := range x.Parts {
			chosen(&l, "parts", Compartments(), p)
		}
		switch {
		case x.Capacity != "child" || ConsentsAlone(c.Band):
		case !MustBeHeard(c.Band):
			l.Add(fault.Field("capacity", "consent.age"))
		case slices.ContainsFunc(x.Parts, func(p Compartment) bool { return p != Voice }):
			l.Add(fault.Field("parts", "consent.voice"))
		}
		if err := l.Err(); err != nil {
			return err
		}
		_, err := tx.Once(ctx, key, func() (string, error) {
			x.ID, x.Case, x.Given, x.By, x.Withdrawn = access.NewID(), c.ID, tx.Now(), by.Person, time.Time{}
			if err := tx.PutConsent(ctx, x); err != nil {
				return "", err
			}
			return x.ID, note(ctx, tx, c, Core, "consent.given", x.ID, "")
		})
		return err
	})
}

// WithdrawConsent takes a consent back. The shares that stood on it end, but for those that somebody else's consent still covers.
func (s *Service) WithdrawConsent(ctx context.Context, by access.Actor, id CaseID, consent string) error {
	return s.onCase(ctx, by, id, -1, access.ShareCase, func(ctx context.Context, tx Tx, c Case) error {
		all, err := tx.Consents(ctx, c.ID)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(x Consent) bool { return x.ID == consent && x.Withdrawn.IsZero() })
		if i < 0 {
			return fault.New(fault.NotFound, "fault.notfound")
		}
		all[i].Withdrawn = tx.Now()
		if err := tx.PutConsent(ctx, all[i]); err != nil {
			return err
		}
		err = endShares(ctx, tx, c, func(h Share) bool { return h.Ground == "consent" && !covered(c, all, h.Parts) })
		if err != nil {
			return err
		}
		return note(ctx, tx, c, Core, "consent.withdrawn", consent, "")
	})
}

// covered reports whether every part is agreed to: by the child where it is old enough, and by somebody else before that. What a
// child of ten said needs its own agreement beside that of somebody else.
func covered(c Case, all []Consent, parts []Compartment) bool {
	agreed := func(p Compartment, child bool) bool {
		return slices.ContainsFunc(all, func(x Consent) bool {
			return x.Withdrawn.IsZero() && slices.Contains(x.Parts, p) && (x.Capacity == "child") == child
		})
	}
	for _, p := range parts {
		own := ConsentsAlone(c.Band) || p == Voice && MustBeHeard(c.Band)
		if own && !agreed(p, true) || !ConsentsAlone(c.Band) && !agreed(p, false) {
			return false
		}
	}
	return true
}
