// GeluGrad: dy times the derivative of GELU at x.
#include "gelu.h"

namespace ssc {
namespace {

constexpr int64_t piece = int64_t{1} << 15;

template <class T>
class GeluGrad : public Kernel {
 public:
  explicit GeluGrad(const Attributes& a) : tanh_(a.integer("tanh", 0) != 0) {}

  void compute(Call& call) override {
    if (call.dims(0) != call.dims(1)) mismatch("GeluGrad", "the gradient is " + text(call.dims(0)) + ", the input " + text(call.dims(1)));
    const T* const dy = call.input<T>(0);
    const T* const x = call.input<T>(1);
    const int64_t n = size_of(call.dims(0));
    T* const dx = call.output<T>(0, call.dims(0));
    call.parallel(pieces_of(n, piece), [&](size_t i) {
      const int64_t from = static_cast<int64_t>(i) * piece;
      gelu_grad_row(dy + from, x + from, dx + from, std::min(piece, n - from), tanh_);
    });
  }

 private:
  bool tanh_;
};

std::vector<Dims> shapes(const std::vector<Dims>& in, const Attributes&) { return {in.at(0)}; }

template <class T>
Entry entry() {
  return {"GeluGrad", {{type_of<T>}, {type_of<T>}}, {{type_of<T>}}, shapes, make<GeluGrad<T>>};
}

const Register f32{entry<float>()}, bf16{entry<BFloat16>()};
SSC_LISTED(GeluGrad);

}  // namespace
}  // namespace ssc
