package training

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/fault"
	"strengthen/internal/fold"
	"strengthen/internal/org"
)

// Record is a row of a table that somebody uploaded: its cells by column, and the line of the file in which it stands.
type Record struct {
	Line  int
	Cells map[string]string
}

// Column is a column of a table that people upload.
type Column struct {
	Name     string
	Optional bool // may be empty or left out
}

// EventColumns are the columns of a table of trainings.
func EventColumns() []Column {
	return []Column{
		{"region", false}, {"venue_bg", false}, {"venue_en", true}, {"first_day", false}, {"half_days", false}, {"capacity", false},
		{"agency_max", false}, {"apply_until", false}, {"release", false}, {"trainers", true},
	}
}

// ApplicantColumns are the columns of a table of applicants.
func ApplicantColumns() []Column {
	return []Column{
		{"name", false}, {"email", false}, {"phone", true}, {"language", true}, {"sector", false}, {"profession", false}, {"region", true},
		{"experience", true}, {"gender", true}, {"agency", false}, {"agency_kind", false}, {"head_email", false},
	}
}

// PlanAll adds a training for each record, all or none. With dry it checks everything and writes nothing. Every fault names
// its row and column.
func (s *Service) PlanAll(ctx context.Context, by access.Actor, key string, records []Record, dry bool) (int, error) {
	err := s.store.Update(ctx, by, func(tx Tx) error {
		tables, err := org.ReadTables(ctx, tx)
		if err != nil {
			return err
		}
		var l fault.List
		for i, r := range records {
			e, faults := eventFrom(ctx, tx, tables, r.Cells)
			if len(faults) == 0 {
				if _, err := plan(ctx, tx, by, fmt.Sprintf("%s/%d", key, i), e); err != nil {
					if !fault.Is(err, fault.Invalid) {
						return err
					}
					for _, f := range fault.All(err) {
						faults.Add(f.At(columnOf(f.Field)))
					}
				}
			}
			for _, f := range faults {
				l.Add(f.InRow(r.Line))
			}
		}
		return finish(l, dry)
	})
	return dried(len(records), err)
}

// columnOf is the column that fills a field of a training.
func columnOf(field string) string {
	if field == "half_days" {
		return "first_day"
	}
	return field
}

func finish(l fault.List, dry bool) error {
	if err := l.Err(); err != nil || !dry {
		return err
	}
	return errDry
}

func dried(n int, err error) (int, error) {
	if isDry(err) {
		return n, nil
	}
	return n, err
}

func eventFrom(ctx context.Context, tx Tx, t org.Tables, r map[string]string) (Event, fault.List) {
	var l fault.List
	e := Event{VenueBG: r["venue_bg"], VenueEN: r["venue_en"], NeedShare: 0.8, Rules: DefaultRules()}
	if region, ok := t.FindRegion(r["region"]); ok {
		e.Region = region.ID
	} else {
		l.Add(fault.Field("region", "sheet.term", fault.Vars{"value": r["region"]}))
	}
	day := func(column string) calendar.Date {
		d, ok := parseDay(r[column])
		if !ok {
			l.Add(fault.Field(column, "form.date"))
		}
		return d
	}
	count := func(column string) int {
		n, err := strconv.Atoi(r[column])
		if err != nil {
			l.Add(fault.Field(column, "form.number"))
		}
		return n
	}
	first, halves := day("first_day"), count("half_days")
	switch {
	case halves < 1 || halves > 40:
		l.Add(fault.Field("half_days", "training.halfdays"))
	case !first.IsZero():
		e.HalfDays = HalfDaysFrom(first, halves)
	}
	e.Capacity, e.AgencyMax = count("capacity"), count("agency_max")
	e.ApplyUntil = day("apply_until")
	if d := day("release"); !d.IsZero() {
		e.Release = d.At(12, 0)
	}
	for _, email := range strings.FieldsFunc(r["trainers"], func(c rune) bool { return c == ',' || c == ';' || c == ' ' }) {
		a, err := tx.AccountByLogin(ctx, fold.Email(email))
		if err != nil {
			l.Add(fault.Field("trainers", "training.trainer"))
			continue
		}
		e.Trainers = append(e.Trainers, a.Person)
	}
	return e, l
}

// parseDay reads YYYY-MM-DD, DD.MM.YYYY, or the serial number under which a workbook keeps a date.
func parseDay(s string) (calendar.Date, bool) {
	if d, err := calendar.ParseDate(s); err == nil {
		return d, true
	}
	if t, err := time.Parse("2.1.2006", strings.TrimSuffix(strings.TrimSpace(s), " г.")); err == nil {
		return calendar.Of(t.Date()), true
	}
	if n, err := strconv.ParseFloat(s, 64); err == nil && n > 20000 && n < 80000 {
		return calendar.Of(1899, 12, 30).AddDays(int(n)), true
	}
	return calendar.Date{}, false
}

// ToEnter enters an application for each record, all or none. Somebody who has applied already stays as they are.
func ToEnter(id EventID, key string, records []Record) Act {
	return Act{What: []any{"enter", id, key, records}, do: func(ctx context.Context, tx Tx, by access.Actor) error {
		e, err := readEvent(ctx, tx, by, access.PlanTraining, id)
		switch {
		case err != nil:
			return err
		case e.State != Planned:
			return fault.New(fault.Conflict, "training.calledoff")
		case e.Begun(tx.Now()):
			return fault.New(fault.Conflict, "training.begun")
		}
		tables, err := org.ReadTables(ctx, tx)
		if err != nil {
			return err
		}
		all, err := applicationsFrom(tables, e, records)
		if err != nil {
			return err
		}
		for i, a := range all {
			if _, err := tx.Once(ctx, fmt.Sprintf("%s/%d", key, i), func() (string, error) {
				out, err := enter(ctx, tx, by, e, a)
				return string(out.Seat), err
			}); err != nil {
				return err
			}
		}
		return nil
	}}
}

func applicationsFrom(t org.Tables, e Event, records []Record) ([]Application, error) {
	var l fault.List
	var all []Application
	seen := map[string]int{}
	for _, r := range records {
		a, faults := applicationFrom(t, e, r.Cells)
		who := fold.Words(a.Person.Name) + "/" + fold.Email(a.Person.Email)
		if first, ok := seen[who]; ok {
			faults.Add(fault.Field("name", "sheet.repeat", fault.Vars{"row": first}))
		}
		seen[who] = r.Line
		for _, f := range faults {
			l.Add(f.InRow(r.Line))
		}
		all = append(all, a)
	}
	return all, l.Err()
}

func applicationFrom(t org.Tables, e Event, r map[string]string) (Application, fault.List) {
	a := Application{Event: e.ID, AgencyName: r["agency"], HeadEmail: r["head_email"], Agreed: true}
	a.Person = org.Person{Name: r["name"], Email: r["email"], Phone: r["phone"], Lang: "bg", Region: e.Region}
	var l fault.List
	unknown := func(column string) { l.Add(fault.Field(column, "sheet.term", fault.Vars{"value": r[column]})) }
	term := func(list org.List, column string) string {
		x, ok := t.FindTerm(list, r[column])
		if !ok {
			unknown(column)
		}
		return x.Code
	}
	choice := func(column string, means map[string]string, into *string) {
		if r[column] == "" {
			return
		}
		code, ok := means[plainly(r[column])]
		if !ok {
			unknown(column)
		}
		*into = code
	}
	a.Person.Sector, a.Person.Profession = term(org.Sectors, "sector"), term(org.Professions, "profession")
	a.AgencyKind = term(org.AgencyKinds, "agency_kind")
	choice("language", languages, &a.Person.Lang)
	choice("gender", genders, &a.Person.Gender)
	choice("experience", bands(), &a.Person.Experience)
	if r["region"] != "" {
		region, ok := t.FindRegion(r["region"])
		if !ok {
			unknown("region")
		}
		a.Person.Region = region.ID
	}
	for _, f := range fault.All(a.check(t, e, func() bool { return true })) {
		if !says(l, f.Field) {
			l.Add(f)
		}
	}
	return a, l
}

// What people write in columns with few values, in either language.
var (
	languages = map[string]string{
		"bg": "bg", "български": "bg", "bulgarian": "bg", "en": "en", "английски": "en", "english": "en",
	}
	genders = map[string]string{
		"f": "f", "ж": "f", "жена": "f", "woman": "f", "female": "f", "m": "m", "м": "m", "мъж": "m", "man": "m", "male": "m",
		"x": "x", "друго": "x", "other": "x",
	}
)

// bands are the bands of experience.
func bands() map[string]string {
	out := map[string]string{}
	for _, b := range org.Experiences() {
		out[b] = b
	}
	return out
}

// plainly writes a value in lower case, with a plain hyphen and without the word for years.
func plainly(s string) string {
	s = strings.ToLower(strings.NewReplacer("–", "-", " ", "", "\u00a0", "").Replace(s))
	return strings.TrimSuffix(strings.TrimSuffix(s, "години"), "years")
}

func says(l fault.List, field string) bool {
	for _, f := range l {
		if f.Field == field {
			return true
		}
	}
	return false
}
