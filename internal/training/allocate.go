package training

import (
	"cmp"
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
//  2. Each sector's minimum is filled in order of endorsement, within the cap per institution. Where a cap stands in the
//     way of a minimum, an earlier choice of this pass gives way to a colleague of the same sector from elsewhere, so that
//     as many minimum places are filled as can be.
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
	claims  []Claim // those that can have or get a seat, in order of endorsement
	seated  map[EnrolmentID]Why
	kept    map[EnrolmentID]bool
	lapsed  []Claim
	sectors map[string]int
	agency  map[string]int
}

func newAllocation(e Event, claims []Claim, now time.Time) *allocation {
	a := &allocation{
		event: e, now: now, seated: map[EnrolmentID]Why{}, kept: map[EnrolmentID]bool{},
		sectors: map[string]int{}, agency: map[string]int{},
	}
	for _, c := range claims {
		switch {
		case c.State == Confirmed, c.State == Offered && now.Before(c.Until):
			a.kept[c.ID] = true
			a.seat(c, Why{})
		case c.State == Offered:
			a.lapsed = append(a.lapsed, c)
		case c.State == Endorsed, c.State == Waiting:
			a.claims = append(a.claims, c)
		}
	}
	slices.SortFunc(a.claims, func(x, y Claim) int {
		return cmp.Or(x.Endorsed.Compare(y.Endorsed), strings.Compare(string(x.ID), string(y.ID)))
	})
	return a
}

func (a *allocation) seat(c Claim, why Why) {
	a.seated[c.ID] = why
	a.sectors[c.Sector]++
	a.agency[c.Agency]++
}

func (a *allocation) unseat(c Claim) {
	delete(a.seated, c.ID)
	a.sectors[c.Sector]--
	a.agency[c.Agency]--
}

func (a *allocation) has(c Claim) bool { _, ok := a.seated[c.ID]; return ok }

func (a *allocation) agencyFull(c Claim) bool {
	return a.event.AgencyMax > 0 && a.agency[c.Agency] >= a.event.AgencyMax
}

func (a *allocation) sectorFull(c Claim) bool {
	r := a.event.Rule(c.Sector)
	return r.Max > 0 && a.sectors[c.Sector] >= r.Max
}

func (a *allocation) fillMinimums() {
	for _, c := range a.claims {
		r := a.event.Rule(c.Sector)
		if len(a.seated) >= a.event.Capacity {
			return
		}
		if a.has(c) || a.sectors[c.Sector] >= r.Min {
			continue
		}
		a.reserve(c, map[string]bool{})
	}
}

// reserve seats c for its sector's minimum. When c's institution is full, it looks for somebody whom this pass seated from
// there and whose place a colleague of the same sector from another institution can take.
func (a *allocation) reserve(c Claim, tried map[string]bool) bool {
	if tried[c.Agency] {
		return false
	}
	if !a.agencyFull(c) {
		a.seat(c, a.reserved(c))
		return true
	}
	tried[c.Agency] = true
	for _, d := range a.claims {
		if d.Agency != c.Agency || d.Sector == c.Sector || !a.has(d) {
			continue
		}
		a.unseat(d)
		for _, r := range a.claims {
			if r.Sector == d.Sector && r.ID != d.ID && r.Agency != d.Agency && !a.has(r) && a.reserve(r, tried) {
				a.seat(c, a.reserved(c))
				return true
			}
		}
		a.seat(d, a.reserved(d))
	}
	return false
}

func (a *allocation) reserved(c Claim) Why {
	return Why{"seat.reserved", map[string]any{
		"sector": c.Sector, "n": a.sectors[c.Sector] + 1, "of": a.event.Rule(c.Sector).Min,
	}}
}

// keptBack is how many seats wait for sectors below their minimum; none after the release date.
func (a *allocation) keptBack() int {
	if !a.now.Before(a.event.Release) {
		return 0
	}
	n := 0
	for _, r := range a.event.Rules {
		n += max(0, r.Min-a.sectors[r.Sector])
	}
	return n
}

func (a *allocation) fillShares() {
	for len(a.seated)+a.keptBack() < a.event.Capacity {
		best := -1
		for i, c := range a.claims {
			if a.has(c) || a.agencyFull(c) || a.sectorFull(c) {
				continue
			}
			if best < 0 || a.gap(c.Sector) > a.gap(a.claims[best].Sector) {
				best = i
			}
		}
		if best < 0 {
			return
		}
		c := a.claims[best]
		a.seat(c, Why{"seat.share", map[string]any{"sector": c.Sector, "n": a.sectors[c.Sector] + 1}})
	}
}

// gap is how many seats a sector is below its target.
func (a *allocation) gap(sector string) float64 {
	return a.event.Rule(sector).Share*float64(a.event.Capacity) - float64(a.sectors[sector])
}

func (a *allocation) verdicts() []Verdict {
	var out []Verdict
	for id := range a.kept {
		out = append(out, Verdict{ID: id})
	}
	for _, c := range a.lapsed {
		out = append(out, Verdict{c.ID, Lapse, Why{Key: "seat.lapsed"}})
	}
	ahead := map[string]int{}
	for _, c := range a.claims {
		why, ok := a.seated[c.ID]
		switch {
		case ok && c.State == Waiting:
			out = append(out, Verdict{c.ID, OfferIt, why})
		case ok:
			out = append(out, Verdict{c.ID, Confirm, why})
		case c.State == Waiting:
			out = append(out, Verdict{c.ID, "", a.waits(c, ahead[c.Sector])})
		default:
			out = append(out, Verdict{c.ID, Queue, a.waits(c, ahead[c.Sector])})
		}
		if !ok {
			ahead[c.Sector]++
		}
	}
	slices.SortFunc(out, func(x, y Verdict) int { return strings.Compare(string(x.ID), string(y.ID)) })
	return out
}

// waits says why a claim has no seat.
func (a *allocation) waits(c Claim, ahead int) Why {
	switch {
	case a.agencyFull(c):
		return Why{"seat.waits.agency", map[string]any{"max": a.event.AgencyMax}}
	case a.sectorFull(c):
		return Why{"seat.waits.sector", map[string]any{"sector": c.Sector, "max": a.event.Rule(c.Sector).Max}}
	case ahead > 0:
		return Why{"seat.waits.ahead", map[string]any{"n": ahead, "sector": c.Sector}}
	case len(a.seated) < a.event.Capacity:
		return Why{"seat.waits.kept", map[string]any{"n": a.keptBack()}}
	}
	return Why{"seat.waits.next", map[string]any{"sector": c.Sector}}
}
