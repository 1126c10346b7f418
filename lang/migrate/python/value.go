package python

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// Value is a value of Python with the place that it comes from.
type Value struct {
	// X is nil (None), bool, int64, float64, string, *List, *Dict, Symbol, or Unknown.
	X any
	// At is the expression that gave the value.
	At hcl.Range
	// Text is the spelling of that expression where it is a number or an arithmetic of numbers.
	Text string
	// Lead and Trail are the comments above and behind the statement, argument or element that holds the value.
	Lead  []string
	Trail string
}

// holds reports whether the value has elements, which have comments of their own.
func (v *Value) holds() bool {
	switch v.X.(type) {
	case *Dict, *List:
		return true
	}
	return false
}

// comment adds the comments around a statement, argument or element to those that its value has from a variable.
func (v *Value) comment(lead []string, trail string) {
	v.Lead = append(slices.Clip(v.Lead), lead...)
	if v.Trail != "" && trail != "" {
		v.Lead = append(v.Lead, v.Trail)
	}
	v.Trail = cmp.Or(trail, v.Trail)
}

// Unknown stands for what the text does not tell. It was reported where it arose.
type Unknown struct{}

// Symbol is a name that a file imports from a package, such as a class that stands for a type in mmengine's newer configurations.
type Symbol struct{ Module, Name string }

// List is a list or tuple. Values share it, as in Python.
type List struct {
	Elems []Value
	Tuple bool
}

// Dict is a dictionary in the order of insertion.
type Dict struct {
	items []item
	index map[any]int
}

type item struct {
	key Value
	val Value
}

// NewDict returns an empty dictionary.
func NewDict() *Dict { return &Dict{index: map[any]int{}} }

// key is what equal keys have in common: 1, 1.0 and True are one key in Python.
func key(x any) (any, bool) {
	switch x := x.(type) {
	case bool:
		if x {
			return int64(1), true
		}
		return int64(0), true
	case float64:
		if x == math.Trunc(x) && math.Abs(x) < 1<<53 {
			return int64(x), true
		}
		return x, x == x
	case nil:
		return struct{}{}, true
	case int64, string:
		return x, true
	}
	return nil, false
}

// Len is the number of keys.
func (d *Dict) Len() int { return len(d.items) }

// Get returns the value of a text key.
func (d *Dict) Get(name string) (Value, bool) {
	if d == nil {
		return Value{}, false
	}
	return d.lookup(name)
}

func (d *Dict) lookup(x any) (Value, bool) {
	k, ok := key(x)
	if !ok {
		return Value{}, false
	}
	i, ok := d.index[k]
	if !ok {
		return Value{}, false
	}
	return d.items[i].val, true
}

// Set gives a text key its value.
func (d *Dict) Set(name string, v Value) { d.put(Value{X: name, At: v.At}, v) }

func (d *Dict) put(k, v Value) bool {
	kk, ok := key(k.X)
	if !ok {
		return false
	}
	if i, ok := d.index[kk]; ok {
		d.items[i].val = v
		return true
	}
	d.index[kk] = len(d.items)
	d.items = append(d.items, item{k, v})
	return true
}

// Delete removes a text key.
func (d *Dict) Delete(name string) { d.remove(name) }

func (d *Dict) remove(x any) {
	k, ok := key(x)
	if !ok {
		return
	}
	i, ok := d.index[k]
	if !ok {
		return
	}
	d.items = slices.Delete(d.items, i, i+1)
	delete(d.index, k)
	for k, j := range d.index {
		if j > i {
			d.index[k] = j - 1
		}
	}
}

// Keys lists the keys in order; keys that are no texts are spelt as Python does.
func (d *Dict) Keys() []string {
	if d == nil {
		return nil
	}
	out := make([]string, len(d.items))
	for i, it := range d.items {
		if s, ok := it.key.X.(string); ok {
			out[i] = s
		} else {
			out[i] = Repr(it.key)
		}
	}
	return out
}

// KeyAt is the place of a text key, or of its value where the key has none of its own.
func (d *Dict) KeyAt(name string) hcl.Range {
	if i, ok := d.index[name]; ok {
		return d.items[i].key.At
	}
	return hcl.Range{}
}

func (d *Dict) copy() *Dict {
	out := NewDict()
	for _, it := range d.items {
		out.put(it.key, it.val)
	}
	return out
}

// truth is Python's bool(x); ok is false for what is unknown.
func truth(x any) (t, ok bool) {
	switch x := x.(type) {
	case nil:
		return false, true
	case bool:
		return x, true
	case int64:
		return x != 0, true
	case float64:
		return x != 0, true
	case string:
		return x != "", true
	case *List:
		return len(x.Elems) > 0, true
	case *Dict:
		return x.Len() > 0, true
	}
	return false, false
}

// equal is Python's ==, for known values. It looks at no more than left values; what is beyond counts as different.
func equal(a, b any, left *int) bool {
	if *left--; *left < 0 {
		return false
	}
	switch x := a.(type) {
	case *List:
		y, ok := b.(*List)
		return ok && x.Tuple == y.Tuple && (x == y || slices.EqualFunc(x.Elems, y.Elems, func(v, w Value) bool { return equal(v.X, w.X, left) }))
	case *Dict:
		y, ok := b.(*Dict)
		if !ok || x.Len() != y.Len() {
			return false
		}
		for _, it := range x.items {
			if w, ok := y.lookup(it.key.X); !ok || x != y && !equal(it.val.X, w.X, left) {
				return false
			}
		}
		return true
	case Symbol:
		return a == b
	}
	ka, ok := key(a)
	kb, okb := key(b)
	return ok && okb && ka == kb
}

// Same reports whether two values are equal as Python compares them.
func Same(a, b Value) bool {
	left := maxCompared
	return equal(a.X, b.X, &left)
}

// kindOf names the type of a value as Python does.
func kindOf(x any) string {
	switch x := x.(type) {
	case nil:
		return "None"
	case bool:
		return "bool"
	case int64:
		return "int"
	case float64:
		return "float"
	case string:
		return "str"
	case *List:
		if x.Tuple {
			return "tuple"
		}
		return "list"
	case *Dict:
		return "dict"
	case Symbol:
		return "class"
	}
	return "unknown value"
}

// Kind names the type of the value as Python does: int, str, list, ….
func (v Value) Kind() string { return kindOf(v.X) }

// Repr spells a value as Python's repr does.
func Repr(v Value) string {
	var b strings.Builder
	repr(&b, v.X, 0)
	return b.String()
}

func repr(b *strings.Builder, x any, depth int) {
	if depth > MaxDepth || b.Len() > maxText {
		b.WriteString("...")
		return
	}
	switch x := x.(type) {
	case nil:
		b.WriteString("None")
	case bool:
		b.WriteString(map[bool]string{true: "True", false: "False"}[x])
	case int64:
		b.WriteString(strconv.FormatInt(x, 10))
	case float64:
		b.WriteString(Float(x))
	case string:
		b.WriteString(quote(x))
	case *List:
		pair := "[]"
		if x.Tuple {
			pair = "()"
		}
		b.WriteByte(pair[0])
		for i, e := range x.Elems {
			if i > 0 {
				b.WriteString(", ")
			}
			if repr(b, e.X, depth+1); b.Len() > maxText {
				break
			}
		}
		if x.Tuple && len(x.Elems) == 1 {
			b.WriteByte(',')
		}
		b.WriteByte(pair[1])
	case *Dict:
		b.WriteByte('{')
		for i, it := range x.items {
			if i > 0 {
				b.WriteString(", ")
			}
			repr(b, it.key.X, depth+1)
			b.WriteString(": ")
			if repr(b, it.val.X, depth+1); b.Len() > maxText {
				break
			}
		}
		b.WriteByte('}')
	case Symbol:
		b.WriteString(x.Name)
	default:
		b.WriteString("<unknown>")
	}
}

// Float spells a float as Python's repr does: the shortest digits that read back, with an exponent from 1e16 on and below 1e-4.
func Float(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	case f != f:
		return "nan"
	}
	if a := math.Abs(f); a != 0 && (a >= 1e16 || a < 1e-4) {
		return strconv.FormatFloat(f, 'e', -1, 64)
	}
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

// quote spells a text as Python's repr does.
func quote(s string) string {
	q := byte('\'')
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		q = '"'
	}
	var b strings.Builder
	b.WriteByte(q)
	for _, r := range s {
		switch {
		case r == rune(q) || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < 0x20 || r == 0x7f:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte(q)
	return b.String()
}
