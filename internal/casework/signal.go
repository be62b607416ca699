package casework

import (
	"context"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
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
	NextDue      time.Time // of its clocks
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

// signalResource is what the policy asks about a signal. One that belongs to a case, itself or through the signal with which it is
// kept, is kept from whoever is kept from the case, and reached by those of the team who may read everything that it says.
func signalResource(ctx context.Context, tx Tx, g Signal) (access.Resource, error) {
	r := access.Resource{Kind: "signal", ID: string(g.ID), Region: g.Region, Agency: g.Unit, Own: g.SourcePerson}
	id, err := caseOf(ctx, tx, g)
	if err != nil || id == "" {
		return r, err
	}
	c, err := tx.Case(ctx, id)
	if err != nil {
		return r, err
	}
	x, err := reachOf(ctx, tx, c)
	r.Restricted, r.Barred = c.Restricted, x.barred
	x.admit(&r, true, toldBySignals()...)
	return r, err
}

// toldBySignals lists the parts of a case of which the words of a signal may tell.
func toldBySignals() []Compartment { return []Compartment{Core, Identity, Location} }

func caseOf(ctx context.Context, tx Tx, g Signal) (CaseID, error) {
	if g.Case != "" || g.JoinedTo == "" {
		return g.Case, nil
	}
	main, err := tx.Signal(ctx, g.JoinedTo)
	return main.Case, err
}

func canSignal(ctx context.Context, tx Tx, g Signal, action access.Action) (bool, error) {
	r, err := signalResource(ctx, tx, g)
	return err == nil && tx.Can(action, r), err
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
	for field, w := range map[string]sealed.Text{"place": g.Words.Place, "sender": g.Words.Sender, "register": g.Words.Register} {
		worded(&l, field, w, 0, 2000)
	}
	for field, w := range map[string]sealed.Text{"child": g.Words.Child, "carers": g.Words.Carers} { // of the identity
		told(&l, Identity, field, w, 0, 2000)
	}
	if g.Source == Anonymous && g.Words.Sender != "" {
		l.Add(fault.Field("sender", "signal.anonymous"))
	}
	if g.Source == Anonymous && g.Track == Other {
		l.Add(fault.Field("source", "signal.anonymousother")) // ППЗЗДет 10(5)
	}
	switch {
	case g.Received.After(now.Add(time.Minute)):
		l.Add(fault.Field("received", "clock.future"))
	case !g.Received.IsZero() && !calendar.Known(g.Received):
		l.Add(fault.Field("received", "form.year"))
	}
	switch {
	case !g.Learned.IsZero() && !calendar.Known(g.Learned):
		l.Add(fault.Field("learned", "form.year"))
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

// Give takes a signal from the public form: anybody may give one, without an account, a child too. Its track follows from the
// kinds that are named. The code that comes back tells only that it was received and looked at.
func (s *Service) Give(ctx context.Context, by access.Actor, key string, g Signal) (Given, error) {
	g.Channel, g.SourceAgency, g.SourcePerson, g.Received, g.Track = "form", "", "", time.Time{}, TrackOf(g.Kinds)
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
	x, err := subjectOf(ctx, tx, &g)
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
