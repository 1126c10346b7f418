package migrate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ssc/lang/migrate/python"
	"ssc/lang/schema"
)

// views converts the pipelines of a dataset.
func (c *converter) views(d *python.Dict, where string) []*block {
	t := typeOf(d)
	if two, ok := d.Get("pipeline2"); ok { // BYOLDataset
		one, _ := d.Get("pipeline1")
		return append(c.view(one, 1, d, where+".pipeline1"), c.view(two, 1, d, where+".pipeline2")...)
	}
	if v, ok := d.Get("pipelines"); ok {
		l, _ := v.X.(*python.List)
		n, _ := d.Get("num_views")
		return c.multiView(l, n, d, where+".pipelines")
	}
	v, ok := d.Get("pipeline")
	if !ok {
		return nil
	}
	if l, ok := v.X.(*python.List); ok {
		for i, e := range l.Elems {
			if m, ok := e.X.(*python.Dict); ok && typeOf(m) == "MultiView" {
				return c.views1x(l, i, m, d, where+".pipeline")
			}
		}
	}
	count := 1
	if t == "ContrastiveDataset" {
		count = 2
	}
	out := c.view(v, count, d, where+".pipeline")
	if f, ok := d.Get("format_pipeline"); ok {
		if l, ok := f.X.(*python.List); ok && len(out) == 1 {
			out[0].blocks = append(out[0].blocks, c.transforms(l.Elems, where+".format_pipeline")...)
		}
	}
	return out
}

// multiView converts pipelines, each with its number of views.
func (c *converter) multiView(l *python.List, num python.Value, d *python.Dict, where string) []*block {
	counts, _ := num.X.(*python.List)
	if l == nil {
		return nil
	}
	var out []*block
	for i, p := range l.Elems {
		count := int64(1)
		if n, ok := num.X.(int64); ok {
			count = n
		} else if counts != nil && i < len(counts.Elems) {
			count, _ = counts.Elems[i].X.(int64)
		}
		out = append(out, c.view(p, int(min(count, 1<<16)), d, fmt.Sprintf("%s[%d]", where, i))...)
	}
	return out
}

// views1x converts a pipeline of 1.x in which MultiView makes the views: what stands around it belongs to each.
func (c *converter) views1x(l *python.List, at int, m *python.Dict, d *python.Dict, where string) []*block {
	inner, _ := m.Get("transforms")
	num, _ := m.Get("num_views")
	lists, _ := inner.X.(*python.List)
	if lists == nil {
		return nil
	}
	all := &python.List{}
	for _, p := range lists.Elems {
		one, ok := p.X.(*python.List)
		if !ok {
			continue
		}
		whole := &python.List{}
		whole.Elems = append(append(append(whole.Elems, l.Elems[:at]...), one.Elems...), l.Elems[at+1:]...)
		p.X = whole
		all.Elems = append(all.Elems, p)
	}
	return c.multiView(all, num, d, where)
}

// view converts one pipeline.
func (c *converter) view(v python.Value, count int, d *python.Dict, where string) []*block {
	l, ok := v.X.(*python.List)
	if !ok {
		c.rep.add(Attention, v.At, where, "", "a pipeline is a list; found %s", python.Repr(v))
		return nil
	}
	b := &block{typ: "view", from: v.At, lead: v.Lead}
	if count != 1 {
		b.args = append(b.args, &arg{name: "count", text: strconv.Itoa(count), from: v.At})
	}
	b.blocks = c.transforms(l.Elems, where)
	if b.find("normalize", "") == nil {
		if n := c.laterNormalize(d); n != nil {
			i := slices.IndexFunc(b.blocks, func(k *block) bool { return k.behind })
			if i < 0 {
				i = len(b.blocks)
			}
			b.blocks = slices.Concat(b.blocks[:i], []*block{n}, c.after(n, b.blocks[i:], where))
		}
	}
	return []*block{b}
}

// laterNormalize is the normalisation that upstream does after the pipeline: with prefetch by the loader, in 1.x by the model.
func (c *converter) laterNormalize(d *python.Dict) *block {
	if p, _ := d.Get("prefetch"); p.X == true {
		if n, ok := c.m.Get("img_norm_cfg"); ok {
			if nd, ok := n.X.(*python.Dict); ok {
				nd = without(nd, "to_rgb")
				nd.Set("type", python.Value{X: "Normalize", At: n.At})
				n.X = nd
				return c.component(c.kind("transform"), "", n, "img_norm_cfg")
			}
		}
	}
	if c.normalize == nil {
		return nil
	}
	n := *c.normalize
	return &n
}

// formless are transforms that only change how an image is held.
var formless = map[string]bool{"ToTensor": true, "LoadImageFromFile": true, "PackSelfSupInputs": true, "PackClsInputs": true, "ImageToTensor": true, "Collect": true, "ToPIL": true, "ToNumpy": true}

// byAlgorithm are transforms of 1.x whose work an algorithm does.
var byAlgorithm = map[string]string{"RandomPatchWithLabels": "patches", "RotationWithLabels": "rotations"}

// transforms converts a list of transforms in order. Those that work on normalised images wait for the normalisation behind them; where there is none they are the last.
func (c *converter) transforms(list []python.Value, where string) []*block {
	var out, waiting []*block
	for i, v := range list {
		at := fmt.Sprintf("%s[%d]", where, i)
		d, ok := v.X.(*python.Dict)
		if !ok {
			c.rep.add(Attention, v.At, at, "", "a transform is a dictionary with a type; found %s", python.Repr(v))
			continue
		}
		t := typeOf(d)
		if formless[t] {
			c.rep.add(Dropped, v.At, at, "", "%s is done where it is needed", t)
			continue
		}
		if what := byAlgorithm[t]; what != "" {
			c.rep.add(Changed, v.At, at, "", "%s are made by the algorithm", what)
			continue
		}
		if one, x := c.alone(d, v); one != nil {
			d, v, t = one, x, typeOf(one)
		}
		behind := t == "Lighting"
		if t == "RandomErasing" && c.era == era1x {
			v.X, behind = c.erasing(d, v, at)
		}
		b := c.component(c.kind("transform"), "", v, at)
		switch {
		case b == nil:
		case behind && !b.missing:
			b.behind = true
			waiting = append(waiting, b)
		case b.typ == "normalize":
			out = append(append(out, b), c.after(b, waiting, where)...)
			waiting = nil
		default:
			out = append(out, b)
		}
	}
	return append(out, waiting...)
}

// after are the transforms that stand behind a normalisation and stood before it, lighting with the deviation that it must know.
func (c *converter) after(normalize *block, waiting []*block, where string) []*block {
	for _, b := range waiting {
		if b.typ != "lighting" {
			c.rep.add(Changed, b.from, where, b.typ, "it stands behind normalize, where 0 is the mean and 1 the deviation: the same box")
			continue
		}
		std := normalize.arg("std")
		if cf := c.kind("transform").Component("lighting"); cf != nil && std != nil {
			if f := schema.Of(cf).Field("std"); f != nil && schema.Literal(f.Value()) != std.text {
				b.args = append(b.args, &arg{name: "std", text: std.text})
			}
		}
		c.rep.add(Changed, b.from, where, "lighting", "it stands behind normalize, whose std it undoes: the same sum")
	}
	return waiting
}

// alone unwraps OpenSelfSup's RandomAppliedTrans around one transform that has a probability of its own.
func (c *converter) alone(d *python.Dict, v python.Value) (*python.Dict, python.Value) {
	inner, _ := d.Get("transforms")
	l, ok := inner.X.(*python.List)
	p, hasP := d.Get("p")
	if c.era != eraOpenSelfSup || typeOf(d) != "RandomAppliedTrans" || !ok || len(l.Elems) != 1 {
		return nil, v
	}
	one, ok := l.Elems[0].X.(*python.Dict)
	if t := ""; ok {
		if t = typeOf(one); t != "GaussianBlur" && t != "Solarization" {
			return nil, v
		}
		if !hasP {
			p = python.Value{X: 0.5, At: v.At, Text: "0.5"}
		}
		out := python.NewDict()
		for _, k := range one.Keys() {
			x, _ := one.Get(k)
			out.Set(k, x)
		}
		out.Set("p", p)
		v.X = out
		return out, v
	}
	return nil, v
}

// innerTransforms converts the transforms inside another.
func (c *converter) innerTransforms(b *block, set *schema.Set, _ string, v python.Value, where string) bool {
	l, ok := v.X.(*python.List)
	if !ok || len(set.BlockTypes()) == 0 {
		return false
	}
	b.blocks = append(b.blocks, c.transforms(l.Elems, where)...)
	return true
}

// filters are PIL's numbers of the ways to resize.
var filters = map[int64]string{0: "nearest", 1: "lanczos", 2: "bilinear", 3: "bicubic"}

func (c *converter) interpolation(b *block, set *schema.Set, _ string, v python.Value, where string) bool {
	n, ok := v.X.(int64)
	f := set.Field("interpolation")
	if !ok || f == nil || filters[n] == "" {
		return false
	}
	if v.Trail == filters[n] {
		v.Trail = ""
	}
	b.set("interpolation", schema.Literal(filters[n]), v)
	c.rep.add(Converted, v.At, where, title(b)+".interpolation", "")
	return true
}

// cropScale converts 1.x's scale where it is a size in pixels: a number, or width and height.
func (c *converter) cropScale(b *block, set *schema.Set, typ string, v python.Value, where string) bool {
	l, isList := v.X.(*python.List)
	_, isInt := v.X.(int64)
	if c.era != era1x || set.Field("size") == nil || typ != "RandomResizedCrop" && typ != "Resize" && typ != "ResizeEdge" {
		return false
	}
	pixels := isInt
	if isList && len(l.Elems) == 2 {
		w, okw := l.Elems[0].X.(int64)
		h, okh := l.Elems[1].X.(int64)
		pixels = okw && okh && (w > 1 || h > 1)
	}
	if !pixels {
		return false
	}
	text, _ := expression(v)
	if isList {
		w, _ := expression(l.Elems[0])
		h, _ := expression(l.Elems[1])
		text = "[" + strings.Join([]string{h, w}, ", ") + "]"
		if w == h && typ == "RandomResizedCrop" {
			text = w
		}
	} else if typ == "Resize" {
		text = "[" + text + ", " + text + "]"
	}
	b.set("size", text, v)
	c.rep.add(Converted, v.At, where, title(b)+".size", "")
	return true
}
