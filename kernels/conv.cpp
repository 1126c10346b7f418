// Conv: y = x * w + b.
#include "convolution.h"

namespace ssc {
namespace {

template <class T>
class Conv : public Kernel {
 public:
  explicit Conv(const Attributes& a) : window_(a), convolution_(Pass::forward, window_, type_of<T>) {}

  void compute(Call& call) override {
    const Dims y = window_.result(call.dims(0), call.dims(1));
    const float* bias = call.has(2) ? call.input(2) : nullptr;
    convolution_.run(call, call.dims(0), call.dims(1), y, call.input<T>(0), call.input<T>(1), bias, call.output<T>(0, y));
  }

 private:
  Window window_;
  Convolution convolution_;
};

std::vector<Dims> shapes(const std::vector<Dims>& in, const Attributes& a) { return {Window(a).result(in.at(0), in.at(1))}; }

template <class T>
Entry entry() {
  return {"Conv", {{type_of<T>}, {type_of<T>}, {Type::f32, true}}, {{type_of<T>}}, shapes, make<Conv<T>>};
}

const Register f32{entry<float>()}, bf16{entry<BFloat16>()};
SSC_LISTED(Conv);

}  // namespace
}  // namespace ssc
