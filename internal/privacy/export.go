package privacy

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"filippo.io/age"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/org"
	"strengthen/internal/sealed"
)

// What is what can leave as a file.
type What string

// What can leave. What a case says about its child does not: a case is a reference, a place and dates.
const (
	ThePeople What = "people"
	TheCases  What = "cases"
	TheActs   What = "acts"
)

// Whats lists what can leave, in the order of pages.
func Whats() []What { return []What{ThePeople, TheCases, TheActs} }

// Fields lists the fields among which whoever asks chooses.
func (w What) Fields() []string {
	return map[What][]string{
		ThePeople: {"name", "email", "phone", "sector", "profession", "region", "agency", "experience"},
		TheCases:  {"ref", "region", "municipality", "band", "sex", "track", "state", "opened", "closed"},
		TheActs:   {"at", "actor", "action", "kind", "record", "outcome"},
	}[w]
}

// SeeAction is the right to see on a page what would leave: an export holds what its owner may see, and nothing more.
func (w What) SeeAction() access.Action {
	return map[What]access.Action{ThePeople: access.SeePerson, TheCases: access.SeeCase, TheActs: access.SeeAudit}[w]
}

// limits are how many rows a role may take out at once.
var limits = map[access.Role]int{access.DataProtection: 20_000, access.Manager: 5_000, access.Supervisor: 1_000, access.Coordinator: 500}

func limitOf(by access.Actor, now time.Time) int {
	most := 0
	for r, n := range limits {
		if by.Holds(r, now) {
			most = max(most, n)
		}
	}
	return most
}

// ExportState says how far an export is.
type ExportState string

// The states of an export.
const (
	Asked    ExportState = "asked"    // it is large and awaits a second person
	Queued   ExportState = "queued"   // the program makes it
	Ready    ExportState = "ready"    // it can be taken, once
	Taken    ExportState = "taken"    // it was, and is gone
	Declined ExportState = "declined" // by the second person
	Expired  ExportState = "expired"  // nobody answered, or nobody took it
	Failed   ExportState = "failed"   // whoever asked may not see it any more
)

// Export is a job that makes a file for a purpose and a recipient.
type Export struct {
	ID        string
	What      What
	Fields    []string
	By        access.PersonID
	ByName    string
	Asked     time.Time
	Total     int
	Done      int
	Reached   string // the last row that was made
	State     ExportState
	Second    access.PersonID
	SecondAt  time.Time
	Ready     time.Time
	Until     time.Time
	Ended     time.Time
	Purpose   sealed.Text
	Recipient sealed.Text
	Version   int
}

// Awaits reports whether the export awaits the answer of a person: it is large, and somebody else asked for it.
func (x Export) Awaits(p access.PersonID) bool { return x.State == Asked && x.By != p }

func (x Export) resource() access.Resource {
	return access.Resource{Kind: string(Exports), ID: x.ID, Own: x.By}
}

// How long an export waits for its second person, and then for its owner.
const (
	secondDays = 7
	takeTime   = 24 * time.Hour
)

// largeSetting is the number of rows above which an export needs a second person.
const (
	largeSetting = "export.large"
	largeDefault = 100
)

// ExportTx is what exports need of a transaction.
type ExportTx interface {
	Account(ctx context.Context, id access.PersonID) (org.Account, error)
	Grants(ctx context.Context, id access.PersonID) ([]org.RoleGrant, error)
	Exports(ctx context.Context, s access.Scope, n int) ([]Export, error) // the last first
	Export(ctx context.Context, id string) (Export, error)
	ExportsIn(ctx context.Context, states ...ExportState) ([]Export, error)
	PutExport(ctx context.Context, x Export) error // version 0 adds one
	CountExport(ctx context.Context, w What, s access.Scope) (int, error)
	ExportRows(ctx context.Context, w What, s access.Scope, after string, n int) (rows [][]string, last string, err error) // with every field of w
	PutPiece(ctx context.Context, export string, n int, body sealed.Text) error
	Pieces(ctx context.Context, export string) ([]sealed.Text, error)
	DropPieces(ctx context.Context, export string) error // and the key under which they lie
}

// whereOf is where an actor stands, for a right whose reach is a region or an institution.
func whereOf(by access.Actor, now time.Time) access.Resource {
	r := access.Resource{Kind: string(Exports), Own: by.Person, Agency: by.AgencyAt(now)}
	for _, g := range by.Grants {
		if g.Region != "" {
			r.Region = g.Region
		}
	}
	return r
}

// Large returns the number of rows above which an export needs a second person.
func (s *Service) Large(ctx context.Context) (int, error) {
	n := 0
	err := s.store.View(ctx, access.Public(""), func(tx Tx) (err error) {
		n, err = numberSet(ctx, tx, largeSetting, largeDefault)
		return err
	})
	return n, err
}

// SetLarge changes that number.
func (s *Service) SetLarge(ctx context.Context, by access.Actor, n int) error {
	return s.setNumber(ctx, by, largeSetting, "large", n, 0, 20_000)
}

func numberSet(ctx context.Context, tx Tx, name string, otherwise int) (int, error) {
	v, err := tx.Setting(ctx, name)
	if err != nil || v == "" {
		return otherwise, err
	}
	return strconv.Atoi(v)
}

func (s *Service) setNumber(ctx context.Context, by access.Actor, name, field string, n, least, most int) error {
	return s.store.Update(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.EditRetention, access.Resource{Kind: "setting", ID: name}); err != nil {
			return err
		}
		if n < least || n > most {
			return fault.Field(field, "form.range", fault.Vars{"min": least, "max": most})
		}
		return tx.PutSetting(ctx, name, strconv.Itoa(n))
	})
}

// Ask asks for an export. A small one is made at once; a large one waits for a second person.
func (s *Service) Ask(ctx context.Context, by access.Actor, key string, x Export) (string, error) {
	var id string
	err := s.store.Update(ctx, by, func(tx Tx) error {
		if err := tx.Allow(ctx, access.AskExport, whereOf(tx.By(), tx.Now())); err != nil {
			return err
		}
		x.Purpose, x.Recipient = trimmed(x.Purpose), trimmed(x.Recipient)
		var l fault.List
		worded(&l, "purpose", x.Purpose, 10, 500)
		worded(&l, "recipient", x.Recipient, 3, 300)
		if !slices.Contains(Whats(), x.What) || tx.Scope(x.What.SeeAction()).Empty() {
			l.Add(fault.Field("what", "form.choose"))
			return l.Err()
		}
		x.Fields = slices.DeleteFunc(slices.Clone(x.What.Fields()), func(f string) bool { return !slices.Contains(x.Fields, f) })
		if len(x.Fields) == 0 {
			l.Add(fault.Field("fields", "export.fields"))
		}
		var err error
		if x.Total, err = tx.CountExport(ctx, x.What, tx.Scope(x.What.SeeAction())); err != nil {
			return err
		}
		if most := limitOf(tx.By(), tx.Now()); x.Total > most {
			l.Add(fault.New(fault.Invalid, "export.limit", fault.Vars{"n": x.Total, "max": most}).At("what"))
		} else if x.Total == 0 {
			l.Add(fault.Field("what", "export.empty"))
		}
		if err := l.Err(); err != nil {
			return err
		}
		large, err := numberSet(ctx, tx, largeSetting, largeDefault)
		if err != nil {
			return err
		}
		id, err = tx.Once(ctx, key, func() (string, error) {
			x.ID, x.By, x.Asked, x.State, x.Version, x.Done, x.Reached = access.NewID(), by.Person, tx.Now(), Queued, 0, 0, ""
			if x.Total > large {
				x.State = Asked
			}
			if err := tx.NewKey(ctx, x.ID); err != nil {
				return "", err
			}
			return x.ID, tx.PutExport(ctx, x)
		})
		return err
	})
	return id, err
}

// Answer agrees to a large export or declines it, as the second person.
func (s *Service) Answer(ctx context.Context, by access.Actor, id string, agree bool) error {
	return s.store.Update(ctx, by, func(tx Tx) error {
		x, err := tx.Export(ctx, id)
		if err != nil {
			return err
		}
		if err := tx.Allow(ctx, access.AgreeExport, x.resource()); err != nil {
			return err
		}
		switch {
		case x.By == by.Person || by.Person == "":
			return fault.New(fault.Conflict, "export.self")
		case x.State != Asked:
			return fault.New(fault.Conflict, "export.state")
		}
		x.State, x.Second, x.SecondAt = Queued, by.Person, tx.Now()
		if !agree {
			x.State, x.Ended = Declined, tx.Now()
		}
		return tx.PutExport(ctx, x)
	})
}

// ExportList lists exports: one's own, or all for whoever can be a second person.
func (s *Service) ExportList(ctx context.Context, by access.Actor) ([]Export, error) {
	var all []Export
	err := s.store.View(ctx, by, func(tx Tx) (err error) {
		if err := tx.Allow(ctx, access.SeeExports, access.Resource{Kind: string(Exports), Own: by.Person}); err != nil {
			return err
		}
		all, err = tx.Exports(ctx, tx.Scope(access.SeeExports), 100)
		return err
	})
	return all, err
}

// rowsAtOnce is how many rows of an export one transaction makes.
const rowsAtOnce = 250

// Run makes what is queued, a piece at a time, with the rights that its owner has now, and lets go what nobody answered or took.
func (s *Service) Run(ctx context.Context) error {
	if err := s.expire(ctx); err != nil {
		return err
	}
	var queued []Export
	err := s.store.View(ctx, access.TheSystem(), func(tx Tx) (err error) {
		queued, err = tx.ExportsIn(ctx, Queued)
		return err
	})
	for _, x := range queued {
		for more := true; more && err == nil && ctx.Err() == nil; {
			more, err = s.piece(ctx, x.ID)
		}
	}
	return err
}

func (s *Service) expire(ctx context.Context) error {
	return s.store.Update(ctx, access.TheSystem(), func(tx Tx) error {
		all, err := tx.ExportsIn(ctx, Asked, Ready)
		if err != nil {
			return err
		}
		for _, x := range all {
			if x.State == Asked && tx.Now().Before(x.Asked.AddDate(0, 0, secondDays)) || x.State == Ready && tx.Now().Before(x.Until) {
				continue
			}
			if err := tx.Allow(ctx, access.Work, access.Resource{Kind: string(Exports), ID: x.ID}); err != nil {
				return err
			}
			if err := end(ctx, tx, x, Expired); err != nil {
				return err
			}
		}
		return nil
	})
}

func end(ctx context.Context, tx Tx, x Export, as ExportState) error {
	x.State, x.Ended = as, tx.Now()
	if err := tx.PutExport(ctx, x); err != nil {
		return err
	}
	return tx.DropPieces(ctx, x.ID)
}

// piece makes the next rows of an export as its owner and reports whether there are more.
func (s *Service) piece(ctx context.Context, id string) (bool, error) {
	owner, err := s.owner(ctx, id)
	if err != nil {
		return false, err
	}
	more := false
	err = s.store.Update(ctx, owner, func(tx Tx) error {
		x, err := tx.Export(ctx, id)
		if err != nil || x.State != Queued {
			more = false
			return err
		}
		if err := tx.Allow(ctx, access.AskExport, x.where(owner, tx.Now())); err != nil {
			return err
		}
		more, err = makePiece(ctx, tx, x)
		return err
	})
	if fault.Is(err, fault.Denied) {
		return false, s.store.Update(ctx, access.TheSystem(), func(tx Tx) error {
			if err := tx.Allow(ctx, access.Work, access.Resource{Kind: string(Exports), ID: id}); err != nil {
				return err
			}
			x, err := tx.Export(ctx, id)
			if err != nil {
				return err
			}
			return end(ctx, tx, x, Failed)
		})
	}
	return more, err
}

func (x Export) where(by access.Actor, now time.Time) access.Resource {
	r := whereOf(by, now)
	r.ID = x.ID
	return r
}

// owner is whoever asked for an export, with the roles of this moment.
func (s *Service) owner(ctx context.Context, id string) (access.Actor, error) {
	a := access.Actor{Via: access.ViaSystem, Request: "export"}
	err := s.store.View(ctx, access.TheSystem(), func(tx Tx) error {
		x, err := tx.Export(ctx, id)
		if err != nil {
			return err
		}
		a.Person, a.Grants = x.By, nil
		account, err := tx.Account(ctx, x.By)
		if fault.Is(err, fault.NotFound) || err == nil && account.State != org.Active {
			return nil
		}
		if err != nil {
			return err
		}
		grants, err := tx.Grants(ctx, x.By)
		for _, g := range grants {
			if g.Ended.IsZero() {
				a.Grants = append(a.Grants, access.Grant{Role: g.Role, Region: g.Region, Agency: g.Agency, Until: g.Until})
			}
		}
		return err
	})
	return a, err
}

func makePiece(ctx context.Context, tx Tx, x Export) (bool, error) {
	scope := tx.Scope(x.What.SeeAction())
	if scope.Empty() {
		return false, fault.New(fault.Denied, "fault.denied")
	}
	n := min(rowsAtOnce, x.Total-x.Done) // no more than was asked for and agreed to
	rows, last, err := tx.ExportRows(ctx, x.What, scope, x.Reached, n)
	if err != nil {
		return false, err
	}
	all := x.What.Fields()
	for i, row := range rows {
		var chosen []string
		for j, f := range all {
			if slices.Contains(x.Fields, f) {
				chosen = append(chosen, row[j])
			}
		}
		rows[i] = chosen
	}
	body, err := json.Marshal(rows)
	if err != nil {
		return false, fmt.Errorf("write a piece of an export: %w", err)
	}
	if err := tx.PutPiece(ctx, x.ID, x.Done, sealed.Text(body)); err != nil {
		return false, err
	}
	x.Done, x.Reached = x.Done+len(rows), last
	more := len(rows) == n && x.Done < x.Total
	if !more {
		x.State, x.Ready, x.Until = Ready, tx.Now(), tx.Now().Add(takeTime)
	}
	return more, tx.PutExport(ctx, x)
}

// Passphrase reports what is wrong with a passphrase of a file.
func Passphrase(s string) error {
	if n := len([]rune(s)); n < 16 || n > 200 {
		return fault.Field("passphrase", "form.length", fault.Vars{"min": 16, "max": 200})
	}
	return nil
}

// Take gives the rows of an export to whoever asked for it, once: they are gone with it.
func (s *Service) Take(ctx context.Context, by access.Actor, id string) (Export, [][]string, error) {
	var x Export
	var rows [][]string
	err := s.store.Update(ctx, by, func(tx Tx) (err error) {
		if x, err = tx.Export(ctx, id); err != nil {
			return err
		}
		if err := tx.Allow(ctx, access.TakeExport, x.resource()); err != nil {
			return err
		}
		if x.State != Ready || !tx.Now().Before(x.Until) {
			return fault.New(fault.Conflict, "export.gone")
		}
		pieces, err := tx.Pieces(ctx, id)
		if err != nil {
			return err
		}
		rows = nil
		for _, p := range pieces {
			var some [][]string
			if err := json.Unmarshal([]byte(p), &some); err != nil {
				return fmt.Errorf("read a piece of an export: %w", err)
			}
			rows = append(rows, some...)
		}
		return end(ctx, tx, x, Taken)
	})
	return x, rows, err
}

// lockWork is the logarithm of the cost of a passphrase: 64 MiB and a fraction of a second; locking keeps it to one at a time.
const lockWork = 16

var locking sync.Mutex

// Lock encrypts a file with a passphrase (age, scrypt).
func Lock(passphrase string, file []byte) ([]byte, error) {
	locking.Lock()
	defer locking.Unlock()
	r, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return nil, fmt.Errorf("lock a file: %w", err)
	}
	r.SetWorkFactor(lockWork)
	var out bytes.Buffer
	w, err := age.Encrypt(&out, r)
	if err != nil {
		return nil, fmt.Errorf("lock a file: %w", err)
	}
	if _, err := w.Write(file); err != nil {
		return nil, fmt.Errorf("lock a file: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("lock a file: %w", err)
	}
	return out.Bytes(), nil
}
