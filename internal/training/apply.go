package training

import (
	"context"
	"slices"
	"strings"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/fold"
	"strengthen/internal/org"
)

// Application is what somebody writes to ask for a seat.
type Application struct {
	Event      EventID
	Person     org.Person // name, address, phone, language, sector, profession, region, experience, gender
	AgencyName string
	AgencyKind string
	HeadEmail  string
	Agreed     bool // has read what the data are used for
}

// Outcome says what an application led to.
type Outcome struct {
	Seat    EnrolmentID
	Already bool // the same person had applied before; nothing was added
}

func (a Application) check(t org.Tables, e Event, now func() bool) error {
	l := a.Person.Check(t)
	if n := len([]rune(strings.TrimSpace(a.AgencyName))); n < 2 || n > 200 {
		l.Add(fault.Field("agency", "form.length", fault.Vars{"min": 2, "max": 200}))
	}
	if _, ok := t.Term(org.AgencyKinds, a.AgencyKind); !ok {
		l.Add(fault.Field("agency_kind", "form.choose"))
	}
	if a.HeadEmail == "" {
		l.Add(fault.Field("head_email", "form.required"))
	} else if !org.EmailLike(a.HeadEmail) {
		l.Add(fault.Field("head_email", "form.email"))
	} else if fold.Email(a.HeadEmail) == fold.Email(a.Person.Email) {
		l.Add(fault.Field("head_email", "apply.ownhead"))
	}
	if a.Person.Gender != "" && !slices.Contains(org.Genders(), a.Person.Gender) {
		l.Add(fault.Field("gender", "form.choose"))
	}
	if a.Person.Experience != "" && !slices.Contains(org.Experiences(), a.Person.Experience) {
		l.Add(fault.Field("experience", "form.choose"))
	}
	if !a.Agreed {
		l.Add(fault.Field("agreed", "apply.agreed"))
	}
	if !now() {
		l.Add(fault.Field("event", "apply.closed"))
	}
	return l.Err()
}

// Apply asks for a seat. Somebody who applied before is recognised by name and address and gets the link to the application
// once more; the answer looks the same, so that nobody learns from it who takes part.
func (s *Service) Apply(ctx context.Context, by access.Actor, key string, a Application) (Outcome, error) {
	var out Outcome
	err := s.store.Update(ctx, by, func(tx Tx) error {
		e, err := tx.Event(ctx, a.Event)
		if err != nil {
			return err
		}
		if err := tx.Allow(ctx, access.ApplyForSeat, e.Resource()); err != nil {
			return err
		}
		tables, err := org.ReadTables(ctx, tx)
		if err != nil {
			return err
		}
		if err := a.check(tables, e, func() bool { return e.OpenAt(tx.Now()) }); err != nil {
			return err
		}
		id, err := tx.Once(ctx, key, func() (string, error) {
			if out, err = enter(ctx, tx, by, e, a); err == nil && out.Already {
				err = remind(ctx, tx, e, out.Seat)
			}
			return string(out.Seat), err
		})
		if err != nil {
			return err
		}
		out.Seat = EnrolmentID(id)
		return tx.Record(ctx, access.ApplyForSeat, access.Resource{Kind: "seat", ID: id})
	})
	return out, err
}

// enter adds the person, the institution and the application, as far as they are not there yet.
func enter(ctx context.Context, tx Tx, by access.Actor, e Event, a Application) (Outcome, error) {
	agency, err := agencyOf(ctx, tx, e, a)
	if err != nil {
		return Outcome{}, err
	}
	n, step, err := seatOf(ctx, tx, e, a, agency)
	if err != nil {
		return Outcome{}, err
	}
	if !step.From(n.State) {
		return Outcome{n.ID, true}, nil
	}
	n.Agency, n.Sector, n.Profession = agency.ID, a.Person.Sector, a.Person.Profession
	if n, err = take(ctx, tx, by, e, n, step, Why{Key: "seat.applied"}); err != nil {
		return Outcome{}, err
	}
	return Outcome{Seat: n.ID}, welcome(ctx, tx, e, n, agency)
}

// seatOf returns the seat with which a person would take part in a training, and the step with which it begins: a new seat
// with Apply, or the one from an earlier application with Reapply. Where that one still stands, the step cannot be taken.
func seatOf(ctx context.Context, tx Tx, e Event, a Application, agency org.Agency) (Enrolment, Step, error) {
	p, known, err := personOf(ctx, tx, a, agency)
	if err != nil {
		return Enrolment{}, "", err
	}
	n := Enrolment{ID: EnrolmentID(access.NewID()), Event: e.ID, Person: p.ID, Badge: access.NewID()}
	if !known {
		return n, Apply, nil
	}
	old, err := tx.EnrolmentOf(ctx, e.ID, p.ID)
	if fault.Is(err, fault.NotFound) {
		return n, Apply, nil
	}
	return old, Reapply, err
}

// remind sends the link to an application once more.
func remind(ctx context.Context, tx Tx, e Event, id EnrolmentID) error {
	n, err := tx.Enrolment(ctx, id)
	if err != nil {
		return err
	}
	link, err := seatLink(ctx, tx, org.Seat, n, lastMoment(e))
	if err != nil {
		return err
	}
	return plan1(ctx, tx, e, n, mailApplied, map[string]string{"link": link, "once": access.NewID()[:8]})
}

// welcome plans the mail to the applicant and the one to the head of the institution.
func welcome(ctx context.Context, tx Tx, e Event, n Enrolment, agency org.Agency) error {
	link, err := seatLink(ctx, tx, org.Seat, n, lastMoment(e))
	if err != nil {
		return err
	}
	if err := plan1(ctx, tx, e, n, mailApplied, map[string]string{"link": link}); err != nil {
		return err
	}
	if link, err = seatLink(ctx, tx, org.Endorse, n, e.Begins()); err != nil {
		return err
	}
	return planTo(ctx, tx, e, n, mailEndorse, agency.HeadEmail, "bg", "", map[string]string{"link": link})
}

func agencyOf(ctx context.Context, tx Tx, e Event, a Application) (org.Agency, error) {
	agency, err := tx.AgencyNamed(ctx, a.Person.Region, a.AgencyName)
	if fault.Is(err, fault.NotFound) {
		agency = org.Agency{
			ID: access.AgencyID(access.NewID()), Name: strings.TrimSpace(a.AgencyName), Kind: a.AgencyKind,
			Sector: a.Person.Sector, Region: a.Person.Region, HeadEmail: fold.Email(a.HeadEmail),
		}
		return agency, tx.PutAgency(ctx, agency)
	}
	if err != nil || agency.HeadEmail != "" {
		return agency, err
	}
	agency.HeadEmail = fold.Email(a.HeadEmail)
	return agency, tx.PutAgency(ctx, agency)
}

// personOf finds the person by name and address, or adds one. Offices share mailboxes, so that the address alone is not
// enough; the same name under another address is another person.
func personOf(ctx context.Context, tx Tx, a Application, agency org.Agency) (org.Person, bool, error) {
	people, err := tx.PeopleWithEmail(ctx, a.Person.Email)
	if err != nil {
		return org.Person{}, false, err
	}
	for _, p := range people {
		if fold.Words(p.Name) == fold.Words(a.Person.Name) {
			return p, true, nil
		}
	}
	p := a.Person
	p.ID, p.Agency, p.Made, p.Version = access.PersonID(access.NewID()), agency.ID, tx.Now(), 0
	p.Name, p.Email = strings.Join(strings.Fields(p.Name), " "), strings.TrimSpace(p.Email)
	return p, false, tx.PutPerson(ctx, p)
}
