package conformance

import (
	"fmt"

	"ssc/compiler/fn"
	"ssc/compiler/ir"
)

// tokenKernelSamples are kernelSamples of the functions that transformers are made of: rows and widths beside the lengths of vectors, several pieces of rows,
// several tiles of scores in both directions.
func tokenKernelSamples() []ir.Sample {
	g := ir.New("kernels")
	var out []ir.Sample
	add := func(label string, v *ir.Value, bound func(a *ir.Arg, i int)) {
		s := ir.Sample{Label: label, Op: v.Def.Op}
		for i, in := range v.Def.In {
			if in == nil {
				s.In = append(s.In, ir.Arg{})
				continue
			}
			a := ir.Arg{Dims: in.Shape.Sizes()}
			if bound != nil {
				bound(&a, i)
			}
			s.In = append(s.In, a)
		}
		out = append(out, s)
	}
	f32 := func(dims ...int) *ir.Value {
		return g.Input(fmt.Sprint("x", len(g.Inputs)), ir.Float32, ir.Dims(dims...))
	}
	grad := func(v *ir.Value, dy ...*ir.Value) []*ir.Value {
		for len(dy) < len(v.Def.Out) {
			dy = append(dy, nil)
		}
		return v.Def.Op.Grad(v.Def, dy)
	}
	wide := func(a *ir.Arg, i int) { a.Lo, a.Hi = -6, 6 }

	for _, k := range [][4]int{{3, 197, 64, 96}, {1, 1, 33, 7}, {5, 50, 17, 130}, {70, 61, 31, 15}} {
		label := fmt.Sprint(k)
		x, w, b := f32(k[0], k[1], k[2]), f32(k[3], k[2]), f32(k[3])
		for act := fn.NoActivation; act <= fn.GELUTanh; act++ {
			add(fmt.Sprint(label, " activation ", act), fn.Linear(x, w, b, act), nil)
		}
		y := fn.Linear(x, w, nil, fn.NoActivation)
		add(label+" without bias", y, nil)
		d := grad(y, f32(y.Shape.Sizes()...))
		add(label, d[0], nil)
		add(label, d[1], nil)
	}
	for _, tanh := range []bool{false, true} {
		x := f32(41, 1703)
		y := fn.Gelu(x, tanh)
		add(fmt.Sprint("many by tanh ", tanh), y, wide)
		add(fmt.Sprint("many by tanh ", tanh), grad(y, f32(41, 1703))[0], wide)
	}
	for _, dims := range [][]int{{3, 211, 385}, {1200, 96}, {2, 1, 2049}} {
		x, w := f32(dims...), f32(dims[len(dims)-1])
		y := fn.LayerNorm(x, w, w, 1e-6)
		add(fmt.Sprint(dims), y, wide)
		add(fmt.Sprint(dims), grad(y, x)[0], nil)
	}
	for _, k := range [][4]int{{2, 3, 197, 48}, {1, 1, 1, 5}, {3, 2, 129, 34}, {1, 2, 700, 16}} {
		batch, heads, tokens, dim := k[0], k[1], k[2], k[3]
		y := fn.SelfAttention(f32(batch, tokens, 3*dim), heads)
		add(fmt.Sprint(k), y, wide)
		// Of random scores the logarithm of the denominator is somewhat above that of the number of keys, as in training.
		lse := func(a *ir.Arg, i int) {
			if i == 2 {
				a.Lo, a.Hi = 5, 7
			}
		}
		add(fmt.Sprint(k), grad(y, y)[0], lse)
		q, key := f32(batch, tokens, dim), f32(batch, 2*tokens+1, dim)
		y = fn.Attention(q, key, key, heads)
		add(fmt.Sprint("cross ", k), y, wide)
		add(fmt.Sprint("cross ", k), grad(y, y)[0], lse)
	}
	return out
}
