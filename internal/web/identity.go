package web

import (
	"net/http"
	"slices"

	"strengthen/internal/casework"
)

type identityPage struct {
	casePage
	Who  casework.Particulars
	Form casework.Form
}

// Particular makes the field of one of the particulars, and keeps beside it what the reader saw.
func (p *identityPage) Particular(name string) Field {
	kind := "?text"
	if slices.Contains([]string{"address", "carers", "contact"}, name) {
		kind = "?textarea"
	}
	if name == "born" {
		kind = "?date"
	}
	label := p.T("particular." + name)
	return p.Page.Fld(kind, name, label, label, string(p.Form[name]))
}

// Fields lists the particulars.
func (p *identityPage) Fields() []string { return casework.ParticularFields() }

func (s *Server) identityPage(r *http.Request) (*identityPage, error) {
	p := &identityPage{casePage: *s.newCasePage(r, "identity")}
	v, who, err := s.Casework.OpenIdentity(r.Context(), p.actor, caseID(r))
	if err != nil {
		return p, err
	}
	p.Who, p.Form, p.Saw = who, who.Fields, who.Fields
	return p, p.fill(r, v)
}

func (s *Server) identity(w http.ResponseWriter, r *http.Request) error {
	p, err := s.identityPage(r)
	if err != nil {
		return err
	}
	return s.show(w, "identity", p)
}

func (s *Server) saveIdentity(w http.ResponseWriter, r *http.Request) error {
	saw, mine := form(r, casework.ParticularFields()...)
	err := s.Casework.WriteIdentity(r.Context(), visitOf(r).actor(), caseID(r), saw, mine)
	if err == nil {
		return to(w, r, "/cases/"+string(caseID(r))+"/identity", "saved")
	}
	p, e := s.identityPage(r)
	if e != nil {
		return cmpError(err, e)
	}
	p.clashed(err, saw, func(f string) string { return p.T("particular." + f) })
	p.Form = mine
	return s.again(w, err, &p.Page, "identity", p)
}

type findPage struct {
	Page
	Q     string
	Found []casework.Found
	Asked bool
	On    bool
}

func (s *Server) findPage(r *http.Request) (*findPage, error) {
	p := &findPage{Page: s.page(r, ""), Q: field(r, "q")}
	p.Title = p.L("Търсене на дете", "Find a child")
	b, err := s.Casework.Basis(r.Context())
	p.On = b.On()
	return p, err
}

func (s *Server) findForm(w http.ResponseWriter, r *http.Request) error {
	p, err := s.findPage(r)
	if err != nil {
		return err
	}
	return s.show(w, "find", p)
}

// findChild looks for a child. The name is sent in the body and never stands in an address.
func (s *Server) findChild(w http.ResponseWriter, r *http.Request) error {
	p, err := s.findPage(r)
	if err != nil {
		return err
	}
	p.Found, err = s.Casework.FindChild(r.Context(), p.actor, p.Q)
	if err != nil {
		return s.again(w, err, &p.Page, "find", p)
	}
	p.Asked = true
	return s.show(w, "find", p)
}
