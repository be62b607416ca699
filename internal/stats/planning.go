package stats

import "math"

// Plan says how many persons take part, how they are clustered and how much is asked of the test.
type Plan struct {
	N        int
	Clusters int     // 0 when persons are independent
	ICC      float64 // of the change
	CV       float64 // standard deviation of cluster size over its mean
	Alpha    float64 // two-sided; 0 stands for 0.05
	Power    float64 // 0 stands for 0.80
}

// Detectable is the smallest change that a plan is likely to find.
type Detectable struct {
	N            int
	DesignEffect float64
	DF           float64
	SDs          float64 // standard deviations of the change
	Normal       float64 // the same by the normal approximation
}

// MinimalDetectable is the mean change, in standard deviations of the change, at which a two-sided t test rejects with the
// power of the plan. The design effect is 1 + ((1+CV²) N/J - 1) ICC, the degrees of freedom J - 1, or N - 1 without
// clusters; the power counts both tails of the noncentral t. It needs two persons, and two clusters if there are any.
// Source: Eldridge, Ashby & Kerry (2006), International Journal of Epidemiology 35.
func MinimalDetectable(p Plan) (Detectable, error) {
	if err := need(p.N, 2, "persons"); err != nil {
		return Detectable{}, err
	}
	if p.Alpha == 0 {
		p.Alpha = 0.05
	}
	if p.Power == 0 {
		p.Power = 0.8
	}
	n := float64(p.N)
	d := Detectable{N: p.N, DesignEffect: 1, DF: n - 1}
	if p.Clusters != 0 {
		j := float64(p.Clusters)
		if err := need(p.Clusters, 2, "clusters"); err != nil {
			return Detectable{}, err
		}
		d.DesignEffect, d.DF = 1+((1+p.CV*p.CV)*n/j-1)*p.ICC, j-1
	}
	scale := math.Sqrt(n / d.DesignEffect)
	cut := studentQuantile(1-p.Alpha/2, d.DF)
	d.Normal = (normalQuantile(1-p.Alpha/2) + normalQuantile(p.Power)) / scale
	high := d.Normal
	for power(cut, d.DF, high*scale, true) < p.Power {
		high *= 2
	}
	d.SDs = root(func(x float64) float64 { return power(cut, d.DF, x*scale, true) - p.Power }, 0, high)
	return d, nil
}

// PairedPower is the chance that a two-sided paired t test at level alpha finds a mean change of delta where the change
// has standard deviation sd, in n independent persons. Rejections on the wrong side count only where both is true. It needs
// two persons.
func PairedPower(n int, delta, sd, alpha float64, both bool) (float64, error) {
	if err := need(n, 2, "persons"); err != nil {
		return 0, err
	}
	df := float64(n - 1)
	return power(studentQuantile(1-alpha/2, df), df, math.Abs(delta)/sd*math.Sqrt(float64(n)), both), nil
}

func power(cut, df, ncp float64, both bool) float64 {
	p := 1 - noncentralT(cut, df, ncp)
	if both {
		p += noncentralT(-cut, df, ncp)
	}
	return p
}
