package store

import (
	"context"
	"fmt"

	"strengthen/internal/access"
	"strengthen/internal/casework"
	"strengthen/internal/privacy"
	"strengthen/internal/sealed"
)

const exportSelect = `SELECT x.id, x.what, x.fields, x.asked_by, p.name, x.asked_at, x.total, x.done, x.reached, x.state, x.second_by, x.second_at, x.ready_at, x.until_at, x.ended_at,
	x.purpose, x.recipient, x.version FROM export_job AS x JOIN person AS p ON p.id = x.asked_by`

func scanExport(s scanner) (privacy.Export, error) {
	var x privacy.Export
	err := s.Scan(&x.ID, &x.What, words(&x.Fields), &x.By, &x.ByName, at(&x.Asked), &x.Total, &x.Done, &x.Reached, &x.State, str(&x.Second), at(&x.SecondAt), at(&x.Ready), at(&x.Until), at(&x.Ended),
		&x.Purpose, &x.Recipient, &x.Version)
	return x, err
}

func (tx *Tx) exports(ctx context.Context, q *query) ([]privacy.Export, error) {
	all, err := collect(ctx, tx, q, scanExport)
	for i := range all {
		if err == nil {
			err = tx.unseal(ctx, all[i].ID, all[i].ID, secret{"export_job.purpose", &all[i].Purpose}, secret{"export_job.recipient", &all[i].Recipient})
		}
	}
	return all, err
}

// Exports lists exports within the reader's scope, the last first.
func (tx *Tx) Exports(ctx context.Context, s access.Scope, n int) ([]privacy.Export, error) {
	return tx.exports(ctx, selectFrom(exportSelect).within(s, columns{id: "x.id", own: "x.asked_by"}).by(fmt.Sprintf("ORDER BY x.asked_at DESC, x.id LIMIT %d", n)))
}

// Export returns one export.
func (tx *Tx) Export(ctx context.Context, id string) (privacy.Export, error) {
	x, err := one(ctx, tx, selectFrom(exportSelect).and("x.id = ?", id), scanExport)
	if err != nil {
		return x, err
	}
	return x, tx.unseal(ctx, id, id, secret{"export_job.purpose", &x.Purpose}, secret{"export_job.recipient", &x.Recipient})
}

// ExportsIn lists the exports in some states, the oldest first.
func (tx *Tx) ExportsIn(ctx context.Context, states ...privacy.ExportState) ([]privacy.Export, error) {
	return tx.exports(ctx, in(selectFrom(exportSelect), "x.state", states).by("ORDER BY x.asked_at, x.id"))
}

// PutExport adds an export (version 0) or changes one.
func (tx *Tx) PutExport(ctx context.Context, x privacy.Export) error {
	fs, err := tx.seal(ctx, x.ID, "export_job", x.ID, map[string]sealed.Text{"purpose": x.Purpose, "recipient": x.Recipient})
	if err != nil {
		return err
	}
	return tx.save(ctx, "export_job", x.ID, x.Version, append(fs, field{"what", string(x.What)}, field{"fields", joined(x.Fields)}, field{"asked_by", string(x.By)}, field{"asked_at", moment(x.Asked)},
		field{"total", x.Total}, field{"done", x.Done}, field{"reached", x.Reached}, field{"state", string(x.State)}, field{"second_by", text(x.Second)}, field{"second_at", moment(x.SecondAt)},
		field{"ready_at", moment(x.Ready)}, field{"until_at", moment(x.Until)}, field{"ended_at", moment(x.Ended)})...)
}

// leaving says for what can leave: its columns in the order of its fields, from where, and the key by which rows follow each other.
var leaving = map[privacy.What]struct{ columns, from, key string }{
	privacy.ThePeople: {"person.name, person.email, person.phone, person.sector, person.profession, person.region_id, (SELECT a.name FROM agency AS a WHERE a.id = person.agency_id), person.experience",
		"person", "person.sort || '/' || person.id"},
	privacy.TheCases: {"c.ref, c.region_id, c.municipality_id, c.band, c.sex, c.track, c.state, c.opened_at, c.closed_at", "case_file AS c", "c.opened_at || '/' || c.id"},
	privacy.TheActs:  {"e.at, e.actor, e.action, e.kind, e.record, e.outcome", "audit_entry AS e", "e.at || '/' || e.id"},
}

// leavingQuery begins a query for what can leave, within the reader's scope. People who were erased are left out.
func (tx *Tx) leavingQuery(w privacy.What, columnsOf string, s access.Scope) *query {
	q := selectFrom("SELECT " + columnsOf + " FROM " + leaving[w].from)
	switch w {
	case privacy.ThePeople:
		return q.within(s, personScope).and("person.email <> ''")
	case privacy.TheCases:
		return q.within(s, tx.caseScope(casework.Core))
	}
	return q.within(s, columns{})
}

// CountExport counts what would leave.
func (tx *Tx) CountExport(ctx context.Context, w privacy.What, s access.Scope) (int, error) {
	return tx.count(ctx, tx.leavingQuery(w, "count(*)", s))
}

// ExportRows returns at most n rows after a place, with every field, and the place of the last.
func (tx *Tx) ExportRows(ctx context.Context, w privacy.What, s access.Scope, after string, n int) ([][]string, string, error) {
	x := leaving[w]
	q := tx.leavingQuery(w, x.columns+", "+x.key, s)
	if after != "" {
		q.and(x.key+" > ?", after)
	}
	last := after
	rows, err := collect(ctx, tx, q.by(fmt.Sprintf("ORDER BY %s LIMIT %d", x.key, n)), func(row scanner) ([]string, error) {
		cells, err := cellsOf(row, len(w.Fields())+1)
		if err == nil {
			last, cells = cells[len(cells)-1], cells[:len(cells)-1]
		}
		return cells, err
	})
	return rows, last, err
}

// fileOf is the owner of the key under which the pieces of an export lie; it goes with them.
func fileOf(export string) string { return export + ".file" }

// PutPiece keeps rows of an export, sealed under a key of their own.
func (tx *Tx) PutPiece(ctx context.Context, export string, n int, body sealed.Text) error {
	if n == 0 {
		if err := tx.NewKey(ctx, fileOf(export)); err != nil {
			return err
		}
	}
	fs, err := tx.seal(ctx, fileOf(export), "export_piece", fmt.Sprint(n), map[string]sealed.Text{"body": body})
	if err != nil {
		return err
	}
	return tx.insert(ctx, "export_piece", append(fs, field{"export_id", export}, field{"n", n})...)
}

// Pieces returns the rows of an export in their order.
func (tx *Tx) Pieces(ctx context.Context, export string) ([]sealed.Text, error) {
	type piece struct {
		n    int
		body sealed.Text
	}
	all, err := collect(ctx, tx, selectFrom(`SELECT n, body FROM export_piece`).and("export_id = ?", export).by("ORDER BY n"), func(s scanner) (piece, error) {
		var p piece
		return p, s.Scan(&p.n, &p.body)
	})
	var bodies []sealed.Text
	for _, p := range all {
		if err == nil {
			err = tx.unseal(ctx, fileOf(export), fmt.Sprint(p.n), secret{"export_piece.body", &p.body})
			bodies = append(bodies, p.body)
		}
	}
	return bodies, err
}

// DropPieces takes the rows of an export away, with their key.
func (tx *Tx) DropPieces(ctx context.Context, export string) error {
	if _, err := tx.exec(ctx, `DELETE FROM export_piece WHERE export_id = $1`, export); err != nil {
		return err
	}
	return tx.dropKey(ctx, fileOf(export))
}
