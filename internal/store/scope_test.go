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
	"strengthen/internal/survey"
	"strengthen/internal/testkit"
	"strengthen/internal/training"
)

// scopeWorld is three trainings in two regions with trainers and seats, and what the policy would ask about each record.
type scopeWorld struct {
	db    *store.DB
	lists []scopedList
	team  []access.PersonID
	ids   []string // of every record
	own   []access.PersonID
}

// scopedList is a list that takes a scope, and the records that it could show.
type scopedList struct {
	name    string
	records map[string]access.Resource
	owners  map[string][]access.PersonID // further people whose own it is
	read    func(*rapid.T, *store.Tx, access.Scope) ([]string, error)
}

func (l scopedList) covers(s access.Scope, id string) bool {
	r := l.records[id]
	if s.Covers(r) {
		return true
	}
	for _, p := range l.owners[id] {
		r.Own = p
		if s.Covers(r) {
			return true
		}
	}
	return false
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
	q := survey.New(store.For[survey.Tx]{DB: db}, clock.Now)
	must(o.Seed(t.Context()))
	must(s.SaveProgramme(t.Context(), manager, training.Programme{TitleBG: "У", TitleEN: "S", Starts: calendar.MustDate("2026-01-01"), Ends: calendar.MustDate("2026-12-31"), Trainings: 3, People: 3, Children: 3}))
	w := &scopeWorld{db: db}
	seats, events, people := map[string]access.Resource{}, map[string]access.Resource{}, map[string]access.Resource{}
	owners := map[string][]access.PersonID{}
	for i := range 2 {
		id, _, err := o.Invite(t.Context(), manager, fmt.Sprint("t", i), org.Invitation{Name: "Иван Петров", Email: fmt.Sprintf("t%d@example.org", i), Lang: "bg", Role: access.Trainer})
		must(err)
		w.team = append(w.team, id)
		people[string(id)] = access.Resource{Kind: "person", ID: string(id), Own: id}
	}
	n := 0
	for i, region := range []access.RegionID{"PER", "PER", "VAR"} {
		first := calendar.MustDate("2026-05-11").AddDays(7 * i)
		team := w.team[i%2 : i%2+1]
		id, err := s.Plan(t.Context(), manager, fmt.Sprint("e", i), training.Event{Region: region, VenueBG: "Зала", Capacity: 5, NeedShare: 1, ApplyUntil: first.AddDays(-1), Release: first.AddDays(-2).At(9, 0),
			HalfDays: training.HalfDaysFrom(first, 2), Trainers: team})
		must(err)
		events[string(id)] = access.Resource{Kind: "training", ID: string(id), Region: region, Team: team}
		for range 2 {
			n++
			home := []access.RegionID{"SOF", "PER"}[n%2]
			out, err := s.Apply(t.Context(), access.Public("r"), fmt.Sprint("a", n), training.Application{Event: id, AgencyName: "Училище", AgencyKind: "school", HeadEmail: "h@example.org", Agreed: true,
				Person: org.Person{Name: "Ана Илиева", Email: fmt.Sprintf("p%d@example.org", n), Lang: "bg", Sector: "education", Profession: "teacher", Region: home}})
			must(err)
			v, err := s.Seat(t.Context(), manager, out.Seat)
			must(err)
			must(s.EndorseFor(t.Context(), manager, out.Seat))
			seats[string(out.Seat)] = access.Resource{Kind: "seat", ID: string(out.Seat), Region: region, Own: v.Seat.Person, Team: team}
			people[string(v.Seat.Person)] = access.Resource{Kind: "person", ID: string(v.Seat.Person), Region: home, Own: v.Seat.Person, Team: team}
			owners[string(id)] = append(owners[string(id)], v.Seat.Person)
			w.own = append(w.own, v.Seat.Person)
			clock.Move(time.Minute)
		}
	}
	must(q.Sweep(t.Context())) // everybody with a seat is asked before the training
	w.lists = []scopedList{
		{"seats", seats, nil, func(t *rapid.T, tx *store.Tx, s access.Scope) (ids []string, err error) {
			cards, err := tx.Roster(t.Context(), s, training.RosterFilter{Limit: 100})
			for _, c := range cards {
				ids = append(ids, string(c.ID))
			}
			return ids, err
		}},
		{"people", people, nil, func(t *rapid.T, tx *store.Tx, s access.Scope) (ids []string, err error) {
			all, err := tx.People(t.Context(), s, org.PersonFilter{Limit: 100})
			for _, p := range all {
				ids = append(ids, string(p.ID))
			}
			return ids, err
		}},
		{"trainings", events, owners, func(t *rapid.T, tx *store.Tx, s access.Scope) (ids []string, err error) {
			all, err := tx.Events(t.Context(), s, training.EventFilter{})
			for _, e := range all {
				ids = append(ids, string(e.ID))
			}
			return ids, err
		}},
		{"counts of trainings", events, owners, func(t *rapid.T, tx *store.Tx, s access.Scope) (ids []string, err error) {
			all, err := tx.EventCounts(t.Context(), s)
			for id := range all {
				ids = append(ids, string(id))
			}
			return ids, err
		}},
		{"counts of questionnaires", events, owners, func(t *rapid.T, tx *store.Tx, s access.Scope) (ids []string, err error) {
			all, err := tx.WaveCounts(t.Context(), s)
			for _, c := range all {
				ids = append(ids, string(c.Event))
			}
			return ids, err
		}},
	}
	for _, l := range w.lists {
		w.ids = append(w.ids, slices.Sorted(maps.Keys(l.records))...)
	}
	return w
}

// draw makes any scope that a policy could lead to in this world.
func (w *scopeWorld) draw(t *rapid.T) access.Scope {
	var s access.Scope
	s.All = rapid.IntRange(0, 9).Draw(t, "all") == 0
	s.Regions = rapid.SliceOfN(rapid.SampledFrom([]access.RegionID{"PER", "VAR", "SOF"}), 0, 2).Draw(t, "regions")
	if rapid.Bool().Draw(t, "team?") {
		s.Team = rapid.SampledFrom(append([]access.PersonID{"nobody"}, w.team...)).Draw(t, "team")
	}
	if rapid.Bool().Draw(t, "own?") {
		s.Own = rapid.SampledFrom(w.own).Draw(t, "own")
	}
	s.Records = rapid.SliceOfN(rapid.SampledFrom(w.ids), 0, 2).Draw(t, "records")
	return s
}

// differ compares the list under shown with what ruled covers, and returns a record that is only in one of them.
func (w *scopeWorld) differ(t *rapid.T, l scopedList, shown, ruled access.Scope) string {
	listed := map[string]bool{}
	err := w.db.View(t.Context(), access.TheSystem(), func(tx *store.Tx) error {
		ids, err := l.read(t, tx, shown)
		for _, id := range ids {
			listed[id] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for id := range l.records {
		if listed[id] != l.covers(ruled, id) {
			return id
		}
	}
	return ""
}

// TestAListIsWhatCanAllows draws scopes and holds every scoped list against the policy's own judgement of each record. For
// each list a leak is planted, a list that forgets the regions, and must be caught.
func TestAListIsWhatCanAllows(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		w := newScopeWorld(t, db, clock)
		caught := map[string]bool{}
		rapid.Check(t, func(t *rapid.T) {
			s := w.draw(t)
			leak := s
			leak.All = s.All || len(s.Regions) > 0
			for _, l := range w.lists {
				if id := w.differ(t, l, s, s); id != "" {
					t.Fatalf("scope %+v: the list of %s and the policy differ about %+v", s, l.name, l.records[id])
				}
				caught[l.name] = caught[l.name] || w.differ(t, l, leak, s) != ""
			}
		})
		for _, l := range w.lists {
			if !caught[l.name] {
				t.Errorf("a list of %s that forgets the region was not caught", l.name)
			}
		}
	})
}
