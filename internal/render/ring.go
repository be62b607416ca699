package render

import "math"

// Ring shows ties between nodes on a circle: those kept, those that are new and those that ended.
type Ring struct {
	Title, Desc     string
	Nodes           []string
	Ties            []RingTie
	Kept, New, Gone string // what the three kinds of line are called
}

// RingTie joins two nodes. Change is above zero when the tie is new, below when it ended.
type RingTie struct{ From, To, Change int }

const ringHigh = 330

// Words returns title and description.
func (p Ring) Words() (string, string) { return p.Title, p.Desc }

func (p Ring) size(string) (float64, float64) { return plotWidth, ringHigh + 34 }

func (p Ring) at(i int) (x, y float64) {
	a := 2*math.Pi*(float64(i)+0.5)/float64(max(len(p.Nodes), 1)) - math.Pi/2
	return plotWidth/2 + 95*math.Cos(a), ringHigh/2 + 118*math.Sin(a)
}

func (p Ring) draw(c canvas, _ string) {
	for _, kind := range []int{-1, 0, 1} {
		for _, t := range p.Ties {
			if sign(t.Change) == kind && t.From != t.To {
				x1, y1 := p.at(t.From)
				x2, y2 := p.at(t.To)
				stroke(c, kind, x1, y1, x2, y2)
			}
		}
	}
	for i, name := range p.Nodes {
		x, y := p.at(i)
		c.circle("c-mark", x, y, 6)
		switch {
		case math.Abs(x-plotWidth/2) < 12 && y < ringHigh/2:
			c.text("", x, y-14, "middle", fit(name, plotWidth))
		case math.Abs(x-plotWidth/2) < 12:
			c.text("", x, y+24, "middle", fit(name, plotWidth))
		case x < plotWidth/2:
			c.text("", x-12, y+5, "end", fit(name, x-12))
		default:
			c.text("", x+12, y+5, "start", fit(name, plotWidth-x-12))
		}
	}
	left := 0.0
	for i, name := range []string{p.Kept, p.New, p.Gone} {
		y := ringHigh + 18.0
		stroke(c, []int{0, 1, -1}[i], left, y-5, left+34, y-5)
		c.text("m", left+42, y, "start", fit(name, 100))
		left += plotWidth / 3
	}
}

// stroke draws a tie: kept plain, new as a double line, ended as dashes.
func stroke(c canvas, kind int, x1, y1, x2, y2 float64) {
	dx, dy := x2-x1, y2-y1
	long := math.Hypot(dx, dy)
	if long == 0 {
		return
	}
	switch kind {
	case 0:
		c.line("c-axis", x1, y1, x2, y2)
	case 1:
		ox, oy := -dy/long*1.6, dx/long*1.6
		c.line("c-line", x1+ox, y1+oy, x2+ox, y2+oy)
		c.line("c-line", x1-ox, y1-oy, x2-ox, y2-oy)
	default:
		for at := 0.0; at < long; at += 9 {
			end := min(at+4, long)
			c.line("c-zero", x1+dx*at/long, y1+dy*at/long, x1+dx*end/long, y1+dy*end/long)
		}
	}
}

func sign(n int) int { return min(max(n, -1), 1) }
