package org

import (
	"context"
	"encoding/json"
	"slices"

	"strengthen/internal/access"
	"strengthen/internal/fault"
)

// demoSetting is the mark of a database that the demo made. Nothing else writes it, and only on an empty database.
const demoSetting = "made-by-demo"

// linksSetting keeps links for guests; noteSetting, with the person behind it, what there is to see as that guest.
const (
	linksSetting = "demo-links"
	noteSetting  = "demo-note/"
)

// MarkDemo marks an empty database as one with invented data. It refuses every other.
func (s *Service) MarkDemo(ctx context.Context) error {
	return s.store.Update(ctx, access.TheSystem(), func(tx Tx) error {
		if err := tx.Allow(ctx, access.Work, access.Resource{Kind: "setting", ID: demoSetting}); err != nil {
			return err
		}
		empty, err := tx.Empty(ctx)
		if err != nil {
			return err
		}
		if !empty {
			return fault.New(fault.Conflict, "demo.notempty")
		}
		return tx.PutSetting(ctx, demoSetting, s.now().UTC().Format("2006-01-02"))
	})
}

// IsDemo reports whether the demo made this database.
func (s *Service) IsDemo(ctx context.Context) (bool, error) {
	var v string
	err := s.store.View(ctx, access.Public(""), func(tx Tx) (err error) {
		v, err = tx.Setting(ctx, demoSetting)
		return err
	})
	return v != "", err
}

// Guest is a person of the demo as whom one can look around.
type Guest struct {
	Person access.PersonID
	Name   string
	Role   access.Role
	Region access.RegionID
	Note   string // key of what there is to see; may be empty
}

// DemoGuests lists the people of the demo with an account, one for each role, and of the participants everybody who has one.
func (s *Service) DemoGuests(ctx context.Context) ([]Guest, error) {
	var out []Guest
	err := s.store.View(ctx, access.TheSystem(), func(tx Tx) error {
		if err := needDemo(ctx, tx); err != nil {
			return err
		}
		cards, err := tx.AccountCards(ctx)
		if err != nil {
			return err
		}
		for _, role := range access.Grantable() {
			guests := guestsIn(cards, role)
			for i := range guests {
				if guests[i].Note, err = tx.Setting(ctx, noteSetting+string(guests[i].Person)); err != nil {
					return err
				}
			}
			if access.OfAgency(role) { // many hold these; one was chosen to look around as
				guests = slices.DeleteFunc(guests, func(g Guest) bool { return g.Note == "" })
			} else if role != access.Participant {
				guests = guests[:min(1, len(guests))]
			}
			out = append(out, guests...)
		}
		return nil
	})
	return out, err
}

func guestsIn(cards []AccountCard, role access.Role) []Guest {
	var all []Guest
	for _, c := range cards {
		for _, g := range c.Grants {
			if g.Role == role && g.Ended.IsZero() && c.State == Active {
				all = append(all, Guest{Person: c.Person, Name: c.Name, Role: role, Region: g.Region})
			}
		}
	}
	return all
}

// DemoLink is a link that somebody of the demo got by mail and did not follow.
type DemoLink struct {
	Kind string // the catalogue explains it under "demo.KIND"
	Path string
}

// KeepDemoLinks keeps links for those who look around. In a real system a link is known to its receiver alone; here the
// people are invented.
func (s *Service) KeepDemoLinks(ctx context.Context, links []DemoLink) error {
	b, err := json.Marshal(links)
	if err != nil {
		return err
	}
	return s.store.Update(ctx, access.TheSystem(), func(tx Tx) error {
		if err := needDemo(ctx, tx); err != nil {
			return err
		}
		if err := tx.Allow(ctx, access.Work, access.Resource{Kind: "setting", ID: linksSetting}); err != nil {
			return err
		}
		return tx.PutSetting(ctx, linksSetting, string(b))
	})
}

// DemoLinks returns the links that KeepDemoLinks kept; on any other database there are none.
func (s *Service) DemoLinks(ctx context.Context) ([]DemoLink, error) {
	var links []DemoLink
	err := s.store.View(ctx, access.Public(""), func(tx Tx) error {
		if err := needDemo(ctx, tx); err != nil {
			return err
		}
		v, err := tx.Setting(ctx, linksSetting)
		if err != nil || v == "" {
			return err
		}
		return json.Unmarshal([]byte(v), &links)
	})
	return links, err
}

func needDemo(ctx context.Context, tx Tx) error {
	v, err := tx.Setting(ctx, demoSetting)
	if err == nil && v == "" {
		err = fault.New(fault.NotFound, "fault.notfound")
	}
	return err
}

// SignInAs opens a session as a person of the demo without a password. On any other database there is no such thing.
func (s *Service) SignInAs(ctx context.Context, id access.PersonID, device, request string) (string, error) {
	var token string
	actor := access.Actor{Person: id, Via: access.ViaPublic, Request: request}
	err := s.store.Update(ctx, actor, func(tx Tx) error {
		if err := needDemo(ctx, tx); err != nil {
			return err
		}
		a, err := tx.Account(ctx, id)
		if err != nil {
			return err
		}
		if a.State != Active {
			return fault.New(fault.NotFound, "fault.notfound")
		}
		if err := tx.Allow(ctx, access.SignIn, accountResource(id)); err != nil {
			return err
		}
		token, err = s.begin(ctx, tx, Session{Person: id, Device: device, StepUp: tx.Now()})
		return err
	})
	return token, err
}

// NoteGuest chooses somebody of the demo as a guest, with a key of the catalogue that says what there is to see.
func (s *Service) NoteGuest(ctx context.Context, id access.PersonID, note string) error {
	return s.store.Update(ctx, access.TheSystem(), func(tx Tx) error {
		if err := needDemo(ctx, tx); err != nil {
			return err
		}
		if err := tx.Allow(ctx, access.Work, access.Resource{Kind: "demo"}); err != nil {
			return err
		}
		return tx.PutSetting(ctx, noteSetting+string(id), note)
	})
}

// EnableGuest makes an active account without a password for a person of the demo. Note is a key of the catalogue that says
// what there is to see as this person.
func (s *Service) EnableGuest(ctx context.Context, id access.PersonID, role access.Grant, note string) error {
	return s.store.Update(ctx, access.TheSystem(), func(tx Tx) error {
		if err := needDemo(ctx, tx); err != nil {
			return err
		}
		if err := tx.Allow(ctx, access.Work, accountResource(id)); err != nil {
			return err
		}
		p, err := tx.Person(ctx, id)
		if err != nil {
			return err
		}
		a := Account{Person: id, Login: p.Email, State: Active, Made: tx.Now()}
		if err := tx.PutAccount(ctx, a); err != nil {
			return err
		}
		if err := tx.PutSetting(ctx, noteSetting+string(id), note); err != nil {
			return err
		}
		g, err := grantOf(ctx, tx, access.TheSystem(), id, role)
		if err != nil {
			return err
		}
		return tx.PutGrant(ctx, g)
	})
}

// WelcomeGuest makes the account of an invited person of the demo active without a password.
func (s *Service) WelcomeGuest(ctx context.Context, id access.PersonID) error {
	return s.store.Update(ctx, access.TheSystem(), func(tx Tx) error {
		if err := needDemo(ctx, tx); err != nil {
			return err
		}
		if err := tx.Allow(ctx, access.Work, accountResource(id)); err != nil {
			return err
		}
		a, err := tx.Account(ctx, id)
		if err != nil {
			return err
		}
		a.State = Active
		return tx.PutAccount(ctx, a)
	})
}
