// SumSquares: the sum of the squares of all elements.
#include "update.h"

namespace ssc {
namespace {

template <class T>
class SumSquares : public Kernel {
 public:
  explicit SumSquares(const Attributes&) {}

  void compute(Call& call) override { *call.output(0, {}) = static_cast<float>(sum_squares(call, call.input<T>(0), size_of(call.dims(0)))); }
};

std::vector<Dims> shapes(const std::vector<Dims>&, const Attributes&) { return {{}}; }

template <class T>
Entry entry() {
  return {"SumSquares", {{type_of<T>}}, {{}}, shapes, make<SumSquares<T>>};
}

const Register f32{entry<float>()}, bf16{entry<BFloat16>()};
SSC_LISTED(SumSquares);

}  // namespace
}  // namespace ssc
