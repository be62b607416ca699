package privacy_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"strengthen/internal/calendar"
	"strengthen/internal/fault"
	"strengthen/internal/privacy"
)

// kept is a record of the seeded house as a slow second look at the terms knows it.
type kept struct {
	class  privacy.Class
	id     string
	since  calendar.Date // zero: it goes on
	held   bool
	erased bool
}

// due says by hand, day by day, whether a record's term is over: the day of the month on which it ended, some months later, or
// the last day of a shorter month.
func (k kept) due(today calendar.Date, months int) bool {
	if k.since.IsZero() {
		return false
	}
	y, m, d := k.since.Parts()
	first := time.Date(y, m+time.Month(months), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	end := time.Date(first.Year(), first.Month(), min(d, last), 0, 0, 0, 0, time.UTC)
	ty, tm, td := today.Parts()
	return !time.Date(ty, tm, td, 0, 0, 0, 0, time.UTC).Before(end)
}

// Ten years on the clock: nothing overdue stays unproposed, what is held is neither proposed nor erased, and of what is erased
// nothing is found, in the database or in one that was restored from before.
func TestTenYearsOfTerms(t *testing.T) {
	each(t, func(w *world) {
		rnd := rand.New(rand.NewPCG(12, 2))
		start := w.clock.Now()
		var all []*kept
		for i := range 60 {
			ended := start.AddDate(0, 0, -rnd.IntN(900)).Add(-time.Duration(rnd.IntN(86400)) * time.Second)
			id := fmt.Sprintf("%03d", i)
			k := &kept{class: privacy.Cases, id: "case" + id, since: calendar.On(ended), held: i%7 == 0}
			switch {
			case i%3 == 0:
				k.class, k.id = privacy.Signals, "signal"+id
				w.putSignal(w.db, k.id, w.agency["ozd"], "no_action", ended, "")
			case i%10 == 1:
				k.since = calendar.Date{}
				w.putCase(w.db, k.id, w.agency["ozd"], time.Time{})
			default:
				w.putCase(w.db, k.id, w.agency["ozd"], ended)
			}
			all = append(all, k)
		}
		for _, k := range all {
			if k.held {
				name := map[privacy.Class]string{privacy.Cases: "ref-", privacy.Signals: "sig-"}[k.class] + k.id
				w.must(w.s.HoldNamed(w.Context(), w.person["officer"], k.class, name, "Висящо дело, което още тече."))
			}
		}
		terms := map[privacy.Class]int{privacy.Cases: 60, privacy.Signals: 36}
		for month := range 120 {
			w.clock.Set(start.AddDate(0, month, month%27))
			_, err := w.s.Propose(w.Context())
			w.must(err)
			b, err := w.s.Board(w.Context(), w.person["officer"], privacy.ItemFilter{States: []privacy.State{privacy.Proposed, privacy.Held}})
			w.must(err)
			proposed := map[string]privacy.Item{}
			for _, x := range b.Items {
				if x.State == privacy.Proposed {
					proposed[x.Record] = x
				}
			}
			for _, k := range all {
				want := !k.held && !k.erased && k.due(calendar.On(w.clock.Now()), terms[k.class])
				if x, got := proposed[k.id]; got != want {
					t.Fatalf("month %d, %s ended %s: proposed %v, want %v", month, k.id, k.since, got, want)
				} else if got && rnd.IntN(3) > 0 {
					w.must(w.s.Confirm(w.Context(), w.person["officer"], x.ID))
					w.must(w.s.Agree(w.Context(), w.person["head"], x.ID))
					k.erased = true
				}
			}
		}
		erased := 0
		for _, k := range all {
			there := w.count(`SELECT (SELECT count(*) FROM case_file WHERE id = $1) + (SELECT count(*) FROM signal WHERE id = $1 OR case_id = $1 OR id = $2) + (SELECT count(*) FROM record_key WHERE owner = $1 OR owner = $2)`, k.id, k.id+"s")
			if k.erased != (there == 0) {
				t.Errorf("%s: erased %v, %d rows", k.id, k.erased, there)
			}
			if k.erased {
				erased++
			}
			if !k.erased && !k.held && !k.since.IsZero() {
				t.Errorf("%s ended %s and was never erased in ten years", k.id, k.since)
			}
		}
		t.Logf("%d records, %d erased", len(all), erased)

		// A database from before forgets nothing that was erased since.
		before := house(t, w.db.Kind(), w.clock, w.ledger)
		w.exec(before, `INSERT INTO region SELECT 'PER', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 1, 1, 'x'`)
		w.exec(before, `INSERT INTO agency (id, name, name_fold, sort, kind, sector, region_id, version) VALUES ('a', 'x', 'x', 'x', 'sad', 'social', 'PER', 1)`)
		first := all[slices.IndexFunc(all, func(k *kept) bool { return k.erased && k.class == privacy.Cases })]
		w.putCase(before, first.id, "a", start)
		if n, err := before.Replay(t.Context()); err != nil || n < erased {
			t.Fatalf("the ledger erased %d of %d: %v", n, erased, err)
		}
		w.db = before
		if n := w.count(`SELECT (SELECT count(*) FROM case_file) + (SELECT count(*) FROM signal) + (SELECT count(*) FROM record_key)`); n != 0 {
			t.Errorf("%d rows of an erased case are back", n)
		}
	})
}

func TestErasureNeedsTwoPeople(t *testing.T) {
	each(t, func(w *world) {
		ctx := w.Context()
		w.putCase(w.db, "old", w.agency["ozd"], w.clock.Now().AddDate(-6, 0, 0))
		w.putCase(w.db, "older", w.agency["ozd2"], w.clock.Now().AddDate(-7, 0, 0))
		n, err := w.s.Propose(ctx)
		w.must(err)
		if n != 2 {
			t.Fatalf("%d proposed, want 2", n)
		}
		if n, err := w.s.Propose(ctx); err != nil || n != 0 {
			t.Errorf("proposed again: %d, %v", n, err)
		}
		item := func(record string) privacy.Item {
			b, err := w.s.Board(ctx, w.person["officer"], privacy.ItemFilter{States: []privacy.State{privacy.Proposed, privacy.Confirmed, privacy.Held, privacy.Lifted}})
			w.must(err)
			i := slices.IndexFunc(b.Items, func(x privacy.Item) bool { return x.Record == record })
			if i < 0 {
				t.Fatalf("%s is not on the board", record)
			}
			return b.Items[i]
		}
		old := item("old").ID
		for who, sees := range map[string]int{"head": 1, "head2": 1, "admin": 0, "officer2": 2} {
			b, err := w.s.Board(ctx, w.person[who], privacy.ItemFilter{States: []privacy.State{privacy.Proposed}})
			if err != nil || len(b.Items) != sees {
				t.Errorf("%s sees %d, want %d (%v)", who, len(b.Items), sees, err)
			}
		}
		w.want(fault.Conflict, w.s.Agree(ctx, w.person["officer2"], old), "what nobody confirmed")
		w.want(fault.Denied, w.s.Confirm(ctx, w.person["head"], old), "a head confirms first")
		w.must(w.s.Confirm(ctx, w.person["officer"], old))
		w.must(w.s.Confirm(ctx, w.person["officer"], old))
		w.want(fault.Conflict, w.s.Agree(ctx, w.person["officer"], old), "the same person twice")
		w.want(fault.Denied, w.s.Agree(ctx, w.person["head2"], old), "the head of another unit")
		w.want(fault.Denied, w.s.Agree(ctx, w.person["admin"], old), "an administrator, about a child")
		w.want(fault.Denied, w.s.Agree(ctx, w.person["worker"], old), "a caseworker")

		w.want(fault.Invalid, w.s.Hold(ctx, w.person["officer"], old, "дело"), "a hold without a reason")
		w.must(w.s.Hold(ctx, w.person["officer2"], old, "Съдът поиска преписката."))
		w.want(fault.Conflict, w.s.Agree(ctx, w.person["head"], old), "what is held")
		if x := item("old"); x.Why != "Съдът поиска преписката." || x.Holder != "Лице officer2" {
			t.Errorf("the hold reads %q by %q", x.Why, x.Holder)
		}
		if n := w.count(`SELECT count(*) FROM retention_item WHERE why LIKE '%Съдът%'`); n != 0 {
			t.Error("the reason of a hold lies open in the database")
		}
		w.must(w.s.Lift(ctx, w.person["officer"], old))
		_, err = w.s.Propose(ctx)
		w.must(err)
		w.must(w.s.Confirm(ctx, w.person["officer"], old))
		w.exec(w.db, `UPDATE case_file SET closed_at = NULL WHERE id = 'old'`)
		w.want(fault.Conflict, w.s.Agree(ctx, w.person["head"], old), "a case that was opened again")
		_, err = w.s.Propose(ctx)
		w.must(err)
		w.want(fault.NotFound, w.s.Agree(ctx, w.person["head"], old), "a proposal that was taken back")
		if n := w.count(`SELECT count(*) FROM case_file WHERE id = 'old'`); n != 1 {
			t.Error("the case is gone")
		}

		older := item("older").ID
		w.must(w.s.Confirm(ctx, w.person["officer"], older))
		w.must(w.s.Agree(ctx, w.person["officer2"], older))
		if n := w.count(`SELECT count(*) FROM audit_entry WHERE action = 'retention.agree' AND record = 'older' AND outcome = 'done' AND actor = $1`, string(w.person["officer2"].Person)); n != 1 {
			t.Errorf("%d entries of the erasure, want 1", n)
		}
	})
}

// A longer term takes back what was proposed under the shorter one; terms are changed with a reason, and by the officer only.
func TestTermsAreChangedWithAReason(t *testing.T) {
	each(t, func(w *world) {
		ctx := w.Context()
		w.putCase(w.db, "old", w.agency["ozd"], w.clock.Now().AddDate(-6, 0, 0))
		_, err := w.s.Propose(ctx)
		w.must(err)
		rules, err := w.s.Rules(ctx, w.person["officer"])
		w.must(err)
		if len(rules) != len(privacy.Classes()) || rules[0].Class != privacy.Cases || rules[0].Months != 60 {
			t.Fatalf("the terms are %+v", rules)
		}
		r := rules[0]
		r.Months, r.Source, r.Confidence = 120, "Заповед № 12", "A"
		w.want(fault.Invalid, w.s.SaveRule(ctx, w.person["officer"], r), "a term without a reason")
		r.Reason = "Комисията прие десет години."
		w.want(fault.Denied, w.s.SaveRule(ctx, w.person["head"], r), "a head changes a term")
		w.must(w.s.SaveRule(ctx, w.person["officer"], r))
		w.want(fault.Conflict, w.s.SaveRule(ctx, w.person["officer"], r), "by an old version")
		for _, months := range []int{0, -1, 601} {
			r.Months = months
			w.want(fault.Invalid, w.s.SaveRule(ctx, w.person["officer"], r), fmt.Sprint(months, " months"))
		}
		audit := rules[len(rules)-1]
		audit.Months, audit.Source, audit.Reason = 12, "никъде", "защото не ми харесва"
		w.want(fault.NotFound, w.s.SaveRule(ctx, w.person["officer"], audit), "the record of what was done")
		_, err = w.s.Propose(ctx)
		w.must(err)
		if n := w.count(`SELECT count(*) FROM retention_item`); n != 0 {
			t.Errorf("%d proposals stand under a term of ten years", n)
		}
	})
}

// Of former staff the name goes when the last role is long over and no case that is kept names them.
func TestFormerStaffLoseTheirNames(t *testing.T) {
	each(t, func(w *world) {
		before, long, lately := text(w.clock.Now().AddDate(-8, 0, 0)), text(w.clock.Now().AddDate(-6, 0, 0)), text(w.clock.Now().AddDate(-4, 0, 0))
		seven := text(w.clock.Now().AddDate(-7, 0, 0))
		w.putCase(w.db, "kept", w.agency["ozd"], time.Time{})
		w.exec(w.db, `UPDATE case_file SET opened_at = $1`, seven)
		units := map[string]string{"ozd": string(w.agency["ozd"]), "empty": "empty", "signals": "signals", "requests": "requests"}
		for _, id := range []string{"empty", "signals", "requests"} {
			w.exec(w.db, `INSERT INTO agency (id, name, name_fold, sort, kind, sector, region_id, version) VALUES ($1, $1, $1, $1, 'sad', 'social', 'PER', 1)`, id)
		}
		w.putSignal(w.db, "heard", "signals", "received", w.clock.Now().AddDate(-7, 0, 0), "")
		w.exec(w.db, `UPDATE signal SET received_at = $1`, seven)
		w.exec(w.db, `INSERT INTO case_request (id, case_id, n, from_agency, to_agency, kind, parts, state, since_at, due_on, until_at, sender, text, version) VALUES ('r', 'kept', 1, $2, 'requests', 'x', 0, 'asked', $1, '2020-01-01', $1, 'x', '', 1)`, seven, units["ozd"])
		for name, x := range map[string]struct {
			ended, until string // of the one role
			role         string
			unit         string // where, if anywhere
			does         string // what else there is of them
			gone         bool
		}{
			"left long ago":                {ended: long, role: "caseworker", unit: "empty", gone: true},
			"left before what is kept":     {ended: before, role: "caseworker", unit: "ozd", gone: true},
			"left after what is kept":      {ended: long, role: "caseworker", unit: "ozd"},
			"whose unit keeps a signal":    {ended: long, role: "caseworker", unit: "signals"},
			"whose unit keeps a request":   {ended: long, role: "partner", unit: "requests"},
			"whose role ran out":           {until: long, role: "partner", gone: true},
			"left lately":                  {ended: lately, role: "caseworker"},
			"still holds the role":         {role: "supervisor"},
			"gave a signal that is kept":   {ended: long, role: "partner", does: `UPDATE signal SET source_person = $1`},
			"reviewed an emergency access": {ended: long, role: "data_protection", does: `INSERT INTO glass_break (id, case_id, person_id, category, reason, at, until_at, reviewer, finding) VALUES ('b', 'kept', 'x', 'life', '', '2020-01-01T00:00:00.000000Z', '2020-01-01T03:00:00.000000Z', $1, '')`},
			"sat in a team that is kept":   {ended: long, role: "partner", does: `INSERT INTO case_seat (id, case_id, agency_id, place, function, person_id, from_at) SELECT 's', 'kept', agency_id, 'invited', 'x', $1, '2020-01-01T00:00:00.000000Z' FROM case_file WHERE id = 'kept'`},
			"took part lately":             {ended: long, role: "trainer", does: `INSERT INTO role_grant (id, person_id, role, granted_at, granted_by, ended_at) SELECT 'again', id, 'trainer', '2020-01-01T00:00:00.000000Z', 'x', '` + lately + `' FROM person WHERE id = $1`},
		} {
			w.exec(w.db, `INSERT INTO person (id, name, name_fold, sort, email, email_fold, lang, region_id, made_at, version) VALUES ($1, $1, $1, 'а', $1, $1, 'bg', 'PER', '2015-01-01T00:00:00.000000Z', 1)`, name)
			w.exec(w.db, `INSERT INTO role_grant (id, person_id, role, granted_at, granted_by, ended_at, until_at, agency_id) VALUES ($1, $1, $2, '2015-01-01T00:00:00.000000Z', 'x', NULLIF($3, ''), NULLIF($4, ''), NULLIF($5, ''))`,
				name, x.role, x.ended, x.until, units[x.unit])
			if x.does != "" {
				w.exec(w.db, x.does, name)
			}
			_, err := w.s.Propose(w.Context())
			w.must(err)
			n := w.count(`SELECT count(*) FROM retention_item WHERE class = 'person' AND record_id = $1 AND state = 'proposed'`, name)
			if x.gone != (n == 1) {
				t.Errorf("who %s: proposed %d times", name, n)
			}
		}
	})
}

// Of a person who only took part, who it was goes; that somebody took part stays. Mail loses its words by the month.
func TestPeopleAndMailLoseTheirNames(t *testing.T) {
	each(t, func(w *world) {
		ctx := w.Context()
		at := text(w.clock.Now().AddDate(-6, 0, 0))
		w.exec(w.db, `INSERT INTO person (id, name, name_fold, sort, email, email_fold, phone, lang, region_id, made_at, version) VALUES ('gone', 'Ана Маркерова', 'ана маркерова', 'а', 'ana.marker@example.org', 'ana.marker@example.org', '0888', 'bg', 'PER', $1, 1)`, at)
		w.exec(w.db, `INSERT INTO message (id, unique_key, kind, record_id, person_id, address, lang, vars, due_at, state, attempts) VALUES ('m', 'k', 'confirmed', 'r', NULL, 'ana.marker@example.org', 'bg', '{"number":"7"}', '2024-05-06T07:00:00.000000Z', 'sent', 1)`)
		w.exec(w.db, `INSERT INTO session (hash, person_id, made_at, seen_at, until_at, device) VALUES ('h', $2, $1, $1, '2024-05-06T07:00:00.000000Z', 'x')`, at, string(w.person["worker"].Person))
		_, err := w.s.Propose(ctx)
		w.must(err)
		admin, err := w.s.Board(ctx, w.person["admin"], privacy.ItemFilter{States: []privacy.State{privacy.Proposed}})
		w.must(err)
		var classes []privacy.Class
		for _, x := range admin.Items {
			classes = append(classes, x.Class)
			if x.Label == "Ана Маркерова" {
				t.Error("an administrator reads the name of a participant")
			}
			w.want(fault.Denied, w.s.Confirm(ctx, w.person["admin"], x.ID), "an administrator confirms first")
			w.must(w.s.Confirm(ctx, w.person["officer"], x.ID))
			w.want(fault.Denied, w.s.Agree(ctx, w.person["head"], x.ID), "a head, about no child")
			w.must(w.s.Agree(ctx, w.person["admin"], x.ID))
		}
		slices.Sort(classes)
		if !slices.Equal(classes, []privacy.Class{privacy.Mail, privacy.People, privacy.Sessions}) {
			t.Errorf("proposed: %v", classes)
		}
		for what, query := range map[string]string{
			"the person": `SELECT count(*) FROM person WHERE name LIKE '%Маркерова%' OR email <> '' AND id = 'gone' OR phone = '0888'`, "the mail": `SELECT count(*) FROM message WHERE id = 'm' AND (address <> '' OR vars <> '{}')`,
			"the session": `SELECT count(*) FROM session WHERE hash = 'h'`,
		} {
			if n := w.count(query); n != 0 {
				t.Errorf("%s is found", what)
			}
		}
		if n := w.count(`SELECT count(*) FROM person WHERE id = 'gone'`); n != 1 {
			t.Error("the row by which trainings are counted is gone")
		}
		if n, err := w.s.Propose(ctx); err != nil || n != 0 {
			t.Errorf("%d proposed again: %v", n, err)
		}
		if n, err := w.db.Replay(ctx); err != nil || n != 0 {
			t.Errorf("replay erased %d: %v", n, err)
		}
	})
}

// What was erased says who confirmed it, who agreed and when, and no more why it had been held; the signals that went with a case
// are on the record one by one.
func TestWhatStaysOfAnErasure(t *testing.T) {
	each(t, func(w *world) {
		ctx, officer := w.Context(), w.person["officer"]
		w.putCase(w.db, "old", w.agency["ozd"], w.clock.Now().AddDate(-6, 0, 0))
		w.must(w.s.HoldNamed(ctx, officer, privacy.Cases, "ref-old", "  Висящо дело, което още тече.  "))
		if n := w.count(`SELECT count(*) FROM audit_entry WHERE action = 'retention.hold' AND record = 'old' AND actor = $1`, string(officer.Person)); n != 1 {
			t.Errorf("%d entries of a hold by name", n)
		}
		one := func(states ...privacy.State) privacy.Item {
			t.Helper()
			b, err := w.s.Board(ctx, officer, privacy.ItemFilter{States: states})
			w.must(err)
			if len(b.Items) != 1 {
				t.Fatalf("%d items %v", len(b.Items), states)
			}
			return b.Items[0]
		}
		if x := one(privacy.Held); x.Why != "Висящо дело, което още тече." || x.HeldBy != officer.Person || !x.HeldAt.Equal(w.clock.Now()) {
			t.Errorf("held: %q at %v", x.Why, x.HeldAt)
		}
		id := one(privacy.Held).ID
		w.want(fault.Conflict, w.s.Confirm(ctx, officer, id), "confirming what is held")
		w.want(fault.Conflict, w.s.Hold(ctx, officer, id, "И още едно дело тече."), "holding what is held")
		w.must(w.s.Lift(ctx, officer, id))
		w.want(fault.Conflict, w.s.Lift(ctx, officer, id), "lifting what is not held")
		if x := one(privacy.Lifted); x.Why != "" || x.HeldBy != "" || !x.HeldAt.IsZero() || !x.Due.IsZero() {
			t.Errorf("lifted, and it says %q, due %s", x.Why, x.Due)
		}
		_, err := w.s.Propose(ctx)
		w.must(err)
		if x := one(privacy.Proposed); x.Due != calendar.On(w.clock.Now().AddDate(-1, 0, 0)) {
			t.Errorf("due %s, five years after the end", x.Due)
		}
		w.must(w.s.Confirm(ctx, officer, id))
		confirmed := w.clock.Now()
		w.clock.Move(time.Hour)
		w.must(w.s.Agree(ctx, w.person["head"], id))
		x := one(privacy.Erased)
		if x.ConfirmedBy != officer.Person || !x.ConfirmedAt.Equal(confirmed) || x.ErasedBy != w.person["head"].Person || !x.ErasedAt.Equal(w.clock.Now()) || x.Why != "" {
			t.Errorf("erased: %+v", x)
		}
		w.want(fault.Conflict, w.s.Hold(ctx, officer, id, "Висящо дело, което още тече."), "holding what is gone")
		if n := w.count(`SELECT count(*) FROM audit_entry WHERE action = 'retention.agree' AND record = 'olds' AND kind = 'signal'`); n != 1 {
			t.Errorf("%d entries of the signal that went with the case", n)
		}
		b, err := w.s.Board(ctx, officer, privacy.ItemFilter{})
		if err != nil || b.Counts[privacy.Erased] != 1 {
			t.Errorf("the officer counts %v (%v)", b.Counts, err)
		}
		if b, err = w.s.Board(ctx, w.person["head"], privacy.ItemFilter{}); err != nil || b.Counts != nil {
			t.Errorf("a head counts %v of the house (%v)", b.Counts, err)
		}
		for _, who := range []string{"worker", "manager"} {
			_, err := w.s.Board(ctx, w.person[who], privacy.ItemFilter{})
			w.want(fault.Denied, err, who+" sees what is due")
			_, err = w.s.Rules(ctx, w.person[who])
			w.want(fault.Denied, err, who+" sees the terms")
		}
	})
}

func TestWhatATermNeeds(t *testing.T) {
	each(t, func(w *world) {
		for name, tc := range map[string]struct {
			change func(*privacy.Rule)
			field  string
		}{
			"a month":              {func(r *privacy.Rule) { r.Months = 1 }, ""},
			"fifty years":          {func(r *privacy.Rule) { r.Months = 600 }, ""},
			"a month more":         {func(r *privacy.Rule) { r.Months = 601 }, "months"},
			"never":                {func(r *privacy.Rule) { r.Months = 0 }, "months"},
			"surer than sure":      {func(r *privacy.Rule) { r.Confidence = "D" }, "confidence"},
			"a source of a sign":   {func(r *privacy.Rule) { r.Source = "§" }, "source"},
			"a reason of a word":   {func(r *privacy.Rule) { r.Reason = "така" }, "reason"},
			"a class that is none": {func(r *privacy.Rule) { r.Class = "weather" }, ""},
		} {
			rules, err := w.s.Rules(w.Context(), w.person["officer"])
			w.must(err)
			r := rules[0]
			r.Months, r.Source, r.Confidence, r.Reason = 120, "Заповед № 12", "A", "Комисията прие десет години."
			tc.change(&r)
			err = w.s.SaveRule(w.Context(), w.person["officer"], r)
			if all := fault.All(err); tc.field != "" && (len(all) != 1 || all[0].Field != tc.field) {
				t.Errorf("%s: %v, want a fault at %s", name, err, tc.field)
			}
			if r.Class == "weather" {
				w.want(fault.NotFound, err, name)
			} else if tc.field == "" && err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		rules, err := w.s.Rules(w.Context(), w.person["officer"])
		w.must(err)
		if r := rules[0]; r.By != w.person["officer"].Person || !r.At.Equal(w.clock.Now()) {
			t.Errorf("changed by %q at %v", r.By, r.At)
		}
	})
}
