package cuda_test

import (
	"fmt"

	"ssc/compiler/fn"
	"ssc/compiler/ir"
)

// products adds samples of several tiles, of which the last are not full, of depths in pieces, and of one that the library in cuBLASLt's place does not take.
func products(f32 func(dims ...int) *ir.Value, add func(label string, v *ir.Value, bound map[int][2]float64)) {
	for _, d := range [][3]int{{70, 33, 130}, {3, 200, 5}, {130, 64, 64}, {700, 24, 40}, {521, 9, 3}, {20, 13, 7}} {
		x, w, b := f32(d[0], d[1]), f32(d[2], d[1]), f32(d[2])
		label := fmt.Sprint(d)
		y := fn.Linear(x, w, b, fn.GELU)
		add(label, y, nil)
		add(label, fn.Linear(x, w, nil, fn.ReLU), nil)
		add(label, fn.LinearInputGrad(y, w), nil)
		dw, _ := fn.LinearWeightGrad(y, x)
		add(label, dw, nil)
	}
	for _, d := range []struct{ heads, tokens, keys, dim int }{{2, 70, 0, 48}, {1, 20, 150, 72}, {2, 130, 33, 66}, {1, 3, 4, 128}} {
		y, k := fn.SelfAttention(f32(2, d.tokens, 3*d.dim), d.heads), f32(2, max(d.keys, 1), d.dim)
		dlse := f32(2, d.heads, d.tokens)
		if d.keys > 0 {
			y, dlse = fn.Attention(f32(2, d.tokens, d.dim), k, k, d.heads), nil
		}
		label := fmt.Sprint(d)
		add(label, y, map[int][2]float64{0: {-4, 4}})
		add(label, y.Def.Op.Grad(y.Def, []*ir.Value{y, dlse})[0], map[int][2]float64{2: {1, 3}})
	}
}
