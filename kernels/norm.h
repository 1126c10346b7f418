// What norms over channels share: where the channels of a tensor lie, and the division of the work.
//
// Sums run in single precision over a short stretch and in double precision over stretches; their order depends on the shape alone.
#pragma once

#include <cmath>
#include <functional>

#include "kernel.h"

namespace ssc {

// A tensor, or each of so many equal parts of its first axis, as outer x count x inner, channels in the middle; inner is 1 for channels last and for two axes.
struct Channels {
  int64_t outer = 1, count = 1, inner = 1, groups = 1;

  Channels(const Dims& d, bool last, int64_t parts);

  int64_t size() const { return outer * count * inner; }  // of a group

  bool planes() const { return inner > 1; }
  int64_t plane(int64_t n, int64_t channel) const { return (n * count + channel) * inner; }
  double elements() const { return static_cast<double>(outer) * static_cast<double>(inner); }  // of a channel

  // Rows (inner is 1) in pieces of about 64 Ki elements, one task each.
  size_t pieces() const;
  void rows(const Call& call, const std::function<void(size_t piece, int64_t from, int64_t to)>& f) const;
};

// The stretch that is summed in single precision.
constexpr int64_t stretch = 256;

// Moments computes the means and the biased variances of x, whose elements are float or BFloat16.
template <class T>
void moments(const Call& call, const Channels& c, const T* x, float* mean, float* variance);

// The same for channel k alone, where channels are planes.
template <class T>
void plane_moments(const Channels& c, int64_t k, const T* x, float* mean, float* variance);

// Sums over the pieces of rows, two for each channel: f adds those of the rows [from, to), at most a stretch, to a and b.
using RowSums = std::function<void(int64_t from, int64_t to, float* a, float* b)>;
void row_sums(const Call& call, const Channels& c, const RowSums& f, double* a, double* b);

// The normalisation of a channel as x*scale + shift.
struct Fold {
  float scale, shift;

  Fold(float w, float b, float mean, float variance, float epsilon) : scale(w / std::sqrt(variance + epsilon)), shift(b - mean * scale) {}
};

// The same for all channels.
struct Folds {
  std::vector<float> scale, shift;

  Folds(const float* w, const float* b, const float* mean, const float* variance, float epsilon, int64_t count) {
    for (int64_t k = 0; k < count; k++) {
      const Fold f(w[k], b[k], mean[k], variance[k], epsilon);
      scale.push_back(f.scale), shift.push_back(f.shift);
    }
  }
};

}  // namespace ssc
