// BatchNormGrad: with x^ = (x - mean)*r, r = 1/sqrt(variance + epsilon) and n elements of a channel,
// db = sum dy, dw = sum dy*x^, dx = w*r*(dy - db/n - x^*dw/n).
#include <algorithm>
#include <cmath>

#include "norm.h"

namespace ssc {
namespace {

// dx = dy*a + (x - mean)*k + c, for each channel.
struct Line {
  float a, k, c, mean;
};

class BatchNormGrad : public Kernel {
 public:
  explicit BatchNormGrad(const Attributes& a) : epsilon_(a.number("epsilon", 1e-5f)), last_(a.integer("channels_last", 0) != 0) {}

  void compute(Call& call) override {
    const Channels c(call.dims(1), last_);
    if (call.dims(0) != call.dims(1)) mismatch("BatchNormGrad", "dy is " + text(call.dims(0)) + ", x " + text(call.dims(1)));
    for (size_t i = 2; i < 5; i++) {
      if (call.dims(i) != Dims{c.count}) mismatch("BatchNormGrad", "an input of shape " + text(call.dims(i)) + " does not fit " + text(call.dims(1)));
    }
    const float* const dy = call.input(0);
    const float* const x = call.input(1);
    const float* const mean = call.input(3);
    float* const dx = call.output(0, call.dims(1));
    float* const dw = call.output(1, {c.count});
    float* const db = call.output(2, {c.count});
    const auto line = [&](int64_t k, double sum, double centred) {  // sums of dy and of dy*(x - mean)
      const double r = 1 / std::sqrt(static_cast<double>(call.input(4)[k]) + epsilon_), n = c.elements(), a = call.input(2)[k] * r;
      if (dw) dw[k] = static_cast<float>(centred * r);
      if (db) db[k] = static_cast<float>(sum);
      return Line{static_cast<float>(a), static_cast<float>(-a * r * r * centred / n), static_cast<float>(-a * sum / n), mean[k]};
    };
    if (c.planes()) {
      call.parallel(c.count, [&](size_t k) { planes(c, k, dy, x, mean[k], dx, line); });
      return;
    }
    std::vector<double> sum(c.count), centred(c.count);
    row_sums(call, c, dy, x, mean, products, sum.data(), centred.data());
    std::vector<float> lines(4 * c.count);
    for (int64_t k = 0; k < c.count; k++) {
      const Line l = line(k, sum[k], centred[k]);
      lines[k] = l.a, lines[c.count + k] = l.k, lines[2 * c.count + k] = l.c - l.k * l.mean;
    }
    if (!dx) return;
    c.rows(call, [&](size_t, int64_t from, int64_t to) { rows(dy, x, dx, c.count, from, to, lines.data()); });
  }

 private:
  float epsilon_;
  bool last_;

  static void products(const float* dy, const float* x, const float* mean, int64_t count, int64_t from, int64_t to, float* a, float* b) {
    for (int64_t r = from; r < to; r++) {
      const float* const g = dy + r * count;
      const float* const v = x + r * count;
#pragma omp simd
      for (int64_t k = 0; k < count; k++) {
        a[k] += g[k];
        b[k] += g[k] * (v[k] - mean[k]);
      }
    }
  }

  static void rows(const float* dy, const float* x, float* dx, int64_t count, int64_t from, int64_t to, const float* lines) {
    const float* const a = lines;
    const float* const k = lines + count;
    const float* const c = lines + 2 * count;
    for (int64_t r = from; r < to; r++) {
#pragma omp simd
      for (int64_t i = 0; i < count; i++) dx[r * count + i] = dy[r * count + i] * a[i] + (x[r * count + i] * k[i] + c[i]);
    }
  }

  template <class F>
  static void planes(const Channels& c, int64_t k, const float* dy, const float* x, float mean, float* dx, const F& line) {
    double sum = 0, centred = 0;
    for (int64_t n = 0; n < c.outer; n++) {
      const float* const g = dy + c.plane(n, k);
      const float* const v = x + c.plane(n, k);
      for (int64_t from = 0; from < c.inner; from += 16 * stretch) {
        const int64_t to = std::min(c.inner, from + 16 * stretch);
        float s = 0, t = 0;
#pragma omp simd reduction(+ : s, t)
        for (int64_t i = from; i < to; i++) {
          s += g[i];
          t += g[i] * (v[i] - mean);
        }
        sum += s;
        centred += t;
      }
    }
    const Line l = line(k, sum, centred);
    if (!dx) return;
    for (int64_t n = 0; n < c.outer; n++) {
      const int64_t at = c.plane(n, k);
#pragma omp simd
      for (int64_t i = 0; i < c.inner; i++) dx[at + i] = dy[at + i] * l.a + ((x[at + i] - l.mean) * l.k + l.c);
    }
  }
};

std::vector<Dims> shapes(const std::vector<Dims>& in, const Attributes&) { return {in.at(1), in.at(2), in.at(2)}; }

const Register entry{{"BatchNormGrad", {{}, {}, {}, {}, {}}, {{Type::f32, true}, {Type::f32, true}, {Type::f32, true}}, shapes, make<BatchNormGrad>}};

}  // namespace
}  // namespace ssc
