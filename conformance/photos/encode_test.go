package photos

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

// kind is a way to store a photograph.
type kind struct {
	name, ext string
	encode    func(b *bytes.Buffer, m *image.NRGBA) error
}

var kinds = []kind{
	{"JPEG", ".jpg", func(b *bytes.Buffer, m *image.NRGBA) error { return jpeg.Encode(b, m, &jpeg.Options{Quality: 85}) }},
	{"JPEG of a camera", ".JPG", func(b *bytes.Buffer, m *image.NRGBA) error { return jpeg.Encode(b, m, &jpeg.Options{Quality: 60}) }},
	{"JPEG on its side", ".jpeg", func(b *bytes.Buffer, m *image.NRGBA) error {
		var plain bytes.Buffer
		if err := jpeg.Encode(&plain, m, nil); err != nil {
			return err
		}
		b.Write(plain.Bytes()[:2])
		b.Write(oriented(6))
		b.Write(plain.Bytes()[2:])
		return nil
	}},
	{"grey JPEG", ".jpg", func(b *bytes.Buffer, m *image.NRGBA) error { return jpeg.Encode(b, as(image.NewGray(m.Rect), m), nil) }},
	{"PNG", ".png", func(b *bytes.Buffer, m *image.NRGBA) error { return png.Encode(b, m) }},
	{"PNG with alpha", ".png", func(b *bytes.Buffer, m *image.NRGBA) error {
		for i := 3; i < len(m.Pix); i += 4 {
			m.Pix[i] = uint8(i / 7)
		}
		return png.Encode(b, m)
	}},
	{"grey PNG", ".png", func(b *bytes.Buffer, m *image.NRGBA) error { return png.Encode(b, as(image.NewGray(m.Rect), m)) }},
	{"16-bit grey PNG", ".png", func(b *bytes.Buffer, m *image.NRGBA) error { return png.Encode(b, as(image.NewGray16(m.Rect), m)) }},
	{"16-bit PNG", ".PNG", func(b *bytes.Buffer, m *image.NRGBA) error { return png.Encode(b, as(image.NewNRGBA64(m.Rect), m)) }},
	{"WebP", ".webp", lossless},
	{"TIFF", ".tif", func(b *bytes.Buffer, m *image.NRGBA) error {
		return tiff.Encode(b, m, &tiff.Options{Compression: tiff.Deflate, Predictor: true})
	}},
	{"16-bit TIFF", ".tiff", func(b *bytes.Buffer, m *image.NRGBA) error {
		return tiff.Encode(b, as(image.NewGray16(m.Rect), m), nil)
	}},
	{"BMP", ".bmp", func(b *bytes.Buffer, m *image.NRGBA) error { return bmp.Encode(b, m) }},
}

// as converts an image.
func as[M draw.Image](dst M, m *image.NRGBA) M {
	draw.Draw(dst, m.Rect, m, image.Point{}, draw.Src)
	return dst
}

// oriented is the segment of a JPEG file with an orientation tag: EXIF data, a TIFF directory of one entry.
func oriented(orientation byte) []byte {
	body := append([]byte("Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01"), 0, orientation, 0, 0, 0, 0, 0, 0)
	return append(binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(body)+2)), body...)
}

// bits writes numbers from their lowest bit on.
type bits struct {
	out  []byte
	used int
}

func (w *bits) put(v uint32, n int) {
	for i := range n {
		if w.used%8 == 0 {
			w.out = append(w.out, 0)
		}
		w.out[len(w.out)-1] |= byte(v>>i&1) << (w.used % 8)
		w.used++
	}
}

// reversed is a prefix code of 8 bits in the order in which it is read.
func (w *bits) reversed(v uint8) {
	for i := 7; i >= 0; i-- {
		w.put(uint32(v>>i&1), 1)
	}
}

// lossless writes WebP's lossless format without compression: every value of green, red, blue and alpha has a code of 8 bits, its own number.
//
// Source: Google, "WebP Lossless Bitstream Specification", sections 3, 5 and 6.
func lossless(b *bytes.Buffer, m *image.NRGBA) error {
	w := &bits{}
	w.put(0x2f, 8)
	w.put(uint32(m.Rect.Dx()-1), 14)
	w.put(uint32(m.Rect.Dy()-1), 14)
	w.put(0, 1+3)   // no alpha, version
	w.put(0, 1+1+1) // no transform, no colour cache, one group of codes
	for _, symbols := range []int{256 + 24, 256, 256, 256, 40} {
		if symbols == 40 { // distances: one code that is never used
			w.put(1, 1) // simple
			w.put(0, 1) // one symbol …
			w.put(0, 1) // … of one bit …
			w.put(0, 1) // … which is 0
			continue
		}
		w.put(0, 1)         // not simple
		w.put(8, 4)         // lengths of 12 codes of lengths follow, in the order 17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8
		for i := range 12 { // the lengths 0 and 8 have codes of one bit, 0 and 1
			if i == 2 || i == 11 {
				w.put(1, 3)
			} else {
				w.put(0, 3)
			}
		}
		w.put(0, 1) // all symbols have a length
		for i := range symbols {
			if i < 256 {
				w.put(1, 1)
			} else {
				w.put(0, 1)
			}
		}
	}
	for y := range m.Rect.Dy() {
		for x := range m.Rect.Dx() {
			c := color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA)
			for _, v := range []uint8{c.G, c.R, c.B, 255} {
				w.reversed(v)
			}
		}
	}
	if len(w.out)%2 == 1 {
		w.out = append(w.out, 0)
	}
	b.WriteString("RIFF")
	b.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(w.out)+12)))
	b.WriteString("WEBPVP8L")
	b.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(w.out))))
	b.Write(w.out)
	return nil
}
