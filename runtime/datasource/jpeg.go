package datasource

import (
	"bytes"
	gojpeg "image/jpeg"

	"ssc/runtime/jpeg"
)

// pixelsPerByte is the most that a byte of JPEG data holds: a bit for each block of 8 x 8.
const pixelsPerByte = 8 * 64

// readJPEG decodes with libjpeg-turbo if it is there. What that does not take (the colours of printing inks, damaged headers) is Go's to read or to refuse.
func readJPEG(data []byte, as *decoding) (raster, error) {
	if d, err := jpeg.Find(); err == nil && !as.goJPEG {
		if h, err := d.ReadHeader(data); err == nil {
			return turboJPEG(d, h, data, as)
		}
	}
	c, err := gojpeg.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return raster{}, err
	}
	if err := boundJPEG(data, c.Height, c.Width, as); err != nil {
		return raster{}, err
	}
	img, err := gojpeg.Decode(bytes.NewReader(data))
	if err != nil {
		return raster{}, err
	}
	r, err := fromImage(img, as)
	r.orientation = jpegOrientation(data)
	return r, err
}

// boundJPEG refuses sizes that the declaration or the data do not allow.
func boundJPEG(data []byte, height, width int, as *decoding) error {
	if err := as.bound(height, width); err != nil {
		return err
	}
	if uint64(height)*uint64(width) > uint64(len(data))*pixelsPerByte {
		return tooShort(data, height, width)
	}
	return nil
}

// turboJPEG decodes into the memory of the image itself, at a fraction of the size if that is allowed and enough for all views.
func turboJPEG(d *jpeg.Decoder, h jpeg.Header, data []byte, as *decoding) (raster, error) {
	if err := boundJPEG(data, h.Height, h.Width, as); err != nil {
		return raster{}, err
	}
	r := raster{orientation: jpegOrientation(data), samples: h.Channels}
	if as.scale == scaledSize && as.shrink != nil && r.orientation <= 1 {
		if n := as.shrink(h.Height, h.Width); n > 1 {
			r.wholeHeight, r.wholeWidth, r.shrunk = h.Height, h.Width, n
			h = h.Shrunk(n)
		}
	}
	r.height, r.width = h.Height, h.Width
	r.fill = func(dst []uint8) error { return d.Decode(dst, data, h) }
	return r, nil
}

// decoderName is the line of a [List] for the decoder of JPEG images: a run that goes on with another one would see other pixels.
const decoderName = "(decoder of JPEG images)"

// addDecoder lists the decoder.
func (l *List) addDecoder() { l.add(jpeg.Name(), []byte(decoderName)) }

// isJPEG tells by the end of a name.
func isJPEG(name []byte) bool {
	for _, ext := range []string{".jpg", ".jpeg", ".jpe", ".jfif"} {
		if n := len(name) - len(ext); n >= 0 && bytes.EqualFold(name[n:], []byte(ext)) {
			return true
		}
	}
	return false
}
