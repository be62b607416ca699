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

// board is the regions of the reader at a glance: all 28, or one's own.
type board struct {
	Tiles    []training.Tile
	Map      []MapPart
	Steps    []int // lower limits of the five steps of colour
	National bool  // the reader sees every region
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
	b := board{Tiles: tiles, Steps: []int{1, 15, 20, 25, 30}, National: scope.All}
	for _, t := range tiles {
		class, label := "no", ""
		switch n := t.Completed(); {
		case t.HeldCount() > 0:
			label, class = p.Int(n), fmt.Sprintf("r%d", step(n, b.Steps))
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
		return p.Count(t.N, "Отбележете присъствието: липсва {n} отметка", "Отбележете присъствието: липсват {n} отметки", "Mark presence: {n} mark is missing", "Mark presence: {n} marks are missing")
	case training.TodoCertify:
		return p.Count(t.N, "Издайте {n} удостоверение", "Издайте {n} удостоверения", "Issue {n} certificate", "Issue {n} certificates")
	case training.TodoMinimum:
		return p.Count(t.N, "Липсва {n} човек от сектор „{s}“", "Липсват {n} души от сектор „{s}“", "{n} person is missing from {s}", "{n} people are missing from {s}", "s", p.Sector(t.Sector))
	case training.TodoEndorse:
		return p.Count(t.N, "{n} човек чака съгласие", "{n} души чакат съгласие", "{n} person awaits endorsement", "{n} people await endorsement")
	case training.TodoFill:
		return p.Count(t.N, "{n} свободно място", "{n} свободни места", "{n} free seat", "{n} free seats")
	}
	return ""
}

// TodoLink is where the next thing is done.
func (p *Page) TodoLink(region access.RegionID, t training.Standing) string {
	id := string(t.Event.ID)
	switch t.Todo.Kind {
	case training.TodoPlan:
		if p.May("training.plan") {
			return "/trainings/new?region=" + string(region)
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
	Done             int
	Sectors          []sectorCount
	Next             []training.Standing
	Waits            []wait
	Unplanned        int // regions without a training
	M6Asked, M6Given int
	Mine             []training.SeatView
	Invitations      []survey.Invitation
	Month, Months    int
}

// wait is something that waits to be done in a region.
type wait struct {
	training.Standing
	Region access.RegionID
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
		p.Held += t.HeldCount()
		p.Planned += len(t.All) - t.HeldCount()
		p.Done += t.Completed()
		if len(t.All) == 0 {
			p.Unplanned++
		}
		for _, x := range t.All {
			if !x.Held {
				p.Next = append(p.Next, x)
			}
			for code, n := range x.Counts.Sectors {
				sectors[code] += n
			}
			if k := x.Todo.Kind; k != training.TodoNone && k != training.TodoFill {
				p.Waits = append(p.Waits, wait{x, t.Region})
			}
		}
	}
	for _, term := range p.Tables().Of("sector") {
		if n := sectors[term.Code]; n > 0 {
			p.Sectors = append(p.Sectors, sectorCount{term.Code, n})
		}
	}
	slices.SortStableFunc(p.Sectors, func(a, b sectorCount) int { return b.N - a.N })
	slices.SortFunc(p.Next, func(a, b training.Standing) int { return a.Event.Starts().Compare(b.Event.Starts()) })
	slices.SortStableFunc(p.Waits, func(a, b wait) int { return training.ByUrgency(a.Standing, b.Standing) })
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
		t := training.StandingOf(e, counts[e.ID], s.Now())
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
func (p *Page) SeatBars(t training.Standing) []seatBar {
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
func (p *Page) SeatsLabel(t training.Standing) string {
	parts := []string{}
	for _, term := range p.Tables().Of("sector") {
		if n := t.Counts.Sectors[term.Code]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", term.Name(string(p.Lang)), n))
		}
	}
	return p.L("Места: ", "Seats: ") + strings.Join(parts, ", ")
}

// OwnRegions names the regions that a reader without the whole country sees.
func (p *homePage) OwnRegions() string {
	var names []string
	for _, t := range p.Tiles {
		names = append(names, p.Region(t.Region))
	}
	return strings.Join(names, ", ")
}
