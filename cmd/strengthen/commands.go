package main

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/i18n"
	"strengthen/internal/org"
	"strengthen/internal/sealed"
	"strengthen/internal/sheet"
	"strengthen/internal/store"
	"strengthen/internal/survey"
	"strengthen/internal/training"
)

type migrateCmd struct{ place }

func (c *migrateCmd) Run(ctx context.Context) error {
	h, err := c.build(ctx, realTime, false)
	if err == nil {
		h.db.Close()
		fmt.Println("the schema is up to date")
		return nil
	}
	if h, err = c.open(ctx, realTime, true); err != nil {
		return err
	}
	fmt.Println("the schema was brought up to date")
	return h.db.Close()
}

type userCmd struct {
	place
	Email  string `arg:"" help:"E-mail address."`
	Name   string `help:"First and last name." required:""`
	Role   string `help:"manager, coordinator, trainer, participant, evaluator, funder, dataprotection or administrator." required:""`
	Region string `help:"Three-letter code of the region, for a coordinator."`
	Lang   string `help:"bg or en." default:"bg" enum:"bg,en"`
	Site   string `help:"Address of the site, for the link." default:"http://127.0.0.1:8080"`
}

// Run invites somebody; run again before the person has set a password, it prints a new link.
func (c *userCmd) Run(ctx context.Context) error {
	h, err := c.open(ctx, realTime, true)
	if err != nil {
		return err
	}
	defer h.db.Close()
	by := operator(access.Administrator)
	var token string
	switch id, state, err := h.org.AccountOf(ctx, by, c.Email); {
	case err == nil && state == org.Invited:
		token, err = h.org.InviteAgain(ctx, by, id)
		if err != nil {
			return err
		}
	case err == nil, fault.Is(err, fault.NotFound):
		_, token, err = h.org.Invite(ctx, by, access.NewID(), org.Invitation{
			Name: c.Name, Email: c.Email, Lang: c.Lang, Role: access.Role(c.Role), Region: access.RegionID(c.Region),
		})
		if err != nil {
			return err
		}
	default:
		return err
	}
	fmt.Printf("%s/l/%s\n", strings.TrimSuffix(c.Site, "/"), token)
	return nil
}

type importCmd struct {
	place
	What string `arg:"" enum:"trainings,answers" help:"trainings or answers."`
	File string `arg:"" type:"existingfile" help:"XLSX or CSV file."`
	Map  string `help:"JSON file that says what the columns of answers mean." type:"existingfile" placeholder:"FILE"`
	Dry  bool   `help:"Check everything and write nothing."`
}

func (c *importCmd) Run(ctx context.Context) error {
	b, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	t, err := sheet.Read(b)
	if err != nil {
		return err
	}
	h, err := c.open(ctx, realTime, true)
	if err != nil {
		return err
	}
	defer h.db.Close()
	sum := sha256.Sum256(b)
	done, err := c.enter(ctx, h, t, hex.EncodeToString(sum[:]))
	switch {
	case err != nil:
		return err
	case done.Repeated:
		fmt.Println("already imported, nothing changed")
	case c.Dry:
		fmt.Printf("%d rows checked, nothing written\n", done.Rows)
	default:
		fmt.Printf("%d rows imported\n", done.Rows)
	}
	return nil
}

// eventRecords reads a table of trainings, with heads in either language.
func eventRecords(t sheet.Table) ([]training.Record, error) {
	var columns []sheet.Column
	words := i18n.Load()
	for _, c := range training.EventColumns() {
		columns = append(columns, sheet.Column{Name: c.Name, Heads: words.Both(i18n.BG, "column."+c.Name), Optional: c.Optional})
	}
	taken, err := t.Take(columns)
	return sheet.As[training.Record](taken.Records), err
}

// enter imports the table. Answers are the same import again only when file and mapping are the same.
func (c *importCmd) enter(ctx context.Context, h *house, t sheet.Table, key string) (survey.Receipt, error) {
	var none survey.Receipt
	if c.What == "trainings" {
		records, err := eventRecords(t)
		if err != nil {
			return none, err
		}
		n, err := h.training.PlanAll(ctx, operator(access.Manager), "file/"+key, records, c.Dry)
		return survey.Receipt{Rows: n}, err
	}
	if c.Map == "" {
		return none, fault.Field("--map", "mapping.needed")
	}
	b, err := os.ReadFile(c.Map)
	if err != nil {
		return none, err
	}
	m, err := survey.ParseMapping(b)
	if err != nil {
		return none, err
	}
	records, err := t.Records(m.Columns()...)
	if err != nil {
		return none, err
	}
	return h.survey.Import(ctx, operator(access.Evaluator), "file/"+key, m, sheet.As[survey.Record](records), c.Dry)
}

// writeWhole writes a file so that it is there whole or not at all.
func writeWhole(name string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".strengthen-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(b)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

type verifyCmd struct {
	place
	Checkpoints string `help:"File of checkpoints kept outside the database." type:"existingfile" placeholder:"FILE"`
}

// shownFindings is how many findings verify prints one by one.
const shownFindings = 100

func (c *verifyCmd) Run(ctx context.Context) error {
	h, err := c.open(ctx, realTime, false)
	if err != nil {
		return err
	}
	defer h.db.Close()
	outside, err := readCheckpoints(c.Checkpoints)
	if err != nil {
		return err
	}
	return h.verify(ctx, outside)
}

// verify prints what is wrong, and how much was looked at.
func (h *house) verify(ctx context.Context, outside []access.Checkpoint) error {
	v, err := h.db.Verify(ctx, publicKeys(h.ring), outside)
	if err != nil {
		return err
	}
	inWords := func(f store.Finding) int { return map[bool]int{true: 1}[f.About == ""] }
	slices.SortStableFunc(v.Findings, func(a, b store.Finding) int { return inWords(a) - inWords(b) }) // what explains the rest comes first
	for i, f := range v.Findings {
		if i == shownFindings {
			fmt.Printf("… and %d more\n", len(v.Findings)-i)
			break
		}
		fmt.Println(f)
	}
	fmt.Printf("%d entries, %d links, %d checkpoints, %d keys of records, %d erased, %d findings\n", v.Entries, v.Links, v.Checkpoints, v.Keys, v.Erased, len(v.Findings))
	if len(v.Findings) > 0 {
		return errTampered
	}
	return nil
}

// publicKeys are those under which checkpoints may be signed.
func publicKeys(g sealed.Ring) []ed25519.PublicKey {
	var all []ed25519.PublicKey
	for _, k := range g.Audit() {
		all = append(all, k.Public)
	}
	return all
}

func readCheckpoints(file string) ([]access.Checkpoint, error) {
	if file == "" {
		return nil, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var all []access.Checkpoint
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var c access.Checkpoint
		if _, err := fmt.Sscan(lines.Text(), &c.Seq, &c.Hash, &c.At, &c.Signature); err != nil {
			return nil, fmt.Errorf("%s: a line is not a checkpoint: %w", file, err)
		}
		all = append(all, c)
	}
	return all, lines.Err()
}
