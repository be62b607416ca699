package web

import (
	"net/http"
	"strings"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/fault"
	"strengthen/internal/org"
	"strengthen/internal/survey"
	"strengthen/internal/training"
)

func (s *Server) publicRoutes() []Route {
	return []Route{
		{"GET /{$}", access.SeePublic, true, 0, s.front, false},
		{"GET /privacy", access.SeePublic, true, 0, s.privacy, false},
		{"GET /accessibility", access.SeePublic, true, 0, s.accessibility, false},
		{"GET /roles", access.SeePublic, true, 0, s.showRoles, false},
		{"GET /apply", access.ApplyForSeat, true, 0, s.applyList, false},
		{"GET /apply/{id}", access.ApplyForSeat, true, 0, s.applyForm, false},
		{"POST /apply/{id}", access.ApplyForSeat, true, 0, s.apply, false},
		{"GET /verify", access.CheckCert, true, 0, s.verifyForm, false},
		{"GET /verify/{code}", access.CheckCert, true, 0, s.verify, false},
	}
}

type privacyPage struct {
	Page
	Ends calendar.Date // when the map from codes to people is deleted; zero without a programme
}

func (s *Server) privacy(w http.ResponseWriter, r *http.Request) error {
	p := privacyPage{Page: s.publicPage(r, "")}
	p.Title = p.L("Лични данни", "Privacy")
	pr, err := s.Training.Programme(r.Context())
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	if err == nil {
		p.Ends = survey.MapEnds(pr)
	}
	return s.show(w, "privacy", &p)
}

func (s *Server) accessibility(w http.ResponseWriter, r *http.Request) error {
	p := s.publicPage(r, "")
	p.Title = p.L("Достъпност", "Accessibility")
	return s.show(w, "accessibility", p)
}

type frontPage struct {
	Page
	Programme *training.Programme
	Open      []training.Event
}

func (s *Server) front(w http.ResponseWriter, r *http.Request) error {
	p := frontPage{Page: s.publicPage(r, "")}
	p.Title = p.L("Начало", "Home")
	if pr, err := s.Training.Programme(r.Context()); err == nil {
		p.Programme = &pr
	} else if !fault.Is(err, fault.NotFound) {
		return err
	}
	var err error
	p.Open, err = s.Training.OpenEvents(r.Context())
	if err != nil {
		return err
	}
	return s.show(w, "front", &p)
}

type rolesPage struct {
	Page
	Roles []roleRow
}

type roleRow struct {
	Role   access.Role
	About  string
	Rights []access.Row
	Factor bool
}

func (s *Server) showRoles(w http.ResponseWriter, r *http.Request) error {
	p := rolesPage{Page: s.publicPage(r, "")}
	p.Title = p.L("Роли и права", "Roles and rights")
	shown := append(access.Grantable(), access.Head)
	for _, role := range shown {
		row := roleRow{Role: role, About: p.T("about." + string(role)), Factor: access.NeedsFactor(role)}
		for _, x := range s.Policy {
			if x.Role == role {
				row.Rights = append(row.Rights, x)
			}
		}
		p.Roles = append(p.Roles, row)
	}
	return s.show(w, "roles", &p)
}

type applyListPage struct {
	Page
	Events []training.Event
}

func (s *Server) applyList(w http.ResponseWriter, r *http.Request) error {
	p := applyListPage{Page: s.publicPage(r, "")}
	p.Title = p.L("Обучения, за които можете да кандидатствате", "Trainings you can apply for")
	var err error
	if p.Events, err = s.Training.OpenEvents(r.Context()); err != nil {
		return err
	}
	return s.show(w, "applylist", &p)
}

type applyPage struct {
	Page
	Event training.Event
	Form  training.Application
	Once  string
	Sent  bool
}

func (s *Server) applyForm(w http.ResponseWriter, r *http.Request) error {
	p, err := s.applyPage(r)
	if err != nil {
		return err
	}
	p.Form.Person.Region = p.Event.Region
	p.Once = access.NewID()
	return s.show(w, "apply", p)
}

func (s *Server) applyPage(r *http.Request) (*applyPage, error) {
	e, err := s.Training.OpenEvent(r.Context(), training.EventID(r.PathValue("id")))
	if err != nil {
		return nil, err
	}
	p := &applyPage{Page: s.publicPage(r, ""), Event: e}
	p.Title = p.L("Кандидатстване", "Application")
	return p, nil
}

func (s *Server) apply(w http.ResponseWriter, r *http.Request) error {
	p, err := s.applyPage(r)
	if err != nil {
		return err
	}
	p.Form = s.application(r, p.Lang.Pick("bg", "en"))
	p.Form.Event = p.Event.ID
	p.Once = field(r, "key")
	if _, err := s.Training.Apply(r.Context(), visitOf(r).actor(), "apply/"+p.Once, p.Form); err != nil {
		return s.again(w, err, &p.Page, "apply", p)
	}
	p.Sent = true
	return s.show(w, "apply", p)
}

func (s *Server) application(r *http.Request, lang string) training.Application {
	return training.Application{
		Person: org.Person{
			Name: field(r, "name"), Email: field(r, "email"), Phone: field(r, "phone"), Lang: lang,
			Sector: field(r, "sector"), Profession: field(r, "profession"), Region: access.RegionID(field(r, "region")),
			Experience: field(r, "experience"), Gender: field(r, "gender"),
		},
		AgencyName: field(r, "agency"), AgencyKind: field(r, "agency_kind"), HeadEmail: field(r, "head_email"),
		Agreed: field(r, "agreed") != "",
	}
}

// Experiences lists the bands of years as options.
func (p *Page) Experiences() []Option {
	var all []Option
	for _, e := range org.Experiences() {
		all = append(all, Option{Value: e, Text: strings.Replace(e, "-", "–", 1) + p.L(" години", " years")})
	}
	return all
}

// Genders lists the answers to the question about gender.
func (p *Page) Genders() []Option {
	var all []Option
	for _, g := range org.Genders() {
		all = append(all, Option{Value: g, Text: p.T("gender." + g)})
	}
	return all
}

type verifyPage struct {
	Page
	Code  string
	Found *training.Checked
	None  bool
}

func (s *Server) verifyForm(w http.ResponseWriter, r *http.Request) error {
	p := verifyPage{Page: s.publicPage(r, "")}
	p.Title = p.L("Проверка на удостоверение", "Check a certificate")
	if code := strings.TrimSpace(r.URL.Query().Get("code")); code != "" {
		http.Redirect(w, r, p.URL("/verify/")+urlPart(code), http.StatusSeeOther)
		return nil
	}
	return s.show(w, "verify", &p)
}

func (s *Server) verify(w http.ResponseWriter, r *http.Request) error {
	p := verifyPage{Page: s.publicPage(r, ""), Code: r.PathValue("code")}
	p.Title = p.L("Проверка на удостоверение", "Check a certificate")
	v, err := s.Training.Check(r.Context(), p.Code)
	status := http.StatusOK
	switch {
	case fault.Is(err, fault.NotFound):
		p.None, status = true, http.StatusNotFound
	case err != nil:
		return err
	default:
		p.Found = &v
	}
	return s.render(w, status, "verify", &p)
}
