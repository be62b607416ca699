package store

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"testing"
)

// A connection keeps each text once, reads it twice at a time where somebody asks for that, and keeps no more than its number.
func TestAConnectionKeepsItsStatements(t *testing.T) {
	made, err := preparing{"file:" + filepath.Join(t.TempDir(), "x.db")}.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c := made.(*keeping)
	query := func(text string, args ...int64) driver.Rows {
		t.Helper()
		var named []driver.NamedValue
		for i, v := range args {
			named = append(named, driver.NamedValue{Ordinal: i + 1, Value: v})
		}
		rows, err := c.QueryContext(t.Context(), text, named)
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	next := func(rows driver.Rows, want any) {
		t.Helper()
		row := make([]driver.Value, 1)
		err := rows.Next(row)
		if want == nil && !errors.Is(err, io.EOF) || want != nil && (err != nil || row[0] != want) {
			t.Errorf("%v (%v), want %v", row[0], err, want)
		}
	}
	const numbers = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT i + ? FROM n`
	for range 2 {
		outer := query(numbers, 10)
		next(outer, int64(11))
		inner := query(numbers, 20) // while the first is still being read
		next(inner, int64(21))
		next(outer, int64(12))
		next(inner, int64(22))
		if err := inner.Close(); err != nil {
			t.Error(err)
		}
		next(outer, int64(13))
		next(outer, nil)
		if err := outer.Close(); err != nil {
			t.Error(err)
		}
	}
	if len(c.kept) != 1 || c.kept[numbers] == nil || c.kept[numbers].busy {
		t.Fatalf("%d statements are kept", len(c.kept))
	}
	if _, err := c.ExecContext(t.Context(), `CREATE TABLE x (i BIGINT)`, nil); err != nil {
		t.Fatal(err)
	}
	for i := range mostKept + 5 {
		if _, err := c.ExecContext(t.Context(), fmt.Sprintf(`INSERT INTO x (i) VALUES (%d)`, i), nil); err != nil {
			t.Fatal(err)
		}
	}
	if len(c.kept) != mostKept {
		t.Errorf("%d statements are kept, want %d", len(c.kept), mostKept)
	}
	rows := query(`SELECT count(*) FROM x`)
	next(rows, int64(mostKept+5))
	rows.Close()
	if _, err := c.ExecContext(t.Context(), `INSERT INTO nowhere (i) VALUES (1)`, nil); err == nil {
		t.Error("a statement about no table")
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

func TestListsOfAllLengthsShareAFewStatements(t *testing.T) {
	for n, want := range map[int]int{0: 0, 1: 1, 2: 2, 3: 4, 4: 4, 5: 8, 33: 64, 64: 64} {
		all := make([]int, n)
		for i := range all {
			all[i] = i
		}
		even := evened(all)
		if len(even) != want || len(all) != n {
			t.Errorf("%d become %d, want %d", n, len(even), want)
		}
		for i, v := range even {
			if v != min(i, n-1) {
				t.Errorf("of %d, number %d is %d", n, i, v)
			}
		}
	}
}
