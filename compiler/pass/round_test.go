package pass

import (
	"math"
	"testing"

	"ssc/compiler/ir"
)

func TestRound(t *testing.T) {
	inf := math.Inf(1)
	tests := []struct {
		d       ir.DType
		x, want float64
	}{
		{ir.Float64, 0.1, 0.1},
		{ir.Float32, 0.1, 0x1.99999ap-4},
		{ir.Float32, 1e39, inf},
		{ir.Float32, 1 + 0x1p-24, 1}, // a tie goes to even
		{ir.Float32, 1 + 3*0x1p-24, 1 + 0x1p-22},
		{ir.Float16, 0.1, 0x1.998p-4},
		{ir.Float16, 65519, 65504},
		{ir.Float16, 65520, inf},
		{ir.Float16, -65520, -inf},
		{ir.Float16, 0x1p-25, 0}, // half of the smallest number, a tie
		{ir.Float16, 0x1.8p-25, 0x1p-24},
		{ir.Float16, 2049, 2048},
		{ir.Float16, 2051, 2052},
		{ir.BFloat16, 0.1, 0x1.9ap-4},
		{ir.BFloat16, 257, 256},
		{ir.BFloat16, 259, 260},
		{ir.BFloat16, 0x1.FFp127, inf},
		{ir.BFloat16, 0x1.FEp127, 0x1.FEp127},
		{ir.BFloat16, 0x1p-133, 0x1p-133},
		{ir.BFloat16, inf, inf},
	}
	for _, tt := range tests {
		if got := round(tt.d, tt.x); got != tt.want {
			t.Errorf("round(%s, %x) = %x, want %x", tt.d, tt.x, got, tt.want)
		}
	}
	if got := round(ir.Float16, math.Copysign(0, -1)); !math.Signbit(got) {
		t.Errorf("round(f16, -0) = %v, want -0", got)
	}
	if got := round(ir.BFloat16, math.NaN()); !math.IsNaN(got) {
		t.Errorf("round(bf16, NaN) = %v, want NaN", got)
	}
}

func TestHolds(t *testing.T) {
	tests := []struct {
		d    ir.DType
		x    float64
		want bool
	}{
		{ir.Int64, 1 << 53, true}, {ir.Int64, 1 << 54, false}, {ir.Int32, math.MaxInt32, true}, {ir.Int32, math.MaxInt32 + 1, false},
		{ir.Uint8, 255, true}, {ir.Uint8, -1, false}, {ir.Bool, 1, true}, {ir.Bool, 2, false}, {ir.Int64, 0.5, false}, {ir.Int64, math.NaN(), false},
	}
	for _, tt := range tests {
		if got := holds(tt.d, tt.x); got != tt.want {
			t.Errorf("holds(%s, %v) = %v, want %v", tt.d, tt.x, got, tt.want)
		}
	}
}
