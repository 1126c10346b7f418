package backbone_test

import (
	"testing"

	"ssc/compiler/backbone"
	"ssc/compiler/comptest"
)

func TestComponents(t *testing.T) { comptest.Run(t, backbone.Table) }
