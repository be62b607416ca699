package web

import (
	"errors"
	"io"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/casework"
	"strengthen/internal/fault"
	"strengthen/internal/org"
	"strengthen/internal/sealed"
	uploads "strengthen/internal/upload"
)

// maxAttachment is how large the body of a form with a file may be. It is far more than a file may have: what is too large is
// read to its end and thrown away, so that the browser gets to read why it was refused.
const maxAttachment = 128 << 20

// maxParts is how many fields a form with a file may have.
const maxParts = 8

func (s *Server) caseRoutes() []Route {
	return proven([]Route{
		{"GET /cases", access.SeeCase, false, 0, s.cases, false},
		{"GET /cases/{id}", access.SeeCase, false, 0, s.tab("case", s.caseOverview), false},
		{"GET /cases/{id}/timeline", access.SeeCase, false, 0, s.tab("timeline", s.timeline), false},
		{"GET /cases/{id}/signals", access.SeeCase, false, 0, s.tab("casesignals", s.caseOverview), false},
		{"GET /cases/{id}/notes", access.SeeCase, false, 0, s.tab("notes", s.caseOverview), false},
		{"GET /cases/{id}/team", access.SeeCase, false, 0, s.tab("team", s.team), false},
		{"GET /cases/{id}/access", access.SeeWho, false, 0, s.caseAccess, false},
		{"GET /cases/{id}/protection", access.SeeCase, false, 0, s.caseProtection, false},
		{"GET /cases/{id}/identity", access.SeeCase, false, 0, s.identity, false},
		{"POST /cases/{id}/identity", access.WriteCase, false, 0, s.saveIdentity, false},
		{"POST /cases/{id}/steps/{step}", access.LeadCase, false, 0, s.stepCase, false},
		{"POST /cases/{id}/close", access.LeadCase, false, 0, s.proposeClose, false},
		{"POST /cases/{id}/decide", access.ApproveCase, false, 0, s.decideClose, false},
		{"POST /cases/{id}/flag", access.LeadCase, false, 0, s.flagCase, false},
		{"POST /cases/{id}/lead", access.AssignCase, false, 0, s.assignCase, false},
		{"POST /cases/{id}/group", access.LeadCase, false, 0, s.groupCase, false},
		{"POST /cases/{id}/happened", access.WriteCase, false, 0, s.caseHappened, false},
		{"POST /cases/{id}/notes", access.WriteCase, false, 0, s.addNote, false},
		{"GET /cases/{id}/notes/{note}", access.WriteCase, false, 0, s.noteForm, false},
		{"POST /cases/{id}/notes/{note}", access.WriteCase, false, 0, s.saveNote, false},
		{"POST /cases/{id}/seats", access.LeadCase, false, 0, s.inviteSeat, false},
		{"POST /cases/{id}/seats/{seat}/leave", access.LeadCase, false, 0, s.leaveSeat, false},
		{"POST /cases/{id}/shares", access.ShareCase, false, 0, s.giveShare, false},
		{"POST /cases/{id}/shares/{share}/end", access.ShareCase, false, 0, s.endShare, false},
		{"POST /cases/{id}/consents", access.ShareCase, false, 0, s.addConsent, false},
		{"POST /cases/{id}/consents/{consent}/withdraw", access.ShareCase, false, 0, s.withdrawConsent, false},
		{"POST /cases/{id}/barred", access.ShareCase, false, 0, s.bar, false},
		{"POST /cases/{id}/barred/{person}/lift", access.AssignCase, false, 0, s.unbar, false},
		{"POST /cases/{id}/protection", access.WriteCase, false, 0, s.protectCase, false},
		{"POST /signals/{id}/protection", access.HandleSignal, false, 0, s.protectSignal, false},
		{"POST /protections/{id}/notices", access.EnterSignal, false, 0, s.saveNotices, false},
		{"POST /protections/{id}/end", access.EnterSignal, false, 0, s.endProtection, false},
		{"POST /cases/{id}/files", access.WriteCase, false, maxAttachment, s.attachToCase, false},
		{"POST /signals/{id}/files", access.HandleSignal, false, maxAttachment, s.attachToSignal, false},
		{"GET /files/{id}", access.EnterSignal, false, 0, s.openFile, false},
		{"POST /files/{id}/remove", access.EnterSignal, false, 0, s.removeFile, false},
		{"POST /clocks/{id}/{act}", access.EnterSignal, false, 0, s.changeClock, false},
		{"GET /child", access.FindChild, false, 0, s.findForm, false},
		{"POST /child", access.FindChild, false, 0, s.findChild, false},
		{"GET /emergency", access.BreakGlass, false, 0, s.glassForm, false},
		{"POST /emergency", access.BreakGlass, false, 0, s.breakGlass, false},
		{"GET /emergency/reviews", access.ReviewGlass, false, 0, s.glassReviews, false},
		{"POST /emergency/reviews/{id}", access.ReviewGlass, false, 0, s.reviewGlass, false},
	}, "GET /cases/{id}/identity", "POST /cases/{id}/identity", "GET /child", "POST /child", "GET /emergency", "POST /emergency", "POST /cases/{id}/barred", "POST /cases/{id}/barred/{person}/lift")
}

type casesPage struct {
	Page
	Cards  []casework.CaseCard
	Filter casework.CaseFilter
	All    bool
	More   string
}

func (s *Server) cases(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	p := casesPage{Page: s.page(r, ""), All: q.Get("all") != "", Filter: casework.CaseFilter{
		Ref: strings.TrimSpace(q.Get("ref")), State: casework.CaseState(q.Get("state")), Track: casework.Track(q.Get("track")), Late: q.Get("late") != "", After: q.Get("after"), Limit: pageSize,
	}}
	p.Title = p.L("Случаи", "Cases")
	p.Filter.Open = !p.All && p.Filter.State == "" && p.Filter.Ref == ""
	cards, cursor, err := s.Casework.Cases(r.Context(), p.actor, p.Filter)
	if err != nil {
		return err
	}
	p.Cards = cards
	if cursor != "" {
		q.Set("after", cursor)
		p.More = "?" + q.Encode()
	}
	return s.show(w, "cases", &p)
}

// Due says when the next term of a case ends.
func (p casesPage) Due(c casework.CaseCard) ClockTag { return p.dueTag(c.NextDue) }

// ClockTag is a term as a mark in a list.
type ClockTag struct{ Tone, Text string }

func (p Page) dueTag(due time.Time) ClockTag {
	now := p.Now()
	switch {
	case due.IsZero():
		return ClockTag{}
	case !now.Before(due):
		return ClockTag{"late", p.Lang.Late(now.Sub(due))}
	case due.Sub(now) < 24*time.Hour:
		return ClockTag{"soon", p.Lang.Left(due.Sub(now))}
	}
	return ClockTag{"", p.Lang.Left(due.Sub(now))}
}

// casePage is what every page of a case shows around its own content.
type casePage struct {
	Page
	casework.CaseView
	Tab         string
	Once        string
	Lines       []ClockLine
	KeepsNames  bool // the house keeps names
	Agencies    []org.Agency
	Staff       []casework.Colleague
	Protections []casework.Protection
	Police      []org.Agency
	Filter      casework.EventFilter
	More        string
	Saw         casework.Form // the texts of a form that people edit together, as its editor saw them last
	Clashes     []Clash
	ClashBy     string
	ClashAt     time.Time
}

// Heading says of whom the case is, without a name.
func (p *casePage) Heading() string {
	return p.Child(p.Case.Sex, p.Case.Band) + ", " + p.Town(p.Case.Region, p.Case.Municipality)
}

// Person names a professional whom the page speaks of.
func (p *casePage) Person(id access.PersonID) string { return p.CaseView.Names[id] }

// Flags lists the flags that are set.
func (p *casePage) Flags() []string {
	var all []string
	for _, x := range []struct {
		name string
		on   bool
	}{{"urgent", p.Case.Urgent}, {"protected", p.Case.Protected}, {"placed", p.Case.Placed}, {"court", p.Case.Court}, {"on_hold", p.Case.OnHold}, {"restricted", p.Case.Restricted}} {
		if x.on {
			all = append(all, x.name)
		}
	}
	return all
}

// Flag reports whether a flag is set.
func (p *casePage) Flag(name string) bool { return slices.Contains(p.Flags(), name) }

// Tabs lists the pages of the case that the reader may open.
func (p *casePage) Tabs() []NavLink {
	at := "/cases/" + string(p.Case.ID)
	who := NavLink{at + "/access", p.L("Кой е гледал", "Who has looked"), p.Tab == "access"}
	if !p.CaseView.Parts[casework.Core] { // the data protection officer
		return []NavLink{who}
	}
	all := []NavLink{
		{at, p.L("Обзор", "Overview"), p.Tab == "case"}, {at + "/signals", p.L("Сигнали", "Signals"), p.Tab == "casesignals"}, {at + "/team", p.L("Екип", "Team"), p.Tab == "team"},
		{at + "/meetings", p.L("Срещи", "Meetings"), p.Tab == "meetings"}, {at + "/plan", p.L("План", "Plan"), p.Tab == "plan"},
		{at + "/notes", p.L("Записи", "Notes"), p.Tab == "notes"}, {at + "/requests", p.L("Искания", "Requests"), p.Tab == "caserequests"},
	}
	all = append(all, NavLink{at + "/restorative", p.L("Възстановителна работа", "Restorative work"), p.Tab == "restorative"})
	if p.CaseView.Parts[casework.Police] {
		all = append(all, NavLink{at + "/protection", p.L("Полицейска закрила", "Police protection"), p.Tab == "protection"})
	}
	if p.KeepsNames && p.CaseView.Parts[casework.Identity] {
		all = append(all, NavLink{at + "/identity", p.L("Самоличност", "Identity"), p.Tab == "identity"})
	}
	all = append(all, NavLink{at + "/timeline", p.L("Хронология", "Timeline"), p.Tab == "timeline"})
	if p.CaseView.Who {
		all = append(all, who)
	}
	return all
}

// Do lists the steps that need no more than a word of why.
func (p *casePage) Do() []casework.CaseStep {
	var all []casework.CaseStep
	for _, step := range p.Steps {
		if slices.Contains([]casework.CaseStep{casework.Assess, casework.Review, casework.Reopen}, step) {
			all = append(all, step)
		}
	}
	return all
}

// WhyKind is the kind of the field that asks why a step is taken: whoever opens a closed case again has to say.
func (p *casePage) WhyKind(step casework.CaseStep) string {
	if step == casework.Reopen {
		return "textarea"
	}
	return "?textarea"
}

// HasLive reports whether a term still runs or stands still.
func (p *casePage) HasLive() bool {
	return slices.ContainsFunc(p.Lines, func(x ClockLine) bool { return x.Live() })
}

// MayStep reports whether a step may be taken now.
func (p *casePage) MayStep(step string) bool {
	return slices.Contains(p.Steps, casework.CaseStep(step))
}

// Decides reports whether the reader is the second person who closes the case or keeps it open.
func (p *casePage) Decides() bool {
	return p.Approve && p.Case.State == casework.Closing && p.Case.ProposedBy != p.actor.Person
}

// WriteParts lists the parts that the reader may write in, as options.
func (p *casePage) WriteParts() []Option {
	return slices.DeleteFunc(p.Codes("part."), func(o Option) bool {
		part := casework.Compartment(o.Value)
		return !p.Write[part] || !p.KeepsNames && (part == casework.Identity || part == casework.Location)
	})
}

// SeenParts lists the parts that the reader may see, as options.
func (p *casePage) SeenParts() []Option {
	return slices.DeleteFunc(p.Codes("part."), func(o Option) bool { return !p.CaseView.Parts[casework.Compartment(o.Value)] })
}

// ShareParts lists the parts that the reader may give to others, as options.
func (p *casePage) ShareParts() []Option {
	return slices.DeleteFunc(p.SeenParts(), func(o Option) bool {
		return !p.KeepsNames && (o.Value == string(casework.Identity) || o.Value == string(casework.Location))
	})
}

// AgencyMark is the sign of the sector of an institution.
func (p *casePage) AgencyMark(id access.AgencyID) string {
	if a, ok := p.Agencys[id]; ok {
		return p.Mark(a.Sector)
	}
	return "oth"
}

// AgencyName names an institution of which the page speaks.
func (p *casePage) AgencyName(id access.AgencyID) string { return p.Agencys[id].Name }

// SeatOptions lists the institutions of the team.
func (p *casePage) SeatOptions() []Option {
	var all []Option
	for _, x := range p.Seats {
		if !slices.ContainsFunc(all, func(o Option) bool { return o.Value == string(x.Seat.Agency) }) {
			all = append(all, Option{Value: string(x.Seat.Agency), Text: x.Agency.Name})
		}
	}
	return all
}

// AgencyOptions lists the institutions of the region.
func (p *casePage) AgencyOptions() []Option { return agencyOptions(p.Agencies) }

// StaffOptions lists people with their institution.
func (p *casePage) StaffOptions() []Option {
	var all []Option
	for _, x := range p.Staff {
		all = append(all, Option{Value: string(x.Person), Text: x.Name})
	}
	return all
}

// PoliceOptions lists the police departments of the region.
func (p *casePage) PoliceOptions() []Option { return agencyOptions(p.Police) }

// Given counts the notices of a protection that were given.
func (p Page) Given(x casework.Protection) int {
	n := 0
	for _, at := range x.Notices {
		if !at.IsZero() {
			n++
		}
	}
	return n
}

// MayProtect reports whether the reader keeps the record of police protection.
func (p *casePage) MayProtect() bool { return p.Write[casework.Police] }

// MayBegin reports whether a new protection can be recorded.
func (p *casePage) MayBegin() bool {
	return p.MayProtect() && p.Case.State != casework.Closed && !slices.ContainsFunc(p.Protections, func(x casework.Protection) bool { return x.Ended.IsZero() })
}

// KeepsPlaces reports whether the house keeps where a child is.
func (p *casePage) KeepsPlaces() bool { return p.KeepsNames }

// ProtectAt is the address of the record to which a protection belongs.
func (p *casePage) ProtectAt() string { return "/cases/" + string(p.Case.ID) }

// Size writes the size of a file.
func (p Page) Size(n int) string {
	if n < 1<<20 {
		return p.Int((n+1023)>>10) + "\u00a0KB"
	}
	return p.Dec(float64(n)/(1<<20), 1) + "\u00a0MB"
}

// Natures, wishes and the like are code lists; these are the words of a note.
func (p *casePage) NotesOf(part string) []casework.Note {
	return slices.DeleteFunc(slices.Clone(p.Notes), func(n casework.Note) bool { return string(n.Part) != part })
}

// LastVoice is the last note of the child's own words, if the reader may see one.
func (p *casePage) LastVoice() *casework.Note {
	for i := range p.Notes {
		if p.Notes[i].Part == casework.Voice {
			return &p.Notes[i]
		}
	}
	return nil
}

func (s *Server) newCasePage(r *http.Request, tab string) *casePage {
	p := &casePage{Page: s.page(r, ""), Tab: tab, Once: access.NewID()}
	p.Title = p.L("Случай", "Case")
	return p
}

// fill completes the page of a case once its view is there.
func (p *casePage) fill(r *http.Request, v casework.CaseView) error {
	p.CaseView = v
	b, err := p.s.Casework.Basis(r.Context())
	p.KeepsNames = b.On()
	p.Lines = p.ClockLines(v.Clocks, func(c casework.Clock) string {
		if name := v.Names[c.Person]; name != "" {
			return name
		}
		return v.Agencys[c.Agency].Name
	})
	return err
}

// tab is a page of a case that shows its view.
func (s *Server) tab(name string, fill func(*http.Request, *casePage) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		p := s.newCasePage(r, name)
		if err := fill(r, p); err != nil {
			return err
		}
		return s.show(w, name, p)
	}
}

func caseID(r *http.Request) casework.CaseID { return casework.CaseID(r.PathValue("id")) }

func (s *Server) caseOverview(r *http.Request, p *casePage) error {
	v, err := s.Casework.OpenCase(r.Context(), p.actor, caseID(r))
	if err != nil {
		return err
	}
	if err := p.fill(r, v); err != nil {
		return err
	}
	p.Staff, err = s.Casework.Staff(r.Context(), p.actor, p.Case.Agency)
	return err
}

func (s *Server) timeline(r *http.Request, p *casePage) error {
	q := r.URL.Query()
	p.Filter = casework.EventFilter{What: q.Get("what"), Agency: access.AgencyID(q.Get("agency")), Limit: pageSize + 1}
	p.Filter.Before, _ = strconv.Atoi(q.Get("before"))
	v, err := s.Casework.Timeline(r.Context(), p.actor, caseID(r), p.Filter)
	if err != nil {
		return err
	}
	if len(v.Events) > pageSize {
		v.Events = v.Events[:pageSize]
		q.Set("before", strconv.Itoa(v.Events[pageSize-1].N))
		p.More = "?" + q.Encode()
	}
	return p.fill(r, v)
}

// Whats lists the kinds of line by which a timeline is narrowed.
func (p *casePage) Whats() []Option {
	var all []Option
	for _, x := range [][3]string{
		{"step.", "етапи", "stages"}, {"event.", "събития", "events"}, {"meeting.", "срещи", "meetings"}, {"task.", "задачи", "tasks"}, {"request.", "искания", "requests"}, {"note.", "записи", "notes"},
		{"file.", "файлове", "files"}, {"team.", "екип", "team"}, {"share.", "споделяне", "sharing"}, {"protection.", "полицейска закрила", "police protection"}, {"glass.", "достъп по спешност", "emergency access"},
	} {
		all = append(all, Option{x[0], p.L(x[1], x[2]), p.Filter.What == x[0]})
	}
	return all
}

func (s *Server) team(r *http.Request, p *casePage) error {
	if err := s.caseOverview(r, p); err != nil {
		return err
	}
	var err error
	p.Agencies, err = s.Casework.Institutions(r.Context(), p.actor, p.Case.Region)
	if err != nil {
		return err
	}
	p.Staff = nil
	for _, x := range p.Seats {
		staff, err := s.Casework.Staff(r.Context(), p.actor, x.Seat.Agency)
		if err != nil {
			return err
		}
		for _, c := range staff {
			c.Name += ", " + x.Agency.Name
			p.Staff = append(p.Staff, c)
		}
	}
	return nil
}

// onCase does something to a case and goes to a page of it; what was wrong is shown on that page, with what was typed.
func (s *Server) onCase(w http.ResponseWriter, r *http.Request, tab string, fill func(*http.Request, *casePage) error, do func(by access.Actor, id casework.CaseID) error) error {
	err := do(visitOf(r).actor(), caseID(r))
	if err == nil {
		s.sent(r)
		return to(w, r, "/cases/"+string(caseID(r))+tabPath(tab), "saved")
	}
	p := s.newCasePage(r, tab)
	if e := fill(r, p); e != nil {
		return cmpError(err, e)
	}
	p.Sent = path.Base(r.URL.Path)
	return s.again(w, err, &p.Page, tab, p)
}

func tabPath(tab string) string {
	if tab == "case" {
		return ""
	}
	return "/" + map[string]string{"casesignals": "signals", "caserequests": "requests"}[tab] + map[bool]string{true: tab}[tab != "casesignals" && tab != "caserequests"]
}

func (s *Server) stepCase(w http.ResponseWriter, r *http.Request) error {
	return s.onCase(w, r, "case", s.caseOverview, func(by access.Actor, id casework.CaseID) error {
		return s.Casework.Step(r.Context(), by, id, version(r), casework.CaseStep(r.PathValue("step")), words(r, "why"))
	})
}

func (s *Server) proposeClose(w http.ResponseWriter, r *http.Request) error {
	return s.onCase(w, r, "case", s.caseOverview, func(by access.Actor, id casework.CaseID) error {
		return s.Casework.ProposeClose(r.Context(), by, id, version(r), field(r, "reason"), words(r, "why"))
	})
}

func (s *Server) decideClose(w http.ResponseWriter, r *http.Request) error {
	return s.onCase(w, r, "case", s.caseOverview, func(by access.Actor, id casework.CaseID) error {
		return s.Casework.DecideClose(r.Context(), by, id, version(r), field(r, "agree") == "yes", words(r, "why"))
	})
}

func (s *Server) flagCase(w http.ResponseWriter, r *http.Request) error {
	return s.onCase(w, r, "case", s.caseOverview, func(by access.Actor, id casework.CaseID) error {
		return s.Casework.SetFlag(r.Context(), by, id, version(r), field(r, "flag"), field(r, "on") == "yes")
	})
}

func (s *Server) assignCase(w http.ResponseWriter, r *http.Request) error {
	return s.onCase(w, r, "case", s.caseOverview, func(by access.Actor, id casework.CaseID) error {
		return s.Casework.Assign(r.Context(), by, id, version(r), access.PersonID(field(r, "lead")))
	})
}

func (s *Server) groupCase(w http.ResponseWriter, r *http.Request) error {
	return s.onCase(w, r, "case", s.caseOverview, func(by access.Actor, id casework.CaseID) error {
		return s.Casework.NewGroup(r.Context(), by, id, field(r, "ref"))
	})
}

func (s *Server) caseHappened(w http.ResponseWriter, r *http.Request) error {
	var l fault.List
	at := moment(r, "at", &l)
	return s.onCase(w, r, "case", s.caseOverview, func(by access.Actor, id casework.CaseID) error {
		if err := l.Err(); err != nil {
			return err
		}
		return s.Casework.CaseHappened(r.Context(), by, id, casework.Event(field(r, "event")), at, words(r, "text"))
	})
}

func (s *Server) addNote(w http.ResponseWriter, r *http.Request) error {
	return s.onCase(w, r, "notes", s.caseOverview, func(by access.Actor, id casework.CaseID) error {
		_, err := s.Casework.AddNote(r.Context(), by, "note/"+field(r, "key"), casework.Note{
			Case: id, Part: casework.Compartment(field(r, "part")), Nature: casework.Nature(field(r, "nature")), Source: words(r, "source"), Text: words(r, "text"), Wish: field(r, "wish"),
		})
		return err
	})
}

type notePage struct {
	casePage
	Note casework.Note
}

func (s *Server) notePage(r *http.Request) (*notePage, error) {
	p := &notePage{casePage: *s.newCasePage(r, "notes")}
	if err := s.caseOverview(r, &p.casePage); err != nil {
		return p, err
	}
	i := slices.IndexFunc(p.Notes, func(n casework.Note) bool { return n.ID == r.PathValue("note") })
	if i < 0 || !p.Write[p.Notes[i].Part] {
		return p, fault.New(fault.NotFound, "fault.notfound")
	}
	p.Note = p.Notes[i]
	p.Saw = casework.Form{"source": p.Note.Source, "text": p.Note.Text}
	return p, nil
}

func (s *Server) noteForm(w http.ResponseWriter, r *http.Request) error {
	p, err := s.notePage(r)
	if err != nil {
		return err
	}
	return s.show(w, "note", p)
}

// saveNote changes a statement. When somebody else changed the same in the meantime, both texts are shown.
func (s *Server) saveNote(w http.ResponseWriter, r *http.Request) error {
	saw, mine := form(r, "source", "text")
	err := s.Casework.EditNote(r.Context(), visitOf(r).actor(), caseID(r), r.PathValue("note"), saw, mine)
	if err == nil {
		s.sent(r)
		return to(w, r, "/cases/"+string(caseID(r))+"/notes", "saved")
	}
	p, e := s.notePage(r)
	if e != nil {
		return cmpError(err, e)
	}
	p.clashed(err, saw, func(f string) string {
		return map[string]string{"source": p.L("Източник", "Source"), "text": p.L("Текст", "Text")}[f]
	})
	p.Note.Source, p.Note.Text = mine["source"], mine["text"]
	return s.again(w, err, &p.Page, "note", p)
}

// clashed shows both texts of what two people changed. What the editor saw stays what it was, but for the texts that are shown
// now: whoever sends the form again has seen them.
func (p *casePage) clashed(err error, saw casework.Form, label func(string) string) {
	p.Saw = saw
	e, ok := errors.AsType[*casework.ClashError](err)
	if !ok {
		return
	}
	p.ClashBy, p.ClashAt = p.Person(e.By), e.At
	for _, c := range e.Clashes {
		p.Clashes = append(p.Clashes, Clash{label(c.Field), string(c.Mine), string(c.Theirs)})
		p.Saw[c.Field] = c.Theirs
	}
}

// Was is a text of the form as its editor saw it last.
func (p *casePage) Was(name string) sealed.Text { return p.Saw[name] }

func (s *Server) inviteSeat(w http.ResponseWriter, r *http.Request) error {
	return s.onCase(w, r, "team", s.team, func(by access.Actor, id casework.CaseID) error {
		days, err := strconv.Atoi(field(r, "days"))
		if err != nil {
			return fault.Field("days", "form.number")
		}
		return s.Casework.Invite(r.Context(), by, "seat/"+field(r, "key"), id, casework.Seat{Agency: access.AgencyID(field(r, "agency")), Person: access.PersonID(field(r, "person")), Function: field(r, "function")}, days)
	})
}

func (s *Server) leaveSeat(w http.ResponseWriter, r *http.Request) error {
	return s.onCase(w, r, "team", s.team, func(by access.Actor, id casework.CaseID) error {
		return s.Casework.Leave(r.Context(), by, id, r.PathValue("seat"))
	})
}

type accessPage struct {
	casePage
	Access casework.Access
}

// Reader names somebody who is or was able to see the case.
func (p *accessPage) Reader(id access.PersonID) string { return p.Access.Names[id] }

// Firm names an institution.
func (p *accessPage) Firm(id access.AgencyID) string { return p.Access.Agencies[id] }

// Look is a line of the record of a case: what somebody did, one or several times in a row.
type Look struct {
	access.Entry
	N     int
	First string // when it was several times: the moment of the first
}

// Looks lists who opened the case, the newest first. What one person did again and again stands on one line.
func (p *accessPage) Looks() []Look {
	var all []Look
	for _, e := range p.Access.Entries {
		if n := len(all); n > 0 && all[n-1].Actor == e.Actor && all[n-1].Action == e.Action && all[n-1].Outcome == e.Outcome {
			all[n-1].N++
			all[n-1].First = e.At
			continue
		}
		all = append(all, Look{e, 1, e.At})
	}
	return all
}

// Live reports whether a share opens something now.
func (p *accessPage) Live(h casework.Share) bool {
	return h.Ended.IsZero() && p.Now().Before(h.Until)
}

func (s *Server) accessPage(r *http.Request) (*accessPage, error) {
	p := &accessPage{casePage: *s.newCasePage(r, "access")}
	var err error
	if p.Access, err = s.Casework.WhoSees(r.Context(), p.actor, caseID(r)); err != nil {
		return p, err
	}
	v, err := s.Casework.OpenCase(r.Context(), p.actor, caseID(r))
	if fault.Is(err, fault.Denied) { // the data protection officer sees who looked, not what
		v, err = casework.CaseView{Case: p.Access.Case, Who: true}, nil
	}
	if err != nil {
		return p, err
	}
	if err := p.fill(r, v); err != nil {
		return p, err
	}
	if !p.Access.Share {
		return p, nil
	}
	p.Agencies, err = s.Casework.Institutions(r.Context(), p.actor, p.Case.Region)
	return p, err
}

func (s *Server) caseAccess(w http.ResponseWriter, r *http.Request) error {
	p, err := s.accessPage(r)
	if err != nil {
		return err
	}
	return s.show(w, "access", p)
}

// onAccess does something about who may see a case, and goes back to that page.
func (s *Server) onAccess(w http.ResponseWriter, r *http.Request, do func(by access.Actor, id casework.CaseID) error) error {
	err := do(visitOf(r).actor(), caseID(r))
	if err == nil {
		return to(w, r, "/cases/"+string(caseID(r))+"/access", "saved")
	}
	p, e := s.accessPage(r)
	if e != nil {
		return cmpError(err, e)
	}
	p.Sent = path.Base(r.URL.Path)
	return s.again(w, err, &p.Page, "access", p)
}

func (s *Server) giveShare(w http.ResponseWriter, r *http.Request) error {
	return s.onAccess(w, r, func(by access.Actor, id casework.CaseID) error {
		days, err := strconv.Atoi(field(r, "days"))
		if err != nil {
			return fault.Field("days", "form.number")
		}
		return s.Casework.GiveShare(r.Context(), by, "share/"+field(r, "key"), id, casework.Share{
			Agency: access.AgencyID(field(r, "agency")), Parts: parts(r), Purpose: field(r, "purpose"), Ground: field(r, "ground"), Write: field(r, "write") != "",
		}, days)
	})
}

func (s *Server) endShare(w http.ResponseWriter, r *http.Request) error {
	return s.onAccess(w, r, func(by access.Actor, id casework.CaseID) error {
		return s.Casework.EndShare(r.Context(), by, id, r.PathValue("share"))
	})
}

func (s *Server) addConsent(w http.ResponseWriter, r *http.Request) error {
	return s.onAccess(w, r, func(by access.Actor, id casework.CaseID) error {
		return s.Casework.RecordConsent(r.Context(), by, "consent/"+field(r, "key"), id, casework.Consent{Capacity: field(r, "capacity"), How: field(r, "how"), Parts: parts(r)})
	})
}

func (s *Server) withdrawConsent(w http.ResponseWriter, r *http.Request) error {
	return s.onAccess(w, r, func(by access.Actor, id casework.CaseID) error {
		return s.Casework.WithdrawConsent(r.Context(), by, id, r.PathValue("consent"))
	})
}

func (s *Server) bar(w http.ResponseWriter, r *http.Request) error {
	return s.onAccess(w, r, func(by access.Actor, id casework.CaseID) error {
		return s.Casework.ExcludeByMail(r.Context(), by, id, field(r, "email"), words(r, "reason"))
	})
}

func (s *Server) unbar(w http.ResponseWriter, r *http.Request) error {
	return s.onAccess(w, r, func(by access.Actor, id casework.CaseID) error {
		return s.Casework.Readmit(r.Context(), by, id, access.PersonID(r.PathValue("person")))
	})
}

func (s *Server) protectionTab(r *http.Request, p *casePage) error {
	v, err := s.Casework.OpenProtection(r.Context(), p.actor, caseID(r))
	if err != nil {
		return err
	}
	p.Protections, p.Police = v.Protections, v.Police
	return p.fill(r, v.CaseView)
}

func (s *Server) caseProtection(w http.ResponseWriter, r *http.Request) error {
	return s.tab("protection", s.protectionTab)(w, r)
}

// protection reads the form of a new police protection.
func protection(r *http.Request) (casework.Protection, error) {
	var l fault.List
	p := casework.Protection{Agency: access.AgencyID(field(r, "agency")), AskedBy: field(r, "asked_by"), Ground: field(r, "ground"), OrderedBy: field(r, "ordered_by"), Option: field(r, "option"),
		Place: words(r, "where"), Granted: moment(r, "granted", &l)}
	return p, l.Err()
}

func (s *Server) protectCase(w http.ResponseWriter, r *http.Request) error {
	return s.onCase(w, r, "protection", s.protectionTab, func(by access.Actor, id casework.CaseID) error {
		x, err := protection(r)
		if err != nil {
			return err
		}
		x.Case = id
		return s.Casework.Protect(r.Context(), by, "protection/"+field(r, "key"), x)
	})
}

func (s *Server) protectSignal(w http.ResponseWriter, r *http.Request) error {
	return s.onSignal(w, r, func(by access.Actor, id casework.SignalID, _ int) error {
		x, err := protection(r)
		if err != nil {
			return err
		}
		x.Signal = id
		return s.Casework.Protect(r.Context(), by, "protection/"+field(r, "key"), x)
	})
}

// onProtection does something to a protection and goes back to the record to which it belongs.
func (s *Server) onProtection(w http.ResponseWriter, r *http.Request, do func(by access.Actor, id string) error) error {
	by, id := visitOf(r).actor(), r.PathValue("id")
	err := do(by, id)
	at, e := s.Casework.ProtectionOf(r.Context(), by, id)
	if e != nil {
		return cmpError(err, e)
	}
	back := "/signals/" + string(at.Signal)
	if at.Case != "" {
		back = "/cases/" + string(at.Case) + "/protection"
	}
	if err == nil {
		return to(w, r, back, "saved")
	}
	if at.Case != "" {
		r.SetPathValue("id", string(at.Case))
		return s.onCase(w, r, "protection", s.protectionTab, func(access.Actor, casework.CaseID) error { return err })
	}
	r.SetPathValue("id", string(at.Signal))
	return s.onSignal(w, r, func(access.Actor, casework.SignalID, int) error { return err })
}

func (s *Server) saveNotices(w http.ResponseWriter, r *http.Request) error {
	var l fault.List
	notices := map[string]time.Time{}
	for _, n := range casework.ProtectionList("notice") {
		notices[n] = moment(r, n, &l)
	}
	told := moment(r, "told", &l)
	return s.onProtection(w, r, func(by access.Actor, id string) error {
		if err := l.Err(); err != nil {
			return err
		}
		return s.Casework.NoteNotices(r.Context(), by, id, version(r), notices, told)
	})
}

func (s *Server) endProtection(w http.ResponseWriter, r *http.Request) error {
	var l fault.List
	at := moment(r, "at", &l)
	return s.onProtection(w, r, func(by access.Actor, id string) error {
		if err := l.Err(); err != nil {
			return err
		}
		return s.Casework.EndProtection(r.Context(), by, id, version(r), at, field(r, "handed_to"), words(r, "protocol"))
	})
}

type identityPage struct {
	casePage
	Who  casework.Particulars
	Form casework.Form
}

// Particular makes the field of one of the particulars, and keeps beside it what the reader saw.
func (p *identityPage) Particular(name string) Field {
	kind := "?text"
	if slices.Contains([]string{"address", "carers", "contact"}, name) {
		kind = "?textarea"
	}
	if name == "born" {
		kind = "?date"
	}
	label := p.T("particular." + name)
	return p.Fld(kind, name, label, label, string(p.Form[name]))
}

// Fields lists the particulars.
func (p *identityPage) Fields() []string { return casework.ParticularFields() }

func (s *Server) identityPage(r *http.Request) (*identityPage, error) {
	p := &identityPage{casePage: *s.newCasePage(r, "identity")}
	v, who, err := s.Casework.OpenIdentity(r.Context(), p.actor, caseID(r))
	if err != nil {
		return p, err
	}
	p.Who, p.Form, p.Saw = who, who.Fields, who.Fields
	return p, p.fill(r, v)
}

func (s *Server) identity(w http.ResponseWriter, r *http.Request) error {
	p, err := s.identityPage(r)
	if err != nil {
		return err
	}
	return s.show(w, "identity", p)
}

func (s *Server) saveIdentity(w http.ResponseWriter, r *http.Request) error {
	saw, mine := form(r, casework.ParticularFields()...)
	err := s.Casework.WriteIdentity(r.Context(), visitOf(r).actor(), caseID(r), saw, mine)
	if err == nil {
		return to(w, r, "/cases/"+string(caseID(r))+"/identity", "saved")
	}
	p, e := s.identityPage(r)
	if e != nil {
		return cmpError(err, e)
	}
	p.clashed(err, saw, func(f string) string { return p.T("particular." + f) })
	p.Form = mine
	return s.again(w, err, &p.Page, "identity", p)
}

// attach takes a file out of a form as it arrives: nothing of it touches a disk.
func attach(r *http.Request) (fields map[string]string, name string, body []byte, err error) {
	in, err := r.MultipartReader()
	if err != nil {
		return nil, "", nil, fault.Wrap(err, fault.Invalid, "form.required").At("file")
	}
	fields = map[string]string{}
	for n := 0; ; n++ {
		part, err := in.NextPart()
		if err == io.EOF {
			return fields, name, body, nil
		}
		if err != nil {
			return nil, "", nil, bodyError(err)
		}
		if n >= maxParts {
			return nil, "", nil, fault.New(fault.Invalid, "fault.key")
		}
		limit := int64(1 << 10)
		if part.FormName() == "file" {
			limit = uploads.MaxBytes + 1
		}
		b, err := io.ReadAll(io.LimitReader(part, limit))
		if err != nil {
			return nil, "", nil, bodyError(err)
		}
		if part.FormName() == "file" {
			name, body = part.FileName(), b
		} else {
			fields[part.FormName()] = string(b)
		}
	}
}

func (s *Server) attachToCase(w http.ResponseWriter, r *http.Request) error {
	return s.onCase(w, r, "notes", s.caseOverview, func(by access.Actor, id casework.CaseID) error {
		fields, name, body, err := attach(r)
		if err != nil {
			return err
		}
		_, err = s.Casework.Attach(r.Context(), by, "file/"+fields["key"], casework.Attachment{Case: id, Part: casework.Compartment(fields["part"])}, name, body)
		return err
	})
}

func (s *Server) attachToSignal(w http.ResponseWriter, r *http.Request) error {
	return s.onSignal(w, r, func(by access.Actor, id casework.SignalID, _ int) error {
		fields, name, body, err := attach(r)
		if err != nil {
			return err
		}
		_, err = s.Casework.Attach(r.Context(), by, "file/"+fields["key"], casework.Attachment{Signal: id}, name, body)
		return err
	})
}

func (s *Server) openFile(w http.ResponseWriter, r *http.Request) error {
	a, body, err := s.Casework.OpenAttachment(r.Context(), visitOf(r).actor(), r.PathValue("id"))
	return download(w, string(a.Name), a.Type, body, err)
}

func (s *Server) removeFile(w http.ResponseWriter, r *http.Request) error {
	a, err := s.Casework.TakeBackAttachment(r.Context(), visitOf(r).actor(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if a.Case != "" {
		return to(w, r, "/cases/"+string(a.Case)+"/notes", "saved")
	}
	return to(w, r, "/signals/"+string(a.Signal), "saved")
}

// changeClock lets a term stand still, run on, or begin at another moment.
func (s *Server) changeClock(w http.ResponseWriter, r *http.Request) error {
	ctx, by, id := r.Context(), visitOf(r).actor(), casework.ClockID(r.PathValue("id"))
	var err error
	switch r.PathValue("act") {
	case "pause":
		err = s.Casework.Pause(ctx, by, id, field(r, "reason"))
	case "resume":
		err = s.Casework.Resume(ctx, by, id)
	case "correct":
		var l fault.List
		start := moment(r, "start", &l)
		if err = l.Err(); err == nil {
			err = s.Casework.Correct(ctx, by, id, start, field(r, "reason"))
		}
	default:
		return fault.New(fault.NotFound, "fault.notfound")
	}
	p, e := s.clockPage(r, id)
	if e != nil {
		return cmpError(err, e)
	}
	if err == nil {
		return to(w, r, "/clocks/"+string(id), "saved")
	}
	p.Sent = path.Base(r.URL.Path)
	return s.again(w, err, &p.Page, "clock", p)
}

type findPage struct {
	Page
	Q     string
	Found []casework.Found
	Asked bool
	On    bool
}

func (s *Server) findPage(r *http.Request) (*findPage, error) {
	p := &findPage{Page: s.page(r, ""), Q: field(r, "q")}
	p.Title = p.L("Търсене на дете", "Find a child")
	b, err := s.Casework.Basis(r.Context())
	p.On = b.On()
	return p, err
}

func (s *Server) findForm(w http.ResponseWriter, r *http.Request) error {
	p, err := s.findPage(r)
	if err != nil {
		return err
	}
	return s.show(w, "find", p)
}

// findChild looks for a child. The name is sent in the body and never stands in an address.
func (s *Server) findChild(w http.ResponseWriter, r *http.Request) error {
	p, err := s.findPage(r)
	if err != nil {
		return err
	}
	p.Found, err = s.Casework.FindChild(r.Context(), p.actor, p.Q)
	if err != nil {
		return s.again(w, err, &p.Page, "find", p)
	}
	p.Asked = true
	return s.show(w, "find", p)
}

type glassPage struct {
	Page
	Once string
	Ref  string
}

// GlassOptions lists why a case may be opened in an emergency.
func (p *glassPage) GlassOptions() []Option { return p.Codes("glass.") }

func (s *Server) glassForm(w http.ResponseWriter, r *http.Request) error {
	p := &glassPage{Page: s.page(r, ""), Once: access.NewID()}
	p.Title = p.L("Достъп по спешност", "Emergency access")
	return s.show(w, "glass", p)
}

func (s *Server) breakGlass(w http.ResponseWriter, r *http.Request) error {
	p := &glassPage{Page: s.page(r, ""), Once: field(r, "key")}
	p.Title, p.Sent = p.L("Достъп по спешност", "Emergency access"), "emergency"
	id, err := s.Casework.Break(r.Context(), p.actor, "glass/"+p.Once, field(r, "ref"), field(r, "category"), words(r, "reason"))
	if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Denied) {
		err = fault.Field("ref", "glass.noref")
	}
	if err != nil {
		return s.again(w, err, &p.Page, "glass", p)
	}
	return to(w, r, "/cases/"+string(id), "glass")
}

type reviewsPage struct {
	Page
	Breaks []casework.GlassBreak
	Names  map[access.PersonID]string
	Refs   map[casework.CaseID]string
	At     string // the one whose form was sent
}

func (s *Server) reviewsPage(r *http.Request) (*reviewsPage, error) {
	p := &reviewsPage{Page: s.page(r, "")}
	p.Title = p.L("Прегледи на достъпа по спешност", "Reviews of emergency access")
	var err error
	p.Breaks, p.Names, p.Refs, err = s.Casework.Breaks(r.Context(), p.actor)
	return p, err
}

func (s *Server) glassReviews(w http.ResponseWriter, r *http.Request) error {
	p, err := s.reviewsPage(r)
	if err != nil {
		return err
	}
	return s.show(w, "reviews", p)
}

func (s *Server) reviewGlass(w http.ResponseWriter, r *http.Request) error {
	err := s.Casework.ReviewBreak(r.Context(), visitOf(r).actor(), r.PathValue("id"), field(r, "justified") == "yes", words(r, "finding"))
	if err == nil {
		return to(w, r, "/emergency/reviews", "saved")
	}
	p, e := s.reviewsPage(r)
	if e != nil {
		return cmpError(err, e)
	}
	p.Sent = r.PathValue("id")
	return s.again(w, err, &p.Page, "reviews", p)
}
