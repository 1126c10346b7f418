package transform

import (
	"math"

	"ssc/compiler/plan"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Transform]{
	Info: schema.Info{
		Name: "random_rotation",
		Doc: "Rotates the image about its centre by a random angle, counter-clockwise, with the nearest pixel; the size stays. One number d means an angle from " +
			"[-d, d]; two numbers are the range itself.",
		Paper:  schema.Paper{None: "a standard image operation"},
		Before: "dict(type='RandomRotation', degrees=10)",
	},
	New: func() Transform { return &randomRotation{} },
})

type randomRotation struct {
	degrees []float64
	fill    int
}

func (t *randomRotation) Args(s *schema.Set) {
	s.FloatOrPair(&t.degrees, "degrees", nil, "greatest angle, or range of the angle, in degrees", schema.Required, schema.Ascending, schema.Between(-36000, 36000))
	s.Int(&t.fill, "fill", 0, "grey level where the rotated image leaves the frame", schema.Between(0, 255))
}

func (t *randomRotation) Check(r *schema.Report) {
	if len(t.degrees) == 1 && t.degrees[0] < 0 {
		r.Errorf("degrees", "Invalid value", "One number for degrees is the greatest angle and must be 0 or greater. Write a fixed angle as degrees = [%g, %g].", t.degrees[0], t.degrees[0])
	}
}

func (t *randomRotation) Shape(in plan.ImageType) (plan.ImageType, error) { return in, eightBit(in) }

func (t *randomRotation) Apply(m *Image, r *plan.Rand) error {
	lo, hi := t.degrees[0], t.degrees[len(t.degrees)-1]
	if len(t.degrees) == 1 {
		lo = -hi
	}
	m.rotate(r.Uniform(lo, hi), uint8(t.fill))
	return nil
}

func (*randomRotation) taped() {}

// rotate maps the centre of each output pixel back into the image in 16-bit fixed point and takes the pixel there. Quarter turns that keep the
// frame are exact permutations.
func (m *Image) rotate(degrees float64, fill uint8) {
	degrees = math.Mod(degrees, 360)
	if degrees < 0 {
		degrees += 360
	}
	square := m.Height == m.Width
	w, h := float64(m.Width), float64(m.Height)
	switch {
	case degrees == 0:
		return
	case degrees == 180:
		m.affine([6]float64{-1, 0, w, 0, -1, h}, fill)
	case degrees == 90 && square:
		m.affine([6]float64{0, -1, w, 1, 0, 0}, fill)
	case degrees == 270 && square:
		m.affine([6]float64{0, 1, 0, -1, 0, h}, fill)
	default:
		angle := -degrees * math.Pi / 180
		cos, sin := math.Cos(angle), math.Sin(angle)
		cx, cy := w/2, h/2
		m.affine([6]float64{cos, sin, cx - float64(cos*cx) - float64(sin*cy), -sin, cos, cy + float64(sin*cx) - float64(cos*cy)}, fill)
	}
}

// affine takes output pixel (x, y) from (a0 x + a1 y + a2, a3 x + a4 y + a5), all at pixel centres.
func (m *Image) affine(a [6]float64, fill uint8) {
	const one = 1 << 16
	fixed := func(v float64) int { return int(math.Floor(v*one + 0.5)) }
	c, h, w := m.Channels, m.Height, m.Width
	dx, dy := fixed(a[0]), fixed(a[3])
	rowX, rowY := fixed(a[2]+float64(a[0]*0.5)+float64(a[1]*0.5)), fixed(a[5]+float64(a[3]*0.5)+float64(a[4]*0.5))
	nextX, nextY := fixed(a[1]), fixed(a[4])
	if m.recordedAffine(fill, dx, dy, rowX, rowY, nextX, nextY) {
		return
	}
	out := m.fresh(len(m.Pix))
	at := 0
	for range h {
		x, y := rowX, rowY
		for range w {
			sx, sy := x>>16, y>>16
			switch {
			case uint(sx) >= uint(w) || uint(sy) >= uint(h):
				set(out[at:at+c], fill)
			case c == 1:
				out[at] = m.Pix[sy*w+sx]
			default:
				copy(out[at:at+c], m.Pix[(sy*w+sx)*c:])
			}
			at += c
			x, y = x+dx, y+dy
		}
		rowX, rowY = rowX+nextX, rowY+nextY
	}
	m.take(out, c, h, w)
}
