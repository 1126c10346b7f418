// ConvInputGrad: the gradient of Conv with respect to x, of shape input_shape.
#include "convolution.h"

namespace ssc {
namespace {

template <class T>
class ConvInputGrad : public Kernel {
 public:
  explicit ConvInputGrad(const Attributes& a) : window_(a), shape_(a.ints("input_shape")), convolution_(Pass::input_grad, window_, type_of<T>) {}

  void compute(Call& call) override {
    const Dims y = window_.result(shape_, call.dims(1));
    if (y != call.dims(0)) mismatch("ConvInputGrad", "dy is " + text(call.dims(0)) + ", the convolution's result is " + text(y));
    convolution_.run(call, shape_, call.dims(1), y, call.input<T>(0), call.input<T>(1), nullptr, call.output<T>(0, shape_));
  }

 private:
  Window window_;
  Dims shape_;
  Convolution convolution_;
};

std::vector<Dims> shapes(const std::vector<Dims>&, const Attributes& a) { return {a.ints("input_shape")}; }

template <class T>
Entry entry() {
  return {"ConvInputGrad", {{type_of<T>}, {type_of<T>}}, {{type_of<T>}}, shapes, make<ConvInputGrad<T>>};
}

const Register f32{entry<float>()}, bf16{entry<BFloat16>()};
SSC_LISTED(ConvInputGrad);

}  // namespace
}  // namespace ssc
