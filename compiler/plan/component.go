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
