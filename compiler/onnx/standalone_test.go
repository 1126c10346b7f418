package onnx_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssc/compiler/ir"
	"ssc/compiler/onnx"
)

// raw is the tensor's elements as a file has them.
func raw(t *ir.Tensor) (b []byte) {
	for _, x := range t.Data {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(x)))
	}
	return b
}

// standalone is the fixture extract, its model, and what joins it with weights of its own and a normalisation.
func standalone(t *testing.T) (fixture, []byte, onnx.Standalone) {
	t.Helper()
	f := extract()
	model, err := onnx.Emit(f.g, f.options())
	if err != nil {
		t.Fatal(err)
	}
	return f, model, onnx.Standalone{Input: "image", Bytes: true, Mean: []float64{0.25}, Std: []float64{0.5}, Metadata: map[string]string{"b": "2", "a": "1"},
		Weights: map[string][]byte{"conv.weight": raw(f.feeds["conv.weight"]), "fc.weight": raw(f.feeds["fc.weight"])}}
}

// TestJoin compares the joined model with the committed one, which check.py gives to ONNX's checker and runs in ONNX Runtime on pixels of 8 bits against what the definition gives for the
// images normalised by hand.
func TestJoin(t *testing.T) {
	f, model, o := standalone(t)
	joined, order, err := onnx.Join(model, o)
	if err != nil || order != nil {
		t.Fatalf("Join = %v, %v, want no data file", order, err)
	}
	pixels := ir.NewTensor(ir.Uint8, 5, 1, 4, 3)
	images := ir.NewTensor(ir.Float32, 5, 1, 4, 3)
	for i := range pixels.Data {
		pixels.Data[i] = float64(i * 37 % 256)
		images.Data[i] = float64((float32(pixels.Data[i])/255 - 0.25) / 0.5)
	}
	f.feeds["image"] = images
	out, err := f.g.Eval(f.feeds)
	if err != nil {
		t.Fatal(err)
	}
	values, err := json.MarshalIndent(map[string]any{"feeds": map[string]*ir.Tensor{"image": pixels}, "outputs": out, "external": nil}, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "joined.json", append(values, '\n'))
	if want := golden(t, "joined.onnx", joined); !bytes.Equal(joined, want) {
		t.Error("Join gives another model than testdata/joined.onnx")
	}
	m, err := onnx.ReadModel(joined)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]*onnx.Entry{{Key: "a", Value: "1"}, {Key: "b", Value: "2"}}, m.Metadata); diff != "" {
		t.Errorf("metadata (-want +got):\n%s", diff)
	}
	g, err := m.Graph(importer)
	if err != nil {
		t.Fatal(err)
	}
	got, err := g.Eval(map[string]*ir.Tensor{"image": pixels})
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range got[0].Data {
		if math.Abs(x-out[0].Data[i]) > 1e-6 {
			t.Fatalf("feature %d of the joined model = %g, want %g", i, x, out[0].Data[i])
		}
	}
}

// TestJoinDataFile: the elements stand in the order and at the offsets that the model names.
func TestJoinDataFile(t *testing.T) {
	_, model, o := standalone(t)
	o.DataFile, o.Bytes = "encoder.data", false
	joined, order, err := onnx.Join(model, o)
	if err != nil {
		t.Fatal(err)
	}
	m, err := onnx.ReadModel(joined)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]*onnx.Entry{}
	for _, x := range m.Main.Initializers {
		if x.Location == 1 {
			got[x.Name] = x.External
		}
	}
	want := map[string][]*onnx.Entry{
		order[0]: {{Key: "location", Value: "encoder.data"}, {Key: "offset", Value: "0"}, {Key: "length", Value: "72"}},
		order[1]: {{Key: "location", Value: "encoder.data"}, {Key: "offset", Value: "4096"}, {Key: "length", Value: "24"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("external data of %v (-want +got):\n%s", order, diff)
	}
	if pad := onnx.Padding(72); pad != 4024 {
		t.Errorf("Padding(72) = %d, want 4024", pad)
	}
	if pad := onnx.Padding(8192); pad != 0 {
		t.Errorf("Padding(8192) = %d, want 0", pad)
	}
}

func TestJoinRefuses(t *testing.T) {
	for _, c := range []struct {
		want   string
		change func(o *onnx.Standalone)
	}{
		{`no elements for "fc.weight"`, func(o *onnx.Standalone) { delete(o.Weights, "fc.weight") }},
		{`"fc.weight" has 23 bytes`, func(o *onnx.Standalone) { o.Weights["fc.weight"] = make([]byte, 23) }},
		{`no input "pixels"`, func(o *onnx.Standalone) { o.Input = "pixels" }},
	} {
		_, model, o := standalone(t)
		c.change(&o)
		if _, _, err := onnx.Join(model, o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Join = %v, want an error with %s", err, c.want)
		}
	}
}
