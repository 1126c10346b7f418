// LayerNorm: y = (x - mean)/sqrt(variance + epsilon)*w + b, with mean and biased variance of each row.
#include "layer_norm.h"

namespace ssc {
namespace {

class LayerNorm : public Kernel {
 public:
  explicit LayerNorm(const Attributes& a) : epsilon_(a.number("epsilon", 1e-6f)) {}

  void compute(Call& call) override {
    const NormRows rows(call.dims(0));
    const int64_t n = rows.width;
    if (call.dims(1) != Dims{n} || call.dims(2) != Dims{n}) mismatch("LayerNorm", "gain and offset do not fit " + text(call.dims(0)));
    const float* const x = call.input(0);
    const float* const w = call.input(1);
    const float* const b = call.input(2);
    float* const y = call.output(0, call.dims(0));
    call.parallel(rows.pieces(), [&](size_t piece) {
      for (int64_t r = rows.begin(piece); r < rows.end(piece); r++) {
        float mean, rstd;
        row_moments(x + r * n, n, epsilon_, &mean, &rstd);
        const float* const from = x + r * n;
        float* const to = y + r * n;
#pragma omp simd
        for (int64_t i = 0; i < n; i++) to[i] = (from[i] - mean) * rstd * w[i] + b[i];
      }
    });
  }

 private:
  float epsilon_;
};

std::vector<Dims> shapes(const std::vector<Dims>& in, const Attributes&) { return {in.at(0)}; }

const Register entry{{"LayerNorm", {{}, {}, {}}, {{}}, shapes, make<LayerNorm>}};

}  // namespace
}  // namespace ssc
