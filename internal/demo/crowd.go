package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/casework"
	"strengthen/internal/fault"
	"strengthen/internal/org"
	"strengthen/internal/sealed"
)

// Crowd fills a database with very many invented cases, to measure how the program carries them. Institutions and people are
// founded through the services; cases are written in bulk, for a million of them would take days otherwise.
type Crowd struct {
	Org      *org.Service
	Casework *casework.Service
	View     func(ctx context.Context, by access.Actor, fn func(casework.Tx) error) error
	Bulk     func(ctx context.Context, by access.Actor, fn func(casework.Tx) error) error
	Now      time.Time
	Say      func(done, all int) // progress; may be nil
}

// Cast is who works on the cases of a crowd, and how many cases there are. The database keeps it.
type Cast struct {
	Cases   int
	Manager access.PersonID
	Towns   []CastTown
}

// CastTown is the institutions of a region.
type CastTown struct {
	Region  access.RegionID
	Places  []string
	Agency  map[string]access.AgencyID // by kind
	People  map[string]access.PersonID // by what they do
	Workers []access.PersonID          // who lead cases
}

// ErrNotCrowd says that a database holds something that no crowd made.
var ErrNotCrowd = errors.New("the database is not empty and was not made for measuring: nothing is added to it")

const (
	crowdSetting = "bench.cast"
	crowdAtOnce  = 1000   // cases in a transaction
	crowdEach    = 14_000 // cases after which each region gets one more worker: about fifty open ones each
	crowdFirst   = 1000   // these lie in crowdTowns regions, so that lists fill a page at every size
	crowdTowns   = 4
	crowdOpen    = 10 // one case in so many is open
)

// Cast returns the cast of the database; the zero Cast where no crowd was made.
func (c *Crowd) Cast(ctx context.Context) (Cast, error) {
	var cast Cast
	err := c.View(ctx, access.TheSystem(), func(tx casework.Tx) error {
		v, err := tx.Setting(ctx, crowdSetting)
		if err != nil || v == "" {
			return err
		}
		return json.Unmarshal([]byte(v), &cast)
	})
	return cast, err
}

// Grow adds cases until there are n. It begins in an empty database, or goes on where it stopped; any other is ErrNotCrowd.
func (c *Crowd) Grow(ctx context.Context, n int) error {
	cast, err := c.Cast(ctx)
	if err != nil {
		return err
	}
	if len(cast.Towns) == 0 {
		if cast, err = c.found(ctx); err != nil {
			return err
		}
	}
	for cast.Cases < n {
		if err := c.hire(ctx, &cast); err != nil {
			return err
		}
		first, last := cast.Cases, min(cast.Cases+crowdAtOnce, n)
		err := c.Bulk(ctx, access.TheSystem(), func(tx casework.Tx) error {
			if err := tx.Allow(ctx, access.Work, access.Resource{Kind: "setting", ID: crowdSetting}); err != nil {
				return err
			}
			for i := first; i < last; i++ {
				if err := c.newFile(cast, i).put(ctx, tx); err != nil {
					return err
				}
			}
			cast.Cases = last
			return keepCast(ctx, tx, cast)
		})
		if err != nil {
			return err
		}
		if c.Say != nil {
			c.Say(last, n)
		}
	}
	return nil
}

func keepCast(ctx context.Context, tx casework.Tx, cast Cast) error {
	b, err := json.Marshal(cast)
	if err != nil {
		return err
	}
	return tx.PutSetting(ctx, crowdSetting, string(b))
}

// found marks an empty database as one with invented data and founds the institutions of every region.
func (c *Crowd) found(ctx context.Context) (Cast, error) {
	var cast Cast
	err := c.Org.MarkDemo(ctx)
	if fault.Is(err, fault.Conflict) {
		return cast, ErrNotCrowd
	}
	if err != nil {
		return cast, err
	}
	w := &World{Org: c.Org, Casework: c.Casework, rnd: rand.New(rand.NewPCG(28, 1000)), staffed: map[access.Role]access.PersonID{}}
	if err := errors.Join(c.Org.Seed(ctx), c.Casework.Seed(ctx)); err != nil {
		return cast, err
	}
	if w.tables, err = c.Org.Tables(ctx); err != nil {
		return cast, err
	}
	if _, err := w.staff(ctx); err != nil {
		return cast, err
	}
	if err := w.settle(ctx); err != nil {
		return cast, err
	}
	if err := c.Casework.SetBasis(ctx, w.officer, casework.Basis{Controller: "Измислен администратор", Law: "измислено основание"}); err != nil {
		return cast, err
	}
	cast.Manager = w.manager.Person
	for _, t := range w.towns {
		x := CastTown{Region: t.region.ID, Places: t.places, Agency: t.agency, People: map[string]access.PersonID{}, Workers: []access.PersonID{t.people["worker"].Person}}
		for who, a := range t.people {
			x.People[who] = a.Person
		}
		cast.Towns = append(cast.Towns, x)
	}
	return cast, c.Bulk(ctx, access.TheSystem(), func(tx casework.Tx) error {
		if err := tx.Allow(ctx, access.Work, access.Resource{Kind: "setting", ID: crowdSetting}); err != nil {
			return err
		}
		return keepCast(ctx, tx, cast)
	})
}

// hire gives each region the workers whom the next cases need.
func (c *Crowd) hire(ctx context.Context, cast *Cast) error {
	for i := range cast.Towns {
		t := &cast.Towns[i]
		for len(t.Workers) <= cast.Cases/crowdEach {
			n := len(t.Workers)
			id, _, err := c.Org.Invite(ctx, keeper, access.NewID(), org.Invitation{
				Name: fmt.Sprintf("Работник %d", n), Email: fmt.Sprintf("worker.%s.%d@example.org", t.Region, n), Lang: "bg", Role: access.Caseworker, Agency: t.Agency["sad"],
			})
			if err != nil {
				return err
			}
			if err := c.Org.WelcomeGuest(ctx, id, ""); err != nil {
				return err
			}
			t.Workers = append(t.Workers, id)
		}
	}
	return nil
}

// Who is an actor of the cast in a region: "worker" leads cases, "head" stands above, "inspector" is of the police, "manager"
// leads the programme.
func (c Cast) Who(town int, what string) access.Actor {
	t := c.Towns[town]
	a := access.Actor{Person: t.People[what], Via: access.ViaSession, Grants: []access.Grant{{Role: seatOf[what].role, Agency: t.Agency[seatOf[what].agency]}, {Role: access.Member}}}
	if what == "manager" {
		a.Person, a.Grants = c.Manager, []access.Grant{{Role: access.Manager}, {Role: access.Member}}
	}
	return a
}

// CrowdID is the identifier of the i-th case of a crowd.
func CrowdID(i int) casework.CaseID { return casework.CaseID(crowdID("c", i, 0)) }

// crowdID is an identifier that is alike in length to those of real records. They grow, so that a million of them are written in
// the order in which an index keeps them.
func crowdID(kind string, i, n int) string { return fmt.Sprintf("%s0%022d%02d", kind, i, n) }

// file is a case with everything that belongs to it.
type file struct {
	i      int
	now    time.Time
	rnd    *rand.Rand
	town   CastTown
	worker access.PersonID
	open   bool
	of     casework.Case
}

func (c *Crowd) newFile(cast Cast, i int) file {
	f := file{i: i, now: c.Now, rnd: rand.New(rand.NewPCG(uint64(i), 7)), open: i%crowdOpen == 0}
	towns := len(cast.Towns)
	if i < crowdFirst {
		towns = crowdTowns
	}
	f.town = cast.Towns[i/crowdOpen%towns]
	f.worker = f.town.Workers[i/crowdEach]
	f.of = f.shape()
	return f
}

func (f file) shape() casework.Case {
	opened := f.now.Add(-time.Duration(f.rnd.IntN(300*24*60)+60) * time.Minute)
	x := casework.Case{
		ID: CrowdID(f.i), Ref: fmt.Sprintf("%s-%d-B%07d", f.town.Region, opened.Year(), f.i), Band: pick(f.rnd, casework.Bands()), Sex: pick(f.rnd, casework.Sexes()),
		Region: f.town.Region, Municipality: pick(f.rnd, f.town.Places), Agency: f.town.Agency["sad"], Lead: f.worker, Track: casework.Violence,
		Kinds: []casework.Kind{pick(f.rnd, casework.Kinds())}, Setting: pick(f.rnd, casework.Settings()), State: pick(f.rnd, []casework.CaseState{casework.Coordination, casework.PlanActive}),
		Episode: 1, Outcome: casework.Confirmed,
	}
	if !f.open {
		opened = opened.Add(-time.Duration(400+f.rnd.IntN(3000)) * 24 * time.Hour)
		x.State, x.Closed, x.ClosedFor = casework.Closed, opened.Add(200*24*time.Hour), "goals_met"
	}
	x.Opened, x.Received, x.Since = opened, opened.Add(-20*time.Hour), opened.Add(time.Hour)
	return x
}

func (f file) put(ctx context.Context, tx casework.Tx) error {
	x := f.of
	if err := tx.NewKey(ctx, string(x.ID)); err != nil {
		return err
	}
	if err := tx.PutCase(ctx, x); err != nil {
		return err
	}
	if err := tx.PutEpisode(ctx, x.ID, 1, x.Opened, x.Closed, x.ClosedFor); err != nil {
		return err
	}
	for _, part := range []func(context.Context, casework.Tx) error{f.team, f.timeline, f.clock, f.signals, f.child, f.request} {
		if err := part(ctx, tx); err != nil {
			return err
		}
	}
	if f.i%10 != 3 {
		return nil
	}
	took := time.Duration(1+f.rnd.IntN(40)) * time.Hour
	return tx.PutMilestone(ctx, casework.Milestone{What: "assessed.violence", Region: x.Region, Start: x.Opened, At: x.Opened.Add(took), InTime: took <= 24*time.Hour})
}

// team seats the lead and the police, with what each may see; in an open case the other two mandatory institutions too.
func (f file) team(ctx context.Context, tx casework.Tx) error {
	x := f.of
	members := []casework.Seat{
		{Agency: x.Agency, Person: f.worker, Function: "case_lead", Place: casework.LeaderSeat},
		{Agency: f.town.Agency["police_district"], Person: f.town.People["inspector"], Function: "cpo_inspector", Place: casework.MandatorySeat},
		{Agency: f.town.Agency["prosecution"], Place: casework.MandatorySeat}, {Agency: f.town.Agency["municipality"], Place: casework.MandatorySeat},
	}
	if !f.open {
		members = members[:2]
	}
	for n, m := range members {
		m.ID, m.Case, m.From = crowdID("p", f.i, n), x.ID, x.Opened
		if err := tx.PutSeat(ctx, m); err != nil {
			return err
		}
		if m.Person == "" {
			continue
		}
		h := casework.Share{ID: crowdID("h", f.i, n), Case: x.ID, Person: m.Person, Kind: casework.Participation, Parts: casework.Compartments(), Write: true, Purpose: "team",
			Ground: "36g", By: f.worker, From: x.Opened, Until: x.Opened.AddDate(1, 0, 0), Ended: x.Closed}
		if n > 0 {
			h.Parts = []casework.Compartment{casework.Core, casework.Voice, casework.Police, casework.Offender}
		}
		if err := tx.PutShare(ctx, h); err != nil {
			return err
		}
	}
	return nil
}

func (f file) timeline(ctx context.Context, tx casework.Tx) error {
	lines := []string{"step.open", "step.call_team"}
	if f.open {
		lines = append(lines, "meeting.held", "step.adopt", "note.core", "note.core", "note.core", "note.core")
	}
	for n, what := range lines {
		e := casework.CaseEvent{ID: crowdID("e", f.i, n), Case: f.of.ID, At: f.of.Opened.Add(time.Duration(n) * time.Hour), Actor: f.worker, Agency: f.of.Agency, What: what,
			Part: casework.Core}
		if err := tx.PutCaseEvent(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// clock lets a term run in every open case; that of one in two hundred has come to a rung of its ladder.
func (f file) clock(ctx context.Context, tx casework.Tx) error {
	x := f.of
	k := casework.Clock{ID: casework.ClockID(crowdID("k", f.i, 0)), Case: x.ID, Rule: "D14", Version: 1, Start: x.Opened, Due: x.Opened.AddDate(0, 6, 0), State: casework.Met,
		Ended: x.Opened.AddDate(0, 5, 0), Agency: x.Agency, Person: f.worker, Region: x.Region}
	if f.open {
		k.Due = f.now.Add(time.Duration(1+f.rnd.IntN(150*24)) * time.Hour)
		k.Start, k.State, k.Ended, k.Next = f.now.Add(-24*time.Hour), casework.Running, time.Time{}, k.Due.Add(-30*time.Minute)
		if f.i/crowdOpen%200 == 0 {
			k.Due, k.Next = f.now.Add(-time.Hour), f.now.Add(-time.Hour)
		}
	}
	return tx.PutClock(ctx, k)
}

// signals gives one case in four the signal with which it began, and now and then a signal that waits in the inbox of the unit.
func (f file) signals(ctx context.Context, tx casework.Tx) error {
	waits := f.i%50 == 7 || f.i < crowdFirst && f.i%10 == 7
	if f.i%4 != 0 && !waits {
		return nil
	}
	x := f.of
	g := casework.Signal{
		ID: casework.SignalID(crowdID("s", f.i, 0)), Ref: fmt.Sprintf("%s-%d-SB%07d", x.Region, x.Opened.Year(), f.i), Receipt: crowdID("r", f.i, 0), Channel: "phone",
		Source: casework.FromFamily, Received: x.Received, First: x.Received, Entered: x.Received, EnteredBy: f.worker, Unit: x.Agency, Region: x.Region,
		Municipality: x.Municipality, Track: x.Track, Kinds: x.Kinds, Setting: x.Setting, Band: x.Band, Sex: x.Sex, State: casework.Linked, Since: x.Opened, Looked: true,
		TakenBy: f.worker, Outcome: x.Outcome, Case: x.ID, Words: casework.Words{Narrative: "Измислен сигнал за измерване."},
	}
	if waits {
		g.State, g.Received, g.Looked, g.TakenBy, g.Outcome, g.Case = casework.Received, f.now.Add(-time.Duration(f.rnd.IntN(2000))*time.Minute), false, "", "", ""
	}
	if err := tx.NewKey(ctx, string(g.ID)); err != nil {
		return err
	}
	if err := tx.PutSignal(ctx, g); err != nil {
		return err
	}
	return tx.PutSignalEvent(ctx, casework.SignalEvent{ID: crowdID("v", f.i, 0), Signal: g.ID, At: g.Received, Actor: f.worker, Agency: g.Unit, Step: casework.Receive, To: casework.Received})
}

// child says who the child is in every open case and in one closed case in nine.
func (f file) child(ctx context.Context, tx casework.Tx) error {
	if !f.open && f.i%10 != 5 {
		return nil
	}
	name := CrowdName(f.i)
	return tx.PutParticulars(ctx, casework.Particulars{Case: f.of.ID, Changed: f.of.Opened, Editor: f.worker, Fields: casework.Form{
		"given": sealed.Text(name[0]), "father": sealed.Text(pick(f.rnd, family)), "family": sealed.Text(name[1]),
	}})
}

// CrowdName is the given and the family name of the child of the i-th case: family names of three syllables out of twenty-four.
func CrowdName(i int) [2]string {
	r := rand.New(rand.NewPCG(uint64(i), 11))
	syllables := []string{"ба", "ве", "го", "ди", "жу", "за", "ке", "ло", "ми", "ну", "па", "ре", "со", "ти", "фу", "ха", "це", "чо", "ши", "бу", "вра", "гле", "дро", "кри"}
	return [2]string{pick(r, given[r.IntN(2)]), upperFirst(pick(r, syllables) + pick(r, syllables) + pick(r, syllables) + "нов")}
}

func upperFirst(s string) string {
	r := []rune(s)
	return string(r[0]-'а'+'А') + string(r[1:])
}

// request asks the municipality about one open case in two.
func (f file) request(ctx context.Context, tx casework.Tx) error {
	if f.i%(2*crowdOpen) != 0 {
		return nil
	}
	x := f.of
	return tx.PutRequest(ctx, casework.Request{ID: crowdID("q", f.i, 0), Case: x.ID, N: 1, From: x.Agency, To: f.town.Agency["municipality"], Kind: "information",
		Parts: []casework.Compartment{casework.Core}, State: casework.Asked, Since: x.Opened, Due: calendar.On(f.now).AddDays(10), Until: f.now.AddDate(0, 1, 0), Sender: f.worker,
		Text: "Измислено искане."})
}
