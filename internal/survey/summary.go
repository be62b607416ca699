package survey

import (
	"context"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"strengthen/internal/access"
	"strengthen/internal/disclosure"
	"strengthen/internal/fault"
	"strengthen/internal/training"
)

// Distribution is how often each answer was given to one question. Answers come in the order of the options; numbers in
// bands. With fewer than five answers nothing but that is told.
type Distribution struct {
	Item   Item
	Wave   Wave
	N      int
	Shares []Share
	Rated  bool    // the two highest options can be told together as Top
	Top    float64 // share of the two highest options
	Hidden bool
}

// Share is one answer and how many gave it. A small one is hidden together with another, so that the total does not tell it.
type Share struct {
	Text   Text
	N      int
	Hidden bool
}

// described names the instruments that are told question by question, with the wave in which they are asked.
var described = []Part{{Wave: Post, Instrument: shipped["reaction"]}, {Wave: M6, Instrument: shipped["practice"]}}

// Described returns, instrument by instrument, how its questions were answered: the ratings of the training, and use in
// practice. Texts are not among them.
func (d Data) Described() []Description {
	all := d.Counted()
	for i := range all {
		for j, x := range all[i].Items {
			all[i].Items[j] = x.told()
		}
	}
	return all
}

// Counted is Described with nothing hidden, for an analysis that hides small cells itself.
func (d Data) Counted() []Description {
	var all []Description
	for _, p := range described {
		x := Description{Part: p}
		for _, it := range p.Instrument.Items {
			if it.Kind != "text" {
				x.Items = append(x.Items, d.distribution(p.Wave, it))
			}
		}
		all = append(all, x)
	}
	return all
}

// Description is an instrument with the distributions of its questions.
type Description struct {
	Part
	Items []Distribution
}

func (d Data) distribution(w Wave, it Item) Distribution {
	x := Distribution{Item: it, Wave: w}
	bands := bandsOf(it)
	counts := make([]int, len(bands))
	for _, r := range d.Respondents {
		v, ok := r.Answers[w][it.ID]
		if !ok {
			continue
		}
		if i := slices.IndexFunc(bands, func(b band) bool { return b.holds(v) }); i >= 0 {
			counts[i]++
			x.N++
		}
	}
	for i, b := range bands {
		x.Shares = append(x.Shares, Share{Text: b.text, N: counts[i]})
	}
	if n := len(counts); it.Kind == "choice" && n > 2 && x.N > 0 {
		x.Rated, x.Top = true, float64(counts[n-1]+counts[n-2])/float64(x.N)
	}
	return x
}

// told is the distribution without its small cells.
func (x Distribution) told() Distribution {
	if x.N < int(disclosure.Inside) {
		return Distribution{Item: x.Item, Wave: x.Wave, Hidden: true}
	}
	counts := make([]int, len(x.Shares))
	for i, s := range x.Shares {
		counts[i] = s.N
	}
	hide := disclosure.Inside.Row(counts)
	for i := range x.Shares {
		if x.Shares[i].Hidden = hide[i]; hide[i] {
			x.Shares[i].N = 0
		}
	}
	if n := len(counts); x.Rated {
		top, below := slices.Contains(hide[n-2:], true), slices.Contains(hide[:n-2], true)
		x.Rated = !(top && below) // else the two together would tell a hidden one
	}
	return x
}

// band is one row of a distribution: an option, or a range of numbers.
type band struct {
	text     Text
	code     string
	min, max int
}

func (b band) holds(v string) bool {
	if b.code != "" {
		return v == b.code
	}
	n, err := strconv.Atoi(v)
	return err == nil && n >= b.min && n <= b.max
}

func bandsOf(it Item) []band {
	var all []band
	for _, o := range it.Options {
		all = append(all, band{text: o.Text, code: o.Code})
	}
	if it.Kind != "number" {
		return all
	}
	for _, r := range [][2]int{{0, 0}, {1, 1}, {2, 4}, {5, 9}, {10, it.Max}} {
		text := strconv.Itoa(r[0])
		switch {
		case r[1] == it.Max:
			all = append(all, band{text: Text{text + " и повече", text + " and more"}, min: r[0], max: r[1]})
			continue
		case r[1] > r[0]:
			text += "–" + strconv.Itoa(r[1])
		}
		all = append(all, band{text: Text{text, text}, min: r[0], max: r[1]})
	}
	return all
}

// Remarks are the free texts given to one question, in no order and without their codes.
type Remarks struct {
	Item   Item
	Wave   Wave
	Texts  []string
	Hidden bool // fewer than five
}

// Remarks returns what people wrote, question by question, in a random order.
func (d Data) Remarks() []Remarks {
	var all []Remarks
	for _, p := range described {
		for _, it := range p.Instrument.Items {
			if it.Kind != "text" {
				continue
			}
			x := Remarks{Item: it, Wave: p.Wave}
			for _, r := range d.Respondents {
				if v := strings.TrimSpace(r.Answers[p.Wave][it.ID]); v != "" {
					x.Texts = append(x.Texts, v)
				}
			}
			if x.Hidden = disclosure.Inside.Small(len(x.Texts)); x.Hidden {
				x.Texts = nil
			}
			rand.Shuffle(len(x.Texts), func(i, j int) { x.Texts[i], x.Texts[j] = x.Texts[j], x.Texts[i] })
			all = append(all, x)
		}
	}
	return all
}

// Remarks returns what people wrote, for the evaluator alone; the reading is on the record.
func (s *Service) Remarks(ctx context.Context, by access.Actor) ([]Remarks, error) {
	d, err := s.Answers(ctx, by, OwnStudy)
	return d.Remarks(), err
}

// WaveView is what the pages of the waves show.
type WaveView struct {
	Counts []WaveCount
	Coming []Coming // who is asked next, the soonest first
}

// Totals adds the counts up, wave by wave.
func (v WaveView) Totals() map[Wave]Tally {
	all := map[Wave]Tally{}
	for _, c := range v.Counts {
		if all[c.Wave] == nil {
			all[c.Wave] = Tally{}
		}
		all[c.Wave].Add(c.Tally)
	}
	return all
}

// Waves counts how people stand, by training and wave, as far as the reader may see.
func (s *Service) Waves(ctx context.Context, by access.Actor) (WaveView, error) {
	var v WaveView
	err := s.store.View(ctx, by, func(tx Tx) (err error) {
		scope := tx.Scope(access.SeeWave)
		if scope.Empty() {
			return fault.New(fault.Denied, "fault.denied")
		}
		if v.Counts, err = tx.WaveCounts(ctx, scope); err != nil {
			return err
		}
		v.Coming, err = tx.Coming(ctx, scope)
		return err
	})
	return v, err
}

// Wave shows one wave of one training: how people stand, and for those who may send questionnaires, who they are. Who
// answered is told; what was answered is not known here.
func (s *Service) Wave(ctx context.Context, by access.Actor, e training.EventID, w Wave) (WaveCount, []WavePerson, error) {
	c := WaveCount{Event: e, Wave: w, Tally: Tally{}}
	var people []WavePerson
	err := s.store.View(ctx, by, func(tx Tx) error {
		event, err := tx.Event(ctx, e)
		if err != nil {
			return err
		}
		r := event.Resource()
		if !tx.Scope(access.SeeWave).Covers(r) || !tx.Scope(access.SeeTraining).Covers(r) || !slices.Contains([]Wave{Pre, Post, M6}, w) {
			return fault.New(fault.NotFound, "fault.notfound")
		}
		counts, err := tx.WaveCounts(ctx, access.Scope{Records: []string{string(e)}})
		if err != nil {
			return err
		}
		for _, x := range counts {
			if x.Wave == w {
				c = x
			}
		}
		if tx.Scope(access.SendWave).Covers(r) {
			people, err = tx.WavePeople(ctx, e, w)
		}
		return err
	})
	return c, people, err
}
