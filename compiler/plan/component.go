package plan

import "ssc/lang/schema"

// Spec returns the component in the form that schema.DecodeJSON reads.
func (c Component) Spec() schema.Spec {
	s := schema.Spec{Type: c.Type, Label: c.Label, Args: c.Args, At: c.At}
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
