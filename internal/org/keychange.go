package org

import (
	"context"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/fault"
)

// KeyChange is the wish to replace the root key. One administrator asks, another confirms, and the command on the server
// carries it out; where there is only one administrator the command asks for nobody's word.
type KeyChange struct {
	ID          string
	By          access.PersonID
	ByName      string
	Asked       time.Time
	ConfirmedBy access.PersonID
	Confirmed   time.Time
	Used        time.Time
}

// KeyChangeTime is how long a wish waits for the other administrator, and a confirmed one for the command.
const KeyChangeTime = 24 * time.Hour

// waits reports whether a wish still stands at a moment.
func (k KeyChange) waits(now time.Time) bool {
	since := k.Asked
	if !k.Confirmed.IsZero() {
		since = k.Confirmed
	}
	return k.ID != "" && k.Used.IsZero() && now.Before(since.Add(KeyChangeTime))
}

// KeyChangeTx is what the replacement of keys needs of a transaction.
type KeyChangeTx interface {
	LastKeyChange(ctx context.Context) (KeyChange, error) // the zero one when there is none
	PutKeyChange(ctx context.Context, k KeyChange) error
}

var keys = access.Resource{Kind: "keys"}

// Upkeep is what an administrator sees of backups and of the replacement of keys.
type Upkeep struct {
	BackedUp time.Time // when the last backup was made; zero when there was none
	Stale    bool      // that is too long ago
	Open     KeyChange // that stands; zero when none does
	Two      bool      // another administrator has to confirm
	Mine     bool      // the reader asked
}

// BackupTerm is how old the last backup may be before pages say that one is due.
const BackupTerm = 36 * time.Hour

// Upkeep tells how backups and the replacement of keys stand.
func (s *Service) Upkeep(ctx context.Context, by access.Actor) (Upkeep, error) {
	var u Upkeep
	err := s.store.View(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.RotateKeys, keys); err != nil {
			return err
		}
		made, err := tx.Entries(ctx, access.EntryFilter{Action: access.BackUp, Outcome: access.Done}, 1)
		if err != nil {
			return err
		}
		if len(made) > 0 {
			if u.BackedUp, err = time.Parse(time.RFC3339, made[0].At); err != nil {
				return err
			}
		}
		u.Stale = tx.Now().Sub(u.BackedUp) > BackupTerm
		last, err := tx.LastKeyChange(ctx)
		if err != nil {
			return err
		}
		if last.waits(tx.Now()) {
			u.Open, u.Mine = last, last.By == by.Person
		}
		n, err := administrators(ctx, tx)
		u.Two = n > 1
		return err
	})
	return u, err
}

// administrators counts those who could confirm: active, with a role that lives.
func administrators(ctx context.Context, tx Tx) (int, error) {
	cards, err := tx.AccountCards(ctx)
	n := 0
	for _, c := range cards {
		for _, g := range c.Grants {
			if g.Role == access.Administrator && c.State == Active && g.Lives(tx.Now()) {
				n++
				break
			}
		}
	}
	return n, err
}

// AskKeyChange says that the root key should be replaced.
func (s *Service) AskKeyChange(ctx context.Context, by access.Actor, key string) error {
	return s.store.Update(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.RotateKeys, keys); err != nil {
			return err
		}
		_, err := tx.Once(ctx, key, func() (string, error) {
			last, err := tx.LastKeyChange(ctx)
			if err != nil {
				return "", err
			}
			if last.waits(tx.Now()) {
				return "", fault.New(fault.Conflict, "keys.asked")
			}
			k := KeyChange{ID: access.NewID(), By: by.Person, Asked: tx.Now()}
			return k.ID, tx.PutKeyChange(ctx, k)
		})
		return err
	})
}

// ConfirmKeyChange agrees to what another administrator asked for.
func (s *Service) ConfirmKeyChange(ctx context.Context, by access.Actor, id string) error {
	return s.store.Update(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.RotateKeys, keys); err != nil {
			return err
		}
		k, err := tx.LastKeyChange(ctx)
		if err != nil {
			return err
		}
		switch {
		case k.ID != id || !k.waits(tx.Now()):
			return fault.New(fault.NotFound, "fault.notfound")
		case k.By == by.Person:
			return fault.New(fault.Conflict, "keys.self")
		case !k.Confirmed.IsZero():
			return nil // a second click
		}
		k.ConfirmedBy, k.Confirmed = by.Person, tx.Now()
		return tx.PutKeyChange(ctx, k)
	})
}

// UseKeyChange lets the command begin: with the word of two administrators, or at once where there are not two. A word is good
// for one replacement.
func (s *Service) UseKeyChange(ctx context.Context, by access.Actor) error {
	return s.store.Update(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.RotateKeys, keys); err != nil {
			return err
		}
		n, err := administrators(ctx, tx)
		if err != nil {
			return err
		}
		k, err := tx.LastKeyChange(ctx)
		if err != nil {
			return err
		}
		if k.waits(tx.Now()) && !k.Confirmed.IsZero() {
			k.Used = tx.Now()
			return tx.PutKeyChange(ctx, k)
		}
		if n > 1 {
			return fault.New(fault.Conflict, "keys.two")
		}
		return nil
	})
}
