// LAMB: m = beta1*m + (1-beta1)*g, v = beta2*v + (1-beta2)*g², r = (m/c1)/(sqrt(v)/sqrt(c2) + epsilon) + decay*w, w -= rate*q*r; with adapt q = |w|/|r|. Two passes: moments and norms, and the weights,
// for which r is computed again.
#include <cmath>

#include "update.h"

namespace ssc {
namespace {

// The sums of the squares of w and r.
struct Norms {
  double w = 0, r = 0;
  Norms& operator+=(const Norms& more) {
    w += more.w;
    r += more.r;
    return *this;
  }
};

class LAMB : public Kernel {
 public:
  explicit LAMB(const Attributes& a)
      : beta1_(a.number("beta1", 0.9f)), beta2_(a.number("beta2", 0.999f)), rest1_(a.number("rest1", 0.1f)), rest2_(a.number("rest2", 0.001f)),
        epsilon_(a.number("epsilon", 1e-6f)), adapt_(a.integer("adapt", 0) != 0), at_most_one_(a.integer("at_most_one", 0) != 0) {}

  // The inputs are ok, rate, c1, c2, decay, g, w, m and v; the results w, m and v.
  void compute(Call& call) override {
    want_alike(call, 5, 3, "LAMB");
    if (!counts(call, 0)) return keep(call, 6, 3);
    const int64_t n = size_of(call.dims(5));
    const float scale = 1 / number(call, 2, "LAMB"), root = 1 / std::sqrt(number(call, 3, "LAMB")), decay = number(call, 4, "LAMB", 0);
    const float* const w = call.input(6);
    float* const wn = call.output(0, call.dims(6));
    float* const mn = call.output(1, call.dims(7));
    float* const vn = call.output(2, call.dims(8));
    const auto r = [=](int64_t i) { return mn[i] * scale / (std::sqrt(vn[i]) * root + epsilon_) + decay * w[i]; };
    const Norms norms = summed<Norms>(call, n, [&](int64_t from, int64_t end) {
      Norms total;
      for (; from < end; from += update_stretch) {
        const int64_t to = std::min(end, from + update_stretch);
        move(call, from, to, mn, vn);
        float a = 0, b = 0;
#pragma omp simd reduction(+ : a, b)
        for (int64_t i = from; i < to; i++) {
          const float along = r(i);
          a += w[i] * w[i];
          b += along * along;
        }
        total += Norms{a, b};
      }
      return total;
    });
    const float rate = number(call, 1, "LAMB") * ratio(static_cast<float>(std::sqrt(norms.w)), static_cast<float>(std::sqrt(norms.r)));
    elements(call, n, [&](int64_t from, int64_t to) {
#pragma omp simd
      for (int64_t i = from; i < to; i++) wn[i] = w[i] - rate * r(i);
    });
  }

 private:
  float beta1_, beta2_, rest1_, rest2_, epsilon_;
  bool adapt_, at_most_one_;

  // Advances the moments of some elements.
  void move(const Call& call, int64_t from, int64_t to, float* mn, float* vn) const {
    const float* const g = call.input(5);
    const float* const m = call.input(7);
    const float* const v = call.input(8);
#pragma omp simd
    for (int64_t i = from; i < to; i++) {
      mn[i] = beta1_ * m[i] + rest1_ * g[i];
      vn[i] = beta2_ * v[i] + rest2_ * (g[i] * g[i]);
    }
  }

  float ratio(float wn, float rn) const {
    const float q = adapt_ && wn > 0 && rn > 0 ? wn / rn : 1;
    return at_most_one_ ? std::min(q, 1.0f) : q;
  }
};

std::vector<Dims> shapes(const std::vector<Dims>& in, const Attributes&) { return {in.at(6), in.at(7), in.at(8)}; }

const Register entry{{"LAMB", {{Type::boolean, true}, {}, {}, {}, {Type::f32, true}, {}, {}, {}, {}}, {{}, {}, {}}, shapes, make<LAMB>}};
SSC_LISTED(LAMB);

}  // namespace
}  // namespace ssc
