// AveragePool: the means of windows that lie side by side.
#include <vector>

#include "pool.h"

namespace ssc {
namespace {

template <class T>
class AveragePool : public Kernel {
 public:
  explicit AveragePool(const Attributes& a) : pool_(a) {}

  void compute(Call& call) override {
    const Pool p = pool_.on(call.dims(0));
    const T* const x = call.input<T>(0);
    T* const y = call.output<T>(0, pool_.result(call.dims(0)));
    const float share = 1 / static_cast<float>(p.kernel[0] * p.kernel[1]);
    p.each(call, [&](int64_t image) {
      std::vector<float> row(p.lanes), sum(p.lanes);  // row by row, so that large windows lose no digits
      p.windows([&](int64_t at, int64_t top, int64_t left, int64_t bottom, int64_t right) {
        T* const out = y + image * p.out_size() + at;
        std::fill(sum.begin(), sum.end(), 0.0f);
        for (int64_t r = top; r < bottom; r++) {
          std::fill(row.begin(), row.end(), 0.0f);
          for (int64_t c = left; c < right; c++) add(x + image * p.in_size() + (r * p.columns + c) * p.lanes, row.data(), p.lanes);
          add(row.data(), sum.data(), p.lanes);
        }
        for (int64_t k = 0; k < p.lanes; k++) out[k] = sum[k] * share;
      });
    });
  }

 private:
  Pool pool_;

  template <class From>
  static void add(const From* x, float* sum, int64_t n) {
#pragma omp simd
    for (int64_t k = 0; k < n; k++) sum[k] += x[k];
  }
};

std::vector<Dims> shapes(const std::vector<Dims>& in, const Attributes& a) { return {Pool(a).result(in.at(0))}; }

template <class T>
Entry entry() {
  return {"AveragePool", {{type_of<T>}}, {{type_of<T>}}, shapes, make<AveragePool<T>>};
}

const Register f32{entry<float>()}, bf16{entry<BFloat16>()};
SSC_LISTED(AveragePool);

}  // namespace
}  // namespace ssc
