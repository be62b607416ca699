package testkit

import (
	"fmt"
	"os"
	"testing"
)

// Temporary is the folder for what lasts as long as the tests of a package that runs them by Main.
var Temporary string

// Main runs the tests of a package in a folder for temporary files of their own, which goes when they have run: what a test builds
// once for all, and what Chromium leaves, has no test whose end would take it away.
func Main(m *testing.M) {
	var err error
	if Temporary, err = os.MkdirTemp("", "str-"); err != nil { // short, for Chromium keeps a socket far below it
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if err := os.Chmod(Temporary, 0o711); err != nil { // PostgreSQL runs as somebody else
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Setenv("TMPDIR", Temporary)
	code := m.Run()
	os.RemoveAll(Temporary)
	os.Exit(code)
}
