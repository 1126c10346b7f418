// Package schema declares what a block of a pipeline file may contain. A component states its arguments once, in the
// style of package flag, and everything else is printed from that: decoding with diagnostics, defaults, the manual,
// `ssc explain`, completion and the JSON schema.
//
//	type contrastive struct{ temperature float64 }
//
//	func (h *contrastive) Args(s *schema.Set) {
//		s.Float(&h.temperature, "temperature", 0.1, "softmax temperature; τ of eq. 1", schema.Positive)
//	}
//
// Declaring an argument assigns its default, so Args both describes a component and resets it. Defaults live nowhere else.
//
// A [Table] holds the components of one kind (head, neck, transform, …) by name. Files register themselves in their
// package's table; [Kind] is the view of a table that needs no type parameter.
package schema
