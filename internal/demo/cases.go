package demo

import (
	"context"
	"math"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/casework"
	"strengthen/internal/sealed"
)

// signalsInAll is about how many signals come in over the two years.
const signalsInAll = 1500

// signals lays out when signals come in: on any day and at any hour, in every region, a few more in the large ones.
func (w *World) signals(starts calendar.Date) {
	days := starts.DaysUntil(calendar.On(w.End))
	n := w.Signals
	if n == 0 {
		n = signalsInAll * max(w.Size, 2) / trainings
	}
	for range n {
		t := w.towns[w.rnd.IntN(len(w.towns))]
		if w.rnd.Float64() < .15 {
			t = w.towns[w.rnd.IntN(len(w.towns))%6]
		}
		at := starts.AddDays(3+w.rnd.IntN(max(days-3, 1))).At(7+w.rnd.IntN(15), w.rnd.IntN(60)).Add(time.Duration(w.rnd.IntN(60)) * time.Second)
		w.later(at, func(ctx context.Context) error { return w.signal(ctx, t) })
	}
	for _, ago := range []int{3, 9, 26} { // and some at the very end, so that something waits for whoever looks around
		w.later(w.End.Add(-time.Duration(ago)*time.Hour), func(ctx context.Context) error { return w.signal(ctx, w.guestTown()) })
	}
	w.later(w.End.AddDate(0, 0, -2), func(ctx context.Context) error { return w.rota(ctx, w.guestTown()) })
	w.later(octoberNight(w.End), func(ctx context.Context) error { return w.nightOfOctober(ctx, w.guestTown()) })
	for d := starts; d.Start().Before(w.End); d = d.AddDays(1) {
		for _, hour := range []int{8, 14, 20} {
			w.later(d.At(hour, 30), w.sweepTerms)
		}
	}
}

// rota puts the people of a town on duty for a fortnight, a week each; the police keep theirs themselves.
func (w *World) rota(ctx context.Context, t *town) error {
	monday := calendar.On(w.Clock.Now())
	for i, x := range []struct{ keeper, who string }{{"head", "worker"}, {"head", "worker2"}, {"inspector", "inspector"}} {
		from, keeper := monday.AddDays(7*(i%2)).At(8, 0), t.people[x.keeper]
		turn := casework.Duty{Agency: keeper.AgencyAt(w.Clock.Now()), Person: t.people[x.who].Person, From: from, Until: from.AddDate(0, 0, 7), Rung: 1}
		if err := w.Casework.PlanDuty(ctx, keeper, access.NewID(), turn); err != nil {
			return err
		}
	}
	return nil
}

func (w *World) guestTown() *town {
	for _, t := range w.towns {
		if t.region.ID == secondRegion {
			return t
		}
	}
	return w.towns[0]
}

func (w *World) sweepTerms(ctx context.Context) error {
	if _, err := w.Casework.SweepClocks(ctx); err != nil {
		return err
	}
	if err := w.Casework.SettleMinutes(ctx); err != nil {
		return err
	}
	return w.Casework.ExpireRequests(ctx)
}

// story is what a signal tells, in words that name nobody.
type story struct {
	kind      casework.Kind
	setting   string
	narrative string
}

var stories = []story{
	{"physical", "family", "Детето идва в час със синина на ръката и казва, че вкъщи го бият, когато сбърка в домашното."},
	{"physical", "family", "Съседи чуват викове и плач всяка вечер; днес детето е излязло босо на стълбището."},
	{"psychological", "family", "Бащата заплашва детето, че ще го изгони, ако разказва какво става у дома."},
	{"witness_dv", "family", "Детето е било в стаята, когато бащата е ударил майката. Обадила се е самата майка."},
	{"neglect_health", "family", "Детето не е водено на лекар от седмици, въпреки високата температура и кашлицата."},
	{"neglect_education", "family", "Над петнайсет отсъствия за месец; родителите не отговарят на обажданията на училището."},
	{"neglect_home", "family", "В дома няма отопление и вода; две деца спят на едно легло при открит прозорец."},
	{"bullying", "school", "Група ученици събличат и снимат момче в съблекалнята; снимките се разпращат в чат."},
	{"sexual", "online", "Момиче получава съобщения от непознат възрастен, който иска снимки и среща."},
	{"abandonment", "family", "Майката заяви в родилното, че няма къде да отиде с бебето и ще го остави."},
	{"no_care", "social_environment", "Дете проси на пазара в учебно време; казва, че баба му го праща."},
	{"dropout", "school", "Ученичка на четиринайсет не идва от началото на срока; говори се, че ще я омъжат."},
	{"crisis_event", "school", "Ученик е написал на приятел, че не иска да живее, и не отговаря на телефона."},
}

// signal takes one signal in, on one of its ways, and lays out how it goes on.
func (w *World) signal(ctx context.Context, t *town) error {
	x := pick(w.rnd, stories)
	g := casework.Signal{
		Region: t.region.ID, Municipality: pick(w.rnd, t.places), Kinds: []casework.Kind{x.kind}, Setting: x.setting, Track: casework.TrackOf([]casework.Kind{x.kind}), Channel: "phone",
		Band: pick(w.rnd, []string{"0-2", "3-6", "7-9", "7-9", "10-13", "10-13", "14-17"}), Sex: pick(w.rnd, []string{"f", "m"}), Words: casework.Words{Narrative: sealed.Text(x.narrative)}, Urgent: w.rnd.Float64() < .12,
	}
	switch x.kind {
	case "crisis_event":
		g.Urgent, g.Band = true, "14-17"
	case "abandonment":
		g.Band = "0-2"
	case "sexual", "bullying":
		g.Band = pick(w.rnd, []string{"10-13", "14-17"})
	}
	given, err := w.give(ctx, t, g)
	if err != nil {
		return err
	}
	if w.rnd.Float64() < .05 && g.Track == casework.Violence { // a second institution reports the same
		again := w.Clock.Now().Add(time.Duration(1+w.rnd.IntN(20)) * time.Hour)
		w.later(again, func(ctx context.Context) error { return w.duplicate(ctx, t, g, given) })
	}
	return w.handle(ctx, t, given, g)
}

// give lets a signal come in: from a school, the police, a hospital, by telephone, or by the public form.
func (w *World) give(ctx context.Context, t *town, g casework.Signal) (casework.Given, error) {
	g.Source = casework.FromPerson
	who, give := "worker", w.Casework.Enter
	switch p := w.rnd.Float64(); {
	case p < .34:
		who, g.Source = "teacher", casework.FromAgency
	case p < .52:
		who, g.Source = "inspector", casework.FromAgency
	case p < .6 || g.Kinds[0] == "abandonment":
		who, g.Source = "doctor", casework.FromAgency
		g.Learned = w.Clock.Now().Add(-time.Duration(w.rnd.IntN(20)) * time.Hour)
	case p < .72:
		give, g.Source, who = w.Casework.Give, pick(w.rnd, []casework.Source{casework.FromPerson, casework.FromFamily, casework.FromChild}), ""
		if g.Track == casework.Violence && w.rnd.Float64() < .3 {
			g.Source = casework.Anonymous
		}
	case p < .82:
		g.Channel = "helpline"
	}
	by := access.Public("demo")
	if who != "" {
		by = t.people[who]
	}
	if g.Source == casework.FromAgency {
		g.SourceAgency, g.Channel = t.agency[seatOf[who].agency], "email"
	}
	return give(ctx, by, access.NewID(), g)
}

func (w *World) duplicate(ctx context.Context, t *town, g casework.Signal, first casework.Given) error {
	second, err := w.give(ctx, t, g)
	if err != nil {
		return err
	}
	w.later(w.Clock.Now().Add(time.Hour), func(ctx context.Context) error {
		v, err := w.stands(ctx, t.people["worker"], first)
		if err != nil || v.State == casework.NoAction {
			return err
		}
		return quiet(w.Casework.Join(ctx, t.people["worker"], second.Signal, 1, first.Signal))
	})
	return nil
}

// pace is how long something takes in a town: less after its training, which is the effect that is there to be found.
func (w *World) pace(t *town, hours, spread float64) time.Duration {
	h := hours * math.Exp(spread*w.rnd.NormFloat64())
	if !t.trained.IsZero() && w.Clock.Now().After(t.trained) {
		h *= .62
	}
	return time.Duration(h * float64(time.Hour))
}

// handle lays out the assessment of a signal.
func (w *World) handle(_ context.Context, t *town, given casework.Given, g casework.Signal) error {
	worker := t.people[pick(w.rnd, []string{"worker", "worker", "worker2"})]
	now := w.Clock.Now()
	took := w.pace(t, 14, .5)
	if g.Track == casework.Other {
		took = w.pace(t, 120, .4)
	}
	if now.Add(took).After(w.End) {
		return nil // what came last waits for whoever looks around
	}
	happens := func(at time.Time, e casework.Event, often float64) {
		if w.rnd.Float64() < often {
			w.later(at, w.happened(worker, given, e))
		}
	}
	if g.Track == casework.Violence {
		happens(now.Add(w.pace(t, .7, .5)), casework.SignalTold, .9)
	}
	if g.Source != casework.Anonymous {
		happens(now.Add(w.pace(t, 24*7, .4)), casework.SenderAnswered, .93)
	}
	w.later(now.Add(took/4), w.seen(worker, given, func(ctx context.Context, n int) error { return w.Casework.Acknowledge(ctx, worker, given.Signal, n) }))
	w.later(now.Add(took/2), w.seen(worker, given, func(ctx context.Context, n int) error { return w.Casework.Screen(ctx, worker, given.Signal, n) }))
	w.later(now.Add(took), func(ctx context.Context) error { return w.assess(ctx, t, worker, given, g) })
	return nil
}

// stands is a signal as it stands now, as a list of signals tells it.
func (w *World) stands(ctx context.Context, by access.Actor, g casework.Given) (casework.Signal, error) {
	all, err := w.Casework.Signals(ctx, by, casework.SignalFilter{Ref: g.Ref, Limit: 1})
	if err != nil || len(all) == 0 {
		return casework.Signal{}, err
	}
	return all[0], nil
}

// seen makes a task of an act on a signal as it stands when the task comes.
func (w *World) seen(by access.Actor, g casework.Given, act func(ctx context.Context, version int) error) func(context.Context) error {
	return func(ctx context.Context) error {
		v, err := w.stands(ctx, by, g)
		if err != nil {
			return err
		}
		return quiet(act(ctx, v.Version))
	}
}

func (w *World) happened(by access.Actor, g casework.Given, e casework.Event) func(context.Context) error {
	return w.seen(by, g, func(ctx context.Context, version int) error {
		return w.Casework.Happened(ctx, by, g.Signal, version, e, time.Time{})
	})
}

func (w *World) assess(ctx context.Context, t *town, worker access.Actor, given casework.Given, g casework.Signal) error {
	v, err := w.stands(ctx, worker, given)
	if err != nil || v.State != casework.Screening {
		return err
	}
	id, version := given.Signal, v.Version
	found := casework.AtRisk
	switch p := w.rnd.Float64(); {
	case p < .24:
		found = casework.Unfounded
	case g.Track == casework.Violence && p < .85:
		found = casework.Confirmed
	}
	if err := w.Casework.Assess(ctx, worker, id, version, found, time.Time{}); err != nil {
		return err
	}
	if found == casework.Unfounded {
		if err := w.Casework.ProposeEnd(ctx, worker, id, version+1, "Проверено с училището и семейството; няма данни за риск."); err != nil {
			return err
		}
		head := t.people["head"]
		w.later(w.Clock.Now().Add(time.Duration(3+w.rnd.IntN(30))*time.Hour), w.seen(head, given, func(ctx context.Context, n int) error {
			return w.Casework.DecideEnd(ctx, head, id, n, true, "")
		}))
		return nil
	}
	c, err := w.Casework.Open(ctx, worker, access.NewID(), id, version+1, "")
	if err != nil {
		return err
	}
	return w.work(ctx, t, worker, c, g, found)
}

// work lays out how a case goes on: the team, its meeting, the plan, and the end.
func (w *World) work(_ context.Context, t *town, worker access.Actor, id casework.CaseID, g casework.Signal, found casework.Outcome) error {
	c := &caseStory{w: w, t: t, by: worker, id: id, kind: g.Kinds[0]}
	now := w.Clock.Now()
	planned := now.Add(w.pace(t, 24*16, .35))
	if found == casework.Confirmed || g.Track == casework.Crisis {
		met := inWorkingHours(now.Add(time.Hour + w.pace(t, 25, .5)))
		w.later(now.Add(time.Duration(5+w.rnd.IntN(50))*time.Minute), func(ctx context.Context) error { return c.callTeam(ctx, met) })
		w.later(met, c.meet)
		planned = met.Add(w.pace(t, 24*12, .3))
	} else {
		w.later(now.Add(2*time.Hour), func(ctx context.Context) error { return c.step(ctx, casework.Assess) })
	}
	w.later(now.Add(w.pace(t, 24*19, .3)), func(ctx context.Context) error {
		return quiet(w.Casework.CaseHappened(ctx, worker, id, casework.CaseAssessed, time.Time{}, ""))
	})
	w.later(inWorkingHours(now.Add(26*time.Hour)), c.record)
	w.later(planned, c.plan)
	switch p := w.rnd.Float64(); {
	case p < .03:
		w.later(now.Add(30*time.Hour), c.glass)
	case p < .06 && found == casework.Confirmed:
		w.later(now.Add(20*24*time.Hour), c.refusal)
	case p < .14:
		w.later(now.Add(3*24*time.Hour), c.ask)
	}
	months := 5
	if g.Kinds[0] == "abandonment" {
		months = 2
	}
	review := planned.AddDate(0, months, w.rnd.IntN(28))
	w.later(review, c.review)
	w.later(review.AddDate(0, 0, 6), c.endReview)
	w.later(planned.AddDate(0, 7, w.rnd.IntN(90)), c.close)
	return nil
}

var working = calendar.NewWorkCalendar(nil)

// inWorkingHours is the next quarter of an hour, from a moment on, at which several institutions would sit down together: on a
// working day from nine to half past four. What would fall into the night or a holiday is spread over the next morning.
func inWorkingHours(at time.Time) time.Time {
	at = at.Add(15*time.Minute - time.Second).Truncate(15 * time.Minute)
	day := calendar.On(at)
	opens, closes := day.At(9, 0), day.At(16, 30)
	if working.Working(day) && !at.Before(opens) && !at.After(closes) {
		return at
	}
	if at.After(closes) {
		day = day.AddDays(1)
	}
	return working.NextWorking(day).At(9, 2*at.Minute())
}

// octoberNight is the Saturday evening before the clocks were last put back.
func octoberNight(end time.Time) time.Time {
	y, m, _ := calendar.On(end).Parts()
	if m < 11 {
		y--
	}
	d := calendar.Of(y, 10, 31)
	for d.Weekday() != time.Sunday {
		d = d.AddDays(-1)
	}
	return d.AddDays(-1).At(21, 40)
}

// nightOfOctober is a police protection over the weekend on which the clocks are put back: forty-eight hours end an hour earlier
// by the clock on the wall.
func (w *World) nightOfOctober(ctx context.Context, t *town) error {
	inspector, worker := t.people["inspector"], t.people["worker"]
	given, err := w.Casework.Enter(ctx, worker, access.NewID(), casework.Signal{Channel: "112", Source: casework.FromAgency, SourceAgency: t.agency["police_district"], Region: t.region.ID, Municipality: t.places[0],
		Track: casework.Violence, Kinds: []casework.Kind{"physical", "witness_dv"}, Setting: "family", Band: "7-9", Sex: "m", Urgent: true,
		Words: casework.Words{Narrative: "Момче е намерено само на улицата в събота вечер; избягало е, докато бащата е удрял майката."}})
	if err != nil {
		return err
	}
	v, err := w.stands(ctx, worker, given)
	if err != nil {
		return err
	}
	id, err := w.Casework.Open(ctx, worker, access.NewID(), given.Signal, v.Version, "")
	if err != nil {
		return err
	}
	if err := w.Casework.Invite(ctx, worker, access.NewID(), id, casework.Seat{Agency: t.agency["police_district"], Person: inspector.Person, Function: "cpo_inspector"}, 180); err != nil {
		return err
	}
	granted := w.Clock.Now()
	if err := w.Casework.Protect(ctx, inspector, access.NewID(), casework.Protection{Case: id, Agency: t.agency["police_district"], AskedBy: "police", Ground: "danger", OrderedBy: "duty_officer", Granted: granted, Option: "residential"}); err != nil {
		return err
	}
	w.later(granted.Add(50*time.Minute), func(ctx context.Context) error {
		p, err := w.Casework.OpenProtection(ctx, inspector, id)
		if err != nil {
			return err
		}
		notices := map[string]time.Time{}
		for i, n := range casework.ProtectionList("notice") {
			notices[n] = granted.Add(time.Duration(5+8*i) * time.Minute)
		}
		return w.Casework.NoteNotices(ctx, inspector, p.Protections[0].ID, p.Protections[0].Version, notices, granted.Add(10*time.Minute))
	})
	w.later(granted.Add(46*time.Hour), func(ctx context.Context) error {
		p, err := w.Casework.OpenProtection(ctx, inspector, id)
		if err != nil {
			return err
		}
		return w.Casework.EndProtection(ctx, inspector, p.Protections[0].ID, p.Protections[0].Version, w.Clock.Now(), "social_worker", "Предадено на дежурния социален работник с протокол.")
	})
	w.later(granted.Add(47*time.Hour), func(ctx context.Context) error {
		return w.Casework.CaseHappened(ctx, worker, id, "help.organised", time.Time{}, "")
	})
	w.later(granted.Add(14*time.Hour), w.happened(worker, given, casework.SenderAnswered))
	c := &caseStory{w: w, t: t, by: worker, id: id, kind: "physical"}
	met := inWorkingHours(granted.Add(36 * time.Hour))
	w.later(granted.Add(2*time.Hour), func(ctx context.Context) error { return c.callTeam(ctx, met) })
	w.later(met, c.meet)
	w.later(met.Add(time.Hour), c.record)
	w.later(granted.Add(90*time.Minute), w.seen(worker, given, func(ctx context.Context, n int) error {
		return w.Casework.Assess(ctx, worker, given.Signal, n, casework.Confirmed, time.Time{})
	}))
	return nil
}
