package web

import (
	"net/http"
	"strconv"

	"strengthen/internal/access"
	"strengthen/internal/casework"
	"strengthen/internal/fault"
)

func (s *Server) figureRoutes() []Route {
	return []Route{{"GET /figures", access.SeeFigures, false, 0, s.figures, false}}
}

type figuresPage struct {
	Page
	casework.Figures
	Bars []figureBar
}

// figureBar is a month in the picture, in a box of 620 by 150.
type figureBar struct {
	X, Y, W, H int
	Label      string
	Value      string
	Hidden     bool
}

const (
	figureLeft   = 8
	figureStep   = 51
	figureHeight = 110
	figureFoot   = 128
)

func (s *Server) figures(w http.ResponseWriter, r *http.Request) error {
	p := &figuresPage{Page: s.page(r, "")}
	p.Title = p.L("Работата по случаите", "The work on cases")
	year := 0
	if v := r.FormValue("year"); v != "" {
		var err error
		if year, err = strconv.Atoi(v); err != nil || year < 2000 || year > 2100 {
			return fault.New(fault.NotFound, "fault.notfound")
		}
	}
	var err error
	p.Figures, err = s.Casework.OpenFigures(r.Context(), p.actor, year, access.RegionID(r.FormValue("region")))
	if err != nil {
		return err
	}
	p.draw()
	return s.show(w, "figures", p)
}

// draw makes the picture of the hours to assessment by month.
func (p *figuresPage) draw() {
	most := 24.0 // the term; a year that holds to it is drawn on the same scale as its term
	for _, m := range p.Months {
		most = max(most, m.Of["assessed.violence"].Median)
	}
	for i, m := range p.Months {
		f := m.Of["assessed.violence"]
		b := figureBar{X: figureLeft + i*figureStep, W: figureStep - 12, Label: string([]rune(p.Lang.MonthName(i + 1))[:3]), Hidden: f.Hidden || f.N == 0, Y: figureFoot}
		if !b.Hidden {
			b.H = int(f.Median / most * figureHeight)
			b.Y, b.Value = figureFoot-b.H, p.Hours(f)
		}
		p.Bars = append(p.Bars, b)
	}
}

// Term is how high the 24 hours of the law stand in the picture.
func (p *figuresPage) Term() int {
	most := 24.0
	for _, m := range p.Months {
		most = max(most, m.Of["assessed.violence"].Median)
	}
	return figureFoot - int(24/most*figureHeight)
}

// Figured lists what is measured.
func (p *figuresPage) Figured() []string { return casework.Figured() }

// Hours writes a median: hours below three days, days above.
func (p *figuresPage) Hours(f casework.Figure) string {
	switch {
	case f.Hidden:
		return "·"
	case f.N == 0:
		return "–"
	case f.Median < 72:
		return p.L("{n} ч", "{n} h", "n", p.Dec(f.Median, 0))
	}
	return p.L("{n} дни", "{n} days", "n", p.Dec(f.Median/24, 0))
}

// Kept writes the share in time, with how many it is of.
func (p *figuresPage) Kept(f casework.Figure) string {
	if f.Hidden {
		return "·"
	}
	return p.Pct(f.InTime, f.N)
}

// Count of cases behind a figure.
func (p *figuresPage) Of(f casework.Figure) string {
	if f.Hidden {
		return "·"
	}
	return p.Int(f.N)
}

// Years lists the years that can be chosen.
func (p *figuresPage) Years() []Option {
	var all []Option
	for y := p.Last; y >= p.First && y > 0; y-- {
		all = append(all, Option{strconv.Itoa(y), strconv.Itoa(y), y == p.Year})
	}
	return all
}

// Percent writes what a ratio changes: 0.62 is 38 % less.
func (p *figuresPage) Percent(ratio float64) string { return p.Lang.Percent(1 - ratio) }

// Any reports whether anything was counted in the year.
func (p *figuresPage) Any() bool {
	for _, f := range p.Whole.Of {
		if f.N > 0 || f.Hidden {
			return true
		}
	}
	return false
}

// MonthRow names a month.
func (p *figuresPage) MonthRow(r casework.FigureRow) string { return p.Lang.Month(r.Month) }
