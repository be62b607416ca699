package render

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

const (
	slopeHigh = 190 // height of a row of panels
	slopeW    = 150 // the field inside a panel
	slopeH    = 110
)

// Words returns title and description.
func (p Slopes) Words() (string, string) { return p.Title, p.Desc }

func (p Slopes) size(string) (float64, float64) {
	return plotWidth, float64((len(p.Panels)+1)/2) * slopeHigh
}

func (p Slopes) draw(c canvas, lang string) {
	lo, hi := p.span()
	for i, g := range p.Panels {
		f := field{c, lang, p.Waves, lo, hi, float64(i%2)*225 + 32, float64(i/2)*slopeHigh + 30}
		f.frame(g.Label)
		f.bands(g.Points)
		f.means(g.Points)
	}
}

// span is the scale that was asked for, wider where a value lies outside of it.
func (p Slopes) span() (lo, hi float64) {
	lo, hi = p.Min, p.Max
	for _, g := range p.Panels {
		for _, pt := range g.Points {
			for _, v := range []float64{pt.Mean, pt.Low, pt.High} {
				if !pt.Missing && finite(v) {
					lo, hi = min(lo, v), max(hi, v)
				}
			}
		}
	}
	if lo == hi {
		hi = lo + 1
	}
	return lo, hi
}

// field is the inside of one panel with its scale.
type field struct {
	canvas
	lang   string
	waves  []string
	lo, hi float64
	x0, y0 float64
}

func (f field) x(i int) float64 {
	return f.x0 + 14 + float64(i)*(slopeW-28)/float64(max(len(f.waves)-1, 1))
}

func (f field) y(v float64) float64 { return f.y0 + slopeH - (v-f.lo)/(f.hi-f.lo)*slopeH }

func (f field) frame(label string) {
	f.text("", f.x0-32, f.y0-12, "start", fit(label, slopeW+42))
	marks := ticks(f.lo, f.hi)
	every := (len(marks) + 4) / 5 // more would run into each other
	for i, t := range marks {
		if i%every != 0 {
			continue
		}
		f.line("c-grid", f.x0, f.y(t), f.x0+slopeW, f.y(t))
		f.text("m", f.x0-5, f.y(t)+5, "end", tick(t, f.lang))
	}
	for i, w := range f.waves {
		f.text("m", f.x(i), f.y0+slopeH+22, "middle", w)
	}
}

// bands draws the interval between each two waves that follow each other.
func (f field) bands(points []SlopePoint) {
	for i := 1; i < min(len(points), len(f.waves)); i++ {
		a, b := points[i-1], points[i]
		if !a.Missing && !b.Missing && finite(a.Low, a.High, b.Low, b.High) {
			f.polygon("c-band", [][2]float64{{f.x(i - 1), f.y(a.Low)}, {f.x(i), f.y(b.Low)}, {f.x(i), f.y(b.High)}, {f.x(i - 1), f.y(a.High)}})
		}
	}
}

// means draws the means and joins those of waves that follow each other; a missing wave leaves a gap. A point without
// neighbours would have no band, so every point also shows its interval as a line.
func (f field) means(points []SlopePoint) {
	last := -1
	for i := range min(len(points), len(f.waves)) {
		pt := points[i]
		if pt.Missing || !finite(pt.Mean) {
			continue
		}
		if finite(pt.Low, pt.High) {
			f.line("c-ci", f.x(i), f.y(pt.Low), f.x(i), f.y(pt.High))
		}
		if last >= 0 && last == i-1 {
			f.line("c-line", f.x(last), f.y(points[last].Mean), f.x(i), f.y(pt.Mean))
		}
		f.circle("c-mark", f.x(i), f.y(pt.Mean), 4)
		last = i
	}
}
