package casework

import (
	"cmp"
	"context"
	"strconv"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/org"
	"strengthen/internal/sealed"
)

// moveSignal takes a step and keeps the line of history.
func moveSignal(ctx context.Context, tx Tx, by access.Actor, g Signal, p SignalStep, note sealed.Text) (Signal, error) {
	if !p.From(g.State) {
		return g, fault.New(fault.Conflict, "signal.step", fault.Vars{"state": string(g.State)})
	}
	if p == LinkIt || p == JoinIt {
		g.Was = Standing{g.State, g.Since, g.TakenBy}
	}
	g.State, g.Since = p.To(), tx.Now()
	if g.State == Back {
		g.State, g.Since, g.TakenBy, g.Was = g.Was.State, g.Was.Since, g.Was.TakenBy, Standing{}
	}
	if p != Receive {
		g.Looked = true
	}
	if err := tx.PutSignal(ctx, g); err != nil {
		return g, err
	}
	g.Version++
	err := tx.PutSignalEvent(ctx, SignalEvent{
		ID: access.NewID(), Signal: g.ID, At: tx.Now(), Actor: by.Person, Agency: by.AgencyAt(tx.Now()), Step: p, To: g.State, Note: note,
	})
	if err != nil || g.SourcePerson == "" || g.SourcePerson == by.Person || !known(newsSteps(), p) {
		return g, err
	}
	return g, tellSender(ctx, tx, g, p)
}

// newsSteps lists the steps that the professional who gave a signal hears of.
func newsSteps() []SignalStep { return []SignalStep{Acknowledge, Forward, Confirm, LinkIt, JoinIt} }

// tellSender plans a message to the professional who gave a signal: what was done with it, and nothing about the child.
func tellSender(ctx context.Context, tx Tx, g Signal, p SignalStep) error {
	x, err := tx.Person(ctx, g.SourcePerson)
	if err != nil {
		return err
	}
	return tx.PlanMail(ctx, org.Mail{
		Key: "signal_news/" + string(g.ID) + "/" + strconv.Itoa(g.Version), Kind: "signal_news", Record: string(g.ID), Person: x.ID, Address: x.Email, Lang: x.Lang, Due: tx.Now(),
		Vars: map[string]string{"ref": g.Ref, "step": string(p), "path": "/signals/" + string(g.ID)},
	})
}

// openSignal loads a signal for whoever may do action to it.
func openSignal(ctx context.Context, tx Tx, id SignalID, action access.Action) (Signal, error) {
	g, err := tx.Signal(ctx, id)
	if err != nil {
		return g, err
	}
	r, err := signalResource(ctx, tx, g)
	if err != nil {
		return g, err
	}
	return g, tx.Allow(ctx, action, r)
}

// onSignal runs fn for a signal that the actor may handle, if it is still as the actor saw it.
func (s *Service) onSignal(ctx context.Context, by access.Actor, id SignalID, version int, action access.Action, fn func(context.Context, Tx, Signal) error) error {
	return s.store.Update(ctx, by, func(tx Tx) error {
		g, err := openSignal(ctx, tx, id, action)
		if err != nil {
			return err
		}
		if g.Version != version {
			return fault.New(fault.Conflict, "fault.changed")
		}
		return fn(ctx, tx, g)
	})
}

// Acknowledge takes a signal out of the inbox: somebody has it. The professional who gave it is told.
func (s *Service) Acknowledge(ctx context.Context, by access.Actor, id SignalID, version int) error {
	return s.onSignal(ctx, by, id, version, access.HandleSignal, func(ctx context.Context, tx Tx, g Signal) error {
		g.TakenBy = by.Person
		if _, err := moveSignal(ctx, tx, by, g, Acknowledge, ""); err != nil {
			return err
		}
		return tx.CancelMail(ctx, string(g.ID), "signal")
	})
}

// Screen begins the assessment of a signal.
func (s *Service) Screen(ctx context.Context, by access.Actor, id SignalID, version int) error {
	return s.onSignal(ctx, by, id, version, access.HandleSignal, func(ctx context.Context, tx Tx, g Signal) error {
		if g.TakenBy == "" {
			g.TakenBy = by.Person
		}
		_, err := moveSignal(ctx, tx, by, g, Screen, "")
		return err
	})
}

// Assess keeps what the assessment found; the clock of 24 hours or of 10 days is met.
func (s *Service) Assess(ctx context.Context, by access.Actor, id SignalID, version int, found Outcome, at time.Time) error {
	return s.onSignal(ctx, by, id, version, access.HandleSignal, func(ctx context.Context, tx Tx, g Signal) error {
		var l fault.List
		chosen(&l, "outcome", Outcomes(), found)
		if at.IsZero() {
			at = tx.Now()
		}
		at = since(g.Received, at)
		if at.After(tx.Now()) || at.Before(g.Received) {
			l.Add(fault.Field("at", "clock.beforestart"))
		}
		if g.State != Screening && g.State != Linked { // an urgent signal opens a case before it is assessed
			l.Add(fault.New(fault.Conflict, "signal.step", fault.Vars{"state": string(g.State)}))
		}
		if err := l.Err(); err != nil {
			return err
		}
		before := g.Outcome
		g.Outcome = found
		if err := tx.PutSignal(ctx, g); err != nil {
			return err
		}
		x, err := subjectOf(ctx, tx, &g)
		if err != nil {
			return err
		}
		if err := s.happen(ctx, tx, x, SignalAssessed, at); err != nil {
			return err
		}
		inTime, err := metInTime(ctx, tx, g.ID, SignalAssessed)
		if err != nil {
			return err
		}
		if err := tx.PutMilestone(ctx, Milestone{"assessed." + string(g.Track), g.Region, g.Received, at, inTime}); err != nil {
			return err
		}
		if g.Case == "" || found != Confirmed || before == Confirmed {
			return nil // a case that is opened later begins with what was found
		}
		c, err := worked(ctx, tx, g.Case)
		if err != nil {
			return err
		}
		return s.happen(ctx, tx, subject{signal: &g, cas: &c}, ViolenceConfirmed, at)
	})
}

// metInTime reports whether no clock of a signal that an event ended was late.
func metInTime(ctx context.Context, tx Tx, id SignalID, e Event) (bool, error) {
	all, err := tx.ClocksOf(ctx, id, "")
	if err != nil {
		return false, err
	}
	for _, c := range all {
		r, err := tx.ClockRule(ctx, c.Rule, c.Version)
		if err != nil {
			return false, err
		}
		if c.State == Met && c.Late && r.EndsOn(e) {
			return false, nil
		}
	}
	return true, nil
}

// Happened keeps an event of a signal that is nobody's decision, such as that the other institutions were told.
func (s *Service) Happened(ctx context.Context, by access.Actor, id SignalID, version int, e Event, at time.Time) error {
	return s.onSignal(ctx, by, id, version, access.HandleSignal, func(ctx context.Context, tx Tx, g Signal) error {
		if !known(SignalEventsChosen(), e) {
			return fault.Field("event", "form.choose")
		}
		if at.IsZero() {
			at = tx.Now()
		}
		at = since(g.First, at)
		if at.After(tx.Now()) || at.Before(g.First) {
			return fault.Field("at", "clock.beforestart")
		}
		if err := tx.PutSignal(ctx, g); err != nil {
			return err
		}
		x, err := subjectOf(ctx, tx, &g)
		if err != nil {
			return err
		}
		return s.happen(ctx, tx, x, e, at)
	})
}

// SignalEventsChosen lists the events that people note on a signal.
func SignalEventsChosen() []Event { return []Event{SignalTold, SenderAnswered, "call.reported"} }

// Forward sends a signal on to the unit of the child's current address, or to the institution whose matter it is; there it is
// received anew.
func (s *Service) Forward(ctx context.Context, by access.Actor, id SignalID, version int, to access.AgencyID, municipality string, note sealed.Text) error {
	return s.onSignal(ctx, by, id, version, access.HandleSignal, func(ctx context.Context, tx Tx, g Signal) error {
		var l fault.List
		unit, err := tx.Agency(ctx, to)
		if err != nil || to == g.Unit {
			l.Add(fault.Field("unit", "form.choose"))
		}
		worded(&l, "note", note, 0, 2000)
		if err := l.Err(); err != nil {
			return err
		}
		x, err := subjectOf(ctx, tx, &g)
		if err != nil {
			return err
		}
		if _, err := s.satisfy(ctx, tx, x, SignalForwarded, tx.Now()); err != nil { // it is no event of the next unit, which receives it now
			return err
		}
		if err := s.drop(ctx, tx, x, "forwarded"); err != nil {
			return err
		}
		g.Unit, g.Region, g.Received, g.TakenBy = to, unit.Region, tx.Now(), ""
		if municipality != "" {
			g.Municipality = municipality
		}
		if g, err = moveSignal(ctx, tx, by, g, Forward, note); err != nil {
			return err
		}
		if x, err = subjectOf(ctx, tx, &g); err != nil {
			return err
		}
		if err := s.happen(ctx, tx, x, SignalReceived, g.Received); err != nil {
			return err
		}
		return announce(ctx, tx, g)
	})
}

// Join keeps a signal with an earlier one that says the same (Implementing Regulation, article 10, paragraph 7). Nothing is
// deleted, and Unjoin undoes it.
func (s *Service) Join(ctx context.Context, by access.Actor, id SignalID, version int, to SignalID) error {
	return s.onSignal(ctx, by, id, version, access.HandleSignal, func(ctx context.Context, tx Tx, g Signal) error {
		if to == g.ID {
			return fault.Field("signal", "form.choose")
		}
		other, err := openSignal(ctx, tx, to, access.HandleSignal)
		if err != nil {
			return err
		}
		if other.JoinedTo != "" || other.State == NoAction {
			return fault.Field("signal", "signal.joinchain")
		}
		if other.Received.After(g.Received) { // the term of the earlier one is the one that runs on
			return fault.Field("ref", "signal.joinlater")
		}
		if kept, err := tx.SignalsJoined(ctx, g.ID); err != nil || len(kept) > 0 {
			return cmp.Or(err, error(fault.Field("signal", "signal.joinmain")))
		}
		g.JoinedTo = to
		if g, err = moveSignal(ctx, tx, by, g, JoinIt, ""); err != nil {
			return err
		}
		x, err := subjectOf(ctx, tx, &g)
		if err != nil {
			return err
		}
		return s.drop(ctx, tx, x, "joined")
	})
}

// JoinByRef is Join with the reference that people read to each other. A signal that the actor may not handle is told apart from
// none by nobody.
func (s *Service) JoinByRef(ctx context.Context, by access.Actor, id SignalID, version int, ref string) error {
	var to SignalID
	err := s.store.View(ctx, by, func(tx Tx) error {
		g, err := tx.SignalByRef(ctx, ref)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		may := false
		if err == nil {
			if may, err = canSignal(ctx, tx, g, access.HandleSignal); err != nil {
				return err
			}
		}
		if !may {
			return fault.Field("ref", "signal.noref")
		}
		to = g.ID
		return nil
	})
	if err != nil {
		return err
	}
	return s.Join(ctx, by, id, version, to)
}

// Unjoin takes a signal out of another again: both are as they were, and its clocks run as if it had never been joined.
func (s *Service) Unjoin(ctx context.Context, by access.Actor, id SignalID, version int) error {
	return s.onSignal(ctx, by, id, version, access.HandleSignal, func(ctx context.Context, tx Tx, g Signal) error {
		g.JoinedTo = ""
		g, err := moveSignal(ctx, tx, by, g, UnjoinIt, "")
		if err != nil {
			return err
		}
		return s.revive(ctx, tx, subject{signal: &g}, "joined")
	})
}

// ProposeEnd proposes to end a signal without a case. It needs a reason, and a second person to decide.
func (s *Service) ProposeEnd(ctx context.Context, by access.Actor, id SignalID, version int, reason sealed.Text) error {
	return s.onSignal(ctx, by, id, version, access.HandleSignal, func(ctx context.Context, tx Tx, g Signal) error {
		var l fault.List
		worded(&l, "reason", reason, 10, 2000)
		if g.State == Screening && g.Outcome == "" {
			l.Add(fault.Field("outcome", "signal.assessfirst"))
		}
		if g.Outcome == Confirmed {
			l.Add(fault.Field("outcome", "signal.confirmed"))
		}
		if err := l.Err(); err != nil {
			return err
		}
		g.Reason, g.ProposedBy = reason, by.Person
		_, err := moveSignal(ctx, tx, by, g, Propose, reason)
		return err
	})
}

// DecideEnd ends a signal that another person proposed to end, or returns it.
func (s *Service) DecideEnd(ctx context.Context, by access.Actor, id SignalID, version int, agree bool, note sealed.Text) error {
	return s.onSignal(ctx, by, id, version, access.EndSignal, func(ctx context.Context, tx Tx, g Signal) error {
		if g.ProposedBy == by.Person {
			return fault.New(fault.Conflict, "case.secondperson")
		}
		var l fault.List
		if worded(&l, "note", note, 0, 2000); len(l) > 0 {
			return l.Err()
		}
		step := Confirm
		if !agree {
			step, g.Reason, g.ProposedBy = Return, "", ""
		}
		g, err := moveSignal(ctx, tx, by, g, step, note)
		if err != nil || !agree {
			return err
		}
		x, err := subjectOf(ctx, tx, &g)
		if err != nil {
			return err
		}
		return s.drop(ctx, tx, x, "ended")
	})
}
