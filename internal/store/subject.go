package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"strengthen/internal/access"
	"strengthen/internal/privacy"
	"strengthen/internal/sealed"
)

const subjectSelect = `SELECT id, n, kind, received_on, due_on, extended_on, state, person_id, ground, decided_at, decided_by, entered_by, entered_at, who, asks, extension, decision, version FROM subject_request`

func scanSubject(s scanner) (privacy.Request, error) {
	var r privacy.Request
	err := s.Scan(&r.ID, &r.N, &r.Right, on(&r.Received), on(&r.Due), on(&r.Extended), &r.State, str(&r.Person), str(&r.Ground), at(&r.Decided), str(&r.DecidedBy), &r.By, at(&r.Entered),
		&r.Who, &r.Asks, &r.Extension, &r.Decision, &r.Version)
	return r, err
}

// SubjectRequests lists the register without its words: those that wait by their terms, then the decided ones, the last first.
func (tx *Tx) SubjectRequests(ctx context.Context, open bool, n int) ([]privacy.Request, error) {
	q := selectFrom(subjectSelect)
	if open {
		q.and("state = 'open'")
	}
	all, err := collect(ctx, tx, q.by(fmt.Sprintf("ORDER BY CASE WHEN state = 'open' THEN 0 ELSE 1 END, CASE WHEN state = 'open' THEN due_on ELSE '' END, decided_at DESC, n LIMIT %d", n)), scanSubject)
	for i := range all {
		all[i].Who, all[i].Asks, all[i].Extension, all[i].Decision = "", "", "", ""
	}
	return all, err
}

// SubjectRequest returns one request with its words.
func (tx *Tx) SubjectRequest(ctx context.Context, id string) (privacy.Request, error) {
	r, err := one(ctx, tx, selectFrom(subjectSelect).and("id = ?", id), scanSubject)
	if err != nil {
		return r, err
	}
	return r, tx.unseal(ctx, id, id, secret{"subject_request.who", &r.Who}, secret{"subject_request.asks", &r.Asks}, secret{"subject_request.extension", &r.Extension}, secret{"subject_request.decision", &r.Decision})
}

// PutSubjectRequest adds a request (version 0) under the next number, or changes one.
func (tx *Tx) PutSubjectRequest(ctx context.Context, r privacy.Request) error {
	fs, err := tx.seal(ctx, r.ID, "subject_request", r.ID, map[string]sealed.Text{"who": r.Who, "asks": r.Asks, "extension": r.Extension, "decision": r.Decision})
	if err != nil {
		return err
	}
	if r.Version == 0 {
		if r.N, err = tx.count(ctx, selectFrom(`SELECT coalesce(max(n), 0) + 1 FROM subject_request`)); err != nil {
			return err
		}
	}
	return tx.save(ctx, "subject_request", r.ID, r.Version, append(fs, field{"n", r.N}, field{"kind", string(r.Right)}, field{"received_on", day(r.Received)}, field{"due_on", day(r.Due)},
		field{"extended_on", day(r.Extended)}, field{"state", string(r.State)}, field{"person_id", text(r.Person)}, field{"ground", text(r.Ground)}, field{"decided_at", moment(r.Decided)},
		field{"decided_by", text(r.DecidedBy)}, field{"entered_by", string(r.By)}, field{"entered_at", moment(r.Entered)})...)
}

// copied lists the sections of a copy: the name, the columns as keys of the catalogue, and a statement whose $1 is the person.
// Other people are named nowhere in it: neither who marked nor who decided.
var copied = []struct{ name, columns, query string }{
	{"person", "name email phone lang sector profession region experience gender agency since", `SELECT p.name, p.email, p.phone, p.lang, p.sector, p.profession, p.region_id, p.experience, p.gender, a.name, p.made_at
		FROM person AS p LEFT JOIN agency AS a ON a.id = p.agency_id WHERE p.id = $1`},
	{"account", "login state since", `SELECT login, state, made_at FROM account WHERE person_id = $1`},
	{"roles", "role region agency since until ended", `SELECT g.role, g.region_id, a.name, g.granted_at, g.until_at, g.ended_at FROM role_grant AS g
		LEFT JOIN agency AS a ON a.id = g.agency_id WHERE g.person_id = $1 ORDER BY g.granted_at, g.id`},
	{"seats", "training starts ends venue agency sector profession state applied endorsed confirmed note", `SELECT t.region_id, t.starts_on, t.ends_on, t.venue_bg, a.name, e.sector, e.profession, e.state, e.applied_at, e.endorsed_at, e.confirmed_at, e.note
		FROM enrolment AS e JOIN training AS t ON t.id = e.training_id JOIN agency AS a ON a.id = e.agency_id WHERE e.person_id = $1 ORDER BY t.starts_on, e.id`},
	{"steps", "training at step state", `SELECT t.region_id, v.at, v.step, v.led_to FROM enrolment_event AS v JOIN enrolment AS e ON e.id = v.enrolment_id JOIN training AS t ON t.id = e.training_id
		WHERE e.person_id = $1 ORDER BY v.at, v.id`},
	{"attendance", "day starts state way at", `SELECT h.held_on, h.starts, m.status, m.method, m.at FROM attendance AS m JOIN enrolment AS e ON e.id = m.enrolment_id JOIN half_day AS h ON h.id = m.half_day_id
		WHERE e.person_id = $1 ORDER BY h.held_on, h.starts, m.at, m.id`},
	{"completion", "day attended halfdays", `SELECT completed_on, attended, half_days FROM completion WHERE person_id = $1 ORDER BY completed_on, training_id`},
	{"certificates", "number name issued revoked", `SELECT c.number, c.name, c.issued_on, c.revoked_on FROM certificate AS c JOIN enrolment AS e ON e.id = c.enrolment_id WHERE e.person_id = $1 ORDER BY c.issued_on, c.id`},
	{"invitations", "wave opens closes done", `SELECT i.wave, i.opens_at, i.closes_at, CASE WHEN i.done THEN 'yes' ELSE 'no' END FROM invitation AS i JOIN enrolment AS e ON e.id = i.enrolment_id
		WHERE e.person_id = $1 ORDER BY i.opens_at, i.id`},
	{"mail", "kind address at state", `SELECT kind, address, coalesce(sent_at, due_at), state FROM message WHERE person_id = $1 ORDER BY due_at, id`},
	{"sessions", "since seen device", `SELECT made_at, seen_at, device FROM session WHERE person_id = $1 ORDER BY made_at, hash`},
	{"passkeys", "name since", `SELECT name, made_at FROM passkey WHERE person_id = $1 ORDER BY made_at, id`},
	{"acts", "at action outcome", `SELECT at, action, outcome FROM audit_entry WHERE actor = $1 ORDER BY at DESC, id LIMIT 2000`},
	{"readings", "at action", `SELECT at, action FROM audit_entry WHERE record = $1 AND actor <> $1 AND kind = 'person' ORDER BY at DESC, id LIMIT 2000`},
}

// Copy returns what is kept about one person, section by section; those without a row are left out.
func (tx *Tx) Copy(ctx context.Context, id access.PersonID) ([]privacy.Section, error) {
	var all []privacy.Section
	for _, x := range copied {
		s := privacy.Section{Name: x.name, Columns: strings.Fields(x.columns)}
		rows, err := collect(ctx, tx, selectFrom(x.query, string(id)), func(row scanner) ([]string, error) {
			return cellsOf(row, len(s.Columns))
		})
		if err != nil {
			return nil, fmt.Errorf("copy of %s: %w", x.name, err)
		}
		if s.Rows = rows; len(rows) > 0 {
			all = append(all, s)
		}
	}
	return all, nil
}

// cellsOf reads a row of n columns as texts; NULL is the empty text.
func cellsOf(row scanner, n int) ([]string, error) {
	cells, into, words := make([]sql.NullString, n), make([]any, n), make([]string, n)
	for i := range cells {
		into[i] = &cells[i]
	}
	err := row.Scan(into...)
	for i, c := range cells {
		words[i] = c.String
	}
	return words, err
}
