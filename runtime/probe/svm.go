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
	bank, queries, err := p.data.judged(ctx, s)
	if err != nil {
		return nil, err
	}
	classes := number(bank.Labels)
	if bank.Tags != nil {
		classes = numbered(len(bank.Tags[0]))
	}
	if len(classes.labels) < 2 {
		return nil, fmt.Errorf("the bank has images of %d class; a support vector machine needs two", len(classes.labels))
	}
	task := &svmTask{svm: p, seed: s.Plan.Seed, workers: s.Threads, classes: classes, x: augmented(bank), labels: classes.numbers(bank.Labels),
		tags: bank.Tags, test: augmented(queries), truth: queries.Labels, truths: queries.Tags}
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
	labels  []int    // numbers of classes
	tags    [][]int8 // instead, where an image may be of several
	test    *mat.Dense
	truth   []int64
	truths  [][]int8
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
		y := t.signs(c)
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

// signs is +1 for the bank's images of the class and -1 for the rest; those that are not to be judged count among these, as upstream has it.
func (t *svmTask) signs(class int) []float64 {
	if t.tags == nil {
		return t.against(t.labels, class)
	}
	y := make([]float64, len(t.tags))
	for i, tags := range t.tags {
		if y[i] = -1; tags[class] == 1 {
			y[i] = 1
		}
	}
	return y
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
	if t.tags != nil {
		aps := t.precisions(scores)
		out.Metric, out.Value, out.Classes = meanAP, stat.Mean(aps, nil), t.several(scores)
		out.Classes.AP, out.Metrics = aps, map[string]float64{"svm": out.Value}
		return
	}
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
		if t.tags != nil {
			aps[c] = monotoneAP(t.judged(column, c))
			continue
		}
		for i, l := range t.truth {
			positive[i] = l == label
		}
		aps[c] = monotoneAP(column, positive)
	}
	return aps
}

// judged are the scores of the queries that are judged for a class, and whether they are of it.
func (t *svmTask) judged(scores []float64, class int) (kept []float64, positive []bool) {
	for i, tags := range t.truths {
		if tags[class] >= 0 {
			kept, positive = append(kept, scores[i]), append(positive, tags[class] == 1)
		}
	}
	return kept, positive
}

// several tells how the queries of each class fared where they may be of several: one is taken for the classes whose score is above 0.
func (t *svmTask) several(scores *mat.Dense) *Classes {
	n := len(t.classes.labels)
	out := &Classes{Labels: t.classes.labels, Total: make([]int, n), Predicted: make([]int, n), Right: make([]int, n)}
	for c := range n {
		kept, positive := t.judged(mat.Col(nil, c, scores), c)
		for i, is := range positive {
			taken := kept[i] > 0
			out.Total[c] += one(is)
			out.Predicted[c] += one(taken)
			out.Right[c] += one(is && taken)
		}
	}
	return out
}

func one(is bool) int {
	if is {
		return 1
	}
	return 0
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
