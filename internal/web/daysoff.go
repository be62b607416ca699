package web

import (
	"net/http"

	"strengthen/internal/calendar"
	"strengthen/internal/casework"
	"strengthen/internal/fault"
)

type daysOffPage struct {
	Page
	Years []daysOfYear
	Roll  bool
}

type daysOfYear struct {
	Year int
	Days []casework.DayOff
}

// Kinds lists what a decree makes of a day.
func (p *daysOffPage) Kinds() []Option {
	return []Option{{Value: "off", Text: p.L("почивен", "day off")}, {Value: "working", Text: p.L("работен", "working day")}}
}

// Rolls lists where a term ends whose last day is a day off, and Rolled which of them is set.
func (p *daysOffPage) Rolls() []Option {
	return []Option{{Value: "yes", Text: p.L("се мести на следващия работен ден", "moves to the next working day")}, {Value: "no", Text: p.L("остава", "stays")}}
}

// Rolled is the choice that is set.
func (p *daysOffPage) Rolled() string { return map[bool]string{true: "yes", false: "no"}[p.Roll] }

func (s *Server) daysOffPage(r *http.Request) (*daysOffPage, error) {
	p := &daysOffPage{Page: s.page(r, "")}
	p.Title = p.L("Почивни дни", "Days off")
	all, roll, err := s.Casework.DaysOff(r.Context(), p.actor)
	p.Roll = roll
	for _, d := range all {
		year, _, _ := d.Day.Parts()
		if n := len(p.Years); n == 0 || p.Years[n-1].Year != year {
			p.Years = append(p.Years, daysOfYear{Year: year})
		}
		p.Years[len(p.Years)-1].Days = append(p.Years[len(p.Years)-1].Days, d)
	}
	return p, err
}

func (s *Server) daysOff(w http.ResponseWriter, r *http.Request) error {
	p, err := s.daysOffPage(r)
	if err != nil {
		return err
	}
	return s.show(w, "daysoff", p)
}

// onDaysOff runs what a form of the page asks for, and shows the page again with what was wrong.
func (s *Server) onDaysOff(w http.ResponseWriter, r *http.Request, form string, do func(*fault.List) error) error {
	var l fault.List
	err := do(&l)
	if err == nil {
		return to(w, r, "/terms/days", "saved")
	}
	p, e := s.daysOffPage(r)
	if e != nil {
		return cmpError(err, e)
	}
	p.Sent = form
	return s.again(w, err, &p.Page, "daysoff", p)
}

func (s *Server) setDayOff(w http.ResponseWriter, r *http.Request) error {
	return s.onDaysOff(w, r, "days", func(l *fault.List) error {
		d := casework.DayOff{Day: date(r, "day", l), Off: field(r, "kind") == "off", Source: field(r, "source")}
		if !d.Off && field(r, "kind") != "working" {
			l.Add(fault.Field("kind", "form.choose"))
		}
		if err := l.Err(); err != nil {
			return err
		}
		return s.Casework.SetDayOff(r.Context(), visitOf(r).actor(), d)
	})
}

func (s *Server) dropDayOff(w http.ResponseWriter, r *http.Request) error {
	d, err := calendar.ParseDate(field(r, "day"))
	if err != nil {
		return fault.New(fault.NotFound, "fault.notfound")
	}
	if err := s.Casework.DropDayOff(r.Context(), visitOf(r).actor(), d); err != nil {
		return err
	}
	return to(w, r, "/terms/days", "saved")
}

func (s *Server) setRoll(w http.ResponseWriter, r *http.Request) error {
	return s.onDaysOff(w, r, "roll", func(l *fault.List) error {
		roll := field(r, "roll")
		if roll != "yes" && roll != "no" {
			return fault.Field("roll", "form.choose")
		}
		return s.Casework.SetRoll(r.Context(), visitOf(r).actor(), roll == "yes")
	})
}
