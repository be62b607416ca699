package web

import (
	"encoding/json"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/casework"
	"strengthen/internal/fault"
)

func (s *Server) workRoutes() []Route {
	return proven([]Route{
		{"GET /work", access.EnterSignal, false, 0, s.work, false},
		{"GET /unit", access.KeepRota, false, 0, s.unit, false},
		{"POST /unit/duty", access.KeepRota, false, 0, s.planDuty, false},
		{"POST /unit/duty/{id}/end", access.KeepRota, false, 0, s.endDuty, false},
		{"GET /clocks/{id}", access.EnterSignal, false, 0, s.clock, false},
		{"GET /terms", access.SeeHome, false, 0, s.terms, false},
		{"GET /terms/days", access.EditRules, false, 0, s.daysOff, false},
		{"POST /terms/days", access.EditRules, false, 0, s.setDayOff, false},
		{"POST /terms/days/remove", access.EditRules, false, 0, s.dropDayOff, false},
		{"POST /terms/roll", access.EditRules, false, 0, s.setRoll, false},
		{"GET /terms/{ref}", access.EditRules, false, 0, s.term, false},
		{"POST /terms/{ref}", access.EditRules, false, 0, s.saveTermRule, false},
		{"GET /settings/identity", access.SetIdentity, false, 0, s.identitySettings, false},
		{"POST /settings/identity", access.SetIdentity, false, 0, s.saveIdentitySettings, false},
		{"GET /drafts", access.EnterSignal, false, 0, s.drafts, false},
		{"POST /drafts", access.EnterSignal, false, 0, s.saveDraft, false},
		{"POST /drafts/drop", access.EnterSignal, false, 0, s.dropDraft, false},
	}, "POST /terms/{ref}", "POST /terms/days", "POST /terms/days/remove", "POST /terms/roll", "POST /settings/identity")
}

type workPage struct {
	Page
	casework.Work
	Lines []ClockLine
	Late  int
}

// TaskTag says how a task stands to its day.
func (p *workPage) TaskTag(t casework.Task) ClockTag { return p.dueTag(t.Due.End()) }

// RequestTag says how a request stands to its day.
func (p *workPage) RequestTag(x casework.Request) ClockTag { return p.dueTag(x.Ends()) }

// Asks is how many requests wait, of others and of one's own.
func (p *workPage) Asks() int { return len(p.Requests) + len(p.Returned) }

// Ref is the reference of a case.
func (p *workPage) Ref(id casework.CaseID) string { return p.Refs["case/"+string(id)] }

// Empty reports whether nothing waits.
func (p *workPage) Empty() bool {
	return len(p.Lines)+len(p.Signals)+len(p.Requests)+len(p.Returned)+len(p.Tasks)+len(p.Meetings) == 0
}

func (s *Server) work(w http.ResponseWriter, r *http.Request) error {
	p, err := s.workOf(r)
	if err != nil {
		return err
	}
	return s.show(w, "work", p)
}

// workOf collects what waits for the reader.
func (s *Server) workOf(r *http.Request) (*workPage, error) {
	p := &workPage{Page: s.page(r, "")}
	p.Title = p.L("Работа", "Work")
	var err error
	if p.Work, err = s.Casework.MyWork(r.Context(), p.actor); err != nil {
		return nil, err
	}
	for _, v := range p.Clocks {
		if v.Listed() {
			continue
		}
		meeting, minutes := v.Minutes()
		line := p.ClockLine(v, "")
		line.About = p.Refs[v.Key()]
		line.Link = "/" + strings.Replace(v.Key(), "case/", "cases/", 1)
		if v.Case == "" {
			line.Link = "/signals/" + string(v.Signal)
		}
		if minutes {
			line.Link = "/cases/" + string(v.Case) + "/meetings/" + meeting
		}
		if line.Class == "c-late" {
			p.Late++
		}
		p.Lines = append(p.Lines, line)
	}
	return p, nil
}

type unitPage struct {
	Page
	casework.Unit
	Once string
}

// StaffOptions lists who can be on duty.
func (p *unitPage) StaffOptions() []Option {
	var all []Option
	for _, x := range p.Staff {
		all = append(all, Option{Value: string(x.Person), Text: x.Name})
	}
	return all
}

// Rungs lists the two steps of the ladder of duty.
func (p *unitPage) Rungs() []Option {
	return []Option{{Value: "1", Text: p.L("дежурен", "on duty")}, {Value: "2", Text: p.L("заместник или ръководител", "deputy or superior")}}
}

// Most is the largest load of one person, for the bars.
func (p *unitPage) Most() int {
	most := 1
	for _, l := range p.Load {
		most = max(most, l.Open)
	}
	return most
}

// Bar is a length out of 100.
func (p *unitPage) Bar(n int) int { return 100 * n / p.Most() }

func (s *Server) unitPage(r *http.Request) (*unitPage, error) {
	p := &unitPage{Page: s.page(r, ""), Once: access.NewID()}
	p.Title = p.L("Дежурства", "Duty rota")
	if p.May(string(access.AssignCase)) {
		p.Title = p.L("Отдел", "Unit")
	}
	var err error
	p.Unit, err = s.Casework.OpenUnit(r.Context(), p.actor, p.actor.AgencyAt(s.Now()))
	return p, err
}

func (s *Server) unit(w http.ResponseWriter, r *http.Request) error {
	p, err := s.unitPage(r)
	if err != nil {
		return err
	}
	return s.show(w, "unit", p)
}

func (s *Server) planDuty(w http.ResponseWriter, r *http.Request) error {
	var l fault.List
	by := visitOf(r).actor()
	d := casework.Duty{Agency: by.AgencyAt(s.Now()), Person: access.PersonID(field(r, "person")), From: moment(r, "from", &l), Until: moment(r, "until", &l), Rung: number(r, "rung", &l)}
	err := l.Err()
	if err == nil {
		err = s.Casework.PlanDuty(r.Context(), by, "duty/"+field(r, "key"), d)
	}
	if err == nil {
		return to(w, r, "/unit", "saved")
	}
	p, e := s.unitPage(r)
	if e != nil {
		return cmpError(err, e)
	}
	p.Sent = "duty"
	return s.again(w, err, &p.Page, "unit", p)
}

func (s *Server) endDuty(w http.ResponseWriter, r *http.Request) error {
	if err := s.Casework.EndDuty(r.Context(), visitOf(r).actor(), r.PathValue("id")); err != nil {
		return err
	}
	return to(w, r, "/unit", "saved")
}

type clockPage struct {
	Page
	casework.ClockPage
	Line ClockLine
}

// One is the term as the only line of a list.
func (p *clockPage) One() []ClockLine { return []ClockLine{p.Line} }

// Back is the address of the record to which the term belongs.
func (p *clockPage) Back() string {
	if p.Case != "" {
		return "/cases/" + string(p.Case)
	}
	return "/signals/" + string(p.Signal)
}

// Pausable reports whether the term may stand still at all.
func (p *clockPage) Pausable() bool {
	return p.ClockPage.State == casework.Running && p.Of.MayStand()
}

// Pauses lists the reasons for which the term may stand still.
func (p *clockPage) Pauses() []Option {
	return slices.DeleteFunc(p.Codes("pause."), func(o Option) bool { return !slices.Contains(p.Of.Pauses, o.Value) })
}

func (s *Server) clockPage(r *http.Request, id casework.ClockID) (*clockPage, error) {
	p := &clockPage{Page: s.page(r, "")}
	p.Title = p.L("Срок", "Term")
	v, err := s.Casework.OpenClock(r.Context(), p.actor, id)
	p.ClockPage = v
	if err == nil {
		p.Line = p.ClockLine(v.ClockView, "")
	}
	return p, err
}

func (s *Server) clock(w http.ResponseWriter, r *http.Request) error {
	p, err := s.clockPage(r, casework.ClockID(r.PathValue("id")))
	if err != nil {
		return err
	}
	return s.show(w, "clock", p)
}

type termsPage struct {
	Page
	Rules []casework.ClockRule
}

// Length writes the length of a term.
func (p Page) Length(r casework.ClockRule) string {
	if r.Immediate() {
		return p.L("веднага", "at once")
	}
	unit := p.T("unit." + string(r.Term.Unit))
	if r.Term.N == 1 {
		unit = p.T("unit1." + string(r.Term.Unit))
	}
	return p.Int(r.Term.N) + "\u00a0" + unit
}

// EventWords puts the events of a rule into words.
func (p Page) EventWords(text string) string {
	var all []string
	for e := range strings.SplitSeq(text, "|") {
		all = append(all, p.T("event."+e))
	}
	return strings.Join(all, p.L(" или ", " or "))
}

// Ladder writes the steps of a rule as one reads them.
// Ladder says when people are told of a term: shares of it, and hours after its end.
func (p Page) Ladder(r casework.ClockRule) string {
	words := make([]string, len(r.Ladder))
	for i, g := range r.Ladder {
		if words[i] = p.Lang.Percent(g.Share); g.Share == 0 {
			words[i] = "+" + p.Lang.Decimal(g.After.Hours(), 0) + p.L("\u00a0ч", "\u00a0h")
		}
	}
	return strings.Join(words, ", ")
}

func (s *Server) terms(w http.ResponseWriter, r *http.Request) error {
	p := &termsPage{Page: s.page(r, "")}
	p.Title = p.L("Срокове и основания", "Terms and their basis")
	var err error
	p.Rules, err = s.Casework.Rules(r.Context(), p.actor)
	if err != nil {
		return err
	}
	return s.show(w, "terms", p)
}

type termPage struct {
	Page
	Rule casework.ClockRule
	Form termForm
}

type termForm struct {
	N, Ladder, VerifiedBy, VerifiedOn string
	Roll, Practice, Active            bool
	Pauses                            []string
}

// Pauses are the reasons for which clocks of the rule may stand still, to tick; nothing of a term of hours.
func (p *termPage) Pauses() []Field {
	if p.Rule.Term.Unit == calendar.Hours {
		return nil
	}
	return []Field{p.Ticks("pauses", "Може да спре, когато", "May stand still while", p.Form.Pauses, p.Codes("pause."))}
}

func (s *Server) termPage(r *http.Request) (*termPage, error) {
	p := &termPage{Page: s.page(r, "")}
	all, err := s.Casework.Rules(r.Context(), p.actor)
	if err != nil {
		return p, err
	}
	for _, x := range all {
		if x.Ref == r.PathValue("ref") {
			p.Rule, p.Title = x, x.Ref
			p.Form = termForm{strconv.Itoa(x.Term.N), casework.LadderText(x.Ladder), x.VerifiedBy, "", x.RollBySetting, x.Practice, x.Active, x.Pauses}
			if !x.VerifiedOn.IsZero() {
				p.Form.VerifiedOn = x.VerifiedOn.String()
			}
			return p, nil
		}
	}
	return p, fault.New(fault.NotFound, "fault.notfound")
}

func (s *Server) term(w http.ResponseWriter, r *http.Request) error {
	p, err := s.termPage(r)
	if err != nil {
		return err
	}
	return s.show(w, "term", p)
}

// saveTermRule adds a version of a rule. Terms that run keep the version with which they began.
func (s *Server) saveTermRule(w http.ResponseWriter, r *http.Request) error {
	p, err := s.termPage(r)
	if err != nil {
		return err
	}
	p.Form = termForm{field(r, "n"), field(r, "ladder"), field(r, "verified_by"), field(r, "verified_on"), field(r, "roll") != "", field(r, "practice") != "", field(r, "active") != "", r.PostForm["pauses"]}
	var l fault.List
	x := p.Rule
	x.Term.N = number(r, "n", &l)
	ladder, err := casework.ParseLadder(p.Form.Ladder)
	for _, e := range fault.All(err) {
		l.Add(e)
	}
	x.Pauses = p.Form.Pauses
	x.Ladder, x.RollBySetting, x.Practice, x.Active, x.VerifiedBy, x.VerifiedOn = ladder, p.Form.Roll, p.Form.Practice, p.Form.Active, p.Form.VerifiedBy, optionalDate(r, "verified_on", &l)
	if err := l.Err(); err != nil {
		return s.again(w, err, &p.Page, "term", p)
	}
	if err := s.Casework.SaveRule(r.Context(), p.actor, x); err != nil {
		return s.again(w, err, &p.Page, "term", p)
	}
	return to(w, r, "/terms/"+x.Ref, "saved")
}

type identitySettingsPage struct {
	Page
	Basis casework.Basis
}

func (s *Server) identitySettings(w http.ResponseWriter, r *http.Request) error {
	p := &identitySettingsPage{Page: s.page(r, "")}
	p.Title = p.L("Имена на деца", "Names of children")
	var err error
	p.Basis, err = s.Casework.Basis(r.Context())
	if err != nil {
		return err
	}
	return s.show(w, "identitysettings", p)
}

func (s *Server) saveIdentitySettings(w http.ResponseWriter, r *http.Request) error {
	p := &identitySettingsPage{Page: s.page(r, ""), Basis: casework.Basis{Controller: field(r, "controller"), Law: field(r, "law")}}
	p.Title = p.L("Имена на деца", "Names of children")
	if err := s.Casework.SetBasis(r.Context(), p.actor, p.Basis); err != nil {
		return s.again(w, err, &p.Page, "identitysettings", p)
	}
	return to(w, r, "/settings/identity", "saved")
}

// drafts returns what the reader had typed into the forms of a page, for its script.
func (s *Server) drafts(w http.ResponseWriter, r *http.Request) error {
	all, err := s.Casework.Drafts(r.Context(), visitOf(r).actor(), r.URL.Query()["form"]...)
	if err != nil {
		return err
	}
	type typed struct {
		Fields map[string]string `json:"fields"`
		At     string            `json:"at"`
	}
	p, out := s.page(r, ""), map[string]typed{}
	for form, d := range all {
		out[form] = typed{d.Fields, p.When(d.At)}
	}
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(out)
}

// saveDraft keeps what the reader has typed into a form. Passwords, keys and versions are not part of it.
func (s *Server) saveDraft(w http.ResponseWriter, r *http.Request) error {
	fields := map[string]string{}
	for name, v := range r.PostForm {
		if name != "form" && len(v) == 1 {
			fields[name] = v[0]
		}
	}
	if err := s.Casework.SaveDraft(r.Context(), visitOf(r).actor(), field(r, "form"), fields); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Server) dropDraft(w http.ResponseWriter, r *http.Request) error {
	if err := s.Casework.DropDraft(r.Context(), visitOf(r).actor(), field(r, "form")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// forgetDraft forgets the draft of a form that was sent and taken.
func (s *Server) forgetDraft(r *http.Request) {
	form := r.PostForm.Get("draft")
	if form == "" {
		return
	}
	if err := s.Casework.DropDraft(r.Context(), visitOf(r).actor(), form); err != nil {
		s.Log.Error("draft", "error", err)
	}
}

// changeClock lets a term stand still, run on, or begin at another moment.
func (s *Server) changeClock(w http.ResponseWriter, r *http.Request) error {
	ctx, by, id := r.Context(), visitOf(r).actor(), casework.ClockID(r.PathValue("id"))
	var err error
	switch r.PathValue("act") {
	case "pause":
		err = s.Casework.Pause(ctx, by, id, field(r, "reason"))
	case "resume":
		err = s.Casework.Resume(ctx, by, id)
	case "correct":
		var l fault.List
		start := moment(r, "start", &l)
		if err = l.Err(); err == nil {
			err = s.Casework.Correct(ctx, by, id, start, field(r, "reason"))
		}
	default:
		return fault.New(fault.NotFound, "fault.notfound")
	}
	p, e := s.clockPage(r, id)
	if e != nil {
		return cmpError(err, e)
	}
	if err == nil {
		return to(w, r, "/clocks/"+string(id), "saved")
	}
	p.Sent = path.Base(r.URL.Path)
	return s.again(w, err, &p.Page, "clock", p)
}
