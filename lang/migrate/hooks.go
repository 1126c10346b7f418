package migrate

import (
	"strconv"
	"strings"

	"ssc/lang/diag"
	"ssc/lang/migrate/python"
	"ssc/lang/schema"
)

// hook finds a custom hook by its type.
func (c *converter) hook(typ string) (python.Value, bool) {
	v, _ := c.m.Get("custom_hooks")
	l, ok := v.X.(*python.List)
	if !ok {
		return python.Value{}, false
	}
	for _, h := range l.Elems {
		if d, ok := h.X.(*python.Dict); ok && typeOf(d) == typ {
			return h, true
		}
	}
	return python.Value{}, false
}

// hooks converts custom hooks: what a method does between steps is part of its components here, so a hook's arguments are theirs.
func (c *converter) hooks() {
	defer c.absentHooks()
	v, _ := c.top("custom_hooks")
	l, ok := v.X.(*python.List)
	if !ok {
		return
	}
	for _, h := range l.Elems {
		d, ok := h.X.(*python.Dict)
		if !ok {
			continue
		}
		t := typeOf(d)
		where := "custom_hooks." + t
		d = c.compared(t, d, h, where)
		switch t {
		case "ValidateHook": // see evaluation
		case "SimSiamHook":
			c.fixedRate(d, h, where)
		case "DeepClusterHook", "ODCHook", "InterCLRHook":
			c.clustering(d, h, where)
		default:
			c.hookArguments(d, h, where)
		}
	}
}

// ignored are arguments of hooks that components know by themselves.
var ignored = map[string]bool{"type": true, "priority": true, "_scope_": true, "batch_size": true, "interval": true, "dist_mode": true, "initial": true}

func (c *converter) hookArguments(d *python.Dict, h python.Value, where string) {
	missing := c.incomplete()
	taken := 0
	for _, k := range d.Keys() {
		x, _ := d.Get(k)
		b, f := c.holder(k)
		switch {
		case k == "frozen_layers_cfg":
			c.frozen(x, where+"."+k)
		case f != nil && k != "interval":
			c.once(b, f, x, where+"."+k)
			taken++
		case ignored[k]:
		case k == "end_momentum" && sameNumber(x, "1"):
			c.rep.add(Dropped, x.At, where+"."+k, "", "")
		case missing:
			c.rep.add(Missing, x.At, where+"."+k, "", "it belongs to a component that ssc does not have")
			taken++
		default:
			c.rep.add(Attention, x.At, where+"."+k, "", "no component of this pipeline has an argument %q", k)
			taken++
		}
	}
	if taken == 0 {
		c.rep.add(Converted, h.At, where, "algorithm", "part of the algorithm")
	}
}

// once writes an argument that a hook has and a component too. What is there already stands, and another value is left to a person.
func (c *converter) once(b *block, f *schema.Field, v python.Value, where string) {
	a := b.arg(f.Name)
	if a == nil {
		c.field(b, f, v, where, true)
		return
	}
	if text, why := fit(f.Type, v); why != "" || !alike(text, a.text) {
		c.rep.add(Attention, v.At, where, title(b)+"."+f.Name, "it is %s here and %s at %s, and ssc has one such argument: write one value in both", python.Repr(v), a.text, diag.At(a.from))
	}
}

// alike reports whether two texts of values mean the same: 5e-2 and 0.05.
func alike(a, b string) bool {
	x, err := strconv.ParseFloat(a, 64)
	y, err2 := strconv.ParseFloat(b, 64)
	return a == b || err == nil && err2 == nil && x == y
}

// twins are arguments that hooks have beside those of the same name in the model, with the value that each has upstream when it is left out.
var twins = map[string][]struct{ arg, standard string }{
	"InterCLRHook": {{"online_labels", "true"}}, "SwAVHook": {{"crops_for_assign", "[0, 1]"}, {"feat_dim", "128"}},
	"BYOLHook": {{"update_interval", "1"}}, "MomentumUpdateHook": {{"update_interval", "1"}},
}

// compared reports the arguments of a hook that say something else than the model, the loader or the optimizer, where ssc has one argument for both, and gives the hook without them.
func (c *converter) compared(typ string, d *python.Dict, h python.Value, where string) *python.Dict {
	for _, t := range twins[typ] {
		v, ok := d.Get(t.arg)
		text, _ := expression(v)
		if !ok {
			v, text = h, t.standard
		}
		d = without(d, t.arg)
		other, from := c.modelSays(t.arg)
		if q, ok := d.Get("queue_length"); typ == "SwAVHook" && (!ok || sameNumber(q, "0")) || other == "" || !c.leaf {
			continue // there is no queue that it could be of, or nothing to compare with
		}
		if alike(text, other) {
			if ok {
				c.rep.add(Dropped, v.At, where+"."+t.arg, "", "as %s", from)
			}
			continue
		}
		c.rep.add(Attention, v.At, where+"."+t.arg, from, "it is %s in the hook and %s in %s, and ssc has one such argument: write one value in both", text, other, from)
	}
	batch, own := c.loaderBatch(), python.Value{}
	if own, _ = d.Get("batch_size"); typ == "SwAVHook" && own.X != nil && batch.X != nil && !python.Same(own, batch) {
		c.rep.add(Attention, own.At, where+".batch_size", "loader.batch_size", "it is %s in the hook, and the loader makes batches of %s: upstream cuts the queue to a multiple of the first, ssc has one for both",
			python.Repr(own), python.Repr(batch))
	}
	return d
}

// modelSays is the text that an argument has elsewhere in the configuration, and where.
func (c *converter) modelSays(name string) (text, where string) {
	if name == "update_interval" {
		return strconv.Itoa(max(c.accumulation(), 1)), "train.accumulate"
	}
	b, f := c.holder(name)
	if f == nil {
		return "", ""
	}
	if a := b.arg(name); a != nil {
		return a.text, title(b) + "." + name
	}
	if text = schema.Literal(f.Default); text == "0" { // it is taken as it comes
		return "", ""
	}
	return text, title(b) + "." + name
}

// accumulation is the number of micro-batches of a step as it is written, 0 when it is not.
func (c *converter) accumulation() int {
	if t := c.root.find("train", ""); t != nil && t.arg("accumulate") != nil {
		n, _ := strconv.Atoi(t.arg("accumulate").text)
		return n
	}
	return 0
}

// loaderBatch is the batch of one process.
func (c *converter) loaderBatch() python.Value {
	for _, at := range [][2]string{{"data", "imgs_per_gpu"}, {"data", "samples_per_gpu"}, {"train_dataloader", "batch_size"}} {
		if d := dictAt(c.m, at[0]); d != nil {
			if v, ok := d.Get(at[1]); ok {
				return v
			}
		}
	}
	return python.Value{}
}

// absentHooks says what a method did upstream without the hook that a recipe gives it, and how teachers follow where gradients are accumulated.
func (c *converter) absentHooks() {
	b := c.root.find("algorithm", "")
	if !c.leaf || b == nil || b.missing {
		return
	}
	set := schema.Of(c.kind("algorithm").Component(b.label))
	if _, ok := c.hook("DenseCLHook"); !ok && set.Field("start_iters") != nil && b.arg("start_iters") == nil {
		b.args = append(b.args, &arg{name: "start_iters", text: "0", from: b.from})
		c.rep.add(Changed, b.from, "model", title(b)+".start_iters", "written out: without a DenseCLHook the dense part counts from the first step")
	}
	_, byol := c.hook("BYOLHook")
	_, follows := c.hook("MomentumUpdateHook")
	if c.era != era1x && !byol && !follows && set.Field("base_momentum") != nil {
		c.rep.add(Changed, b.from, "model", "algorithm "+b.label, "the teacher follows; without a BYOLHook or MomentumUpdateHook upstream's stayed as it started")
	}
	if n := c.accumulation(); n > 1 && (set.Field("momentum") != nil || c.era == era1x && set.Field("base_momentum") != nil) {
		c.rep.add(Changed, b.from, "model", "algorithm "+b.label, "the teacher follows once in a step; upstream's followed in each of its %d micro-batches", n)
	}
	if _, ok := c.hook("SimSiamHook"); !ok {
		c.freeRates("no SimSiamHook reads fix_lr")
	}
}

// incomplete reports whether a component of the algorithm is missing.
func (c *converter) incomplete() bool {
	return c.root.hasMissing() || c.root.find("algorithm", "") == nil
}

// holder finds the component of the algorithm, from the outside in, that has the argument.
func (c *converter) holder(name string) (*block, *schema.Field) {
	root := c.root.find("algorithm", "")
	if root == nil || root.missing {
		return nil, nil
	}
	set := schema.Of(c.kind("algorithm").Component(root.label))
	if f := set.Field(name); f != nil {
		return root, f
	}
	for _, k := range root.blocks {
		if k.missing {
			continue
		}
		cf := set.Child(k.typ)
		if cf == nil || cf.Kind == nil {
			continue
		}
		comp := cf.Kind.Component(k.label)
		if comp == nil || strings.HasPrefix(k.typ, "backbone") {
			continue
		}
		if f := schema.Of(comp).Field(name); f != nil {
			return k, f
		}
	}
	return nil, nil
}

// fixedRate converts SimSiam's hook, which keeps the learning rate of the groups that say fix_lr at its own.
func (c *converter) fixedRate(d *python.Dict, h python.Value, where string) {
	opt := c.root.find("optimizer", "")
	if opt == nil {
		c.rep.add(Dropped, h.At, where, "", "")
		return
	}
	if fix, _ := d.Get("fix_pred_lr"); fix.X != true {
		c.freeRates("fix_pred_lr of the SimSiamHook is off")
		c.rep.add(Dropped, h.At, where, "", "")
		return
	}
	lr, _ := d.Get("lr")
	text, _, _ := number(lr)
	found := false
	for _, g := range opt.blocks {
		if a := g.arg("fix_lr"); a == nil || a.text != "true" {
			continue
		}
		found = true
		c.rep.add(Converted, h.At, where, "optimizer.group.fix_lr", "")
		own := opt.arg("lr")
		if g.arg("lr") != nil {
			own = g.arg("lr")
		}
		factor := g.arg("lr_mult")
		if text != "" && (own == nil || !alike(own.text, text) || factor != nil && !alike(factor.text, "1")) {
			g.remove("lr_mult")
			g.set("lr", text, lr)
			c.rep.add(Changed, lr.At, where+".lr", "optimizer.group.lr", "the hook's learning rate is another than the group's")
		}
	}
	by := c.root.find("schedule", "")
	if early, _ := d.Get("adjust_by_epoch"); found && early.X != false && by != nil && by.arg("by") != nil && by.arg("by").text == `"step"` {
		c.rep.add(Changed, h.At, where, "optimizer.group.fix_lr", "the rate is fixed at every step; upstream fixed it at the first one of an epoch, because adjust_by_epoch is on and the schedule acts at each step")
	}
	if !found && c.leaf {
		c.rep.add(Changed, h.At, where, "", "no group of the optimizer says fix_lr, so it fixed nothing")
	}
}

// freeRates takes fix_lr from groups, where nothing upstream reads it.
func (c *converter) freeRates(why string) {
	opt := c.root.find("optimizer", "")
	if opt == nil || !c.leaf {
		return
	}
	var rest []*block
	for _, g := range opt.blocks {
		a := g.arg("fix_lr")
		g.remove("fix_lr")
		if a != nil && a.text == "true" {
			c.rep.add(Changed, a.from, "optimizer", "optimizer.group.fix_lr", "left out: %s", why)
		}
		if g.typ != "group" || len(g.args) > 1 {
			rest = append(rest, g)
		}
	}
	opt.blocks = rest
}

// extracted is the dataset that stands for the extractor of a hook.
const extracted = "extract"

// clustering converts the hooks of methods that cluster features between steps: what is clustered becomes a dataset, how a block of the algorithm, and when are arguments of it.
func (c *converter) clustering(d *python.Dict, h python.Value, where string) {
	b, f := c.holder("extractor")
	if f == nil {
		c.hookArguments(d, h, where)
		return
	}
	set := schema.Of(c.kind("algorithm").Component(b.label))
	rest := d
	for _, k := range d.Keys() {
		x, _ := d.Get(k)
		at := where + "." + k
		switch {
		case k == "extractor" || k == "extract_dataloader":
			c.extractor(b, x, at)
		case k == "interval" && set.Field(k) != nil:
			c.once(b, set.Field(k), x, at)
		case (k == "reweight" && x.X != true || k == "reweight_pow" && !sameNumber(x, "0.5")) && b.label == "odc":
			c.rep.add(Changed, x.At, at, title(b)+"."+k, "left out: upstream's ODC weighs clusters by a power of 0.5, whatever its hooks say")
		case (k == "initial" || k == "init_memory" && set.Child("memory") != nil) && x.X == false:
			c.rep.add(Attention, x.At, at, "", "images are always clustered before the first step, and a memory filled")
		case k == "clustering" && set.Child(k) != nil && c.fixedBlock(b, set.Child(k), x, at):
		case k == "init_memory" || k == "evaluate_interval" || k == "unif_sampling" && set.Field(k) == nil && x.X == false:
			c.rep.add(Dropped, x.At, at, "", "part of the algorithm")
		default:
			continue
		}
		rest = without(rest, k)
	}
	c.hookArguments(rest, h, where)
}

// extractor makes a dataset of the one in a dictionary, which a loader of its own reads upstream.
func (c *converter) extractor(b *block, v python.Value, where string) {
	d, ok := v.X.(*python.Dict)
	if !ok {
		c.rep.add(Attention, v.At, where, "", "a dictionary with a dataset belongs here; found %s", python.Repr(v))
		return
	}
	if x, ok := d.Get("dataset"); ok && c.root.find("dataset", extracted) == nil {
		c.dataset(extracted, x, where+".dataset")
	}
	b.set("extractor", schema.Literal(extracted), v)
	c.rep.add(Converted, v.At, where, "dataset "+extracted, "")
}

// fixedBlock converts a dictionary that stands for a block without a label.
func (c *converter) fixedBlock(b *block, cf *schema.ChildField, v python.Value, where string) bool {
	d, ok := v.X.(*python.Dict)
	if !ok || cf.Kind != nil {
		return false
	}
	k := (&block{typ: cf.Type}).note(v)
	c.arguments(k, schema.Of(cf.New("")), "algorithm", typeOf(d), d, where)
	b.blocks = append(b.blocks, k)
	c.rep.add(Converted, v.At, where, title(b)+"."+cf.Type, "")
	return true
}
