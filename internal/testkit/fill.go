package testkit

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// unfilled are tables whose rows only the program can make: they carry codes, or keys.
var unfilled = []string{"audit_entry", "audit_open", "audit_link", "audit_checkpoint", "erasure", "record_key"}

// catalogues are read here apart from the store, whose reading of them is under test: table, column, type, whether it may be
// empty, and the table and column that it refers to.
var catalogues = map[string]string{
	"sqlite": `SELECT m.name, c.name, upper(c.type), c."notnull" = 0 AND c.pk = 0, coalesce(f."table", ''), coalesce(f."to", '')
		FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c LEFT JOIN pragma_foreign_key_list(m.name) AS f ON f."from" = c.name
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name NOT LIKE 'goose%' ORDER BY m.name, c.cid`,
	"pgx": `SELECT r.relname, a.attname, upper(format_type(coalesce(nullif(y.typbasetype, 0), y.oid), NULL)), NOT a.attnotnull, coalesce(k.confrelid::regclass::text, ''), coalesce(f.attname, '')
		FROM pg_class AS r JOIN pg_attribute AS a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped JOIN pg_type AS y ON y.oid = a.atttypid
		LEFT JOIN pg_constraint AS k ON k.conrelid = r.oid AND k.contype = 'f' AND a.attnum = ANY (k.conkey)
		LEFT JOIN pg_attribute AS f ON f.attrelid = k.confrelid AND f.attnum = k.confkey[array_position(k.conkey, a.attnum)]
		WHERE r.relnamespace = 'public'::regnamespace AND r.relkind = 'r' AND r.relname NOT LIKE 'goose%' ORDER BY r.relname, a.attnum, k.conname`,
}

type column struct {
	table, name, kind  string
	empty              bool
	refTable, refColum string
}

// Fill puts n rows into every table, past every door, with odd texts and numbers among them. They mean nothing.
func Fill(t testing.TB, raw *sql.DB, driver string, n int) {
	t.Helper()
	ctx := t.Context()
	conn, err := raw.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	all := readColumns(t, ctx, conn, driver)
	must := func(text string, args ...any) {
		if _, err := conn.ExecContext(ctx, text, args...); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	must("BEGIN")
	if driver == "sqlite" {
		must("PRAGMA defer_foreign_keys = ON")
	} else {
		must("SET LOCAL session_replication_role = replica")
	}
	for len(all) > 0 {
		end := slices.IndexFunc(all, func(c column) bool { return c.table != all[0].table })
		if end < 0 {
			end = len(all)
		}
		of := all[:end]
		var names, marks []string
		for i, c := range of {
			names, marks = append(names, c.name), append(marks, fmt.Sprintf("$%d", i+1))
		}
		text := "INSERT INTO " + of[0].table + " (" + strings.Join(names, ", ") + ") VALUES (" + strings.Join(marks, ", ") + ")"
		for i := 0; i < n && !slices.Contains(unfilled, of[0].table); i++ {
			var args []any
			for _, c := range of {
				args = append(args, valueOf(c, i))
			}
			must(text, args...)
		}
		all = all[end:]
	}
	must("COMMIT")
}

func readColumns(t testing.TB, ctx context.Context, conn *sql.Conn, driver string) []column {
	t.Helper()
	rows, err := conn.QueryContext(ctx, catalogues[driver])
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var all []column
	for rows.Next() {
		var c column
		if err := rows.Scan(&c.table, &c.name, &c.kind, &c.empty, &c.refTable, &c.refColum); err != nil {
			t.Fatal(err)
		}
		if len(all) > 0 && all[len(all)-1].table == c.table && all[len(all)-1].name == c.name {
			continue // a column of two constraints
		}
		all = append(all, c)
	}
	if rows.Err() != nil || len(all) == 0 {
		t.Fatal("the catalogue cannot be read: ", rows.Err())
	}
	return all
}

var odd = []string{"", "„Струма“, зала 2", "a\tb\nc\"d\\", "<b>&amp;</b>", "🙂 e\u0301", "\u2028\u0001", "null", "0", "'; --"}

func valueOf(c column, i int) any {
	switch {
	case c.empty && i%4 == 0:
		return nil
	case c.table == "clock_rule" && c.name == "ladder": // a program that starts reads its rules
		return "100% +4h"
	case c.table == "clock_rule" && c.name == "verified_on":
		return "2026-03-02"
	case c.table == "day_off" && c.name == "on_day": // and the days off
		return time.Date(2026, 3, 2+i, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
	case c.table == "retention_rule" && c.name == "at":
		return "2026-03-02T09:00:00.000000Z"
	case c.table == "response" && c.name == "study_id": // until version 7 no other study had responses
		return "programme"
	case c.refTable != "": // row i refers to row i
		return fmt.Sprintf("%s-%d", c.refColum, i)
	case c.kind == "BIGINT":
		return []int64{0, -1, 1 << 62, 9007199254740993, 7}[i%5] + int64(i/5)
	case c.kind == "BOOLEAN":
		return i%2 == 1
	case c.kind == "DOUBLE PRECISION":
		return []float64{0, .1, 1e-300, -2.5, 1.0 / 3}[i%5]
	case c.name == "id", strings.HasSuffix(c.name, "_id"), c.empty == false && i%3 == 0:
		return fmt.Sprintf("%s-%d", c.name, i)
	}
	return odd[i%len(odd)] + fmt.Sprintf("%s-%d", c.name, i)
}
