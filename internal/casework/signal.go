package casework

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/org"
	"strengthen/internal/sealed"
)

// SignalID names a signal.
type SignalID string

// Source says who gave a signal.
type Source string

// The sources.
const (
	FromAgency Source = "agency" // an institution
	FromPerson Source = "person" // somebody who gave a name
	FromChild  Source = "child"  // a child itself
	FromFamily Source = "family" // a parent or carer
	Own        Source = "own"    // found by the unit itself
	Anonymous  Source = "anonymous"
)

// Sources lists them in the order of pages.
func Sources() []Source {
	return []Source{FromAgency, FromPerson, FromChild, FromFamily, Own, Anonymous}
}

// Channels lists the ways in which a signal comes.
func Channels() []string {
	return []string{"phone", "visit", "letter", "email", "form", "helpline", "112"}
}

// Words are what a signal says, in the fields of the form for oral signals (Annex 2 to the Implementing Regulation). They are
// kept as they came and never changed.
type Words struct {
	Narrative sealed.Text // what happened: the reason for the signal
	Register  sealed.Text // number in the unit's own register, by which the unit knows who the child is
	Place     sealed.Text // where the child is now
	Child     sealed.Text // names and other data of the child, as far as they were told
	Carers    sealed.Text // parents or carers
	Sender    sealed.Text // name and contact of the sender; shown to the unit only
}

// Signal is a report that a child needs protection, as it was received.
type Signal struct {
	ID           SignalID
	Ref          string
	Channel      string
	Source       Source
	SourceAgency access.AgencyID
	SourcePerson access.PersonID // the professional who entered it for an institution
	KnowsChild   bool
	Learned      time.Time // when the sender learned of it, if that was said
	Received     time.Time // by the unit that has it now
	First        time.Time // by the first unit
	Entered      time.Time
	EnteredBy    access.PersonID
	Unit         access.AgencyID // whose inbox it is in
	Region       access.RegionID
	Municipality string // of the child's current address; "" when unknown
	Urgent       bool
	Track        Track
	Kinds        []Kind
	Setting      string
	Band         string
	Sex          string
	State        SignalState
	Since        time.Time // in this state
	Looked       bool      // somebody has looked at it: all that a member of the public learns
	TakenBy      access.PersonID
	Outcome      Outcome
	ProposedBy   access.PersonID
	JoinedTo     SignalID
	Case         CaseID
	Receipt      string // hash of the code with which the sender asks whether it was received
	Words        Words
	Reason       sealed.Text // of the end
	Was          Standing    // before it was linked or joined; undoing that leads back to it
	Version      int
}

// Standing is where a signal stood.
type Standing struct {
	State   SignalState
	Since   time.Time
	TakenBy access.PersonID
}

// Outcome is what the assessment of a signal found.
type Outcome string

// The outcomes.
const (
	Unfounded Outcome = "unfounded"
	AtRisk    Outcome = "risk"
	Confirmed Outcome = "violence" // violence or exploitation is confirmed
)

// Outcomes lists them in the order of pages.
func Outcomes() []Outcome { return []Outcome{Unfounded, AtRisk, Confirmed} }

// Cursor says where a page of an inbox ends.
func (g Signal) Cursor() string { return cursor(g.Received, string(g.ID)) }

// LogValue keeps the signal out of logs.
func (Signal) LogValue() string { return "[withheld]" }

// SignalEvent is a line of the history of a signal.
type SignalEvent struct {
	ID     string
	Signal SignalID
	At     time.Time
	Actor  access.PersonID
	Agency access.AgencyID
	Step   SignalStep
	To     SignalState
	Note   sealed.Text
}

// SignalFilter narrows an inbox and pages it.
type SignalFilter struct {
	Unit   access.AgencyID
	State  SignalState
	Open   bool // those that still wait for their end
	Track  Track
	Ref    string
	Before string // cursor "received/id": older than it
	Limit  int
}

// SignalTx is what signals need of a transaction.
type SignalTx interface {
	Signal(ctx context.Context, id SignalID) (Signal, error)
	SignalByReceipt(ctx context.Context, hash string) (Signal, error)
	SignalByRef(ctx context.Context, ref string) (Signal, error)
	Signals(ctx context.Context, s access.Scope, f SignalFilter) ([]Signal, error)
	SignalsWaiting(ctx context.Context, unit access.AgencyID) (int, error)
	SignalsOf(ctx context.Context, c CaseID) ([]Signal, error)
	SignalsJoined(ctx context.Context, id SignalID) ([]Signal, error)
	SimilarSignals(ctx context.Context, g Signal, since time.Time) ([]Signal, error)
	PutSignal(ctx context.Context, g Signal) error
	PutSignalEvent(ctx context.Context, e SignalEvent) error
	SignalEvents(ctx context.Context, id SignalID) ([]SignalEvent, error)
	Territory(ctx context.Context, unit access.AgencyID) ([]string, error)
	PutTerritory(ctx context.Context, unit access.AgencyID, places []string) error
	NextRef(ctx context.Context, kind string, region access.RegionID, year int) (string, error)
}

func (g Signal) resource() access.Resource {
	return access.Resource{Kind: "signal", ID: string(g.ID), Region: g.Region, Agency: g.Unit, Own: g.SourcePerson}
}

func (g Signal) check(t org.Tables, now time.Time) error {
	var l fault.List
	chosen(&l, "channel", Channels(), g.Channel)
	chosen(&l, "source", Sources(), g.Source)
	chosen(&l, "track", Tracks(), g.Track)
	chosen(&l, "band", Bands(), g.Band)
	chosen(&l, "sex", Sexes(), g.Sex)
	if g.Setting != "" {
		chosen(&l, "setting", Settings(), g.Setting)
	}
	for _, k := range g.Kinds {
		chosen(&l, "kinds", Kinds(), k)
	}
	if _, ok := t.Region(g.Region); !ok {
		l.Add(fault.Field("region", "signal.place")) // without a place nobody knows whose it is
	}
	worded(&l, "narrative", g.Words.Narrative, 10, longest)
	for field, w := range map[string]sealed.Text{"place": g.Words.Place, "child": g.Words.Child, "carers": g.Words.Carers, "sender": g.Words.Sender, "register": g.Words.Register} {
		worded(&l, field, w, 0, 2000)
	}
	if g.Source == Anonymous && g.Words.Sender != "" {
		l.Add(fault.Field("sender", "signal.anonymous"))
	}
	if g.Source == Anonymous && g.Track == Other {
		l.Add(fault.Field("source", "signal.anonymousother")) // ППЗЗДет 10(5)
	}
	if !g.Received.IsZero() && g.Received.After(now.Add(time.Minute)) {
		l.Add(fault.Field("received", "clock.future"))
	}
	switch {
	case g.Learned.After(now):
		l.Add(fault.Field("learned", "clock.future"))
	case !g.Received.IsZero() && g.Learned.After(g.Received):
		l.Add(fault.Field("learned", "signal.learned"))
	}
	return l.Err()
}

// pseudonymous refuses names and addresses where the house keeps none; the unit's own register says who the child is.
func (g Signal) pseudonymous(kept Basis) error {
	var l fault.List
	for field, w := range map[string]sealed.Text{"place": g.Words.Place, "child": g.Words.Child, "carers": g.Words.Carers} {
		if w != "" && !kept.On() {
			l.Add(fault.Field(field, "identity.off"))
		}
	}
	return l.Err()
}

// Given is what a member of the public, or a professional, gets for a signal.
type Given struct {
	Signal  SignalID
	Ref     string
	Receipt string // the code with which the sender asks whether it was received; shown once
}

// Give takes a signal from the public form: anybody may give one, without an account, a child too. The code that comes back
// tells only that it was received and looked at.
func (s *Service) Give(ctx context.Context, by access.Actor, key string, g Signal) (Given, error) {
	g.Channel, g.SourceAgency, g.SourcePerson, g.Received = "form", "", "", time.Time{}
	return s.receive(ctx, by, access.GiveSignal, key, g)
}

// Enter takes a signal that came to the actor's institution by telephone, in writing or in person, or that it gives itself. A
// professional gives it in the name of the institution; what the law asks of professionals (article 7, paragraph 2) is not
// replaced by it.
func (s *Service) Enter(ctx context.Context, by access.Actor, key string, g Signal) (Given, error) {
	g.SourcePerson = ""
	if g.Source == FromAgency && g.SourceAgency == by.AgencyAt(s.now()) {
		g.SourcePerson = by.Person
	}
	return s.receive(ctx, by, access.EnterSignal, key, g)
}

func (s *Service) receive(ctx context.Context, by access.Actor, action access.Action, key string, g Signal) (Given, error) {
	var given Given
	err := s.store.Update(ctx, by, func(tx Tx) error {
		var err error
		if given, err = s.enter(ctx, tx, by, action, key, g); err != nil {
			return err
		}
		return tx.Record(ctx, action, access.Resource{Kind: "signal", ID: string(given.Signal)})
	})
	return given, err
}

func (s *Service) enter(ctx context.Context, tx Tx, by access.Actor, action access.Action, key string, g Signal) (Given, error) {
	tables, err := org.ReadTables(ctx, tx)
	if err != nil {
		return Given{}, err
	}
	now := tx.Now()
	if err := g.check(tables, now); err != nil {
		return Given{}, err
	}
	kept, err := basisOf(ctx, tx)
	if err != nil {
		return Given{}, err
	}
	if err := g.pseudonymous(kept); err != nil {
		return Given{}, err
	}
	if g.Unit, err = unitOf(ctx, tx, g); err != nil {
		return Given{}, err
	}
	if g.SourceAgency != "" {
		if _, err := tx.Agency(ctx, g.SourceAgency); err != nil {
			return Given{}, fault.Field("source_agency", "form.choose")
		}
	}
	teller, err := teller(ctx, tx, by.AgencyAt(now), g)
	if err != nil {
		return Given{}, err
	}
	if err := tx.Allow(ctx, action, access.Resource{Kind: "signal", Region: g.Region, Agency: teller}); err != nil {
		return Given{}, err
	}
	code := receiptCode(key)
	id, err := tx.Once(ctx, key, func() (string, error) {
		g.ID, g.State, g.Version = SignalID(access.NewID()), "", 0
		g.Entered, g.EnteredBy, g.Receipt = now, by.Person, access.HashToken(code)
		if g.Received.IsZero() {
			g.Received = now
		}
		g.First = g.Received
		if g.Ref, err = tx.NextRef(ctx, "signal", g.Region, now.Year()); err != nil {
			return "", err
		}
		if err := tx.NewKey(ctx, string(g.ID)); err != nil {
			return "", err
		}
		return string(g.ID), s.arrive(ctx, tx, by, g, kept)
	})
	if err != nil {
		return Given{}, err
	}
	if string(g.ID) == id {
		return Given{g.ID, g.Ref, code}, nil
	}
	old, err := tx.Signal(ctx, SignalID(id)) // a repeat of the same form, such as when the answer was lost on the way
	return Given{old.ID, old.Ref, code}, err
}

// receiptCode is the code of a signal: sixty bits of the secret that its form carried, short enough to be read out on the
// telephone. Whoever sends the same form again gets the same code.
func receiptCode(key string) string { return access.HashToken("receipt/" + key)[:15] }

// arrive keeps a new signal and starts its clocks.
func (s *Service) arrive(ctx context.Context, tx Tx, by access.Actor, g Signal, kept Basis) error {
	g, err := moveSignal(ctx, tx, by, g, Receive, "")
	if err != nil {
		return err
	}
	if kept.On() {
		if err := tx.TokenSignal(ctx, g); err != nil {
			return err
		}
	}
	x, err := subjectOf(ctx, tx, &g, nil)
	if err != nil {
		return err
	}
	if !g.Learned.IsZero() {
		if err := s.happen(ctx, tx, x, SignalLearned, g.Learned); err != nil {
			return err
		}
	}
	if err := s.happen(ctx, tx, x, SignalReceived, g.Received); err != nil {
		return err
	}
	return announce(ctx, tx, g)
}

// unitOf finds the inbox: the one that was named, or the directorate whose territory the child's municipality is.
func unitOf(ctx context.Context, tx Tx, g Signal) (access.AgencyID, error) {
	if g.Unit != "" {
		_, err := tx.Agency(ctx, g.Unit)
		return g.Unit, err
	}
	if g.Municipality != "" {
		if id, err := tx.UnitFor(ctx, g.Municipality); err == nil || !fault.Is(err, fault.NotFound) {
			return id, err
		}
	}
	id, err := tx.UnitFor(ctx, string(g.Region))
	if fault.Is(err, fault.NotFound) {
		return "", fault.Field("municipality", "signal.nounit")
	}
	return id, err
}

// teller returns for which institution a signal is entered: the actor's own. Only a directorate takes down what another
// institution says, by telephone or on paper; elsewhere the right is asked for the institution that is named.
func teller(ctx context.Context, tx Tx, own access.AgencyID, g Signal) (access.AgencyID, error) {
	if g.SourceAgency == "" || g.SourceAgency == own || own == "" {
		return cmp.Or(own, g.Unit), nil
	}
	a, err := tx.Agency(ctx, own)
	if err != nil || a.Kind == directorate {
		return own, err
	}
	return g.SourceAgency, nil
}

// Territory lists the municipalities, and the whole regions, whose signals come to a unit.
func (s *Service) Territory(ctx context.Context, by access.Actor, unit access.AgencyID) ([]string, error) {
	var all []string
	err := s.store.View(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.SeeAgency, access.Resource{Kind: "agency", ID: string(unit)}); err != nil {
			return err
		}
		var err error
		all, err = tx.Territory(ctx, unit)
		return err
	})
	return all, err
}

// SetTerritory says whose signals come to a unit. A place belongs to one unit: another that had it loses it.
func (s *Service) SetTerritory(ctx context.Context, by access.Actor, unit access.AgencyID, places []string) error {
	return s.store.Update(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.EditAgency, access.Resource{Kind: "agency", ID: string(unit)}); err != nil {
			return err
		}
		a, err := tx.Agency(ctx, unit)
		if err != nil {
			return err
		}
		if a.Kind != directorate {
			return fault.New(fault.Conflict, "territory.kind")
		}
		t, err := org.ReadTables(ctx, tx)
		if err != nil {
			return err
		}
		towns, err := tx.Municipalities(ctx, "")
		if err != nil {
			return err
		}
		for _, p := range places {
			_, region := t.Region(access.RegionID(p))
			if !region && !slices.ContainsFunc(towns, func(m org.Municipality) bool { return m.ID == p }) {
				return fault.Field("places", "form.choose")
			}
		}
		return tx.PutTerritory(ctx, unit, places)
	})
}

// announce tells whoever is on duty at the unit that a signal waits. An urgent one is told to all of its staff.
func announce(ctx context.Context, tx Tx, g Signal) error {
	c := Clock{Agency: g.Unit, Region: g.Region}
	to, err := Reach(ctx, tx, c, 1)
	if err != nil {
		return err
	}
	if g.Urgent {
		staff, err := tx.AgencyStaff(ctx, g.Unit)
		if err != nil {
			return err
		}
		to = union(to, staff)
	}
	for _, p := range to {
		err := tx.PlanMail(ctx, org.Mail{
			Key: "signal/" + string(g.ID) + "/" + string(g.Unit) + "/" + string(p.Person), Kind: "signal", Record: string(g.ID), Person: p.Person, Address: p.Email,
			Lang: p.Lang, Due: tx.Now(), Vars: map[string]string{"ref": g.Ref, "path": "/signals/" + string(g.ID), "urgent": map[bool]string{true: "yes"}[g.Urgent]},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

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
	return g, tx.Allow(ctx, action, g.resource())
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
		g.Outcome = found
		if err := tx.PutSignal(ctx, g); err != nil {
			return err
		}
		x, err := subjectOf(ctx, tx, &g, nil)
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
		return tx.PutMilestone(ctx, Milestone{"assessed." + string(g.Track), g.Region, g.Received, at, inTime})
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
		x, err := subjectOf(ctx, tx, &g, nil)
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
		unit, err := tx.Agency(ctx, to)
		if err != nil || to == g.Unit {
			return fault.Field("unit", "form.choose")
		}
		x, err := subjectOf(ctx, tx, &g, nil)
		if err != nil {
			return err
		}
		if err := s.happen(ctx, tx, x, SignalForwarded, tx.Now()); err != nil {
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
		if x, err = subjectOf(ctx, tx, &g, nil); err != nil {
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
		g.JoinedTo = to
		if g, err = moveSignal(ctx, tx, by, g, JoinIt, ""); err != nil {
			return err
		}
		x, err := subjectOf(ctx, tx, &g, nil)
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
		if err != nil || !tx.Can(access.HandleSignal, g.resource()) {
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
		step := Confirm
		if !agree {
			step, g.Reason, g.ProposedBy = Return, "", ""
		}
		g, err := moveSignal(ctx, tx, by, g, step, note)
		if err != nil || !agree {
			return err
		}
		x, err := subjectOf(ctx, tx, &g, nil)
		if err != nil {
			return err
		}
		return s.drop(ctx, tx, x, "ended")
	})
}

// Checked is what the sender of a signal learns with the code: that it was received, and that somebody has looked at it.
type Checked struct {
	Received time.Time
	Looked   bool
}

// CheckSignal tells the holder of a code what became of a signal, and nothing more.
func (s *Service) CheckSignal(ctx context.Context, code string) (Checked, error) {
	var c Checked
	err := s.store.View(ctx, access.Public(""), func(tx Tx) error {
		g, err := tx.SignalByReceipt(ctx, access.HashToken(strings.ToLower(strings.ReplaceAll(strings.TrimSpace(code), " ", ""))))
		c = Checked{g.First, g.Looked}
		return err
	})
	return c, err
}

// SignalView is everything about a signal that its reader may see.
type SignalView struct {
	Signal      Signal
	Unit        org.Agency
	Source      org.Agency
	History     []SignalEvent
	Clocks      []ClockView
	Joined      []Signal    // kept with this one
	Candidates  []Candidate // signals and cases that may speak of the same child
	Steps       []SignalStep
	Sender      bool // the reader may see who gave it
	Protections []Protection
	Files       []Attachment
	Names       map[access.PersonID]string // of those who took steps
}

// OpenSignal opens a signal; the reading is on the record. Who gave it is shown to those who handle it only.
func (s *Service) OpenSignal(ctx context.Context, by access.Actor, id SignalID) (SignalView, error) {
	var v SignalView
	err := s.store.Update(ctx, by, func(tx Tx) error {
		g, err := openSignal(ctx, tx, id, access.SeeSignal)
		if err != nil {
			return err
		}
		v, err = s.signalView(ctx, tx, g)
		return err
	})
	return v, err
}

func (s *Service) signalView(ctx context.Context, tx Tx, g Signal) (SignalView, error) {
	v := SignalView{Signal: g, Sender: tx.Can(access.HandleSignal, g.resource())}
	if !v.Sender {
		v.Signal.Words.Sender = ""
	}
	var err error
	if v.Unit, err = tx.Agency(ctx, g.Unit); err != nil {
		return v, err
	}
	if g.SourceAgency != "" {
		if v.Source, err = tx.Agency(ctx, g.SourceAgency); err != nil {
			return v, err
		}
	}
	if v.History, err = tx.SignalEvents(ctx, g.ID); err != nil {
		return v, err
	}
	clocks, err := tx.ClocksOf(ctx, g.ID, "")
	if err != nil {
		return v, err
	}
	if v.Clocks, err = clockViews(ctx, tx, clocks); err != nil {
		return v, err
	}
	if v.Files, err = tx.Attachments(ctx, g.ID, "", nil); err != nil {
		return v, err
	}
	if v.Joined, err = tx.SignalsJoined(ctx, g.ID); err != nil {
		return v, err
	}
	v.Names = map[access.PersonID]string{}
	if !v.Sender {
		return v, nil
	}
	var people []access.PersonID
	for _, e := range v.History {
		people = append(people, e.Actor)
	}
	if err := nameAll(ctx, tx, v.Names, people); err != nil {
		return v, err
	}
	v.Steps = signalMoves.may(g.State, SignalSteps())
	if g.State.Open() {
		if v.Candidates, err = s.candidates(ctx, tx, g); err != nil {
			return v, err
		}
	}
	v.Protections, err = tx.Protections(ctx, g.ID, "")
	return v, err
}

// Signals lists signals within the reader's reach, the newest first.
func (s *Service) Signals(ctx context.Context, by access.Actor, f SignalFilter) ([]Signal, error) {
	var all []Signal
	err := s.store.View(ctx, by, func(tx Tx) (err error) {
		all, err = tx.Signals(ctx, tx.Scope(access.SeeSignal), f)
		return err
	})
	return all, err
}

// ClockView is a clock with its rule, as pages show it.
type ClockView struct {
	Clock
	Of ClockRule
}

// urgency orders clocks as pages do: overdue, nearly due, running, then what is done.
func (v ClockView) urgency(now time.Time) int {
	switch {
	case v.Overdue(now):
		return 0
	case v.State == Running:
		return 1
	case v.State == Paused:
		return 2
	}
	return 3
}

func clockViews(ctx context.Context, tx Tx, all []Clock) ([]ClockView, error) {
	views := make([]ClockView, len(all))
	for i, c := range all {
		r, err := tx.ClockRule(ctx, c.Rule, c.Version)
		if err != nil {
			return nil, err
		}
		views[i] = ClockView{c, r}
	}
	now := tx.Now()
	slices.SortStableFunc(views, func(a, b ClockView) int {
		return cmp.Or(a.urgency(now)-b.urgency(now), a.Due.Compare(b.Due))
	})
	return views, nil
}
