package casework

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/fault"
	"strengthen/internal/org"
	"strengthen/internal/sealed"
)

// Restorative is a restorative process that somebody proposes for a case: a family group conference, a mediation, a circle. It is
// voluntary, and does not go on from its referral until every safeguard holds (Directive 2012/29/EU, article 12; Istanbul
// Convention, article 48; Mediation Act, articles 2, 5 and 13).
type Restorative struct {
	ID         string
	Case       CaseID
	N          int
	Method     string
	State      RestorativeState
	Since      time.Time
	ReferredBy access.PersonID
	Why        sealed.Text

	Screened    time.Time // by a named professional
	ScreenedBy  access.PersonID
	Reasons     sealed.Text // of the screening
	Fear        bool        // the child, or a grown-up who was harmed, fears somebody who is to take part
	Proceedings bool        // a protection order or a criminal charge against somebody who is to take part
	LeadAgrees  bool        // the lead agreed in writing although there are proceedings
	Facilitator sealed.Text
	Independent bool // the facilitator decides nothing in the case and has no conflict of interest
	Support     sealed.Text
	Unbound     bool // the child's support person is no family member in the conflict
	People      []Participant
	Agreement   Agreement
	Version     int
}

// Agreement is what those who met agreed to: what, who, by when, and what happens when it is not kept. FollowOn is the day on
// which somebody asks how it goes, "" when nobody does any more.
type Agreement struct {
	Text     string
	FollowOn string
	Followed []FollowUp
}

// FollowUp is what was found when somebody asked how an agreement goes.
type FollowUp struct {
	At   time.Time
	By   access.PersonID
	Kept string // yes, partly, no
	Text string
}

// Keeping lists how an agreement can be kept.
func Keeping() []string { return []string{"yes", "partly", "no"} }

// Participant is somebody who is to take part, and what they agreed to. Silence is never consent.
type Participant struct {
	Role     string // child, parent, relative, other
	Informed string // day on which they were told what it is and that they may leave; for a child that is represented, who speaks for it
	Consent  string // one of Consentings, or ""
	By       string // the legal representative who agrees, for a child
}

// Consentings lists what somebody can answer who is asked to take part. Only a child is represented, and only as long as it need
// not be heard: from ten on it answers for itself (Child Protection Act, article 15).
func Consentings() []string { return []string{"yes", "no", "withdrawn", represented} }

const represented = "represented"

// answers adds a fault when the answer is not one that the participant can give: somebody who can speak is not represented, and a
// child of an age at which it cannot speak yet does not agree itself.
func (p Participant) answers(l *fault.List, band string) {
	switch {
	case p.Consent == "":
		return
	case p.Consent == represented && (p.Role != "child" || !MayBeRepresented(band)):
		l.Add(fault.Field("consent", "restorative.represented"))
	case p.Consent == "yes" && p.Role == "child" && !Speaks(band):
		l.Add(fault.Field("consent", "restorative.speechless"))
	default:
		chosen(l, "consent", Consentings(), p.Consent)
	}
}

// agrees reports whether a participant agrees to take part. For a child for whom a legal representative speaks, the gate asks for
// that representative apart.
func (p Participant) agrees() bool {
	return p.Informed != "" && (p.Consent == "yes" || p.Consent == represented)
}

// RestorativeState is where a restorative process stands.
type RestorativeState string

// The states.
const (
	Referred  RestorativeState = "referred"
	Preparing RestorativeState = "preparing" // every safeguard held when it went on
	Convened  RestorativeState = "convened"
	Agreed    RestorativeState = "agreed" // and followed, until it is ended
	Followed  RestorativeState = "followed"
	NoAgree   RestorativeState = "no_agreement"
	Stopped   RestorativeState = "stopped" // withdrawn, by anybody, without a reason
	Refused   RestorativeState = "refused" // not safe: the alternatives are offered
)

// RestorativeStep is what moves a restorative process.
type RestorativeStep string

// The steps.
const (
	Refer     RestorativeStep = "refer"
	Prepare   RestorativeStep = "prepare"
	ConveneIt RestorativeStep = "convene"
	Conclude  RestorativeStep = "conclude"
	Follow    RestorativeStep = "follow"
	EndFollow RestorativeStep = "end_follow"
	Disagree  RestorativeStep = "disagree"
	Stop      RestorativeStep = "stop"
	RefuseIt  RestorativeStep = "refuse"
)

var restorativeMoves = table[RestorativeState, RestorativeStep]{
	Refer:     {[]RestorativeState{""}, Referred},
	Prepare:   {[]RestorativeState{Referred}, Preparing},
	ConveneIt: {[]RestorativeState{Preparing}, Convened},
	Conclude:  {[]RestorativeState{Convened}, Agreed},
	Follow:    {[]RestorativeState{Agreed}, Agreed},
	EndFollow: {[]RestorativeState{Agreed}, Followed},
	Disagree:  {[]RestorativeState{Convened}, NoAgree},
	Stop:      {[]RestorativeState{Referred, Preparing, Convened}, Stopped},
	RefuseIt:  {[]RestorativeState{Referred, Preparing}, Refused},
}

// From reports whether the step may be taken from state s.
func (p RestorativeStep) From(s RestorativeState) bool { return restorativeMoves.from(p, s) }

// RestorativeMethods lists the methods.
func RestorativeMethods() []string { return []string{"conference", "mediation", "circle"} }

// ParticipantRoles lists who takes part.
func ParticipantRoles() []string { return []string{"child", "parent", "relative", "other"} }

// screeningDays is for how long a screening holds. It is practice, to be confirmed.
const screeningDays = 30

// RestorativeTx is what restorative processes need of a transaction.
type RestorativeTx interface {
	Restorative(ctx context.Context, id string) (Restorative, error)
	Restoratives(ctx context.Context, c CaseID) ([]Restorative, error)
	PutRestorative(ctx context.Context, x Restorative) error
}

// hardStop reports whether a process must not be thought of: sexual violence, exploitation, or fear. Only the alternatives are
// offered, such as support for the child or a meeting of the network without that person.
func (x Restorative) hardStop(c Case) bool {
	return x.Fear || slices.Contains(c.Kinds, "sexual") || slices.Contains(c.Kinds, "exploitation")
}

// gate lists the safeguards that do not hold, by their codes. Empty means that the process may go on.
func gate(ctx context.Context, tx Tx, c Case, x Restorative) ([]string, error) {
	var missing []string
	add := func(code string, lacks bool) {
		if lacks {
			missing = append(missing, code)
		}
	}
	add("hardstop", x.hardStop(c))
	add("screening", x.Screened.IsZero() || tx.Now().After(x.Screened.AddDate(0, 0, screeningDays)))
	signals, err := tx.SignalsOf(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	add("newsignal", !x.Screened.IsZero() && slices.ContainsFunc(signals, func(g Signal) bool { return g.Received.After(x.Screened) }))
	clocks, err := tx.ClocksOf(ctx, "", c.ID)
	if err != nil {
		return nil, err
	}
	for _, rule := range []string{"D09", "D20", "D26"} {
		add("open."+rule, slices.ContainsFunc(clocks, func(k Clock) bool { return k.Rule == rule && k.Live() }))
	}
	add("proceedings", x.Proceedings && !x.LeadAgrees)
	plans, err := tx.Plans(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	add("plan", !slices.ContainsFunc(plans, func(p Plan) bool { return p.State == InForce }))
	add("consent", len(x.People) < 2 || slices.ContainsFunc(x.People, func(p Participant) bool { return !p.agrees() }))
	add("child", !slices.ContainsFunc(x.People, func(p Participant) bool { return p.Role == "child" }))
	add("guardian", !ConsentsAlone(c.Band) && slices.ContainsFunc(x.People, func(p Participant) bool { return p.Role == "child" && strings.TrimSpace(p.By) == "" }))
	add("support", x.Support == "" || !x.Unbound)
	add("facilitator", x.Facilitator == "" || !x.Independent)
	return missing, nil
}

// ReferRestorative proposes a restorative process.
func (s *Service) ReferRestorative(ctx context.Context, by access.Actor, key string, id CaseID, method string, why sealed.Text) error {
	return s.onCase(ctx, by, id, -1, access.WriteCase, func(ctx context.Context, tx Tx, c Case) error {
		var l fault.List
		chosen(&l, "method", RestorativeMethods(), method)
		worded(&l, "why", why, 10, 2000)
		if c.State == Closed {
			l.Add(fault.New(fault.Conflict, "case.closed"))
		}
		if err := l.Err(); err != nil {
			return err
		}
		_, err := tx.Once(ctx, key, func() (string, error) {
			all, err := tx.Restoratives(ctx, c.ID)
			if err != nil {
				return "", err
			}
			x := Restorative{ID: access.NewID(), Case: c.ID, N: len(all) + 1, Method: method, ReferredBy: by.Person, Why: why}
			return x.ID, moveRestorative(ctx, tx, c, x, Refer)
		})
		return err
	})
}

func moveRestorative(ctx context.Context, tx Tx, c Case, x Restorative, p RestorativeStep) error {
	if !p.From(x.State) {
		return fault.New(fault.Conflict, "restorative.step")
	}
	if to := restorativeMoves[p].to; to != x.State {
		x.State, x.Since = to, tx.Now()
	}
	if err := tx.PutRestorative(ctx, x); err != nil {
		return err
	}
	return note(ctx, tx, c, Core, "restorative."+string(p), x.ID, "")
}

func (s *Service) onRestorative(ctx context.Context, by access.Actor, id CaseID, process string, version int, action access.Action, fn func(context.Context, Tx, Case, Restorative) error) error {
	return s.onCase(ctx, by, id, -1, action, func(ctx context.Context, tx Tx, c Case) error {
		x, err := tx.Restorative(ctx, process)
		if err != nil {
			return err
		}
		if x.Case != c.ID {
			return fault.New(fault.NotFound, "fault.notfound")
		}
		if version >= 0 && x.Version != version {
			return fault.New(fault.Conflict, "fault.changed")
		}
		return fn(ctx, tx, c, x)
	})
}

// ScreenRestorative keeps what a named professional found when screening a process, and who is to take part. Where a hard stop
// is found, the process is refused at once.
func (s *Service) ScreenRestorative(ctx context.Context, by access.Actor, id CaseID, process string, version int, found Restorative) error {
	return s.onRestorative(ctx, by, id, process, version, access.LeadCase, func(ctx context.Context, tx Tx, c Case, x Restorative) error {
		var l fault.List
		worded(&l, "reasons", found.Reasons, 20, 4000)
		worded(&l, "facilitator", found.Facilitator, 0, 300)
		worded(&l, "support", found.Support, 0, 300)
		for _, p := range found.People {
			chosen(&l, "role", ParticipantRoles(), p.Role)
			p.answers(&l, c.Band)
			worded(&l, "by", sealed.Text(p.By), 0, 300)
			if on, err := calendar.ParseDate(p.Informed); p.Informed != "" && (err != nil || on.After(calendar.On(tx.Now())) || !calendar.Known(on.Start())) {
				l.Add(fault.Field("informed", "restorative.informed"))
			}
		}
		if x.State != Referred && x.State != Preparing {
			l.Add(fault.New(fault.Conflict, "restorative.step"))
		}
		if err := l.Err(); err != nil {
			return err
		}
		x.Screened, x.ScreenedBy, x.Reasons, x.Fear, x.Proceedings, x.LeadAgrees = tx.Now(), by.Person, found.Reasons, found.Fear, found.Proceedings, found.LeadAgrees
		x.Facilitator, x.Independent, x.Support, x.Unbound, x.People = found.Facilitator, found.Independent, found.Support, found.Unbound, found.People
		if x.hardStop(c) {
			return moveRestorative(ctx, tx, c, x, RefuseIt)
		}
		if err := tx.PutRestorative(ctx, x); err != nil {
			return err
		}
		return note(ctx, tx, c, Core, "restorative.screened", x.ID, "")
	})
}

// StepRestorative takes a process one step on. Before it is prepared and before it is convened every safeguard has to hold.
func (s *Service) StepRestorative(ctx context.Context, by access.Actor, id CaseID, process string, version int, p RestorativeStep) error {
	return s.onRestorative(ctx, by, id, process, version, access.LeadCase, func(ctx context.Context, tx Tx, c Case, x Restorative) error {
		if !known([]RestorativeStep{Prepare, ConveneIt, Disagree, RefuseIt}, p) {
			return fault.Field("step", "form.choose")
		}
		if p == Prepare || p == ConveneIt {
			missing, err := gate(ctx, tx, c, x)
			if err != nil {
				return err
			}
			var l fault.List
			for _, code := range missing {
				l.Add(fault.New(fault.Conflict, "restorative.gate."+code))
			}
			if err := l.Err(); err != nil {
				return err
			}
		}
		return moveRestorative(ctx, tx, c, x, p)
	})
}

// followDay checks the day of the next follow-up of an agreement: after today, at most half a year ahead. It is practice.
func followDay(l *fault.List, now time.Time, day string, must bool) {
	on, err := calendar.ParseDate(day)
	today := calendar.On(now)
	if day == "" && must || day != "" && (err != nil || !on.After(today) || on.After(today.AddMonths(6))) {
		l.Add(fault.Field("follow_on", "restorative.follow"))
	}
}

// AgreeRestorative ends a process with what those who met agreed to, and the day on which somebody asks how it goes. After a new
// signal about the child there is no agreement: the process can only be stopped, and begun again.
func (s *Service) AgreeRestorative(ctx context.Context, by access.Actor, id CaseID, process string, version int, a Agreement) error {
	return s.onRestorative(ctx, by, id, process, version, access.LeadCase, func(ctx context.Context, tx Tx, c Case, x Restorative) error {
		var l fault.List
		worded(&l, "text", sealed.Text(a.Text), 20, 4000)
		followDay(&l, tx.Now(), a.FollowOn, true)
		if !Conclude.From(x.State) {
			l.Add(fault.New(fault.Conflict, "restorative.step"))
		}
		missing, err := gate(ctx, tx, c, x)
		if err != nil {
			return err
		}
		for _, code := range []string{"hardstop", "newsignal"} {
			if slices.Contains(missing, code) {
				l.Add(fault.New(fault.Conflict, "restorative.gate."+code))
			}
		}
		if err := l.Err(); err != nil {
			return err
		}
		x.Agreement = Agreement{Text: a.Text, FollowOn: a.FollowOn}
		return moveRestorative(ctx, tx, c, x, Conclude)
	})
}

// FollowRestorative keeps how an agreement goes. Without a next day nobody asks any more.
func (s *Service) FollowRestorative(ctx context.Context, by access.Actor, id CaseID, process string, version int, f FollowUp, next string) error {
	return s.onRestorative(ctx, by, id, process, version, access.LeadCase, func(ctx context.Context, tx Tx, c Case, x Restorative) error {
		var l fault.List
		chosen(&l, "kept", Keeping(), f.Kept)
		worded(&l, "text", sealed.Text(f.Text), 5, 4000)
		followDay(&l, tx.Now(), next, false)
		if !Follow.From(x.State) {
			l.Add(fault.New(fault.Conflict, "restorative.step"))
		}
		if err := l.Err(); err != nil {
			return err
		}
		x.Agreement.FollowOn = next
		x.Agreement.Followed = append(x.Agreement.Followed, FollowUp{At: tx.Now(), By: by.Person, Kept: f.Kept, Text: f.Text})
		if next == "" {
			return moveRestorative(ctx, tx, c, x, EndFollow)
		}
		return moveRestorative(ctx, tx, c, x, Follow)
	})
}

// StopRestorative ends a process because somebody does not want it any more. Nobody is asked why; the lead is told.
func (s *Service) StopRestorative(ctx context.Context, by access.Actor, id CaseID, process string) error {
	return s.onRestorative(ctx, by, id, process, -1, access.WriteCase, func(ctx context.Context, tx Tx, c Case, x Restorative) error {
		if err := moveRestorative(ctx, tx, c, x, Stop); err != nil {
			return err
		}
		lead, err := tx.Person(ctx, c.Lead)
		if err != nil || lead.ID == by.Person {
			return err
		}
		return tx.PlanMail(ctx, org.Mail{
			Key: "restorative/" + x.ID, Kind: "restorative", Record: x.ID, Person: lead.ID, Address: lead.Email, Lang: lead.Lang, Due: tx.Now(),
			Vars: map[string]string{"ref": c.Ref, "path": "/cases/" + string(c.ID) + "/restorative"},
		})
	})
}

// RestorativeView is the restorative processes of a case, each with the safeguards that do not hold.
type RestorativeView struct {
	CaseView
	Processes []Restorative
	Missing   map[string][]string
}

// OpenRestorative opens the restorative processes of a case.
func (s *Service) OpenRestorative(ctx context.Context, by access.Actor, id CaseID) (RestorativeView, error) {
	v := RestorativeView{Missing: map[string][]string{}}
	err := s.onCase(ctx, by, id, -1, access.SeeCase, func(ctx context.Context, tx Tx, c Case) error {
		var err error
		if v.CaseView, err = s.caseView(ctx, tx, c, EventFilter{Limit: 1}); err != nil {
			return err
		}
		if v.Processes, err = tx.Restoratives(ctx, c.ID); err != nil {
			return err
		}
		var people []access.PersonID
		for _, x := range v.Processes {
			people = append(people, x.ReferredBy, x.ScreenedBy)
			for _, f := range x.Agreement.Followed {
				people = append(people, f.By)
			}
			if v.Missing[x.ID], err = gate(ctx, tx, c, x); err != nil {
				return err
			}
		}
		return nameAll(ctx, tx, v.Names, people)
	})
	return v, err
}

// PeopleText and AgreementText write the participants and the agreement as one text each, to be sealed; what is empty is no text.
func (x Restorative) PeopleText() sealed.Text { return written(x.People) }

// AgreementText is the agreement as one text.
func (x Restorative) AgreementText() sealed.Text {
	if x.Agreement.Text == "" {
		return ""
	}
	return written(x.Agreement)
}

func written(x any) sealed.Text {
	b, err := json.Marshal(x)
	if err != nil {
		panic(err) // texts can be written
	}
	return sealed.Text(b)
}

// Read reads what PeopleText and AgreementText wrote.
func (x *Restorative) Read(people, agreement sealed.Text) error {
	if agreement != "" {
		if err := json.Unmarshal([]byte(agreement), &x.Agreement); err != nil {
			return err
		}
	}
	return json.Unmarshal([]byte(people), &x.People)
}
