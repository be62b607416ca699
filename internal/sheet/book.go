package sheet

import (
	"fmt"

	"github.com/xuri/excelize/v2"
)

// Page is one sheet of a workbook for people to fill in or to read.
type Page struct {
	Name    string
	Rows    [][]string     // the first is the head
	Widths  []float64      // of the columns, in letters
	Choices map[int]string // by column: the range of cells that holds the allowed values, such as 'Values'!$A$2:$A$9
}

// Book writes a workbook. Every cell is text, so that no spreadsheet makes a date of 3-5 or a number of a telephone.
func Book(pages ...Page) ([]byte, error) {
	f := excelize.NewFile()
	defer f.Close()
	text, err := f.NewStyle(&excelize.Style{NumFmt: 49, Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}})
	if err != nil {
		return nil, err
	}
	head, err := f.NewStyle(&excelize.Style{
		NumFmt: 49, Font: &excelize.Font{Bold: true, Color: "FFFFFF"}, Fill: excelize.Fill{Type: "pattern", Color: []string{"0B5468"}, Pattern: 1},
	})
	if err != nil {
		return nil, err
	}
	for i, p := range pages {
		if i == 0 {
			err = f.SetSheetName("Sheet1", p.Name)
		} else {
			_, err = f.NewSheet(p.Name)
		}
		if err != nil {
			return nil, err
		}
		if err := p.write(f, text, head); err != nil {
			return nil, err
		}
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// List adds a column with a head and values below it, and returns the range of the values as Choices takes it.
func (p *Page) List(head string, values []string) string {
	j := len(p.Widths)
	p.Widths = append(p.Widths, 34)
	for i, v := range append([]string{head}, values...) {
		if i == len(p.Rows) {
			p.Rows = append(p.Rows, nil)
		}
		p.Rows[i] = append(fitted(p.Rows[i], j), v)
	}
	c := letter(j)
	return fmt.Sprintf("'%s'!$%s$2:$%s$%d", p.Name, c, c, len(values)+1)
}

func (p Page) write(f *excelize.File, text, head int) error {
	for i, w := range p.Widths {
		c := letter(i)
		if err := f.SetColWidth(p.Name, c, c, w); err != nil {
			return err
		}
		if err := f.SetColStyle(p.Name, c, text); err != nil {
			return err
		}
	}
	for i, row := range p.Rows {
		for j, v := range row {
			cell, err := excelize.CoordinatesToCellName(j+1, i+1)
			if err != nil {
				return err
			}
			if err := f.SetCellStr(p.Name, cell, v); err != nil {
				return err
			}
			style := text
			if i == 0 {
				style = head
			}
			if err := f.SetCellStyle(p.Name, cell, cell, style); err != nil {
				return err
			}
		}
	}
	for j, cells := range p.Choices {
		v := excelize.NewDataValidation(true)
		v.Sqref = letter(j) + "2:" + letter(j) + "2000"
		v.SetSqrefDropList(cells)
		if err := f.AddDataValidation(p.Name, v); err != nil {
			return err
		}
	}
	return f.SetPanes(p.Name, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
}
