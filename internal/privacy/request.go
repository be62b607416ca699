package privacy

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

// Right is what a person asks about the own data, or a parent about those of a child.
type Right string

// The rights (GDPR, articles 15, 16, 17, 18 and 21).
const (
	ToAccess   Right = "access"
	ToRectify  Right = "rectification"
	ToErase    Right = "erasure"
	ToRestrict Right = "restriction"
	ToObject   Right = "objection"
)

// Rights lists the rights in the order of their articles.
func Rights() []Right { return []Right{ToAccess, ToRectify, ToErase, ToRestrict, ToObject} }

// RequestState says whether a request was decided, and how.
type RequestState string

// The states of a request.
const (
	Open    RequestState = "open"
	Granted RequestState = "granted"
	Partly  RequestState = "partly"
	Refused RequestState = "refused"
)

// Outcomes lists how a request can be decided.
func Outcomes() []RequestState { return []RequestState{Granted, Partly, Refused} }

// Grounds lists on what a decision stands: the right itself; that the request is manifestly unfounded or excessive (article 12(5));
// that nobody knows who asks (12(6)); rights of others (15(4)); a duty or claims by law (17(3)); that it protects the child
// (Personal Data Protection Act, article 37а).
func Grounds() []string { return []string{"right", "12_5", "12_6", "15_4", "17_3", "37a"} }

// Request is a line of the register of requests.
type Request struct {
	ID        string
	N         int // in the order in which they were entered
	Right     Right
	Received  calendar.Date
	Due       calendar.Date
	Extended  calendar.Date // when the term was made longer; zero when it was not
	State     RequestState
	Person    access.PersonID // when the one who asks is known to the programme
	Ground    string
	Decided   time.Time
	DecidedBy access.PersonID
	By        access.PersonID
	Entered   time.Time
	Who       sealed.Text // who asks, and how to reach them
	Asks      sealed.Text
	Extension sealed.Text // why the term was made longer
	Decision  sealed.Text
	Version   int
}

// Overdue reports whether a request waits longer than its term.
func (r Request) Overdue(today calendar.Date) bool { return r.State == Open && r.Due.Before(today) }

func (r Request) resource() access.Resource {
	return access.Resource{Kind: string(Requests), ID: r.ID}
}

// The terms of article 12(3): one month from receipt, and two more where it is complex, which the person is told within the first.
// They are counted to the same day of the month; a day off at the end makes the lawful term longer, so this one is safe.
const (
	answerMonths = 1
	longerMonths = 3
)

// RequestTx is what the register needs of a transaction.
type RequestTx interface {
	SubjectRequests(ctx context.Context, open bool, n int) ([]Request, error) // those due first first; without their words
	SubjectRequest(ctx context.Context, id string) (Request, error)
	PutSubjectRequest(ctx context.Context, r Request) error // version 0 adds one and gives it its number
	Copy(ctx context.Context, id access.PersonID) ([]Section, error)
}

// Section is a part of the copy of what is kept about one person: its name and columns are keys of the catalogue.
type Section struct {
	Name    string
	Columns []string
	Rows    [][]string
}

// Register lists the requests: those that wait, or all.
func (s *Service) Register(ctx context.Context, by access.Actor, open bool) ([]Request, error) {
	var all []Request
	err := s.store.View(ctx, by, func(tx Tx) (err error) {
		if err := tx.Allow(ctx, access.KeepRegister, access.Resource{Kind: string(Requests)}); err != nil {
			return err
		}
		all, err = tx.SubjectRequests(ctx, open, 500)
		return err
	})
	return all, err
}

// Enter puts a request into the register. An address of somebody whom the programme knows ties it to that person.
func (s *Service) Enter(ctx context.Context, by access.Actor, key string, r Request, address string) (string, error) {
	var id string
	err := s.store.Update(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.KeepRegister, access.Resource{Kind: string(Requests)}); err != nil {
			return err
		}
		today := calendar.On(tx.Now())
		r.Who, r.Asks = trimmed(r.Who), trimmed(r.Asks)
		var l fault.List
		if !slices.Contains(Rights(), r.Right) {
			l.Add(fault.Field("right", "form.choose"))
		}
		if r.Received.IsZero() || today.Before(r.Received) || r.Received.Before(today.AddMonths(-12)) {
			l.Add(fault.Field("received", "subject.received"))
		}
		worded(&l, "who", r.Who, 3, 500)
		worded(&l, "asks", r.Asks, 3, 5000)
		r.Person = ""
		if address = strings.TrimSpace(address); address != "" {
			record, err := tx.FindRecord(ctx, People, address)
			if fault.Is(err, fault.NotFound) {
				l.Add(fault.Field("address", "subject.unknown"))
			} else if err != nil {
				return err
			}
			r.Person = access.PersonID(record)
		}
		if err := l.Err(); err != nil {
			return err
		}
		var err error
		id, err = tx.Once(ctx, key, func() (string, error) {
			r.ID, r.Version, r.State, r.Due, r.By, r.Entered = access.NewID(), 0, Open, r.Received.AddMonths(answerMonths), by.Person, tx.Now()
			if err := tx.NewKey(ctx, r.ID); err != nil {
				return "", err
			}
			return r.ID, tx.PutSubjectRequest(ctx, r)
		})
		return err
	})
	return id, err
}

// onRequest loads a request, asks for the right, and runs step.
func (s *Service) onRequest(ctx context.Context, by access.Actor, id string, version int, step func(tx Tx, r *Request) error) (Request, error) {
	var r Request
	err := s.store.Update(ctx, by, func(tx Tx) (err error) {
		if r, err = tx.SubjectRequest(ctx, id); err != nil {
			return err
		}
		if err := tx.Allow(ctx, access.KeepRegister, r.resource()); err != nil {
			return err
		}
		if step == nil {
			return nil
		}
		if r.State != Open {
			return fault.New(fault.Conflict, "subject.decided")
		}
		if err := step(tx, &r); err != nil {
			return err
		}
		r.Version = version
		return tx.PutSubjectRequest(ctx, r)
	})
	return r, err
}

// OpenRequest opens a request; the reading is on the record.
func (s *Service) OpenRequest(ctx context.Context, by access.Actor, id string) (Request, error) {
	return s.onRequest(ctx, by, id, 0, nil)
}

// Extend makes the term of a request longer by two months, once, within the first term, for a reason that the person is told.
func (s *Service) Extend(ctx context.Context, by access.Actor, id string, version int, why sealed.Text) error {
	_, err := s.onRequest(ctx, by, id, version, func(tx Tx, r *Request) error {
		today := calendar.On(tx.Now())
		why = trimmed(why)
		var l fault.List
		worded(&l, "why", why, 10, 2000)
		if !r.Extended.IsZero() || r.Due.Before(today) {
			l.Add(fault.New(fault.Conflict, "subject.extend"))
		}
		r.Extension, r.Extended, r.Due = why, today, r.Received.AddMonths(longerMonths)
		return l.Err()
	})
	return err
}

// Decide ends a request with a decision and its ground. A refusal stands on an exception, never on the right itself.
func (s *Service) Decide(ctx context.Context, by access.Actor, id string, version int, d Request) error {
	_, err := s.onRequest(ctx, by, id, version, func(tx Tx, r *Request) error {
		d.Decision = trimmed(d.Decision)
		var l fault.List
		if !slices.Contains(Outcomes(), d.State) {
			l.Add(fault.Field("outcome", "form.choose"))
		}
		if !slices.Contains(Grounds(), d.Ground) || (d.Ground == "right") != (d.State == Granted) {
			l.Add(fault.Field("ground", "subject.ground"))
		}
		worded(&l, "decision", d.Decision, 10, 5000)
		r.State, r.Ground, r.Decision, r.Decided, r.DecidedBy = d.State, d.Ground, d.Decision, tx.Now(), by.Person
		return l.Err()
	})
	return err
}

// CopyFor returns everything that is kept about the person of a request, and nothing of others.
func (s *Service) CopyFor(ctx context.Context, by access.Actor, request string) ([]Section, error) {
	var all []Section
	err := s.store.Update(ctx, by, func(tx Tx) error {
		r, err := tx.SubjectRequest(ctx, request)
		if err != nil {
			return err
		}
		if r.Person == "" {
			return missing()
		}
		if err := tx.Allow(ctx, access.TakeCopy, access.Resource{Kind: "person", ID: string(r.Person), Own: r.Person}); err != nil {
			return err
		}
		all, err = tx.Copy(ctx, r.Person)
		return err
	})
	return all, err
}

// OwnCopy returns everything that is kept about whoever asks.
func (s *Service) OwnCopy(ctx context.Context, by access.Actor) ([]Section, error) {
	var all []Section
	err := s.store.Update(ctx, by, func(tx Tx) (err error) {
		if err := tx.Allow(ctx, access.KeepOwn, access.Resource{Kind: "person", ID: string(by.Person), Own: by.Person}); err != nil {
			return err
		}
		all, err = tx.Copy(ctx, by.Person)
		return err
	})
	return all, err
}
