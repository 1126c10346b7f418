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
			rows, err := t.draw(shots, draw)
			if err != nil {
				return nil, err
			}
			if err := t.fewShot(ctx, rows, func(cost int, ap float64) { found[cost] = append(found[cost], ap) }); err != nil {
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

// draw picks as many images of each class, in the order of the bank.
func (t *svmTask) draw(shots, draw int) ([]int, error) {
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
	return rows, nil
}

// fewShot trains on some rows with every cost and shows the mean average precision on all queries.
func (t *svmTask) fewShot(ctx context.Context, rows []int, show func(cost int, ap float64)) error {
	n, dim := len(t.classes.labels), t.x.RawMatrix().Cols
	labels := make([]int, len(rows))
	for i, r := range rows {
		labels[i] = t.labels[r]
	}
	weights := make([]*mat.Dense, len(t.costs))
	for i := range weights {
		weights[i] = mat.NewDense(n, dim, nil)
	}
	x, _ := rowsOf(t.x, make([]float64, len(t.labels)), rows)
	err := each(ctx, t.workers, n, func(c int) error {
		return t.path(ctx, x, t.against(labels, c), t.costs, c, func(i int, w []float64) { weights[i].SetRow(c, w) })
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
