package tensorrt

import (
	"fmt"
	"math"
	"slices"

	"ssc/compiler/ir"
	"ssc/compiler/op"
	"ssc/compiler/pass"
)

// levels is the largest of the whole numbers that an 8-bit tensor uses: symmetric about 0, so that zero points are 0, as TensorRT asks.
const levels = 127

// quantisable reports whether a node multiplies by constant weights that 8 bits may hold: all products but those of two activations, and the last projection.
func quantisable(n *ir.Node, last map[*ir.Node]bool) bool {
	return products[n.Op.Name()] && !last[n] && len(n.In) > 1 && n.In[0].Const() == nil && n.In[1].Const() != nil && n.In[0].DType == ir.Float32 && (len(n.In[1].Shape) == 2 || n.Op.Name() == "Conv")
}

// Activations are the names of the values whose ranges [Quantised] needs.
func Activations(g *ir.Graph) (names []string) {
	last := lastProjections(g)
	for _, n := range g.Nodes {
		if quantisable(n, last) && !slices.Contains(names, n.In[0].Name) {
			names = append(names, n.In[0].Name)
		}
	}
	return names
}

// Observed is g with those values for its outputs, in the order of their names, so that a calibration sees them.
func Observed(g *ir.Graph, names []string) (*ir.Graph, error) {
	out := ir.Rewrite(g, func(*ir.Graph, *ir.Node, []*ir.Value) []*ir.Value { return nil })
	at := map[string]*ir.Value{}
	for _, n := range out.Nodes {
		for _, v := range n.Out {
			at[v.Name] = v
		}
	}
	out.Outputs = nil
	for _, name := range names {
		if at[name] == nil {
			return nil, fmt.Errorf("the graph of the engine has no value %q to observe", name)
		}
		out.Output(at[name])
	}
	return pass.Run(out, "dce")
}

// Quantised returns g with 8-bit integers before its products by weights: explicitly, as QuantizeLinear and DequantizeLinear, which TensorRT and ONNX Runtime join with the product. Weights are
// 8-bit constants with a scale for each output channel, activations have one scale, so that ranges, by name, is the largest magnitude that is told apart: what is beyond is cut off. All else is
// float32. Source: Wu, Judd, Zhang, Isaev, Micikevicius: Integer Quantization for Deep Learning Inference: Principles and Empirical Evaluation (2020), 2004.09602, sections 3 and 4.
func Quantised(g *ir.Graph, ranges map[string]float64) (*ir.Graph, error) {
	last := lastProjections(g)
	rounded := map[*ir.Value]*ir.Value{}
	var missing error
	out := ir.Rewrite(g, func(dst *ir.Graph, n *ir.Node, in []*ir.Value) []*ir.Value {
		if !quantisable(n, last) {
			return nil
		}
		r, ok := ranges[n.In[0].Name]
		if !ok || !(r >= 0) || math.IsInf(r, 0) {
			missing = fmt.Errorf("the range of %s, which %s reads, is %g: calibrate again", n.In[0].Name, n.Out[0].Name, r)
			return nil
		}
		if rounded[in[0]] == nil {
			if r == 0 {
				r = levels // a value that is always 0
			}
			scale := op.Const(dst, ir.ScalarTensor(ir.Float32, float64(float32(r/levels))))
			zero := op.Const(dst, ir.ScalarTensor(ir.Int8, 0))
			rounded[in[0]] = op.DequantizeLinear(op.QuantizeLinear(in[0], scale, zero, 0), scale, zero, 0)
		}
		args := slices.Clone(in)
		args[0], args[1] = rounded[in[0]], weights8(dst, in[1].Const(), outputAxis(n))
		return dst.Apply(n.Op, args...)
	})
	if missing != nil {
		return nil, missing
	}
	return pass.Run(out, "dce") // folding would make float32 of the weights again
}

// outputAxis is the axis of a product's weights that its outputs are counted by.
func outputAxis(n *ir.Node) int {
	trans, _ := ir.Attribute(n.Op, "transB").(bool)
	if n.Op.Name() == "Conv" || trans {
		return 0
	}
	return 1
}

// weights8 are weights as 8-bit integers, each index of the axis with a scale of its own, and turned back.
func weights8(dst *ir.Graph, w *ir.Tensor, axis int) *ir.Value {
	n := w.Dims[axis]
	inner := ir.Dims(w.Dims[axis+1:]...).Elems()
	scale, whole := ir.NewTensor(ir.Float32, n), ir.NewTensor(ir.Int8, w.Dims...)
	for i, x := range w.Data {
		c := i / inner % n
		scale.Data[c] = max(scale.Data[c], math.Abs(x))
	}
	for c, most := range scale.Data {
		if most == 0 {
			most = levels // a channel of zeros
		}
		scale.Data[c] = float64(float32(most / levels))
	}
	for i, x := range w.Data {
		whole.Data[i] = min(max(math.RoundToEven(x/scale.Data[i/inner%n]), -levels), levels)
	}
	return op.DequantizeLinear(op.Const(dst, whole), op.Const(dst, scale), op.Const(dst, ir.NewTensor(ir.Int8, n)), axis)
}
