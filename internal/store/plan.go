package store

import (
	"context"
	"fmt"

	"strengthen/internal/access"
	"strengthen/internal/casework"
	"strengthen/internal/sealed"
)

const planSelect = `SELECT id, case_id, n, state, texts, parents, child, adopted_at, review_on, changed_at, editor, version FROM plan`

// sealedPlan is a plan whose texts are not opened yet.
type sealedPlan struct {
	casework.Plan
	texts sealed.Text
}

func scanPlan(s scanner) (sealedPlan, error) {
	var p sealedPlan
	err := s.Scan(&p.ID, &p.Case, &p.N, &p.State, &p.texts, &p.Parents, &p.Child, at(&p.Adopted), on(&p.Review), at(&p.Changed), &p.Editor, &p.Version)
	return p, err
}

func (tx *Tx) openPlan(ctx context.Context, p sealedPlan) (casework.Plan, error) {
	err := tx.unseal(ctx, string(p.Case), p.ID, secret{"plan.texts", &p.texts})
	if err != nil {
		return p.Plan, err
	}
	if p.Texts, err = textForm(p.texts); err != nil {
		return p.Plan, err
	}
	p.Goals, err = tx.goals(ctx, p.Plan)
	return p.Plan, err
}

// Plan returns one plan with its goals.
func (tx *Tx) Plan(ctx context.Context, id string) (casework.Plan, error) {
	p, err := one(ctx, tx, selectFrom(planSelect).and("id = ?", id), scanPlan)
	if err != nil {
		return p.Plan, err
	}
	return tx.openPlan(ctx, p)
}

// Plans returns the plans of a case, the newest first.
func (tx *Tx) Plans(ctx context.Context, c casework.CaseID) ([]casework.Plan, error) {
	found, err := collect(ctx, tx, selectFrom(planSelect).and("case_id = ?", string(c)).by("ORDER BY n DESC"), scanPlan)
	if err != nil {
		return nil, err
	}
	all := make([]casework.Plan, len(found))
	for i := range found {
		if all[i], err = tx.openPlan(ctx, found[i]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// UnreviewedCases returns the open cases with a plan in force for whose review no clock runs.
func (tx *Tx) UnreviewedCases(ctx context.Context) ([]casework.CaseID, error) {
	return collect(ctx, tx, selectFrom(`SELECT p.case_id FROM plan AS p JOIN case_file AS c ON c.id = p.case_id`).and("p.state = 'in_force'").and("c.closed_at IS NULL").
		and(`NOT EXISTS (SELECT 1 FROM clock AS k JOIN clock_rule AS r ON r.ref = k.rule AND r.version = k.rule_v
			WHERE k.case_id = c.id AND k.state IN ('running', 'paused', 'breached') AND r.ends LIKE '%plan.reviewed%')`).by("ORDER BY p.case_id"), scanText[casework.CaseID])
}

// PutPlan adds a plan (version 0) or changes one.
func (tx *Tx) PutPlan(ctx context.Context, p casework.Plan) error {
	fs, err := tx.seal(ctx, string(p.Case), "plan", p.ID, map[string]sealed.Text{"texts": formText(p.Texts)})
	if err != nil {
		return err
	}
	return tx.save(ctx, "plan", p.ID, p.Version, append(fs, field{"case_id", string(p.Case)}, field{"n", p.N}, field{"state", string(p.State)}, field{"parents", p.Parents},
		field{"child", p.Child}, field{"adopted_at", moment(p.Adopted)}, field{"review_on", day(p.Review)}, field{"changed_at", moment(p.Changed)}, field{"editor", string(p.Editor)})...)
}

func (tx *Tx) goals(ctx context.Context, p casework.Plan) ([]casework.Goal, error) {
	all, err := collect(ctx, tx, selectFrom(`SELECT id, plan_id, whose, text FROM plan_goal`).and("plan_id = ?", p.ID).by("ORDER BY n"), func(s scanner) (casework.Goal, error) {
		var g casework.Goal
		err := s.Scan(&g.ID, &g.Plan, &g.For, &g.Text)
		return g, err
	})
	for i := range all {
		if err == nil {
			err = tx.unseal(ctx, string(p.Case), all[i].ID, secret{"plan_goal.text", &all[i].Text})
		}
	}
	return all, err
}

// PutGoal adds a goal to a plan.
func (tx *Tx) PutGoal(ctx context.Context, c casework.CaseID, g casework.Goal) error {
	fs, err := tx.seal(ctx, string(c), "plan_goal", g.ID, map[string]sealed.Text{"text": g.Text})
	if err != nil {
		return err
	}
	return tx.lined(ctx, "plan_goal", "plan_id", g.Plan, append(fs, field{"id", g.ID}, field{"whose", g.For})...)
}

// DropGoal takes a goal out of a plan.
func (tx *Tx) DropGoal(ctx context.Context, id string) error {
	return tx.put(ctx, `DELETE FROM plan_goal WHERE id = $1`, id)
}

const taskSelect = `SELECT t.id, t.case_id, t.plan_id, t.meeting_id, t.goal_id, t.service, t.measure, t.text, t.resource, t.indicator, t.owner, t.agency_id, t.person_id,
	t.due_on, t.state, t.evidence, t.done_at, t.done_by, t.judged_by, t.version FROM case_task AS t`

func scanTask(s scanner) (casework.Task, error) {
	var t casework.Task
	err := s.Scan(&t.ID, &t.Case, str(&t.Plan), str(&t.Meeting), str(&t.Goal), &t.Service, str(&t.Measure), &t.Text, &t.Resource, &t.Indicator, &t.Owner, str(&t.Agency), str(&t.Person),
		on(&t.Due), &t.State, &t.Evidence, at(&t.DoneAt), str(&t.DoneBy), str(&t.Judged), &t.Version)
	return t, err
}

func (tx *Tx) openTask(ctx context.Context, t *casework.Task) error {
	return tx.unseal(ctx, string(t.Case), t.ID, secret{"case_task.text", &t.Text}, secret{"case_task.resource", &t.Resource}, secret{"case_task.indicator", &t.Indicator},
		secret{"case_task.evidence", &t.Evidence})
}

// tasks reads tasks with their texts.
func (tx *Tx) tasks(ctx context.Context, q *query) ([]casework.Task, error) {
	all, err := collect(ctx, tx, q, scanTask)
	for i := range all {
		if err == nil {
			err = tx.openTask(ctx, &all[i])
		}
	}
	return all, err
}

// Task returns one task.
func (tx *Tx) Task(ctx context.Context, id string) (casework.Task, error) {
	t, err := one(ctx, tx, selectFrom(taskSelect).and("t.id = ?", id), scanTask)
	if err != nil {
		return t, err
	}
	return t, tx.openTask(ctx, &t)
}

// Tasks returns the tasks of a case, the next end first.
func (tx *Tx) Tasks(ctx context.Context, c casework.CaseID) ([]casework.Task, error) {
	return tx.tasks(ctx, selectFrom(taskSelect).and("t.case_id = ?", string(c)).by("ORDER BY t.due_on, t.id"))
}

// PutTask adds a task (version 0) or changes one.
func (tx *Tx) PutTask(ctx context.Context, t casework.Task) error {
	fs, err := tx.seal(ctx, string(t.Case), "case_task", t.ID, map[string]sealed.Text{"text": t.Text, "resource": t.Resource, "indicator": t.Indicator, "evidence": t.Evidence})
	if err != nil {
		return err
	}
	return tx.save(ctx, "case_task", t.ID, t.Version, append(fs, field{"case_id", string(t.Case)}, field{"plan_id", text(t.Plan)}, field{"meeting_id", text(t.Meeting)},
		field{"goal_id", text(t.Goal)}, field{"service", t.Service}, field{"measure", text(t.Measure)}, field{"owner", t.Owner}, field{"agency_id", text(t.Agency)},
		field{"person_id", text(t.Person)}, field{"due_on", day(t.Due)}, field{"state", string(t.State)}, field{"done_at", moment(t.DoneAt)}, field{"done_by", text(t.DoneBy)},
		field{"judged_by", text(t.Judged)})...)
}

// MyTasks returns the tasks that wait for a person, or for nobody in particular of the person's institutions, the next end first.
func (tx *Tx) MyTasks(ctx context.Context, p access.PersonID, agencies []access.AgencyID, n int) ([]casework.Task, error) {
	waiting := func() *query { return selectFrom(taskSelect).and("t.state IN ('open', 'returned')") }
	tail := fmt.Sprintf("ORDER BY t.due_on, t.id LIMIT %d", n)
	mine, err := tx.tasks(ctx, waiting().and("t.person_id = ?", string(p)).by(tail))
	if err != nil || len(agencies) == 0 {
		return mine, err
	}
	ours, err := tx.tasks(ctx, in(waiting().and("t.person_id IS NULL"), "t.agency_id", agencies).by(tail))
	return append(mine, ours...), err
}

// OpenTasks counts the tasks of a case that are neither ended nor handed over.
func (tx *Tx) OpenTasks(ctx context.Context, c casework.CaseID) (int, error) {
	return tx.count(ctx, selectFrom(`SELECT count(*) FROM case_task`).and("case_id = ?", string(c)).and("state IN ('planned', 'open', 'done', 'returned')"))
}
