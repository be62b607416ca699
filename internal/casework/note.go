package casework

import (
	"context"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/sealed"
)

// Nature says what a statement is, so that a fact and an opinion are never taken for one another (Personal Data Protection
// Act, article 48).
type Nature string

// The natures of a statement.
const (
	Fact    Nature = "fact"
	Opinion Nature = "assessment"
	Verbal  Nature = "words" // somebody's own words
)

// Natures lists them in the order of pages.
func Natures() []Nature { return []Nature{Fact, Opinion, Verbal} }

// Note is a statement in a part of a case.
type Note struct {
	ID      string
	Case    CaseID
	Part    Compartment
	Nature  Nature
	Source  sealed.Text // who says so
	Text    sealed.Text
	Wish    string // of the child, about sharing its words: share, ask, keep; "" elsewhere
	At      time.Time
	Author  access.PersonID
	Agency  access.AgencyID
	Changed time.Time
	Editor  access.PersonID
	Version int
}

// Wishes lists what a child can wish about its words.
func Wishes() []string { return []string{"share", "ask", "keep"} }

func (n Note) check() error {
	var l fault.List
	chosen(&l, "part", Compartments(), n.Part)
	chosen(&l, "nature", Natures(), n.Nature)
	told(&l, n.Part, "source", n.Source, 2, 200)
	told(&l, n.Part, "text", n.Text, 3, longest)
	if n.Part == Voice {
		chosen(&l, "wish", Wishes(), n.Wish)
	}
	return l.Err()
}

// AddNote writes a statement into a part of a case, once for its key.
func (s *Service) AddNote(ctx context.Context, by access.Actor, key string, n Note) (string, error) {
	if err := n.check(); err != nil {
		return "", err
	}
	if n.Part != Voice {
		n.Wish = ""
	}
	var id string
	err := s.onCase(ctx, by, n.Case, -1, n.Part.WriteAction(), func(ctx context.Context, tx Tx, c Case) error {
		if c.State == Closed {
			return fault.New(fault.Conflict, "case.closed")
		}
		err := keepsPart(ctx, tx, n.Part)
		if err != nil {
			return err
		}
		id, err = tx.Once(ctx, key, func() (string, error) {
			n.ID, n.At, n.Author, n.Agency, n.Version = access.NewID(), tx.Now(), by.Person, by.AgencyAt(tx.Now()), 0
			n.Changed, n.Editor = n.At, n.Author
			if err := tx.PutNote(ctx, n); err != nil {
				return "", err
			}
			return n.ID, note(ctx, tx, c, n.Part, "note."+string(n.Part), n.ID, "")
		})
		return err
	})
	return id, err
}

// EditNote changes a statement. Saw is what the editor had before them: what somebody else changed in the meantime is merged,
// and where both changed the same field a ClashError shows both.
func (s *Service) EditNote(ctx context.Context, by access.Actor, id CaseID, noteID string, saw, mine Form) error {
	return s.store.Update(ctx, by, func(tx Tx) error {
		n, err := tx.Note(ctx, noteID)
		if err != nil {
			return err
		}
		if n.Case != id {
			return fault.New(fault.NotFound, "fault.notfound")
		}
		c, err := openCase(ctx, tx, id, n.Part.WriteAction())
		if err != nil {
			return err
		}
		merged, clashes := merge(saw, Form{"source": n.Source, "text": n.Text}, mine)
		if len(clashes) > 0 {
			return &ClashError{clashes, n.Editor, n.Changed}
		}
		if merged["source"] == n.Source && merged["text"] == n.Text {
			return nil // nothing changed
		}
		n.Source, n.Text, n.Changed, n.Editor = merged["source"], merged["text"], tx.Now(), by.Person
		if err := n.check(); err != nil {
			return err
		}
		if err := tx.PutNote(ctx, n); err != nil {
			return err
		}
		return note(ctx, tx, c, n.Part, "note.edited", n.ID, "")
	})
}

// NoteTx is what statements need of a transaction.
type NoteTx interface {
	Note(ctx context.Context, id string) (Note, error)
	Notes(ctx context.Context, c CaseID, parts []Compartment) ([]Note, error)
	PutNote(ctx context.Context, n Note) error
}
