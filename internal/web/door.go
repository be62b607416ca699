package web

import (
	"net/http"
	"strings"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/render"
	"strengthen/internal/training"
)

func (s *Server) doorRoutes() []Route {
	return []Route{
		{"GET /trainings/{id}/door", access.RecordDay, false, 0, s.door, false},
		{"POST /trainings/{id}/door", access.RecordDay, false, 0, s.mark, false},
		{"POST /trainings/{id}/scan", access.RecordDay, false, 0, s.scan, false},
		{"GET /trainings/{id}/sheet.pdf", access.RecordDay, false, 0, s.sheet, false},
		{"GET /trainings/{id}/badges.pdf", access.RecordDay, false, 0, s.badges, false},
	}
}

type doorPage struct {
	trainingHead
	Register training.Register
	Half     training.HalfDay
	Scanned  string
	Find     string
}

func (s *Server) doorPage(r *http.Request) (*doorPage, error) {
	p := &doorPage{trainingHead: trainingHead{Page: s.page(r, ""), Tab: "door"}}
	var err error
	if p.Register, err = s.Training.Register(r.Context(), p.actor, training.EventID(r.PathValue("id"))); err != nil {
		return nil, err
	}
	p.Event = p.Register.Event
	p.Title = p.Place(p.Event)
	want := r.FormValue("half")
	for _, h := range p.Event.HalfDays {
		// The half-day asked for, or else the last one that has begun.
		if h.ID == want || (want == "" && (p.Half.ID == "" || !s.Now().Before(h.Begin()))) {
			p.Half = h
		}
	}
	return p, nil
}

// Mark is what is marked of a person for the half-day of the page.
func (p *doorPage) MarkOf(c training.Card) training.PresenceStatus {
	return p.Register.Marks[c.ID][p.Half.ID].Status
}

// Statuses lists the ways of having been there.
func (p *doorPage) Statuses() []training.PresenceStatus { return training.PresenceStatuses() }

// Present counts who is marked as there, Marked who is marked at all.
func (p *doorPage) Present() (n int) {
	for _, c := range p.Register.Cards {
		if p.MarkOf(c).Counts() {
			n++
		}
	}
	return n
}

func (s *Server) door(w http.ResponseWriter, r *http.Request) error {
	p, err := s.doorPage(r)
	if err != nil {
		return err
	}
	if c := r.URL.Query().Get("seat"); c != "" {
		for _, x := range p.Register.Cards {
			if string(x.ID) == c {
				p.Scanned = x.Name
			}
		}
	}
	return s.show(w, "door", p)
}

// mark records one person, or everybody who is not marked yet.
func (s *Server) mark(w http.ResponseWriter, r *http.Request) error {
	p, err := s.doorPage(r)
	if err != nil {
		return err
	}
	var marks []training.Presence
	key := field(r, "key")
	switch seat := field(r, "seat"); seat {
	case "all":
		for _, c := range p.Register.Cards {
			if p.MarkOf(c) == "" {
				marks = append(marks, training.Presence{Enrolment: c.ID, HalfDay: p.Half.ID, Status: training.Present, Method: training.ByPaper, ClientKey: key + "/" + string(c.ID)})
			}
		}
	default:
		marks = []training.Presence{{Enrolment: training.EnrolmentID(seat), HalfDay: p.Half.ID, Status: training.PresenceStatus(field(r, "status")),
			Method: training.ByList, ClientKey: key, Reason: field(r, "reason")}}
	}
	if err := s.Training.Mark(r.Context(), p.actor, p.Event.ID, marks); err != nil {
		return s.again(w, err, &p.Page, "door", p)
	}
	return to(w, r, "/trainings/"+string(p.Event.ID)+"/door?half="+p.Half.ID, "marked")
}

func (s *Server) scan(w http.ResponseWriter, r *http.Request) error {
	p, err := s.doorPage(r)
	if err != nil {
		return err
	}
	c, err := s.Training.Scan(r.Context(), p.actor, p.Event.ID, p.Half.ID, strings.TrimSpace(field(r, "badge")), field(r, "key"), field(r, "reason"))
	if err != nil {
		return s.again(w, err, &p.Page, "door", p)
	}
	return to(w, r, "/trainings/"+string(p.Event.ID)+"/door?half="+p.Half.ID+"&seat="+string(c.ID), "")
}

func (s *Server) sheet(w http.ResponseWriter, r *http.Request) error {
	p, err := s.doorPage(r)
	if err != nil {
		return err
	}
	var rows []render.SheetRow
	for _, c := range p.Register.Cards {
		rows = append(rows, render.SheetRow{Name: c.Name, Agency: c.AgencyName, Sector: p.Sector(c.Sector)})
	}
	people, err := s.trainers(r, p.actor, p.Event)
	if err != nil {
		return err
	}
	var names []string
	for _, x := range people {
		names = append(names, x.Name)
	}
	programme, err := s.Training.Programme(r.Context())
	if err != nil {
		return err
	}
	var all []render.AttendanceSheet
	for _, h := range p.Event.HalfDays {
		all = append(all, render.AttendanceSheet{Lang: string(p.Lang), Title: programme.Title(string(p.Lang)), Place: p.Place(p.Event) + ", " + p.Venue(p.Event),
			Day: p.Lang.Day(h.On), Time: h.Starts + "–" + h.Ends, Trainers: names, Rows: rows, Blank: 5, Made: s.Now()})
	}
	b, err := render.Sheet(all)
	return download(w, "attendance-sheet.pdf", "application/pdf", b, err)
}

func (s *Server) badges(w http.ResponseWriter, r *http.Request) error {
	p, err := s.doorPage(r)
	if err != nil {
		return err
	}
	var all []render.Badge
	for _, c := range p.Register.Cards {
		all = append(all, render.Badge{Name: c.Name, Agency: c.AgencyName, Sector: p.Sector(c.Sector), Code: c.Badge})
	}
	b, err := render.Badges(string(p.Lang), p.Place(p.Event)+", "+p.Days(p.Event.Starts(), p.Event.Ends()), all, s.Now())
	return download(w, "badges.pdf", "application/pdf", b, err)
}

func (s *Server) certificateFile(v training.Checked, p *Page) ([]byte, error) {
	region, ok := p.Tables().Region(v.Event.Region)
	if !ok {
		return nil, fault.New(fault.NotFound, "fault.notfound")
	}
	bg, en := i18nBG, i18nEN
	e := v.Event
	return render.Certificate(render.CertificateFacts{
		TitleBG: v.Programme.TitleBG, TitleEN: v.Programme.TitleEN, Name: v.Certificate.Name, NameLatin: latin(v.Certificate.Name),
		PlaceBG: region.CentreBG, PlaceEN: region.CentreEN, DaysBG: bg.Days(e.Starts(), e.Ends()), DaysEN: en.Days(e.Starts(), e.Ends()),
		Hours: e.Hours(), Number: v.Certificate.Number, Code: v.Certificate.Code, IssuedBG: bg.Date(v.Certificate.Issued),
		IssuedEN: en.Date(v.Certificate.Issued), URL: s.Site + "/verify/" + v.Certificate.Code, Made: v.Certificate.Issued.Start(), Revoked: !v.Certificate.Valid(),
	})
}
