package onnx

import (
	"errors"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// Limits of what is read: the nesting of messages (a graph in an attribute of a node takes three levels) and their number, for
// a message of two bytes becomes a hundred in memory.
const (
	maxDepth    = 64
	maxMessages = 1 << 22
)

// message is one message of the schema. fields names every field to the coder, in the order of their numbers; the coder writes
// it, or fills it where it is the field being read.
type message interface{ fields(c *coder) }

// coder writes messages, or reads one field of a message.
type coder struct {
	out []byte // what was written

	reading  bool
	num      protowire.Number // the field at hand
	typ      protowire.Type
	bits     uint64 // its value, of the types varint, fixed32 and fixed64
	val      []byte // its value, of the type bytes
	depth    int
	messages *int // read so far, over all depths
	err      error
}

// marshal is deterministic: fields in the order of the schema, unknown fields dropped.
func marshal(m message) []byte {
	c := coder{}
	m.fields(&c)
	return c.out
}

// unmarshal fills m. Byte fields share the memory of b.
func unmarshal(b []byte, m message) error { return readMessage(b, m, 0, new(int)) }

func readMessage(b []byte, m message, depth int, messages *int) error {
	if depth > maxDepth {
		return fmt.Errorf("messages nested more than %d deep", maxDepth)
	}
	if *messages++; *messages > maxMessages {
		return fmt.Errorf("more than %d messages", maxMessages)
	}
	c := coder{reading: true, depth: depth, messages: messages}
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return fmt.Errorf("reading a field's tag: %w", protowire.ParseError(n))
		}
		b = b[n:]
		c.num, c.typ, c.bits, c.val = num, typ, 0, nil
		switch typ {
		case protowire.VarintType:
			c.bits, n = protowire.ConsumeVarint(b)
		case protowire.Fixed32Type:
			var v uint32
			v, n = protowire.ConsumeFixed32(b)
			c.bits = uint64(v)
		case protowire.Fixed64Type:
			c.bits, n = protowire.ConsumeFixed64(b)
		case protowire.BytesType:
			c.val, n = protowire.ConsumeBytes(b)
		default:
			n = protowire.ConsumeFieldValue(num, typ, b)
		}
		if n < 0 {
			return fmt.Errorf("reading field %d: %w", num, protowire.ParseError(n))
		}
		b = b[n:]
		if m.fields(&c); c.err != nil {
			return fmt.Errorf("field %d: %w", num, c.err)
		}
	}
	return nil
}

var errWireType = errors.New("encoded as another type than the schema has")

// at reports whether the field being read is num, and of one of the given types.
func (c *coder) at(num protowire.Number, types ...protowire.Type) bool {
	if c.num != num {
		return false
	}
	for _, t := range types {
		if c.typ == t {
			return true
		}
	}
	c.err = errWireType
	return false
}

func (c *coder) bytes(num protowire.Number, p *[]byte) {
	if c.reading {
		if c.at(num, protowire.BytesType) {
			*p = c.val
		}
	} else if len(*p) > 0 {
		c.out = protowire.AppendBytes(protowire.AppendTag(c.out, num, protowire.BytesType), *p)
	}
}

func (c *coder) str(num protowire.Number, p *string) {
	if c.reading {
		if c.at(num, protowire.BytesType) {
			*p = string(c.val)
		}
	} else if *p != "" {
		c.out = protowire.AppendString(protowire.AppendTag(c.out, num, protowire.BytesType), *p)
	}
}

func (c *coder) strs(num protowire.Number, p *[]string) {
	if c.reading {
		if c.at(num, protowire.BytesType) {
			*p = append(*p, string(c.val))
		}
		return
	}
	for _, s := range *p {
		c.out = protowire.AppendString(protowire.AppendTag(c.out, num, protowire.BytesType), s)
	}
}

// int is left out when it is zero, unless always is set.
func (c *coder) int(num protowire.Number, p *int64, always bool) {
	if c.reading {
		if c.at(num, protowire.VarintType) {
			*p = int64(c.bits)
		}
	} else if *p != 0 || always {
		c.out = protowire.AppendVarint(protowire.AppendTag(c.out, num, protowire.VarintType), uint64(*p))
	}
}

// float is left out when its bits are zero, unless always is set.
func (c *coder) float(num protowire.Number, p *float32, always bool) {
	if c.reading {
		if c.at(num, protowire.Fixed32Type) {
			*p = math.Float32frombits(uint32(c.bits))
		}
	} else if bits := math.Float32bits(*p); bits != 0 || always {
		c.out = protowire.AppendFixed32(protowire.AppendTag(c.out, num, protowire.Fixed32Type), bits)
	}
}

// repeated is a list of numbers: packed in one field or each in its own. Both are read.
func repeated[T any](c *coder, num protowire.Number, p *[]T, packed bool, typ protowire.Type, from func(uint64) T, to func(T) uint64) {
	if c.reading {
		if c.at(num, typ, protowire.BytesType) {
			if c.typ == typ {
				*p = append(*p, from(c.bits))
			} else {
				*p = unpack(c, *p, typ, from)
			}
		}
		return
	}
	if len(*p) == 0 {
		return
	}
	if packed {
		c.behindLength(num, func() {
			for _, x := range *p {
				c.out = appendNumber(c.out, typ, to(x))
			}
		})
		return
	}
	for _, x := range *p {
		c.out = appendNumber(protowire.AppendTag(c.out, num, typ), typ, to(x))
	}
}

func appendNumber(b []byte, typ protowire.Type, bits uint64) []byte {
	switch typ {
	case protowire.Fixed32Type:
		return protowire.AppendFixed32(b, uint32(bits))
	case protowire.Fixed64Type:
		return protowire.AppendFixed64(b, bits)
	}
	return protowire.AppendVarint(b, bits)
}

func unpack[T any](c *coder, list []T, typ protowire.Type, from func(uint64) T) []T {
	for b := c.val; len(b) > 0; {
		var bits uint64
		var n int
		switch typ {
		case protowire.Fixed32Type:
			var v uint32
			v, n = protowire.ConsumeFixed32(b)
			bits = uint64(v)
		case protowire.Fixed64Type:
			bits, n = protowire.ConsumeFixed64(b)
		default:
			bits, n = protowire.ConsumeVarint(b)
		}
		if n < 0 {
			c.err = protowire.ParseError(n)
			return list
		}
		list, b = append(list, from(bits)), b[n:]
	}
	return list
}

func (c *coder) ints(num protowire.Number, p *[]int64, packed bool) {
	repeated(c, num, p, packed, protowire.VarintType, func(u uint64) int64 { return int64(u) }, func(i int64) uint64 { return uint64(i) })
}

func (c *coder) floats(num protowire.Number, p *[]float32, packed bool) {
	repeated(c, num, p, packed, protowire.Fixed32Type, func(u uint64) float32 { return math.Float32frombits(uint32(u)) },
		func(f float32) uint64 { return uint64(math.Float32bits(f)) })
}

func (c *coder) doubles(num protowire.Number, p *[]float64) {
	repeated(c, num, p, true, protowire.Fixed64Type, math.Float64frombits, math.Float64bits)
}

// pointer is what *T must be: a message.
type pointer[T any] interface {
	*T
	message
}

// one is an optional message.
func one[T any, P pointer[T]](c *coder, num protowire.Number, p **T) {
	if c.reading {
		if c.at(num, protowire.BytesType) {
			if *p == nil {
				*p = new(T) // a field that comes twice is merged
			}
			c.err = readMessage(c.val, P(*p), c.depth+1, c.messages)
		}
	} else if *p != nil {
		c.message(num, P(*p))
	}
}

// many is a list of messages.
func many[T any, P pointer[T]](c *coder, num protowire.Number, p *[]*T) {
	if c.reading {
		if c.at(num, protowire.BytesType) {
			m := new(T)
			*p = append(*p, m)
			c.err = readMessage(c.val, P(m), c.depth+1, c.messages)
		}
		return
	}
	for _, m := range *p {
		c.message(num, P(m))
	}
}

// message writes m behind its tag and length.
func (c *coder) message(num protowire.Number, m message) {
	c.behindLength(num, func() { m.fields(c) })
}

// behindLength writes a tag, the length of what write appends, and that.
func (c *coder) behindLength(num protowire.Number, write func()) {
	c.out = protowire.AppendTag(c.out, num, protowire.BytesType)
	start := len(c.out)
	write()
	n := len(c.out) - start
	head := protowire.SizeVarint(uint64(n))
	c.out = append(c.out, make([]byte, head)...)
	copy(c.out[start+head:], c.out[start:start+n])
	protowire.AppendVarint(c.out[:start], uint64(n))
}
