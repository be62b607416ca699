// Package demo plays two years of an invented national programme through the same service methods that people use, with a
// moved clock and a fixed seed. No row is written beside the services; no person, name or institution is real.
package demo

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/casework"
	"strengthen/internal/fault"
	"strengthen/internal/fold"
	"strengthen/internal/org"
	"strengthen/internal/study"
	"strengthen/internal/survey"
	"strengthen/internal/training"
)

// Clock is the moved clock of the play.
type Clock struct{ now time.Time }

// Now is the present moment of the play, and real time after it.
func (c *Clock) Now() time.Time {
	if c.now.IsZero() {
		return time.Now()
	}
	return c.now
}

// Set moves the clock; the zero time lets it run with the real one.
func (c *Clock) Set(t time.Time) { c.now = t }

const titleBG, titleEN = "Укрепване: закрила на децата от насилие", "Strengthen: protecting children from violence"

// World is a play under way.
type World struct {
	Org      *org.Service
	Training *training.Service
	Survey   *survey.Service
	Study    *study.Service // may be nil: then nobody plans the study
	Casework *casework.Service
	Clock    *Clock
	Say      func(done, all int) // progress; may be nil
	End      time.Time           // the moment at which the play stops: the present
	Size     int                 // trainings, at most 28
	Signals  int                 // about how many come in over the two years; without, as many as fit the number of trainings
	Spare    map[string]string   // the last link of each kind that nobody followed, for tests of the pages behind them
	rnd      *rand.Rand
	queue    tasks
	tables   org.Tables
	manager  access.Actor
	officer  access.Actor // for data protection
	towns    []*town
	people   map[training.EnrolmentID]*person
	seats    []training.EnrolmentID // in the order of application
	staffed  map[access.Role]access.PersonID
	cohort   map[training.EventID]float64 // how well the group got on, in standard deviations
	coming   access.PersonID              // for whom a training is under way
	done     access.PersonID              // who completed and has not answered after six months
	n        int
}

type person struct {
	sector     string
	skill      float64
	diligent   float64
	traits     map[string]latent
	gone       bool                   // left the address since, so that mail does not arrive any more
	link       string                 // to one's own seat
	unfollowed map[survey.Wave]string // links to questionnaires that the person did not follow
}

type task struct {
	at  time.Time
	seq int
	do  func(context.Context) error
}

type tasks []task

func (t tasks) Len() int { return len(t) }
func (t tasks) Less(i, j int) bool {
	if t[i].at.Equal(t[j].at) {
		return t[i].seq < t[j].seq
	}
	return t[i].at.Before(t[j].at)
}
func (t tasks) Swap(i, j int) { t[i], t[j] = t[j], t[i] }
func (t *tasks) Push(x any)   { *t = append(*t, x.(task)) }
func (t *tasks) Pop() any {
	old := *t
	x := old[len(old)-1]
	*t = old[:len(old)-1]
	return x
}

func (w *World) later(at time.Time, do func(context.Context) error) {
	if at.Before(w.End) {
		w.n++
		heap.Push(&w.queue, task{at, w.n, do})
	}
}

// Play fills an empty database. On one that is not empty it is a Conflict.
func (w *World) Play(ctx context.Context) error {
	w.Spare = map[string]string{}
	w.rnd = rand.New(rand.NewPCG(28, 1000))
	w.staffed = map[access.Role]access.PersonID{}
	w.people, w.cohort = map[training.EnrolmentID]*person{}, map[training.EventID]float64{}
	today := calendar.On(w.End)
	y, m, _ := today.Parts()
	starts := calendar.Of(y, m-21, 1)
	w.Clock.Set(starts.At(8, 0))
	if err := w.Org.MarkDemo(ctx); err != nil {
		return err
	}
	if err := w.Org.Seed(ctx); err != nil {
		return err
	}
	var err error
	if w.tables, err = w.Org.Tables(ctx); err != nil {
		return err
	}
	trainers, err := w.staff(ctx)
	if err != nil {
		return err
	}
	err = w.Training.SaveProgramme(ctx, w.manager, training.Programme{
		TitleBG: titleBG, TitleEN: titleEN,
		Starts: starts, Ends: starts.AddMonths(24).AddDays(-1), Trainings: 28, People: 840, Children: 1000,
	})
	if err != nil {
		return err
	}
	if err := w.Casework.Seed(ctx); err != nil {
		return err
	}
	if err := w.lock(ctx, starts); err != nil {
		return err
	}
	if err := w.settle(ctx); err != nil {
		return err
	}
	w.plan(ctx, trainers)
	w.signals(starts)
	w.lookAround(today)
	if err := w.run(ctx, starts); err != nil {
		return err
	}
	w.Clock.Set(w.End)
	if err := w.Survey.Sweep(ctx); err != nil {
		return err
	}
	if err := w.Survey.Mix(ctx); err != nil {
		return err
	}
	return w.guests(ctx)
}

// run takes tasks in the order of time; mail leaves once a day.
func (w *World) run(ctx context.Context, starts calendar.Date) error {
	all := starts.DaysUntil(calendar.On(w.End))
	stop := ctx.Done()
	ctx = context.WithoutCancel(ctx) // each statement would watch for the end; once a day is enough
	for d := starts; d.Start().Before(w.End); d = d.AddDays(1) {
		for len(w.queue) > 0 && w.queue[0].at.Before(d.At(8, 1)) {
			t := heap.Pop(&w.queue).(task)
			w.Clock.Set(t.at)
			if err := t.do(ctx); err != nil {
				return fmt.Errorf("on %s: %w", calendar.On(t.at), err)
			}
		}
		if !d.At(8, 1).Before(w.End) {
			break
		}
		w.Clock.Set(d.At(8, 1))
		if err := w.post(ctx); err != nil {
			return err
		}
		if err := w.Training.Sweep(ctx); err != nil {
			return err
		}
		select {
		case <-stop:
			return context.Canceled
		default:
		}
		if w.Say != nil {
			w.Say(starts.DaysUntil(d)+1, all)
		}
	}
	return nil
}

func (w *World) apply(ctx context.Context, id training.EventID, region org.Region, sector string) error {
	female := w.rnd.Float64() < .72
	name := w.name(female)
	p := org.Person{Name: name, Email: email(name, w.rnd.IntN(9000)+1000), Lang: "bg", Sector: sector, Profession: pick(w.rnd, professions[sector]), Region: region.ID,
		Experience: pick(w.rnd, org.Experiences()), Gender: map[bool]string{true: "f", false: "m"}[female]}
	if w.rnd.Float64() < .06 {
		p.Gender = ""
	}
	kind := pick(w.rnd, kinds[sector])
	agency := fmt.Sprintf(pick(w.rnd, names[kind]), region.CentreBG)
	out, err := w.Training.Apply(ctx, access.Public("demo"), access.NewID(), training.Application{
		Event: id, Person: p, AgencyName: agency, AgencyKind: kind, HeadEmail: "head." + fold.Email(strings.ReplaceAll(fold.Words(agency), " ", ".")) + "@example.org", Agreed: true,
	})
	if fault.Is(err, fault.Invalid) {
		return nil // the training closed in the meantime
	}
	if err == nil {
		w.people[out.Seat] = w.somebody(sector)
		w.seats = append(w.seats, out.Seat)
	}
	return err
}

func (w *World) somebody(sector string) *person {
	skill := w.rnd.NormFloat64()
	return &person{sector: sector, gone: w.rnd.IntN(120) == 0, skill: skill, diligent: w.rnd.Float64(), traits: traits(w.rnd, skill), unfollowed: map[survey.Wave]string{}}
}

// post hands out the mail of the day: heads answer, offers are taken, questionnaires wait.
func (w *World) post(ctx context.Context) error {
	for {
		n, err := w.Org.SendDue(ctx, w.Survey.Guard(w.deliver))
		if err != nil || n == 0 {
			return err
		}
	}
}

// errNoMailbox is what mail servers answer when nobody has the address any more.
var errNoMailbox = errors.New("550 5.1.1 no such mailbox")

func (w *World) deliver(_ context.Context, m org.Message) error {
	link := strings.TrimPrefix(m.Vars["link"], "/l/")
	now := w.Clock.Now()
	if p := w.people[training.EnrolmentID(m.Vars["seat"])]; p != nil && p.gone && m.Kind == "answer" {
		return errNoMailbox
	}
	switch m.Kind {
	case "endorse":
		if w.rnd.Float64() < .05 {
			w.Spare["endorse"] = link
			return nil // some heads never answer
		}
		w.later(now.Add(time.Duration(6+w.rnd.IntN(90))*time.Hour), func(ctx context.Context) error { return w.answerHead(ctx, link) })
	case "applied":
		if p := w.people[training.EnrolmentID(m.Vars["seat"])]; p != nil {
			p.link = link
		}
	case "certificate":
		w.Spare[m.Kind] = link
	case "offered":
		w.later(now.Add(time.Duration(2+w.rnd.IntN(60))*time.Hour), func(ctx context.Context) error { return w.answerOffer(ctx, link) })
	case "answer":
		p := w.people[training.EnrolmentID(m.Vars["seat"])]
		wave := survey.Wave(m.Vars["wave"])
		if p == nil || w.rnd.Float64() > w.reach(p, wave, m.Vars["n"]) {
			if p != nil {
				p.unfollowed[wave] = link
			}
			return nil
		}
		w.later(now.Add(time.Duration(1+w.rnd.IntN(60))*time.Hour), func(ctx context.Context) error {
			return w.fill(ctx, link, wave, p, training.EventID(m.Vars["event"]))
		})
	}
	return nil
}

// reach is how likely a message leads to an answer: less with each reminder and with time; those who know less are lost a
// little more often, so that the loss is not at random.
func (w *World) reach(p *person, wave survey.Wave, reminder string) float64 {
	base := map[survey.Wave]float64{survey.Pre: .9, survey.Post: .88, survey.M6: .5}[wave]
	if reminder != "0" {
		base *= .45
	}
	return base * (.75 + .35*p.diligent) * (1 + .06*p.skill)
}

func (w *World) answerHead(ctx context.Context, token string) error {
	answer := training.Agrees
	if w.rnd.Float64() < .04 {
		answer = training.NotNow
	}
	return quiet(w.Training.Respond(ctx, token, "demo", answer, training.Application{}))
}

func (w *World) answerOffer(ctx context.Context, token string) error {
	v, by, err := w.Training.OpenSeat(ctx, token, "demo")
	if err != nil {
		return quiet(err)
	}
	if w.rnd.Float64() < .2 {
		return quiet(w.Training.Decline(ctx, by, v.Seat.ID))
	}
	return quiet(w.Training.Accept(ctx, by, v.Seat.ID))
}

// quiet lets pass what happens to people too: a link that ran out, a step that came too late.
func quiet(err error) error {
	if fault.Is(err, fault.Conflict) || fault.Is(err, fault.NotFound) || fault.Is(err, fault.Invalid) {
		return nil
	}
	return err
}

func pick[T any](r *rand.Rand, all []T) T { return all[r.IntN(len(all))] }

func email(name string, n int) string {
	return fmt.Sprintf("%s%d@example.org", strings.ReplaceAll(fold.Words(name), " ", "."), n)
}

func (w *World) name(female bool) string {
	if female {
		return pick(w.rnd, given[0]) + " " + pick(w.rnd, family) + "а"
	}
	return pick(w.rnd, given[1]) + " " + pick(w.rnd, family)
}

// lock fixes the plan of the study before anybody is asked anything.
func (w *World) lock(ctx context.Context, starts calendar.Date) error {
	if w.Study == nil {
		return nil
	}
	y, _, _ := starts.Parts()
	p := study.Own(survey.Study{ID: survey.OwnStudy, Title: survey.Text{BG: titleBG, EN: titleEN}, Outcomes: survey.Outcomes()}, study.Period{From: y, To: y + 2})
	evaluator := access.Actor{Via: access.ViaCommand, Request: "demo", Grants: []access.Grant{{Role: access.Evaluator}}}
	return w.Study.Lock(ctx, evaluator, survey.OwnStudy, 0, p)
}
