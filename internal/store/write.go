package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// field is a column and what is written to it. Names come from this package only, never from input.
type field struct {
	name  string
	value any
}

// insert adds one row.
func (tx *Tx) insert(ctx context.Context, table string, fs ...field) error {
	names, marks, args := split(fs)
	return tx.add(ctx, "INSERT INTO "+table+" ("+strings.Join(names, ", ")+") VALUES ", marks, "", args)
}

// add writes a row, or lets it wait in a bulk.
func (tx *Tx) add(ctx context.Context, head string, marks []string, tail string, args []any) error {
	if tx.waiting != nil {
		return tx.wait(ctx, head, tail, args)
	}
	return tx.put(ctx, head+"("+strings.Join(marks, ", ")+")"+tail, args...)
}

// lined adds a row to a history: it gets the next number among the rows of the same owner, so that what happened in one moment
// keeps its order.
func (tx *Tx) lined(ctx context.Context, table, owner, id string, fs ...field) error {
	n, err := tx.nextLine(ctx, table, owner, id)
	if err != nil {
		return err
	}
	return tx.insert(ctx, table, append(fs, field{owner, id}, field{"n", n})...)
}

func (tx *Tx) nextLine(ctx context.Context, table, owner, id string) (int, error) {
	if tx.waiting != nil {
		tx.waiting.lines[table+"/"+id]++
		return tx.waiting.lines[table+"/"+id], nil
	}
	return tx.count(ctx, selectFrom("SELECT coalesce(max(n), 0) + 1 FROM "+table).and(owner+" = ?", id))
}

// upsert adds a row, or changes the one with the same key; the first n fields are the key.
func (tx *Tx) upsert(ctx context.Context, table string, n int, fs ...field) error {
	names, marks, args := split(fs)
	var set []string
	for _, name := range names[n:] {
		set = append(set, name+" = excluded."+name)
	}
	return tx.add(ctx, "INSERT INTO "+table+" ("+strings.Join(names, ", ")+") VALUES ", marks,
		" ON CONFLICT ("+strings.Join(names[:n], ", ")+") DO UPDATE SET "+strings.Join(set, ", "), args)
}

// save adds a row of a versioned table when version is 0, or changes the one that still has the version that was read. If
// somebody else changed it first, it is a Conflict and nothing is written.
func (tx *Tx) save(ctx context.Context, table, id string, version int, fs ...field) error {
	if version == 0 {
		return tx.insert(ctx, table, append([]field{{"id", id}, {"version", 1}}, fs...)...)
	}
	names, marks, args := split(fs)
	for i := range names {
		names[i] += " = " + marks[i]
	}
	text := fmt.Sprintf("UPDATE %s SET version = version + 1, %s WHERE id = $%d AND version = $%d",
		table, strings.Join(names, ", "), len(args)+1, len(args)+2)
	return tx.put(ctx, text, append(args, id, version)...)
}

// sortedKeys lists the keys of a map in order, so that statements are written alike each time.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func split(fs []field) (names, marks []string, args []any) {
	for i, f := range fs {
		names = append(names, f.name)
		marks = append(marks, fmt.Sprintf("$%d", i+1))
		args = append(args, f.value)
	}
	return names, marks, args
}
