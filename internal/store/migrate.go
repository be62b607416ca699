package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"github.com/pressly/goose/v3/lock"

	"strengthen/internal/fault"
)

//go:embed migrations/*.sql
var migrations embed.FS

// ErrNewer says that the database was made by a newer program.
var ErrNewer = errors.New("the database is newer than this program: install the newer program, or restore a backup made by this one")

// Migrate brings the schema up to this program's version. It never goes back.
func (db *DB) Migrate(ctx context.Context) (from, to int64, err error) {
	p, err := db.provider()
	if err != nil {
		return 0, 0, err
	}
	if from, err = p.GetDBVersion(ctx); err != nil {
		return 0, 0, fmt.Errorf("read schema version: %w", err)
	}
	if from > latest(p) {
		return from, latest(p), ErrNewer
	}
	if _, err = p.Up(ctx); err != nil {
		return from, 0, fmt.Errorf("migrate: %w", err)
	}
	return from, latest(p), nil
}

// MigrateTo brings the schema up to a version that may be older than this program's: the one of a backup that is about to be
// restored.
func (db *DB) MigrateTo(ctx context.Context, version int64) error {
	p, err := db.provider()
	if err != nil {
		return err
	}
	have, err := p.GetDBVersion(ctx)
	if err != nil {
		return fmt.Errorf("read schema version: %w", err)
	}
	if have > version {
		return fault.New(fault.Conflict, "backup.newschema")
	}
	if _, err := p.UpTo(ctx, version); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// Current reports an error unless the schema is the one that this program knows.
func (db *DB) Current(ctx context.Context) error {
	p, err := db.provider()
	if err != nil {
		return err
	}
	have, err := p.GetDBVersion(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("read schema version: %w", err)
	case have > latest(p):
		return ErrNewer
	case have < latest(p):
		return fmt.Errorf("the database is at version %d and the program needs %d: run strengthen migrate", have, latest(p))
	}
	return nil
}

// Blank reports whether nothing was ever written here: there is no schema yet, or a schema and no entry.
func (db *DB) Blank(ctx context.Context) (bool, error) {
	p, err := db.provider()
	if err != nil {
		return false, err
	}
	version, err := p.GetDBVersion(ctx)
	if err != nil || version == 0 {
		return err == nil, err
	}
	var n int
	err = db.read.QueryRowContext(ctx, `SELECT count(*) FROM audit_entry`).Scan(&n)
	return n == 0, err
}

// SchemaDigest names the schema of this program: sixteen hexadecimal digits over the text of its migrations.
func SchemaDigest() string {
	h := sha256.New()
	err := fs.WalkDir(migrations, "migrations", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := migrations.ReadFile(path)
		h.Write(b)
		return err
	})
	if err != nil {
		panic(err) // embedded files can be read
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

func latest(p *goose.Provider) int64 {
	sources := p.ListSources()
	return sources[len(sources)-1].Version
}

func (db *DB) provider() (*goose.Provider, error) {
	all, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	files := forKind{all, db.kind}
	if db.kind == Postgres {
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return nil, err
		}
		return goose.NewProvider(database.DialectPostgres, db.write, files, goose.WithSessionLocker(locker))
	}
	return goose.NewProvider(database.DialectSQLite3, db.write, files)
}

// forKind shows the migrations without the sections of the other database. A section begins with a line
// "-- only: sqlite" or "-- only: postgres" and ends with "-- end".
type forKind struct {
	fs.FS
	kind Kind
}

// Open implements fs.FS.
func (f forKind) Open(name string) (fs.File, error) {
	if !strings.HasSuffix(name, ".sql") {
		return f.FS.Open(name)
	}
	b, err := fs.ReadFile(f.FS, name)
	if err != nil {
		return nil, err
	}
	return &sqlFile{Reader: bytes.NewReader(keep(b, f.kind)), name: name}, nil
}

// sqlFile is a migration in memory.
type sqlFile struct {
	*bytes.Reader
	name string
}

func (f *sqlFile) Stat() (fs.FileInfo, error) { return f, nil }
func (f *sqlFile) Close() error               { return nil }
func (f *sqlFile) Name() string               { return f.name }
func (f *sqlFile) Mode() fs.FileMode          { return 0o444 }
func (f *sqlFile) ModTime() time.Time         { return time.Time{} }
func (f *sqlFile) IsDir() bool                { return false }
func (f *sqlFile) Sys() any                   { return nil }

func keep(text []byte, kind Kind) []byte {
	var out bytes.Buffer
	skip := false
	for line := range bytes.Lines(text) {
		switch t := strings.TrimSpace(string(line)); {
		case strings.HasPrefix(t, "-- only: "):
			skip = t != "-- only: "+string(kind)
		case t == "-- end":
			skip = false
		case !skip:
			out.Write(line)
		}
	}
	return out.Bytes()
}
