package torture

import (
	"os/exec"
	"testing"
)

// needs returns the path of a tool, or says loudly where it comes from.
func needs(t testing.TB, tool string) string {
	t.Helper()
	path, err := exec.LookPath(tool)
	if err != nil {
		t.Fatalf("%s is missing: run make tools (Debian: the package of that name)", tool)
	}
	return path
}
