package optest

import (
	"fmt"

	"ssc/compiler/ir"
	"ssc/compiler/op"
)

// Case is one sample as a graph: an input for each drawn argument, a constant for each fixed one, the call, and all its outputs.
type Case struct {
	Name   string
	Sample ir.Sample
	Graph  *ir.Graph
	In     []*ir.Value // the call's inputs; nil for an absent one
	Feeds  map[string]*ir.Tensor
}

// Name is the name of a sample's case: operator/label, with the domain before a function.
func Name(s ir.Sample) string {
	name := s.Op.Name() + "/" + s.Label
	if ir.IsFunction(s.Op) {
		name = ir.Domain + "." + name
	}
	return name
}

// NewCase builds the graph of a sample. The error says that its inputs cannot be drawn, or what the shape rule rejects.
func NewCase(s ir.Sample) (*Case, error) {
	c, err := newInputs(s)
	if err != nil {
		return nil, err
	}
	for _, v := range c.Graph.Apply(s.Op, c.In...) {
		c.Graph.Output(v)
	}
	return c, c.built()
}

// newInputs is a case without the call.
func newInputs(s ir.Sample) (*Case, error) {
	c := &Case{Name: Name(s), Sample: s, Graph: ir.New(s.Op.Name()), Feeds: map[string]*ir.Tensor{}}
	for i, a := range s.In {
		var v *ir.Value
		switch {
		case a.Value != nil:
			v = op.Const(c.Graph, a.Value)
		case a.Dims != nil:
			t, err := Draw(fmt.Sprintf("%s/%d", c.Name, i), a)
			if err != nil {
				return nil, fmt.Errorf("%s: input %d: %w", c.Name, i, err)
			}
			v = c.Graph.Input(fmt.Sprintf("x%d", i), t.DType, ir.Dims(t.Dims...))
			c.Feeds[v.Name] = t
		}
		c.In = append(c.In, v)
	}
	return c, nil
}

// built turns the diagnostics of the shape rules into an error.
func (c *Case) built() error {
	if len(c.Graph.Diags) > 0 {
		return fmt.Errorf("%s: %s", c.Name, c.Graph.Diags[0].Detail)
	}
	return nil
}

// eval runs the graph; a panic of an operator's definition is an error here.
func eval(g *ir.Graph, feeds map[string]*ir.Tensor) (out []*ir.Tensor, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("evaluating %s panics: %v", g.Name, r)
		}
	}()
	return g.Eval(feeds)
}
