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

func (s *svgCanvas) text(class string, x, y float64, anchor, t string) {
	fmt.Fprintf(&s.b, `<text class="%s" x="%s" y="%s" text-anchor="%s">%s</text>`, class, f(x), f(y), anchor, html.EscapeString(t))
}

// SVG draws a plot for a page. The identifiers of its title and description begin with id.
func SVG(p Plot, lang, id string) string {
	title, desc := p.Words()
	w, h := p.size(lang)
	var c svgCanvas
	fmt.Fprintf(&c.b, `<svg class="fig" viewBox="0 0 %s %s" role="img" aria-labelledby="%s-t %s-d"><title id="%s-t">%s</title><desc id="%s-d">%s</desc>`,
		f(w), f(h), id, id, id, html.EscapeString(title), id, html.EscapeString(desc))
	p.draw(&c, lang)
	c.b.WriteString("</svg>")
	return c.b.String()
}

// Forest shows changes with their intervals around a line of no change.
type Forest struct {
	Title, Desc, Unit string
	Rows              []ForestRow
}

// ForestRow is one estimate. Text is the estimate with its interval as the reader reads it.
type ForestRow struct {
	Label          string
	Est, Low, High float64
	N              int
	Text           string
	Hollow         *float64 // a second estimate, such as right after the training
	Overall        bool
	Suppressed     bool
}

// Words returns title and description.
func (p Forest) Words() (string, string) { return p.Title, p.Desc }

func (p Forest) size(string) (float64, float64) { return plotWidth, float64(len(p.Rows))*46 + 40 }

func (p Forest) draw(c canvas, lang string) {
	lo, hi := 0.0, 0.0
	for _, r := range p.Rows {
		if r.Suppressed || math.IsNaN(r.Est) {
			continue
		}
		for _, v := range []float64{r.Est, r.Low, r.High} {
			if !math.IsNaN(v) {
				lo, hi = min(lo, v), max(hi, v)
			}
		}
		if r.Hollow != nil {
			lo, hi = min(lo, *r.Hollow), max(hi, *r.Hollow)
		}
	}
	if lo == hi {
		hi = 1
	}
	pad := (hi - lo) * 0.06
	lo, hi = lo-pad, hi+pad
	at := func(v float64) float64 { return 10 + (v-lo)/(hi-lo)*(plotWidth-20) }
	bottom := float64(len(p.Rows))*46 + 8
	for _, t := range ticks(lo, hi) {
		c.line("c-axis", at(t), bottom, at(t), bottom+5)
		c.text("m", at(t), bottom+21, "middle", tick(t, lang))
	}
	for i, r := range p.Rows {
		y := float64(i)*46 + 16
		c.text("", 0, y, "start", r.Label)
		if r.Suppressed {
			c.text("m", plotWidth, y, "end", word(lang, "under5"))
			continue
		}
		c.text("m", plotWidth, y, "end", r.Text)
		c.line("c-zero", at(0), y+6, at(0), y+24)
		mark := "c-mark"
		if r.Overall {
			mark = "c-overall"
		}
		if !math.IsNaN(r.Low) && !math.IsNaN(r.High) {
			c.line("c-ci", at(r.Low), y+15, at(r.High), y+15)
		}
		if r.Hollow != nil {
			c.circle("c-hollow", at(*r.Hollow), y+15, 5)
		}
		c.circle(mark, at(r.Est), y+15, 5.5)
	}
}

// ticks returns four to seven round values between lo and hi.
func ticks(lo, hi float64) []float64 {
	step := math.Pow(10, math.Floor(math.Log10((hi-lo)/4)))
	for _, k := range []float64{5, 2} {
		if (hi-lo)/(step*k) >= 3.5 {
			step *= k
			break
		}
	}
	var all []float64
	for t := math.Ceil(lo/step) * step; t <= hi+step*1e-9; t += step {
		all = append(all, math.Round(t/step)*step)
	}
	return all
}

func tick(t float64, lang string) string {
	if t == 0 {
		return "0" // not minus zero
	}
	s := strings.Replace(strconv.FormatFloat(math.Round(t*1000)/1000, 'f', -1, 64), "-", "\u2212", 1)
	if lang != "en" {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s
}

// Slopes shows means over waves, one small panel for each group, on one scale.
type Slopes struct {
	Title, Desc string
	Waves       []string
	Min, Max    float64
	Panels      []SlopePanel
}

// SlopePanel is one group.
type SlopePanel struct {
	Label  string
	Points []SlopePoint
}

// SlopePoint is the mean of one wave with its interval.
type SlopePoint struct {
	Mean, Low, High float64
	Missing         bool
}

// Words returns title and description.
func (p Slopes) Words() (string, string) { return p.Title, p.Desc }

func (p Slopes) rows() int { return (len(p.Panels) + 1) / 2 }

func (p Slopes) size(string) (float64, float64) { return plotWidth, float64(p.rows()) * 190 }

func (p Slopes) draw(c canvas, lang string) {
	for i, panel := range p.Panels {
		p.panel(c, lang, panel, float64(i%2)*225, float64(i/2)*190)
	}
}

func (p Slopes) panel(c canvas, lang string, g SlopePanel, x0, y0 float64) {
	const w, h = 150, 110
	x0, top := x0+32, y0+30
	at := func(v float64) float64 { return top + h - (v-p.Min)/(p.Max-p.Min)*h }
	c.text("", x0-30, y0+16, "start", g.Label)
	for _, t := range ticks(p.Min, p.Max) {
		c.line("c-grid", x0, at(t), x0+w, at(t))
		c.text("m", x0-5, at(t)+5, "end", tick(t, lang))
	}
	n := float64(max(len(p.Waves)-1, 1))
	var last *[2]float64
	for i, pt := range g.Points {
		x := x0 + 12 + float64(i)*(w-24)/n
		c.text("m", x, top+h+22, "middle", p.Waves[i])
		if pt.Missing {
			last = nil
			continue
		}
		y := at(pt.Mean)
		if last != nil {
			c.line("c-line", last[0], last[1], x, y)
		}
		if !math.IsNaN(pt.Low) {
			c.line("c-ci", x, at(pt.Low), x, at(pt.High))
		}
		c.circle("c-mark", x, y, 4)
		last = &[2]float64{x, y}
	}
}

// Flow shows how many came from step to step, and why the others did not.
type Flow struct {
	Title, Desc string
	Steps       []FlowStep
}

// FlowStep is one step with the reason why fewer came here.
type FlowStep struct {
	Label string
	N     int
	Text  string // N as the reader reads it
	Lost  string
}

// Words returns title and description.
func (p Flow) Words() (string, string) { return p.Title, p.Desc }

func (p Flow) size(string) (float64, float64) { return plotWidth, float64(len(p.Steps))*56 + 4 }

func (p Flow) draw(c canvas, _ string) {
	most := 1
	for _, s := range p.Steps {
		most = max(most, s.N)
	}
	for i, s := range p.Steps {
		y := float64(i)*56 + 16
		c.text("", 0, y, "start", s.Label)
		c.text("", plotWidth, y, "end", s.Text)
		c.rect("c-lost", 0, y+6, plotWidth, 12)
		c.rect("c-bar", 0, y+6, plotWidth*float64(s.N)/float64(most), 12)
		c.text("m", 0, y+33, "start", s.Lost)
	}
}
