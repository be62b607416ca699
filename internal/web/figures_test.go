package web_test

import (
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"strengthen/internal/access"
)

var (
	figure  = regexp.MustCompile(`<a href="(/(?:people|trainings)\?[^"]+)">(\d+)(?: of \d+)?</a>`)
	heading = regexp.MustCompile(`<h1[^>]*>(\d+) `)
)

// TestFiguresOfTheFirstPageOpenToTheirRows follows every figure about people and trainings, and finds as many rows.
func TestFiguresOfTheFirstPageOpenToTheirRows(t *testing.T) {
	s := open(t)
	token := s.cookie(t, access.Manager)
	s.speak(t, access.Manager, "en")
	_, home := s.ask(t, http.MethodGet, "/home", token)
	if !strings.Contains(home, "As of 18") {
		t.Error("the page does not say as of when")
	}
	found := figure.FindAllStringSubmatch(home, -1)
	if len(found) < 6 {
		t.Fatalf("only %d figures lead to rows", len(found))
	}
	for _, m := range found {
		code, page := s.ask(t, http.MethodGet, html.UnescapeString(m[1]), token)
		if h := heading.FindStringSubmatch(page); code != http.StatusOK || h == nil || h[1] != m[2] {
			t.Errorf("%s is said to have %s rows, and has %v (%d)", m[1], m[2], h, code)
		}
	}
}
