package fn

import (
	"ssc/compiler/ir"
	"ssc/compiler/op"
)

type crossEntropyGrad struct{}

var _ = register(crossEntropyGrad{})

func (crossEntropyGrad) Name() string { return "CrossEntropyGrad" }

func (crossEntropyGrad) Doc() ir.Doc {
	return ir.Doc{Text: "Gradient of CrossEntropy(logits, target) with respect to the logits, times the incoming gradient: (softmax(logits) - onehot(target))·dy/rows.",
		Samples: crossEntropySamples(crossEntropyGrad{}, true)}
}

func (f crossEntropyGrad) Infer(in []*ir.Value) ([]ir.Type, error) { return ir.InferBody(f, in) }

func (crossEntropyGrad) Grad(*ir.Node, []*ir.Value) []*ir.Value { return nil }

func (f crossEntropyGrad) Eval(in []*ir.Tensor) []*ir.Tensor { return ir.EvalBody(f, in) }

func (crossEntropyGrad) Body(in []*ir.Value) []*ir.Value {
	logits, target, dy := in[0], in[1], in[2]
	classes := op.ConstInts(logits.Graph(), seq(logits.Shape[1].Size)...)
	hot := op.Cast(op.Equal(op.Unsqueeze(target, 1), classes), logits.DType)
	scale := op.Mul(dy, op.Scalar(logits, 1/float64(logits.Shape[0].Size)))
	return []*ir.Value{op.Mul(op.Sub(op.Softmax(logits, -1), hot), scale)}
}

// seq is 0, 1, …, n-1.
func seq(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = i
	}
	return s
}
