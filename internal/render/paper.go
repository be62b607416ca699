package render

import (
	"bytes"
	_ "embed"
	"fmt"
	"time"

	"codeberg.org/go-pdf/fpdf"
)

// The fonts have the Bulgarian letter forms as their default glyphs, so that a writer without shaping is right.
var (
	//go:embed fonts/SofiaSans-Regular.ttf
	sansRegular []byte
	//go:embed fonts/SofiaSans-Bold.ttf
	sansBold []byte
	//go:embed fonts/StrengthenSerif-SemiBold.ttf
	serif []byte
)

// paper is a PDF under way. Lengths are in millimetres.
type paper struct {
	*fpdf.Fpdf
	lang string
}

func newPaper(orientation, title, lang string, made time.Time) paper {
	p := paper{fpdf.New(orientation, "mm", "A4", ""), lang}
	p.SetCatalogSort(true)
	p.SetCreationDate(made.UTC())
	p.SetModificationDate(made.UTC())
	p.SetTitle(title, true)
	p.SetAuthor("Strengthen", true)
	p.SetLang(lang)
	p.AddUTF8FontFromBytes("sans", "", sansRegular)
	p.AddUTF8FontFromBytes("sans", "B", sansBold)
	p.AddUTF8FontFromBytes("serif", "", serif)
	p.SetMargins(18, 16, 18)
	p.SetAutoPageBreak(true, 18)
	p.SetCellMargin(0)
	p.AliasNbPages("{nb}")
	return p
}

func (p paper) bytes() ([]byte, error) {
	var b bytes.Buffer
	if err := p.Output(&b); err != nil {
		return nil, fmt.Errorf("pdf: %w", err)
	}
	return b.Bytes(), nil
}

func (p paper) numberPages(foot string) { p.SetFooterFunc(func() { p.foot(foot) }) }

func (p paper) foot(text string) {
	p.SetY(-13)
	p.ink(90)
	p.SetFont("sans", "", 8.5)
	p.CellFormat(130, 5, p.cut(text, 128), "", 0, "L", false, 0, "")
	p.CellFormat(0, 5, fmt.Sprintf(word(p.lang, "page"), p.PageNo()), "", 0, "R", false, 0, "")
}

func (p paper) ink(grey int) { p.SetTextColor(grey/2, grey*3/4, grey) }

// width is what lies between the margins.
func (p paper) width() float64 {
	w, _ := p.GetPageSize()
	l, _, r, _ := p.GetMargins()
	return w - l - r
}

// room breaks the page unless h millimetres are left.
func (p paper) room(h float64) {
	_, height := p.GetPageSize()
	if p.GetY()+h > height-18 {
		p.AddPage()
	}
}

func (p paper) say(font, style string, size, lead float64, s string) {
	p.SetFont(font, style, size)
	p.ink(40)
	p.MultiCell(0, lead, s, "", "L", false)
}

// shrink sets a font at the size asked for, or as much smaller as the text needs to stand on one line of width w.
func (p paper) shrink(font string, size, w float64, s string) {
	p.SetFont(font, "", size)
	if is := p.GetStringWidth(s); is > w && is > 0 {
		p.SetFontSize(max(size*w/is*0.99, 6))
	}
}

// cut shortens a text to width w in the font that is set.
func (p paper) cut(s string, w float64) string {
	r := []rune(s)
	for n := len(r); p.GetStringWidth(s) > w && n > 1; n-- {
		s = string(r[:n-1]) + "…"
	}
	return s
}
