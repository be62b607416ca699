package store_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"strengthen/internal/store"
	"strengthen/internal/testkit"
)

// byName are text columns that hold moments, days and random identifiers, as their names say.
var byName = regexp.MustCompile(`(_at|_on|_id|_by)$|^(id|at)$`)

// TestEveryTextColumnIsSealedOrPublic walks over the schema: a column of text is sealed, or it stands in the list of public ones
// with a reason. What the list names and the schema lacks is wrong too.
func TestEveryTextColumnIsSealedOrPublic(t *testing.T) {
	list, err := os.ReadFile("testdata/public-columns.txt")
	if err != nil {
		t.Fatal(err)
	}
	public := map[string]string{}
	for line := range strings.Lines(string(list)) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		reason, columns, ok := strings.Cut(line, ": ")
		if !ok || len(reason) < 10 {
			t.Fatalf("no reason in %q", line)
		}
		for _, c := range strings.Fields(columns) {
			if public[c] != "" {
				t.Errorf("%s stands in the list twice", c)
			}
			public[c] = reason
		}
	}
	testkit.Each(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		query := map[store.Kind]string{
			store.SQLite: `SELECT m.name, c.name, lower(c.type) FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name NOT LIKE 'goose%'`,
			store.Postgres: `SELECT c.table_name, c.column_name, coalesce(c.domain_name, c.data_type) FROM information_schema.columns AS c
				WHERE c.table_schema = 'public' AND c.table_name NOT LIKE 'goose%'`,
		}[db.Kind()]
		rows, err := testkit.Raw(t, db).QueryContext(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		found, sealed := map[string]bool{}, 0
		for rows.Next() {
			var table, column, kind string
			if err := rows.Scan(&table, &column, &kind); err != nil {
				t.Fatal(err)
			}
			name := table + "." + column
			switch {
			case kind == "sealedtext":
				sealed++
				if public[name] != "" {
					t.Errorf("%s is sealed and stands in the list of public columns", name)
				}
			case slices.Contains([]string{"bigint", "boolean", "double precision"}, kind):
			case kind != "ctext":
				t.Errorf("%s is of type %s, which is neither sealed nor compared by bytes", name, kind)
			case byName.MatchString(column):
			case public[name] == "":
				t.Errorf("%s is text that is neither sealed nor public for a reason", name)
			default:
				found[name] = true
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		for name := range public {
			if !found[name] {
				t.Errorf("%s is in the list and not in the schema", name)
			}
		}
		t.Logf("%d sealed, %d public for a reason", sealed, len(found))
	})
}
