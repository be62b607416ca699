package casework

import (
	"context"
	"slices"
	"strings"

	"strengthen/internal/access"
	"strengthen/internal/fault"
)

// Access is who may see a case and who has seen it.
type Access struct {
	Case     Case
	Shares   []Share
	Consents []Consent
	Breaks   []GlassBreak
	Barred   []BarredPerson
	Entries  []access.Entry
	Names    map[access.PersonID]string
	Agencies map[access.AgencyID]string
	Share    bool
	Assign   bool
	Approve  bool
	Staff    []Colleague // of the institutions of the team, for the form
}

// BarredPerson is somebody who is excluded from a case, with what tells namesakes apart: where they work, and as what.
type BarredPerson struct {
	Person     access.PersonID
	Name       string
	Profession string
	Roles      []access.Role
	Agencies   []string // the names of the institutions in which they hold those roles, or which they belong to
}

// barredPeople lists who is excluded from a case.
func barredPeople(ctx context.Context, tx Tx, c CaseID) ([]BarredPerson, error) {
	ids, err := tx.Barred(ctx, c)
	if err != nil {
		return nil, err
	}
	var all []BarredPerson
	for _, id := range ids {
		x, err := barredPerson(ctx, tx, id)
		if err != nil {
			return nil, err
		}
		all = append(all, x)
	}
	slices.SortStableFunc(all, func(a, b BarredPerson) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

func barredPerson(ctx context.Context, tx Tx, id access.PersonID) (BarredPerson, error) {
	p, err := tx.Person(ctx, id)
	if fault.Is(err, fault.NotFound) { // erased; the bar stands
		return BarredPerson{Person: id}, nil
	}
	if err != nil {
		return BarredPerson{}, err
	}
	x := BarredPerson{Person: id, Name: p.Name, Profession: p.Profession}
	grants, err := tx.Grants(ctx, id)
	if err != nil {
		return x, err
	}
	agencies := []access.AgencyID{p.Agency}
	for _, g := range grants {
		if g.Role != access.Member && g.Lives(tx.Now()) {
			x.Roles, agencies = append(x.Roles, g.Role), append(agencies, g.Agency)
		}
	}
	slices.Sort(agencies)
	for _, of := range slices.Compact(agencies) {
		if of == "" {
			continue
		}
		a, err := tx.Agency(ctx, of)
		if err != nil {
			return x, err
		}
		x.Agencies = append(x.Agencies, a.Name)
	}
	slices.Sort(x.Roles)
	x.Roles = slices.Compact(x.Roles)
	return x, nil
}

// WhoSees opens the page about who may see a case, and who opened it, for its lead, the head of the unit and the officer.
func (s *Service) WhoSees(ctx context.Context, by access.Actor, id CaseID) (Access, error) {
	v := Access{Names: map[access.PersonID]string{}, Agencies: map[access.AgencyID]string{}}
	err := s.store.Update(ctx, by, func(tx Tx) error {
		c, err := openCase(ctx, tx, id, access.SeeWho)
		if err != nil {
			return err
		}
		v.Case = c
		sees, err := canCase(ctx, tx, c, access.SeeCase)
		if err != nil {
			return err
		}
		if !sees {
			v.Case = c.outside()
		}
		if v.Share, err = canCase(ctx, tx, c, access.ShareCase); err != nil {
			return err
		}
		if v.Assign, err = canCase(ctx, tx, c, access.AssignCase); err != nil {
			return err
		}
		if v.Approve, err = canCase(ctx, tx, c, access.ApproveCase); err != nil {
			return err
		}
		if v.Shares, err = tx.Shares(ctx, id); err != nil {
			return err
		}
		if v.Consents, err = tx.Consents(ctx, id); err != nil {
			return err
		}
		if v.Breaks, err = tx.GlassBreaks(ctx, id, false); err != nil {
			return err
		}
		if v.Barred, err = barredPeople(ctx, tx, id); err != nil {
			return err
		}
		if v.Entries, err = tx.WhoSaw(ctx, id, 200); err != nil {
			return err
		}
		return v.name(ctx, tx)
	})
	return v, err
}

func (v *Access) name(ctx context.Context, tx Tx) error {
	people := []access.PersonID{v.Case.Lead, v.Case.ProposedBy}
	for _, h := range v.Shares {
		people = append(people, h.Person, h.By)
		if h.Agency != "" {
			v.Agencies[h.Agency] = ""
		}
	}
	for _, e := range v.Entries {
		people = append(people, e.Actor)
	}
	for _, g := range v.Breaks {
		people = append(people, g.Person, g.Reviewer)
	}
	for _, x := range v.Consents {
		people = append(people, x.By)
	}
	if err := nameAll(ctx, tx, v.Names, people); err != nil {
		return err
	}
	for id := range v.Agencies {
		a, err := tx.Agency(ctx, id)
		if err != nil {
			return err
		}
		v.Agencies[id] = a.Name
	}
	return nil
}
