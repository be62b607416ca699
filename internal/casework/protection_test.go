package casework_test

import (
	"slices"
	"testing"
	"time"

	"strengthen/internal/casework"
	"strengthen/internal/fault"
	"strengthen/internal/sealed"
)

func sealedText(s string) sealed.Text { return sealed.Text(s) }

func (w *world) protection(id casework.CaseID) casework.Protection {
	w.Helper()
	v, err := w.s.OpenProtection(w.Context(), w.person["worker"], id)
	w.must(err)
	return v.Protections[0]
}

// A protection of the weekend on which summer time ends lasts forty-eight hours, not two days: it begins on Saturday at 22:00
// and ends on Monday at 21:00 by the clock on the wall (article 41; regulation of the time in Sofia).
func TestPoliceProtectionOverTheOctoberHour(t *testing.T) {
	each(t, func(w *world) {
		sofia, err := time.LoadLocation("Europe/Sofia")
		w.must(err)
		w.clock.Set(time.Date(2026, 10, 24, 22, 0, 0, 0, sofia))
		g := w.named()
		g.Urgent = true
		s := w.give("worker", g)
		id, err := w.s.Open(w.Context(), w.person["worker"], w.key(), s.ID, s.Version, "")
		w.must(err)
		w.must(w.s.Protect(w.Context(), w.person["worker"], w.key(), casework.Protection{Case: id, Agency: w.agency["police"], AskedBy: "directorate", Ground: "danger", OrderedBy: "duty_officer",
			Granted: w.clock.Now(), Option: "residential", Place: "кризисен център"}))
		if k := w.clocks("", id)["D26"]; k.Person != "" || !k.Due.Equal(time.Date(2026, 10, 26, 21, 0, 0, 0, sofia)) || k.Agency != w.agency["police"] {
			t.Errorf("due %v at %s", k.Due.In(sofia), k.Agency)
		}
		if !w.cas(id).Protected {
			t.Error("the case does not say that the child is protected")
		}
		w.want(fault.Conflict, w.s.ProposeClose(w.Context(), w.person["worker"], id, w.cas(id).Version, "other_measure", "Детето е настанено при баба."), "closing a case of a protected child")
		w.want(fault.Conflict, w.s.Protect(w.Context(), w.person["worker"], w.key(), casework.Protection{Case: id, Agency: w.agency["police"], AskedBy: "police", Ground: "danger", OrderedBy: "head",
			Granted: w.clock.Now(), Option: "residential"}), "two protections at once")
	})
}

// What was forgotten while the child was protected can still be given and noted; it is late, and no longer waits.
func TestNoticesThatWereForgotten(t *testing.T) {
	each(t, func(w *world) {
		ctx, worker, c := w.Context(), w.person["worker"], w.opened()
		w.must(w.s.Protect(ctx, worker, w.key(), casework.Protection{Case: c.ID, Agency: w.agency["police"], AskedBy: "police", Ground: "lost", OrderedBy: "head", Granted: w.clock.Now(), Option: "residential"}))
		w.clock.Move(30 * time.Hour)
		p := w.protection(c.ID)
		w.must(w.s.EndProtection(ctx, worker, p.ID, p.Version, w.clock.Now(), "parent", "Приема майката, подписан протокол."))
		p = w.protection(c.ID)
		w.want(fault.Conflict, w.s.EndProtection(ctx, worker, p.ID, p.Version, w.clock.Now(), "parent", "Приема бащата, подписан протокол."), "it has ended")
		w.clock.Move(time.Hour)
		given := map[string]time.Time{}
		for _, n := range casework.ProtectionList("notice") {
			given[n] = w.clock.Now()
		}
		w.must(w.s.NoteNotices(ctx, worker, p.ID, p.Version, given, time.Time{}))
		if k := w.clocks("", c.ID)["D27"]; k.State != casework.Met || !k.Late || !k.Ended.Equal(w.clock.Now()) {
			t.Errorf("the notices: %s, late %v, %s", k.State, k.Late, k.Ended)
		}
	})
}

func TestTheFiveNotices(t *testing.T) {
	each(t, func(w *world) {
		c := w.opened()
		w.must(w.s.Protect(w.Context(), w.person["worker"], w.key(), casework.Protection{Case: c.ID, Agency: w.agency["police"], AskedBy: "police", Ground: "lost", OrderedBy: "head",
			Granted: w.clock.Now(), Option: "residential"}))
		given := map[string]time.Time{}
		for i, n := range casework.ProtectionList("notice") {
			if got := w.clocks("", c.ID)["D27"].State; got != casework.Running && got != casework.Breached {
				t.Errorf("with %d notices: %s", i, got)
			}
			w.clock.Move(5 * time.Minute)
			given[n] = w.clock.Now()
			p := w.protection(c.ID)
			w.must(w.s.NoteNotices(w.Context(), w.person["worker"], p.ID, p.Version, given, time.Time{}))
		}
		if k := w.clocks("", c.ID)["D27"]; k.State != casework.Met || k.Ended.Sub(k.Start) != 25*time.Minute {
			t.Errorf("with five: %s after %v", k.State, k.Ended.Sub(k.Start))
		}
		p := w.protection(c.ID)
		w.want(fault.Invalid, w.s.NoteNotices(w.Context(), w.person["worker"], p.ID, p.Version, map[string]time.Time{"parents": w.clock.Now().Add(time.Hour)}, time.Time{}), "a notice to come")
		w.want(fault.Invalid, w.s.EndProtection(w.Context(), w.person["worker"], p.ID, p.Version, w.clock.Now(), "parent", ""), "a hand-over without a protocol")
		w.must(w.s.EndProtection(w.Context(), w.person["worker"], p.ID, p.Version, w.clock.Now(), "social_worker", "Приема дежурният от ОЗД, подписан протокол."))
		if w.cas(c.ID).Protected {
			t.Error("still protected")
		}
		if got := w.clocks("", c.ID); got["D26"].State != casework.Met || got["D28"].State != casework.Running {
			t.Errorf("protection %s, help %s", got["D26"].State, got["D28"].State)
		}
	})
}

// The special room is for children over ten only (Regulation I-51, article 14, paragraph 1).
func TestTheSpecialRoomIsForChildrenOverTen(t *testing.T) {
	for band, want := range map[string]fault.Kind{"7-9": fault.Invalid, "unknown": fault.Invalid, "10-13": "", "14-17": ""} {
		t.Run(band, func(t *testing.T) {
			each(t, func(w *world) {
				g := violence()
				g.Band = band
				c := w.openedAs(g)
				w.want(want, w.s.Protect(w.Context(), w.person["worker"], w.key(), casework.Protection{Case: c.ID, Agency: w.agency["police"], AskedBy: "police", Ground: "danger", OrderedBy: "head",
					Granted: w.clock.Now(), Option: "special_room"}), "a child of "+band)
			})
		})
	}
}

// At night the police protect a child before there is a case; what they entered goes over to the case with the signal.
func TestAProtectionGoesWithItsSignal(t *testing.T) {
	each(t, func(w *world) {
		g := w.give("worker", w.named())
		w.want(fault.Denied, w.s.Protect(w.Context(), w.person["teacher"], w.key(), casework.Protection{Signal: g.ID, Agency: w.agency["police"], AskedBy: "police", Ground: "danger", OrderedBy: "head",
			Granted: w.clock.Now(), Option: "residential"}), "by a school")
		w.must(w.s.Protect(w.Context(), w.person["worker"], w.key(), casework.Protection{Signal: g.ID, Agency: w.agency["police"], AskedBy: "police", Ground: "danger", OrderedBy: "duty_officer",
			Granted: w.clock.Now(), Option: "residential", Place: "дом на улица"}))
		id, err := w.s.Open(w.Context(), w.person["worker"], w.key(), g.ID, w.signal(g.ID).Version, "")
		w.must(err)
		w.want(fault.Conflict, w.s.Protect(w.Context(), w.person["worker"], w.key(), casework.Protection{Signal: g.ID, Agency: w.agency["police"], AskedBy: "police", Ground: "danger", OrderedBy: "head",
			Granted: w.clock.Now(), Option: "residential"}), "on a signal that belongs to a case")
		p := w.protection(id)
		if p.Place != "дом на улица" || !w.cas(id).Protected || w.clocks("", id)["D26"].State != casework.Running {
			t.Errorf("place known: %v, protected: %v", p.Place != "", w.cas(id).Protected)
		}
		// where the child is shows to whoever may see the place only
		w.must(w.s.Invite(w.Context(), w.person["worker"], w.key(), id, casework.Seat{Agency: w.agency["police"], Person: w.person["inspector"].Person, Function: "inspector"}, 30))
		v, err := w.s.OpenProtection(w.Context(), w.person["inspector"], id)
		w.must(err)
		if v.Protections[0].Place != "" {
			t.Error("the place shows to a member without that part")
		}
		_, err = w.s.OpenProtection(w.Context(), w.person["head"], id)
		w.want(fault.Denied, err, "the head, who sees the core only")
	})
}

func TestWhatAProtectionNeeds(t *testing.T) {
	each(t, func(w *world) {
		ctx, lead := w.Context(), w.person["worker"]
		c := w.opened()
		now := w.clock.Now()
		good := casework.Protection{Case: c.ID, Agency: w.agency["police"], AskedBy: "police", Ground: "lost", OrderedBy: "head", Granted: now, Option: "residential"}
		for name, tc := range map[string]struct {
			change func(*casework.Protection)
			field  string
		}{
			"by nobody that the law names":    {func(p *casework.Protection) { p.AskedBy = "neighbour" }, "asked_by"},
			"on a ground of one's own":        {func(p *casework.Protection) { p.Ground = "bored" }, "ground"},
			"in a way of one's own":           {func(p *casework.Protection) { p.Option = "hotel" }, "option"},
			"ordered by a passer-by":          {func(p *casework.Protection) { p.OrderedBy = "anybody" }, "ordered_by"},
			"at no moment":                    {func(p *casework.Protection) { p.Granted = time.Time{} }, "granted"},
			"in a second":                     {func(p *casework.Protection) { p.Granted = now.Add(time.Second) }, "granted"},
			"more than two days before":       {func(p *casework.Protection) { p.Granted = c.Received.AddDate(0, 0, -2).Add(-time.Second) }, "granted"},
			"by a school":                     {func(p *casework.Protection) { p.Agency = w.agency["school"] }, "agency"},
			"at a place that the house hides": {func(p *casework.Protection) { p.Place = "дом на улица" }, "where"}, // it keeps no names or addresses
		} {
			p := good
			tc.change(&p)
			w.at(tc.field, w.s.Protect(ctx, lead, w.key(), p), name)
		}
		good.Granted = c.Received.AddDate(0, 0, -2)
		w.must(w.s.Protect(ctx, lead, w.key(), good))
		p := w.protection(c.ID)
		before, later := p.Granted.Add(-time.Second), now.Add(time.Second)
		w.at("told", w.s.NoteNotices(ctx, lead, p.ID, p.Version, nil, before), "the child was told before")
		w.at("told", w.s.NoteNotices(ctx, lead, p.ID, p.Version, nil, later), "the child will be told")
		w.at("parents", w.s.NoteNotices(ctx, lead, p.ID, p.Version, map[string]time.Time{"parents": before}, time.Time{}), "the parents were told before")
		w.must(w.s.NoteNotices(ctx, lead, p.ID, p.Version, map[string]time.Time{"parents": p.Granted}, p.Granted))
		p = w.protection(c.ID)
		w.must(w.s.NoteNotices(ctx, lead, p.ID, p.Version, map[string]time.Time{"parents": p.Granted}, now))
		w.want(fault.Conflict, w.s.NoteNotices(ctx, lead, p.ID, p.Version, nil, now), "from an old page")
		p = w.protection(c.ID)
		if !p.Told.Equal(now) || !p.Notices["parents"].Equal(p.Granted) {
			t.Errorf("told %v, parents %v", p.Told, p.Notices["parents"])
		}
		protocol := sealedText("Приема дежурният от ОЗД, подписан протокол.")
		for name, at := range map[string]time.Time{"at no moment": {}, "before it began": before, "in a second": later} {
			w.at("at", w.s.EndProtection(ctx, lead, p.ID, p.Version, at, "parent", protocol), "ended "+name)
		}
		w.at("handed_to", w.s.EndProtection(ctx, lead, p.ID, p.Version, now, "neighbour", protocol), "handed to a neighbour")
		w.must(w.s.EndProtection(ctx, lead, p.ID, p.Version, now, "parent", protocol))
		p = w.protection(c.ID)
		w.want(fault.Conflict, w.s.EndProtection(ctx, lead, p.ID, p.Version, now, "parent", protocol), "ended twice")
		v, err := w.s.Timeline(ctx, lead, c.ID, casework.EventFilter{Limit: 50})
		w.must(err)
		for _, what := range []string{"protection.granted", "protection.ended"} {
			if !slices.ContainsFunc(v.Events, func(e casework.CaseEvent) bool { return e.What == what }) {
				t.Errorf("%s is not on the timeline", what)
			}
		}
	})
}

// A case says that its child is protected for as long as one of its protections runs: its own, or that of a signal in it.
// states counts the clocks of a rule on a case that are met and that live.
func (w *world) states(c casework.CaseID, rule string) (met, live int) {
	w.Helper()
	for _, k := range w.allClocks(c) {
		switch {
		case k.Rule != rule:
		case k.State == casework.Met:
			met++
		case k.Live():
			live++
		}
	}
	return met, live
}

// The child is under protection wherever its signal goes, and its forty-eight hours run on.
func TestProtectionOutlivesItsSignal(t *testing.T) {
	each(t, func(w *world) {
		ctx, worker := w.Context(), w.person["worker"]
		for name, leave := range map[string]func(g casework.Signal) error{
			"forwarded": func(g casework.Signal) error {
				return w.s.Forward(ctx, worker, g.ID, g.Version, w.agency["ozd2"], "", "")
			},
			"kept with another": func(g casework.Signal) error {
				return w.s.Join(ctx, worker, g.ID, g.Version, w.give("worker", violence()).ID)
			},
		} {
			for _, over := range []bool{false, true} {
				g := w.give("worker", violence())
				w.must(w.s.Protect(ctx, worker, w.key(), casework.Protection{Signal: g.ID, Agency: w.agency["police"], AskedBy: "police", Ground: "lost", OrderedBy: "head", Granted: w.clock.Now(), Option: "residential"}))
				if over {
					v, err := w.s.OpenSignal(ctx, worker, g.ID)
					w.must(err)
					p := v.Protections[0]
					w.must(w.s.EndProtection(ctx, worker, p.ID, p.Version, w.clock.Now(), "parent", "Приема майката, подписан протокол."))
				}
				w.must(leave(w.signal(g.ID)))
				want := map[bool][]casework.ClockState{false: {casework.Running, casework.Running}, true: {casework.Met, casework.Cancelled}}[over]
				if k := w.clocks(g.ID, ""); k["D26"].State != want[0] || k["D27"].State != want[1] {
					t.Errorf("%s, over %v: forty-eight hours %s, notices %s", name, over, k["D26"].State, k["D27"].State)
				}
			}
		}
	})
}

func TestACaseIsProtectedByAnyOfItsSignals(t *testing.T) {
	each(t, func(w *world) {
		ctx, lead := w.Context(), w.person["worker"]
		protect := func(p casework.Protection) {
			p.Agency, p.AskedBy, p.Ground, p.OrderedBy, p.Granted, p.Option = w.agency["police"], "police", "lost", "head", w.clock.Now(), "residential"
			w.must(w.s.Protect(ctx, lead, w.key(), p))
		}
		signal := func(c casework.CaseID) casework.Signal {
			g := w.give("worker", violence())
			protect(casework.Protection{Signal: g.ID})
			w.must(w.s.Link(ctx, lead, g.ID, w.signal(g.ID).Version, c))
			return w.signal(g.ID)
		}
		c := w.opened()
		g := signal(c.ID)
		if !w.cas(c.ID).Protected {
			t.Error("with a signal whose child is protected: not")
		}
		w.must(w.s.Unlink(ctx, lead, g.ID, g.Version))
		if w.cas(c.ID).Protected {
			t.Error("without that signal: still")
		}
		protect(casework.Protection{Case: c.ID})
		g = signal(c.ID)
		w.must(w.s.Unlink(ctx, lead, g.ID, g.Version))
		if !w.cas(c.ID).Protected {
			t.Error("its own protection runs, and it says not")
		}
		g = signal(c.ID)
		v, err := w.s.OpenProtection(ctx, lead, c.ID)
		w.must(err)
		for _, p := range v.Protections {
			if p.Signal == "" {
				w.clock.Move(time.Hour)
				w.must(w.s.EndProtection(ctx, lead, p.ID, p.Version, w.clock.Now(), "parent", "Приема майката, подписан протокол."))
			}
		}
		if !w.cas(c.ID).Protected {
			t.Error("one of two protections ended, and it says that none runs")
		}
		if ended, running := w.states(c.ID, "D26"); ended != 1 || running != 1 {
			t.Errorf("of the two times forty-eight hours %d are over and %d run", ended, running)
		}
		if _, running := w.states(c.ID, "D27"); running != 2 {
			t.Errorf("the notices of %d protections are awaited", running)
		}
		if _, running := w.states(c.ID, "D28"); running != 1 {
			t.Errorf("help is awaited by %d terms", running)
		}
		w.must(w.s.Unlink(ctx, lead, g.ID, g.Version))
		if w.cas(c.ID).Protected {
			t.Error("none runs any more")
		}
	})
}
