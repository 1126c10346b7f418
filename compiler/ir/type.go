package ir

import (
	"fmt"
	"strconv"
	"strings"
)

// DType is the element type of a tensor.
type DType uint8

// The element types that ssc uses. The zero DType is invalid.
const (
	Invalid DType = iota
	Float32
	Float64
	BFloat16
	Float16
	Int64
	Int32
	Uint8
	Bool
	Int8 // of quantised graphs
)

var dtypes = [...]struct {
	name  string
	bytes int
}{Invalid: {"invalid", 0}, Float32: {"f32", 4}, Float64: {"f64", 8}, BFloat16: {"bf16", 2}, Float16: {"f16", 2},
	Int64: {"i64", 8}, Int32: {"i32", 4}, Uint8: {"u8", 1}, Bool: {"bool", 1}, Int8: {"i8", 1}}

func (d DType) String() string { return dtypes[d].name }

// Bytes is the size of one element.
func (d DType) Bytes() int { return dtypes[d].bytes }

// IsFloat reports whether d is a floating-point type.
func (d DType) IsFloat() bool { return d >= Float32 && d <= Float16 }

// ParseDType is the inverse of String.
func ParseDType(s string) (DType, bool) {
	for d, t := range dtypes {
		if t.name == s && d > 0 {
			return DType(d), true
		}
	}
	return Invalid, false
}

// Dim is one axis of a shape. A negative Size marks a symbolic axis, whose Name is its symbol: two symbolic axes are
// equal when their names are. For a static axis Name is a comment for people ("batch", "channel", "height").
type Dim struct {
	Name string
	Size int
}

// Static reports whether the size is known.
func (d Dim) Static() bool { return d.Size >= 0 }

// Equal reports whether two axes have the same size, known or symbolic. Names of static axes do not count.
func (d Dim) Equal(e Dim) bool {
	if d.Static() || e.Static() {
		return d.Size == e.Size
	}
	return d.Name == e.Name
}

func (d Dim) String() string {
	switch {
	case !d.Static():
		return d.Name
	case d.Name == "":
		return strconv.Itoa(d.Size)
	}
	return d.Name + "=" + strconv.Itoa(d.Size)
}

// Shape is a list of axes; a scalar has none.
type Shape []Dim

// Dims makes a static shape without axis names.
func Dims(sizes ...int) Shape {
	s := make(Shape, len(sizes))
	for i, n := range sizes {
		s[i] = Dim{Size: n}
	}
	return s
}

// Named makes a static shape from alternating names and sizes: Named("batch", 8, "dim", 128).
func Named(pairs ...any) Shape {
	s := make(Shape, len(pairs)/2)
	for i := range s {
		s[i] = Dim{pairs[2*i].(string), pairs[2*i+1].(int)}
	}
	return s
}

// Static reports whether every axis is known.
func (s Shape) Static() bool {
	for _, d := range s {
		if !d.Static() {
			return false
		}
	}
	return true
}

// Sizes returns the sizes of the axes, -1 for a symbolic one.
func (s Shape) Sizes() []int {
	n := make([]int, len(s))
	for i, d := range s {
		n[i] = max(d.Size, -1)
	}
	return n
}

// Elems is the number of elements; it panics on a symbolic shape.
func (s Shape) Elems() int {
	n := 1
	for _, d := range s {
		if !d.Static() {
			panic("ir: element count of the symbolic shape " + s.String())
		}
		n *= d.Size
	}
	return n
}

// Equal compares sizes and symbols axis by axis.
func (s Shape) Equal(t Shape) bool {
	if len(s) != len(t) {
		return false
	}
	for i := range s {
		if !s[i].Equal(t[i]) {
			return false
		}
	}
	return true
}

// Clone returns a copy that may be changed.
func (s Shape) Clone() Shape { return append(Shape{}, s...) }

// String prints [batch=256, dim=128].
func (s Shape) String() string {
	parts := make([]string, len(s))
	for i, d := range s {
		parts[i] = d.String()
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// Type is what is known of a value before it is computed.
type Type struct {
	DType DType
	Shape Shape
}

// Equal compares element types and shapes.
func (t Type) Equal(u Type) bool { return t.DType == u.DType && t.Shape.Equal(u.Shape) }

// String prints f32[batch=256, dim=128].
func (t Type) String() string { return t.DType.String() + t.Shape.String() }

// BroadcastShapes applies ONNX's multidirectional broadcasting. Names of axes survive from whichever side has one.
// A symbolic axis matches itself and 1.
func BroadcastShapes(shapes ...Shape) (Shape, error) {
	rank := 0
	for _, s := range shapes {
		rank = max(rank, len(s))
	}
	out := Dims(make([]int, rank)...)
	for i := range out {
		out[i].Size = 1
	}
	for _, s := range shapes {
		off := rank - len(s)
		for i, d := range s {
			o := &out[off+i]
			switch {
			case o.Size == 1 && d.Size == 1:
				if o.Name == "" {
					o.Name = d.Name
				}
			case o.Size == 1:
				name := o.Name
				*o = d
				if d.Static() && d.Name == "" {
					o.Name = name
				}
			case d.Size == 1:
			case !o.Equal(d):
				return nil, fmt.Errorf("shapes %s do not broadcast: axis %d is %s and %s", joinShapes(shapes), off+i, *o, d)
			case o.Name == "":
				o.Name = d.Name
			}
		}
	}
	return out, nil
}

func joinShapes(shapes []Shape) string {
	parts := make([]string, len(shapes))
	for i, s := range shapes {
		parts[i] = s.String()
	}
	return strings.Join(parts, " and ")
}
