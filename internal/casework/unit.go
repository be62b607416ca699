package casework

import (
	"context"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/org"
)

// Institutions lists the institutions of a region for whoever enters signals, to choose from.
func (s *Service) Institutions(ctx context.Context, by access.Actor, region access.RegionID) ([]org.Agency, error) {
	var all []org.Agency
	err := s.store.View(ctx, by, func(tx Tx) (err error) {
		if tx.Scope(access.EnterSignal).Empty() {
			return fault.New(fault.Denied, "fault.denied")
		}
		all, err = tx.Agencies(ctx, org.AgencyFilter{Region: region, Limit: 2000})
		return err
	})
	return all, err
}

// Institution returns one institution; the names of institutions are public.
func (s *Service) Institution(ctx context.Context, id access.AgencyID) (org.Agency, error) {
	var a org.Agency
	err := s.store.View(ctx, access.Public(""), func(tx Tx) (err error) {
		a, err = tx.Agency(ctx, id)
		return err
	})
	return a, err
}

// Staff lists who works in an institution and has an account, for whoever works with it.
func (s *Service) Staff(ctx context.Context, by access.Actor, id access.AgencyID) ([]Colleague, error) {
	var all []Colleague
	err := s.store.View(ctx, by, func(tx Tx) (err error) {
		if tx.Scope(access.EnterSignal).Empty() {
			return fault.New(fault.Denied, "fault.denied")
		}
		all, err = tx.AgencyStaff(ctx, id)
		return err
	})
	return all, err
}

// Load is how much a person of a unit carries.
type Load struct {
	Person access.PersonID
	Name   string
	Open   int // cases
	Late   int // of them with a term that is over
}

// Unit is an institution at a glance, for whoever keeps its rota.
type Unit struct {
	Agency     org.Agency
	Leads      bool // the reader names the leads of its cases, and sees what they carry
	Load       []Load
	Rota       []Duty
	Staff      []Colleague
	Names      map[access.PersonID]string
	Waiting    int    // signals that wait
	Restricted []Case // restricted to their teams: no more than what their head oversees
}

// OpenUnit opens an institution at a glance: who carries how much, who is on duty, what waits.
func (s *Service) OpenUnit(ctx context.Context, by access.Actor, id access.AgencyID) (Unit, error) {
	v := Unit{Names: map[access.PersonID]string{}}
	err := s.store.Update(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.KeepRota, access.Resource{Kind: "rota", ID: string(id), Agency: id}); err != nil {
			return err
		}
		var err error
		if v.Agency, err = tx.Agency(ctx, id); err != nil {
			return err
		}
		if v.Leads = tx.Can(access.AssignCase, access.Resource{Kind: "case", Agency: id}); v.Leads {
			if v.Load, err = tx.Loads(ctx, id); err != nil {
				return err
			}
			if v.Restricted, err = tx.RestrictedCases(ctx, id); err != nil {
				return err
			}
		}
		if v.Rota, err = tx.Rota(ctx, id); err != nil {
			return err
		}
		if v.Staff, err = tx.AgencyStaff(ctx, id); err != nil {
			return err
		}
		if v.Waiting, err = tx.SignalsWaiting(ctx, id); err != nil {
			return err
		}
		var people []access.PersonID
		for i, c := range v.Restricted {
			v.Restricted[i] = c.outside()
			people = append(people, c.Lead)
		}
		for _, l := range v.Load {
			people = append(people, l.Person)
		}
		for _, d := range v.Rota {
			people = append(people, d.Person)
		}
		if err := nameAll(ctx, tx, v.Names, people); err != nil {
			return err
		}
		for i := range v.Load {
			v.Load[i].Name = v.Names[v.Load[i].Person]
		}
		return nil
	})
	return v, err
}
