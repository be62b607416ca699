package store_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"

	"strengthen/internal/access"
	"strengthen/internal/backup"
	"strengthen/internal/fault"
	"strengthen/internal/ledger"
	keys "strengthen/internal/sealed"
	"strengthen/internal/store"
	"strengthen/internal/testkit"
)

// dump is everything that a backup of a database holds, as text.
func dump(t *testing.T, db *store.DB) string {
	t.Helper()
	var b strings.Builder
	err := db.Dump(t.Context(), func(store.Snapshot) error { return nil },
		func(x backup.Table) error { fmt.Fprintf(&b, "%q\n", x); return nil },
		func(row []any) error { fmt.Fprintf(&b, "%q\n", row); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// load puts a dump of one database into another.
func load(ctx context.Context, from, to *store.DB, change func(*backup.Table, []any)) error {
	return to.Load(ctx, latestOf(ctx, from), func(l *store.Loader) error {
		return from.Dump(ctx, func(store.Snapshot) error { return nil }, func(x backup.Table) error {
			if change != nil {
				change(&x, nil)
			}
			return l.Table(x)
		}, func(row []any) error {
			if change != nil {
				change(nil, row)
			}
			return l.Row(row)
		})
	})
}

func latestOf(ctx context.Context, db *store.DB) (v int64) {
	_ = db.Dump(ctx, func(s store.Snapshot) error { v = s.Schema; return io.EOF }, nil, nil)
	return v
}

func empty(t testing.TB, kind store.Kind, l *ledger.Ledger) *store.DB {
	t.Helper()
	c := store.Config{Policy: access.Standard(), Now: testkit.NewClock().Now, Ring: keys.Ring{Current: keys.Root{1}}, Ledger: l}
	if kind == store.SQLite {
		c.Dir = t.TempDir()
	} else {
		c.URL = testkit.Postgres(t)
	}
	db, err := store.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

var driverOf = map[store.Kind]string{store.SQLite: "sqlite", store.Postgres: "pgx"}

// Every table with every kind of value goes from either database into either, and is the same there.
func TestADatabaseMovesIntoAnotherWhole(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		testkit.Fill(t, testkit.Raw(t, db), driverOf[db.Kind()], 230) // more than a batch
		want := dump(t, db)
		if n := strings.Count(want, "\n"); n < 5_000 {
			t.Fatalf("only %d lines", n)
		}
		for _, kind := range []store.Kind{store.SQLite, store.Postgres} {
			to := empty(t, kind, nil)
			if err := load(t.Context(), db, to, nil); err != nil {
				t.Fatalf("into %s: %v", kind, err)
			}
			if got := dump(t, to); got != want {
				t.Errorf("into %s: the rows differ: %s", kind, firstDifference(got, want))
			}
			if _, _, err := to.Migrate(t.Context()); err != nil {
				t.Error(err)
			}
			if err := load(t.Context(), db, to, nil); !fault.Is(err, fault.Conflict) {
				t.Errorf("into %s, which is not empty: %v", kind, err)
			}
		}
	})
}

func firstDifference(a, b string) string {
	as, bs := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(as), len(bs)) {
		if as[i] != bs[i] {
			return fmt.Sprintf("line %d: %.300s\n%.300s", i, as[i], bs[i])
		}
	}
	return fmt.Sprint(len(as), " and ", len(bs), " lines")
}

// What does not fit the schema, or refers to nothing, leaves the database as empty as it was.
func TestALoadIsAllOrNothing(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		testkit.Fill(t, testkit.Raw(t, db), driverOf[db.Kind()], 3)
		var at string
		for name, change := range map[string]func(*backup.Table, []any){
			"a table of another name":  func(x *backup.Table, _ []any) { rename(x, "person", "human") },
			"a column of another name": func(x *backup.Table, _ []any) { recolumn(x, "person", "email", "mail") },
			"a row that refers nowhere": func(x *backup.Table, row []any) {
				at = follow(at, x)
				spoil(at, "enrolment", row, "id-1", "nobody")
			},
			"a row that is there twice": func(x *backup.Table, row []any) { at = follow(at, x); spoil(at, "person", row, "id-1", "id-2") },
		} {
			to := empty(t, db.Kind(), nil)
			if err := load(t.Context(), db, to, change); err == nil {
				t.Errorf("%s was taken in", name)
			}
			if blank, err := to.Blank(t.Context()); err != nil || !blank {
				t.Errorf("%s left something behind: %v", name, err)
			}
			if err := load(t.Context(), db, to, nil); err != nil {
				t.Errorf("after %s: %v", name, err)
			}
		}
	})
}

func rename(x *backup.Table, from, to string) {
	if x != nil && x.Name == from {
		x.Name = to
	}
}

func recolumn(x *backup.Table, table, from, to string) {
	if x != nil && x.Name == table {
		x.Columns = slices.Clone(x.Columns)
		for i := range x.Columns {
			if x.Columns[i].Name == from {
				x.Columns[i].Name = to
			}
		}
	}
}

func follow(at string, x *backup.Table) string {
	if x != nil {
		return x.Name
	}
	return at
}

func spoil(at, table string, row []any, from, to string) {
	for i, v := range row {
		if at == table && v == from {
			row[i] = to
		}
	}
}

// The form of a backup knows no database; both are read into it and back.
func TestABackupOfFormAndDatabaseTogether(t *testing.T) {
	db, _ := testkit.SQLite(t)
	testkit.Fill(t, testkit.Raw(t, db), "sqlite", 20)
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	key := keys.Root{9}.Signer()
	var file bytes.Buffer
	w, err := backup.NewWriter(&file, backup.Head{Schema: latestOf(t.Context(), db)}, id.Recipient())
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Dump(t.Context(), func(store.Snapshot) error { return nil }, w.Table, w.Row); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Close(access.Checkpoint{}, 0, key); err != nil {
		t.Fatal(err)
	}
	to := empty(t, store.SQLite, nil)
	err = to.Load(t.Context(), latestOf(t.Context(), db), func(l *store.Loader) error {
		_, err := backup.Read(&file, []ed25519.PublicKey{key.Public().(ed25519.PublicKey)}, []age.Identity{id}, backup.Sink{Table: l.Table, Row: l.Row})
		return err
	})
	if err != nil || dump(t, to) != dump(t, db) {
		t.Errorf("%v, or the rows differ", err)
	}
}

// A record erased after a backup is erased again by the ledger, whatever the database holds.
func TestTheLedgerErasesAgain(t *testing.T) {
	for _, kind := range []store.Kind{store.SQLite, store.Postgres} {
		t.Run(string(kind), func(t *testing.T) {
			ring := keys.Ring{Current: keys.Root{1}}
			l := ledger.New(filepath.Join(t.TempDir(), "erased"), ring.Ledger())
			if err := l.Make(); err != nil {
				t.Fatal(err)
			}
			db := empty(t, kind, l)
			if _, _, err := db.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			work := func(db *store.DB, fn func(*store.Tx) error) error {
				return db.Update(t.Context(), access.TheSystem(), func(tx *store.Tx) error {
					if err := tx.Allow(t.Context(), access.Work, access.Resource{Kind: "case"}); err != nil {
						return err
					}
					return fn(tx)
				})
			}
			for _, id := range []string{"one", "two", "three"} {
				if err := work(db, func(tx *store.Tx) error { return tx.NewKey(t.Context(), id) }); err != nil {
					t.Fatal(err)
				}
				if err := store.Raw(t.Context(), db, "INSERT INTO draft (person_id, form, fields, at) VALUES ('p', '/en/cases/"+id+"/notes', 'x', 'x')"); err != nil {
					t.Fatal(err)
				}
			}
			before := empty(t, kind, l)
			if err := load(t.Context(), db, before, nil); err != nil {
				t.Fatal(err)
			}
			erase := func(db *store.DB, kind, id string) error {
				return work(db, func(tx *store.Tx) error { return tx.Erase(t.Context(), ledger.Record{Kind: kind, ID: id}) })
			}
			if err := erase(db, "case", "two"); err != nil {
				t.Fatal(err)
			}
			if err := erase(db, "nothing", "one"); err == nil {
				t.Error("a kind that nobody registered was erased")
			}
			if err := erase(empty(t, store.SQLite, nil), "case", "one"); err == nil {
				t.Error("erased without a ledger")
			}
			if err := db.Update(t.Context(), access.TheSystem(), func(tx *store.Tx) error {
				return tx.Erase(t.Context(), ledger.Record{Kind: "case", ID: "one"})
			}); err == nil {
				t.Error("erased without an Allow")
			}
			for _, x := range []*store.DB{db, before} {
				for _, want := range []int{map[*store.DB]int{before: 1}[x], 0} {
					if n, err := x.Replay(t.Context()); err != nil || n != want {
						t.Errorf("replay erased %d, want %d: %v", n, want, err)
					}
				}
				if d := dump(t, x); strings.Contains(d, `["two"`) || strings.Count(d, `["three"`) != 1 || strings.Contains(d, "/two/") || !strings.Contains(d, "/three/") {
					t.Error("the key or a draft of the erased record is there, or that of another is not")
				}
			}
			// A ledger that lost its lines would bring the record back; it is refused.
			other := ledger.New(filepath.Join(t.TempDir(), "erased"), ring.Ledger())
			if err := other.Make(); err != nil {
				t.Fatal(err)
			}
			forgetful := empty(t, kind, other)
			if err := load(t.Context(), db, forgetful, nil); err != nil {
				t.Fatal(err)
			}
			if _, err := forgetful.Replay(t.Context()); err == nil {
				t.Error("a ledger without what the database knows to be erased was taken")
			}
		})
	}
}
