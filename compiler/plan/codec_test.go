package plan

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// small is a sound plan that has something of everything.
func small() *Plan {
	constant := Curve{Kind: "constant", Base: 1}
	image := ImageType{Channels: 1, Height: 8, Width: 6, Normalized: true}
	p := &Plan{Format: Format, Compiler: "test", Name: "small", Seed: 3, Target: Target{Device: "cpu", Layout: "nchw", Precision: "fp32", World: 1},
		Graphs: map[string]Graph{"train": {File: "train.onnx", Inputs: []TensorID{{"view0", "f32", []int{4, 1, 8, 6}}}}},
		State: []State{{Name: "w", Next: "next.w", DType: "f32", Dims: []int{3, 2}, Role: RoleParam, Init: Init{Kind: "trunc_normal", Std: 0.02, Lo: -2, Hi: 2}, InPlace: true},
			{Name: "teacher.w", Next: "next.teacher.w", DType: "f32", Dims: []int{3, 2}, Role: RoleTeacher, Group: -1, Init: Init{Kind: "copy", Of: "w"}}},
		Groups: []Group{{LR: "lr", LRMult: 1, Params: 1}},
		Scalars: []Scalar{{"gate", constant}, {"apply", constant},
			{"lr", Curve{Kind: "cosine", Base: 0.1, Warmup: &Warmup{Kind: "linear", Length: 5, Ratio: 0.1}}}},
		Metrics:  []string{"loss", "ok"},
		Fields:   []Field{{Name: "view0", Kind: "view", DType: "f32", Dims: []int{4, 1, 8, 6}}, {Name: "idx", Kind: "idx", DType: "i64", Dims: []int{4}}, {Name: "keep", Kind: "noise", DType: "f32", Dims: []int{4}}},
		Datasets: []Dataset{{Name: "train", Source: Component{Type: "source", Label: "idx", Args: map[string]any{"images": "x.gz"}, At: "a.hcl:3,1"}, Views: []View{{Image: image}}}},
		Loader:   Loader{BatchSize: 4, Prefetch: 2, Last: LastWrap, Shuffle: true},
		Train:    Train{Epochs: 2, Accumulate: 1, LogEvery: 10, MaxBad: 10, Checkpoint: Checkpoint{Epochs: 1, Minutes: 10, Keep: 2}},
	}
	return p
}

func TestDecodeOfEncode(t *testing.T) {
	b, err := Encode(small())
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(small(), got); d != "" {
		t.Errorf("Decode(Encode(p)) differs from p (-want +got):\n%s", d)
	}
}

// TestDecodeRefuses changes a sound plan in one place.
func TestDecodeRefuses(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(p *Plan)
		want   string
	}{
		"other format":         {func(p *Plan) { p.Format = 0 }, "format 0, made by ssc test; this ssc reads format 1"},
		"log_every 0":          {func(p *Plan) { p.Train.LogEvery = 0 }, "log_every is 0"},
		"checkpoint.epochs 0":  {func(p *Plan) { p.Train.Checkpoint.Epochs = 0 }, "checkpoint.epochs is 0"},
		"minutes 0":            {func(p *Plan) { p.Train.Checkpoint.Minutes = 0 }, "minutes is 0"},
		"batch 0":              {func(p *Plan) { p.Loader.BatchSize = 0 }, "batch_size is 0"},
		"negative workers":     {func(p *Plan) { p.Loader.Workers = -1 }, "workers"},
		"unknown last":         {func(p *Plan) { p.Loader.Last = "partial" }, `last is "partial"`},
		"no gate":              {func(p *Plan) { p.Scalars[0].Name = "g" }, "gate and apply"},
		"unknown curve":        {func(p *Plan) { p.Scalars[2].Curve.Kind = "saw" }, `"lr" has a curve of the unknown kind "saw"`},
		"unknown warm-up":      {func(p *Plan) { p.Scalars[2].Curve.Warmup.Kind = "late" }, "impossible warm-up"},
		"no rate":              {func(p *Plan) { p.Groups[0].LR = "speed" }, `the scalar "speed"`},
		"no ok":                {func(p *Plan) { p.Metrics = p.Metrics[:1] }, `lack "ok"`},
		"no training set":      {func(p *Plan) { p.Datasets[0].Name = "bank" }, "no dataset train"},
		"two training sets":    {func(p *Plan) { p.Datasets = append(p.Datasets, p.Datasets[0]) }, "there twice"},
		"image too large":      {func(p *Plan) { p.Datasets[0].Views[0].Image.Height = 1 << 40 }, "impossible shape"},
		"model elsewhere":      {func(p *Plan) { p.Graphs["train"] = Graph{File: "../train.onnx"} }, "outside the plan"},
		"model in a folder":    {func(p *Plan) { p.Graphs["train"] = Graph{File: "a/train.onnx"} }, "outside the plan"},
		"two states":           {func(p *Plan) { p.State[1].Name = "w" }, `"w" is there twice`},
		"huge state":           {func(p *Plan) { p.State[0].Dims = []int{1 << 30, 1 << 30} }, "impossible shape"},
		"no group":             {func(p *Plan) { p.State[0].Group = 1 }, "no group 1"},
		"unknown initialiser":  {func(p *Plan) { p.State[0].Init.Kind = "magic" }, `no initialiser "magic"`},
		"cuts without a value": {func(p *Plan) { p.State[0].Init.Lo, p.State[0].Init.Hi = 1, -1 }, "hardly has values"},
		"copy of nothing":      {func(p *Plan) { p.State[1].Init.Of = "v" }, `copy of "v"`},
		"copy of itself":       {func(p *Plan) { p.State[1].Init.Of = "teacher.w" }, `copy of "teacher.w"`},
		"view that is not":     {func(p *Plan) { p.Fields[0].View = 1 }, "view 1 of 1"},
		"view of another size": {func(p *Plan) { p.Fields[0].Dims = []int{4, 1, 8, 8} }, "want f32[4 1 8 6]"},
		"index of another":     {func(p *Plan) { p.Fields[1].DType = "f32" }, "want i64[4]"},
		"no bound":             {func(p *Plan) { p.Fields[2] = Field{Name: "keep", Kind: "draw", DType: "i64", Dims: []int{4, 2}} }, "draws below 0"},
		"draw of another": {func(p *Plan) {
			p.Fields[2] = Field{Name: "keep", Kind: "draw", Below: 5, DType: "f32", Dims: []int{4, 2}}
		}, "want i64[4 2]"},
		"unknown field": {func(p *Plan) { p.Fields[2].Kind = "luck" }, `unknown kind "luck"`},
	} {
		p := small()
		tc.change(p)
		b, err := Encode(p)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Decode(b); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: Decode gave %v, want an error with %q", name, err, tc.want)
		}
	}
	b, _ := Encode(small())
	for name, tc := range map[string]struct {
		text []byte
		want string
	}{
		"more behind it": {append(bytes.Clone(b), '{'), "after top-level value"},
		"truncated":      {b[:len(b)/2], "unexpected end"},
		"unknown field":  {bytes.Replace(b, []byte(`"seed"`), []byte(`"sead"`), 1), `unknown field "sead"`},
		"nothing":        {nil, "unexpected end"},
	} {
		if _, err := Decode(tc.text); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: Decode gave %v, want an error with %q", name, err, tc.want)
		}
	}
}

// FuzzPlan: what Decode accepts can be encoded again, and says the same.
func FuzzPlan(f *testing.F) {
	b, err := Encode(small())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"format":1}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := Decode(b)
		if err != nil {
			return
		}
		for _, s := range p.Scalars {
			s.Curve.At(7, 3, p.Train.Epochs)
		}
		again, err := Encode(p)
		if err != nil {
			t.Fatalf("encoding what was decoded: %v", err)
		}
		q, err := Decode(again)
		if err != nil {
			t.Fatalf("decoding it again: %v", err)
		}
		if text, _ := Encode(q); !bytes.Equal(text, again) {
			t.Errorf("the plan changes when it is encoded twice:\n%s\n%s", again, text)
		}
	})
}
