package torture

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/casework"
	"strengthen/internal/ledger"
	"strengthen/internal/org"
	"strengthen/internal/sealed"
	"strengthen/internal/store"
	"strengthen/internal/training"
)

// place is where a world lies.
type place struct {
	dir string // data folder, with the key file in it
	url string // of PostgreSQL, or empty
}

func (p place) flags() []string {
	f := []string{"--data", p.dir}
	if p.url != "" {
		f = append(f, "--database", p.url)
	}
	return f
}

// raw opens the database of a place past every door.
func (p place) raw(t testing.TB) *sql.DB {
	t.Helper()
	driver, address := "pgx", p.url
	if p.url == "" {
		driver, address = "sqlite", "file:"+filepath.Join(p.dir, "strengthen.db")+"?_pragma=busy_timeout(5000)"
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// world is a programme with trainings that take applications, and a manager who is signed in.
type world struct {
	place
	events  []training.EventID
	session string // of the manager
	secret  string // of the manager's second factor
}

const password = "Три дъбa и един поток 7"

// open opens the database of a place through the store, as the program does, with its schema up to date.
func (p place) open(t testing.TB) (*store.DB, sealed.Ring) {
	t.Helper()
	db, err := storeOf(t, p)
	must(t, err)
	_, _, err = db.Migrate(t.Context())
	must(t, err)
	must(t, db.EnsureLedger(t.Context()))
	return db, p.ring(t)
}

// ring is the key file of a place, made when missing.
func (p place) ring(t testing.TB) sealed.Ring {
	t.Helper()
	key := filepath.Join(p.dir, "strengthen.key")
	ring, err := sealed.LoadRing(key)
	if errors.Is(err, sealed.ErrNoKey) {
		ring, err = sealed.MakeRing(key)
	}
	must(t, err)
	return ring
}

func storeOf(t testing.TB, p place) (*store.DB, error) {
	ring := p.ring(t)
	return store.Open(t.Context(), store.Config{Dir: p.dir, URL: p.url, Policy: access.Standard(), Now: time.Now, Ring: ring,
		Ledger: ledger.New(filepath.Join(p.dir, "strengthen.erased"), ring.Ledger())})
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func operator(r access.Role) access.Actor {
	return access.Actor{Via: access.ViaCommand, Grants: []access.Grant{{Role: r}}}
}

// furnish makes a world in an empty place and closes it.
func furnish(t testing.TB, p place) *world {
	t.Helper()
	ctx := t.Context()
	db, ring := p.open(t)
	defer db.Close()
	o := org.New(store.For[org.Tx]{DB: db}, time.Now, ring.Box(org.FactorBox))
	tr := training.New(store.For[training.Tx]{DB: db}, time.Now)
	must(t, o.Seed(ctx))
	today := calendar.On(time.Now())
	must(t, tr.SaveProgramme(ctx, operator(access.Manager), training.Programme{TitleBG: "Укрепване", TitleEN: "Strengthen", Starts: today.AddDays(-100), Ends: today.AddDays(400), Trainings: 3, People: 90, Children: 900}))
	w := &world{place: p}
	for i := range 3 {
		first := today.AddDays(60 + 7*i)
		id, err := tr.Plan(ctx, operator(access.Manager), fmt.Sprint("k", i), training.Event{
			Region: "PER", VenueBG: "Зала 2", Capacity: 30, AgencyMax: 5, NeedShare: .8, ApplyUntil: first.AddDays(-3), Release: first.AddDays(-5).At(12, 0),
			HalfDays: []training.HalfDay{{On: first, Starts: "09:00", Ends: "12:30"}, {On: first.AddDays(1), Starts: "09:00", Ends: "12:30"}}})
		must(t, err)
		w.events = append(w.events, id)
	}
	cases := casework.New(store.For[casework.Tx]{DB: db}, time.Now)
	must(t, cases.Seed(ctx))
	unit, err := o.SaveAgency(ctx, operator(access.Manager), "department", org.Agency{Name: "Отдел „Закрила на детето“, Перник", Kind: "sad", Sector: "social", Region: "PER"})
	must(t, err)
	_, err = p.raw(t).ExecContext(ctx, "INSERT INTO territory (place, agency_id) VALUES ('PER', $1)", string(unit))
	must(t, err)
	w.session, w.secret = member(t, o, "manager@example.org", access.Manager)
	return w
}

// member makes somebody with a role and a second factor, signed in.
func member(t testing.TB, o *org.Service, email string, role access.Role) (session, secret string) {
	t.Helper()
	ctx := t.Context()
	_, link, err := o.Invite(ctx, operator(access.Administrator), email, org.Invitation{Name: "Мария Илиева", Email: email, Lang: "bg", Role: role})
	must(t, err)
	must(t, o.SetPassword(ctx, link, password, "r"))
	session, err = o.SignIn(ctx, org.Credentials{Login: email, Password: password}, "r")
	must(t, err)
	v, err := o.Resume(ctx, session, "r")
	must(t, err)
	f, err := o.BeginFactor(ctx, v.Actor)
	must(t, err)
	code, err := totp.GenerateCode(f.Secret, time.Now())
	must(t, err)
	_, err = o.ConfirmFactor(ctx, v.Actor, f.Sealed, code)
	must(t, err)
	return session, f.Secret
}

// server is the real program, serving.
type server struct {
	t    testing.TB
	base string // address
	args []string
	bin  string
	wrap []string // command in front of it, such as strace
	env  []string
	log  string // file of what it wrote
	cmd  *exec.Cmd
	done chan struct{}
}

// newServer says how a world is served; start starts it.
func newServer(t testing.TB, p place, bin string, env ...string) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	address := l.Addr().String()
	l.Close()
	s := &server{t: t, base: "http://" + address, bin: bin, env: env, log: filepath.Join(t.TempDir(), "server.log")}
	s.args = append([]string{"serve", "--listen", address, "--proxies", "1"}, p.flags()...)
	t.Cleanup(s.kill)
	return s
}

// start starts the server and returns when it answers.
func (s *server) start() {
	s.t.Helper()
	log, err := os.OpenFile(s.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	must(s.t, err)
	defer log.Close()
	line := append(append(append([]string{}, s.wrap...), s.bin), s.args...)
	s.cmd = exec.Command(line[0], line[1:]...)
	s.cmd.Stdout, s.cmd.Stderr, s.cmd.Env = log, log, append(os.Environ(), s.env...)
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	must(s.t, s.cmd.Start())
	s.done = make(chan struct{})
	go func(c *exec.Cmd, done chan struct{}) { c.Wait(); close(done) }(s.cmd, s.done) //nolint:errcheck // how it ended is asked elsewhere
	for began := time.Now(); time.Since(began) < 60*time.Second; time.Sleep(5 * time.Millisecond) {
		select {
		case <-s.done:
			s.t.Fatalf("the server did not start: %s", s.said())
		default:
		}
		if res, err := http.Get(s.base + "/readyz"); err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return
			}
		}
	}
	s.t.Fatalf("the server does not answer: %s", s.said())
}

func (s *server) said() string {
	b, _ := os.ReadFile(s.log)
	if len(b) > 3000 {
		b = b[len(b)-3000:]
	}
	return string(b)
}

// signal sends a signal to the server and everything that it runs under.
func (s *server) signal(sig syscall.Signal) {
	if s.cmd != nil && s.cmd.Process != nil {
		syscall.Kill(-s.cmd.Process.Pid, sig) //nolint:errcheck // it may be gone
	}
}

// kill ends the server at once, as a power cut of the process.
func (s *server) kill() {
	if s.cmd == nil {
		return
	}
	s.signal(syscall.SIGCONT)
	s.signal(syscall.SIGKILL)
	<-s.done
}

// stop asks the server to stop and returns how long it took.
func (s *server) stop() time.Duration {
	began := time.Now()
	s.signal(syscall.SIGTERM)
	select {
	case <-s.done:
	case <-time.After(40 * time.Second):
		s.t.Error("the server does not stop")
		s.kill()
	}
	return time.Since(began)
}

// form is something that somebody asks for: it has a name of its own, by which it is found afterwards.
type form struct {
	path   string
	values url.Values
	inside bool   // by the manager
	table  string // enrolment, agency or signal
	name   string
}

// client sends forms like a browser of an office of its own.
type client struct {
	w    *world
	s    *server
	http *http.Client
	dice *rand.Rand
}

func newClient(w *world, s *server, d *rand.Rand) *client {
	return &client{w, s, &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConns: 1},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, rand.New(rand.NewPCG(d.Uint64(), d.Uint64()))}
}

// form makes one of the forms that create something.
func (c *client) form() form {
	switch c.dice.IntN(5) {
	case 0:
		return c.agency()
	case 1:
		return c.application("/en/apply/")
	case 2:
		return c.signal("/signal")
	case 3:
		return c.signal("/en/signal")
	}
	return c.application("/apply/")
}

// signal is the public form about a child.
func (c *client) signal(path string) form {
	name := access.NewID()[:16]
	return form{path, url.Values{"key": {name}, "place": {"PER"}, "source": {"person"}, "band": {"7-9"}, "sex": {"f"}, "kinds": {"physical"}, "setting": {"family"},
		"narrative": {"Детето каза, че го удрят. " + name}, "sender": {"съседка"}}, false, "signal", name}
}

// agency is the form of a new institution, behind the sign-in.
func (c *client) agency() form {
	name := access.NewID()[:16]
	return form{"/agencies/new", url.Values{"key": {access.NewID()}, "name": {"Училище " + name}, "region": {"PER"}, "sector": {"education"}, "kind": {"school"}, "head_email": {name + "@example.org"}}, true, "agency", name}
}

// application is the public form.
func (c *client) application(path string) form {
	name := access.NewID()[:16]
	return form{path + string(c.w.events[c.dice.IntN(len(c.w.events))]), url.Values{"key": {access.NewID()}, "name": {"Ана " + name}, "region": {"PER"}, "sector": {"education"}, "email": {name + "@example.org"},
		"profession": {"teacher"}, "agency": {"Училище „Изгрев“"}, "agency_kind": {"school"}, "head_email": {"head@example.org"}, "agreed": {"1"}}, false, "enrolment", name}
}

// send posts a form once and returns the status and the page.
func (c *client) send(f form) (*http.Response, string, error) {
	r, err := http.NewRequest(http.MethodPost, c.s.base+f.path, strings.NewReader(f.values.Encode()))
	if err != nil {
		return nil, "", err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return c.do(r, f.inside)
}

func (c *client) get(path string, inside bool) (*http.Response, string, error) {
	r, err := http.NewRequest(http.MethodGet, c.s.base+path, nil)
	if err != nil {
		return nil, "", err
	}
	return c.do(r, inside)
}

func (c *client) do(r *http.Request, inside bool) (*http.Response, string, error) {
	r.Header.Set("X-Forwarded-For", fmt.Sprintf("10.%d.%d.1", c.dice.IntN(256), c.dice.IntN(256)))
	if inside {
		r.AddCookie(&http.Cookie{Name: "session", Value: c.w.session})
	}
	res, err := c.http.Do(r)
	if err != nil {
		return nil, "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return res, string(b), err
}

// kept reports whether an answer says that the form was kept.
func kept(res *http.Response, err error) bool {
	return err == nil && res != nil && (res.StatusCode == http.StatusOK || res.StatusCode == http.StatusSeeOther && res.Header.Get("Location") == "/agencies?ok=saved")
}

// acked is the ledger of what was acknowledged.
type acked struct {
	mu    sync.Mutex
	forms []form
	sent  atomic.Int64 // how often a form was sent
	shown atomic.Int64 // how many answers said that something went wrong
}

func (a *acked) add(f form) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.forms = append(a.forms, f)
}

func (a *acked) len() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.forms)
}

// more returns when n more forms are acknowledged, so that what follows hits a server at work however slow the machine is.
func (a *acked) more(t testing.TB, n int) {
	t.Helper()
	had := a.len()
	until(t, fmt.Sprintf("%d forms are taken", n), func() bool { return a.len() >= had+n })
}

// until waits for something that has to come.
func until(t testing.TB, what string, came func() bool) {
	t.Helper()
	for began := time.Now(); !came(); time.Sleep(time.Millisecond) {
		if time.Since(began) > time.Minute {
			t.Fatalf("a minute is over before %s", what)
		}
	}
}

// load lets n clients send forms until the function that it returns is called. A form that was not acknowledged is sent again,
// with the same key, until it is: what a person does who gets no answer.
func (w *world) load(t testing.TB, s *server, d *rand.Rand, n int, a *acked) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var wait sync.WaitGroup
	for range n {
		c := newClient(w, s, d)
		wait.Go(func() {
			for ctx.Err() == nil {
				f := c.form()
				for try := 0; ; try++ {
					a.sent.Add(1)
					res, page, err := c.send(f)
					if kept(res, err) {
						a.add(f)
						if c.dice.IntN(2) == 0 { // who is unsure presses again
							a.sent.Add(1)
							c.send(f) //nolint:errcheck // it was acknowledged already
						}
						break
					}
					if err == nil {
						a.shown.Add(1)
						if res.StatusCode == http.StatusConflict && slices.Contains(s.env, "STRENGTHEN_BROKEN=twice") {
							break // what the program forgot to ask, the database knows of a signal: no receipt is there twice
						}
						if res.StatusCode != http.StatusServiceUnavailable {
							t.Errorf("%s answered %d: %.300s", f.path, res.StatusCode, text(page))
							return
						}
					}
					if ctx.Err() != nil && try > 2000 {
						t.Errorf("%s is not taken any more: %v", f.path, err)
						return
					}
					time.Sleep(3 * time.Millisecond)
				}
			}
		})
	}
	return func() { cancel(); wait.Wait() }
}

// text is a page without its markup, roughly.
func text(page string) string {
	_, main, _ := strings.Cut(page, "<main")
	var b strings.Builder
	in := true
	for _, r := range main {
		switch r {
		case '<':
			in = true
		case '>':
			in = false
		default:
			if !in {
				b.WriteRune(r)
			}
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// count is what became of what was acknowledged.
type count struct {
	acknowledged, lost, silent, doubled int
}

func (c count) String() string {
	return fmt.Sprintf("acknowledged %d, lost %d, without entry %d, doubled %d", c.acknowledged, c.lost, c.silent, c.doubled)
}

// bad reports whether anything is wrong.
func (c count) bad() bool { return c.lost+c.silent+c.doubled > 0 }

// tally looks for every acknowledged form in the database: it has to be there exactly once, and on the record.
func tally(t testing.TB, db *sql.DB, forms []form) count {
	t.Helper()
	have := map[string][]string{} // identifiers by table and name
	for table, query := range map[string]string{
		"enrolment": `SELECT e.id, p.email FROM enrolment AS e JOIN person AS p ON p.id = e.person_id`,
		"agency":    `SELECT id, head_email FROM agency WHERE head_email IS NOT NULL`,
		"person":    `SELECT id, email FROM person`,
		"signal":    `SELECT s.id, substr(o.key, 8, 16) FROM signal AS s JOIN once AS o ON o.record_id = s.id WHERE o.key LIKE 'signal/%'`,
	} {
		each(t, db, query, func(id, email string) {
			name, _, _ := strings.Cut(email, "@")
			have[table+"/"+name] = append(have[table+"/"+name], id)
		})
	}
	entries := map[string]bool{}
	each(t, db, `SELECT record, action FROM audit_entry WHERE outcome = 'done' AND action IN ('seat.apply', 'agency.edit', 'signal.give')`, func(record, _ string) { entries[record] = true })
	c := count{acknowledged: len(forms)}
	for _, f := range forms {
		ids := have[f.table+"/"+f.name]
		switch {
		case len(ids) == 0:
			c.lost++
		case len(ids) > 1, len(have["person/"+f.name]) > 1:
			c.doubled++
			t.Logf("doubled: %s %s: %v, people %v", f.path, f.name, ids, have["person/"+f.name])
		case !entries[ids[0]]:
			c.silent++
		}
	}
	return c
}

func each(t testing.TB, db *sql.DB, query string, fn func(a, b string)) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	must(t, err)
	defer rows.Close()
	for rows.Next() {
		var a, b string
		must(t, rows.Scan(&a, &b))
		fn(a, b)
	}
	must(t, rows.Err())
}

// command runs the program with the flags of a place and returns what it said and its exit code.
func (p place) command(t testing.TB, name string, args ...string) (string, int) {
	t.Helper()
	c := exec.Command(program(), append(append([]string{name}, p.flags()...), args...)...)
	out, err := c.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return string(out), exit.ExitCode()
	}
	must(t, err)
	return string(out), 0
}

// whole asks strengthen verify whether everything is right.
func (p place) whole(t testing.TB) {
	t.Helper()
	if out, code := p.command(t, "verify"); code != 0 || !strings.Contains(out, " 0 findings") {
		t.Errorf("verify: code %d, %s", code, out)
	}
}
