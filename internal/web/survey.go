package web

import (
	"io"
	"net/http"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/render"
	"strengthen/internal/sheet"
	"strengthen/internal/survey"
	"strengthen/internal/training"
)

func (s *Server) surveyRoutes() []Route {
	return proven([]Route{
		{"GET /surveys", access.SeeWave, false, 0, s.surveys, false},
		{"GET /surveys/questions", access.SeeWave, false, 0, s.questions, false},
		{"GET /surveys/answers", access.ReadAnswer, false, 0, s.answers, false},
		{"GET /surveys/import", access.ImportAnswer, false, 0, s.importAnswersForm, false},
		{"POST /surveys/import", access.ImportAnswer, false, maxUpload, s.importAnswers, false},
	}, "GET /surveys/answers")
}

type surveysPage struct {
	Page
	Rows   []waveRow
	Totals map[survey.Wave]survey.WaveCount
	Asked  []survey.Wave
}

type waveRow struct {
	Event training.Event
	Waves map[survey.Wave]survey.WaveCount
}

func (s *Server) surveys(w http.ResponseWriter, r *http.Request) error {
	p := surveysPage{Page: s.page(r, ""), Totals: map[survey.Wave]survey.WaveCount{}, Asked: []survey.Wave{survey.Pre, survey.Post, survey.M6}}
	p.Title = p.L("Проучвания", "Surveys")
	counts, err := s.Survey.Waves(r.Context(), p.actor)
	if err != nil {
		return err
	}
	for _, c := range counts {
		t := p.Totals[c.Wave]
		t.Invited, t.Answered, t.Open = t.Invited+c.Invited, t.Answered+c.Answered, t.Open+c.Open
		if t.NextDue.IsZero() || (!c.NextDue.IsZero() && c.NextDue.Before(t.NextDue)) {
			t.NextDue = c.NextDue
		}
		p.Totals[c.Wave] = t
	}
	// Evaluators see how many answered, and not which training a name could be guessed from.
	if p.May(string(access.SeeTraining)) {
		events, _, err := s.Training.Events(r.Context(), p.actor, training.EventFilter{})
		if err != nil {
			return err
		}
		for _, e := range events {
			row := waveRow{e, map[survey.Wave]survey.WaveCount{}}
			for _, c := range counts {
				if c.Event == e.ID {
					row.Waves[c.Wave] = c
				}
			}
			if len(row.Waves) > 0 {
				p.Rows = append(p.Rows, row)
			}
		}
	}
	return s.show(w, "surveys", &p)
}

type questionsPage struct {
	Page
	Instruments []survey.Instrument
}

// In2 returns a text of a questionnaire in the language of the page.
func (p questionsPage) In2(t survey.Text) string { return t.In(string(p.Lang)) }

func (s *Server) questions(w http.ResponseWriter, r *http.Request) error {
	p := questionsPage{Page: s.page(r, "")}
	p.Title = p.L("Въпросниците", "The questionnaires")
	seen := map[string]bool{}
	for _, wave := range []survey.Wave{survey.Pre, survey.Post, survey.M6} {
		for _, part := range survey.Sitting(wave) {
			if !seen[part.Instrument.ID] {
				p.Instruments = append(p.Instruments, part.Instrument)
				seen[part.Instrument.ID] = true
			}
		}
	}
	return s.show(w, "questions", &p)
}

// answers gives the evaluator the scores by study code as a table.
func (s *Server) answers(w http.ResponseWriter, r *http.Request) error {
	study := r.URL.Query().Get("study")
	if study == "" {
		study = survey.OwnStudy
	}
	d, err := s.Survey.Answers(r.Context(), visitOf(r).actor(), study)
	if err != nil {
		return err
	}
	t := render.Table{Head: []render.Column{{Text: "code"}, {Text: "cohort"}, {Text: "sector"}}}
	waves := survey.Waves()
	for _, o := range d.Study.Outcomes {
		for _, wave := range waves {
			t.Head = append(t.Head, render.Column{Text: o.ID + "." + string(wave), Number: true})
		}
	}
	for _, x := range d.Respondents {
		row := []render.Cell{{Text: x.Code}, {Text: x.CohortName}, {Text: x.Sector}}
		for _, o := range d.Study.Outcomes {
			for _, wave := range waves {
				c := render.Cell{}
				if v, ok := survey.Score(o.ID, x.Answers[wave]); ok {
					c.Number = &v
				}
				row = append(row, c)
			}
		}
		t.Rows = append(t.Rows, row)
	}
	b, err := render.CSV(t)
	return download(w, "answers-"+study+".csv", "text/csv; charset=utf-8", b, err)
}

type importAnswersPage struct {
	Page
	Once    string
	Mapping string
	Checked bool
	Rows    int
}

const ownMapping = `{"Study": "programme", "Code": "code", "Wave": "wave"}`

func (s *Server) importAnswersForm(w http.ResponseWriter, r *http.Request) error {
	p := importAnswersPage{Page: s.page(r, ""), Once: access.NewID(), Mapping: ownMapping}
	p.Title = p.L("Отговори от файл", "Answers from a file")
	return s.show(w, "importanswers", &p)
}

func (s *Server) importAnswers(w http.ResponseWriter, r *http.Request) error {
	p := importAnswersPage{Page: s.page(r, "")}
	p.Title = p.L("Отговори от файл", "Answers from a file")
	n, dry, err := s.readAnswers(r, p.actor)
	p.Once, p.Mapping, p.Rows = r.FormValue("key"), r.FormValue("map"), n
	switch {
	case err != nil:
		return s.again(w, err, &p.Page, "importanswers", &p)
	case dry:
		p.Checked = true
		return s.show(w, "importanswers", &p)
	}
	return to(w, r, "/surveys", "imported")
}

func (s *Server) readAnswers(r *http.Request, by access.Actor) (int, bool, error) {
	if err := r.ParseMultipartForm(maxUpload); err != nil {
		return 0, false, bodyError(err)
	}
	defer r.MultipartForm.RemoveAll()
	m, err := survey.ParseMapping([]byte(r.FormValue("map")))
	if err != nil {
		return 0, false, err
	}
	f, _, err := r.FormFile("file")
	if err != nil {
		return 0, false, fault.Field("file", "form.required")
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		return 0, false, bodyError(err)
	}
	t, err := sheet.Read(b)
	if err != nil {
		return 0, false, err
	}
	records, err := t.Records(m.Columns()...)
	if err != nil {
		return 0, false, err
	}
	dry := r.FormValue("act") != "import"
	n, err := s.Survey.Import(r.Context(), by, r.FormValue("key"), m, records, dry)
	return n, dry, err
}

// M6 is the count of the six-month wave.
func (r waveRow) M6() survey.WaveCount { return r.Waves[survey.M6] }
