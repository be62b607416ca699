package casework_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"strengthen/internal/casework"
	"strengthen/internal/i18n"
)

var update = flag.Bool("update", false, "write the tables of docs/deadlines.md and docs/states.md anew")

// TestTheDeadlinesPageIsTheRules holds the table of terms in docs/deadlines.md against the rules that the program ships, so that
// whoever reads the page reads what runs.
func TestTheDeadlinesPageIsTheRules(t *testing.T) {
	documented(t, "../../docs/deadlines.md", "<!-- terms of cases -->\n", tableOf(casework.ShippedRules()))
}

// documented holds what stands in a page between a mark and the end against what the program does.
func documented(t *testing.T, file, from, want string) {
	t.Helper()
	const until = "<!-- end -->\n"
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	page := string(b)
	i, j := strings.Index(page, from), strings.Index(page, until)
	if i < 0 || j < i {
		t.Fatal("the page has no place for the table")
	}
	made := page[:i] + from + want + page[j:]
	if *update {
		if err := os.WriteFile(file, []byte(made), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if page != made {
		t.Errorf("%s is not what the program does; look at the difference and run with -update", file)
	}
}

func tableOf(rules []casework.ClockRule) string {
	var s strings.Builder
	s.WriteString("| id | term | how long | from | until | basis | mark |\n| --- | --- | --- | --- | --- | --- | --- |\n")
	for _, r := range rules {
		long := fmt.Sprintf("%d %s", r.Term.N, strings.ReplaceAll(string(r.Term.Unit), "_", " "))
		if r.Immediate() {
			long = "at once, late after " + strings.TrimPrefix(casework.LadderText(r.Ladder[:1]), "+")
		}
		basis := r.Article
		if r.Practice {
			basis += " (practice)"
		}
		fmt.Fprintf(&s, "| %s | %s | %s | `%s` | `%s` | %s | %s |\n", r.Ref, r.NameEN, long, either(r.Starts), either(r.Ends), basis, r.Confidence)
	}
	return s.String()
}

func either(events string) string { return strings.ReplaceAll(events, "|", "` or `") }

// Each source that the program ships can be read in English.
func TestSourcesOfTermsInEnglish(t *testing.T) {
	for _, r := range casework.ShippedRules() {
		if en := i18n.EN.Citation(r.Article); regexp.MustCompile(`\p{Cyrillic}`).MatchString(en) {
			t.Errorf("%s: %s", r.Ref, en)
		}
	}
}
