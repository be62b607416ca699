package render

import (
	"math"
	"strconv"
	"strings"
)

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

const (
	forestStep  = 46 // height of a row
	forestDense = 24 // of many rows: name, interval and value stand on one line
	forestMany  = 10
	forestLeft  = 128
	forestRight = 130
)

func (p Forest) dense() bool { return len(p.Rows) > forestMany }

func (p Forest) step() float64 {
	if p.dense() {
		return forestDense
	}
	return forestStep
}

// Words returns title and description.
func (p Forest) Words() (string, string) { return p.Title, p.Desc }

func (p Forest) size(string) (float64, float64) {
	h := float64(len(p.Rows))*p.step() + 40
	if p.Unit != "" {
		h += 20
	}
	return plotWidth, h
}

func (p Forest) draw(c canvas, lang string) {
	lo, hi := p.span()
	left, right := 10.0, plotWidth-10.0
	if p.dense() {
		left, right = forestLeft, plotWidth-forestRight
	}
	at := func(v float64) float64 { return left + (v-lo)/(hi-lo)*(right-left) }
	for i, r := range p.Rows {
		if y := float64(i) * p.step(); p.dense() {
			r.line(c, lang, y, at)
		} else {
			r.draw(c, lang, y+16, at)
		}
	}
	bottom := float64(len(p.Rows))*p.step() + 8
	c.line("c-axis", left, bottom, right, bottom)
	marks := ticks(lo, hi)
	for i, t := range marks {
		if p.dense() && i%2 == 1 { // the axis is short
			continue
		}
		c.line("c-axis", at(t), bottom, at(t), bottom+5)
		c.text("m", at(t), bottom+21, "middle", tick(t, lang))
	}
	if p.Unit != "" {
		c.text("m", (left+right)/2, bottom+41, "middle", p.Unit)
	}
}

// span is the scale: all that is drawn, and zero, with a little air on both sides.
func (p Forest) span() (lo, hi float64) {
	for _, r := range p.Rows {
		if r.Suppressed {
			continue
		}
		values := []float64{r.Est, r.Low, r.High}
		if r.Hollow != nil {
			values = append(values, *r.Hollow)
		}
		for _, v := range values {
			if finite(v) {
				lo, hi = min(lo, v), max(hi, v)
			}
		}
	}
	if lo == hi {
		hi = 1
	}
	pad := (hi - lo) * 0.06
	return lo - pad, hi + pad
}

func (r ForestRow) draw(c canvas, lang string, y float64, at func(float64) float64) {
	text := r.Text
	if r.Suppressed {
		text = word(lang, "hidden")
	}
	labels(c, y, r.Label, text)
	if r.Suppressed {
		hatch(c, 0, y+8, plotWidth, 14)
		return
	}
	r.marks(c, y+15, 9, at)
}

// line draws a row of many: its name, its interval and its value side by side.
func (r ForestRow) line(c canvas, lang string, y float64, at func(float64) float64) {
	c.text("", 0, y+17, "start", fit(r.Label, forestLeft-8))
	if r.Suppressed {
		c.text("m", plotWidth, y+17, "end", word(lang, "hidden"))
		hatch(c, forestLeft, y+5, plotWidth-forestLeft-forestRight, 14)
		return
	}
	c.text("m", plotWidth, y+17, "end", r.Text)
	r.marks(c, y+12, 12, at)
}

// marks draws the interval and the estimates around the line of no change.
func (r ForestRow) marks(c canvas, y, half float64, at func(float64) float64) {
	c.line("c-zero", at(0), y-half, at(0), y+half)
	mark, interval := "c-mark", "c-ci"
	if r.Overall {
		mark, interval = "c-overall", "c-ci c-overall"
	}
	if finite(r.Low, r.High) {
		c.line(interval, at(r.Low), y, at(r.High), y)
	}
	if r.Hollow != nil && finite(*r.Hollow) {
		c.circle("c-hollow", at(*r.Hollow), y, 5)
	}
	if finite(r.Est) {
		c.circle(mark, at(r.Est), y, 5.5)
	}
}

// ticks returns four to seven round values between lo and hi.
func ticks(lo, hi float64) []float64 {
	if !finite(lo, hi) || hi <= lo {
		return nil
	}
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
