package privacy_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/fault"
	"strengthen/internal/privacy"
	"strengthen/internal/store"
	"strengthen/internal/testkit"
)

func (w *world) entered(received string, address string) privacy.Request {
	w.Helper()
	id, err := w.s.Enter(w.Context(), w.person["officer"], w.key(), privacy.Request{Right: privacy.ToAccess, Received: calendar.MustDate(received), Who: "Маркер Маркеров, гр. Перник", Asks: "Искам копие на всичко за мен."}, address)
	w.must(err)
	r, err := w.s.OpenRequest(w.Context(), w.person["officer"], id)
	w.must(err)
	return r
}

// The term is one month from receipt, the last day of a shorter month where there is no such day; two more months once, with a
// reason, within the first (GDPR, article 12(3)).
func TestTheTermsOfARequest(t *testing.T) {
	each(t, func(w *world) {
		w.clock.Set(time.Date(2026, 1, 31, 8, 0, 0, 0, time.UTC))
		ctx, officer := w.Context(), w.person["officer"]
		for received, want := range map[string]fault.Kind{"2025-01-31": "", "2025-01-30": fault.Invalid, "2026-02-01": fault.Invalid} {
			_, err := w.s.Enter(ctx, officer, w.key(), privacy.Request{Right: privacy.ToErase, Received: calendar.MustDate(received), Who: "майката", Asks: "изтриване"}, "")
			w.want(want, err, "received on "+received)
		}
		w.exec(w.db, "DELETE FROM subject_request")
		for received, due := range map[string]string{"2026-01-31": "2026-02-28", "2026-01-15": "2026-02-15", "2025-12-31": "2026-01-31"} {
			if r := w.entered(received, ""); r.Due.String() != due || r.State != privacy.Open {
				t.Errorf("received %s: due %s, want %s", received, r.Due, due)
			}
		}
		r := w.entered("2026-01-31", "")
		w.want(fault.Invalid, w.s.Extend(ctx, officer, r.ID, r.Version, "сложно"), "without a reason")
		w.want(fault.Denied, w.s.Extend(ctx, w.person["manager"], r.ID, r.Version, "Преписката е в три тома."), "by a manager")
		w.must(w.s.Extend(ctx, officer, r.ID, r.Version, "Преписката е в три тома."))
		w.want(fault.Conflict, w.s.Extend(ctx, officer, r.ID, r.Version+1, "И още малко, моля."), "a second time")
		longer, err := w.s.OpenRequest(ctx, officer, r.ID)
		if err != nil || longer.Due.String() != "2026-04-30" || longer.Extension != "Преписката е в три тома." {
			t.Errorf("longer until %s (%v), want 2026-04-30", longer.Due, err)
		}
		last := w.entered("2025-12-31", "")
		w.must(w.s.Extend(ctx, officer, last.ID, last.Version, "Преписката е в три тома.")) // on the last day of the first term
		w.exec(w.db, "DELETE FROM subject_request WHERE id = $1", last.ID)
		late := w.entered("2025-12-30", "")
		if !late.Overdue(calendar.MustDate("2026-01-31")) || late.Overdue(calendar.MustDate("2026-01-30")) {
			t.Error("the day on which a request is overdue is wrong")
		}
		w.want(fault.Conflict, w.s.Extend(ctx, officer, late.ID, late.Version, "Преписката е в три тома."), "after the first term")

		refuse := privacy.Request{State: privacy.Refused, Ground: "right", Decision: "Няма да дадем копие."}
		w.want(fault.Invalid, w.s.Decide(ctx, officer, late.ID, late.Version, refuse), "a refusal on the right itself")
		refuse.Ground = "37a"
		for field, change := range map[string]func(*privacy.Request){
			"outcome": func(r *privacy.Request) { r.State = "postponed" }, "ground": func(r *privacy.Request) { r.Ground = "99" }, "decision": func(r *privacy.Request) { r.Decision = "  не  " },
		} {
			bad := refuse
			change(&bad)
			if all := fault.All(w.s.Decide(ctx, officer, late.ID, late.Version, bad)); len(all) != 1 || all[0].Field != field {
				t.Errorf("a decision with a bad %s: %v", field, all)
			}
		}
		w.must(w.s.Decide(ctx, officer, late.ID, late.Version, refuse))
		decided, err := w.s.OpenRequest(ctx, officer, late.ID)
		if err != nil || decided.State != privacy.Refused || decided.Ground != "37a" || decided.Decision != refuse.Decision || decided.DecidedBy != officer.Person || !decided.Decided.Equal(w.clock.Now()) {
			t.Errorf("decided: %+v (%v)", decided, err)
		}
		w.want(fault.Conflict, w.s.Decide(ctx, officer, late.ID, late.Version+1, refuse), "a second decision")
		if n := w.count(`SELECT count(*) FROM subject_request WHERE who LIKE '%Маркер%' OR asks LIKE '%копие%' OR decision LIKE '%копие%' OR extension LIKE '%Преписката%'`); n != 0 {
			t.Error("words of the register lie open in the database")
		}
		open, err := w.s.Register(ctx, officer, true)
		all, e := w.s.Register(ctx, officer, false)
		if err != nil || e != nil || len(open) != 4 || len(all) != 5 || open[0].Due.String() != "2026-01-31" {
			t.Errorf("%d open, %d in all (%v, %v); the first is due %s", len(open), len(all), err, e, open[0].Due)
		}
		_, err = w.s.Enter(ctx, officer, w.key(), privacy.Request{Right: "everything", Received: calendar.MustDate("2026-02-01"), Who: "я", Asks: ""}, "nobody@example.org")
		if got := len(fault.All(err)); got != 5 {
			t.Errorf("%d faults of a form where everything is wrong: %v", got, err)
		}
	})
}

// Every table is filled with rows that carry a number, and row i refers to row i: a copy of one person holds that number only.
func TestACopyHoldsNothingOfOthers(t *testing.T) {
	for _, kind := range []store.Kind{store.SQLite, store.Postgres} {
		t.Run(string(kind), func(t *testing.T) {
			w := &world{T: t, clock: testkit.NewClock()}
			w.db = house(t, kind, w.clock, nil)
			testkit.Fill(t, testkit.Raw(t, w.db), map[store.Kind]string{store.SQLite: "sqlite", store.Postgres: "pgx"}[kind], 12)
			w.exec(w.db, `UPDATE message SET person_id = replace(person_id, 'person_id', 'id')`)
			numbered := regexp.MustCompile(`-(\d+)$`)
			for _, n := range []string{"3", "7", "11"} {
				var all []privacy.Section
				w.must(store.For[privacy.Tx]{DB: w.db}.View(t.Context(), access.TheSystem(), func(tx privacy.Tx) (err error) {
					all, err = tx.Copy(t.Context(), access.PersonID("person_id-"+n))
					if len(all) > 0 {
						t.Errorf("a copy for nobody has %d sections", len(all))
					}
					all, err = tx.Copy(t.Context(), access.PersonID("id-"+n))
					return err
				}))
				seen, values := map[string]bool{}, 0
				for _, s := range all {
					seen[s.Name] = true
					for _, row := range s.Rows {
						if len(row) != len(s.Columns) {
							t.Errorf("%s: %d cells under %d columns", s.Name, len(row), len(s.Columns))
						}
						for _, v := range row {
							if m := numbered.FindStringSubmatch(v); m != nil {
								values++
								if m[1] != n {
									t.Errorf("%s of person %s holds %q", s.Name, n, v)
								}
							}
						}
					}
				}
				for _, name := range strings.Fields("person account roles seats steps attendance completion certificates invitations mail sessions passkeys") {
					if !seen[name] {
						t.Errorf("the copy of person %s lacks %s", n, name)
					}
				}
				if values < 30 {
					t.Errorf("only %d values were looked at", values)
				}
			}
		})
	}
}

func TestWhoTakesACopy(t *testing.T) {
	each(t, func(w *world) {
		ctx := w.Context()
		r := w.entered("2026-03-01", "Manager@example.org ")
		if r.Person != w.person["manager"].Person {
			t.Fatalf("tied to %q", r.Person)
		}
		copied, err := w.s.CopyFor(ctx, w.person["officer"], r.ID)
		if err != nil || copied[0].Rows[0][0] != "Лице manager" {
			t.Fatalf("%v: %v", err, copied)
		}
		own, err := w.s.OwnCopy(ctx, w.person["manager"])
		if err != nil || own[0].Rows[0][1] != "manager@example.org" {
			t.Fatalf("%v: %v", err, own)
		}
		for _, who := range []string{"admin", "head", "manager"} {
			_, err := w.s.CopyFor(ctx, w.person[who], r.ID)
			w.want(fault.Denied, err, who)
		}
		_, err = w.s.CopyFor(ctx, w.person["officer"], w.entered("2026-03-01", "").ID)
		w.want(fault.NotFound, err, "of nobody whom the programme knows")
		if n := w.count(`SELECT count(*) FROM audit_entry WHERE action = 'copy.take' AND record = $1 AND outcome = 'done'`, string(r.Person)); n != 1 {
			t.Errorf("%d entries of the copy, want 1", n)
		}
	})
}
