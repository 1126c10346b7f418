package ir

import (
	"errors"
	"fmt"
	"slices"
)

// rules is what holds for every graph between two passes. Tests and messages cite the numbers; spec/ir.md lists them.
var rules = []struct {
	id    string
	check func(g *Graph) []error
}{
	{"V1", checkMembers},
	{"V2", checkDefinitions},
	{"V3", checkNames},
	{"V4", checkOrder},
	{"V5", checkOutputs},
	{"V6", checkValid},
	{"V7", checkTypes},
}

// Verify checks the rules of a graph: V1 every value belongs to the graph, and a node's outputs know their node and position; V2
// every value is defined once; V3 names are unique and not empty; V4 nodes stand in topological order; V5 outputs are defined in
// the graph and distinct; V6 no value is invalid; V7 the types of a node's outputs are those that its shape rule gives. The error
// joins all breaches of the first rule that is broken: what the later rules say of such a graph would mislead.
func Verify(g *Graph) error {
	for _, r := range rules {
		var found []error
		for _, err := range r.check(g) {
			found = append(found, fmt.Errorf("graph %s: %s: %w", quoted(g.Name), r.id, err))
		}
		if len(found) > 0 {
			return errors.Join(found...)
		}
	}
	return nil
}

func checkMembers(g *Graph) (errs []error) {
	member := func(v *Value, what string) {
		if v == nil || v.graph != g {
			errs = append(errs, fmt.Errorf("%s is not a value of the graph", what))
		}
	}
	for i, v := range g.Inputs {
		member(v, fmt.Sprintf("input %d", i))
		if v != nil && v.Def != nil {
			errs = append(errs, fmt.Errorf("input %s is defined by a node", v))
		}
	}
	for k, n := range g.Nodes {
		if n == nil || n.Op == nil || len(n.Out) == 0 {
			errs = append(errs, fmt.Errorf("node %d has no operator or no outputs", k))
			continue
		}
		for i, v := range n.In {
			if v != nil {
				member(v, fmt.Sprintf("input %d of node %d (%s)", i, k, n.Op.Name()))
			}
		}
		for i, v := range n.Out {
			member(v, fmt.Sprintf("output %d of node %d (%s)", i, k, n.Op.Name()))
			if v != nil && (v.Def != n || v.Index != i) {
				errs = append(errs, fmt.Errorf("%s does not know that it is output %d of node %d (%s)", v, i, k, n.Op.Name()))
			}
		}
	}
	for i, v := range g.Outputs {
		member(v, fmt.Sprintf("output %d", i))
	}
	return errs
}

// definitions lists every value where it is defined.
func definitions(g *Graph) []*Value {
	all := slices.Clone(g.Inputs)
	for _, n := range g.Nodes {
		all = append(all, n.Out...)
	}
	return all
}

func checkDefinitions(g *Graph) (errs []error) {
	seen := map[*Value]bool{}
	for _, v := range definitions(g) {
		if seen[v] {
			errs = append(errs, fmt.Errorf("%s is defined twice", v))
		}
		seen[v] = true
	}
	return errs
}

func checkNames(g *Graph) (errs []error) {
	seen := map[string]bool{}
	for _, v := range definitions(g) {
		if seen[v.Name] || v.Name == "" {
			errs = append(errs, fmt.Errorf("two values are named %s", quoted(v.Name)))
		}
		seen[v.Name] = true
	}
	return errs
}

func checkOrder(g *Graph) (errs []error) {
	seen := map[*Value]bool{nil: true}
	for _, v := range g.Inputs {
		seen[v] = true
	}
	for _, n := range g.Nodes {
		for _, v := range n.In {
			if !seen[v] {
				errs = append(errs, fmt.Errorf("%s reads %s before its definition", n.Op.Name(), v))
			}
		}
		for _, v := range n.Out {
			seen[v] = true
		}
	}
	return errs
}

func checkOutputs(g *Graph) (errs []error) {
	left := map[*Value]bool{}
	for _, v := range definitions(g) {
		left[v] = true
	}
	for i, v := range g.Outputs {
		if !left[v] {
			errs = append(errs, fmt.Errorf("output %d, %s, is not defined, or an output already", i, v))
		}
		left[v] = false
	}
	return errs
}

func checkValid(g *Graph) (errs []error) {
	for _, v := range definitions(g) {
		if v.invalid || v.DType == Invalid {
			errs = append(errs, fmt.Errorf("%s is invalid", v))
		}
	}
	return errs
}

func checkTypes(g *Graph) (errs []error) {
	for _, n := range g.Nodes {
		types, err := guardedInfer(n.Op, n.In)
		if err == nil && len(types) != len(n.Out) {
			err = fmt.Errorf("%d outputs where the shape rule gives %d", len(n.Out), len(types))
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s of %s: %w", n.Op.Name(), valueName(n.Out[0]), err))
			continue
		}
		for i, v := range n.Out {
			if !v.Type.Equal(types[i]) {
				errs = append(errs, fmt.Errorf("%s, but %s gives %s", v, n.Op.Name(), types[i]))
			}
		}
	}
	return errs
}
