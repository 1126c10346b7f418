package transform

import (
	"fmt"

	"ssc/compiler/plan"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Transform]{
	Info: schema.Info{
		Name: "random_patches",
		Doc: "Parts an image into 3 rows of 3 cells, cuts a patch out of each at a random place, and shows the nine patches side by side in the cells' order: what the algorithm relative_loc looks at. Cells have a " +
			"third of the image's sides, rounded down; a patch is smaller than its cell by jitter along both sides, so that neighbours have a gap of random width between them.",
		Equation: "patch side = ⌊image side / 3⌋ - jitter, result side = 3 · patch side",
		Paper:    schema.Paper{Authors: "Doersch, Gupta, Efros", Title: "Unsupervised Visual Representation Learning by Context Prediction", Year: 2015, ID: "1505.05192"},
		Before:   "data=dict(train=dict(type='RelativeLocDataset', …)), which has split_per_side = 3 and patch_jitter = 21",
	},
	New: func() Transform { return &randomPatches{} },
})

// patchRows is the number of rows of patches, and of patches in a row.
const patchRows = 3

type randomPatches struct{ jitter int }

func (t *randomPatches) Args(s *schema.Set) {
	s.Int(&t.jitter, "jitter", 21, "pixels by which a patch is narrower and lower than its cell", schema.NonNegative)
}

func (t *randomPatches) Shape(in plan.ImageType) (plan.ImageType, error) {
	if err := eightBit(in); err != nil {
		return in, err
	}
	for _, n := range []*int{&in.Height, &in.Width} {
		if *n == 0 {
			continue // varies; Apply looks at each image
		}
		if *n/patchRows <= t.jitter {
			return in, t.tooSmall(in.Height, in.Width)
		}
		*n = patchRows * (*n/patchRows - t.jitter)
	}
	return in, nil
}

func (t *randomPatches) tooSmall(height, width int) error {
	return fmt.Errorf("the image of %d x %d has cells of %d x %d, which leave nothing of a patch with jitter = %d; make the image larger or jitter smaller", height, width, height/patchRows, width/patchRows, t.jitter)
}

// Apply draws top and left of each patch in its cell, row by row.
func (t *randomPatches) Apply(m *Image, r *plan.Rand) error {
	cellH, cellW := m.Height/patchRows, m.Width/patchRows
	h, w := cellH-t.jitter, cellW-t.jitter
	if h <= 0 || w <= 0 {
		return t.tooSmall(m.Height, m.Width)
	}
	from, stride := m.Pix, m.Width*m.Channels
	to := m.Reset(m.Channels, patchRows*h, patchRows*w)
	row := w * m.Channels
	for i := range patchRows {
		for j := range patchRows {
			top, left := i*cellH+r.IntN(t.jitter+1), j*cellW+r.IntN(t.jitter+1)
			for y := range h {
				at := (top+y)*stride + left*m.Channels
				copy(to[((i*h+y)*patchRows+j)*row:][:row], from[at:])
			}
		}
	}
	return nil
}
