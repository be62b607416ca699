package web

import (
	"maps"
	"net/http"
	"path"
	"slices"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/casework"
	"strengthen/internal/fault"
)

func (s *Server) planRoutes() []Route {
	return []Route{
		{"GET /cases/{id}/plan", access.SeeCase, false, 0, s.casePlan, false},
		{"POST /cases/{id}/plans", access.LeadCase, false, 0, s.draftPlan, false},
		{"POST /cases/{id}/plans/{plan}", access.LeadCase, false, 0, s.writePlan, false},
		{"POST /cases/{id}/plans/{plan}/goals", access.LeadCase, false, 0, s.addGoal, false},
		{"POST /cases/{id}/plans/{plan}/goals/{goal}/remove", access.LeadCase, false, 0, s.dropGoal, false},
		{"POST /cases/{id}/plans/{plan}/tasks", access.LeadCase, false, 0, s.planTask, false},
		{"POST /cases/{id}/plans/{plan}/adopt", access.LeadCase, false, 0, s.adoptPlan, false},
		{"GET /cases/{id}/plan/fridge", access.SeeCase, false, 0, s.fridge, false},
		{"POST /cases/{id}/tasks/{task}/done", access.WriteCase, false, 0, s.finishTask, false},
		{"POST /cases/{id}/tasks/{task}/judge", access.LeadCase, false, 0, s.judgeTask, false},
		{"POST /cases/{id}/tasks/{task}/move", access.LeadCase, false, 0, s.moveTask, false},
	}
}

type casePlanPage struct {
	casePage
	Plans   []casework.Plan
	Tasks   []casework.Task
	Own     access.AgencyID // the reader's institution
	Current *casework.Plan  // in force
	Draft   *casework.Plan
	Texts   casework.Form // of the draft, as far as they are typed
	Typed   bool          // the draft was sent and comes back
	SentFor string        // the task whose form was sent
}

// Past lists the plans that were superseded.
func (p *casePlanPage) Past() []casework.Plan {
	return slices.DeleteFunc(slices.Clone(p.Plans), func(x casework.Plan) bool { return x.State != casework.Superseded })
}

// TasksOf lists the tasks of a plan.
func (p *casePlanPage) TasksOf(id string) []casework.Task {
	return slices.DeleteFunc(slices.Clone(p.Tasks), func(t casework.Task) bool { return t.Plan != id })
}

// GoalOptions lists the goals of the draft, under one of which a task can stand.
func (p *casePlanPage) GoalOptions() []Option {
	var all []Option
	for _, g := range p.Draft.Goals {
		all = append(all, Option{Value: g.ID, Text: string(g.Text)})
	}
	return all
}

// Towards lists the tasks that lead to a goal.
func (p *casePlanPage) Towards(goal string) []casework.Task {
	return slices.DeleteFunc(slices.Clone(p.Tasks), func(t casework.Task) bool { return t.Goal != goal })
}

// Waiting lists the tasks that are neither ended nor handed over and in force, of the plan and of meetings.
func (p *casePlanPage) Waiting() []casework.Task {
	return slices.DeleteFunc(slices.Clone(p.Tasks), func(t casework.Task) bool { return !t.Waits() || t.State == casework.TaskPlanned })
}

// Coming lists the tasks of meetings that begin when the minutes are in force. Until then they keep the case from being closed.
func (p *casePlanPage) Coming() []casework.Task {
	return slices.DeleteFunc(slices.Clone(p.Tasks), func(t casework.Task) bool { return t.State != casework.TaskPlanned || t.Meeting == "" })
}

// Ended lists the tasks that are done with.
func (p *casePlanPage) Ended() []casework.Task {
	return slices.DeleteFunc(slices.Clone(p.Tasks), func(t casework.Task) bool { return t.Waits() })
}

// Mine reports whether the reader's institution says of a task that it is done.
func (p *casePlanPage) Mine(t casework.Task) bool {
	if !p.Write[casework.Core] || t.State != casework.TaskOpen && t.State != casework.TaskReturned {
		return false
	}
	return t.Owner == "agency" && t.Agency == p.Own || t.Owner != "agency" && p.Own == p.Case.Agency
}

// TextFields lists the texts of a plan.
func (p *casePlanPage) TextFields() []string { return casework.PlanFields() }

// MarkNames lists what of a plan is no text.
func (p *casePlanPage) MarkNames() []string { return slices.Sorted(maps.Keys(casework.Plan{}.Marks())) }

// DraftFields lists the texts that the draft asks for: how the child was heard, of one that may be ten or older.
func (p *casePlanPage) DraftFields() []string {
	if casework.MayBeRepresented(p.Case.Band) {
		return slices.DeleteFunc(p.TextFields(), func(f string) bool { return slices.Contains(casework.HeardFields(), f) })
	}
	return p.TextFields()
}

// TextField makes the field of one of the texts of the draft.
func (p *casePlanPage) TextField(name string) Field {
	kind := "?textarea"
	switch name {
	case "heard_on":
		kind = "?date"
	case "heard_by", "heard_how":
		kind = "?text"
	}
	label := p.T("planfield." + name)
	f := p.Page.Fld(kind, name, label, label, string(p.Texts[name]))
	f.Optional = name != "long_term"
	if name == "heard_on" {
		f.Hint = p.L("Дете на 10 и повече години се изслушва (чл. 15, ал. 1 ЗЗДет).", "A child of 10 or more is heard (Child Protection Act, article 15, paragraph 1).")
	}
	return f
}

// Written is a text of a plan as it is read; the day on which the child was heard is written as days are.
func (p *casePlanPage) Written(x casework.Plan, name string) string {
	text := string(x.Texts[name])
	if d, err := calendar.ParseDate(text); name == "heard_on" && err == nil {
		return p.Date(d)
	}
	return text
}

// TaskAction is where the form of a new task goes.
func (p *casePlanPage) TaskAction() string {
	return "/cases/" + string(p.Case.ID) + "/plans/" + p.Draft.ID + "/tasks"
}

// InTask is Inside for the forms of one of several tasks.
func (p *casePlanPage) InTask(id, form string, f Field) Field {
	if p.SentFor == id {
		return p.Inside(form, f)
	}
	page := p.Page
	page.Sent = ""
	f = page.Inside(form, f)
	f.ID = id + "-" + f.Name + "-" + form
	return f
}

// ReviewDay is the day of the review of the draft, as far as it is typed.
func (p *casePlanPage) ReviewDay() string {
	if p.Typed {
		return p.r.PostFormValue("review")
	}
	return p.DateValue(p.Draft.Review)
}

// Agreed reports whether the draft, as far as it is typed, is agreed with the parents or with the child.
func (p *casePlanPage) Agreed(with string) bool {
	switch {
	case p.Typed:
		return p.r.PostFormValue(with) != ""
	case with == "parents_agree":
		return p.Draft.Parents
	}
	return p.Draft.Child
}

// DateValue writes a day as a field takes it.
func (p Page) DateValue(d calendar.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.String()
}

func (s *Server) casePlanPage(r *http.Request) (*casePlanPage, error) {
	p := &casePlanPage{casePage: *s.newCasePage(r, "plan")}
	v, err := s.Casework.OpenPlan(r.Context(), p.actor, caseID(r))
	if err != nil {
		return p, err
	}
	p.Plans, p.Tasks, p.Own = v.Plans, v.Tasks, v.Own
	for i := range p.Plans {
		switch p.Plans[i].State {
		case casework.InForce:
			p.Current = &p.Plans[i]
		case casework.Draft:
			p.Draft, p.Texts, p.Saw = &p.Plans[i], p.Plans[i].Texts, p.Plans[i].Marks()
			maps.Copy(p.Saw, p.Texts)
		}
	}
	return p, p.fill(r, v.CaseView)
}

func (s *Server) casePlan(w http.ResponseWriter, r *http.Request) error {
	p, err := s.casePlanPage(r)
	if err != nil {
		return err
	}
	return s.show(w, "caseplan", p)
}

// fridge is the plan of the family, to print: who does what, in large letters, without a name of the child or an address.
func (s *Server) fridge(w http.ResponseWriter, r *http.Request) error {
	p, err := s.casePlanPage(r)
	if err != nil {
		return err
	}
	if p.Current == nil {
		return fault.New(fault.NotFound, "fault.notfound")
	}
	return s.show(w, "fridge", p)
}

// onPlan does something to the plan of a case and goes back to it.
func (s *Server) onPlan(w http.ResponseWriter, r *http.Request, do func(by access.Actor, id casework.CaseID) error) error {
	err := do(visitOf(r).actor(), caseID(r))
	if err == nil {
		return to(w, r, "/cases/"+string(caseID(r))+"/plan", "saved")
	}
	p, e := s.casePlanPage(r)
	if e != nil {
		return cmpError(err, e)
	}
	p.Sent, p.SentFor = path.Base(r.URL.Path), r.PathValue("task")
	if (p.Sent == r.PathValue("plan") || p.Sent == "adopt") && p.Draft != nil { // what is wrong or missing stands at the fields of the draft
		p.Sent, p.Typed = "", true
		e, _ := planEdit(r)
		maps.Copy(e.Saw, e.Seen)
		p.clashed(err, e.Saw, func(f string) string { return p.T("planfield." + f) })
		p.Texts = e.Mine
	}
	return s.again(w, err, &p.Page, "caseplan", p)
}

func (s *Server) draftPlan(w http.ResponseWriter, r *http.Request) error {
	return s.onPlan(w, r, func(by access.Actor, id casework.CaseID) error {
		_, err := s.Casework.DraftPlan(r.Context(), by, "plan/"+field(r, "key"), id)
		return err
	})
}

// planEdit reads the form of a draft.
func planEdit(r *http.Request) (casework.PlanEdit, error) {
	var l fault.List
	e := casework.PlanEdit{Parents: field(r, "parents_agree") != "", Child: field(r, "child_agrees") != "", Review: optionalDate(r, "review", &l)}
	e.Saw, e.Mine = form(r, casework.PlanFields()...)
	if _, shown := r.PostForm["was_review"]; shown {
		e.Seen, _ = form(r, (*casePlanPage)(nil).MarkNames()...)
	}
	return e, l.Err()
}

func (s *Server) writePlan(w http.ResponseWriter, r *http.Request) error {
	return s.onPlan(w, r, func(by access.Actor, id casework.CaseID) error {
		e, err := planEdit(r)
		if err != nil {
			return err
		}
		return s.Casework.WritePlan(r.Context(), by, id, r.PathValue("plan"), e)
	})
}

func (s *Server) addGoal(w http.ResponseWriter, r *http.Request) error {
	return s.onPlan(w, r, func(by access.Actor, id casework.CaseID) error {
		return s.Casework.AddGoal(r.Context(), by, "goal/"+field(r, "key"), id, casework.Goal{Plan: r.PathValue("plan"), For: field(r, "for"), Text: words(r, "text")})
	})
}

func (s *Server) dropGoal(w http.ResponseWriter, r *http.Request) error {
	return s.onPlan(w, r, func(by access.Actor, id casework.CaseID) error {
		return s.Casework.DropGoal(r.Context(), by, id, r.PathValue("plan"), r.PathValue("goal"))
	})
}

func (s *Server) planTask(w http.ResponseWriter, r *http.Request) error {
	return s.onPlan(w, r, func(by access.Actor, id casework.CaseID) error {
		t, err := task(r)
		if err != nil {
			return err
		}
		t.Plan = r.PathValue("plan")
		return placedAt(s.Casework.AddTask(r.Context(), by, "task/"+field(r, "key"), id, t), "text", "what")
	})
}

func (s *Server) adoptPlan(w http.ResponseWriter, r *http.Request) error {
	return s.onPlan(w, r, func(by access.Actor, id casework.CaseID) error {
		e, err := planEdit(r)
		if err != nil {
			return err
		}
		return s.Casework.AdoptEdited(r.Context(), by, id, r.PathValue("plan"), version(r), e)
	})
}

func (s *Server) finishTask(w http.ResponseWriter, r *http.Request) error {
	return s.onPlan(w, r, func(by access.Actor, id casework.CaseID) error {
		return s.Casework.FinishTask(r.Context(), by, id, r.PathValue("task"), version(r), words(r, "evidence"))
	})
}

func (s *Server) judgeTask(w http.ResponseWriter, r *http.Request) error {
	return s.onPlan(w, r, func(by access.Actor, id casework.CaseID) error {
		return s.Casework.JudgeTask(r.Context(), by, id, r.PathValue("task"), version(r), field(r, "confirm") == "yes")
	})
}

func (s *Server) moveTask(w http.ResponseWriter, r *http.Request) error {
	return s.onPlan(w, r, func(by access.Actor, id casework.CaseID) error {
		return s.Casework.MoveTask(r.Context(), by, "move/"+field(r, "key"), id, r.PathValue("task"), version(r), access.AgencyID(field(r, "agency")), words(r, "why"))
	})
}
