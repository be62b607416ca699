package org

import (
	"context"
	"errors"
	"strings"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/fault"
)

// Authenticator speaks to passkeys; package passkey does. States come back unaltered; options go to the browser.
type Authenticator interface {
	Create(h Holder) (options, state string, err error)
	Created(h Holder, state, response string) (Credential, error)
	Request() (options, state string, err error)
	Answered(state, response string, find func(person string) (Holder, error)) (Holder, Credential, error)
}

// Holder is a person as an authenticator sees one.
type Holder struct {
	Person      access.PersonID
	Login, Name string
	Records     []string // credentials that the person has
}

// Credential is the public part of a passkey, as the authenticator's own record.
type Credential struct{ ID, Record string }

// Passkey is a credential of a person. A passkey is proved with a finger, a face or a PIN on the person's own device, so that
// it is a password and a second factor in one.
type Passkey struct {
	Credential
	Person access.PersonID
	Name   string // by which the person knows the device
	Made   time.Time
	Used   time.Time
}

// UsePasskeys lets people come in with passkeys that a checks. Without it, or where a is nil, there are none.
func (s *Service) UsePasskeys(a Authenticator) { s.keys = a }

// HasPasskeys reports whether passkeys can be used at this site.
func (s *Service) HasPasskeys() bool { return s.keys != nil }

// Challenge is a question to a browser's passkeys: Options are for the browser, Sealed comes back with the answer.
type Challenge struct{ Options, Sealed string }

const challengeTime = 5 * time.Minute

var errNoKeys = fault.New(fault.NotFound, "fault.notfound")

// challenge keeps that a question was asked, so that its answer counts once.
func (s *Service) challenge(ctx context.Context, tx Tx, who access.PersonID, options, state string) (Challenge, error) {
	c := Challenge{options, s.box.Seal("passkey/"+string(who), state)}
	return c, tx.PutToken(ctx, Token{Hash: access.HashToken(c.Sealed), Purpose: Question, Person: who, Made: tx.Now(), Until: tx.Now().Add(challengeTime)})
}

// answered opens the state of a question and uses it up.
func (s *Service) answered(ctx context.Context, tx Tx, who access.PersonID, sealed string) (string, error) {
	state, err := s.box.Open("passkey/"+string(who), sealed)
	if err != nil {
		return "", fault.Field("passkey", "passkey.again")
	}
	t, err := tx.Token(ctx, access.HashToken(sealed))
	if err == nil {
		err = t.Usable(tx.Now())
	}
	if err != nil {
		return "", fault.Field("passkey", "passkey.again")
	}
	return state, tx.UseToken(ctx, t.Hash)
}

func holderOf(ctx context.Context, tx Tx, id access.PersonID) (Holder, Account, error) {
	a, err := tx.Account(ctx, id)
	if err != nil {
		return Holder{}, a, err
	}
	p, err := tx.Person(ctx, id)
	if err != nil {
		return Holder{}, a, err
	}
	h := Holder{Person: id, Login: a.Login, Name: p.Name}
	all, err := tx.Passkeys(ctx, id)
	for _, k := range all {
		h.Records = append(h.Records, k.Record)
	}
	return h, a, err
}

// BeginPasskey asks the actor's browser for a new passkey. Whoever has a second factor already must have proved it lately.
func (s *Service) BeginPasskey(ctx context.Context, by access.Actor) (Challenge, error) {
	var c Challenge
	if s.keys == nil {
		return c, errNoKeys
	}
	err := s.store.Update(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.KeepOwn, accountResource(by.Person)); err != nil {
			return err
		}
		h, a, err := holderOf(ctx, tx, by.Person)
		if err != nil {
			return err
		}
		if a.HasFactor() && tx.Now().Sub(by.StepUp) > StepUpLimit {
			return fault.New(fault.Conflict, "stepup.needed")
		}
		options, state, err := s.keys.Create(h)
		if err != nil {
			return err
		}
		c, err = s.challenge(ctx, tx, by.Person, options, state)
		return err
	})
	return c, err
}

// AddPasskey keeps the new passkey. The actor's session is raised to one with a second factor and every other one ends. The
// first second factor of a person comes with recovery codes, which are returned and shown once.
func (s *Service) AddPasskey(ctx context.Context, by access.Actor, name, sealed, response string) ([]string, error) {
	var codes []string
	if s.keys == nil {
		return nil, errNoKeys
	}
	if name = strings.TrimSpace(name); name == "" || len([]rune(name)) > 60 {
		return nil, fault.Field("name", "form.length", fault.Vars{"min": 1, "max": 60})
	}
	err := s.store.Update(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.KeepOwn, accountResource(by.Person)); err != nil {
			return err
		}
		h, a, err := holderOf(ctx, tx, by.Person)
		if err != nil {
			return err
		}
		state, err := s.answered(ctx, tx, by.Person, sealed)
		if err != nil {
			return err
		}
		c, err := s.keys.Created(h, state, response)
		if err != nil {
			return fault.Wrap(err, fault.Invalid, "passkey.refused").At("passkey")
		}
		if err := tx.PutPasskey(ctx, Passkey{Credential: c, Person: by.Person, Name: name, Made: tx.Now()}); err != nil {
			return err
		}
		if !a.HasFactor() {
			var hashes []string
			codes, hashes = newRecoveryCodes(by.Person)
			if err := tx.PutRecoveryCodes(ctx, by.Person, hashes); err != nil {
				return err
			}
		}
		return raise(ctx, tx, by)
	})
	return codes, err
}

// Passkeys lists the actor's own passkeys.
func (s *Service) Passkeys(ctx context.Context, by access.Actor) ([]Passkey, error) {
	var all []Passkey
	err := s.store.View(ctx, by, func(tx Tx) (err error) {
		if err := tx.Allow(ctx, access.KeepOwn, accountResource(by.Person)); err != nil {
			return err
		}
		all, err = tx.Passkeys(ctx, by.Person)
		return err
	})
	return all, err
}

// DropPasskey removes one of the actor's own passkeys; it needs a recent proof.
func (s *Service) DropPasskey(ctx context.Context, by access.Actor, id string) error {
	return s.store.Update(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.KeepOwn, accountResource(by.Person)); err != nil {
			return err
		}
		if tx.Now().Sub(by.StepUp) > StepUpLimit {
			return fault.New(fault.Conflict, "stepup.needed")
		}
		return tx.DropPasskey(ctx, by.Person, id)
	})
}

// AskPasskey asks whoever sits there for a passkey.
func (s *Service) AskPasskey(ctx context.Context, request string) (Challenge, error) {
	var c Challenge
	if s.keys == nil {
		return c, errNoKeys
	}
	options, state, err := s.keys.Request()
	if err != nil {
		return c, err
	}
	err = s.store.Update(ctx, access.Public(request), func(tx Tx) error {
		if err := tx.Allow(ctx, access.SignIn, access.Resource{Kind: "account"}); err != nil {
			return err
		}
		c, err = s.challenge(ctx, tx, "", options, state)
		return err
	})
	return c, err
}

// SignInWithPasskey opens a session for the holder of the passkey that answered, and returns its secret.
func (s *Service) SignInWithPasskey(ctx context.Context, sealed, response, device, request string) (string, error) {
	var token string
	err := s.withPasskey(ctx, access.Actor{Via: access.ViaPublic, Request: request}, sealed, response, func(tx Tx, h Holder) (err error) {
		if err := tx.Allow(ctx, access.SignIn, accountResource(h.Person)); err != nil {
			return err
		}
		token, err = s.begin(ctx, tx, Session{Person: h.Person, Device: device, StepUp: tx.Now(), Factor: true})
		return err
	})
	return token, err
}

// StepUpWithPasskey proves by a passkey who sits there. The session gets a new secret.
func (s *Service) StepUpWithPasskey(ctx context.Context, by access.Actor, sealed, response, device string) (string, error) {
	var token string
	err := s.withPasskey(ctx, by, sealed, response, func(tx Tx, h Holder) (err error) {
		if h.Person != by.Person {
			return fault.Field("passkey", "passkey.refused")
		}
		if err := tx.Allow(ctx, access.KeepOwn, accountResource(by.Person)); err != nil {
			return err
		}
		token, err = s.again(ctx, tx, by, Session{Device: device, Factor: true})
		return err
	})
	return token, err
}

// withPasskey checks an answer and runs then for its holder, in one transaction. What is refused is on the record.
func (s *Service) withPasskey(ctx context.Context, by access.Actor, sealed, response string, then func(Tx, Holder) error) error {
	if s.keys == nil {
		return errNoKeys
	}
	err := s.store.Update(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.SignIn, access.Resource{Kind: "account"}); err != nil {
			return err
		}
		state, err := s.answered(ctx, tx, "", sealed)
		if err != nil {
			return err
		}
		h, c, err := s.keys.Answered(state, response, func(person string) (Holder, error) {
			h, a, err := holderOf(ctx, tx, access.PersonID(person))
			if err == nil && a.State != Active {
				err = errors.New("the account is not active")
			}
			return h, err
		})
		if err != nil {
			return fault.Wrap(err, fault.Invalid, "passkey.refused").At("passkey")
		}
		if err := tx.UsedPasskey(ctx, h.Person, c); err != nil {
			return err
		}
		return then(tx, h)
	})
	if fault.Is(err, fault.Invalid) {
		refused := s.store.Update(ctx, by, func(tx Tx) error {
			return tx.RecordRefusal(ctx, access.SignIn, access.Resource{Kind: "account"})
		})
		return errors.Join(err, refused)
	}
	return err
}
