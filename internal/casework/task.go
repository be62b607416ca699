package casework

import (
	"context"
	"slices"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/fault"
	"strengthen/internal/sealed"
)

// TaskState is where a task stands.
type TaskState string

// The states of a task.
const (
	TaskPlanned   TaskState = "planned" // the minutes or the plan are not in force yet
	TaskOpen      TaskState = "open"
	TaskDone      TaskState = "done" // its owner says so, and shows it
	TaskConfirmed TaskState = "confirmed"
	TaskReturned  TaskState = "returned"
	TaskHanded    TaskState = "handed_over"
	TaskDropped   TaskState = "dropped"
)

// Task is what somebody does by a day: an institution, the family, the child or the network around them.
type Task struct {
	ID        string
	Case      CaseID
	Plan      string
	Meeting   string
	Goal      string // of its plan; "" for none
	Service   string
	Measure   string
	Text      sealed.Text
	Resource  sealed.Text
	Indicator sealed.Text
	Owner     string // agency, family, child, network
	Agency    access.AgencyID
	Person    access.PersonID
	Due       calendar.Date
	State     TaskState
	Evidence  sealed.Text
	DoneAt    time.Time
	DoneBy    access.PersonID
	Judged    access.PersonID
	Version   int
}

// Owners lists who can own a task.
func Owners() []string { return []string{"agency", "family", "child", "network"} }

// Waits reports whether a task is neither ended nor handed over.
func (t Task) Waits() bool {
	return t.State == TaskPlanned || t.State == TaskOpen || t.State == TaskDone || t.State == TaskReturned
}

// Overdue reports whether a task should have been done before today.
func (t Task) Overdue(today calendar.Date) bool {
	return (t.State == TaskOpen || t.State == TaskReturned) && t.Due.Before(today)
}

// AddTask adds a task, in a draft of a plan or in a meeting. A task of an institution needs a seat of that institution in the
// team: one that left is given nothing more.
func (s *Service) AddTask(ctx context.Context, by access.Actor, key string, id CaseID, t Task) error {
	return s.onCase(ctx, by, id, -1, access.LeadCase, func(ctx context.Context, tx Tx, c Case) error {
		if err := s.checkTask(ctx, tx, c, t); err != nil {
			return err
		}
		_, err := tx.Once(ctx, key, func() (string, error) {
			t.ID, t.Case, t.State, t.Version = access.NewID(), c.ID, TaskPlanned, 0
			return t.ID, tx.PutTask(ctx, t)
		})
		return err
	})
}

func (s *Service) checkTask(ctx context.Context, tx Tx, c Case, t Task) error {
	var l fault.List
	chosen(&l, "service", Services(), t.Service)
	chosen(&l, "measure", Measures(), t.Measure)
	chosen(&l, "owner", Owners(), t.Owner)
	worded(&l, "text", t.Text, 5, 2000)
	worded(&l, "resource", t.Resource, 0, 500)
	worded(&l, "indicator", t.Indicator, 3, 500)
	if t.Due.IsZero() || t.Due.Before(calendar.On(tx.Now())) || t.Due.After(calendar.On(tx.Now()).AddMonths(18)) {
		l.Add(fault.Field("due", "task.due"))
	}
	switch {
	case t.Plan != "":
		p, err := tx.Plan(ctx, t.Plan)
		if err != nil || p.Case != c.ID || p.State != Draft {
			l.Add(fault.Field("plan", "plan.fixed"))
		}
		if t.Goal != "" && !p.holds(t.Goal) {
			l.Add(fault.Field("goal", "form.choose"))
		}
	case t.Meeting != "":
		m, err := tx.Meeting(ctx, t.Meeting)
		if t.Goal != "" {
			l.Add(fault.Field("goal", "form.choose"))
		}
		if err != nil || m.Case != c.ID || m.State != MeetingHeld {
			l.Add(fault.Field("meeting", "meeting.step", fault.Vars{"state": string(m.State)}))
		}
	default:
		l.Add(fault.Field("plan", "form.choose"))
	}
	if t.Owner == "agency" {
		seats, err := tx.Seats(ctx, c.ID)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(seats, func(x Seat) bool { return x.Agency == t.Agency && x.Until.IsZero() })
		switch {
		case t.Agency == "":
			l.Add(fault.Field("agency", "form.choose"))
		case i < 0:
			l.Add(fault.Field("agency", "task.noseat"))
		case t.Person != "" && !slices.ContainsFunc(seats, func(x Seat) bool { return x.Agency == t.Agency && x.Person == t.Person && x.Until.IsZero() }):
			l.Add(fault.Field("person", "task.person"))
		}
	}
	return l.Err()
}

// beginTasks puts planned tasks in force; each institution has a clock for its own.
func (s *Service) beginTasks(ctx context.Context, tx Tx, c Case, which func(Task) bool) error {
	all, err := tx.Tasks(ctx, c.ID)
	if err != nil {
		return err
	}
	for _, t := range all {
		if t.State != TaskPlanned || !which(t) {
			continue
		}
		t.State = TaskOpen
		if err := tx.PutTask(ctx, t); err != nil {
			return err
		}
		if err := note(ctx, tx, c, Core, "task.given", t.ID, ""); err != nil {
			return err
		}
		if err := s.happen(ctx, tx, t.subject(&c), "task.given", tx.Now()); err != nil {
			return err
		}
	}
	return nil
}

// subject is what the clocks know of a task. What the family does is followed by whoever leads the case.
func (t Task) subject(c *Case) subject {
	x := subject{cas: c, record: t.ID, agency: t.Agency, person: t.Person, due: t.Due.End()}
	if t.Owner != "agency" {
		x.agency, x.person = c.Agency, c.Lead
	}
	return x
}

func (s *Service) onTask(ctx context.Context, by access.Actor, id CaseID, task string, version int, action access.Action, fn func(context.Context, Tx, Case, Task) error) error {
	return s.onCase(ctx, by, id, -1, action, func(ctx context.Context, tx Tx, c Case) error {
		t, err := tx.Task(ctx, task)
		if err != nil {
			return err
		}
		if t.Case != c.ID {
			return fault.New(fault.NotFound, "fault.notfound")
		}
		if t.Version != version {
			return fault.New(fault.Conflict, "fault.changed")
		}
		return fn(ctx, tx, c, t)
	})
}

// FinishTask says that a task is done, and shows it. An institution speaks for its own tasks; the leading unit for those of
// the family, the child and the network.
func (s *Service) FinishTask(ctx context.Context, by access.Actor, id CaseID, task string, version int, evidence sealed.Text) error {
	return s.onTask(ctx, by, id, task, version, access.WriteCase, func(ctx context.Context, tx Tx, c Case, t Task) error {
		var l fault.List
		worded(&l, "evidence", evidence, 5, 2000)
		if t.State != TaskOpen && t.State != TaskReturned {
			l.Add(fault.New(fault.Conflict, "task.state"))
		}
		own := by.AgencyAt(tx.Now())
		if t.Owner == "agency" && own != t.Agency || t.Owner != "agency" && own != c.Agency {
			l.Add(fault.New(fault.Conflict, "task.notyours"))
		}
		if err := l.Err(); err != nil {
			return err
		}
		t.State, t.Evidence, t.DoneAt, t.DoneBy = TaskDone, evidence, tx.Now(), by.Person
		if err := tx.PutTask(ctx, t); err != nil {
			return err
		}
		if err := note(ctx, tx, c, Core, "task.done", t.ID, ""); err != nil {
			return err
		}
		return s.happen(ctx, tx, t.subject(&c), "task.done", tx.Now())
	})
}

// JudgeTask confirms that a task is done, or returns it.
func (s *Service) JudgeTask(ctx context.Context, by access.Actor, id CaseID, task string, version int, confirm bool) error {
	return s.onTask(ctx, by, id, task, version, access.LeadCase, func(ctx context.Context, tx Tx, c Case, t Task) error {
		if t.State != TaskDone {
			return fault.New(fault.Conflict, "task.state")
		}
		t.State, t.Judged = TaskConfirmed, by.Person
		if !confirm {
			t.State = TaskReturned
		}
		if err := tx.PutTask(ctx, t); err != nil {
			return err
		}
		if err := note(ctx, tx, c, Core, "task."+string(t.State), t.ID, ""); err != nil {
			return err
		}
		if confirm {
			return nil
		}
		return s.happen(ctx, tx, t.subject(&c), "task.given", tx.Now())
	})
}

// MoveTask gives a task to another institution of the team, or drops it with a reason.
func (s *Service) MoveTask(ctx context.Context, by access.Actor, key string, id CaseID, task string, version int, to access.AgencyID, why sealed.Text) error {
	return s.onTask(ctx, by, id, task, version, access.LeadCase, func(ctx context.Context, tx Tx, c Case, t Task) error {
		var l fault.List
		worded(&l, "why", why, 5, 1000)
		if !t.Waits() {
			l.Add(fault.New(fault.Conflict, "task.state"))
		}
		seats, err := tx.Seats(ctx, c.ID)
		if err != nil {
			return err
		}
		if to != "" && !slices.ContainsFunc(seats, func(x Seat) bool { return x.Agency == to && x.Until.IsZero() }) {
			l.Add(fault.Field("agency", "task.noseat"))
		}
		if err := l.Err(); err != nil {
			return err
		}
		_, err = tx.Once(ctx, key, func() (string, error) {
			if err := s.happen(ctx, tx, t.subject(&c), "task.done", tx.Now()); err != nil {
				return "", err
			}
			fresh := t
			t.State, t.Evidence = TaskDropped, why
			if to != "" {
				t.State = TaskHanded
			}
			if err := tx.PutTask(ctx, t); err != nil {
				return "", err
			}
			if err := note(ctx, tx, c, Core, "task."+string(t.State), t.ID, why); err != nil || to == "" {
				return t.ID, err
			}
			fresh.ID, fresh.Version, fresh.Owner, fresh.Agency, fresh.Person, fresh.State, fresh.Evidence = access.NewID(), 0, "agency", to, "", TaskOpen, ""
			fresh.DoneAt, fresh.DoneBy = time.Time{}, ""
			if fresh.Due.Before(calendar.On(tx.Now())) {
				fresh.Due = calendar.On(tx.Now()).AddDays(14)
			}
			if err := tx.PutTask(ctx, fresh); err != nil {
				return "", err
			}
			return fresh.ID, s.happen(ctx, tx, fresh.subject(&c), "task.given", tx.Now())
		})
		return err
	})
}
