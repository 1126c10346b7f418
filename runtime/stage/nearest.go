package stage

import (
	"cmp"
	"context"
	"fmt"

	"ssc/runtime/cluster"
	"ssc/runtime/ort"
)

// cluster runs k-means of action i, with the plan's graph "nearest" for what takes the time.
func (w *work) cluster(ctx context.Context, i int, x cluster.Points, o cluster.Options) error {
	s, err := w.Subject.SessionOf("nearest", 1)
	if err != nil {
		return err
	}
	defer s.Close()
	n := &nearest{session: s, threads: w.Subject.Threads}
	o.Assign = n.assign
	w.found, err = cluster.KMeans(ctx, x, o, w.draw(i, 0))
	return err
}

// nearest assigns vectors to centroids by a session of one thread. Parts of the vectors, which do not depend on how many threads there are, are computed side by side, so that labels do not depend on it either.
type nearest struct {
	session *ort.Session
	threads int // 0: one per processor
}

// products is how many distances a part has at most, unless it is of a single vector: 16 MiB of them.
const products = 4 << 20

func (n *nearest) assign(ctx context.Context, x, centroids cluster.Points, labels []int32) error {
	c, err := tensor([]int{centroids.N, centroids.Dim}, centroids.Data)
	if err != nil {
		return err
	}
	defer c.Close()
	half, err := tensor([]int{centroids.N}, cluster.HalfSquares(centroids))
	if err != nil {
		return err
	}
	defer half.Close()
	size := min(1024, max(1, products/centroids.N))
	errs := make([]error, (x.N+size-1)/size)
	cluster.Parallel(x.N, size, n.threads, func(first, end int) { errs[first/size] = n.part(ctx, x.Rows(first, end), c, half, labels[first:end]) })
	if err := cmp.Or(errs...); err != nil {
		return fmt.Errorf("assigning vectors to clusters: %w", err)
	}
	return nil
}

// part assigns some vectors.
func (n *nearest) part(ctx context.Context, x cluster.Points, centroids, half *ort.Tensor, labels []int32) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	in, err := tensor([]int{x.N, x.Dim}, x.Data)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := ort.NewTensor("i64", []int{x.N})
	if err != nil {
		return err
	}
	defer out.Close()
	b, err := n.session.Bind(map[string]*ort.Tensor{"x": in, "centroids": centroids, "half": half}, map[string]*ort.Tensor{"label": out})
	if err != nil {
		return err
	}
	defer b.Close()
	if err := b.Run(ctx); err != nil {
		return err
	}
	for i, l := range out.Int64() {
		labels[i] = int32(l)
	}
	return nil
}

func tensor(dims []int, data []float32) (*ort.Tensor, error) {
	t, err := ort.NewTensor("f32", dims)
	if err == nil {
		copy(t.Float32(), data)
	}
	return t, err
}
