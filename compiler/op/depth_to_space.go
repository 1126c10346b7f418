package op

import (
	"fmt"

	"ssc/compiler/ir"
)

// DepthToSpace moves channels into block x block squares of pixels. Mode DCR (also when empty) reads the channels as [row, column, channel], CRD as [channel, row, column].
//
// Shapes: x [batch, channel·block², height, width]; result [batch, channel, height·block, width·block].
func DepthToSpace(x *ir.Value, block int, mode string) *ir.Value {
	if mode == "" {
		mode = "DCR"
	}
	return ir.Apply1(depthToSpace{block, mode}, x)
}

type depthToSpace struct {
	Block int    `attr:"blocksize"`
	Mode  string `attr:"mode"`
}

var _ = register(depthToSpace{Block: 1, Mode: "DCR"})

func (depthToSpace) Name() string { return "DepthToSpace" }

func (depthToSpace) Doc() ir.Doc {
	return ir.Doc{Text: "Channels become squares of pixels.", Samples: []ir.Sample{
		{Label: "dcr", Op: depthToSpace{2, "DCR"}, In: []ir.Arg{{Dims: []int{2, 8, 2, 3}}}},
		{Label: "same", Op: depthToSpace{1, "DCR"}, In: []ir.Arg{{Dims: []int{1, 2, 2, 3}}}},
		{Label: "crd", Op: depthToSpace{2, "CRD"}, In: []ir.Arg{{Dims: []int{1, 4, 1, 2}}}},
	}}
}

func (o depthToSpace) Infer(in []*ir.Value) ([]ir.Type, error) {
	if err := arity(in, 1, 1); err != nil {
		return nil, err
	}
	s := in[0].Shape.Clone()
	if o.Mode != "DCR" && o.Mode != "CRD" {
		return nil, fmt.Errorf("mode %q is neither DCR nor CRD", o.Mode)
	}
	if len(s) != 4 || !s[1:].Static() || o.Block < 1 || s[1].Size%(o.Block*o.Block) != 0 {
		return nil, fmt.Errorf("input %s must be [batch, channel, height, width] with channels divisible by the square of block size %d", s, o.Block)
	}
	s[1].Size /= o.Block * o.Block
	s[2].Size *= o.Block
	s[3].Size *= o.Block
	return []ir.Type{{DType: in[0].DType, Shape: s}}, nil
}

// Grad is the opposite move; SpaceToDepth knows the order DCR alone.
func (o depthToSpace) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	if o.Mode == "DCR" {
		return []*ir.Value{SpaceToDepth(dy[0], o.Block)}
	}
	x := n.In[0].Shape
	wide := ir.Shape{x[0], {Size: x[1].Size / (o.Block * o.Block)}, x[2], {Size: o.Block}, x[3], {Size: o.Block}}
	return []*ir.Value{Reshape(Transpose(Reshape(dy[0], wide), 0, 1, 3, 5, 2, 4), x)}
}

func (o depthToSpace) Eval(in []*ir.Tensor) []*ir.Tensor {
	n, c, h, w, b := in[0].Dims[0], in[0].Dims[1], in[0].Dims[2], in[0].Dims[3], o.Block
	wide, perm := []int{n, b, b, c / (b * b), h, w}, []int{0, 3, 4, 1, 5, 2}
	if o.Mode == "CRD" {
		wide, perm = []int{n, c / (b * b), b, b, h, w}, []int{0, 1, 4, 2, 5, 3}
	}
	y := transpose{perm}.Eval([]*ir.Tensor{{DType: in[0].DType, Dims: wide, Data: in[0].Data}})[0]
	y.Dims = []int{n, c / (b * b), h * b, w * b}
	return []*ir.Tensor{y}
}
