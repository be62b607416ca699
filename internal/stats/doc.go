// Package stats holds the statistics of impact assessment: change between two waves of the same persons with and without
// cohorts, mixed and marginal models of three waves, standardised sizes, the cluster bootstrap, rank and sign methods, loss
// to follow-up, reliability of scales and tests, shares and counts, adjustment for many outcomes, planning figures, and
// networks of who names whom.
//
// Every function is pure: the same numbers give the same answer, on every machine. It reads no file and no clock, and
// draws random numbers only from a seed it was given. It chooses no wording and no outcome; it says how a number was made
// and leaves to the report what may be claimed from it.
//
// Conventions hold throughout. A change is later minus earlier. A missing value is NaN, a missing cluster is the empty
// string, and a pair with anything missing is left out before N is counted. Intervals are two-sided at 95 %, p values
// two-sided. Clusters are counted in the order of their first appearance. Standard deviations divide by n - 1. A result
// that is not defined for otherwise good data, such as a correlation with a constant, is NaN. Slices of different lengths
// are a mistake of the program and panic; data from which nothing can be said return an error: ErrTooFew, ErrConstant,
// ErrTooMany, ErrNoFit, ErrRange or ErrContradiction. Work lets long computations be watched and stopped.
package stats
