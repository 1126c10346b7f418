package probe

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"ssc/compiler/plan"
)

// lowShots gives a measurement for each number of images of a class: the mean over the draws at the cost where it is best.
func (t *svmTask) lowShots(ctx context.Context, base Measurement) ([]Measurement, error) {
	var out []Measurement
	for _, shots := range t.lowShot {
		found := make([][]float64, len(t.costs)) // mean average precision by cost and draw
		for draw := range t.samples {
			given, err := t.draw(shots, draw)
			if err != nil {
				return nil, err
			}
			if err := t.fewShot(ctx, given, func(cost int, ap float64) { found[cost] = append(found[cost], ap) }); err != nil {
				return nil, err
			}
		}
		means := make([]float64, len(t.costs))
		for i, l := range found {
			means[i] = stat.Mean(l, nil)
		}
		best := argMax(means)
		m := base
		m.Bank, m.Metric, m.Value = shots*len(t.classes.labels), meanAP, means[best]
		deviation := math.Sqrt(stat.PopVariance(found[best], nil))
		m.Setting = fmt.Sprintf("%d images a class, %d draws, deviation %.2f %%, C %g", shots, t.samples, 100*deviation, t.costs[best])
		name := fmt.Sprintf("svm.shot%d", shots)
		m.Metrics = map[string]float64{name: m.Value, name + ".deviation": deviation}
		out = append(out, m)
	}
	return out, nil
}

// lesson gives what the machine of a class learns from.
type lesson func(class int) (x *mat.Dense, y []float64)

// draw picks as many images of each class, in the order of the bank. All machines learn from all of them. Where images may be of several classes, each machine has images of its own: so many of
// its class, and of others as many for each other class, as upstream draws them.
func (t *svmTask) draw(shots, draw int) (lesson, error) {
	if t.tags != nil {
		return t.drawTagged(shots, draw)
	}
	byClass := make([][]int, len(t.classes.labels))
	for i, c := range t.labels {
		byClass[c] = append(byClass[c], i)
	}
	var rows []int
	for c, list := range byClass {
		if len(list) < shots {
			return nil, fmt.Errorf("the bank has %d images of class %d, fewer than the %d of low_shot", len(list), t.classes.labels[c], shots)
		}
		r := plan.NewRand(t.seed, plan.UseProbe, drawShots, uint64(shots), uint64(draw)<<32|uint64(c))
		for _, i := range r.Perm(len(list))[:shots] {
			rows = append(rows, list[i])
		}
	}
	slices.Sort(rows)
	labels := make([]int, len(rows))
	for i, r := range rows {
		labels[i] = t.labels[r]
	}
	x, _ := rowsOf(t.x, make([]float64, len(t.labels)), rows)
	return func(class int) (*mat.Dense, []float64) { return x, t.against(labels, class) }, nil
}

// drawTagged picks the images of each class and the others; those that are not judged for it are neither.
func (t *svmTask) drawTagged(shots, draw int) (lesson, error) {
	n := len(t.classes.labels)
	rows := make([][]int, n)
	for c := range n {
		r := plan.NewRand(t.seed, plan.UseProbe, drawShots, uint64(shots), uint64(draw)<<32|uint64(c))
		for _, kind := range []struct {
			tag  int8
			want int
			what string
		}{{1, shots, "of"}, {0, (n - 1) * shots, "not of"}} {
			var list []int
			for i, tags := range t.tags {
				if tags[c] == kind.tag {
					list = append(list, i)
				}
			}
			if len(list) < kind.want {
				return nil, fmt.Errorf("the bank has %d images %s class %d, fewer than the %d that low_shot = %d takes", len(list), kind.what, c, kind.want, shots)
			}
			for _, i := range r.Perm(len(list))[:kind.want] {
				rows[c] = append(rows[c], list[i])
			}
		}
		slices.Sort(rows[c])
	}
	return func(class int) (*mat.Dense, []float64) { return rowsOf(t.x, t.signs(class), rows[class]) }, nil
}

// fewShot trains on parts of the bank with every cost and shows the mean average precision on all queries.
func (t *svmTask) fewShot(ctx context.Context, of lesson, show func(cost int, ap float64)) error {
	n, dim := len(t.classes.labels), t.x.RawMatrix().Cols
	weights := make([]*mat.Dense, len(t.costs))
	for i := range weights {
		weights[i] = mat.NewDense(n, dim, nil)
	}
	err := each(ctx, t.workers, n, func(c int) error {
		x, y := of(c)
		return t.path(ctx, x, y, t.costs, c, func(i int, w []float64) { weights[i].SetRow(c, w) })
	})
	if err != nil {
		return err
	}
	var scores mat.Dense
	for i, w := range weights {
		scores.Mul(t.test, w.T())
		show(i, stat.Mean(t.precisions(&scores), nil))
	}
	return nil
}
