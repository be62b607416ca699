package demo_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/casework"
	"strengthen/internal/demo"
	"strengthen/internal/org"
	"strengthen/internal/sealed"
	"strengthen/internal/store"
	"strengthen/internal/testkit"
)

func crowd(db *store.DB, clock *testkit.Clock) *demo.Crowd {
	return &demo.Crowd{
		Org:      org.New(store.For[org.Tx]{DB: db}, clock.Now, sealed.Root{1}.Box("totp")),
		Casework: casework.New(store.For[casework.Tx]{DB: db}, clock.Now), Now: clock.Now(), View: store.For[casework.Tx]{DB: db}.View,
		Bulk: func(ctx context.Context, by access.Actor, fn func(casework.Tx) error) error {
			return db.Bulk(ctx, by, func(tx *store.Tx) error { return fn(tx) })
		},
	}
}

// Cases written in bulk are cases as any others: people find them, open them and read their timelines, in the order of their
// lines. Those of the first region are the numbers 0 to 9 and 40 to 49, of which 0 and 40 are open.
func TestCrowdIsFoundAndOpened(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		c, ctx := crowd(db, clock), t.Context()
		for _, n := range []int{30, 50, 50} { // it goes on where it stopped, and adds nothing to enough
			if err := c.Grow(ctx, n); err != nil {
				t.Fatal(err)
			}
		}
		cast, err := c.Cast(ctx)
		if err != nil || cast.Cases != 50 || len(cast.Towns) != 28 {
			t.Fatalf("%d cases in %d towns: %v", cast.Cases, len(cast.Towns), err)
		}
		if n := testkit.Count(t, db, "SELECT count(*) FROM case_file"); n != 50 {
			t.Errorf("%d cases, not 50", n)
		}
		worker, head := cast.Who(0, "worker"), cast.Who(0, "head")
		var mine []casework.CaseID
		all, _, err := c.Casework.Cases(ctx, worker, casework.CaseFilter{Limit: 50})
		for _, x := range all {
			mine = append(mine, x.ID)
		}
		if slices.Sort(mine); err != nil || !slices.Equal(mine, []casework.CaseID{demo.CrowdID(0), demo.CrowdID(40)}) {
			t.Errorf("the worker sees %v: %v", mine, err)
		}
		v, err := c.Casework.Timeline(ctx, worker, demo.CrowdID(40), casework.EventFilter{Limit: 50})
		if err != nil || len(v.Events) != 8 || v.Events[0].N != 8 || v.Events[7].N != 1 || len(v.Seats) != 4 || len(v.Clocks) != 1 || len(v.Signals) != 1 ||
			v.Signals[0].Words.Narrative == "" {
			t.Errorf("the case holds %d lines, %d seats, %d clocks, %d signals: %v", len(v.Events), len(v.Seats), len(v.Clocks), len(v.Signals), err)
		}
		name := demo.CrowdName(40)
		found, err := c.Casework.FindChild(ctx, worker, name[1]+" "+name[0])
		if err != nil || len(found) != 1 || found[0].ID != demo.CrowdID(40) {
			t.Errorf("the search found %d cases: %v", len(found), err)
		}
		inbox, err := c.Casework.Signals(ctx, head, casework.SignalFilter{Open: true, Limit: 50})
		if err != nil || len(inbox) != 2 {
			t.Errorf("%d signals wait, not 2: %v", len(inbox), err)
		}
	})
}

// A head of unit who also sits on a team reads cases by two ways; each is listed once, the newest first, however long a page is.
func TestPagesOfAListHoldEachCaseOnce(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		c, ctx := crowd(db, clock), t.Context()
		if err := c.Grow(ctx, 50); err != nil {
			t.Fatal(err)
		}
		cast, err := c.Cast(ctx)
		if err != nil {
			t.Fatal(err)
		}
		head := cast.Who(0, "head")
		for n, id := range []casework.CaseID{demo.CrowdID(3), demo.CrowdID(40), demo.CrowdID(11), demo.CrowdID(30)} { // two of the unit, two of others
			err := c.Bulk(ctx, access.TheSystem(), func(tx casework.Tx) error {
				if err := tx.Allow(ctx, access.Work, access.Resource{Kind: "case"}); err != nil {
					return err
				}
				return tx.PutShare(ctx, casework.Share{ID: access.NewID(), Case: id, Person: head.Person, Kind: casework.Shared, Parts: []casework.Compartment{casework.Core},
					Purpose: "team", Ground: "36g", By: head.Person, From: clock.Now(), Until: clock.Now().Add(time.Duration(n+1) * time.Hour)})
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, size := range []int{1, 3, 7, 22, 50} {
			var got []casework.CaseCard
			for after := ""; ; {
				page, next, err := c.Casework.Cases(ctx, head, casework.CaseFilter{Limit: size, After: after})
				if err != nil {
					t.Fatal(err)
				}
				if got = append(got, page...); next == "" {
					break
				}
				after = next
			}
			seen := map[casework.CaseID]bool{}
			for i, x := range got {
				if seen[x.ID] = true; i > 0 && got[i-1].Opened.Before(x.Opened) {
					t.Errorf("pages of %d: line %d is newer than the one before", size, i)
				}
			}
			if len(got) != 22 || len(seen) != 22 || !seen[demo.CrowdID(11)] || !seen[demo.CrowdID(30)] {
				t.Errorf("pages of %d: %d lines of %d cases, want 22: twenty of the unit and two of others", size, len(got), len(seen))
			}
		}
	})
}

func TestCrowdLeavesOtherDatabasesAlone(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		c := crowd(db, clock)
		if err := c.Org.Seed(t.Context()); err != nil {
			t.Fatal(err)
		}
		admin := access.Actor{Via: access.ViaCommand, Grants: []access.Grant{{Role: access.Administrator}}}
		if _, _, err := c.Org.Invite(t.Context(), admin, "k/1", org.Invitation{Name: "Лице Първо", Email: "one@example.org", Lang: "bg", Role: access.Manager}); err != nil {
			t.Fatal(err)
		}
		if err := c.Grow(t.Context(), 10); !errors.Is(err, demo.ErrNotCrowd) {
			t.Errorf("%v, want a refusal", err)
		}
		if n := testkit.Count(t, db, "SELECT count(*) FROM case_file"); n != 0 {
			t.Errorf("%d cases were added", n)
		}
	})
}
