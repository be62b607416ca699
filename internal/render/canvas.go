package render

import (
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"
)

// canvas takes the strokes of a plot: an SVG element or a part of a PDF page. Units are those of the plot, y downwards.
// A class names the role of a stroke; pages colour it by style sheet, PDF by a table.
type canvas interface {
	line(class string, x1, y1, x2, y2 float64)
	rect(class string, x, y, w, h float64)
	circle(class string, x, y, r float64)
	polygon(class string, points [][2]float64)
	text(class string, x, y float64, anchor, s string) // anchor: start, middle, end
}

// Plot is a chart that draws itself.
type Plot interface {
	Words() (title, desc string)
	size(lang string) (w, h float64)
	draw(c canvas, lang string)
}

const plotWidth = 440

// svgCanvas writes strokes as SVG, with classes and without inline styles.
type svgCanvas struct{ b strings.Builder }

func f(x float64) string { return strconv.FormatFloat(math.Round(x*10)/10, 'f', -1, 64) }

func (s *svgCanvas) line(class string, x1, y1, x2, y2 float64) {
	fmt.Fprintf(&s.b, `<line class="%s" x1="%s" y1="%s" x2="%s" y2="%s"/>`, class, f(x1), f(y1), f(x2), f(y2))
}

func (s *svgCanvas) rect(class string, x, y, w, h float64) {
	fmt.Fprintf(&s.b, `<rect class="%s" x="%s" y="%s" width="%s" height="%s"/>`, class, f(x), f(y), f(max(w, 0)), f(h))
}

func (s *svgCanvas) circle(class string, x, y, r float64) {
	fmt.Fprintf(&s.b, `<circle class="%s" cx="%s" cy="%s" r="%s"/>`, class, f(x), f(y), f(r))
}

func (s *svgCanvas) polygon(class string, points [][2]float64) {
	fmt.Fprintf(&s.b, `<polygon class="%s" points="`, class)
	for i, p := range points {
		if i > 0 {
			s.b.WriteByte(' ')
		}
		s.b.WriteString(f(p[0]) + "," + f(p[1]))
	}
	s.b.WriteString(`"/>`)
}

func (s *svgCanvas) text(class string, x, y float64, anchor, t string) {
	fmt.Fprintf(&s.b, `<text class="%s" x="%s" y="%s" text-anchor="%s">%s</text>`, class, f(x), f(y), anchor, html.EscapeString(t))
}

// SVG draws a plot for a page. The identifiers of its title and description begin with id.
func SVG(p Plot, lang, id string) string {
	if p == nil {
		return ""
	}
	id = html.EscapeString(id)
	title, desc := p.Words()
	w, h := p.size(lang)
	var c svgCanvas
	fmt.Fprintf(&c.b, `<svg class="fig" viewBox="0 0 %s %s" role="img" aria-labelledby="%s-t %s-d"><title id="%s-t">%s</title><desc id="%s-d">%s</desc>`,
		f(w), f(h), id, id, id, html.EscapeString(title), id, html.EscapeString(desc))
	p.draw(&c, lang)
	c.b.WriteString("</svg>")
	return c.b.String()
}

// fit shortens a text that would be wider than w. The width of a letter is a careful guess, as no font is known here.
func fit(s string, w float64) string {
	r := []rune(s)
	if n := int(w / 8); len(r) > n && n > 1 {
		return string(r[:n-1]) + "…"
	}
	return s
}

// labels writes the name of a row to the left and its value to the right; the name gives way when both are long.
func labels(c canvas, y float64, label, value string) {
	c.text("", 0, y, "start", fit(label, plotWidth-8*float64(len([]rune(value)))-8))
	if value != "" {
		c.text("m", plotWidth, y, "end", value)
	}
}

// hatch fills a field with slanted lines: a value exists but is not shown.
func hatch(c canvas, x, y, w, h float64) {
	c.rect("c-lost", x, y, w, h)
	for i := 0.0; i+h <= w; i += 10 {
		c.line("c-axis", x+i, y+h, x+i+h, y)
	}
}
