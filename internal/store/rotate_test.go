package store_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/org"
	keys "strengthen/internal/sealed"
	"strengthen/internal/store"
	"strengthen/internal/testkit"
)

// furnished is a database with n of each thing that stands under the root key.
func furnished(t *testing.T, kind store.Kind, ring keys.Ring, n int) *store.DB {
	t.Helper()
	db := empty(t, kind, nil)
	db.UseRing(ring)
	if _, _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := db.Update(t.Context(), access.TheSystem(), func(tx *store.Tx) error {
		if err := tx.Allow(t.Context(), access.Work, access.Resource{}); err != nil {
			return err
		}
		for i := range n {
			id := access.PersonID(fmt.Sprintf("p%04d", i))
			if err := errors.Join(
				tx.NewKey(t.Context(), fmt.Sprintf("case%04d", i)),
				tx.PutPerson(t.Context(), org.Person{ID: id, Name: "Ана Илиева", Email: string(id), Made: tx.Now()}),
				tx.PutAccount(t.Context(), org.Account{Person: id, Login: string(id), State: org.Active, Made: tx.Now(), TOTP: ring.Box(org.FactorBox).Seal(org.FactorPlace(id), "SECRET")}),
				tx.PlanMail(t.Context(), org.Mail{Key: string(id), Kind: "reset", Due: tx.Now(), Vars: map[string]string{org.LinkVar: "/l/" + string(id)}}),
			); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func eachKindOf(t *testing.T, fn func(*testing.T, store.Kind)) {
	for _, kind := range []store.Kind{store.SQLite, store.Postgres} {
		t.Run(string(kind), func(t *testing.T) { fn(t, kind) })
	}
}

func sums(all []store.Turned, err error) (rows, stale int, _ error) {
	for _, t := range all {
		rows, stale = rows+t.Rows, stale+t.Stale
	}
	return rows, stale, err
}

// Everything goes under the new root, in spite of being stopped on the way, opens all the time, and nothing is left under the
// old one.
func TestTheRootIsReplacedInSpiteOfStops(t *testing.T) {
	eachKindOf(t, func(t *testing.T, kind store.Kind) {
		const n = 1200 // three batches of each
		before := keys.Ring{Current: keys.Root{1}}
		db := furnished(t, kind, before, n)
		ring := before.Begin()
		db.UseRing(ring)
		if rows, stale, err := sums(db.Standing(t.Context())); err != nil || rows != 3*n || stale != 3*n {
			t.Fatalf("%d rows, %d under the old root, %v", rows, stale, err)
		}
		stops := 0
		for i := 0; ; i++ {
			ctx, stop := context.WithCancel(t.Context())
			time.AfterFunc(time.Duration(i*i)*2*time.Millisecond, stop)
			_, err := db.Turn(ctx)
			stop()
			if err == nil {
				break
			}
			stops++
			if i > 100 {
				t.Fatalf("it does not come to an end: %v", err)
			}
		}
		if stops == 0 {
			t.Error("it was never stopped")
		}
		if _, stale, err := sums(db.Standing(t.Context())); err != nil || stale != 0 {
			t.Fatalf("%d still under the old root, %v", stale, err)
		}
		db.UseRing(ring.End())
		v, err := db.Verify(t.Context(), nil, nil)
		if err != nil || v.Keys != n {
			t.Fatalf("%d keys, %v", v.Keys, err)
		}
		for _, f := range v.Findings {
			if f.What == "locked" {
				t.Fatal(f)
			}
		}
		opened := 0
		err = db.Update(t.Context(), access.TheSystem(), func(tx *store.Tx) error {
			opened = 0
			for i := range n {
				id := access.PersonID(fmt.Sprintf("p%04d", i))
				a, err := tx.Account(t.Context(), id)
				if err != nil {
					return err
				}
				if s, err := ring.End().Box(org.FactorBox).Open(org.FactorPlace(id), a.TOTP); err != nil || s != "SECRET" {
					return fmt.Errorf("factor of %s: %q, %w", id, s, err)
				}
				opened++
			}
			due, err := tx.DueMail(t.Context(), 2*n)
			for _, id := range due {
				m, err := tx.LeaseMessage(t.Context(), id, tx.Now().Add(time.Minute))
				if err != nil || m.Vars[org.LinkVar] != "/l/"+m.Key {
					return fmt.Errorf("link %q of %s: %w", m.Vars[org.LinkVar], m.Key, err)
				}
				opened++
			}
			return err
		})
		if err != nil || opened != 2*n {
			t.Errorf("%d opened, %v", opened, err)
		}
	})
}

// What does not open is not left behind: the old root stays until somebody has looked.
func TestWhatDoesNotOpenStopsTheReplacement(t *testing.T) {
	db := furnished(t, store.SQLite, keys.Ring{Current: keys.Root{1}}, 3)
	db.UseRing(keys.Ring{Current: keys.Root{2}}.Begin()) // the root under which they stand is lost
	if _, err := db.Turn(t.Context()); err == nil {
		t.Error("keys that do not open were passed over")
	}
	if _, stale, err := sums(db.Standing(t.Context())); err != nil || stale != 9 {
		t.Errorf("%d, %v", stale, err)
	}
}

func TestOneCommandAloneOrManyTogether(t *testing.T) {
	eachKindOf(t, func(t *testing.T, kind store.Kind) {
		c := store.Config{Dir: t.TempDir(), Now: time.Now}
		if kind == store.Postgres {
			c = store.Config{URL: testkit.Postgres(t), Now: time.Now}
		}
		open := func() *store.DB {
			db, err := store.Open(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { db.Close() })
			return db
		}
		a, b, alone := open(), open(), open()
		if err := errors.Join(a.Hold(t.Context(), false), b.Hold(t.Context(), false)); err != nil {
			t.Fatal(err)
		}
		if err := alone.Hold(t.Context(), true); !errors.Is(err, store.ErrInUse) {
			t.Errorf("alone beside two others: %v", err)
		}
		a.Close()
		if err := alone.Hold(t.Context(), true); !errors.Is(err, store.ErrInUse) {
			t.Errorf("alone beside another: %v", err)
		}
		b.Close()
		if err := alone.Hold(t.Context(), true); err != nil {
			t.Errorf("alone: %v", err)
		}
		if err := open().Hold(t.Context(), false); !errors.Is(err, store.ErrInUse) {
			t.Errorf("beside one that is alone: %v", err)
		}
	})
}
