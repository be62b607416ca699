package torture

import (
	"bufio"
	"bytes"
	"database/sql"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// event is something that the server did to a file, or an answer that it sent.
type event struct {
	began, ended int // lines of the trace: when it was asked for, and when it returned
	kind         string
	file         string // base name
	at           int64
	data         []byte
}

// What strace writes: a call, the beginning of one that another thread interrupts, and its end.
var (
	whole    = regexp.MustCompile(`^(\d+) +(\w+)\((.*)\) += (-?\d+|\?)`)
	begins   = regexp.MustCompile(`^(\d+) +(\w+)\((.*) <unfinished \.\.\.>$`)
	resumes  = regexp.MustCompile(`^(\d+) +<\.\.\. (\w+) resumed>(.*)\) += (-?\d+)`)
	pathOfFD = regexp.MustCompile(`^\d+<([^>]*)>`)
	quoted   = regexp.MustCompile(`"((?:\\x[0-9a-f]{2})*)"`)
)

// trace reads what strace wrote about the files of a folder.
func trace(t *testing.T, file, dir string) []event {
	t.Helper()
	f, err := os.Open(file)
	must(t, err)
	defer f.Close()
	var all []event
	open := map[string]event{} // by thread
	lines := bufio.NewReaderSize(f, 1<<20)
	for n := 0; ; n++ {
		line, err := lines.ReadString('\n')
		if err != nil {
			break
		}
		line = strings.TrimSuffix(line, "\n")
		if m := whole.FindStringSubmatch(line); m != nil && m[4] != "-1" {
			if e, ok := parse(m[2], m[3], dir); ok {
				e.began, e.ended = n, n
				if m[4] == "?" { // cut off by the end of the process
					e.ended = 1 << 60
				}
				all = append(all, e)
			}
		} else if m := begins.FindStringSubmatch(line); m != nil {
			if e, ok := parse(m[2], m[3], dir); ok {
				e.began = n
				open[m[1]] = e
			}
		} else if m := resumes.FindStringSubmatch(line); m != nil {
			if e, ok := open[m[1]]; ok && m[4] != "-1" {
				e.ended = n
				all = append(all, e)
			}
			delete(open, m[1])
		}
	}
	for _, e := range open { // under way when the power went
		e.ended = 1 << 60
		all = append(all, e)
	}
	slices.SortStableFunc(all, func(a, b event) int { return a.began - b.began })
	return all
}

func parse(call, args, dir string) (event, bool) {
	e := event{kind: call}
	if call == "open" || call == "openat" || call == "unlink" || call == "unlinkat" {
		q := quoted.FindAllStringSubmatch(args, -1)
		if len(q) == 0 {
			return e, false
		}
		path := unhex(q[len(q)-1][1])
		e.file = filepath.Base(string(path))
		if strings.HasPrefix(call, "open") {
			e.kind = "create"
			return e, ours(string(path), dir) && strings.Contains(args, "O_CREAT")
		}
		e.kind = "unlink"
		return e, ours(string(path), dir)
	}
	m := pathOfFD.FindStringSubmatch(args)
	if m == nil {
		return e, false
	}
	path := string(unhex(m[1]))
	if !strings.Contains(m[1], `\x`) {
		path = m[1]
	}
	q := quoted.FindAllStringSubmatchIndex(args, -1)
	if len(q) > 0 {
		e.data = unhex(args[q[0][2]:q[0][3]])
	}
	switch {
	case call == "write" && bytes.HasPrefix(e.data, []byte("HTTP/1.1 ")):
		e.kind = "answer"
		return e, true
	case path == dir && (call == "fsync" || call == "fdatasync"):
		e.kind = "syncdir"
		return e, true
	case !ours(path, dir):
		return e, false
	}
	e.file = filepath.Base(path)
	switch call {
	case "pwrite64":
		parts := strings.Split(args[q[len(q)-1][1]:], ", ")
		e.at, _ = strconv.ParseInt(parts[len(parts)-1], 10, 64)
	case "ftruncate":
		parts := strings.Split(args, ", ")
		e.at, _ = strconv.ParseInt(strings.TrimPrefix(parts[len(parts)-1], "0x"), 0, 64)
	case "fsync", "fdatasync":
		e.kind = "sync"
	default:
		return e, false
	}
	return e, true
}

// ours reports whether a path is a file of the database; what is shared in memory is made anew at every start.
func ours(path, dir string) bool {
	return filepath.Dir(path) == dir && strings.HasPrefix(filepath.Base(path), "strengthen.db") && !strings.HasSuffix(path, "-shm")
}

func unhex(s string) []byte {
	b := make([]byte, 0, len(s)/4)
	for i := 0; i+4 <= len(s); i += 4 {
		n, _ := strconv.ParseUint(s[i+2:i+4], 16, 8)
		b = append(b, byte(n))
	}
	return b
}

// image is what a disk holds after a power cut at the line cut of a trace. Which writes that no sync covers have reached it is
// asked of lucky; a write may have reached it in part, by sectors of 512 bytes.
func image(base map[string][]byte, all []event, cut int, lucky func() (bool, func(sector int) bool)) map[string][]byte {
	disk := map[string][]byte{}
	for name, b := range base {
		disk[name] = bytes.Clone(b)
	}
	synced := func(e event, kind string) bool {
		return slices.ContainsFunc(all, func(s event) bool {
			return s.kind == kind && (kind == "syncdir" || s.file == e.file) && s.began > e.ended && s.ended < cut
		})
	}
	for _, e := range all {
		if e.began >= cut {
			break
		}
		sure, part := true, func(int) bool { return true }
		switch e.kind {
		case "create", "unlink":
			sure = synced(e, "syncdir")
		case "pwrite64", "ftruncate":
			sure = synced(e, "sync")
		default:
			continue
		}
		if !sure {
			took, sectors := lucky()
			if part = sectors; !took {
				continue
			}
		}
		old, there := disk[e.file]
		switch e.kind {
		case "create":
			if !there {
				disk[e.file] = []byte{}
			}
		case "unlink":
			delete(disk, e.file)
		case "ftruncate":
			if there {
				disk[e.file] = resize(old, e.at)
			}
		case "pwrite64":
			if there {
				disk[e.file] = put(old, e, part)
			}
		}
	}
	return disk
}

func resize(b []byte, n int64) []byte {
	if int64(len(b)) >= n {
		return b[:n]
	}
	return append(b, make([]byte, n-int64(len(b)))...)
}

func put(b []byte, e event, part func(int) bool) []byte {
	if end := e.at + int64(len(e.data)); end > int64(len(b)) {
		b = resize(b, end)
	}
	for i := 0; i < len(e.data); {
		n := min(512-int(e.at+int64(i))%512, len(e.data)-i)
		if part(i / 512) {
			copy(b[e.at+int64(i):], e.data[i:i+n])
		}
		i += n
	}
	return b
}

func all() (bool, func(int) bool)  { return true, func(int) bool { return true } }
func none() (bool, func(int) bool) { return false, func(int) bool { return false } }

// some lets a random part of the writes through, some of them torn.
func some(d *rand.Rand) func() (bool, func(int) bool) {
	share := d.Float64()
	return func() (bool, func(int) bool) {
		torn := d.IntN(5) == 0
		return d.Float64() < share, func(int) bool { return !torn || d.IntN(2) == 0 }
	}
}

// D2. The power is cut after each acknowledged answer: what no fsync covered may be gone, there, or there in part. Seen to
// fail: a database that commits without waiting for the disk (synchronous NORMAL and OFF), which no kill shows.
func TestPowerCut(t *testing.T) {
	d := dice(t)
	images, bad, forms := powerCut(t, program(), d, times(40, 250), times(2, 1))
	if bad > 0 {
		t.Errorf("%d images of %d lost something or do not open", bad, images)
	}
	figures(t, "D2: acknowledged %d, images %d, bad %d", forms, images, bad)
}

func TestPowerCutSeesWhatItShould(t *testing.T) {
	for _, mode := range []string{"NORMAL", "OFF"} {
		images, bad, forms := powerCut(t, broken(), dice(t), times(12, 100), times(4, 2), "STRENGTHEN_BROKEN=sync="+mode)
		if bad == 0 {
			t.Errorf("synchronous=%s was not seen in %d images", mode, images)
		}
		figures(t, "D2 broken on purpose (synchronous=%s): acknowledged %d, images %d, bad %d", mode, forms, images, bad)
	}
}

func powerCut(t *testing.T, bin string, d *rand.Rand, posts, step int, env ...string) (images, bad, acknowledged int) {
	t.Helper()
	p := place{dir: t.TempDir()}
	w := furnish(t, p)
	base := map[string][]byte{}
	names, err := filepath.Glob(filepath.Join(p.dir, "strengthen.db*"))
	must(t, err)
	for _, name := range names {
		b, err := os.ReadFile(name)
		must(t, err)
		base[filepath.Base(name)] = b
	}
	record := filepath.Join(t.TempDir(), "trace")
	s := newServer(t, p, bin, env...)
	s.wrap = []string{needs(t, "strace"), "-f", "-qq", "-y", "-xx", "-s", "1000000", "-e", "signal=none", "-o", record,
		"-e", "trace=open,openat,pwrite64,write,fsync,fdatasync,ftruncate,unlink,unlinkat"}
	s.start()
	c := newClient(w, s, d)
	var forms []form
	for range posts {
		f := c.form()
		res, page, err := c.send(f)
		if !kept(res, err) {
			t.Fatalf("%s: %v %.200s", f.path, err, text(page))
		}
		forms = append(forms, f)
	}
	time.Sleep(100 * time.Millisecond) // strace is behind
	s.kill()
	events := trace(t, record, p.dir)
	var answers []int
	for _, e := range events {
		if e.kind == "answer" && !bytes.Contains(e.data, []byte("text/plain")) { // those of /readyz are
			answers = append(answers, e.began)
		}
	}
	replayed(t, p.dir, image(base, events, 1<<60, all))
	if len(answers) != posts {
		t.Fatalf("%d answers in the trace, %d were sent", len(answers), posts)
	}
	for i := 0; i < posts; i += step {
		for _, lucky := range []func() (bool, func(int) bool){none, all, some(d), some(d)} {
			images++
			if wrong := look(t, image(base, events, answers[i], lucky), forms[:i+1]); wrong != "" {
				bad++
				if bad < 4 {
					t.Logf("after answer %d: %s", i+1, wrong)
				}
			}
		}
	}
	return images, bad, len(forms)
}

// replayed holds what the trace makes of the files against what they are: a trace that was read wrongly proves nothing.
func replayed(t *testing.T, dir string, disk map[string][]byte) {
	t.Helper()
	for _, name := range []string{"strengthen.db", "strengthen.db-wal"} {
		real, err := os.ReadFile(filepath.Join(dir, name))
		must(t, err)
		if !bytes.Equal(real, disk[name]) {
			t.Fatalf("the trace does not lead to the %s that is there: %d and %d bytes", name, len(disk[name]), len(real))
		}
	}
}

// look opens a disk and says what is wrong with it.
func look(t *testing.T, disk map[string][]byte, forms []form) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "image-")
	must(t, err)
	defer os.RemoveAll(dir)
	for name, b := range disk {
		must(t, os.WriteFile(filepath.Join(dir, name), b, 0o600))
	}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "strengthen.db"))
	must(t, err)
	defer db.Close()
	var ok string
	if err := db.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&ok); err != nil || ok != "ok" {
		return fmt.Sprintf("the file is damaged: %v %s", err, ok)
	}
	have := map[string]int{}
	rows, err := db.QueryContext(t.Context(), `SELECT 'enrolment/' || email_fold FROM person AS p JOIN enrolment AS e ON e.person_id = p.id UNION ALL SELECT 'agency/' || head_email FROM agency WHERE head_email IS NOT NULL
		UNION ALL SELECT 'signal/' || substr(o.key, 8, 16) FROM signal AS s JOIN once AS o ON o.record_id = s.id WHERE o.key LIKE 'signal/%'`)
	if err != nil {
		return err.Error()
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return err.Error()
		}
		have[strings.ToLower(strings.TrimSuffix(name, "@example.org"))]++
	}
	for _, f := range forms {
		if n := have[strings.ToLower(f.table+"/"+f.name)]; n != 1 {
			return fmt.Sprintf("an acknowledged %s is there %d times, with %d others (files %v)", f.table, n, len(have), slices.Sorted(maps.Keys(disk)))
		}
	}
	return ""
}
