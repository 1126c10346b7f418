package stage

import (
	"context"
	"fmt"
	"math"
	"slices"

	"ssc/compiler/plan"
	"ssc/runtime/cluster"
	"ssc/runtime/probe"
)

// Host is what stages work on.
type Host struct {
	Plan    *plan.Plan
	Step    int                                 // steps done
	Subject *probe.Subject                      // the network as it is trained, with the datasets
	State   func(name string) []float32         // the elements of a state tensor
	Restart func(prefix string, step int) error // gives the parameters whose names begin so new initial values
	Labels  *Labels                             // nil when no stage makes labels
}

// Check compares what stages ask for with the data, before the first step: images gives the number of images of a dataset.
func Check(p *plan.Plan, images func(dataset string) int) error {
	n := images("train")
	for _, s := range p.Stages {
		for _, a := range s.Do {
			switch {
			case a.Kind == plan.Extract && images(a.Dataset) != n:
				return fmt.Errorf("%s: the features of %s are those of dataset %q, which has %d images, but dataset \"train\" has %d. Give both the same source", s.At, s.Name, a.Dataset, images(a.Dataset), n)
			case a.Kind == plan.KMeans && a.K > n:
				return fmt.Errorf("%s: %d clusters cannot be made of the %d images of dataset \"train\". Write a num_classes of at most %d, better a tenth of it", s.At, a.K, n, n)
			case a.Kind == plan.KMeans && a.Dim > n:
				return fmt.Errorf("%s: the features of %d images have no %d principal components. Lower pca_dim, or write -1 for none", s.At, n, a.Dim)
			case a.Kind == plan.Merge && a.Least*classes(p, a.Memory) > n:
				return fmt.Errorf("%s: %d clusters cannot all have at least min_cluster = %d of %d images. Write at most %d", a.Memory.At, classes(p, a.Memory), a.Least, n, n/classes(p, a.Memory))
			}
		}
	}
	return nil
}

// Run carries out a stage, the number-th of the plan. It returns what is logged.
func (h *Host) Run(ctx context.Context, number int) (map[string]float64, error) {
	s := h.Plan.Stages[number]
	w := &work{Host: h, number: number}
	defer w.close()
	for i, a := range s.Do {
		if err := w.act(ctx, i, a); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", s.At, s.Name, err)
		}
	}
	return w.values, nil
}

// work is a stage under way.
type work struct {
	*Host
	number   int
	owner    *probe.Features // of the features
	features cluster.Points
	found    *cluster.Result
	values   map[string]float64
}

func (w *work) close() {
	if w.owner != nil {
		w.owner.Close()
	}
}

func (w *work) act(ctx context.Context, i int, a plan.Action) error {
	switch a.Kind {
	case plan.Extract:
		return w.extract(ctx, a)
	case plan.KMeans:
		return w.kmeans(ctx, i, a)
	case plan.Label:
		w.label()
	case plan.Balance: // the labels know
	case plan.Reweigh:
		return reweigh(w.State(a.Target), w.found.Counts, a.Power)
	case plan.Restart:
		return w.Restart(a.Target, w.Step)
	case plan.Remember, plan.Assign:
		return w.remember(a)
	case plan.Centroids:
		w.memory(a.Memory).Centre()
	case plan.Merge:
		return w.merge(ctx, i, a)
	}
	return nil
}

func (w *work) extract(ctx context.Context, a plan.Action) error {
	f, err := w.Subject.FeaturesBy(ctx, a.Graph, a.Dataset)
	if err != nil {
		return err
	}
	w.close()
	w.owner, w.features = f, cluster.Points{N: f.Rows, Dim: f.Dim, Data: f.Data.Float32()}
	if !w.features.Finite() {
		return fmt.Errorf("the features of some images are not finite: lower the learning rate, or begin with a warm-up")
	}
	return nil
}

// kmeans clusters a reduced, normalised copy of the features.
func (w *work) kmeans(ctx context.Context, i int, a plan.Action) error {
	x, err := w.reduce(a)
	if err != nil {
		return err
	}
	if err := w.cluster(ctx, i, x, cluster.Options{K: a.K, Iterations: a.Iterations}); err != nil {
		return err
	}
	w.values = map[string]float64{"kmeans.inertia": w.found.Inertia / float64(x.N), "kmeans.smallest": float64(slices.Min(w.found.Counts)), "kmeans.largest": float64(slices.Max(w.found.Counts))}
	return nil
}

// reduce is a copy of the features, whitened where that is asked for, with rows of length 1.
func (w *work) reduce(a plan.Action) (x cluster.Points, err error) {
	if a.Dim == 0 {
		x = w.features.Clone()
	} else if x, err = cluster.Whiten(w.features, a.Dim); err != nil {
		return x, err
	}
	cluster.Normalize(x)
	return x, nil
}

// draw is the stream of random numbers of a part of action i.
func (w *work) draw(i, part int) plan.Rand {
	const actions = 1 << 16 // of a stage, at most
	return plan.NewRand(w.Plan.Seed, plan.UseCluster, uint64(w.Step), uint64(w.number*actions+i), uint64(part))
}

func (w *work) label() {
	if w.Labels.Of != nil {
		w.values["kmeans.nmi"] = agreement(w.Labels.Of, w.found.Labels)
	}
	w.Labels.set(w.found.Labels)
}

// reweigh gives each class the weight (count + 1e-10)^-power, divided by the sum of all.
func reweigh(weights []float32, counts []int, power float64) error {
	if len(weights) != len(counts) {
		return fmt.Errorf("there are weights for %d classes, but %d clusters", len(weights), len(counts))
	}
	sum := 0.0
	for _, n := range counts {
		sum += math.Pow(float64(n)+1e-10, -power)
	}
	for c, n := range counts {
		weights[c] = float32(math.Pow(float64(n)+1e-10, -power) / sum)
	}
	return nil
}

func (w *work) memory(m *plan.Memory) *cluster.Memory {
	points := func(name string, n int) cluster.Points {
		data := w.State(name)
		return cluster.Points{N: n, Dim: len(data) / n, Data: data}
	}
	labels, counts := w.State(m.Labels), w.State(m.Counts)
	return &cluster.Memory{Features: points(m.Features, len(labels)), Labels: labels, Centroids: points(m.Centroids, len(counts)), Counts: counts}
}

// remember hands features and clusters to a memory, or the clusters alone.
func (w *work) remember(a plan.Action) error {
	m := w.memory(a.Memory)
	if m.Features.Dim != w.features.Dim || m.Features.N != w.features.N || m.Centroids.N != w.found.Centroids.N {
		return fmt.Errorf("the memory is for %d vectors of %d numbers in %d clusters, but there are %d of %d in %d", m.Features.N, m.Features.Dim, m.Centroids.N, w.features.N, w.features.Dim, w.found.Centroids.N)
	}
	if a.Kind == plan.Assign {
		m.Assign(w.found.Labels)
	} else {
		m.Fill(w.features, w.found.Labels)
	}
	return nil
}

func (w *work) merge(ctx context.Context, i int, a plan.Action) error {
	m := w.memory(a.Memory)
	if !m.Small(a.Least) {
		return nil
	}
	// A stage is broken off before it has changed anything, and merging is short: it is finished.
	_, err := m.Merge(context.WithoutCancel(ctx), a.Least, func(part int) plan.Rand { return w.draw(i, part) })
	return err
}

func classes(p *plan.Plan, m *plan.Memory) int { return sizes(p, m.Counts)[0] }

func sizes(p *plan.Plan, state string) []int {
	i := slices.IndexFunc(p.State, func(s plan.State) bool { return s.Name == state })
	return p.State[i].Dims
}

// agreement is the normalised mutual information of two partitions: 1 where each tells all of the other, 0 where they are independent. It divides by the root of the product of the entropies, as Caron et al. 2018 do.
func agreement(a, b []int32) float64 {
	both, left, right := map[[2]int32]float64{}, map[int32]float64{}, map[int32]float64{}
	for i, x := range a {
		both[[2]int32{x, b[i]}]++
		left[x]++
		right[b[i]]++
	}
	n := float64(len(a))
	h := entropy(left, n) * entropy(right, n)
	if h == 0 {
		return 0
	}
	return (entropy(left, n) + entropy(right, n) - entropy(both, n)) / math.Sqrt(h)
}

// entropy of counts with the sum n; they are summed in the order of their size, so that the result does not depend on that of the map.
func entropy[K comparable](counts map[K]float64, n float64) (h float64) {
	var list []float64
	for _, c := range counts {
		list = append(list, c)
	}
	slices.Sort(list)
	for _, c := range list {
		h -= c / n * math.Log(c/n)
	}
	return h
}
