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
	DropTokens(ctx context.Context, purpose org.Purpose, record string) error
	PlanMail(ctx context.Context, m org.Mail) error
	CancelMail(ctx context.Context, record string, kinds ...string) error

	Setting(ctx context.Context, name string) (string, error)
	PutSetting(ctx context.Context, name, value string) error
	Asking(ctx context.Context) ([]Subject, error)
	Invitation(ctx context.Context, id string) (Invitation, error)
	InvitationsOf(ctx context.Context, seat training.EnrolmentID) ([]Invitation, error)
	PutInvitation(ctx context.Context, i Invitation) error
	DropInvitation(ctx context.Context, id string) error
	Letters(ctx context.Context, record string) ([]Letter, error)
	SendNow(ctx context.Context, letter string) error
	WaveCounts(ctx context.Context, s access.Scope) ([]WaveCount, error)
	Coming(ctx context.Context, s access.Scope) ([]Coming, error)
	WavePeople(ctx context.Context, e training.EventID, w Wave) ([]WavePerson, error)

	CodeOf(ctx context.Context, seat training.EnrolmentID) (string, error)
	PutCode(ctx context.Context, seat training.EnrolmentID, code string) error
	CohortOf(ctx context.Context, e training.EventID) (string, error)
	PutCohort(ctx context.Context, e training.EventID, label string) error
	Mix(ctx context.Context) error
	CloseStudy(ctx context.Context) error

	Study(ctx context.Context, id string) (Study, error)
	Studies(ctx context.Context) ([]Study, error)
	PutStudy(ctx context.Context, s Study) error
	PutRespondent(ctx context.Context, study string, r Respondent) error
	RespondentsOf(ctx context.Context, study string) ([]Respondent, error)
	PutStanding(ctx context.Context, study, code string, w Wave, s Standing) error
	PutAnswer(ctx context.Context, study, code string, w Wave, item, value string) error
	DropAnswer(ctx context.Context, study, code string, w Wave, item string) error
	DropAnswers(ctx context.Context, study, code string, w Wave) error
	PutResponse(ctx context.Context, study, code string, w Wave, r Response) error
	ResponsesOf(ctx context.Context, study, code string) (map[Wave]Response, error)
	AnswersOf(ctx context.Context, study, code string) (map[Wave]map[string]string, error)
	Answers(ctx context.Context, study string) (map[string]map[Wave]map[string]string, error)
}

// Subject is a seat that was confirmed once, with the facts that decide whether and when its person is asked.
type Subject struct {
	Seat      training.EnrolmentID
	Event     training.EventID
	Person    access.PersonID
	Sector    string
	State     training.State
	Confirmed time.Time
	Completed calendar.Date // zero: not completed
	Attended  bool          // was there on the last day
	Waves     map[Wave]Invitation
	Code      string
	Standing  map[Wave]Standing // as last written down, without what was answered
	Finished  map[Wave]bool     // the sitting was ended, by the answers
}

// Invitation asks one person for one wave. It learns that the answer came in a later batch, and never when.
type Invitation struct {
	ID      string
	Seat    training.EnrolmentID
	Wave    Wave
	Due     calendar.Date // the day from which reminders count
	Asks    time.Time     // when the first mail leaves
	Opens   time.Time
	Closes  time.Time // from here on it cannot be answered any more
	Done    bool
	Ended   Ending
	Version int
	Mails   Mails // what became of its mail; filled where it is asked for
}

// Ending says why somebody is not asked any more.
type Ending string

// The endings.
const (
	NotEnded Ending = ""
	Left     Ending = "left"    // the seat was given up, or the training called off
	Untaken  Ending = "untaken" // the completion, or the presence on the last day, was taken back
)

// Mails counts the messages of an invitation by what became of them.
type Mails struct{ Sent, Failed, Planned int }

// OpenAt reports whether the questionnaire can be answered at a moment.
func (i Invitation) OpenAt(t time.Time) bool {
	return !i.Done && i.Ended == NotEnded && !t.Before(i.Opens) && t.Before(i.Closes)
}

// Letter is a message about an invitation as the ledger keeps it.
type Letter struct {
	ID    string
	Due   time.Time
	Sent  time.Time
	State org.MessageState
}

// WaveCount is how one wave of one training stands. After the map was deleted there is one count for each wave, of no training.
type WaveCount struct {
	Event training.EventID
	Wave  Wave
	Tally Tally
}

// Coming is how many people of a training are asked for the first time on a day to come.
type Coming struct {
	Event training.EventID
	Wave  Wave
	On    calendar.Date
	N     int
}

// WavePerson is how one person stands in one wave, for those who may send questionnaires. It does not say when, or what.
type WavePerson struct {
	Name       string
	Invitation Invitation // without an identifier when there is none
	Standing   Standing
}

// Study is a body of answers that is analysed as one.
type Study struct {
	ID       string
	Title    Text
	Outcomes []Outcome
}

// Respondent is who was or may be asked, as far as the analysis may know: the code, the group, the sector. Cohort is a label
// that tells nothing of the training to whoever does not hold the map.
type Respondent struct {
	Code       string
	Cohort     string
	Region     string
	Sector     string
	Experience string
	Standing   map[Wave]Standing
	Answers    map[Wave]map[string]string
}

// Response says how far the answers of one wave go.
type Response struct {
	Complete bool // the sitting was ended
	Counts   bool // enough for the score of an outcome, or ended: the one meaning of "answered"
}
