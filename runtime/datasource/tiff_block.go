package datasource

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zlib"
	"golang.org/x/image/ccitt"
)

// Compressions, by their numbers in the tag.
const (
	uncompressed, faxGroup3, faxGroup4, lzwCodes, deflate, packBits, deflateOld = 1, 3, 4, 5, 8, 32773, 32946
)

// largeTile is what a tile may hold beyond the image that it is a part of: 1024 x 1024 pixels of 16 bytes.
const largeTile = 16 << 20

// decode fills pix, block by block.
func (t *tiff) decode() error {
	t.pix = make([]uint8, t.height*t.width*t.samples)
	u := &unpacker{}
	rowBytes := (t.blockWidth*t.inside()*t.bits + 7) / 8
	var buf []byte
	for i := range t.offsets {
		plane, at := i/(t.down*t.across), i%(t.down*t.across)
		y0, x0 := at/t.across*t.blockHeight, at%t.across*t.blockWidth
		rows := t.blockHeight
		if !t.tiled {
			rows = min(rows, t.height-y0)
		}
		off, n := uint64(t.offsets[i]), uint64(t.counts[i])
		if off+n > uint64(len(t.data)) {
			return fmt.Errorf("truncated: a strip or tile of %d bytes at byte %d of %d", n, off, len(t.data))
		}
		want := rows * rowBytes
		if want > 8*len(t.pix)+largeTile {
			return fmt.Errorf("tiles of %d x %d pixels in an image of %d x %d", t.blockHeight, t.blockWidth, t.height, t.width)
		}
		if uint64(want) > n*maxRatio && t.compression != faxGroup4 {
			return fmt.Errorf("truncated: %d bytes cannot hold %d rows of %d bytes", n, rows, rowBytes)
		}
		if cap(buf) < want {
			buf = make([]byte, want)
		}
		buf = buf[:want]
		if err := t.unpack(u, buf, t.data[off:off+n], rows); err != nil {
			return fmt.Errorf("strip or tile %d: %w", i, err)
		}
		if err := t.unpredict(buf, rowBytes); err != nil {
			return err
		}
		for y := y0; y < min(y0+rows, t.height); y++ {
			t.place(buf[(y-y0)*rowBytes:][:rowBytes], y, x0, plane)
		}
	}
	return nil
}

// unpacker holds what the decompressors keep between blocks.
type unpacker struct {
	inflate io.ReadCloser
	lzw     *lzw
}

// unpack decompresses a block to dst, exactly.
func (t *tiff) unpack(u *unpacker, dst, src []byte, rows int) (err error) {
	switch t.compression {
	case uncompressed:
		if len(src) < len(dst) {
			return fmt.Errorf("truncated: %d of %d bytes", len(src), len(dst))
		}
		copy(dst, src)
	case lzwCodes:
		if u.lzw == nil {
			u.lzw = &lzw{}
		}
		return u.lzw.unpack(dst, src)
	case deflate, deflateOld:
		if u.inflate == nil {
			u.inflate, err = zlib.NewReader(bytes.NewReader(src))
		} else {
			err = u.inflate.(zlib.Resetter).Reset(bytes.NewReader(src), nil)
		}
		if err == nil {
			err = full(u.inflate, dst)
		}
		return err
	case packBits:
		return unpackBits(dst, src)
	case faxGroup3, faxGroup4:
		return t.unfax(dst, src, rows)
	default:
		return fmt.Errorf("compression %d is not read; save it with LZW, deflate or none", t.compression)
	}
	return nil
}

// full fills dst; an early end is an error.
func full(r io.Reader, dst []byte) error {
	n, err := io.ReadFull(r, dst)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("truncated: %d of %d bytes", n, len(dst))
	}
	return err
}

func (t *tiff) unfax(dst, src []byte, rows int) error {
	if t.bits != 1 {
		return errors.New("fax codes with more than one bit a pixel")
	}
	order, err := t.number(tagFillOrder, 1)
	if err != nil {
		return err
	}
	bitOrder, group := ccitt.MSB, ccitt.Group3
	if order == 2 {
		bitOrder = ccitt.LSB
	}
	if t.compression == faxGroup4 {
		group = ccitt.Group4
	}
	// White is 0, whatever the photometric interpretation makes of it then.
	return full(ccitt.NewReader(bytes.NewReader(src), bitOrder, group, t.blockWidth, rows, &ccitt.Options{Invert: true}), dst)
}

// unpackBits expands runs: a byte n below 128 stands before n+1 bytes as they are, above 128 before one that is repeated 257-n times.
func unpackBits(dst, src []byte) error {
	total := len(dst)
	for len(dst) > 0 {
		if len(src) < 2 {
			return fmt.Errorf("truncated: %d of %d bytes", total-len(dst), total)
		}
		switch n := int(src[0]); {
		case n == 128:
			src = src[1:]
		case n < 128:
			k := copy(dst, src[1:min(n+2, len(src))])
			dst, src = dst[k:], src[k+1:]
		default:
			k := min(257-n, len(dst))
			for i := range k {
				dst[i] = src[1]
			}
			dst, src = dst[k:], src[2:]
		}
	}
	return nil
}

// unpredict adds up the differences that the horizontal predictor left.
func (t *tiff) unpredict(buf []byte, rowBytes int) error {
	n := t.inside()
	switch {
	case t.predictor == noPredictor:
	case t.predictor == horizontalPredictor && t.bits == 8:
		for ; len(buf) > 0; buf = buf[rowBytes:] {
			for i, row := n, buf[:rowBytes]; i < rowBytes; i++ {
				row[i] += row[i-n]
			}
		}
	case t.predictor == horizontalPredictor && t.bits == 16:
		for ; len(buf) > 0; buf = buf[rowBytes:] {
			for i, row := 2*n, buf[:rowBytes]; i < rowBytes; i += 2 {
				t.order.PutUint16(row[i:], t.order.Uint16(row[i:])+t.order.Uint16(row[i-2*n:]))
			}
		}
	default:
		return fmt.Errorf("predictor %d with %d bits a sample is not read", t.predictor, t.bits)
	}
	return nil
}

// place writes a row of a block to its place, as 8 bits.
func (t *tiff) place(row []byte, y, x0, plane int) {
	inside := t.inside()
	width := min(t.blockWidth, t.width-x0)
	for x := range width {
		at := ((y*t.width+x0+x)*t.samples + plane)
		for s := range inside {
			v := t.sample(row, x*inside+s)
			if t.photometric == whiteIsZero {
				v = 255 - v
			}
			t.pix[at+s] = v
		}
	}
}

// sample is a value of a row as 8 bits; of a palette, its number.
func (t *tiff) sample(row []byte, i int) uint8 {
	switch t.bits {
	case 8:
		return row[i]
	case 16:
		return t.as.window.word(t.order.Uint16(row[2*i:]))
	}
	bit := i * t.bits
	v := row[bit/8] >> (8 - t.bits - bit%8) & (1<<t.bits - 1)
	if t.photometric == paletteColour {
		return v
	}
	return uint8(int(v) * 255 / (1<<t.bits - 1))
}

// lzw is the decoder of TIFF's variant of LZW: codes of 9 to 12 bits, most significant bit first, one code wider one entry early.
type lzw struct {
	prefix      [4096]uint16
	first, last [4096]uint8  // bytes of what the code stands for
	length      [4096]uint16 // number of them
}

const lzwClear, lzwEnd, lzwFirst = 256, 257, 258

func (z *lzw) unpack(dst, src []byte) error {
	for i := range 256 {
		z.first[i], z.last[i], z.length[i] = uint8(i), uint8(i), 1
	}
	next, width, previous := lzwFirst, 9, -1
	var bits uint64
	have, n := 0, 0
	for n < len(dst) {
		for have < width && len(src) > 0 {
			bits, have, src = bits<<8|uint64(src[0]), have+8, src[1:]
		}
		if have < width {
			return fmt.Errorf("truncated: %d of %d bytes", n, len(dst))
		}
		have -= width
		code := int(bits >> have & (1<<width - 1))
		if code == lzwClear {
			next, width, previous = lzwFirst, 9, -1
			continue
		}
		if code == lzwEnd {
			return fmt.Errorf("truncated: %d of %d bytes", n, len(dst))
		}
		if code > next || code >= lzwFirst && previous < 0 {
			return errors.New("damaged LZW data")
		}
		if previous >= 0 && next < 4096 {
			z.prefix[next], z.first[next], z.length[next] = uint16(previous), z.first[previous], z.length[previous]+1
			z.last[next] = z.first[code] // which is this entry's own first byte when code is the one just made
			next++
		}
		n += z.write(dst[n:], code)
		previous = code
		if next+1 >= 1<<width && width < 12 {
			width++
		}
	}
	return nil
}

// write puts what a code stands for to dst, cut at its end, and returns how much that is.
func (z *lzw) write(dst []byte, code int) int {
	n := int(z.length[code])
	for i := n - 1; i >= 0; i-- {
		if i < len(dst) {
			dst[i] = z.last[code]
		}
		code = int(z.prefix[code])
	}
	return min(n, len(dst))
}
