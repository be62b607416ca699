package web

import (
	"errors"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/casework"
	"strengthen/internal/fault"
	"strengthen/internal/org"
	"strengthen/internal/sealed"
)

func (s *Server) caseRoutes() []Route {
	return proven([]Route{
		{"GET /cases", access.SeeCase, false, 0, s.cases, false},
		{"GET /cases/{id}", access.SeeCase, false, 0, s.caseFront, false},
		{"GET /cases/{id}/timeline", access.SeeCase, false, 0, s.tab("timeline", s.timeline), false},
		{"GET /cases/{id}/signals", access.SeeCase, false, 0, s.tab("casesignals", s.caseOverview), false},
		{"GET /cases/{id}/notes", access.SeeCase, false, 0, s.tab("notes", s.notes), false},
		{"GET /cases/{id}/team", access.SeeCase, false, 0, s.tab("team", s.team), false},
		{"GET /cases/{id}/access", access.SeeWho, false, 0, s.caseAccess, false},
		{"GET /cases/{id}/protection", access.SeeCase, false, 0, s.caseProtection, false},
		{"GET /cases/{id}/identity", access.SeeCase, false, 0, s.identity, false},
		{"POST /cases/{id}/identity", access.WriteCase, false, 0, s.saveIdentity, false},
		{"POST /cases/{id}/steps/{step}", access.LeadCase, false, 0, s.stepCase, false},
		{"POST /cases/{id}/onhold", access.LeadCase, false, 0, s.putOnHold, false},
		{"POST /cases/{id}/close", access.LeadCase, false, 0, s.proposeClose, false},
		{"POST /cases/{id}/decide", access.ApproveCase, false, 0, s.decideClose, false},
		{"POST /cases/{id}/flag", access.LeadCase, false, 0, s.flagCase, false},
		{"POST /cases/{id}/lead", access.AssignCase, false, 0, s.assignCase, false},
		{"POST /cases/{id}/duplicate", access.LeadCase, false, 0, s.markDuplicate, false},
		{"POST /cases/{id}/duplicate/undo", access.LeadCase, false, 0, s.undoDuplicate, false},
		{"POST /cases/{id}/group", access.LeadCase, false, 0, s.groupCase, false},
		{"POST /cases/{id}/ungroup", access.LeadCase, false, 0, s.ungroupCase, false},
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
	Parts  []casework.SharedCase // of which the reader holds parts without the core
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
	if p.Parts, err = s.Casework.SharedCases(r.Context(), p.actor); err != nil {
		return err
	}
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
	Whole       string        // the address of the whole timeline, when the page is only a part of it
	Saw         casework.Form // the texts of a form that people edit together, as its editor saw them last
	Clashes     []Clash
	ClashBy     string
	ClashAt     time.Time
}

// Heading says of whom the case is, without a name.
func (p *casePage) Heading() string {
	switch {
	case p.CaseView.Parts[casework.Core]:
	case p.Case.Band != "":
		return p.Child("unknown", p.Case.Band)
	default:
		return p.Title + " " + p.Case.Ref
	}
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
	notes := NavLink{at + "/notes", p.L("Записи", "Notes"), p.Tab == "notes"}
	identity := NavLink{at + "/identity", p.L("Самоличност", "Identity"), p.Tab == "identity"}
	if !p.CaseView.Parts[casework.Core] {
		var all []NavLink
		if len(p.SeenParts()) > 0 {
			all = append(all, notes)
		}
		if p.KeepsNames && p.CaseView.Parts[casework.Identity] {
			all = append(all, identity)
		}
		if p.CaseView.Who { // the data protection officer, or the head where only the team reaches the case
			all = append(all, who)
		}
		return all
	}
	all := []NavLink{
		{at, p.L("Обзор", "Overview"), p.Tab == "case"}, {at + "/signals", p.L("Сигнали", "Signals"), p.Tab == "casesignals"}, {at + "/team", p.L("Екип", "Team"), p.Tab == "team"},
		{at + "/meetings", p.L("Срещи", "Meetings"), p.Tab == "meetings"}, {at + "/plan", p.L("План", "Plan"), p.Tab == "plan"},
		notes, {at + "/requests", p.L("Искания", "Requests"), p.Tab == "caserequests"},
	}
	all = append(all, NavLink{at + "/restorative", p.L("Възстановителна работа", "Restorative work"), p.Tab == "restorative"})
	if p.CaseView.Parts[casework.Police] {
		all = append(all, NavLink{at + "/protection", p.L("Полицейска закрила", "Police protection"), p.Tab == "protection"})
	}
	if p.KeepsNames && p.CaseView.Parts[casework.Identity] {
		all = append(all, identity)
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
		switch step {
		case casework.Assess, casework.Review, casework.Reopen:
			all = append(all, step)
		case casework.KeepOpen:
			if !p.Decides() { // who decides has both answers in one form
				all = append(all, step)
			}
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

// Fld is that of every page, with what no text of a case may hold beside the long ones.
func (p *casePage) Fld(kind, name, bg, en, value string, hint ...string) Field {
	return p.noNames(p.Page.Fld(kind, name, bg, en, value, hint...))
}

// HasLive reports whether a term still runs or stands still.
func (p *casePage) HasLive() bool {
	return slices.ContainsFunc(p.Lines, func(x ClockLine) bool { return x.Live() })
}

// Hindered puts into words what keeps the case from closing.
func (p *casePage) Hindered() []string {
	var all []string
	for _, x := range p.Hinders {
		all = append(all, p.s.words.T(p.Lang, string(x.What), fault.Vars{"n": x.N}))
	}
	return all
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

// notes is the page of what was written down in the parts that the reader holds, with or without the core.
func (s *Server) notes(r *http.Request, p *casePage) error {
	v, err := s.Casework.OpenParts(r.Context(), p.actor, caseID(r))
	if err != nil {
		return err
	}
	return p.fill(r, v)
}

// caseFront is the first page of a case: its overview, or its notes for whoever holds parts of it without the core.
func (s *Server) caseFront(w http.ResponseWriter, r *http.Request) error {
	sees, err := s.Casework.May(r.Context(), visitOf(r).actor(), caseID(r), access.SeeCase)
	switch {
	case err != nil:
		return err
	case sees:
		return s.tab("case", s.caseOverview)(w, r)
	}
	return s.tab("notes", s.notes)(w, r)
}

// Apart reports whether the reader holds parts of the case without its core.
func (p *casePage) Apart() bool { return !p.CaseView.Parts[casework.Core] && len(p.SeenParts()) > 0 }

// onCase does something to a case and goes to a page of it; what was wrong is shown on that page, with what was typed.
func (s *Server) onCase(w http.ResponseWriter, r *http.Request, tab string, fill func(*http.Request, *casePage) error, do func(by access.Actor, id casework.CaseID) error) error {
	err := do(visitOf(r).actor(), caseID(r))
	if err == nil {
		return to(w, r, "/cases/"+string(caseID(r))+tabPath(tab), "saved")
	}
	p := s.newCasePage(r, tab)
	if e := fill(r, p); e != nil {
		return cmpError(err, e)
	}
	p.Sent = sentForm(r)
	return s.again(w, err, &p.Page, tab, p)
}

// sentForm names the form that was sent by the end of its address, as its page does: with the record, where the page has such a
// form for each of several.
func sentForm(r *http.Request) string {
	if form, of := strings.CutPrefix(r.URL.Path, "/protections/"); of {
		return form
	}
	return path.Base(r.URL.Path)
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
	return s.overseen(w, r, func(by access.Actor, id casework.CaseID) error {
		return s.Casework.DecideClose(r.Context(), by, id, version(r), field(r, "agree") == "yes", words(r, "why"))
	})
}

func (s *Server) flagCase(w http.ResponseWriter, r *http.Request) error {
	return s.overseen(w, r, func(by access.Actor, id casework.CaseID) error {
		return s.Casework.SetFlag(r.Context(), by, id, version(r), field(r, "flag"), field(r, "on") == "yes")
	})
}

func (s *Server) putOnHold(w http.ResponseWriter, r *http.Request) error {
	return s.onCase(w, r, "case", s.caseOverview, func(by access.Actor, id casework.CaseID) error {
		var l fault.List
		until := date(r, "until", &l)
		if err := l.Err(); err != nil {
			return err
		}
		return s.Casework.PutOnHold(r.Context(), by, id, version(r), words(r, "why"), until)
	})
}

func (s *Server) assignCase(w http.ResponseWriter, r *http.Request) error {
	return s.overseen(w, r, func(by access.Actor, id casework.CaseID) error {
		return s.Casework.Assign(r.Context(), by, id, version(r), access.PersonID(field(r, "lead")))
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
