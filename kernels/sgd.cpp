// SGD: v = momentum*v + g + weight_decay*w, w -= rate*v; or, with rate_in_velocity, v = momentum*v + rate*(g + weight_decay*w), w -= v.
#include "update.h"

namespace ssc {
namespace {

class SGD : public Kernel {
 public:
  explicit SGD(const Attributes& a)
      : momentum_(a.number("momentum", 0)), decay_(a.number("weight_decay", 0)), nesterov_(a.integer("nesterov", 0) != 0),
        inside_(a.integer("rate_in_velocity", 0) != 0) {}

  // The inputs are ok, rate, g, w and, with momentum, v; the results w and v.
  void compute(Call& call) override {
    const bool moving = call.has(4);
    for (size_t i = 3; i < (moving ? 5 : 4); i++) {
      if (call.dims(i) != call.dims(2)) mismatch("SGD", "the gradient is " + text(call.dims(2)) + ", the parameter or its velocity " + text(call.dims(i)));
    }
    if (!counts(call, 0)) return keep(call, 3, moving ? 2 : 1);
    const float rate = number(call, 1, "SGD"), inner = inside_ ? rate : 1, outer = inside_ ? 1 : rate;
    const float* const g = call.input(2);
    const float* const w = call.input(3);
    float* const wn = call.output(0, call.dims(3));
    if (!moving) {
      elements(call, size_of(call.dims(2)), [&](int64_t from, int64_t to) {
#pragma omp simd
        for (int64_t i = from; i < to; i++) wn[i] = w[i] - (g[i] + decay_ * w[i]) * inner * outer;
      });
      return;
    }
    const float* const v = call.input(4);
    float* const vn = call.output(1, call.dims(4));
    const float ahead = nesterov_ ? momentum_ : 1, now = nesterov_ ? 1 : 0;
    elements(call, size_of(call.dims(2)), [&](int64_t from, int64_t to) {
#pragma omp simd
      for (int64_t i = from; i < to; i++) {
        const float d = (g[i] + decay_ * w[i]) * inner, moved = momentum_ * v[i] + d;
        vn[i] = moved;
        wn[i] = w[i] - (now * d + ahead * moved) * outer;
      }
    });
  }

 private:
  float momentum_, decay_;
  bool nesterov_, inside_;
};

std::vector<Dims> shapes(const std::vector<Dims>& in, const Attributes&) {
  std::vector<Dims> out{in.at(3)};
  if (in.size() > 4) out.push_back(in[4]);
  return out;
}

const Arg maybe{Type::f32, true};
const Register entry{{"SGD", {{Type::boolean, true}, {}, {}, {}, maybe}, {{}, maybe}, shapes, make<SGD>}};
SSC_LISTED(SGD);

}  // namespace
}  // namespace ssc
