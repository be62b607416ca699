package training

import (
	"context"
	"slices"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/fault"
)

// PresenceStatus says how somebody was there for a half-day.
type PresenceStatus string

// The statuses. Only Present and Late count towards completion.
const (
	Present   PresenceStatus = "present"
	Late      PresenceStatus = "late"
	LeftEarly PresenceStatus = "left_early"
	Absent    PresenceStatus = "absent"
	Excused   PresenceStatus = "excused"

	// Cleared takes a mark back, as if none had been made; what was marked stays in the history.
	Cleared PresenceStatus = "cleared"
)

// PresenceStatuses lists them in the order of pages.
func PresenceStatuses() []PresenceStatus {
	return []PresenceStatus{Present, Late, LeftEarly, Absent, Excused}
}

// Counts reports whether a half-day of this status counts towards completion.
func (s PresenceStatus) Counts() bool { return s == Present || s == Late }

func (s PresenceStatus) known() bool {
	return s == Cleared || slices.Contains(PresenceStatuses(), s)
}

// Method says how presence was taken.
type Method string

// The methods.
const (
	ByScan   Method = "scan"
	ByList   Method = "list"
	ByPaper  Method = "paper"
	ByImport Method = "import"
)

// Presence is one mark. A correction is a further row; the old one stays, no longer current.
type Presence struct {
	ID        string
	Enrolment EnrolmentID
	HalfDay   string
	Status    PresenceStatus
	Method    Method
	ClientKey string // unique; a repeat is ignored
	Actor     access.PersonID
	At        time.Time
	Reason    string // why an earlier mark was corrected
}

// DoorOpens is how long before a half-day begins presence can be marked.
const DoorOpens = 2 * time.Hour

// undoTime is how long whoever made a mark may change it without a reason.
const undoTime = 10 * time.Minute

// Mark records presence. The same client key again changes nothing. Changing what was marked before needs a reason, unless
// the same person corrects it within ten minutes. Completion follows in the same transaction.
func (s *Service) Mark(ctx context.Context, by access.Actor, id EventID, marks []Presence) error {
	return s.store.Update(ctx, by, func(tx Tx) error {
		e, err := readEvent(ctx, tx, by, access.RecordDay, id)
		if err != nil {
			return err
		}
		current, err := presenceOf(ctx, tx, id)
		if err != nil {
			return err
		}
		touched := map[EnrolmentID]bool{}
		for _, m := range marks {
			changed, err := mark(ctx, tx, by, e, m, current)
			if err != nil {
				return err
			}
			if changed {
				touched[m.Enrolment] = true
			}
		}
		for n := range touched {
			if err := complete(ctx, tx, by, e, n, current); err != nil {
				return err
			}
		}
		return nil
	})
}

type presenceKey struct {
	Enrolment EnrolmentID
	HalfDay   string
}

// presenceOf returns the current marks of a training.
func presenceOf(ctx context.Context, tx Tx, id EventID) (map[presenceKey]Presence, error) {
	all, err := tx.Attendance(ctx, id)
	out := make(map[presenceKey]Presence, len(all))
	for _, p := range all {
		out[presenceKey{p.Enrolment, p.HalfDay}] = p
	}
	return out, err
}

func mark(ctx context.Context, tx Tx, by access.Actor, e Event, m Presence, current map[presenceKey]Presence) (bool, error) {
	h, ok := e.HalfDay(m.HalfDay)
	switch {
	case !ok:
		return false, fault.Field("half_day", "form.choose")
	case !m.Status.known():
		return false, fault.Field("status", "form.choose")
	case m.ClientKey == "" || len(m.ClientKey) > 100:
		return false, fault.New(fault.Invalid, "fault.key")
	case tx.Now().Before(h.Begin().Add(-DoorOpens)):
		return false, fault.Field("half_day", "attendance.early")
	}
	if _, err := tx.PresenceByKey(ctx, m.ClientKey); err == nil {
		return false, nil
	} else if !fault.Is(err, fault.NotFound) {
		return false, err
	}
	n, err := tx.Enrolment(ctx, m.Enrolment)
	if err != nil {
		return false, err
	}
	if n.Event != e.ID || n.State != Confirmed {
		return false, fault.Field("enrolment", "attendance.noseat")
	}
	k := presenceKey{m.Enrolment, m.HalfDay}
	old, had := current[k]
	if had && old.Status == m.Status || !had && m.Status == Cleared {
		return false, nil
	}
	own := old.Actor == by.Person && tx.Now().Sub(old.At) <= undoTime
	if had && !own && len([]rune(m.Reason)) < 3 {
		return false, fault.Field("reason", "attendance.reason")
	}
	m.ID, m.Actor, m.At = access.NewID(), by.Person, tx.Now()
	current[k] = m
	if m.Status == Cleared {
		delete(current, k)
	}
	return true, tx.PutPresence(ctx, m)
}

// Scanned is what came of scanning a badge.
type Scanned struct {
	Card
	Before Presence // the mark that was there and stays; none when this scan made one
}

// Scan marks the person whose badge was scanned as present, and returns the seat. Whoever is marked as there already stays
// as they are; somebody marked otherwise is put right like any correction. A badge of another training is refused.
func (s *Service) Scan(ctx context.Context, by access.Actor, id EventID, halfDay, badge, clientKey string) (Scanned, error) {
	var out Scanned
	err := s.store.View(ctx, by, func(tx Tx) error {
		if _, err := readEvent(ctx, tx, by, access.RecordDay, id); err != nil {
			return err
		}
		n, err := tx.EnrolmentByBadge(ctx, badge)
		if fault.Is(err, fault.NotFound) || (err == nil && n.Event != id) {
			return fault.Field("badge", "attendance.badge")
		}
		if err != nil {
			return err
		}
		p, err := tx.Person(ctx, n.Person)
		if err != nil {
			return err
		}
		out.Card = Card{Enrolment: n, Name: p.Name}
		current, err := presenceOf(ctx, tx, id)
		if m := current[presenceKey{n.ID, halfDay}]; m.ClientKey != clientKey {
			out.Before = m
		}
		return err
	})
	if err != nil || out.Before.Status.Counts() {
		return out, err
	}
	err = s.Mark(ctx, by, id, []Presence{{
		Enrolment: out.ID, HalfDay: halfDay, Status: Present, Method: ByScan, ClientKey: clientKey,
	}})
	if err == nil {
		out.Before = Presence{}
	}
	return out, err
}

// Register is the list at the door: everybody with a seat, and what is marked.
type Register struct {
	Event Event
	Cards []Card
	Marks map[EnrolmentID]map[string]Presence
	Done  map[EnrolmentID]Completion
}

// Register opens the list at the door.
func (s *Service) Register(ctx context.Context, by access.Actor, id EventID) (Register, error) {
	r := Register{Marks: map[EnrolmentID]map[string]Presence{}, Done: map[EnrolmentID]Completion{}}
	err := s.store.View(ctx, by, func(tx Tx) (err error) {
		if r.Event, err = readEvent(ctx, tx, by, access.RecordDay, id); err != nil {
			return err
		}
		r.Cards, err = tx.Roster(ctx, tx.Scope(access.SeeSeat), RosterFilter{Event: id, State: Confirmed, Limit: 1000})
		if err != nil {
			return err
		}
		marks, err := tx.Attendance(ctx, id)
		if err != nil {
			return err
		}
		for _, p := range marks {
			if r.Marks[p.Enrolment] == nil {
				r.Marks[p.Enrolment] = map[string]Presence{}
			}
			r.Marks[p.Enrolment][p.HalfDay] = p
		}
		done, err := tx.Completions(ctx, id)
		for _, c := range done {
			r.Done[c.Enrolment] = c
		}
		return err
	})
	return r, err
}

// Completion says that somebody was there for enough half-days. Its date starts the six-month clock.
type Completion struct {
	Enrolment EnrolmentID
	Person    access.PersonID
	Event     EventID
	On        calendar.Date
	Attended  int
	HalfDays  int
	NeedShare float64
	At        time.Time
}

// completionOf applies the rule: the day of the half-day with which the person reached the needed number, in the order in
// which the half-days were held, however late the marks were made.
func completionOf(e Event, attended func(halfDay string) bool) (calendar.Date, int, bool) {
	n, need := 0, e.Need()
	var on calendar.Date
	for _, h := range e.HalfDays {
		if !attended(h.ID) {
			continue
		}
		if n++; n == need {
			on = h.On
		}
	}
	return on, n, n >= need && need > 0
}

// completeAll brings the completions of every seat to what its marks and the rule ask for.
func completeAll(ctx context.Context, tx Tx, by access.Actor, e Event, seats []Enrolment) error {
	current, err := presenceOf(ctx, tx, e.ID)
	for _, n := range seats {
		if err != nil {
			return err
		}
		err = complete(ctx, tx, by, e, n.ID, current)
	}
	return err
}

// complete writes, moves or takes back the completion of one seat, and its certificate follows.
func complete(ctx context.Context, tx Tx, by access.Actor, e Event, id EnrolmentID, current map[presenceKey]Presence) error {
	on, attended, done := completionOf(e, func(h string) bool { return current[presenceKey{id, h}].Status.Counts() })
	old, err := tx.Completion(ctx, id)
	had := err == nil
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	switch {
	case !done && !had:
		return nil
	}
	n, err := tx.Enrolment(ctx, id)
	if err != nil {
		return err
	}
	if !done {
		if err := tx.DropCompletion(ctx, id); err != nil {
			return err
		}
		return undone(ctx, tx, e, n)
	}
	c := Completion{
		Enrolment: id, Person: n.Person, Event: e.ID, On: on, Attended: attended, HalfDays: len(e.HalfDays),
		NeedShare: e.NeedShare, At: tx.Now(),
	}
	if had {
		c.At = old.At
	}
	if had && old == c {
		return nil
	}
	if err := tx.PutCompletion(ctx, c); err != nil || old.On == c.On {
		return err
	}
	return redated(ctx, tx, n, c.On)
}
