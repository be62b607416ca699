package web_test

import (
	"bytes"
	"encoding/csv"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"strengthen/internal/access"
	"strengthen/internal/survey"
)

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
	c := find("the report", report, `after 6 months (\d+)/(\d+)`)
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
	form := map[string]string{"key": "form", "study": "new", "act": "check", "data": table, "code": "id", "cohort": "school",
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
	if code, page, _ = send(map[string]string{"key": "paper", "study": "programme", "act": "import", "code": "code", "wave": "in:wave", "data": "code,wave," + item + "\nXXXXXXXXXX,m6,a\n"}, ""); code != http.StatusUnprocessableEntity || !strings.Contains(page, "Row 2, code") {
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
