package transform

// Image is an image on its way through the transforms of a view, with the buffers that they need. One Image serves any number of
// samples, one after the other; once its buffers have grown to the largest sample, transforms allocate nothing.
//
// Before normalisation the pixels are Pix: 8 bits, rows of pixels of channels (HWC), without padding; RGB order when there are
// three channels. Afterwards they are Planes: float32, CHW.
type Image struct {
	Channels, Height, Width int

	Pix    []uint8
	Planes []float32 // nil before normalisation
	Dst    []float32 // where Planes are made, if it has the right length; a loader points it into its batch

	// Shrink, if not nil, tells a decoder that reads into this image by how much an image of height x width may be decoded smaller: 1, 2, 4 or 8.
	Shrink func(height, width int) int
	whole  shrunk
	tape   *Tape // where operations are recorded instead of done; nil for none

	lent   bool // Pix belongs to the caller of Lend and is not written to
	bufs   [2][]uint8
	cur    int // the buffer that Pix is, unless lent
	floats []float32
	resample
	lanes   [2][]uint64 // scratch of resampling and blur: two 8-bit values in the two halves of each word
	scratch []uint8     // of the loops in C
}

// shrunk tells of pixels that were decoded smaller: what size the image has, and that they are 1/by of it. Zero when they are the image.
type shrunk struct{ height, width, by int }

// Lend makes the image show pixels that somebody else owns, without a copy. They are only read.
func (m *Image) Lend(pix []uint8, channels, height, width int) {
	m.Pix, m.Planes, m.lent, m.whole, m.tape = pix[:channels*height*width], nil, true, shrunk{}, nil
	m.Channels, m.Height, m.Width = channels, height, width
}

// LendImage makes the image show the 8-bit pixels of another one, as Lend does.
func (m *Image) LendImage(o *Image) {
	m.Lend(o.Pix, o.Channels, o.Height, o.Width)
	m.whole = o.whole
}

// ShrunkFrom says that the pixels show an image of height x width, decoded at 1/by of its size. The next transform must be one that asks for this (see [Shrink]).
func (m *Image) ShrunkFrom(height, width, by int) { m.whole = shrunk{height, width, by} }

// size is the size of what the image shows: in it boxes are drawn.
func (m *Image) size() (height, width int) {
	if m.whole.by > 1 {
		return m.whole.height, m.whole.width
	}
	return m.Height, m.Width
}

// Reset gives the image a size and returns its pixels, of undefined content, to be filled.
func (m *Image) Reset(channels, height, width int) []uint8 {
	m.Planes, m.tape = nil, nil
	m.take(m.fresh(channels*height*width), channels, height, width)
	return m.Pix
}

// fresh returns a buffer of n bytes that is not Pix.
func (m *Image) fresh(n int) []uint8 {
	b := &m.bufs[1-m.cur]
	*b = grow(*b, n)
	return *b
}

// take makes the buffer that fresh returned the pixels.
func (m *Image) take(pix []uint8, channels, height, width int) {
	m.Pix, m.cur, m.lent, m.whole = pix, 1-m.cur, false, shrunk{}
	m.Channels, m.Height, m.Width = channels, height, width
}

// writable returns Pix, copied first if it is somebody else's.
func (m *Image) writable() []uint8 {
	if m.lent {
		b := m.fresh(len(m.Pix))
		copy(b, m.Pix)
		m.take(b, m.Channels, m.Height, m.Width)
	}
	return m.Pix
}

// ToPlanes returns the image as float32 planes: as they are after normalisation, else made from the 8-bit pixels, scaled to [0,1].
func (m *Image) ToPlanes() []float32 {
	if m.Planes == nil {
		m.normalize(unit[:], 0)
	}
	return m.Planes
}

// unit is the scaling to [0,1] as a table over the 256 values.
var unit = func() (t [256]float32) {
	for v := range t {
		t[v] = float32(v) / 255
	}
	return t
}()

// normalize sets Planes by a table of 256 values for each channel; stride is 256, or 0 when one table serves all.
func (m *Image) normalize(table []float32, stride int) {
	if m.recordedPlanes(table) {
		return
	}
	n := m.Height * m.Width
	dst := m.Dst
	if len(dst) != n*m.Channels {
		m.floats = grow(m.floats, n*m.Channels)
		dst = m.floats
	}
	if m.Channels == 3 {
		normalize3(dst, m.Pix, (*[256]float32)(table), (*[256]float32)(table[stride:]), (*[256]float32)(table[2*stride:]))
	} else {
		for c := range m.Channels {
			t := (*[256]float32)(table[c*stride:])
			for i, at := c*n, c; at < len(m.Pix); i, at = i+1, at+m.Channels {
				dst[i] = t[m.Pix[at]]
			}
		}
	}
	m.Planes = dst
}

func normalize3(dst []float32, pix []uint8, r, g, b *[256]float32) {
	if native && len(pix) >= leastNative {
		nativePlanes3(dst, pix, r, g, b)
		return
	}
	n := len(pix) / 3
	reds, greens, blues := dst[:n], dst[n:2*n], dst[2*n:3*n]
	for i := range reds {
		p := (*[3]uint8)(pix[i*3:])
		reds[i], greens[i], blues[i] = r[p[0]], g[p[1]], b[p[2]]
	}
}

func grow[T any](b []T, n int) []T {
	if cap(b) < n {
		return make([]T, n, n+n/4)
	}
	return b[:n]
}
