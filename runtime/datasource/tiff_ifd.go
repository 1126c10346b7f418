package datasource

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// ifd is the first directory of a TIFF file, which EXIF data has too: numbers and lists by tag. Its methods check everything against the
// length of the data.
type ifd struct {
	data  []byte
	order binary.ByteOrder
	tags  map[uint16]ifdEntry
}

type ifdEntry struct {
	kind  uint16
	count uint32
	value []byte // the four bytes that are the value, or its offset
}

// Tags, by their names in TIFF 6.0.
const (
	tagWidth, tagHeight, tagBits, tagCompression, tagPhotometric   = 256, 257, 258, 259, 262
	tagFillOrder, tagStripOffsets, tagOrientation, tagSamples      = 266, 273, 274, 277
	tagRowsPerStrip, tagStripCounts, tagPlanar, tagPredictor       = 278, 279, 284, 317
	tagColorMap, tagTileWidth, tagTileHeight, tagTileOffsets       = 320, 322, 323, 324
	tagTileCounts, tagExtraSamples, tagSampleFormat, tagEntryBytes = 325, 338, 339, 12
)

func readIFD(data []byte) (*ifd, error) {
	f := &ifd{data: data, tags: map[uint16]ifdEntry{}}
	switch {
	case startsWith("II*\x00")(data):
		f.order = binary.LittleEndian
	case startsWith("MM\x00*")(data):
		f.order = binary.BigEndian
	default:
		return nil, errors.New("no TIFF header")
	}
	if len(data) < 8 {
		return nil, errors.New("truncated in its header")
	}
	at := uint64(f.order.Uint32(data[4:]))
	if at+2 > uint64(len(data)) {
		return nil, fmt.Errorf("truncated: its directory would begin at byte %d of %d", at, len(data))
	}
	n := uint64(f.order.Uint16(data[at:]))
	if at+2+n*tagEntryBytes > uint64(len(data)) {
		return nil, fmt.Errorf("truncated: its directory has %d entries at byte %d of %d", n, at, len(data))
	}
	for e := data[at+2 : at+2+n*tagEntryBytes]; len(e) > 0; e = e[tagEntryBytes:] {
		f.tags[f.order.Uint16(e)] = ifdEntry{f.order.Uint16(e[2:]), f.order.Uint32(e[4:]), e[8:12]}
	}
	return f, nil
}

// list returns the whole numbers of a tag, at most limit of them; nil without the tag.
func (f *ifd) list(tag uint16, limit int) ([]int, error) {
	e, ok := f.tags[tag]
	if !ok {
		return nil, nil
	}
	size := map[uint16]uint64{1: 1, 3: 2, 4: 4}[e.kind]
	if size == 0 {
		return nil, fmt.Errorf("tag %d has type %d and should hold whole numbers", tag, e.kind)
	}
	if uint64(e.count) > uint64(limit) {
		return nil, fmt.Errorf("tag %d has %d values, more than %d", tag, e.count, limit)
	}
	b := e.value
	if n := size * uint64(e.count); n > 4 {
		at := uint64(f.order.Uint32(e.value))
		if at+n > uint64(len(f.data)) {
			return nil, fmt.Errorf("truncated: tag %d has %d bytes at byte %d of %d", tag, n, at, len(f.data))
		}
		b = f.data[at : at+n]
	}
	out := make([]int, e.count)
	for i := range out {
		switch size {
		case 1:
			out[i] = int(b[i])
		case 2:
			out[i] = int(f.order.Uint16(b[2*i:]))
		case 4:
			out[i] = int(f.order.Uint32(b[4*i:]))
		}
	}
	return out, nil
}

// orientation is that tag's value, 1 when there is none.
func (f *ifd) orientation() int {
	if l, err := f.list(tagOrientation, 1); err == nil && len(l) == 1 {
		return l[0]
	}
	return 1
}

// number returns a tag's only value, or def without the tag.
func (f *ifd) number(tag uint16, def int) (int, error) {
	l, err := f.list(tag, 1)
	if err != nil || len(l) == 0 {
		return def, err
	}
	return l[0], nil
}
