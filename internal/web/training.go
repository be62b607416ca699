package web

import (
	"net/http"
	"slices"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/fault"
	"strengthen/internal/org"
	"strengthen/internal/training"
)

func (s *Server) trainingRoutes() []Route {
	return []Route{
		{"GET /trainings", access.SeeTraining, false, 0, s.trainings, false},
		{"GET /trainings/new", access.PlanTraining, false, 0, s.newTraining, false},
		{"POST /trainings/new", access.PlanTraining, false, 0, s.addTraining, false},
		{"GET /trainings/{id}", access.SeeTraining, false, 0, s.training, false},
		{"GET /trainings/{id}/plan", access.PlanTraining, false, 0, s.planForm, false},
		{"POST /trainings/{id}/plan", access.PlanTraining, false, 0, s.savePlan, false},
		{"POST /trainings/{id}/move", access.PlanTraining, false, 0, s.moveTraining, false},
		{"POST /trainings/{id}/cancel", access.PlanTraining, false, 0, s.cancelTraining, false},
		{"GET /trainings/{id}/people", access.SeeSeat, false, 0, s.roster, false},
		{"POST /trainings/{id}/certificates", access.Certify, false, 0, s.issue, false},
	}
}

type trainingsPage struct {
	Page
	Events       []training.Event // those asked for: to come, or else over and called off
	Counts       map[training.EventID]training.Counts
	Region       access.RegionID
	Past         bool
	Coming, Over int
}

func (s *Server) trainings(w http.ResponseWriter, r *http.Request) error {
	p := trainingsPage{Page: s.page(r, ""), Region: access.RegionID(r.URL.Query().Get("region"))}
	p.Title = p.L("Обучения", "Trainings")
	p.Past = r.URL.Query().Get("when") == "past"
	all, counts, err := s.Training.Events(r.Context(), p.actor, training.EventFilter{Region: p.Region})
	if err != nil {
		return err
	}
	p.Counts = counts
	for _, e := range all {
		over := e.State != training.Planned || training.Held(e, s.Now())
		if over {
			p.Over++
		} else {
			p.Coming++
		}
		if over == p.Past {
			p.Events = append(p.Events, e)
		}
	}
	if p.Past {
		slices.Reverse(p.Events) // the newest first
	}
	return s.show(w, "trainings", &p)
}

// Seats is how many seats were given in the trainings of the list.
func (p trainingsPage) Seats() int {
	n := 0
	for _, e := range p.Events {
		n += p.Counts[e.ID].Taken()
	}
	return n
}

// Done is how many people completed the trainings of the list.
func (p trainingsPage) Done() int {
	n := 0
	for _, e := range p.Events {
		n += p.Counts[e.ID].Completed
	}
	return n
}

// EventTag says in words and colour where a training stands.
func (p Page) EventTag(e training.Event) [2]string {
	now := p.s.Now()
	switch {
	case e.State == training.CalledOff:
		return [2]string{"late", p.L("Отменено", "Called off")}
	case training.Held(e, now):
		return [2]string{"ok", p.L("Проведено", "Held")}
	case !p.Today().Before(e.Starts()):
		return [2]string{"b", p.L("Тече", "Under way")}
	case e.OpenAt(now):
		return [2]string{"", p.L("Записване", "Open for applications")}
	}
	return [2]string{"soon", p.L("Предстои", "To come")}
}

// trainingHead is what every page of one training shows on top.
type trainingHead struct {
	Page
	Event training.Event
	Tab   string
}

// Tab is a link to another page of the same training.
type Tab struct {
	Href, Text string
	Here       bool
}

// Tabs lists the pages of a training that the reader may open.
func (h trainingHead) Tabs() []Tab {
	base := "/trainings/" + string(h.Event.ID)
	all := []Tab{{base, h.L("Преглед", "Overview"), h.Tab == ""}}
	add := func(action, name, bg, en string) {
		if h.Can(action, h.Event) {
			all = append(all, Tab{base + "/" + name, h.L(bg, en), h.Tab == name})
		}
	}
	if h.s.Policy.Can(h.actor, access.RecordDay, h.Event.Resource(), h.s.Now()) {
		add("seat.see", "people", "Хора", "People")
	}
	add("attendance.record", "door", "Врата", "Door")
	add("training.plan", "plan", "План", "Plan")
	return all
}

// name gives each tab a title of its own.
func (h *trainingHead) name() {
	h.Title = h.Place(h.Event)
	for _, t := range h.Tabs() {
		if t.Here && h.Tab != "" {
			h.Title = t.Text + ", " + h.Title
		}
	}
}

func (s *Server) head(r *http.Request, tab string) (trainingHead, error) {
	h := trainingHead{Page: s.page(r, ""), Tab: tab}
	var err error
	if h.Event, err = s.Training.Event(r.Context(), h.actor, training.EventID(r.PathValue("id"))); err != nil {
		return h, err
	}
	h.name()
	return h, nil
}

type trainingPage struct {
	trainingHead
	At       training.Standing
	Trainers []org.Person
	Sectors  []sectorRow
}

type sectorRow struct {
	Rule    training.SectorRule
	Seats   int
	Missing int // below the minimum
}

func (s *Server) training(w http.ResponseWriter, r *http.Request) error {
	h, err := s.head(r, "")
	if err != nil {
		return err
	}
	p := trainingPage{trainingHead: h}
	_, counts, err := s.Training.Events(r.Context(), p.actor, training.EventFilter{Region: h.Event.Region})
	if err != nil {
		return err
	}
	p.At = training.StandingOf(h.Event, counts[h.Event.ID], s.Now())
	for _, rule := range h.Event.Rules {
		n := p.At.Counts.Sectors[rule.Sector]
		p.Sectors = append(p.Sectors, sectorRow{rule, n, max(0, rule.Min-n)})
	}
	if p.Trainers, err = s.trainers(r, p.actor, h.Event); err != nil {
		return err
	}
	return s.show(w, "training", &p)
}

// Missing says how many people a sector lacks for its minimum, or lacked once the training was held.
func (p *trainingPage) Missing(n int) string {
	if p.At.Held {
		return p.Count(n, "липсваше {n}", "липсваха {n}", "lacked {n}", "lacked {n}")
	}
	return p.Count(n, "липсва {n}", "липсват {n}", "lacks {n}", "lacks {n}")
}

// Released reports whether unused minimums are given to others by now.
func (p *trainingPage) Released() bool { return !p.s.Now().Before(p.Event.Release) }

// ToCome reports whether the training will be held and has not begun.
func (p *trainingPage) ToCome() bool {
	return p.Event.State == training.Planned && !p.Event.Begun(p.s.Now())
}

// trainers names the trainers of a training, as far as the reader may see people.
func (s *Server) trainers(r *http.Request, by access.Actor, e training.Event) ([]org.Person, error) {
	var all []org.Person
	for _, id := range e.Trainers {
		x, err := s.Org.Person(r.Context(), by, id)
		if fault.Is(err, fault.Denied) || fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, x)
	}
	return all, nil
}

// previewPage shows what an act would do, with a button that does it.
type previewPage struct {
	Page
	Effects *training.Effects
	Fields  map[string]string // sent again with the button
	Button  string
	Risk    bool
	Back    string
}

// seen shows what an act would do, or does what was shown and goes back.
func (s *Server) seen(w http.ResponseWriter, r *http.Request, p *previewPage, act training.Act, ok string) error {
	if sign := field(r, "sign"); sign != "" {
		effects, err := s.Training.DoSeen(r.Context(), p.actor, act, sign)
		if err == nil {
			return to(w, r, p.Back, ok)
		}
		if effects.Sign == "" {
			return err
		}
		p.Effects = &effects
		return s.again(w, err, &p.Page, "preview", p)
	}
	effects, err := s.Training.Preview(r.Context(), p.actor, act)
	if err != nil {
		return err
	}
	p.Effects = &effects
	return s.show(w, "preview", p)
}

// EffectGroup is the seats that take the same step.
type EffectGroup struct {
	Step training.Step
	All  []training.Effect
}

// Grouped puts the effects on seats together by step, in the order in which the steps first occur.
func (p Page) Grouped(e *training.Effects) []EffectGroup {
	var groups []EffectGroup
	at := map[training.Step]int{}
	for _, x := range e.Seats {
		i, ok := at[x.Step]
		if !ok {
			i, at[x.Step] = len(groups), len(groups)
			groups = append(groups, EffectGroup{Step: x.Step})
		}
		groups[i].All = append(groups[i].All, x)
	}
	return groups
}

type rosterPage struct {
	trainingHead
	Cards  []training.Card
	Filter training.RosterFilter
	More   string
}

const pageSize = 50

func (s *Server) roster(w http.ResponseWriter, r *http.Request) error {
	h, err := s.head(r, "people")
	if err != nil {
		return err
	}
	q := r.URL.Query()
	p := rosterPage{trainingHead: h, Filter: training.RosterFilter{
		Event: h.Event.ID, State: training.State(q.Get("state")), Sector: q.Get("sector"), Find: q.Get("find"),
		After: q.Get("after"), Limit: pageSize + 1,
	}}
	if p.Cards, err = s.Training.Roster(r.Context(), p.actor, p.Filter); err != nil {
		return err
	}
	if len(p.Cards) > pageSize {
		p.Cards = p.Cards[:pageSize]
		last := p.Cards[pageSize-1]
		q.Set("after", last.Sort+"/"+string(last.ID))
		p.More = "?" + q.Encode()
	}
	return s.show(w, "roster", &p)
}

// States lists the states as options of the filter.
func (p rosterPage) States() []Option {
	var all []Option
	for _, st := range training.States() {
		all = append(all, Option{string(st), p.State(st), st == p.Filter.State})
	}
	return all
}

func (s *Server) issue(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	n, err := s.Training.Issue(r.Context(), visitOf(r).actor(), training.EventID(id))
	switch {
	case err != nil:
		return err
	case n == 0:
		return to(w, r, "/trainings/"+id, "issuednone")
	}
	return toCount(w, r, "/trainings/"+id, "issued", n)
}

// Clock writes the hour of a moment.
func (p Page) Clock(t time.Time) string { return t.In(calendar.Sofia).Format("15:04") }
