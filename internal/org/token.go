package org

import (
	"context"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/fault"
)

// Purpose says what a one-time link opens.
type Purpose string

// The purposes of a link.
const (
	Invite  Purpose = "invite"  // set the first password
	Reset   Purpose = "reset"   // set another password
	Endorse Purpose = "endorse" // the head of an institution agrees to a seat
	Offer   Purpose = "offer"   // an applicant takes or declines a seat
	Seat    Purpose = "seat"    // an applicant looks at the own application
	Answer  Purpose = "answer"  // a questionnaire

	Question Purpose = "question" // asked of a passkey; it is no link
)

// Token is a one-time link as it is kept: only the hash of its secret.
type Token struct {
	Hash    string
	Purpose Purpose
	Record  string
	Person  access.PersonID
	Made    time.Time
	Until   time.Time
	Used    time.Time
}

// Usable reports why a link does not open at moment now, or nil.
func (t Token) Usable(now time.Time) error {
	switch {
	case !t.Used.IsZero():
		return fault.New(fault.Conflict, "link.used")
	case !now.Before(t.Until):
		return fault.New(fault.Conflict, "link.expired")
	}
	return nil
}

// OpenLink returns what a link is for. A link that was altered or never existed is NotFound.
func (s *Service) OpenLink(ctx context.Context, token string) (Token, error) {
	var t Token
	err := s.store.View(ctx, access.Public(""), func(tx Tx) (err error) {
		t, err = tx.Token(ctx, access.HashToken(token))
		return err
	})
	return t, err
}
