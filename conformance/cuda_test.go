package conformance

import (
	"io/fs"
	"path/filepath"
	"slices"
	"testing"

	"ssc/compiler"
	"ssc/compiler/cuda"
	"ssc/compiler/plan"
	kernels "ssc/kernels/cuda"
	"ssc/lang"
	"ssc/runtime/transform"
)

// onProcessor are the transforms of the examples that have no form for a GPU.
var onProcessor = []string{"random_erasing", "random_patches"}

// TestExamplesOnCUDA compiles every pipeline in examples for a GPU: no node may be left that ONNX Runtime's CUDA provider would not run there, the plans have kernels of ours, and the views of training images can be made there, but for two transforms.
func TestExamplesOnCUDA(t *testing.T) {
	n := 0
	err := filepath.WalkDir(examples, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".hcl" || filepath.Base(filepath.Dir(path)) == "_base_" {
			return err
		}
		n++
		p, diags := lang.Load([]string{path}, lang.Options{Root: tables.Root})
		if !diags.HasErrors() {
			var r *compiler.Result
			if r, diags = compiler.Compile(p.Root, tables, compiler.Options{Name: p.Name, Device: "cuda", Kernels: cuda.Own()}); !diags.HasErrors() {
				recordable(t, path, r.Plan)
				taken(t, path, r)
			}
		}
		for _, d := range diags {
			t.Errorf("%s: %s", path, d)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n < 30 {
		t.Errorf("%d pipelines found", n)
	}
}

// taken checks that the plan has kernels of ours, and that they take all calls of their functions.
func taken(t *testing.T, path string, r *compiler.Result) {
	t.Helper()
	if len(r.Plan.Target.Kernels) == 0 {
		t.Errorf("%s: the plan has no kernels", path)
	}
	for _, n := range r.Train.Nodes {
		if !slices.Contains(r.Plan.Target.Kernels, n.Op.Name()) {
			continue
		}
		if _, err := cuda.Plan(n, kernels.Usual); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// recordable checks that the views of training images have a form for a GPU exactly where all their transforms have.
func recordable(t *testing.T, path string, p *plan.Plan) {
	t.Helper()
	d := p.Dataset("train")
	if d == nil {
		return
	}
	for i, v := range d.Views {
		ts, err := transform.Build(v.Transforms)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		want := !slices.ContainsFunc(v.Transforms, func(c plan.Component) bool { return slices.Contains(onProcessor, c.Type) })
		if err := transform.Recordable(ts); (err == nil) != want {
			t.Errorf("%s: view %d for a GPU: %v", path, i, err)
		}
	}
}
