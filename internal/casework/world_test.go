package casework_test

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/casework"
	"strengthen/internal/fault"
	"strengthen/internal/org"
	"strengthen/internal/sealed"
	"strengthen/internal/store"
	"strengthen/internal/testkit"
)

// world is one town with its institutions and people.
type world struct {
	*testing.T
	db     *store.DB
	raw    *sql.DB
	clock  *testkit.Clock
	org    *org.Service
	s      *casework.Service
	agency map[string]access.AgencyID
	person map[string]access.Actor
	n      int
}

var administrator = access.Actor{Person: "admin", Via: access.ViaCommand, Grants: []access.Grant{{Role: access.Administrator}, {Role: access.Manager}}}

// each runs fn on each kind of database, in a town with a directorate, a police department, a prosecution, a municipality and
// a school, at 09:00 on Monday 2 March 2026.
func each(t *testing.T, fn func(w *world)) {
	t.Helper()
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) { fn(newWorld(t, db, clock)) })
}

func newWorld(t *testing.T, db *store.DB, clock *testkit.Clock) *world {
	t.Helper()
	w := &world{T: t, db: db, clock: clock, org: org.New(store.For[org.Tx]{DB: db}, clock.Now, sealed.Root{1}.Box("totp")),
		s: casework.New(store.For[casework.Tx]{DB: db}, clock.Now), agency: map[string]access.AgencyID{}, person: map[string]access.Actor{}}
	w.must(w.org.MarkDemo(t.Context())) // people come in without passwords
	w.must(w.org.Seed(t.Context()))
	w.must(w.s.Seed(t.Context()))
	for _, x := range [][3]string{
		{"ozd", "sad", "social"}, {"ozd2", "sad", "social"}, {"police", "police_district", "police"}, {"prosecution", "prosecution", "justice"},
		{"municipality", "municipality", "municipality"}, {"school", "school", "education"}, {"hospital", "hospital", "health"},
	} {
		region := access.RegionID("PER")
		if x[0] == "ozd2" {
			region = "KNL"
		}
		id, err := w.org.SaveAgency(t.Context(), administrator, "a/"+x[0], org.Agency{Name: "Институция " + x[0], Kind: x[1], Sector: x[2], Region: region})
		w.must(err)
		w.agency[x[0]] = id
	}
	w.exec("INSERT INTO territory (place, agency_id) VALUES ('PER', $1), ('PER32', $1), ('KNL', $2)", string(w.agency["ozd"]), string(w.agency["ozd2"]))
	for _, x := range []struct {
		name   string
		role   access.Role
		agency string
		region access.RegionID
	}{
		{"worker", access.Caseworker, "ozd", ""}, {"worker2", access.Caseworker, "ozd", ""}, {"head", access.Supervisor, "ozd", ""},
		{"stranger", access.Caseworker, "ozd2", ""}, {"inspector", access.Partner, "police", ""}, {"inspector2", access.Partner, "police", ""},
		{"prosecutor", access.Partner, "prosecution", ""}, {"expert", access.Partner, "municipality", ""}, {"teacher", access.Partner, "school", ""},
		{"doctor", access.Partner, "hospital", ""}, {"coordinator", access.Coordinator, "", "PER"}, {"manager", access.Manager, "", ""},
		{"officer", access.DataProtection, "", ""}, {"admin", access.Administrator, "", ""},
	} {
		id, _, err := w.org.Invite(t.Context(), administrator, "p/"+x.name, org.Invitation{
			Name: "Лице " + x.name, Email: x.name + "@example.org", Lang: "bg", Role: x.role, Region: x.region, Agency: w.agency[x.agency],
		})
		w.must(err)
		w.must(w.org.WelcomeGuest(t.Context(), id, ""))
		w.person[x.name] = access.Actor{Person: id, Via: access.ViaSession, Request: x.name, StepUp: clock.Now(),
			Grants: []access.Grant{{Role: x.role, Agency: w.agency[x.agency], Region: x.region}, {Role: access.Member}}}
	}
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) exec(query string, args ...any) {
	w.Helper()
	if w.raw == nil {
		w.raw = testkit.Raw(w, w.db)
	}
	if _, err := w.raw.ExecContext(w.Context(), query, args...); err != nil {
		w.Fatal(err)
	}
}

// want asks that an error is a fault of a kind; "" asks for none.
func (w *world) want(kind fault.Kind, err error, what string) {
	w.Helper()
	if fault.KindOf(err) != kind {
		w.Errorf("%s: %v, want kind %q", what, err, kind)
	}
}

// at asks for one fault, at a field.
func (w *world) at(field string, err error, what string) {
	w.Helper()
	if all := fault.All(err); len(all) != 1 || all[0].Field != field {
		w.Errorf("%s: %v, want a fault at %s", what, err, field)
	}
}

func (w *world) key() string {
	w.n++
	return fmt.Sprint("k/", w.n)
}

// lot draws by a seed that is told when the test fails.
func (w *world) lot() *rand.Rand {
	seed := rand.Uint64()
	w.Cleanup(func() {
		if w.Failed() {
			w.Logf("seed %d", seed)
		}
	})
	return rand.New(rand.NewPCG(seed, 0))
}

// violence is a signal of violence from the school.
func violence() casework.Signal {
	return casework.Signal{Channel: "phone", Source: casework.FromPerson, Region: "PER", Municipality: "PER32", Track: casework.Violence, Kinds: []casework.Kind{"physical"},
		Setting: "family", Band: "7-9", Sex: "f", Words: casework.Words{
			Narrative: "Детето каза, че баща му го удря с колан.", Register: "вх. 94-12", Sender: "съседка, телефон при дежурния"}}
}

// named is a signal that tells names, in a house that keeps them.
func (w *world) named() casework.Signal {
	w.Helper()
	w.must(w.s.SetBasis(w.Context(), w.person["officer"], casework.Basis{Controller: "Агенция за социално подпомагане", Law: "чл. 7 и 36г ЗЗДет"}))
	g := violence()
	g.Words.Place, g.Words.Child, g.Words.Carers = "у дома", "Мартина Живкова Цветкова от трети клас", "майка и баща"
	return g
}

// give enters a signal at the directorate and returns it.
func (w *world) give(by string, g casework.Signal) casework.Signal {
	w.Helper()
	given, err := w.s.Enter(w.Context(), w.person[by], w.key(), g)
	w.must(err)
	return w.signal(given.Signal)
}

func (w *world) signal(id casework.SignalID) casework.Signal {
	w.Helper()
	var g casework.Signal
	w.must(store.For[casework.Tx]{DB: w.db}.View(w.Context(), access.TheSystem(), func(tx casework.Tx) (err error) {
		g, err = tx.Signal(w.Context(), id)
		return err
	}))
	return g
}

func (w *world) cas(id casework.CaseID) casework.Case {
	w.Helper()
	var c casework.Case
	w.must(store.For[casework.Tx]{DB: w.db}.View(w.Context(), access.TheSystem(), func(tx casework.Tx) (err error) {
		c, err = tx.Case(w.Context(), id)
		return err
	}))
	return c
}

// opened gives a signal, assesses it as violence and opens a case led by worker.
func (w *world) opened() casework.Case {
	w.Helper()
	return w.openedAs(violence())
}

func (w *world) openedAs(said casework.Signal) casework.Case {
	w.Helper()
	g := w.give("worker", said)
	w.must(w.s.Screen(w.Context(), w.person["worker"], g.ID, g.Version))
	w.must(w.s.Assess(w.Context(), w.person["worker"], g.ID, g.Version+1, casework.Confirmed, time.Time{}))
	id, err := w.s.Open(w.Context(), w.person["worker"], w.key(), g.ID, g.Version+2, "")
	w.must(err)
	return w.cas(id)
}

// clocks returns the clocks of a case or signal by the reference of their rule, the living one where there are several.
func (w *world) clocks(g casework.SignalID, c casework.CaseID) map[string]casework.Clock {
	w.Helper()
	all := map[string]casework.Clock{}
	for _, k := range w.listed(g, c) {
		if old, ok := all[k.Rule]; !ok || !old.Live() {
			all[k.Rule] = k
		}
	}
	return all
}

// allClocks are the clocks of a case, several of one rule among them.
func (w *world) allClocks(c casework.CaseID) []casework.Clock { return w.listed("", c) }

func (w *world) listed(g casework.SignalID, c casework.CaseID) (all []casework.Clock) {
	w.Helper()
	w.must(store.For[casework.Tx]{DB: w.db}.View(w.Context(), access.TheSystem(), func(tx casework.Tx) (err error) {
		all, err = tx.ClocksOf(w.Context(), g, c)
		return err
	}))
	return all
}
