package datasource

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"

	"ssc/runtime/transform"
)

// decode makes m show an encoded image as RGB or, with one channel, as grey. The format is told by content. The size is checked against
// maxPixels, and for PNG against what the data can inflate to, before memory is taken for the pixels.
//
// Conversions are those of Pillow's convert: alpha is dropped without blending, palettes are resolved, grey is .299 R + .587 G + .114 B.
// 16-bit values keep their upper byte, as in MMSelfSup's OpenCV reader (Pillow would cut grey ones at 255). Orientation tags are not applied.
func decode(m *transform.Image, data []byte, channels, maxPixels int) error {
	var config func() (image.Config, error)
	var read func() (image.Image, error)
	switch {
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
		config = func() (image.Config, error) { return png.DecodeConfig(bytes.NewReader(data)) }
		read = func() (image.Image, error) { return png.Decode(bytes.NewReader(data)) }
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		config = func() (image.Config, error) { return jpeg.DecodeConfig(bytes.NewReader(data)) }
		read = func() (image.Image, error) { return jpeg.Decode(bytes.NewReader(data)) }
	case len(data) == 0:
		return fmt.Errorf("the file is empty")
	default:
		return fmt.Errorf("neither PNG nor JPEG: it starts with %q", data[:min(len(data), 8)])
	}
	c, err := config()
	if err != nil {
		return err
	}
	if c.Width <= 0 || c.Height <= 0 {
		return fmt.Errorf("the image has no pixels")
	}
	if c.Width > maxPixels/c.Height {
		return fmt.Errorf("%d x %d pixels, more than max_pixels = %d", c.Height, c.Width, maxPixels)
	}
	if data[0] == 0x89 && uint64(c.Height)*uint64(1+c.Width/8) > uint64(len(data))*maxInflation {
		return fmt.Errorf("truncated: %d bytes cannot hold %d x %d pixels", len(data), c.Height, c.Width)
	}
	img, err := read()
	if err != nil {
		return err
	}
	return convert(m, img, channels)
}

// convert copies a decoded image.
func convert(m *transform.Image, img image.Image, channels int) error {
	b := img.Bounds()
	at := colours(img)
	if at == nil {
		return fmt.Errorf("images of type %T are not read", img)
	}
	out := m.Reset(channels, b.Dy(), b.Dx())
	i := 0
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			r, g, b := at(x, y)
			if channels == 1 {
				out[i] = transform.Luma(r, g, b)
				i++
				continue
			}
			out[i], out[i+1], out[i+2] = r, g, b
			i += 3
		}
	}
	return nil
}

// colours returns the reader of one pixel for the image types that the PNG and JPEG decoders produce.
func colours(img image.Image) func(x, y int) (r, g, b uint8) {
	switch p := img.(type) {
	case *image.Gray:
		return func(x, y int) (r, g, b uint8) { v := p.Pix[p.PixOffset(x, y)]; return v, v, v }
	case *image.Gray16:
		return func(x, y int) (r, g, b uint8) { v := p.Pix[p.PixOffset(x, y)]; return v, v, v }
	case *image.RGBA:
		return func(x, y int) (r, g, b uint8) { q := p.Pix[p.PixOffset(x, y):]; return q[0], q[1], q[2] }
	case *image.NRGBA:
		return func(x, y int) (r, g, b uint8) { q := p.Pix[p.PixOffset(x, y):]; return q[0], q[1], q[2] }
	case *image.RGBA64:
		return func(x, y int) (r, g, b uint8) { q := p.Pix[p.PixOffset(x, y):]; return q[0], q[2], q[4] }
	case *image.NRGBA64:
		return func(x, y int) (r, g, b uint8) { q := p.Pix[p.PixOffset(x, y):]; return q[0], q[2], q[4] }
	case *image.Paletted:
		table := palette(p.Palette)
		return func(x, y int) (r, g, b uint8) { c := table[p.Pix[p.PixOffset(x, y)]]; return c.R, c.G, c.B }
	case *image.YCbCr:
		return func(x, y int) (r, g, b uint8) {
			c := p.COffset(x, y)
			return color.YCbCrToRGB(p.Y[p.YOffset(x, y)], p.Cb[c], p.Cr[c])
		}
	case *image.CMYK:
		return func(x, y int) (r, g, b uint8) {
			q := p.Pix[p.PixOffset(x, y):]
			return ink(q[0], q[3]), ink(q[1], q[3]), ink(q[2], q[3])
		}
	}
	return nil
}

// palette resolves a palette without its alpha; entries beyond its end are black.
func palette(p color.Palette) (table [256]color.NRGBA) {
	for i, c := range p[:min(len(p), 256)] {
		table[i] = color.NRGBAModel.Convert(c).(color.NRGBA)
	}
	return table
}

// ink is the light that an ink and black leave: (255-k)·(255-c)/255, rounded as Pillow rounds it.
func ink(c, k uint8) uint8 {
	white := 255 - int(k)
	t := int(c)*white + 128
	return uint8(white - (t>>8+t)>>8)
}
