package demo

import (
	"context"
	"fmt"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/casework"
	"strengthen/internal/sealed"
)

// caseStory is a case under way.
type caseStory struct {
	w       *World
	t       *town
	by      access.Actor // leads it
	id      casework.CaseID
	kind    casework.Kind
	meeting string
}

func (c *caseStory) version(ctx context.Context) (int, error) {
	v, err := c.w.Casework.OpenCase(ctx, c.by, c.id)
	return v.Case.Version, err
}

func (c *caseStory) step(ctx context.Context, p casework.CaseStep) error {
	n, err := c.version(ctx)
	if err != nil {
		return err
	}
	return quiet(c.w.Casework.Step(ctx, c.by, c.id, n, p, ""))
}

// callTeam invites the three mandatory institutions and calls them, by telephone and in writing.
func (c *caseStory) callTeam(ctx context.Context, at time.Time) error {
	members := []string{"inspector", "prosecutor", "expert"}
	if c.w.rnd.Float64() < .4 {
		members = append(members, "teacher")
	}
	for _, who := range members {
		seat := casework.Seat{Agency: c.t.agency[seatOf[who].agency], Person: c.t.people[who].Person, Function: seatOf[who].profession}
		if err := c.w.Casework.Invite(ctx, c.by, access.NewID(), c.id, seat, 180); err != nil {
			return err
		}
	}
	var err error
	c.meeting, err = c.w.Casework.Convoke(ctx, c.by, access.NewID(), c.id, casework.Meeting{At: at, Place: sealed.Text(fmt.Sprintf("ДСП %s, стая %d", c.t.region.CentreBG, 2+c.w.rnd.IntN(20)))})
	if err != nil {
		return err
	}
	now := c.w.Clock.Now()
	for _, who := range members[:3] {
		call := casework.Call{Agency: c.t.agency[seatOf[who].agency], Phoned: now, Wrote: now, Channel: "email"}
		if err := c.w.Casework.NoteCall(ctx, c.by, c.id, c.meeting, call); err != nil {
			return err
		}
	}
	return nil
}

// meet holds the meeting. The prosecution misses some, fewer after the training; sometimes somebody dissents.
func (c *caseStory) meet(ctx context.Context) error {
	if c.meeting == "" {
		return nil
	}
	absent := .22
	if !c.t.trained.IsZero() && c.w.Clock.Now().After(c.t.trained) {
		absent = .1
	}
	v, err := c.w.Casework.OpenMeeting(ctx, c.by, c.id, c.meeting)
	if err != nil {
		return err
	}
	var came []casework.Attended
	signing := map[access.AgencyID]bool{}
	for _, x := range v.Meeting.Calls {
		a := casework.Attended{Agency: x.Agency, Came: "yes"}
		if x.Agency == c.t.agency["prosecution"] && c.w.rnd.Float64() < absent {
			a.Came = "no"
		}
		signing[x.Agency] = a.Came == "yes"
		came = append(came, a)
	}
	if err := c.w.Casework.Hold(ctx, c.by, c.id, c.meeting, c.w.Clock.Now(), came); err != nil {
		return err
	}
	if c.w.End.Sub(c.w.Clock.Now()) > 200*24*time.Hour && c.w.rnd.Float64() < .6 {
		return nil // of most older meetings the minutes were kept on paper
	}
	return c.minute(ctx, signing)
}

func (c *caseStory) minute(ctx context.Context, signing map[access.AgencyID]bool) error {
	w := c.w
	for _, x := range []struct {
		who  string
		item casework.Item
	}{
		{"inspector", casework.Item{Kind: casework.BringsFact, Part: casework.Core, Source: "докладна записка", Text: "Адресът е посещаван два пъти през последните шест месеца."}},
		{"expert", casework.Item{Kind: casework.BringsStrength, Part: casework.Core, Source: "разговор със съседи", Text: "Бабата живее на две улици и взема детето всяка събота."}},
	} {
		if signing[c.t.agency[seatOf[x.who].agency]] {
			if err := w.Casework.Bring(ctx, c.t.people[x.who], access.NewID(), c.id, c.meeting, x.item); err != nil {
				return err
			}
		}
	}
	err := w.Casework.WriteMinutes(ctx, c.by, c.id, c.meeting, casework.Form{}, casework.Form{
		"worries": "Насилието се повтаря, когато бащата пие.", "strengths": "Детето говори с класната; майката търси помощ.", "risk": "Висок в събота вечер; нисък, докато детето е при баба си.",
	})
	if err != nil {
		return err
	}
	if err := w.Casework.Decide(ctx, c.by, access.NewID(), c.id, c.meeting, "Детето остава при бабата до края на месеца; майката е насочена към консултативен център."); err != nil {
		return err
	}
	if err := w.Casework.EndMinutes(ctx, c.by, c.id, c.meeting, time.Time{}); err != nil {
		return err
	}
	for i, who := range []string{"inspector", "expert", "prosecutor"} {
		if !signing[c.t.agency[seatOf[who].agency]] || w.rnd.Float64() < .08 {
			continue
		}
		dissents := who == "prosecutor" && w.rnd.Float64() < .15
		w.later(w.Clock.Now().Add(time.Duration(2+9*i)*time.Hour), func(ctx context.Context) error {
			word := sealed.Text("")
			if dissents {
				word = "Мярката е твърде мека: нужно е искане за забрана за доближаване."
			}
			return quiet(w.Casework.Sign(ctx, c.t.people[who], c.id, c.meeting, !dissents, word))
		})
	}
	return nil
}

// plan writes the plan and puts it in force.
func (c *caseStory) plan(ctx context.Context) error {
	w := c.w
	v, err := w.Casework.OpenCase(ctx, c.by, c.id)
	if err != nil || v.Case.State == casework.Closed {
		return err
	}
	if v.Case.State == casework.Intake {
		if err := c.step(ctx, casework.Assess); err != nil {
			return err
		}
	}
	id, err := w.Casework.DraftPlan(ctx, c.by, access.NewID(), c.id)
	if err != nil {
		return err
	}
	today := calendar.On(w.Clock.Now())
	texts := casework.Form{
		"long_term": "Детето живее без страх и ходи на училище всеки ден.", "child": "Обажда се на баба си, когато се уплаши.", "family": "Бащата не се прибира пил; майката води детето на психолог.",
		"no_health": "Прегледът не показа нужда от лечение.", "no_education": "Учи редовно; класната следи.",
	}
	if casework.MustBeHeard(v.Case.Band) {
		texts["heard_on"], texts["heard_by"], texts["heard_how"] = sealed.Text(today.String()), "социален работник от отдела", "разговор в стаята за деца, с психолог"
	}
	err = w.Casework.WritePlan(ctx, c.by, c.id, id, casework.PlanEdit{Saw: casework.Form{}, Mine: texts, Parents: true, Child: true, Review: today.AddMonths(6)})
	if err != nil {
		return err
	}
	if err := w.Casework.AddGoal(ctx, c.by, access.NewID(), c.id, casework.Goal{Plan: id, For: "child", Text: "Спи спокойно през седмицата."}); err != nil {
		return err
	}
	goal, err := c.goal(ctx, id)
	if err != nil {
		return err
	}
	err = w.Casework.AddTask(ctx, c.by, access.NewID(), c.id, casework.Task{Plan: id, Goal: goal, Service: "social", Measure: "4.1.1", Owner: "agency", Agency: c.t.agency["sad"], Text: "Две посещения в дома на месец, без предизвестие",
		Indicator: "детето е у дома и е спокойно", Due: today.AddDays(60)})
	if err != nil {
		return err
	}
	plan, err := w.Casework.OpenPlan(ctx, c.by, c.id)
	if err != nil {
		return err
	}
	for _, p := range plan.Plans {
		if p.ID == id {
			err = w.Casework.AdoptPlan(ctx, c.by, c.id, id, p.Version)
		}
	}
	if err == nil && w.rnd.Float64() < .85 {
		w.later(w.Clock.Now().AddDate(0, 0, 40+w.rnd.IntN(25)), c.finish)
	}
	return quiet(err)
}

// goal is the last goal of a plan.
func (c *caseStory) goal(ctx context.Context, plan string) (string, error) {
	v, err := c.w.Casework.OpenPlan(ctx, c.by, c.id)
	for _, p := range v.Plans {
		if p.ID == plan && len(p.Goals) > 0 {
			return p.Goals[len(p.Goals)-1].ID, err
		}
	}
	return "", err
}

// finish ends the tasks of the plan.
func (c *caseStory) finish(ctx context.Context) error {
	v, err := c.w.Casework.OpenPlan(ctx, c.by, c.id)
	if err != nil {
		return err
	}
	for _, t := range v.Tasks {
		if t.State != casework.TaskOpen || t.Agency != c.t.agency["sad"] {
			continue
		}
		if err := c.w.Casework.FinishTask(ctx, c.by, c.id, t.ID, t.Version, "Посещенията се състояха; детето е спокойно."); err != nil {
			return err
		}
		if err := c.w.Casework.JudgeTask(ctx, c.by, c.id, t.ID, t.Version+1, true); err != nil {
			return err
		}
	}
	return nil
}

func (c *caseStory) review(ctx context.Context) error { return c.step(ctx, casework.Review) }

// endReview ends a review with the plan that comes out of it.
func (c *caseStory) endReview(ctx context.Context) error {
	v, err := c.w.Casework.OpenCase(ctx, c.by, c.id)
	if err != nil || v.Case.State != casework.InReview {
		return err
	}
	return c.plan(ctx)
}

func (c *caseStory) close(ctx context.Context) error {
	if err := c.finish(ctx); err != nil {
		return err
	}
	n, err := c.version(ctx)
	if err != nil {
		return err
	}
	if err := c.w.Casework.ProposeClose(ctx, c.by, c.id, n, "goals_met", "Целите са постигнати и рискът отпадна."); err != nil {
		return quiet(err)
	}
	c.w.later(c.w.Clock.Now().Add(time.Duration(5+c.w.rnd.IntN(60))*time.Hour), func(ctx context.Context) error {
		return quiet(c.w.Casework.DecideClose(ctx, c.t.people["head"], c.id, n+1, true, ""))
	})
	return nil
}

// ask sends a request to the school, which mostly answers; the lead mostly checks the answer within the week.
func (c *caseStory) ask(ctx context.Context) error {
	w := c.w
	err := w.Casework.Send(ctx, c.by, access.NewID(), c.id, casework.Request{To: c.t.agency["school"], Kind: "information", Text: "Моля за сведения за отсъствията и поведението от началото на срока.", Due: calendar.On(w.Clock.Now()).AddDays(10)})
	if err != nil || w.rnd.Float64() < .2 {
		return quiet(err)
	}
	_, all, err := w.Casework.RequestsOf(ctx, c.by, c.id)
	if err != nil {
		return err
	}
	r := all[0]
	w.later(w.Clock.Now().Add(w.pace(c.t, 30, .4)), func(ctx context.Context) error {
		return quiet(w.Casework.StepRequest(ctx, c.t.people["teacher"], r.ID, r.Version, casework.Accept, ""))
	})
	w.later(w.Clock.Now().Add(w.pace(c.t, 100, .3)), func(ctx context.Context) error {
		err := w.Casework.StepRequest(ctx, c.t.people["teacher"], r.ID, r.Version+1, casework.AnswerIt, "Седем отсъствия, всички в понеделник; затворено е и не играе с другите.")
		if err != nil || w.rnd.Float64() < .06 {
			return quiet(err)
		}
		w.later(w.Clock.Now().Add(w.pace(c.t, 60, .5)), func(ctx context.Context) error {
			return quiet(w.Casework.StepRequest(ctx, c.by, r.ID, r.Version+2, casework.Verify, ""))
		})
		return nil
	})
	return nil
}

// glass opens the case in an emergency, at night, by somebody who is not of its team; the officer reviews it two days later.
func (c *caseStory) glass(ctx context.Context) error {
	v, err := c.w.Casework.OpenCase(ctx, c.by, c.id)
	if err != nil {
		return err
	}
	if _, err := c.w.Casework.Break(ctx, c.t.people["doctor"], access.NewID(), v.Case.Ref, "life", "Детето е докарано в спешното с травма; трябва да знаем кой го придружава."); err != nil {
		return quiet(err)
	}
	c.w.later(c.w.Clock.Now().Add(44*time.Hour), func(ctx context.Context) error {
		all, _, _, err := c.w.Casework.Breaks(ctx, c.w.officer)
		for _, g := range all {
			if g.Case == c.id && err == nil {
				err = c.w.Casework.ReviewBreak(ctx, c.w.officer, g.ID, true, "Травмата е потвърдена от болницата; друг път за сведения нямаше.")
			}
		}
		return err
	})
	return nil
}

// refusal proposes a family conference, and the screening finds that it would not be safe.
func (c *caseStory) refusal(ctx context.Context) error {
	if err := c.w.Casework.ReferRestorative(ctx, c.by, access.NewID(), c.id, "conference", "Бабата иска семейството да се събере и да реши кой гледа детето."); err != nil {
		return quiet(err)
	}
	v, err := c.w.Casework.OpenRestorative(ctx, c.by, c.id)
	if err != nil {
		return err
	}
	return c.w.Casework.ScreenRestorative(ctx, c.by, c.id, v.Processes[0].ID, v.Processes[0].Version, casework.Restorative{
		Reasons: "Детето плаче, когато се спомене бащата, и моли да не е в една стая с него.", Fear: true, People: []casework.Participant{{Role: "child", Informed: "", Consent: "no"}},
	})
}
