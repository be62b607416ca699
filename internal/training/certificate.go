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
	Issued     calendar.Date
	Revoked    calendar.Date
	RevokedFor string
}

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

// Issue gives a certificate to everybody of a training who completed and has none yet; it returns how many.
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
		number, err := tx.CertificateCount(ctx, year(s.now.Today()))
		if err != nil {
			return err
		}
		for _, c := range done {
			if _, err := tx.Certificate(ctx, c.Enrolment); err == nil {
				continue
			} else if !fault.Is(err, fault.NotFound) {
				return err
			}
			issued++
			if err := issue(ctx, tx, e, c, number+issued, s.now.Today()); err != nil {
				return err
			}
		}
		return nil
	})
	return issued, err
}

func year(d calendar.Date) int {
	y, _, _ := d.Parts()
	return y
}

func issue(ctx context.Context, tx Tx, e Event, done Completion, number int, today calendar.Date) error {
	p, err := tx.Person(ctx, done.Person)
	if err != nil {
		return err
	}
	n, err := tx.Enrolment(ctx, done.Enrolment)
	if err != nil {
		return err
	}
	c := Certificate{
		ID: access.NewID(), Enrolment: done.Enrolment, Number: fmt.Sprintf("ST-%d-%04d", year(today), number),
		Code: newCode(), Name: p.Name, Issued: today,
	}
	if err := tx.PutCertificate(ctx, c); err != nil {
		return err
	}
	link, err := seatLink(ctx, tx, org.Seat, n, today.AddMonths(12).End())
	if err != nil {
		return err
	}
	return plan1(ctx, tx, e, n, mailCert, map[string]string{"link": link})
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
		c, err := tx.Certificate(ctx, id)
		if err != nil {
			return err
		}
		if !c.Valid() {
			return fault.New(fault.Conflict, "fault.changed")
		}
		c.Revoked, c.RevokedFor = s.now.Today(), reason
		return tx.PutCertificate(ctx, c)
	})
}

// Checked is what the public page says about a certificate: no more than is on the paper.
type Checked struct {
	Certificate Certificate
	Event       Event
	Programme   Programme
	Completed   calendar.Date
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
	n, e, err := readSeat(ctx, tx, c.Enrolment)
	if err != nil {
		return v, err
	}
	v.Event = e
	done, err := tx.Completion(ctx, n.ID)
	if fault.Is(err, fault.NotFound) {
		err = nil
	}
	if err != nil {
		return v, err
	}
	v.Completed = done.On
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
		c, err := tx.Certificate(ctx, id)
		if err != nil {
			return err
		}
		v, err = checked(ctx, tx, c)
		return err
	})
	return v, err
}
