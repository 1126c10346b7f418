package probe

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssc/compiler"
	"ssc/compiler/plan"
	"ssc/lang"
	"ssc/runtime/datasource"
	"ssc/runtime/ort"
	"ssc/runtime/transform"
)

// noise is a source of grey images of 8x8 random pixels; images of one class share half of them.
type noise struct{ n, classes int }

func (s noise) Len() int { return s.n }

func (s noise) Name(i int) string { return fmt.Sprintf("noise %d", i) }

func (s noise) Read(i int, m *transform.Image) (int64, error) {
	label := -1
	if s.classes > 0 {
		label = i % s.classes
	}
	own, shared := plan.NewRand(1, plan.UseNoise, uint64(i), 0, 0), plan.NewRand(2, plan.UseNoise, uint64(label+1), 0, 0)
	pix := m.Reset(1, 8, 8)
	for j := range pix {
		a, b := own.IntN(256), shared.IntN(256)
		if pix[j] = uint8(a); j%2 == 0 {
			pix[j] = uint8(b)
		}
	}
	return int64(label), nil
}

const pipeline = `
algorithm "%s" {
  backbone "resnet" {
    depth         = 10
    num_stages    = 2
    base_channels = 4
    stem_channels = 4
    stem          = "small"
    out_indices   = [1, 2]
  }
  %s
}

dataset "train" {
  source "image_folder" {
    data_prefix = "none"
    channels    = 1
  }
  view {
    count = %d
    random_crop {
      size    = 8
      padding = 1
    }
    normalize {
      mean = [0.5]
      std  = [0.3]
    }
  }
}

dataset "test" {
  source "image_folder" {
    data_prefix = "none"
    channels    = 1
  }
  view {
    center_crop { size = 8 }
    normalize {
      mean = [0.5]
      std  = [0.3]
    }
  }
}

loader { batch_size = 4 }
optimizer "sgd" {}
export { pool_size = 1 }
%s
`

// compiled is a subject with the network's initial weights, which scale changes by name.
func compiled(t *testing.T, text string, scale func(name string) float32) *Subject {
	t.Helper()
	tables := compiler.Tables{Source: datasource.Table, Transform: transform.Table}
	p, diags := lang.Load([]string{"in.hcl"}, lang.Options{Root: tables.Root, ReadFile: func(string) ([]byte, error) { return []byte(text), nil }})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	r, diags := compiler.Compile(p.Root, tables, compiler.Options{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	weights := map[string]*ort.Tensor{}
	rnd := plan.NewRand(1, plan.UseInit, 0, 0, 0)
	for _, st := range r.Plan.State {
		w, err := ort.NewTensor(st.DType, st.Dims)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(w.Close)
		for i := range w.Float32() {
			x := st.Init.Value + st.Init.Mean + st.Init.Std*rnd.Normal()
			if st.Init.Kind == "uniform" {
				x = rnd.Uniform(st.Init.Lo, st.Init.Hi)
			}
			w.Float32()[i] = float32(x) * scale(st.Name)
		}
		weights[st.Name] = w
	}
	s := &Subject{Name: Encoder, Plan: r.Plan, Models: map[string][]byte{}, Data: map[string]Dataset{}, Threads: 1, Weights: func(name string) *ort.Tensor { return weights[name] }}
	for name, g := range r.Plan.Graphs {
		s.Models[name] = r.Files[g.File]
	}
	for _, d := range r.Plan.Datasets {
		s.Data[d.Name] = Dataset{Spec: d, Samples: noise{70, 3}, Channels: 1}
	}
	t.Cleanup(s.Close)
	return s
}

func asIs(string) float32 { return 1 }

const contrastive = `
  neck "linear" { out_channels = 8 }
  head "contrastive" {}`

// TestAccuracy: each head's predictions are those of its weights on the features, however many images are classified at once.
func TestAccuracy(t *testing.T) {
	text := fmt.Sprintf(pipeline, "classification", `head "cls" {
    with_avg_pool = true
    num_classes   = 3
  }`, 1, `evaluate "accuracy" {}`)
	s := compiled(t, text, func(name string) float32 {
		if strings.HasPrefix(name, "head.") {
			return 100
		}
		return 1
	})
	m := carryOut(t, s, s.Plan.Evaluate[0])[0]
	f, err := s.Labelled(t.Context(), "test", 0)
	if err != nil {
		t.Fatal(err)
	}
	w, b := s.Weights("head.fc_cls.weight").Float32(), s.Weights("head.fc_cls.bias").Float32()
	var predicted []int64
	for i := range f.Rows {
		score := make([]float64, 3)
		for c := range score {
			score[c] = float64(b[c])
			for j, x := range f.Row(i) {
				score[c] += float64(w[c*f.Dim+j]) * float64(x)
			}
		}
		predicted = append(predicted, int64(argMax(score)))
	}
	if diff := cmp.Diff(tally(f.Labels, predicted), m.Classes); diff != "" {
		t.Errorf("classes (-want +got):\n%s", diff)
	}
	if m.Value != m.Classes.accuracy() || m.Metrics["accuracy"] != m.Value || m.Metrics["accuracy.top5"] != 1 {
		t.Errorf("accuracy = %g, metrics %v; top 5 of 3 classes is 1", m.Value, m.Metrics)
	}
}

// TestAccuracyOfHeads: two heads give two measurements, and the log the better.
func TestAccuracyOfHeads(t *testing.T) {
	s := compiled(t, fmt.Sprintf(pipeline, "classification", `head "multi_cls" {
    in_indices  = [1, 2]
    num_classes = 3
  }`, 1, "evaluate \"accuracy\" {\n max_queries = 50\n}"), asIs)
	list := carryOut(t, s, s.Plan.Evaluate[0])
	if len(list) != 2 || list[0].Setting != "classifier 1" || list[0].Queries != 50 {
		t.Fatalf("measurements = %v, want those of two classifiers on 50 images", list)
	}
	best := max(list[0].Value, list[1].Value)
	if list[0].Metrics["accuracy.1"] != list[0].Value || max(list[0].Metrics["accuracy"], list[1].Metrics["accuracy"]) != best {
		t.Errorf("metrics = %v and %v, want the better as accuracy", list[0].Metrics, list[1].Metrics)
	}
}

// TestCollapse: a random network spreads its images; with a projector of nothing but a bias all meters tell.
func TestCollapse(t *testing.T) {
	text := fmt.Sprintf(pipeline, "simclr", contrastive, 2, `monitor "collapse" { samples = 64 }`)
	healthy := compiled(t, text, asIs)
	healthy.Step = map[string]float64{"ok": 1, "grad_norm": 1, "grad_norm.backbone": 1}
	m := carryOut(t, healthy, healthy.Plan.Monitors[0])[0]
	if m.Queries != 64 || len(m.Metrics) != 5 || !(m.Metrics["collapse.alignment"] < m.Metrics["collapse.distance"]) {
		t.Errorf("%s: metrics = %v, want five of 64 images, views of one image closer than images", m, m.Metrics)
	}
	healthy.Workers = 3
	if diff := cmp.Diff(m, carryOut(t, healthy, healthy.Plan.Monitors[0])[0]); diff != "" {
		t.Errorf("with three workers (-one +three):\n%s", diff)
	}
	sick := compiled(t, text, func(name string) float32 {
		if name == "neck.fc.weight" {
			return 0
		}
		return 1
	})
	sick.Step = map[string]float64{"ok": 1, "grad_norm.backbone": 0, "grad_norm.neck": 1e5}
	m = carryOut(t, sick, sick.Plan.Monitors[0])[0]
	if !(m.Metrics["collapse.std"] < 1e-3) || !(math.Abs(m.Metrics["collapse.rank"]-1) < 1e-3) || !(math.Abs(m.Metrics["collapse.uniformity"]) < 1e-3) {
		t.Errorf("meters of one point = %v, want std 0, rank 1, uniformity 0", m.Metrics)
	}
	text = fmt.Sprint(m.Warnings)
	for _, want := range []string{"collapse to one direction", "below the bound of 0.1", "collapse to few dimensions", "below the bound of 4", "crowd together",
		"grad_norm.backbone", "grad_norm.neck", "above the bound of 10000", "Usual causes: "} {
		if !strings.Contains(text, want) {
			t.Errorf("warnings = %s, want %q in them", text, want)
		}
	}
	if m.Value = m.Metrics["collapse.std"]; m.IsShare() {
		t.Error("a deviation is no share")
	}
}

// TestJudge: each bound by itself, and none for a step that had no effect.
func TestJudge(t *testing.T) {
	p := &collapse{minStd: 0.1, minRank: 5, maxUniformity: -0.1, maxAlignment: 0.95, minGradNorm: 1e-7, maxGradNorm: 1e4}
	good := Meters{Std: 0.9, Rank: 20, Alignment: 0.2, Uniformity: -3, Distance: 1.9}
	for _, c := range []struct {
		name string
		edit func(m *Meters, step map[string]float64)
		want string
	}{
		{"healthy", func(*Meters, map[string]float64) {}, ""},
		{"std", func(m *Meters, _ map[string]float64) { m.Std = 0.05 }, "std,"},
		{"rank", func(m *Meters, _ map[string]float64) { m.Rank = 3 }, "rank,"},
		{"uniformity", func(m *Meters, _ map[string]float64) { m.Uniformity = -0.01 }, "uniformity "},
		{"alignment", func(m *Meters, _ map[string]float64) { m.Alignment = 1.9 }, "alignment "},
		{"small gradient", func(_ *Meters, s map[string]float64) { s["grad_norm.neck"] = 0 }, "grad_norm.neck"},
		{"bad step", func(_ *Meters, s map[string]float64) { s["ok"], s["grad_norm.neck"] = 0, 0 }, ""},
	} {
		m, step := good, map[string]float64{"ok": 1, "grad_norm": 2, "grad_norm.backbone": 2, "grad_norm.neck": 1}
		c.edit(&m, step)
		got := p.judge(m, 128, step)
		switch {
		case c.want == "" && len(got) == 0:
		case len(got) != 1 || c.want == "" || !strings.HasPrefix(got[0].Detail, c.want) || len(got[0].Causes) < 2:
			t.Errorf("%s: warnings = %v, want one about %q", c.name, got, c.want)
		}
	}
}

// TestUnlabelled: a probe of classes refuses images without, by name.
func TestUnlabelled(t *testing.T) {
	s := compiled(t, fmt.Sprintf(pipeline, "simclr", contrastive, 2, ""), asIs)
	s.Data["test"] = Dataset{Spec: s.Data["test"].Spec, Samples: noise{10, 0}, Channels: 1}
	if _, err := s.Labelled(t.Context(), "test", 5); err == nil || !strings.Contains(err.Error(), `dataset "test": noise 0 has no label`) {
		t.Errorf("Labelled = %v, want the first image without a label", err)
	}
	if _, err := s.Features(t.Context(), "tset", 0); err == nil || !strings.Contains(err.Error(), `no dataset "tset"`) {
		t.Errorf("Features = %v, want an error that names the dataset", err)
	}
}

// TestRawPixels: without weights the features are the images as they were given, not normalised, and probes of networks have nothing to say.
func TestRawPixels(t *testing.T) {
	s := compiled(t, fmt.Sprintf(pipeline, "simclr", contrastive, 2, `monitor "collapse" {}`), asIs)
	s.Weights = nil
	f, err := s.Features(t.Context(), "test", 0)
	if err != nil {
		t.Fatal(err)
	}
	var m transform.Image
	if _, err := (noise{70, 3}).Read(5, &m); err != nil {
		t.Fatal(err)
	}
	for i, v := range m.Pix {
		if want := float32(v) / 255; math.Abs(float64(f.Row(5)[i]-want)) > 1e-6 {
			t.Fatalf("pixel %d of image 5 = %g, want %g", i, f.Row(5)[i], want)
		}
	}
	if got := carryOut(t, s, s.Plan.Monitors[0]); len(got) != 0 {
		t.Errorf("collapse of raw pixels = %v, want nothing", got)
	}
}
