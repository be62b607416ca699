package web

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
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

type planPage struct {
	trainingHead
	Form     training.Event
	HalfDays []halfDayRow
	Trainers []Option
	Once     string
	Effects  *training.Effects // what saving would do, when it was looked at
	New      bool
}

type halfDayRow struct {
	N                int
	ID               string
	On, Starts, Ends string
}

// Halves is how many half-days the form has, or those of most trainings.
func (p planPage) Halves() int { return cmp.Or(len(p.Form.HalfDays), 5) }

// DaysChange reports whether the form has other half-days than the training.
func (p planPage) DaysChange() bool { return !slices.Equal(p.Form.HalfDays, p.Event.HalfDays) }

// SaveText is what the button says that saves what was seen.
func (p planPage) SaveText() string {
	if len(p.Effects.Mails) > 0 {
		return p.L("Запиши и извести хората", "Save and tell people")
	}
	return p.L("Запиши", "Save")
}

// RuleFor returns the rule of a sector as the form holds it.
func (p planPage) RuleFor(sector string) training.SectorRule { return p.Form.Rule(sector) }

func (s *Server) newTraining(w http.ResponseWriter, r *http.Request) error {
	p := planPage{trainingHead: trainingHead{Page: s.page(r, ""), Tab: "plan"}, New: true, Once: access.NewID()}
	p.Title = p.L("Ново обучение", "A new training")
	start := s.Now.Today().AddDays(60)
	p.Form = training.Event{
		Region: access.RegionID(r.URL.Query().Get("region")), Capacity: 32, AgencyMax: 4, NeedShare: 0.8,
		ApplyUntil: start.AddDays(-14), Release: start.AddDays(-10).At(12, 0), Rules: training.DefaultRules(),
		HalfDays: training.HalfDaysFrom(start, 5),
	}
	if err := s.fillPlan(r, &p); err != nil {
		return err
	}
	return s.show(w, "plan", &p)
}

// fillPlan adds what the form needs beside its fields: rows of half-days and the trainers to choose from.
func (s *Server) fillPlan(r *http.Request, p *planPage) error {
	p.HalfDays = nil
	for i, h := range p.Form.HalfDays {
		p.HalfDays = append(p.HalfDays, halfDayRow{i + 1, h.ID, h.On.String(), h.Starts, h.Ends})
	}
	for n := len(p.HalfDays); n < max(10, len(p.Form.HalfDays)+2); n++ {
		p.HalfDays = append(p.HalfDays, halfDayRow{N: n + 1})
	}
	people, err := s.Org.Trainers(r.Context(), p.actor)
	if err != nil {
		return err
	}
	chosen := map[access.PersonID]bool{}
	for _, id := range p.Form.Trainers {
		chosen[id] = true
	}
	p.Trainers = nil
	for _, x := range people {
		p.Trainers = append(p.Trainers, Option{string(x.ID), x.Name, chosen[x.ID]})
	}
	return nil
}

// planForm reads a training from the form.
func (s *Server) readPlan(r *http.Request, e training.Event) (training.Event, fault.List) {
	var l fault.List
	e.Region, e.VenueBG, e.VenueEN = access.RegionID(field(r, "region")), field(r, "venue_bg"), field(r, "venue_en")
	e.Capacity, e.AgencyMax = number(r, "capacity", &l), number(r, "agency_max", &l)
	e.NeedShare = share(r, "need_share", &l)
	e.ApplyUntil = date(r, "apply_until", &l)
	release := date(r, "release", &l)
	if !release.IsZero() {
		e.Release = release.At(12, 0)
	}
	e.HalfDays, e.Rules, e.Trainers = nil, nil, nil
	for n := 1; n <= 40; n++ {
		name := func(part string) string { return fmt.Sprintf("h%d_%s", n, part) }
		if field(r, name("on")) == "" {
			continue
		}
		on, err := calendar.ParseDate(field(r, name("on")))
		if err != nil {
			l.Add(fault.Field("half_days", "training.halfday", fault.Vars{"n": n}))
		}
		e.HalfDays = append(e.HalfDays, training.HalfDay{ID: field(r, name("id")), On: on, Starts: field(r, name("starts")), Ends: field(r, name("ends"))})
	}
	for _, name := range r.PostForm["sector"] {
		rule := training.SectorRule{Sector: name}
		rule.Min, rule.Max = small(r, "min_"+name, &l, "rule_"+name), small(r, "max_"+name, &l, "rule_"+name)
		rule.Share = float64(small(r, "share_"+name, &l, "rule_"+name)) / 100
		if rule.Min > 0 || rule.Max > 0 || rule.Share > 0 {
			e.Rules = append(e.Rules, rule)
		}
	}
	for _, id := range r.PostForm["trainer"] {
		e.Trainers = append(e.Trainers, access.PersonID(id))
	}
	return e, l
}

func small(r *http.Request, name string, l *fault.List, at string) int {
	v := field(r, name)
	if v == "" {
		return 0
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 0 || n > 1000 {
		l.Add(fault.Field(at, "training.rule"))
	}
	return n
}

func share(r *http.Request, name string, l *fault.List) float64 {
	x, err := strconv.ParseFloat(strings.Replace(field(r, name), ",", ".", 1), 64)
	if err != nil || !(x > 0 && x <= 100) { // not a number and infinity parse, too
		l.Add(fault.Field(name, "training.share"))
	}
	return x / 100
}

func (s *Server) addTraining(w http.ResponseWriter, r *http.Request) error {
	p := planPage{trainingHead: trainingHead{Page: s.page(r, ""), Tab: "plan"}, New: true, Once: field(r, "key")}
	p.Title = p.L("Ново обучение", "A new training")
	var l fault.List
	p.Form, l = s.readPlan(r, training.Event{})
	if field(r, "act") == "fill" {
		return s.fillDays(w, r, p)
	}
	id, err := training.EventID(""), l.Err()
	if err == nil {
		id, err = s.Training.Plan(r.Context(), p.actor, "training/"+p.Once, p.Form)
	}
	if err != nil {
		if e := s.fillPlan(r, &p); e != nil {
			return e
		}
		return s.again(w, err, &p.Page, "plan", &p)
	}
	return to(w, r, "/trainings/"+string(id), "planned")
}

func (s *Server) planForm(w http.ResponseWriter, r *http.Request) error {
	h, err := s.head(r, "plan")
	if err != nil {
		return err
	}
	if !h.Can("training.plan", h.Event) {
		return fault.New(fault.NotFound, "fault.notfound")
	}
	p := planPage{trainingHead: h, Form: h.Event}
	if err := s.fillPlan(r, &p); err != nil {
		return err
	}
	return s.show(w, "plan", &p)
}

// savePlan shows what a change would do to people first, and saves only what was shown.
func (s *Server) savePlan(w http.ResponseWriter, r *http.Request) error {
	h, err := s.head(r, "plan")
	if err != nil {
		return err
	}
	form, l := s.readPlan(r, h.Event)
	form.Version, _ = strconv.Atoi(field(r, "version"))
	p := planPage{trainingHead: h, Form: form}
	if field(r, "act") == "fill" {
		return s.fillDays(w, r, p)
	}
	return s.lookOrSave(w, r, p, l)
}

// fillDays shows the form with half-days from a first day on; nothing else changes in it.
func (s *Server) fillDays(w http.ResponseWriter, r *http.Request, p planPage) error {
	var l fault.List
	first, n := date(r, "first", &l), number(r, "halves", &l)
	if n < 1 || n > 40 {
		l.Add(fault.Field("halves", "training.halfdays"))
	}
	if len(l) == 0 {
		p.Form.HalfDays = training.HalfDaysFrom(first, n)
		for i := range min(n, len(p.Event.HalfDays)) {
			p.Form.HalfDays[i].ID = p.Event.HalfDays[i].ID
		}
	}
	if err := s.fillPlan(r, &p); err != nil {
		return err
	}
	if err := l.Err(); err != nil {
		return s.again(w, err, &p.Page, "plan", &p)
	}
	return s.show(w, "plan", &p)
}

// moveTraining shows the plan with the training moved to another first day.
func (s *Server) moveTraining(w http.ResponseWriter, r *http.Request) error {
	h, err := s.head(r, "plan")
	if err != nil {
		return err
	}
	p := planPage{trainingHead: h, Form: h.Event}
	var l fault.List
	first, err := calendar.ParseDate(field(r, "first"))
	if err != nil {
		l.Add(fault.Field("half_days", "form.date"))
	} else {
		p.Form = h.Event.Moved(h.Event.Starts().DaysUntil(first))
	}
	p.Form.Version = number(r, "version", &l)
	return s.lookOrSave(w, r, p, l)
}

func (s *Server) lookOrSave(w http.ResponseWriter, r *http.Request, p planPage, l fault.List) error {
	err := l.Err()
	var effects training.Effects
	if sign := field(r, "sign"); err == nil && field(r, "act") == "save" && sign != "" {
		effects, err = s.Training.DoSeen(r.Context(), p.actor, training.ToChange(p.Form), sign)
		if err == nil {
			return to(w, r, "/trainings/"+string(p.Event.ID), "saved")
		}
	} else if err == nil {
		effects, err = s.Training.Preview(r.Context(), p.actor, training.ToChange(p.Form))
	}
	if err == nil || effects.Sign != "" {
		p.Effects = &effects
	}
	if e := s.fillPlan(r, &p); e != nil {
		return e
	}
	if err != nil {
		return s.again(w, err, &p.Page, "plan", &p)
	}
	return s.show(w, "plan", &p)
}

// cancelTraining calls a training off, after it was shown who hears of it.
func (s *Server) cancelTraining(w http.ResponseWriter, r *http.Request) error {
	h, err := s.head(r, "")
	if err != nil {
		return err
	}
	version, _ := strconv.Atoi(field(r, "version"))
	p := previewPage{Page: h.Page, Back: "/trainings/" + string(h.Event.ID), Fields: map[string]string{"version": field(r, "version")}, Risk: true}
	p.Title = p.L("Отмяна на обучението {place}", "Call off the training {place}", "place", h.Place(h.Event))
	p.Button = p.L("Отмени обучението и извести хората", "Call it off and tell people")
	return s.seen(w, r, &p, training.ToCallOff(h.Event.ID, version), "cancelled")
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

// ReleaseDay is the day on which unused minimums are released.
func (p planPage) ReleaseDay() string {
	if p.Form.Release.IsZero() {
		return ""
	}
	return calendar.On(p.Form.Release).String()
}

// Percent writes a share as the form takes it.
func (p planPage) Percent(x float64) string {
	if x == 0 {
		return ""
	}
	return strconv.FormatFloat(100*x, 'f', -1, 64)
}

// Blank writes a number, or nothing for none.
func (p planPage) Blank(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
