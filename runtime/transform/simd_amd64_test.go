package transform

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"testing"

	"golang.org/x/sys/cpu"
)

// both runs f with the loops in Go and in C and returns what the image shows after each.
func both(t *testing.T, m func() *Image, f func(m *Image)) (inGo, inC []uint8) {
	t.Helper()
	if !cpu.X86.HasAVX2 {
		t.Skip("this processor has no AVX2")
	}
	defer func(was bool) { native = was }(native)
	native = false
	a := m()
	f(a)
	native = true
	b := m()
	f(b)
	if a.Channels != b.Channels || a.Height != b.Height || a.Width != b.Width {
		t.Errorf("sizes %d x %d x %d and %d x %d x %d", a.Height, a.Width, a.Channels, b.Height, b.Width, b.Channels)
	}
	return a.Pix, b.Pix
}

// The loops in C give the bytes of those in Go, for sizes that fill no vector, and write to no lent pixel.
func TestNativeEqualsGo(t *testing.T) {
	ops := map[string]func(m *Image){"grey": (*Image).grey}
	for _, f := range []float64{0, 0.2, 0.7, 1, 1.3, 1.8, 7} {
		ops[fmt.Sprintf("brightness %g", f)] = func(m *Image) { m.adjustBrightness(f) }
		ops[fmt.Sprintf("contrast %g", f)] = func(m *Image) { m.adjustContrast(f) }
		ops[fmt.Sprintf("saturation %g", f)] = func(m *Image) { m.adjustSaturation(f) }
		ops[fmt.Sprintf("hue %g", f)] = func(m *Image) { m.adjustHue(f / 14) }
	}
	for _, sigma := range []float64{0.1, 0.5, 1, 2, 3.7, 20} {
		ops[fmt.Sprintf("blur %g", sigma)] = func(m *Image) { m.blur(sigma) }
	}
	for _, filter := range interpolations {
		ops["enlarge "+filter] = func(m *Image) { m.resizedCrop(box{0, 0, m.Height, m.Width}, 97, 131, filter) }
		ops["shrink "+filter] = func(m *Image) { m.resizedCrop(box{1, 2, m.Height - 1, m.Width - 3}, 13, 17, filter) }
		ops["one way "+filter] = func(m *Image) { m.resizedCrop(box{0, 1, m.Height, m.Width - 2}, m.Height, 23, filter) }
	}
	for _, size := range [][3]int{{3, 31, 29}, {3, 64, 32}, {3, 1, 500}, {3, 500, 1}, {3, 67, 45}, {1, 37, 41}, {4, 33, 35}, {3, 5, 7}} {
		pix := noise(size[0], size[1], size[2])
		pix = pix[:len(pix):len(pix)]
		before := bytes.Clone(pix)
		for name, op := range ops {
			if size[1] < 3 || size[2] < 5 {
				if name[:3] == "shr" || name[:3] == "one" {
					continue
				}
			}
			a, b := both(t, func() *Image { m := new(Image); m.Lend(pix, size[0], size[1], size[2]); return m }, op)
			if !bytes.Equal(a, b) {
				t.Errorf("%s of %v differs between Go and C", name, size)
			}
			if !bytes.Equal(pix, before) {
				t.Fatalf("%s of %v writes to pixels that were lent", name, size)
			}
		}
	}
}

func TestNativePlanesEqualGo(t *testing.T) {
	for _, size := range [][2]int{{31, 29}, {64, 64}, {1, 400}} {
		var planes [2][]float32
		both(t, func() *Image { m := new(Image); m.Lend(noise(3, size[0], size[1]), 3, size[0], size[1]); return m }, func(m *Image) {
			n := normalize{mean: []float64{0.485, 0.456, 0.406}, std: []float64{0.229, 0.224, 0.225}}
			if err := n.Apply(m, nil); err != nil {
				t.Fatal(err)
			}
			planes[0], planes[1] = planes[1], slices.Clone(m.Planes)
		})
		if !slices.Equal(planes[0], planes[1]) || len(planes[0]) != 3*size[0]*size[1] {
			t.Errorf("planes of %v differ between Go and C", size)
		}
	}
}

// The colour loops agree on every colour there is.
func TestNativeColoursAreExhaustive(t *testing.T) {
	const side = 256
	cube := make([]uint8, 3*side*side*side)
	for i := range side * side * side {
		cube[3*i], cube[3*i+1], cube[3*i+2] = uint8(i>>16), uint8(i>>8), uint8(i)
	}
	lend := func() *Image { m := new(Image); m.Lend(cube, 3, side*side, side); return m }
	for name, op := range map[string]func(m *Image){
		"hue": func(m *Image) { m.adjustHue(0.37) }, "hue backwards": func(m *Image) { m.adjustHue(-0.11) }, "grey": (*Image).grey,
		"saturation": func(m *Image) { m.adjustSaturation(1.37) }, "brightness": func(m *Image) { m.adjustBrightness(float64(float32(math.Pi / 3))) },
	} {
		a, b := both(t, lend, op)
		if !bytes.Equal(a, b) {
			for i := range a {
				if a[i] != b[i] {
					p := i / 3 * 3
					t.Errorf("%s of %v is %v in Go and %v in C", name, cube[p:p+3], a[p:p+3], b[p:p+3])
					break
				}
			}
		}
	}
}
