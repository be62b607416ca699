package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/time/rate"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/i18n"
	"strengthen/internal/org"
)

type contextKey int

const visitKey contextKey = 0

// visit is what is known of a request before its handler runs.
type visit struct {
	request string
	lang    i18n.Lang
	visitor org.Visitor
	in      bool // signed in
	network string
	lacking error // what the page could not read while it was made
	taken   bool  // what was sent was taken, and the reader goes on
}

func visitOf(r *http.Request) *visit {
	if v, ok := r.Context().Value(visitKey).(*visit); ok {
		return v
	}
	return &visit{lang: i18n.BG}
}

func (v *visit) actor() access.Actor {
	if v.in {
		return v.visitor.Actor
	}
	return access.Public(v.request)
}

const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// outermost sets the headers, limits the rate, catches panics and writes the one log line of a request.
func (s *Server) outermost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		v := &visit{request: access.NewID()[:12], lang: i18n.BG, network: s.network(r)}
		r = r.WithContext(context.WithValue(r.Context(), visitKey, v))
		rec := &recorder{ResponseWriter: w, status: http.StatusOK}
		s.headers(rec.Header())
		defer func() {
			if p := recover(); p != nil {
				s.Log.Error("panic", "request", v.request, "what", fmt.Sprint(p), "stack", string(debug.Stack()))
				if !rec.wrote {
					s.fail(rec, r, fmt.Errorf("panic"))
				}
			}
			s.Log.Info("request", "request", v.request, "method", r.Method, "pattern", r.Pattern, "status", rec.status,
				"ms", time.Since(began).Milliseconds())
		}()
		if !strings.HasPrefix(r.URL.Path, "/static/") && !s.rates.allow(v.network) {
			s.fail(rec, r, fault.New(fault.Busy, "fault.many", fault.Vars{"n": 60}))
			return
		}
		next.ServeHTTP(rec, r)
	})
}

func (s *Server) headers(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(self), microphone=(), geolocation=()")
	h.Set("Cache-Control", "no-store")
	if strings.HasPrefix(s.Site, "https://") {
		h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
	}
}

// route wraps a handler: body limit, session, language, the question whether the reader may do this anywhere, errors.
func (s *Server) route(row Route) http.Handler {
	limit := row.Limit
	if limit == 0 {
		limit = 64 << 10
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := visitOf(r)
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		unknown := s.recognise(r, v)
		if row.Public {
			v.lang = i18n.BG
			if r.URL.Path == "/en" || strings.HasPrefix(r.URL.Path, "/en/") {
				v.lang = i18n.EN
			}
		}
		err := unknown
		if err == nil || row.Public {
			err = s.enter(w, r, v, row)
		}
		if err != nil {
			s.fail(w, r, err)
		}
	})
}

func (s *Server) enter(w http.ResponseWriter, r *http.Request, v *visit, row Route) error {
	if !s.Policy.May(v.actor(), row.Action, s.Now()) {
		if !v.in {
			if r.Method != http.MethodGet {
				return fault.New(fault.Denied, "fault.denied")
			}
			http.Redirect(w, r, "/signin?next="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
			return nil
		}
		if v.visitor.NeedsFactor {
			http.Redirect(w, r, "/me", http.StatusSeeOther)
			return nil
		}
		return s.turnAway(r, v, row)
	}
	if row.Proof && !s.Demo && s.Now().Sub(v.visitor.Actor.StepUp) > org.StepUpLimit {
		return s.askProof(w, r)
	}
	switch {
	case r.Method != http.MethodPost:
	case !multipartForm(r):
		if err := r.ParseForm(); err != nil {
			return bodyError(err)
		}
	case row.Limit != maxUpload && row.Limit != maxAttachment: // a handler would read fields of it that nobody looked at
		return fault.New(fault.Invalid, "fault.key")
	}
	if err := readable(r); err != nil {
		return err
	}
	err := row.handle(w, r)
	if err == nil && v.taken && v.in {
		s.forgetDraft(r)
	}
	return err
}

func multipartForm(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data")
}

// turnAway refuses a visitor who may not do this anywhere, and puts it on the record.
func (s *Server) turnAway(r *http.Request, v *visit, row Route) error {
	if err := s.Org.TurnAway(r.Context(), v.actor(), row.Action); err != nil {
		return err
	}
	return fault.New(fault.Denied, "fault.denied")
}

// good reports whether a database keeps a text: it is UTF-8, and has no NUL sign.
func good(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// readable refuses what no database keeps as text.
func readable(r *http.Request) error {
	if path, err := url.PathUnescape(r.URL.EscapedPath()); err != nil || !good(path) {
		return fault.New(fault.NotFound, "fault.notfound")
	}
	for _, form := range []url.Values{r.URL.Query(), r.PostForm} {
		for name, values := range form {
			if !good(name) {
				return fault.New(fault.Invalid, "form.text")
			}
			for _, v := range values {
				if !good(v) {
					return fault.Field(name, "form.text")
				}
			}
		}
	}
	return nil
}

// bodyError tells a body that is too large from one that does not parse.
func bodyError(err error) error {
	if e, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return fault.Wrap(err, fault.Invalid, "fault.large", fault.Vars{"size": fault.Size(e.Limit)}).At("body")
	}
	return fault.Wrap(err, fault.Invalid, "fault.key")
}

// recognise finds the visitor of the session cookie, if it is alive. A database that does not answer signs nobody out: that is
// an error.
func (s *Server) recognise(r *http.Request, v *visit) error {
	c, err := r.Cookie(s.cookieName())
	if err != nil {
		return nil
	}
	visitor, err := s.Org.Resume(r.Context(), c.Value, v.request)
	if err != nil {
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		s.Log.Error("session", "request", v.request, "error", err)
		return err
	}
	v.visitor, v.in, v.lang = visitor, true, i18n.Parse(visitor.Lang)
	return nil
}

func (s *Server) cookieName() string {
	if strings.HasPrefix(s.Site, "https://") {
		return "__Host-session"
	}
	return "session"
}

func (s *Server) setSession(w http.ResponseWriter, token string) {
	c := &http.Cookie{
		Name: s.cookieName(), Value: token, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode,
		Secure: strings.HasPrefix(s.Site, "https://"), MaxAge: int(org.DayLimit / time.Second),
	}
	if token == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// network is the client's address, shortened to /24 or /48, so that it names an office and not a person.
func (s *Server) network(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	if s.Proxies > 0 {
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		if i := len(hops) - s.Proxies; i >= 0 && strings.TrimSpace(hops[i]) != "" {
			host = strings.TrimSpace(hops[i])
		}
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		return "unknown"
	}
	bits := 48
	if a = a.Unmap(); a.Is4() {
		bits = 24
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return "unknown"
	}
	return p.Addr().String()
}

// fail shows what went wrong. A record that the reader may not open looks as if it were not there.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	v := visitOf(r)
	kind := fault.KindOf(err)
	status := statusOf(w, err)
	if kind == fault.Internal {
		s.Log.Error("failed", "request", v.request, "pattern", r.Pattern, "error", err)
	}
	if r.PathValue("id") != "" && kind == fault.Denied {
		status, err = http.StatusNotFound, fault.New(fault.NotFound, "fault.notfound")
	}
	p := errorPage{Page: s.page(r, v.lang.Pick("Не стана", "That did not work")), Status: status, Request: v.request}
	for _, e := range fault.All(err) {
		p.Messages = append(p.Messages, s.say(v.lang, e))
	}
	if kind == fault.Busy && r.Method == http.MethodPost && !multipartForm(r) && r.ParseForm() == nil && !secret(r.PostForm) {
		p.Again, p.Carried = local(r.URL.RequestURI()), carry(r.PostForm, "")
	}
	if len(p.Messages) == 0 {
		p.Messages = []string{s.words.T(v.lang, "fault.internal", nil)}
	}
	s.render(w, status, "error", p) //nolint:errcheck // there is nobody left to tell
}

// secret reports whether a form holds what no page may show again.
func secret(form url.Values) bool {
	return form.Has("password") || form.Has("code") || form.Has("response")
}

// statusOf is the status of an answer to an error. One that may pass says when to come again: what the error names as n, or
// in five seconds.
func statusOf(w http.ResponseWriter, err error) int {
	switch fault.KindOf(err) {
	case fault.Invalid:
		return http.StatusUnprocessableEntity
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Denied:
		return http.StatusForbidden
	case fault.Conflict:
		return http.StatusConflict
	case fault.Busy:
		wait := 5
		for _, e := range fault.All(err) {
			if n, ok := e.Vars["n"].(int); ok {
				wait = n
			}
		}
		w.Header().Set("Retry-After", strconv.Itoa(wait))
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

type errorPage struct {
	Page
	Status   int
	Messages []string
	Request  string
	Again    string // address to which the form that could not be kept is sent again, with what was typed
	Carried  []carried
}

// say puts a fault into words.
func (s *Server) say(l i18n.Lang, e *fault.Error) string { return s.words.T(l, e.Key, e.Vars) }

func (s *Server) notFound(http.ResponseWriter, *http.Request) error {
	return fault.New(fault.NotFound, "fault.notfound")
}

// recorder remembers the status for the log.
type recorder struct {
	http.ResponseWriter
	status int
	wrote  bool
}

func (r *recorder) WriteHeader(status int) {
	r.status, r.wrote = status, true
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	r.wrote = true
	return r.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController and MaxBytesReader reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// limiter holds one bucket per network.
type limiter struct {
	mu    sync.Mutex
	every rate.Limit
	burst int
	of    map[string]*rate.Limiter
}

func newLimiter(every rate.Limit, burst int) *limiter {
	return &limiter{every: every, burst: burst, of: map[string]*rate.Limiter{}}
}

func (l *limiter) allow(network string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.of) > 10_000 {
		clear(l.of) // forgetting is kinder than running out of memory
	}
	b, ok := l.of[network]
	if !ok {
		b = rate.NewLimiter(l.every, l.burst)
		l.of[network] = b
	}
	return b.Allow()
}

var _ slog.LogValuer = (*visit)(nil)

// LogValue keeps the visitor out of logs.
func (v *visit) LogValue() slog.Value { return slog.StringValue("[withheld]") }
