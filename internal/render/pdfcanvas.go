package render

import (
	"strings"

	"codeberg.org/go-pdf/fpdf"
)

// pdfCanvas draws a plot into a page.
type pdfCanvas struct {
	paper
	x, y, scale float64
}

// pens are the colours of the classes on white paper.
var pens = map[string][3]int{
	"c-axis": {160, 172, 176}, "c-grid": {225, 230, 231}, "c-zero": {70, 90, 101}, "c-mark": {11, 84, 104}, "c-ci": {11, 84, 104},
	"c-hollow": {11, 84, 104}, "c-overall": {20, 36, 45}, "c-line": {11, 84, 104}, "c-band": {225, 239, 241}, "c-bar": {120, 176, 190}, "c-lost": {232, 238, 237},
}

func (c pdfCanvas) pen(class string) {
	names := strings.Fields(class)
	k := pens[names[len(names)-1]] // as in the style sheet, the later class decides on the colour
	c.SetDrawColor(k[0], k[1], k[2])
	c.SetFillColor(k[0], k[1], k[2])
	c.SetLineWidth(0.25)
	if names[0] == "c-ci" || names[0] == "c-line" {
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
	c.Rect(ax, ay, max(w, 0)*c.scale, h*c.scale, "F")
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

func (c pdfCanvas) polygon(class string, points [][2]float64) {
	c.pen(class)
	var all []fpdf.PointType
	for _, q := range points {
		x, y := c.at(q[0], q[1])
		all = append(all, fpdf.PointType{X: x, Y: y})
	}
	c.Polygon(all, "F")
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
