package training

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"strengthen/internal/calendar"
)

var t0 = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// world is one random training with its claims.
type world struct {
	event  Event
	claims []Claim
	now    time.Time
}

func drawWorld(t *rapid.T, oneSectorAgencies bool, most int) world {
	sectors := []string{"social", "education", "police", "ngo"}[:rapid.IntRange(1, 4).Draw(t, "sectors")]
	e := Event{
		Capacity:  rapid.IntRange(1, 8).Draw(t, "capacity"),
		AgencyMax: rapid.IntRange(0, 3).Draw(t, "agency max"),
		Release:   t0.Add(time.Duration(rapid.IntRange(-1, 1).Draw(t, "release")) * time.Hour),
		HalfDays:  []HalfDay{{ID: "h", On: calendar.MustDate("2026-03-20"), Starts: "09:00", Ends: "12:00"}},
	}
	left := e.Capacity
	for _, s := range sectors {
		r := SectorRule{Sector: s, Min: rapid.IntRange(0, min(left, 3)).Draw(t, "min")}
		left -= r.Min
		if rapid.Bool().Draw(t, "has max") {
			r.Max = r.Min + rapid.IntRange(0, 3).Draw(t, "max")
		}
		r.Share = float64(rapid.IntRange(0, 100/len(sectors)).Draw(t, "share")) / 100
		e.Rules = append(e.Rules, r)
	}
	w := world{event: e, now: t0}
	n := rapid.IntRange(0, most).Draw(t, "claims")
	counts, taken := map[string]int{}, map[string]int{}
	for i := range n {
		s := rapid.SampledFrom(sectors).Draw(t, "sector")
		a := fmt.Sprintf("a%d", rapid.IntRange(0, 3).Draw(t, "agency"))
		if oneSectorAgencies {
			a = s + a
		}
		c := Claim{
			ID: EnrolmentID(fmt.Sprintf("n%02d", i)), Sector: s, Agency: a, State: Endorsed,
			Endorsed: t0.Add(-time.Duration(rapid.IntRange(1, 5).Draw(t, "hours")) * time.Hour),
		}
		switch r := e.Rule(s); rapid.IntRange(0, 4).Draw(t, "state") {
		case 0:
			c.State = Waiting
		case 1: // a kept seat must have been lawful when it was given
			full := len(taken) >= e.Capacity || (r.Max > 0 && counts[s] >= r.Max) || (e.AgencyMax > 0 && counts[a] >= e.AgencyMax)
			if !full {
				c.State = rapid.SampledFrom([]State{Confirmed, Offered}).Draw(t, "kept")
				c.Until = t0.Add(time.Hour)
				counts[s]++
				counts[a]++
				taken[string(c.ID)]++
			}
		case 2:
			c.State, c.Until = Offered, t0
		}
		w.claims = append(w.claims, c)
	}
	return w
}

func (w world) seatedAfter() map[EnrolmentID]bool {
	out := map[EnrolmentID]bool{}
	states := map[EnrolmentID]State{}
	for _, c := range w.claims {
		states[c.ID] = c.State
	}
	for _, v := range allocate(w.event, w.claims, w.now) {
		if v.Step == Confirm || v.Step == OfferIt || (v.Step == "" && states[v.ID].Seated()) {
			out[v.ID] = true
		}
	}
	return out
}

func (w world) lawful(seated map[EnrolmentID]bool) bool {
	sectors, agencies := map[string]int{}, map[string]int{}
	for _, c := range w.claims {
		if seated[c.ID] {
			sectors[c.Sector]++
			agencies[c.Agency]++
		}
	}
	for s, n := range sectors {
		if r := w.event.Rule(s); r.Max > 0 && n > r.Max {
			return false
		}
	}
	for _, n := range agencies {
		if w.event.AgencyMax > 0 && n > w.event.AgencyMax {
			return false
		}
	}
	return len(seated) <= w.event.Capacity
}

func (w world) reserved(seated map[EnrolmentID]bool) int {
	count := map[string]int{}
	for _, c := range w.claims {
		if seated[c.ID] {
			count[c.Sector]++
		}
	}
	n := 0
	for _, r := range w.event.Rules {
		n += min(count[r.Sector], r.Min)
	}
	return n
}

func TestAllocationIsLawfulAndTotal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, false, 14)
		seated := w.seatedAfter()
		if !w.lawful(seated) {
			t.Fatalf("over a capacity, maximum or cap: %v", seated)
		}
		verdicts := allocate(w.event, w.claims, w.now)
		if len(verdicts) != len(w.claims) {
			t.Fatalf("%d verdicts for %d claims", len(verdicts), len(w.claims))
		}
		for i, v := range verdicts {
			if i > 0 && verdicts[i-1].ID >= v.ID {
				t.Fatal("verdicts are not sorted, or one claim has two")
			}
		}
		for _, c := range w.claims {
			if (c.State == Confirmed || (c.State == Offered && w.now.Before(c.Until))) && !seated[c.ID] {
				t.Fatalf("%s lost a seat that was kept", c.ID)
			}
		}
	})
}

func TestAllocationDoesNotDependOnTheOrderOfClaims(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, false, 14)
		want := allocate(w.event, w.claims, w.now)
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		rng.Shuffle(len(w.claims), func(i, j int) { w.claims[i], w.claims[j] = w.claims[j], w.claims[i] })
		if got := allocate(w.event, w.claims, w.now); !reflect.DeepEqual(got, want) {
			t.Fatalf("shuffled claims give other verdicts:\n%v\n%v", got, want)
		}
	})
}

func TestAllocationIsSettled(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, false, 14)
		verdicts := allocate(w.event, w.claims, w.now)
		for i, c := range w.claims {
			for _, v := range verdicts {
				if v.ID == c.ID && v.Step != "" {
					w.claims[i].State = v.Step.To()
					w.claims[i].Until = w.now.Add(time.Hour)
				}
			}
		}
		w2 := w
		w2.claims = nil
		for _, c := range w.claims {
			if c.State != Declined {
				w2.claims = append(w2.claims, c)
			}
		}
		for _, v := range allocate(w2.event, w2.claims, w2.now) {
			if v.Step != "" {
				t.Fatalf("a second run goes on: %v", v)
			}
		}
	})
}

// everySeating tries all sets of claims that keep the kept seats.
func (w world) everySeating(try func(map[EnrolmentID]bool)) {
	var free []Claim
	base := map[EnrolmentID]bool{}
	for _, c := range w.claims {
		switch {
		case c.State == Confirmed, c.State == Offered && w.now.Before(c.Until):
			base[c.ID] = true
		case c.State == Endorsed, c.State == Waiting:
			free = append(free, c)
		}
	}
	for bits := range 1 << len(free) {
		seated := map[EnrolmentID]bool{}
		for id := range base {
			seated[id] = true
		}
		for i, c := range free {
			if bits&(1<<i) != 0 {
				seated[c.ID] = true
			}
		}
		if w.lawful(seated) {
			try(seated)
		}
	}
}

func TestNoOtherSeatingFillsMoreMinimumPlaces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, false, 10)
		best := 0
		w.everySeating(func(s map[EnrolmentID]bool) { best = max(best, w.reserved(s)) })
		if got := w.reserved(w.seatedAfter()); got != best {
			t.Fatalf("%d minimum places filled, %d are possible", got, best)
		}
	})
}

func TestAfterTheReleaseNoOtherSeatingFillsMoreSeats(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, true, 10)
		w.event.Release = w.now
		best := 0
		w.everySeating(func(s map[EnrolmentID]bool) { best = max(best, len(s)) })
		if got := len(w.seatedAfter()); got != best {
			t.Fatalf("%d seats filled, %d are possible", got, best)
		}
	})
}

func TestInASectorNobodyOvertakesAColleagueOfTheSameInstitution(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, true, 14)
		seated := w.seatedAfter()
		for _, a := range w.claims {
			for _, b := range w.claims {
				open := (a.State == Endorsed || a.State == Waiting) && (b.State == Endorsed || b.State == Waiting)
				if open && a.Agency == b.Agency && a.Endorsed.Before(b.Endorsed) && seated[b.ID] && !seated[a.ID] {
					t.Fatalf("%s was endorsed before %s and waits", a.ID, b.ID)
				}
			}
		}
	})
}

func TestMinimumsAreKeptBackUntilTheRelease(t *testing.T) {
	e := Event{
		Capacity: 4, Release: t0.Add(time.Hour),
		Rules: []SectorRule{{"police", 2, 0, 0.5}, {"social", 0, 0, 0.5}},
	}
	var claims []Claim
	for i := range 4 {
		claims = append(claims, Claim{
			ID: EnrolmentID(fmt.Sprint("s", i)), Sector: "social", Agency: fmt.Sprint(i), State: Endorsed,
			Endorsed: t0.Add(time.Duration(i) * time.Minute),
		})
	}
	count := func(now time.Time) (seats int, why Why) {
		for _, v := range allocate(e, claims, now) {
			if v.Step == Confirm {
				seats++
			} else if why.Key == "" {
				why = v.Why
			}
		}
		return seats, why
	}
	if n, why := count(t0); n != 2 || why.Key != "seat.waits.kept" {
		t.Errorf("before the release %d of 4 got seats (%v), want 2 and a reason", n, why)
	}
	if n, _ := count(t0.Add(time.Hour)); n != 4 {
		t.Errorf("after the release %d of 4 got seats", n)
	}
}

func TestStatesAreReachedByStepsOnly(t *testing.T) {
	for _, p := range Steps() {
		if p.To() == "" || len(moves[p].from) == 0 {
			t.Errorf("%s leads nowhere or comes from nowhere", p)
		}
	}
	if len(moves) != len(Steps()) {
		t.Error("a step is missing from the list")
	}
	reached := map[State]bool{"": true}
	for range States() {
		for _, p := range Steps() {
			for s := range reached {
				if p.From(s) {
					reached[p.To()] = true
					break
				}
			}
		}
	}
	for _, s := range States() {
		if !reached[s] {
			t.Errorf("no way leads to %s", s)
		}
	}
}
