package ledger

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var (
	oldKey = []byte("old key of thirty-two bytes ....")
	newKey = []byte("new key of thirty-two bytes ....")
	noon   = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
)

func made(t *testing.T, keys ...[]byte) *Ledger {
	t.Helper()
	l := New(filepath.Join(t.TempDir(), "erased"), keys)
	if err := l.Make(); err != nil {
		t.Fatal(err)
	}
	return l
}

func TestWhatWasErasedIsListedOnceAndForEver(t *testing.T) {
	l := made(t, oldKey)
	a, b := Record{"case", "a1"}, Record{"signal", "b2"}
	for _, add := range [][]Record{{a}, {a, b}, {b}, {}} {
		if err := l.Append(noon, add...); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Make(); err != nil { // a second start keeps what is there
		t.Fatal(err)
	}
	turned := New(l.File(), [][]byte{newKey, oldKey}) // after the root was replaced
	if err := turned.Append(noon, Record{"case", "c3"}); err != nil {
		t.Fatal(err)
	}
	all, err := turned.Records()
	if err != nil || !slices.Equal(all, []Record{a, b, {"case", "c3"}}) {
		t.Errorf("%v, %v", all, err)
	}
	if info, err := os.Stat(l.File()); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if _, err := l.Records(); !errors.Is(err, ErrDamaged) {
		t.Errorf("a line under a key that the ring does not hold: %v", err)
	}
}

func TestADamagedLedgerIsRefused(t *testing.T) {
	l := made(t, oldKey)
	for _, id := range []string{"a", "b", "c"} {
		if err := l.Append(noon, Record{"case", id}); err != nil {
			t.Fatal(err)
		}
	}
	good, err := os.ReadFile(l.File())
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(good), "\n")
	for name, text := range map[string]string{
		"a line taken out":      lines[0] + lines[1] + lines[3],
		"lines swapped":         lines[0] + lines[2] + lines[1] + lines[3],
		"another identifier":    strings.Replace(string(good), "case b", "case x", 1),
		"another moment":        strings.Replace(string(good), "2026-03-02", "2026-03-03", 1),
		"a line without a code": string(good) + "case d 2026-03-02T12:00:00Z\n",
		"no head":               string(good)[3:],
		"nothing":               "",
	} {
		if err := os.WriteFile(l.File(), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := l.Records(); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
		if err := l.Append(noon, Record{"case", "e"}); !errors.Is(err, ErrDamaged) {
			t.Errorf("append to one with %s: %v", name, err)
		}
	}
	if err := os.Remove(l.File()); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Records(); !errors.Is(err, ErrNone) {
		t.Errorf("no file: %v", err)
	}
}

// A crash while a line is written leaves part of it: that line was not acted upon, and the next one takes its place.
func TestALineCutShortIsNoLine(t *testing.T) {
	l := made(t, oldKey)
	for _, id := range []string{"a", "b"} {
		if err := l.Append(noon, Record{"case", id}); err != nil {
			t.Fatal(err)
		}
	}
	good, _ := os.ReadFile(l.File())
	for cut := 1; cut < 60; cut++ {
		if err := os.WriteFile(l.File(), good[:len(good)-cut], 0o600); err != nil {
			t.Fatal(err)
		}
		if all, err := l.Records(); err != nil || len(all) != 1 {
			t.Fatalf("cut by %d: %v, %v", cut, all, err)
		}
		if err := l.Append(noon, Record{"case", "c"}); err != nil {
			t.Fatal(err)
		}
		if all, err := l.Records(); err != nil || !slices.Equal(all, []Record{{"case", "a"}, {"case", "c"}}) {
			t.Fatalf("appended after a cut by %d: %v, %v", cut, all, err)
		}
	}
}

func TestSeveralWritersLoseNothing(t *testing.T) {
	l := made(t, oldKey)
	var wait sync.WaitGroup
	for w := range 8 {
		wait.Go(func() {
			for i := range 20 {
				if err := New(l.File(), l.keys).Append(noon, Record{"case", fmt.Sprint(w, "-", i)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	if all, err := l.Records(); err != nil || len(all) != 160 {
		t.Errorf("%d of 160 lines, %v", len(all), err)
	}
}

func TestWhatIsNoRecordIsRefused(t *testing.T) {
	l := made(t, oldKey)
	for _, r := range []Record{{"", "a"}, {"case", ""}, {"case", "a b"}, {"ca\nse", "a"}} {
		if err := l.Append(noon, r); err == nil {
			t.Errorf("%q was taken", r)
		}
	}
}
