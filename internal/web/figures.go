package web

import (
	"net/http"
	"strconv"
	"time"

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

// figureBar is a period in the picture, in a box of Box by 150; C is its middle. It has no height where nothing may be told.
type figureBar struct {
	X, Y, W, H, C int
	Label         string
	Value         string
}

const (
	figureLeft   = 8
	figureWidest = 70
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
	p.Figures, err = s.Casework.OpenFigures(r.Context(), p.actor, year, access.RegionID(r.FormValue("region")), casework.Period(r.FormValue("by")))
	if err != nil {
		return err
	}
	p.draw()
	return s.show(w, "figures", p)
}

// draw makes the picture of the hours to assessment by period.
func (p *figuresPage) draw() {
	step, most := (p.Box()-figureLeft)/max(len(p.Periods), 1), p.most()
	for i, x := range p.Periods {
		f := x.Of["assessed.violence"]
		b := figureBar{C: figureLeft + i*step + step/2, W: min(step-12, figureWidest), Label: p.shortPeriod(x), Value: p.Hours(f), Y: figureFoot}
		b.X = b.C - b.W/2
		if !f.Hidden && f.N > 0 {
			b.H = int(f.Median / most * figureHeight)
			b.Y = figureFoot - b.H
		}
		p.Bars = append(p.Bars, b)
	}
}

// Few says whether the picture is narrow enough for a phone as it is.
func (p *figuresPage) Few() bool { return len(p.Periods) <= 4 }

// Box is how wide the picture is.
func (p *figuresPage) Box() int {
	if p.Few() {
		return 340
	}
	return 620
}

// most is the height of the picture in hours: at least the term, so that a year that holds to it is drawn on the scale of its
// term.
func (p *figuresPage) most() float64 {
	most := 24.0
	for _, x := range p.Periods {
		most = max(most, x.Of["assessed.violence"].Median)
	}
	return most
}

// Term is how high the 24 hours of the law stand in the picture.
func (p *figuresPage) Term() int { return figureFoot - int(24/p.most()*figureHeight) }

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

// Periodical lists the periods that can be chosen.
func (p *figuresPage) Periodical() []Option {
	var all []Option
	for _, x := range casework.FigurePeriods() {
		all = append(all, Option{string(x), p.T("figures.by." + string(x)), x == p.By})
	}
	return all
}

// PeriodRow names a period.
func (p *figuresPage) PeriodRow(r casework.FigureRow) string {
	y, m, _ := r.From.Parts()
	switch p.By {
	case casework.ByMonth:
		return p.Lang.Month(r.From)
	case casework.ByQuarter:
		return p.L("{q} тримесечие на {y} г.", "Quarter {q} of {y}", "q", p.quarter(m), "y", strconv.Itoa(y))
	}
	return strconv.Itoa(y)
}

// quarter is the number of the quarter that begins with a month, as each language writes it.
func (p *figuresPage) quarter(m time.Month) string {
	i := (int(m) - 1) / 3
	return p.L([]string{"I", "II", "III", "IV"}[i], strconv.Itoa(i+1))
}

// shortPeriod names a period under its bar.
func (p *figuresPage) shortPeriod(r casework.FigureRow) string {
	y, m, _ := r.From.Parts()
	switch p.By {
	case casework.ByMonth:
		return string([]rune(p.Lang.MonthName(int(m)))[:3])
	case casework.ByQuarter:
		return p.L("{q} трим.", "Q{q}", "q", p.quarter(m))
	}
	return strconv.Itoa(y)
}

// Laid says by what the figures are laid out.
func (p *figuresPage) Laid() string { return p.T("figures.by." + string(p.By)) }
