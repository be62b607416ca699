package privacy

import (
	"context"
	"slices"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/fault"
	"strengthen/internal/org"
	"strengthen/internal/sealed"
)

// Class is a class of data with one term. Cases, signals, people, requests and exports are erased record by record; mail and
// sessions by the month, whose name is their record.
type Class string

// The classes.
const (
	Cases    Class = "case"            // closed cases with everything in them
	Signals  Class = "signal"          // signals that ended without a case
	People   Class = "person"          // personal data of participants and of former staff who worked on nothing that is kept; what they did stays, without a name
	Mail     Class = "mail"            // what was sent, by month
	Sessions Class = "session"         // who was signed in where, by month
	Requests Class = "subject_request" // decided requests of people
	Exports  Class = "export"          // exports that ended
	Audit    Class = "audit"           // the record of what was done, which names records and is never erased
)

// Classes lists the classes in the order of pages.
func Classes() []Class {
	return []Class{Cases, Signals, People, Mail, Sessions, Requests, Exports, Audit}
}

// OfChildren reports whether a class holds records about children: the second person of their erasure is another officer or the
// head of the unit. For other classes it is another officer or an administrator.
func (c Class) OfChildren() bool { return c == Cases || c == Signals }

func (c Class) agreeAction() access.Action {
	if c.OfChildren() {
		return access.AgreeErasure
	}
	return access.AgreeTidying
}

// Rule is how long a class stays after what it was for has ended.
type Rule struct {
	Class      Class
	Months     int    // 0: never erased
	Source     string // "" as shipped
	Confidence string // A: the letter of an act; B: read from one; C: a setting that waits to be confirmed
	Reason     string // "" as shipped
	At         time.Time
	By         access.PersonID // "" as shipped
	Version    int
}

// shipped are the terms with which a house begins; their sources and reasons stand in the catalogue. The law names no number for
// most of them; what is marked C is a choice that the controller confirms. The general limitation period is that of article 110 of the Obligations and Contracts Act, the short one
// of article 111; documents of programmes of the Union are kept for five years (Regulation 2021/1060, article 82).
var shipped = []Rule{
	{Class: Cases, Months: 60, Confidence: "C"},
	{Class: Signals, Months: 36, Confidence: "C"},
	{Class: People, Months: 60, Confidence: "B"},
	{Class: Mail, Months: 12, Confidence: "C"},
	{Class: Sessions, Months: 6, Confidence: "C"},
	{Class: Requests, Months: 60, Confidence: "C"},
	{Class: Exports, Months: 60, Confidence: "C"},
	{Class: Audit, Months: 0, Confidence: "B"},
}

// State is how far an item is.
type State string

// The states of an item.
const (
	Proposed  State = "proposed"  // its term is over
	Held      State = "held"      // kept in spite of its term, until somebody lifts the hold
	Lifted    State = "lifted"    // held once; proposed when its term is over
	Confirmed State = "confirmed" // by the first person
	Erased    State = "erased"
)

// Item is a record whose term is over, or that is held.
type Item struct {
	ID          string
	Class       Class
	Record      string
	State       State
	Due         calendar.Date // when its term was over; zero while it is not
	Proposed    time.Time
	HeldBy      access.PersonID
	HeldAt      time.Time
	Why         sealed.Text // of a hold
	ConfirmedBy access.PersonID
	ConfirmedAt time.Time
	ErasedBy    access.PersonID
	ErasedAt    time.Time
	Version     int

	Label   string          // what people call the record: a reference, a name, a month
	Agency  access.AgencyID // whose unit it is
	Holder  string          // names of the people above
	Confirm string
}

func (x Item) resource() access.Resource {
	return access.Resource{Kind: string(x.Class), ID: x.Record, Agency: x.Agency}
}

// Due is a record and the day on which what it was for ended.
type Due struct {
	Record string
	Since  calendar.Date
}

// RetentionTx is what terms and erasure need of a transaction.
type RetentionTx interface {
	RetentionRules(ctx context.Context) ([]Rule, error)
	PutRetentionRule(ctx context.Context, r Rule) error
	Ended(ctx context.Context, c Class, before calendar.Date, n int) ([]Due, error) // records without a standing item, the oldest first
	EndedRecord(ctx context.Context, c Class, record string) (calendar.Date, error) // zero while it goes on
	FindRecord(ctx context.Context, c Class, name string) (string, error)           // by reference, address or month
	RetentionItems(ctx context.Context, f ItemFilter) ([]Item, error)               // children's records within a scope, others when asked for
	RetentionItem(ctx context.Context, id string) (Item, error)                     // NotFound when there is none
	RetentionItemOf(ctx context.Context, c Class, record string) (Item, error)      // NotFound when there is none
	PutRetentionItem(ctx context.Context, x Item) error                             // version 0 adds one
	DropRetentionItem(ctx context.Context, x Item) error                            // whose term is not over any more
	CountItems(ctx context.Context) (map[State]int, error)                          // of everything
	SignalsWith(ctx context.Context, c Class, record string) ([]string, error)      // that belong to a case, or are joined to a signal
	EraseRecord(ctx context.Context, kind, id string) error                         // for good, ledger first
}

// ItemFilter narrows a list of items.
type ItemFilter struct {
	States   []State
	Class    Class
	Children access.Scope // of records about children
	Others   bool         // everything else too
	Limit    int
}

var retention = access.Resource{Kind: "retention"}

// Seed adds the terms that a house begins with, where they are missing.
func (s *Service) Seed(ctx context.Context) error {
	return s.store.Update(ctx, access.TheSystem(), func(tx Tx) error {
		have, err := tx.RetentionRules(ctx)
		if err != nil {
			return err
		}
		missing := slices.DeleteFunc(slices.Clone(shipped), func(r Rule) bool {
			return slices.ContainsFunc(have, func(x Rule) bool { return x.Class == r.Class })
		})
		if len(missing) == 0 {
			return nil
		}
		if err := tx.Allow(ctx, access.Work, retention); err != nil {
			return err
		}
		for _, r := range missing {
			r.At = tx.Now()
			if err := tx.PutRetentionRule(ctx, r); err != nil {
				return err
			}
		}
		return nil
	})
}

// Rules lists the terms, in the order of classes.
func (s *Service) Rules(ctx context.Context, by access.Actor) ([]Rule, error) {
	var all []Rule
	err := s.store.View(ctx, by, func(tx Tx) (err error) {
		if err := tx.Allow(ctx, access.SeeRetention, access.Resource{Kind: "retention", Agency: by.AgencyAt(tx.Now())}); err != nil {
			return err
		}
		all, err = tx.RetentionRules(ctx)
		slices.SortFunc(all, func(a, b Rule) int { return slices.Index(Classes(), a.Class) - slices.Index(Classes(), b.Class) })
		return err
	})
	return all, err
}

// longestTerm is fifty years.
const longestTerm = 600

// SaveRule changes a term, with the reason why. What was proposed under a shorter term and is not due any more is taken back by
// the next look.
func (s *Service) SaveRule(ctx context.Context, by access.Actor, r Rule) error {
	return s.store.Update(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.EditRetention, access.Resource{Kind: "retention", ID: string(r.Class)}); err != nil {
			return err
		}
		if r.Class == Audit || !slices.Contains(Classes(), r.Class) {
			return missing()
		}
		var l fault.List
		if r.Months < 1 || r.Months > longestTerm {
			l.Add(fault.Field("months", "form.range", fault.Vars{"min": 1, "max": longestTerm}))
		}
		if !slices.Contains([]string{"A", "B", "C"}, r.Confidence) {
			l.Add(fault.Field("confidence", "form.choose"))
		}
		worded(&l, "source", sealed.Text(r.Source), 3, 200)
		worded(&l, "reason", sealed.Text(r.Reason), 10, 500)
		if err := l.Err(); err != nil {
			return err
		}
		r.By, r.At = by.Person, tx.Now()
		return tx.PutRetentionRule(ctx, r)
	})
}

// Propose looks for what is due and proposes it; it erases nothing. What was proposed and is not due any more is taken back: a
// case was opened again, a term became longer. It returns how many records it proposed.
func (s *Service) Propose(ctx context.Context) (int, error) {
	if err := s.takeBack(ctx); err != nil {
		return 0, err
	}
	all := 0
	for _, c := range Classes() {
		for {
			n, err := s.propose(ctx, c)
			all += n
			if err != nil {
				return all, err
			}
			if n < proposeAtOnce {
				break
			}
		}
	}
	return all, nil
}

// proposeAtOnce is how many records one transaction proposes.
const proposeAtOnce = 200

// dueOn returns when a term is over, and whether it is.
func dueOn(rules []Rule, c Class, since, today calendar.Date) (calendar.Date, bool) {
	i := slices.IndexFunc(rules, func(r Rule) bool { return r.Class == c })
	if i < 0 || rules[i].Months == 0 || since.IsZero() {
		return calendar.Date{}, false
	}
	due := since.AddMonths(rules[i].Months)
	return due, !today.Before(due)
}

func (s *Service) propose(ctx context.Context, c Class) (int, error) {
	n := 0
	err := s.store.Update(ctx, access.TheSystem(), func(tx Tx) error {
		n = 0
		rules, err := tx.RetentionRules(ctx)
		if err != nil {
			return err
		}
		today := calendar.On(tx.Now())
		i := slices.IndexFunc(rules, func(r Rule) bool { return r.Class == c })
		if i < 0 || rules[i].Months == 0 {
			return nil
		}
		// The day after which nothing can be due; months are not all as long as each other.
		all, err := tx.Ended(ctx, c, today.AddMonths(-rules[i].Months).AddDays(4), proposeAtOnce)
		if err != nil {
			return err
		}
		for _, d := range all {
			due, over := dueOn(rules, c, d.Since, today)
			if !over {
				continue
			}
			if n == 0 { // a look that finds nothing leaves no entry
				if err := tx.Allow(ctx, access.Work, access.Resource{Kind: "retention", ID: string(c)}); err != nil {
					return err
				}
			}
			x, err := tx.RetentionItemOf(ctx, c, d.Record) // one that was held once
			if fault.Is(err, fault.NotFound) {
				x, err = Item{ID: access.NewID(), Class: c, Record: d.Record}, nil
			}
			if err != nil {
				return err
			}
			x.State, x.Due, x.Proposed = Proposed, due, tx.Now()
			if err := tx.PutRetentionItem(ctx, x); err != nil {
				return err
			}
			n++
		}
		return nil
	})
	return n, err
}

// takeBack drops what is proposed or confirmed and is not due any more.
func (s *Service) takeBack(ctx context.Context) error {
	return s.store.Update(ctx, access.TheSystem(), func(tx Tx) error {
		rules, err := tx.RetentionRules(ctx)
		if err != nil {
			return err
		}
		all, err := tx.RetentionItems(ctx, ItemFilter{States: []State{Proposed, Confirmed}, Children: access.Scope{All: true}, Others: true})
		if err != nil {
			return err
		}
		for _, x := range all {
			since, err := tx.EndedRecord(ctx, x.Class, x.Record)
			if err != nil {
				return err
			}
			if _, over := dueOn(rules, x.Class, since, calendar.On(tx.Now())); over {
				continue
			}
			if err := tx.Allow(ctx, access.Work, x.resource()); err != nil {
				return err
			}
			if err := tx.DropRetentionItem(ctx, x); err != nil {
				return err
			}
		}
		return nil
	})
}

// Board is what the reader sees of erasure.
type Board struct {
	Items  []Item
	Counts map[State]int
}

// Board lists what is proposed, held and confirmed, as far as the reader may see it. Whoever may not see people sees no names.
func (s *Service) Board(ctx context.Context, by access.Actor, f ItemFilter) (Board, error) {
	var b Board
	err := s.store.View(ctx, by, func(tx Tx) (err error) {
		if err := tx.Allow(ctx, access.SeeRetention, access.Resource{Kind: "retention", Agency: by.AgencyAt(tx.Now())}); err != nil {
			return err
		}
		officer := tx.Can(access.ConfirmErasure, retention)
		f.Children, f.Others = tx.Scope(access.AgreeErasure), officer || tx.Can(access.AgreeTidying, retention)
		if b.Items, err = tx.RetentionItems(ctx, f); err != nil {
			return err
		}
		if !tx.Can(access.SeePerson, access.Resource{Kind: "person"}) {
			for i := range b.Items {
				if b.Items[i].Class == People {
					b.Items[i].Label = ""
				}
			}
		}
		if officer {
			b.Counts, err = tx.CountItems(ctx)
		}
		return err
	})
	return b, err
}

// onItem loads an item, asks for a right to its record and runs step.
func (s *Service) onItem(ctx context.Context, by access.Actor, id string, action func(Item) access.Action, step func(tx Tx, x Item) error) error {
	return s.store.Update(ctx, by, func(tx Tx) error {
		x, err := tx.RetentionItem(ctx, id)
		if err != nil {
			return err
		}
		if err := tx.Allow(ctx, action(x), x.resource()); err != nil {
			return err
		}
		return step(tx, x)
	})
}

func always(a access.Action) func(Item) access.Action { return func(Item) access.Action { return a } }

// Hold keeps a record from being erased, for a reason, whether its term is over or not.
func (s *Service) Hold(ctx context.Context, by access.Actor, id string, why sealed.Text) error {
	return s.onItem(ctx, by, id, always(access.HoldRecord), func(tx Tx, x Item) error { return hold(ctx, tx, x, why) })
}

// HoldNamed is Hold for a record that the officer names by what people call it: the reference of a case or a signal, the address
// of a person.
func (s *Service) HoldNamed(ctx context.Context, by access.Actor, c Class, name string, why sealed.Text) error {
	return s.store.Update(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.HoldRecord, access.Resource{Kind: string(c)}); err != nil {
			return err
		}
		if !slices.Contains([]Class{Cases, Signals, People}, c) {
			return fault.Field("class", "form.choose")
		}
		record, err := tx.FindRecord(ctx, c, name)
		if fault.Is(err, fault.NotFound) {
			return fault.Field("name", "retention.unknown")
		}
		if err != nil {
			return err
		}
		x, err := tx.RetentionItemOf(ctx, c, record)
		if fault.Is(err, fault.NotFound) {
			x, err = Item{ID: access.NewID(), Class: c, Record: record, State: Lifted}, nil
		}
		if err != nil {
			return err
		}
		if err := hold(ctx, tx, x, why); err != nil {
			return err
		}
		return tx.Record(ctx, access.HoldRecord, x.resource())
	})
}

func hold(ctx context.Context, tx Tx, x Item, why sealed.Text) error {
	why = trimmed(why)
	var l fault.List
	worded(&l, "why", why, 10, 1000)
	if x.State == Erased || x.State == Held {
		l.Add(fault.New(fault.Conflict, "retention.state"))
	}
	if err := l.Err(); err != nil {
		return err
	}
	x.State, x.Why, x.HeldBy, x.HeldAt = Held, why, tx.By().Person, tx.Now()
	x.ConfirmedBy, x.ConfirmedAt = "", time.Time{}
	return tx.PutRetentionItem(ctx, x)
}

// Lift ends a hold. The record is proposed by the next look when its term is over.
func (s *Service) Lift(ctx context.Context, by access.Actor, id string) error {
	return s.onItem(ctx, by, id, always(access.HoldRecord), func(tx Tx, x Item) error {
		if x.State != Held {
			return fault.New(fault.Conflict, "retention.state")
		}
		x.State, x.Why, x.HeldBy, x.HeldAt, x.Due = Lifted, "", "", time.Time{}, calendar.Date{}
		return tx.PutRetentionItem(ctx, x)
	})
}

// Confirm says, as the first person, that what is proposed may go.
func (s *Service) Confirm(ctx context.Context, by access.Actor, id string) error {
	return s.onItem(ctx, by, id, always(access.ConfirmErasure), func(tx Tx, x Item) error {
		if x.State == Confirmed && x.ConfirmedBy == by.Person {
			return nil // a second click
		}
		if x.State != Proposed {
			return fault.New(fault.Conflict, "retention.state")
		}
		x.State, x.ConfirmedBy, x.ConfirmedAt = Confirmed, by.Person, tx.Now()
		return tx.PutRetentionItem(ctx, x)
	})
}

// Agree erases what another person confirmed. Whether it is still due is asked once more.
func (s *Service) Agree(ctx context.Context, by access.Actor, id string) error {
	return s.onItem(ctx, by, id, func(x Item) access.Action { return x.Class.agreeAction() }, func(tx Tx, x Item) error {
		switch {
		case x.State != Confirmed:
			return fault.New(fault.Conflict, "retention.state")
		case x.ConfirmedBy == by.Person || by.Person == "":
			return fault.New(fault.Conflict, "retention.self")
		}
		rules, err := tx.RetentionRules(ctx)
		if err != nil {
			return err
		}
		since, err := tx.EndedRecord(ctx, x.Class, x.Record)
		if err != nil {
			return err
		}
		if _, over := dueOn(rules, x.Class, since, calendar.On(tx.Now())); !over {
			return fault.New(fault.Conflict, "retention.notdue")
		}
		x.State, x.Why, x.ErasedBy, x.ErasedAt = Erased, "", by.Person, tx.Now()
		if err := tx.PutRetentionItem(ctx, x); err != nil {
			return err
		}
		return erase(ctx, tx, x)
	})
}

// erase takes a record away with the signals that belong to it.
func erase(ctx context.Context, tx Tx, x Item) error {
	if x.Class.OfChildren() {
		signals, err := tx.SignalsWith(ctx, x.Class, x.Record)
		if err != nil {
			return err
		}
		for _, id := range signals {
			if err := tx.Record(ctx, access.AgreeErasure, access.Resource{Kind: string(Signals), ID: id}); err != nil {
				return err
			}
			if err := tx.EraseRecord(ctx, string(Signals), id); err != nil {
				return err
			}
		}
	}
	return tx.EraseRecord(ctx, string(x.Class), x.Record)
}

// tell plans the same mail to several people.
func tell(ctx context.Context, tx Tx, kind, record, path string, to []org.Person) error {
	for _, p := range to {
		err := tx.PlanMail(ctx, org.Mail{Key: kind + "/" + record + "/" + string(p.ID), Kind: kind, Record: record, Person: p.ID, Address: p.Email, Lang: p.Lang,
			Vars: map[string]string{"path": path}, Due: tx.Now()})
		if err != nil {
			return err
		}
	}
	return nil
}
