package web

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/sheet"
	"strengthen/internal/survey"
)

// importAnswersPage takes a table of answers in two steps: the file first, then what its columns mean. Between the steps the
// table travels in the form, so that the file is chosen once.
type importAnswersPage struct {
	Page
	Once    string
	Studies []survey.Study
	Study   string // as chosen: the programme, a data set that is there, or "" for a new one
	Table   *sheet.Table
	Data    string // the table as text, for the next step
	Form    survey.Mapping
	Heads   []mappedHead // of the programme's own questionnaires
	Checked bool
	Again   bool // the same import was made before
	Rows    int
}

// mappedHead is a column with the question that it holds.
type mappedHead struct {
	Name  string // as in the file
	Field string // of the form
	Item  string // identifier, or ""
	Text  survey.Text
	Fixed bool // the head itself names the question
}

// maxData is the largest table, as text, that travels in the form.
const maxData = 4 << 20

func (s *Server) importAnswersPage(r *http.Request) (*importAnswersPage, error) {
	p := &importAnswersPage{Page: s.page(r, ""), Once: access.NewID(), Study: survey.OwnStudy}
	p.Title = p.L("Отговори от файл", "Answers from a file")
	var err error
	p.Studies, err = s.Survey.Studies(r.Context(), p.actor)
	return p, err
}

// Own reports whether the file holds answers of the programme's own questionnaires.
func (p *importAnswersPage) Own() bool { return p.Study == survey.OwnStudy }

// Columns lists the heads of the file as options.
func (p *importAnswersPage) Columns() []Option {
	var all []Option
	for _, h := range p.Table.Head {
		all = append(all, Option{Value: h, Text: h})
	}
	return all
}

// WaveOptions lists the heads, and the waves that a whole file can be of.
func (p *importAnswersPage) WaveOptions() []Option {
	var all []Option
	for _, w := range asked {
		all = append(all, Option{Value: "all:" + string(w), Text: p.L("всички редове са: ", "all rows are: ") + strings.ToLower(p.T("wave."+string(w)))})
	}
	for _, h := range p.Table.Head {
		all = append(all, Option{Value: "in:" + h, Text: p.L("колона ", "column ") + h})
	}
	return all
}

// WaveChoice is the option chosen among them.
func (p *importAnswersPage) WaveChoice() string {
	switch {
	case p.Form.All != "":
		return "all:" + string(p.Form.All)
	case p.Form.Wave != "":
		return "in:" + p.Form.Wave
	}
	return ""
}

// ItemOptions lists every question.
func (p *importAnswersPage) ItemOptions() []Option {
	var all []Option
	seen := map[string]bool{}
	for _, w := range asked {
		for _, part := range survey.Sitting(w) {
			for _, it := range part.Instrument.Items {
				if !seen[it.ID] {
					all = append(all, Option{Value: it.ID, Text: it.ID + ": " + clip(p.In2(it.Text), 60)})
				}
				seen[it.ID] = true
			}
		}
	}
	return all
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

// StudyOptions lists where answers can go.
func (p *importAnswersPage) StudyOptions() []Option {
	var all []Option
	for _, x := range p.Studies {
		name := p.In2(x.Title)
		if x.ID == survey.OwnStudy {
			name = p.L("Въпросниците на програмата (на хартия)", "The programme’s questionnaires (on paper)")
		} else if name == "" {
			name = x.ID
		}
		all = append(all, Option{Value: x.ID, Text: name})
	}
	return append(all, Option{Value: "new", Text: p.L("Нов набор от данни", "A new data set")})
}

// Outcomes lists the outcomes of the form with one empty line more.
func (p *importAnswersPage) Outcomes() []survey.MappedOutcome {
	return append(slices.Clone(p.Form.Outcomes), survey.MappedOutcome{})
}

// ColumnOf is the column of an outcome in a wave.
func (p *importAnswersPage) ColumnOf(o survey.MappedOutcome, wave string) string {
	return o.Columns[survey.Wave(wave)]
}

// Plus adds, for counting from one.
func (p *importAnswersPage) Plus(a, b int) int { return a + b }

// Number writes the end of a scale.
func (p *importAnswersPage) Number(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

func (s *Server) importAnswersForm(w http.ResponseWriter, r *http.Request) error {
	p, err := s.importAnswersPage(r)
	if err != nil {
		return err
	}
	return s.show(w, "importanswers", p)
}

func (s *Server) importAnswers(w http.ResponseWriter, r *http.Request) error {
	p, err := s.importAnswersPage(r)
	if err != nil {
		return err
	}
	if err := r.ParseMultipartForm(maxUpload); err != nil {
		return s.again(w, bodyError(err), &p.Page, "importanswers", p)
	}
	defer r.MultipartForm.RemoveAll() //nolint:errcheck // nothing more can be done
	if k := r.FormValue("key"); k != "" {
		p.Once = k
	}
	done := false
	if err = readable(r); err == nil {
		done, err = p.step(s, r)
	}
	switch {
	case err != nil:
		return s.again(w, err, &p.Page, "importanswers", p)
	case done:
		return to(w, r, "/surveys", "imported")
	}
	return s.show(w, "importanswers", p)
}

// step reads what was sent: the file, or the table with its mapping, to be checked or imported. It reports whether all is done.
func (p *importAnswersPage) step(s *Server, r *http.Request) (bool, error) {
	p.Study = r.FormValue("study")
	if r.FormValue("act") == "read" {
		return false, p.readFile(r)
	}
	if err := p.readBack(r.FormValue("data")); err != nil {
		return false, err
	}
	if err := p.readForm(r); err != nil || r.FormValue("act") == "more" {
		return false, err
	}
	if err := p.Form.Check(); err != nil {
		l := fault.All(err)
		for i, e := range l {
			if e.Field == "study" { // a new one gets its name here
				l[i] = e.At("name")
			}
		}
		return false, l.Err()
	}
	records, err := p.Table.Records(p.Form.Columns()...)
	if err != nil {
		return false, err
	}
	dry := r.FormValue("act") != "import"
	got, err := s.Survey.Import(r.Context(), p.actor, p.Once, p.Form, sheet.As[survey.Record](records), dry)
	p.Rows, p.Again, p.Checked = got.Rows, got.Repeated, err == nil && dry && !got.Repeated
	return err == nil && !dry && !got.Repeated, err
}

func (p *importAnswersPage) readFile(r *http.Request) error {
	f, _, err := r.FormFile("file")
	if err != nil {
		return fault.Field("file", "form.required")
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		return bodyError(err)
	}
	t, err := sheet.Read(b)
	if err != nil {
		return err
	}
	text, err := json.Marshal(t)
	if err != nil {
		return err
	}
	if len(text) > maxData {
		return fault.Field("file", "mapping.large")
	}
	p.Table, p.Data = &t, string(text)
	p.guess()
	return nil
}

// readBack reads the table that travelled in the form.
func (p *importAnswersPage) readBack(data string) error {
	var t sheet.Table
	if err := json.Unmarshal([]byte(data), &t); err != nil || !t.Whole() {
		return fault.Field("file", "sheet.empty")
	}
	p.Table, p.Data = &t, data
	return nil
}

var (
	codeHeads   = []string{"code", "код", "id", "study_code", "участник"}
	waveHeads   = []string{"wave", "вълна"}
	cohortHeads = []string{"cohort", "group", "група", "обучение", "school", "cluster"}
	sectorHeads = []string{"sector", "сектор"}
	waveSuffix  = regexp.MustCompile(`(?i)^(.*?)[ _.-]?(pre|before|t0|преди|post|after|t1|след|m6|6m|fup|followup|t2|6м)$`)
	suffixWave  = map[string]survey.Wave{"pre": survey.Pre, "before": survey.Pre, "t0": survey.Pre, "преди": survey.Pre,
		"post": survey.Post, "after": survey.Post, "t1": survey.Post, "след": survey.Post,
		"m6": survey.M6, "6m": survey.M6, "fup": survey.M6, "followup": survey.M6, "t2": survey.M6, "6м": survey.M6}
)

// guess fills in the form from the heads of the columns.
func (p *importAnswersPage) guess() {
	find := func(names []string) string {
		for _, h := range p.Table.Head {
			if slices.Contains(names, strings.ToLower(h)) {
				return h
			}
		}
		return ""
	}
	p.Form = survey.Mapping{Code: find(codeHeads)}
	if p.Own() {
		p.Form.Study, p.Form.Wave = survey.OwnStudy, find(waveHeads)
		p.heads(nil)
		return
	}
	p.Form.Cohort, p.Form.Sector = find(cohortHeads), find(sectorHeads)
	if p.Study != "new" {
		p.Form.Study = p.Study
	}
	known := map[string]survey.Outcome{}
	for _, x := range p.Studies {
		if x.ID == p.Study {
			p.Form.Title = x.Title
			for _, o := range x.Outcomes {
				known[o.ID] = o
			}
		}
	}
	p.guessOutcomes(known)
}

// guessOutcomes takes columns that differ in the wave only for one outcome; one that the study knows keeps its description.
func (p *importAnswersPage) guessOutcomes(known map[string]survey.Outcome) {
	columns := map[string]map[survey.Wave]string{}
	var order []string
	for _, h := range p.Table.Head {
		m := waveSuffix.FindStringSubmatch(h)
		if m == nil || h == p.Form.Code || h == p.Form.Cohort {
			continue
		}
		id := strings.ToLower(m[1])
		if id == "" {
			id = "score"
		}
		if columns[id] == nil {
			columns[id] = map[survey.Wave]string{}
			order = append(order, id)
		}
		columns[id][suffixWave[strings.ToLower(m[2])]] = h
	}
	for _, id := range order {
		o := survey.MappedOutcome{Columns: columns[id]}
		var ok bool
		if o.Outcome, ok = known[id]; !ok {
			o.Outcome = survey.Outcome{ID: id, Title: survey.Text{BG: id, EN: id}, HigherBetter: true, Primary: true, Decimals: 1}
		}
		p.Form.Outcomes = append(p.Form.Outcomes, o)
	}
}

// heads lists the columns that may hold questions, with what they were said to hold.
func (p *importAnswersPage) heads(chosen map[string]string) {
	texts := map[string]survey.Text{}
	for _, w := range asked {
		for _, part := range survey.Sitting(w) {
			for _, it := range part.Instrument.Items {
				texts[it.ID] = it.Text
			}
		}
	}
	for i, h := range p.Table.Head {
		if h == "" || h == p.Form.Code || h == p.Form.Wave {
			continue
		}
		x := mappedHead{Name: h, Field: fmt.Sprintf("item_%d", i), Item: chosen[h]}
		if text, ok := texts[strings.ToLower(h)]; ok {
			x.Item, x.Text, x.Fixed = strings.ToLower(h), text, true
		}
		p.Heads = append(p.Heads, x)
	}
}

// readForm reads what the columns mean.
func (p *importAnswersPage) readForm(r *http.Request) error {
	p.Form = survey.Mapping{Study: p.Study, Code: field(r, "code"), Replace: field(r, "replace") != ""}
	if p.Own() {
		choice := field(r, "wave")
		if w, ok := strings.CutPrefix(choice, "all:"); ok {
			p.Form.All = survey.Wave(w)
		}
		p.Form.Wave, _ = strings.CutPrefix(choice, "in:")
		if p.Form.All != "" {
			p.Form.Wave = ""
		}
		p.Form.Items = map[string]string{}
		for i, h := range p.Table.Head {
			if item := field(r, fmt.Sprintf("item_%d", i)); item != "" && h != p.Form.Code && h != p.Form.Wave {
				p.Form.Items[h] = item
			}
		}
		p.heads(maps.Clone(p.Form.Items))
		return nil
	}
	if p.Study == "new" || p.Study == "" {
		p.Form.Study = strings.ToLower(field(r, "name"))
	}
	p.Form.Title = survey.Text{BG: field(r, "title_bg"), EN: field(r, "title_en")}
	p.Form.Cohort, p.Form.Sector = field(r, "cohort"), field(r, "sector")
	return p.readOutcomes(r)
}

func (p *importAnswersPage) readOutcomes(r *http.Request) error {
	var l fault.List
	for i := 0; i < 20; i++ {
		at := func(name string) string { return field(r, fmt.Sprintf("%s_%d", name, i)) }
		o := survey.MappedOutcome{Columns: map[survey.Wave]string{}}
		for _, w := range asked {
			if c := at(string(w)); c != "" {
				o.Columns[w] = c
			}
		}
		o.ID = strings.ToLower(at("outcome"))
		if o.ID == "" && len(o.Columns) == 0 {
			continue
		}
		o.Title = survey.Text{BG: at("title_bg"), EN: at("title_en")}
		for to, name := range map[*float64]string{&o.Low: "low", &o.High: "high"} {
			v, err := strconv.ParseFloat(strings.Replace(at(name), ",", ".", 1), 64)
			if err != nil && at(name) != "" {
				l.Add(fault.Field(fmt.Sprintf("%s_%d", name, i), "mapping.number"))
			}
			*to = v
		}
		o.Decimals, _ = strconv.Atoi(at("decimals"))
		o.HigherBetter, o.Primary = at("worse") == "", true
		p.Form.Outcomes = append(p.Form.Outcomes, o)
	}
	return l.Err()
}

// answersTemplate is the table to fill in for a sitting, with a sheet that says what may stand in each column.
func (s *Server) answersTemplate(w http.ResponseWriter, r *http.Request) error {
	wave := survey.Wave(r.PathValue("wave"))
	if !slices.Contains(asked, wave) {
		return fault.New(fault.NotFound, "fault.notfound")
	}
	head, allowed := survey.PaperColumns(wave)
	p := s.page(r, "")
	data := sheet.Page{Name: p.L("Данни", "Data"), Rows: [][]string{head}}
	guide := sheet.Page{Name: p.L("Указания", "Guide"), Widths: []float64{24, 40}, Rows: [][]string{{p.L("Колона", "Column"), p.L("Възможни стойности", "Values that may stand there")}}}
	for i, h := range head {
		data.Widths = append(data.Widths, 14)
		guide.Rows = append(guide.Rows, []string{h, allowed[i]})
	}
	b, err := sheet.Book(data, guide)
	return download(w, "answers-"+string(wave)+".xlsx", sheetType, b, err)
}
