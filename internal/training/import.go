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

// EventColumns are the columns of a spreadsheet of trainings.
func EventColumns() []string {
	return []string{"region", "venue", "first_day", "half_days", "capacity", "agency_max", "apply_until", "release", "trainers"}
}

// ApplicantColumns are the columns of a spreadsheet of applicants.
func ApplicantColumns() []string {
	return []string{"name", "email", "phone", "language", "sector", "profession", "region", "experience", "gender", "agency", "agency_kind", "head_email"}
}

// errDry ends a dry run: everything was checked inside the transaction, and nothing is kept.
var errDry = fault.New(fault.Conflict, "dry")

// PlanAll adds a training for each record, all or none. With dry it checks everything and writes nothing. Record i stands in
// line i+2 of the file; every fault names its row and column.
func (s *Service) PlanAll(ctx context.Context, by access.Actor, key string, records []map[string]string, dry bool) (int, error) {
	n := 0
	err := s.store.Update(ctx, by, func(tx Tx) error {
		tables, err := org.ReadTables(ctx, tx)
		if err != nil {
			return err
		}
		var l fault.List
		n = 0
		for i, r := range records {
			e, faults := eventFrom(ctx, tx, tables, r)
			if len(faults) == 0 {
				if _, err := plan(ctx, tx, by, fmt.Sprintf("%s/%d", key, i), e); err != nil {
					if faults = fault.All(err); len(faults) == 0 || !fault.Is(err, fault.Invalid) {
						return err
					}
				}
			}
			for _, f := range faults {
				l.Add(f.InRow(i + 2))
			}
			n++
		}
		return finish(l, dry)
	})
	return dried(n, err)
}

func finish(l fault.List, dry bool) error {
	if err := l.Err(); err != nil || !dry {
		return err
	}
	return errDry
}

func dried(n int, err error) (int, error) {
	if e := fault.All(err); len(e) == 1 && e[0].Key == errDry.Key {
		return n, nil
	}
	return n, err
}

func eventFrom(ctx context.Context, tx Tx, t org.Tables, r map[string]string) (Event, fault.List) {
	var l fault.List
	e := Event{Venue: r["venue"], NeedShare: 0.8, Rules: DefaultRules()}
	if region, ok := t.FindRegion(r["region"]); ok {
		e.Region = region.ID
	} else {
		l.Add(fault.Field("region", "sheet.region", fault.Vars{"value": r["region"]}))
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
	if !first.IsZero() && halves > 0 && halves <= 40 {
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

// ApplyAll enters an application for each record, all or none, as PlanAll does.
func (s *Service) ApplyAll(ctx context.Context, by access.Actor, key string, id EventID, records []map[string]string, dry bool) (int, error) {
	n := 0
	err := s.store.Update(ctx, by, func(tx Tx) error {
		e, err := readEvent(ctx, tx, by, access.PlanTraining, id)
		if err != nil {
			return err
		}
		tables, err := org.ReadTables(ctx, tx)
		if err != nil {
			return err
		}
		var l fault.List
		seen := map[string]int{}
		n = 0
		for i, r := range records {
			a, faults := applicationFrom(tables, e, r)
			who := fold.Words(a.Person.Name) + "/" + fold.Email(a.Person.Email)
			if first, ok := seen[who]; ok {
				faults.Add(fault.Field("name", "sheet.repeat", fault.Vars{"row": first}))
			}
			seen[who] = i + 2
			for _, f := range faults {
				l.Add(f.InRow(i + 2))
			}
			if len(l) > 0 {
				continue
			}
			if _, err := tx.Once(ctx, fmt.Sprintf("%s/%d", key, i), func() (string, error) {
				out, err := enter(ctx, tx, by, e, a)
				return string(out.Seat), err
			}); err != nil {
				return err
			}
			n++
		}
		return finish(l, dry)
	})
	return dried(n, err)
}

func applicationFrom(t org.Tables, e Event, r map[string]string) (Application, fault.List) {
	a := Application{Event: e.ID, AgencyName: r["agency"], HeadEmail: r["head_email"], Agreed: true}
	a.Person = org.Person{Name: r["name"], Email: r["email"], Phone: r["phone"], Lang: "bg", Experience: r["experience"], Gender: r["gender"]}
	if strings.EqualFold(r["language"], "en") {
		a.Person.Lang = "en"
	}
	var l fault.List
	term := func(list org.List, column string) string {
		x, ok := t.FindTerm(list, r[column])
		if !ok {
			l.Add(fault.Field(column, "sheet.term", fault.Vars{"value": r[column]}))
			return ""
		}
		return x.Code
	}
	a.Person.Sector, a.Person.Profession = term(org.Sectors, "sector"), term(org.Professions, "profession")
	a.AgencyKind = term(org.AgencyKinds, "agency_kind")
	a.Person.Region = e.Region
	if r["region"] != "" {
		region, ok := t.FindRegion(r["region"])
		if !ok {
			l.Add(fault.Field("region", "sheet.region", fault.Vars{"value": r["region"]}))
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

func says(l fault.List, field string) bool {
	for _, f := range l {
		if f.Field == field {
			return true
		}
	}
	return false
}
