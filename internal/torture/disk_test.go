package torture

import (
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// answers counts what people were told while the disk was in trouble.
type answers struct {
	refused, reads int
	wrong          []string
}

func (a *answers) complain(format string, args ...any) {
	if len(a.wrong) < 5 {
		a.wrong = append(a.wrong, fmt.Sprintf(format, args...))
	}
}

// refusal holds an answer that did not keep a form against what it must be: 503, when to come again, the reader's language,
// and what was typed still in the form.
func (a *answers) refusal(f form, res *http.Response, page string, err error) {
	a.refused++
	if err != nil {
		a.complain("%s: no answer: %v", f.path, err)
		return
	}
	if res.StatusCode != http.StatusServiceUnavailable && res.StatusCode != http.StatusInsufficientStorage {
		a.complain("%s: status %d: %.300s", f.path, res.StatusCode, text(page))
	}
	if n, err := strconv.Atoi(res.Header.Get("Retry-After")); err != nil || n < 1 {
		a.complain("%s: Retry-After %q", f.path, res.Header.Get("Retry-After"))
	}
	want := []string{"Нищо не е записано", "Още не е записано", "не отговаря"}
	if strings.HasPrefix(f.path, "/en/") {
		want = []string{"Nothing was written", "Not saved yet", "does not answer"}
	}
	said := false
	for _, w := range want {
		said = said || strings.Contains(page, w)
	}
	if !said {
		a.complain("%s: it does not say so: %.300s", f.path, text(page))
	}
	if !strings.Contains(page, f.name) {
		a.complain("%s: what was typed is gone: %.200s", f.path, text(page))
	}
}

// reading opens pages that only read, signed in and not.
func (a *answers) reading(c *client) {
	for path, inside := range map[string]bool{"/": false, "/en/apply": false, "/apply/" + string(c.w.events[0]): false, "/agencies": true, "/trainings": true, "/healthz": false} {
		res, page, err := c.get(path, inside)
		a.reads++
		if err != nil || res.StatusCode != http.StatusOK {
			a.complain("GET %s while nothing can be written: %v %.200s", path, err, text(page))
		}
	}
}

// D3, the first half. The disk fills up under the server, in the middle of a transaction as a rule, and is emptied again. Seen
// to fail: "rude422" tells people that their form was wrong.
func TestDiskFull(t *testing.T) {
	fills := times(6, 60)
	a, n, half, p := filled(t, program(), fills)
	for _, x := range a.wrong {
		t.Error(x)
	}
	if n.bad() || half > 0 {
		t.Errorf("%v, half-written %d", n, half)
	}
	p.whole(t)
	figures(t, "D3 disk full: fills %d, refused %d, answers that were wrong %d, pages read meanwhile %d, %v, half-written %d", fills, a.refused, len(a.wrong), a.reads, n, half)
}

func TestDiskFullSeesWhatItShould(t *testing.T) {
	a, _, _, _ := filled(t, broken(), 2, "STRENGTHEN_BROKEN=rude422")
	if len(a.wrong) == 0 {
		t.Error("a full disk that was blamed on the form was not seen")
	}
	figures(t, "D3 broken on purpose (rude422): refused %d, answers that were wrong %d", a.refused, len(a.wrong))
}

func filled(t *testing.T, bin string, fills int, env ...string) (a answers, n count, half int, got place) {
	t.Helper()
	d := dice(t)
	src := place{dir: t.TempDir()}
	w := furnish(t, src)
	mount := t.TempDir()
	s := newServer(t, place{dir: mount}, bin, env...)
	// Every fill leaves up to 900 KB, and what is written into them stands in the log and then in the database too.
	s.env = append(s.env, "MEGABYTES="+strconv.Itoa(4+2*fills))
	s.wrap = append(namespace(t), "sh", "-c", `mount -t tmpfs -o size="$MEGABYTES"m none "$0" && cp -a "$1"/. "$0" && shift && exec "$@"`, mount, src.dir)
	s.start()
	inside := fmt.Sprintf("/proc/%d/root%s", s.cmd.Process.Pid, mount)
	c := newClient(w, s, d)
	var forms []form
	for range fills {
		block(t, filepath.Join(inside, "ballast"), int64(d.IntN(900)<<10))
		var f form
		for n := 0; ; n++ {
			f = c.form()
			res, page, err := c.send(f)
			if !kept(res, err) {
				a.refusal(f, res, page, err)
				break
			}
			if forms = append(forms, f); n > 5000 {
				t.Fatal("the disk does not fill up")
			}
		}
		a.reading(c)
		must(t, os.Remove(filepath.Join(inside, "ballast")))
		for n := 0; ; n++ { // the same form, with space again
			res, page, err := c.send(f)
			if kept(res, err) {
				forms = append(forms, f)
				break
			}
			if n > 20 {
				t.Fatalf("with space again: %v %.300s\n%s", err, text(page), s.said())
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
	got = rescued(t, inside)
	s.stop()
	return a, tally(t, got.raw(t), forms), halves(t, got.raw(t)), got
}

// namespace is a command in which a disk of one's own can be mounted without being root.
func namespace(t *testing.T) []string {
	t.Helper()
	for _, args := range [][]string{{"-rm"}, {"-m"}} {
		if exec.Command("unshare", append(args, "sh", "-c", "mount -t tmpfs -o size=1m none /mnt")...).Run() == nil {
			return append([]string{"unshare"}, args...)
		}
	}
	t.Fatal("a small disk cannot be mounted: allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, or kernel.apparmor_restrict_unprivileged_userns=0), or run as root")
	return nil
}

// block fills the disk but for some bytes.
func block(t *testing.T, file string, leave int64) {
	t.Helper()
	f, err := os.Create(file)
	must(t, err)
	defer f.Close()
	junk := make([]byte, 4096)
	size := int64(0)
	for {
		n, err := f.Write(junk)
		size += int64(n)
		if err != nil {
			break
		}
	}
	must(t, f.Truncate(max(size-leave, 0)))
}

// rescued copies the data folder out of the server's own disk.
func rescued(t *testing.T, inside string) place {
	t.Helper()
	p := place{dir: t.TempDir()}
	files, err := os.ReadDir(inside)
	must(t, err)
	for _, e := range files {
		if strings.HasSuffix(e.Name(), "-shm") {
			continue
		}
		in, err := os.Open(filepath.Join(inside, e.Name()))
		must(t, err)
		out, err := os.Create(filepath.Join(p.dir, e.Name()))
		must(t, err)
		_, err = io.Copy(out, in)
		must(t, err)
		in.Close()
		must(t, out.Close())
	}
	return p
}

// halves counts what was written in part: a seat without its person, history or mail, a person without a seat or account, an
// entry that neither waits for its link nor has one.
func halves(t *testing.T, db *sql.DB) (n int) {
	t.Helper()
	for _, query := range []string{
		`SELECT count(*) FROM enrolment AS e WHERE NOT EXISTS (SELECT 1 FROM enrolment_event AS v WHERE v.enrolment_id = e.id) OR NOT EXISTS (SELECT 1 FROM message AS m WHERE m.record_id = e.id)`,
		`SELECT count(*) FROM signal AS s WHERE NOT EXISTS (SELECT 1 FROM signal_event AS e WHERE e.signal_id = s.id) OR NOT EXISTS (SELECT 1 FROM clock AS c WHERE c.signal_id = s.id) OR NOT EXISTS (SELECT 1 FROM record_key AS k WHERE k.owner = s.id)`,
		`SELECT count(*) FROM person AS p WHERE NOT EXISTS (SELECT 1 FROM enrolment AS e WHERE e.person_id = p.id) AND NOT EXISTS (SELECT 1 FROM account AS a WHERE a.person_id = p.id)`,
		`SELECT count(*) FROM audit_entry AS e WHERE NOT EXISTS (SELECT 1 FROM audit_open AS o WHERE o.entry_id = e.id) AND NOT EXISTS (SELECT 1 FROM audit_link AS l WHERE l.entry_id = e.id)`,
		`SELECT count(*) FROM once AS o WHERE o.key LIKE 'apply/%' AND NOT EXISTS (SELECT 1 FROM enrolment AS e WHERE e.id = o.record_id)`,
	} {
		var k int
		must(t, db.QueryRowContext(t.Context(), query).Scan(&k))
		n += k
	}
	return n
}

// D3, the second half. The disk answers with errors: every few writes or fsyncs of the database fail.
func TestDiskErrors(t *testing.T) {
	d := dice(t)
	for _, fault := range []struct{ file, inject string }{
		{"strengthen.db-wal", "fsync:error=EIO:when=9+3"},
		{"strengthen.db-wal", "pwrite64:error=EIO:when=140+167"},
		{"strengthen.db-wal", "pwrite64:error=ENOSPC:when=150+141"},
	} {
		p := place{dir: t.TempDir()}
		w := furnish(t, p)
		s := newServer(t, p, program())
		s.start() // once on a sound disk: the first start writes what the house begins with, and says so when it cannot
		s.kill()
		call, _, _ := strings.Cut(fault.inject, ":")
		s.wrap = []string{needs(t, "strace"), "-f", "-qq", "-o", "/dev/null", "-P", filepath.Join(p.dir, fault.file), "-e", "trace=" + call, "-e", "signal=none", "-e", "inject=" + fault.inject}
		s.start()
		c := newClient(w, s, d)
		var forms []form
		var a answers
		for range times(30, 300) {
			f := c.form()
			for try := 0; ; try++ {
				res, page, err := c.send(f)
				if kept(res, err) {
					forms = append(forms, f)
					break
				}
				a.refusal(f, res, page, err)
				if try == 0 && a.refused%5 == 1 {
					a.reading(c)
				}
				if try > 200 {
					t.Fatalf("%s: nothing is taken any more: %.300s\n%s", fault.inject, text(page), s.said())
				}
			}
		}
		s.kill()
		n := tally(t, p.raw(t), forms)
		half := halves(t, p.raw(t))
		for _, x := range a.wrong {
			t.Errorf("%s: %s", fault.inject, x)
		}
		if n.bad() || half > 0 || a.refused == 0 {
			t.Errorf("%s: %v, half-written %d, refused %d", fault.inject, n, half, a.refused)
		}
		p.whole(t)
		figures(t, "D3 errors (%s): refused %d, answers that were wrong %d, pages read meanwhile %d, %v, half-written %d", fault.inject, a.refused, len(a.wrong), a.reads, n, half)
	}
}
