package store_test

import (
	"context"
	"crypto/ed25519"
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

// Whoever took a root away that was replaced since, and can write to the database, adds nothing to the record by it.
func TestAnOldRootWritesNothingMore(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		old := keys.Ring{Current: keys.Root{1}}
		db.UseRing(old)
		seal := func(g keys.Ring) access.Checkpoint {
			t.Helper()
			if err := act(t, db, manager, access.PlanTraining, access.NewID()); err != nil {
				t.Fatal(err)
			}
			_, c, err := db.SealAll(t.Context(), g.Current.Signer())
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		seal(old)
		ring := old.Begin()
		db.UseRing(ring)
		last := seal(ring)
		ring = ring.End()
		db.UseRing(ring)
		verify := func() []store.Finding {
			t.Helper()
			var public []ed25519.PublicKey
			for _, k := range ring.Audit() {
				public = append(public, k.Public)
			}
			v, err := db.Verify(t.Context(), public, nil)
			if err != nil {
				t.Fatal(err)
			}
			return v.Findings
		}
		if found := verify(); len(found) > 0 {
			t.Fatalf("an honest record: %v", found)
		}
		forged := access.Entry{ID: "forged", At: "2026-03-02T07:00:00.000000Z", Actor: "x", Via: access.ViaSession, Action: access.SeeAudit, Kind: "k", Record: "r", Outcome: access.Done, Request: "q"}
		forged.MAC = forged.Code(old.Current.AuditKeys().MAC)
		add := func(texts ...string) {
			t.Helper()
			for _, text := range texts {
				if err := store.Raw(t.Context(), db, text); err != nil {
					t.Fatal(err)
				}
			}
		}
		add(fmt.Sprintf("INSERT INTO audit_entry (id, at, actor, via, action, kind, record, outcome, request, mac) VALUES ('%s', '%s', '%s', '%s', '%s', '%s', '%s', '%s', '%s', '%s')",
			forged.ID, forged.At, forged.Actor, forged.Via, forged.Action, forged.Kind, forged.Record, forged.Outcome, forged.Request, forged.MAC),
			"INSERT INTO audit_open (entry_id, at) VALUES ('forged', '"+forged.At+"')")
		if n, _, err := db.Seal(t.Context(), ring.Current.Signer()); err != nil || n != 0 {
			t.Errorf("an entry under the old root was linked: %d, %v", n, err)
		}
		if found := verify(); len(found) != 1 || found[0].What != "inserted" {
			t.Errorf("not linked: %v", found)
		}
		c := access.Checkpoint{Seq: last.Seq + 1, Hash: access.Chain(last.Hash, last.Seq+1, forged), At: forged.At}.Sign(old.Current.Signer())
		add("DELETE FROM audit_open", fmt.Sprintf("INSERT INTO audit_link (seq, entry_id, hash) VALUES (%d, 'forged', '%s')", c.Seq, c.Hash),
			fmt.Sprintf("INSERT INTO audit_checkpoint (seq, hash, at, signature) VALUES (%d, '%s', '%s', '%s')", c.Seq, c.Hash, c.At, c.Signature))
		found := verify()
		if len(found) != 2 || found[0].What != "altered" || found[1].What != "signature" {
			t.Errorf("linked and signed by the old root: %v", found)
		}
	})
}
