package survey

import (
	"context"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/org"
	"strengthen/internal/training"
)

// SittingView is a questionnaire as one person sees it.
type SittingView struct {
	Invitation Invitation
	Event      training.Event
	Parts      []Part
	Answers    map[Wave]map[string]string
}

// Open returns the questionnaire behind a personal link, with what was answered so far.
func (s *Service) Open(ctx context.Context, token string) (SittingView, error) {
	var v SittingView
	err := s.store.View(ctx, access.Public(""), func(tx Tx) error {
		var err error
		v, _, err = s.sitting(ctx, tx, token)
		return err
	})
	return v, err
}

// sitting finds what a token opens, and the study code.
func (s *Service) sitting(ctx context.Context, tx Tx, token string) (SittingView, string, error) {
	var v SittingView
	t, err := tx.Token(ctx, access.HashToken(token))
	if err != nil {
		return v, "", err
	}
	if t.Purpose != org.Answer {
		return v, "", fault.New(fault.NotFound, "fault.notfound")
	}
	if err := t.Usable(tx.Now()); err != nil {
		return v, "", err
	}
	if v.Invitation, err = tx.Invitation(ctx, t.Record); err != nil {
		return v, "", err
	}
	seat, err := tx.Enrolment(ctx, v.Invitation.Seat)
	if err != nil {
		return v, "", err
	}
	if v.Event, err = tx.Event(ctx, seat.Event); err != nil {
		return v, "", err
	}
	v.Parts = Sitting(v.Invitation.Wave)
	if v.Invitation.Done {
		return v, "", nil // what was said is not shown again to whoever finds the link
	}
	code, err := tx.CodeOf(ctx, v.Invitation.Seat)
	if fault.Is(err, fault.NotFound) {
		return v, "", fault.New(fault.Conflict, "link.expired")
	}
	if err != nil {
		return v, "", err
	}
	v.Answers, err = tx.AnswersOf(ctx, OwnStudy, code)
	return v, code, err
}

// Save keeps answers as they are given; an empty one takes an answer back. Finish keeps them and ends the sitting.
func (s *Service) Save(ctx context.Context, token, request string, answers map[Wave]map[string]string) error {
	return s.keep(ctx, token, request, answers, false)
}

// Finish keeps the answers, asks that no needed one is missing, ends the sitting and cancels the reminders.
func (s *Service) Finish(ctx context.Context, token, request string, answers map[Wave]map[string]string) error {
	return s.keep(ctx, token, request, answers, true)
}

func (s *Service) keep(ctx context.Context, token, request string, answers map[Wave]map[string]string, done bool) error {
	record, err := s.recordOf(ctx, token)
	if err != nil {
		return err
	}
	by := access.ByLink(access.Respondent, record, request)
	return s.store.Update(ctx, by, func(tx Tx) error {
		v, code, err := s.sitting(ctx, tx, token)
		if err != nil {
			return err
		}
		if v.Invitation.Done {
			return fault.New(fault.Conflict, "link.used")
		}
		if err := tx.Allow(ctx, access.GiveAnswer, access.Resource{Kind: "invitation", ID: record}); err != nil {
			return err
		}
		if err := v.check(answers, done); err != nil {
			return err
		}
		if err := write(ctx, tx, code, v, answers, done); err != nil || !done {
			return err
		}
		v.Invitation.Done = true
		if err := tx.PutInvitation(ctx, v.Invitation); err != nil {
			return err
		}
		return tx.CancelMail(ctx, v.Invitation.ID, mailAnswer)
	})
}

func (s *Service) recordOf(ctx context.Context, token string) (string, error) {
	var t org.Token
	err := s.store.View(ctx, access.Public(""), func(tx Tx) (err error) {
		t, err = tx.Token(ctx, access.HashToken(token))
		return err
	})
	return t.Record, err
}

// FieldName is the name of an item in a form.
func FieldName(w Wave, item string) string { return string(w) + "." + item }

// check reports answers out of range, and with done those that are missing.
func (v SittingView) check(answers map[Wave]map[string]string, done bool) error {
	var l fault.List
	for _, p := range v.Parts {
		for _, it := range p.Instrument.Items {
			a, given := answers[p.Wave][it.ID]
			if !given {
				a = v.Answers[p.Wave][it.ID]
			}
			switch {
			case a != "" && !it.Valid(a):
				l.Add(fault.Field(FieldName(p.Wave, it.ID), "answer.range"))
			case a == "" && done && !it.Optional:
				l.Add(fault.Field(FieldName(p.Wave, it.ID), "answer.missing"))
			}
		}
	}
	return l.Err()
}

func write(ctx context.Context, tx Tx, code string, v SittingView, answers map[Wave]map[string]string, done bool) error {
	for _, p := range v.Parts {
		for _, it := range p.Instrument.Items {
			a, given := answers[p.Wave][it.ID]
			if !given || a == v.Answers[p.Wave][it.ID] {
				continue
			}
			var err error
			if a == "" {
				err = tx.DropAnswer(ctx, OwnStudy, code, p.Wave, it.ID)
			} else {
				err = tx.PutAnswer(ctx, OwnStudy, code, p.Wave, it.ID, a)
			}
			if err != nil {
				return err
			}
		}
		if err := tx.PutResponse(ctx, OwnStudy, code, p.Wave, done); err != nil {
			return err
		}
	}
	return nil
}
