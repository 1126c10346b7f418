package nn

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"

	"ssc/lang/schema"
)

// At begins the building of component c in the scope: until the returned function is called, values are named after the scope and errors point at
// the component's block.
func (s Scope) At(c schema.Component) func() {
	leave := s.Enter()
	rng := hcl.Range{}
	if b := s.B.Blocks[c]; b != nil {
		rng = b.Range
	}
	back := s.B.G.At(rng)
	return func() { back(); leave() }
}

// Errorf reports an error at an argument of component c, or at its block when the argument was not given.
func (s Scope) Errorf(c schema.Component, arg, summary, format string, args ...any) {
	b := s.B.Blocks[c]
	if b == nil {
		s.B.G.Errorf(summary, format, args...)
		return
	}
	rng := b.Range
	if a := b.Arg(arg); a != nil {
		rng = a.Range
	}
	s.B.G.Diags = append(s.B.G.Diags, &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary,
		Detail: fmt.Sprintf(format, args...), Subject: &rng, Context: &b.Range})
}
