package algorithm_test

import (
	"testing"

	"ssc/compiler/algorithm"
	"ssc/compiler/comptest"
	"ssc/compiler/ir"
	"ssc/compiler/nn"
	"ssc/compiler/plan"
)

func TestComponents(t *testing.T) { comptest.Run(t, algorithm.Table) }

// TestViewShape: methods that turn or part their view say so when its shape does not allow it.
func TestViewShape(t *testing.T) {
	for _, c := range []struct {
		algorithm     string
		height, width int
	}{{"rotation_pred", 8, 12}, {"relative_loc", 9, 10}} {
		b := nn.NewBuilder("train", true, ir.Dim{Name: "batch", Size: 2}, []plan.ImageType{{Channels: 3, Height: c.height, Width: c.width}})
		if loss := algorithm.Table.New(c.algorithm).Loss(b); loss.Valid() || len(b.G.Diags) != 1 || b.G.Diags[0].Summary != "Shape mismatch" {
			t.Errorf("%s on views of %d x %d reports %v, want a shape mismatch", c.algorithm, c.height, c.width, b.G.Diags)
		}
	}
}
