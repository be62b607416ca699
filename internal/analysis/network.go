package analysis

import (
	"maps"
	"math"
	"slices"

	"strengthen/internal/stats"
	"strengthen/internal/survey"
)

// partners compares who works with whom before and after, by those who answered both times. A group that was asked is a row, a
// sector that was named a column; a missing answer is missing, not nobody.
func (e *engine) partners() *Partners {
	p := e.plan.Partners
	r := &Partners{From: p.From, To: p.To, Tie: p.Tie, Reach: cannot(FewPeople), ByGroup: cannot(FewPeople), ReachFrom: None(), ReachTo: None(), Jaccard: None()}
	for _, o := range p.Of {
		r.Of = append(r.Of, o.Sector)
	}
	of := map[string][]Person{}
	var before, after []float64
	var group []string
	for _, x := range e.data.People {
		a, b := x.Partners[at(p.From)], x.Partners[at(p.To)]
		if a == nil || b == nil {
			continue
		}
		of[x.Sector] = append(of[x.Sector], x)
		ra, rb := reach(a, b, p.Tie)
		if !math.IsNaN(ra) {
			before, after, group = append(before, ra), append(after, rb), append(group, x.Group)
		}
	}
	r.Sectors = slices.Sorted(maps.Keys(of))
	for _, s := range r.Sectors {
		r.N = append(r.N, len(of[s]))
		r.Before, r.After = append(r.Before, e.frequency(of[s], at(p.From))), append(r.After, e.frequency(of[s], at(p.To)))
	}
	if r.People = len(before); r.People < 2 {
		r.Why = FewPeople
		return r
	}
	r.ReachFrom, r.ReachTo = Number(mean(before)), Number(mean(after))
	r.Reach, r.ByGroup = e.inference(before, after, group)
	return r
}

// reach is the share of partners with whom somebody has a tie, of those about whom both times were answered.
func reach(before, after []float64, tie float64) (a, b float64) {
	n := 0.0
	for i := range before {
		if math.IsNaN(before[i]) || math.IsNaN(after[i]) {
			continue
		}
		n++
		a, b = a+one(before[i] >= tie), b+one(after[i] >= tie)
	}
	if n == 0 {
		return math.NaN(), math.NaN()
	}
	return a / n, b / n
}

// fewestNamed is how many must have answered about a partner for their mean to stand.
const fewestNamed = 5

// frequency is the mean frequency with each partner.
func (e *engine) frequency(people []Person, wave int) []Number {
	all := make([]Number, len(e.plan.Partners.Of))
	for k := range all {
		sum, n := 0.0, 0.0
		for _, p := range people {
			if v := p.Partners[wave][k]; !math.IsNaN(v) {
				sum, n = sum+v, n+1
			}
		}
		if all[k] = None(); n >= fewestNamed {
			all[k] = Number(sum / n)
		}
	}
	return all
}

// ties counts, over the sectors that are told, which ties stayed; a tie is a mean frequency of at least tie.
func (r *Partners) ties(tie float64) {
	r.Kept, r.New, r.Gone = 0, 0, 0
	for i := range r.Before {
		for k, a := range r.Before[i] {
			b := r.After[i][k]
			if !a.OK() || !b.OK() {
				continue
			}
			was, is := float64(a) >= tie, float64(b) >= tie
			switch {
			case was && is:
				r.Kept++
			case is:
				r.New++
			case was:
				r.Gone++
			}
		}
	}
	if r.Jaccard = None(); r.Kept+r.New+r.Gone > 0 {
		r.Jaccard = Number(float64(r.Kept) / float64(r.Kept+r.New+r.Gone))
	}
}

// network compares who names whom among the actors that answered both times. An actor that did not answer is missing.
func (e *engine) network() *Network {
	r := &Network{From: survey.Pre, To: survey.M6, Density: cannot(FewPeople), Jaccard: None(), QAP: None(), QAPP: None(), Before: noNetwork(), After: noNetwork(), Permutations: e.plan.Methods.Replicates}
	waves, group := map[survey.Wave]map[string]map[string]bool{}, map[string]string{}
	for _, t := range e.data.Ties {
		if waves[t.Wave] == nil {
			waves[t.Wave] = map[string]map[string]bool{}
		}
		if waves[t.Wave][t.From] == nil {
			waves[t.Wave][t.From] = map[string]bool{}
		}
		if t.To != "" && t.To != t.From {
			waves[t.Wave][t.From][t.To] = true
		}
		if t.FromGroup != "" {
			group[t.From] = t.FromGroup
		}
		if t.ToGroup != "" && group[t.To] == "" {
			group[t.To] = t.ToGroup
		}
	}
	if waves[survey.M6] == nil {
		r.To = survey.Post
	}
	var actors []string
	for a := range waves[r.From] {
		if waves[r.To][a] != nil {
			actors = append(actors, a)
		}
	}
	slices.Sort(actors)
	asked := map[string]bool{}
	for _, w := range waves {
		for a := range w {
			asked[a] = true
		}
	}
	if r.Actors, r.Asked = len(actors), len(asked); r.Actors < 4 {
		r.Why = FewPeople
		return r
	}
	before, after := matrix(actors, waves[r.From]), matrix(actors, waves[r.To])
	var labels []string
	if len(group) > 0 {
		for _, a := range actors {
			labels = append(labels, group[a])
		}
	}
	e.tie(r, before, after, labels)
	return r
}

func noNetwork() NetworkWave {
	n := None()
	return NetworkWave{Density: n, Reciprocity: n, Centralisation: n, Between: n, EI: n, EIExpected: n, EIP: n, External: n}
}

func matrix(actors []string, named map[string]map[string]bool) [][]bool {
	m := make([][]bool, len(actors))
	for i, a := range actors {
		m[i] = make([]bool, len(actors))
		for j, b := range actors {
			m[i][j] = i != j && named[a][b]
		}
	}
	return m
}

// tie computes everything about two networks of the same actors.
func (e *engine) tie(r *Network, before, after [][]bool, labels []string) {
	perms := stats.Permutations(len(before), e.plan.Methods.Replicates, e.plan.Methods.Seed)
	r.Before, r.After = e.networkWave(before, labels, perms), e.networkWave(after, labels, perms)
	x, y := numeric(before), numeric(after)
	if q, err := e.work.QAPCorrelation(x, y, perms); err == nil {
		r.QAP, r.QAPP = Number(q.Observed), Number(q.PAbs)
	}
	if d, err := e.work.NetworkDensityChange(before, after, stats.Resamples(len(before), 99, e.plan.Methods.Seed)); err == nil {
		r.Density = Estimate{Number(d.Change), Number(d.SEActors), Number(float64(d.N - 1)), Number(d.CI.Low), Number(d.CI.High), None(), Estimated}.finite()
		r.Kept, r.Gained, r.Dropped, r.Jaccard = d.Kept, d.Gained, d.Lost, Number(d.Jaccard)
	} else {
		r.Density = cannot(whyOf(err))
	}
	if labels == nil {
		return
	}
	same := make([][]float64, len(labels))
	for i := range same {
		same[i] = make([]float64, len(labels))
		for j := range same[i] {
			same[i][j] = one(labels[i] == labels[j])
		}
	}
	if m, err := e.work.NetworkRegressionDSP(y, [][][]float64{x, same}, perms); err == nil {
		for k, name := range []string{"before", "same"} {
			r.Regression = append(r.Regression, Tied{name, Number(m.Coefficients[k+1]), Number(m.PAbs[k+1])})
		}
	}
	r.Names = slices.Compact(slices.Sorted(slices.Values(labels)))
	for _, n := range r.Names {
		size := 0
		for _, l := range labels {
			size += int(one(l == n))
		}
		r.Sizes = append(r.Sizes, size)
	}
	r.Blocks = [2][][]Number{blocks(before, labels, r.Names), blocks(after, labels, r.Names)}
}

func (e *engine) networkWave(a [][]bool, labels []string, perms [][]int) NetworkWave {
	w := noNetwork()
	n, err := stats.DescribeNetwork(a, labels)
	if err != nil {
		return w
	}
	w.Arcs, w.Density, w.Reciprocity, w.Isolates, w.Components = n.Arcs, Number(n.Density), Number(n.Reciprocity), n.Isolates, n.Components
	w.Centralisation, w.Between = Number(n.InCentralisation), Number(n.BetweennessCentralisation)
	if labels == nil {
		return w
	}
	w.EI, w.EIExpected, w.External = Number(n.EI), Number(n.EIExpected), Number(n.DensityExternal)
	if p, err := e.work.EIPermutation(a, labels, perms); err == nil {
		w.EIP = Number(min(1, 2*min(p.PAtLeast, p.PAtMost)))
	}
	return w
}

func numeric(a [][]bool) [][]float64 {
	m := make([][]float64, len(a))
	for i := range a {
		m[i] = make([]float64, len(a))
		for j := range a[i] {
			m[i][j] = one(a[i][j])
		}
	}
	return m
}

// blocks is the density of ties from group to group.
func blocks(a [][]bool, labels, names []string) [][]Number {
	m := make([][]Number, len(names))
	for i, from := range names {
		for _, to := range names {
			arcs, pairs := 0.0, 0.0
			for x := range a {
				for y := range a {
					if x != y && labels[x] == from && labels[y] == to {
						arcs, pairs = arcs+one(a[x][y]), pairs+1
					}
				}
			}
			v := None()
			if pairs > 0 {
				v = Number(arcs / pairs)
			}
			m[i] = append(m[i], v)
		}
	}
	return m
}
