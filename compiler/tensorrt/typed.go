package tensorrt

import (
	"math"
	"slices"

	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// products are what a narrow type pays for. They multiply narrow numbers and, on a GPU, add up in float32.
var products = map[string]bool{"Conv": true, "ConvTranspose": true, "Gemm": true, "MatMul": true}

// follows are the operators that stay narrow where what they read is narrow, with the positions of what must then be narrow, all where there are none. They move elements or look at each for
// itself. Everything else is an island of float32: norms, softmax, sums and means, powers and exponentials.
var follows = map[string][]int{
	"Reshape": {0}, "Transpose": {0}, "Slice": {0}, "Split": {0}, "Squeeze": {0}, "Unsqueeze": {0}, "Expand": {0}, "Gather": {0}, "Pad": {0, 2}, "Concat": nil, "Identity": nil, "MaxPool": nil,
	"Add": nil, "Sub": nil, "Mul": nil, "Div": nil, "Max": nil, "Min": nil, "Neg": nil, "Abs": nil, "Relu": nil, "LeakyRelu": nil, "Clip": nil, "Erf": nil, "Tanh": nil, "Sigmoid": nil, "Where": {1, 2},
}

// Typed returns g with convolutions and products, and what stands among them, in the type to: float16 or bfloat16. Inputs and outputs stay as they are. float32 remain
//
//   - norms, softmax, reductions and all other operators that add up or raise to a power: in float16 they are what makes a vision transformer end in NaN;
//   - the last projection: a Gemm or MatMul behind which there is no other product, so that nothing can make its rounding good again;
//   - a product with a weight beyond the range of the type.
func Typed(g *ir.Graph, to ir.DType) (*ir.Graph, error) {
	if to == ir.Float32 {
		return g, nil
	}
	t := &typing{to: to, last: lastProjections(g), of: map[*ir.Value]*ir.Value{}, native: map[*ir.Value]bool{}}
	out := ir.Rewrite(g, t.visit)
	for v := range t.native { // the narrow value has the name by which a builder's message is understood
		if !slices.Contains(out.Outputs, v) {
			v.Name, t.of[v].Name = t.of[v].Name, v.Name
		}
	}
	return clean(out)
}

// typing walks over a graph. A value that is computed in the narrow type is there as float32 too, as a Cast that nobody needs to read.
type typing struct {
	to     ir.DType
	last   map[*ir.Node]bool
	of     map[*ir.Value]*ir.Value // the value in the narrow type
	native map[*ir.Value]bool      // values that are computed in it
}

func (t *typing) visit(dst *ir.Graph, n *ir.Node, in []*ir.Value) []*ir.Value {
	name := n.Op.Name()
	places, follower := follows[name]
	if follower && places == nil || products[name] {
		places = make([]int, len(in))
		for i := range in {
			places[i] = i
		}
	}
	switch {
	case products[name] && !t.last[n] && t.narrows(in, places, false):
	case follower && t.narrows(in, places, true):
	default:
		return nil
	}
	args := slices.Clone(in)
	for _, i := range places {
		if i < len(in) && in[i] != nil {
			args[i] = t.narrow(dst, in[i])
		}
	}
	out := slices.Clone(dst.Apply(n.Op, args...))
	for i, v := range out {
		if v.DType == t.to { // and not the indices of a maximum
			out[i] = op.Cast(v, ir.Float32)
			t.of[out[i]], t.native[out[i]] = v, true
		}
	}
	return out
}

// narrows reports whether the operands can be narrow. Those of a follower must be so already, one at least, and its constants keep what they are: none becomes 0.
func (t *typing) narrows(in []*ir.Value, places []int, follower bool) bool {
	begun := !follower
	for _, i := range places {
		if i >= len(in) || in[i] == nil {
			continue
		}
		v := in[i]
		begun = begun || t.native[v]
		c := v.Const()
		if v.DType != ir.Float32 || c != nil && !t.holds(c, follower) || follower && c == nil && !t.native[v] {
			return false
		}
	}
	return begun
}

// holds reports whether the type has a number near each of the constant's: none beyond the largest, and where each counts for itself none that would become 0.
func (t *typing) holds(c *ir.Tensor, each bool) bool {
	most, least := math.MaxFloat32*(1-0x1p-9), 0x1p-133
	if t.to == ir.Float16 {
		most, least = 65504, 0x1p-24
	}
	for _, x := range c.Data {
		if a := math.Abs(x); !(a <= most) || each && a > 0 && a < least {
			return false
		}
	}
	return true
}

// narrow is v in the narrow type; a constant is one of that type.
func (t *typing) narrow(dst *ir.Graph, v *ir.Value) *ir.Value {
	if t.of[v] == nil {
		if c := v.Const(); c != nil {
			t.of[v] = op.Const(dst, &ir.Tensor{DType: t.to, Dims: c.Dims, Data: c.Data})
		} else {
			t.of[v] = op.Cast(v, t.to)
		}
	}
	return t.of[v]
}

// lastProjections are the Gemm and MatMul nodes behind which there is no product.
func lastProjections(g *ir.Graph) map[*ir.Node]bool {
	before := map[*ir.Value]bool{} // values that a product is computed from
	last := map[*ir.Node]bool{}
	for i := len(g.Nodes) - 1; i >= 0; i-- {
		n := g.Nodes[i]
		isProduct, behind := products[n.Op.Name()], false
		for _, v := range n.Out {
			behind = behind || before[v]
		}
		last[n] = isProduct && !behind && (n.Op.Name() == "Gemm" || n.Op.Name() == "MatMul")
		for _, v := range n.In {
			before[v] = before[v] || isProduct || behind
		}
	}
	return last
}

// Emulated is a typed graph for an executor that lacks the narrow type: every value is float32, and rounded to the type where the graph has it so. The products are then those of a GPU, which
// multiplies narrow numbers exactly and adds up in float32; the order of its sums is another.
func Emulated(g *ir.Graph) *ir.Graph {
	dst := ir.New(g.Name)
	of := map[*ir.Value]*ir.Value{}
	for _, v := range g.Inputs {
		of[v] = dst.Input(v.Name, v.DType, v.Shape)
	}
	for _, n := range g.Nodes {
		in := make([]*ir.Value, len(n.In))
		for i, v := range n.In {
			in[i] = of[v]
		}
		switch c := n.Out[0].Const(); {
		case c != nil && isNarrow(c.DType):
			of[n.Out[0]] = op.Cast(op.Cast(op.Const(dst, &ir.Tensor{DType: ir.Float32, Dims: c.Dims, Data: c.Data}), c.DType), ir.Float32)
			continue
		case n.Op.Name() == "Cast" && isNarrow(n.In[0].DType):
			of[n.Out[0]] = in[0]
			continue
		}
		for i, v := range dst.Apply(n.Op, in...) {
			switch d := n.Out[i].DType; {
			case n.Op.Name() == "Cast" && isNarrow(d):
				v = op.Cast(v, ir.Float32)
			case isNarrow(d):
				v = op.Cast(op.Cast(v, d), ir.Float32)
			}
			of[n.Out[i]] = v
		}
	}
	for _, v := range g.Outputs {
		y := op.Identity(of[v])
		dst.Rename(y, v.Name)
		dst.Output(y)
	}
	return dst
}

func isNarrow(d ir.DType) bool { return d == ir.Float16 || d == ir.BFloat16 }
