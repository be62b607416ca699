package torture

import (
	"database/sql"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"strengthen/internal/testkit"
)

// versions lists the versions of the schema that were ever released.
func versions(t *testing.T) []int64 {
	t.Helper()
	files, err := filepath.Glob("../store/migrations/*.sql")
	must(t, err)
	var all []int64
	for _, f := range files {
		n, err := strconv.ParseInt(filepath.Base(f)[:4], 10, 64)
		must(t, err)
		all = append(all, n)
	}
	slices.Sort(all)
	return all
}

var schemaOf = map[string]string{
	"sqlite": `SELECT coalesce(sql, name) FROM sqlite_master WHERE name NOT LIKE 'goose%' AND name NOT LIKE 'sqlite%' ORDER BY type, name`,
	"pgx": `SELECT line FROM (
		SELECT 'column ' || r.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull::text AS line FROM pg_class AS r
			JOIN pg_attribute AS a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped WHERE r.relnamespace = 'public'::regnamespace AND r.relkind IN ('r', 'v') AND r.relname NOT LIKE 'goose%'
		UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename NOT LIKE 'goose%'
		UNION ALL SELECT 'constraint ' || conrelid::regclass::text || pg_get_constraintdef(oid) FROM pg_constraint WHERE contype IN ('f', 'u') AND conrelid::regclass::text NOT LIKE 'goose%'
		UNION ALL SELECT 'trigger ' || tgname FROM pg_trigger WHERE NOT tgisinternal) AS x ORDER BY line COLLATE "C"`,
}

func schema(t *testing.T, p place) string {
	t.Helper()
	db := p.raw(t)
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), schemaOf[p.driver()])
	must(t, err)
	defer rows.Close()
	var b strings.Builder
	for rows.Next() {
		var s string
		must(t, rows.Scan(&s))
		b.WriteString(s + "\n")
	}
	must(t, rows.Err())
	return b.String()
}

func (p place) driver() string {
	if p.url == "" {
		return "sqlite"
	}
	return "pgx"
}

// at makes a place with the schema of a version, and rows in every table.
func at(t *testing.T, p place, version int64, rows int) place {
	t.Helper()
	db, err := storeOf(t, p)
	must(t, err)
	if version > 0 {
		must(t, db.MigrateTo(t.Context(), version))
	}
	db.Close()
	if rows > 0 {
		raw := p.raw(t)
		testkit.Fill(t, raw, p.driver(), rows)
		raw.Close()
	}
	return p
}

// rowsOf counts the rows of every table but those of the record and of the migrations.
func rowsOf(t *testing.T, p place) map[string]int {
	t.Helper()
	db := p.raw(t)
	defer db.Close()
	tables := map[string]string{"sqlite": `SELECT name, '' FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'goose%' AND name NOT LIKE 'audit%'`,
		"pgx": `SELECT tablename, '' FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'goose%' AND tablename NOT LIKE 'audit%'`}
	var names []string
	each(t, db, tables[p.driver()], func(name, _ string) { names = append(names, name) })
	n := map[string]int{}
	for _, name := range names {
		var k int
		must(t, db.QueryRowContext(t.Context(), "SELECT count(*) FROM "+name).Scan(&k))
		n[name] = k
	}
	return n
}

// schemas walks one empty place through all versions and returns what each looks like.
func schemas(t *testing.T, p place, all []int64) map[string]int64 {
	t.Helper()
	db, err := storeOf(t, p)
	must(t, err)
	defer db.Close()
	known := map[string]int64{schema(t, p): 0}
	for _, v := range all {
		must(t, db.MigrateTo(t.Context(), v))
		known[schema(t, p)] = v
	}
	return known
}

// D5. From every released schema, with data, strengthen migrate is killed at some write: what is there then is the schema of a
// version, whole, and running it again arrives. Seen to fail: a schema that lost an index between is none of the versions.
func TestMigrationsKilled(t *testing.T) {
	d := dice(t)
	for _, kind := range []string{"sqlite", "postgres"} {
		place := func() place {
			if kind == "sqlite" {
				return place{dir: t.TempDir()}
			}
			return place{dir: t.TempDir(), url: testkit.Postgres(t)}
		}
		all := versions(t)
		latest := slices.Max(all)
		known := schemas(t, place(), all)
		killed, before, between, after := 0, 0, 0, 0
		for _, v := range all {
			for range times(1, 25) {
				p := at(t, place(), v, 12)
				had := rowsOf(t, p)
				call := map[string]string{"sqlite": "pwrite64", "postgres": "write"}[kind]
				most := map[string]int{"sqlite": 1 + int(latest-v)*25, "postgres": 12 + int(latest-v)*12}[kind]
				args := append([]string{"-f", "-qq", "-o", "/dev/null", "-e", "trace=" + call, "-e", fmt.Sprintf("inject=%s:signal=SIGKILL:when=%d", call, 1+d.IntN(most)), program(), "migrate"}, p.flags()...)
				out, err := exec.Command(needs(t, "strace"), args...).CombinedOutput()
				if exit, ok := errors.AsType[*exec.ExitError](err); ok && !exit.Exited() || strings.Contains(string(out), "Killed") || err != nil {
					killed++
				}
				is, whole := known[schema(t, p)]
				switch {
				case !whole || is != version(t, p):
					between++
					t.Errorf("%s from %d: killed between two versions (%d)", kind, v, version(t, p))
				case is == v:
					before++
				default:
					after++
				}
				if said, code := p.command(t, "migrate"); code != 0 {
					t.Errorf("%s from %d, again: %s", kind, v, said)
				}
				if known[schema(t, p)] != latest {
					t.Errorf("%s from %d: it does not arrive", kind, v)
				}
				for table, n := range rowsOf(t, p) {
					if n < had[table] {
						t.Errorf("%s from %d: %s had %d rows and has %d", kind, v, table, had[table], n)
					}
				}
			}
		}
		figures(t, "D5 %s: upgrades from %d schemas with data, killed %d, found before %d, after %d, between %d", kind, len(all), killed, before, after, between)
		p := at(t, place(), latest, 0)
		db := p.raw(t)
		_, err := db.ExecContext(t.Context(), "DROP INDEX person_name")
		must(t, err)
		if _, whole := known[schema(t, p)]; whole {
			t.Error("a schema without one of its indexes passes for whole")
		}
	}
}

func version(t *testing.T, p place) (v int64) {
	t.Helper()
	db := p.raw(t)
	defer db.Close()
	err := db.QueryRowContext(t.Context(), "SELECT max(version_id) FROM goose_db_version").Scan(&v)
	if errors.Is(err, sql.ErrNoRows) {
		return 0
	}
	must(t, err)
	return v
}
