package conformance

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssc/compiler"
	"ssc/compiler/plan"
)

// methods are those of testdata/oracle/methods.py, each with a pipeline of its name in testdata.
var methods = []string{"byol", "simsiam", "barlowtwins", "vicreg", "moco", "moco_groups", "densecl", "swav", "nnclr", "mocov3", "dino", "rotation_pred", "relative_loc", "deepcluster", "odc", "npid", "npid_ensure_neg",
	"interclr", "interclr_hard", "interclr_semieasy", "interclr_random"}

// sorters are the methods that compare no embeddings: they sort images into classes that they made themselves.
var sorters = []string{"rotation_pred", "relative_loc"}

// methodSteps is the number of steps that the references have, an epoch each.
const methodSteps = 3

// TestMethodSteps trains three steps by each method and compares losses, gradients (in the first velocities) and all state at the end with PyTorch: as
// built and after the passes, in the float64 evaluator and in ONNX Runtime.
func TestMethodSteps(t *testing.T) {
	for _, name := range methods {
		for _, passes := range []bool{false, true} {
			r := compile(t, "method_"+name+".hcl", passes)
			what := map[bool]string{true: "passes", false: "built"}[passes]
			t.Run(name+"/"+what+"/float64", func(t *testing.T) { stepMethod(t, name, r, true, exact) })
			t.Run(name+"/"+what+"/runtime", func(t *testing.T) { stepMethod(t, name, r, false, 0) })
		}
	}
}

func stepMethod(t *testing.T, name string, r *compiler.Result, float64s bool, bound float64) {
	var p struct{ Method string }
	ref := oracle(t, "method_"+name, &p)
	m := start(t, ref, r, float64s)
	for i := range methodSteps {
		step := fmt.Sprintf("step/%d/", i)
		out := m.step(t, ref.fields(t, r, step), scalarsAt(r.Plan, i, 1, methodSteps))
		if out["ok"] != 1 {
			t.Fatalf("step %d: ok = %g, want 1", i, out["ok"])
		}
		ref.want(t, step+"loss", []float64{out["loss"]}, bound)
		for _, name := range ref.under(step + "momentum/") {
			ref.want(t, step+"momentum/"+name, m.get(t, "optimizer.momentum."+name), bound)
		}
	}
	for _, name := range ref.under("final/") {
		ref.want(t, "final/"+name, m.get(t, name), bound)
	}
}

// scalarsAt are the scalars of a step in training, but gate and apply.
func scalarsAt(p *plan.Plan, step, perEpoch, epochs int) map[string]float64 {
	out := map[string]float64{}
	for _, s := range p.Scalars {
		if s.Name != "gate" && s.Name != "apply" {
			out[s.Name] = s.Curve.At(step, perEpoch, epochs)
		}
	}
	return out
}

// TestMethodsInPlace: teachers, queues and all else that is large are updated where they lie.
func TestMethodsInPlace(t *testing.T) {
	for _, name := range methods {
		r := compile(t, "method_"+name+".hcl", true)
		for _, s := range r.Plan.State {
			if s.Next != "" && !s.InPlace && len(s.Dims) > 1 {
				t.Errorf("%s: %s has a second buffer", name, s.Name)
			}
		}
	}
}

// TestMethodsClosedGate: a step with gate 0 changes no bit of what a method keeps.
func TestMethodsClosedGate(t *testing.T) {
	for _, name := range methods {
		t.Run(name, func(t *testing.T) {
			r := compile(t, "method_"+name+".hcl", true)
			m := newMachine(t, r, false)
			m.step(t, images(r, 1), scalarsAt(r.Plan, 1, 1, methodSteps))
			before := snapshot(t, r, m)
			closed := scalarsAt(r.Plan, 2, 1, methodSteps)
			closed["gate"] = 0
			if out := m.step(t, images(r, 2), closed); out["ok"] != 0 {
				t.Errorf("ok = %g with a closed gate, want 0", out["ok"])
			}
			if diff := cmp.Diff(before, snapshot(t, r, m)); diff != "" {
				t.Errorf("a closed gate changes the state:\n%s", diff)
			}
		})
	}
}

// TestMethodsAccumulate: with micro-batches a teacher moves with the weights, and a queue with each batch.
func TestMethodsAccumulate(t *testing.T) {
	for _, name := range []string{"moco", "byol"} {
		t.Run(name, func(t *testing.T) {
			r := compile(t, "method_"+name+".hcl", true, twice)
			m := newMachine(t, r, false)
			scalars := scalarsAt(r.Plan, 0, 1, methodSteps)
			for i, apply := range []float64{0, 1, 0, 1} {
				scalars["apply"] = apply
				before := snapshot(t, r, m)
				m.step(t, images(r, uint64(i)), scalars)
				after := snapshot(t, r, m)
				for _, s := range r.Plan.State {
					want := s.Name == "queue" || s.Role == plan.RoleTeacher && apply == 1 && (name == "byol" || i > 1) // before its first move a teacher that goes first is the network
					if moved := !slices.Equal(before[s.Name], after[s.Name]); moved != want && (s.Name == "queue" || s.Role == plan.RoleTeacher) {
						t.Errorf("step %d, apply %g: %s moved = %t, want %t", i, apply, s.Name, moved, want)
					}
				}
			}
		})
	}
}

// TestMethodsHeld: a parameter that is held does not move, and its first own step of Adam is as long as any first step, the learning rate: its count of steps begins then.
func TestMethodsHeld(t *testing.T) {
	r := compile(t, "method_dino.hcl", true, `optimizer "adam" { lr = 0.01 }`)
	m := newMachine(t, r, false)
	const name = "neck.last_layer.weight_v"
	before := m.get(t, name)
	for i, want := range []float64{0, 0.01} {
		m.step(t, images(r, uint64(i)), scalarsAt(r.Plan, i, 1, 1000))
		after := m.get(t, name)
		longest := 0.0
		for j, v := range after {
			longest = max(longest, math.Abs(v-before[j]))
		}
		if math.Abs(longest-want) > 1e-4 {
			t.Errorf("step %d moves the last layer by up to %g, want %g", i, longest, want)
		}
		before = after
	}
}

// TestMovingDecay: with a weight decay that moves, weights are still updated where they lie, a closed gate changes nothing, and a group keeps its own.
func TestMovingDecay(t *testing.T) {
	r := compile(t, "method_dino.hcl", true, "optimizer \"adamw\" {\n lr = 0.5\n weight_decay = 0.04\n end_weight_decay = 0.4\n group {\n match = \"bn\"\n weight_decay = 0.1\n}\n}")
	for _, s := range r.Plan.State {
		if s.Next != "" && !s.InPlace && len(s.Dims) > 1 {
			t.Errorf("%s has a second buffer", s.Name)
		}
	}
	var got []string
	for _, g := range r.Plan.Groups {
		got = append(got, fmt.Sprintf("%g %s", g.WeightDecay, g.Decay))
	}
	slices.Sort(got)
	if want := []string{"0.04 weight_decay", "0.1 "}; !slices.Equal(got, want) {
		t.Errorf("the groups have weight decays %q, want %q", got, want)
	}
	m := newMachine(t, r, false)
	scalars := scalarsAt(r.Plan, 2, 1, methodSteps)
	if want := 0.4 + (0.04-0.4)*0.25; math.Abs(scalars["weight_decay"]-want) > 1e-12 {
		t.Errorf("in step 2 of 3 the weight decay is %g, want %g", scalars["weight_decay"], want)
	}
	before := snapshot(t, r, m)
	scalars["gate"] = 0
	m.step(t, images(r, 1), scalars)
	if diff := cmp.Diff(before, snapshot(t, r, m)); diff != "" {
		t.Errorf("a closed gate changes the state:\n%s", diff)
	}
}

// TestMethodsEmbed: the embeddings that the meters of collapse look at come from the network that is trained.
func TestMethodsEmbed(t *testing.T) {
	for _, name := range methods {
		if slices.Contains(sorters, name) {
			continue
		}
		r := compile(t, "method_"+name+".hcl", true, embedded)
		g := r.Plan.Graphs["embed"]
		if len(g.Weights) == 0 {
			t.Errorf("%s: the graph of embeddings has no weights", name)
		}
		for _, w := range g.Weights {
			if strings.HasPrefix(w, "teacher.") {
				t.Errorf("%s: the embeddings read %s", name, w)
			}
		}
	}
}

const embedded = `
dataset "test" {
  source "image_folder" { data_prefix = "none" }
  view {
    center_crop { size = 8 }
    normalize {
      mean = [0.5, 0.5, 0.5]
      std  = [0.2, 0.2, 0.2]
    }
  }
}

monitor "collapse" {}
`
