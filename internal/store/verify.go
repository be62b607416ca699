package store

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"math"
	"slices"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/sealed"
)

// Finding is one thing that is wrong with the record of what was done.
type Finding struct {
	Seq   int64
	Entry string
	What  string // altered, missing, order, inserted, cut, signature, unsealed; damaged, locked, unerased, ledger
	About string // says it in words, where it is no link and no entry
}

// String tells the finding for an operator.
func (f Finding) String() string {
	if f.About != "" {
		return f.What + ": " + f.About
	}
	return fmt.Sprintf("%s: link %d, entry %s", f.What, f.Seq, f.Entry)
}

// Verified is the outcome of a check of the chain.
type Verified struct {
	Entries     int
	Links       int64
	Checkpoints int
	Keys        int // of records
	Erased      int // records in the ledger of erasures
	Findings    []Finding
}

// patience is how long an entry may wait for its link before that counts as a finding.
const patience = 10 * time.Minute

// Verify walks the whole chain and compares it with its entries, with the checkpoints in the database and with those kept
// outside it; then it checks the file, the keys of records and the ledger of erasures. A chain without a checkpoint from outside cannot show that its tail was cut together with its checkpoints.
func (db *DB) Verify(ctx context.Context, keys []ed25519.PublicKey, outside []access.Checkpoint) (Verified, error) {
	var v Verified
	err := db.View(ctx, access.TheSystem(), func(tx *Tx) error {
		v = Verified{}
		inside, err := tx.checkpoints(ctx)
		if err != nil {
			return err
		}
		terms := tx.db.terms(inside)
		hashes, err := tx.walkChain(ctx, &v, terms)
		if err != nil {
			return err
		}
		v.Checkpoints = len(inside) + len(outside)
		for _, c := range append(inside, outside...) {
			v.checkpoint(c, keys, hashes)
			if i := tx.db.signer(c); i >= 0 && c.Seq >= terms[i] {
				v.add("signature", c.Seq, "")
			}
		}
		if n := len(inside); v.Links > 0 && (n == 0 || inside[n-1].Seq != v.Links) {
			v.add("cut", v.Links, "") // every sealing ends in a checkpoint: it was taken away, or the links after it were
		}
		if err := tx.vanished(ctx, &v); err != nil {
			return err
		}
		if err := tx.strays(ctx, &v); err != nil {
			return err
		}
		return tx.check(ctx, &v)
	})
	return v, err
}

// vanished finds entries that wait for their link and are not there any more, and a record that is empty although the house
// is not.
func (tx *Tx) vanished(ctx context.Context, v *Verified) error {
	gone, err := collect(ctx, tx, selectFrom(`SELECT o.entry_id FROM audit_open AS o LEFT JOIN audit_entry AS e ON e.id = o.entry_id`).
		and("e.id IS NULL").by("ORDER BY o.entry_id"), scanText[string])
	if err != nil {
		return err
	}
	for _, id := range gone {
		v.add("missing", 0, id)
	}
	empty, err := tx.Empty(ctx)
	if err == nil && v.Links == 0 && !empty {
		n, err := tx.count(ctx, selectFrom(`SELECT count(*) FROM audit_open`))
		if err == nil && n == 0 {
			v.add("cut", 0, "")
		}
		return err
	}
	return err
}

func (v *Verified) add(what string, seq int64, entry string) {
	v.Findings = append(v.Findings, Finding{Seq: seq, Entry: entry, What: what})
}

func (v *Verified) about(what, words string) {
	v.Findings = append(v.Findings, Finding{What: what, About: words})
}

func (v *Verified) checkpoint(c access.Checkpoint, keys []ed25519.PublicKey, hashes map[int64]string) {
	switch h, ok := hashes[c.Seq]; {
	case !slices.ContainsFunc(keys, c.Verify):
		v.add("signature", c.Seq, "")
	case !ok:
		v.add("cut", c.Seq, "")
	case h != c.Hash:
		v.add("altered", c.Seq, "")
	}
}

// terms returns, for each key of the record, the first checkpoint that a later key signed: from there on the key is good for
// nothing, so that whoever took it away cannot write the record on.
func (db *DB) terms(inside []access.Checkpoint) []int64 {
	terms := make([]int64, len(db.codes))
	for i := range terms {
		terms[i] = math.MaxInt64
	}
	for _, c := range inside {
		by := db.signer(c)
		for i := db.living; i < len(db.codes); i++ { // those of roots that were replaced, the oldest first
			if by >= 0 && (by < db.living || by > i) {
				terms[i] = min(terms[i], c.Seq)
			}
		}
	}
	return terms
}

func (db *DB) signer(c access.Checkpoint) int {
	return slices.IndexFunc(db.codes, func(k sealed.AuditKeys) bool { return c.Verify(k.Public) })
}

// madeBy reports whether an entry carries the code of a key that was in use when it was linked.
func (db *DB) madeBy(e access.Entry, seq int64, terms []int64) bool {
	i := db.maker(e)
	return i >= 0 && seq <= terms[i]
}

// walkChain recomputes every link and returns the hash that each number should have.
func (tx *Tx) walkChain(ctx context.Context, v *Verified, terms []int64) (map[int64]string, error) {
	rows, err := tx.sql.QueryContext(ctx, `
		SELECT l.seq, l.entry_id, l.hash, `+optionalEntry+`
		  FROM audit_link AS l LEFT JOIN audit_entry AS e ON e.id = l.entry_id ORDER BY l.seq`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	hashes := map[int64]string{}
	previous := ""
	for rows.Next() {
		var l access.Link
		var e access.Entry
		err := rows.Scan(&l.Seq, &l.Entry, &l.Hash, &e.ID, &e.At, &e.Actor, &e.Via, &e.Action, &e.Kind, &e.Record, &e.Outcome, &e.Request, &e.MAC)
		if err != nil {
			return nil, err
		}
		v.Links++
		switch {
		case l.Seq != v.Links:
			v.add("missing", v.Links, "")
			v.Links = l.Seq
		case e.ID == "":
			v.add("missing", l.Seq, l.Entry)
		case access.Chain(previous, l.Seq, e) != l.Hash, !tx.db.madeBy(e, l.Seq, terms):
			v.add("altered", l.Seq, l.Entry)
		}
		previous = l.Hash
		hashes[l.Seq] = l.Hash
	}
	return hashes, rows.Err()
}

const optionalEntry = `COALESCE(e.id, ''), COALESCE(e.at, ''), COALESCE(e.actor, ''), COALESCE(e.via, ''),
	COALESCE(e.action, ''), COALESCE(e.kind, ''), COALESCE(e.record, ''), COALESCE(e.outcome, ''), COALESCE(e.request, ''), COALESCE(e.mac, '')`

// strays counts the entries and finds those without a link that are not waiting for one, were not made by this program, or
// wait too long.
func (tx *Tx) strays(ctx context.Context, v *Verified) error {
	if err := tx.row(ctx, `SELECT COUNT(*) FROM audit_entry`).Scan(&v.Entries); err != nil {
		return err
	}
	late := momentText(tx.Now().Add(-patience))
	_, err := collect(ctx, tx, selectFrom(`
		SELECT `+entryColumns+`, COALESCE(o.at, '') FROM audit_entry AS e
		  LEFT JOIN audit_link AS l ON l.entry_id = e.id LEFT JOIN audit_open AS o ON o.entry_id = e.id`).
		and("l.seq IS NULL").by("ORDER BY e.at, e.id"), func(s scanner) (struct{}, error) {
		var e access.Entry
		var waiting string
		err := s.Scan(&e.ID, &e.At, &e.Actor, &e.Via, &e.Action, &e.Kind, &e.Record, &e.Outcome, &e.Request, &e.MAC, &waiting)
		switch {
		case waiting == "", !tx.db.fresh(e):
			v.add("inserted", 0, e.ID)
		case waiting < late:
			v.add("unsealed", 0, e.ID)
		}
		return struct{}{}, err
	})
	return err
}

func (tx *Tx) checkpoints(ctx context.Context) ([]access.Checkpoint, error) {
	return collect(ctx, tx, selectFrom(checkpointSelect).by("ORDER BY seq"), scanCheckpoint)
}

const checkpointSelect = `SELECT seq, hash, at, signature FROM audit_checkpoint`

func scanCheckpoint(s scanner) (access.Checkpoint, error) {
	var c access.Checkpoint
	return c, s.Scan(&c.Seq, &c.Hash, &c.At, &c.Signature)
}
