package analysis

import (
	"encoding/csv"
	"io"
	"math"
	"strconv"

	"strengthen/internal/study"
)

// WriteRows writes, as CSV, which row of the data was counted where: for every outcome and contrast everybody with a first
// measurement, the line of the file, both values, the change, and how who has no second value stands. From it every n, mean
// and interval of a report can be worked out again. It names codes, and is for whoever holds the data.
func WriteRows(to io.Writer, p study.Plan, d Data) error {
	w := csv.NewWriter(to)
	if err := w.Write([]string{"outcome", "from", "to", "code", "line", "group", "sector", "region", "value_from", "value_to", "change", "counted"}); err != nil {
		return err
	}
	for i, o := range p.Outcomes {
		for _, c := range p.Contrasts() {
			for _, x := range d.People {
				a, b := x.Scores[i][at(c.From)], x.Scores[i][at(c.To)]
				if math.IsNaN(a) {
					continue
				}
				counted := "pair"
				if math.IsNaN(b) {
					counted = string(standing(x, at(c.To)))
				}
				row := []string{o.ID, string(c.From), string(c.To), x.Code, strconv.Itoa(x.Line), x.Group, x.Sector, x.Region, exact(a), exact(b), exact(b - a), counted}
				if err := w.Write(row); err != nil {
					return err
				}
			}
		}
	}
	w.Flush()
	return w.Error()
}

func exact(x float64) string {
	if math.IsNaN(x) {
		return ""
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}
