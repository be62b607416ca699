package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/casework"
	"strengthen/internal/sealed"
)

const caseSelect = `SELECT c.id, c.ref, c.band, c.sex, c.region_id, c.municipality_id, c.agency_id, c.lead_id, c.track, c.kinds, c.setting, c.state,
	c.since_at, c.episode, c.received_at, c.opened_at, c.closed_at, c.closed_for, c.proposed_by, c.outcome, c.urgent, c.protected, c.placed,
	c.court, c.on_hold, c.restricted, c.version,
	(SELECT min(k.due_at) FROM clock AS k WHERE k.case_id = c.id AND k.state IN ('running', 'breached')) FROM case_file AS c`

func scanCase(s scanner) (casework.Case, error) {
	var c casework.Case
	err := s.Scan(&c.ID, &c.Ref, &c.Band, &c.Sex, &c.Region, str(&c.Municipality), &c.Agency, &c.Lead, &c.Track, words(&c.Kinds), str(&c.Setting), &c.State,
		at(&c.Since), &c.Episode, at(&c.Received), at(&c.Opened), at(&c.Closed), str(&c.ClosedFor), str(&c.ProposedBy), str(&c.Outcome), &c.Urgent, &c.Protected, &c.Placed,
		&c.Court, &c.OnHold, &c.Restricted, &c.Version, at(&c.NextDue))
	return c, err
}

// Case returns one case.
func (tx *Tx) Case(ctx context.Context, id casework.CaseID) (casework.Case, error) {
	return one(ctx, tx, selectFrom(caseSelect).and("c.id = ?", string(id)), scanCase)
}

// CaseByRef returns the case of a reference.
func (tx *Tx) CaseByRef(ctx context.Context, ref string) (casework.Case, error) {
	return one(ctx, tx, selectFrom(caseSelect).and("c.ref = ?", strings.ToUpper(strings.TrimSpace(ref))), scanCase)
}

// living are the conditions under which a share opens one of some parts of a case at a moment, which is asked for twice. It is an
// argument, so that the text is the same at every moment and is read once.
func living(parts ...casework.Compartment) string {
	return fmt.Sprintf("h.ended_at IS NULL AND h.from_at <= ? AND h.until_at > ? AND (h.parts & %d) <> 0", bits(parts))
}

// caseScope says where a case lies for a reader of one of some parts: the institution that leads it, and living shares of the person
// or of the person's institution.
func (tx *Tx) caseScope(parts ...casework.Compartment) columns {
	now := moment(tx.Now())
	return columns{
		id: "c.id", region: "c.region_id", agency: "c.agency_id",
		team:       "SELECT h.case_id FROM case_share AS h WHERE h.person_id = ? AND " + living(parts...),
		units:      "SELECT h.case_id FROM case_share AS h WHERE h.agency_id = ? AND " + living(parts...),
		barred:     "EXISTS (SELECT 1 FROM case_barred AS b WHERE b.case_id = c.id AND b.person_id = ?)",
		restricted: "c.restricted",
		more:       []any{now, now},
	}
}

// Cases lists cases within the reader's scope, the newest first. What is near to the reader and what lies in the reader's
// institutions or regions is read one after the other, each along an index of its own and no further than the page goes: under one
// condition with OR between them a database reads every case of the institution before it knows the first.
func (tx *Tx) Cases(ctx context.Context, s access.Scope, f casework.CaseFilter) ([]casework.Case, error) {
	return inHalves(s, limit(f.Limit), func(s access.Scope) ([]casework.Case, error) { return tx.casesWithin(ctx, s, f) },
		func(c casework.Case) (time.Time, string) { return c.Opened, string(c.ID) })
}

func (tx *Tx) casesWithin(ctx context.Context, s access.Scope, f casework.CaseFilter) ([]casework.Case, error) {
	q := selectFrom(caseSelect).within(s, tx.caseScope(casework.Core))
	if f.Ref != "" {
		q.and("c.ref = ?", strings.ToUpper(strings.TrimSpace(f.Ref)))
	}
	if f.State != "" {
		q.and("c.state = ?", string(f.State))
	}
	if f.Open {
		q.and("c.closed_at IS NULL")
	}
	if f.Track != "" {
		q.and("c.track = ?", string(f.Track))
	}
	if f.Agency != "" {
		q.and("c.agency_id = ?", string(f.Agency))
	}
	if f.Region != "" {
		q.and("c.region_id = ?", string(f.Region))
	}
	if f.Late {
		q.and("EXISTS (SELECT 1 FROM clock AS k WHERE k.case_id = c.id AND k.state IN ('running', 'breached') AND k.due_at < ?)", moment(tx.Now()))
	}
	if when, id, ok := strings.Cut(f.After, "/"); ok {
		q.and("(c.opened_at, c.id) < (?, ?)", when, id)
	}
	return collect(ctx, tx, q.by(fmt.Sprintf("ORDER BY c.opened_at DESC, c.id DESC LIMIT %d", limit(f.Limit))), scanCase)
}

// RestrictedCases lists the cases of a unit that only their teams reach, without those that are kept from the reader, the newest first.
func (tx *Tx) RestrictedCases(ctx context.Context, unit access.AgencyID) ([]casework.Case, error) {
	s := access.Scope{Agencies: []access.AgencyID{unit}, Person: tx.By().Person}
	c := columns{agency: "c.agency_id", barred: tx.caseScope(casework.Core).barred}
	return collect(ctx, tx, selectFrom(caseSelect).within(s, c).and("c.restricted").by("ORDER BY c.opened_at DESC, c.id"), scanCase)
}

// SharedCases lists at most a hundred cases of which a reader holds parts without the core, the newest first.
func (tx *Tx) SharedCases(ctx context.Context, s access.Scope) ([]casework.Case, error) {
	near, _ := halves(s)
	now := moment(tx.Now())
	q := selectFrom(caseSelect).within(near, tx.caseScope(casework.Compartments()[1:]...)).
		and("c.id NOT IN (SELECT h.case_id FROM case_share AS h WHERE h.person_id = ? AND "+living(casework.Core)+")", string(s.Person), now, now)
	return collect(ctx, tx, q.by("ORDER BY c.opened_at DESC, c.id LIMIT 100"), scanCase)
}

// PutCase adds a case (version 0) or changes one.
func (tx *Tx) PutCase(ctx context.Context, c casework.Case) error {
	return tx.save(ctx, "case_file", string(c.ID), c.Version, field{"ref", c.Ref}, field{"band", c.Band}, field{"sex", c.Sex}, field{"region_id", string(c.Region)},
		field{"municipality_id", text(c.Municipality)}, field{"agency_id", string(c.Agency)}, field{"lead_id", string(c.Lead)}, field{"track", string(c.Track)},
		field{"kinds", joined(c.Kinds)}, field{"setting", text(c.Setting)}, field{"state", string(c.State)}, field{"since_at", moment(c.Since)}, field{"episode", c.Episode},
		field{"received_at", moment(c.Received)}, field{"opened_at", moment(c.Opened)}, field{"closed_at", moment(c.Closed)}, field{"closed_for", text(c.ClosedFor)},
		field{"proposed_by", text(c.ProposedBy)}, field{"outcome", text(c.Outcome)}, field{"urgent", c.Urgent}, field{"protected", c.Protected}, field{"placed", c.Placed},
		field{"court", c.Court}, field{"on_hold", c.OnHold}, field{"restricted", c.Restricted})
}

// PutEpisode adds an episode of a case or ends one.
func (tx *Tx) PutEpisode(ctx context.Context, c casework.CaseID, n int, opened, closed time.Time, reason string) error {
	return tx.upsert(ctx, "episode", 2, field{"case_id", string(c)}, field{"n", n}, field{"opened_at", moment(opened)}, field{"closed_at", moment(closed)}, field{"reason", text(reason)})
}

// PutCaseEvent adds a line to the timeline of a case.
func (tx *Tx) PutCaseEvent(ctx context.Context, e casework.CaseEvent) error {
	fs, err := tx.seal(ctx, string(e.Case), "case_event", e.ID, map[string]sealed.Text{"text": e.Text})
	if err != nil {
		return err
	}
	return tx.lined(ctx, "case_event", "case_id", string(e.Case), append(fs, field{"id", e.ID}, field{"at", moment(e.At)}, field{"actor", string(e.Actor)},
		field{"agency_id", text(e.Agency)}, field{"what", e.What}, field{"part", string(e.Part)}, field{"record", text(e.Record)}, field{"trained", e.Trained},
		field{"happened_at", moment(e.Moment())})...)
}

// EventAgencies returns the institutions of which the timeline of a case tells in the given parts.
func (tx *Tx) EventAgencies(ctx context.Context, c casework.CaseID, parts []casework.Compartment) ([]access.AgencyID, error) {
	q := in(selectFrom(`SELECT DISTINCT agency_id FROM case_event`).and("case_id = ?", string(c)).and("agency_id IS NOT NULL"), "part", parts)
	return collect(ctx, tx, q.by("ORDER BY agency_id"), scanText[access.AgencyID])
}

// CaseEvents returns the timeline of a case, as far as its lines lie in the given parts, in the order in which things happened, the
// last first.
func (tx *Tx) CaseEvents(ctx context.Context, c casework.CaseID, parts []casework.Compartment, f casework.EventFilter) ([]casework.CaseEvent, error) {
	q := in(selectFrom(`SELECT id, case_id, at, actor, agency_id, what, part, record, text, trained, n, happened_at FROM case_event`).and("case_id = ?", string(c)), "part", parts)
	if f.What != "" {
		q.and("what LIKE ?", strings.NewReplacer("%", "", "_", "").Replace(f.What)+"%")
	}
	if f.Agency != "" {
		q.and("agency_id = ?", string(f.Agency))
	}
	if when, line, ok := strings.Cut(f.Before, "/"); ok {
		n, err := strconv.Atoi(line)
		if err != nil {
			return nil, nil
		}
		q.and("(happened_at, n) < (?, ?)", when, n)
	}
	order := "ORDER BY happened_at DESC, n DESC"
	if !f.All {
		order += fmt.Sprintf(" LIMIT %d", limit(f.Limit))
	}
	all, err := collect(ctx, tx, q.by(order), func(s scanner) (casework.CaseEvent, error) {
		var e casework.CaseEvent
		err := s.Scan(&e.ID, &e.Case, at(&e.At), &e.Actor, str(&e.Agency), &e.What, &e.Part, str(&e.Record), &e.Text, &e.Trained, &e.N, at(&e.Happened))
		return e, err
	})
	for i := range all {
		if err == nil {
			err = tx.unseal(ctx, string(c), all[i].ID, secret{"case_event.text", &all[i].Text})
		}
	}
	return all, err
}

const noteSelect = `SELECT id, case_id, part, nature, source, text, wish, at, author, agency_id, changed_at, editor, version FROM case_note`

func scanNote(s scanner) (casework.Note, error) {
	var n casework.Note
	err := s.Scan(&n.ID, &n.Case, &n.Part, &n.Nature, &n.Source, &n.Text, str(&n.Wish), at(&n.At), &n.Author, str(&n.Agency), at(&n.Changed), &n.Editor, &n.Version)
	return n, err
}

func (tx *Tx) openNote(ctx context.Context, n *casework.Note) error {
	return tx.unseal(ctx, string(n.Case), n.ID, secret{"case_note.source", &n.Source}, secret{"case_note.text", &n.Text})
}

// Note returns one statement.
func (tx *Tx) Note(ctx context.Context, id string) (casework.Note, error) {
	n, err := one(ctx, tx, selectFrom(noteSelect).and("id = ?", id), scanNote)
	if err != nil {
		return n, err
	}
	return n, tx.openNote(ctx, &n)
}

// Notes returns the statements of a case in the given parts, the newest first.
func (tx *Tx) Notes(ctx context.Context, c casework.CaseID, parts []casework.Compartment) ([]casework.Note, error) {
	all, err := collect(ctx, tx, in(selectFrom(noteSelect).and("case_id = ?", string(c)), "part", parts).by("ORDER BY at DESC, id"), scanNote)
	for i := range all {
		if err == nil {
			err = tx.openNote(ctx, &all[i])
		}
	}
	return all, err
}

// PutNote adds a statement (version 0) or changes one.
func (tx *Tx) PutNote(ctx context.Context, n casework.Note) error {
	fs, err := tx.seal(ctx, string(n.Case), "case_note", n.ID, map[string]sealed.Text{"source": n.Source, "text": n.Text})
	if err != nil {
		return err
	}
	return tx.save(ctx, "case_note", n.ID, n.Version, append(fs, field{"case_id", string(n.Case)}, field{"part", string(n.Part)}, field{"nature", string(n.Nature)},
		field{"wish", text(n.Wish)}, field{"at", moment(n.At)}, field{"author", string(n.Author)}, field{"agency_id", text(n.Agency)},
		field{"changed_at", moment(n.Changed)}, field{"editor", string(n.Editor)})...)
}

// PutMilestone counts how long something took, in whole hours, by region and month.
func (tx *Tx) PutMilestone(ctx context.Context, m casework.Milestone) error {
	on := 0
	if m.InTime {
		on = 1
	}
	hours := int(m.At.Sub(m.Start) / time.Hour)
	_, err := tx.exec(ctx, `INSERT INTO figure_cell (region_id, month, what, hours, n, in_time) VALUES ($1, $2, $3, $4, 1, $5)
		ON CONFLICT (month, region_id, what, hours) DO UPDATE SET n = figure_cell.n + 1, in_time = figure_cell.in_time + excluded.in_time`,
		string(m.Region), calendar.On(m.Start).String()[:7], m.What, hours, on)
	return err
}

// Loads counts the open cases of a unit by who leads them, and those of them with a term that is over.
func (tx *Tx) Loads(ctx context.Context, unit access.AgencyID) ([]casework.Load, error) {
	q := selectFrom(`SELECT c.lead_id, count(*), coalesce(sum(CASE WHEN EXISTS (SELECT 1 FROM clock AS k WHERE k.case_id = c.id AND k.state IN ('running', 'breached') AND k.due_at < $1)
		THEN 1 ELSE 0 END), 0) FROM case_file AS c`, moment(tx.Now())).and("c.agency_id = ?", string(unit)).and("c.closed_at IS NULL")
	return collect(ctx, tx, q.by("GROUP BY c.lead_id ORDER BY count(*) DESC, c.lead_id"), func(s scanner) (casework.Load, error) {
		var l casework.Load
		err := s.Scan(&l.Person, &l.Open, &l.Late)
		return l, err
	})
}

// Trained reports whether a person had completed a training by now.
func (tx *Tx) Trained(ctx context.Context, id access.PersonID) (bool, error) {
	n, err := tx.count(ctx, selectFrom(`SELECT count(*) FROM completion`).and("person_id = ?", string(id)))
	return n > 0, err
}

// TrainedOn returns on which days a person completed trainings, by now.
func (tx *Tx) TrainedOn(ctx context.Context, id access.PersonID) ([]calendar.Date, error) {
	return collect(ctx, tx, selectFrom(`SELECT completed_on FROM completion`).and("person_id = ?", string(id)).by("ORDER BY completed_on"), func(s scanner) (calendar.Date, error) {
		var d calendar.Date
		return d, s.Scan(on(&d))
	})
}

// Supported reports whether somebody who had completed a training has acted before in a case, or in another of the same child.
func (tx *Tx) Supported(ctx context.Context, c casework.CaseID) (bool, error) {
	n, err := tx.count(ctx, selectFrom(`SELECT count(*) FROM (SELECT 1 FROM case_event WHERE trained AND (case_id = $1 OR case_id IN (SELECT d.of_id FROM case_duplicate AS d WHERE d.case_id = $1)
		OR case_id IN (SELECT d.case_id FROM case_duplicate AS d WHERE d.of_id = $1 OR d.of_id IN (SELECT m.of_id FROM case_duplicate AS m WHERE m.case_id = $1))) LIMIT 1) AS t`, string(c)))
	return n > 0, err
}

const staffSelect = `SELECT p.id, p.name, p.lang, a.login, g.region_id, g.role FROM role_grant AS g JOIN account AS a ON a.person_id = g.person_id AND NOT g.waits
	JOIN person AS p ON p.id = g.person_id`

// AgencyStaff returns the people with an account and a role in an institution; of no institution, the coordinators and managers.
func (tx *Tx) AgencyStaff(ctx context.Context, id access.AgencyID) ([]casework.Colleague, error) {
	q := selectFrom(staffSelect).and("g.ended_at IS NULL").and("a.state = 'active'")
	if id == "" {
		q.and("g.role IN ('coordinator', 'manager')")
	} else {
		q.and("g.agency_id = ?", string(id))
	}
	return tx.colleagues(ctx, q)
}

// Officers returns the data protection officers.
func (tx *Tx) Officers(ctx context.Context) ([]casework.Colleague, error) {
	return tx.colleagues(ctx, selectFrom(staffSelect).and("g.ended_at IS NULL").and("a.state = 'active'").and("g.role = 'dataprotection'"))
}

func (tx *Tx) colleagues(ctx context.Context, q *query) ([]casework.Colleague, error) {
	var all []casework.Colleague
	_, err := collect(ctx, tx, q.by("ORDER BY p.sort, p.id, g.role"), func(s scanner) (struct{}, error) {
		var x casework.Colleague
		var r access.Role
		err := s.Scan(&x.Person, &x.Name, &x.Lang, &x.Email, str(&x.Region), &r)
		if n := len(all); n > 0 && all[n-1].Person == x.Person {
			all[n-1].Roles = append(all[n-1].Roles, r)
			return struct{}{}, err
		}
		x.Roles = []access.Role{r}
		all = append(all, x)
		return struct{}{}, err
	})
	return all, err
}

// bit is the place of a compartment in a set that is kept as a number. The order never changes; new ones are added at the end.
func bit(part casework.Compartment) int64 {
	return 1 << slices.Index([]casework.Compartment{
		casework.Core, casework.Identity, casework.Location, casework.Health, casework.School, casework.Police, casework.Voice, casework.Offender,
	}, part)
}

func bits(parts []casework.Compartment) int64 {
	var n int64
	for _, p := range parts {
		n |= bit(p)
	}
	return n
}

// partSet scans a set of compartments.
func partSet(p *[]casework.Compartment) scanFunc {
	return func(src any) error {
		n, ok := src.(int64)
		if !ok {
			return fmt.Errorf("column holds %T, not a number", src)
		}
		*p = nil
		for _, part := range casework.Compartments() {
			if n&bit(part) != 0 {
				*p = append(*p, part)
			}
		}
		return nil
	}
}
