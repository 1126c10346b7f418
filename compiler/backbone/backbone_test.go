package backbone_test

import (
	"testing"

	"ssc/compiler/comptest"
	"ssc/compiler/backbone"
)

func TestComponents(t *testing.T) { comptest.Run(t, backbone.Table) }
