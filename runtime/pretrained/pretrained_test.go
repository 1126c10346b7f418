package pretrained

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssc/compiler/plan"
	"ssc/runtime/checkpoint"
	"ssc/runtime/checkpoint/safetensors"
)

// run is a network of two layers with a norm, a teacher, a head and its optimizer's state.
var run = []plan.State{
	{Name: "backbone.w", Role: plan.RoleParam, Dims: []int{2, 2}},
	{Name: "backbone.bn.mean", Role: plan.RoleBuffer, Dims: []int{2}},
	{Name: "head.w", Role: plan.RoleParam, Dims: []int{3}},
	{Name: "teacher.w", Role: plan.RoleTeacher, Dims: []int{2, 2}, Init: plan.Init{Kind: "copy", Of: "backbone.w"}},
	{Name: "optimizer.m.backbone.w", Role: plan.RoleOptimizer, Dims: []int{2, 2}},
}

// initial is the run's state before anything is loaded.
func initial() map[string][]float32 {
	state := map[string][]float32{}
	for _, s := range run {
		n := 1
		for _, d := range s.Dims {
			n *= d
		}
		state[s.Name] = make([]float32, n)
	}
	return state
}

// tensor has the elements start, start+1, ….
func tensor(name, dtype string, start float32, dims ...int) safetensors.Tensor {
	n := 1
	for _, d := range dims {
		n *= d
	}
	var b bytes.Buffer
	for i := range n {
		x := start + float32(i)
		bits := math.Float32bits(x)
		var v any = bits
		switch dtype {
		case "f64":
			v = math.Float64bits(float64(x))
		case "bf16":
			v = uint16(bits >> 16)
		case "f16":
			v = uint16(bits>>13&1023 | (bits>>23-112)<<10) // of normal positive numbers
		case "i64":
			v = int64(x)
		}
		if err := binary.Write(&b, binary.LittleEndian, v); err != nil {
			panic(err)
		}
	}
	return safetensors.Tensor{Info: safetensors.Info{Name: name, DType: dtype, Dims: dims}, Data: b.Bytes()}
}

// file writes a safetensors file.
func file(t *testing.T, tensors ...safetensors.Tensor) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "weights.safetensors")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := safetensors.Write(f, tensors, nil); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestLoad(t *testing.T) {
	w, mean := tensor("encoder.w", "bf16", 1, 2, 2), tensor("encoder.bn.mean", "f64", 5, 2)
	other := tensor("projector.w", "f32", 9, 1)
	counter := tensor("encoder.bn.num_batches_tracked", "i64", 3)
	head := tensor("head.w", "f32", 7, 3)
	for _, c := range []struct {
		name    string
		tensors []safetensors.Tensor
		from    plan.InitFrom
		want    map[string][]float32 // what differs from the initial state
		text    string               // Loaded, without the file
		errs    []string
	}{
		{"a part under another name", []safetensors.Tensor{w, mean, other, counter}, plan.InitFrom{From: "encoder.", To: "backbone.", Fresh: []string{`^head\.`}},
			map[string][]float32{"backbone.w": {1, 2, 3, 4}, "backbone.bn.mean": {5, 6}, "teacher.w": {1, 2, 3, 4}},
			"3 of 4 tensors loaded from FILE; 1 keep their initial values: head.w", nil},
		{"all, with patterns", []safetensors.Tensor{tensor("backbone.w", "f16", 1, 2, 2), tensor("backbone.bn.mean", "f32", 5, 2), tensor("teacher.w", "f32", 8, 2, 2), head, other},
			plan.InitFrom{Unused: []string{"^projector"}},
			map[string][]float32{"backbone.w": {1, 2, 3, 4}, "backbone.bn.mean": {5, 6}, "teacher.w": {8, 9, 10, 11}, "head.w": {7, 8, 9}},
			"4 of 4 tensors loaded from FILE; 1 of the file are left: projector.w", nil},
		{"fresh wins over the file", []safetensors.Tensor{w, mean, tensor("encoder.head.w", "f32", 7, 9)}, plan.InitFrom{From: "encoder.", To: "backbone.", Fresh: []string{"head"}, Unused: []string{"head"}},
			map[string][]float32{"backbone.w": {1, 2, 3, 4}, "backbone.bn.mean": {5, 6}, "teacher.w": {1, 2, 3, 4}},
			"3 of 4 tensors loaded from FILE; 1 keep their initial values: head.w; 1 of the file are left: encoder.head.w", nil},
		{"unmatched on both sides", []safetensors.Tensor{w, mean, other}, plan.InitFrom{To: "backbone."}, nil, "",
			[]string{"test.hcl:3,1: init_from:", "3 of its tensors have no place in the pipeline: encoder.bn.mean, projector.w, encoder.w", "no tensor for 4 of the pipeline's 4: backbone.w, backbone.bn.mean, head.w, teacher.w"}},
		{"another shape", []safetensors.Tensor{tensor("backbone.w", "f32", 1, 4), tensor("backbone.bn.mean", "f32", 5, 2), head}, plan.InitFrom{Fresh: []string{"teacher"}}, nil, "",
			[]string{"backbone.w has the shape [4], but backbone.w of the pipeline has [2 2]"}},
		{"another type", []safetensors.Tensor{tensor("backbone.w", "i64", 1, 2, 2), tensor("backbone.bn.mean", "f32", 5, 2), head}, plan.InitFrom{Fresh: []string{"teacher"}}, nil, "",
			[]string{"backbone.w has elements of type i64"}},
		{"nothing", []safetensors.Tensor{head}, plan.InitFrom{Fresh: []string{""}}, nil, "", []string{"nothing would be loaded"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.from.Checkpoint, c.from.At = file(t, c.tensors...), "test.hcl:3,1"
			state := initial()
			l, err := Load(c.from, run, func(name string) []float32 { return state[name] })
			if len(c.errs) > 0 {
				for _, want := range c.errs {
					if err == nil || !strings.Contains(err.Error(), want) {
						t.Errorf("Load = %v, want %q in it", err, want)
					}
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Replace(l.String(), c.from.Checkpoint, "FILE", 1); got != c.text {
				t.Errorf("Load = %q, want %q", got, c.text)
			}
			want := initial()
			for name, v := range c.want {
				want[name] = v
			}
			if diff := cmp.Diff(want, state); diff != "" {
				t.Errorf("state (-want +got):\n%s", diff)
			}
		})
	}
}

// TestFind: a run folder means its newest checkpoint; what is none is said.
func TestFind(t *testing.T) {
	dir := t.TempDir()
	if _, err := find(dir); err == nil || !strings.Contains(err.Error(), "has no checkpoint") {
		t.Errorf("find(empty folder) = %v, want an error about checkpoints", err)
	}
	if _, err := find(filepath.Join(dir, "absent")); err == nil || !strings.Contains(err.Error(), "there is no such file") {
		t.Errorf("find(absent) = %v, want an error about the file", err)
	}
	store := checkpoint.Open(filepath.Join(dir, "checkpoints"), 5)
	for step := 1; step <= 2; step++ {
		w := tensor("backbone.w", "f32", float32(step), 2, 2)
		if err := store.Save(step, []checkpoint.Tensor{{Name: w.Name, DType: w.DType, Dims: w.Dims, Role: plan.RoleParam, Data: w.Data}}, nil); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]string{dir: "000002", filepath.Join(dir, "checkpoints", "000001"): "000001"} {
		got, err := find(path)
		if err != nil || filepath.Base(filepath.Dir(got)) != want {
			t.Errorf("find(%s) = %s, %v, want that of step %s", path, got, err, want)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "checkpoints", "000001", "weights.safetensors"), []byte("damaged"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := find(filepath.Join(dir, "checkpoints", "000001")); err == nil {
		t.Error("find(damaged checkpoint) gives no error")
	}
}

// TestDamaged: bytes that are no safetensors are an error with the file's name.
func TestDamaged(t *testing.T) {
	name := filepath.Join(t.TempDir(), "x.safetensors")
	if err := os.WriteFile(name, []byte("not a safetensors file, by any means"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(plan.InitFrom{Checkpoint: name}, run, nil); err == nil || !strings.Contains(err.Error(), "x.safetensors") {
		t.Errorf("Load = %v, want an error that names the file", err)
	}
}

func TestHalf(t *testing.T) {
	for bits, want := range map[uint16]float32{0: 0, 0x3c00: 1, 0xc000: -2, 0x7bff: 65504, 0x0400: 0x1p-14, 0x0001: 0x1p-24, 0x03ff: 1023 * 0x1p-24, 0x7c00: float32(math.Inf(1)), 0x3555: 0.333251953125} {
		if got := half(bits); got != want {
			t.Errorf("half(%#04x) = %g, want %g", bits, got, want)
		}
	}
	if got := half(0x7e00); got == got {
		t.Errorf("half(NaN) = %g, want NaN", got)
	}
	if got := half(0x8000); !math.Signbit(float64(got)) {
		t.Error("half(-0) has no sign")
	}
}
