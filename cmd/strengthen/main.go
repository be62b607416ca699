// Command strengthen trains the people who protect children, and proves what changes: one program with its web pages, its
// background work and its database.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"strengthen/internal/fault"
	"strengthen/internal/i18n"
)

// version is set when a release is built.
var version = "dev"

// cli is the command line. Every flag can be given as STRENGTHEN_… in the environment.
type cli struct {
	Serve   serveCmd   `cmd:"" help:"Serve the pages and do the background work."`
	Demo    demoCmd    `cmd:"" help:"Fill a new database with an invented programme and serve it."`
	Migrate migrateCmd `cmd:"" help:"Bring the database to the schema of this program."`
	User    userCmd    `cmd:"" help:"Invite a person with a role and print the one-time link."`
	Import  importCmd  `cmd:"" help:"Import trainings or answers from XLSX or CSV, all or nothing."`
	Impact  impactCmd  `cmd:"" help:"Write the impact report as PDF, XLSX, JSON or HTML."`
	Verify  verifyCmd  `cmd:"" help:"Check the record of what was done, the keys, the file and the ledger of erasures."`

	Backup    backupCmd    `cmd:"" help:"Write everything into one file, encrypted to a key that the server does not hold; the server may run."`
	BackupKey backupKeyCmd `cmd:"" help:"Make a pair of keys for backups. Run it on another computer than the server."`
	Restore   restoreCmd   `cmd:"" help:"Bring a backup back into an empty database; the server must not run."`
	Rotate    rotateCmd    `cmd:"" help:"Replace the root key; the server must not run."`

	Bench benchCmd `cmd:"" help:"Fill a database with very many invented cases and measure how it carries them."`

	Version versionCmd `cmd:"" help:"Print the version."`
}

// Exit codes for scripts.
const (
	exitFailed   = 1 // it did not work
	exitInput    = 2 // the input or the command line is at fault
	exitTampered = 3 // verify found something
)

var errTampered = errors.New("the check found something: see above, and docs/operating.md for what each word means")

type versionCmd struct{}

func (versionCmd) Run() error {
	_, err := fmt.Println("strengthen", version)
	return err
}

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	var c cli
	parser, err := kong.New(&c, kong.Name("strengthen"), kong.Description("Trainings for the people who protect children, and proof of what they change."),
		kong.UsageOnError(), kong.DefaultEnvars("STRENGTHEN"))
	if err != nil {
		fmt.Fprintln(os.Stderr, "strengthen:", err)
		return exitFailed
	}
	k, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(os.Stderr, "strengthen: %v\nTry: strengthen --help\n", err)
		return exitInput
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	k.BindTo(ctx, (*context.Context)(nil))
	if err := k.Run(); err != nil {
		return complain(err, c.Impact.reader(k.Command()))
	}
	return 0
}

// complain says in a language what went wrong and returns the exit code.
func complain(err error, lang i18n.Lang) int {
	words := i18n.Load()
	all := fault.All(err)
	for _, f := range all {
		place := ""
		if f.Row > 0 {
			place = fmt.Sprintf(lang.Pick("ред %d, ", "row %d, "), f.Row)
		}
		if f.Field != "" {
			place += f.Field + ": "
		}
		fmt.Fprintf(os.Stderr, "strengthen: %s%s\n", place, words.T(lang, f.Key, f.Vars))
	}
	if len(all) == 0 {
		fmt.Fprintln(os.Stderr, "strengthen:", err)
	}
	switch {
	case errors.Is(err, errTampered):
		return exitTampered
	case fault.Is(err, fault.Invalid):
		return exitInput
	}
	return exitFailed
}
