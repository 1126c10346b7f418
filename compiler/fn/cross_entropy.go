package fn

import (
	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// CrossEntropy is the mean over the rows of -log softmax(logits)[target]. Shapes: logits [row, class], target [row] int64 in [0, class); result [].
func CrossEntropy(logits, target *ir.Value) *ir.Value {
	return ir.Apply1(crossEntropy{}, logits, target)
}

type crossEntropy struct{}

var _ = register(crossEntropy{})

func (crossEntropy) Name() string { return "CrossEntropy" }

func (crossEntropy) Doc() ir.Doc {
	return ir.Doc{Text: "Mean over the rows of -log softmax(logits)[target].", Samples: crossEntropySamples(crossEntropy{}, false)}
}

func crossEntropySamples(f ir.Op, grad bool) []ir.Sample {
	make := func(label string, rows, classes int) ir.Sample {
		s := ir.Sample{Label: label, Op: f, In: []ir.Arg{{Dims: []int{rows, classes}, Lo: -3, Hi: 3}, {Dims: []int{rows}, DType: ir.Int64, Lo: 0, Hi: float64(classes)}}}
		if grad {
			s.In = append(s.In, ir.Arg{Dims: []int{}})
			s.NoGrad = "second derivatives of training are not used"
		}
		return s
	}
	return []ir.Sample{make("wide", 3, 5), make("tall", 6, 2), make("thin", 1, 4)}
}

func (f crossEntropy) Infer(in []*ir.Value) ([]ir.Type, error) { return ir.InferBody(f, in) }

func (crossEntropy) Grad(n *ir.Node, dy []*ir.Value) []*ir.Value {
	return []*ir.Value{ir.Apply1(crossEntropyGrad{}, n.In[0], n.In[1], dy[0]), nil}
}

func (f crossEntropy) Eval(in []*ir.Tensor) []*ir.Tensor { return ir.EvalBody(f, in) }

func (crossEntropy) Body(in []*ir.Value) []*ir.Value {
	picked := op.GatherElements(op.LogSoftmax(in[0], -1), op.Unsqueeze(in[1], 1), 1)
	return []*ir.Value{op.Neg(op.ReduceMean(picked, false))}
}
