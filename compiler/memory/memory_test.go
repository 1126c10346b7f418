package memory_test

import (
	"testing"

	"ssc/compiler/comptest"
	"ssc/compiler/memory"
)

func TestComponents(t *testing.T) { comptest.Run(t, memory.Table) }
