package training

import (
	"context"
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
	Step      Step
	To        State
	Why       Why
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
		n.Endorsed = now
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
		ID: access.NewID(), Enrolment: n.ID, At: now, Actor: by.Person, Step: p, To: n.State, Why: why,
	})
	if err != nil {
		return n, err
	}
	return n, tell(ctx, tx, e, n, p)
}

// offerEnds is 48 hours on, or the beginning of the training when that is sooner.
func offerEnds(e Event, now time.Time) time.Time {
	end := now.Add(offerHours * time.Hour)
	if len(e.HalfDays) > 0 && e.HalfDays[0].Begin().Before(end) {
		end = e.HalfDays[0].Begin()
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

// settle gives out the seats of a training again, in the transaction of whatever changed.
func settle(ctx context.Context, tx Tx, by access.Actor, e Event) error {
	if e.State != Planned || len(e.HalfDays) == 0 || !tx.Now().Before(e.HalfDays[0].Begin()) {
		return nil
	}
	seats, err := tx.Enrolments(ctx, e.ID)
	if err != nil {
		return err
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

// Preview returns what would change for the seats of a training if its plan were as in e: nothing is written.
func (s *Service) Preview(ctx context.Context, by access.Actor, e Event) ([]Card, []Change, error) {
	var cards []Card
	var changes []Change
	err := s.store.View(ctx, by, func(tx Tx) error {
		old, err := readEvent(ctx, tx, by, access.PlanTraining, e.ID)
		if err != nil {
			return err
		}
		e.State = old.State
		if e, err = ready(ctx, tx, e); err != nil {
			return err
		}
		seats, err := tx.Enrolments(ctx, e.ID)
		if err != nil {
			return err
		}
		if n := taken(seats); e.Capacity < n {
			return fault.Field("capacity", "training.capacity", fault.Vars{"n": n})
		}
		for _, c := range verdictsFor(e, seats, tx.Now()) {
			if c.Step != "" {
				changes = append(changes, c)
			}
		}
		cards, err = tx.Roster(ctx, tx.Scope(access.SeeSeat), RosterFilter{Event: e.ID})
		return err
	})
	return cards, changes, err
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

// Sweep settles the trainings whose offers have run out or whose release date has passed in the last two days. It may run
// as often as one likes.
func (s *Service) Sweep(ctx context.Context) error {
	due := map[EventID]bool{}
	err := s.store.View(ctx, access.TheSystem(), func(tx Tx) error {
		lapsed, err := tx.LapsedOffers(ctx)
		if err != nil {
			return err
		}
		for _, n := range lapsed {
			due[n.Event] = true
		}
		released, err := tx.ReleasedEvents(ctx, tx.Now().Add(-48*time.Hour))
		for _, id := range released {
			due[id] = true
		}
		return err
	})
	for id := range due {
		if err != nil {
			return err
		}
		err = s.Settle(ctx, access.TheSystem(), id)
	}
	return err
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

// Withdraw gives a seat up, by its person or by whoever runs the training; the freed seat is given on at once.
func (s *Service) Withdraw(ctx context.Context, by access.Actor, id EnrolmentID) error {
	return s.step(ctx, by, access.WithdrawSeat, id, Withdraw, Why{Key: "seat.withdrawn"})
}

// Accept takes an offered seat.
func (s *Service) Accept(ctx context.Context, by access.Actor, id EnrolmentID) error {
	return s.step(ctx, by, access.TakeSeat, id, Accept, Why{Key: "seat.accepted"})
}

// Decline gives an offered seat back.
func (s *Service) Decline(ctx context.Context, by access.Actor, id EnrolmentID) error {
	return s.step(ctx, by, access.TakeSeat, id, Decline, Why{Key: "seat.declined"})
}

// EndorseFor endorses an application in place of the head, such as after a letter on paper; it stays on the record.
func (s *Service) EndorseFor(ctx context.Context, by access.Actor, id EnrolmentID) error {
	return s.step(ctx, by, access.DecideSeat, id, Endorse, Why{Key: "seat.endorsedfor"})
}

// step moves one seat and gives out seats again.
func (s *Service) step(ctx context.Context, by access.Actor, action access.Action, id EnrolmentID, p Step, why Why) error {
	return s.store.Update(ctx, by, func(tx Tx) error {
		n, e, err := readSeat(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := tx.Allow(ctx, action, n.resource(e)); err != nil {
			return err
		}
		if p == Accept && !tx.Now().Before(n.Until) {
			return fault.New(fault.Conflict, "seat.lapsed")
		}
		if _, err := take(ctx, tx, by, e, n, p, why); err != nil {
			return err
		}
		return settle(ctx, tx, by, e)
	})
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
	Presence    []Presence
	Completion  *Completion
	Certificate *Certificate
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
		v, err = seatView(ctx, tx, n, e)
		return err
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
	marks, err := tx.Attendance(ctx, e.ID)
	if err != nil {
		return v, err
	}
	for _, p := range marks {
		if p.Enrolment == n.ID {
			v.Presence = append(v.Presence, p)
		}
	}
	if c, err := tx.Completion(ctx, n.ID); err == nil {
		v.Completion = &c
	} else if !fault.Is(err, fault.NotFound) {
		return v, err
	}
	if c, err := tx.Certificate(ctx, n.ID); err == nil {
		v.Certificate = &c
	} else if !fault.Is(err, fault.NotFound) {
		return v, err
	}
	return v, nil
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
