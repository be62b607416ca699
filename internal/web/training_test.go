package web_test

import (
	"bytes"
	"context"
	"fmt"
	"html"
	"maps"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/org"
	"strengthen/internal/sheet"
	"strengthen/internal/training"
)

// fields reads the values of a form from a page: inputs, chosen options, and the sign of what was seen.
func fields(page string) url.Values {
	all := url.Values{}
	for _, tag := range regexp.MustCompile(`<(?:input|button)[^>]*>`).FindAllString(page, -1) {
		get := func(name string) string {
			if m := regexp.MustCompile(` ` + name + `="([^"]*)"`).FindStringSubmatch(tag); m != nil {
				return html.UnescapeString(m[1])
			}
			return ""
		}
		if strings.Contains(tag, `type="checkbox"`) && !strings.Contains(tag, "checked") {
			continue
		}
		if name := get("name"); name != "" && name != "act" {
			all.Add(name, get("value"))
		}
	}
	for _, m := range regexp.MustCompile(`(?s)<select id="([^"]*)".*?</select>`).FindAllStringSubmatch(page, -1) {
		if v := regexp.MustCompile(`value="([^"]*)" selected`).FindStringSubmatch(m[0]); v != nil {
			all.Set(m[1], v[1])
		}
	}
	return all
}

// pairs puts fields into the form in which they are posted, with some changed.
func pairs(all url.Values, changed ...string) []string {
	for i := 0; i < len(changed); i += 2 {
		all.Set(changed[i], changed[i+1])
	}
	var out []string
	for k, vs := range all {
		for _, v := range vs {
			out = append(out, k, v)
		}
	}
	return out
}

func (s *small) plan() (path string, form url.Values) {
	s.Helper()
	path = "/trainings/" + string(s.event.ID) + "/plan"
	code, page := s.get(path)
	s.want(code, page, 200, "See what will change")
	return path, fields(page)
}

func TestAPlanIsSavedAsItWasSeen(t *testing.T) {
	s := newSmall(t, "en")
	s.seat("Ана Илиева")
	s.seat("Боян Пеев")
	s.seat("Вяра Колева") // waits: there are two seats
	path, form := s.plan()
	page := s.expect(200, "seat offered", path, pairs(form, "act", "save", "capacity", "3")...) // nothing was seen yet
	for _, want := range []string{"Вяра Колева", "Was offered a seat: 1", "applicants and participants"} {
		if !strings.Contains(page, want) {
			t.Errorf("the preview does not say %q", want)
		}
	}
	if now, _ := s.training.Event(t.Context(), boss, s.event.ID); now.Capacity != 2 {
		t.Fatal("saved without having been seen")
	}
	seen := fields(page)
	page = s.expect(409, "has changed since you looked", path, pairs(seen, "act", "save", "capacity", "4")...)
	seen = fields(page)
	if now, _ := s.training.Event(t.Context(), boss, s.event.ID); now.Capacity != 2 {
		t.Fatal("another number was saved than was seen")
	}
	s.expect(200, "Saved.", path, pairs(seen, "act", "save")...)
	if now, _ := s.training.Event(t.Context(), boss, s.event.ID); now.Capacity != 4 || now.VenueEN != "Hall 1" || len(now.HalfDays) != 5 {
		t.Errorf("saved as %+v", now)
	}
	s.expect(409, "Somebody else changed", path, pairs(form, "act", "preview")...) // the version that was read is old
}

func TestWrongPlansKeepWhatWasTyped(t *testing.T) {
	s := newSmall(t, "en")
	path, form := s.plan()
	for name, tc := range map[string]struct{ field, value, want string }{
		"a capacity in words":          {"capacity", "many", `value="many"`},
		"not a number":                 {"need_share", "NaN", "at most 100%"},
		"infinity":                     {"need_share", "Inf", "at most 100%"},
		"a share in per cent":          {"need_share", "120", "at most 100%"},
		"a minimum above the capacity": {"min_education", "3", "above the capacity (2)"},
		"a share of a sector":          {"share_education", "101", "at most 100%"},
		"a half-day without an end":    {"h1_ends", "", "Half-day 1"},
	} {
		code, page := s.post(path, pairs(maps.Clone(form), "act", "preview", tc.field, tc.value)...)
		if code != 422 || !strings.Contains(page, tc.want) || !strings.Contains(page, `value="`+tc.value+`"`) {
			t.Errorf("%s: %d, and %q is not on the page with what was typed", name, code, tc.want)
		}
	}
	page := s.expect(200, "See what will change", path, pairs(form, "act", "fill", "first", "2026-06-05", "halves", "3", "capacity", "17")...)
	got := fields(page)
	if got.Get("h1_on") != "2026-06-05" || got.Get("h3_on") != "2026-06-08" || got.Get("h4_on") != "" || got.Get("capacity") != "17" {
		t.Errorf("days filled in from a Friday: %v", got)
	}
}

func TestAMoveIsShownFirst(t *testing.T) {
	s := newSmall(t, "en")
	s.seat("Ана Илиева")
	move := "/trainings/" + string(s.event.ID) + "/move"
	version := fmt.Sprint(s.event.Version)
	s.expect(422, "cannot begin in the past", move, "version", version, "first", "2026-02-02")
	s.expect(422, "must lie within the programme", move, "version", version, "first", "2028-02-01")
	s.expect(422, "Write a date", move, "version", version, "first", "утре")
	page := s.expect(200, "new date or place, with a new calendar invitation", move, "version", version, "first", "2026-05-16")
	if !strings.Contains(strings.ReplaceAll(page, "\u00a0", " "), "Monday, 18 May 2026, 09:00–12:30") {
		t.Error("a move to a Saturday does not show the Monday after")
	}
	if now, _ := s.training.Event(t.Context(), boss, s.event.ID); now.Starts() != s.event.Starts() {
		t.Fatal("moved without having been seen")
	}
	s.expect(200, "Saved.", "/trainings/"+string(s.event.ID)+"/plan", pairs(fields(page), "act", "save")...)
	if now, _ := s.training.Event(t.Context(), boss, s.event.ID); now.Starts().String() != "2026-05-18" || now.HalfDays[0].ID != s.event.HalfDays[0].ID {
		t.Errorf("moved to %+v", now.HalfDays)
	}
}

func TestStepsOfStaffAreShownFirst(t *testing.T) {
	s := newSmall(t, "en")
	first := s.seat("Ана Илиева")
	s.seat("Боян Пеев")
	s.seat("Вяра Колева")
	path := "/seats/" + string(first) + "/steps/withdraw"
	page := s.expect(200, "Вяра Колева", path)
	if s.view(first).Seat.State != training.Confirmed {
		t.Fatal("withdrawn without having been seen")
	}
	s.expect(200, "Saved.", path, "sign", fields(page).Get("sign"))
	if s.view(first).Seat.State != training.Withdrawn {
		t.Error("not withdrawn after it was seen")
	}
	call := "/trainings/" + string(s.event.ID) + "/cancel"
	page = s.expect(200, "training called off", call, "version", fmt.Sprint(s.event.Version))
	if now, _ := s.training.Event(t.Context(), boss, s.event.ID); now.State != training.Planned {
		t.Fatal("called off without having been seen")
	}
	s.expect(200, "is called off", call, "version", fmt.Sprint(s.event.Version), "sign", fields(page).Get("sign"))
}

func TestApplicantsComeInAsTheyWereSeen(t *testing.T) {
	s := newSmall(t, "en")
	path := "/imports/applicants/" + string(s.event.ID)
	head := "Име и фамилия *;Електронна поща;Сектор;Професия;Институция;Вид институция;Поща на ръководителя;Пол;Бележка\n"
	wrong := head + "\n\nАна Илиева;ana@example.org;Полиция;районен инспектор;Първо РУ;Районно управление на МВР;head@example.org;банан;x\n"
	code, page := s.file(path, "list.csv", []byte(wrong), "key", "k", "act", "check")
	s.want(code, page, 422, "Row 4, column H “Пол”: The value “банан” is not among those allowed.")
	for _, want := range []string{`href="#col-gender"`, `id="col-gender"`, "Allowed are: woman, man, other", "These columns are not read", "Бележка"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page of faults does not say %q", want)
		}
	}
	right := []byte(strings.ReplaceAll(wrong, "банан", "жена"))
	code, page = s.file(path, "list.csv", right, "key", "k", "act", "import") // without having been seen
	if code == 422 {
		t.Fatalf("%.3000s", page[strings.Index(page, `class="sum"`):])
	}
	s.want(code, page, 200, "request to endorse")
	roster := func() int {
		cards, err := s.training.Roster(t.Context(), boss, training.RosterFilter{Event: s.event.ID})
		s.must(err)
		return len(cards)
	}
	if roster() != 0 {
		t.Fatal("imported without having been seen")
	}
	seen := fields(page)
	code, page = s.file(path, "other.csv", []byte(strings.ReplaceAll(string(right), "Ана", "Яна")), "key", "k", "act", "import", "sign", seen.Get("sign"))
	s.want(code, page, 409, "has changed since you looked")
	code, page = s.file(path, "", nil, "key", "k", "act", "import", "sign", seen.Get("sign"), "kept", seen.Get("kept"))
	s.want(code, page, 200, "1 row was imported")
	if roster() != 1 {
		t.Errorf("%d people after the import", roster())
	}
	code, page = s.file(path, "old.xls", []byte("\xd0\xcf\x11\xe0\x00"), "key", "k2", "act", "check")
	s.want(code, page, 422, "save an older file (.xls) as XLSX")
	code, page = s.file(path, "nul.csv", []byte(head+"Ана \x00;a@example.org\n"), "key", "k3", "act", "check")
	s.want(code, page, 422, "Row 2, column A “Име и фамилия *”: The cell holds signs that are no text")
}

func TestTemplatesExplainThemselvesAndCanBeSent(t *testing.T) {
	s := newSmall(t, "bg")
	for path, want := range map[string][]string{
		"/imports/template/applicants.xlsx": {"Име и фамилия *", "Пол", "Поща на ръководителя *"},
		"/imports/trainings/template.xlsx":  {"Област *", "Първи ден *", "Обучители"},
	} {
		code, body := s.get(path)
		if code != 200 {
			t.Fatalf("%s: %d", path, code)
		}
		f, err := excelize.OpenReader(bytes.NewReader([]byte(body)))
		s.must(err)
		if got := strings.Join(f.GetSheetList(), " "); got != "Данни Указания Стойности" {
			t.Errorf("%s has the sheets %s", path, got)
		}
		rows, err := f.GetRows("Данни")
		s.must(err)
		for _, h := range want {
			if len(rows) != 1 || !strings.Contains(strings.Join(rows[0], "|"), h) {
				t.Errorf("%s: the head %q lacks %q, or rows follow it", path, rows[0], h)
			}
		}
		rules, err := f.GetDataValidations("Данни")
		if err != nil || len(rules) == 0 {
			t.Errorf("%s: no lists to choose from (%v)", path, err)
		}
	}
	// Filled in with the examples of the guide, the template of applicants is right.
	_, body := s.get("/imports/template/applicants.xlsx")
	f, err := excelize.OpenReader(bytes.NewReader([]byte(body)))
	s.must(err)
	guide, err := f.GetRows("Указания")
	s.must(err)
	for i, row := range guide[1:] {
		cell, err := excelize.CoordinatesToCellName(i+1, 2)
		s.must(err)
		if len(row) > 3 {
			s.must(f.SetCellStr("Данни", cell, row[3]))
		}
	}
	filled, err := f.WriteToBuffer()
	s.must(err)
	if _, err := sheet.Read(filled.Bytes()); err != nil {
		t.Fatal(err)
	}
	code, page := s.file("/imports/applicants/"+string(s.event.ID), "a.xlsx", filled.Bytes(), "key", "k", "act", "check")
	s.want(code, page, 200, "Проверката не намери грешки в 1 ред<")
}

func TestCertificatesSayWhatHappened(t *testing.T) {
	s := newSmall(t, "en")
	seat := s.seat("Ана Илиева")
	for i, h := range s.event.HalfDays {
		s.clock.Set(h.End())
		s.must(s.training.Mark(t.Context(), boss, s.event.ID, []training.Presence{{Enrolment: seat, HalfDay: h.ID, Status: training.Present, Method: training.ByList, ClientKey: fmt.Sprint(i)}}))
	}
	s.at(s.clock.Now())
	issue := "/trainings/" + string(s.event.ID) + "/certificates"
	code, page := s.get("/trainings/" + string(s.event.ID))
	s.want(code, page, 200, "Issue 1 certificate<")
	s.expect(200, "1 certificate was issued", issue)
	s.expect(200, "There was no certificate to issue", issue)
	code, page = s.get("/regions")
	s.want(code, page, 200, "Nothing waits")
	page = s.expect(422, "between 3 and 300", "/seats/"+string(seat)+"/revoke", "reason", "x")
	if !strings.Contains(page, `value="x"`) || !strings.Contains(page, "<details open>") || !strings.Contains(page, "Ана Илиева") {
		t.Error("a short reason loses the form")
	}
	first := s.view(seat).Certificate.Code
	s.expect(200, "is revoked", "/seats/"+string(seat)+"/revoke", "reason", "wrong name")
	code, page = s.get("/en/verify/" + first)
	if code != 200 || !strings.Contains(page, "was revoked on") || strings.Contains(page, "Completed on") || strings.Contains(page, ">–<") {
		t.Errorf("the public page of a revoked certificate: %d", code)
	}
	code, page = s.get("/trainings/" + string(s.event.ID))
	if strings.Contains(page, "Issue 1 certificate") {
		t.Errorf("%d: the page offers to issue what was revoked by hand", code)
	}
	s.expect(200, "1 certificate was issued", "/seats/"+string(seat)+"/certificate")
}

func TestBoardsCountEveryTrainingOfARegion(t *testing.T) {
	s := newSmall(t, "en")
	seat := s.seat("Ана Илиева")
	for i, h := range s.event.HalfDays {
		s.clock.Set(h.End())
		s.must(s.training.Mark(t.Context(), boss, s.event.ID, []training.Presence{{Enrolment: seat, HalfDay: h.ID, Status: training.Present, Method: training.ByList, ClientKey: fmt.Sprint(i)}}))
	}
	next := s.event
	next.ID, next.HalfDays = "", training.HalfDaysFrom(calendar.MustDate("2026-09-07"), 3)
	next.ApplyUntil, next.Release = calendar.MustDate("2026-08-20"), calendar.MustDate("2026-08-25").At(9, 0)
	_, err := s.training.Plan(t.Context(), boss, "second", next)
	s.must(err)
	s.at(s.clock.Now().Add(time.Hour))
	code, page := s.get("/home")
	s.want(code, page, 200, "1 professional has completed.\n839 remain to the target.")
	for _, want := range []string{"1 of 28", "1\u00a0to come or under way", "Issue 1 certificate"} {
		if !strings.Contains(page, want) && !strings.Contains(page, strings.ReplaceAll(want, "\u00a0", " ")) {
			t.Errorf("the home page does not say %q", want)
		}
	}
	code, page = s.get("/regions")
	s.want(code, page, 200, "2 trainings, completed in all: 1")
	if !strings.Contains(page, "Issue 1 certificate") {
		t.Error("the tile does not show the most urgent thing to do")
	}
	// A coordinator reads about the own region, without the targets of the country.
	id, _, err := s.org.Invite(t.Context(), boss, "coordinator", org.Invitation{Name: "Стоян Велев", Email: "stoyan@example.org", Lang: "en", Role: access.Coordinator, Region: "PER"})
	s.must(err)
	s.must(s.org.WelcomeGuest(t.Context(), id))
	s.signIn(id)
	code, page = s.get("/home")
	s.want(code, page, 200, "Pernik: 1 person has completed")
	for _, not := range []string{"of 28", "target", "month 5 of"} {
		if strings.Contains(page, not) {
			t.Errorf("the coordinator's page speaks of the country: %q", not)
		}
	}
	code, page = s.get("/trainings")
	s.want(code, page, 200, "7–8\u00a0September 2026")
	if strings.Contains(page, "11–13\u00a0May 2026") {
		t.Error("the list begins with the past")
	}
	code, page = s.get("/trainings?when=past")
	s.want(code, page, 200, "11–13\u00a0May 2026")
}

func TestEveryTabHasATitleOfItsOwn(t *testing.T) {
	s := newSmall(t, "en")
	seen := map[string]string{}
	for _, tab := range []string{"", "/people", "/door", "/plan"} {
		code, page := s.get("/trainings/" + string(s.event.ID) + tab)
		m := regexp.MustCompile(`<title>([^<]*)</title>`).FindStringSubmatch(page)
		if code != 200 || m == nil || seen[m[1]] != "" || !strings.Contains(m[1], "Pernik") {
			t.Errorf("%q: %d, title %v, which %q has too", tab, code, m, seen[m[1]])
			continue
		}
		seen[m[1]] = "tab " + tab
	}
}

func TestAHeadSendsAnotherAfterAgreeing(t *testing.T) {
	s := newSmall(t, "en")
	seat := s.seat("Ана Илиева") // endorsed by the team
	var link string
	for {
		n, err := s.org.SendDue(t.Context(), func(_ context.Context, m org.Message) error {
			if m.Kind == "endorse" {
				link = m.Vars["link"]
			}
			return nil
		})
		s.must(err)
		if n == 0 {
			break
		}
	}
	if link != "" {
		t.Fatal("the request to the head was sent although the team endorsed")
	}
	other, err := s.training.Apply(t.Context(), access.Public("r"), "head", training.Application{Event: s.event.ID, AgencyName: "Училище", AgencyKind: "school", HeadEmail: "head@example.org", Agreed: true,
		Person: org.Person{Name: "Боян Пеев", Email: "b@example.org", Lang: "bg", Sector: "education", Profession: "teacher", Region: "PER"}})
	s.must(err)
	_, err = s.org.SendDue(t.Context(), func(_ context.Context, m org.Message) error {
		if m.Kind == "endorse" {
			link = m.Vars["link"]
		}
		return nil
	})
	s.must(err)
	s.expect(200, "your agreement is on record", "/en"+link, "answer", "agree")
	s.expect(409, "answered already", "/en"+link, "answer", "notnow")
	code, page := s.get("/en" + link)
	s.want(code, page, 200, "Send another colleague instead")
	s.expect(422, "First and last name", "/en"+link, "answer", "replace", "name", "Вяра")
	s.expect(200, "we have the colleague whom you send", "/en"+link, "answer", "replace", "name", "Вяра Колева", "email", "v@example.org", "sector", "education", "profession", "teacher")
	code, page = s.get("/seats/" + string(other.Seat))
	s.want(code, page, 200, "the head of the institution")
	if s.view(other.Seat).Seat.State != training.Withdrawn || s.view(seat).Seat.State != training.Confirmed {
		t.Error("the wrong person was replaced")
	}
}

// TestPagesOfWhatIsSeenAreAccessible looks at the pages that only a form leads to, on a phone.
func TestPagesOfWhatIsSeenAreAccessible(t *testing.T) {
	s := newSmall(t, "en")
	first := s.seat("Ана Илиева")
	s.seat("Боян Пеев")
	s.seat("Вяра Колева")
	ctx := chromium(t)
	s.phone(ctx, "/seats/"+string(first))
	accessible(t, ctx)
	s.click(ctx, `form[action$="/withdraw"] button`)
	until(t, ctx, `document.querySelector("[name=sign]") !== null`)
	accessible(t, ctx)
	s.phone(ctx, "/imports/applicants/"+string(s.event.ID))
	s.must(evaluate(ctx, `(() => { const d = new DataTransfer();
		d.items.add(new File(["name,email,sector,profession,agency,agency_kind,head_email,gender\nАна Илиева,a@example.org,Полиция,districtinspector,Първо РУ,police_district,h@example.org,x\n"], "a.csv"));
		document.querySelector("#file").files = d.files; document.querySelector("[value=check]").click(); })()`))
	until(t, ctx, `document.querySelector(".sum") !== null && document.querySelector(".sum a").getAttribute("href") === "#col-profession"`)
	accessible(t, ctx)
	s.must(evaluate(ctx, `(() => { const d = new DataTransfer();
		d.items.add(new File(["name,email,sector,profession,agency,agency_kind,head_email,gender\nГина Донева,g@example.org,Полиция,district_inspector,Първо РУ,police_district,h@example.org,x\n"], "a.csv"));
		document.querySelector("#file").files = d.files; document.querySelector("[value=check]").click(); })()`))
	until(t, ctx, `document.querySelector("[value=import]") !== null && document.querySelector(".fx") !== null`)
	accessible(t, ctx)
}
