package migrate

import (
	"fmt"
	"path"
	"strings"

	"ssc/lang/diag"
	"ssc/lang/migrate/python"
	"ssc/lang/schema"
)

// era is the generation of upstream that a file is written for.
type era int

// The generations.
const (
	eraOpenSelfSup era = iota + 1
	era0x
	era1x
)

func (e era) String() string { return []string{"", "OpenSelfSup", "MMSelfSup 0.x", "MMSelfSup 1.x"}[e] }

// keys that only one generation has.
var eraKeys = map[era][]string{
	eraOpenSelfSup: {"total_epochs", "data_source_cfg", "use_fp16"},
	era1x:          {"optim_wrapper", "train_dataloader", "val_dataloader", "param_scheduler", "default_hooks", "default_scope", "env_cfg"},
}

func eraOf(m *python.Dict) era {
	for _, e := range []era{era1x, eraOpenSelfSup} {
		for _, k := range eraKeys[e] {
			if _, ok := m.Get(k); ok {
				return e
			}
		}
	}
	if d := dictAt(m, "model"); d != nil {
		if _, ok := d.Get("data_preprocessor"); ok {
			return era1x
		}
	}
	if d := dictAt(m, "data"); d != nil {
		if _, ok := d.Get("imgs_per_gpu"); ok {
			return eraOpenSelfSup
		}
	}
	return era0x
}

// converter makes a pipeline of one evaluated file.
type converter struct {
	opt  *Options
	file *python.Config
	m    *python.Dict
	era  era
	root *block
	rep  *Report
	read map[string]bool // top-level keys that were looked at

	set        *schema.Set // of the whole file
	leaf       bool        // a whole pipeline, not a base
	processes  int         // that the learning rate is meant for; 0 when nothing tells
	normalize  *block      // of the model's preprocessor, for views that have none of their own
	classifier bool
	checkpoint python.Value // what asks for checkpoints inside the backbone
}

// convert makes the tree of a file's merged values, and tells the number of processes that it is meant for.
func convert(cfg *python.Config, opt *Options, rep *Report) (tree *block, processes int) {
	c := &converter{opt: opt, file: cfg, m: cfg.Merged, era: eraOf(cfg.Merged), root: &block{}, rep: rep, read: map[string]bool{"_base_": true}, set: schema.Of(opt.Root())}
	c.leaf = isWhole(cfg.Merged)
	c.classifier = c.isClassifier()
	c.processes = c.processCount()
	if c.leaf {
		name := strings.TrimSuffix(path.Base(cfg.File), path.Ext(cfg.File))
		c.root.blocks = append(c.root.blocks, &block{typ: "pipeline", label: name})
	}
	if c.elsewhere() {
		return &block{}, c.processes
	}
	c.preprocessor()
	c.model()
	c.data()
	c.optimizer()
	c.schedule()
	c.runtime()
	c.hooks()
	c.leftover()
	return c.root, c.processes
}

// isWhole reports whether a file says what is trained, on what, and how, so that it is a run of its own and not a base of others.
func isWhole(m *python.Dict) bool {
	_, model := m.Get("model")
	_, data := m.Get("data")
	_, loader := m.Get("train_dataloader")
	_, optimizer := m.Get("optimizer")
	_, wrapper := m.Get("optim_wrapper")
	return model && (data || loader) && (optimizer || wrapper)
}

// elsewhere reports a detector or a segmentation network, whose configuration belongs to another program.
func (c *converter) elsewhere() bool {
	model := dictAt(c.m, "model")
	for _, k := range []string{"roi_head", "rpn_head", "bbox_head", "decode_head"} {
		if v, ok := model.Get(k); ok {
			c.rep.add(Attention, v.At, "model."+k, "", "this trains a detector or a segmentation network, which ssc does not: keep the file, and give it the backbone's weights: ssc export RUN -format mmdet writes them for init_cfg")
			return true
		}
	}
	return false
}

func (c *converter) isClassifier() bool {
	d := dictAt(c.m, "model")
	if d == nil {
		return false
	}
	kind := c.kind("algorithm")
	name, ok := c.lookup(kind, typeOf(d))
	return ok && name == "classification"
}

// kind is the table of a kind of component.
func (c *converter) kind(name string) schema.Kind {
	for _, k := range c.opt.Kinds {
		if k.Name() == name {
			return k
		}
	}
	return schema.NewTable[schema.Component](name)
}

// top takes a key of the file.
func (c *converter) top(key string) (python.Value, bool) {
	c.read[key] = true
	return c.m.Get(key)
}

// dictAt is the dictionary under a key, or nil.
func dictAt(d *python.Dict, keys ...string) *python.Dict {
	for _, k := range keys {
		v, _ := d.Get(k)
		next, ok := v.X.(*python.Dict)
		if !ok {
			return nil
		}
		d = next
	}
	return d
}

// component makes the block `typ "name" { … }` of a dictionary with a type.
func (c *converter) component(kind schema.Kind, typ string, v python.Value, where string) *block {
	d, ok := v.X.(*python.Dict)
	if !ok {
		if !isNone(v) {
			c.rep.add(Attention, v.At, where, "", "a dictionary with a type belongs here; found %s", python.Repr(v))
		}
		return nil
	}
	t := typeOf(d)
	name, found := c.lookup(kind, t)
	if t == "" {
		c.rep.add(Attention, v.At, where, "", "the type of this %s is not said here or in a base", kind.Name())
		return nil
	}
	b := (&block{typ: typ, label: name, missing: !found}).note(v)
	if typ == "" {
		b.typ, b.label = name, ""
	}
	if !found {
		c.rep.add(Missing, v.At, where, kind.Name()+" "+name, "ssc has no %s of type %s.%s", kind.Name(), t, schema.DidYouMean(name, kind.Names()))
		c.unknown(b, d, where)
		return b
	}
	tv, _ := d.Get("type")
	if plain(name) != plain(t) {
		c.rep.add(Converted, tv.At, where+".type", kind.Name()+" "+name, "")
	}
	if tv.Trail != "" && b.trail == "" {
		b.trail = tv.Trail
	}
	set := schema.Of(kind.Component(name))
	c.arguments(b, set, kind.Name(), t, d, where)
	c.oldNorm(b, set, t, where, v)
	c.defaults(b, set, kind.Name(), t, where, v)
	return b
}

// unknown writes the arguments of a component that ssc does not have as they are, components inside converted where they can be.
func (c *converter) unknown(b *block, d *python.Dict, where string) {
	for _, k := range d.Keys() {
		v, _ := d.Get(k)
		inner, isDict := v.X.(*python.Dict)
		switch {
		case k == "type" || k == "_scope_" || isNone(v):
		case isDict && typeOf(inner) != "":
			kind := c.kind(k)
			if k == "predictor" {
				kind = c.kind("neck")
			}
			if k == "norm_cfg" {
				b.blocks = append(b.blocks, c.norm(v, where+"."+k)...)
			} else if len(kind.Names()) > 0 {
				b.blocks = append(b.blocks, c.component(kind, k, v, where+"."+k))
			} else {
				n := (&block{typ: k, label: snake(typeOf(inner), nil)}).note(v)
				c.unknown(n, inner, where+"."+k)
				b.blocks = append(b.blocks, n)
			}
		default:
			if t, ok := expression(v); ok {
				b.set(k, t, v)
			}
		}
	}
}

// arguments converts the items of a component's dictionary.
func (c *converter) arguments(b *block, set *schema.Set, kind, typ string, d *python.Dict, where string) {
	for _, k := range d.Keys() {
		v, _ := d.Get(k)
		if k == "type" || k == "_scope_" || k == "_delete_" {
			continue
		}
		c.argument(b, set, kind, typ, k, v, where+"."+k)
	}
}

// special converts the arguments that take more than another name, and reports whether this was one.
func (c *converter) special(b *block, set *schema.Set, typ, key string, v python.Value, where string) bool {
	f := map[string]func(*block, *schema.Set, string, python.Value, string) bool{
		"norm_cfg": c.normArgument, "sync_bn": c.syncBN, "init_cfg": c.initArgument, "pretrained": c.pretrained, "transforms": c.innerTransforms,
		"interpolation": c.interpolation, "scale": c.cropScale, "loss": c.lossArgument, "out_indices": c.outIndices, "with_bias": c.withBias, "with_sobel": c.withSobel, "in_channels": c.inChannels,
		"with_cp": c.withCP,
	}[key]
	return f != nil && f(b, set, typ, v, where)
}

func (c *converter) argument(b *block, set *schema.Set, kind, typ, key string, v python.Value, where string) {
	if c.special(b, set, typ, key, v, where) {
		return
	}
	name := key
	if set.Field(key) == nil && set.Child(key) == nil {
		if r := ruleOf(kind, typ, key); r != nil {
			if r.to == "" {
				c.drop(r, kind, v, where)
				return
			}
			name = r.to
		}
	}
	if f := set.Field(name); f != nil {
		c.field(b, f, v, where, name != key)
		return
	}
	if cf := set.Child(name); cf != nil && cf.Kind != nil && cf.Type == name {
		if k := c.component(cf.Kind, name, v, where); k != nil {
			b.blocks = append(b.blocks, k)
		}
		return
	}
	if cf := set.Child(name); cf != nil && c.fixedBlock(b, cf, v, where) {
		return
	}
	if isNone(v) {
		c.rep.add(Dropped, v.At, where, "", "None, and there is no such argument")
		return
	}
	if d, ok := v.X.(*python.Dict); ok && typeOf(d) != "" {
		c.rep.add(Missing, v.At, where, key+" "+snake(typeOf(d), suffixes[key]), "%s has no %s, and upstream's is a %s", title(b), key, typeOf(d))
		return
	}
	line := strings.Fields(fmt.Sprintf("%s = %s: not in ssc, from %s", key, python.Repr(v), diag.At(v.At)))
	b.unsaid = append(b.unsaid, strings.Join(line, " "))
	c.rep.add(Attention, v.At, where, "", "there is no argument %q in %s.%s", key, title(b), schema.DidYouMean(key, set.FieldNames()))
}

func title(b *block) string {
	if b.label == "" {
		return b.typ
	}
	return b.typ + " " + b.label
}

// drop leaves an argument out; one that may only be left out with a certain value is left to a person otherwise.
func (c *converter) drop(r *argRule, kind string, v python.Value, where string) {
	if r.only == "" || isNone(v) || python.Repr(v) == r.only || sameNumber(v, r.only) {
		c.rep.add(Dropped, v.At, where, "", "%s", r.why)
		return
	}
	c.rep.add(Attention, v.At, where, "", "%s has no counterpart in ssc unless it is %s", python.Repr(v), r.only)
}

func sameNumber(v python.Value, text string) bool {
	t, _, ok := number(v)
	return ok && strings.TrimSuffix(text, ".0") == t
}

// field writes an argument whose value fits, with its own spelling and comments.
func (c *converter) field(b *block, f *schema.Field, v python.Value, where string, renamed bool) {
	if isNone(v) {
		c.rep.add(Dropped, v.At, where, "", "None: the default stands")
		return
	}
	text, why := fit(f.Type, v)
	if why != "" {
		c.rep.add(Attention, v.At, where, title(b)+"."+f.Name, "%s", why)
		return
	}
	for _, r := range f.Rules {
		if s, ok := v.X.(string); ok && len(r.Choices) > 0 && !r.Holds(s) {
			c.rep.add(Attention, v.At, where, title(b)+"."+f.Name, "%q is none of the values that it takes.%s", s, schema.DidYouMean(s, r.Choices))
			return
		}
	}
	a := b.set(f.Name, text, v)
	if _, computed, ok := number(v); ok && computed != "" {
		if e, ok := formula(computed, text); ok {
			a.formula, a.of = e, text
		} else if a.trail == "" {
			a.trail = computed
		}
	}
	if renamed {
		c.rep.add(Converted, v.At, where, title(b)+"."+f.Name, "")
	} else {
		c.rep.add(Converted, v.At, where, "", "")
	}
}

// defaults writes out what a left-out argument meant upstream, where ssc's default is another.
func (c *converter) defaults(b *block, set *schema.Set, kind, typ, where string, v python.Value) {
	for _, d := range changedDefaults {
		if d.kind == kind && d.typ == typ && (d.era == 0 || d.era == c.era) && b.arg(d.arg) == nil && set.Field(d.arg) != nil {
			b.args = append(b.args, &arg{name: d.arg, text: d.text, from: v.At})
			c.rep.add(Changed, v.At, where, title(b)+"."+d.arg, "written out: %s", d.why)
		}
	}
}

// leftover reports top-level keys that nothing took: those without a counterpart, and helpers.
func (c *converter) leftover() {
	for _, r := range dropped {
		if v, ok := c.top(r.key); ok {
			c.rep.add(Dropped, v.At, r.key, "", "%s", r.why)
		}
	}
	for _, k := range c.m.Keys() {
		if !c.read[k] && !strings.HasPrefix(k, "_") {
			c.rep.Helpers = append(c.rep.Helpers, k)
		}
	}
}
