package conformance

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"ssc/compiler"
	"ssc/compiler/ir"
	"ssc/runtime/checkpoint/safetensors"
)

// exact is the largest error of a float64 result, relative to the norm of the reference.
const exact = 1e-8

// slack is how many times PyTorch's own float32 error a float32 result may have.
const slack = 5

// reference is what one script of testdata/oracle computed: see the README there.
type reference struct {
	tensors map[string]*ir.Tensor
	FP32    map[string]float64 `json:"fp32_error"`
	Params  json.RawMessage    `json:"params"`
	// Steps, Epochs and Cases are those of the schedules, which have no tensors.
	Steps  int             `json:"steps_per_epoch"`
	Epochs int             `json:"epochs"`
	Cases  json.RawMessage `json:"cases"`
}

// oracle loads a reference. Its params, or cases, are decoded into params.
func oracle(t *testing.T, name string, params any) *reference {
	t.Helper()
	base := filepath.Join("..", "testdata", "oracle", name)
	text, err := os.ReadFile(base + ".json")
	if err != nil {
		t.Fatal(err)
	}
	r := &reference{tensors: map[string]*ir.Tensor{}}
	if err := json.Unmarshal(text, r); err != nil {
		t.Fatalf("%s.json: %v", name, err)
	}
	content := r.Params
	if r.Cases != nil {
		content = r.Cases
	}
	if err := json.Unmarshal(content, params); err != nil {
		t.Fatalf("%s.json: %v", name, err)
	}
	if r.Params == nil {
		return r
	}
	data, err := os.ReadFile(base + ".safetensors")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.read(data); err != nil {
		t.Fatalf("%s.safetensors: %v", name, err)
	}
	return r
}

func (r *reference) read(data []byte) error {
	f, err := safetensors.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return err
	}
	for _, info := range f.Tensors() {
		n := 8
		for _, d := range info.Dims {
			n *= d
		}
		raw := make([]byte, n)
		if err := f.Next(func(safetensors.Info) ([]byte, error) { return raw, nil }); err != nil {
			return err
		}
		x := ir.NewTensor(ir.Float32, info.Dims...)
		for i := range x.Data {
			bits := binary.LittleEndian.Uint64(raw[8*i:])
			switch info.DType {
			case "f64":
				x.Data[i] = math.Float64frombits(bits)
			case "i64":
				x.DType, x.Data[i] = ir.Int64, float64(int64(bits))
			default:
				return fmt.Errorf("%s: neither f64 nor i64", info)
			}
		}
		r.tensors[info.Name] = x
	}
	if err := f.Next(nil); !errors.Is(err, io.EOF) {
		return fmt.Errorf("after the last tensor: %v", err)
	}
	return nil
}

// tensor returns a tensor of the reference.
func (r *reference) tensor(t *testing.T, name string) *ir.Tensor {
	t.Helper()
	x := r.tensors[name]
	if x == nil {
		t.Fatalf("the reference has no tensor %s", name)
	}
	return x
}

// fields are the batch fields of a step, whose tensors are stored under the prefix.
func (r *reference) fields(t *testing.T, c *compiler.Result, prefix string) map[string]*ir.Tensor {
	out := map[string]*ir.Tensor{}
	for _, f := range c.Plan.Fields {
		out[f.Name] = r.tensor(t, prefix+f.Name)
	}
	return out
}

// under lists the names of the tensors below a prefix, without it.
func (r *reference) under(prefix string) []string {
	var names []string
	for name := range r.tensors {
		if len(name) > len(prefix) && name[:len(prefix)] == prefix {
			names = append(names, name[len(prefix):])
		}
	}
	slices.Sort(names)
	return names
}

// want compares got with a tensor of the reference. bound is the largest relative error; 0 stands for slack times PyTorch's float32
// error.
func (r *reference) want(t *testing.T, name string, got []float64, bound float64) {
	t.Helper()
	ref := r.tensor(t, name)
	if bound == 0 {
		if r.FP32[name] == 0 {
			t.Fatalf("the reference has no float32 error of %s", name)
		}
		bound = slack * r.FP32[name]
	}
	if e := distance(got, ref.Data); !(e <= bound) {
		t.Errorf("%s: error %.2g, want at most %.2g", name, e, bound)
	}
}

// distance is ‖got−want‖₂/‖want‖₂, and ‖got‖₂ where want is zero.
func distance(got, want []float64) float64 {
	if len(got) != len(want) {
		return math.NaN()
	}
	var diff, norm float64
	for i, w := range want {
		diff += (got[i] - w) * (got[i] - w)
		norm += w * w
	}
	if norm == 0 {
		norm = 1
	}
	return math.Sqrt(diff / norm)
}

func TestDistance(t *testing.T) {
	for _, c := range []struct{ got, want, e []float64 }{
		{[]float64{3, 4}, []float64{3, 4}, []float64{0}},
		{[]float64{3, 5}, []float64{3, 4}, []float64{0.2}},
		{[]float64{0.25}, []float64{0}, []float64{0.25}},
	} {
		if e := distance(c.got, c.want); math.Abs(e-c.e[0]) > 1e-15 {
			t.Errorf("distance(%v, %v) = %g, want %g", c.got, c.want, e, c.e[0])
		}
	}
	if e := distance([]float64{1}, []float64{1, 2}); e == e {
		t.Errorf("distance of different sizes = %g, want NaN", e)
	}
}
