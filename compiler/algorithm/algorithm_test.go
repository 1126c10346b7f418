package algorithm_test

import (
	"testing"

	"ssc/compiler/algorithm"
	"ssc/compiler/comptest"
)

func TestComponents(t *testing.T) { comptest.Run(t, algorithm.Table) }
