package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/casework"
	"strengthen/internal/sealed"
)

var _ casework.Tx = (*Tx)(nil)

const signalSelect = `SELECT g.id, g.ref, g.receipt, g.channel, g.source, g.source_agency, g.source_person, g.knows_child, g.learned_at,
	g.received_at, g.first_at, g.entered_at, g.entered_by, g.unit_id, g.region_id, g.municipality_id, g.urgent, g.track, g.kinds, g.setting,
	g.band, g.sex, g.state, g.since_at, g.looked, g.taken_by, g.outcome, g.proposed_by, g.joined_to, g.case_id, g.was, g.narrative, g.register, g.place,
	g.child, g.carers, g.sender, g.reason, g.version,
	(SELECT min(k.due_at) FROM clock AS k WHERE k.signal_id = g.id AND k.state IN ('running', 'breached')) FROM signal AS g`

func scanSignal(s scanner) (casework.Signal, error) {
	var g casework.Signal
	err := s.Scan(&g.ID, &g.Ref, &g.Receipt, &g.Channel, &g.Source, str(&g.SourceAgency), str(&g.SourcePerson), &g.KnowsChild, at(&g.Learned),
		at(&g.Received), at(&g.First), at(&g.Entered), &g.EnteredBy, &g.Unit, &g.Region, str(&g.Municipality), &g.Urgent, &g.Track, words(&g.Kinds), str(&g.Setting),
		&g.Band, &g.Sex, &g.State, at(&g.Since), &g.Looked, str(&g.TakenBy), str(&g.Outcome), str(&g.ProposedBy), str(&g.JoinedTo), str(&g.Case), fromJSON(&g.Was), &g.Words.Narrative, &g.Words.Register, &g.Words.Place,
		&g.Words.Child, &g.Words.Carers, &g.Words.Sender, &g.Reason, &g.Version, at(&g.NextDue))
	return g, err
}

// words scans codes that are kept as one text with spaces between.
func words[T ~string](p *[]T) scanFunc {
	return func(src any) error {
		s, _, err := asString(src)
		*p = nil
		for _, w := range strings.Fields(s) {
			*p = append(*p, T(w))
		}
		return err
	}
}

// joined binds codes as one text with spaces between.
func joined[T ~string](all []T) string {
	parts := make([]string, len(all))
	for i, v := range all {
		parts[i] = string(v)
	}
	return strings.Join(parts, " ")
}

// openSignal unseals the words of a signal.
func (tx *Tx) openSignal(ctx context.Context, g *casework.Signal) error {
	return tx.unseal(ctx, string(g.ID), string(g.ID), secret{"signal.narrative", &g.Words.Narrative}, secret{"signal.register", &g.Words.Register}, secret{"signal.place", &g.Words.Place},
		secret{"signal.child", &g.Words.Child}, secret{"signal.carers", &g.Words.Carers}, secret{"signal.sender", &g.Words.Sender}, secret{"signal.reason", &g.Reason})
}

func (tx *Tx) oneSignal(ctx context.Context, q *query) (casework.Signal, error) {
	g, err := one(ctx, tx, q, scanSignal)
	if err != nil {
		return g, err
	}
	return g, tx.openSignal(ctx, &g)
}

// Signal returns one signal with its words.
func (tx *Tx) Signal(ctx context.Context, id casework.SignalID) (casework.Signal, error) {
	return tx.oneSignal(ctx, selectFrom(signalSelect).and("g.id = ?", string(id)))
}

// SignalByReceipt returns the signal of a code.
func (tx *Tx) SignalByReceipt(ctx context.Context, hash string) (casework.Signal, error) {
	return tx.oneSignal(ctx, selectFrom(signalSelect).and("g.receipt = ?", hash))
}

// SignalByRef returns the signal of a reference.
func (tx *Tx) SignalByRef(ctx context.Context, ref string) (casework.Signal, error) {
	return tx.oneSignal(ctx, selectFrom(signalSelect).and("g.ref = ?", strings.ToUpper(strings.TrimSpace(ref))))
}

// homeCase is the case to which a signal belongs, itself or through the signal with which it is kept.
const homeCase = "coalesce(g.case_id, (SELECT m.case_id FROM signal AS m WHERE m.id = g.joined_to))"

// signalScope says where a signal lies for a reader: the unit that has it; who entered it for another institution; and, once it
// belongs to a case, who is kept from the case, and living shares of everything of which its words may tell.
func (tx *Tx) signalScope() columns {
	now := moment(tx.Now())
	told := bits([]casework.Compartment{casework.Core, casework.Identity, casework.Location})
	through := fmt.Sprintf(`SELECT s.id FROM case_share AS h JOIN signal AS m ON m.case_id = h.case_id JOIN signal AS s ON s.id = m.id OR s.joined_to = m.id AND s.case_id IS NULL
		WHERE h.%%s = ? AND h.writes AND h.ended_at IS NULL AND h.from_at <= ? AND h.until_at > ? AND (h.parts & %d) = %d`, told, told)
	return columns{
		id: "g.id", region: "g.region_id", agency: "g.unit_id", own: "g.source_person",
		team: fmt.Sprintf(through, "person_id"), units: fmt.Sprintf(through, "agency_id"), more: []any{now, now},
		barred:     "EXISTS (SELECT 1 FROM case_barred AS b WHERE b.case_id = " + homeCase + " AND b.person_id = ?)",
		restricted: "EXISTS (SELECT 1 FROM case_file AS c WHERE c.id = " + homeCase + " AND c.restricted)",
	}
}

// Signals lists signals within the reader's scope, the newest first. Their words stay sealed.
func (tx *Tx) Signals(ctx context.Context, s access.Scope, f casework.SignalFilter) ([]casework.Signal, error) {
	return inHalves(s, limit(f.Limit), func(s access.Scope) ([]casework.Signal, error) { return tx.signalsWithin(ctx, s, f) },
		func(g casework.Signal) (time.Time, string) { return g.Received, string(g.ID) })
}

func (tx *Tx) signalsWithin(ctx context.Context, s access.Scope, f casework.SignalFilter) ([]casework.Signal, error) {
	q := selectFrom(signalSelect).within(s, tx.signalScope())
	if f.Unit != "" {
		q.and("g.unit_id = ?", string(f.Unit))
	}
	if f.Open {
		q.and("g.state IN ('received', 'acknowledged', 'screening', 'ending')")
	}
	if f.State != "" {
		q.and("g.state = ?", string(f.State))
	}
	if f.Track != "" {
		q.and("g.track = ?", string(f.Track))
	}
	if f.Ref != "" {
		q.and("g.ref = ?", strings.ToUpper(f.Ref))
	}
	if when, id, ok := strings.Cut(f.Before, "/"); ok {
		q.and("(g.received_at, g.id) < (?, ?)", when, id)
	}
	return tx.signals(ctx, q.by(fmt.Sprintf("ORDER BY g.received_at DESC, g.id DESC LIMIT %d", limit(f.Limit))))
}

// signals reads a list without the words.
func (tx *Tx) signals(ctx context.Context, q *query) ([]casework.Signal, error) {
	all, err := collect(ctx, tx, q, scanSignal)
	for i := range all {
		all[i].Words, all[i].Reason = casework.Words{}, ""
	}
	return all, err
}

// SignalsOf returns the signals of a case with their words, the first one first.
func (tx *Tx) SignalsOf(ctx context.Context, c casework.CaseID) ([]casework.Signal, error) {
	all, err := collect(ctx, tx, selectFrom(signalSelect).and("g.case_id = ?", string(c)).by("ORDER BY g.first_at, g.id"), scanSignal)
	for i := range all {
		if err == nil {
			err = tx.openSignal(ctx, &all[i])
		}
	}
	return all, err
}

// SignalsWaiting counts the signals of a unit that still wait for their end.
func (tx *Tx) SignalsWaiting(ctx context.Context, unit access.AgencyID) (int, error) {
	return tx.count(ctx, selectFrom(`SELECT count(*) FROM signal`).and("unit_id = ?", string(unit)).and("state IN ('received', 'acknowledged', 'screening', 'ending')"))
}

// SignalsJoined returns the signals that are kept with another.
func (tx *Tx) SignalsJoined(ctx context.Context, id casework.SignalID) ([]casework.Signal, error) {
	return tx.signals(ctx, selectFrom(signalSelect).and("g.joined_to = ?", string(id)).by("ORDER BY g.first_at, g.id"))
}

// SimilarSignals returns other signals of the same place since a moment, the newest first; of the whole region when either does
// not know the municipality.
func (tx *Tx) SimilarSignals(ctx context.Context, g casework.Signal, since time.Time) ([]casework.Signal, error) {
	q := selectFrom(signalSelect).and("g.region_id = ?", string(g.Region)).and("g.first_at >= ?", moment(since)).and("g.id <> ?", string(g.ID))
	if g.Municipality != "" {
		q.and("g.municipality_id = ? OR g.municipality_id IS NULL", g.Municipality)
	}
	return tx.signals(ctx, q.by("ORDER BY g.first_at DESC, g.id LIMIT 100"))
}

// PutSignal adds a signal (version 0) or changes one. What it says is written once and never again.
func (tx *Tx) PutSignal(ctx context.Context, g casework.Signal) error {
	columns := map[string]sealed.Text{"reason": g.Reason}
	fs := []field{{"unit_id", string(g.Unit)}, {"region_id", string(g.Region)}, {"municipality_id", text(g.Municipality)}, {"received_at", moment(g.Received)},
		{"state", string(g.State)}, {"since_at", moment(g.Since)}, {"looked", g.Looked}, {"taken_by", text(g.TakenBy)}, {"outcome", text(g.Outcome)},
		{"proposed_by", text(g.ProposedBy)}, {"joined_to", text(g.JoinedTo)}, {"case_id", text(g.Case)}, {"was", asJSON(g.Was)}}
	if g.Version == 0 {
		columns["narrative"], columns["register"], columns["place"], columns["child"], columns["carers"], columns["sender"] = g.Words.Narrative, g.Words.Register, g.Words.Place, g.Words.Child, g.Words.Carers, g.Words.Sender
		fs = append(fs, field{"ref", g.Ref}, field{"receipt", g.Receipt}, field{"channel", g.Channel}, field{"source", string(g.Source)},
			field{"source_agency", text(g.SourceAgency)}, field{"source_person", text(g.SourcePerson)}, field{"knows_child", g.KnowsChild},
			field{"learned_at", moment(g.Learned)}, field{"first_at", moment(g.First)}, field{"entered_at", moment(g.Entered)}, field{"entered_by", string(g.EnteredBy)},
			field{"urgent", g.Urgent}, field{"track", string(g.Track)}, field{"kinds", joined(g.Kinds)}, field{"setting", text(g.Setting)},
			field{"band", g.Band}, field{"sex", g.Sex})
	}
	sealedFields, err := tx.seal(ctx, string(g.ID), "signal", string(g.ID), columns)
	if err != nil {
		return err
	}
	return tx.save(ctx, "signal", string(g.ID), g.Version, append(fs, sealedFields...)...)
}

// PutSignalEvent adds a line to the history of a signal.
func (tx *Tx) PutSignalEvent(ctx context.Context, e casework.SignalEvent) error {
	fs, err := tx.seal(ctx, string(e.Signal), "signal_event", e.ID, map[string]sealed.Text{"note": e.Note})
	if err != nil {
		return err
	}
	return tx.lined(ctx, "signal_event", "signal_id", string(e.Signal), append(fs, field{"id", e.ID}, field{"at", moment(e.At)}, field{"actor", string(e.Actor)},
		field{"agency_id", text(e.Agency)}, field{"step", string(e.Step)}, field{"led_to", string(e.To)})...)
}

// SignalEvents returns the history of a signal, oldest first.
func (tx *Tx) SignalEvents(ctx context.Context, id casework.SignalID) ([]casework.SignalEvent, error) {
	all, err := collect(ctx, tx, selectFrom(`SELECT id, signal_id, at, actor, agency_id, step, led_to, note FROM signal_event`).
		and("signal_id = ?", string(id)).by("ORDER BY n"), func(s scanner) (casework.SignalEvent, error) {
		var e casework.SignalEvent
		err := s.Scan(&e.ID, &e.Signal, at(&e.At), &e.Actor, str(&e.Agency), &e.Step, &e.To, &e.Note)
		return e, err
	})
	for i := range all {
		if err == nil {
			err = tx.unseal(ctx, string(id), all[i].ID, secret{"signal_event.note", &all[i].Note})
		}
	}
	return all, err
}

// NextRef gives the next reference of a kind, region and year, such as PER-2026-0047; those of signals have an S before the
// number.
func (tx *Tx) NextRef(ctx context.Context, kind string, region access.RegionID, year int) (string, error) {
	var n int
	if !tx.allowed || tx.reading {
		return "", errUnallowed
	}
	err := tx.row(ctx, `INSERT INTO reference (kind, region_id, year, last) VALUES ($1, $2, $3, 1)
		ON CONFLICT (kind, region_id, year) DO UPDATE SET last = reference.last + 1 RETURNING last`, kind, string(region), year).Scan(&n)
	mark := ""
	if kind == "signal" {
		mark = "S"
	}
	return fmt.Sprintf("%s-%d-%s%04d", region, year, mark, n), err
}

// Territory returns the places whose signals come to a unit.
func (tx *Tx) Territory(ctx context.Context, unit access.AgencyID) ([]string, error) {
	return collect(ctx, tx, selectFrom(`SELECT place FROM territory`).and("agency_id = ?", string(unit)).by("ORDER BY place"), scanText[string])
}

// PutTerritory replaces the places whose signals come to a unit, and takes them from the units that had them.
func (tx *Tx) PutTerritory(ctx context.Context, unit access.AgencyID, places []string) error {
	if _, err := tx.exec(ctx, `DELETE FROM territory WHERE agency_id = $1`, string(unit)); err != nil {
		return err
	}
	for _, p := range places {
		if _, err := tx.exec(ctx, `DELETE FROM territory WHERE place = $1`, p); err != nil {
			return err
		}
		if err := tx.insert(ctx, "territory", field{"place", p}, field{"agency_id", string(unit)}); err != nil {
			return err
		}
	}
	return nil
}

// UnitFor returns the directorate whose territory a municipality, or a whole region, is.
func (tx *Tx) UnitFor(ctx context.Context, place string) (access.AgencyID, error) {
	return one(ctx, tx, selectFrom(`SELECT agency_id FROM territory`).and("place = ?", place).by("ORDER BY agency_id LIMIT 1"), scanText[access.AgencyID])
}
