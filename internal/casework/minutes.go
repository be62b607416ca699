package casework

import (
	"context"
	"slices"
	"strings"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/fault"
	"strengthen/internal/sealed"
)

// MinuteFields lists the texts of the minutes in the order of pages.
func MinuteFields() []string { return []string{"worries", "strengths", "risk", "limits"} }

// ItemKind says what an institution brings to a meeting.
type ItemKind string

// The kinds.
const (
	BringsFact     ItemKind = "fact"
	BringsOpinion  ItemKind = "assessment"
	BringsStrength ItemKind = "strength"
	BringsWorry    ItemKind = "worry"
)

// ItemKinds lists them in the order of pages.
func ItemKinds() []ItemKind {
	return []ItemKind{BringsFact, BringsOpinion, BringsStrength, BringsWorry}
}

// Item is what an institution brings: a fact or an assessment with its source, a strength, a worry.
type Item struct {
	ID      string
	Meeting string
	Agency  access.AgencyID
	Kind    ItemKind
	Part    Compartment
	Source  sealed.Text
	Text    sealed.Text
	By      access.PersonID
	At      time.Time
}

// Decision is what the team decided.
type Decision struct {
	ID      string
	Meeting string
	Text    sealed.Text
	At      time.Time
}

// signTime is how long institutions have to sign the minutes.
const signTime = 72 * time.Hour

// Ended is when the writing of the minutes ended; the leading unit signs them by that.
func (m Meeting) Ended() time.Time {
	if m.SignBy.IsZero() {
		return m.SignBy
	}
	return m.SignBy.Add(-signTime)
}

// Bring adds what an institution brings to a meeting: before it, or while it goes on.
func (s *Service) Bring(ctx context.Context, by access.Actor, key string, id CaseID, meeting string, x Item) error {
	return s.onMeeting(ctx, by, id, meeting, access.WriteCase, func(ctx context.Context, tx Tx, c Case, m Meeting) error {
		var l fault.List
		chosen(&l, "kind", ItemKinds(), x.Kind)
		chosen(&l, "part", Compartments(), x.Part)
		told(&l, x.Part, "source", x.Source, 2, 200)
		told(&l, x.Part, "text", x.Text, 3, 4000)
		if m.State != MeetingCalled && m.State != MeetingHeld {
			l.Add(fault.New(fault.Conflict, "meeting.step", fault.Vars{"state": string(m.State)}))
		}
		if err := keepsPart(ctx, tx, x.Part); err != nil {
			return err
		}
		if x.Part != Core {
			if ok, err := canCase(ctx, tx, c, x.Part.WriteAction()); err != nil || !ok {
				l.Add(fault.Field("part", "share.own"))
			}
		}
		own := by.AgencyAt(tx.Now())
		if x.Agency == "" {
			x.Agency = own
		}
		if x.Agency != own && own != c.Agency { // only the leading unit writes for others, at the shared screen
			l.Add(fault.Field("agency", "form.choose"))
		}
		if err := l.Err(); err != nil {
			return err
		}
		_, err := tx.Once(ctx, key, func() (string, error) {
			x.ID, x.Meeting, x.By, x.At = access.NewID(), m.ID, by.Person, tx.Now()
			return x.ID, tx.PutItem(ctx, c.ID, x)
		})
		return err
	})
}

// TakeBack removes what the actor brought, while the meeting is not minuted.
func (s *Service) TakeBack(ctx context.Context, by access.Actor, id CaseID, meeting, item string) error {
	return s.onMeeting(ctx, by, id, meeting, access.WriteCase, func(ctx context.Context, tx Tx, c Case, m Meeting) error {
		i := slices.IndexFunc(m.Items, func(x Item) bool { return x.ID == item })
		switch {
		case i < 0:
			return fault.New(fault.NotFound, "fault.notfound")
		case m.Items[i].By != by.Person && m.Leader != by.Person:
			return fault.New(fault.Denied, "fault.denied")
		case m.State != MeetingCalled && m.State != MeetingHeld:
			return fault.New(fault.Conflict, "meeting.step", fault.Vars{"state": string(m.State)})
		}
		return tx.DropItem(ctx, item)
	})
}

// Decide adds a decision of the team.
func (s *Service) Decide(ctx context.Context, by access.Actor, key string, id CaseID, meeting string, text sealed.Text) error {
	return s.onMeeting(ctx, by, id, meeting, access.LeadCase, func(ctx context.Context, tx Tx, c Case, m Meeting) error {
		var l fault.List
		worded(&l, "text", text, 5, 4000)
		if m.State != MeetingHeld {
			l.Add(fault.New(fault.Conflict, "meeting.step", fault.Vars{"state": string(m.State)}))
		}
		if err := l.Err(); err != nil {
			return err
		}
		_, err := tx.Once(ctx, key, func() (string, error) {
			d := Decision{ID: access.NewID(), Meeting: m.ID, Text: text, At: tx.Now()}
			return d.ID, tx.PutDecision(ctx, c.ID, d)
		})
		return err
	})
}

// WriteMinutes keeps the texts of the minutes as they are written, by several people if they like: what does not clash is
// merged, a clash is shown with both texts.
func (s *Service) WriteMinutes(ctx context.Context, by access.Actor, id CaseID, meeting string, saw, mine Form) error {
	return s.onMeeting(ctx, by, id, meeting, access.WriteCase, func(ctx context.Context, tx Tx, c Case, m Meeting) error {
		if m.State != MeetingHeld {
			return fault.New(fault.Conflict, "meeting.step", fault.Vars{"state": string(m.State)})
		}
		var l fault.List
		for field, text := range mine {
			chosen(&l, field, MinuteFields(), field)
			worded(&l, field, text, 0, longest)
		}
		if err := l.Err(); err != nil {
			return err
		}
		merged, clashes := merge(saw, m.Minutes, mine)
		if len(clashes) > 0 {
			return &ClashError{clashes, m.Editor, m.Changed}
		}
		m.Minutes, m.Changed, m.Editor = merged, tx.Now(), by.Person
		return tx.PutMeeting(ctx, m)
	})
}

// EndMinutes ends the writing: every institution that came has three days to sign, or to say why it does not.
func (s *Service) EndMinutes(ctx context.Context, by access.Actor, id CaseID, meeting string, next time.Time) error {
	return s.onMeeting(ctx, by, id, meeting, access.LeadCase, func(ctx context.Context, tx Tx, c Case, m Meeting) error {
		m, err := m.step(Minute)
		if err != nil {
			return err
		}
		if strings.TrimSpace(string(m.Minutes["risk"])) == "" {
			return fault.Field("risk", "form.required") // minutes without a view of the risk help nobody
		}
		if !next.IsZero() && next.Before(m.At) {
			return fault.Field("next", "meeting.before")
		}
		m.SignBy, m.Next = tx.Now().Add(signTime), next
		if err := tx.PutMeeting(ctx, m); err != nil {
			return err
		}
		if err := note(ctx, tx, c, Core, "meeting.minuted", m.ID, ""); err != nil {
			return err
		}
		for _, x := range m.Calls {
			if !x.Present() {
				continue
			}
			if err := s.happen(ctx, tx, subject{cas: &c, record: m.ID + "/" + string(x.Agency), agency: x.Agency}, "minutes.written", tx.Now()); err != nil {
				return err
			}
		}
		return s.agreed(ctx, tx, c, m)
	})
}

// Sign signs the minutes for the actor's institution, or says why it does not agree. Dissent is kept, not hidden.
func (s *Service) Sign(ctx context.Context, by access.Actor, id CaseID, meeting string, agree bool, dissent sealed.Text) error {
	return s.onMeeting(ctx, by, id, meeting, access.WriteCase, func(ctx context.Context, tx Tx, c Case, m Meeting) error {
		x, listed := m.call(by.AgencyAt(tx.Now()))
		var l fault.List
		if m.State != Minuted {
			l.Add(fault.New(fault.Conflict, "meeting.step", fault.Vars{"state": string(m.State)}))
		}
		switch {
		case !listed && x.Agency == c.Agency:
			l.Add(fault.New(fault.Conflict, "meeting.leadsigns"))
		case !x.Signs():
			l.Add(fault.New(fault.Conflict, "meeting.nosign"))
		}
		dissents(&l, agree, dissent)
		if err := l.Err(); err != nil {
			return err
		}
		x.SignAt = tx.Now()
		return s.signed(ctx, tx, c, m, x, agree, dissent)
	})
}

// dissents asks for the words of a dissent, and that whoever wrote some does not sign without them.
func dissents(l *fault.List, agree bool, dissent sealed.Text) {
	switch {
	case !agree:
		worded(l, "dissent", dissent, 5, 4000)
	case dissent != "":
		l.Add(fault.Field("dissent", "meeting.dissents"))
	}
}

// SignOnPaper records the signature of an institution that signed the printed minutes: on which day, and whether it agreed. A
// signature that comes when the minutes are in force already is kept too, and its term stays late.
func (s *Service) SignOnPaper(ctx context.Context, by access.Actor, id CaseID, meeting string, of access.AgencyID, on calendar.Date, agree bool, dissent sealed.Text) error {
	return s.onMeeting(ctx, by, id, meeting, access.LeadCase, func(ctx context.Context, tx Tx, c Case, m Meeting) error {
		x, _ := m.call(of)
		var l fault.List
		if m.State != Minuted && m.State != MeetingAgreed {
			l.Add(fault.New(fault.Conflict, "meeting.step", fault.Vars{"state": string(m.State)}))
		}
		if !x.Signs() {
			l.Add(fault.Field("agency", "form.choose"))
		}
		switch {
		case on.IsZero():
			l.Add(fault.Field("on", "form.required"))
		case on.After(calendar.On(tx.Now())):
			l.Add(fault.Field("on", "clock.future"))
		case on.Before(calendar.On(m.At)):
			l.Add(fault.Field("on", "meeting.signedbefore"))
		}
		dissents(&l, agree, dissent)
		if err := l.Err(); err != nil {
			return err
		}
		x.SignAt, x.OnPaper = m.onPaper(on, tx.Now()), true
		return s.signed(ctx, tx, c, m, x, agree, dissent)
	})
}

// onPaper is the moment of a signature of which only the day is known: within the day, after the minutes were ended, and not
// after now.
func (m Meeting) onPaper(on calendar.Date, now time.Time) time.Time {
	at := on.Start()
	if ended := m.Ended(); at.Before(ended) {
		at = ended
	}
	if at.After(now) {
		at = now
	}
	return at
}

// signed keeps a signature; it is the last one that puts the minutes in force.
func (s *Service) signed(ctx context.Context, tx Tx, c Case, m Meeting, x Call, agree bool, dissent sealed.Text) error {
	x.Signed, x.Signer = "agreed", tx.By().Person
	if !agree {
		x.Signed, x.Dissent = "dissent", dissent
	}
	if err := tx.PutCall(ctx, c.ID, x); err != nil {
		return err
	}
	if err := noteAt(ctx, tx, c, Core, "meeting."+x.Signed, m.ID, "", x.SignAt); err != nil || m.State != Minuted {
		return err
	}
	if err := s.happen(ctx, tx, subject{cas: &c, record: m.ID + "/" + string(x.Agency), agency: x.Agency}, "minutes.agreed", x.SignAt); err != nil {
		return err
	}
	m.Calls[slices.IndexFunc(m.Calls, func(y Call) bool { return y.Agency == x.Agency })] = x
	return s.agreed(ctx, tx, c, m)
}

// agreed puts the minutes in force when every institution that came has signed, or the time is over: the tasks begin.
func (s *Service) agreed(ctx context.Context, tx Tx, c Case, m Meeting) error {
	waits := slices.ContainsFunc(m.Calls, Call.Signs)
	if waits && tx.Now().Before(m.SignBy) {
		return nil
	}
	current, err := tx.Meeting(ctx, m.ID)
	if err != nil {
		return err
	}
	if m, err = current.step(AgreeIt); err != nil {
		return err
	}
	if err := tx.PutMeeting(ctx, m); err != nil {
		return err
	}
	if err := note(ctx, tx, c, Core, "meeting.in_force", m.ID, ""); err != nil {
		return err
	}
	if err := s.unsigned(ctx, tx, c, m); err != nil {
		return err
	}
	if c.State == Closed {
		return nil // nobody is given a task any more
	}
	return s.beginTasks(ctx, tx, c, func(t Task) bool { return t.Meeting == m.ID })
}

// unsigned ends, as late, the terms of institutions that did not sign: the minutes are in force, and nobody can sign them any more.
func (s *Service) unsigned(ctx context.Context, tx Tx, c Case, m Meeting) error {
	for _, x := range m.Calls {
		if !x.Signs() {
			continue
		}
		at := tx.Now()
		if !at.After(m.SignBy) {
			at = m.SignBy.Add(time.Second)
		}
		if err := s.happen(ctx, tx, subject{cas: &c, record: m.ID + "/" + string(x.Agency), agency: x.Agency}, "minutes.agreed", at); err != nil {
			return err
		}
	}
	return nil
}

// SettleMinutes puts minutes in force whose time to sign is over.
func (s *Service) SettleMinutes(ctx context.Context) error {
	var late []string
	err := s.store.View(ctx, access.TheSystem(), func(tx Tx) (err error) {
		late, err = tx.LateMinutes(ctx)
		return err
	})
	for _, id := range late {
		if err != nil {
			return err
		}
		err = s.store.Update(ctx, access.TheSystem(), func(tx Tx) error {
			if err := tx.Allow(ctx, access.Work, access.Resource{Kind: "meeting", ID: id}); err != nil {
				return err
			}
			m, err := tx.Meeting(ctx, id)
			if err != nil || m.State != Minuted {
				return err
			}
			c, err := tx.Case(ctx, m.Case)
			if err != nil {
				return err
			}
			return s.agreed(ctx, tx, c, m)
		})
	}
	return err
}
