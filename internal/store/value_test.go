package store

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/fault"
)

// Moments are bound as text of one width in UTC, whatever zone they carry, so that their order is the order of the texts.
func TestMomentsAreTextOfOneWidth(t *testing.T) {
	sofia := time.FixedZone("EET", 2*3600)
	for _, tc := range []struct {
		at   time.Time
		want any
	}{
		{time.Date(2026, 3, 29, 3, 0, 0, 0, calendar.Sofia), "2026-03-29T01:00:00.000000Z"}, // the hour that the spring skips is the one after
		{time.Date(2026, 1, 5, 10, 0, 0, 123456789, sofia), "2026-01-05T08:00:00.123456Z"},
		{time.Date(999, 1, 1, 0, 0, 0, 0, time.UTC), "0999-01-01T00:00:00.000000Z"},
		{time.Time{}, nil},
	} {
		if got := moment(tc.at); got != tc.want {
			t.Errorf("moment(%v) = %v, want %v", tc.at, got, tc.want)
		}
	}
	moments := []time.Time{time.Date(2026, 10, 25, 0, 59, 0, 1000, time.UTC), time.Date(2026, 10, 25, 1, 0, 0, 0, time.UTC), time.Date(2027, 1, 1, 0, 0, 0, 0, sofia)}
	texts := make([]string, len(moments))
	for i, m := range moments {
		texts[i] = momentText(m)
	}
	if !slices.IsSorted(texts) || len(texts[0]) != len(texts[2]) {
		t.Errorf("the texts %q are not in the order of their moments", texts)
	}
}

// Both drivers give texts as string or as bytes, and NULL as nil; each target takes all three.
func TestScansAdapt(t *testing.T) {
	var moment time.Time
	var day calendar.Date
	var id access.PersonID
	vars := map[string]int{"kept": 1}
	for _, src := range []any{"2026-03-02T07:00:00.000000Z", []byte("2026-03-02T07:00:00.000000Z")} {
		if err := at(&moment).Scan(src); err != nil || !moment.Equal(time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)) {
			t.Errorf("at(%v) = %v, %v", src, moment, err)
		}
	}
	if err := on(&day).Scan([]byte("2026-02-28")); err != nil || day != calendar.MustDate("2026-02-28") {
		t.Errorf("on = %v, %v", day, err)
	}
	if err := str(&id).Scan("p1"); err != nil || id != "p1" {
		t.Errorf("str = %q, %v", id, err)
	}
	if err := fromJSON(&vars).Scan(nil); err != nil || vars["kept"] != 1 {
		t.Errorf("NULL changed %v, %v", vars, err)
	}
	for name, scan := range map[string]sql.Scanner{"at": at(&moment), "on": on(&day), "str": str(&id)} {
		if err := scan.Scan(nil); err != nil {
			t.Errorf("%s(NULL): %v", name, err)
		}
		if err := scan.Scan(int64(7)); err == nil {
			t.Errorf("%s took a number", name)
		}
	}
	if !moment.IsZero() || !day.IsZero() || id != "" {
		t.Error("NULL is not the zero value")
	}
}

func TestConditionsAreAddedInGo(t *testing.T) {
	q := selectFrom("SELECT id FROM seat AS n WHERE_LATER", "first")
	q.and("a = ? OR b = ?", 1, 2).and("c IS NULL")
	in(q, "d", []access.Role{"x", "y"})
	want := "SELECT id FROM seat AS n WHERE_LATER WHERE (a = $2 OR b = $3) AND (c IS NULL) AND (d IN ($4, $5)) ORDER BY id"
	if got := q.by("ORDER BY id").String(); got != want || fmt.Sprint(q.args) != "[first 1 2 x y]" {
		t.Errorf("%s %v, want %s", got, q.args, want)
	}
	if got := in(selectFrom("SELECT 1"), "d", []string{}).String(); got != "SELECT 1 WHERE (1 = 0)" {
		t.Errorf("none of nothing: %s", got)
	}
}

func TestAnEmptyScopeCoversNothing(t *testing.T) {
	c := columns{id: "n.id", region: "t.region_id", own: "n.person_id", team: "EXISTS (?)"}
	for name, tc := range map[string]struct {
		s    access.Scope
		want string
	}{
		"nothing":             {access.Scope{}, " WHERE (1 = 0)"},
		"everything":          {access.Scope{All: true, Own: "p"}, ""},
		"two regions and own": {access.Scope{Regions: []access.RegionID{"PER", "VAR"}, Own: "p"}, " WHERE (n.person_id = $1 OR t.region_id = $2 OR t.region_id = $3)"},
		"a team and a record": {access.Scope{Team: "p", Records: []string{"r"}}, " WHERE (EXISTS ($1) OR n.id = $2)"},
	} {
		if got := selectFrom("").within(tc.s, c).String(); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
	kept := columns{agency: "c.agency_id", units: "U(?)", barred: "B(?)", restricted: "c.restricted"}
	for name, tc := range map[string]struct {
		s    access.Scope
		want string
	}{
		"everything but what bars or is restricted": {access.Scope{All: true, Person: "p"}, " WHERE (NOT B($1)) AND (NOT c.restricted AND (1 = 1))"},
		"an institution, not what is restricted":    {access.Scope{Agencies: []access.AgencyID{"a"}, Units: []access.AgencyID{"a"}, Person: "p"}, " WHERE (NOT B($1)) AND (U($2) OR NOT c.restricted AND (c.agency_id = $3))"},
	} {
		if got := selectFrom("").within(tc.s, kept).String(); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
	if got := selectFrom("").within(access.Scope{Own: "p"}, columns{id: "x"}).String(); got != " WHERE (1 = 0)" {
		t.Errorf("a table without owners showed something to an owner: %q", got)
	}
}

func TestAMigrationKeepsTheSectionsOfItsDatabase(t *testing.T) {
	text := []byte("a\n-- only: sqlite\nb\n-- end\nc\n-- only: postgres\nd\n-- end\ne\n")
	for kind, want := range map[Kind]string{SQLite: "a\nb\nc\ne\n", Postgres: "a\nc\nd\ne\n"} {
		if got := string(keep(text, kind)); got != want {
			t.Errorf("%s keeps %q, want %q", kind, got, want)
		}
	}
}

// Both databases say what went wrong in their own way; callers see one kind, and never a value.
func TestErrorsOfBothDatabasesMeanTheSame(t *testing.T) {
	eachKind(t, func(t *testing.T, db *DB) {
		run := func(texts ...string) error {
			return db.Update(t.Context(), access.TheSystem(), func(tx *Tx) error {
				if err := tx.Allow(t.Context(), access.Work, access.Resource{}); err != nil {
					return err
				}
				for _, text := range texts {
					if _, err := tx.exec(t.Context(), text); err != nil {
						return err
					}
				}
				return nil
			})
		}
		region := func(nuts3 string) string {
			return "INSERT INTO region (id, nuts3, iso, name_bg, name_en, centre_bg, centre_en, planning_bg, planning_en, population, children_0_14, sort) VALUES ('" +
				nuts3 + "', 'secret', '" + nuts3 + "', '', '', '', '', '', '', 1, 1, '')"
		}
		for name, tc := range map[string]struct {
			err error
			key string
		}{
			"twice the same":        {run(region("A"), region("B")), "fault.duplicate"},
			"a record that is not":  {run("INSERT INTO municipality (id, region_id, ekatte, name_bg, name_en, sort) VALUES ('m', 'nowhere', '', '', '', '')"), "fault.reference"},
			"a statement that errs": {run("INSERT INTO nosuchtable VALUES (1)"), ""},
		} {
			if tc.key == "" {
				if tc.err == nil || fault.KindOf(tc.err) != fault.Internal {
					t.Errorf("%s: %v", name, tc.err)
				}
				continue
			}
			e, ok := errors.AsType[*fault.Error](tc.err)
			if !ok || e.Key != tc.key || strings.Contains(tc.err.Error(), "secret") {
				t.Errorf("%s: %v, want %s and no value", name, tc.err, tc.key)
			}
		}
	})
}

// A full disk: nothing is half-written, the answer says so, reading goes on, and writing comes back with the space.
func TestAFullDiskIsSaidAndSurvived(t *testing.T) {
	db := openSQLiteTest(t)
	write := func(n int) error {
		return db.Update(t.Context(), access.TheSystem(), func(tx *Tx) error {
			for range n {
				if err := tx.Allow(t.Context(), access.Work, access.Resource{ID: strings.Repeat("x", 1000)}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	count := func() (n int) {
		if err := db.View(t.Context(), access.TheSystem(), func(tx *Tx) (err error) {
			n, err = tx.count(t.Context(), selectFrom(`SELECT count(*) FROM audit_entry`))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if err := write(1); err != nil {
		t.Fatal(err)
	}
	var pages int
	if err := db.write.QueryRowContext(t.Context(), "PRAGMA page_count").Scan(&pages); err != nil {
		t.Fatal(err)
	}
	limit := func(n int) {
		if err := Raw(t.Context(), db, fmt.Sprintf("PRAGMA max_page_count = %d", n)); err != nil {
			t.Fatal(err)
		}
	}
	limit(pages + 4)
	err := write(200)
	if e, ok := errors.AsType[*fault.Error](err); !ok || e.Kind != fault.Busy || e.Key != "fault.full" {
		t.Errorf("a full disk: %v", err)
	}
	if n := count(); n != 1 {
		t.Errorf("%d entries, want the one from before", n)
	}
	limit(1 << 30)
	if err := write(200); err != nil || count() != 201 {
		t.Errorf("with space again: %v, %d entries", err, count())
	}
}
