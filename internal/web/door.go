package web

import (
	"bytes"
	"fmt"
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
	Scanned  *training.Scanned
	Row      training.Card // the row that is written alone, for scripts
	At       training.EnrolmentID
}

func (s *Server) doorPage(r *http.Request) (*doorPage, error) {
	p := &doorPage{trainingHead: trainingHead{Page: s.page(r, ""), Tab: "door"}}
	var err error
	if p.Register, err = s.Training.Register(r.Context(), p.actor, training.EventID(r.PathValue("id"))); err != nil {
		return nil, err
	}
	p.Event = p.Register.Event
	p.name()
	want := r.FormValue("half")
	for _, h := range p.Event.HalfDays {
		if h.ID == want || (want == "" && h == p.Present()) {
			p.Half = h
		}
	}
	return p, nil
}

// Present is the half-day that is marked now: the last one for which people can come, or else the first.
func (p *doorPage) Present() training.HalfDay {
	var now training.HalfDay
	for _, h := range p.Event.HalfDays {
		if now.ID == "" || !p.s.Now().Before(h.Begin().Add(-training.DoorOpens)) {
			now = h
		}
	}
	return now
}

// UnderWay reports whether people come to a half-day now.
func (p *doorPage) UnderWay(h training.HalfDay) bool {
	now := p.s.Now()
	return !now.Before(h.Begin().Add(-training.DoorOpens)) && now.Before(h.End())
}

// HalfDays lists the half-days with the one that is marked now first.
func (p *doorPage) HalfDays() []training.HalfDay {
	now := p.Present()
	all := []training.HalfDay{now}
	for _, h := range p.Event.HalfDays {
		if h.ID != now.ID {
			all = append(all, h)
		}
	}
	return all
}

// Mark is what is marked of a person for the half-day of the page.
func (p *doorPage) Mark(c training.Card) training.Presence { return p.Register.Marks[c.ID][p.Half.ID] }

// Statuses lists the ways of having been there.
func (p *doorPage) Statuses() []training.PresenceStatus { return training.PresenceStatuses() }

// Here counts who is marked as there.
func (p *doorPage) Here() (n int) {
	for _, c := range p.Register.Cards {
		if p.Mark(c).Status.Counts() {
			n++
		}
	}
	return n
}

// Unmarked counts who is not marked at all.
func (p *doorPage) Unmarked() (n int) {
	for _, c := range p.Register.Cards {
		if p.Mark(c).Status == "" {
			n++
		}
	}
	return n
}

// Wrong reports whether the fault of the form stands at this row.
func (p *doorPage) Wrong(c training.Card) bool { return len(p.Faults) > 0 && c.ID == p.At }

// RowOf is the page as the template of one row needs it.
func (p *doorPage) RowOf(c training.Card) *doorPage {
	row := *p
	row.Row = c
	return &row
}

// ScannedText says what came of the last scan.
func (p *doorPage) ScannedText() string {
	if m := p.Scanned.Before; m.Status != "" {
		return p.L("вече е отбелязан: {s}, {t}", "is marked already: {s}, {t}", "s", strings.ToLower(p.T("presence."+string(m.Status))), "t", p.Clock(m.At))
	}
	return p.L("е тук", "is here")
}

func (s *Server) door(w http.ResponseWriter, r *http.Request) error {
	p, err := s.doorPage(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	for _, c := range p.Register.Cards {
		if string(c.ID) == q.Get("seat") {
			p.Scanned = &training.Scanned{Card: c}
			if q.Get("again") != "" {
				p.Scanned.Before = p.Mark(c)
			}
		}
	}
	return s.show(w, "door", p)
}

// mark records one person, or everybody who is not marked yet. A script gets the row alone, as it is then.
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
			if p.Mark(c).Status == "" {
				marks = append(marks, training.Presence{Enrolment: c.ID, HalfDay: p.Half.ID, Status: training.Present, Method: training.ByPaper, ClientKey: key + "/" + string(c.ID)})
			}
		}
	default:
		p.At = training.EnrolmentID(seat)
		marks = []training.Presence{{Enrolment: p.At, HalfDay: p.Half.ID, Status: training.PresenceStatus(field(r, "status")),
			Method: training.ByList, ClientKey: key, Reason: field(r, "reason")}}
	}
	err = s.Training.Mark(r.Context(), p.actor, p.Event.ID, marks)
	if byScript(r) {
		return s.doorRow(w, r, p.At, nil, err)
	}
	if err != nil {
		return s.again(w, err, &p.Page, "door", p)
	}
	ok := "marked"
	if field(r, "status") == string(training.Cleared) {
		ok = "cleared"
	}
	return to(w, r, "/trainings/"+string(p.Event.ID)+"/door?half="+p.Half.ID, ok)
}

func (s *Server) scan(w http.ResponseWriter, r *http.Request) error {
	p, err := s.doorPage(r)
	if err != nil {
		return err
	}
	c, err := s.Training.Scan(r.Context(), p.actor, p.Event.ID, p.Half.ID, strings.TrimSpace(field(r, "badge")), field(r, "key"))
	if byScript(r) {
		return s.doorRow(w, r, c.ID, &c, err)
	}
	if err != nil {
		p.At = c.ID
		return s.again(w, err, &p.Page, "door", p)
	}
	again := ""
	if c.Before.Status != "" {
		again = "&again=1"
	}
	return to(w, r, "/trainings/"+string(p.Event.ID)+"/door?half="+p.Half.ID+"&seat="+string(c.ID)+again, "")
}

// byScript reports whether the page's own script asks, which takes a row and not a page.
func byScript(r *http.Request) bool { return r.Header.Get("X-Requested-With") == "mark" }

// doorRow writes the row of one person as it is now, with what is wrong when something is. A badge of nobody has no row.
func (s *Server) doorRow(w http.ResponseWriter, r *http.Request, id training.EnrolmentID, scanned *training.Scanned, cause error) error {
	p, err := s.doorPage(r)
	if err != nil {
		return err
	}
	p.At, p.Scanned = id, scanned
	status := http.StatusOK
	if cause != nil {
		if k := fault.KindOf(cause); k != fault.Invalid && k != fault.Conflict && k != fault.Busy {
			return cause
		}
		p.Faults, p.Later, status = fault.All(cause), fault.Is(cause, fault.Busy), statusOf(w, cause)
	}
	for _, c := range p.Register.Cards {
		if c.ID == id {
			return s.fragment(w, status, "door", "row", p.RowOf(c))
		}
	}
	return s.fragment(w, status, "door", "norow", p)
}

// fragment writes one template of a page alone.
func (s *Server) fragment(w http.ResponseWriter, status int, page, name string, data any) error {
	var b bytes.Buffer
	if err := s.pages[page].ExecuteTemplate(&b, name, data); err != nil {
		return fmt.Errorf("template %s of %s: %w", name, page, err)
	}
	return s.html(w, status, b.Bytes())
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
		all = append(all, render.AttendanceSheet{Lang: string(p.Lang), Title: programme.Title(string(p.Lang)), Place: placeLine(p.Place(p.Event), p.Venue(p.Event)),
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

// placeLine names a town and a venue; most venues name their town already.
func placeLine(town, venue string) string {
	if strings.Contains(venue, town) {
		return venue
	}
	return town + ", " + venue
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
		PlaceBG: placeLine(region.CentreBG, e.VenueBG), PlaceEN: placeLine(region.CentreEN, e.VenueEN), DaysBG: bg.Days(e.Starts(), e.Ends()), DaysEN: en.Days(e.Starts(), e.Ends()),
		Hours: e.Hours(), Number: v.Certificate.Number, Code: v.Certificate.Code, IssuedBG: bg.Date(v.Certificate.Issued),
		IssuedEN: en.Date(v.Certificate.Issued), URL: s.Site + "/verify/" + v.Certificate.Code, Made: v.Certificate.Issued.Start(), Revoked: !v.Certificate.Valid(),
	})
}
