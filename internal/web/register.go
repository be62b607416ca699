package web

import (
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/fault"
	"strengthen/internal/privacy"
	"strengthen/internal/render"
)

func (s *Server) registerRoutes() []Route {
	return proven([]Route{
		{"GET /data/requests", access.KeepRegister, false, 0, s.register, false},
		{"POST /data/requests", access.KeepRegister, false, 0, s.enterRequest, false},
		{"GET /data/requests/{id}", access.KeepRegister, false, 0, s.subjectRequest, false},
		{"POST /data/requests/{id}/extend", access.KeepRegister, false, 0, s.extendRequest, false},
		{"POST /data/requests/{id}/decide", access.KeepRegister, false, 0, s.decideRequest, false},
		{"GET /data/requests/{id}/copy/{format}", access.TakeCopy, false, 0, s.copyFor, false},
		{"GET /me/copy/{format}", access.KeepOwn, false, 0, s.ownCopy, false},
	}, "GET /data/requests/{id}/copy/{format}", "GET /me/copy/{format}")
}

type registerPage struct {
	Page
	Requests []privacy.Request
	All      bool
	Once     string
}

// Rights lists what can be asked.
func (p *registerPage) Rights() []Option {
	var all []Option
	for _, x := range privacy.Rights() {
		all = append(all, Option{Value: string(x), Text: p.T("right." + string(x))})
	}
	return all
}

func (s *Server) registerPage(r *http.Request) (*registerPage, error) {
	p := &registerPage{Page: s.page(r, ""), All: r.URL.Query().Get("all") != "", Once: access.NewID()}
	p.Title = p.L("Искания на хора за техните данни", "Requests of people about their data")
	var err error
	p.Requests, err = s.Privacy.Register(r.Context(), p.actor, !p.All)
	return p, err
}

func (s *Server) register(w http.ResponseWriter, r *http.Request) error {
	p, err := s.registerPage(r)
	if err != nil {
		return err
	}
	return s.show(w, "subjects", p)
}

func (s *Server) enterRequest(w http.ResponseWriter, r *http.Request) error {
	var l fault.List
	x := privacy.Request{Right: privacy.Right(field(r, "right")), Received: date(r, "received", &l), Who: words(r, "who"), Asks: words(r, "asks")}
	var id string
	err := l.Err()
	if err == nil {
		id, err = s.Privacy.Enter(r.Context(), visitOf(r).actor(), "subject/"+field(r, "key"), x, field(r, "address"))
	}
	if err == nil {
		return to(w, r, "/data/requests/"+id, "entered")
	}
	p, e := s.registerPage(r)
	if e != nil {
		return cmpError(err, e)
	}
	p.Sent, p.Once = "enter", field(r, "key")
	return s.again(w, err, &p.Page, "subjects", p)
}

type subjectPage struct {
	Page
	privacy.Request
}

// Outcomes lists how a request can end.
func (p *subjectPage) Outcomes() []Option {
	var all []Option
	for _, x := range privacy.Outcomes() {
		all = append(all, Option{Value: string(x), Text: p.T("subjectstate." + string(x))})
	}
	return all
}

// Grounds lists on what a decision can stand.
func (p *subjectPage) Grounds() []Option {
	var all []Option
	for _, x := range privacy.Grounds() {
		all = append(all, Option{Value: x, Text: p.T("subjectground." + x)})
	}
	return all
}

// MayExtend reports whether the term can still be made longer.
func (p *subjectPage) MayExtend() bool {
	return p.Request.State == privacy.Open && p.Extended.IsZero() && !p.Overdue(p.Today())
}

func (s *Server) subjectPage(r *http.Request) (*subjectPage, error) {
	p := &subjectPage{Page: s.page(r, "")}
	p.Title = p.L("Искане за данни", "Request about data")
	var err error
	p.Request, err = s.Privacy.OpenRequest(r.Context(), p.actor, r.PathValue("id"))
	return p, err
}

func (s *Server) subjectRequest(w http.ResponseWriter, r *http.Request) error {
	p, err := s.subjectPage(r)
	if err != nil {
		return err
	}
	return s.show(w, "subject", p)
}

func (s *Server) afterSubject(w http.ResponseWriter, r *http.Request, err error, ok, form string) error {
	if err == nil {
		return to(w, r, "/data/requests/"+r.PathValue("id"), ok)
	}
	p, e := s.subjectPage(r)
	if e != nil {
		return cmpError(err, e)
	}
	p.Sent = form
	return s.again(w, err, &p.Page, "subject", p)
}

func (s *Server) extendRequest(w http.ResponseWriter, r *http.Request) error {
	err := s.Privacy.Extend(r.Context(), visitOf(r).actor(), r.PathValue("id"), version(r), words(r, "why"))
	return s.afterSubject(w, r, err, "longer", "extend")
}

func (s *Server) decideRequest(w http.ResponseWriter, r *http.Request) error {
	d := privacy.Request{State: privacy.RequestState(field(r, "outcome")), Ground: field(r, "ground"), Decision: words(r, "decision")}
	return s.afterSubject(w, r, s.Privacy.Decide(r.Context(), visitOf(r).actor(), r.PathValue("id"), version(r), d), "decided", "decide")
}

func (s *Server) copyFor(w http.ResponseWriter, r *http.Request) error {
	if err := copyFormat(r); err != nil {
		return err
	}
	all, err := s.Privacy.CopyFor(r.Context(), visitOf(r).actor(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return s.giveCopy(w, r, all)
}

func (s *Server) ownCopy(w http.ResponseWriter, r *http.Request) error {
	if err := copyFormat(r); err != nil {
		return err
	}
	all, err := s.Privacy.OwnCopy(r.Context(), visitOf(r).actor())
	if err != nil {
		return err
	}
	return s.giveCopy(w, r, all)
}

func copyFormat(r *http.Request) error {
	if !slices.Contains([]string{"html", "json", "xlsx"}, r.PathValue("format")) {
		return fault.New(fault.NotFound, "fault.notfound")
	}
	return nil
}

type copyPage struct {
	Page
	Body  template.HTML
	Files string // where the same copy is given as a file
}

func (s *Server) giveCopy(w http.ResponseWriter, r *http.Request, all []privacy.Section) error {
	p := &copyPage{Page: s.page(r, ""), Files: strings.TrimSuffix(r.URL.Path, "html")}
	p.Title = p.L("Копие на личните данни", "A copy of personal data")
	d := p.document(all)
	switch r.PathValue("format") {
	case "xlsx":
		b, err := render.XLSX(d)
		return download(w, "copy.xlsx", sheetType, b, err)
	case "json":
		b, err := render.JSON(d)
		return download(w, "copy.json", "application/json", b, err)
	}
	p.Body = template.HTML(render.HTML(d)) //nolint:gosec // render escapes everything
	return s.show(w, "copy", p)
}

// document puts a copy into words: one table for each section.
func (p *copyPage) document(all []privacy.Section) render.Document {
	d := render.Document{Lang: string(p.Lang), Title: p.Title, Subtitle: p.When(p.Now()), Made: p.Now()}
	for _, s := range all {
		t := render.Table{Caption: p.T("copy.sec." + s.Name)}
		if s.Name == "person" || s.Name == "account" { // one row of many fields reads better downwards
			d.Blocks = append(d.Blocks, p.downwards(t.Caption, s))
			continue
		}
		for _, c := range s.Columns {
			t.Head = append(t.Head, render.Column{Text: p.T("copy.col." + c)})
		}
		for _, row := range s.Rows {
			var cells []render.Cell
			for i, v := range row {
				cells = append(cells, render.Cell{Text: p.readable(s.Columns[i], v), Header: i == 0})
			}
			t.Rows = append(t.Rows, cells)
		}
		d.Blocks = append(d.Blocks, t)
	}
	return d
}

// downwards is a section of one row as a table of fields and values; what is empty is left out.
func (p *copyPage) downwards(caption string, s privacy.Section) render.Table {
	t := render.Table{Caption: caption, Head: []render.Column{{Text: p.T("copy.col.field")}, {Text: p.T("copy.col.value")}}}
	for i, c := range s.Columns {
		if v := p.readable(c, s.Rows[0][i]); v != "" {
			t.Rows = append(t.Rows, []render.Cell{{Text: p.T("copy.col." + c), Header: true}, {Text: v}})
		}
	}
	return t
}

// readable writes a value of a column as people read it: a moment or a day in words, a code in the words of its list.
func (p *Page) readable(column, v string) string {
	if t, err := time.Parse("2006-01-02T15:04:05.000000Z", v); err == nil {
		return p.When(t)
	}
	if d, err := calendar.ParseDate(v); err == nil {
		return p.Date(d)
	}
	switch column {
	case "sector":
		return p.Sector(v)
	case "profession":
		return p.Profession(v)
	case "lang":
		return map[string]string{"bg": p.L("български", "Bulgarian"), "en": p.L("английски", "English")}[v]
	case "region", "training":
		return p.Region(access.RegionID(v))
	}
	for _, prefix := range map[string][]string{
		"role": {"role."}, "action": {"action."}, "kind": {"mailkind."}, "state": {"state.", "accountstate.", "casestate."}, "step": {"step."}, "wave": {"wave."},
		"band": {"band."}, "sex": {"sex."}, "track": {"track."},
	}[column] {
		if p.s.words.Has(prefix + v) {
			return p.T(prefix + v)
		}
	}
	return v
}
