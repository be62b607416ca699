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
	"strengthen/internal/casework"
	"strengthen/internal/i18n"
	"strengthen/internal/impact"
	"strengthen/internal/ledger"
	"strengthen/internal/org"
	"strengthen/internal/privacy"
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
	Ledger   string `help:"File that lists what was erased, made when missing. Keep it apart from the database, and copy it whenever you copy the key file. Default: strengthen.erased beside the key file." placeholder:"FILE"`
}

// keyFile is where the keys lie.
func (p place) keyFile() string {
	if p.KeyFile != "" {
		return p.KeyFile
	}
	return filepath.Join(p.Data, "strengthen.key")
}

// ledger is the ledger of erasures under a ring.
func (p place) ledger(g sealed.Ring) *ledger.Ledger {
	file := p.Ledger
	if file == "" {
		file = filepath.Join(filepath.Dir(p.keyFile()), "strengthen.erased")
	}
	return ledger.New(file, g.Ledger())
}

// house is the program with all its parts.
type house struct {
	db       *store.DB
	org      *org.Service
	training *training.Service
	survey   *survey.Service
	study    *study.Service
	impact   *impact.Service
	casework *casework.Service
	privacy  *privacy.Service
	signer   ed25519.PrivateKey
	ring     sealed.Ring
	log      *slog.Logger
	now      calendar.Clock

	catalogue *i18n.Catalogue
}

// open opens the database and builds the services. With migrate it first makes what is missing and brings the schema up to
// date; without, it makes nothing, and refuses a database of another version.
func (p place) open(ctx context.Context, now calendar.Clock, migrate bool) (*house, error) {
	h, err := p.build(ctx, now, migrate)
	if err != nil || !migrate {
		return h, err
	}
	if err := errors.Join(h.org.Seed(ctx), h.casework.Seed(ctx), h.privacy.Seed(ctx)); err != nil {
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
	if _, err := os.Stat(filepath.Join(p.Data, "strengthen.db")); !migrate && p.Database == "" && err != nil {
		return nil, fmt.Errorf("there is no database in %s: give the folder with --data, or make one with strengthen migrate", p.Data)
	}
	ring, err := p.ring(ctx, migrate)
	if err != nil {
		return nil, err
	}
	db, err := p.store(ctx, now, ring)
	if err != nil {
		return nil, err
	}
	if err := p.ready(ctx, db, migrate); err != nil {
		db.Close()
		return nil, err
	}
	return p.furnish(db, ring, now), nil
}

func (p place) store(ctx context.Context, now calendar.Clock, g sealed.Ring) (*store.DB, error) {
	c := store.Config{Dir: p.Data, URL: p.Database, Policy: access.Standard(), Now: now, Log: logger(), Ring: g, Ledger: p.ledger(g)}
	c.Rights = func(ctx context.Context, tx *store.Tx, by access.Actor) (access.Actor, error) {
		return org.Rights(ctx, tx, by)
	}
	return store.Open(ctx, c)
}

func logger() *slog.Logger { return slog.New(slog.NewTextHandler(os.Stderr, nil)) }

// ready takes the database for this process, beside others, and holds its schema against the program's. With migrate it brings
// it up to date and erases what the ledger of erasures lists, so that nobody comes in before that.
func (p place) ready(ctx context.Context, db *store.DB, migrate bool) error {
	if err := db.Hold(ctx, false); err != nil {
		return err
	}
	if !migrate {
		return db.Current(ctx)
	}
	if _, _, err := db.Migrate(ctx); err != nil {
		return err
	}
	if err := db.EnsureLedger(ctx); err != nil {
		return err
	}
	_, err := db.Replay(ctx)
	return err
}

// furnish builds the services over an open database.
func (p place) furnish(db *store.DB, ring sealed.Ring, now calendar.Clock) *house {
	h := &house{db: db, log: logger(), now: now, signer: ring.Current.Signer(), ring: ring, catalogue: i18n.Load()}
	h.org = org.New(store.For[org.Tx]{DB: db}, now, ring.Box(org.FactorBox))
	h.training = training.New(store.For[training.Tx]{DB: db}, now)
	h.survey = survey.New(store.For[survey.Tx]{DB: db}, now)
	h.study = study.New(store.For[study.Tx]{DB: db}, now)
	h.impact = impact.New(h.survey, h.org, h.study, now)
	h.impact.Version = version
	h.casework = casework.New(store.For[casework.Tx]{DB: db}, now)
	h.privacy = privacy.New(store.For[privacy.Tx]{DB: db}, now)
	return h
}

// ring reads the key file. A key is made only for a database that holds nothing yet: for any other, a new key would open no
// second factor and would make the record look altered.
func (p place) ring(ctx context.Context, create bool) (sealed.Ring, error) {
	file := p.keyFile()
	ring, err := sealed.LoadRing(file)
	if !errors.Is(err, sealed.ErrNoKey) {
		return ring, err
	}
	db, e := store.Open(ctx, store.Config{Dir: p.Data, URL: p.Database, Now: realTime})
	if e != nil {
		return ring, e
	}
	defer db.Close()
	blank, e := db.Blank(ctx)
	if e != nil {
		return ring, e
	}
	if !create || !blank {
		return ring, fmt.Errorf("%w: put the key of this database there, or say where it lies with --key-file", err)
	}
	return sealed.MakeRing(file)
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
