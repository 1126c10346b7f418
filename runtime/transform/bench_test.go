package transform

import (
	"testing"

	"ssc/compiler/plan"
)

// simclr is SimCLR's list of transforms.
func simclr(size, channels int, blur float64) []plan.Component {
	jitter := args{"brightness": 0.8, "contrast": 0.8}
	list := []plan.Component{one("random_resized_crop", args{"size": size, "scale": []any{0.2, 1.}}), one("random_horizontal_flip", nil)}
	if channels == 3 {
		jitter["saturation"], jitter["hue"] = 0.8, 0.2
	}
	list = append(list, one("random_applied_trans", args{"p": 0.8}, one("color_jitter", jitter)))
	if channels == 3 {
		list = append(list, one("random_grayscale", args{"p": 0.2}))
	}
	return append(list, one("gaussian_blur", args{"p": blur}), one("normalize", args{"mean": []any{0.5}, "std": []any{0.25}}))
}

var cases = []struct {
	name               string
	size, channels     int
	sourceH, sourceW   int
	blur               float64
	interpolationCubic bool
}{
	{name: "grey28", size: 28, channels: 1, sourceH: 28, sourceW: 28},
	{name: "colour32", size: 32, channels: 3, sourceH: 32, sourceW: 32},
	{name: "colour224", size: 224, channels: 3, sourceH: 375, sourceW: 500, blur: 0.5},
	{name: "colour224bicubic", size: 224, channels: 3, sourceH: 375, sourceW: 500, blur: 0.5, interpolationCubic: true},
}

// view returns a function that makes view i of one image.
func view(b testing.TB, k int) func(i int) {
	c := cases[k]
	list := simclr(c.size, c.channels, c.blur)
	if c.interpolationCubic {
		list[0].Args["interpolation"] = "bicubic"
	}
	ts := build(b, list...)
	src := noise(c.channels, c.sourceH, c.sourceW)
	m := &Image{Dst: make([]float32, c.channels*c.size*c.size)}
	r := new(plan.Rand)
	return func(i int) {
		m.Lend(src, c.channels, c.sourceH, c.sourceW)
		*r = plan.NewRand(1, plan.UseView, 0, uint64(i), 0)
		for _, t := range ts {
			if err := t.Apply(m, r); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkView(b *testing.B) {
	for k, c := range cases {
		b.Run(c.name, func(b *testing.B) {
			run := view(b, k)
			for i := range b.N {
				run(i)
			}
		})
	}
}

func BenchmarkOp(b *testing.B) {
	for name, op := range map[string]func(m *Image){
		"crop":       func(m *Image) { m.resizedCrop(box{2, 3, 27, 26}, 32, 32, "bilinear") },
		"brightness": func(m *Image) { m.adjustBrightness(0.7) },
		"contrast":   func(m *Image) { m.adjustContrast(0.7) },
		"saturation": func(m *Image) { m.adjustSaturation(0.7) },
		"hue":        func(m *Image) { m.adjustHue(0.1) },
		"blur":       func(m *Image) { m.blur(1.2) },
		"flip":       func(m *Image) { m.flip() },
		"rotate":     func(m *Image) { m.rotate(10, 0) },
		"planes":     func(m *Image) { m.ToPlanes() },
	} {
		src := noise(3, 32, 32)
		b.Run(name, func(b *testing.B) {
			var m Image
			for range b.N {
				m.Lend(src, 3, 32, 32)
				op(&m)
			}
		})
	}
}

// Once its buffers have grown to the largest sample, an Image makes views without allocating.
func TestViewsAllocateNothing(t *testing.T) {
	const n = 12
	for k, c := range cases {
		run := view(t, k)
		all := func() {
			for i := range n {
				run(i)
			}
		}
		all()
		if got := testing.AllocsPerRun(2, all); got != 0 {
			t.Errorf("%d %s views allocate %g times, want 0", n, c.name, got)
		}
	}
}
