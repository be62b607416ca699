package casework

import (
	"context"
	"slices"
	"strconv"
	"strings"
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
	return tell(ctx, tx, c, r, r.level(c.Rung-1))
}

// level says how far up a rung of the rule goes: 0 whoever is responsible, 1 the one on duty too, 2 whoever stands above, 3 the
// coordinator of the region. What has to be done at once begins with whoever can do it.
func (r ClockRule) level(rung int) int {
	switch g := r.Ladder[rung]; {
	case g.Share > 0 && g.Share < 1:
		return 0
	case g.Share == 1, r.Immediate() && rung == 0:
		return 1
	case g.After <= 12*time.Hour:
		return 2
	}
	return 3
}

// tell plans mail to everybody whom a rung reaches. It says which term, of which reference, whom it reached and why; nothing
// about the child. Whoever may not open the record gets the reference alone.
func tell(ctx context.Context, tx Tx, c Clock, r ClockRule, level int) error {
	told, err := Reach(ctx, tx, c, level)
	if err != nil {
		return err
	}
	ref, _, err := c.about(ctx, tx)
	if err != nil {
		return err
	}
	stage := map[bool]string{true: "near", false: "over"}[tx.Now().Before(c.Due)]
	for _, p := range told.To {
		path, err := c.pathFor(ctx, tx, p.Person)
		if err != nil {
			return err
		}
		err = tx.PlanMail(ctx, org.Mail{
			Key: "clock/" + string(c.ID) + "/" + strconv.Itoa(c.Rung) + "/" + string(p.Person) + "/" + strconv.FormatInt(c.Due.Unix(), 36), Kind: "clock", Record: string(c.ID), Person: p.Person,
			Address: p.Email, Lang: p.Lang, Due: tx.Now(),
			Vars: map[string]string{
				"rule": r.Ref, "version": strconv.Itoa(r.Version), "ref": ref, "path": path, "due": c.Due.UTC().Format(time.RFC3339), "level": strconv.Itoa(level),
				"why": strings.Join(append([]string{stage}, told.Why...), " "),
			},
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

// pathFor is the page of what a clock belongs to that a person may open: the case, the signal or the request; "" for none.
func (c Clock) pathFor(ctx context.Context, tx Tx, p access.PersonID) (string, error) {
	grants, err := tx.Grants(ctx, p)
	if err != nil {
		return "", err
	}
	who := access.Actor{Person: p}
	for _, g := range grants {
		if g.Lives(tx.Now()) {
			who.Grants = append(who.Grants, access.Grant{Role: g.Role, Region: g.Region, Agency: g.Agency, Until: g.Until})
		}
	}
	if c.Case != "" {
		x, err := tx.Case(ctx, c.Case)
		if err != nil {
			return "", err
		}
		r, err := caseResource(ctx, tx, x, access.SeeCase)
		if err != nil || tx.CanAs(who, access.SeeCase, r) {
			return "/cases/" + string(c.Case), err
		}
	}
	if c.Signal != "" {
		g, err := tx.Signal(ctx, c.Signal)
		if err != nil {
			return "", err
		}
		r, err := signalResource(ctx, tx, g)
		if err != nil || tx.CanAs(who, access.SeeSignal, r) {
			return "/signals/" + string(c.Signal), err
		}
	}
	if !c.Listed() {
		return "", nil
	}
	x, err := tx.Request(ctx, c.Record)
	if fault.Is(err, fault.NotFound) { // a task
		return "", nil
	}
	if err != nil {
		return "", err
	}
	r, err := requestResource(ctx, tx, x)
	if err != nil || !tx.CanAs(who, access.SeeRequest, r) {
		return "", err
	}
	return "/requests/" + x.ID, nil
}

// Told is whom an escalation reaches, and why them: a code for each kind of people whom it found.
type Told struct {
	To  []Colleague
	Why []string
}

// add takes in the first of some lists that has anybody, with its code, unless all of them are told already.
func (t *Told) add(lists ...reached) {
	for _, l := range lists {
		if len(l.people) == 0 {
			continue
		}
		if all := union(t.To, l.people); len(all) > len(t.To) {
			t.To, t.Why = all, append(t.Why, l.why)
		}
		return
	}
}

type reached struct {
	why    string
	people []Colleague
}

// Reach returns who is told at a level. There is always somebody while the house has a programme manager: a level without
// anybody goes on to the next one. Whoever is on duty stays told at every level above the first.
func Reach(ctx context.Context, tx Tx, c Clock, level int) (Told, error) {
	var t Told
	staff, err := staffOf(ctx, tx, c.Agency)
	if err != nil {
		return t, err
	}
	duty, err := tx.OnDuty(ctx, c.Agency, tx.Now())
	if err != nil {
		return t, err
	}
	house, err := tx.AgencyStaff(ctx, "")
	if err != nil {
		return t, err
	}
	owners, err := c.owners(ctx, tx)
	if err != nil {
		return t, err
	}
	turn := func(rung int) []Colleague {
		return pickStaff(staff, func(x Colleague) bool {
			return slices.ContainsFunc(duty, func(d Duty) bool { return d.Person == x.Person && d.Rung == rung })
		})
	}
	heads := pickStaff(staff, func(x Colleague) bool { return slices.Contains(x.Roles, access.Supervisor) })
	coordinators := pickStaff(house, func(x Colleague) bool { return x.Region == c.Region && slices.Contains(x.Roles, access.Coordinator) })
	managers := pickStaff(house, func(x Colleague) bool { return slices.Contains(x.Roles, access.Manager) })

	t.add(reached{"person", pickStaff(staff, func(x Colleague) bool { return slices.Contains(owners, x.Person) })})
	if level > 0 || len(t.To) == 0 {
		t.add(reached{"duty", turn(1)}, reached{"deputy", turn(2)}, reached{"head", heads}, reached{"staff", staff}, reached{"coordinator", coordinators}, reached{"manager", managers})
	}
	if level > 1 {
		t.add(reached{"above.deputy", turn(2)}, reached{"above.head", heads}, reached{"above.coordinator", coordinators}, reached{"above.manager", managers})
	}
	if level > 2 {
		t.add(reached{"region.coordinator", coordinators}, reached{"region.manager", managers})
	}
	return t, nil
}

// owners are the people in whose hands a clock is: who is named, who leads the case, and who took the signal.
func (c Clock) owners(ctx context.Context, tx Tx) ([]access.PersonID, error) {
	all := []access.PersonID{c.Person}
	if c.Person != "" || c.Record != "" {
		return all, nil
	}
	if c.Case != "" {
		x, err := tx.Case(ctx, c.Case)
		if err != nil {
			return nil, err
		}
		all = append(all, x.Lead)
	}
	if c.Signal != "" {
		g, err := tx.Signal(ctx, c.Signal)
		if err != nil {
			return nil, err
		}
		all = append(all, g.TakenBy)
	}
	return all, nil
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
		old.Term.N, old.RollBySetting, old.Practice, old.Ladder, old.Active, old.Pauses = r.Term.N, r.RollBySetting, r.Practice, r.Ladder, r.Active, r.Pauses
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
	for _, x := range r.Pauses {
		chosen(&l, "pauses", PauseReasons(), x)
	}
	if r.Term.Unit == calendar.Hours && len(r.Pauses) > 0 {
		l.Add(fault.Field("pauses", "clock.pause"))
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

// Seed loads the rules that the program ships: those that are not there yet, and a new version of those of which it ships
// another shape. What the house set in a rule stays. Then it starts what the rules ask for and nothing had started.
func (s *Service) Seed(ctx context.Context) error {
	return s.store.Update(ctx, access.TheSystem(), func(tx Tx) error {
		have, err := tx.ClockRules(ctx)
		if err != nil {
			return err
		}
		var changed []ClockRule
		for _, r := range ShippedRules() {
			i := slices.IndexFunc(have, func(x ClockRule) bool { return x.Ref == r.Ref })
			if i >= 0 {
				r = have[i].shapedAs(r)
			}
			if i < 0 || r.Version != have[i].Version {
				changed = append(changed, r)
			}
		}
		unwatched, err := tx.UnreviewedCases(ctx)
		if err != nil || len(changed)+len(unwatched) == 0 {
			return err
		}
		if err := tx.Allow(ctx, access.Work, access.Resource{Kind: "clock_rule"}); err != nil {
			return err
		}
		for _, r := range changed {
			if err := tx.PutClockRule(ctx, r); err != nil {
				return err
			}
		}
		return s.watchReviews(ctx, tx, unwatched)
	})
}

// shapedAs is the next version of a rule with what only the program says of it, such as which events it runs between; the rule
// itself where that is the same.
func (r ClockRule) shapedAs(shipped ClockRule) ClockRule {
	n := r
	n.NameBG, n.NameEN, n.Track, n.When, n.Responsible = shipped.NameBG, shipped.NameEN, shipped.Track, shipped.When, shipped.Responsible
	n.Starts, n.Ends, n.SinceReceipt, n.Term.Unit = shipped.Starts, shipped.Ends, shipped.SinceReceipt, shipped.Term.Unit
	if n.Term.Unit != r.Term.Unit {
		n.Pauses = shipped.Pauses
	}
	if n.NameBG != r.NameBG || n.NameEN != r.NameEN || n.Track != r.Track || n.When != r.When || n.Responsible != r.Responsible ||
		n.Starts != r.Starts || n.Ends != r.Ends || n.SinceReceipt != r.SinceReceipt || n.Term.Unit != r.Term.Unit {
		n.Version++
	}
	return n
}
