package ir

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// The operators of these tests: each is just enough of the ONNX operator of its name.

type noGrad struct{}

func (noGrad) Doc() Doc                          { return Doc{} }
func (noGrad) Grad(n *Node, _ []*Value) []*Value { return make([]*Value, len(n.In)) }

type constOp struct {
	noGrad
	Value *Tensor `attr:"value"`
}

func (constOp) Name() string                 { return "Constant" }
func (c constOp) Constant() *Tensor          { return c.Value }
func (c constOp) Eval(_ []*Tensor) []*Tensor { return []*Tensor{c.Value} }
func (c constOp) Infer(_ []*Value) ([]Type, error) {
	if c.Value == nil {
		return nil, fmt.Errorf("no value")
	}
	return []Type{c.Value.Type()}, nil
}

func constant(g *Graph, t *Tensor) *Value { return g.Apply(constOp{Value: t})[0] }

// binaryOp is Add, Mul.
type binaryOp struct {
	noGrad
	op string
}

func (b binaryOp) Name() string { return b.op }
func (binaryOp) Infer(in []*Value) ([]Type, error) {
	if in[0].DType != in[1].DType {
		return nil, fmt.Errorf("element types %s and %s", in[0].DType, in[1].DType)
	}
	s, err := BroadcastShapes(in[0].Shape, in[1].Shape)
	return []Type{{in[0].DType, s}}, err
}

func (b binaryOp) Eval(in []*Tensor) []*Tensor {
	x, y := in[0], in[1]
	if len(x.Data) < len(y.Data) {
		x, y = y, x
	}
	z := x.Clone()
	for i := range z.Data {
		if b.op == "Add" {
			z.Data[i] += y.Data[i%len(y.Data)]
		} else {
			z.Data[i] *= y.Data[i%len(y.Data)]
		}
	}
	return []*Tensor{z}
}

func add(x, y *Value) *Value { return Apply1(binaryOp{op: "Add"}, x, y) }
func mul(x, y *Value) *Value { return Apply1(binaryOp{op: "Mul"}, x, y) }

// sameOp is an operator with one output of the type of input `of`.
type sameOp struct {
	noGrad
	op string
	of int
}

func (s sameOp) Name() string                      { return s.op }
func (s sameOp) Infer(in []*Value) ([]Type, error) { return []Type{in[s.of].Type}, nil }
func (s sameOp) Eval(in []*Tensor) []*Tensor       { return []*Tensor{in[s.of]} }

func identity(x *Value) *Value { return Apply1(sameOp{op: "Identity"}, x) }
func relu(x *Value) *Value     { return Apply1(sameOp{op: "Relu"}, x) }

type reduceOp struct{ noGrad }

func (reduceOp) Name() string                      { return "ReduceSum" }
func (reduceOp) Infer(in []*Value) ([]Type, error) { return []Type{{in[0].DType, Shape{}}}, nil }
func (reduceOp) Eval(in []*Tensor) []*Tensor {
	sum := 0.0
	for _, x := range in[0].Data {
		sum += x
	}
	return []*Tensor{ScalarTensor(in[0].DType, sum)}
}

type finiteOp struct{ noGrad }

func (finiteOp) Name() string                     { return "Finite" }
func (finiteOp) Infer(_ []*Value) ([]Type, error) { return []Type{{Bool, Shape{}}}, nil }
func (finiteOp) Eval(_ []*Tensor) []*Tensor       { return []*Tensor{ScalarTensor(Bool, 1)} }

// pairOp has two outputs and an optional middle input.
type pairOp struct{ noGrad }

func (pairOp) Name() string    { return "TopK" }
func (pairOp) MaxOutputs() int { return 2 }
func (pairOp) Infer(in []*Value) ([]Type, error) {
	return []Type{in[0].Type, {Int64, in[0].Shape}}, nil
}
func (pairOp) Eval(in []*Tensor) []*Tensor { return []*Tensor{in[0], NewTensor(Int64, in[0].Dims...)} }

// attrOp has attributes of every kind.
type attrOp struct {
	noGrad
	Int     int       `attr:"int"`
	Float   float64   `attr:"float"`
	Str     string    `attr:"str"`
	Bool    bool      `attr:"bool"`
	Ints    []int     `attr:"ints"`
	Floats  []float64 `attr:"floats"`
	Strs    []string  `attr:"strs"`
	To      DType     `attr:"to"`
	T       *Tensor   `attr:"t"`
	Omitted []int     `attr:"omitted,omitempty"`
	Hidden  int
}

func (attrOp) Name() string                      { return "Attrs" }
func (attrOp) Infer(in []*Value) ([]Type, error) { return []Type{in[0].Type}, nil }
func (attrOp) Eval(in []*Tensor) []*Tensor       { return in[:1] }

// scaleFn is x * by + 1, by an attribute.
type scaleFn struct {
	noGrad
	By float64 `attr:"by"`
}

func (scaleFn) Name() string                        { return "Scale" }
func (f scaleFn) Infer(in []*Value) ([]Type, error) { return InferBody(f, in) }
func (f scaleFn) Eval(in []*Tensor) []*Tensor       { return EvalBody(f, in) }
func (f scaleFn) Body(in []*Value) []*Value {
	x := in[0]
	y := mul(x, constant(x.Graph(), ScalarTensor(x.DType, f.By)))
	return []*Value{add(y, constant(x.Graph(), ScalarTensor(x.DType, 1)))}
}

// twiceFn calls scaleFn twice and returns both values; its middle input is optional and added where it is there.
type twiceFn struct{ noGrad }

func (twiceFn) Name() string                        { return "Twice" }
func (twiceFn) MaxOutputs() int                     { return 2 }
func (f twiceFn) Infer(in []*Value) ([]Type, error) { return InferBody(f, in) }
func (f twiceFn) Eval(in []*Tensor) []*Tensor       { return EvalBody(f, in) }
func (twiceFn) Body(in []*Value) []*Value {
	a := Apply1(scaleFn{By: 2}, in[0])
	if len(in) > 1 && in[1] != nil {
		a = add(a, in[1])
	}
	return []*Value{a, Apply1(scaleFn{By: 3}, a)}
}

// updateFn is x + x where a flag holds, else x, and promises for its kernel that the result may share x's memory.
type updateFn struct{ noGrad }

func (updateFn) Name() string                        { return "Update" }
func (updateFn) InStep(int) int                      { return 1 }
func (f updateFn) Infer(in []*Value) ([]Type, error) { return InferBody(f, in) }
func (f updateFn) Eval(in []*Tensor) []*Tensor       { return EvalBody(f, in) }
func (updateFn) Body(in []*Value) []*Value {
	return []*Value{Apply1(sameOp{op: "Where", of: 1}, in[0], add(in[1], in[2]), in[1])}
}

// handFn hands its input through, which a body must not.
type handFn struct{ noGrad }

func (handFn) Name() string                        { return "Hand" }
func (f handFn) Infer(in []*Value) ([]Type, error) { return InferBody(f, in) }
func (f handFn) Eval(in []*Tensor) []*Tensor       { return in }
func (handFn) Body(in []*Value) []*Value           { return in }

func lookup(name string) (Op, bool) {
	ops := []Op{constOp{}, binaryOp{op: "Add"}, binaryOp{op: "Mul"}, sameOp{op: "Where", of: 1}, sameOp{op: "ScatterND"},
		sameOp{op: "Reshape"}, sameOp{op: "Identity"}, sameOp{op: "Relu"}, reduceOp{}, finiteOp{}, pairOp{}, attrOp{Int: 7},
		scaleFn{}, twiceFn{}, updateFn{}, handFn{}}
	i := slices.IndexFunc(ops, func(op Op) bool { return FullName(op) == name })
	if i < 0 {
		return nil, false
	}
	return ops[i], true
}

func at(line, column int) hcl.Range {
	return hcl.Range{Filename: "a.hcl", Start: hcl.Pos{Line: line, Column: column}, End: hcl.Pos{Line: line, Column: column}}
}

func mustParse(t interface {
	Helper()
	Fatal(...any)
}, src string) *Graph {
	t.Helper()
	g, err := Parse(strings.ReplaceAll(src, "\t", "  "), "test.ir", lookup)
	if err != nil {
		t.Fatal(err)
	}
	return g
}
