// SGD: d = g + decay*w, v = momentum*v + share*d, w -= rate*v, or with nesterov rate*(d + momentum*v).
#include "update.h"

namespace ssc {
namespace {

class SGD : public Kernel {
 public:
  explicit SGD(const Attributes& a) : momentum_(a.number("momentum", 0)), nesterov_(a.integer("nesterov", 0) != 0) {}

  // The inputs are ok, rate, decay, share, g, w and, with momentum, v; the results w and v.
  void compute(Call& call) override {
    const bool moving = call.has(6);
    want_alike(call, 4, moving ? 2 : 1, "SGD");
    if (!counts(call, 0)) return keep(call, 5, moving ? 2 : 1);
    const float rate = number(call, 1, "SGD"), decay = number(call, 2, "SGD", 0), share = number(call, 3, "SGD", 1);
    const float* const g = call.input(4);
    const float* const w = call.input(5);
    float* const wn = call.output(0, call.dims(5));
    if (!moving) {
      elements(call, size_of(call.dims(4)), [&](int64_t from, int64_t to) {
#pragma omp simd
        for (int64_t i = from; i < to; i++) wn[i] = w[i] - (g[i] + decay * w[i]) * rate;
      });
      return;
    }
    const float* const v = call.input(6);
    float* const vn = call.output(1, call.dims(6));
    const float ahead = nesterov_ ? momentum_ : 1, now = nesterov_ ? 1 : 0;
    elements(call, size_of(call.dims(4)), [&](int64_t from, int64_t to) {
#pragma omp simd
      for (int64_t i = from; i < to; i++) {
        const float d = g[i] + decay * w[i], moved = momentum_ * v[i] + share * d;
        vn[i] = moved;
        wn[i] = w[i] - (now * d + ahead * moved) * rate;
      }
    });
  }

 private:
  float momentum_;
  bool nesterov_;
};

std::vector<Dims> shapes(const std::vector<Dims>& in, const Attributes&) {
  std::vector<Dims> out{in.at(5)};
  if (in.size() > 6) out.push_back(in[6]);
  return out;
}

const Arg maybe{Type::f32, true};
const Register entry{{"SGD", {{Type::boolean, true}, {}, maybe, maybe, {}, {}, maybe}, {{}, maybe}, shapes, make<SGD>}};
SSC_LISTED(SGD);

}  // namespace
}  // namespace ssc
