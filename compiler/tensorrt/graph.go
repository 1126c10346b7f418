package tensorrt

import (
	"fmt"
	"math"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"ssc/compiler/fn"
	"ssc/compiler/ir"
	"ssc/compiler/onnx"
	"ssc/compiler/op"
	"ssc/compiler/pass"
)

// Read makes the float32 graph of an engine: the model joined with what source says, as constants, and every batch norm that follows a convolution folded into it. places are those of the
// model's values in the pipeline; nodes without one have none. The constants are held as float64, twice the size of the weights.
//
// Errors: those of onnx.Join, among them more weights than the 2 GiB of a model, and an operator that ssc does not know.
func Read(model []byte, source onnx.Standalone, places map[string]hcl.Range) (*ir.Graph, error) {
	source.DataFile = ""
	joined, _, err := onnx.Join(model, source)
	if err != nil {
		return nil, err
	}
	m, err := onnx.ReadModel(joined)
	if err != nil {
		return nil, err
	}
	g, err := m.Graph(onnx.Importer{Lookup: fn.Any, Const: op.Const})
	if err != nil {
		return nil, err
	}
	for _, n := range g.Nodes {
		n.Range = places[n.Out[0].Name]
	}
	return clean(foldBatchNorm(g))
}

// clean runs the compiler's passes over a rewritten graph.
func clean(g *ir.Graph) (*ir.Graph, error) {
	out, err := pass.All(g)
	if err != nil {
		return nil, fmt.Errorf("simplifying the graph of the engine: %w", err)
	}
	return out, nil
}

// foldBatchNorm multiplies the filters of a convolution with what the batch norm behind it, which has its statistics, scales each channel by:
//
//	(w*x + b - mean)/√(var + ε)·γ + β = (γ/√(var + ε)·w)*x + (b - mean)·γ/√(var + ε) + β
//
// A convolution whose result is read elsewhere too keeps its own filters, and the batch norm stays.
func foldBatchNorm(g *ir.Graph) *ir.Graph {
	readers := map[string]int{}
	for _, n := range g.Nodes {
		for _, v := range n.In {
			if v != nil {
				readers[v.Name]++
			}
		}
	}
	for _, v := range g.Outputs {
		readers[v.Name]++
	}
	return ir.Rewrite(g, func(dst *ir.Graph, n *ir.Node, in []*ir.Value) []*ir.Value {
		if n.Op.Name() != "BatchNormalization" || len(n.Out) != 1 || in[0].Def == nil || in[0].Def.Op.Name() != "Conv" || readers[in[0].Name] != 1 {
			return nil
		}
		c := in[0].Def
		params := constants(append(slices.Clone(c.In[1:]), in[1:]...))
		if params == nil {
			return nil
		}
		epsilon, _ := ir.Attribute(n.Op, "epsilon").(float64)
		w, b := folded(params, len(c.In) > 2 && c.In[2] != nil, epsilon)
		return dst.Apply(c.Op, c.In[0], op.Const(dst, w), op.Const(dst, b))
	})
}

// constants are the tensors of constant values, none when one is not constant; an absent value has none.
func constants(values []*ir.Value) []*ir.Tensor {
	var out []*ir.Tensor
	for _, v := range values {
		if v == nil {
			continue
		}
		if v.Const() == nil {
			return nil
		}
		out = append(out, v.Const())
	}
	return out
}

// folded are the filters and the bias of a convolution with its batch norm: p is filters, bias when there is one, scale, shift, mean and variance.
func folded(p []*ir.Tensor, biased bool, epsilon float64) (w, b *ir.Tensor) {
	w, b = p[0].Clone(), ir.NewTensor(p[0].DType, p[0].Dims[0])
	rest := p[1:]
	if biased {
		copy(b.Data, p[1].Data)
		rest = p[2:]
	}
	scale, shift, mean, variance := rest[0].Data, rest[1].Data, rest[2].Data, rest[3].Data
	per := len(w.Data) / len(b.Data)
	for i := range b.Data {
		gain := scale[i] / math.Sqrt(variance[i]+epsilon)
		b.Data[i] = (b.Data[i]-mean[i])*gain + shift[i]
		for j := range per {
			w.Data[i*per+j] *= gain
		}
	}
	return w, b
}

// Options say what an emitted model tells of itself.
type Options struct {
	Version  string // of ssc
	Metadata map[string]string
}

// opsetBFloat16 is the first opset whose convolutions and poolings take bfloat16; TensorRT's parser reads 9 to 24.
const opsetBFloat16 = 22

// Emit writes the graph as an ONNX model, with the places of nodes in their doc strings.
func Emit(g *ir.Graph, o Options) ([]byte, error) {
	e := onnx.Options{Producer: "ssc", Version: o.Version, Ranges: true, Metadata: o.Metadata}
	for _, n := range g.Nodes {
		if slices.ContainsFunc(n.Out, func(v *ir.Value) bool { return v.DType == ir.BFloat16 }) {
			e.Opset = opsetBFloat16
		}
	}
	return onnx.Emit(g, e)
}
