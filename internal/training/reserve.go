package training

// reserve chooses who takes the places of the sectors' minimums. Each place needs somebody of its sector, and an institution
// sends no more than it may; seats are the capacity that is left. As many places are filled as can be at all. Among the ways
// to do so the choice goes by endorsement: going through claims in that order, one is taken whenever as many places can
// still be filled together with all those taken before.
//
// The places are a flow: from the source through a sector (no wider than what its minimum lacks), along a claim to an
// institution (no wider than the cap leaves) and into the sink. A largest flow is found by augmenting paths; then each claim
// in turn is put on it for good, moving the flow of others aside along a circle where one exists.
func reserve(claims []Claim, lacks map[string]int, room func(agency string) int, seats int) map[EnrolmentID]bool {
	n := newNetwork(claims, lacks, room)
	for ; seats > 0 && n.push(source, sink); seats-- {
	}
	taken := map[EnrolmentID]bool{}
	for _, c := range claims {
		if a, ok := n.arcs[arcOf(c)]; ok && n.keep(a) {
			taken[c.ID] = true
		}
	}
	return taken
}

// arcKey names the claims of one sector and one institution; for the flow they are alike.
type arcKey struct{ sector, agency string }

func arcOf(c Claim) arcKey { return arcKey{c.Sector, c.Agency} }

const (
	source = iota
	sink
	firstNode // sectors and institutions follow
)

// arc is a way from node to node with what room is left on it. Arcs lie in pairs: the one at index i^1 leads back, and its
// room is the flow that may still be taken off this one.
type arc struct{ to, room int }

type network struct {
	all  []arc
	from [][]int // arcs that leave a node
	arcs map[arcKey]int
}

func newNetwork(claims []Claim, lacks map[string]int, room func(agency string) int) *network {
	n := &network{from: make([][]int, firstNode), arcs: map[arcKey]int{}}
	sectors, agencies := map[string]int{}, map[string]int{}
	for _, c := range claims {
		if lacks[c.Sector] <= 0 || room(c.Agency) <= 0 {
			continue
		}
		if a, ok := n.arcs[arcOf(c)]; ok {
			n.all[a].room++
			continue
		}
		if _, ok := sectors[c.Sector]; !ok {
			sectors[c.Sector] = n.node()
			n.connect(source, sectors[c.Sector], lacks[c.Sector])
		}
		if _, ok := agencies[c.Agency]; !ok {
			agencies[c.Agency] = n.node()
			n.connect(agencies[c.Agency], sink, room(c.Agency))
		}
		n.arcs[arcOf(c)] = n.connect(sectors[c.Sector], agencies[c.Agency], 1)
	}
	return n
}

func (n *network) node() int {
	n.from = append(n.from, nil)
	return len(n.from) - 1
}

// connect adds an arc and the one back, and returns the index of the first.
func (n *network) connect(a, b, room int) int {
	i := len(n.all)
	n.all = append(n.all, arc{b, room}, arc{a, 0})
	n.from[a], n.from[b] = append(n.from[a], i), append(n.from[b], i+1)
	return i
}

// push leads one more unit from a to b along a shortest way with room, and reports whether there was one.
func (n *network) push(a, b int) bool {
	by := make([]int, len(n.from)) // the arc by which a node was reached, plus one
	for queue := []int{a}; len(queue) > 0 && by[b] == 0; queue = queue[1:] {
		for _, i := range n.from[queue[0]] {
			if to := n.all[i].to; n.all[i].room > 0 && by[to] == 0 && to != a {
				by[to] = i + 1
				queue = append(queue, to)
			}
		}
	}
	if by[b] == 0 {
		return false
	}
	for at := b; at != a; at = n.all[(by[at]-1)^1].to {
		n.move(by[at] - 1)
	}
	return true
}

func (n *network) move(i int) {
	n.all[i].room--
	n.all[i^1].room++
}

// keep puts one claim of arc i on the flow for good, and reports whether the flow can carry it without becoming smaller.
// When it cannot, no later claim of that sector and institution can be carried either, and the arc is closed.
func (n *network) keep(i int) bool {
	if n.all[i^1].room == 0 {
		if n.all[i].room == 0 || !n.push(n.all[i].to, n.all[i^1].to) {
			n.all[i].room = 0
			return false
		}
		n.move(i)
	}
	n.all[i^1].room--
	return true
}
