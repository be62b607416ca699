package survey

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/fault"
	"strengthen/internal/org"
	"strengthen/internal/training"
)

const mailAnswer = "answer"

// reminders are the days after the due day on which people are asked.
var reminders = []int{0, 7, 21}

// DueM6 is six calendar months after completion: 31 August leads to the last day of February.
func DueM6(completed calendar.Date) calendar.Date { return completed.AddMonths(6) }

// wanted returns the invitations that a seat should have, by the facts of this moment.
func wanted(s Subject, e training.Event) []Invitation {
	var all []Invitation
	add := func(w Wave, due, opens, closes calendar.Date) {
		all = append(all, Invitation{Seat: s.Seat, Wave: w, Due: due, Opens: opens, Closes: closes})
	}
	confirmed := calendar.On(s.Confirmed)
	if !s.Confirmed.IsZero() && confirmed.Before(e.Starts().AddDays(1)) {
		add(Pre, confirmed, confirmed, e.Starts())
	}
	if s.Attended || !s.Completed.IsZero() {
		add(Post, e.Ends(), e.Ends(), e.Ends().AddDays(21))
	}
	if !s.Completed.IsZero() {
		due := DueM6(s.Completed)
		add(M6, due, due.AddDays(-7), due.AddDays(60))
	}
	return all
}

// Sweep brings invitations, codes and mail to what the facts of this moment ask for. It may run as often as one likes. A
// corrected completion moves only what is unsent; a completion taken back removes only what is unsent.
func (s *Service) Sweep(ctx context.Context) error {
	var all []Subject
	events := map[training.EventID]training.Event{}
	err := s.store.View(ctx, access.TheSystem(), func(tx Tx) (err error) {
		if all, err = tx.Asking(ctx); err != nil {
			return err
		}
		for _, x := range all {
			if _, ok := events[x.Event]; ok {
				continue
			}
			if events[x.Event], err = tx.Event(ctx, x.Event); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	var work []Subject
	for _, x := range all {
		if len(s.differs(x, events[x.Event])) > 0 || x.Code == "" {
			work = append(work, x)
		}
	}
	// Codes and respondents are written in a random order, so that the order of rows tells nothing.
	rand.Shuffle(len(work), func(i, j int) { work[i], work[j] = work[j], work[i] })
	for part := range slices.Chunk(work, 50) {
		if err := s.sweep(ctx, part, events); err != nil {
			return err
		}
	}
	if err := s.markAsked(ctx); err != nil {
		return err
	}
	return s.dropCodes(ctx)
}

// markAsked keeps by study code who has been asked by today, so that those who did not answer can be counted.
func (s *Service) markAsked(ctx context.Context) error {
	var due []Asked
	err := s.store.View(ctx, access.TheSystem(), func(tx Tx) (err error) {
		due, err = tx.DueAsked(ctx, s.now.Today())
		return err
	})
	if err != nil || len(due) == 0 {
		return err
	}
	return s.store.Update(ctx, access.TheSystem(), func(tx Tx) error {
		if err := tx.Allow(ctx, access.SendWave, access.Resource{Kind: "wave"}); err != nil {
			return err
		}
		for _, a := range due {
			if err := tx.PutAsked(ctx, OwnStudy, a.Code, a.Wave); err != nil {
				return err
			}
			if a.Wave != Post {
				continue
			}
			if err := tx.PutAsked(ctx, OwnStudy, a.Code, RetroPre); err != nil {
				return err
			}
		}
		return nil
	})
}

// differs returns what has to be written about a seat.
func (s *Service) differs(x Subject, e training.Event) []Invitation {
	var all []Invitation
	for _, i := range wanted(x, e) {
		old, ok := x.Waves[i.Wave]
		if ok && (old.Due == i.Due && old.Closes == i.Closes || old.Done) {
			continue
		}
		if !ok && i.Closes.Before(s.now.Today()) {
			continue // the window passed before anybody could be asked
		}
		i.ID, i.Version, i.Done = old.ID, old.Version, old.Done
		all = append(all, i)
	}
	return all
}

func (s *Service) sweep(ctx context.Context, part []Subject, events map[training.EventID]training.Event) error {
	return s.store.Update(ctx, access.TheSystem(), func(tx Tx) error {
		if err := tx.Allow(ctx, access.SendWave, access.Resource{Kind: "wave"}); err != nil {
			return err
		}
		for _, x := range part {
			if err := s.register(ctx, tx, x, events[x.Event]); err != nil {
				return err
			}
			for _, i := range s.differs(x, events[x.Event]) {
				if err := s.invite(ctx, tx, x, i); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// register gives a seat its study code, once.
func (s *Service) register(ctx context.Context, tx Tx, x Subject, e training.Event) error {
	_, err := tx.CodeOf(ctx, x.Seat)
	if !fault.Is(err, fault.NotFound) {
		return err
	}
	p, err := tx.Person(ctx, x.Person)
	if err != nil {
		return err
	}
	code := newCode()
	if err := tx.PutCode(ctx, x.Seat, code); err != nil {
		return err
	}
	return tx.PutRespondent(ctx, OwnStudy, Respondent{
		Code: code, Cohort: string(x.Event), CohortName: string(e.Region) + " " + e.Starts().String(), Region: string(e.Region),
		Sector: x.Sector, Experience: p.Experience,
	})
}

// newCode is ten letters and digits that are easily told apart: 50 random bits.
func newCode() string { return strings.ToUpper(access.NewID()[:10]) }

// invite writes one invitation with its mail. One token serves every reminder, so that each link works.
func (s *Service) invite(ctx context.Context, tx Tx, x Subject, i Invitation) error {
	if i.ID != "" {
		sent, err := tx.MailSent(ctx, i.ID)
		if err != nil || sent {
			return err
		}
	} else {
		i.ID = access.NewID()
	}
	if err := tx.PutInvitation(ctx, i); err != nil {
		return err
	}
	link, err := s.newLink(ctx, tx, i, x.Person)
	if err != nil {
		return err
	}
	p, err := tx.Person(ctx, x.Person)
	if err != nil {
		return err
	}
	for n, days := range reminders {
		on := i.Due.AddDays(days)
		if on.After(i.Closes) {
			break
		}
		if err := tx.PlanMail(ctx, org.Mail{
			Key: fmt.Sprintf("answer/%s/%d", i.ID, n), Kind: mailAnswer, Record: i.ID, Person: x.Person, Address: p.Email, Lang: p.Lang,
			Vars: map[string]string{"wave": string(i.Wave), "event": string(x.Event), "seat": string(x.Seat), "link": link, "n": strconv.Itoa(n)},
			Due:  on.At(8, 0),
		}); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) newLink(ctx context.Context, tx Tx, i Invitation, person access.PersonID) (string, error) {
	token, hash := access.NewToken()
	return "/l/" + token, tx.PutToken(ctx, org.Token{
		Hash: hash, Purpose: org.Answer, Record: i.ID, Person: person, Made: tx.Now(), Until: i.Closes.End(),
	})
}

// dropCodes deletes the map from code to seat twelve months after the programme ended.
func (s *Service) dropCodes(ctx context.Context) error {
	return s.store.Update(ctx, access.TheSystem(), func(tx Tx) error {
		p, err := tx.Programme(ctx)
		if fault.Is(err, fault.NotFound) || (err == nil && s.now.Today().Before(p.Ends.AddMonths(12))) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := tx.Allow(ctx, access.OpenCode, access.Resource{Kind: "code"}); err != nil {
			return err
		}
		return tx.DropCodes(ctx)
	})
}

// Waves counts invitations and answers by training and wave, as far as the reader may see.
func (s *Service) Waves(ctx context.Context, by access.Actor) ([]WaveCount, error) {
	var all []WaveCount
	err := s.store.View(ctx, by, func(tx Tx) (err error) {
		scope := tx.Scope(access.SeeWave)
		if scope.Empty() {
			return fault.New(fault.Denied, "fault.denied")
		}
		all, err = tx.WaveCounts(ctx, scope)
		return err
	})
	return all, err
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
				if i.OpenOn(s.now.Today()) {
					open = append(open, i)
				}
			}
		}
		return nil
	})
	return open, err
}

// Link makes a further link to one's own open questionnaire; earlier ones keep working.
func (s *Service) Link(ctx context.Context, by access.Actor, id string) (string, error) {
	link := ""
	err := s.store.Update(ctx, by, func(tx Tx) error {
		i, err := tx.Invitation(ctx, id)
		if err != nil {
			return err
		}
		n, err := tx.Enrolment(ctx, i.Seat)
		if err != nil {
			return err
		}
		if n.Person != by.Person || !i.OpenOn(s.now.Today()) {
			return fault.New(fault.NotFound, "fault.notfound")
		}
		if err := tx.Allow(ctx, access.KeepOwn, access.Resource{Kind: "invitation", ID: i.ID, Own: n.Person}); err != nil {
			return err
		}
		link, err = s.newLink(ctx, tx, i, by.Person)
		return err
	})
	return link, err
}
