// LayerNormGrad: with x̂ = (x - mean)*rstd and g = dy*w, dx = (g - mean(g) - x̂*mean(g*x̂))*rstd; dw and db are sums over the rows, in the
// order of the pieces.
#include "layer_norm.h"

namespace ssc {
namespace {

template <class T>
class LayerNormGrad : public Kernel {
 public:
  explicit LayerNormGrad(const Attributes& a) : epsilon_(a.number("epsilon", 1e-6f)) {}

  void compute(Call& call) override {
    const NormRows rows(call.dims(1));
    const int64_t n = rows.width;
    if (call.dims(0) != call.dims(1) || call.dims(2) != Dims{n}) {
      mismatch("LayerNormGrad", "the gradient is " + text(call.dims(0)) + ", the input " + text(call.dims(1)) + ", the gain " + text(call.dims(2)));
    }
    const T* const dy = call.input<T>(0);
    const T* const x = call.input<T>(1);
    const float* const w = call.input(2);
    T* const dx = call.output<T>(0, call.dims(1));
    float* const dw = call.output(1, {n});
    float* const db = call.output(2, {n});
    const Buffer all = call.scratch(rows.pieces() * 2 * n * sizeof(double));
    auto* const totals = static_cast<double*>(all.data());
    call.parallel(rows.pieces(), [&](size_t piece) {
      double* const total = totals + piece * 2 * n;
      std::fill(total, total + 2 * n, 0.0);
      std::vector<float> part(2 * n);
      for (int64_t first = rows.begin(piece); first < rows.end(piece); first += norm_stretch) {
        std::fill(part.begin(), part.end(), 0.0f);
        const int64_t last = std::min(rows.end(piece), first + norm_stretch);
        for (int64_t r = first; r < last; r++) row(dy + r * n, x + r * n, w, dx ? dx + r * n : nullptr, part.data(), n);
        for (int64_t i = 0; i < 2 * n; i++) total[i] += part[i];
      }
    });
    for (int64_t i = 0; i < 2 * n; i++) {
      float* const out = i < n ? dw : db;
      if (!out) continue;
      double s = 0;
      for (size_t p = 0; p < rows.pieces(); p++) s += totals[p * 2 * n + i];
      out[i % n] = static_cast<float>(s);
    }
  }

 private:
  float epsilon_;

  // The gradient of one row; adds dy*x̂ and dy to sums.
  void row(const T* dy, const T* x, const float* w, T* dx, float* sums, int64_t n) const {
    float mean, rstd;
    row_moments(x, n, epsilon_, &mean, &rstd);
    double all = 0, along = 0;  // of g, and of g*x̂
    for (int64_t from = 0; from < n; from += norm_stretch) {
      const int64_t to = std::min(n, from + norm_stretch);
      float a = 0, b = 0;
#pragma omp simd reduction(+ : a, b)
      for (int64_t i = from; i < to; i++) {
        const float hat = (x[i] - mean) * rstd, g = dy[i] * w[i];
        a += g;
        b += g * hat;
        sums[i] += dy[i] * hat;
        sums[n + i] += dy[i];
      }
      all += a;
      along += b;
    }
    if (!dx) return;
    const float ma = static_cast<float>(all / static_cast<double>(n)), mb = static_cast<float>(along / static_cast<double>(n));
#pragma omp simd
    for (int64_t i = 0; i < n; i++) dx[i] = (dy[i] * w[i] - ma - (x[i] - mean) * rstd * mb) * rstd;
  }
};

std::vector<Dims> shapes(const std::vector<Dims>& in, const Attributes&) { return {in.at(1), in.at(2), in.at(2)}; }

template <class T>
Entry entry() {
  return {"LayerNormGrad", {{type_of<T>}, {type_of<T>}, {}}, {{type_of<T>, true}, {Type::f32, true}, {Type::f32, true}}, shapes, make<LayerNormGrad<T>>};
}

const Register f32{entry<float>()}, bf16{entry<BFloat16>()};
SSC_LISTED(LayerNormGrad);

}  // namespace
}  // namespace ssc
