// Package training plans the programme and its trainings, gives out seats, keeps who was there, and says who completed. Its
// six nouns follow one direction: a person takes a seat in a training; the seat gathers half-days; a rule turns half-days
// into completion; completion starts the six-month clock that package survey reads. Facts are stored, the rest is derived
// in the same transaction. It knows no page, no database and no questionnaire.
package training

import (
	"context"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/org"
)

// Service does what people do with trainings and seats.
type Service struct {
	store Store
	now   calendar.Clock
}

// New returns a service over store.
func New(store Store, now calendar.Clock) *Service { return &Service{store: store, now: now} }

// Store opens transactions for trainings.
type Store interface {
	View(ctx context.Context, by access.Actor, fn func(Tx) error) error
	Update(ctx context.Context, by access.Actor, fn func(Tx) error) error
}

// Tx is what the rules of trainings need of a transaction.
type Tx interface {
	Now() time.Time
	Scope(action access.Action) access.Scope
	Can(action access.Action, r access.Resource) bool
	Allow(ctx context.Context, action access.Action, r access.Resource) error
	Record(ctx context.Context, action access.Action, r access.Resource) error
	Once(ctx context.Context, key string, make func() (string, error)) (string, error)

	Regions(ctx context.Context) ([]org.Region, error)
	Terms(ctx context.Context) ([]org.Term, error)
	Agency(ctx context.Context, id access.AgencyID) (org.Agency, error)
	AgencyNamed(ctx context.Context, region access.RegionID, name string) (org.Agency, error)
	PutAgency(ctx context.Context, a org.Agency) error
	Person(ctx context.Context, id access.PersonID) (org.Person, error)
	PeopleWithEmail(ctx context.Context, email string) ([]org.Person, error)
	PutPerson(ctx context.Context, p org.Person) error
	AccountByLogin(ctx context.Context, login string) (org.Account, error)
	PutToken(ctx context.Context, t org.Token) error
	Token(ctx context.Context, hash string) (org.Token, error)
	UseToken(ctx context.Context, hash string) error
	DropTokens(ctx context.Context, purpose org.Purpose, record string) error
	PlanMail(ctx context.Context, m org.Mail) error
	CancelMail(ctx context.Context, record string, kinds ...string) error

	Programme(ctx context.Context) (Programme, error)
	PutProgramme(ctx context.Context, p Programme) error

	Event(ctx context.Context, id EventID) (Event, error)
	Events(ctx context.Context, s access.Scope, f EventFilter) ([]Event, error)
	OpenEvents(ctx context.Context, today calendar.Date) ([]Event, error)
	PutEvent(ctx context.Context, e Event) error
	DroppedHalfDays(ctx context.Context, id EventID, since time.Time) ([]HalfDay, error)
	EventCounts(ctx context.Context, s access.Scope) (map[EventID]Counts, error)
	Finished(ctx context.Context, s access.Scope) ([]Finished, error)
	FinishedPeople(ctx context.Context, s access.Scope) (people int, bySector map[string]int, err error)

	Enrolment(ctx context.Context, id EnrolmentID) (Enrolment, error)
	EnrolmentByBadge(ctx context.Context, badge string) (Enrolment, error)
	EnrolmentOf(ctx context.Context, e EventID, p access.PersonID) (Enrolment, error)
	EnrolmentsOf(ctx context.Context, p access.PersonID) ([]Enrolment, error)
	Enrolments(ctx context.Context, e EventID) ([]Enrolment, error)
	PutEnrolment(ctx context.Context, n Enrolment) error
	PutStep(ctx context.Context, r StepRecord) error
	Steps(ctx context.Context, id EnrolmentID) ([]StepRecord, error)
	Roster(ctx context.Context, s access.Scope, f RosterFilter) ([]Card, error)
	TimelyEvents(ctx context.Context) ([]EventID, error)
	MoveLinks(ctx context.Context, purpose org.Purpose, seat EnrolmentID, until time.Time) error

	Attendance(ctx context.Context, e EventID) ([]Presence, error)
	MarkedHalfDays(ctx context.Context, e EventID) ([]string, error)
	PresenceHistory(ctx context.Context, id EnrolmentID) ([]Presence, error)
	PutPresence(ctx context.Context, p Presence) error
	PresenceByKey(ctx context.Context, clientKey string) (Presence, error)
	Completion(ctx context.Context, id EnrolmentID) (Completion, error)
	Completions(ctx context.Context, e EventID) ([]Completion, error)
	PutCompletion(ctx context.Context, c Completion) error
	DropCompletion(ctx context.Context, id EnrolmentID) error

	CertificatesOf(ctx context.Context, id EnrolmentID) ([]Certificate, error)
	CertificateByCode(ctx context.Context, code string) (Certificate, error)
	Certificates(ctx context.Context, e EventID) ([]Certificate, error)
	PutCertificate(ctx context.Context, c Certificate) error
	CertificateCount(ctx context.Context, year int) (int, error)
}
