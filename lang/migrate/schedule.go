package migrate

import (
	"fmt"
	"strconv"
	"strings"

	"ssc/lang/migrate/python"
	"ssc/lang/schema"
)

// schedule converts how the learning rate changes.
func (c *converter) schedule() {
	defer c.floors()
	if v, ok := c.top("lr_config"); ok {
		if d, ok := v.X.(*python.Dict); ok {
			c.lrConfig(d, v)
		}
	}
	v, ok := c.top("param_scheduler")
	if !ok {
		return
	}
	switch x := v.X.(type) {
	case *python.List:
		c.paramScheduler(x.Elems, v)
	case *python.Dict:
		c.paramScheduler([]python.Value{v}, v)
	}
}

// floors replaces the factors of groups by the learning rates that they make where the schedule ends at a rate: upstream's groups all end at the same one.
func (c *converter) floors() {
	opt, curve := c.root.find("optimizer", ""), c.root.find("schedule", "")
	if opt == nil || curve == nil || c.groupSet(opt).Field("lr") == nil {
		return
	}
	if least := curve.arg("min_lr"); least == nil || least.text == "0" {
		return
	}
	for _, g := range opt.blocks {
		m := g.arg("lr_mult")
		if g.typ != "group" || m == nil {
			continue
		}
		factor, err := strconv.ParseFloat(m.text, 64)
		text, ok := product(opt.arg("lr"), python.Value{X: factor, At: m.from})
		if err != nil || !ok {
			c.rep.add(Attention, m.from, "optimizer", "optimizer.group.lr", "the schedule ends at its min_lr in all groups; write the learning rate that this group has at its peak")
			continue
		}
		m.name, m.text = "lr", text
		c.rep.add(Changed, m.from, "optimizer", "optimizer.group.lr", "the learning rate itself and not a factor, because the schedule ends at its min_lr in all groups")
	}
}

// lrConfig converts lr_config of OpenSelfSup and 0.x.
func (c *converter) lrConfig(d *python.Dict, v python.Value) {
	policy, _ := d.Get("policy")
	name, _ := policy.X.(string)
	kind := c.kind("schedule")
	label, found := c.lookup(kind, name)
	if name == "" {
		return
	}
	b := (&block{typ: "schedule", label: label, missing: !found}).note(v)
	c.root.blocks = append(c.root.blocks, b)
	if !found {
		c.rep.add(Missing, policy.At, "lr_config.policy", "schedule "+label, "ssc has no schedule %q.%s", name, schema.DidYouMean(label, kind.Names()))
		return
	}
	c.rep.add(Converted, policy.At, "lr_config.policy", "schedule "+label, "")
	set := schema.Of(kind.Component(label))
	for _, k := range d.Keys() {
		x, _ := d.Get(k)
		where := "lr_config." + k
		switch {
		case k == "policy":
		case k == "step" && label == "step":
			c.milestones(b, x, where)
		case k == "by_epoch" || k == "warmup_by_epoch":
			c.unit(b, set, strings.Replace(strings.Replace(k, "by_epoch", "by", 1), "_epoch", "", 1), x, where)
		case k == "warmup" && isNone(x):
		default:
			c.argument(b, set, "schedule", name, k, x, where)
		}
	}
	_, said := d.Get("warmup_by_epoch")
	if w := b.arg("warmup_length"); w != nil && !said {
		b.args = append(b.args, &arg{name: "warmup_by", text: `"step"`, from: w.from})
		c.rep.add(Changed, v.At, "lr_config", "schedule "+label+".warmup_by", "written out: warm-up counted iterations upstream")
	}
	if name == "StepFixCosineAnnealing" {
		c.stepFix(b, v)
	}
}

// stepFix says in full what the policy of MAE's recipes did.
func (c *converter) stepFix(b *block, v python.Value) {
	for _, a := range []arg{{name: "warmup_ratio", text: "0"}, {name: "start_after_warmup", text: "true"}} {
		if old := b.arg(a.name); old != nil {
			old.text = a.text
		} else if a.name != "warmup_ratio" || b.arg("warmup") != nil {
			b.args = append(b.args, &arg{name: a.name, text: a.text, from: v.At})
		}
	}
	c.rep.add(Changed, v.At, "lr_config", "schedule cosine", "the warm-up rises straight from 0; upstream multiplied it by the cosine mirrored at its end")
}

// unit converts by_epoch.
func (c *converter) unit(b *block, set *schema.Set, name string, v python.Value, where string) {
	on, ok := v.X.(bool)
	if !ok || set.Field(name) == nil {
		return
	}
	text := `"step"`
	if on {
		text = `"epoch"`
	}
	if f := set.Field(name); schema.Literal(f.Default) != text || !on {
		b.set(name, text, v)
	}
	c.rep.add(Converted, v.At, where, title(b)+"."+name, "")
}

// milestones converts the steps at which the rate falls: a list, or one number for every so many epochs.
func (c *converter) milestones(b *block, v python.Value, where string) {
	n, ok := v.X.(int64)
	if !ok {
		text, why := fit(schema.TInts, v)
		if why != "" {
			c.rep.add(Attention, v.At, where, "schedule step.milestones", "%s", why)
			return
		}
		b.set("milestones", text, v)
		c.rep.add(Converted, v.At, where, "schedule step.milestones", "")
		return
	}
	epochs := c.epochs()
	if n <= 0 || epochs/max(n, 1) > 1000 {
		c.rep.add(Attention, v.At, where, "schedule step.milestones", "write the epochs at which the learning rate falls")
		return
	}
	parts := []string{fmt.Sprint(n)}
	for e := 2 * n; e < epochs; e += n {
		parts = append(parts, fmt.Sprint(e))
	}
	b.set("milestones", "["+strings.Join(parts, ", ")+"]", v)
	c.rep.add(Converted, v.At, where, "schedule step.milestones", "every %d epochs", n)
}

// epochs is the length of training, 0 when the file does not say.
func (c *converter) epochs() int64 {
	v, _ := c.m.Get("total_epochs")
	for _, k := range []string{"runner", "train_cfg"} {
		if d := dictAt(c.m, k); d != nil {
			if x, ok := d.Get("max_epochs"); ok {
				v = x
			}
		}
	}
	n, _ := v.X.(int64)
	return n
}

// curve is one entry of param_scheduler.
type curve struct {
	typ        string
	d          *python.Dict
	v          python.Value
	begin, end int64 // end is 0 when it is not said
	byEpoch    bool
	perStep    bool // changes inside an epoch
}

func curveOf(v python.Value) (curve, bool) {
	d, ok := v.X.(*python.Dict)
	if !ok {
		return curve{}, false
	}
	s := curve{typ: typeOf(d), d: d, v: v, byEpoch: true}
	if x, ok := d.Get("by_epoch"); ok {
		s.byEpoch, _ = x.X.(bool)
	}
	x, _ := d.Get("convert_to_iter_based")
	s.perStep = !s.byEpoch || x.X == true
	x, _ = d.Get("begin")
	s.begin, _ = x.X.(int64)
	x, _ = d.Get("end")
	s.end, _ = x.X.(int64)
	return s, true
}

// paramScheduler converts the curves of 1.x: one, or a linear warm-up and one.
func (c *converter) paramScheduler(list []python.Value, v python.Value) {
	const where = "param_scheduler"
	var curves []curve
	for _, e := range list {
		if s, ok := curveOf(e); ok {
			curves = append(curves, s)
		}
	}
	var warm *curve
	if len(curves) == 2 && curves[0].typ == "LinearLR" {
		warm, curves = &curves[0], curves[1:]
	}
	if len(curves) != 1 || warm != nil && (warm.end <= 0 || warm.begin != 0) {
		if len(list) > 0 {
			c.rep.add(Attention, v.At, where, "schedule", "one curve, or a linear warm-up followed by one, can be converted; write the schedule by hand")
		}
		return
	}
	main := curves[0]
	kind := c.kind("schedule")
	label, found := c.lookup(kind, main.typ)
	b := (&block{typ: "schedule", label: label, missing: !found}).note(v)
	c.root.blocks = append(c.root.blocks, b)
	if !found {
		c.rep.add(Missing, main.v.At, where, "schedule "+label, "ssc has no schedule of type %s.%s", main.typ, schema.DidYouMean(label, kind.Names()))
		return
	}
	c.rep.add(Converted, main.v.At, where, "schedule "+label, "")
	c.mainCurve(b, schema.Of(kind.Component(label)), main, warm)
	if warm != nil {
		c.warmUp(b, *warm, main)
	}
}

// mainCurve converts the arguments of a curve.
func (c *converter) mainCurve(b *block, set *schema.Set, s curve, warm *curve) {
	for _, k := range s.d.Keys() {
		x, _ := s.d.Get(k)
		where := "param_scheduler." + s.typ + "." + k
		switch k {
		case "type", "_scope_", "by_epoch", "convert_to_iter_based", "begin", "end", "verbose":
		case "T_max":
			if n, ok := x.X.(int64); ok && s.end > 0 && n != s.end-s.begin {
				c.rep.add(Attention, x.At, where, "", "the curve is as long as training is from its begin on, %d, and T_max is %d", s.end-s.begin, n)
			}
		case "eta_min":
			if f := set.Field("min_lr"); f != nil {
				c.field(b, f, x, where, true)
			}
		case "eta_min_ratio":
			if f := set.Field("min_lr_ratio"); f != nil {
				c.field(b, f, x, where, true)
			}
		default:
			c.argument(b, set, "schedule", s.typ, k, x, where)
		}
	}
	if s.perStep && set.Field("by") != nil {
		b.args = append(b.args, &arg{name: "by", text: `"step"`, from: s.v.At})
	}
	if n := c.epochs(); c.leaf && s.byEpoch && s.end > 0 && n > 0 && s.end != n {
		c.rep.add(Attention, s.v.At, "param_scheduler", "schedule "+b.label, "the curve ends after %d of %d epochs; ssc's lasts as long as training", s.end, n)
	}
}

// warmUp converts LinearLR before a curve.
func (c *converter) warmUp(b *block, w, main curve) {
	b.args = append(b.args, &arg{name: "warmup", text: `"linear"`, from: w.v.At}, &arg{name: "warmup_length", text: fmt.Sprint(w.end), from: w.v.At})
	factor, ok := w.d.Get("start_factor")
	if !ok {
		factor = python.Value{X: 1. / 3, At: w.v.At}
	}
	if t, _, ok := number(factor); ok {
		b.args = append(b.args, &arg{name: "warmup_ratio", text: t, from: factor.At, trail: factor.Trail})
	}
	if !w.byEpoch {
		b.args = append(b.args, &arg{name: "warmup_by", text: `"step"`, from: w.v.At})
	}
	if main.begin > 0 && b.label != "step" {
		b.args = append(b.args, &arg{name: "start_after_warmup", text: "true", from: main.v.At})
		if main.begin != w.end {
			c.rep.add(Attention, main.v.At, "param_scheduler", "schedule "+b.label, "the curve begins at %d, and the warm-up ends at %d", main.begin, w.end)
		}
	}
	c.rep.add(Converted, w.v.At, "param_scheduler.LinearLR", "schedule "+b.label+".warmup", "")
	if !w.perStep {
		c.rep.add(Changed, w.v.At, "param_scheduler.LinearLR", "schedule "+b.label+".warmup", "the warm-up rises with every step, and not once an epoch")
	} else {
		c.rep.add(Changed, w.v.At, "param_scheduler.LinearLR", "schedule "+b.label+".warmup", "the warm-up ends with its last step; upstream's reached the full rate in that step")
	}
}
