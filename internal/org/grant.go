package org

import (
	"context"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/fault"
)

// GrantTx is what roles of two people need of a transaction.
type GrantTx interface {
	WaitingGrant(ctx context.Context, id string) (RoleGrant, error)
	HaveConfirmed(ctx context.Context, but ...access.PersonID) (int, error)
}

// GrantTime is how long a role waits for its second person.
const GrantTime = 14 * 24 * time.Hour

// WaitingRole is a role that waits for a second person, with the names of who gave it and who gets it.
type WaitingRole struct {
	RoleGrant
	Name, ByName string
	Mine         bool // the reader gave it or gets it, and so cannot confirm it
}

// giveRole gives a role. One that needs two people waits for the second, unless there never was anybody who could be it: the first
// administrator of a house begins alone. What the operator of the server gives holds at once, for whoever has the server has
// everything; the record says that it was a command.
func giveRole(ctx context.Context, tx Tx, by access.Actor, g RoleGrant) error {
	if access.NeedsSecond(g.Role) && by.Via != access.ViaCommand {
		n, err := tx.HaveConfirmed(ctx, by.Person, g.Person)
		if err != nil {
			return err
		}
		g.Waits = n > 0
	}
	if err := tx.PutGrant(ctx, g); err != nil || !g.Waits {
		return err
	}
	cards, err := tx.AccountCards(ctx)
	for _, c := range cards {
		if err == nil && c.Person != by.Person && c.Person != g.Person && c.State == Active && mayConfirm(c) {
			var p Person
			if p, err = tx.Person(ctx, c.Person); err == nil {
				err = tx.PlanMail(ctx, Mail{Key: "grant_waits/" + g.ID + "/" + string(p.ID), Kind: "grant_waits", Record: g.ID, Person: p.ID, Address: c.Login, Lang: p.Lang,
					Vars: map[string]string{"path": "/grants"}, Due: tx.Now()})
			}
		}
	}
	return err
}

func mayConfirm(c AccountCard) bool {
	for _, g := range c.Grants {
		if g.Role == access.Administrator || g.Role == access.DataProtection {
			return true
		}
	}
	return false
}

// WaitingRoles lists the roles that wait for a second person.
func (s *Service) WaitingRoles(ctx context.Context, by access.Actor) ([]WaitingRole, error) {
	var all []WaitingRole
	err := s.store.View(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.ConfirmGrant, access.Resource{Kind: "account"}); err != nil {
			return err
		}
		cards, err := tx.AccountCards(ctx)
		names := map[access.PersonID]string{}
		for _, c := range cards {
			names[c.Person] = c.Name
		}
		for _, c := range cards {
			for _, g := range c.Waiting {
				if tx.Now().Before(g.At.Add(GrantTime)) {
					all = append(all, WaitingRole{g, c.Name, names[g.By], g.By == by.Person || g.Person == by.Person})
				}
			}
		}
		return err
	})
	return all, err
}

// ConfirmGrant agrees to a role that another person gave to a third, or declines it. A role that nobody answered in time gives
// nothing, and is given anew.
func (s *Service) ConfirmGrant(ctx context.Context, by access.Actor, id string, agree bool) error {
	return s.store.Update(ctx, by, func(tx Tx) error {
		g, err := tx.WaitingGrant(ctx, id)
		if err != nil {
			return err
		}
		if err := tx.Allow(ctx, access.ConfirmGrant, accountResource(g.Person)); err != nil {
			return err
		}
		switch {
		case by.Person == "" || by.Person == g.By || by.Person == g.Person:
			return fault.New(fault.Conflict, "grant.self")
		case !tx.Now().Before(g.At.Add(GrantTime)):
			return fault.New(fault.Conflict, "grant.late")
		}
		g.ConfirmedBy, g.Waits = by.Person, false
		if !agree {
			g.Ended = tx.Now()
		}
		return tx.PutGrant(ctx, g)
	})
}
