// BatchNorm: y = (x - mean)/sqrt(variance + epsilon)*w + b, with mean and biased variance of each channel; BatchNormRelu: max(y + shortcut, 0).
#include "norm.h"

namespace ssc {
namespace {

template <bool relu, class T>
class BatchNorm : public Kernel {
 public:
  explicit BatchNorm(const Attributes& a) : epsilon_(a.number("epsilon", 1e-5f)), last_(a.integer("channels_last", 0) != 0) {}

  void compute(Call& call) override {
    const Channels c(call.dims(0), last_);
    const T* const x = call.input<T>(0);
    const T* const r = call.has(3) ? call.input<T>(3) : nullptr;
    if (call.dims(1) != Dims{c.count} || call.dims(2) != Dims{c.count}) mismatch("BatchNorm", "gain and offset do not fit " + text(call.dims(0)));
    if (r && call.dims(3) != call.dims(0)) mismatch("BatchNormRelu", "the shortcut " + text(call.dims(3)) + " does not fit " + text(call.dims(0)));
    T* const y = call.output<T>(0, call.dims(0));
    const Buffer spare = call.scratch(2 * c.count * sizeof(float));
    float* mean = call.output(1, {c.count});
    float* variance = call.output(2, {c.count});
    if (!mean) mean = spare.floats();
    if (!variance) variance = spare.floats() + c.count;
    if (c.planes()) {
      // A channel's planes mostly fit into the second-level cache: read from memory once, used three times.
      call.parallel(c.count, [&](size_t k) {
        plane_moments(c, k, x, mean + k, variance + k);
        const Fold f(call.input(1)[k], call.input(2)[k], mean[k], variance[k], epsilon_);
        for (int64_t n = 0; n < c.outer; n++) {
          const int64_t at = c.plane(n, k);
          plane(x + at, r ? r + at : nullptr, y + at, c.inner, f.scale, f.shift);
        }
      });
      return;
    }
    moments(call, c, x, mean, variance);
    const Folds f(call.input(1), call.input(2), mean, variance, epsilon_, c.count);
    c.rows(call, [&](size_t, int64_t from, int64_t to) {
      for (int64_t i = from * c.count; i < to * c.count; i += c.count) row(x + i, r ? r + i : nullptr, y + i, c.count, f.scale.data(), f.shift.data());
    });
  }

 private:
  float epsilon_;
  bool last_;

  static float end(float y) { return relu && y < 0 ? 0 : y; }  // NaN stays

  static void plane(const T* x, const T* r, T* y, int64_t n, float scale, float shift) {
    if (r) {
#pragma omp simd
      for (int64_t i = 0; i < n; i++) y[i] = end(x[i] * scale + shift + r[i]);
      return;
    }
#pragma omp simd
    for (int64_t i = 0; i < n; i++) y[i] = end(x[i] * scale + shift);
  }
  static void row(const T* x, const T* r, T* y, int64_t n, const float* scale, const float* shift) {
    if (r) {
#pragma omp simd
      for (int64_t i = 0; i < n; i++) y[i] = end(x[i] * scale[i] + shift[i] + r[i]);
      return;
    }
#pragma omp simd
    for (int64_t i = 0; i < n; i++) y[i] = end(x[i] * scale[i] + shift[i]);
  }
};

std::vector<Dims> shapes(const std::vector<Dims>& in, const Attributes&) { return {in.at(0), in.at(1), in.at(1)}; }

template <class T>
std::vector<Arg> outputs() {
  return {{type_of<T>}, {Type::f32, true}, {Type::f32, true}};
}

template <class T>
Entry plain() {
  return {"BatchNorm", {{type_of<T>}, {}, {}}, outputs<T>(), shapes, make<BatchNorm<false, T>>};
}

template <class T>
Entry with_relu() {
  return {"BatchNormRelu", {{type_of<T>}, {}, {}, {type_of<T>, true}}, outputs<T>(), shapes, make<BatchNorm<true, T>>};
}

const Register f32{plain<float>()}, bf16{plain<BFloat16>()}, relu_f32{with_relu<float>()}, relu_bf16{with_relu<BFloat16>()};
SSC_LISTED(BatchNorm);
SSC_LISTED(BatchNormRelu);

}  // namespace
}  // namespace ssc
