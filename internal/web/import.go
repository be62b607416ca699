package web

import (
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/org"
	"strengthen/internal/sheet"
	"strengthen/internal/training"
)

const (
	maxUpload = 8 << 20
	maxKept   = 1 << 20 // a file up to this size goes along with its preview, so that it need not be chosen twice
)

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
	Columns  []training.Column
	Once     string
	Checked  bool // a check found nothing wrong
	Rows     int
	Effects  *training.Effects // what the import would do to people
	Kept     string            // the checked file, to be sent again
	Unread   []string          // heads of columns that are not read
	places   map[string]sheet.Place
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

// Messages names the row, the column as the file has it, and what is allowed there.
func (p *importPage) Messages() []Message {
	var all []Message
	for i, e := range p.Faults {
		if i == 100 {
			all = append(all, Message{"", "", p.L("И още {n}.", "And {n} more.", "n", len(p.Faults)-i)})
			break
		}
		text, column := p.s.say(p.Lang, e), p.column(e.Field)
		if e.Row > 0 {
			text = p.L("Ред {n}", "Row {n}", "n", e.Row) + p.place(column, e) + ": " + text
		}
		link := e.Field
		if column != "" {
			text += " " + p.Rule(column)
			if values := p.Allowed(column); len(values) > 0 && len(values) <= 12 {
				text += " " + p.L("Допустими са: ", "Allowed are: ") + strings.Join(values, ", ") + "."
			}
			link = "col-" + column
		}
		all = append(all, Message{link, link, text})
	}
	return all
}

// column is the column that a fault speaks of: named as such, or by its head in the file.
func (p *importPage) column(field string) string {
	for _, c := range p.Columns {
		if at, ok := p.places[c.Name]; c.Name == field || ok && at.Head == field {
			return c.Name
		}
	}
	return ""
}

// place names the column of a fault by its letter and its head in the file.
func (p *importPage) place(column string, e *fault.Error) string {
	at, ok := p.places[column]
	if letter, is := e.Vars["column"].(string); is && !ok {
		at, ok = sheet.Place{Letter: letter, Head: e.Field}, true
	}
	if !ok {
		return colon(e.Field)
	}
	return p.L(", колона {c} „{h}“", ", column {c} “{h}”", "c", at.Letter, "h", at.Head)
}

// Head is what a column is called in the language of the page.
func (p *importPage) Head(column string) string { return p.T("column." + column) }

// Rule says what may stand in a column.
func (p *importPage) Rule(column string) string { return p.T("columnrule." + column) }

// Allowed lists the values that may stand in a column, when there is a list of them.
func (p *importPage) Allowed(column string) []string {
	var options []Option
	switch column {
	case "region":
		options = p.Regions()
	case "sector", "profession", "agency_kind":
		options = p.Terms(column)
	case "gender":
		options = p.Genders()
	case "experience":
		return org.Experiences()
	case "language":
		return []string{p.L("български", "Bulgarian"), p.L("английски", "English")}
	}
	var all []string
	for _, o := range options {
		all = append(all, o.Text)
	}
	return all
}

// read takes the columns from a file.
func (p *importPage) read(b []byte) ([]training.Record, error) {
	t, err := sheet.Read(b)
	if err != nil {
		return nil, err
	}
	var columns []sheet.Column
	for _, c := range p.Columns {
		columns = append(columns, sheet.Column{Name: c.Name, Heads: p.s.words.Both(p.Lang, "column."+c.Name), Optional: c.Optional})
	}
	taken, err := t.Take(columns)
	p.places, p.Unread, p.Rows = taken.Places, taken.Unread, len(taken.Records)
	return sheet.As[training.Record](taken.Records), err
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

// upload returns the file that was chosen, or else the one that was checked before.
func upload(r *http.Request) ([]byte, error) {
	if err := r.ParseMultipartForm(maxUpload); err != nil {
		return nil, bodyError(err)
	}
	defer r.MultipartForm.RemoveAll()
	if err := readable(r); err != nil {
		return nil, err
	}
	f, _, err := r.FormFile("file")
	if errors.Is(err, http.ErrMissingFile) {
		b, err := base64.StdEncoding.DecodeString(r.FormValue("kept"))
		if err != nil || len(b) == 0 {
			return nil, fault.Field("file", "form.required")
		}
		return b, nil
	}
	if err != nil {
		return nil, fault.Field("file", "form.required")
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		return nil, bodyError(err)
	}
	return b, nil
}

// importing reads the upload and lets do check it or enter it; what was only checked is shown.
func (s *Server) importing(w http.ResponseWriter, r *http.Request, p *importPage, do func(records []training.Record, key string) (done bool, err error)) error {
	b, err := upload(r)
	if k := r.FormValue("key"); k != "" {
		p.Once = k
	}
	var records []training.Record
	if err == nil {
		records, err = p.read(b)
	}
	done := false
	if err == nil {
		done, err = do(records, "import/"+p.Once)
	}
	switch {
	case done:
		return toCount(w, r, p.Back, "imported", p.Rows)
	case err == nil || p.Effects != nil:
		p.Checked = true
		if len(b) <= maxKept {
			p.Kept = base64.StdEncoding.EncodeToString(b)
		}
	}
	if err != nil {
		return s.again(w, err, &p.Page, "import", p)
	}
	return s.show(w, "import", p)
}

func (s *Server) importTrainings(w http.ResponseWriter, r *http.Request) error {
	p := s.importPage(r, "trainings")
	return s.importing(w, r, p, func(records []training.Record, key string) (bool, error) {
		dry := r.FormValue("act") != "import"
		_, err := s.Training.PlanAll(r.Context(), p.actor, key, records, dry)
		return err == nil && !dry, err
	})
}

// importApplicants enters applicants only after it was shown who would hear of it.
func (s *Server) importApplicants(w http.ResponseWriter, r *http.Request) error {
	p := s.importPage(r, "applicants")
	return s.importing(w, r, p, func(records []training.Record, key string) (bool, error) {
		act := training.ToEnter(training.EventID(r.PathValue("id")), key, records)
		var effects training.Effects
		var err error
		sign := r.FormValue("sign")
		done := r.FormValue("act") == "import" && sign != ""
		if done {
			effects, err = s.Training.DoSeen(r.Context(), p.actor, act, sign)
		} else {
			effects, err = s.Training.Preview(r.Context(), p.actor, act)
		}
		if effects.Sign != "" {
			p.Effects = &effects
		}
		return done && err == nil, err
	})
}

func (s *Server) trainingsTemplate(w http.ResponseWriter, r *http.Request) error {
	first := s.Now.Today().AddDays(60)
	return s.template(w, s.importPage(r, "trainings"), map[string]string{
		"region": "PER", "first_day": first.String(), "half_days": "5", "capacity": "32", "agency_max": "4",
		"apply_until": first.AddDays(-14).String(), "release": first.AddDays(-10).String(),
	})
}

func (s *Server) applicantsTemplate(w http.ResponseWriter, r *http.Request) error {
	p := s.importPage(r, "applicants")
	return s.template(w, p, map[string]string{
		"name": p.L("Ана Илиева", "Ana Ilieva"), "email": "ana.ilieva@example.org", "phone": "+359 888 123 456", "experience": "6-10",
		"agency": p.L("Основно училище „Изгрев“", "Izgrev Primary School"), "head_email": "head@example.org",
	})
}

// template is a workbook to fill in: a sheet for the data with lists to choose from, one that explains the columns, and one
// with the allowed values. Examples stand in the explanation, so that nobody sends them along.
func (s *Server) template(w http.ResponseWriter, p *importPage, examples map[string]string) error {
	data := sheet.Page{Name: p.L("Данни", "Data"), Rows: [][]string{nil}, Choices: map[int]string{}}
	guide := sheet.Page{Name: p.L("Указания", "Guide"), Widths: []float64{30, 14, 70, 30}, Rows: [][]string{
		{p.L("Колона", "Column"), p.L("Задължителна", "Required"), p.L("Какво се пише", "What to write"), p.L("Пример", "Example")}}}
	values := sheet.Page{Name: p.L("Стойности", "Values"), Rows: [][]string{nil}}
	for i, c := range p.Columns {
		head, required := p.Head(c.Name), p.L("не", "no")
		if !c.Optional {
			head, required = head+" *", p.L("да", "yes")
		}
		data.Rows[0], data.Widths = append(data.Rows[0], head), append(data.Widths, 24)
		allowed := p.Allowed(c.Name)
		example := examples[c.Name]
		if example == "" && len(allowed) > 0 {
			example = allowed[0]
		}
		guide.Rows = append(guide.Rows, []string{p.Head(c.Name), required, p.Rule(c.Name), example})
		if len(allowed) > 0 {
			data.Choices[i] = values.List(p.Head(c.Name), allowed)
		}
	}
	b, err := sheet.Book(data, guide, values)
	return download(w, p.What+".xlsx", sheetType, b, err)
}

const sheetType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// download sends a file as an attachment under a name of our own.
func download(w http.ResponseWriter, name, kind string, b []byte, err error) error {
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	_, err = w.Write(b)
	return err
}
