package demo

import (
	"context"
	"errors"
	"slices"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/fault"
	"strengthen/internal/org"
	"strengthen/internal/survey"
	"strengthen/internal/training"
)

// guestRegion and secondRegion are the regions of the coordinator as whom one can look around: one with a training to come,
// one in which people are asked after six months. The guests who work on cases are of the second, so that trained people stand
// beside their cases.
const (
	guestRegion  = "PDV"
	secondRegion = "PAZ"
)

// guide is the trainer as whom one can look around.
const guide = "Ирина Ангелова"

// keeper invites people.
var keeper = access.Actor{Via: access.ViaCommand, Grants: []access.Grant{{Role: access.Administrator}}}

// staff makes one person for each role, and seven trainers.
func (w *World) staff(ctx context.Context) ([]access.PersonID, error) {
	make := func(name string, role access.Role, region access.RegionID) (access.PersonID, error) {
		id, _, err := w.Org.Invite(ctx, keeper, access.NewID(), org.Invitation{Name: name, Email: email(name, w.rnd.IntN(90)+10), Lang: "bg", Role: role, Region: region})
		if err != nil {
			return "", err
		}
		return id, w.Org.WelcomeGuest(ctx, id, map[string]string{guide: "demo.leading"}[name])
	}
	var trainers []access.PersonID
	for _, x := range []struct {
		name   string
		role   access.Role
		region access.RegionID
	}{
		{"Милена Тодорова", access.Manager, ""}, {"Стоян Велев", access.Coordinator, guestRegion}, {guide, access.Trainer, ""},
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
		if x.role == access.DataProtection {
			w.officer = access.Actor{Person: id, Via: access.ViaSession, Grants: []access.Grant{{Role: access.DataProtection}}}
		}
		if w.staffed[x.role] == "" {
			w.staffed[x.role] = id
		}
		if x.role == access.Trainer {
			trainers = append(trainers, id)
		}
	}
	if err := w.Org.Grant(ctx, keeper, access.NewID(), w.staffed[access.Coordinator], access.Grant{Role: access.Coordinator, Region: secondRegion}); err != nil {
		return nil, err
	}
	return trainers, w.Org.SaveHouse(ctx, keeper, org.House{
		Controller: "Фондация „Добро начало“ (измислена)", Address: "София 1000, ул. „Примерна“ № 1", Contact: "office@example.org", Officer: "dpo@example.org",
		ProjectBG: "Укрепване (примерен проект)", ProjectEN: "Strengthen (a sample project)", Programme: "Rights, Equality and Citizenship", Grant: "000000", Retention: 5,
	})
}

// Trainings are counted from the first; one is under way at the end of the play, a few are still to come.
const (
	trainings = 28
	underWay  = 24
)

// starting is about when training k begins: the one under way on the working day before today, so that there is a door to
// try on any day; earlier ones every 24 days before it; the next after two weeks and then every two.
func starting(k int, today calendar.Date) calendar.Date {
	d := today.AddDays(-1)
	switch {
	case k == underWay:
		for weekend(d) {
			d = d.AddDays(-1)
		}
		return d
	case k < underWay:
		d = today.AddDays(-21 - 24*(underWay-1-k))
	default:
		d = today.AddDays(16 + 15*(k-underWay-1))
	}
	for d.Weekday() != time.Monday {
		d = d.AddDays(1)
	}
	return d
}

func weekend(d calendar.Date) bool {
	return d.Weekday() == time.Saturday || d.Weekday() == time.Sunday
}

// plan writes the trainings: one in each region, in an order drawn by lot. The region of the coordinator and the trainer of
// the guests have something to come.
func (w *World) plan(ctx context.Context, trainers []access.PersonID) {
	order := w.rnd.Perm(len(w.tables.Regions))
	swap := func(id access.RegionID, k int) {
		i := slices.IndexFunc(order, func(i int) bool { return w.tables.Regions[i].ID == id })
		order[i], order[k] = order[k], order[i]
	}
	swap(guestRegion, underWay+2)
	swap(secondRegion, underWay-9)
	size := min(max(w.Size, 2), trainings)
	for n := range size {
		k := (n*(trainings-1) + (size-1)/2) / (size - 1) // spread over the whole time when there are fewer
		region := w.tables.Regions[order[k]]
		first := starting(k, calendar.On(w.End))
		venue := venues[k%len(venues)]
		e := training.Event{
			Region: region.ID, VenueBG: venue[0] + ", " + region.CentreBG, VenueEN: venue[1] + ", " + region.CentreEN, Capacity: 32, AgencyMax: 4, NeedShare: 0.8,
			ApplyUntil: first.AddDays(-10), Release: first.AddDays(-8).At(12, 0), Rules: training.DefaultRules(), HalfDays: training.HalfDaysFrom(first, 5),
			Trainers: []access.PersonID{trainers[k%len(trainers)], trainers[(k+1)%len(trainers)]},
		}
		if k == underWay || k == underWay+1 {
			e.Trainers[0] = trainers[0]
		}
		w.later(first.AddDays(-62).At(9, 0).Add(time.Duration(k)*time.Second), func(ctx context.Context) error { return w.open(ctx, k, region, e) })
	}
}

// open plans one training and lays out what its people will do.
func (w *World) open(ctx context.Context, k int, region org.Region, e training.Event) error {
	id, err := w.Training.Plan(ctx, w.manager, access.NewID(), e)
	if err != nil {
		return err
	}
	w.cohort[id] = w.rnd.NormFloat64()
	first := e.HalfDays[0].On
	want := 36 + w.rnd.IntN(9)
	if k%9 == 4 {
		want = 23 // a training that finds fewer people
	}
	if k == underWay+1 {
		want = 56 // the next one has a waiting list
	}
	noPolice := k%7 == 5 // a training whose police minimum is missing, also one to come
	for n := range want {
		sector := w.sector(noPolice)
		at := first.AddDays(-60+w.rnd.IntN(42)).At(9+w.rnd.IntN(8), w.rnd.IntN(60)).Add(time.Duration(n) * time.Second)
		w.later(at, func(ctx context.Context) error { return w.apply(ctx, id, region, sector) })
	}
	w.later(first.AddDays(-58).At(9, 30), func(ctx context.Context) error {
		return w.enrol(ctx, id, region.ID, e.HalfDays[len(e.HalfDays)-1].On)
	})
	sweep := func(ctx context.Context) error { return w.Survey.Sweep(ctx) }
	for _, days := range []int{-20, -2} {
		w.later(first.AddDays(days).At(7, 0), sweep)
	}
	w.later(first.AddDays(-12).At(12, 0), func(ctx context.Context) error { return w.dropout(ctx, id) })
	for i, h := range e.HalfDays {
		if k == underWay && h.On.Compare(first) > 0 {
			break // whoever looks around marks these
		}
		w.later(h.Begin().Add(40*time.Minute), func(ctx context.Context) error { return w.attend(ctx, id, i, k == underWay && i > 0) })
	}
	last := e.HalfDays[len(e.HalfDays)-1].On
	w.later(last.At(17, 30), sweep)
	if k == underWay-1 {
		return nil // the certificates wait for whoever looks around
	}
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

// dropout withdraws two people shortly before the training, so that others move up; none of those who work on cases.
func (w *World) dropout(ctx context.Context, id training.EventID) error {
	cards, err := w.Training.Roster(ctx, w.manager, training.RosterFilter{Event: id, State: training.Confirmed, Limit: 100})
	if err != nil {
		return err
	}
	cards = slices.DeleteFunc(cards, func(c training.Card) bool { return w.worksOnCases(c.Person) })
	for range min(2, len(cards)/12) {
		c := cards[w.rnd.IntN(len(cards))]
		if err := quiet(w.Training.Withdraw(ctx, w.manager, c.ID)); err != nil {
			return err
		}
	}
	return nil
}

func (w *World) attend(ctx context.Context, id training.EventID, half int, unfinished bool) error {
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
	if unfinished { // a few were not marked any more
		cards = cards[:max(0, len(cards)-6)]
	}
	for _, c := range cards {
		status, p := training.Present, w.people[c.ID]
		switch x := w.rnd.Float64(); {
		case p != nil && p.diligent < .06, x < .05:
			status = training.Absent
		case x < .10:
			status = training.Late
		case x < .12:
			status = training.LeftEarly
		}
		marks = append(marks, training.Presence{Enrolment: c.ID, HalfDay: e.HalfDays[half].ID, Status: status, Method: training.ByScan, ClientKey: access.NewID()})
	}
	return w.Training.Mark(ctx, trainer, id, marks)
}

// lookAround lets people open records in the last weeks, as they do at work, so that the record of access has something to
// tell: seats and people, answers by code once a week, and now and then more than somebody may.
func (w *World) lookAround(today calendar.Date) {
	for d := today.AddDays(-40); d.Before(today); d = d.AddDays(1) {
		if !weekend(d) {
			w.later(d.At(11, 0), func(ctx context.Context) error { return w.look(ctx, d) })
		}
	}
}

func (w *World) look(ctx context.Context, d calendar.Date) error {
	as := func(r access.Role, region access.RegionID) access.Actor {
		return access.Actor{Person: w.staffed[r], Via: access.ViaSession, Grants: []access.Grant{{Role: r, Region: region}}}
	}
	open := func(by access.Actor) error {
		_, err := w.Training.Seat(ctx, by, pick(w.rnd, w.seats[max(0, len(w.seats)-200):]))
		if fault.Is(err, fault.Denied) {
			return nil
		}
		return err
	}
	var all []error
	for range w.rnd.IntN(6) {
		all = append(all, open(w.manager))
	}
	if w.rnd.IntN(4) == 0 {
		all = append(all, open(as(access.Trainer, "")), open(as(access.Coordinator, guestRegion)))
	}
	if d.Weekday() == time.Thursday {
		_, err := w.Survey.Answers(ctx, as(access.Evaluator, ""), survey.OwnStudy)
		all = append(all, err)
	}
	return errors.Join(all...)
}

// guests gives accounts to two participants, so that one can look around as either: one for whom a training is under way, and
// one who completed, has a certificate and has not answered after six months. It also keeps one link of each kind that
// people get by mail and that nobody has followed.
func (w *World) guests(ctx context.Context) error {
	events, _, err := w.Training.Events(ctx, w.manager, training.EventFilter{})
	if err != nil {
		return err
	}
	for _, e := range events {
		cards, err := w.Training.Roster(ctx, w.manager, training.RosterFilter{Event: e.ID, State: training.Confirmed, Limit: 100})
		if err != nil {
			return err
		}
		for _, c := range cards {
			if err := w.notice(ctx, e, c); err != nil {
				return err
			}
		}
	}
	var links []org.DemoLink
	for _, kind := range []string{"answer.pre", "answer.m6", "endorse", "seat", "certificate"} {
		if token := w.Spare[kind]; token != "" {
			links = append(links, org.DemoLink{Kind: kind, Path: "/l/" + token})
		}
	}
	links = append(links, org.DemoLink{Kind: "verify", Path: "/verify/" + w.Spare["verify"]})
	if _, _, err := w.Org.Invite(ctx, keeper, access.NewID(), org.Invitation{Name: "Петя Станчева", Email: "petya.stancheva@example.org", Lang: "bg", Role: access.Coordinator, Region: "VAR"}); err != nil {
		return err
	}
	return errors.Join(w.admit(ctx, w.coming, "demo.coming"), w.admit(ctx, w.done, "demo.done"), w.Org.KeepDemoLinks(ctx, links))
}

func (w *World) admit(ctx context.Context, id access.PersonID, note string) error {
	if id == "" { // a small play may have nobody of the kind
		return nil
	}
	return w.Org.EnableGuest(ctx, id, access.Grant{Role: access.Participant}, note)
}

// notice looks whether somebody with a seat will do as a guest, or has a link to show.
func (w *World) notice(ctx context.Context, e training.Event, c training.Card) error {
	p := w.people[c.ID]
	asked := func(wave survey.Wave) bool {
		v, err := w.Survey.Open(ctx, p.unfollowed[wave])
		return err == nil && !v.Invitation.Done
	}
	switch {
	case !e.Begun(w.End):
		w.Spare["seat"] = p.link
		if asked(survey.Pre) {
			w.Spare["answer.pre"] = p.unfollowed[survey.Pre]
		}
	case w.worksOnCases(c.Person): // looks around in another role
	case !training.Held(e, w.End) && w.coming == "":
		w.coming = c.Person
	case c.Done && asked(survey.M6) && w.done == "":
		w.done = c.Person
		v, err := w.Training.Certificate(ctx, w.manager, c.ID)
		w.Spare["verify"] = v.Certificate.Code
		return err
	case c.Done && asked(survey.M6):
		w.Spare["answer.m6"] = p.unfollowed[survey.M6]
	}
	return nil
}
