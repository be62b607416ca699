package web_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"html"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"strengthen/internal/access"
	"strengthen/internal/survey"
)

// openLink is a personal link of a questionnaire that can be answered now.
func (s *site) openLink(t testing.TB) string {
	t.Helper()
	link := s.world.Spare["answer.m6"]
	if _, err := s.survey.Open(t.Context(), link); err != nil {
		t.Fatalf("the demonstration has no open questionnaire: %v", err)
	}
	return "/l/" + link
}

func (s *site) post(t testing.TB, path, token, kind string, body io.Reader) (int, string, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+path, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", kind)
	req.Header.Set("Origin", s.url)
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
	return res.StatusCode, string(b), res.Header.Get("Location")
}

// screen is what somebody with a phone sees of a questionnaire.
type screen struct {
	Seen   int     // screens that are shown
	At     string  // which one
	Height float64 // of the whole page
	Last   float64 // where its last option or field ends
	Next   float64 // where the button that leads on ends
	Menu   bool
	Word   string // what the line of progress says
}

const lookAtScreen = `(() => {
	const shown = (e) => e && getComputedStyle(e).display !== "none" && !e.hidden && e.getClientRects().length > 0;
	const all = [...document.querySelectorAll(".scr")].filter((e) => shown(e) && !(e.matches(".intro") && !e.matches(".now")));
	const ends = all.flatMap((s) => [...s.querySelectorAll(".opt, input, textarea")]).map((e) => e.getBoundingClientRect().bottom);
	const next = document.querySelector("[data-next]");
	return {Seen: all.length, At: all.length ? all[0].dataset.n : "", Height: document.documentElement.scrollHeight, Last: Math.max(0, ...ends),
		Next: shown(next) ? next.getBoundingClientRect().bottom : 0, Menu: !!document.querySelector("nav, .demo"), Word: document.querySelector(".qn").textContent.trim()};
})()`

func see(t testing.TB, ctx context.Context) screen {
	t.Helper()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[screen](lookAtScreen))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func do(t testing.TB, ctx context.Context, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, actions...); err != nil {
		t.Fatal(err)
	}
}

func size(width, height int64) chromedp.Action[chromedp.Void] {
	return call(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: 1, Mobile: width < 600})
}

// saved waits until the page says that the answer is saved.
func saved(t testing.TB, ctx context.Context) {
	t.Helper()
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](`document.querySelector("#saved").textContent.includes("Записано")`)); err != nil {
		t.Fatal(err)
	}
}

// TestAPhoneShowsOneQuestionAtATime goes through a whole questionnaire on a phone: one screen at a time, its options and the
// button that leads on within sight, no menu, with scripts and without.
func TestAPhoneShowsOneQuestionAtATime(t *testing.T) {
	s := open(t)
	link := s.openLink(t)
	items := 0
	for _, p := range survey.Sitting(survey.M6) {
		items += len(p.Instrument.Items)
	}
	for _, scripts := range []bool{false, true} {
		t.Run(fmt.Sprint("scripts ", scripts), func(t *testing.T) {
			ctx := chromium(t)
			do(t, ctx, size(390, 800), call(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !scripts}))
			for _, lang := range []string{"", "/en"} {
				do(t, ctx, chromedp.Navigate(s.url+lang+link+"?q=0"))
				if v := see(t, ctx); v.Seen != 1 || v.At != "0" || v.Menu || v.Height > 1000 {
					t.Errorf("%s: the introduction: %+v", lang, v)
				}
				for n := range items {
					do(t, ctx, chromedp.Navigate(fmt.Sprintf("%s%s%s?q=%d", s.url, lang, link, n+1)))
					v := see(t, ctx)
					if v.Seen != 1 || v.At != strconv.Itoa(n+1) || v.Menu {
						t.Fatalf("%s, question %d: %+v", lang, n+1, v)
					}
					if v.Last > 800 || v.Next == 0 || v.Next > 800 {
						t.Errorf("%s, question %d: options end at %.0f, the button at %.0f of 800", lang, n+1, v.Last, v.Next)
					}
					if word := map[string]string{"": "%d от %d", "/en": "%d of %d"}[lang]; v.Word != fmt.Sprintf(word, n+1, items) {
						t.Errorf("%s, question %d: the line says %q", lang, n+1, v.Word)
					}
				}
			}
		})
	}
}

// TestAnswersAreKeptOnTheWay answers on a phone and looks after each step at what the server has.
func TestAnswersAreKeptOnTheWay(t *testing.T) {
	s := open(t)
	link := s.openLink(t)
	first, second := survey.Sitting(survey.M6)[0].Instrument.Items[0].ID, survey.Sitting(survey.M6)[0].Instrument.Items[1].ID
	kept := func(item string) string {
		v, err := s.survey.Open(t.Context(), strings.TrimPrefix(link, "/l/"))
		if err != nil {
			t.Fatal(err)
		}
		return v.Answers[survey.M6][item]
	}
	choose := func(item, code string) chromedp.Action[chromedp.Void] {
		return chromedp.Click(fmt.Sprintf(`input[name="m6.%s"][value="%s"]`, item, code))
	}
	for _, scripts := range []bool{false, true} {
		ctx := chromium(t)
		code := map[bool]string{false: "a", true: "b"}[scripts]
		do(t, ctx, size(390, 800), call(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !scripts}),
			chromedp.Navigate(s.url+link+"?q=1"), choose(first, code))
		if scripts {
			saved(t, ctx)
			if got := kept(first); got != code {
				t.Errorf("the page says saved, and the server has %q", got)
			}
		}
		do(t, ctx, chromedp.Click("[data-next]"), chromedp.WaitVisible(`.scr.now[data-n="2"]`))
		if got := kept(first); got != code {
			t.Errorf("scripts %v: after Next the server has %q, want %q", scripts, got, code)
		}
		do(t, ctx, choose(second, code), chromedp.Click("[data-back]"), chromedp.WaitVisible(`.scr.now[data-n="1"]`))
		if scripts {
			saved(t, ctx)
		}
		if got := kept(second); got != code {
			t.Errorf("scripts %v: after Back the server has %q, want %q", scripts, got, code)
		}
		do(t, ctx, chromedp.Navigate(s.url+link))
		if v := see(t, ctx); v.At != "3" {
			t.Errorf("scripts %v: opened again at %q, want the first question without an answer", scripts, v.At)
		}
	}
}

// TestADeskShowsEverythingOnOnePage looks at the same form at 1280: every question, within a column that can be read.
func TestADeskShowsEverythingOnOnePage(t *testing.T) {
	s := open(t)
	ctx := chromium(t)
	do(t, ctx, size(1280, 900), chromedp.Navigate(s.url+s.openLink(t)))
	v := see(t, ctx)
	width, err := chromedp.Run(ctx, chromedp.Evaluate[float64](`document.querySelector("form").getBoundingClientRect().width / parseFloat(getComputedStyle(document.documentElement).fontSize)`))
	if err != nil {
		t.Fatal(err)
	}
	if v.Seen < 40 || v.Next != 0 || width < 36 || width > 41 || v.Height > 12_000 {
		t.Errorf("%d screens shown, button at %.0f, %.1f rem wide, %.0f high", v.Seen, v.Next, width, v.Height)
	}
}

// TestGapsAreToldOnce sends a questionnaire with gaps: one list, each question once, each a link to its place.
func TestGapsAreToldOnce(t *testing.T) {
	s := open(t)
	link := s.openLink(t)
	code, body, _ := s.post(t, link, "", "application/x-www-form-urlencoded", strings.NewReader("act=finish"))
	if code != http.StatusUnprocessableEntity {
		t.Fatalf("answered %d", code)
	}
	_, after, _ := strings.Cut(body, `class="sum"`)
	list, _, _ := strings.Cut(after, "<form")
	if n := strings.Count(list, "без отговор"); n != 1 {
		t.Errorf("the summary says %d times that something is missing", n)
	}
	links := regexp.MustCompile(`href="\?q=(\d+)#(m6\.[a-z0-9]+)"`).FindAllStringSubmatch(list, -1)
	if len(links) < 30 {
		t.Errorf("%d links, want one for each gap", len(links))
	}
	for _, l := range links {
		if !strings.Contains(body, `id="`+l[2]+`" data-n="`+l[1]+`"`) {
			t.Errorf("the link to question %s leads nowhere", l[1])
		}
	}
	ctx := chromium(t)
	do(t, ctx, size(390, 800), chromedp.Navigate(s.url+link+"?q=0"))
	if err := evaluate(ctx, `document.querySelector("button[value=finish]").click()`); err != nil {
		t.Fatal(err)
	}
	do(t, ctx, chromedp.WaitVisible(".sum"))
	lists, err := chromedp.Run(ctx, chromedp.Evaluate[int](`[...document.querySelectorAll(".gaps")].filter((e) => e.getClientRects().length > 0).length`))
	if err != nil || lists != 1 {
		t.Errorf("%d lists of gaps are seen, %v", lists, err)
	}
}

// TestTheNumbersAgree reads the answers at six months from the first page, the page of the waves and the report.
func TestTheNumbersAgree(t *testing.T) {
	s := open(t)
	token := s.cookie(t, access.Manager)
	s.speak(t, access.Manager, "en")
	find := func(what, text, pattern string) string {
		t.Helper()
		m := regexp.MustCompile(pattern).FindStringSubmatch(text)
		if m == nil {
			t.Fatalf("no number on %s", what)
		}
		return m[1] + "/" + m[2]
	}
	_, home := s.ask(t, http.MethodGet, "/home", token)
	_, waves := s.ask(t, http.MethodGet, "/surveys", token)
	_, report := s.ask(t, http.MethodGet, "/impact", token)
	a := find("the first page", home, `(\d+) of (\d+) asked`)
	b := find("the waves", waves, `(\d+) of (\d+) asked have answered`)
	c := find("the report", report, `six months after the training: (\d+) of (\d+)`)
	if a != b || b != c {
		t.Errorf("the first page says %s, the waves %s, the report %s", a, b, c)
	}
}

// TestTheEvaluatorsFileTellsNoTraining reads the file by code: groups are labels, and a sector stands only where five or more
// of a group share it.
func TestTheEvaluatorsFileTellsNoTraining(t *testing.T) {
	s := open(t)
	_, body := s.ask(t, http.MethodGet, "/surveys/answers", s.cookie(t, access.Evaluator))
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(body, "\ufeff"))).ReadAll()
	if err != nil || len(rows) < 100 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	cells, group, blank := map[[2]string]int{}, map[string]int{}, 0
	for _, r := range rows[1:] {
		cells[[2]string{r[1], r[2]}]++
		group[r[1]]++
		if r[2] == "" {
			blank++
		}
		if !regexp.MustCompile(`^[A-Z0-9]{6}$`).MatchString(r[1]) {
			t.Fatalf("the group %q is no label", r[1])
		}
	}
	for cell, n := range cells {
		if n < 5 && (cell[1] != "" || n < group[cell[0]]) {
			t.Errorf("group %s has %d of sector %q", cell[0], n, cell[1])
		}
	}
	if blank == 0 || blank == len(rows)-1 {
		t.Errorf("%d of %d sectors are blank", blank, len(rows)-1)
	}
	if head := strings.Join(rows[0], ","); !strings.Contains(head, "re11") || !strings.Contains(head, "pr11") || strings.Contains(head, "pr07") {
		t.Errorf("the head is %s", head)
	}
}

// TestAnswersComeInThroughTheForm imports a data set: the file first, then its columns, which are recognised.
func TestAnswersComeInThroughTheForm(t *testing.T) {
	s := open(t)
	token := s.cookie(t, access.Manager)
	s.speak(t, access.Manager, "en")
	send := func(fields map[string]string, file string) (int, string, string) {
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		for k, v := range fields {
			w.WriteField(k, v) //nolint:errcheck // a buffer takes everything
		}
		if file != "" {
			f, _ := w.CreateFormFile("file", "t.csv")
			io.WriteString(f, file) //nolint:errcheck // as above
		}
		w.Close()
		return s.post(t, "/surveys/import", token, w.FormDataContentType(), &b)
	}
	table := "school,id,reading_pre,reading_post\na,1,10,20\na,2,11,22\nb,3,12,NA\n"
	code, page, _ := send(map[string]string{"key": "form", "study": "new", "act": "read"}, table)
	if code != http.StatusOK || !strings.Contains(page, `<option value="school" selected>`) || !strings.Contains(page, `<option value="reading_post" selected>`) {
		t.Fatalf("the columns were not recognised: %d", code)
	}
	travels := func() string { // the table, in the form
		t.Helper()
		m := regexp.MustCompile(`<textarea name="data" hidden>([^<]*)<`).FindStringSubmatch(page)
		if m == nil {
			t.Fatal("the table does not travel in the form")
		}
		return html.UnescapeString(m[1])
	}
	form := map[string]string{"key": "form", "study": "new", "act": "check", "data": travels(), "code": "id", "cohort": "school",
		"outcome_0": "reading", "title_bg_0": "Четене", "title_en_0": "Reading", "pre_0": "reading_pre", "post_0": "reading_post", "low_0": "0", "high_0": "15", "decimals_0": "1"}
	if code, page, _ = send(form, ""); code != http.StatusUnprocessableEntity || !strings.Contains(page, `href="#name"`) {
		t.Errorf("without a name: %d", code)
	}
	form["name"] = "byform"
	if code, page, _ = send(form, ""); code != http.StatusUnprocessableEntity || !strings.Contains(page, "Row 2, reading_post") {
		t.Errorf("an answer off the scale: %d", code)
	}
	form["high_0"] = "100"
	if code, page, _ = send(form, ""); code != http.StatusOK || !strings.Contains(page, "no fault in 3 rows") {
		t.Errorf("checking: %d", code)
	}
	form["act"] = "import"
	if code, _, to := send(form, ""); code != http.StatusSeeOther || !strings.HasPrefix(to, "/surveys?") {
		t.Errorf("importing: %d to %q", code, to)
	}
	if code, page, _ = send(form, ""); code != http.StatusOK || !strings.Contains(page, "Nothing was changed") {
		t.Errorf("a second time: %d", code)
	}
	if _, file := s.ask(t, http.MethodGet, "/surveys/answers?study=byform", s.cookie(t, access.Evaluator)); !strings.Contains(file, "reading.pre") || !strings.Contains(file, "2,a,,11") {
		t.Errorf("what was imported: %.200s", file)
	}
	// A table of paper answers is recognised by the numbers of its questions.
	item := survey.Sitting(survey.M6)[0].Instrument.Items[0].ID
	_, page, _ = send(map[string]string{"key": "paper", "study": "programme", "act": "read"}, "code,wave,"+item+",Q2\nXXXXXXXXXX,m6,a,b\n")
	if !strings.Contains(page, "<b>"+item+"</b>") || !strings.Contains(page, `<option value="in:wave" selected>`) {
		t.Error("the columns of a paper table were not recognised")
	}
	_, page, _ = send(map[string]string{"key": "paper", "study": "programme", "act": "read"}, "code,wave,"+item+"\n\n\nXXXXXXXXXX,m6,a\n")
	if code, page, _ = send(map[string]string{"key": "paper", "study": "programme", "act": "import", "code": "code", "wave": "in:wave", "data": travels()}, ""); code != http.StatusUnprocessableEntity || !strings.Contains(page, "Row 4, code") {
		t.Errorf("a code that was not given: %d", code)
	}
}

// TestRemindingIsAPress asks for reminders on the page of a wave.
func TestRemindingIsAPress(t *testing.T) {
	s := open(t)
	path := "/surveys/waves/" + string(s.past) + "/m6"
	token := s.cookie(t, access.Manager)
	s.speak(t, access.Manager, "en")
	code, _, to := s.post(t, path+"/remind", token, "application/x-www-form-urlencoded", strings.NewReader(url.Values{}.Encode()))
	if code != http.StatusSeeOther || !strings.HasPrefix(to, path+"?reminded=") {
		t.Fatalf("%d to %q", code, to)
	}
	if _, page := s.ask(t, http.MethodGet, to, token); !strings.Contains(page, "A reminder leaves now to") {
		t.Error("the page does not say what became of it")
	}
	if _, page := s.ask(t, http.MethodGet, path, s.cookie(t, access.Coordinator)); strings.Contains(page, "/remind") {
		t.Error("the coordinator is offered to remind")
	}
}
