package pass

import (
	"hash/maphash"
	"math"
	"reflect"
	"slices"

	"ssc/compiler/ir"
)

// commutative is an operator for which the order of two inputs does not matter.
type commutative interface{ Commutes() }

// cseOpt merges the nodes that compute the same: equal operators, attribute by attribute and bit by bit, of the same inputs. Constants are the
// same when type, shape and bits are. The first one stays; if a later one is an output of the graph, the first takes its name.
func cseOpt(g *ir.Graph) (bool, error) {
	c := cse{seed: maphash.MakeSeed(), ids: map[*ir.Value]uint64{}, seen: make(map[uint64][]*ir.Node, len(g.Nodes))}
	return sweep(g, func(n *ir.Node) []*ir.Value {
		in := c.inputs(n)
		h := c.hash(n, in)
		for _, first := range c.seen[h] {
			if len(first.Out) == len(n.Out) && slices.Equal(c.inputs(first), in) && sameOp(first.Op, n.Op) {
				return first.Out
			}
		}
		c.seen[h] = append(c.seen[h], n)
		return nil
	}), nil
}

type cse struct {
	seed maphash.Seed
	ids  map[*ir.Value]uint64 // values numbered as they are met
	seen map[uint64][]*ir.Node
}

func (c *cse) id(v *ir.Value) uint64 {
	if v == nil {
		return 0
	}
	id, ok := c.ids[v]
	if !ok {
		id = uint64(len(c.ids) + 1)
		c.ids[v] = id
	}
	return id
}

// inputs are the numbers of n's inputs, sorted where their order does not matter.
func (c *cse) inputs(n *ir.Node) []uint64 {
	in := make([]uint64, len(n.In))
	for i, v := range n.In {
		in[i] = c.id(v)
	}
	if len(in) == 2 && in[0] > in[1] {
		if _, ok := n.Op.(commutative); ok {
			in[0], in[1] = in[1], in[0]
		}
	}
	return in
}

// maxHashed is how many elements of a constant enter its hash. Most constants are smaller; two large ones that begin alike are compared as a whole.
const maxHashed = 16

// hash leaves attributes out, but for the content of constants: it is their attributes that tell them apart.
func (c *cse) hash(n *ir.Node, in []uint64) uint64 {
	var h maphash.Hash
	h.SetSeed(c.seed)
	_, _ = h.WriteString(n.Op.Name())
	word := func(x uint64) {
		b := [8]byte{byte(x), byte(x >> 8), byte(x >> 16), byte(x >> 24), byte(x >> 32), byte(x >> 40), byte(x >> 48), byte(x >> 56)}
		_, _ = h.Write(b[:])
	}
	for _, id := range in {
		word(id)
	}
	if t := n.Out[0].Const(); t != nil {
		word(uint64(t.DType))
		for _, d := range t.Dims {
			word(uint64(d))
		}
		for _, x := range t.Data[:min(len(t.Data), maxHashed)] {
			word(math.Float64bits(x))
		}
	}
	return h.Sum64()
}

func sameOp(a, b ir.Op) bool { return identical(reflect.ValueOf(a), reflect.ValueOf(b)) }

// identical is reflect.DeepEqual for attributes, except that floats are compared by their bits: 0 and -0 differ, NaN is itself, and an empty list is
// no list.
func identical(a, b reflect.Value) bool {
	if a.IsValid() != b.IsValid() || a.IsValid() && a.Type() != b.Type() {
		return false
	}
	switch a.Kind() {
	case reflect.Float32, reflect.Float64:
		return math.Float64bits(a.Float()) == math.Float64bits(b.Float())
	case reflect.Pointer, reflect.Interface:
		if a.IsNil() || b.IsNil() {
			return a.IsNil() == b.IsNil()
		}
		return identical(a.Elem(), b.Elem())
	case reflect.Struct:
		for i := range a.NumField() {
			if !identical(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	case reflect.Slice, reflect.Array:
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !identical(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	}
	return a.Kind() != reflect.Map && a.Kind() != reflect.Func && a.Kind() != reflect.Chan && a.Equal(b)
}
