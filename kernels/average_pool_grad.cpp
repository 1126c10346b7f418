// AveragePoolGrad: dy divided by the elements of a window, at each of them.
#include "pool.h"

namespace ssc {
namespace {

// The shape of the pool's input for the gradient dy of its result.
Dims source(const Pool& p, Dims dy) {
  if (dy.size() != 4) mismatch("AveragePoolGrad", "dy is " + text(dy) + ", want four axes");
  for (size_t i = 0; i < 2; i++) dy[p.space() + i] *= p.kernel[i];
  return dy;
}

template <class T>
class AveragePoolGrad : public Kernel {
 public:
  explicit AveragePoolGrad(const Attributes& a) : pool_(a) {}

  void compute(Call& call) override {
    const Dims x = source(pool_, call.dims(0));
    const Pool p = pool_.on(x);
    const T* const dy = call.input<T>(0);
    T* const dx = call.output<T>(0, x);
    const float share = 1 / static_cast<float>(p.kernel[0] * p.kernel[1]);
    p.each(call, [&](int64_t image) {
      p.windows([&](int64_t at, int64_t top, int64_t left, int64_t bottom, int64_t right) {
        const T* const d = dy + image * p.out_size() + at;
        for (int64_t r = top; r < bottom; r++) {
          for (int64_t c = left; c < right; c++) {
            T* const out = dx + image * p.in_size() + (r * p.columns + c) * p.lanes;
#pragma omp simd
            for (int64_t k = 0; k < p.lanes; k++) out[k] = d[k] * share;
          }
        }
      });
    });
  }

 private:
  Pool pool_;
};

std::vector<Dims> shapes(const std::vector<Dims>& in, const Attributes& a) { return {source(Pool(a), in.at(0))}; }

template <class T>
Entry entry() {
  return {"AveragePoolGrad", {{type_of<T>}}, {{type_of<T>}}, shapes, make<AveragePoolGrad<T>>};
}

const Register f32{entry<float>()}, bf16{entry<BFloat16>()};
SSC_LISTED(AveragePoolGrad);

}  // namespace
}  // namespace ssc
