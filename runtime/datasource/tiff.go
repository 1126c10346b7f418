package datasource

import (
	"errors"
	"fmt"
	"slices"
)

// The TIFF reader is made here because golang.org/x/image/tiff reads at most 4 samples a pixel, of one arrangement, and microscopes and
// satellites write more: it takes 1, 2, 4, 8 and 16 bits, any number of samples, side by side or in planes, in strips or tiles, compressed by LZW,
// deflate, PackBits or fax codes. Of several pages the first is read.
//
// Source: Adobe, "TIFF Revision 6.0", 1992.

// tiff is an image's description.
type tiff struct {
	*ifd
	as                                          *decoding
	height, width, bits, samples                int
	photometric, compression, planar, predictor int
	extra                                       []int
	blockHeight, blockWidth                     int // of a strip or tile
	tiled                                       bool
	down, across                                int // blocks of one plane
	offsets, counts                             []int
	palette                                     []int
	pix                                         []uint8 // decoded samples, [height, width, samples]
}

// Values of tags.
const (
	whiteIsZero, blackIsZero, rgbColour, paletteColour, cmykColour = 0, 1, 2, 3, 5
	planarSeparate                                                 = 2
	associatedAlpha, unassociatedAlpha                             = 1, 2
	sampleUint                                                     = 1
	noPredictor, horizontalPredictor                               = 1, 2
)

// maxRatio is the greatest ratio of the compressions: a 12-bit LZW code stands for up to 4096 bytes; fax codes, which are for scanned text, may
// be above it only for blank pages.
const maxRatio = 4096

func readTIFF(data []byte, as *decoding) (raster, error) {
	f, err := readIFD(data)
	if err != nil {
		return raster{}, err
	}
	t := &tiff{ifd: f, as: as}
	for _, step := range []func() error{t.shape, t.colours, t.blocks, t.decode} {
		if err := step(); err != nil {
			return raster{}, err
		}
	}
	return t.raster(), nil
}

// shape reads the size of the image and of its pixels, and checks them before memory is taken.
func (t *tiff) shape() (err error) {
	for _, v := range []struct {
		to  *int
		tag uint16
		def int
	}{
		{&t.width, tagWidth, 0}, {&t.height, tagHeight, 0}, {&t.samples, tagSamples, 1}, {&t.compression, tagCompression, 1},
		{&t.photometric, tagPhotometric, -1}, {&t.planar, tagPlanar, 1}, {&t.predictor, tagPredictor, noPredictor},
	} {
		if *v.to, err = t.number(v.tag, v.def); err != nil {
			return err
		}
	}
	if err := t.as.bound(t.height, t.width); err != nil {
		return err
	}
	if t.samples < 1 || t.samples > maxChannels {
		return fmt.Errorf("%d samples a pixel; 1 to %d are read", t.samples, maxChannels)
	}
	bits, err := t.list(tagBits, maxChannels)
	if err != nil {
		return err
	}
	t.bits = 1
	if len(bits) > 0 {
		t.bits = bits[0]
	}
	if !slices.Contains([]int{1, 2, 4, 8, 16}, t.bits) || slices.ContainsFunc(bits, func(b int) bool { return b != t.bits }) {
		return fmt.Errorf("%v bits a sample; 1, 2, 4, 8 or 16 are read, the same for all", bits)
	}
	formats, err := t.list(tagSampleFormat, maxChannels)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(formats, func(f int) bool { return f != sampleUint }) {
		return errors.New("samples are not unsigned whole numbers; save it with 8 or 16 bits a sample, or as npy")
	}
	if t.bits < 8 && t.samples > 1 {
		return fmt.Errorf("%d samples of %d bits a pixel, which is not read", t.samples, t.bits)
	}
	values := uint64(t.height) * uint64(t.width) * uint64(t.samples)
	if values > uint64(t.as.maxPixels)*uint64(max(t.as.channels, 4)) {
		return fmt.Errorf("%d x %d pixels of %d samples, more than max_pixels = %d allows", t.height, t.width, t.samples, t.as.maxPixels)
	}
	if values*uint64(t.bits)/8 > uint64(len(t.data))*maxRatio {
		return tooShort(t.data, t.height, t.width)
	}
	return nil
}

// colours reads what the samples mean, and refuses what cannot become the declared channels before it is decoded.
func (t *tiff) colours() (err error) {
	if t.extra, err = t.list(tagExtraSamples, maxChannels); err != nil {
		return err
	}
	least := map[int]int{whiteIsZero: 1, blackIsZero: 1, rgbColour: 3, paletteColour: 1, cmykColour: 4}[t.photometric]
	if least == 0 {
		return fmt.Errorf("photometric interpretation %d is not read", t.photometric)
	}
	if t.samples < least {
		return fmt.Errorf("%d samples a pixel where its colours have %d", t.samples, least)
	}
	if t.photometric == paletteColour {
		if t.samples != 1 || t.bits > 8 {
			return errors.New("its palette has more than 8 bits")
		}
		if t.palette, err = t.list(tagColorMap, 3*256); err != nil {
			return err
		}
		if len(t.palette) != 3<<t.bits {
			return fmt.Errorf("its palette has %d values where %d are needed", len(t.palette), 3<<t.bits)
		}
	}
	samples, bands := t.kept()
	return convertible(samples, bands, t.as.channels)
}

// alpha is the kind of the first sample after those of the colour; four unexplained samples are colour and alpha, as Pillow reads them.
func (t *tiff) alpha(colours int) int {
	switch {
	case t.samples == colours:
		return 0
	case len(t.extra) > 0:
		return t.extra[0]
	case t.samples == 4 && colours == 3:
		return unassociatedAlpha
	}
	return 0
}

// kept is the number of samples that are used of each pixel: all of them where as many channels are declared, else those with a
// meaning.
func (t *tiff) kept() (samples int, bands bool) {
	switch {
	case t.photometric == cmykColour:
		return 3, false
	case t.photometric == paletteColour:
		return 3, false
	}
	colours := 1
	if t.photometric == rgbColour {
		colours = 3
	}
	switch a := t.alpha(colours); {
	case t.samples > colours+1 && (t.samples == t.as.channels || colours == 1):
		return t.samples, true
	case t.samples > colours && (a == associatedAlpha || a == unassociatedAlpha || t.samples == t.as.channels):
		return colours + 1, false
	}
	return colours, false
}

// blocks reads where the strips or tiles lie.
func (t *tiff) blocks() (err error) {
	offsets, counts := uint16(tagStripOffsets), uint16(tagStripCounts)
	t.blockWidth = t.width
	if t.blockHeight, err = t.number(tagRowsPerStrip, t.height); err != nil {
		return err
	}
	t.blockHeight = min(t.blockHeight, t.height)
	if _, t.tiled = t.tags[tagTileWidth]; t.tiled {
		offsets, counts = tagTileOffsets, tagTileCounts
		if t.blockWidth, err = t.number(tagTileWidth, 0); err != nil {
			return err
		}
		if t.blockHeight, err = t.number(tagTileHeight, 0); err != nil {
			return err
		}
	}
	if err := t.blockSize(); err != nil {
		return err
	}
	t.down, t.across = (t.height+t.blockHeight-1)/t.blockHeight, (t.width+t.blockWidth-1)/t.blockWidth
	n := t.down * t.across * t.planes()
	if n > len(t.data) {
		return fmt.Errorf("%d strips or tiles in %d bytes", n, len(t.data))
	}
	if t.offsets, err = t.list(offsets, n); err != nil {
		return err
	}
	if t.counts, err = t.list(counts, n); err != nil {
		return err
	}
	if t.compression == 1 && t.counts == nil && len(t.offsets) == 1 { // old writers leave it out
		t.counts = []int{len(t.data) - min(t.offsets[0], len(t.data))}
	}
	if len(t.offsets) != n || len(t.counts) != n {
		return fmt.Errorf("%d offsets and %d lengths for %d strips or tiles", len(t.offsets), len(t.counts), n)
	}
	return nil
}

// maxTile bounds the side of a tile, so that products of sizes do not overflow.
const maxTile = 1 << 14

func (t *tiff) blockSize() error {
	if t.blockHeight < 1 || t.blockWidth < 1 || t.tiled && (t.blockHeight > maxTile || t.blockWidth > maxTile) {
		return fmt.Errorf("strips or tiles of %d x %d pixels", t.blockHeight, t.blockWidth)
	}
	return nil
}

// planes is the number of planes that lie apart, inside the samples of a pixel in one of them.
func (t *tiff) planes() int {
	if t.planar == planarSeparate {
		return t.samples
	}
	return 1
}

// inside is the number of samples that lie side by side.
func (t *tiff) inside() int { return t.samples / t.planes() }

// raster picks from the decoded samples.
func (t *tiff) raster() raster {
	out := raster{height: t.height, width: t.width, deep: t.bits > 8, orientation: t.orientation()}
	out.samples, out.bands = t.kept()
	line := func(y int) []uint8 { return t.pix[y*t.width*t.samples : (y+1)*t.width*t.samples] }
	switch {
	case t.photometric == paletteColour:
		n := len(t.palette) / 3
		out.row = func(y int, dst []uint8) {
			for x, v := range line(y) {
				dst[3*x], dst[3*x+1], dst[3*x+2] = uint8(t.palette[v]>>8), uint8(t.palette[n+int(v)]>>8), uint8(t.palette[2*n+int(v)]>>8)
			}
		}
	case t.photometric == cmykColour:
		out.row = func(y int, dst []uint8) {
			for src := line(y); len(src) >= t.samples; dst, src = dst[3:], src[t.samples:] {
				inkRow(dst[:3], src)
			}
		}
	default:
		premultiplied := !out.bands && out.samples%2 == 0 && t.alpha(out.samples-1) == associatedAlpha
		out.row = func(y int, dst []uint8) {
			for src := line(y); len(src) > 0; dst, src = dst[out.samples:], src[t.samples:] {
				copy(dst[:out.samples], src)
				if premultiplied {
					unmultiply(dst[:out.samples])
				}
			}
		}
	}
	return out
}

// unmultiply divides the colours of a pixel by its alpha, as Pillow does.
func unmultiply(p []uint8) {
	last := len(p) - 1
	if p[last] == 0 || p[last] == 255 {
		return
	}
	for i, v := range p[:last] {
		p[i] = uint8(min(int(v)*255/int(p[last]), 255))
	}
}
