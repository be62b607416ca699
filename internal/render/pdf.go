package render

import (
	"strconv"
	"strings"
)

// PDF writes a document on A4, tagged and with bookmarks, charts as vectors with their description, heads of tables repeated on
// each page.
func PDF(d Document) ([]byte, error) {
	p := &report{paper: newPaper("P", d.Title, d.Lang, d.Made), tags: newTags()}
	p.SetFooterFunc(func() {
		p.suspend()
		p.artifact(func() { p.foot(d.Title) })
	})
	p.SetHeaderFunc(func() { p.resume() })
	p.AddPage()
	p.mark(tag{kind: "H1"}, func() { p.say("serif", "", 22, 9.5, d.Title) })
	if d.Subtitle != "" {
		p.Ln(1)
		p.text("sans", "", 11, 5.5, d.Subtitle)
	}
	p.Ln(3)
	for i, b := range d.Blocks {
		if _, ok := b.(Heading); ok { // a heading stays with what follows it
			p.room(min(p.least(d.Blocks[i:]), 230))
		}
		p.block(b)
	}
	p.Ln(3)
	for _, f := range d.Footer {
		p.text("sans", "", 8.5, 4.4, f)
	}
	b, err := p.bytes()
	if err != nil {
		return nil, err
	}
	return p.tags.tagged(b)
}

// text is a paragraph.
func (p *report) text(font, style string, size, lead float64, s string) {
	p.mark(tag{kind: "P"}, func() { p.say(font, style, size, lead, s) })
}

// report is a document under way.
type report struct {
	paper
	tags    *tags
	outline bool    // a heading of level 2 stands in the bookmarks, so that one of level 3 may go below it
	small   float64 // size of the letters of the table that is written
}

// least is the height that the first blocks need to stand together: headings, and the beginning of what they head.
func (p *report) least(all []Block) float64 {
	h := 0.0
	for _, b := range all {
		switch x := b.(type) {
		case Heading:
			h += 11
			continue
		case Figure:
			_, high := p.scaled(x)
			return h + high + 24
		}
		return h + 24
	}
	return h
}

// scaled is how a plot is scaled to the page, and how high it then is.
func (p *report) scaled(x Figure) (scale, high float64) {
	if x.Plot == nil {
		return 1, 0
	}
	w, h := x.Plot.size(p.lang)
	scale = min(118/w, 185/max(h, 1))
	return scale, h * scale
}

func (p *report) block(b Block) {
	switch x := b.(type) {
	case Heading:
		p.heading(x)
	case Para:
		p.para(x)
	case List:
		p.list(x)
	case Facts:
		p.facts(x)
	case Table:
		p.table(x)
	case Code:
		p.code(x)
	case Figure:
		p.figure(x)
	}
}

// level brings the level of a heading to 2 or 3.
func (h Heading) level() int { return min(max(h.Level, 2), 3) }

func (p *report) heading(h Heading) {
	p.Ln(3)
	depth, size := 0, 14.0
	if h.level() == 3 {
		size = 11.5
		if p.outline {
			depth = 1
		}
	} else {
		p.outline = true
	}
	p.Bookmark(h.Text, depth, -1)
	p.mark(tag{kind: "H" + strconv.Itoa(h.level())}, func() { p.say("sans", "B", size, 7, h.Text) })
	p.Ln(1)
}

func (p *report) para(x Para) {
	switch x.Kind {
	case "lead":
		p.text("sans", "", 12, 6, x.Text)
	case "note":
		p.text("sans", "", 9, 4.6, x.Text)
	case "warn":
		p.text("sans", "B", 10.5, 5.4, x.Text)
	default:
		p.text("sans", "", 10.5, 5.4, x.Text)
	}
	p.Ln(1.5)
}

func (p *report) list(x List) {
	left := p.GetX()
	p.inside("L", func() {
		for _, t := range x.Items {
			p.room(5.4)
			p.inside("LI", func() {
				p.mark(tag{kind: "LBody"}, func() {
					p.SetFont("sans", "", 10.5)
					p.ink(40)
					p.CellFormat(5, 5.4, "•", "", 0, "L", false, 0, "")
					p.MultiCell(0, 5.4, t, "", "L", false)
				})
			})
			p.SetX(left)
		}
	})
	p.Ln(1.5)
}

// code writes lines as they are, indented by their leading spaces.
func (p *report) code(x Code) {
	p.text("sans", "B", 10, 5.4, x.Caption)
	p.mark(tag{kind: "P"}, func() { p.lines(x.Text) })
	p.Ln(2)
}

func (p *report) lines(text string) {
	left, _, _, _ := p.GetMargins()
	p.SetFont("sans", "", 7.5)
	p.ink(40)
	for _, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		t := strings.TrimLeft(line, " ")
		p.SetX(left + 1.6*float64(len(line)-len(t)))
		p.MultiCell(0, 3.4, t, "", "L", false)
	}
	p.SetX(left)
}

func (p *report) facts(x Facts) {
	p.room(26)
	w := p.width() / float64(max(len(x.Items), 1))
	left, y := p.GetX(), p.GetY()
	bottom := y
	for i, f := range x.Items {
		p.SetXY(left+float64(i)*w, y)
		p.mark(tag{kind: "P"}, func() {
			p.ink(40)
			p.shrink("serif", 18, w-3, f.Value)
			p.CellFormat(w-3, 8, f.Value, "", 2, "L", false, 0, "")
			p.SetFont("sans", "", 9)
			p.MultiCell(w-3, 4.4, strings.TrimSpace(f.What+" "+f.Of), "", "L", false)
		})
		bottom = max(bottom, p.GetY())
	}
	p.SetXY(left, bottom+4)
}

func (p *report) figure(x Figure) {
	scale, high := p.scaled(x)
	p.room(high + 24)
	p.text("sans", "B", 11.5, 5.8, x.Finding)
	if x.Plot != nil {
		c := pdfCanvas{p.paper, p.GetX(), p.GetY() + 1.5, scale}
		title, desc := x.Plot.Words()
		p.mark(tag{kind: "Figure", alt: strings.TrimSpace(title + ". " + desc)}, func() { x.Plot.draw(c, p.lang) })
		p.SetXY(c.x, c.y+high+2)
	}
	if x.Caption != "" {
		p.text("sans", "", 9, 4.6, x.Caption)
	}
	p.Ln(2)
	if x.Table != nil {
		p.table(*x.Table)
	}
}
