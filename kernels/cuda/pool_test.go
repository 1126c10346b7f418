package cuda_test

import (
	"fmt"
	"slices"

	"ssc/compiler/fn"
	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// maps adds samples of maps in both layouts, and of what lies far from zero.
func maps(f32 func(dims ...int) *ir.Value, add func(label string, v *ir.Value, bound map[int][2]float64)) {
	both := func(label string, v *ir.Value, bound map[int][2]float64) {
		add(label, v, bound)
		add(label+", channels last", lastAxis(v), bound)
	}
	x := f32(3, 5, 9, 11)
	add("far from zero", fn.Gelu(x, false), map[int][2]float64{0: {-9, 9}})
	add("far from zero", fn.Gelu(x, true), map[int][2]float64{0: {-9, 9}})
	add("far from zero", fn.Gelu(x, false).Def.Op.Grad(fn.Gelu(x, false).Def, []*ir.Value{x})[0], map[int][2]float64{1: {-9, 9}})
	add("more than a pass", fn.Add(x, x), nil)
	for _, o := range []op.PoolOptions{
		{KernelShape: []int{3, 2}, Strides: []int{1, 2}, Pads: []int{1, 0, 2, 1}},
		{KernelShape: []int{2, 3}, Strides: []int{3, 4}, Pads: []int{0, 1, 0, 1}}, // windows that do not touch
		{KernelShape: []int{5, 5}, Strides: []int{1, 1}, Pads: []int{2, 2, 2, 2}},
	} {
		y := fn.MaxPool(x, o)
		both("more than a pass", y, nil)
		both("more than a pass", y.Def.Op.Grad(y.Def, []*ir.Value{f32(y.Shape.Sizes()...)})[0], nil)
	}
	c := f32(5)
	z, mean, variance := fn.BatchNorm(x, c, c, 1e-5, 1)
	add("planes", z, map[int][2]float64{0: {30, 31}})
	dx, _, _ := fn.BatchNormGrad(x, x, c, mean, variance, 1e-5, 1)
	add("planes", dx, map[int][2]float64{4: {0.5, 2}})
	z, _, _ = fn.BatchNormRelu(x, c, c, x, 1e-5, 1)
	add("planes", z, nil)
	add("planes", z.Def.Op.Grad(z.Def, []*ir.Value{x, nil, nil})[0], map[int][2]float64{5: {0.5, 2}, 6: {0, 1}})
	z, _, _ = fn.BatchNormRelu(x, c, c, nil, 1e-5, 1)
	add("planes", z.Def.Op.Grad(z.Def, []*ir.Value{x, nil, nil})[0], map[int][2]float64{5: {0.5, 2}})
	y := fn.AveragePool(x, []int{3, 11})
	both("more than a pass", y, nil)
	both("more than a pass", y.Def.Op.Grad(y.Def, []*ir.Value{f32(y.Shape.Sizes()...)})[0], nil)
}

// convolutions are those of several tiles, with packs of channels and without, an uneven padding, and pixels in pieces.
func convolutions(f32 func(dims ...int) *ir.Value, add func(label string, v *ir.Value, bound map[int][2]float64)) {
	for i, k := range []struct {
		o    op.ConvOptions
		x, w []int
	}{
		{op.ConvOptions{Strides: []int{2, 1}, Pads: []int{1, 0, 0, 2}, Dilations: []int{1, 2}, Group: 1}, []int{2, 16, 9, 8}, []int{70, 16, 3, 2}},
		{op.ConvOptions{Strides: []int{1, 1}, Pads: []int{1, 1, 1, 1}, Dilations: []int{1, 1}, Group: 2}, []int{3, 16, 14, 15}, []int{10, 8, 3, 3}},
		{op.ConvOptions{Strides: []int{1, 1}, Pads: []int{0, 0, 0, 0}, Dilations: []int{1, 1}, Group: 1}, []int{2, 72, 5, 7}, []int{24, 72, 1, 1}},
	} {
		x, w := f32(k.x...), f32(k.w...)
		y := fn.Conv(x, w, f32(k.w[0]), k.o)
		dy, label := f32(y.Shape.Sizes()...), fmt.Sprint("convolution ", i)
		for _, v := range []*ir.Value{y, fn.ConvInputGrad(dy, w, x.Shape, k.o), fn.ConvWeightGrad(x, dy, w.Shape, k.o)} {
			add(label, v, nil)
			add(label+", channels last", lastAxis(v), nil)
		}
	}
}

// ties is a pool whose windows have several largest elements, of which the first gets the gradient.
func ties() ir.Sample {
	x := ir.NewTensor(ir.Float32, 2, 2, 5, 6)
	for i := range x.Data {
		x.Data[i] = float64(i * i % 5 % 2)
	}
	g := ir.New("ties")
	v := g.Input("x", ir.Float32, ir.Dims(x.Dims...))
	y := fn.MaxPool(v, op.PoolOptions{KernelShape: []int{3, 3}, Strides: []int{2, 2}, Pads: []int{1, 1, 1, 1}})
	dx := y.Def.Op.Grad(y.Def, []*ir.Value{g.Input("dy", ir.Float32, y.Shape)})[0]
	return ir.Sample{Label: "ties", Op: dx.Def.Op, In: []ir.Arg{{Dims: y.Shape.Sizes()}, {Value: x}}}
}

// lastAxis is a call with the channels of its maps last.
func lastAxis(v *ir.Value) *ir.Value {
	f, in, _ := v.Def.Op.(interface {
		ChannelsLast() (ir.Op, []int, []int)
	}).ChannelsLast()
	list := slices.Clone(v.Def.In)
	for _, i := range in {
		if list[i] == nil {
			continue
		}
		d := list[i].Shape.Sizes()
		list[i] = v.Graph().Input(fmt.Sprint("x", len(v.Graph().Inputs)), list[i].DType, ir.Dims(append(append(d[:1:1], d[2:]...), d[1])...))
	}
	return ir.Apply(f, list...)[0]
}
