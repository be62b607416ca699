package web

import (
	"io"
	"net/http"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/sheet"
	"strengthen/internal/training"
)

const maxUpload = 8 << 20

func (s *Server) importRoutes() []Route {
	return []Route{
		{"GET /imports/trainings", access.PlanTraining, false, 0, s.importTrainingsForm, false},
		{"POST /imports/trainings", access.PlanTraining, false, maxUpload, s.importTrainings, false},
		{"GET /imports/trainings/template.xlsx", access.PlanTraining, false, 0, s.trainingsTemplate, false},
		{"GET /imports/applicants/{id}", access.PlanTraining, false, 0, s.importApplicantsForm, false},
		{"POST /imports/applicants/{id}", access.PlanTraining, false, maxUpload, s.importApplicants, false},
		{"GET /imports/template/applicants.xlsx", access.PlanTraining, false, 0, s.applicantsTemplate, false},
	}
}

type importPage struct {
	Page
	What     string // trainings or applicants
	Back     string
	Template string
	Columns  []string
	Once     string
	Checked  bool // a dry run found nothing wrong
	Rows     int
	File     string
}

func (s *Server) importPage(r *http.Request, what string) *importPage {
	p := &importPage{Page: s.page(r, ""), What: what, Once: access.NewID()}
	if what == "trainings" {
		p.Title, p.Back = p.L("Обучения от таблица", "Trainings from a spreadsheet"), "/trainings"
		p.Columns, p.Template = training.EventColumns(), "/imports/trainings/template.xlsx"
	} else {
		p.Title, p.Back = p.L("Кандидати от таблица", "Applicants from a spreadsheet"), "/trainings/"+r.PathValue("id")
		p.Columns, p.Template = training.ApplicantColumns(), "/imports/template/applicants.xlsx"
	}
	return p
}

func (s *Server) importTrainingsForm(w http.ResponseWriter, r *http.Request) error {
	return s.show(w, "import", s.importPage(r, "trainings"))
}

func (s *Server) importApplicantsForm(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.head(r, ""); err != nil {
		return err
	}
	return s.show(w, "import", s.importPage(r, "applicants"))
}

// upload reads the uploaded table as records, and whether this is the dry run.
func upload(r *http.Request, columns []string) ([]map[string]string, bool, error) {
	if err := r.ParseMultipartForm(maxUpload); err != nil {
		return nil, false, bodyError(err)
	}
	defer r.MultipartForm.RemoveAll()
	f, _, err := r.FormFile("file")
	if err != nil {
		return nil, false, fault.Field("file", "form.required")
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		return nil, false, bodyError(err)
	}
	t, err := sheet.Read(b)
	if err != nil {
		return nil, false, err
	}
	records, err := t.Records(columns...)
	return records, r.FormValue("act") != "import", err
}

func (s *Server) importTrainings(w http.ResponseWriter, r *http.Request) error {
	p := s.importPage(r, "trainings")
	records, dry, err := upload(r, p.Columns)
	if err == nil {
		p.Rows, err = s.Training.PlanAll(r.Context(), p.actor, "import/"+r.FormValue("key"), records, dry)
	}
	return s.imported(w, r, p, dry, err)
}

func (s *Server) importApplicants(w http.ResponseWriter, r *http.Request) error {
	p := s.importPage(r, "applicants")
	records, dry, err := upload(r, p.Columns)
	if err == nil {
		p.Rows, err = s.Training.ApplyAll(r.Context(), p.actor, "import/"+r.FormValue("key"), training.EventID(r.PathValue("id")), records, dry)
	}
	return s.imported(w, r, p, dry, err)
}

func (s *Server) imported(w http.ResponseWriter, r *http.Request, p *importPage, dry bool, err error) error {
	if k := r.FormValue("key"); k != "" {
		p.Once = k
	}
	switch {
	case err != nil:
		return s.again(w, err, &p.Page, "import", p)
	case dry:
		p.Checked = true
		return s.show(w, "import", p)
	}
	return to(w, r, p.Back, "imported")
}

func (s *Server) trainingsTemplate(w http.ResponseWriter, _ *http.Request) error {
	b, err := sheet.Template(training.EventColumns(), [][]string{
		{"PER", "", "2026-10-05", "5", "32", "4", "2026-09-15", "2026-09-25", ""},
	})
	return download(w, "trainings.xlsx", sheetType, b, err)
}

func (s *Server) applicantsTemplate(w http.ResponseWriter, _ *http.Request) error {
	b, err := sheet.Template(training.ApplicantColumns(), nil)
	return download(w, "applicants.xlsx", sheetType, b, err)
}

const sheetType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// download sends a file as an attachment under a name of our own.
func download(w http.ResponseWriter, name, kind string, b []byte, err error) error {
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	_, err = w.Write(b)
	return err
}
