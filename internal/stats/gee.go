package stats

import (
	"fmt"
	"math"
)

// GEE is a marginal regression by generalised estimating equations. Slices have one value per column of the design.
type GEE struct {
	N, Clusters  int
	Coefficients []float64 // on the scale of the link: points, log odds or log rates
	SE           []float64 // sandwich, without small-sample correction
	Wald         []float64 // (coefficient / SE)²
	Scale        float64   // mean squared Pearson residual
	Alpha        float64   // common correlation within clusters; 0 under independence

	// Corrected for few clusters: Mancl & DeRouen's standard errors, and t on Clusters minus the number of columns. NaN
	// where one cluster alone decides a coefficient, or where there are no more clusters than columns.
	Corrected []GEECoefficient
}

// GEECoefficient is a coefficient with the inference to print.
type GEECoefficient struct {
	SE, DF, T, P float64
	CI           Interval
}

// GEEModel says what a GEE assumes of its answers. Without Binomial or Poisson they are points with an identity link.
type GEEModel struct {
	Binomial     bool // answers are 0 and 1, with a logit link
	Poisson      bool // answers are counts, with a log link
	Exchangeable bool // one working correlation within clusters; otherwise independence
}

// GeneralisedEstimating solves sum D'V⁻¹(y - mu) = 0 with V = phi A^(1/2) R A^(1/2). phi is the mean squared Pearson
// residual e over observations, alpha the mean of e_i e_j / phi over pairs within clusters. With B the inverse of sum G_g,
// G_g = D'V⁻¹D, and s_g = D'V⁻¹(y - mu),
//
//	sandwich:         B (sum s_g s_g') B
//	Mancl & DeRouen:  the same with s_g replaced by (I - G_gB)⁻¹ s_g, which is D'V⁻¹(I - H_g)⁻¹(y - mu)
//
// The plain sandwich is too small with fewer than about 40 clusters. Rows with anything missing are left out. It needs two
// clusters and more rows than columns, and answers that the model allows. Sources: Liang & Zeger (1986),
// Biometrika 73; Mancl & DeRouen (2001), Biometrics 57.
func GeneralisedEstimating(y []float64, x [][]float64, cluster []string, model GEEModel) (GEE, error) {
	mustMatch(len(y), len(x), len(cluster))
	e := estimating{GEEModel: model}
	value := make([]float64, len(y))
	for i := range y {
		mustMatch(len(x[0]), len(x[i]))
		if value[i] = y[i]; math.IsNaN(sum(x[i])) {
			value[i] = math.NaN()
		}
		if !math.IsNaN(value[i]) && cluster[i] != "" {
			e.x = append(e.x, x[i])
		}
	}
	e.clusters = group(value, cluster)
	if err := need(e.count(), 2, "clusters"); err != nil {
		return GEE{}, err
	}
	if err := need(len(e.x), len(x[0])+1, "complete rows"); err != nil {
		return GEE{}, err
	}
	if err := e.start(); err != nil {
		return GEE{}, err
	}
	for range 200 {
		moved, ok := e.step()
		if !ok {
			return GEE{}, ErrNoFit
		}
		if moved < 1e-13 {
			return e.result()
		}
	}
	return GEE{}, ErrNoFit
}

// estimating is a GEE on its way.
type estimating struct {
	GEEModel
	clusters
	x          [][]float64
	beta       []float64
	phi, alpha float64
	info       []float64   // sum of G
	own        [][]float64 // G of every cluster
	score      [][]float64 // s of every cluster
}

// start is the least-squares fit for points and for the logarithm of counts, and even odds for yes and no.
func (e *estimating) start() error {
	target := e.value
	switch {
	case e.Binomial:
		if err := yesNo(e.value); err != nil {
			return err
		}
	case e.Poisson:
		target = make([]float64, len(e.value))
		for i, v := range e.value {
			if v < 0 {
				return fmt.Errorf("a count below zero: %w", ErrRange)
			}
			target[i] = math.Log(v + 0.5)
		}
	}
	f, err := fit(target, e.x, nil, nil)
	if err != nil {
		return err
	}
	if !e.Binomial && largest(f.residual) <= 1e-14*e.scale {
		return ErrConstant
	}
	e.beta = f.beta
	if e.Binomial {
		e.beta = make([]float64, len(f.beta))
	}
	for range e.count() {
		e.own, e.score = append(e.own, make([]float64, len(e.beta)*len(e.beta))), append(e.score, make([]float64, len(e.beta)))
	}
	e.info = make([]float64, len(e.beta)*len(e.beta))
	return nil
}

// pearson gives the residuals over the root of the variance function, and that root.
func (e *estimating) pearson() (residual, root []float64) {
	residual, root = make([]float64, len(e.x)), make([]float64, len(e.x))
	for i, row := range e.x {
		mu := dot(row, e.beta)
		root[i] = 1
		switch {
		case e.Binomial:
			mu = 1 / (1 + math.Exp(-mu))
			root[i] = math.Sqrt(mu * (1 - mu))
		case e.Poisson:
			mu = math.Exp(mu)
			root[i] = math.Sqrt(mu)
		}
		residual[i] = (e.value[i] - mu) / root[i]
	}
	return residual, root
}

// moments estimates the scale and the correlation from residuals.
func (e *estimating) moments(residual []float64) {
	e.phi, e.alpha = sumSquares(residual)/float64(len(residual)), 0
	if !e.Exchangeable {
		return
	}
	s, size, square := e.sums(residual), e.sizes(), make([]float64, len(residual))
	for i, r := range residual {
		square[i] = r * r
	}
	own, products, pairs := e.sums(square), 0.0, 0.0
	for g := range s {
		products += (s[g]*s[g] - own[g]) / 2
		pairs += size[g] * (size[g] - 1) / 2
	}
	if pairs > 0 {
		e.alpha = products / pairs / e.phi
	}
}

// equations fills in G and s of every cluster, both times phi; with R exchangeable,
// R⁻¹ = (I - rho/(1+(n-1)rho) 11')/(1-rho).
func (e *estimating) equations() {
	residual, root := e.pearson()
	e.moments(residual)
	p, size, rsum := len(e.beta), e.sizes(), e.sums(residual)
	total := make([]float64, e.count()*p)
	for g := range e.own {
		clear(e.own[g])
		clear(e.score[g])
	}
	row := make([]float64, p)
	for i, g := range e.of {
		copy(row, e.x[i])
		scale(row, root[i])
		addScaled(total[g*p:(g+1)*p], 1, row)
		addScaled(e.score[g], residual[i]/(1-e.alpha), row)
		addOuter(e.own[g], 1/(1-e.alpha), row, row)
	}
	clear(e.info)
	for g := range e.own {
		t := total[g*p : (g+1)*p]
		share := e.alpha / (1 + (size[g]-1)*e.alpha) / (1 - e.alpha)
		addScaled(e.score[g], -share*rsum[g], t)
		addOuter(e.own[g], -share, t, t)
		addScaled(e.info, 1, e.own[g])
	}
}

// bread is the inverse of the information.
func (e *estimating) bread() ([]float64, bool) {
	return inverseOf(append([]float64(nil), e.info...), len(e.beta))
}

func (e *estimating) step() (moved float64, ok bool) {
	e.equations()
	bread, ok := e.bread()
	if !ok {
		return 0, false
	}
	p := len(e.beta)
	total, step := make([]float64, p), make([]float64, p)
	for _, s := range e.score {
		addScaled(total, 1, s)
	}
	times(step, bread, total)
	for j, d := range step {
		e.beta[j] += d
		moved = max(moved, math.Abs(d)/(1+math.Abs(e.beta[j])))
	}
	return moved, !math.IsNaN(moved)
}

func (e *estimating) result() (GEE, error) {
	e.equations()
	bread, ok := e.bread()
	if !ok {
		return GEE{}, ErrNoFit
	}
	p := len(e.beta)
	r := GEE{N: len(e.x), Clusters: e.count(), Coefficients: e.beta, Scale: e.phi, Alpha: e.alpha}
	plain := sandwich(bread, e.score)
	var corrected [][]float64
	for g, s := range e.score {
		corrected = append(corrected, e.widened(g, s))
	}
	wide := sandwich(bread, corrected)
	df := float64(e.count() - p)
	for j, b := range e.beta {
		r.SE, r.Wald = append(r.SE, math.Sqrt(plain[j])), append(r.Wald, b*b/plain[j])
		c := GEECoefficient{SE: math.Sqrt(wide[j]), DF: df}
		c.T, c.P, c.CI = studentTest(b, c.SE, df)
		r.Corrected = append(r.Corrected, c)
	}
	return r, nil
}

// sandwich is the diagonal of B (sum s s') B.
func sandwich(bread []float64, scores [][]float64) []float64 {
	v := make([]float64, len(scores[0]))
	at := make([]float64, len(v))
	for _, s := range scores {
		times(at, bread, s)
		for j, u := range at {
			v[j] += u * u
		}
	}
	return v
}

// widened is (I - G B)⁻¹ s = A (A - G)⁻¹ s for A the sum of all G.
func (e *estimating) widened(g int, s []float64) []float64 {
	p := len(s)
	rest := append([]float64(nil), e.info...)
	addScaled(rest, -1, e.own[g])
	out := make([]float64, p)
	for j := range p {
		if !(rest[j*p+j] > 1e-10*e.info[j*p+j]) {
			return undefinedSlice(p)
		}
	}
	inverse, ok := inverseOf(rest, p)
	if !ok {
		return undefinedSlice(p)
	}
	at := make([]float64, p)
	times(at, inverse, s)
	times(out, e.info, at)
	return out
}

func undefinedSlice(n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = math.NaN()
	}
	return out
}
