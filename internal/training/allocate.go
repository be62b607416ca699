package training

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"
)

// Why is a visible reason: a message key and its variables.
type Why struct {
	Key  string
	Vars map[string]any
}

// Claim is one application as the allocation sees it.
type Claim struct {
	ID       EnrolmentID
	Sector   string
	Agency   string
	State    State
	Endorsed time.Time
	Until    time.Time // of an offer
}

// Verdict is what the allocation decides about one application.
type Verdict struct {
	ID   EnrolmentID
	Step Step // Confirm, OfferIt, Queue or Lapse; "" when the state stays
	Why  Why  // the reason shown to the person; empty when the state is kept as it was
}

// allocate gives out the seats of a training. It is pure, total and deterministic: the same claims in any order give the
// same verdicts, one for each claim that is endorsed, waiting, offered or confirmed, sorted by identifier.
//
//  1. Confirmed seats and offers that have not run out are kept.
//  2. As many places of the sectors' minimums are filled as can be within the capacity and the cap per institution; who
//     takes them goes by the order of endorsement (see reserve).
//  3. Each further seat goes to the sector furthest below its target share, below its maximum, and in it to whoever waits
//     longest. Until the release date, places of unmet minimums are kept back; after it they are given out here too.
func allocate(e Event, claims []Claim, now time.Time) []Verdict {
	a := newAllocation(e, claims, now)
	a.fillMinimums()
	a.fillShares()
	return a.verdicts()
}

type allocation struct {
	event   Event
	now     time.Time
	claims  []Claim // those that can get a seat, in order of endorsement
	seated  map[EnrolmentID]Why
	kept    []Claim
	lapsed  []Claim
	sectors map[string]int // seats given
	agency  map[string]int
}

func newAllocation(e Event, claims []Claim, now time.Time) *allocation {
	a := &allocation{event: e, now: now, seated: map[EnrolmentID]Why{}, sectors: map[string]int{}, agency: map[string]int{}}
	for _, c := range claims {
		switch {
		case c.State == Confirmed, c.State == Offered && now.Before(c.Until):
			a.kept = append(a.kept, c)
			a.seat(c, Why{})
		case c.State == Offered:
			a.lapsed = append(a.lapsed, c)
		case c.State == Endorsed, c.State == Waiting:
			a.claims = append(a.claims, c)
		}
	}
	slices.SortFunc(a.claims, before)
	return a
}

func (a *allocation) seat(c Claim, why Why) {
	a.seated[c.ID] = why
	a.sectors[c.Sector]++
	a.agency[c.Agency]++
}

// free is how many seats are not given.
func (a *allocation) free() int { return a.event.Capacity - len(a.seated) }

// room is how many more people an institution may send.
func (a *allocation) room(agency string) int {
	if a.event.AgencyMax == 0 {
		return len(a.claims)
	}
	return a.event.AgencyMax - a.agency[agency]
}

func (a *allocation) sectorFull(sector string) bool {
	r := a.event.Rule(sector)
	return r.Max > 0 && a.sectors[sector] >= r.Max
}

func (a *allocation) fillMinimums() {
	taken := reserve(a.claims, a.lacks(), a.room, a.free())
	for _, c := range a.claims {
		if taken[c.ID] {
			a.seat(c, Why{"seat.reserved", map[string]any{
				"sector": c.Sector, "n": a.sectors[c.Sector] + 1, "of": a.event.Rule(c.Sector).Min,
			}})
		}
	}
}

// lacks is how many places each sector is below its minimum.
func (a *allocation) lacks() map[string]int {
	out := map[string]int{}
	for _, r := range a.event.Rules {
		out[r.Sector] = max(0, r.Min-a.sectors[r.Sector])
	}
	return out
}

// keptBack is how many seats wait for sectors below their minimum; none after the release date.
func (a *allocation) keptBack() int {
	n := 0
	if a.now.Before(a.event.Release) {
		for _, k := range a.lacks() {
			n += k
		}
	}
	return n
}

func (a *allocation) fillShares() {
	var order []string
	waiting := map[string][]Claim{}
	for _, c := range a.claims {
		if _, ok := a.seated[c.ID]; ok {
			continue
		}
		if waiting[c.Sector] == nil {
			order = append(order, c.Sector)
		}
		waiting[c.Sector] = append(waiting[c.Sector], c)
	}
	for a.free() > a.keptBack() {
		next, ok := a.furthest(order, waiting)
		if !ok {
			return
		}
		a.seat(next, Why{"seat.share", map[string]any{"sector": next.Sector, "n": a.sectors[next.Sector] + 1}})
	}
}

// furthest finds whom the next seat goes to: the first who waits in the sector furthest below its target; between sectors
// that are equally far, who was endorsed first. Those whose institution is full leave the queue, for it stays full.
func (a *allocation) furthest(sectors []string, waiting map[string][]Claim) (Claim, bool) {
	var best Claim
	for _, s := range sectors {
		for len(waiting[s]) > 0 && (a.room(waiting[s][0].Agency) <= 0 || a.has(waiting[s][0])) {
			waiting[s] = waiting[s][1:]
		}
		if len(waiting[s]) == 0 || a.sectorFull(s) {
			continue
		}
		c := waiting[s][0]
		if best.ID == "" || cmp.Or(cmp.Compare(a.gap(c.Sector), a.gap(best.Sector)), before(best, c)) > 0 {
			best = c
		}
	}
	return best, best.ID != ""
}

func (a *allocation) has(c Claim) bool { _, ok := a.seated[c.ID]; return ok }

// before orders claims by endorsement.
func before(x, y Claim) int {
	return cmp.Or(x.Endorsed.Compare(y.Endorsed), strings.Compare(string(x.ID), string(y.ID)))
}

// gap is how many millionths of a seat a sector is below its target; whole numbers, so that equal gaps are equal.
func (a *allocation) gap(sector string) int {
	const whole = 1_000_000
	share := int(math.Round(a.event.Rule(sector).Share * whole))
	return share*a.event.Capacity - a.sectors[sector]*whole
}

func (a *allocation) verdicts() []Verdict {
	var out []Verdict
	for _, c := range a.kept {
		out = append(out, Verdict{ID: c.ID})
	}
	for _, c := range a.lapsed {
		out = append(out, Verdict{c.ID, Lapse, Why{Key: "seat.lapsed"}})
	}
	ahead := map[string]int{}
	for _, c := range a.claims {
		v := Verdict{c.ID, Confirm, a.seated[c.ID]}
		switch has := a.has(c); {
		case has && c.State == Waiting:
			v.Step = OfferIt
		case !has && c.State == Waiting:
			v.Step, v.Why = "", a.waits(c, ahead[c.Sector])
		case !has:
			v.Step, v.Why = Queue, a.waits(c, ahead[c.Sector])
		}
		if !a.has(c) {
			ahead[c.Sector]++
		}
		out = append(out, v)
	}
	slices.SortFunc(out, func(x, y Verdict) int { return strings.Compare(string(x.ID), string(y.ID)) })
	return out
}

// waits says why a claim has no seat; ahead is how many of its sector were endorsed earlier and wait too.
func (a *allocation) waits(c Claim, ahead int) Why {
	switch {
	case a.room(c.Agency) <= 0:
		return Why{"seat.waits.agency", map[string]any{"max": a.event.AgencyMax}}
	case a.sectorFull(c.Sector):
		return Why{"seat.waits.sector", map[string]any{"sector": c.Sector, "max": a.event.Rule(c.Sector).Max}}
	case ahead > 0:
		return Why{"seat.waits.ahead", map[string]any{"n": ahead, "sector": c.Sector}}
	case a.free() > 0:
		return Why{"seat.waits.kept", map[string]any{"n": a.free()}}
	}
	return Why{"seat.waits.next", map[string]any{"sector": c.Sector}}
}
