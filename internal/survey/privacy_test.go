package survey_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/org"
	"strengthen/internal/store"
	"strengthen/internal/survey"
	"strengthen/internal/testkit"
	"strengthen/internal/training"
)

// The attacker holds the whole database after the map from code to person was deleted: every table in the order in which it
// lies on the disk, the number of the transaction that wrote each row, every moment, and for SQLite the bytes of the files.
// For each code and each person they take every feature that could tell an order (first and last place of its rows, first and
// last transaction, first and last moment, place in the file) or a pattern (how many rows of each kind and state, such as who
// answered in which wave), pair codes and people by it, and look whether any pairing is better than chance. All people here are
// of one training and one sector, so that nothing else tells them apart.

// crowd is how many people the attack is about.
const crowd = 40

// leak is where pairing by one feature of a code and one of a person stops to look like chance: with 40 people a rank
// correlation of 0.7 comes up by chance less than once in a million, ten right pairs less than once in ten million. Patterns
// are many and coarse: there it takes 0.9.
const (
	leakRank    = 0.7
	leakPattern = 0.9
	leakPairs   = 10
)

func TestAWholeDumpTiesNoAnswerToAPerson(t *testing.T) {
	testkit.Each(t, func(t *testing.T, db *store.DB, clock *testkit.Clock) {
		c := newCrowd(t, db, clock)
		c.live()
		t.Run("before anything is mixed the attack succeeds", func(t *testing.T) {
			if found := c.attack(t, "study_code", "cohort_code"); len(found) == 0 {
				t.Error("the attack finds nothing where it must: it proves nothing")
			}
		})
		c.must(c.s.Mix(t.Context()))
		t.Run("mixed, to whoever has everything but the map", func(t *testing.T) {
			c.files = false // the map lies in the same file
			for _, f := range c.attack(t, "study_code", "cohort_code") {
				t.Error(f)
			}
			c.files = true
		})
		clock.Set(calendar.MustDate("2026-11-13").At(9, 0))
		c.work()
		c.answerSome(survey.M6)
		clock.Set(calendar.MustDate("2028-12-31").At(9, 0))
		c.must(c.s.Sweep(t.Context()))
		c.must(db.Tidy(t.Context()))
		t.Run("after the map was deleted, to whoever has everything", func(t *testing.T) {
			if n := testkit.Count(t, db, "SELECT count(*) FROM study_code"); n != 0 {
				t.Fatalf("%d rows of the map are left", n)
			}
			for _, f := range c.attack(t) {
				t.Error(f)
			}
			for _, table := range []string{"respondent", "standing", "response", "answer"} {
				if db.Kind() != store.Postgres {
					break
				}
				if n := testkit.Count(t, db, "SELECT count(DISTINCT xmin::text) FROM "+table); n != 1 {
					t.Errorf("%s was written by %d transactions, want one", table, n)
				}
			}
		})
	})
}

type someone struct {
	code string
	ids  []string // what names the person in any table
}

type manyPeople struct {
	*world
	db     *store.DB
	people []someone
	files  bool
}

func newCrowd(t *testing.T, db *store.DB, clock *testkit.Clock) *manyPeople {
	t.Helper()
	c := &manyPeople{world: newWorld(t, db, clock), db: db, files: true}
	c.event.Capacity = crowd + 1
	_, err := c.training.Plan(t.Context(), manager, "", c.event)
	c.must(err)
	return c
}

// live lets the people come in, be asked and answer, one after another and each in an order of their own.
func (c *manyPeople) live() {
	ctx := c.Context()
	seats := map[training.EnrolmentID]bool{}
	for i := range crowd {
		c.clock.Move(20 * time.Minute)
		name := string([]rune("абвгдежзиклмнопрстуфхцчшщ")[i%25]) + strconv.Itoa(i)
		out, err := c.training.Apply(ctx, access.Public("r"), access.NewID(), training.Application{
			Event: c.event.ID, AgencyName: "Училище " + name, AgencyKind: "school", HeadEmail: "head." + strconv.Itoa(i) + "@example.org", Agreed: true,
			Person: org.Person{Name: "Лице " + name, Email: fmt.Sprintf("p%d@example.org", i), Lang: "bg", Sector: "education", Profession: "teacher", Region: "PER", Experience: "3-5"},
		})
		c.must(err)
		c.must(c.training.EndorseFor(ctx, manager, out.Seat))
		seats[out.Seat] = true
		c.work()
	}
	c.answerAll(survey.Pre)
	for i, h := range c.event.HalfDays {
		c.clock.Set(h.End())
		for seat := range seats {
			c.must(c.training.Mark(ctx, manager, c.event.ID, []training.Presence{{Enrolment: seat, HalfDay: h.ID, Status: training.Present, Method: training.ByScan, ClientKey: string(seat) + strconv.Itoa(i)}}))
		}
	}
	c.work()
	c.answerAll(survey.Post)
	c.identify()
}

// answerSome lets half of the people answer a wave, each by way of the own first page, which is on the record with its moment.
func (c *manyPeople) answerSome(w survey.Wave) {
	for _, i := range rand.Perm(crowd)[:crowd/2] {
		c.clock.Move(time.Duration(1+rand.IntN(40)) * time.Minute)
		me := access.Actor{Person: access.PersonID(c.people[i].ids[1]), Via: access.ViaSession, Grants: []access.Grant{{Role: access.Participant}, {Role: access.Member}}}
		all, err := c.s.MyInvitations(c.Context(), me)
		c.must(err)
		for _, inv := range all {
			if inv.Wave == w {
				link, err := c.s.Link(c.Context(), me, inv.ID)
				c.must(err)
				c.must(c.s.Finish(c.Context(), strings.TrimPrefix(link, "/l/"), access.NewID()[:12], full(w)))
			}
		}
		c.must(c.s.Sweep(c.Context()))
	}
	c.identify()
}

// answerAll answers every link of a wave in a random order, at moments of their own, with a sweep after each.
func (c *manyPeople) answerAll(w survey.Wave) {
	var links []string
	for _, m := range c.mail {
		if m.Kind == "answer" && m.Vars["wave"] == string(w) && m.Vars["n"] == "0" {
			links = append(links, strings.TrimPrefix(m.Vars["link"], "/l/"))
		}
	}
	rand.Shuffle(len(links), func(i, j int) { links[i], links[j] = links[j], links[i] })
	for _, link := range links {
		c.clock.Move(time.Duration(1+rand.IntN(40)) * time.Minute)
		if v, err := c.s.Open(c.Context(), link); err == nil && !v.Invitation.Done {
			c.must(c.s.Finish(c.Context(), link, access.NewID()[:12], full(w)))
		}
		c.must(c.s.Sweep(c.Context()))
	}
}

// identify notes, while the map is there, which code is whose.
func (c *manyPeople) identify() {
	c.people = nil
	raw := testkit.Raw(c.T, c.db)
	rows, err := raw.QueryContext(c.Context(), `SELECT k.code, n.id, n.person_id, n.badge FROM study_code AS k JOIN enrolment AS n ON n.id = k.enrolment_id`)
	c.must(err)
	defer rows.Close()
	for rows.Next() {
		x := someone{ids: make([]string, 3)}
		c.must(rows.Scan(&x.code, &x.ids[0], &x.ids[1], &x.ids[2]))
		c.people = append(c.people, x)
	}
	for i := range c.people { // invitations name the person too
		ids, err := raw.QueryContext(c.Context(), `SELECT id FROM invitation WHERE enrolment_id = '`+c.people[i].ids[0]+`'`)
		c.must(err)
		for ids.Next() {
			var id string
			c.must(ids.Scan(&id))
			c.people[i].ids = append(c.people[i].ids, id)
		}
		ids.Close()
	}
}

// feature is one number for each code, or for each person, in the order of c.people.
type feature struct {
	name    string
	value   []float64
	pattern bool // a count of rows, not an order
}

// attack returns every pair of features that ties codes to people better than chance. Tables named are not looked at.
func (c *manyPeople) attack(t *testing.T, but ...string) []string {
	t.Helper()
	raw := testkit.Raw(t, c.db)
	defer raw.Close()
	codes, people := map[string]*feature{}, map[string]*feature{}
	for _, table := range c.tables(raw) {
		if !slices.Contains(but, table) {
			c.read(raw, table, codes, people)
		}
	}
	if c.files {
		c.readFiles(raw, codes, people)
	}
	a, b := telling(codes), telling(people)
	if len(b) == 0 {
		t.Fatal("no feature of people was read")
	}
	var found []string
	for _, x := range a {
		for _, y := range b {
			if x.pattern != y.pattern {
				continue
			}
			limit, n := leakRank, 0
			if x.pattern {
				limit = leakPattern
			} else {
				n = pairs(x.value, y.value)
			}
			if r := rank(x.value, y.value); math.Abs(r) >= limit || n >= leakPairs {
				if chance(x.value, y.value, math.Abs(r), n) < 0.01 {
					found = append(found, fmt.Sprintf("%s tells of %s: rank correlation %.2f, %d of %d pairs right", x.name, y.name, r, n, len(c.people)))
				}
			}
		}
	}
	t.Logf("%d features of codes, %d of people, %d leaks", len(a), len(b), len(found))
	return found
}

// chance is the share of random pairings that look at least as good: the permutation argument.
func chance(a, b []float64, r float64, n int) float64 {
	const tries = 999
	better := 1
	b = slices.Clone(b)
	for range tries {
		rand.Shuffle(len(b), func(i, j int) { b[i], b[j] = b[j], b[i] })
		if math.Abs(rank(a, b)) >= r && pairs(a, b) >= n {
			better++
		}
	}
	return float64(better) / (tries + 1)
}

func (c *manyPeople) tables(raw *sql.DB) []string {
	c.Helper()
	q := `SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name`
	if c.db.Kind() == store.Postgres {
		q = `SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename`
	}
	rows, err := raw.QueryContext(c.Context(), q)
	c.must(err)
	defer rows.Close()
	var all []string
	for rows.Next() {
		var name string
		c.must(rows.Scan(&name))
		all = append(all, name)
	}
	return all
}

// read takes the features of one table: rows as they lie, and what names a code or a person in them.
func (c *manyPeople) read(raw *sql.DB, table string, codes, people map[string]*feature) {
	c.Helper()
	q := `SELECT 0, * FROM "` + table + `"`
	if c.db.Kind() == store.Postgres {
		q = `SELECT xmin::text::bigint, t.* FROM "` + table + `" AS t` // a plain scan goes through the pages in their order
	}
	rows, err := raw.QueryContext(c.Context(), q)
	c.must(err)
	defer rows.Close()
	columns, err := rows.Columns()
	c.must(err)
	for place := 0; rows.Next(); place++ {
		cells := make([]sql.NullString, len(columns))
		into := make([]any, len(columns))
		for i := range cells {
			into[i] = &cells[i]
		}
		c.must(rows.Scan(into...))
		xmin, _ := strconv.ParseFloat(cells[0].String, 64)
		code, person := c.owners(cells[1:])
		for i, cell := range append([]sql.NullString{{}}, cells[1:]...) {
			name, v := table+" place", float64(place)
			if i > 0 {
				at, err := time.Parse(time.RFC3339Nano, cell.String)
				if err != nil {
					continue
				}
				name, v = table+"."+columns[i], float64(at.UnixMicro())
			}
			c.note(codes, name, code, v)
			c.note(people, name, person, v)
		}
		c.note(codes, table+" transaction", code, xmin)
		c.note(people, table+" transaction", person, xmin)
		for i, cell := range cells[1:] {
			if len(cell.String) <= 12 { // states, kinds, waves and the like
				c.tally(codes, table+"."+columns[i+1]+"="+cell.String, code)
				c.tally(people, table+"."+columns[i+1]+"="+cell.String, person)
			}
		}
	}
}

// owners finds whose code and whose identifiers a row holds; -1 for nobody's.
func (c *manyPeople) owners(cells []sql.NullString) (code, person int) {
	code, person = -1, -1
	for _, cell := range cells {
		if len(cell.String) < 10 {
			continue
		}
		for i, x := range c.people {
			if strings.Contains(cell.String, x.code) {
				code = i
			}
			if slices.ContainsFunc(x.ids, func(id string) bool { return strings.Contains(cell.String, id) }) {
				person = i
			}
		}
	}
	return code, person
}

// note keeps the first and the last value of a feature.
func (c *manyPeople) note(all map[string]*feature, name string, who int, v float64) {
	if who < 0 {
		return
	}
	for _, end := range []string{"first ", "last "} {
		f := all[end+name]
		if f == nil {
			f = &feature{name: end + name, value: slices.Repeat([]float64{math.NaN()}, len(c.people))}
			all[end+name] = f
		}
		if old := f.value[who]; math.IsNaN(old) || (end == "last ") == (v > old) {
			f.value[who] = v
		}
	}
}

// tally counts rows.
func (c *manyPeople) tally(all map[string]*feature, name string, who int) {
	if who < 0 {
		return
	}
	f := all["rows "+name]
	if f == nil {
		f = &feature{name: "rows " + name, value: make([]float64, len(c.people)), pattern: true}
		all["rows "+name] = f
	}
	f.value[who]++
}

// readFiles looks for codes and identifiers in the bytes of SQLite's file and of its log.
func (c *manyPeople) readFiles(raw *sql.DB, codes, people map[string]*feature) {
	c.Helper()
	if c.db.Kind() != store.SQLite {
		return
	}
	var file string
	c.must(raw.QueryRowContext(c.Context(), `SELECT file FROM pragma_database_list WHERE name = 'main'`).Scan(&file))
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(file + suffix)
		if err != nil {
			continue
		}
		for i, x := range c.people {
			c.places(b, x.code, func(at int) { c.note(codes, "file"+suffix, i, float64(at)) })
			for _, id := range x.ids {
				c.places(b, id, func(at int) { c.note(people, "file"+suffix, i, float64(at)) })
			}
		}
	}
}

func (c *manyPeople) places(b []byte, what string, found func(int)) {
	for at := 0; ; at++ {
		i := bytes.Index(b[at:], []byte(what))
		if i < 0 {
			return
		}
		at += i
		found(at)
	}
}

// telling keeps the features that everybody has and that differ between people: orders of many places, and patterns in which
// no value is nearly everybody's.
func telling(all map[string]*feature) []*feature {
	var out []*feature
	for _, f := range all {
		distinct, most := map[float64]int{}, 0
		for _, v := range f.value {
			distinct[v]++
			most = max(most, distinct[v])
		}
		switch {
		case slices.ContainsFunc(f.value, math.IsNaN):
		case f.pattern && most <= len(f.value)*4/5, !f.pattern && len(distinct) > len(f.value)/4:
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(a, b *feature) int { return strings.Compare(a.name, b.name) })
	return out
}

// ranks gives each value its place among all; equal values share the mean of their places.
func ranks(v []float64) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		for _, y := range v {
			switch {
			case y < x:
				out[i]++
			case y == x:
				out[i] += 0.5
			}
		}
	}
	return out
}

// rank is Spearman's correlation.
func rank(a, b []float64) float64 {
	ra, rb := ranks(a), ranks(b)
	n, sab, saa, sbb := float64(len(a)), 0.0, 0.0, 0.0
	for i := range ra {
		x, y := ra[i]-n/2, rb[i]-n/2
		sab, saa, sbb = sab+x*y, saa+x*x, sbb+y*y
	}
	if saa == 0 || sbb == 0 {
		return 0
	}
	return sab / math.Sqrt(saa*sbb)
}

// pairs counts how many codes find their person when each takes the person whose value lies nearest, and when both are laid
// side by side in their order; the better of the two.
func pairs(a, b []float64) int {
	near, side := 0, 0
	order := func(v []float64) []int {
		all := rand.Perm(len(v)) // equal values stand in no order
		slices.SortStableFunc(all, func(i, j int) int { return int(math.Copysign(1, v[i]-v[j])) * btoi(v[i] != v[j]) })
		return all
	}
	for i := range a {
		best, ties := math.Inf(1), 0
		for _, y := range b {
			switch d := math.Abs(y - a[i]); {
			case d < best:
				best, ties = d, 1
			case d == best:
				ties++
			}
		}
		if math.Abs(b[i]-a[i]) == best && ties == 1 {
			near++
		}
	}
	oa, ob := order(a), order(b)
	for i := range oa {
		if oa[i] == ob[i] {
			side++
		}
	}
	return max(near, side)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
