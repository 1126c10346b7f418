package probe

import (
	"context"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/optimize"

	"ssc/compiler/plan"
)

var _ = Register("linear", func(c plan.Component) Probe {
	return &linear{data: classified(c), l2: c.Floats("l2"), holdout: c.Float("holdout"), maxIterations: c.Int("max_iterations"),
		tolerance: c.Float("tolerance"), standardize: c.Bool("standardize")}
})

type linear struct {
	data          split
	l2            []float64
	holdout       float64
	maxIterations int
	tolerance     float64
	standardize   bool
}

// history is the number of steps that L-BFGS remembers.
const history = 10

// Draws of the probes, the first part of their key.
const (
	drawHoldout = iota
	drawStart
	drawOrder
	drawCoordinates
	drawShots
)

func (p *linear) Measure(ctx context.Context, s *Subject) ([]Measurement, error) {
	bank, queries, err := p.data.features(ctx, s)
	if err != nil {
		return nil, err
	}
	classes := number(bank.Labels)
	m, err := newSoftmax(s, bank.Dim, len(classes.labels))
	if err != nil {
		return nil, err
	}
	defer m.close()
	if p.standardize {
		m.standardize(bank)
	}
	o := &regression{softmax: m, ctx: ctx, f: bank, target: classes.numbers(bank.Labels)}
	l2, fit, err := p.fit(o, s.Plan.Seed)
	if err != nil {
		return nil, fmt.Errorf("linear probe: %w", err)
	}
	m.set(fit.params)
	out := p.data.measurement("linear", s, bank, queries)
	if err := m.judge(ctx, &out, queries, classes); err != nil {
		return nil, err
	}
	out.Setting = fmt.Sprintf("l2 %g, %d iterations", l2, fit.iterations)
	return []Measurement{out}, nil
}

// judge classifies the queries and fills in what came of it.
func (m *softmax) judge(ctx context.Context, out *Measurement, queries *Features, classes numbering) error {
	best, top5, err := m.predict(ctx, queries, classes.numbers(queries.Labels), allRows(queries.Rows))
	if err != nil {
		return err
	}
	predicted := make([]int64, len(best))
	for i, c := range best {
		predicted[i] = classes.labels[c]
	}
	out.Classes = tally(queries.Labels, predicted)
	out.Value = out.Classes.accuracy()
	out.Metrics = map[string]float64{out.Probe: out.Value, out.Probe + ".top5": ratio(top5, queries.Rows)}
	return nil
}

// fit chooses the penalty on the part held out, then fits all. Fits go from the strongest penalty, where they are short, to the weakest, each from the one before; of equals the stronger
// penalty is taken.
func (p *linear) fit(o *regression, seed uint64) (l2 float64, best solution, err error) {
	order := plan.NewRand(seed, plan.UseProbe, drawHoldout, 0, 0)
	perm := order.Perm(o.f.Rows)
	index := make([]int32, len(perm))
	for i, r := range perm {
		index[i] = int32(r)
	}
	held := int(p.holdout * float64(len(index)))
	start := make([]float64, o.params())
	penalties := slices.Clone(p.l2)
	slices.Sort(penalties)
	slices.Reverse(penalties)
	l2 = penalties[0]
	if len(penalties) > 1 && held > 0 {
		o.rows = index[held:]
		right := -1
		at := start
		for _, penalty := range penalties {
			got, err := o.minimise(at, penalty, p.tolerance, p.maxIterations)
			if err != nil {
				return 0, best, err
			}
			n, err := o.right(got.params, index[:held])
			if err != nil {
				return 0, best, err
			}
			if at = got.params; n > right {
				right, l2, start = n, penalty, got.params
			}
		}
	}
	o.rows = allRows(o.f.Rows) // in their own order: the sums do not depend on the draw
	best, err = o.minimise(start, l2, p.tolerance, p.maxIterations)
	return l2, best, err
}

// regression is the objective: mean cross-entropy of some rows and the penalty on the weights.
type regression struct {
	*softmax
	ctx    context.Context
	f      *Features
	target []int
	rows   []int32
}

type solution struct {
	params     []float64
	iterations int
}

// right counts right answers on some rows.
func (o *regression) right(params []float64, rows []int32) (int, error) {
	o.set(params)
	best, _, err := o.predict(o.ctx, o.f, o.target, rows)
	n := 0
	for i, c := range best {
		if c == o.target[rows[i]] {
			n++
		}
	}
	return n, err
}

// minimise runs L-BFGS with a line search that satisfies the strong Wolfe conditions, until no element of the gradient exceeds tolerance.
func (o *regression) minimise(start []float64, l2, tolerance float64, iterations int) (solution, error) {
	at, loss, grad := []float64(nil), 0.0, make([]float64, o.params())
	var failed error
	evaluate := func(x []float64) {
		if failed != nil || at != nil && floats.Equal(at, x) {
			return
		}
		at = append(at[:0], x...)
		clear(grad)
		o.set(x)
		if loss, failed = o.sum(o.ctx, o.f, o.target, o.rows, grad); failed != nil {
			return
		}
		n, weights := float64(len(o.rows)), x[:o.dim*o.classes]
		loss = loss/n + l2/2*floats.Dot(weights, weights)
		floats.Scale(1/n, grad)
		floats.AddScaled(grad[:len(weights)], l2, weights)
	}
	problem := optimize.Problem{
		Func:   func(x []float64) float64 { evaluate(x); return loss },
		Grad:   func(g, x []float64) { evaluate(x); copy(g, grad) },
		Status: func() (optimize.Status, error) { return optimize.NotTerminated, failed },
	}
	result, err := optimize.Minimize(problem, start,
		&optimize.Settings{GradientThreshold: tolerance, MajorIterations: iterations, Converger: optimize.NeverTerminate{}},
		&optimize.LBFGS{Store: history, Linesearcher: &optimize.MoreThuente{}})
	if failed != nil {
		return solution{}, failed
	}
	// A line search that finds nothing lower has come to where float64 ends: the last point stands.
	if err != nil && result == nil {
		return solution{}, err
	}
	return solution{slices.Clone(result.X), result.MajorIterations}, nil
}
