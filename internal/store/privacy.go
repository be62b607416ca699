package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"strengthen/internal/calendar"
	"strengthen/internal/fault"
	"strengthen/internal/fold"
	"strengthen/internal/ledger"
	"strengthen/internal/privacy"
	"strengthen/internal/sealed"
)

var _ privacy.Tx = (*Tx)(nil)

// erasingMail takes the address and the words out of a month's mail. The rows stay with their keys, so that nothing that was
// sent once is sent again.
const erasingMail = `UPDATE message SET address = '', vars = '{}', link = NULL, failure = NULL, person_id = NULL WHERE state <> 'planned' AND substr(due_at, 1, 7) = $1`

// erasingPerson takes away who somebody was. What they did stays, so that what was counted stays true: it is of nobody now.
var erasingPerson = []string{
	`DELETE FROM session WHERE person_id = $1`,
	`DELETE FROM passkey WHERE person_id = $1`,
	`DELETE FROM recovery_code WHERE person_id = $1`,
	`DELETE FROM token WHERE person_id = $1`,
	`DELETE FROM draft WHERE person_id = $1`,
	`DELETE FROM role_grant WHERE person_id = $1`,
	`DELETE FROM account WHERE person_id = $1`,
	`UPDATE message SET address = '', vars = '{}', link = NULL, failure = NULL, state = CASE WHEN state = 'planned' THEN 'cancelled' ELSE state END WHERE person_id = $1`,
	`UPDATE message SET person_id = NULL WHERE person_id = $1`,
	`UPDATE certificate SET name = '—' WHERE enrolment_id IN (SELECT id FROM enrolment WHERE person_id = $1)`,
	`UPDATE enrolment SET note = NULL WHERE person_id = $1`,
	`UPDATE person SET name = '—', name_fold = '', sort = '', email = '', email_fold = '', phone = NULL, gender = NULL, agency_id = NULL WHERE id = $1`,
}

// RetentionRules returns the terms of all classes.
func (tx *Tx) RetentionRules(ctx context.Context) ([]privacy.Rule, error) {
	return collect(ctx, tx, selectFrom(`SELECT class, months, source, confidence, reason, at, changed_by, version FROM retention_rule`).by("ORDER BY class"),
		func(s scanner) (privacy.Rule, error) {
			var r privacy.Rule
			return r, s.Scan(&r.Class, &r.Months, &r.Source, &r.Confidence, &r.Reason, at(&r.At), str(&r.By), &r.Version)
		})
}

// PutRetentionRule adds a term (version 0) or changes one.
func (tx *Tx) PutRetentionRule(ctx context.Context, r privacy.Rule) error {
	fs := []field{{"months", r.Months}, {"source", r.Source}, {"confidence", r.Confidence}, {"reason", r.Reason}, {"at", moment(r.At)}, {"changed_by", text(r.By)}}
	if r.Version == 0 {
		return tx.insert(ctx, "retention_rule", append(fs, field{"class", string(r.Class)}, field{"version", 1})...)
	}
	return tx.put(ctx, `UPDATE retention_rule SET months = $1, source = $2, confidence = $3, reason = $4, at = $5, changed_by = $6, version = version + 1
		WHERE class = $7 AND version = $8`, r.Months, r.Source, r.Confidence, r.Reason, moment(r.At), text(r.By), string(r.Class), r.Version)
}

// ended says for each class which records have ended, and since when: a moment or a day. A class without a text never ends. The
// name of former staff stays while anything is kept that they may have worked on: a case, a signal or a request of their
// institution from their time, a team in which they sat, a signal that they gave, an emergency access of theirs. A case that points
// to another of the same child ends with that one.
var ended = map[privacy.Class]string{
	privacy.Cases: `SELECT c.id, coalesce(m.closed_at, c.closed_at) AS since FROM case_file AS c LEFT JOIN case_duplicate AS d ON d.case_id = c.id LEFT JOIN case_file AS m ON m.id = d.of_id
		WHERE c.closed_at IS NOT NULL AND (d.of_id IS NULL OR m.closed_at IS NOT NULL)`,
	privacy.Signals: `SELECT id, since_at AS since FROM signal WHERE state = 'no_action' AND case_id IS NULL`,
	privacy.People: `SELECT p.id, (SELECT max(d.day) FROM (SELECT p.made_at AS day
			UNION ALL SELECT t.ends_on FROM enrolment AS e JOIN training AS t ON t.id = e.training_id WHERE e.person_id = p.id
			UNION ALL SELECT t.ends_on FROM trainer_assignment AS a JOIN training AS t ON t.id = a.training_id WHERE a.person_id = p.id
			UNION ALL SELECT coalesce(g.ended_at, g.until_at) FROM role_grant AS g WHERE g.person_id = p.id AND g.role <> 'participant') AS d) AS since
		FROM person AS p WHERE p.email <> '' AND NOT EXISTS (SELECT 1 FROM role_grant AS g WHERE g.person_id = p.id AND g.role <> 'participant' AND g.ended_at IS NULL AND g.until_at IS NULL)
		AND NOT EXISTS (SELECT 1 FROM role_grant AS g JOIN case_file AS c ON c.agency_id = g.agency_id WHERE g.person_id = p.id AND c.opened_at <= coalesce(g.ended_at, g.until_at))
		AND NOT EXISTS (SELECT 1 FROM role_grant AS g JOIN signal AS s ON s.unit_id = g.agency_id WHERE g.person_id = p.id AND s.received_at <= coalesce(g.ended_at, g.until_at))
		AND NOT EXISTS (SELECT 1 FROM role_grant AS g JOIN case_request AS r ON r.to_agency = g.agency_id WHERE g.person_id = p.id AND r.since_at <= coalesce(g.ended_at, g.until_at))
		AND NOT EXISTS (SELECT 1 FROM case_seat AS s WHERE s.person_id = p.id) AND NOT EXISTS (SELECT 1 FROM signal AS s WHERE s.source_person = p.id)
		AND NOT EXISTS (SELECT 1 FROM glass_break AS b WHERE b.person_id = p.id OR b.reviewer = p.id)`,
	privacy.Mail:     `SELECT substr(due_at, 1, 7) AS id, substr(due_at, 1, 7) AS since FROM message WHERE state <> 'planned' AND address <> '' GROUP BY substr(due_at, 1, 7)`,
	privacy.Sessions: `SELECT m AS id, m AS since FROM (SELECT substr(until_at, 1, 7) AS m FROM session UNION SELECT substr(on_day, 1, 7) FROM unusual_day) AS s`,
	privacy.Requests: `SELECT id, decided_at AS since FROM subject_request WHERE decided_at IS NOT NULL`,
	privacy.Exports:  `SELECT id, ended_at AS since FROM export_job WHERE ended_at IS NOT NULL`,
}

// scanDue reads a record and its day; of a month it is the day after.
func scanDue(s scanner) (privacy.Due, error) {
	var d privacy.Due
	var since string
	if err := s.Scan(&d.Record, &since); err != nil {
		return d, err
	}
	var err error
	switch len(since) {
	case len("2006-01"):
		d.Since, err = calendar.ParseDate(since + "-01")
		d.Since = d.Since.AddMonths(1)
	case len("2006-01-02"):
		d.Since, err = calendar.ParseDate(since)
	default:
		var t time.Time
		t, err = time.Parse(momentLayout, since)
		d.Since = calendar.On(t)
	}
	return d, err
}

// Ended lists records that ended before a day and are neither proposed nor held, the oldest first.
func (tx *Tx) Ended(ctx context.Context, c privacy.Class, before calendar.Date, n int) ([]privacy.Due, error) {
	if ended[c] == "" {
		return nil, nil
	}
	q := selectFrom("SELECT x.id, x.since FROM ("+ended[c]+") AS x").and("x.since < ?", before.String()).
		and("NOT EXISTS (SELECT 1 FROM retention_item AS i WHERE i.class = ? AND i.record_id = x.id AND i.state IN ('proposed', 'held', 'confirmed'))", string(c))
	return collect(ctx, tx, q.by(fmt.Sprintf("ORDER BY x.since, x.id LIMIT %d", n)), scanDue)
}

// EndedRecord returns since when one record has ended; the zero date while it goes on or is not there.
func (tx *Tx) EndedRecord(ctx context.Context, c privacy.Class, record string) (calendar.Date, error) {
	if ended[c] == "" {
		return calendar.Date{}, nil
	}
	d, err := one(ctx, tx, selectFrom("SELECT x.id, x.since FROM ("+ended[c]+") AS x").and("x.id = ?", record), scanDue)
	if fault.Is(err, fault.NotFound) {
		err = nil
	}
	return d.Since, err
}

// FindRecord finds a case or a signal by its reference and a person by the address.
func (tx *Tx) FindRecord(ctx context.Context, c privacy.Class, name string) (string, error) {
	q := selectFrom(map[privacy.Class]string{privacy.Cases: `SELECT id FROM case_file`, privacy.Signals: `SELECT id FROM signal`, privacy.People: `SELECT id FROM person`}[c])
	if c == privacy.People {
		q.and("email_fold = ?", fold.Email(name)).and("email <> ''")
	} else {
		q.and("ref = ?", strings.ToUpper(strings.TrimSpace(name)))
	}
	return one(ctx, tx, q.by("ORDER BY id LIMIT 1"), scanText[string])
}

const itemSelect = `SELECT x.id, x.class, x.record_id, x.state, x.due_on, x.proposed_at, x.held_by, x.held_at, x.why, x.confirmed_by, x.confirmed_at, x.erased_by, x.erased_at,
	x.version, x.label, x.agency, x.holder, x.confirmer FROM (
	SELECT i.*, coalesce(c.ref, g.ref, p.name, i.record_id) AS label, coalesce(c.agency_id, g.unit_id) AS agency, h.name AS holder, f.name AS confirmer FROM retention_item AS i
	LEFT JOIN case_file AS c ON i.class = 'case' AND c.id = i.record_id LEFT JOIN signal AS g ON i.class = 'signal' AND g.id = i.record_id
	LEFT JOIN person AS p ON i.class = 'person' AND p.id = i.record_id LEFT JOIN person AS h ON h.id = i.held_by LEFT JOIN person AS f ON f.id = i.confirmed_by) AS x`

func scanItem(s scanner) (privacy.Item, error) {
	var x privacy.Item
	err := s.Scan(&x.ID, &x.Class, &x.Record, &x.State, on(&x.Due), at(&x.Proposed), str(&x.HeldBy), at(&x.HeldAt), &x.Why, str(&x.ConfirmedBy), at(&x.ConfirmedAt),
		str(&x.ErasedBy), at(&x.ErasedAt), &x.Version, &x.Label, str(&x.Agency), str(&x.Holder), str(&x.Confirm))
	return x, err
}

func (tx *Tx) retentionItems(ctx context.Context, q *query) ([]privacy.Item, error) {
	all, err := collect(ctx, tx, q, scanItem)
	for i := range all {
		if err == nil && all[i].Why != "" {
			err = tx.unseal(ctx, all[i].ID, all[i].ID, secret{"retention_item.why", &all[i].Why})
		}
	}
	return all, err
}

// RetentionItems lists items, those due longest first: of children's records what lies within a scope, of others all or none.
func (tx *Tx) RetentionItems(ctx context.Context, f privacy.ItemFilter) ([]privacy.Item, error) {
	narrow := func(q *query) ([]privacy.Item, error) {
		if f.Class != "" {
			q.and("x.class = ?", string(f.Class))
		}
		tail := "ORDER BY x.due_on, x.class, x.label, x.id"
		if f.Limit > 0 {
			tail += fmt.Sprintf(" LIMIT %d", f.Limit)
		}
		return tx.retentionItems(ctx, in(q, "x.state", f.States).by(tail))
	}
	all, err := narrow(selectFrom(itemSelect).and("x.class IN ('case', 'signal')").within(f.Children, columns{agency: "x.agency"}))
	if err != nil || !f.Others {
		return all, err
	}
	others, err := narrow(selectFrom(itemSelect).and("x.class NOT IN ('case', 'signal')"))
	all = append(all, others...)
	slices.SortStableFunc(all, func(a, b privacy.Item) int { return a.Due.Compare(b.Due) })
	return all, err
}

func (tx *Tx) oneRetentionItem(ctx context.Context, q *query) (privacy.Item, error) {
	all, err := tx.retentionItems(ctx, q)
	if err == nil && len(all) == 0 {
		return privacy.Item{}, fault.New(fault.NotFound, "fault.notfound")
	}
	if err != nil {
		return privacy.Item{}, err
	}
	return all[0], nil
}

// RetentionItem returns one item.
func (tx *Tx) RetentionItem(ctx context.Context, id string) (privacy.Item, error) {
	return tx.oneRetentionItem(ctx, selectFrom(itemSelect).and("x.id = ?", id))
}

// RetentionItemOf returns the item of a record.
func (tx *Tx) RetentionItemOf(ctx context.Context, c privacy.Class, record string) (privacy.Item, error) {
	return tx.oneRetentionItem(ctx, selectFrom(itemSelect).and("x.class = ?", string(c)).and("x.record_id = ?", record))
}

// PutRetentionItem adds an item (version 0) or changes one. Why it is held lies under a key of its own, which goes with the hold.
func (tx *Tx) PutRetentionItem(ctx context.Context, x privacy.Item) error {
	why, err := tx.sealWhy(ctx, x)
	if err != nil {
		return err
	}
	return tx.save(ctx, "retention_item", x.ID, x.Version, field{"class", string(x.Class)}, field{"record_id", x.Record}, field{"state", string(x.State)}, field{"due_on", day(x.Due)},
		field{"proposed_at", moment(x.Proposed)}, field{"held_by", text(x.HeldBy)}, field{"held_at", moment(x.HeldAt)}, field{"why", why}, field{"confirmed_by", text(x.ConfirmedBy)},
		field{"confirmed_at", moment(x.ConfirmedAt)}, field{"erased_by", text(x.ErasedBy)}, field{"erased_at", moment(x.ErasedAt)})
}

func (tx *Tx) sealWhy(ctx context.Context, x privacy.Item) (string, error) {
	if x.Why == "" {
		return "", tx.dropKey(ctx, x.ID)
	}
	if _, err := tx.key(ctx, x.ID); fault.Is(err, fault.NotFound) {
		if err := tx.NewKey(ctx, x.ID); err != nil {
			return "", err
		}
	}
	fs, err := tx.seal(ctx, x.ID, "retention_item", x.ID, map[string]sealed.Text{"why": x.Why})
	if err != nil {
		return "", err
	}
	return fs[0].value.(string), nil
}

// dropKey takes a key away, and with it what was sealed under it.
func (tx *Tx) dropKey(ctx context.Context, owner string) error {
	delete(tx.keys, owner)
	_, err := tx.exec(ctx, `DELETE FROM record_key WHERE owner = $1`, owner)
	return err
}

// DropRetentionItem takes a proposal back.
func (tx *Tx) DropRetentionItem(ctx context.Context, x privacy.Item) error {
	return tx.put(ctx, `DELETE FROM retention_item WHERE id = $1 AND version = $2`, x.ID, x.Version)
}

// CountItems counts the items of each state.
func (tx *Tx) CountItems(ctx context.Context) (map[privacy.State]int, error) {
	all := map[privacy.State]int{}
	_, err := collect(ctx, tx, selectFrom(`SELECT state, count(*) FROM retention_item`).by("GROUP BY state"), func(s scanner) (struct{}, error) {
		var state privacy.State
		var n int
		err := s.Scan(&state, &n)
		all[state] = n
		return struct{}{}, err
	})
	return all, err
}

// SignalsWith lists the signals that belong to a case, with those joined to them, or those joined to a signal.
func (tx *Tx) SignalsWith(ctx context.Context, c privacy.Class, record string) ([]string, error) {
	q := selectFrom(`SELECT id FROM signal`)
	if c == privacy.Cases {
		q.and("case_id = ? OR joined_to IN (SELECT g.id FROM signal AS g WHERE g.case_id = ?)", record, record)
	} else {
		q.and("joined_to = ?", record)
	}
	return collect(ctx, tx, q.by("ORDER BY id"), scanText[string])
}

// EraseRecord is Erase for a subject.
func (tx *Tx) EraseRecord(ctx context.Context, kind, id string) error {
	return tx.Erase(ctx, ledger.Record{Kind: kind, ID: id})
}
