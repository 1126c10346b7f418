package fn

import (
	"ssc/compiler/ir"
	"ssc/compiler/op"
)

type averagePoolGrad averagePool

var _ = register(averagePoolGrad{})

func (averagePoolGrad) Name() string { return "AveragePoolGrad" }

func (averagePoolGrad) Doc() ir.Doc {
	return ir.Doc{Text: "Gradient of AveragePool with respect to its input: dy divided by the elements of a window, at each of them.",
		Samples: averagePoolSamples(func(f averagePool, _, y []int) ir.Sample {
			return ir.Sample{Op: averagePoolGrad(f), In: []ir.Arg{{Dims: y}}, NoGrad: "second derivatives of training are not used"}
		})}
}

func (f averagePoolGrad) Infer(in []*ir.Value) ([]ir.Type, error) { return ir.InferBody(f, in) }

func (averagePoolGrad) Grad(*ir.Node, []*ir.Value) []*ir.Value { return nil }

func (f averagePoolGrad) Eval(in []*ir.Tensor) []*ir.Tensor { return ir.EvalBody(f, in) }

// Body gives each spatial axis one behind it that counts the window's rows or columns.
func (f averagePoolGrad) Body(in []*ir.Value) []*ir.Value {
	if out := single(f, in); out != nil {
		return out
	}
	dy := in[0]
	if f.Last {
		dy = toFirst(dy)
	}
	b, c, h, w := dy.Shape[0], dy.Shape[1], dy.Shape[2], dy.Shape[3]
	rows, columns, one := ir.Dim{Size: f.Kernel[0]}, ir.Dim{Size: f.Kernel[1]}, ir.Dim{Size: 1}
	d := op.Reshape(op.Mul(dy, op.Scalar(dy, 1/float64(rows.Size*columns.Size))), ir.Shape{b, c, h, one, w, one})
	d = op.Expand(d, ir.Shape{b, c, h, rows, w, columns})
	h.Size *= rows.Size
	w.Size *= columns.Size
	dx := op.Reshape(d, ir.Shape{b, c, h, w})
	if f.Last {
		dx = toLast(dx)
	}
	return []*ir.Value{dx}
}

// ChannelsLast is the function for maps with the channel axis last, and which of its inputs and outputs are maps.
func (f averagePoolGrad) ChannelsLast() (ir.Op, []int, []int) {
	f.Last = true
	return f, []int{0}, []int{0}
}

// Narrow: dy and the result, which is the larger.
func (averagePoolGrad) Narrow() (in, out []int, begins bool) { return []int{0}, []int{0}, true }
