package privacy_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/ledger"
	"strengthen/internal/org"
	"strengthen/internal/privacy"
	"strengthen/internal/sealed"
	"strengthen/internal/store"
	"strengthen/internal/testkit"
)

// world is a house with a ledger, two departments and the people who decide about data.
type world struct {
	*testing.T
	db     *store.DB
	clock  *testkit.Clock
	org    *org.Service
	s      *privacy.Service
	ledger *ledger.Ledger
	agency map[string]access.AgencyID
	person map[string]access.Actor
	raw    map[*store.DB]*sql.DB
	n      int
}

// past opens a database past every door, once.
func (w *world) past(db *store.DB) *sql.DB {
	w.Helper()
	if w.raw == nil {
		w.raw = map[*store.DB]*sql.DB{}
	}
	if w.raw[db] == nil {
		w.raw[db] = testkit.Raw(w, db)
		w.raw[db].SetMaxOpenConns(1)
	}
	return w.raw[db]
}

var ring = sealed.Ring{Current: sealed.Root{7}}

// house opens an empty database of a kind with a ledger.
func house(t *testing.T, kind store.Kind, clock *testkit.Clock, l *ledger.Ledger) *store.DB {
	t.Helper()
	c := store.Config{Dir: t.TempDir(), Policy: access.Standard(), Now: clock.Now, Ring: ring, Ledger: l}
	if kind == store.Postgres {
		c.URL = testkit.Migrated(t)
	}
	db := testkit.Open(t, c)
	if err := db.Hurry(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	return db
}

// each runs fn in a house on each kind of database, at 09:00 on Monday 2 March 2026.
func each(t *testing.T, fn func(w *world)) {
	t.Helper()
	for _, kind := range []store.Kind{store.SQLite, store.Postgres} {
		t.Run(string(kind), func(t *testing.T) {
			w := &world{T: t, clock: testkit.NewClock(), agency: map[string]access.AgencyID{}, person: map[string]access.Actor{}}
			w.ledger = ledger.New(filepath.Join(t.TempDir(), "erased"), ring.Ledger())
			w.must(w.ledger.Make())
			w.db = house(t, kind, w.clock, w.ledger)
			w.people()
			fn(w)
		})
	}
}

var operator = access.Actor{Person: "op", Via: access.ViaCommand, Grants: []access.Grant{{Role: access.Administrator}, {Role: access.Manager}}}

func (w *world) people() {
	w.Helper()
	w.org = org.New(store.For[org.Tx]{DB: w.db}, w.clock.Now, ring.Box("totp"))
	w.s = privacy.New(store.For[privacy.Tx]{DB: w.db}, w.clock.Now)
	w.must(w.org.MarkDemo(w.Context()))
	w.must(w.org.Seed(w.Context()))
	w.must(w.s.Seed(w.Context()))
	for _, x := range []string{"ozd", "ozd2"} {
		id, err := w.org.SaveAgency(w.Context(), operator, "a/"+x, org.Agency{Name: "Отдел " + x, Kind: "sad", Sector: "social", Region: "PER"})
		w.must(err)
		w.agency[x] = id
	}
	for _, x := range []struct {
		name   string
		role   access.Role
		agency string
	}{
		{"officer", access.DataProtection, ""}, {"officer2", access.DataProtection, ""}, {"admin", access.Administrator, ""}, {"admin2", access.Administrator, ""},
		{"manager", access.Manager, ""}, {"head", access.Supervisor, "ozd"}, {"head2", access.Supervisor, "ozd2"}, {"worker", access.Caseworker, "ozd"},
	} {
		id, _, err := w.org.Invite(w.Context(), operator, "p/"+x.name, org.Invitation{Name: "Лице " + x.name, Email: x.name + "@example.org", Lang: "bg", Role: x.role, Agency: w.agency[x.agency]})
		w.must(err)
		w.must(w.org.WelcomeGuest(w.Context(), id, ""))
		w.person[x.name] = access.Actor{Person: id, Via: access.ViaSession, Request: x.name, StepUp: w.clock.Now(), Grants: []access.Grant{{Role: x.role, Agency: w.agency[x.agency]}, {Role: access.Member}}}
	}
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// want asks that an error is a fault of a kind; "" asks for none.
func (w *world) want(kind fault.Kind, err error, what string) {
	w.Helper()
	if fault.KindOf(err) != kind {
		w.Errorf("%s: %v, want kind %q", what, err, kind)
	}
}

func (w *world) key() string {
	w.n++
	return fmt.Sprint("k/", w.n)
}

func (w *world) exec(db *store.DB, query string, args ...any) {
	w.Helper()
	if _, err := w.past(db).ExecContext(w.Context(), query, args...); err != nil {
		w.Fatalf("%s: %v", query, err)
	}
}

func (w *world) count(query string, args ...any) int {
	w.Helper()
	var n int
	w.must(w.past(w.db).QueryRowContext(w.Context(), query, args...).Scan(&n))
	return n
}

func text(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }

// putCase puts a case past every door, closed at a moment unless that is zero, with a signal of its own.
func (w *world) putCase(db *store.DB, id string, agency access.AgencyID, closed time.Time) {
	w.Helper()
	var at any
	if !closed.IsZero() {
		at = text(closed)
	}
	w.exec(db, `INSERT INTO case_file (id, ref, band, sex, region_id, agency_id, lead_id, track, kinds, state, since_at, episode, received_at, opened_at, closed_at, urgent, protected, placed, court, on_hold, restricted, version)
		VALUES ($1, $2, '7-9', 'f', 'PER', $3, 'lead', 'violence', 'physical', 'closed', $4, 1, $4, $4, $5, FALSE, FALSE, FALSE, FALSE, FALSE, FALSE, 1)`, id, strings.ToUpper("REF-"+id), string(agency), "2024-01-01T00:00:00.000000Z", at)
	w.putSignal(db, id+"s", agency, "linked", time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), id)
	w.exec(db, `INSERT INTO record_key (owner, wrapped, made_at) VALUES ($1, 'x', 'x')`, id)
}

func (w *world) putSignal(db *store.DB, id string, agency access.AgencyID, state string, since time.Time, of string) {
	w.Helper()
	var belongs any
	if of != "" {
		belongs = of
	}
	w.exec(db, `INSERT INTO signal (id, ref, receipt, channel, source, knows_child, received_at, first_at, entered_at, entered_by, unit_id, region_id, urgent, track, kinds, band, sex, state, since_at, looked, was,
		narrative, register, place, child, carers, sender, reason, version, case_id) VALUES ($1, $2, $1, 'phone', 'person', FALSE, $3, $3, $3, 'x', $4, 'PER', FALSE, 'violence', 'physical', '7-9', 'f', $5, $3, TRUE, '{}',
		'', '', '', '', '', '', '', 1, $6)`, id, strings.ToUpper("SIG-"+id), text(since), string(agency), state, belongs)
	w.exec(db, `INSERT INTO record_key (owner, wrapped, made_at) VALUES ($1, 'x', 'x')`, id)
}
