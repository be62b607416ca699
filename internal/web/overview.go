package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/disclosure"
	"strengthen/internal/org"
	"strengthen/internal/survey"
	"strengthen/internal/training"
)

// board is the regions of the reader at a glance: all 28, or one's own.
type board struct {
	training.Overview
	Map      []MapPart
	Steps    []int // lower limits of the five steps of colour
	National bool  // the reader sees every region
}

func (s *Server) board(r *http.Request, p *Page) (board, error) {
	scope := s.Policy.Scope(p.actor, access.SeeTraining, s.Now())
	ids := scope.Regions
	if scope.All {
		ids = p.allRegions()
	}
	o, err := s.Training.Board(r.Context(), p.actor, ids)
	return s.drawn(p, o, scope.All, false), err
}

func (p *Page) allRegions() []access.RegionID {
	var ids []access.RegionID
	for _, x := range p.Tables().Regions {
		ids = append(ids, x.ID)
	}
	return ids
}

// drawn is the map with how many have completed in each region. For those who see no person, small numbers are left out.
func (s *Server) drawn(p *Page, o training.Overview, national, numbers bool) board {
	b := board{Overview: o, Steps: []int{1, 15, 20, 25, 30}, National: national}
	hide := make([]bool, len(o.Tiles))
	if numbers {
		counts := make([]int, len(o.Tiles))
		for i, t := range o.Tiles {
			counts[i] = t.Completed()
		}
		hide = disclosure.Inside.Row(counts)
	}
	for i, t := range o.Tiles {
		class, label := "no", ""
		switch n := t.Completed(); {
		case hide[i]:
			label = "·"
		case t.HeldCount() > 0:
			label, class = p.Int(n), fmt.Sprintf("r%d", step(n, b.Steps))
		case len(t.All) > 0:
			label, class = shortDay(t.All[0].Event.Starts()), "sch"
		}
		b.Map = append(b.Map, s.part(t.Region, class, label, p.Region(t.Region)))
	}
	return b
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

// Held is how many trainings are over.
func (b board) Held() int {
	n := 0
	for _, t := range b.Tiles {
		n += t.HeldCount()
	}
	return n
}

// Planned is how many trainings are under way or to come.
func (b board) Planned() int {
	n := 0
	for _, t := range b.Tiles {
		n += len(t.All) - t.HeldCount()
	}
	return n
}

// Done is how many people completed.
func (b board) Done() int { return b.People }

// Seats is how many people had a seat in the trainings that are over.
func (b board) Seats() int {
	n := 0
	for _, t := range b.Tiles {
		for _, x := range t.All {
			if x.Held {
				n += x.Counts.Taken()
			}
		}
	}
	return n
}

// Unplanned is how many regions have no training.
func (b board) Unplanned() int {
	n := 0
	for _, t := range b.Tiles {
		if len(t.All) == 0 {
			n++
		}
	}
	return n
}

// Number is how many trainings there are.
func (b board) Number() int { return b.Held() + b.Planned() }

// Reached is in how many regions people have completed.
func (b board) Reached() int {
	n := 0
	for _, t := range b.Tiles {
		if t.Completed() > 0 {
			n++
		}
	}
	return n
}

// overview is the part of a first page about the trainings of a region or of the country.
type overview struct {
	board
	Numbers  bool // nothing but numbers: the reader opens no training
	Growth   growth
	Sectors  []sectorCount
	Next     []training.Standing
	Waits    []wait
	M6       waveTotal
	Slow     []slowWave
	Lost     int // messages that could not be delivered
	trainers map[access.PersonID]string
}

// wait is something that waits to be done in a region.
type wait struct {
	training.Standing
	Region access.RegionID
}

// slowWave is a training of which few have answered after six months, while more can.
type slowWave struct {
	Region access.RegionID
	Event  training.EventID
	waveTotal
}

type sectorCount struct {
	Code   string
	N      int
	Hidden bool // too few to be told
}

// overviewPart fills in the trainings for whoever sees those of a region or of the country.
func (s *Server) overviewPart(r *http.Request, p *homePage) error {
	if !p.allSeeing(access.SeeTraining) {
		return nil
	}
	b, err := s.board(r, &p.Page)
	if err != nil {
		return err
	}
	o := &overview{board: b}
	p.Overview = o
	o.Sectors = p.sectors(o.Overview.Sectors)
	if b.National && p.HasProgramme {
		o.Growth = growthOf(p.Programme, o.Overview, s.Now.Today())
	}
	o.gather()
	if err := s.nameTrainers(r, p); err != nil {
		return err
	}
	if err := s.answersSoFar(r, p); err != nil {
		return err
	}
	if p.May(string(access.SeeMail)) {
		counts, err := s.Org.MailCounts(r.Context(), p.actor)
		if err != nil {
			return err
		}
		o.Lost = counts[org.Failed]
	}
	p.head(p.doneHead(o))
	return nil
}

// progressPart fills in the programme in numbers, for whoever sees no training: the funder and the evaluator.
func (s *Server) progressPart(r *http.Request, p *homePage) error {
	if !p.May(string(access.SeeProgramme)) || !p.May(string(access.ReadReport)) || p.May(string(access.SeeTraining)) || !p.HasProgramme {
		return nil
	}
	all, err := s.Training.Progress(r.Context(), p.actor, p.allRegions())
	if err != nil {
		return err
	}
	o := &overview{board: s.drawn(&p.Page, all, true, true), Numbers: true}
	p.Overview = o
	o.Growth = growthOf(p.Programme, all, s.Now.Today())
	o.Sectors = p.sectors(all.Sectors)
	counts := make([]int, len(o.Sectors))
	for i, c := range o.Sectors {
		counts[i] = c.N
	}
	for i, hide := range disclosure.Inside.Row(counts) {
		o.Sectors[i].Hidden = hide
	}
	p.head(p.doneHead(o))
	return nil
}

// doneHead says how many have completed, and how many remain to the target.
func (p *homePage) doneHead(o *overview) string {
	n := o.Done()
	if !o.National && n == 0 && len(o.Next) > 0 {
		e := o.Next[0].Event
		return p.L("{place}: обучение {when}", "{place}: a training {when}", "place", p.Place(e), "when", p.DaysTo(e.Starts()))
	}
	if !o.National {
		return p.ownRegions() + ": " + p.Count(n, "{n} човек е завършил", "{n} души са завършили", "{n} person has completed", "{n} people have completed")
	}
	text := p.Count(n, "{n} специалист вече е завършил.", "{n} специалисти вече са завършили.", "{n} professional has completed.", "{n} professionals have completed.")
	if !p.HasProgramme {
		return text
	}
	if left := p.Programme.People - n; left > 0 {
		return text + "\n" + p.Count(left, "До целта остава {n}.", "До целта остават {n}.", "{n} remains to the target.", "{n} remain to the target.")
	}
	return text + "\n" + p.L("Целта е достигната.", "The target is reached.")
}

// ownRegions names the regions of a reader who does not see the whole country.
func (p *homePage) ownRegions() string {
	var names []string
	for _, t := range p.Overview.Tiles {
		names = append(names, p.Region(t.Region))
	}
	return strings.Join(names, ", ")
}

// sectors lists who completed by sector, the largest first.
func (p *Page) sectors(by map[string]int) []sectorCount {
	var out []sectorCount
	for _, term := range p.Tables().Of(org.Sectors) {
		if n := by[term.Code]; n > 0 {
			out = append(out, sectorCount{Code: term.Code, N: n})
		}
	}
	slices.SortStableFunc(out, func(a, b sectorCount) int { return b.N - a.N })
	return out
}

// gather collects what comes next and what waits.
func (o *overview) gather() {
	for _, t := range o.Tiles {
		for _, x := range t.All {
			if !x.Held {
				o.Next = append(o.Next, x)
			}
			if k := x.NextStep.Kind; k != training.NextNone && k != training.NextFill {
				o.Waits = append(o.Waits, wait{x, t.Region})
			}
		}
	}
	slices.SortFunc(o.Next, func(a, b training.Standing) int { return a.Event.Starts().Compare(b.Event.Starts()) })
	slices.SortStableFunc(o.Waits, func(a, b wait) int { return training.ByUrgency(a.Standing, b.Standing) })
	o.Next, o.Waits = o.Next[:min(len(o.Next), 6)], o.Waits[:min(len(o.Waits), 5)]
}

func (s *Server) nameTrainers(r *http.Request, p *homePage) error {
	p.Overview.trainers = map[access.PersonID]string{}
	if !p.May(string(access.PlanTraining)) {
		return nil
	}
	all, err := s.Org.Trainers(r.Context(), p.actor)
	for _, t := range all {
		p.Overview.trainers[t.ID] = t.Name
	}
	return err
}

// LedBy names the trainers of a training, given names as initials.
func (p *homePage) LedBy(e training.Event) string {
	var names []string
	for _, id := range e.Trainers {
		given, family, ok := strings.Cut(p.Overview.trainers[id], " ")
		if ok {
			names = append(names, string([]rune(given)[0])+". "+family)
		}
	}
	return strings.Join(names, ", ")
}

// HeldText is how many trainings were held, of how many where there is a target.
func (p *homePage) HeldText(o *overview) string {
	if o.National && p.HasProgramme {
		return p.L("{a} от {b}", "{a} of {b}", "a", o.Held(), "b", p.Programme.Trainings)
	}
	return p.Int(o.Held())
}

// To is an address for whoever may do action, and none for others: a figure opens only for those who may see its rows.
func (p *homePage) To(action, address string) string {
	if !p.May(action) {
		return ""
	}
	return address
}

// DoneLink leads from the number of those who completed to their list; whoever sees one region finds them in its trainings.
func (p *homePage) DoneLink(o *overview) string {
	switch {
	case o.Numbers:
		return ""
	case p.s.Policy.Scope(p.actor, access.SeePerson, p.s.Now()).All:
		return "/people?with=completed"
	}
	return "/trainings?when=past"
}

// SectorLink leads from the number of a sector to its people.
func (p *homePage) SectorLink(o *overview, sector string) string {
	to := p.DoneLink(o)
	if strings.HasPrefix(to, "/people") {
		return to + "&sector=" + sector
	}
	return to
}

// low is the share of answers below which a reminder is worth the while.
const low = .6

// answersSoFar fills in who answered after six months, and where more should.
func (s *Server) answersSoFar(r *http.Request, p *homePage) error {
	o := p.Overview
	if !p.May(string(access.SeeWave)) {
		return nil
	}
	waves, err := s.Survey.Waves(r.Context(), p.actor)
	if err != nil {
		return err
	}
	o.M6 = waveTotal{survey.M6, waves.Totals()[survey.M6]}
	region := map[training.EventID]access.RegionID{}
	for _, t := range o.Tiles {
		for _, x := range t.All {
			region[x.Event.ID] = t.Region
		}
	}
	for _, c := range waves.Counts {
		t := waveTotal{c.Wave, c.Tally}
		if c.Wave == survey.M6 && t.Open() > 0 && t.Asked() >= 5 && float64(t.Answered()) < low*float64(t.Asked()) {
			o.Slow = append(o.Slow, slowWave{region[c.Event], c.Event, t})
		}
	}
	slices.SortStableFunc(o.Slow, func(a, b slowWave) int { return b.Open() - a.Open() })
	o.Slow = o.Slow[:min(len(o.Slow), 2)]
	return nil
}

// NextStep puts the next thing to do into words.
func (p *Page) NextStep(t training.NextStep) string {
	switch t.Kind {
	case training.NextPlan:
		return p.L("Насрочете обучение", "Plan a training")
	case training.NextMark:
		return p.Count(t.N, "Отбележете присъствието: липсва {n} отметка", "Отбележете присъствието: липсват {n} отметки", "Mark presence: {n} mark is missing", "Mark presence: {n} marks are missing")
	case training.NextCertify:
		return p.Count(t.N, "Издайте {n} удостоверение", "Издайте {n} удостоверения", "Issue {n} certificate", "Issue {n} certificates")
	case training.NextMinimum:
		return p.Count(t.N, "Липсва {n} човек от сектор „{s}“", "Липсват {n} души от сектор „{s}“", "{n} person is missing from {s}", "{n} people are missing from {s}", "s", p.Sector(t.Sector))
	case training.NextEndorse:
		return p.Count(t.N, "{n} човек чака съгласие", "{n} души чакат съгласие", "{n} person awaits endorsement", "{n} people await endorsement")
	case training.NextFill:
		return p.Count(t.N, "{n} свободно място", "{n} свободни места", "{n} free seat", "{n} free seats")
	}
	return ""
}

// Readiness is the class and the words of the tag that says how ready a training to come is.
func (p *Page) Readiness(t training.Standing) [2]string {
	switch t.NextStep.Kind {
	case training.NextNone:
		if t.Event.Begun(p.Now()) {
			return [2]string{"b", p.L("Тече", "Under way")}
		}
		return [2]string{"ok", p.L("Готово", "Ready")}
	case training.NextMark:
		return [2]string{"soon", p.L("Тече, липсват отметки", "Under way, marks missing")}
	case training.NextMinimum:
		return [2]string{"soon", p.Count(t.NextStep.N, "Липсва {n}", "Липсват {n}", "{n} missing", "{n} missing")}
	case training.NextEndorse:
		return [2]string{"soon", p.Count(t.NextStep.N, "Чака {n} съгласие", "Чака {n} съгласия", "Awaits {n} endorsement", "Awaits {n} endorsements")}
	}
	return [2]string{"", p.L("Записване", "Filling")}
}

// NextLink is where the next thing is done.
func (p *Page) NextLink(region access.RegionID, t training.Standing) string {
	id := string(t.Event.ID)
	switch t.NextStep.Kind {
	case training.NextPlan:
		if p.May(string(access.PlanTraining)) {
			return "/trainings/new?region=" + string(region)
		}
		return "/regions"
	case training.NextMark:
		return "/trainings/" + id + "/door"
	case training.NextEndorse:
		return "/trainings/" + id + "/people?state=applied"
	}
	return "/trainings/" + id
}

// seatBar is a part of the bar of seats.
type seatBar struct {
	Class string
	X, W  int
}

// SeatBars lays the sectors of a training side by side, in hundredths of its capacity.
func (p *Page) SeatBars(t training.Standing) []seatBar {
	var all []seatBar
	x := 0
	for _, term := range p.Tables().Of(org.Sectors) {
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
	for _, term := range p.Tables().Of(org.Sectors) {
		if n := t.Counts.Sectors[term.Code]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", term.Name(string(p.Lang)), n))
		}
	}
	return p.L("Места: ", "Seats: ") + strings.Join(parts, ", ")
}

type regionsPage struct {
	Page
	board
}

func (s *Server) regions(w http.ResponseWriter, r *http.Request) error {
	p := regionsPage{Page: s.page(r, "")}
	p.Title = p.L("Области", "Regions")
	var err error
	if p.board, err = s.board(r, &p.Page); err != nil {
		return err
	}
	return s.show(w, "regions", &p)
}
