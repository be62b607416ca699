package org

import (
	"context"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/fold"
)

// SetPassword uses an invitation or a reset link: it sets the password, makes the account active and ends its sessions.
// The second factor stays as it is.
func (s *Service) SetPassword(ctx context.Context, token, password, request string) error {
	t, err := s.OpenLink(ctx, token)
	if err != nil {
		return err
	}
	if t.Purpose != Invite && t.Purpose != Reset {
		return fault.New(fault.NotFound, "fault.notfound")
	}
	if err := t.Usable(s.now()); err != nil {
		return err
	}
	var a Account
	err = s.store.View(ctx, access.Public(request), func(tx Tx) (err error) {
		a, err = tx.Account(ctx, t.Person)
		return err
	})
	if err != nil {
		return err
	}
	if e := checkPassword(a, password); e != nil {
		return e
	}
	hash, err := s.hashPassword(ctx, password)
	if err != nil {
		return err
	}
	actor := access.Actor{Person: t.Person, Via: access.ViaLink, Request: request}
	return s.store.Update(ctx, actor, func(tx Tx) error {
		if err := tx.Allow(ctx, access.SignIn, accountResource(t.Person)); err != nil {
			return err
		}
		return usePasswordLink(ctx, tx, t, hash)
	})
}

func usePasswordLink(ctx context.Context, tx Tx, t Token, hash string) error {
	t, err := tx.Token(ctx, t.Hash)
	if err != nil {
		return err
	}
	if err := t.Usable(tx.Now()); err != nil {
		return err
	}
	if err := tx.UseToken(ctx, t.Hash); err != nil {
		return err
	}
	a, err := tx.Account(ctx, t.Person)
	if err != nil {
		return err
	}
	if a.State == Suspended {
		return fault.New(fault.Conflict, "link.expired")
	}
	a.Hash, a.State = hash, Active
	if err := tx.PutAccount(ctx, a); err != nil {
		return err
	}
	return tx.EndSessions(ctx, a.Person, "")
}

// Forgot sends a link to set another password, if there is an account of that login. It says nothing about whether there is.
func (s *Service) Forgot(ctx context.Context, login, request string) error {
	return s.store.Update(ctx, access.Public(request), func(tx Tx) error {
		a, err := tx.AccountByLogin(ctx, fold.Email(login))
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := tx.Allow(ctx, access.SignIn, accountResource(a.Person)); err != nil {
			return err
		}
		p, err := tx.Person(ctx, a.Person)
		if err != nil || a.State == Suspended {
			return err
		}
		n, last, err := tx.Delay(ctx, "reset:"+a.Login)
		if err != nil {
			return err
		}
		if tx.Now().Sub(last) < time.Hour && n >= 3 {
			return nil
		}
		if tx.Now().Sub(last) >= time.Hour {
			n = 0
		}
		if err := tx.PutDelay(ctx, "reset:"+a.Login, n+1, tx.Now()); err != nil {
			return err
		}
		_, err = s.sendToken(ctx, tx, Reset, p, a)
		return err
	})
}
