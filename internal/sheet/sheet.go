// Package sheet reads tables that people upload: XLSX and CSV, told apart by content and not by name, within limits that a
// hostile file cannot pass. It also writes workbooks for people to fill in. It knows no meaning; importers of the subjects
// check the rows.
package sheet

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"strengthen/internal/fault"
)

// Limits of an uploaded table. With them no file, however it was made, costs 150 MB of memory.
const (
	MaxUnpacked = 16 << 20 // bytes of a workbook when unpacked
	MaxRatio    = 100      // of a part unpacked to packed
	MaxEntries  = 200      // parts of a workbook
	MaxRows     = 20_000
	MaxColumns  = 200
	maxFaults   = 100
)

// Table is the first sheet of a file: a head and the rows below it that are not empty. Row i stands in line Lines[i] of the
// file, counted from 1.
type Table struct {
	Head  []string
	Rows  [][]string
	Lines []int
}

// row is what a reader found in one line.
type row struct {
	line  int
	cells []string
}

func large() error {
	return fault.Field("file", "sheet.large", fault.Vars{"rows": MaxRows, "size": fault.Size(MaxUnpacked)})
}

func notATable(cause error) error { return fault.Wrap(cause, fault.Invalid, "sheet.kind").At("file") }

// Read reads a table. What is neither XLSX nor CSV in UTF-8, is empty, or passes a limit is Invalid. So is a cell that holds
// signs that are no text; the fault names its line and column.
func Read(b []byte) (Table, error) {
	read := readCSV
	if bytes.HasPrefix(b, []byte("PK\x03\x04")) {
		read = readXLSX
	}
	rows, err := read(b)
	if err != nil {
		return Table{}, err
	}
	return table(rows)
}

// table takes the first row as the head, trims cells, and leaves empty rows out.
func table(rows []row) (Table, error) {
	var t Table
	var bad fault.List
	for _, r := range rows {
		for j, c := range r.cells {
			r.cells[j] = strings.TrimSpace(c)
		}
		if strings.Join(r.cells, "") == "" {
			continue
		}
		if t.Head == nil {
			t.Head = withoutTail(r.cells)
			if strings.ContainsFunc(strings.Join(t.Head, ""), noText) {
				return Table{}, notATable(nil)
			}
			continue
		}
		full := fitted(r.cells, len(t.Head))
		for j, c := range full {
			if strings.ContainsFunc(c, noText) && len(bad) < maxFaults {
				bad.Add(fault.Field(t.Head[j], "sheet.signs", fault.Vars{"column": letter(j)}).InRow(r.line))
			}
		}
		t.Rows, t.Lines = append(t.Rows, full), append(t.Lines, r.line)
	}
	switch {
	case len(t.Rows) == 0:
		return Table{}, fault.Field("file", "sheet.empty")
	case len(bad) > 0:
		return Table{}, bad.Err()
	}
	return t, t.unique()
}

// noText reports whether r is a sign that has no place in a text: what stands for broken bytes, or a control character.
func noText(r rune) bool {
	return r == utf8.RuneError || unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t'
}

func withoutTail(cells []string) []string {
	for len(cells) > 0 && cells[len(cells)-1] == "" {
		cells = cells[:len(cells)-1]
	}
	return cells
}

// fitted gives a row the width of the head.
func fitted(cells []string, width int) []string {
	if len(cells) >= width {
		return cells[:width]
	}
	return append(cells, make([]string, width-len(cells))...)
}

func (t Table) unique() error {
	seen := map[string]bool{}
	for _, h := range t.Head {
		k := plain(h)
		if seen[k] && k != "" {
			return fault.Field("file", "sheet.twice", fault.Vars{"name": h})
		}
		seen[k] = true
	}
	return nil
}

// plain writes a head as heads are compared: in lower case, with single spaces, without the star of a required column.
func plain(head string) string {
	return strings.Join(strings.Fields(strings.ToLower(strings.TrimRight(strings.TrimSpace(head), " *:"))), " ")
}

// Records returns each row with its cells by the column names of want, in lower case. A column of want that the head lacks is a
// fault; heads are compared without regard to case.
func (t Table) Records(want ...string) ([]Record, error) {
	var columns []Column
	for _, name := range want {
		columns = append(columns, Column{Name: strings.ToLower(name), Heads: []string{name}})
	}
	taken, err := t.Take(columns)
	return taken.Records, err
}

// Column is a column that an importer reads.
type Column struct {
	Name     string
	Heads    []string // what people call it; the first is how faults name it
	Optional bool     // may be left out
}

// Whole reports whether a table that travelled through a form is still one: every row as wide as the head, every row with its
// line, within the limits.
func (t Table) Whole() bool {
	if len(t.Head) == 0 || len(t.Head) > MaxColumns || len(t.Rows) == 0 || len(t.Rows) > MaxRows || len(t.Lines) != len(t.Rows) {
		return false
	}
	return !slices.ContainsFunc(t.Rows, func(row []string) bool { return len(row) != len(t.Head) })
}

// Record is a row as its cells by the names of columns.
type Record struct {
	Line  int
	Cells map[string]string
}

// As makes records of an importer's own type out of those of a table.
func As[R ~struct {
	Line  int
	Cells map[string]string
}](all []Record) []R {
	out := make([]R, len(all))
	for i, r := range all {
		out[i] = R(r)
	}
	return out
}

// Place is where a column stands in a file.
type Place struct{ Letter, Head string }

// Taken is what an importer reads of a table.
type Taken struct {
	Records []Record
	Places  map[string]Place // of the columns that are there
	Unread  []string         // heads that no column answers to
}

// Take returns the rows as records of columns. A column that is not optional and that the head lacks is a fault.
func (t Table) Take(columns []Column) (Taken, error) {
	out := Taken{Places: map[string]Place{}}
	called := map[string]string{}
	for _, c := range columns {
		for _, h := range append([]string{c.Name}, c.Heads...) {
			called[plain(h)] = c.Name
		}
	}
	at := map[string]int{}
	for i, h := range t.Head {
		name, ok := called[plain(h)]
		if _, twice := at[name]; ok && twice {
			return out, fault.Field("file", "sheet.twice", fault.Vars{"name": h})
		}
		if ok {
			at[name], out.Places[name] = i, Place{letter(i), h}
		} else if h != "" {
			out.Unread = append(out.Unread, h)
		}
	}
	var l fault.List
	for _, c := range columns {
		if _, ok := at[c.Name]; !ok && !c.Optional {
			l.Add(fault.Field("file", "sheet.column", fault.Vars{"name": append(c.Heads, c.Name)[0]}))
		}
	}
	for i, row := range t.Rows {
		r := Record{t.Lines[i], make(map[string]string, len(at))}
		for name, j := range at {
			r.Cells[name] = row[j]
		}
		out.Records = append(out.Records, r)
	}
	return out, l.Err()
}

// letter names a column as spreadsheets do: A to Z, then AA.
func letter(i int) string {
	s := string(rune('A' + i%26))
	if i < 26 {
		return s
	}
	return letter(i/26-1) + s
}
