package casework

import (
	"context"
	"slices"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/org"
	"strengthen/internal/sealed"
)

// GlassBreak is an opening in an emergency: reading only, for three hours, told at once and reviewed within three days.
type GlassBreak struct {
	ID       string
	Case     CaseID
	Person   access.PersonID
	Agency   access.AgencyID
	Category string
	Reason   sealed.Text
	At       time.Time
	Until    time.Time
	Review   string // "", justified or unjustified
	Reviewer access.PersonID
	Reviewed time.Time
	Finding  sealed.Text
}

// Categories lists why the glass is broken.
func Categories() []string { return []string{"life", "missing", "night", "transfer"} }

// Break opens a case in an emergency. It asks for a proof of who acts, a category and a reason; the lead, the head of the unit
// and the data protection officer are told in the same transaction; the review has to come within three days.
func (s *Service) Break(ctx context.Context, by access.Actor, key string, ref string, category string, reason sealed.Text) (CaseID, error) {
	var opened CaseID
	err := s.store.Update(ctx, by, func(tx Tx) error {
		c, err := tx.CaseByRef(ctx, ref)
		if err != nil {
			return err
		}
		r := c.shell()
		if r.Barred, err = tx.Barred(ctx, c.ID); err != nil {
			return err
		}
		if err := tx.Allow(ctx, access.BreakGlass, r); err != nil {
			return err
		}
		var l fault.List
		chosen(&l, "category", Categories(), category)
		worded(&l, "reason", reason, 20, 2000)
		if err := l.Err(); err != nil {
			return err
		}
		opened = c.ID
		_, err = tx.Once(ctx, key, func() (string, error) {
			g := GlassBreak{
				ID: access.NewID(), Case: c.ID, Person: by.Person, Agency: by.AgencyAt(tx.Now()), Category: category, Reason: reason,
				At: tx.Now(), Until: tx.Now().Add(glassTime),
			}
			return g.ID, s.breakGlass(ctx, tx, c, g)
		})
		return err
	})
	return opened, err
}

func (s *Service) breakGlass(ctx context.Context, tx Tx, c Case, g GlassBreak) error {
	if err := tx.PutGlass(ctx, g); err != nil {
		return err
	}
	err := tx.PutShare(ctx, Share{
		ID: access.NewID(), Case: c.ID, Person: g.Person, Kind: Glass, Parts: Compartments(), Purpose: "assessment", Ground: "vital",
		By: g.Person, From: g.At, Until: g.Until,
	})
	if err != nil {
		return err
	}
	if err := note(ctx, tx, c, Core, "glass.broken", g.ID, ""); err != nil {
		return err
	}
	staff, err := tx.AgencyStaff(ctx, c.Agency)
	if err != nil {
		return err
	}
	officers, err := tx.Officers(ctx)
	if err != nil {
		return err
	}
	for _, p := range union(pickStaff(staff, func(x Colleague) bool { return x.Person == c.Lead }), pickStaff(staff, func(x Colleague) bool { return slices.Contains(x.Roles, access.Supervisor) }), officers) {
		err := tx.PlanMail(ctx, org.Mail{
			Key: "glass/" + g.ID + "/" + string(p.Person), Kind: "glass", Record: g.ID, Person: p.Person, Address: p.Email, Lang: p.Lang, Due: tx.Now(),
			Vars: map[string]string{"ref": c.Ref, "path": "/cases/" + string(c.ID) + "/access"},
		})
		if err != nil {
			return err
		}
	}
	return remindReview(ctx, tx, c, g, officers)
}

// glassReview is the kind of mail that reminds the officers of a review.
const glassReview = "glass_review"

// remindReview plans the reminders of a review for those who give it: a day before its three days are over, and at their end. A
// review takes back those that have not left.
func remindReview(ctx context.Context, tx Tx, c Case, g GlassBreak, officers []Colleague) error {
	due := g.At.AddDate(0, 0, reviewDays)
	for _, p := range officers {
		if !g.Awaits(p.Person) {
			continue
		}
		for step, at := range map[string]time.Time{"near": due.AddDate(0, 0, -1), "over": due} {
			err := tx.PlanMail(ctx, org.Mail{
				Key: glassReview + "/" + g.ID + "/" + step + "/" + string(p.Person), Kind: glassReview, Record: g.ID, Person: p.Person, Address: p.Email, Lang: p.Lang, Due: at,
				Vars: map[string]string{"ref": c.Ref, "due": due.UTC().Format(time.RFC3339), "path": "/emergency/reviews"},
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// ReviewBreak judges an opening in an emergency. Nobody judges their own. One that was not justified ends at once.
func (s *Service) ReviewBreak(ctx context.Context, by access.Actor, id string, justified bool, finding sealed.Text) error {
	return s.store.Update(ctx, by, func(tx Tx) error {
		g, err := tx.GlassBreak(ctx, id)
		if err != nil {
			return err
		}
		c, err := tx.Case(ctx, g.Case)
		if err != nil {
			return err
		}
		if err := tx.Allow(ctx, access.ReviewGlass, c.shell()); err != nil {
			return err
		}
		var l fault.List
		worded(&l, "finding", finding, 10, 2000)
		if !g.Awaits(by.Person) {
			l.Add(fault.New(fault.Conflict, "glass.reviewed"))
		}
		if err := l.Err(); err != nil {
			return err
		}
		g.Review, g.Reviewer, g.Reviewed, g.Finding = map[bool]string{true: "justified", false: "unjustified"}[justified], by.Person, tx.Now(), finding
		if err := tx.PutGlass(ctx, g); err != nil {
			return err
		}
		if !justified {
			err := endShares(ctx, tx, c, func(h Share) bool { return h.Kind == Glass && h.Person == g.Person && h.From.Equal(g.At) })
			if err != nil {
				return err
			}
		}
		if err := tx.CancelMail(ctx, g.ID, glassReview); err != nil {
			return err
		}
		return note(ctx, tx, c, Core, "glass.reviewed", g.ID, "")
	})
}

// Awaits reports whether an opening awaits the review of a person: nobody judges their own, and each is judged once.
func (g GlassBreak) Awaits(p access.PersonID) bool { return g.Review == "" && g.Person != p }

// Overdue reports whether the review of an opening should have come by now.
func (g GlassBreak) Overdue(now time.Time) bool {
	return g.Review == "" && now.After(g.At.AddDate(0, 0, reviewDays))
}

// Breaks lists the openings in an emergency that wait for their review, with who opened which case, for the data protection
// officer.
func (s *Service) Breaks(ctx context.Context, by access.Actor) (all []GlassBreak, names map[access.PersonID]string, refs map[CaseID]string, err error) {
	names, refs = map[access.PersonID]string{}, map[CaseID]string{}
	err = s.store.Update(ctx, by, func(tx Tx) (err error) {
		if err := tx.Allow(ctx, access.ReviewGlass, access.Resource{Kind: "glass"}); err != nil {
			return err
		}
		if all, err = tx.GlassBreaks(ctx, "", true); err != nil {
			return err
		}
		var people []access.PersonID
		for _, g := range all {
			c, err := tx.Case(ctx, g.Case)
			if err != nil {
				return err
			}
			refs[g.Case] = c.Ref
			people = append(people, g.Person)
		}
		return nameAll(ctx, tx, names, people)
	})
	return all, names, refs, err
}
