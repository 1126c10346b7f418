// GELU and its derivative: x*F(x) with the distribution function F of the standard normal, or its approximation by tanh.
#pragma once

#include "block.cuh"

constexpr float gelu_cubic = 0.044715f, gelu_slope = 0.79788456f;  // sqrt(2/pi)

__device__ inline float gelu_inner(float x) { return tanhf(gelu_slope * (x + gelu_cubic * x * x * x)); }

// F by the complement of the error function: a sum with 1 loses the digits of what is far below zero.
__device__ inline float gelu_share(float x) { return 0.5f * erfcf(-0.70710678f * x); }

__device__ inline float gelu_of(float x, bool tanh) { return x * (tanh ? 0.5f * (1 + gelu_inner(x)) : gelu_share(x)); }

__device__ inline float gelu_derivative(float x, bool tanh) {
  if (!tanh) return gelu_share(x) + x * 0.39894228f * expf(-0.5f * x * x);  // 1/sqrt(2*pi)
  const float t = gelu_inner(x);
  return 0.5f * (1 + t + x * (1 - t * t) * gelu_slope * (1 + 3 * gelu_cubic * x * x));
}
