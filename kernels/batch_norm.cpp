// BatchNorm: y = (x - mean)/sqrt(variance + epsilon)*w + b, with mean and biased variance of each channel in each group of the batch; BatchNormRelu: max(y + shortcut, 0).
#include "norm.h"

namespace ssc {
namespace {

template <bool relu, class T>
class BatchNorm : public Kernel {
 public:
  explicit BatchNorm(const Attributes& a) : epsilon_(a.number("epsilon", 1e-5f)), last_(a.integer("channels_last", 0) != 0), groups_(a.integer("groups", 1)) {}

  void compute(Call& call) override {
    const Channels c(call.dims(0), last_, groups_);
    const T* const x = call.input<T>(0);
    const T* const r = call.has(3) ? call.input<T>(3) : nullptr;
    if (call.dims(1) != Dims{c.count} || call.dims(2) != Dims{c.count}) mismatch("BatchNorm", "gain and offset do not fit " + text(call.dims(0)));
    if (r && call.dims(3) != call.dims(0)) mismatch("BatchNormRelu", "the shortcut " + text(call.dims(3)) + " does not fit " + text(call.dims(0)));
    T* const y = call.output<T>(0, call.dims(0));
    const int64_t moments = c.groups * c.count;
    const Buffer spare = call.scratch(2 * moments * sizeof(float));
    float* mean = call.output(1, {moments});
    float* variance = call.output(2, {moments});
    if (!mean) mean = spare.floats();
    if (!variance) variance = spare.floats() + moments;
    for (int64_t g = 0; g < c.groups; g++) {
      const int64_t at = g * c.size();
      group(call, c, x + at, r ? r + at : nullptr, y + at, mean + g * c.count, variance + g * c.count);
    }
  }

 private:
  float epsilon_;
  bool last_;
  int64_t groups_;

  void group(const Call& call, const Channels& c, const T* x, const T* r, T* y, float* mean, float* variance) const {
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

std::vector<Dims> shapes(const std::vector<Dims>& in, const Attributes& a) {
  const Dims moments = in.at(1).empty() ? Dims{} : Dims{a.integer("groups", 1) * in[1][0]};
  return {in.at(0), moments, moments};
}

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
