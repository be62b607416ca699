package casework_test

import (
	"testing"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/casework"
	"strengthen/internal/fault"
	"strengthen/internal/org"
)

// Five faults of authorization that a well-known case system mended in 2026, as tests of this one.

// secret is a case of the worker with a plan, a task, a note, a meeting and a file in it.
func (w *world) secret() (c casework.Case, p casework.Plan, note, meeting, file string) {
	w.Helper()
	c = w.team()
	meeting = w.call(c, time.Hour)
	p = w.drafted(c)
	worker := w.person["worker"]
	var err error
	note, err = w.s.AddNote(w.Context(), worker, w.key(), casework.Note{Case: c.ID, Part: casework.Core, Nature: casework.Fact, Source: "посещение", Text: "Детето е спокойно."})
	w.must(err)
	file, err = w.s.Attach(w.Context(), worker, w.key(), fileOf(c.ID, casework.Core), "x.pdf", scan(2000))
	w.must(err)
	return w.cas(c.ID), p, note, meeting, file
}

// refused asks that an act was refused as one on a record that is not there, or by right.
func (w *world) refused(err error, what string) {
	w.Helper()
	if !fault.Is(err, fault.Denied) && !fault.Is(err, fault.NotFound) {
		w.Errorf("%s: %v", what, err)
	}
}

// First: acting on a record that one may not read.
func TestNobodyActsOnWhatTheyMayNotRead(t *testing.T) {
	each(t, func(w *world) {
		c, p, note, meeting, _ := w.secret()
		ctx := w.Context()
		task := w.onlyTask(c.ID)
		for _, who := range []string{"stranger", "worker2", "inspector2", "doctor", "coordinator", "manager", "admin"} {
			by := w.person[who]
			w.refused(w.s.CaseHappened(ctx, by, c.ID, casework.CaseAssessed, time.Time{}, ""), who+" records an event")
			w.refused(w.s.EditNote(ctx, by, c.ID, note, casework.Form{}, casework.Form{"text": "друго"}), who+" edits a note")
			w.refused(w.s.Sign(ctx, by, c.ID, meeting, true, ""), who+" signs minutes")
			w.refused(w.s.WritePlan(ctx, by, c.ID, p.ID, casework.PlanEdit{Saw: casework.Form{}, Mine: casework.Form{"child": "x"}, Parents: true, Child: true, Review: p.Review}), who+" writes the plan")
			w.refused(w.s.FinishTask(ctx, by, c.ID, task.ID, task.Version, "готово"), who+" ends a task")
			w.refused(w.s.ProposeClose(ctx, by, c.ID, c.Version, "goals_met", "няма нужда"), who+" proposes to close")
		}
	})
}

// Second: a record of one case through the address of another.
func TestNobodyReachesARecordThroughAnotherCase(t *testing.T) {
	each(t, func(w *world) {
		c, p, note, meeting, _ := w.secret()
		task := w.onlyTask(c.ID)
		own := w.opened() // the worker leads both
		ctx, by := w.Context(), w.person["worker"]
		_, err := w.s.OpenMeeting(ctx, by, own.ID, meeting)
		w.want(fault.NotFound, err, "a meeting")
		w.want(fault.NotFound, w.s.EditNote(ctx, by, own.ID, note, casework.Form{}, casework.Form{"text": "друго"}), "a note")
		w.want(fault.NotFound, w.s.WritePlan(ctx, by, own.ID, p.ID, casework.PlanEdit{Saw: casework.Form{}, Mine: casework.Form{"child": "x"}, Parents: true, Child: true, Review: p.Review}), "a plan")
		w.want(fault.NotFound, w.s.FinishTask(ctx, by, own.ID, task.ID, task.Version, "готово"), "a task")
		w.want(fault.NotFound, w.s.Decide(ctx, by, w.key(), own.ID, meeting, "решение"), "a decision")
	})
}

// Third: files and flags without the right to the case.
func TestFilesAndFlagsAskForTheCase(t *testing.T) {
	each(t, func(w *world) {
		c, _, _, _, file := w.secret()
		ctx := w.Context()
		for _, who := range []string{"stranger", "worker2", "inspector2", "doctor", "manager", "admin"} {
			_, _, err := w.s.OpenAttachment(ctx, w.person[who], file)
			w.refused(err, who+" opens a file")
			for _, flag := range casework.Flags() {
				w.refused(w.s.SetFlag(ctx, w.person[who], c.ID, c.Version, flag, true), who+" sets "+flag)
			}
		}
		w.refused(w.s.SetFlag(ctx, w.person["inspector"], c.ID, c.Version, "urgent", true), "a member of the team sets a flag of the lead's")
		w.refused(w.s.SetFlag(ctx, w.person["worker"], c.ID, c.Version, "restricted", true), "the lead restricts, which is the head's")
	})
}

// Fourth: acts on many records at once over some that one does not see. There is one such act, giving out territory, and lists
// that are read as a whole; neither reaches further than its reader.
func TestNoListReachesFurtherThanItsReader(t *testing.T) {
	each(t, func(w *world) {
		w.secret()
		ctx := w.Context()
		for _, who := range []string{"stranger", "doctor", "manager", "admin", "officer"} {
			by := w.person[who]
			cases, _, err := w.s.Cases(ctx, by, casework.CaseFilter{Region: "PER", Limit: 100})
			w.must(err)
			signals, err := w.s.Signals(ctx, by, casework.SignalFilter{Limit: 100})
			w.must(err)
			work, err := w.s.MyWork(ctx, by)
			if err != nil && !fault.Is(err, fault.Denied) {
				w.Fatal(err)
			}
			if n := len(cases) + len(signals) + len(work.Clocks) + len(work.Tasks) + len(work.Meetings) + len(work.Requests); n > 0 {
				w.Errorf("%s lists %d records", who, n)
			}
		}
		w.refused(w.s.SetTerritory(ctx, w.person["head"], w.agency["ozd2"], []string{"PER"}), "a head takes the territory of another unit")
	})
}

// Fifth: a right that holds for the kind of record, used on one of elsewhere.
func TestARightHoldsForOnesOwnUnitOnly(t *testing.T) {
	each(t, func(w *world) {
		c, _, _, _, _ := w.secret()
		ctx := w.Context()
		id, _, err := w.org.Invite(ctx, administrator, w.key(), org.Invitation{Name: "Друг началник", Email: "otherhead@example.org", Lang: "bg", Role: access.Supervisor, Agency: w.agency["ozd2"]})
		w.must(err)
		w.must(w.org.WelcomeGuest(ctx, id, ""))
		other := access.Actor{Person: id, Via: access.ViaSession, StepUp: w.clock.Now(), Grants: []access.Grant{{Role: access.Supervisor, Agency: w.agency["ozd2"]}, {Role: access.Member}}}
		w.refused(w.s.DecideClose(ctx, other, c.ID, c.Version, true, ""), "the head of another unit closes")
		w.refused(w.s.Assign(ctx, other, c.ID, c.Version, id), "takes the lead")
		w.refused(w.s.Exclude(ctx, other, c.ID, w.person["worker"].Person, "познат на семейството"), "keeps the lead out")
		g := w.give("worker", violence())
		w.refused(w.s.Acknowledge(ctx, other, g.ID, g.Version), "takes a signal")
		w.refused(w.s.DecideEnd(ctx, other, g.ID, g.Version, true, ""), "ends a signal")
	})
}
