package casework

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/fault"
	"strengthen/internal/sealed"
)

// Plan is the action plan of a case: a goal to live up to, what is done for it by whom, and what the child and the family do
// themselves (Child Protection Act, article 36д; Implementing Regulation, annex 2а).
type Plan struct {
	ID      string
	Case    CaseID
	N       int
	State   PlanState
	Texts   Form // of PlanFields
	Parents bool // agreed with the parents or carers
	Child   bool // agreed with the child, by age and maturity
	Adopted time.Time
	Review  calendar.Date
	Changed time.Time
	Editor  access.PersonID
	Version int
	Goals   []Goal
}

// PlanState is where a plan stands.
type PlanState string

// The states of a plan.
const (
	Draft      PlanState = "draft"
	InForce    PlanState = "in_force"
	Superseded PlanState = "superseded"
)

// PlanFields lists the texts of a plan in the order of pages. Those that begin with no_ say why a kind of service, which the
// law asks every plan to hold, is not needed.
func PlanFields() []string {
	return append([]string{"long_term", "child", "family", "no_health", "no_social", "no_education", "disagreement"}, HeardFields()...)
}

// HeardFields lists what a plan says of how the child was heard before it: on which day, by whom, in which form, or why not.
func HeardFields() []string { return []string{"heard_on", "heard_by", "heard_how", "not_heard"} }

// holds reports whether a goal is one of the plan.
func (p Plan) holds(goal string) bool {
	return slices.ContainsFunc(p.Goals, func(g Goal) bool { return g.ID == goal })
}

// said reports whether a text of the plan says something.
func (p Plan) said(field string) bool { return strings.TrimSpace(string(p.Texts[field])) != "" }

// Heard reports whether the plan says how the child was heard, or why it was not.
func (p Plan) Heard() bool {
	return p.said("not_heard") || p.said("heard_on") && p.said("heard_by") && p.said("heard_how")
}

// Goal is a short-term goal, of the plan with the child or with the parents.
type Goal struct {
	ID   string
	Plan string
	For  string // child, parents
	Text sealed.Text
}

// Services lists the kinds of task; the first three are those that article 36д, paragraph 2 asks for.
func Services() []string { return []string{"health", "social", "education", "protection", "other"} }

// Measures lists the measures of protection by article, which a task may carry out (Child Protection Act, articles 4 and 23).
func Measures() []string {
	return []string{"", "4.1.1", "4.1.2", "4.1.4", "4.1.5", "4.1.6", "4.1.7", "4.1.8", "4.1.9", "4.1.10", "4.1.11", "23.1", "23.2", "23.3", "23.4", "23.5", "23.6", "23.7", "23.8", "23.9"}
}

// PlanTx is what plans and tasks need of a transaction.
type PlanTx interface {
	Plan(ctx context.Context, id string) (Plan, error)
	Plans(ctx context.Context, c CaseID) ([]Plan, error)
	PutPlan(ctx context.Context, p Plan) error
	UnreviewedCases(ctx context.Context) ([]CaseID, error)
	PutGoal(ctx context.Context, c CaseID, g Goal) error
	DropGoal(ctx context.Context, id string) error
	Task(ctx context.Context, id string) (Task, error)
	Tasks(ctx context.Context, c CaseID) ([]Task, error)
	PutTask(ctx context.Context, t Task) error
	MyTasks(ctx context.Context, p access.PersonID, agencies []access.AgencyID, n int) ([]Task, error)
	OpenTasks(ctx context.Context, c CaseID) (int, error)
}

// DraftPlan begins a plan, with the texts and goals of the one before; its tasks are given anew.
func (s *Service) DraftPlan(ctx context.Context, by access.Actor, key string, id CaseID) (string, error) {
	var made string
	err := s.onCase(ctx, by, id, -1, access.LeadCase, func(ctx context.Context, tx Tx, c Case) error {
		if c.State == Closed {
			return fault.New(fault.Conflict, "case.closed")
		}
		all, err := tx.Plans(ctx, c.ID)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(all, func(p Plan) bool { return p.State == Draft }); i >= 0 {
			made = all[i].ID
			return nil
		}
		made, err = tx.Once(ctx, key, func() (string, error) {
			p := Plan{ID: access.NewID(), Case: c.ID, N: len(all) + 1, State: Draft, Texts: Form{}, Changed: tx.Now(), Editor: by.Person}
			var old *Plan
			if len(all) > 0 {
				old = &all[0]
				p.Texts = maps.Clone(old.Texts)
				for _, f := range HeardFields() { // it is heard anew
					delete(p.Texts, f)
				}
			}
			if err := tx.PutPlan(ctx, p); err != nil {
				return "", err
			}
			if old != nil {
				for _, g := range old.Goals {
					if err := tx.PutGoal(ctx, c.ID, Goal{access.NewID(), p.ID, g.For, g.Text}); err != nil {
						return "", err
					}
				}
			}
			return p.ID, note(ctx, tx, c, Core, "plan.begun", p.ID, "")
		})
		return err
	})
	return made, err
}

func (s *Service) onPlan(ctx context.Context, by access.Actor, id CaseID, plan string, action access.Action, fn func(context.Context, Tx, Case, Plan) error) error {
	return s.onCase(ctx, by, id, -1, action, func(ctx context.Context, tx Tx, c Case) error {
		p, err := tx.Plan(ctx, plan)
		if err != nil {
			return err
		}
		if p.Case != c.ID {
			return fault.New(fault.NotFound, "fault.notfound")
		}
		return fn(ctx, tx, c, p)
	})
}

var errPlanFixed = fault.New(fault.Conflict, "plan.fixed")

// WritePlan keeps the texts of a draft; what two people write in different fields is merged.
func (s *Service) WritePlan(ctx context.Context, by access.Actor, id CaseID, plan string, e PlanEdit) error {
	return s.onPlan(ctx, by, id, plan, access.LeadCase, func(ctx context.Context, tx Tx, c Case, p Plan) error {
		p, err := p.edited(by, e, tx.Now())
		if err != nil {
			return err
		}
		return tx.PutPlan(ctx, p)
	})
}

// PlanEdit is what somebody made of a draft, and the texts as they saw them before.
type PlanEdit struct {
	Saw, Mine Form
	Parents   bool // agreed with them
	Child     bool
	Review    calendar.Date
	Seen      Form // the marks as they stood on the page; nil where nobody looked at a page
}

// Marks are what of a plan is no text, as a form that people edit together: with whom it is agreed, and the day of its review.
func (p Plan) Marks() Form {
	tick := map[bool]sealed.Text{true: "✓", false: "–"}
	m := Form{"parents_agree": tick[p.Parents], "child_agrees": tick[p.Child], "review": ""}
	if !p.Review.IsZero() {
		m["review"] = sealed.Text(p.Review.String())
	}
	return m
}

// marked is a draft with the marks that its editor changed. A mark that somebody else changed meanwhile to something else is a
// clash.
func (p Plan) marked(e PlanEdit) (Plan, []Clash) {
	mine := p
	mine.Parents, mine.Child, mine.Review = e.Parents, e.Child, e.Review
	if e.Seen == nil {
		return mine, nil
	}
	merged, clashes := merge(e.Seen, p.Marks(), mine.Marks())
	for field, take := range map[string]func(){
		"parents_agree": func() { p.Parents = e.Parents }, "child_agrees": func() { p.Child = e.Child }, "review": func() { p.Review = e.Review },
	} {
		if merged[field] == mine.Marks()[field] {
			take()
		}
	}
	return p, clashes
}

// edited is a draft with what somebody made of it.
func (p Plan) edited(by access.Actor, e PlanEdit, now time.Time) (Plan, error) {
	if p.State != Draft {
		return p, errPlanFixed
	}
	var l fault.List
	for field, text := range e.Mine {
		chosen(&l, field, PlanFields(), field)
		worded(&l, field, text, 0, 4000)
	}
	if on := string(e.Mine["heard_on"]); on != "" {
		switch d, err := calendar.ParseDate(on); {
		case err != nil:
			l.Add(fault.Field("heard_on", "form.date"))
		case !calendar.Known(d.Start()):
			l.Add(fault.Field("heard_on", "form.year"))
		case d.After(calendar.On(now)):
			l.Add(fault.Field("heard_on", "clock.future"))
		}
	}
	if today := calendar.On(now); !e.Review.IsZero() && (e.Review.Before(today) || e.Review.After(today.AddMonths(6))) {
		l.Add(fault.Field("review", "plan.review"))
	}
	if err := l.Err(); err != nil {
		return p, err
	}
	merged, clashes := merge(e.Saw, p.Texts, e.Mine)
	after, more := p.marked(e)
	if clashes = append(clashes, more...); len(clashes) > 0 {
		return p, &ClashError{clashes, p.Editor, p.Changed}
	}
	after.Texts, after.Changed, after.Editor = merged, now, by.Person
	return after, nil
}

// AddGoal adds a short-term goal to a draft.
func (s *Service) AddGoal(ctx context.Context, by access.Actor, key string, id CaseID, g Goal) error {
	return s.onPlan(ctx, by, id, g.Plan, access.LeadCase, func(ctx context.Context, tx Tx, c Case, p Plan) error {
		if p.State != Draft {
			return errPlanFixed
		}
		var l fault.List
		chosen(&l, "for", []string{"child", "parents"}, g.For)
		worded(&l, "text", g.Text, 5, 1000)
		if err := l.Err(); err != nil {
			return err
		}
		_, err := tx.Once(ctx, key, func() (string, error) {
			g.ID = access.NewID()
			return g.ID, tx.PutGoal(ctx, c.ID, g)
		})
		return err
	})
}

// DropGoal takes a goal out of a draft. Its tasks stay in the plan, under no goal.
func (s *Service) DropGoal(ctx context.Context, by access.Actor, id CaseID, plan, goal string) error {
	return s.onPlan(ctx, by, id, plan, access.LeadCase, func(ctx context.Context, tx Tx, c Case, p Plan) error {
		if p.State != Draft {
			return errPlanFixed
		}
		if !p.holds(goal) {
			return fault.New(fault.NotFound, "fault.notfound")
		}
		tasks, err := tx.Tasks(ctx, c.ID)
		if err != nil {
			return err
		}
		for _, t := range tasks {
			if t.Goal != goal {
				continue
			}
			t.Goal = ""
			if err := tx.PutTask(ctx, t); err != nil {
				return err
			}
		}
		return tx.DropGoal(ctx, goal)
	})
}

// AdoptPlan puts a plan in force: it holds health, social and educational services, or says why one is not needed; its tasks
// begin; the clock of the review runs.
func (s *Service) AdoptPlan(ctx context.Context, by access.Actor, id CaseID, plan string, version int) error {
	return s.onPlan(ctx, by, id, plan, access.LeadCase, func(ctx context.Context, tx Tx, c Case, p Plan) error {
		if p.Version != version {
			return fault.New(fault.Conflict, "fault.changed")
		}
		return s.adopt(ctx, tx, c, p)
	})
}

// AdoptEdited adopts a draft with what its editor made of it last: both are kept, or neither.
func (s *Service) AdoptEdited(ctx context.Context, by access.Actor, id CaseID, plan string, version int, e PlanEdit) error {
	return s.onPlan(ctx, by, id, plan, access.LeadCase, func(ctx context.Context, tx Tx, c Case, p Plan) error {
		read := p.Version
		p, err := p.edited(by, e, tx.Now())
		if err != nil {
			return err
		}
		if read != version {
			return fault.New(fault.Conflict, "fault.changed")
		}
		return s.adopt(ctx, tx, c, p)
	})
}

func (s *Service) adopt(ctx context.Context, tx Tx, c Case, p Plan) error {
	tasks, err := tx.Tasks(ctx, c.ID)
	if err != nil {
		return err
	}
	if err := p.complete(tasks, MustBeHeard(c.Band)); err != nil {
		return err
	}
	reviewed, err := supersede(ctx, tx, c.ID)
	if err != nil {
		return err
	}
	p.State, p.Adopted = InForce, tx.Now()
	if err := tx.PutPlan(ctx, p); err != nil {
		return err
	}
	if c, err = moveCase(ctx, tx, c, Adopt, ""); err != nil {
		return err
	}
	if err := s.beginTasks(ctx, tx, c, func(t Task) bool { return t.Plan == p.ID }); err != nil {
		return err
	}
	if p.N == 1 {
		inTime := tx.Now().Sub(c.Opened) <= planTime
		if err := tx.PutMilestone(ctx, Milestone{"planned", c.Region, c.Opened, tx.Now(), inTime}); err != nil {
			return err
		}
	}
	e := PlanAdopted
	if reviewed {
		e = PlanReviewed // a review ends with the plan that comes out of it, and the next one is counted from there
	}
	return s.happen(ctx, tx, subject{cas: &c, latest: p.Review.End()}, e, tx.Now())
}

// supersede takes the plan of a case out of force and reports whether there was one.
func supersede(ctx context.Context, tx Tx, c CaseID) (bool, error) {
	all, err := tx.Plans(ctx, c)
	if err != nil {
		return false, err
	}
	was := false
	for _, old := range all {
		if old.State != InForce {
			continue
		}
		was, old.State = true, Superseded
		if err := tx.PutPlan(ctx, old); err != nil {
			return was, err
		}
	}
	return was, nil
}

// agreedEnd is the day of review that was agreed in the plan to which a clock belongs; zero for clocks of anything else. The
// review is due on that day or at the end of its term, whichever comes first.
func (c Clock) agreedEnd(ctx context.Context, tx Tx, r ClockRule) (time.Time, error) {
	if !r.EndsOn(PlanReviewed) {
		return time.Time{}, nil
	}
	all, err := tx.Plans(ctx, c.Case)
	var of Plan
	for _, p := range all {
		if p.Adopted.After(of.Adopted) && (c.Ended.IsZero() || p.Adopted.Before(c.Ended)) {
			of = p
		}
	}
	if of.Review.IsZero() {
		return time.Time{}, err
	}
	return of.Review.End(), err
}

// watchReviews starts the clock of the review of cases whose plan in force has none, such as those whose review began under
// earlier rules. It runs from the last review, or from when the plan was adopted.
func (s *Service) watchReviews(ctx context.Context, tx Tx, unwatched []CaseID) error {
	days, err := s.workCalendar(ctx, tx)
	if err != nil {
		return err
	}
	rules, err := tx.ClockRulesFrom(ctx, PlanReviewed)
	if err != nil {
		return err
	}
	for _, id := range unwatched {
		c, err := tx.Case(ctx, id)
		if err != nil {
			return err
		}
		happened, err := tx.Happenings(ctx, "", id, "")
		if err != nil {
			return err
		}
		x, from := subject{cas: &c}, c.Opened
		for _, h := range happened {
			if h.Event == PlanAdopted || h.Event == PlanReviewed {
				from = h.At
			}
		}
		for _, r := range rules {
			if !r.Active || !r.EndsOn(PlanReviewed) || !conditions[r.When](x) {
				continue
			}
			if x.latest, err = (Clock{Case: id}).agreedEnd(ctx, tx, r); err != nil {
				return err
			}
			if err := s.start(ctx, tx, days, r, x, from); err != nil {
				return err
			}
		}
	}
	return nil
}

// complete asks a plan for what the law asks: a goal, an agreement or the reason why there is none, a review, the three kinds of
// service, and how a child that is old enough was heard.
func (p Plan) complete(tasks []Task, mustHear bool) error {
	var l fault.List
	if p.State != Draft {
		return errPlanFixed
	}
	if strings.TrimSpace(string(p.Texts["long_term"])) == "" {
		l.Add(fault.Field("long_term", "form.required"))
	}
	if len(p.Goals) == 0 {
		l.Add(fault.Field("goal", "plan.nogoal"))
	}
	if (!p.Parents || !p.Child) && strings.TrimSpace(string(p.Texts["disagreement"])) == "" {
		l.Add(fault.Field("disagreement", "plan.disagreement"))
	}
	if p.Review.IsZero() {
		l.Add(fault.Field("review", "plan.review"))
	}
	if mustHear && !p.Heard() {
		l.Add(fault.Field("not_heard", "plan.heard"))
	}
	for _, kind := range []string{"health", "social", "education"} {
		has := slices.ContainsFunc(tasks, func(t Task) bool { return t.Plan == p.ID && t.Service == kind })
		if !has && strings.TrimSpace(string(p.Texts["no_"+kind])) == "" {
			l.Add(fault.Field("no_"+kind, "plan.service"))
		}
	}
	return l.Err()
}

// PlanView is the plan of a case as its reader may see it.
type PlanView struct {
	CaseView
	Plans []Plan
	Tasks []Task
	Own   access.AgencyID
}

// OpenPlan opens the plans and tasks of a case.
func (s *Service) OpenPlan(ctx context.Context, by access.Actor, id CaseID) (PlanView, error) {
	var v PlanView
	err := s.onCase(ctx, by, id, -1, access.SeeCase, func(ctx context.Context, tx Tx, c Case) error {
		var err error
		if v.CaseView, err = s.caseView(ctx, tx, c, EventFilter{Limit: 1}); err != nil {
			return err
		}
		if v.Plans, err = tx.Plans(ctx, c.ID); err != nil {
			return err
		}
		if v.Tasks, err = tx.Tasks(ctx, c.ID); err != nil {
			return err
		}
		v.Own = by.AgencyAt(tx.Now())
		for _, t := range v.Tasks {
			if t.Agency != "" {
				if _, err := v.agency(ctx, tx, t.Agency); err != nil {
					return err
				}
			}
			v.Names[t.Person], v.Names[t.DoneBy] = "", ""
		}
		return v.name(ctx, tx)
	})
	return v, err
}
