package datasource

import (
	"ssc/lang/schema"
)

// window is the range of values that becomes the 256 of an 8-bit image: both ends, or nothing for the whole range of the type. Transforms
// work on 8 bits, as torchvision's do on PIL images; a window keeps what matters of deeper data.
type window []float64

func (w *window) args(set *schema.Set) {
	set.Floats((*[]float64)(w), "window", nil, "the range [lowest, highest] of deeper than 8-bit values that is cut into 256 equal steps; values outside become 0 or 255. "+
		"Empty: the whole range, 0 to 65535 for 16 bits (so the upper byte is kept) and 0 to 1 for floats. 12-bit data in 16-bit files wants [0, 4095]", schema.Ascending)
}

func (w window) check(r *schema.Report) {
	if len(w) > 0 && (len(w) != 2 || w[0] >= w[1]) {
		r.Errorf("window", "Invalid value", "The window is %v; write the lowest and the highest value, for example [0, 4095].", []float64(w))
	}
}

// word makes 8 bits of 16.
func (w window) word(v uint16) uint8 {
	if len(w) == 0 {
		return uint8(v >> 8)
	}
	return step((float64(v) - w[0]) * 256 / (w[1] - w[0] + 1))
}

// float makes 8 bits of a number; what is no number is 0.
func (w window) float(v float64) uint8 {
	if len(w) == 0 {
		return step(v * 256)
	}
	return step((v - w[0]) * 256 / (w[1] - w[0]))
}

func step(x float64) uint8 {
	switch {
	case x >= 255:
		return 255
	case x > 0:
		return uint8(x)
	}
	return 0
}
