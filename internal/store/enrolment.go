package store

import (
	"context"
	"fmt"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/fold"
	"strengthen/internal/org"
	"strengthen/internal/training"
)

const enrolmentColumns = `n.id, n.training_id, n.person_id, n.agency_id, n.sector, n.profession, n.state, n.reason, n.reason_vars,
	n.applied_at, n.endorsed_at, n.confirmed_at, n.offered_until, n.badge, n.note, n.version`

func enrolmentFields(n *training.Enrolment) []any {
	return []any{&n.ID, &n.Event, &n.Person, &n.Agency, &n.Sector, &n.Profession, &n.State, &n.Why.Key, fromJSON(&n.Why.Vars),
		at(&n.Applied), at(&n.Endorsed), at(&n.Confirmed), at(&n.Until), &n.Badge, str(&n.Note), &n.Version}
}

func scanEnrolment(s scanner) (training.Enrolment, error) {
	var n training.Enrolment
	err := s.Scan(enrolmentFields(&n)...)
	return n, err
}

func enrolments() *query { return selectFrom(`SELECT ` + enrolmentColumns + ` FROM enrolment AS n`) }

// Enrolment returns one seat.
func (tx *Tx) Enrolment(ctx context.Context, id training.EnrolmentID) (training.Enrolment, error) {
	return one(ctx, tx, enrolments().and("n.id = ?", string(id)), scanEnrolment)
}

// EnrolmentByBadge returns the seat of a badge.
func (tx *Tx) EnrolmentByBadge(ctx context.Context, badge string) (training.Enrolment, error) {
	return one(ctx, tx, enrolments().and("n.badge = ?", badge), scanEnrolment)
}

// EnrolmentOf returns a person's seat in a training.
func (tx *Tx) EnrolmentOf(ctx context.Context, e training.EventID, p access.PersonID) (training.Enrolment, error) {
	return one(ctx, tx, enrolments().and("n.training_id = ?", string(e)).and("n.person_id = ?", string(p)), scanEnrolment)
}

// EnrolmentsOf returns a person's seats, the newest training first.
func (tx *Tx) EnrolmentsOf(ctx context.Context, p access.PersonID) ([]training.Enrolment, error) {
	return collect(ctx, tx, selectFrom(`SELECT `+enrolmentColumns+` FROM enrolment AS n JOIN training AS t ON t.id = n.training_id`).
		and("n.person_id = ?", string(p)).by("ORDER BY t.starts_on DESC, n.id"), scanEnrolment)
}

// Enrolments returns every seat of a training.
func (tx *Tx) Enrolments(ctx context.Context, e training.EventID) ([]training.Enrolment, error) {
	return collect(ctx, tx, enrolments().and("n.training_id = ?", string(e)).by("ORDER BY n.applied_at, n.id"), scanEnrolment)
}

// PutEnrolment adds a seat (version 0) or changes one.
func (tx *Tx) PutEnrolment(ctx context.Context, n training.Enrolment) error {
	return tx.save(ctx, "enrolment", string(n.ID), n.Version, field{"training_id", string(n.Event)},
		field{"person_id", string(n.Person)}, field{"agency_id", string(n.Agency)}, field{"sector", n.Sector},
		field{"profession", n.Profession}, field{"state", string(n.State)}, field{"reason", n.Why.Key},
		field{"reason_vars", asJSON(n.Why.Vars)}, field{"applied_at", moment(n.Applied)}, field{"endorsed_at", moment(n.Endorsed)},
		field{"confirmed_at", moment(n.Confirmed)}, field{"offered_until", moment(n.Until)}, field{"badge", n.Badge},
		field{"note", text(n.Note)})
}

// PutStep adds a line to the history of a seat.
func (tx *Tx) PutStep(ctx context.Context, r training.StepRecord) error {
	return tx.insert(ctx, "enrolment_event", field{"id", r.ID}, field{"enrolment_id", string(r.Enrolment)},
		field{"at", moment(r.At)}, field{"actor", string(r.Actor)}, field{"by_role", text(r.Side)}, field{"step", string(r.Step)},
		field{"led_to", string(r.To)}, field{"reason", r.Why.Key}, field{"reason_vars", asJSON(r.Why.Vars)})
}

// Steps returns the history of a seat, oldest first.
func (tx *Tx) Steps(ctx context.Context, id training.EnrolmentID) ([]training.StepRecord, error) {
	return collect(ctx, tx, selectFrom(`SELECT id, enrolment_id, at, actor, by_role, step, led_to, reason, reason_vars FROM enrolment_event`).
		and("enrolment_id = ?", string(id)).by("ORDER BY at, id"), func(s scanner) (training.StepRecord, error) {
		var r training.StepRecord
		err := s.Scan(&r.ID, &r.Enrolment, at(&r.At), &r.Actor, str(&r.Side), &r.Step, &r.To, &r.Why.Key, fromJSON(&r.Why.Vars))
		return r, err
	})
}

// MoveLinks lets the unused links of a purpose to a seat work until another moment.
func (tx *Tx) MoveLinks(ctx context.Context, purpose org.Purpose, seat training.EnrolmentID, until time.Time) error {
	_, err := tx.exec(ctx, `UPDATE token SET until_at = $1 WHERE purpose = $2 AND record_id = $3 AND used_at IS NULL`,
		moment(until), string(purpose), string(seat))
	return err
}

// seatScope says where a seat lies for a reader.
var seatScope = columns{
	id: "n.id", region: "t.region_id", own: "n.person_id",
	team: "EXISTS (SELECT 1 FROM trainer_assignment AS ta WHERE ta.training_id = n.training_id AND ta.person_id = ?)",
}

// Roster lists the people of a training within the reader's scope, in Bulgarian order, a page at a time.
func (tx *Tx) Roster(ctx context.Context, s access.Scope, f training.RosterFilter) ([]training.Card, error) {
	q := selectFrom(`SELECT `+enrolmentColumns+`, p.name, p.email, p.phone, p.lang, p.sort, a.name, a.head_email, c.enrolment_id
		FROM enrolment AS n JOIN training AS t ON t.id = n.training_id JOIN person AS p ON p.id = n.person_id
		JOIN agency AS a ON a.id = n.agency_id LEFT JOIN completion AS c ON c.enrolment_id = n.id`).
		within(s, seatScope)
	if f.Event != "" {
		q.and("n.training_id = ?", string(f.Event))
	}
	if f.State != "" {
		q.and("n.state = ?", string(f.State))
	}
	if f.Sector != "" {
		q.and("n.sector = ?", f.Sector)
	}
	if f.Find != "" {
		p := fold.LikePattern(f.Find)
		q.and(`p.name_fold LIKE ? ESCAPE '\' OR p.email_fold LIKE ? ESCAPE '\' OR a.name_fold LIKE ? ESCAPE '\'`, p, p, p)
	}
	if f.After != "" {
		q.and("p.sort || '/' || n.id > ?", f.After)
	}
	return collect(ctx, tx, q.by(fmt.Sprintf("ORDER BY p.sort || '/' || n.id LIMIT %d", limit(f.Limit))),
		func(s scanner) (training.Card, error) {
			var c training.Card
			var done string
			err := s.Scan(append(enrolmentFields(&c.Enrolment), &c.Name, &c.Email, str(&c.Phone), &c.Lang, &c.Sort, &c.AgencyName,
				str(&c.HeadEmail), str(&done))...)
			c.Done = done != ""
			return c, err
		})
}
