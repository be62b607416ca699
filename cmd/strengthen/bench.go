package main

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"syscall"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/casework"
	"strengthen/internal/demo"
	"strengthen/internal/store"
)

type benchCmd struct {
	Seed benchSeedCmd `cmd:"" help:"Fill an empty database with invented cases, or add to those that are there."`
	Run  benchRunCmd  `cmd:"" help:"Measure lists, search, timeline and figures in such a database, and print a table."`
}

type benchSeedCmd struct {
	place
	Cases int `help:"How many cases there are to be." default:"1000"`
}

func (c *benchSeedCmd) Run(ctx context.Context) error {
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // much is made and little is kept
	h, err := c.openEmpty(ctx, realTime)
	if err != nil {
		return err
	}
	defer h.db.Close()
	if err := h.db.Hurry(ctx, true); err != nil {
		return err
	}
	began, last := time.Now(), 0
	crowd := h.crowd()
	crowd.Say = func(done, all int) {
		if p := 100 * done / all; p/10 > last {
			last = p / 10
			fmt.Fprintf(os.Stderr, "%d cases, %.0f s\n", done, time.Since(began).Seconds())
		}
	}
	if err := crowd.Grow(ctx, c.Cases); err != nil {
		return err
	}
	if err := h.db.Hurry(ctx, false); err != nil {
		return err
	}
	return h.db.Settle(ctx)
}

func (h *house) crowd() *demo.Crowd {
	return &demo.Crowd{
		Org: h.org, Casework: h.casework, Now: h.now(), View: store.For[casework.Tx]{DB: h.db}.View,
		Bulk: func(ctx context.Context, by access.Actor, fn func(casework.Tx) error) error {
			return h.db.Bulk(ctx, by, func(tx *store.Tx) error { return fn(tx) })
		},
	}
}

type benchRunCmd struct {
	place
	Times int  `help:"How often each is measured." default:"200"`
	Sweep bool `help:"Sweep the clocks too; what is due after that is gone."`
}

func (c *benchRunCmd) Run(ctx context.Context) error {
	h, err := c.open(ctx, realTime, false)
	if err != nil {
		return err
	}
	defer h.db.Close()
	cast, err := h.crowd().Cast(ctx)
	if err != nil {
		return err
	}
	if cast.Cases == 0 {
		return fmt.Errorf("there is nothing to measure: run strengthen bench seed first")
	}
	fmt.Printf("| cases | database | what | p50 ms | p95 ms | CPU ms |\n| --- | --- | --- | --- | --- | --- |\n")
	for _, m := range h.measures(cast) {
		t, err := timed(c.Times, func(i int) error { return m.run(ctx, i) })
		if err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		fmt.Printf("| %d | %s | %s | %.2f | %.2f | %.2f |\n", cast.Cases, h.db.Kind(), m.name, ms(t.p50), ms(t.p95), ms(t.cpu))
	}
	if !c.Sweep {
		return nil
	}
	began := time.Now()
	moved, err := h.casework.SweepClocks(ctx)
	if err != nil {
		return err
	}
	first, began := time.Since(began), time.Now()
	again, err := h.casework.SweepClocks(ctx)
	fmt.Printf("\n%d running clocks: a sweep moved %d in %.2f s, the next one %d in %.4f s\n", cast.Cases/10, moved, first.Seconds(), again, time.Since(began).Seconds())
	return err
}

// measure is what people do, once.
type measure struct {
	name string
	run  func(ctx context.Context, i int) error
}

// pageOf is how many lines a measured list shows. A worker of the cast has more open cases than that at every size.
const pageOf = 25

// measures are done by people of one region, whose lists fill a page at every size.
func (h *house) measures(cast demo.Cast) []measure {
	worker, head, manager := cast.Who(0, "worker"), cast.Who(0, "head"), cast.Who(0, "manager")
	list := func(by access.Actor, f casework.CaseFilter) func(context.Context, int) error {
		return func(ctx context.Context, _ int) error {
			f.Limit = pageOf
			all, _, err := h.casework.Cases(ctx, by, f)
			return full(len(all), pageOf, err)
		}
	}
	return []measure{
		{"list of a worker", list(worker, casework.CaseFilter{})},
		{"list of a head", list(head, casework.CaseFilter{})},
		{"list of a head, open cases", list(head, casework.CaseFilter{Open: true})},
		{"second page of a head", h.secondPage(head)},
		{"inbox of signals", func(ctx context.Context, _ int) error {
			all, err := h.casework.Signals(ctx, head, casework.SignalFilter{Open: true, Limit: pageOf})
			return full(len(all), pageOf, err)
		}},
		{"search by name", func(ctx context.Context, i int) error {
			name := demo.CrowdName(mine(i))
			found, err := h.casework.FindChild(ctx, worker, name[0]+" "+name[1])
			return full(len(found), 1, err)
		}},
		{"a case", func(ctx context.Context, i int) error {
			_, err := h.casework.OpenCase(ctx, worker, demo.CrowdID(mine(i)))
			return err
		}},
		{"timeline", func(ctx context.Context, i int) error {
			v, err := h.casework.Timeline(ctx, worker, demo.CrowdID(mine(i)), casework.EventFilter{Limit: 50})
			return full(len(v.Events), 8, err)
		}},
		{"my work", func(ctx context.Context, _ int) error {
			_, err := h.casework.MyWork(ctx, worker)
			return err
		}},
		{"figures of all oblasts", func(ctx context.Context, _ int) error {
			_, err := h.casework.OpenFigures(ctx, manager, 0, "", "")
			return err
		}},
	}
}

// mine is an open case that the worker of the first region leads at every size.
func mine(i int) int { return i % 25 * 40 }

func (h *house) secondPage(by access.Actor) func(context.Context, int) error {
	cursor := ""
	return func(ctx context.Context, _ int) error {
		if cursor == "" {
			var err error
			if _, cursor, err = h.casework.Cases(ctx, by, casework.CaseFilter{Limit: pageOf}); err != nil {
				return err
			}
		}
		all, _, err := h.casework.Cases(ctx, by, casework.CaseFilter{Limit: pageOf, After: cursor})
		return full(len(all), pageOf, err)
	}
}

// full refuses a measurement that found less than it was made for: nothing would be measured.
func full(have, want int, err error) error {
	if err == nil && have < want {
		return fmt.Errorf("%d lines, not %d", have, want)
	}
	return err
}

type timing struct{ p50, p95, cpu time.Duration }

// timed runs fn n times after a tenth of that for warming up.
func timed(n int, fn func(i int) error) (timing, error) {
	n = max(n, 20)
	for i := range n / 10 {
		if err := fn(i); err != nil {
			return timing{}, err
		}
	}
	took, cpu := make([]time.Duration, n), processor()
	for i := range took {
		began := time.Now()
		if err := fn(i); err != nil {
			return timing{}, err
		}
		took[i] = time.Since(began)
	}
	cpu = processor() - cpu
	slices.Sort(took)
	return timing{took[n/2], took[n*95/100], cpu / time.Duration(n)}, nil
}

// processor is the processor time that the process has used so far; that of PostgreSQL is not in it.
func processor() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
