package casework

import (
	"context"
	"slices"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/org"
)

// CaseView is a case as its reader may see it: what the reader may not see is not in it.
type CaseView struct {
	Case    Case
	Agency  org.Agency
	Parts   map[Compartment]bool // that the reader may see
	Write   map[Compartment]bool
	Lead    bool // the reader leads the work: calls the team, asks for closing
	Approve bool
	Assign  bool
	Share   bool
	Who     bool // the reader may see who opened the case
	Glass   time.Time
	Steps   []CaseStep
	Clocks  []ClockView
	Seats   []SeatView
	Signals []Signal
	Events  []CaseEvent
	Notes   []Note
	Files   []Attachment
	Group   []Case // siblings, and children of the same incident, as far as the reader may see them
	Names   map[access.PersonID]string
	Agencys map[access.AgencyID]org.Agency
}

// SeatView is a seat with its institution.
type SeatView struct {
	Seat
	Agency org.Agency
	Name   string
}

// Missing lists the kinds of institution that the law makes mandatory and that have no seat in the team.
func (v CaseView) Missing() []string {
	var out []string
	for _, k := range MandatoryKinds() {
		if !slices.ContainsFunc(v.Seats, func(x SeatView) bool { return x.Agency.Kind == k && x.Until.IsZero() }) {
			out = append(out, k)
		}
	}
	return out
}

// OpenCase opens a case; the reading is on the record.
func (s *Service) OpenCase(ctx context.Context, by access.Actor, id CaseID) (CaseView, error) {
	return s.viewCase(ctx, by, id, access.SeeCase, EventFilter{Limit: 8})
}

// Timeline opens the whole timeline of a case.
func (s *Service) Timeline(ctx context.Context, by access.Actor, id CaseID, f EventFilter) (CaseView, error) {
	return s.viewCase(ctx, by, id, access.SeeCase, f)
}

func (s *Service) viewCase(ctx context.Context, by access.Actor, id CaseID, action access.Action, f EventFilter) (CaseView, error) {
	var v CaseView
	err := s.store.Update(ctx, by, func(tx Tx) error {
		c, err := openCase(ctx, tx, id, action)
		if err != nil {
			return err
		}
		v, err = s.caseView(ctx, tx, c, f)
		return err
	})
	return v, err
}

func (s *Service) caseView(ctx context.Context, tx Tx, c Case, f EventFilter) (CaseView, error) {
	v := CaseView{Case: c, Parts: map[Compartment]bool{}, Write: map[Compartment]bool{}, Names: map[access.PersonID]string{}, Agencys: map[access.AgencyID]org.Agency{}}
	if err := v.rights(ctx, tx); err != nil {
		return v, err
	}
	var parts []Compartment
	for _, p := range Compartments() {
		if v.Parts[p] {
			parts = append(parts, p)
		}
	}
	var err error
	if v.Agency, err = tx.Agency(ctx, c.Agency); err != nil {
		return v, err
	}
	clocks, err := tx.ClocksOf(ctx, "", c.ID)
	if err != nil {
		return v, err
	}
	if v.Clocks, err = clockViews(ctx, tx, clocks); err != nil {
		return v, err
	}
	if v.Signals, err = tx.SignalsOf(ctx, c.ID); err != nil {
		return v, err
	}
	for i := range v.Signals {
		v.Signals[i] = v.withheld(v.Signals[i])
	}
	if v.Events, err = tx.CaseEvents(ctx, c.ID, parts, f); err != nil {
		return v, err
	}
	if v.Notes, err = tx.Notes(ctx, c.ID, parts); err != nil {
		return v, err
	}
	if v.Files, err = tx.Attachments(ctx, "", c.ID, parts); err != nil {
		return v, err
	}
	if c.Group != "" {
		if v.Group, err = tx.CasesOfGroup(ctx, tx.Scope(access.SeeCase), c.Group); err != nil {
			return v, err
		}
	}
	if err := v.seats(ctx, tx); err != nil {
		return v, err
	}
	return v, v.name(ctx, tx)
}

// withheld leaves out of a signal what belongs to parts that the reader may not see.
func (v CaseView) withheld(g Signal) Signal {
	if !v.Parts[Identity] {
		g.Words.Child, g.Words.Carers = "", ""
	}
	if !v.Parts[Location] {
		g.Words.Place = ""
	}
	if !v.Lead {
		g.Words.Sender = "" // who told is the most dangerous fact of all
	}
	return g
}

// Writes reports whether the reader writes in a part.
func (v CaseView) Writes(part string) bool { return v.Write[Compartment(part)] }

func (v *CaseView) rights(ctx context.Context, tx Tx) error {
	x, err := reachOf(ctx, tx, v.Case)
	if err != nil {
		return err
	}
	may := func(a access.Action) bool { return tx.Can(a, x.to(a)) }
	for _, p := range Compartments() {
		v.Parts[p], v.Write[p] = may(p.SeeAction()), may(p.WriteAction())
	}
	v.Lead, v.Approve, v.Assign, v.Share = may(access.LeadCase), may(access.ApproveCase), may(access.AssignCase), may(access.ShareCase)
	v.Who = may(access.SeeWho)
	if v.Lead {
		v.Steps = caseMoves.may(v.Case.State, CaseSteps())
	}
	for _, h := range x.shares {
		if h.Kind == Glass && h.Person == tx.By().Person && !v.Write[Core] {
			v.Glass = h.Until
		}
	}
	return nil
}

func (v *CaseView) seats(ctx context.Context, tx Tx) error {
	all, err := tx.Seats(ctx, v.Case.ID)
	if err != nil {
		return err
	}
	for _, x := range all {
		if !x.Until.IsZero() {
			continue
		}
		a, err := v.agency(ctx, tx, x.Agency)
		if err != nil {
			return err
		}
		v.Seats = append(v.Seats, SeatView{Seat: x, Agency: a})
		v.Names[x.Person] = ""
	}
	slices.SortStableFunc(v.Seats, func(a, b SeatView) int { return placeOrder(a.Place) - placeOrder(b.Place) })
	return nil
}

func placeOrder(p SeatPlace) int {
	return slices.Index([]SeatPlace{LeaderSeat, MandatorySeat, InvitedSeat}, p)
}

func (v *CaseView) agency(ctx context.Context, tx Tx, id access.AgencyID) (org.Agency, error) {
	if a, ok := v.Agencys[id]; ok {
		return a, nil
	}
	a, err := tx.Agency(ctx, id)
	v.Agencys[id] = a
	return a, err
}

// name reads the names of the professionals whom the view speaks of; there is no child among them.
func (v *CaseView) name(ctx context.Context, tx Tx) error {
	v.Names[v.Case.Lead], v.Names[v.Case.ProposedBy] = "", ""
	for _, e := range v.Events {
		v.Names[e.Actor] = ""
		if e.Agency != "" {
			if _, err := v.agency(ctx, tx, e.Agency); err != nil && !fault.Is(err, fault.NotFound) {
				return err
			}
		}
	}
	for _, n := range v.Notes {
		v.Names[n.Author], v.Names[n.Editor] = "", ""
	}
	for id := range v.Names {
		if id == "" {
			continue
		}
		p, err := tx.Person(ctx, id)
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return err
		}
		v.Names[id] = p.Name
	}
	for i := range v.Seats {
		v.Seats[i].Name = v.Names[v.Seats[i].Person]
	}
	return nil
}

// CaseCard is a case as a list shows it.
type CaseCard struct {
	Case
	LeadName   string
	AgencyName string
}

// Cases lists the cases within the reader's reach, a page at a time; the cursor of the next page is "" on the last one.
func (s *Service) Cases(ctx context.Context, by access.Actor, f CaseFilter) ([]CaseCard, string, error) {
	var cards []CaseCard
	cursor := ""
	f.Limit = max(1, min(f.Limit, 200))
	err := s.store.View(ctx, by, func(tx Tx) error {
		g := f
		g.Limit = f.Limit + 1
		all, err := tx.Cases(ctx, tx.Scope(access.SeeCase), g)
		if err != nil {
			return err
		}
		if len(all) > f.Limit {
			all = all[:f.Limit]
			cursor = all[f.Limit-1].Cursor()
		}
		cards, err = caseCards(ctx, tx, all)
		return err
	})
	return cards, cursor, err
}

// Cursor says where a page of a list ends.
func (c Case) Cursor() string {
	return cursor(c.Opened, string(c.ID))
}

// cursor says where a page of a list that is ordered by a moment ends.
func cursor(at time.Time, id string) string {
	return at.UTC().Format("2006-01-02T15:04:05.000000Z") + "/" + id
}

func caseCards(ctx context.Context, tx Tx, all []Case) ([]CaseCard, error) {
	cards := make([]CaseCard, len(all))
	names, agencies := map[access.PersonID]string{}, map[access.AgencyID]string{}
	for i, c := range all {
		if _, seen := names[c.Lead]; !seen {
			p, err := tx.Person(ctx, c.Lead)
			if err != nil && !fault.Is(err, fault.NotFound) {
				return nil, err
			}
			names[c.Lead] = p.Name
		}
		if _, seen := agencies[c.Agency]; !seen {
			a, err := tx.Agency(ctx, c.Agency)
			if err != nil {
				return nil, err
			}
			agencies[c.Agency] = a.Name
		}
		cards[i] = CaseCard{c, names[c.Lead], agencies[c.Agency]}
	}
	return cards, nil
}

// Access is who may see a case and who has seen it.
type Access struct {
	Case     Case
	Shares   []Share
	Consents []Consent
	Breaks   []GlassBreak
	Barred   []access.PersonID
	Entries  []access.Entry
	Names    map[access.PersonID]string
	Agencies map[access.AgencyID]string
	Share    bool
	Assign   bool
	Staff    []Colleague // of the institutions of the team, for the form
}

// WhoSees opens the page about who may see a case, and who opened it, for its lead, the head of the unit and the officer.
func (s *Service) WhoSees(ctx context.Context, by access.Actor, id CaseID) (Access, error) {
	v := Access{Names: map[access.PersonID]string{}, Agencies: map[access.AgencyID]string{}}
	err := s.store.Update(ctx, by, func(tx Tx) error {
		c, err := openCase(ctx, tx, id, access.SeeWho)
		if err != nil {
			return err
		}
		v.Case = c
		if v.Share, err = canCase(ctx, tx, c, access.ShareCase); err != nil {
			return err
		}
		if v.Assign, err = canCase(ctx, tx, c, access.AssignCase); err != nil {
			return err
		}
		if v.Shares, err = tx.Shares(ctx, id); err != nil {
			return err
		}
		if v.Consents, err = tx.Consents(ctx, id); err != nil {
			return err
		}
		if v.Breaks, err = tx.GlassBreaks(ctx, id, false); err != nil {
			return err
		}
		if v.Barred, err = tx.Barred(ctx, id); err != nil {
			return err
		}
		if v.Entries, err = tx.WhoSaw(ctx, id, 200); err != nil {
			return err
		}
		return v.name(ctx, tx)
	})
	return v, err
}

func (v *Access) name(ctx context.Context, tx Tx) error {
	people := slices.Clone(v.Barred)
	for _, h := range v.Shares {
		people = append(people, h.Person, h.By)
		if h.Agency != "" {
			v.Agencies[h.Agency] = ""
		}
	}
	for _, e := range v.Entries {
		people = append(people, e.Actor)
	}
	for _, g := range v.Breaks {
		people = append(people, g.Person, g.Reviewer)
	}
	for _, x := range v.Consents {
		people = append(people, x.By)
	}
	for _, id := range people {
		if _, seen := v.Names[id]; seen || id == "" {
			continue
		}
		p, err := tx.Person(ctx, id)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		v.Names[id] = p.Name
	}
	for id := range v.Agencies {
		a, err := tx.Agency(ctx, id)
		if err != nil {
			return err
		}
		v.Agencies[id] = a.Name
	}
	return nil
}

// Breaks lists the openings in an emergency that wait for their review, with who opened which case, for the data protection
// officer.
func (s *Service) Breaks(ctx context.Context, by access.Actor) (all []GlassBreak, names map[access.PersonID]string, refs map[CaseID]string, err error) {
	names, refs = map[access.PersonID]string{}, map[CaseID]string{}
	err = s.store.Update(ctx, by, func(tx Tx) (err error) {
		if err := tx.Allow(ctx, access.ReviewGlass, access.Resource{Kind: "glass"}); err != nil {
			return err
		}
		if all, err = tx.GlassBreaks(ctx, "", true); err != nil {
			return err
		}
		var people []access.PersonID
		for _, g := range all {
			c, err := tx.Case(ctx, g.Case)
			if err != nil {
				return err
			}
			refs[g.Case] = c.Ref
			people = append(people, g.Person)
		}
		return nameAll(ctx, tx, names, people)
	})
	return all, names, refs, err
}

// Work is what waits for a person: terms by urgency, tasks, meetings to come, and the inbox of the person's institution.
type Work struct {
	Clocks   []ClockView
	Signals  []Signal
	Requests []Request
	Tasks    []Task
	Meetings []Meeting
	Refs     map[string]string // of clocks, tasks and meetings, by "case/ID" and "signal/ID"
	Firms    map[access.AgencyID]string
}

// MyWork collects what waits for the actor. Nothing is in it that the actor may not open.
func (s *Service) MyWork(ctx context.Context, by access.Actor) (Work, error) {
	w := Work{Refs: map[string]string{}, Firms: map[access.AgencyID]string{}}
	err := s.store.View(ctx, by, func(tx Tx) error {
		scope := tx.Scope(access.SeeSignal)
		if err := w.clocks(ctx, tx, scope.Agencies); err != nil {
			return err
		}
		var err error
		if w.Signals, err = tx.Signals(ctx, scope, SignalFilter{Open: true, Limit: 20}); err != nil {
			return err
		}
		if w.Requests, err = tx.Requests(ctx, tx.Scope(access.SeeRequest), RequestFilter{Open: true, Limit: 20}); err != nil {
			return err
		}
		if err := nameAgencies(ctx, tx, w.Firms, w.Requests); err != nil {
			return err
		}
		return w.dates(ctx, tx, scope.Agencies)
	})
	return w, err
}

func (w *Work) clocks(ctx context.Context, tx Tx, agencies []access.AgencyID) error {
	clocks, err := tx.MyClocks(ctx, tx.By().Person, agencies, 50)
	if err != nil {
		return err
	}
	var mine []Clock
	for _, c := range clocks {
		keep, err := w.sees(ctx, tx, c)
		if err != nil {
			return err
		}
		if keep {
			mine = append(mine, c)
		}
	}
	w.Clocks, err = clockViews(ctx, tx, mine)
	return err
}

// dates reads tasks and meetings.
func (w *Work) dates(ctx context.Context, tx Tx, agencies []access.AgencyID) error {
	tasks, err := tx.MyTasks(ctx, tx.By().Person, agencies, 50)
	if err != nil {
		return err
	}
	for _, t := range tasks {
		keep, err := w.sees(ctx, tx, Clock{Case: t.Case})
		if err != nil {
			return err
		}
		if keep {
			w.Tasks = append(w.Tasks, t)
		}
	}
	meetings, err := tx.MyMeetings(ctx, tx.By().Person)
	if err != nil {
		return err
	}
	for _, m := range meetings {
		keep, err := w.sees(ctx, tx, Clock{Case: m.Case})
		if err != nil {
			return err
		}
		if keep {
			w.Meetings = append(w.Meetings, m)
		}
	}
	return nil
}

// sees keeps the reference of what a clock belongs to, if the reader may open it.
func (w *Work) sees(ctx context.Context, tx Tx, c Clock) (bool, error) {
	if ref, seen := w.Refs[c.Key()]; seen {
		return ref != "", nil
	}
	ref, may, err := seen(ctx, tx, c)
	if err != nil || !may {
		w.Refs[c.Key()] = ""
		return false, err
	}
	w.Refs[c.Key()] = ref
	return true, nil
}

// Key names the record to which a clock belongs: "case/ID" or "signal/ID".
func (c Clock) Key() string {
	if c.Case != "" {
		return "case/" + string(c.Case)
	}
	return "signal/" + string(c.Signal)
}

// seen returns the reference of what a clock belongs to, if the reader may open it.
func seen(ctx context.Context, tx Tx, c Clock) (ref string, may bool, err error) {
	if c.Case != "" {
		x, err := tx.Case(ctx, c.Case)
		if err != nil {
			return "", false, err
		}
		may, err = canCase(ctx, tx, x, access.SeeCase)
		return x.Ref, may, err
	}
	g, err := tx.Signal(ctx, c.Signal)
	return g.Ref, err == nil && tx.Can(access.SeeSignal, g.resource()), err
}

// Institutions lists the institutions of a region for whoever enters signals, to choose from.
func (s *Service) Institutions(ctx context.Context, by access.Actor, region access.RegionID) ([]org.Agency, error) {
	var all []org.Agency
	err := s.store.View(ctx, by, func(tx Tx) (err error) {
		if tx.Scope(access.EnterSignal).Empty() {
			return fault.New(fault.Denied, "fault.denied")
		}
		all, err = tx.Agencies(ctx, org.AgencyFilter{Region: region, Limit: 2000})
		return err
	})
	return all, err
}

// Institution returns one institution; the names of institutions are public.
func (s *Service) Institution(ctx context.Context, id access.AgencyID) (org.Agency, error) {
	var a org.Agency
	err := s.store.View(ctx, access.Public(""), func(tx Tx) (err error) {
		a, err = tx.Agency(ctx, id)
		return err
	})
	return a, err
}

// Staff lists who works in an institution and has an account, for whoever works with it.
func (s *Service) Staff(ctx context.Context, by access.Actor, id access.AgencyID) ([]Colleague, error) {
	var all []Colleague
	err := s.store.View(ctx, by, func(tx Tx) (err error) {
		if tx.Scope(access.EnterSignal).Empty() {
			return fault.New(fault.Denied, "fault.denied")
		}
		all, err = tx.AgencyStaff(ctx, id)
		return err
	})
	return all, err
}

// ClockPage is one term with everything that became of it.
type ClockPage struct {
	ClockView
	Ref     string // of the signal or case to which it belongs
	History []ClockChange
	Names   map[access.PersonID]string
}

// OpenClock opens a term with its history, for whoever may change it.
func (s *Service) OpenClock(ctx context.Context, by access.Actor, id ClockID) (ClockPage, error) {
	v := ClockPage{Names: map[access.PersonID]string{}}
	err := s.onClock(ctx, by, id, func(ctx context.Context, tx Tx, c Clock, r ClockRule) error {
		v.ClockView = ClockView{c, r}
		var err error
		if v.Ref, _, err = c.about(ctx, tx); err != nil {
			return err
		}
		if v.History, err = tx.ClockChanges(ctx, id); err != nil {
			return err
		}
		var people []access.PersonID
		for _, h := range v.History {
			people = append(people, h.Actor)
		}
		return nameAll(ctx, tx, v.Names, people)
	})
	return v, err
}

// Load is how much a person of a unit carries.
type Load struct {
	Person access.PersonID
	Name   string
	Open   int // cases
	Late   int // of them with a term that is over
}

// Unit is an institution at a glance, for whoever keeps its rota.
type Unit struct {
	Agency  org.Agency
	Load    []Load
	Rota    []Duty
	Staff   []Colleague
	Names   map[access.PersonID]string
	Waiting int // signals that wait
}

// OpenUnit opens an institution at a glance: who carries how much, who is on duty, what waits.
func (s *Service) OpenUnit(ctx context.Context, by access.Actor, id access.AgencyID) (Unit, error) {
	v := Unit{Names: map[access.PersonID]string{}}
	err := s.store.Update(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.KeepRota, access.Resource{Kind: "rota", ID: string(id), Agency: id}); err != nil {
			return err
		}
		var err error
		if v.Agency, err = tx.Agency(ctx, id); err != nil {
			return err
		}
		if v.Load, err = tx.Loads(ctx, id); err != nil {
			return err
		}
		if v.Rota, err = tx.Rota(ctx, id); err != nil {
			return err
		}
		if v.Staff, err = tx.AgencyStaff(ctx, id); err != nil {
			return err
		}
		if v.Waiting, err = tx.SignalsWaiting(ctx, id); err != nil {
			return err
		}
		var people []access.PersonID
		for _, l := range v.Load {
			people = append(people, l.Person)
		}
		for _, d := range v.Rota {
			people = append(people, d.Person)
		}
		if err := nameAll(ctx, tx, v.Names, people); err != nil {
			return err
		}
		for i := range v.Load {
			v.Load[i].Name = v.Names[v.Load[i].Person]
		}
		return nil
	})
	return v, err
}
