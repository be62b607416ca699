package web_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"strengthen/internal/access"
)

// BenchmarkPages times three pages from the request to the last byte: that of a participant, a list of people, and the first
// page of the manager.
func BenchmarkPages(b *testing.B) {
	s := open(b)
	h := s.pages.Handler()
	for name, tc := range map[string]struct {
		role access.Role
		path string
	}{
		"participant": {access.Participant, "/home"}, "people": {access.Manager, "/people"}, "roster": {access.Manager, "/trainings/" + string(s.past) + "/people"}, "home": {access.Manager, "/home"}, "impact": {access.Funder, "/impact"},
	} {
		token := s.cookie(b, tc.role)
		b.Run(name, func(b *testing.B) {
			before, n := s.db.Statements(), 0
			for b.Loop() {
				n++
				r := httptest.NewRequest(http.MethodGet, tc.path, nil)
				r.AddCookie(&http.Cookie{Name: "session", Value: token})
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				if w.Code != http.StatusOK {
					b.Fatalf("%s: %d", tc.path, w.Code)
				}
			}
			b.ReportMetric(float64(s.db.Statements()-before)/float64(n), "statements/op")
		})
	}
}
