package casework

import (
	"context"
	"slices"
	"strings"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/fold"
	"strengthen/internal/org"
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

// partOf says which part of a case an action is about, and whether it writes.
func partOf(action access.Action) (Compartment, bool) {
	name, verb, _ := strings.Cut(string(action), ".")
	if part, ok := strings.CutPrefix(name, "case_"); ok && part != "access" {
		return Compartment(part), verb == "write"
	}
	return Core, action != access.SeeWho
}

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
	if x.Person == "" {
		return nil
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
			ok, err := consented(ctx, tx, c, h.Parts)
			if err != nil {
				return err
			}
			if !ok {
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
		if p == c.Lead || p == by.Person {
			l.Add(fault.Field("person", "case.needslead"))
		}
		if _, err := tx.Person(ctx, p); err != nil {
			l.Add(fault.Field("person", "form.choose"))
		}
		if err := l.Err(); err != nil {
			return err
		}
		if err := tx.Bar(ctx, c.ID, p, reason); err != nil {
			return err
		}
		if err := endShares(ctx, tx, c, func(h Share) bool { return h.Person == p }); err != nil {
			return err
		}
		return note(ctx, tx, c, Core, "person.barred", "", "")
	})
}

// ExcludeByMail is Exclude for somebody whom one knows by the address with which they sign in.
func (s *Service) ExcludeByMail(ctx context.Context, by access.Actor, id CaseID, address string, reason sealed.Text) error {
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
		return err
	}
	return s.Exclude(ctx, by, id, p, reason)
}

// Readmit takes the bar back.
func (s *Service) Readmit(ctx context.Context, by access.Actor, id CaseID, p access.PersonID) error {
	return s.onCase(ctx, by, id, -1, access.AssignCase, func(ctx context.Context, tx Tx, c Case) error {
		if err := tx.Unbar(ctx, c.ID, p); err != nil {
			return err
		}
		return note(ctx, tx, c, Core, "person.readmitted", "", "")
	})
}

// Consent is what somebody agreed to: who, in which capacity, to which parts being shared. It can be withdrawn at any time.
type Consent struct {
	ID        string
	Case      CaseID
	Capacity  string // child, parent, guardian, carer
	Parts     []Compartment
	Given     time.Time
	Withdrawn time.Time
	By        access.PersonID // who recorded it
	How       string          // oral, written
}

// Capacities lists in which capacity a consent is given.
func Capacities() []string { return []string{"child", "parent", "guardian", "carer"} }

// RecordConsent keeps a consent. A child's own consent is asked from the age of fourteen (Child Protection Act, article 11а,
// paragraph 3); parents are never asked by the program itself (article 13).
func (s *Service) RecordConsent(ctx context.Context, by access.Actor, key string, id CaseID, x Consent) error {
	return s.onCase(ctx, by, id, -1, access.ShareCase, func(ctx context.Context, tx Tx, c Case) error {
		var l fault.List
		chosen(&l, "capacity", Capacities(), x.Capacity)
		chosen(&l, "how", []string{"oral", "written"}, x.How)
		if len(x.Parts) == 0 {
			l.Add(fault.Field("parts", "form.choose"))
		}
		for _, p := range x.Parts {
			chosen(&l, "parts", Compartments(), p)
		}
		if x.Capacity == "child" && !ConsentsAlone(c.Band) {
			l.Add(fault.Field("capacity", "consent.age"))
		}
		if err := l.Err(); err != nil {
			return err
		}
		_, err := tx.Once(ctx, key, func() (string, error) {
			x.ID, x.Case, x.Given, x.By, x.Withdrawn = access.NewID(), c.ID, tx.Now(), by.Person, time.Time{}
			if err := tx.PutConsent(ctx, x); err != nil {
				return "", err
			}
			return x.ID, note(ctx, tx, c, Core, "consent.given", x.ID, "")
		})
		return err
	})
}

// WithdrawConsent takes a consent back. The shares that stood on consent end with it.
func (s *Service) WithdrawConsent(ctx context.Context, by access.Actor, id CaseID, consent string) error {
	return s.onCase(ctx, by, id, -1, access.ShareCase, func(ctx context.Context, tx Tx, c Case) error {
		all, err := tx.Consents(ctx, c.ID)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(x Consent) bool { return x.ID == consent && x.Withdrawn.IsZero() })
		if i < 0 {
			return fault.New(fault.NotFound, "fault.notfound")
		}
		all[i].Withdrawn = tx.Now()
		if err := tx.PutConsent(ctx, all[i]); err != nil {
			return err
		}
		err = endShares(ctx, tx, c, func(h Share) bool {
			if h.Ground != "consent" {
				return false
			}
			for _, p := range h.Parts {
				if !covered(all, p) {
					return true
				}
			}
			return false
		})
		if err != nil {
			return err
		}
		return note(ctx, tx, c, Core, "consent.withdrawn", consent, "")
	})
}

func covered(all []Consent, p Compartment) bool {
	return slices.ContainsFunc(all, func(x Consent) bool { return x.Withdrawn.IsZero() && slices.Contains(x.Parts, p) })
}

// consented reports whether somebody agreed to every part: the child itself where it is old enough.
func consented(ctx context.Context, tx Tx, c Case, parts []Compartment) (bool, error) {
	all, err := tx.Consents(ctx, c.ID)
	if err != nil {
		return false, err
	}
	if ConsentsAlone(c.Band) {
		all = slices.DeleteFunc(all, func(x Consent) bool { return x.Capacity != "child" })
	}
	for _, p := range parts {
		if !covered(all, p) {
			return false, nil
		}
	}
	return true, nil
}

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
	return nil
}

// ReviewBreak judges an opening in an emergency. Nobody judges their own.
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
		if g.Review != "" || g.Person == by.Person {
			l.Add(fault.New(fault.Conflict, "glass.reviewed"))
		}
		if err := l.Err(); err != nil {
			return err
		}
		g.Review, g.Reviewer, g.Reviewed, g.Finding = map[bool]string{true: "justified", false: "unjustified"}[justified], by.Person, tx.Now(), finding
		if err := tx.PutGlass(ctx, g); err != nil {
			return err
		}
		return note(ctx, tx, c, Core, "glass.reviewed", g.ID, "")
	})
}

// Overdue reports whether the review of an opening should have come by now.
func (g GlassBreak) Overdue(now time.Time) bool {
	return g.Review == "" && now.After(g.At.AddDate(0, 0, reviewDays))
}
