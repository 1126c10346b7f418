// Linear: act(x*wᵀ + b). Each piece of the rows is one product; bias and activation follow while its rows are near.
#include "linear.h"

#include "gelu.h"

namespace ssc {
namespace {

enum Activation { none, relu, gelu, gelu_tanh };

template <class T>
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
    const T* const from = call.input<T>(0);
    const T* const weight = call.input<T>(1);
    const float* const bias = call.has(2) ? call.input(2) : nullptr;
    const Dims shape = with_width(call.dims(0), out);
    T* const y = call.output<T>(0, shape);
    const bool curved = activation_ == gelu || activation_ == gelu_tanh;
    T* const z = curved ? call.output<T>(1, shape) : nullptr;
    in_pieces(call, x.count, 64, [&](int64_t begin, int64_t end) {
      const Buffer spare = call.scratch(curved && !z ? (end - begin) * out * sizeof(T) : 0);
      T* const before = !curved ? y + begin * out : z ? z + begin * out : static_cast<T*>(spare.data());
      const Sums<T> sums(call, before, (end - begin) * out);
      product(call, end - begin, out, in, {from + begin * in, in}, {weight, in, true}, sums.data(), out);
      for (int64_t r = begin; r < end; r++) finish(sums.data() + (r - begin) * out, y + r * out, bias, out);
      sums.store();
    });
  }

 private:
  int64_t activation_;

  // What the activation is applied to stays in sums.
  void finish(float* sums, T* y, const float* bias, int64_t n) const {
    if (bias) {
#pragma omp simd
      for (int64_t i = 0; i < n; i++) sums[i] += bias[i];
    }
    if (activation_ == relu) {
#pragma omp simd
      for (int64_t i = 0; i < n; i++) sums[i] = sums[i] < 0 ? 0 : sums[i];
    } else if (activation_ != none) {
      gelu_row(sums, y, n, activation_ == gelu_tanh);
    }
  }
};

std::vector<Dims> shapes(const std::vector<Dims>& in, const Attributes& a) {
  const Dims y = with_width(in.at(0), in.at(1).at(0));
  if (a.integer("activation", none) < gelu) return {y};
  return {y, y};
}

template <class T>
Entry entry() {
  return {"Linear", {{type_of<T>}, {type_of<T>}, {Type::f32, true}}, {{type_of<T>}, {type_of<T>, true}}, shapes, make<Linear<T>>};
}

const Register f32{entry<float>()}, bf16{entry<BFloat16>()};
SSC_LISTED(Linear);

}  // namespace
}  // namespace ssc
