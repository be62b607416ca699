package training

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/org"
)

// Act is something that changes a training or its seats and can be looked at before it is done.
type Act struct {
	What any // what was asked for; a changed wish is another act
	do   func(ctx context.Context, tx Tx, by access.Actor) error
}

// Effects is what an act does to people: seats that change, and messages that leave.
type Effects struct {
	Seats   []Effect
	Mails   []MailCount
	Done    int    // completions that begin
	Undone  int    // completions that end
	Revoked int    // certificates that are taken back
	Sign    string // of the act with all its effects; the same act doing the same has the same
}

// Effect is one step of one seat.
type Effect struct {
	Seat EnrolmentID
	Name string
	Step Step
	Why  Why
}

// MailCount says how many messages of one kind leave, and to whom.
type MailCount struct {
	Kind string
	Head bool // to heads of institutions, otherwise to the people themselves
	N    int
}

// Preview returns what an act would do. It is done in a transaction that is undone again, so that what is shown is what
// happens; nothing is written and nothing is sent.
func (s *Service) Preview(ctx context.Context, by access.Actor, a Act) (Effects, error) {
	out, err := s.watched(ctx, by, a, func(Effects) error { return errDry })
	if isDry(err) {
		err = nil
	}
	return out, err
}

// errDry ends a transaction of which nothing is to be kept.
var errDry = fault.New(fault.Conflict, "dry")

func isDry(err error) bool {
	l := fault.All(err)
	return len(l) == 1 && l[0].Key == errDry.Key
}

// DoSeen does an act that was previewed, if it still does what was shown under this sign. Otherwise nothing is done: it is
// a Conflict, and the effects that it would have now are returned.
func (s *Service) DoSeen(ctx context.Context, by access.Actor, a Act, sign string) (Effects, error) {
	return s.watched(ctx, by, a, func(e Effects) error {
		if e.Sign != sign {
			return fault.New(fault.Conflict, "preview.changed")
		}
		return nil
	})
}

// Do does an act that nobody needs to see first.
func (s *Service) Do(ctx context.Context, by access.Actor, a Act) error {
	return s.store.Update(ctx, by, func(tx Tx) error { return a.do(ctx, tx, by) })
}

func (s *Service) watched(ctx context.Context, by access.Actor, a Act, end func(Effects) error) (Effects, error) {
	var out Effects
	err := s.store.Update(ctx, by, func(tx Tx) error {
		w := &watch{Tx: tx}
		if err := a.do(ctx, w, by); err != nil {
			return err
		}
		if err := w.name(ctx); err != nil {
			return err
		}
		out = w.effects(a.What)
		return end(out)
	})
	return out, err
}

// watch is a transaction that remembers what happens to people in it.
type watch struct {
	Tx
	seen  Effects
	mails []org.Mail
}

// PutStep implements Tx.
func (w *watch) PutStep(ctx context.Context, r StepRecord) error {
	w.seen.Seats = append(w.seen.Seats, Effect{Seat: r.Enrolment, Step: r.Step, Why: r.Why})
	return w.Tx.PutStep(ctx, r)
}

// PlanMail implements Tx.
func (w *watch) PlanMail(ctx context.Context, m org.Mail) error {
	w.mails = append(w.mails, m)
	return w.Tx.PlanMail(ctx, m)
}

// CancelMail implements Tx.
func (w *watch) CancelMail(ctx context.Context, record string, kinds ...string) error {
	w.mails = slices.DeleteFunc(w.mails, func(m org.Mail) bool {
		return m.Record == record && (len(kinds) == 0 || slices.Contains(kinds, m.Kind))
	})
	return w.Tx.CancelMail(ctx, record, kinds...)
}

// PutCompletion implements Tx.
func (w *watch) PutCompletion(ctx context.Context, c Completion) error {
	if _, err := w.Tx.Completion(ctx, c.Enrolment); fault.Is(err, fault.NotFound) {
		w.seen.Done++
	}
	return w.Tx.PutCompletion(ctx, c)
}

// DropCompletion implements Tx.
func (w *watch) DropCompletion(ctx context.Context, id EnrolmentID) error {
	w.seen.Undone++
	return w.Tx.DropCompletion(ctx, id)
}

// PutCertificate implements Tx.
func (w *watch) PutCertificate(ctx context.Context, c Certificate) error {
	if !c.Valid() {
		w.seen.Revoked++
	}
	return w.Tx.PutCertificate(ctx, c)
}

// name finds the names of those whose seats change.
func (w *watch) name(ctx context.Context) error {
	for i, x := range w.seen.Seats {
		n, err := w.Enrolment(ctx, x.Seat)
		if err != nil {
			return err
		}
		p, err := w.Person(ctx, n.Person)
		if err != nil {
			return err
		}
		w.seen.Seats[i].Name = p.Name
	}
	return nil
}

func (w *watch) effects(what any) Effects {
	count := map[MailCount]int{}
	for _, m := range w.mails {
		count[MailCount{Kind: m.Kind, Head: m.Person == ""}]++
	}
	for k, n := range count {
		k.N = n
		w.seen.Mails = append(w.seen.Mails, k)
	}
	slices.SortFunc(w.seen.Mails, func(a, b MailCount) int {
		if a.Kind == b.Kind && a.Head != b.Head {
			return map[bool]int{true: 1, false: -1}[a.Head]
		}
		return cmp.Compare(a.Kind, b.Kind)
	})
	w.seen.Sign = w.seen.sign(what)
	return w.seen
}

// sign is a checksum of an act and its effects. Seats that the act itself makes have no lasting identifier yet, so people
// stand in it by name.
func (e Effects) sign(what any) string {
	type line struct {
		Name string
		Step Step
		Why  Why
	}
	var lines []line
	for _, x := range e.Seats {
		lines = append(lines, line{x.Name, x.Step, x.Why})
	}
	b, err := json.Marshal([]any{what, lines, e.Mails, e.Done, e.Undone, e.Revoked})
	if err != nil {
		panic(err) // acts are made of plain values
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}
