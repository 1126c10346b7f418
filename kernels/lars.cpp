// LARS: d = rate*q*(g + decay*w), v = momentum*v + share*d, w -= v, or with nesterov d + momentum*v; q = eta*|w|/(|g| + decay*|w| + epsilon).
#include <cmath>

#include "update.h"

namespace ssc {
namespace {

class LARS : public Kernel {
 public:
  explicit LARS(const Attributes& a)
      : momentum_(a.number("momentum", 0)), eta_(a.number("eta", 0.001f)), epsilon_(a.number("epsilon", 1e-8f)), nesterov_(a.integer("nesterov", 0) != 0) {}

  // The inputs are ok, rate, decay, share, the squares of g, g, w and, with momentum, v; the results w and v.
  void compute(Call& call) override {
    const bool moving = call.has(7);
    want_alike(call, 5, moving ? 2 : 1, "LARS");
    if (!counts(call, 0)) return keep(call, 6, moving ? 2 : 1);
    const int64_t n = size_of(call.dims(5));
    const float* const g = call.input(5);
    const float* const w = call.input(6);
    const float decay = number(call, 2, "LARS", 0), share = number(call, 3, "LARS", 1);
    float rate = number(call, 1, "LARS");
    if (call.has(4)) rate *= ratio(static_cast<float>(std::sqrt(sum_squares(call, w, n))), std::sqrt(number(call, 4, "LARS")), decay);
    float* const wn = call.output(0, call.dims(6));
    if (!moving) {
      elements(call, n, [&](int64_t from, int64_t to) {
#pragma omp simd
        for (int64_t i = from; i < to; i++) wn[i] = w[i] - (g[i] + decay * w[i]) * rate;
      });
      return;
    }
    const float* const v = call.input(7);
    float* const vn = call.output(1, call.dims(7));
    const float ahead = nesterov_ ? momentum_ : 1, now = nesterov_ ? 1 : 0;
    elements(call, n, [&](int64_t from, int64_t to) {
#pragma omp simd
      for (int64_t i = from; i < to; i++) {
        const float d = (g[i] + decay * w[i]) * rate, moved = momentum_ * v[i] + share * d;
        vn[i] = moved;
        wn[i] = w[i] - (now * d + ahead * moved);
      }
    });
  }

 private:
  float momentum_, eta_, epsilon_;
  bool nesterov_;

  float ratio(float wn, float gn, float decay) const { return wn > 0 && gn > 0 ? eta_ * wn / (gn + decay * wn + epsilon_) : 1; }
};

std::vector<Dims> shapes(const std::vector<Dims>& in, const Attributes&) {
  std::vector<Dims> out{in.at(6)};
  if (in.size() > 7) out.push_back(in[7]);
  return out;
}

const Arg maybe{Type::f32, true};
const Register entry{{"LARS", {{Type::boolean, true}, {}, maybe, maybe, maybe, {}, {}, maybe}, {{}, maybe}, shapes, make<LARS>}};
SSC_LISTED(LARS);

}  // namespace
}  // namespace ssc
