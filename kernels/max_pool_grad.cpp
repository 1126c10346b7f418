// MaxPoolGrad: each element of dy goes to where x is largest in its window, the first place of several.
#include <limits>
#include <vector>

#include "pool.h"

namespace ssc {
namespace {

template <class T>
class MaxPoolGrad : public Kernel {
 public:
  explicit MaxPoolGrad(const Attributes& a) : pool_(a) {}

  void compute(Call& call) override {
    const Pool p = pool_.on(call.dims(1));
    if (call.dims(0) != pool_.result(call.dims(1))) mismatch("MaxPoolGrad", "dy is " + text(call.dims(0)) + ", x " + text(call.dims(1)));
    const T* const dy = call.input<T>(0);
    const T* const x = call.input<T>(1);
    T* const dx = call.output<T>(0, call.dims(1));
    p.each(call, [&](int64_t image) {
      std::vector<float> best(p.lanes);
      std::vector<int32_t> place(p.lanes);  // offsets of the pixel in the image
      // Where windows overlap, several gradients meet at a place: their sum is rounded once.
      const Sums<T> sums(call, dx + image * p.in_size(), p.in_size());
      float* const to = sums.data();
      std::fill(to, to + p.in_size(), 0.0f);
      p.windows([&](int64_t at, int64_t top, int64_t left, int64_t bottom, int64_t right) {
        std::fill(best.begin(), best.end(), -std::numeric_limits<float>::infinity());
        std::fill(place.begin(), place.end(), static_cast<int32_t>(top * p.columns + left));
        const auto pixels = [&](const auto& f) {
          for (int64_t r = top; r < bottom; r++) {
            for (int64_t c = left; c < right; c++) f(static_cast<int32_t>(r * p.columns + c));
          }
        };
        pixels([&](int32_t pixel) { search(x + image * p.in_size() + pixel * p.lanes, pixel, p.lanes, best.data(), place.data()); });
        pixels([&](int32_t pixel) { hand(dy + image * p.out_size() + at, pixel, p.lanes, place.data(), to + pixel * p.lanes); });
      });
      sums.store();
    });
  }

 private:
  Pool pool_;

  static void search(const T* x, int32_t pixel, int64_t n, float* best, int32_t* place) {
#pragma omp simd
    for (int64_t k = 0; k < n; k++) {
      const bool more = x[k] > best[k];
      best[k] = more ? x[k] : best[k];
      place[k] = more ? pixel : place[k];
    }
  }
  static void hand(const T* dy, int32_t pixel, int64_t n, const int32_t* place, float* dx) {
#pragma omp simd
    for (int64_t k = 0; k < n; k++) dx[k] += place[k] == pixel ? dy[k] : 0.0f;
  }
};

std::vector<Dims> shapes(const std::vector<Dims>& in, const Attributes&) { return {in.at(1)}; }

template <class T>
Entry entry() {
  return {"MaxPoolGrad", {{type_of<T>}, {type_of<T>}}, {{type_of<T>}}, shapes, make<MaxPoolGrad<T>>};
}

const Register f32{entry<float>()}, bf16{entry<BFloat16>()};
SSC_LISTED(MaxPoolGrad);

}  // namespace
}  // namespace ssc
