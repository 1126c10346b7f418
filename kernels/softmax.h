// Softmax of rows, as losses over classes need it.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "kernel.h"

namespace ssc {

// e^x for x <= 0 to about two units in the last place: 2^n times a polynomial for e^r with |r| <= ln(2)/2 (the Taylor series of degree 7,
// whose remainder is below 2^-27). Below -87 the result is 0, of NaN it is NaN.
inline float exp_negative(float x) {
  const float n = std::nearbyint(x * 1.44269504f);
  const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;  // ln 2 in two parts, so that x - n*ln 2 is exact enough
  float p = 1.0f / 5040;
  p = p * r + 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * r + 1;
  p = p * r + 1;
  union {
    int32_t i;
    float f;
  } scale = {(static_cast<int32_t>(n >= -126 ? n : -126) + 127) << 23};
  return x < -87.0f ? 0.0f : p * scale.f;
}

// Writes e^(x - max x) of n logits to out, unless that is nullptr, and their sum; returns the maximum. NaN and +∞ give NaN, -∞ is a probability of 0.
inline float exponentials(const float* x, int64_t n, float* out, float* sum) {
  float top = -std::numeric_limits<float>::infinity();
#pragma omp simd reduction(max : top)
  for (int64_t i = 0; i < n; i++) top = x[i] > top ? x[i] : top;
  double total = 0;
  for (int64_t from = 0; from < n; from += 1024) {
    const int64_t to = std::min(n, from + 1024);
    float s = 0;
    if (out) {
#pragma omp simd reduction(+ : s)
      for (int64_t i = from; i < to; i++) {
        const float e = exp_negative(x[i] - top);
        out[i] = e, s += e;
      }
    } else {
#pragma omp simd reduction(+ : s)
      for (int64_t i = from; i < to; i++) s += exp_negative(x[i] - top);
    }
    total += s;
  }
  *sum = static_cast<float>(total);
  return top;
}

// The inputs of CrossEntropy and its gradient: logits [row, class] and the target of each row.
struct Rows {
  int64_t count, classes;
  const float* logits;
  const int64_t* target;

  Rows(Call& call, const char* name) {
    if (call.dims(0).size() != 2 || call.dims(1) != Dims{call.dims(0)[0]}) {
      mismatch(name, "logits are " + text(call.dims(0)) + ", targets " + text(call.dims(1)));
    }
    count = call.dims(0)[0], classes = call.dims(0)[1];
    logits = call.input(0), target = call.input<int64_t>(1);
    for (int64_t r = 0; r < count; r++) {
      if (target[r] < 0 || target[r] >= classes) mismatch(name, "a target is " + std::to_string(target[r]) + " of " + std::to_string(classes) + " classes");
    }
  }

  // Rows in pieces of about 32 Ki elements.
  int64_t per_piece() const { return std::max<int64_t>(1, (int64_t{1} << 15) / std::max<int64_t>(1, classes)); }
  size_t pieces() const { return (count + per_piece() - 1) / per_piece(); }
  void each(const Call& call, const std::function<void(size_t, int64_t, int64_t)>& f) const {
    call.parallel(pieces(), [&](size_t i) { f(i, i * per_piece(), std::min(count, static_cast<int64_t>(i + 1) * per_piece())); });
  }
};

}  // namespace ssc
