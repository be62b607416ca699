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

// sheetWidths are the columns: number, name, institution, sector, signature. Together they fill a landscape page.
var sheetWidths = [5]float64{10, 62, 71, 46, 72}

const sheetRow = 11.5 // room for a signature

// Sheet writes the lists of a training, a new page for each half-day.
func Sheet(all []AttendanceSheet) ([]byte, error) {
	if len(all) == 0 {
		all = []AttendanceSheet{{Lang: "bg"}}
	}
	first := all[0]
	p := newPaper("L", word(first.Lang, "sheet"), first.Lang, first.Made)
	p.numberPages(first.Title)
	for _, s := range all {
		p.AddPage()
		p.say("serif", "", 20, 9, word(s.Lang, "sheet"))
		p.say("sans", "B", 13, 6.5, joined(", ", s.Day, s.Time))
		p.say("sans", "", 11, 5.6, joined("\n", s.Place, s.Title))
		if len(s.Trainers) > 0 {
			p.say("sans", "", 11, 5.6, word(s.Lang, "trainers")+": "+strings.Join(s.Trainers, ", "))
		}
		p.Ln(3)
		p.signatures(s)
	}
	return p.bytes()
}

func (p paper) signatures(s AttendanceSheet) {
	head := [5]string{"№", word(s.Lang, "name"), word(s.Lang, "agency"), word(s.Lang, "sector"), word(s.Lang, "signature")}
	p.sheetRow(head, "B", 8)
	_, height := p.GetPageSize()
	for i := range len(s.Rows) + s.Blank {
		if p.GetY()+sheetRow > height-18 {
			p.AddPage()
			p.sheetRow(head, "B", 8)
		}
		cells := [5]string{strconv.Itoa(i + 1)}
		if i < len(s.Rows) {
			cells[1], cells[2], cells[3] = s.Rows[i].Name, s.Rows[i].Agency, s.Rows[i].Sector
		}
		p.sheetRow(cells, "", sheetRow)
	}
	p.trainers(s.Trainers)
}

// sheetRow draws five boxes; a long text takes two lines, and a longer one smaller letters.
func (p paper) sheetRow(cells [5]string, style string, h float64) {
	left, y := p.GetX(), p.GetY()
	x := left
	p.ink(40)
	p.SetDrawColor(120, 130, 134)
	p.SetLineWidth(0.15)
	for i, s := range cells {
		w := sheetWidths[i]
		p.Rect(x, y, w, h, "D")
		lines := p.fitted(style, s, w-4)
		for j, line := range lines {
			p.SetXY(x+2, y+h/2+(float64(j)-float64(len(lines))/2)*4.6)
			p.CellFormat(w-4, 4.6, line, "", 0, "L", false, 0, "")
		}
		x += w
	}
	p.SetXY(left, y+h)
}

// fitted breaks a text into at most two lines of width w, in letters as large as that allows.
func (p paper) fitted(style, s string, w float64) []string {
	for size := 10.5; size > 6; size -= 0.5 {
		p.SetFont("sans", style, size)
		if lines := p.SplitText(s, w); len(lines) <= 2 && p.longestWord(s) <= w {
			break
		}
	}
	return p.twoLines(s, w)
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

// trainers draws a line to sign on for each trainer, all of one length, two side by side.
func (p paper) trainers(names []string) {
	const half = 130
	p.Ln(3)
	for i, t := range names {
		if i%2 == 0 {
			p.room(14)
			p.Ln(11)
		}
		p.ink(40)
		p.SetFont("sans", "", 11)
		x, y := 18+float64(i%2)*(half+2), p.GetY()
		p.Text(x, y, p.cut(t, 58))
		p.Line(x+60, y+0.6, x+half-6, y+0.6)
	}
}
