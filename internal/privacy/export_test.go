package privacy_test

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/privacy"
)

func (w *world) asks(who string, x privacy.Export) string {
	w.Helper()
	x.Purpose, x.Recipient = "Отчет пред Комисията за май", "Европейска комисия, Маркер Маркеров"
	id, err := w.s.Ask(w.Context(), w.person[who], w.key(), x)
	w.must(err)
	return id
}

func (w *world) export(id string) privacy.Export {
	w.Helper()
	all, err := w.s.ExportList(w.Context(), w.person["officer"])
	w.must(err)
	return all[slices.IndexFunc(all, func(x privacy.Export) bool { return x.ID == id })]
}

func TestAnExportIsAJobThatLeavesOnce(t *testing.T) {
	each(t, func(w *world) {
		ctx := w.Context()
		w.exec(w.db, `WITH RECURSIVE n (i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < 1599)
			INSERT INTO person (id, name, name_fold, sort, email, email_fold, lang, region_id, made_at, version)
			SELECT 'p' || i, 'Маркер ' || i, 'x', 'p' || i, i || '@example.org', i || '@example.org', 'bg', 'PER', '2026-01-01T00:00:00.000000Z', 1 FROM n`)
		people := privacy.Export{What: privacy.ThePeople, Fields: []string{"region", "name", "nonsense"}}
		id := w.asks("manager", people)
		if x := w.export(id); x.State != privacy.Asked || x.Total != 608 || fmt.Sprint(x.Fields) != "[name region]" {
			t.Fatalf("asked: %s, %d rows of %v", x.State, x.Total, x.Fields)
		}
		w.must(w.s.Run(ctx))
		_, _, err := w.s.Take(ctx, w.person["manager"], id)
		w.want(fault.Conflict, err, "before the second person")
		w.want(fault.Denied, w.s.Answer(ctx, w.person["manager"], id, true), "the one who asked")
		w.want(fault.Denied, w.s.Answer(ctx, w.person["head"], id, true), "a head")
		w.must(w.s.Answer(ctx, w.person["admin"], id, true))
		w.want(fault.Conflict, w.s.Answer(ctx, w.person["officer"], id, true), "a third person")
		w.exec(w.db, `INSERT INTO person (id, name, name_fold, sort, email, email_fold, lang, region_id, made_at, version) VALUES ('late', 'Късен Човек', 'x', 'p', 'late@example.org', 'x', 'bg', 'PER', 'x', 1)`)
		w.must(w.s.Run(ctx))
		if x := w.export(id); x.State != privacy.Ready || x.Done != 608 {
			t.Fatalf("made: %s, %d rows, not one more than was agreed to", x.State, x.Done)
		}
		if n := w.count(`SELECT count(*) FROM export_piece`); n != 3 {
			t.Errorf("%d pieces", n)
		}
		if n := w.count(`SELECT (SELECT count(*) FROM export_piece WHERE body LIKE '%Маркер%') + (SELECT count(*) FROM export_job WHERE purpose LIKE '%Отчет%' OR recipient LIKE '%Маркер%')`); n != 0 {
			t.Error("an export lies open in the database")
		}
		_, _, err = w.s.Take(ctx, w.person["officer"], id)
		w.want(fault.Denied, err, "somebody else takes it")
		x, rows, err := w.s.Take(ctx, w.person["manager"], id)
		w.must(err)
		seen := map[string]bool{}
		for _, r := range rows {
			if len(r) != len(x.Fields) {
				t.Fatalf("a row of %d for %v", len(r), x.Fields)
			}
			seen[r[0]] = true
		}
		if len(rows) != 608 || len(seen) != 608 {
			t.Errorf("%d rows, %d of them different, want 608", len(rows), len(seen))
		}
		_, _, err = w.s.Take(ctx, w.person["manager"], id)
		w.want(fault.Conflict, err, "a second time")
		if n := w.count(`SELECT (SELECT count(*) FROM export_piece) + (SELECT count(*) FROM record_key WHERE owner LIKE '%.file')`); n != 0 {
			t.Error("the file or its key stays after it was taken")
		}
		for action, n := range map[access.Action]int{access.TakeExport: 1, access.AgreeExport: 1} {
			if got := w.count(`SELECT count(*) FROM audit_entry WHERE action = $1 AND record = $2 AND outcome = 'done'`, string(action), id); got != n {
				t.Errorf("%d entries of %s, want %d", got, action, n)
			}
		}
	})
}

func TestAnExportEndsByItself(t *testing.T) {
	each(t, func(w *world) {
		ctx := w.Context()
		small := privacy.Export{What: privacy.ThePeople, Fields: []string{"email"}}
		ready, ended := w.asks("manager", small), w.asks("manager", small)
		w.must(w.s.Run(ctx))
		w.clock.Move(24*time.Hour - time.Second)
		if _, _, err := w.s.Take(ctx, w.person["manager"], ready); err != nil {
			t.Errorf("one second before its end: %v", err)
		}
		w.clock.Move(time.Second)
		_, _, err := w.s.Take(ctx, w.person["manager"], ended)
		w.want(fault.Conflict, err, "at its end, with no job in between")
		w.must(w.s.Run(ctx))
		if x := w.export(ended); x.State != privacy.Expired || w.count(`SELECT count(*) FROM export_piece`) != 0 {
			t.Errorf("after its end it is %s", x.State)
		}

		w.want(fault.Denied, w.s.SetLarge(ctx, w.person["admin"], 1), "an administrator sets what is large")
		w.must(w.s.SetLarge(ctx, w.person["officer"], 3))
		asked := w.asks("manager", small)
		w.clock.Move(7 * 24 * time.Hour)
		w.must(w.s.Run(ctx))
		if x := w.export(asked); x.State != privacy.Expired {
			t.Errorf("a week without an answer: %s", x.State)
		}
		declined := w.asks("officer", small)
		w.want(fault.Conflict, w.s.Answer(ctx, w.person["officer"], declined, true), "the same person twice")
		w.must(w.s.Answer(ctx, w.person["officer2"], declined, false))
		if x := w.export(declined); x.State != privacy.Declined {
			t.Errorf("declined: %s", x.State)
		}

		if x := w.export(declined); x.Second != w.person["officer2"].Person || !x.SecondAt.Equal(w.clock.Now()) || !x.Ended.Equal(w.clock.Now()) {
			t.Errorf("declined by %q at %v, ended %v", x.Second, x.SecondAt, x.Ended)
		}

		left := w.asks("officer2", small)
		w.must(w.s.Answer(ctx, w.person["officer"], left, true))
		w.must(w.org.Suspend(ctx, operator, w.person["officer2"].Person))
		w.must(w.s.Run(ctx))
		if x := w.export(left); x.State != privacy.Failed {
			t.Errorf("its owner was suspended meanwhile: %s", x.State)
		}
		failed := w.asks("manager", small)
		w.must(w.s.Answer(ctx, w.person["officer"], failed, true))
		w.exec(w.db, `UPDATE role_grant SET ended_at = '2026-03-02T00:00:00.000000Z' WHERE role = 'manager'`)
		w.must(w.s.Run(ctx))
		if x := w.export(failed); x.State != privacy.Failed {
			t.Errorf("its owner lost the role meanwhile: %s", x.State)
		}
	})
}

// An export of as many rows as is still small needs no second person, one more does; what is taken says until when it waited.
func TestWhereLargeBegins(t *testing.T) {
	each(t, func(w *world) {
		ctx, officer := w.Context(), w.person["officer"]
		people := w.count(`SELECT count(*) FROM person`)
		for large, state := range map[int]privacy.ExportState{people: privacy.Queued, people - 1: privacy.Asked} {
			w.must(w.s.SetLarge(ctx, officer, large))
			x := w.export(w.asks("manager", privacy.Export{What: privacy.ThePeople, Fields: []string{"email"}}))
			if x.State != state {
				t.Errorf("%d rows where more than %d are large: %s", people, large, x.State)
			}
			w.must(w.s.Run(ctx))
			if x = w.export(x.ID); state == privacy.Queued && (!x.Ready.Equal(w.clock.Now()) || !x.Until.Equal(w.clock.Now().Add(24*time.Hour))) {
				t.Errorf("ready %v until %v", x.Ready, x.Until)
			}
		}
		for n, want := range map[int]fault.Kind{-1: fault.Invalid, 0: "", 20_000: "", 20_001: fault.Invalid} {
			w.want(want, w.s.SetLarge(ctx, officer, n), fmt.Sprint("large is more than ", n))
		}
		_, err := w.s.Ask(ctx, w.person["head"], w.key(), privacy.Export{What: privacy.TheCases, Fields: []string{"ref"}, Purpose: "за всеки случай", Recipient: "никой"})
		if all := fault.All(err); len(all) != 1 || all[0].Field != "what" {
			t.Errorf("an export of no case: %v", err)
		}
		w.putCase(w.db, "mine", w.agency["ozd"], time.Time{})
		w.exec(w.db, `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 999)
			INSERT INTO case_file (id, ref, band, sex, region_id, agency_id, lead_id, track, kinds, state, since_at, episode, received_at, opened_at, urgent, protected, placed, court, on_hold, restricted, version)
			SELECT 'c' || i, 'c' || i, band, sex, region_id, agency_id, lead_id, track, kinds, state, since_at, episode, received_at, opened_at, urgent, protected, placed, court, on_hold, FALSE, version FROM case_file, n WHERE id = 'mine'`)
		if x := w.export(w.asks("head", privacy.Export{What: privacy.TheCases, Fields: []string{"ref"}})); x.Total != 1000 {
			t.Errorf("the thousand that a head may take: %d", x.Total)
		}
		_, err = w.s.ExportList(ctx, w.person["worker"])
		w.want(fault.Denied, err, "a caseworker lists exports")
		for n, want := range map[int]fault.Kind{15: fault.Invalid, 16: "", 200: "", 201: fault.Invalid} {
			w.want(want, privacy.Passphrase(strings.Repeat("ж", n)), fmt.Sprint("a passphrase of ", n))
		}
	})
}

// What somebody may not see does not leave, whatever is asked for; and a role has its limit.
func TestWhatMayLeave(t *testing.T) {
	each(t, func(w *world) {
		ctx := w.Context()
		w.putCase(w.db, "mine", w.agency["ozd"], time.Time{})
		w.putCase(w.db, "theirs", w.agency["ozd2"], time.Time{})
		w.putCase(w.db, "secret", w.agency["ozd"], time.Time{})
		w.exec(w.db, `UPDATE case_file SET restricted = TRUE WHERE id = 'secret'`)
		id := w.asks("head", privacy.Export{What: privacy.TheCases, Fields: []string{"ref", "opened"}})
		w.must(w.s.Run(ctx))
		_, rows, err := w.s.Take(ctx, w.person["head"], id)
		if err != nil || len(rows) != 1 || rows[0][0] != "REF-MINE" {
			t.Errorf("a head takes %v: %v", rows, err)
		}
		for _, x := range []struct {
			who  string
			what privacy.What
		}{{"head", privacy.ThePeople}, {"head", privacy.TheActs}, {"manager", privacy.TheCases}, {"manager", privacy.TheActs}, {"officer", privacy.TheCases}, {"manager", "everything"}} {
			_, err := w.s.Ask(ctx, w.person[x.who], w.key(), privacy.Export{What: x.what, Fields: x.what.Fields(), Purpose: "за всеки случай", Recipient: "никой"})
			w.want(fault.Invalid, err, x.who+" asks for "+string(x.what))
		}
		for _, who := range []string{"worker", "admin"} {
			_, err := w.s.Ask(ctx, w.person[who], w.key(), privacy.Export{What: privacy.ThePeople, Fields: []string{"name"}, Purpose: "за всеки случай", Recipient: "никой"})
			w.want(fault.Denied, err, who+" asks")
		}
		_, err = w.s.Ask(ctx, w.person["manager"], w.key(), privacy.Export{What: privacy.ThePeople, Fields: []string{"ref"}, Purpose: "така", Recipient: ""})
		if n := len(fault.All(err)); n != 3 {
			t.Errorf("%d faults, want 3: %v", n, err)
		}
		w.exec(w.db, `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1001)
			INSERT INTO case_file (id, ref, band, sex, region_id, agency_id, lead_id, track, kinds, state, since_at, episode, received_at, opened_at, urgent, protected, placed, court, on_hold, restricted, version)
			SELECT 'c' || i, 'c' || i, band, sex, region_id, agency_id, lead_id, track, kinds, state, since_at, episode, received_at, opened_at, urgent, protected, placed, court, on_hold, FALSE, version FROM case_file, n WHERE id = 'mine'`)
		_, err = w.s.Ask(ctx, w.person["head"], w.key(), privacy.Export{What: privacy.TheCases, Fields: []string{"ref"}, Purpose: "за всеки случай", Recipient: "никой"})
		w.want(fault.Invalid, err, "1,002 cases, where a head may take 1,000")
		if _, err := w.s.Ask(ctx, w.person["officer"], w.key(), privacy.Export{What: privacy.TheActs, Fields: []string{"at"}, Purpose: "за всеки случай", Recipient: "никой"}); err != nil {
			t.Errorf("an officer asks for the acts: %v", err)
		}
	})
}

func TestALockedFileOpensWithItsPassphraseOnly(t *testing.T) {
	const right = "синя лодка край три тополи"
	for pass, kind := range map[string]fault.Kind{"къса": fault.Invalid, right: ""} {
		if fault.KindOf(privacy.Passphrase(pass)) != kind {
			t.Errorf("%q: %v", pass, privacy.Passphrase(pass))
		}
	}
	locked, err := privacy.Lock(right, []byte("PK маркер"))
	if err != nil || !bytes.HasPrefix(locked, []byte("age-encryption.org/v1\n")) || bytes.Contains(locked, []byte("маркер")) {
		t.Fatalf("%v: %.60q", err, locked)
	}
	for pass, opens := range map[string]bool{right: true, right + " ": false} {
		id, err := age.NewScryptIdentity(pass)
		if err != nil {
			t.Fatal(err)
		}
		r, err := age.Decrypt(bytes.NewReader(locked), id)
		if (err == nil) != opens {
			t.Fatalf("%q: %v", pass, err)
		}
		if opens {
			if b, err := io.ReadAll(r); err != nil || string(b) != "PK маркер" {
				t.Errorf("%q, %v", b, err)
			}
		}
	}
}
