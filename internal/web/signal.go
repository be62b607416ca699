package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/casework"
	"strengthen/internal/fault"
	"strengthen/internal/org"
)

func (s *Server) signalRoutes() []Route {
	return []Route{
		{"GET /signal", access.GiveSignal, true, 0, s.giveForm, false},
		{"POST /signal", access.GiveSignal, true, 0, s.give, false},
		{"GET /signal/check", access.GiveSignal, true, 0, s.checkForm, false},
		{"POST /signal/check", access.GiveSignal, true, 0, s.check, false},
		{"GET /signals", access.SeeSignal, false, 0, s.signals, false},
		{"GET /signals/new", access.EnterSignal, false, 0, s.enterForm, false},
		{"POST /signals/new", access.EnterSignal, false, 0, s.enterSignal, false},
		{"GET /signals/{id}", access.SeeSignal, false, 0, s.signal, false},
		{"POST /signals/{id}/steps/{step}", access.SeeSignal, false, 0, s.stepSignal, false},
		{"POST /signals/{id}/assess", access.HandleSignal, false, 0, s.assessSignal, false},
		{"POST /signals/{id}/happened", access.HandleSignal, false, 0, s.signalHappened, false},
		{"POST /signals/{id}/join", access.HandleSignal, false, 0, s.joinSignal, false},
		{"POST /signals/{id}/link", access.HandleSignal, false, 0, s.linkSignal, false},
		{"POST /signals/{id}/case", access.OpenCase, false, 0, s.openCase, false},
	}
}

// giveSignalPage is the form of a signal: for the public, and for institutions.
type giveSignalPage struct {
	Page
	Form     casework.Signal
	Place    string // code of a municipality or region
	Once     string
	Given    *casework.Given
	Names    bool // the house keeps names
	Young    bool // the form is written for a child
	Agencies []org.Agency
	Received string
	Learned  string
}

// SourceOptions lists who a member of the public may say that they are.
func (p giveSignalPage) SourceOptions() []Option {
	return slices.DeleteFunc(p.Codes("source."), func(o Option) bool { return o.Value == string(casework.FromAgency) || o.Value == string(casework.Own) })
}

// SourceField asks who gives the signal, and says beforehand what becomes of one without a name.
func (p giveSignalPage) SourceField() Field {
	return p.Sel("select", "source", "Кой подава сигнала", "Who gives the signal", string(p.Form.Source), p.SourceOptions()).Say(p.L(
		"Анонимен сигнал се проверява, когато е за насилие или криза. При друг риск, като отпадане от училище, законът иска сигнал с подател.",
		"An anonymous signal is followed up when it is about violence or a crisis. For another risk, such as dropping out of school, the law asks for a sender."))
}

// Unfollowed reports whether the signal was not taken because nobody may follow up an anonymous one of its kind.
func (p giveSignalPage) Unfollowed() bool {
	return slices.ContainsFunc(p.Faults, func(e *fault.Error) bool { return e.Key == "signal.anonymousother" })
}

// Kinds are the kinds of violence and risk as boxes.
func (p giveSignalPage) Kinds() Field {
	return p.Ticks("kinds", "Какво се случва (може повече от едно)", "What happens (more than one is possible)", codes(p.Form.Kinds), p.Codes("vkind."))
}

// AgencyOptions lists the institutions of the reader's region.
func (p giveSignalPage) AgencyOptions() []Option { return agencyOptions(p.Agencies) }

func agencyOptions(all []org.Agency) []Option {
	var out []Option
	for _, a := range all {
		out = append(out, Option{Value: string(a.ID), Text: a.Name})
	}
	return out
}

func (s *Server) giveSignalPage(r *http.Request, public bool) (*giveSignalPage, error) {
	p := &giveSignalPage{Page: s.page(r, ""), Once: access.NewID()}
	p.Public = public
	p.Title = p.L("Сигнал за дете", "A signal about a child")
	p.Young = r.FormValue("who") == "child"
	b, err := s.Casework.Basis(r.Context())
	p.Names = b.On()
	p.Form.Band, p.Form.Sex, p.Form.Source, p.Form.Track, p.Form.Channel = "unknown", "unknown", casework.FromPerson, casework.Violence, "phone"
	if p.Young {
		p.Form.Source = casework.FromChild
	}
	return p, err
}

// WhereLabel and WhereHint ask for the place in the words for a child or for a grown-up.
func (p *giveSignalPage) WhereLabel() string {
	if p.Young {
		return p.L("Къде живееш или си сега", "Where you live or are now")
	}
	return p.L("Къде живее или е сега", "Where the child lives or is now")
}

// WhereHint says why the place is asked.
func (p *giveSignalPage) WhereHint() string {
	if p.Young {
		return p.L("Общината или поне областта: така ще те намерят хората, които могат да дойдат.", "The municipality or at least the region: so that the people who can come will find you.")
	}
	return p.L("Община или поне област: така сигналът стига до хората, които могат да дойдат.", "Municipality or at least region: so the signal reaches the people who can come.")
}

func (s *Server) giveForm(w http.ResponseWriter, r *http.Request) error {
	p, err := s.giveSignalPage(r, true)
	if err != nil {
		return err
	}
	return s.show(w, "give", p)
}

// readSignal reads the form of a signal.
func (p *giveSignalPage) readSignal(r *http.Request) fault.List {
	var l fault.List
	if k := field(r, "key"); k != "" {
		p.Once = k
	}
	p.Place, p.Received, p.Learned = field(r, "place"), field(r, "received"), field(r, "learned")
	g := &p.Form
	g.Region, g.Municipality = p.place(p.Place)
	g.Source, g.Channel, g.Track = casework.Source(field(r, "source")), field(r, "channel"), casework.Track(field(r, "track"))
	g.Band, g.Sex, g.Setting, g.Urgent, g.KnowsChild = field(r, "band"), field(r, "sex"), field(r, "setting"), field(r, "urgent") != "", field(r, "knows") != ""
	g.Kinds = nil
	for _, k := range r.PostForm["kinds"] {
		g.Kinds = append(g.Kinds, casework.Kind(k))
	}
	g.Words = casework.Words{Narrative: words(r, "narrative"), Register: words(r, "register"), Place: words(r, "where"), Child: words(r, "child"), Carers: words(r, "carers"), Sender: words(r, "sender")}
	g.Unit, g.SourceAgency = access.AgencyID(field(r, "unit")), access.AgencyID(field(r, "source_agency"))
	g.Received, g.Learned = moment(r, "received", &l), moment(r, "learned", &l)
	return l
}

// give takes a signal from the public.
func (s *Server) give(w http.ResponseWriter, r *http.Request) error {
	p, err := s.giveSignalPage(r, true)
	if err != nil {
		return err
	}
	p.readSignal(r)
	g := p.Form
	g.Unit, g.SourceAgency, g.Learned = "", "", time.Time{}
	given, err := s.Casework.Give(r.Context(), p.actor, "signal/"+p.Once, g)
	if err != nil {
		return s.again(w, placed(err), &p.Page, "give", p)
	}
	p.Given = &given
	return s.show(w, "give", p)
}

// placed puts faults of the region and the municipality at the one field that asks for the place.
func placed(err error) error {
	l := fault.All(err)
	if len(l) == 0 {
		return err
	}
	for i, e := range l {
		if e.Field == "region" || e.Field == "municipality" {
			l[i] = e.At("place")
		}
		if e.Field == "place" && e.Key == "identity.off" {
			l[i] = e.At("where")
		}
	}
	return l
}

type checkPage struct {
	Page
	Code    string
	Checked *casework.Checked
	Unknown bool
}

func (s *Server) checkPage(r *http.Request) *checkPage {
	p := &checkPage{Page: s.publicPage(r, "")}
	p.Title = p.L("Получен ли е сигналът?", "Was the signal received?")
	return p
}

func (s *Server) checkForm(w http.ResponseWriter, r *http.Request) error {
	return s.show(w, "check", s.checkPage(r))
}

// check tells the holder of a code what became of a signal. A forged code is told nothing.
func (s *Server) check(w http.ResponseWriter, r *http.Request) error {
	p := s.checkPage(r)
	p.Code = field(r, "code")
	c, err := s.Casework.CheckSignal(r.Context(), p.Code)
	switch {
	case fault.Is(err, fault.NotFound):
		p.Unknown = true
	case err != nil:
		return err
	default:
		p.Checked = &c
	}
	return s.show(w, "check", p)
}

type signalsPage struct {
	Page
	Signals []casework.Signal
	Filter  casework.SignalFilter
	All     bool
	More    string
}

// Due says when the next term of a signal ends.
func (p signalsPage) Due(g casework.Signal) ClockTag {
	if g.State.Open() {
		return p.dueTag(g.NextDue)
	}
	return ClockTag{}
}

// signals is the inbox: what still waits, or everything.
func (s *Server) signals(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	p := signalsPage{Page: s.page(r, ""), All: q.Get("all") != "", Filter: casework.SignalFilter{
		State: casework.SignalState(q.Get("state")), Track: casework.Track(q.Get("track")), Ref: strings.TrimSpace(q.Get("ref")), Before: q.Get("before"), Limit: pageSize + 1,
	}}
	p.Title = p.L("Сигнали", "Signals")
	p.Filter.Open = !p.All && p.Filter.State == "" && p.Filter.Ref == ""
	var err error
	if p.Signals, err = s.Casework.Signals(r.Context(), p.actor, p.Filter); err != nil {
		return err
	}
	if len(p.Signals) > pageSize {
		p.Signals = p.Signals[:pageSize]
		last := p.Signals[pageSize-1]
		q.Set("before", last.Cursor())
		p.More = "?" + q.Encode()
	}
	return s.show(w, "signals", &p)
}

func (s *Server) enterPage(r *http.Request) (*giveSignalPage, error) {
	p, err := s.giveSignalPage(r, false)
	if err != nil {
		return p, err
	}
	p.Title = p.L("Нов сигнал", "A new signal")
	p.Agencies, err = s.Casework.Institutions(r.Context(), p.actor, s.ownRegion(r, p.actor))
	return p, err
}

func (s *Server) enterForm(w http.ResponseWriter, r *http.Request) error {
	p, err := s.enterPage(r)
	if err != nil {
		return err
	}
	return s.show(w, "enter", p)
}

// ownRegion is the region of the institution in whose name somebody acts.
func (s *Server) ownRegion(r *http.Request, by access.Actor) access.RegionID {
	a, err := s.Casework.Institution(r.Context(), by.AgencyAt(s.Now()))
	if err != nil {
		return ""
	}
	return a.Region
}

// enterSignal takes a signal that came to an institution, or that it gives itself.
func (s *Server) enterSignal(w http.ResponseWriter, r *http.Request) error {
	p, err := s.enterPage(r)
	if err != nil {
		return err
	}
	if l := p.readSignal(r); len(l) > 0 {
		return s.again(w, l.Err(), &p.Page, "enter", p)
	}
	given, err := s.Casework.Enter(r.Context(), p.actor, "signal/"+p.Once, p.Form)
	if err != nil {
		return s.again(w, placed(err), &p.Page, "enter", p)
	}
	return to(w, r, "/signals/"+string(given.Signal), "received")
}

type signalPage struct {
	Page
	casework.SignalView
	Once       string
	Units      []org.Agency
	Staff      []casework.Colleague
	Lines      []ClockLine
	MayOpen    bool
	MayEnd     bool
	KeepsNames bool
	Refs       map[casework.SignalID]string
}

// Heading says of whom the signal speaks, without a name.
func (p *signalPage) Heading() string {
	return p.Child(p.Signal.Sex, p.Signal.Band) + ", " + p.Town(p.Signal.Region, p.Signal.Municipality)
}

// Do lists the steps that are one press of a button.
func (p *signalPage) Do() []casework.SignalStep {
	var all []casework.SignalStep
	for _, step := range p.Steps {
		if slices.Contains([]casework.SignalStep{casework.Acknowledge, casework.Screen, casework.UnlinkIt, casework.UnjoinIt}, step) {
			all = append(all, step)
		}
	}
	return all
}

// EventOptions lists what can be recorded about a signal.
func (p *signalPage) EventOptions() []Option {
	var all []Option
	for _, e := range casework.SignalEventsChosen() {
		all = append(all, Option{Value: string(e), Text: p.T("event." + string(e))})
	}
	return all
}

// MayProtect reports whether the reader keeps the record of police protection.
func (p *signalPage) MayProtect() bool { return p.Sender && p.Signal.Case == "" }

// MayBegin reports whether a new protection can be recorded.
func (p *signalPage) MayBegin() bool {
	return p.MayProtect() && p.Signal.State.Open() && !slices.ContainsFunc(p.Protections, func(x casework.Protection) bool { return x.Ended.IsZero() })
}

// KeepsPlaces reports whether the house keeps where a child is.
func (p *signalPage) KeepsPlaces() bool { return p.KeepsNames }

// ProtectAt is the address of the record to which a protection belongs.
func (p *signalPage) ProtectAt() string { return "/signals/" + string(p.Signal.ID) }

// PoliceOptions lists the police departments.
func (p *signalPage) PoliceOptions() []Option {
	return agencyOptions(slices.DeleteFunc(slices.Clone(p.Units), func(a org.Agency) bool { return a.Kind != "police_district" && a.Kind != "police_region" }))
}

// Step reports whether a step may be taken now.
func (p *signalPage) Step(step string) bool {
	return slices.Contains(p.Steps, casework.SignalStep(step))
}

// Assessed reports whether the assessment can be recorded now.
func (p *signalPage) Assessable() bool {
	return p.Sender && (p.Signal.State == casework.Screening || p.Signal.State == casework.Linked)
}

// StaffOptions lists who may lead a case.
func (p *signalPage) StaffOptions() []Option {
	var all []Option
	for _, x := range p.Staff {
		if slices.Contains(x.Roles, access.Caseworker) || slices.Contains(x.Roles, access.Supervisor) {
			all = append(all, Option{Value: string(x.Person), Text: x.Name})
		}
	}
	return all
}

// UnitOptions lists the institutions to which the signal may be forwarded.
func (p *signalPage) UnitOptions() []Option {
	return agencyOptions(slices.DeleteFunc(slices.Clone(p.Units), func(a org.Agency) bool { return a.ID == p.Signal.Unit }))
}

func (s *Server) signalPage(r *http.Request, id casework.SignalID) (*signalPage, error) {
	p := &signalPage{Page: s.page(r, ""), Once: access.NewID()}
	p.Title = p.L("Сигнал", "Signal")
	var err error
	if p.SignalView, err = s.Casework.OpenSignal(r.Context(), p.actor, id); err != nil {
		return p, err
	}
	p.Lines = p.ClockLines(p.Clocks, func(casework.Clock) string { return p.Unit.Name })
	res := access.Resource{Kind: "signal", ID: string(p.Signal.ID), Region: p.Signal.Region, Agency: p.Signal.Unit}
	p.MayOpen = s.Policy.Can(p.actor, access.OpenCase, res, s.Now()) && casework.LinkIt.From(p.Signal.State)
	p.MayEnd = s.Policy.Can(p.actor, access.EndSignal, res, s.Now()) && p.Signal.ProposedBy != p.actor.Person
	if !p.Sender {
		return p, nil
	}
	b, err := s.Casework.Basis(r.Context())
	if err != nil {
		return p, err
	}
	p.KeepsNames = b.On()
	if p.Units, err = s.Casework.Institutions(r.Context(), p.actor, ""); err != nil {
		return p, err
	}
	p.Units = slices.DeleteFunc(p.Units, func(a org.Agency) bool {
		return !slices.Contains([]string{"sad", "police_district", "police_region", "prosecution", "hospital"}, a.Kind)
	})
	p.Staff, err = s.Casework.Staff(r.Context(), p.actor, p.Signal.Unit)
	return p, err
}

func (s *Server) signal(w http.ResponseWriter, r *http.Request) error {
	p, err := s.signalPage(r, casework.SignalID(r.PathValue("id")))
	if err != nil {
		return err
	}
	return s.show(w, "signal", p)
}

// onSignal does something to a signal and goes back to it; what was wrong is shown on its page, with what was typed.
func (s *Server) onSignal(w http.ResponseWriter, r *http.Request, do func(by access.Actor, id casework.SignalID, version int) error) error {
	id := casework.SignalID(r.PathValue("id"))
	err := do(visitOf(r).actor(), id, version(r))
	if err == nil {
		return to(w, r, "/signals/"+string(id), "saved")
	}
	p, e := s.signalPage(r, id)
	if e != nil {
		return cmpError(err, e)
	}
	if p.Sent = sentForm(r); p.Sent == string(casework.Return) {
		p.Sent = string(casework.Confirm) // the two answers of one form
	}
	return s.again(w, err, &p.Page, "signal", p)
}

// cmpError prefers what went wrong with the act over what went wrong with showing it.
func cmpError(act, show error) error {
	if fault.Is(act, fault.Denied) || fault.Is(act, fault.NotFound) {
		return act
	}
	return show
}

func (s *Server) stepSignal(w http.ResponseWriter, r *http.Request) error {
	ctx, c := r.Context(), s.Casework
	steps := map[casework.SignalStep]func(access.Actor, casework.SignalID, int) error{
		casework.Acknowledge: func(by access.Actor, id casework.SignalID, v int) error { return c.Acknowledge(ctx, by, id, v) },
		casework.Screen:      func(by access.Actor, id casework.SignalID, v int) error { return c.Screen(ctx, by, id, v) },
		casework.UnjoinIt:    func(by access.Actor, id casework.SignalID, v int) error { return c.Unjoin(ctx, by, id, v) },
		casework.UnlinkIt:    func(by access.Actor, id casework.SignalID, v int) error { return c.Unlink(ctx, by, id, v) },
		casework.Propose: func(by access.Actor, id casework.SignalID, v int) error {
			return placedAt(c.ProposeEnd(ctx, by, id, v, words(r, "reason")), "outcome", "") // which is no field of this form
		},
		casework.Confirm: func(by access.Actor, id casework.SignalID, v int) error {
			return c.DecideEnd(ctx, by, id, v, true, words(r, "note"))
		},
		casework.Return: func(by access.Actor, id casework.SignalID, v int) error {
			return c.DecideEnd(ctx, by, id, v, false, words(r, "note"))
		},
		casework.Forward: func(by access.Actor, id casework.SignalID, v int) error {
			p := s.page(r, "")
			_, town := p.place(field(r, "place"))
			if town == "" && field(r, "place") != "" {
				return fault.Field("place", "form.choose")
			}
			return c.Forward(ctx, by, id, v, access.AgencyID(field(r, "unit")), town, words(r, "note"))
		},
	}
	do, ok := steps[casework.SignalStep(r.PathValue("step"))]
	if !ok {
		return fault.New(fault.NotFound, "fault.notfound")
	}
	if step := casework.SignalStep(r.PathValue("step")); step == casework.Forward { // from then on it is another unit's
		return s.leaveSignal(w, r, do)
	}
	return s.onSignal(w, r, do)
}

// leaveSignal gives a signal out of hands and goes back to the inbox.
func (s *Server) leaveSignal(w http.ResponseWriter, r *http.Request, do func(access.Actor, casework.SignalID, int) error) error {
	err := do(visitOf(r).actor(), casework.SignalID(r.PathValue("id")), version(r))
	if err != nil {
		return s.onSignal(w, r, func(access.Actor, casework.SignalID, int) error { return err })
	}
	return to(w, r, "/signals", "forwarded")
}

func (s *Server) assessSignal(w http.ResponseWriter, r *http.Request) error {
	var l fault.List
	at := moment(r, "at", &l)
	return s.onSignal(w, r, func(by access.Actor, id casework.SignalID, v int) error {
		if err := l.Err(); err != nil {
			return err
		}
		return s.Casework.Assess(r.Context(), by, id, v, casework.Outcome(field(r, "outcome")), at)
	})
}

func (s *Server) signalHappened(w http.ResponseWriter, r *http.Request) error {
	var l fault.List
	at := moment(r, "at", &l)
	return s.onSignal(w, r, func(by access.Actor, id casework.SignalID, v int) error {
		if err := l.Err(); err != nil {
			return err
		}
		return s.Casework.Happened(r.Context(), by, id, v, casework.Event(field(r, "event")), at)
	})
}

func (s *Server) joinSignal(w http.ResponseWriter, r *http.Request) error {
	return s.onSignal(w, r, func(by access.Actor, id casework.SignalID, v int) error {
		return s.Casework.JoinByRef(r.Context(), by, id, v, field(r, "ref"))
	})
}

func (s *Server) linkSignal(w http.ResponseWriter, r *http.Request) error {
	return s.onSignal(w, r, func(by access.Actor, id casework.SignalID, v int) error {
		return s.Casework.LinkByRef(r.Context(), by, id, v, field(r, "ref"))
	})
}

func (s *Server) openCase(w http.ResponseWriter, r *http.Request) error {
	var opened casework.CaseID
	id := casework.SignalID(r.PathValue("id"))
	opened, err := s.Casework.Open(r.Context(), visitOf(r).actor(), "case/"+field(r, "key"), id, version(r), access.PersonID(field(r, "lead")))
	if err != nil {
		return s.onSignal(w, r, func(access.Actor, casework.SignalID, int) error { return err })
	}
	return to(w, r, "/cases/"+string(opened), "opened")
}

// Fld is that of every page, with what no text of a case may hold beside the long ones.
func (p *signalPage) Fld(kind, name, bg, en, value string, hint ...string) Field {
	return p.noNames(p.Page.Fld(kind, name, bg, en, value, hint...))
}
