package render

import (
	"bytes"
	_ "embed"
	"fmt"
	"math"
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

func (p paper) numberPages(foot string) {
	p.SetFooterFunc(func() {
		p.SetY(-13)
		p.ink(90)
		p.SetFont("sans", "", 8.5)
		p.CellFormat(120, 5, foot, "", 0, "L", false, 0, "")
		p.CellFormat(0, 5, fmt.Sprintf(word(p.lang, "page"), p.PageNo()), "", 0, "R", false, 0, "")
	})
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

// PDF writes a document on A4, charts as vectors, heads of tables repeated on each page.
func PDF(d Document) ([]byte, error) {
	p := newPaper("P", d.Title, d.Lang, d.Made)
	p.numberPages(d.Title)
	p.AddPage()
	p.say("serif", "", 22, 9.5, d.Title)
	if d.Subtitle != "" {
		p.Ln(1)
		p.say("sans", "", 11, 5.5, d.Subtitle)
	}
	p.Ln(3)
	for _, b := range d.Blocks {
		p.block(b)
	}
	p.Ln(3)
	for _, f := range d.Footer {
		p.say("sans", "", 8.5, 4.4, f)
	}
	return p.bytes()
}

func (p paper) block(b Block) {
	switch x := b.(type) {
	case Heading:
		p.room(24)
		p.Ln(3)
		p.Bookmark(x.Text, x.Level-2, -1)
		p.say("sans", "B", map[int]float64{2: 14}[x.Level]+map[int]float64{3: 11.5}[x.Level], 7, x.Text)
		p.Ln(1)
	case Para:
		size, lead := 10.5, 5.4
		if x.Kind == "note" {
			size, lead = 9, 4.6
		}
		style := ""
		if x.Kind == "warn" {
			style = "B"
		}
		p.say("sans", style, size, lead, x.Text)
		p.Ln(1.5)
	case List:
		for _, t := range x.Items {
			p.say("sans", "", 10.5, 5.4, "•  "+t)
		}
		p.Ln(1.5)
	case Facts:
		p.facts(x)
	case Table:
		p.table(x)
	case Figure:
		p.figure(x)
	}
}

func (p paper) facts(x Facts) {
	p.room(24)
	w := p.width() / float64(max(len(x.Items), 1))
	left, y := p.GetX(), p.GetY()
	for i, f := range x.Items {
		p.SetXY(left+float64(i)*w, y)
		p.ink(40)
		p.SetFont("serif", "", 18)
		p.CellFormat(w, 8, f.Value, "", 2, "L", false, 0, "")
		p.SetFont("sans", "", 9)
		p.MultiCell(w-3, 4.4, f.What+" "+f.Of, "", "L", false)
	}
	p.SetXY(left, y+22)
}

func (p paper) table(t Table) {
	p.room(22)
	p.say("sans", "B", 10, 5.4, t.Caption)
	widths := p.columns(t)
	p.tableHead(t, widths)
	_, height := p.GetPageSize()
	for _, row := range t.Rows {
		lines := 1
		p.SetFont("sans", "", 9)
		for i, c := range row {
			if i < len(widths) {
				lines = max(lines, len(p.SplitText(c.Text, widths[i]-2)))
			}
		}
		h := float64(lines)*4.4 + 1.6
		if p.GetY()+h > height-18 {
			p.AddPage()
			p.tableHead(t, widths)
		}
		p.tableRow(t, row, widths, h)
	}
	if t.Note != "" {
		p.say("sans", "", 8.5, 4.4, t.Note)
	}
	p.Ln(2.5)
}

// columns gives each column room by its longest text, the first one a little more.
func (p paper) columns(t Table) []float64 {
	p.SetFont("sans", "B", 9)
	want := make([]float64, len(t.Head))
	sum := 0.0
	for i, c := range t.Head {
		want[i] = min(p.GetStringWidth(c.Text), 26)
		for _, row := range t.Rows {
			if i < len(row) {
				want[i] = max(want[i], min(p.GetStringWidth(row[i].Text), 60))
			}
		}
		want[i] += 4
		sum += want[i]
	}
	for i := range want {
		want[i] *= p.width() / sum
	}
	return want
}

func (p paper) tableHead(t Table, widths []float64) {
	p.SetFont("sans", "B", 9)
	lines := 1
	for i, c := range t.Head {
		lines = max(lines, len(p.SplitText(c.Text, widths[i]-2)))
	}
	row := make([]Cell, len(t.Head))
	for i, c := range t.Head {
		row[i] = Cell{Text: c.Text, Header: true}
	}
	p.tableRow(t, row, widths, float64(lines)*4.4+1.6)
}

func (p paper) tableRow(t Table, row []Cell, widths []float64, h float64) {
	left, y := p.GetX(), p.GetY()
	x := left
	p.ink(40)
	for i, c := range row {
		if i >= len(widths) {
			break
		}
		style, align := "", "L"
		if c.Header {
			style = "B"
		}
		if t.Head[i].Number {
			align = "R"
		}
		p.SetFont("sans", style, 9)
		p.SetXY(x, y+0.6)
		p.MultiCell(widths[i]-1, 4.4, c.Text, "", align, false)
		x += widths[i]
	}
	p.SetDrawColor(200, 208, 210)
	p.SetLineWidth(0.15)
	p.Line(left, y+h, left+p.width(), y+h)
	p.SetXY(left, y+h)
}

func (p paper) figure(x Figure) {
	w, h := x.Plot.size(p.lang)
	scale := min(130/w, 190/h)
	p.room(h*scale + 20)
	p.say("sans", "B", 11.5, 5.8, x.Finding)
	c := pdfCanvas{p, p.GetX(), p.GetY() + 1, scale}
	x.Plot.draw(c, p.lang)
	p.SetXY(c.x, c.y+h*scale+2)
	p.say("sans", "", 9, 4.6, x.Caption)
	p.Ln(2)
	if x.Table != nil {
		p.table(*x.Table)
	}
}

// pdfCanvas draws a plot into a page.
type pdfCanvas struct {
	paper
	x, y, scale float64
}

// pens are the colours of the classes on white paper.
var pens = map[string][3]int{
	"c-axis": {160, 172, 176}, "c-grid": {225, 230, 231}, "c-zero": {70, 90, 101}, "c-mark": {11, 84, 104}, "c-ci": {11, 84, 104},
	"c-hollow": {11, 84, 104}, "c-overall": {20, 36, 45}, "c-line": {11, 84, 104}, "c-bar": {120, 176, 190}, "c-lost": {232, 238, 237},
}

func (c pdfCanvas) pen(class string) {
	k := pens[class]
	c.SetDrawColor(k[0], k[1], k[2])
	c.SetFillColor(k[0], k[1], k[2])
	c.SetLineWidth(0.25)
	if class == "c-ci" || class == "c-line" {
		c.SetLineWidth(0.6)
	}
}

func (c pdfCanvas) at(x, y float64) (float64, float64) { return c.x + x*c.scale, c.y + y*c.scale }

func (c pdfCanvas) line(class string, x1, y1, x2, y2 float64) {
	c.pen(class)
	ax, ay := c.at(x1, y1)
	bx, by := c.at(x2, y2)
	c.Line(ax, ay, bx, by)
}

func (c pdfCanvas) rect(class string, x, y, w, h float64) {
	c.pen(class)
	ax, ay := c.at(x, y)
	c.Rect(ax, ay, math.Max(w, 0)*c.scale, h*c.scale, "F")
}

func (c pdfCanvas) circle(class string, x, y, r float64) {
	c.pen(class)
	style := "F"
	if class == "c-hollow" {
		c.SetFillColor(255, 255, 255)
		style = "FD"
	}
	ax, ay := c.at(x, y)
	c.Circle(ax, ay, r*c.scale, style)
}

func (c pdfCanvas) text(class string, x, y float64, anchor, s string) {
	c.SetFont("sans", "", 15*c.scale/25.4*72*0.98)
	c.ink(40)
	if class == "m" {
		c.ink(100)
	}
	ax, ay := c.at(x, y)
	switch anchor {
	case "end":
		ax -= c.GetStringWidth(s)
	case "middle":
		ax -= c.GetStringWidth(s) / 2
	}
	c.Text(ax, ay, s)
}
