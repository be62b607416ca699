package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/demo"
	"strengthen/internal/passkey"
	"strengthen/internal/store"
	"strengthen/internal/web"
)

// listen says where and for whom pages are served.
type listen struct {
	Listen  string `help:"Address to listen on." default:"127.0.0.1:8080"`
	Site    string `help:"Address under which people reach the pages, such as https://strengthen.example. Default: http:// and the listen address." placeholder:"URL"`
	Proxies int    `help:"How many reverse proxies in front add X-Forwarded-For." default:"0"`
}

type serveCmd struct {
	place
	listen
	post
	Checkpoints string `help:"File to which signed checkpoints of the record are appended; put it where the server cannot rewrite it." placeholder:"FILE"`
}

func (c *serveCmd) Run(ctx context.Context) error {
	h, err := c.open(ctx, realTime, true)
	if err != nil {
		return err
	}
	defer h.db.Close()
	isDemo, err := h.org.IsDemo(ctx)
	if err != nil {
		return err
	}
	return h.serve(ctx, c.listen, isDemo, func(ctx context.Context) { h.work(ctx, c.post, c.site(), c.Checkpoints) }, func() { fmt.Println("Strengthen serves", c.site()) })
}

func (l listen) site() string {
	if l.Site != "" {
		return strings.TrimSuffix(l.Site, "/")
	}
	return "http://" + l.Listen
}

// serve answers requests, and works beside it, until ctx ends or somebody else took the database alone; then it finishes what
// is under way within twenty seconds.
func (h *house) serve(ctx context.Context, l listen, isDemo bool, work func(context.Context), ready func()) error {
	door, err := passkey.New(l.site())
	if err != nil {
		return err
	}
	if door != nil {
		h.org.UsePasskeys(door)
	}
	pages := web.New(web.Config{
		Org: h.org, Training: h.training, Survey: h.survey, Impact: h.impact, Study: h.study, Casework: h.casework, Privacy: h.privacy, Policy: access.Standard(), Now: h.now, Log: h.log,
		Site: l.site(), Demo: isDemo, Proxies: l.Proxies, Ready: h.db.Ready, Letter: h.read, Version: version,
	})
	server := &http.Server{Handler: pages.Handler(), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, WriteTimeout: 2 * time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10}
	socket, err := listenOn(l.Listen)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	worked := make(chan struct{})
	go func() { defer close(worked); work(ctx) }()
	go h.guard(ctx, stop)
	ready()
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		wait, cancel := context.WithTimeout(context.Background(), stopTime)
		defer cancel()
		stopped <- server.Shutdown(wait)
		select {
		case <-worked:
		case <-wait.Done():
		}
		close(stopped)
	}()
	if err := server.Serve(socket); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	err = <-stopped
	<-stopped // until the work beside it is done too
	if cause := context.Cause(ctx); errors.Is(cause, store.ErrInUse) {
		return cause
	}
	return err
}

// stopTime is how long what is under way may take when the server is told to stop.
const stopTime = 20 * time.Second

// guard holds the database beside others, anew where the connection that held it broke, and stops the server when a command
// has it alone.
func (h *house) guard(ctx context.Context, stop context.CancelCauseFunc) {
	for tick := time.NewTicker(5 * time.Second); ; {
		select {
		case <-ctx.Done():
			tick.Stop()
			return
		case <-tick.C:
		}
		if err := h.db.Renew(ctx); errors.Is(err, store.ErrInUse) {
			h.log.Error("the server stops: a command has the database alone")
			stop(err)
		}
	}
}

type demoCmd struct {
	Data   string `help:"Folder for the demonstration; a new temporary one by default." placeholder:"DIR"`
	Listen string `help:"Address to listen on." default:"127.0.0.1:8080"`
	Size   int    `help:"How many trainings, at most 28." default:"28"`
	Only   bool   `help:"Fill the database and stop."`
}

func (c *demoCmd) Run(ctx context.Context) error {
	dir := c.Data
	if dir == "" {
		var err error
		if dir, err = os.MkdirTemp("", "strengthen-demo-"); err != nil {
			return err
		}
		defer os.RemoveAll(dir)
	}
	_, err := os.Stat(filepath.Join(dir, "strengthen.db"))
	fresh := os.IsNotExist(err)
	clock := &demo.Clock{}
	h, err := place{Data: dir}.openFor(ctx, clock, fresh)
	if err != nil {
		return err
	}
	defer h.db.Close()
	if fresh {
		if err := c.fill(ctx, h, clock); err != nil {
			return err
		}
	} else if is, err := h.org.IsDemo(ctx); err != nil || !is {
		return fmt.Errorf("%s holds a database that the demo did not make; choose another folder", dir)
	}
	if c.Only {
		return nil
	}
	l := listen{Listen: c.Listen}
	return h.serve(ctx, l, true, func(ctx context.Context) { h.work(ctx, post{}, l.site(), "") }, func() { h.welcome(ctx, l.site()) })
}

// fill plays the demonstration; who comes to its address meanwhile reads how far it is.
func (c *demoCmd) fill(ctx context.Context, h *house, clock *demo.Clock) error {
	if c.Only {
		return h.play(ctx, clock, c.Size, func(int) {})
	}
	f, err := openFilling(c.Listen)
	if err != nil {
		return err
	}
	fmt.Printf("Strengthen: http://%s (it is being filled; the page reloads itself)\n", c.Listen)
	err = h.play(ctx, clock, c.Size, func(percent int) { f.percent.Store(int32(percent)) })
	return errors.Join(err, f.server.Close())
}

// openFor opens a demonstration: a fresh one is migrated, and seeded by the play itself.
func (p place) openFor(ctx context.Context, clock *demo.Clock, fresh bool) (*house, error) {
	if !fresh {
		return p.open(ctx, clock.Now, true)
	}
	return p.openEmpty(ctx, clock.Now)
}

// play runs the invented programme up to the present, and says how far it is in percent.
func (h *house) play(ctx context.Context, clock *demo.Clock, size int, say func(percent int)) error {
	defer debug.SetGCPercent(debug.SetGCPercent(800)) // much is made and little is kept
	began, last := time.Now(), -1
	w := &demo.World{Org: h.org, Training: h.training, Survey: h.survey, Study: h.study, Casework: h.casework, Clock: clock, Size: size, End: began, Say: func(done, all int) {
		say(100 * done / max(all, 1))
		if p := 100 * done / max(all, 1); p/5 > last {
			last = p / 5
			fmt.Fprintf(os.Stderr, "\rtwo invented years: %3d %%", p)
		}
	}}
	if err := errors.Join(h.db.Hurry(ctx, true), w.Play(ctx), h.db.Hurry(ctx, false)); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	clock.Set(time.Time{})
	if _, _, err := h.db.SealAll(ctx, h.signer); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "\rtwo invented years in %.1f s\n", time.Since(began).Seconds())
	return nil
}

func (h *house) welcome(ctx context.Context, site string) {
	fmt.Printf("\nStrengthen, with invented data: %s\nSign in without a password as:\n", site)
	guests, err := h.org.DemoGuests(ctx)
	if err != nil {
		h.log.Error("guests", "error", err)
	}
	for _, g := range guests {
		fmt.Printf("  %-15s %s\n", g.Role, g.Name)
	}
	fmt.Printf("at %s/signin (English: %s/en/signin), or follow a link such as people get by mail:\n", site, site)
	links, err := h.org.DemoLinks(ctx)
	if err != nil {
		h.log.Error("links", "error", err)
	}
	for _, l := range links {
		fmt.Printf("  %-15s %s%s\n", l.Kind, site, l.Path)
	}
	fmt.Println("Stop with Ctrl+C.")
}
