package resume

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ssc/compiler/onnx"
	"ssc/compiler/plan"
	"ssc/runtime/checkpoint/atomic"
	"ssc/runtime/export"
	"ssc/runtime/features"
	"ssc/runtime/train"
)

// normalised is the tiny pipeline whose evaluated images are normalised, with overrides of its text.
func normalised(t *testing.T, replace ...string) recipe {
	t.Helper()
	text, err := os.ReadFile(pipelineFile)
	if err != nil {
		t.Fatal(err)
	}
	replace = append(replace, "center_crop { size = 8 }", "center_crop { size = 8 }\n    normalize {\n      mean = [0.4]\n      std  = [0.2]\n    }")
	return compileText(t, strings.NewReplacer(replace...).Replace(string(text)))
}

// network is that of a run of three steps, with the images of the bank.
func network(t *testing.T, r recipe, o train.Options) *train.Network {
	t.Helper()
	o.Dir = r.stoppedAt(t, 3)
	if o.Threads == 0 {
		o.Threads = 1
	}
	n, err := train.OpenNetwork(r.plan, r.models, -1, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	if err := n.OpenData(t.Context(), "bank"); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestFeatures: what is written is what the probes see, bit for bit, whatever the number of threads and workers; a run that works in the folder is not disturbed, since nothing in it changes.
func TestFeatures(t *testing.T) {
	r := normalised(t)
	n := network(t, r, train.Options{})
	before := listing(t, filepath.Dir(filepath.Dir(n.Path)))
	want, err := n.Features(t.Context(), "bank", 0)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var first []byte
	for _, workers := range []int{1, 3} {
		name := filepath.Join(dir, "f.npy")
		n.Workers = workers
		got, err := features.Write(t.Context(), n.Subject, "bank", name, atomic.OS{})
		if err != nil {
			t.Fatal(err)
		}
		if got.Rows != 37 || !slices.Equal(got.Dims, []int{8}) || len(got.Files) != 2 {
			t.Errorf("Write = %+v, want 37 rows of 8 features in two files", got)
		}
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		data := b[10+binary.LittleEndian.Uint16(b[8:]):]
		if len(data) != 4*37*8 {
			t.Fatalf("%d bytes of features, want those of 37 rows of 8", len(data))
		}
		for i, x := range want.Data.Float32() {
			if bits := binary.LittleEndian.Uint32(data[4*i:]); bits != math.Float32bits(x) {
				t.Fatalf("feature %d is written as %g, but a probe sees %g", i, math.Float32frombits(bits), x)
			}
		}
		if first != nil && !bytes.Equal(first, b) {
			t.Error("other workers give other bytes")
		}
		first = b
	}
	names, err := os.ReadFile(filepath.Join(dir, "f.names.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Split(string(names), "\n"); len(lines) != 39 || lines[0] != "name,label" || !strings.HasSuffix(lines[1], "images[0],0") || !strings.HasSuffix(lines[2], "images[1],1") {
		t.Errorf("the names beside the features are %d lines, the first %q", len(lines), lines[:3])
	}
	if after := listing(t, filepath.Dir(filepath.Dir(n.Path))); !slices.Equal(before, after) {
		t.Errorf("the run folder held %v, and now %v", before, after)
	}
}

// listing are the files below a folder.
func listing(t *testing.T, dir string) (list []string) {
	t.Helper()
	if err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		list = append(list, path)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return list
}

// TestLayers: each layer has its own size, and the embedding that the loss compares is none of the maps.
func TestLayers(t *testing.T) {
	for set, want := range map[string][]int{
		"layer = \"last\"\n  pool_size = 1":      {8},
		"layer = \"last\"\n  pool_size = 2":      {32},
		"layer = \"map0\"\n  pool_size = 0":      {4, 8, 8},
		"layer = \"map1\"\n  pool_size = 0":      {8, 4, 4},
		"layer = \"embedding\"\n  pool_size = 0": {8},
	} {
		r := normalised(t, "out_indices   = [2]", "out_indices   = [1, 2]", "train {\n", "export {\n  "+set+"\n}\ntrain {\n")
		if got := r.plan.Graphs["extract"].Outputs[0].Dims[1:]; !slices.Equal(got, want) {
			t.Errorf("features of %s are %v, want %v", set, got, want)
		}
	}
}

// join makes a model of the network, with a normalisation that may be wrong.
func join(t *testing.T, n *train.Network, p export.Preparation, mean float64, file string) *export.Model {
	t.Helper()
	weights := map[string][]byte{}
	for _, name := range n.Plan.Graphs["extract"].Weights {
		weights[name] = n.Tensor(name).Bytes()
	}
	m := &export.Model{Preparation: p, DataFile: file, Pad: onnx.Padding}
	var err error
	m.Bytes, m.Order, err = onnx.Join(n.Models["extract"], onnx.Standalone{Input: "images", Bytes: p.Bytes, Mean: []float64{mean}, Std: p.Std, Weights: weights, DataFile: file})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestExport: an exported model is written when it agrees with the run's own graph, on random and on real images, with its weights inside and beside it; a model with another normalisation or
// other weights is refused and leaves nothing.
func TestExport(t *testing.T) {
	n := network(t, normalised(t), train.Options{})
	checks := []export.Check{{Images: 20}, {Dataset: "bank", Images: 37}}
	for _, pixels := range []bool{false, true} {
		for _, file := range []string{"", "encoder.onnx.data"} {
			p := export.Preparation{Bytes: pixels, Mean: []float64{0.4}, Std: []float64{0.2}}
			dir := filepath.Join(t.TempDir(), "new")
			name := filepath.Join(dir, "encoder.onnx")
			proof, err := join(t, n, p, 0.4, file).Write(t.Context(), n, name, checks, atomic.OS{})
			if err != nil {
				t.Fatal(err)
			}
			if len(proof) != 2 || proof[0].Count != 20 || proof[1].Count != 37 || !proof[0].Holds() || !proof[1].Holds() {
				t.Errorf("proof = %v, want 20 random and 37 real images within the bound", proof)
			}
			if export.Size(name) == 0 || file != "" && export.Size(filepath.Join(dir, file)) == 0 {
				t.Errorf("%v were written", listing(t, dir))
			}

			dir = filepath.Join(t.TempDir(), "wrong")
			_, err = join(t, n, p, 0.41, file).Write(t.Context(), n, filepath.Join(dir, "encoder.onnx"), checks, atomic.OS{})
			if err == nil || !strings.Contains(err.Error(), "does not compute what the run does") {
				t.Errorf("a model with a wrong mean: Write = %v, want a failed proof", err)
			}
			if left := listing(t, dir); len(left) != 1 {
				t.Errorf("a failed proof leaves %v", left)
			}
		}
	}
	m := join(t, n, export.Preparation{Mean: []float64{0.4}, Std: []float64{0.2}}, 0.4, "")
	name := n.Plan.Graphs["extract"].Weights[0]
	n.Tensor(name).Float32()[0] += 0.5 // the network is no more what the model was made of
	if _, err := m.Write(t.Context(), n, filepath.Join(t.TempDir(), "encoder.onnx"), checks, atomic.OS{}); err == nil {
		t.Errorf("a model with another %s passes the proof", name)
	}
}

// TestExportTensors: the backbone's tensors lose its scope and nothing else; all keep their names.
func TestExportTensors(t *testing.T) {
	n := network(t, normalised(t), train.Options{})
	dir := t.TempDir()
	name := filepath.Join(dir, "backbone.safetensors")
	if err := export.Tensors(n, export.Names(n.Plan, n.Tensors, export.Backbone), map[string]string{"a": "b"}, name, atomic.OS{}); err != nil {
		t.Fatal(err)
	}
	held := weights(t, filepath.Dir(filepath.Dir(n.Path)), n.Step)
	list := readTensors(t, name)
	for _, x := range list {
		if held["backbone."+x.Name] != string(x.Data) {
			t.Errorf("%s is not backbone.%s of the checkpoint", x.Name, x.Name)
		}
	}
	var all []string
	for _, x := range export.Names(n.Plan, n.Tensors, export.All) {
		all = append(all, x.In)
	}
	if len(list) == 0 || !slices.Contains(all, "neck.fc0.weight") || len(all) != len(held) {
		t.Errorf("%d tensors of the backbone and %d of all, want some and %d", len(list), len(all), len(held))
	}
}

// TestTrainingDifferences: what follows training may change, what makes the weights may not.
func TestTrainingDifferences(t *testing.T) {
	base := tiny().plan
	for set, same := range map[string]bool{
		"export.pool_size=2": true, "pipeline.description=\"x\"": true, "dataset.bank.view.center_crop.size=6": true,
		"pipeline.seed=8": false, "train.epochs=4": false, "optimizer.lr=0.02": false, "algorithm.backbone.base_channels=8": false, "dataset.train.view.random_resized_crop.size=6": false,
	} {
		if d := plan.TrainingDifferences(base, compile(t, images(), set).plan); (d == "") != same {
			t.Errorf("TrainingDifferences with %s = %q, want none: %v", set, d, same)
		}
	}
}
