// Package demo plays two years of an invented national programme through the same service methods that people use, with a
// moved clock and a fixed seed. No row is written beside the services; no person, name or institution is real.
package demo

import (
	"container/heap"
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
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
	Clock    *Clock
	Say      func(done, all int) // progress; may be nil
	End      time.Time           // the moment at which the play stops: the present
	Size     int                 // trainings, at most 28
	Spare    map[string]string   // the last link of each kind that nobody followed, for tests of the pages behind them
	rnd      *rand.Rand
	queue    tasks
	tables   org.Tables
	manager  access.Actor
	people   map[training.EnrolmentID]*person
	cohort   map[training.EventID]float64
	n        int
}

type person struct {
	skill    float64
	diligent float64
	invited  map[survey.Wave]string
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
	w.people, w.cohort = map[training.EnrolmentID]*person{}, map[training.EventID]float64{}
	today := calendar.On(w.End)
	y, m, _ := today.Parts()
	starts := calendar.Of(y, m-19, 1)
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
	if err := w.plan(ctx, starts, trainers); err != nil {
		return err
	}
	if err := w.lock(ctx, starts); err != nil {
		return err
	}
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
	return w.participant(ctx)
}

// participant gives an account to somebody who completed, so that one can look around as a participant.
func (w *World) participant(ctx context.Context) error {
	events, counts, err := w.Training.Events(ctx, w.manager, training.EventFilter{})
	if err != nil {
		return err
	}
	for _, e := range events {
		if counts[e.ID].Completed == 0 {
			continue
		}
		cards, err := w.Training.Roster(ctx, w.manager, training.RosterFilter{Event: e.ID, State: training.Confirmed, Limit: 100})
		if err != nil {
			return err
		}
		for _, c := range cards {
			if c.Done {
				return w.Org.EnableGuest(ctx, c.Person, access.Participant, "")
			}
		}
	}
	return nil
}

// run takes tasks in the order of time; mail leaves once a day.
func (w *World) run(ctx context.Context, starts calendar.Date) error {
	all := starts.DaysUntil(calendar.On(w.End))
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
		if w.Say != nil {
			w.Say(starts.DaysUntil(d)+1, all)
		}
	}
	return nil
}

// staff makes one person for each role, and seven trainers.
func (w *World) staff(ctx context.Context) ([]access.PersonID, error) {
	admin := access.Actor{Via: access.ViaCommand, Grants: []access.Grant{{Role: access.Administrator}, {Role: access.Manager}}}
	make := func(name string, role access.Role, region access.RegionID) (access.PersonID, error) {
		id, _, err := w.Org.Invite(ctx, admin, access.NewID(), org.Invitation{Name: name, Email: email(name, w.rnd.IntN(90)+10), Lang: "bg", Role: role, Region: region})
		if err != nil {
			return "", err
		}
		return id, w.Org.WelcomeGuest(ctx, id)
	}
	var trainers []access.PersonID
	for _, x := range []struct {
		name   string
		role   access.Role
		region access.RegionID
	}{
		{"Милена Тодорова", access.Manager, ""}, {"Стоян Велев", access.Coordinator, "PDV"}, {"Ирина Ангелова", access.Trainer, ""},
		{"Калина Рускова", access.Evaluator, ""}, {"Anna Becker", access.Funder, ""}, {"Деян Касабов", access.DataProtection, ""},
		{"Огнян Пеев", access.Administrator, ""}, {"Димитър Петков", access.Trainer, ""}, {"Светла Димова", access.Trainer, ""},
		{"Невена Радулова", access.Trainer, ""}, {"Борис Карадимов", access.Trainer, ""}, {"Жана Чолакова", access.Trainer, ""},
	} {
		id, err := make(x.name, x.role, x.region)
		if err != nil {
			return nil, err
		}
		if x.role == access.Manager {
			w.manager = access.Actor{Person: id, Via: access.ViaSession, Grants: []access.Grant{{Role: access.Manager}}}
		}
		if x.role == access.Trainer {
			trainers = append(trainers, id)
		}
	}
	return trainers, nil
}

// plan writes the trainings: the regions in an order drawn by lot, the last two without a date yet.
func (w *World) plan(ctx context.Context, starts calendar.Date, trainers []access.PersonID) error {
	order := w.rnd.Perm(len(w.tables.Regions))
	for k, i := range order[:min(w.Size, len(order))] {
		region := w.tables.Regions[i]
		first := starts.AddDays(75 + 22*k)
		for first.Weekday() != time.Monday {
			first = first.AddDays(1)
		}
		venue := venues[k%len(venues)]
		e := training.Event{
			Region: region.ID, VenueBG: venue[0] + ", " + region.CentreBG, VenueEN: venue[1] + ", " + region.CentreEN, Capacity: 32, AgencyMax: 4, NeedShare: 0.8,
			ApplyUntil: first.AddDays(-10), Release: first.AddDays(-8).At(12, 0), Rules: training.DefaultRules(), HalfDays: training.HalfDaysFrom(first, 5),
			Trainers: []access.PersonID{trainers[k%len(trainers)], trainers[(k+1)%len(trainers)]},
		}
		w.later(first.AddDays(-62).At(9, 0).Add(time.Duration(k)*time.Second), func(ctx context.Context) error { return w.open(ctx, k, region, e) })
	}
	return nil
}

// open plans one training and lays out what its people will do.
func (w *World) open(ctx context.Context, k int, region org.Region, e training.Event) error {
	id, err := w.Training.Plan(ctx, w.manager, access.NewID(), e)
	if err != nil {
		return err
	}
	w.cohort[id] = w.rnd.NormFloat64()
	first := e.HalfDays[0].On
	want := 34 + w.rnd.IntN(9)
	if k%9 == 4 {
		want = 27 // a training that finds fewer people
	}
	if days := calendar.On(w.End).DaysUntil(first); days > 0 && days <= 30 {
		want = 48 // the next one has a waiting list
	}
	noPolice := k%7 == 5 // a training whose police minimum is missing
	for n := range want {
		sector := w.sector(noPolice)
		at := first.AddDays(-60+w.rnd.IntN(42)).At(9+w.rnd.IntN(8), w.rnd.IntN(60)).Add(time.Duration(n) * time.Second)
		w.later(at, func(ctx context.Context) error { return w.apply(ctx, id, region, sector) })
	}
	sweep := func(ctx context.Context) error { return w.Survey.Sweep(ctx) }
	w.later(first.AddDays(-30).At(7, 0), sweep)
	w.later(first.AddDays(-5).At(7, 0), sweep)
	w.later(first.AddDays(-1).At(7, 0), sweep)
	w.later(first.AddDays(-12).At(12, 0), func(ctx context.Context) error { return w.dropout(ctx, id) })
	for i, h := range e.HalfDays {
		w.later(h.Begin().Add(40*time.Minute), func(ctx context.Context) error { return w.attend(ctx, id, i) })
	}
	last := e.HalfDays[len(e.HalfDays)-1].On
	w.later(last.At(17, 30), sweep)
	w.later(last.AddDays(6).At(10, 0), func(ctx context.Context) error {
		_, err := w.Training.Issue(ctx, w.manager, id)
		return err
	})
	return nil
}

func (w *World) sector(noPolice bool) string {
	x := w.rnd.Float64()
	for _, s := range []struct {
		code string
		p    float64
	}{{"social", .37}, {"education", .65}, {"police", .83}, {"ngo", .91}, {"municipality", .95}, {"health", .98}, {"mediation", 1}} {
		if x <= s.p {
			if s.code == "police" && noPolice && w.rnd.Float64() < .8 {
				return "education"
			}
			return s.code
		}
	}
	return "social"
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
		w.people[out.Seat] = &person{skill: w.rnd.NormFloat64(), diligent: w.rnd.Float64(), invited: map[survey.Wave]string{}}
	}
	return err
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

func (w *World) deliver(_ context.Context, m org.Message) error {
	link := strings.TrimPrefix(m.Vars["link"], "/l/")
	now := w.Clock.Now()
	switch m.Kind {
	case "endorse":
		if w.rnd.Float64() < .05 {
			w.Spare["endorse"] = link
			return nil // some heads never answer
		}
		w.later(now.Add(time.Duration(6+w.rnd.IntN(90))*time.Hour), func(ctx context.Context) error { return w.answerHead(ctx, link) })
	case "certificate", "waiting":
		w.Spare[m.Kind] = link
	case "offered":
		w.later(now.Add(time.Duration(2+w.rnd.IntN(60))*time.Hour), func(ctx context.Context) error { return w.answerOffer(ctx, link) })
	case "answer":
		p := w.people[training.EnrolmentID(m.Vars["seat"])]
		wave := survey.Wave(m.Vars["wave"])
		if p == nil || w.rnd.Float64() > w.reach(p, wave, m.Vars["n"]) {
			w.Spare["answer."+string(wave)] = link
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

// dropout withdraws two people shortly before the training, so that others move up.
func (w *World) dropout(ctx context.Context, id training.EventID) error {
	cards, err := w.Training.Roster(ctx, w.manager, training.RosterFilter{Event: id, State: training.Confirmed, Limit: 100})
	if err != nil {
		return err
	}
	for range min(2, len(cards)/12) {
		c := cards[w.rnd.IntN(len(cards))]
		if err := quiet(w.Training.Withdraw(ctx, w.manager, c.ID)); err != nil {
			return err
		}
	}
	return nil
}

func (w *World) attend(ctx context.Context, id training.EventID, half int) error {
	e, err := w.Training.Event(ctx, w.manager, id)
	if err != nil {
		return err
	}
	cards, err := w.Training.Roster(ctx, w.manager, training.RosterFilter{Event: id, State: training.Confirmed, Limit: 100})
	if err != nil {
		return err
	}
	trainer := access.Actor{Person: e.Trainers[0], Via: access.ViaSession, Grants: []access.Grant{{Role: access.Trainer}}}
	var marks []training.Presence
	for _, c := range cards {
		status, p := training.Present, w.people[c.ID]
		switch x := w.rnd.Float64(); {
		case p != nil && p.diligent < .04, x < .04:
			status = training.Absent
		case x < .08:
			status = training.Late
		case x < .095:
			status = training.LeftEarly
		}
		marks = append(marks, training.Presence{Enrolment: c.ID, HalfDay: e.HalfDays[half].ID, Status: status, Method: training.ByScan, ClientKey: access.NewID()})
	}
	return w.Training.Mark(ctx, trainer, id, marks)
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
