package web

import (
	"html/template"
	"net/http"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/render"
	"strengthen/internal/survey"
)

func (s *Server) impactRoutes() []Route {
	return []Route{
		{"GET /impact", access.ReadReport, false, 0, s.impact, false},
		{"GET /impact/report/{format}", access.ReadReport, false, 0, s.impactFile, false},
	}
}

type impactPage struct {
	Page
	Report  render.Document
	Body    template.HTML
	Study   string
	Studies []survey.Study
}

func studyOf(r *http.Request) string {
	if v := r.URL.Query().Get("study"); v != "" {
		return v
	}
	return survey.OwnStudy
}

func (s *Server) impact(w http.ResponseWriter, r *http.Request) error {
	p := impactPage{Page: s.page(r, ""), Study: studyOf(r)}
	p.Title = p.L("Въздействие", "Impact")
	var err error
	if p.Studies, err = s.Survey.Studies(r.Context(), p.actor); err != nil {
		return err
	}
	if p.Report, err = s.Impact.Document(r.Context(), p.actor, p.Study, p.Lang); err != nil {
		return err
	}
	p.Body = template.HTML(render.HTML(p.Report)) //nolint:gosec // render escapes everything
	return s.show(w, "impact", &p)
}

func (s *Server) impactFile(w http.ResponseWriter, r *http.Request) error {
	d, err := s.Impact.Export(r.Context(), visitOf(r).actor(), studyOf(r), visitOf(r).lang)
	if err != nil {
		return err
	}
	switch r.PathValue("format") {
	case "pdf":
		b, err := render.PDF(d)
		return download(w, "impact.pdf", "application/pdf", b, err)
	case "xlsx":
		b, err := render.XLSX(d)
		return download(w, "impact.xlsx", sheetType, b, err)
	case "json":
		b, err := render.JSON(d)
		return download(w, "impact.json", "application/json", b, err)
	}
	return fault.New(fault.NotFound, "fault.notfound")
}
