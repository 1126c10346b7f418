// GELU and its derivative.
#pragma once

#include "softmax.h"

namespace ssc {

// Φ(x), the distribution function of the standard normal, and e^(-x²/2). Abramowitz and Stegun 7.1.26, whose error is below 1e-7.
inline float below(float x, float* bell) {
  const float e = exp_negative(-0.5f * x * x);
  const float t = 1 / (1 + 0.3275911f * 0.70710678f * std::fabs(x));
  float p = 1.061405429f;
  p = p * t - 1.453152027f;
  p = p * t + 1.421413741f;
  p = p * t - 0.284496736f;
  p = p * t + 0.254829592f;
  const float tail = 0.5f * p * t * e;
  *bell = e;
  return x < 0 ? tail : 1 - tail;
}

constexpr float gelu_cubic = 0.044715f, gelu_slope = 0.79788456f;  // √(2/π)

// tanh(√(2/π)·(x + 0.044715·x³)).
inline float gelu_inner(float x) {
  const float u = gelu_slope * (x + gelu_cubic * x * x * x);
  const float e = exp_negative(-2 * std::fabs(u));
  const float t = (1 - e) / (1 + e);
  return u < 0 ? -t : t;
}

// Elements are float or BFloat16.
template <class From, class To>
void gelu_row(const From* x, To* y, int64_t n, bool tanh) {
  if (tanh) {
#pragma omp simd
    for (int64_t i = 0; i < n; i++) {
      const float v = x[i];
      y[i] = 0.5f * v * (1 + gelu_inner(v));
    }
    return;
  }
#pragma omp simd
  for (int64_t i = 0; i < n; i++) {
    float bell;
    const float v = x[i];
    y[i] = v * below(v, &bell);
  }
}

template <class T>
void gelu_grad_row(const T* dy, const T* x, T* dx, int64_t n, bool tanh) {
  if (tanh) {
#pragma omp simd
    for (int64_t i = 0; i < n; i++) {
      const float v = x[i], t = gelu_inner(v);
      dx[i] = dy[i] * 0.5f * (1 + t + v * (1 - t * t) * gelu_slope * (1 + 3 * gelu_cubic * v * v));
    }
    return;
  }
#pragma omp simd
  for (int64_t i = 0; i < n; i++) {
    float bell;
    const float v = x[i], b = below(v, &bell);
    dx[i] = dy[i] * (b + v * bell * 0.39894228f);
  }
}

}  // namespace ssc
