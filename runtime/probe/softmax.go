package probe

import (
	"context"
	"math"

	"ssc/runtime/ort"
)

// softmax is a softmax regression on features, executed by the plan's graph "logistic" in float64. Standardisation is part of the weights: the features are read as they
// are, and (x-mean)·scale·W + b is x·(scale·W) + (b - (mean·scale)·W).
type softmax struct {
	session      *ort.Session
	dim, classes int
	mean, scale  []float64 // of each feature
	w, b         *ort.Tensor
	class        *ort.Tensor
	dw, db, loss *ort.Tensor
	sizes        map[int]*rows // by number of rows
}

// rows are the tensors of a part of a dataset.
type rows struct {
	x, label, logits *ort.Tensor
	binding          *ort.Binding
}

func newSoftmax(s *Subject, dim, classes int) (m *softmax, err error) {
	m = &softmax{dim: dim, classes: classes, sizes: map[int]*rows{}, mean: make([]float64, dim), scale: make([]float64, dim)}
	defer func() {
		if err != nil {
			m.close()
		}
	}()
	for i := range m.scale {
		m.scale[i] = 1
	}
	if m.session, err = s.Session("logistic"); err != nil {
		return m, err
	}
	for _, t := range []struct {
		to    **ort.Tensor
		dtype string
		dims  []int
	}{{&m.w, "f64", []int{dim, classes}}, {&m.b, "f64", []int{classes}}, {&m.class, "i64", []int{classes}},
		{&m.dw, "f64", []int{dim, classes}}, {&m.db, "f64", []int{classes}}, {&m.loss, "f64", nil}} {
		if *t.to, err = ort.NewTensor(t.dtype, t.dims); err != nil {
			return m, err
		}
	}
	for i := range m.class.Int64() {
		m.class.Int64()[i] = int64(i)
	}
	return m, nil
}

func (m *softmax) close() {
	for _, r := range m.sizes {
		r.close()
	}
	for _, t := range []*ort.Tensor{m.w, m.b, m.class, m.dw, m.db, m.loss} {
		if t != nil {
			t.Close()
		}
	}
	if m.session != nil {
		m.session.Close()
	}
}

func (r *rows) close() {
	if r.binding != nil {
		r.binding.Close()
	}
	for _, t := range []*ort.Tensor{r.x, r.label, r.logits} {
		if t != nil {
			t.Close()
		}
	}
}

// standardize takes mean and deviation of the features; a feature that does not vary keeps its scale.
func (m *softmax) standardize(f *Features) {
	n := float64(f.Rows)
	variance := make([]float64, f.Dim)
	clear(m.mean)
	for r := range f.Rows {
		for i, x := range f.Row(r) {
			m.mean[i] += float64(x) / n
		}
	}
	for r := range f.Rows {
		for i, x := range f.Row(r) {
			d := float64(x) - m.mean[i]
			variance[i] += d * d / n
		}
	}
	for i, v := range variance {
		if m.scale[i] = 1; v > 1e-24*(1+m.mean[i]*m.mean[i]) {
			m.scale[i] = 1 / math.Sqrt(v)
		}
	}
}

// params is the number of weights and biases. As one vector they are W [dim, class], then b [class].
func (m *softmax) params() int { return (m.dim + 1) * m.classes }

// set takes up parameters of the standardised features.
func (m *softmax) set(params []float64) {
	k := m.classes
	w, b := m.w.Float64(), m.b.Float64()
	copy(b, params[m.dim*k:])
	for i := range m.dim {
		for c, p := range params[i*k : (i+1)*k] {
			v := p * m.scale[i]
			w[i*k+c] = v
			b[c] -= m.mean[i] * v
		}
	}
}

// rowsAtOnce is the number of images that the graph takes at once: in float64 2048 features of as many images are 34 MB.
const rowsAtOnce = 2048

// sum adds the cross-entropies of some rows of the features and, if grad is not nil, their gradient by the parameters to grad.
func (m *softmax) sum(ctx context.Context, f *Features, target []int, index []int32, grad []float64) (loss float64, err error) {
	err = m.parts(ctx, f, target, index, func(int, *rows) {
		loss += m.loss.Float64()[0]
		if grad == nil {
			return
		}
		k := m.classes
		dw, db := m.dw.Float64(), m.db.Float64()
		for i := range m.dim {
			for c := range k {
				grad[i*k+c] += m.scale[i] * (dw[i*k+c] - m.mean[i]*db[c])
			}
		}
		for c, d := range db {
			grad[m.dim*k+c] += d
		}
	})
	return loss, err
}

// predict gives the number of the best class of each row, and whether target is among the best five.
func (m *softmax) predict(ctx context.Context, f *Features, target []int, index []int32) (best []int, top5 int, err error) {
	err = m.parts(ctx, f, target, index, func(from int, r *rows) {
		logits := r.logits.Float64()
		for i := range r.label.Int64() {
			row := logits[i*m.classes : (i+1)*m.classes]
			best = append(best, argMax(row))
			if rankOf(row, target[index[from+i]]) < 5 {
				top5++
			}
		}
	})
	return best, top5, err
}

func argMax(row []float64) int {
	best := 0
	for i, x := range row {
		if x > row[best] {
			best = i
		}
	}
	return best
}

// rankOf is the number of elements above the i-th; len(row) when there is no such element.
func rankOf[F float32 | float64](row []F, i int) int {
	if i < 0 || i >= len(row) {
		return len(row)
	}
	n := 0
	for _, x := range row {
		if x > row[i] {
			n++
		}
	}
	return n
}

// parts runs the graph over rows of the features and shows each part's results; from counts the rows before it.
func (m *softmax) parts(ctx context.Context, f *Features, target []int, index []int32, visit func(from int, r *rows)) error {
	for from := 0; from < len(index); from += rowsAtOnce {
		n := min(rowsAtOnce, len(index)-from)
		r, err := m.sized(n)
		if err != nil {
			return err
		}
		x, label := r.x.Float32(), r.label.Int64()
		for i, row := range index[from : from+n] {
			copy(x[i*m.dim:], f.Row(int(row)))
			label[i] = int64(target[row])
		}
		if err := r.binding.Run(ctx); err != nil {
			return err
		}
		visit(from, r)
	}
	return nil
}

// sized are the tensors for n rows.
func (m *softmax) sized(n int) (*rows, error) {
	if r := m.sizes[n]; r != nil {
		return r, nil
	}
	r := &rows{}
	var err error
	if r.x, err = ort.NewTensor("f32", []int{n, m.dim}); err == nil {
		r.label, err = ort.NewTensor("i64", []int{n})
	}
	if err == nil {
		r.logits, err = ort.NewTensor("f64", []int{n, m.classes})
	}
	if err == nil {
		r.binding, err = m.session.Bind(map[string]*ort.Tensor{"x": r.x, "label": r.label, "w": m.w, "b": m.b, "class": m.class},
			map[string]*ort.Tensor{"logits": r.logits, "loss": m.loss, "dw": m.dw, "db": m.db})
	}
	if err != nil {
		r.close()
		return nil, err
	}
	m.sizes[n] = r
	return r, nil
}

// allRows is 0 … n-1.
func allRows(n int) []int32 {
	out := make([]int32, n)
	for i := range out {
		out[i] = int32(i)
	}
	return out
}
