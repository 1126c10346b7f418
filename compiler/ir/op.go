package ir

import (
	"fmt"
	"reflect"
	"strings"
)

// Op is an operator together with its attributes: a struct whose exported fields, tagged `attr:"onnx_name"`, are the
// attributes. Ops are values: two ops are the same when they are deeply equal.
type Op interface {
	// Name is the ONNX operator's or the ai.ssc function's name.
	Name() string
	// Doc describes the operator and gives the samples that tests draw inputs from.
	Doc() Doc
	// Infer is the shape rule. An absent optional input is nil. An input's constant value, where the rule depends on
	// one, is in[i].Const(). The error says what was found, with shapes.
	Infer(in []*Value) ([]Type, error)
	// Grad returns the gradient of every input of n, given those of its outputs (nil where no gradient arrives). A nil
	// result means not differentiable with respect to that input. It need not undo broadcasting: the sweep does.
	Grad(n *Node, dy []*Value) []*Value
	// Eval computes the outputs by definition, in float64. It is slow and meant for tests and constant folding.
	Eval(in []*Tensor) []*Tensor
}

// Function is an operator of domain ai.ssc: it is defined by a body of other operators.
type Function interface {
	Op
	// Body builds the function's outputs from its inputs, in the graph of the inputs.
	Body(in []*Value) []*Value
}

// Doc is what the manual says of an operator.
type Doc struct {
	// Text is the meaning: first sentence a summary, then formula, axes, special values.
	Text    string
	Samples []Sample
}

// Sample is one call of an operator that the generated tests check.
type Sample struct {
	Label string
	Op    Op
	In    []Arg
	// Tol is the tolerance of float32 execution against float64, relative to the largest magnitude; 0 means 1e-5.
	Tol float64
	// NoGrad states that the gradient is not to be checked, and why.
	NoGrad string
	// NoRuntime states that stock ONNX Runtime is not to be checked, and why.
	NoRuntime string
}

// Arg is one input of a sample. The zero Arg is an absent optional input.
type Arg struct {
	Dims  []int
	DType DType // zero means Float32
	// Lo and Hi bound the uniform draw; both zero means [-1, 1]. Integer types draw integers in [Lo, Hi).
	Lo, Hi float64
	// Distinct asks for values at least 0.05 apart, in random order: for maxima and ranks, away from ties.
	Distinct bool
	// Value fixes the input instead of drawing it; it is passed as a constant.
	Value *Tensor
}

// Domain is the domain of functions.
const Domain = "ai.ssc"

// IsFunction reports whether op belongs to domain ai.ssc.
func IsFunction(op Op) bool { _, ok := op.(Function); return ok }

// Attr is one attribute of an operator: Value is int, float64, string, bool, []int, []float64, []string, DType or *Tensor.
// Fields of type bool are ONNX ints 0 and 1; DType is ONNX's element type number.
type Attr struct {
	Name  string
	Value any
}

// Attrs lists the attributes of op in field order. A field tagged `attr:"name,omitempty"` is left out when zero.
func Attrs(op Op) []Attr {
	v := reflect.Indirect(reflect.ValueOf(op))
	var out []Attr
	for i := 0; i < v.NumField(); i++ {
		tag, ok := v.Type().Field(i).Tag.Lookup("attr")
		if !ok {
			continue
		}
		name, opt, _ := strings.Cut(tag, ",")
		if opt == "omitempty" && isEmpty(v.Field(i)) {
			continue
		}
		out = append(out, Attr{name, v.Field(i).Interface()})
	}
	return out
}

// Attribute is the value of an attribute of op, nil when it has none of that name or leaves it out.
func Attribute(op Op, name string) any {
	for _, a := range Attrs(op) {
		if a.Name == name {
			return a.Value
		}
	}
	return nil
}

func isEmpty(v reflect.Value) bool {
	if v.Kind() == reflect.Slice {
		return v.Len() == 0
	}
	return v.IsZero()
}

// WithAttrs returns a copy of proto with the given attributes set by their ONNX names; ints become bools where the field is one.
// Unknown names and wrong types are errors.
func WithAttrs(proto Op, attrs []Attr) (Op, error) {
	v := reflect.New(reflect.Indirect(reflect.ValueOf(proto)).Type()).Elem()
	v.Set(reflect.Indirect(reflect.ValueOf(proto)))
next:
	for _, a := range attrs {
		for i := 0; i < v.NumField(); i++ {
			tag, ok := v.Type().Field(i).Tag.Lookup("attr")
			name, _, _ := strings.Cut(tag, ",")
			if !ok || name != a.Name {
				continue
			}
			f, val := v.Field(i), reflect.ValueOf(a.Value)
			switch n, isInt := a.Value.(int); {
			case val.IsValid() && val.Type().AssignableTo(f.Type()):
				f.Set(val)
			case isInt && f.Kind() == reflect.Bool:
				f.SetBool(n != 0)
			case isInt && f.Kind() == reflect.Float64:
				f.SetFloat(float64(n))
			default:
				return nil, fmt.Errorf("attribute %s of %s: a %T where a %s is expected", a.Name, proto.Name(), a.Value, f.Type())
			}
			continue next
		}
		return nil, fmt.Errorf("%s has no attribute %q", proto.Name(), a.Name)
	}
	op := v.Interface().(Op)
	return op, nil
}
