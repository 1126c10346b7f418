package schedule_test

import (
	"testing"

	"ssc/compiler/comptest"
	"ssc/compiler/schedule"
)

func TestComponents(t *testing.T) { comptest.Run(t, schedule.Table) }
