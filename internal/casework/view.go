package casework

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
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
	Hinders []Unfinished // what keeps the case from closing, for whoever could close it
	Clocks  []ClockView
	Seats   []SeatView
	Signals []Signal
	Events  []CaseEvent
	Actors  []org.Agency // of which the timeline tells, where it is asked for
	Notes   []Note
	Files   []Attachment
	Main    *Twin     // of the same child, where the work goes on; nil when it is this one
	Twins   []Twin    // of the same child, which point to this one
	Kin     []KinView // siblings, and children of the same incident
	Names   map[access.PersonID]string
	Agencys map[access.AgencyID]org.Agency
}

// SeatView is a seat with its institution.
type SeatView struct {
	Seat
	Agency  org.Agency
	Name    string
	Trained []calendar.Date // days on which the person completed trainings, for whoever may see that too
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

// OpenParts opens of a case what the reader holds of it, with or without the core; the reading is on the record.
func (s *Service) OpenParts(ctx context.Context, by access.Actor, id CaseID) (CaseView, error) {
	var v CaseView
	err := s.store.Update(ctx, by, func(tx Tx) error {
		c, err := openPart(ctx, tx, id)
		if err != nil {
			return err
		}
		v, err = s.caseView(ctx, tx, c, EventFilter{Limit: 8})
		return err
	})
	return v, err
}

// SharedCase is a case of which a reader holds parts without the core.
type SharedCase struct {
	Case
	Parts []Compartment
}

// SharedCases lists the cases of which the reader holds parts and not the core.
func (s *Service) SharedCases(ctx context.Context, by access.Actor) ([]SharedCase, error) {
	var all []SharedCase
	err := s.store.View(ctx, by, func(tx Tx) error {
		found, err := tx.SharedCases(ctx, tx.Scope(Voice.SeeAction())) // the parts beside the core are reached by the same roles
		if err != nil {
			return err
		}
		for _, c := range found {
			x, err := reachOf(ctx, tx, c)
			if err != nil {
				return err
			}
			if parts := x.seen(tx); len(parts) > 0 && parts[0] != Core {
				all = append(all, SharedCase{c.apart(), parts})
			}
		}
		return nil
	})
	return all, err
}

// Timeline opens the timeline of a case, in the order in which things happened, with the institutions that acted.
func (s *Service) Timeline(ctx context.Context, by access.Actor, id CaseID, f EventFilter) (CaseView, error) {
	var v CaseView
	err := s.store.Update(ctx, by, func(tx Tx) error {
		c, err := openCase(ctx, tx, id, access.SeeCase)
		if err != nil {
			return err
		}
		if v, err = s.caseView(ctx, tx, c, f); err != nil {
			return err
		}
		acted, err := tx.EventAgencies(ctx, c.ID, v.seen())
		if err != nil {
			return err
		}
		for _, id := range acted {
			a, err := v.agency(ctx, tx, id)
			if err != nil {
				return err
			}
			v.Actors = append(v.Actors, a)
		}
		slices.SortFunc(v.Actors, func(a, b org.Agency) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
		return nil
	})
	return v, err
}

// seen lists the parts that the reader may see.
func (v CaseView) seen() []Compartment {
	return slices.DeleteFunc(Compartments(), func(p Compartment) bool { return !v.Parts[p] })
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
	parts := v.seen()
	var err error
	if v.Notes, err = tx.Notes(ctx, c.ID, parts); err != nil {
		return v, err
	}
	if v.Files, err = tx.Attachments(ctx, "", c.ID, parts); err != nil {
		return v, err
	}
	if !v.Parts[Core] {
		v.Case = c.apart()
		return v, v.name(ctx, tx)
	}
	if v.Agency, err = tx.Agency(ctx, c.Agency); err != nil {
		return v, err
	}
	if (v.Lead || v.Approve) && c.State != Closed {
		if v.Hinders, err = unfinished(ctx, tx, c); err != nil {
			return v, err
		}
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
	if err := v.twins(ctx, tx); err != nil {
		return v, err
	}
	for i := range v.Signals {
		v.Signals[i] = v.withheld(v.Signals[i])
	}
	if v.Events, err = tx.CaseEvents(ctx, c.ID, parts, f); err != nil {
		return v, err
	}
	if err := v.hideTrained(ctx, tx); err != nil {
		return v, err
	}
	if err := v.kin(ctx, tx); err != nil {
		return v, err
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
		seat := SeatView{Seat: x, Agency: a}
		if x.Person != "" && seesCompletion(tx, x.Person, x.Agency, a.Region) {
			if seat.Trained, err = tx.TrainedOn(ctx, x.Person); err != nil {
				return err
			}
		}
		v.Seats = append(v.Seats, seat)
		v.Names[x.Person] = ""
	}
	slices.SortStableFunc(v.Seats, func(a, b SeatView) int { return placeOrder(a.Place) - placeOrder(b.Place) })
	return nil
}

func placeOrder(p SeatPlace) int {
	return slices.Index([]SeatPlace{LeaderSeat, MandatorySeat, InvitedSeat}, p)
}

// hideTrained drops, from what happened, that whoever did it had completed a training, where the reader may not see that.
func (v *CaseView) hideTrained(ctx context.Context, tx Tx) error {
	for i, e := range v.Events {
		if !e.Trained {
			continue
		}
		var a org.Agency
		if e.Agency != "" {
			var err error
			if a, err = v.agency(ctx, tx, e.Agency); err != nil && !fault.Is(err, fault.NotFound) {
				return err
			}
		}
		v.Events[i].Trained = seesCompletion(tx, e.Actor, e.Agency, a.Region)
	}
	return nil
}

// seesCompletion reports whether the reader may see that somebody of an institution completed a training.
func seesCompletion(tx Tx, p access.PersonID, of access.AgencyID, in access.RegionID) bool {
	return tx.Can(access.SeeCompletion, access.Resource{Kind: "completion", Own: p, Agency: of, Region: in})
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
	if err := nameAll(ctx, tx, v.Names, slices.Collect(maps.Keys(v.Names))); err != nil {
		return err
	}
	for i := range v.Seats {
		v.Seats[i].Name = v.Names[v.Seats[i].Person]
	}
	return nil
}

// nameAll reads the names of professionals into names. Somebody who is not known is left without a name.
func nameAll(ctx context.Context, tx Tx, names map[access.PersonID]string, people []access.PersonID) error {
	people = slices.DeleteFunc(slices.Clone(people), func(id access.PersonID) bool { return id == "" || names[id] != "" })
	slices.Sort(people)
	known, err := tx.PersonNames(ctx, slices.Compact(people))
	maps.Copy(names, known)
	return err
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
	leads := make([]access.PersonID, len(all))
	for i, c := range all {
		leads[i] = c.Lead
		if _, seen := agencies[c.Agency]; !seen {
			a, err := tx.Agency(ctx, c.Agency)
			if err != nil {
				return nil, err
			}
			agencies[c.Agency] = a.Name
		}
	}
	if err := nameAll(ctx, tx, names, leads); err != nil {
		return nil, err
	}
	for i, c := range all {
		cards[i] = CaseCard{c, names[c.Lead], agencies[c.Agency]}
	}
	return cards, nil
}
