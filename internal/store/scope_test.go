package store_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/org"
	seal "strengthen/internal/sealed"
	"strengthen/internal/store"
	"strengthen/internal/testkit"
	"strengthen/internal/training"
)

// scopeWorld is three trainings in two regions with trainers and seats, and what the policy would ask about each seat.
type scopeWorld struct {
	db    *store.DB
	seats map[string]access.Resource
	team  []access.PersonID
}

func newScopeWorld(t *testing.T, db *store.DB, clock *testkit.Clock) *scopeWorld {
	t.Helper()
	manager := access.Actor{Person: "m", Grants: []access.Grant{{Role: access.Manager}, {Role: access.Administrator}}}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	o := org.New(store.For[org.Tx]{DB: db}, clock.Now, seal.Root{1}.Box("totp"))
	s := training.New(store.For[training.Tx]{DB: db}, clock.Now)
	must(o.Seed(t.Context()))
	must(s.SaveProgramme(t.Context(), manager, training.Programme{TitleBG: "У", TitleEN: "S", Starts: calendar.MustDate("2026-01-01"), Ends: calendar.MustDate("2026-12-31"), Trainings: 3, People: 3, Children: 3}))
	w := &scopeWorld{db: db, seats: map[string]access.Resource{}}
	for i := range 2 {
		id, _, err := o.Invite(t.Context(), manager, fmt.Sprint("t", i), org.Invitation{Name: "Иван Петров", Email: fmt.Sprintf("t%d@example.org", i), Lang: "bg", Role: access.Trainer})
		must(err)
		w.team = append(w.team, id)
	}
	n := 0
	for i, region := range []access.RegionID{"PER", "PER", "VAR"} {
		first := calendar.MustDate("2026-05-11").AddDays(7 * i)
		id, err := s.Plan(t.Context(), manager, fmt.Sprint("e", i), training.Event{Region: region, Venue: "Зала", Capacity: 5, NeedShare: 1, ApplyUntil: first.AddDays(-1), Release: first.AddDays(-2).At(9, 0),
			HalfDays: training.HalfDaysFrom(first, 2), Trainers: w.team[i%2 : i%2+1]})
		must(err)
		for range 2 {
			n++
			out, err := s.Apply(t.Context(), access.Public("r"), fmt.Sprint("a", n), training.Application{Event: id, AgencyName: "Училище", AgencyKind: "school", HeadEmail: "h@example.org", Agreed: true,
				Person: org.Person{Name: "Ана Илиева", Email: fmt.Sprintf("p%d@example.org", n), Lang: "bg", Sector: "education", Profession: "teacher", Region: "SOF"}})
			must(err)
			v, err := s.Seat(t.Context(), manager, out.Seat)
			must(err)
			w.seats[string(out.Seat)] = access.Resource{Kind: "seat", ID: string(out.Seat), Region: region, Own: v.Seat.Person, Team: w.team[i%2 : i%2+1]}
			clock.Move(time.Minute)
		}
	}
	return w
}

// draw makes any scope that a policy could lead to in this world.
func (w *scopeWorld) draw(t *rapid.T) access.Scope {
	ids := slices.Sorted(maps.Keys(w.seats))
	var s access.Scope
	s.All = rapid.IntRange(0, 9).Draw(t, "all") == 0
	s.Regions = rapid.SliceOfN(rapid.SampledFrom([]access.RegionID{"PER", "VAR", "SOF"}), 0, 2).Draw(t, "regions")
	if rapid.Bool().Draw(t, "team?") {
		s.Team = rapid.SampledFrom(append([]access.PersonID{"nobody"}, w.team...)).Draw(t, "team")
	}
	if rapid.Bool().Draw(t, "own?") {
		s.Own = w.seats[rapid.SampledFrom(ids).Draw(t, "own")].Own
	}
	s.Records = rapid.SliceOfN(rapid.SampledFrom(ids), 0, 2).Draw(t, "records")
	return s
}

// differ compares the list under shown with what ruled covers, and returns a seat that is only in one of them.
func (w *scopeWorld) differ(t *rapid.T, shown, ruled access.Scope) string {
	listed := map[string]bool{}
	err := store.For[training.Tx]{DB: w.db}.View(t.Context(), access.TheSystem(), func(tx training.Tx) error {
		cards, err := tx.Roster(t.Context(), shown, training.RosterFilter{Limit: 100})
		for _, c := range cards {
			listed[string(c.ID)] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for id, r := range w.seats {
		if listed[id] != ruled.Covers(r) {
			return id
		}
	}
	return ""
}

func TestAListIsWhatCanAllows(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		w := newScopeWorld(t, db, clock)
		caught := false
		rapid.Check(t, func(t *rapid.T) {
			s := w.draw(t)
			if id := w.differ(t, s, s); id != "" {
				t.Fatalf("scope %+v: the list and the policy differ about a seat in %s", s, w.seats[id].Region)
			}
			leak := s // planted: a list that forgets the region
			leak.All = s.All || len(s.Regions) > 0
			caught = caught || w.differ(t, leak, s) != ""
		})
		if !caught {
			t.Error("a list that forgets the region was not caught")
		}
	})
}
