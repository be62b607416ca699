package training_test

import (
	"maps"
	"testing"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/store"
	"strengthen/internal/testkit"
	"strengthen/internal/training"
)

// row changes one cell of a row that is right.
func row(line int, right map[string]string, column, value string) training.Record {
	cells := maps.Clone(right)
	cells[column] = value
	return training.Record{Line: line, Cells: cells}
}

var rightEvent = map[string]string{
	"region": "Перник", "venue_bg": "Зала", "first_day": "5.10.2026", "half_days": "5", "capacity": "30", "agency_max": "3",
	"apply_until": "2026-09-20", "release": "2026-09-25",
}

var rightPerson = map[string]string{
	"name": "Ана Илиева", "email": "a@example.org", "sector": "Полиция", "profession": "district_inspector", "gender": "Жена",
	"experience": "6–10 години", "language": "английски", "agency": "Първо РУ", "agency_kind": "police_district", "head_email": "h@example.org",
}

func TestTrainingsFromATableAreAllOrNothing(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		w := newWorld(t, db, clock, 4)
		var rows []training.Record
		for i := range 20 {
			rows = append(rows, training.Record{Line: i + 2, Cells: rightEvent})
		}
		rows[15] = row(17, rightEvent, "region", "Пернишко")
		_, err := w.s.PlanAll(t.Context(), manager, "k", rows, false)
		l := fault.All(err)
		if len(l) != 1 || l[0].Row != 17 || l[0].Field != "region" || l[0].Key != "sheet.term" {
			t.Fatalf("an unknown region in row 17: %v", err)
		}
		rows[15] = row(17, rightEvent, "region", "PER")
		n, err := w.s.PlanAll(t.Context(), manager, "k", rows, true)
		w.must(err)
		events, _, err := w.s.Events(t.Context(), manager, training.EventFilter{})
		w.must(err)
		if n != 20 || len(events) != 1 {
			t.Errorf("the dry run checked %d rows and left %d trainings, want 20 and 1", n, len(events))
		}
		for range 2 { // the same file twice
			_, err = w.s.PlanAll(t.Context(), manager, "k", rows, false)
			w.must(err)
		}
		events, _, err = w.s.Events(t.Context(), manager, training.EventFilter{})
		w.must(err)
		if len(events) != 21 {
			t.Errorf("%d trainings, want 21", len(events))
		}
		if e := events[len(events)-1]; e.VenueBG != "Зала" || e.VenueEN != "Zala" {
			t.Errorf("the venue is %q and %q", e.VenueBG, e.VenueEN)
		}
		for column, value := range map[string]string{
			"first_day": "5.10.2025", "half_days": "0", "capacity": "много", "agency_max": "-1", "apply_until": "2026-11-01", "release": "2026-10-30", "venue_bg": "", "trainers": "nobody@example.org",
		} {
			_, err := w.s.PlanAll(t.Context(), manager, "bad", []training.Record{row(9, rightEvent, column, value)}, true)
			if l := fault.All(err); len(l) == 0 || l[0].Field != column || l[0].Row != 9 {
				t.Errorf("%s %q: %v", column, value, err)
			}
		}
	})
}

func TestApplicantsFromATable(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		w := newWorld(t, db, clock, 4)
		enter := func(key string, rows ...training.Record) (training.Effects, error) {
			return w.s.Preview(t.Context(), manager, training.ToEnter(w.event.ID, key, rows))
		}
		for column, value := range map[string]string{
			"gender": "банан", "experience": "много", "language": "fr", "sector": "Флот", "profession": "капитан", "agency_kind": "кораб", "region": "Атлантида",
			"name": "Ана", "email": "ана", "head_email": "a@example.org", "agency": "", "phone": "по обяд",
		} {
			_, err := enter("k", row(7, rightPerson, column, value))
			if l := fault.All(err); len(l) != 1 || l[0].Field != column || l[0].Row != 7 {
				t.Errorf("%s %q: %v, want one fault in row 7", column, value, err)
			}
		}
		_, err := enter("k", training.Record{Line: 4, Cells: rightPerson}, training.Record{Line: 9, Cells: rightPerson})
		if l := fault.All(err); len(l) != 1 || l[0].Row != 9 || l[0].Vars["row"] != 4 {
			t.Errorf("the same person twice: %v", err)
		}
		rows := []training.Record{{Line: 2, Cells: rightPerson}}
		seen, err := enter("k", rows...)
		w.must(err)
		if cards, _ := w.s.Roster(t.Context(), manager, training.RosterFilter{Event: w.event.ID}); len(cards) != 0 {
			t.Fatal("the preview wrote something")
		}
		if w.deliver(); len(w.mail) != 0 {
			t.Fatal("the preview sent something")
		}
		want := []training.MailCount{{Kind: "applied", N: 1}, {Kind: "endorse", Head: true, N: 1}}
		if len(seen.Seats) != 1 || seen.Seats[0].Name != "Ана Илиева" || len(seen.Mails) != 2 || seen.Mails[0] != want[0] || seen.Mails[1] != want[1] {
			t.Errorf("the preview shows %+v", seen)
		}
		_, err = w.s.DoSeen(t.Context(), manager, training.ToEnter(w.event.ID, "k", []training.Record{row(2, rightPerson, "name", "Друга Жена")}), seen.Sign)
		if !fault.Is(err, fault.Conflict) {
			t.Errorf("another table than was previewed: %v", err)
		}
		_, err = w.s.DoSeen(t.Context(), manager, training.ToEnter(w.event.ID, "k", rows), seen.Sign)
		w.must(err)
		cards, err := w.s.Roster(t.Context(), manager, training.RosterFilter{Event: w.event.ID})
		w.must(err)
		if len(cards) != 1 || cards[0].Lang != "en" || cards[0].State != training.Applied {
			t.Fatalf("after the import: %+v", cards)
		}
		w.deliver()
		sent := len(w.mail)
		again, err := enter("another key", rows...)
		w.must(err)
		if len(again.Seats) != 0 || len(again.Mails) != 0 || sent != 2 {
			t.Errorf("somebody who applied already: %+v, %d messages before", again, sent)
		}
		clock.Set(w.event.Begins())
		if _, err := enter("k2", rows...); !fault.Is(err, fault.Conflict) {
			t.Errorf("into a training that has begun: %v", err)
		}
		clock.Set(w.event.Begins().AddDate(0, 0, -30))
		w.must(w.s.Cancel(t.Context(), manager, w.event.ID, w.event.Version))
		if _, err := enter("k3", rows...); !fault.Is(err, fault.Conflict) {
			t.Errorf("into a training that is called off: %v", err)
		}
		_, err = w.s.Preview(t.Context(), access.Actor{Person: "t", Grants: []access.Grant{{Role: access.Trainer}}}, training.ToEnter(w.event.ID, "k", rows))
		if !fault.Is(err, fault.Denied) {
			t.Errorf("by a trainer: %v", err)
		}
	})
}
