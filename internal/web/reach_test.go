package web_test

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"strengthen/internal/access"
	"strengthen/internal/casework"
	"strengthen/internal/org"
	"strengthen/internal/testkit"
	"strengthen/internal/training"
)

// nearest is how near a record of one's own comes to the holder of a role. Whoever is not here sees everything or nothing.
var nearest = map[access.Role]access.Reach{access.Coordinator: access.ReachRegion, access.Trainer: access.ReachTeam, access.Participant: access.ReachOwn}

// trail is a training, a seat in it with a certificate, and whose seat it is.
type trail struct {
	event  training.EventID
	seat   training.EnrolmentID
	person access.PersonID
	file   caseFile
}

// trails finds for each role of nearest a trail within its reach, and one that is out of the reach of all of them.
func (s *site) trails(t *testing.T) (map[access.Role]trail, trail) {
	t.Helper()
	manager := access.Actor{Via: access.ViaCommand, Grants: []access.Grant{{Role: access.Manager}}}
	regions := s.regionsOf(t, access.Coordinator)
	events, _, err := s.training.Events(t.Context(), manager, training.EventFilter{})
	if err != nil {
		t.Fatal(err)
	}
	own, foreign := map[access.Role]trail{}, trail{}
	for _, e := range events {
		cards, err := s.training.Roster(t.Context(), manager, training.RosterFilter{Event: e.ID, State: training.Confirmed, Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cards {
			if !c.Done || !s.certified(t.Context(), manager, c.ID) {
				continue
			}
			p, err := s.org.Person(t.Context(), manager, c.Person)
			if err != nil {
				t.Fatal(err)
			}
			near := map[access.Role]bool{
				access.Coordinator: slices.Contains(regions, e.Region) && slices.Contains(regions, p.Region),
				access.Trainer:     slices.Contains(e.Trainers, s.guests[access.Trainer]),
				access.Participant: c.Person == s.guests[access.Participant],
			}
			for role, is := range near {
				if is {
					own[role] = trail{event: e.ID, seat: c.ID, person: c.Person}
				}
			}
			if !near[access.Coordinator] && !near[access.Trainer] && !near[access.Participant] && !slices.Contains(regions, e.Region) && !slices.Contains(regions, p.Region) &&
				e.ID != own[access.Participant].event {
				foreign = trail{event: e.ID, seat: c.ID, person: c.Person}
			}
		}
	}
	foreign.file = s.foreignFile(t)
	if len(own) != len(nearest) || foreign.seat == "" || foreign.event == own[access.Participant].event {
		t.Fatalf("the demo has no record for each case: %d of %d, foreign %v", len(own), len(nearest), foreign.seat != "")
	}
	return own, foreign
}

// foreignFile finds a case in another town than that of the guests.
func (s *site) foreignFile(t *testing.T) caseFile {
	t.Helper()
	admin := access.Actor{Via: access.ViaCommand, Grants: []access.Grant{{Role: access.Administrator}}}
	own := map[access.AgencyID]bool{}
	for _, role := range []access.Role{access.Caseworker, access.Supervisor, access.Partner} {
		v, err := s.org.Resume(t.Context(), s.cookie(t, role), "test")
		if err != nil {
			t.Fatal(err)
		}
		own[v.Actor.AgencyAt(s.world.Clock.Now())] = true
	}
	all, _, err := s.org.AgencyPage(t.Context(), admin, org.AgencyFilter{}, 500)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		head := access.Actor{Person: "head", Via: access.ViaCommand, Grants: []access.Grant{{Role: access.Supervisor, Agency: a.ID}}}
		cases, _, err := s.casework.Cases(t.Context(), head, casework.CaseFilter{Limit: 1})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cases {
			v, err := s.casework.OpenCase(t.Context(), head, c.ID)
			if err == nil && !own[a.ID] && len(v.Signals) > 0 && len(v.Clocks) > 0 {
				return caseFile{id: c.ID, signal: v.Signals[0].ID, clock: string(v.Clocks[0].ID)}
			}
		}
	}
	t.Fatal("no case in another town")
	return caseFile{}
}

func (s *site) certified(ctx context.Context, by access.Actor, seat training.EnrolmentID) bool {
	_, err := s.training.Certificate(ctx, by, seat)
	return err == nil
}

func (s *site) regionsOf(t *testing.T, role access.Role) []access.RegionID {
	t.Helper()
	v, err := s.org.Resume(t.Context(), s.cookie(t, role), "test")
	if err != nil {
		t.Fatal(err)
	}
	var all []access.RegionID
	for _, g := range v.Actor.Grants {
		if g.Region != "" {
			all = append(all, g.Region)
		}
	}
	return all
}

// records say, for the beginning of an address, which record of a trail fills its hole. Records that have no owner, such as
// institutions, are the same for everybody. A subject with routes of its own adds its rows.
func (s *site) records(t *testing.T) map[string]func(trail) string {
	t.Helper()
	manager := access.Actor{Via: access.ViaCommand, Grants: []access.Grant{{Role: access.Manager}}}
	mail, _, err := s.org.Messages(t.Context(), manager, org.MessageFilter{State: org.Sent}, 1)
	if err != nil || len(mail) == 0 {
		t.Fatal("no message was sent", err)
	}
	event := func(x trail) string { return string(x.event) }
	fixed := func(id string) func(trail) string { return func(trail) string { return id } }
	return map[string]func(trail) string{
		"/trainings/": event, "/surveys/waves/": event, "/imports/applicants/": event, "/apply/": event,
		"/seats/":    func(x trail) string { return string(x.seat) },
		"/people/":   func(x trail) string { return string(x.person) },
		"/agencies/": fixed(string(s.agency)),
		"/accounts/": fixed(string(s.guests[access.Funder])),
		"/mail/":     fixed(mail[0].ID),
		"/tables/":   fixed("PER"),
		"/cases/":    func(x trail) string { return cmp.Or(string(x.file.id), unknown) },
		"/signals/":  func(x trail) string { return cmp.Or(string(x.file.signal), unknown) },
		"/clocks/":   func(x trail) string { return cmp.Or(x.file.clock, unknown) },
		"/me/":       fixed(unknown), "/answers/": fixed(unknown), "/requests/": fixed(unknown), "/files/": fixed(unknown), "/protections/": fixed(unknown),
		"/emergency/reviews/": fixed(unknown), "/unit/duty/": fixed(unknown), "/system/keys/": fixed(unknown),
		"/data/items/": fixed(unknown), "/data/terms/": fixed(unknown), "/data/requests/": fixed(s.subject), "/exports/": fixed(unknown), "/grants/": fixed(unknown),
	}
}

const unknown = "nosuchrecordnosuchrecord12"

// elsewhere are routes whose hole is no record with a reach, or that say no to some records for reasons of their own.
var elsewhere = []string{"GET /verify/{code}", "GET /impact/report/{format}", "GET /impact/summary/{format}", "GET /impact/data/{file}", "GET /me/copy/{format}", "GET /data/requests/{id}/copy/{format}", "GET /surveys/import/template/{wave}", "GET /imports/applicants/{id}", "GET /apply/{id}", "POST /apply/{id}",
	"GET /terms/{ref}", "POST /terms/{ref}"}

// also are routes that need a second right.
var also = map[string]access.Action{"GET /surveys/waves/{id}/{wave}": access.SeeTraining}

// fresh are the keys that every form gets anew.
var fresh = regexp.MustCompile(`value="[0-9a-z]{20,}"`)

// TestOwnForeignAndUnknownRecords crosses every route to a record with every visitor and a record within their reach, one out
// of it, and one that does not exist. A page opens exactly where the plain ifs allow it; what is out of reach answers as what
// does not exist, also to forms.
func TestOwnForeignAndUnknownRecords(t *testing.T) {
	s := open(t)
	own, foreign := s.trails(t)
	records := s.records(t)
	tokens := map[access.Role]string{}
	for _, role := range visitors[1:] {
		tokens[role] = s.cookie(t, role)
	}
	checked := 0
	for _, route := range s.pages.Routes() {
		method, path, _ := strings.Cut(strings.TrimSuffix(route.Pattern, "{$}"), " ")
		if !strings.Contains(path, "{") || slices.Contains(elsewhere, route.Pattern) || strings.HasPrefix(path, "/l/") {
			continue
		}
		pick := record(records, path)
		if pick == nil {
			t.Errorf("%s: no record to try it with; add one to records or to elsewhere", route.Pattern)
			continue
		}
		at := func(id string) string {
			p := strings.NewReplacer("{id}", id, "{wave}", "post", "{step}", "withdraw").Replace(path)
			return hole.ReplaceAllString(p, unknown)
		}
		for _, role := range visitors {
			may := func(near access.Reach) bool {
				if second := also[route.Pattern]; second != "" && !testkit.MayPlainly(role, second, near) {
					return false
				}
				return testkit.MayPlainly(role, route.Action, near) || role != access.Anyone && testkit.MayPlainly(access.Member, route.Action, near)
			}
			same := func(a, b string) bool {
				bare := strings.NewReplacer(pick(foreign), "", unknown, "")
				return fresh.ReplaceAllString(bare.Replace(a), "") == fresh.ReplaceAllString(bare.Replace(b), "")
			}
			mine, hasOwn := own[role]
			if method == http.MethodGet && hasOwn {
				checked++
				if code, _ := s.ask(t, method, at(pick(mine)), tokens[role]); (code == http.StatusOK) != may(nearest[role]) {
					t.Errorf("%s as %s, a record within reach: %d", route.Pattern, role, code)
				}
			}
			code, page := 0, ""
			if method == http.MethodGet || !may("") {
				checked++
				code, page = s.ask(t, method, at(pick(foreign)), tokens[role])
				if in := code == http.StatusOK; in != (may("") && method == http.MethodGet) {
					t.Errorf("%s as %s, a record out of reach: %d", route.Pattern, role, code)
				}
			}
			checked++
			none, empty := s.ask(t, method, at(unknown), tokens[role])
			if none < 300 || none >= 500 {
				t.Errorf("%s as %s, no record: %d", route.Pattern, role, none)
			}
			if code != 0 && !may("") && (code != none || !same(page, empty)) {
				t.Errorf("%s as %s: a record out of reach answers %d, none %d", route.Pattern, role, code, none)
			}
		}
	}
	t.Logf("%d routes × visitors × records checked", checked)
}

// record is the row of the longest beginning of a path.
func record(records map[string]func(trail) string, path string) func(trail) string {
	for prefix, pick := range records {
		if strings.HasPrefix(path, prefix) {
			return pick
		}
	}
	return nil
}

// everyPage is the tour, with the pages of single records that the demo makes anew each time.
func (s *site) everyPage(t *testing.T) map[access.Role][]string {
	t.Helper()
	own, _ := s.trails(t)
	all := s.tour()
	message := "/mail/" + s.records(t)["/mail/"](trail{})
	add := func(role access.Role, pages ...string) {
		for _, p := range pages {
			if !slices.Contains(all[role], p) {
				all[role] = append(all[role], p)
			}
		}
	}
	seen := func(x trail) []string {
		at := "/trainings/" + string(x.event)
		return []string{at, at + "/people", at + "/door", "/seats/" + string(x.seat)}
	}
	add(access.Manager, "/people?with=completed", "/mail?state=planned", "/mail?state=failed", message)
	add(access.Coordinator, append(seen(own[access.Coordinator]), "/calendar", "/people", "/agencies", "/surveys", "/impact", "/me", fmt.Sprintf("/trainings/%s/plan", own[access.Coordinator].event))...)
	add(access.Trainer, append(seen(own[access.Trainer]), "/me")...)
	add(access.Participant, "/seats/"+string(own[access.Participant].seat), "/trainings/"+string(own[access.Participant].event))
	add(access.Evaluator, "/surveys/questions", "/surveys/practice", "/surveys/import", "/programme", "/me")
	add(access.Funder, "/me")
	add(access.DataProtection, "/audit?outcome=refused", message, "/me")
	add(access.Administrator, "/settings", "/accounts?role=trainer", "/agencies/"+string(s.agency), "/me")
	return all
}
