// Package org keeps the house: places, code lists, institutions, people, their accounts, roles and sessions. It knows no
// training and no case; those name people and institutions by identifier.
package org

import (
	"context"
	"sync/atomic"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/sealed"
)

// Service does what people do with the house.
type Service struct {
	store Store
	now   calendar.Clock
	box   sealed.Box
	keys  Authenticator // nil where passkeys cannot be used
	slots chan struct{} // password computations under way, at most two

	computed atomic.Int64 // password computations so far
}

// New returns a service over store. Box seals the secrets of second factors.
func New(store Store, now calendar.Clock, box sealed.Box) *Service {
	return &Service{store: store, now: now, box: box, slots: make(chan struct{}, 2)}
}

// Store opens transactions for the house.
type Store interface {
	View(ctx context.Context, by access.Actor, fn func(Tx) error) error
	Update(ctx context.Context, by access.Actor, fn func(Tx) error) error
}

// Tx is what the rules of the house need of a transaction.
type Tx interface {
	Now() time.Time
	Scope(action access.Action) access.Scope
	Allow(ctx context.Context, action access.Action, r access.Resource) error
	Record(ctx context.Context, action access.Action, r access.Resource) error
	RecordRefusal(ctx context.Context, action access.Action, r access.Resource) error
	Once(ctx context.Context, key string, make func() (string, error)) (string, error)

	Regions(ctx context.Context) ([]Region, error)
	Municipalities(ctx context.Context, of access.RegionID) ([]Municipality, error)
	PutRegion(ctx context.Context, r Region) error
	PutMunicipality(ctx context.Context, m Municipality) error
	Terms(ctx context.Context) ([]Term, error)
	PutTerm(ctx context.Context, t Term) error

	Agency(ctx context.Context, id access.AgencyID) (Agency, error)
	Agencies(ctx context.Context, f AgencyFilter) ([]Agency, error)
	CountAgencies(ctx context.Context, f AgencyFilter) (int, error)
	AgencyNamed(ctx context.Context, region access.RegionID, name string) (Agency, error)
	PutAgency(ctx context.Context, a Agency) error

	Person(ctx context.Context, id access.PersonID) (Person, error)
	People(ctx context.Context, s access.Scope, f PersonFilter) ([]Person, error)
	CountPeople(ctx context.Context, s access.Scope, f PersonFilter) (int, error)
	PersonTeam(ctx context.Context, id access.PersonID) ([]access.PersonID, error)
	PeopleWithEmail(ctx context.Context, email string) ([]Person, error)
	PutPerson(ctx context.Context, p Person) error

	Account(ctx context.Context, id access.PersonID) (Account, error)
	AccountByLogin(ctx context.Context, login string) (Account, error)
	AccountCards(ctx context.Context) ([]AccountCard, error)
	PutAccount(ctx context.Context, a Account) error
	Grants(ctx context.Context, id access.PersonID) ([]RoleGrant, error)
	PutGrant(ctx context.Context, g RoleGrant) error
	GrantTx
	RecoveryCodes(ctx context.Context, id access.PersonID) ([]string, error)
	PutRecoveryCodes(ctx context.Context, id access.PersonID, hashes []string) error
	UseStep(ctx context.Context, id access.PersonID, step int64) error
	UseRecoveryCode(ctx context.Context, hash string) error

	Passkeys(ctx context.Context, id access.PersonID) ([]Passkey, error)
	PutPasskey(ctx context.Context, k Passkey) error
	UsedPasskey(ctx context.Context, id access.PersonID, c Credential) error
	DropPasskey(ctx context.Context, id access.PersonID, key string) error

	Session(ctx context.Context, hash string) (Session, error)
	Sessions(ctx context.Context, id access.PersonID) ([]Session, error)
	PutSession(ctx context.Context, s Session) error
	TouchSession(ctx context.Context, s Session) error
	RaiseSession(ctx context.Context, hash string) error
	EndSession(ctx context.Context, hash string) error
	EndSessions(ctx context.Context, id access.PersonID, but string) error
	Empty(ctx context.Context) (bool, error)

	PutToken(ctx context.Context, t Token) error
	Token(ctx context.Context, hash string) (Token, error)
	UseToken(ctx context.Context, hash string) error
	DropTokens(ctx context.Context, purpose Purpose, record string) error

	Delay(ctx context.Context, key string) (failures int, last time.Time, err error)
	PutDelay(ctx context.Context, key string, failures int, last time.Time) error

	PlanMail(ctx context.Context, m Mail) error
	Message(ctx context.Context, id string) (Message, error)
	DueMail(ctx context.Context, n int) ([]string, error)
	LeaseMessage(ctx context.Context, id string, until time.Time) (Message, error)
	Messages(ctx context.Context, f MessageFilter) ([]Message, error)
	MessageCounts(ctx context.Context) (map[MessageState]int, error)
	PutMessage(ctx context.Context, m Message) error

	Entries(ctx context.Context, f access.EntryFilter, n int) ([]access.Entry, error)
	EntryHours(ctx context.Context, since time.Time) ([]Moments, error)
	EntryActions(ctx context.Context, since time.Time) ([]ActionActivity, error)
	EntryReaders(ctx context.Context, since time.Time, opening []access.Action, n int) ([]ReaderActivity, error)

	Setting(ctx context.Context, name string) (string, error)
	PutSetting(ctx context.Context, name, value string) error

	KeyChangeTx
}
