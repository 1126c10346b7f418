package ir

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// Graph is a list of nodes in topological order with named inputs and outputs.
type Graph struct {
	Name    string
	Inputs  []*Value
	Nodes   []*Node
	Outputs []*Value
	// Diags collects what shape rules found wrong while the graph was built.
	Diags hcl.Diagnostics

	names map[string]int // how often a base name was used
	rng   hcl.Range      // source range of the nodes being built
	scope string         // path prefix of the values being built

	bodies map[string]*Graph // of the functions called in this graph, in these bodies, and in graphs rewritten from it, by signature
}

// Node is one application of an operator.
type Node struct {
	Op    Op
	In    []*Value // nil for an absent optional input
	Out   []*Value
	Range hcl.Range // the source that caused the node; zero when the compiler did
}

// Value is an input of the graph or an output of a node.
type Value struct {
	Name string // unique in the graph
	Type
	Def   *Node // nil for an input of the graph
	Index int   // position among Def.Out
	Range hcl.Range

	graph   *Graph
	invalid bool
}

// New returns an empty graph.
func New(name string) *Graph {
	return &Graph{Name: name, names: map[string]int{}, bodies: map[string]*Graph{}}
}

// Graph is the graph that v belongs to.
func (v *Value) Graph() *Graph { return v.graph }

// Valid is false when a shape rule failed on the way to v.
func (v *Value) Valid() bool { return !v.invalid }

func (v *Value) String() string { return "%" + v.Name + ": " + v.Type.String() }

// Const returns the value of a constant, or nil when v is not one (or is nil).
func (v *Value) Const() *Tensor {
	if v == nil || v.Def == nil {
		return nil
	}
	if c, ok := v.Def.Op.(interface{ Constant() *Tensor }); ok {
		return c.Constant()
	}
	return nil
}

// Input appends an input. The name must be new; a taken one is a bug of the caller and panics.
func (g *Graph) Input(name string, d DType, s Shape) *Value {
	if g.names[name] > 0 {
		panic("ir: second input named " + name)
	}
	g.names[name]++
	v := &Value{Name: name, Type: Type{d, s}, Range: g.rng, graph: g}
	g.Inputs = append(g.Inputs, v)
	return v
}

// Output appends v to the outputs.
func (g *Graph) Output(v *Value) { g.Outputs = append(g.Outputs, v) }

// Rename gives v the name, which must be free in its graph: the names of outputs are part of a plan.
func (g *Graph) Rename(v *Value, name string) {
	if v.Name == name {
		return
	}
	if g.names[name] > 0 {
		panic("ir: name " + name + " is taken")
	}
	g.names[name]++
	v.Name = name
}

// At sets the source range of what is built until the returned function is called: defer g.At(rng)().
func (g *Graph) At(rng hcl.Range) func() {
	old := g.rng
	if rng != (hcl.Range{}) {
		g.rng = rng
	}
	return func() { g.rng = old }
}

// Range is the current source range.
func (g *Graph) Range() hcl.Range { return g.rng }

// In prefixes the names of the values built until the returned function is called: defer g.In("backbone/layer1")().
func (g *Graph) In(scope string) func() {
	old := g.scope
	if g.scope != "" && scope != "" {
		scope = g.scope + "/" + scope
	}
	if scope != "" {
		g.scope = scope
	}
	return func() { g.scope = old }
}

// Scope is the current name prefix.
func (g *Graph) Scope() string { return g.scope }

// SetScope replaces the name prefix as a whole, for code that rebuilds existing nodes.
func (g *Graph) SetScope(scope string) func() {
	old := g.scope
	g.scope = scope
	return func() { g.scope = old }
}

// Errorf records a diagnostic at the current source range.
func (g *Graph) Errorf(summary, format string, args ...any) {
	d := &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: fmt.Sprintf(format, args...)}
	if g.rng != (hcl.Range{}) {
		rng := g.rng
		d.Subject = &rng
	}
	g.Diags = append(g.Diags, d)
}

// Apply appends a node to the graph of the inputs, at least one of which must be given. See the package comment for
// what happens when the shape rule fails.
func Apply(op Op, in ...*Value) []*Value {
	for _, v := range in {
		if v != nil {
			return v.graph.Apply(op, in...)
		}
	}
	panic("ir: " + op.Name() + " applied to no value")
}

// Apply1 is Apply for an operator with one output.
func Apply1(op Op, in ...*Value) *Value { return Apply(op, in...)[0] }

// Apply appends a node; operators without inputs are applied by this form.
func (g *Graph) Apply(op Op, in ...*Value) []*Value {
	types, ok := g.infer(op, in)
	names := make([]string, len(types))
	for i := range names {
		names[i] = g.fresh(g.base(op))
	}
	return g.add(&Node{Op: op, In: in, Range: g.rng}, types, names, !ok)
}

// base is what the names of op's outputs begin with in the current scope.
func (g *Graph) base(op Op) string {
	base := strings.ToLower(op.Name())
	if g.scope != "" {
		base = g.scope + "/" + base
	}
	return base
}

func (g *Graph) infer(op Op, in []*Value) ([]Type, bool) {
	for _, v := range in {
		if v == nil {
			continue
		}
		if v.graph != g {
			panic(fmt.Sprintf("ir: %s in graph %q applied to %s of graph %q", op.Name(), g.Name, v, v.graph.Name))
		}
		if v.invalid {
			return poison(op), false
		}
	}
	types, err := op.Infer(in)
	if err != nil {
		g.Errorf("Shape mismatch", "%s: %s.", op.Name(), strings.TrimSuffix(err.Error(), "."))
		return poison(op), false
	}
	return types, true
}

// poison gives an invalid call as many outputs as the operator can have, so that builders may index them.
func poison(op Op) []Type {
	n := 1
	if m, ok := op.(interface{ MaxOutputs() int }); ok {
		n = m.MaxOutputs()
	}
	return make([]Type, n)
}

// fresh returns base, or base_2, base_3, … whichever is free.
func (g *Graph) fresh(base string) string {
	for {
		g.names[base]++
		n := g.names[base]
		if n == 1 {
			return base
		}
		name := base + "_" + strconv.Itoa(n)
		if g.names[name] == 0 {
			g.names[name]++
			return name
		}
	}
}

// Eval runs the graph in the reference evaluator. Feeds are by input name.
func (g *Graph) Eval(feeds map[string]*Tensor) ([]*Tensor, error) {
	env := make(map[*Value]*Tensor, len(g.Nodes))
	for _, v := range g.Inputs {
		t, ok := feeds[v.Name]
		if !ok {
			return nil, fmt.Errorf("evaluating %s: no value for input %s", g.Name, v)
		}
		env[v] = t
	}
	left := map[*Value]int{}
	for _, n := range g.Nodes {
		for _, v := range n.In {
			left[v]++
		}
	}
	for _, v := range g.Outputs {
		left[v]++
	}
	for _, n := range g.Nodes {
		in := make([]*Tensor, len(n.In))
		for i, v := range n.In {
			if v != nil {
				in[i] = env[v]
			}
		}
		for i, t := range n.Op.Eval(in) {
			env[n.Out[i]] = t
		}
		for _, v := range n.In {
			if left[v]--; left[v] == 0 {
				delete(env, v)
			}
		}
	}
	out := make([]*Tensor, len(g.Outputs))
	for i, v := range g.Outputs {
		out[i] = env[v]
	}
	return out, nil
}

// InvalidValue is a value that stands for a result that could not be built; the caller has reported why.
func (g *Graph) InvalidValue() *Value { return &Value{Name: "invalid", graph: g, invalid: true} }
