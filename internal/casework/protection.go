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

// Protection is a police protection of a child (Child Protection Act, articles 37 to 43; Regulation I-51 of 2001): forty-eight
// hours at most, five immediate notices, and a child handed over by protocol. It belongs to a signal while there is no case, and
// to the case as soon as there is one.
type Protection struct {
	ID        string
	Signal    SignalID
	Case      CaseID
	Agency    access.AgencyID // the police department
	AskedBy   string
	Ground    string
	OrderedBy string // head, or the duty officer out of hours
	Granted   time.Time
	Option    string
	Place     sealed.Text // where the child is
	Told      time.Time   // when the child was told what happens and why, in words it understands (article 39, paragraph 2)
	Notices   map[string]time.Time
	Ended     time.Time
	HandedTo  string
	Protocol  sealed.Text // of the hand-over: to whom, and who was there
	Version   int
}

// What the law and the regulation name, in the order of pages: who may ask for protection (Regulation, article 5), why it is
// given (article 38), what it may be (article 39), who orders it (Regulation, article 11), who is told (article 40) and to whom
// the child is handed (Regulation, article 15а).
func protectionLists() map[string][]string {
	return map[string][]string{
		"asked_by":   {"child", "parent", "directorate", "municipality", "police", "prosecution", "court"},
		"ground":     {"crime", "danger", "drawn_in", "lost", "unsupervised"},
		"option":     {"special_room", "residential", "returned"},
		"ordered_by": {"head", "duty_officer"},
		"notice":     {"parents", "directorate_place", "directorate_address", "prosecution", "police_region"},
		"handed_to":  {"parent", "carer", "social_worker"},
	}
}

// ProtectionList returns the codes of a field of a police protection.
func ProtectionList(field string) []string { return protectionLists()[field] }

// told reports whether every notice was given, and when the last one was.
func (p Protection) told() (time.Time, bool) {
	var last time.Time
	for _, n := range ProtectionList("notice") {
		at := p.Notices[n]
		if at.IsZero() {
			return last, false
		}
		if at.After(last) {
			last = at
		}
	}
	return last, true
}

// runs reports whether the child is still under this protection.
func (p Protection) runs() bool { return p.Ended.IsZero() }

// Owner is the record under whose key the words of a protection are.
func (p Protection) Owner() string {
	if p.Signal != "" {
		return string(p.Signal)
	}
	return string(p.Case)
}

// ofProtection begins what the clocks of a protection are about: a child may be under two.
const ofProtection = "protection:"

// clocks is the subject of the clocks of this protection.
func (p Protection) clocks(x subject) subject {
	x.record, x.agency = ofProtection+p.ID, p.Agency
	return x
}

// ProtectionTx is what police protection needs of a transaction.
type ProtectionTx interface {
	Protection(ctx context.Context, id string) (Protection, error)
	Protections(ctx context.Context, g SignalID, c CaseID) ([]Protection, error)
	PutProtection(ctx context.Context, p Protection) error
}

func (p Protection) check(band string, now time.Time, from time.Time) error {
	var l fault.List
	for field, v := range map[string]string{"asked_by": p.AskedBy, "ground": p.Ground, "option": p.Option, "ordered_by": p.OrderedBy} {
		chosen(&l, field, ProtectionList(field), v)
	}
	if p.Granted.IsZero() || p.Granted.After(now) || p.Granted.Before(from.AddDate(0, 0, -2)) {
		l.Add(fault.Field("granted", "protection.granted"))
	}
	if p.Option == "special_room" && !MustBeHeard(band) {
		l.Add(fault.Field("option", "protection.room")) // only for children over ten: Regulation, article 14, paragraph 1
	}
	worded(&l, "where", p.Place, 0, 500)
	return l.Err()
}

// Protect keeps that police protection was granted. It starts the forty-eight hours and the clock of the five notices.
func (s *Service) Protect(ctx context.Context, by access.Actor, key string, p Protection) error {
	return s.onSubject(ctx, by, p.Signal, p.Case, Police.WriteAction(), func(ctx context.Context, tx Tx, x subject) error {
		if err := p.check(x.band(), tx.Now(), x.received()); err != nil {
			return err
		}
		if p.Place != "" {
			if err := keepsPart(ctx, tx, Location); err != nil {
				return fault.Field("where", "identity.off")
			}
		}
		p.Signal, p.Case = "", ""
		x.own(&p)
		all, err := tx.Protections(ctx, p.Signal, p.Case)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(all, Protection.runs) {
			return fault.New(fault.Conflict, "protection.one")
		}
		unit, err := tx.Agency(ctx, p.Agency)
		if err != nil || unit.Kind != "police_district" && unit.Kind != "police_region" {
			return fault.Field("agency", "form.choose")
		}
		_, err = tx.Once(ctx, key, func() (string, error) {
			p.ID, p.Version, p.Notices, p.Told, p.Ended, p.HandedTo, p.Protocol = access.NewID(), 0, map[string]time.Time{}, time.Time{}, time.Time{}, "", ""
			if err := tx.PutProtection(ctx, p); err != nil {
				return "", err
			}
			if err := s.happen(ctx, tx, p.clocks(x), ProtectionGranted, p.Granted); err != nil {
				return "", err
			}
			if err := x.protected(ctx, tx, "protection.granted", p.Granted); err != nil {
				return "", err
			}
			return p.ID, tellProtection(ctx, tx, x, p, "granted")
		})
		return err
	})
}

// onSubject runs fn for a signal that the actor handles, or for a case on which the actor may act.
func (s *Service) onSubject(ctx context.Context, by access.Actor, g SignalID, c CaseID, action access.Action, fn func(context.Context, Tx, subject) error) error {
	return s.store.Update(ctx, by, func(tx Tx) error {
		var x subject
		if c != "" {
			found, err := openCase(ctx, tx, c, action)
			if err != nil {
				return err
			}
			if found.State == Closed {
				return fault.New(fault.Conflict, "case.closed")
			}
			x.cas = &found
			return fn(ctx, tx, x)
		}
		found, err := openSignal(ctx, tx, g, access.HandleSignal)
		if err != nil {
			return err
		}
		if found.Case != "" || !found.State.Open() {
			return fault.New(fault.Conflict, "signal.step", fault.Vars{"state": string(found.State)})
		}
		if x, err = subjectOf(ctx, tx, &found); err != nil {
			return err
		}
		return fn(ctx, tx, x)
	})
}

func (x subject) band() string {
	if x.cas != nil {
		return x.cas.Band
	}
	return x.signal.Band
}

func (x subject) received() time.Time {
	if x.cas != nil {
		return x.cas.Received
	}
	return x.signal.First
}

// own says to which record a protection belongs.
func (x subject) own(p *Protection) {
	if x.cas != nil {
		p.Case = x.cas.ID
		return
	}
	p.Signal = x.signal.ID
}

// protected sets the flag of the case by whether one of its protections runs, and keeps what happened on its timeline.
func (x subject) protected(ctx context.Context, tx Tx, what string, at time.Time) error {
	if x.cas == nil {
		return nil
	}
	all, err := tx.Protections(ctx, "", x.cas.ID)
	if err != nil {
		return err
	}
	x.cas.Protected = slices.ContainsFunc(all, Protection.runs)
	if err := tx.PutCase(ctx, *x.cas); err != nil {
		return err
	}
	x.cas.Version++
	return noteAt(ctx, tx, *x.cas, Core, what, "", "", at)
}

// onProtection runs fn for a protection as the actor saw it, on the record to which it belongs now.
func (s *Service) onProtection(ctx context.Context, by access.Actor, id string, version int, fn func(context.Context, Tx, subject, Protection) error) error {
	return s.store.Update(ctx, by, func(tx Tx) error {
		p, err := tx.Protection(ctx, id)
		if err != nil {
			return err
		}
		var x subject
		if p.Case != "" {
			c, err := openCase(ctx, tx, p.Case, Police.WriteAction())
			if err != nil {
				return err
			}
			x.cas = &c
		} else {
			g, err := openSignal(ctx, tx, p.Signal, access.HandleSignal)
			if err != nil {
				return err
			}
			x.signal = &g
		}
		if p.Version != version {
			return fault.New(fault.Conflict, "fault.changed")
		}
		return fn(ctx, tx, x, p)
	})
}

// NoteNotices keeps when each of the five notices was given, and when the child was told. With the last of the five their clock
// is met, late as it may be: those that were forgotten can be given, and noted, after protection ended.
func (s *Service) NoteNotices(ctx context.Context, by access.Actor, id string, version int, notices map[string]time.Time, told time.Time) error {
	return s.onProtection(ctx, by, id, version, func(ctx context.Context, tx Tx, x subject, p Protection) error {
		var l fault.List
		for _, n := range ProtectionList("notice") {
			at := notices[n]
			if !at.IsZero() && (at.After(tx.Now()) || at.Before(p.Granted)) {
				l.Add(fault.Field(n, "clock.beforestart"))
			}
		}
		if !told.IsZero() && (told.After(tx.Now()) || told.Before(p.Granted)) {
			l.Add(fault.Field("told", "clock.beforestart"))
		}
		if err := l.Err(); err != nil {
			return err
		}
		p.Notices, p.Told = notices, told
		if err := tx.PutProtection(ctx, p); err != nil {
			return err
		}
		last, all := p.told()
		if !all {
			return nil
		}
		return s.happen(ctx, tx, p.clocks(x), ProtectionTold, last)
	})
}

// EndProtection keeps that protection ended and to whom the child was handed. To whom it was handed and how is part of the
// protocol; that help is organised at once is the next clock.
func (s *Service) EndProtection(ctx context.Context, by access.Actor, id string, version int, at time.Time, to string, protocol sealed.Text) error {
	return s.onProtection(ctx, by, id, version, func(ctx context.Context, tx Tx, x subject, p Protection) error {
		if !p.runs() {
			return fault.New(fault.Conflict, "protection.over")
		}
		var l fault.List
		chosen(&l, "handed_to", ProtectionList("handed_to"), to)
		worded(&l, "protocol", protocol, 5, 2000)
		if at.IsZero() || at.After(tx.Now()) || at.Before(p.Granted) {
			l.Add(fault.Field("at", "clock.beforestart"))
		}
		if err := l.Err(); err != nil {
			return err
		}
		p.Ended, p.HandedTo, p.Protocol = at, to, protocol
		if err := tx.PutProtection(ctx, p); err != nil {
			return err
		}
		if _, err := s.satisfy(ctx, tx, p.clocks(x), ProtectionEnded, at); err != nil {
			return err
		}
		if err := s.happen(ctx, tx, x, ProtectionEnded, at); err != nil {
			return err
		}
		if err := x.protected(ctx, tx, "protection.ended", p.Ended); err != nil {
			return err
		}
		return tellProtection(ctx, tx, x, p, "ended")
	})
}

// tellProtection tells the directorate that a child is protected, or not any more. The five notices of the law are given by the
// police and only kept here.
func tellProtection(ctx context.Context, tx Tx, x subject, p Protection, what string) error {
	k := Clock{}
	ref, path := "", ""
	if x.cas != nil {
		k.Case, k.Agency, k.Person, k.Region, ref, path = x.cas.ID, x.cas.Agency, x.cas.Lead, x.cas.Region, x.cas.Ref, "/cases/"+string(x.cas.ID)+"/protection"
	} else {
		k.Signal, k.Agency, k.Region, ref, path = x.signal.ID, x.signal.Unit, x.signal.Region, x.signal.Ref, "/signals/"+string(x.signal.ID)
	}
	told, err := Reach(ctx, tx, k, 1)
	if err != nil {
		return err
	}
	for _, c := range told.To {
		page := path
		if open, err := k.pathFor(ctx, tx, c.Person); err != nil || open == "" {
			if page = ""; err != nil {
				return err
			}
		}
		err := tx.PlanMail(ctx, org.Mail{
			Key: "protection/" + p.ID + "/" + what + "/" + string(c.Person), Kind: "protection", Record: p.ID, Person: c.Person, Address: c.Email, Lang: c.Lang, Due: tx.Now(),
			Vars: map[string]string{"ref": ref, "what": what, "path": page},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// ProtectionOf tells to which record a protection belongs, for whoever keeps it.
func (s *Service) ProtectionOf(ctx context.Context, by access.Actor, id string) (Protection, error) {
	var p Protection
	err := s.store.View(ctx, by, func(tx Tx) error {
		found, err := tx.Protection(ctx, id)
		if err != nil {
			return err
		}
		if found.Case != "" {
			_, err = openCase(ctx, tx, found.Case, Police.WriteAction())
		} else {
			_, err = openSignal(ctx, tx, found.Signal, access.HandleSignal)
		}
		if err == nil {
			p = Protection{ID: found.ID, Signal: found.Signal, Case: found.Case}
		}
		return err
	})
	return p, err
}

// takeProtection makes the protections of a signal belong to the case to which the signal was linked.
func takeProtection(ctx context.Context, tx Tx, g Signal, c *Case) error {
	all, err := tx.Protections(ctx, g.ID, "")
	if err != nil {
		return err
	}
	for _, p := range all {
		p.Case = c.ID
		if err := tx.PutProtection(ctx, p); err != nil {
			return err
		}
		if p.runs() && !c.Protected {
			if err := (subject{cas: c}).protected(ctx, tx, "protection.granted", p.Granted); err != nil {
				return err
			}
		}
	}
	return nil
}

// leaveProtection gives the protections of a signal back to the signal alone, when it is taken out of a case.
func leaveProtection(ctx context.Context, tx Tx, g Signal, c *Case) error {
	all, err := tx.Protections(ctx, "", c.ID)
	if err != nil {
		return err
	}
	still := false
	for _, p := range all {
		if p.Signal != g.ID {
			still = still || p.runs()
			continue
		}
		p.Case = ""
		if err := tx.PutProtection(ctx, p); err != nil {
			return err
		}
	}
	if c.Protected == still {
		return nil
	}
	return (subject{cas: c}).protected(ctx, tx, "protection.ended", tx.Now())
}

// ProtectionView is the police protections of a case as its reader may see them.
type ProtectionView struct {
	CaseView
	Protections []Protection
	Police      []org.Agency // of the team, and of the region
}

// OpenProtection opens the police protections of a case. Where the child is shows to whoever may see the place only.
func (s *Service) OpenProtection(ctx context.Context, by access.Actor, id CaseID) (ProtectionView, error) {
	var v ProtectionView
	err := s.onCase(ctx, by, id, -1, Police.SeeAction(), func(ctx context.Context, tx Tx, c Case) error {
		var err error
		if v.CaseView, err = s.caseView(ctx, tx, c, EventFilter{Limit: 1}); err != nil {
			return err
		}
		if v.Protections, err = tx.Protections(ctx, "", c.ID); err != nil {
			return err
		}
		for i, p := range v.Protections {
			if !v.Parts[Location] {
				v.Protections[i].Place, v.Protections[i].Protocol = "", ""
			}
			if _, err := v.agency(ctx, tx, p.Agency); err != nil {
				return err
			}
		}
		v.Police, err = tx.Agencies(ctx, org.AgencyFilter{Region: c.Region, Kinds: []string{"police_district", "police_region"}, Limit: 200})
		return err
	})
	return v, err
}
