package stats

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// Regression is a least-squares fit. Slices have one value per column of the design.
type Regression struct {
	N            int
	Coefficients []float64
	SE, T, P     []float64
	DF           float64 // N minus the number of columns
	Sigma        float64 // residual standard deviation
	R2           float64 // against the mean of y
}

// LeastSquares regresses y on the columns of x, a row per person with the 1 of the intercept among them; rows with a
// missing value are left out. It takes persons as independent with equal variance. It needs more rows than columns, columns
// that are not combinations of one another, and a y that they do not give exactly.
func LeastSquares(y []float64, x [][]float64) (Regression, error) {
	f, err := fit(y, x, nil, nil)
	if err != nil {
		return Regression{}, err
	}
	n, p := f.x.Dims()
	r := Regression{N: n, Coefficients: f.beta, DF: float64(n - p)}
	rss := sumSquares(f.residual)
	if vanishes(rss/r.DF, largest(f.y)) {
		return Regression{}, ErrConstant
	}
	r.Sigma = math.Sqrt(rss / r.DF)
	r.R2 = 1 - rss/(variance(f.y)*float64(n-1))
	for j, b := range f.beta {
		se := r.Sigma * math.Sqrt(f.bread.At(j, j))
		r.SE, r.T, r.P = append(r.SE, se), append(r.T, b/se), append(r.P, studentP(b/se, r.DF))
	}
	return r, nil
}

// ClusteredRegression is a least-squares fit with bias-reduced cluster-robust inference. Slices have one value per column
// of the design.
type ClusteredRegression struct {
	N, Clusters  int
	Coefficients []float64
	SE, DF       []float64 // CR2 and Satterthwaite
	T, P         []float64
	CI           []Interval
}

// RegressionCR2 is LeastSquares, weighted where weights is not nil, with CR2 variance under the identity working model.
// With M = (X'WX)⁻¹, A_g the inverse square root of the g-th block of (I-H)(I-H)' and e_g the residuals of cluster g,
//
//	V = M (sum X_g'W_g A_g e_g e_g' A_g W_g X_g) M,  df_c = tr(P)²/sum P_gh²
//
// where P_gh is the covariance of the contributions of clusters g and h to coefficient c under independence. Errors are NaN
// where clusters cannot tell: one alone decides the coefficient, or all agree on it to the last digit. It needs two
// clusters and more rows than columns. For the mean alone MeanCR2 gives the same in closed form. Sources: Bell & McCaffrey
// (2002), Survey Methodology 28; Pustejovsky & Tipton (2018), Journal of Business & Economic Statistics 36.
func RegressionCR2(y []float64, x [][]float64, cluster []string, weights []float64) (ClusteredRegression, error) {
	mustMatch(len(y), len(cluster))
	f, err := fit(y, x, cluster, weights)
	if err != nil {
		return ClusteredRegression{}, err
	}
	if err := need(f.groups.count(), 2, "clusters"); err != nil {
		return ClusteredRegression{}, err
	}
	n, p := f.x.Dims()
	r := ClusteredRegression{N: n, Clusters: f.groups.count(), Coefficients: f.beta}
	unit := make([]float64, p)
	half := f.adjusted()
	for c, b := range f.beta {
		clear(unit)
		unit[c] = 1
		se, df := f.combination(unit, half)
		t, pv, ci := studentTest(b, se, df)
		r.SE, r.DF = append(r.SE, se), append(r.DF, df)
		r.T, r.P, r.CI = append(r.T, t), append(r.P, pv), append(r.CI, ci)
	}
	return r, nil
}

// contrastsCR2 is RegressionCR2 for combinations of coefficients.
func contrastsCR2(y []float64, x [][]float64, cluster []string, contrasts [][]float64) ([]ClusteredMean, error) {
	f, err := fit(y, x, cluster, nil)
	if err != nil {
		return nil, err
	}
	if err := need(f.groups.count(), 2, "clusters"); err != nil {
		return nil, err
	}
	half := f.adjusted()
	out := make([]ClusteredMean, len(contrasts))
	for k, c := range contrasts {
		m := ClusteredMean{N: len(f.y), Clusters: f.groups.count(), Mean: dot(c, f.beta)}
		m.SE, m.DF = f.combination(c, half)
		m.T, m.P, m.CI = studentTest(m.Mean, m.SE, m.DF)
		out[k] = m
	}
	return out, nil
}

// leastSquares is a fit with what the variances need.
type leastSquares struct {
	y, w, residual []float64
	x              *mat.Dense
	beta           []float64
	bread, meat    *mat.Dense // (X'WX)⁻¹ and X'W²X
	groups         clusters
}

func fit(y []float64, x [][]float64, cluster []string, weights []float64) (*leastSquares, error) {
	if err := bounded(y); err != nil {
		return nil, err
	}
	if err := bounded(x...); err != nil {
		return nil, err
	}
	if err := positive(weights); err != nil {
		return nil, err
	}
	mustMatch(len(y), len(x))
	if weights != nil {
		mustMatch(len(y), len(weights))
	}
	f := &leastSquares{}
	var names []string
	var design []float64
	for i, row := range x {
		mustMatch(len(x[0]), len(row))
		w := 1.0
		if weights != nil {
			w = weights[i]
		}
		if math.IsNaN(y[i]+sum(row)+w) || cluster != nil && cluster[i] == "" {
			continue
		}
		f.y, f.w, design = append(f.y, y[i]), append(f.w, w), append(design, row...)
		if cluster != nil {
			names = append(names, cluster[i])
		}
	}
	p := 0
	if len(x) > 0 {
		p = len(x[0])
	}
	if err := need(len(f.y), p+1, "complete rows"); err != nil {
		return nil, err
	}
	f.x = mat.NewDense(len(f.y), p, design)
	if cluster != nil {
		f.groups = group(f.y, names)
	}
	return f, f.solve()
}

// solve finds the coefficients by the QR decomposition of the weighted design.
func (f *leastSquares) solve() error {
	n, p := f.x.Dims()
	scaled, target := mat.DenseCopyOf(f.x), mat.NewVecDense(n, nil)
	squared := mat.DenseCopyOf(f.x)
	for i, w := range f.w {
		s := math.Sqrt(w)
		target.SetVec(i, s*f.y[i])
		for j := range p {
			scaled.Set(i, j, s*f.x.At(i, j))
			squared.Set(i, j, w*f.x.At(i, j))
		}
	}
	var qr mat.QR
	qr.Factorize(scaled)
	var beta mat.VecDense
	if err := qr.SolveVecTo(&beta, false, target); err != nil {
		return ErrNoFit
	}
	var gram mat.Dense
	gram.Mul(scaled.T(), scaled)
	f.bread, f.meat = &mat.Dense{}, &mat.Dense{}
	if err := f.bread.Inverse(&gram); err != nil {
		return ErrNoFit
	}
	f.meat.Mul(squared.T(), squared)
	f.beta = mat.Col(nil, 0, &beta)
	f.residual = make([]float64, n)
	for i := range n {
		f.residual[i] = f.y[i] - dot(f.x.RawRowView(i), f.beta)
	}
	return nil
}

// block is what one cluster adds: its rows, and U = A W X over them.
type block struct {
	rows []int
	u    *mat.Dense
}

// adjusted computes A_g W_g X_g per cluster. A_g differs from the identity only in the span of X_g and W_g X_g, so a
// matrix of twice the number of columns is all that is decomposed.
func (f *leastSquares) adjusted() []block {
	_, p := f.x.Dims()
	blocks := make([]block, f.groups.count())
	for i, g := range f.groups.of {
		blocks[g].rows = append(blocks[g].rows, i)
	}
	var inner mat.Dense // M X'W²X M
	inner.Product(f.bread, f.meat, f.bread)
	for g := range blocks {
		rows := blocks[g].rows
		x, wx, both := mat.NewDense(len(rows), p, nil), mat.NewDense(len(rows), p, nil), mat.NewDense(len(rows), 2*p, nil)
		for k, i := range rows {
			for j, v := range f.x.RawRowView(i) {
				x.Set(k, j, v)
				wx.Set(k, j, f.w[i]*v)
				both.Set(k, j, v)
				both.Set(k, p+j, f.w[i]*v)
			}
		}
		blocks[g].u = adjust(basis(both), x, wx, f.bread, &inner)
	}
	return blocks
}

// basis is an orthonormal basis of the columns of a.
func basis(a *mat.Dense) *mat.Dense {
	n, _ := a.Dims()
	var svd mat.SVD
	svd.Factorize(a, mat.SVDThin)
	var u mat.Dense
	svd.UTo(&u)
	rank, s := 0, svd.Values(nil)
	for rank < len(s) && s[rank] > 1e-10*s[0] {
		rank++
	}
	if rank == 0 {
		return mat.NewDense(n, 1, nil)
	}
	return mat.DenseCopyOf(u.Slice(0, n, 0, rank))
}

// adjust is B^(-1/2) W X for B = I - X M X'W - W X M X' + X K X', seen in basis q. Directions that the cluster alone
// decides (eigenvalue 0) are left out, as the pseudo-inverse does.
func adjust(q, x, wx, m, k *mat.Dense) *mat.Dense {
	var qx, qwx, cross, quad, out mat.Dense
	qx.Mul(q.T(), x)
	qwx.Mul(q.T(), wx)
	cross.Product(&qx, m, qwx.T())
	quad.Product(&qx, k, qx.T())
	r, _ := cross.Dims()
	b := mat.NewSymDense(r, nil)
	for i := range r {
		for j := i; j < r; j++ {
			v := quad.At(i, j) - cross.At(i, j) - cross.At(j, i)
			if i == j {
				v++
			}
			b.SetSym(i, j, v)
		}
	}
	var eig mat.EigenSym
	eig.Factorize(b, true)
	var vec, root mat.Dense
	eig.VectorsTo(&vec)
	scale := mat.NewDiagDense(r, nil)
	for i, v := range eig.Values(nil) {
		if v > 1e-12 {
			scale.SetDiag(i, 1/math.Sqrt(v))
		}
	}
	root.Product(&vec, scale, vec.T())
	out.Product(q, &root, &qwx)
	return &out
}

// combination is the CR2 standard error of the sum c of coefficients and its Satterthwaite degrees of freedom.
func (f *leastSquares) combination(c []float64, blocks []block) (se, df float64) {
	p := len(c)
	direction := make([]float64, p)
	for j := range direction {
		direction[j] = dot(f.bread.RawRowView(j), c)
	}
	uu := make([]float64, len(blocks))
	a, b := mat.NewDense(len(blocks), p, nil), mat.NewDense(len(blocks), p, nil) // X'W u and X'u
	v := 0.0
	for g, bl := range blocks {
		s, ag, bg := 0.0, a.RawRowView(g), b.RawRowView(g)
		for k, i := range bl.rows {
			u := dot(bl.u.RawRowView(k), direction)
			s += u * f.residual[i]
			uu[g] += u * u
			for j, xv := range f.x.RawRowView(i) {
				ag[j] += f.w[i] * xv * u
				bg[j] += xv * u
			}
		}
		v += s * s
	}
	var amb, inner, bkb mat.Dense
	amb.Product(a, f.bread, b.T())
	inner.Product(f.bread, f.meat, f.bread)
	bkb.Product(b, &inner, b.T())
	var trace, p2 float64
	for g := range blocks {
		for h := range blocks {
			x := bkb.At(g, h) - amb.At(g, h) - amb.At(h, g)
			if g == h {
				x += uu[g]
				trace += x
			}
			p2 += x * x
		}
	}
	if !(trace > 1e-10*dot(c, direction)) || !(v > 1e-20*trace*sumSquares(f.residual)/float64(len(f.y))) {
		return math.NaN(), math.NaN()
	}
	return math.Sqrt(v), trace * trace / p2
}
