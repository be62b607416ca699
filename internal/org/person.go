package org

import (
	"context"
	"strings"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/fold"
)

// Person is somebody whom the programme knows: an applicant, a trainer, a manager.
type Person struct {
	ID         access.PersonID
	Name       string
	Email      string
	Phone      string
	Lang       string // bg or en
	Agency     access.AgencyID
	Sector     string
	Profession string
	Region     access.RegionID
	Experience string // a band of years: "", 0-2, 3-5, 6-10, 11-20, 21+
	Gender     string // "", f, m, x
	Made       time.Time
	Version    int
}

// LogValue keeps the person out of logs.
func (Person) LogValue() string { return "[withheld]" }

// Resource is what the policy asks about.
func (p Person) Resource() access.Resource {
	return access.Resource{Kind: "person", ID: string(p.ID), Region: p.Region, Own: p.ID}
}

// Experiences lists the bands of years in the profession.
func Experiences() []string { return []string{"0-2", "3-5", "6-10", "11-20", "21+"} }

// Genders lists the answers to the question about gender, which EU reports are split by; "" is not stated.
func Genders() []string { return []string{"f", "m", "x"} }

// PersonFilter narrows a list of people and pages it by key.
type PersonFilter struct {
	Find   string // words of name or address, in either script
	Sector string
	Region access.RegionID
	With   Part
	After  string
	Limit  int
}

// Part says how far somebody took part. With one, sector and region are those of the seat: what the figures of trainings
// count.
type Part string

// The parts.
const (
	AnyPart   Part = ""
	WithSeat  Part = "seat"      // has a confirmed or offered seat
	Completed Part = "completed" // completed a training
)

// Check reports what is wrong with a person's own data, by form field.
func (p Person) Check(t Tables) fault.List {
	var l fault.List
	name := strings.Fields(p.Name)
	if n := len([]rune(p.Name)); len(name) < 2 || n > 120 {
		l.Add(fault.Field("name", "person.name"))
	}
	if !EmailLike(p.Email) {
		l.Add(fault.Field("email", "form.email"))
	}
	if p.Phone != "" && (len(p.Phone) > 30 || strings.Trim(p.Phone, "+0123456789 ()-/") != "") {
		l.Add(fault.Field("phone", "form.phone"))
	}
	if _, ok := t.Term(Sectors, p.Sector); !ok {
		l.Add(fault.Field("sector", "form.choose"))
	}
	if _, ok := t.Term(Professions, p.Profession); !ok {
		l.Add(fault.Field("profession", "form.choose"))
	}
	if _, ok := t.Region(p.Region); !ok {
		l.Add(fault.Field("region", "form.choose"))
	}
	return l
}

// People lists the people that the reader may see.
func (s *Service) People(ctx context.Context, by access.Actor, f PersonFilter) ([]Person, error) {
	var all []Person
	err := s.store.View(ctx, by, func(tx Tx) (err error) {
		all, err = tx.People(ctx, tx.Scope(access.SeePerson), f)
		return err
	})
	return all, err
}

// Person opens one person's record; the reading is on the record.
func (s *Service) Person(ctx context.Context, by access.Actor, id access.PersonID) (Person, error) {
	var p Person
	err := s.store.Update(ctx, by, func(tx Tx) (err error) {
		if p, err = tx.Person(ctx, id); err != nil {
			return err
		}
		r := p.Resource()
		if r.Team, err = tx.PersonTeam(ctx, id); err != nil {
			return err
		}
		return tx.Allow(ctx, access.SeePerson, r)
	})
	return p, err
}

// SavePerson changes a person's data.
func (s *Service) SavePerson(ctx context.Context, by access.Actor, p Person) error {
	return s.store.Update(ctx, by, func(tx Tx) error {
		old, err := tx.Person(ctx, p.ID)
		if err != nil {
			return err
		}
		if err := tx.Allow(ctx, access.EditPerson, old.Resource()); err != nil {
			return err
		}
		tables, err := ReadTables(ctx, tx)
		if err != nil {
			return err
		}
		l := p.Check(tables)
		if p.Lang != "bg" && p.Lang != "en" {
			l.Add(fault.Field("lang", "form.choose"))
		}
		if err := l.Err(); err != nil {
			return err
		}
		p.Made = old.Made
		return tx.PutPerson(ctx, p)
	})
}

// SetLanguage changes the language in which the actor reads.
func (s *Service) SetLanguage(ctx context.Context, by access.Actor, lang string) error {
	if lang != "bg" && lang != "en" {
		return fault.Field("lang", "form.choose")
	}
	return s.store.Update(ctx, by, func(tx Tx) error {
		p, err := tx.Person(ctx, by.Person)
		if err != nil {
			return err
		}
		if err := tx.Allow(ctx, access.KeepOwn, p.Resource()); err != nil {
			return err
		}
		p.Lang = lang
		return tx.PutPerson(ctx, p)
	})
}

// Trainers lists the people who hold the role of trainer, for whoever plans trainings; only names are read.
func (s *Service) Trainers(ctx context.Context, by access.Actor) ([]Person, error) {
	var all []Person
	err := s.store.View(ctx, by, func(tx Tx) error {
		if tx.Scope(access.PlanTraining).Empty() {
			return fault.New(fault.Denied, "fault.denied")
		}
		cards, err := tx.AccountCards(ctx)
		for _, c := range cards {
			for _, g := range c.Grants {
				if g.Role == access.Trainer && g.Ended.IsZero() {
					all = append(all, Person{ID: c.Person, Name: c.Name})
				}
			}
		}
		return err
	})
	return all, err
}

// CountPeople is how many people a filter finds, on all pages.
func (s *Service) CountPeople(ctx context.Context, by access.Actor, f PersonFilter) (int, error) {
	n := 0
	err := s.store.View(ctx, by, func(tx Tx) (err error) {
		n, err = tx.CountPeople(ctx, tx.Scope(access.SeePerson), f)
		return err
	})
	return n, err
}

// PeoplePage returns n people at most, and the cursor of the next page, if there is one.
func (s *Service) PeoplePage(ctx context.Context, by access.Actor, f PersonFilter, n int) ([]Person, string, error) {
	f.Limit = n + 1
	all, err := s.People(ctx, by, f)
	if err != nil || len(all) <= n {
		return all, "", err
	}
	last := all[n-1]
	return all[:n], fold.SortKey(last.Name) + "/" + string(last.ID), nil
}
