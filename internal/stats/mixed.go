package stats

import "math"

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
// Variances solve the REML equations by Newton's method; one that would fall below zero is kept at 0, and then Satterthwaite's
// degrees of freedom treat it as known, so that RegressionCR2 is the safer interval. With V_k the derivatives of V = var(y),
// P = V⁻¹ - V⁻¹XΦX'V⁻¹, Φ = (X'V⁻¹X)⁻¹ and g_k = c'ΦX'V⁻¹V_kV⁻¹XΦc:
//
//	Satterthwaite: df = 2 (c'Φc)² / (g'Ag),  A = 2 (2 y'PV_kPV_lPy - tr PV_kPV_l)⁻¹
//	Kenward-Roger: df = 2 (c'Φc)² / (g'Wg),  W = 2 (tr PV_kPV_l)⁻¹,
//	Φ_A = Φ + 2Φ (sum W_kl (X'V⁻¹V_kV⁻¹V_lV⁻¹X - X'V⁻¹V_kV⁻¹XΦX'V⁻¹V_lV⁻¹X)) Φ
//
// It needs more rows than columns and two levels of every grouping. Sources: Patterson & Thompson (1971), Biometrika 58;
// Kenward & Roger (1997), Biometrics 53; Kuznetsova, Brockhoff & Christensen (2017), Journal of Statistical Software 82.
func MixedModel(y []float64, x [][]float64, groupings [][]string, contrasts [][]float64) (Mixed, error) {
	return MixedModelWeighted(y, x, nil, groupings, contrasts)
}

// MixedModelWeighted is MixedModel where the residual of row i has variance Residual / weights[i], such as a mean of that
// many cases. Weights are above zero; a row whose weight is missing is left out.
func MixedModelWeighted(y []float64, x [][]float64, weights []float64, groupings [][]string, contrasts [][]float64) (Mixed, error) {
	m, err := newMixed(y, x, weights, groupings)
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
		r.Coefficients = append(r.Coefficients, m.offset[j]+s.beta[j])
		r.SE = append(r.SE, math.Sqrt(s.phi[j*m.p+j]))
	}
	for _, c := range contrasts {
		mustMatch(m.p, len(c))
		k, err := s.contrast(dot(c, r.Coefficients), c)
		if err != nil {
			return Mixed{}, err
		}
		r.Contrasts = append(r.Contrasts, k)
	}
	return r, nil
}

// mixed is the data of a model and its variances so far.
type mixed struct {
	n, p     int
	groups   []int
	fine     int       // the grouping with most levels, which are eliminated one by one; -1 without groupings
	offset   []float64 // least-squares coefficients; what follows is about their residuals, which are small numbers
	logW     float64   // sum of the logarithms of the weights
	blocks   []mixedBlock
	sigma    []float64 // per grouping
	residual float64
	held     []bool // variances held at 0
	state    *mixedState
}

// free lists the directions of the variances that move: 0 is V itself, a common factor of all, and 1 + k is grouping k.
func (m *mixed) free() []int {
	f := []int{0}
	for k, held := range m.held {
		if !held {
			f = append(f, k+1)
		}
	}
	return f
}

// fit runs Newton's method, by the expected curvature where the observed one is not positive.
func (m *mixed) fit() error {
	s, ok := m.evaluate()
	if !ok {
		return ErrNoFit
	}
	released := 0
	for range 200 {
		step, ok := s.step()
		if !ok {
			return ErrNoFit
		}
		gain := -dot(pick(s.score, s.free), step) // squared length of the step in standard errors of the variances
		next, ok := m.move(s, step)
		if !ok {
			return ErrNoFit
		}
		settled := gain <= 1e-16 && len(next.free) == len(s.free)
		s = next
		if !settled {
			continue
		}
		if released == 2*len(m.sigma) || !m.release(s) {
			m.state = s
			return nil
		}
		released++
		if s, ok = m.evaluate(); !ok {
			return ErrNoFit
		}
	}
	return ErrNoFit
}

func (s *mixedState) step() ([]float64, bool) {
	n := len(s.free)
	step := pick(s.score, s.free)
	h := s.among(s.observed)
	if _, ok := cholesky(h, n); !ok {
		h = s.among(s.expected)
		if _, ok := cholesky(h, n); !ok {
			return nil, false
		}
	}
	solveLower(h, n, step, 1)
	solveUpper(h, n, step, 1)
	scale(step, -1)
	return step, true
}

// move takes the step, or as much of it as lowers the criterion, and holds at 0 a variance that keeps falling.
func (m *mixed) move(s *mixedState, step []float64) (*mixedState, bool) {
	from, residual, held := append([]float64(nil), m.sigma...), m.residual, append([]bool(nil), m.held...)
	for size := 1.0; size > 1e-12; size /= 2 {
		factor := 1 + size*step[0]
		for i, d := range s.free[1:] {
			k := d - 1
			m.sigma[k] = max(factor*from[k]+size*step[i+1], from[k]/10) // a step too long must not decide for 0
			if m.held[k] = m.sigma[k] <= 1e-9*residual; m.held[k] {
				m.sigma[k] = 0
			}
		}
		m.residual = factor * residual
		if factor > 0.1 {
			next, ok := m.evaluate()
			if ok && next.criterion <= s.criterion+1e-9*(1+math.Abs(s.criterion)) {
				return next, true
			}
		}
		copy(m.sigma, from)
		copy(m.held, held)
	}
	m.residual = residual
	return nil, false
}

// release frees a variance held at 0 that would lower the criterion by growing.
func (m *mixed) release(s *mixedState) bool {
	for k, held := range m.held {
		if held && s.score[k+1]*m.residual < -1e-6 {
			m.sigma[k] = 1e-3 * m.residual
			m.held[k] = false
			return true
		}
	}
	return false
}
