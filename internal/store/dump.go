package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/backup"
	"strengthen/internal/fault"
)

// Snapshot is what Dump read beside the rows, of the same moment.
type Snapshot struct {
	At         time.Time
	Schema     int64
	Checkpoint access.Checkpoint // the last one
	Erased     int64
}

// unkept are tables that no backup holds: nobody stays signed in through a restore.
var unkept = []string{"session"}

// Dump reads every row of one moment, while the database goes on being used. Tables come after those that they refer to; rows
// come in the order of their keys, so that a backup tells nothing about the order of writing, and is the same for the same
// rows in either database. Memory does not grow with the number of rows.
func (db *DB) Dump(ctx context.Context, begin func(Snapshot) error, table func(backup.Table) error, row func([]any) error) error {
	opts := &sql.TxOptions{ReadOnly: true}
	if db.kind == Postgres {
		opts.Isolation = sql.LevelRepeatableRead
	}
	sqlTx, err := db.read.BeginTx(ctx, opts)
	if err != nil {
		return mapError(err)
	}
	defer sqlTx.Rollback() //nolint:errcheck // nothing was written
	tx := &Tx{db: db, sql: sqlTx, by: access.TheSystem(), reading: true}
	s, err := tx.snapshot(ctx)
	if err != nil {
		return mapError(err)
	}
	if err := begin(s); err != nil {
		return err
	}
	all, err := tx.tables(ctx)
	if err != nil {
		return mapError(err)
	}
	for _, t := range all {
		if err := table(t.Table); err != nil {
			return err
		}
		if err := tx.dumpTable(ctx, t, row); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) snapshot(ctx context.Context) (Snapshot, error) {
	s := Snapshot{At: tx.Now()}
	if err := tx.row(ctx, `SELECT max(version_id) FROM goose_db_version`).Scan(&s.Schema); err != nil {
		return s, err
	}
	if err := tx.row(ctx, `SELECT count(*) FROM erasure`).Scan(&s.Erased); err != nil {
		return s, err
	}
	last, err := collect(ctx, tx, selectFrom(checkpointSelect).by("ORDER BY seq DESC LIMIT 1"), scanCheckpoint)
	if len(last) > 0 {
		s.Checkpoint = last[0]
	}
	return s, err
}

func (tx *Tx) dumpTable(ctx context.Context, t table, row func([]any) error) error {
	var names []string
	for _, c := range t.Columns {
		names = append(names, c.Name)
	}
	order := t.key
	if len(order) == 0 {
		order = names
	}
	rows, err := tx.sql.QueryContext(ctx, "SELECT "+strings.Join(names, ", ")+" FROM "+t.Name+" ORDER BY "+strings.Join(order, ", "))
	if err != nil {
		return mapError(err)
	}
	defer rows.Close()
	r := newRow(t.Columns)
	for rows.Next() {
		if err := rows.Scan(r.into...); err != nil {
			return fmt.Errorf("table %s: %w", t.Name, err)
		}
		if err := row(r.values()); err != nil {
			return err
		}
	}
	return mapError(rows.Err())
}

// scanRow reads rows of a table into values of the kinds that a backup knows.
type scanRow struct {
	into []any
	out  []any
}

func newRow(columns []backup.Column) *scanRow {
	r := &scanRow{out: make([]any, len(columns))}
	for _, c := range columns {
		switch c.Kind {
		case backup.Int:
			r.into = append(r.into, new(sql.Null[int64]))
		case backup.Bool:
			r.into = append(r.into, new(sql.Null[bool]))
		case backup.Real:
			r.into = append(r.into, new(sql.Null[float64]))
		default:
			r.into = append(r.into, new(sql.Null[string]))
		}
	}
	return r
}

func (r *scanRow) values() []any {
	for i, p := range r.into {
		r.out[i] = nil
		switch p := p.(type) {
		case *sql.Null[string]:
			if p.Valid {
				r.out[i] = p.V
			}
		case *sql.Null[int64]:
			if p.Valid {
				r.out[i] = p.V
			}
		case *sql.Null[bool]:
			if p.Valid {
				r.out[i] = p.V
			}
		case *sql.Null[float64]:
			if p.Valid {
				r.out[i] = p.V
			}
		}
	}
	return r.out
}

// table is a table of the schema, as its catalogue describes it.
type table struct {
	backup.Table
	key  []string // columns of the primary key
	refs []string // tables that it refers to
}

// The catalogues of the two databases, each as rows of table, column, declared type and place in the primary key (0 for none),
// and as rows of table and table that it refers to.
var (
	columnsOf = map[Kind]string{
		SQLite: `SELECT m.name, c.name, c.type, c.pk FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c
			WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name NOT LIKE 'goose%' ORDER BY m.name, c.cid`,
		Postgres: `SELECT r.relname, a.attname, format_type(a.atttypid, NULL),
				coalesce((SELECT array_position(i.indkey::int[], a.attnum::int) + 1 FROM pg_index AS i WHERE i.indrelid = r.oid AND i.indisprimary), 0)
			FROM pg_class AS r JOIN pg_namespace AS s ON s.oid = r.relnamespace JOIN pg_attribute AS a ON a.attrelid = r.oid
			WHERE s.nspname = current_schema() AND r.relkind = 'r' AND r.relname NOT LIKE 'goose%' AND a.attnum > 0 AND NOT a.attisdropped
			ORDER BY r.relname COLLATE "C", a.attnum`,
	}
	refsOf = map[Kind]string{
		SQLite: `SELECT m.name, f."table" FROM sqlite_master AS m JOIN pragma_foreign_key_list(m.name) AS f WHERE m.type = 'table' ORDER BY 1, 2`,
		Postgres: `SELECT r.relname, f.relname FROM pg_constraint AS k JOIN pg_class AS r ON r.oid = k.conrelid JOIN pg_class AS f ON f.oid = k.confrelid
			JOIN pg_namespace AS s ON s.oid = r.relnamespace WHERE k.contype = 'f' AND s.nspname = current_schema() ORDER BY 1, 2`,
	}
)

// tables lists the tables that a backup holds, each after those that it refers to.
func (tx *Tx) tables(ctx context.Context) ([]table, error) {
	all, err := tx.catalogue(ctx)
	if err != nil {
		return nil, err
	}
	var ordered []table
	for len(all) > 0 {
		i := slices.IndexFunc(all, func(t table) bool {
			return !slices.ContainsFunc(t.refs, func(ref string) bool {
				return ref != t.Name && slices.ContainsFunc(all, func(o table) bool { return o.Name == ref })
			})
		})
		if i < 0 {
			i = 0 // a circle; Load does not mind
		}
		ordered = append(ordered, all[i])
		all = slices.Delete(all, i, i+1)
	}
	return ordered, nil
}

func (tx *Tx) catalogue(ctx context.Context) ([]table, error) {
	var all []table
	keys := map[string]map[int64]string{}
	_, err := collect(ctx, tx, selectFrom(columnsOf[tx.db.kind]), func(s scanner) (struct{}, error) {
		var name, column, kind string
		var place int64
		if err := s.Scan(&name, &column, &kind, &place); err != nil || slices.Contains(unkept, name) {
			return struct{}{}, err
		}
		if len(all) == 0 || all[len(all)-1].Name != name {
			all = append(all, table{Table: backup.Table{Name: name}})
			keys[name] = map[int64]string{}
		}
		t := &all[len(all)-1]
		k, err := kindOfColumn(kind)
		t.Columns = append(t.Columns, backup.Column{Name: column, Kind: k})
		if place > 0 {
			keys[name][place] = column
		}
		return struct{}{}, err
	})
	if err != nil {
		return nil, err
	}
	_, err = collect(ctx, tx, selectFrom(refsOf[tx.db.kind]), func(s scanner) (struct{}, error) {
		var from, ref string
		err := s.Scan(&from, &ref)
		if i := slices.IndexFunc(all, func(t table) bool { return t.Name == from }); i >= 0 {
			all[i].refs = append(all[i].refs, ref)
		}
		return struct{}{}, err
	})
	for i := range all {
		for n := int64(1); keys[all[i].Name][n] != ""; n++ {
			all[i].key = append(all[i].key, keys[all[i].Name][n])
		}
	}
	return all, err
}

func kindOfColumn(declared string) (backup.Kind, error) {
	switch strings.ToLower(declared) {
	case "ctext", "sealedtext", "text":
		return backup.Text, nil
	case "bigint", "integer":
		return backup.Int, nil
	case "boolean":
		return backup.Bool, nil
	case "double precision":
		return backup.Real, nil
	}
	return "", fmt.Errorf("a column of type %q cannot be backed up", declared)
}

// Loader takes rows in; it belongs to one Load.
type Loader struct {
	tx    *Tx
	ctx   context.Context
	have  []table
	seen  map[string]bool
	table backup.Table
	full  *sql.Stmt // for a whole batch
	args  []any
	rows  int
}

// Load brings an empty database to version schema and takes in what feed gives, all or nothing.
func (db *DB) Load(ctx context.Context, schema int64, feed func(*Loader) error) error {
	if blank, err := db.Blank(ctx); err != nil {
		return err
	} else if !blank {
		return fault.New(fault.Conflict, "backup.notempty")
	}
	if schema > db.schema {
		return ErrNewer
	}
	if err := db.MigrateTo(ctx, schema); err != nil {
		return err
	}
	sqlTx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return mapError(err)
	}
	defer sqlTx.Rollback() //nolint:errcheck // after a commit it does nothing
	l := &Loader{tx: &Tx{db: db, sql: sqlTx, by: access.TheSystem(), allowed: true}, ctx: ctx, seen: map[string]bool{}}
	if l.have, err = l.tx.tables(ctx); err != nil {
		return mapError(err)
	}
	if err := l.nothingThere(); err != nil {
		return err
	}
	back, err := l.tx.loosen(ctx)
	if err != nil {
		return mapError(err)
	}
	if err := feed(l); err != nil {
		return mapError(err)
	}
	if err := l.finish(back); err != nil {
		return mapError(err)
	}
	return mapError(sqlTx.Commit())
}

func (l *Loader) nothingThere() error {
	for _, t := range l.have {
		n, err := l.tx.count(l.ctx, selectFrom("SELECT count(*) FROM "+t.Name))
		if err != nil {
			return mapError(err)
		}
		if n > 0 {
			return fault.New(fault.Conflict, "backup.notempty")
		}
	}
	return nil
}

// loosen lets rows come before those that they refer to, until the statements that it returns were run.
func (tx *Tx) loosen(ctx context.Context) (back []string, err error) {
	if tx.db.kind == SQLite {
		_, err := tx.sql.ExecContext(ctx, "PRAGMA defer_foreign_keys = ON")
		return nil, err
	}
	keys, err := collect(ctx, tx, selectFrom(`SELECT r.relname, k.conname, pg_get_constraintdef(k.oid) FROM pg_constraint AS k
		JOIN pg_class AS r ON r.oid = k.conrelid JOIN pg_namespace AS s ON s.oid = r.relnamespace
		WHERE k.contype = 'f' AND s.nspname = current_schema() ORDER BY 1, 2`), func(s scanner) ([3]string, error) {
		var k [3]string
		return k, s.Scan(&k[0], &k[1], &k[2])
	})
	for _, k := range keys {
		if _, err := tx.sql.ExecContext(ctx, "ALTER TABLE "+k[0]+" DROP CONSTRAINT "+k[1]); err != nil {
			return nil, err
		}
		back = append(back, "ALTER TABLE "+k[0]+" ADD CONSTRAINT "+k[1]+" "+k[2])
	}
	return back, err
}

// Table begins a table. One that this schema does not have, or has otherwise, is refused.
func (l *Loader) Table(t backup.Table) error {
	if err := l.flush(); err != nil {
		return err
	}
	i := slices.IndexFunc(l.have, func(h table) bool { return h.Name == t.Name })
	if i < 0 || l.seen[t.Name] || !slices.Equal(l.have[i].Columns, t.Columns) {
		return fault.New(fault.Invalid, "backup.schema")
	}
	l.table, l.seen[t.Name] = t, true
	if l.full != nil {
		l.full.Close()
	}
	var err error
	l.full, err = l.tx.sql.PrepareContext(l.ctx, insertOf(t, l.atOnce()))
	return err
}

// atOnce is how many rows go in by one statement; the databases take at most 32,766 values.
func (l *Loader) atOnce() int { return min(200, 8000/len(l.table.Columns)) }

func insertOf(t backup.Table, rows int) string {
	var b strings.Builder
	b.WriteString("INSERT INTO " + t.Name + " (")
	for i, c := range t.Columns {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(c.Name)
	}
	b.WriteString(") VALUES ")
	n := 0
	for r := range rows {
		if r > 0 {
			b.WriteString(", ")
		}
		for i := range t.Columns {
			n++
			fmt.Fprintf(&b, "%s$%d", map[bool]string{true: "(", false: ", "}[i == 0], n)
		}
		b.WriteString(")")
	}
	return b.String()
}

// Row takes in a row of the table that was begun last.
func (l *Loader) Row(values []any) error {
	l.args = append(l.args, values...)
	l.rows++
	if l.rows < l.atOnce() {
		return nil
	}
	_, err := l.full.ExecContext(l.ctx, l.args...)
	l.args, l.rows = l.args[:0], 0
	return err
}

// flush takes in the rows of a batch that is not full.
func (l *Loader) flush() error {
	if l.rows == 0 {
		return nil
	}
	_, err := l.tx.sql.ExecContext(l.ctx, insertOf(l.table, l.rows), l.args...)
	l.args, l.rows = l.args[:0], 0
	return err
}

func (l *Loader) finish(back []string) error {
	if err := l.flush(); err != nil {
		return err
	}
	if l.full != nil {
		l.full.Close()
	}
	if len(l.seen) != len(l.have) {
		return fault.New(fault.Invalid, "backup.schema")
	}
	for _, text := range back {
		if _, err := l.tx.sql.ExecContext(l.ctx, text); err != nil {
			return err
		}
	}
	return nil
}
