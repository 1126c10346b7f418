package conformance

import (
	"fmt"
	"slices"
	"testing"

	"ssc/compiler"
	"ssc/compiler/ir"
	"ssc/compiler/plan"
)

// stepParams are the hyper-parameters of the references of whole steps.
type stepParams struct {
	LR       []float64
	Excluded []string
}

// TestSimCLRSteps trains three steps and compares loss and state with PyTorch: as built and after the passes, in the float64 evaluator
// and in ONNX Runtime.
func TestSimCLRSteps(t *testing.T) {
	for _, passes := range []bool{false, true} {
		for _, float64s := range []bool{true, false} {
			name := map[bool]string{true: "passes", false: "built"}[passes] + map[bool]string{true: "/float64", false: "/runtime"}[float64s]
			bound := 0.0
			if float64s {
				bound = exact
			}
			t.Run("lars/"+name, func(t *testing.T) { larsSteps(t, passes, float64s, bound) })
			t.Run("adamw/"+name, func(t *testing.T) { adamwSteps(t, passes, float64s, bound) })
		}
	}
}

func larsSteps(t *testing.T, passes, float64s bool, bound float64) {
	var p stepParams
	ref := oracle(t, "simclr_steps", &p)
	r := compile(t, "simclr_steps.hcl", passes)
	checkGroups(t, r.Plan, p.Excluded)
	m := start(t, ref, r, float64s)
	for i, lr := range p.LR {
		step := fmt.Sprintf("step/%d/", i)
		out := m.step(t, viewsOf(t, ref, i), map[string]float64{"lr": lr})
		ref.want(t, step+"loss", []float64{out["loss"]}, bound)
		for _, name := range ref.under(step + "state/") {
			ref.want(t, step+"state/"+name, m.get(t, name), bound)
		}
		for _, name := range ref.under(step + "momentum/") {
			ref.want(t, step+"momentum/"+name, m.get(t, "optimizer.momentum."+name), bound)
		}
	}
}

func adamwSteps(t *testing.T, passes, float64s bool, bound float64) {
	var p stepParams
	start0 := oracle(t, "simclr_steps", &p)
	ref := oracle(t, "simclr_steps_adamw", &p)
	r := compile(t, "simclr_steps_adamw.hcl", passes)
	m := start(t, start0, r, float64s)
	for i, lr := range p.LR {
		out := m.step(t, viewsOf(t, start0, i), map[string]float64{"lr": lr})
		ref.want(t, fmt.Sprintf("step/%d/loss", i), []float64{out["loss"]}, bound)
	}
	moments := 0
	for _, s := range r.Plan.State {
		switch {
		case s.Role != plan.RoleOptimizer:
			ref.want(t, "final/"+s.Name, m.get(t, s.Name), bound)
		case len(s.Dims) > 0:
			moments++
			ref.want(t, "final/"+momentOf(s.Name), m.get(t, s.Name), bound)
		}
	}
	if want := len(ref.under("final/exp_avg/")) + len(ref.under("final/exp_avg_sq/")); moments != want {
		t.Errorf("the plan has %d moments, want %d", moments, want)
	}
}

// momentOf turns optimizer.exp_avg.NAME into exp_avg/NAME.
func momentOf(name string) string {
	rest := name[len("optimizer."):]
	i := slices.Index([]byte(rest), '.')
	return rest[:i] + "/" + rest[i+1:]
}

// start makes a machine with the reference's parameters and running statistics. Every state tensor but those of the optimizer must
// be there.
func start(t *testing.T, ref *reference, r *compiler.Result, float64s bool) machine {
	t.Helper()
	m := newMachine(t, r, float64s)
	seen := 0
	for _, s := range r.Plan.State {
		if s.Role != plan.RoleOptimizer {
			m.set(t, s.Name, ref.tensor(t, "init/"+s.Name).Data)
			seen++
		}
	}
	if want := len(ref.under("init/")); seen != want {
		t.Fatalf("the plan has %d parameters and buffers, want %d", seen, want)
	}
	return m
}

func viewsOf(t *testing.T, ref *reference, step int) map[string]*ir.Tensor {
	t.Helper()
	return map[string]*ir.Tensor{
		"view0": ref.tensor(t, fmt.Sprintf("step/%d/view/0", step)),
		"view1": ref.tensor(t, fmt.Sprintf("step/%d/view/1", step)),
	}
}

// checkGroups compares the parameters that LARS leaves alone with the reference's list.
func checkGroups(t *testing.T, p *plan.Plan, want []string) {
	t.Helper()
	var got []string
	for _, s := range p.State {
		if s.Group >= 0 && p.Groups[s.Group].NoAdapt {
			got = append(got, s.Name)
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("parameters that LARS leaves alone = %q, want %q", got, want)
	}
}
