package op

import (
	"fmt"

	"ssc/compiler/ir"
)

// ConvInputGrad is the gradient of Conv with respect to its input of shape x, given that of its output.
//
// For stride 1 it is a convolution of dy with the filters flipped and their input and output channels swapped, which ONNX Runtime spreads over its
// threads image by image. For larger strides it is ConvTranspose: a convolution of each of the s·s phases of x, or one over dy spread with
// zeros, took 1.3 to 7 times its processor time for 3x3, 5x5, 7x7 and 1x1 filters of stride 2 (ONNX Runtime 1.30, float32).
//
// Shapes: dy [batch, out, spatial…], w [out, channel/group, kernel…]; result x. Invalid arguments give an invalid result.
func ConvInputGrad(dy, w *ir.Value, x ir.Shape, o ConvOptions) *ir.Value {
	win, ok := gradWindow(dy, w, x, w.Shape, o)
	if !ok {
		return refuse(dy, w, "ConvInputGrad", dy.Shape, x, w.Shape)
	}
	if pads, ok := win.transposedPads(); ok {
		return Conv(dy, transposedFilters(w, max(o.Group, 1)), nil, ConvOptions{Pads: pads, Dilations: win.dilations, Group: o.Group})
	}
	extra := make([]int, len(win.in))
	for i := range extra {
		extra[i] = win.in[i] + win.begin[i] + win.end[i] - (win.out[i]-1)*win.strides[i] - win.extent(i)
	}
	t := ConvTransposeOptions{Strides: win.strides, Pads: win.pads(), Dilations: win.dilations, OutputPadding: extra, Group: o.Group}
	return ConvTranspose(dy, w, nil, t)
}

// gradWindow resolves the window of the convolution whose gradient is wanted, and checks that dy is of its output's shape.
func gradWindow(dy, other *ir.Value, x, w ir.Shape, o ConvOptions) (window, bool) {
	g := max(o.Group, 1)
	if !dy.Valid() || !other.Valid() || len(x) < 3 || len(w) != len(x) || w[1].Size*g != x[1].Size || w[0].Size%g != 0 {
		return window{}, false
	}
	win, err := newConv(o).window(x, w)
	return win, err == nil && dy.Shape.Equal(win.shape(x, w[0].Size))
}

// refuse is an invalid value in place of a gradient whose arguments fit no convolution; it reports them unless that was done where they became invalid.
func refuse(a, b *ir.Value, what string, dy, x, w ir.Shape) *ir.Value {
	err := fmt.Errorf("no convolution of %s with filters %s has the output gradient %s", x, w, dy)
	return ir.Apply1(refused{what: what, err: err}, a, b)
}

// refused has a shape rule that fails; the rest of it is never called.
type refused struct {
	conv
	what string
	err  error
}

func (r refused) Name() string { return r.what }

func (r refused) Infer([]*ir.Value) ([]ir.Type, error) { return nil, r.err }

// transposedPads are the pads with which a convolution of stride 1 over the output gives the input's gradient; false where the strides or pads forbid it.
func (w *window) transposedPads() ([]int, bool) {
	n := len(w.in)
	pads := make([]int, 2*n)
	for i := range w.in {
		pads[i], pads[n+i] = w.extent(i)-1-w.begin[i], w.extent(i)-1-w.end[i]
		if w.strides[i] != 1 || pads[i] < 0 || pads[n+i] < 0 {
			return nil, false
		}
	}
	return pads, true
}

// transposedFilters flips the filters w [out, channel/group, kernel…] and swaps their channels within each group: [channel, out/group, kernel…].
func transposedFilters(w *ir.Value, group int) *ir.Value {
	s := w.Shape
	taps := s[2:].Elems()
	v := Reshape(w, ir.Dims(group, s[0].Size/group, s[1].Size, taps))
	if taps > 1 {
		v = Flip(v, 3) // all kernel axes at once
	}
	to := append(ir.Dims(group*s[1].Size, s[0].Size/group), s[2:]...)
	return Reshape(Transpose(v, 0, 2, 1, 3), to)
}
