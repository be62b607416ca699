package store

import (
	"context"
	"fmt"

	"strengthen/internal/training"
)

const presenceSelect = `SELECT a.id, a.enrolment_id, a.half_day_id, a.status, a.method, a.client_key, a.actor, a.at, a.reason
	FROM attendance AS a`

func scanPresence(s scanner) (training.Presence, error) {
	var p training.Presence
	err := s.Scan(&p.ID, &p.Enrolment, &p.HalfDay, &p.Status, &p.Method, &p.ClientKey, &p.Actor, at(&p.At), str(&p.Reason))
	return p, err
}

// Attendance returns the current marks of a training.
func (tx *Tx) Attendance(ctx context.Context, e training.EventID) ([]training.Presence, error) {
	return collect(ctx, tx, selectFrom(presenceSelect+` JOIN half_day AS h ON h.id = a.half_day_id`).
		and("h.training_id = ?", string(e)).and("a.current").by("ORDER BY h.held_on, h.starts, a.enrolment_id"), scanPresence)
}

// PresenceByKey returns the mark that a device sent under a key.
func (tx *Tx) PresenceByKey(ctx context.Context, clientKey string) (training.Presence, error) {
	return one(ctx, tx, selectFrom(presenceSelect).and("a.client_key = ?", clientKey), scanPresence)
}

// PresenceHistory returns every mark ever made of a seat, oldest first.
func (tx *Tx) PresenceHistory(ctx context.Context, id training.EnrolmentID) ([]training.Presence, error) {
	return collect(ctx, tx, selectFrom(presenceSelect).and("a.enrolment_id = ?", string(id)).by("ORDER BY a.at, a.id"), scanPresence)
}

// MarkedHalfDays returns the half-days of a training at which presence was ever marked.
func (tx *Tx) MarkedHalfDays(ctx context.Context, e training.EventID) ([]string, error) {
	return collect(ctx, tx, selectFrom(`SELECT h.id FROM half_day AS h`).and("h.training_id = ?", string(e)).
		and("EXISTS (SELECT 1 FROM attendance AS a WHERE a.half_day_id = h.id)").by("ORDER BY h.id"), scanText[string])
}

// PutPresence adds a mark; an earlier one of the same half-day stays, and is no longer current. A mark that clears is not
// current either.
func (tx *Tx) PutPresence(ctx context.Context, p training.Presence) error {
	_, err := tx.exec(ctx, `UPDATE attendance SET current = FALSE WHERE enrolment_id = $1 AND half_day_id = $2 AND current`,
		string(p.Enrolment), p.HalfDay)
	if err != nil {
		return err
	}
	return tx.insert(ctx, "attendance", field{"id", p.ID}, field{"enrolment_id", string(p.Enrolment)},
		field{"half_day_id", p.HalfDay}, field{"status", string(p.Status)}, field{"method", string(p.Method)},
		field{"client_key", p.ClientKey}, field{"actor", string(p.Actor)}, field{"at", moment(p.At)},
		field{"reason", text(p.Reason)}, field{"current", p.Status != training.Cleared})
}

const completionSelect = `SELECT enrolment_id, person_id, training_id, completed_on, attended, half_days, need_share, at FROM completion`

func scanCompletion(s scanner) (training.Completion, error) {
	var c training.Completion
	err := s.Scan(&c.Enrolment, &c.Person, &c.Event, on(&c.On), &c.Attended, &c.HalfDays, &c.NeedShare, at(&c.At))
	return c, err
}

// Completion returns the completion of a seat.
func (tx *Tx) Completion(ctx context.Context, id training.EnrolmentID) (training.Completion, error) {
	return one(ctx, tx, selectFrom(completionSelect).and("enrolment_id = ?", string(id)), scanCompletion)
}

// Completions returns the completions of a training.
func (tx *Tx) Completions(ctx context.Context, e training.EventID) ([]training.Completion, error) {
	return collect(ctx, tx, selectFrom(completionSelect).and("training_id = ?", string(e)).by("ORDER BY enrolment_id"), scanCompletion)
}

// PutCompletion adds or moves a completion.
func (tx *Tx) PutCompletion(ctx context.Context, c training.Completion) error {
	return tx.upsert(ctx, "completion", 1, field{"enrolment_id", string(c.Enrolment)}, field{"person_id", string(c.Person)},
		field{"training_id", string(c.Event)}, field{"completed_on", day(c.On)}, field{"attended", c.Attended},
		field{"half_days", c.HalfDays}, field{"need_share", c.NeedShare}, field{"at", moment(c.At)})
}

// DropCompletion takes a completion back.
func (tx *Tx) DropCompletion(ctx context.Context, id training.EnrolmentID) error {
	return tx.put(ctx, `DELETE FROM completion WHERE enrolment_id = $1`, string(id))
}

const certificateSelect = `SELECT c.id, c.enrolment_id, c.number, c.code, c.name, c.completed_on, c.issued_on, c.revoked_on,
	c.revoked_key, c.revoked_for
	FROM certificate AS c`

func scanCertificate(s scanner) (training.Certificate, error) {
	var c training.Certificate
	err := s.Scan(&c.ID, &c.Enrolment, &c.Number, &c.Code, &c.Name, on(&c.Completed), on(&c.Issued), on(&c.Revoked), str(&c.RevokedKey),
		str(&c.RevokedFor))
	return c, err
}

// CertificatesOf returns the certificates of a seat, the valid one or else the last first.
func (tx *Tx) CertificatesOf(ctx context.Context, id training.EnrolmentID) ([]training.Certificate, error) {
	return collect(ctx, tx, selectFrom(certificateSelect).and("c.enrolment_id = ?", string(id)).
		by("ORDER BY CASE WHEN c.revoked_on IS NULL THEN 0 ELSE 1 END, c.issued_on DESC, c.number DESC"), scanCertificate)
}

// CertificateByCode returns the certificate of a public code.
func (tx *Tx) CertificateByCode(ctx context.Context, code string) (training.Certificate, error) {
	return one(ctx, tx, selectFrom(certificateSelect).and("c.code = ?", code), scanCertificate)
}

// Certificates returns the certificates of a training.
func (tx *Tx) Certificates(ctx context.Context, e training.EventID) ([]training.Certificate, error) {
	return collect(ctx, tx, selectFrom(certificateSelect+` JOIN enrolment AS n ON n.id = c.enrolment_id`).
		and("n.training_id = ?", string(e)).by("ORDER BY c.number"), scanCertificate)
}

// PutCertificate adds or changes a certificate.
func (tx *Tx) PutCertificate(ctx context.Context, c training.Certificate) error {
	return tx.upsert(ctx, "certificate", 1, field{"id", c.ID}, field{"enrolment_id", string(c.Enrolment)},
		field{"number", c.Number}, field{"code", c.Code}, field{"name", c.Name}, field{"completed_on", day(c.Completed)},
		field{"issued_on", day(c.Issued)}, field{"revoked_on", day(c.Revoked)}, field{"revoked_key", text(c.RevokedKey)},
		field{"revoked_for", text(c.RevokedFor)})
}

// CertificateCount counts the certificates numbered in a year.
func (tx *Tx) CertificateCount(ctx context.Context, year int) (int, error) {
	return tx.count(ctx, selectFrom(`SELECT count(*) FROM certificate`).and("number LIKE ?", fmt.Sprintf("ST-%d-%%", year)))
}
