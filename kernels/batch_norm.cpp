// BatchNorm: y = (x - mean)/sqrt(variance + epsilon)*w + b, with mean and biased variance of each channel.
#include <cmath>

#include "norm.h"

namespace ssc {
namespace {

class BatchNorm : public Kernel {
 public:
  explicit BatchNorm(const Attributes& a) : epsilon_(a.number("epsilon", 1e-5f)), last_(a.integer("channels_last", 0) != 0) {}

  void compute(Call& call) override {
    const Channels c(call.dims(0), last_);
    const float* const x = call.input(0);
    const float* const w = call.input(1);
    const float* const b = call.input(2);
    if (call.dims(1) != Dims{c.count} || call.dims(2) != Dims{c.count}) mismatch("BatchNorm", "gain and offset do not fit " + text(call.dims(0)));
    float* const y = call.output(0, call.dims(0));
    const Buffer spare = call.scratch(4 * c.count * sizeof(float));
    float* mean = call.output(1, {c.count});
    float* variance = call.output(2, {c.count});
    if (!mean) mean = spare.floats();
    if (!variance) variance = spare.floats() + c.count;
    float* const scale = spare.floats() + 2 * c.count;
    float* const shift = spare.floats() + 3 * c.count;
    const auto fold = [&](int64_t k) {  // y = x*scale + shift
      scale[k] = w[k] / std::sqrt(variance[k] + epsilon_);
      shift[k] = b[k] - mean[k] * scale[k];
    };
    if (c.planes()) {
      // A channel's planes mostly fit into the second-level cache: read from memory once, used three times.
      call.parallel(c.count, [&](size_t k) {
        plane_moments(c, k, x, mean + k, variance + k);
        fold(k);
        for (int64_t n = 0; n < c.outer; n++) plane(x + c.plane(n, k), y + c.plane(n, k), c.inner, scale[k], shift[k]);
      });
      return;
    }
    moments(call, c, x, mean, variance);
    for (int64_t k = 0; k < c.count; k++) fold(k);
    c.rows(call, [&](size_t, int64_t from, int64_t to) {
      for (int64_t r = from; r < to; r++) row(x + r * c.count, y + r * c.count, c.count, scale, shift);
    });
  }

 private:
  float epsilon_;
  bool last_;

  static void plane(const float* x, float* y, int64_t n, float scale, float shift) {
    for (int64_t i = 0; i < n; i++) y[i] = x[i] * scale + shift;
  }
  static void row(const float* x, float* y, int64_t n, const float* scale, const float* shift) {
#pragma omp simd
    for (int64_t i = 0; i < n; i++) y[i] = x[i] * scale[i] + shift[i];
  }
};

std::vector<Dims> shapes(const std::vector<Dims>& in, const Attributes&) { return {in.at(0), in.at(1), in.at(1)}; }

const Register entry{{"BatchNorm", {{}, {}, {}}, {{}, {Type::f32, true}, {Type::f32, true}}, shapes, make<BatchNorm>}};

}  // namespace
}  // namespace ssc
