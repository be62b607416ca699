package org

import (
	"context"
	"net/mail"
	"strings"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/fold"
)

// Agency is an institution or organisation in which people work.
type Agency struct {
	ID        access.AgencyID
	Name      string
	Kind      string // a term of AgencyKinds
	Sector    string // a term of Sectors
	Region    access.RegionID
	HeadEmail string // where requests for endorsement go; may be empty
	Version   int
}

// AgencyFilter narrows a list of institutions and pages it by key.
type AgencyFilter struct {
	Find   string // words of the name
	Region access.RegionID
	Sector string
	Kinds  []string // one of these
	After  string   // cursor: the sort key and identifier of the last one seen
	Limit  int
}

// Resource is what the policy asks about.
func (a Agency) Resource() access.Resource {
	return access.Resource{Kind: "agency", ID: string(a.ID), Region: a.Region}
}

func (a Agency) check(t Tables) error {
	var l fault.List
	if n := len([]rune(strings.TrimSpace(a.Name))); n < 2 || n > 200 {
		l.Add(fault.Field("name", "form.length", fault.Vars{"min": 2, "max": 200}))
	}
	if _, ok := t.Term(AgencyKinds, a.Kind); !ok {
		l.Add(fault.Field("kind", "form.choose"))
	}
	if _, ok := t.Term(Sectors, a.Sector); !ok {
		l.Add(fault.Field("sector", "form.choose"))
	}
	if _, ok := t.Region(a.Region); !ok {
		l.Add(fault.Field("region", "form.choose"))
	}
	if a.HeadEmail != "" && !EmailLike(a.HeadEmail) {
		l.Add(fault.Field("head_email", "form.email"))
	}
	return l.Err()
}

// EmailLike reports whether s is one plain address with a dot in its domain.
func EmailLike(s string) bool {
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != strings.TrimSpace(s) || len(s) > 254 {
		return false
	}
	_, domain, _ := strings.Cut(a.Address, "@")
	return strings.Contains(domain, ".")
}

// Agencies lists institutions.
func (s *Service) Agencies(ctx context.Context, by access.Actor, f AgencyFilter) ([]Agency, error) {
	var all []Agency
	err := s.store.View(ctx, by, func(tx Tx) (err error) {
		if err := tx.Allow(ctx, access.SeeAgency, access.Resource{Kind: "agency"}); err != nil {
			return err
		}
		all, err = tx.Agencies(ctx, f)
		return err
	})
	return all, err
}

// Agency returns one institution.
func (s *Service) Agency(ctx context.Context, by access.Actor, id access.AgencyID) (Agency, error) {
	var a Agency
	err := s.store.View(ctx, by, func(tx Tx) (err error) {
		if a, err = tx.Agency(ctx, id); err != nil {
			return err
		}
		return tx.Allow(ctx, access.SeeAgency, a.Resource())
	})
	return a, err
}

// SaveAgency adds an institution (no identifier yet) under an idempotency key, or changes one.
func (s *Service) SaveAgency(ctx context.Context, by access.Actor, key string, a Agency) (access.AgencyID, error) {
	id := a.ID
	err := s.store.Update(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.EditAgency, a.Resource()); err != nil {
			return err
		}
		tables, err := ReadTables(ctx, tx)
		if err != nil {
			return err
		}
		if err := a.check(tables); err != nil {
			return err
		}
		if a.ID != "" {
			return tx.PutAgency(ctx, a)
		}
		made, err := tx.Once(ctx, key, func() (string, error) {
			n := a
			n.ID = access.AgencyID(access.NewID())
			return string(n.ID), tx.PutAgency(ctx, n)
		})
		if err != nil {
			return err
		}
		id = access.AgencyID(made)
		return tx.Record(ctx, access.EditAgency, access.Resource{Kind: "agency", ID: made})
	})
	return id, err
}

// AgencyPage returns n institutions at most, and the cursor of the next page, if there is one.
func (s *Service) AgencyPage(ctx context.Context, by access.Actor, f AgencyFilter, n int) ([]Agency, string, error) {
	f.Limit = n + 1
	all, err := s.Agencies(ctx, by, f)
	if err != nil || len(all) <= n {
		return all, "", err
	}
	last := all[n-1]
	return all[:n], fold.SortKey(last.Name) + "/" + string(last.ID), nil
}
