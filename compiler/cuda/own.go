package cuda

import (
	"fmt"
	"slices"

	"ssc/compiler/ir"
	own "ssc/kernels/cuda"
)

// Own lists the functions that have kernels of our own for GPUs, sorted.
func Own() []string {
	var names []string
	for _, f := range own.Functions() {
		names = append(names, f.Name)
	}
	slices.Sort(names)
	return names
}

// Plan is how our kernels compute a call. The error says why they do not take it: its function has none, or they do not take its types or shapes.
func Plan(n *ir.Node, l own.Limits) (*own.Call, error) {
	f := own.Lookup(n.Op.Name())
	if f == nil || !ir.IsFunction(n.Op) {
		return nil, fmt.Errorf("there is no kernel of %s", n.Op.Name())
	}
	in := make([]own.Tensor, len(n.In))
	for i, v := range n.In {
		if v == nil {
			continue
		}
		if !v.Shape.Static() {
			return nil, fmt.Errorf("%s of %s has no static shape", v, n.Op.Name())
		}
		in[i] = own.Tensor{DType: v.DType.String(), Dims: v.Shape.Sizes()}
	}
	return f.Plan(in, attributes{n.Op}, l)
}

// wanted reports whether our kernels, and NVIDIA's libraries called in their place, are to compute a call that they take, and not the provider by the function's body. In float32 the body's convolutions and products are
// calls of these libraries, too, and our kernels have not been measured beside them on a GPU. In bfloat16 the body computes in float32 between casts, and stores an attention's scores.
func wanted(n *ir.Node) bool {
	narrow := n.In[0] != nil && n.In[0].DType == ir.BFloat16
	switch n.Op.Name() {
	case "Conv", "ConvInputGrad", "ConvWeightGrad":
		return narrow && set(n.Op, "channels_last")
	case "Attention", "AttentionGrad", "Linear", "LinearInputGrad", "LinearWeightGrad":
		return narrow
	}
	return true
}

// taken reports whether our kernels are to compute a call.
func taken(n *ir.Node) bool {
	_, err := Plan(n, own.Usual)
	return err == nil && wanted(n)
}

// Scratch is the memory in bytes that our kernels take for a call beside its inputs and outputs.
func Scratch(n *ir.Node) int64 {
	c, err := Plan(n, own.Usual)
	if err != nil {
		return 0
	}
	return int64(c.Scratch)
}

// Inline decides which of the named functions kernels compute in g: those of which they are to compute a call. A session has all calls of a function computed so, or none: the other calls of these are inlined in the
// result.
func Inline(g *ir.Graph, names []string) (*ir.Graph, []string) {
	var those []string
	for _, n := range g.Nodes {
		those = appendTaken(those, n, names)
	}
	return ir.InlineCalls(g, func(n *ir.Node) bool { return !refused(n, those) }), those
}

// appendTaken appends the function of a call, if it is named and for our kernels, or else those in its body.
func appendTaken(list []string, n *ir.Node, names []string) []string {
	f, ok := n.Op.(ir.Function)
	switch {
	case !ok || slices.Contains(list, f.Name()):
		return list
	case slices.Contains(names, f.Name()) && taken(n):
		return append(list, f.Name())
	}
	if body, err := ir.BodyOf(f, n.In); err == nil {
		for _, n := range body.Nodes {
			list = appendTaken(list, n, names)
		}
	}
	return list
}

// refused reports whether a call is of a named function and not for our kernels, or has such a call in its body.
func refused(n *ir.Node, names []string) bool {
	f, ok := n.Op.(ir.Function)
	if !ok {
		return false
	}
	if slices.Contains(names, f.Name()) {
		return !taken(n)
	}
	body, err := ir.BodyOf(f, n.In)
	return err == nil && slices.ContainsFunc(body.Nodes, func(n *ir.Node) bool { return refused(n, names) })
}

// attributes are those of an operator.
type attributes struct{ op ir.Op }

func (a attributes) Float(name string) float32 {
	v, _ := ir.Attribute(a.op, name).(float64)
	return float32(v)
}

func (a attributes) Int(name string) int {
	switch v := ir.Attribute(a.op, name).(type) {
	case int:
		return v
	case bool:
		if v {
			return 1
		}
	}
	return 0
}

func (a attributes) Ints(name string) []int { v, _ := ir.Attribute(a.op, name).([]int); return v }
