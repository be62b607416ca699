package torture

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/backup"
	"strengthen/internal/casework"
	"strengthen/internal/fault"
	"strengthen/internal/ledger"
	"strengthen/internal/org"
	"strengthen/internal/sealed"
	"strengthen/internal/store"
	"strengthen/internal/testkit"
)

// signals gives n signals through the service and returns them, with the actor who may open them.
func signals(t testing.TB, p place, n int) ([]casework.SignalID, access.Actor) {
	t.Helper()
	ctx := t.Context()
	db, ring := p.open(t)
	defer db.Close()
	o, s := org.New(store.For[org.Tx]{DB: db}, time.Now, ring.Box(org.FactorBox)), casework.New(store.For[casework.Tx]{DB: db}, time.Now)
	must(t, s.Seed(ctx))
	must(t, s.SetBasis(ctx, operator(access.DataProtection), casework.Basis{Controller: "Агенция за социално подпомагане", Law: "чл. 7 ЗЗДет"})) // names are kept, and found by tokens
	unit, err := o.SaveAgency(ctx, operator(access.Manager), "unit", org.Agency{Name: "Отдел „Закрила на детето“", Kind: "sad", Sector: "social", Region: "PER"})
	must(t, err)
	var all []casework.SignalID
	for i := range n {
		g, err := s.Give(ctx, access.Public("r"), fmt.Sprint("signal/", i), casework.Signal{Source: casework.FromPerson, Region: "PER", Unit: unit, Track: casework.Violence, Kinds: []casework.Kind{"physical"},
			Band: "7-9", Sex: "f", Words: casework.Words{Narrative: sealed.Text(narrative(i)), Place: "у дома", Child: "Милена Стоянова Петрова", Sender: "съседка"}})
		must(t, err)
		all = append(all, g.Signal)
	}
	return all, access.Actor{Person: "worker", Via: access.ViaCommand, Grants: []access.Grant{{Role: access.Caseworker, Agency: unit}}}
}

func narrative(i int) string {
	return fmt.Sprintf("Детето каза, че го удрят. Сигнал номер %d.", i)
}

// opened counts the signals whose words open, and those that are not there.
func opened(t testing.TB, p place, all []casework.SignalID, by access.Actor) (right, gone int) {
	t.Helper()
	db, _ := p.open(t)
	defer db.Close()
	s := casework.New(store.For[casework.Tx]{DB: db}, time.Now)
	for i, id := range all {
		v, err := s.OpenSignal(t.Context(), by, id)
		switch {
		case fault.Is(err, fault.NotFound):
			gone++
		case err != nil:
			t.Errorf("signal %d: %v", i, err)
		case string(v.Signal.Words.Narrative) == narrative(i):
			right++
		}
	}
	return right, gone
}

// erase erases a record as a subject does.
func erase(t testing.TB, p place, r ledger.Record) {
	t.Helper()
	db, _ := p.open(t)
	defer db.Close()
	must(t, db.Update(t.Context(), access.TheSystem(), func(tx *store.Tx) error {
		if err := tx.Allow(t.Context(), access.Work, access.Resource{Kind: r.Kind, ID: r.ID}); err != nil {
			return err
		}
		return tx.Erase(t.Context(), r)
	}))
}

// content is every row of a place but those of the record of what was done, by table.
func content(t testing.TB, p place) map[string]string {
	t.Helper()
	db, _ := p.open(t)
	defer db.Close()
	all := map[string]string{}
	var at string
	must(t, db.Dump(t.Context(), func(store.Snapshot) error { return nil },
		func(x backup.Table) error { at = x.Name; all[at] = fmt.Sprintf("%q\n", x); return nil },
		func(row []any) error { all[at] += fmt.Sprintf("%q\n", row); return nil }))
	for _, name := range []string{"audit_entry", "audit_open", "audit_link", "audit_checkpoint"} {
		delete(all, name)
	}
	return all
}

// lose takes everything away but the copies of the key file and of the ledger, into a new place of a kind.
func lose(t testing.TB, p place, into string) place {
	t.Helper()
	fresh := place{dir: t.TempDir()}
	if into == "postgres" {
		fresh.url = testkit.Postgres(t)
	}
	for _, name := range []string{"strengthen.key", "strengthen.erased"} {
		b, err := os.ReadFile(filepath.Join(p.dir, name))
		must(t, err)
		must(t, os.WriteFile(filepath.Join(fresh.dir, name), b, 0o600))
	}
	return fresh
}

// pair makes a pair of keys for backups with the program.
func pair(t testing.TB) (public, secretFile string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "secret.key")
	out, err := exec.Command(program(), "backup-key", "--out", file).Output()
	must(t, err)
	return strings.TrimSpace(string(out)), file
}

// D6. Back up while people write, erase somebody, lose everything, restore into either kind of database by the runbook: the
// rows are those of before, the record is whole, signals open, and who was erased is not found.
func TestRestoreDrill(t *testing.T) {
	eachPlace(t, func(t *testing.T, p place) {
		d := dice(t)
		w := furnish(t, p)
		given, worker := signals(t, p, 12)
		public, secret := pair(t)
		s := newServer(t, p, program())
		s.start()
		var a acked
		stop := w.load(t, s, d, 2, &a)
		a.more(t, 5)
		busy, quiet := filepath.Join(t.TempDir(), "busy.age"), filepath.Join(t.TempDir(), "quiet.age")
		acknowledged := a.len()
		if out, code := p.command(t, "backup", "--out", busy, "--recipient", public); code != 0 {
			t.Fatal(out)
		}
		stop()
		s.stop()
		before := content(t, p)
		if out, code := p.command(t, "backup", "--out", quiet, "--recipient", public); code != 0 {
			t.Fatal(out)
		}
		erase(t, p, ledger.Record{Kind: "signal", ID: string(given[3])})
		for _, into := range []string{"sqlite", "postgres"} {
			fresh := lose(t, p, into)
			began := time.Now()
			out, code := fresh.command(t, "restore", "--in", quiet, "--identity", secret)
			took := time.Since(began)
			if code != 0 || !strings.Contains(out, "erased again 1") || !strings.Contains(out, " 0 findings") {
				t.Fatalf("into %s: code %d, %s", into, code, out)
			}
			unequal, found := 0, 0
			after := content(t, fresh)
			for table, rows := range before {
				if slices.Contains([]string{"erasure", "once"}, table) {
					continue // they hold the random identifier, by which nothing is found any more
				}
				if table == "clock_change" || strings.Contains(rows, string(given[3])) {
					if strings.Contains(after[table], string(given[3])) {
						found++
						t.Errorf("into %s: %s tells of somebody who was erased", into, table)
					}
					continue
				}
				if after[table] != rows {
					unequal++
					t.Errorf("into %s: the rows of %s differ", into, table)
				}
			}
			right, gone := opened(t, fresh, given, worker)
			if right != len(given)-1 || gone != 1 || strings.Contains(after["record_key"], string(given[3])) || !strings.Contains(before["record_key"], string(given[3])) {
				t.Errorf("into %s: %d signals open, %d are gone", into, right, gone)
			}
			fresh.whole(t)
			figures(t, "D6 %s into %s: seconds %.1f, tables %d, unequal %d, signals open %d of %d, erased people found %d", t.Name()[len("TestRestoreDrill/"):], into, took.Seconds(), len(before), unequal, right, len(given), found+1-gone)
		}
		// What was acknowledged before the backup began is in it, though others were writing meanwhile.
		fresh := lose(t, p, "sqlite")
		if out, code := fresh.command(t, "restore", "--in", busy, "--identity", secret); code != 0 {
			t.Fatalf("the one made under load: %s", out)
		}
		if n := tally(t, fresh.raw(t), a.forms[:acknowledged]); n.bad() {
			t.Errorf("the one made under load: %v", n)
		}
		refusals(t, d, p, quiet, secret)
	})
}

// refusals tries what must not be restored; nothing may be written then.
func refusals(t *testing.T, d *rand.Rand, p place, good, secret string) {
	t.Helper()
	b, err := os.ReadFile(good)
	must(t, err)
	tried, taken := 0, 0
	try := func(name string, fresh place, file, identity string, more ...string) {
		t.Helper()
		tried++
		had := files(t, fresh)
		out, code := fresh.command(t, "restore", append([]string{"--in", file, "--identity", identity}, more...)...)
		if code == 0 || files(t, fresh) != had {
			taken++
			t.Errorf("%s: code %d, %s; files %s, before %s", name, code, out, files(t, fresh), had)
		}
		if strings.Contains(out, "panic") || !strings.Contains(out, "strengthen: ") {
			t.Errorf("%s: it does not say why: %s", name, out)
		}
	}
	write := func(b []byte) string {
		file := filepath.Join(t.TempDir(), "bad.age")
		must(t, os.WriteFile(file, b, 0o600))
		return file
	}
	for range times(4, 60) {
		bad := append([]byte{}, b...)
		at := d.IntN(len(bad))
		bad[at] ^= 1 << d.IntN(8)
		try(fmt.Sprint("a bit flipped at ", at), lose(t, p, "sqlite"), write(bad), secret)
		at = d.IntN(len(b))
		try(fmt.Sprint("cut to ", at), lose(t, p, "sqlite"), write(b[:at]), secret)
	}
	_, other := pair(t)
	try("another identity", lose(t, p, "sqlite"), good, other)
	foreign := lose(t, p, "sqlite")
	must(t, os.Remove(filepath.Join(foreign.dir, "strengthen.key")))
	try("no key file", foreign, good, secret)
	_, err = sealed.MakeRing(filepath.Join(foreign.dir, "strengthen.key"))
	must(t, err)
	must(t, os.Remove(filepath.Join(foreign.dir, "strengthen.erased")))
	try("the key file of another house", foreign, good, secret)
	forgetful := lose(t, p, "sqlite")
	must(t, os.Remove(filepath.Join(forgetful.dir, "strengthen.erased")))
	try("no ledger of erasures", forgetful, good, secret)
	full := lose(t, p, "sqlite")
	if out, code := full.command(t, "restore", "--in", good, "--identity", secret); code != 0 {
		t.Fatal(out)
	}
	try("a database that is not empty", full, good, secret)
	figures(t, "D6 refused %d of %d bad backups", tried-taken, tried)
}

// files lists what a data folder holds, with the rows of its database.
func files(t testing.TB, p place) string {
	t.Helper()
	var b strings.Builder
	all, err := os.ReadDir(p.dir)
	must(t, err)
	for _, f := range all {
		if strings.HasSuffix(f.Name(), ".lock") || strings.HasSuffix(f.Name(), "-shm") || strings.HasSuffix(f.Name(), "-wal") {
			continue
		}
		b.WriteString(f.Name() + " ")
		if f.Name() == "strengthen.db" {
			var n int
			db, err := sql.Open("sqlite", "file:"+filepath.Join(p.dir, f.Name()))
			must(t, err)
			must(t, db.QueryRowContext(t.Context(), "SELECT count(*) FROM audit_entry").Scan(&n))
			db.Close()
			fmt.Fprintf(&b, "(%d entries) ", n)
		}
	}
	return b.String()
}

// E3. strengthen rotate is killed again and again; everything opens afterwards, nothing stands under the old root, and a
// backup from before comes back with the old key file beside the new one.
func TestRotateKilled(t *testing.T) {
	eachPlace(t, func(t *testing.T, p place) {
		d := dice(t)
		furnish(t, p)
		given, worker := signals(t, p, times(60, 400))
		public, secret := pair(t)
		from := filepath.Join(t.TempDir(), "before.age")
		if out, code := p.command(t, "backup", "--out", from, "--recipient", public); code != 0 {
			t.Fatal(out)
		}
		key := filepath.Join(p.dir, "strengthen.key")
		old, err := sealed.LoadRing(key)
		must(t, err)
		earlier := filepath.Join(t.TempDir(), "earlier.key")
		must(t, old.Write(earlier))
		kills, rounds := 0, times(3, 25)
		for range rounds {
			kills += rotated(t, d, p)
		}
		now, err := sealed.LoadRing(key)
		must(t, err)
		db, err := storeOf(t, p)
		must(t, err)
		standing, err := db.Standing(t.Context())
		must(t, err)
		under, stale := 0, 0
		for _, x := range standing {
			under, stale = under+x.Rows, stale+x.Stale
		}
		db.Close()
		right, _ := opened(t, p, given, worker)
		if stale > 0 || under < 2*len(given) || // a key and tokens each
			right != len(given) || now.Current == old.Current || len(now.Past) != rounds {
			t.Errorf("%d under the root, %d of them under the old one, %d of %d signals open", under, stale, right, len(given))
		}
		p.whole(t)
		must(t, os.Rename(key, key+".now"))
		must(t, old.Write(key))
		if out, code := p.command(t, "verify"); code != 3 || !strings.Contains(out, "does not open") {
			t.Errorf("with the old key file: code %d, %.300s", code, out)
		}
		must(t, os.Rename(key+".now", key))

		fresh := lose(t, p, "sqlite")
		if out, code := fresh.command(t, "restore", "--in", from, "--identity", secret); code != 2 || !strings.Contains(out, "--earlier-key-file") {
			t.Errorf("a backup from before, with the new key alone: code %d, %s", code, out)
		}
		if out, code := fresh.command(t, "restore", "--in", from, "--identity", secret, "--earlier-key-file", earlier); code != 0 {
			t.Errorf("a backup from before, with both: %s", out)
		}
		if out, code := fresh.command(t, "rotate"); code != 0 {
			t.Errorf("rotate after it: %s", out)
		}
		fresh.whole(t)
		back, _ := opened(t, fresh, given, worker)
		if back != len(given) {
			t.Errorf("of the backup from before %d of %d signals open", back, len(given))
		}
		figures(t, "E3 %s: rotations %d, kills %d, under the root %d, under the old one %d, signals open %d of %d, from a backup of before %d", t.Name()[len("TestRotateKilled/"):], rounds, kills, under, stale, right, len(given), back)
	})
}

// rotated replaces the root key once, killed on the way as a rule, and returns how often.
func rotated(t *testing.T, d *rand.Rand, p place) (kills int) {
	t.Helper()
	key := filepath.Join(p.dir, "strengthen.key")
	old, err := sealed.LoadRing(key)
	must(t, err)
	for tries := 4; ; tries-- {
		line := append([]string{program(), "rotate"}, p.flags()...)
		if tries > 0 { // the last one is let alone
			call := []string{"fsync", "write", "renameat"}[d.IntN(3)]
			inject := fmt.Sprintf("inject=%s:signal=SIGKILL:when=%d", call, 1+d.IntN(map[string]int{"fsync": 4, "write": 8, "renameat": 1}[call]))
			line = append([]string{needs(t, "strace"), "-f", "-qq", "-o", "/dev/null", "-e", "trace=" + call, "-e", inject}, line...)
		}
		out, err := exec.Command(line[0], line[1:]...).CombinedOutput()
		if err != nil && !strings.Contains(string(out), "strengthen: ") { // it could not say why it ended
			kills++
		}
		g, e := sealed.LoadRing(key)
		must(t, e)
		if len(g.Old) == 0 && g.Current != old.Current {
			return kills // it is done, even when the word of it was cut off
		}
		if tries == 0 {
			t.Fatalf("it does not come to an end: %s", out)
		}
	}
}
