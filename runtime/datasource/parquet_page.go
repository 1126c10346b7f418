package datasource

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"sort"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
)

// page is a page of a column: its header, and where its data lies.
type page struct {
	kind             int
	packed, unpacked int // bytes
	at               int64
	first, values    int // rows
	encoding         int
	defLevels, reps  int  // bytes of levels before the data of a second-version page
	compressed       bool // of a second-version page
}

// pageReader reads pages of files.
type pageReader struct {
	files   handles
	zstd    *zstd.Decoder
	limit   int // bytes of an unpacked page
	buffers scratch
}

// maxPage bounds an unpacked page: writers make them of about 1 MiB, and an image that is larger than that has a page to itself.
const maxPage = 256 << 20

// scan finds the pages of a column.
func (r *pageReader) scan(file int, c *columnChunk) (pages []page, dict *page, err error) {
	rows := 0
	for at, end := c.start, c.start+c.size; at < end && int64(rows) < c.values; {
		p, next, err := r.header(file, at, end)
		if err != nil {
			return nil, nil, err
		}
		at = next
		switch p.kind {
		case pageDictionary:
			dict = &p
		case pageData, pageDataV2:
			p.first = rows
			if rows += p.values; p.values <= 0 || int64(rows) > c.values {
				return nil, nil, fmt.Errorf("a page of %d values after %d of %d", p.values, p.first, c.values)
			}
			pages = append(pages, p)
		}
	}
	if int64(rows) != c.values {
		return nil, nil, fmt.Errorf("its pages hold %d of %d values", rows, c.values)
	}
	return pages, dict, nil
}

// Page headers have some 30 bytes, or a few thousand with statistics.
const firstHeader, maxHeaderBytes = 512, 1 << 20

// header reads the header of the page at an offset, and returns where the next page begins.
func (r *pageReader) header(file int, at, end int64) (p page, next int64, err error) {
	for n := int64(firstHeader); ; n *= 8 {
		n = min(n, end-at)
		buf := r.buffers.take(int(n))
		err := r.files.readAt(file, *buf, at)
		t := &thrift{b: *buf}
		if err == nil {
			p = pageHeader(t)
			err = t.err
		}
		r.buffers.give(buf)
		if errors.Is(err, errShort) && n < end-at && n < maxHeaderBytes {
			continue
		}
		if err != nil {
			return p, 0, err
		}
		p.at = at + int64(t.at)
		if p.packed < 0 || int64(p.packed) > end-p.at || p.unpacked < 0 || p.defLevels < 0 || p.reps != 0 || p.defLevels > min(p.packed, p.unpacked) {
			return p, 0, fmt.Errorf("a page of %d bytes at byte %d of %d", p.packed, p.at, end)
		}
		if p.unpacked > r.limit {
			return p, 0, fmt.Errorf("a page of %d bytes unpacked, more than the limit of %d", p.unpacked, r.limit)
		}
		return p, p.at + int64(p.packed), nil
	}
}

func pageHeader(t *thrift) page {
	p := page{kind: parquetNo, compressed: true}
	t.fields(func(id int, kind byte) bool {
		switch {
		case kind == thriftI32 && id == 1:
			p.kind = int(t.int())
		case kind == thriftI32 && id == 2:
			p.unpacked = t.small()
		case kind == thriftI32 && id == 3:
			p.packed = t.small()
		case kind == thriftStruct && (id == 5 || id == 7 || id == 8):
			t.fields(func(field int, kind byte) bool { return p.detail(t, id, field, kind) })
		default:
			return false
		}
		return true
	})
	return p
}

// detail reads a field of the part of a header that each kind of page has.
func (p *page) detail(t *thrift, header, field int, kind byte) bool {
	const v2 = 8
	switch {
	case kind == thriftI32 && field == 1:
		p.values = t.small()
	case kind == thriftI32 && (field == 2 && header != v2 || field == 4 && header == v2):
		p.encoding = t.small()
	case header == v2 && kind == thriftI32 && field == 5:
		p.defLevels = t.small()
	case header == v2 && kind == thriftI32 && field == 6:
		p.reps = t.small()
	case header == v2 && field == 7 && (kind == thriftTrue || kind == thriftFalse):
		p.compressed = kind == thriftTrue
	default:
		return false
	}
	return true
}

// small is a whole number of 32 bits; a larger one is -1, which no size is.
func (t *thrift) small() int {
	v := t.int()
	if v < 0 || v > math.MaxInt32 {
		return -1
	}
	return int(v)
}

// load reads and unpacks a page. The result is lent by the reader's buffers, to be given back.
func (r *pageReader) load(file int, c *columnChunk, p *page) (*[]byte, error) {
	packed := r.buffers.take(p.packed)
	if err := r.files.readAt(file, *packed, p.at); err != nil {
		r.buffers.give(packed)
		return nil, err
	}
	if c.codec == codecNone || p.kind == pageDataV2 && !p.compressed {
		if p.packed != p.unpacked {
			r.buffers.give(packed)
			return nil, fmt.Errorf("a page of %d bytes that should have %d", p.packed, p.unpacked)
		}
		return packed, nil
	}
	defer r.buffers.give(packed)
	levels := 0 // which stay unpacked
	if p.kind == pageDataV2 {
		levels = p.defLevels
	}
	if err := r.plausible(c.codec, (*packed)[levels:], p.unpacked-levels); err != nil {
		return nil, err
	}
	out := r.buffers.take(p.unpacked)
	copy(*out, (*packed)[:levels])
	if err := r.unpack(c.codec, (*out)[levels:], (*packed)[levels:]); err != nil {
		r.buffers.give(out)
		return nil, err
	}
	return out, nil
}

// plausible refuses a size that the compressed data cannot have, before memory is taken for it.
func (r *pageReader) plausible(codec int, src []byte, size int) error {
	switch codec {
	case codecSnappy:
		if n, err := snappy.DecodedLen(src); err != nil || n != size || n > (len(src)+1)*32 { // a copy of 64 bytes takes 3
			return fmt.Errorf("damaged Snappy data: %d bytes for %d", len(src), size)
		}
	case codecGzip:
		if size > len(src)*maxInflation {
			return fmt.Errorf("damaged gzip data: %d bytes for %d", len(src), size)
		}
	case codecZstd:
		var h zstd.Header
		if err := h.Decode(src); err != nil || h.HasFCS && h.FrameContentSize != uint64(size) || size > (len(src)+1)*maxZstd {
			return fmt.Errorf("damaged Zstandard data: %d bytes for %d", len(src), size)
		}
	}
	return nil
}

// maxZstd is the greatest ratio of Zstandard: a block of 128 KiB of one byte takes 4.
const maxZstd = 128 << 10 / 4

func (r *pageReader) unpack(codec int, dst, src []byte) error {
	switch codec {
	case codecSnappy:
		_, err := snappy.Decode(dst, src)
		return err
	case codecGzip:
		z, err := gzip.NewReader(bytes.NewReader(src))
		if err != nil {
			return err
		}
		_, err = io.ReadFull(z, dst)
		return err
	}
	if len(src) == 0 && len(dst) == 0 {
		return nil
	}
	out, err := r.zstd.DecodeAll(src, dst[:0:len(dst)])
	if err == nil && len(out) != len(dst) {
		err = fmt.Errorf("a page of %d bytes that should have %d", len(out), len(dst))
	}
	return err
}

// value calls use with the bytes of an image; they are valid until it returns.
func (g *rowGroup) value(r *pageReader, row int, use func(data []byte) error) error {
	g.once.Do(func() { g.pages, g.dict, g.err = r.scan(g.file, &g.image) })
	if g.err != nil {
		return g.err
	}
	p := &g.pages[sort.Search(len(g.pages), func(i int) bool { return g.pages[i].first > row })-1]
	buf, err := r.load(g.file, &g.image, p)
	if err != nil {
		return err
	}
	defer r.buffers.give(buf)
	body, at, err := p.present(*buf, g.image.level, row-p.first)
	if err != nil {
		return err
	}
	if p.encoding == encodingPlain {
		data, err := plainBytes(body, at)
		if err != nil {
			return err
		}
		return use(data)
	}
	if at, err = p.entry(body, at); err != nil {
		return err
	}
	if g.dict == nil {
		return errors.New("a page refers to a dictionary that is not there")
	}
	words, err := r.load(g.file, &g.image, g.dict)
	if err != nil {
		return err
	}
	defer r.buffers.give(words)
	data, err := plainBytes(*words, at)
	if err != nil {
		return err
	}
	return use(data)
}

// present finds the value of a row among those that are not null: the data after the levels, and how many values come before.
func (p *page) present(buf []byte, level, row int) (body []byte, before int, err error) {
	levels, body, err := p.levels(buf, level)
	if err != nil || levels == nil {
		return body, row, err
	}
	null := false
	err = hybrid(levels, bitsFor(level), row+1, func(i, v int) {
		null = v != level
		if !null && i < row {
			before++
		}
	})
	if err == nil && null {
		err = errors.New("the row has no image: its bytes are null (the data set may keep paths instead of images)")
	}
	return body, before, err
}

// levels splits the definition levels from the data; nil when every value is there.
func (p *page) levels(buf []byte, level int) (levels, body []byte, err error) {
	switch {
	case p.kind == pageDataV2:
		if level == 0 {
			return nil, buf[p.defLevels:], nil
		}
		return buf[:p.defLevels:p.defLevels], buf[p.defLevels:], nil
	case level == 0:
		return nil, buf, nil
	case len(buf) < 4 || uint64(binary.LittleEndian.Uint32(buf)) > uint64(len(buf)-4):
		return nil, nil, errors.New("damaged page: its levels are longer than itself")
	}
	n := 4 + int(binary.LittleEndian.Uint32(buf))
	return buf[4:n:n], buf[n:], nil
}

// entry is the place in the dictionary of value number at.
func (p *page) entry(body []byte, at int) (int, error) {
	entry := -1
	err := p.indices(body, at+1, func(_, v int) { entry = v })
	return entry, err
}

// indices visits the first n places in the dictionary.
func (p *page) indices(body []byte, n int, visit func(i, v int)) error {
	if p.encoding != encodingDict && p.encoding != encodingDictOld {
		return fmt.Errorf("encoding %d is not read; plain and dictionary are", p.encoding)
	}
	if len(body) == 0 || body[0] > 32 {
		return errors.New("damaged page: no width of its indices")
	}
	return hybrid(body[1:], int(body[0]), n, visit)
}

// plainBytes is a value among those that each stand after their length.
func plainBytes(body []byte, at int) ([]byte, error) {
	for {
		if len(body) < 4 || uint64(binary.LittleEndian.Uint32(body)) > uint64(len(body)-4) {
			return nil, errors.New("damaged page: a value is longer than the page")
		}
		n := 4 + int(binary.LittleEndian.Uint32(body))
		if at == 0 {
			return body[4:n], nil
		}
		body, at = body[n:], at-1
	}
}

// bitsFor is the width of values up to v.
func bitsFor(v int) int {
	n := 0
	for ; v > 0; v >>= 1 {
		n++
	}
	return n
}

var errDamaged = errors.New("damaged page: its runs end before its values")

// hybrid visits the first n values of data in which runs of one value and groups of eight bit-packed ones alternate.
func hybrid(b []byte, width, n int, visit func(i, v int)) error {
	for i := 0; i < n; {
		head, k := binary.Uvarint(b)
		if k <= 0 || head>>1 == 0 {
			return errDamaged
		}
		b = b[k:]
		if head&1 == 0 { // a run
			size := (width + 7) / 8
			if len(b) < size {
				return errDamaged
			}
			v := 0
			for s := size - 1; s >= 0; s-- {
				v = v<<8 | int(b[s])
			}
			b = b[size:]
			for end := i + int(min(head>>1, uint64(n-i))); i < end; i++ {
				visit(i, v)
			}
			continue
		}
		groups := min(head>>1, uint64(n))
		for k := range min(int(groups)*8, n-i) {
			if ((k+1)*width+7)/8 > len(b) {
				return errDamaged
			}
			visit(i, bitsAt(b, k*width, width))
			i++
		}
		b = b[min(uint64(len(b)), groups*uint64(width)):]
	}
	return nil
}

// bitsAt is a value of a width of up to 32 bits, least significant bit first.
func bitsAt(b []byte, bit, width int) int {
	v := uint64(0)
	for k := 0; k < (bit%8+width+7)/8; k++ {
		v |= uint64(b[bit/8+k]) << (8 * k)
	}
	return int(v >> (bit % 8) & (1<<width - 1))
}
