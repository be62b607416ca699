package render

import (
	"archive/zip"
	"bytes"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

func isoTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// workbook is a workbook under way. The first error stops all further writing.
type workbook struct {
	*excelize.File
	first       string // name of the sheet with the text
	bold        int
	row, tables int
	err         error
}

// XLSX writes a document as a workbook: one sheet of text, then a sheet for each table with typed numbers. The sheets of
// tables are named 1, 2, 3 in the order of the document.
func XLSX(d Document) ([]byte, error) {
	w := workbook{File: excelize.NewFile(), first: word(d.Lang, "report")}
	defer w.Close()
	w.try(w.SetSheetName("Sheet1", w.first))
	var err error
	w.bold, err = w.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	w.try(err)
	w.say(true, d.Title)
	w.say(false, d.Subtitle)
	for _, b := range d.Blocks {
		w.block(b)
	}
	w.say(false, d.Footer...)
	w.try(w.SetColWidth(w.first, "A", "A", 110))
	made := isoTime(d.Made)
	w.try(w.SetDocProps(&excelize.DocProperties{Title: d.Title, Creator: "Strengthen", Created: made, Modified: made, Language: d.Lang}))
	if w.err != nil {
		return nil, w.err
	}
	b, err := w.WriteToBuffer()
	if err != nil {
		return nil, err
	}
	return sameZip(b.Bytes())
}

func (w *workbook) try(err error) {
	if w.err == nil {
		w.err = err
	}
}

// say writes lines of text below each other on the first sheet, and leaves empty ones out.
func (w *workbook) say(strong bool, lines ...string) {
	for _, s := range lines {
		if s == "" {
			continue
		}
		w.row++
		w.text(w.first, 1, w.row, s, strong)
	}
}

func (w *workbook) text(sheet string, col, row int, s string, strong bool) {
	cell, err := excelize.CoordinatesToCellName(col, row)
	w.try(err)
	w.try(w.SetCellStr(sheet, cell, neutral(s)))
	if strong {
		w.try(w.SetCellStyle(sheet, cell, cell, w.bold))
	}
}

func (w *workbook) block(b Block) {
	switch x := b.(type) {
	case Heading:
		w.say(true, x.Text)
	case Para:
		w.say(false, x.Text)
	case List:
		w.say(false, x.Items...)
	case Facts:
		for _, f := range x.Items {
			w.say(false, strings.TrimSpace(f.Value+" "+f.What+" "+f.Of))
		}
	case Table:
		w.table(x)
	case Code:
		w.say(false, x.Caption)
		w.say(false, strings.Split(x.Text, "\n")...)
	case Figure:
		w.say(false, x.Finding, x.Caption)
		if x.Table != nil {
			w.table(*x.Table)
		}
	}
}

// table writes a sheet: the caption, the head, which stays in view, the rows and the note.
func (w *workbook) table(t Table) {
	w.tables++
	name := strconv.Itoa(w.tables)
	_, err := w.NewSheet(name)
	w.try(err)
	w.text(name, 1, 1, t.Caption, true)
	for j, c := range t.Head {
		w.text(name, j+1, 2, c.Text, true)
	}
	for i, row := range t.Rows {
		for j, c := range row {
			w.cell(name, j+1, i+3, c)
		}
	}
	if t.Note != "" {
		w.text(name, 1, len(t.Rows)+4, t.Note, false)
	}
	w.try(w.SetColWidth(name, "A", "A", 36))
	if len(t.Head) > 1 {
		last, err := excelize.ColumnNumberToName(len(t.Head))
		w.try(err)
		w.try(w.SetColWidth(name, "B", last, 18))
	}
	w.try(w.SetPanes(name, &excelize.Panes{Freeze: true, YSplit: 2, TopLeftCell: "A3", ActivePane: "bottomLeft"}))
}

func (w *workbook) cell(sheet string, col, row int, c Cell) {
	v := c.value()
	if v == nil {
		w.text(sheet, col, row, c.Text, false)
		return
	}
	name, err := excelize.CoordinatesToCellName(col, row)
	w.try(err)
	w.try(w.SetCellFloat(sheet, name, *v, -1, 64))
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
		if err := copyPart(z, part); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func copyPart(z *zip.Writer, part *zip.File) error {
	r, err := part.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := z.CreateHeader(&zip.FileHeader{Name: part.Name, Method: zip.Deflate})
	if err != nil {
		return err
	}
	_, err = io.Copy(w, r) //nolint:gosec // our own archive
	return err
}
