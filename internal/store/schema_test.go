package store_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"strengthen/internal/store"
	"strengthen/internal/testkit"
)

var update = flag.Bool("update", false, "write the golden schemas anew")

func init() { store.NewPostgres = testkit.Postgres }

// schemaOf asks a database for its own description of what the migrations made.
var schemaOf = map[store.Kind]string{
	store.SQLite: `SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'goose%' AND name NOT LIKE 'sqlite_%' ORDER BY type, name`,
	store.Postgres: `
		SELECT line FROM (
			SELECT 1 AS part, c.table_name || '.' || lpad(c.ordinal_position::text, 2, '0') AS place, c.table_name || '.' || c.column_name || ' ' ||
				coalesce(c.domain_name, c.data_type) || CASE WHEN c.is_nullable = 'NO' THEN ' NOT NULL' ELSE '' END || coalesce(' DEFAULT ' || c.column_default, '') AS line
			  FROM information_schema.columns AS c WHERE c.table_schema = 'public'
			UNION ALL
			SELECT 2, r.relname || '.' || k.conname, 'CONSTRAINT ' || k.conname || ' ON ' || r.relname || ' ' || pg_get_constraintdef(k.oid)
			  FROM pg_constraint AS k JOIN pg_class AS r ON r.oid = k.conrelid JOIN pg_namespace AS s ON s.oid = r.relnamespace WHERE s.nspname = 'public' AND k.contype <> 'n'
			UNION ALL
			SELECT 3, tablename || '.' || indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
			UNION ALL
			SELECT 4, r.relname || '.' || t.tgname, pg_get_triggerdef(t.oid)
			  FROM pg_trigger AS t JOIN pg_class AS r ON r.oid = t.tgrelid WHERE NOT t.tgisinternal
		) AS all_lines WHERE place NOT LIKE 'goose%' ORDER BY part, place`,
}

// TestSchema shows the result of all migrations on either database, so that a change of the schema is seen in a review.
func TestSchema(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, _ *testkit.Clock) {
		rows, err := testkit.Raw(t, db).QueryContext(t.Context(), schemaOf[db.Kind()])
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		var b strings.Builder
		for rows.Next() {
			var s string
			if err := rows.Scan(&s); err != nil {
				t.Fatal(err)
			}
			b.WriteString(s + ";\n")
		}
		file := "testdata/schema." + string(db.Kind()) + ".golden.sql"
		if *update {
			if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if string(want) != b.String() {
			t.Errorf("the schema is not that of %s; look at the difference and run with -update", file)
		}
	})
}
