package web_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"strengthen/internal/access"
	"strengthen/internal/web"
)

var update = flag.Bool("update", false, "write the golden files anew")

var visitors = append([]access.Role{access.Anyone}, access.Grantable()...)

var hole = regexp.MustCompile(`\{([a-z]+)\}`)

// fill puts a record into the holes of a pattern: a known one, or one that does not exist.
func (s *site) fill(path string, known bool) string {
	return hole.ReplaceAllStringFunc(path, func(h string) string {
		if !known {
			return map[string]string{"{step}": "withdraw", "{format}": "pdf"}[h] + map[bool]string{true: "nosuchrecordnosuchrecord12"}[h != "{step}" && h != "{format}"]
		}
		switch {
		case h == "{code}":
			return s.code
		case h == "{step}":
			return "withdraw"
		case h == "{format}":
			return "json"
		case h == "{wave}":
			return "m6"
		case strings.HasPrefix(path, "/surveys/waves"), strings.HasPrefix(path, "/trainings"), strings.HasPrefix(path, "/imports"):
			return string(s.past)
		case strings.HasPrefix(path, "/apply"):
			return string(s.future)
		case strings.HasPrefix(path, "/seats"):
			return string(s.seat)
		case strings.HasPrefix(path, "/agencies"):
			return string(s.agency)
		case strings.HasPrefix(path, "/people"):
			return string(s.person)
		case strings.HasPrefix(path, "/accounts"):
			return string(s.guests[access.Funder])
		case strings.HasPrefix(path, "/tables"):
			return "PER"
		case h == "{meeting}":
			return s.file.meeting
		case h == "{note}":
			return s.file.note
		case strings.HasPrefix(path, "/data/requests"):
			return s.subject
		case strings.HasPrefix(path, "/cases"):
			return string(s.file.id)
		case strings.HasPrefix(path, "/signals"):
			return string(s.file.signal)
		case strings.HasPrefix(path, "/requests"):
			return s.file.request
		case strings.HasPrefix(path, "/clocks"):
			return s.file.clock
		case strings.HasPrefix(path, "/terms"):
			return "D09"
		}
		return "nosuchrecordnosuchrecord12"
	})
}

var client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

func (s *site) ask(t testing.TB, method, path, token string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", s.url)
	}
	if token != "" {
		req.AddCookie(&http.Cookie{Name: "session", Value: token})
	}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

// TestRoutesByRole crosses every route with every visitor, on a record that exists and on one that does not. What is found
// is compared with a golden file that people read; beside it three rules hold for every row: without the right in the policy
// nobody gets in, a record out of reach looks like one that does not exist, and nothing ever answers 500.
func TestRoutesByRole(t *testing.T) {
	s := open(t)
	tokens := map[access.Role]string{}
	for _, role := range visitors[1:] {
		tokens[role] = s.cookie(t, role)
	}
	var got strings.Builder
	checked := 0
	for _, route := range s.pages.Routes() {
		method, path, _ := strings.Cut(strings.TrimSuffix(route.Pattern, "{$}"), " ")
		if path == "/signout" || path == "/demo/signin" {
			continue // these change who is signed in; TestSignInAndOut has them
		}
		fmt.Fprintf(&got, "%s  %s\n", route.Pattern, route.Action)
		for _, role := range visitors {
			unknown, body := s.ask(t, method, s.fill(path, false), tokens[role])
			known := unknown
			if method == http.MethodGet && strings.Contains(path, "{") {
				var page string
				known, page = s.ask(t, method, s.fill(path, true), tokens[role])
				if known == http.StatusNotFound && unknown == http.StatusNotFound && tokens[role] != "" {
					a, b := strings.ReplaceAll(page, s.fill(path, true), ""), strings.ReplaceAll(body, s.fill(path, false), "")
					if a != b {
						t.Errorf("%s as %s: a record out of reach does not look like one that does not exist", route.Pattern, role)
					}
				}
			}
			checked++
			fmt.Fprintf(&got, "    %-15s known %d, unknown %d\n", role, known, unknown)
			actor := access.Actor{Person: s.guests[role], Grants: []access.Grant{{Role: role, Region: "PDV", Agency: "own"}, {Role: access.Member}}}
			if role == access.Anyone {
				actor = access.Public("")
			}
			allowed := access.Standard().May(actor, route.Action, s.world.Clock.Now())
			if in := known < 300 || unknown < 300; in && !allowed {
				t.Errorf("%s as %s got in without the right", route.Pattern, role)
			}
			if known >= 500 && known != http.StatusServiceUnavailable || unknown >= 500 && unknown != http.StatusServiceUnavailable {
				t.Errorf("%s as %s: %d, %d", route.Pattern, role, known, unknown)
			}
		}
	}
	t.Logf("%d routes × visitors checked", checked)
	golden(t, "testdata/routes.golden", got.String())
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(got, "\n")
	for i, was := range strings.Split(string(want), "\n") {
		if i == len(lines) || lines[i] != was {
			t.Fatalf("%s, line %d: expected %q, found %q; look at the difference and run with -update", file, i+1, was, lines[min(i, len(lines)-1)])
		}
	}
	if len(got) > len(want) {
		t.Errorf("%s ends before what was found; look at the difference and run with -update", file)
	}
}

func TestEveryAnswerCarriesTheHeaders(t *testing.T) {
	s := open(t)
	for _, path := range []string{"/", "/home", "/nothing", "/static/app.css", "/healthz", "/verify/none"} {
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+path, nil)
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		for _, h := range []string{"Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "Permissions-Policy", "Cache-Control"} {
			if res.Header.Get(h) == "" {
				t.Errorf("%s has no %s", path, h)
			}
		}
		if p := res.Header.Get("Content-Security-Policy"); strings.Contains(p, "unsafe") || strings.Contains(p, "*") {
			t.Errorf("%s: the policy %q lets too much in", path, p)
		}
	}
}

func TestRequestsFromElsewhereAreRefused(t *testing.T) {
	s := open(t)
	for _, origin := range []string{"https://evil.example", "null"} {
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/signin", strings.NewReader("login=x"))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", origin)
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusForbidden {
			t.Errorf("a form from %s: %d", origin, res.StatusCode)
		}
	}
}

func TestABodyTooLargeIsSaidSo(t *testing.T) {
	s := open(t)
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/en/apply/"+string(s.future), bytes.NewReader(append([]byte("name="), bytes.Repeat([]byte("x"), 100<<10)...)))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", s.url)
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	if res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(string(b), "too large") {
		t.Errorf("%d: %.200s", res.StatusCode, b)
	}
}

func TestPagesKeepTheirBudget(t *testing.T) {
	s := open(t)
	css := zipped(t, s, "/static/app.css")
	if js := zipped(t, s, "/static/app.js"); js > 20<<10 {
		t.Errorf("the script is %d bytes", js)
	}
	for role, pages := range s.everyPage(t) {
		token := ""
		if role != access.Anyone {
			token = s.cookie(t, role)
		}
		for _, page := range pages {
			_, body := s.ask(t, http.MethodGet, page, token)
			if n := len(squeeze(body)) + css; n > 40<<10 {
				t.Errorf("%s as %s: %d bytes of page and style, compressed", page, role, n)
			}
			body = strings.ReplaceAll(body, `href="https://www.sinoptik.bg/" rel="noreferrer" data-exit`, "") // the way out, to the weather
			for _, foreign := range []string{`src="http`, `href="http`, "style=", "onclick=", "<script>"} {
				if strings.Contains(body, foreign) {
					t.Errorf("%s as %s holds %s", page, role, foreign)
				}
			}
		}
	}
	fonts := 0
	for _, f := range []string{"sofia-sans-cyr", "sofia-sans-lat", "strengthen-serif-cyr", "strengthen-serif-lat"} {
		_, body := s.ask(t, http.MethodGet, "/static/fonts/"+f+".woff2", "")
		fonts += len(body)
	}
	if fonts == 0 || fonts > 70<<10 {
		t.Errorf("the fonts are %d bytes", fonts)
	}
}

func zipped(t *testing.T, s *site, path string) int {
	t.Helper()
	_, body := s.ask(t, http.MethodGet, path, "")
	return len(squeeze(body))
}

func squeeze(s string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(s))
	z.Close()
	return b.Bytes()
}

// both finds texts in templates that stand in both languages; counted, those with a form for one and another for the rest.
var (
	both    = regexp.MustCompile(`\.L "([^"]*)" "([^"]*)"`)
	counted = regexp.MustCompile(`\.(?:Count|N) (?:\([^)]*\)|\S+) "([^"]*)" "([^"]*)" "([^"]*)" "([^"]*)"`)
)

func TestTextsOfPagesStandInBothLanguages(t *testing.T) {
	files, err := os.ReadDir("templates")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	cyrillic := func(r rune) bool { return unicode.Is(unicode.Cyrillic, r) }
	for _, f := range files {
		b, err := os.ReadFile("templates/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		pairs := both.FindAllStringSubmatch(string(b), -1)
		for _, m := range counted.FindAllStringSubmatch(string(b), -1) {
			pairs = append(pairs, []string{"", m[1], m[3]}, []string{"", m[2], m[4]})
		}
		for _, m := range pairs {
			found++
			if strings.ContainsFunc(m[1], unicode.IsLetter) && !strings.ContainsFunc(m[1], cyrillic) && !strings.HasPrefix(m[1], "{") {
				t.Errorf("%s: %q is not Bulgarian", f.Name(), m[1])
			}
			if m[2] == "" || strings.ContainsFunc(m[2], cyrillic) {
				t.Errorf("%s: %q is not English", f.Name(), m[2])
			}
		}
		bare := counted.ReplaceAllString(both.ReplaceAllString(string(b), ""), "")
		bare = regexp.MustCompile(`\{\{[^}]*\}\}`).ReplaceAllString(bare, "")
		if i := strings.IndexFunc(bare, cyrillic); i >= 0 && f.Name() != "layout.html" {
			t.Errorf("%s: a Bulgarian text without an English one near %.60q", f.Name(), bare[i:])
		}
	}
	if found < 200 {
		t.Errorf("only %d texts found: the pattern does not match any more", found)
	}
}

func TestNoticeListsWhatIsVendored(t *testing.T) {
	b, err := os.ReadFile("../../NOTICE")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		parts := strings.Split(strings.TrimSpace(line), " | ")
		if len(parts) != 4 {
			continue
		}
		file, err := os.ReadFile("../../" + parts[0])
		if err != nil {
			t.Error(err)
			continue
		}
		if sum := sha256.Sum256(file); hex.EncodeToString(sum[:]) != parts[3] {
			t.Errorf("%s is not the file of the NOTICE", parts[0])
		}
	}
	own := []string{"OFL.txt", "LICENSE", "LICENSE.md", "SOURCES.md", "README.md", "terms.csv", "common-passwords.LICENSE.txt", "common-passwords-bg.txt", "schools.json", "pupils.json"}
	for _, dir := range []string{"web/static/fonts", "web/static/vendor", "web/map", "web/testdata/axe", "render/fonts", "org/data", "stats/testdata/reference/input", "impact/testdata"} {
		files, err := os.ReadDir("../" + dir)
		if err != nil {
			t.Error(err)
		}
		for _, f := range files {
			name := "internal/" + dir + "/" + f.Name()
			if !strings.Contains(string(b), name+" | ") && !slices.Contains(own, f.Name()) {
				t.Errorf("%s is not in the NOTICE", name)
			}
		}
	}
}

func TestSignInAndOut(t *testing.T) {
	s := open(t)
	token := s.cookie(t, access.Funder)
	if code, _ := s.ask(t, http.MethodGet, "/home", token); code != http.StatusOK {
		t.Fatalf("signed in: %d", code)
	}
	if code, _ := s.ask(t, http.MethodPost, "/signout", token); code != http.StatusSeeOther {
		t.Fatalf("signing out: %d", code)
	}
	if code, _ := s.ask(t, http.MethodGet, "/home", token); code != http.StatusSeeOther {
		t.Errorf("the old cookie still opens the page: %d", code)
	}
	if code, body := s.ask(t, http.MethodGet, "/en/signin?next=/impact", ""); code != http.StatusOK || !strings.Contains(body, "Programme manager") {
		t.Errorf("the guests are not offered: %d", code)
	}
}

func TestTooManyRequestsAreToldToWait(t *testing.T) {
	s := open(t)
	slow := web.New(web.Config{Org: s.org, Training: s.training, Survey: s.survey, Policy: access.Standard(), Now: s.world.Clock.Now, Log: quiet, Site: s.url, Rate: 0.001})
	h := slow.Handler()
	last := 0
	for range 250 {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/privacy", nil))
		last = w.Code
	}
	if last != http.StatusServiceUnavailable {
		t.Errorf("the 250th request: %d", last)
	}
}

// TestActsThatGivePowerAwayAskForProof looks at a server that is not a demonstration, six minutes after signing in.
func TestActsThatGivePowerAwayAskForProof(t *testing.T) {
	s := open(t)
	serious := web.New(web.Config{Org: s.org, Training: s.training, Survey: s.survey, Policy: access.Standard(), Now: s.world.Clock.Now, Log: quiet, Site: s.url, Rate: 1e6}).Handler()
	ask := func(role access.Role, method, path, token string) int {
		r := httptest.NewRequest(method, path, nil)
		r.AddCookie(&http.Cookie{Name: "session", Value: token})
		w := httptest.NewRecorder()
		serious.ServeHTTP(w, r)
		return w.Code
	}
	admin, evaluator := s.cookie(t, access.Administrator), s.cookie(t, access.Evaluator)
	if code := ask(access.Evaluator, http.MethodGet, "/surveys/answers", evaluator); code != http.StatusOK {
		t.Errorf("right after signing in: %d", code)
	}
	before := s.world.Clock.Now()
	defer s.world.Clock.Set(before)
	s.world.Clock.Set(before.Add(6 * time.Minute))
	if code := ask(access.Evaluator, http.MethodGet, "/surveys/answers", evaluator); code != http.StatusForbidden {
		t.Errorf("an export six minutes later: %d", code)
	}
	if code := ask(access.Administrator, http.MethodPost, "/accounts/"+string(s.guests[access.Funder])+"/state", admin); code != http.StatusForbidden {
		t.Errorf("suspending somebody six minutes later: %d", code)
	}
	if code := ask(access.Administrator, http.MethodGet, "/accounts", admin); code != http.StatusOK {
		t.Errorf("only looking: %d", code)
	}
}
