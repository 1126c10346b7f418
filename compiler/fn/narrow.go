package fn

import (
	"slices"

	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// narrow is a function that can also keep its large tensors, and the weights of its products, in bfloat16.
type narrow interface {
	ir.Function
	// Narrow tells which inputs and outputs are then of that type, all of them; the others, parameters and statistics of norms, offsets, gradients of weights, stay
	// float32. begins tells whether the function is worth converting its inputs for; one that does not begins nothing, but goes on where its inputs are bfloat16 already.
	Narrow() (in, out []int, begins bool)
}

// single builds the body of f for bfloat16 as that of float32 between casts, nil where no input is bfloat16: ONNX Runtime computes next to nothing in that type on a CPU, and a native
// kernel of the function, too, rounds what it stores and nothing before.
func single(f narrow, in []*ir.Value) []*ir.Value {
	if !slices.ContainsFunc(in, func(v *ir.Value) bool { return v != nil && v.DType == ir.BFloat16 }) {
		return nil
	}
	narrowed, results, _ := f.Narrow()
	wide := slices.Clone(in)
	for i, v := range in {
		if v == nil {
			continue
		}
		if slices.Contains(narrowed, i) != (v.DType == ir.BFloat16) {
			v.Graph().Errorf("Element type", "%s with inputs of bfloat16 takes these for inputs %v and no others; input %d is %s.", f.Name(), narrowed, i, v.Type)
			return []*ir.Value{v.Graph().InvalidValue()}
		}
		if v.DType.IsFloat() {
			wide[i] = op.Cast(v, ir.Float32)
		}
	}
	out := f.Body(wide)
	for _, i := range results {
		if i < len(out) {
			out[i] = op.Cast(out[i], ir.BFloat16)
		}
	}
	return out
}
