package web_test

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/casework"
	"strengthen/internal/org"
	"strengthen/internal/testkit"
)

// post sends a form as somebody, and returns the answer, with where it leads.
func (w *caseTown) post(who, path string, values url.Values) (int, string, string) {
	w.Helper()
	return w.body(who, path, "application/x-www-form-urlencoded", strings.NewReader(values.Encode()))
}

func (w *caseTown) body(who, path, kind string, body io.Reader) (int, string, string) {
	w.Helper()
	req, err := http.NewRequestWithContext(w.Context(), http.MethodPost, w.site.url+path, body)
	w.must(err)
	req.Header.Set("Content-Type", kind)
	req.Header.Set("Origin", w.site.url)
	req.AddCookie(&http.Cookie{Name: "session", Value: w.token[who]})
	res, err := client.Do(req)
	if err != nil {
		w.Fatalf("%s: %v", path, err)
	}
	defer res.Body.Close()
	page, err := io.ReadAll(res.Body)
	w.must(err)
	return res.StatusCode, res.Header.Get("Location"), string(page)
}

// newSignal gives a signal, and returns its address.
func (w *caseTown) newSignal() string {
	w.Helper()
	given, err := w.s.Enter(w.Context(), w.person["lead"], w.key(), casework.Signal{Channel: "phone", Source: casework.FromPerson, Region: "PER", Municipality: "PER32", Track: casework.Violence,
		Kinds: []casework.Kind{"physical"}, Setting: "family", Band: "7-9", Sex: "f", Words: casework.Words{Narrative: "Детето каза, че баща му го удря с колан."}})
	w.must(err)
	return "/signals/" + string(given.Signal)
}

var versionField = regexp.MustCompile(`name="version" value="(\d+)"`)

// versionAt is the version that the first form of a page carries.
func (w *caseTown) versionAt(who, path string) string {
	w.Helper()
	_, page := w.site.ask(w.T, http.MethodGet, path, w.token[who])
	m := versionField.FindStringSubmatch(page)
	if m == nil {
		w.Fatalf("no version on %s", path)
	}
	return m[1]
}

// TestLongTextsAreTaken sends minutes of four long texts, each with the text it was before: on the way that is many times what
// other forms may be.
func TestLongTextsAreTaken(t *testing.T) {
	w := newCaseTown(t)
	f := w.files["open"]
	at := "/cases/" + string(f.id) + "/meetings/" + f.meeting
	w.held(f)
	long, longer := url.Values{}, url.Values{}
	for _, x := range casework.MinuteFields() {
		long.Set(x, strings.Repeat("щ", 19_000))
		longer.Set("was_"+x, strings.Repeat("щ", 19_000))
		longer.Set(x, strings.Repeat("щ", 19_001))
	}
	for _, texts := range []url.Values{long, longer} {
		if code, _, page := w.post("lead", at+"/minutes", texts); code != http.StatusSeeOther {
			t.Errorf("minutes of four long texts: %d %.400s", code, page)
		}
	}
	if code, _, _ := w.post("lead", "/drafts", url.Values{"form": {at}, "risk": {longer.Get("risk")}, "was_risk": {longer.Get("was_risk")}, "worries": {longer.Get("worries")}}); code != http.StatusNoContent {
		t.Errorf("their draft: %d", code)
	}
}

// TestAForwardedSignalLeadsBackToTheInbox: whoever forwards a signal may see it no more, and does not land on a page that is
// not found.
func TestAForwardedSignalLeadsBackToTheInbox(t *testing.T) {
	w := newCaseTown(t)
	at := w.newSignal()
	code, where, _ := w.post("lead", at+"/steps/forward", url.Values{"version": {w.versionAt("lead", at)}, "unit": {string(w.agency["sad2"])}})
	if code != http.StatusSeeOther || where != "/signals?ok=forwarded" {
		t.Fatalf("forwarding leads to %q (%d)", where, code)
	}
	if code, _ := w.site.ask(t, http.MethodGet, where, w.token["lead"]); code != http.StatusOK {
		t.Errorf("the inbox: %d", code)
	}
}

// TestAnUrgentSignalIsAssessedAfterItsCaseIsOpen: a case may be opened from a signal as it comes. What the law wants to know of
// the signal is recorded afterwards, and its terms are met.
func TestAnUrgentSignalIsAssessedAfterItsCaseIsOpen(t *testing.T) {
	w := newCaseTown(t)
	at := w.newSignal()
	if code, where, page := w.post("lead", at+"/case", url.Values{"version": {w.versionAt("lead", at)}, "key": {"k"}}); code != http.StatusSeeOther {
		t.Fatalf("opening a case: %d %s %.300s", code, where, page)
	}
	for form, values := range map[string]url.Values{"/assess": {"outcome": {"violence"}}, "/happened": {"event": {"sender.answered"}}} {
		_, page := w.site.ask(t, http.MethodGet, at, w.token["lead"])
		if !strings.Contains(page, at+form) {
			t.Errorf("the page of the signal has no form %s", form)
		}
		values.Set("version", w.versionAt("lead", at))
		if code, _, page := w.post("lead", at+form, values); code != http.StatusSeeOther {
			t.Errorf("%s on a signal with a case: %d %.300s", form, code, page)
		}
	}
	v, err := w.s.OpenSignal(t.Context(), w.person["lead"], casework.SignalID(strings.TrimPrefix(at, "/signals/")))
	w.must(err)
	met := 0
	for _, c := range v.Clocks {
		if (c.Of.Ref == "D09" || c.Of.Ref == "D16") && c.State == casework.Met {
			met++
		}
	}
	if met != 2 {
		t.Errorf("%d of the two terms are met", met)
	}
}

// TestWhatWasTypedComesBackWithTheFault sends forms that are refused: whatever was typed or ticked stands in the page that comes
// back, and the fault at its field.
func TestWhatWasTypedComesBackWithTheFault(t *testing.T) {
	w := newCaseTown(t)
	f := w.files["open"]
	at := "/cases/" + string(f.id)
	plan, err := w.s.DraftPlan(t.Context(), w.person["lead"], w.key(), f.id)
	w.must(err)
	police := string(w.agency["police"])
	meeting := at + "/meetings/" + f.meeting
	for name, x := range map[string]struct {
		path   string
		values url.Values
		stands []string
	}{
		"who came to a meeting that has not begun": {meeting + "/hold", url.Values{"at": {"2030-01-01T10:00"}, "called": {police}, "came_" + police: {"stood_in"}, "who_" + police: {"инспектор Петров"}},
			[]string{`value="stood_in" selected`, `value="инспектор Петров"`, "Моментът още не е дошъл"}},
		"nothing of whether the police came": {meeting + "/hold", url.Values{"at": {"2026-03-02T10:00"}, "called": {police}, "came_" + police: {""}, "who_" + police: {"инспектор Петров"}},
			[]string{`<option value="">–</option><option value="yes">`, `value="инспектор Петров"`, "Посочете дали е дошла тази институция: Институция police.", `href="#hold-came_` + police + `"`, `id="hold-came_` + police + `"`}},
		"a meeting at no hour": {at + "/meetings", url.Values{"place": {"стая 2"}}, []string{`value="стая 2"`, "Това поле е задължително."}},
		"a safety screening": {at + "/restorative/" + f.restoring + "/screen", url.Values{"version": {"1"}, "reasons": {"кратко"}, "fear": {"1"}, "facilitator": {"медиатор Иванова"}, "role": {"relative"}, "informed": {"2026-03-01"}, "consent": {"yes"}, "by": {"бабата"}},
			[]string{">кратко</textarea>", `name="fear" value="1" checked`, `value="медиатор Иванова"`, `value="relative" selected`, `value="2026-03-01"`, `value="бабата"`}},
		"a police protection of the week before the signal": {at + "/protection", url.Values{"key": {"k"}, "granted": {"2026-02-20T10:00"}, "agency": {police}, "asked_by": {"child"}, "ground": {"danger"}, "ordered_by": {"head"}, "option": {"residential"}},
			[]string{`value="2026-02-20T10:00"`, "повече от два дни преди сигнала"}},
		"a participant who was informed tomorrow": {at + "/restorative/" + f.restoring + "/screen", url.Values{"version": {"1"}, "reasons": {"Детето не се бои от никого."}, "role": {"relative"}, "informed": {"2026-03-09"}}, []string{"още не е дошъл"}},
		"a draft with a day of review that is over": {at + "/plans/" + plan, url.Values{"long_term": {"Спокойно у дома."}, "review": {"2020-01-01"}, "parents_agree": {"1"}},
			[]string{"Спокойно у дома.</textarea>", `value="2020-01-01"`, `name="parents_agree" value="1" checked`}},
		"a draft that is adopted before it is complete": {at + "/plans/" + plan + "/adopt", url.Values{"version": {"1"}, "long_term": {"Спокойно у дома."}, "child_agrees": {"1"}},
			[]string{"Спокойно у дома.</textarea>", `name="child_agrees" value="1" checked`, `id="no_health-e"`}},
		"a task without words or institution": {at + "/plans/" + plan + "/tasks", url.Values{"service": {"social"}, "owner": {"agency"}, "due": {"2026-03-20"}, "indicator": {"три срещи"}},
			[]string{`value="три срещи"`, `id="tasks-what-e"`, `id="tasks-agency-e"`, "Изберете една от възможностите."}},
		"a signal learned of after it was received": {"/signals/new", url.Values{"key": {"k"}, "channel": {"phone"}, "source": {"person"}, "track": {"violence"}, "place": {"PER32"}, "band": {"7-9"}, "sex": {"f"}, "kinds": {"physical"},
			"narrative": {"Детето има синини."}, "received": {"2026-03-01T10:00"}, "learned": {"2026-03-02T10:00"}}, []string{"Детето има синини.</textarea>", "Подателят не може да е узнал"}},
		"a signal from an institution that does not exist": {"/signals/new", url.Values{"key": {"k"}, "channel": {"phone"}, "source": {"agency"}, "track": {"violence"}, "place": {"PER32"}, "band": {"7-9"}, "sex": {"f"}, "kinds": {"physical"},
			"narrative": {"Детето има синини."}, "source_agency": {"forged"}}, []string{`id="source_agency-e"`}},
	} {
		code, _, page := w.post("lead", x.path, x.values)
		if code != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", name, code)
		}
		for _, s := range x.stands {
			if !strings.Contains(page, s) {
				t.Errorf("%s: %q does not stand in the page", name, s)
			}
		}
	}
}

// held holds the meeting of a case, to which of the institutions called only the named came.
func (w *caseTown) held(f caseFile, here ...string) {
	w.Helper()
	v, err := w.s.OpenMeeting(w.Context(), w.person["lead"], f.id, f.meeting)
	w.must(err)
	var came []casework.Attended
	for _, x := range v.Meeting.Calls {
		a := casework.Attended{Agency: x.Agency, Came: "no"}
		if slices.ContainsFunc(here, func(name string) bool { return w.agency[name] == x.Agency }) {
			a.Came, a.Who = "yes", "инспекторът"
		}
		came = append(came, a)
	}
	w.must(w.s.Hold(w.Context(), w.person["lead"], f.id, f.meeting, w.now(), came))
}

// TestAFileThatIsTooLargeIsRefusedInWords sends forty megabytes over a real connection, and reads why they were not taken.
func TestAFileThatIsTooLargeIsRefusedInWords(t *testing.T) {
	w := newCaseTown(t)
	at := "/cases/" + string(w.files["open"].id)
	photo := append([]byte("\xff\xd8\xff\xe0"), make([]byte, 40<<20)...)
	if code, page := w.attach(at, "photo.jpg", photo); code != http.StatusUnprocessableEntity || !strings.Contains(page, "твърде голям: най-много 15") {
		t.Errorf("forty megabytes: %d %.300s", code, page)
	}
	if code, page := w.attach(at, "писмо.pdf", []byte("%PDF-1.4\n%%EOF\n")); code != http.StatusSeeOther {
		t.Fatalf("a letter: %d %.300s", code, page)
	}
	v, err := w.s.OpenCase(t.Context(), w.person["lead"], w.files["open"].id)
	w.must(err)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.site.url+"/files/"+v.Files[0].ID, nil)
	w.must(err)
	req.AddCookie(&http.Cookie{Name: "session", Value: w.token["lead"]})
	res, err := client.Do(req)
	w.must(err)
	defer res.Body.Close()
	how, params, err := mime.ParseMediaType(res.Header.Get("Content-Disposition"))
	if how != "attachment" || params["filename"] != "писмо.pdf" || err != nil {
		t.Errorf("the letter is called %q (%v)", res.Header.Get("Content-Disposition"), err)
	}
}

func (w *caseTown) attach(at, name string, content []byte) (int, string) {
	w.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	w.must(form.WriteField("key", w.key()))
	w.must(form.WriteField("part", "core"))
	part, err := form.CreateFormFile("file", name)
	w.must(err)
	_, err = part.Write(content)
	w.must(err)
	w.must(form.Close())
	code, _, page := w.body("lead", at+"/files", form.FormDataContentType(), &b)
	return code, page
}

// TestADraftDoesNotOverwriteWhatOthersWrote leaves a text unsent; somebody else saves another in the meantime. When the draft
// comes back and is sent, both texts are shown.
func TestADraftDoesNotOverwriteWhatOthersWrote(t *testing.T) {
	town := newCaseTown(t)
	w := &caseWalk{town, chromium(t)}
	f := w.files["open"]
	at := "/cases/" + string(f.id) + "/notes/" + f.note
	w.as("lead", at)
	w.must(evaluate(w.ctx, `{ const e = document.querySelector("#text"); e.value = "Детето е уплашено."; e.dispatchEvent(new Event("input", {bubbles: true})); e.dispatchEvent(new FocusEvent("focusout", {bubbles: true})); }`))
	until(t, w.ctx, `document.querySelector("#text").form.querySelector(".saved").textContent.includes("записана")`)
	w.must(w.s.EditNote(t.Context(), w.person["member"], f.id, f.note, casework.Form{"source": "посещение", "text": "Детето е спокойно."}, casework.Form{"source": "посещение", "text": "Детето плаче."}))
	w.as("lead", at)
	until(t, w.ctx, `document.querySelector("#text").value === "Детето е уплашено."`)
	w.must(evaluate(w.ctx, `window.before = true; document.querySelector("#text").form.querySelector("button:not([type=button])").click()`))
	until(t, w.ctx, `!window.before && document.readyState === "complete"`)
	w.says("Нищо не е презаписано", "Детето плаче.", "Детето е уплашено.")
}

// TestADraftIsForgottenWhateverPageItWasSentFrom: a page that came back with a fault keeps the draft under the same name as the
// page on which it began, and what was taken leaves none.
func TestADraftIsForgottenWhateverPageItWasSentFrom(t *testing.T) {
	town := newCaseTown(t)
	w := &caseWalk{town, chromium(t)}
	f := w.files["open"]
	at := "/cases/" + string(f.id)
	plan, err := w.s.DraftPlan(t.Context(), w.person["lead"], w.key(), f.id)
	w.must(err)
	w.held(f)
	for _, x := range [][3]string{{at + "/plan", "/plans/" + plan, "long_term"}, {at + "/meetings/" + f.meeting, "/minutes", "risk"}, {at + "/meetings/" + f.meeting, "/bring", "text"}, {at + "/restorative", "/restorative", "why"}} {
		w.as("lead", x[0])
		w.types(x[1], map[string]string{x[2]: strings.Repeat("щ", 20_001), "kind": "worry", "nature": "fact", "source": "посещение", "method": "conference"})
		w.must(evaluate(w.ctx, `window.before = true; `+formAt(x[1])+`.querySelector("button:not([type=button])").click()`))
		until(t, w.ctx, `!window.before && document.readyState === "complete" && document.querySelector(".sum") !== null`)
		if n := testkit.Count(t, w.site.db, "SELECT count(*) FROM draft"); n != 1 {
			t.Errorf("%s: %d drafts of what was refused", x[1], n)
		}
		w.types(x[1], map[string]string{x[2]: "Сега е по-кратко."})
		w.send(x[1], nil, "")
		if n := testkit.Count(t, w.site.db, "SELECT count(*) FROM draft"); n != 0 {
			t.Errorf("%s: %d drafts of what was taken", x[1], n)
		}
	}
}

// TestADraftBringsEveryFieldBack: a form with rows, ticks and a text is left unsent; it comes back as it was, in a fold that is open.
func TestADraftBringsEveryFieldBack(t *testing.T) {
	town := newCaseTown(t)
	w := &caseWalk{town, chromium(t)}
	f, lead := w.files["open"], w.person["lead"]
	w.must(w.s.ReferRestorative(t.Context(), lead, w.key(), f.id, "conference", "Бабата иска семейството да се събере."))
	at := "/cases/" + string(f.id) + "/restorative"
	w.as("lead", at)
	const rows = `const f = [...document.forms].find((f) => f.action.endsWith("/screen")); const all = (name) => [...f.querySelectorAll("[name=" + name + "]")];`
	w.must(evaluate(w.ctx, `{ `+rows+`
		all("role")[0].value = "child"; all("role")[1].value = "parent"; all("informed")[1].value = "2026-03-02"; all("by")[0].value = "майката";
		all("independent")[0].checked = true; f.querySelector("textarea").value = "Две дълги изречения.";
		f.dispatchEvent(new Event("input", {bubbles: true})); f.dispatchEvent(new FocusEvent("focusout", {bubbles: true})); }`))
	until(t, w.ctx, formAt("/screen")+`.querySelector(".saved").textContent.includes("записана")`)
	w.as("lead", at)
	until(t, w.ctx, formAt("/screen")+`.querySelector(".saved").textContent.includes("Върната")`)
	got := w.read(`(() => { ` + rows + ` return JSON.stringify([all("role")[0].value, all("role")[1].value, all("role")[2].value, all("informed")[0].value, all("informed")[1].value, all("by")[0].value,
		all("independent")[0].checked, all("unbound")[0].checked, f.querySelector("textarea").value, f.closest("details").open]); })()`)
	if want := `["child","parent","","","2026-03-02","майката",true,false,"Две дълги изречения.",true]`; got != want {
		t.Errorf("came back as %s, want %s", got, want)
	}
}

// TestMinutesThatWaitStandInTheWorkOfWhoSigns: the term of seventy-two hours stands among the work of the institution, with the
// way to the minutes.
func TestMinutesThatWaitStandInTheWorkOfWhoSigns(t *testing.T) {
	w := newCaseTown(t)
	f, lead := w.files["open"], w.person["lead"]
	w.held(f, "police")
	w.must(w.s.WriteMinutes(t.Context(), lead, f.id, f.meeting, casework.Form{}, casework.Form{"risk": "Висок, докато бащата е у дома."}))
	w.must(w.s.EndMinutes(t.Context(), lead, f.id, f.meeting, time.Time{}))
	if _, page := w.site.ask(t, http.MethodGet, "/work", w.token["member"]); !strings.Contains(page, "/cases/"+string(f.id)+"/meetings/"+f.meeting) || !strings.Contains(page, "Подписване на протокола") {
		t.Error("the minutes do not stand in the work of the member")
	}
}

// TestTheOfficerOfDataProtectionFollowsNoDeadLink: whoever sees only who has looked gets links to nothing else of the case.
func TestTheOfficerOfDataProtectionFollowsNoDeadLink(t *testing.T) {
	w := newCaseTown(t)
	at := "/cases/" + string(w.files["open"].id)
	_, page := w.site.ask(t, http.MethodGet, at+"/access", w.token["officer"])
	links := regexp.MustCompile(`href="(`+at+`[^"]*)"`).FindAllStringSubmatch(page, -1)
	if len(links) == 0 {
		t.Fatal("no link to the page itself")
	}
	for _, m := range links {
		if code, _ := w.site.ask(t, http.MethodGet, m[1], w.token["officer"]); code != http.StatusOK {
			t.Errorf("%s: %d", m[1], code)
		}
	}
}

// TestLooksInARowStandOnOneLine: whoever opens a case five times in a row stands in the record of it with how often.
func TestLooksInARowStandOnOneLine(t *testing.T) {
	w := newCaseTown(t)
	at := "/cases/" + string(w.files["open"].id)
	for range 5 {
		w.site.ask(t, http.MethodGet, at, w.token["member"])
	}
	_, page := w.site.ask(t, http.MethodGet, at+"/access", w.token["head"])
	_, list, _ := strings.Cut(page, "Кой го е отварял</h2>")
	if n := strings.Count(list, "Лице member</th>"); n < 1 || n > 2 || !strings.Contains(list, " пъти от") { // the head's own look may fall between them
		t.Errorf("the member stands on %d lines", n)
	}
}

// TestATaskOfMinutesThatAreNotYetSignedStandsInThePlan: it keeps the case from being closed, so its lead has to see it.
func TestATaskOfMinutesThatAreNotYetSignedStandsInThePlan(t *testing.T) {
	w := newCaseTown(t)
	f, lead := w.files["open"], w.person["lead"]
	w.held(f)
	w.must(w.s.AddTask(t.Context(), lead, w.key(), f.id, casework.Task{Meeting: f.meeting, Service: "social", Owner: "agency", Agency: w.agency["police"], Text: "Обход на адреса", Indicator: "четири обхода", Due: calendar.On(w.now()).AddDays(14)}))
	if _, page := w.site.ask(t, http.MethodGet, "/cases/"+string(f.id)+"/plan", w.token["lead"]); !strings.Contains(page, "Обход на адреса") {
		t.Error("the task does not stand in the plan")
	}
}

// TestWrongInputOfCasesIsSaidInWordsAtItsField sends what people get wrong in the work on cases, in both languages: the message
// stands at the field that is wrong, what was typed beside it stays in the form, and nothing is half-written.
func TestWrongInputOfCasesIsSaidInWordsAtItsField(t *testing.T) {
	w := newCaseTown(t)
	f, lead := w.files["open"], w.person["lead"]
	at := "/cases/" + string(f.id)
	school, police := string(w.agency["school"]), string(w.agency["police"])
	plan, err := w.s.DraftPlan(t.Context(), lead, w.key(), f.id)
	w.must(err)
	v, err := w.s.OpenCase(t.Context(), lead, f.id)
	w.must(err)
	for _, x := range v.Seats {
		if string(x.Seat.Agency) == school {
			w.must(w.s.Leave(t.Context(), lead, f.id, x.ID))
		}
	}
	c := v.Clocks[0]
	w.must(w.s.ReferRestorative(t.Context(), lead, w.key(), f.id, "mediation", "Бабата иска семейството да се събере."))
	all, err := w.s.OpenRestorative(t.Context(), lead, f.id)
	w.must(err)
	process := all.Processes[0]
	for name, x := range map[string]struct {
		path, field string // where, and the mark of the message at its field
		values      url.Values
		bg, en      string
		stands      []string
	}{
		"a signal without a place": {"/signals/new", `id="place-e"`, url.Values{"key": {"k"}, "channel": {"phone"}, "source": {"person"}, "track": {"violence"}, "band": {"7-9"}, "sex": {"f"}, "kinds": {"physical"}, "narrative": {"Детето има синини."}},
			"Посочете областта.", "Name the region.", []string{"Детето има синини.</textarea>"}},
		"a signal of anybody with a personal number": {"/signal", `id="narrative-e"`, url.Values{"key": {"k"}, "source": {"person"}, "place": {"PER"}, "band": {"7-9"}, "sex": {"f"}, "narrative": {"Детето с ЕГН 1545120008 има синини. Телефон 0888123456."}},
			"В текста стои ЕГН", "В текста стои ЕГН", []string{"Детето с ЕГН 1545120008 има синини. Телефон 0888123456.</textarea>"}},
		"the same in English": {"/en/signal", `id="narrative-e"`, url.Values{"key": {"k"}, "source": {"person"}, "place": {"PER"}, "band": {"7-9"}, "sex": {"f"}, "narrative": {"Детето с ЕГН 1545120008 има синини. Телефон 0888123456."}},
			"There is a personal number", "There is a personal number", []string{"Детето с ЕГН 1545120008 има синини. Телефон 0888123456.</textarea>"}},
		"a note with a personal number": {at + "/notes", `id="notes-text-e"`, url.Values{"key": {"k"}, "part": {"core"}, "nature": {"fact"}, "source": {"посещение"}, "text": {"Детето с ЕГН 1545120008 е спокойно."}},
			"В текста стои ЕГН", "There is a personal number", []string{"Детето с ЕГН 1545120008 е спокойно.</textarea>"}},
		"a meeting before its case": {at + "/meetings", `id="meetings-at-e"`, url.Values{"at": {"2026-02-20T10:00"}, "place": {"зала 4"}},
			"Срещата не може да е преди", "The meeting cannot be before", []string{`value="2026-02-20T10:00"`, `value="зала 4"`}},
		"a meeting in the hour that is skipped": {at + "/meetings", `id="meetings-at-e"`, url.Values{"at": {"2026-03-29T03:30"}, "place": {"зала 4"}},
			"Такъв час няма", "There is no such hour", []string{`value="2026-03-29T03:30"`, `value="зала 4"`}},
		"a share without an end": {at + "/shares", `id="shares-days-e"`, url.Values{"agency": {police}, "parts": {"core"}, "purpose": {"service"}, "ground": {"36g"}},
			"Напишете цяло число.", "Write a whole number.", []string{`value="` + police + `" selected`, `name="parts" value="core" checked`}},
		"a share of a thousand days": {at + "/shares", `id="shares-days-e"`, url.Values{"agency": {police}, "parts": {"core"}, "purpose": {"service"}, "ground": {"36g"}, "days": {"1000"}},
			"Посочете от 1 до 180 дни.", "Give from 1 to 180 days.", []string{`value="1000"`}},
		"a task for an institution that left": {at + "/plans/" + plan + "/tasks", `id="tasks-agency-e"`, url.Values{"service": {"social"}, "owner": {"agency"}, "agency": {school}, "what": {"Две посещения"}, "due": {"2026-03-20"}, "indicator": {"две посещения"}},
			"", "", []string{`value="две посещения"`}},
		"a forged reference in an emergency": {"/emergency", `id="emergency-ref-e"`, url.Values{"key": {"k"}, "ref": {"PER-2026-9999"}, "category": {"life"}, "reason": {"Спешно трябва да видя къде е детето."}},
			"Няма случай с този номер", "There is no case of this reference", []string{`value="PER-2026-9999"`, "Спешно трябва да видя къде е детето."}},
		"a forged reference of a case of the same family": {at + "/group", `id="group-ref-e"`, url.Values{"kind": {"siblings"}, "ref": {"PER-2026-9999"}}, "", "", []string{`value="PER-2026-9999"`}},
		"a request without a day": {at + "/requests", `id="requests-due-e"`, url.Values{"agency": {police}, "ask": {"information"}, "text": {"Моля за сведения."}},
			"Това поле е задължително.", "This field is required.", []string{"Моля за сведения.</textarea>"}},
		"a screening of somebody informed on a day to come": {at + "/restorative/" + process.ID + "/screen", `id="screen-people-e"`, url.Values{"version": {strconv.Itoa(process.Version)}, "reasons": {"Никой не се страхува от друг."}, "role": {"child"}, "informed": {"2030-01-01"}, "consent": {"yes"}, "by": {"Майката"}},
			"още не е дошъл.</p>", "has not come yet.</p>", []string{`value="2030-01-01"`, `value="Майката"`}},
		"a clock corrected into another century": {"/clocks/" + string(c.ID) + "/correct", `id="correct-start-e"`, url.Values{"start": {"0202-03-01T10:00"}, "reason": {"late_entry"}},
			"Проверете годината", "Check the year", []string{`value="0202-03-01T10:00"`, `value="late_entry" selected`}},
	} {
		for _, lang := range []string{"bg", "en"} {
			w.must(w.site.org.SetLanguage(t.Context(), lead, lang))
			code, _, page := w.post("lead", x.path, x.values)
			said := map[string]string{"bg": x.bg, "en": x.en}[lang]
			if code != http.StatusUnprocessableEntity || !strings.Contains(page, x.field) || !strings.Contains(page, said) {
				t.Errorf("%s in %s: %d, at its field %v, in words %v", name, lang, code, strings.Contains(page, x.field), strings.Contains(page, said))
			}
			for _, s := range x.stands {
				if !strings.Contains(page, s) {
					t.Errorf("%s in %s: %q does not stand in the page", name, lang, s)
				}
			}
		}
	}
}

// TestTwoLeadsAtOnceAreToldApart: two people name a lead from pages that both read before. The second is told, and the choice
// still stands in the form.
func TestTwoLeadsAtOnceAreToldApart(t *testing.T) {
	w := newCaseTown(t)
	at := "/cases/" + string(w.files["open"].id)
	version := w.versionAt("head", at)
	colleague := string(w.person["colleague"].Person)
	if code, _, page := w.post("head", at+"/lead", url.Values{"version": {version}, "lead": {colleague}}); code != http.StatusSeeOther {
		t.Fatalf("the first: %d %.300s", code, page)
	}
	code, _, page := w.post("head", at+"/lead", url.Values{"version": {version}, "lead": {string(w.person["lead"].Person)}})
	if code != http.StatusConflict || !strings.Contains(page, "Междувременно някой друг промени записа.") || !strings.Contains(page, `value="`+string(w.person["lead"].Person)+`" selected`) {
		t.Errorf("the second: %d", code)
	}
	if got, err := w.s.OpenCase(t.Context(), w.person["head"], w.files["open"].id); err != nil || string(got.Case.Lead) != colleague {
		t.Errorf("the case is led by %s: %v", got.Case.Lead, err)
	}
}

// TestAStartCorrectedOverAnEscalationShowsBoth: a term whose escalation has gone out begins a day earlier than was written. The
// page shows the new start, keeps the old one among its changes, and says that the term is over.
func TestAStartCorrectedOverAnEscalationShowsBoth(t *testing.T) {
	w := newCaseTown(t)
	v, err := w.s.OpenCase(t.Context(), w.person["lead"], w.files["open"].id)
	w.must(err)
	_, err = w.s.SweepClocks(t.Context())
	w.must(err)
	for _, c := range v.Clocks {
		if !c.Live() {
			continue
		}
		path := "/clocks/" + string(c.ID)
		if c.Listed() {
			if _, page := w.site.ask(t, http.MethodGet, path, w.token["lead"]); strings.Contains(page, path+"/correct") {
				t.Errorf("%s: the page offers to correct what it refuses", c.Of.Ref)
			}
			continue
		}
		code, _, page := w.post("lead", path+"/correct", url.Values{"start": {"2026-02-20T08:15"}, "reason": {"late_entry"}})
		if code != http.StatusSeeOther {
			t.Fatalf("%s: %d %.300s", c.Of.Ref, code, page)
		}
		_, page = w.site.ask(t, http.MethodGet, path, w.token["lead"])
		page = strings.ReplaceAll(page, "\u00a0", " ")
		for _, s := range []string{"20 февруари 2026 г., 08:15", "2 март 2026 г., 09:00"} {
			if !strings.Contains(page, s) {
				t.Errorf("%s: %q does not stand in the page", c.Of.Ref, s)
			}
		}
	}
}

// TestOfTwoNamesakesItIsSaidWhoIsExcluded: two people of one name work in two institutions; whoever excludes one by address reads
// which of them it was, then and later.
func TestOfTwoNamesakesItIsSaidWhoIsExcluded(t *testing.T) {
	w := newCaseTown(t)
	at := "/cases/" + string(w.files["open"].id) + "/access"
	operator := boss
	operator.Via = access.ViaCommand // so that the roles wait for nobody
	for _, kind := range []string{"school", "police"} {
		id, _, err := w.site.org.Invite(t.Context(), operator, "namesake/"+kind, org.Invitation{Name: "Мария Иванова", Email: "maria@" + kind + ".example.org", Lang: "bg", Role: access.Partner, Agency: w.agency[kind]})
		w.must(err)
		w.must(w.site.org.WelcomeGuest(t.Context(), id, ""))
	}
	code, where, page := w.post("lead", "/cases/"+string(w.files["open"].id)+"/barred", url.Values{"email": {"maria@school.example.org"}, "reason": {"съседка на семейството"}})
	if code != http.StatusSeeOther {
		t.Fatalf("%d %.300s", code, page)
	}
	_, page = w.site.ask(t, http.MethodGet, where, w.token["lead"])
	if !strings.Contains(page, "Изключен от случая е: Мария Иванова (Партньор в екипа · Институция school).") {
		t.Errorf("after the exclusion the page says %q", regexp.MustCompile(`role="status">[^<]*`).FindAllString(page, -1))
	}
	_, page = w.site.ask(t, http.MethodGet, at, w.token["lead"])
	_, list, _ := strings.Cut(page, "Изключени хора</h2>")
	list, _, _ = strings.Cut(list, "</ul>")
	if !strings.Contains(list, "Мария Иванова") || !strings.Contains(list, "Институция school") || strings.Contains(list, "Институция police") || strings.Contains(page, "Изключен от случая е") {
		t.Errorf("the list of those excluded: %s", list)
	}
}
