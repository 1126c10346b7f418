package optimizer_test

import (
	"testing"

	"ssc/compiler/comptest"
	"ssc/compiler/optimizer"
)

func TestComponents(t *testing.T) { comptest.Run(t, optimizer.Table) }
