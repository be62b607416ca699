package web

import (
	"fmt"
	"math"
	"strings"

	"strengthen/internal/calendar"
	"strengthen/internal/training"
)

// growth is how many people have completed by when, against the target, and where the trainings that are planned lead.
type growth struct {
	Done, Target int
	Gauge        int // thousandths of the target, at most 1000
	From, To     calendar.Date
	Line, Wedge  string // paths in a box of 320 by 120
	X, Y         int    // where today's number stands
	Goal         int    // height of the target
	Low, High    int    // who will have completed at the end, if as many of a hundred complete as so far
	SeatsHeld    int    // seats in the trainings that are over
	Months       []monthCount
}

// monthCount is how many people had completed at the end of a month.
type monthCount struct {
	Month calendar.Date
	N     int
}

// The box of the picture.
const (
	growthLeft, growthRight = 8, 278
	growthTop, growthBottom = 16, 102
)

// growthOf lays the completions of a programme out. The forecast takes the share of seats that led to a completion in the
// trainings that are over: its low end counts the seats that are given now, its high end all of them.
func growthOf(pr training.Programme, o training.Overview, today calendar.Date) growth {
	g := growth{Target: pr.People, Done: o.People, From: pr.Starts, To: pr.Ends}
	given, free := 0, 0
	for _, t := range o.Tiles {
		for _, x := range t.All {
			if x.Held {
				g.SeatsHeld += x.Counts.Taken()
				continue
			}
			given += x.Counts.Taken()
			free += max(0, x.Event.Capacity-x.Counts.Taken())
		}
	}
	if g.SeatsHeld > 0 {
		share := float64(g.Done) / float64(g.SeatsHeld)
		g.Low = g.Done + int(math.Round(float64(given)*share))
		g.High = g.Done + int(math.Round(float64(given+free)*share))
	}
	g.Gauge = min(1000, 1000*g.Done/max(1, g.Target))
	g.months(o.Finished, today)
	g.draw(today)
	return g
}

func (g *growth) months(all []training.Finished, today calendar.Date) {
	sum, by := 0, map[calendar.Date]int{}
	for _, f := range all {
		by[f.Month] += f.N
	}
	y, m, _ := g.From.Parts()
	for d := calendar.Of(y, m, 1); !d.After(today) && !d.After(g.To); d = d.AddMonths(1) {
		sum += by[d]
		g.Months = append(g.Months, monthCount{d, sum})
	}
}

func (g *growth) draw(today calendar.Date) {
	top := float64(max(g.Target, g.High, g.Done, 1))
	span := float64(max(1, g.From.DaysUntil(g.To)))
	x := func(d calendar.Date) int {
		share := math.Min(1, math.Max(0, float64(g.From.DaysUntil(d))/span))
		return growthLeft + int(math.Round(share*(growthRight-growthLeft)))
	}
	y := func(n int) int {
		return growthBottom - int(math.Round(float64(n)/top*(growthBottom-growthTop)))
	}
	var line strings.Builder
	fmt.Fprintf(&line, "M%d %d", growthLeft, growthBottom)
	for i, m := range g.Months {
		end := m.Month.AddMonths(1).AddDays(-1)
		if i == len(g.Months)-1 {
			end = today
		}
		fmt.Fprintf(&line, "L%d %d", x(end), y(m.N))
	}
	g.Line, g.X, g.Y, g.Goal = line.String(), x(today), y(g.Done), y(g.Target)
	if g.High > g.Done && today.Before(g.To) {
		g.Wedge = fmt.Sprintf("M%d %dL%d %dV%dz", g.X, g.Y, growthRight, y(g.High), y(g.Low))
	}
}

// Forecast reports whether there is anything to expect.
func (g growth) Forecast() bool { return g.Wedge != "" }
