package conformance

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"ssc/compiler"
)

// TestBFloat16Step: a step in bfloat16 is near the one in float32 from the same state, whether bodies or kernels run; both run the same graph, so that they are nearer to each other.
func TestBFloat16Step(t *testing.T) {
	names := kernelNames(t)
	for _, file := range []string{"tiny.hcl", "tiny_vit.hcl"} {
		t.Run(file, func(t *testing.T) {
			native := narrowStep(t, file, names)
			single, bodies := compile(t, file, true), compile(t, file, true, inBFloat16)
			if got := native.Plan.Target; got.Precision != "bf16" || bodies.Plan.Target.Precision != "bf16" || len(got.Kernels) == 0 {
				t.Errorf("the targets are %+v and %+v, want bf16, one with kernels", got, bodies.Plan.Target)
			}
			if got, want := bodies.Plan.Stats.PeakBytes, single.Plan.Stats.PeakBytes; file == "tiny.hcl" && native.Plan.Stats.PeakBytes >= want {
				t.Errorf("the step is predicted to take %d bytes, by bodies %d, want less than %d as in float32", native.Plan.Stats.PeakBytes, got, want)
			}
			want := newMachine(t, single, false).step(t, images(single, 1), nil)
			a := newMachine(t, bodies, false).step(t, images(bodies, 1), nil)
			b := newMachine(t, native, false).step(t, images(native, 1), nil)
			near := func(what string, got, want map[string]float64, loss, norm float64) {
				if e := math.Abs(got["loss"] - want["loss"]); !(e <= loss) {
					t.Errorf("%s: loss = %g, want %g within %g", what, got["loss"], want["loss"], loss)
				}
				if e := math.Abs(got["grad_norm"]/want["grad_norm"] - 1); !(e <= norm) {
					t.Errorf("%s: grad_norm = %g, want %g within the share %g", what, got["grad_norm"], want["grad_norm"], norm)
				}
			}
			near("bodies against float32", a, want, 0.02, 0.03)
			near("kernels against float32", b, want, 0.02, 0.03)
			near("kernels against bodies", b, a, 0.01, 0.02)
			if a["loss"] == want["loss"] || b["loss"] == want["loss"] {
				t.Errorf("the loss %g is that of float32: nothing is rounded", want["loss"])
			}
		})
	}
}

// narrowStep compiles a file of testdata in bfloat16 for native kernels.
func narrowStep(t *testing.T, file string, kernels []string) *compiler.Result {
	t.Helper()
	return compileWith(t, compiler.Options{Kernels: kernels}, "testdata/"+file, "train.precision=bf16")
}

// TestBFloat16Methods: the first step of each method in bfloat16, by bodies and by kernels, has a loss near PyTorch's in float32, and a gradient, the first velocities, that points the same way;
// those that follow are sound. How the losses go on says little here: the norms of these small networks see a few numbers each, and the learning rates are high.
func TestBFloat16Methods(t *testing.T) {
	names := kernelNames(t)
	for _, name := range methods {
		file := "method_" + name + ".hcl"
		for what, r := range map[string]*compiler.Result{"bodies": compile(t, file, true, inBFloat16), "kernels": narrowStep(t, file, names)} {
			t.Run(name+"/"+what, func(t *testing.T) {
				var p struct{ Method string }
				ref := oracle(t, "method_"+name, &p)
				m := start(t, ref, r, false)
				for i := range methodSteps {
					step := fmt.Sprintf("step/%d/", i)
					out := m.step(t, ref.fields(t, r, step), scalarsAt(r.Plan, i, 1, methodSteps))
					if out["ok"] != 1 {
						t.Fatalf("step %d: ok = %g, want 1", i, out["ok"])
					}
					if i > 0 {
						continue
					}
					want := ref.tensor(t, step+"loss").Data[0]
					if e := math.Abs(out["loss"] - want); !(e <= 0.03*math.Abs(want)+0.01) {
						t.Errorf("loss = %g, want about %g", out["loss"], want)
					}
					var dot, a, b float64
					for _, name := range ref.under(step + "momentum/") {
						got := m.get(t, "optimizer.momentum."+name)
						for k, v := range ref.tensor(t, step+"momentum/"+name).Data {
							dot, a, b = dot+v*got[k], a+v*v, b+got[k]*got[k]
						}
					}
					if c := dot / math.Sqrt(a*b); !(c >= 0.95) {
						t.Errorf("the cosine between the gradient and that of float32 = %g, want at least 0.95", c)
					} else {
						t.Logf("loss %g, in float32 %g; cosine of the gradients %g", out["loss"], want, c)
					}
				}
			})
		}
	}
}

// TestBFloat16NonFinite: a step on a bad batch changes nothing.
func TestBFloat16NonFinite(t *testing.T) {
	r := compile(t, "tiny.hcl", true, inBFloat16)
	m := newMachine(t, r, false)
	before, bad := snapshot(t, r, m), images(r, 9)
	bad["view0"].Data[5] = math.NaN()
	if out := m.step(t, bad, nil); out["ok"] != 0 {
		t.Errorf("ok = %g, want 0", out["ok"])
	}
	for name, x := range snapshot(t, r, m) {
		if !slices.Equal(x, before[name]) {
			t.Errorf("the step changes %s", name)
		}
	}
}
