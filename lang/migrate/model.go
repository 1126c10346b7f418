package migrate

import (
	"fmt"
	"strconv"
	"strings"

	"ssc/lang/migrate/python"
	"ssc/lang/schema"
)

// model converts the network and its loss.
func (c *converter) model() {
	v, ok := c.top("model")
	if !ok {
		return
	}
	d, isDict := v.X.(*python.Dict)
	if isDict && typeOf(d) == "" {
		if c.leaf {
			c.rep.add(Attention, v.At, "model", "", "the type of the model is not said here or in a base")
		}
		return
	}
	averaged := c.averagingNeck(d)
	if averaged.At.Filename != "" {
		d = without(d, "neck")
		v.X = d
	}
	b := c.component(c.kind("algorithm"), "algorithm", v, "model")
	if b == nil {
		return
	}
	c.root.blocks = append(c.root.blocks, b)
	if h := b.find("head", ""); h != nil && averaged.At.Filename != "" {
		h.args = append([]*arg{{name: "with_avg_pool", text: "true", from: averaged.At}}, h.args...)
		c.rep.add(Converted, averaged.At, "model.neck", "head "+h.label+".with_avg_pool", "")
	}
	c.sobel(b, d)
	c.deviceNorms(b, v)
}

// sobel moves the filters that an algorithm of 0.x has before its backbone into the backbone.
func (c *converter) sobel(b *block, d *python.Dict) {
	v, on := c.withFilters(d)
	if !on {
		return
	}
	n := b.find("backbone", "")
	if n == nil || n.missing || schema.Of(c.kind("backbone").Component(n.label)).Field("with_sobel") == nil {
		c.rep.add(Attention, v.At, "model.with_sobel", "", "the backbone has no argument with_sobel")
		return
	}
	if v.X != true { // its comments are those of the type
		v.Lead, v.Trail = nil, ""
	}
	n.set("with_sobel", "true", v)
	if v.X != true {
		c.rep.add(Changed, v.At, "model.with_sobel", title(n)+".with_sobel", "true is the default of DeepCluster in 0.x")
		return
	}
	c.rep.add(Converted, v.At, "model.with_sobel", title(n)+".with_sobel", "")
}

// withFilters is whether an algorithm has Sobel filters before its backbone, and what says so: 0.x's DeepCluster has them unless it is told otherwise.
func (c *converter) withFilters(d *python.Dict) (python.Value, bool) {
	if v, ok := d.Get("with_sobel"); ok {
		return v, v.X == true
	}
	v, _ := d.Get("type")
	return v, c.era == era0x && v.X == "DeepCluster"
}

// withSobel leaves that to sobel.
func (c *converter) withSobel(_ *block, set *schema.Set, _ string, v python.Value, _ string) bool {
	return set.Field("with_sobel") == nil && v.X == true
}

// inChannels drops the two channels of a backbone behind Sobel filters.
func (c *converter) inChannels(_ *block, set *schema.Set, typ string, v python.Value, where string) bool {
	on := typ == "ResNetSobel"
	if d := dictAt(c.m, "model"); d != nil {
		_, with := c.withFilters(d)
		on = on || with
	}
	if !on || set.Field("with_sobel") == nil || !sameNumber(v, "2") {
		return false
	}
	c.rep.add(Dropped, v.At, where, "", "the channels are those of the Sobel filters")
	return true
}

// withCP takes the checkpoints inside a backbone, whose blocks are computed a second time: runtime says that of the training, also in a base that has only a model.
func (c *converter) withCP(_ *block, set *schema.Set, _ string, v python.Value, where string) bool {
	if v.X != true || set.Field("with_cp") != nil || c.blockSet("train").Field("recompute") == nil {
		return false
	}
	c.checkpoint = v
	c.rep.add(Converted, v.At, where, "train.recompute", "blocks of the backbone are computed a second time")
	return true
}

// averagingNeck is the neck of a classifier that only averages.
func (c *converter) averagingNeck(d *python.Dict) python.Value {
	v, _ := d.Get("neck")
	if n, ok := v.X.(*python.Dict); ok && c.classifier && typeOf(n) == "GlobalAveragePooling" {
		return v
	}
	return python.Value{}
}

// without is a copy of a dictionary that lacks a key.
func without(d *python.Dict, key string) *python.Dict {
	out := python.NewDict()
	for _, k := range d.Keys() {
		if v, _ := d.Get(k); k != key {
			out.Set(k, v)
		}
	}
	return out
}

// deviceNorms tells an algorithm that takes statistics for groups of the batch how many processes there were, where their norms were not synchronised.
func (c *converter) deviceNorms(b *block, v python.Value) {
	comp := c.kind("algorithm").Component(b.label)
	if comp == nil || c.processes < 2 || b.arg("groups") != nil || schema.Of(comp).Field("groups") == nil {
		return
	}
	if n := b.find("backbone", ""); n == nil || n.find("norm", "sync_bn") != nil {
		return
	}
	b.args = append(b.args, &arg{name: "groups", text: fmt.Sprint(c.processes), from: v.At})
	c.rep.add(Changed, v.At, "model", "algorithm "+b.label+".groups", "batch norm took statistics in each of %d processes", c.processes)
}

// preprocessor takes the normalisation that 1.x has in the model. A base without a model gets the usual one, which its users' models mostly say too.
func (c *converter) preprocessor() {
	d := dictAt(c.m, "model", "data_preprocessor")
	if top, ok := c.top("data_preprocessor"); ok {
		if t, ok := top.X.(*python.Dict); ok {
			d = t
		}
	}
	if c.era != era1x {
		return
	}
	if d == nil {
		d = python.NewDict()
		if _, ok := c.m.Get("model"); ok {
			return
		}
		for k, l := range map[string][]float64{"mean": {123.675, 116.28, 103.53}, "std": {58.395, 57.12, 57.375}} {
			values := &python.List{}
			for _, x := range l {
				values.Elems = append(values.Elems, python.Value{X: x})
			}
			d.Set(k, python.Value{X: values})
		}
	}
	n := &block{typ: "normalize"}
	for _, k := range []string{"mean", "std"} {
		v, _ := d.Get(k)
		l, ok := v.X.(*python.List)
		if !ok {
			return
		}
		parts := make([]string, len(l.Elems))
		for i, e := range l.Elems {
			f, ok := e.X.(float64)
			if n, isInt := e.X.(int64); isInt {
				f, ok = float64(n), true
			}
			if !ok {
				return
			}
			parts[i] = scaled(f)
		}
		a := n.set(k, "["+strings.Join(parts, ", ")+"]", v)
		a.lead, a.trail = nil, ""
		if v.At.Filename != "" {
			c.rep.add(Converted, v.At, "data_preprocessor."+k, "normalize."+k, "divided by 255")
		}
	}
	c.normalize = n
}

// norm makes the block of a norm_cfg.
func (c *converter) norm(v python.Value, where string) []*block {
	if isNone(v) {
		return nil
	}
	if b := c.component(c.kind("norm"), "norm", v, where); b != nil {
		return []*block{b}
	}
	return nil
}

func (c *converter) normArgument(b *block, set *schema.Set, _ string, v python.Value, where string) bool {
	if set.Child("norm") == nil {
		d, ok := v.X.(*python.Dict)
		return ok && d.Len() == 1 && batchNorms[typeOf(d)] && c.onlyNorm(b, v, where)
	}
	b.blocks = append(b.blocks, c.norm(v, where)...)
	return true
}

// batchNorms are the batch norms, synchronised or not, that a neck may name.
var batchNorms = map[string]bool{"BN": true, "BN1d": true, "SyncBN": true}

// onlyNorm drops what chooses among batch norms of a neck that has one only.
func (c *converter) onlyNorm(b *block, v python.Value, where string) bool {
	if b.typ != "neck" || b.label != "odc" && b.label != "relative_loc" {
		return false
	}
	c.rep.add(Dropped, v.At, where, "", "the batch norm of this neck is of the whole batch, as a synchronised one")
	return true
}

// syncBN converts the switch of OpenSelfSup's necks.
func (c *converter) syncBN(b *block, set *schema.Set, _ string, v python.Value, where string) bool {
	on, ok := v.X.(bool)
	if !ok || set.Child("norm") == nil {
		return ok && c.onlyNorm(b, v, where)
	}
	name := "bn"
	if on {
		name = "sync_bn"
	}
	b.blocks = append(b.blocks, (&block{typ: "norm", label: name}).note(v))
	c.rep.add(Converted, v.At, where, "norm "+name, "")
	return true
}

// oldNorms are OpenSelfSup's necks whose norm was not synchronised unless they said so.
var oldNorms = map[string]bool{"NonLinearNeckV0": true, "NonLinearNeckV2": true, "RelativeLocNeck": true}

// oldNorm writes that norm out.
func (c *converter) oldNorm(b *block, set *schema.Set, typ, where string, v python.Value) {
	if c.era == eraOpenSelfSup && oldNorms[typ] && set.Child("norm") != nil && b.find("norm", "") == nil {
		b.blocks = append(b.blocks, &block{typ: "norm", label: "bn"})
		c.rep.add(Changed, v.At, where, title(b)+".norm", "written out: the norm of OpenSelfSup's %s was not synchronised", typ)
	}
}

// withBias converts the argument of OpenSelfSup's SimCLR neck, which meant the last layer too.
func (c *converter) withBias(b *block, set *schema.Set, typ string, v python.Value, where string) bool {
	last := set.Field("with_last_bias")
	if typ != "NonLinearNeckSimCLR" || last == nil {
		return false
	}
	c.field(b, set.Field("with_bias"), v, where, false)
	v.Lead, v.Trail = nil, ""
	c.field(b, last, v, where, true)
	return true
}

// outIndices converts MMClassification's, which counts the four stages from 0 and has no map of the stem.
func (c *converter) outIndices(b *block, set *schema.Set, typ string, v python.Value, where string) bool {
	l, ok := v.X.(*python.List)
	if c.era != era1x || !c.classifier || typ != "ResNet" || !ok || set.Field("out_indices") == nil {
		return false
	}
	parts := make([]string, len(l.Elems))
	for i, e := range l.Elems {
		n, ok := e.X.(int64)
		if !ok || n < 0 || n > 3 {
			return false
		}
		parts[i] = strconv.FormatInt(n+1, 10)
	}
	b.set("out_indices", "["+strings.Join(parts, ", ")+"]", v)
	c.rep.add(Changed, v.At, where, title(b)+".out_indices", "MMClassification counts stages from 0, ssc from 1")
	return true
}

// initArgument takes weights to start from; other ways of initialisation are the component's.
func (c *converter) initArgument(b *block, set *schema.Set, _ string, v python.Value, where string) bool {
	d, ok := v.X.(*python.Dict)
	if ok && typeOf(d) == "Pretrained" {
		if p, ok := d.Get("checkpoint"); ok {
			prefix, _ := d.Get("prefix")
			c.startFrom(p, prefix, where)
			return true
		}
	}
	return false
}

func (c *converter) pretrained(_ *block, _ *schema.Set, _ string, v python.Value, where string) bool {
	if _, ok := v.X.(string); !ok {
		return false
	}
	c.startFrom(v, python.Value{}, where)
	return true
}

// startFrom writes train.init_from for the backbone's weights.
func (c *converter) startFrom(p, prefix python.Value, where string) {
	name, _ := p.X.(string)
	if name == "" {
		return
	}
	b := c.root.child("train", "").child("init_from", "").note(p)
	b.set("checkpoint", schema.Literal(name), python.Value{At: p.At})
	from, _ := prefix.X.(string)
	if from == "" && !strings.Contains(where, "backbone") {
		from = "backbone"
	}
	if from != "" {
		from = strings.TrimSuffix(from, ".") + "."
	}
	b.set("from", schema.Literal(from), python.Value{At: p.At})
	b.set("to", `"backbone."`, python.Value{At: p.At})
	b.set("fresh", `["^head\\.", "^neck\\."]`, python.Value{At: p.At})
	c.weights(p, where, "train.init_from")
}

// weights reports what becomes of a file of weights.
func (c *converter) weights(p python.Value, where, to string) {
	name, _ := p.X.(string)
	switch {
	case strings.Contains(name, "://"):
		c.rep.add(Attention, p.At, where, to, "download %s, convert it by `ssc migrate weights`, and name the file here", name)
	case strings.HasSuffix(name, ".safetensors"):
		c.rep.add(Converted, p.At, where, to, "")
	case name == "":
		c.rep.add(Attention, p.At, where, to, "name a run folder, a checkpoint or a safetensors file")
	default:
		c.rep.add(Changed, p.At, where, to, "%s is a pickle: `ssc migrate weights` converts it to safetensors; name that file here, or a run folder of ssc", name)
	}
}

// lossArgument takes the loss that 1.x has inside a head: its arguments are the head's.
func (c *converter) lossArgument(b *block, set *schema.Set, typ string, v python.Value, where string) bool {
	d, ok := v.X.(*python.Dict)
	if !ok || set.Field("loss") != nil || set.Child("loss") != nil {
		return false
	}
	t := typeOf(d)
	for _, k := range d.Keys() {
		x, _ := d.Get(k)
		f := set.Field(k)
		switch {
		case k == "type" || k == "_scope_" || isNone(x) && f == nil:
		case k == "label_smooth_val" && f == nil && t == "LabelSmoothLoss": // reported below
		case f != nil:
			c.field(b, f, x, where+"."+k, true)
		case k == "loss_weight" && (sameNumber(x, "1") || typ == "MoCoV3Head"):
			c.rep.add(Dropped, x.At, where+"."+k, "", "the loss of the head has this weight")
		case k == "use_soft" || k == "mode" || k == "use_sigmoid":
			c.rep.add(Dropped, x.At, where+"."+k, "", "")
		default:
			c.rep.add(Attention, x.At, where+"."+k, "", "there is no argument %q in %s.%s", k, title(b), schema.DidYouMean(k, set.FieldNames()))
		}
	}
	if smooth := set.Field("label_smooth_val") != nil; t == "LabelSmoothLoss" && !smooth {
		c.rep.add(Attention, v.At, where, title(b), "the labels are not smoothed: this head has no such argument")
		return true
	}
	c.rep.add(Converted, v.At, where, title(b), "the loss is the head's own")
	return true
}
