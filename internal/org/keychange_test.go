package org_test

import (
	"errors"
	"testing"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/org"
	"strengthen/internal/store"
	"strengthen/internal/testkit"
)

func TestTheRootIsReplacedByTwoAdministratorsWhereThereAreTwo(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		s := service(t, db, clock)
		use := func() error { return s.UseKeyChange(t.Context(), administrator) }
		as := func(id access.PersonID) access.Actor {
			return access.Actor{Person: id, Via: access.ViaSession, Grants: []access.Grant{{Role: access.Administrator}}}
		}
		open := func() org.KeyChange {
			u, err := s.Upkeep(t.Context(), administrator)
			if err != nil {
				t.Fatal(err)
			}
			return u.Open
		}
		one := as(member(t, s, "one@example.org", access.Administrator))
		if err := use(); err != nil {
			t.Errorf("with one administrator: %v", err)
		}
		invite(t, s, "invited@example.org", access.Administrator) // never came
		member(t, s, "manager@example.org", access.Manager)
		if err := use(); err != nil {
			t.Errorf("somebody who was only invited, or is something else, counts: %v", err)
		}
		two := as(member(t, s, "two@example.org", access.Administrator))
		if err := use(); !fault.Is(err, fault.Conflict) {
			t.Errorf("with two and no word: %v", err)
		}
		if err := errors.Join(s.AskKeyChange(t.Context(), one, "k/1"), s.AskKeyChange(t.Context(), one, "k/1")); err != nil {
			t.Fatal(err) // a double click
		}
		if err := s.AskKeyChange(t.Context(), two, "k/2"); !fault.Is(err, fault.Conflict) {
			t.Errorf("asked while another wish waits: %v", err)
		}
		if err := use(); !fault.Is(err, fault.Conflict) {
			t.Errorf("asked and not confirmed: %v", err)
		}
		if err := s.ConfirmKeyChange(t.Context(), one, open().ID); !fault.Is(err, fault.Conflict) {
			t.Errorf("the same person twice: %v", err)
		}
		if err := s.ConfirmKeyChange(t.Context(), two, "another"); !fault.Is(err, fault.NotFound) {
			t.Errorf("another wish: %v", err)
		}
		if err := s.ConfirmKeyChange(t.Context(), access.Actor{Person: "m", Grants: []access.Grant{{Role: access.Manager}}}, open().ID); !fault.Is(err, fault.Denied) {
			t.Errorf("a manager: %v", err)
		}
		if err := s.ConfirmKeyChange(t.Context(), two, open().ID); err != nil {
			t.Fatal(err)
		}
		if err := use(); err != nil {
			t.Errorf("with the word of two: %v", err)
		}
		if err := use(); !fault.Is(err, fault.Conflict) {
			t.Errorf("a word used twice: %v", err)
		}
		for name, wait := range map[string]func(){
			"not confirmed within a day": func() { clock.Move(org.KeyChangeTime) },
			"not used within a day": func() {
				if err := s.ConfirmKeyChange(t.Context(), two, open().ID); err != nil {
					t.Fatal(err)
				}
				clock.Move(org.KeyChangeTime)
			},
		} {
			clock.Move(time.Second)
			if err := s.AskKeyChange(t.Context(), one, "k/"+name); err != nil {
				t.Fatal(err)
			}
			wait()
			if open().ID != "" || !fault.Is(use(), fault.Conflict) {
				t.Errorf("%s: it still stands", name)
			}
		}
	})
}
