package conformance

import (
	"testing"

	"ssc/compiler/ir"
	"ssc/compiler/plan"
)

// TestOverfit trains networks on two fixed views of eight images until the loss falls below 0.2: in the (geometric) mean over the rows the sibling
// then has four fifths of the probability, where the start gives it less than a third.
func TestOverfit(t *testing.T) {
	for _, file := range []string{"tiny.hcl", "tiny_vit.hcl"} {
		t.Run(file, func(t *testing.T) { overfit(t, file) })
		t.Run(file+" in bfloat16", func(t *testing.T) { overfit(t, file, inBFloat16) })
	}
}

func overfit(t *testing.T, file string, over ...string) {
	const steps, least, bound = 30, 1.1, 0.2
	r := compile(t, file, true, over...)
	m := newMachine(t, r, false)
	batch := images(r, 4)
	rnd := plan.NewRand(9, plan.UseNoise, 0, 0, 0)
	for i, x := range batch["view0"].Data { // the second view is the first with noise
		batch["view1"].Data[i] = float64(float32(x + 0.3*rnd.Normal()))
	}
	var first, last float64
	for i := range steps {
		curve := r.Plan.Scalars[2].Curve
		for _, f := range r.Plan.Fields {
			if f.Kind == "noise" {
				batch[f.Name] = uniform(f.Dims, uint64(i))
			}
		}
		out := m.step(t, batch, map[string]float64{"lr": curve.At(i, 1, steps)})
		if out["ok"] != 1 {
			t.Fatalf("step %d: ok = %g, want 1", i, out["ok"])
		}
		if i == 0 {
			first = out["loss"]
		}
		last = out["loss"]
	}
	if first < least {
		t.Errorf("loss of the first step = %g, want at least %g", first, least)
	}
	if last > bound {
		t.Errorf("loss after %d steps = %g, want at most %g", steps, last, bound)
	}
	t.Logf("loss %.3f, after %d steps %.3f", first, steps, last)
}

// uniform draws numbers in [0, 1), as the host does for a step.
func uniform(dims []int, step uint64) *ir.Tensor {
	rnd := plan.NewRand(9, plan.UseNoise, step, 1, 0)
	x := ir.NewTensor(ir.Float32, dims...)
	for i := range x.Data {
		x.Data[i] = float64(rnd.Float32())
	}
	return x
}
