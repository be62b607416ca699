package store_test

import (
	"strings"
	"testing"

	"strengthen/internal/store"
	"strengthen/internal/testkit"
)

// TestErasureReachesEveryRow walks from a case and a signal along the foreign keys of the schema: a table that refers to either,
// or to what refers to it, must have a statement that takes its rows away or lets them go.
func TestErasureReachesEveryRow(t *testing.T) {
	db, _ := testkit.SQLite(t)
	raw := testkit.Raw(t, db)
	refers := map[string][]string{} // by the table referred to
	rows, err := raw.QueryContext(t.Context(), `SELECT m.name, f."table" FROM sqlite_master AS m JOIN pragma_foreign_key_list(m.name) AS f WHERE m.type = 'table'`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var from, to string
		if err := rows.Scan(&from, &to); err != nil {
			t.Fatal(err)
		}
		refers[to] = append(refers[to], from)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	for kind, root := range map[string]string{"case": "case_file", "signal": "signal"} {
		texts := strings.Join(store.Erasing(kind), "\n") + "\n"
		seen := 0
		for queue := []string{root}; len(queue) > 0; queue = queue[1:] {
			for _, table := range refers[queue[0]] {
				if table == "signal" || table == "case_file" { // records of their own, let go by an UPDATE
					continue
				}
				seen++
				if !strings.Contains(texts, "DELETE FROM "+table+" ") {
					t.Errorf("a %s is erased, and %s keeps rows that refer to it", kind, table)
				}
				queue = append(queue, table)
			}
		}
		if seen < 3 {
			t.Errorf("only %d tables refer to a %s", seen, kind)
		}
	}
}
