// ConvWeightGrad: the gradient of Conv with respect to w, of shape weight_shape.
#include "convolution.h"

namespace ssc {
namespace {

template <class T>
class ConvWeightGrad : public Kernel {
 public:
  explicit ConvWeightGrad(const Attributes& a) : window_(a), shape_(a.ints("weight_shape")), convolution_(Pass::weight_grad, window_, type_of<T>) {}

  void compute(Call& call) override {
    const Dims y = window_.result(call.dims(0), shape_);
    if (y != call.dims(1)) mismatch("ConvWeightGrad", "dy is " + text(call.dims(1)) + ", the convolution's result is " + text(y));
    convolution_.run(call, call.dims(0), shape_, y, call.input<T>(0), call.input<T>(1), nullptr, call.output(0, shape_));
  }

 private:
  Window window_;
  Dims shape_;
  Convolution convolution_;
};

std::vector<Dims> shapes(const std::vector<Dims>&, const Attributes& a) { return {a.ints("weight_shape")}; }

template <class T>
Entry entry() {
  return {"ConvWeightGrad", {{type_of<T>}, {type_of<T>}}, {{}}, shapes, make<ConvWeightGrad<T>>};
}

const Register f32{entry<float>()}, bf16{entry<BFloat16>()};
SSC_LISTED(ConvWeightGrad);

}  // namespace
}  // namespace ssc
