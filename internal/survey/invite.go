package survey

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/fault"
	"strengthen/internal/org"
	"strengthen/internal/training"
)

const mailAnswer = "answer"

// reminders are the days after the first mail on which people are asked; apart is the least time between two mails, also
// when mail waited or somebody reminds by hand.
var reminders = []int{0, 7, 21}

const apart = 6 * 24 * time.Hour

// DueM6 is six calendar months after completion: 31 August leads to the last day of February.
func DueM6(completed calendar.Date) calendar.Date { return completed.AddMonths(6) }

// wanted returns the invitations that a seat should have, by the facts of this moment: before, from the confirmed seat until
// the first half-day begins; right after, from the beginning of the last half-day, with the mail when it ends; at six
// months, from a week before.
func wanted(x Subject, e training.Event) []Invitation {
	if x.State != training.Confirmed || len(e.HalfDays) == 0 {
		return nil
	}
	var all []Invitation
	add := func(w Wave, due calendar.Date, asks, opens, closes time.Time) {
		all = append(all, Invitation{Seat: x.Seat, Wave: w, Due: due, Asks: asks, Opens: opens, Closes: closes})
	}
	first, last := e.HalfDays[0], e.HalfDays[len(e.HalfDays)-1]
	if !x.Confirmed.IsZero() && x.Confirmed.Before(first.Begin()) {
		due := calendar.On(x.Confirmed)
		add(Pre, due, later(x.Confirmed, due.At(8, 0)), x.Confirmed, first.Begin())
	}
	if x.Attended || !x.Completed.IsZero() {
		add(Post, last.On, last.End(), last.Begin(), last.On.AddDays(21).End())
	}
	if !x.Completed.IsZero() {
		due := DueM6(x.Completed)
		add(M6, due, due.At(8, 0), due.AddDays(-7).Start(), due.AddDays(60).End())
	}
	return all
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// change is what has to be done about one invitation.
type change struct {
	subject    Subject
	invitation Invitation
	end        bool // take it back: drop it when no mail has left, else close it
}

// changes compares the invitations of a seat with what the facts ask for. The questionnaire before and the one right after
// follow the dates of the training; of the one at six months only what is unsent moves.
func (s *Service) changes(x Subject, e training.Event) []change {
	var all []change
	now, still := s.now(), map[Wave]bool{}
	for _, want := range wanted(x, e) {
		still[want.Wave] = true
		old, ok := x.Waves[want.Wave]
		switch {
		case !ok && !now.Before(want.Closes), ok && old.Done, ok && old.same(want):
			continue
		case ok && old.Mails.Sent > 0 && want.Wave == M6 && old.Ended == NotEnded:
			continue
		case ok && old.Mails.Sent > 0:
			want.Due, want.Asks = old.Due, old.Asks
		default:
			want.Asks = later(want.Asks, now)
		}
		want.ID, want.Version, want.Mails = old.ID, old.Version, old.Mails
		all = append(all, change{x, want, false})
	}
	for w, old := range x.Waves {
		if !still[w] && old.Ended == NotEnded && !old.Done {
			all = append(all, change{x, old, true})
		}
	}
	return all
}

// same reports whether an invitation is as it is wanted. One of which mail has left keeps its due day.
func (i Invitation) same(want Invitation) bool {
	return i.Ended == NotEnded && (i.Due == want.Due || i.Mails.Sent > 0) && i.Opens.Equal(want.Opens) && i.Closes.Equal(want.Closes)
}

// apply writes one change with its mail and its links.
func (s *Service) apply(ctx context.Context, tx Tx, c change) error {
	i := c.invitation
	if c.end {
		return s.takeBack(ctx, tx, c)
	}
	if i.ID == "" {
		i.ID = access.NewID()
	}
	if err := tx.PutInvitation(ctx, i); err != nil {
		return err
	}
	return s.planMail(ctx, tx, c.subject, i)
}

// takeBack undoes an invitation whose reason has gone: nothing stays of one that was not sent; one that was sent is closed,
// and its link says so.
func (s *Service) takeBack(ctx context.Context, tx Tx, c change) error {
	i := c.invitation
	if err := tx.CancelMail(ctx, i.ID, mailAnswer); err != nil {
		return err
	}
	if i.Mails.Sent == 0 {
		if err := tx.DropTokens(ctx, org.Answer, i.ID); err != nil {
			return err
		}
		return tx.DropInvitation(ctx, i.ID)
	}
	i.Ended = Left
	if c.subject.State == training.Confirmed {
		i.Ended = Untaken
	}
	return tx.PutInvitation(ctx, i)
}

// planMail plans the mails of an invitation anew: those that fit before it closes. One token serves every reminder, so that
// each link works.
func (s *Service) planMail(ctx context.Context, tx Tx, x Subject, i Invitation) error {
	if err := tx.CancelMail(ctx, i.ID, mailAnswer); err != nil {
		return err
	}
	p, err := tx.Person(ctx, x.Person)
	if err != nil {
		return err
	}
	link, err := s.newLink(ctx, tx, i, x.Person)
	if err != nil {
		return err
	}
	for n, days := range reminders {
		at := i.Asks
		if n > 0 {
			at = calendar.On(i.Asks).AddDays(days).At(8, 0)
		}
		if !at.Before(i.Closes) {
			break
		}
		if err := tx.PlanMail(ctx, org.Mail{
			Key: fmt.Sprintf("answer/%s/%d", i.ID, n), Kind: mailAnswer, Record: i.ID, Person: x.Person, Address: p.Email, Lang: p.Lang,
			Vars: map[string]string{"wave": string(i.Wave), "event": string(x.Event), "seat": string(x.Seat), "link": link, "n": strconv.Itoa(n),
				"until": i.Closes.Format(time.RFC3339)},
			Due: at,
		}); err != nil {
			return err
		}
	}
	return nil
}

// newLink makes a personal link; the invitation says how long it opens. Its row keeps the day and not the hour: who came by it to answer, and when, is not kept.
func (s *Service) newLink(ctx context.Context, tx Tx, i Invitation, person access.PersonID) (string, error) {
	token, hash := access.NewToken()
	return "/l/" + token, tx.PutToken(ctx, org.Token{
		Hash: hash, Purpose: org.Answer, Record: i.ID, Person: person, Made: s.now.Today().Start(), Until: i.Closes,
	})
}

// register gives a seat its study code, and its training a label, once.
func (s *Service) register(ctx context.Context, tx Tx, x Subject, e training.Event) error {
	_, err := tx.CodeOf(ctx, x.Seat)
	if !fault.Is(err, fault.NotFound) {
		return err
	}
	p, err := tx.Person(ctx, x.Person)
	if err != nil {
		return err
	}
	cohort, err := tx.CohortOf(ctx, x.Event)
	if fault.Is(err, fault.NotFound) {
		cohort = newCode()[:6]
		err = tx.PutCohort(ctx, x.Event, cohort)
	}
	if err != nil {
		return err
	}
	if err := tx.PutCode(ctx, x.Seat, x.Code); err != nil {
		return err
	}
	return tx.PutRespondent(ctx, OwnStudy, Respondent{
		Code: x.Code, Cohort: cohort, Region: string(e.Region), Sector: x.Sector, Experience: p.Experience,
	})
}

// newCode is ten letters and digits that are easily told apart: 50 random bits.
func newCode() string { return strings.ToUpper(access.NewID()[:10]) }

// awaits reports whether the answer to an invitation is still awaited. It asks the answers by way of the map, so that nothing
// beside the invitation has to say that somebody has just answered.
func (s *Service) awaits(ctx context.Context, tx Tx, id string) (bool, error) {
	i, err := tx.Invitation(ctx, id)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	if err != nil || i.Done || i.Ended != NotEnded || !tx.Now().Before(i.Closes) {
		return false, err
	}
	seat, err := tx.Enrolment(ctx, i.Seat)
	if err != nil || seat.State != training.Confirmed {
		return false, err
	}
	r, err := s.responseOf(ctx, tx, i)
	return !r.Complete, err
}

// responseOf returns how far the answers to an invitation go; without a code there are none.
func (s *Service) responseOf(ctx context.Context, tx Tx, i Invitation) (Response, error) {
	code, err := tx.CodeOf(ctx, i.Seat)
	if fault.Is(err, fault.NotFound) {
		return Response{}, nil
	}
	if err != nil {
		return Response{}, err
	}
	all, err := tx.ResponsesOf(ctx, OwnStudy, code)
	return all[i.Wave], err
}

// Guard puts the question whether an answer is still awaited before every mail about a questionnaire leaves; a reminder that
// would follow another mail too soon, because mail had waited, does not leave either.
func (s *Service) Guard(send func(context.Context, org.Message) error) func(context.Context, org.Message) error {
	return func(ctx context.Context, m org.Message) error {
		if m.Kind != mailAnswer {
			return send(ctx, m)
		}
		err := s.store.View(ctx, access.TheSystem(), func(tx Tx) error {
			waits, err := s.awaits(ctx, tx, m.Record)
			if err != nil {
				return err
			}
			letters, err := tx.Letters(ctx, m.Record)
			if err == nil && (!waits || tx.Now().Before(lastSent(letters).Add(apart))) {
				err = org.ErrGone
			}
			return err
		})
		if err != nil {
			return err
		}
		return send(ctx, m)
	}
}

// lastSent is when the last mail left; the zero time when none has.
func lastSent(all []Letter) time.Time {
	var t time.Time
	for _, l := range all {
		t = later(t, l.Sent)
	}
	return t
}

// MyInvitations lists the open questionnaires of the actor.
func (s *Service) MyInvitations(ctx context.Context, by access.Actor) ([]Invitation, error) {
	var open []Invitation
	err := s.store.View(ctx, by, func(tx Tx) error {
		seats, err := tx.EnrolmentsOf(ctx, by.Person)
		if err != nil {
			return err
		}
		for _, n := range seats {
			all, err := tx.InvitationsOf(ctx, n.ID)
			if err != nil {
				return err
			}
			for _, i := range all {
				waits, err := s.awaits(ctx, tx, i.ID)
				if err != nil {
					return err
				}
				if waits && i.OpenAt(s.now()) {
					open = append(open, i)
				}
			}
		}
		return nil
	})
	return open, err
}

// Link makes a further link to one's own open questionnaire; earlier ones keep working. The link is made by the program and
// not on the record of the person: who came to answer, and when, would tell who answered.
func (s *Service) Link(ctx context.Context, by access.Actor, id string) (string, error) {
	var i Invitation
	err := s.store.View(ctx, by, func(tx Tx) (err error) {
		if i, err = tx.Invitation(ctx, id); err != nil {
			return err
		}
		n, err := tx.Enrolment(ctx, i.Seat)
		if err != nil {
			return err
		}
		if n.Person != by.Person || !i.OpenAt(s.now()) {
			return fault.New(fault.NotFound, "fault.notfound")
		}
		return tx.Allow(ctx, access.KeepOwn, access.Resource{Kind: "invitation", Own: n.Person})
	})
	if err != nil {
		return "", err
	}
	link := ""
	err = s.write(ctx, func(tx Tx) (err error) {
		link, err = s.newLink(ctx, tx, i, by.Person)
		return err
	})
	return link, err
}

// Reminded says what became of everybody when reminders were asked for by hand.
type Reminded struct {
	Now      int // a mail leaves now
	Answered int
	Recent   int // the last mail left less than a week ago
	Spent    int // all mails of the plan have left
	Closed   int // is not asked: not yet, not any more, or never was
}

// Remind brings forward the next mail of the plan for everybody in a wave of a training who was asked and has not answered.
// It adds no mail to the plan, writes to nobody who answered, and to nobody within a week of the last mail.
func (s *Service) Remind(ctx context.Context, by access.Actor, e training.EventID, w Wave) (Reminded, error) {
	var r Reminded
	err := s.store.Update(ctx, by, func(tx Tx) error {
		r = Reminded{}
		event, err := tx.Event(ctx, e)
		if err != nil {
			return err
		}
		if err := tx.Allow(ctx, access.SendWave, event.Resource()); err != nil {
			return err
		}
		people, err := tx.WavePeople(ctx, e, w)
		if err != nil {
			return err
		}
		for _, p := range people {
			if err := s.remind(ctx, tx, p, &r); err != nil {
				return err
			}
		}
		return nil
	})
	return r, err
}

func (s *Service) remind(ctx context.Context, tx Tx, p WavePerson, r *Reminded) error {
	i := p.Invitation
	if p.Standing == Answered {
		r.Answered++
		return nil
	}
	if !i.OpenAt(tx.Now()) || tx.Now().Before(i.Asks) {
		r.Closed++
		return nil
	}
	letters, err := tx.Letters(ctx, i.ID)
	if err != nil {
		return err
	}
	if tx.Now().Before(lastSent(letters).Add(7 * 24 * time.Hour)) {
		r.Recent++
		return nil
	}
	for _, l := range letters { // in the order of the plan
		if l.State == org.Planned || l.State == org.Failed {
			r.Now++
			return tx.SendNow(ctx, l.ID)
		}
	}
	r.Spent++
	return nil
}
