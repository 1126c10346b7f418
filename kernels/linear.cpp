// Linear: act(x*wᵀ + b). Each piece of the rows is one product; bias and activation follow while its rows are near.
#include "linear.h"

#include "gelu.h"

namespace ssc {
namespace {

enum Activation { none, relu, gelu, gelu_tanh };

class Linear : public Kernel {
 public:
  explicit Linear(const Attributes& a) : activation_(a.integer("activation", none)) {}

  void compute(Call& call) override {
    const TokenRows x(call.dims(0));
    const Dims& w = call.dims(1);
    if (w.size() != 2 || w[1] != x.width || (call.has(2) && call.dims(2) != Dims{w[0]})) {
      mismatch("Linear", "the input is " + text(call.dims(0)) + ", the weight " + text(w));
    }
    const int64_t in = x.width, out = w[0];
    const float* const from = call.input(0);
    const float* const weight = call.input(1);
    const float* const bias = call.has(2) ? call.input(2) : nullptr;
    const Dims shape = with_width(call.dims(0), out);
    float* const y = call.output(0, shape);
    const bool curved = activation_ == gelu || activation_ == gelu_tanh;
    float* z = curved ? call.output(1, shape) : y;
    const Buffer spare = call.scratch(z ? 0 : size_of(shape) * sizeof(float));
    if (!z) z = spare.floats();
    in_pieces(call, x.count, 64, [&](int64_t begin, int64_t end) {
      product(end - begin, out, in, 1, {from + begin * in, in}, {weight, in, true}, 0, z + begin * out, out);
      for (int64_t r = begin; r < end; r++) finish(z + r * out, y + r * out, bias, out);
    });
  }

 private:
  int64_t activation_;

  void finish(float* z, float* y, const float* bias, int64_t n) const {
    if (bias) {
#pragma omp simd
      for (int64_t i = 0; i < n; i++) z[i] += bias[i];
    }
    if (activation_ == relu) {
#pragma omp simd
      for (int64_t i = 0; i < n; i++) y[i] = z[i] < 0 ? 0 : z[i];
    } else if (activation_ != none) {
      gelu_row(z, y, n, activation_ == gelu_tanh);
    }
  }
};

std::vector<Dims> shapes(const std::vector<Dims>& in, const Attributes& a) {
  const Dims y = with_width(in.at(0), in.at(1).at(0));
  if (a.integer("activation", none) < gelu) return {y};
  return {y, y};
}

const Register entry{{"Linear", {{}, {}, {Type::f32, true}}, {{}, {Type::f32, true}}, shapes, make<Linear>}};

}  // namespace
}  // namespace ssc
