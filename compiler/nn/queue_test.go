package nn_test

import (
	"slices"
	"testing"

	"ssc/compiler/ir"
	"ssc/compiler/nn"
	"ssc/compiler/op"
)

// TestQueue: three pushes of two rows into four: the pointer wraps, and the oldest rows go first.
func TestQueue(t *testing.T) {
	rows, pointer := []float64{1, 1, 2, 2, 3, 3, 4, 4}, 0.0
	for i, want := range []struct {
		rows    []float64
		pointer float64
	}{
		{[]float64{10, 11, 12, 13, 3, 3, 4, 4}, 2},
		{[]float64{10, 11, 12, 13, 20, 21, 22, 23}, 0},
		{[]float64{30, 31, 32, 33, 20, 21, 22, 23}, 2},
	} {
		b := builder()
		q := nn.NewQueue(b.Root(), "queue", 4, 2)
		q.Push(b.G.Input("x", ir.Float32, ir.Named("batch", 2, "dim", 2)))
		st, ptr := b.Lookup("queue"), b.Lookup("queue_ptr")
		if !st.Init.Unit || st.Init.Kind != "normal" {
			t.Fatalf("the queue starts by %+v, want normal rows of length 1", st.Init)
		}
		d := float64(10 * (i + 1))
		feeds := map[string]*ir.Tensor{"queue": floats([]int{4, 2}, rows...), "queue_ptr": floats([]int{}, pointer), "x": floats([]int{2, 2}, d, d+1, d+2, d+3)}
		got := evaluate(t, b, feeds, op.ScatterND(st.In, st.Rows, st.New, ""), ptr.New, q.Rows())
		if !slices.Equal(got[0], want.rows) || got[1][0] != want.pointer {
			t.Errorf("push %d: rows %v, pointer %g; want %v, %g", i, got[0], got[1][0], want.rows, want.pointer)
		}
		if !slices.Equal(got[2], rows) {
			t.Errorf("push %d: the step sees rows %v, want those of its beginning, %v", i, got[2], rows)
		}
		rows, pointer = got[0], got[1][0]
	}
}

// TestShuffle: a permutation and back.
func TestShuffle(t *testing.T) {
	b := builder()
	rows := ir.Dim{Name: "batch", Size: 4}
	x, perm := b.G.Input("x", ir.Float32, ir.Shape{rows, {Name: "dim", Size: 1}}), b.Permutation("shuffle", rows)
	if f := b.Fields[0]; f.Kind != "permutation" || f.DType != "i64" || !slices.Equal(f.Dims, []int{4}) {
		t.Errorf("the field is %+v", f)
	}
	there := nn.Shuffle(x, perm)
	got := evaluate(t, b, map[string]*ir.Tensor{"x": floats([]int{4, 1}, 5, 6, 7, 8), "shuffle": ir.Floats(ir.Int64, []int{4}, 2, 0, 3, 1)}, there, nn.Unshuffle(there, perm))
	if want := []float64{7, 5, 8, 6}; !slices.Equal(got[0], want) {
		t.Errorf("shuffled rows are %v, want %v", got[0], want)
	}
	if want := []float64{5, 6, 7, 8}; !slices.Equal(got[1], want) {
		t.Errorf("unshuffled rows are %v, want %v", got[1], want)
	}
}

// TestUnit: rows of length 1, and a row of zeros stays finite with its gradient.
func TestUnit(t *testing.T) {
	b := builder()
	x := b.G.Input("x", ir.Float32, ir.Named("row", 2, "dim", 2))
	y := nn.Unit(x, -1)
	grads, err := nn.Gradient(op.ReduceSum(y, false), []*ir.Value{x})
	if err != nil {
		t.Fatal(err)
	}
	got := evaluate(t, b, map[string]*ir.Tensor{"x": floats([]int{2, 2}, 3, 4, 0, 0)}, y, grads[0])
	if want := []float64{0.6, 0.8, 0, 0}; !slices.Equal(got[0], want) {
		t.Errorf("Unit = %v, want %v", got[0], want)
	}
	for _, g := range got[1] {
		if g != g || g > 1e13 {
			t.Errorf("gradient of Unit = %v", got[1])
		}
	}
}
