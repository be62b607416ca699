package web

import (
	"net/http"
	"slices"
	"strings"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/privacy"
	"strengthen/internal/render"
)

func (s *Server) exportRoutes() []Route {
	return proven([]Route{
		{"GET /exports", access.SeeExports, false, 0, s.exports, false},
		{"POST /exports", access.AskExport, false, 0, s.askExport, false},
		{"POST /exports/large", access.EditRetention, false, 0, s.setLarge, false},
		{"POST /exports/{id}/answer", access.AgreeExport, false, 0, s.answerExport, false},
		{"POST /exports/{id}/file", access.TakeExport, false, 0, s.takeExport, false},
	}, "POST /exports", "POST /exports/large", "POST /exports/{id}/answer", "POST /exports/{id}/file")
}

type exportsPage struct {
	Page
	Exports []privacy.Export
	Large   int
	Once    string
}

// Kinds lists what the reader can ask for.
func (p *exportsPage) Kinds() []privacy.What {
	return slices.DeleteFunc(privacy.Whats(), func(x privacy.What) bool { return !p.May(string(x.SeeAction())) })
}

// Boxes are the fields of what can leave, to tick; all but contacts are chosen at first.
func (p *exportsPage) Boxes(what privacy.What) Field {
	var all []Option
	var chosen []string
	for _, f := range what.Fields() {
		all = append(all, Option{Value: f, Text: p.T("exportfield." + f)})
		if f != "email" && f != "phone" {
			chosen = append(chosen, f)
		}
	}
	return p.Ticks("fields", "Полета", "Fields", chosen, all)
}

// Mine reports whether the reader asked for an export.
func (p *exportsPage) Mine(x privacy.Export) bool { return x.By == p.actor.Person }

// Tone is the colour of a state.
func (p *exportsPage) Tone(x privacy.Export) string {
	return map[privacy.ExportState]string{privacy.Asked: "soon", privacy.Queued: "soon", privacy.Ready: "ok", privacy.Failed: "late"}[x.State]
}

// Named puts the chosen fields into words.
func (p *exportsPage) Named(x privacy.Export) string {
	var all []string
	for _, f := range x.Fields {
		all = append(all, p.T("exportfield."+f))
	}
	return strings.Join(all, ", ")
}

func (s *Server) exportsPage(r *http.Request) (*exportsPage, error) {
	p := &exportsPage{Page: s.page(r, ""), Once: access.NewID()}
	p.Title = p.L("Извличане на данни", "Exports of data")
	var err error
	if p.Exports, err = s.Privacy.ExportList(r.Context(), p.actor); err != nil {
		return p, err
	}
	p.Large, err = s.Privacy.Large(r.Context())
	return p, err
}

func (s *Server) exports(w http.ResponseWriter, r *http.Request) error {
	p, err := s.exportsPage(r)
	if err != nil {
		return err
	}
	return s.show(w, "exports", p)
}

func (s *Server) afterExport(w http.ResponseWriter, r *http.Request, err error, ok, form string) error {
	if err == nil {
		return to(w, r, "/exports", ok)
	}
	p, e := s.exportsPage(r)
	if e != nil {
		return cmpError(err, e)
	}
	p.Sent = form
	return s.again(w, err, &p.Page, "exports", p)
}

func (s *Server) askExport(w http.ResponseWriter, r *http.Request) error {
	x := privacy.Export{What: privacy.What(field(r, "what")), Fields: r.PostForm["fields"], Purpose: words(r, "purpose"), Recipient: words(r, "recipient")}
	_, err := s.Privacy.Ask(r.Context(), visitOf(r).actor(), "export/"+field(r, "key"), x)
	return s.afterExport(w, r, err, "asked", string(x.What))
}

func (s *Server) setLarge(w http.ResponseWriter, r *http.Request) error {
	var l fault.List
	n := number(r, "large", &l)
	err := l.Err()
	if err == nil {
		err = s.Privacy.SetLarge(r.Context(), visitOf(r).actor(), n)
	}
	return s.afterExport(w, r, err, "saved", "large")
}

func (s *Server) answerExport(w http.ResponseWriter, r *http.Request) error {
	return s.afterExport(w, r, s.Privacy.Answer(r.Context(), visitOf(r).actor(), r.PathValue("id"), field(r, "agree") == "yes"), "answered", "")
}

// takeExport gives the file of an export, locked with the passphrase that its owner just chose and that is kept nowhere.
func (s *Server) takeExport(w http.ResponseWriter, r *http.Request) error {
	id, pass := r.PathValue("id"), r.PostFormValue("passphrase")
	r.PostForm.Del("passphrase") // it comes back on no page
	if err := privacy.Passphrase(pass); err != nil {
		return s.afterExport(w, r, err, "", id)
	}
	x, rows, err := s.Privacy.Take(r.Context(), visitOf(r).actor(), id)
	if err != nil {
		return s.afterExport(w, r, err, "", id)
	}
	p := exportsPage{Page: s.page(r, "")}
	book, err := render.XLSX(p.document(x, rows))
	if err != nil {
		return err
	}
	b, err := privacy.Lock(pass, book)
	return download(w, "export.xlsx.age", "application/octet-stream", b, err)
}

// document puts an export into a table, with its purpose and recipient before it.
func (p *exportsPage) document(x privacy.Export, rows [][]string) render.Document {
	d := render.Document{Lang: string(p.Lang), Title: p.T("exportwhat." + string(x.What)), Made: p.Now(), Subtitle: p.When(p.Now()), Blocks: []render.Block{
		render.Para{Text: p.L("Цел: ", "Purpose: ") + string(x.Purpose)}, render.Para{Text: p.L("Получател: ", "Recipient: ") + string(x.Recipient)}}}
	t := render.Table{Caption: d.Title}
	for _, f := range x.Fields {
		t.Head = append(t.Head, render.Column{Text: p.T("exportfield." + f)})
	}
	for _, row := range rows {
		var cells []render.Cell
		for i, v := range row {
			cells = append(cells, render.Cell{Text: p.readable(x.Fields[i], v)})
		}
		t.Rows = append(t.Rows, cells)
	}
	d.Blocks = append(d.Blocks, t)
	return d
}
