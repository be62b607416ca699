package access_test

import (
	"fmt"
	"slices"
	"testing"

	"strengthen/internal/access"
	"strengthen/internal/testkit"
)

var roles = append(access.Grantable(), access.Anyone, access.Member, access.Head, access.Applicant, access.Respondent, access.System)

// records are one for each way in which a record can be near to the asker, and those that are not: of others, kept from the
// asker though it comes near, and restricted to a team that the asker is not on.
var records = []struct {
	near access.Reach
	of   access.Resource
}{
	{"", access.Resource{ID: "x", Region: "VAR", Agency: "other", Own: "else", Team: []access.PersonID{"else"}, Units: []access.AgencyID{"other"}}},
	{access.ReachRegion, access.Resource{ID: "x", Region: "PER", Own: "else", Team: []access.PersonID{"else"}}},
	{access.ReachAgency, access.Resource{ID: "x", Region: "VAR", Agency: "ours", Own: "else", Team: []access.PersonID{"else"}}},
	{access.ReachTeam, access.Resource{ID: "x", Region: "VAR", Own: "else", Team: []access.PersonID{"else", "p"}}},
	{access.ReachTeam, access.Resource{ID: "x", Region: "VAR", Own: "else", Units: []access.AgencyID{"other", "ours"}}},
	{teamOnly, access.Resource{ID: "x", Region: "VAR", Own: "else", Team: []access.PersonID{"p"}, Restricted: true}},
	{access.ReachOwn, access.Resource{ID: "x", Region: "VAR", Own: "p", Team: []access.PersonID{"else"}}},
	{access.ReachRecord, access.Resource{ID: "r", Region: "VAR", Own: "else", Team: []access.PersonID{"else"}}},
	{restricted, access.Resource{ID: "x", Region: "PER", Agency: "ours", Own: "else", Team: []access.PersonID{"else"}, Restricted: true}},
	{barred, access.Resource{ID: "r", Region: "PER", Agency: "ours", Own: "p", Team: []access.PersonID{"p"}, Units: []access.AgencyID{"ours"}, Barred: []access.PersonID{"p"}}},
}

// These are no reaches: a restricted record is opened to its team alone, and one kept from the asker by no row at all.
const (
	teamOnly   access.Reach = "restricted, on its team"
	restricted access.Reach = "restricted"
	barred     access.Reach = "barred"
)

var reaches = []access.Reach{access.ReachRegion, access.ReachAgency, access.ReachTeam, access.ReachOwn, access.ReachRecord}

// plainly is what the plain ifs say about a record.
func plainly(role access.Role, action access.Action, near access.Reach) bool {
	switch near {
	case restricted, barred:
		return false
	case teamOnly:
		return testkit.MayPlainly(role, action, access.ReachTeam) && !testkit.MayPlainly(role, action, "")
	}
	return testkit.MayPlainly(role, action, near)
}

// actionsOf lists every action of a policy, and one that it does not know.
func actionsOf(p access.Policy) []access.Action {
	all := []access.Action{"no.such"}
	for _, row := range p {
		if !slices.Contains(all, row.Action) {
			all = append(all, row.Action)
		}
	}
	return all
}

// disagree returns the first role, action and record about which a policy and the plain ifs do not agree.
func disagree(p access.Policy, some []access.Role, actions []access.Action) string {
	for _, role := range some {
		a := access.Actor{Person: "p", Grants: []access.Grant{{Role: role, Region: "PER", Agency: "ours", Record: "r"}}}
		for _, action := range actions {
			for _, x := range records {
				if got := p.Can(a, action, x.of, now); got != plainly(role, action, x.near) {
					return fmt.Sprintf("%s, %s, record %q: the table says %v", role, action, x.near, got)
				}
			}
		}
	}
	return ""
}

func TestTheTableIsWhatPlainIfsSay(t *testing.T) {
	p := access.Standard()
	if s := disagree(p, roles, actionsOf(p)); s != "" {
		t.Error(s)
	}
}

// TestEveryMistakeInTheTableIsCaught takes each row out, gives each row every other reach, and adds each right that nobody
// granted: the plain ifs must notice every time.
func TestEveryMistakeInTheTableIsCaught(t *testing.T) {
	p := access.Standard()
	actions := actionsOf(p)
	caught := 0
	try := func(mutant access.Policy, row access.Row, what string) {
		if disagree(mutant, []access.Role{row.Role}, []access.Action{row.Action}) == "" {
			t.Errorf("%s %v, and nobody notices", what, row)
			return
		}
		caught++
	}
	granted := map[[2]string]bool{}
	for i, row := range p {
		granted[[2]string{string(row.Role), string(row.Action)}] = true
		try(p.Without(i), row, "left out")
		for _, near := range reaches {
			other := access.Row{Role: row.Role, Action: row.Action, Reach: near}
			if near != row.Reach {
				try(append(p.Without(i), other), other, "another reach")
			}
		}
		if row.Reach != access.ReachAll {
			other := access.Row{Role: row.Role, Action: row.Action, Reach: access.ReachAll}
			try(append(p.Without(i), other), other, "widened")
		}
	}
	open := access.Policy(nil)
	for _, row := range p {
		if row.Role == access.Anyone {
			open = append(open, row)
		}
	}
	for _, role := range roles {
		for _, action := range actions {
			public := slices.ContainsFunc(open, func(r access.Row) bool { return r.Action == action })
			if row := (access.Row{Role: role, Action: action, Reach: access.ReachAll}); !public && !granted[[2]string{string(role), string(action)}] {
				try(append(slices.Clone(p), row), row, "added")
			}
		}
	}
	t.Logf("%d mistakes caught in %d rows", caught, len(p))
}
