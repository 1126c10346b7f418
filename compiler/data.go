package compiler

import (
	"slices"

	"ssc/compiler/plan"
	"ssc/lang/schema"
)

// Shaper is what the compiler needs of a transform.
type Shaper interface {
	Shape(in plan.ImageType) (plan.ImageType, error)
}

// Channeler is what the compiler needs of a source.
type Channeler interface{ Channels() int }

// resolveData works out what comes of every view of every dataset.
func (c *compilation) resolveData() {
	for _, d := range c.root.datasets {
		out := plan.Dataset{Name: d.name, Source: component(schema.Encode(c.blocks[d.source]))}
		channels := d.source.(Channeler).Channels()
		for _, v := range d.views {
			pv := plan.View{Image: plan.ImageType{Channels: channels}}
			ok := true
			for _, t := range v.transforms {
				pv.Transforms = append(pv.Transforms, component(schema.Encode(c.blocks[t])))
				next, err := t.(Shaper).Shape(pv.Image)
				if err != nil {
					c.errorf(c.blocks[t], "", "Unsuitable transform", "The transform %s cannot stand here: %s.", c.blocks[t].Type, err)
					ok = false
					break
				}
				pv.Image = next
			}
			if ok && (pv.Image.Height == 0 || pv.Image.Width == 0) {
				c.errorf(c.blocks[v], "", "Image size unknown", "The size of the images is not the same for all after these transforms, so no batch can be made of them. Add random_resized_crop, resize with two numbers, or a crop, with the size that the network is to see.")
				ok = false
			}
			for i := 0; ok && i < v.count; i++ {
				out.Views = append(out.Views, pv)
			}
		}
		if len(d.views) == 0 {
			c.errorf(c.blocks[d], "", "Missing block", "The dataset %q has no view. Write a view block with the transforms that make an image of fixed size.", d.name)
		}
		c.data = append(c.data, out)
	}
	if !c.diags.HasErrors() {
		c.checkViews()
	}
}

// checkViews compares the training views with what the algorithm takes, and the evaluated datasets with the training images.
func (c *compilation) checkViews() {
	train := c.dataset("train")
	d := c.root.dataset("train")
	if want, got := c.root.algorithm.Views(), len(train.Views); got != want {
		at := c.blocks[d]
		if len(d.views) > 0 {
			at = c.blocks[d.views[0]]
		}
		c.errorf(at, "count", "Wrong number of views", "The algorithm takes %d views of each image, but dataset \"train\" makes %d. Write count = %d in its view block, or add view blocks.", want, got, want)
	}
	for _, o := range c.data {
		if o.Name == "train" || len(o.Views) == 0 {
			continue
		}
		if len(o.Views) != 1 {
			c.errorf(c.blocks[c.root.dataset(o.Name)], "", "Wrong number of views", "Features are extracted from one view of each image, but dataset %q makes %d. Keep one view block with count = 1.", o.Name, len(o.Views))
		}
		if a, b := o.Views[0].Image, train.Views[0].Image; a.Channels != b.Channels {
			c.errorf(c.blocks[c.root.dataset(o.Name)], "", "Shape mismatch", "The images of dataset %q have %d channels and those of dataset \"train\" %d. The network takes one kind.", o.Name, a.Channels, b.Channels)
		}
	}
}

func (c *compilation) dataset(name string) plan.Dataset {
	i := slices.IndexFunc(c.data, func(d plan.Dataset) bool { return d.Name == name })
	return c.data[i]
}

// component converts the language's form of a resolved block to the plan's.
func component(s schema.Spec) plan.Component {
	out := plan.Component{Type: s.Type, Label: s.Label, Args: s.Args, At: s.At, Locations: s.Locations}
	for _, b := range s.Blocks {
		out.Blocks = append(out.Blocks, component(b))
	}
	return out
}
