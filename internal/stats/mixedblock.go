package stats

import (
	"encoding/binary"
	"math"
)

// mixedBlock is a part of the data that shares no level with the rest. The levels of the finest grouping (usually persons)
// touch each other only through the coarse ones, so that all sums over them are sums over patterns: persons with the same
// columns and the same cohorts count once, with what their answers add up to. An evaluation therefore costs as much as
// there are patterns, not rows.
type mixedBlock struct {
	of       []int     // grouping of each coarse level
	zz       []float64 // Z'WZ over the coarse levels, q x q
	zx, xx   []float64 // Z'W[X y] and [X y]'W[X y], with c = p+1 columns
	patterns []pattern

	c, m, t, g []float64 // of solve: Z'V₁⁻¹Z, M, I - MC and Z'V⁻¹Z, q x q
	b, mb, u   []float64 // Z'V₁⁻¹[X y], M times it, and Z'V⁻¹[X y], q x (p+1)
}

// pattern is a number of fine levels that differ in their answers only.
type pattern struct {
	count  float64
	weight float64   // z'Wz of each
	of     []float64 // Z'Wz, of the coarse levels
	x      []float64 // X'Wz
	y, yy  float64   // sums of y'Wz and of its square
}

func newMixed(y []float64, x [][]float64, weights []float64, groupings [][]string) (*mixed, error) {
	if err := positive(weights); err != nil {
		return nil, err
	}
	mustMatch(len(y), len(x))
	for _, g := range groupings {
		mustMatch(len(y), len(g))
	}
	if weights != nil {
		mustMatch(len(y), len(weights))
	}
	var rows []int
	var w []float64
	for i := range y {
		mustMatch(len(x[0]), len(x[i]))
		wi := 1.0
		if weights != nil {
			wi = weights[i]
		}
		whole := !math.IsNaN(y[i] + sum(x[i]) + wi)
		for _, g := range groupings {
			whole = whole && g[i] != ""
		}
		if whole {
			rows, w = append(rows, i), append(w, wi)
		}
	}
	m := &mixed{
		n: len(rows), fine: -1, sigma: make([]float64, len(groupings)), groups: make([]int, len(groupings)),
		held: make([]bool, len(groupings)),
	}
	if len(x) > 0 {
		m.p = len(x[0])
	}
	if err := need(m.n, m.p+len(groupings)+1, "complete rows"); err != nil {
		return nil, err
	}
	level := m.levels(rows, groupings)
	for k := range groupings {
		if err := need(m.groups[k], 2, "levels of a grouping"); err != nil {
			return nil, err
		}
	}
	design := make([][]float64, len(rows))
	for r, i := range rows {
		design[r] = x[i]
		m.logW += math.Log(w[r])
	}
	ols, err := fit(pick(y, rows), design, nil, w)
	if err != nil {
		return nil, err
	}
	if largest(ols.residual) <= 1e-14*largest(y) {
		return nil, ErrConstant
	}
	m.offset = ols.beta
	m.collect(level, ols.residual, design, w)
	rss := 0.0
	for i, e := range ols.residual {
		rss += w[i] * e * e
	}
	m.residual = rss / float64(m.n-m.p) / float64(len(groupings)+1)
	for k := range m.sigma {
		m.sigma[k] = m.residual
	}
	return m, nil
}

// levels numbers the levels of every grouping from 0: level[k][r] is that of row r.
func (m *mixed) levels(rows []int, groupings [][]string) [][]int {
	level := make([][]int, len(groupings))
	for k, g := range groupings {
		number := make(map[string]int, len(rows)/4)
		level[k] = make([]int, len(rows))
		last, lastID := "", 0
		for r, i := range rows {
			if r == 0 || g[i] != last { // rows of one level often stand together
				id, seen := number[g[i]]
				if !seen {
					id = len(number)
					number[g[i]] = id
				}
				last, lastID = g[i], id
			}
			level[k][r] = lastID
		}
		m.groups[k] = len(number)
		if m.fine < 0 || m.groups[k] > m.groups[m.fine] {
			m.fine = k
		}
	}
	return level
}

// collect cuts the rows into blocks that share no coarse level and no fine one, and sums each up.
func (m *mixed) collect(level [][]int, y []float64, x [][]float64, w []float64) {
	coarse, total := m.coarse()
	up := make([]int, total)
	for i := range up {
		up[i] = i
	}
	top := func(a int) int {
		for up[a] != a {
			up[a] = up[up[a]]
			a = up[a]
		}
		return a
	}
	first := make([]int, 0) // a coarse level of each fine one
	if m.fine >= 0 {
		first = make([]int, m.groups[m.fine])
		for f := range first {
			first[f] = -1
		}
	}
	for r := range y {
		for k, start := range coarse {
			if start < 0 {
				continue
			}
			id, f := start+level[k][r], level[m.fine][r]
			if first[f] < 0 {
				first[f] = id
			}
			up[top(id)] = top(first[f])
		}
	}
	blockOf := map[int]int{}
	place := make([]int, total) // of a coarse level in its block
	for k, start := range coarse {
		for l := range m.groups[k] {
			if start < 0 {
				break
			}
			root := top(start + l)
			b, seen := blockOf[root]
			if !seen {
				b = len(m.blocks)
				blockOf[root], m.blocks = b, append(m.blocks, mixedBlock{})
			}
			place[start+l] = len(m.blocks[b].of)
			m.blocks[b].of = append(m.blocks[b].of, k)
		}
	}
	if len(m.blocks) == 0 { // at most one grouping: nothing couples its levels
		m.blocks = []mixedBlock{{}}
	}
	for i := range m.blocks {
		m.blocks[i].allocate(m.p)
	}
	at := func(r int) (int, []int) {
		var ids []int
		b := 0
		for k, start := range coarse {
			if start >= 0 {
				id := start + level[k][r]
				b, ids = blockOf[top(id)], append(ids, place[id])
			}
		}
		return b, ids
	}
	m.sumUp(level, at, y, x, w)
}

// coarse gives the first number of the levels of every grouping but the finest, which gets -1, and how many there are.
func (m *mixed) coarse() (start []int, total int) {
	for k, n := range m.groups {
		if k == m.fine {
			start = append(start, -1)
			continue
		}
		start = append(start, total)
		total += n
	}
	return start, total
}

func (b *mixedBlock) allocate(p int) {
	q, c := len(b.of), p+1
	b.zz, b.zx, b.xx = make([]float64, q*q), make([]float64, q*c), make([]float64, c*c)
	b.c, b.m, b.t, b.g = make([]float64, q*q), make([]float64, q*q), make([]float64, q*q), make([]float64, q*q)
	b.b, b.mb, b.u = make([]float64, q*c), make([]float64, q*c), make([]float64, q*c)
}

// sumUp adds every row to its block and the sums of every fine level to its pattern.
func (m *mixed) sumUp(level [][]int, at func(int) (int, []int), y []float64, x [][]float64, w []float64) {
	c := m.p + 1
	row := make([]float64, c)
	type sums struct {
		block  int
		weight float64
		of, x  []float64 // x with y at its end
	}
	var fine []sums
	if m.fine >= 0 {
		fine = make([]sums, m.groups[m.fine])
	}
	for r, v := range y {
		copy(row, x[r])
		row[m.p] = v
		i, ids := at(r)
		b := &m.blocks[i]
		q := len(b.of)
		addOuter(b.xx, w[r], row, row)
		for _, a := range ids {
			addScaled(b.zx[a*c:(a+1)*c], w[r], row)
			for _, d := range ids {
				b.zz[a*q+d] += w[r]
			}
		}
		if m.fine < 0 {
			continue
		}
		f := &fine[level[m.fine][r]]
		if f.x == nil {
			both := make([]float64, c+q)
			f.block, f.x, f.of = i, both[:c:c], both[c:]
		}
		f.weight += w[r]
		addScaled(f.x, w[r], row)
		for _, a := range ids {
			f.of[a] += w[r]
		}
	}
	index := map[string]int{}
	var key []byte
	for _, f := range fine {
		key = binary.LittleEndian.AppendUint64(key[:0], uint64(f.block))
		for _, v := range append(append([]float64{f.weight}, f.of...), f.x[:m.p]...) {
			key = binary.LittleEndian.AppendUint64(key, math.Float64bits(v))
		}
		b := &m.blocks[f.block]
		k, seen := index[string(key)]
		if !seen {
			k = len(b.patterns)
			index[string(key)] = k
			b.patterns = append(b.patterns, pattern{weight: f.weight, of: f.of, x: f.x[:m.p]})
		}
		p := &b.patterns[k]
		p.count++
		p.y += f.x[m.p]
		p.yy += f.x[m.p] * f.x[m.p]
	}
}

// solve sees the block through V⁻¹, in two steps. V₁ = eW⁻¹ + sZ_fZ_f' holds the residual and the fine levels, whose
// inverse is known: V₁⁻¹ = (W - sum over fine levels of s/(e + s z'Wz) Wzz'W)/e. The coarse levels come by Woodbury's
// formula, V⁻¹ = V₁⁻¹ - V₁⁻¹Z M Z'V₁⁻¹, M = S(I + SCS)⁻¹S with S the standard deviations of the coarse levels and
// C = Z'V₁⁻¹Z. It adds the block's [X y]'V⁻¹[X y] to inner.
func (b *mixedBlock) solve(m *mixed, inner []float64) (logDet float64, ok bool) {
	q, p, e := len(b.of), m.p, m.residual
	c, s := p+1, 0.0
	if m.fine >= 0 {
		s = m.sigma[m.fine]
	}
	set := func(to, from []float64) {
		for i, v := range from {
			to[i] = v / e
		}
	}
	set(b.c, b.zz)
	set(b.b, b.zx)
	addScaled(inner, 1/e, b.xx)
	for i := range b.patterns {
		f := &b.patterns[i]
		scaleBy := e + f.weight*s
		logDet += f.count * math.Log(scaleBy/e)
		share := -s / scaleBy / e
		if share == 0 {
			continue
		}
		addOuter(b.c, share*f.count, f.of, f.of)
		for a, v := range f.of {
			if v != 0 {
				addScaled(b.b[a*c:a*c+p], share*f.count*v, f.x)
				b.b[a*c+p] += share * v * f.y
			}
		}
		for a, v := range f.x {
			addScaled(inner[a*c:a*c+p], share*f.count*v, f.x)
			inner[a*c+p] += share * v * f.y
			inner[p*c+a] += share * v * f.y
		}
		inner[p*c+p] += share * f.yy
	}
	root := make([]float64, q)
	for i, k := range b.of {
		root[i] = math.Sqrt(m.sigma[k])
	}
	work := b.t // free until the end
	for i := range q {
		for j := range q {
			work[i*q+j] = root[i] * b.c[i*q+j] * root[j]
		}
		work[i*q+i]++
	}
	det, ok := cholesky(work, q)
	if !ok {
		return 0, false
	}
	inverseFrom(work, q, b.m)
	for i := range q {
		for j := range q {
			b.m[i*q+j] *= root[i] * root[j]
		}
	}
	product(b.mb, b.m, b.b, q, q, c)
	productT(inner, -1, b.b, b.mb, q, c, c)
	product(b.t, b.m, b.c, q, q, q)
	scale(b.t, -1)
	for i := range q {
		b.t[i*q+i]++
	}
	product(b.g, b.c, b.t, q, q, q)
	clear(b.u)
	productT(b.u, 1, b.t, b.b, q, q, c)
	return logDet + det, true
}
