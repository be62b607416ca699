package web_test

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/impact"
	"strengthen/internal/org"
	"strengthen/internal/sealed"
	"strengthen/internal/store"
	"strengthen/internal/study"
	"strengthen/internal/survey"
	"strengthen/internal/testkit"
	"strengthen/internal/training"
	"strengthen/internal/web"
)

var boss = access.Actor{Person: "boss", Grants: []access.Grant{{Role: access.Manager}, {Role: access.Administrator}}}

// small is a system with one training and a manager who is signed in, for tests that change things.
type small struct {
	browser
	clock    *testkit.Clock
	training *training.Service
	org      *org.Service
	event    training.Event
	manager  access.PersonID
	token    string // of the session
}

func newSmall(t *testing.T, lang string) *small {
	t.Helper()
	db, clock := testkit.SQLite(t)
	s := &small{clock: clock, org: org.New(store.For[org.Tx]{DB: db}, clock.Now, sealed.Root{1}.Box("totp")), training: training.New(store.For[training.Tx]{DB: db}, clock.Now)}
	s.T = t
	s.must(s.org.MarkDemo(t.Context()))
	s.must(s.org.Seed(t.Context()))
	id, _, err := s.org.Invite(t.Context(), boss, "manager", org.Invitation{Name: "Милена Тодорова", Email: "milena@example.org", Lang: lang, Role: access.Manager})
	s.must(err)
	s.must(s.org.WelcomeGuest(t.Context(), id, ""))
	s.must(s.training.SaveProgramme(t.Context(), boss, training.Programme{TitleBG: "Укрепване", TitleEN: "Strengthen", Starts: calendar.MustDate("2026-01-01"), Ends: calendar.MustDate("2027-12-31"), Trainings: 28, People: 840, Children: 1000}))
	first := calendar.MustDate("2026-05-11")
	event, err := s.training.Plan(t.Context(), boss, "plan", training.Event{Region: "PER", VenueBG: "Зала 1", VenueEN: "Hall 1", Capacity: 2, AgencyMax: 2, NeedShare: 0.8,
		ApplyUntil: first.AddDays(-3), Release: first.AddDays(-8).At(12, 0), HalfDays: training.HalfDaysFrom(first, 5)})
	s.must(err)
	s.event, err = s.training.Event(t.Context(), boss, event)
	s.must(err)
	su := survey.New(store.For[survey.Tx]{DB: db}, clock.Now)
	st := study.New(store.For[study.Tx]{DB: db}, clock.Now)
	server := httptest.NewServer(web.New(web.Config{Org: s.org, Training: s.training, Survey: su, Impact: impact.New(su, s.org, st, clock.Now), Study: st, Policy: access.Standard(), Now: clock.Now,
		Log: quiet, Site: "http://127.0.0.1", Demo: true, Ready: db.Ready, Rate: 1e6}).Handler())
	t.Cleanup(server.Close)
	s.base = server.URL
	s.manager = id
	s.signIn(id)
	return s
}

// signIn lets the browser go on as a person of the demonstration.
func (s *small) signIn(id access.PersonID) {
	s.Helper()
	var err error
	s.token, err = s.org.SignInAs(s.Context(), id, "test", "test")
	s.must(err)
	jar, err := cookiejar.New(nil)
	s.must(err)
	u, err := url.Parse(s.base)
	s.must(err)
	jar.SetCookies(u, []*http.Cookie{{Name: "session", Value: s.token, Path: "/"}})
	s.client = &http.Client{Jar: jar}
}

func (s *small) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// at moves the clock; as sessions end when nothing is done, the manager signs in anew.
func (s *small) at(now time.Time) {
	s.Helper()
	s.clock.Set(now)
	s.signIn(s.manager)
}

// seat lets somebody apply and be endorsed.
func (s *small) seat(name string) training.EnrolmentID {
	s.Helper()
	out, err := s.training.Apply(s.Context(), access.Public("r"), access.NewID(), training.Application{
		Event: s.event.ID, AgencyName: "Училище на " + name, AgencyKind: "school", HeadEmail: "head@example.org", Agreed: true,
		Person: org.Person{Name: name, Email: fmt.Sprintf("%x@example.org", name), Lang: "bg", Sector: "education", Profession: "teacher", Region: "PER"},
	})
	s.must(err)
	s.clock.Move(time.Minute)
	s.must(s.training.EndorseFor(s.Context(), boss, out.Seat))
	return out.Seat
}

func (s *small) view(id training.EnrolmentID) training.SeatView {
	s.Helper()
	v, err := s.training.Seat(s.Context(), boss, id)
	s.must(err)
	return v
}

// expect posts a form and looks for a text in what comes back.
func (s *small) expect(code int, text, path string, pairs ...string) string {
	s.Helper()
	got, body := s.post(path, pairs...)
	s.want(got, body, code, text)
	return body
}

// file posts a form with a file.
func (s *small) file(path, name string, content []byte, pairs ...string) (int, string) {
	s.Helper()
	body, kind := multipartForm(s.T, name, content, pairs...)
	res, err := s.client.Post(s.base+path, kind, body)
	return s.read(res, err)
}

func multipartForm(t *testing.T, name string, content []byte, pairs ...string) (io.Reader, string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		if err := w.WriteField(pairs[i], pairs[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if name != "" {
		f, err := w.CreateFormFile("file", name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &b, w.FormDataContentType()
}
