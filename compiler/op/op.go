package op

import (
	"fmt"
	"sort"

	"ssc/compiler/ir"
)

var table = map[string]ir.Op{}

// register enters an operator's prototype. It returns a value so that a file can call it in a package variable.
func register(o ir.Op) struct{} {
	if _, ok := table[o.Name()]; ok {
		panic("op: second operator named " + o.Name())
	}
	table[o.Name()] = o
	return struct{}{}
}

// Lookup returns the operator of that ONNX name with its default attributes.
func Lookup(name string) (ir.Op, bool) {
	o, ok := table[name]
	return o, ok
}

// Names lists the operators, sorted.
func Names() []string {
	var names []string
	for n := range table {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

// arity checks the number of inputs that are given; the ones from min on are optional.
func arity(in []*ir.Value, min, max int) error {
	if len(in) < min || len(in) > max {
		return fmt.Errorf("takes %d to %d inputs, got %d", min, max, len(in))
	}
	for i := 0; i < min; i++ {
		if in[i] == nil {
			return fmt.Errorf("input %d is required", i)
		}
	}
	return nil
}

// at returns input i, or nil when it is absent.
func at[T any](in []*T, i int) *T {
	if i < len(in) {
		return in[i]
	}
	return nil
}

// constInts returns the constant integers of an input such as axes or shape; nil for an absent one.
func constInts(in []*ir.Value, i int, what string) ([]int, error) {
	v := at(in, i)
	if v == nil {
		return nil, nil
	}
	t := v.Const()
	if t == nil {
		return nil, fmt.Errorf("%s must be constant", what)
	}
	return t.Int(), nil
}

// normAxis maps a negative axis to its place and checks the range.
func normAxis(axis, rank int) (int, error) {
	if axis < -rank || axis >= rank {
		return 0, fmt.Errorf("axis %d is outside rank %d", axis, rank)
	}
	if axis < 0 {
		axis += rank
	}
	return axis, nil
}

// normAxes is normAxis for a list, sorted and without duplicates.
func normAxes(axes []int, rank int) ([]int, error) {
	seen := map[int]bool{}
	var out []int
	for _, a := range axes {
		n, err := normAxis(a, rank)
		if err != nil {
			return nil, err
		}
		if seen[n] {
			return nil, fmt.Errorf("axis %d is given twice", a)
		}
		seen[n] = true
		out = append(out, n)
	}
	sort.Ints(out)
	return out, nil
}

// sameDType checks that all given inputs have one element type, and that it is a float where float is true.
func sameDType(float bool, in ...*ir.Value) error {
	var d ir.DType
	for _, v := range in {
		if v == nil {
			continue
		}
		if float && !v.DType.IsFloat() {
			return fmt.Errorf("needs floats, got %s", v.Type)
		}
		if d != ir.Invalid && v.DType != d {
			return fmt.Errorf("element types differ: %s and %s", d, v.DType)
		}
		d = v.DType
	}
	return nil
}

// numeric checks that no given input is a bool.
func numeric(in ...*ir.Value) error {
	for _, v := range in {
		if v != nil && v.DType == ir.Bool {
			return fmt.Errorf("needs numbers, got %s", v.Type)
		}
	}
	return nil
}

// next advances a multi-index, row-major, and reports false at the end.
func next(idx, dims []int) bool {
	for i := len(idx) - 1; i >= 0; i-- {
		if idx[i]++; idx[i] < dims[i] {
			return true
		}
		idx[i] = 0
	}
	return false
}

// offset is the position of a multi-index under strides.
func offset(idx, strides []int) int {
	n := 0
	for i, k := range idx {
		n += k * strides[i]
	}
	return n
}
