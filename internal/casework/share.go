package casework

import (
	"context"
	"slices"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/fold"
	"strengthen/internal/sealed"
)

// ShareKind says why somebody may see a case.
type ShareKind string

// The kinds of share.
const (
	Participation ShareKind = "participation" // a seat in the team
	Shared        ShareKind = "share"         // given by the lead
	Referral      ShareKind = "referral"      // with a request to an institution
	Glass         ShareKind = "break_glass"   // taken in an emergency: reading only, three hours
)

// Share opens parts of a case to a person or to the people of an institution, for a purpose, on a ground of the law, until a
// moment. Whether it lives is asked when somebody reads, not kept by a job.
type Share struct {
	ID      string
	Case    CaseID
	Person  access.PersonID // or
	Agency  access.AgencyID
	Kind    ShareKind
	Parts   []Compartment
	Write   bool
	Purpose string
	Ground  string // article, consent or vital interest
	By      access.PersonID
	From    time.Time
	Until   time.Time
	Ended   time.Time
}

// covers reports whether a living share is about a part, and lets write in it when that is asked.
func (h Share) covers(part Compartment, write bool) bool {
	return slices.Contains(h.Parts, part) && (!write || h.Write)
}

// How long shares last.
const (
	shareDays   = 30  // when nothing else is said
	longestDays = 180 // at most
	leadDays    = 365 // of the lead: two reviews, one of them late; each act of the lead's renews it
	glassTime   = 3 * time.Hour
	reviewDays  = 3
)

// Purposes and Grounds list what a share says of itself.
func Purposes() []string { return []string{"assessment", "team", "service", "supervision", "court"} }

// Grounds lists the grounds on which parts of a case are shared: the articles, a consent, a vital interest.
func Grounds() []string { return []string{"36g", "36d", "11a", "consent", "vital"} }

// ShareTx is what sharing needs of a transaction.
type ShareTx interface {
	LiveShares(ctx context.Context, c CaseID) ([]Share, error)
	Shares(ctx context.Context, c CaseID) ([]Share, error)
	PutShare(ctx context.Context, h Share) error
	Barred(ctx context.Context, c CaseID) ([]access.PersonID, error)
	Bar(ctx context.Context, c CaseID, p access.PersonID, reason sealed.Text) error
	Unbar(ctx context.Context, c CaseID, p access.PersonID) error
	Seats(ctx context.Context, c CaseID) ([]Seat, error)
	PutSeat(ctx context.Context, x Seat) error
	PutConsent(ctx context.Context, x Consent) error
	Consents(ctx context.Context, c CaseID) ([]Consent, error)
	PutGlass(ctx context.Context, g GlassBreak) error
	GlassBreak(ctx context.Context, id string) (GlassBreak, error)
	GlassBreaks(ctx context.Context, c CaseID, open bool) ([]GlassBreak, error)
	Officers(ctx context.Context) ([]Colleague, error)
	WhoSaw(ctx context.Context, c CaseID, n int) ([]access.Entry, error)
}

func endShares(ctx context.Context, tx Tx, c Case, which func(Share) bool) error {
	live, err := tx.LiveShares(ctx, c.ID)
	if err != nil {
		return err
	}
	for _, h := range live {
		if !which(h) {
			continue
		}
		h.Ended = tx.Now()
		if err := tx.PutShare(ctx, h); err != nil {
			return err
		}
	}
	return nil
}

// Give opens parts of a case to a person or to an institution, for a purpose, on a ground and until a day.
func (s *Service) GiveShare(ctx context.Context, by access.Actor, key string, id CaseID, h Share, days int) error {
	return s.onCase(ctx, by, id, -1, access.ShareCase, func(ctx context.Context, tx Tx, c Case) error {
		var l fault.List
		chosen(&l, "purpose", Purposes(), h.Purpose)
		chosen(&l, "ground", Grounds(), h.Ground)
		if days < 1 || days > longestDays {
			l.Add(fault.Field("days", "share.days", fault.Vars{"max": longestDays}))
		}
		if len(h.Parts) == 0 {
			l.Add(fault.Field("parts", "form.choose"))
		}
		for _, p := range h.Parts {
			chosen(&l, "parts", Compartments(), p)
			if ok, err := canCase(ctx, tx, c, p.SeeAction()); err != nil || !ok {
				l.Add(fault.Field("parts", "share.own")) // nobody gives on what they may not see
			}
		}
		a, err := tx.Agency(ctx, h.Agency)
		if err != nil {
			l.Add(fault.Field("agency", "form.choose"))
		} else if h.Person != "" {
			l.Add(mayJoin(ctx, tx, c, a, h.Person))
		}
		if h.Ground == "consent" {
			all, err := tx.Consents(ctx, c.ID)
			if err != nil {
				return err
			}
			if !covered(c, all, h.Parts) {
				l.Add(fault.Field("ground", "share.noconsent"))
			}
		}
		if err := l.Err(); err != nil {
			return err
		}
		if h.Person != "" {
			h.Agency = ""
		}
		_, err = tx.Once(ctx, key, func() (string, error) {
			h.ID, h.Case, h.Kind, h.By, h.From, h.Until, h.Ended = access.NewID(), c.ID, Shared, by.Person, tx.Now(), tx.Now().AddDate(0, 0, days), time.Time{}
			if err := tx.PutShare(ctx, h); err != nil {
				return "", err
			}
			return h.ID, note(ctx, tx, c, Core, "share.given", h.ID, "")
		})
		return err
	})
}

// EndShare takes a share back at once.
func (s *Service) EndShare(ctx context.Context, by access.Actor, id CaseID, share string) error {
	return s.onCase(ctx, by, id, -1, access.ShareCase, func(ctx context.Context, tx Tx, c Case) error {
		live, err := tx.LiveShares(ctx, c.ID)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(live, func(h Share) bool { return h.ID == share })
		switch {
		case i < 0:
			return fault.New(fault.NotFound, "fault.notfound")
		case live[i].Person == c.Lead && live[i].Kind == Participation:
			return fault.Field("share", "case.needslead")
		}
		if err := endShares(ctx, tx, c, func(h Share) bool { return h.ID == share }); err != nil {
			return err
		}
		return note(ctx, tx, c, Core, "share.ended", share, "")
	})
}

// Exclude bars a person from a case, whatever role the person holds: a colleague of the same name, a neighbour, a relative.
func (s *Service) Exclude(ctx context.Context, by access.Actor, id CaseID, p access.PersonID, reason sealed.Text) error {
	return s.onCase(ctx, by, id, -1, access.ShareCase, func(ctx context.Context, tx Tx, c Case) error {
		var l fault.List
		worded(&l, "reason", reason, 5, 500)
		others, err := ofOneChild(ctx, tx, c)
		if err != nil {
			return err
		}
		all := append(others, c)
		if p == by.Person || slices.ContainsFunc(all, func(x Case) bool { return p == x.Lead }) {
			l.Add(fault.Field("person", "case.needslead"))
		}
		if _, err := tx.Person(ctx, p); err != nil {
			l.Add(fault.Field("person", "form.choose"))
		}
		if err := l.Err(); err != nil {
			return err
		}
		for _, x := range all {
			if err := tx.Bar(ctx, x.ID, p, reason); err != nil {
				return err
			}
			if err := endShares(ctx, tx, x, func(h Share) bool { return h.Person == p }); err != nil {
				return err
			}
			if err := note(ctx, tx, x, Core, "person.barred", "", ""); err != nil {
				return err
			}
		}
		return nil
	})
}

// ExcludeByMail is Exclude for somebody whom one knows by the address with which they sign in. It tells who that was.
func (s *Service) ExcludeByMail(ctx context.Context, by access.Actor, id CaseID, address string, reason sealed.Text) (access.PersonID, error) {
	var p access.PersonID
	err := s.onCase(ctx, by, id, -1, access.ShareCase, func(ctx context.Context, tx Tx, _ Case) error {
		found, err := tx.AccountByLogin(ctx, fold.Email(address))
		if fault.Is(err, fault.NotFound) {
			return fault.Field("email", "case.nobody")
		}
		p = found.Person
		return err
	})
	if err != nil {
		return "", err
	}
	return p, s.Exclude(ctx, by, id, p, reason)
}

// Readmit takes the bar back.
func (s *Service) Readmit(ctx context.Context, by access.Actor, id CaseID, p access.PersonID) error {
	return s.onCase(ctx, by, id, -1, access.AssignCase, func(ctx context.Context, tx Tx, c Case) error {
		others, err := ofOneChild(ctx, tx, c)
		if err != nil {
			return err
		}
		for _, x := range append(others, c) {
			if err := tx.Unbar(ctx, x.ID, p); err != nil {
				return err
			}
			if err := note(ctx, tx, x, Core, "person.readmitted", "", ""); err != nil {
				return err
			}
		}
		return nil
	})
}
