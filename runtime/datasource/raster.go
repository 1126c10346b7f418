package datasource

import (
	"fmt"
	"image"
	"image/color"

	"ssc/runtime/transform"
)

// raster is a decoded image on its way to the declared channels.
type raster struct {
	height, width int
	// samples is the number of values of a pixel: 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha; bands have no such meaning.
	samples int
	bands   bool
	deep    bool // values have more than 8 bits as they are stored
	// row writes the samples of one row. Rows are asked for in order, from one goroutine.
	row func(y int, dst []uint8)
	// fill, if not nil, stands for row: it writes all rows at once.
	fill        func(dst []uint8) error
	orientation int // of the EXIF tag, 1 … 8; 0 is 1

	wholeHeight, wholeWidth, shrunk int // of the image, when it was decoded at 1/shrunk; else 0
}

// show makes m show the image.
func (r raster) show(m *transform.Image, channels int) error {
	if err := convertible(r.samples, r.bands, channels); err != nil {
		return err
	}
	out := m.Reset(channels, r.height, r.width)
	stride := channels * r.width
	if r.fill != nil {
		if err := r.filled(out, channels); err != nil {
			return err
		}
		m.ShrunkFrom(r.wholeHeight, r.wholeWidth, r.shrunk)
	} else if r.samples == channels {
		for y := range r.height {
			r.row(y, out[y*stride:(y+1)*stride])
		}
	} else {
		line := make([]uint8, r.samples*r.width)
		for y := range r.height {
			r.row(y, line)
			convert(out[y*stride:(y+1)*stride], channels, line, r.samples)
		}
	}
	turn(m, r.orientation)
	return nil
}

// filled writes all rows, by way of their own channels if those are others.
func (r raster) filled(out []uint8, channels int) error {
	if r.samples == channels {
		return r.fill(out)
	}
	all := make([]uint8, r.samples*r.width*r.height)
	if err := r.fill(all); err != nil {
		return err
	}
	convert(out, channels, all, r.samples)
	return nil
}

// convertible says why an image cannot have the declared channels.
func convertible(samples int, bands bool, channels int) error {
	if samples != channels && (bands || samples > 4 || channels > 4) {
		return fmt.Errorf("the image has %d channels, which cannot be converted to channels = %d", samples, channels)
	}
	return nil
}

// convert writes pixels with other channels, up to 4 of both.
func convert(dst []uint8, channels int, src []uint8, samples int) {
	for len(dst) >= channels && len(src) >= samples {
		r, g, b, a := src[0], src[0], src[0], uint8(255)
		if samples > 2 {
			g, b = src[1], src[2]
		}
		if samples%2 == 0 {
			a = src[samples-1]
		}
		switch channels {
		case 1:
			dst[0] = transform.Luma(r, g, b)
		case 2:
			dst[0], dst[1] = transform.Luma(r, g, b), a
		case 3:
			dst[0], dst[1], dst[2] = r, g, b
		case 4:
			dst[0], dst[1], dst[2], dst[3] = r, g, b, a
		}
		dst, src = dst[channels:], src[samples:]
	}
}

// fromImage reads the image types that the PNG, BMP and JPEG decoders make.
func fromImage(img image.Image, as *decoding) (raster, error) {
	b := img.Bounds()
	out := raster{height: b.Dy(), width: b.Dx()}
	switch p := img.(type) {
	case *image.Gray:
		out.samples, out.row = 1, func(y int, dst []uint8) { copy(dst, p.Pix[y*p.Stride:]) }
	case *image.Gray16:
		out.deep = true
		out.samples, out.row = 1, func(y int, dst []uint8) { narrow(dst, 1, p.Pix[y*p.Stride:], 1, as) }
	case *image.RGBA: // PNG and BMP without alpha
		out.samples, out.row = 3, func(y int, dst []uint8) { convert(dst, 3, p.Pix[y*p.Stride:], 4) }
	case *image.NRGBA:
		out.samples, out.row = 4, func(y int, dst []uint8) { copy(dst, p.Pix[y*p.Stride:]) }
	case *image.RGBA64: // PNG without alpha
		out.deep = true
		out.samples, out.row = 3, func(y int, dst []uint8) { narrow(dst, 3, p.Pix[y*p.Stride:], 4, as) }
	case *image.NRGBA64:
		out.deep = true
		out.samples, out.row = 4, func(y int, dst []uint8) {
			narrow(dst, 4, p.Pix[y*p.Stride:], 4, as)
			for x := 3; x < len(dst); x += 4 {
				dst[x] = p.Pix[y*p.Stride+2*x] // opaque is 65535 whatever the window
			}
		}
	case *image.Paletted:
		out.samples, out.row = paletteRow(p.Palette, func(y int) []uint8 { return p.Pix[y*p.Stride:] })
	case *image.CMYK:
		out.samples, out.row = 3, func(y int, dst []uint8) { inkRow(dst, p.Pix[y*p.Stride:]) }
	case *image.YCbCr:
		out.samples, out.row = 3, jpegRows(p)
	default:
		return out, fmt.Errorf("images of type %T are not read", img)
	}
	return out, nil
}

// narrow makes 8-bit pixels of channels values from big-endian 16-bit ones of samples values.
func narrow(dst []uint8, channels int, src []uint8, samples int, as *decoding) {
	for ; len(dst) >= channels; dst, src = dst[channels:], src[2*samples:] {
		for c := range channels {
			dst[c] = as.window.word(uint16(src[2*c])<<8 | uint16(src[2*c+1]))
		}
	}
}

// paletteRow resolves a palette, with alpha if an entry has some; entries beyond its end are black.
func paletteRow(p color.Palette, row func(y int) []uint8) (samples int, read func(y int, dst []uint8)) {
	var table [256]color.NRGBA
	samples = 3
	for i := range table {
		table[i].A = 255
	}
	for i, c := range p[:min(len(p), 256)] {
		table[i] = color.NRGBAModel.Convert(c).(color.NRGBA)
		if table[i].A != 255 {
			samples = 4
		}
	}
	return samples, func(y int, dst []uint8) {
		for x, v := range row(y)[:len(dst)/samples] {
			c := table[v]
			q := dst[x*samples:]
			q[0], q[1], q[2] = c.R, c.G, c.B
			if samples == 4 {
				q[3] = c.A
			}
		}
	}
}

// inkRow turns CMYK into RGB.
func inkRow(dst, src []uint8) {
	for ; len(dst) >= 3; dst, src = dst[3:], src[4:] {
		dst[0], dst[1], dst[2] = ink(src[0], src[3]), ink(src[1], src[3]), ink(src[2], src[3])
	}
}

// ink is the light that an ink and black leave: (255-k)·(255-c)/255, rounded as Pillow rounds it.
func ink(c, k uint8) uint8 {
	white := 255 - int(k)
	t := int(c)*white + 128
	return uint8(white - (t>>8+t)>>8)
}
