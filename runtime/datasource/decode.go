package datasource

import (
	"bytes"
	"errors"
	"fmt"
	"image/png"
	"strings"

	"golang.org/x/image/bmp"

	"ssc/lang/schema"
	"ssc/runtime/transform"
)

// decoding says what encoded images become.
type decoding struct {
	channels, maxPixels int
	window              window
	scale               string // fullSize or scaledSize
	goJPEG              bool   // JPEG by Go's decoder though there is another; for tests

	shrink func(height, width int) int // of the image that is read into
}

// Values of the argument decode.
const (
	fullSize   = "full"
	scaledSize = "scaled"
)

// args declares what all sources of encoded images share.
func (d *decoding) args(set *schema.Set) {
	set.Int(&d.channels, "channels", 3, "channels that every image is converted to: 1 (grey), 2 (grey and alpha), 3 (RGB), 4 (RGB and alpha); "+
		"more than 4 take only images that have as many (TIFF, npy)", schema.Between(1, maxChannels))
	d.window.args(set)
	set.Int(&d.maxPixels, "max_pixels", 178_956_970, "images with more pixels are bad samples; the default is Pillow's limit against decompression bombs. "+
		"While an image is read it takes up to 32 bytes a pixel, more with more than 4 channels", schema.Positive)
	set.String(&d.scale, "decode", fullSize, "\"scaled\" decodes a JPEG image at 1/2, 1/4 or 1/8 of its size where every view begins by shrinking it (random_resized_crop, resize) to less than that: "+
		"the crops stay the same, their pixels differ slightly from those of \"full\", with which the recipes were tuned. It needs libjpeg-turbo", schema.OneOf(fullSize, scaledSize))
}

// formatsDoc ends the description of every source of encoded images.
const formatsDoc = " JPEG, PNG, WebP, TIFF, BMP, PPM and PGM are read, told apart by content and righted by their orientation tag; " +
	"files of other formats are bad samples, as damaged ones are."

// maxChannels is well above the bands of satellite images (hyperspectral ones have 200 to 400).
const maxChannels = 1024

func (d *decoding) check(r *schema.Report) { d.window.check(r) }

// bound refuses images that have no pixels or too many.
func (d *decoding) bound(height, width int) error {
	if width <= 0 || height <= 0 {
		return errors.New("the image has no pixels")
	}
	if width > d.maxPixels/height {
		return fmt.Errorf("%d x %d pixels, more than max_pixels = %d", height, width, d.maxPixels)
	}
	return nil
}

// decode makes m show an encoded image with the declared channels. The format is told by content. The size is checked against maxPixels, and
// against what the data can inflate to, before memory is taken for the pixels.
//
// Conversions are those of Pillow's convert: alpha is dropped without blending or added opaque, palettes are resolved, grey is
// .299 R + .587 G + .114 B. 16-bit values are narrowed by the window, where Pillow would cut grey ones at 255. The orientation tag is applied as
// by Pillow's ImageOps.exif_transpose.
func decode(m *transform.Image, data []byte, as decoding) error {
	for _, f := range formats {
		if !f.is(data) {
			continue
		}
		as.shrink = m.Shrink
		r, err := f.read(data, &as)
		if err == nil {
			err = r.show(m, as.channels)
		}
		if err != nil {
			return inFormat(f.name, err)
		}
		return nil
	}
	return unknownFormat(data)
}

func inFormat(name string, err error) error { return fmt.Errorf("%s: %w", name, err) }

type format struct {
	name string
	is   func(data []byte) bool
	read func(data []byte, as *decoding) (raster, error)
}

var formats = []format{
	{"JPEG", startsWith("\xff\xd8\xff"), readJPEG},
	{"PNG", startsWith("\x89PNG\r\n\x1a\n"), readPNG},
	{"WebP", func(b []byte) bool { return startsWith("RIFF")(b) && len(b) >= 12 && string(b[8:12]) == "WEBP" }, readWebP},
	{"TIFF", func(b []byte) bool { return startsWith("II*\x00")(b) || startsWith("MM\x00*")(b) }, readTIFF},
	{"npy", startsWith(npyMagic), readNPYImage},
	{"PNM", func(b []byte) bool {
		return len(b) > 2 && b[0] == 'P' && strings.IndexByte("2356", b[1]) >= 0 && isBlank(b[2])
	}, readPNM},
	{"BMP", startsWith("BM"), readBMP},
}

func startsWith(magic string) func([]byte) bool {
	return func(b []byte) bool { return bytes.HasPrefix(b, []byte(magic)) }
}

// unreadable are formats that people do have, and that are named rather than quoted.
var unreadable = []struct {
	name string
	is   func([]byte) bool
}{
	{"a GIF", startsWith("GIF8")},
	{"a BigTIFF", func(b []byte) bool { return startsWith("II+\x00")(b) || startsWith("MM\x00+")(b) }},
	{"a HEIC or AVIF", func(b []byte) bool { return len(b) >= 8 && string(b[4:8]) == "ftyp" }},
	{"a JPEG 2000", func(b []byte) bool { return len(b) >= 8 && string(b[4:8]) == "jP  " }},
	{"a JPEG XL", startsWith("\xff\x0a")},
}

func unknownFormat(data []byte) error {
	if len(data) == 0 {
		return errors.New("the file is empty")
	}
	for _, u := range unreadable {
		if u.is(data) {
			return fmt.Errorf("%s image, which is not read; convert it to PNG or JPEG", u.name)
		}
	}
	return fmt.Errorf("no image of a format that is read (JPEG, PNG, WebP, TIFF, BMP, PPM, PGM, npy): it starts with %q", data[:min(len(data), 8)])
}

func readPNG(data []byte, as *decoding) (raster, error) {
	c, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return raster{}, err
	}
	if err := as.bound(c.Height, c.Width); err != nil {
		return raster{}, err
	}
	if uint64(c.Height)*uint64(1+c.Width/8) > uint64(len(data))*maxInflation {
		return raster{}, tooShort(data, c.Height, c.Width)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return raster{}, err
	}
	r, err := fromImage(img, as)
	r.orientation = pngOrientation(data)
	return r, err
}

func readBMP(data []byte, as *decoding) (raster, error) {
	c, err := bmp.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return raster{}, err
	}
	if err := as.bound(c.Height, c.Width); err != nil {
		return raster{}, err
	}
	if uint64(c.Height)*uint64(c.Width/8) > uint64(len(data)) { // not compressed, at least a bit for each pixel
		return raster{}, tooShort(data, c.Height, c.Width)
	}
	img, err := bmp.Decode(bytes.NewReader(data))
	if err != nil {
		return raster{}, err
	}
	return fromImage(img, as)
}

func tooShort(data []byte, height, width int) error {
	return fmt.Errorf("truncated: %d bytes cannot hold %d x %d pixels", len(data), height, width)
}
