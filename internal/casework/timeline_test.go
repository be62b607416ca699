package casework_test

import (
	"slices"
	"testing"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/casework"
)

// A timeline tells what happened in the order in which it happened, whatever the order of its entry, and so does each page of it.
func TestATimelineIsInTheOrderOfWhatHappened(t *testing.T) {
	each(t, func(w *world) {
		ctx, worker := w.Context(), w.person["worker"]
		c := w.opened()
		w.clock.Move(5 * time.Hour)
		seen := w.clock.Now()
		note := func() {
			w.Helper()
			_, err := w.s.AddNote(ctx, worker, w.key(), casework.Note{Case: c.ID, Part: casework.Core, Nature: casework.Fact, Source: "посещение", Text: "Детето е спокойно."})
			w.must(err)
		}
		note()
		w.clock.Move(time.Hour)
		ago := func(d time.Duration) time.Time { return w.clock.Now().Add(-d) }
		w.must(w.s.CaseHappened(ctx, worker, c.ID, "placement.needed", ago(90*time.Minute), ""))
		granted := ago(3 * time.Hour)
		w.must(w.s.Protect(ctx, worker, w.key(), casework.Protection{Case: c.ID, Agency: w.agency["police"], AskedBy: "police", Ground: "lost", OrderedBy: "head", Granted: granted, Option: "residential"}))
		meeting := w.call(c, time.Hour)
		w.clock.Move(3 * time.Hour)
		w.must(w.s.Hold(ctx, worker, c.ID, meeting, ago(time.Hour), w.came()))

		read := func(f casework.EventFilter) []casework.CaseEvent {
			w.Helper()
			v, err := w.s.Timeline(ctx, worker, c.ID, f)
			w.must(err)
			return v.Events
		}
		whole := read(casework.EventFilter{All: true})
		var whats []string
		for _, e := range whole {
			whats = append(whats, e.What)
			late := map[string]bool{"protection.granted": true, "event.placement.needed": true, "meeting.held": true}[e.What]
			if e.Later() != late {
				t.Errorf("%s happened %s and was entered %s: later is %v", e.What, e.Moment(), e.At, e.Later())
			}
			if e.What == "protection.granted" && !e.Moment().Equal(granted) {
				t.Errorf("the protection stands at %s", e.Moment())
			}
			if e.What == "note.core" && !e.Moment().Equal(seen) {
				t.Errorf("the note stands at %s", e.Moment())
			}
		}
		last := whats[:6]
		if want := []string{"meeting.held", "meeting.called", "step.call_team", "note.core", "event.placement.needed", "protection.granted"}; !slices.Equal(last, want) {
			t.Errorf("the last six are %v, want %v", last, want)
		}
		var paged []string
		for f := (casework.EventFilter{Limit: 2}); ; {
			page := read(f)
			for _, e := range page {
				paged = append(paged, e.What)
			}
			if len(page) < 2 || len(paged) > len(whats) {
				break
			}
			f.Before = page[1].Cursor()
		}
		if !slices.Equal(paged, whats) {
			t.Errorf("by pages %v, in one %v", paged, whats)
		}
		for _, wrong := range []string{"2026", "2026-03-02T09:00:00.000000Z/x", "/", "x/1"} {
			if _, err := w.s.Timeline(ctx, worker, c.ID, casework.EventFilter{Before: wrong, Limit: 2}); err != nil {
				t.Errorf("a page after %q: %v", wrong, err)
			}
		}
	})
}

// A timeline is narrowed to every institution that acted, of the team or not; one that acted only in a part that the reader may
// not see is not named.
func TestWhoActedStandsInTheTimeline(t *testing.T) {
	each(t, func(w *world) {
		ctx, c := w.Context(), w.opened()
		r := w.ask(c)
		w.must(w.step("teacher", r.ID, casework.Take, ""))
		for _, x := range [][2]string{{"hospital", "doctor"}, {"police", "inspector"}} {
			w.must(w.s.Invite(ctx, w.person["worker"], w.key(), c.ID, casework.Seat{Agency: w.agency[x[0]], Person: w.person[x[1]].Person, Function: "member"}, 30))
		}
		_, err := w.s.AddNote(ctx, w.person["doctor"], w.key(), casework.Note{Case: c.ID, Part: casework.Health, Nature: casework.Fact, Source: "преглед", Text: "Без травми."})
		w.must(err)
		for who, want := range map[string][]string{"worker": {"ozd", "school", "hospital"}, "inspector": {"ozd", "school"}} {
			v, err := w.s.Timeline(ctx, w.person[who], c.ID, casework.EventFilter{Limit: 50})
			w.must(err)
			var got, asked []access.AgencyID
			for _, a := range v.Actors {
				got = append(got, a.ID)
			}
			for _, name := range want {
				asked = append(asked, w.agency[name])
			}
			slices.Sort(got)
			slices.Sort(asked)
			if !slices.Equal(got, asked) {
				t.Errorf("%s reads of %v, want %v", who, got, asked)
			}
		}
		v, err := w.s.Timeline(ctx, w.person["worker"], c.ID, casework.EventFilter{Agency: w.agency["school"], Limit: 50})
		w.must(err)
		if len(v.Events) != 1 || v.Events[0].What != "request.take" {
			t.Errorf("what the school did: %v", v.Events)
		}
	})
}
