package render

import "strings"

const (
	tableLead = 4.4 // height of a line in a table
	tableGap  = 2.5 // between two columns
)

// table writes a table over as many pages as it needs, with its head on each of them.
func (p *report) table(t Table) {
	p.room(24)
	if t.Caption != "" {
		p.text("sans", "B", 10, 5.4, t.Caption)
	}
	head := make([]Cell, len(t.Head))
	for i, c := range t.Head {
		head[i] = Cell{Text: c.Text, Header: true}
	}
	p.small = 9
	if len(t.Head) > 8 {
		p.small = 7.5
	}
	widths := p.columns(t)
	_, height := p.GetPageSize()
	p.inside("Table", func() {
		p.inside("TR", func() { p.tableRow(t, head, widths, true) })
		for _, row := range t.Rows {
			if p.GetY()+p.rowHeight(row, widths) > height-18 {
				p.AddPage()
				p.artifact(func() { p.tableRow(t, head, widths, false) }) // the head again, for the eye
			}
			p.inside("TR", func() { p.tableRow(t, row, widths, true) })
		}
	})
	if t.Note != "" {
		p.Ln(1)
		p.text("sans", "", 8.5, 4.4, t.Note)
	}
	p.Ln(3)
}

// columns divides the page: each column gets its longest word, then what its longest text wants as far as there is room.
func (p *report) columns(t Table) []float64 {
	p.SetFont("sans", "B", p.small)
	least, want := make([]float64, len(t.Head)), make([]float64, len(t.Head))
	var sumLeast, sumWant float64
	for i, c := range t.Head {
		least[i], want[i] = p.longestWord(c.Text), min(p.GetStringWidth(c.Text), 32)
		for _, row := range t.Rows {
			if i < len(row) {
				least[i] = max(least[i], p.longestWord(row[i].Text))
				want[i] = max(want[i], min(p.GetStringWidth(row[i].Text), 70))
			}
		}
		least[i] = min(least[i], 45) + tableGap + 0.5
		want[i] = max(want[i]+tableGap+0.5, least[i])
		sumLeast, sumWant = sumLeast+least[i], sumWant+want[i]
	}
	for i := range want {
		want[i] = columnWidth(least[i], want[i], sumLeast, sumWant, p.width())
	}
	return want
}

// columnWidth gives one column its part of the room. A table that is much narrower than the page stays so.
func columnWidth(least, want, sumLeast, sumWant, room float64) float64 {
	switch {
	case sumWant <= room:
		return want * min(room/sumWant, 1.8)
	case sumLeast <= room:
		return least + (want-least)*(room-sumLeast)/(sumWant-sumLeast)
	default:
		return least * room / sumLeast
	}
}

func (p paper) longestWord(s string) float64 {
	w := 0.0
	for _, x := range strings.Fields(s) {
		w = max(w, p.GetStringWidth(x))
	}
	return w
}

func (p *report) cellFont(c Cell) {
	style := ""
	if c.Header {
		style = "B"
	}
	p.SetFont("sans", style, p.small)
}

func (p *report) rowHeight(row []Cell, widths []float64) float64 {
	lines := 1
	for i, c := range row[:min(len(row), len(widths))] {
		p.cellFont(c)
		lines = max(lines, len(p.SplitText(c.Text, widths[i]-tableGap)))
	}
	return float64(lines)*tableLead + 1.6
}

// tableRow writes a row with a rule below it; marked, each cell is an element.
func (p *report) tableRow(t Table, row []Cell, widths []float64, marked bool) {
	h := p.rowHeight(row, widths)
	left, y := p.GetX(), p.GetY()
	x := left
	p.ink(40)
	for i, c := range row[:min(len(row), len(widths))] {
		align := "L"
		if t.Head[i].Number {
			align = "R"
		}
		p.cellFont(c)
		p.SetXY(x, y+0.8)
		write := func() { p.MultiCell(widths[i]-tableGap, tableLead, c.Text, "", align, false) }
		switch {
		case !marked:
			write()
		case c.Header:
			p.mark(tag{kind: "TH", scope: "Column"}, write)
		case i == 0:
			p.mark(tag{kind: "TH", scope: "Row"}, write)
		default:
			p.mark(tag{kind: "TD"}, write)
		}
		x += widths[i]
	}
	total := -tableGap
	for _, w := range widths {
		total += w
	}
	rule := func() {
		p.SetDrawColor(200, 208, 210)
		p.SetLineWidth(0.15)
		p.Line(left, y+h, left+total, y+h)
	}
	if marked {
		p.artifact(rule)
	} else {
		rule()
	}
	p.SetXY(left, y+h)
}
