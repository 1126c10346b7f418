package fn_test

import (
	"testing"

	"ssc/compiler/fn"
	"ssc/compiler/ir"
	"ssc/compiler/op/optest"
)

// TestSamples runs the generated tests on every function: body, shape rule, gradient, text form.
func TestSamples(t *testing.T) {
	optest.Run(t, optest.Table{Names: fn.Names(), Parse: fn.Any, Lookup: func(name string) (ir.Op, bool) {
		f, ok := fn.Lookup(name)
		return f, ok
	}})
}
