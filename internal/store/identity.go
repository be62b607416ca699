package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"strengthen/internal/access"
	"strengthen/internal/casework"
	"strengthen/internal/fault"
	"strengthen/internal/fold"
	"strengthen/internal/sealed"
)

// Tokens of names are cut to sixteen bits, so that a list of them does not tell which names there are; a personal number has one
// in full.
const nameBits, numberBits = 16, 160

// Particulars returns who the child of a case is.
func (tx *Tx) Particulars(ctx context.Context, c casework.CaseID) (casework.Particulars, error) {
	p, err := one(ctx, tx, selectFrom(`SELECT case_id, fields, changed_at, editor, version FROM particulars`).and("case_id = ?", string(c)), func(s scanner) (sealedParticulars, error) {
		var p sealedParticulars
		err := s.Scan(&p.Case, &p.fields, at(&p.Changed), &p.Editor, &p.Version)
		return p, err
	})
	if err != nil {
		return p.Particulars, err
	}
	if err := tx.unseal(ctx, string(c), string(c), secret{"particulars.fields", &p.fields}); err != nil {
		return p.Particulars, err
	}
	p.Fields, err = textForm(p.fields)
	return p.Particulars, err
}

// sealedParticulars are particulars whose texts are not opened yet.
type sealedParticulars struct {
	casework.Particulars
	fields sealed.Text
}

// PutParticulars keeps who the child of a case is (version 0 adds), and the tokens by which it is found.
func (tx *Tx) PutParticulars(ctx context.Context, p casework.Particulars) error {
	fs, err := tx.seal(ctx, string(p.Case), "particulars", string(p.Case), map[string]sealed.Text{"fields": formText(p.Fields)})
	if err != nil {
		return err
	}
	fs = append(fs, field{"changed_at", moment(p.Changed)}, field{"editor", string(p.Editor)}, field{"version", p.Version + 1})
	if err := tx.upsert(ctx, "particulars", 1, append([]field{{"case_id", string(p.Case)}}, fs...)...); err != nil {
		return err
	}
	return tx.putTokens(ctx, string(p.Case), p.Names(), string(p.Fields["egn"]))
}

// TokenSignal keeps the tokens of the names and the number that a signal tells.
func (tx *Tx) TokenSignal(ctx context.Context, g casework.Signal) error {
	return tx.putTokens(ctx, string(g.ID), string(g.Words.Child), g.EGN())
}

// putTokens replaces the tokens of a record.
func (tx *Tx) putTokens(ctx context.Context, owner, names, egn string) error {
	if _, err := tx.exec(ctx, `DELETE FROM name_token WHERE owner = $1`, owner); err != nil {
		return err
	}
	for _, t := range tx.tokens(names, egn) {
		if err := tx.insert(ctx, "name_token", field{"owner", owner}, field{"token", t}); err != nil {
			return err
		}
	}
	return nil
}

// tokens makes the tokens of names and of a number, under the current root.
func (tx *Tx) tokens(names, egn string) []string {
	all := tx.nameTokens(fold.Sounds(names))
	if egn != "" {
		all = append(all, tx.numberToken(egn))
	}
	return all
}

// turnTokens makes the tokens of the next records anew where they are not those of the current root. A token does not tell under
// which root it stands, so the words are opened and their tokens compared.
func turnTokens(ctx context.Context, tx *Tx, after string, write bool) (step, error) {
	owners, err := collect(ctx, tx, selectFrom(`SELECT DISTINCT owner FROM name_token`).and("owner > ?", after).by(fmt.Sprintf("ORDER BY owner LIMIT %d", turnAtOnce)), scanText[string])
	if err != nil || len(owners) == 0 {
		return step{}, err
	}
	found := step{last: owners[len(owners)-1], rows: len(owners)}
	for _, owner := range owners {
		names, egn, err := tx.tokened(ctx, owner)
		if err != nil {
			return found, fmt.Errorf("what belongs to %s: %w", owner, err)
		}
		have, err := collect(ctx, tx, selectFrom(`SELECT token FROM name_token`).and("owner = ?", owner).by("ORDER BY token"), scanText[string])
		if err != nil {
			return found, err
		}
		if want := tx.tokens(names, egn); slices.Equal(have, slices.Sorted(slices.Values(want))) {
			continue
		}
		found.stale++
		if !write {
			continue
		}
		if err := tx.putTokens(ctx, owner, names, egn); err != nil {
			return found, err
		}
	}
	return found, nil
}

// tokened returns what the tokens of a record, a case or a signal, are made of.
func (tx *Tx) tokened(ctx context.Context, owner string) (names, egn string, err error) {
	p, err := tx.Particulars(ctx, casework.CaseID(owner))
	if err == nil {
		return p.Names(), string(p.Fields["egn"]), nil
	}
	if !fault.Is(err, fault.NotFound) {
		return "", "", err
	}
	g, err := tx.Signal(ctx, casework.SignalID(owner))
	return string(g.Words.Child), g.EGN(), err
}

// nameTokens returns the tokens of keys of sound; a key of one letter stands for too many names.
func (tx *Tx) nameTokens(keys []string) []string {
	var all []string
	for _, k := range keys {
		if t := "n" + tx.db.names.Token(k, nameBits); len(k) > 1 && !slices.Contains(all, t) {
			all = append(all, t)
		}
	}
	return all
}

func (tx *Tx) numberToken(egn string) string { return "e" + tx.db.numbers.Token(egn, numberBits) }

// FindCases returns cases within the reader's scope that share a token with each word of a query, or with its number. Names are
// to be compared after opening: different ones share tokens.
func (tx *Tx) FindCases(ctx context.Context, s access.Scope, f casework.NameQuery) ([]casework.Case, error) {
	q := selectFrom(caseSelect).within(s, tx.caseScope(casework.Identity))
	for _, tokens := range tx.queryTokens(f) {
		if len(tokens) == 0 {
			return nil, nil
		}
		args := make([]any, len(tokens))
		for i, t := range tokens {
			args[i] = t
		}
		q.and("EXISTS (SELECT 1 FROM name_token AS t WHERE t.owner = c.id AND t.token IN ("+strings.TrimSuffix(strings.Repeat("?, ", len(tokens)), ", ")+"))", args...)
	}
	return collect(ctx, tx, q.by("ORDER BY c.opened_at DESC, c.id LIMIT 500"), scanCase)
}

func (tx *Tx) queryTokens(f casework.NameQuery) [][]string {
	if f.EGN != "" {
		return [][]string{{tx.numberToken(f.EGN)}}
	}
	var all [][]string
	for _, keys := range f.Words {
		all = append(all, tx.nameTokens(keys))
	}
	return all
}

// SharingTokens returns the records that share the number of a record, or two tokens of its names, the most alike first.
func (tx *Tx) SharingTokens(ctx context.Context, owner string) ([]string, error) {
	return collect(ctx, tx, selectFrom(`SELECT o.owner FROM name_token AS t JOIN name_token AS o ON o.token = t.token AND o.owner <> t.owner`).and("t.owner = ?", owner).
		by("GROUP BY o.owner HAVING count(*) > 1 OR min(o.token) < 'f' ORDER BY count(*) DESC, o.owner LIMIT 50"), scanText[string])
}
