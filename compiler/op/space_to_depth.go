package op

import (
	"fmt"

	"ssc/compiler/ir"
)

// SpaceToDepth moves block x block squares of pixels into channels, in the order [row, column, channel]: the opposite of DepthToSpace in mode DCR.
//
// Shapes: x [batch, channel, height, width]; result [batch, channel·block², height/block, width/block].
func SpaceToDepth(x *ir.Value, block int) *ir.Value { return ir.Apply1(spaceToDepth{block}, x) }

type spaceToDepth struct {
	Block int `attr:"blocksize"`
}

var _ = register(spaceToDepth{Block: 1})

func (spaceToDepth) Name() string { return "SpaceToDepth" }

func (spaceToDepth) Doc() ir.Doc {
	return ir.Doc{Text: "Squares of pixels become channels.", Samples: []ir.Sample{
		{Label: "halves", Op: spaceToDepth{2}, In: []ir.Arg{{Dims: []int{2, 2, 4, 6}}}},
		{Label: "same", Op: spaceToDepth{1}, In: []ir.Arg{{Dims: []int{1, 2, 2, 3}}}},
		{Label: "thin", Op: spaceToDepth{3}, In: []ir.Arg{{Dims: []int{1, 1, 3, 6}}}},
	}}
}

func (o spaceToDepth) Infer(in []*ir.Value) ([]ir.Type, error) {
	if err := arity(in, 1, 1); err != nil {
		return nil, err
	}
	s := in[0].Shape.Clone()
	if len(s) != 4 || !s[1:].Static() || o.Block < 1 || s[2].Size%o.Block != 0 || s[3].Size%o.Block != 0 {
		return nil, fmt.Errorf("input %s must be [batch, channel, height, width] with height and width divisible by block size %d", s, o.Block)
	}
	s[1].Size *= o.Block * o.Block
	s[2].Size /= o.Block
	s[3].Size /= o.Block
	return []ir.Type{{DType: in[0].DType, Shape: s}}, nil
}

func (o spaceToDepth) Grad(_ *ir.Node, dy []*ir.Value) []*ir.Value {
	return []*ir.Value{DepthToSpace(dy[0], o.Block, "DCR")}
}

func (o spaceToDepth) Eval(in []*ir.Tensor) []*ir.Tensor {
	n, c, h, w, b := in[0].Dims[0], in[0].Dims[1], in[0].Dims[2], in[0].Dims[3], o.Block
	wide := []int{n, c, h / b, b, w / b, b}
	y := transpose{[]int{0, 3, 5, 1, 2, 4}}.Eval([]*ir.Tensor{{DType: in[0].DType, Dims: wide, Data: in[0].Data}})[0]
	y.Dims = []int{n, c * b * b, h / b, w / b}
	return []*ir.Tensor{y}
}
