package web

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/fault"
	"strengthen/internal/training"
)

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
