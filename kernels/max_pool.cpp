// MaxPool: the largest element of each window.
#include <limits>
#include <vector>

#include "pool.h"

namespace ssc {
namespace {

template <class T>
class MaxPool : public Kernel {
 public:
  explicit MaxPool(const Attributes& a) : pool_(a) {}

  void compute(Call& call) override {
    const Pool p = pool_.on(call.dims(0));
    const T* const x = call.input<T>(0);
    T* const y = call.output<T>(0, pool_.result(call.dims(0)));
    p.each(call, [&](int64_t image) {
      std::vector<float> best(p.lanes);
      p.windows([&](int64_t at, int64_t top, int64_t left, int64_t bottom, int64_t right) {
        float* const most = best.data();
        std::fill(best.begin(), best.end(), -std::numeric_limits<float>::infinity());
        for (int64_t r = top; r < bottom; r++) {
          for (int64_t c = left; c < right; c++) {
            const T* const in = x + image * p.in_size() + (r * p.columns + c) * p.lanes;
#pragma omp simd
            for (int64_t k = 0; k < p.lanes; k++) most[k] = in[k] <= most[k] ? most[k] : static_cast<float>(in[k]);  // NaN wins
          }
        }
        convert(most, y + image * p.out_size() + at, p.lanes);
      });
    });
  }

 private:
  Pool pool_;
};

std::vector<Dims> shapes(const std::vector<Dims>& in, const Attributes& a) { return {Pool(a).result(in.at(0))}; }

template <class T>
Entry entry() {
  return {"MaxPool", {{type_of<T>}}, {{type_of<T>}}, shapes, make<MaxPool<T>>};
}

const Register f32{entry<float>()}, bf16{entry<BFloat16>()};
SSC_LISTED(MaxPool);

}  // namespace
}  // namespace ssc
