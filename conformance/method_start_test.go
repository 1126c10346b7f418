package conformance

import (
	"math"
	"testing"

	"ssc/compiler"
	"ssc/compiler/ir"
	"ssc/compiler/plan"
)

// TestMethodStart: on unrelated images, with the product's initial values, the loss of the first step is what theory says. Temperatures are so high that
// similarities do not count, or embeddings so wide that they are near 0.
func TestMethodStart(t *testing.T) {
	for name, c := range map[string]struct {
		over        string
		want, slack float64
	}{
		"byol":          {"algorithm \"byol\" {\n head \"latent_predict\" {\n predictor \"nonlinear\" { hid_channels = 256 }\n}\n}", 0, 0.8},
		"simsiam":       {"algorithm \"simsiam\" {\n head \"latent_predict\" {\n predictor \"nonlinear\" { hid_channels = 256 }\n}\n}", 0, 0.3},
		"moco":          {"algorithm \"moco\" {\n head \"contrastive\" { temperature = 100 }\n}", math.Log(17), 0.02},
		"moco_groups":   {"algorithm \"moco\" {\n head \"contrastive\" { temperature = 100 }\n}", math.Log(17), 0.02},
		"densecl":       {"algorithm \"densecl\" {\n start_iters = 0\n head \"contrastive\" { temperature = 100 }\n}", math.Log(17), 0.02},
		"barlowtwins":   {"", 8, 2},
		"vicreg":        {"", 25, 10},
		"swav":          {"algorithm \"swav\" {\n head \"swav\" { temperature = 100 }\n}", math.Log(6), 0.02},
		"nnclr":         {"algorithm \"nnclr\" {\n head \"nnclr\" { temperature = 100 }\n}", math.Log(8), 0.02},
		"mocov3":        {"algorithm \"mocov3\" {\n head \"mocov3\" { temperature = 100 }\n}", 4 * 100 * math.Log(8), 3},
		"rotation_pred": {"", math.Log(4), 0.05},
		"relative_loc":  {"", math.Log(8), 0.05},
		"deepcluster":   {"", math.Log(5), 0.05},
		"odc":           {"", math.Log(5), 0.05},
		"npid":          {"algorithm \"npid\" {\n head \"contrastive\" { temperature = 100 }\n}", math.Log(13), 0.02},
		"interclr":      {"algorithm \"interclr\" {\n head \"contrastive\" { temperature = 100 }\n}", 0.75*math.Log(17) + 0.25*math.Log(7), 0.02},
		"dino":          {"algorithm \"dino\" {\n neck \"dino\" {\n bottleneck_channels = 1024\n out_channels = 256\n}\n}", math.Log(256), 0.2},
	} {
		t.Run(name, func(t *testing.T) {
			r := compile(t, "method_"+name+".hcl", true, c.over)
			out := newMachine(t, r, false).step(t, images(r, 1), nil)
			if d := math.Abs(out["loss"] - c.want); !(d <= c.slack) {
				t.Errorf("loss of the first step = %g, want %g ± %g", out["loss"], c.want, c.slack)
			}
		})
	}
}

// TestMethodsOverfit trains on fixed views of eight images. Queues hold two earlier keys of each image, of which chance would find the right one with a loss of ln 17, and the best that can be told
// apart is ln 3; prototypes are fewer than images. The student of dino learns from a teacher that stays, of whose output it can get as near as the entropy.
func TestMethodsOverfit(t *testing.T) {
	const steps = 60
	still := "algorithm \"dino\" {\n base_momentum = 1\n head \"dino\" { center_momentum = 1 }\n}"
	for name, c := range map[string]struct {
		least, most float64 // of the first and of the last loss
		over        string
	}{
		"byol": {-0.5, -3, ""}, "simsiam": {-0.2, -0.8, ""}, "barlowtwins": {0.5, 0.1, ""}, "vicreg": {10, 3, ""}, "swav": {0.9, 0.3, ""}, "nnclr": {1.5, 0.3, ""}, "mocov3": {1.5, 0.2, ""},
		"moco": {0, 1.4, ""}, "moco_groups": {0, 1.8, ""}, "densecl": {0, 1.4, ""}, "dino": {0.5, 0.3, still}, "rotation_pred": {1.3, 0.7, ""}, "relative_loc": {2, 1.04, ""},
		"deepcluster": {1.5, 0.4, ""},
		"npid":        {2.5, 0.9, ""}, "npid_ensure_neg": {2.5, 0.3, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := compile(t, "method_"+name+".hcl", true, `optimizer "adam" { lr = 0.01 }`, c.over)
			m := newMachine(t, r, false)
			var first, last float64
			for i := range steps {
				out := m.step(t, relatedViews(r, i), scalarsAt(r.Plan, i, 1, steps))
				if out["ok"] != 1 {
					t.Fatalf("step %d: ok = %g, want 1", i, out["ok"])
				}
				last = out["loss"] - out["teacher_entropy"] // which dino alone has
				if i == 0 {
					first = last
				}
			}
			if !(first >= c.least && last <= c.most) {
				t.Errorf("loss = %g, after %d steps %g; want at least %g and at most %g", first, steps, last, c.least, c.most)
			}
			t.Logf("loss %.3f, after %d steps %.3f", first, steps, last)
		})
	}
}

// relatedViews are views of the same images in every step, each with noise of its own; a small one is a corner of the image. Orders of the batch are drawn for the step.
func relatedViews(r *compiler.Result, step int) map[string]*ir.Tensor {
	out := map[string]*ir.Tensor{}
	for i, f := range r.Plan.Fields {
		switch f.Kind {
		case "permutation", "draw":
			out[f.Name] = images(r, uint64(step))[f.Name]
			continue
		case "idx", "pseudo_label": // the same images in every step
			out[f.Name] = images(r, 5)[f.Name]
			continue
		case "noise":
			out[f.Name] = uniform(f.Dims, uint64(step))
			continue
		}
		base := plan.NewRand(5, plan.UseNoise, 0, 0, 0)
		own := plan.NewRand(5, plan.UseNoise, 1, uint64(i), 0)
		x := ir.NewTensor(ir.Float32, f.Dims...)
		n, at := x.Dims[3], 0
		for range x.Dims[0] * x.Dims[1] {
			for y := range max(n, 8) {
				for c := range max(n, 8) {
					v := base.Normal()
					if y < n && c < n {
						x.Data[at] = float64(float32(v + 0.3*own.Normal()))
						at++
					}
				}
			}
		}
		out[f.Name] = x
	}
	return out
}

// TestODCOverfit trains on eight images whose features in the memory stay, since none of a new one is taken in: their clusters stay too, and can be learnt.
func TestODCOverfit(t *testing.T) {
	r := compile(t, "method_odc.hcl", true, `optimizer "adam" { lr = 0.01 }`, "algorithm \"odc\" {\n memory { momentum = 0 }\n neck \"odc\" { dropout = 0 }\n}")
	m := newMachine(t, r, false)
	features, centroids, labels := make([]float64, 20*6), make([]float64, 5*6), make([]float64, 20)
	for c := range 5 {
		centroids[c*6+c] = 1
	}
	for i := range labels {
		labels[i] = float64(i % 5)
		features[i*6+i%5] = 1
	}
	m.set(t, "memory.feature_bank", features)
	m.set(t, "memory.centroids", centroids)
	m.set(t, "memory.label_bank", labels)
	m.set(t, "memory.counts", []float64{4, 4, 4, 4, 4})
	var first, last float64
	const steps = 60
	for i := range steps {
		out := m.step(t, relatedViews(r, i), scalarsAt(r.Plan, i, 1, steps))
		if out["change_ratio"] != 0 || out["cluster_min"] != 4 || out["cluster_max"] != 4 {
			t.Fatalf("step %d: change_ratio = %g, clusters of %g to %g images, want 0 and 4", i, out["change_ratio"], out["cluster_min"], out["cluster_max"])
		}
		if last = out["loss"]; i == 0 {
			first = last
		}
	}
	if !(first > 1.5 && last < 0.8) {
		t.Errorf("loss = %g, after %d steps %g; want at least 1.5 and at most 0.8", first, steps, last)
	}
	t.Logf("loss %.3f, after %d steps %.3f", first, steps, last)
}
