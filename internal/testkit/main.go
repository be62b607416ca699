package testkit

import (
	"fmt"
	"os"
	"testing"
)

// Main runs the tests of a package in a folder for temporary files of their own, which goes when they have run: what a test builds
// once for all, and what Chromium leaves, has no test whose end would take it away.
func Main(m *testing.M) {
	dir, err := os.MkdirTemp("", "strengthen-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Setenv("TMPDIR", dir)
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}
