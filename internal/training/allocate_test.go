package training

import (
	"flag"
	"fmt"
	"maps"
	"math"
	"math/big"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"strengthen/internal/calendar"
)

// A hundred cases, rapid's default, would miss what only some groups show.
func init() { must(flag.Set("rapid.checks", "4000")) }

func must(err error) {
	if err != nil {
		panic(err)
	}
}

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

// open lists the claims that may be given a seat, in order of endorsement.
func (w world) open() []Claim {
	var all []Claim
	for _, c := range w.claims {
		if c.State == Endorsed || c.State == Waiting {
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(x, y Claim) int {
		if !x.Endorsed.Equal(y.Endorsed) {
			return x.Endorsed.Compare(y.Endorsed)
		}
		return strings.Compare(string(x.ID), string(y.ID))
	})
	return all
}

// kept are the seats that stay whatever happens.
func (w world) kept() map[EnrolmentID]bool {
	all := map[EnrolmentID]bool{}
	for _, c := range w.claims {
		if c.State == Confirmed || c.State == Offered && w.now.Before(c.Until) {
			all[c.ID] = true
		}
	}
	return all
}

// everySeating tries all lawful sets of claims that keep the kept seats. A set comes with its bits: that of the claim that
// was endorsed first is the highest.
func (w world) everySeating(try func(seated map[EnrolmentID]bool, bits int)) {
	free := w.open()
	for bits := range 1 << len(free) {
		seated := w.kept()
		for i, c := range free {
			if bits&(1<<(len(free)-1-i)) != 0 {
				seated[c.ID] = true
			}
		}
		if w.lawful(seated) {
			try(seated, bits)
		}
	}
}

// bestReserved finds by trial who should take the minimum places: as many as can be, and of those ways the one that the
// order of endorsement prefers. It returns the seats with the kept ones.
func (w world) bestReserved() map[EnrolmentID]bool {
	base := w.reserved(w.kept())
	best, most, at := w.kept(), 0, -1
	w.everySeating(func(s map[EnrolmentID]bool, bits int) {
		n := len(s) - len(w.kept())
		if w.reserved(s)-base != n {
			return // somebody in it takes no minimum place
		}
		if n > most || n == most && bits > at {
			best, most, at = s, n, bits
		}
	})
	return best
}

func TestNoOtherSeatingFillsMoreMinimumPlaces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, false, 10)
		best := 0
		w.everySeating(func(s map[EnrolmentID]bool, _ int) { best = max(best, w.reserved(s)) })
		if got := w.reserved(w.seatedAfter()); got != best {
			t.Fatalf("%d minimum places filled, %d are possible", got, best)
		}
	})
}

// plain allocates as the page of the design says it, by trial and without any cleverness.
func (w world) plain() map[EnrolmentID]Verdict {
	out, seated, sectors, agencies := map[EnrolmentID]Verdict{}, w.bestReserved(), map[string]int{}, map[string]int{}
	for _, c := range w.claims {
		if w.kept()[c.ID] {
			sectors[c.Sector]++
			agencies[c.Agency]++
			out[c.ID] = Verdict{ID: c.ID}
		} else if c.State == Offered {
			out[c.ID] = Verdict{c.ID, Lapse, Why{Key: "seat.lapsed"}}
		}
	}
	give := func(c Claim, why Why) {
		seated[c.ID] = true
		sectors[c.Sector]++
		agencies[c.Agency]++
		out[c.ID] = Verdict{c.ID, map[State]Step{Endorsed: Confirm, Waiting: OfferIt}[c.State], why}
	}
	for _, c := range w.open() {
		if seated[c.ID] {
			give(c, Why{"seat.reserved", map[string]any{"sector": c.Sector, "n": sectors[c.Sector] + 1, "of": w.event.Rule(c.Sector).Min}})
		}
	}
	agencyFull := func(c Claim) bool { return w.event.AgencyMax > 0 && agencies[c.Agency] == w.event.AgencyMax }
	sectorFull := func(c Claim) bool {
		most := w.event.Rule(c.Sector).Max
		return most > 0 && sectors[c.Sector] == most
	}
	missing := func() int {
		n := 0
		for _, r := range w.event.Rules {
			if w.now.Before(w.event.Release) && sectors[r.Sector] < r.Min {
				n += r.Min - sectors[r.Sector]
			}
		}
		return n
	}
	below := func(sector string) *big.Rat { // how far a sector is below its target
		percent := int64(math.Round(100 * w.event.Rule(sector).Share))
		return new(big.Rat).Sub(big.NewRat(percent*int64(w.event.Capacity), 100), big.NewRat(int64(sectors[sector]), 1))
	}
	for w.event.Capacity-len(seated) > missing() {
		var next *Claim
		for _, c := range w.open() {
			if !seated[c.ID] && !agencyFull(c) && !sectorFull(c) && (next == nil || below(c.Sector).Cmp(below(next.Sector)) > 0) {
				next = &c
			}
		}
		if next == nil {
			break
		}
		give(*next, Why{"seat.share", map[string]any{"sector": next.Sector, "n": sectors[next.Sector] + 1}})
	}
	free := w.event.Capacity - len(seated)
	for _, c := range w.open() {
		ahead := 0
		for _, d := range w.open() {
			if d.Sector == c.Sector && !seated[d.ID] && (d.Endorsed.Before(c.Endorsed) || d.Endorsed.Equal(c.Endorsed) && d.ID < c.ID) {
				ahead++
			}
		}
		var why Why
		switch {
		case seated[c.ID]:
			continue
		case agencyFull(c):
			why = Why{"seat.waits.agency", map[string]any{"max": w.event.AgencyMax}}
		case sectorFull(c):
			why = Why{"seat.waits.sector", map[string]any{"sector": c.Sector, "max": w.event.Rule(c.Sector).Max}}
		case ahead > 0:
			why = Why{"seat.waits.ahead", map[string]any{"n": ahead, "sector": c.Sector}}
		case free > 0:
			why = Why{"seat.waits.kept", map[string]any{"n": free}}
		default:
			why = Why{"seat.waits.next", map[string]any{"sector": c.Sector}}
		}
		out[c.ID] = Verdict{c.ID, map[State]Step{Endorsed: Queue, Waiting: ""}[c.State], why}
	}
	return out
}

func TestAllocationIsWhatThePlainRulesSay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, false, 9)
		want := w.plain()
		for _, v := range allocate(w.event, w.claims, w.now) {
			if !reflect.DeepEqual(v, want[v.ID]) {
				t.Fatalf("got %v\nwant %v\nof %+v\nfor %+v", v, want[v.ID], w.claims, w.event)
			}
		}
	})
}

// TestAllocationOfKnownGroups has groups worked out by hand: claims are written "name sector agency", in order of endorsement.
func TestAllocationOfKnownGroups(t *testing.T) {
	before, after := t0.Add(time.Hour), t0
	for name, tc := range map[string]struct {
		capacity, agencyMax int
		release             time.Time
		rules               []SectorRule
		claims              []string
		want                map[EnrolmentID]string
	}{
		"the first endorsed keeps the place though a colleague must give way": {
			3, 1, before, []SectorRule{{"education", 2, 0, 0}, {"police", 1, 0, 0}},
			[]string{"a education A", "b police A", "c education B", "d police C"},
			map[EnrolmentID]string{"a": "reserved education 1 of 2", "b": "agency 1", "c": "reserved education 2 of 2", "d": "reserved police 1 of 1"},
		},
		"shares steer what the minimums leave": {
			6, 0, before, []SectorRule{{"social", 1, 0, .5}, {"police", 1, 0, .25}, {"education", 0, 0, .25}},
			[]string{"s1 social A", "s2 social A", "s3 social A", "s4 social A", "s5 social A", "p1 police B", "p2 police B", "e1 education C", "e2 education C"},
			map[EnrolmentID]string{
				"s1": "reserved social 1 of 1", "p1": "reserved police 1 of 1", "s2": "share social 2", "e1": "share education 1", "s3": "share social 3",
				// targets are 3, 1.5 and 1.5; police and education lack half a place each, and p2 was endorsed before e2
				"p2": "share police 2", "e2": "next education", "s4": "next social", "s5": "ahead 1 social",
			},
		},
		"places are kept for police until the release": {
			3, 0, before, []SectorRule{{"police", 2, 0, 0}},
			[]string{"s1 social A", "s2 social A", "s3 social A"},
			map[EnrolmentID]string{"s1": "share social 1", "s2": "kept 2", "s3": "ahead 1 social"},
		},
		"and given to others after it": {
			3, 0, after, []SectorRule{{"police", 2, 0, 0}},
			[]string{"s1 social A", "s2 social A", "s3 social A"},
			map[EnrolmentID]string{"s1": "share social 1", "s2": "share social 2", "s3": "share social 3"},
		},
		"a sector waits at its maximum": {
			5, 0, after, []SectorRule{{"social", 0, 1, .9}},
			[]string{"s1 social A", "s2 social A", "o1 other B"},
			map[EnrolmentID]string{"s1": "share social 1", "s2": "sector social 1", "o1": "share other 1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var claims []Claim
			for i, line := range tc.claims {
				f := strings.Fields(line)
				claims = append(claims, Claim{ID: EnrolmentID(f[0]), Sector: f[1], Agency: f[2], State: Endorsed, Endorsed: t0.Add(time.Duration(i-99) * time.Hour)})
			}
			got := map[EnrolmentID]string{}
			e := Event{Capacity: tc.capacity, AgencyMax: tc.agencyMax, Release: tc.release, Rules: tc.rules}
			for _, v := range allocate(e, claims, t0) {
				got[v.ID] = reading(v.Why)
			}
			if !maps.Equal(got, tc.want) {
				t.Errorf("got  %v\nwant %v", got, tc.want)
			}
		})
	}
}

// reading writes a reason as the tables of these tests do.
func reading(w Why) string {
	switch name := w.Key[strings.LastIndex(w.Key, ".")+1:]; name {
	case "reserved":
		return fmt.Sprintf("reserved %v %v of %v", w.Vars["sector"], w.Vars["n"], w.Vars["of"])
	case "share":
		return fmt.Sprintf("share %v %v", w.Vars["sector"], w.Vars["n"])
	case "ahead":
		return fmt.Sprintf("ahead %v %v", w.Vars["n"], w.Vars["sector"])
	case "sector":
		return fmt.Sprintf("sector %v %v", w.Vars["sector"], w.Vars["max"])
	case "agency":
		return fmt.Sprintf("agency %v", w.Vars["max"])
	case "kept":
		return fmt.Sprintf("kept %v", w.Vars["n"])
	default:
		return fmt.Sprintf("%s %v", name, w.Vars["sector"])
	}
}

func TestAfterTheReleaseNoOtherSeatingFillsMoreSeats(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, true, 10)
		w.event.Release = w.now
		best := 0
		w.everySeating(func(s map[EnrolmentID]bool, _ int) { best = max(best, len(s)) })
		if got := len(w.seatedAfter()); got != best {
			t.Fatalf("%d seats filled, %d are possible", got, best)
		}
	})
}

func TestInASectorNobodyOvertakesAColleagueOfTheSameInstitution(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, false, 14)
		seated := w.seatedAfter()
		for _, a := range w.claims {
			for _, b := range w.claims {
				open := (a.State == Endorsed || a.State == Waiting) && (b.State == Endorsed || b.State == Waiting)
				if open && a.Sector == b.Sector && a.Agency == b.Agency && a.Endorsed.Before(b.Endorsed) && seated[b.ID] && !seated[a.ID] {
					t.Fatalf("%s was endorsed before %s and waits", a.ID, b.ID)
				}
			}
		}
	})
}

// BenchmarkAllocate gives out the seats of a large training, with 2,000 claims from 300 institutions of six sectors.
func BenchmarkAllocate(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	e := Event{Capacity: 500, AgencyMax: 3, Release: t0.Add(time.Hour)}
	sectors := []string{"social", "education", "police", "ngo", "health", "mediation"}
	for i, s := range sectors {
		e.Rules = append(e.Rules, SectorRule{s, 60 - 5*i, 120, .16})
	}
	var claims []Claim
	for i := range 2000 {
		claims = append(claims, Claim{
			ID: EnrolmentID(fmt.Sprint("n", i)), Sector: sectors[rng.IntN(len(sectors))], Agency: fmt.Sprint(rng.IntN(300)), State: Endorsed,
			Endorsed: t0.Add(-time.Duration(rng.IntN(5000)) * time.Minute),
		})
	}
	for b.Loop() {
		allocate(e, claims, t0)
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
