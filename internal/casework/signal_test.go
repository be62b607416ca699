package casework_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/casework"
	"strengthen/internal/fault"
	"strengthen/internal/org"
	"strengthen/internal/testkit"
)

func TestASignalGoesToTheDirectorateOfTheChildsAddress(t *testing.T) {
	each(t, func(w *world) {
		given, err := w.s.Give(w.Context(), access.Public("r"), "form/1", violence())
		w.must(err)
		g := w.signal(given.Signal)
		if g.Unit != w.agency["ozd"] || g.State != casework.Received || g.Ref != "PER-2026-S0001" || g.Channel != "form" {
			t.Errorf("unit %s, state %s, ref %s", g.Unit, g.State, g.Ref)
		}
		again, err := w.s.Give(w.Context(), access.Public("r"), "form/1", violence())
		w.must(err)
		if again != given {
			t.Error("the same form sent twice made a second signal, or lost its code")
		}
		c, err := w.s.CheckSignal(w.Context(), " "+given.Receipt[:6]+" "+given.Receipt[6:])
		if err != nil || c.Looked || !c.Received.Equal(w.clock.Now()) {
			t.Errorf("the sender learns %+v, %v", c, err)
		}
		w.must(w.s.Acknowledge(w.Context(), w.person["worker"], g.ID, g.Version))
		if c, err = w.s.CheckSignal(w.Context(), given.Receipt); err != nil || !c.Looked {
			t.Errorf("after somebody looked: %+v, %v", c, err)
		}
		forged := given.Receipt[:11] + map[bool]string{true: "y", false: "x"}[given.Receipt[11] == 'x']
		_, err = w.s.CheckSignal(w.Context(), forged)
		w.want(fault.NotFound, err, "a forged code")
	})
}

func TestWhatASignalSaidIsNeverChanged(t *testing.T) {
	each(t, func(w *world) {
		g := w.give("worker", violence())
		before := w.signal(g.ID).Words
		w.must(w.s.Screen(w.Context(), w.person["worker"], g.ID, g.Version))
		w.must(w.s.Forward(w.Context(), w.person["worker"], g.ID, g.Version+1, w.agency["ozd2"], "", "живее другаде"))
		after := w.signal(g.ID)
		if after.Words != before || after.Unit != w.agency["ozd2"] || after.State != casework.Received {
			t.Errorf("words changed, or unit %s, state %s", after.Unit, after.State)
		}
		for _, word := range []string{"колан", "съседка", "трети клас"} {
			for _, table := range []string{"signal"} {
				if n := testkit.Count(w, w.db, "SELECT count(*) FROM "+table+" WHERE narrative LIKE $1 OR child LIKE $1 OR sender LIKE $1", "%"+word+"%"); n > 0 {
					t.Errorf("%q lies in the clear in %s", word, table)
				}
			}
		}
	})
}

func TestBadSignalsSayWhatIsMissing(t *testing.T) {
	each(t, func(w *world) {
		for name, tc := range map[string]struct {
			change func(*casework.Signal)
			field  string
		}{
			"no place":                             {func(g *casework.Signal) { g.Region, g.Municipality = "", "" }, "region"},
			"no words":                             {func(g *casework.Signal) { g.Words.Narrative = "удар" }, "narrative"},
			"an unknown kind":                      {func(g *casework.Signal) { g.Kinds = []casework.Kind{"score"} }, "kinds"},
			"anonymous and yet named":              {func(g *casework.Signal) { g.Source = casework.Anonymous }, "sender"},
			"anonymous about something else":       {func(g *casework.Signal) { g.Source, g.Track, g.Words.Sender = casework.Anonymous, casework.Other, "" }, "source"},
			"received tomorrow":                    {func(g *casework.Signal) { g.Received = w.clock.Now().Add(24 * time.Hour) }, "received"},
			"learned after it was received":        {func(g *casework.Signal) { g.Received, g.Learned = w.clock.Now().Add(-time.Hour), w.clock.Now() }, "learned"},
			"a region whose directorate is nobody": {func(g *casework.Signal) { g.Region, g.Municipality = "VAR", "" }, "municipality"},
		} {
			g := violence()
			tc.change(&g)
			_, err := w.s.Enter(w.Context(), w.person["worker"], w.key(), g)
			all := fault.All(err)
			if len(all) != 1 || all[0].Field != tc.field {
				t.Errorf("%s: %v, want a fault at %s", name, err, tc.field)
			}
		}
		if n := testkit.Count(w, w.db, "SELECT count(*) FROM signal"); n != 0 {
			t.Errorf("%d signals were half-written", n)
		}
	})
}

// What the public tells has the track of its kinds, and nobody takes an anonymous signal of one that is not to be examined
// (Implementing Regulation, article 10, paragraph 5), whatever the form claims.
func TestTheTrackOfWhatThePublicTells(t *testing.T) {
	each(t, func(w *world) {
		for name, tc := range map[string]struct {
			kinds     []casework.Kind
			track     casework.Track
			anonymous bool // is taken too
			clock     string
		}{
			"nothing ticked":                      {nil, casework.Violence, true, "D09"},
			"violence":                            {[]casework.Kind{"physical"}, casework.Violence, true, "D09"},
			"neglect":                             {[]casework.Kind{"neglect_education"}, casework.Violence, true, "D09"},
			"a pupil who left school":             {[]casework.Kind{"dropout"}, casework.Other, false, "D12"},
			"several risks":                       {[]casework.Kind{"no_care", "dropout", "at_risk_development", "abandonment"}, casework.Other, false, "D12"},
			"a risk, and violence":                {[]casework.Kind{"dropout", "sexual"}, casework.Violence, true, "D09"},
			"a crisis":                            {[]casework.Kind{"crisis_event"}, casework.Crisis, true, "D09c"},
			"a crisis of a pupil who left school": {[]casework.Kind{"crisis_event", "dropout"}, casework.Crisis, true, "D09c"},
			"a crisis with violence":              {[]casework.Kind{"crisis_event", "physical"}, casework.Violence, true, "D09"},
		} {
			g := violence()
			g.Kinds, g.Track = tc.kinds, casework.Violence
			given, err := w.s.Give(w.Context(), access.Public("r"), w.key(), g)
			w.must(err)
			if got := w.signal(given.Signal).Track; got != tc.track {
				t.Errorf("%s: the track is %s, want %s", name, got, tc.track)
			}
			if _, ok := w.clocks(given.Signal, "")[tc.clock]; !ok {
				t.Errorf("%s: no clock %s runs", name, tc.clock)
			}
			g.Source, g.Words.Sender = casework.Anonymous, ""
			_, err = w.s.Give(w.Context(), access.Public("r"), w.key(), g)
			if all := fault.All(err); tc.anonymous && err != nil || !tc.anonymous && (len(all) != 1 || all[0].Field != "source") {
				t.Errorf("%s, anonymous: %v", name, err)
			}
		}
	})
}

func TestEndingASignalNeedsASecondPerson(t *testing.T) {
	each(t, func(w *world) {
		g := w.give("worker", violence())
		worker, head := w.person["worker"], w.person["head"]
		w.must(w.s.Screen(w.Context(), worker, g.ID, g.Version))
		w.want(fault.Invalid, w.s.ProposeEnd(w.Context(), worker, g.ID, g.Version+1, "няма основание за случай"), "ending before the assessment")
		w.must(w.s.Assess(w.Context(), worker, g.ID, g.Version+1, casework.Unfounded, time.Time{}))
		w.want(fault.Invalid, w.s.ProposeEnd(w.Context(), worker, g.ID, g.Version+2, "кратко"), "without a reason")
		w.must(w.s.ProposeEnd(w.Context(), worker, g.ID, g.Version+2, "Проверено с училището и семейството."))
		w.want(fault.Denied, w.s.DecideEnd(w.Context(), worker, g.ID, g.Version+3, true, ""), "the same person")
		w.want(fault.Denied, w.s.DecideEnd(w.Context(), w.person["stranger"], g.ID, g.Version+3, true, ""), "a head of elsewhere")
		w.must(w.s.DecideEnd(w.Context(), head, g.ID, g.Version+3, false, "говорете и с личния лекар"))
		if s := w.signal(g.ID); s.State != casework.Screening || s.Reason != "" {
			t.Errorf("returned: %s, %q", s.State, s.Reason)
		}
		w.must(w.s.ProposeEnd(w.Context(), worker, g.ID, g.Version+4, "И личният лекар не вижда риск."))
		w.must(w.s.DecideEnd(w.Context(), head, g.ID, g.Version+5, true, ""))
		if s := w.signal(g.ID); s.State != casework.NoAction {
			t.Errorf("state %s", s.State)
		}
		for ref, k := range w.clocks(g.ID, "") {
			if k.Live() {
				t.Errorf("clock %s goes on", ref)
			}
		}
		// a head who proposes does not decide
		g = w.give("head", violence())
		w.must(w.s.Screen(w.Context(), head, g.ID, g.Version))
		w.must(w.s.Assess(w.Context(), head, g.ID, g.Version+1, casework.Unfounded, time.Time{}))
		w.must(w.s.ProposeEnd(w.Context(), head, g.ID, g.Version+2, "Проверено с училището и семейството."))
		w.want(fault.Conflict, w.s.DecideEnd(w.Context(), head, g.ID, g.Version+3, true, ""), "the proposer decides")
	})
}

func TestTwoSignalsOfOneChildAreKeptTogetherAndComeApart(t *testing.T) {
	each(t, func(w *world) {
		a, b := w.give("worker", violence()), w.give("worker2", violence())
		before, clocks := w.signal(b.ID), w.clocks(b.ID, "")
		w.must(w.s.Join(w.Context(), w.person["worker"], b.ID, b.Version, a.ID))
		v, err := w.s.OpenSignal(w.Context(), w.person["worker"], a.ID)
		w.must(err)
		if len(v.Joined) != 1 || v.Joined[0].ID != b.ID {
			t.Errorf("kept with it: %d", len(v.Joined))
		}
		w.want(fault.Invalid, w.s.Join(w.Context(), w.person["worker"], a.ID, a.Version, b.ID), "a ring of signals")
		w.must(w.s.Unjoin(w.Context(), w.person["worker"], b.ID, b.Version+1))
		after := w.signal(b.ID)
		if after.Words != before.Words || after.JoinedTo != "" || after.State != before.State {
			t.Errorf("apart again: %s, joined %s", after.State, after.JoinedTo)
		}
		if now := w.clocks(b.ID, ""); !now["D09"].Live() || !now["D09"].Due.Equal(clocks["D09"].Due) {
			t.Error("its clock does not run from its receipt again")
		}
	})
}

// A signal that is taken out of a case takes its own terms with it; those that the case began stay, though it was opened from
// that signal.
func TestACaseKeepsItsTermsWithoutTheSignalThatOpenedIt(t *testing.T) {
	each(t, func(w *world) {
		ctx, worker := w.Context(), w.person["worker"]
		c := w.opened()
		v, err := w.s.OpenCase(ctx, worker, c.ID)
		w.must(err)
		first, second := v.Signals[0], w.give("worker", violence())
		w.must(w.s.Link(ctx, worker, second.ID, second.Version, c.ID))
		w.must(w.s.Unlink(ctx, worker, first.ID, first.Version))
		cas, signal := w.clocks("", c.ID), w.clocks(first.ID, "")
		for _, ref := range []string{"D10", "D13"} {
			if !cas[ref].Live() || signal[ref].ID != "" {
				t.Errorf("%s: of the case %v, of the signal %v", ref, cas[ref].Live(), signal[ref].ID != "")
			}
		}
		if k := signal["D16"]; !k.Live() || k.Case != "" {
			t.Errorf("the answer to the sender: %s, of case %q", k.State, k.Case)
		}
	})
}

func TestSomebodyElseChangedTheSignalFirst(t *testing.T) {
	each(t, func(w *world) {
		g := w.give("worker", violence())
		w.must(w.s.Acknowledge(w.Context(), w.person["worker2"], g.ID, g.Version))
		w.want(fault.Conflict, w.s.Screen(w.Context(), w.person["worker"], g.ID, g.Version), "a step from an old page")
	})
}

// Who may see a signal: the people of the unit that has it, and who entered it for another institution; nobody else.
func TestWhoSeesASignal(t *testing.T) {
	each(t, func(w *world) {
		school := violence()
		school.Source, school.SourceAgency = casework.FromAgency, w.agency["school"]
		g := w.give("teacher", school)
		for name, want := range map[string]fault.Kind{
			"teacher": "", "worker": "", "worker2": "", "head": "", "stranger": fault.Denied, "inspector": fault.Denied, "coordinator": fault.Denied,
			"manager": fault.Denied, "admin": fault.Denied, "officer": fault.Denied,
		} {
			_, err := w.s.OpenSignal(w.Context(), w.person[name], g.ID)
			w.want(want, err, name+" opens it")
			list, err := w.s.Signals(w.Context(), w.person[name], casework.SignalFilter{})
			w.must(err)
			if (len(list) == 1) != (want == "") {
				t.Errorf("%s lists %d signals", name, len(list))
			}
		}
	})
}

// A directorate takes down what another institution telephones, also about a child of elsewhere; a school speaks for itself.
func TestWhoTakesDownForAnother(t *testing.T) {
	each(t, func(w *world) {
		g := violence()
		g.Source, g.SourceAgency = casework.FromAgency, w.agency["police"]
		for who, want := range map[string]fault.Kind{"worker": "", "stranger": "", "inspector": "", "teacher": fault.Denied, "manager": fault.Denied} {
			_, err := w.s.Enter(w.Context(), w.person[who], w.key(), g)
			w.want(want, err, who)
		}
	})
}

// The professional who gives a signal in the name of an institution hears what became of it; nobody is told of an own step.
func TestTheProfessionalHearsWhatBecameOfASignal(t *testing.T) {
	each(t, func(w *world) {
		ctx, worker := w.Context(), w.person["worker"]
		said := violence()
		said.Source, said.SourceAgency = casework.FromAgency, w.agency["school"]
		g := w.give("teacher", said)
		w.must(w.s.Acknowledge(ctx, worker, g.ID, g.Version))
		w.must(w.s.Screen(ctx, w.person["worker2"], g.ID, g.Version+1))
		if x := w.signal(g.ID); x.TakenBy != worker.Person {
			t.Errorf("taken by %q, whoever assessed it", x.TakenBy)
		}
		alone := w.give("worker", violence())
		w.must(w.s.Screen(ctx, worker, alone.ID, alone.Version))
		if x := w.signal(alone.ID); x.TakenBy != worker.Person {
			t.Errorf("assessed by %s, and taken by %q", worker.Person, x.TakenBy)
		}
		w.at("outcome", w.s.Assess(ctx, worker, g.ID, g.Version+2, "bored", time.Time{}), "an outcome of one's own")
		w.at("at", w.s.Assess(ctx, worker, g.ID, g.Version+2, casework.Confirmed, g.Received.Add(-time.Minute)), "assessed before it came")
		w.at("at", w.s.Assess(ctx, worker, g.ID, g.Version+2, casework.Confirmed, w.clock.Now().Add(time.Second)), "assessed in a moment")
		w.must(w.s.Assess(ctx, worker, g.ID, g.Version+2, casework.Confirmed, time.Time{}))
		w.at("outcome", w.s.ProposeEnd(ctx, worker, g.ID, g.Version+3, "няма основание за случай"), "ending what is confirmed")
		_, err := w.s.Open(ctx, worker, w.key(), g.ID, g.Version+3, "")
		w.must(err)
		own := violence()
		own.Source, own.SourceAgency = casework.FromAgency, w.agency["ozd"]
		own = w.give("worker", own)
		w.want(fault.Conflict, w.s.Assess(ctx, worker, own.ID, own.Version, casework.AtRisk, time.Time{}), "assessing what nobody began to assess")
		w.must(w.s.Acknowledge(ctx, worker, own.ID, own.Version))
		other := w.give("stranger", func() casework.Signal { s := violence(); s.Region, s.Municipality = "KNL", ""; return s }())
		w.must(w.s.Forward(ctx, w.person["stranger"], other.ID, other.Version, w.agency["ozd"], "PER32", "детето живее в Перник"))
		if x := w.signal(other.ID); x.Municipality != "PER32" || x.Region != "PER" || x.TakenBy != "" {
			t.Errorf("forwarded: of %s in %s, taken by %q", x.Municipality, x.Region, x.TakenBy)
		}
		var steps []string
		_, err = w.org.SendDue(ctx, func(_ context.Context, m org.Message) error {
			if m.Kind == "signal_news" {
				steps = append(steps, m.Address+" "+m.Vars["step"])
			}
			return nil
		})
		w.must(err)
		slices.Sort(steps)
		if !slices.Equal(steps, []string{"teacher@example.org acknowledge", "teacher@example.org link"}) {
			t.Errorf("told: %v", steps)
		}
	})
}

// A signal is joined by the reference that people read to each other; one that the actor may not handle is as good as none.
func TestASignalIsJoinedByItsReference(t *testing.T) {
	each(t, func(w *world) {
		ctx, worker := w.Context(), w.person["worker"]
		a, b := w.give("worker", violence()), w.give("worker", violence())
		elsewhere := w.give("stranger", func() casework.Signal { s := violence(); s.Region, s.Municipality = "KNL", ""; return s }())
		for _, ref := range []string{elsewhere.Ref, "PER-2026-S9999"} {
			w.at("ref", w.s.JoinByRef(ctx, worker, b.ID, b.Version, ref), "the reference "+ref)
		}
		w.at("signal", w.s.Join(ctx, worker, b.ID, b.Version, b.ID), "a signal with itself")
		w.clock.Move(time.Hour)
		w.must(w.s.JoinByRef(ctx, worker, b.ID, b.Version, a.Ref))
		if x := w.signal(b.ID); x.JoinedTo != a.ID || x.State != casework.Joined || !x.Since.Equal(w.clock.Now()) {
			t.Errorf("joined to %q since %v: %s", x.JoinedTo, x.Since, x.State)
		}
		w.must(w.s.Unjoin(ctx, worker, b.ID, b.Version+1))
		if x := w.signal(b.ID); !x.Since.Equal(b.Since) {
			t.Errorf("apart again, it stands where it stood since %v, not %v", b.Since, x.Since)
		}
	})
}
