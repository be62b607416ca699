package store

import (
	"context"
	"fmt"
	"time"

	"strengthen/internal/org"
	"strengthen/internal/privacy"
)

// Openings lists who opened more different cases than a number from one moment to another.
func (tx *Tx) Openings(ctx context.Context, from, to time.Time, above int) ([]privacy.Unusual, error) {
	q := selectFrom(`SELECT e.actor, count(DISTINCT e.record) FROM audit_entry AS e JOIN person AS p ON p.id = e.actor`).
		and("e.at >= ?", moment(from)).and("e.at < ?", moment(to)).and("e.kind = 'case'").and("e.action = 'case_core.see'").and("e.outcome = 'done'").and("e.record <> ''")
	return collect(ctx, tx, q.by(fmt.Sprintf("GROUP BY e.actor HAVING count(DISTINCT e.record) > %d ORDER BY e.actor", above)), func(s scanner) (privacy.Unusual, error) {
		var u privacy.Unusual
		return u, s.Scan(&u.Person, &u.Cases)
	})
}

// UnusualDays lists the days on which somebody opened unusually many cases, the last first.
func (tx *Tx) UnusualDays(ctx context.Context, n int) ([]privacy.Unusual, error) {
	return collect(ctx, tx, selectFrom(`SELECT u.person_id, p.name, u.on_day, u.cases, u.at FROM unusual_day AS u JOIN person AS p ON p.id = u.person_id`).
		by(fmt.Sprintf("ORDER BY u.on_day DESC, u.cases DESC, u.person_id LIMIT %d", n)), func(s scanner) (privacy.Unusual, error) {
		var u privacy.Unusual
		return u, s.Scan(&u.Person, &u.Name, on(&u.Day), &u.Cases, at(&u.At))
	})
}

// PutUnusual keeps an unusual day of somebody, or its number as it grows, and reports whether it is new.
func (tx *Tx) PutUnusual(ctx context.Context, u privacy.Unusual) (bool, error) {
	n, err := tx.count(ctx, selectFrom(`SELECT count(*) FROM unusual_day`).and("person_id = ?", string(u.Person)).and("on_day = ?", day(u.Day)))
	if err != nil {
		return false, err
	}
	return n == 0, tx.upsert(ctx, "unusual_day", 2, field{"person_id", string(u.Person)}, field{"on_day", day(u.Day)}, field{"cases", u.Cases}, field{"at", moment(u.At)})
}

// DataOfficers lists the data protection officers, with the addresses at which they sign in.
func (tx *Tx) DataOfficers(ctx context.Context) ([]org.Person, error) {
	all, err := tx.Officers(ctx)
	var people []org.Person
	for _, c := range all {
		people = append(people, org.Person{ID: c.Person, Name: c.Name, Lang: c.Lang, Email: c.Email})
	}
	return people, err
}
