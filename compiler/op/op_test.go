package op_test

import (
	"testing"

	"ssc/compiler/op"
	"ssc/compiler/op/optest"
)

func TestSamples(t *testing.T) {
	optest.Run(t, optest.Table{Names: op.Names(), Lookup: op.Lookup, Parse: op.Lookup})
}
