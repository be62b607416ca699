package render

import (
	"strconv"
	"strings"
	"time"
)

// AttendanceSheet is a list to sign, for one half-day.
type AttendanceSheet struct {
	Lang, Title, Place, Day, Time string
	Trainers                      []string
	Rows                          []SheetRow
	Blank                         int // empty rows at the end
	Made                          time.Time
}

// SheetRow is one person on the list.
type SheetRow struct{ Name, Agency, Sector string }

// sheetWidths are the columns: number, name, institution, sector, signature. Together they fill the page.
var sheetWidths = [5]float64{9, 50, 49, 25, 41}

const sheetRow = 10.5 // room for a signature

// Sheet writes the lists of a training, a new page for each half-day.
func Sheet(all []AttendanceSheet) ([]byte, error) {
	if len(all) == 0 {
		all = []AttendanceSheet{{Lang: "bg"}}
	}
	first := all[0]
	p := newPaper("P", word(first.Lang, "sheet"), first.Lang, first.Made)
	p.numberPages(first.Title)
	for _, s := range all {
		p.AddPage()
		p.say("serif", "", 18, 8, word(s.Lang, "sheet"))
		p.say("sans", "B", 11, 5.6, s.Title)
		p.say("sans", "", 11, 5.6, joined("\n", s.Place, joined(", ", s.Day, s.Time)))
		if len(s.Trainers) > 0 {
			p.say("sans", "", 10, 5.4, word(s.Lang, "trainers")+": "+strings.Join(s.Trainers, ", "))
		}
		p.Ln(2.5)
		p.signatures(s)
	}
	return p.bytes()
}

func (p paper) signatures(s AttendanceSheet) {
	head := [5]string{"№", word(s.Lang, "name"), word(s.Lang, "agency"), word(s.Lang, "sector"), word(s.Lang, "signature")}
	p.sheetRow(head, "B", 7)
	_, height := p.GetPageSize()
	for i := range len(s.Rows) + s.Blank {
		if p.GetY()+sheetRow > height-18 {
			p.AddPage()
			p.sheetRow(head, "B", 7)
		}
		cells := [5]string{strconv.Itoa(i + 1)}
		if i < len(s.Rows) {
			cells[1], cells[2], cells[3] = s.Rows[i].Name, s.Rows[i].Agency, s.Rows[i].Sector
		}
		p.sheetRow(cells, "", sheetRow)
	}
	p.trainers(s.Trainers)
}

// sheetRow draws five boxes; a long text takes two lines, a longer one is cut.
func (p paper) sheetRow(cells [5]string, style string, h float64) {
	left, y := p.GetX(), p.GetY()
	x := left
	p.ink(40)
	p.SetDrawColor(120, 130, 134)
	p.SetLineWidth(0.15)
	for i, s := range cells {
		w := sheetWidths[i]
		p.Rect(x, y, w, h, "D")
		p.SetFont("sans", style, 9)
		lines := p.twoLines(s, w-3)
		for j, line := range lines {
			p.SetXY(x+1.5, y+h/2+(float64(j)-float64(len(lines))/2)*4)
			p.CellFormat(w-3, 4, line, "", 0, "L", false, 0, "")
		}
		x += w
	}
	p.SetXY(left, y+h)
}

// twoLines breaks a text into at most two lines of width w.
func (p paper) twoLines(s string, w float64) []string {
	if p.GetStringWidth(s) <= w {
		return []string{s}
	}
	lines := p.SplitText(s, w)
	if len(lines) <= 2 {
		return lines
	}
	return []string{lines[0], p.cut(strings.Join(lines[1:], " "), w)}
}

// trainers draws a line to sign on for each trainer, all of one length.
func (p paper) trainers(names []string) {
	p.Ln(4)
	for _, t := range names {
		p.room(12)
		p.ink(40)
		p.SetFont("sans", "", 10)
		y := p.GetY() + 9
		p.Text(18, y, p.cut(t, 70))
		p.Line(92, y+0.6, 152, y+0.6)
		p.Ln(10.5)
	}
}
