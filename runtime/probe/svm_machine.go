package probe

import (
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"ssc/compiler/plan"
)

// machine solves the dual of the L2-regularised support vector machine with squared hinge loss by coordinate descent with shrinking: Hsieh, Chang, Lin, Keerthi,
// Sundararajan 2008 (A Dual Coordinate Descent Method for Large-scale Linear SVM), algorithm 3, the method of liblinear.
//
// min over α ≥ 0 of ½ αᵀ(Q + D)α - Σα, Q_ij = y_i y_j x_i·x_j, D_ii = 1/(2 C_i); then w = Σ α_i y_i x_i.
type machine struct {
	x      *mat.Dense
	y      []float64 // +1, -1
	w      []float64
	alpha  []float64
	square []float64 // x_i·x_i
	active []int
}

func newMachine(x *mat.Dense, y []float64) *machine {
	n, d := x.Dims()
	m := &machine{x: x, y: y, w: make([]float64, d), alpha: make([]float64, n), square: make([]float64, n), active: make([]int, n)}
	for i := range n {
		m.square[i] = floats.Dot(x.RawRowView(i), x.RawRowView(i))
		m.active[i] = i
	}
	return m
}

// solve goes on from where the machine stands, which every C allows, and returns the number of passes.
func (m *machine) solve(cPositive, cNegative, tolerance float64, passes int, r *plan.Rand) int {
	diagonal := func(i int) float64 {
		if m.y[i] > 0 {
			return 0.5 / cPositive
		}
		return 0.5 / cNegative
	}
	size, bound := len(m.active), math.Inf(1)
	for pass := 1; pass <= passes; pass++ {
		most, least := math.Inf(-1), math.Inf(1)
		for i := range size {
			j := i + r.IntN(size-i)
			m.active[i], m.active[j] = m.active[j], m.active[i]
		}
		for s := 0; s < size; s++ {
			i := m.active[s]
			row, d := m.x.RawRowView(i), diagonal(i)
			g := m.y[i]*floats.Dot(m.w, row) - 1 + m.alpha[i]*d
			if m.alpha[i] == 0 && g > bound { // it stays at 0, by all signs
				size--
				m.active[s], m.active[size] = m.active[size], m.active[s]
				s--
				continue
			}
			projected := g
			if m.alpha[i] == 0 {
				projected = min(g, 0)
			}
			most, least = max(most, projected), min(least, projected)
			if math.Abs(projected) > 1e-12 {
				old := m.alpha[i]
				m.alpha[i] = max(old-g/(m.square[i]+d), 0)
				floats.AddScaled(m.w, (m.alpha[i]-old)*m.y[i], row)
			}
		}
		switch {
		case most-least > tolerance:
			if bound = most; bound <= 0 {
				bound = math.Inf(1)
			}
		case size == len(m.active):
			return pass
		default: // solved among those left: look at all again
			size, bound = len(m.active), math.Inf(1)
		}
	}
	return passes
}
