package op

import (
	"fmt"
	"math"
	"slices"

	"ssc/compiler/ir"
)

// resizedAxis is one axis that Resize changes.
type resizedAxis struct {
	axis, in, out int
	scale         float64
	start, end    float64 // region of interest, relative; 0 and 1 unless cropped
}

// resolve finds the axes that change. t holds the constant inputs by place: 1 roi, 2 scales, 3 sizes.
func (o resize) resolve(s ir.Shape, t []*ir.Tensor) ([]resizedAxis, error) {
	if err := o.known(); err != nil {
		return nil, err
	}
	axes := o.Axes
	if len(axes) == 0 {
		axes = axesFrom(0, len(s))
	}
	roi, scales, sizes := t[1], t[2], t[3]
	if scales != nil && len(scales.Data) == 0 {
		scales = nil
	}
	if (scales == nil) == (sizes == nil) {
		return nil, fmt.Errorf("either scales or sizes must be given")
	}
	given := scales
	if sizes != nil {
		given = sizes
	}
	if len(given.Data) != len(axes) {
		return nil, fmt.Errorf("%v must hold one number for each of the axes %v", given.Data, axes)
	}
	list := make([]resizedAxis, len(axes))
	for i, a := range axes {
		a, err := normAxis(a, len(s))
		if err != nil {
			return nil, err
		}
		list[i] = resizedAxis{axis: a, in: s[a].Size, out: s[a].Size, scale: 1, end: 1}
		switch r := &list[i]; {
		case !s[a].Static() && given == scales && given.Data[i] == 1:
		case !s[a].Static():
			return nil, fmt.Errorf("axis %d must be known to be resized", a)
		case given == scales:
			r.scale, r.out = given.Data[i], int(math.Floor(float64(r.in)*given.Data[i]))
		default:
			r.scale, r.out = given.Data[i]/float64(r.in), int(given.Data[i])
		}
		if o.Coordinates == "tf_crop_and_resize" {
			if roi == nil || len(roi.Data) != 2*len(axes) {
				return nil, fmt.Errorf("tf_crop_and_resize needs a region with two numbers for each axis")
			}
			list[i].start, list[i].end = roi.Data[i], roi.Data[i+len(axes)]
		}
		if list[i].scale <= 0 || list[i].out == 0 {
			return nil, fmt.Errorf("axis %d of %s would vanish", a, s)
		}
	}
	if given == sizes {
		o.keepAspect(list)
	}
	return slices.DeleteFunc(list, func(r resizedAxis) bool {
		return r.scale == 1 && r.out == r.in && r.start == 0 && r.end == 1
	}), nil
}

// known checks the attributes that are words.
func (o resize) known() error {
	for _, c := range []struct {
		name, value string
		of          []string
	}{
		{"mode", o.Mode, []string{"nearest", "linear", "cubic"}},
		{"coordinate_transformation_mode", o.Coordinates, []string{"half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric", "tf_crop_and_resize"}},
		{"nearest_mode", o.Nearest, []string{"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"}},
		{"keep_aspect_ratio_policy", o.Policy, []string{"", "stretch", "not_larger", "not_smaller"}},
	} {
		if !slices.Contains(c.of, c.value) {
			return fmt.Errorf("%s %q is none of %v", c.name, c.value, c.of)
		}
	}
	return nil
}

// keepAspect gives all axes one scale, the smallest or the largest asked for, where the policy says so.
func (o resize) keepAspect(list []resizedAxis) {
	if o.Policy == "" || o.Policy == "stretch" {
		return
	}
	scale := list[0].scale
	for _, r := range list {
		if o.Policy == "not_larger" {
			scale = min(scale, r.scale)
		} else {
			scale = max(scale, r.scale)
		}
	}
	for i := range list {
		list[i].scale = scale
		list[i].out = int(math.Floor(scale*float64(list[i].in) + 0.5))
	}
}

// matrix is the [out, in] matrix that samples an axis, and which outputs lie outside a cropped region and take the extrapolation value.
func (o resize) matrix(r resizedAxis) ([]float64, []bool) {
	m, outside := make([]float64, r.out*r.in), make([]bool, r.out)
	for i := range outside {
		x := o.coordinate(r, float64(i))
		row := m[i*r.in : (i+1)*r.in]
		if o.Coordinates == "tf_crop_and_resize" && (x < 0 || x > float64(r.in-1)) {
			outside[i] = true
			continue
		}
		// The pixel on the left lies less than one and at most one step away, so that ratio is in (0, 1].
		left := int(math.Ceil(x)) - 1
		first, weights := o.weights(x-float64(left), min(r.scale, 1))
		sum := 0.0
		for k, w := range weights {
			if p := left + first + k; !o.ExcludeOutside || p >= 0 && p < r.in {
				sum += w
			}
		}
		for k, w := range weights {
			p := left + first + k
			if o.ExcludeOutside && (p < 0 || p >= r.in) {
				continue
			}
			row[min(max(p, 0), r.in-1)] += w / sum
		}
	}
	return m, outside
}

// coordinate is the place in the input that output i samples.
func (o resize) coordinate(r resizedAxis, i float64) float64 {
	in, out := float64(r.in), r.scale*float64(r.in)
	switch o.Coordinates {
	case "align_corners":
		if out == 1 {
			return 0
		}
		return i * (in - 1) / (out - 1)
	case "asymmetric":
		return i / r.scale
	case "tf_crop_and_resize":
		if out == 1 {
			return (r.start + r.end) * (in - 1) / 2
		}
		return r.start*(in-1) + i*(r.end-r.start)*(in-1)/(out-1)
	case "pytorch_half_pixel":
		if out == 1 {
			return 0
		}
	}
	return (i+0.5)/r.scale - 0.5
}

// weights are those of consecutive pixels from left+first on, for a place at ratio right of the left pixel. scale is at most 1; a filter
// that smooths is wider by its inverse.
func (o resize) weights(ratio, scale float64) (first int, w []float64) {
	if !o.Antialias {
		scale = 1
	}
	switch o.Mode {
	case "nearest":
		if o.Nearest == "ceil" || o.Nearest == "floor" && ratio == 1 || o.Nearest == "round_prefer_floor" && ratio > 0.5 || o.Nearest == "round_prefer_ceil" && ratio >= 0.5 {
			return 1, []float64{1}
		}
		return 0, []float64{1}
	case "linear":
		first = int(math.Floor(-1/scale)) + 1
		for i := first; i < 2-first; i++ {
			w = append(w, max(0, 1-math.Abs(scale*(float64(i)-ratio))))
		}
		return first, w
	}
	first = int(math.Floor(-2/scale)) + 1
	for i := first; i < 2-first; i++ {
		w = append(w, o.cubicWeight(math.Abs(scale*(float64(i)-ratio))))
	}
	return first, w
}

// cubicWeight is the cubic convolution kernel (Keys, "Cubic Convolution Interpolation for Digital Image Processing", 1981) at distance x.
func (o resize) cubicWeight(x float64) float64 {
	a := o.Cubic
	switch {
	case x <= 1:
		return ((a+2)*x-(a+3))*x*x + 1
	case x < 2:
		return ((a*x-5*a)*x+8*a)*x - 4*a
	}
	return 0
}
