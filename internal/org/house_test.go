package org_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/org"
	"strengthen/internal/store"
	"strengthen/internal/testkit"
)

var (
	manager = access.Actor{Person: "m", Via: access.ViaCommand, Grants: []access.Grant{{Role: access.Manager}}}
	officer = access.Actor{Person: "o", Via: access.ViaCommand, Grants: []access.Grant{{Role: access.DataProtection}}}
)

func TestWhoAnswersIsSetOnceByEach(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		s := service(t, db, clock)
		h, err := s.House(t.Context())
		if err != nil || h.Set() {
			t.Fatalf("before it is set: %+v, %v", h, err)
		}
		h = org.House{Controller: "Фондация", Address: "София", Contact: "a@example.org", Officer: "b@example.org", ProjectBG: "Проект", ProjectEN: "Project", Retention: 5}
		for name, tc := range map[string]struct {
			by   access.Actor
			with func(*org.House)
			kind fault.Kind
		}{
			"by a manager":          {manager, func(*org.House) {}, fault.Denied},
			"without a controller":  {administrator, func(h *org.House) { h.Controller = "" }, fault.Invalid},
			"without an address":    {administrator, func(h *org.House) { h.Officer = "nobody" }, fault.Invalid},
			"kept longer than life": {administrator, func(h *org.House) { h.Retention = 31 }, fault.Invalid},
			"from another version":  {administrator, func(h *org.House) { h.Version = "old" }, fault.Conflict},
		} {
			bad := h
			tc.with(&bad)
			if err := s.SaveHouse(t.Context(), tc.by, bad); !fault.Is(err, tc.kind) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := s.SaveHouse(t.Context(), administrator, h); err != nil {
			t.Fatal(err)
		}
		got, err := s.House(t.Context())
		if err != nil || !got.Set() || got.Project("en") != "Project" || got.Retention != 5 {
			t.Errorf("read back: %+v, %v", got, err)
		}
		if err := s.SaveHouse(t.Context(), administrator, h); !fault.Is(err, fault.Conflict) {
			t.Errorf("saved over what another has written: %v", err)
		}
	})
}

// TestTheLedgerIsReadAPageAtATime walks through planned and sent messages and finds each once, in order.
func TestTheLedgerIsReadAPageAtATime(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		s := service(t, db, clock)
		for i := range 7 {
			invite(t, s, fmt.Sprintf("p%d@example.org", i), access.Participant)
			clock.Move(time.Minute)
		}
		walk := func(state org.MessageState) []string {
			t.Helper()
			var all []string
			f := org.MessageFilter{State: state}
			for range 5 {
				page, next, err := s.Messages(t.Context(), manager, f, 3)
				if err != nil || len(page) > 3 {
					t.Fatalf("%d messages, %v", len(page), err)
				}
				for _, m := range page {
					all = append(all, m.Address[:2])
				}
				if f.After = next; next == "" {
					break
				}
			}
			return all
		}
		if got := walk(org.Planned); !slices.Equal(got, []string{"p0", "p1", "p2", "p3", "p4", "p5", "p6"}) {
			t.Errorf("planned: %v", got)
		}
		send := func(_ context.Context, m org.Message) error {
			clock.Move(time.Second)
			if m.Address == "p3@example.org" {
				return errors.New("no such mailbox")
			}
			return nil
		}
		for range 8 {
			if _, err := s.SendDue(t.Context(), send); err != nil {
				t.Fatal(err)
			}
			clock.Move(25 * time.Hour)
		}
		sent := walk(org.Sent)
		if !slices.Equal(sent, []string{"p6", "p5", "p4", "p2", "p1", "p0"}) {
			t.Errorf("sent: %v", sent)
		}
		counts, err := s.MailCounts(t.Context(), manager)
		if err != nil || counts[org.Sent] != 6 || counts[org.Failed] != 1 {
			t.Errorf("counts: %v, %v", counts, err)
		}
		for find, n := range map[string]int{"P4@EXAMPLE": 1, "илиева": 6, "нямаТакъв": 0} {
			found, _, err := s.Messages(t.Context(), manager, org.MessageFilter{State: org.Sent, Find: find}, 50)
			if err != nil || len(found) != n {
				t.Errorf("%q finds %d, %v, want %d", find, len(found), err, n)
			}
		}
		if _, _, err := s.Messages(t.Context(), administrator, org.MessageFilter{}, 3); !fault.Is(err, fault.Denied) {
			t.Errorf("the administrator reads mail: %v", err)
		}
	})
}

func TestReadingAMessageIsOnTheRecord(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		s := service(t, db, clock)
		invite(t, s, "maria@example.org", access.Participant)
		all, _, err := s.Messages(t.Context(), manager, org.MessageFilter{}, 3)
		if err != nil || len(all) != 1 {
			t.Fatal(all, err)
		}
		m, err := s.Message(t.Context(), manager, all[0].ID)
		if err != nil || m.Vars["link"] != "" {
			t.Errorf("the message, link %q: %v", m.Vars["link"], err)
		}
		if n := testkit.Count(t, db, `SELECT count(*) FROM audit_entry WHERE action = 'mail.see' AND record = $1`, m.ID); n != 1 {
			t.Errorf("%d entries", n)
		}
		if _, err := s.Message(t.Context(), manager, "nosuch"); !fault.Is(err, fault.NotFound) {
			t.Errorf("no message: %v", err)
		}
	})
}

// TestActivityCountsWhatPeopleDid counts acts of known people on known days; a day is one of Sofia.
func TestActivityCountsWhatPeopleDid(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		s := service(t, db, clock)
		reader := member(t, s, "reader@example.org", access.Manager)
		clock.Set(time.Date(2026, 4, 1, 21, 30, 0, 0, time.UTC)) // half past midnight in Sofia, 2 April
		by := access.Actor{Person: reader, Via: access.ViaCommand, Grants: []access.Grant{{Role: access.Manager}}}
		if err := s.RetryMail(t.Context(), access.Actor{Person: reader, Via: access.ViaCommand}, "any"); !fault.Is(err, fault.Denied) {
			t.Fatal(err)
		}
		all, _, err := s.Messages(t.Context(), by, org.MessageFilter{}, 3)
		if err != nil || len(all) == 0 {
			t.Fatal(all, err)
		}
		for range 2 {
			if _, err := s.Message(t.Context(), by, all[0].ID); err != nil {
				t.Fatal(err)
			}
		}
		clock.Set(time.Date(2026, 4, 3, 9, 0, 0, 0, time.UTC))
		a, err := s.Activity(t.Context(), officer, 3)
		if err != nil {
			t.Fatal(err)
		}
		var days []string
		for _, d := range a.Days {
			days = append(days, fmt.Sprintf("%s %d %d", d.On, d.Done, d.Refused))
		}
		if want := []string{"2026-04-01 0 0", "2026-04-02 2 1", "2026-04-03 0 0"}; !slices.Equal(days, want) {
			t.Errorf("days: %v", days)
		}
		if n := a.Of(access.SeeMail); n != 2 || a.Totals().All() != 3 {
			t.Errorf("%d readings, %+v in all", n, a.Totals())
		}
		if len(a.Readers) != 1 || a.Readers[0].Person != reader || a.Readers[0].Records != 1 || a.Readers[0].Name != "Мария Илиева" {
			t.Errorf("readers: %+v", a.Readers)
		}
		if _, err := s.Activity(t.Context(), manager, 3); !fault.Is(err, fault.Denied) {
			t.Errorf("the manager watches: %v", err)
		}
		names, err := s.Names(t.Context(), administrator, []access.PersonID{reader})
		if err != nil || len(names) != 0 {
			t.Errorf("the administrator reads names: %v, %v", names, err)
		}
	})
}
