// LayerNorm: y = (x - mean)/sqrt(variance + epsilon)*w + b, with mean and biased variance of each row.
#include "layer_norm.h"

namespace ssc {
namespace {

template <class T>
class LayerNorm : public Kernel {
 public:
  explicit LayerNorm(const Attributes& a) : epsilon_(a.number("epsilon", 1e-6f)) {}

  void compute(Call& call) override {
    const NormRows rows(call.dims(0));
    const int64_t n = rows.width;
    if (call.dims(1) != Dims{n} || call.dims(2) != Dims{n}) mismatch("LayerNorm", "gain and offset do not fit " + text(call.dims(0)));
    const T* const x = call.input<T>(0);
    const float* const w = call.input(1);
    const float* const b = call.input(2);
    T* const y = call.output<T>(0, call.dims(0));
    call.parallel(rows.pieces(), [&](size_t piece) {
      for (int64_t r = rows.begin(piece); r < rows.end(piece); r++) {
        float mean, rstd;
        row_moments(x + r * n, n, epsilon_, &mean, &rstd);
        const T* const from = x + r * n;
        T* const to = y + r * n;
#pragma omp simd
        for (int64_t i = 0; i < n; i++) to[i] = (from[i] - mean) * rstd * w[i] + b[i];
      }
    });
  }

 private:
  float epsilon_;
};

std::vector<Dims> shapes(const std::vector<Dims>& in, const Attributes&) { return {in.at(0)}; }

template <class T>
Entry entry() {
  return {"LayerNorm", {{type_of<T>}, {}, {}}, {{type_of<T>}}, shapes, make<LayerNorm<T>>};
}

const Register f32{entry<float>()}, bf16{entry<BFloat16>()};
SSC_LISTED(LayerNorm);

}  // namespace
}  // namespace ssc
