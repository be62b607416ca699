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

var (
	barsOf  = regexp.MustCompile(`<text class="m c"[^>]*>([^<]+)</text>`)
	picked  = regexp.MustCompile(`<option value="(month|quarter|year)" selected>`)
	periods = regexp.MustCompile(`<th scope="row" class="nw">([^<]+)</th>`)
)

// TestFiguresOfTheWorkByPeriod reads the page of the work on cases by each period, in the picture and in the table; the period is
// part of the address.
func TestFiguresOfTheWorkByPeriod(t *testing.T) {
	s := open(t)
	token := s.cookie(t, access.Manager)
	s.speak(t, access.Manager, "en")
	for address, want := range map[string]struct {
		by, bar, row string
		n            int
	}{
		"/figures":                                 {"month", "Dec", `^December \d{4}$`, 12},
		"/figures?year=2025&region=PAZ":            {"quarter", "Q4", `^Quarter 4 of \d{4}$`, 4},
		"/figures?year=2025&region=PAZ&by=month":   {"month", "Dec", `^December \d{4}$`, 12},
		"/figures?year=2025&region=&by=quarter":    {"quarter", "Q4", `^Quarter 4 of \d{4}$`, 4},
		"/figures?year=2025&region=PAZ&by=year":    {"year", "", `^\d{4}$`, 0},
		"/figures?year=2025&region=PAZ&by=quarter": {"quarter", "Q4", `^Quarter 4 of \d{4}$`, 4},
	} {
		code, page := s.ask(t, http.MethodGet, address, token)
		by, bars, rows := picked.FindStringSubmatch(page), barsOf.FindAllStringSubmatch(page, -1), periods.FindAllStringSubmatch(page, -1)
		if code != http.StatusOK || by == nil || by[1] != want.by || len(bars) == 0 || want.n > 0 && len(bars) != want.n || len(rows) != len(bars) {
			t.Errorf("%s: %d, by %v, %d bars, %d rows", address, code, by, len(bars), len(rows))
			continue
		}
		if last := bars[len(bars)-1][1]; want.bar != "" && last != want.bar {
			t.Errorf("%s: the last bar is of %s", address, last)
		}
		if last := strings.TrimSpace(rows[len(rows)-1][1]); !regexp.MustCompile(want.row).MatchString(last) {
			t.Errorf("%s: the last row is of %s", address, last)
		}
	}
	if code, _ := s.ask(t, http.MethodGet, "/figures?by=week", token); code != http.StatusNotFound {
		t.Errorf("by week: %d", code)
	}
}
