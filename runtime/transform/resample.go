package transform

import (
	"encoding/binary"
	"math"
)

// Interpolations by their name in a pipeline file.
var interpolations = []string{"nearest", "bilinear", "bicubic", "lanczos"}

// precision is the number of fraction bits of a resampling weight: 8 bits of pixel and 2 of overshoot leave 22 of 32.
const precision = 22

// taps are the weights of one axis: output i is the sum over j of weight[i*size+j] * input[first[i]+j], for j below count[i].
type taps struct {
	span
	out      int
	filter   string
	size     int
	first    []int32
	count    []int32
	weight   []int64
	narrow   []int32 // weight
	floats   []float64
	negative bool // some weight is below zero, so that sums must be clipped
}

// span is what is resampled of a line: length pixels from offset on, which may be fractions, out of the pixels 0 … in-1.
type span struct {
	in             int
	offset, length float64
}

// spanOf takes the pixels [at, at+n) of an image that was decoded at 1/shrink, in a line of limit pixels there. first is where its pixels begin.
func spanOf(at, n, shrink, limit int) (first int, s span) {
	first = at / shrink
	end := min((at+n+shrink-1)/shrink, limit)
	return first, span{end - first, float64(at)/float64(shrink) - float64(first), float64(n) / float64(shrink)}
}

// same reports whether the span is out whole pixels.
func (s span) same(out int) bool { return s.in == out && s.offset == 0 && s.length == float64(out) }

// resample holds the weights that were used last, by input length: crops of small images have few lengths.
type resample struct{ cache [64]taps }

func (r *resample) taps(s span, out int, filter string) *taps {
	t := &r.cache[s.in%len(r.cache)]
	if t.span != s || t.out != out || t.filter != filter {
		t.compute(s, out, filter)
	}
	return t
}

// compute stretches the filter by the scale when shrinking (antialiasing), normalises its weights to a sum of one and rounds them
// to fixed point, as Pillow does for 8-bit images.
func (t *taps) compute(s span, out int, filter string) {
	kernel, support := bilinear, 1.0
	switch filter {
	case "bicubic":
		kernel, support = bicubic, 2
	case "lanczos":
		kernel, support = lanczos, 3
	}
	scale := s.length / float64(out)
	stretch := max(scale, 1)
	support *= stretch
	*t = taps{span: s, out: out, filter: filter, size: tapsSize(scale, filter),
		first: grow(t.first, out), count: grow(t.count, out), weight: t.weight, narrow: t.narrow, floats: t.floats}
	t.weight, t.narrow, t.floats = grow(t.weight, out*t.size), grow(t.narrow, out*t.size), grow(t.floats, t.size)
	inverse := 1 / stretch
	for i := range out {
		center := s.offset + float64((float64(i)+0.5)*scale)
		lo := max(int(center-support+0.5), 0)
		hi := min(int(center+support+0.5), s.in)
		sum := 0.0
		w := t.floats[:hi-lo]
		for j := range w {
			w[j] = kernel((float64(j+lo) - center + 0.5) * inverse)
			sum += w[j]
		}
		fixed := t.weight[i*t.size : i*t.size+len(w)]
		for j := range w {
			x := float64(w[j] / sum * (1 << precision))
			fixed[j] = int64(x + math.Copysign(0.5, x))
			t.narrow[i*t.size+j] = int32(fixed[j])
			t.negative = t.negative || fixed[j] < 0
		}
		for len(fixed) > 1 && fixed[len(fixed)-1] == 0 {
			fixed = fixed[:len(fixed)-1]
		}
		t.first[i], t.count[i] = int32(lo), int32(len(fixed))
	}
}

func bilinear(x float64) float64 { return max(1-math.Abs(x), 0) }

func bicubic(x float64) float64 { // a = -1/2
	x = math.Abs(x)
	switch {
	case x < 1:
		return float64(float64(float64(1.5*x)-2.5)*x*x) + 1
	case x < 2:
		return (float64(float64(float64((x-5)*x)+8)*x) - 4) * -0.5
	}
	return 0
}

func lanczos(x float64) float64 {
	if x < -3 || x >= 3 {
		return 0
	}
	return sinc(x) * sinc(x/3)
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	x *= math.Pi
	return math.Sin(x) / x
}

// box is a rectangle of an image, in pixels.
type box struct{ top, left, height, width int }

// resizedCrop replaces the image by its box, which must lie inside, resized to h x w. Only the box is resampled, and pixels outside it do
// not leak in: the result equals a crop followed by a resize. The box is one of the whole image, also when that was decoded smaller.
func (m *Image) resizedCrop(b box, h, w int, filter string) {
	shrink := max(m.whole.by, 1)
	var rows, columns span
	b.top, rows = spanOf(b.top, b.height, shrink, m.Height)
	b.left, columns = spanOf(b.left, b.width, shrink, m.Width)
	b.height, b.width = rows.in, columns.in
	switch {
	case rows.same(h) && columns.same(w):
		m.crop(b)
	case m.recordedBox(b, rows, columns, h, w, filter):
	case filter == "nearest":
		m.nearest(b, h, w)
	default:
		m.filtered(b, rows, columns, h, w, filter)
	}
}

// filtered resamples along rows, then along columns; the intermediate is rounded to 8 bits. (Pillow 13 goes along columns first for some
// sizes, which changes single grey levels; Pillow up to 12, with which the recipes were tuned, works as here.)
func (m *Image) filtered(b box, rows, columns span, h, w int, filter string) {
	if !columns.same(w) {
		out := m.fresh(b.height * w * m.Channels)
		m.horizontal(out, b, w, m.taps(columns, w, filter))
		m.take(out, m.Channels, b.height, w)
		b = box{0, 0, b.height, w}
	} else if b != (box{0, 0, m.Height, m.Width}) {
		m.crop(b)
	}
	if !rows.same(h) {
		out := m.fresh(h * w * m.Channels)
		vertical(out, m.Pix, w*m.Channels, m.taps(rows, h, filter))
		m.take(out, m.Channels, h, w)
	}
}

// horizontal resamples the box's rows, two at a time: each 64-bit word holds a pixel of one row in its lower and of the next row in its
// upper half, and one multiplication serves both. A negative lower sum borrows from the upper one, which split undoes.
func (m *Image) horizontal(dst []uint8, b box, w int, t *taps) {
	c := m.Channels
	n, stride := b.width*c, m.Width*c
	if native && c == 3 && b.height*n >= leastNative {
		m.nativeHorizontal(dst, b, w, t)
		return
	}
	m.lanes[0] = grow(m.lanes[0], n)
	pair := m.lanes[0]
	for y := 0; y < b.height; y += 2 {
		row := m.Pix[(b.top+y)*stride+b.left*c:][:n]
		next := row
		if y+1 < b.height {
			next = m.Pix[(b.top+y+1)*stride+b.left*c:][:n]
		}
		for i, v := range row {
			pair[i] = uint64(v) | uint64(next[i])<<32
		}
		out0 := dst[y*w*c:][:w*c]
		out1 := out0
		if y+1 < b.height {
			out1 = dst[(y+1)*w*c:][:w*c]
		}
		if c == 3 {
			horizontal3(out0, out1, pair, t)
			continue
		}
		for x := range w {
			weights := t.weight[x*t.size:][:t.count[x]]
			for k := range c {
				acc := int64(half2)
				at := int(t.first[x])*c + k
				for _, weight := range weights {
					acc += weight * int64(pair[at])
					at += c
				}
				out0[x*c+k], out1[x*c+k] = split(acc)
			}
		}
	}
}

func horizontal3(out0, out1 []uint8, pair []uint64, t *taps) {
	for x := range len(out0) / 3 {
		weights := t.weight[x*t.size:][:t.count[x]]
		in := pair[t.first[x]*3:][:len(weights)*3]
		r, g, b := int64(half2), int64(half2), int64(half2)
		for _, weight := range weights {
			p := (*[3]uint64)(in)
			r += weight * int64(p[0])
			g += weight * int64(p[1])
			b += weight * int64(p[2])
			in = in[3:]
		}
		o0, o1 := out0[x*3:][:3], out1[x*3:][:3]
		if t.negative {
			o0[0], o1[0] = split(r)
			o0[1], o1[1] = split(g)
			o0[2], o1[2] = split(b)
			continue
		}
		o0[0], o1[0] = uint8(r>>precision), uint8(r>>(precision+32))
		o0[1], o1[1] = uint8(g>>precision), uint8(g>>(precision+32))
		o0[2], o1[2] = uint8(b>>precision), uint8(b>>(precision+32))
	}
}

// half2 rounds both halves of a word.
const half2 = 1<<(precision-1) | 1<<(precision-1+32)

// split returns the two rounded and clipped sums of a word.
func split(acc int64) (lo, hi uint8) {
	a := int32(acc)
	b := int32((acc - int64(a)) >> 32)
	return clip(int(a >> precision)), clip(int(b >> precision))
}

func clip(v int) uint8 {
	if uint(v) > 255 {
		return uint8(^(v >> 63))
	}
	return uint8(v)
}

const evenBytes = 0x000000ff000000ff

// vertical resamples columns, eight bytes of a row at a time.
func vertical(dst, src []uint8, stride int, t *taps) {
	if native && stride >= 32 && len(dst) >= leastNative {
		nativeVertical(dst, src, stride, t)
		return
	}
	for y := range t.out {
		weights := t.weight[y*t.size:][:t.count[y]]
		in := src[int(t.first[y])*stride:]
		out := dst[y*stride:][:stride]
		x := 0
		for ; x+8 <= stride; x += 8 {
			a, b, c, d := int64(half2), int64(half2), int64(half2), int64(half2)
			at := x
			for _, weight := range weights {
				v := binary.LittleEndian.Uint64(in[at:])
				a += weight * int64(v&evenBytes)
				b += weight * int64(v>>8&evenBytes)
				c += weight * int64(v>>16&evenBytes)
				d += weight * int64(v>>24&evenBytes)
				at += stride
			}
			o := out[x:][:8]
			if t.negative {
				o[0], o[4] = split(a)
				o[1], o[5] = split(b)
				o[2], o[6] = split(c)
				o[3], o[7] = split(d)
				continue
			}
			binary.LittleEndian.PutUint64(o, uint64(a)>>precision&evenBytes|uint64(b)>>precision&evenBytes<<8|
				uint64(c)>>precision&evenBytes<<16|uint64(d)>>precision&evenBytes<<24)
		}
		for ; x < stride; x++ {
			acc := int64(1 << (precision - 1))
			for j, weight := range weights {
				acc += weight * int64(in[j*stride+x])
			}
			out[x] = clip(int(acc >> precision))
		}
	}
}

// nearest takes, for each output pixel, the input pixel that its centre falls on. Positions are summed, as Pillow sums them, so that ties
// fall on the same side.
func (m *Image) nearest(b box, h, w int) {
	c, stride := m.Channels, m.Width*m.Channels
	out := m.fresh(h * w * c)
	stepX, stepY := float64(b.width)/float64(w), float64(b.height)/float64(h)
	at := 0
	for y, fy := 0, stepY/2; y < h; y, fy = y+1, fy+stepY {
		row := m.Pix[(b.top+min(int(fy), b.height-1))*stride+b.left*c:]
		for x, fx := 0, stepX/2; x < w; x, fx = x+1, fx+stepX {
			copy(out[at:at+c], row[min(int(fx), b.width-1)*c:])
			at += c
		}
	}
	m.take(out, c, h, w)
}

// crop replaces the image by its box, which must lie inside.
func (m *Image) crop(b box) {
	if b == (box{0, 0, m.Height, m.Width}) {
		m.whole = shrunk{} // what comes next sees an image of this size, not the one that was decoded smaller
		return
	}
	if m.recorded(Step{Code: stepFrame, N: [8]int32{int32(b.top), int32(b.left), int32(b.height), int32(b.width)}}, b.height, b.width) {
		return
	}
	c := m.Channels
	out := m.fresh(b.height * b.width * c)
	for y := range b.height {
		copy(out[y*b.width*c:][:b.width*c], m.Pix[((b.top+y)*m.Width+b.left)*c:])
	}
	m.take(out, c, b.height, b.width)
}
