// Package casework is how several institutions protect one child together: signals as they came, a case with its team and its
// statutory clocks, meetings, a plan, requests between institutions, police protection, and who may see which part of it. What
// describes a person is a sealed.Text and stays under the key of its case. The package ranks no child and adds up no adversity;
// it replaces no report to the authorities. It knows no page, no database and no questionnaire.
package casework

import (
	"context"
	"slices"
	"sync"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/fault"
	"strengthen/internal/org"
	"strengthen/internal/sealed"
)

// Service does what people do with signals and cases.
type Service struct {
	store Store
	now   calendar.Clock

	mu      sync.Mutex // guards the working days, which are made anew when decrees change
	days    *calendar.WorkCalendar
	decreed calendar.Decreed
}

// New returns a service over store.
func New(store Store, now calendar.Clock) *Service { return &Service{store: store, now: now} }

// Store opens transactions for casework.
type Store interface {
	View(ctx context.Context, by access.Actor, fn func(Tx) error) error
	Update(ctx context.Context, by access.Actor, fn func(Tx) error) error
}

// Track is the kind of work: each has clocks of its own.
type Track string

// The tracks. Violence is the one of articles 36г and 36д of the Child Protection Act; Crisis is the branch of the 2010
// agreement for crisis intervention; Other is every other signal that a child is at risk.
const (
	Violence Track = "violence"
	Crisis   Track = "crisis"
	Other    Track = "other"
)

// Tracks lists the tracks in the order of pages.
func Tracks() []Track { return []Track{Violence, Crisis, Other} }

// Kind is a kind of violence or risk, as the Implementing Regulation to the Child Protection Act defines it (§1).
type Kind string

// Kinds lists the codes: those of violence first, the areas of neglect and witnessing among them, then the other grounds on
// which a child is at risk. More than one may hold. Kinds are never counted together.
func Kinds() []Kind {
	return []Kind{
		"physical", "psychological", "witness_dv", "sexual", "exploitation",
		"neglect_health", "neglect_education", "neglect_emotional", "neglect_nutrition", "neglect_home", "neglect_safety",
		"bullying", "abandonment", "no_care", "at_risk_development", "dropout", "crisis_event",
	}
}

// TrackOf is the track of what somebody tells who is not asked to know the difference: violence when any of the kinds is, or when
// none is named; a crisis when one is among the others; and otherwise another risk.
func TrackOf(kinds []Kind) Track {
	risks := []Kind{"abandonment", "no_care", "at_risk_development", "dropout", "crisis_event"}
	switch {
	case len(kinds) == 0, slices.ContainsFunc(kinds, func(k Kind) bool { return !slices.Contains(risks, k) }):
		return Violence
	case slices.Contains(kinds, "crisis_event"):
		return Crisis
	}
	return Other
}

// Settings lists where it happens.
func Settings() []string { return []string{"family", "school", "social_environment", "online"} }

// Bands lists the age bands that stand for a date of birth.
func Bands() []string { return []string{"unborn", "0-2", "3-6", "7-9", "10-13", "14-17", "unknown"} }

// Sexes lists what can be said of a child's sex.
func Sexes() []string { return []string{"f", "m", "unknown"} }

// MustBeHeard reports whether children of an age band must be heard: from ten (article 15).
func MustBeHeard(band string) bool { return band == "10-13" || band == "14-17" }

// MayBeRepresented reports whether somebody else may speak for a child of an age band that cannot say yet what it wants: below ten.
func MayBeRepresented(band string) bool { return !MustBeHeard(band) && band != "unknown" }

// Speaks reports whether a child of an age band can say what it wants, as far as its age lets it. It is practice: from three.
func Speaks(band string) bool { return band != "unborn" && band != "0-2" }

// ConsentsAlone reports whether a child of an age band consents to disclosure of its data itself: from fourteen (article 11а).
func ConsentsAlone(band string) bool { return band == "14-17" }

// Hearing is how a child of an age band answers when it is asked what it wants: alone from fourteen, heard from ten, as far as it
// can before that, and represented before it speaks.
func Hearing(band string) string {
	switch {
	case ConsentsAlone(band):
		return "alone"
	case MustBeHeard(band):
		return "heard"
	case !Speaks(band):
		return "represented"
	case MayBeRepresented(band):
		return "asfar"
	}
	return "unknown"
}

// Compartment is a part of a case with rights of its own.
type Compartment string

// The compartments.
const (
	Core     Compartment = "core"     // state, clocks, team, plan, tasks
	Identity Compartment = "identity" // names, number, birth, carers, contacts
	Location Compartment = "location" // where the child is, when that is hidden
	Health   Compartment = "health"
	School   Compartment = "school"
	Police   Compartment = "police"
	Voice    Compartment = "voice"    // the child's own words
	Offender Compartment = "offender" // who is said to have done it
)

// Compartments lists them in the order of pages.
func Compartments() []Compartment {
	return []Compartment{Core, Identity, Location, Health, School, Police, Voice, Offender}
}

// SeeAction and WriteAction are the actions by which a compartment is read and written.
func (c Compartment) SeeAction() access.Action { return access.Action("case_" + string(c) + ".see") }

// WriteAction is the action by which a compartment is written.
func (c Compartment) WriteAction() access.Action {
	return access.Action("case_" + string(c) + ".write")
}

func known[T comparable](all []T, v T) bool {
	for _, x := range all {
		if x == v {
			return true
		}
	}
	return false
}

// chosen adds a fault unless v is one of all.
func chosen[T comparable](l *fault.List, field string, all []T, v T) {
	if !known(all, v) {
		l.Add(fault.Field(field, "form.choose"))
	}
}

// worded adds a fault unless a text is between least and most signs long and holds no personal number: outside the part that keeps
// the identity, no text of casework says who the child is.
func worded(l *fault.List, field string, s sealed.Text, least, most int) {
	sized(l, field, s, least, most)
	if HoldsEGN(string(s)) {
		l.Add(fault.Field(field, "text.egn"))
	}
}

// told is worded for a text in a part of a case: only that of the identity may hold a personal number.
func told(l *fault.List, part Compartment, field string, s sealed.Text, least, most int) {
	if part == Identity {
		sized(l, field, s, least, most)
		return
	}
	worded(l, field, s, least, most)
}

// sized adds a fault unless a text is between least and most signs long.
func sized(l *fault.List, field string, s sealed.Text, least, most int) {
	switch n := len([]rune(string(s))); {
	case n == 0 && least > 0:
		l.Add(fault.Field(field, "form.required"))
	case n > most && least == 0:
		l.Add(fault.Field(field, "form.most", fault.Vars{"max": most}))
	case n < least || n > most:
		l.Add(fault.Field(field, "form.length", fault.Vars{"min": least, "max": most}))
	}
}

// since is a moment that a form tells to the minute, of something that came after a start that is known to the second: within
// the minute of the start it is the start.
func since(start, at time.Time) time.Time {
	if at.Before(start) && !at.Before(start.Truncate(time.Minute)) {
		return start
	}
	return at
}

// longest is how long a free text may be.
const longest = 20_000

// Tx is what the rules of casework need of a transaction.
type Tx interface {
	Now() time.Time
	By() access.Actor
	Scope(action access.Action) access.Scope
	Can(action access.Action, r access.Resource) bool
	CanAs(who access.Actor, action access.Action, r access.Resource) bool
	Allow(ctx context.Context, action access.Action, r access.Resource) error
	Record(ctx context.Context, action access.Action, r access.Resource) error
	Once(ctx context.Context, key string, make func() (string, error)) (string, error)

	Regions(ctx context.Context) ([]org.Region, error)
	Terms(ctx context.Context) ([]org.Term, error)
	Municipalities(ctx context.Context, of access.RegionID) ([]org.Municipality, error)
	Agency(ctx context.Context, id access.AgencyID) (org.Agency, error)
	Agencies(ctx context.Context, f org.AgencyFilter) ([]org.Agency, error)
	Person(ctx context.Context, id access.PersonID) (org.Person, error)
	PersonNames(ctx context.Context, ids []access.PersonID) (map[access.PersonID]string, error)
	Grants(ctx context.Context, id access.PersonID) ([]org.RoleGrant, error)
	AccountByLogin(ctx context.Context, login string) (org.Account, error)
	AgencyStaff(ctx context.Context, id access.AgencyID) ([]Colleague, error)
	UnitFor(ctx context.Context, municipality string) (access.AgencyID, error)
	PlanMail(ctx context.Context, m org.Mail) error
	CancelMail(ctx context.Context, record string, kinds ...string) error
	Trained(ctx context.Context, id access.PersonID) (bool, error)
	TrainedOn(ctx context.Context, id access.PersonID) ([]calendar.Date, error)
	Supported(ctx context.Context, c CaseID) (bool, error)
	Setting(ctx context.Context, name string) (string, error)

	NewKey(ctx context.Context, owner string) error

	SignalTx
	CaseTx
	ClockTx
	ShareTx
	FigureTx
	NoteTx
	MeetingTx
	PlanTx
	RequestTx
	ProtectionTx
	IdentityTx
	AttachmentTx
	DraftTx
	RestorativeTx
	KinTx
	DuplicateTx
}

// Colleague is somebody who works for an institution and has an account.
type Colleague struct {
	Person access.PersonID
	Name   string
	Lang   string
	Email  string
	Region access.RegionID // of a coordinator
	Roles  []access.Role
}
