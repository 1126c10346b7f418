package migrate

import (
	"ssc/lang/migrate/python"
	"ssc/lang/schema"
)

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
			c.field(b, set.Field(k), x, at, true)
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
