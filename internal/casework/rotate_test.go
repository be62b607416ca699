package casework_test

import (
	"testing"

	"strengthen/internal/casework"
	"strengthen/internal/sealed"
	"strengthen/internal/testkit"
)

// A child is found by name and by number under the root that replaces another, in either script; no token of the old root is left,
// and a signal still meets its candidates.
func TestAChildIsFoundAfterTheRootIsReplaced(t *testing.T) {
	each(t, func(w *world) {
		var old sealed.Ring // the one of databases in tests
		first := w.openedAs(w.named())
		w.must(w.s.WriteIdentity(w.Context(), w.person["worker"], first.ID, casework.Form{}, casework.Form{"given": "Мартина", "family": "Цветкова", "egn": "1742010004"}))
		second := w.give("worker", w.named())
		tokens := func() map[string]bool {
			all := map[string]bool{}
			rows, err := testkit.Raw(w, w.db).QueryContext(w.Context(), "SELECT token FROM name_token")
			w.must(err)
			defer rows.Close()
			for rows.Next() {
				var s string
				w.must(rows.Scan(&s))
				all[s] = true
			}
			return all
		}
		finds := func(when string) {
			t.Helper()
			for _, words := range []string{"мартина цветкова", "Tsvetkova", "1742010004"} {
				found, err := w.s.FindChild(w.Context(), w.person["worker"], words)
				if err != nil || len(found) != 1 || found[0].ID != first.ID {
					t.Errorf("%s, by %d letters: %d found, %v", when, len(words), len(found), err)
				}
			}
		}
		before := tokens()
		finds("before")
		ring := old.Begin()
		w.db.UseRing(ring)
		turned, err := w.db.Turn(w.Context())
		w.must(err)
		w.db.UseRing(ring.End())
		if last := turned[len(turned)-1]; last.Rows != 3 || last.Stale != 3 { // two signals and a case
			t.Errorf("%+v", turned)
		}
		finds("after")
		same := 0
		for s := range tokens() {
			if before[s] {
				same++
			}
		}
		if len(before) < 4 || same > 1 { // tokens of 16 bits meet now and then
			t.Errorf("of %d tokens %d are those of the old root", len(before), same)
		}
		v, err := w.s.OpenSignal(w.Context(), w.person["worker"], second.ID)
		if err != nil || len(v.Candidates) == 0 {
			t.Errorf("candidates: %d, %v", len(v.Candidates), err)
		}
	})
}
