package web

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/fault"
	"strengthen/internal/i18n"
	"strengthen/internal/org"
	"strengthen/internal/training"
)

// Page is what every page shows around its own content. Every page's struct embeds it.
type Page struct {
	s       *Server
	Lang    i18n.Lang
	Title   string
	Path    string // of this page, without the language
	Query   string
	Visitor org.Visitor
	In      bool
	Public  bool
	Demo    bool
	Notice  string     // what just happened, as a message
	Faults  fault.List // what is wrong with the form
	Later   bool       // nothing is wrong with the form: it could not be kept now
	Sent    string     // which of several forms of the page was sent
	tables  *org.Tables
	places  []org.Municipality
	actor   access.Actor
	r       *http.Request
}

func (s *Server) page(r *http.Request, title string) Page {
	v := visitOf(r)
	path := strings.TrimPrefix(r.URL.Path, "/en")
	if path == "" {
		path = "/"
	}
	p := Page{s: s, Lang: v.lang, Title: title, Path: path, Query: r.URL.RawQuery, Visitor: v.visitor, In: v.in,
		Demo: s.Demo, actor: v.actor(), r: r}
	if key := "ok." + r.URL.Query().Get("ok"); s.words.Has(key) {
		n, _ := strconv.Atoi(r.URL.Query().Get("n"))
		p.Notice = s.words.T(v.lang, key, fault.Vars{"n": n})
	}
	return p
}

// publicPage is a page whose address carries the language.
func (s *Server) publicPage(r *http.Request, title string) Page {
	p := s.page(r, title)
	p.Public = true
	return p
}

// L returns the text of the page's language; both stand side by side where they are used.
func (p Page) L(bg, en string, pairs ...any) string {
	vars := fault.Vars{}
	for i := 0; i+1 < len(pairs); i += 2 {
		vars[pairs[i].(string)] = pairs[i+1]
	}
	return p.Lang.Fill(p.Lang.Pick(bg, en), vars)
}

// T returns a message of the catalogue.
func (p Page) T(key string) string { return p.s.words.T(p.Lang, key, nil) }

// N writes a count with its noun: one form for one, another for every other number.
func (p Page) N(n int, oneBG, manyBG, oneEN, manyEN string) string {
	noun := p.Lang.Pick(manyBG, manyEN)
	if n == 1 {
		noun = p.Lang.Pick(oneBG, oneEN)
	}
	return p.Lang.Int(n) + "\u00a0" + noun
}

// Count is L for a text that speaks of a number, which stands in it as {n}: one form for one, another for the rest.
func (p Page) Count(n int, oneBG, manyBG, oneEN, manyEN string, pairs ...any) string {
	pairs = append(pairs, "n", n)
	if n == 1 {
		return p.L(oneBG, oneEN, pairs...)
	}
	return p.L(manyBG, manyEN, pairs...)
}

// URL is an address of a public page in the language of this one.
func (p Page) URL(path string) string {
	if p.Lang == i18n.EN {
		return "/en" + path
	}
	return path
}

// Switch is the address of this page in the other language.
func (p Page) Switch() string {
	path := p.Path
	if p.Lang == i18n.BG {
		path = "/en" + path
	}
	if p.Query != "" {
		path += "?" + p.Query
	}
	return path
}

// Here is the address of this page with its query, for forms that come back to it.
func (p Page) Here() string {
	if p.Query == "" {
		return p.Path
	}
	return p.Path + "?" + p.Query
}

// Asset is the address of a static file.
func (p Page) Asset(name string) string { return p.s.Asset(name) }

// Key is a new idempotency key for a form.
func (p Page) Key() string { return access.NewID() }

// May reports whether the reader may do action anywhere; links that lead nowhere are left out.
func (p Page) May(action string) bool {
	return p.s.Policy.May(p.actor, access.Action(action), p.s.Now())
}

// Can reports whether the reader may do action to this training.
func (p Page) Can(action string, e training.Event) bool {
	return p.s.Policy.Can(p.actor, access.Action(action), e.Resource(), p.s.Now())
}

// NavLink is a link of the header.
type NavLink struct {
	Href, Text string
	Here       bool
}

// navRows are the links of the header for whoever is signed in; under names the other pages that belong to a link. A wide
// one stands only for those who see a region or the whole country.
var navRows = []struct {
	action access.Action
	href   string
	bg, en string
	wide   bool
	under  []string
	orElse access.Action // also for whoever may do this
	not    access.Action // but not for whoever may do this
}{
	{action: access.SeeHome, href: "/home", bg: "Начало", en: "Home"},
	{action: access.EnterSignal, href: "/work", bg: "Днес", en: "Today", under: []string{"/clocks"}},
	{action: access.SeeSignal, href: "/signals", bg: "Сигнали", en: "Signals"},
	{action: access.SeeCase, href: "/cases", bg: "Случаи", en: "Cases", under: []string{"/child", "/emergency"}},
	{action: access.SeeRequest, href: "/requests", bg: "Искания", en: "Requests"},
	{action: access.AssignCase, href: "/unit", bg: "Отдел", en: "Unit"},
	{action: access.KeepRota, href: "/unit", bg: "Дежурства", en: "Duty rota", not: access.AssignCase},
	{action: access.SeeTraining, href: "/trainings", bg: "Обучения", en: "Trainings", wide: true, under: []string{"/regions", "/calendar", "/programme", "/imports", "/seats"}, orElse: access.RecordDay},
	{action: access.SeeWave, href: "/surveys", bg: "Проучвания", en: "Surveys"},
	{action: access.ReadReport, href: "/impact", bg: "Въздействие", en: "Impact"},
	{action: access.SeeFigures, href: "/figures", bg: "Случаи", en: "Cases"},
	{action: access.SeePerson, href: "/people", bg: "Хора", en: "People", wide: true, under: []string{"/agencies"}},
	{action: access.SeeAccount, href: "/accounts", bg: "Профили", en: "Accounts"},
	{action: access.EditTables, href: "/tables", bg: "Списъци", en: "Lists", under: []string{"/agencies"}},
	{action: access.ReviewGlass, href: "/emergency/reviews", bg: "Прегледи", en: "Reviews", under: []string{"/settings/identity"}},
	{action: access.SeeAudit, href: "/audit", bg: "Достъп", en: "Access"},
	{action: access.SeeMail, href: "/mail", bg: "Писма", en: "Mail"},
	{action: access.SeeRetention, href: "/data", bg: "Данни", en: "Data", under: []string{"/exports", "/grants"}},
	{action: access.SeeSystem, href: "/system", bg: "Система", en: "System", under: []string{"/settings"}},
}

// Nav lists the links of the header: those that the reader may open.
func (p Page) Nav() []NavLink {
	var all []NavLink
	if !p.In {
		for _, l := range [][3]string{{"/", "Начало", "Home"}, {"/apply", "Обучения", "Trainings"}, {"/verify", "Проверка на удостоверение", "Check a certificate"}} {
			all = append(all, NavLink{p.URL(l[0]), p.L(l[1], l[2]), p.Path == l[0] || (l[0] != "/" && strings.HasPrefix(p.Path, l[0]))})
		}
		return all
	}
	for _, row := range navRows {
		if row.wide && !p.allSeeing(row.action) && (row.orElse == "" || !p.May(string(row.orElse))) || !p.May(string(row.action)) || row.not != "" && p.May(string(row.not)) {
			continue
		}
		here := slices.ContainsFunc(append(row.under, row.href), func(at string) bool { return p.Path == at || strings.HasPrefix(p.Path, at+"/") })
		all = append(all, NavLink{row.href, p.L(row.bg, row.en), here})
	}
	return all
}

// TrainingTabs are the ways to look at the trainings.
func (p Page) TrainingTabs() []Tab {
	return []Tab{
		{"/trainings", p.L("Списък", "List"), p.Path == "/trainings"},
		{"/regions", p.L("Области", "Regions"), p.Path == "/regions"},
		{"/calendar", p.L("Календар", "Calendar"), p.Path == "/calendar"},
	}
}

// PeopleTabs are the lists of people and of institutions, for those who may see both.
func (p Page) PeopleTabs() []Tab {
	if !p.May(string(access.SeePerson)) || !p.May(string(access.SeeAgency)) {
		return nil
	}
	return []Tab{{"/people", p.L("Хора", "People"), p.Path == "/people"}, {"/agencies", p.L("Институции", "Institutions"), p.Path == "/agencies"}}
}

func (p Page) allSeeing(a access.Action) bool {
	s := p.s.Policy.Scope(p.actor, a, p.s.Now())
	return s.All || len(s.Regions) > 0
}

// House is who answers for the system and who pays for it.
func (p Page) House() org.House { return p.s.houseNow(p.r.Context()) }

// Passkeys reports whether passkeys can be used at this site.
func (p Page) Passkeys() bool { return p.s.Org.HasPasskeys() }

// Dates and numbers, for templates.

// Int writes a whole number.
func (p Page) Int(n int) string { return p.Lang.Int(n) }

// Dec writes a decimal number.
func (p Page) Dec(x float64, n int) string { return p.Lang.Decimal(x, n) }

// Pct writes a of b as a percentage, or a dash when there is no b.
func (p Page) Pct(a, b int) string {
	if b == 0 {
		return "–"
	}
	return p.Lang.Percent(float64(a) / float64(b))
}

// Date writes a day.
func (p Page) Date(d calendar.Date) string { return p.Lang.Date(d) }

// Days writes from–to.
func (p Page) Days(a, b calendar.Date) string { return p.Lang.Days(a, b) }

// When writes a moment.
func (p Page) When(t time.Time) string { return p.Lang.Moment(t) }

// Now is the present moment.
func (p Page) Now() time.Time { return p.s.Now() }

// Today is the present day.
func (p Page) Today() calendar.Date { return p.s.Now.Today() }

// Tables returns the reference data, read once per page.
func (p *Page) Tables() org.Tables {
	if p.tables == nil {
		t, err := p.s.Org.Tables(p.r.Context())
		p.lack(err)
		p.tables = &t
	}
	return *p.tables
}

// lack remembers that a part of the page could not be read. Such a page is not shown, nor is a form judged by it: without the list
// of places every place would look wrong.
func (p *Page) lack(err error) {
	if v := visitOf(p.r); v.lacking == nil {
		v.lacking = err
	}
}

// lacking returns what could not be read for the page.
func (p Page) lacking() error { return visitOf(p.r).lacking }

// Region names an oblast.
func (p *Page) Region(id access.RegionID) string {
	r, _ := p.Tables().Region(id)
	return r.Name(string(p.Lang))
}

// Sector names a sector.
func (p *Page) Sector(code string) string { return p.term(org.Sectors, code) }

// Profession names a profession.
func (p *Page) Profession(code string) string { return p.term(org.Professions, code) }

// Kind names a kind of institution.
func (p *Page) Kind(code string) string { return p.term(org.AgencyKinds, code) }

func (p *Page) term(l org.List, code string) string {
	if t, ok := p.Tables().Term(l, code); ok {
		return t.Name(string(p.Lang))
	}
	return code
}

// Mark is the class of a sector's sign.
func (p Page) Mark(sector string) string {
	switch sector {
	case "social":
		return "soc"
	case "police":
		return "pol"
	case "education":
		return "edu"
	case "health":
		return "psy"
	case "ngo", "mediation":
		return "ngo"
	}
	return "oth"
}

// Why puts the reason of a seat's state into words.
func (p *Page) Why(w training.Why) string {
	vars := fault.Vars{}
	for k, v := range w.Vars {
		vars[k] = v
		if k == "sector" {
			vars[k] = p.Sector(fmt.Sprint(v))
		}
	}
	return p.s.words.T(p.Lang, w.Key, vars)
}

// State puts the state of a seat into words.
func (p Page) State(s training.State) string { return p.T("state." + string(s)) }

// StateTag is the colour of a state.
func (p Page) StateTag(s training.State) string {
	switch s {
	case training.Confirmed:
		return "ok"
	case training.Waiting, training.Offered, training.Applied:
		return "soon"
	}
	return ""
}

// Place names a training: the centre of its region.
func (p *Page) Place(e training.Event) string {
	r, _ := p.Tables().Region(e.Region)
	return r.Name(string(p.Lang))
}

// Venue names where a training is held.
func (p Page) Venue(e training.Event) string { return e.Venue(string(p.Lang)) }

// Typed is what was typed into a field of the form that comes back, as it was typed, or else what is kept.
func (p Page) Typed(name string, kept any) string {
	if p.r.PostForm.Has(name) {
		return p.r.PostForm.Get(name)
	}
	return fmt.Sprint(kept)
}

// Messages puts the faults of the form into words, one line each.
func (p Page) Messages() []Message {
	var all []Message
	for _, e := range p.Faults {
		text := p.s.say(p.Lang, e)
		if e.Row > 0 {
			text = p.L("Ред {n}", "Row {n}", "n", e.Row) + colon(e.Field) + ": " + text
		}
		at := e.Field
		if p.Sent != "" && at != "" {
			at = p.Sent + "-" + at
		}
		all = append(all, Message{e.Field, at, text})
	}
	return all
}

func colon(field string) string {
	if field == "" {
		return ""
	}
	return ", " + field
}

// Message is one fault in words, with the field at which it stands.
type Message struct{ Field, At, Text string }

// Inside makes a field belong to one of several forms of a page: what was typed and what was wrong with it show in the form that
// was sent.
func (p Page) Inside(form string, f Field) Field {
	f.ID = form + "-" + f.Name
	if p.Sent != form {
		f.Error = ""
		return f
	}
	f.Value = p.r.PostFormValue(f.Name)
	for i := range f.Options {
		f.Options[i].Chosen = slices.Contains(p.r.PostForm[f.Name], f.Options[i].Value)
	}
	return f
}

// Opened reports whether a form of the page was sent and comes back with faults.
func (p Page) Opened(form string) bool { return p.Sent == form }

// ErrorAt is the message by a field, or "".
func (p Page) ErrorAt(field string) string {
	for _, e := range p.Faults {
		if e.Field == field && e.Row == 0 {
			return p.s.say(p.Lang, e)
		}
	}
	return ""
}

// Option is a choice of a field.
type Option struct {
	Value, Text string
	Chosen      bool
}

// Field is one field of a form as templates show it.
type Field struct {
	ID, Name, Label, Hint, Value, Type, Error string
	Auto                                      string // what the browser may fill in (WCAG 1.3.5)
	Optional                                  bool
	Options                                   []Option
	Lang                                      i18n.Lang
}

// autofill says what the browser may fill in where people write about themselves: on public pages, and wherever a password
// or a code is asked for.
func (p Page) autofill(name, kind string) string {
	switch {
	case kind == "newpassword":
		return "new-password"
	case kind == "password":
		return "current-password"
	case name == "code":
		return "one-time-code"
	case !p.Public:
		return "off"
	}
	return map[string]string{"name": "name", "email": "email", "phone": "tel", "login": "username", "agency": "organization"}[name]
}

// Fld makes a field. Kind is a type of input, and may begin with ? when the field may stay empty.
func (p Page) Fld(kind, name, bg, en, value string, hint ...string) Field {
	f := Field{ID: name, Name: name, Label: p.L(bg, en), Value: value, Error: p.ErrorAt(name), Lang: p.Lang}
	f.Type, f.Optional = strings.TrimPrefix(kind, "?"), strings.HasPrefix(kind, "?")
	f.Auto, f.Type = p.autofill(name, f.Type), strings.TrimPrefix(f.Type, "new")
	if len(hint) == 2 {
		f.Hint = p.L(hint[0], hint[1])
	}
	return f
}

// noNames adds to the hint of a long text that it says nothing of who a child is.
func (p Page) noNames(f Field) Field {
	if f.Type == "textarea" {
		f.Hint = strings.TrimSpace(f.Hint + " " + p.L("Без имена, ЕГН и адрес.", "No names, personal number (EGN) or address."))
	}
	return f
}

// Sel makes a field of choices.
func (p Page) Sel(kind, name, bg, en, value string, options []Option) Field {
	f := p.Fld(kind, name, bg, en, value)
	f.Options = slices.Clone(options)
	for i := range f.Options {
		f.Options[i].Chosen = f.Options[i].Value == value
	}
	return f
}

// Say adds a hint to a field.
func (f Field) Say(hint string) Field {
	f.Hint = hint
	return f
}

// Terms lists a code list as options.
func (p *Page) Terms(list string) []Option {
	var all []Option
	for _, t := range p.Tables().Of(org.List(list)) {
		all = append(all, Option{Value: t.Code, Text: t.Name(string(p.Lang))})
	}
	return all
}

// Regions lists the 28 as options.
func (p *Page) Regions() []Option {
	var all []Option
	for _, r := range p.Tables().Regions {
		all = append(all, Option{Value: string(r.ID), Text: r.Name(string(p.Lang))})
	}
	return all
}

// part puts arguments of a template together: part "a" x "b" y.
func part(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, errors.New("part needs pairs")
	}
	m := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i].(string)] = pairs[i+1]
	}
	return m, nil
}

// Reading forms.

func field(r *http.Request, name string) string { return strings.TrimSpace(r.PostFormValue(name)) }

func number(r *http.Request, name string, l *fault.List) int {
	n, err := strconv.Atoi(field(r, name))
	if err != nil {
		l.Add(fault.Field(name, "form.number"))
	}
	return n
}

func date(r *http.Request, name string, l *fault.List) calendar.Date {
	d, err := calendar.ParseDate(field(r, name))
	switch {
	case field(r, name) == "":
		l.Add(fault.Field(name, "form.required"))
	case err != nil:
		l.Add(fault.Field(name, "form.date"))
	case !calendar.Known(d.Start()):
		l.Add(fault.Field(name, "form.year"))
	}
	return d
}
