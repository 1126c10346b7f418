package probe_test

import (
	"testing"

	"ssc/compiler/comptest"
	"ssc/compiler/probe"
)

func TestComponents(t *testing.T) { comptest.Run(t, probe.Table) }
