package store

import (
	"context"
	"errors"
	"fmt"

	"strengthen/internal/access"
	"strengthen/internal/ledger"
)

// erasing lists the kinds of record that can be erased, each with the statements that take its rows away; $1 is its identifier.
// The signals of a case are records of their own.
// The key of the record goes in any case, and with it every sealed word, here and in each copy of the database; and so do the
// tokens by which it was found.
var erasing = map[string][]string{
	"signal": append(held("signal_id"),
		`DELETE FROM signal_event WHERE signal_id = $1`,
		`UPDATE signal SET joined_to = NULL WHERE joined_to = $1`,
		`DELETE FROM signal WHERE id = $1`),
	"case": append(held("case_id", "meeting", "case_request", "glass_break", "restorative"),
		`DELETE FROM meeting_call WHERE meeting_id IN (SELECT id FROM meeting WHERE case_id = $1)`,
		`DELETE FROM meeting_item WHERE meeting_id IN (SELECT id FROM meeting WHERE case_id = $1)`,
		`DELETE FROM meeting_decision WHERE meeting_id IN (SELECT id FROM meeting WHERE case_id = $1)`,
		`DELETE FROM case_task WHERE case_id = $1`,
		`DELETE FROM meeting WHERE case_id = $1`,
		`DELETE FROM plan_goal WHERE plan_id IN (SELECT id FROM plan WHERE case_id = $1)`,
		`DELETE FROM plan WHERE case_id = $1`,
		`DELETE FROM case_request_event WHERE request_id IN (SELECT id FROM case_request WHERE case_id = $1)`,
		`DELETE FROM case_request WHERE case_id = $1`,
		`DELETE FROM restorative WHERE case_id = $1`,
		`DELETE FROM particulars WHERE case_id = $1`,
		`DELETE FROM glass_break WHERE case_id = $1`,
		`DELETE FROM case_consent WHERE case_id = $1`,
		`DELETE FROM case_seat WHERE case_id = $1`,
		`DELETE FROM case_barred WHERE case_id = $1`,
		`DELETE FROM case_share WHERE case_id = $1`,
		`DELETE FROM case_kin WHERE case_id = $1`,
		`DELETE FROM case_duplicate WHERE case_id = $1 OR of_id = $1`,
		`DELETE FROM case_note WHERE case_id = $1`,
		`DELETE FROM case_event WHERE case_id = $1`,
		`DELETE FROM episode WHERE case_id = $1`,
		`UPDATE signal SET case_id = NULL WHERE case_id = $1`,
		`DELETE FROM case_file WHERE id = $1`),
	"person": erasingPerson, "mail": {erasingMail}, "session": {`DELETE FROM session WHERE substr(until_at, 1, 7) = $1`, `DELETE FROM unusual_day WHERE substr(on_day, 1, 7) = $1`},
	"subject_request": {`DELETE FROM subject_request WHERE id = $1`},
	"export": {
		`DELETE FROM record_key WHERE owner = $1 || '.file'`, `DELETE FROM export_piece WHERE export_id = $1`, `DELETE FROM export_job WHERE id = $1`},
}

// held takes away what a signal and a case hold alike: mail about it and about what it holds, files, clocks, a police protection,
// and what somebody has typed into one of its forms and not sent.
func held(column string, more ...string) []string {
	var all []string
	for _, table := range append(more, "clock", "protection") {
		all = append(all, `DELETE FROM message WHERE record_id IN (SELECT id FROM `+table+` WHERE `+column+` = $1)`)
	}
	return append(all,
		`DELETE FROM message WHERE record_id = $1`,
		`DELETE FROM draft WHERE form LIKE '%/' || $1 || '%'`,
		`DELETE FROM attachment_piece WHERE attachment_id IN (SELECT id FROM attachment WHERE `+column+` = $1)`,
		`DELETE FROM attachment WHERE `+column+` = $1`,
		`DELETE FROM clock_change WHERE clock_id IN (SELECT id FROM clock WHERE `+column+` = $1)`,
		`DELETE FROM clock WHERE `+column+` = $1`,
		`DELETE FROM happening WHERE `+column+` = $1`,
		`DELETE FROM protection WHERE `+column+` = $1`,
	)
}

// ErrNoLedger says that a record cannot be erased because no ledger was configured.
var ErrNoLedger = errors.New("nothing is erased without a ledger of erasures")

// Erase takes a record away for good: its key, the rows that its kind lists, and its trace in every backup, for the ledger
// makes a restore erase it again. The ledger is written first; when this transaction is undone after that, the next start
// finishes what was begun. Call it last, after everything that may refuse.
func (tx *Tx) Erase(ctx context.Context, r ledger.Record) error {
	if tx.db.ledger == nil {
		return ErrNoLedger
	}
	if !tx.allowed || tx.reading {
		return errUnallowed
	}
	if _, ok := erasing[r.Kind]; !ok {
		return fmt.Errorf("records of kind %q are not erased", r.Kind)
	}
	if err := tx.db.ledger.Append(tx.Now(), r); err != nil {
		return err
	}
	return tx.erase(ctx, r)
}

func (tx *Tx) erase(ctx context.Context, r ledger.Record) error {
	delete(tx.keys, r.ID)
	for _, text := range append([]string{`DELETE FROM record_key WHERE owner = $1`, `DELETE FROM name_token WHERE owner = $1`}, erasing[r.Kind]...) {
		if _, err := tx.exec(ctx, text, r.ID); err != nil {
			return err
		}
	}
	_, err := tx.exec(ctx, `INSERT INTO erasure (kind, record_id, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, r.Kind, r.ID, momentText(tx.Now()))
	return err
}

// Replay erases what the ledger lists and the database still holds, and returns how many records that were. It is called at
// every start and after a restore, before anybody can log in. A ledger that lacks what this database knows to be erased is
// refused: lines of it were lost, and a backup restored with it would bring people back.
func (db *DB) Replay(ctx context.Context) (int, error) {
	listed, err := db.ledger.Records()
	if err != nil {
		return 0, err
	}
	n := 0
	err = db.Update(ctx, access.TheSystem(), func(tx *Tx) error {
		due, err := tx.unerased(ctx, listed)
		if n = len(due); err != nil || n == 0 {
			return err
		}
		for _, r := range due {
			if err := tx.Allow(ctx, access.Work, access.Resource{Kind: r.Kind, ID: r.ID}); err != nil {
				return err
			}
			if err := tx.erase(ctx, r); err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}

// unerased returns what the ledger lists and this database does not know to be erased.
func (tx *Tx) unerased(ctx context.Context, listed []ledger.Record) ([]ledger.Record, error) {
	done, err := collect(ctx, tx, selectFrom(`SELECT kind, record_id FROM erasure`).by("ORDER BY kind, record_id"), func(s scanner) (ledger.Record, error) {
		var r ledger.Record
		return r, s.Scan(&r.Kind, &r.ID)
	})
	if err != nil {
		return nil, err
	}
	open := map[ledger.Record]bool{}
	for _, r := range done {
		open[r] = true
	}
	var due []ledger.Record
	for _, r := range listed {
		if !open[r] {
			due = append(due, r)
		}
		delete(open, r)
	}
	if len(open) > 0 {
		return nil, fmt.Errorf("%w: it lacks %d records that this database knows to be erased; give the whole one with --ledger", ledger.ErrDamaged, len(open))
	}
	return due, nil
}
