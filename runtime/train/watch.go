package train

import (
	"encoding/binary"
	"math"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"
)

// Outputs that watching adds to a model.
const (
	watchBad  = "ssc.watch.bad"
	watchHigh = "ssc.watch.high"
)

// valuesOf lists the values of a model's main graph in the order in which they come to be: its inputs, then the outputs of its nodes, which are given by value.
func valuesOf(model []byte) (values []string, nodes map[string]node, err error) {
	nodes = map[string]node{}
	var computed []string
	err = fields(model, func(num protowire.Number, v []byte, _ uint64) error {
		if num != modelGraph {
			return nil
		}
		return fields(v, func(num protowire.Number, v []byte, _ uint64) error {
			switch num {
			case graphInput:
				return fields(v, func(num protowire.Number, v []byte, _ uint64) error {
					if num == valueName {
						values = append(values, string(v))
					}
					return nil
				})
			case graphNode:
				n := readNode(v)
				for _, name := range n.outputs {
					if name != "" {
						nodes[name] = n
						computed = append(computed, name)
					}
				}
			}
			return nil
		})
	})
	return append(values, computed...), nodes, err
}

// watching is a piece of a ModelProto that, put behind a model, adds two outputs to it: for each of the values, whether any of its elements is not finite, and the largest
// magnitude of those that are. A message that comes in two pieces is their union (protocol buffers, encoding, "last one wins").
//
// x - x is NaN exactly where x is NaN or infinite.
func watching(values []string) []byte {
	w := &watcher{}
	w.tensor("ssc.watch.flat", onnxInt64, []int64{1}, binary.LittleEndian.AppendUint64(nil, math.MaxUint64))
	w.tensor("ssc.watch.zero", onnxFloat, nil, make([]byte, 4))
	var bad, high []string
	for i, v := range values {
		name := func(part string) string { return "ssc.watch." + part + "." + strconv.Itoa(i) }
		w.node("Cast", []string{v}, name("f32"), "to", onnxFloat)
		w.node("Reshape", []string{name("f32"), "ssc.watch.flat"}, name("x"), "", 0)
		w.node("Sub", []string{name("x"), name("x")}, name("d"), "", 0)
		w.node("IsNaN", []string{name("d")}, name("nan"), "", 0)
		w.node("Cast", []string{name("nan")}, name("one"), "to", onnxFloat)
		w.node("ReduceMax", []string{name("one")}, name("bad"), "keepdims", 1)
		w.node("Abs", []string{name("x")}, name("abs"), "", 0)
		w.node("Where", []string{name("nan"), "ssc.watch.zero", name("abs")}, name("finite"), "", 0)
		w.node("ReduceMax", []string{name("finite")}, name("high"), "keepdims", 1)
		bad, high = append(bad, name("bad")), append(high, name("high"))
	}
	w.node("Concat", bad, watchBad, "axis", 0)
	w.node("Concat", high, watchHigh, "axis", 0)
	for _, name := range []string{watchBad, watchHigh} {
		w.graph = message(w.graph, graphOutput, text(nil, valueName, name)) // its type is inferred
	}
	return message(nil, modelGraph, w.graph)
}

type watcher struct{ graph []byte }

// node adds a node with one output and at most one attribute, a whole number.
func (w *watcher) node(op string, in []string, out, attr string, value int64) {
	var n []byte
	for _, name := range in {
		n = text(n, nodeInput, name)
	}
	n = text(text(text(n, nodeOutput, out), nodeName, out), nodeOp, op)
	if attr != "" {
		n = message(n, nodeAttr, varint(varint(text(nil, attrName, attr), attrInt, value), attrType, onnxAttrInt))
	}
	w.graph = message(w.graph, graphNode, n)
}

// tensor adds an initializer; raw is its data, little-endian.
func (w *watcher) tensor(name string, typ int64, dims []int64, raw []byte) {
	var t []byte
	for _, d := range dims {
		t = varint(t, tensorDims, d)
	}
	t = text(varint(t, tensorType, typ), tensorName, name)
	w.graph = message(w.graph, graphInitializer, message(t, tensorRaw, raw))
}

func message(b []byte, num protowire.Number, content []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, num, protowire.BytesType), content)
}

func text(b []byte, num protowire.Number, s string) []byte { return message(b, num, []byte(s)) }

func varint(b []byte, num protowire.Number, n int64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, num, protowire.VarintType), uint64(n))
}
