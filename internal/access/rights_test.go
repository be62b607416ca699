package access_test

import (
	"fmt"
	"slices"
	"testing"

	"strengthen/internal/access"
	"strengthen/internal/testkit"
)

var roles = append(access.Grantable(), access.Anyone, access.Member, access.Head, access.Applicant, access.Respondent, access.System)

// records are one for each way in which a record can be near to the asker, and one that is not.
var records = map[access.Reach]access.Resource{
	"":                 {ID: "x", Region: "VAR", Own: "else", Team: []access.PersonID{"else"}},
	access.ReachRegion: {ID: "x", Region: "PER", Own: "else", Team: []access.PersonID{"else"}},
	access.ReachAgency: {ID: "x", Region: "VAR", Agency: "a", Own: "else", Team: []access.PersonID{"else"}},
	access.ReachTeam:   {ID: "x", Region: "VAR", Own: "else", Team: []access.PersonID{"else", "p"}},
	access.ReachOwn:    {ID: "x", Region: "VAR", Own: "p", Team: []access.PersonID{"else"}},
	access.ReachRecord: {ID: "r", Region: "VAR", Own: "else", Team: []access.PersonID{"else"}},
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
		a := access.Actor{Person: "p", Grants: []access.Grant{{Role: role, Region: "PER", Agency: "a", Record: "r"}}}
		for _, action := range actions {
			for near, r := range records {
				if got := p.Can(a, action, r, now); got != testkit.MayPlainly(role, action, near) {
					return fmt.Sprintf("%s, %s, record %q: the table says %v", role, action, near, got)
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
		for near := range records {
			other := access.Row{Role: row.Role, Action: row.Action, Reach: near}
			if near != row.Reach && near != "" {
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
