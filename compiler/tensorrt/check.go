package tensorrt

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"ssc/compiler/ir"
)

// served are the standard operators that TensorRT's parser imports (onnx-tensorrt, docs/operators.md of 10.15), as far as ssc has them, with what it asks of their form; nil asks nothing.
var served = map[string]func(n *ir.Node) string{
	"Abs": nil, "Add": nil, "And": nil, "ArgMax": nil, "ArgMin": nil, "AveragePool": undilated, "BatchNormalization": inference, "Cast": nil, "Ceil": nil, "Clip": nil, "Concat": nil, "Constant": nil,
	"ConstantOfShape": nil, "Conv": nil, "ConvTranspose": undilated, "Cos": nil, "CumSum": constant(1), "DepthToSpace": nil, "DequantizeLinear": nil, "Div": nil, "Einsum": nil, "Elu": nil, "Equal": nil, "Erf": nil,
	"Exp": nil, "Expand": nil, "Flatten": nil, "Floor": nil, "Gather": nil, "GatherElements": nil, "GatherND": nil, "Gemm": nil, "GlobalAveragePool": nil, "GlobalMaxPool": nil, "Greater": nil,
	"GreaterOrEqual": nil, "HardSigmoid": nil, "HardSwish": nil, "Identity": nil, "InstanceNormalization": nil, "IsInf": nil, "IsNaN": nil, "LayerNormalization": nil, "LeakyRelu": nil, "Less": nil,
	"LessOrEqual": nil, "Log": nil, "LogSoftmax": nil, "MatMul": nil, "Max": nil, "MaxPool": undilated, "Min": nil, "Mod": nil, "Mul": nil, "Neg": nil, "Not": nil, "OneHot": constant(1), "Or": nil,
	"PRelu": nil, "Pad": nil, "Pow": nil, "QuantizeLinear": nil, "Range": nil, "Reciprocal": nil, "ReduceL1": constant(1), "ReduceL2": constant(1), "ReduceLogSumExp": constant(1), "ReduceMax": constant(1),
	"ReduceMean": constant(1), "ReduceMin": constant(1), "ReduceProd": constant(1), "ReduceSum": constant(1), "ReduceSumSquare": constant(1), "Relu": nil, "Reshape": nil, "Resize": linear, "Round": nil,
	"ScatterElements": nil, "ScatterND": plainScatter, "Shape": nil, "Sigmoid": nil, "Sign": nil, "Sin": nil, "Slice": nil, "Softmax": nil, "Softplus": nil, "SpaceToDepth": nil, "Split": nil, "Sqrt": nil,
	"Squeeze": nil, "Sub": nil, "Sum": nil, "Tanh": nil, "Tile": nil, "TopK": sortedTopK, "Transpose": nil, "Trilu": nil, "Unsqueeze": nil, "Where": nil, "Xor": nil,
}

// types are the element types of a network.
var types = []ir.DType{ir.Float32, ir.Float16, ir.BFloat16, ir.Int8, ir.Int32, ir.Int64, ir.Bool}

// Check reports the nodes that TensorRT's parser would refuse, each once at the block that it was made for. Only the graph's own inputs may be 8-bit, for they are cast at once.
func Check(g *ir.Graph) (diags hcl.Diagnostics) {
	refuse := func(n *ir.Node, format string, args ...any) {
		d := &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Not for TensorRT", Detail: fmt.Sprintf("The node %s is a %s, ", n.Out[0].Name, n.Op.Name()) + fmt.Sprintf(format, args...)}
		if n.Range != (hcl.Range{}) {
			d.Subject = &n.Range
		}
		diags = append(diags, d)
	}
	read := map[*ir.Value]bool{}
	for _, n := range g.Nodes {
		for _, v := range n.In {
			read[v] = true
		}
	}
	for _, n := range g.Nodes {
		rule, ok := served[n.Op.Name()]
		switch {
		case !ok || ir.IsFunction(n.Op):
			refuse(n, "which TensorRT's parser does not know. Export the model with ssc export instead, or take the features of a layer before it (export.layer).")
			continue
		case rule != nil:
			if text := rule(n); text != "" {
				refuse(n, "%s.", text)
			}
		}
		for i, v := range n.Out {
			if single := n.Op.Name() == "LayerNormalization" || n.Op.Name() == "MaxPool"; single && i > 0 && read[v] {
				refuse(n, "of which TensorRT has the first output only.")
			}
			if !slices.Contains(types, v.DType) {
				refuse(n, "whose result is %s; TensorRT computes with %s.", v.Type, typeNames())
			}
		}
	}
	return diags
}

func typeNames() string {
	var names []string
	for _, d := range types {
		names = append(names, d.String())
	}
	return strings.Join(names, ", ")
}

func undilated(n *ir.Node) string {
	d, _ := ir.Attribute(n.Op, "dilations").([]int)
	if slices.ContainsFunc(d, func(k int) bool { return k != 1 }) {
		return fmt.Sprintf("whose dilations %v must be 1", d)
	}
	return ""
}

func inference(n *ir.Node) string {
	if t, _ := ir.Attribute(n.Op, "training_mode").(bool); t {
		return "in training mode"
	}
	return ""
}

// constant asks for an input that is an initializer, if it is there.
func constant(i int) func(*ir.Node) string {
	return func(n *ir.Node) string {
		if i < len(n.In) && n.In[i] != nil && n.In[i].Const() == nil {
			return fmt.Sprintf("whose input %d must be a constant", i)
		}
		return ""
	}
}

func linear(n *ir.Node) string {
	if mode, _ := ir.Attribute(n.Op, "mode").(string); mode == "cubic" {
		return "whose mode cubic is not one of nearest and linear"
	}
	if a, _ := ir.Attribute(n.Op, "antialias").(bool); a {
		return "which must not smooth (antialias)"
	}
	return ""
}

func plainScatter(n *ir.Node) string {
	if r, _ := ir.Attribute(n.Op, "reduction").(string); r != "" && r != "none" {
		return fmt.Sprintf("whose reduction %q must be none", r)
	}
	return ""
}

// topKLimit is the number of elements from which on TensorRT finds no largest ones.
const topKLimit = 3840

func sortedTopK(n *ir.Node) string {
	if s, ok := ir.Attribute(n.Op, "sorted").(bool); ok && !s {
		return "whose results must be sorted"
	}
	if len(n.In) > 1 && n.In[1].Const() != nil {
		if k := n.In[1].Const().Int(); len(k) == 1 && k[0] >= topKLimit {
			return fmt.Sprintf("whose k is %d, not below %d", k[0], topKLimit)
		}
	}
	return ""
}
