// Package transform turns a decoded image into one view of it: the augmentations of a pipeline's view blocks, one file each.
//
// Images are 8-bit until normalize makes float32 planes of them. Semantics are those of torchvision on PIL images, which MMSelfSup's
// recipes were tuned with: resampling is antialiased and rounds to 8 bits as Pillow does, colour operations truncate as Pillow's
// blend does, blur is Pillow's three box passes.
//
// The loops that take the time are in C for AVX2 (simd_amd64.go) and, with the same bytes, in Go for all other processors.
//
// Every random draw comes from the [plan.Rand] that the caller passes, in an order that depends on the image's size alone; the result is a pure
// function of the image, the arguments and that stream. A transform keeps no state between calls and may be used by several goroutines.
//
// Neighbours: runtime/datasource fills an [Image], runtime/loader applies the transforms of each view to it.
package transform

import (
	"fmt"

	"ssc/compiler/plan"
	"ssc/lang/schema"
)

// Transform is one augmentation.
type Transform interface {
	// Args declares the arguments.
	Args(s *schema.Set)
	// Shape returns what comes out of Apply for images of type in, or says why such images are not accepted.
	Shape(in plan.ImageType) (plan.ImageType, error)
	// Apply changes the image. An error means that this image cannot be transformed (for example, it is smaller than the crop).
	Apply(m *Image, r *plan.Rand) error
}

// Table holds the transforms by their name in a pipeline file.
var Table = schema.NewTable[Transform]("transform")

// Build makes the transforms of a compiled view.
func Build(components []plan.Component) ([]Transform, error) {
	var ts []Transform
	for _, c := range components {
		t := Table.New(c.Type)
		if t == nil {
			return nil, fmt.Errorf("%s: there is no transform %q.%s", c.At, c.Type, schema.DidYouMean(c.Type, Table.Names()))
		}
		if err := schema.DecodeJSON(t, c.Spec()); err != nil {
			return nil, fmt.Errorf("transform %s: %w", c.Type, err)
		}
		ts = append(ts, t)
	}
	return ts, nil
}

// Shape applies the shape rules of a list of transforms in order. The error names the transform by its position, counted from 1.
func Shape(ts []Transform, in plan.ImageType) (plan.ImageType, error) {
	for i, t := range ts {
		out, err := t.Shape(in)
		if err != nil {
			return in, fmt.Errorf("transform %d: %w", i+1, err)
		}
		in = out
	}
	return in, nil
}

// shrinker is a transform that, standing first, can begin with an image that was decoded smaller.
type shrinker interface {
	// shrink is the greatest of 1, 2, 4 and 8 by which an image of height x width may be decoded smaller, such that what Apply with this stream
	// cuts out still has as many pixels along both sides as it makes of it.
	shrink(height, width int, r plan.Rand) int
}

// Shrink tells by how much an image of height x width may be decoded smaller for a view: 1, 2, 4 or 8. The stream is the one that the transforms are then applied with.
func Shrink(ts []Transform, height, width int, r plan.Rand) int {
	if len(ts) > 0 {
		if s, ok := ts[0].(shrinker); ok {
			return s.shrink(height, width, r)
		}
	}
	return 1
}

// shrinkFor is the greatest fraction 1/n of a box that has at least h x w pixels. Images of a few pixels are left alone: a decoder has
// more than one fraction for them.
func shrinkFor(b box, h, w int) int {
	for n := 8; n > 1; n /= 2 {
		if b.height >= n*max(h, 8) && b.width >= n*max(w, 8) {
			return n
		}
	}
	return 1
}

// maxPixels bounds what a transform may make of an image: the limit at which Pillow reports a decompression bomb.
const maxPixels = 178_956_970

func errChangesType(in, out plan.ImageType) error {
	return fmt.Errorf("the transforms inside turn images of %s into %s; move what changes the type out of the block", describe(in), describe(out))
}

func describe(t plan.ImageType) string {
	side := func(n int) string {
		if n == 0 {
			return "?"
		}
		return fmt.Sprint(n)
	}
	s := fmt.Sprintf("[channels=%d, height=%s, width=%s]", t.Channels, side(t.Height), side(t.Width))
	if t.Normalized {
		s += " normalised"
	}
	return s
}

func eightBit(in plan.ImageType) error {
	if in.Normalized {
		return fmt.Errorf("works on 8-bit images, and these are normalised; move it before normalize")
	}
	return nil
}

// greyOrColour is the condition of the colour transforms.
func greyOrColour(in plan.ImageType) error {
	if err := eightBit(in); err != nil {
		return err
	}
	if in.Channels != 1 && in.Channels != 3 {
		return fmt.Errorf("works on images of 1 or 3 channels, and these have %d", in.Channels)
	}
	return nil
}

// side2 reads a size argument: one number stands for both sides.
func side2(size []int) (height, width int) { return size[0], size[len(size)-1] }

func checkPixels(h, w int) error {
	if h > 0 && w > maxPixels/h {
		return fmt.Errorf("the result would have %d x %d pixels, more than the limit of %d", h, w, maxPixels)
	}
	return nil
}
