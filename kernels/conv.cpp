// Conv: y = x * w + b.
#include "convolution.h"

namespace ssc {
namespace {

class Conv : public Kernel {
 public:
  explicit Conv(const Attributes& a) : window_(a), convolution_(Pass::forward, window_) {}

  void compute(Call& call) override {
    const Dims y = window_.result(call.dims(0), call.dims(1));
    const float* bias = call.has(2) ? call.input(2) : nullptr;
    convolution_.run(call, call.dims(0), call.dims(1), y, call.input(0), call.input(1), bias, call.output(0, y));
  }

 private:
  Window window_;
  Convolution convolution_;
};

std::vector<Dims> shapes(const std::vector<Dims>& in, const Attributes& a) { return {Window(a).result(in.at(0), in.at(1))}; }

const Register entry{{"Conv", {{}, {}, {Type::f32, true}}, {{}}, shapes, make<Conv>}};

}  // namespace
}  // namespace ssc
