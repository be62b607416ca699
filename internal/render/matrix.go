package render

// Matrix shows shares in a table of cells, the darker the larger: who works with whom, or which place was trained when.
// Columns stand under numbers, whose names are listed below, unless it is dense.
type Matrix struct {
	Title, Desc string
	Columns     []string
	Rows        []MatrixRow
	Dense       bool // narrow cells without values; only the first and the last column are named
}

// MatrixRow is one row.
type MatrixRow struct {
	Label string
	Cells []MatrixCell
}

// MatrixCell is a share of the darkest, from 0 to 1, with its value as the reader reads it.
type MatrixCell struct {
	Share  float64
	Text   string
	Hidden bool
}

const (
	matrixLeft  = 150 // room for the names of rows
	matrixCell  = 30
	matrixDense = 17
)

// Words returns title and description.
func (p Matrix) Words() (string, string) { return p.Title, p.Desc }

func (p Matrix) step() float64 {
	if p.Dense {
		return matrixDense
	}
	return matrixCell
}

func (p Matrix) size(string) (float64, float64) {
	h := 26 + float64(len(p.Rows))*p.step() + 6
	if !p.Dense {
		h += float64((len(p.Columns)+1)/2)*20 + 14
	}
	return plotWidth, h
}

func (p Matrix) draw(c canvas, lang string) {
	step := p.step()
	wide := (plotWidth - matrixLeft) / float64(max(len(p.Columns), 1))
	if !p.Dense {
		wide = min(wide, 54)
	}
	for j := range p.Columns {
		name := tick(float64(j+1), lang)
		if p.Dense {
			if name = p.Columns[j]; j > 0 && j < len(p.Columns)-1 {
				continue
			}
		}
		x, anchor := matrixLeft+(float64(j)+0.5)*wide, "middle"
		if p.Dense && j > 0 { // the last name is longer than its cell, and ends where the picture ends
			x, anchor = plotWidth, "end"
		}
		c.text("m", x, 18, anchor, name)
	}
	for i, r := range p.Rows {
		y := 26 + float64(i)*step
		c.text("", 0, y+step/2+5, "start", fit(r.Label, matrixLeft))
		for j, x := range r.Cells {
			p.cell(c, x, matrixLeft+float64(j)*wide, y, wide, step)
		}
	}
	if p.Dense {
		return
	}
	y := 26 + float64(len(p.Rows))*step + 22
	half := (len(p.Columns) + 1) / 2
	for j, name := range p.Columns {
		x := 0.0
		if j >= half {
			x = plotWidth / 2
		}
		c.text("m", x, y+float64(j%half)*20, "start", fit(tick(float64(j+1), lang)+" "+name, plotWidth/2))
	}
}

// cell is dark by its share: a bar inside a frame, whose length also tells the share to whom shades do not.
func (p Matrix) cell(c canvas, x MatrixCell, left, y, wide, high float64) {
	c.rect("c-lost", left+1, y+1, wide-2, high-2)
	if x.Hidden {
		for k := 0.0; k+high-2 <= wide; k += 8 {
			c.line("c-axis", left+1+k, y+high-1, left+high-1+k, y+1)
		}
		return
	}
	share := min(max(x.Share, 0), 1)
	if p.Dense {
		class := "c-band"
		if share > 0.5 {
			class = "c-bar"
		}
		c.rect(class, left+1, y+1, wide-2, high-2)
		return
	}
	c.rect("c-bar", left+1, y+high-7, (wide-2)*share, 6)
	c.text("m", left+wide/2, y+high-11, "middle", x.Text)
}
