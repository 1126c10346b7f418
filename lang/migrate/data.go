package migrate

import (
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"

	"ssc/lang/migrate/python"
	"ssc/lang/schema"
)

// data converts datasets and how batches are made of them.
func (c *converter) data() {
	c.top("img_norm_cfg")
	if v, ok := c.top("data"); ok {
		if d, ok := v.X.(*python.Dict); ok && c.era == era1x && dictAt(c.m, "train_dataloader") != nil {
			c.rep.add(Dropped, v.At, "data", "", "1.x reads train_dataloader and no data")
		} else if ok {
			c.dataOld(d, v)
		}
	}
	for _, part := range []struct{ key, name string }{{"train_dataloader", "train"}, {"val_dataloader", "test"}, {"extract_dataloader", "extract"}} {
		if v, ok := c.top(part.key); ok {
			if d, ok := v.X.(*python.Dict); ok {
				c.dataloader(d, v, part.key, part.name)
			}
		}
	}
	c.evaluation()
}

// dataOld converts `data` of OpenSelfSup and 0.x.
func (c *converter) dataOld(d *python.Dict, v python.Value) {
	for _, part := range []struct{ key, name string }{{"train", "train"}, {"val", "test"}, {"extract", "extract"}} {
		x, ok := d.Get(part.key)
		if !ok || isNone(x) {
			continue
		}
		if len(x.Lead) == 0 && part.name == "train" {
			x.Lead = v.Lead
		}
		c.dataset(part.name, x, "data."+part.key)
	}
	if x, ok := d.Get("test"); ok {
		c.rep.add(Dropped, x.At, "data.test", "", "training reads train and val")
	}
	for _, k := range d.Keys() {
		x, _ := d.Get(k)
		switch k {
		case "train", "val", "test", "extract":
		default:
			c.loader(k, x, "data."+k)
		}
	}
}

// dataloader converts a dataloader of 1.x.
func (c *converter) dataloader(d *python.Dict, v python.Value, key, name string) {
	if x, ok := d.Get("dataset"); ok && !isNone(x) {
		if len(x.Lead) == 0 {
			x.Lead = v.Lead
		}
		c.dataset(name, x, key+".dataset")
	}
	for _, k := range d.Keys() {
		x, _ := d.Get(k)
		if k == "dataset" || k == "_scope_" {
			continue
		}
		if name != "train" {
			c.rep.add(Dropped, x.At, key+"."+k, "", "evaluation makes its own batches")
			continue
		}
		c.loader(k, x, key+"."+k)
	}
}

// loader converts one argument of how batches are made.
func (c *converter) loader(key string, v python.Value, where string) {
	set := c.blockSet("loader")
	on, _ := v.X.(bool)
	switch key {
	case "imgs_per_gpu", "samples_per_gpu", "batch_size":
		c.batchSize(v, where)
	case "workers_per_gpu", "num_workers":
		c.rep.add(Dropped, v.At, where, "", "there is a thread for each processor; loader.workers changes that")
	case "drop_last":
		b := c.root.child("loader", "")
		if b.set("last", `"wrap"`, v); on {
			b.set("last", `"drop"`, v)
		}
		c.rep.add(Converted, v.At, where, "loader.last", "")
	case "sampler":
		c.sampler(v, where)
	case "sampling_replace", "replace":
		if f := set.Field("replace"); f == nil || !on {
			c.rep.add(Dropped, v.At, where, "", "each image comes once in an epoch")
		} else {
			c.field(c.root.child("loader", ""), f, v, where, key != f.Name)
		}
	case "persistent_workers", "pin_memory", "collate_fn", "prefetch", "shuffle", "train_dataloader", "val_dataloader", "test_dataloader":
		c.rep.add(Dropped, v.At, where, "", "of PyTorch's loader")
	default:
		if f := set.Field(key); f != nil {
			c.field(c.root.child("loader", ""), f, v, where, false)
			return
		}
		if !on && (isNone(v) || v.X == false) {
			c.rep.add(Dropped, v.At, where, "", "")
			return
		}
		c.rep.add(Attention, v.At, where, "", "there is no argument %q in loader.%s", key, schema.DidYouMean(key, set.FieldNames()))
	}
}

// blockSet are the declarations of a top-level block with fixed content.
func (c *converter) blockSet(names ...string) *schema.Set {
	set := c.set
	for _, n := range names {
		cf := set.Child(n)
		if cf == nil {
			return &schema.Set{}
		}
		set = schema.Of(cf.New(n))
	}
	return set
}

func (c *converter) sampler(v python.Value, where string) {
	d, ok := v.X.(*python.Dict)
	if !ok {
		return
	}
	if x, ok := d.Get("shuffle"); ok && x.X == false {
		c.root.child("loader", "").set("shuffle", "false", x)
		if x, ok := d.Get("replace"); ok && x.X == true {
			c.rep.add(Dropped, x.At, where+".replace", "", "it counts upstream only where images are shuffled")
		}
	} else if x, ok := d.Get("replace"); ok && x.X == true {
		c.root.child("loader", "").set("replace", "true", x)
		c.rep.add(Converted, x.At, where+".replace", "loader.replace", "")
	}
	c.rep.add(Dropped, v.At, where, "", "one process reads all images")
}

// Patterns that tell the processes that a learning rate is meant for: the name of a file (8xb32, 8xb32-accum16), and the comment on the images of each, as OpenSelfSup and MMSelfSup have it.
var (
	fileProcesses    = regexp.MustCompile(`(?:^|[_-])(\d+)xb(\d+)(?:[_-]|$)`)
	commentProcesses = regexp.MustCompile(`total\s+(\d+)\s*[*x]\s*(\d+)`)
)

// processCount is the number of processes that a recipe is meant for.
func (c *converter) processCount() int {
	if !c.leaf {
		return 1
	}
	if c.opt.Processes > 0 {
		return c.opt.Processes
	}
	name := strings.TrimSuffix(path.Base(c.file.File), ".py")
	if m := fileProcesses.FindStringSubmatch(name); m != nil {
		n, _ := strconv.Atoi(m[1])
		return min(n, 1<<16)
	}
	for _, of := range []struct{ key, batch string }{{"data", "imgs_per_gpu"}, {"data", "samples_per_gpu"}, {"train_dataloader", "batch_size"}} {
		v, _ := dictAt(c.m, of.key).Get(of.batch)
		if m := commentProcesses.FindStringSubmatch(v.Trail); m != nil {
			a, _ := strconv.Atoi(m[1])
			b, _ := strconv.Atoi(m[2])
			if n, ok := v.X.(int64); ok && int64(a) == n {
				return min(b, 1<<16)
			} else if ok && int64(b) == n {
				return min(a, 1<<16)
			}
		}
	}
	return 0
}

func (c *converter) batchSize(v python.Value, where string) {
	n, ok := v.X.(int64)
	if !ok {
		c.rep.add(Attention, v.At, where, "loader.batch_size", "it takes int, and the value is %s", python.Repr(v))
		return
	}
	b := c.root.child("loader", "")
	text, _ := expression(v)
	if c.processes > 1 && n < 1<<40/int64(c.processes) {
		text = strconv.FormatInt(n*int64(c.processes), 10)
		v.Trail = fmt.Sprintf("%d processes of %d", c.processes, n)
		c.rep.add(Changed, v.At, where, "loader.batch_size", "%d processes of %d images are one batch of %s here, which the learning rate is meant for", c.processes, n, text)
	} else if c.processes == 0 {
		c.rep.add(Changed, v.At, where, "loader.batch_size", "nothing says how many processes there were, so the batch has %d images; the learning rate may be meant for more: -processes 8 makes it 8 times as many", n)
	} else {
		c.rep.add(Converted, v.At, where, "loader.batch_size", "")
	}
	b.set("batch_size", text, v)
}

// dataset converts one dataset to a block of that name.
func (c *converter) dataset(name string, v python.Value, where string) {
	b := (&block{typ: "dataset", label: name}).note(v)
	b.trail = ""
	src, inner := c.wrapped(v, where)
	if src != nil {
		b.blocks = append(b.blocks, src)
	}
	if inner != nil {
		views := c.views(inner, where)
		c.fixSize(src, views, v, where)
		b.blocks = append(b.blocks, views...)
	}
	if len(b.blocks) > 0 {
		c.root.blocks = append(c.root.blocks, b)
	}
}

// sides are the sizes of data sets that have one.
var sides = map[string]string{"cifar10": "32", "cifar100": "32"}

// fixSize says the size of images that all have one, where no transform does: the compiler opens no data.
func (c *converter) fixSize(src *block, views []*block, v python.Value, where string) {
	if src == nil || sides[src.label] == "" {
		return
	}
	for _, view := range views {
		sized := false
		for _, t := range view.blocks {
			sized = sized || t.arg("size") != nil
		}
		if !sized {
			crop := &block{typ: "center_crop", args: []*arg{{name: "size", text: sides[src.label], from: v.At}}}
			view.blocks = append([]*block{crop}, view.blocks...)
			c.rep.add(Changed, v.At, where, "center_crop", "it says the size that all images of %s have, since no data is opened before a run", src.label)
		}
	}
}
