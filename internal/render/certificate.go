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
	Revoked            bool // the paper says across itself that it no longer holds
}

// Certificate writes a certificate on one landscape page, with a QR code to the page where it can be checked.
func Certificate(c CertificateFacts) ([]byte, error) {
	grid, err := squares(c.URL)
	if err != nil {
		return nil, err
	}
	p := newPaper("L", "Удостоверение / Certificate "+c.Number, "bg", c.Made)
	p.SetAutoPageBreak(false, 0)
	p.AddPage()
	w, h := p.GetPageSize()
	p.SetDrawColor(11, 84, 104)
	p.SetLineWidth(0.7)
	p.Rect(9, 9, w-18, h-18, "D")
	p.SetLineWidth(0.2)
	p.Rect(11, 11, w-22, h-22, "D")
	p.mark(w/2, 21, 9)
	p.certificateWords(c)
	p.certificateFoot(c, grid)
	if c.Revoked {
		p.revoked()
	}
	return p.bytes()
}

// certificateWords writes who completed what. Each text begins where the one above ends.
func (p paper) certificateWords(c CertificateFacts) {
	hours := strconv.FormatFloat(c.Hours, 'f', -1, 64)
	p.SetY(46)
	p.centre("serif", 30, 0, 1, "Удостоверение")
	p.centre("sans", 13, 110, 7, "Certificate of completion")
	p.centre("serif", 28, 0, 1, c.Name)
	p.centre("sans", 14, 110, 7, c.NameLatin)
	p.centre("sans", 13, 0, 2, "завърши обучението „"+c.TitleBG+"“\n"+joined(", ", c.PlaceBG, c.DaysBG, strings.Replace(hours, ".", ",", 1)+" часа"))
	p.centre("sans", 11.5, 110, 0, "completed the training “"+c.TitleEN+"”\n"+joined(", ", c.PlaceEN, c.DaysEN, hours+" hours"))
}

// centre writes text in the middle, large type on one line and as small as that needs, and leaves space after it.
func (p paper) centre(font string, size float64, grey int, after float64, s string) {
	const side = 26
	w, _ := p.GetPageSize()
	p.ink(max(grey, 40))
	p.SetFont(font, "", size)
	if font == "serif" {
		p.shrink(font, size, w-2*side, s)
	}
	p.SetX(side)
	p.MultiCell(w-2*side, size*0.46, s, "", "C", false)
	p.Ln(after)
}

// certificateFoot writes number, check and funding beside the QR code, and the line to sign on.
func (p paper) certificateFoot(c CertificateFacts, grid [][]bool) {
	w, h := p.GetPageSize()
	const side, size = 22, 34
	top := h - 22 - size
	p.qr(grid, side, top, size)
	p.ink(40)
	for i, s := range []string{
		"№ " + c.Number + "   ·   код / code: " + c.Code,
		"Издадено на / Issued on: " + joined(" / ", c.IssuedBG, c.IssuedEN),
		"Проверка / Check: " + c.URL,
		"Съфинансирано от Европейския съюз",
		"Co-funded by the European Union",
	} {
		p.shrink("sans", 10, 124, s)
		p.SetXY(side+size+7, top+1+float64(i)*6.5)
		p.CellFormat(124, 6, s, "", 0, "L", false, 0, "")
	}
	const line = 76
	left := w - side - line
	p.SetDrawColor(70, 90, 101)
	p.SetLineWidth(0.3)
	p.Line(left, top+22, left+line, top+22)
	p.SetFont("sans", "", 10)
	for i, s := range []string{"Ръководител на програмата", "Programme manager"} {
		p.SetXY(left, top+23.5+float64(i)*5)
		p.CellFormat(line, 5, s, "", 0, "C", false, 0, "")
	}
}

// joined puts between texts what keeps them apart, and leaves empty ones out.
func joined(between string, all ...string) string {
	var kept []string
	for _, s := range all {
		if s != "" {
			kept = append(kept, s)
		}
	}
	return strings.Join(kept, between)
}

// revoked writes across the page that the certificate no longer holds.
func (p paper) revoked() {
	const text = "ОТМЕНЕНО / REVOKED"
	w, h := p.GetPageSize()
	p.SetFont("sans", "B", 46)
	p.SetTextColor(147, 49, 31)
	p.SetDrawColor(147, 49, 31)
	p.SetLineWidth(1.2)
	p.SetAlpha(0.55, "Normal")
	p.TransformBegin()
	p.TransformRotate(16, w/2, h/2)
	tw := p.GetStringWidth(text)
	p.Rect(w/2-tw/2-7, h/2-13, tw+14, 25, "D")
	p.Text(w/2-tw/2, h/2+5, text)
	p.TransformEnd()
	p.SetAlpha(1, "Normal")
}

// mark draws the two arches over a dot, width about 2r. Each arch is one stroke, so that it has no seams.
func (p paper) mark(x, y, r float64) {
	arch := func(rad float64, red, green, blue int) {
		p.SetDrawColor(red, green, blue)
		p.SetLineWidth(r * 0.22)
		const k = 0.5523 // a quarter of a circle as one curve
		top := y + r
		p.MoveTo(x-rad, y+r*1.95)
		p.LineTo(x-rad, top)
		p.CurveBezierCubicTo(x-rad, top-k*rad, x-k*rad, top-rad, x, top-rad)
		p.CurveBezierCubicTo(x+k*rad, top-rad, x+rad, top-k*rad, x+rad, top)
		p.LineTo(x+rad, y+r*1.95)
		p.DrawPath("D")
	}
	arch(r, 121, 198, 214)
	arch(r*0.5, 8, 61, 76)
	p.SetFillColor(243, 181, 58)
	p.Circle(x, y+r*1.75, r*0.2, "F")
}

// qr draws a QR code as bars of squares, each a little higher than its row so that no light shows between rows.
func (p paper) qr(grid [][]bool, x, y, size float64) {
	p.SetFillColor(0, 0, 0)
	s := size / float64(max(len(grid), 1))
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
