package training

import (
	"context"
	"errors"
	"slices"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/org"
)

// EnrolmentID names a seat, or the wish for one.
type EnrolmentID string

// Enrolment is a person's application for a training and what became of it. Sector, profession and institution are copied
// when the person applies, so that a later change of job does not alter who sat in the group.
type Enrolment struct {
	ID         EnrolmentID
	Event      EventID
	Person     access.PersonID
	Agency     access.AgencyID
	Sector     string
	Profession string
	State      State
	Why        Why
	Applied    time.Time
	Endorsed   time.Time
	Confirmed  time.Time
	Until      time.Time // of an offer
	Badge      string    // what the QR code on the badge says
	Note       string
	Version    int
}

// StepRecord is one line of the history of a seat.
type StepRecord struct {
	ID        string
	Enrolment EnrolmentID
	At        time.Time
	Actor     access.PersonID
	Side      Side
	Step      Step
	To        State
	Why       Why
}

// Side says on whose side a step was taken. Steps kept before it was recorded have none.
type Side string

// The sides.
const (
	BySelf    Side = "self"    // the person
	ByHead    Side = "head"    // the head of the institution, by link
	ByTeam    Side = "team"    // whoever runs the training
	ByProgram Side = "program" // the allocation, or time
)

func sideOf(by access.Actor, n Enrolment, p Step) Side {
	switch p {
	case Confirm, Queue, OfferIt, Lapse, Close:
		return ByProgram
	}
	head := slices.ContainsFunc(by.Grants, func(g access.Grant) bool { return g.Role == access.Head })
	switch {
	case by.Via == access.ViaLink && head:
		return ByHead
	case by.Via == access.ViaLink, by.Via == access.ViaPublic, by.Person != "" && by.Person == n.Person:
		return BySelf
	}
	return ByTeam
}

// resource is what the policy asks about.
func (n Enrolment) resource(e Event) access.Resource {
	return access.Resource{Kind: "seat", ID: string(n.ID), Region: e.Region, Own: n.Person, Team: e.Trainers}
}

const offerHours = 48

// take moves a seat by one step, keeps the line of history, and plans or cancels the mail about it.
func take(ctx context.Context, tx Tx, by access.Actor, e Event, n Enrolment, p Step, why Why) (Enrolment, error) {
	if !p.From(n.State) {
		return n, fault.New(fault.Conflict, "seat.step", fault.Vars{"state": string(n.State)})
	}
	now := tx.Now()
	n.State, n.Why, n.Until = p.To(), why, time.Time{}
	switch p {
	case Apply, Reapply:
		n.Applied, n.Endorsed, n.Confirmed = now, time.Time{}, time.Time{}
	case Endorse:
		if n.Endorsed.IsZero() { // a colleague who is sent instead keeps the place in line
			n.Endorsed = now
		}
	case Confirm, Accept:
		n.Confirmed = now
	case OfferIt:
		n.Until = offerEnds(e, now)
	}
	if err := tx.PutEnrolment(ctx, n); err != nil {
		return n, err
	}
	n.Version++
	err := tx.PutStep(ctx, StepRecord{
		ID: access.NewID(), Enrolment: n.ID, At: now, Actor: by.Person, Side: sideOf(by, n, p), Step: p, To: n.State, Why: why,
	})
	if err != nil {
		return n, err
	}
	return n, tell(ctx, tx, e, n, p)
}

// offerEnds is 48 hours on, or the beginning of the training when that is sooner.
func offerEnds(e Event, now time.Time) time.Time {
	end := now.Add(offerHours * time.Hour)
	if e.Begins().Before(end) {
		return e.Begins()
	}
	return end
}

// Change is what an allocation would do to one seat.
type Change struct {
	Enrolment Enrolment
	Step      Step
	Why       Why
}

// verdictsFor runs the allocation on the present seats of a training and returns what would change.
func verdictsFor(e Event, seats []Enrolment, now time.Time) []Change {
	claims := make([]Claim, len(seats))
	of := map[EnrolmentID]Enrolment{}
	for i, n := range seats {
		of[n.ID] = n
		claims[i] = Claim{
			ID: n.ID, Sector: n.Sector, Agency: string(n.Agency), State: n.State, Endorsed: n.Endorsed, Until: n.Until,
		}
	}
	var out []Change
	for _, v := range allocate(e, claims, now) {
		n := of[v.ID]
		if v.Step == "" && (v.Why.Key == "" || same(v.Why, n.Why)) {
			continue
		}
		out = append(out, Change{n, v.Step, v.Why})
	}
	return out
}

// settle gives out the seats of a training again, in the transaction of whatever changed. Once the training has begun it
// tells those who have no seat, and closes.
func settle(ctx context.Context, tx Tx, by access.Actor, e Event) error {
	seats, err := tx.Enrolments(ctx, e.ID)
	switch {
	case err != nil || e.State != Planned:
		return err
	case e.Begun(tx.Now()):
		return closeOpen(ctx, tx, by, e, seats)
	}
	again := false
	for _, c := range verdictsFor(e, seats, tx.Now()) {
		if c.Step == "" {
			n := c.Enrolment
			n.Why = c.Why
			if err := tx.PutEnrolment(ctx, n); err != nil {
				return err
			}
			continue
		}
		if _, err := take(ctx, tx, by, e, c.Enrolment, c.Step, c.Why); err != nil {
			return err
		}
		again = again || c.Step == Lapse
	}
	if again {
		return settle(ctx, tx, by, e)
	}
	return nil
}

// closed gives the reason with which a state ends when the training begins.
var closed = map[State]string{
	Applied: "seat.closed.applied", Endorsed: "seat.closed.waiting", Waiting: "seat.closed.waiting", Offered: "seat.closed.offered",
}

// closeOpen ends what was still open when the training began.
func closeOpen(ctx context.Context, tx Tx, by access.Actor, e Event, seats []Enrolment) error {
	for _, n := range seats {
		if !Close.From(n.State) {
			continue
		}
		if _, err := take(ctx, tx, by, e, n, Close, Why{Key: closed[n.State]}); err != nil {
			return err
		}
	}
	return nil
}

// Settle runs the allocation of a training again; it changes something only when time has passed over a limit.
func (s *Service) Settle(ctx context.Context, by access.Actor, id EventID) error {
	return s.store.Update(ctx, by, func(tx Tx) error {
		e, err := tx.Event(ctx, id)
		if err != nil {
			return err
		}
		if err := tx.Allow(ctx, access.DecideSeat, e.Resource()); err != nil {
			return err
		}
		return settle(ctx, tx, by, e)
	})
}

// Sweep settles the trainings for which time has passed over a limit: an offer ran out, the release date came, or the
// training began while somebody was without a seat. It may run as often as one likes, and writes only where something
// changes. A training that cannot be settled does not hold up the others.
func (s *Service) Sweep(ctx context.Context) error {
	var due []EventID
	err := s.store.View(ctx, access.TheSystem(), func(tx Tx) error {
		timely, err := tx.TimelyEvents(ctx)
		if err != nil {
			return err
		}
		due = nil
		for _, id := range timely {
			changes, err := timeChanges(ctx, tx, id)
			if err != nil {
				return err
			}
			if changes {
				due = append(due, id)
			}
		}
		return nil
	})
	for _, id := range due {
		err = errors.Join(err, s.Settle(ctx, access.TheSystem(), id))
	}
	return err
}

// timeChanges reports whether settling a training now would change a seat.
func timeChanges(ctx context.Context, tx Tx, id EventID) (bool, error) {
	e, err := tx.Event(ctx, id)
	if err != nil {
		return false, err
	}
	seats, err := tx.Enrolments(ctx, id)
	if err != nil {
		return false, err
	}
	if e.Begun(tx.Now()) {
		return slices.ContainsFunc(seats, func(n Enrolment) bool { return Close.From(n.State) }), nil
	}
	return len(verdictsFor(e, seats, tx.Now())) > 0, nil
}

// same reports whether two reasons say the same.
func same(a, b Why) bool {
	if a.Key != b.Key || len(a.Vars) != len(b.Vars) {
		return false
	}
	for k, v := range a.Vars {
		if asText(v) != asText(b.Vars[k]) {
			return false
		}
	}
	return true
}

// Withdraw gives a seat up, by its person or by whoever runs the training; the freed seat is given on at once. Once the
// training is over, or the person has completed it, there is nothing to give up.
func (s *Service) Withdraw(ctx context.Context, by access.Actor, id EnrolmentID) error {
	return s.Do(ctx, by, ToStep(id, Withdraw))
}

// Accept takes an offered seat.
func (s *Service) Accept(ctx context.Context, by access.Actor, id EnrolmentID) error {
	return s.Do(ctx, by, ToStep(id, Accept))
}

// Decline gives an offered seat back.
func (s *Service) Decline(ctx context.Context, by access.Actor, id EnrolmentID) error {
	return s.Do(ctx, by, ToStep(id, Decline))
}

// EndorseFor endorses an application in place of the head, such as after a letter on paper; it stays on the record.
func (s *Service) EndorseFor(ctx context.Context, by access.Actor, id EnrolmentID) error {
	return s.Do(ctx, by, ToStep(id, Endorse))
}

// byHand are the steps that people take with a seat: who may, and the reason that is shown.
var byHand = map[Step]struct {
	action access.Action
	why    string
}{
	Endorse:  {access.DecideSeat, "seat.endorsedfor"},
	Withdraw: {access.WithdrawSeat, "seat.withdrawn"},
	Accept:   {access.TakeSeat, "seat.accepted"},
	Decline:  {access.TakeSeat, "seat.declined"},
}

// ToStep moves one seat by Endorse, Withdraw, Accept or Decline, and gives out seats again.
func ToStep(id EnrolmentID, p Step) Act {
	return Act{What: []string{string(p), string(id)}, do: func(ctx context.Context, tx Tx, by access.Actor) error {
		hand, ok := byHand[p]
		if !ok {
			return fault.New(fault.NotFound, "fault.notfound")
		}
		n, e, err := readSeat(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := tx.Allow(ctx, hand.action, n.resource(e)); err != nil {
			return err
		}
		if err := inTime(ctx, tx, e, n, p); err != nil {
			return err
		}
		if _, err := take(ctx, tx, by, e, n, p, Why{Key: hand.why}); err != nil {
			return err
		}
		return settle(ctx, tx, by, e)
	}}
}

// inTime refuses steps that come too late.
func inTime(ctx context.Context, tx Tx, e Event, n Enrolment, p Step) error {
	switch {
	case p == Accept && n.State == Offered && !tx.Now().Before(n.Until):
		return fault.New(fault.Conflict, "seat.lapsed")
	case p == Endorse && e.Begun(tx.Now()):
		return fault.New(fault.Conflict, "training.begun")
	case p != Withdraw:
		return nil
	case Held(e, tx.Now()):
		return fault.New(fault.Conflict, "seat.over")
	}
	switch _, err := tx.Completion(ctx, n.ID); {
	case err == nil:
		return fault.New(fault.Conflict, "seat.over")
	case !fault.Is(err, fault.NotFound):
		return err
	}
	return nil
}

func readSeat(ctx context.Context, tx Tx, id EnrolmentID) (Enrolment, Event, error) {
	n, err := tx.Enrolment(ctx, id)
	if err != nil {
		return n, Event{}, err
	}
	e, err := tx.Event(ctx, n.Event)
	return n, e, err
}

// Card is a seat with its person and institution, as lists show it.
type Card struct {
	Enrolment
	Name, Email, Phone, Lang string
	AgencyName               string
	HeadEmail                string
	Sort                     string
	Done                     bool // completed
}

// LogValue keeps the person out of logs.
func (Card) LogValue() string { return "[withheld]" }

// RosterFilter narrows the list of people of a training and pages it.
type RosterFilter struct {
	Event  EventID
	State  State
	Sector string
	Find   string
	After  string // "sort/id" of the last one seen
	Limit  int
}

// Roster lists the people of a training, as far as the reader may see them.
func (s *Service) Roster(ctx context.Context, by access.Actor, f RosterFilter) ([]Card, error) {
	var all []Card
	err := s.store.View(ctx, by, func(tx Tx) (err error) {
		if _, err := readEvent(ctx, tx, by, access.SeeTraining, f.Event); err != nil {
			return err
		}
		all, err = tx.Roster(ctx, tx.Scope(access.SeeSeat), f)
		return err
	})
	return all, err
}

// SeatView is everything about one seat.
type SeatView struct {
	Seat        Enrolment
	Event       Event
	Person      org.Person
	Agency      org.Agency
	History     []StepRecord
	Presence    []Presence // every mark ever made, oldest first
	Completion  *Completion
	Certificate *Certificate               // the valid one, or else the last
	Past        []Certificate              // those before it
	Names       map[access.PersonID]string // of whoever took steps and made marks; filled by Seat only
}

// Seat opens one seat; the reading is on the record.
func (s *Service) Seat(ctx context.Context, by access.Actor, id EnrolmentID) (SeatView, error) {
	var v SeatView
	err := s.store.Update(ctx, by, func(tx Tx) error {
		n, e, err := readSeat(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := tx.Allow(ctx, access.SeeSeat, n.resource(e)); err != nil {
			return err
		}
		if v, err = seatView(ctx, tx, n, e); err != nil {
			return err
		}
		return nameActors(ctx, tx, &v)
	})
	return v, err
}

func seatView(ctx context.Context, tx Tx, n Enrolment, e Event) (SeatView, error) {
	v := SeatView{Seat: n, Event: e}
	var err error
	if v.Person, err = tx.Person(ctx, n.Person); err != nil {
		return v, err
	}
	if v.Agency, err = tx.Agency(ctx, n.Agency); err != nil {
		return v, err
	}
	if v.History, err = tx.Steps(ctx, n.ID); err != nil {
		return v, err
	}
	if v.Presence, err = tx.PresenceHistory(ctx, n.ID); err != nil {
		return v, err
	}
	if c, err := tx.Completion(ctx, n.ID); err == nil {
		v.Completion = &c
	} else if !fault.Is(err, fault.NotFound) {
		return v, err
	}
	certificates, err := tx.CertificatesOf(ctx, n.ID)
	if err != nil {
		return v, err
	}
	if len(certificates) > 0 {
		v.Certificate, v.Past = &certificates[0], certificates[1:]
	}
	return v, nil
}

// nameActors finds the names of those who took the steps and made the marks.
func nameActors(ctx context.Context, tx Tx, v *SeatView) error {
	v.Names = map[access.PersonID]string{}
	for _, r := range v.History {
		v.Names[r.Actor] = ""
	}
	for _, m := range v.Presence {
		v.Names[m.Actor] = ""
	}
	for id := range v.Names {
		p, err := tx.Person(ctx, id)
		if fault.Is(err, fault.NotFound) {
			continue // by link, by the program, or from the command line
		}
		if err != nil {
			return err
		}
		v.Names[id] = p.Name
	}
	return nil
}

// Mine lists the seats of the actor, newest training first.
func (s *Service) Mine(ctx context.Context, by access.Actor) ([]SeatView, error) {
	var all []SeatView
	err := s.store.View(ctx, by, func(tx Tx) error {
		seats, err := tx.EnrolmentsOf(ctx, by.Person)
		if err != nil {
			return err
		}
		for _, n := range seats {
			e, err := tx.Event(ctx, n.Event)
			if err != nil {
				return err
			}
			if !tx.Can(access.SeeSeat, n.resource(e)) {
				continue
			}
			v, err := seatView(ctx, tx, n, e)
			if err != nil {
				return err
			}
			all = append(all, v)
		}
		return nil
	})
	return all, err
}
