package casework_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/casework"
	"strengthen/internal/fault"
	"strengthen/internal/store"
)

// standing is everything that cases, their clocks, episodes and the figures are, but for how often they were changed.
func (w *world) standing(cases []casework.CaseID) string {
	w.Helper()
	var all []string
	for _, id := range cases {
		c := w.cas(id)
		c.Version = 0
		all = append(all, fmt.Sprintf("%#v", c))
		var live []string
		for _, k := range w.allClocks(id) {
			if k.State != casework.Cancelled {
				k.Row = 0
				live = append(live, fmt.Sprintf("%#v", k))
			}
		}
		slices.Sort(live)
		all = append(all, live...)
	}
	w.exec("SELECT 1")
	for _, text := range []string{"SELECT case_id || n || opened_at || coalesce(closed_at, '-') || coalesce(reason, '-') FROM episode ORDER BY case_id, n",
		"SELECT region_id || month || what || ' ' || n || ' ' || in_time FROM figure_cell ORDER BY region_id, month, what, hours"} {
		rows, err := w.raw.QueryContext(w.Context(), text)
		w.must(err)
		for rows.Next() {
			var s string
			w.must(rows.Scan(&s))
			all = append(all, s)
		}
		w.must(rows.Close())
	}
	return fmt.Sprint(all)
}

// supported counts the children in whose cases trained people worked, as the figures tell it.
func (w *world) supported() (n int) {
	w.Helper()
	w.must(store.For[casework.Tx]{DB: w.db}.View(w.Context(), access.TheSystem(), func(tx casework.Tx) error {
		cells, err := tx.FigureCells(w.Context(), calendar.MustDate("2026-01-01"), calendar.MustDate("2027-12-31"))
		for _, c := range cells {
			if c.What == "supported" {
				n += c.N
			}
		}
		return err
	}))
	return n
}

// Cases are taken for one child's in any order, by people with and without a training; undoing that in the opposite order passes
// through the same states, and at each moment a child is counted once.
func TestUndoingADuplicateRestoresBothCases(t *testing.T) {
	each(t, func(w *world) {
		draw := w.lot()
		ctx, worker, head := w.Context(), w.person["worker"], w.person["head"]
		w.completedBy("head", "t", "PER", calendar.MustDate("2026-02-01"))
		var cases []casework.CaseID
		for i := range 4 {
			c := w.opened()
			cases = append(cases, c.ID)
			if i == 1 {
				w.must(w.s.ProposeClose(ctx, worker, c.ID, c.Version, "goals_met", "Целите са постигнати."))
			}
			if i == 2 {
				w.must(w.s.Protect(ctx, worker, w.key(), casework.Protection{Case: c.ID, Agency: w.agency["police"], AskedBy: "directorate", Ground: "danger", OrderedBy: "head", Granted: w.clock.Now(), Option: "residential"}))
			}
			if i > 1 { // the head is trained
				_, err := w.s.AddNote(ctx, head, w.key(), casework.Note{Case: c.ID, Part: casework.Core, Nature: casework.Fact, Source: "посещение", Text: "Детето е спокойно."})
				w.must(err)
			}
			w.clock.Move(20 * 24 * time.Hour) // into another month
		}
		if n := w.supported(); n != 2 {
			t.Fatalf("%d children supported, of two", n)
		}
		for range 5 {
			var undo []func() error
			var was []string
			for range 1 + draw.IntN(5) {
				a, b := cases[draw.IntN(4)], cases[draw.IntN(4)]
				before := w.standing(cases)
				if w.s.MarkDuplicate(ctx, worker, a, w.cas(a).Version, w.cas(b).Ref) != nil {
					if now := w.standing(cases); now != before {
						t.Fatalf("refused, and changed:\nwas %s\nnow %s", before, now)
					}
					continue // of itself, of one that is closed, or one to which others point
				}
				was = append(was, before)
				undo = append(undo, func() error { return w.s.UndoDuplicate(ctx, worker, a, w.cas(a).Version) })
			}
			for i := len(undo) - 1; i >= 0; i-- {
				w.must(undo[i]())
				if now := w.standing(cases); now != was[i] {
					t.Fatalf("undoing step %d:\nwas %s\nnow %s", i, was[i], now)
				}
			}
		}
	})
}

func TestAChildWithTwoCasesIsCountedOnce(t *testing.T) {
	each(t, func(w *world) {
		ctx, worker, head := w.Context(), w.person["worker"], w.person["head"]
		w.completedBy("head", "t", "PER", calendar.MustDate("2026-02-01"))
		speak := func(id casework.CaseID) {
			_, err := w.s.AddNote(ctx, head, w.key(), casework.Note{Case: id, Part: casework.Core, Nature: casework.Fact, Source: "посещение", Text: "Детето е спокойно."})
			w.must(err)
		}
		count := func(want int, when string) {
			t.Helper()
			if n := w.supported(); n != want {
				t.Errorf("%s: %d children supported, want %d", when, n, want)
			}
		}
		a, b, c := w.opened(), w.opened(), w.opened()
		mark := func(x, of casework.Case) { w.must(w.s.MarkDuplicate(ctx, worker, x.ID, w.cas(x.ID).Version, of.Ref)) }
		part := func(x casework.Case) { w.must(w.s.UndoDuplicate(ctx, worker, x.ID, w.cas(x.ID).Version)) }
		speak(b.ID)
		count(1, "one case")
		mark(b, a)
		mark(c, a)
		speak(a.ID)
		count(1, "the other case of the same child")
		part(b)
		count(2, "parted")
		speak(b.ID)
		mark(b, a)
		count(1, "marked again")
		part(b)
		part(c)
		count(2, "parted again")
		speak(c.ID)
		count(3, "three children")
	})
}

func TestACaseOfTheSameChildPointsToTheOther(t *testing.T) {
	each(t, func(w *world) {
		ctx, worker, head := w.Context(), w.person["worker"], w.person["head"]
		a, b, c, foreign := w.opened(), w.opened(), w.opened(), w.openedBy("worker2")
		signal := w.signalsOf(b.ID)[0]
		mark := func(who string, x casework.Case, ref string) error {
			return w.s.MarkDuplicate(ctx, w.person[who], x.ID, w.cas(x.ID).Version, ref)
		}
		for what, err := range map[string]error{
			"itself": mark("worker", b, b.Ref), "no case": mark("worker", b, "PER-2026-0999"), "a case that a colleague leads": mark("worker", b, foreign.Ref),
		} {
			w.at("ref", err, what)
		}
		w.must(w.s.Exclude(ctx, worker, b.ID, w.person["worker2"].Person, "познава семейството"))
		w.at("ref", mark("worker", b, a.Ref), "others are excluded")
		w.must(w.s.Exclude(ctx, worker, a.ID, w.person["worker2"].Person, "познава семейството"))
		w.must(mark("worker", b, a.Ref))
		x := w.cas(b.ID)
		if x.State != casework.Closed || x.ClosedFor != "duplicate" || x.Closed.IsZero() {
			t.Errorf("%s for %q", x.State, x.ClosedFor)
		}
		for _, k := range w.allClocks(b.ID) {
			if k.Live() {
				t.Errorf("%s runs on", k.Rule)
			}
		}
		v, err := w.s.OpenCase(ctx, worker, b.ID)
		w.must(err)
		if v.Main == nil || v.Main.Case.ID != a.ID || !v.Main.Undo || len(v.Steps) != 0 {
			t.Errorf("points to %v, with steps %v", v.Main, v.Steps)
		}
		v, err = w.s.OpenCase(ctx, worker, a.ID)
		w.must(err)
		if v.Main != nil || len(v.Twins) != 1 || v.Twins[0].Case.ID != b.ID || !slices.ContainsFunc(v.Signals, func(g casework.Signal) bool { return g.ID == signal.ID }) {
			t.Errorf("%d cases of the same child, %d signals", len(v.Twins), len(v.Signals))
		}
		w.at("ref", mark("worker", c, b.Ref), "a case that points to another")
		w.at("ref", mark("worker", a, c.Ref), "a case to which others point")
		w.want(fault.Conflict, mark("worker", b, c.Ref), "twice")
		w.want(fault.Conflict, w.s.Step(ctx, worker, b.ID, x.Version, casework.Reopen, "Има нов сигнал."), "opening it again")
		w.want(fault.Conflict, w.s.Unlink(ctx, worker, signal.ID, w.signal(signal.ID).Version), "taking its signal out")
		w.want(fault.Denied, w.s.UndoDuplicate(ctx, w.person["stranger"], b.ID, x.Version), "a stranger parts them")
		w.want(fault.Conflict, w.s.UndoDuplicate(ctx, worker, a.ID, w.cas(a.ID).Version), "parting what points to none")

		w.must(w.s.Exclude(ctx, worker, a.ID, w.person["doctor"].Person, "познава семейството"))
		w.must(w.s.SetFlag(ctx, head, a.ID, w.cas(a.ID).Version, "restricted", true))
		if !w.cas(b.ID).Restricted || w.reaches("head", signal.ID) || w.opens("head", b.ID) != nil {
			t.Error("the head reads of the child in the other case")
		}
		w.must(w.s.UndoDuplicate(ctx, worker, b.ID, w.cas(b.ID).Version))
		w.at("ref", mark("worker", b, c.Ref), "others are excluded, after they were parted")
	})
}
