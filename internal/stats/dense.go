package stats

import "math"

// Small matrices are slices in row order. These few operations are all that the inner loops need, and none allocates.

// cholesky replaces the lower triangle of the symmetric n x n matrix a by L with a = LL' and gives log det a. It is false
// for a matrix that is not positive definite, or so little that the last digits decide.
func cholesky(a []float64, n int) (logDet float64, ok bool) {
	for j := range n {
		row := a[j*n : j*n+j]
		d := a[j*n+j]
		whole := d
		for _, v := range row {
			d -= v * v
		}
		if !(d > 1e-14*whole) || math.IsInf(d, 1) {
			return 0, false
		}
		d = math.Sqrt(d)
		a[j*n+j] = d
		logDet += 2 * math.Log(d)
		for i := j + 1; i < n; i++ {
			s := a[i*n+j]
			for k, v := range row {
				s -= a[i*n+k] * v
			}
			a[i*n+j] = s / d
		}
	}
	return logDet, true
}

// solveLower replaces the n x m matrix b by L⁻¹b, solveUpper by L'⁻¹b.
func solveLower(l []float64, n int, b []float64, m int) {
	for i := range n {
		for k := range i {
			if v := l[i*n+k]; v != 0 {
				addScaled(b[i*m:(i+1)*m], -v, b[k*m:(k+1)*m])
			}
		}
		scale(b[i*m:(i+1)*m], 1/l[i*n+i])
	}
}

func solveUpper(l []float64, n int, b []float64, m int) {
	for i := n - 1; i >= 0; i-- {
		for k := i + 1; k < n; k++ {
			if v := l[k*n+i]; v != 0 {
				addScaled(b[i*m:(i+1)*m], -v, b[k*m:(k+1)*m])
			}
		}
		scale(b[i*m:(i+1)*m], 1/l[i*n+i])
	}
}

// inverseFrom writes the inverse of LL' to out.
func inverseFrom(l []float64, n int, out []float64) {
	clear(out[:n*n])
	for i := range n {
		out[i*n+i] = 1
	}
	solveLower(l, n, out, n)
	solveUpper(l, n, out, n)
}

func addScaled(to []float64, f float64, x []float64) {
	for i, v := range x {
		to[i] += f * v
	}
}

func scale(x []float64, f float64) {
	for i := range x {
		x[i] *= f
	}
}

// addOuter adds f x y' to the matrix to.
func addOuter(to []float64, f float64, x, y []float64) {
	for i, v := range x {
		if v != 0 {
			addScaled(to[i*len(y):(i+1)*len(y)], f*v, y)
		}
	}
}

// product writes a b to out: a is n x k, b is k x m.
func product(out, a, b []float64, n, k, m int) {
	clear(out[:n*m])
	for i := range n {
		for j := range k {
			if v := a[i*k+j]; v != 0 {
				addScaled(out[i*m:(i+1)*m], v, b[j*m:(j+1)*m])
			}
		}
	}
}

// productT adds f a'b to out: a is k x n, b is k x m.
func productT(out []float64, f float64, a, b []float64, k, n, m int) {
	for j := range k {
		addOuter(out, f, a[j*n:(j+1)*n], b[j*m:(j+1)*m])
	}
}

// times writes the n x m matrix a times x to out.
func times(out, a, x []float64) {
	m := len(x)
	for i := range out {
		out[i] = dot(a[i*m:(i+1)*m], x)
	}
}

// quadratic is x'a y.
func quadratic(x, a, y []float64) float64 {
	s := 0.0
	for i, v := range x {
		s += v * dot(a[i*len(y):(i+1)*len(y)], y)
	}
	return s
}

// traceOf is the trace of the product of two n x n matrices.
func traceOf(a, b []float64, n int) float64 {
	s := 0.0
	for i := range n {
		for j := range n {
			s += a[i*n+j] * b[j*n+i]
		}
	}
	return s
}

// inverseOf is the inverse of a symmetric positive matrix, whose decomposition it leaves in a.
func inverseOf(a []float64, n int) ([]float64, bool) {
	if _, ok := cholesky(a, n); !ok {
		return nil, false
	}
	out := make([]float64, n*n)
	inverseFrom(a, n, out)
	return out, true
}
