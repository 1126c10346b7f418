package conformance

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"ssc/compiler"
	"ssc/compiler/ir"
	"ssc/lang"
	"ssc/runtime/ort"
)

const recomputing = "train.recompute=block"

// TestRecompute: computing the values of blocks again changes no bit of a step, by bodies and by native kernels, with batch norms, shortcuts, attention and dropped branches; and running statistics move
// once.
func TestRecompute(t *testing.T) {
	for _, kernels := range []bool{false, true} {
		for _, c := range []struct {
			name, file string
			sets       []string
			blocks     int // that are recomputed
		}{{"basic", "tiny.hcl", nil, 2}, {"bottleneck", "tiny.hcl", []string{"algorithm.backbone.depth=50"}, 7}, {"transformer", "tiny_vit.hcl", nil, 2}, {"teacher", "method_byol.hcl", nil, 0}, {"crops", "method_dino.hcl", nil, 0}} {
			t.Run(fmt.Sprintf("%s/kernels=%t", c.name, kernels), func(t *testing.T) {
				var o compiler.Options
				if kernels {
					o.Kernels = kernelNames(t)
				}
				kept := compileWith(t, o, filepath.Join("testdata", c.file), c.sets...)
				again := compileWith(t, o, filepath.Join("testdata", c.file), append(slices.Clone(c.sets), recomputing)...)
				if n := waits(again.Train); n < max(c.blocks, 1) || waits(kept.Train) > 0 {
					t.Fatalf("%d values wait for a gradient, want one for each of %d blocks, and %d without recomputing, want none", n, c.blocks, waits(kept.Train))
				}
				if err := ir.Verify(again.Train); err != nil {
					t.Fatal(err)
				}
				if k, a := kept.Plan.Stats, again.Plan.Stats; a.FLOPs != k.FLOPs || a.Recompute == 0 || a.Recompute > k.FLOPs/2 {
					t.Errorf("a step has %d operations and %d recomputed ones, want the %d of one that keeps its values, and at most half of them again", a.FLOPs, a.Recompute, k.FLOPs)
				}
				equalSteps(t, kept, again)
			})
		}
	}
}

// equalSteps compares three steps bit by bit, executed as a run does.
func equalSteps(t *testing.T, a, b *compiler.Result) {
	t.Helper()
	m, n := newNative(t, a, ort.OptOff), newNative(t, b, ort.OptOff)
	begin(t, a, m)
	begin(t, b, n)
	for i := range 3 {
		want, got := m.step(t, images(a, uint64(i)), nil), n.step(t, images(b, uint64(i)), nil)
		if !maps.Equal(got, want) {
			t.Fatalf("step %d: metrics %v, want %v", i, got, want)
		}
	}
	want, got := snapshot(t, a, m), snapshot(t, b, n)
	for name := range want {
		if !slices.Equal(got[name], want[name]) {
			t.Errorf("after three steps %s differs", name)
		}
	}
}

// waits is the number of values that a graph holds back until something is computed.
func waits(g *ir.Graph) (n int) {
	for _, node := range g.Nodes {
		if node.Op.Name() == "After" {
			n++
		}
	}
	return n
}

// compileWith compiles a file with options and overrides.
func compileWith(t *testing.T, o compiler.Options, file string, sets ...string) *compiler.Result {
	t.Helper()
	p, diags := lang.Load([]string{file}, lang.Options{Root: tables.Root, Sets: sets})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	r, diags := compiler.Compile(p.Root, tables, o)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return r
}

// TestRecomputeMemory: what is kept for the backward part, as predicted, shrinks by two fifths at least in the networks that it is for, whether bodies or kernels compute them.
func TestRecomputeMemory(t *testing.T) {
	for _, name := range []string{"simclr_resnet50_8xb32-coslr-200e_in1k", "simclr_vit-small-p16_1xb1024-coslr-300e_in1k"} {
		t.Run(name, func(t *testing.T) {
			file := "../examples/selfsup/simclr/" + name + ".hcl"
			all := compileWith(t, compiler.Options{NoPasses: true}, file)
			var names []string
			for _, n := range all.Train.Nodes {
				if f := n.Op.Name(); ir.IsFunction(n.Op) && !slices.Contains(names, f) {
					names = append(names, f)
				}
			}
			for _, kernels := range [][]string{nil, names} {
				activations := func(sets ...string) int64 {
					r := compileWith(t, compiler.Options{Kernels: kernels}, file, sets...)
					return r.Plan.Stats.PeakBytes - r.Plan.Stats.StateBytes
				}
				before, after := activations(), activations(recomputing)
				if less := 1 - float64(after)/float64(before); less < 0.4 {
					t.Errorf("with %d kernels the peak is %d bytes instead of %d, %.0f %% less, want 40", len(kernels), after, before, 100*less)
				}
			}
		})
	}
}
