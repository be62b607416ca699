package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/fault"
	"strengthen/internal/survey"
	"strengthen/internal/training"
)

func (s *Server) homeRoutes() []Route {
	return []Route{
		{"GET /home", access.SeeHome, false, 0, s.home, false},
		{"GET /regions", access.SeeTraining, false, 0, s.regions, false},
		{"GET /calendar", access.SeeTraining, false, 0, s.calendarPage, false},
		{"GET /programme", access.SeeProgramme, false, 0, s.programme, false},
		{"POST /programme", access.PlanProgramme, false, 0, s.saveProgramme, false},
		{"POST /answers/{id}", access.SeeHome, false, 0, s.openOwnAnswers, false},
	}
}

// board is the 28 regions at a glance.
type board struct {
	Tiles []training.Tile
	Map   []MapPart
	Steps []int // lower limits of the five steps of colour
	Most  string
}

func (s *Server) board(r *http.Request, p *Page) (board, error) {
	var ids []access.RegionID
	for _, x := range p.Tables().Regions {
		ids = append(ids, x.ID)
	}
	scope := s.Policy.Scope(p.actor, access.SeeTraining, s.Now())
	if !scope.All {
		ids = scope.Regions
	}
	tiles, err := s.Training.Board(r.Context(), p.actor, ids)
	if err != nil {
		return board{}, err
	}
	b := board{Tiles: tiles, Steps: []int{1, 15, 20, 25, 30}}
	for _, t := range tiles {
		class, label := "no", ""
		switch {
		case t.Held:
			label, class = p.Int(t.Counts.Completed), fmt.Sprintf("r%d", step(t.Counts.Completed, b.Steps))
		case t.Event.ID != "":
			label, class = shortDay(t.Event.Starts()), "sch"
		}
		b.Map = append(b.Map, s.part(t.Region, class, label, p.Region(t.Region)))
	}
	return b, nil
}

func step(n int, limits []int) int {
	i := 1
	for j, l := range limits {
		if n >= l {
			i = j + 1
		}
	}
	return i
}

func shortDay(d calendar.Date) string {
	_, m, day := d.Parts()
	return fmt.Sprintf("%d.%02d", day, m)
}

// Todo puts the next thing to do into words.
func (p *Page) Todo(t training.Todo) string {
	switch t.Kind {
	case training.TodoPlan:
		return p.L("Насрочете обучение", "Plan a training")
	case training.TodoMark:
		return p.L("Отбележете присъствието: липсват {n}", "Mark presence: {n} missing", "n", t.N)
	case training.TodoCertify:
		return p.L("Издайте {n} удостоверения", "Issue {n} certificates", "n", t.N)
	case training.TodoMinimum:
		return p.L("Липсват {n} от сектор „{s}“", "{n} missing from {s}", "n", t.N, "s", p.Sector(t.Sector))
	case training.TodoEndorse:
		return p.L("{n} чакат съгласие", "{n} await endorsement", "n", t.N)
	case training.TodoFill:
		return p.L("{n} свободни места", "{n} free seats", "n", t.N)
	}
	return ""
}

// TodoLink is where the next thing is done.
func (p *Page) TodoLink(t training.Tile) string {
	id := string(t.Event.ID)
	switch t.Todo.Kind {
	case training.TodoPlan:
		if p.May("training.plan") {
			return "/trainings/new?region=" + string(t.Region)
		}
		return "/regions"
	case training.TodoMark:
		return "/trainings/" + id + "/door"
	case training.TodoEndorse:
		return "/trainings/" + id + "/people?state=applied"
	}
	return "/trainings/" + id
}

type regionsPage struct {
	Page
	board
}

func (s *Server) regions(w http.ResponseWriter, r *http.Request) error {
	p := regionsPage{Page: s.page(r, "")}
	p.Title = p.L("Областите", "The regions")
	var err error
	if p.board, err = s.board(r, &p.Page); err != nil {
		return err
	}
	return s.show(w, "regions", &p)
}

type homePage struct {
	Page
	board
	Programme        training.Programme
	HasProgramme     bool
	Held, Planned    int
	Done, Agencies   int
	Sectors          []sectorCount
	Next             []training.Tile
	Waits            []training.Tile
	M6Asked, M6Given int
	Mine             []training.SeatView
	Invitations      []survey.Invitation
	Month, Months    int
}

type sectorCount struct {
	Code string
	N    int
}

func (s *Server) home(w http.ResponseWriter, r *http.Request) error {
	p := homePage{Page: s.page(r, "")}
	p.Title = p.L("Начало", "Home")
	ctx := r.Context()
	var err error
	p.Programme, err = s.Training.Programme(ctx)
	if p.HasProgramme = err == nil; err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	if p.HasProgramme {
		p.Month, p.Months = monthOf(p.Programme, s.Now.Today())
	}
	if p.Mine, err = s.Training.Mine(ctx, p.actor); err != nil {
		return err
	}
	if p.Invitations, err = s.Survey.MyInvitations(ctx, p.actor); err != nil {
		return err
	}
	if p.allSeeing(access.SeeTraining) {
		if err := s.overview(r, &p); err != nil {
			return err
		}
	} else if p.May(string(access.RecordDay)) {
		if err := s.trainerHome(r, &p); err != nil {
			return err
		}
	}
	return s.show(w, "home", &p)
}

func monthOf(pr training.Programme, today calendar.Date) (int, int) {
	y1, m1, _ := pr.Starts.Parts()
	y2, m2, _ := pr.Ends.Parts()
	y, m, _ := today.Parts()
	all := (y2-y1)*12 + int(m2-m1) + 1
	return max(1, min(all, (y-y1)*12+int(m-m1)+1)), all
}

func (s *Server) overview(r *http.Request, p *homePage) error {
	var err error
	if p.board, err = s.board(r, &p.Page); err != nil {
		return err
	}
	sectors := map[string]int{}
	for _, t := range p.Tiles {
		switch {
		case t.Held:
			p.Held++
		case t.Event.ID != "":
			p.Planned++
			p.Next = append(p.Next, t)
		}
		p.Done += t.Counts.Completed
		for code, n := range t.Counts.Sectors {
			sectors[code] += n
		}
		if k := t.Todo.Kind; k != training.TodoNone && k != training.TodoFill {
			p.Waits = append(p.Waits, t)
		}
	}
	for _, term := range p.Tables().Of("sector") {
		if n := sectors[term.Code]; n > 0 {
			p.Sectors = append(p.Sectors, sectorCount{term.Code, n})
		}
	}
	slices.SortStableFunc(p.Sectors, func(a, b sectorCount) int { return b.N - a.N })
	slices.SortFunc(p.Next, func(a, b training.Tile) int { return a.Event.Starts().Compare(b.Event.Starts()) })
	p.Next, p.Waits = p.Next[:min(len(p.Next), 6)], p.Waits[:min(len(p.Waits), 5)]
	if !p.May(string(access.SeeWave)) {
		return nil
	}
	waves, err := s.Survey.Waves(r.Context(), p.actor)
	m6 := waves.Totals()[survey.M6]
	p.M6Asked, p.M6Given = m6.Asked(), m6[survey.Answered]
	return err
}

func (s *Server) trainerHome(r *http.Request, p *homePage) error {
	events, counts, err := s.Training.Events(r.Context(), p.actor, training.EventFilter{})
	for _, e := range events {
		t := training.Tile{Region: e.Region, Event: e, Counts: counts[e.ID], Held: training.Held(e, s.Now()),
			Todo: training.TodoOf(e, counts[e.ID], s.Now())}
		if !t.Held || t.Todo.Kind == training.TodoMark {
			p.Next = append(p.Next, t)
		}
	}
	return err
}

// openOwnAnswers takes a participant to an open questionnaire by a fresh link.
func (s *Server) openOwnAnswers(w http.ResponseWriter, r *http.Request) error {
	link, err := s.Survey.Link(r.Context(), visitOf(r).actor(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if visitOf(r).lang == "en" {
		link = "/en" + link
	}
	return to(w, r, link, "")
}

type calendarPage struct {
	Page
	Months []calendarMonth
}

type calendarMonth struct {
	First  calendar.Date
	Events []training.Event
}

func (s *Server) calendarPage(w http.ResponseWriter, r *http.Request) error {
	p := calendarPage{Page: s.page(r, "")}
	p.Title = p.L("Календар на обученията", "Calendar of trainings")
	events, _, err := s.Training.Events(r.Context(), p.actor, training.EventFilter{})
	if err != nil {
		return err
	}
	for _, e := range events {
		if e.State != training.Planned {
			continue
		}
		y, m, _ := e.Starts().Parts()
		first := calendar.Of(y, m, 1)
		if n := len(p.Months); n == 0 || p.Months[n-1].First != first {
			p.Months = append(p.Months, calendarMonth{First: first})
		}
		last := &p.Months[len(p.Months)-1]
		last.Events = append(last.Events, e)
	}
	return s.show(w, "calendar", &p)
}

// Month names a month of the calendar.
func (p Page) Month(d calendar.Date) string {
	name := []rune(p.Lang.Month(d))
	return strings.ToUpper(string(name[:1])) + string(name[1:])
}

// Movable reports whether a training lies in the future, so that it can be moved.
func (p Page) Movable(e training.Event) bool {
	return p.Can("training.plan", e) && e.Starts().After(p.Today())
}

type programmePage struct {
	Page
	Form training.Programme
	New  bool
}

func (s *Server) programme(w http.ResponseWriter, r *http.Request) error {
	p := programmePage{Page: s.page(r, "")}
	p.Title = p.L("Програмата", "The programme")
	var err error
	p.Form, err = s.Training.Programme(r.Context())
	if fault.Is(err, fault.NotFound) {
		p.New, err = true, nil
		p.Form.Trainings, p.Form.People, p.Form.Children = 28, 840, 1000
	}
	if err != nil {
		return err
	}
	return s.show(w, "programme", &p)
}

func (s *Server) saveProgramme(w http.ResponseWriter, r *http.Request) error {
	p := programmePage{Page: s.page(r, "")}
	p.Title = p.L("Програмата", "The programme")
	var l fault.List
	p.Form = training.Programme{TitleBG: field(r, "title_bg"), TitleEN: field(r, "title_en")}
	p.Form.Starts, p.Form.Ends = date(r, "starts", &l), date(r, "ends", &l)
	p.Form.Trainings, p.Form.People, p.Form.Children = number(r, "trainings", &l), number(r, "people", &l), number(r, "children", &l)
	var ignore fault.List
	p.Form.Version = number(r, "version", &ignore)
	err := l.Err()
	if err == nil {
		err = s.Training.SaveProgramme(r.Context(), p.actor, p.Form)
	}
	if err != nil {
		return s.again(w, err, &p.Page, "programme", &p)
	}
	return to(w, r, "/programme", "saved")
}

// Left is how many people remain to the target.
func (p homePage) Left() int { return max(0, p.Programme.People-p.Done) }

// seatBar is a part of the bar of seats.
type seatBar struct {
	Class string
	X, W  int
}

// SeatBars lays the sectors of a training side by side, in hundredths of its capacity.
func (p *Page) SeatBars(t training.Tile) []seatBar {
	var all []seatBar
	x := 0
	for _, term := range p.Tables().Of("sector") {
		if n := t.Counts.Sectors[term.Code]; n > 0 && t.Event.Capacity > 0 {
			w := 100 * n / t.Event.Capacity
			all = append(all, seatBar{p.Mark(term.Code), x, w})
			x += w
		}
	}
	return all
}

// SeatsLabel says in words what the bar shows.
func (p *Page) SeatsLabel(t training.Tile) string {
	parts := []string{}
	for _, term := range p.Tables().Of("sector") {
		if n := t.Counts.Sectors[term.Code]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", term.Name(string(p.Lang)), n))
		}
	}
	return p.L("Места: ", "Seats: ") + strings.Join(parts, ", ")
}
