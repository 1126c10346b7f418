package nn

import (
	"math"

	"ssc/compiler/plan"
)

// Constant starts a tensor at x everywhere.
func Constant(x float64) plan.Init { return plan.Init{Kind: "constant", Value: x} }

// Normal draws from N(mean, std²).
func Normal(mean, std float64) plan.Init { return plan.Init{Kind: "normal", Mean: mean, Std: std} }

// Uniform draws from [lo, hi).
func Uniform(lo, hi float64) plan.Init { return plan.Init{Kind: "uniform", Lo: lo, Hi: hi} }

// TruncNormal draws from N(0, std²) cut at ±2 (absolute bounds, as PyTorch's trunc_normal_ has them).
func TruncNormal(std float64) plan.Init {
	return plan.Init{Kind: "trunc_normal", Std: std, Lo: -2, Hi: 2}
}

// KaimingNormal draws from N(0, 2/fan): He et al. 2015, eq. 10, for layers before a ReLU. MMSelfSup 0.x takes fan_out for convolutions.
func KaimingNormal(fan int) plan.Init { return Normal(0, math.Sqrt(2/float64(fan))) }

// LinearDefault is PyTorch's default for weights and biases of linear and convolution layers: U(-1/√fan_in, 1/√fan_in).
func LinearDefault(fanIn int) plan.Init {
	b := 1 / math.Sqrt(float64(fanIn))
	return Uniform(-b, b)
}

// XavierUniform draws from U(-a, a), a = √(6/(fan_in+fan_out)): Glorot and Bengio 2010, eq. 16.
func XavierUniform(fanIn, fanOut int) plan.Init {
	a := math.Sqrt(6 / float64(fanIn+fanOut))
	return Uniform(-a, a)
}
