package training

import (
	"context"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/org"
)

// Answer is what the head of an institution says about an application.
type Answer string

// The answers of a head.
const (
	Agrees   Answer = "agree"
	NotNow   Answer = "notnow"
	Replaces Answer = "replace"
)

// Request is what the head of an institution is asked.
type Request struct {
	Seat      Enrolment
	Event     Event
	Name      string
	Agency    org.Agency
	Awaits    bool // an answer is still to be given
	Replaces  bool // a colleague can be sent instead
	CalledOff bool
}

// Request opens the page behind a head's link. It opens until the training begins, also after the head has answered.
func (s *Service) Request(ctx context.Context, token string) (Request, error) {
	var r Request
	err := s.store.View(ctx, access.Public(""), func(tx Tx) error {
		t, err := linkFor(ctx, tx, token, org.Endorse)
		if err != nil {
			return err
		}
		if r.Seat, r.Event, err = readSeat(ctx, tx, EnrolmentID(t.Record)); err != nil {
			return err
		}
		p, err := tx.Person(ctx, r.Seat.Person)
		if err != nil {
			return err
		}
		r.Name = p.Name
		inTime := tx.Now().Before(t.Until)
		r.Awaits, r.Replaces = inTime && r.Seat.State == Applied, inTime && Replace.From(r.Seat.State)
		r.CalledOff = r.Event.State != Planned
		if !inTime && r.Seat.State == Applied {
			return fault.New(fault.Conflict, "link.expired")
		}
		r.Agency, err = tx.Agency(ctx, r.Seat.Agency)
		return err
	})
	return r, err
}

func linkFor(ctx context.Context, tx Tx, token string, purpose org.Purpose) (org.Token, error) {
	t, err := tx.Token(ctx, access.HashToken(token))
	if err == nil && t.Purpose != purpose {
		err = fault.New(fault.NotFound, "fault.notfound")
	}
	return t, err
}

// Respond records the head's answer. Agrees and NotNow are said once; with Replaces, until the training begins, a colleague
// takes the place in line, and the seat where there is one.
func (s *Service) Respond(ctx context.Context, token, request string, answer Answer, colleague Application) error {
	t, err := s.peek(ctx, token, org.Endorse)
	if err != nil {
		return err
	}
	by := access.ByLink(access.Head, t.Record, request)
	return s.store.Update(ctx, by, func(tx Tx) error {
		if !tx.Now().Before(t.Until) {
			return fault.New(fault.Conflict, "link.expired")
		}
		n, e, err := readSeat(ctx, tx, EnrolmentID(t.Record))
		if err != nil {
			return err
		}
		if err := tx.Allow(ctx, access.EndorseSeat, n.resource(e)); err != nil {
			return err
		}
		if answer != Replaces && n.State != Applied {
			return fault.New(fault.Conflict, "request.answered")
		}
		if err := respond(ctx, tx, by, e, n, answer, colleague); err != nil {
			return err
		}
		return settle(ctx, tx, by, e)
	})
}

func (s *Service) peek(ctx context.Context, token string, purpose org.Purpose) (org.Token, error) {
	var t org.Token
	err := s.store.View(ctx, access.Public(""), func(tx Tx) (err error) {
		t, err = linkFor(ctx, tx, token, purpose)
		return err
	})
	return t, err
}

func respond(ctx context.Context, tx Tx, by access.Actor, e Event, n Enrolment, answer Answer, colleague Application) error {
	switch answer {
	case Agrees:
		_, err := take(ctx, tx, by, e, n, Endorse, Why{Key: "seat.endorsed"})
		return err
	case NotNow:
		_, err := take(ctx, tx, by, e, n, Refuse, Why{Key: "seat.refused"})
		return err
	case Replaces:
		return replace(ctx, tx, by, e, n, colleague)
	}
	return fault.Field("answer", "form.choose")
}

// replace sends a colleague in place of the applicant: the applicant's request ends, and the colleague's goes on from the
// same place in line. A seat passes on directly when the sector stays the same, so that the group stays as it was.
func replace(ctx context.Context, tx Tx, by access.Actor, e Event, n Enrolment, a Application) error {
	agency, err := tx.Agency(ctx, n.Agency)
	if err != nil {
		return err
	}
	tables, err := org.ReadTables(ctx, tx)
	if err != nil {
		return err
	}
	a.Event, a.AgencyName, a.AgencyKind, a.HeadEmail, a.Agreed = e.ID, agency.Name, agency.Kind, agency.HeadEmail, true
	a.Person.Region = agency.Region
	if err := a.check(tables, e, func() bool { return true }); err != nil {
		return err
	}
	seated := n.State.Seated() && a.Person.Sector == n.Sector
	c, step, err := seatOf(ctx, tx, e, a, agency)
	if err != nil {
		return err
	}
	if !step.From(c.State) {
		return fault.Field("name", "apply.already")
	}
	if n, err = take(ctx, tx, by, e, n, Replace, Why{Key: "seat.replaced"}); err != nil {
		return err
	}
	c.Agency, c.Sector, c.Profession = agency.ID, a.Person.Sector, a.Person.Profession
	if c, err = take(ctx, tx, by, e, c, step, Why{Key: "seat.named"}); err != nil {
		return err
	}
	if err := sendColleague(ctx, tx, e, c, agency); err != nil {
		return err
	}
	c.Endorsed = n.Endorsed
	if c, err = take(ctx, tx, by, e, c, Endorse, Why{Key: "seat.replacement"}); err != nil || !seated {
		return err
	}
	_, err = take(ctx, tx, by, e, c, Confirm, Why{Key: "seat.replacement"})
	return err
}

// sendColleague tells the colleague, and gives the head a link with which another one can be sent in turn.
func sendColleague(ctx context.Context, tx Tx, e Event, c Enrolment, agency org.Agency) error {
	link, err := seatLink(ctx, tx, org.Seat, c, lastMoment(e))
	if err != nil {
		return err
	}
	if err := plan1(ctx, tx, e, c, mailNamed, map[string]string{"link": link}); err != nil {
		return err
	}
	if link, err = seatLink(ctx, tx, org.Endorse, c, e.Begins()); err != nil {
		return err
	}
	return planTo(ctx, tx, e, c, mailSent, agency.HeadEmail, "bg", "", map[string]string{"link": link})
}

// OpenSeat returns the seat behind an applicant's own link, and an actor who may act on it.
func (s *Service) OpenSeat(ctx context.Context, token, request string) (SeatView, access.Actor, error) {
	var v SeatView
	var by access.Actor
	err := s.store.View(ctx, access.Public(""), func(tx Tx) error {
		t, err := tx.Token(ctx, access.HashToken(token))
		if err != nil {
			return err
		}
		if t.Purpose != org.Seat && t.Purpose != org.Offer {
			return fault.New(fault.NotFound, "fault.notfound")
		}
		if err := t.Usable(tx.Now()); err != nil {
			return err
		}
		by = access.ByLink(access.Applicant, t.Record, request)
		n, e, err := readSeat(ctx, tx, EnrolmentID(t.Record))
		if err != nil {
			return err
		}
		v, err = seatView(ctx, tx, n, e)
		return err
	})
	return v, by, err
}
