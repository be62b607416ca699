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

// TestTheStatesPageIsTheTables holds docs/states.md against the tables that services and pages read.
func TestTheStatesPageIsTheTables(t *testing.T) {
	var s strings.Builder
	of := ""
	for _, m := range casework.Moves() {
		if m.Of != of {
			of = m.Of
			fmt.Fprintf(&s, "\n## %s%s\n\n| step | from | to |\n| --- | --- | --- |\n", strings.ToUpper(of[:1]), of[1:])
		}
		from := strings.Join(m.From, "`, `")
		fmt.Fprintf(&s, "| `%s` | %s | `%s` |\n", m.Step, strings.ReplaceAll("`"+from+"`", "``", "(none yet)"), m.To)
	}
	documented(t, "../../docs/states.md", "<!-- moves -->\n", s.String()+"\n")
}

// moveOf finds a row of the tables.
func moveOf(of, step string) casework.Move {
	all := casework.Moves()
	return all[slices.IndexFunc(all, func(m casework.Move) bool { return m.Of == of && m.Step == step })]
}

// Every step of a signal is tried in every state. Where the table does not have it, it is refused and the signal stays as it was;
// where it has it, the signal goes where the table says.
func TestEveryStepOfASignalInEveryState(t *testing.T) {
	each(t, func(w *world) {
		ctx, worker, head := w.Context(), w.person["worker"], w.person["head"]
		c, first := w.opened(), w.give("worker", violence())
		to := map[string]func(g casework.Signal){ // brings a signal that was received into a state
			"received":     func(casework.Signal) {},
			"acknowledged": func(g casework.Signal) { w.must(w.s.Acknowledge(ctx, worker, g.ID, g.Version)) },
			"screening":    func(g casework.Signal) { w.must(w.s.Screen(ctx, worker, g.ID, g.Version)) },
			"linked":       func(g casework.Signal) { w.must(w.s.Link(ctx, worker, g.ID, g.Version, c.ID)) },
			"joined": func(g casework.Signal) {
				w.must(w.s.Join(ctx, worker, g.ID, g.Version, first.ID))
			},
		}
		to["ending"] = func(g casework.Signal) {
			to["screening"](g)
			w.must(w.s.Assess(ctx, worker, g.ID, w.signal(g.ID).Version, casework.Unfounded, w.clock.Now()))
			w.must(w.s.ProposeEnd(ctx, worker, g.ID, w.signal(g.ID).Version, "Проверено с училището; няма данни за риск."))
		}
		to["no_action"] = func(g casework.Signal) {
			to["ending"](g)
			w.must(w.s.DecideEnd(ctx, head, g.ID, w.signal(g.ID).Version, true, ""))
		}
		take := map[string]func(g casework.Signal) error{
			"acknowledge": func(g casework.Signal) error { return w.s.Acknowledge(ctx, worker, g.ID, g.Version) },
			"screen":      func(g casework.Signal) error { return w.s.Screen(ctx, worker, g.ID, g.Version) },
			"forward": func(g casework.Signal) error {
				return w.s.Forward(ctx, worker, g.ID, g.Version, w.agency["ozd2"], "", "")
			},
			"propose": func(g casework.Signal) error {
				return w.s.ProposeEnd(ctx, worker, g.ID, g.Version, "Проверено с училището; няма данни за риск.")
			},
			"confirm": func(g casework.Signal) error { return w.s.DecideEnd(ctx, head, g.ID, g.Version, true, "") },
			"return": func(g casework.Signal) error {
				return w.s.DecideEnd(ctx, head, g.ID, g.Version, false, "Попитайте и лекаря.")
			},
			"link":   func(g casework.Signal) error { return w.s.Link(ctx, worker, g.ID, g.Version, c.ID) },
			"unlink": func(g casework.Signal) error { return w.s.Unlink(ctx, worker, g.ID, g.Version) },
			"join": func(g casework.Signal) error {
				return w.s.Join(ctx, worker, g.ID, g.Version, first.ID)
			},
			"unjoin": func(g casework.Signal) error { return w.s.Unjoin(ctx, worker, g.ID, g.Version) },
		}
		for state, bring := range to {
			for step, do := range take {
				g := w.give("worker", violence())
				w.clock.Move(time.Minute)
				bring(g)
				m, before := moveOf("signal", step), w.signal(g.ID)
				err := do(before)
				after := w.signal(g.ID)
				switch {
				case string(before.State) != state:
					t.Fatalf("brought to %s, not to %s", before.State, state)
				case !slices.Contains(m.From, state):
					if err == nil || after.State != before.State || after.Version != before.Version {
						t.Errorf("%s in %s: %v, then %s", step, state, err, after.State)
					}
				case fault.Is(err, fault.Invalid): // a guard beside the table, such as that it has to be assessed first
				case err != nil:
					t.Errorf("%s in %s: %v", step, state, err)
				case m.To == string(casework.Back) && after.State != casework.Received || m.To != string(casework.Back) && string(after.State) != m.To:
					t.Errorf("%s in %s leads to %s, not %s", step, state, after.State, m.To)
				}
			}
		}
	})
}
