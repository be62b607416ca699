package casework_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"strengthen/internal/casework"
	"strengthen/internal/fault"
)

// openedBy opens a case that somebody of the unit leads.
func (w *world) openedBy(who string) casework.Case {
	w.Helper()
	g := w.give(who, violence())
	id, err := w.s.Open(w.Context(), w.person[who], w.key(), g.ID, g.Version, "")
	w.must(err)
	return w.cas(id)
}

// groups tells with which cases a case stands together, as somebody sees it: "siblings: REF REF +1".
func (w *world) groups(who string, id casework.CaseID) string {
	w.Helper()
	v, err := w.s.OpenCase(w.Context(), w.person[who], id)
	w.must(err)
	var all []string
	for _, k := range v.Kin {
		line := string(k.Kind) + ":"
		for _, c := range k.Cases {
			line += " " + c.Ref[len(c.Ref)-1:]
		}
		if k.Hidden > 0 {
			line += fmt.Sprint(" +", k.Hidden)
		}
		all = append(all, line)
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

func TestGroupsOfCases(t *testing.T) {
	each(t, func(w *world) {
		ctx, worker, head := w.Context(), w.person["worker"], w.person["head"]
		var c []casework.Case // 1 to 4 are led by worker, 5 by worker2
		for range 4 {
			c = append(c, w.openedBy("worker"))
			w.clock.Move(time.Minute) // the oldest first
		}
		c = append(c, w.openedBy("worker2"))
		want := func(what string, all ...string) {
			t.Helper()
			for i, s := range all {
				if got := w.groups("head", c[i].ID); got != s {
					t.Errorf("%s: case %d stands with %q, want %q", what, i+1, got, s)
				}
			}
		}
		w.must(w.s.Group(ctx, head, c[0].ID, casework.Siblings, c[1].Ref))
		w.must(w.s.Group(ctx, worker, c[2].ID, casework.Siblings, c[3].Ref))
		want("two pairs", "siblings: 2", "siblings: 1", "siblings: 4", "siblings: 3")
		w.must(w.s.Group(ctx, worker, c[3].ID, casework.Siblings, c[0].Ref))
		want("the pairs become one", "siblings: 2 3 4", "siblings: 1 3 4", "siblings: 1 2 4", "siblings: 1 2 3")
		w.must(w.s.Group(ctx, worker, c[0].ID, casework.Incident, c[4].Ref))
		want("one of each kind", "incident: 5, siblings: 2 3 4", "siblings: 1 3 4", "siblings: 1 2 4", "siblings: 1 2 3", "incident: 1")
		if got := w.groups("worker", c[0].ID); got != "incident: +1, siblings: 2 3 4" {
			t.Errorf("whoever does not see the case of a colleague sees %q", got)
		}
		w.must(w.s.Ungroup(ctx, worker, c[2].ID, casework.Siblings, c[2].Ref))
		want("one is taken out", "incident: 5, siblings: 2 4", "siblings: 1 4", "", "siblings: 1 2", "incident: 1")
		w.must(w.s.Ungroup(ctx, worker, c[0].ID, casework.Incident, c[4].Ref))
		want("a group of one is none", "siblings: 2 4", "siblings: 1 4", "", "siblings: 1 2", "")

		stranger := w.openedFor("stranger")
		w.must(w.s.SetFlag(ctx, head, c[4].ID, w.cas(c[4].ID).Version, "restricted", true))
		for what, err := range map[string]error{
			"itself":                           w.s.Group(ctx, worker, c[0].ID, casework.Siblings, c[0].Ref),
			"one of the group":                 w.s.Group(ctx, worker, c[0].ID, casework.Siblings, c[1].Ref),
			"a case that is not":               w.s.Group(ctx, worker, c[0].ID, casework.Siblings, "PER-2026-0999"),
			"a case of another unit":           w.s.Group(ctx, worker, c[0].ID, casework.Siblings, stranger.Ref),
			"a restricted case of a colleague": w.s.Group(ctx, worker, c[0].ID, casework.Siblings, c[4].Ref),
			"out of no group":                  w.s.Ungroup(ctx, worker, c[2].ID, casework.Siblings, c[2].Ref),
			"out of another's group":           w.s.Ungroup(ctx, worker, c[2].ID, casework.Siblings, c[0].Ref),
		} {
			w.at("ref", err, what)
		}
		w.at("kind", w.s.Group(ctx, worker, c[0].ID, "cousins", c[2].Ref), "a kind that is not")
		w.want(fault.Denied, w.s.Group(ctx, w.person["worker2"], c[0].ID, casework.Siblings, c[2].Ref), "a case that one does not lead")
		v, err := w.s.Timeline(ctx, w.person["worker2"], c[4].ID, casework.EventFilter{What: "case.", Limit: 9})
		w.must(err)
		if len(v.Events) != 2 || v.Events[0].What != "case.ungrouped.incident" || v.Events[1].What != "case.grouped.incident" {
			t.Errorf("the timeline of the other case has %d lines", len(v.Events))
		}
	})
}

// openedFor opens a case in the other directorate.
func (w *world) openedFor(who string) casework.Case {
	w.Helper()
	said := violence()
	said.Region, said.Municipality = "KNL", ""
	g := w.give(who, said)
	id, err := w.s.Open(w.Context(), w.person[who], w.key(), g.ID, g.Version, "")
	w.must(err)
	return w.cas(id)
}
