package casework_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/casework"
	"strengthen/internal/fault"
	"strengthen/internal/org"
	"strengthen/internal/testkit"
)

// Two heads of a department name a lead at the same time, from pages that both read before: one is told that somebody was
// first, and the case has one lead, with one seat and every running clock.
func TestTwoLeadsAtOnce(t *testing.T) {
	each(t, func(w *world) {
		id, _, err := w.org.Invite(w.Context(), administrator, "p/head2", org.Invitation{
			Name: "Лице head2", Email: "head2@example.org", Lang: "bg", Role: access.Supervisor, Agency: w.agency["ozd"]})
		w.must(err)
		w.must(w.org.WelcomeGuest(w.Context(), id, ""))
		heads := []access.Actor{w.person["head"], {Person: id, Via: access.ViaSession, Request: "head2", StepUp: w.clock.Now(),
			Grants: []access.Grant{{Role: access.Supervisor, Agency: w.agency["ozd"]}, {Role: access.Member}}}}
		for round := range 5 {
			c := w.opened()
			named := []access.PersonID{w.person["worker"].Person, w.person["worker2"].Person}
			errs := make([]error, len(heads))
			var all sync.WaitGroup
			for i, by := range heads {
				all.Go(func() { errs[i] = w.s.Assign(w.Context(), by, c.ID, c.Version, named[i]) })
			}
			all.Wait()
			first := 0
			if errs[0] != nil {
				first = 1
			}
			if errs[first] != nil || !fault.Is(errs[1-first], fault.Conflict) {
				t.Fatalf("round %d: %v and %v, want one named and one conflict", round, errs[0], errs[1])
			}
			if got := w.cas(c.ID); got.Lead != named[first] || got.Version != c.Version+1 {
				t.Errorf("round %d: lead %s at version %d", round, got.Lead, got.Version)
			}
			if n := testkit.Count(w, w.db, "SELECT count(*) FROM case_seat WHERE case_id = '"+string(c.ID)+"' AND place = 'leader' AND until_at IS NULL"); n != 1 {
				t.Errorf("round %d: %d seats of a lead", round, n)
			}
			for ref, k := range w.clocks("", c.ID) {
				if k.Live() && k.Person != "" && k.Person != named[first] {
					t.Errorf("round %d: clock %s is of %s", round, ref, k.Person)
				}
			}
		}
	})
}

// A moment of before the calendar knows working days, or of a year that nobody lived in, is a slip of the hand: it is refused
// at its field, and the clock stays as it was.
func TestAMomentOfAnotherCenturyIsRefused(t *testing.T) {
	each(t, func(w *world) {
		c := w.opened()
		for _, at := range []time.Time{time.Date(2, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(202, 3, 2, 9, 0, 0, 0, time.UTC), time.Date(1926, 3, 2, 9, 0, 0, 0, time.UTC)} {
			for ref, k := range w.clocks("", c.ID) {
				if !k.Live() {
					continue
				}
				err := w.s.Correct(w.Context(), w.person["worker"], k.ID, at, "wrong_entry")
				if all := fault.All(err); len(all) != 1 || all[0].Field != "start" {
					t.Errorf("%s corrected to %v: %v", ref, at, err)
				}
				if now := w.clocks("", c.ID)[ref]; !now.Start.Equal(k.Start) || !now.Due.Equal(k.Due) {
					t.Errorf("%s moved to %v", ref, now.Start)
				}
			}
			for _, track := range casework.Tracks() {
				g := violence()
				g.Track, g.Received = track, at
				_, err := w.s.Enter(w.Context(), w.person["worker"], w.key(), g)
				if all := fault.All(err); len(all) != 1 || all[0].Field != "received" {
					t.Errorf("a signal of %s received %v: %v", track, at, err)
				}
			}
		}
		if n := testkit.Count(w, w.db, "SELECT count(*) FROM signal"); n != 1 {
			t.Errorf("%d signals, want the one of the case", n)
		}
	})
}

// A signal of the last seconds that fit into 32 bits, and one of the autumn night in which an hour comes twice: terms of hours
// are elapsed time, terms of days end with the civil day in Sofia.
func TestClocksOverTheSeams(t *testing.T) {
	sofia, err := time.LoadLocation("Europe/Sofia")
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		received string // in UTC
		hours    string // after 24 hours, in Sofia
		answer   string // the day on which the fourteen days of the answer to the sender are over: a working day
	}{
		"past the 32nd bit":               {"2038-01-19T03:14:07Z", "2038-01-20 05:14:07 +0200", "2038-02-02"},
		"the hour that comes twice":       {"2026-10-25T00:30:00Z", "2026-10-26 02:30:00 +0200", "2026-11-09"},
		"the hour that comes twice, once": {"2026-10-24T22:00:00Z", "2026-10-26 00:00:00 +0200", "2026-11-09"},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(w *world) {
				at, err := time.Parse(time.RFC3339, tc.received)
				w.must(err)
				w.clock.Set(at)
				g := w.give("worker", violence())
				d09 := w.clocks(g.ID, "")["D09"]
				if got := d09.Due.In(sofia).Format("2006-01-02 15:04:05 -0700"); got != tc.hours || !d09.Start.Equal(at) {
					t.Errorf("24 hours after %v end %s, want %s", d09.Start, got, tc.hours)
				}
				w.clock.Set(d09.Due.Add(-time.Second))
				w.sweep()
				if k := w.clocks(g.ID, "")["D09"]; k.State == casework.Breached {
					t.Error("breached a second before its end")
				}
				w.clock.Set(d09.Due.Add(time.Second))
				w.sweep()
				if k := w.clocks(g.ID, "")["D09"]; k.State != casework.Breached {
					t.Errorf("a second after its end: %s", k.State)
				}
				if got := w.clocks(g.ID, "")["D16"].Due.In(sofia).Format("2006-01-02 15:04:05"); got != tc.answer+" 23:59:59" {
					t.Errorf("the sender is answered by %s, want the end of %s", got, tc.answer)
				}
			})
		})
	}
}

func (w *world) sweep() {
	w.Helper()
	_, err := w.s.SweepClocks(w.Context())
	w.must(err)
}

// A reference that nobody was given opens no case by any of the doors that take one, and says the same as one of a case that
// the asker may not see.
func TestAForgedReferenceOpensNothing(t *testing.T) {
	each(t, func(w *world) {
		c := w.opened()
		for _, ref := range []string{"C-0000-0000", c.Ref + "0", strings.Repeat("9", 5000), "' OR 1=1 --", "%"} {
			_, err := w.s.Break(w.Context(), w.person["stranger"], w.key(), ref, "life", "Спешно трябва да видя къде е детето.")
			if !fault.Is(err, fault.NotFound) {
				t.Errorf("breaking the glass for %.20q: %v", ref, err)
			}
			list, _, err := w.s.Cases(w.Context(), w.person["stranger"], casework.CaseFilter{Ref: ref})
			if err != nil || len(list) != 0 {
				t.Errorf("finding %.20q: %d cases, %v", ref, len(list), err)
			}
		}
	})
}
