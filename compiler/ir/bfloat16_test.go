package ir

import (
	"math"
	"testing"
)

// TestRoundBFloat16: against the rounding of the bits of float32, halves to even, over numbers that float32 holds.
func TestRoundBFloat16(t *testing.T) {
	round := func(x float32) float64 {
		b := math.Float32bits(x)
		b += 0x7fff + b>>16&1
		return float64(math.Float32frombits(b &^ 0xffff))
	}
	for b := uint32(0); b < 0x7f800000; b += 0x3fff {
		for _, x := range []float32{math.Float32frombits(b), -math.Float32frombits(b), math.Float32frombits(b&^0xffff | 0x8000), math.Float32frombits(b&^0xffff | 0x7fff)} {
			if got, want := RoundBFloat16(float64(x)), round(x); got != want {
				t.Fatalf("RoundBFloat16(%g) = %g, want %g", x, got, want)
			}
		}
	}
	if x := RoundBFloat16(math.NaN()); !math.IsNaN(x) {
		t.Errorf("RoundBFloat16(NaN) = %g", x)
	}
	if x := RoundBFloat16(math.Inf(-1)); !math.IsInf(x, -1) {
		t.Errorf("RoundBFloat16(-Inf) = %g", x)
	}
}
