package internal_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// may says which packages of the house each package may import, directly or through others, besides the standard library
// and what go.mod names. It is the picture of docs/architecture.md.
var may = map[string][]string{
	"fault": {}, "calendar": {}, "stats": {}, "fold": {}, "sealed": {}, "render": {}, "link": {}, "ledger": {}, "torture": {}, "disclosure": {},
	"access":   {},
	"sheet":    {"fault"},
	"upload":   {"fault"},
	"i18n":     {"calendar", "fault"},
	"org":      {"access", "calendar", "fault", "fold", "sealed"},
	"training": {"access", "calendar", "fault", "fold", "org", "sealed"},
	"survey":   {"access", "calendar", "disclosure", "fault", "fold", "org", "sealed", "training"},
	"casework": {"access", "calendar", "disclosure", "fault", "fold", "link", "org", "sealed", "stats", "upload"},
	"study":    {"access", "calendar", "disclosure", "fault", "fold", "org", "sealed", "survey", "training"},
	"analysis": {"access", "calendar", "disclosure", "fault", "fold", "org", "sealed", "sheet", "stats", "study", "survey", "training"},
	"impact":   {"access", "analysis", "calendar", "disclosure", "fault", "fold", "i18n", "org", "render", "sealed", "sheet", "stats", "study", "survey", "training"},
	"privacy":  {"access", "calendar", "fault", "fold", "org", "sealed"},
	"backup":   {"access", "fault"},
	"passkey":  {"access", "calendar", "fault", "fold", "org", "sealed"},
	"store":    {"access", "backup", "calendar", "casework", "disclosure", "fault", "fold", "ledger", "link", "org", "privacy", "sealed", "stats", "study", "survey", "training", "upload"},
	"demo":     {"access", "calendar", "casework", "disclosure", "fault", "fold", "link", "org", "sealed", "stats", "study", "survey", "training", "upload"},
	"web":      {"access", "analysis", "calendar", "casework", "disclosure", "fault", "fold", "i18n", "impact", "link", "org", "privacy", "render", "sealed", "sheet", "stats", "study", "survey", "training", "upload"},
	"testkit":  {"access", "backup", "calendar", "casework", "disclosure", "fault", "fold", "ledger", "link", "org", "privacy", "sealed", "stats", "store", "study", "survey", "training", "upload"},
}

// subjects know no database, no network and no page.
var subjects = []string{"access", "calendar", "fault", "org", "training", "survey", "casework", "stats", "disclosure", "study", "privacy"}

func TestImportsFollowThePicture(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f", `{{.ImportPath}} {{join .Deps ","}}`, "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for line := range strings.Lines(string(out)) {
		path, deps, _ := strings.Cut(strings.TrimSpace(line), " ")
		name, ok := strings.CutPrefix(path, "strengthen/internal/")
		if !ok {
			continue
		}
		allowed, known := may[name]
		if !known {
			t.Errorf("package %s is not in the picture", name)
			continue
		}
		seen++
		for dep := range strings.SplitSeq(deps, ",") {
			if other, ok := strings.CutPrefix(dep, "strengthen/internal/"); ok && !slices.Contains(allowed, other) {
				t.Errorf("%s imports %s", name, other)
			}
			if slices.Contains(subjects, name) && slices.Contains([]string{"database/sql", "html/template", "net/http"}, dep) {
				t.Errorf("%s imports %s", name, dep)
			}
		}
	}
	if seen != len(may) {
		t.Errorf("%d packages found, %d in the picture", seen, len(may))
	}
}
