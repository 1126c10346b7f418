package datasource

import "ssc/runtime/transform"

// Look is how an image is stored, before anything of it is converted.
type Look struct {
	Format        string // "JPEG", "PNG", …
	Height, Width int    // in pixels, righted by the orientation tag
	Channels      int    // 1 grey, 2 grey and alpha, 3 colour, 4 colour and alpha; more are bands
	Deep          bool   // values have more than 8 bits; what the image shows is their upper byte
	Turned        bool   // the orientation tag turned or mirrored it
}

// Look implements [Looked].
func (f *files) Look(i int, m *transform.Image) (l Look, err error) {
	err = f.with(i, func(data []byte) error {
		l, err = look(m, data, f.as.maxPixels)
		return err
	})
	return l, err
}

// look decodes an image for its own sake: nothing is declared of its channels or values.
func look(m *transform.Image, data []byte, maxPixels int) (l Look, err error) {
	as := decoding{channels: max(3, bands(data)), maxPixels: maxPixels}
	for _, f := range formats {
		if !f.is(data) {
			continue
		}
		r, err := f.read(data, &as)
		if err == nil {
			err = r.show(m, as.channels)
		}
		if err != nil {
			return Look{}, inFormat(f.name, err)
		}
		return Look{Format: f.name, Height: m.Height, Width: m.Width, Channels: r.samples, Deep: r.deep, Turned: r.orientation > 1 && r.orientation <= 8}, nil
	}
	return Look{}, unknownFormat(data)
}

// bands is the number of samples of a pixel where that is more than colour and alpha, else 0. Only TIFF files have so many.
func bands(data []byte) int {
	f, err := readIFD(data)
	if err != nil {
		return 0
	}
	if n, err := f.number(tagSamples, 1); err == nil && n > 4 && n <= maxChannels {
		return n
	}
	return 0
}
