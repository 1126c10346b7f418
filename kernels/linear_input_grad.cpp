// LinearInputGrad: dy*w.
#include "linear.h"

namespace ssc {
namespace {

class LinearInputGrad : public Kernel {
 public:
  explicit LinearInputGrad(const Attributes&) {}

  void compute(Call& call) override {
    const TokenRows dy(call.dims(0));
    const Dims& w = call.dims(1);
    if (w.size() != 2 || w[0] != dy.width) mismatch("LinearInputGrad", "the gradient is " + text(call.dims(0)) + ", the weight " + text(w));
    const int64_t out = dy.width, in = w[1];
    const float* const from = call.input(0);
    const float* const weight = call.input(1);
    float* const dx = call.output(0, with_width(call.dims(0), in));
    in_pieces(call, dy.count, 64, [&](int64_t begin, int64_t end) {
      product(end - begin, in, out, 1, {from + begin * out, out}, {weight, in}, 0, dx + begin * in, in);
    });
  }
};

std::vector<Dims> shapes(const std::vector<Dims>& in, const Attributes&) { return {with_width(in.at(0), in.at(1).at(1))}; }

const Register entry{{"LinearInputGrad", {{}, {}}, {{}}, shapes, make<LinearInputGrad>}};

}  // namespace
}  // namespace ssc
