package stats

import "math"

// mixedState is everything that follows from the variances. Directions are the derivatives of V: 0 is V itself, a common
// factor of all variances, and 1 + k is grouping k. Matrices of directions are d x d, those of coefficients p x p.
type mixedState struct {
	n, p, d            int
	free               []int // directions that move
	phi, beta          []float64
	criterion          float64
	score              []float64   // derivatives of the criterion
	observed, expected []float64   // its second derivatives, and their expectation tr PV_kPV_l
	slope              [][]float64 // X'V⁻¹V_kV⁻¹X
	twice              [][]float64 // X'V⁻¹V_kV⁻¹V_lV⁻¹X at k*d + l
}

// among is the part of a matrix of directions that belongs to those that move.
func (s *mixedState) among(a []float64) []float64 {
	n := len(s.free)
	out := make([]float64, n*n)
	for i, k := range s.free {
		for j, l := range s.free {
			out[i*n+j] = a[k*s.d+l]
		}
	}
	return out
}

// evaluate computes the state at the present variances.
func (m *mixed) evaluate() (*mixedState, bool) {
	p, c := m.p, m.p+1
	s := &mixedState{n: m.n, p: p, d: len(m.sigma) + 1, free: m.free(), beta: make([]float64, p), phi: make([]float64, p*p)}
	inner, logDet := make([]float64, c*c), float64(m.n)*math.Log(m.residual)-m.logW
	for i := range m.blocks {
		det, ok := m.blocks[i].solve(m, inner)
		if !ok {
			return nil, false
		}
		logDet += det
	}
	xx, xy := make([]float64, p*p), make([]float64, p)
	for i := range p {
		copy(xx[i*p:(i+1)*p], inner[i*c:i*c+p])
		xy[i] = inner[i*c+p]
	}
	chol := append([]float64(nil), xx...)
	det, ok := cholesky(chol, p)
	if !ok {
		return nil, false
	}
	inverseFrom(chol, p, s.phi)
	copy(s.beta, xy)
	solveLower(chol, p, s.beta, 1)
	solveUpper(chol, p, s.beta, 1)
	ypy := inner[p*c+p] - dot(xy, s.beta)
	s.criterion = float64(m.n-p)*math.Log(2*math.Pi) + logDet + det + ypy
	if math.IsNaN(s.criterion) {
		return nil, false
	}
	s.derive(m, xx, ypy)
	return s, true
}

// sums over levels i, j of groupings a, b, with u_i = z_i'V⁻¹X, r_i = z_i'V⁻¹(y - Xb) and g_ij = z_i'V⁻¹z_j.
type mixedSums struct {
	k                 int
	trace, fit        []float64   // sum g_ii and sum r_i²
	slope, cross, ugu [][]float64 // sum u_iu_i', sum r_iu_i, and at a*k + b sum u_ig_iju_j'
	gg, rgr           []float64   // sum g_ij² and sum r_ig_ijr_j
}

func (s *mixedState) derive(m *mixed, xx []float64, ypy float64) {
	k := len(m.sigma)
	t := mixedSums{k: k, trace: make([]float64, k), fit: make([]float64, k), gg: make([]float64, k*k), rgr: make([]float64, k*k)}
	for range k {
		t.slope, t.cross = append(t.slope, make([]float64, s.p*s.p)), append(t.cross, make([]float64, s.p))
	}
	for range k * k {
		t.ugu = append(t.ugu, make([]float64, s.p*s.p))
	}
	for i := range m.blocks {
		b := &m.blocks[i]
		r := b.residuals(s.beta)
		b.addCoarse(&t, r, s.p)
		if m.fine >= 0 {
			b.addFine(&t, m, s.beta, r)
		}
	}
	s.assemble(t, xx, ypy)
}

// residuals are r of the coarse levels.
func (b *mixedBlock) residuals(beta []float64) []float64 {
	r, c := make([]float64, len(b.of)), len(beta)+1
	for i := range r {
		u := b.u[i*c : (i+1)*c]
		r[i] = u[c-1] - dot(u[:c-1], beta)
	}
	return r
}

func (b *mixedBlock) addCoarse(t *mixedSums, r []float64, p int) {
	q, c := len(b.of), p+1
	for i, a := range b.of {
		ui := b.u[i*c : i*c+p]
		t.trace[a] += b.g[i*q+i]
		t.fit[a] += r[i] * r[i]
		addOuter(t.slope[a], 1, ui, ui)
		addScaled(t.cross[a], r[i], ui)
		for j, d := range b.of {
			g := b.g[i*q+j]
			t.gg[a*t.k+d] += g * g
			t.rgr[a*t.k+d] += r[i] * g * r[j]
			addOuter(t.ugu[a*t.k+d], g, ui, b.u[j*c:j*c+p])
		}
	}
}

// addFine adds the levels of the finest grouping, pattern by pattern. With h = Z'V₁⁻¹z and d = z'V₁⁻¹z, the level has
// g_ff = d - h'Mh, g_ff' = -h'Mh' and g_fr = h'T_r with a coarse level r.
func (b *mixedBlock) addFine(t *mixedSums, m *mixed, beta, r []float64) {
	q, p, f := len(b.of), m.p, m.fine
	c, k := p+1, t.k
	hh, rh, uh := make([]float64, q*q), make([]float64, q), make([]float64, p*q) // sum hh', sum rh and sum uh'
	u, h, mh, back := make([]float64, p), make([]float64, q), make([]float64, q), make([]float64, c)
	for i := range b.patterns {
		n := &b.patterns[i]
		by := 1 / (m.residual + n.weight*m.sigma[f])
		d := n.weight * by
		clear(back) // (MB)'Z'Wz
		for a, v := range n.of {
			h[a] = v * by
			if v != 0 {
				addScaled(back, v, b.mb[a*c:(a+1)*c])
			}
		}
		for j := range u {
			u[j] = by * (n.x[j] - back[j])
		}
		y := by * (n.y - n.count*back[p])
		yy := by * by * (n.yy - 2*back[p]*n.y + n.count*back[p]*back[p])
		at := dot(u, beta)
		sumR, sumRR := y-n.count*at, yy-2*at*y+n.count*at*at
		times(mh, b.m, h)
		own := dot(h, mh)
		t.trace[f] += n.count * (d - own)
		t.fit[f] += sumRR
		t.gg[f*k+f] += n.count * (d*d - 2*d*own)
		t.rgr[f*k+f] += d * sumRR
		addOuter(t.slope[f], n.count, u, u)
		addOuter(t.ugu[f*k+f], n.count*d, u, u)
		addScaled(t.cross[f], sumR, u)
		addOuter(hh, n.count, h, h)
		addScaled(rh, sumR, h)
		addOuter(uh, n.count, u, h)
	}
	b.addPairs(t, m, r, hh, rh, uh)
}

// addPairs adds what pairs of fine levels, and of a fine and a coarse one, share through the coarse ones.
func (b *mixedBlock) addPairs(t *mixedSums, m *mixed, r, hh, rh, uh []float64) {
	q, p, f := len(b.of), m.p, m.fine
	c, k := p+1, t.k
	mhh, um := make([]float64, q*q), make([]float64, p*q)
	product(mhh, b.m, hh, q, q, q)
	t.gg[f*k+f] += traceOf(mhh, mhh, q)
	t.rgr[f*k+f] -= quadratic(rh, b.m, rh)
	product(um, uh, b.m, p, q, q)
	for i := range p {
		for j := range p {
			t.ugu[f*k+f][i*p+j] -= dot(um[i*q:(i+1)*q], uh[j*q:(j+1)*q])
		}
	}
	column, hc, uc := make([]float64, q), make([]float64, q), make([]float64, p)
	for j, a := range b.of {
		for i := range q {
			column[i] = b.t[i*q+j]
		}
		times(hc, hh, column)
		g2, rr := dot(column, hc), dot(rh, column)*r[j]
		times(uc, uh, column)
		uj := b.u[j*c : j*c+p]
		t.gg[f*k+a] += g2
		t.gg[a*k+f] += g2
		t.rgr[f*k+a] += rr
		t.rgr[a*k+f] += rr
		addOuter(t.ugu[f*k+a], 1, uc, uj)
		addOuter(t.ugu[a*k+f], 1, uj, uc)
	}
}

// assemble turns the sums into derivatives; what crosses blocks goes through Φ.
func (s *mixedState) assemble(t mixedSums, xx []float64, ypy float64) {
	d, p, rest := s.d, s.p, float64(s.n-s.p)
	s.score, s.observed, s.expected = make([]float64, d), make([]float64, d*d), make([]float64, d*d)
	s.slope, s.twice = make([][]float64, d), make([][]float64, d*d)
	s.slope[0], s.twice[0] = xx, xx
	s.score[0], s.expected[0], s.observed[0] = rest-ypy, rest, 2*ypy-rest
	ps := make([][]float64, t.k)
	for a := range t.k {
		ps[a] = make([]float64, p*p)
		product(ps[a], s.phi, t.slope[a], p, p, p)
		tr := t.trace[a] - traceOf(s.phi, t.slope[a], p)
		i := a + 1
		s.score[i], s.slope[i] = tr-t.fit[a], t.slope[a]
		s.twice[i], s.twice[i*d] = t.slope[a], t.slope[a]
		s.expected[i], s.expected[i*d] = tr, tr
		s.observed[i], s.observed[i*d] = 2*t.fit[a]-tr, 2*t.fit[a]-tr
	}
	for a := range t.k {
		for b := range t.k {
			at := (a+1)*d + b + 1
			tr := t.gg[a*t.k+b] - 2*traceOf(s.phi, t.ugu[a*t.k+b], p) + traceOf(ps[a], ps[b], p)
			s.expected[at] = tr
			s.observed[at] = 2*(t.rgr[a*t.k+b]-quadratic(t.cross[a], s.phi, t.cross[b])) - tr
			s.twice[at] = t.ugu[a*t.k+b]
		}
	}
}

func (s *mixedState) contrast(estimate float64, c []float64) (MixedContrast, error) {
	p, d := s.p, s.d
	pc := make([]float64, p)
	times(pc, s.phi, c)
	v := dot(c, pc)
	g := make([]float64, d)
	for k, m := range s.slope {
		g[k] = quadratic(pc, m, pc)
	}
	a, ok := inverseOf(s.among(s.observed), len(s.free))
	if !ok {
		return MixedContrast{}, ErrNoFit
	}
	w, ok := inverseOf(append([]float64(nil), s.expected...), d)
	if !ok {
		return MixedContrast{}, ErrNoFit
	}
	free := pick(g, s.free)
	r := MixedContrast{Estimate: estimate, SE: math.Sqrt(v), DF: v * v / quadratic(free, a, free)}
	r.T, r.P, r.CI = studentTest(r.Estimate, r.SE, r.DF)
	slopes := make([][]float64, d) // X'V⁻¹V_kV⁻¹X Φc
	for k := range d {
		slopes[k] = make([]float64, p)
		times(slopes[k], s.slope[k], pc)
	}
	extra := 0.0
	for k := range d {
		for l := range d {
			extra += 2 * w[k*d+l] * (quadratic(pc, s.twice[k*d+l], pc) - quadratic(slopes[k], s.phi, slopes[l]))
		}
	}
	r.KR.SE, r.KR.DF = math.Sqrt(v+2*extra), v*v/quadratic(g, w, g)
	r.KR.T, r.KR.P, r.KR.CI = studentTest(r.Estimate, r.KR.SE, r.KR.DF)
	return r, nil
}
