package training

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/fault"
	"strengthen/internal/org"
)

// Certificate says in public that somebody completed a training.
type Certificate struct {
	ID         string
	Enrolment  EnrolmentID
	Number     string // running number of the year, such as ST-2026-0042
	Code       string // of the page on which it can be checked
	Name       string // as it was when issued
	Completed  calendar.Date
	Issued     calendar.Date
	Revoked    calendar.Date
	RevokedKey string // why, as a message key: ByHand or Undone
	RevokedFor string // why, in the words of whoever revoked it
}

// Why a certificate was revoked.
const (
	ByHand = "revoked.byhand"
	Undone = "revoked.undone" // a correction of presence or of the plan took the completion back
)

// Valid reports whether the certificate was not revoked.
func (c Certificate) Valid() bool { return c.Revoked.IsZero() }

// alphabet leaves out letters and digits that are easily confused.
const alphabet = "23456789abcdefghjkmnpqrstuvwxyz"

// newCode returns twelve signs, some 59 random bits: enough that nobody finds a certificate by trying.
func newCode() string {
	b := make([]byte, 12)
	rand.Read(b)
	for i := range b {
		b[i] = alphabet[int(b[i])%len(alphabet)]
	}
	return string(b)
}

// Issue gives a certificate to everybody of a training who completed and has none; it returns how many. Somebody whose
// completion was taken back and has come again gets a new one. Somebody whose certificate was revoked by hand does not: see
// IssueAgain.
func (s *Service) Issue(ctx context.Context, by access.Actor, id EventID) (int, error) {
	issued := 0
	err := s.store.Update(ctx, by, func(tx Tx) error {
		issued = 0
		e, err := readEvent(ctx, tx, by, access.Certify, id)
		if err != nil {
			return err
		}
		done, err := tx.Completions(ctx, id)
		if err != nil {
			return err
		}
		before, err := tx.Certificates(ctx, id)
		if err != nil {
			return err
		}
		has := map[EnrolmentID]bool{}
		for _, c := range before {
			if c.Valid() || c.RevokedKey == ByHand {
				has[c.Enrolment] = true
			}
		}
		for _, c := range done {
			if has[c.Enrolment] {
				continue
			}
			issued++
			if err := issue(ctx, tx, e, c); err != nil {
				return err
			}
		}
		return nil
	})
	return issued, err
}

// IssueAgain gives a new certificate to one person who completed and whose earlier one was revoked, such as for a wrong name.
func (s *Service) IssueAgain(ctx context.Context, by access.Actor, id EnrolmentID) error {
	return s.store.Update(ctx, by, func(tx Tx) error {
		n, e, err := readSeat(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := tx.Allow(ctx, access.Certify, n.resource(e)); err != nil {
			return err
		}
		done, err := tx.Completion(ctx, id)
		if fault.Is(err, fault.NotFound) {
			return fault.New(fault.Conflict, "certificate.undone")
		}
		if err != nil {
			return err
		}
		old, err := tx.CertificatesOf(ctx, id)
		if err != nil {
			return err
		}
		if len(old) > 0 && old[0].Valid() {
			return fault.New(fault.Conflict, "certificate.valid")
		}
		return issue(ctx, tx, e, done)
	})
}

func year(d calendar.Date) int {
	y, _, _ := d.Parts()
	return y
}

func issue(ctx context.Context, tx Tx, e Event, done Completion) error {
	today := calendar.On(tx.Now())
	number, err := tx.CertificateCount(ctx, year(today))
	if err != nil {
		return err
	}
	p, err := tx.Person(ctx, done.Person)
	if err != nil {
		return err
	}
	n, err := tx.Enrolment(ctx, done.Enrolment)
	if err != nil {
		return err
	}
	c := Certificate{
		ID: access.NewID(), Enrolment: done.Enrolment, Number: fmt.Sprintf("ST-%d-%04d", year(today), number+1),
		Code: newCode(), Name: p.Name, Completed: done.On, Issued: today,
	}
	if err := tx.PutCertificate(ctx, c); err != nil {
		return err
	}
	link, err := seatLink(ctx, tx, org.Seat, n, today.AddMonths(12).End())
	if err != nil {
		return err
	}
	return plan1(ctx, tx, e, n, mailCert, map[string]string{"link": link, "once": c.Number})
}

// Revoke takes a certificate back, with a reason that stays on the record.
func (s *Service) Revoke(ctx context.Context, by access.Actor, id EnrolmentID, reason string) error {
	reason = strings.TrimSpace(reason)
	if n := len([]rune(reason)); n < 3 || n > 300 {
		return fault.Field("reason", "form.length", fault.Vars{"min": 3, "max": 300})
	}
	return s.store.Update(ctx, by, func(tx Tx) error {
		n, e, err := readSeat(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := tx.Allow(ctx, access.RevokeCert, n.resource(e)); err != nil {
			return err
		}
		c, err := currentCertificate(ctx, tx, id)
		if err != nil {
			return err
		}
		if !c.Valid() {
			return fault.New(fault.Conflict, "fault.changed")
		}
		return revoke(ctx, tx, e, n, c, ByHand, reason)
	})
}

// currentCertificate is the valid certificate of a seat, or else the last one.
func currentCertificate(ctx context.Context, tx Tx, id EnrolmentID) (Certificate, error) {
	all, err := tx.CertificatesOf(ctx, id)
	if err == nil && len(all) == 0 {
		err = fault.New(fault.NotFound, "fault.notfound")
	}
	if err != nil {
		return Certificate{}, err
	}
	return all[0], nil
}

// revoke takes a certificate back and tells the person.
func revoke(ctx context.Context, tx Tx, e Event, n Enrolment, c Certificate, key, words string) error {
	c.Revoked, c.RevokedKey, c.RevokedFor = calendar.On(tx.Now()), key, words
	if err := tx.PutCertificate(ctx, c); err != nil {
		return err
	}
	if err := tx.CancelMail(ctx, string(n.ID), mailCert); err != nil {
		return err
	}
	return plan1(ctx, tx, e, n, mailRevoked, map[string]string{"number": c.Number, "once": c.Number})
}

// undone revokes the certificate of somebody whose completion was taken back.
func undone(ctx context.Context, tx Tx, e Event, n Enrolment) error {
	c, err := currentCertificate(ctx, tx, n.ID)
	if fault.Is(err, fault.NotFound) || err == nil && !c.Valid() {
		return nil
	}
	if err != nil {
		return err
	}
	if err := tx.Record(ctx, access.RevokeCert, n.resource(e)); err != nil {
		return err
	}
	return revoke(ctx, tx, e, n, c, Undone, "")
}

// redated lets a valid certificate name the corrected day of completion.
func redated(ctx context.Context, tx Tx, n Enrolment, on calendar.Date) error {
	c, err := currentCertificate(ctx, tx, n.ID)
	if fault.Is(err, fault.NotFound) || err == nil && !c.Valid() {
		return nil
	}
	if err != nil {
		return err
	}
	c.Completed = on
	return tx.PutCertificate(ctx, c)
}

// Checked is what the public page says about a certificate: no more than is on the paper.
type Checked struct {
	Certificate Certificate
	Event       Event
	Programme   Programme
}

// Check finds a certificate by the code on it.
func (s *Service) Check(ctx context.Context, code string) (Checked, error) {
	var v Checked
	err := s.store.View(ctx, access.Public(""), func(tx Tx) error {
		if err := tx.Allow(ctx, access.CheckCert, access.Resource{Kind: "certificate"}); err != nil {
			return err
		}
		var err error
		if v.Certificate, err = tx.CertificateByCode(ctx, strings.ToLower(strings.TrimSpace(code))); err != nil {
			return err
		}
		v, err = checked(ctx, tx, v.Certificate)
		return err
	})
	return v, err
}

func checked(ctx context.Context, tx Tx, c Certificate) (Checked, error) {
	v := Checked{Certificate: c}
	_, e, err := readSeat(ctx, tx, c.Enrolment)
	if err != nil {
		return v, err
	}
	v.Event = e
	v.Programme, err = tx.Programme(ctx)
	return v, err
}

// Certificate opens one's own certificate, or that of somebody in one's care.
func (s *Service) Certificate(ctx context.Context, by access.Actor, id EnrolmentID) (Checked, error) {
	var v Checked
	err := s.store.Update(ctx, by, func(tx Tx) error {
		n, e, err := readSeat(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := tx.Allow(ctx, access.SeeCert, n.resource(e)); err != nil {
			return err
		}
		c, err := currentCertificate(ctx, tx, id)
		if err != nil {
			return err
		}
		v, err = checked(ctx, tx, c)
		return err
	})
	return v, err
}
