package casework

import (
	"context"
	"slices"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/org"
)

// Seat is a place in the multidisciplinary team.
type Seat struct {
	ID       string
	Case     CaseID
	Agency   access.AgencyID
	Person   access.PersonID // "" when the institution has named nobody yet
	Function string          // a profession
	Place    SeatPlace
	From     time.Time
	Until    time.Time // zero while it lasts
}

// SeatPlace says whether the law makes a seat mandatory.
type SeatPlace string

// The places.
const (
	LeaderSeat    SeatPlace = "leader"
	MandatorySeat SeatPlace = "mandatory"
	InvitedSeat   SeatPlace = "invited"
)

// MandatoryKinds lists the kinds of institution without which a team is not complete: police, district prosecution and
// municipality (Child Protection Act, article 36г, paragraph 3).
func MandatoryKinds() []string { return []string{"police_district", "prosecution", "municipality"} }

// seatLead gives the lead of a case the leader's seat and every part of it, and ends the seat of the one before.
func seatLead(ctx context.Context, tx Tx, c Case, unit org.Agency) error {
	seats, err := tx.Seats(ctx, c.ID)
	if err != nil {
		return err
	}
	for _, x := range seats {
		if x.Place == LeaderSeat && x.Until.IsZero() {
			x.Until = tx.Now()
			if err := tx.PutSeat(ctx, x); err != nil {
				return err
			}
		}
	}
	if err := tx.PutSeat(ctx, Seat{ID: access.NewID(), Case: c.ID, Agency: unit.ID, Person: c.Lead, Function: "case_lead", Place: LeaderSeat, From: tx.Now()}); err != nil {
		return err
	}
	return tx.PutShare(ctx, Share{
		ID: access.NewID(), Case: c.ID, Person: c.Lead, Kind: Participation, Parts: Compartments(), Write: true, Purpose: "team", Ground: "36g",
		By: tx.By().Person, From: tx.Now(), Until: tx.Now().AddDate(0, 0, leadDays),
	})
}

// keepLead lets the share of a lead who works on the case last on, so that nobody is locked out of a case between two reviews.
// Whoever no longer works on it loses it when the share ends, and the head of the unit names a lead anew.
func keepLead(ctx context.Context, tx Tx, c Case) error {
	live, err := tx.LiveShares(ctx, c.ID)
	if err != nil {
		return err
	}
	for _, h := range live {
		if h.Person == c.Lead && h.Kind == Participation && h.Until.Before(tx.Now().AddDate(0, 0, leadDays/2)) {
			h.Until = tx.Now().AddDate(0, 0, leadDays)
			if err := tx.PutShare(ctx, h); err != nil {
				return err
			}
		}
	}
	return nil
}

// partsOf says which parts of a case a member of the team works with, by the kind of institution: the core and the child's
// voice, and what is the institution's own.
func partsOf(kind string) []Compartment {
	parts := []Compartment{Core, Voice}
	switch kind {
	case "police_district", "police_region", "prosecution":
		parts = append(parts, Police, Offender)
	case "school", "kindergarten", "education_department", "special_support":
		parts = append(parts, School)
	case "hospital", "practice", "health_inspectorate":
		parts = append(parts, Health)
	}
	return parts
}

// Invite gives an institution a seat in the team; with a person, that person sees the parts that are the institution's
// business, until the share ends. Every share ends.
func (s *Service) Invite(ctx context.Context, by access.Actor, key string, id CaseID, x Seat, days int) error {
	return s.onCase(ctx, by, id, -1, access.LeadCase, func(ctx context.Context, tx Tx, c Case) error {
		a, err := tx.Agency(ctx, x.Agency)
		if err != nil {
			return fault.Field("agency", "form.choose")
		}
		if days == 0 {
			days = shareDays
		}
		var l fault.List
		if days < 1 || days > longestDays {
			l.Add(fault.Field("days", "share.days", fault.Vars{"max": longestDays}))
		}
		if x.Function == "" {
			l.Add(fault.Field("function", "form.choose"))
		}
		if c.State == Closed {
			l.Add(fault.New(fault.Conflict, "case.closed"))
		}
		if x.Person != "" {
			l.Add(mayJoin(ctx, tx, c, a, x.Person))
		}
		if err := l.Err(); err != nil {
			return err
		}
		_, err = tx.Once(ctx, key, func() (string, error) {
			x.ID, x.Case, x.From, x.Until = access.NewID(), c.ID, tx.Now(), time.Time{}
			x.Place = InvitedSeat
			if slices.Contains(MandatoryKinds(), a.Kind) {
				x.Place = MandatorySeat
			}
			return x.ID, seatMember(ctx, tx, c, a, x, days)
		})
		return err
	})
}

func mayJoin(ctx context.Context, tx Tx, c Case, a org.Agency, p access.PersonID) *fault.Error {
	staff, err := tx.AgencyStaff(ctx, a.ID)
	if err != nil || !slices.ContainsFunc(staff, func(x Colleague) bool { return x.Person == p }) {
		return fault.Field("person", "form.choose")
	}
	if barred, err := tx.Barred(ctx, c.ID); err != nil || slices.Contains(barred, p) {
		return fault.Field("person", "case.barred")
	}
	return nil
}

func seatMember(ctx context.Context, tx Tx, c Case, a org.Agency, x Seat, days int) error {
	seats, err := tx.Seats(ctx, c.ID)
	if err != nil {
		return err
	}
	for _, old := range seats { // the institution's earlier seat goes to whom it names now
		if old.Agency == x.Agency && old.Until.IsZero() && old.Place != LeaderSeat && (old.Person == "" || old.Person == x.Person) {
			old.Until = tx.Now()
			if err := tx.PutSeat(ctx, old); err != nil {
				return err
			}
		}
	}
	if err := tx.PutSeat(ctx, x); err != nil {
		return err
	}
	if err := note(ctx, tx, c, Core, "team.seat", string(x.Agency), ""); err != nil {
		return err
	}
	if err := callToo(ctx, tx, c, x); err != nil || x.Person == "" {
		return err
	}
	return tx.PutShare(ctx, Share{
		ID: access.NewID(), Case: c.ID, Person: x.Person, Kind: Participation, Parts: partsOf(a.Kind), Write: true, Purpose: "team", Ground: "36g",
		By: tx.By().Person, From: tx.Now(), Until: tx.Now().AddDate(0, 0, days),
	})
}

// Leave ends a seat in the team, and the shares of its person with it.
func (s *Service) Leave(ctx context.Context, by access.Actor, id CaseID, seat string) error {
	return s.onCase(ctx, by, id, -1, access.LeadCase, func(ctx context.Context, tx Tx, c Case) error {
		seats, err := tx.Seats(ctx, c.ID)
		if err != nil {
			return err
		}
		for _, x := range seats {
			if x.ID != seat || !x.Until.IsZero() {
				continue
			}
			if x.Place == LeaderSeat {
				return fault.Field("seat", "case.needslead")
			}
			x.Until = tx.Now()
			if err := tx.PutSeat(ctx, x); err != nil {
				return err
			}
			if err := endShares(ctx, tx, c, func(h Share) bool { return x.Person != "" && h.Person == x.Person && h.Kind == Participation }); err != nil {
				return err
			}
			return note(ctx, tx, c, Core, "team.left", string(x.Agency), "")
		}
		return fault.New(fault.NotFound, "fault.notfound")
	})
}
