// Package survey asks the people who were trained: before, right after, and six calendar months after their own completion.
// Answers are kept under a random study code and nothing else; the map from code to seat has a table, a right and an end of
// its own. The package knows questionnaires, waves and scores; what the scores mean is the business of package impact.
package survey

import (
	"context"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/org"
	"strengthen/internal/training"
)

// Wave is one time of asking.
type Wave string

// The waves. RetroPre is asked in the sitting of Post: how it was before, as seen today.
const (
	Pre      Wave = "pre"
	Post     Wave = "post"
	RetroPre Wave = "retro_pre"
	M6       Wave = "m6"
)

// Waves lists the waves in their order.
func Waves() []Wave { return []Wave{Pre, Post, RetroPre, M6} }

// OwnStudy is the identifier of the programme's own study; imported data sets have others.
const OwnStudy = "programme"

// Service does what people do with questionnaires.
type Service struct {
	store Store
	now   calendar.Clock
}

// New returns a service over store.
func New(store Store, now calendar.Clock) *Service { return &Service{store: store, now: now} }

// Store opens transactions for questionnaires.
type Store interface {
	View(ctx context.Context, by access.Actor, fn func(Tx) error) error
	Update(ctx context.Context, by access.Actor, fn func(Tx) error) error
}

// Tx is what the rules of questionnaires need of a transaction.
type Tx interface {
	Now() time.Time
	Scope(action access.Action) access.Scope
	Allow(ctx context.Context, action access.Action, r access.Resource) error
	Once(ctx context.Context, key string, make func() (string, error)) (string, error)

	Regions(ctx context.Context) ([]org.Region, error)
	Person(ctx context.Context, id access.PersonID) (org.Person, error)
	Programme(ctx context.Context) (training.Programme, error)
	Event(ctx context.Context, id training.EventID) (training.Event, error)
	Enrolment(ctx context.Context, id training.EnrolmentID) (training.Enrolment, error)
	EnrolmentsOf(ctx context.Context, p access.PersonID) ([]training.Enrolment, error)
	PutToken(ctx context.Context, t org.Token) error
	Token(ctx context.Context, hash string) (org.Token, error)
	PlanMail(ctx context.Context, m org.Mail) error
	CancelMail(ctx context.Context, record string, kinds ...string) error

	Asking(ctx context.Context) ([]Subject, error)
	Invitation(ctx context.Context, id string) (Invitation, error)
	InvitationsOf(ctx context.Context, seat training.EnrolmentID) ([]Invitation, error)
	PutInvitation(ctx context.Context, i Invitation) error
	DropInvitation(ctx context.Context, id string) error
	MailSent(ctx context.Context, record string) (bool, error)
	WaveCounts(ctx context.Context, s access.Scope) ([]WaveCount, error)

	CodeOf(ctx context.Context, seat training.EnrolmentID) (string, error)
	PutCode(ctx context.Context, seat training.EnrolmentID, code string) error
	DropCodes(ctx context.Context) error

	Study(ctx context.Context, id string) (Study, error)
	Studies(ctx context.Context) ([]Study, error)
	PutStudy(ctx context.Context, s Study) error
	PutRespondent(ctx context.Context, study string, r Respondent) error
	HasRespondent(ctx context.Context, study, code string) (bool, error)
	DueAsked(ctx context.Context, today calendar.Date) ([]Asked, error)
	PutAsked(ctx context.Context, study, code string, w Wave) error
	PutAnswer(ctx context.Context, study, code string, w Wave, item, value string) error
	DropAnswer(ctx context.Context, study, code string, w Wave, item string) error
	PutResponse(ctx context.Context, study, code string, w Wave, complete bool) error
	AnswersOf(ctx context.Context, study, code string) (map[Wave]map[string]string, error)
	Respondents(ctx context.Context, study string) ([]Respondent, error)
}

// Subject is a seat that may have to be asked, with the facts that decide when.
type Subject struct {
	Seat      training.EnrolmentID
	Event     training.EventID
	Person    access.PersonID
	Sector    string
	Confirmed time.Time
	Completed calendar.Date // zero: not completed
	Attended  bool          // was there on the last day
	Waves     map[Wave]Invitation
	Code      string
}

// Invitation asks one person for one wave. It knows whether the answer came, and not when.
type Invitation struct {
	ID      string
	Seat    training.EnrolmentID
	Wave    Wave
	Due     calendar.Date
	Opens   calendar.Date
	Closes  calendar.Date
	Done    bool
	Version int
}

// OpenOn reports whether the questionnaire can be answered on a day.
func (i Invitation) OpenOn(d calendar.Date) bool {
	return !i.Done && !d.Before(i.Opens) && !d.After(i.Closes)
}

// Asked is a code whose turn has come in a wave.
type Asked struct {
	Code string
	Wave Wave
}

// WaveCount is how one wave of one training stands.
type WaveCount struct {
	Event    training.EventID
	Wave     Wave
	Invited  int
	Answered int
	Open     int           // could answer today and did not yet
	NextDue  calendar.Date // the next day on which somebody is to be asked
}

// Study is a body of answers that is analysed as one.
type Study struct {
	ID       string
	Title    Text
	Outcomes []Outcome
}

// Respondent is who answered, as far as the analysis may know: the code, the group, the sector.
type Respondent struct {
	Code       string
	Cohort     string
	CohortName string
	Region     string
	Sector     string
	Experience string
	Asked      map[Wave]bool
	Answers    map[Wave]map[string]string
}
