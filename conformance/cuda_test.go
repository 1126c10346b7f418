package conformance

import (
	"io/fs"
	"path/filepath"
	"testing"

	"ssc/compiler"
	"ssc/lang"
)

// TestExamplesOnCUDA compiles every pipeline in examples for a GPU: no node may be left that ONNX Runtime's CUDA provider would not run there.
func TestExamplesOnCUDA(t *testing.T) {
	n := 0
	err := filepath.WalkDir(examples, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".hcl" || filepath.Base(filepath.Dir(path)) == "_base_" {
			return err
		}
		n++
		p, diags := lang.Load([]string{path}, lang.Options{Root: tables.Root})
		if !diags.HasErrors() {
			_, diags = compiler.Compile(p.Root, tables, compiler.Options{Name: p.Name, Device: "cuda"})
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
