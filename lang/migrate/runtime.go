package migrate

import (
	"ssc/lang/migrate/python"
	"ssc/lang/schema"
)

// runtime converts length, checkpoints, logging and where to start.
func (c *converter) runtime() {
	if v, ok := c.top("total_epochs"); ok {
		c.epochCount(v, "total_epochs")
	}
	c.runner()
	if v := c.checkpoint; v.X != nil {
		c.root.child("train", "").set("recompute", `"block"`, v)
	}
	if v, ok := c.top("checkpoint_config"); ok {
		c.checkpoints(v, "checkpoint_config")
	}
	if v, ok := c.top("log_config"); ok {
		if d, ok := v.X.(*python.Dict); ok {
			if n, ok := d.Get("interval"); ok {
				c.logEvery(n, "log_config.interval")
			}
			if h, ok := d.Get("hooks"); ok {
				c.rep.add(Dropped, h.At, "log_config.hooks", "", "train.log, metrics.jsonl and TensorBoard's files are always written")
			}
		}
	}
	c.defaultHooks()
	c.start()
	if v, ok := c.top("randomness"); ok {
		if d, ok := v.X.(*python.Dict); ok {
			c.seed(d)
		}
	}
	if v, ok := c.top("custom_imports"); ok && !isNone(v) {
		c.rep.add(Changed, v.At, "custom_imports", "", "code is never imported; a component that it brought is reported where it is used")
	}
	if v, ok := c.top("workflow"); ok && python.Repr(v) != "[('train', 1)]" {
		c.rep.add(Attention, v.At, "workflow", "", "training is the one workflow; measure with monitor blocks")
	}
}

func (c *converter) epochCount(v python.Value, where string) {
	f := c.blockSet("train").Field("epochs")
	if f != nil {
		c.field(c.root.child("train", ""), f, v, where, true)
	}
}

// runner converts runner of 0.x and train_cfg of 1.x.
func (c *converter) runner() {
	for _, key := range []string{"runner", "train_cfg"} {
		v, _ := c.top(key)
		d, ok := v.X.(*python.Dict)
		if !ok {
			continue
		}
		if n, ok := d.Get("max_epochs"); ok {
			c.epochCount(n, key+".max_epochs")
			if b := c.root.child("train", ""); b.lead == nil {
				b.lead, b.from = v.Lead, v.At
			}
		}
		if n, ok := d.Get("max_iters"); ok {
			c.rep.add(Attention, n.At, key+".max_iters", "train.epochs", "training is counted in epochs: divide by the steps of one, images/batch_size")
		}
	}
}

func (c *converter) checkpoints(v python.Value, where string) {
	d, ok := v.X.(*python.Dict)
	if !ok {
		return
	}
	set := c.blockSet("train", "checkpoint")
	b := c.root.child("train", "").child("checkpoint", "")
	if b.lead == nil {
		b.lead = v.Lead
	}
	if above := c.root.child("train", "").lead; len(above) > 0 && len(b.lead) > 0 && above[len(above)-1] == b.lead[0] { // the same heading twice
		b.lead = b.lead[1:]
	}
	interval := "epochs"
	if x, ok := d.Get("by_epoch"); ok && x.X == false {
		interval = "steps"
	}
	for _, k := range d.Keys() {
		x, _ := d.Get(k)
		at := where + "." + k
		name := map[string]string{"interval": interval, "max_keep_ckpts": "keep"}[k]
		n, isInt := x.X.(int64)
		switch {
		case name == "keep" && isInt && n < 1:
			c.rep.add(Changed, x.At, at, "train.checkpoint.keep", "the newest %v checkpoints are kept; upstream kept all", fieldDefault(set, "keep"))
		case name != "" && set.Field(name) != nil:
			c.field(b, set.Field(name), x, at, true)
		default:
			c.rep.add(Dropped, x.At, at, "", "")
		}
	}
	if _, ok := d.Get("max_keep_ckpts"); !ok {
		c.rep.add(Changed, v.At, where, "train.checkpoint.keep", "the newest %v checkpoints are kept; upstream kept all", fieldDefault(set, "keep"))
	}
	if len(b.args) == 0 {
		c.root.child("train", "").blocks = removed(c.root.child("train", "").blocks, b)
	}
}

func removed(list []*block, b *block) (out []*block) {
	for _, k := range list {
		if k != b {
			out = append(out, k)
		}
	}
	return out
}

func fieldDefault(set *schema.Set, name string) any {
	if f := set.Field(name); f != nil {
		return f.Default
	}
	return "few"
}

func (c *converter) logEvery(v python.Value, where string) {
	if f := c.blockSet("train").Field("log_every"); f != nil {
		c.field(c.root.child("train", ""), f, v, where, true)
	}
}

// defaultHooks converts those of 1.x.
func (c *converter) defaultHooks() {
	v, _ := c.top("default_hooks")
	d, ok := v.X.(*python.Dict)
	if !ok {
		return
	}
	for _, k := range d.Keys() {
		x, _ := d.Get(k)
		h, _ := x.X.(*python.Dict)
		switch {
		case k == "checkpoint" && h != nil:
			c.checkpoints(python.Value{X: without(h, "type"), At: x.At, Lead: x.Lead}, "default_hooks.checkpoint")
		case k == "logger" && h != nil:
			if n, ok := h.Get("interval"); ok {
				c.logEvery(n, "default_hooks.logger.interval")
			}
		default:
			c.rep.add(Dropped, x.At, "default_hooks."+k, "", "part of every run")
		}
	}
}

// start converts where the weights come from.
func (c *converter) start() {
	load, hasLoad := c.top("load_from")
	resume, hasResume := c.top("resume_from")
	again, hasAgain := c.top("resume")
	if hasLoad {
		if name, ok := load.X.(string); ok && name != "" {
			b := c.root.child("train", "").child("init_from", "").note(load)
			b.set("checkpoint", schema.Literal(name), python.Value{At: load.At})
			c.weights(load, "load_from", "train.init_from")
		} else {
			c.rep.add(Dropped, load.At, "load_from", "", "")
		}
	}
	if hasResume {
		if isNone(resume) {
			c.rep.add(Dropped, resume.At, "resume_from", "", "")
		} else {
			c.rep.add(Attention, resume.At, "resume_from", "", "the state of an optimizer in a pickle cannot be taken over: start from the weights by train.init_from, or begin again; a run of ssc goes on by the same command")
		}
	}
	if hasAgain {
		c.rep.add(Dropped, again.At, "resume", "", "a run goes on by the same command")
	}
}

func (c *converter) seed(d *python.Dict) {
	v, _ := d.Get("seed")
	if _, ok := v.X.(int64); ok && c.leaf {
		t, _ := expression(v)
		c.root.child("pipeline", "").set("seed", t, v)
		c.rep.add(Converted, v.At, "randomness.seed", "pipeline.seed", "")
	}
	for _, k := range d.Keys() {
		if x, _ := d.Get(k); k != "seed" {
			c.rep.add(Dropped, x.At, "randomness."+k, "", "runs are deterministic")
		}
	}
}

// evaluation converts how often a classifier is measured.
func (c *converter) evaluation() {
	var every python.Value
	where := ""
	if v, ok := c.top("evaluation"); ok {
		if d, ok := v.X.(*python.Dict); ok {
			every, _ = d.Get("interval")
			where = "evaluation"
			c.rep.add(Converted, v.At, where, "monitor accuracy", "")
		}
	}
	if v, ok := c.top("val_evaluator"); ok && !isNone(v) {
		where = "val_evaluator"
		if d := dictAt(c.m, "train_cfg"); d != nil {
			every, _ = d.Get("val_interval")
		}
		c.rep.add(Converted, v.At, where, "monitor accuracy", "")
	}
	if h, ok := c.hook("ValidateHook"); ok {
		d := h.X.(*python.Dict)
		every, _ = d.Get("interval")
		where = "custom_hooks.ValidateHook"
		c.rep.add(Converted, h.At, where, "monitor accuracy", "")
	}
	if where == "" || !c.classifier || !c.leaf {
		return
	}
	if c.root.find("dataset", "test") == nil {
		c.rep.add(Changed, every.At, where, "", "there is no data to measure on, so nothing is measured")
		return
	}
	if _, ok := c.kind("probe").Info("accuracy"); !ok {
		return
	}
	m := &block{typ: "monitor", label: "accuracy"}
	if t, _, ok := number(every); ok {
		m.set("every", t, every)
	}
	c.root.blocks = append(c.root.blocks, m, &block{typ: "evaluate", label: "accuracy"})
}
