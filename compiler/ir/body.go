package ir

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
)

// BodyOf is the body of f for inputs of the types of in as a graph of its own: inputs in0, in1, … (an absent input, nil, stays
// absent and leaves a gap in the numbers), outputs those of f.Body. The body sees types only, never the constants that a caller
// may pass: what it needs to know of axes or shapes is an attribute of the function. The graph of the inputs remembers it, and equal calls share
// one body, also with graphs rewritten from it: it must not be changed.
//
// The error is the first diagnostic of the body's shape rules, or that an output is not computed by a node of the body: an input
// handed through needs an Identity, because an ONNX function can name what its nodes compute and nothing else.
func BodyOf(f Function, in []*Value) (*Graph, error) {
	var home *Graph
	types := make([]*Type, len(in))
	for i, v := range in {
		if v != nil {
			home, types[i] = v.graph, &v.Type
		}
	}
	if home == nil {
		return nil, fmt.Errorf("the function %s is applied to no value", f.Name())
	}
	key := Signature(f, in, true)
	if g := home.bodies[key]; g != nil {
		return g, nil
	}
	g, err := buildBody(f, types, home.bodies)
	if err == nil {
		home.bodies[key] = g
	}
	return g, err
}

// Signature tells calls apart by name, attributes and types of the inputs: with the names of all axes, or of those alone whose size is not known.
func Signature(f Function, in []*Value, names bool) string {
	b := append(make([]byte, 0, 256), f.Name()...)
	v := reflect.Indirect(reflect.ValueOf(f))
	for i := range v.NumField() {
		b = appendAttr(append(b, ' '), v.Field(i))
	}
	for _, v := range in {
		if b = append(b, '|'); v == nil {
			continue
		}
		b = append(b, v.DType.String()...)
		for _, d := range v.Shape {
			if b = append(b, ','); names || !d.Static() {
				b = append(b, d.Name...)
			}
			b = strconv.AppendInt(append(b, '='), int64(d.Size), 10)
		}
	}
	return string(b)
}

// appendAttr appends an attribute's value.
func appendAttr(b []byte, v reflect.Value) []byte {
	switch v.Kind() {
	case reflect.Bool:
		return strconv.AppendBool(b, v.Bool())
	case reflect.Int:
		return strconv.AppendInt(b, v.Int(), 10)
	case reflect.Float64:
		return strconv.AppendUint(b, math.Float64bits(v.Float()), 16)
	case reflect.Slice:
		for i := range v.Len() {
			b = append(appendAttr(b, v.Index(i)), ',')
		}
		return b
	}
	return fmt.Appendf(b, "%#v", v)
}

// buildBody builds a body that shares bodies with the graph of its call.
func buildBody(f Function, types []*Type, bodies map[string]*Graph) (*Graph, error) {
	g := New(f.Name())
	g.bodies = bodies
	in := make([]*Value, len(types))
	for i, t := range types {
		name := fmt.Sprintf("in%d", i)
		if t == nil {
			g.names[name]++ // the formal name of the absent input
			continue
		}
		in[i] = g.Input(name, t.DType, t.Shape)
	}
	out := f.Body(in)
	if len(g.Diags) > 0 {
		return nil, fmt.Errorf("body of %s: %s", f.Name(), g.Diags[0].Detail)
	}
	if err := checkBody(f, out); err != nil {
		return nil, err
	}
	g.Outputs = out
	return g, nil
}

// checkBody is the contract between a function and what its Body returns.
func checkBody(f Function, out []*Value) error {
	if len(out) == 0 {
		return fmt.Errorf("body of %s has no outputs", f.Name())
	}
	for i, v := range out {
		switch {
		case v == nil || v.invalid:
			return fmt.Errorf("body of %s: output %d is not valid", f.Name(), i)
		case v.Def == nil:
			return fmt.Errorf("body of %s: output %d is the input %s itself; an Identity must stand between", f.Name(), i, v)
		case slices.Contains(out[:i], v):
			return fmt.Errorf("body of %s: outputs %d and %d are the same value %s", f.Name(), slices.Index(out, v), i, v)
		}
	}
	return nil
}

// InferBody is the shape rule of a function that has none of its own: the types of its body's outputs.
func InferBody(f Function, in []*Value) ([]Type, error) {
	g, err := BodyOf(f, in)
	if err != nil {
		return nil, err
	}
	types := make([]Type, len(g.Outputs))
	for i, v := range g.Outputs {
		types[i] = Type{v.DType, v.Shape.Clone()}
	}
	return types, nil
}

// EvalBody evaluates the body of f. Inputs that the body does not accept are a bug of the caller and panic: Eval runs behind Infer.
func EvalBody(f Function, in []*Tensor) []*Tensor {
	types := make([]*Type, len(in))
	feeds := map[string]*Tensor{}
	for i, t := range in {
		if t != nil {
			typ := t.Type()
			types[i] = &typ
			feeds[fmt.Sprintf("in%d", i)] = t
		}
	}
	g, err := buildBody(f, types, map[string]*Graph{})
	if err != nil {
		panic("ir: " + err.Error())
	}
	out, err := g.Eval(feeds)
	if err != nil {
		panic("ir: " + err.Error())
	}
	return out
}

// Define appends a node whose outputs have the given names, for readers of graphs. An empty name, or one that is missing at the
// end, stands for a fresh one. The error tells what is wrong with the names or the inputs; the graph is then as before.
func (g *Graph) Define(op Op, in []*Value, names []string) ([]*Value, error) {
	for i, v := range in {
		if v != nil && (v.graph != g || v.invalid) {
			return nil, fmt.Errorf("%s: input %d, %s, is not a valid value of the graph", op.Name(), i, v)
		}
	}
	types, err := guardedInfer(op, in)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", op.Name(), err)
	}
	if len(names) > len(types) {
		return nil, fmt.Errorf("%s has %d outputs, not %d", op.Name(), len(types), len(names))
	}
	for i, name := range names {
		if name != "" && (g.names[name] > 0 || slices.Contains(names[:i], name)) {
			return nil, fmt.Errorf("the name %s is taken", quoted(name))
		}
	}
	full := make([]string, len(types))
	for i, name := range names {
		if full[i] = name; name != "" {
			g.names[name]++
		}
	}
	for i, name := range full {
		if name == "" {
			full[i] = g.fresh(g.base(op))
		}
	}
	return g.add(&Node{Op: op, In: slices.Clone(in), Range: g.rng}, types, full, false), nil
}

// add appends n with outputs of the given types and names, which must be claimed already.
func (g *Graph) add(n *Node, types []Type, names []string, invalid bool) []*Value {
	for i, t := range types {
		n.Out = append(n.Out, &Value{Name: names[i], Type: t, Def: n, Index: i, Range: n.Range, graph: g, invalid: invalid})
	}
	g.Nodes = append(g.Nodes, n)
	return n.Out
}

// guardedInfer runs a shape rule on inputs that no builder has looked at. Builders fix the number of inputs by their signature, so
// rules index them freely; a text, a file or a pass under test may hold any number, and the panic becomes an error here.
func guardedInfer(op Op, in []*Value) (types []Type, err error) {
	defer func() {
		if r := recover(); r != nil {
			types, err = nil, fmt.Errorf("the shape rule does not accept %d inputs %s: %v", len(in), inputTypes(in), r)
		}
	}()
	types, err = op.Infer(in)
	if err == nil && len(types) == 0 {
		err = errors.New("the shape rule gives no outputs")
	}
	return types, err
}

func inputTypes(in []*Value) string {
	text := "("
	for i, v := range in {
		text += choose(i > 0, ", ", "")
		if v == nil {
			text += "_"
		} else {
			text += v.Type.String()
		}
	}
	return text + ")"
}
