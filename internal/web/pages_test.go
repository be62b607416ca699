package web_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/casework"
	"strengthen/internal/demo"
	"strengthen/internal/impact"
	"strengthen/internal/ledger"
	"strengthen/internal/org"
	"strengthen/internal/privacy"
	"strengthen/internal/sealed"
	"strengthen/internal/store"
	"strengthen/internal/study"
	"strengthen/internal/survey"
	"strengthen/internal/training"
	"strengthen/internal/web"
)

// site is a small demonstration that tests look at; it is built once.
type site struct {
	url      string
	pages    *web.Server
	db       *store.DB
	erased   *ledger.Ledger
	org      *org.Service
	training *training.Service
	survey   *survey.Service
	study    *study.Service
	casework *casework.Service
	privacy  *privacy.Service
	subject  string // a request in the register
	world    *demo.World
	guests   map[access.Role]access.PersonID
	past     training.EventID // held, with certificates
	future   training.EventID
	seat     training.EnrolmentID // with a certificate
	code     string
	agency   access.AgencyID
	person   access.PersonID
	invite   string // link of an invitation
	file     caseFile
}

// caseFile is a case of the demo's social worker with what belongs to it.
type caseFile struct {
	id                                            casework.CaseID
	signal                                        casework.SignalID
	meeting, note, request, clock, restoring, ref string
}

var build = sync.OnceValues(func() (*site, error) {
	dir, err := os.MkdirTemp("", "strengthen-web-")
	if err != nil {
		return nil, err
	}
	ctx := context.Background()
	clock := &demo.Clock{}
	erased := ledger.New(filepath.Join(dir, "strengthen.erased"), sealed.Ring{}.Ledger())
	if err := erased.Make(); err != nil {
		return nil, err
	}
	db, err := store.Open(ctx, store.Config{Dir: dir, Policy: access.Standard(), Now: clock.Now, Ledger: erased})
	if err != nil {
		return nil, err
	}
	if _, _, err := db.Migrate(ctx); err != nil {
		return nil, err
	}
	s := &site{erased: erased, guests: map[access.Role]access.PersonID{}}
	s.over(db, clock.Now)
	end := time.Date(2026, 3, 18, 9, 0, 0, 0, time.UTC)
	s.world = &demo.World{Org: s.org, Training: s.training, Survey: s.survey, Study: s.study, Casework: s.casework, Clock: clock, End: end, Size: 28, Signals: 150}
	if err := errors.Join(db.Hurry(ctx, true), s.world.Play(ctx), db.Hurry(ctx, false)); err != nil {
		return nil, err
	}
	clock.Set(end)
	if err := s.privacy.Seed(ctx); err != nil {
		return nil, err
	}
	if _, err := s.privacy.Propose(ctx); err != nil {
		return nil, err
	}
	officer := access.Actor{Via: access.ViaCommand, Grants: []access.Grant{{Role: access.DataProtection}}}
	if s.subject, err = s.privacy.Enter(ctx, officer, "subject/1", privacy.Request{Right: privacy.ToAccess, Received: calendar.On(end).AddDays(-3), Who: "Ангел Маринов, с писмо", Asks: "Копие на всичко, което пазите за мен."}, ""); err != nil {
		return nil, err
	}
	server := httptest.NewUnstartedServer(nil)
	s.url = "http://" + server.Listener.Addr().String()
	s.lay(clock.Now, quiet)
	server.Config.Handler = s.pages.Handler()
	server.Start()
	return s, errors.Join(s.find(ctx), s.findCase(ctx))
})

// over puts the services of a site over a database.
func (s *site) over(db *store.DB, now func() time.Time) {
	s.db = db
	s.org = org.New(store.For[org.Tx]{DB: db}, now, sealed.Root{1}.Box("totp"))
	s.training = training.New(store.For[training.Tx]{DB: db}, now)
	s.survey = survey.New(store.For[survey.Tx]{DB: db}, now)
	s.study = study.New(store.For[study.Tx]{DB: db}, now)
	s.casework = casework.New(store.For[casework.Tx]{DB: db}, now)
	s.privacy = privacy.New(store.For[privacy.Tx]{DB: db}, now)
}

// lay makes the pages of a site over its services.
func (s *site) lay(now func() time.Time, log *slog.Logger) {
	s.pages = web.New(web.Config{Org: s.org, Training: s.training, Survey: s.survey, Impact: impact.New(s.survey, s.org, s.study, now), Study: s.study, Casework: s.casework, Privacy: s.privacy, Policy: access.Standard(),
		Now: now, Log: log, Site: s.url, Demo: true, Ready: s.db.Ready, Version: "test", Rate: 1e6})
	s.pages.Letter = func(_ context.Context, m org.Message) (string, string, error) {
		return m.Kind, "Здравейте,\n\n…", nil
	}
}

// find picks the records that the pages are opened with.
func (s *site) find(ctx context.Context) error {
	guests, err := s.org.DemoGuests(ctx)
	if err != nil {
		return err
	}
	for _, g := range guests {
		if g.Role != access.Participant || g.Note == "demo.done" { // of two participants, the one with a certificate
			s.guests[g.Role] = g.Person
		}
	}
	manager := access.Actor{Via: access.ViaCommand, Grants: []access.Grant{{Role: access.Manager}}}
	events, counts, err := s.training.Events(ctx, manager, training.EventFilter{})
	if err != nil {
		return err
	}
	for _, e := range events {
		if counts[e.ID].Certified > 0 && s.past == "" {
			s.past = e.ID
		}
		s.future = e.ID
	}
	cards, err := s.training.Roster(ctx, manager, training.RosterFilter{Event: s.past, State: training.Confirmed, Limit: 100})
	if err != nil {
		return err
	}
	for _, c := range cards {
		if c.Done {
			s.seat, s.agency, s.person = c.ID, c.Agency, c.Person
			break
		}
	}
	v, err := s.training.Certificate(ctx, manager, s.seat)
	if err != nil {
		return err
	}
	s.code = v.Certificate.Code
	admin := access.Actor{Via: access.ViaCommand, Grants: []access.Grant{{Role: access.Administrator}}}
	_, s.invite, err = s.org.Invite(ctx, admin, "invite", org.Invitation{Name: "Петър Гостев", Email: "guest@example.org", Lang: "bg", Role: access.Funder})
	return err
}

// actor signs a guest in and returns it as one who acts.
func (s *site) actor(ctx context.Context, role access.Role) (access.Actor, error) {
	token, err := s.org.SignInAs(ctx, s.guests[role], "test", "test")
	if err != nil {
		return access.Actor{}, err
	}
	v, err := s.org.Resume(ctx, token, "test")
	return v.Actor, err
}

// findCase picks a case in whose team the inspector sits, rather an urgent one, and gives it a note and a request. Whom the play
// calls into which team is chance in part.
func (s *site) findCase(ctx context.Context) error {
	worker, err := s.actor(ctx, access.Caseworker)
	if err != nil {
		return err
	}
	inspector, err := s.actor(ctx, access.Partner)
	if err != nil {
		return err
	}
	all, _, err := s.casework.Cases(ctx, worker, casework.CaseFilter{Open: true, Limit: 50})
	if err != nil {
		return err
	}
	slices.SortStableFunc(all, func(a, b casework.CaseCard) int { return rank(b) - rank(a) })
	reached := slices.IndexFunc(all, func(c casework.CaseCard) bool {
		_, meetings, err := s.casework.Meetings(ctx, inspector, c.ID)
		return err == nil && len(meetings) > 0
	})
	if reached < 0 {
		return fmt.Errorf("of %d open cases of the worker none has a meeting that the inspector sees", len(all))
	}
	s.file.id, s.file.ref = all[reached].ID, all[reached].Ref
	_, meetings, err := s.casework.Meetings(ctx, worker, s.file.id)
	if err != nil {
		return err
	}
	s.file.meeting = meetings[0].ID
	v, err := s.casework.OpenCase(ctx, worker, s.file.id)
	if err != nil {
		return err
	}
	s.file.signal = v.Signals[0].ID
	assessment := slices.IndexFunc(v.Clocks, func(c casework.ClockView) bool { return c.Rule == "D13" }) // of the case, which its team sees
	s.file.clock = string(v.Clocks[assessment].ID)
	town := slices.IndexFunc(v.Seats, func(x casework.SeatView) bool { return x.Agency.Kind == "municipality" })
	s.file.note, err = s.casework.AddNote(ctx, worker, "note", casework.Note{Case: s.file.id, Part: casework.Voice, Nature: casework.Verbal, Source: "разговор в училище", Text: "Иска да остане при баба си.", Wish: "ask"})
	err = errors.Join(err,
		s.casework.Send(ctx, worker, "request", s.file.id, casework.Request{To: v.Seats[town].Agency.ID, Kind: "information", Text: "Моля за сведения за предложените услуги.", Due: calendar.On(s.world.End).AddDays(9)}),
		s.casework.ReferRestorative(ctx, worker, "refer", s.file.id, "conference", "Бабата иска семейството да се събере."),
	)
	if err != nil {
		return err
	}
	_, requests, err := s.casework.RequestsOf(ctx, worker, s.file.id)
	if err != nil {
		return err
	}
	s.file.request = requests[0].ID
	r, err := s.casework.OpenRestorative(ctx, worker, s.file.id)
	if err != nil {
		return err
	}
	s.file.restoring = r.Processes[0].ID
	return nil
}

func open(t testing.TB) *site {
	t.Helper()
	s, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// cookie signs a guest in and returns the session.
func (s *site) cookie(t testing.TB, role access.Role) string {
	t.Helper()
	token, err := s.org.SignInAs(t.Context(), s.guests[role], "test", "test")
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// rank is higher for cases that are urgent or under police protection.
func rank(c casework.CaseCard) int {
	if c.Protected || c.Urgent {
		return 1
	}
	return 0
}

// tour is which pages each kind of visitor looks at. Public ones come twice, the English under /en.
func (s *site) tour() map[access.Role][]string {
	past, future := "/trainings/"+string(s.past), "/trainings/"+string(s.future)
	at := "/cases/" + string(s.file.id)
	file := []string{at, at + "/timeline", at + "/signals", at + "/notes", at + "/team", at + "/meetings", at + "/meetings/" + s.file.meeting, at + "/plan", at + "/protection"}
	return map[access.Role][]string{
		access.Anyone: {"/", "/apply", "/apply/" + string(s.future), "/verify", "/verify/" + s.code, "/privacy", "/accessibility", "/roles", "/signin", "/forgot", "/nothing-here",
			"/l/" + s.world.Spare["certificate"], "/l/" + s.world.Spare["answer.m6"], "/l/" + s.world.Spare["answer.m6"] + "?q=2", "/l/" + s.world.Spare["answer.m6"] + "?q=16", "/l/" + s.world.Spare["endorse"], "/l/" + s.invite, "/signal", "/signal/check"},
		access.Manager:     {"/home", "/me", "/me/factor", "/regions", "/calendar", "/programme", "/trainings", "/trainings/new", past, past + "/people", past + "/door", past + "/plan", future, future + "/people", "/seats/" + string(s.seat), "/imports/trainings", "/imports/applicants/" + string(s.future), "/people", "/people/" + string(s.person), "/agencies", "/agencies/" + string(s.agency), "/mail", "/surveys", "/surveys/questions", "/surveys/practice", "/surveys/waves/" + string(s.past) + "/m6", "/surveys/import", "/impact", "/figures", "/exports"},
		access.Coordinator: {"/home", "/regions", "/trainings", "/figures"},
		access.Trainer:     {"/home", "/trainings"},
		access.Participant: {"/home", "/seats/" + string(s.seat), "/me", "/me/copy/html"},
		access.Caseworker: append([]string{"/home", "/work", "/signals", "/signals?all=1", "/signals/new", "/signals/" + string(s.file.signal), "/cases", "/cases?open=", at + "/notes/" + s.file.note, at + "/requests", at + "/restorative", at + "/access",
			"/requests", "/requests/" + s.file.request, "/clocks/" + s.file.clock, "/emergency", "/terms"}, file...),
		access.Supervisor:     {"/home", "/work", "/unit", "/signals", "/cases", at, at + "/team"},
		access.Partner:        {"/home", "/work", "/cases", at, at + "/meetings/" + s.file.meeting, at + "/protection", "/requests"},
		access.Evaluator:      {"/home", "/surveys", "/surveys/remarks", "/impact", "/impact/plan", "/impact/studies"},
		access.Funder:         {"/home", "/impact", "/programme"},
		access.DataProtection: {"/home", "/audit", "/mail", "/people", "/emergency/reviews", "/settings/identity", "/data", "/data/terms", "/data/requests", "/data/requests?all=1", "/data/requests/" + s.subject, "/exports", "/grants", "/data/openings"},
		access.Administrator:  {"/home", "/accounts", "/tables", "/tables?list=region", "/agencies", "/system", "/terms", "/terms/D09", "/terms/days", "/data", "/exports", "/grants"},
	}
}

func chromium(t testing.TB) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("no Chromium: run make check, which installs it (Debian: chromium)")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true))
	alloc, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(alloc)
	t.Cleanup(cancel)
	return ctx
}

// axeRun opens every fold and returns what axe finds wrong, as text.
const axeRun = `(async () => {
	document.querySelectorAll("details").forEach((d) => { d.open = true; });
	const r = await axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], resultTypes: ["violations"]});
	const bad = r.violations.map((v) => v.id + " at " + v.nodes.slice(0, 3).map((n) => n.target.join(" ") + " " + n.html.slice(0, 90)).join(" | "));
	if (document.documentElement.scrollWidth > window.innerWidth + 1) bad.push("the page scrolls sideways: " + document.documentElement.scrollWidth);
	return bad.join("\n");
})()`

// view is how a page is looked at.
type view struct {
	width int64
	theme string
}

// views are those in which a page is held against axe; colours depend on neither the width nor the language.
func views(lang string, pictures bool) []view {
	all := []view{{1280, "light"}, {1280, "dark"}, {390, "light"}, {390, "dark"}}
	switch {
	case pictures:
		return all
	case lang == "en":
		return []view{all[0], all[2]}
	}
	return all[:3]
}

func TestPagesAreAccessible(t *testing.T) {
	s := open(t)
	axe, err := os.ReadFile("testdata/axe/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	pictures := os.Getenv("STRENGTHEN_PICTURES")
	ctx := chromium(t)
	for role, pages := range s.everyPage(t) {
		for _, lang := range []string{"bg", "en"} {
			if role != access.Anyone {
				token := s.cookie(t, role)
				s.speak(t, role, lang)
				setCookie(t, ctx, s.url, token)
			} else {
				setCookie(t, ctx, s.url, "none")
			}
			for _, page := range pages {
				if role == access.Anyone && lang == "en" {
					page = "/en" + strings.TrimSuffix(page, "/")
				}
				for i, v := range views(lang, pictures != "") {
					if i == 0 || pictures != "" { // a picture is of a page whose folds nobody opened
						visit(t, ctx, s.url+page, string(axe))
					}
					name := fmt.Sprintf("%s %s %s %d %s", role, page, lang, v.width, v.theme)
					bad, png := look(t, ctx, v, pictures != "")
					if bad != "" {
						t.Errorf("%s:\n%s", name, bad)
					}
					if pictures != "" {
						save(t, pictures, name, png)
					}
				}
			}
		}
	}
}

// speak gives somebody a language until the test is over; the site is in Bulgarian for the next one.
func (s *site) speak(t testing.TB, role access.Role, lang string) {
	t.Helper()
	set := func(lang string) {
		actor := access.Actor{Person: s.guests[role], Grants: []access.Grant{{Role: access.Member}}}
		if err := s.org.SetLanguage(context.WithoutCancel(t.Context()), actor, lang); err != nil {
			t.Fatal(err)
		}
	}
	set(lang)
	t.Cleanup(func() { set("bg") })
}

func setCookie(t testing.TB, ctx context.Context, address, token string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	err = chromedp.Do(ctx, call(network.SetCookie, network.SetCookieParams{Name: "session", Value: token, Domain: u.Hostname(), Path: "/"}))
	if err != nil {
		t.Fatal(err)
	}
}

// visit opens a page in Chromium and gives it axe.
func visit(t testing.TB, ctx context.Context, address, axe string) {
	t.Helper()
	err := chromedp.Do(ctx, chromedp.Navigate(address))
	if err == nil {
		err = evaluate(ctx, axe)
	}
	if err != nil {
		t.Fatalf("%s: %v", address, err)
	}
}

// look turns the open page to a size and a theme and returns what axe finds wrong, and a picture.
func look(t testing.TB, ctx context.Context, v view, picture bool) (bad string, png []byte) {
	t.Helper()
	err := chromedp.Do(ctx,
		call(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: v.width, Height: 800, DeviceScaleFactor: 1, Mobile: v.width < 600}),
		call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: v.theme}}}),
	)
	if err == nil && picture {
		png, err = chromedp.Run(ctx, chromedp.FullScreenshot(90))
	}
	if err == nil {
		bad, err = chromedp.Run(ctx, chromedp.Evaluate[string](axeRun, chromedp.EvalAwaitPromise))
	}
	if err != nil {
		t.Fatalf("%v: %v", v, err)
	}
	return bad, png
}

func save(t testing.TB, dir, name string, png []byte) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	name = strings.NewReplacer("/", "_", " ", "_", "?", "_", "=", "_").Replace(name)
	if err := os.WriteFile(filepath.Join(dir, name+".jpg"), png, 0o600); err != nil {
		t.Fatal(err)
	}
}
