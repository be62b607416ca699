package render

import "strconv"

// Flow shows how many came from step to step, and why the others did not.
type Flow struct {
	Title, Desc string
	Steps       []FlowStep
}

// FlowStep is one step with the reason why fewer came here.
type FlowStep struct {
	Label string
	N     int
	Text  string // N as the reader reads it; empty means the bare number
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
		text := s.Text
		if text == "" {
			text = strconv.Itoa(s.N)
		}
		labels(c, y, s.Label, text)
		c.rect("c-lost", 0, y+6, plotWidth, 12)
		c.rect("c-bar", 0, y+6, plotWidth*float64(s.N)/float64(most), 12)
		if s.Lost != "" {
			c.text("m", 0, y+33, "start", s.Lost)
		}
	}
}
