package org_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/org"
	"strengthen/internal/sealed"
	"strengthen/internal/store"
	"strengthen/internal/testkit"
)

const good = "Три дъбa и един поток 7"

var administrator = access.Actor{Person: "admin", Via: access.ViaCommand, Grants: []access.Grant{{Role: access.Administrator}}}

func service(t *testing.T, db *store.DB, clock *testkit.Clock) *org.Service {
	t.Helper()
	s := org.New(store.For[org.Tx]{DB: db}, clock.Now, sealed.Root{1}.Box("totp"))
	if err := s.Seed(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func invite(t *testing.T, s *org.Service, email string, role access.Role) (access.PersonID, string) {
	t.Helper()
	id, token, err := s.Invite(t.Context(), administrator, access.NewID(), org.Invitation{
		Name: "Мария Илиева", Email: email, Lang: "bg", Role: role,
	})
	if err != nil {
		t.Fatal(err)
	}
	return id, token
}

func member(t *testing.T, s *org.Service, email string, role access.Role) access.PersonID {
	t.Helper()
	id, token := invite(t, s, email, role)
	if err := s.SetPassword(t.Context(), token, good, "r"); err != nil {
		t.Fatal(err)
	}
	return id
}

func signIn(s *org.Service, t *testing.T, email, password, code string) (string, error) {
	t.Helper()
	return s.SignIn(t.Context(), org.Credentials{Login: email, Password: password, Code: code, Network: "192.0.2.0"}, "r")
}

func TestSeedKnowsTheCountry(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		s := service(t, db, clock)
		tables, err := s.Tables(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		towns, err := s.Municipalities(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		if len(tables.Regions) != 28 || len(towns) != 265 {
			t.Fatalf("%d oblasts and %d municipalities, want 28 and 265 (NSI, 2021)", len(tables.Regions), len(towns))
		}
		seats := map[string]int{}
		total := 0
		for _, r := range tables.Regions {
			seats[r.CentreBG]++
			total += r.Population
		}
		if seats["София"] != 2 {
			t.Errorf("София is the centre of %d oblasts, want 2", seats["София"])
		}
		if total != 6519789 {
			t.Errorf("population %d, want 6 519 789 (census of 7 September 2021)", total)
		}
		if first, last := tables.Regions[0].NameBG, tables.Regions[27].NameBG; first != "Благоевград" || last != "Ямбол" {
			t.Errorf("order runs from %s to %s", first, last)
		}
		for _, spelt := range []string{"PER", "перник", "Pernik", " Перник "} {
			if r, ok := tables.FindRegion(spelt); !ok || r.ID != "PER" {
				t.Errorf("%q is not found", spelt)
			}
		}
	})
}

func TestInvitationIsUsedOnceAndExpires(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		s := service(t, db, clock)
		_, token := invite(t, s, "maria@example.org", access.Participant)
		if err := s.SetPassword(t.Context(), token, good, "r"); err != nil {
			t.Fatal(err)
		}
		if err := s.SetPassword(t.Context(), token, good, "r"); !fault.Is(err, fault.Conflict) {
			t.Errorf("second use: %v", err)
		}
		_, late := invite(t, s, "late@example.org", access.Participant)
		clock.Move(time.Hour)
		if err := s.SetPassword(t.Context(), late, good, "r"); !fault.Is(err, fault.Conflict) {
			t.Errorf("after its time: %v", err)
		}
		if err := s.SetPassword(t.Context(), late[:20]+"a"+late[21:], good, "r"); !fault.Is(err, fault.NotFound) {
			t.Errorf("tampered: %v", err)
		}
	})
}

func TestInvitationTwiceIsOnePerson(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		s := service(t, db, clock)
		in := org.Invitation{Name: "Иван Петров", Email: "ivan@example.org", Lang: "bg", Role: access.Funder}
		a, _, err := s.Invite(t.Context(), administrator, "same-key", in)
		if err != nil {
			t.Fatal(err)
		}
		b, _, err := s.Invite(t.Context(), administrator, "same-key", in)
		if err != nil || a != b {
			t.Errorf("a double click made %s and %s (%v)", a, b, err)
		}
		if _, _, err := s.Invite(t.Context(), administrator, "other-key", in); !fault.Is(err, fault.Conflict) {
			t.Errorf("the same address again: %v", err)
		}
	})
}

func TestWeakPasswordsAreRefused(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		s := service(t, db, clock)
		_, token := invite(t, s, "dimitrova@example.org", access.Participant)
		for _, weak := range []string{
			"short", "PasswordPassword1!", "ПаролаПарола2026", "aaaaaaaaaaaaaa", "dimitrova-2026-x", strings.Repeat("ъгъл7", 30),
			"123456789012", "1234567890123456", "abcdefghijkl", "1q2w3e4r5t6y", "zaq12wsxcde3", "p@ssw0rd2026", "qwerty123456",
			"moyataparola1", "моятапарола!!", "явертъуиопшщ", "йцукенгшщзхъ", "слънчице2026!",
		} {
			if err := s.SetPassword(t.Context(), token, weak, "r"); !fault.Is(err, fault.Invalid) {
				t.Errorf("%q: %v", weak, err)
			}
		}
		for _, fine := range []string{"три реки под моста", "vaza-s-lilavi-liulki", good, strings.Repeat("ъгъл7рекаМост ", 9)} {
			_, token := invite(t, s, access.NewID()+"@example.org", access.Participant)
			if err := s.SetPassword(t.Context(), token, fine, "r"); err != nil {
				t.Errorf("%q: %v", fine, err)
			}
		}
	})
}

// With a second factor eight signs are enough (OWASP ASVS 5.0, 6.2.1 and 6.2.9); without, twelve.
func TestAPasswordBesideASecondFactorMayBeShorter(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		s := service(t, db, clock)
		member(t, s, "maria@example.org", access.Participant)
		reset := func(password string) error {
			if err := s.Forgot(t.Context(), "maria@example.org", "r"); err != nil {
				t.Fatal(err)
			}
			return s.SetPassword(t.Context(), linkOf(t, s, "reset"), password, "r")
		}
		const eight = "vrx7 mgq"
		if err := reset(eight); !fault.Is(err, fault.Invalid) {
			t.Errorf("eight signs without a second factor: %v", err)
		}
		withFactor(t, s, clock, "maria@example.org")
		if err := reset(eight); err != nil {
			t.Errorf("eight signs beside one: %v", err)
		}
	})
}

// linkOf hands out the mail that is due and returns the token of the last message of a kind.
func linkOf(t *testing.T, s *org.Service, kind string) string {
	t.Helper()
	link := ""
	_, err := s.SendDue(t.Context(), func(_ context.Context, m org.Message) error {
		if m.Kind == kind {
			link = strings.TrimPrefix(m.Vars[org.LinkVar], "/l/")
		}
		return nil
	})
	if err != nil || link == "" {
		t.Fatalf("no mail of kind %s: %v", kind, err)
	}
	return link
}

// withFactor sets up an authenticator for a member and returns what makes its codes.
func withFactor(t *testing.T, s *org.Service, clock *testkit.Clock, email string) func() string {
	t.Helper()
	token, err := signIn(s, t, email, good, "")
	if err != nil {
		t.Fatal(err)
	}
	v, err := s.Resume(t.Context(), token, "r")
	if err != nil {
		t.Fatal(err)
	}
	f, err := s.BeginFactor(t.Context(), v.Actor)
	if err != nil {
		t.Fatal(err)
	}
	code := func() string {
		c, err := totp.GenerateCode(f.Secret, clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if _, err := s.ConfirmFactor(t.Context(), v.Actor, f.Sealed, code()); err != nil {
		t.Fatal(err)
	}
	clock.Move(time.Minute)
	return code
}

func TestUnknownWrongAndSuspendedLookAlike(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		s := service(t, db, clock)
		member(t, s, "maria@example.org", access.Participant)
		gone := member(t, s, "gone@example.org", access.Participant)
		if err := s.Suspend(t.Context(), administrator, gone); err != nil {
			t.Fatal(err)
		}
		var said []string
		for _, c := range [][2]string{{"nobody@example.org", good}, {"maria@example.org", good + "!"}, {"gone@example.org", good}} {
			_, err := signIn(s, t, c[0], c[1], "")
			said = append(said, fmt.Sprint(err))
		}
		if said[0] != said[1] || said[1] != said[2] {
			t.Errorf("answers differ: %q", said)
		}
		for _, c := range [][2]string{{"nobody@example.org", good}, {"maria@example.org", good + "!"}, {"gone@example.org", good}} {
			before := s.Computed()
			signIn(s, t, c[0], c[1], "") //nolint:errcheck // refused above
			if n := s.Computed() - before; n != 1 {
				t.Errorf("%s cost %d computations, want 1", c[0], n)
			}
		}
		if _, err := signIn(s, t, "Maria@Example.org ", good, ""); err != nil {
			t.Errorf("right password: %v", err)
		}
	})
}

func TestGuessingIsSlowedDown(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		s := service(t, db, clock)
		member(t, s, "maria@example.org", access.Participant)
		before := s.Computed()
		for range 1000 {
			signIn(s, t, "maria@example.org", "wrong password", "") //nolint:errcheck // refused, one way or another
			clock.Move(time.Second)
		}
		if n := s.Computed() - before; n > 20 {
			t.Errorf("%d of 1000 guesses in a quarter of an hour reached the hash, want at most 20", n)
		}
		clock.Move(16 * time.Minute)
		if _, err := signIn(s, t, "maria@example.org", good, ""); err != nil {
			t.Errorf("the owner is locked out for good: %v", err)
		}
		told := 0
		_, err := s.SendDue(t.Context(), func(_ context.Context, m org.Message) error {
			if m.Kind == "guess" && m.Address == "maria@example.org" {
				told++
			}
			return nil
		})
		if err != nil || told != 1 {
			t.Errorf("the owner was told %d times, %v; want once a day", told, err)
		}
	})
}

func TestGuessesAtTheSameTimeSeeOneAnother(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		s := service(t, db, clock)
		member(t, s, "maria@example.org", access.Participant)
		before := s.Computed()
		var all sync.WaitGroup
		for range 40 {
			all.Go(func() {
				s.SignIn(t.Context(), org.Credentials{Login: "maria@example.org", Password: "wrong password", Network: "192.0.2.0"}, "r") //nolint:errcheck // refused
			})
		}
		all.Wait()
		if n := s.Computed() - before; n > 5 {
			t.Errorf("%d of 40 guesses at once reached the hash, want at most 5", n)
		}
	})
}

// An office whose people mistype now and then, and come in each time, is never kept out.
func TestAnOfficeIsNotLockedOut(t *testing.T) {
	db, clock := testkit.SQLite(t)
	s := service(t, db, clock)
	member(t, s, "maria@example.org", access.Participant)
	for i := range 60 {
		signIn(s, t, "maria@example.org", "wrong password", "") //nolint:errcheck // refused
		clock.Move(5 * time.Second)
		if _, err := signIn(s, t, "maria@example.org", good, ""); err != nil {
			t.Fatalf("after %d mistakes, each made good: %v", i+1, err)
		}
		clock.Move(5 * time.Second)
	}
	withFactor(t, s, clock, "maria@example.org")
	for i := range 40 {
		if _, err := signIn(s, t, "maria@example.org", good, ""); !fault.Is(err, fault.Invalid) {
			t.Fatalf("asked for the code the %d. time: %v", i+1, err)
		}
	}
}

func TestAHashOfAnotherCostIsRenewed(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		s := service(t, db, clock)
		id := member(t, s, "maria@example.org", access.Participant)
		weak, err := s.HashAt(t.Context(), good, 8*1024, 1)
		if err != nil {
			t.Fatal(err)
		}
		hash := func(set string) string {
			var a org.Account
			err := store.For[org.Tx]{DB: db}.Update(t.Context(), administrator, func(tx org.Tx) (err error) {
				if a, err = tx.Account(t.Context(), id); err != nil || set == "" {
					return err
				}
				if err := tx.Allow(t.Context(), access.EndAccount, access.Resource{Kind: "account"}); err != nil {
					return err
				}
				a.Hash = set
				return tx.PutAccount(t.Context(), a)
			})
			if err != nil {
				t.Fatal(err)
			}
			return a.Hash
		}
		hash(weak)
		if _, err := signIn(s, t, "maria@example.org", good, ""); err != nil {
			t.Fatal(err)
		}
		if h := hash(""); !strings.Contains(h, "m=19456,t=2,") {
			t.Errorf("after a sign-in the hash is %q", h[:40])
		}
		if _, err := signIn(s, t, "maria@example.org", good, ""); err != nil {
			t.Errorf("with the renewed hash: %v", err)
		}
	})
}

// Argon2id takes 19 MiB each; two at a time, so that many sign-ins at once do not eat the machine (ASVS 11.4.2).
func TestManySignInsAtOnceTakeLittleMemory(t *testing.T) {
	db, clock := testkit.SQLite(t)
	s := service(t, db, clock)
	var most atomic.Uint64
	stop := make(chan struct{})
	go func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				if m.HeapInuse > most.Load() {
					most.Store(m.HeapInuse)
				}
			}
		}
	}()
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			s.SignIn(t.Context(), org.Credentials{Login: fmt.Sprintf("p%d@example.org", i), Password: good, Network: fmt.Sprint(i)}, "r") //nolint:errcheck // nobody
		})
	}
	all.Wait()
	close(stop)
	if m := most.Load(); m > 200<<20 {
		t.Errorf("%d MB in use, want less than 200", m>>20)
	}
}

func TestSecondFactorWorksOnceAndOpensTheRole(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		s := service(t, db, clock)
		member(t, s, "boss@example.org", access.Manager)
		token, err := signIn(s, t, "boss@example.org", good, "")
		if err != nil {
			t.Fatal(err)
		}
		v, err := s.Resume(t.Context(), token, "r")
		if err != nil || !v.NeedsFactor || v.Actor.Holds(access.Manager, clock.Now()) {
			t.Fatalf("without a second factor: %+v, %v", v.NeedsFactor, err)
		}
		f, err := s.BeginFactor(t.Context(), v.Actor)
		if err != nil {
			t.Fatal(err)
		}
		code, _ := totp.GenerateCode(f.Secret, clock.Now())
		recovery, err := s.ConfirmFactor(t.Context(), v.Actor, f.Sealed, code)
		if err != nil || len(recovery) != 10 {
			t.Fatalf("%d codes, %v", len(recovery), err)
		}
		if _, err := signIn(s, t, "boss@example.org", good, code); !fault.Is(err, fault.Invalid) {
			t.Errorf("the code of the enrolment again: %v", err)
		}
		clock.Move(time.Minute)
		code, _ = totp.GenerateCode(f.Secret, clock.Now())
		if token, err = signIn(s, t, "boss@example.org", good, code); err != nil {
			t.Fatal(err)
		}
		if v, err = s.Resume(t.Context(), token, "r"); err != nil || !v.Actor.Holds(access.Manager, clock.Now()) {
			t.Errorf("with the second factor: %v", err)
		}
		if _, err := signIn(s, t, "boss@example.org", good, recovery[3]); err != nil {
			t.Errorf("recovery code: %v", err)
		}
		if _, err := signIn(s, t, "boss@example.org", good, recovery[3]); !fault.Is(err, fault.Invalid) {
			t.Errorf("recovery code twice: %v", err)
		}
	})
}

func TestSessionsEnd(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		s := service(t, db, clock)
		id := member(t, s, "maria@example.org", access.Participant)
		alive := func(token string) bool {
			_, err := s.Resume(t.Context(), token, "r")
			return err == nil
		}
		fresh := func() string {
			token, err := signIn(s, t, "maria@example.org", good, "")
			if err != nil {
				t.Fatal(err)
			}
			return token
		}
		idle := fresh()
		clock.Move(14 * time.Minute)
		if !alive(idle) {
			t.Error("ended before fifteen idle minutes")
		}
		clock.Move(15 * time.Minute)
		if alive(idle) {
			t.Error("still open after fifteen idle minutes")
		}
		busy := fresh()
		for range 12 * 6 {
			clock.Move(10 * time.Minute)
			alive(busy)
		}
		if alive(busy) {
			t.Error("still open after twelve hours")
		}
		here, there := fresh(), fresh()
		v, err := s.Resume(t.Context(), here, "r")
		if err != nil {
			t.Fatal(err)
		}
		if err := s.SignOutElsewhere(t.Context(), v.Actor, v.Session); err != nil {
			t.Fatal(err)
		}
		if !alive(here) || alive(there) {
			t.Error("signing out elsewhere ended the wrong session")
		}
		if err := s.Suspend(t.Context(), administrator, id); err != nil {
			t.Fatal(err)
		}
		if alive(here) {
			t.Error("a suspended account goes on")
		}
	})
}

func TestRolesEndOnTheNextRequest(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		s := service(t, db, clock)
		id := member(t, s, "fin@example.org", access.Funder)
		token, err := signIn(s, t, "fin@example.org", good, "")
		if err != nil {
			t.Fatal(err)
		}
		v, _ := s.Resume(t.Context(), token, "r")
		if !v.Actor.Holds(access.Funder, clock.Now()) {
			t.Fatal("the role is not there")
		}
		if err := s.EndGrant(t.Context(), administrator, id, v.Roles[0].ID); err != nil {
			t.Fatal(err)
		}
		if v, _ = s.Resume(t.Context(), token, "r"); v.Actor.Holds(access.Funder, clock.Now()) {
			t.Error("the role outlived its end")
		}
	})
}

// A page is asked for by somebody who held a role when the request began and does not when it writes.
func TestRightsAreReadInTheTransactionThatWrites(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		s := service(t, db, clock)
		boss := member(t, s, "boss@example.org", access.Administrator)
		code := withFactor(t, s, clock, "boss@example.org")
		other := member(t, s, "other@example.org", access.Participant)
		come := func() access.Actor {
			clock.Move(time.Minute)
			token, err := signIn(s, t, "boss@example.org", good, code())
			if err != nil {
				t.Fatal(err)
			}
			v, err := s.Resume(t.Context(), token, "r")
			if err != nil || !v.Actor.Holds(access.Administrator, clock.Now()) {
				t.Fatalf("%+v, %v", v.Roles, err)
			}
			return v.Actor
		}
		grantsOf := func() []org.RoleGrant {
			cards, err := s.Accounts(t.Context(), administrator)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range cards {
				if c.Person == boss {
					return c.Grants
				}
			}
			return nil
		}
		for name, end := range map[string]func(access.Actor) error{
			"the session ended": func(a access.Actor) error { return s.SignOut(t.Context(), a, a.Session) },
			"the account was suspended": func(access.Actor) error {
				if err := s.Suspend(t.Context(), administrator, boss); err != nil {
					return err
				}
				return s.Restore(t.Context(), administrator, boss)
			},
			"the role was taken back": func(access.Actor) error {
				return s.EndGrant(t.Context(), administrator, boss, grantsOf()[0].ID)
			},
		} {
			if len(grantsOf()) == 0 {
				if err := s.Grant(t.Context(), administrator, access.NewID(), boss, access.Grant{Role: access.Administrator}); err != nil {
					t.Fatal(err)
				}
			}
			old := come()
			if err := end(old); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if err := s.Grant(t.Context(), old, access.NewID(), other, access.Grant{Role: access.Funder}); !fault.Is(err, fault.Denied) {
				t.Errorf("%s, and a role was given: %v", name, err)
			}
		}
	})
}

func TestNobodyGrantsToThemselves(t *testing.T) {
	db, clock := testkit.SQLite(t)
	s := service(t, db, clock)
	boss := member(t, s, "boss@example.org", access.Administrator)
	actor := access.Actor{Person: boss, Via: access.ViaSession, Grants: []access.Grant{{Role: access.Administrator}}}
	if err := s.Grant(t.Context(), actor, "k", boss, access.Grant{Role: access.Manager}); !fault.Is(err, fault.Conflict) {
		t.Errorf("an administrator made a manager of themselves: %v", err)
	}
}

// A manager may correct where mail about trainings goes; that must not open the account.
func TestAChangedAddressDoesNotMoveTheAccount(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		s := service(t, db, clock)
		id := member(t, s, "boss@example.org", access.Administrator)
		manager := access.Actor{Person: "m", Via: access.ViaCommand, Grants: []access.Grant{{Role: access.Manager}}}
		p, err := s.Person(t.Context(), manager, id)
		if err != nil {
			t.Fatal(err)
		}
		p.Email, p.Sector, p.Profession, p.Region = "evil@example.net", "social", "psychologist", "PER"
		if err := s.SavePerson(t.Context(), manager, p); err != nil {
			t.Fatal(err)
		}
		if err := s.Forgot(t.Context(), "boss@example.org", "r"); err != nil {
			t.Fatal(err)
		}
		var to []string
		if _, err := s.SendDue(t.Context(), func(_ context.Context, m org.Message) error {
			if m.Kind == "reset" {
				to = append(to, m.Address)
			}
			return nil
		}); err != nil || !slices.Equal(to, []string{"boss@example.org"}) {
			t.Errorf("the reset went to %v, %v", to, err)
		}
	})
}

func TestOneCodeOpensOneDoor(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		s := service(t, db, clock)
		member(t, s, "boss@example.org", access.Manager)
		code := withFactor(t, s, clock, "boss@example.org")
		var actors []access.Actor
		for range 2 {
			token, err := signIn(s, t, "boss@example.org", good, code())
			if err != nil {
				t.Fatal(err)
			}
			v, err := s.Resume(t.Context(), token, "r")
			if err != nil {
				t.Fatal(err)
			}
			actors = append(actors, v.Actor)
			clock.Move(time.Minute)
		}
		var through atomic.Int32
		var all sync.WaitGroup
		now := code()
		for _, a := range actors {
			all.Go(func() {
				if _, err := s.StepUp(t.Context(), a, org.Credentials{Password: good, Code: now, Network: "192.0.2.0"}); err == nil {
					through.Add(1)
				}
			})
		}
		all.Wait()
		if n := through.Load(); n != 1 {
			t.Errorf("one code opened %d doors", n)
		}
	})
}

// A session that was opened with the password alone stays without the role when the factor is set up elsewhere.
func TestASecondFactorRaisesOnlyTheSessionThatProvedIt(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		s := service(t, db, clock)
		member(t, s, "boss@example.org", access.Manager)
		early, err := signIn(s, t, "boss@example.org", good, "")
		if err != nil {
			t.Fatal(err)
		}
		withFactor(t, s, clock, "boss@example.org")
		if v, err := s.Resume(t.Context(), early, "r"); err == nil {
			t.Errorf("a session from before goes on, with roles %v", v.Actor.Grants)
		}
	})
}

func TestLinksLieSealedInTheLedgerAndGoWithTheMail(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		s := service(t, db, clock)
		_, token := invite(t, s, "maria@example.org", access.Participant)
		if testkit.Count(t, db, `SELECT count(*) FROM message WHERE vars LIKE $1 OR link LIKE $1`, "%"+token+"%") > 0 {
			t.Error("the link lies in the clear")
		}
		if got := linkOf(t, s, "invite"); got != token {
			t.Errorf("the mail carries %q, want the link of the invitation", got)
		}
		if left := testkit.Count(t, db, `SELECT count(*) FROM message WHERE link IS NOT NULL`); left != 0 {
			t.Errorf("%d links outlived their mail", left)
		}
	})
}

func TestTwoServersSendAMessageOnce(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		one := service(t, db, clock)
		two := service(t, db, clock)
		for i := range 10 {
			invite(t, one, fmt.Sprintf("p%d@example.org", i), access.Participant)
		}
		var sent atomic.Int32
		slow := func(context.Context, org.Message) error { sent.Add(1); time.Sleep(time.Millisecond); return nil }
		var all sync.WaitGroup
		for _, s := range []*org.Service{one, two} {
			all.Go(func() {
				if _, err := s.SendDue(t.Context(), slow); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if n := sent.Load(); n != 10 {
			t.Errorf("10 messages were sent %d times", n)
		}
	})
}

func TestAMessageOfAServerThatDiedIsSentByAnother(t *testing.T) {
	db, clock := testkit.SQLite(t)
	s := service(t, db, clock)
	invite(t, s, "maria@example.org", access.Participant)
	died, cancel := context.WithCancel(t.Context())
	s.SendDue(died, func(context.Context, org.Message) error { cancel(); return died.Err() }) //nolint:errcheck // it dies
	send := func() int {
		n, err := s.SendDue(t.Context(), func(context.Context, org.Message) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := send(); n != 0 {
		t.Errorf("sent %d while the lease ran", n)
	}
	clock.Move(6 * time.Minute)
	if n := send(); n != 1 {
		t.Errorf("sent %d after the lease", n)
	}
}

func TestAnInvitationCanBeSentAgain(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		s := service(t, db, clock)
		id, old := invite(t, s, "maria@example.org", access.Participant)
		fresh, err := s.InviteAgain(t.Context(), administrator, id)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.SetPassword(t.Context(), old, good, "r"); !fault.Is(err, fault.NotFound) {
			t.Errorf("the first link: %v", err)
		}
		if err := s.SetPassword(t.Context(), fresh, good, "r"); err != nil {
			t.Errorf("the second link: %v", err)
		}
		if _, err := s.InviteAgain(t.Context(), administrator, id); !fault.Is(err, fault.Conflict) {
			t.Errorf("somebody with a password: %v", err)
		}
	})
}

func TestDemoSignInIsRefusedElsewhere(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		s := service(t, db, clock)
		id := member(t, s, "maria@example.org", access.Participant)
		if _, err := s.SignInAs(t.Context(), id, "", "r"); !fault.Is(err, fault.NotFound) {
			t.Errorf("sign-in without a password: %v", err)
		}
		if err := s.MarkDemo(t.Context()); !fault.Is(err, fault.Conflict) {
			t.Errorf("a database with people was marked as a demo: %v", err)
		}
	})
}

func TestResetSaysNothingAboutAccounts(t *testing.T) {
	db, clock := testkit.SQLite(t)
	s := service(t, db, clock)
	member(t, s, "maria@example.org", access.Participant)
	for _, login := range []string{"maria@example.org", "nobody@example.org"} {
		if err := s.Forgot(t.Context(), login, "r"); err != nil {
			t.Errorf("%s: %v", login, err)
		}
	}
	var kinds []string
	_, err := s.SendDue(t.Context(), func(_ context.Context, m org.Message) error {
		kinds = append(kinds, m.Kind)
		return nil
	})
	slices.Sort(kinds)
	if err != nil || strings.Join(kinds, " ") != "invite reset" {
		t.Errorf("mails %v, %v", kinds, err)
	}
}
