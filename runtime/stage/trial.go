package stage

import (
	"context"
	"time"

	"ssc/compiler/plan"
	"ssc/runtime/cluster"
	"ssc/runtime/probe"
)

// Trial is how many seconds a stage is expected to take for all images, concluded from so many: their features are extracted, and clustered in one iteration. Nothing is changed. A stage that extracts nothing is not tried.
func (h *Host) Trial(ctx context.Context, number, images int) (seconds float64, measured int, err error) {
	w := &work{Host: h, number: number}
	defer w.close()
	for i, a := range h.Plan.Stages[number].Do {
		took := 0.0
		switch {
		case a.Kind == plan.Extract:
			took, err = w.tryExtract(ctx, a, images)
			measured = w.features.N
		case a.Kind == plan.KMeans && measured > 0:
			took, err = w.tryKMeans(ctx, i, a)
		}
		if err != nil {
			return 0, 0, err
		}
		seconds += took
	}
	return seconds, measured, nil
}

// tryExtract extracts half of the images and then all that are tried; what the second half takes, every image does.
func (w *work) tryExtract(ctx context.Context, a plan.Action, images int) (float64, error) {
	d := w.Subject.Data[a.Dataset]
	defer func(whole probe.Dataset) { w.Subject.Data[a.Dataset] = whole }(d)
	all := d.Samples
	var took [2]float64
	for i, n := range []int{max(1, images/2), images} {
		began := time.Now()
		d.Samples = probe.Every(all, min(n, all.Len()))
		w.Subject.Data[a.Dataset] = d
		if err := w.extract(ctx, a); err != nil {
			return 0, err
		}
		took[i] = time.Since(began).Seconds()
	}
	each := max(took[1]-took[0], 0) / max(1, float64(images-images/2))
	return took[1] + each*float64(max(0, all.Len()-images)), nil
}

// tryKMeans reduces the features that were tried and assigns them to clusters, of which there are no more than of features. Both take time in proportion to the images, assigning also to the clusters.
func (w *work) tryKMeans(ctx context.Context, i int, a plan.Action) (float64, error) {
	n, all := w.features.N, w.Subject.Data["train"].Samples.Len()
	k := min(a.K, n)
	a.Dim = min(a.Dim, n)
	began := time.Now()
	x, err := w.reduce(a)
	if err != nil {
		return 0, err
	}
	reducing := time.Since(began).Seconds()
	began = time.Now()
	if err := w.cluster(ctx, i, x, cluster.Options{K: k, Iterations: 1}); err != nil {
		return 0, err
	}
	const assigned = 2 // times in one iteration: before it, and in it
	assigning := time.Since(began).Seconds() / assigned * float64(a.K) / float64(k) * float64(a.Iterations+1)
	return (reducing + assigning) * float64(all) / float64(n), nil
}
