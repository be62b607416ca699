package casework

import (
	"context"
	"slices"
	"strconv"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/fault"
	"strengthen/internal/org"
)

// Duty is a person's turn: rung 1 is on duty, rung 2 stands above or deputises.
type Duty struct {
	ID          string
	Agency      access.AgencyID
	Person      access.PersonID
	From, Until time.Time
	Rung        int
}

// sweepAtOnce is how many clocks one pass looks at.
const sweepAtOnce = 500

// SweepClocks tells people about the terms that have come to a rung of their ladder, and marks those that are over. It looks at
// no clock whose next moment has not come, may run as often as one likes, and returns how many it moved.
func (s *Service) SweepClocks(ctx context.Context) (int, error) {
	moved := 0
	for {
		var ids []ClockID
		err := s.store.View(ctx, access.TheSystem(), func(tx Tx) (err error) {
			ids, err = tx.DueClocks(ctx, sweepAtOnce)
			return err
		})
		if err != nil || len(ids) == 0 {
			return moved, err
		}
		for part := range slices.Chunk(ids, 50) {
			if err := s.advanceAll(ctx, part); err != nil {
				return moved, err
			}
			moved += len(part)
		}
	}
}

func (s *Service) advanceAll(ctx context.Context, ids []ClockID) error {
	return s.store.Update(ctx, access.TheSystem(), func(tx Tx) error {
		if err := tx.Allow(ctx, access.Work, access.Resource{Kind: "clock"}); err != nil {
			return err
		}
		for _, id := range ids {
			if err := advance(ctx, tx, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// advance moves one clock past everything that its moment has come to.
func advance(ctx context.Context, tx Tx, id ClockID) error {
	c, err := tx.Clock(ctx, id)
	if err != nil {
		return err
	}
	now := tx.Now()
	if (c.State != Running && c.State != Breached) || c.Next.IsZero() || now.Before(c.Next) {
		return nil
	}
	r, err := tx.ClockRule(ctx, c.Rule, c.Version)
	if err != nil {
		return err
	}
	told := c.Rung
	for c.Rung < len(r.Ladder) && !c.rung(r, c.Rung).After(now) {
		c.Rung++
	}
	if c.State == Running && !now.Before(c.Due) {
		if err := change(ctx, tx, c, "breached", ""); err != nil {
			return err
		}
		c.State = Breached
	}
	c.Next = nextMoment(r, c)
	if err := tx.PutClock(ctx, c); err != nil {
		return err
	}
	if c.Rung == told {
		return nil
	}
	c.Row++
	if err := change(ctx, tx, c, "escalated", ""); err != nil {
		return err
	}
	return tell(ctx, tx, c, r, level(r.Ladder[c.Rung-1]))
}

// level says how far up a rung goes: 0 whoever is responsible, 1 the one on duty too, 2 whoever stands above, 3 the coordinator
// of the region.
func level(g Rung) int {
	switch {
	case g.Share > 0 && g.Share < 1:
		return 0
	case g.Share == 1:
		return 1
	case g.After <= 12*time.Hour:
		return 2
	}
	return 3
}

// tell plans mail to everybody whom a rung reaches. It says which term, of which reference, and why; nothing about the child.
func tell(ctx context.Context, tx Tx, c Clock, r ClockRule, level int) error {
	to, err := Reach(ctx, tx, c, level)
	if err != nil {
		return err
	}
	ref, path, err := c.about(ctx, tx)
	if err != nil {
		return err
	}
	for _, p := range to {
		err := tx.PlanMail(ctx, org.Mail{
			Key: "clock/" + string(c.ID) + "/" + strconv.Itoa(c.Rung) + "/" + string(p.Person) + "/" + strconv.FormatInt(c.Due.Unix(), 36), Kind: "clock", Record: string(c.ID), Person: p.Person,
			Address: p.Email, Lang: p.Lang, Due: tx.Now(),
			Vars: map[string]string{"rule": r.Ref, "version": strconv.Itoa(r.Version), "ref": ref, "path": path, "due": c.Due.UTC().Format(time.RFC3339), "level": strconv.Itoa(level)},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (c Clock) about(ctx context.Context, tx Tx) (ref, path string, err error) {
	if c.Case != "" {
		x, err := tx.Case(ctx, c.Case)
		return x.Ref, "/cases/" + string(c.Case), err
	}
	g, err := tx.Signal(ctx, c.Signal)
	return g.Ref, "/signals/" + string(c.Signal), err
}

// Reach returns who is told at a level. There is always somebody while the house has a programme manager: a level without
// anybody goes on to the next one.
func Reach(ctx context.Context, tx Tx, c Clock, level int) ([]Colleague, error) {
	staff, err := staffOf(ctx, tx, c.Agency)
	if err != nil {
		return nil, err
	}
	duty, err := tx.OnDuty(ctx, c.Agency, tx.Now())
	if err != nil {
		return nil, err
	}
	house, err := tx.AgencyStaff(ctx, "")
	if err != nil {
		return nil, err
	}
	person := pickStaff(staff, func(x Colleague) bool { return x.Person == c.Person })
	turn := func(rung int) []Colleague {
		return pickStaff(staff, func(x Colleague) bool {
			return slices.ContainsFunc(duty, func(d Duty) bool { return d.Person == x.Person && d.Rung == rung })
		})
	}
	role := func(all []Colleague, r access.Role) []Colleague {
		return pickStaff(all, func(x Colleague) bool { return slices.Contains(x.Roles, r) })
	}
	coordinators := pickStaff(house, func(x Colleague) bool { return x.Region == c.Region && slices.Contains(x.Roles, access.Coordinator) })
	managers := role(house, access.Manager)
	above := first(turn(2), role(staff, access.Supervisor), coordinators, managers)
	switch level {
	case 0:
		return first(person, turn(1), role(staff, access.Supervisor), staff, coordinators, managers), nil
	case 1:
		return union(person, first(turn(1), role(staff, access.Supervisor), staff, coordinators, managers)), nil
	case 2:
		return union(person, above), nil
	}
	return union(above, first(coordinators, managers)), nil
}

func staffOf(ctx context.Context, tx Tx, id access.AgencyID) ([]Colleague, error) {
	if id == "" {
		return nil, nil
	}
	return tx.AgencyStaff(ctx, id)
}

func pickStaff(all []Colleague, fits func(Colleague) bool) []Colleague {
	var out []Colleague
	for _, x := range all {
		if fits(x) {
			out = append(out, x)
		}
	}
	return out
}

// first returns the first list that has anybody.
func first(lists ...[]Colleague) []Colleague {
	for _, l := range lists {
		if len(l) > 0 {
			return l
		}
	}
	return nil
}

func union(lists ...[]Colleague) []Colleague {
	var out []Colleague
	for _, l := range lists {
		for _, x := range l {
			if !slices.ContainsFunc(out, func(y Colleague) bool { return y.Person == x.Person }) {
				out = append(out, x)
			}
		}
	}
	return out
}

// PlanDuty adds a turn, once for its key.
func (s *Service) PlanDuty(ctx context.Context, by access.Actor, key string, d Duty) error {
	return s.store.Update(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.KeepRota, access.Resource{Kind: "rota", ID: string(d.Agency), Agency: d.Agency}); err != nil {
			return err
		}
		var l fault.List
		staff, err := tx.AgencyStaff(ctx, d.Agency)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(staff, func(x Colleague) bool { return x.Person == d.Person }) {
			l.Add(fault.Field("person", "form.choose"))
		}
		if !d.Until.After(d.From) || d.Until.Before(tx.Now()) {
			l.Add(fault.Field("until", "duty.until"))
		}
		if d.Until.Sub(d.From) > 92*24*time.Hour {
			l.Add(fault.Field("until", "duty.long"))
		}
		if d.Rung != 1 && d.Rung != 2 {
			l.Add(fault.Field("rung", "form.choose"))
		}
		if err := l.Err(); err != nil {
			return err
		}
		_, err = tx.Once(ctx, key, func() (string, error) {
			d.ID = access.NewID()
			return d.ID, tx.PutDuty(ctx, d)
		})
		return err
	})
}

// EndDuty takes a turn back.
func (s *Service) EndDuty(ctx context.Context, by access.Actor, id string) error {
	return s.store.Update(ctx, by, func(tx Tx) error {
		d, err := tx.Duty(ctx, id)
		if err != nil {
			return err
		}
		if err := tx.Allow(ctx, access.KeepRota, access.Resource{Kind: "rota", ID: string(d.Agency), Agency: d.Agency}); err != nil {
			return err
		}
		return tx.DropDuty(ctx, id)
	})
}

// Rules lists the rules of clocks, the newest version of each.
func (s *Service) Rules(ctx context.Context, by access.Actor) ([]ClockRule, error) {
	var all []ClockRule
	err := s.store.View(ctx, by, func(tx Tx) (err error) {
		all, err = tx.ClockRules(ctx)
		return err
	})
	return all, err
}

// Rule returns one version of a rule; rules are public.
func (s *Service) Rule(ctx context.Context, ref string, version int) (ClockRule, error) {
	var r ClockRule
	err := s.store.View(ctx, access.TheSystem(), func(tx Tx) (err error) {
		r, err = tx.ClockRule(ctx, ref, version)
		return err
	})
	return r, err
}

// SaveRule adds a version of a rule. Clocks that run keep the version with which they started.
func (s *Service) SaveRule(ctx context.Context, by access.Actor, r ClockRule) error {
	return s.store.Update(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.EditRules, access.Resource{Kind: "clock_rule", ID: r.Ref}); err != nil {
			return err
		}
		all, err := tx.ClockRules(ctx)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(x ClockRule) bool { return x.Ref == r.Ref })
		if i < 0 {
			return fault.New(fault.NotFound, "fault.notfound")
		}
		old := all[i]
		old.Term.N, old.RollBySetting, old.Practice, old.Ladder, old.Active = r.Term.N, r.RollBySetting, r.Practice, r.Ladder, r.Active
		old.Article, old.Confidence, old.VerifiedBy, old.VerifiedOn = r.Article, r.Confidence, r.VerifiedBy, r.VerifiedOn
		old.Version++
		if err := old.check(); err != nil {
			return err
		}
		return tx.PutClockRule(ctx, old)
	})
}

func (r ClockRule) check() error {
	var l fault.List
	most := map[calendar.Unit]int{calendar.Hours: 24 * 60, calendar.Days: 400, calendar.WorkingDays: 100, calendar.Months: 36}[r.Term.Unit]
	if r.Term.N < 0 || r.Term.N > most || r.Term.N == 0 && r.Term.Unit != calendar.Hours {
		l.Add(fault.Field("n", "form.range", fault.Vars{"min": 0, "max": most}))
	}
	if n := len([]rune(r.Article)); n < 3 || n > 200 {
		l.Add(fault.Field("article", "form.length", fault.Vars{"min": 3, "max": 200})) // no rule without its source
	}
	if r.Immediate() && slices.ContainsFunc(r.Ladder, func(g Rung) bool { return g.Share > 0 }) {
		l.Add(fault.Field("ladder", "clock.noshare"))
	}
	if len([]rune(r.VerifiedBy)) > 200 {
		l.Add(fault.Field("verified_by", "form.most", fault.Vars{"max": 200}))
	}
	chosen(&l, "confidence", []string{"A", "B", "C"}, r.Confidence)
	if r.Confidence == "A" { // those that are shipped were verified before the release
		if r.VerifiedBy == "" {
			l.Add(fault.Field("verified_by", "clock.verified"))
		}
		if r.VerifiedOn.IsZero() {
			l.Add(fault.Field("verified_on", "clock.verified"))
		}
	}
	return l.Err()
}

// Seed loads the rules that the program ships, as far as they are not there yet.
func (s *Service) Seed(ctx context.Context) error {
	return s.store.Update(ctx, access.TheSystem(), func(tx Tx) error {
		have, err := tx.ClockRules(ctx)
		if err != nil {
			return err
		}
		missing := slices.DeleteFunc(ShippedRules(), func(r ClockRule) bool {
			return slices.ContainsFunc(have, func(x ClockRule) bool { return x.Ref == r.Ref })
		})
		if len(missing) == 0 {
			return nil
		}
		if err := tx.Allow(ctx, access.Work, access.Resource{Kind: "clock_rule"}); err != nil {
			return err
		}
		for _, r := range missing {
			if err := tx.PutClockRule(ctx, r); err != nil {
				return err
			}
		}
		return nil
	})
}
