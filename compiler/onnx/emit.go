package onnx

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/hashicorp/hcl/v2"

	"ssc/compiler/ir"
)

// Versions that models declare.
const (
	opset         = 18 // of the standard domain
	domainVersion = 1  // of ai.ssc
	irVersion     = 8  // what opset 18 was released with
	irOverloads   = 10 // the first with overloads of functions, and what opset 22 was released with
)

// Options say how a graph is emitted.
type Options struct {
	Producer, Version string
	// External tells which inputs become initializers whose elements the session is given (AddExternalInitializers): their shapes
	// must be static. nil: none.
	External func(name string) bool
	// Location is the file name in the references of external initializers, "weights.safetensors" when empty.
	Location string
	// Kernel tells which functions the target has a native kernel for, by their names. These stay calls also inside the bodies of
	// other functions, where all others are inlined. nil: none.
	Kernel func(name string) bool
	// Ranges writes the source range of a node, file:line,col, into its doc string.
	Ranges bool
	// Opset is the version of the standard domain that the model declares, 18 when 0. The caller knows that its operators have the same form there.
	Opset int
	// Metadata are the model's metadata_props.
	Metadata map[string]string
}

// Emit returns g as a serialised ModelProto. Inputs, outputs and values keep their names, symbolic axes become dim_params, values
// between nodes carry their types. It is an error when g has diagnostics or invalid values, when an external input has no static
// shape, or when the body of a function cannot be built.
func Emit(g *ir.Graph, o Options) ([]byte, error) {
	m, err := model(g, o)
	if err != nil {
		return nil, fmt.Errorf("emitting graph %s: %w", g.Name, err)
	}
	return m.Marshal(), nil
}

// Marshal is the model in serialised form.
func (m *Model) Marshal() []byte {
	raw := 0 // bytes of constants, which are most of a large model
	if m.Main != nil {
		for _, t := range m.Main.Initializers {
			raw += len(t.Raw)
		}
	}
	c := coder{out: make([]byte, 0, raw+raw/8+4096)}
	m.fields(&c)
	return c.out
}

func model(g *ir.Graph, o Options) (*Model, error) {
	if g.Diags.HasErrors() {
		return nil, g.Diags
	}
	for _, n := range g.Nodes {
		for _, v := range n.Out {
			if !v.Valid() {
				return nil, fmt.Errorf("%s is invalid", v)
			}
		}
	}
	calls, err := collect(g, o.Kernel)
	if err != nil {
		return nil, err
	}
	e := emitter{Options: o, calls: calls}
	if e.Location == "" {
		e.Location = "weights.safetensors"
	}
	e.Opset = cmp.Or(e.Opset, opset)
	m := &Model{IRVersion: irVersion, Producer: o.Producer, ProducerVersion: o.Version, Opsets: []*Opset{{Version: int64(e.Opset)}}}
	if e.Opset > opset {
		m.IRVersion = irOverloads
	}
	for _, k := range slices.Sorted(maps.Keys(o.Metadata)) {
		m.Metadata = append(m.Metadata, &Entry{k, o.Metadata[k]})
	}
	if m.Main, err = e.main(g); err != nil {
		return nil, err
	}
	if len(calls.order) > 0 {
		m.Opsets = append(m.Opsets, &Opset{Domain: ir.Domain, Version: domainVersion})
	}
	for _, c := range calls.order {
		if c.overload != "" {
			m.IRVersion = irOverloads
		}
		f, err := e.function(c)
		if err != nil {
			return nil, err
		}
		m.Functions = append(m.Functions, f)
	}
	return m, nil
}

type emitter struct {
	Options
	calls *calls
	read  map[*ir.Value]bool // values that a node reads or a graph gives out; of the graph being emitted
}

// reading remembers which values of g anybody reads.
func (e *emitter) reading(g *ir.Graph) {
	e.read = map[*ir.Value]bool{}
	for _, n := range g.Nodes {
		for _, v := range n.In {
			e.read[v] = true
		}
	}
	for _, v := range g.Outputs {
		e.read[v] = true
	}
}

// main emits the graph itself: constants as initializers, but as nodes where they are outputs, which only a node can compute.
func (e *emitter) main(g *ir.Graph) (*Graph, error) {
	e.reading(g)
	out := &Graph{Name: g.Name}
	for _, v := range g.Inputs {
		if e.External == nil || !e.External(v.Name) {
			out.Inputs = append(out.Inputs, valueInfo(v))
			continue
		}
		t, err := e.external(v)
		if err != nil {
			return nil, err
		}
		out.Initializers = append(out.Initializers, t)
	}
	for _, v := range g.Outputs {
		out.Outputs = append(out.Outputs, valueInfo(v))
	}
	isOutput := map[*ir.Value]bool{}
	for _, v := range g.Outputs {
		isOutput[v] = true
	}
	for _, n := range g.Nodes {
		if t := n.Out[0].Const(); t != nil && !isOutput[n.Out[0]] {
			out.Initializers = append(out.Initializers, tensorProto(n.Out[0].Name, t))
			continue
		}
		p, err := e.node(n)
		if err != nil {
			return nil, err
		}
		out.Nodes = append(out.Nodes, p)
		for _, v := range n.Out[:len(p.Outputs)] {
			if !isOutput[v] {
				out.Values = append(out.Values, valueInfo(v))
			}
		}
	}
	return out, nil
}

// external is an initializer without elements.
func (e *emitter) external(v *ir.Value) (*Tensor, error) {
	if !v.Shape.Static() {
		return nil, fmt.Errorf("the external initializer %s has no static shape", v)
	}
	return &Tensor{Name: v.Name, DataType: dataTypes[v.DType], Dims: int64s(v.Shape.Sizes()), Location: 1,
		External: []*Entry{{"location", e.Location}}}, nil
}

func valueInfo(v *ir.Value) *ValueInfo {
	shape := &Shape{}
	for _, d := range v.Shape {
		if d.Static() {
			shape.Dims = append(shape.Dims, &Dim{Value: int64(d.Size), Known: true})
		} else {
			shape.Dims = append(shape.Dims, &Dim{Param: d.Name})
		}
	}
	return &ValueInfo{Name: v.Name, Type: &Type{Tensor: &TensorType{Elem: dataTypes[v.DType], Shape: shape}}}
}

// node emits one node. Absent inputs are empty names, those at the end are left out.
func (e *emitter) node(n *ir.Node) (*Node, error) {
	p := &Node{Name: n.Out[0].Name, Op: n.Op.Name(), Inputs: make([]string, arity(n.In))}
	for i := range p.Inputs {
		if n.In[i] != nil {
			p.Inputs[i] = n.In[i].Name
		}
	}
	for _, v := range n.Out[:e.outputs(n)] {
		p.Outputs = append(p.Outputs, v.Name)
	}
	for _, a := range ir.Attrs(n.Op) {
		attr, err := attribute(a)
		if err != nil {
			return nil, fmt.Errorf("attribute %s of %s: %w", a.Name, p.Op, err)
		}
		if attr != nil {
			p.Attrs = append(p.Attrs, attr)
		}
	}
	if c := e.calls.of[n]; c != nil {
		p.Domain, p.Overload = ir.Domain, c.overload
	}
	if e.Ranges && n.Range != (hcl.Range{}) {
		p.Doc = n.Range.Filename + ":" + strconv.Itoa(n.Range.Start.Line) + "," + strconv.Itoa(n.Range.Start.Column)
	}
	return p, nil
}

// outputs is the number of outputs that are named: an operator may allow the last ones to be left out when nobody reads them, which spares the
// executor to compute them.
func (e *emitter) outputs(n *ir.Node) int {
	least := len(n.Out)
	if o, ok := n.Op.(interface{ MinOutputs() int }); ok {
		least = o.MinOutputs()
	}
	k := len(n.Out)
	for k > least && !e.read[n.Out[k-1]] {
		k--
	}
	return k
}

// arity is the number of inputs up to the last that is present.
func arity(in []*ir.Value) int {
	n := len(in)
	for n > 0 && in[n-1] == nil {
		n--
	}
	return n
}

// attribute converts a; a nil list or tensor is an attribute left out and gives nil. Floats become float32, as in all of ONNX.
func attribute(a ir.Attr) (*Attribute, error) {
	p := &Attribute{Name: a.Name}
	absent := false
	switch v := a.Value.(type) {
	case int:
		p.Type, p.Int = AttrInt, int64(v)
	case bool:
		p.Type = AttrInt
		if v {
			p.Int = 1
		}
	case ir.DType:
		p.Type, p.Int = AttrInt, dataTypes[v]
	case float64:
		p.Type, p.Float = AttrFloat, float32(v)
	case string:
		p.Type, p.String = AttrString, []byte(v)
	case []int:
		p.Type, p.Ints, absent = AttrInts, int64s(v), v == nil
	case []float64:
		p.Type, p.Floats, absent = AttrFloats, float32s(v), v == nil
	case []string:
		p.Type, p.Strings, absent = AttrStrings, v, v == nil
	case *ir.Tensor:
		if absent = v == nil; !absent {
			p.Type, p.Tensor = AttrTensor, tensorProto("", v)
		}
	default:
		return nil, fmt.Errorf("a %T has no ONNX form", v)
	}
	if absent {
		return nil, nil
	}
	return p, nil
}

func float32s(v []float64) []float32 {
	out := make([]float32, len(v))
	for i, x := range v {
		out[i] = float32(x)
	}
	return out
}
