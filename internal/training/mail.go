package training

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/org"
)

// Mail kinds of this subject. Their texts are in the catalogue under "mail.KIND.…".
const (
	mailApplied   = "applied"
	mailEndorse   = "endorse"
	mailConfirmed = "confirmed"
	mailWaiting   = "waiting"
	mailOffered   = "offered"
	mailRefused   = "refused"
	mailLapsed    = "lapsed"
	mailWithdrawn = "withdrawn"
	mailReplaced  = "replaced"
	mailNamed     = "named"      // to a colleague whom the head sends
	mailSent      = "sent"       // to the head: the colleague is in, and can be replaced in turn
	mailUnheard   = "unanswered" // the training began and the head had not answered
	mailClosed    = "closed"     // the training began and no seat was free
	mailCalledOff = "calledoff"
	mailMoved     = "moved"    // to those with a seat, for their calendars
	mailNewDates  = "newdates" // to those without
	mailCert      = "certificate"
	mailRevoked   = "revoked"
)

// told names the message that each step sends to the person, if any.
var told = map[Step]string{
	Confirm: mailConfirmed, Accept: mailConfirmed, Queue: mailWaiting, OfferIt: mailOffered, Refuse: mailRefused,
	Lapse: mailLapsed, Withdraw: mailWithdrawn, Replace: mailReplaced, Close: mailClosed, CallOff: mailCalledOff,
}

// tell plans the message of a step and cancels those whose reason it takes away.
func tell(ctx context.Context, tx Tx, e Event, n Enrolment, p Step) error {
	if err := tx.CancelMail(ctx, string(n.ID), overtaken(p)...); err != nil {
		return err
	}
	kind, ok := told[p]
	if !ok || p == Close && Held(e, tx.Now()) { // news from a training that is over would only puzzle people
		return nil
	}
	if n.Why.Key == closed[Applied] {
		kind = mailUnheard
	}
	vars := map[string]string{}
	if p == OfferIt {
		link, err := seatLink(ctx, tx, org.Offer, n, n.Until)
		if err != nil {
			return err
		}
		vars["link"], vars["until"] = link, n.Until.UTC().Format(time.RFC3339)
	}
	return plan1(ctx, tx, e, n, kind, vars)
}

// overtaken lists the kinds of message that make no sense any more after a step; what was sent stays sent.
func overtaken(p Step) []string {
	switch p {
	case Withdraw, Replace, Close, CallOff, Refuse, Decline, Lapse:
		return []string{mailApplied, mailNamed, mailSent, mailEndorse, mailConfirmed, mailWaiting, mailOffered, mailMoved, mailNewDates}
	case Endorse:
		return []string{mailEndorse}
	}
	return []string{mailWaiting, mailOffered}
}

// plan1 plans one message to the person of a seat. Its key names the version of the seat, and vars["once"] where one step
// may have several to tell, so that each is told once.
func plan1(ctx context.Context, tx Tx, e Event, n Enrolment, kind string, vars map[string]string) error {
	p, err := tx.Person(ctx, n.Person)
	if err != nil {
		return err
	}
	return planTo(ctx, tx, e, n, kind, p.Email, p.Lang, p.ID, vars)
}

func planTo(ctx context.Context, tx Tx, e Event, n Enrolment, kind, address, lang string, to access.PersonID, vars map[string]string) error {
	if vars == nil {
		vars = map[string]string{}
	}
	vars["event"], vars["seat"] = string(e.ID), string(n.ID)
	vars["sequence"] = strconv.Itoa(e.Sequence + n.Version) // both only grow, so each message about a seat has a higher one
	return tx.PlanMail(ctx, org.Mail{
		Key: fmt.Sprintf("%s/%s/%d.%d%s", kind, n.ID, n.Version, e.Sequence, vars["once"]), Kind: kind, Record: string(n.ID), Person: to,
		Address: address, Lang: lang, Vars: vars, Due: tx.Now(),
	})
}

// tellMoved plans a message about new dates or another venue to everybody who has a seat or still wishes for one.
func tellMoved(ctx context.Context, tx Tx, e Event, seats []Enrolment) error {
	for _, n := range seats {
		if !n.State.Open() {
			continue
		}
		kind := mailNewDates
		if n.State == Confirmed {
			kind = mailMoved
		}
		if err := plan1(ctx, tx, e, n, kind, nil); err != nil {
			return err
		}
	}
	return nil
}

// moveLinks lets the links about the seats of a moved training work as long as its new dates ask for: those of heads until
// it begins, those of applicants until its last moment. Offers do not outlast the beginning.
func moveLinks(ctx context.Context, tx Tx, e Event, seats []Enrolment) error {
	for i, n := range seats {
		if err := tx.MoveLinks(ctx, org.Endorse, n.ID, e.Begins()); err != nil {
			return err
		}
		if err := tx.MoveLinks(ctx, org.Seat, n.ID, lastMoment(e)); err != nil {
			return err
		}
		if n.State != Offered || !n.Until.After(e.Begins()) {
			continue
		}
		n.Until = e.Begins()
		if err := tx.PutEnrolment(ctx, n); err != nil {
			return err
		}
		n.Version++
		seats[i] = n
		if err := tx.MoveLinks(ctx, org.Offer, n.ID, n.Until); err != nil {
			return err
		}
	}
	return nil
}

// seatLink makes a link to a seat and returns its address within the site. It takes the place of earlier ones, but for those
// with which people look at their own application: whichever message they kept, its link works.
func seatLink(ctx context.Context, tx Tx, purpose org.Purpose, n Enrolment, until time.Time) (string, error) {
	token, hash := access.NewToken()
	if purpose != org.Seat {
		if err := tx.DropTokens(ctx, purpose, string(n.ID)); err != nil {
			return "", err
		}
	}
	t := org.Token{Hash: hash, Purpose: purpose, Record: string(n.ID), Person: n.Person, Made: tx.Now(), Until: until}
	return "/l/" + token, tx.PutToken(ctx, t)
}

// lastMoment is when links about a training stop to work: the end of its last day, and sixty days on.
func lastMoment(e Event) time.Time {
	if len(e.HalfDays) == 0 {
		return time.Time{}
	}
	return e.Ends().AddDays(60).End()
}

// Letter is what a message about a seat is written from.
type Letter struct {
	Seat      Enrolment
	Event     Event
	Dropped   []HalfDay // those that fell away since the person got the seat
	Person    org.Person
	Agency    org.Agency
	Region    org.Region
	Programme Programme
}

// Letter returns the facts for a message about a seat, as they are when it is sent.
func (s *Service) Letter(ctx context.Context, id EnrolmentID) (Letter, error) {
	var l Letter
	err := s.store.View(ctx, access.TheSystem(), func(tx Tx) error {
		n, e, err := readSeat(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := tx.Allow(ctx, access.Work, n.resource(e)); err != nil {
			return err
		}
		l.Seat, l.Event = n, e
		if l.Person, err = tx.Person(ctx, n.Person); err != nil {
			return err
		}
		if l.Agency, err = tx.Agency(ctx, n.Agency); err != nil {
			return err
		}
		tables, err := org.ReadTables(ctx, tx)
		if err != nil {
			return err
		}
		l.Region, _ = tables.Region(e.Region)
		if !n.Confirmed.IsZero() {
			if l.Dropped, err = tx.DroppedHalfDays(ctx, e.ID, n.Confirmed); err != nil {
				return err
			}
		}
		l.Programme, err = tx.Programme(ctx)
		return err
	})
	return l, err
}

func asText(v any) string {
	if d, ok := v.(calendar.Date); ok {
		return d.String()
	}
	return fmt.Sprint(v)
}
