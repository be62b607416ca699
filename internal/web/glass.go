package web

import (
	"net/http"

	"strengthen/internal/access"
	"strengthen/internal/casework"
	"strengthen/internal/fault"
)

type glassPage struct {
	Page
	Once string
	Ref  string
}

// GlassOptions lists why a case may be opened in an emergency.
func (p *glassPage) GlassOptions() []Option { return p.Codes("glass.") }

func (s *Server) glassForm(w http.ResponseWriter, r *http.Request) error {
	p := &glassPage{Page: s.page(r, ""), Once: access.NewID()}
	p.Title = p.L("Достъп по спешност", "Emergency access")
	return s.show(w, "glass", p)
}

func (s *Server) breakGlass(w http.ResponseWriter, r *http.Request) error {
	p := &glassPage{Page: s.page(r, ""), Once: field(r, "key")}
	p.Title, p.Sent = p.L("Достъп по спешност", "Emergency access"), "emergency"
	id, err := s.Casework.Break(r.Context(), p.actor, "glass/"+p.Once, field(r, "ref"), field(r, "category"), words(r, "reason"))
	if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Denied) {
		err = fault.Field("ref", "glass.noref")
	}
	if err != nil {
		return s.again(w, err, &p.Page, "glass", p)
	}
	return to(w, r, "/cases/"+string(id), "glass")
}

type reviewsPage struct {
	Page
	Breaks []casework.GlassBreak
	Names  map[access.PersonID]string
	Refs   map[casework.CaseID]string
	At     string // the one whose form was sent
}

func (s *Server) reviewsPage(r *http.Request) (*reviewsPage, error) {
	p := &reviewsPage{Page: s.page(r, "")}
	p.Title = p.L("Прегледи на достъпа по спешност", "Reviews of emergency access")
	var err error
	p.Breaks, p.Names, p.Refs, err = s.Casework.Breaks(r.Context(), p.actor)
	return p, err
}

func (s *Server) glassReviews(w http.ResponseWriter, r *http.Request) error {
	p, err := s.reviewsPage(r)
	if err != nil {
		return err
	}
	return s.show(w, "reviews", p)
}

func (s *Server) reviewGlass(w http.ResponseWriter, r *http.Request) error {
	err := s.Casework.ReviewBreak(r.Context(), visitOf(r).actor(), r.PathValue("id"), field(r, "justified") == "yes", words(r, "finding"))
	if err == nil {
		return to(w, r, "/emergency/reviews", "saved")
	}
	p, e := s.reviewsPage(r)
	if e != nil {
		return cmpError(err, e)
	}
	p.Sent = r.PathValue("id")
	return s.again(w, err, &p.Page, "reviews", p)
}

// Fld is that of every page, with what no text of a case may hold beside the long ones.
func (p *glassPage) Fld(kind, name, bg, en, value string, hint ...string) Field {
	return p.noNames(p.Page.Fld(kind, name, bg, en, value, hint...))
}

// Fld is that of every page, with what no text of a case may hold beside the long ones.
func (p *reviewsPage) Fld(kind, name, bg, en, value string, hint ...string) Field {
	return p.noNames(p.Page.Fld(kind, name, bg, en, value, hint...))
}
