package web_test

import (
	"archive/zip"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"

	"strengthen/internal/access"
	"strengthen/internal/org"
)

// Erasure through the pages: the officer confirms, cannot erase alone, and another person does.
func TestTwoPeopleEraseThroughThePages(t *testing.T) {
	s := open(t)
	officer, admin := s.cookie(t, access.DataProtection), s.cookie(t, access.Administrator)
	status, page := s.ask(t, http.MethodGet, "/data", officer)
	if status != http.StatusOK {
		t.Fatalf("%d: %.400s", status, page)
	}
	_, at, ok := strings.Cut(page, `action="/data/items/`)
	if !ok {
		t.Fatalf("nothing is proposed after two years: %.2000s", page)
	}
	id, _, _ := strings.Cut(at, "/")
	if status, _ := s.ask(t, http.MethodPost, "/data/items/"+id+"/erase", admin); status != http.StatusConflict {
		t.Errorf("what nobody confirmed: %d", status)
	}
	const second = "1 изтриване чака втори човек"
	if _, home := s.ask(t, http.MethodGet, "/home", officer); !strings.Contains(home, "за изтриване</a>") {
		t.Errorf("the first page of the officer does not tell what is proposed")
	}
	if _, home := s.ask(t, http.MethodGet, "/home", admin); strings.Contains(home, second) || strings.Contains(home, "за изтриване</a>") {
		t.Error("what the officer has not confirmed waits for the second person")
	}
	if status, _ := s.ask(t, http.MethodPost, "/data/items/"+id+"/confirm", officer); status != http.StatusSeeOther {
		t.Errorf("confirmed: %d", status)
	}
	if _, home := s.ask(t, http.MethodGet, "/home", admin); !strings.Contains(home, second) {
		t.Error("the first page of the second person does not tell that an erasure waits")
	}
	if _, home := s.ask(t, http.MethodGet, "/home", officer); strings.Contains(home, second) {
		t.Error("the erasure that the officer confirmed waits for the officer")
	}
	if status, page := s.ask(t, http.MethodPost, "/data/items/"+id+"/erase", officer); status != http.StatusConflict || !strings.Contains(page, `class="sum"`) {
		t.Errorf("the officer alone: %d", status)
	}
	if _, page := s.ask(t, http.MethodGet, "/data", officer); strings.Contains(page, "/data/items/"+id+"/erase") {
		t.Error("the officer is offered to erase what the officer confirmed")
	}
	if status, _ := s.ask(t, http.MethodPost, "/data/items/"+id+"/erase", admin); status != http.StatusSeeOther {
		t.Errorf("another person: %d", status)
	}
	if _, page := s.ask(t, http.MethodGet, "/data", officer); strings.Contains(page, id) {
		t.Error("what is erased is still on the page")
	}
	if _, home := s.ask(t, http.MethodGet, "/home", admin); strings.Contains(home, second) {
		t.Error("the erasure still waits after it was done")
	}
}

// A copy in a seeded world, in each form, holds the person's own name and no name or address of anybody else.
func TestACopyNamesNobodyElse(t *testing.T) {
	s := open(t)
	manager := access.Actor{Via: access.ViaCommand, Grants: []access.Grant{{Role: access.Manager}}}
	var everybody []org.Person
	for after := ""; ; {
		some, next, err := s.org.PeoplePage(t.Context(), manager, org.PersonFilter{After: after, Limit: 501}, 500)
		if err != nil {
			t.Fatal(err)
		}
		everybody = append(everybody, some...)
		if after = next; next == "" {
			break
		}
	}
	for _, role := range []access.Role{access.Participant, access.Trainer, access.Supervisor} {
		own := everybody[slices.IndexFunc(everybody, func(p org.Person) bool { return p.ID == s.guests[role] })]
		token := s.cookie(t, role)
		for _, format := range []string{"json", "html", "xlsx"} {
			status, body := s.ask(t, http.MethodGet, "/me/copy/"+format, token)
			if status != http.StatusOK {
				t.Fatalf("%s as %s: %d", role, format, status)
			}
			if format == "xlsx" {
				body = unzipped(t, body)
			}
			if !strings.Contains(body, own.Name) || !strings.Contains(body, own.Email) {
				t.Errorf("the copy of %s as %s lacks the own name or address", role, format)
			}
			for _, p := range everybody {
				if p.ID != own.ID && (p.Name != own.Name && strings.Contains(body, p.Name) || strings.Contains(body, p.Email)) {
					t.Errorf("the copy of %s as %s names somebody else", role, format)
					break
				}
			}
		}
	}
	if len(everybody) < 200 {
		t.Errorf("the world has %d people", len(everybody))
	}
}

// A large export through the pages: asked for, agreed to by another person, made, and taken once, locked.
func TestAnExportThroughThePages(t *testing.T) {
	s := open(t)
	manager, officer := s.cookie(t, access.Manager), s.cookie(t, access.DataProtection)
	post := func(token, path string, form url.Values) (int, string) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+path, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", s.url)
		req.AddCookie(&http.Cookie{Name: "session", Value: token})
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
	ask := url.Values{"key": {"one"}, "what": {"people"}, "fields": {"name", "email"}, "purpose": {"Отчет пред Комисията"}, "recipient": {"DG JUST"}}
	if status, page := post(manager, "/exports", url.Values{"what": {"people"}, "key": {"none"}}); status != http.StatusUnprocessableEntity || !strings.Contains(page, `id="people-purpose"`) {
		t.Errorf("an empty form: %d", status)
	}
	if status, page := post(manager, "/exports", ask); status != http.StatusSeeOther {
		t.Fatalf("asked: %d %.2000s", status, page)
	}
	_, page := s.ask(t, http.MethodGet, "/exports", officer)
	_, at, _ := strings.Cut(page, `action="/exports/`)
	id, _, _ := strings.Cut(at, "/")
	if status, _ := post(officer, "/exports/"+id+"/answer", url.Values{"agree": {"yes"}}); status != http.StatusSeeOther {
		t.Fatalf("agreed: %d", status)
	}
	if err := s.privacy.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if status, page := post(manager, "/exports/"+id+"/file", url.Values{"passphrase": {"твърде къса"}}); status != http.StatusUnprocessableEntity || strings.Contains(page, "твърде къса") {
		t.Errorf("a short passphrase: %d, or it came back", status)
	}
	const pass = "пет зелени кофи до портата"
	status, file := post(manager, "/exports/"+id+"/file", url.Values{"passphrase": {pass}})
	if status != http.StatusOK || !strings.HasPrefix(file, "age-encryption.org/v1\n-> scrypt ") {
		t.Fatalf("taken: %d %.40q", status, file)
	}
	identity, err := age.NewScryptIdentity(pass)
	if err != nil {
		t.Fatal(err)
	}
	open, err := age.Decrypt(strings.NewReader(file), identity)
	if err != nil {
		t.Fatal(err)
	}
	book, err := io.ReadAll(open)
	if err != nil {
		t.Fatal(err)
	}
	if inside := unzipped(t, string(book)); !strings.Contains(inside, "DG JUST") || strings.Count(inside, "@example.org") < 200 {
		t.Error("the workbook lacks its recipient or its rows")
	}
	if status, _ := post(manager, "/exports/"+id+"/file", url.Values{"passphrase": {pass}}); status != http.StatusConflict {
		t.Errorf("a second time: %d", status)
	}
}

func unzipped(t *testing.T, body string) string {
	t.Helper()
	z, err := zip.NewReader(strings.NewReader(body), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(&all, r); err != nil {
			t.Fatal(err)
		}
		r.Close()
	}
	return all.String()
}
