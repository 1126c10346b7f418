package ir

import "math"

// RoundBFloat16 is the number of type BFloat16, of 8 significant bits and the range of float32, that is nearest to x, and of two the one whose last bit is 0. What lies
// beyond the largest becomes infinite.
func RoundBFloat16(x float64) float64 {
	if x == 0 || math.IsNaN(x) || math.IsInf(x, 0) {
		return x
	}
	const bits, minExp, maxExp = 8, -125, 128 // x = m·2^e with 1/2 <= m < 1
	_, e := math.Frexp(x)
	unit := max(e, minExp) - bits
	y := math.Ldexp(math.RoundToEven(math.Ldexp(x, -unit)), unit)
	if math.Abs(y) >= math.Ldexp(1, maxExp) {
		return math.Inf(int(math.Copysign(1, x)))
	}
	return y
}
