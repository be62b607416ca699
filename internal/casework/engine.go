package casework

import (
	"context"
	"maps"
	"slices"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/fault"
	"strengthen/internal/org"
)

// subject is what an event happens to: a signal, a case, or a signal in its case.
type subject struct {
	signal *Signal
	cas    *Case
	source org.Agency // of the signal
	unit   org.Agency // that has the signal

	record string          // a request, minutes, a task or a protection
	agency access.AgencyID // that is responsible for it, or for what the police do
	person access.PersonID
	due    time.Time // its own end, where the rule leaves that open
	latest time.Time // the end of its term at the latest, where something sets one
}

// conditions say for which subjects a rule starts a clock, beside its track.
var conditions = map[string]func(subject) bool{
	"any":       func(subject) bool { return true },
	"unit":      func(x subject) bool { return x.unit.Kind == directorate },
	"elsewhere": func(x subject) bool { return x.unit.Kind != "" && x.unit.Kind != directorate },
	"hospital":  func(x subject) bool { return x.source.Kind == "hospital" && x.of("abandonment") },
	"helpline":  func(x subject) bool { return x.signal != nil && x.signal.Channel == "helpline" },
	"helpline_known": func(x subject) bool {
		return x.signal != nil && x.signal.Channel == "helpline" && x.signal.Municipality != ""
	},
	"helpline_unknown": func(x subject) bool {
		return x.signal != nil && x.signal.Channel == "helpline" && x.signal.Municipality == ""
	},
	"named":       func(x subject) bool { return x.signal != nil && x.signal.Source != Anonymous },
	"standing":    func(x subject) bool { return !x.of("abandonment") },
	"abandonment": func(x subject) bool { return x.of("abandonment") },
}

// Conditions lists the codes of the conditions, for the page of rules.
func Conditions() []string { return slices.Sorted(maps.Keys(conditions)) }

// directorate is the kind of institution that the law makes responsible: the Social Assistance Directorate.
const directorate = "sad"

func (x subject) track() Track {
	if x.signal != nil {
		return x.signal.Track
	}
	return x.cas.Track
}

func (x subject) of(k Kind) bool {
	if x.signal != nil {
		return slices.Contains(x.signal.Kinds, k)
	}
	return slices.Contains(x.cas.Kinds, k)
}

// subjectOf is a signal with the institutions that conditions ask about.
func subjectOf(ctx context.Context, tx Tx, g *Signal) (subject, error) {
	x := subject{signal: g}
	var err error
	if g.SourceAgency != "" {
		if x.source, err = tx.Agency(ctx, g.SourceAgency); err != nil {
			return x, err
		}
	}
	x.unit, err = tx.Agency(ctx, g.Unit)
	return x, err
}

// happen tells the clocks of a signal or case that an event came at a moment: those that waited for it are met, and those that
// it starts begin to run.
func (s *Service) happen(ctx context.Context, tx Tx, x subject, e Event, at time.Time) error {
	running, err := s.satisfy(ctx, tx, x, e, at)
	if err != nil {
		return err
	}
	days, err := s.workCalendar(ctx, tx)
	if err != nil {
		return err
	}
	rules, err := tx.ClockRulesFrom(ctx, e)
	if err != nil {
		return err
	}
	for _, r := range rules {
		if !r.Active || !r.StartsOn(e) || running[r.Ref] || r.Track != "" && r.Track != x.track() || !conditions[r.When](x) {
			continue
		}
		if err := s.start(ctx, tx, days, r, x, at); err != nil {
			return err
		}
	}
	h := Happening{ID: access.NewID(), Record: x.record, Event: e, At: at}
	h.Signal, h.Case = x.ids()
	return tx.PutHappening(ctx, h)
}

func (x subject) ids() (g SignalID, c CaseID) {
	if x.signal != nil {
		g = x.signal.ID
	}
	if x.cas != nil {
		c = x.cas.ID
	}
	return g, c
}

// satisfy ends the clocks that waited for an event and returns the rules whose clocks run on, or ran at its moment.
func (s *Service) satisfy(ctx context.Context, tx Tx, x subject, e Event, at time.Time) (map[string]bool, error) {
	signal, cas := x.ids()
	all, err := tx.ClocksOf(ctx, signal, cas)
	if err != nil {
		return nil, err
	}
	running := map[string]bool{}
	for _, c := range all {
		if c.Record != x.record {
			continue
		}
		if c.State == Met && !at.Before(c.Start) && at.Before(c.Ended) {
			running[c.Rule] = true
		}
		if !c.Live() {
			continue
		}
		r, err := tx.ClockRule(ctx, c.Rule, c.Version)
		if err != nil {
			return nil, err
		}
		if !r.EndsOn(e) {
			running[c.Rule] = true
			continue
		}
		if at.Before(c.Start) {
			// It came before what the clock began with. What it brought about may stand still at that moment.
			over, err := endAlready(ctx, tx, c, r, Happening{Event: e, At: at})
			if err != nil {
				return nil, err
			}
			if !over {
				running[c.Rule] = true
			}
			continue
		}
		if err := meet(ctx, tx, c, at); err != nil {
			return nil, err
		}
	}
	return running, nil
}

// endAlready ends a clock whose event is known by now, since events are entered in any order: the first that came at the start
// of the clock or later and did not end another clock of the rule, or the start itself where what an earlier one brought about
// still stood. What is being entered, and came before the start, is given with the others. It reports whether the clock ended.
func endAlready(ctx context.Context, tx Tx, c Clock, r ClockRule, entered ...Happening) (bool, error) {
	all, err := tx.Happenings(ctx, c.Signal, c.Case, c.Record)
	if err != nil {
		return false, err
	}
	all = append(all, entered...)
	if !slices.ContainsFunc(all, func(h Happening) bool { return r.EndsOn(h.Event) }) {
		return false, nil // as mostly
	}
	clocks, err := tx.ClocksOf(ctx, c.Signal, c.Case)
	if err != nil {
		return false, err
	}
	spent := func(h Happening) bool {
		return slices.ContainsFunc(clocks, func(k Clock) bool {
			return k.Rule == c.Rule && k.Record == c.Record && k.State == Met && k.Ended.Equal(h.At)
		})
	}
	stands, end := false, time.Time{}
	for _, h := range all {
		_, lasts := lasting[h.Event]
		switch {
		case r.EndsOn(h.Event) && !h.At.Before(c.Start) && !spent(h):
			end = h.At
		case r.EndsOn(h.Event) && lasts && h.At.Before(c.Start):
			stands = stands || h.stands(all, c.Start)
		}
		if !end.IsZero() {
			break
		}
	}
	switch {
	case stands:
		return true, meet(ctx, tx, c, c.Start)
	case !end.IsZero():
		return true, meet(ctx, tx, c, end)
	}
	return false, nil
}

func (s *Service) liveClocks(ctx context.Context, tx Tx, x subject) ([]Clock, error) {
	signal, cas := x.ids()
	all, err := tx.ClocksOf(ctx, signal, cas)
	return slices.DeleteFunc(all, func(c Clock) bool { return !c.Live() }), err
}

// workCalendar returns the working days with the decreed changes of today; it is made anew only when those change.
func (s *Service) workCalendar(ctx context.Context, tx Tx) (*calendar.WorkCalendar, error) {
	decreed, err := tx.DaysOff(ctx)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.days == nil || !maps.Equal(s.decreed, decreed) {
		s.days, s.decreed = calendar.NewWorkCalendar(decreed), decreed
	}
	return s.days, nil
}

// rollSetting is the setting of the house that says whether a last day that is a day off moves to the next working day.
const rollSetting = "clock.roll"

// term is the rule's term under the settings of the house.
func (s *Service) term(ctx context.Context, tx Tx, r ClockRule) (calendar.Term, error) {
	t := r.Term
	if !r.RollBySetting {
		return t, nil
	}
	v, err := tx.Setting(ctx, rollSetting)
	t.Roll = v != "no"
	return t, err
}

func (s *Service) start(ctx context.Context, tx Tx, days *calendar.WorkCalendar, r ClockRule, x subject, at time.Time) error {
	t, err := s.term(ctx, tx, r)
	if err != nil {
		return err
	}
	if r.SinceReceipt && x.cas != nil && !x.cas.Received.IsZero() {
		at = x.cas.Received
	}
	c := Clock{ID: ClockID(access.NewID()), Rule: r.Ref, Version: r.Version, Start: at, Due: r.due(days, t, at), State: Running}
	if !x.due.IsZero() {
		c.Due = x.due
	}
	if x.latest.After(at) && c.Due.After(x.latest) {
		c.Due = x.latest
	}
	c.place(r, x)
	c.arm(r, tx.Now())
	if err := tx.PutClock(ctx, c); err != nil {
		return err
	}
	if err := tx.PutClockChange(ctx, ClockChange{ID: access.NewID(), Clock: c.ID, At: tx.Now(), Actor: tx.By().Person, What: "started"}); err != nil {
		return err
	}
	c.Row = 1
	_, err = endAlready(ctx, tx, c, r)
	return err
}

// place says whose clock it is.
func (c *Clock) place(r ClockRule, x subject) {
	if x.signal != nil {
		c.Signal, c.Region, c.Agency = x.signal.ID, x.signal.Region, x.signal.Unit
		if r.Responsible == "sender" && x.signal.SourceAgency != "" { // otherwise whoever took the call down asks for it
			c.Agency = x.signal.SourceAgency
		}
	}
	if x.cas != nil {
		c.Case, c.Region = x.cas.ID, x.cas.Region
		if r.Responsible != "sender" {
			c.Agency = x.cas.Agency
		}
		if r.Responsible == "lead" {
			c.Person = x.cas.Lead
		}
	}
	if x.record != "" {
		c.Record, c.Agency, c.Person = x.record, x.agency, x.person
	}
	if r.Responsible == "police" && x.agency != "" {
		c.Agency, c.Person = x.agency, ""
	}
	if r.Responsible == "court" || r.Responsible == "parties" {
		c.Agency, c.Person = "", ""
	}
}

// arm sets a clock on its ladder: how many rungs lie behind, and when something is to be done about it next. Of rungs that are
// past already, such as in a late entry, only the last is still told.
func (c *Clock) arm(r ClockRule, now time.Time) {
	c.Rung = 0
	for c.Rung < len(r.Ladder) && !c.rung(r, c.Rung).After(now) {
		c.Rung++
	}
	c.Rung = max(0, c.Rung-1)
	c.Next = nextMoment(r, *c)
}

// nextMoment is the moment of the next rung, or the end of the term when that is sooner.
func nextMoment(r ClockRule, c Clock) time.Time {
	var next time.Time
	if c.Rung < len(r.Ladder) {
		next = c.rung(r, c.Rung)
	}
	if c.State == Running && (next.IsZero() || c.Due.Before(next)) {
		next = c.Due
	}
	return next
}

// meet ends a clock with its event. That it was late stays on it.
func meet(ctx context.Context, tx Tx, c Clock, at time.Time) error {
	if err := change(ctx, tx, c, "met", ""); err != nil {
		return err
	}
	c.State, c.Ended, c.Late, c.Next = Met, at, at.After(c.Due), time.Time{}
	return tx.PutClock(ctx, c)
}

// drop cancels the clocks of a signal or case that still run, such as when a case is closed. Those of a child that is under
// police protection go on: forty-eight hours end for the child, wherever the paper lies.
func (s *Service) drop(ctx context.Context, tx Tx, x subject, reason string) error {
	live, err := s.liveClocks(ctx, tx, x)
	if err != nil {
		return err
	}
	signal, cas := x.ids()
	protections, err := tx.Protections(ctx, signal, cas)
	if err != nil {
		return err
	}
	for _, c := range live {
		if slices.ContainsFunc(protections, func(p Protection) bool { return p.runs() && c.Record == p.clocks(x).record }) {
			continue
		}
		if err := c.cancel(ctx, tx, reason); err != nil {
			return err
		}
		if err := tx.PutClock(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// cancel writes into the history of a clock that it is given up; the clock is the caller's to keep. That it was over by then
// stays on it, and stands on the timeline of its case.
func (c *Clock) cancel(ctx context.Context, tx Tx, reason string) error {
	if err := change(ctx, tx, *c, "cancelled", reason); err != nil {
		return err
	}
	c.Late = c.State == Breached || c.Overdue(tx.Now())
	c.State, c.Ended, c.Next = Cancelled, tx.Now(), time.Time{}
	if !c.Late || c.Case == "" {
		return nil
	}
	x, err := tx.Case(ctx, c.Case)
	if err != nil {
		return err
	}
	return note(ctx, tx, x, Core, GivenUpLate, c.Rule, "")
}

// GivenUpLate is the line of a timeline about a term that was over when it was given up; its record is the reference of the rule.
const GivenUpLate = "clock.late"

// revive lets the clocks run on that were cancelled for a reason which was undone.
func (s *Service) revive(ctx context.Context, tx Tx, x subject, reason string) error {
	signal, cas := x.ids()
	all, err := tx.ClocksOf(ctx, signal, cas)
	if err != nil {
		return err
	}
	for _, c := range all {
		if c.State != Cancelled {
			continue
		}
		history, err := tx.ClockChanges(ctx, c.ID)
		if err != nil {
			return err
		}
		last := history[len(history)-1]
		if last.What != "cancelled" || last.Reason != reason {
			continue
		}
		if err := change(ctx, tx, c, "revived", reason); err != nil {
			return err
		}
		r, err := tx.ClockRule(ctx, c.Rule, c.Version)
		if err != nil {
			return err
		}
		c.State, c.Ended, c.Late = last.OldState, time.Time{}, false
		if c.State != Paused {
			c.Next = nextMoment(r, c)
		}
		if err := tx.PutClock(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// change keeps what becomes of a clock, with what it was before.
func change(ctx context.Context, tx Tx, c Clock, what, reason string) error {
	return tx.PutClockChange(ctx, ClockChange{
		ID: access.NewID(), Clock: c.ID, At: tx.Now(), Actor: tx.By().Person, What: what, OldStart: c.Start, OldDue: c.Due, OldState: c.State, Reason: reason, Rung: c.Rung,
	})
}

// PauseReasons lists why a term of days or months may stand still. The law names none in general: each is a setting of the
// house, to be confirmed by a jurist.
func PauseReasons() []string { return []string{"court", "abroad", "in_hospital", "missing"} }

// CorrectionReasons lists why the start of a term is corrected.
func CorrectionReasons() []string { return []string{"late_entry", "wrong_entry", "document_found"} }

// Pause lets a clock stand still, for a reason that the house allows.
func (s *Service) Pause(ctx context.Context, by access.Actor, id ClockID, reason string) error {
	return s.onClock(ctx, by, id, func(ctx context.Context, tx Tx, c Clock, r ClockRule) error {
		if reason == "" {
			return fault.Field("reason", "form.choose")
		}
		if !slices.Contains(r.Pauses, reason) {
			return fault.Field("reason", "clock.pause")
		}
		if c.State != Running {
			return fault.New(fault.Conflict, "clock.state")
		}
		if err := change(ctx, tx, c, "paused", reason); err != nil {
			return err
		}
		c.State, c.Stopped, c.Next = Paused, tx.Now(), time.Time{}
		return tx.PutClock(ctx, c)
	})
}

// Resume lets a paused clock run on; its term ends as many days later as it stood still.
func (s *Service) Resume(ctx context.Context, by access.Actor, id ClockID) error {
	return s.onClock(ctx, by, id, func(ctx context.Context, tx Tx, c Clock, r ClockRule) error {
		if c.State != Paused {
			return fault.New(fault.Conflict, "clock.state")
		}
		if err := change(ctx, tx, c, "resumed", ""); err != nil {
			return err
		}
		stood := calendar.On(c.Stopped).DaysUntil(calendar.On(tx.Now()))
		c.State, c.Stopped, c.Due = Running, time.Time{}, calendar.On(c.Due).AddDays(stood).End()
		c.arm(r, tx.Now())
		return tx.PutClock(ctx, c)
	})
}

// stoodStill is how many days a clock stood still after a start, all pauses together.
func stoodStill(ctx context.Context, tx Tx, id ClockID, start time.Time) (int, error) {
	history, err := tx.ClockChanges(ctx, id)
	days := 0
	var since time.Time
	for _, h := range history {
		switch h.What {
		case "paused":
			since = h.At
		case "resumed":
			if since.Before(start) {
				since = start
			}
			days += max(0, calendar.On(since).DaysUntil(calendar.On(h.At)))
		}
	}
	return days, err
}

// Correct moves the start of a clock, such as when the hour of receipt was entered wrongly. The old start and end stay in its
// history, and so does every escalation that was sent.
func (s *Service) Correct(ctx context.Context, by access.Actor, id ClockID, start time.Time, reason string) error {
	return s.onClock(ctx, by, id, func(ctx context.Context, tx Tx, c Clock, r ClockRule) error {
		var l fault.List
		chosen(&l, "reason", CorrectionReasons(), reason)
		switch {
		case start.IsZero(), start.After(tx.Now()):
			l.Add(fault.Field("start", "clock.future"))
		case !calendar.Known(start):
			l.Add(fault.Field("start", "form.year"))
		case !c.Ended.IsZero() && start.After(c.Ended):
			l.Add(fault.Field("start", "clock.afterend"))
		}
		if !c.Correctable() {
			l.Add(fault.New(fault.Conflict, "clock.state"))
		}
		if err := l.Err(); err != nil {
			return err
		}
		if err := change(ctx, tx, c, "corrected", reason); err != nil {
			return err
		}
		days, err := s.workCalendar(ctx, tx)
		if err != nil {
			return err
		}
		c.Start = start
		if c.Due, err = s.dueOf(ctx, tx, days, r, c); err != nil {
			return err
		}
		if c.State == Met {
			c.Late = c.Ended.After(c.Due)
			return tx.PutClock(ctx, c)
		}
		c.State = Running // when its term is over now, the next sweep finds the breach
		c.arm(r, tx.Now())
		if err := tx.PutClock(ctx, c); err != nil {
			return err
		}
		c.Row++
		_, err = endAlready(ctx, tx, c, r)
		return err
	})
}

// onClock opens a clock for whoever may write the record that it belongs to.
func (s *Service) onClock(ctx context.Context, by access.Actor, id ClockID, fn func(context.Context, Tx, Clock, ClockRule) error) error {
	return s.store.Update(ctx, by, func(tx Tx) error {
		c, err := tx.Clock(ctx, id)
		if err != nil {
			return err
		}
		if err := allowClock(ctx, tx, c); err != nil {
			return err
		}
		r, err := tx.ClockRule(ctx, c.Rule, c.Version)
		if err != nil {
			return err
		}
		return fn(ctx, tx, c, r)
	})
}

func allowClock(ctx context.Context, tx Tx, c Clock) error {
	if c.Case != "" {
		_, err := openCase(ctx, tx, c.Case, Core.WriteAction())
		return err
	}
	_, err := openSignal(ctx, tx, c.Signal, access.HandleSignal)
	return err
}
