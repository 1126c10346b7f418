package onnx

import (
	"fmt"
	"strconv"

	"ssc/compiler/ir"
)

// call is what all calls of a function with the same attributes and input types have in common: one FunctionProto.
type call struct {
	f        ir.Function
	body     *ir.Graph
	inputs   int // formal inputs, absent ones in between included
	overload string
}

// calls are the calls of a graph and of the bodies that it needs.
type calls struct {
	order []*call // of first appearance, a call before those in its body
	byKey map[string]*call
	of    map[*ir.Node]*call
	keep  func(ir.Function) bool // stays a call inside a body
}

// collect builds the body of every call. A name with one specialisation has the empty overload, which older readers understand
// too; the specialisations of any other name are numbered from 1.
//
// Calls inside a body are inlined into it, unless a kernel will run them: ONNX Runtime (1.30 and 1.32) drops the overload of a node when
// it inlines the function around it, and then finds the kernel of the name but no body.
func collect(g *ir.Graph, kernel func(name string) bool) (*calls, error) {
	c := &calls{byKey: map[string]*call{}, of: map[*ir.Node]*call{}, keep: func(f ir.Function) bool { return kernel != nil && kernel(f.Name()) }}
	if err := c.add(g.Nodes); err != nil {
		return nil, err
	}
	count := map[string]int{}
	for _, k := range c.order {
		count[k.f.Name()]++
	}
	next := map[string]int{}
	for _, k := range c.order {
		if name := k.f.Name(); count[name] > 1 {
			next[name]++
			k.overload = strconv.Itoa(next[name])
		}
	}
	return c, nil
}

func (c *calls) add(nodes []*ir.Node) error {
	for _, n := range nodes {
		f, ok := n.Op.(ir.Function)
		if !ok {
			continue
		}
		key := key(f, n.In)
		if k := c.byKey[key]; k != nil {
			c.of[n] = k
			continue
		}
		body, err := ir.BodyOf(f, n.In)
		if err != nil {
			return err
		}
		if len(body.Outputs) != len(n.Out) {
			return fmt.Errorf("body of %s has %d outputs, its shape rule %d", f.Name(), len(body.Outputs), len(n.Out))
		}
		body = ir.InlineFunctions(body, c.keep)
		k := &call{f: f, body: body, inputs: arity(n.In)}
		c.byKey[key], c.of[n] = k, k
		c.order = append(c.order, k)
		if err := c.add(body.Nodes); err != nil {
			return err
		}
	}
	return nil
}

// key tells calls apart; names of static axes are no part of a model.
func key(f ir.Function, in []*ir.Value) string { return ir.Signature(f, in[:arity(in)], false) }

// function emits the body of c. The attributes of the call are declared, so that a kernel of the same name may read them, but the
// body does not refer to them: it was built for their values. Constants are nodes, for a function has no initializers.
func (e *emitter) function(c *call) (*Function, error) {
	p := &Function{Name: c.f.Name(), Domain: ir.Domain, Overload: c.overload, Opsets: []*Opset{{Version: int64(e.Opset)}}}
	for i := range c.inputs {
		p.Inputs = append(p.Inputs, "in"+strconv.Itoa(i)) // as BodyOf names them
	}
	for _, v := range c.body.Outputs {
		p.Outputs = append(p.Outputs, v.Name)
	}
	e.reading(c.body)
	for _, n := range c.body.Nodes {
		q, err := e.node(n)
		if err != nil {
			return nil, err
		}
		if q.Domain == ir.Domain && len(p.Opsets) == 1 {
			p.Opsets = append(p.Opsets, &Opset{Domain: ir.Domain, Version: domainVersion})
		}
		p.Nodes = append(p.Nodes, q)
	}
	for _, a := range ir.Attrs(c.f) {
		attr, err := attribute(a)
		if err != nil {
			return nil, fmt.Errorf("attribute %s of %s: %w", a.Name, p.Name, err)
		}
		if attr != nil {
			p.Attrs = append(p.Attrs, a.Name)
		}
	}
	return p, nil
}
