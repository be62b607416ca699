package store

import (
	"context"
	"fmt"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/casework"
)

// DaysOff returns the days that decrees made free or working.
func (tx *Tx) DaysOff(ctx context.Context) (calendar.Decreed, error) {
	all := calendar.Decreed{}
	_, err := collect(ctx, tx, selectFrom(`SELECT on_day, off FROM day_off`), func(s scanner) (struct{}, error) {
		var d calendar.Date
		var off bool
		err := s.Scan(on(&d), &off)
		all[d] = off
		return struct{}{}, err
	})
	return all, err
}

// DecreedDays returns the days that decrees changed, the newest first.
func (tx *Tx) DecreedDays(ctx context.Context) ([]casework.DayOff, error) {
	return collect(ctx, tx, selectFrom(`SELECT on_day, off, source FROM day_off`).by("ORDER BY on_day DESC"), func(s scanner) (casework.DayOff, error) {
		var d casework.DayOff
		return d, s.Scan(on(&d.Day), &d.Off, &d.Source)
	})
}

// PutDayOff adds a day that a decree changed.
func (tx *Tx) PutDayOff(ctx context.Context, d casework.DayOff) error {
	return tx.insert(ctx, "day_off", field{"on_day", d.Day.String()}, field{"off", d.Off}, field{"source", d.Source})
}

// DropDayOff takes a day back that a decree changed.
func (tx *Tx) DropDayOff(ctx context.Context, d calendar.Date) error {
	return tx.put(ctx, `DELETE FROM day_off WHERE on_day = $1`, d.String())
}

// LiveClocks returns every clock that still waits for its event.
func (tx *Tx) LiveClocks(ctx context.Context) ([]casework.Clock, error) {
	return collect(ctx, tx, selectFrom(clockSelect).and("k.state IN ('running', 'paused', 'breached')").by("ORDER BY k.id"), scanClock)
}

const ruleSelect = `SELECT r.ref, r.version, r.name_bg, r.name_en, r.track, r.condition, r.starts, r.ends, r.receipt, r.n, r.unit, r.roll, r.practice, r.ladder,
	r.responsible, r.article, r.confidence, r.verified_by, r.verified_on, r.active, r.pauses FROM clock_rule AS r`

func scanRule(s scanner) (casework.ClockRule, error) {
	var r casework.ClockRule
	var ladder string
	err := s.Scan(&r.Ref, &r.Version, &r.NameBG, &r.NameEN, &r.Track, &r.When, &r.Starts, &r.Ends, &r.SinceReceipt, &r.Term.N, &r.Term.Unit, &r.RollBySetting, &r.Practice, &ladder,
		&r.Responsible, &r.Article, &r.Confidence, str(&r.VerifiedBy), on(&r.VerifiedOn), &r.Active, words(&r.Pauses))
	if err != nil {
		return r, err
	}
	r.Ladder, err = casework.ParseLadder(ladder)
	return r, err
}

// ClockRules returns the newest version of every rule.
func (tx *Tx) ClockRules(ctx context.Context) ([]casework.ClockRule, error) {
	return collect(ctx, tx, newestRules().by("ORDER BY r.ref"), scanRule)
}

// ClockRulesFrom returns the newest version of the rules among whose starts an event may be.
func (tx *Tx) ClockRulesFrom(ctx context.Context, e casework.Event) ([]casework.ClockRule, error) {
	return collect(ctx, tx, newestRules().and("r.starts LIKE ?", "%"+string(e)+"%").by("ORDER BY r.ref"), scanRule)
}

func newestRules() *query {
	return selectFrom(ruleSelect).and("r.version = (SELECT max(v.version) FROM clock_rule AS v WHERE v.ref = r.ref)")
}

// ClockRule returns one version of a rule; it is read once in a transaction.
func (tx *Tx) ClockRule(ctx context.Context, ref string, version int) (casework.ClockRule, error) {
	key := fmt.Sprint(ref, "/", version)
	if r, ok := tx.rules[key]; ok {
		return r, nil
	}
	r, err := one(ctx, tx, selectFrom(ruleSelect).and("r.ref = ?", ref).and("r.version = ?", version), scanRule)
	if err == nil {
		if tx.rules == nil {
			tx.rules = map[string]casework.ClockRule{}
		}
		tx.rules[key] = r
	}
	return r, err
}

// PutClockRule adds a version of a rule.
func (tx *Tx) PutClockRule(ctx context.Context, r casework.ClockRule) error {
	return tx.insert(ctx, "clock_rule", field{"ref", r.Ref}, field{"version", r.Version}, field{"name_bg", r.NameBG}, field{"name_en", r.NameEN}, field{"track", string(r.Track)},
		field{"condition", r.When}, field{"starts", r.Starts}, field{"ends", r.Ends}, field{"receipt", r.SinceReceipt}, field{"n", r.Term.N}, field{"unit", string(r.Term.Unit)},
		field{"roll", r.RollBySetting}, field{"practice", r.Practice}, field{"ladder", casework.LadderText(r.Ladder)}, field{"responsible", r.Responsible}, field{"article", r.Article},
		field{"confidence", r.Confidence}, field{"verified_by", text(r.VerifiedBy)}, field{"verified_on", day(r.VerifiedOn)}, field{"active", r.Active}, field{"pauses", joined(r.Pauses)}, field{"at", moment(tx.Now())})
}

const clockSelect = `SELECT k.id, k.signal_id, k.case_id, k.record, k.rule, k.rule_v, k.start_at, k.due_at, k.state, k.stopped_at, k.ended_at, k.late, k.next_at, k.rung,
	k.agency_id, k.person_id, k.region_id, k.version FROM clock AS k`

func scanClock(s scanner) (casework.Clock, error) {
	var c casework.Clock
	err := s.Scan(&c.ID, str(&c.Signal), str(&c.Case), str(&c.Record), &c.Rule, &c.Version, at(&c.Start), at(&c.Due), &c.State, at(&c.Stopped), at(&c.Ended), &c.Late, at(&c.Next), &c.Rung,
		str(&c.Agency), str(&c.Person), str(&c.Region), &c.Row)
	return c, err
}

// Clock returns one clock.
func (tx *Tx) Clock(ctx context.Context, id casework.ClockID) (casework.Clock, error) {
	return one(ctx, tx, selectFrom(clockSelect).and("k.id = ?", string(id)), scanClock)
}

// ClocksOf returns the clocks of a signal, of a case, or of both together, in the order of their ends, then of their rules.
func (tx *Tx) ClocksOf(ctx context.Context, g casework.SignalID, c casework.CaseID) ([]casework.Clock, error) {
	q := selectFrom(clockSelect)
	switch {
	case g != "" && c != "":
		q.and("k.signal_id = ? OR k.case_id = ?", string(g), string(c))
	case c != "":
		q.and("k.case_id = ?", string(c))
	default:
		q.and("k.signal_id = ?", string(g))
	}
	return collect(ctx, tx, q.by("ORDER BY k.due_at, k.rule, k.id"), scanClock)
}

// PutHappening keeps that something happened.
func (tx *Tx) PutHappening(ctx context.Context, h casework.Happening) error {
	return tx.insert(ctx, "happening", field{"id", h.ID}, field{"signal_id", text(h.Signal)}, field{"case_id", text(h.Case)}, field{"record", text(h.Record)}, field{"event", string(h.Event)}, field{"at", moment(h.At)})
}

// Happenings returns what happened to a signal, a case, or a record of theirs, oldest first.
func (tx *Tx) Happenings(ctx context.Context, g casework.SignalID, c casework.CaseID, record string) ([]casework.Happening, error) {
	q := selectFrom(`SELECT id, signal_id, case_id, record, event, at FROM happening`)
	switch {
	case g != "" && c != "":
		q.and("signal_id = ? OR case_id = ?", string(g), string(c))
	case c != "":
		q.and("case_id = ?", string(c))
	default:
		q.and("signal_id = ?", string(g))
	}
	q.and("coalesce(record, '') = ?", record)
	return collect(ctx, tx, q.by("ORDER BY at, id"), func(s scanner) (casework.Happening, error) {
		var h casework.Happening
		err := s.Scan(&h.ID, str(&h.Signal), str(&h.Case), str(&h.Record), &h.Event, at(&h.At))
		return h, err
	})
}

// PutClock adds a clock (row version 0) or changes one.
func (tx *Tx) PutClock(ctx context.Context, c casework.Clock) error {
	return tx.save(ctx, "clock", string(c.ID), c.Row, field{"signal_id", text(c.Signal)}, field{"case_id", text(c.Case)}, field{"record", text(c.Record)}, field{"rule", c.Rule}, field{"rule_v", c.Version},
		field{"start_at", moment(c.Start)}, field{"due_at", moment(c.Due)}, field{"state", string(c.State)}, field{"stopped_at", moment(c.Stopped)}, field{"ended_at", moment(c.Ended)},
		field{"late", c.Late}, field{"next_at", moment(c.Next)}, field{"rung", c.Rung}, field{"agency_id", text(c.Agency)}, field{"person_id", text(c.Person)}, field{"region_id", text(c.Region)})
}

// PutClockChange adds a line to the history of a clock.
func (tx *Tx) PutClockChange(ctx context.Context, c casework.ClockChange) error {
	return tx.lined(ctx, "clock_change", "clock_id", string(c.Clock), field{"id", c.ID}, field{"at", moment(c.At)}, field{"actor", string(c.Actor)}, field{"what", c.What},
		field{"old_start", moment(c.OldStart)}, field{"old_due", moment(c.OldDue)}, field{"old_state", string(c.OldState)}, field{"reason", text(c.Reason)}, field{"rung", c.Rung})
}

// ClockChanges returns the history of a clock, oldest first.
func (tx *Tx) ClockChanges(ctx context.Context, id casework.ClockID) ([]casework.ClockChange, error) {
	return collect(ctx, tx, selectFrom(`SELECT id, clock_id, at, actor, what, old_start, old_due, old_state, reason, rung FROM clock_change`).
		and("clock_id = ?", string(id)).by("ORDER BY n"), func(s scanner) (casework.ClockChange, error) {
		var c casework.ClockChange
		err := s.Scan(&c.ID, &c.Clock, at(&c.At), &c.Actor, &c.What, at(&c.OldStart), at(&c.OldDue), &c.OldState, str(&c.Reason), &c.Rung)
		return c, err
	})
}

// DueClocks returns at most n clocks whose next moment has come, the oldest first.
func (tx *Tx) DueClocks(ctx context.Context, n int) ([]casework.ClockID, error) {
	return collect(ctx, tx, selectFrom(`SELECT id FROM clock`).and("next_at <= ?", moment(tx.Now())).by(fmt.Sprintf("ORDER BY next_at, id LIMIT %d", n)), scanText[casework.ClockID])
}

// MyClocks returns the living clocks for which a person, or one of the person's institutions, is responsible, the next end first.
func (tx *Tx) MyClocks(ctx context.Context, person access.PersonID, agencies []access.AgencyID, n int) ([]casework.Clock, error) {
	q := selectFrom(clockSelect).and("k.state IN ('running', 'paused', 'breached')").and("k.person_id = ?", string(person))
	mine, err := collect(ctx, tx, q.by(fmt.Sprintf("ORDER BY k.due_at, k.id LIMIT %d", n)), scanClock)
	if err != nil || len(agencies) == 0 {
		return mine, err
	}
	q = in(selectFrom(clockSelect).and("k.state IN ('running', 'paused', 'breached')").and("k.person_id IS NULL"), "k.agency_id", agencies)
	ours, err := collect(ctx, tx, q.by(fmt.Sprintf("ORDER BY k.due_at, k.id LIMIT %d", n)), scanClock)
	return append(mine, ours...), err
}

const dutySelect = `SELECT id, agency_id, person_id, from_at, until_at, rung FROM duty`

func scanDuty(s scanner) (casework.Duty, error) {
	var d casework.Duty
	err := s.Scan(&d.ID, &d.Agency, &d.Person, at(&d.From), at(&d.Until), &d.Rung)
	return d, err
}

// OnDuty returns whose turn it is in an institution at a moment.
func (tx *Tx) OnDuty(ctx context.Context, agency access.AgencyID, when time.Time) ([]casework.Duty, error) {
	return collect(ctx, tx, selectFrom(dutySelect).and("agency_id = ?", string(agency)).and("from_at <= ?", moment(when)).and("until_at > ?", moment(when)).
		by("ORDER BY rung, from_at, id"), scanDuty)
}

// Rota returns the turns of an institution that are not over.
func (tx *Tx) Rota(ctx context.Context, agency access.AgencyID) ([]casework.Duty, error) {
	return collect(ctx, tx, selectFrom(dutySelect).and("agency_id = ?", string(agency)).and("until_at > ?", moment(tx.Now())).by("ORDER BY from_at, rung, id LIMIT 500"), scanDuty)
}

// Duty returns one turn.
func (tx *Tx) Duty(ctx context.Context, id string) (casework.Duty, error) {
	return one(ctx, tx, selectFrom(dutySelect).and("id = ?", id), scanDuty)
}

// PutDuty adds a turn.
func (tx *Tx) PutDuty(ctx context.Context, d casework.Duty) error {
	return tx.insert(ctx, "duty", field{"id", d.ID}, field{"agency_id", string(d.Agency)}, field{"person_id", string(d.Person)}, field{"from_at", moment(d.From)},
		field{"until_at", moment(d.Until)}, field{"rung", d.Rung})
}

// DropDuty takes a turn back.
func (tx *Tx) DropDuty(ctx context.Context, id string) error {
	return tx.put(ctx, `DELETE FROM duty WHERE id = $1`, id)
}
