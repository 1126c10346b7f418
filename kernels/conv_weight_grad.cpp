// ConvWeightGrad: the gradient of Conv with respect to w, of shape weight_shape.
#include "convolution.h"

namespace ssc {
namespace {

class ConvWeightGrad : public Kernel {
 public:
  explicit ConvWeightGrad(const Attributes& a) : window_(a), shape_(a.ints("weight_shape")), convolution_(Pass::weight_grad, window_) {}

  void compute(Call& call) override {
    const Dims y = window_.result(call.dims(0), shape_);
    if (y != call.dims(1)) mismatch("ConvWeightGrad", "dy is " + text(call.dims(1)) + ", the convolution's result is " + text(y));
    convolution_.run(call, call.dims(0), shape_, y, call.input(0), call.input(1), nullptr, call.output(0, shape_));
  }

 private:
  Window window_;
  Dims shape_;
  Convolution convolution_;
};

std::vector<Dims> shapes(const std::vector<Dims>&, const Attributes& a) { return {a.ints("weight_shape")}; }

const Register entry{{"ConvWeightGrad", {{}, {}}, {{}}, shapes, make<ConvWeightGrad>}};

}  // namespace
}  // namespace ssc
