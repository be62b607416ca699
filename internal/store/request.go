package store

import (
	"context"
	"fmt"
	"strings"

	"strengthen/internal/access"
	"strengthen/internal/casework"
	"strengthen/internal/sealed"
)

const requestSelect = `SELECT q.id, q.case_id, c.ref, q.n, q.from_agency, q.to_agency, q.kind, q.parts, q.state, q.since_at, q.due_on, q.until_at, q.share_id, q.sender,
	q.taker, q.text, q.version,
	(SELECT min(k.due_at) FROM clock AS k WHERE k.case_id = q.case_id AND k.record = q.id AND k.state IN ('running', 'breached')) FROM case_request AS q JOIN case_file AS c ON c.id = q.case_id`

func scanRequest(s scanner) (casework.Request, error) {
	var r casework.Request
	err := s.Scan(&r.ID, &r.Case, &r.Ref, &r.N, &r.From, &r.To, &r.Kind, partSet(&r.Parts), &r.State, at(&r.Since), on(&r.Due), at(&r.Until), str(&r.Share), &r.Sender,
		str(&r.Taker), &r.Text, &r.Version, at(&r.NextDue))
	return r, err
}

func (tx *Tx) openRequest(ctx context.Context, r *casework.Request) error {
	return tx.unseal(ctx, string(r.Case), r.ID, secret{"case_request.text", &r.Text})
}

// Request returns one request with its history.
func (tx *Tx) Request(ctx context.Context, id string) (casework.Request, error) {
	r, err := one(ctx, tx, selectFrom(requestSelect).and("q.id = ?", id), scanRequest)
	if err != nil {
		return r, err
	}
	if err := tx.openRequest(ctx, &r); err != nil {
		return r, err
	}
	r.History, err = collect(ctx, tx, selectFrom(`SELECT id, request_id, at, actor, agency_id, step, text FROM case_request_event`).and("request_id = ?", id).by("ORDER BY n"),
		func(s scanner) (casework.RequestEvent, error) {
			var e casework.RequestEvent
			err := s.Scan(&e.ID, &e.Request, at(&e.At), &e.Actor, str(&e.Agency), &e.Step, &e.Text)
			return e, err
		})
	for i := range r.History {
		if err == nil {
			err = tx.unseal(ctx, string(r.Case), r.History[i].ID, secret{"case_request_event.text", &r.History[i].Text})
		}
	}
	return r, err
}

// requestScope says where a request lies for the institution that was asked.
var requestScope = columns{id: "q.id", agency: "q.to_agency", barred: "EXISTS (SELECT 1 FROM case_barred AS b WHERE b.case_id = q.case_id AND b.person_id = ?)"}

// Requests lists requests within the reader's scope, the newest first. Their words stay sealed.
func (tx *Tx) Requests(ctx context.Context, s access.Scope, f casework.RequestFilter) ([]casework.Request, error) {
	q := selectFrom(requestSelect).within(s, requestScope)
	if f.Open {
		q.and("q.state IN ('asked', 'taken', 'accepted')")
	}
	return tx.listRequests(ctx, q, f)
}

// ReturnedRequests lists the requests that an institution sent and that wait for it, in the cases of a scope, the newest first.
// Their words stay sealed.
func (tx *Tx) ReturnedRequests(ctx context.Context, s access.Scope, from access.AgencyID, f casework.RequestFilter) ([]casework.Request, error) {
	q := selectFrom(requestSelect).within(s, tx.caseScope(casework.Core)).and("q.from_agency = ?", string(from)).and("q.state IN ('needs_info', 'answered')")
	return tx.listRequests(ctx, q, f)
}

// listRequests reads a page of a list of requests.
func (tx *Tx) listRequests(ctx context.Context, q *query, f casework.RequestFilter) ([]casework.Request, error) {
	if when, id, ok := strings.Cut(f.Before, "/"); ok {
		q.and("(q.since_at, q.id) < (?, ?)", when, id)
	}
	all, err := collect(ctx, tx, q.by(fmt.Sprintf("ORDER BY q.since_at DESC, q.id DESC LIMIT %d", limit(f.Limit))), scanRequest)
	for i := range all {
		all[i].Text = ""
	}
	return all, err
}

// RequestsOf returns the requests about a case, the newest first.
func (tx *Tx) RequestsOf(ctx context.Context, c casework.CaseID) ([]casework.Request, error) {
	all, err := collect(ctx, tx, selectFrom(requestSelect).and("q.case_id = ?", string(c)).by("ORDER BY q.n DESC"), scanRequest)
	for i := range all {
		if err == nil {
			err = tx.openRequest(ctx, &all[i])
		}
	}
	return all, err
}

// PutRequest adds a request (version 0) or changes one.
func (tx *Tx) PutRequest(ctx context.Context, r casework.Request) error {
	fs, err := tx.seal(ctx, string(r.Case), "case_request", r.ID, map[string]sealed.Text{"text": r.Text})
	if err != nil {
		return err
	}
	return tx.save(ctx, "case_request", r.ID, r.Version, append(fs, field{"case_id", string(r.Case)}, field{"n", r.N}, field{"from_agency", string(r.From)}, field{"to_agency", string(r.To)},
		field{"kind", r.Kind}, field{"parts", bits(r.Parts)}, field{"state", string(r.State)}, field{"since_at", moment(r.Since)}, field{"due_on", day(r.Due)}, field{"until_at", moment(r.Until)},
		field{"share_id", text(r.Share)}, field{"sender", string(r.Sender)}, field{"taker", text(r.Taker)})...)
}

// PutRequestEvent adds a line to the history of a request.
func (tx *Tx) PutRequestEvent(ctx context.Context, c casework.CaseID, e casework.RequestEvent) error {
	fs, err := tx.seal(ctx, string(c), "case_request_event", e.ID, map[string]sealed.Text{"text": e.Text})
	if err != nil {
		return err
	}
	return tx.lined(ctx, "case_request_event", "request_id", e.Request, append(fs, field{"id", e.ID}, field{"at", moment(e.At)}, field{"actor", string(e.Actor)},
		field{"agency_id", text(e.Agency)}, field{"step", string(e.Step)})...)
}

// StaleRequests returns the requests that nobody finished although their last moment is over.
func (tx *Tx) StaleRequests(ctx context.Context) ([]string, error) {
	return collect(ctx, tx, selectFrom(`SELECT id FROM case_request`).and("state IN ('asked', 'taken', 'needs_info', 'accepted')").and("until_at <= ?", moment(tx.Now())).
		by("ORDER BY until_at, id LIMIT 500"), scanText[string])
}

const protectionSelect = `SELECT p.id, p.signal_id, p.case_id, p.agency_id, p.asked_by, p.ground, p.ordered_by, p.granted_at, p.option, p.place, p.told_at, p.notices,
	p.ended_at, p.handed_to, p.protocol, p.version FROM protection AS p`

func scanProtection(s scanner) (casework.Protection, error) {
	var p casework.Protection
	err := s.Scan(&p.ID, str(&p.Signal), str(&p.Case), &p.Agency, &p.AskedBy, &p.Ground, &p.OrderedBy, at(&p.Granted), &p.Option, &p.Place, at(&p.Told), fromJSON(&p.Notices),
		at(&p.Ended), str(&p.HandedTo), &p.Protocol, &p.Version)
	return p, err
}

func (tx *Tx) openProtection(ctx context.Context, p *casework.Protection) error {
	return tx.unseal(ctx, p.Owner(), p.ID, secret{"protection.place", &p.Place}, secret{"protection.protocol", &p.Protocol})
}

// Protection returns one police protection.
func (tx *Tx) Protection(ctx context.Context, id string) (casework.Protection, error) {
	p, err := one(ctx, tx, selectFrom(protectionSelect).and("p.id = ?", id), scanProtection)
	if err != nil {
		return p, err
	}
	return p, tx.openProtection(ctx, &p)
}

// Protections returns the police protections of a signal or a case, the newest first.
func (tx *Tx) Protections(ctx context.Context, g casework.SignalID, c casework.CaseID) ([]casework.Protection, error) {
	q := selectFrom(protectionSelect)
	if c != "" {
		q.and("p.case_id = ?", string(c))
	} else {
		q.and("p.signal_id = ?", string(g))
	}
	all, err := collect(ctx, tx, q.by("ORDER BY p.granted_at DESC, p.id"), scanProtection)
	for i := range all {
		if err == nil {
			err = tx.openProtection(ctx, &all[i])
		}
	}
	return all, err
}

// PutProtection adds a police protection (version 0) or changes one.
func (tx *Tx) PutProtection(ctx context.Context, p casework.Protection) error {
	fs, err := tx.seal(ctx, p.Owner(), "protection", p.ID, map[string]sealed.Text{"place": p.Place, "protocol": p.Protocol})
	if err != nil {
		return err
	}
	return tx.save(ctx, "protection", p.ID, p.Version, append(fs, field{"signal_id", text(p.Signal)}, field{"case_id", text(p.Case)}, field{"agency_id", string(p.Agency)},
		field{"asked_by", p.AskedBy}, field{"ground", p.Ground}, field{"ordered_by", p.OrderedBy}, field{"granted_at", moment(p.Granted)}, field{"option", p.Option},
		field{"told_at", moment(p.Told)}, field{"notices", asJSON(p.Notices)}, field{"ended_at", moment(p.Ended)}, field{"handed_to", text(p.HandedTo)})...)
}
