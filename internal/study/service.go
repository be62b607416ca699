package study

import (
	"context"
	"strings"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/fault"
	"strengthen/internal/survey"
)

// Kept is a plan as the program keeps it. Version counts its changes.
type Kept struct {
	Study   string
	Version int
	Record  Record
}

// Release is what one report told: the numbers of people behind each table (Ledger) and, while it is the newest, the whole
// result, both as JSON of package analysis.
type Release struct {
	Study          string
	Made           time.Time
	Data, Plan     string // hashes
	Told           bool   // it told of any change
	Ledger, Result string
}

// Service keeps plans and releases.
type Service struct {
	store Store
	now   calendar.Clock
}

// New returns a service over store.
func New(store Store, now calendar.Clock) *Service { return &Service{store, now} }

// Store opens transactions for plans.
type Store interface {
	View(ctx context.Context, by access.Actor, fn func(Tx) error) error
	Update(ctx context.Context, by access.Actor, fn func(Tx) error) error
}

// Tx is what the rules of plans need of a transaction.
type Tx interface {
	Allow(ctx context.Context, action access.Action, r access.Resource) error
	Record(ctx context.Context, action access.Action, r access.Resource) error
	StudyPlan(ctx context.Context, id string) (Kept, error)
	PutStudyPlan(ctx context.Context, k Kept) error
	RespondentsOf(ctx context.Context, id string) ([]survey.Respondent, error)
	Releases(ctx context.Context, id string) ([]Release, error)
	PutRelease(ctx context.Context, r Release) error
}

func of(id string) access.Resource { return access.Resource{Kind: "study", ID: id} }

// Plan reads the plan of a study, or NotFound when nobody has written one.
func (s *Service) Plan(ctx context.Context, by access.Actor, id string) (Kept, error) {
	var k Kept
	err := s.store.View(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.ReadReport, of(id)); err != nil {
			return err
		}
		var err error
		k, err = tx.StudyPlan(ctx, id)
		return err
	})
	return k, err
}

// change reads a plan, lets edit change it and keeps it. Version is that of the plan that was seen, 0 when there was none.
func (s *Service) change(ctx context.Context, by access.Actor, id string, version int, edit func(Tx, *Kept) error) error {
	return s.store.Update(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.PlanStudy, of(id)); err != nil {
			return err
		}
		k, err := tx.StudyPlan(ctx, id)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		if k.Version != version {
			return fault.New(fault.Conflict, "fault.changed")
		}
		k.Study = id
		if err := edit(tx, &k); err != nil {
			return err
		}
		return tx.PutStudyPlan(ctx, k)
	})
}

// Save keeps a plan that is not locked yet.
func (s *Service) Save(ctx context.Context, by access.Actor, id string, version int, p Plan) error {
	return s.change(ctx, by, id, version, func(_ Tx, k *Kept) error {
		if k.Record.Locked != nil {
			return fault.Field("plan", "plan.locked")
		}
		k.Record.Plan = p
		return fits(p, id)
	})
}

// fits checks a plan, and that it is for the study.
func fits(p Plan, id string) error {
	if p.Study != id || p.Kind != Change {
		return fault.Field("study", "plan.other")
	}
	return p.Check()
}

// Lock fixes the plan as it is and puts its hash on the record, where the chain of entries keeps it. It says whether data of the
// primary contrast had begun to come by then. A locked plan never changes.
func (s *Service) Lock(ctx context.Context, by access.Actor, id string, version int, p Plan) error {
	return s.change(ctx, by, id, version, func(tx Tx, k *Kept) error {
		if k.Record.Locked != nil {
			return fault.Field("plan", "plan.locked")
		}
		if err := fits(p, id); err != nil {
			return err
		}
		people, err := tx.RespondentsOf(ctx, id)
		if err != nil {
			return err
		}
		k.Record.Plan = p
		k.Record.Locked = &Lock{Hash: p.Hash(), On: s.now.Today().String(), Late: Begun(people, p.Primary.To)}
		return tx.Record(ctx, access.PlanStudy, access.Resource{Kind: "plan-locked", ID: p.Hash()})
	})
}

// Begun reports whether anybody was asked in a wave, so that what comes of it could be known.
func Begun(people []survey.Respondent, w survey.Wave) bool {
	for _, r := range people {
		if r.Standing[w].Asked() {
			return true
		}
	}
	return false
}

// longestReason is how long the reason of a deviation may be, in letters: the report prints it.
const longestReason = 2000

// Deviate adds a later change of a locked plan, with its reason. The report gives the figures by both.
func (s *Service) Deviate(ctx context.Context, by access.Actor, id string, version int, reason survey.Text, p Plan) error {
	return s.change(ctx, by, id, version, func(tx Tx, k *Kept) error {
		r := &k.Record
		latest := r.Plan
		if n := len(r.Deviations); n > 0 {
			latest = r.Deviations[n-1].Plan
		}
		switch {
		case r.Locked == nil:
			return fault.Field("plan", "plan.notlocked")
		case strings.TrimSpace(reason.BG) == "" || strings.TrimSpace(reason.EN) == "":
			return fault.Field("reason_bg", "plan.reason")
		case len([]rune(reason.BG)) > longestReason:
			return fault.Field("reason_bg", "form.most", fault.Vars{"max": longestReason})
		case len([]rune(reason.EN)) > longestReason:
			return fault.Field("reason_en", "form.most", fault.Vars{"max": longestReason})
		case p.Hash() == latest.Hash():
			return fault.Field("plan", "plan.same")
		}
		if err := fits(p, id); err != nil {
			return err
		}
		r.Deviations = append(r.Deviations, Deviation{On: s.now.Today().String(), Reason: reason, Plan: p})
		return tx.Record(ctx, access.PlanStudy, access.Resource{Kind: "plan-deviation", ID: p.Hash()})
	})
}

// Releases lists what was told of a study so far, the oldest first.
func (s *Service) Releases(ctx context.Context, by access.Actor, id string) ([]Release, error) {
	var all []Release
	err := s.store.View(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.ReadReport, of(id)); err != nil {
			return err
		}
		var err error
		all, err = tx.Releases(ctx, id)
		return err
	})
	return all, err
}

// Release keeps what is told now. Known is how many releases there were when it was computed: had another come in between, few
// people could be worked out from the two, and it is a Conflict.
func (s *Service) Release(ctx context.Context, by access.Actor, known int, r Release) error {
	return s.store.Update(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.ReadReport, access.Resource{Kind: "release", ID: r.Study}); err != nil {
			return err
		}
		all, err := tx.Releases(ctx, r.Study)
		if err != nil {
			return err
		}
		if len(all) != known {
			return fault.New(fault.Conflict, "fault.changed")
		}
		r.Made = s.now()
		return tx.PutRelease(ctx, r)
	})
}
