package torture

import (
	"bytes"
	"io"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

// D7. The server is told to stop under load, in the middle of sending mail. It finishes what is under way: whatever it kept, it
// answered; no message is left in its hands, and none is sent twice. Seen to fail: "rude" cuts connections.
func TestStop(t *testing.T) {
	eachPlace(t, func(t *testing.T, p place) {
		r := stopped(t, p, program(), times(5, 40))
		if r.cut > 0 || r.leased > 0 || r.slowest > 20*time.Second || r.mailTwice > 0 || r.mails == 0 {
			t.Errorf("%+v", r)
		}
		p.whole(t)
		figures(t, "D7 %s: stops %d, slowest %.1f s, requests answered %d, cut %d, leases left %d, mails %d, sent twice %d", t.Name()[len("TestStop/"):], r.stops, r.slowest.Seconds(), r.answered, r.cut, r.leased, r.mails, r.mailTwice)
	})
}

func TestStopSeesWhatItShould(t *testing.T) {
	r := stopped(t, place{dir: t.TempDir()}, broken(), 10, "STRENGTHEN_BROKEN=rude")
	if r.cut == 0 {
		t.Error("requests that were carried out and cut were not seen")
	}
	figures(t, "D7 broken on purpose (rude): stops %d, cut %d", r.stops, r.cut)
}

type stops struct {
	stops, answered, cut, leased, mails, mailTwice int
	slowest                                        time.Duration
}

func stopped(t *testing.T, p place, bin string, n int, env ...string) stops {
	t.Helper()
	d := dice(t)
	w := furnish(t, p)
	post := newPost(t)
	s := newServer(t, p, bin, env...)
	s.args = append(s.args, "--smtp-host", "127.0.0.1", "--smtp-port", strconv.Itoa(post.port), "--smtp-plain", "--mail-from", "Strengthen <s@example.org>")
	r := stops{stops: n}
	var answered, unanswered []form
	for range n {
		s.start()
		had := len(answered)
		var mu sync.Mutex
		var wait sync.WaitGroup
		for range 6 {
			c := newClient(w, s, d)
			wait.Go(func() {
				for {
					f := c.form()
					res, _, err := c.send(f)
					mu.Lock()
					if kept(res, err) {
						answered = append(answered, f)
					} else {
						unanswered = append(unanswered, f)
					}
					mu.Unlock()
					if err != nil {
						return
					}
				}
			})
		}
		until(t, "forms are taken", func() bool { mu.Lock(); defer mu.Unlock(); return len(answered) >= had+5 })
		time.Sleep(time.Duration(d.IntN(300)) * time.Millisecond)
		r.slowest = max(r.slowest, s.stop())
		wait.Wait()
	}
	db := p.raw(t)
	if c := tally(t, db, answered); c.bad() {
		t.Errorf("%v", c)
	}
	r.answered, r.cut = len(answered), len(unanswered)-tally(t, db, unanswered).lost
	must(t, db.QueryRowContext(t.Context(), `SELECT count(*) FROM message WHERE leased_until IS NOT NULL`).Scan(&r.leased))
	var sent int
	must(t, db.QueryRowContext(t.Context(), `SELECT count(*) FROM message WHERE state = 'sent'`).Scan(&sent))
	r.mails, r.mailTwice = sent, len(post.letters())-sent
	return r
}

// post is a mail server that takes its time.
type post struct {
	port int
	mu   sync.Mutex
	all  [][]byte
}

func newPost(t testing.TB) *post {
	t.Helper()
	p := &post{}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &letter{p}, nil }))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	p.port = l.Addr().(*net.TCPAddr).Port
	go server.Serve(l) //nolint:errcheck // it ends with the test
	t.Cleanup(func() { server.Close() })
	return p
}

func (p *post) letters() [][]byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.all
}

type letter struct{ p *post }

func (l *letter) Mail(string, *smtp.MailOptions) error { return nil }
func (l *letter) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (l *letter) Reset()                               {}
func (l *letter) Logout() error                        { return nil }
func (l *letter) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	time.Sleep(15 * time.Millisecond)
	l.p.mu.Lock()
	defer l.p.mu.Unlock()
	l.p.all = append(l.p.all, bytes.Clone(b))
	return err
}
