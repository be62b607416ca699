package casework

import (
	"context"
	"slices"

	"strengthen/internal/access"
)

// Access is who may see a case and who has seen it.
type Access struct {
	Case     Case
	Shares   []Share
	Consents []Consent
	Breaks   []GlassBreak
	Barred   []access.PersonID
	Entries  []access.Entry
	Names    map[access.PersonID]string
	Agencies map[access.AgencyID]string
	Share    bool
	Assign   bool
	Staff    []Colleague // of the institutions of the team, for the form
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
		if v.Share, err = canCase(ctx, tx, c, access.ShareCase); err != nil {
			return err
		}
		if v.Assign, err = canCase(ctx, tx, c, access.AssignCase); err != nil {
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
		if v.Barred, err = tx.Barred(ctx, id); err != nil {
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
	people := slices.Clone(v.Barred)
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
