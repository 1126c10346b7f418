// MovingAverage: old + (1-m)*(target - old).
#include "update.h"

namespace ssc {
namespace {

class MovingAverage : public Kernel {
 public:
  explicit MovingAverage(const Attributes&) {}

  // The inputs are ok, m, old and target.
  void compute(Call& call) override {
    if (call.dims(3) != call.dims(2)) mismatch("MovingAverage", "the average is " + text(call.dims(2)) + ", its target " + text(call.dims(3)));
    if (!counts(call, 0)) return keep(call, 2, 1);
    const float rest = 1 - number(call, 1, "MovingAverage");
    const float* const old = call.input(2);
    const float* const target = call.input(3);
    float* const out = call.output(0, call.dims(2));
    elements(call, size_of(call.dims(2)), [&](int64_t from, int64_t to) {
#pragma omp simd
      for (int64_t i = from; i < to; i++) out[i] = old[i] + (target[i] - old[i]) * rest;
    });
  }
};

std::vector<Dims> shapes(const std::vector<Dims>& in, const Attributes&) { return {in.at(2)}; }

const Register entry{{"MovingAverage", {{Type::boolean, true}, {}, {}, {}}, {{}}, shapes, make<MovingAverage>}};
SSC_LISTED(MovingAverage);

}  // namespace
}  // namespace ssc
