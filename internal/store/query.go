package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/fault"
)

// query is a SELECT under construction: a text that ends where conditions may follow, and its arguments. Conditions that
// depend on the caller are added in Go, because PostgreSQL cannot type `$1 IS NULL OR …`.
type query struct {
	text  strings.Builder
	args  []any
	where bool
	tail  string
}

// selectFrom begins a query whose text has no WHERE yet.
func selectFrom(text string, args ...any) *query {
	q := &query{args: args}
	q.text.WriteString(text)
	return q
}

// arg adds an argument and returns its placeholder.
func (q *query) arg(v any) string {
	q.args = append(q.args, v)
	return fmt.Sprintf("$%d", len(q.args))
}

// and adds a condition. Each ? in cond stands for the next of args.
func (q *query) and(cond string, args ...any) *query {
	if q.where {
		q.text.WriteString(" AND ")
	} else {
		q.text.WriteString(" WHERE ")
		q.where = true
	}
	q.text.WriteString("(")
	for _, part := range strings.SplitAfter(cond, "?") {
		if head, ok := strings.CutSuffix(part, "?"); ok {
			q.text.WriteString(head + q.arg(args[0]))
			args = args[1:]
			continue
		}
		q.text.WriteString(part)
	}
	q.text.WriteString(")")
	return q
}

// in adds the condition that column is one of values; with none it is false.
func in[T ~string](q *query, column string, values []T) *query {
	if len(values) == 0 {
		return q.and("1 = 0")
	}
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = string(v)
	}
	return q.and(column+" IN ("+strings.TrimSuffix(strings.Repeat("?, ", len(values)), ", ")+")", args...)
}

// columns names where a statement keeps what a Scope asks about. An empty name means that the record has no such thing.
type columns struct {
	id         string
	region     string
	agency     string
	own        string // a column, or a condition with one ? for the person
	team       string // a condition with one ? for the person, such as EXISTS (…), or a SELECT of the identifiers
	units      string // the same with one ? for the institution
	barred     string // a condition with one ? for the person, true of records that must be kept from that person
	restricted string // a condition without arguments, true of records that only their team reaches
	more       []any  // what team and units ask for after the person or the institution
}

// within adds the reader's scope. The empty scope covers nothing. It says in SQL what Scope.Covers says in Go.
func (q *query) within(s access.Scope, c columns) *query {
	if s.Person != "" && c.barred != "" {
		q.and("NOT "+c.barred, string(s.Person))
	}
	near, wide := alternatives{}, alternatives{}
	if s.Own != "" && c.own != "" {
		near.add(asCondition(c.own), string(s.Own))
	}
	if s.Team != "" && c.team != "" {
		near.reach(c.team, append([]any{string(s.Team)}, c.more...)...)
	}
	for _, a := range s.Units {
		if c.units != "" {
			near.reach(c.units, append([]any{string(a)}, c.more...)...)
		}
	}
	near.together(c.id)
	for _, r := range s.Records {
		if c.id != "" {
			near.add(c.id+" = ?", r)
		}
	}
	for _, r := range s.Regions {
		if c.region != "" {
			wide.add(c.region+" = ?", string(r))
		}
	}
	for _, a := range s.Agencies {
		if c.agency != "" {
			wide.add(c.agency+" = ?", string(a))
		}
	}
	switch {
	case s.All && c.restricted == "":
		return q
	case s.All:
		wide = alternatives{conds: []string{"1 = 1"}}
	}
	if len(wide.conds) > 0 && c.restricted != "" {
		wide.conds = []string{"NOT " + c.restricted + " AND (" + strings.Join(wide.conds, " OR ") + ")"}
	}
	all := alternatives{conds: append(near.conds, wide.conds...), args: append(near.args, wide.args...)}
	if len(all.conds) == 0 {
		return q.and("1 = 0")
	}
	return q.and(strings.Join(all.conds, " OR "), all.args...)
}

// halves splits a scope into what is near to the reader and what lies in institutions and regions, or anywhere.
func halves(s access.Scope) (near, wide access.Scope) {
	near, wide = s, s
	near.All, near.Regions, near.Agencies = false, nil, nil
	wide.Own, wide.Team, wide.Units, wide.Records = "", "", nil, nil
	return near, wide
}

// inHalves reads at most n records of a scope, the newest first: what is near to the reader and what is wide, one after the other.
func inHalves[T any](s access.Scope, n int, read func(access.Scope) ([]T, error), place func(T) (time.Time, string)) ([]T, error) {
	var all []T
	near, wide := halves(s)
	for _, half := range []access.Scope{near, wide} {
		if half.Empty() {
			continue
		}
		more, err := read(half)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	slices.SortFunc(all, func(a, b T) int {
		when, id := place(a)
		other, than := place(b)
		return cmp.Or(other.Compare(when), cmp.Compare(than, id))
	})
	all = slices.CompactFunc(all, func(a, b T) bool {
		_, id := place(a)
		_, other := place(b)
		return id == other
	})
	return all[:min(len(all), n)], nil
}

// alternatives are conditions of which one has to hold.
type alternatives struct {
	conds []string
	args  []any
	lists []string // SELECTs of identifiers that are not among conds yet, and their arguments
	asked []any
}

func (a *alternatives) add(cond string, args ...any) {
	a.conds, a.args = append(a.conds, cond), append(a.args, args...)
}

// reach adds a condition, or a SELECT of identifiers.
func (a *alternatives) reach(cond string, args ...any) {
	if !strings.HasPrefix(cond, "SELECT ") {
		a.add(cond, args...)
		return
	}
	a.lists, a.asked = append(a.lists, cond), append(a.asked, args...)
}

// together makes one condition of the SELECTs, so that a database can begin with what they list; with OR between them PostgreSQL
// holds each row of the table against each list.
func (a *alternatives) together(id string) {
	if len(a.lists) > 0 {
		a.add(id+" IN ("+strings.Join(a.lists, " UNION ALL ")+")", a.asked...)
	}
}

// by sets what follows the conditions: grouping, order and limit.
func (q *query) by(tail string) *query {
	q.tail = " " + tail
	return q
}

// asCondition makes a column a comparison; what holds a ? is a condition already.
func asCondition(column string) string {
	if strings.Contains(column, "?") {
		return column
	}
	return column + " = ?"
}

func (q *query) String() string { return q.text.String() + q.tail }

// scanner is what a Scan function reads from.
type scanner interface{ Scan(...any) error }

// row runs a query for one row.
func (tx *Tx) row(ctx context.Context, text string, args ...any) *sql.Row {
	tx.db.statements.Add(1)
	return tx.sql.QueryRowContext(ctx, text, args...)
}

// collect runs q and reads every row.
func collect[T any](ctx context.Context, tx *Tx, q *query, scan func(scanner) (T, error)) ([]T, error) {
	tx.db.statements.Add(1)
	rows, err := tx.sql.QueryContext(ctx, q.String(), q.args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, rows.Err()
}

// one runs q and reads its one row; none is a fault of kind NotFound.
func one[T any](ctx context.Context, tx *Tx, q *query, scan func(scanner) (T, error)) (T, error) {
	v, err := scan(tx.row(ctx, q.String(), q.args...))
	if errors.Is(err, sql.ErrNoRows) {
		return v, fault.Wrap(err, fault.NotFound, "fault.notfound")
	}
	return v, err
}

// count runs a query that returns one number.
func (tx *Tx) count(ctx context.Context, q *query) (int, error) {
	var n int
	err := tx.row(ctx, q.String(), q.args...).Scan(&n)
	return n, err
}
