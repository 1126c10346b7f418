// Add: a + b.
#include <algorithm>

#include "kernel.h"

namespace ssc {
namespace {

constexpr int64_t piece = int64_t{1} << 16;

template <class T>
class Add : public Kernel {
 public:
  explicit Add(const Attributes&) {}

  void compute(Call& call) override {
    if (call.dims(0) != call.dims(1)) mismatch("Add", "the tensors are " + text(call.dims(0)) + " and " + text(call.dims(1)));
    const T* const a = call.input<T>(0);
    const T* const b = call.input<T>(1);
    T* const y = call.output<T>(0, call.dims(0));
    const int64_t n = size_of(call.dims(0));
    call.parallel(pieces_of(n, piece), [&](size_t i) {
      const int64_t from = static_cast<int64_t>(i) * piece, to = std::min(n, from + piece);
#pragma omp simd
      for (int64_t k = from; k < to; k++) y[k] = static_cast<float>(a[k]) + static_cast<float>(b[k]);
    });
  }
};

std::vector<Dims> shapes(const std::vector<Dims>& in, const Attributes&) { return {in.at(0)}; }

template <class T>
Entry entry() {
  return {"Add", {{type_of<T>}, {type_of<T>}}, {{type_of<T>}}, shapes, make<Add<T>>};
}

const Register f32{entry<float>()}, bf16{entry<BFloat16>()};
SSC_LISTED(Add);

}  // namespace
}  // namespace ssc
