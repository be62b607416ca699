// Package privacy is the life of data from the side of those whom they are about: how long each class stays, what is held and
// what is erased, what people ask about their own data, and what leaves the house. It decides over no case and reads none: it
// knows records by kind and identifier. Nothing is erased without two people, and the job that looks for what is due erases
// nothing.
package privacy

import (
	"context"
	"strings"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/fault"
	"strengthen/internal/org"
	"strengthen/internal/sealed"
)

// Service does what people do with the life of data.
type Service struct {
	store Store
	now   calendar.Clock
}

// New returns a service over store.
func New(store Store, now calendar.Clock) *Service { return &Service{store, now} }

// Store opens transactions for the life of data.
type Store interface {
	View(ctx context.Context, by access.Actor, fn func(Tx) error) error
	Update(ctx context.Context, by access.Actor, fn func(Tx) error) error
}

// Tx is what the rules of this package need of a transaction.
type Tx interface {
	Now() time.Time
	By() access.Actor
	Scope(action access.Action) access.Scope
	Can(action access.Action, r access.Resource) bool
	Allow(ctx context.Context, action access.Action, r access.Resource) error
	Record(ctx context.Context, action access.Action, r access.Resource) error
	Once(ctx context.Context, key string, make func() (string, error)) (string, error)
	NewKey(ctx context.Context, owner string) error
	Person(ctx context.Context, id access.PersonID) (org.Person, error)
	Setting(ctx context.Context, name string) (string, error)
	PutSetting(ctx context.Context, name, value string) error
	PlanMail(ctx context.Context, m org.Mail) error

	RetentionTx
	RequestTx
	ExportTx
	OpeningsTx
}

// worded adds a fault unless a text is between least and most signs long.
func worded(l *fault.List, field string, s sealed.Text, least, most int) {
	switch n := len([]rune(string(s))); {
	case n == 0 && least > 0:
		l.Add(fault.Field(field, "form.required"))
	case n < least || n > most:
		l.Add(fault.Field(field, "form.length", fault.Vars{"min": least, "max": most}))
	}
}

func trimmed(s sealed.Text) sealed.Text { return sealed.Text(strings.TrimSpace(string(s))) }

func missing() error { return fault.New(fault.NotFound, "fault.notfound") }
