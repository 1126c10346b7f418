package nn_test

import (
	"slices"
	"testing"

	"ssc/compiler/ir"
	"ssc/compiler/nn"
	"ssc/compiler/op"
)

// TestBank: the batch's rows are replaced and the others stay; where a sample is there twice, both occurrences have the last row.
func TestBank(t *testing.T) {
	for name, c := range map[string]struct {
		index      []float64
		bank, rows []float64
	}{
		"other samples": {[]float64{3, 0}, []float64{7, 8, 2, 2, 3, 3, 5, 6}, []float64{5, 6, 7, 8}},
		"one sample":    {[]float64{2, 2}, []float64{1, 1, 2, 2, 7, 8, 4, 4}, []float64{7, 8, 7, 8}},
	} {
		b := builder()
		bank := nn.NewBank(b.Root(), nil, "bank", 4, 2)
		own := bank.Own()
		bank.Set(b.G.Input("x", ir.Float32, ir.Named("batch", 2, "dim", 2)))
		st := b.Lookup("bank")
		if !st.Init.Unit || st.Init.Kind != "normal" {
			t.Fatalf("the bank starts by %+v, want normal rows of length 1", st.Init)
		}
		if f := b.Fields[0]; f.Kind != "idx" || f.Below != 4 {
			t.Errorf("the field is %+v, want numbers of 4 samples", f)
		}
		feeds := map[string]*ir.Tensor{"bank": floats([]int{4, 2}, 1, 1, 2, 2, 3, 3, 4, 4), "idx": ir.Floats(ir.Int64, []int{2}, c.index...), "x": floats([]int{2, 2}, 5, 6, 7, 8)}
		got := evaluate(t, b, feeds, op.ScatterND(st.In, st.Rows, st.New, ""), st.New, own)
		if !slices.Equal(got[0], c.bank) || !slices.Equal(got[1], c.rows) {
			t.Errorf("%s: the bank is %v by rows %v, want %v by %v", name, got[0], got[1], c.bank, c.rows)
		}
		if i := int(c.index[0]); got[2][0] != float64(i+1) {
			t.Errorf("%s: the first sample's row was %v, want %d", name, got[2][:2], i+1)
		}
	}
}
