package org_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
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
		clock.Move(72 * time.Hour)
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
	db, clock := testkit.SQLite(t)
	s := service(t, db, clock)
	_, token := invite(t, s, "dimitrova@example.org", access.Participant)
	for _, weak := range []string{"short", "PasswordPassword1!", "ПаролаПарола2026", "aaaaaaaaaaaaaa", "dimitrova-2026-x", strings.Repeat("ъгъл7", 30)} {
		if err := s.SetPassword(t.Context(), token, weak, "r"); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", weak, err)
		}
	}
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
		if _, err := signIn(s, t, "Maria@Example.org ", good, ""); err != nil {
			t.Errorf("right password: %v", err)
		}
	})
}

func TestGuessingIsSlowedDown(t *testing.T) {
	db, clock := testkit.SQLite(t)
	s := service(t, db, clock)
	member(t, s, "maria@example.org", access.Participant)
	hashed := 0
	for range 1000 {
		_, err := signIn(s, t, "maria@example.org", "wrong password", "")
		if fault.Is(err, fault.Invalid) {
			hashed++
		}
		clock.Move(time.Second)
	}
	if hashed > 20 {
		t.Errorf("%d of 1000 guesses in a quarter of an hour reached the hash, want at most 20", hashed)
	}
	clock.Move(16 * time.Minute)
	if _, err := signIn(s, t, "maria@example.org", good, ""); err != nil {
		t.Errorf("the owner is locked out for good: %v", err)
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
		id := member(t, s, "eva@example.org", access.Evaluator)
		token, err := signIn(s, t, "eva@example.org", good, "")
		if err != nil {
			t.Fatal(err)
		}
		v, _ := s.Resume(t.Context(), token, "r")
		if !v.Actor.Holds(access.Evaluator, clock.Now()) {
			t.Fatal("the role is not there")
		}
		if err := s.EndGrant(t.Context(), administrator, id, v.Roles[0].ID); err != nil {
			t.Fatal(err)
		}
		if v, _ = s.Resume(t.Context(), token, "r"); v.Actor.Holds(access.Evaluator, clock.Now()) {
			t.Error("the role outlived its end")
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
