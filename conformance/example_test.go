package conformance

import (
	"bytes"
	"io/fs"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"ssc/compiler"
	"ssc/compiler/plan"
	"ssc/lang"
)

const examples = "../examples"

// limits bound the processor time that a pipeline takes from its text to its plan. The clock on the wall would measure what else the machine is doing.
var limits = map[string]time.Duration{
	"selfsup/simclr/simclr_resnet10-w32_1xb256-adamw-6e_fmnist.hcl": 200 * time.Millisecond,
	"selfsup/simclr/simclr_resnet50_8xb32-coslr-200e_in1k.hcl":      time.Second,
}

// trained are the numbers that pipelines train: those of MMClassification's ResNet-50, without one of the three input channels where the network sees Sobel derivatives, and those of a classifier of 10,000.
var trained = map[string]int{
	"selfsup/deepcluster/deepcluster_resnet50_8xb64-steplr-200e_in1k.hcl":       23508032 + 2049*10000,
	"selfsup/deepcluster/deepcluster-sobel_resnet50_8xb64-steplr-200e_in1k.hcl": 23504896 + 2049*10000,
}

// TestTrained counts what pipelines train.
func TestTrained(t *testing.T) {
	for name, want := range trained {
		p, err := plan.Decode(compileExample(t, filepath.Join(examples, name))[plan.File])
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Stats.Params; got != want {
			t.Errorf("%s trains %d numbers, want %d", name, got, want)
		}
	}
}

// TestExamples compiles every pipeline in examples, whose data is not there, twice: the files must be the same byte for byte. Named
// ones must take no more processor time than their limit, in the best of five.
func TestExamples(t *testing.T) {
	seen := 0
	err := filepath.WalkDir(examples, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".hcl" || filepath.Base(filepath.Dir(path)) == "_base_" {
			return err
		}
		name, err := filepath.Rel(examples, path)
		t.Run(filepath.Base(path), func(t *testing.T) {
			start := processorTime(t)
			first := compileExample(t, path)
			took := processorTime(t) - start
			equalFiles(t, first, compileExample(t, path))
			limit, ok := limits[filepath.ToSlash(name)]
			if !ok {
				return
			}
			seen++
			for range 4 {
				start = processorTime(t)
				compileExample(t, path)
				took = min(took, processorTime(t)-start)
			}
			t.Logf("compiled in %v of processor time", took)
			if took > limit {
				t.Errorf("compiling takes %v, want at most %v", took, limit)
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

// processorTime is what the process has used so far, in its own code and the system's.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
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
			i := 0
			for i < min(len(a[name]), len(b[name])) && a[name][i] == b[name][i] {
				i++
			}
			t.Errorf("%s differs at byte %d of %d and %d", name, i, len(a[name]), len(b[name]))
		}
	}
}
