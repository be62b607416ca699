package web

import (
	"html/template"
	"net/http"
	"net/url"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/org"
	"strengthen/internal/render"
)

func urlPart(s string) string { return url.PathEscape(s) }

func (s *Server) sessionRoutes() []Route {
	return []Route{
		{"GET /signin", access.SignIn, true, 0, s.signInForm, false},
		{"POST /signin", access.SignIn, true, 0, s.signIn, false},
		{"POST /demo/signin", access.SignIn, true, 0, s.demoSignIn, false},
		{"GET /forgot", access.SignIn, true, 0, s.forgotForm, false},
		{"POST /forgot", access.SignIn, true, 0, s.forgot, false},
		{"POST /signout", access.KeepOwn, false, 0, s.signOut, false},
		{"GET /me", access.KeepOwn, false, 0, s.me, false},
		{"POST /me/language", access.KeepOwn, false, 0, s.setLanguage, false},
		{"POST /me/elsewhere", access.KeepOwn, false, 0, s.signOutElsewhere, false},
		{"POST /me/stepup", access.KeepOwn, false, 0, s.stepUp, false},
		{"GET /me/factor", access.KeepOwn, false, 0, s.factorForm, false},
		{"POST /me/factor", access.KeepOwn, false, 0, s.factor, false},
	}
}

type signInPage struct {
	Page
	Login  string
	Next   string
	Code   bool // ask for the code as well
	Guests []org.Guest
}

func (s *Server) signInPage(r *http.Request) (*signInPage, error) {
	p := &signInPage{Page: s.publicPage(r, ""), Next: r.FormValue("next"), Login: r.PostFormValue("login")}
	p.Title = p.L("Вход", "Sign in")
	if s.Demo {
		var err error
		if p.Guests, err = s.Org.DemoGuests(r.Context()); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (s *Server) signInForm(w http.ResponseWriter, r *http.Request) error {
	p, err := s.signInPage(r)
	if err != nil {
		return err
	}
	return s.show(w, "signin", p)
}

func (s *Server) credentials(r *http.Request) org.Credentials {
	return org.Credentials{
		Login: field(r, "login"), Password: r.PostFormValue("password"), Code: field(r, "code"),
		Network: visitOf(r).network, Device: r.UserAgent(),
	}
}

func (s *Server) signIn(w http.ResponseWriter, r *http.Request) error {
	token, err := s.Org.SignIn(r.Context(), s.credentials(r), visitOf(r).request)
	if err == nil {
		s.setSession(w, token)
		return to(w, r, local(field(r, "next")), "")
	}
	p, e := s.signInPage(r)
	if e != nil {
		return e
	}
	for _, f := range fault.All(err) {
		p.Code = p.Code || f.Key == "signin.code" || f.Key == "signin.wrongcode"
	}
	return s.again(w, err, &p.Page, "signin", p)
}

func (s *Server) demoSignIn(w http.ResponseWriter, r *http.Request) error {
	if !s.Demo {
		return fault.New(fault.NotFound, "fault.notfound")
	}
	token, err := s.Org.SignInAs(r.Context(), access.PersonID(field(r, "person")), r.UserAgent(), visitOf(r).request)
	if err != nil {
		return err
	}
	s.setSession(w, token)
	return to(w, r, local(field(r, "next")), "")
}

func (s *Server) signOut(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r)
	if err := s.Org.SignOut(r.Context(), v.actor(), v.visitor.Session); err != nil {
		return err
	}
	s.setSession(w, "")
	return to(w, r, v.lang.Pick("/signin", "/en/signin"), "signedout")
}

type forgotPage struct {
	Page
	Sent bool
}

func (s *Server) forgotForm(w http.ResponseWriter, r *http.Request) error {
	p := forgotPage{Page: s.publicPage(r, "")}
	p.Title = p.L("Забравена парола", "Forgotten password")
	return s.show(w, "forgot", &p)
}

func (s *Server) forgot(w http.ResponseWriter, r *http.Request) error {
	if err := s.Org.Forgot(r.Context(), field(r, "login"), visitOf(r).request); err != nil {
		return err
	}
	p := forgotPage{Page: s.publicPage(r, ""), Sent: true}
	p.Title = p.L("Забравена парола", "Forgotten password")
	return s.show(w, "forgot", &p)
}

type mePage struct {
	Page
	Sessions []org.Session
	Roles    []org.RoleGrant
}

func (s *Server) me(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r)
	p := mePage{Page: s.page(r, ""), Roles: v.visitor.Roles}
	p.Title = p.L("Моят профил", "My account")
	var err error
	if p.Sessions, err = s.Org.Sessions(r.Context(), v.actor()); err != nil {
		return err
	}
	return s.show(w, "me", &p)
}

func (s *Server) setLanguage(w http.ResponseWriter, r *http.Request) error {
	if err := s.Org.SetLanguage(r.Context(), visitOf(r).actor(), field(r, "lang")); err != nil {
		return err
	}
	return to(w, r, local(field(r, "next")), "")
}

func (s *Server) signOutElsewhere(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r)
	if err := s.Org.SignOutElsewhere(r.Context(), v.actor(), v.visitor.Session); err != nil {
		return err
	}
	return to(w, r, "/me", "saved")
}

type proofPage struct {
	Page
	Next string
}

// askProof asks for the password again before an act that gives power away or takes data out. Afterwards the person is back
// where the act was begun.
func (s *Server) askProof(w http.ResponseWriter, r *http.Request) error {
	next := r.URL.RequestURI()
	if r.Method == http.MethodPost {
		next = "/accounts"
	}
	p := proofPage{s.page(r, ""), next}
	p.Title = p.L("Потвърдете, че сте вие", "Confirm that it is you")
	return s.render(w, http.StatusForbidden, "proof", &p)
}

func (s *Server) stepUp(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r)
	token, err := s.Org.StepUp(r.Context(), v.actor(), v.visitor.Session, s.credentials(r))
	if err != nil {
		p := proofPage{s.page(r, ""), local(field(r, "next"))}
		p.Title = p.L("Потвърдете, че сте вие", "Confirm that it is you")
		return s.again(w, err, &p.Page, "proof", &p)
	}
	s.setSession(w, token)
	return to(w, r, local(field(r, "next")), "")
}

type factorPage struct {
	Page
	New   org.NewFactor
	QR    template.HTML
	Codes []string
}

func (s *Server) factorForm(w http.ResponseWriter, r *http.Request) error {
	p := factorPage{Page: s.page(r, "")}
	p.Title = p.L("Втори фактор", "Second factor")
	if err := s.newFactor(r, &p); err != nil {
		return err
	}
	return s.show(w, "factor", &p)
}

func (s *Server) newFactor(r *http.Request, p *factorPage) error {
	f, err := s.Org.BeginFactor(r.Context(), visitOf(r).actor())
	if err != nil {
		return err
	}
	p.New = f
	svg, err := render.QR(f.URL)
	p.QR = template.HTML(svg) //nolint:gosec // made by render from squares only
	return err
}

func (s *Server) factor(w http.ResponseWriter, r *http.Request) error {
	p := factorPage{Page: s.page(r, "")}
	p.Title = p.L("Втори фактор", "Second factor")
	codes, err := s.Org.ConfirmFactor(r.Context(), visitOf(r).actor(), field(r, "sealed"), field(r, "code"))
	if err != nil {
		if e := s.newFactor(r, &p); e != nil {
			return e
		}
		return s.again(w, err, &p.Page, "factor", &p)
	}
	p.Codes = codes
	return s.show(w, "factor", &p)
}
