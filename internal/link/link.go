// Package link says how likely two records speak of one child, by the method of Fellegi and Sunter (A Theory for Record Linkage,
// Journal of the American Statistical Association 64, 1969): every field that can be compared adds the logarithm of how much
// oftener its agreement is seen between records of one child (m) than between records of two (u). The number orders candidates
// for a person who decides; it says nothing about a child and is kept nowhere.
package link

import (
	_ "embed"
	"encoding/csv"
	"math"
	"strconv"
	"strings"
)

// Level is how well a field agrees, such as same, alike, next or other. The empty level means that the field cannot be compared
// and counts for nothing.
type Level string

// Comparison is the level of agreement of each field.
type Comparison map[string]Level

//go:embed weights.csv
var table string

// row is how often a level of a field is seen between records of one child (m) and of two (u).
type row struct {
	field string
	level Level
	m, u  float64
}

func rows(text string) []row {
	all, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		panic(err)
	}
	var out []row
	for _, r := range all[1:] {
		m, errM := strconv.ParseFloat(r[2], 64)
		u, errU := strconv.ParseFloat(r[3], 64)
		if errM != nil || errU != nil || m <= 0 || u <= 0 || m > 1 || u > 1 {
			panic("link: weights.csv: " + strings.Join(r, ","))
		}
		out = append(out, row{r[0], Level(r[1]), m, u})
	}
	return out
}

// weights holds log2(m/u) of each field and level.
var weights = func() map[string]map[Level]float64 {
	all := map[string]map[Level]float64{}
	for _, r := range rows(table) {
		if all[r.field] == nil {
			all[r.field] = map[Level]float64{}
		}
		all[r.field][r.level] = math.Log2(r.m / r.u)
	}
	return all
}()

// Weight is the sum of the weights of all fields that can be compared, in bits. It panics on a field or level that the table
// does not know.
func Weight(c Comparison) float64 {
	sum := 0.0
	for field, level := range c {
		if level == "" {
			continue
		}
		w, ok := weights[field][level]
		if !ok {
			panic("link: no weight for " + field + "/" + string(level))
		}
		sum += w
	}
	return sum
}

// Agreeing lists the fields that speak for one child, in the order of the table.
func Agreeing(c Comparison) []string {
	var out []string
	for _, field := range fields() {
		if level := c[field]; level != "" && weights[field][level] > 0 {
			out = append(out, field)
		}
	}
	return out
}

func fields() []string {
	return []string{"egn", "born", "given", "family", "band", "sex", "place", "setting", "kinds", "days"}
}

// Least is the weight from which a pair is worth a look: as likely of one child as not, when one pair in sixteen is.
const Least = 4
