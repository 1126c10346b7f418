package neck_test

import (
	"testing"

	"ssc/compiler/comptest"
	"ssc/compiler/neck"
)

func TestComponents(t *testing.T) { comptest.Run(t, neck.Table) }
