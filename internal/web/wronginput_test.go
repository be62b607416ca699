package web_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"strengthen/internal/access"
	"strengthen/internal/backup"
	"strengthen/internal/store"
	"strengthen/internal/testkit"
	"strengthen/internal/web"
)

// control is a field of a form as a browser sees it.
type control struct {
	name, kind, value string
	optional, fixed   bool   // may stay empty; not for a person to change
	mark              string // what was written into it, to be found again
}

// form is a form of a page with the record it is about, and the role that was shown it.
type form struct {
	pattern, action, page string
	role                  access.Role
	blind                 bool // its fields are guessed
	controls              []control
}

var (
	formTag    = regexp.MustCompile(`(?s)<form([^>]*)>(.*?)</form>`)
	controlTag = regexp.MustCompile(`(?s)<(input|button)((?:[^>"]|"[^"]*")*)>|<(textarea)([^>]*)>(.*?)</textarea>|<(select)([^>]*)>(.*?)</select>`)
	optionTag  = regexp.MustCompile(`<option value="([^"]*)"( selected)?`)
	attribute  = regexp.MustCompile(`([a-z-]+)(?:="([^"]*)")?`)
	linkTag    = regexp.MustCompile(`<a[^>]* href="([/?][^"#]*)`)
	reports    = regexp.MustCompile(`\{(format|file|wave)\}|\.yaml|/files/|GET /impact(/studies)?$|/copy|\.ics`) // long to make, and without forms
	digits     = regexp.MustCompile(`\d+|[a-z0-9]{26}`)
	optionalAt = regexp.MustCompile(`<label for="([^"]*)">[^<]*<span class="m">\((?:по желание|optional)\)`)
)

func attributes(tag string) map[string]string {
	all := map[string]string{}
	for _, m := range attribute.FindAllStringSubmatch(tag, -1) {
		all[m[1]] = html.UnescapeString(m[2])
	}
	return all
}

// formsOf reads the forms of a page. One with several named buttons is several.
func formsOf(page string) (all []form) {
	free := map[string]bool{}
	for _, m := range optionalAt.FindAllStringSubmatch(page, -1) {
		free[m[1]] = true
	}
	for _, m := range formTag.FindAllStringSubmatch(page, -1) {
		a := attributes(m[1])
		if a["method"] != "post" {
			continue
		}
		f, buttons := form{action: a["action"]}, []control(nil)
		for _, c := range controlTag.FindAllStringSubmatch(m[2], -1) {
			a := attributes(c[2] + c[4] + c[7])
			x := control{name: a["name"], kind: c[1] + c[3] + c[6], value: a["value"], optional: free[a["id"]]}
			switch x.kind {
			case "input":
				x.kind = a["type"]
			case "textarea":
				x.value = html.UnescapeString(c[5])
			case "select":
				x.value = chosen(c[8])
			}
			_, checked := a["checked"]
			switch {
			case x.name == "" && a["formaction"] == "" || (x.kind == "radio" || x.kind == "checkbox") && !checked:
			case x.kind == "button":
				x.fixed, x.mark = true, a["formaction"]
				buttons = append(buttons, x)
			default:
				_, hidden := a["hidden"]
				x.fixed = hidden || x.kind == "hidden" || strings.HasPrefix(x.name, "was_")
				f.controls = append(f.controls, x)
			}
		}
		if len(buttons) == 0 {
			all = append(all, f)
		}
		for _, b := range buttons {
			g := f
			if b.mark != "" {
				g.action, b.mark = b.mark, ""
			}
			g.controls = slices.Clone(f.controls)
			if b.name != "" {
				g.controls = append(g.controls, b)
			}
			all = append(all, g)
		}
	}
	return all
}

// chosen is the option of a select that is chosen, or the first that says something.
func chosen(options string) string {
	first := ""
	for _, o := range optionTag.FindAllStringSubmatch(options, -1) {
		if o[2] != "" && o[1] != "" {
			return html.UnescapeString(o[1])
		}
		if first == "" {
			first = html.UnescapeString(o[1])
		}
	}
	return first
}

// plausible writes into the empty fields what somebody might have.
func (f *form) plausible() {
	f.controls = slices.Clone(f.controls) // another database is tried with the same form
	for i := range f.controls {
		c := &f.controls[i]
		if c.value != "" || c.fixed {
			continue
		}
		switch c.kind {
		case "text", "textarea", "search":
			c.mark = fmt.Sprintf("Написано преди грешката %d", i)
			c.value = c.mark
		case "number":
			c.value = "1"
		case "date":
			c.value = "2026-03-17"
		case "datetime-local":
			c.value = "2026-03-17T10:00"
		case "email":
			c.value = "somebody@example.org"
		}
	}
}

// bare reports whether a form has nothing in it that a person fills in.
func (f form) bare() bool {
	return !slices.ContainsFunc(f.controls, func(c control) bool { return !c.fixed })
}

// id tells forms apart that ask for different things.
func (f form) id() string {
	id := f.pattern
	for _, c := range f.controls {
		switch {
		case c.kind == "button":
			id += " " + c.value
		case !c.fixed:
			id += " " + digits.ReplaceAllString(c.name, "")
		}
	}
	return id
}

// values are what the form sends, with one field changed.
func (f form) values(field, text string) url.Values {
	v := url.Values{}
	for _, c := range f.controls {
		if c.kind != "file" {
			v.Add(c.name, c.value)
		}
	}
	if v.Has("key") {
		v.Set("key", access.NewID()) // what is taken once is not taken for the same again
	}
	if field != "" {
		v.Set(field, text)
	}
	return v
}

// wrong are values that no field of a kind takes.
var wrong = map[string][]string{
	"number":         {"много", "-7", "99999999999999999999", "1e400"},
	"date":           {"вчера", "2026-02-31", "0002-01-01", "9999-12-31", "31.02.2026"},
	"datetime-local": {"вчера", "2026-02-31T10:00", "0002-01-01T10:00", "9999-12-31T23:59", "2026-03-29T03:30"},
	"select":         {"nosuchrecordnosuchrecord12", strings.Repeat("а", 9000)},
	"radio":          {"nosuchrecordnosuchrecord12"},
	"email":          {"не е адрес", strings.Repeat("a", 60_000) + "@example.org"},
	"text":           {strings.Repeat("a", 60_000)},
	"textarea":       {strings.Repeat("a", 60_000)},
	"search":         {strings.Repeat("a", 60_000)},
	"password":       {strings.Repeat("a", 60_000)},
	"tel":            {strings.Repeat("a", 60_000)},
}

// wrongSite is the site on a database of its own, and what it wrote to its log.
type wrongSite struct {
	*testing.T
	*site
	log     *alarms
	raw     *sql.DB
	count   string         // the statement that counts the rows of every table
	mux     *http.ServeMux // which route an address belongs to
	handler http.Handler
	tokens  map[access.Role]string
}

// alarms keeps what is written to a log as an error.
type alarms struct{ all []string }

func (a *alarms) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelError }
func (a *alarms) WithAttrs([]slog.Attr) slog.Handler           { return a }
func (a *alarms) WithGroup(string) slog.Handler                { return a }
func (a *alarms) Handle(_ context.Context, r slog.Record) error {
	line := r.Message
	r.Attrs(func(x slog.Attr) bool { line += fmt.Sprintf(" %s=%.600v", x.Key, x.Value); return true })
	a.all = append(a.all, line)
	return nil
}

// copyTo moves what a database holds into an empty one of either kind.
func copyTo(t *testing.T, from, to *store.DB) {
	t.Helper()
	schema, stop := int64(0), errors.New("stop")
	if err := from.Dump(t.Context(), func(s store.Snapshot) error { schema = s.Schema; return stop }, nil, nil); !errors.Is(err, stop) {
		t.Fatal(err)
	}
	err := to.Load(t.Context(), schema, func(l *store.Loader) error {
		return from.Dump(t.Context(), func(store.Snapshot) error { return nil }, l.Table, l.Row)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// openWrong is the demonstration over a database of its own, where forms may be sent that change it.
func openWrong(t *testing.T, from *store.DB, c store.Config) *wrongSite {
	t.Helper()
	shared := open(t)
	s, clock, log := *shared, *shared.world.Clock, &alarms{}
	c.Policy, c.Now, c.Ledger = access.Standard(), clock.Now, shared.erased
	db := testkit.Open(t, c)
	copyTo(t, from, db)
	if err := db.EnsureLedger(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.over(db, clock.Now)
	s.lay(clock.Now, slog.New(log))
	w := &wrongSite{T: t, site: &s, log: log, mux: http.NewServeMux(), tokens: map[access.Role]string{}}
	w.handler, w.raw = s.pages.Handler(), testkit.Raw(t, db)
	var parts []string
	err := db.Dump(t.Context(), func(store.Snapshot) error { return nil }, func(x backup.Table) error {
		if !slices.Contains(told, x.Name) {
			parts = append(parts, "SELECT '"+x.Name+"', count(*) FROM "+x.Name)
		}
		return nil
	}, func([]any) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	w.count = strings.Join(parts, " UNION ALL ")
	for _, r := range s.pages.Routes() {
		w.mux.HandleFunc(r.Pattern, func(http.ResponseWriter, *http.Request) {})
	}
	for _, role := range visitors[1:] {
		w.tokens[role] = s.cookie(t, role)
	}
	return w
}

// patternOf is the route that an address belongs to.
func (w *wrongSite) patternOf(method, address string) string {
	_, pattern := w.mux.Handler(httptest.NewRequest(method, address, nil))
	return pattern
}

// send asks for an address, in the program itself.
func (w *wrongSite) send(role access.Role, method, address, kind, body string) (int, string) {
	r := httptest.NewRequestWithContext(w.Context(), method, address, strings.NewReader(body))
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	r.AddCookie(&http.Cookie{Name: "session", Value: w.tokens[role]})
	a := httptest.NewRecorder()
	w.handler.ServeHTTP(a, r)
	return a.Code, a.Body.String()
}

const urlencoded = "application/x-www-form-urlencoded"

// forms walks through the pages of everybody, a few of each route, and gathers the forms that stand on them.
func (w *wrongSite) forms() []form {
	var all []form
	known := map[string]bool{}
	for _, role := range visitors {
		seen, of := map[string]bool{}, map[string]int{}
		queue := slices.Clone(w.site.tour()[role])
		for len(queue) > 0 {
			page := queue[0]
			queue = queue[1:]
			pattern := w.patternOf(http.MethodGet, page)
			if seen[page] || pattern == "" || reports.MatchString(pattern) || of[pattern] >= pagesOfARoute || strings.HasPrefix(page, "/static/") {
				continue
			}
			seen[page] = true
			of[pattern]++
			code, body := w.send(role, http.MethodGet, page, "", "")
			if code != http.StatusOK {
				continue
			}
			for _, m := range linkTag.FindAllStringSubmatch(body, -1) {
				queue = append(queue, from(page, html.UnescapeString(m[1])))
			}
			for _, f := range formsOf(body) {
				f.action = from(page, f.action)
				f.role, f.page, f.pattern = role, page, w.patternOf(http.MethodPost, f.action)
				id := f.id()
				if !known[id] && of[f.pattern] < formsOfARoute {
					known[id] = true
					of[f.pattern]++
					all = append(all, f)
				}
			}
		}
	}
	return all
}

// from is where an address leads that stands on a page.
func from(page, address string) string {
	at, err := url.Parse(page)
	if err != nil {
		return page
	}
	to, err := at.Parse(address)
	if err != nil {
		return page
	}
	return to.String()
}

// How many pages of one route each role looks at, and how many kinds of forms to one route are tried.
const pagesOfARoute, formsOfARoute = 8, 3

// attack sends a form with everything that is wrong with it, and returns how many requests that were.
func (w *wrongSite) attack(f form) int {
	f.plausible()
	sent := 0
	before := w.counts()
	post := func(what string, v url.Values, bad bool, kind, body string) {
		sent++
		code, page := w.send(f.role, http.MethodPost, f.action, kind, body)
		w.judge(f, what, v, bad, code, page)
	}
	try := func(what string, v url.Values, bad bool) { post(what, v, bad, urlencoded, v.Encode()) }
	everything := func(text string) url.Values {
		v := url.Values{}
		for _, c := range f.controls {
			v.Set(c.name, text)
		}
		return v
	}
	if !f.bare() {
		empty := url.Values{}
		for _, c := range f.controls {
			if c.fixed {
				empty.Set(c.name, c.value)
			}
		}
		if f.asks() && !slices.Contains(presses, f.pattern) {
			try("nothing", url.Values{}, true)
			try("empty fields", empty, true)
		}
		try("100,000 signs everywhere", everything(strings.Repeat("щ", 100_000)), !f.blind)
		done := map[string]bool{}
		for _, c := range f.controls {
			alike := c.kind + digits.ReplaceAllString(c.name, "")
			if done[alike] || c.fixed {
				continue
			}
			done[alike] = true
			for _, text := range wrong[c.kind] {
				if slices.Contains(unread, f.pattern+" "+c.name) {
					continue
				}
				try(fmt.Sprintf("%s = %.24q", c.name, text), f.values(c.name, text), !f.blind)
			}
		}
	}
	for _, c := range f.controls {
		if c.fixed && c.kind != "button" && c.name != "next" && c.name != "key" && c.name != "who" && !strings.HasPrefix(c.name, "was_") && !slices.Contains(unlocked, f.pattern) {
			for _, text := range []string{"много", "-7", "99999999999999999999", strings.Repeat("a", 60_000)} {
				if f.bare() && c.name != "version" {
					continue
				}
				try(fmt.Sprintf("hidden %s = %.24q", c.name, text), f.values(c.name, text), c.name == "version")
			}
		}
	}
	for name, text := range map[string]string{"a NUL": "a\x00b", "broken UTF-8": "a\xffb"} {
		v := everything(text)
		v.Set("more", text)
		try(name, v, true)
		var pairs []string
		for _, c := range f.controls {
			pairs = append(pairs, c.name, text)
		}
		body, kind := multipartForm(w.T, "", nil, pairs...)
		b, err := io.ReadAll(body)
		if err != nil {
			w.Fatal(err)
		}
		post(name+" in a form for files", nil, true, kind, string(b))
	}
	for table, n := range w.counts() {
		if n != before[table] && !slices.Contains(lenient, f.pattern) {
			w.Errorf("%s (%s): %d rows of %s after what was wrong, %d before", f.pattern, f.page, n, table, before[table])
		}
	}
	return sent
}

// asks reports whether a form has a field that must be filled in.
func (f form) asks() bool {
	return !f.blind && slices.ContainsFunc(f.controls, func(c control) bool {
		return !c.fixed && !c.optional && c.kind != "checkbox" && c.kind != "radio"
	})
}

// told are tables that say who asked for what, or hold what the server itself writes down.
var told = []string{"audit_entry", "audit_link", "session", "draft", "audit_open", "delay"}

// counts is how many rows each table has.
func (w *wrongSite) counts() map[string]int {
	all := map[string]int{}
	rows, err := w.raw.QueryContext(w.Context(), w.count)
	if err != nil {
		w.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var table string
		var n int
		if err := rows.Scan(&table, &n); err != nil {
			w.Fatal(err)
		}
		all[table] = n
	}
	return all
}

var (
	summary = regexp.MustCompile(`(?s)<div class="sum" role="alert" tabindex="-1"><h2>.*?</h2><ul>(.*?)</ul>`)
	failure = regexp.MustCompile(`(?s)<main[^>]*>.*?<h1>[^<]*</h1>\s*<ul class="st">(.*?)</ul>`)
	item    = regexp.MustCompile(`(?s)<li>(?:<a href="#([^"]*)">)?(.*?)(?:</a>)?</li>`)
	bareKey = regexp.MustCompile(`^[a-z_]+(\.[a-z_0-9]+)+$|%!|\{[a-z]+\}`)
	english = regexp.MustCompile(`(^| )[A-Za-z]{4,}( |$)`)
)

// judge looks at an answer.
func (w *wrongSite) judge(f form, what string, sent url.Values, bad bool, code int, page string) {
	say := func(text string, args ...any) {
		w.Errorf("%s (%s, %s): %s: %s", f.pattern, f.role, f.page, what, fmt.Sprintf(text, args...))
	}
	if len(w.log.all) > 0 {
		say("in the log: %s", w.log.all)
		w.log.all = nil
	}
	switch {
	case code >= 500 && !(code == http.StatusServiceUnavailable && slices.Contains([]string{"POST /signin", "POST /me/stepup"}, f.pattern)): // who guesses is told to wait
		say("%d", code)
	case code < 400 && bad && (code >= 300 || !strings.Contains(page, "<form")) && !slices.Contains(lenient, f.pattern):
		say("is taken (%d)", code)
		return
	case code != http.StatusUnprocessableEntity && code != http.StatusConflict:
		return
	}
	list, shown := summary.FindStringSubmatch(page), true
	if list == nil {
		list, shown = failure.FindStringSubmatch(page), false
	}
	if list == nil && strings.Contains(page, `class="err"`) {
		return
	}
	if list == nil && f.blind { // an answer to a script
		return
	}
	if list == nil {
		say("%d says nothing: %.300s", code, page)
		return
	}
	for _, m := range item.FindAllStringSubmatch(list[1], -1) {
		text := html.UnescapeString(m[2])
		if text == "" || bareKey.MatchString(text) || !strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Cyrillic, r) }) || english.MatchString(text) {
			say("the message is %q", text)
		}
		if m[1] != "" && !f.blind && f.pattern != "POST /trainings/{id}/door" && intact(f, sent) && !strings.Contains(page, `id="`+m[1]+`"`) {
			say("the message %q leads to no field %s", text, m[1])
		}
	}
	if f.blind {
		return
	}
	if !shown {
		if sent != nil && !strings.Contains(what, "100,000") && !strings.HasPrefix(what, "a NUL") && !strings.HasPrefix(what, "broken") && !f.bare() {
			say("the form is gone: %s", list[1])
		}
		return
	}
	for _, c := range f.controls {
		if !intact(f, sent) { // with another choice that is hidden, another page comes back
			break
		}
		if c.name == "code" || c.name == "password" || strings.HasPrefix(c.name, "h1_") { // a secret, or a day that no browser sends
			continue
		}
		if field, text, ok := strings.Cut(what, " = "); ok && field == c.name && len(text) < 30 && (c.kind == "number" || c.kind == "date" || c.kind == "datetime-local" || c.kind == "email" || c.kind == "text") &&
			!strings.Contains(page, html.EscapeString(sent.Get(c.name))) {
			say("the wrong value is lost")
		}
		if c.mark != "" && sent.Get(c.name) == c.mark && !strings.Contains(page, c.mark) {
			say("what was written in %s is lost", c.name)
		}
	}
}

// intact reports whether what a person does not change was sent as it was.
func intact(f form, sent url.Values) bool {
	return !slices.ContainsFunc(f.controls, func(c control) bool { return c.fixed && sent.Get(c.name) != c.value })
}

// Forms that are right without anything in them; forms that need no version, because they make something new; and fields that
// count only beside a certain choice in another.
var (
	presses  = []string{"POST /signals/{id}/case", "POST /settings/identity", "POST /cases/{id}/notes/{note}", "POST /agencies/{id}/territory", "POST /cases/{id}/plans/{plan}", "POST /cases/{id}/meetings/{meeting}/minutes", "POST /cases/{id}/decide", "POST /cases/{id}/identity", "POST /cases/{id}/steps/{step}"}
	unlocked = []string{"POST /agencies/new"}
	unread   = []string{"POST /cases/{id}/notes wish", "POST /impact/plan/deviate waiting", "POST /impact/plan waiting", "POST /impact/plan/lock waiting", "POST /accounts/{id}/grant region"}
)

// lenient are routes that answer the same whatever they are sent.
var lenient = []string{"POST /forgot", "POST /signal/check", "POST /l/{token}", "POST /me/elsewhere", "POST /drafts", "POST /drafts/drop", "POST /me/stepup"}

// openers are routes whose forms, rightly filled in, make the records that other forms are about.
var openers = []string{"POST /cases/{id}/plans", "POST /cases/{id}/meetings/{meeting}/hold", "POST /cases/{id}/consents", "POST /cases/{id}/barred", "POST /exports", "POST /data/items/{id}/hold",
	"POST /data/items/{id}/confirm", "POST /settings/identity", "POST /accounts/{id}/grant", "POST /cases/{id}/protection", "POST /emergency", "POST /cases/{id}/meetings/{meeting}/bring", "POST /cases/{id}/close"}

// furnish sends the openers as they stand, with what somebody might have written.
func (w *wrongSite) furnish(all []form) {
	for _, f := range all {
		if slices.Contains(openers, f.pattern) {
			f.plausible()
			v := f.values("", "")
			if code, page := w.send(f.role, http.MethodPost, f.action, urlencoded, v.Encode()); code >= 500 {
				w.Errorf("%s: %d %.300s", f.pattern, code, page)
			}
		}
	}
}

// blind is a form for a route of which no page of the demonstration has one: it stands there for a moment only, or a script sends
// it. Its fields are guessed, so that only what comes back is looked at.
func (w *wrongSite) blind(r web.Route) form {
	_, path, _ := strings.Cut(r.Pattern, " ")
	f := form{pattern: r.Pattern, action: w.fill(path, true), page: "no page", blind: true}
	for _, role := range access.Grantable() {
		if !r.Public && w.may(role, r.Action) {
			f.role = role
			break
		}
	}
	for _, name := range []string{"text", "note", "reason", "why", "name", "form", "ref", "at", "till", "on", "agency", "category", "response", "agree", "version"} {
		f.controls = append(f.controls, control{name: name, kind: "text"})
	}
	return f
}

// TestWrongInput walks through the pages of everybody and sends every form it finds with what is wrong: nothing, far too much,
// letters for numbers, days that there are not, codes that nobody gave, bytes that are no text. It is refused, in words of the
// reader's language, at the field, with what was typed beside it; nothing is written, and nothing breaks.
func TestWrongInput(t *testing.T) {
	w := openWrong(t, open(t).db, store.Config{Dir: t.TempDir()})
	all := w.forms()
	w.furnish(all)
	for i := range all { // where it stands no more, it is the form of a page that somebody left open
		all[i].blind = true
	}
	all = append(w.forms(), all...)
	have := map[string]bool{}
	for _, f := range all {
		have[f.pattern] = true
	}
	found := len(have)
	for _, r := range w.pages.Routes() {
		if strings.HasPrefix(r.Pattern, "POST ") && !have[r.Pattern] {
			have[r.Pattern], all = true, append(all, w.blind(r))
		}
	}
	if found < 90 {
		t.Errorf("only %d of %d routes have a form on a page", found, len(have))
	}
	other := openWrong(t, w.db, store.Config{URL: testkit.Migrated(t)})
	for name, w := range map[string]*wrongSite{"sqlite": w, "postgres": other} {
		t.Run(name, func(t *testing.T) {
			w.T = t
			n := 0
			tried := map[string]bool{}
			for _, f := range all {
				if f.pattern != "POST /signout" && f.pattern != "POST /demo/signin" && !tried[f.id()] {
					tried[f.id()] = true
					n += w.attack(f)
				}
			}
			t.Logf("%d of %d routes have a form on a page; %d forms, %d requests", found, len(have), len(tried), n)
		})
	}
}
