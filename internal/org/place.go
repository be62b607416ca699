package org

import (
	"context"
	"maps"
	"slices"
	"strings"

	"strengthen/internal/access"
	"strengthen/internal/fault"
)

// Region is one of the 28 oblasts. Its identifier is the three-letter EKATTE code.
type Region struct {
	ID                     access.RegionID
	NUTS3, ISO             string
	NameBG, NameEN         string
	CentreBG, CentreEN     string
	PlanningBG, PlanningEN string // the NUTS 2 region, used where oblasts are too small to show
	Population             int    // census of 7 September 2021
	Children               int    // aged 0 to 14, same census
}

// Name returns the name in the language of code lang.
func (r Region) Name(lang string) string { return pick(lang, r.NameBG, r.NameEN) }

// Centre returns the name of the regional centre.
func (r Region) Centre(lang string) string { return pick(lang, r.CentreBG, r.CentreEN) }

// Planning returns the name of the NUTS 2 region.
func (r Region) Planning(lang string) string { return pick(lang, r.PlanningBG, r.PlanningEN) }

// Municipality is one of the 265 municipalities.
type Municipality struct {
	ID             string
	Region         access.RegionID
	EKATTE         string
	NameBG, NameEN string
}

// List names a code list.
type List string

// The code lists.
const (
	Sectors     List = "sector"
	Professions List = "profession"
	AgencyKinds List = "agency_kind"
)

// Term is an entry of a code list, in both languages.
type Term struct {
	List           List
	Code           string
	NameBG, NameEN string
	Sector         string // of a profession or kind of institution; "" for any
	Place          int    // order in lists
	Active         bool   // inactive terms stay on old records and leave the forms
}

// Name returns the name in the language of code lang.
func (t Term) Name(lang string) string { return pick(lang, t.NameBG, t.NameEN) }

func pick(lang, bg, en string) string {
	if lang == "en" {
		return en
	}
	return bg
}

// Tables is the whole reference data, as pages and importers need it at once.
type Tables struct {
	Regions []Region
	Terms   []Term
}

// Region returns the region of an identifier.
func (t Tables) Region(id access.RegionID) (Region, bool) {
	for _, r := range t.Regions {
		if r.ID == id {
			return r, true
		}
	}
	return Region{}, false
}

// Term returns the term of a list.
func (t Tables) Term(l List, code string) (Term, bool) {
	for _, x := range t.Terms {
		if x.List == l && x.Code == code {
			return x, true
		}
	}
	return Term{}, false
}

// Of returns the active terms of a list.
func (t Tables) Of(l List) []Term {
	var out []Term
	for _, x := range t.Terms {
		if x.List == l && x.Active {
			out = append(out, x)
		}
	}
	return out
}

// FindRegion returns the region that a person means by its code or by its name in either language.
func (t Tables) FindRegion(s string) (Region, bool) {
	s = strings.TrimSpace(s)
	for _, r := range t.Regions {
		if strings.EqualFold(s, string(r.ID)) || strings.EqualFold(s, r.NameBG) || strings.EqualFold(s, r.NameEN) {
			return r, true
		}
	}
	return Region{}, false
}

// FindTerm returns the active term that a person means by its code or by its name in either language.
func (t Tables) FindTerm(l List, s string) (Term, bool) {
	s = strings.TrimSpace(s)
	for _, x := range t.Of(l) {
		if strings.EqualFold(s, x.Code) || strings.EqualFold(s, x.NameBG) || strings.EqualFold(s, x.NameEN) {
			return x, true
		}
	}
	return Term{}, false
}

// Tables returns the reference data; it is public.
func (s *Service) Tables(ctx context.Context) (Tables, error) {
	var t Tables
	err := s.store.View(ctx, access.Public(""), func(tx Tx) (err error) {
		t, err = ReadTables(ctx, tx)
		return err
	})
	return t, err
}

// ReadTables reads the reference data within a transaction.
func ReadTables(ctx context.Context, tx interface {
	Regions(ctx context.Context) ([]Region, error)
	Terms(ctx context.Context) ([]Term, error)
}) (Tables, error) {
	regions, err := tx.Regions(ctx)
	if err != nil {
		return Tables{}, err
	}
	terms, err := tx.Terms(ctx)
	return Tables{regions, terms}, err
}

// Municipalities returns the municipalities of a region; they are public.
func (s *Service) Municipalities(ctx context.Context, of access.RegionID) ([]Municipality, error) {
	var all []Municipality
	err := s.store.View(ctx, access.Public(""), func(tx Tx) (err error) {
		all, err = tx.Municipalities(ctx, of)
		return err
	})
	return all, err
}

// AddTerm adds an entry to a code list, once for its key. A code that the list has already is refused.
func (s *Service) AddTerm(ctx context.Context, by access.Actor, key string, t Term) error {
	return s.putTerm(ctx, by, t, func(tx Tx, tables Tables) error {
		_, err := tx.Once(ctx, key, func() (string, error) {
			if _, taken := tables.Term(t.List, t.Code); taken {
				return "", fault.Field("code", "term.taken")
			}
			return t.Code, tx.PutTerm(ctx, t)
		})
		return err
	})
}

// SaveTerm changes an entry of a code list. The code of an entry never changes.
func (s *Service) SaveTerm(ctx context.Context, by access.Actor, t Term) error {
	return s.putTerm(ctx, by, t, func(tx Tx, tables Tables) error {
		if _, known := tables.Term(t.List, t.Code); !known {
			return fault.New(fault.NotFound, "fault.notfound")
		}
		return tx.PutTerm(ctx, t)
	})
}

func (s *Service) putTerm(ctx context.Context, by access.Actor, t Term, put func(Tx, Tables) error) error {
	return s.store.Update(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.EditTables, access.Resource{Kind: "term", ID: string(t.List) + "/" + t.Code}); err != nil {
			return err
		}
		tables, err := ReadTables(ctx, tx)
		if err != nil {
			return err
		}
		if err := t.check(tables); err != nil {
			return err
		}
		return put(tx, tables)
	})
}

func (t Term) check(tables Tables) error {
	var l fault.List
	if t.List != Sectors && t.List != Professions && t.List != AgencyKinds {
		l.Add(fault.Field("list", "term.list"))
	}
	if !codeLike(t.Code) {
		l.Add(fault.Field("code", "term.code"))
	}
	named(&l, map[string]string{"name_bg": t.NameBG, "name_en": t.NameEN})
	if _, known := tables.Term(Sectors, t.Sector); t.Sector != "" && (!known || t.List == Sectors) {
		l.Add(fault.Field("sector", "form.choose"))
	}
	if t.Place < 0 || t.Place > 10_000 {
		l.Add(fault.Field("place", "form.range", fault.Vars{"min": 0, "max": 10_000}))
	}
	return l.Err()
}

// named asks that every name is there and not too long, in the order of the fields' names.
func named(l *fault.List, names map[string]string) {
	for _, field := range slices.Sorted(maps.Keys(names)) {
		switch n := len([]rune(strings.TrimSpace(names[field]))); {
		case n == 0:
			l.Add(fault.Field(field, "form.required"))
		case n > 120:
			l.Add(fault.Field(field, "form.length", fault.Vars{"min": 1, "max": 120}))
		}
	}
}

// codeLike reports whether s is 2 to 40 small Latin letters, digits and underscores.
func codeLike(s string) bool {
	if len(s) < 2 || len(s) > 40 {
		return false
	}
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

// SaveRegion changes the names of a region, of its centre and of its part of the country, and the figures of the census.
func (s *Service) SaveRegion(ctx context.Context, by access.Actor, r Region) error {
	var l fault.List
	named(&l, map[string]string{"name_bg": r.NameBG, "name_en": r.NameEN, "centre_bg": r.CentreBG, "centre_en": r.CentreEN,
		"planning_bg": r.PlanningBG, "planning_en": r.PlanningEN})
	for field, n := range map[string]int{"population": r.Population, "children": r.Children} {
		if n < 1 || n > 10_000_000 {
			l.Add(fault.Field(field, "form.range", fault.Vars{"min": 1, "max": 10_000_000}))
		}
	}
	if err := l.Err(); err != nil {
		return err
	}
	return s.store.Update(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.EditTables, access.Resource{Kind: "region", ID: string(r.ID)}); err != nil {
			return err
		}
		return tx.PutRegion(ctx, r)
	})
}

// SaveMunicipality changes the names of a municipality.
func (s *Service) SaveMunicipality(ctx context.Context, by access.Actor, m Municipality) error {
	var l fault.List
	named(&l, map[string]string{"name_bg": m.NameBG, "name_en": m.NameEN})
	if err := l.Err(); err != nil {
		return err
	}
	return s.store.Update(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.EditTables, access.Resource{Kind: "municipality", ID: m.ID}); err != nil {
			return err
		}
		all, err := tx.Municipalities(ctx, "")
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(x Municipality) bool { return x.ID == m.ID })
		if i < 0 {
			return fault.New(fault.NotFound, "fault.notfound")
		}
		all[i].NameBG, all[i].NameEN = m.NameBG, m.NameEN
		return tx.PutMunicipality(ctx, all[i])
	})
}
