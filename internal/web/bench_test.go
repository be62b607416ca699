package web_test

import (
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
	"time"

	"strengthen/internal/access"
)

// BenchmarkPages times pages from the request to the last byte: the first page of a participant, a list that runs through more
// than 500 people, the roster of a training, the first page of the manager and the report. Beside time it prints the processor
// time of a request, garbage collection with it, and how many statements went to the database.
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
			before, n, cpu := s.db.Statements(), 0, processor()
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
			b.ReportMetric(float64(processor()-cpu)/float64(n)/1e6, "cpu-ms/op")
			b.ReportMetric(float64(s.db.Statements()-before)/float64(n), "statements/op")
		})
	}
}

// processor is the processor time that the process has used so far.
func processor() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
