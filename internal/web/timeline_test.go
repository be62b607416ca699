package web

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

// Each line that a timeline can have belongs to a kind by which the timeline is narrowed.
func TestTimelineKinds(t *testing.T) {
	b, err := os.ReadFile("../i18n/messages/casework.json")
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	n := 0
	for key := range all {
		what, ok := strings.CutPrefix(key, "happened.")
		if !ok {
			continue
		}
		n++
		if !slices.ContainsFunc(whats, func(x [3]string) bool { return strings.HasPrefix(what, x[0]) }) {
			t.Errorf("%s is of no kind", what)
		}
	}
	if n < 50 {
		t.Errorf("only %d lines are known", n)
	}
}
