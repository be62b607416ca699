package casework

import (
	"maps"
	"slices"
	"time"

	"strengthen/internal/access"
	"strengthen/internal/fault"
	"strengthen/internal/sealed"
)

// Form is a set of texts that people edit together, by field.
type Form map[string]sealed.Text

// Clash is a field that two people changed from the same text to different ones.
type Clash struct {
	Field        string
	Mine, Theirs sealed.Text
}

// ClashError says that somebody else changed the same fields in the meantime. Nothing was written; the page shows both texts.
type ClashError struct {
	Clashes []Clash
	By      access.PersonID
	At      time.Time
}

// Error names the kind only; the texts are about people.
func (e *ClashError) Error() string { return "conflict: fault.clash" }

// Unwrap makes a ClashError a fault of kind Conflict.
func (e *ClashError) Unwrap() error { return fault.New(fault.Conflict, "fault.clash") }

// merge brings what an editor made of the texts that the editor saw together with what they are now. A field that only one
// side changed takes that change; one that both changed alike is settled; one that they changed differently is a clash.
func merge(saw, now, mine Form) (Form, []Clash) {
	merged := maps.Clone(now)
	if merged == nil {
		merged = Form{}
	}
	var clashes []Clash
	for _, field := range slices.Sorted(maps.Keys(mine)) {
		switch {
		case mine[field] == saw[field]: // untouched by the editor
		case now[field] == saw[field], now[field] == mine[field]:
			merged[field] = mine[field]
		default:
			clashes = append(clashes, Clash{field, mine[field], now[field]})
		}
	}
	return merged, clashes
}
