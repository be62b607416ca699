package survey

import (
	"context"
	"maps"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/fault"
	"strengthen/internal/org"
	"strengthen/internal/training"
)

// SittingView is a questionnaire as one person sees it.
type SittingView struct {
	Invitation Invitation
	Event      training.Event
	Code       string // under which the answers are kept; the person may write it on a paper form
	Parts      []Part
	Answers    map[Wave]map[string]string
}

// Closes is when the questionnaire can be answered no more. The one before ends with the beginning of the training, by the
// plan of this moment.
func (v SittingView) Closes() time.Time {
	if v.Invitation.Wave == Pre && len(v.Event.HalfDays) > 0 {
		return v.Event.HalfDays[0].Begin()
	}
	return v.Invitation.Closes
}

// Open returns the questionnaire behind a personal link, with what was answered so far.
func (s *Service) Open(ctx context.Context, token string) (SittingView, error) {
	var v SittingView
	err := s.store.View(ctx, access.Public(""), func(tx Tx) error {
		var err error
		v, err = s.sitting(ctx, tx, token)
		return err
	})
	return v, err
}

// sitting finds what a token opens. One whose time is over, that was taken back or that is too early is a Conflict.
func (s *Service) sitting(ctx context.Context, tx Tx, token string) (SittingView, error) {
	var v SittingView
	t, err := tx.Token(ctx, access.HashToken(token))
	if err != nil {
		return v, err
	}
	if t.Purpose != org.Answer {
		return v, fault.New(fault.NotFound, "fault.notfound")
	}
	v.Invitation, err = tx.Invitation(ctx, t.Record)
	if fault.Is(err, fault.NotFound) { // the study was closed, or the invitation taken back
		return v, fault.New(fault.Conflict, "answer.over")
	}
	if err != nil {
		return v, err
	}
	seat, err := tx.Enrolment(ctx, v.Invitation.Seat)
	if err != nil {
		return v, err
	}
	if v.Event, err = tx.Event(ctx, seat.Event); err != nil {
		return v, err
	}
	v.Parts = Sitting(v.Invitation.Wave)
	r, err := s.responseOf(ctx, tx, v.Invitation)
	if err != nil {
		return v, err
	}
	if v.Invitation.Done = v.Invitation.Done || r.Complete; v.Invitation.Done {
		return v, nil // what was said is not shown again to whoever finds the link
	}
	if err := v.timely(seat, tx.Now()); err != nil {
		return v, err
	}
	if v.Code, err = tx.CodeOf(ctx, v.Invitation.Seat); err != nil {
		return v, err
	}
	v.Answers, err = tx.AnswersOf(ctx, OwnStudy, v.Code)
	return v, err
}

// timely reports why a questionnaire cannot be answered at this moment, or nil.
func (v SittingView) timely(seat training.Enrolment, now time.Time) error {
	switch {
	case v.Invitation.Ended != NotEnded || seat.State != training.Confirmed:
		return fault.New(fault.Conflict, "answer.ended")
	case now.Before(v.Invitation.Opens):
		return fault.New(fault.Conflict, "answer.early", fault.Vars{"date": calendar.On(v.Invitation.Opens)})
	case !now.Before(v.Closes()):
		return fault.New(fault.Conflict, "answer.over")
	}
	return nil
}

// Save keeps answers as they are given; an empty one takes an answer back.
func (s *Service) Save(ctx context.Context, token, request string, answers map[Wave]map[string]string) error {
	return s.keep(ctx, token, request, answers, false)
}

// Finish keeps the answers, asks that no needed one is missing, and ends the sitting. Nothing of the person is written: the
// invitation learns of it with others later, and no mail leaves in the meantime.
func (s *Service) Finish(ctx context.Context, token, request string, answers map[Wave]map[string]string) error {
	return s.keep(ctx, token, request, answers, true)
}

func (s *Service) keep(ctx context.Context, token, request string, answers map[Wave]map[string]string, done bool) error {
	// The link is the right to answer in the study. The record of what was done names the study and no person: its exact
	// moment would tie the answers to an invitation.
	by := access.ByLink(access.Respondent, OwnStudy, request)
	return s.store.Update(ctx, by, func(tx Tx) error {
		v, err := s.sitting(ctx, tx, token)
		if err != nil {
			return err
		}
		if v.Invitation.Done {
			return fault.New(fault.Conflict, "link.used")
		}
		if err := tx.Allow(ctx, access.GiveAnswer, access.Resource{Kind: "study", ID: OwnStudy}); err != nil {
			return err
		}
		if err := v.check(answers, done); err != nil {
			return err
		}
		return write(ctx, tx, v, answers, done)
	})
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

// write keeps the answers of a sitting and how far they go.
func write(ctx context.Context, tx Tx, v SittingView, answers map[Wave]map[string]string, done bool) error {
	now := map[Wave]map[string]string{}
	for _, p := range v.Parts {
		if now[p.Wave] == nil {
			now[p.Wave] = maps.Clone(v.Answers[p.Wave])
		}
		if now[p.Wave] == nil {
			now[p.Wave] = map[string]string{}
		}
		for _, it := range p.Instrument.Items {
			a, given := answers[p.Wave][it.ID]
			if !given || a == v.Answers[p.Wave][it.ID] {
				continue
			}
			var err error
			if now[p.Wave][it.ID] = a; a == "" {
				delete(now[p.Wave], it.ID)
				err = tx.DropAnswer(ctx, OwnStudy, v.Code, p.Wave, it.ID)
			} else {
				err = tx.PutAnswer(ctx, OwnStudy, v.Code, p.Wave, it.ID, a)
			}
			if err != nil {
				return err
			}
		}
	}
	for w, a := range now {
		if len(a) == 0 && len(v.Answers[w]) == 0 && !done {
			continue // looked, and said nothing
		}
		if err := tx.PutResponse(ctx, OwnStudy, v.Code, w, Response{Complete: done, Counts: done || enough(a)}); err != nil {
			return err
		}
	}
	return nil
}
