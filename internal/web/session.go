package web

import (
	"encoding/json"
	"html/template"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/org"
	"strengthen/internal/render"
)

func urlPart(s string) string { return url.PathEscape(s) }

func (s *Server) sessionRoutes() []Route {
	return proven([]Route{
		{"GET /signin", access.SignIn, true, 0, s.signInForm, false},
		{"POST /signin", access.SignIn, true, 0, s.signIn, false},
		{"POST /signin/passkey/begin", access.SignIn, true, 0, s.askPasskey, false},
		{"POST /signin/passkey", access.SignIn, true, 0, s.signInWithPasskey, false},
		{"POST /demo/signin", access.SignIn, true, 0, s.demoSignIn, false},
		{"GET /forgot", access.SignIn, true, 0, s.forgotForm, false},
		{"POST /forgot", access.SignIn, true, 0, s.forgot, false},
		{"POST /signout", access.KeepOwn, false, 0, s.signOut, false},
		{"GET /me", access.KeepOwn, false, 0, s.me, false},
		{"POST /me/language", access.KeepOwn, false, 0, s.setLanguage, false},
		{"POST /me/elsewhere", access.KeepOwn, false, 0, s.signOutElsewhere, false},
		{"POST /me/stepup", access.KeepOwn, false, 0, s.stepUp, false},
		{"POST /me/stepup/passkey", access.KeepOwn, false, 0, s.stepUpWithPasskey, false},
		{"GET /me/factor", access.KeepOwn, false, 0, s.factorForm, false},
		{"POST /me/factor", access.KeepOwn, false, 0, s.factor, false},
		{"POST /me/passkeys/begin", access.KeepOwn, false, 0, s.beginPasskey, false},
		{"POST /me/passkeys", access.KeepOwn, false, 0, s.addPasskey, false},
		{"POST /me/passkeys/{id}/remove", access.KeepOwn, false, 0, s.dropPasskey, false},
	}, "GET /me/factor", "POST /me/factor", "POST /me/passkeys/{id}/remove")
}

type signInPage struct {
	Page
	Login  string
	Next   string
	Code   bool // ask for the code as well
	Guests []org.Guest
	Links  []org.DemoLink
}

func (s *Server) signInPage(r *http.Request) (*signInPage, error) {
	p := &signInPage{Page: s.publicPage(r, ""), Next: r.FormValue("next"), Login: r.PostFormValue("login")}
	p.Title = p.L("Вход", "Sign in")
	if s.Demo {
		var err error
		if p.Guests, err = s.Org.DemoGuests(r.Context()); err != nil {
			return nil, err
		}
		if p.Links, err = s.Org.DemoLinks(r.Context()); err != nil {
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
	Passkeys []org.Passkey
	Codes    []string // recovery codes, shown once
}

func (s *Server) me(w http.ResponseWriter, r *http.Request) error {
	p, err := s.mePage(r)
	if err != nil {
		return err
	}
	return s.show(w, "me", p)
}

func (s *Server) mePage(r *http.Request) (*mePage, error) {
	v := visitOf(r)
	p := &mePage{Page: s.page(r, ""), Roles: v.visitor.Roles}
	p.Title = p.L("Моят профил", "My account")
	var err error
	if p.Passkeys, err = s.Org.Passkeys(r.Context(), v.actor()); err != nil {
		return nil, err
	}
	p.Sessions, err = s.Org.Sessions(r.Context(), v.actor())
	return p, err
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
	Next    string
	Carried []carried // the form that met the question; it goes on when the answer is right
}

type carried struct{ Name, Value string }

// askProof asks for the password again before an act that gives power away or takes data out. Afterwards the person is back
// where the act was begun, with what was typed.
func (s *Server) askProof(w http.ResponseWriter, r *http.Request) error {
	p := s.proofPage(r, r.URL.RequestURI())
	if r.Method == http.MethodPost {
		if err := r.ParseForm(); err != nil {
			return bodyError(err)
		}
		p.Carried = carry(r.PostForm, "")
	}
	return s.render(w, http.StatusForbidden, "proof", p)
}

const carriedPrefix = "carry."

// carry lists the fields of a form whose names begin with prefix, in order.
func carry(form url.Values, prefix string) []carried {
	var all []carried
	for _, name := range slices.Sorted(maps.Keys(form)) {
		short, ok := strings.CutPrefix(name, prefix)
		for _, v := range form[name] {
			if ok && short != "password" {
				all = append(all, carried{short, v})
			}
		}
	}
	return all
}

func (s *Server) proofPage(r *http.Request, next string) *proofPage {
	p := &proofPage{Page: s.page(r, ""), Next: local(next)}
	p.Title = p.L("Потвърдете, че сте вие", "Confirm that it is you")
	return p
}

func (s *Server) stepUp(w http.ResponseWriter, r *http.Request) error {
	token, err := s.Org.StepUp(r.Context(), visitOf(r).actor(), s.credentials(r))
	return s.proved(w, r, token, err)
}

func (s *Server) stepUpWithPasskey(w http.ResponseWriter, r *http.Request) error {
	token, err := s.Org.StepUpWithPasskey(r.Context(), visitOf(r).actor(), r.PostFormValue("sealed"), r.PostFormValue("response"), r.UserAgent())
	return s.proved(w, r, token, err)
}

// proved takes the person back to the act: a page is opened again, a form is shown with one button to send it off.
func (s *Server) proved(w http.ResponseWriter, r *http.Request, token string, err error) error {
	p := s.proofPage(r, field(r, "next"))
	p.Carried = carry(r.PostForm, carriedPrefix)
	if err != nil {
		return s.again(w, err, &p.Page, "proof", p)
	}
	s.setSession(w, token)
	if len(p.Carried) == 0 {
		return to(w, r, p.Next, "")
	}
	p.Title = p.L("Потвърдено", "Confirmed")
	return s.show(w, "resume", p)
}

// question is what the script of a page needs to ask the browser for a passkey.
type question struct {
	Options json.RawMessage `json:"options"`
	Sealed  string          `json:"sealed"`
}

func answerJSON(w http.ResponseWriter, c org.Challenge, err error) error {
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(question{json.RawMessage(c.Options), c.Sealed})
}

func (s *Server) askPasskey(w http.ResponseWriter, r *http.Request) error {
	c, err := s.Org.AskPasskey(r.Context(), visitOf(r).request)
	return answerJSON(w, c, err)
}

func (s *Server) signInWithPasskey(w http.ResponseWriter, r *http.Request) error {
	token, err := s.Org.SignInWithPasskey(r.Context(), r.PostFormValue("sealed"), r.PostFormValue("response"), r.UserAgent(), visitOf(r).request)
	if err == nil {
		s.setSession(w, token)
		return to(w, r, local(field(r, "next")), "")
	}
	p, e := s.signInPage(r)
	if e != nil {
		return e
	}
	return s.again(w, err, &p.Page, "signin", p)
}

func (s *Server) beginPasskey(w http.ResponseWriter, r *http.Request) error {
	c, err := s.Org.BeginPasskey(r.Context(), visitOf(r).actor())
	return answerJSON(w, c, err)
}

func (s *Server) addPasskey(w http.ResponseWriter, r *http.Request) error {
	codes, err := s.Org.AddPasskey(r.Context(), visitOf(r).actor(), field(r, "name"), r.PostFormValue("sealed"), r.PostFormValue("response"))
	if err == nil && len(codes) == 0 {
		return to(w, r, "/me", "saved")
	}
	p, e := s.mePage(r)
	if e != nil {
		return e
	}
	if err != nil {
		return s.again(w, err, &p.Page, "me", p)
	}
	p.Codes = codes
	return s.show(w, "me", p)
}

func (s *Server) dropPasskey(w http.ResponseWriter, r *http.Request) error {
	if err := s.Org.DropPasskey(r.Context(), visitOf(r).actor(), r.PathValue("id")); err != nil {
		return err
	}
	return to(w, r, "/me", "saved")
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
