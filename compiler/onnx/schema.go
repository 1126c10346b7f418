package onnx

// The messages of onnx.proto, IR version 10, with the fields that ssc writes or reads. What they mean is in the ONNX
// specification (IR.md); the Go names drop the suffix Proto.

// Model is a ModelProto.
type Model struct {
	IRVersion       int64
	Producer        string
	ProducerVersion string
	Domain          string
	ModelVersion    int64
	Doc             string
	Main            *Graph // the field graph; the method of that name builds one of package ir
	Opsets          []*Opset
	Metadata        []*Entry
	Functions       []*Function
}

func (m *Model) fields(c *coder) {
	c.int(1, &m.IRVersion, false)
	c.str(2, &m.Producer)
	c.str(3, &m.ProducerVersion)
	c.str(4, &m.Domain)
	c.int(5, &m.ModelVersion, false)
	c.str(6, &m.Doc)
	one(c, 7, &m.Main)
	many(c, 8, &m.Opsets)
	many(c, 14, &m.Metadata)
	many(c, 25, &m.Functions)
}

// Opset is an OperatorSetIdProto; the empty domain is the standard's.
type Opset struct {
	Domain  string
	Version int64
}

func (o *Opset) fields(c *coder) {
	c.str(1, &o.Domain)
	c.int(2, &o.Version, false)
}

// Entry is a StringStringEntryProto.
type Entry struct{ Key, Value string }

func (e *Entry) fields(c *coder) {
	c.str(1, &e.Key)
	c.str(2, &e.Value)
}

// Graph is a GraphProto.
type Graph struct {
	Nodes        []*Node
	Name         string
	Initializers []*Tensor
	Doc          string
	Inputs       []*ValueInfo
	Outputs      []*ValueInfo
	Values       []*ValueInfo // types of intermediate values
}

func (g *Graph) fields(c *coder) {
	many(c, 1, &g.Nodes)
	c.str(2, &g.Name)
	many(c, 5, &g.Initializers)
	c.str(10, &g.Doc)
	many(c, 11, &g.Inputs)
	many(c, 12, &g.Outputs)
	many(c, 13, &g.Values)
}

// Node is a NodeProto. An absent optional input is an empty name.
type Node struct {
	Inputs   []string
	Outputs  []string
	Name     string
	Op       string
	Attrs    []*Attribute
	Doc      string
	Domain   string
	Overload string
}

func (n *Node) fields(c *coder) {
	c.strs(1, &n.Inputs)
	c.strs(2, &n.Outputs)
	c.str(3, &n.Name)
	c.str(4, &n.Op)
	many(c, 5, &n.Attrs)
	c.str(6, &n.Doc)
	c.str(7, &n.Domain)
	c.str(8, &n.Overload)
}

// AttributeType says which field of an [Attribute] holds its value.
type AttributeType int64

// The attribute types that ssc knows.
const (
	AttrFloat   AttributeType = 1
	AttrInt     AttributeType = 2
	AttrString  AttributeType = 3
	AttrTensor  AttributeType = 4
	AttrGraph   AttributeType = 5
	AttrFloats  AttributeType = 6
	AttrInts    AttributeType = 7
	AttrStrings AttributeType = 8
)

// Attribute is an AttributeProto.
type Attribute struct {
	Name    string
	Float   float32
	Int     int64
	String  []byte
	Tensor  *Tensor
	Graph   *Graph
	Floats  []float32
	Ints    []int64
	Strings []string
	Type    AttributeType
	Ref     string // in a function body: the attribute of the call that is meant
}

func (a *Attribute) fields(c *coder) {
	c.str(1, &a.Name)
	c.float(2, &a.Float, a.Type == AttrFloat)
	c.int(3, &a.Int, a.Type == AttrInt)
	c.bytes(4, &a.String)
	one(c, 5, &a.Tensor)
	one(c, 6, &a.Graph)
	c.floats(7, &a.Floats, false)
	c.ints(8, &a.Ints, false)
	c.strs(9, &a.Strings)
	c.int(20, (*int64)(&a.Type), false)
	c.str(21, &a.Ref)
}

// Tensor is a TensorProto. The elements are in Raw, little-endian, or in the list of their type.
type Tensor struct {
	Dims     []int64
	DataType int64
	Floats   []float32 // of float
	Ints     []int64   // of int32, uint8, bool; the bits of float16 and bfloat16
	Longs    []int64   // of int64
	Name     string
	Raw      []byte
	Doubles  []float64 // of double
	External []*Entry  // where the elements are when Location is 1
	Location int64
}

func (t *Tensor) fields(c *coder) {
	c.ints(1, &t.Dims, false)
	c.int(2, &t.DataType, false)
	c.floats(4, &t.Floats, true)
	c.ints(5, &t.Ints, true)
	c.ints(7, &t.Longs, true)
	c.str(8, &t.Name)
	c.bytes(9, &t.Raw)
	c.doubles(10, &t.Doubles)
	many(c, 13, &t.External)
	c.int(14, &t.Location, false)
}

// ValueInfo is a ValueInfoProto.
type ValueInfo struct {
	Name string
	Type *Type
	Doc  string
}

func (v *ValueInfo) fields(c *coder) {
	c.str(1, &v.Name)
	one(c, 2, &v.Type)
	c.str(3, &v.Doc)
}

// Type is a TypeProto; Tensor is nil for sequences, maps and optional values.
type Type struct{ Tensor *TensorType }

func (t *Type) fields(c *coder) { one(c, 1, &t.Tensor) }

// TensorType is a TypeProto.Tensor; Shape is nil where even the rank is unknown.
type TensorType struct {
	Elem  int64
	Shape *Shape
}

func (t *TensorType) fields(c *coder) {
	c.int(1, &t.Elem, false)
	one(c, 2, &t.Shape)
}

// Shape is a TensorShapeProto.
type Shape struct{ Dims []*Dim }

func (s *Shape) fields(c *coder) { many(c, 1, &s.Dims) }

// Dim is a dimension: its Param if that is given, else its Value if Known, else unknown.
type Dim struct {
	Value int64
	Known bool
	Param string
}

func (d *Dim) fields(c *coder) {
	if c.reading && c.num == 1 {
		d.Known = true
	}
	c.int(1, &d.Value, d.Known)
	c.str(2, &d.Param)
}

// Function is a FunctionProto.
type Function struct {
	Name     string
	Inputs   []string
	Outputs  []string
	Attrs    []string
	Nodes    []*Node
	Doc      string
	Opsets   []*Opset
	Domain   string
	Overload string
}

func (f *Function) fields(c *coder) {
	c.str(1, &f.Name)
	c.strs(4, &f.Inputs)
	c.strs(5, &f.Outputs)
	c.strs(6, &f.Attrs)
	many(c, 7, &f.Nodes)
	c.str(8, &f.Doc)
	many(c, 9, &f.Opsets)
	c.str(10, &f.Domain)
	c.str(13, &f.Overload)
}
