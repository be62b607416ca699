package stats

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// Mixed is a linear mixed model with random intercepts, fitted by restricted maximum likelihood.
type Mixed struct {
	N             int
	Coefficients  []float64 // one per column of the design
	SE            []float64
	Groups        []int     // levels of each grouping
	Variances     []float64 // of the intercepts of each grouping; 0 at the boundary
	Residual      float64   // variance
	REMLCriterion float64   // -2 log restricted likelihood
	Contrasts     []MixedContrast
}

// MixedContrast is a combination of coefficients with both small-sample corrections.
type MixedContrast struct {
	Estimate float64
	SE, DF   float64 // Satterthwaite
	T, P     float64
	CI       Interval
	KR       KenwardRoger
}

// KenwardRoger is a contrast with the adjusted covariance of the coefficients.
type KenwardRoger struct {
	SE, DF, T, P float64
	CI           Interval
}

// MixedModel fits y = x b + sum of random intercepts + residual: x has a row per observation with the 1 of the intercept
// among its columns, and every grouping names the level of each observation, such as the person, the cohort, and cohort and
// wave together. Rows with anything missing are left out; persons with only some waves stay, which is valid when being
// missing depends only on what was observed. Contrasts are rows of coefficients of b.
//
// Variances solve the REML equations by Newton's method; one that would fall below zero is kept at 0, and then the degrees
// of freedom treat it as known, so that RegressionCR2 is the safer interval. With V_k the derivatives of V = var(y), P =
// V⁻¹ - V⁻¹XΦX'V⁻¹, Φ = (X'V⁻¹X)⁻¹ and g_k = c'ΦX'V⁻¹V_kV⁻¹XΦc:
//
//	Satterthwaite: df = 2 (c'Φc)² / (g'Ag),  A = 2 (2 y'PV_kPV_lPy - tr PV_kPV_l)⁻¹
//	Kenward-Roger: df = 2 (c'Φc)² / (g'Wg),  W = 2 (tr PV_kPV_l)⁻¹,
//	Φ_A = Φ + 2Φ (sum W_kl (X'V⁻¹V_kV⁻¹V_lV⁻¹X - X'V⁻¹V_kV⁻¹XΦX'V⁻¹V_lV⁻¹X)) Φ
//
// It needs more rows than columns and two levels of every grouping. Sources: Patterson & Thompson (1971), Biometrika 58;
// Kenward & Roger (1997), Biometrics 53; Kuznetsova, Brockhoff & Christensen (2017), Journal of Statistical Software 82.
func MixedModel(y []float64, x [][]float64, groupings [][]string, contrasts [][]float64) (Mixed, error) {
	m, err := newMixed(y, x, groupings)
	if err != nil {
		return Mixed{}, err
	}
	if err := m.fit(); err != nil {
		return Mixed{}, err
	}
	s := m.state
	r := Mixed{
		N: m.n, Groups: m.groups, Variances: m.sigma, Residual: m.residual, REMLCriterion: s.criterion,
	}
	for j := range m.p {
		r.Coefficients = append(r.Coefficients, m.offset[j]+s.beta.At(j, 0))
		r.SE = append(r.SE, math.Sqrt(s.phi.At(j, j)))
	}
	for _, c := range contrasts {
		mustMatch(m.p, len(c))
		k, err := s.contrast(dot(c, r.Coefficients), mat.NewVecDense(m.p, c))
		if err != nil {
			return Mixed{}, err
		}
		r.Contrasts = append(r.Contrasts, k)
	}
	return r, nil
}

// mixed is the data of a model, cut into blocks that share no level, and its variances so far.
type mixed struct {
	n, p     int
	groups   []int
	offset   []float64 // least-squares coefficients; what follows is about their residuals, which are small numbers
	blocks   []mixedBlock
	sigma    []float64 // per grouping
	residual float64
	free     []int // groupings whose variance is not held at 0
	state    *mixedState
}

// mixedBlock holds the cross-products of a block; the columns of Z are the levels in it.
type mixedBlock struct {
	n      int
	of     []int      // grouping of each column of Z
	zz, zx *mat.Dense // Z'Z and Z'[X y]
	xx     *mat.Dense // [X y]'[X y]
}

func newMixed(y []float64, x [][]float64, groupings [][]string) (*mixed, error) {
	mustMatch(len(y), len(x))
	for _, g := range groupings {
		mustMatch(len(y), len(g))
	}
	var rows []int
	for i := range y {
		mustMatch(len(x[0]), len(x[i]))
		whole := !math.IsNaN(y[i] + sum(x[i]))
		for _, g := range groupings {
			whole = whole && g[i] != ""
		}
		if whole {
			rows = append(rows, i)
		}
	}
	m := &mixed{n: len(rows), sigma: make([]float64, len(groupings)), groups: make([]int, len(groupings))}
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
		m.free = append(m.free, k)
	}
	design := make([][]float64, len(rows))
	for r, i := range rows {
		design[r] = x[i]
	}
	ols, err := fit(pick(y, rows), design, nil, nil)
	if err != nil {
		return nil, err
	}
	if largest(ols.residual) <= 1e-14*largest(y) {
		return nil, ErrConstant
	}
	m.offset = ols.beta
	for _, part := range connected(level) {
		m.blocks = append(m.blocks, m.block(part, level, ols.residual, design))
	}
	m.residual = sumSquares(ols.residual) / float64(m.n-m.p) / float64(len(groupings)+1)
	for k := range m.sigma {
		m.sigma[k] = m.residual
	}
	return m, nil
}

// levels numbers the levels of every grouping over all groupings: level[r][k] is that of row r.
func (m *mixed) levels(rows []int, groupings [][]string) [][]int {
	level, next := make([][]int, len(rows)), 0
	for k, g := range groupings {
		number := map[string]int{}
		for r, i := range rows {
			id, seen := number[g[i]]
			if !seen {
				id = next
				number[g[i]] = id
				next++
			}
			level[r] = append(level[r], id)
		}
		m.groups[k] = len(number)
	}
	return level
}

// connected splits rows into parts that share no level.
func connected(level [][]int) [][]int {
	up := map[int]int{}
	var top func(int) int
	top = func(a int) int {
		if b, ok := up[a]; ok && b != a {
			up[a] = top(b)
			return up[a]
		}
		return a
	}
	for _, l := range level {
		for _, id := range l[min(1, len(l)):] {
			if a, b := top(l[0]), top(id); a != b {
				up[a] = b
			}
		}
	}
	number := map[int]int{}
	var parts [][]int
	for r, l := range level {
		root := -1 - r // a row of its own where there is no grouping
		if len(l) > 0 {
			root = top(l[0])
		}
		k, seen := number[root]
		if !seen {
			k = len(parts)
			number[root], parts = k, append(parts, nil)
		}
		parts[k] = append(parts[k], r)
	}
	return parts
}

func (m *mixed) block(part []int, level [][]int, y []float64, x [][]float64) mixedBlock {
	b := mixedBlock{n: len(part), xx: mat.NewDense(m.p+1, m.p+1, nil)}
	place := map[int]int{}
	for _, r := range part {
		for k, id := range level[r] {
			if _, seen := place[id]; !seen {
				place[id] = len(b.of)
				b.of = append(b.of, k)
			}
		}
	}
	q := max(len(b.of), 1)
	b.zz, b.zx = mat.NewDense(q, q, nil), mat.NewDense(q, m.p+1, nil)
	for _, r := range part {
		row := append(append(make([]float64, 0, m.p+1), x[r]...), y[r])
		for i, v := range row {
			for j, w := range row {
				b.xx.Set(i, j, b.xx.At(i, j)+v*w)
			}
		}
		for _, id := range level[r] {
			c := place[id]
			for j, w := range row {
				b.zx.Set(c, j, b.zx.At(c, j)+w)
			}
			for _, other := range level[r] {
				d := place[other]
				b.zz.Set(c, d, b.zz.At(c, d)+1)
			}
		}
	}
	return b
}

// mixedState is everything that follows from the variances. Directions are the derivatives of V: 0 is V itself, a common
// factor of all variances, and 1, 2, ... are the free groupings.
type mixedState struct {
	n, p      int
	free      []int
	phi, beta mat.Dense
	criterion float64
	score     []float64      // derivatives of the criterion
	observed  *mat.SymDense  // its second derivatives
	expected  *mat.SymDense  // and their expectation, tr PV_kPV_l
	slope     []*mat.Dense   // X'V⁻¹V_kV⁻¹X
	twice     [][]*mat.Dense // X'V⁻¹V_kV⁻¹V_lV⁻¹X
	boundary  []float64      // score of every grouping, free or not
}

// solvedBlock is a block seen through V⁻¹.
type solvedBlock struct {
	of   []int
	g, u *mat.Dense // Z'V⁻¹Z and Z'V⁻¹[X y]
}

// evaluate computes the state at the present variances.
func (m *mixed) evaluate() (*mixedState, bool) {
	s := &mixedState{n: m.n, p: m.p, free: m.free}
	all, logDet := mat.NewDense(m.p+1, m.p+1, nil), 0.0
	solved := make([]solvedBlock, len(m.blocks))
	for i, b := range m.blocks {
		inner, det, ok := m.solve(b, &solved[i])
		if !ok {
			return nil, false
		}
		all.Add(all, inner)
		logDet += det
	}
	xx, xy := all.Slice(0, m.p, 0, m.p), all.Slice(0, m.p, m.p, m.p+1)
	var chol mat.Cholesky
	if !chol.Factorize(symmetric(xx)) {
		return nil, false
	}
	var inv mat.SymDense
	if chol.InverseTo(&inv) != nil {
		return nil, false
	}
	s.phi.CloneFrom(&inv)
	s.beta.Mul(&s.phi, xy)
	var fitted mat.Dense
	fitted.Mul(xy.T(), &s.beta)
	ypy := all.At(m.p, m.p) - fitted.At(0, 0)
	s.criterion = float64(m.n-m.p)*math.Log(2*math.Pi) + logDet + chol.LogDet() + ypy
	s.derive(m, solved, mat.DenseCopyOf(xx), ypy)
	return s, true
}

func symmetric(a mat.Matrix) *mat.SymDense {
	n, _ := a.Dims()
	s := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			s.SetSym(i, j, (a.At(i, j)+a.At(j, i))/2)
		}
	}
	return s
}

// solve applies V⁻¹ = (I - ZS C⁻¹ SZ')/e, C = eI + SZ'ZS, S the standard deviations and e the residual variance.
func (m *mixed) solve(b mixedBlock, out *solvedBlock) (inner *mat.Dense, logDet float64, ok bool) {
	q := len(b.of)
	inner = mat.NewDense(m.p+1, m.p+1, nil)
	if q == 0 {
		inner.Scale(1/m.residual, b.xx)
		return inner, float64(b.n) * math.Log(m.residual), true
	}
	c, sz, sx := mat.NewSymDense(q, nil), mat.NewDense(q, q, nil), mat.NewDense(q, m.p+1, nil)
	for i := range q {
		si := math.Sqrt(m.sigma[b.of[i]])
		for j := range q {
			sz.Set(i, j, si*b.zz.At(i, j))
			if j >= i {
				c.SetSym(i, j, si*b.zz.At(i, j)*math.Sqrt(m.sigma[b.of[j]]))
			}
		}
		c.SetSym(i, i, c.At(i, i)+m.residual)
		for j := range m.p + 1 {
			sx.Set(i, j, si*b.zx.At(i, j))
		}
	}
	var chol mat.Cholesky
	if !chol.Factorize(c) {
		return nil, 0, false
	}
	var cz, cx mat.Dense
	if chol.SolveTo(&cz, sz) != nil || chol.SolveTo(&cx, sx) != nil {
		return nil, 0, false
	}
	*out = solvedBlock{of: b.of, g: &mat.Dense{}, u: &mat.Dense{}}
	reduce := func(into, whole, left, right *mat.Dense) {
		into.Mul(left.T(), right)
		into.Sub(whole, into)
		into.Scale(1/m.residual, into)
	}
	reduce(out.g, b.zz, sz, &cz)
	reduce(out.u, b.zx, sz, &cx)
	inner.Reset()
	reduce(inner, b.xx, sx, &cx)
	return inner, float64(b.n-q)*math.Log(m.residual) + chol.LogDet(), true
}

// derive fills in the derivatives. Sums over pairs of levels stay within blocks; what crosses blocks goes through Φ.
func (s *mixedState) derive(m *mixed, solved []solvedBlock, xx *mat.Dense, ypy float64) {
	k := len(m.sigma)
	slope, cross := make([]*mat.Dense, k), make([]*mat.Dense, k) // sum u'u and sum r u over the levels of a grouping
	trace, fit := make([]float64, k), make([]float64, k)
	gg, rgr, ugu := square(k), square(k), make([][]*mat.Dense, k)
	for a := range k {
		slope[a], cross[a], ugu[a] = mat.NewDense(s.p, s.p, nil), mat.NewDense(1, s.p, nil), make([]*mat.Dense, k)
		for b := range k {
			ugu[a][b] = mat.NewDense(s.p, s.p, nil)
		}
	}
	for _, b := range solved {
		q := len(b.of)
		if q == 0 {
			continue
		}
		u := b.u.Slice(0, q, 0, s.p)
		var r mat.Dense
		r.Mul(u, &s.beta)
		r.Sub(b.u.Slice(0, q, s.p, s.p+1), &r)
		gu := make([]*mat.Dense, k) // G restricted to the columns of a grouping, times u
		for a := range k {
			gu[a] = mat.NewDense(q, s.p, nil)
		}
		for i := range q {
			a := b.of[i]
			trace[a] += b.g.At(i, i)
			fit[a] += r.At(i, 0) * r.At(i, 0)
			ui := b.u.RawRowView(i)[:s.p]
			for x, v := range ui {
				cross[a].Set(0, x, cross[a].At(0, x)+r.At(i, 0)*v)
				for z, w := range ui {
					slope[a].Set(x, z, slope[a].At(x, z)+v*w)
				}
			}
			for j := range q {
				g, c := b.g.At(i, j), b.of[j]
				gg[a][c] += g * g
				rgr[a][c] += r.At(i, 0) * g * r.At(j, 0)
				into := gu[c].RawRowView(i)
				for x, v := range b.u.RawRowView(j)[:s.p] {
					into[x] += g * v
				}
			}
		}
		for c := range k {
			for i := range q {
				a := b.of[i]
				for x, v := range b.u.RawRowView(i)[:s.p] {
					for z, w := range gu[c].RawRowView(i) {
						ugu[a][c].Set(x, z, ugu[a][c].At(x, z)+v*w)
					}
				}
			}
		}
	}
	s.assemble(xx, ypy, slope, cross, trace, fit, gg, rgr, ugu)
}

func square(k int) [][]float64 {
	a := make([][]float64, k)
	for i := range a {
		a[i] = make([]float64, k)
	}
	return a
}

func (s *mixedState) assemble(xx *mat.Dense, ypy float64, slope, cross []*mat.Dense, trace, fit []float64, gg, rgr [][]float64, ugu [][]*mat.Dense) {
	d := len(s.free) + 1
	s.observed, s.expected = mat.NewSymDense(d, nil), mat.NewSymDense(d, nil)
	rest := float64(s.n - s.p)
	s.score, s.slope, s.twice = []float64{rest - ypy}, []*mat.Dense{xx}, make([][]*mat.Dense, d)
	s.expected.SetSym(0, 0, rest)
	s.observed.SetSym(0, 0, 2*ypy-rest)
	for a := range trace {
		trace[a] -= traceProduct(&s.phi, slope[a])
		s.boundary = append(s.boundary, trace[a]-fit[a])
	}
	s.twice[0] = []*mat.Dense{xx}
	for i, a := range s.free {
		s.score = append(s.score, trace[a]-fit[a])
		s.slope = append(s.slope, slope[a])
		s.twice[0] = append(s.twice[0], slope[a])
		s.twice[i+1] = []*mat.Dense{slope[a]}
		s.expected.SetSym(0, i+1, trace[a])
		s.observed.SetSym(0, i+1, 2*fit[a]-trace[a])
		for j, b := range s.free {
			var pa, pb, qa, ff mat.Dense
			pa.Mul(&s.phi, slope[a])
			pb.Mul(&s.phi, slope[b])
			qa.Mul(cross[a], &s.phi)
			ff.Mul(&qa, cross[b].T())
			t := gg[a][b] - 2*traceProduct(&s.phi, ugu[a][b]) + traceProduct(&pa, &pb)
			s.expected.SetSym(i+1, j+1, t)
			s.observed.SetSym(i+1, j+1, 2*(rgr[a][b]-ff.At(0, 0))-t)
			s.twice[i+1] = append(s.twice[i+1], ugu[a][b])
		}
	}
}

func traceProduct(a, b mat.Matrix) float64 {
	var p mat.Dense
	p.Mul(a, b)
	return mat.Trace(&p)
}

// fit runs Newton's method, by the expected curvature where the observed one is not positive.
func (m *mixed) fit() error {
	s, ok := m.evaluate()
	if !ok {
		return ErrNoFit
	}
	for range 200 {
		step, err := s.step()
		if err != nil {
			return err
		}
		gain := -dot(s.score, step) // squared length of the step in standard errors of the variances
		next, ok := m.move(s, step)
		if !ok {
			return ErrNoFit
		}
		held := len(next.free) < len(s.free)
		s = next
		if gain > 1e-16 || held {
			continue
		}
		if !m.release(s) {
			m.state = s
			return nil
		}
		if s, ok = m.evaluate(); !ok {
			return ErrNoFit
		}
	}
	return ErrNoFit
}

func (s *mixedState) step() ([]float64, error) {
	var chol mat.Cholesky
	if !chol.Factorize(s.observed) && !chol.Factorize(s.expected) {
		return nil, ErrNoFit
	}
	var v mat.VecDense
	if chol.SolveVecTo(&v, mat.NewVecDense(len(s.score), s.score)) != nil {
		return nil, ErrNoFit
	}
	v.ScaleVec(-1, &v)
	return mat.Col(nil, 0, &v), nil
}

// move takes the step, or as much of it as lowers the criterion, and holds at 0 a variance that keeps falling.
func (m *mixed) move(s *mixedState, step []float64) (*mixedState, bool) {
	from, residual, free := append([]float64(nil), m.sigma...), m.residual, m.free
	for scale := 1.0; scale > 1e-12; scale /= 2 {
		factor := 1 + scale*step[0]
		m.free = nil
		for i, k := range free {
			m.sigma[k] = max(factor*from[k]+scale*step[i+1], from[k]/10) // a step too long must not decide for 0
			if m.sigma[k] <= 1e-9*residual {
				m.sigma[k] = 0
				continue
			}
			m.free = append(m.free, k)
		}
		m.residual = factor * residual
		if factor > 0.1 {
			next, ok := m.evaluate()
			if ok && next.criterion <= s.criterion+1e-9*(1+math.Abs(s.criterion)) {
				return next, true
			}
		}
		copy(m.sigma, from)
	}
	m.residual, m.free = residual, free
	return nil, false
}

// release frees a variance held at 0 that would lower the criterion by growing.
func (m *mixed) release(s *mixedState) bool {
	for k, v := range m.sigma {
		if v == 0 && s.boundary[k]*m.residual < -1e-6 {
			m.sigma[k] = 1e-3 * m.residual
			m.free = append(m.free, k)
			return true
		}
	}
	return false
}

func (s *mixedState) contrast(estimate float64, c *mat.VecDense) (MixedContrast, error) {
	var a, w mat.SymDense
	var observed, expected mat.Cholesky
	if !observed.Factorize(s.observed) || !expected.Factorize(s.expected) || observed.InverseTo(&a) != nil || expected.InverseTo(&w) != nil {
		return MixedContrast{}, ErrNoFit
	}
	var pc mat.VecDense
	pc.MulVec(&s.phi, c)
	v := mat.Dot(c, &pc)
	g := mat.NewVecDense(len(s.slope), nil)
	for k, m := range s.slope {
		g.SetVec(k, mat.Inner(&pc, m, &pc))
	}
	r := MixedContrast{Estimate: estimate, SE: math.Sqrt(v), DF: v * v / mat.Inner(g, &a, g)}
	r.T, r.P, r.CI = studentTest(r.Estimate, r.SE, r.DF)
	extra := 0.0
	for k := range s.slope {
		for l := range s.slope {
			var mid mat.Dense
			mid.Product(s.slope[k], &s.phi, s.slope[l])
			mid.Sub(s.twice[k][l], &mid)
			extra += 2 * w.At(k, l) * mat.Inner(&pc, &mid, &pc)
		}
	}
	r.KR.SE, r.KR.DF = math.Sqrt(v+2*extra), v*v/mat.Inner(g, &w, g)
	r.KR.T, r.KR.P, r.KR.CI = studentTest(r.Estimate, r.KR.SE, r.KR.DF)
	return r, nil
}
