package org

import (
	"context"
	"slices"
	"strings"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/fold"
)

// AccountState says whether an account can be used.
type AccountState string

// The states of an account.
const (
	Invited   AccountState = "invited"
	Active    AccountState = "active"
	Suspended AccountState = "suspended"
)

// Account lets a person sign in.
type Account struct {
	Person access.PersonID
	Login  string // an e-mail address, as folded by fold.Email
	Hash   string // PHC text of the password; "" before the invitation is accepted
	TOTP   string // sealed secret of the second factor; "" without one
	Step   int64  // last time step at which a code was used
	State  AccountState
	Made   time.Time

	Passkeys int // how many the person has
}

// HasFactor reports whether the person can come with a second factor: codes of an authenticator, or a passkey.
func (a Account) HasFactor() bool { return a.TOTP != "" || a.Passkeys > 0 }

// LogValue keeps the account out of logs.
func (Account) LogValue() string { return "[withheld]" }

// RoleGrant is a role that a person was given.
type RoleGrant struct {
	ID     string
	Person access.PersonID
	Role   access.Role
	Region access.RegionID
	Agency access.AgencyID // of roles that are held in an institution
	Until  time.Time       // zero: no end
	By     access.PersonID
	At     time.Time
	Ended  time.Time

	Waits       bool            // for a second person; until then it gives nothing
	ConfirmedBy access.PersonID // who agreed
}

// Lives reports whether the grant gives its role at a moment.
func (g RoleGrant) Lives(now time.Time) bool {
	return !g.Waits && g.Ended.IsZero() && (g.Until.IsZero() || now.Before(g.Until))
}

// AccountCard is an account as the administrator sees it.
type AccountCard struct {
	Account
	Name    string
	Factor  bool
	Grants  []RoleGrant // that are in force
	Waiting []RoleGrant // that wait for a second person
}

// Invitation asks somebody to make an account.
type Invitation struct {
	Name   string
	Email  string
	Lang   string
	Role   access.Role
	Region access.RegionID // for a regional coordinator
	Agency access.AgencyID // for a role in an institution; the person works there
}

// linkTime is how long a link to set a password opens.
const linkTime = time.Hour

func accountResource(id access.PersonID) access.Resource {
	return access.Resource{Kind: "account", ID: string(id), Own: id}
}

func (in Invitation) check(t Tables) error {
	var l fault.List
	if len(strings.Fields(in.Name)) < 2 || len([]rune(in.Name)) > 120 {
		l.Add(fault.Field("name", "person.name"))
	}
	if !EmailLike(in.Email) {
		l.Add(fault.Field("email", "form.email"))
	}
	if in.Lang != "bg" && in.Lang != "en" {
		l.Add(fault.Field("lang", "form.choose"))
	}
	if _, ok := t.Region(in.Region); in.Region != "" && !ok {
		l.Add(fault.Field("region", "form.choose"))
	}
	return l.Err()
}

// grantOf makes a grant of a role with the reach that the role needs: a region, or an institution.
func grantOf(ctx context.Context, tx Tx, by access.Actor, p access.PersonID, g access.Grant) (RoleGrant, error) {
	out := RoleGrant{ID: access.NewID(), Person: p, Role: g.Role, By: by.Person, At: tx.Now(), Until: g.Until}
	if !slices.Contains(access.Grantable(), g.Role) {
		return out, fault.Field("role", "form.choose")
	}
	tables, err := ReadTables(ctx, tx)
	if err != nil {
		return out, err
	}
	if _, ok := tables.Region(g.Region); g.Role == access.Coordinator && !ok {
		return out, fault.Field("region", "account.region")
	}
	if g.Role == access.Coordinator {
		out.Region = g.Region
	}
	if !access.OfAgency(g.Role) {
		return out, nil
	}
	a, err := tx.Agency(ctx, g.Agency)
	if fault.Is(err, fault.NotFound) {
		return out, fault.Field("agency", "account.agency")
	}
	out.Agency = a.ID
	return out, err
}

// Invite makes a person with an account that waits for its password, and plans the mail with the link. The token is
// returned for the command line; pages do not show it.
func (s *Service) Invite(ctx context.Context, by access.Actor, key string, in Invitation) (access.PersonID, string, error) {
	var token string
	var id string
	err := s.store.Update(ctx, by, func(tx Tx) (err error) {
		if err := tx.Allow(ctx, access.InviteAccount, access.Resource{Kind: "account"}); err != nil {
			return err
		}
		tables, err := ReadTables(ctx, tx)
		if err != nil {
			return err
		}
		if err := in.check(tables); err != nil {
			return err
		}
		id, err = tx.Once(ctx, key, func() (string, error) {
			p := Person{
				ID: access.PersonID(access.NewID()), Name: strings.TrimSpace(in.Name), Email: fold.Email(in.Email),
				Lang: in.Lang, Region: in.Region, Agency: in.Agency, Made: tx.Now(),
			}
			if err := tx.PutPerson(ctx, p); err != nil {
				return "", err
			}
			token, err = s.open(ctx, tx, by, p, access.Grant{Role: in.Role, Region: in.Region, Agency: in.Agency})
			return string(p.ID), err
		})
		if err != nil {
			return err
		}
		return tx.Record(ctx, access.InviteAccount, accountResource(access.PersonID(id)))
	})
	return access.PersonID(id), token, err
}

// InviteAgain sends a new link to somebody who has not set a password yet; earlier links stop working. The token is returned
// for the command line.
func (s *Service) InviteAgain(ctx context.Context, by access.Actor, id access.PersonID) (string, error) {
	var token string
	err := s.store.Update(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.InviteAccount, accountResource(id)); err != nil {
			return err
		}
		a, err := tx.Account(ctx, id)
		if err != nil {
			return err
		}
		if a.State != Invited {
			return fault.New(fault.Conflict, "account.notinvited")
		}
		p, err := tx.Person(ctx, id)
		if err != nil {
			return err
		}
		token, err = s.sendToken(ctx, tx, Invite, p, a)
		return err
	})
	return token, err
}

// AccountOf returns the person of a login, for the command line.
func (s *Service) AccountOf(ctx context.Context, by access.Actor, login string) (access.PersonID, AccountState, error) {
	var a Account
	err := s.store.View(ctx, by, func(tx Tx) (err error) {
		if err := tx.Allow(ctx, access.SeeAccount, access.Resource{Kind: "account"}); err != nil {
			return err
		}
		a, err = tx.AccountByLogin(ctx, fold.Email(login))
		return err
	})
	return a.Person, a.State, err
}

// Enable gives an account in role r to a person who is already known, such as a participant.
func (s *Service) Enable(ctx context.Context, by access.Actor, id access.PersonID, g access.Grant) (string, error) {
	var token string
	err := s.store.Update(ctx, by, func(tx Tx) (err error) {
		if err := tx.Allow(ctx, access.InviteAccount, accountResource(id)); err != nil {
			return err
		}
		p, err := tx.Person(ctx, id)
		if err != nil {
			return err
		}
		token, err = s.open(ctx, tx, by, p, g)
		return err
	})
	return token, err
}

// open makes the account, its first role and its invitation, within a transaction that allowed it.
func (s *Service) open(ctx context.Context, tx Tx, by access.Actor, p Person, role access.Grant) (string, error) {
	_, err := tx.AccountByLogin(ctx, fold.Email(p.Email))
	if err == nil {
		return "", fault.New(fault.Conflict, "account.taken").At("email")
	}
	if !fault.Is(err, fault.NotFound) {
		return "", err
	}
	a := Account{Person: p.ID, Login: fold.Email(p.Email), State: Invited, Made: tx.Now()}
	if err := tx.PutAccount(ctx, a); err != nil {
		return "", err
	}
	g, err := grantOf(ctx, tx, by, p.ID, role)
	if err != nil {
		return "", err
	}
	if err := giveRole(ctx, tx, by, g); err != nil {
		return "", err
	}
	return s.sendToken(ctx, tx, Invite, p, a)
}

// sendToken makes a one-time link for a person's account and plans the mail that carries it.
// It goes to the address with which the person signs in, whatever address the person's record holds today.
func (s *Service) sendToken(ctx context.Context, tx Tx, purpose Purpose, p Person, a Account) (string, error) {
	token, hash := access.NewToken()
	if err := tx.DropTokens(ctx, purpose, string(p.ID)); err != nil {
		return "", err
	}
	t := Token{Hash: hash, Purpose: purpose, Record: string(p.ID), Person: p.ID, Made: tx.Now(), Until: tx.Now().Add(linkTime)}
	if err := tx.PutToken(ctx, t); err != nil {
		return "", err
	}
	return token, tx.PlanMail(ctx, Mail{
		Key: string(purpose) + "/" + hash, Kind: string(purpose), Record: string(p.ID), Person: p.ID, Address: a.Login,
		Lang: p.Lang, Vars: map[string]string{LinkVar: "/l/" + token}, Due: tx.Now(),
	})
}

// Accounts lists the accounts, for whoever keeps the house.
func (s *Service) Accounts(ctx context.Context, by access.Actor) ([]AccountCard, error) {
	var all []AccountCard
	err := s.store.View(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.SeeAccount, access.Resource{Kind: "account"}); err != nil {
			return err
		}
		var err error
		all, err = tx.AccountCards(ctx)
		return err
	})
	return all, err
}

// Grant gives a further role. Nobody gives one to themselves.
func (s *Service) Grant(ctx context.Context, by access.Actor, key string, id access.PersonID, role access.Grant) error {
	if id == by.Person {
		return fault.New(fault.Conflict, "account.selfgrant")
	}
	return s.store.Update(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.GrantRole, accountResource(id)); err != nil {
			return err
		}
		if _, err := tx.Account(ctx, id); err != nil {
			return err
		}
		g, err := grantOf(ctx, tx, by, id, role)
		if err != nil {
			return err
		}
		_, err = tx.Once(ctx, key, func() (string, error) { return g.ID, giveRole(ctx, tx, by, g) })
		return err
	})
}

// EndGrant takes a role back; it holds from the next request on.
func (s *Service) EndGrant(ctx context.Context, by access.Actor, person access.PersonID, grant string) error {
	return s.store.Update(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.GrantRole, accountResource(person)); err != nil {
			return err
		}
		grants, err := tx.Grants(ctx, person)
		if err != nil {
			return err
		}
		for _, g := range grants {
			if g.ID == grant {
				g.Ended = tx.Now()
				return tx.PutGrant(ctx, g)
			}
		}
		return fault.New(fault.NotFound, "fault.notfound")
	})
}

// Suspend stops an account and ends its sessions; Restore lets it in again.
func (s *Service) Suspend(ctx context.Context, by access.Actor, id access.PersonID) error {
	if id == by.Person {
		return fault.New(fault.Conflict, "account.self")
	}
	return s.setState(ctx, by, id, Suspended)
}

// Restore lets a suspended account in again.
func (s *Service) Restore(ctx context.Context, by access.Actor, id access.PersonID) error {
	return s.setState(ctx, by, id, Active)
}

func (s *Service) setState(ctx context.Context, by access.Actor, id access.PersonID, state AccountState) error {
	return s.store.Update(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.EndAccount, accountResource(id)); err != nil {
			return err
		}
		a, err := tx.Account(ctx, id)
		if err != nil {
			return err
		}
		a.State = state
		if state == Active && a.Hash == "" {
			a.State = Invited
		}
		if err := tx.PutAccount(ctx, a); err != nil || state == Active {
			return err
		}
		return tx.EndSessions(ctx, id, "")
	})
}
