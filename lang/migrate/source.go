package migrate

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"ssc/lang/migrate/python"
	"ssc/lang/schema"
)

// wrapped converts the source of a dataset, and gives the dataset with the pipelines; wrappers become sources around the source.
func (c *converter) wrapped(v python.Value, where string) (*block, *python.Dict) {
	if l, ok := v.X.(*python.List); ok {
		return c.concat(l.Elems, v, where)
	}
	d, ok := v.X.(*python.Dict)
	if !ok {
		c.rep.add(Attention, v.At, where, "", "a dataset is a dictionary; found %s", python.Repr(v))
		return nil, nil
	}
	switch t := typeOf(d); t {
	case "RepeatDataset", "ClassBalancedDataset":
		x, _ := d.Get("dataset")
		src, inner := c.wrapped(x, where+".dataset")
		kind := c.kind("source")
		outer := (&block{typ: "source", label: map[string]string{"RepeatDataset": "repeat", "ClassBalancedDataset": "class_balanced"}[t]}).note(v)
		if comp := kind.Component(outer.label); comp != nil {
			c.arguments(outer, schema.Of(comp), "source", t, without(d, "dataset"), where)
		}
		if src != nil {
			outer.blocks = append(outer.blocks, src)
		}
		return outer, inner
	case "ConcatDataset":
		x, _ := d.Get("datasets")
		if l, ok := x.X.(*python.List); ok {
			return c.concat(l.Elems, v, where)
		}
	}
	return c.source(d, v, where), d
}

// concat joins several datasets; the pipelines of the first stand for all.
func (c *converter) concat(parts []python.Value, v python.Value, where string) (*block, *python.Dict) {
	out := (&block{typ: "source", label: "concat"}).note(v)
	var first *python.Dict
	for i, p := range parts {
		src, inner := c.wrapped(p, fmt.Sprintf("%s[%d]", where, i))
		if src != nil {
			out.blocks = append(out.blocks, src)
		}
		if first == nil {
			first = inner
		} else if inner != nil && !sameViews(first, inner) {
			c.rep.add(Attention, p.At, fmt.Sprintf("%s[%d]", where, i), "dataset", "this part has other transforms than the first, and a dataset has one list of views")
		}
	}
	c.rep.add(Converted, v.At, where, "source concat", "")
	return out, first
}

// viewKeys are the arguments of a dataset that make its views.
var viewKeys = []string{"pipeline", "pipelines", "num_views", "pipeline1", "pipeline2", "format_pipeline"}

func sameViews(a, b *python.Dict) bool {
	for _, k := range viewKeys {
		x, inA := a.Get(k)
		y, inB := b.Get(k)
		if inA != inB || !python.Same(x, y) {
			return false
		}
	}
	return true
}

// oldDataset reports a type of dataset around a source that is none of upstream's, and arguments that none of them has.
func (c *converter) oldDataset(d *python.Dict, v python.Value, where string) {
	t := typeOf(d)
	typ, _ := d.Get("type")
	if i := datasetOf(t); i < 0 {
		c.rep.add(Missing, v.At, where, "dataset", "ssc has no dataset of type %s; its source and transforms are converted as those of a plain one", t)
	} else if r := datasetRules[i]; r.why != "" {
		c.rep.add(Changed, typ.At, where+".type", r.to, "%s", r.why)
	} else {
		c.rep.add(Converted, typ.At, where+".type", r.to, "")
	}
	for _, k := range d.Keys() {
		if x, _ := d.Get(k); k != "type" && k != "data_source" && k != "prefetch" && k != "_scope_" && !slices.Contains(viewKeys, k) && !isNone(x) {
			c.rep.add(Attention, x.At, where+"."+k, "", "there is no argument %q in a dataset", k)
		}
	}
}

func datasetOf(typ string) int {
	return slices.IndexFunc(datasetRules, func(r datasetRule) bool { return r.typ == typ })
}

// source converts where images come from. 1.x has folder and list in the dataset itself, relative to data_root.
func (c *converter) source(d *python.Dict, v python.Value, where string) *block {
	if x, ok := d.Get("data_source"); ok {
		s, ok := x.X.(*python.Dict)
		if !ok {
			c.rep.add(Attention, x.At, where+".data_source", "", "a dictionary with a type belongs here; found %s", python.Repr(x))
			return nil
		}
		c.oldDataset(d, v, where)
		return c.sourceOf(s, x, where+".data_source")
	}
	if _, typed := d.Get("type"); !typed {
		return nil
	}
	s := python.NewDict()
	root := ""
	if x, _ := d.Get("data_root"); x.X != nil {
		root, _ = x.X.(string)
	}
	for _, k := range d.Keys() {
		x, _ := d.Get(k)
		if slices.Contains(viewKeys, k) {
			continue
		}
		switch k {
		case "data_root", "prefetch", "metainfo":
			continue
		case "data_prefix":
			if p, ok := x.X.(*python.Dict); ok {
				x, _ = p.Get("img_path")
			}
			x.X = below(root, x.X)
		case "ann_file":
			if x.X == "" {
				continue
			}
			x.X = below(root, x.X)
		}
		s.Set(k, x)
	}
	if _, ok := s.Get("data_prefix"); !ok && root != "" {
		x, _ := d.Get("data_root")
		s.Set("data_prefix", x)
	}
	if _, old := d.Get("pipelines"); old && len(s.Keys()) == 1 {
		return nil
	}
	return c.sourceOf(s, v, where)
}

// below joins a folder and a name; the slash at the end of a folder is not kept.
func below(root string, x any) any {
	s, ok := x.(string)
	if !ok {
		return x
	}
	if root != "" && !path.IsAbs(s) {
		s = strings.TrimSuffix(root, "/") + "/" + s
	}
	if len(s) > 1 {
		s = strings.TrimSuffix(s, "/")
	}
	return s
}

// sourceOf converts a source by its type and by whether it has a list of files.
func (c *converter) sourceOf(d *python.Dict, v python.Value, where string) *block {
	t := typeOf(d)
	if datasetOf(t) >= 0 || t == "" {
		return nil
	}
	kind := c.kind("source")
	name, found := c.lookup(kind, t)
	list, hasList := d.Get("ann_file")
	if x, ok := d.Get("list_file"); ok {
		list, hasList = x, ok
	}
	hasList = hasList && !isNone(list)
	if found && name == "image_list" && !hasList {
		name = "image_folder"
		if t == "ImageList" {
			name = "folder"
		}
	}
	if !found {
		return c.component(kind, "source", python.Value{X: d, At: v.At, Lead: nil}, where)
	}
	b := &block{typ: "source", label: name, from: v.At}
	set := schema.Of(kind.Component(name))
	d = c.split(b, set, d, t, where)
	for _, k := range d.Keys() {
		x, _ := d.Get(k)
		if s, ok := x.X.(string); ok && (k == "data_prefix" || k == "root") {
			x.X = below("", s)
			if name == "folder" {
				b.set("path", schema.Literal(x.X.(string)), x)
				continue
			}
		}
		if k != "type" && k != "_scope_" {
			c.argument(b, set, "source", t, k, x, where+"."+k)
		}
	}
	c.rep.add(Converted, v.At, where, "source "+name, "")
	return b
}

// split converts which part of a data set is meant.
func (c *converter) split(b *block, set *schema.Set, d *python.Dict, typ, where string) *python.Dict {
	v, ok := d.Get("test_mode")
	if !ok {
		return d
	}
	if test, _ := v.X.(bool); test && set.Field("split") != nil {
		b.set("split", `"test"`, v)
		c.rep.add(Converted, v.At, where+".test_mode", "source "+b.label+".split", "")
	} else {
		c.rep.add(Dropped, v.At, where+".test_mode", "", "")
	}
	return without(d, "test_mode")
}
