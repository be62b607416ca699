package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/render"
	"strengthen/internal/survey"
	"strengthen/internal/training"
)

func (s *Server) surveyRoutes() []Route {
	return proven([]Route{
		{"GET /surveys", access.SeeWave, false, 0, s.surveys, false},
		{"GET /surveys/waves/{id}/{wave}", access.SeeWave, false, 0, s.wave, false},
		{"POST /surveys/waves/{id}/{wave}/remind", access.SendWave, false, 0, s.remind, false},
		{"GET /surveys/practice", access.ReadReport, false, 0, s.described, false},
		{"GET /surveys/remarks", access.ReadAnswer, false, 0, s.remarks, false},
		{"GET /surveys/questions", access.SeeWave, false, 0, s.questions, false},
		{"GET /surveys/answers", access.ReadAnswer, false, 0, s.answers, false},
		{"GET /surveys/import", access.ImportAnswer, false, 0, s.importAnswersForm, false},
		{"POST /surveys/import", access.ImportAnswer, false, maxUpload, s.importAnswers, false},
		{"GET /surveys/import/template/{wave}", access.ImportAnswer, false, 0, s.answersTemplate, false},
	}, "GET /surveys/answers", "GET /surveys/remarks")
}

// asked lists the waves that have a sitting of their own.
var asked = []survey.Wave{survey.Pre, survey.Post, survey.M6}

type surveysPage struct {
	Page
	Rows   []waveRow
	Waves  []waveTotal
	Coming []survey.Coming
	Closed bool // the map was deleted: there are no trainings any more, only totals
	events map[training.EventID]training.Event
}

type waveRow struct {
	Event training.Event
	Waves []waveTotal
}

// waveTotal is how people stand in a wave.
type waveTotal struct {
	Wave survey.Wave
	survey.Tally
}

// Answered is how many answered.
func (t waveTotal) Answered() int { return t.Tally[survey.Answered] }

// Open is how many can still answer.
func (t waveTotal) Open() int { return t.Tally[survey.Open] }

// Reached is how many answered or can still.
func (t waveTotal) Reached() int { return t.Answered() + t.Open() }

// waveLine is a number of people in words.
type waveLine struct {
	Standing survey.Standing
	N        int
}

// Lines lists the standings that anybody has.
func (t waveTotal) Lines() []waveLine {
	var all []waveLine
	for _, s := range survey.Standings() {
		if n := t.Tally[s]; n > 0 {
			all = append(all, waveLine{s, n})
		}
	}
	return all
}

// PlaceOf names the training of a coming questionnaire.
func (p *surveysPage) PlaceOf(id training.EventID) string { return p.Place(p.events[id]) }

func (s *Server) surveys(w http.ResponseWriter, r *http.Request) error {
	p := surveysPage{Page: s.page(r, ""), events: map[training.EventID]training.Event{}}
	p.Title = p.L("Проучвания", "Surveys")
	v, err := s.Survey.Waves(r.Context(), p.actor)
	if err != nil {
		return err
	}
	closed, err := s.Survey.Closed(r.Context())
	if err != nil {
		return err
	}
	p.Closed = !closed.IsZero()
	totals := v.Totals()
	for _, wave := range asked {
		p.Waves = append(p.Waves, waveTotal{wave, totals[wave]})
	}
	// Evaluators see how many answered, and not which training a name could be guessed from.
	if !p.May(string(access.SeeTraining)) {
		return s.show(w, "surveys", &p)
	}
	events, _, err := s.Training.Events(r.Context(), p.actor, training.EventFilter{})
	if err != nil {
		return err
	}
	of := map[training.EventID]map[survey.Wave]survey.Tally{}
	for _, c := range v.Counts {
		if of[c.Event] == nil {
			of[c.Event] = map[survey.Wave]survey.Tally{}
		}
		of[c.Event][c.Wave] = c.Tally
	}
	for _, e := range events {
		p.events[e.ID] = e
		if of[e.ID] == nil {
			continue
		}
		row := waveRow{Event: e}
		for _, wave := range asked {
			row.Waves = append(row.Waves, waveTotal{wave, of[e.ID][wave]})
		}
		p.Rows = append(p.Rows, row)
	}
	p.Coming = v.Coming[:min(len(v.Coming), 6)]
	return s.show(w, "surveys", &p)
}

// Headline says the finding of the page.
func (p surveysPage) Headline() string {
	for _, t := range slices.Backward(p.Waves) {
		if t.Asked() > 0 {
			return p.L("{w}: {a} от {b} попитани са отговорили", "{w}: {a} of {b} asked have answered", "w", p.T("wave."+string(t.Wave)), "a", t.Answered(), "b", t.Asked())
		}
	}
	return p.Title
}

// Moment is now, for numbers that change by the minute.
func (p Page) Moment() time.Time { return p.s.Now() }

// Hundredths is n of all as the width of a bar.
func (p Page) Hundredths(n, all int) string {
	return strconv.FormatFloat(100*float64(n)/float64(max(all, 1)), 'f', 1, 64)
}

// Share writes a share between 0 and 1.
func (p Page) Share(x float64) string { return p.Lang.Percent(x) }

// In2 returns a text of a questionnaire or a study in the language of the page.
func (p Page) In2(t survey.Text) string { return t.In(string(p.Lang)) }

// During names a wave within a sentence.
func (p Page) During(w survey.Wave) string { return strings.ToLower(p.T("wave." + string(w))) }

// Short names a wave at the head of a column.
func (p Page) Short(w survey.Wave) string {
	switch w {
	case survey.Pre:
		return p.L("Преди", "Before")
	case survey.Post:
		return p.L("След", "After")
	}
	return p.L("6 мес.", "6 mo.")
}

type wavePage struct {
	Page
	Event  training.Event
	Wave   survey.Wave
	Total  waveTotal
	Coming []survey.Coming
	People []survey.WavePerson
	Remind bool // there is somebody to remind, and the reader may
	Did    string
}

func (s *Server) wave(w http.ResponseWriter, r *http.Request) error {
	p := wavePage{Page: s.page(r, ""), Wave: survey.Wave(r.PathValue("wave"))}
	id := training.EventID(r.PathValue("id"))
	c, people, err := s.Survey.Wave(r.Context(), p.actor, id, p.Wave)
	if err != nil {
		return err
	}
	if p.Event, err = s.Training.Event(r.Context(), p.actor, id); err != nil {
		return err
	}
	v, err := s.Survey.Waves(r.Context(), p.actor)
	if err != nil {
		return err
	}
	for _, x := range v.Coming {
		if x.Event == id && x.Wave == p.Wave {
			p.Coming = append(p.Coming, x)
		}
	}
	p.Total, p.People = waveTotal{p.Wave, c.Tally}, people
	p.Remind = len(people) > 0 && p.Total.Open()+c.Tally[survey.Undelivered] > 0
	p.Title = p.L("Отговори: {p}", "Answers: {p}", "p", p.Place(p.Event))
	p.Did = p.reminded(r.URL.Query())
	return s.show(w, "wave", &p)
}

// reminded says what became of reminding by hand, from the address to which the form led.
func (p *wavePage) reminded(q url.Values) string {
	if q.Get("reminded") == "" {
		return ""
	}
	n := func(name string) int { v, _ := strconv.Atoi(q.Get(name)); return max(0, min(v, 10_000)) }
	text := p.L("Напомняне тръгва сега към {n}.", "A reminder leaves now to {n}.", "n", p.N(n("reminded"), "човек", "души", "person", "people"))
	for _, x := range []struct{ name, bg, en string }{
		{"answered", "Вече са отговорили: {n}.", "Have answered: {n}."},
		{"recent", "Получили са писмо през последната седмица: {n}.", "Had a mail within the last week: {n}."},
		{"spent", "Получили са всички писма по плана: {n}.", "Had every mail of the plan: {n}."},
		{"closed", "Не могат да отговарят сега: {n}.", "Cannot answer now: {n}."},
	} {
		if k := n(x.name); k > 0 {
			text += " " + p.L(x.bg, x.en, "n", k)
		}
	}
	return text
}

func (s *Server) remind(w http.ResponseWriter, r *http.Request) error {
	id, wave := r.PathValue("id"), r.PathValue("wave")
	d, err := s.Survey.Remind(r.Context(), visitOf(r).actor(), training.EventID(id), survey.Wave(wave))
	if err != nil {
		return err
	}
	return to(w, r, fmt.Sprintf("/surveys/waves/%s/%s?reminded=%d&answered=%d&recent=%d&spent=%d&closed=%d",
		url.PathEscape(id), url.PathEscape(wave), d.Now, d.Answered, d.Recent, d.Spent, d.Closed), "")
}

type describedPage struct {
	Page
	All []survey.Description
}

// described shows the ratings of the training and use in practice, question by question.
func (s *Server) described(w http.ResponseWriter, r *http.Request) error {
	p := describedPage{Page: s.page(r, "")}
	p.Title = p.L("Оценка и употреба в практиката", "Rating and use in practice")
	d, err := s.Survey.Data(r.Context(), p.actor, survey.OwnStudy)
	if err != nil {
		return err
	}
	p.All = d.Described()
	return s.show(w, "practice", &p)
}

type remarksPage struct {
	Page
	All []survey.Remarks
}

// remarks shows the evaluator what people wrote.
func (s *Server) remarks(w http.ResponseWriter, r *http.Request) error {
	p := remarksPage{Page: s.page(r, "")}
	p.Title = p.L("Какво написаха хората", "What people wrote")
	var err error
	if p.All, err = s.Survey.Remarks(r.Context(), p.actor); err != nil {
		return err
	}
	return s.show(w, "remarks", &p)
}

type questionsPage struct {
	Page
	Instruments []survey.Instrument
}

func (s *Server) questions(w http.ResponseWriter, r *http.Request) error {
	p := questionsPage{Page: s.page(r, "")}
	p.Title = p.L("Въпросниците", "The questionnaires")
	seen := map[string]bool{}
	for _, wave := range asked {
		for _, part := range survey.Sitting(wave) {
			if !seen[part.Instrument.ID] {
				p.Instruments = append(p.Instruments, part.Instrument)
				seen[part.Instrument.ID] = true
			}
		}
	}
	return s.show(w, "questions", &p)
}

// answers gives the evaluator the scores by study code as a table, with the answers about the training and about practice.
// Groups are labels that tell nothing; a sector stands only where it points at nobody.
func (s *Server) answers(w http.ResponseWriter, r *http.Request) error {
	study := studyOf(r)
	d, err := s.Survey.Answers(r.Context(), visitOf(r).actor(), study)
	if err != nil {
		return err
	}
	t := render.Table{Head: []render.Column{{Text: "code"}, {Text: "cohort"}, {Text: "sector"}}}
	for _, o := range d.Study.Outcomes {
		for _, wave := range survey.Waves() {
			t.Head = append(t.Head, render.Column{Text: o.ID + "." + string(wave), Number: true})
		}
	}
	var items []survey.Distribution
	if study == survey.OwnStudy {
		for _, part := range d.Described() {
			items = append(items, part.Items...)
		}
	}
	for _, x := range items {
		t.Head = append(t.Head, render.Column{Text: x.Item.ID})
	}
	sectors := survey.ShownSectors(d.Respondents)
	for _, x := range d.Respondents {
		row := []render.Cell{{Text: x.Code}, {Text: x.Cohort}, {Text: sectors[x.Code]}}
		for _, o := range d.Study.Outcomes {
			for _, wave := range survey.Waves() {
				c := render.Cell{}
				if v, ok := survey.Score(o.ID, x.Answers[wave]); ok {
					c.Number = &v
				}
				row = append(row, c)
			}
		}
		for _, i := range items {
			row = append(row, render.Cell{Text: x.Answers[i.Wave][i.Item.ID]})
		}
		t.Rows = append(t.Rows, row)
	}
	b, err := render.CSV(t)
	return download(w, "answers-"+d.Study.ID+".csv", "text/csv; charset=utf-8", b, err)
}
