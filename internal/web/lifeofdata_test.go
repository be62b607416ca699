package web_test

import (
	"net/http"
	"strings"
	"testing"

	"strengthen/internal/access"
)

// Erasure through the pages: the officer confirms, cannot erase alone, and another person does.
func TestTwoPeopleEraseThroughThePages(t *testing.T) {
	s := open(t)
	officer, admin := s.cookie(t, access.DataProtection), s.cookie(t, access.Administrator)
	status, page := s.ask(t, http.MethodGet, "/data", officer)
	if status != http.StatusOK {
		t.Fatalf("%d: %.400s", status, page)
	}
	_, at, ok := strings.Cut(page, `action="/data/items/`)
	if !ok {
		t.Fatalf("nothing is proposed after two years: %.2000s", page)
	}
	id, _, _ := strings.Cut(at, "/")
	if status, _ := s.ask(t, http.MethodPost, "/data/items/"+id+"/erase", admin); status != http.StatusConflict {
		t.Errorf("what nobody confirmed: %d", status)
	}
	if status, _ := s.ask(t, http.MethodPost, "/data/items/"+id+"/confirm", officer); status != http.StatusSeeOther {
		t.Errorf("confirmed: %d", status)
	}
	if status, page := s.ask(t, http.MethodPost, "/data/items/"+id+"/erase", officer); status != http.StatusConflict || !strings.Contains(page, `class="sum"`) {
		t.Errorf("the officer alone: %d", status)
	}
	if _, page := s.ask(t, http.MethodGet, "/data", officer); strings.Contains(page, "/data/items/"+id+"/erase") {
		t.Error("the officer is offered to erase what the officer confirmed")
	}
	if status, _ := s.ask(t, http.MethodPost, "/data/items/"+id+"/erase", admin); status != http.StatusSeeOther {
		t.Errorf("another person: %d", status)
	}
	if _, page := s.ask(t, http.MethodGet, "/data", officer); strings.Contains(page, id) {
		t.Error("what is erased is still on the page")
	}
}
