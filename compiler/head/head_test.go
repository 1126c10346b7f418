package head_test

import (
	"testing"

	"ssc/compiler/comptest"
	"ssc/compiler/head"
)

func TestComponents(t *testing.T) { comptest.Run(t, head.Table) }
