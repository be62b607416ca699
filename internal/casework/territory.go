package casework

import (
	"cmp"
	"context"
	"slices"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/org"
)

// unitOf finds the inbox: the one that was named, or the directorate whose territory the child's municipality is.
func unitOf(ctx context.Context, tx Tx, g Signal) (access.AgencyID, error) {
	if g.Unit != "" {
		_, err := tx.Agency(ctx, g.Unit)
		return g.Unit, err
	}
	if g.Municipality != "" {
		if id, err := tx.UnitFor(ctx, g.Municipality); err == nil || !fault.Is(err, fault.NotFound) {
			return id, err
		}
	}
	id, err := tx.UnitFor(ctx, string(g.Region))
	if fault.Is(err, fault.NotFound) {
		return "", fault.Field("municipality", "signal.nounit")
	}
	return id, err
}

// teller returns for which institution a signal is entered: the actor's own. Only a directorate takes down what another
// institution says, by telephone or on paper; elsewhere the right is asked for the institution that is named.
func teller(ctx context.Context, tx Tx, own access.AgencyID, g Signal) (access.AgencyID, error) {
	if g.SourceAgency == "" || g.SourceAgency == own || own == "" {
		return cmp.Or(own, g.Unit), nil
	}
	a, err := tx.Agency(ctx, own)
	if err != nil || a.Kind == directorate {
		return own, err
	}
	return g.SourceAgency, nil
}

// Territory lists the municipalities, and the whole regions, whose signals come to a unit.
func (s *Service) Territory(ctx context.Context, by access.Actor, unit access.AgencyID) ([]string, error) {
	var all []string
	err := s.store.View(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.SeeAgency, access.Resource{Kind: "agency", ID: string(unit)}); err != nil {
			return err
		}
		var err error
		all, err = tx.Territory(ctx, unit)
		return err
	})
	return all, err
}

// SetTerritory says whose signals come to a unit. A place belongs to one unit: another that had it loses it.
func (s *Service) SetTerritory(ctx context.Context, by access.Actor, unit access.AgencyID, places []string) error {
	return s.store.Update(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.EditAgency, access.Resource{Kind: "agency", ID: string(unit)}); err != nil {
			return err
		}
		a, err := tx.Agency(ctx, unit)
		if err != nil {
			return err
		}
		if a.Kind != directorate {
			return fault.New(fault.Conflict, "territory.kind")
		}
		t, err := org.ReadTables(ctx, tx)
		if err != nil {
			return err
		}
		towns, err := tx.Municipalities(ctx, "")
		if err != nil {
			return err
		}
		for _, p := range places {
			_, region := t.Region(access.RegionID(p))
			if !region && !slices.ContainsFunc(towns, func(m org.Municipality) bool { return m.ID == p }) {
				return fault.Field("places", "form.choose")
			}
		}
		return tx.PutTerritory(ctx, unit, places)
	})
}

// announce tells whoever is on duty at the unit that a signal waits. An urgent one is told to all of its staff.
func announce(ctx context.Context, tx Tx, g Signal) error {
	c := Clock{Signal: g.ID, Agency: g.Unit, Region: g.Region}
	told, err := Reach(ctx, tx, c, 1)
	if err != nil {
		return err
	}
	to := told.To
	if g.Urgent {
		staff, err := tx.AgencyStaff(ctx, g.Unit)
		if err != nil {
			return err
		}
		to = union(to, staff)
	}
	for _, p := range to {
		path, err := c.pathFor(ctx, tx, p.Person)
		if err != nil {
			return err
		}
		err = tx.PlanMail(ctx, org.Mail{
			Key: "signal/" + string(g.ID) + "/" + string(g.Unit) + "/" + string(p.Person), Kind: "signal", Record: string(g.ID), Person: p.Person, Address: p.Email,
			Lang: p.Lang, Due: tx.Now(), Vars: map[string]string{"ref": g.Ref, "path": path, "urgent": map[bool]string{true: "yes"}[g.Urgent]},
		})
		if err != nil {
			return err
		}
	}
	return nil
}
