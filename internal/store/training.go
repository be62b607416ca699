package store

import (
	"context"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/training"
)

// Programme returns the one programme of the database.
func (tx *Tx) Programme(ctx context.Context) (training.Programme, error) {
	return one(ctx, tx, selectFrom(`SELECT id, title_bg, title_en, starts_on, ends_on, target_trainings, target_people,
		target_children, version FROM programme`).by("ORDER BY id LIMIT 1"), func(s scanner) (training.Programme, error) {
		var p training.Programme
		err := s.Scan(&p.ID, &p.TitleBG, &p.TitleEN, on(&p.Starts), on(&p.Ends), &p.Trainings, &p.People, &p.Children, &p.Version)
		return p, err
	})
}

// PutProgramme adds the programme (version 0) or changes it.
func (tx *Tx) PutProgramme(ctx context.Context, p training.Programme) error {
	return tx.save(ctx, "programme", p.ID, p.Version, field{"title_bg", p.TitleBG}, field{"title_en", p.TitleEN},
		field{"starts_on", day(p.Starts)}, field{"ends_on", day(p.Ends)}, field{"target_trainings", p.Trainings},
		field{"target_people", p.People}, field{"target_children", p.Children})
}

const eventSelect = `SELECT t.id, t.programme_id, t.region_id, t.venue_bg, t.venue_en, t.capacity, t.agency_max, t.apply_until, t.release_at,
	t.need_share, t.state, t.sequence, t.version FROM training AS t`

func scanEvent(s scanner) (training.Event, error) {
	var e training.Event
	err := s.Scan(&e.ID, &e.Programme, &e.Region, &e.VenueBG, &e.VenueEN, &e.Capacity, &e.AgencyMax, on(&e.ApplyUntil), at(&e.Release),
		&e.NeedShare, &e.State, &e.Sequence, &e.Version)
	return e, err
}

// eventScope says where a training lies for a reader: its region, its trainers, or one's own seat in it.
var eventScope = columns{
	id: "t.id", region: "t.region_id",
	own:  "EXISTS (SELECT 1 FROM enrolment AS e WHERE e.training_id = t.id AND e.person_id = ?)",
	team: "EXISTS (SELECT 1 FROM trainer_assignment AS ta WHERE ta.training_id = t.id AND ta.person_id = ?)",
}

// Event returns one training.
func (tx *Tx) Event(ctx context.Context, id training.EventID) (training.Event, error) {
	e, err := one(ctx, tx, selectFrom(eventSelect).and("t.id = ?", string(id)), scanEvent)
	if err != nil {
		return e, err
	}
	all := []training.Event{e}
	err = tx.fillEvents(ctx, all)
	return all[0], err
}

// Events lists trainings within the reader's scope, by start.
func (tx *Tx) Events(ctx context.Context, s access.Scope, f training.EventFilter) ([]training.Event, error) {
	q := selectFrom(eventSelect).within(s, eventScope)
	if f.Region != "" {
		q.and("t.region_id = ?", string(f.Region))
	}
	if !f.From.IsZero() {
		q.and("t.ends_on >= ?", day(f.From))
	}
	if !f.Until.IsZero() {
		q.and("t.starts_on <= ?", day(f.Until))
	}
	all, err := collect(ctx, tx, q.by("ORDER BY t.starts_on, t.id"), scanEvent)
	if err != nil {
		return nil, err
	}
	return all, tx.fillEvents(ctx, all)
}

// OpenEvents lists the trainings for which one can apply on a day.
func (tx *Tx) OpenEvents(ctx context.Context, today calendar.Date) ([]training.Event, error) {
	all, err := collect(ctx, tx, selectFrom(eventSelect).and("t.state = 'planned'").and("t.apply_until >= ?", day(today)).
		by("ORDER BY t.starts_on, t.id"), scanEvent)
	if err != nil {
		return nil, err
	}
	return all, tx.fillEvents(ctx, all)
}

// fillEvents reads the half-days, rules and trainers of all at once.
func (tx *Tx) fillEvents(ctx context.Context, all []training.Event) error {
	place := map[training.EventID]int{}
	ids := make([]training.EventID, len(all))
	for i, e := range all {
		place[e.ID], ids[i] = i, e.ID
	}
	if len(all) == 0 {
		return nil
	}
	_, err := collect(ctx, tx, in(selectFrom(`SELECT training_id, id, held_on, starts, ends FROM half_day`), "training_id", ids).
		by("ORDER BY held_on, starts"), func(s scanner) (struct{}, error) {
		var id training.EventID
		var h training.HalfDay
		err := s.Scan(&id, &h.ID, on(&h.On), &h.Starts, &h.Ends)
		all[place[id]].HalfDays = append(all[place[id]].HalfDays, h)
		return struct{}{}, err
	})
	if err != nil {
		return err
	}
	_, err = collect(ctx, tx, in(selectFrom(`SELECT c.training_id, c.sector, c.at_least, c.at_most, c.share
		FROM composition_rule AS c LEFT JOIN term AS s ON s.list = 'sector' AND s.code = c.sector`), "c.training_id", ids).
		by("ORDER BY s.place, c.sector"), func(s scanner) (struct{}, error) {
		var id training.EventID
		var r training.SectorRule
		err := s.Scan(&id, &r.Sector, &r.Min, &r.Max, &r.Share)
		all[place[id]].Rules = append(all[place[id]].Rules, r)
		return struct{}{}, err
	})
	if err != nil {
		return err
	}
	_, err = collect(ctx, tx, in(selectFrom(`SELECT training_id, person_id FROM trainer_assignment`), "training_id", ids).
		by("ORDER BY person_id"), func(s scanner) (struct{}, error) {
		var id training.EventID
		var p access.PersonID
		err := s.Scan(&id, &p)
		all[place[id]].Trainers = append(all[place[id]].Trainers, p)
		return struct{}{}, err
	})
	return err
}

// PutEvent adds a training (version 0) or changes one, with its half-days, rules and trainers.
func (tx *Tx) PutEvent(ctx context.Context, e training.Event) error {
	err := tx.save(ctx, "training", string(e.ID), e.Version, field{"programme_id", e.Programme},
		field{"region_id", string(e.Region)}, field{"venue_bg", e.VenueBG}, field{"venue_en", e.VenueEN}, field{"starts_on", day(e.Starts())},
		field{"ends_on", day(e.Ends())}, field{"capacity", e.Capacity}, field{"agency_max", e.AgencyMax},
		field{"apply_until", day(e.ApplyUntil)}, field{"release_at", moment(e.Release)}, field{"need_share", e.NeedShare},
		field{"state", string(e.State)}, field{"sequence", e.Sequence})
	if err != nil {
		return err
	}
	if err := tx.putHalfDays(ctx, e); err != nil {
		return err
	}
	if _, err := tx.exec(ctx, `DELETE FROM composition_rule WHERE training_id = $1`, string(e.ID)); err != nil {
		return err
	}
	for _, r := range e.Rules {
		if err := tx.insert(ctx, "composition_rule", field{"training_id", string(e.ID)}, field{"sector", r.Sector},
			field{"at_least", r.Min}, field{"at_most", r.Max}, field{"share", r.Share}); err != nil {
			return err
		}
	}
	if _, err := tx.exec(ctx, `DELETE FROM trainer_assignment WHERE training_id = $1`, string(e.ID)); err != nil {
		return err
	}
	for _, p := range e.Trainers {
		if err := tx.insert(ctx, "trainer_assignment", field{"training_id", string(e.ID)}, field{"person_id", string(p)}); err != nil {
			return err
		}
	}
	return nil
}

// putHalfDays keeps the half-days that have an identifier, drops those that are gone, remembering them for the calendars
// they stand in, and adds the new ones. Those that are kept first step aside, as one may take the time of another.
func (tx *Tx) putHalfDays(ctx context.Context, e training.Event) error {
	gone := func(q *query) *query {
		q.and("training_id = ?", string(e.ID))
		for _, h := range e.HalfDays {
			if h.ID != "" {
				q.and("id <> ?", h.ID)
			}
		}
		return q
	}
	for _, q := range []*query{
		gone(selectFrom(`INSERT INTO dropped_half_day (id, training_id, held_on, starts, ends, dropped_at)
			SELECT id, training_id, held_on, starts, ends, CAST($1 AS TEXT) FROM half_day`, momentText(tx.Now()))),
		gone(selectFrom(`DELETE FROM half_day`)),
		selectFrom(`UPDATE half_day SET held_on = id`).and("training_id = ?", string(e.ID)),
	} {
		if _, err := tx.exec(ctx, q.String(), q.args...); err != nil {
			return err
		}
	}
	for i := range e.HalfDays {
		h := &e.HalfDays[i]
		if h.ID == "" {
			h.ID = access.NewID()
		}
		if err := tx.upsert(ctx, "half_day", 1, field{"id", h.ID}, field{"training_id", string(e.ID)},
			field{"held_on", day(h.On)}, field{"starts", h.Starts}, field{"ends", h.Ends}); err != nil {
			return err
		}
	}
	return nil
}

// DroppedHalfDays returns the half-days that fell away from a training since a moment.
func (tx *Tx) DroppedHalfDays(ctx context.Context, e training.EventID, since time.Time) ([]training.HalfDay, error) {
	return collect(ctx, tx, selectFrom(`SELECT id, held_on, starts, ends FROM dropped_half_day`).and("training_id = ?", string(e)).
		and("dropped_at >= ?", moment(since)).by("ORDER BY held_on, starts"), func(s scanner) (training.HalfDay, error) {
		var h training.HalfDay
		err := s.Scan(&h.ID, on(&h.On), &h.Starts, &h.Ends)
		return h, err
	})
}

// TimelyEvents lists the trainings in which time may change a seat: an offer has run out, the places of minimums are
// released while somebody waits, or the training has begun, or begins today, while somebody has no seat.
func (tx *Tx) TimelyEvents(ctx context.Context) ([]training.EventID, error) {
	now, today := moment(tx.Now()), day(calendar.On(tx.Now()))
	return collect(ctx, tx, selectFrom(`SELECT DISTINCT t.id FROM training AS t JOIN enrolment AS n ON n.training_id = t.id`).
		and("t.state = 'planned'").
		and(`(n.state = 'offered' AND n.offered_until <= ?) OR (n.state IN ('endorsed', 'waiting') AND t.release_at <= ?)
			OR (n.state IN ('applied', 'endorsed', 'waiting', 'offered') AND t.starts_on <= ?)`, now, now, today).
		by("ORDER BY t.id"), scanText[training.EventID])
}

// EventCounts counts seats, marks and completions of the trainings within the reader's scope.
func (tx *Tx) EventCounts(ctx context.Context, s access.Scope) (map[training.EventID]training.Counts, error) {
	out := map[training.EventID]training.Counts{}
	_, err := collect(ctx, tx, selectFrom(`SELECT t.id, n.state, n.sector, count(*) FROM training AS t
		JOIN enrolment AS n ON n.training_id = t.id`).within(s, eventScope).by("GROUP BY t.id, n.state, n.sector"),
		func(row scanner) (struct{}, error) {
			var id training.EventID
			var state training.State
			var sector string
			var n int
			err := row.Scan(&id, &state, &sector, &n)
			out[id] = addSeats(out[id], state, sector, n)
			return struct{}{}, err
		})
	if err != nil {
		return nil, err
	}
	_, err = collect(ctx, tx, selectFrom(`SELECT t.id, count(*), count(c.id), sum(CASE WHEN EXISTS (SELECT 1 FROM certificate AS x
			WHERE x.enrolment_id = d.enrolment_id AND (x.revoked_on IS NULL OR x.revoked_key = 'revoked.byhand')) THEN 0 ELSE 1 END)
		FROM training AS t JOIN completion AS d ON d.training_id = t.id
		LEFT JOIN certificate AS c ON c.enrolment_id = d.enrolment_id AND c.revoked_on IS NULL`).within(s, eventScope).by("GROUP BY t.id"),
		func(row scanner) (struct{}, error) {
			var id training.EventID
			var completed, certified, due int
			err := row.Scan(&id, &completed, &certified, &due)
			c := out[id]
			c.Completed, c.Certified, c.ToCertify = completed, certified, due
			out[id] = c
			return struct{}{}, err
		})
	if err != nil {
		return nil, err
	}
	_, err = collect(ctx, tx, selectFrom(`SELECT t.id, h.id, count(*) FROM training AS t JOIN half_day AS h ON h.training_id = t.id
		JOIN attendance AS a ON a.half_day_id = h.id AND a.current JOIN enrolment AS n ON n.id = a.enrolment_id AND n.state = 'confirmed'`).
		within(s, eventScope).by("GROUP BY t.id, h.id"), func(row scanner) (struct{}, error) {
		var id training.EventID
		var half string
		var n int
		err := row.Scan(&id, &half, &n)
		c := out[id]
		if c.Marked == nil {
			c.Marked = map[string]int{}
		}
		c.Marked[half] = n
		out[id] = c
		return struct{}{}, err
	})
	return out, err
}

// Finished counts completions of trainings that were not called off, within the reader's scope, by training, sector and month.
func (tx *Tx) Finished(ctx context.Context, s access.Scope) ([]training.Finished, error) {
	return collect(ctx, tx, selectFrom(`SELECT t.id, t.region_id, n.sector, substr(d.completed_on, 1, 7), count(*) FROM completion AS d
		JOIN enrolment AS n ON n.id = d.enrolment_id JOIN training AS t ON t.id = d.training_id`).within(s, eventScope).
		and("t.state = 'planned'").by("GROUP BY t.id, t.region_id, n.sector, substr(d.completed_on, 1, 7) ORDER BY 4, 1, 3"),
		func(row scanner) (training.Finished, error) {
			var f training.Finished
			var month string
			if err := row.Scan(&f.Event, &f.Region, &f.Sector, &month, &f.N); err != nil {
				return f, err
			}
			var err error
			f.Month, err = calendar.ParseDate(month + "-01")
			return f, err
		})
}

// FinishedPeople counts the people who completed a training that was not called off, within the reader's scope: each once, and once
// in each sector, as lists of people show them.
func (tx *Tx) FinishedPeople(ctx context.Context, s access.Scope) (people int, bySector map[string]int, err error) {
	const of = ` FROM completion AS d JOIN enrolment AS n ON n.id = d.enrolment_id JOIN training AS t ON t.id = d.training_id`
	people, err = tx.count(ctx, selectFrom(`SELECT count(DISTINCT d.person_id)`+of).within(s, eventScope).and("t.state = 'planned'"))
	if err != nil {
		return 0, nil, err
	}
	bySector = map[string]int{}
	_, err = collect(ctx, tx, selectFrom(`SELECT n.sector, count(DISTINCT d.person_id)`+of).within(s, eventScope).and("t.state = 'planned'").by("GROUP BY n.sector ORDER BY n.sector"),
		func(row scanner) (struct{}, error) {
			var sector string
			var n int
			err := row.Scan(&sector, &n)
			bySector[sector] = n
			return struct{}{}, err
		})
	return people, bySector, err
}

func addSeats(c training.Counts, state training.State, sector string, n int) training.Counts {
	switch state {
	case training.Applied, training.Endorsed:
		c.Applied += n
	case training.Confirmed:
		c.Confirmed += n
	case training.Waiting:
		c.Waiting += n
	case training.Offered:
		c.Offered += n
	}
	if state.Seated() {
		if c.Sectors == nil {
			c.Sectors = map[string]int{}
		}
		c.Sectors[sector] += n
	}
	return c
}
