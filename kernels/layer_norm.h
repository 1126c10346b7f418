// What LayerNorm and its gradient share: rows, and the mean and the deviation of each.
#pragma once

#include <algorithm>
#include <cmath>

#include "kernel.h"

namespace ssc {

// The tensor [batch, …, dim] as rows, in pieces of about 64 Ki elements.
struct NormRows {
  int64_t count = 1, width;

  explicit NormRows(const Dims& d) : width(d.empty() ? 0 : d.back()) {
    if (d.size() < 2 || width == 0) throw Error("LayerNorm: the input is " + text(d) + ", want [batch, …, dim]");
    for (size_t i = 0; i + 1 < d.size(); i++) count *= d[i];
  }
  int64_t per_piece() const { return std::max<int64_t>(1, (int64_t{1} << 16) / width); }
  size_t pieces() const { return (count + per_piece() - 1) / per_piece(); }
  int64_t begin(size_t piece) const { return static_cast<int64_t>(piece) * per_piece(); }
  int64_t end(size_t piece) const { return std::min(count, begin(piece + 1)); }
};

// The stretch that is summed in single precision.
constexpr int64_t norm_stretch = 256;

// The mean of a row, and 1/sqrt(variance + epsilon).
template <class T>
void row_moments(const T* x, int64_t n, float epsilon, float* mean, float* rstd) {
  double sum = 0, squares = 0;
  for (int64_t from = 0; from < n; from += norm_stretch) {
    const int64_t to = std::min(n, from + norm_stretch);
    float s = 0;
#pragma omp simd reduction(+ : s)
    for (int64_t i = from; i < to; i++) s += x[i];
    sum += s;
  }
  const float m = static_cast<float>(sum / static_cast<double>(n));
  for (int64_t from = 0; from < n; from += norm_stretch) {
    const int64_t to = std::min(n, from + norm_stretch);
    float s = 0;
#pragma omp simd reduction(+ : s)
    for (int64_t i = from; i < to; i++) s += (x[i] - m) * (x[i] - m);
    squares += s;
  }
  *mean = m;
  *rstd = 1 / std::sqrt(static_cast<float>(squares / static_cast<double>(n)) + epsilon);
}

}  // namespace ssc
