package stats

import (
	"math"
	"sync"

	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/mathext"
)

func lgamma(x float64) float64 {
	v, _ := math.Lgamma(x)
	return v
}

func normalCDF(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }

func normalQuantile(p float64) float64 { return -math.Sqrt2 * math.Erfcinv(2*p) }

// normalP is P(|Z| >= |z|).
func normalP(z float64) float64 { return math.Erfc(math.Abs(z) / math.Sqrt2) }

// z975 is the normal quantile of a 95 % interval.
var z975 = normalQuantile(1 - (1-confidence)/2)

// studentP is P(|T| >= |t|) for df degrees of freedom, exact far into the tail.
func studentP(t, df float64) float64 {
	if math.IsNaN(t) || math.IsNaN(df) || df <= 0 {
		return math.NaN()
	}
	return mathext.RegIncBeta(df/2, 0.5, df/(df+t*t))
}

// studentQuantile is the value t with P(T <= t) = p, for p > 1/2.
func studentQuantile(p, df float64) float64 {
	if math.IsNaN(df) || df <= 0 {
		return math.NaN()
	}
	high := 2.0
	for studentP(high, df) > 2*(1-p) {
		high *= 2
	}
	return root(func(t float64) float64 { return studentP(t, df) - 2*(1-p) }, 0, high)
}

// chiSquareP is P(X >= x) for df degrees of freedom.
func chiSquareP(x, df float64) float64 { return mathext.GammaIncRegComp(df/2, x/2) }

// fisherP is P(F >= f).
func fisherP(f, df1, df2 float64) float64 {
	return mathext.RegIncBeta(df2/2, df1/2, df2/(df2+df1*f))
}

func fisherQuantile(p, df1, df2 float64) float64 {
	high := 2.0
	for fisherP(high, df1, df2) > 1-p {
		high *= 2
	}
	return root(func(f float64) float64 { return fisherP(f, df1, df2) - (1 - p) }, 0, high)
}

func betaQuantile(p, a, b float64) float64 {
	return root(func(x float64) float64 { return mathext.RegIncBeta(a, b, x) - p }, 0, 1)
}

// legendre is the Gauss-Legendre rule with 20 nodes on (-1, 1).
var legendre = sync.OnceValue(func() (r struct{ x, w [20]float64 }) {
	quad.Legendre{}.FixedLocations(r.x[:], r.w[:], -1, 1)
	return r
})

// noncentralT is P(T <= q) for the noncentral t with df degrees of freedom: the mean of Phi(q s - ncp) over s, the root
// of a chi-square divided by df. Quadrature over 14 standard deviations of s either side stays exact for any ncp.
func noncentralT(q, df, ncp float64) float64 {
	const panels = 40
	spread := 14 / math.Sqrt(2*df)
	low := max(0, 1-spread)
	half := (1 + spread - low) / (2 * panels)
	logc := math.Ln2 + df/2*math.Log(df/2) - lgamma(df/2) // density of s: 2 (df/2)^(df/2) / Gamma(df/2) s^(df-1) e^(-df s²/2)
	rule, total := legendre(), 0.0
	for k := range panels {
		mid := low + (2*float64(k)+1)*half
		for i, x := range rule.x {
			s := mid + half*x
			total += half * rule.w[i] * normalCDF(q*s-ncp) * math.Exp(logc+(df-1)*math.Log(s)-df*s*s/2)
		}
	}
	return total
}

// noncentrality is the ncp at which P(T <= t) equals p.
func noncentrality(t, df, p float64) float64 {
	reach := 12 + math.Abs(t)
	return root(func(ncp float64) float64 { return noncentralT(t, df, ncp) - p }, t-reach, t+reach)
}

// root finds a zero of f between a and b by Brent's method (1973) to the last digits; NaN when the signs at both ends agree.
func root(f func(float64) float64, a, b float64) float64 {
	fa, fb := f(a), f(b)
	if fa == 0 {
		return a
	}
	if fb == 0 {
		return b
	}
	if math.IsNaN(fa) || math.IsNaN(fb) || (fa > 0) == (fb > 0) {
		return math.NaN()
	}
	c, fc := a, fa
	step, last := b-a, b-a
	for range 300 {
		if (fb > 0) == (fc > 0) {
			c, fc = a, fa
			step, last = b-a, b-a
		}
		if math.Abs(fc) < math.Abs(fb) {
			a, b, c = b, c, b
			fa, fb, fc = fb, fc, fb
		}
		tol := 4e-16*math.Abs(b) + 1e-300
		mid := (c - b) / 2
		if math.Abs(mid) <= tol || fb == 0 {
			return b
		}
		if math.Abs(last) >= tol && math.Abs(fa) > math.Abs(fb) {
			step, last = interpolate(a, b, c, fa, fb, fc, mid, tol, step, last)
		} else {
			step, last = mid, mid
		}
		a, fa = b, fb
		if math.Abs(step) > tol {
			b += step
		} else {
			b += math.Copysign(tol, mid)
		}
		fb = f(b)
	}
	return b
}

// interpolate is the secant or inverse quadratic step of Brent's method, or halving where that step is not to be trusted.
func interpolate(a, b, c, fa, fb, fc, mid, tol, step, last float64) (float64, float64) {
	s := fb / fa
	var p, q float64
	if a == c {
		p, q = 2*mid*s, 1-s
	} else {
		u, r := fa/fc, fb/fc
		p = s * (2*mid*u*(u-r) - (b-a)*(r-1))
		q = (u - 1) * (r - 1) * (s - 1)
	}
	if p > 0 {
		q = -q
	}
	p = math.Abs(p)
	if 2*p < min(3*mid*q-math.Abs(tol*q), math.Abs(last*q)) {
		return p / q, step
	}
	return mid, mid
}
