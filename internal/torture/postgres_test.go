package torture

import (
	"database/sql"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// cluster is a PostgreSQL of a test's own, which it may break.
type cluster struct {
	t   testing.TB
	dir string
	bin string
	url string
}

// newCluster makes one that keeps its promises to the disk, unlike the one of the other tests, and starts it.
func newCluster(t testing.TB, settings ...string) *cluster {
	t.Helper()
	all, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(all) == 0 {
		t.Fatal("PostgreSQL's server programs are missing: run make tools (Debian: postgresql)")
	}
	slices.Sort(all)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	dir, err := os.MkdirTemp("", "strengthen-torture-pg-")
	must(t, err)
	c := &cluster{t: t, dir: dir, bin: filepath.Dir(all[len(all)-1]), url: fmt.Sprintf("postgres://strengthen@127.0.0.1:%d/postgres?sslmode=disable", port)}
	if os.Getuid() == 0 {
		if out, err := exec.Command("chown", "postgres", dir).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	t.Cleanup(func() {
		c.command("pg_ctl", "-D", dir, "-m", "immediate", "stop") //nolint:errcheck // it may be down
		os.RemoveAll(dir)
	})
	c.must("initdb", "-D", dir, "-U", "strengthen", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
	options := fmt.Sprintf("-p %d -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=60", port)
	for _, s := range settings {
		options += " -c " + s
	}
	c.must("pg_ctl", "-D", dir, "-w", "-l", filepath.Join(dir, "log"), "-o", options, "start")
	return c
}

func (c *cluster) command(name string, args ...string) (string, error) {
	line := append([]string{filepath.Join(c.bin, name)}, args...)
	if os.Getuid() == 0 {
		line = append([]string{"runuser", "-u", "postgres", "--"}, line...)
	}
	cmd := exec.Command(line[0], line[1:]...)
	cmd.Dir = "/"
	out, err := os.CreateTemp("", "pg-out-")
	if err != nil {
		return "", err
	}
	defer os.Remove(out.Name())
	cmd.Stdout, cmd.Stderr = out, out // a file: what pg_ctl starts keeps it open
	err = cmd.Run()
	b, _ := os.ReadFile(out.Name())
	return string(b), err
}

func (c *cluster) must(name string, args ...string) {
	c.t.Helper()
	if out, err := c.command(name, args...); err != nil {
		c.t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

// base makes an empty database in the cluster.
func (c *cluster) base(name string) string {
	c.t.Helper()
	db, err := sql.Open("pgx", c.url)
	must(c.t, err)
	defer db.Close()
	_, err = db.ExecContext(c.t.Context(), "CREATE DATABASE "+name)
	must(c.t, err)
	return strings.Replace(c.url, "/postgres?", "/"+name+"?", 1)
}

// trouble is what happens to a PostgreSQL or to the server in front of it.
type trouble struct{ restarts, ended, pauses int }

// D4. PostgreSQL is restarted at once, some of its backends are ended, and the server is paused, while four people send forms.
// Seen to fail: a PostgreSQL that answers before the disk has it (synchronous_commit=off) loses what it acknowledged.
func TestPostgresRestarts(t *testing.T) {
	x := trouble{times(3, 25), times(8, 120), times(3, 25)}
	n, a, p := troubled(t, newCluster(t), x)
	if n.bad() || n.acknowledged < 50 {
		t.Errorf("%v", n)
	}
	p.whole(t)
	figures(t, "D4: restarts %d, backends ended %d, pauses %d, %v, errors seen by people %d", x.restarts, x.ended, x.pauses, n, a.shown.Load())
}

func TestPostgresRestartsSeeWhatTheyShould(t *testing.T) {
	n, _, _ := troubled(t, newCluster(t, "synchronous_commit=off", "wal_writer_delay=1s"), trouble{restarts: times(3, 6)})
	if n.lost == 0 {
		t.Errorf("synchronous_commit=off was not seen: %v", n)
	}
	figures(t, "D4 broken on purpose (synchronous_commit=off): %v", n)
}

func troubled(t *testing.T, c *cluster, x trouble) (count, *acked, place) {
	t.Helper()
	d := dice(t)
	p := place{dir: t.TempDir(), url: c.base("restarts")}
	w := furnish(t, p)
	_, err := p.raw(t).ExecContext(t.Context(), "CHECKPOINT")
	must(t, err)
	s := newServer(t, p, program())
	s.start()
	var a acked
	stop := w.load(t, s, d, 4, &a)
	var acts []func()
	for range x.restarts {
		acts = append(acts, func() { c.must("pg_ctl", "-D", c.dir, "-w", "-m", "immediate", "restart") })
	}
	for range x.ended {
		acts = append(acts, func() { endBackend(c.url) })
	}
	for range x.pauses {
		acts = append(acts, func() {
			s.signal(syscall.SIGSTOP)
			time.Sleep(time.Duration(d.IntN(400)) * time.Millisecond)
			s.signal(syscall.SIGCONT)
		})
	}
	d.Shuffle(len(acts), func(i, j int) { acts[i], acts[j] = acts[j], acts[i] })
	for _, act := range acts {
		a.more(t, 4+d.IntN(8))
		time.Sleep(time.Duration(d.IntN(50)) * time.Millisecond)
		act()
	}
	stop()
	s.stop()
	return tally(t, p.raw(t), a.forms), &a, p
}

// endBackend ends a backend that serves the program; while PostgreSQL starts there is none.
func endBackend(url string) {
	db, err := sql.Open("pgx", url)
	if err != nil {
		return
	}
	defer db.Close()
	db.Exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'restarts' AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1") //nolint:errcheck,noctx // it may be down
}
