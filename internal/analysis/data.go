package analysis

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"math"
	"slices"
	"strings"

	"strengthen/internal/study"
	"strengthen/internal/survey"
)

// Source gives the data as a plan asks for them. A plan that was changed later may ask for others.
type Source func(study.Plan) (Data, error)

// Data are what a study knows, without anything that names a person.
type Data struct {
	People    []Person              // kind change, in the order of codes
	Places    []Place               // kind wedge
	Ties      []Tie                 // kind network
	Described []survey.Description  // ratings and use in practice, where there are any
	Names     map[study.By][]string // the groups there are, in the order in which they are shown
}

// Person is one row of a study: a code, its group, and what it answered. Scores and items stand in the order of the outcomes of
// the plan, and for each in the order of survey.Waves; NaN where there is none.
type Person struct {
	Code, Group                string
	Sector, Region, Experience string
	Trained                    float64 // wait-list: 1 trained between the measurements, 0 not yet; NaN unknown
	Line                       int     // in a file; 0 elsewhere
	Standing                   [4]survey.Standing
	Scores                     [][4]float64
	Items                      [][4][]float64
	Partners                   [4][]float64 // how often, in the order of the partners of the plan
}

// Place is a row of a stepped wedge.
type Place struct {
	Name     string
	Period   int
	Exposure int // periods since the training, 1 in the first that counts
	Value    float64
	Weight   float64
}

// Tie is a row of a network: an actor named another, or answered and named nobody.
type Tie struct {
	Wave               survey.Wave
	From, To           string // To is empty when the actor named nobody
	FromGroup, ToGroup string
}

// at is the place of a wave in arrays.
func at(w survey.Wave) int { return slices.Index(survey.Waves(), w) }

// by returns how a person is told apart.
func (p Person) by(b study.By) string {
	switch b {
	case study.Sector:
		return p.Sector
	case study.Region:
		return p.Region
	}
	return p.Experience
}

func newPerson(p study.Plan) Person {
	nan := math.NaN()
	x := Person{Trained: nan, Scores: make([][4]float64, len(p.Outcomes)), Items: make([][4][]float64, len(p.Outcomes))}
	for i := range x.Scores {
		x.Scores[i] = [4]float64{nan, nan, nan, nan}
	}
	return x
}

// cell is what stands at one place of the data.
type cell func(name string) float64

// score computes the score of an outcome from its column, or from its items: their mean, or the share right of all in points of
// the scale, where at least two thirds were answered.
func score(o study.Outcome, w survey.Wave, get cell) (float64, []float64) {
	if c := o.Columns[w]; c != "" {
		return get(c), items(o, w, get)
	}
	values := items(o, w, get)
	n, sum := 0, 0.0
	for _, v := range values {
		if !math.IsNaN(v) {
			n++
			sum += v
		}
	}
	switch {
	case n == 0 || 3*n < 2*len(values):
		return math.NaN(), values
	case o.Scale == study.Test:
		return o.Low + (o.High-o.Low)*sum/float64(len(values)), values
	}
	return sum / float64(n), values
}

func items(o study.Outcome, w survey.Wave, get cell) []float64 {
	var all []float64
	for i, name := range o.Items[w] {
		v := get(name)
		if slices.Contains(o.Reverse, i+1) {
			v = o.ItemLow + o.ItemTop - v
		}
		all = append(all, v)
	}
	return all
}

// Fingerprint is the SHA-256 of the data, in hex: the same for the same data, whatever the order in which they were read.
func (d Data) Fingerprint() string {
	h := sha256.New()
	people := slices.Clone(d.People)
	slices.SortFunc(people, func(a, b Person) int { return strings.Compare(a.Code, b.Code) })
	for _, p := range people {
		write(h, p.Code, p.Group, p.Sector, p.Region, p.Experience)
		for _, s := range p.Standing {
			write(h, string(s))
		}
		numbers(h, p.Trained)
		for i := range p.Scores {
			numbers(h, p.Scores[i][:]...)
			for _, x := range p.Items[i] {
				numbers(h, x...)
			}
		}
		for _, x := range p.Partners {
			numbers(h, x...)
		}
	}
	for _, p := range d.Places {
		write(h, p.Name)
		numbers(h, float64(p.Period), float64(p.Exposure), p.Value, p.Weight)
	}
	for _, t := range d.Ties {
		write(h, string(t.Wave), t.From, t.To, t.FromGroup, t.ToGroup)
	}
	for _, x := range d.Described {
		for _, it := range x.Items {
			write(h, it.Item.ID)
			for _, s := range it.Shares {
				numbers(h, float64(s.N))
			}
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

func write(h hash.Hash, texts ...string) {
	for _, s := range texts {
		binary.Write(h, binary.BigEndian, int64(len(s)))
		h.Write([]byte(s))
	}
}

func numbers(h hash.Hash, all ...float64) {
	binary.Write(h, binary.BigEndian, int64(len(all)))
	binary.Write(h, binary.BigEndian, all)
}
