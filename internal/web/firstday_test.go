package web_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"strengthen/internal/access"
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

// browser is a person with a browser at an empty, real system.
type browser struct {
	*testing.T
	client *http.Client
	base   string
}

func (b browser) get(path string) (int, string) {
	b.Helper()
	res, err := b.client.Get(b.base + path)
	return b.read(res, err)
}

func (b browser) post(path string, pairs ...string) (int, string) {
	b.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	res, err := b.client.PostForm(b.base+path, form)
	return b.read(res, err)
}

func (b browser) read(res *http.Response, err error) (int, string) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.Fatal(err)
	}
	return res.StatusCode, string(body)
}

func (b browser) want(code int, body string, wantCode int, wantText string) {
	b.Helper()
	if code != wantCode || !strings.Contains(body, wantText) {
		b.Fatalf("got %d, want %d with %q in %.1500s", code, wantCode, wantText, body)
	}
}

// TestFirstDay is the way of the first programme manager, from the invitation to a training that takes applications, with
// the mistakes that people make on it.
func TestFirstDay(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		o := org.New(store.For[org.Tx]{DB: db}, clock.Now, sealed.Root{1}.Box("totp"))
		tr, su := training.New(store.For[training.Tx]{DB: db}, clock.Now), survey.New(store.For[survey.Tx]{DB: db}, clock.Now)
		if err := o.Seed(t.Context()); err != nil {
			t.Fatal(err)
		}
		_, token, err := o.Invite(t.Context(), access.Actor{Grants: []access.Grant{{Role: access.Administrator}}}, "k", org.Invitation{Name: "Милена Тодорова", Email: "milena@example.org", Lang: "en", Role: access.Manager})
		if err != nil {
			t.Fatal(err)
		}
		st := study.New(store.For[study.Tx]{DB: db}, clock.Now)
		server := httptest.NewServer(web.New(web.Config{Org: o, Training: tr, Survey: su, Impact: impact.New(su, o, st, clock.Now), Study: st, Policy: access.Standard(), Now: clock.Now, Log: quiet,
			Site: "http://127.0.0.1", Ready: db.Ready, Rate: 1e6}).Handler())
		defer server.Close()
		jar, _ := cookiejar.New(nil)
		b := browser{t, &http.Client{Jar: jar}, server.URL}
		expect := func(wantCode int, wantText string) func(int, string) {
			return func(code int, body string) { t.Helper(); b.want(code, body, wantCode, wantText) }
		}

		expect(404, "no such page")(b.get("/en/l/" + token + "x"))
		expect(404, "")(b.get("/en/nowhere"))
		expect(200, "Do you work in the programme?")(b.get("/en"))
		expect(422, "among the common ones")(b.post("/en/l/"+token, "password", "passwordpassword", "again", "passwordpassword"))
		expect(422, "differ")(b.post("/en/l/"+token, "password", "четири зелени кофи", "again", "четири сини кофи"))
		expect(200, "Sign in with it")(b.post("/en/l/"+token, "password", "четири зелени кофи", "again", "четири зелени кофи"))
		expect(409, "used already")(b.get("/en/l/" + token))
		expect(422, "wrong")(b.post("/en/signin", "login", "milena@example.org", "password", "нещо съвсем друго"))
		expect(200, "Милена Тодорова")(b.post("/en/signin", "login", "milena@example.org", "password", "четири зелени кофи", "next", "/home"))
		expect(200, "Set up a second factor before")(b.get("/regions")) // until then the role is not in force
		status, page := b.get("/me/factor")
		b.want(status, page, 200, "authenticator")
		number, sealed := code(t, page, clock.Now())
		expect(422, "code is wrong")(b.post("/me/factor", "sealed", sealed, "code", "000000"))
		expect(200, "Recovery codes")(b.post("/me/factor", "sealed", sealed, "code", number))
		expect(200, "Plan a training")(b.get("/regions"))

		expect(409, "Describe the programme first")(b.post("/trainings/new", plan("capacity", "32")...))
		expect(422, "ends before it begins")(b.post("/programme", "version", "0", "title_bg", "Укрепване", "title_en", "Strengthen", "starts", "2026-01-01", "ends", "2025-01-01", "trainings", "28", "people", "840", "children", "1000"))
		expect(200, "Saved")(b.post("/programme", "version", "0", "title_bg", "Укрепване", "title_en", "Strengthen", "starts", "2026-01-01", "ends", "2027-12-31", "trainings", "28", "people", "840", "children", "1000"))
		expect(422, "Write a whole number")(b.post("/trainings/new", plan("capacity", "много")...))
		expect(422, "above the capacity")(b.post("/trainings/new", plan("capacity", "4")...))
		expect(422, "Write a date as")(b.post("/trainings/new", plan("apply_until", "31.13.2026")...))
		expect(422, "one of the options")(b.post("/trainings/new", plan("region", "NOWHERE")...))
		expect(200, "The training is planned")(b.post("/trainings/new", plan("capacity", "32")...))
		expect(200, "The training is planned")(b.post("/trainings/new", plan("capacity", "32")...)) // a double click
		events, _, err := tr.Events(t.Context(), access.Actor{Grants: []access.Grant{{Role: access.Manager}}}, training.EventFilter{})
		if err != nil || len(events) != 1 {
			t.Fatalf("%d trainings after a double click (%v), want one", len(events), err)
		}
		id := string(events[0].ID)
		expect(200, "Pernik")(b.get("/en/apply/" + id))
		expect(422, "Confirm that you have read")(b.post("/en/apply/"+id, "key", "a", "name", "Ана Илиева", "email", "ana@example.org", "sector", "education", "profession", "teacher", "region", "PER", "agency", "Училище", "agency_kind", "school", "head_email", "head@example.org"))
		expect(200, "Look at your mail")(b.post("/en/apply/"+id, "key", "a", "name", "Ана Илиева", "email", "ana@example.org", "sector", "education", "profession", "teacher", "region", "PER", "agency", "Училище", "agency_kind", "school", "head_email", "head@example.org", "agreed", "1"))
		expect(200, "Awaits endorsement")(b.get("/trainings/" + id + "/people"))
		expect(200, "Ана Илиева")(b.get("/trainings/" + id + "/people?find=ilieva")) // found in Latin too
		expect(200, "Sign in")(b.post("/signout"))
		expect(200, "Вход")(b.get("/trainings/" + id)) // nobody is signed in any more
	})
}

// plan is a form of a new training, with one field changed.
func plan(field, value string) []string {
	form := map[string]string{"key": "one", "region": "PER", "venue_bg": "Зала 1", "capacity": "32", "agency_max": "4", "need_share": "80", "apply_until": "2026-05-01", "release": "2026-05-04",
		"h1_on": "2026-05-11", "h1_starts": "09:00", "h1_ends": "12:30", "h2_on": "2026-05-11", "h2_starts": "13:30", "h2_ends": "17:00", "sector": "education", "min_education": "6", "max_education": "10", "share_education": "30"}
	form[field] = value
	var all []string
	for k, v := range form {
		all = append(all, k, v)
	}
	return all
}

// secret finds the secret of the new factor on its page.
var secret = regexp.MustCompile(`<span class="code">([A-Z2-7]+)</span>`)

// sealedText finds the sealed form of it.
var sealedText = regexp.MustCompile(`name="sealed" value="([^"]+)"`)

func code(t *testing.T, page string, now time.Time) (string, string) {
	t.Helper()
	a, s := secret.FindStringSubmatch(page), sealedText.FindStringSubmatch(page)
	if a == nil || s == nil {
		t.Fatalf("no secret on the page: %.800s", page)
	}
	c, err := totp.GenerateCode(a[1], now)
	if err != nil {
		t.Fatal(err)
	}
	return c, strings.ReplaceAll(s[1], "&#43;", "+")
}
