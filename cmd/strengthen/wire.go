package main

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/calendar"
	"strengthen/internal/impact"
	"strengthen/internal/org"
	"strengthen/internal/sealed"
	"strengthen/internal/store"
	"strengthen/internal/study"
	"strengthen/internal/survey"
	"strengthen/internal/training"
)

// place says where the data are; it is part of every command that needs them.
type place struct {
	Data     string `help:"Folder of the embedded SQLite database." default:"data" type:"path"`
	Database string `help:"Address of a PostgreSQL database, postgres://…; without it the embedded one is used." placeholder:"URL"`
	KeyFile  string `help:"File with the root key, made when missing. Keep it apart from the database and its backups. Default: DATA/strengthen.key." placeholder:"FILE"`
}

// house is the program with all its parts.
type house struct {
	db       *store.DB
	org      *org.Service
	training *training.Service
	survey   *survey.Service
	study    *study.Service
	impact   *impact.Service
	signer   ed25519.PrivateKey
	log      *slog.Logger
	now      calendar.Clock
}

// open opens the database and builds the services. With migrate it first makes what is missing and brings the schema up to
// date; without, it makes nothing, and refuses a database of another version.
func (p place) open(ctx context.Context, now calendar.Clock, migrate bool) (*house, error) {
	h, err := p.build(ctx, now, migrate)
	if err != nil || !migrate {
		return h, err
	}
	if err := h.org.Seed(ctx); err != nil {
		h.db.Close()
		return nil, err
	}
	return h, nil
}

// openEmpty opens a new database with its schema and nothing in it.
func (p place) openEmpty(ctx context.Context, now calendar.Clock) (*house, error) {
	return p.build(ctx, now, true)
}

func (p place) build(ctx context.Context, now calendar.Clock, migrate bool) (*house, error) {
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	if _, err := os.Stat(filepath.Join(p.Data, "strengthen.db")); !migrate && p.Database == "" && err != nil {
		return nil, fmt.Errorf("there is no database in %s: give the folder with --data, or make one with strengthen migrate", p.Data)
	}
	root, err := p.root(ctx, migrate)
	if err != nil {
		return nil, err
	}
	c := store.Config{Dir: p.Data, URL: p.Database, Policy: access.Standard(), Now: now, Log: log, Root: root}
	c.Rights = func(ctx context.Context, tx *store.Tx, by access.Actor) (access.Actor, error) {
		return org.Rights(ctx, tx, by)
	}
	db, err := store.Open(ctx, c)
	if err != nil {
		return nil, err
	}
	if migrate {
		_, _, err = db.Migrate(ctx)
	} else {
		err = db.Current(ctx)
	}
	if err != nil {
		db.Close()
		return nil, err
	}
	h := &house{db: db, log: log, now: now, signer: root.Signer()}
	h.org = org.New(store.For[org.Tx]{DB: db}, now, root.Box("totp"))
	h.training = training.New(store.For[training.Tx]{DB: db}, now)
	h.survey = survey.New(store.For[survey.Tx]{DB: db}, now)
	h.study = study.New(store.For[study.Tx]{DB: db}, now)
	h.impact = impact.New(h.survey, h.org, h.study, now)
	h.impact.Version = version
	return h, nil
}

// root reads the key file. A key is made only for a database that holds nothing yet: for any other, a new key would open no
// second factor and would make the record look altered.
func (p place) root(ctx context.Context, create bool) (sealed.Root, error) {
	file := p.KeyFile
	if file == "" {
		file = filepath.Join(p.Data, "strengthen.key")
	}
	root, err := sealed.LoadRoot(file)
	if !errors.Is(err, sealed.ErrNoKey) {
		return root, err
	}
	db, e := store.Open(ctx, store.Config{Dir: p.Data, URL: p.Database, Now: realTime})
	if e != nil {
		return root, e
	}
	defer db.Close()
	blank, e := db.Blank(ctx)
	if e != nil {
		return root, e
	}
	if !create || !blank {
		return root, fmt.Errorf("%w: put the key of this database there, or say where it lies with --key-file", err)
	}
	return sealed.MakeRoot(file)
}

// operator is who runs commands on the server; what is done so is on the record as a command.
func operator(roles ...access.Role) access.Actor {
	a := access.Actor{Via: access.ViaCommand, Request: "command"}
	for _, r := range roles {
		a.Grants = append(a.Grants, access.Grant{Role: r})
	}
	return a
}

func realTime() time.Time { return time.Now() }
