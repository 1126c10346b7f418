#include "norm.h"

#include <algorithm>

namespace ssc {

Channels::Channels(const Dims& d, bool last, int64_t parts) : groups(parts) {
  if (d.size() < 2) throw Error("norm: the input is " + text(d) + ", want [batch, channel, …]");
  const size_t axis = last ? d.size() - 1 : 1;
  count = d[axis];
  for (size_t i = 0; i < d.size(); i++) {
    if (i != axis) (i < axis ? outer : inner) *= d[i];
  }
  if (groups < 1 || d[0] % groups != 0) throw Error("norm: " + std::to_string(groups) + " groups do not divide the batch of " + text(d));
  outer /= groups;
}

namespace {

int64_t rows_per_piece(const Channels& c) { return std::max<int64_t>(1, (int64_t{1} << 16) / c.count); }

// Sums of x - centre and of its square; centre is the first row, a value as good as the mean to keep the squares small.
template <class T>
void centred_rows(const T* x, const T* centre, int64_t count, int64_t from, int64_t to, float* a, float* b) {
  for (int64_t r = from; r < to; r++) {
    const T* const row = x + r * count;
#pragma omp simd
    for (int64_t k = 0; k < count; k++) {
      const float d = static_cast<float>(row[k]) - static_cast<float>(centre[k]);
      a[k] += d;
      b[k] += d * d;
    }
  }
}

}  // namespace

size_t Channels::pieces() const { return (outer + rows_per_piece(*this) - 1) / rows_per_piece(*this); }

void Channels::rows(const Call& call, const std::function<void(size_t, int64_t, int64_t)>& f) const {
  const int64_t n = rows_per_piece(*this);
  call.parallel(pieces(), [&](size_t i) { f(i, i * n, std::min(outer, static_cast<int64_t>(i + 1) * n)); });
}

void row_sums(const Call& call, const Channels& c, const RowSums& f, double* a, double* b) {
  const size_t width = 2 * c.count;
  const Buffer all = call.scratch(c.pieces() * width * sizeof(double));
  auto* const totals = static_cast<double*>(all.data());
  c.rows(call, [&](size_t piece, int64_t from, int64_t to) {
    double* const total = totals + piece * width;
    std::fill(total, total + width, 0.0);
    std::vector<float> part(width);
    for (int64_t r = from; r < to; r += stretch) {
      std::fill(part.begin(), part.end(), 0.0f);
      f(r, std::min(to, r + stretch), part.data(), part.data() + c.count);
      for (size_t k = 0; k < width; k++) total[k] += part[k];
    }
  });
  for (size_t k = 0; k < width; k++) {
    double s = 0;
    for (size_t i = 0; i < c.pieces(); i++) s += totals[i * width + k];
    (k < width / 2 ? a[k] : b[k - width / 2]) = s;
  }
}

template <class T>
void plane_moments(const Channels& c, int64_t k, const T* x, float* mean, float* variance) {
  double sum = 0, squares = 0;
  for (int64_t n = 0; n < c.outer; n++) {
    const T* const p = x + c.plane(n, k);
    for (int64_t from = 0; from < c.inner; from += 16 * stretch) {
      float s = 0;
      const int64_t to = std::min(c.inner, from + 16 * stretch);
#pragma omp simd reduction(+ : s)
      for (int64_t i = from; i < to; i++) s += p[i];
      sum += s;
    }
  }
  const float m = static_cast<float>(sum / c.elements());
  for (int64_t n = 0; n < c.outer; n++) {
    const T* const p = x + c.plane(n, k);
    for (int64_t from = 0; from < c.inner; from += 16 * stretch) {
      float s = 0;
      const int64_t to = std::min(c.inner, from + 16 * stretch);
#pragma omp simd reduction(+ : s)
      for (int64_t i = from; i < to; i++) s += (p[i] - m) * (p[i] - m);
      squares += s;
    }
  }
  *mean = m;
  *variance = static_cast<float>(squares / c.elements());
}

template <class T>
void moments(const Call& call, const Channels& c, const T* x, float* mean, float* variance) {
  if (c.planes()) {
    call.parallel(c.count, [&](size_t k) { plane_moments(c, k, x, mean + k, variance + k); });
    return;
  }
  std::vector<double> a(c.count), b(c.count);
  row_sums(call, c, [&](int64_t from, int64_t to, float* s, float* t) { centred_rows(x, x, c.count, from, to, s, t); }, a.data(), b.data());
  const double n = c.elements();
  for (int64_t k = 0; k < c.count; k++) {
    mean[k] = static_cast<float>(x[k] + a[k] / n);
    variance[k] = static_cast<float>(std::max(0.0, (b[k] - a[k] * a[k] / n) / n));
  }
}

template void moments(const Call&, const Channels&, const float*, float*, float*);
template void moments(const Call&, const Channels&, const BFloat16*, float*, float*);
template void plane_moments(const Channels&, int64_t, const float*, float*, float*);
template void plane_moments(const Channels&, int64_t, const BFloat16*, float*, float*);

}  // namespace ssc
