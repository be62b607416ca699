package web_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"strengthen/internal/access"
	"strengthen/internal/web"
)

// TestNoTextBreaksAPage sends to every route, as somebody who may use it, what no database keeps as text and what only looks
// odd. The first is refused by name, the second never brings the server down.
func TestNoTextBreaksAPage(t *testing.T) {
	s := open(t)
	bad := map[string]string{"a NUL": "a\x00b", "broken UTF-8": "a\xffb", "a lone surrogate": "\xed\xa0\x80"}
	odd := map[string]string{"direction marks": "\u202eabc\u2066", "a long line": strings.Repeat("щ", 9000), "markup": `"><script>alert(1)</script>`, "a formula": "=1+1"}
	fields := []string{"login", "password", "code", "name", "email", "phone", "sector", "region", "agency", "head_email", "key", "find", "lang", "version", "title_bg", "reason", "next", "sealed", "half_day", "badge", "answer"}
	send := func(method, path, token, text string) int {
		form := url.Values{}
		for _, f := range fields {
			form.Set(f, text)
		}
		r := httptest.NewRequest(method, path+"?"+url.Values{"find": {text}, "after": {text}, "study": {text}}.Encode(), strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.AddCookie(&http.Cookie{Name: "session", Value: token})
		w := httptest.NewRecorder()
		s.pages.Handler().ServeHTTP(w, r)
		return w.Code
	}
	for _, route := range s.pages.Routes() {
		method, path, _ := strings.Cut(strings.TrimSuffix(route.Pattern, "{$}"), " ")
		if path == "/signout" || path == "/demo/signin" {
			continue
		}
		token := ""
		for _, role := range access.Grantable() {
			if !route.Public && s.may(role, route.Action) {
				token = s.cookie(t, role)
				break
			}
		}
		for name, text := range bad {
			if code := send(method, s.fill(path, true), token, text); code != http.StatusUnprocessableEntity {
				t.Errorf("%s with %s: %d", route.Pattern, name, code)
			}
		}
		for name, text := range odd {
			if code := send(method, s.fill(path, true), token, text); code >= 500 {
				t.Errorf("%s with %s: %d", route.Pattern, name, code)
			}
		}
		if strings.Contains(path, "{") {
			if code := send(method, hole.ReplaceAllString(path, "%00%ff"), token, "x"); code != http.StatusNotFound {
				t.Errorf("%s with a NUL in its address: %d", route.Pattern, code)
			}
		}
	}
}

func (s *site) may(role access.Role, action access.Action) bool {
	actor := access.Actor{Person: s.guests[role], Grants: []access.Grant{{Role: role, Region: "PDV", Agency: "own"}, {Role: access.Member}}}
	return access.Standard().May(actor, action, s.world.Clock.Now())
}

// Behind one proxy the last address counts, in whichever line the proxy wrote it; what a client writes before it is not
// believed.
func TestAForgedAddressDoesNotEvadeTheLimit(t *testing.T) {
	s := open(t)
	for name, forge := range map[string]func(http.Header, string){
		"in the same line": func(h http.Header, forged string) { h.Set("X-Forwarded-For", forged+", 192.0.2.7") },
		"in a line of its own": func(h http.Header, forged string) {
			h.Add("X-Forwarded-For", forged)
			h.Add("X-Forwarded-For", "192.0.2.7")
		},
	} {
		c := s.pages.Config
		c.Rate, c.Proxies = 0.001, 1
		h := web.New(c).Handler()
		through := 0
		for i := range 300 {
			r := httptest.NewRequest(http.MethodGet, "/privacy", nil)
			forge(r.Header, "198.51."+string(rune('0'+i%10))+"."+string(rune('0'+i/10%10)))
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code == http.StatusOK {
				through++
			}
		}
		if through > 241 {
			t.Errorf("%s: %d of 300 requests came through", name, through)
		}
	}
}

func TestHealthSaysWhatItMeans(t *testing.T) {
	s := open(t)
	for path, want := range map[string]string{"/healthz": "ok\n", "/readyz": "ready\n"} {
		if code, body := s.ask(t, http.MethodGet, path, ""); code != http.StatusOK || body != want {
			t.Errorf("%s: %d %q", path, code, body)
		}
	}
	c := s.pages.Config
	c.Ready = func(context.Context) error { return http.ErrServerClosed }
	w := httptest.NewRecorder()
	web.New(c).Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
	if w.Code != http.StatusServiceUnavailable {
		t.Errorf("a database that does not answer: %d", w.Code)
	}
}
