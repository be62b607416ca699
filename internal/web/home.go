package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/fault"
	"strengthen/internal/org"
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

// homePage is the first page of somebody who is signed in. Each part is there for whoever may do what it is about; the first
// that has something to say gives the heading.
type homePage struct {
	Page
	Head         string
	Programme    training.Programme
	HasProgramme bool
	Month        int       // which month of the programme it is
	Months       int       // how many there are
	Overview     *overview // trainings of a region or of the country
	Leading      *leading  // trainings that the reader leads
	Watching     *watching // what was done with personal data
	Keeping      *keeping  // accounts and the house
	Asking       *asking   // questionnaires, without names
	Taking       *taking   // trainings in which the reader takes part
	Working      *workPage // what waits in the reader's cases
	Waits        []waiting // decisions of two, and what the law gives a day for
}

func (p *homePage) head(text string) {
	if p.Head == "" {
		p.Head = text
	}
}

func (s *Server) home(w http.ResponseWriter, r *http.Request) error {
	p := &homePage{Page: s.page(r, "")}
	p.Title = p.L("Начало", "Home")
	var err error
	p.Programme, err = s.Training.Programme(r.Context())
	if p.HasProgramme = err == nil; err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	if p.HasProgramme {
		p.Month, p.Months = monthOf(p.Programme, s.Now.Today())
	}
	for _, part := range []func(*http.Request, *homePage) error{
		s.awaitingPart, s.workingPart, s.overviewPart, s.leadingPart, s.watchingPart, s.keepingPart, s.askingPart, s.progressPart, s.takingPart,
	} {
		if err := part(r, p); err != nil {
			return err
		}
	}
	p.head(p.L("Здравейте, {name}", "Hello, {name}", "name", p.Visitor.Name))
	return s.show(w, "home", p)
}

// Less is a difference, for templates.
func (p Page) Less(a, b int) int { return a - b }

// workingPart is what waits for whoever works on cases; the page of the work itself says more.
func (s *Server) workingPart(r *http.Request, p *homePage) error {
	if !p.May(string(access.EnterSignal)) {
		return nil
	}
	var err error
	if p.Working, err = s.workOf(r); err != nil {
		return err
	}
	switch w := p.Working; {
	case w.Late > 0:
		p.head(p.Count(w.Late, "{n} срок е изтекъл", "{n} срока са изтекли", "{n} term is over", "{n} terms are over"))
	case w.Empty():
		p.head(p.L("Нищо не чака", "Nothing waits"))
	default:
		p.head(p.L("Днес", "Today"))
	}
	return nil
}

func monthOf(pr training.Programme, today calendar.Date) (int, int) {
	y1, m1, _ := pr.Starts.Parts()
	y2, m2, _ := pr.Ends.Parts()
	y, m, _ := today.Parts()
	all := (y2-y1)*12 + int(m2-m1) + 1
	return max(1, min(all, (y-y1)*12+int(m-m1)+1)), all
}

// DaysTo says how far a day is: today, tomorrow, in so many days.
func (p Page) DaysTo(d calendar.Date) string {
	switch n := p.Today().DaysUntil(d); {
	case n == 0:
		return p.L("днес", "today")
	case n == 1:
		return p.L("утре", "tomorrow")
	default:
		return p.L("след {n} дни", "in {n} days", "n", n)
	}
}

// leading is the part of a first page for whoever leads trainings.
type leading struct {
	Now   *session // the half-day that is under way, or the next one of a training that has begun
	Next  []training.Standing
	Waits []training.Standing // those in which presence is not marked yet
	Held  int
	Done  int // people who completed the trainings that were led
}

// session is one half-day at whose door somebody stands.
type session struct {
	training.Standing
	Half   training.HalfDay
	Marked int
}

// Today reports whether the half-day is on day d.
func (x session) Today(d calendar.Date) bool { return x.Half.On == d }

func (s *Server) leadingPart(r *http.Request, p *homePage) error {
	if p.Overview != nil || !p.May(string(access.RecordDay)) {
		return nil
	}
	events, counts, err := s.Training.Events(r.Context(), p.actor, training.EventFilter{})
	if err != nil {
		return err
	}
	l := &leading{}
	p.Leading = l
	for _, e := range events {
		if e.State == training.Planned && slices.Contains(e.Trainers, p.actor.Person) {
			l.add(training.StandingOf(e, counts[e.ID], s.Now()), s.Now())
		}
	}
	switch {
	case l.Now != nil:
		p.head(p.L("{place}: {when}, {from}–{to}", "{place}: {when}, {from}–{to}", "place", p.Place(l.Now.Event), "when", p.DaysTo(l.Now.Half.On), "from", l.Now.Half.Starts, "to", l.Now.Half.Ends))
	case len(l.Next) > 0:
		e := l.Next[0].Event
		p.head(p.L("Следващото ви обучение е {when}: {place}", "Your next training is {when}: {place}", "place", p.Place(e), "when", p.DaysTo(e.Starts())))
	default:
		p.head(p.L("Нямате предстоящо обучение", "You have no training to come"))
	}
	return nil
}

func (l *leading) add(t training.Standing, now time.Time) {
	if t.NextStep.Kind == training.NextMark {
		l.Waits = append(l.Waits, t)
	}
	if t.Held {
		l.Held, l.Done = l.Held+1, l.Done+t.Counts.Completed
		return
	}
	l.Next = append(l.Next, t)
	if !t.Event.Begun(now) || l.Now != nil {
		return
	}
	for _, h := range t.Event.HalfDays {
		if now.Before(h.End()) {
			l.Now = &session{t, h, t.Counts.Marked[h.ID]}
			return
		}
	}
}

// watching is the part of a first page for whoever watches over personal data.
type watching struct {
	org.Activity
	Total  org.DayActivity
	Opened int           // how often data of people were opened
	Ends   calendar.Date // when the map from codes to people is deleted; zero without a programme
	Closed calendar.Date // when it was
	Lost   int           // messages that could not be delivered
}

// watchDays is how many days the part tells.
const watchDays = 30

func (s *Server) watchingPart(r *http.Request, p *homePage) error {
	if !p.May(string(access.SeeAudit)) {
		return nil
	}
	a, err := s.Org.Activity(r.Context(), p.actor, watchDays)
	if err != nil {
		return err
	}
	x := &watching{Activity: a, Total: a.Totals()}
	p.Watching = x
	for _, action := range []access.Action{access.SeePerson, access.SeeSeat, access.SeeCert, access.ReadAnswer, access.OpenCode} {
		x.Opened += a.Of(action)
	}
	if x.Closed, err = s.Survey.Closed(r.Context()); err != nil {
		return err
	}
	if p.HasProgramme {
		x.Ends = survey.MapEnds(p.Programme)
	}
	if p.May(string(access.SeeMail)) {
		counts, err := s.Org.MailCounts(r.Context(), p.actor)
		if err != nil {
			return err
		}
		x.Lost = counts[org.Failed]
	}
	if n := p.Waiting(); n > 0 {
		p.head(p.Count(n, "{n} решение чака вас", "{n} решения чакат вас", "{n} decision awaits you", "{n} decisions await you"))
	}
	p.head(p.Count(x.Opened, "За 30 дни данни на хора са отваряни {n} път", "За 30 дни данни на хора са отваряни {n} пъти",
		"In 30 days data of people were opened {n} time", "In 30 days data of people were opened {n} times"))
	return nil
}

// Bars lays the days side by side as bars.
func (x watching) Bars() []dayBar {
	const height = 110
	top := 1
	for _, d := range x.Days {
		top = max(top, d.All())
	}
	all := make([]dayBar, len(x.Days))
	for i, d := range x.Days {
		refused := (height*d.Refused + top - 1) / top // one refusal is seen too
		done := height * d.Done / top
		all[i] = dayBar{X: 22*i + 3, Y: 120 - done - refused, H: done + refused, R: refused}
	}
	return all
}

// dayBar is a bar of a day: R of its height are refusals.
type dayBar struct{ X, Y, H, R int }

// keeping is the part of a first page for whoever keeps accounts and the house.
type keeping struct {
	House    org.House
	Active   int
	Invited  []org.AccountCard // who has not answered the invitation
	Unsafe   []org.AccountCard // who needs a second factor and has none
	Roleless int               // who holds no role
	Roles    []roleCount
}

// roleCount is how many active accounts hold a role.
type roleCount struct {
	Role access.Role
	N    int
}

func (s *Server) keepingPart(r *http.Request, p *homePage) error {
	if !p.May(string(access.SeeAccount)) {
		return nil
	}
	cards, err := s.Org.Accounts(r.Context(), p.actor)
	if err != nil {
		return err
	}
	k := &keeping{}
	p.Keeping = k
	if k.House, err = s.Org.House(r.Context()); err != nil {
		return err
	}
	for _, role := range access.Grantable() {
		k.Roles = append(k.Roles, roleCount{Role: role})
	}
	for _, c := range cards {
		k.add(c, s.Now())
	}
	n := len(k.Invited) + p.Waiting()
	if !k.House.Set() {
		n++
	}
	if n == 0 {
		p.head(p.L("Нищо не чака", "Nothing waits"))
	}
	p.head(p.Count(n, "{n} нещо чака", "{n} неща чакат", "{n} thing waits", "{n} things wait"))
	return nil
}

func (k *keeping) add(c org.AccountCard, now time.Time) {
	held, needs := map[access.Role]bool{}, false
	for _, g := range c.Grants {
		if g.Lives(now) {
			held[g.Role], needs = true, needs || access.NeedsFactor(g.Role)
		}
	}
	switch {
	case c.State == org.Invited:
		k.Invited = append(k.Invited, c)
		return
	case c.State != org.Active:
		return
	case len(held) == 0:
		k.Roleless++
	case needs && !c.Factor:
		k.Unsafe = append(k.Unsafe, c)
	}
	k.Active++
	for i, r := range k.Roles {
		if held[r.Role] {
			k.Roles[i].N++
		}
	}
}

// asking is the part of a first page for whoever reads answers by code.
type asking struct {
	Waves []waveTotal
	M6    waveTotal
}

func (s *Server) askingPart(r *http.Request, p *homePage) error {
	if !p.May(string(access.ReadAnswer)) {
		return nil
	}
	v, err := s.Survey.Waves(r.Context(), p.actor)
	if err != nil {
		return err
	}
	a, totals := &asking{}, v.Totals()
	p.Asking = a
	for _, w := range asked {
		a.Waves = append(a.Waves, waveTotal{w, totals[w]})
	}
	a.M6 = waveTotal{survey.M6, totals[survey.M6]}
	if a.M6.Asked() > 0 {
		p.head(p.L("{a} от {b} попитани са отговорили шест месеца след обучението", "{a} of {b} asked have answered six months after the training", "a", p.Int(a.M6.Answered()), "b", p.Int(a.M6.Asked())))
	}
	p.head(p.L("Още никой не е питан шест месеца след обучението", "Nobody has been asked yet six months after the training"))
	return nil
}

// taking is the part of a first page for whoever takes part in trainings.
type taking struct {
	Seats       []ownSeat
	Invitations []survey.Invitation
}

// ownSeat is one's own seat with what comes next.
type ownSeat struct {
	training.SeatView
	Halves []ownHalf
	Next   *training.HalfDay // the half-day that is under way, or the next; none without a seat
	Passed int               // half-days at which one was present
}

// ownHalf is a half-day and how one was there.
type ownHalf struct {
	training.HalfDay
	Status training.PresenceStatus
	Over   bool
}

func (s *Server) takingPart(r *http.Request, p *homePage) error {
	mine, err := s.Training.Mine(r.Context(), p.actor)
	if err != nil {
		return err
	}
	invitations, err := s.Survey.MyInvitations(r.Context(), p.actor)
	if err != nil {
		return err
	}
	if len(mine) == 0 && len(invitations) == 0 && !p.May(string(access.SeeSeat)) {
		return nil
	}
	t := &taking{Invitations: invitations}
	for _, v := range mine {
		t.Seats = append(t.Seats, ownSeatOf(v, s.Now()))
	}
	if len(t.Seats) == 0 && len(invitations) == 0 && (p.Overview != nil || p.Leading != nil) {
		return nil // a manager who takes part in nothing needs no word about it
	}
	p.Taking = t
	p.head(p.takingHead(t))
	return nil
}

func ownSeatOf(v training.SeatView, now time.Time) ownSeat {
	x := ownSeat{SeatView: v}
	status := map[string]training.PresenceStatus{}
	for _, m := range v.Presence { // the last word counts
		status[m.HalfDay] = m.Status
	}
	for _, h := range v.Event.HalfDays {
		over := !now.Before(h.End())
		x.Halves = append(x.Halves, ownHalf{h, status[h.ID], over})
		if status[h.ID].Counts() {
			x.Passed++
		}
		if !over && x.Next == nil && v.Seat.State == training.Confirmed && v.Event.State == training.Planned {
			x.Next = &h
		}
	}
	return x
}

func (p *homePage) takingHead(t *taking) string {
	for _, x := range t.Seats {
		if x.Next != nil {
			return p.L("Следващият ви половин ден е {when} в {from}", "Your next half-day is {when} at {from}", "when", p.DaysTo(x.Next.On), "from", x.Next.Starts)
		}
		if x.Seat.State == training.Offered {
			return p.L("Предложено ви е място: отговорете до {until}", "You are offered a seat: answer by {until}", "until", p.When(x.Seat.Until))
		}
	}
	if len(t.Invitations) > 0 {
		return p.L("Чака ви въпросник: отворен е до {until}", "A questionnaire awaits you: it is open until {until}", "until", p.Lang.Deadline(t.Invitations[0].Closes))
	}
	for _, x := range t.Seats {
		if x.Certificate != nil && x.Certificate.Valid() {
			return p.L("Имате удостоверение", "You have a certificate")
		}
	}
	if len(t.Seats) > 0 {
		return p.Place(t.Seats[0].Event) + ": " + strings.ToLower(p.State(t.Seats[0].Seat.State))
	}
	return ""
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
