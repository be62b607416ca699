package casework

import (
	"context"
	"slices"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/org"
	"strengthen/internal/sealed"
)

// MeetingState is where a meeting of the team stands.
type MeetingState string

// The states of a meeting.
const (
	MeetingCalled MeetingState = "called"
	MeetingHeld   MeetingState = "held"
	Minuted       MeetingState = "minuted" // the minutes wait for the signatures of the institutions
	MeetingAgreed MeetingState = "agreed"  // signed, or the time to sign is over; its tasks are in force
	CalledOff     MeetingState = "called_off"
)

// MeetingStep is what moves a meeting.
type MeetingStep string

// The steps of a meeting.
const (
	CallIt    MeetingStep = "call"
	Convene   MeetingStep = "convene"
	Minute    MeetingStep = "minute"
	AgreeIt   MeetingStep = "agree"
	CallOffIt MeetingStep = "call_off"
)

var meetingMoves = table[MeetingState, MeetingStep]{
	CallIt:    {[]MeetingState{""}, MeetingCalled},
	Convene:   {[]MeetingState{MeetingCalled}, MeetingHeld},
	Minute:    {[]MeetingState{MeetingHeld}, Minuted},
	AgreeIt:   {[]MeetingState{Minuted}, MeetingAgreed},
	CallOffIt: {[]MeetingState{MeetingCalled}, CalledOff},
}

// From reports whether the step may be taken from state s.
func (p MeetingStep) From(s MeetingState) bool { return meetingMoves.from(p, s) }

// Meeting is a meeting of the team of a case.
type Meeting struct {
	ID      string
	Case    CaseID
	N       int
	State   MeetingState
	At      time.Time // planned, then held
	Place   sealed.Text
	Online  bool
	Leader  access.PersonID
	Quorate bool      // the three mandatory institutions came
	SignBy  time.Time // until when institutions sign
	Next    time.Time // the next meeting, if one was agreed
	Minutes Form      // worries, strengths, risk, limits: what was said, what stays among those who met
	Changed time.Time
	Editor  access.PersonID
	Version int

	Calls     []Call
	Items     []Item
	Decisions []Decision
}

// Call is how an institution was called to a meeting, and whether it came. The law asks for both: by telephone and in writing
// (Child Protection Act, article 36г, paragraph 2).
type Call struct {
	Meeting string
	Agency  access.AgencyID
	Phoned  time.Time
	Wrote   time.Time
	Channel string // post, email or fax
	Came    string // "", yes, no, stood_in
	Who     sealed.Text
	Signed  string // "", agreed or dissent
	SignAt  time.Time
	Signer  access.PersonID // who signed, or recorded the signature on paper
	OnPaper bool
	Dissent sealed.Text
}

// Called reports whether the institution was called as the law asks.
func (c Call) Called() bool { return !c.Phoned.IsZero() && !c.Wrote.IsZero() }

// Present reports whether the institution was there, or somebody for it.
func (c Call) Present() bool { return c.Came == "yes" || c.Came == "stood_in" }

// Signs reports whether the signature of the institution is still wanted: it came, and has not signed.
func (c Call) Signs() bool { return c.Present() && c.Signed == "" }

// MeetingTx is what meetings need of a transaction.
type MeetingTx interface {
	Meeting(ctx context.Context, id string) (Meeting, error)
	Meetings(ctx context.Context, c CaseID) ([]Meeting, error)
	PutMeeting(ctx context.Context, m Meeting) error
	PutCall(ctx context.Context, c CaseID, x Call) error
	PutItem(ctx context.Context, c CaseID, x Item) error
	DropItem(ctx context.Context, id string) error
	PutDecision(ctx context.Context, c CaseID, x Decision) error
	LateMinutes(ctx context.Context) ([]string, error)
	MyMeetings(ctx context.Context, p access.PersonID) ([]Meeting, error)
}

// Convoke calls a meeting of the team: every institution that has a seat is on its list, the three mandatory ones whether they
// have one or not.
func (s *Service) Convoke(ctx context.Context, by access.Actor, key string, id CaseID, m Meeting) (string, error) {
	var made string
	err := s.onCase(ctx, by, id, -1, access.LeadCase, func(ctx context.Context, tx Tx, c Case) error {
		var l fault.List
		if c.State == Closed {
			l.Add(fault.New(fault.Conflict, "case.closed"))
		}
		m.At = since(c.Opened, m.At)
		switch {
		case m.At.IsZero():
			l.Add(fault.Field("at", "form.required"))
		case m.At.Before(c.Opened):
			l.Add(fault.Field("at", "meeting.before"))
		}
		if m.At.After(tx.Now().AddDate(0, 6, 0)) {
			l.Add(fault.Field("at", "meeting.far"))
		}
		worded(&l, "place", m.Place, map[bool]int{false: 3}[m.Online], 300)
		if err := l.Err(); err != nil {
			return err
		}
		var err error
		made, err = tx.Once(ctx, key, func() (string, error) {
			m, err := s.convoke(ctx, tx, c, m)
			return m.ID, err
		})
		return err
	})
	return made, err
}

func (s *Service) convoke(ctx context.Context, tx Tx, c Case, m Meeting) (Meeting, error) {
	all, err := tx.Meetings(ctx, c.ID)
	if err != nil {
		return m, err
	}
	m.ID, m.Case, m.N, m.State, m.Leader, m.Minutes = access.NewID(), c.ID, len(all)+1, MeetingCalled, tx.By().Person, Form{}
	m.Changed, m.Editor, m.Version = tx.Now(), m.Leader, 0
	if err := tx.PutMeeting(ctx, m); err != nil {
		return m, err
	}
	seats, err := tx.Seats(ctx, c.ID)
	if err != nil {
		return m, err
	}
	for _, x := range seats {
		if m, err = m.list(ctx, tx, x); err != nil {
			return m, err
		}
	}
	if CallTeam.From(c.State) {
		if c, err = moveCase(ctx, tx, c, CallTeam, ""); err != nil {
			return m, err
		}
	}
	if err := note(ctx, tx, c, Core, "meeting.called", m.ID, ""); err != nil {
		return m, err
	}
	return m, inviteTeam(ctx, tx, c, m)
}

// list puts the institution of a seat on the list of those that are called. The leading unit is not called by itself.
func (m Meeting) list(ctx context.Context, tx Tx, x Seat) (Meeting, error) {
	k, listed := m.call(x.Agency)
	if listed || !x.Until.IsZero() || x.Place == LeaderSeat {
		return m, nil
	}
	m.Calls = append(m.Calls, k)
	return m, tx.PutCall(ctx, m.Case, k)
}

// callToo calls whoever joins the team to the meetings that are still to come.
func callToo(ctx context.Context, tx Tx, c Case, x Seat) error {
	all, err := tx.Meetings(ctx, c.ID)
	if err != nil {
		return err
	}
	for _, m := range all {
		if m.State != MeetingCalled {
			continue
		}
		if m, err = m.list(ctx, tx, x); err != nil {
			return err
		}
		if x.Person != "" && x.Person != tx.By().Person {
			if err := inviteTo(ctx, tx, c, m, x.Person); err != nil {
				return err
			}
		}
	}
	return nil
}

// inviteTeam plans a message to everybody on the team who has an account.
func inviteTeam(ctx context.Context, tx Tx, c Case, m Meeting) error {
	shares, err := tx.LiveShares(ctx, c.ID)
	if err != nil {
		return err
	}
	for _, h := range shares {
		if h.Kind != Participation || h.Person == "" || h.Person == tx.By().Person {
			continue
		}
		if err := inviteTo(ctx, tx, c, m, h.Person); err != nil {
			return err
		}
	}
	return nil
}

func inviteTo(ctx context.Context, tx Tx, c Case, m Meeting, id access.PersonID) error {
	p, err := tx.Person(ctx, id)
	if err != nil {
		return err
	}
	return tx.PlanMail(ctx, org.Mail{
		Key: "meeting/" + m.ID + "/" + string(p.ID), Kind: "meeting", Record: m.ID, Person: p.ID, Address: p.Email, Lang: p.Lang, Due: tx.Now(),
		Vars: map[string]string{"ref": c.Ref, "path": "/cases/" + string(c.ID) + "/meetings/" + m.ID, "at": m.At.UTC().Format(time.RFC3339)},
	})
}

// onMeeting runs fn for a meeting of a case on which the actor may act. A meeting of another case is not there.
func (s *Service) onMeeting(ctx context.Context, by access.Actor, id CaseID, meeting string, action access.Action, fn func(context.Context, Tx, Case, Meeting) error) error {
	return s.onCase(ctx, by, id, -1, action, func(ctx context.Context, tx Tx, c Case) error {
		m, err := tx.Meeting(ctx, meeting)
		if err != nil {
			return err
		}
		if m.Case != c.ID {
			return fault.New(fault.NotFound, "fault.notfound")
		}
		return fn(ctx, tx, c, m)
	})
}

func (m Meeting) step(p MeetingStep) (Meeting, error) {
	if !p.From(m.State) {
		return m, fault.New(fault.Conflict, "meeting.step", fault.Vars{"state": string(m.State)})
	}
	m.State = meetingMoves[p].to
	return m, nil
}

func (m Meeting) call(a access.AgencyID) (Call, bool) {
	i := slices.IndexFunc(m.Calls, func(c Call) bool { return c.Agency == a })
	if i < 0 {
		return Call{Meeting: m.ID, Agency: a}, false
	}
	return m.Calls[i], true
}

// NoteCall keeps when an institution was called by telephone and in writing. When the three mandatory institutions have been
// called both ways, the team is called.
func (s *Service) NoteCall(ctx context.Context, by access.Actor, id CaseID, meeting string, x Call) error {
	return s.onMeeting(ctx, by, id, meeting, access.LeadCase, func(ctx context.Context, tx Tx, c Case, m Meeting) error {
		var l fault.List
		if m.State != MeetingCalled && m.State != MeetingHeld {
			l.Add(fault.New(fault.Conflict, "meeting.step", fault.Vars{"state": string(m.State)}))
		}
		if _, err := tx.Agency(ctx, x.Agency); err != nil {
			l.Add(fault.Field("agency", "form.choose"))
		}
		for field, at := range map[string]time.Time{"phoned": x.Phoned, "wrote": x.Wrote} {
			if at.After(tx.Now()) || !at.IsZero() && at.Before(c.Received.AddDate(0, 0, -1)) {
				l.Add(fault.Field(field, "clock.future"))
			}
		}
		if !x.Wrote.IsZero() {
			chosen(&l, "channel", []string{"post", "email", "fax"}, x.Channel)
		}
		if err := l.Err(); err != nil {
			return err
		}
		old, _ := m.call(x.Agency)
		old.Phoned, old.Wrote, old.Channel = x.Phoned, x.Wrote, x.Channel
		if err := tx.PutCall(ctx, c.ID, old); err != nil {
			return err
		}
		return s.teamCalled(ctx, tx, c, m, old)
	})
}

// teamCalled tells the clocks when the three mandatory institutions have been called both ways, once for each meeting.
func (s *Service) teamCalled(ctx context.Context, tx Tx, c Case, m Meeting, fresh Call) error {
	before, _, err := m.kinds(ctx, tx, Call.Called)
	if err != nil || containsAll(before, MandatoryKinds()) {
		return err
	}
	m.Calls = append(slices.DeleteFunc(m.Calls, func(x Call) bool { return x.Agency == fresh.Agency }), fresh)
	kinds, last, err := m.kinds(ctx, tx, Call.Called)
	if err != nil || !containsAll(kinds, MandatoryKinds()) {
		return err
	}
	if again, err := s.meetsAgain(ctx, tx, c); err != nil || again {
		return err
	}
	return s.happen(ctx, tx, subject{cas: &c}, TeamCalled, last)
}

// meetsAgain reports whether a team that has met is called once more of its own accord: no term waits for the call, and none
// begins with it, since the day of a further meeting is the team's to choose.
func (s *Service) meetsAgain(ctx context.Context, tx Tx, c Case) (bool, error) {
	live, err := s.liveClocks(ctx, tx, subject{cas: &c})
	if err != nil {
		return false, err
	}
	for _, k := range live {
		if r, err := tx.ClockRule(ctx, k.Rule, k.Version); err != nil || r.EndsOn(TeamCalled) {
			return false, err
		}
	}
	all, err := tx.Meetings(ctx, c.ID)
	return slices.ContainsFunc(all, func(m Meeting) bool {
		return m.State != MeetingCalled && m.State != CalledOff && !m.At.Before(c.Opened)
	}), err
}

// kinds are the kinds of institution whose call fits, and the latest moment at which one of them was called.
func (m Meeting) kinds(ctx context.Context, tx Tx, fits func(Call) bool) ([]string, time.Time, error) {
	var kinds []string
	var last time.Time
	for _, x := range m.Calls {
		if !fits(x) {
			continue
		}
		a, err := tx.Agency(ctx, x.Agency)
		if err != nil {
			return nil, last, err
		}
		kinds = append(kinds, a.Kind)
		for _, at := range []time.Time{x.Phoned, x.Wrote} {
			if at.After(last) {
				last = at
			}
		}
	}
	return kinds, last, nil
}

func containsAll[T comparable](all, want []T) bool {
	for _, w := range want {
		if !slices.Contains(all, w) {
			return false
		}
	}
	return true
}

// Attended says who came to a meeting. Calls carry what was known about each institution.
type Attended struct {
	Agency access.AgencyID
	Came   string
	Who    sealed.Text
}

// Presences lists whether an institution came to a meeting: itself, not at all, or somebody for it.
func Presences() []string { return []string{"yes", "no", "stood_in"} }

// answered faults every institution, of those called and those that came uncalled, of which nobody said whether it came, or of which
// something else was said. Nobody was present because somebody forgot to look.
func (m Meeting) answered(ctx context.Context, tx Tx, l *fault.List, came []Attended) error {
	said := map[access.AgencyID]string{}
	var asked []access.AgencyID
	for _, x := range m.Calls {
		asked = append(asked, x.Agency)
	}
	for _, x := range came {
		said[x.Agency] = x.Came
		if !slices.Contains(asked, x.Agency) {
			asked = append(asked, x.Agency)
		}
	}
	for _, id := range asked {
		if slices.Contains(Presences(), said[id]) {
			continue
		}
		a, err := tx.Agency(ctx, id)
		if err != nil {
			return err
		}
		l.Add(fault.Field("came_"+string(id), "meeting.came", fault.Vars{"agency": a.Name}))
	}
	return nil
}

// Hold keeps that a meeting was held and who came. Without a mandatory institution it is possible, and visibly not quorate.
func (s *Service) Hold(ctx context.Context, by access.Actor, id CaseID, meeting string, at time.Time, came []Attended) error {
	return s.onMeeting(ctx, by, id, meeting, access.LeadCase, func(ctx context.Context, tx Tx, c Case, m Meeting) error {
		held, err := m.step(Convene)
		if err != nil {
			return err
		}
		var l fault.List
		at = since(c.Opened, at)
		switch {
		case at.IsZero():
			l.Add(fault.Field("at", "form.required"))
		case at.After(tx.Now()):
			l.Add(fault.Field("at", "clock.future"))
		case at.Before(c.Opened):
			l.Add(fault.Field("at", "meeting.before"))
		}
		for _, x := range came {
			worded(&l, "who", x.Who, 0, 200)
			if _, err := tx.Agency(ctx, x.Agency); err != nil {
				return fault.Field("agency", "form.choose")
			}
		}
		if err := m.answered(ctx, tx, &l, came); err != nil {
			return err
		}
		if err := l.Err(); err != nil {
			return err
		}
		for _, x := range came {
			k, listed := held.call(x.Agency)
			k.Came, k.Who = x.Came, x.Who
			if err := tx.PutCall(ctx, c.ID, k); err != nil {
				return err
			}
			if !listed {
				held.Calls = append(held.Calls, k)
			} else {
				held.Calls[slices.IndexFunc(held.Calls, func(y Call) bool { return y.Agency == x.Agency })] = k
			}
		}
		kinds, _, err := held.kinds(ctx, tx, Call.Present)
		if err != nil {
			return err
		}
		held.At, held.Quorate = at, containsAll(kinds, MandatoryKinds())
		if err := tx.PutMeeting(ctx, held); err != nil {
			return err
		}
		if err := noteAt(ctx, tx, c, Core, "meeting.held", m.ID, "", at); err != nil {
			return err
		}
		if err := tx.CancelMail(ctx, m.ID, "meeting"); err != nil {
			return err
		}
		return s.met(ctx, tx, c, held, kinds)
	})
}

// met tells the clocks and the figures that the team met.
func (s *Service) met(ctx context.Context, tx Tx, c Case, m Meeting, kinds []string) error {
	if m.N == 1 {
		if err := tx.PutMilestone(ctx, Milestone{"met", c.Region, c.Opened, m.At, m.Quorate}); err != nil {
			return err
		}
	}
	for _, k := range MandatoryKinds() {
		if err := tx.PutMilestone(ctx, Milestone{"came." + k, c.Region, m.At, m.At, slices.Contains(kinds, k)}); err != nil {
			return err
		}
	}
	return s.happen(ctx, tx, subject{cas: &c}, TeamMet, m.At)
}

// CallOff calls a meeting off.
func (s *Service) CallOff(ctx context.Context, by access.Actor, id CaseID, meeting string) error {
	return s.onMeeting(ctx, by, id, meeting, access.LeadCase, func(ctx context.Context, tx Tx, c Case, m Meeting) error {
		m, err := m.step(CallOffIt)
		if err != nil {
			return err
		}
		if err := tx.PutMeeting(ctx, m); err != nil {
			return err
		}
		if err := tx.CancelMail(ctx, m.ID, "meeting"); err != nil {
			return err
		}
		return note(ctx, tx, c, Core, "meeting.called_off", m.ID, "")
	})
}

// MeetingView is a meeting as its reader may see it.
type MeetingView struct {
	CaseView
	Meeting Meeting
	Tasks   []Task
	Own     access.AgencyID // the reader's institution
	MaySign bool
}

// OpenMeeting opens a meeting with its case.
func (s *Service) OpenMeeting(ctx context.Context, by access.Actor, id CaseID, meeting string) (MeetingView, error) {
	var v MeetingView
	err := s.onMeeting(ctx, by, id, meeting, access.SeeCase, func(ctx context.Context, tx Tx, c Case, m Meeting) error {
		var err error
		if v.CaseView, err = s.caseView(ctx, tx, c, EventFilter{Limit: 1}); err != nil {
			return err
		}
		m.Items = slices.DeleteFunc(m.Items, func(x Item) bool { return !v.Parts[x.Part] })
		v.Own = by.AgencyAt(tx.Now())
		if m.State == MeetingCalled { // who joined the team, whether or not it stood on the list when the meeting was called
			for _, x := range v.Seats {
				if k, listed := m.call(x.Seat.Agency); !listed && x.Place != LeaderSeat {
					m.Calls = append(m.Calls, k)
				}
			}
		}
		v.Meeting = m
		all, err := tx.Tasks(ctx, c.ID)
		if err != nil {
			return err
		}
		for _, t := range all {
			if t.Meeting == m.ID {
				v.Tasks = append(v.Tasks, t)
			}
		}
		for _, x := range m.Calls {
			if _, err := v.agency(ctx, tx, x.Agency); err != nil {
				return err
			}
			v.Names[x.Signer] = ""
		}
		for _, x := range m.Items {
			if _, err := v.agency(ctx, tx, x.Agency); err != nil {
				return err
			}
		}
		v.Names[m.Leader], v.Names[m.Editor] = "", ""
		k, listed := m.call(v.Own)
		v.MaySign = m.State == Minuted && listed && k.Signs() && v.Write[Core]
		return v.name(ctx, tx)
	})
	return v, err
}

// Meetings lists the meetings of a case.
func (s *Service) Meetings(ctx context.Context, by access.Actor, id CaseID) (CaseView, []Meeting, error) {
	var v CaseView
	var all []Meeting
	err := s.onCase(ctx, by, id, -1, access.SeeCase, func(ctx context.Context, tx Tx, c Case) error {
		var err error
		if v, err = s.caseView(ctx, tx, c, EventFilter{Limit: 1}); err != nil {
			return err
		}
		all, err = tx.Meetings(ctx, c.ID)
		return err
	})
	return v, all, err
}
