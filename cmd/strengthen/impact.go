package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/analysis"
	"strengthen/internal/calendar"
	"strengthen/internal/disclosure"
	"strengthen/internal/fault"
	"strengthen/internal/i18n"
	"strengthen/internal/impact"
	"strengthen/internal/org"
	"strengthen/internal/render"
	"strengthen/internal/sheet"
	"strengthen/internal/study"
)

// impactCmd writes reports: of a study that the program keeps, or of anybody's data by a plan.
type impactCmd struct {
	Report  reportCmd  `cmd:"" default:"withargs" help:"Write the report of a study in the database."`
	Analyse analyseCmd `cmd:"" help:"Write the report of a table of answers by a plan, without a database."`
	Plan    planCmd    `cmd:"" help:"Check a plan, print its hash, and the smallest change that it can detect."`
}

// reader is the language of whoever reads what a command says: of a report, the one that was asked for; otherwise English.
func (c *impactCmd) reader(command string) i18n.Lang {
	switch words := strings.Fields(command); {
	case words[0] != "impact":
		return i18n.EN
	case slices.Contains(words, "analyse"):
		return i18n.Parse(c.Analyse.Lang)
	case slices.Contains(words, "plan"):
		return i18n.Parse(c.Plan.Lang)
	}
	return i18n.Parse(c.Report.Lang)
}

// form is how a report is written.
type form struct {
	Format string `help:"pdf, xlsx, json or html." default:"pdf" enum:"pdf,xlsx,json,html"`
	Lang   string `help:"bg or en." default:"bg" enum:"bg,en"`
	Out    string `help:"File to write; - for standard output." default:"-" placeholder:"FILE"`
}

func (f form) write(d render.Document) error {
	write := map[string]func(render.Document) ([]byte, error){
		"pdf": render.PDF, "xlsx": render.XLSX, "json": render.JSON,
		"html": func(d render.Document) ([]byte, error) { return []byte(render.Page(d)), nil },
	}
	b, err := write[f.Format](d)
	if err != nil {
		return err
	}
	return put(f.Out, b)
}

func put(out string, b []byte) error {
	if out == "-" {
		_, err := os.Stdout.Write(b)
		return err
	}
	return writeWhole(out, b)
}

type reportCmd struct {
	place
	form
	Study string `help:"Study to report." default:"programme"`
}

func (c *reportCmd) Run(ctx context.Context) error {
	h, err := c.open(ctx, realTime, false)
	if err != nil {
		return err
	}
	defer h.db.Close()
	d, err := h.impact.Export(ctx, operator(access.Funder), c.Study, i18n.Parse(c.Lang))
	if err != nil {
		return err
	}
	return c.write(d)
}

type analyseCmd struct {
	form
	Plan     string `help:"Plan in YAML; docs/analysis-plan.md describes it." required:"" placeholder:"PLAN.yaml"`
	Data     string `help:"Answers, one row for each person, in CSV or XLSX." required:"" placeholder:"ANSWERS.csv"`
	Smallest int    `help:"Smallest number of people that the report may tell of; 1 hides nothing." default:"5"`
	AsOf     string `help:"Day of the report, YYYY-MM-DD; without it today." placeholder:"DAY"`
	Rows     string `help:"Also write, as CSV, which row of the data was counted where." placeholder:"FILE"`
	Minister bool   `help:"Write the summary of one page instead."`
}

// Run analyses a file. Nothing is written when anything is wrong with it.
func (c *analyseCmd) Run(ctx context.Context) error {
	if c.Smallest < 1 || c.Smallest > 100 {
		return fault.Field("--smallest", "form.range", fault.Vars{"min": 1, "max": 100})
	}
	day := calendar.On(realTime())
	if c.AsOf != "" {
		var err error
		if day, err = calendar.ParseDate(c.AsOf); err != nil {
			return fault.Field("--as-of", "form.date")
		}
	}
	record, err := readPlan(c.Plan)
	if err != nil {
		return err
	}
	b, err := readFile("--data", c.Data)
	if err != nil {
		return err
	}
	table, err := sheet.Read(b)
	if err != nil {
		return err
	}
	source := analysis.FromTable(table)
	r, err := analysis.Analyse(ctx, record, source, analysis.Options{Level: disclosure.Level(c.Smallest), Progress: progress(c.Out)})
	if err != nil {
		return err
	}
	r.AsOf, r.Version = day.String(), version
	year, month, dom := day.Parts()
	made := time.Date(year, month, dom, 0, 0, 0, 0, time.UTC)
	names := impact.NamesOf(org.Tables{}, record.Plan)
	if c.Rows != "" {
		if err := writeRows(c.Rows, record, source); err != nil {
			return err
		}
	}
	if c.Minister {
		return c.write(impact.OnePage(r, names, i18n.Parse(c.Lang), made))
	}
	return c.write(impact.Write(r, names, i18n.Parse(c.Lang), made))
}

func writeRows(out string, r study.Record, source analysis.Source) error {
	data, err := source(r.Plan)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := analysis.WriteRows(&b, r.Plan, data); err != nil {
		return err
	}
	return put(out, b.Bytes())
}

// progress tells, on a terminal, how far a long analysis is. It can be stopped with Ctrl+C.
func progress(out string) func(done, all int) {
	if i, err := os.Stderr.Stat(); out == "-" || err != nil || i.Mode()&os.ModeCharDevice == 0 {
		return nil
	}
	return func(done, all int) {
		fmt.Fprintf(os.Stderr, "\r%3d %%", 100*done/max(all, 1))
		if done == all {
			fmt.Fprintln(os.Stderr)
		}
	}
}

// readFile reads an input of a command; that it is not there is a fault of the command line.
func readFile(flag, name string) ([]byte, error) {
	b, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Wrap(err, fault.Invalid, "file.missing").At(flag)
	}
	return b, err
}

func readPlan(name string) (study.Record, error) {
	b, err := readFile("--plan", name)
	if err != nil {
		return study.Record{}, err
	}
	return study.Parse(b)
}

type planCmd struct {
	Plan string `arg:"" help:"Plan in YAML."`
	Lang string `help:"bg or en." default:"bg" enum:"bg,en"`
	Out  string `help:"Write the smallest detectable change, with its plot, as HTML." placeholder:"FILE"`
}

// Run checks a plan before there are data.
func (c *planCmd) Run(ctx context.Context) error {
	r, err := readPlan(c.Plan)
	if err != nil {
		return err
	}
	fmt.Println(r.Hash())
	d, err := impact.Detectable(ctx, r.Plan, i18n.Parse(c.Lang), realTime())
	if err != nil {
		return err
	}
	for _, b := range d.Blocks {
		if p, ok := b.(render.Para); ok {
			fmt.Println(p.Text)
		}
	}
	if c.Out == "" {
		return nil
	}
	return put(c.Out, []byte(render.Page(d)))
}
