package render

import (
	"strconv"
	"strings"
	"time"
)

// CertificateFacts is what a certificate says, in both languages.
type CertificateFacts struct {
	TitleBG, TitleEN   string // of the programme
	Name, NameLatin    string
	PlaceBG, PlaceEN   string
	DaysBG, DaysEN     string
	Hours              float64
	Number, Code, URL  string
	IssuedBG, IssuedEN string
	Made               time.Time
}

// Certificate writes a certificate on one landscape page, with a QR code to the page where it can be checked.
func Certificate(c CertificateFacts) ([]byte, error) {
	p := newPaper("L", "Удостоверение / Certificate "+c.Number, "bg", c.Made)
	p.SetAutoPageBreak(false, 0)
	p.AddPage()
	w, h := p.GetPageSize()
	p.SetDrawColor(11, 84, 104)
	p.SetLineWidth(0.7)
	p.Rect(8, 8, w-16, h-16, "D")
	p.mark(w/2, 20, 9)
	centre := func(y, size float64, font, style, s string) {
		p.SetFont(font, style, size)
		p.SetXY(20, y)
		p.MultiCell(w-40, size*0.5, s, "", "C", false)
	}
	p.ink(40)
	centre(42, 30, "serif", "", "Удостоверение")
	p.ink(110)
	centre(56, 13, "sans", "", "Certificate of completion")
	p.ink(40)
	centre(70, 26, "serif", "", c.Name)
	p.ink(110)
	centre(84, 13, "sans", "", c.NameLatin)
	hours := strconv.FormatFloat(c.Hours, 'f', -1, 64)
	p.ink(40)
	centre(96, 12.5, "sans", "", "завърши обучението „"+c.TitleBG+"“, "+c.PlaceBG+", "+c.DaysBG+", "+strings.Replace(hours, ".", ",", 1)+" часа")
	p.ink(110)
	centre(112, 11.5, "sans", "", "completed the training “"+c.TitleEN+"”, "+c.PlaceEN+", "+c.DaysEN+", "+hours+" hours")
	grid, err := squares(c.URL)
	if err != nil {
		return nil, err
	}
	p.qr(grid, 24, 138, 36)
	p.ink(40)
	p.SetFont("sans", "", 10)
	for i, s := range []string{
		"№ " + c.Number + "    код / code: " + c.Code, "Издадено на " + c.IssuedBG + " / Issued on " + c.IssuedEN,
		"Проверка / Check: " + c.URL,
		"Съфинансирано от Европейския съюз / Co-funded by the European Union",
	} {
		p.SetXY(66, 142+float64(i)*6.4)
		p.CellFormat(120, 6, s, "", 0, "L", false, 0, "")
	}
	p.SetLineWidth(0.3)
	p.Line(w-90, 168, w-26, 168)
	p.SetXY(w-90, 169)
	p.CellFormat(64, 6, "Ръководител на програмата / Programme manager", "", 0, "C", false, 0, "")
	return p.bytes()
}

// mark draws the two arches over a dot, width about 2r.
func (p paper) mark(x, y, r float64) {
	arch := func(rad float64, red, green, blue int) {
		p.SetDrawColor(red, green, blue)
		p.SetLineWidth(r * 0.22)
		p.Arc(x, y+r, rad, rad, 0, 0, 180, "D")
		p.Line(x-rad, y+r, x-rad, y+r*1.95)
		p.Line(x+rad, y+r, x+rad, y+r*1.95)
	}
	arch(r, 121, 198, 214)
	arch(r*0.5, 8, 61, 76)
	p.SetFillColor(243, 181, 58)
	p.Circle(x, y+r*1.75, r*0.2, "F")
}

func (p paper) qr(grid [][]bool, x, y, size float64) {
	p.SetFillColor(0, 0, 0)
	s := size / float64(len(grid))
	for j, row := range grid {
		for i := 0; i < len(row); i++ {
			n := 0
			for i+n < len(row) && row[i+n] {
				n++
			}
			if n > 0 {
				p.Rect(x+float64(i)*s, y+float64(j)*s, float64(n)*s, s+0.02, "F")
				i += n
			}
		}
	}
}

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
		p.say("sans", "", 11, 5.6, s.Title+"\n"+s.Place+"\n"+s.Day+", "+s.Time)
		p.say("sans", "", 10, 5.4, word(s.Lang, "trainers")+": "+strings.Join(s.Trainers, ", "))
		p.Ln(2)
		p.signatures(s)
	}
	return p.bytes()
}

func (p paper) signatures(s AttendanceSheet) {
	widths := []float64{9, 58, 50, 27, 30}
	row := func(cells []string, style string) {
		p.SetFont("sans", style, 9)
		p.SetDrawColor(120, 130, 134)
		p.SetLineWidth(0.15)
		for i, c := range cells {
			text := c
			for p.GetStringWidth(text) > widths[i]-2 && len([]rune(text)) > 1 {
				r := []rune(strings.TrimSuffix(text, "…"))
				text = string(r[:len(r)-1]) + "…"
			}
			p.CellFormat(widths[i], 8.5, text, "1", 0, "L", false, 0, "")
		}
		p.Ln(8.5)
	}
	head := []string{"№", word(s.Lang, "name"), word(s.Lang, "agency"), word(s.Lang, "sector"), word(s.Lang, "signature")}
	row(head, "B")
	_, height := p.GetPageSize()
	for i := range len(s.Rows) + s.Blank {
		if p.GetY()+9 > height-18 {
			p.AddPage()
			row(head, "B")
		}
		cells := []string{strconv.Itoa(i + 1), "", "", "", ""}
		if i < len(s.Rows) {
			cells[1], cells[2], cells[3] = s.Rows[i].Name, s.Rows[i].Agency, s.Rows[i].Sector
		}
		row(cells, "")
	}
	p.Ln(5)
	for _, t := range s.Trainers {
		p.room(12)
		p.say("sans", "", 10, 9, t+": ______________________")
	}
}

// Badge is a name badge; Code is what its QR code says.
type Badge struct{ Name, Agency, Sector, Code string }

// Badges writes eight badges a page.
func Badges(lang, title string, all []Badge, made time.Time) ([]byte, error) {
	p := newPaper("P", title, lang, made)
	p.SetAutoPageBreak(false, 0)
	for i, b := range all {
		if i%8 == 0 {
			p.AddPage()
		}
		x, y := 12+float64(i%2)*94, 14+float64(i%8/2)*68
		p.SetDrawColor(180, 190, 194)
		p.SetLineWidth(0.15)
		p.Rect(x, y, 92, 66, "D")
		p.ink(40)
		p.SetFont("serif", "", 17)
		p.SetXY(x+5, y+6)
		p.MultiCell(82, 7.5, b.Name, "", "L", false)
		p.SetFont("sans", "", 10)
		p.SetX(x + 5)
		p.MultiCell(54, 4.8, b.Agency+"\n"+b.Sector, "", "L", false)
		p.SetFont("sans", "", 8)
		p.SetXY(x+5, y+58)
		p.CellFormat(54, 5, title, "", 0, "L", false, 0, "")
		grid, err := squares(b.Code)
		if err != nil {
			return nil, err
		}
		p.qr(grid, x+62, y+35, 26)
	}
	if len(all) == 0 {
		p.AddPage()
	}
	return p.bytes()
}
