// LinearInputGrad: dy*w.
#include "linear.h"

namespace ssc {
namespace {

template <class T>
class LinearInputGrad : public Kernel {
 public:
  explicit LinearInputGrad(const Attributes&) {}

  void compute(Call& call) override {
    const TokenRows dy(call.dims(0));
    const Dims& w = call.dims(1);
    if (w.size() != 2 || w[0] != dy.width) mismatch("LinearInputGrad", "the gradient is " + text(call.dims(0)) + ", the weight " + text(w));
    const int64_t out = dy.width, in = w[1];
    const T* const from = call.input<T>(0);
    const T* const weight = call.input<T>(1);
    T* const dx = call.output<T>(0, with_width(call.dims(0), in));
    in_pieces(call, dy.count, 64, [&](int64_t begin, int64_t end) {
      const Sums<T> to(call, dx + begin * in, (end - begin) * in);
      product(call, end - begin, in, out, {from + begin * out, out}, {weight, in}, to.data(), in);
      to.store();
    });
  }
};

std::vector<Dims> shapes(const std::vector<Dims>& in, const Attributes&) { return {with_width(in.at(0), in.at(1).at(1))}; }

template <class T>
Entry entry() {
  return {"LinearInputGrad", {{type_of<T>}, {type_of<T>}}, {{type_of<T>}}, shapes, make<LinearInputGrad<T>>};
}

const Register f32{entry<float>()}, bf16{entry<BFloat16>()};
SSC_LISTED(LinearInputGrad);

}  // namespace
}  // namespace ssc
