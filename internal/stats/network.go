package stats

import (
	"math"
)

// Network describes who names whom. Arcs are directed, from the one who names; an undirected edge is a pair with an arc
// in either direction. What has nothing to divide by is NaN, and so is everything about groups where none were given.
type Network struct {
	N, Arcs                  int
	Density                  float64 // arcs over N(N-1)
	Mutual, Asymmetric, Null int     // pairs
	Reciprocity              float64 // share of arcs that are returned, 2 Mutual / Arcs
	ReciprocityDyadic        float64 // Mutual / (Mutual + Asymmetric)
	MeanOutDegree            float64
	Isolates                 int
	Components               int // weakly connected
	Edges                    int // undirected
	DensityUndirected        float64
	Transitivity             float64   // share of undirected paths of two edges that are closed
	Betweenness              []float64 // shortest directed paths through each actor, shared among equals
	BetweennessNormalized    []float64 // over (N-1)(N-2)
	BetweennessUndirected    []float64
	// Centralisations compare the sum of differences from the largest with the largest it could be, that of a star: 0 when
	// all actors are alike, 1 when one stands in the middle of all.
	InCentralisation, OutCentralisation, BetweennessCentralisation float64

	Internal, External int // arcs within and between groups
	EI, EIUndirected   float64
	EIExpected         float64 // of arcs spread evenly, given the sizes of the groups
	DensityInternal    float64
	DensityExternal    float64
	ExternalShare      float64 // External / Arcs
}

// DescribeNetwork measures a square matrix: a[i][j] says that i names j; the diagonal is ignored. E-I is (external -
// internal)/(external + internal), from -1 to 1. Centralisations divide by (N-1)² for degrees and by (N-1)²(N-2) for
// betweenness. It needs two actors. Sources: Freeman (1977), Sociometry 40; Freeman (1979), Social Networks 1; Brandes
// (2001), Journal of Mathematical Sociology 25; Krackhardt & Stern (1988), Social Psychology Quarterly 51.
func DescribeNetwork(a [][]bool, group []string) (Network, error) {
	n := len(a)
	if err := need(n, 2, "actors"); err != nil {
		return Network{}, err
	}
	if group != nil {
		mustMatch(n, len(group))
	}
	out, both := neighbours(a)
	w := Network{N: n}
	w.countPairs(a)
	w.Components, w.Isolates = components(both)
	w.Transitivity = transitivity(both)
	w.Betweenness, w.BetweennessUndirected = betweenness(out), betweenness(both)
	for i, b := range w.Betweenness {
		w.BetweennessNormalized = append(w.BetweennessNormalized, b/float64((n-1)*(n-2)))
		w.BetweennessUndirected[i] /= 2
	}
	w.centralise(out)
	w.groups(a, group)
	return w, nil
}

func (w *Network) centralise(named [][]int) {
	in, out := make([]float64, w.N), make([]float64, w.N)
	for i, list := range named {
		out[i] = float64(len(list))
		for _, j := range list {
			in[j]++
		}
	}
	star := float64(w.N-1) * float64(w.N-1)
	below := func(x []float64) float64 { return largest(x)*float64(w.N) - sum(x) }
	w.InCentralisation, w.OutCentralisation = below(in)/star, below(out)/star
	w.BetweennessCentralisation = below(w.Betweenness) / (star * float64(w.N-2)) // NaN for two actors
}

func ratio(a, b int) float64 { return float64(a) / float64(b) } // NaN for 0/0

// neighbours lists whom each actor names, and with whom it has an arc in either direction.
func neighbours(a [][]bool) (out, both [][]int) {
	out, both = make([][]int, len(a)), make([][]int, len(a))
	for i := range a {
		mustMatch(len(a), len(a[i]))
		for j := range a {
			if i != j && a[i][j] {
				out[i] = append(out[i], j)
			}
			if i != j && (a[i][j] || a[j][i]) {
				both[i] = append(both[i], j)
			}
		}
	}
	return out, both
}

func (w *Network) countPairs(a [][]bool) {
	for i := range a {
		for j := range i {
			switch count(a[i][j]) + count(a[j][i]) {
			case 2:
				w.Mutual++
			case 1:
				w.Asymmetric++
			default:
				w.Null++
			}
		}
	}
	pairs := w.N * (w.N - 1)
	w.Arcs, w.Edges = 2*w.Mutual+w.Asymmetric, w.Mutual+w.Asymmetric
	w.Density, w.DensityUndirected = ratio(w.Arcs, pairs), ratio(2*w.Edges, pairs)
	w.Reciprocity, w.ReciprocityDyadic = ratio(2*w.Mutual, w.Arcs), ratio(w.Mutual, w.Edges)
	w.MeanOutDegree = ratio(w.Arcs, w.N)
}

func components(both [][]int) (parts, isolates int) {
	seen := make([]bool, len(both))
	for i := range both {
		isolates += count(len(both[i]) == 0)
		if seen[i] {
			continue
		}
		parts++
		seen[i] = true
		for queue := []int{i}; len(queue) > 0; queue = queue[1:] {
			for _, k := range both[queue[0]] {
				if !seen[k] {
					seen[k] = true
					queue = append(queue, k)
				}
			}
		}
	}
	return parts, isolates
}

func transitivity(both [][]int) float64 {
	linked := make([][]bool, len(both))
	for i := range both {
		linked[i] = make([]bool, len(both))
		for _, k := range both[i] {
			linked[i][k] = true
		}
	}
	closed, paths := 0, 0
	for _, around := range both {
		for p, j := range around {
			for _, k := range around[:p] {
				paths++
				closed += count(linked[j][k])
			}
		}
	}
	return ratio(closed, paths)
}

// betweenness is Brandes' algorithm: breadth first from every actor, then the dependencies gathered backwards.
func betweenness(out [][]int) []float64 {
	n := len(out)
	total := make([]float64, n)
	for s := range out {
		paths, depend := make([]float64, n), make([]float64, n)
		distance, before := make([]int, n), make([][]int, n)
		for i := range distance {
			distance[i] = -1
		}
		paths[s], distance[s] = 1, 0
		queue := []int{s}
		for head := 0; head < len(queue); head++ {
			i := queue[head]
			for _, k := range out[i] {
				if distance[k] < 0 {
					distance[k] = distance[i] + 1
					queue = append(queue, k)
				}
				if distance[k] == distance[i]+1 {
					paths[k] += paths[i]
					before[k] = append(before[k], i)
				}
			}
		}
		for head := len(queue) - 1; head > 0; head-- {
			k := queue[head]
			for _, i := range before[k] {
				depend[i] += paths[i] / paths[k] * (1 + depend[k])
			}
			total[k] += depend[k]
		}
	}
	return total
}

func (w *Network) groups(a [][]bool, group []string) {
	var same, sameEdges int
	for i := range group {
		for j := range group {
			if i == j || group[i] != group[j] {
				continue
			}
			same++
			w.Internal += count(a[i][j])
			sameEdges += count(i < j && (a[i][j] || a[j][i]))
		}
	}
	pairs := w.N * (w.N - 1)
	if group == nil {
		nan := math.NaN()
		w.EI, w.EIUndirected, w.EIExpected, w.DensityInternal, w.DensityExternal, w.ExternalShare = nan, nan, nan, nan, nan, nan
		return
	}
	w.External = w.Arcs - w.Internal
	w.EI = ratio(w.External-w.Internal, w.Arcs)
	w.EIUndirected = ratio(w.Edges-2*sameEdges, w.Edges)
	w.EIExpected = ratio(pairs-2*same, pairs)
	w.DensityInternal, w.DensityExternal = ratio(w.Internal, same), ratio(w.External, pairs-same)
	w.ExternalShare = ratio(w.External, w.Arcs)
}
