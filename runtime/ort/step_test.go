package ort_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"ssc/runtime/ort"
)

const (
	batch, in, hidden, classes = 8, 4, 16, 3
	rate                       = 0.01
)

// stepModel is one training step of p = relu(x w1) w2 with the loss sum((p-y)^2)/2. The weights move by -lr dw where gate is true and
// the gradients are finite. lossFirst puts the loss before the new weights among outputs and nodes.
func stepModel(lossFirst bool) []byte {
	f := func(op, out string, in ...string) node { return node{op: op, in: in, out: []string{out}} }
	nodes := []node{
		f("MatMul", "a", "x", "w1"), f("Relu", "h", "a"), f("MatMul", "p", "h", "w2"), f("Sub", "d", "p", "y"),
		f("Transpose", "ht", "h"), f("MatMul", "dw2", "ht", "d"),
		f("Transpose", "w2t", "w2"), f("MatMul", "dh", "d", "w2t"), f("Sub", "zero", "lr", "lr"), f("Greater", "pos", "a", "zero"),
		f("Where", "da", "pos", "dh", "zero"), f("Transpose", "xt", "x"), f("MatMul", "dw1", "xt", "da"),
	}
	nodes = append(nodes,
		node{op: "ReduceSumSquare", in: []string{"dw1"}, out: []string{"n1"}, attrs: map[string]int{"keepdims": 0}},
		node{op: "ReduceSumSquare", in: []string{"dw2"}, out: []string{"n2"}, attrs: map[string]int{"keepdims": 0}},
		f("Add", "n", "n1", "n2"), f("Sub", "nn", "n", "n"), f("Equal", "finite", "nn", "zero"), f("And", "ok", "gate", "finite"),
		f("Mul", "s1", "lr", "dw1"), f("Sub", "u1", "w1", "s1"), f("Mul", "s2", "lr", "dw2"), f("Sub", "u2", "w2", "s2"))
	loss := node{op: "ReduceSumSquare", in: []string{"d"}, out: []string{"loss"}, attrs: map[string]int{"keepdims": 0}}
	update := []node{f("Where", "w1_next", "ok", "u1", "w1"), f("Where", "w2_next", "ok", "u2", "w2")}
	outs := []value{f32("w1_next", in, hidden), f32("w2_next", hidden, classes)}
	if lossFirst {
		nodes = append(append(nodes, loss), update...)
		outs = append([]value{f32("loss")}, outs...)
	} else {
		nodes = append(append(nodes, update[1], update[0]), loss)
		outs = append(outs, f32("loss"))
	}
	const boolean = 9
	ins := []value{f32("x", batch, in), f32("y", batch, classes), f32("w1", in, hidden), f32("w2", hidden, classes), f32("lr"),
		{"gate", boolean, nil}}
	return model(nodes, ins, outs)
}

func tensor(t *testing.T, dtype string, dims ...int) *ort.Tensor {
	t.Helper()
	x, err := ort.NewTensor(dtype, dims)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(x.Close)
	return x
}

func session(t *testing.T, model []byte, o ort.SessionOptions) *ort.Session {
	t.Helper()
	s, err := ort.NewSession(model, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func bind(t *testing.T, s *ort.Session, in, out map[string]*ort.Tensor) *ort.Binding {
	t.Helper()
	b, err := s.Bind(in, out)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// trainer runs the step on tensors of its own; the weights are updated in place or swapped between two bindings.
type trainer struct {
	t                *testing.T
	x, y, gate, loss *ort.Tensor
	w                [2][2]*ort.Tensor // [buffer][layer]
	bindings         [2]*ort.Binding
	now              int // buffer that holds the weights
	swapped          bool
}

func newTrainer(t *testing.T, s *ort.Session, swapped bool) *trainer {
	r := &trainer{t: t, swapped: swapped, x: tensor(t, "f32", batch, in), y: tensor(t, "f32", batch, classes), gate: tensor(t, "bool"),
		loss: tensor(t, "f32")}
	lr := tensor(t, "f32")
	lr.Float32()[0] = rate
	r.gate.Bool()[0] = true
	for i := range r.w {
		r.w[i] = [2]*ort.Tensor{tensor(t, "f32", in, hidden), tensor(t, "f32", hidden, classes)}
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for _, w := range r.w[0] {
		for i := range w.Float32() {
			w.Float32()[i] = float32(rng.NormFloat64())
		}
	}
	for i := range r.bindings {
		to := r.w[i]
		if swapped {
			to = r.w[1-i]
		}
		r.bindings[i] = bind(t, s, map[string]*ort.Tensor{"x": r.x, "y": r.y, "w1": r.w[i][0], "w2": r.w[i][1], "lr": lr, "gate": r.gate},
			map[string]*ort.Tensor{"w1_next": to[0], "w2_next": to[1], "loss": r.loss})
	}
	return r
}

func (r *trainer) fill(step int) {
	rng := rand.New(rand.NewPCG(3, uint64(step)))
	for _, x := range []*ort.Tensor{r.x, r.y} {
		for i := range x.Float32() {
			x.Float32()[i] = float32(rng.NormFloat64())
		}
	}
}

func (r *trainer) run() {
	r.t.Helper()
	if err := r.bindings[r.now].Run(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
	if r.swapped {
		r.now = 1 - r.now
	}
}

func (r *trainer) bits() []uint32 {
	var all []uint32
	for _, t := range append(r.w[r.now][:], r.loss) {
		for _, v := range t.Float32() {
			all = append(all, math.Float32bits(v))
		}
	}
	return all
}

// reference is the same training in float64 Go.
func reference(r *trainer, steps int) (loss float64, w1, w2 []float64) {
	for _, v := range r.w[0][0].Float32() {
		w1 = append(w1, float64(v))
	}
	for _, v := range r.w[0][1].Float32() {
		w2 = append(w2, float64(v))
	}
	for step := range steps {
		r.fill(step)
		loss = 0
		dw1, dw2 := make([]float64, len(w1)), make([]float64, len(w2))
		for b := range batch {
			x, y := r.x.Float32()[b*in:], r.y.Float32()[b*classes:]
			var h, dh [hidden]float64
			for j := range h {
				for i := range in {
					h[j] += float64(x[i]) * w1[i*hidden+j]
				}
				h[j] = max(h[j], 0)
			}
			for k := range classes {
				d := -float64(y[k])
				for j := range h {
					d += h[j] * w2[j*classes+k]
				}
				loss += d * d
				for j := range h {
					dw2[j*classes+k] += h[j] * d
					dh[j] += d * w2[j*classes+k]
				}
			}
			for j := range h {
				for i := 0; h[j] > 0 && i < in; i++ {
					dw1[i*hidden+j] += float64(x[i]) * dh[j]
				}
			}
		}
		for i := range w1 {
			w1[i] -= rate * dw1[i]
		}
		for i := range w2 {
			w2[i] -= rate * dw2[i]
		}
	}
	return loss, w1, w2
}

func TestStepInPlace(t *testing.T) {
	const steps = 50
	for _, lossFirst := range []bool{false, true} {
		for _, level := range []ort.OptLevel{ort.OptOff, ort.OptBasic, ort.OptExtended, ort.OptAll} {
			t.Run(fmt.Sprintf("lossFirst=%t/level=%d", lossFirst, level), func(t *testing.T) {
				s := session(t, stepModel(lossFirst), ort.SessionOptions{DisableMemPattern: true, OptLevel: level})
				inPlace, swapped := newTrainer(t, s, false), newTrainer(t, s, true)
				wantLoss, want1, want2 := reference(newTrainer(t, s, false), steps)
				for step := range steps {
					for _, r := range []*trainer{inPlace, swapped} {
						r.fill(step)
						r.run()
					}
					equalBits(t, fmt.Sprintf("in place after step %d", step), inPlace.bits(), swapped.bits())
				}
				near(t, "loss", inPlace.loss.Float32(), []float64{wantLoss})
				near(t, "w1", inPlace.w[0][0].Float32(), want1)
				near(t, "w2", inPlace.w[0][1].Float32(), want2)
			})
		}
	}
}

func TestStepGated(t *testing.T) {
	s := session(t, stepModel(false), ort.SessionOptions{DisableMemPattern: true})
	r := newTrainer(t, s, false)
	r.fill(0)
	r.run()
	weights := func() []uint32 { b := r.bits(); return b[:len(b)-1] }
	before := weights()

	r.gate.Bool()[0] = false
	r.run()
	equalBits(t, "weights with gate=false", weights(), before)

	r.gate.Bool()[0] = true
	r.x.Float32()[5] = float32(math.NaN())
	r.run()
	equalBits(t, "weights after a NaN", weights(), before)
	if loss := r.loss.Float32()[0]; loss == loss {
		t.Errorf("loss = %v, want NaN", loss)
	}

	r.fill(1)
	r.run()
	if after := weights(); fmt.Sprint(after) == fmt.Sprint(before) {
		t.Error("weights after a good step are unchanged, want them changed")
	}
}

func equalBits(t *testing.T, what string, got, want []uint32) {
	t.Helper()
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("%s: element %d = %#x, want %#x", what, i, got[i], want[i])
		}
	}
}

func near(t *testing.T, what string, got []float32, want []float64) {
	t.Helper()
	var diff, norm float64
	for i, w := range want {
		diff += (float64(got[i]) - w) * (float64(got[i]) - w)
		norm += w * w
	}
	if e := math.Sqrt(diff / norm); !(e < 1e-5) {
		t.Errorf("%s: relative error = %g, want < 1e-5", what, e)
	}
}
