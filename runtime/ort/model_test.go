package ort_test

import (
	"google.golang.org/protobuf/encoding/protowire"
)

// The tests write their models by hand, in protobuf's wire format: an executor tested with the compiler's emitter would agree with
// its mistakes.

type message []byte

func (m message) str(field protowire.Number, s string) message {
	return protowire.AppendString(protowire.AppendTag(m, field, protowire.BytesType), s)
}

func (m message) num(field protowire.Number, n int) message {
	return protowire.AppendVarint(protowire.AppendTag(m, field, protowire.VarintType), uint64(n))
}

func (m message) sub(field protowire.Number, s message) message { return m.str(field, string(s)) }

type node struct {
	op      string
	in, out []string
	attrs   map[string]int
	domain  string
}

func (n node) encode() (m message) {
	for _, s := range n.in {
		m = m.str(1, s)
	}
	for _, s := range n.out {
		m = m.str(2, s)
	}
	m = m.str(3, n.out[0]).str(4, n.op)
	for name, v := range n.attrs {
		const kindInt = 2
		m = m.sub(5, message{}.str(1, name).num(3, v).num(20, kindInt))
	}
	if n.domain != "" {
		m = m.str(7, n.domain)
	}
	return m
}

type value struct {
	name string
	typ  int // ONNX element type
	dims []any
}

func f32(name string, dims ...any) value { return value{name, 1, dims} }

func (v value) encode() message {
	var shape message
	for _, d := range v.dims {
		var dim message
		switch d := d.(type) {
		case int:
			dim = dim.num(1, d)
		case string:
			dim = dim.str(2, d)
		}
		shape = shape.sub(1, dim)
	}
	return message{}.str(1, v.name).sub(2, message{}.sub(1, message{}.num(1, v.typ).sub(2, shape)))
}

// external is an initializer whose data the session's options bring.
type external struct {
	name string
	dims []int
}

func (e external) encode() (m message) {
	for _, d := range e.dims {
		m = m.num(1, d)
	}
	bytes := message{}.str(1, "location").str(2, "weights")
	const f32, locationExternal = 1, 1
	return m.num(2, f32).str(8, e.name).sub(13, bytes).num(14, locationExternal)
}

func model(nodes []node, inputs, outputs []value, weights ...external) []byte {
	g, domains := message{}, message{}
	for _, n := range nodes {
		if g = g.sub(1, n.encode()); n.domain != "" {
			domains = message{}.sub(8, message{}.str(1, n.domain).num(2, 1))
		}
	}
	g = g.str(2, "test")
	for _, w := range weights {
		g = g.sub(5, w.encode())
	}
	for _, v := range inputs {
		g = g.sub(11, v.encode())
	}
	for _, v := range outputs {
		g = g.sub(12, v.encode())
	}
	const irVersion, opset = 8, 18
	return append(message{}.num(1, irVersion).sub(8, message{}.str(1, "").num(2, opset)).sub(7, g), domains...)
}
