package plan

import (
	"maps"
	"slices"

	"ssc/lang/schema"
)

// Spec returns the component in the form that schema.DecodeJSON reads.
func (c Component) Spec() schema.Spec {
	s := schema.Spec{Type: c.Type, Label: c.Label, Args: c.Args, At: c.At, Locations: c.Locations}
	for _, b := range c.Blocks {
		s.Blocks = append(s.Blocks, b.Spec())
	}
	return s
}

// Int is the argument as a whole number, whether the plan was just compiled or read from a file; 0 when it is unset or something else.
func (c Component) Int(name string) int {
	switch v := c.Args[name].(type) {
	case int:
		return v
	case float64:
		return int(v)
	}
	return 0
}

// Ints is the argument as a list of whole numbers, one number being a list of one; nil when it is unset or something else.
func (c Component) Ints(name string) []int {
	return list(c.Args[name], func(x any) (int, bool) {
		switch v := x.(type) {
		case int:
			return v, true
		case float64:
			return int(v), true
		}
		return 0, false
	})
}

// Floats is the argument as a list of numbers, one number being a list of one; nil when it is unset or something else.
func (c Component) Floats(name string) []float64 {
	return list(c.Args[name], func(x any) (float64, bool) {
		switch v := x.(type) {
		case int:
			return float64(v), true
		case float64:
			return v, true
		}
		return 0, false
	})
}

func list[V any](x any, one func(any) (V, bool)) []V {
	elems, ok := x.([]any)
	if !ok {
		elems = []any{x}
	}
	var out []V
	for _, e := range elems {
		v, ok := one(e)
		if !ok {
			return nil
		}
		out = append(out, v)
	}
	return out
}

// Float is the argument as a number; 0 when it is unset or something else.
func (c Component) Float(name string) float64 {
	switch v := c.Args[name].(type) {
	case int:
		return float64(v)
	case float64:
		return v
	}
	return 0
}

// Text is the argument as a text; empty when it is unset or something else.
func (c Component) Text(name string) string {
	s, _ := c.Args[name].(string)
	return s
}

// Bool is the argument as a truth value; false when it is unset or something else.
func (c Component) Bool(name string) bool {
	b, _ := c.Args[name].(bool)
	return b
}

// placeless is the component without the places it and its parts were written at, and without those of the files that it reads.
func (c Component) placeless() Component {
	c.At, c.Blocks = "", placeless(c.Blocks)
	if len(c.Locations) > 0 {
		c.Args = maps.Clone(c.Args)
		for _, name := range c.Locations {
			delete(c.Args, name)
		}
	}
	return c
}

func placeless(list []Component) []Component {
	out := slices.Clone(list)
	for i, c := range out {
		out[i] = c.placeless()
	}
	return out
}
