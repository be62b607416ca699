package store

import (
	"context"
	"fmt"
	"slices"

	"strengthen/internal/access"
	"strengthen/internal/fold"
	"strengthen/internal/org"
)

const personSelect = `SELECT person.id, person.name, person.email, person.phone, person.lang, person.agency_id, person.sector,
	person.profession, person.region_id, person.experience, person.gender, person.made_at, person.version FROM person`

func scanPerson(s scanner) (org.Person, error) {
	var p org.Person
	err := s.Scan(&p.ID, &p.Name, &p.Email, str(&p.Phone), &p.Lang, str(&p.Agency), str(&p.Sector), str(&p.Profession),
		str(&p.Region), str(&p.Experience), str(&p.Gender), at(&p.Made), &p.Version)
	return p, err
}

// personScope says where a person's record lies for a reader. A trainer reaches the people of the trainings that she leads.
var personScope = columns{
	id: "person.id", region: "person.region_id", own: "person.id",
	team: `EXISTS (SELECT 1 FROM enrolment AS e JOIN trainer_assignment AS ta ON ta.training_id = e.training_id
		WHERE e.person_id = person.id AND ta.person_id = ?)`,
}

// Person returns one person.
func (tx *Tx) Person(ctx context.Context, id access.PersonID) (org.Person, error) {
	return one(ctx, tx, selectFrom(personSelect).and("person.id = ?", string(id)), scanPerson)
}

// PersonNames returns the names of people, of those who are known.
func (tx *Tx) PersonNames(ctx context.Context, ids []access.PersonID) (map[access.PersonID]string, error) {
	names := map[access.PersonID]string{}
	for part := range slices.Chunk(ids, 64) {
		q := in(selectFrom(`SELECT id, name FROM person`), "id", evened(part))
		_, err := collect(ctx, tx, q.by("ORDER BY id"), func(s scanner) (struct{}, error) {
			var id, name string
			err := s.Scan(&id, &name)
			names[access.PersonID(id)] = name
			return struct{}{}, err
		})
		if err != nil {
			return nil, err
		}
	}
	return names, nil
}

// evened repeats the last of some values until there is a power of two of them, so that lists of all lengths share a few statements.
func evened[T any](all []T) []T {
	out := slices.Clone(all)
	for n := len(out); n&(n-1) != 0; n = len(out) {
		out = append(out, out[len(out)-1])
	}
	return out
}

// PersonTeam returns the trainers of the trainings in which a person has a place.
func (tx *Tx) PersonTeam(ctx context.Context, id access.PersonID) ([]access.PersonID, error) {
	return collect(ctx, tx, selectFrom(`SELECT DISTINCT ta.person_id FROM enrolment AS e
		JOIN trainer_assignment AS ta ON ta.training_id = e.training_id`).and("e.person_id = ?", string(id)).
		by("ORDER BY ta.person_id"), scanText[access.PersonID])
}

func scanText[T ~string](s scanner) (T, error) {
	var v string
	err := s.Scan(&v)
	return T(v), err
}

// People lists people within the reader's scope, in Bulgarian order, a page at a time.
func (tx *Tx) People(ctx context.Context, s access.Scope, f org.PersonFilter) ([]org.Person, error) {
	q := selectFrom(personSelect).within(s, personScope)
	q.people(f)
	if f.After != "" {
		q.and("person.sort || '/' || person.id > ?", f.After)
	}
	return collect(ctx, tx, q.by(fmt.Sprintf("ORDER BY person.sort || '/' || person.id LIMIT %d", limit(f.Limit))), scanPerson)
}

// CountPeople counts the people whom People lists on all its pages.
func (tx *Tx) CountPeople(ctx context.Context, s access.Scope, f org.PersonFilter) (int, error) {
	q := selectFrom(`SELECT count(*) FROM person`).within(s, personScope)
	q.people(f)
	return tx.count(ctx, q)
}

// people adds the conditions of a filter.
func (q *query) people(f org.PersonFilter) {
	if f.Find != "" {
		p := fold.LikePattern(f.Find)
		q.and(`person.name_fold LIKE ? ESCAPE '\' OR person.email_fold LIKE ? ESCAPE '\'`, p, p)
	}
	if f.With != org.AnyPart {
		q.part(f)
		return
	}
	if f.Sector != "" {
		q.and("person.sector = ?", f.Sector)
	}
	if f.Region != "" {
		q.and("person.region_id = ?", string(f.Region))
	}
}

// part adds that somebody has a seat, or completed, in the sector and the region of the filter.
func (q *query) part(f org.PersonFilter) {
	text, args := `EXISTS (SELECT 1 FROM enrolment AS n JOIN training AS t ON t.id = n.training_id`, []any{}
	if f.With == org.Completed {
		text += ` JOIN completion AS d ON d.enrolment_id = n.id`
	}
	text += ` WHERE n.person_id = person.id AND t.state = 'planned'`
	if f.With == org.WithSeat {
		text += ` AND n.state IN ('confirmed', 'offered')`
	}
	if f.Sector != "" {
		text, args = text+` AND n.sector = ?`, append(args, f.Sector)
	}
	if f.Region != "" {
		text, args = text+` AND t.region_id = ?`, append(args, string(f.Region))
	}
	q.and(text+")", args...)
}

// PeopleWithEmail returns everybody of one address; offices share mailboxes.
func (tx *Tx) PeopleWithEmail(ctx context.Context, email string) ([]org.Person, error) {
	return collect(ctx, tx, selectFrom(personSelect).and("person.email_fold = ?", fold.Email(email)).by("ORDER BY person.id"), scanPerson)
}

// PutPerson adds a person (version 0) or changes one.
func (tx *Tx) PutPerson(ctx context.Context, p org.Person) error {
	return tx.save(ctx, "person", string(p.ID), p.Version,
		field{"name", p.Name}, field{"name_fold", fold.Words(p.Name)}, field{"sort", fold.SortKey(p.Name)},
		field{"email", p.Email}, field{"email_fold", fold.Email(p.Email)}, field{"phone", text(p.Phone)},
		field{"lang", p.Lang}, field{"agency_id", text(p.Agency)}, field{"sector", text(p.Sector)},
		field{"profession", text(p.Profession)}, field{"region_id", text(p.Region)}, field{"experience", text(p.Experience)},
		field{"gender", text(p.Gender)}, field{"made_at", moment(p.Made)})
}

// Empty reports whether nobody is known yet.
func (tx *Tx) Empty(ctx context.Context) (bool, error) {
	n, err := tx.count(ctx, selectFrom(`SELECT count(*) FROM person`))
	return n == 0, err
}
