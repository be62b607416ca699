package analysis

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"strengthen/internal/disclosure"
	"strengthen/internal/study"
)

// Ledger is what a release told of how many people, table by table.
type Ledger map[string]Entry

// Entry is one table: the number of people of each cell, disclosure.Hidden where it was not told, and of all.
type Entry struct {
	Cells map[string]int `json:"cells"`
	Total int            `json:"total"`
}

// Options say for whom a result is.
type Options struct {
	Level    disclosure.Level // smallest cell; 1 hides nothing, for whoever holds the rows anyway
	Earlier  []Ledger         // of the releases that the same readers have seen
	Progress func(done, all int)
}

// protector hides small cells of a result. A part of the people, such as a sector, is told in every table or in none.
type protector struct {
	Options
	tables map[string]map[string]int  // by table, cell: how many people
	of     map[string]string          // table: the way in which it splits people, such as sector
	hidden map[string]map[string]bool // by way and part
	stood  []WaveFlow                 // how people stand, before anything is hidden
	hold   bool
	ledger Ledger
}

// protect hides what must not be told, and then computes what rests on the parts that are. It reports whether the result must be
// held back, because too few people came since an earlier release.
func (e *engine) protect(r *Result, o Options) {
	r.Level = int(o.Level)
	p := protector{Options: o, tables: map[string]map[string]int{}, of: map[string]string{}, hidden: map[string]map[string]bool{}, ledger: Ledger{}}
	for _, f := range r.Flow {
		full := WaveFlow{Wave: f.Wave, All: f.All, By: map[string]Rows{}}
		for by, rows := range f.By {
			full.By[by] = slices.Clone(rows)
		}
		p.stood = append(p.stood, full)
	}
	p.collect(r)
	p.decide()
	p.changes(r)
	p.courses(r)
	p.flow(r)
	p.audit(e, r)
	p.items(r)
	p.network(r)
	for i := range r.Deviations {
		for k, c := range r.Deviations[i].Changes {
			if p.Level.Small(c.N) || p.splits(&c) {
				r.Deviations[i].Changes[k] = p.blank(c)
			}
		}
	}
	for i := range r.Reliability {
		p.scale(&r.Reliability[i])
	}
	for i, c := range r.Compared {
		if p.Level.Small(c.Trained) || p.Level.Small(c.Waiting) {
			no := cannot(Hidden)
			r.Compared[i] = Comparison{Outcome: c.Outcome, Main: no, DiD: no, ANCOVA: no, Model: no, PPermute: None(), Size: no, Baseline: None(), Why: Hidden}
		}
	}
	for i := range r.Changes {
		if c := &r.Changes[i]; c.Headline.Why != Hidden {
			e.resting(c, p)
		}
	}
	r.Hold, r.Ledger = p.hold, p.ledger
}

// resting computes what rests on the parts that are told: how they are drawn together, and whether they differ.
func (e *engine) resting(c *Change, p protector) {
	outcome := slices.IndexFunc(e.plan.Outcomes, func(o study.Outcome) bool { return o.ID == c.Outcome })
	for by, all := range c.By {
		told := map[string]bool{}
		for _, x := range all {
			told[x.Name] = !x.Hidden && x.N > 0
		}
		c.Shrunk[by] = e.shrink(c, outcome, study.By(by), told)
		if study.By(by) == e.plan.Test && c.Main {
			c.Differ = e.differ(c, outcome, e.plan.Test, told)
		}
	}
}

// collect lists every table that tells how many people something is known of.
func (p *protector) collect(r *Result) {
	for _, c := range r.Changes {
		key := fmt.Sprintf("change/%s/%s/%s", c.Outcome, c.From, c.To)
		p.add(key, "", map[string]int{"": c.N})
		for by, all := range c.By {
			n := map[string]int{}
			for _, x := range all {
				n[x.Name] = x.N
			}
			p.add(key+"/"+by, by, n)
		}
	}
	for _, c := range r.Courses {
		for _, x := range c.Points {
			key := fmt.Sprintf("course/%s/%s/%s", c.Outcome, x.Wave, c.By)
			if p.tables[key] == nil {
				p.add(key, c.By, map[string]int{})
			}
			p.tables[key][c.Name] = x.N
		}
	}
	for _, f := range r.Flow {
		for by, rows := range f.By {
			answered, all := map[string]int{}, map[string]int{}
			for _, row := range rows {
				answered[row.Name], all[row.Name] = row.Answered, row.Answered+row.Open+row.Lost+row.NotAsked
			}
			p.add("answered/"+string(f.Wave)+"/"+by, by, answered)
			p.add("people/"+string(f.Wave)+"/"+by, by, all)
		}
	}
	if x := r.Partners; x != nil {
		n := map[string]int{}
		for i, s := range x.Sectors {
			n[s] = x.N[i]
		}
		p.add("partners", string(study.Sector), n)
	}
	for _, x := range slices.Concat(r.Items, r.Described) {
		for _, w := range x.Waves {
			n := map[string]int{}
			for i, k := range w.Counts {
				n[fmt.Sprint(i)] = k
			}
			key := "item/" + x.ID + "/" + string(w.Wave)
			p.add(key, key, n)
		}
	}
}

func (p *protector) add(key, by string, n map[string]int) {
	p.tables[key], p.of[key] = n, by
	if p.hidden[by] == nil {
		p.hidden[by] = map[string]bool{}
	}
}

// decide hides parts until no table tells of few people, neither by itself nor since an earlier release. Who stood where (people)
// says nothing of answers, and is not compared with earlier releases.
func (p *protector) decide() {
	for again := true; again; {
		again = false
		for _, key := range slices.Sorted(maps.Keys(p.tables)) {
			again = p.table(key) || again
		}
	}
	for key, n := range p.tables {
		entry := Entry{Cells: map[string]int{}}
		for name, v := range n {
			entry.Total += v
			if entry.Cells[name] = v; p.hidden[p.of[key]][name] {
				entry.Cells[name] = disclosure.Hidden
			}
		}
		if !strings.HasPrefix(key, "people/") {
			p.ledger[key] = entry
		}
	}
}

// table hides parts in one table; it reports whether it hid any anew.
func (p *protector) table(key string) bool {
	names := slices.Sorted(maps.Keys(p.tables[key]))
	hidden := p.hidden[p.of[key]]
	n := make([]int, len(names))
	var also []int
	for i, name := range names {
		if n[i] = p.tables[key][name]; hidden[name] {
			also = append(also, i)
		}
	}
	if len(names) == 1 { // nothing but a total
		p.hold = p.hold || p.fewSince(key, n[0])
		return false
	}
	mask, ok := p.Level.RowSince(n, p.earlier(key, names), also...)
	if !ok {
		p.hold = true
		mask = p.Level.Row(n, also...)
	}
	grew := false
	for i, name := range names {
		if mask[i] && !hidden[name] {
			hidden[name], grew = true, true
		}
	}
	return grew
}

func (p *protector) fewSince(key string, n int) bool {
	return slices.ContainsFunc(p.Earlier, func(l Ledger) bool {
		e, ok := l[key]
		d := n - e.Total
		return ok && p.Level.Small(max(d, -d))
	})
}

// earlier are the same table in earlier releases. A part that was not there had nobody.
func (p *protector) earlier(key string, names []string) []disclosure.Told {
	var all []disclosure.Told
	for _, l := range p.Earlier {
		e, ok := l[key]
		if !ok {
			continue
		}
		t := disclosure.Told{Total: e.Total}
		for _, name := range names {
			t.N = append(t.N, e.Cells[name])
		}
		all = append(all, t)
	}
	return all
}

// changes hides changes of few people, small parts, and counts that would tell of few.
func (p *protector) changes(r *Result) {
	for i := range r.Changes {
		c := &r.Changes[i]
		if p.Level.Small(c.N) || p.splits(c) {
			r.Changes[i] = p.blank(*c)
			continue
		}
		for by := range c.By {
			for k, x := range c.By[by] {
				if p.hidden[by][x.Name] {
					c.By[by][k] = hiddenPart(x.Name)
				}
			}
		}
		p.moved(c)
		if p.Level.Small(c.Lost) {
			c.Lost, c.Measured = disclosure.Hidden, disclosure.Hidden
		}
		if p.Level.Small(c.Open) {
			c.Open = disclosure.Hidden
		}
		names := slices.Sorted(maps.Keys(c.Tally))
		var n []int
		for _, name := range names {
			n = append(n, c.Tally[name])
		}
		for k, hide := range p.Level.Row(n) {
			if hide {
				c.Tally[names[k]] = disclosure.Hidden
			}
		}
	}
	p.near(r)
}

// splits reports whether a yes-or-no outcome tells of few people who changed, or who did not: its mean and its spread give the
// four counts away.
func (p *protector) splits(c *Change) bool {
	b := c.Binary
	if b == nil {
		return false
	}
	yes := int(math.Round(float64(c.MeanFrom) * float64(c.N)))
	kept := yes - b.Dropped
	for _, n := range []int{b.Gained, b.Dropped, kept, c.N - kept - b.Gained - b.Dropped, yes, c.N - yes, kept + b.Gained, c.N - kept - b.Gained} {
		if p.Level.Small(n) {
			return true
		}
	}
	return false
}

// blank is a change of which nothing is told.
func (p *protector) blank(c Change) Change {
	x := newChange(study.Outcome{ID: c.Outcome}, study.Contrast{From: c.From, To: c.To})
	x.Main, x.Family, x.N, x.Measured, x.Lost, x.Open, x.Groups = c.Main, c.Family, disclosure.Hidden, disclosure.Hidden, disclosure.Hidden, disclosure.Hidden, disclosure.Hidden
	x.fail(Hidden)
	x.Missing = noMissing(Hidden)
	return x
}

// moved hides how many moved which way, where these are few.
func (p *protector) moved(c *Change) {
	n := float64(c.N)
	counts := func(all ...Number) []int {
		var k []int
		for _, v := range all {
			k = append(k, int(math.Round(float64(v)*n)))
		}
		return k
	}
	if hide := p.Level.Row(counts(c.Better, c.Same, c.Worse)); slices.Contains(hide, true) {
		for k, x := range []*Number{&c.Better, &c.Same, &c.Worse} {
			if hide[k] {
				*x = None()
			}
		}
		c.Dominance = cannot(Hidden)
	}
	if x := c.Reliable; x != nil {
		for k, hide := range p.Level.Row([]int{x.Up, x.Unchanged, x.Down}) {
			if hide {
				*[]*int{&x.Up, &x.Unchanged, &x.Down}[k] = disclosure.Hidden
			}
		}
	}
}

// near takes the means from changes of nearly the same people as others: two means of one wave over people who differ by few
// would tell what these few answered.
func (p *protector) near(r *Result) {
	for i := range r.Changes {
		c := &r.Changes[i]
		for _, x := range r.Changes[:i] {
			d := c.N - x.N
			if x.Outcome == c.Outcome && (x.From == c.From || x.To == c.To || x.From == c.To || x.To == c.From) && p.Level.Small(max(d, -d)) {
				c.MeanFrom, c.MeanTo, c.SDFrom, c.SDTo = None(), None(), None(), None()
			}
		}
	}
}

// courses hides the waves of small parts, and means over nearly the same people as those of a change.
func (p *protector) courses(r *Result) {
	for i := range r.Courses {
		c := &r.Courses[i]
		for k := range c.Points {
			x := &c.Points[k]
			if p.Level.Small(x.N) || p.hidden[c.By][c.Name] && c.By != "" {
				*x = hiddenPoint(x.Wave)
				continue
			}
			x.Ceiling = p.share(x.Ceiling, x.N)
			if p.close(r, c, *x) || p.coarse(r, c.Outcome, *x) {
				x.Mean, x.CI, x.Hidden = None(), Span{None(), None()}, true
			}
		}
	}
}

// close reports whether a change was computed over the people of a course but for a few.
func (p *protector) close(r *Result, c *Course, x WavePoint) bool {
	for _, y := range r.Changes {
		if y.Outcome != c.Outcome || y.From != x.Wave && y.To != x.Wave {
			continue
		}
		n := y.N
		if c.By != "" {
			k := slices.IndexFunc(y.By[c.By], func(q Part) bool { return q.Name == c.Name })
			if k < 0 {
				continue
			}
			n = y.By[c.By][k].N
		}
		if n != disclosure.Hidden && p.Level.Small(max(x.N-n, n-x.N)) {
			return true
		}
	}
	return false
}

// coarse reports whether the answers of a wave, some of which are hidden, could be worked out from their mean.
func (p *protector) coarse(r *Result, outcome string, x WavePoint) bool {
	for _, it := range r.Items {
		if it.ID == outcome && len(p.hidden["item/"+outcome+"/"+string(x.Wave)]) > 0 {
			return true
		}
	}
	return false
}

// share is a share that may be told: of nobody, or of as many as may be told on either side.
func (p *protector) share(s Number, n int) Number {
	k := int(math.Round(float64(s) * float64(n)))
	if !s.OK() || p.Level.Small(k) || p.Level.Small(n-k) {
		return None()
	}
	return s
}

// flow hides small counts of how people stand, in all and in tables with totals. What is hidden already stays hidden.
func (p *protector) flow(r *Result) {
	for i := range r.Flow {
		f, full := &r.Flow[i], p.stood[i]
		mask := p.Level.Row(full.All.counts())
		hideTally(&f.All, mask)
		for by, rows := range f.By {
			n := make([][]int, len(rows))
			var also [][2]int
			for k, row := range rows {
				n[k] = full.By[by][k].counts()
				told := row.counts()
				for j := range 5 {
					if p.hidden[by][row.Name] || j < 4 && told[j] == disclosure.Hidden {
						also = append(also, [2]int{k, j})
					}
				}
			}
			for j, hide := range mask {
				if hide {
					also = append(also, [2]int{len(rows), j})
				}
			}
			for k, hide := range p.Level.Grid(n, also...)[:len(rows)] {
				for j, whole := range mask { // a total that is hidden can follow from elsewhere: where nobody stands is hidden with it
					hide[j] = hide[j] || whole
				}
				hideTally(&rows[k].Tally, hide)
			}
		}
	}
}

func (t Tally) counts() []int { return []int{t.Answered, t.Open, t.Lost, t.NotAsked} }

func hideTally(t *Tally, hide []bool) {
	for j, n := range []*int{&t.Answered, &t.Open, &t.Lost, &t.NotAsked} {
		if hide[j] {
			*n = disclosure.Hidden
		}
	}
}

// items hides small counts of answers, and everything where few answered.
func (p *protector) items(r *Result) {
	for _, all := range [][]Item{r.Items, r.Described} {
		for i := range all {
			for k := range all[i].Waves {
				w := &all[i].Waves[k]
				hidden := p.hidden["item/"+all[i].ID+"/"+string(w.Wave)]
				if w.N == 0 || p.Level.Small(w.N) {
					*w = ItemWave{Wave: w.Wave, N: disclosure.Hidden, Top: None(), Hidden: true}
					continue
				}
				top, below := false, false
				for j := range w.Counts {
					if hidden[fmt.Sprint(j)] {
						w.Counts[j] = disclosure.Hidden
						top, below = top || j >= len(w.Counts)-2, below || j < len(w.Counts)-2
					}
				}
				if top && below {
					w.Top = None()
				}
			}
		}
	}
}

// scale hides shares of few people among the figures of a scale.
func (p *protector) scale(s *Scale) {
	if p.Level.Small(s.N) {
		*s = Scale{Outcome: s.Outcome, Wave: s.Wave, N: disclosure.Hidden, Alpha: None(), AlphaCI: Span{None(), None()}, Omega: None(), KR20: None(), SEM: None(), Floor: None(), Ceiling: None(), Why: Hidden}
		return
	}
	s.Floor, s.Ceiling = p.share(s.Floor, s.N), p.share(s.Ceiling, s.N)
	if s.KR20.OK() {
		for i := range s.Question {
			s.Question[i].Mean = p.share(s.Question[i].Mean, s.N)
		}
	}
}

// network hides sectors and groups of actors that are few.
func (p *protector) network(r *Result) {
	if x := r.Partners; x != nil {
		for i, s := range x.Sectors {
			if p.hidden[string(study.Sector)][s] || p.Level.Small(x.N[i]) {
				x.N[i] = disclosure.Hidden
				for k := range x.Before[i] {
					x.Before[i][k], x.After[i][k] = None(), None()
				}
			}
		}
		x.ties(x.Tie)
		if p.Level.Small(x.People) {
			x.People, x.Why = disclosure.Hidden, Hidden
			x.Reach, x.ByGroup, x.ReachFrom, x.ReachTo = cannot(Hidden), cannot(Hidden), None(), None()
		}
	}
	if x := r.Network; x != nil {
		for i, hide := range p.Level.Row(x.Sizes) {
			if !hide {
				continue
			}
			x.Sizes[i] = disclosure.Hidden
			for _, b := range x.Blocks {
				for k := range b {
					b[i][k], b[k][i] = None(), None()
				}
			}
		}
	}
}
