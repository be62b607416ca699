package store

import (
	"context"
	"database/sql/driver"
	"errors"

	"modernc.org/sqlite"
)

// SQLite spends a quarter of the time of a short transaction on reading SQL. The driver forgets a statement when it has run;
// preparing keeps them, per connection. (The driver of PostgreSQL does so by itself.)

// mostKept is how many statements a connection keeps. The program has fewer; only lists whose number of placeholders varies
// could pass it, and what comes after is prepared each time.
const mostKept = 800

// preparing connects to an SQLite file by connections that keep what they prepared.
type preparing struct{ dsn string }

// Connect opens a connection.
func (p preparing) Connect(context.Context) (driver.Conn, error) {
	c, err := p.Driver().Open(p.dsn)
	if err != nil {
		return nil, err
	}
	raw, ok := c.(rawConn)
	if !ok {
		return nil, errors.Join(errors.New("the SQLite driver lacks what the store needs"), c.Close())
	}
	return &keeping{rawConn: raw, kept: map[string]*kept{}}, nil
}

// Driver returns the driver that opens the connections.
func (preparing) Driver() driver.Driver { return &sqlite.Driver{} }

type rawConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

type rawStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

type kept struct {
	rawStmt
	busy bool // its rows are still being read
}

// keeping is a connection that keeps its statements. As every driver.Conn it serves one goroutine at a time.
type keeping struct {
	rawConn
	kept map[string]*kept
}

// statement returns the kept statement of a text, or nil if the text is better run by itself.
func (c *keeping) statement(ctx context.Context, text string) (*kept, error) {
	s := c.kept[text]
	if s != nil || len(c.kept) >= mostKept {
		if s != nil && s.busy {
			return nil, nil
		}
		return s, nil
	}
	p, err := c.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	raw, ok := p.(rawStmt)
	if !ok {
		return nil, p.Close()
	}
	s = &kept{rawStmt: raw}
	c.kept[text] = s
	return s, nil
}

// ExecContext runs a statement that returns no rows.
func (c *keeping) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	s, err := c.statement(ctx, text)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.rawConn.ExecContext(ctx, text, args)
	}
	return s.ExecContext(ctx, args)
}

// QueryContext runs a statement that returns rows.
func (c *keeping) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := c.statement(ctx, text)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.rawConn.QueryContext(ctx, text, args)
	}
	rows, err := s.QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	s.busy = true
	return &keptRows{rows, s}, nil
}

// Close lets the statements go, and then the connection.
func (c *keeping) Close() error {
	var all []error
	for _, s := range c.kept {
		all = append(all, s.Close())
	}
	return errors.Join(append(all, c.rawConn.Close())...)
}

type keptRows struct {
	driver.Rows
	of *kept
}

// Close makes the statement free for its next use.
func (r *keptRows) Close() error {
	r.of.busy = false
	return r.Rows.Close()
}
