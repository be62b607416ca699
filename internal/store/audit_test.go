package store_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/store"
	"strengthen/internal/testkit"
)

var manager = access.Actor{Person: "p-manager", Via: access.ViaSession, Grants: []access.Grant{{Role: access.Manager}}}

func act(t *testing.T, db *store.DB, by access.Actor, action access.Action, record string) error {
	t.Helper()
	return db.Update(t.Context(), by, func(tx *store.Tx) error {
		return tx.Allow(t.Context(), action, access.Resource{Kind: "training", ID: record})
	})
}

func TestEveryPermittedAndRefusedActLeavesAnEntry(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		if err := act(t, db, manager, access.PlanTraining, "t1"); err != nil {
			t.Fatal(err)
		}
		if err := act(t, db, access.Public("r1"), access.PlanTraining, "t2"); !fault.Is(err, fault.Denied) {
			t.Fatalf("public planning: %v, want denied", err)
		}
		got := entries(t, db)
		if len(got) != 2 {
			t.Fatalf("%d entries, want 2", len(got))
		}
		byRecord := map[string]access.Entry{got[0].Record: got[0], got[1].Record: got[1]}
		if e := byRecord["t1"]; e.Outcome != access.Done || e.Actor != "p-manager" || e.Action != access.PlanTraining {
			t.Errorf("entry of the permitted act: %+v", e)
		}
		if e := byRecord["t2"]; e.Outcome != access.Refused || e.Request != "r1" {
			t.Errorf("entry of the refused act: %+v", e)
		}
	})
}

func entries(t *testing.T, db *store.DB) []access.Entry {
	t.Helper()
	var got []access.Entry
	err := db.View(t.Context(), manager, func(tx *store.Tx) (err error) {
		got, err = tx.Entries(t.Context(), access.EntryFilter{}, 100)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestAWriteThatNobodyAllowedIsUndone(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		err := db.Update(t.Context(), manager, func(tx *store.Tx) error {
			_, err := tx.Once(t.Context(), "k", func() (string, error) { return "r", nil })
			return err
		})
		if err == nil || !strings.Contains(err.Error(), "before an Allow") {
			t.Errorf("error %v, want a refusal to write", err)
		}
	})
}

func TestACreateHappensOnceForItsKey(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		made := 0
		create := func(fail error) (id string, err error) {
			err = db.Update(t.Context(), manager, func(tx *store.Tx) error {
				if err := tx.Allow(t.Context(), access.PlanTraining, access.Resource{Kind: "training"}); err != nil {
					return err
				}
				id, err = tx.Once(t.Context(), "key-1", func() (string, error) { made++; return access.NewID(), fail })
				return err
			})
			return id, err
		}
		if _, err := create(errors.New("cut off")); err == nil {
			t.Fatal("the failing create passed")
		}
		first, err := create(nil)
		if err != nil {
			t.Fatal(err)
		}
		second, err := create(nil)
		if err != nil || second != first || made != 2 {
			t.Errorf("second create gives %q after %q (made %d, %v)", second, first, made, err)
		}
	})
}

func sealed(t *testing.T, db *store.DB, n int) (ed25519.PublicKey, []access.Checkpoint) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	var outside []access.Checkpoint
	for range n {
		for range 3 {
			if err := act(t, db, manager, access.PlanTraining, access.NewID()); err != nil {
				t.Fatal(err)
			}
		}
		if _, c, err := db.Seal(t.Context(), private); err != nil {
			t.Fatal(err)
		} else {
			outside = append(outside, c)
		}
	}
	return public, outside
}

func TestVerifyFindsEveryKindOfDamage(t *testing.T) {
	for name, tc := range map[string]struct {
		damage []string
		want   string // "" for no finding
	}{
		"nothing done":      {nil, ""},
		"an entry altered":  {[]string{"UPDATE audit_entry SET record = 'x' WHERE id = (SELECT entry_id FROM audit_link WHERE seq = 2)"}, "altered"},
		"an entry missing":  {[]string{"DELETE FROM audit_entry WHERE id = (SELECT entry_id FROM audit_link WHERE seq = 2)"}, "missing"},
		"a link missing":    {[]string{"DELETE FROM audit_link WHERE seq = 2"}, "missing"},
		"an entry inserted": {[]string{"INSERT INTO audit_entry SELECT 'new', at, actor, via, action, kind, record, outcome, request, mac FROM audit_entry WHERE id = (SELECT entry_id FROM audit_link WHERE seq = 1)"}, "inserted"},
		"an entry inserted and put in the queue": {[]string{
			"INSERT INTO audit_entry SELECT 'new', at, actor, via, action, kind, record, outcome, request, mac FROM audit_entry WHERE id = (SELECT entry_id FROM audit_link WHERE seq = 1)",
			"INSERT INTO audit_open SELECT 'new', at FROM audit_entry WHERE id = 'new'"}, "inserted"},
		"an entry taken from the queue's back": {[]string{"INSERT INTO audit_open VALUES ('gone', '2026-03-02T07:00:00.000000Z')"}, "missing"},
		"the checkpoints taken away":           {[]string{"DELETE FROM audit_checkpoint"}, "cut"},
		"the last checkpoint taken away":       {[]string{"DELETE FROM audit_checkpoint WHERE seq > 3"}, "cut"},
		"two entries swapped":                  {[]string{"UPDATE audit_link SET entry_id = 'tmp' WHERE seq = 1", "UPDATE audit_link SET entry_id = (SELECT e.id FROM audit_entry AS e LEFT JOIN audit_link AS l ON l.entry_id = e.id WHERE l.seq IS NULL) WHERE seq = 3", "UPDATE audit_link SET entry_id = (SELECT MIN(e.id) FROM audit_entry AS e LEFT JOIN audit_link AS l ON l.entry_id = e.id WHERE l.seq IS NULL) WHERE seq = 1"}, "altered"},
		"the tail cut with its checkpoint": {[]string{
			"DELETE FROM audit_entry WHERE id IN (SELECT entry_id FROM audit_link WHERE seq > 3)",
			"DELETE FROM audit_link WHERE seq > 3", "DELETE FROM audit_checkpoint WHERE seq > 3"}, "cut"},
		"a checkpoint forged": {[]string{"UPDATE audit_checkpoint SET signature = '00'"}, "signature"},
	} {
		t.Run(name, func(t *testing.T) {
			testkit.Each(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
				key, outside := sealed(t, db, 2)
				store.Damage(t, db, tc.damage)
				v, err := db.Verify(t.Context(), []ed25519.PublicKey{key}, outside)
				if err != nil {
					t.Fatal(err)
				}
				if tc.want == "" {
					if len(v.Findings) > 0 || v.Links != 6 || v.Entries != 6 {
						t.Errorf("sound chain: %+v", v)
					}
					return
				}
				for _, f := range v.Findings {
					if f.What == tc.want {
						return
					}
				}
				t.Errorf("findings %v, want one that says %s", v.Findings, tc.want)
			})
		})
	}
}

// Somebody who can write to the database alters an entry, computes the whole chain anew as this program does, and removes
// every checkpoint. Without the key the code of the entry gives it away, even with nothing kept outside.
func TestAChainComputedAnewIsFoundOut(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		key, _ := sealed(t, db, 2)
		var texts []string
		previous := ""
		for i, e := range linked(t, db) {
			if i == 1 {
				e.Record = "another"
				texts = append(texts, "UPDATE audit_entry SET record = 'another' WHERE id = '"+e.ID+"'")
			}
			previous = access.Chain(previous, int64(i+1), e)
			texts = append(texts, fmt.Sprintf("UPDATE audit_link SET hash = '%s' WHERE seq = %d", previous, i+1))
		}
		store.Damage(t, db, append(texts, "DELETE FROM audit_checkpoint"))
		v, err := db.Verify(t.Context(), []ed25519.PublicKey{key}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(v.Findings, func(f store.Finding) bool { return f.What == "altered" && f.Seq == 2 }) {
			t.Errorf("findings %v", v.Findings)
		}
	})
}

func linked(t *testing.T, db *store.DB) []access.Entry {
	t.Helper()
	all := entries(t, db)
	order := store.Order(t, db)
	slices.SortFunc(all, func(a, b access.Entry) int { return order[a.ID] - order[b.ID] })
	return all
}

func TestARecordEmptiedIsFoundOut(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		key, _ := sealed(t, db, 1)
		store.Damage(t, db, []string{
			"INSERT INTO person (id, name, name_fold, sort, email, email_fold, lang, made_at, version) VALUES ('p', 'x', 'x', 'x', 'x', 'x', 'bg', '2026', 1)",
			"DELETE FROM audit_link", "DELETE FROM audit_checkpoint", "DELETE FROM audit_entry"})
		v, err := db.Verify(t.Context(), []ed25519.PublicKey{key}, nil)
		if err != nil || len(v.Findings) == 0 {
			t.Errorf("a house with people and an empty record: %v, %v", v.Findings, err)
		}
	})
}

func TestSealingGoesOnUntilNothingWaits(t *testing.T) {
	db, _ := testkit.SQLite(t)
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	const n = 5003 // more than one transaction links
	err = db.Update(t.Context(), manager, func(tx *store.Tx) error {
		for range n {
			if err := tx.Allow(t.Context(), access.PlanTraining, access.Resource{Kind: "training"}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if all, c, err := db.SealAll(t.Context(), private); err != nil || all != n || c.Seq != n {
		t.Errorf("%d entries sealed up to %d, %v; want %d", all, c.Seq, err, n)
	}
}

func TestTheDatabaseRefusesToChangeEntries(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		sealed(t, db, 1)
		for _, text := range []string{
			"UPDATE audit_entry SET actor = 'x'", "DELETE FROM audit_entry", "UPDATE audit_link SET hash = 'x'",
			"DELETE FROM audit_link", "DELETE FROM audit_checkpoint",
		} {
			if err := store.Raw(context.Background(), db, text); err == nil {
				t.Errorf("%q was carried out", text)
			}
		}
	})
}
