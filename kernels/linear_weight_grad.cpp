// LinearWeightGrad: dyᵀ*x and the sums of dy over the rows.
#include "linear.h"
#include "point.h"

#include <type_traits>

namespace ssc {
namespace {

// The stretch that is summed in single precision.
constexpr int64_t stretch = 256;

template <class T>
class LinearWeightGrad : public Kernel {
 public:
  explicit LinearWeightGrad(const Attributes&) {}

  void compute(Call& call) override {
    const TokenRows dy(call.dims(0)), x(call.dims(1));
    if (dy.count != x.count) mismatch("LinearWeightGrad", "the gradient is " + text(call.dims(0)) + ", the input " + text(call.dims(1)));
    const T* const d = call.input<T>(0);
    const T* const from = call.input<T>(1);
    float* const dw = call.output(0, {dy.width, x.width});
    float* const db = call.output(1, {dy.width});
    if (dw) weights(call, x, dy, from, d, dw);
    if (db) in_pieces(call, dy.width, 48, [&](int64_t begin, int64_t end) { sums(d + begin, dy, end - begin, db + begin); });
  }

 private:
  static void weights(Call& call, const TokenRows& x, const TokenRows& dy, const T* from, const T* d, float* dw) {
    if constexpr (std::is_same_v<T, float>) {
      Points(dy.count).weight_grad(call, x.width, dy.width, from, d, dw);
    } else {  // each piece has the input arranged for the product anew, which weighs more where that is fast
      in_pieces(call, dy.width, std::max<int64_t>(48, dy.width / 8), [&](int64_t begin, int64_t end) {
        product(call, end - begin, x.width, dy.count, {d + begin, dy.width, true}, {from, x.width}, dw + begin * x.width, x.width);
      });
    }
  }

  static void sums(const T* d, const TokenRows& dy, int64_t n, float* out) {
    std::vector<double> total(n);
    std::vector<float> part(n);
    for (int64_t first = 0; first < dy.count; first += stretch) {
      std::fill(part.begin(), part.end(), 0.0f);
      for (int64_t r = first; r < std::min(dy.count, first + stretch); r++) {
        const T* const row = d + r * dy.width;
        for (int64_t i = 0; i < n; i++) part[i] += row[i];
      }
      for (int64_t i = 0; i < n; i++) total[i] += part[i];
    }
    for (int64_t i = 0; i < n; i++) out[i] = static_cast<float>(total[i]);
  }
};

std::vector<Dims> shapes(const std::vector<Dims>& in, const Attributes&) {
  return {{in.at(0).back(), in.at(1).back()}, {in.at(0).back()}};
}

template <class T>
Entry entry() {
  return {"LinearWeightGrad", {{type_of<T>}, {type_of<T>}}, {{Type::f32, true}, {Type::f32, true}}, shapes, make<LinearWeightGrad<T>>};
}

const Register f32{entry<float>()}, bf16{entry<BFloat16>()};
SSC_LISTED(LinearWeightGrad);

}  // namespace
}  // namespace ssc
