package stats

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// GEE is a marginal regression by generalised estimating equations. Slices have one value per column of the design.
type GEE struct {
	N, Clusters  int
	Coefficients []float64 // on the scale of the link: points, or log odds
	SE           []float64 // sandwich, without small-sample correction
	Wald         []float64 // (coefficient / SE)²
	Scale        float64   // mean squared Pearson residual
	Alpha        float64   // common correlation within clusters; 0 under independence
}

// GEEModel says what a GEE assumes of its answers.
type GEEModel struct {
	Binomial     bool // answers are 0 and 1 with a logit link; otherwise points with an identity link
	Exchangeable bool // one working correlation within clusters; otherwise independence
}

// GeneralisedEstimating solves sum D'V⁻¹(y - mu) = 0 with V = phi A^(1/2) R A^(1/2). phi is the mean squared Pearson
// residual e over observations, alpha the mean of e_i e_j / phi over pairs within clusters. The standard errors are too
// small with fewer than about 40 clusters: it is a check, and RegressionCR2 or MixedModel give the interval. Rows with
// anything missing are left out. It needs two clusters and more rows than columns. Source: Liang & Zeger (1986),
// Biometrika 73.
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
	p := len(x[0])
	if err := need(len(e.x), p+1, "complete rows"); err != nil {
		return GEE{}, err
	}
	if model.Binomial {
		for _, v := range e.value {
			bit(v)
		}
	}
	e.beta = make([]float64, p)
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
}

// pearson gives the residuals over the root of the variance function, and that root.
func (e *estimating) pearson() (residual, root []float64) {
	residual, root = make([]float64, len(e.x)), make([]float64, len(e.x))
	for i, row := range e.x {
		mu := dot(row, e.beta)
		root[i] = 1
		if e.Binomial {
			mu = 1 / (1 + math.Exp(-mu))
			root[i] = math.Sqrt(mu * (1 - mu))
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

// equations gives sum D'V⁻¹D and each cluster's D'V⁻¹(y - mu), both times phi; with R exchangeable,
// R⁻¹ = (I - rho/(1+(n-1)rho) 11')/(1-rho).
func (e *estimating) equations() (*mat.SymDense, [][]float64) {
	residual, root := e.pearson()
	e.moments(residual)
	p, size := len(e.beta), e.sizes()
	own := mat.NewSymDense(p, nil)
	total, score := make([][]float64, e.count()), make([][]float64, e.count())
	rsum := e.sums(residual)
	for g := range total {
		total[g], score[g] = make([]float64, p), make([]float64, p)
	}
	for i, g := range e.of {
		for j, v := range e.x[i] {
			v *= root[i]
			total[g][j] += v
			score[g][j] += v * residual[i] / (1 - e.alpha)
			for k := j; k < p; k++ {
				own.SetSym(j, k, own.At(j, k)+v*e.x[i][k]*root[i]/(1-e.alpha))
			}
		}
	}
	for g := range total {
		share := e.alpha / (1 + (size[g]-1)*e.alpha) / (1 - e.alpha)
		for j, v := range total[g] {
			score[g][j] -= share * v * rsum[g]
			for k := j; k < p; k++ {
				own.SetSym(j, k, own.At(j, k)-share*v*total[g][k])
			}
		}
	}
	return own, score
}

func (e *estimating) step() (moved float64, ok bool) {
	info, scores := e.equations()
	score := make([]float64, len(e.beta))
	for _, s := range scores {
		for j, v := range s {
			score[j] += v
		}
	}
	var chol mat.Cholesky
	var step mat.VecDense
	if !chol.Factorize(info) || chol.SolveVecTo(&step, mat.NewVecDense(len(score), score)) != nil {
		return 0, false
	}
	for j := range e.beta {
		e.beta[j] += step.AtVec(j)
		moved = max(moved, math.Abs(step.AtVec(j))/(1+math.Abs(e.beta[j])))
	}
	return moved, true
}

func (e *estimating) result() (GEE, error) {
	info, scores := e.equations()
	var chol mat.Cholesky
	var bread mat.SymDense
	if !chol.Factorize(info) || chol.InverseTo(&bread) != nil {
		return GEE{}, ErrNoFit
	}
	r := GEE{N: len(e.x), Clusters: e.count(), Coefficients: e.beta, Scale: e.phi, Alpha: e.alpha}
	for j, b := range e.beta {
		direction, v := mat.Col(nil, j, &bread), 0.0
		for _, s := range scores {
			u := dot(direction, s)
			v += u * u
		}
		r.SE, r.Wald = append(r.SE, math.Sqrt(v)), append(r.Wald, b*b/v)
	}
	return r, nil
}
