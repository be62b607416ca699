package main

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestBenchMeasuresWhatItSeeded(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	for _, args := range [][]string{{"bench", "seed", "--cases", "1000", "--data", data}, {"verify", "--data", data}} {
		if code, _, complaint := command(t, args...); code != 0 {
			t.Fatalf("%v: exit %d: %s", args, code, complaint)
		}
	}
	code, table, complaint := command(t, "bench", "run", "--sweep", "--times", "20", "--data", data)
	if code != 0 {
		t.Fatalf("exit %d: %s", code, complaint)
	}
	for _, want := range []string{"| 1000 | sqlite | list of a worker |", "| search by name |", "| timeline |", "| figures of all oblasts |", "100 running clocks: a sweep moved 1 in", "the next one 0 in"} {
		if !strings.Contains(table, want) {
			t.Errorf("the table lacks %q:\n%s", want, table)
		}
	}
}

func TestBenchMeasuresNothingElse(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	if code, _, _ := command(t, "user", "one@example.org", "--name", "Лице Първо", "--role", "manager", "--data", data); code != 0 {
		t.Fatal("no user")
	}
	for want, args := range map[string][]string{
		"was not made for measuring": {"bench", "seed", "--cases", "10", "--data", data}, "run strengthen bench seed first": {"bench", "run", "--data", data},
	} {
		if code, _, complaint := command(t, args...); code != exitFailed || !strings.Contains(complaint, want) {
			t.Errorf("%v: exit %d: %s", args, code, complaint)
		}
	}
}
