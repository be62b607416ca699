package org_test

import (
	"testing"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/org"
	"strengthen/internal/store"
	"strengthen/internal/testkit"
)

// as is a person who came by a session in a role.
func as(id access.PersonID, r access.Role) access.Actor {
	return access.Actor{Person: id, Via: access.ViaSession, Grants: []access.Grant{{Role: r}, {Role: access.Member}}}
}

func holds(t *testing.T, db *store.DB, id access.PersonID, r access.Role) bool {
	t.Helper()
	return testkit.Count(t, db, `SELECT count(*) FROM role_grant WHERE person_id = $1 AND role = $2 AND ended_at IS NULL AND NOT waits`, string(id), string(r)) == 1
}

// A role that sees cases, or gives roles, is in force when a third person has agreed. Nobody is their own second person.
func TestARoleOfTwoPeople(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		s, ctx := service(t, db, clock), t.Context()
		first := member(t, s, "first@example.org", access.Administrator)
		worker := member(t, s, "worker@example.org", access.Funder)
		want := func(kind fault.Kind, err error, what string) {
			t.Helper()
			if fault.KindOf(err) != kind {
				t.Errorf("%s: %v, want %q", what, err, kind)
			}
		}
		// The first administrator begins alone.
		want("", s.Grant(ctx, as(first, access.Administrator), "g/1", worker, access.Grant{Role: access.DataProtection}), "given on the first day")
		if !holds(t, db, worker, access.DataProtection) {
			t.Fatal("the only administrator cannot give the second role")
		}
		officer := worker

		// From then on two are needed.
		other := member(t, s, "other@example.org", access.Funder)
		want("", s.Grant(ctx, as(first, access.Administrator), "g/2", other, access.Grant{Role: access.Administrator}), "given by one")
		if holds(t, db, other, access.Administrator) {
			t.Fatal("a role of two people is in force after the word of one")
		}
		list, err := s.WaitingRoles(ctx, as(officer, access.DataProtection))
		if err != nil || len(list) != 1 || list[0].Person != other || list[0].By != first || list[0].Mine {
			t.Fatalf("waiting: %+v, %v", list, err)
		}
		if n := testkit.Count(t, db, `SELECT count(*) FROM message WHERE kind = 'grant_waits' AND address = 'worker@example.org' AND record_id = $1`, list[0].ID); n != 1 {
			t.Errorf("the officer was told %d times", n)
		}
		want(fault.Conflict, s.ConfirmGrant(ctx, as(first, access.Administrator), list[0].ID, true), "the same person twice")
		want(fault.Conflict, s.ConfirmGrant(ctx, as(other, access.Administrator), list[0].ID, true), "who gets it")
		want(fault.Denied, s.ConfirmGrant(ctx, as("somebody", access.Manager), list[0].ID, true), "a manager")
		want("", s.ConfirmGrant(ctx, as(officer, access.DataProtection), list[0].ID, true), "the officer")
		if !holds(t, db, other, access.Administrator) {
			t.Error("a role that two gave is not in force")
		}
		want(fault.NotFound, s.ConfirmGrant(ctx, as(officer, access.DataProtection), list[0].ID, true), "a second click")

		// Whoever suspends everybody else is not alone for that.
		want("", s.Suspend(ctx, as(first, access.Administrator), officer), "suspend the officer")
		want("", s.Suspend(ctx, as(first, access.Administrator), other), "suspend the other")
		third := member(t, s, "third@example.org", access.Funder)
		want("", s.Grant(ctx, as(first, access.Administrator), "g/3", third, access.Grant{Role: access.DataProtection}), "given by one who suspended the rest")
		if holds(t, db, third, access.DataProtection) {
			t.Error("suspending the others makes the rule go away")
		}
		// One that waits too long gives nothing; one that is declined is gone; what needs one person needs one.
		list, err = s.WaitingRoles(ctx, as(other, access.Administrator))
		if err != nil || len(list) != 1 {
			t.Fatalf("waiting: %+v, %v", list, err)
		}
		clock.Move(org.GrantTime)
		want(fault.Conflict, s.ConfirmGrant(ctx, as(other, access.Administrator), list[0].ID, true), "two weeks later")
		want("", s.Grant(ctx, as(first, access.Administrator), "g/4", third, access.Grant{Role: access.DataProtection}), "given anew")
		list, err = s.WaitingRoles(ctx, as(other, access.Administrator))
		if err != nil || len(list) != 1 {
			t.Fatalf("waiting: %+v, %v", list, err)
		}
		want("", s.ConfirmGrant(ctx, as(other, access.Administrator), list[0].ID, false), "declined")
		if holds(t, db, third, access.DataProtection) {
			t.Error("a declined role is in force")
		}
		want("", s.Grant(ctx, as(first, access.Administrator), "g/5", third, access.Grant{Role: access.Evaluator}), "an evaluator")
		if !holds(t, db, third, access.Evaluator) {
			t.Error("a role of one person waits")
		}
	})
}

// A session of somebody whose role waits does not have it.
func TestAWaitingRoleOpensNothing(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		s, ctx := service(t, db, clock), t.Context()
		if err := s.MarkDemo(ctx); err != nil { // whoever comes in without a second factor has the role too
			t.Fatal(err)
		}
		first := member(t, s, "first@example.org", access.Administrator)
		member(t, s, "second@example.org", access.Administrator)
		other := member(t, s, "other@example.org", access.Funder)
		if err := s.Grant(ctx, as(first, access.Administrator), "g/1", other, access.Grant{Role: access.DataProtection}); err != nil {
			t.Fatal(err)
		}
		token, err := signIn(s, t, "other@example.org", good, "")
		if err != nil {
			t.Fatal(err)
		}
		v, err := s.Resume(ctx, token, "r")
		if err != nil || v.Actor.Holds(access.DataProtection, clock.Now()) || !v.Actor.Holds(access.Funder, clock.Now()) {
			t.Errorf("%v: holds %v", err, v.Actor.Grants)
		}
	})
}

func TestWhenAGrantLives(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		grant org.RoleGrant
		lives bool
	}{
		"without an end":              {org.RoleGrant{}, true},
		"until a moment to come":      {org.RoleGrant{Until: now.Add(time.Second)}, true},
		"until now":                   {org.RoleGrant{Until: now}, false},
		"taken back":                  {org.RoleGrant{Ended: now}, false},
		"taken back before its end":   {org.RoleGrant{Until: now.Add(time.Hour), Ended: now}, false},
		"waiting for a second person": {org.RoleGrant{Waits: true}, false},
	} {
		if got := tc.grant.Lives(now); got != tc.lives {
			t.Errorf("%s: %v", name, got)
		}
	}
}
