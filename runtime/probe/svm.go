package probe

import (
	"context"
	"fmt"
	"math"
	"runtime"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"ssc/compiler/plan"
)

var _ = Register("svm", func(c plan.Component) Probe {
	return &svm{data: classified(c), costs: c.Floats("costs"), positiveWeight: c.Float("positive_weight"), folds: c.Int("folds"), tolerance: c.Float("tolerance"),
		maxIterations: c.Int("max_iterations"), lowShot: c.Ints("low_shot"), samples: c.Int("low_shot_samples")}
})

type svm struct {
	data           split
	costs          []float64 // ascending
	positiveWeight float64
	folds          int
	tolerance      float64
	maxIterations  int
	lowShot        []int
	samples        int
}

// meanAP is the metric's name.
const meanAP = "mean average precision"

func (p *svm) Measure(ctx context.Context, s *Subject) ([]Measurement, error) {
	bank, queries, err := p.data.features(ctx, s)
	if err != nil {
		return nil, err
	}
	classes := number(bank.Labels)
	if len(classes.labels) < 2 {
		return nil, fmt.Errorf("the bank has images of %d class; a support vector machine needs two", len(classes.labels))
	}
	task := &svmTask{svm: p, seed: s.Plan.Seed, workers: s.Threads, classes: classes, x: augmented(bank), labels: classes.numbers(bank.Labels),
		test: augmented(queries), truth: queries.Labels}
	if task.workers == 0 {
		task.workers = runtime.GOMAXPROCS(0)
	}
	out := p.data.measurement("svm", s, bank, queries)
	if len(p.lowShot) > 0 {
		return task.lowShots(ctx, out)
	}
	if err := task.whole(ctx, &out); err != nil {
		return nil, err
	}
	return []Measurement{out}, nil
}

// svmTask is the data of a measurement: unit rows with a further feature of 1.
type svmTask struct {
	*svm
	seed    uint64
	workers int
	classes numbering
	x       *mat.Dense
	labels  []int // numbers of classes
	test    *mat.Dense
	truth   []int64
}

// augmented are the features in float64, each divided by its length plus 1e-5 as upstream has it, and followed by 1, whose weight is the bias.
func augmented(f *Features) *mat.Dense {
	x := mat.NewDense(f.Rows, f.Dim+1, nil)
	for r := range f.Rows {
		row, sum := x.RawRowView(r), 0.0
		for i, v := range f.Row(r) {
			row[i] = float64(v)
			sum += row[i] * row[i]
		}
		scale := 1 / (math.Sqrt(sum) + 1e-5)
		for i := range f.Dim {
			row[i] *= scale
		}
		row[f.Dim] = 1
	}
	return x
}

// whole trains one machine for each class on the whole bank.
func (t *svmTask) whole(ctx context.Context, out *Measurement) error {
	n := len(t.classes.labels)
	weights, chosen := mat.NewDense(n, t.x.RawMatrix().Cols, nil), make([]float64, n)
	err := each(ctx, t.workers, n, func(c int) error {
		y := t.against(t.labels, c)
		cost, err := t.choose(ctx, y, c)
		if err != nil {
			return err
		}
		chosen[c] = cost
		return t.path(ctx, t.x, y, []float64{cost}, c, func(_ int, w []float64) { weights.SetRow(c, w) })
	})
	if err != nil {
		return err
	}
	var scores mat.Dense
	scores.Mul(t.test, weights.T())
	t.report(out, &scores)
	lo, hi := chosen[0], chosen[0]
	for _, c := range chosen {
		lo, hi = min(lo, c), max(hi, c)
	}
	out.Setting = fmt.Sprintf("C %g to %g by class", lo, hi)
	return nil
}

// against is +1 for the class's images and -1 for the rest.
func (t *svmTask) against(labels []int, class int) []float64 {
	y := make([]float64, len(labels))
	for i, l := range labels {
		if y[i] = -1; l == class {
			y[i] = 1
		}
	}
	return y
}

// report judges scores [query, class].
func (t *svmTask) report(out *Measurement, scores *mat.Dense) {
	predicted := make([]int64, len(t.truth))
	for i := range predicted {
		predicted[i] = t.classes.labels[argMax(scores.RawRowView(i))]
	}
	out.Metric, out.Classes = meanAP, tally(t.truth, predicted)
	aps := t.precisions(scores)
	out.Value = stat.Mean(aps, nil)
	out.Metrics = map[string]float64{"svm": out.Value, "svm.accuracy": out.Classes.accuracy()}
	for _, l := range out.Classes.Labels {
		ap := 0.0 // of a class that the bank does not have
		if c, ok := t.classes.of[l]; ok {
			ap = aps[c]
		}
		out.Classes.AP = append(out.Classes.AP, ap)
	}
}

// precisions are the areas under the classes' monotone precision-recall curves; 0 for a class without queries.
func (t *svmTask) precisions(scores *mat.Dense) []float64 {
	aps := make([]float64, len(t.classes.labels))
	column, positive := make([]float64, len(t.truth)), make([]bool, len(t.truth))
	for c, label := range t.classes.labels {
		mat.Col(column, c, scores)
		for i, l := range t.truth {
			positive[i] = l == label
		}
		aps[c] = monotoneAP(column, positive)
	}
	return aps
}

// choose is the cost with the best mean average precision over the folds; of equals the smallest. A class with fewer images than folds takes the cost in the middle, and so does
// every class when there is nothing to choose.
func (t *svmTask) choose(ctx context.Context, y []float64, class int) (float64, error) {
	fold := stratified(y, t.folds)
	if len(t.costs) == 1 || fold == nil {
		return t.costs[len(t.costs)/2], nil
	}
	sums := make([]float64, len(t.costs))
	for f := range t.folds {
		var train, held []int
		for i, g := range fold {
			if g == f {
				held = append(held, i)
			} else {
				train = append(train, i)
			}
		}
		x, ty := rowsOf(t.x, y, train)
		hx, hy := rowsOf(t.x, y, held)
		positive := make([]bool, len(hy))
		for i, v := range hy {
			positive[i] = v > 0
		}
		var scores mat.VecDense
		err := t.path(ctx, x, ty, t.costs, class, func(i int, w []float64) {
			scores.MulVec(hx, mat.NewVecDense(len(w), w))
			sums[i] += averagePrecision(scores.RawVector().Data, positive)
		})
		if err != nil {
			return 0, err
		}
	}
	return t.costs[argMax(sums)], nil
}

// rowsOf copies some rows of the features with their signs.
func rowsOf(x *mat.Dense, y []float64, rows []int) (*mat.Dense, []float64) {
	out, sign := mat.NewDense(len(rows), x.RawMatrix().Cols, nil), make([]float64, len(rows))
	for i, r := range rows {
		out.SetRow(i, x.RawRowView(r))
		sign[i] = y[r]
	}
	return out, sign
}

// path trains with each of ascending costs, each from the solution before, and shows the weights.
func (t *svmTask) path(ctx context.Context, x *mat.Dense, y, costs []float64, class int, show func(i int, w []float64)) error {
	m := newMachine(x, y)
	r := plan.NewRand(t.seed, plan.UseProbe, drawCoordinates, uint64(class), 0)
	for i, c := range costs {
		if err := ctx.Err(); err != nil {
			return err
		}
		m.solve(c*t.positiveWeight, c, t.tolerance, t.maxIterations, &r)
		show(i, m.w)
	}
	return nil
}
