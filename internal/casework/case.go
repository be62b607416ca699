package casework

import (
	"context"
	"slices"
	"strconv"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/org"
	"strengthen/internal/sealed"
)

// CaseID names a case.
type CaseID string

// Case is the work for one child. What stands here names no child: an age band and a reference take the place of names.
type Case struct {
	ID           CaseID
	Ref          string
	Band         string
	Sex          string
	Region       access.RegionID
	Municipality string
	Agency       access.AgencyID // leads
	Lead         access.PersonID
	Track        Track
	Kinds        []Kind
	Setting      string
	State        CaseState
	Since        time.Time
	Episode      int
	Received     time.Time // by the leading unit, of the first signal; terms that run from the receipt of the signal start here
	Opened       time.Time
	Closed       time.Time
	ClosedFor    string
	ProposedBy   access.PersonID
	Outcome      Outcome
	NextDue      time.Time // of its clocks
	Urgent       bool
	Protected    bool // police protection
	Placed       bool // emergency placement
	Court        bool // a measure of a court
	OnHold       bool
	Restricted   bool // only its team reaches it
	Version      int
}

// CloseReasons lists why a case is closed. The law gives no list for cases of violence; this one is practice, to be confirmed.
func CloseReasons() []string {
	return []string{"goals_met", "moved", "court_measure", "of_age", "unfounded", "other_measure"}
}

// Flags lists the flags of a case that people set.
func Flags() []string { return []string{"urgent", "court", "on_hold", "restricted"} }

// CaseEvent is a line of the timeline of a case: what happened, by whom, and whether that person had completed a training.
type CaseEvent struct {
	ID       string
	Case     CaseID
	At       time.Time // when it was entered
	Happened time.Time // when it happened; zero for the moment of entry
	Actor    access.PersonID
	Agency   access.AgencyID
	What     string // such as step.adopt, meeting.held, note.health
	Part     Compartment
	Record   string // of what it speaks
	Text     sealed.Text
	Trained  bool // the actor had completed a training at that moment
	N        int  // its place in the order of entry
}

// Moment is when it happened.
func (e CaseEvent) Moment() time.Time {
	if e.Happened.IsZero() {
		return e.At
	}
	return e.Happened
}

// Later reports whether it was entered later than it happened, by the minute.
func (e CaseEvent) Later() bool { return e.At.Truncate(time.Minute).After(e.Moment()) }

// Cursor says where a page of a timeline ends.
func (e CaseEvent) Cursor() string { return cursor(e.Moment(), strconv.Itoa(e.N)) }

// CaseFilter narrows a list of cases and pages it.
type CaseFilter struct {
	Ref    string
	State  CaseState
	Open   bool
	Track  Track
	Agency access.AgencyID
	Region access.RegionID
	Late   bool   // a clock is over
	After  string // cursor
	Limit  int
}

// CaseTx is what cases need of a transaction.
type CaseTx interface {
	Case(ctx context.Context, id CaseID) (Case, error)
	CaseByRef(ctx context.Context, ref string) (Case, error)
	Cases(ctx context.Context, s access.Scope, f CaseFilter) ([]Case, error)
	SharedCases(ctx context.Context, s access.Scope) ([]Case, error)
	RestrictedCases(ctx context.Context, unit access.AgencyID) ([]Case, error)
	PutCase(ctx context.Context, c Case) error
	PutEpisode(ctx context.Context, c CaseID, n int, opened, closed time.Time, reason string) error
	PutCaseEvent(ctx context.Context, e CaseEvent) error
	CaseEvents(ctx context.Context, c CaseID, parts []Compartment, f EventFilter) ([]CaseEvent, error)
	EventAgencies(ctx context.Context, c CaseID, parts []Compartment) ([]access.AgencyID, error)
	Loads(ctx context.Context, unit access.AgencyID) ([]Load, error)
}

// EventFilter narrows a timeline.
type EventFilter struct {
	What   string // the beginning of what happened
	Agency access.AgencyID
	Before string // cursor
	All    bool   // not only a page
	Limit  int
}

// Milestone is how long something took in a case, for the figures of oblasts. It names no case.
type Milestone struct {
	What   string // assessed, met, planned
	Region access.RegionID
	Start  time.Time
	At     time.Time
	InTime bool
}

// LogValue keeps the case out of logs.
func (Case) LogValue() string { return "[withheld]" }

// note adds a line to the timeline, of what happens now.
func note(ctx context.Context, tx Tx, c Case, part Compartment, what, record string, text sealed.Text) error {
	return noteAt(ctx, tx, c, part, what, record, text, tx.Now())
}

// noteAt adds a line to the timeline, of what happened at a moment that is told now. A form tells moments to the minute: what
// happened within this minute happens now.
func noteAt(ctx context.Context, tx Tx, c Case, part Compartment, what, record string, text sealed.Text, at time.Time) error {
	if !at.Before(tx.Now().Truncate(time.Minute)) {
		at = tx.Now()
	}
	by := tx.By()
	trained := false
	if by.Person != "" {
		var err error
		if trained, err = tx.Trained(ctx, by.Person); err != nil {
			return err
		}
	}
	if trained {
		if err := support(ctx, tx, c); err != nil {
			return err
		}
	}
	return tx.PutCaseEvent(ctx, CaseEvent{
		ID: access.NewID(), Case: c.ID, At: tx.Now(), Happened: at, Actor: by.Person, Agency: by.AgencyAt(tx.Now()), What: what, Part: part, Record: record, Text: text, Trained: trained,
	})
}

// support counts a child as supported when somebody who had completed a training does something in the case for the first time.
func support(ctx context.Context, tx Tx, c Case) error {
	before, err := tx.Supported(ctx, c.ID)
	if err != nil || before {
		return err
	}
	return tx.PutMilestone(ctx, Milestone{"supported", c.Region, tx.Now(), tx.Now(), true})
}

// moveCase takes a step and keeps it on the timeline.
func moveCase(ctx context.Context, tx Tx, c Case, p CaseStep, why sealed.Text) (Case, error) {
	if !p.From(c.State) {
		return c, fault.New(fault.Conflict, "case.step", fault.Vars{"state": string(c.State)})
	}
	c.State, c.Since = p.To(), tx.Now()
	if err := tx.PutCase(ctx, c); err != nil {
		return c, err
	}
	c.Version++
	return c, note(ctx, tx, c, Core, "step."+string(p), "", why)
}

// Open opens a case from a signal: one child, led by the unit that has the signal. The lead is the actor, or whom the head of
// the unit named.
func (s *Service) Open(ctx context.Context, by access.Actor, key string, id SignalID, version int, lead access.PersonID) (CaseID, error) {
	var opened CaseID
	err := s.store.Update(ctx, by, func(tx Tx) error {
		g, err := openSignal(ctx, tx, id, access.HandleSignal)
		if err != nil {
			return err
		}
		if err := tx.Allow(ctx, access.OpenCase, access.Resource{Kind: "case", Region: g.Region, Agency: g.Unit}); err != nil {
			return err
		}
		made, err := tx.Once(ctx, key, func() (string, error) {
			if g.Version != version {
				return "", fault.New(fault.Conflict, "fault.changed")
			}
			c, err := s.open(ctx, tx, by, g, lead)
			return string(c.ID), err
		})
		opened = CaseID(made)
		return err
	})
	return opened, err
}

func (s *Service) open(ctx context.Context, tx Tx, by access.Actor, g Signal, lead access.PersonID) (Case, error) {
	if lead == "" {
		lead = by.Person
	}
	unit, err := tx.Agency(ctx, g.Unit)
	if err != nil {
		return Case{}, err
	}
	if err := leads(ctx, tx, unit, lead); err != nil {
		return Case{}, err
	}
	c := Case{
		ID: CaseID(access.NewID()), Band: g.Band, Sex: g.Sex, Region: g.Region, Municipality: g.Municipality, Agency: g.Unit, Lead: lead,
		Track: g.Track, Kinds: g.Kinds, Setting: g.Setting, Episode: 1, Received: g.Received, Opened: tx.Now(), Urgent: g.Urgent, Outcome: g.Outcome,
	}
	if c.Ref, err = tx.NextRef(ctx, "case", c.Region, tx.Now().Year()); err != nil {
		return c, err
	}
	if err := tx.NewKey(ctx, string(c.ID)); err != nil {
		return c, err
	}
	if c, err = moveCase(ctx, tx, c, OpenIt, ""); err != nil {
		return c, err
	}
	if err := tx.PutEpisode(ctx, c.ID, 1, c.Opened, time.Time{}, ""); err != nil {
		return c, err
	}
	if err := seatLead(ctx, tx, c, unit); err != nil {
		return c, err
	}
	if err := s.link(ctx, tx, by, &g, &c); err != nil {
		return c, err
	}
	x := subject{cas: &c} // these clocks are the case's own, and stay with it when the signal is taken out
	if err := s.happen(ctx, tx, x, CaseOpened, tx.Now()); err != nil {
		return c, err
	}
	if g.Outcome == Confirmed {
		return c, s.happen(ctx, tx, x, ViolenceConfirmed, tx.Now())
	}
	return c, nil
}

// leads asks that a person works for the unit, with a role that leads cases.
func leads(ctx context.Context, tx Tx, unit org.Agency, p access.PersonID) error {
	staff, err := tx.AgencyStaff(ctx, unit.ID)
	if err != nil {
		return err
	}
	for _, x := range staff {
		if x.Person == p && (slices.Contains(x.Roles, access.Caseworker) || slices.Contains(x.Roles, access.Supervisor)) {
			return nil
		}
	}
	return fault.Field("lead", "case.lead")
}

// Step takes one of the steps of a case that need no more than a word of why: assess, review, take the proposal to close back,
// reopen.
func (s *Service) Step(ctx context.Context, by access.Actor, id CaseID, version int, p CaseStep, why sealed.Text) error {
	if !known([]CaseStep{Assess, Review, KeepOpen, Reopen}, p) {
		return fault.Field("step", "form.choose")
	}
	return s.onCase(ctx, by, id, version, access.LeadCase, func(ctx context.Context, tx Tx, c Case) error {
		var l fault.List
		worded(&l, "why", why, map[CaseStep]int{Reopen: 5}[p], 2000)
		if err := l.Err(); err != nil {
			return err
		}
		switch p {
		case KeepOpen:
			c.ProposedBy, c.ClosedFor = "", ""
		case Reopen:
			if err := standsForItself(ctx, tx, c); err != nil {
				return err
			}
			c.Episode, c.Opened, c.Closed, c.ClosedFor, c.Received = c.Episode+1, tx.Now(), time.Time{}, "", tx.Now()
		}
		c, err := moveCase(ctx, tx, c, p, why)
		if err != nil {
			return err
		}
		if p != Reopen {
			return nil
		}
		if err := tx.PutEpisode(ctx, c.ID, c.Episode, c.Opened, time.Time{}, ""); err != nil {
			return err
		}
		if _, err := supersede(ctx, tx, c.ID); err != nil { // what was agreed before is no plan of the new episode
			return err
		}
		return s.happen(ctx, tx, subject{cas: &c}, CaseOpened, tx.Now())
	})
}

// CaseHappened keeps an event of a case that starts or ends clocks, such as that the court was asked.
func (s *Service) CaseHappened(ctx context.Context, by access.Actor, id CaseID, e Event, at time.Time, text sealed.Text) error {
	return s.onCase(ctx, by, id, -1, access.WriteCase, func(ctx context.Context, tx Tx, c Case) error {
		var l fault.List
		chosen(&l, "event", CaseEventsChosen(), e)
		if at.IsZero() {
			at = tx.Now()
		}
		if at.After(tx.Now()) || at.Before(c.Received.AddDate(0, 0, -1)) {
			l.Add(fault.Field("at", "clock.beforestart"))
		}
		worded(&l, "text", text, 0, 2000)
		if c.State == Closed {
			l.Add(fault.New(fault.Conflict, "case.closed"))
		}
		if err := l.Err(); err != nil {
			return err
		}
		if err := noteAt(ctx, tx, c, Core, "event."+string(e), "", text, at); err != nil {
			return err
		}
		if err := s.happen(ctx, tx, subject{cas: &c}, e, at); err != nil {
			return err
		}
		return flag(ctx, tx, c, e)
	})
}

// flag keeps the flags that follow from an event. Events are entered in any order: whether the child is placed is asked of all.
func flag(ctx context.Context, tx Tx, c Case, e Event) error {
	if e != PlacementOrdered && !slices.Contains(lasting[PlacementOrdered], e) {
		return nil
	}
	all, err := tx.Happenings(ctx, "", c.ID, "")
	if err != nil {
		return err
	}
	court, placed := c.Court || e == "court.decided", slices.ContainsFunc(all, func(h Happening) bool { return h.Event == PlacementOrdered && h.stands(all, tx.Now()) })
	if court == c.Court && placed == c.Placed {
		return nil
	}
	c.Court, c.Placed = court, placed
	return tx.PutCase(ctx, c)
}

// CaseEventsChosen lists the events that people note on a case, in the order of pages.
func CaseEventsChosen() []Event {
	return []Event{
		CaseAssessed, ViolenceConfirmed, "service.began", "service.reported", "service.ended", "placement.needed", PlacementOrdered, "placement.inquired", "placement.notified", "contest.over", "placement.ended",
		"court.asked", "court.decided", "decision.final", "complaint.received", "complaint.sent", "crime.known", "crime.reported", "child.missing", "search.began", "help.organised", "measures.ended", "monitoring.ended",
	}
}

// Unfinished is what keeps a case from closing, and how many of it there are.
type Unfinished struct {
	What Hindrance
	N    int
}

// unfinished lists what keeps a case from closing.
func unfinished(ctx context.Context, tx Tx, c Case) ([]Unfinished, error) {
	n := map[Hindrance]int{}
	var err error
	if n[OpenTasksLeft], err = tx.OpenTasks(ctx, c.ID); err != nil {
		return nil, err
	}
	requests, err := tx.RequestsOf(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	meetings, err := tx.Meetings(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	signals, err := tx.SignalsOf(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	n[OpenRequestsLeft] = counted(requests, func(r Request) bool { return r.State.Open() })
	n[MinutesUnsigned] = counted(meetings, func(m Meeting) bool { return m.State == Minuted })
	n[NotAssessed] = counted(signals, func(g Signal) bool { return g.Outcome == "" })
	n[StillProtected], n[StillPlaced] = map[bool]int{true: 1}[c.Protected], map[bool]int{true: 1}[c.Placed]
	var all []Unfinished
	for _, h := range Hindrances() {
		if n[h] > 0 {
			all = append(all, Unfinished{h, n[h]})
		}
	}
	return all, nil
}

func counted[T any](all []T, which func(T) bool) int {
	n := 0
	for _, x := range all {
		if which(x) {
			n++
		}
	}
	return n
}

// finished adds a fault for each kind of work that keeps a case from closing.
func finished(ctx context.Context, tx Tx, c Case, l *fault.List) error {
	all, err := unfinished(ctx, tx, c)
	for _, x := range all {
		l.Add(fault.New(fault.Conflict, string(x.What), fault.Vars{"n": x.N}))
	}
	return err
}

// ProposeClose asks to close a case. What it still waits for has to be ended before.
func (s *Service) ProposeClose(ctx context.Context, by access.Actor, id CaseID, version int, reason string, why sealed.Text) error {
	return s.onCase(ctx, by, id, version, access.LeadCase, func(ctx context.Context, tx Tx, c Case) error {
		var l fault.List
		chosen(&l, "reason", CloseReasons(), reason)
		worded(&l, "why", why, 10, 2000)
		if err := finished(ctx, tx, c, &l); err != nil {
			return err
		}
		if err := l.Err(); err != nil {
			return err
		}
		c.ClosedFor, c.ProposedBy = reason, by.Person
		_, err := moveCase(ctx, tx, c, ProposeClose, why)
		return err
	})
}

// DecideClose closes a case that another person asked to close, or keeps it open.
func (s *Service) DecideClose(ctx context.Context, by access.Actor, id CaseID, version int, agree bool, why sealed.Text) error {
	return s.onCase(ctx, by, id, version, access.ApproveCase, func(ctx context.Context, tx Tx, c Case) error {
		if c.ProposedBy == by.Person {
			return fault.New(fault.Conflict, "case.secondperson")
		}
		var l fault.List
		worded(&l, "why", why, 0, 2000)
		if agree { // what came up since closing was proposed
			if err := finished(ctx, tx, c, &l); err != nil {
				return err
			}
		}
		if err := l.Err(); err != nil {
			return err
		}
		if !agree {
			c.ProposedBy, c.ClosedFor = "", ""
			_, err := moveCase(ctx, tx, c, KeepOpen, why)
			return err
		}
		c.Closed = tx.Now()
		c, err := moveCase(ctx, tx, c, ApproveClose, why)
		if err != nil {
			return err
		}
		if err := tx.PutEpisode(ctx, c.ID, c.Episode, c.Opened, c.Closed, c.ClosedFor); err != nil {
			return err
		}
		return s.drop(ctx, tx, subject{cas: &c}, "closed")
	})
}

// Assign names the lead of a case, or the same one anew, whose share had run out. There is one at a time; the one before stays on
// the team until the head ends that.
func (s *Service) Assign(ctx context.Context, by access.Actor, id CaseID, version int, lead access.PersonID) error {
	return s.onCase(ctx, by, id, version, access.AssignCase, func(ctx context.Context, tx Tx, c Case) error {
		unit, err := tx.Agency(ctx, c.Agency)
		if err != nil {
			return err
		}
		if err := leads(ctx, tx, unit, lead); err != nil {
			return err
		}
		barred, err := tx.Barred(ctx, c.ID)
		if err != nil {
			return err
		}
		if slices.Contains(barred, lead) {
			return fault.Field("lead", "case.barred")
		}
		c.Lead = lead
		if err := tx.PutCase(ctx, c); err != nil {
			return err
		}
		clocks, err := tx.ClocksOf(ctx, "", c.ID)
		if err != nil {
			return err
		}
		for _, k := range clocks {
			if k.Live() && k.Person != "" {
				k.Person = lead
				if err := tx.PutClock(ctx, k); err != nil {
					return err
				}
			}
		}
		if err := seatLead(ctx, tx, c, unit); err != nil {
			return err
		}
		return note(ctx, tx, c, Core, "case.assigned", string(lead), "")
	})
}
