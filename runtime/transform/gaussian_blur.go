package transform

import (
	"math"

	"ssc/compiler/plan"
	"ssc/lang/schema"
)

var _ = Table.Register(schema.Entry[Transform]{
	Info: schema.Info{
		Name: "gaussian_blur",
		Doc: "Blurs with probability p, with a standard deviation drawn from [sigma_min, sigma_max] pixels. As in Pillow, the Gaussian is approximated by " +
			"three box filters of fractional width in each direction. (OpenSelfSup's class of this name had no p and always blurred.)",
		Paper:  schema.Paper{Authors: "Chen et al.", Title: "A Simple Framework for Contrastive Learning of Visual Representations", Year: 2020, ID: "2002.05709"},
		Before: "dict(type='GaussianBlur', sigma_min=0.1, sigma_max=2.0, p=0.5)",
	},
	New: func() Transform { return &gaussianBlur{} },
})

type gaussianBlur struct{ sigmaMin, sigmaMax, p float64 }

func (t *gaussianBlur) Args(s *schema.Set) {
	s.Float(&t.sigmaMin, "sigma_min", 0.1, "least standard deviation in pixels", schema.Between(0, 1000))
	s.Float(&t.sigmaMax, "sigma_max", 2, "greatest standard deviation in pixels", schema.Between(0, 1000))
	s.Float(&t.p, "p", 0.5, "probability", schema.Fraction)
}

func (t *gaussianBlur) Check(r *schema.Report) {
	if t.sigmaMin > t.sigmaMax {
		r.Errorf("sigma_min", "Conflicting arguments", "sigma_min is %g and must not be above sigma_max, which is %g.", t.sigmaMin, t.sigmaMax)
	}
}

func (t *gaussianBlur) Shape(in plan.ImageType) (plan.ImageType, error) { return in, eightBit(in) }

func (t *gaussianBlur) Apply(m *Image, r *plan.Rand) error {
	if r.Bool(t.p) {
		m.blur(r.Uniform(t.sigmaMin, t.sigmaMax))
	}
	return nil
}

func (*gaussianBlur) taped() {}

// boxBlur is a box filter of width 2·radius+1 whose fractional part is shared by the two outermost pixels. Weights are 24-bit fixed
// point: near for each pixel up to reach, far for the two beyond.
type boxBlur struct {
	reach     int
	near, far uint64
}

// boxFor returns the box that, applied three times, has the variance of a Gaussian.
//
// Source: Gwosdek, Grewenig, Bruhn, Weickert, "Theoretical foundations of Gaussian convolution by extended box filtering", 2011,
// eq. 7, 11, 14. Single precision as in Pillow, so that the weights are the same.
func boxFor(sigma float32) boxBlur {
	s2 := float32(sigma*sigma) / 3
	length := float32(math.Sqrt(12*float64(s2) + 1))
	whole := float32(math.Floor((float64(length) - 1) / 2))
	fraction := float32(float32(2*whole+1) * float32(float32(whole*float32(whole+1))-float32(3*s2)))
	fraction /= float32(6 * float32(s2-float32(float32(whole+1)*float32(whole+1))))
	radius := whole + fraction
	near := uint32(float32(1<<24) / (float32(radius*2) + 1))
	reach := int(radius)
	return boxBlur{reach, uint64(near), uint64((1<<24 - uint32(2*reach+1)*near) / 2)}
}

// blur applies three box filters along rows, then three along columns, rounding to 8 bits after each.
func (m *Image) blur(sigma float64) {
	b := boxFor(float32(sigma))
	if sigma == 0 || b.reach == 0 && b.far == 0 {
		return
	}
	if m.recordedPixels(Step{Code: stepBlur, N: [8]int32{int32(b.reach), int32(b.near), int32(b.far)}}) {
		return
	}
	pix, c := m.writable(), m.Channels
	if native && len(pix) >= leastNative {
		m.nativeBlur(pix, b)
		return
	}
	stride := m.Width * c
	for y := 0; y < m.Height; y += 2 {
		other := min(y+1, m.Height-1)
		for k := range c {
			m.blurPair(b, pix[y*stride+k:], pix[other*stride+k:], m.Width, c)
		}
	}
	for x := 0; x < stride; x += 2 {
		m.blurPair(b, pix[x:], pix[min(x+1, stride-1):], m.Height, stride)
	}
}

// blurPair filters two lines of n values at a time, which lie step bytes apart in p and q: each word holds a value of one line in its lower
// and of the other in its upper half. Sums stay below 2^32, so the halves do not touch.
func (m *Image) blurPair(b boxBlur, p, q []uint8, n, step int) {
	edge := b.reach + 1
	m.lanes[0], m.lanes[1] = grow(m.lanes[0], n+2*edge), grow(m.lanes[1], n+2*edge)
	in, out := m.lanes[0], m.lanes[1]
	for i, at := edge, 0; i < edge+n; i, at = i+1, at+step {
		in[i] = uint64(p[at]) | uint64(q[at])<<32
	}
	for range 3 {
		b.line(out, in, n)
		in, out = out, in
	}
	for i, at := edge, 0; i < edge+n; i, at = i+1, at+step {
		p[at], q[at] = uint8(in[i]), uint8(in[i]>>32)
	}
}

// line filters the n words of in that follow its border of reach+1 words, which it fills with the outermost words first.
func (b boxBlur) line(out, in []uint64, n int) {
	edge := b.reach + 1
	for i := range edge {
		in[i], in[edge+n+i] = in[edge], in[edge+n-1]
	}
	var sum uint64
	for _, v := range in[1 : 2*edge-1] {
		sum += v
	}
	width := 2*b.reach + 1
	left, enter, right := in[:n+1], in[width:][:n], in[width+1:][:n]
	const half = 1<<23 | 1<<(23+32)
	for i, dst := 0, out[edge:][:n]; i < len(dst); i++ {
		sum += enter[i]
		dst[i] = (sum*b.near + (left[i]+right[i])*b.far + half) >> 24 & evenBytes
		sum -= left[i+1]
	}
}
