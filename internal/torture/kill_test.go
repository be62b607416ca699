package torture

import (
	"testing"
	"time"

	"strengthen/internal/testkit"
)

// eachPlace runs fn on both kinds of database, in an empty place.
func eachPlace(t *testing.T, fn func(t *testing.T, p place)) {
	t.Run("sqlite", func(t *testing.T) { fn(t, place{dir: t.TempDir()}) })
	t.Run("postgres", func(t *testing.T) { fn(t, place{dir: t.TempDir(), url: testkit.Postgres(t)}) })
}

// D1. The server is killed at any moment, again and again, while four people send forms. Seen to fail: "forget" loses,
// "silent" leaves no entry, "twice" doubles what was sent again.
func TestKillLoop(t *testing.T) {
	eachPlace(t, func(t *testing.T, p place) {
		kills := times(8, 60)
		c, a := killed(t, p, program(), kills)
		if c.bad() || c.acknowledged < kills {
			t.Errorf("%v", c)
		}
		p.whole(t)
		figures(t, "D1 %s: kills %d, sent %d, %v", t.Name()[len("TestKillLoop/"):], kills, a.sent.Load(), c)
	})
}

func TestKillLoopSeesWhatItShould(t *testing.T) {
	for fault, seen := range map[string]func(count) int{
		"forget": func(c count) int { return c.lost },
		"silent": func(c count) int { return c.silent },
		"twice":  func(c count) int { return c.doubled },
	} {
		c, _ := killed(t, place{dir: t.TempDir()}, broken(), times(8, 12), "STRENGTHEN_BROKEN="+fault)
		if seen(c) == 0 {
			t.Errorf("%s was not seen: %v", fault, c)
		}
		figures(t, "D1 broken on purpose (%s): %v", fault, c)
	}
}

func killed(t *testing.T, p place, bin string, kills int, env ...string) (count, *acked) {
	t.Helper()
	d := dice(t)
	w := furnish(t, p)
	s := newServer(t, p, bin, env...)
	s.start()
	var a acked
	stop := w.load(t, s, d, 4, &a)
	for range kills {
		a.more(t, 1+d.IntN(8))
		time.Sleep(time.Duration(d.IntN(50)) * time.Millisecond)
		s.kill()
		s.start()
	}
	stop()
	s.stop()
	return tally(t, p.raw(t), a.forms), &a
}
