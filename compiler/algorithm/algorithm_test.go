package algorithm_test

import (
	"testing"

	"ssc/compiler/comptest"
	"ssc/compiler/algorithm"
)

func TestComponents(t *testing.T) { comptest.Run(t, algorithm.Table) }
