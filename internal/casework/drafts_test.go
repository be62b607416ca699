package casework_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/testkit"
)

// What somebody typed comes back to them alone, is sealed, and is gone when it was sent or two weeks passed.
func TestADraftIsItsWritersAlone(t *testing.T) {
	each(t, func(w *world) {
		const form = "/cases/x/notes"
		worker, typed := w.person["worker"], map[string]string{"text": "MARKER, едно изречение", "part": "core"}
		w.must(w.s.SaveDraft(w.Context(), worker, form, map[string]string{"text": "едно"}))
		w.must(w.s.SaveDraft(w.Context(), worker, form, typed))
		w.must(w.s.SaveDraft(w.Context(), worker, "/cases/z/notes", map[string]string{"text": "друго"}))
		got, err := w.s.Drafts(w.Context(), worker, "/cases/y/notes", form)
		if d := got[form]; err != nil || len(got) != 1 || !maps.Equal(d.Fields, typed) || !d.At.Equal(w.clock.Now()) {
			t.Errorf("%v, %v", got, err)
		}
		if got, err = w.s.Drafts(w.Context(), worker, form, "/cases/z/notes"); err != nil || len(got) != 2 || got["/cases/z/notes"].Fields["text"] != "друго" {
			t.Errorf("two at once: %v, %v", got, err)
		}
		w.must(w.s.DropDraft(w.Context(), worker, "/cases/z/notes"))
		for _, who := range []string{"worker2", "head", "admin"} {
			if got, err := w.s.Drafts(w.Context(), w.person[who], form); err != nil || len(got) > 0 {
				t.Errorf("%s reads it: %v", who, err)
			}
			w.must(w.s.DropDraft(w.Context(), w.person[who], form))
		}
		if got, err := w.s.Drafts(w.Context(), worker, "/cases/y/notes"); err != nil || len(got) > 0 {
			t.Errorf("another form has it: %v", err)
		}
		if n := testkit.Count(w, w.db, "SELECT count(*) FROM draft WHERE fields LIKE '%MARKER%' OR fields LIKE '%изречение%'"); n != 0 {
			t.Error("in the clear")
		}
		w.want(fault.Denied, w.s.SaveDraft(w.Context(), access.Public("r"), form, typed), "nobody in particular saves a draft")
		for name, fields := range map[string]map[string]string{form: {"text": strings.Repeat("я", 240_000)}, "": typed, strings.Repeat("/x", 200): typed} {
			w.want(fault.Invalid, w.s.SaveDraft(w.Context(), worker, name, fields), "a draft that is too large, or of no form")
		}
		w.clock.Move(13 * 24 * time.Hour)
		w.must(w.s.DropOldDrafts(w.Context()))
		if got, err := w.s.Drafts(w.Context(), worker, form); err != nil || len(got) != 1 {
			t.Errorf("gone after 13 days: %v", err)
		}
		w.clock.Move(25 * time.Hour)
		w.must(w.s.DropOldDrafts(w.Context()))
		if got, err := w.s.Drafts(w.Context(), worker, form); err != nil || len(got) > 0 {
			t.Errorf("there after two weeks: %v", err)
		}
		w.must(w.s.SaveDraft(w.Context(), worker, form, typed))
		w.must(w.s.DropDraft(w.Context(), worker, form))
		if n := testkit.Count(w, w.db, "SELECT count(*) FROM draft"); n != 0 {
			t.Error("what was sent is still there")
		}
	})
}
