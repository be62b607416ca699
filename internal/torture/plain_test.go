package torture

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"filippo.io/age"
	"github.com/chromedp/chromedp"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/casework"
	"strengthen/internal/org"
	"strengthen/internal/sealed"
	"strengthen/internal/store"
)

// scene is what markers are put through: the services of casework on the real database, the real server over it, and a browser.
type scene struct {
	t      *testing.T
	ctx    context.Context
	w      *world
	s      *server
	c      *client
	tab    context.Context // of the browser
	cases  *casework.Service
	worker access.Actor
	head   access.Actor
	guard  access.Actor // data protection officer
	other  access.PersonID
	signal casework.Signal
	cas    casework.Case
}

// field is a place where somebody can write, or where the program makes a secret. Put brings the marker through it, or returns
// the secret as the marker. Plain lists where the marker may be read; everywhere else it must not be.
type field struct {
	what  string
	plain []string
	put   func(x *scene, mark string) (string, error)
}

// words is a field whose words have to be sealed.
func words(what string, fn func(x *scene, mark sealed.Text) error) field {
	return field{what, nil, func(x *scene, mark string) (string, error) {
		return mark, fn(x, sealed.Text("Думи с белег "+mark+" в средата."))
	}}
}

// fields: one row for each place where words about a person, or secrets, go in.
var fields = []field{
	words("signal: what happened", func(x *scene, m sealed.Text) error { return x.give(casework.Words{Narrative: m}) }),
	words("signal: where the child is", func(x *scene, m sealed.Text) error { return x.give(casework.Words{Place: m}) }),
	words("signal: the child", func(x *scene, m sealed.Text) error { return x.give(casework.Words{Child: m}) }),
	words("signal: carers", func(x *scene, m sealed.Text) error { return x.give(casework.Words{Carers: m}) }),
	words("signal: sender", func(x *scene, m sealed.Text) error { return x.give(casework.Words{Sender: m}) }),
	words("signal: why it is to end", func(x *scene, m sealed.Text) error {
		g := x.given()
		if err := x.cases.Screen(x.ctx, x.worker, g.ID, g.Version); err != nil {
			return err
		}
		if err := x.cases.Assess(x.ctx, x.worker, g.ID, g.Version+1, casework.Unfounded, time.Time{}); err != nil {
			return err
		}
		return x.cases.ProposeEnd(x.ctx, x.worker, g.ID, g.Version+2, m)
	}),
	words("case: statement", func(x *scene, m sealed.Text) error { return x.note(casework.Core, "учител", m) }),
	words("case: source of a statement", func(x *scene, m sealed.Text) error { return x.note(casework.Core, m, "Нещо се случи.") }),
	words("case: the child's words", func(x *scene, m sealed.Text) error { return x.note(casework.Voice, "детето", m) }),
	words("case: event", func(x *scene, m sealed.Text) error {
		return x.cases.CaseHappened(x.ctx, x.worker, x.cas.ID, casework.CaseEventsChosen()[0], time.Time{}, m)
	}),
	words("case: why somebody is kept away", func(x *scene, m sealed.Text) error { return x.cases.Exclude(x.ctx, x.worker, x.cas.ID, x.other, m) }),
	words("case: the child's name", func(x *scene, m sealed.Text) error {
		return x.cases.WriteIdentity(x.ctx, x.worker, x.cas.ID, casework.Form{}, casework.Form{"given": m[len("Думи с белег ") : len(m)-len(" в средата.")]})
	}),
	words("case: the child's address", func(x *scene, m sealed.Text) error {
		return x.cases.WriteIdentity(x.ctx, x.worker, x.cas.ID, casework.Form{}, casework.Form{"address": m})
	}),
	words("case: plan", func(x *scene, m sealed.Text) error {
		plan, err := x.cases.DraftPlan(x.ctx, x.worker, access.NewID(), x.cas.ID)
		if err != nil {
			return err
		}
		return x.cases.WritePlan(x.ctx, x.worker, x.cas.ID, plan, casework.PlanEdit{Saw: casework.Form{}, Mine: casework.Form{casework.PlanFields()[0]: m}, Parents: true, Child: true, Review: calendar.Date{}})
	}),
	words("case: goal of the plan", func(x *scene, m sealed.Text) error {
		plan, err := x.cases.DraftPlan(x.ctx, x.worker, access.NewID(), x.cas.ID)
		if err != nil {
			return err
		}
		return x.cases.AddGoal(x.ctx, x.worker, access.NewID(), x.cas.ID, casework.Goal{Plan: plan, For: "child", Text: m})
	}),
	words("case: place of a meeting", func(x *scene, m sealed.Text) error {
		_, err := x.cases.Convoke(x.ctx, x.worker, access.NewID(), x.cas.ID, casework.Meeting{At: time.Now().Add(time.Hour), Place: m})
		return err
	}),
	words("case: name of a file", func(x *scene, m sealed.Text) error {
		_, err := x.cases.Attach(x.ctx, x.worker, access.NewID(), casework.Attachment{Case: x.cas.ID, Part: casework.Core}, string(m)+".pdf", paper(""))
		return err
	}),
	words("case: content of a file", func(x *scene, m sealed.Text) error {
		_, err := x.cases.Attach(x.ctx, x.worker, access.NewID(), casework.Attachment{Case: x.cas.ID, Part: casework.Core}, "a.pdf", paper(string(m)))
		return err
	}),
	words("draft of a form", func(x *scene, m sealed.Text) error {
		return x.cases.SaveDraft(x.ctx, x.worker, "/cases/new", map[string]string{"text": string(m)})
	}),
	words("case: why the glass was broken", func(x *scene, m sealed.Text) error {
		stranger := access.Actor{Person: x.guard.Person, Via: access.ViaCommand, StepUp: time.Now(), Grants: []access.Grant{{Role: access.Partner, Agency: x.cas.Agency}}}
		_, err := x.cases.Break(x.ctx, stranger, access.NewID(), x.cas.Ref, "life", m)
		return err
	}),
	{"password that was typed", nil, func(x *scene, mark string) (string, error) {
		_, _, err := x.c.send(form{path: "/signin", values: url.Values{"login": {"manager@example.org"}, "password": {mark}}})
		return mark, err
	}},
	{"secret of a second factor", nil, func(x *scene, _ string) (string, error) { return x.w.secret, nil }},
	{"secret of a session", nil, func(x *scene, _ string) (string, error) { return x.w.session, nil }},
	// On the public form the browser may remember a person's own name and address, to fill them in again (WCAG 1.3.5).
	{"own name on the public form", []string{"database", "inside the backup", "browser profile"}, func(x *scene, mark string) (string, error) {
		return mark, x.apply("Ана "+mark, "browser-"+mark[:5]+"@example.org")
	}},
	{"own address on the public form", []string{"database", "inside the backup", "mail", "browser profile"}, func(x *scene, mark string) (string, error) {
		return mark, x.apply("Ана Илиева", mark+"@example.org")
	}},
	{"name typed behind the sign-in", []string{"database", "inside the backup"}, func(x *scene, mark string) (string, error) {
		err := x.fill("/agencies/new", map[string]string{"name": "Училище " + mark, "kind": "school", "sector": "education", "region": "PER", "head_email": "h@example.org"}, "Записано")
		return mark, err
	}},
	// The control: a public column, in which the search has to find the marker.
	{control, []string{"database", "inside the backup"}, func(x *scene, mark string) (string, error) {
		res, page, err := x.c.send(form{path: "/agencies/new", inside: true, values: url.Values{"key": {mark}, "name": {"Училище " + mark}, "region": {"PER"}, "sector": {"education"}, "kind": {"school"}, "head_email": {"h@example.org"}}})
		if !kept(res, err) {
			return mark, fmt.Errorf("%v %.200s", err, text(page))
		}
		return mark, nil
	}},
}

// paper is a PDF that holds words.
func paper(words string) []byte {
	return []byte("%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Kids [] /Count 0 >>\nendobj\n% " + words + "\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n")
}

const control = "name of an institution"

func (x *scene) give(w casework.Words) error {
	if w.Narrative == "" {
		w.Narrative = "Детето каза, че го удрят."
	}
	given, err := x.cases.Give(x.ctx, access.Public("r"), access.NewID(), casework.Signal{Source: casework.FromPerson, Region: "PER", Unit: x.head.Grants[0].Agency, Track: casework.Violence,
		Kinds: []casework.Kind{"physical"}, Band: "7-9", Sex: "f", Words: w})
	if err == nil {
		v, e := x.cases.OpenSignal(x.ctx, x.worker, given.Signal)
		x.signal, err = v.Signal, e
	}
	return err
}

func (x *scene) given() casework.Signal {
	must(x.t, x.give(casework.Words{}))
	return x.signal
}

func (x *scene) note(part casework.Compartment, source, words sealed.Text) error {
	n := casework.Note{Case: x.cas.ID, Part: part, Nature: casework.Fact, Source: source, Text: words}
	if part == casework.Voice {
		n.Wish = "ask"
	}
	_, err := x.cases.AddNote(x.ctx, x.worker, access.NewID(), n)
	return err
}

// apply fills the public form in the browser and sends it.
func (x *scene) apply(name, email string) error {
	return x.fill("/apply/"+string(x.w.events[0]), map[string]string{"name": name, "email": email, "sector": "education", "profession": "teacher", "agency": "Училище „Изгрев“", "agency_kind": "school",
		"region": "PER", "head_email": "head@example.org", "agreed": "1"}, "Проверете пощата си")
}

// fill opens a page in the browser, signed in as the manager, fills its form and sends it off; the page after it has to say done.
func (x *scene) fill(path string, values map[string]string, done string) error {
	if err := do(x.tab, chromedp.Navigate(x.s.base+"/healthz"), script(`document.cookie = "session=`+x.w.session+`"; null`), chromedp.Navigate(x.s.base+path), chromedp.WaitVisible("main form"),
		script(filling(values)), chromedp.Click("main form button.btn")); err != nil {
		return err
	}
	return waitFor(x.tab, done)
}

// filling is a script that fills a form in.
func filling(values map[string]string) string {
	return `(() => { const v = ` + asJSON(values) + `; for (const k in v) { const e = document.querySelector("main [name=" + k + "]"); e.type === "checkbox" ? e.checked = true : e.value = v[k]; } })(); null`
}

// waitFor waits until the page says something.
func waitFor(tab context.Context, done string) error {
	said := ""
	for range 300 {
		said, _ = ask[string](tab, `document.body.innerText`)
		if strings.Contains(said, done) {
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return fmt.Errorf("the page does not say %q: %.300s", done, said)
}

// ask asks the page something. A page that is just being left does not answer.
func ask[T any](tab context.Context, js string) (T, error) {
	ctx, cancel := context.WithTimeout(tab, time.Second)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](js))
}

func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// do drives the browser, for half a minute at most.
func do(tab context.Context, acts ...chromedp.Action[chromedp.Void]) error {
	ctx, cancel := context.WithTimeout(tab, 10*time.Second)
	defer cancel()
	return chromedp.Do(ctx, acts...)
}

func script(js string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Run(ctx, chromedp.Evaluate[any](js))
		return err
	})
}

// browser starts Chromium with a profile of its own.
func browser(t testing.TB, profile string) context.Context {
	t.Helper()
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(needs(t, "chromium")), chromedp.NoSandbox, chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.UserDataDir(profile))
	alloc, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, cancel := chromedp.NewContext(alloc)
	t.Cleanup(func() { cancel(); stop() })
	must(t, chromedp.Do(ctx, chromedp.Navigate("about:blank"))) // starts it; later contexts may end without ending it
	return ctx
}

// D9. Marked values go through every field; afterwards the database, its journals, temporary files, backups, logs, mail and the
// browser's profile are searched for them, as they are and as base64, hexadecimal and UTF-16. Seen to fail: with encryption
// turned off (in the long form, by an overlay of the real source), and always by the control, which has to be found.
func TestPlaintext(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		p := place{dir: t.TempDir()}
		plaintext(t, p, p.dir)
	})
	if long {
		t.Run("postgres", func(t *testing.T) {
			c := newCluster(t)
			plaintext(t, place{dir: t.TempDir(), url: c.base("plain")}, c.dir)
		})
	}
}

func plaintext(t *testing.T, p place, files string) {
	d := dice(t)
	temporary, profile := t.TempDir(), t.TempDir()
	t.Setenv("TMPDIR", temporary)
	w := furnish(t, p)
	mail := newPost(t)
	s := newServer(t, p, program())
	s.args = append(s.args, "--smtp-host", "127.0.0.1", "--smtp-port", strconv.Itoa(mail.port), "--smtp-plain", "--mail-from", "Strengthen <s@example.org>")
	s.start()
	db, ring := p.open(t)
	x := &scene{t: t, ctx: t.Context(), w: w, s: s, c: newClient(w, s, d), tab: browser(t, profile), cases: casework.New(store.For[casework.Tx]{DB: db}, time.Now)}
	x.furnish(org.New(store.For[org.Tx]{DB: db}, time.Now, ring.Box(org.FactorBox)))
	marks := make([]string, len(fields))
	for i, f := range fields {
		mark := strings.ToLower(access.NewID())
		var err error
		if marks[i], err = f.put(x, mark); err != nil {
			t.Fatalf("%s: %v", f.what, err)
		}
	}
	_, page, err := x.c.get("/people", true)
	if err != nil {
		t.Fatal(page, err)
	}
	db.Close()
	s.stop() // and start again: mail leaves at once
	s.start()
	time.Sleep(time.Second)
	public, secret := pair(t)
	copied := filepath.Join(t.TempDir(), "copy.age")
	if out, code := p.command(t, "backup", "--out", copied, "--recipient", public); code != 0 {
		t.Fatal(out)
	}
	places := map[string][][]byte{
		"database": contents(t, files), "temporary files": contents(t, temporary), "backup": {slurp(t, copied)}, "inside the backup": {inside(t, copied, secret)},
		"log": {slurp(t, s.log)}, "mail": mail.letters(), "browser profile": contents(t, profile),
	}
	if len(mail.letters()) == 0 {
		t.Error("no mail left")
	}
	must(t, chromedp.Cancel(x.tab))
	hits, looked := 0, 0
	for i, f := range fields {
		for name, all := range places {
			looked++
			found := slices.ContainsFunc(all, func(b []byte) bool { return holds(b, marks[i]) })
			allowed := slices.Contains(f.plain, name)
			if found && !allowed {
				hits++
				t.Errorf("%s: found in the %s", f.what, name)
			}
			if f.what == control && allowed && !found {
				t.Errorf("the control was not found in the %s: the search proves nothing", name)
			}
		}
	}
	figures(t, "D9 %s: markers %d, places %d, looked at %d, hits %d; control found", t.Name()[len("TestPlaintext/"):], len(fields), len(places), looked, hits)
}

// furnish makes the people and the case of the scene.
func (x *scene) furnish(o *org.Service) {
	t := x.t
	must(t, x.cases.Seed(x.ctx))
	must(t, x.cases.SetBasis(x.ctx, operator(access.DataProtection), casework.Basis{Controller: "Агенция за социално подпомагане", Law: "чл. 7 ЗЗДет"}))
	unit, err := o.SaveAgency(x.ctx, operator(access.Manager), "unit", org.Agency{Name: "Отдел „Закрила на детето“", Kind: "sad", Sector: "social", Region: "PER"})
	must(t, err)
	person := func(name string, r access.Role) access.Actor {
		id, link, err := o.Invite(x.ctx, operator(access.Administrator), "p/"+name, org.Invitation{Name: "Лице " + name, Email: name + "@example.org", Lang: "bg", Role: r, Agency: unit})
		must(t, err)
		must(t, o.SetPassword(x.ctx, link, password, "r"))
		return access.Actor{Person: id, Via: access.ViaCommand, StepUp: time.Now(), Grants: []access.Grant{{Role: r, Agency: unit}, {Role: access.Member}}}
	}
	x.worker, x.head, x.guard = person("worker", access.Caseworker), person("head", access.Supervisor), person("guard", access.Partner)
	x.other = person("other", access.Caseworker).Person
	g := x.given()
	must(t, x.cases.Screen(x.ctx, x.worker, g.ID, g.Version))
	must(t, x.cases.Assess(x.ctx, x.worker, g.ID, g.Version+1, casework.Confirmed, time.Time{}))
	id, err := x.cases.Open(x.ctx, x.worker, "case", g.ID, g.Version+2, "")
	must(t, err)
	v, err := x.cases.OpenCase(x.ctx, x.worker, id)
	must(t, err)
	x.cas = v.Case
}

func slurp(t testing.TB, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	must(t, err)
	return b
}

// contents reads every file of a folder.
func contents(t testing.TB, dir string) (all [][]byte) {
	t.Helper()
	must(t, filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return nil // it went away meanwhile
		}
		if b, err := os.ReadFile(path); err == nil {
			all = append(all, b)
		}
		return nil
	}))
	return all
}

// inside opens a backup as its owner does.
func inside(t testing.TB, file, secret string) []byte {
	t.Helper()
	ids, err := age.ParseIdentities(bytes.NewReader(slurp(t, secret)))
	must(t, err)
	a, err := age.Decrypt(bytes.NewReader(slurp(t, file)), ids...)
	must(t, err)
	z, err := gzip.NewReader(a)
	must(t, err)
	b, err := io.ReadAll(z)
	must(t, err)
	return b
}

// holds reports whether b holds a marker as it is, in either case, as UTF-16, as hexadecimal, or within base64 of any alignment.
func holds(b []byte, mark string) bool {
	low := bytes.ToLower(b)
	for _, m := range []string{mark, strings.ToUpper(mark)} {
		var little, big []byte
		for _, u := range utf16.Encode([]rune(m)) {
			little, big = append(little, byte(u), byte(u>>8)), append(big, byte(u>>8), byte(u))
		}
		if bytes.Contains(b, []byte(m)) || bytes.Contains(b, little) || bytes.Contains(b, big) || bytes.Contains(low, []byte(hex.EncodeToString([]byte(m)))) {
			return true
		}
		for shift := range 3 {
			text := base64.RawStdEncoding.EncodeToString(append(make([]byte, shift), m...))
			from, to := (shift*8+5)/6, len(text)-2 // the letters that neighbours do not change
			if bytes.Contains(b, []byte(text[from:to])) || bytes.Contains(b, []byte(strings.NewReplacer("+", "-", "/", "_").Replace(text[from:to]))) {
				return true
			}
		}
	}
	return false
}

func TestTheSearchFindsWhatItShould(t *testing.T) {
	mark := "qkzwvxhjprtyabcd"
	for name, b := range map[string][]byte{
		"as it is": []byte("xx" + mark + "yy"), "in capitals": []byte("xx" + strings.ToUpper(mark)), "hexadecimal": []byte(hex.EncodeToString([]byte("a" + mark))),
		"UTF-16": {'q', 0, 'k', 0, 'z', 0, 'w', 0, 'v', 0, 'x', 0, 'h', 0, 'j', 0, 'p', 0, 'r', 0, 't', 0, 'y', 0, 'a', 0, 'b', 0, 'c', 0, 'd', 0},
		"base64": []byte(base64.StdEncoding.EncodeToString([]byte(mark + "1"))), "base64 behind one": []byte(base64.StdEncoding.EncodeToString([]byte("x" + mark + "12"))),
		"base64 behind two": []byte(base64.URLEncoding.EncodeToString([]byte("xy" + mark + "?>"))),
	} {
		if !holds(b, mark) {
			t.Errorf("%s: not found", name)
		}
	}
	if holds([]byte("qkzwvxhjprtyabcx"), mark) {
		t.Error("found what is not there")
	}
}

// With encryption turned off in the real source the search has to find what it seeks.
func TestPlaintextSeesWhatItShould(t *testing.T) {
	if !long {
		t.Skip("it builds these tests anew; make torture runs it")
	}
	file, err := filepath.Abs("../sealed/record.go")
	must(t, err)
	b := slurp(t, file)
	for from, to := range map[string]string{
		"return k.gcm.Seal([]byte{formatRecord}, nil, value, k.place(column, row))": "return append([]byte{formatRecord}, value...)",
		"out, err := k.gcm.Open(nil, nil, sealed[1:], k.place(column, row))":        "out, err := sealed[1:], error(nil)",
	} {
		if !bytes.Contains(b, []byte(from)) {
			t.Fatalf("record.go does not hold %s", from)
		}
		b = bytes.Replace(b, []byte(from), []byte(to), 1)
	}
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "record.go"), b, 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "overlay.json"), []byte(asJSON(map[string]any{"Replace": map[string]string{file: filepath.Join(dir, "record.go")}})), 0o600))
	c := exec.Command("go", "test", "-count=1", "-overlay", filepath.Join(dir, "overlay.json"), "-run", "^TestPlaintext$", ".")
	c.Env = append(os.Environ(), "STRENGTHEN_TORTURE=", "STRENGTHEN_FIGURES=")
	out, err := c.CombinedOutput()
	n := strings.Count(string(out), "found in the database")
	if err == nil || n < 12 {
		t.Errorf("without encryption only %d markers were found: %v\n%.2000s", n, err, out)
	}
	figures(t, "D9 broken on purpose (encryption off): markers found in the database %d", n)
}
