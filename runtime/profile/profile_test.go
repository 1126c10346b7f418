package profile

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ssc/runtime/ort"
	"ssc/runtime/report"
)

// A trace of two executions. Of each, MatMul takes 600 µs, the first call of Twice 100 + 50 and the second one 200; the first execution of all is slower.
const trace = `[
{"cat":"Session","name":"session_initialization","ts":1,"dur":7,"args":{}},
{"cat":"Node","name":"y_kernel_time","ts":100,"dur":5000,"args":{"op_name":"MatMul","output_type_shape":[{"float":[2,3]}]}},
{"cat":"Session","name":"model_run","ts":90,"dur":6000,"args":{}},
{"cat":"Node","name":"_inlfunc_Twice_token_0_add_2_kernel_time","ts":8600,"dur":200,"args":{"op_name":"Add"}},
{"cat":"Node","name":"_inlfunc_Twice_add_kernel_time","ts":8400,"dur":100,"args":{"op_name":"Add"}},
{"cat":"Node","name":"_inlfunc_Twice_mul_kernel_time","ts":8500,"dur":50,"args":{"op_name":"Mul"}},
{"cat":"Node","name":"y_fence_before","ts":7990,"dur":1,"args":{"op_name":"MatMul"}},
{"cat":"Node","name":"y_kernel_time","ts":8000,"dur":600,"args":{"op_name":"MatMul"}},
{"cat":"Node","name":"w_kernel_time","ts":8900,"dur":10,"args":{"op_name":"Relu"}},
{"cat":"Session","name":"model_run","ts":7990,"dur":1000,"args":{}}
]`

var nodes = []Node{
	{Name: "y", Function: "MatMul", FLOPs: 3000, Bytes: 600, At: "p.hcl:3,1", Block: "backbone"},
	{Name: "a", Function: "ai.ssc.Twice", FLOPs: 10, Bytes: 40, At: "p.hcl:3,1", Block: "backbone"},
	{Name: "b", Function: "ai.ssc.Twice", FLOPs: 20, Bytes: 80, At: "p.hcl:9,1", Block: "head"},
}

// recorded is a recorder with two steps as in the trace: the loader is waited for 2 ms and the graph runs 1 ms.
func recorded() *Recorder {
	r := &Recorder{o: Options{Nodes: nodes, FLOPs: 3030}, last: 12}
	at := time.Unix(100, 0)
	for i := range 2 {
		r.spans = append(r.spans, span{Wait, i, at, at.Add(2 * time.Millisecond)}, span{Run, i, at.Add(2 * time.Millisecond), at.Add(3 * time.Millisecond)})
		at = at.Add(4 * time.Millisecond)
		r.ends = append(r.ends, at)
		at = at.Add(time.Hour) // an evaluation, which is no part of a step
	}
	return r
}

func read(t *testing.T, text string) []graphRun {
	t.Helper()
	name := filepath.Join(t.TempDir(), "trace.json")
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	runs, err := readTrace(name)
	if err != nil {
		t.Fatal(err)
	}
	return runs
}

func TestResult(t *testing.T) {
	res, err := recorded().result(read(t, trace))
	if err != nil {
		t.Fatal(err)
	}
	want := &report.Profile{First: 12, Last: 12, Seconds: 4e-3, FLOPs: 3030,
		Functions: []report.Cost{{Name: Wait, Seconds: 2e-3}, {Name: elsewhere, Seconds: 1e-3}, {Name: "MatMul", Calls: 1, Seconds: 600e-6, FLOPs: 3000, Bytes: 600},
			{Name: "ai.ssc.Twice", Calls: 2, Seconds: 350e-6, FLOPs: 30, Bytes: 120}, {Name: betweenNodes, Seconds: 40e-6}, {Name: "Relu", Seconds: 10e-6}},
		Lines: []report.Cost{{Name: "backbone", At: "p.hcl:3,1", Calls: 2, Seconds: 750e-6, FLOPs: 3010, Bytes: 640}, {Name: "head", At: "p.hcl:9,1", Calls: 1, Seconds: 200e-6, FLOPs: 20, Bytes: 80},
			{Name: noBlock, Seconds: 10e-6}}}
	if diff := cmp.Diff(want, res.Profile, cmpopts.EquateApprox(0, 1e-9)); diff != "" {
		t.Errorf("the profile differs (-want +got):\n%s", diff)
	}
	if got := want.Functions[2].FLOPS(); math.Abs(got-5e6) > 1 {
		t.Errorf("FLOPS() = %g, want 3000 operations in 600 µs, 5e6", got)
	}
}

// TestOtherNames: where the calls of a function cannot be told apart, its time is that of no block.
func TestOtherNames(t *testing.T) {
	res, err := recorded().result(read(t, strings.ReplaceAll(trace, "Twice_token_0_", "Twice_")))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range res.Profile.Lines {
		if want := map[string]float64{"backbone": 600e-6, "head": 0, noBlock: 360e-6}[c.Name]; math.Abs(c.Seconds-want) > 1e-9 {
			t.Errorf("%s takes %g s, want %g", c.Name, c.Seconds, want)
		}
	}
}

// TestMismatch: a trace of other executions than the loop's is refused.
func TestMismatch(t *testing.T) {
	r := recorded()
	r.spans = append(r.spans, span{Run, 1, time.Now(), time.Now()})
	if _, err := r.result(read(t, trace)); err == nil {
		t.Error("a trace of 2 executions fits 3, want an error")
	}
}

// TestWrite reads the trace as a viewer does: nodes lie inside their execution, on our clock.
func TestWrite(t *testing.T) {
	res, err := recorded().result(read(t, trace))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := res.Write(&b); err != nil {
		t.Fatal(err)
	}
	var got struct {
		TraceEvents []struct {
			Phase    string         `json:"ph"`
			Name     string         `json:"name"`
			Start    float64        `json:"ts"`
			Duration float64        `json:"dur"`
			Args     map[string]any `json:"args"`
		}
	}
	if err := json.Unmarshal([]byte(b.String()), &got); err != nil {
		t.Fatalf("%v in\n%s", err, &b)
	}
	found := 0
	for _, e := range got.TraceEvents {
		switch {
		case e.Phase != "X":
		case e.Name == Wait && (e.Start != 0 || e.Duration != 2000):
			t.Errorf("waiting is %g + %g µs, want 0 + 2000", e.Start, e.Duration)
		case e.Name == Run && (e.Start != 2000 || e.Duration != 1000):
			t.Errorf("the graph is %g + %g µs, want 2000 + 1000", e.Start, e.Duration)
		case e.Name == "y":
			if e.Start != 2010 || e.Duration != 600 || e.Args["at"] != "p.hcl:3,1" || e.Args["GFLOP/s"] != 0.005 {
				t.Errorf("y is %+v, want 600 µs from 2010 on, 0.005 GFLOP/s, of p.hcl:3,1", e)
			}
			found++
		}
	}
	if found != 1 {
		t.Errorf("y is there %d times, want once: its warm-up is left out", found)
	}
}

// TestNil: a run that nobody watches.
func TestNil(t *testing.T) {
	var r *Recorder
	r.Span(Run, time.Now())
	if r.Step(1) || r.Open() || r.Prefix() != "" {
		t.Error("a nil recorder watches")
	}
	r.Close()
}

// TestMachine: the products are products, and the rates are possible.
func TestMachine(t *testing.T) {
	s, err := ort.NewSession(product("MatMul", ""), ort.SessionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if got := s.Inputs(); len(got) != 2 || got[0].DType != "f32" || !cmp.Equal(got[0].Dims, []int{side, side}) {
		t.Errorf("the inputs of the product are %v, want two of f32[%d %d]", got, side, side)
	}
	flops, err := PeakFLOPS(1)
	if err != nil || flops < 1e8 || flops > 1e13 {
		t.Errorf("PeakFLOPS(1) = %g, %v, want what one core can do", flops, err)
	}
	bytes, err := PeakBytes(1)
	if err != nil || bytes < 1e8 || bytes > 1e13 {
		t.Errorf("PeakBytes(1) = %g, %v, want what one core can copy", bytes, err)
	}
}
