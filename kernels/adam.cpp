// Adam: m = beta1*m + (1-beta1)*g, v = beta2*v + (1-beta2)*g², w -= rate*(m/c1)/(sqrt(v)/sqrt(c2) + epsilon), with weight decay in the gradient or, decoupled, in w.
#include <cmath>

#include "update.h"

namespace ssc {
namespace {

class Adam : public Kernel {
 public:
  explicit Adam(const Attributes& a)
      : beta1_(a.number("beta1", 0.9f)), beta2_(a.number("beta2", 0.999f)), rest1_(a.number("rest1", 0.1f)), rest2_(a.number("rest2", 0.001f)),
        epsilon_(a.number("epsilon", 1e-8f)), decoupled_(a.integer("decoupled", 0) != 0) {}

  // The inputs are ok, rate, c1, c2, decay, g, w, m and v; the results w, m and v.
  void compute(Call& call) override {
    want_alike(call, 5, 3, "Adam");
    if (!counts(call, 0)) return keep(call, 6, 3);
    const float rate = number(call, 1, "Adam"), step = rate / number(call, 2, "Adam"), root = 1 / std::sqrt(number(call, 3, "Adam")), decay = number(call, 4, "Adam", 0);
    const float in_gradient = decoupled_ ? 0 : decay, kept = decoupled_ ? 1 - rate * decay : 1;
    const float* const grad = call.input(5);
    const float* const w = call.input(6);
    const float* const m = call.input(7);
    const float* const v = call.input(8);
    float* const wn = call.output(0, call.dims(6));
    float* const mn = call.output(1, call.dims(7));
    float* const vn = call.output(2, call.dims(8));
    elements(call, size_of(call.dims(5)), [&](int64_t from, int64_t to) {
#pragma omp simd
      for (int64_t i = from; i < to; i++) {
        const float g = grad[i] + in_gradient * w[i], first = beta1_ * m[i] + rest1_ * g, second = beta2_ * v[i] + rest2_ * (g * g);
        mn[i] = first;
        vn[i] = second;
        wn[i] = kept * w[i] - step * first / (std::sqrt(second) * root + epsilon_);
      }
    });
  }

 private:
  float beta1_, beta2_, rest1_, rest2_, epsilon_;
  bool decoupled_;
};

std::vector<Dims> shapes(const std::vector<Dims>& in, const Attributes&) { return {in.at(6), in.at(7), in.at(8)}; }

const Register entry{{"Adam", {{Type::boolean, true}, {}, {}, {}, {Type::f32, true}, {}, {}, {}, {}}, {{}, {}, {}}, shapes, make<Adam>}};
SSC_LISTED(Adam);

}  // namespace
}  // namespace ssc
