package org

import (
	"context"
	"errors"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/fault"
)

// LinkVar is the variable of a mail that holds a one-time link. The store keeps it sealed until the mail leaves, and then no
// longer.
const LinkVar = "link"

// Mail is a message that a subject asks to be sent; the ledger keeps one row for each key.
type Mail struct {
	Key     string // unique for ever
	Kind    string // such as "invite"; names the texts
	Record  string // what it is about; when that ends, what is still planned is cancelled
	Person  access.PersonID
	Address string
	Lang    string
	Vars    map[string]string
	Due     time.Time
}

// MessageState says what became of a message.
type MessageState string

// The states of a message.
const (
	Planned   MessageState = "planned"
	Sent      MessageState = "sent"
	Cancelled MessageState = "cancelled"
	Failed    MessageState = "failed"
)

// Message is a row of the ledger.
type Message struct {
	Mail
	ID       string
	State    MessageState
	Attempts int
	Sent     time.Time
	Failure  string
}

// LogValue keeps the address out of logs.
func (Message) LogValue() string { return "[withheld]" }

// MessageFilter narrows the ledger and pages it.
type MessageFilter struct {
	State  MessageState
	Kind   string
	Record string
	Before string // "due/id" of the last one seen
	Limit  int
}

const mailAttempts = 6

// ErrGone is what send returns when the reason of a message has gone: the message is cancelled and not tried again.
var ErrGone = errors.New("the reason of the message has gone")

// Messages lists the ledger of mail.
func (s *Service) Messages(ctx context.Context, by access.Actor, f MessageFilter) ([]Message, map[MessageState]int, error) {
	var all []Message
	var counts map[MessageState]int
	err := s.store.View(ctx, by, func(tx Tx) (err error) {
		if err := tx.Allow(ctx, access.SeeMail, access.Resource{Kind: "message"}); err != nil {
			return err
		}
		if counts, err = tx.MessageCounts(ctx); err != nil {
			return err
		}
		all, err = tx.Messages(ctx, f)
		return err
	})
	return all, counts, err
}

// leaseTime is how long one server may take to hand over a message before another takes its turn.
const leaseTime = 5 * time.Minute

// SendDue hands every message whose moment has come to send, and keeps what became of it. A message is leased first, so that
// two servers do not send it twice. One that fails is tried again later, each time after four times as long, six times in
// all. A crash between sending and keeping sends twice rather than never. When ctx ends, the message under way is still sent and
// kept, so that no lease is left behind; the next ones wait.
func (s *Service) SendDue(ctx context.Context, send func(context.Context, Message) error) (int, error) {
	var due []string
	err := s.store.View(ctx, access.TheSystem(), func(tx Tx) (err error) {
		due, err = tx.DueMail(ctx, 100)
		return err
	})
	sent := 0
	under := context.WithoutCancel(ctx)
	for _, id := range due {
		if err != nil || ctx.Err() != nil {
			return sent, err
		}
		m, e := s.lease(under, id)
		if fault.Is(e, fault.Conflict) {
			continue // its reason has gone, or another server has it
		}
		if err = e; err != nil {
			continue
		}
		failure := send(under, m)
		if failure == nil {
			sent++
		}
		err = s.keepSent(under, m, failure)
	}
	return sent, err
}

func (s *Service) lease(ctx context.Context, id string) (Message, error) {
	var m Message
	err := s.store.Update(ctx, access.TheSystem(), func(tx Tx) (err error) {
		m, err = tx.LeaseMessage(ctx, id, tx.Now().Add(leaseTime))
		return err
	})
	return m, err
}

func (s *Service) keepSent(ctx context.Context, m Message, failure error) error {
	return s.store.Update(ctx, access.TheSystem(), func(tx Tx) error {
		m := m // a clash runs this again
		if err := tx.Allow(ctx, access.Work, access.Resource{Kind: "message", ID: m.ID}); err != nil {
			return err
		}
		m.Attempts++
		switch {
		case errors.Is(failure, ErrGone):
			m.State = Cancelled
		case failure == nil:
			m.State, m.Sent, m.Failure = Sent, tx.Now(), ""
		case m.Attempts >= mailAttempts:
			m.State, m.Failure = Failed, clip(failure.Error(), 200)
		default:
			m.Due, m.Failure = tx.Now().Add(time.Minute<<(2*m.Attempts)), clip(failure.Error(), 200)
		}
		return tx.PutMessage(ctx, m)
	})
}

// RetryMail puts a failed message back among the planned ones.
func (s *Service) RetryMail(ctx context.Context, by access.Actor, id string) error {
	return s.store.Update(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.SendWave, access.Resource{Kind: "message", ID: id}); err != nil {
			return err
		}
		m, err := tx.Message(ctx, id)
		if err != nil {
			return err
		}
		if m.State != Failed {
			return fault.New(fault.Conflict, "fault.changed")
		}
		m.State, m.Attempts, m.Due = Planned, 0, tx.Now()
		return tx.PutMessage(ctx, m)
	})
}
