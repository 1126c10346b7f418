package transform

import (
	"ssc/compiler/plan"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Transform]{
	Info: schema.Info{
		Name: "color_jitter",
		Doc: "Changes brightness, contrast, saturation and hue by random amounts in random order. One number x means a factor from [max(0, 1-x), 1+x], " +
			"for hue a shift from [-x, x] turns; two numbers are the range itself. Grey images keep their saturation and hue.",
		Equation: "blend = a + f·(v-a), with a = 0 (brightness), mean grey of the image (contrast), grey of the pixel (saturation)",
		Paper:    schema.Paper{Authors: "Howard", Title: "Some Improvements on Deep Convolutional Neural Network Based Image Classification", Year: 2013, ID: "1312.5402"},
		Before:   "dict(type='ColorJitter', brightness=0.8, contrast=0.8, saturation=0.8, hue=0.2)",
	},
	New: func() Transform { return &colorJitter{} },
})

type colorJitter struct{ brightness, contrast, saturation, hue []float64 }

func (t *colorJitter) Args(s *schema.Set) {
	s.FloatOrPair(&t.brightness, "brightness", []float64{0}, "strength, or range of the factor", schema.NonNegative, schema.Ascending)
	s.FloatOrPair(&t.contrast, "contrast", []float64{0}, "strength, or range of the factor", schema.NonNegative, schema.Ascending)
	s.FloatOrPair(&t.saturation, "saturation", []float64{0}, "strength, or range of the factor", schema.NonNegative, schema.Ascending)
	s.FloatOrPair(&t.hue, "hue", []float64{0}, "strength, or range of the shift, in turns of the colour circle", schema.Between(-0.5, 0.5), schema.Ascending)
}

func (t *colorJitter) Check(r *schema.Report) {
	if len(t.hue) == 1 && t.hue[0] < 0 {
		r.Errorf("hue", "Invalid value", "One number for hue is the strength of the jitter and must be 0 or greater. Write a fixed shift as hue = [%g, %g].", t.hue[0], t.hue[0])
	}
}

func (t *colorJitter) Shape(in plan.ImageType) (plan.ImageType, error) { return in, greyOrColour(in) }

func (t *colorJitter) Apply(m *Image, r *plan.Rand) error {
	order := [4]int{0, 1, 2, 3}
	for i := 3; i > 0; i-- {
		j := r.IntN(i + 1)
		order[i], order[j] = order[j], order[i]
	}
	var factor [4]float64
	var on [4]bool
	for i, arg := range [4][]float64{t.brightness, t.contrast, t.saturation, t.hue} {
		lo, hi, rest := jitterRange(arg, i == 3)
		if on[i] = lo != rest || hi != rest; on[i] {
			factor[i] = r.Uniform(lo, hi)
		}
	}
	for _, op := range order {
		if !on[op] {
			continue
		}
		switch op {
		case 0:
			m.adjustBrightness(factor[op])
		case 1:
			m.adjustContrast(factor[op])
		case 2:
			m.adjustSaturation(factor[op])
		case 3:
			m.adjustHue(factor[op])
		}
	}
	return nil
}

func (*colorJitter) taped() {}

// jitterRange reads an argument; rest is the factor that changes nothing.
func jitterRange(arg []float64, hue bool) (lo, hi, rest float64) {
	if !hue {
		rest = 1
	}
	if len(arg) == 2 {
		return arg[0], arg[1], rest
	}
	lo, hi = rest-arg[0], rest+arg[0]
	if !hue {
		lo = max(lo, 0)
	}
	return lo, hi, rest
}

// adjustBrightness blends with black.
func (m *Image) adjustBrightness(factor float64) {
	if !m.recordedPixels(Step{Code: stepBrightness, F: float32(factor)}) {
		m.blendWith(0, factor)
	}
}

// adjustContrast blends with the mean of the grey image, rounded to a whole level.
func (m *Image) adjustContrast(factor float64) {
	if m.recordedPixels(Step{Code: stepContrast, F: float32(factor)}) {
		return
	}
	sum := 0
	if m.Channels == 1 {
		for _, v := range m.Pix {
			sum += int(v)
		}
	} else if native && len(m.Pix) >= leastNative {
		sum = nativeLumaSum(m.Pix)
	} else {
		for p := m.Pix; len(p) >= 3; p = p[3:] {
			sum += int(Luma(p[0], p[1], p[2]))
		}
	}
	m.blendWith(uint8(float64(sum)/float64(m.Height*m.Width)+0.5), factor)
}

// blendWith moves every value away from a level (towards it when the factor is below one).
func (m *Image) blendWith(level uint8, factor float64) {
	f := float32(factor)
	if native && len(m.Pix) >= leastNative {
		in := m.Pix
		nativeBlend(m.replaced(), in, level, f)
		return
	}
	var table [256]uint8
	for v := range table {
		table[v] = blend(level, float32(f*float32(v-int(level))))
	}
	m.lookup(&table)
}

// lookup replaces every value v by table[v].
func (m *Image) lookup(table *[256]uint8) {
	in := m.Pix
	out := m.replaced()
	for i, v := range in {
		out[i] = table[v]
	}
}

// replaced returns pixels that will be written one by one from the present ones: the same memory, unless that is somebody else's.
func (m *Image) replaced() []uint8 {
	if m.lent {
		m.take(m.fresh(len(m.Pix)), m.Channels, m.Height, m.Width)
	}
	return m.Pix
}

// blend adds a difference to a level in float32 and cuts to a whole level, as Pillow's blend does.
func blend(level uint8, diff float32) uint8 { return clip(int(int32(float32(level) + diff))) }

// adjustSaturation blends each pixel with its own grey; grey images stay as they are.
func (m *Image) adjustSaturation(factor float64) {
	if m.recordedColours(Step{Code: stepSaturation, F: float32(factor)}) || m.Channels != 3 {
		return
	}
	if native && len(m.Pix) >= leastNative {
		nativeSaturation(m.writable(), float32(factor))
		return
	}
	var scaled [511]float32 // factor times a difference, by difference + 255
	f := float32(factor)
	for i := range scaled {
		scaled[i] = float32(f * float32(i-255))
	}
	for p := m.writable(); len(p) >= 3; p = p[3:] {
		grey := Luma(p[0], p[1], p[2])
		t := (*[256]float32)(scaled[255-int(grey):])
		p[0], p[1], p[2] = blend(grey, t[p[0]]), blend(grey, t[p[1]]), blend(grey, t[p[2]])
	}
}

// Luma is the grey of a colour by ITU-R BT.601: .299 R + .587 G + .114 B in 16-bit fixed point, rounded.
func Luma(r, g, b uint8) uint8 {
	return uint8((uint32(r)*19595 + uint32(g)*38470 + uint32(b)*7471 + 0x8000) >> 16)
}
