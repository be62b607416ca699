package access_test

import (
	"crypto/ed25519"
	"reflect"
	"testing"
	"time"

	"strengthen/internal/access"
)

var now = time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)

// TestEveryRowMatters takes the rows of the policy out one by one: each time somebody loses something.
func TestEveryRowMatters(t *testing.T) {
	p := access.Standard()
	for i, row := range p {
		a := access.Actor{Person: "p", Grants: []access.Grant{{Role: row.Role, Region: "PER", Agency: "a", Record: "r"}}}
		if reflect.DeepEqual(p.Scope(a, row.Action, now), p.Without(i).Scope(a, row.Action, now)) {
			t.Errorf("row %v can be left out and nobody notices", row)
		}
	}
}

func TestScopeCovers(t *testing.T) {
	r := access.Resource{Kind: "seat", ID: "s1", Region: "PER", Own: "ana", Team: []access.PersonID{"ivan"}}
	for name, tc := range map[string]struct {
		s    access.Scope
		want bool
	}{
		"the empty scope covers nothing": {access.Scope{}, false},
		"everything":                     {access.Scope{All: true}, true},
		"the region":                     {access.Scope{Regions: []access.RegionID{"VAR", "PER"}}, true},
		"another region":                 {access.Scope{Regions: []access.RegionID{"VAR"}}, false},
		"the team":                       {access.Scope{Team: "ivan"}, true},
		"another team":                   {access.Scope{Team: "ana"}, false},
		"one's own":                      {access.Scope{Own: "ana"}, true},
		"somebody else's":                {access.Scope{Own: "ivan"}, false},
		"the record of the link":         {access.Scope{Records: []string{"s1"}}, true},
		"another record":                 {access.Scope{Records: []string{"s2"}}, false},
	} {
		if got := tc.s.Covers(r); got != tc.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// Who is barred from a record does not reach it by any way; a restricted record is reached by its team only.
func TestBarredAndRestricted(t *testing.T) {
	r := access.Resource{Kind: "case", ID: "c1", Region: "PER", Agency: "ozd", Team: []access.PersonID{"ana"}, Units: []access.AgencyID{"school"}}
	restricted, barred := r, r
	restricted.Restricted = true
	barred.Barred = []access.PersonID{"p"}
	for name, tc := range map[string]struct {
		s                          access.Scope
		open, restricted, barredTo bool
	}{
		"everything":             {access.Scope{All: true, Person: "p"}, true, false, false},
		"the region":             {access.Scope{Regions: []access.RegionID{"PER"}, Person: "p"}, true, false, false},
		"the institution":        {access.Scope{Agencies: []access.AgencyID{"ozd"}, Person: "p"}, true, false, false},
		"another institution":    {access.Scope{Agencies: []access.AgencyID{"police"}, Person: "p"}, false, false, false},
		"the team":               {access.Scope{Team: "ana", Person: "ana"}, true, true, true},
		"an institution of it":   {access.Scope{Units: []access.AgencyID{"school"}, Team: "p", Person: "p"}, true, true, false},
		"the record by its link": {access.Scope{Records: []string{"c1"}}, true, true, true},
	} {
		for what, x := range map[string]struct {
			r    access.Resource
			want bool
		}{"open": {r, tc.open}, "restricted": {restricted, tc.restricted}, "barred": {barred, tc.barredTo}} {
			if got := tc.s.Covers(x.r); got != x.want {
				t.Errorf("%s reaches the %s record: %v", name, what, got)
			}
		}
	}
}

func TestAGrantEndsWithItsMoment(t *testing.T) {
	a := access.Actor{Person: "p", Grants: []access.Grant{{Role: access.Manager, Until: now}}}
	if access.Standard().May(a, access.PlanTraining, now) {
		t.Error("a grant holds at the moment at which it ends")
	}
	if !access.Standard().May(a, access.PlanTraining, now.Add(-time.Second)) {
		t.Error("a grant does not hold one second before its end")
	}
}

func TestTheAdministratorOpensNoPersonalData(t *testing.T) {
	a := access.Actor{Person: "p", Grants: []access.Grant{{Role: access.Administrator}}}
	for _, action := range []access.Action{access.SeePerson, access.SeeSeat, access.ReadAnswer, access.OpenCode, access.SeeCert, access.SeeMail} {
		if access.Standard().May(a, action, now) {
			t.Errorf("the administrator may %s", action)
		}
	}
}

func TestACheckpointIsSignedWhole(t *testing.T) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := access.Checkpoint{Seq: 7, Hash: "abc", At: "2026-03-02T07:00:00.000000Z"}.Sign(private)
	if !c.Verify(public) {
		t.Fatal("a fresh checkpoint does not verify")
	}
	for _, bad := range []access.Checkpoint{{8, c.Hash, c.At, c.Signature}, {c.Seq, "abd", c.At, c.Signature}, {c.Seq, c.Hash, "later", c.Signature}} {
		if bad.Verify(public) {
			t.Errorf("%+v verifies", bad)
		}
	}
}
