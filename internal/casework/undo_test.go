package casework_test

import (
	"encoding/json"
	"slices"
	"testing"

	"strengthen/internal/access"
	"strengthen/internal/casework"
	"strengthen/internal/store"
)

// snapshot is everything that signals, cases and their clocks are, but for how often they were changed and looked at.
func (w *world) snapshot(signals []casework.SignalID, cases []casework.CaseID) string {
	w.Helper()
	var all []any
	for _, id := range signals {
		g := w.signal(id)
		g.Version, g.Looked = 0, false
		all = append(all, g, g.Words)
	}
	for _, id := range cases {
		c := w.cas(id)
		c.Version = 0
		all = append(all, c)
	}
	w.must(store.For[casework.Tx]{DB: w.db}.View(w.Context(), access.TheSystem(), func(tx casework.Tx) error {
		for _, id := range signals {
			clocks, err := tx.ClocksOf(w.Context(), id, "")
			if err != nil {
				return err
			}
			slices.SortFunc(clocks, func(a, b casework.Clock) int { return compare(string(a.ID), string(b.ID)) })
			for _, k := range clocks {
				if k.State != casework.Cancelled { // that a term began and was given up stays on the record
					k.Row = 0
					all = append(all, k)
				}
			}
			protections, err := tx.Protections(w.Context(), id, "")
			if err != nil {
				return err
			}
			for _, p := range protections {
				p.Version = 0
				all = append(all, p)
			}
		}
		return nil
	}))
	b, err := json.Marshal(all)
	w.must(err)
	return string(b)
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// Signals are kept together and linked to cases in any order; undoing that in the opposite order passes through the same states.
func TestUndoingALinkRestoresBothSides(t *testing.T) {
	each(t, func(w *world) {
		draw := w.lot()
		worker := w.person["worker"]
		var cases []casework.CaseID
		for range 2 {
			cases = append(cases, w.opened().ID)
		}
		var signals []casework.SignalID
		for i := range 5 {
			g := w.give("worker", violence())
			signals = append(signals, g.ID)
			if i%2 == 0 {
				w.must(w.s.Acknowledge(w.Context(), w.person["worker2"], g.ID, g.Version))
			}
			if i == 4 {
				w.must(w.s.Screen(w.Context(), worker, g.ID, w.signal(g.ID).Version))
				w.must(w.s.Assess(w.Context(), worker, g.ID, w.signal(g.ID).Version, casework.Confirmed, w.clock.Now()))
			}
			if i == 3 {
				w.must(w.s.Protect(w.Context(), worker, w.key(), casework.Protection{Signal: g.ID, Agency: w.agency["police"], AskedBy: "directorate", Ground: "danger", OrderedBy: "head",
					Granted: w.clock.Now(), Option: "residential"}))
			}
		}
		for round := range 6 {
			var undo []func() error
			var was []string
			for range 1 + draw.IntN(5) {
				a, b, c := signals[draw.IntN(5)], signals[draw.IntN(5)], cases[draw.IntN(2)]
				before := w.snapshot(signals, cases)
				if draw.IntN(2) == 0 {
					if w.s.Join(w.Context(), worker, a, w.signal(a).Version, b) != nil {
						continue // of the same signal, or of one that is joined already
					}
					undo = append(undo, func() error { return w.s.Unjoin(w.Context(), worker, a, w.signal(a).Version) })
				} else {
					if w.s.Link(w.Context(), worker, a, w.signal(a).Version, c) != nil {
						continue
					}
					undo = append(undo, func() error { return w.s.Unlink(w.Context(), worker, a, w.signal(a).Version) })
				}
				was = append(was, before)
			}
			for i := len(undo) - 1; i >= 0; i-- {
				w.must(undo[i]())
				if now := w.snapshot(signals, cases); now != was[i] {
					t.Fatalf("round %d, undoing step %d:\nwas %s\nnow %s", round, i, was[i], now)
				}
			}
		}
	})
}
