package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"strengthen/internal/calendar"
	"strengthen/internal/training"
)

// monthsShown is how many months the calendar shows at once.
const monthsShown = 6

type calendarPage struct {
	Page
	Months         []calendarMonth
	Coming         []training.Event // of the months shown, those that can be moved
	Earlier, Later string           // first months of the pages before and after
	Present        bool             // the page begins with the present month
}

type calendarMonth struct {
	First calendar.Date
	Weeks []calendarWeek
	Empty bool // without a training
}

type calendarWeek struct {
	Days []calendarDay // from Monday to Sunday
	Bars []calendarBar
}

// calendarDay is a cell; a day of another month is zero.
type calendarDay struct {
	On     calendar.Date
	Number int
	Today  bool
	Off    bool // Saturday or Sunday
}

// calendarBar is the part of a training that lies in one week of one month.
type calendarBar struct {
	Event     training.Event
	Col, Span int // first column from 1, and how many
	Offset    int // days from the first of the training to the first of the bar
	Movable   bool
}

func (s *Server) calendarPage(w http.ResponseWriter, r *http.Request) error {
	p := calendarPage{Page: s.page(r, "")}
	p.Title = p.L("Календар на обученията", "Calendar of trainings")
	events, _, err := s.Training.Events(r.Context(), p.actor, training.EventFilter{})
	if err != nil {
		return err
	}
	events = slices.DeleteFunc(events, func(e training.Event) bool { return e.State != training.Planned })
	present := monthStart(p.Today())
	first := present
	if d, err := calendar.ParseDate(r.URL.Query().Get("from") + "-01"); err == nil {
		first = d
	}
	p.Present = first == present
	p.Earlier, p.Later = first.AddMonths(-monthsShown).String()[:7], first.AddMonths(monthsShown).String()[:7]
	for i := range monthsShown {
		p.Months = append(p.Months, p.month(first.AddMonths(i), events))
	}
	end := first.AddMonths(monthsShown)
	for _, e := range events {
		if p.Movable(e) && !e.Starts().Before(first) && e.Starts().Before(end) {
			p.Coming = append(p.Coming, e)
		}
	}
	return s.show(w, "calendar", &p)
}

func monthStart(d calendar.Date) calendar.Date {
	y, m, _ := d.Parts()
	return calendar.Of(y, m, 1)
}

// month lays a month out in weeks, with the trainings of each.
func (p *calendarPage) month(first calendar.Date, events []training.Event) calendarMonth {
	m := calendarMonth{First: first, Empty: true}
	monday := first
	for monday.Weekday() != time.Monday {
		monday = monday.AddDays(-1)
	}
	for ; monday.Before(first.AddMonths(1)); monday = monday.AddDays(7) {
		var week calendarWeek
		for i := range 7 {
			week.Days = append(week.Days, p.day(monday.AddDays(i), first))
		}
		for _, e := range events {
			if bar, ok := p.bar(e, week); ok {
				week.Bars = append(week.Bars, bar)
				m.Empty = false
			}
		}
		m.Weeks = append(m.Weeks, week)
	}
	return m
}

func (p *calendarPage) day(d, month calendar.Date) calendarDay {
	if monthStart(d) != month {
		return calendarDay{}
	}
	_, _, n := d.Parts()
	return calendarDay{d, n, d == p.Today(), d.Weekday() == time.Saturday || d.Weekday() == time.Sunday}
}

// bar is the part of a training that lies in the days of a week, if there is any.
func (p *calendarPage) bar(e training.Event, week calendarWeek) (calendarBar, bool) {
	b := calendarBar{Event: e, Movable: p.Movable(e)}
	for i, d := range week.Days {
		if d.On.IsZero() || d.On.Before(e.Starts()) || d.On.After(e.Ends()) {
			continue
		}
		if b.Span++; b.Span == 1 {
			b.Col, b.Offset = i+1, e.Starts().DaysUntil(d.On)
		}
	}
	return b, b.Span > 0
}

// Weekdays heads the columns.
func (p *calendarPage) Weekdays() []string {
	return strings.Fields(p.L("пн вт ср чт пт сб нд", "Mo Tu We Th Fr Sa Su"))
}

// Month names a month of the calendar.
func (p Page) Month(d calendar.Date) string {
	name := []rune(p.Lang.Month(d))
	return strings.ToUpper(string(name[:1])) + string(name[1:])
}

// Movable reports whether the reader may move a training, and it has not begun.
func (p Page) Movable(e training.Event) bool {
	return p.Can("training.plan", e) && e.State == training.Planned && !e.Begun(p.s.Now())
}
