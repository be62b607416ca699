package render

import "math"

// Curves shows a figure over a number, one line for each series: what more trainings would buy.
type Curves struct {
	Title, Desc, Across, Up string
	Series                  []Curve
	Marks                   []CurvePoint // points of their own, such as what is planned
}

// Curve is one line, with its name at its end.
type Curve struct {
	Label  string
	Points []CurvePoint
}

// CurvePoint is a point.
type CurvePoint struct{ X, Y float64 }

const (
	curveLeft, curveTop, curveHigh = 44, 30, 220
	curveWide                      = 290
)

// Words returns title and description.
func (p Curves) Words() (string, string) { return p.Title, p.Desc }

func (p Curves) size(string) (float64, float64) { return plotWidth, curveTop + curveHigh + 52 }

func (p Curves) draw(c canvas, lang string) {
	lowX, highX, highY := math.Inf(1), math.Inf(-1), 0.0
	for _, s := range append([]Curve{{Points: p.Marks}}, p.Series...) {
		for _, q := range s.Points {
			lowX, highX, highY = min(lowX, q.X), max(highX, q.X), max(highY, q.Y)
		}
	}
	if !finite(lowX, highX, highY) || highX <= lowX || highY <= 0 {
		return
	}
	highY *= 1.05
	x := func(v float64) float64 { return curveLeft + (v-lowX)/(highX-lowX)*curveWide }
	y := func(v float64) float64 { return curveTop + curveHigh - v/highY*curveHigh }
	for _, t := range ticks(0, highY) {
		c.line("c-grid", curveLeft, y(t), curveLeft+curveWide, y(t))
		c.text("m", curveLeft-6, y(t)+5, "end", tick(t, lang))
	}
	for _, t := range ticks(lowX, highX) {
		c.text("m", x(t), curveTop+curveHigh+20, "middle", tick(t, lang))
	}
	c.text("m", 0, 16, "start", p.Up)
	c.text("m", curveLeft+curveWide/2, curveTop+curveHigh+44, "middle", p.Across)
	last := math.Inf(-1)
	for _, s := range p.Series {
		for i := 1; i < len(s.Points); i++ {
			a, b := s.Points[i-1], s.Points[i]
			c.line("c-line", x(a.X), y(a.Y), x(b.X), y(b.Y))
		}
		if n := len(s.Points); n > 0 {
			at := y(s.Points[n-1].Y) + 5
			if at < last+17 { // the names of lines that end close together stand below each other
				at = last + 17
			}
			last = at
			c.text("m", x(s.Points[n-1].X)+8, at, "start", fit(s.Label, plotWidth-curveLeft-curveWide))
		}
	}
	for _, q := range p.Marks {
		c.circle("c-overall", x(q.X), y(q.Y), 6)
	}
}
