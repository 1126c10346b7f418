package nn_test

import (
	"testing"

	"ssc/compiler/comptest"
	"ssc/compiler/nn"
)

func TestNorms(t *testing.T) { comptest.Run(t, nn.Norms) }
