package conformance

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// kept is the memory of the pipelines of interclr: twenty images, image i in cluster i modulo k of five, with the cluster's axis as feature and centroid.
func kept(t *testing.T, m machine, k int) {
	t.Helper()
	features, centroids, labels, counts := make([]float64, 20*8), make([]float64, 5*8), make([]float64, 20), make([]float64, 5)
	for c := range 5 {
		centroids[c*8+c] = 1
	}
	for i := range labels {
		labels[i] = float64(i % k)
		features[i*8+i%k] = 1
		counts[i%k]++
	}
	m.set(t, "memory.feature_bank", features)
	m.set(t, "memory.centroids", centroids)
	m.set(t, "memory.label_bank", labels)
	m.set(t, "memory.counts", counts)
}

// TestInterCLROverfit trains on eight images whose features in the memory stay, since none of a new one is taken in: that of its cluster can be found among others. Six negatives would be told from it by chance with a loss of ln 7.
func TestInterCLROverfit(t *testing.T) {
	r := compile(t, "method_interclr.hcl", true, `optimizer "adam" { lr = 0.01 }`, "algorithm \"interclr\" {\n inter_cos_margin_loss = false\n memory { momentum = 0 }\n}")
	m := newMachine(t, r, false)
	kept(t, m, 5)
	var first, last float64
	const steps = 60
	for i := range steps {
		out := m.step(t, relatedViews(r, i), scalarsAt(r.Plan, i, 1, steps))
		if out["ok"] != 1 || out["change_ratio"] != 0 || out["cluster_min"] != 4 || out["cluster_max"] != 4 {
			t.Fatalf("step %d: ok = %g, change_ratio = %g, clusters of %g to %g images, want 1, 0 and 4", i, out["ok"], out["change_ratio"], out["cluster_min"], out["cluster_max"])
		}
		if last = out["inter_loss"] / 0.25; i == 0 {
			first = last
		}
	}
	if !(first > 1.5 && last < 0.4) {
		t.Errorf("loss between images = %g, after %d steps %g; want at least 1.5 and at most 0.4", first, steps, last)
	}
	t.Logf("loss between images %.3f, after %d steps %.3f", first, steps, last)
}

// TestInterCLROneCluster: where all images have come into one cluster, and nothing is left to draw from, steps are still sound.
func TestInterCLROneCluster(t *testing.T) {
	for _, name := range methods {
		if !strings.HasPrefix(name, "interclr") {
			continue
		}
		for _, float64s := range []bool{true, false} {
			r := compile(t, "method_"+name+".hcl", true)
			m := newMachine(t, r, float64s)
			kept(t, m, 1)
			if out := m.step(t, images(r, 1), scalarsAt(r.Plan, 1, 1, methodSteps)); out["ok"] != 1 {
				t.Errorf("%s, float64 %t: ok = %g, want 1", name, float64s, out["ok"])
			}
		}
	}
}

// TestInterCLRSteadyLabels: without online labels a step moves features and leaves clusters, centroids and counts.
func TestInterCLRSteadyLabels(t *testing.T) {
	r := compile(t, "method_interclr_semieasy.hcl", true)
	m := newMachine(t, r, false)
	kept(t, m, 5)
	before := snapshot(t, r, m)
	m.step(t, images(r, 1), scalarsAt(r.Plan, 1, 1, methodSteps))
	after := snapshot(t, r, m)
	for name, moves := range map[string]bool{"feature_bank": true, "label_bank": false, "centroids": false, "counts": false} {
		if moved := !slices.Equal(before["memory."+name], after["memory."+name]); moved != moves {
			t.Errorf("memory.%s moved = %t, want %t", name, moved, moves)
		}
	}
}

// TestInterCLRGuard: a key that is not finite does not come into the memory, also where the loss of its step does not have it: the weights of the second neck's teacher are spoilt.
func TestInterCLRGuard(t *testing.T) {
	r := compile(t, "method_interclr_hard.hcl", true)
	m := newMachine(t, r, false)
	kept(t, m, 5)
	const name = "teacher.inter_neck.mlp.2.bias"
	m.set(t, name, slices.Repeat([]float64{math.NaN()}, len(m.get(t, name))))
	before := slices.Clone(m.get(t, "memory.feature_bank"))
	if out := m.step(t, images(r, 1), scalarsAt(r.Plan, 1, 1, methodSteps)); out["ok"] != 0 {
		t.Errorf("ok = %g with a key that is not finite, want 0", out["ok"])
	}
	if after := m.get(t, "memory.feature_bank"); !slices.Equal(after, before) {
		t.Errorf("the memory becomes %v, want %v as before", after, before)
	}
}
