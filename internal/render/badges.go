package render

import "time"

// Badge is a name badge; Code is what its QR code says.
type Badge struct{ Name, Agency, Sector, Code string }

const (
	badgeW, badgeH = 92.0, 66.0
	badgeQR        = 26.0
)

// Badges writes eight badges a page, with frames to cut along.
func Badges(lang, title string, all []Badge, made time.Time) ([]byte, error) {
	p := newPaper("P", title, lang, made)
	p.SetAutoPageBreak(false, 0)
	for i, b := range all {
		if i%8 == 0 {
			p.AddPage()
		}
		if err := p.badge(b, title, 12+float64(i%2)*(badgeW+2), 13+float64(i%8/2)*(badgeH+2)); err != nil {
			return nil, err
		}
	}
	if len(all) == 0 {
		p.AddPage()
	}
	return p.bytes()
}

func (p paper) badge(b Badge, title string, x, y float64) error {
	grid, err := squares(b.Code)
	if err != nil {
		return err
	}
	p.SetDrawColor(180, 190, 194)
	p.SetLineWidth(0.15)
	p.Rect(x, y, badgeW, badgeH, "D")
	p.SetFillColor(11, 84, 104)
	p.Rect(x, y, badgeW, 3, "F")
	p.badgeName(b.Name, x+5, y+8)
	p.qr(grid, x+badgeW-badgeQR-5, y+badgeH-badgeQR-5, badgeQR)
	p.SetFont("sans", "", 10)
	const room = badgeW - badgeQR - 13
	at := y + badgeH - badgeQR - 5
	for _, line := range append(p.twoLines(b.Agency, room), p.cut(b.Sector, room)) {
		p.SetXY(x+5, at)
		p.CellFormat(room, 4.8, line, "", 0, "L", false, 0, "")
		at += 4.8
	}
	p.shrink("sans", 8, room, title)
	p.SetXY(x+5, y+badgeH-9.5)
	p.CellFormat(room, 4.5, title, "", 0, "L", false, 0, "")
	return nil
}

// badgeName writes a name as large as its longest word and two or three lines allow.
func (p paper) badgeName(name string, x, y float64) {
	const room = badgeW - 10
	size := 26.0
	for ; size > 11; size-- {
		p.SetFont("serif", "", size)
		if p.longestWord(name) <= room && float64(len(p.SplitText(name, room)))*size*0.43 <= 25 {
			break
		}
	}
	p.ink(40)
	p.SetXY(x, y)
	p.MultiCell(room, size*0.43, name, "", "L", false)
}
