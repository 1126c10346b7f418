package transform

import (
	"testing"

	"ssc/compiler/plan"
)

// TestRandomPatches: each patch is a part of its own cell, pixel by pixel, and over many draws begins at every place that jitter allows.
func TestRandomPatches(t *testing.T) {
	const cell, jitter, patch = 5, 2, 3
	ts := build(t, one("random_patches", args{"jitter": jitter}))
	var m Image
	places := map[[2]int]bool{}
	for i := range 40 {
		pix := make([]uint8, 16*16) // a row and a column more than three cells; the value tells the place
		for k := range pix {
			pix[k] = uint8(k)
		}
		m.Lend(pix, 1, 16, 16)
		if err := ts[0].Apply(&m, stream(i)); err != nil {
			t.Fatal(err)
		}
		if m.Height != 3*patch || m.Width != 3*patch {
			t.Fatalf("the patches are %d x %d, want %d x %d", m.Height, m.Width, 3*patch, 3*patch)
		}
		for y := range m.Height {
			for x := range m.Width {
				corner := int(m.Pix[y/patch*patch*m.Width+x/patch*patch])
				top, left := corner/16-y/patch*cell, corner%16-x/patch*cell
				if top < 0 || top > jitter || left < 0 || left > jitter {
					t.Fatalf("draw %d: the patch of pixel (%d, %d) begins at (%d, %d) of its cell", i, y, x, top, left)
				}
				places[[2]int{top, left}] = true
				if got, want := int(m.Pix[y*m.Width+x]), corner+y%patch*16+x%patch; got != want {
					t.Fatalf("draw %d: pixel (%d, %d) = %d, want %d", i, y, x, got, want)
				}
			}
		}
	}
	if len(places) != 9 {
		t.Errorf("patches begin at %d places of their cells, want 9", len(places))
	}
}

// TestRandomPatchesShape: MMSelfSup's 255 pixels give patches of 64; cells that jitter uses up are refused.
func TestRandomPatchesShape(t *testing.T) {
	ts := build(t, one("random_patches", args{"jitter": 21}))
	got, err := Shape(ts, plan.ImageType{Channels: 3, Height: 255, Width: 255})
	if want := (plan.ImageType{Channels: 3, Height: 192, Width: 192}); err != nil || got != want {
		t.Errorf("Shape = %v, %v; want %v", got, err, want)
	}
	if _, err := Shape(ts, plan.ImageType{Channels: 3, Height: 255, Width: 65}); err == nil {
		t.Error("Shape accepts cells of 21 pixels with a jitter of 21")
	}
}
