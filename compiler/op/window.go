package op

import (
	"fmt"

	"ssc/compiler/ir"
)

// window is a sliding window over spatial axes, resolved against their sizes: position o reads, for tap k, the input at
// o·stride - begin + k·dilation. Convolutions and pools share it.
type window struct {
	in, out, kernel, strides, dilations, begin, end []int
}

// sliding is the part of a window that attributes give, in ONNX's form: empty lists mean strides and dilations of 1 and no
// padding, pads are all begins followed by all ends.
type sliding struct {
	kernel, strides, dilations, pads []int
	autoPad                          string
	ceil                             bool
}

// resolve computes padding and output sizes over the spatial axes of s.
func (a sliding) resolve(s ir.Shape) (window, error) {
	spatial := ir.Shape{}
	for i := 2; i < len(s); i++ {
		if !s[i].Static() {
			return window{}, fmt.Errorf("the size of axis %d of %s must be known", i, s)
		}
		spatial = append(spatial, s[i])
	}
	n := len(spatial)
	w := window{in: spatial.Sizes(), kernel: a.kernel, strides: a.strides, dilations: a.dilations, out: make([]int, n)}
	if len(w.strides) == 0 {
		w.strides = filled(n, 1)
	}
	if len(w.dilations) == 0 {
		w.dilations = filled(n, 1)
	}
	pads := a.pads
	if len(pads) == 0 {
		pads = make([]int, 2*n)
	}
	if len(w.kernel) != n || len(w.strides) != n || len(w.dilations) != n || len(pads) != 2*n {
		return window{}, fmt.Errorf("%s has %d spatial axes; kernel %v, strides %v and dilations %v need one number for each, pads %v two",
			s, n, w.kernel, w.strides, w.dilations, pads)
	}
	w.begin, w.end = append([]int{}, pads[:n]...), append([]int{}, pads[n:]...)
	for i := range w.in {
		if w.kernel[i] < 1 || w.strides[i] < 1 || w.dilations[i] < 1 {
			return window{}, fmt.Errorf("kernel %v, strides %v and dilations %v must be positive", w.kernel, w.strides, w.dilations)
		}
		if err := w.axis(i, a); err != nil {
			return window{}, fmt.Errorf("input %s: %w", s, err)
		}
	}
	return w, nil
}

// axis computes padding and output size of one spatial axis.
func (w *window) axis(i int, a sliding) error {
	extent := w.extent(i)
	switch a.autoPad {
	case "SAME_UPPER", "SAME_LOWER":
		w.out[i] = (w.in[i] + w.strides[i] - 1) / w.strides[i]
		total := max((w.out[i]-1)*w.strides[i]+extent-w.in[i], 0)
		w.begin[i] = total / 2
		if a.autoPad == "SAME_LOWER" {
			w.begin[i] = (total + 1) / 2
		}
		w.end[i] = total - w.begin[i]
		return nil
	case "VALID":
		w.begin[i], w.end[i] = 0, 0
	case "", "NOTSET":
	default:
		return fmt.Errorf("auto_pad %q is none of NOTSET, SAME_UPPER, SAME_LOWER, VALID", a.autoPad)
	}
	room := w.in[i] + w.begin[i] + w.end[i] - extent
	if room < 0 {
		return fmt.Errorf("a kernel of %d with dilation %d spans %d positions, but axis %d has only %d with %d of padding; a kernel of at most %d fits",
			w.kernel[i], w.dilations[i], extent, i+2, w.in[i], w.begin[i]+w.end[i], (w.in[i]+w.begin[i]+w.end[i]-1)/w.dilations[i]+1)
	}
	w.out[i] = room/w.strides[i] + 1
	// A last window that starts in the end padding would see no input and is left out.
	if a.ceil && room%w.strides[i] > 0 && w.out[i]*w.strides[i] < w.in[i]+w.begin[i] {
		w.out[i]++
	}
	return nil
}

// extent is how many positions the kernel spans on axis i.
func (w *window) extent(i int) int { return (w.kernel[i]-1)*w.dilations[i] + 1 }

// pads is begin and end as ONNX lists them.
func (w *window) pads() []int { return append(append([]int{}, w.begin...), w.end...) }

// Places that a tap can meet other than an input element.
const (
	onPad   = -1 // in the declared padding
	outside = -2 // beyond it, where ceil_mode lets the last window reach
)

// taps gives, for each tap of the kernel and each output position, the flat spatial offset of the input element, or a place.
func (w *window) taps() [][]int {
	kernel := ir.Dims(w.kernel...).Elems()
	out := ir.Dims(w.out...).Elems()
	strides := ir.Strides(w.in)
	table := make([][]int, kernel)
	k := make([]int, len(w.kernel))
	for t := range table {
		table[t] = make([]int, out)
		o := make([]int, len(w.out))
		for p := range table[t] {
			table[t][p] = w.place(o, k, strides)
			next(o, w.out)
		}
		next(k, w.kernel)
	}
	return table
}

func (w *window) place(o, k, strides []int) int {
	off, pad := 0, false
	for i := range o {
		x := o[i]*w.strides[i] - w.begin[i] + k[i]*w.dilations[i]
		if x >= w.in[i]+w.end[i] {
			return outside
		}
		pad = pad || x < 0 || x >= w.in[i]
		off += x * strides[i]
	}
	if pad {
		return onPad
	}
	return off
}

// shape is s with c channels (s's own when c is 0) and the window's output sizes; axes keep their names.
func (w *window) shape(s ir.Shape, c int) ir.Shape {
	y := s.Clone()
	if c > 0 {
		y[1].Size = c
	}
	for i, n := range w.out {
		y[i+2].Size = n
	}
	return y
}

func filled(n, x int) []int {
	v := make([]int, n)
	for i := range v {
		v[i] = x
	}
	return v
}
