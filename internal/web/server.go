// Package web shows pages and reads forms, in Bulgarian and English. A handler parses, calls one method of a subject, and
// presents; it holds no rule, no SQL and no role. Every route is a row that names its action; what the reader may not do
// anywhere is turned away before the handler runs.
package web

import (
	"cmp"
	"context"
	"embed"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/casework"
	"strengthen/internal/i18n"
	"strengthen/internal/impact"
	"strengthen/internal/org"
	"strengthen/internal/privacy"
	"strengthen/internal/study"
	"strengthen/internal/survey"
	"strengthen/internal/training"
)

//go:embed templates/*.html
var templateFiles embed.FS

//go:embed static
var staticFiles embed.FS

// Config is what the pages stand on.
type Config struct {
	Org      *org.Service
	Training *training.Service
	Survey   *survey.Service
	Impact   *impact.Service
	Study    *study.Service
	Casework *casework.Service
	Privacy  *privacy.Service
	Policy   access.Policy
	Now      calendar.Clock
	Log      *slog.Logger
	Site     string // address under which people reach the pages, without a slash at the end
	Demo     bool   // the database was made by the demo
	Proxies  int    // how many reverse proxies stand in front and add X-Forwarded-For
	Ready    func(context.Context) error
	Letter   func(context.Context, org.Message) (subject, body string, err error) // a message of the ledger in words
	Version  string
	Rate     float64 // requests a second from one network, on average; 0 for 20
}

// Server answers requests.
type Server struct {
	Config
	words  *i18n.Catalogue
	pages  map[string]*template.Template
	rates  *limiter
	assets map[string]asset
	house  atomic.Pointer[knownHouse]
	outline
}

// knownHouse is what the foot of every page says, and until when it is taken as it was read.
type knownHouse struct {
	org.House
	until time.Time
}

// houseNow reads who answers for the system, once a minute: every page says it, and it hardly ever changes.
func (s *Server) houseNow(ctx context.Context) org.House {
	if h := s.house.Load(); h != nil && s.Now().Before(h.until) {
		return h.House
	}
	h, err := s.Org.House(ctx)
	if err != nil {
		s.Log.Error("house", "error", err)
		return h
	}
	s.house.Store(&knownHouse{h, s.Now().Add(time.Minute)})
	return h
}

// New returns a server. A broken template is a programmer's error and panics.
func New(c Config) *Server {
	s := &Server{Config: c, words: i18n.Load(), rates: newLimiter(rate.Limit(cmp.Or(c.Rate, 20)), 240)}
	s.pages = parsePages()
	s.assets = loadAssets()
	s.outline = loadOutline()
	return s
}

// Route is one address with its action. Public ones have an English twin under /en.
type Route struct {
	Pattern string
	Action  access.Action
	Public  bool
	Limit   int64 // bytes of body; 0 for 64 KiB
	handle  func(http.ResponseWriter, *http.Request) error
	Proof   bool // only for somebody who has just proved again who they are
}

// proven marks routes that ask for a recent proof.
func proven(all []Route, patterns ...string) []Route {
	for i := range all {
		all[i].Proof = slices.Contains(patterns, all[i].Pattern)
	}
	return all
}

// Routes lists every address; tests cross it with every role.
func (s *Server) Routes() []Route {
	var all []Route
	for _, part := range [][]Route{
		s.publicRoutes(), s.sessionRoutes(), s.homeRoutes(), s.trainingRoutes(), s.doorRoutes(), s.seatRoutes(),
		s.importRoutes(), s.houseRoutes(), s.surveyRoutes(), s.impactRoutes(),
		roomy(s.workRoutes()), roomy(s.signalRoutes()), roomy(s.caseRoutes()), roomy(s.meetingRoutes()), roomy(s.planRoutes()), roomy(s.requestRoutes()), roomy(s.restorativeRoutes()),
		s.figureRoutes(), s.dataRoutes(), s.registerRoutes(), s.exportRoutes(),
	} {
		all = append(all, part...)
	}
	return all
}

// Handler returns everything in its order: request identifier, log, panic page, headers, limits, cross-origin protection,
// session, route.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, r := range s.Routes() {
		if r.Action == "" {
			panic("route without an action: " + r.Pattern)
		}
		mux.Handle(r.Pattern, s.route(r))
		if r.Public {
			method, path, _ := strings.Cut(r.Pattern, " ")
			mux.Handle(method+" /en"+path, s.route(r))
			if path == "/{$}" {
				mux.Handle(method+" /en", s.route(r))
			}
		}
	}
	mux.HandleFunc("GET /static/", s.serveStatic)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", s.serveReady)
	mux.Handle("/", s.route(Route{Pattern: "/", Action: access.SeePublic, Public: true, handle: s.notFound}))
	cross := http.NewCrossOriginProtection()
	cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "cross-origin request refused", http.StatusForbidden)
	}))
	return s.outermost(zip(cross.Handler(mux)))
}

func (s *Server) serveReady(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 3*time.Second)
	defer cancel()
	if err := s.Ready(ctx); err != nil {
		s.Log.Error("not ready", "error", err)
		http.Error(w, "not ready", http.StatusServiceUnavailable)
		return
	}
	w.Write([]byte("ready\n"))
}

func parsePages() map[string]*template.Template {
	names, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil {
		panic(err)
	}
	frame := template.Must(template.New("").Funcs(template.FuncMap{"part": part}).ParseFS(templateFiles,
		"templates/layout.html", "templates/parts.html"))
	pages := map[string]*template.Template{}
	for _, name := range names {
		short := strings.TrimSuffix(strings.TrimPrefix(name, "templates/"), ".html")
		if short == "layout" || short == "parts" {
			continue
		}
		pages[short] = template.Must(template.Must(frame.Clone()).ParseFS(templateFiles, name))
	}
	return pages
}
