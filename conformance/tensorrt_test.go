package conformance

import (
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"ssc/compiler"
	"ssc/compiler/ir"
	"ssc/compiler/onnx"
	"ssc/compiler/tensorrt"
	"ssc/runtime/ort"
	builder "ssc/runtime/tensorrt"
)

// engineGraph is the float32 graph of an engine for a pipeline with drawn weights, among them statistics of batch norms that are not those of the start, with the model it was made of.
func engineGraph(t *testing.T, r *compiler.Result) (g *ir.Graph, joined []byte) {
	t.Helper()
	weights := map[string][]byte{}
	for i, s := range r.Plan.State {
		if !s.Extract {
			continue
		}
		x := initial(t, s)
		if strings.HasSuffix(s.Name, "running_var") || strings.HasSuffix(s.Name, "running_mean") {
			x = uniform(s.Dims, uint64(i)).Data
		}
		for _, v := range x {
			if strings.HasSuffix(s.Name, "running_var") {
				v = 0.5 + math.Abs(v)
			}
			weights[s.Name] = binary.LittleEndian.AppendUint32(weights[s.Name], math.Float32bits(float32(v)))
		}
	}
	model := r.Files[r.Plan.Graphs["extract"].File]
	source := onnx.Standalone{Input: "images", Mean: []float64{0.4}, Std: []float64{0.2}, Weights: weights}
	places := map[string]hcl.Range{}
	for _, n := range r.Extract.Nodes {
		places[n.Out[0].Name] = n.Range
	}
	g, err := tensorrt.Read(model, source, places)
	if err != nil {
		t.Fatal(err)
	}
	if err := ir.Verify(g); err != nil {
		t.Fatal(err)
	}
	joined, _, err = onnx.Join(model, source)
	if err != nil {
		t.Fatal(err)
	}
	return g, joined
}

// engineFeatures runs an emitted graph as it is.
func engineFeatures(t *testing.T, model []byte, images *ir.Tensor, like *ir.Graph) *ir.Tensor {
	t.Helper()
	sized := ir.New("features")
	shape := slices.Clone(like.Outputs[0].Shape)
	shape[0].Size = images.Dims[0]
	sized.Output(sized.Input("features", ir.Float32, shape))
	got, err := runSession(t, model, ort.SessionOptions{OptLevel: ort.OptOff}, sized, map[string]*ir.Tensor{"images": images})
	if err != nil {
		t.Fatal(err)
	}
	return got[0]
}

func emitEngine(t *testing.T, g *ir.Graph) []byte {
	t.Helper()
	if err := ir.Verify(g); err != nil {
		t.Fatal(err)
	}
	if diags := tensorrt.Check(g); diags.HasErrors() {
		t.Fatal(diags)
	}
	model, err := tensorrt.Emit(g, tensorrt.Options{Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return model
}

// leastCosine is the smallest cosine of two rows of the same image.
func leastCosine(a, b *ir.Tensor) float64 {
	least, per := 1.0, len(a.Data)/a.Dims[0]
	for i := range a.Dims[0] {
		var ab, aa, bb float64
		for j := i * per; j < (i+1)*per; j++ {
			ab, aa, bb = ab+a.Data[j]*b.Data[j], aa+a.Data[j]*a.Data[j], bb+b.Data[j]*b.Data[j]
		}
		least = min(least, ab/math.Sqrt(aa*bb))
	}
	return least
}

// TestEngineGraphs: the graphs that engines are built from compute what the joined extraction model does: in float32 but for the order of sums, in the narrow types with a cosine of each image above 0.999.
// ONNX Runtime has no bfloat16 for these operators, so that graph is emulated by rounding each value.
func TestEngineGraphs(t *testing.T) {
	for _, name := range []string{"tiny.hcl", "tiny_vit.hcl"} {
		t.Run(name, func(t *testing.T) {
			r := compile(t, name, true)
			g, joined := engineGraph(t, r)
			in := r.Plan.Graphs["extract"].Inputs[0].Dims
			images := uniform(append([]int{16}, in[1:]...), 5)
			for i, v := range images.Data {
				images.Data[i] = math.Abs(v)
			}
			want := engineFeatures(t, joined, images, g)
			if c := leastCosine(engineFeatures(t, emitEngine(t, g), images, g), want); c < 1-1e-6 {
				t.Errorf("float32: cosine %g", c)
			}
			for _, n := range g.Nodes {
				if n.Op.Name() == "BatchNormalization" {
					t.Errorf("%s is not folded", n.Out[0])
				}
			}
			for _, to := range []ir.DType{ir.Float16, ir.BFloat16} {
				typed, err := tensorrt.Typed(g, to)
				if err != nil {
					t.Fatal(err)
				}
				model := emitEngine(t, typed)
				if to == ir.BFloat16 {
					if model, err = onnx.Emit(tensorrt.Emulated(typed), onnx.Options{}); err != nil {
						t.Fatal(err)
					}
				}
				c := leastCosine(engineFeatures(t, model, images, g), want)
				t.Logf("%s: cosine %.7f", to, c)
				if c < 0.999 || c > 1-1e-9 {
					t.Errorf("%s: cosine %g, want at least 0.999 and not that of float32", to, c)
				}
			}
		})
	}
}

// quantisedEngine calibrates a graph on images and returns it with 8-bit products.
func quantisedEngine(t *testing.T, g *ir.Graph, images *ir.Tensor) *ir.Graph {
	t.Helper()
	observed, err := tensorrt.Observed(g, tensorrt.Activations(g))
	if err != nil {
		t.Fatal(err)
	}
	model, err := tensorrt.Emit(observed, tensorrt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	pixels := make([]uint8, len(images.Data))
	for i, v := range images.Data {
		pixels[i] = uint8(255 * v)
	}
	ranges, err := builder.Calibrate(t.Context(), model, 0, pixels, images.Dims)
	if err != nil {
		t.Fatal(err)
	}
	q, err := tensorrt.Quantised(g, ranges)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// TestEngineQuantised: with 8-bit products the cosine of each image stays above 0.99, calibrated on other images; the weights of the products are 8-bit, and the reference evaluator, which rounds by definition,
// agrees with ONNX Runtime.
func TestEngineQuantised(t *testing.T) {
	for _, name := range []string{"tiny.hcl", "tiny_vit.hcl"} {
		t.Run(name, func(t *testing.T) {
			r := compile(t, name, true)
			g, joined := engineGraph(t, r)
			in := r.Plan.Graphs["extract"].Inputs[0].Dims
			q := quantisedEngine(t, g, uniform(append([]int{32}, in[1:]...), 6))
			images := uniform(append([]int{8}, in[1:]...), 5)
			want := engineFeatures(t, joined, images, g)
			got := engineFeatures(t, emitEngine(t, q), images, g)
			c := leastCosine(got, want)
			t.Logf("cosine %.6f", c)
			if c < 0.99 || c > 1-1e-9 {
				t.Errorf("cosine %g, want at least 0.99 and not that of float32", c)
			}
			defined, err := q.Eval(map[string]*ir.Tensor{"images": images})
			if err != nil {
				t.Fatal(err)
			}
			if c := leastCosine(got, defined[0]); c < 0.9999 {
				t.Errorf("cosine with the reference evaluator %g", c)
			}
			eight, rest := 0, 0
			for _, n := range q.Nodes {
				switch k := n.Out[0].Const(); {
				case k == nil || len(k.Dims) < 2:
				case k.DType == ir.Int8:
					eight += len(k.Data)
				default:
					rest += len(k.Data)
				}
			}
			if eight < 4*rest {
				t.Errorf("%d weights are 8-bit and %d are not", eight, rest)
			}
		})
	}
}
