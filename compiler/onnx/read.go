package onnx

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"

	"ssc/compiler/ir"
)

// ReadModel reads a ModelProto. It checks the encoding only; [Model.Graph] looks at the content. Byte fields of the result share
// the memory of b.
func ReadModel(b []byte) (*Model, error) {
	m := &Model{}
	if err := unmarshal(b, m); err != nil {
		return nil, fmt.Errorf("reading a model: %w", err)
	}
	if m.Main == nil {
		return nil, errors.New("reading a model: it has no graph")
	}
	return m, nil
}

// Opset is the version of a domain that the model imports, 0 when it does not; the standard domain is "".
func (m *Model) Opset(domain string) int {
	for _, o := range m.Opsets {
		if standard(o.Domain) == standard(domain) {
			return int(o.Version)
		}
	}
	return 0
}

// standard writes the standard domain's other name as "".
func standard(domain string) string {
	if domain == "ai.onnx" {
		return ""
	}
	return domain
}

// Importer says what a model's names mean.
type Importer struct {
	// Lookup finds the prototype of an operator by its [ir.FullName]; its attributes hold ONNX's defaults.
	Lookup func(name string) (ir.Op, bool)
	// Const puts a constant into a graph.
	Const func(g *ir.Graph, t *ir.Tensor) *ir.Value
	// Values are inputs of the model that become constants of the graph.
	Values map[string]*ir.Tensor
}

// Graph builds the model's graph. Initializers become constants, those whose elements are elsewhere become inputs behind the
// model's own; so Graph undoes [Emit], but for the names of static axes. Function calls stay calls: their bodies in the model
// are not read, the looked-up function has its own. Float attributes become the shortest decimal that is the stored float32.
func (m *Model) Graph(im Importer) (*ir.Graph, error) {
	r := reader{Importer: im, g: ir.New(m.Main.Name), values: map[string]*ir.Value{}}
	defer r.g.In("unnamed")() // where outputs that the model does not name get names of their own
	if err := r.graph(m.Main); err != nil {
		return nil, fmt.Errorf("model %q: %w", m.Main.Name, err)
	}
	return r.g, nil
}

type reader struct {
	Importer
	g      *ir.Graph
	values map[string]*ir.Value
}

func (r *reader) graph(p *Graph) error {
	initialized := map[string]bool{}
	for _, t := range p.Initializers {
		initialized[t.Name] = true
	}
	for _, v := range p.Inputs {
		if initialized[v.Name] {
			continue // an input with a default value; IR versions before 4 list every initializer so
		}
		if err := r.input(v); err != nil {
			return fmt.Errorf("input %q: %w", v.Name, err)
		}
	}
	for _, t := range p.Initializers {
		if err := r.initializer(t); err != nil {
			return fmt.Errorf("initializer %q: %w", t.Name, err)
		}
	}
	for i, n := range p.Nodes {
		if err := r.node(n); err != nil {
			return fmt.Errorf("node %d, %q (%s): %w", i, n.Name, n.Op, err)
		}
	}
	for _, v := range p.Outputs {
		if r.values[v.Name] == nil {
			return fmt.Errorf("output %q is not defined", v.Name)
		}
		r.g.Output(r.values[v.Name])
	}
	return nil
}

// define checks that a name is new.
func (r *reader) define(name string) error {
	if name == "" || r.values[name] != nil {
		return errors.New("the name is empty or taken")
	}
	return nil
}

func (r *reader) constant(name string, t *ir.Tensor) error {
	if err := r.define(name); err != nil {
		return err
	}
	v := r.Const(ir.New("constant"), t) // elsewhere, because it names the constant itself
	out, err := r.g.Define(v.Def.Op, nil, []string{name})
	if err != nil {
		return err
	}
	r.values[name] = out[0]
	return nil
}

func (r *reader) input(p *ValueInfo) error {
	if t := r.Values[p.Name]; t != nil {
		return r.constant(p.Name, t)
	}
	if p.Type == nil || p.Type.Tensor == nil {
		return errors.New("not a tensor")
	}
	d, err := dtypeOf(p.Type.Tensor.Elem)
	if err != nil {
		return err
	}
	if p.Type.Tensor.Shape == nil {
		return errors.New("its rank is unknown")
	}
	shape := ir.Shape{}
	for i, q := range p.Type.Tensor.Shape.Dims {
		switch {
		case q.Param != "":
			shape = append(shape, ir.Dim{Name: q.Param, Size: -1})
		case q.Known && q.Value >= 0 && q.Value <= math.MaxInt32:
			shape = append(shape, ir.Dim{Size: int(q.Value)})
		case q.Known:
			return fmt.Errorf("axis %d has size %d", i, q.Value)
		default: // unknown sizes are not known to be equal, so each gets its own symbol
			shape = append(shape, ir.Dim{Name: p.Name + "." + strconv.Itoa(i), Size: -1})
		}
	}
	return r.addInput(p.Name, d, shape)
}

func (r *reader) addInput(name string, d ir.DType, shape ir.Shape) error {
	if err := r.define(name); err != nil {
		return err
	}
	r.values[name] = r.g.Input(name, d, shape)
	return nil
}

func (r *reader) initializer(p *Tensor) error {
	if p.Location == 0 {
		t, err := p.Tensor()
		if err != nil {
			return err
		}
		return r.constant(p.Name, t)
	}
	d, err := dtypeOf(p.DataType)
	if err != nil {
		return err
	}
	shape := ir.Shape{}
	for _, k := range p.Dims {
		if k < 0 || k > math.MaxInt32 {
			return fmt.Errorf("dims %v", p.Dims)
		}
		shape = append(shape, ir.Dim{Size: int(k)})
	}
	return r.addInput(p.Name, d, shape)
}

func (r *reader) node(p *Node) error {
	domain := standard(p.Domain)
	if domain == "" && p.Op == "Constant" && len(p.Outputs) == 1 {
		t, err := constantValue(p)
		if err != nil {
			return err
		}
		return r.constant(p.Outputs[0], t)
	}
	name := p.Op
	if domain != "" {
		name = domain + "." + name
	}
	op, ok := r.Lookup(name)
	if !ok {
		return fmt.Errorf("unknown operator %q", name)
	}
	op, err := withAttributes(op, p.Attrs)
	if err != nil {
		return err
	}
	in := make([]*ir.Value, len(p.Inputs))
	for i, name := range p.Inputs {
		if in[i] = r.values[name]; in[i] == nil && name != "" {
			return fmt.Errorf("input %q is not defined", name)
		}
	}
	for _, name := range p.Outputs {
		if r.values[name] != nil {
			return fmt.Errorf("output %q is defined twice", name)
		}
	}
	out, err := r.g.Define(op, in, p.Outputs)
	if err != nil {
		return err
	}
	for i, name := range p.Outputs {
		if name != "" {
			r.values[name] = out[i]
		}
	}
	return nil
}

// constantValue is the tensor of a Constant node in any of its forms.
func constantValue(p *Node) (*ir.Tensor, error) {
	for _, a := range p.Attrs {
		switch {
		case a.Name == "value" && a.Tensor != nil:
			return a.Tensor.Tensor()
		case a.Name == "value_float":
			return ir.ScalarTensor(ir.Float32, float64(a.Float)), nil
		case a.Name == "value_int":
			return ir.ScalarTensor(ir.Int64, truncate(a.Int)), nil
		case a.Name == "value_floats":
			t := ir.NewTensor(ir.Float32, len(a.Floats))
			for i, x := range a.Floats {
				t.Data[i] = float64(x)
			}
			return t, nil
		case a.Name == "value_ints":
			t := ir.NewTensor(ir.Int64, len(a.Ints))
			for i, n := range a.Ints {
				t.Data[i] = truncate(n)
			}
			return t, nil
		}
	}
	return nil, errors.New("no value that ssc knows")
}

// withAttributes sets the attributes of a prototype.
func withAttributes(op ir.Op, attrs []*Attribute) (ir.Op, error) {
	var list []ir.Attr
	for _, a := range attrs {
		v, err := attributeValue(op, a)
		if err != nil {
			return nil, fmt.Errorf("attribute %q: %w", a.Name, err)
		}
		list = append(list, ir.Attr{Name: a.Name, Value: v})
	}
	return ir.WithAttrs(op, list)
}

func attributeValue(op ir.Op, a *Attribute) (any, error) {
	switch {
	case a.Ref != "":
		return nil, errors.New("a reference outside of a function")
	case a.Type == AttrInt:
		if t, ok := ir.AttrType(op, a.Name); ok && t == reflect.TypeFor[ir.DType]() {
			return dtypeOf(a.Int)
		}
		return int(a.Int), nil
	case a.Type == AttrFloat:
		return decimal(a.Float), nil
	case a.Type == AttrString:
		return string(a.String), nil
	case a.Type == AttrInts:
		v := make([]int, len(a.Ints))
		for i, n := range a.Ints {
			v[i] = int(n)
		}
		return v, nil
	case a.Type == AttrFloats:
		v := make([]float64, len(a.Floats))
		for i, x := range a.Floats {
			v[i] = decimal(x)
		}
		return v, nil
	case a.Type == AttrStrings:
		return append([]string{}, a.Strings...), nil
	case a.Type == AttrTensor && a.Tensor != nil:
		return a.Tensor.Tensor()
	}
	return nil, fmt.Errorf("attribute type %d", a.Type)
}

// decimal is the number with the shortest decimal form that rounds to f: people write 0.1, and a float32 keeps it so.
func decimal(f float32) float64 {
	x, err := strconv.ParseFloat(strconv.FormatFloat(float64(f), 'g', -1, 32), 64)
	if err != nil {
		return float64(f)
	}
	return x
}
