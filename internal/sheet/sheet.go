// Package sheet reads tables that people upload: XLSX and CSV, told apart by content and not by name, within limits that a
// hostile workbook cannot pass. It knows no meaning; importers of the subjects check the rows.
package sheet

import (
	"bytes"
	"encoding/csv"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"strengthen/internal/fault"
)

// Limits of an uploaded table.
const (
	MaxUnpacked = 32 << 20
	MaxRows     = 20_000
	MaxColumns  = 200
)

// Table is the first sheet of a file: a head and the rows below it. Row i of Rows stands in line i+2 of the file.
type Table struct {
	Head []string
	Rows [][]string
}

func large() error {
	return fault.Field("file", "sheet.large", fault.Vars{"rows": MaxRows, "size": fault.Size(MaxUnpacked)})
}

// Read reads a table. What is neither XLSX nor CSV in UTF-8, is empty, or passes a limit is Invalid.
func Read(b []byte) (Table, error) {
	var rows [][]string
	var err error
	switch {
	case bytes.HasPrefix(b, []byte("PK\x03\x04")):
		rows, err = readXLSX(b)
	case len(b) > 0 && utf8.Valid(b) && !bytes.ContainsRune(b, 0):
		rows, err = readCSV(b)
	default:
		err = fault.Field("file", "sheet.kind")
	}
	if err != nil {
		return Table{}, err
	}
	return table(rows)
}

func readXLSX(b []byte) ([][]string, error) {
	f, err := excelize.OpenReader(bytes.NewReader(b), excelize.Options{
		UnzipSizeLimit: MaxUnpacked, UnzipXMLSizeLimit: MaxUnpacked, RawCellValue: true,
	})
	if err != nil {
		if strings.Contains(err.Error(), "unzip size exceeds") {
			return nil, large()
		}
		return nil, fault.Wrap(err, fault.Invalid, "sheet.kind").At("file")
	}
	defer f.Close()
	it, err := f.Rows(f.GetSheetName(0))
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "sheet.kind").At("file")
	}
	defer it.Close()
	var rows [][]string
	for it.Next() {
		row, err := it.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			return nil, fault.Wrap(err, fault.Invalid, "sheet.kind").At("file")
		}
		if rows = append(rows, row); len(rows) > MaxRows+1 || len(row) > MaxColumns {
			return nil, large()
		}
	}
	return rows, it.Error()
}

func readCSV(b []byte) ([][]string, error) {
	b = bytes.TrimPrefix(b, []byte("\ufeff"))
	r := csv.NewReader(bytes.NewReader(b))
	r.FieldsPerRecord, r.LazyQuotes = -1, true
	first, _, _ := bytes.Cut(b, []byte("\n"))
	if bytes.Count(first, []byte(";")) > bytes.Count(first, []byte(",")) {
		r.Comma = ';' // what Excel writes under Bulgarian settings
	}
	var rows [][]string
	for {
		row, err := r.Read()
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return nil, fault.Wrap(err, fault.Invalid, "sheet.kind").At("file")
		}
		if rows = append(rows, row); len(rows) > MaxRows+1 || len(row) > MaxColumns {
			return nil, large()
		}
	}
}

// table trims cells, gives each row the width of the head, and drops empty rows at the end.
func table(rows [][]string) (Table, error) {
	for len(rows) > 0 && blank(rows[len(rows)-1]) {
		rows = rows[:len(rows)-1]
	}
	if len(rows) < 2 {
		return Table{}, fault.Field("file", "sheet.empty")
	}
	t := Table{}
	for i, row := range rows {
		for j := range row {
			row[j] = strings.TrimSpace(row[j])
		}
		if i == 0 {
			for len(row) > 0 && row[len(row)-1] == "" {
				row = row[:len(row)-1]
			}
			t.Head = row
			continue
		}
		full := make([]string, len(t.Head))
		copy(full, row)
		t.Rows = append(t.Rows, full)
	}
	return t, t.unique()
}

func blank(row []string) bool { return strings.TrimSpace(strings.Join(row, "")) == "" }

func (t Table) unique() error {
	seen := map[string]bool{}
	for _, h := range t.Head {
		k := strings.ToLower(h)
		if seen[k] && k != "" {
			return fault.Field("file", "sheet.twice", fault.Vars{"name": h})
		}
		seen[k] = true
	}
	return nil
}

// Records returns each row as a map from the column names of want. A column of want that the head lacks is a fault; heads
// are compared without regard to case.
func (t Table) Records(want ...string) ([]map[string]string, error) {
	at := map[string]int{}
	for i, h := range t.Head {
		at[strings.ToLower(h)] = i
	}
	var l fault.List
	for _, name := range want {
		if _, ok := at[strings.ToLower(name)]; !ok {
			l.Add(fault.Field("file", "sheet.column", fault.Vars{"name": name}))
		}
	}
	if err := l.Err(); err != nil {
		return nil, err
	}
	var all []map[string]string
	for _, row := range t.Rows {
		m := map[string]string{}
		for name, i := range at {
			m[name] = row[i]
		}
		all = append(all, m)
	}
	return all, nil
}

// Template writes an XLSX file with a head and example rows, for people to fill in.
func Template(head []string, rows [][]string) ([]byte, error) {
	f := excelize.NewFile()
	defer f.Close()
	for i, row := range append([][]string{head}, rows...) {
		for j, v := range row {
			cell, err := excelize.CoordinatesToCellName(j+1, i+1)
			if err != nil {
				return nil, err
			}
			if err := f.SetCellStr("Sheet1", cell, v); err != nil {
				return nil, err
			}
		}
	}
	if err := f.SetColWidth("Sheet1", "A", "Z", 20); err != nil {
		return nil, err
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
