package migrate

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"ssc/lang/migrate/python"
	"ssc/lang/schema"
)

// optimizer converts the update rule with its groups of parameters.
func (c *converter) optimizer() {
	v, ok := c.top("optimizer")
	where := "optimizer"
	wrapper := python.NewDict()
	if w, has := c.top("optim_wrapper"); has {
		if d, isDict := w.X.(*python.Dict); isDict {
			wrapper = d
			if inner, has := d.Get("optimizer"); has {
				if inner.Lead == nil {
					inner.Lead = w.Lead
				}
				v, ok, where = inner, true, "optim_wrapper.optimizer"
			}
		}
	}
	if d, isDict := v.X.(*python.Dict); ok && isDict && typeOf(d) != "" {
		c.update(d, v, wrapper, where)
	} else if ok && c.leaf {
		c.rep.add(Attention, v.At, where, "", "the type of the optimizer is not said here or in a base")
	}
	c.wrapper(wrapper)
	c.optimizerConfig()
	if f, ok := c.top("fp16"); ok && !isNone(f) {
		c.precision(f, "fp16")
	}
	if f, ok := c.top("use_fp16"); ok && f.X == true {
		c.precision(f, "use_fp16")
	}
}

// update converts the optimizer itself.
func (c *converter) update(d *python.Dict, v python.Value, wrapper *python.Dict, where string) {
	options, _ := d.Get("paramwise_options")
	own, decay := c.takeLayerDecay(without(d, "paramwise_options"), where)
	b := c.component(c.kind("optimizer"), "optimizer", python.Value{X: own, At: v.At, Lead: v.Lead, Trail: v.Trail}, where)
	if b == nil {
		return
	}
	c.root.blocks = append(c.root.blocks, b)
	if o, ok := options.X.(*python.Dict); ok {
		c.paramwise(b, o, where+".paramwise_options")
	}
	if p, ok := wrapper.Get("paramwise_cfg"); ok {
		if o, ok := p.X.(*python.Dict); ok {
			c.customKeys(b, o, d, "optim_wrapper.paramwise_cfg")
		}
	}
	c.layerGroups(b, decay)
}

// groupSet are the declarations of a group of the optimizer.
func (c *converter) groupSet(b *block) *schema.Set {
	comp := c.kind("optimizer").Component(b.label)
	if comp == nil {
		return &schema.Set{}
	}
	cf := schema.Of(comp).Child("group")
	if cf == nil {
		return &schema.Set{}
	}
	return schema.Of(cf.New(""))
}

// paramwise converts patterns of 0.x: all that match a name apply, in order, as groups do.
func (c *converter) paramwise(b *block, o *python.Dict, where string) {
	set := c.groupSet(b)
	for _, pattern := range o.Keys() {
		v, _ := o.Get(pattern)
		at := fmt.Sprintf("%s[%q]", where, pattern)
		options, ok := v.X.(*python.Dict)
		if !ok {
			c.rep.add(Dropped, o.KeyAt(pattern), at, "", "it is no pattern that matches a name, and has no effect upstream either")
			continue
		}
		if _, err := regexp.Compile(pattern); err != nil {
			c.rep.add(Attention, o.KeyAt(pattern), at, "optimizer.group.match", "the pattern is none of RE2 (%v): write one without look-around and back references", err)
			continue
		}
		g := (&block{typ: "group"}).note(v)
		g.args = append(g.args, &arg{name: "match", text: schema.Literal(pattern), from: o.KeyAt(pattern)})
		c.groupOptions(g, set, b, options, at)
		b.blocks = append(b.blocks, g)
		c.rep.add(Converted, o.KeyAt(pattern), at, "optimizer.group", "")
	}
}

// groupOptions converts what a group says. Options that end in _mult multiply the optimizer's own.
func (c *converter) groupOptions(g *block, set *schema.Set, opt *block, options *python.Dict, where string) {
	for _, k := range options.Keys() {
		v, _ := options.Get(k)
		name := k
		if base, ok := strings.CutSuffix(k, "_mult"); ok && set.Field(k) == nil {
			if base == "decay" {
				base = "weight_decay"
			}
			text, ok := product(opt.arg(base), v)
			if !ok || set.Field(base) == nil {
				c.rep.add(Attention, v.At, where+"."+k, "optimizer.group", "there is no argument %q in group, and the optimizer says no %s to multiply", k, base)
				continue
			}
			g.set(base, text, v)
			c.rep.add(Converted, v.At, where+"."+k, "optimizer.group."+base, "")
			continue
		}
		c.argument(g, set, "group", "", name, v, where+"."+k)
	}
}

// product is the text of an argument's number times a factor.
func product(a *arg, factor python.Value) (string, bool) {
	t, _, ok := number(factor)
	if !ok {
		return "", false
	}
	f, err := strconv.ParseFloat(t, 64)
	if err != nil {
		return "", false
	}
	if f == 0 {
		return "0", true
	}
	if a == nil {
		return "", false
	}
	if f == 1 {
		return a.text, true
	}
	x, err := strconv.ParseFloat(a.text, 64)
	return schema.Literal(x * f), err == nil
}

// customKeys converts parts of names of 1.x. Upstream takes the longest part that a name has, and no other; groups apply in order, so the longest comes last and says all that those
// before it say.
func (c *converter) customKeys(b *block, o, opt *python.Dict, where string) {
	set := c.groupSet(b)
	before := len(b.blocks)
	c.multipliers(b, o, where)
	said := map[string]bool{"weight_decay": len(b.blocks) > before} // by groups so far
	v, _ := o.Get("custom_keys")
	keys, ok := v.X.(*python.Dict)
	if ok {
		names := keys.Keys()
		slices.SortFunc(names, func(x, y string) int { return cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(y, x)) })
		for _, name := range names {
			x, _ := keys.Get(name)
			options, ok := x.X.(*python.Dict)
			if !ok {
				continue
			}
			at := fmt.Sprintf("%s.custom_keys[%q]", where, name)
			g := (&block{typ: "group"}).note(x)
			g.args = append(g.args, &arg{name: "match", text: schema.Literal(regexp.QuoteMeta(name)), from: keys.KeyAt(name)})
			c.groupOptions(g, set, b, options, at)
			c.resetOthers(g, set, b, said, x)
			b.blocks = append(b.blocks, g)
			c.rep.add(Converted, keys.KeyAt(name), at, "optimizer.group", "")
		}
	}
	for _, k := range o.Keys() {
		x, _ := o.Get(k)
		switch k {
		case "custom_keys", "norm_decay_mult", "bias_decay_mult", "flat_decay_mult", "type", "_scope_":
		case "bypass_duplicate":
			c.rep.add(Dropped, x.At, where+"."+k, "", "a parameter has one name")
		default:
			c.rep.add(Attention, x.At, where+"."+k, "", "parameters are not grouped by %s; write groups by their names", k)
		}
	}
}

// resetOthers writes into a group the optimizer's own values of what groups before it set and it does not.
func (c *converter) resetOthers(g *block, set *schema.Set, opt *block, said map[string]bool, v python.Value) {
	for _, f := range set.Fields {
		if f.Name == "match" {
			continue
		}
		if g.arg(f.Name) != nil {
			said[f.Name] = true
			continue
		}
		if !said[f.Name] {
			continue
		}
		text := ""
		if a := opt.arg(f.Name); a != nil {
			text = a.text
		} else if f.Default != nil {
			text = schema.Literal(f.Default)
		} else if of := schema.Of(c.kind("optimizer").Component(opt.label)).Field(f.Name); of != nil && of.Default != nil {
			text = schema.Literal(of.Default)
		} else if f.Type == schema.TBool {
			text = "false"
		} else if f.Name == "lr_mult" {
			text = "1"
		}
		if text != "" {
			g.args = append(g.args, &arg{name: f.Name, text: text, from: v.At})
		}
	}
}

// multipliers converts the switches by kind of parameter, which are groups by name here.
func (c *converter) multipliers(b *block, o *python.Dict, where string) {
	for _, m := range []struct{ key, match string }{
		{"bias_decay_mult", `\.bias$`},
		{"norm_decay_mult", `(bn|gn|ln|norm)\d*\.(weight|bias)$|downsample\.1\.`},
		{"flat_decay_mult", `\.bias$|(bn|gn|ln|norm)\d*\.weight$|downsample\.1\.`},
	} {
		v, ok := o.Get(m.key)
		if !ok || isNone(v) {
			continue
		}
		text, ok := product(b.arg("weight_decay"), v)
		if !ok {
			continue
		}
		g := (&block{typ: "group"}).note(v)
		g.args = append(g.args, &arg{name: "match", text: schema.Literal(m.match), from: v.At}, &arg{name: "weight_decay", text: text, from: v.At})
		b.blocks = append(b.blocks, g)
		c.rep.add(Changed, v.At, where+"."+m.key, "optimizer.group", "layers are told by the names of their parameters; look at the groups in `ssc plan`")
	}
}

// wrapper converts what stands around the optimizer in 1.x.
func (c *converter) wrapper(w *python.Dict) {
	const where = "optim_wrapper."
	for _, k := range w.Keys() {
		v, _ := w.Get(k)
		switch k {
		case "optimizer", "paramwise_cfg", "_scope_":
		case "type":
			if v.X == "AmpOptimWrapper" {
				c.precision(v, where+k)
			}
		case "clip_grad":
			c.clip(v, where+k)
		case "accumulative_counts":
			c.accumulate(v, where+k)
		case "loss_scale":
			c.rep.add(Dropped, v.At, where+k, "", "losses are not scaled: there is no float16")
		default:
			name, _ := v.X.(string)
			if k == "constructor" && (strings.HasSuffix(name, "DefaultOptimWrapperConstructor") || decayConstructors.MatchString(name)) || isNone(v) {
				c.rep.add(Dropped, v.At, where+k, "", "")
				continue
			}
			c.rep.add(Attention, v.At, where+k, "", "%s has no counterpart; write the groups that it makes", python.Repr(v))
		}
	}
}

// optimizerConfig converts accumulation and clipping of OpenSelfSup and 0.x.
func (c *converter) optimizerConfig() {
	v, _ := c.top("optimizer_config")
	d, ok := v.X.(*python.Dict)
	if !ok {
		return
	}
	for _, k := range d.Keys() {
		x, _ := d.Get(k)
		where := "optimizer_config." + k
		switch k {
		case "type", "coalesce", "bucket_size_mb", "loss_scale":
			c.rep.add(Dropped, x.At, where, "", "of PyTorch's processes")
		case "grad_clip":
			c.clip(x, where)
		case "update_interval":
			c.accumulate(x, where)
		case "use_fp16":
			if x.X == true {
				c.precision(x, where)
			}
		case "frozen_layers_cfg":
			c.frozen(x, where)
		default:
			c.rep.add(Attention, x.At, where, "", "it has no counterpart")
		}
	}
}

func (c *converter) accumulate(v python.Value, where string) {
	if t, ok := expression(v); ok && !isNone(v) {
		c.root.child("train", "").set("accumulate", t, v)
		c.rep.add(Converted, v.At, where, "train.accumulate", "")
	}
}

func (c *converter) clip(v python.Value, where string) {
	d, ok := v.X.(*python.Dict)
	b := c.root.find("optimizer", "")
	if !ok || b == nil {
		if !isNone(v) {
			c.rep.add(Attention, v.At, where, "optimizer.clip_norm", "it belongs into the optimizer")
		}
		return
	}
	n, _ := d.Get("max_norm")
	t, _, ok := number(n)
	if kind, has := d.Get("norm_type"); !ok || has && !sameNumber(kind, "2") {
		c.rep.add(Attention, v.At, where, "optimizer.clip_norm", "gradients are clipped by their Euclidean norm only")
		return
	}
	b.set("clip_norm", t, n)
	c.rep.add(Converted, v.At, where, "optimizer.clip_norm", "")
}

// frozen converts layers whose gradients are left out at first: the prototypes of SwAV.
func (c *converter) frozen(v python.Value, where string) {
	d, ok := v.X.(*python.Dict)
	if !ok {
		return
	}
	for _, k := range d.Keys() {
		x, _ := d.Get(k)
		name := "freeze_" + k
		if b, f := c.holder(name); f != nil {
			c.field(b, f, x, where+"."+k, true)
			continue
		}
		if c.incomplete() {
			c.rep.add(Missing, x.At, where+"."+k, "", "it belongs to a component that ssc does not have")
			continue
		}
		c.rep.add(Attention, x.At, where+"."+k, "", "no component freezes %s for its first steps", k)
	}
}

func (c *converter) precision(v python.Value, where string) {
	f := c.blockSet("train").Field("precision")
	if f == nil {
		return
	}
	c.rep.add(Changed, v.At, where, "train.precision", "the run is in %s, without scaling of losses", schema.Literal(f.Default))
}
