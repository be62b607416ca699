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
		{"GET /impact/summary/{format}", access.ReadReport, false, 0, s.impactSummary, false},
		{"GET /impact/studies", access.ReadReport, false, 0, s.impactStudies, false},
		{"GET /impact/data/{file}", access.ReadAnswer, false, 0, s.impactData, false},
		{"GET /impact/plan", access.ReadReport, false, 0, s.studyPlanForm, false},
		{"GET /impact/plan.yaml", access.ReadReport, false, 0, s.planFile, false},
		{"POST /impact/plan", access.PlanStudy, false, 0, s.saveStudyPlan, false},
		{"POST /impact/plan/lock", access.PlanStudy, false, 0, s.lockPlan, false},
		{"POST /impact/plan/deviate", access.PlanStudy, false, 0, s.deviatePlan, false},
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
	return documentFile(w, r, "impact", d)
}

// impactSummary is the report on one page.
func (s *Server) impactSummary(w http.ResponseWriter, r *http.Request) error {
	d, err := s.Impact.Summary(r.Context(), visitOf(r).actor(), studyOf(r), visitOf(r).lang)
	if err != nil {
		return err
	}
	return documentFile(w, r, "summary", d)
}

func documentFile(w http.ResponseWriter, r *http.Request, name string, d render.Document) error {
	switch r.PathValue("format") {
	case "pdf":
		b, err := render.PDF(d)
		return download(w, name+".pdf", "application/pdf", b, err)
	case "xlsx":
		b, err := render.XLSX(d)
		return download(w, name+".xlsx", sheetType, b, err)
	case "json":
		b, err := render.JSON(d)
		return download(w, name+".json", "application/json", b, err)
	}
	return fault.New(fault.NotFound, "fault.notfound")
}

// impactData is what the report was computed from: the answers, without the codes of questionnaires, and the plan that reads them.
func (s *Server) impactData(w http.ResponseWriter, r *http.Request) error {
	plan, rows, err := s.Impact.Take(r.Context(), visitOf(r).actor(), studyOf(r))
	switch r.PathValue("file") {
	case "answers.csv":
		return download(w, "answers.csv", "text/csv; charset=utf-8", rows, err)
	case "plan.yaml":
		return download(w, "plan.yaml", "application/yaml", plan, err)
	}
	return fault.New(fault.NotFound, "fault.notfound")
}

// impactStudies puts all studies beside each other.
func (s *Server) impactStudies(w http.ResponseWriter, r *http.Request) error {
	p := impactPage{Page: s.page(r, "")}
	p.Title = p.L("Проучванията едно до друго", "The studies side by side")
	var err error
	if p.Report, err = s.Impact.Compare(r.Context(), p.actor, p.Lang); err != nil {
		return err
	}
	p.Body = template.HTML(render.HTML(p.Report)) //nolint:gosec // render escapes everything
	return s.show(w, "studies", &p)
}
