package migrate

import (
	"math"
	"slices"

	"ssc/lang/migrate/python"
)

// erasing writes 1.x's RandomErasing with the arguments of today's. Noise around the mean with the deviation of the images is normal noise behind normalize, which behind tells.
func (c *converter) erasing(d *python.Dict, v python.Value, where string) (out *python.Dict, behind bool) {
	out = python.NewDict()
	at := v.At
	get := func(key string, standard float64) python.Value {
		if x, ok := d.Get(key); ok {
			return x
		}
		return python.Value{X: standard, At: at}
	}
	pair := func(lo, hi python.Value) python.Value {
		return python.Value{X: &python.List{Elems: []python.Value{lo, hi}}, At: lo.At}
	}
	out.Set("scale", pair(get("min_area_ratio", 0.02), get("max_area_ratio", 0.4)))
	ratio := pair(python.Value{X: 3. / 10, At: at}, python.Value{X: 10. / 3, At: at})
	if x, ok := d.Get("aspect_range"); ok {
		ratio = x
		if f, ok := x.X.(float64); ok {
			ratio = pair(python.Value{X: min(f, 1/f), At: x.At}, python.Value{X: max(f, 1/f), At: x.At})
		}
	}
	out.Set("ratio", ratio)
	mode, _ := d.Get("mode")
	colour, hasColour := d.Get("fill_color")
	std, hasStd := d.Get("fill_std")
	ofImages := hasColour && c.isNormal("mean", colour)
	switch {
	case mode.X == "rand" && (!hasStd || isNone(std)):
		out.Set("noise", python.Value{X: true, At: mode.At})
	case mode.X == "rand" && ofImages && c.isNormal("std", std):
		out.Set("noise", python.Value{X: true, At: mode.At})
		behind = true
	case mode.X == "rand":
		c.rep.add(Attention, std.At, where+".fill_std", "random_erasing.noise", "noise has the mean and deviation that data_preprocessor says, or is uniform without fill_std")
	case ofImages:
		behind = true // where the mean is 0
	default:
		out.Set("value", c.oneColour(colour, hasColour, where))
	}
	for _, k := range d.Keys() {
		if x, _ := d.Get(k); !slices.Contains([]string{"min_area_ratio", "max_area_ratio", "aspect_range", "mode", "fill_color", "fill_std"}, k) {
			out.Set(k, x)
		}
	}
	return out, behind
}

// oneColour is the level that a box of one colour is filled with.
func (c *converter) oneColour(v python.Value, said bool, where string) python.Value {
	l, isList := v.X.(*python.List)
	switch {
	case !said:
		return python.Value{X: 128., At: v.At}
	case !isList:
		return v
	case len(l.Elems) > 0 && !slices.ContainsFunc(l.Elems, func(e python.Value) bool { return !python.Same(e, l.Elems[0]) }):
		return l.Elems[0]
	}
	c.rep.add(Attention, v.At, where+".fill_color", "random_erasing.value", "a box has one level in all channels, or the mean of the images")
	return python.Value{At: v.At}
}

// isNormal reports whether a list is the preprocessor's mean or std, in the order of red, green and blue or of blue, green and red.
func (c *converter) isNormal(key string, v python.Value) bool {
	p := dictAt(c.m, "model", "data_preprocessor")
	if top, ok := c.m.Get("data_preprocessor"); ok {
		if d, ok := top.X.(*python.Dict); ok {
			p = d
		}
	}
	want := []float64{123.675, 116.28, 103.53} // what a file without a preprocessor is written for
	if key == "std" {
		want = []float64{58.395, 57.12, 57.375}
	}
	if p != nil {
		x, _ := p.Get(key)
		want = floats(x)
	}
	got := floats(v)
	near := func(a, b float64) bool { return math.Abs(a-b) <= 1e-6*math.Abs(b) }
	if want == nil || slices.EqualFunc(got, want, near) {
		return want != nil
	}
	slices.Reverse(got)
	return slices.EqualFunc(got, want, near)
}

// floats are the numbers of a list; nil when it is none.
func floats(v python.Value) (out []float64) {
	l, ok := v.X.(*python.List)
	if !ok {
		return nil
	}
	for _, e := range l.Elems {
		switch x := e.X.(type) {
		case float64:
			out = append(out, x)
		case int64:
			out = append(out, float64(x))
		default:
			return nil
		}
	}
	return out
}
