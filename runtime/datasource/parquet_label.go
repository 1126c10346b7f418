package datasource

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// readLabels appends the labels of a row group; those that are null are -1.
func (g *rowGroup) readLabels(r *pageReader, out *[]int32) error {
	c := &g.label
	pages, dict, err := r.scan(g.file, c)
	if err != nil {
		return err
	}
	var words []int32
	if dict != nil {
		if words, err = g.wholes(r, dict); err != nil {
			return err
		}
	}
	for i := range pages {
		if *out, err = g.pageLabels(r, &pages[i], words, *out); err != nil {
			return err
		}
	}
	return nil
}

// wholes reads the numbers of a dictionary.
func (g *rowGroup) wholes(r *pageReader, dict *page) ([]int32, error) {
	buf, err := r.load(g.file, &g.label, dict)
	if err != nil {
		return nil, err
	}
	defer r.buffers.give(buf)
	out := make([]int32, 0, len(*buf)/g.label.width())
	for b := *buf; len(b) >= g.label.width(); b = b[g.label.width():] {
		v, err := g.label.number(b)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

func (g *rowGroup) pageLabels(r *pageReader, p *page, words, out []int32) ([]int32, error) {
	buf, err := r.load(g.file, &g.label, p)
	if err != nil {
		return nil, err
	}
	defer r.buffers.give(buf)
	levels, body, err := p.levels(*buf, g.label.level)
	if err != nil {
		return nil, err
	}
	first := len(out)
	for range p.values {
		out = append(out, 0)
	}
	there := p.values
	if levels != nil {
		there = 0
		err := hybrid(levels, bitsFor(g.label.level), p.values, func(i, v int) {
			if v == g.label.level {
				there++
			} else {
				out[first+i] = -1
			}
		})
		if err != nil {
			return nil, err
		}
	}
	values, err := g.numbers(p, body, there, words)
	if err != nil {
		return nil, err
	}
	for i := first; i < len(out); i++ {
		if out[i] == 0 {
			out[i], values = values[0], values[1:]
		}
	}
	return out, nil
}

// numbers reads the n labels of a page that are there.
func (g *rowGroup) numbers(p *page, body []byte, n int, words []int32) ([]int32, error) {
	out := make([]int32, 0, n)
	if p.encoding != encodingPlain {
		outside := false
		err := p.indices(body, n, func(_, v int) {
			if v >= len(words) {
				outside = true
				v = -1
			} else {
				v = int(words[v])
			}
			out = append(out, int32(v))
		})
		if outside {
			err = errors.New("damaged page: it refers to more than its dictionary has")
		}
		return out, err
	}
	width := g.label.width()
	if len(body)/width < n {
		return nil, fmt.Errorf("damaged page: %d bytes for %d labels", len(body), n)
	}
	for i := range n {
		v, err := g.label.number(body[i*width:])
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// width is the number of bytes of a whole number.
func (c *columnChunk) width() int {
	if c.kind == parquetInt32 {
		return 4
	}
	return 8
}

func (c *columnChunk) number(b []byte) (int32, error) {
	v := int64(int32(binary.LittleEndian.Uint32(b)))
	if c.kind == parquetInt64 {
		v = int64(binary.LittleEndian.Uint64(b))
	}
	if v < -1 || v > math.MaxInt32 {
		return 0, fmt.Errorf("a label is %d; labels are -1 (none), or from 0 on", v)
	}
	return int32(v), nil
}
