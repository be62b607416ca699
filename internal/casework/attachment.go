package casework

import (
	"context"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/sealed"
	"strengthen/internal/upload"
)

// Attachment is a photograph, a scan or a document that belongs to a signal or to a part of a case. Name and content are sealed
// before anything is written.
type Attachment struct {
	ID     string
	Signal SignalID // or
	Case   CaseID
	Part   Compartment // of a case
	Name   sealed.Text
	Type   string
	Size   int
	By     access.PersonID
	Agency access.AgencyID
	At     time.Time
	Gone   time.Time // taken back; the content is deleted
}

// Owner is the record under whose key an attachment is.
func (a Attachment) Owner() string {
	if a.Signal != "" {
		return string(a.Signal)
	}
	return string(a.Case)
}

// quota is how much the attachments of one record may hold.
const quota = 200 << 20

// AttachmentTx is what attachments need of a transaction.
type AttachmentTx interface {
	Attachment(ctx context.Context, id string) (Attachment, error)
	Attachments(ctx context.Context, g SignalID, c CaseID, parts []Compartment) ([]Attachment, error)
	AttachmentBytes(ctx context.Context, owner string) (int, error)
	PutAttachment(ctx context.Context, a Attachment, body []byte) error
	AttachmentBody(ctx context.Context, a Attachment) ([]byte, error)
	DropAttachment(ctx context.Context, a Attachment) error
}

// Attach keeps a file with a signal that the actor handles, or with a part of a case that the actor writes, once for its key.
func (s *Service) Attach(ctx context.Context, by access.Actor, key string, a Attachment, name string, body []byte) (string, error) {
	f, err := upload.Accept(name, body) // before any transaction begins: drawing a picture anew takes a while
	if err != nil {
		return "", err
	}
	var id string
	err = s.store.Update(ctx, by, func(tx Tx) error {
		c, err := s.allowAttachment(ctx, tx, a, true)
		if err != nil {
			return err
		}
		if a.Part != Identity && HoldsEGN(f.Name) {
			return fault.Field("file", "text.egn")
		}
		if err := keepsPart(ctx, tx, a.Part); err != nil {
			return err
		}
		used, err := tx.AttachmentBytes(ctx, a.Owner())
		if err != nil {
			return err
		}
		if used+len(f.Body) > quota {
			return fault.Field("file", "upload.quota", fault.Vars{"mb": quota >> 20})
		}
		id, err = tx.Once(ctx, key, func() (string, error) {
			a.ID, a.Name, a.Type, a.Size, a.By, a.Agency, a.At, a.Gone = access.NewID(), sealed.Text(f.Name), f.Type, len(f.Body), by.Person, by.AgencyAt(tx.Now()), tx.Now(), time.Time{}
			if err := tx.PutAttachment(ctx, a, f.Body); err != nil || a.Case == "" {
				return a.ID, err
			}
			return a.ID, note(ctx, tx, c, a.Part, "file.attached", a.ID, "")
		})
		return err
	})
	return id, err
}

// allowAttachment asks the right to the record and the part to which an attachment belongs; an attachment has none of its own.
func (s *Service) allowAttachment(ctx context.Context, tx Tx, a Attachment, write bool) (Case, error) {
	if a.Case == "" {
		action := access.SeeSignal
		if write {
			action = access.HandleSignal
		}
		g, err := openSignal(ctx, tx, a.Signal, action)
		if err == nil && write && !g.State.Open() {
			err = fault.New(fault.Conflict, "signal.step", fault.Vars{"state": string(g.State)})
		}
		return Case{}, err
	}
	if !known(Compartments(), a.Part) {
		return Case{}, fault.Field("part", "form.choose")
	}
	action := a.Part.SeeAction()
	if write {
		action = a.Part.WriteAction()
	}
	c, err := openCase(ctx, tx, a.Case, action)
	if err == nil && write && c.State == Closed {
		err = fault.New(fault.Conflict, "case.closed")
	}
	return c, err
}

// OpenAttachment returns a file with its content, for whoever may see the record and the part to which it belongs; the reading is
// on the record.
func (s *Service) OpenAttachment(ctx context.Context, by access.Actor, id string) (Attachment, []byte, error) {
	var a Attachment
	var body []byte
	err := s.store.Update(ctx, by, func(tx Tx) error {
		found, err := tx.Attachment(ctx, id)
		if err != nil {
			return err
		}
		if _, err := s.allowAttachment(ctx, tx, found, false); err != nil {
			return err
		}
		if !found.Gone.IsZero() {
			return fault.New(fault.NotFound, "fault.notfound")
		}
		a = found
		body, err = tx.AttachmentBody(ctx, a)
		return err
	})
	return a, body, err
}

// TakeBackAttachment deletes the content of a file; that it was there, and who took it back, stays on the timeline. Whoever
// attached it may, and whoever leads the case.
func (s *Service) TakeBackAttachment(ctx context.Context, by access.Actor, id string) (Attachment, error) {
	var a Attachment
	err := s.store.Update(ctx, by, func(tx Tx) error {
		var err error
		if a, err = tx.Attachment(ctx, id); err != nil {
			return err
		}
		c, err := s.allowAttachment(ctx, tx, a, true)
		if err != nil {
			return err
		}
		if a.By != by.Person && (a.Case == "" || c.Lead != by.Person) {
			return fault.New(fault.Denied, "fault.denied")
		}
		if !a.Gone.IsZero() {
			return fault.New(fault.NotFound, "fault.notfound")
		}
		a.Gone = tx.Now()
		if err := tx.DropAttachment(ctx, a); err != nil || a.Case == "" {
			return err
		}
		return note(ctx, tx, c, a.Part, "file.withdrawn", a.ID, "")
	})
	return a, err
}
