package casework_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/casework"
	"strengthen/internal/fault"
	"strengthen/internal/org"
	"strengthen/internal/testkit"
)

// opens reports which parts of a case somebody sees; nil when the case does not open at all.
func (w *world) opens(who string, id casework.CaseID) []casework.Compartment {
	w.Helper()
	v, err := w.s.OpenCase(w.Context(), w.person[who], id)
	if err != nil {
		if !fault.Is(err, fault.Denied) {
			w.Errorf("%s opens: %v", who, err)
		}
		return nil
	}
	var parts []casework.Compartment
	for _, p := range casework.Compartments() {
		if v.Parts[p] {
			parts = append(parts, p)
		}
	}
	return parts
}

// Reach is the case's team, not the town: nobody sees a case for a role alone but the head of its department, and the head
// sees the core only.
func TestWhoSeesACase(t *testing.T) {
	each(t, func(w *world) {
		c := w.opened()
		for who, want := range map[string][]casework.Compartment{
			"worker": casework.Compartments(), "head": {casework.Core},
			"worker2": nil, "stranger": nil, "inspector": nil, "teacher": nil, "doctor": nil, "expert": nil, "coordinator": nil, "manager": nil, "admin": nil, "officer": nil,
		} {
			if got := w.opens(who, c.ID); !slices.Equal(got, want) {
				t.Errorf("%s sees %v, want %v", who, got, want)
			}
			list, _, err := w.s.Cases(w.Context(), w.person[who], casework.CaseFilter{Limit: 10})
			w.must(err)
			if (len(list) == 1) != (want != nil) {
				t.Errorf("%s lists %d cases", who, len(list))
			}
		}
		for who, want := range map[string][]casework.Compartment{
			"inspector": {casework.Core, casework.Police, casework.Voice, casework.Offender}, "teacher": {casework.Core, casework.School, casework.Voice}, "doctor": {casework.Core, casework.Health, casework.Voice},
			"expert": {casework.Core, casework.Voice},
		} {
			agency := w.person[who].Grants[0].Agency
			w.must(w.s.Invite(w.Context(), w.person["worker"], w.key(), c.ID, casework.Seat{Agency: agency, Person: w.person[who].Person, Function: "member"}, 30))
			if got := w.opens(who, c.ID); !slices.Equal(got, want) {
				t.Errorf("%s sees %v, want %v", who, got, want)
			}
		}
		if got := w.opens("inspector2", c.ID); got != nil {
			t.Errorf("a colleague of the inspector sees %v", got)
		}
	})
}

// A share ends by the clock, with no job in between.
func TestAShareEndsWithItsMoment(t *testing.T) {
	each(t, func(w *world) {
		c := w.opened()
		w.must(w.s.Invite(w.Context(), w.person["worker"], w.key(), c.ID, casework.Seat{Agency: w.agency["school"], Person: w.person["teacher"].Person, Function: "teacher"}, 10))
		end := w.clock.Now().AddDate(0, 0, 10)
		w.clock.Set(end.Add(-time.Second))
		if w.opens("teacher", c.ID) == nil {
			t.Error("closed a second before its end")
		}
		w.clock.Set(end)
		if got := w.opens("teacher", c.ID); got != nil {
			t.Errorf("open at its end: %v", got)
		}
		list, _, err := w.s.Cases(w.Context(), w.person["teacher"], casework.CaseFilter{})
		if err != nil || len(list) != 0 {
			t.Errorf("still listed: %d, %v", len(list), err)
		}
		for days, want := range map[int]fault.Kind{0: fault.Invalid, 181: fault.Invalid, 180: ""} {
			err := w.s.GiveShare(w.Context(), w.person["worker"], w.key(), c.ID, casework.Share{Agency: w.agency["hospital"], Parts: []casework.Compartment{casework.Core}, Purpose: "service", Ground: "36g"}, days)
			w.want(want, err, "a share of so many days")
		}
		if got := w.opens("doctor", c.ID); !slices.Equal(got, []casework.Compartment{casework.Core}) {
			t.Errorf("the people of an institution see %v", got)
		}
	})
}

func TestNobodyGivesOnWhatTheyMayNotSee(t *testing.T) {
	each(t, func(w *world) {
		c := w.opened()
		share := casework.Share{Agency: w.agency["school"], Person: w.person["teacher"].Person, Parts: []casework.Compartment{casework.Health}, Purpose: "service", Ground: "36g"}
		w.want(fault.Invalid, w.s.GiveShare(w.Context(), w.person["head"], w.key(), c.ID, share, 10), "the head, who sees the core only, gives health")
		w.want(fault.Denied, w.s.GiveShare(w.Context(), w.person["inspector"], w.key(), c.ID, share, 10), "somebody outside")
		w.must(w.s.GiveShare(w.Context(), w.person["worker"], w.key(), c.ID, share, 10))
		if got := w.opens("teacher", c.ID); got != nil {
			t.Errorf("health without the core opens %v", got)
		}
		v, err := w.s.OpenParts(w.Context(), w.person["teacher"], c.ID)
		w.must(err)
		if x := v.Case; x.Ref != c.Ref || x.Band != c.Band || x.Sex != "" || x.State != "" || x.Lead != "" || !v.Parts[casework.Health] || len(v.Clocks)+len(v.Seats)+len(v.Events)+len(v.Signals)+len(v.Notes) > 0 {
			t.Errorf("health without the core shows %q %q %d", x.Ref, x.Band, len(v.Events))
		}
		list := func(who string) int {
			all, err := w.s.SharedCases(w.Context(), w.person[who])
			w.must(err)
			return len(all)
		}
		if list("teacher") != 1 || list("worker") != 0 || list("head") != 0 || list("doctor") != 0 {
			t.Errorf("lists of shared parts: %d %d %d %d", list("teacher"), list("worker"), list("head"), list("doctor"))
		}
		w.clock.Move(10 * 24 * time.Hour)
		_, err = w.s.OpenParts(w.Context(), w.person["teacher"], c.ID)
		w.want(fault.Denied, err, "after its end")
		if list("teacher") != 0 {
			t.Error("listed after its end")
		}
	})
}

func TestABarredPersonReachesNothing(t *testing.T) {
	each(t, func(w *world) {
		c := w.opened()
		w.must(w.s.Invite(w.Context(), w.person["worker"], w.key(), c.ID, casework.Seat{Agency: w.agency["police"], Person: w.person["inspector"].Person, Function: "inspector"}, 30))
		w.must(w.s.Exclude(w.Context(), w.person["worker"], c.ID, w.person["inspector"].Person, "братовчед на бащата"))
		if got := w.opens("inspector", c.ID); got != nil {
			t.Errorf("after the bar: %v", got)
		}
		_, err := w.s.Break(w.Context(), w.person["inspector"], w.key(), c.Ref, "life", "Спешно трябва да видя къде е детето.")
		w.want(fault.Denied, err, "breaking the glass")
		w.want(fault.Invalid, w.s.Invite(w.Context(), w.person["worker"], w.key(), c.ID, casework.Seat{Agency: w.agency["police"], Person: w.person["inspector"].Person, Function: "inspector"}, 30), "inviting again")
		// a head is barred from a case of the own department
		w.must(w.s.Exclude(w.Context(), w.person["worker"], c.ID, w.person["head"].Person, "съсед на семейството"))
		if got := w.opens("head", c.ID); got != nil {
			t.Errorf("the head: %v", got)
		}
		if n := testkit.Count(w, w.db, "SELECT count(*) FROM case_barred WHERE reason LIKE '%братовчед%' OR reason LIKE '%съсед%'"); n != 0 {
			t.Error("the reason lies in the clear")
		}
	})
}

// Of somebody excluded it is said in which roles they work now, not in which they once did.
func TestARoleThatIsOverIsNotSaidOfSomebodyExcluded(t *testing.T) {
	each(t, func(w *world) {
		ctx, c, now := w.Context(), w.opened(), w.clock.Now()
		for name, set := range map[string]string{"inspector": "", "inspector2": "ended_at", "teacher": "until_at"} {
			w.must(w.s.Exclude(ctx, w.person["worker"], c.ID, w.person[name].Person, "братовчед на бащата"))
			if set != "" {
				w.exec("UPDATE role_grant SET "+set+" = $1 WHERE person_id = $2 AND role = 'partner'", now.UTC().Format("2006-01-02T15:04:05.000000Z"), string(w.person[name].Person))
			}
		}
		v, err := w.s.WhoSees(ctx, w.person["worker"], c.ID)
		w.must(err)
		roles := map[string][]access.Role{}
		for _, x := range v.Barred {
			roles[x.Name] = x.Roles
		}
		want := map[string][]access.Role{"Лице inspector": {access.Partner}, "Лице inspector2": nil, "Лице teacher": nil}
		if !maps.EqualFunc(roles, want, slices.Equal) {
			t.Errorf("roles %v, want %v", roles, want)
		}
	})
}

func TestARestrictedCaseIsItsTeamsAlone(t *testing.T) {
	each(t, func(w *world) {
		c := w.opened()
		w.want(fault.Denied, w.s.SetFlag(w.Context(), w.person["worker"], c.ID, c.Version, "restricted", true), "by the lead")
		w.must(w.s.SetFlag(w.Context(), w.person["head"], c.ID, c.Version, "restricted", true))
		if got := w.opens("head", c.ID); got != nil {
			t.Errorf("the head, who is not of the team: %v", got)
		}
		if w.opens("worker", c.ID) == nil {
			t.Error("the lead is shut out")
		}
	})
}

// An emergency: reading only, three hours, three people told in the same transaction, reviewed by somebody else.
func TestBreakingTheGlass(t *testing.T) {
	each(t, func(w *world) {
		c := w.opened()
		_, err := w.s.Break(w.Context(), w.person["inspector"], w.key(), c.Ref, "life", "кратко")
		w.want(fault.Invalid, err, "without a reason")
		_, err = w.s.Break(w.Context(), w.person["admin"], w.key(), c.Ref, "life", "Администратор иска да види случая.")
		w.want(fault.Denied, err, "an administrator")
		_, err = w.s.Break(w.Context(), w.person["inspector"], w.key(), "PER-2026-9999", "life", "Спешно трябва да видя къде е детето.")
		w.want(fault.NotFound, err, "a case that is not there")
		id, err := w.s.Break(w.Context(), w.person["inspector"], w.key(), c.Ref, "life", "Спешно трябва да видя къде е детето.")
		w.must(err)
		if got := w.opens("inspector", id); len(got) != len(casework.Compartments()) {
			t.Errorf("sees %v", got)
		}
		_, err = w.s.AddNote(w.Context(), w.person["inspector"], w.key(), casework.Note{Case: id, Part: casework.Police, Nature: casework.Fact, Source: "полицай", Text: "проверен адрес"})
		w.want(fault.Denied, err, "writing")
		w.want(fault.Denied, w.s.CaseHappened(w.Context(), w.person["inspector"], id, "crime.known", time.Time{}, ""), "an event")
		to := map[string]bool{}
		_, err = w.org.SendDue(w.Context(), func(_ context.Context, m org.Message) error {
			if m.Kind == "glass" {
				to[m.Address] = true
			}
			return nil
		})
		w.must(err)
		if len(to) != 3 || !to["worker@example.org"] || !to["head@example.org"] || !to["officer@example.org"] {
			t.Errorf("told: %v", to)
		}
		all, _, _, err := w.s.Breaks(w.Context(), w.person["officer"])
		if err != nil || len(all) != 1 || all[0].Overdue(w.clock.Now()) {
			t.Fatalf("for review: %d, %v", len(all), err)
		}
		w.clock.Move(3*time.Hour - time.Second)
		if w.opens("inspector", id) == nil {
			t.Error("closed before three hours")
		}
		w.clock.Move(time.Second)
		if got := w.opens("inspector", id); got != nil {
			t.Errorf("open after three hours: %v", got)
		}
		w.clock.Move(72 * time.Hour)
		if !all[0].Overdue(w.clock.Now()) {
			t.Error("a review is not overdue after three days")
		}
		w.want(fault.Denied, w.s.ReviewBreak(w.Context(), w.person["head"], all[0].ID, true, "всичко е наред"), "the head reviews")
		w.must(w.s.ReviewBreak(w.Context(), w.person["officer"], all[0].ID, true, "Имаше сигнал на 112 за същия адрес."))
		w.want(fault.Conflict, w.s.ReviewBreak(w.Context(), w.person["officer"], all[0].ID, false, "Имаше сигнал на 112 за същия адрес."), "twice")
		v, err := w.s.WhoSees(w.Context(), w.person["officer"], id)
		w.must(err)
		if g := v.Breaks[0]; g.Review != "justified" || g.Finding != "Имаше сигнал на 112 за същия адрес." || g.Reviewer != w.person["officer"].Person || g.Overdue(w.clock.Now()) {
			t.Errorf("reviewed %q, and overdue %v", g.Review, g.Overdue(w.clock.Now()))
		}
	})
}

// An opening that the officer finds unjustified while it lasts ends at once; a justified one lasts for its three hours.
func TestAnUnjustifiedOpeningEndsAtOnce(t *testing.T) {
	each(t, func(w *world) {
		for _, justified := range []bool{true, false} {
			c := w.opened()
			id, err := w.s.Break(w.Context(), w.person["inspector"], w.key(), c.Ref, "life", "Дете е на покрива, трябва ми адресът на бабата.")
			w.must(err)
			all, _, _, err := w.s.Breaks(w.Context(), w.person["officer"])
			w.must(err)
			w.must(w.s.ReviewBreak(w.Context(), w.person["officer"], all[0].ID, justified, "Проверено е с водещия на случая."))
			if got := w.opens("inspector", id); (got != nil) != justified {
				t.Errorf("justified %v, and the case opens to %v", justified, got)
			}
		}
	})
}

func TestConsentIsGivenByWhoMayAndCanBeWithdrawn(t *testing.T) {
	each(t, func(w *world) {
		c := w.opened() // a child of 7 to 9
		voice := []casework.Compartment{casework.Voice}
		share := casework.Share{Agency: w.agency["school"], Person: w.person["teacher"].Person, Parts: []casework.Compartment{casework.Core, casework.Voice}, Purpose: "service", Ground: "consent"}
		w.want(fault.Invalid, w.s.GiveShare(w.Context(), w.person["worker"], w.key(), c.ID, share, 30), "without a consent")
		w.want(fault.Invalid, w.s.RecordConsent(w.Context(), w.person["worker"], w.key(), c.ID, casework.Consent{Capacity: "child", Parts: voice, How: "oral"}), "a child under fourteen alone")
		w.must(w.s.RecordConsent(w.Context(), w.person["worker"], w.key(), c.ID, casework.Consent{Capacity: "mother", Parts: []casework.Compartment{casework.Core, casework.Voice}, How: "written"}))
		w.must(w.s.GiveShare(w.Context(), w.person["worker"], w.key(), c.ID, share, 30))
		if got := w.opens("teacher", c.ID); !slices.Equal(got, []casework.Compartment{casework.Core, casework.Voice}) {
			t.Errorf("with consent: %v", got)
		}
		v, err := w.s.WhoSees(w.Context(), w.person["worker"], c.ID)
		w.must(err)
		w.must(w.s.WithdrawConsent(w.Context(), w.person["worker"], c.ID, v.Consents[0].ID))
		if got := w.opens("teacher", c.ID); got != nil {
			t.Errorf("after it was withdrawn: %v", got)
		}
	})
}

// What the mother agreed to and what the father agreed to are told apart: when one takes it back, what the other's word still covers
// stays shared. An older record that says "a parent" is read on, and counts on.
func TestEachParentConsentsAlone(t *testing.T) {
	each(t, func(w *world) {
		c := w.opened() // a child of 7 to 9
		ctx, lead := w.Context(), w.person["worker"]
		core, both := []casework.Compartment{casework.Core}, []casework.Compartment{casework.Core, casework.Voice}
		share := func(a string, parts []casework.Compartment) {
			w.Helper()
			w.must(w.s.GiveShare(ctx, lead, w.key(), c.ID, casework.Share{Agency: w.agency[a], Parts: parts, Purpose: "service", Ground: "consent"}, 30))
		}
		withdraw := func(capacity string) {
			w.Helper()
			v, err := w.s.WhoSees(ctx, lead, c.ID)
			w.must(err)
			i := slices.IndexFunc(v.Consents, func(x casework.Consent) bool { return x.Capacity == capacity && x.Withdrawn.IsZero() })
			if i < 0 {
				t.Fatalf("no consent of %q among %v", capacity, v.Consents)
			}
			w.must(w.s.WithdrawConsent(ctx, lead, c.ID, v.Consents[i].ID))
		}
		w.at("capacity", w.s.RecordConsent(ctx, lead, w.key(), c.ID, casework.Consent{Capacity: "parent", Parts: core, How: "oral"}), "a parent, without saying which")
		w.must(w.s.RecordConsent(ctx, lead, w.key(), c.ID, casework.Consent{Capacity: "mother", Parts: both, How: "written"}))
		w.must(w.s.RecordConsent(ctx, lead, w.key(), c.ID, casework.Consent{Capacity: "father", Parts: core, How: "oral"}))
		share("school", both)
		share("hospital", core)
		withdraw("mother")
		if got := w.opens("teacher", c.ID); got != nil {
			t.Errorf("the mother alone agreed to the child's words, took it back, and the school still sees %v", got)
		}
		if got := w.opens("doctor", c.ID); !slices.Equal(got, core) {
			t.Errorf("the father still agrees to the core, and the hospital sees %v", got)
		}
		w.must(w.s.RecordConsent(ctx, lead, w.key(), c.ID, casework.Consent{Capacity: "guardian", Parts: core, How: "oral"}))
		w.exec(`UPDATE case_consent SET capacity = 'parent' WHERE capacity = 'guardian'`) // as it was once kept
		withdraw("father")
		if got := w.opens("doctor", c.ID); !slices.Equal(got, core) {
			t.Errorf("a parent of an older record still agrees, and the hospital sees %v", got)
		}
		withdraw("parent")
		if got := w.opens("doctor", c.ID); got != nil {
			t.Errorf("nobody agrees any more, and the hospital still sees %v", got)
		}
	})
}

// From fourteen the child's own consent counts (Child Protection Act, article 11а, paragraph 3): a parent's takes its place neither
// when a share is given nor when the child takes its word back.
func TestTheConsentOfAChildOfFourteen(t *testing.T) {
	each(t, func(w *world) {
		g := violence()
		g.Band = "14-17"
		c := w.openedAs(g)
		ctx, lead := w.Context(), w.person["worker"]
		parts := []casework.Compartment{casework.Core, casework.Voice}
		share := casework.Share{Agency: w.agency["school"], Person: w.person["teacher"].Person, Parts: parts, Purpose: "service", Ground: "consent"}
		w.at("parts", w.s.RecordConsent(ctx, lead, w.key(), c.ID, casework.Consent{Capacity: "mother", How: "oral"}), "a consent to nothing")
		w.must(w.s.RecordConsent(ctx, lead, w.key(), c.ID, casework.Consent{Capacity: "mother", Parts: parts, How: "written"}))
		w.at("ground", w.s.GiveShare(ctx, lead, w.key(), c.ID, share, 30), "with the word of a parent alone")
		w.must(w.s.RecordConsent(ctx, lead, w.key(), c.ID, casework.Consent{Capacity: "child", Parts: parts[:1], How: "oral"}))
		w.at("ground", w.s.GiveShare(ctx, lead, w.key(), c.ID, share, 30), "with the child's word for one of two parts")
		w.must(w.s.RecordConsent(ctx, lead, w.key(), c.ID, casework.Consent{Capacity: "child", Parts: parts, How: "oral"}))
		w.must(w.s.GiveShare(ctx, lead, w.key(), c.ID, share, 30))
		byLaw := casework.Share{Agency: w.agency["hospital"], Parts: parts[:1], Purpose: "service", Ground: "36g"}
		w.must(w.s.GiveShare(ctx, lead, w.key(), c.ID, byLaw, 30))
		v, err := w.s.WhoSees(ctx, lead, c.ID)
		w.must(err)
		for _, x := range v.Consents {
			if x.Capacity == "child" && len(x.Parts) == 2 {
				w.must(w.s.WithdrawConsent(ctx, lead, c.ID, x.ID))
				w.want(fault.NotFound, w.s.WithdrawConsent(ctx, lead, c.ID, x.ID), "withdrawn twice")
			}
		}
		if got := w.opens("teacher", c.ID); got != nil {
			t.Errorf("the child took its word back, and the school still sees %v", got)
		}
		if w.opens("doctor", c.ID) == nil {
			t.Error("a share by law ended with a consent")
		}
	})
}

// A share can be taken back at once, but for the seat by which the lead works; a bar can be lifted by the head.
func TestAShareIsTakenBack(t *testing.T) {
	each(t, func(w *world) {
		c := w.opened()
		ctx, lead := w.Context(), w.person["worker"]
		for _, share := range []casework.Share{
			{Agency: w.agency["school"], Person: w.person["teacher"].Person, Parts: []casework.Compartment{casework.Core}, Purpose: "service", Ground: "36g"},
			{Agency: w.agency["hospital"], Parts: []casework.Compartment{casework.Core}, Purpose: "service", Ground: "36g"},
		} {
			w.must(w.s.GiveShare(ctx, lead, w.key(), c.ID, share, 30))
		}
		w.at("parts", w.s.GiveShare(ctx, lead, w.key(), c.ID, casework.Share{Agency: w.agency["school"], Purpose: "service", Ground: "36g"}, 30), "a share of nothing")
		w.at("agency", w.s.GiveShare(ctx, lead, w.key(), c.ID, casework.Share{Agency: "nowhere", Parts: []casework.Compartment{casework.Core}, Purpose: "service", Ground: "36g"}, 30), "to nobody")
		w.must(w.s.Invite(ctx, lead, w.key(), c.ID, casework.Seat{Agency: w.agency["municipality"], Person: w.person["expert"].Person, Function: "member"}, 30))
		v, err := w.s.WhoSees(ctx, lead, c.ID)
		w.must(err)
		w.want(fault.NotFound, w.s.EndShare(ctx, lead, c.ID, "none"), "a share that is not there")
		for _, h := range v.Shares {
			switch {
			case h.Person == lead.Person:
				w.at("share", w.s.EndShare(ctx, lead, c.ID, h.ID), "the lead's own seat")
			case h.Person == w.person["expert"].Person: // a seat of anybody else
				w.must(w.s.EndShare(ctx, lead, c.ID, h.ID))
				if w.opens("expert", c.ID) != nil {
					t.Error("the share of a seat is taken back, and still opens the case")
				}
			case h.Person == w.person["teacher"].Person:
				w.must(w.s.EndShare(ctx, lead, c.ID, h.ID))
				w.want(fault.NotFound, w.s.EndShare(ctx, lead, c.ID, h.ID), "taken back twice")
			}
		}
		if w.opens("worker", c.ID) == nil || w.opens("doctor", c.ID) == nil {
			t.Error("another's share ended too")
		}
		if got := w.opens("teacher", c.ID); got != nil {
			t.Errorf("taken back, and still seen: %v", got)
		}
		w.at("person", w.s.Exclude(ctx, lead, c.ID, lead.Person, "съсед на семейството"), "the lead bars herself")
		w.at("person", w.s.Exclude(ctx, lead, c.ID, "nobody", "съсед на семейството"), "nobody is barred")
		who, err := w.s.ExcludeByMail(ctx, lead, c.ID, " Doctor@Example.org ", "съсед на семейството")
		w.must(err)
		if who != w.person["doctor"].Person {
			t.Errorf("excluded %s", who)
		}
		if w.opens("doctor", c.ID) != nil {
			t.Error("barred by the address, the doctor still sees the case")
		}
		w.want(fault.Denied, w.s.Readmit(ctx, lead, c.ID, w.person["doctor"].Person), "the lead lifts the bar")
		w.must(w.s.Readmit(ctx, w.person["head"], c.ID, w.person["doctor"].Person))
		if w.opens("doctor", c.ID) == nil {
			t.Error("the bar is lifted, and the doctor's institution does not reach the case")
		}
		timeline, err := w.s.Timeline(ctx, lead, c.ID, casework.EventFilter{Limit: 50})
		w.must(err)
		for _, what := range []string{"share.given", "share.ended", "person.barred", "person.readmitted"} {
			if !slices.ContainsFunc(timeline.Events, func(e casework.CaseEvent) bool { return e.What == what }) {
				t.Errorf("%s is not on the timeline", what)
			}
		}
	})
}

func TestEveryOpeningIsOnTheRecord(t *testing.T) {
	each(t, func(w *world) {
		c := w.opened()
		w.opens("worker", c.ID)
		w.opens("stranger", c.ID)
		v, err := w.s.WhoSees(w.Context(), w.person["worker"], c.ID)
		w.must(err)
		found := map[access.Outcome]bool{}
		for _, e := range v.Entries {
			if e.Action == access.SeeCase && (e.Actor == w.person["worker"].Person || e.Actor == w.person["stranger"].Person) {
				found[e.Outcome] = true
			}
		}
		if !found[access.Done] || !found[access.Refused] {
			t.Errorf("the record of %d entries shows %v", len(v.Entries), found)
		}
		_, err = w.s.WhoSees(w.Context(), w.person["inspector"], c.ID)
		w.want(fault.Denied, err, "somebody outside reads who saw")
		if _, err := w.s.WhoSees(w.Context(), w.person["officer"], c.ID); err != nil {
			t.Errorf("the officer: %v", err)
		}
	})
}

func TestTwoPeopleWriteAtOnce(t *testing.T) {
	each(t, func(w *world) {
		c := w.opened()
		id, err := w.s.AddNote(w.Context(), w.person["worker"], w.key(), casework.Note{Case: c.ID, Part: casework.Core, Nature: casework.Fact, Source: "посещение", Text: "У дома е спокойно."})
		w.must(err)
		saw := casework.Form{"source": "посещение", "text": "У дома е спокойно."}
		w.must(w.s.EditNote(w.Context(), w.person["worker"], c.ID, id, saw, casework.Form{"source": "посещение на 2 март", "text": "У дома е спокойно."}))
		w.must(w.s.EditNote(w.Context(), w.person["head"], c.ID, id, saw, casework.Form{"source": "посещение", "text": "У дома е спокойно, детето рисува."})) // another field: merged
		err = w.s.EditNote(w.Context(), w.person["worker"], c.ID, id, saw, casework.Form{"source": "посещение", "text": "У дома е шумно."})
		clash, ok := errors.AsType[*casework.ClashError](err)
		if !ok || len(clash.Clashes) != 1 || clash.Clashes[0].Theirs != "У дома е спокойно, детето рисува." || clash.Clashes[0].Mine != "У дома е шумно." || clash.By != w.person["head"].Person {
			t.Fatalf("%v: %+v", err, clash)
		}
		v, err := w.s.OpenCase(w.Context(), w.person["worker"], c.ID)
		w.must(err)
		if n := v.Notes[0]; n.Source != "посещение на 2 март" || n.Text != "У дома е спокойно, детето рисува." {
			t.Errorf("kept: %q, %q", n.Source, n.Text)
		}
		other := w.opened()
		w.want(fault.NotFound, w.s.EditNote(w.Context(), w.person["worker"], other.ID, id, saw, saw), "through another case's address")
	})
}

func TestClosingNeedsASecondPerson(t *testing.T) {
	each(t, func(w *world) {
		c := w.opened()
		worker, head := w.person["worker"], w.person["head"]
		w.want(fault.Invalid, w.s.ProposeClose(w.Context(), worker, c.ID, c.Version, "bored", "Няма повече нужда от работа."), "a reason of one's own")
		w.must(w.s.ProposeClose(w.Context(), worker, c.ID, c.Version, "goals_met", "Целите са постигнати, рискът е отпаднал."))
		w.want(fault.Denied, w.s.DecideClose(w.Context(), worker, c.ID, c.Version+1, true, ""), "the same person")
		w.must(w.s.DecideClose(w.Context(), head, c.ID, c.Version+1, true, ""))
		if x := w.cas(c.ID); x.State != casework.Closed || x.Closed.IsZero() {
			t.Errorf("state %s", x.State)
		}
		for ref, k := range w.clocks("", c.ID) {
			if k.Live() {
				t.Errorf("clock %s goes on after the end", ref)
			}
		}
		_, err := w.s.AddNote(w.Context(), worker, w.key(), casework.Note{Case: c.ID, Part: casework.Core, Nature: casework.Fact, Source: "кой", Text: "нещо"})
		w.want(fault.Conflict, err, "writing into a closed case")
		w.must(w.s.Step(w.Context(), worker, c.ID, c.Version+2, casework.Reopen, "нов сигнал"))
		if x := w.cas(c.ID); x.State != casework.Intake || x.Episode != 2 {
			t.Errorf("reopened: %s, episode %d", x.State, x.Episode)
		}
	})
}

// What is proposed can be refused: the case goes on, and nothing of the proposal stays. What is closed and opened again is a new
// episode, whose terms begin with it.
func TestACaseIsKeptOpenAndOpenedAgain(t *testing.T) {
	each(t, func(w *world) {
		ctx, worker, head := w.Context(), w.person["worker"], w.person["head"]
		c := w.opened()
		why := sealedText("Целите са постигнати, рискът е отпаднал.")
		w.must(w.s.ProposeClose(ctx, worker, c.ID, c.Version, "goals_met", why))
		w.must(w.s.DecideClose(ctx, head, c.ID, c.Version+1, false, "още не"))
		if x := w.cas(c.ID); x.State != casework.InReview || x.ProposedBy != "" || x.ClosedFor != "" || !x.Closed.IsZero() {
			t.Errorf("kept open: %s, proposed by %q for %q", x.State, x.ProposedBy, x.ClosedFor)
		}
		heads := w.opened()
		w.must(w.s.ProposeClose(ctx, head, heads.ID, heads.Version, "goals_met", why))
		w.want(fault.Conflict, w.s.DecideClose(ctx, head, heads.ID, heads.Version+1, true, ""), "the head decides on what the head proposed")
		w.must(w.s.ProposeClose(ctx, worker, c.ID, c.Version+2, "goals_met", why))
		w.clock.Move(24 * time.Hour)
		w.must(w.s.DecideClose(ctx, head, c.ID, c.Version+3, true, ""))
		w.want(fault.Conflict, w.s.CaseHappened(ctx, worker, c.ID, casework.CaseAssessed, time.Time{}, ""), "an event of a closed case")
		w.want(fault.Conflict, w.s.Protect(ctx, worker, w.key(), casework.Protection{Case: c.ID, Agency: w.agency["police"], AskedBy: "police", Ground: "lost", OrderedBy: "head",
			Granted: w.clock.Now(), Option: "residential"}), "a protection in a closed case")
		_, err := w.s.Convoke(ctx, worker, w.key(), c.ID, casework.Meeting{At: w.clock.Now(), Place: "ОЗД, стая 3"})
		w.want(fault.Conflict, err, "a meeting of a closed case")
		w.want(fault.Conflict, w.s.Send(ctx, worker, w.key(), c.ID, casework.Request{To: w.agency["school"], Kind: "information", Text: "Моля за сведения.", Due: calendar.On(w.clock.Now())}), "a request in a closed case")
		_, err = w.s.DraftPlan(ctx, worker, w.key(), c.ID)
		w.want(fault.Conflict, err, "a plan of a closed case")
		w.want(fault.Conflict, w.s.ReferRestorative(ctx, worker, w.key(), c.ID, "mediation", "Семейството поиска среща."), "restorative work in a closed case")
		w.want(fault.Conflict, w.s.Invite(ctx, worker, w.key(), c.ID, casework.Seat{Agency: w.agency["school"], Function: "member"}, 30), "a seat in a closed case")
		w.want(fault.Invalid, w.s.Step(ctx, worker, c.ID, c.Version+4, casework.Reopen, ""), "opened again without a word why")
		w.clock.Move(24 * time.Hour)
		w.must(w.s.Step(ctx, worker, c.ID, c.Version+4, casework.Reopen, "нов сигнал"))
		if k := w.clocks("", c.ID)["D13"]; !k.Start.Equal(w.clock.Now()) || !k.Live() {
			t.Errorf("the new assessment runs from %v (%s)", k.Start, k.State)
		}
		for n, closed := range map[int]int{1: 1, 2: 0} {
			if got := testkit.Count(w, w.db, "SELECT count(*) FROM episode WHERE case_id = $1 AND n = $2 AND closed_at IS NOT NULL", string(c.ID), n); got != closed {
				t.Errorf("episode %d: %d closed", n, got)
			}
		}
	})
}

// A head leads a case as a social worker does; a reviewed plan ends its clock; an event lies between the day before the signal
// and now.
func TestStepsAndEventsOfACase(t *testing.T) {
	each(t, func(w *world) {
		ctx, worker := w.Context(), w.person["worker"]
		g := w.give("worker", violence())
		w.must(w.s.Screen(ctx, worker, g.ID, g.Version))
		id, err := w.s.Open(ctx, worker, w.key(), g.ID, g.Version+1, w.person["head"].Person)
		w.must(err)
		if w.cas(id).Lead != w.person["head"].Person {
			t.Error("the head does not lead")
		}
		c := w.team()
		before := c.Received.AddDate(0, 0, -1)
		w.must(w.s.CaseHappened(ctx, worker, c.ID, "crime.known", before, ""))
		w.at("at", w.s.CaseHappened(ctx, worker, c.ID, "crime.known", before.Add(-time.Second), ""), "two days before")
		w.at("at", w.s.CaseHappened(ctx, worker, c.ID, "crime.known", w.clock.Now().Add(time.Second), ""), "in a second")
		w.at("event", w.s.CaseHappened(ctx, worker, c.ID, "weather.changed", time.Time{}, ""), "an event of one's own")
		for _, p := range []casework.CaseStep{casework.ProposeClose, casework.ApproveClose, casework.Adopt, casework.CallTeam, casework.OpenIt} {
			w.at("step", w.s.Step(ctx, worker, c.ID, c.Version, p, "защото така искам"), "the step "+string(p)+" by itself")
		}
		p := w.drafted(c)
		w.must(w.s.AdoptPlan(ctx, worker, c.ID, p.ID, p.Version))
		if k := w.clocks("", c.ID)["D14"]; k.State != casework.Running {
			t.Fatalf("the review: %s", k.State)
		}
		w.must(w.s.Step(ctx, worker, c.ID, w.cas(c.ID).Version, casework.Review, ""))
		if k := w.clocks("", c.ID)["D14"]; k.State != casework.Running {
			t.Errorf("the review goes on, and its clock is %s", k.State)
		}
	})
}

func TestThereIsOneLead(t *testing.T) {
	each(t, func(w *world) {
		c := w.opened()
		w.want(fault.Denied, w.s.Assign(w.Context(), w.person["worker"], c.ID, c.Version, w.person["worker2"].Person), "the lead names another")
		w.want(fault.Invalid, w.s.Assign(w.Context(), w.person["head"], c.ID, c.Version, w.person["teacher"].Person), "a teacher")
		w.must(w.s.Assign(w.Context(), w.person["head"], c.ID, c.Version, w.person["worker2"].Person))
		w.want(fault.Conflict, w.s.Assign(w.Context(), w.person["head"], c.ID, c.Version, w.person["worker"].Person), "a second lead from an old page")
		v, err := w.s.OpenCase(w.Context(), w.person["worker2"], c.ID)
		w.must(err)
		leaders := 0
		for _, x := range v.Seats {
			if x.Place == casework.LeaderSeat {
				leaders++
			}
		}
		if leaders != 1 || v.Case.Lead != w.person["worker2"].Person {
			t.Errorf("%d leaders, lead %s", leaders, v.Case.Lead)
		}
		if k := w.clocks("", c.ID)["D13"]; k.Person != w.person["worker2"].Person {
			t.Error("the clocks stay with the one before")
		}
	})
}

// Reviews come every six months. A lead who works on a case keeps it; one who left it alone for a year is named anew.
func TestALeadKeepsACaseWorkedOn(t *testing.T) {
	each(t, func(w *world) {
		c := w.opened()
		for range 3 {
			w.clock.Move(200 * 24 * time.Hour)
			w.must(w.s.CaseHappened(w.Context(), w.person["worker"], c.ID, casework.CaseAssessed, time.Time{}, ""))
		}
		w.clock.Move(200 * 24 * time.Hour)
		w.must(w.s.CaseHappened(w.Context(), w.person["head"], c.ID, casework.CaseAssessed, time.Time{}, "")) // what others do keeps nothing for the lead
		w.clock.Move(166 * 24 * time.Hour)
		if got := w.opens("worker", c.ID); got != nil {
			t.Errorf("after a year without an act the lead still sees %v", got)
		}
		v, err := w.s.OpenCase(w.Context(), w.person["head"], c.ID)
		w.must(err)
		w.must(w.s.Assign(w.Context(), w.person["head"], c.ID, v.Case.Version, w.person["worker"].Person))
		if got := w.opens("worker", c.ID); got == nil {
			t.Error("named anew, the lead does not see the case")
		}
	})
}

// The officer is reminded of a review the day before its three days are over and at their end, unless it came before.
func TestTheOfficerIsRemindedOfAReview(t *testing.T) {
	for name, tc := range map[string]struct {
		reviewed int // days after the opening
		mails    int
	}{"on the first day": {1, 0}, "on the third": {3, 1}, "not at all": {9, 2}} {
		t.Run(name, func(t *testing.T) {
			each(t, func(w *world) {
				ctx, c := w.Context(), w.opened()
				id, err := w.s.Break(ctx, w.person["inspector"], w.key(), c.Ref, "life", "Дете е на покрива, трябва ми адресът на бабата.")
				w.must(err)
				mails := 0
				w.clock.Move(time.Minute)
				for day := range 6 {
					if day == tc.reviewed {
						all, _, _, err := w.s.Breaks(ctx, w.person["officer"])
						w.must(err)
						if len(all) != 1 || all[0].Case != id {
							t.Fatalf("%d openings wait", len(all))
						}
						w.must(w.s.ReviewBreak(ctx, w.person["officer"], all[0].ID, true, "Проверено е с водещия на случая."))
					}
					_, err := w.org.SendDue(ctx, func(_ context.Context, m org.Message) error {
						if m.Kind == "glass_review" {
							if mails++; m.Person != w.person["officer"].Person || m.Vars["ref"] != c.Ref || m.Vars["path"] != "/emergency/reviews" {
								t.Errorf("%s is reminded of %v", m.Person, m.Vars)
							}
						}
						return nil
					})
					w.must(err)
					w.clock.Move(24 * time.Hour)
				}
				if mails != tc.mails {
					t.Errorf("%d reminders, want %d", mails, tc.mails)
				}
			})
		})
	}
}

// A case that is restricted to its team stays in the hands of the head of the unit: the head lifts that, names the lead, decides a
// closing and sees who looked, and reads nothing of it.
func TestTheHeadOverseesARestrictedCase(t *testing.T) {
	each(t, func(w *world) {
		c := w.opened()
		ctx, head, worker := w.Context(), w.person["head"], w.person["worker"]
		w.must(w.s.SetFlag(ctx, head, c.ID, c.Version, "restricted", true))
		version := func() int { return w.cas(c.ID).Version }
		if got := w.opens("head", c.ID); got != nil {
			t.Errorf("the head sees %v", got)
		}
		v, err := w.s.WhoSees(ctx, head, c.ID)
		w.must(err)
		if x := v.Case; x.Ref != c.Ref || x.Band != "" || x.Sex != "" || x.Municipality != "" || x.Kinds != nil || !v.Assign || !v.Approve || v.Share {
			t.Errorf("who sees: %v %v %v %q", v.Assign, v.Approve, v.Share, x.Band)
		}
		if _, err := w.s.WhoSees(ctx, w.person["officer"], c.ID); err != nil {
			t.Errorf("the officer: %v", err)
		}
		for _, who := range []string{"worker2", "stranger", "coordinator", "manager", "admin"} {
			_, err := w.s.WhoSees(ctx, w.person[who], c.ID)
			w.want(fault.Denied, err, who+" asks who sees")
		}
		u, err := w.s.OpenUnit(ctx, head, w.agency["ozd"])
		w.must(err)
		if len(u.Restricted) != 1 || u.Restricted[0].Ref != c.Ref || u.Restricted[0].Band != "" {
			t.Errorf("the unit lists %d restricted cases", len(u.Restricted))
		}
		w.must(w.s.Assign(ctx, head, c.ID, version(), w.person["worker2"].Person))
		w.must(w.s.Assign(ctx, head, c.ID, version(), worker.Person))
		w.must(w.s.ProposeClose(ctx, worker, c.ID, version(), "goals_met", "Целите са постигнати."))
		w.must(w.s.DecideClose(ctx, head, c.ID, version(), false, ""))
		w.must(w.s.ProposeClose(ctx, worker, c.ID, version(), "goals_met", "Целите са постигнати."))
		w.must(w.s.DecideClose(ctx, head, c.ID, version(), true, ""))
		w.want(fault.Denied, w.s.SetFlag(ctx, worker, c.ID, version(), "restricted", false), "the lead lifts it")
		w.must(w.s.SetFlag(ctx, head, c.ID, version(), "restricted", false))
		if w.opens("head", c.ID) == nil {
			t.Error("closed to the head after it was lifted")
		}
	})
}

// Whoever is excluded oversees nothing, head or not.
func TestAnExcludedHeadOverseesNothing(t *testing.T) {
	each(t, func(w *world) {
		c := w.opened()
		head := w.person["head"]
		w.must(w.s.SetFlag(w.Context(), head, c.ID, c.Version, "restricted", true))
		w.must(w.s.Exclude(w.Context(), w.person["worker"], c.ID, head.Person, "сестра на майката"))
		w.want(fault.Denied, w.s.SetFlag(w.Context(), head, c.ID, w.cas(c.ID).Version, "restricted", false), "lifting")
		u, err := w.s.OpenUnit(w.Context(), head, w.agency["ozd"])
		w.must(err)
		if len(u.Restricted) != 0 {
			t.Error("listed")
		}
	})
}
