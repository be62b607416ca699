package render

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/xuri/excelize/v2"
)

// JSON writes a document with its numbers.
func JSON(d Document) ([]byte, error) {
	type block map[string]any
	out := struct {
		Title    string  `json:"title"`
		Subtitle string  `json:"subtitle"`
		Lang     string  `json:"lang"`
		Made     string  `json:"made"`
		Blocks   []block `json:"blocks"`
		Data     any     `json:"data,omitempty"`
	}{d.Title, d.Subtitle, d.Lang, d.Made.UTC().Format("2006-01-02T15:04:05Z"), nil, d.Data}
	for _, x := range d.Blocks {
		switch x := x.(type) {
		case Heading:
			out.Blocks = append(out.Blocks, block{"type": "heading", "level": x.Level, "text": x.Text})
		case Para:
			out.Blocks = append(out.Blocks, block{"type": "paragraph", "kind": x.Kind, "text": x.Text})
		case List:
			out.Blocks = append(out.Blocks, block{"type": "list", "items": x.Items})
		case Facts:
			out.Blocks = append(out.Blocks, block{"type": "facts", "items": x.Items})
		case Table:
			out.Blocks = append(out.Blocks, block{"type": "table", "caption": x.Caption, "head": x.Head, "rows": x.Rows, "note": x.Note})
		case Figure:
			out.Blocks = append(out.Blocks, block{"type": "figure", "finding": x.Finding, "caption": x.Caption, "table": x.Table})
		}
	}
	return json.MarshalIndent(out, "", " ")
}

// neutral keeps a spreadsheet from reading text as a formula: what begins, after spaces and controls, with one of = + - @
// or their wide forms gets an apostrophe in front.
func neutral(s string) string {
	t := strings.TrimLeftFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == '\ufeff' || r == '\u200b' })
	if t != "" && strings.ContainsRune("=+-@＝＋－＠", []rune(t)[0]) {
		return "'" + s
	}
	return s
}

// CSV writes a table for spreadsheets: UTF-8 with a mark, values as plain numbers, text made harmless.
func CSV(t Table) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("\ufeff")
	w := csv.NewWriter(&b)
	var head []string
	for _, c := range t.Head {
		head = append(head, neutral(c.Text))
	}
	if err := w.Write(head); err != nil {
		return nil, err
	}
	for _, row := range t.Rows {
		var out []string
		for _, c := range row {
			if c.Number != nil && !c.Suppressed {
				out = append(out, fmt.Sprint(*c.Number))
			} else {
				out = append(out, neutral(c.Text))
			}
		}
		if err := w.Write(out); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

// XLSX writes a document as a workbook: one sheet of text, then a sheet for each table with typed numbers.
func XLSX(d Document) ([]byte, error) {
	x := excelize.NewFile()
	defer x.Close()
	first := word(d.Lang, "report")
	if err := x.SetSheetName("Sheet1", first); err != nil {
		return nil, err
	}
	bold, err := x.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return nil, err
	}
	row, tables := 1, 0
	say := func(s string, strong bool) error {
		cell := fmt.Sprintf("A%d", row)
		row++
		if err := x.SetCellStr(first, cell, neutral(s)); err != nil || !strong {
			return err
		}
		return x.SetCellStyle(first, cell, cell, bold)
	}
	if err := say(d.Title, true); err != nil {
		return nil, err
	}
	for _, block := range d.Blocks {
		var lines []string
		var t *Table
		strong := false
		switch b := block.(type) {
		case Heading:
			lines, strong = []string{b.Text}, true
		case Para:
			lines = []string{b.Text}
		case List:
			lines = b.Items
		case Facts:
			for _, f := range b.Items {
				lines = append(lines, f.Value+" "+f.What+" "+f.Of)
			}
		case Table:
			t = &b
		case Figure:
			lines, t = []string{b.Finding, b.Caption}, b.Table
		}
		for _, l := range lines {
			if err := say(l, strong); err != nil {
				return nil, err
			}
		}
		if t != nil {
			tables++
			if err := sheetOf(x, fmt.Sprintf("%d", tables), *t, bold); err != nil {
				return nil, err
			}
		}
	}
	if err := x.SetColWidth(first, "A", "A", 110); err != nil {
		return nil, err
	}
	made := d.Made.UTC().Format("2006-01-02T15:04:05Z")
	if err := x.SetDocProps(&excelize.DocProperties{Title: d.Title, Creator: "Strengthen", Created: made, Modified: made, Language: d.Lang}); err != nil {
		return nil, err
	}
	b, err := x.WriteToBuffer()
	if err != nil {
		return nil, err
	}
	return sameZip(b.Bytes())
}

func sheetOf(x *excelize.File, name string, t Table, bold int) error {
	if _, err := x.NewSheet(name); err != nil {
		return err
	}
	if err := x.SetCellStr(name, "A1", neutral(t.Caption)); err != nil {
		return err
	}
	for j, c := range t.Head {
		cell, _ := excelize.CoordinatesToCellName(j+1, 2)
		if err := x.SetCellStr(name, cell, neutral(c.Text)); err != nil {
			return err
		}
		if err := x.SetCellStyle(name, cell, cell, bold); err != nil {
			return err
		}
	}
	for i, row := range t.Rows {
		for j, c := range row {
			cell, _ := excelize.CoordinatesToCellName(j+1, i+3)
			var err error
			if c.Number != nil && !c.Suppressed {
				err = x.SetCellFloat(name, cell, *c.Number, -1, 64)
			} else {
				err = x.SetCellStr(name, cell, neutral(c.Text))
			}
			if err != nil {
				return err
			}
		}
	}
	if err := x.SetColWidth(name, "A", "A", 36); err != nil {
		return err
	}
	return x.SetPanes(name, &excelize.Panes{Freeze: true, YSplit: 2, TopLeftCell: "A3", ActivePane: "bottomLeft"})
}

// sameZip writes the parts of an archive in the order of their names and without times.
func sameZip(b []byte) ([]byte, error) {
	in, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, err
	}
	slices.SortFunc(in.File, func(a, b *zip.File) int { return strings.Compare(a.Name, b.Name) })
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, part := range in.File {
		r, err := part.Open()
		if err != nil {
			return nil, err
		}
		w, err := z.CreateHeader(&zip.FileHeader{Name: part.Name, Method: zip.Deflate})
		if err != nil {
			return nil, err
		}
		if _, err := io.Copy(w, r); err != nil { //nolint:gosec // our own archive
			return nil, err
		}
		r.Close()
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
