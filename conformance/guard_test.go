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

// TestClosedGate: a step with gate 0 changes no bit of the state, whatever the optimizer keeps.
func TestClosedGate(t *testing.T) {
	for name, over := range map[string]string{
		"adam":       "",
		"accumulate": twice,
		"lars":       `optimizer "lars" { momentum = 0.9 }`,
		"lamb":       `optimizer "lamb" {}`,
		"sgd":        "optimizer \"sgd\" {\n momentum = 0.9\n dampening = 0.5\n weight_decay = 0.1\n}",
	} {
		t.Run(name, func(t *testing.T) {
			r := compile(t, "tiny.hcl", true, over)
			m := newMachine(t, r, false)
			m.step(t, images(r, 1), nil) // so that momenta are not zero
			before := snapshot(t, r, m)
			for _, apply := range []float64{0, 1} {
				out := m.step(t, images(r, 2), map[string]float64{"gate": 0, "apply": apply})
				if out["ok"] != 0 {
					t.Errorf("ok = %g with a closed gate, want 0", out["ok"])
				}
				if diff := cmp.Diff(before, snapshot(t, r, m)); diff != "" {
					t.Errorf("gate 0 with apply %g changes the state:\n%s", apply, diff)
				}
			}
		})
	}
}

// TestNotFinite: one bad pixel drops the step without a trace, and the next step goes on as if it had not been.
func TestNotFinite(t *testing.T) {
	r := compile(t, "tiny.hcl", true)
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e30} {
		m, untouched := newMachine(t, r, false), newMachine(t, r, false)
		batch := images(r, 1)
		batch["view1"].Data[77] = bad
		before := snapshot(t, r, m)
		out := m.step(t, batch, nil)
		if bad == 1e30 && out["ok"] == 1 {
			continue // large but finite all the way: nothing to drop
		}
		if out["ok"] != 0 {
			t.Errorf("ok = %g with a pixel of %g, want 0", out["ok"], bad)
		}
		if diff := cmp.Diff(before, snapshot(t, r, m)); diff != "" {
			t.Errorf("a pixel of %g changes the state:\n%s", bad, diff)
		}
		m.step(t, images(r, 2), nil)
		untouched.step(t, images(r, 2), nil)
		if diff := cmp.Diff(snapshot(t, r, untouched), snapshot(t, r, m)); diff != "" {
			t.Errorf("after a pixel of %g the next step differs from one without it:\n%s", bad, diff)
		}
	}
}

const (
	// plain makes a step whose displacement is half the gradient.
	plain = `optimizer "sgd" { lr = 0.5 }`
	// twice makes an application of two micro-batches.
	twice = "train { accumulate = 2 }"
)

// TestAccumulate: the step that applies moves by the mean of the micro-batches' gradients; running statistics advance with each.
func TestAccumulate(t *testing.T) {
	one, two := compile(t, "tiny.hcl", true, plain), compile(t, "tiny.hcl", true, plain, twice)
	for name, c := range map[string]struct {
		float64s bool
		bound    float64
	}{"float64": {true, 1e-12}, "runtime": {false, 1e-6}} {
		t.Run(name, func(t *testing.T) {
			m, a, b := newMachine(t, two, c.float64s), newMachine(t, one, c.float64s), newMachine(t, one, c.float64s)
			start := snapshot(t, two, m)
			m.step(t, images(two, 1), map[string]float64{"apply": 0})
			middle := snapshot(t, two, m)
			m.step(t, images(two, 2), nil)
			a.step(t, images(one, 1), nil)
			for _, s := range one.Plan.State {
				if s.Role == plan.RoleBuffer {
					b.set(t, s.Name, a.get(t, s.Name)) // b's statistics go on where a's ended, its parameters do not
				}
			}
			b.step(t, images(one, 2), nil)
			for _, s := range one.Plan.State {
				want := b.get(t, s.Name)
				if s.Role == plan.RoleParam {
					if !slices.Equal(start[s.Name], middle[s.Name]) {
						t.Errorf("%s changes before the step that applies", s.Name)
					}
					want = mean(a.get(t, s.Name), b.get(t, s.Name))
				}
				if e := distance(m.get(t, s.Name), want); !(e <= c.bound) {
					t.Errorf("%s after two micro-batches: error %.2g, want at most %g", s.Name, e, c.bound)
				}
			}
			for _, s := range two.Plan.State {
				if s.Role == plan.RoleAccum && s.Name != "accum.ok" && slices.ContainsFunc(m.get(t, s.Name), func(x float64) bool { return x != 0 }) {
					t.Errorf("%s is not cleared by the step that applies", s.Name)
				}
			}
		})
	}
}

func mean(a, b []float64) []float64 {
	m := make([]float64, len(a))
	for i := range m {
		m[i] = (a[i] + b[i]) / 2
	}
	return m
}

// TestBadMicroBatch: a bad micro-batch, first or last, drops the whole application; the next one is sound again.
func TestBadMicroBatch(t *testing.T) {
	r := compile(t, "tiny.hcl", true, plain, twice)
	for _, bad := range []int{0, 1} {
		m := newMachine(t, r, false)
		before := snapshot(t, r, m)
		for i := range 2 {
			batch := images(r, uint64(1+i))
			if i == bad {
				batch["view0"].Data[5] = math.NaN()
			}
			m.step(t, batch, map[string]float64{"apply": float64(i)})
		}
		after := snapshot(t, r, m)
		for _, s := range r.Plan.State {
			if s.Role != plan.RoleBuffer && !slices.Equal(before[s.Name], after[s.Name]) {
				t.Errorf("bad micro-batch %d: %s differs from before the two", bad, s.Name)
			}
		}
		m.step(t, images(r, 1), map[string]float64{"apply": 0})
		m.step(t, images(r, 2), nil)
		fresh := newMachine(t, r, false)
		fresh.step(t, images(r, 1), map[string]float64{"apply": 0})
		fresh.step(t, images(r, 2), nil)
		for _, s := range r.Plan.State {
			if s.Role != plan.RoleBuffer && !slices.Equal(snapshot(t, r, fresh)[s.Name], snapshot(t, r, m)[s.Name]) {
				t.Errorf("bad micro-batch %d: the next application differs in %s from one without it", bad, s.Name)
			}
		}
	}
}

// TestClipNorm: gradients longer than clip_norm are scaled to it, shorter ones left alone, and grad_norm tells the length before.
func TestClipNorm(t *testing.T) {
	free := compile(t, "tiny.hcl", true, plain)
	length, move := displacement(t, free)
	if e := math.Abs(norm(move)/0.5/length - 1); e > 1e-5 {
		t.Fatalf("grad_norm = %g, want %g", length, norm(move)/0.5)
	}
	for _, c := range []struct{ set, factor float64 }{{length / 4, 0.25}, {length * 2, 1}} {
		r := compile(t, "tiny.hcl", true, plain, fmt.Sprintf(`optimizer "sgd" { clip_norm = %g }`, c.set))
		got, clipped := displacement(t, r)
		if math.Abs(got/length-1) > 1e-6 {
			t.Errorf("grad_norm with clip_norm %g = %g, want %g", c.set, got, length)
		}
		want := make([]float64, len(move))
		for i := range want {
			want[i] = c.factor * move[i]
		}
		if e := distance(clipped, want); !(e <= 1e-4) {
			t.Errorf("clip_norm %g of a gradient of length %g: error of the step %.2g, want at most 1e-4", c.set, length, e)
		}
	}
}

// displacement is how far one step moves all parameters, and the metric grad_norm.
func displacement(t *testing.T, r *compiler.Result) (gradNorm float64, move []float64) {
	t.Helper()
	m := newMachine(t, r, false)
	var before []float64
	for _, s := range r.Plan.State {
		if s.Role == plan.RoleParam {
			before = append(before, m.get(t, s.Name)...)
		}
	}
	out := m.step(t, images(r, 1), nil)
	for _, s := range r.Plan.State {
		if s.Role == plan.RoleParam {
			move = append(move, m.get(t, s.Name)...)
		}
	}
	for i := range move {
		move[i] -= before[i]
	}
	return out["grad_norm"], move
}

func norm(x []float64) float64 { return distance(x, make([]float64, len(x))) }

// TestFrozen: frozen stages keep parameters and statistics, norm_eval keeps all statistics; the rest is trained.
func TestFrozen(t *testing.T) {
	for name, c := range map[string]struct {
		set  string
		kept func(s plan.State) bool
	}{
		"none": {"frozen_stages = -1", func(plan.State) bool { return false }},
		"stem": {"frozen_stages = 0", func(s plan.State) bool { return under(s, "backbone.conv1", "backbone.bn1") }},
		"stage 1": {"frozen_stages = 1", func(s plan.State) bool {
			return under(s, "backbone.conv1", "backbone.bn1", "backbone.layer1")
		}},
		"norm_eval": {"norm_eval = true", func(s plan.State) bool {
			return s.Role == plan.RoleBuffer && under(s, "backbone")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			r := compile(t, "tiny.hcl", true, fmt.Sprintf(`algorithm "simclr" {
  backbone "resnet" { %s }
}`, c.set))
			m := newMachine(t, r, false)
			before := snapshot(t, r, m)
			m.step(t, images(r, 1), nil)
			m.step(t, images(r, 2), nil)
			after := snapshot(t, r, m)
			for _, s := range r.Plan.State {
				same := slices.Equal(before[s.Name], after[s.Name])
				switch kept := c.kept(s); {
				case kept && !same:
					t.Errorf("%s changes, want it kept", s.Name)
				case !kept && same:
					t.Errorf("%s does not change, want it trained", s.Name)
				}
				if s.Frozen != (c.kept(s) && s.Role == plan.RoleParam) {
					t.Errorf("%s: frozen = %t in the plan, want %t", s.Name, s.Frozen, !s.Frozen)
				}
			}
		})
	}
}

// under reports whether the state lies below one of the prefixes.
func under(s plan.State, prefixes ...string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(s.Name, p+".") })
}
