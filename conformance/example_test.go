package conformance

import (
	"bytes"
	"io/fs"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"ssc/compiler"
	"ssc/compiler/plan"
	"ssc/lang"
)

const examples = "../examples"

// limits bound how long a pipeline may take from its text to its plan. They leave room for a machine that is busy with other tests.
var limits = map[string]time.Duration{
	"selfsup/simclr/simclr_resnet10-w32_1xb256-adamw-3e_fmnist.hcl": 200 * time.Millisecond,
	"selfsup/simclr/simclr_resnet50_8xb32-coslr-200e_in1k.hcl":      time.Second,
}

// TestExamples compiles every pipeline in examples, whose data is not there, twice: the files must be the same byte for byte. Named
// ones must take no longer than their limit, in the better of the two.
func TestExamples(t *testing.T) {
	seen := 0
	err := filepath.WalkDir(examples, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".hcl" || filepath.Base(filepath.Dir(path)) == "_base_" {
			return err
		}
		name, err := filepath.Rel(examples, path)
		t.Run(filepath.Base(path), func(t *testing.T) {
			start := time.Now()
			first := compileExample(t, path)
			took := time.Since(start)
			start = time.Now()
			second := compileExample(t, path)
			took = min(took, time.Since(start))
			equalFiles(t, first, second)
			if limit, ok := limits[filepath.ToSlash(name)]; ok {
				seen++
				t.Logf("compiled in %v", took)
				if took > limit {
					t.Errorf("compiling takes %v, want at most %v", took, limit)
				}
			}
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen != len(limits) {
		t.Errorf("%d of %d pipelines with a limit were compiled", seen, len(limits))
	}
}

// compileExample is the content of a plan by file name.
func compileExample(t *testing.T, path string) map[string][]byte {
	t.Helper()
	p, diags := lang.Load([]string{path}, lang.Options{Root: tables.Root})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	r, diags := compiler.Compile(p.Root, tables, compiler.Options{Name: p.Name})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return planFiles(t, r)
}

func planFiles(t *testing.T, r *compiler.Result) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	for name, b := range r.Files {
		files[name] = b
	}
	b, err := plan.Encode(r.Plan)
	if err != nil {
		t.Fatal(err)
	}
	files[plan.File] = b
	return files
}

func equalFiles(t *testing.T, a, b map[string][]byte) {
	t.Helper()
	if len(a) != len(b) {
		t.Errorf("%d files and %d", len(a), len(b))
	}
	for name := range a {
		if !bytes.Equal(a[name], b[name]) {
			i := slices.IndexFunc(a[name], func(byte) bool { return false })
			for k := range min(len(a[name]), len(b[name])) {
				if a[name][k] != b[name][k] {
					i = k
					break
				}
			}
			t.Errorf("%s differs at byte %d of %d and %d", name, i, len(a[name]), len(b[name]))
		}
	}
}
